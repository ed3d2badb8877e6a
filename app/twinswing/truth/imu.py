"""What the sensor in a club would send: specific force and angular rate at its mount, with its faults."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.club.model import ImuSamples, Mount
from twinswing.timeline.clock import ClockMap
from twinswing.truth.swing import TruthSwing

FloatArray = NDArray[np.float64]

GRAVITY_MPS2 = 9.80665


@dataclass(frozen=True)
class SensorSpec:
    """A club's sensor and its faults; the defaults are those of a common six-axis part (BMI270, LSM6DSO class).

    rate_hz, jitter_s        : samples a second and the standard deviation of their spacing.
    accel_range_g            : full scale; common parts offer 16.
    gyro_range_dps           : full scale; 2000 saturates in a tour swing, 4000 does not.
    accel_noise, gyro_noise  : white noise density, m/s2/sqrt(Hz) and rad/s/sqrt(Hz).
    accel_bias, gyro_bias    : one standard deviation of the constant error, m/s2 and rad/s.
    bandwidth_hz             : of the analogue chain, which a shock rings through.
    shock_mps2               : the ball's blow as felt at the grip before the sensor's bandwidth, lasting shock_s.
    batch                    : samples in a packet.
    """

    rate_hz: float = 500.0
    jitter_s: float = 2e-5
    accel_range_g: float = 16.0
    gyro_range_dps: float = 4000.0
    accel_noise: float = 0.0015
    gyro_noise: float = 1.2e-4
    accel_bias: float = 0.15
    gyro_bias: float = 0.008
    bandwidth_hz: float = 220.0
    shock_mps2: float = 2500.0
    shock_s: float = 0.0005
    batch: int = 20

    @classmethod
    def ideal(cls, rate_hz: float = 1000.0) -> "SensorSpec":
        """Return a sensor without faults, for checks of the physics."""
        return cls(rate_hz, 0.0, 1e9, 1e9, 0.0, 0.0, 0.0, 0.0, 1e9, 0.0, 0.0005, 20)


def motion_at(swing: TruthSwing, t_s: FloatArray, mount: Mount) -> tuple[FloatArray, FloatArray]:
    """Return exact specific force (m/s2) and angular rate (rad/s) in the sensor's frame, each (n, 3).

    The club is rigid: the sensor's acceleration is the butt's plus the lever arm's. Derivatives are of quintic splines
    through the motion; before and after it the club rests.
    """
    t = np.clip(t_s, swing.t_s[0], swing.t_s[-1])
    moving = ((t_s > swing.t_s[0]) & (t_s < swing.t_s[-1])).astype(np.float64)[:, None]
    quaternion = swing.quaternion_spline()
    q, dq, ddq = (quaternion.derivative(k)(t) if k else quaternion(t) for k in range(3))
    R = Rotation.from_quat(q, scalar_first=True).as_matrix()
    # For q of length one: omega = 2 vec(conj(q) q') in the body, and its rate is 2 vec(conj(q) q'').
    size = np.sum(q * q, axis=1, keepdims=True)
    omega = 2.0 * _conjugate_product(q, dq) / size * moving
    alpha = (2.0 * _conjugate_product(q, ddq) / size - 2.0 * omega * np.sum(q * dq, 1, keepdims=True) / size) * moving
    lever = np.asarray(mount.position_m)
    linear = np.einsum("nji,nj->ni", R, swing.butt_spline().derivative(2)(t) * moving + [0.0, 0.0, GRAVITY_MPS2])
    force = linear + np.cross(alpha, lever) + np.cross(omega, np.cross(omega, lever))
    to_sensor = Rotation.from_quat(mount.quaternion, scalar_first=True).inv()
    return to_sensor.apply(force), to_sensor.apply(omega)


def simulate(
    swing: TruthSwing,
    *,
    sensor: SensorSpec | None = None,
    clock: ClockMap | None = None,
    rng: np.random.Generator,
) -> ImuSamples:
    """Return a club's samples of a swing on the club's own clock.

    `clock` maps the club's clock to the swing's (the video's): `t_video = t_club * (1 + drift) + offset`.
    """
    sensor = SensorSpec() if sensor is None else sensor
    clock = ClockMap() if clock is None else clock
    mount = swing.spec.mount or Mount()
    first, last = (float(x) for x in clock.to_source([swing.t_s[0], swing.t_s[-1]]))
    spacing = 1.0 / sensor.rate_hz
    n = int((last - first) * sensor.rate_hz)
    nominal = first + spacing * (np.arange(n) + 0.5)
    spread = np.clip(rng.normal(0.0, 1.0, n) * sensor.jitter_s, -0.3 * spacing, 0.3 * spacing)
    # Device time is a count of microseconds.
    t_club = np.asarray(np.round(nominal + spread, 6), dtype=np.float64)
    force, omega = motion_at(swing, clock.to_session(t_club), mount)
    force = force + _shock(swing, clock.to_session(t_club), mount, sensor, rng)
    band = np.sqrt(min(0.5 * sensor.rate_hz, sensor.bandwidth_hz))
    force += rng.normal(0.0, 1.0, 3) * sensor.accel_bias + rng.normal(0.0, 1.0, (n, 3)) * sensor.accel_noise * band
    omega = omega + rng.normal(0.0, 1.0, 3) * sensor.gyro_bias
    omega += rng.normal(0.0, 1.0, (n, 3)) * sensor.gyro_noise * band
    accel_range, gyro_range = sensor.accel_range_g * GRAVITY_MPS2, np.deg2rad(sensor.gyro_range_dps)
    clipped = (np.abs(force) >= accel_range).any(1) | (np.abs(omega) >= gyro_range).any(1)
    return ImuSamples(
        t_s=t_club,
        accel_mps2=np.clip(force, -accel_range, accel_range),
        gyro_radps=np.clip(omega, -gyro_range, gyro_range),
        clipped=clipped,
        accel_range_mps2=accel_range,
        gyro_range_radps=float(gyro_range),
        serial=swing.spec.serial,
        spec=swing.spec,
    )


def _conjugate_product(q: FloatArray, p: FloatArray) -> FloatArray:
    """Return the vector part of conj(q) p, quaternions (w, x, y, z), shape (n, 3)."""
    w, v, pw, pv = q[:, :1], q[:, 1:], p[:, :1], p[:, 1:]
    return np.asarray(w * pv - pw * v - np.cross(v, pv))


def _shock(
    swing: TruthSwing, t_s: FloatArray, mount: Mount, sensor: SensorSpec, rng: np.random.Generator
) -> FloatArray:
    """Return the ball's blow as the accelerometer sees it: a pulse against the swing, then the shaft's ringing.

    The blow lasts half a millisecond; the analogue filter, taken as second order, spreads it into a decaying ring.
    """
    if sensor.shock_mps2 == 0.0:
        return np.zeros((len(t_s), 3))
    since = t_s - swing.events_s["impact"]
    butt, R = swing.club_at(swing.events_s["impact"])
    del butt
    direction = Rotation.from_quat(mount.quaternion, scalar_first=True).inv().apply(R.T @ np.array([-1.0, 0.0, 0.15]))
    strength = sensor.shock_mps2 * sensor.shock_s * 2.0 * np.pi * min(sensor.bandwidth_hz, 1e4)
    decay = 2.0 * np.pi * sensor.bandwidth_hz * 0.35
    ring = np.where(
        since >= 0.0,
        np.exp(-decay * np.maximum(since, 0.0)) * np.sin(2.0 * np.pi * sensor.bandwidth_hz * 0.94 * since),
        0.0,
    )
    return np.asarray(strength * ring[:, None] * direction * float(rng.uniform(0.8, 1.2)))
