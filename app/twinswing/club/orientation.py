"""A sensor's orientation over a whole log, by VQF, and quaternion arithmetic on whole series.

VQF: D. Laidig and T. Seel, Information Fusion 91, 2023, doi:10.1016/j.inffus.2022.10.014. Without a magnetometer the
heading is free: it starts anywhere and comes from the video or from the address (see `motion`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vqf import offlineVQF

from twinswing.club.model import FloatArray, ImuSamples
from twinswing.club.stillness import Still, find_still
from twinswing.errors import InputError


@dataclass(frozen=True)
class OrientationSettings:
    """How orientation is found.

    tau_acc_s        : VQF's time constant for the accelerometer. A swing accelerates without pause for 1.2 s, which
                       pulls inclination: on exact swings VQF's own 3 s leaves 1.1 degrees RMS, 6 s 0.8, 12 s no less.
    rest_min_s       : golfers stand still at address for less than VQF's own 1.5 s.
    gyro_scale_sigma : relative error of a common gyro's scale (data sheets state 0.5 to 1 % after trimming).
    walk_radps       : growth of the error between rests, rad per root second.
    clipped_share    : a clipped rate is short by about this share of full scale, one sigma.
    max_gap_s        : a longer hole is not bridged: orientation across it is unknown.
    """

    tau_acc_s: float = 6.0
    rest_min_s: float = 0.4
    gyro_scale_sigma: float = 0.005
    walk_radps: float = 0.004
    clipped_share: float = 0.15
    max_gap_s: float = 0.1


@dataclass(frozen=True)
class OrientationTrack:
    """Sensor to world, heading free, on the club's clock.

    quaternion      : (w, x, y, z), sign-continuous, shape (n, 4).
    sigma_rad       : one standard deviation of inclination, shape (n,); grows through swings and clipped samples.
    gyro_bias_radps : taken off, shape (3,). still : the still runs. bridged : rows that follow a hole, shape (n,).
    """

    t_s: FloatArray
    quaternion: FloatArray
    sigma_rad: FloatArray
    gyro_bias_radps: FloatArray
    still: tuple[Still, ...]
    bridged: NDArray[np.bool_]
    warnings: tuple[str, ...] = ()


def multiply(q: FloatArray, p: FloatArray) -> FloatArray:
    """Return the products q p of quaternions (w, x, y, z), shape (..., 4)."""
    w, x, y, z = np.moveaxis(q, -1, 0)
    a, b, c, d = np.moveaxis(p, -1, 0)
    return np.stack(
        [
            w * a - x * b - y * c - z * d,
            w * b + x * a + y * d - z * c,
            w * c - x * d + y * a + z * b,
            w * d + x * c - y * b + z * a,
        ],
        axis=-1,
    )


def rotate(q: FloatArray, v: FloatArray) -> FloatArray:
    """Return vectors v, shape (..., 3), turned by unit quaternions q, shape (..., 4)."""
    u, w = q[..., 1:], q[..., :1]
    t = 2.0 * np.cross(u, v)
    return np.asarray(v + w * t + np.cross(u, t))


def from_rotation_vector(v: FloatArray) -> FloatArray:
    """Return the quaternions of rotation vectors (rad), shape (..., 3) to (..., 4)."""
    angle = np.linalg.norm(v, axis=-1, keepdims=True)
    return np.concatenate([np.cos(angle / 2.0), 0.5 * v * np.sinc(angle / (2.0 * np.pi))], axis=-1)


def between(v: FloatArray, w: FloatArray) -> FloatArray:
    """Return the shortest rotation that turns direction v, shape (3,), to direction w, as a quaternion, shape (4,)."""
    v, w = v / np.linalg.norm(v), w / np.linalg.norm(w)
    if float(v @ w) < -0.999999:
        other = np.cross(v, [1.0, 0.0, 0.0] if abs(v[0]) < 0.9 else [0.0, 1.0, 0.0])
        return np.concatenate([[0.0], other / np.linalg.norm(other)])
    q = np.concatenate([[1.0 + float(v @ w)], np.cross(v, w)])
    return np.asarray(q / np.linalg.norm(q))


def heading_turn(angle_rad: float) -> FloatArray:
    """Return the quaternion of a turn about the vertical."""
    return np.array([np.cos(angle_rad / 2.0), 0.0, 0.0, np.sin(angle_rad / 2.0)])


def continuous(q: FloatArray) -> FloatArray:
    """Return the quaternions with signs such that neighbours lie close, shape (n, 4)."""
    flips = np.concatenate([[False], (q[1:] * q[:-1]).sum(axis=1) < 0.0])
    return np.asarray(np.where((np.cumsum(flips) % 2 == 1)[:, None], -q, q))


def increments(t_s: FloatArray, gyro_radps: FloatArray) -> FloatArray:
    """Return the rotation vector from each sample to the next, sensor frame, shape (n - 1, 3).

    The rate is taken as linear in between; the second term is the coning correction for that (Magnus expansion).
    """
    dt = np.diff(t_s)[:, None]
    first, second = gyro_radps[:-1], gyro_radps[1:]
    return np.asarray(0.5 * (first + second) * dt + np.cross(first, second) * dt**2 / 12.0)


def integrate(start: FloatArray, t_s: FloatArray, gyro_radps: FloatArray) -> FloatArray:
    """Return orientations, shape (n, 4), from the first one and the rates: products by doubling, log2(n) steps."""
    q = np.concatenate([start[None], from_rotation_vector(increments(t_s, gyro_radps))])
    step = 1
    while step < len(q):
        q[step:] = multiply(q[:-step], q[step:])
        step *= 2
    return np.asarray(q / np.linalg.norm(q, axis=1, keepdims=True))


def find_orientation(
    samples: ImuSamples, mag: FloatArray | None = None, settings: OrientationSettings | None = None
) -> OrientationTrack:
    """Return the sensor's orientation over a whole log; `mag` (any unit, shape (n, 3)) settles the heading.

    Raises InputError for fewer than 8 samples. Holes are bridged by holding the rates and told as warnings.
    """
    settings = settings or OrientationSettings()
    t = samples.t_s
    if len(t) < 8:
        raise InputError(f"orientation needs at least 8 samples, got {len(t)}")
    still = find_still(samples)
    bias = max(still, key=lambda run: run.stop - run.first).gyro_bias_radps if still else np.zeros(3)
    period = float(np.median(np.diff(t)))
    grid = t[0] + period * np.arange(int(np.ceil((t[-1] - t[0]) / period)) + 1)
    streams = [_resampled(grid, t, values) for values in (samples.gyro_radps - bias, samples.accel_mps2)]
    field = None if mag is None else _resampled(grid, t, mag)
    found = offlineVQF(*streams, field, period, {"tauAcc": settings.tau_acc_s, "restMinT": settings.rest_min_s})
    q = continuous(found["quat9D" if mag is not None else "quat6D"])
    back = np.rint((t - grid[0]) / period).astype(np.intp).clip(0, len(grid) - 1)
    # The grid lies up to half a period off a sample: turn on by the rate over what is left.
    rest = (t - grid[back])[:, None] * (samples.gyro_radps - bias)
    quaternion = continuous(multiply(q[back], from_rotation_vector(rest)))
    bridged = np.concatenate([[False], np.diff(t) > max(settings.max_gap_s, 3.0 * period)])
    warnings = []
    if not still:
        warnings.append("the club was never held still, so the gyro's bias is not known")
    if bridged.any():
        longest = float(np.diff(t).max())
        warnings.append(
            f"the stream has {int(bridged.sum())} holes of up to {longest:.2f} s; orientation is bridged there"
        )
    sigma = _sigma(samples, still, bridged, settings)
    return OrientationTrack(t, quaternion, sigma, bias, tuple(still), bridged, tuple(warnings))


def _resampled(grid: FloatArray, t: FloatArray, values: FloatArray) -> FloatArray:
    return np.ascontiguousarray(np.stack([np.interp(grid, t, axis) for axis in values.T], axis=1))


def _sigma(
    samples: ImuSamples, still: list[Still], bridged: NDArray[np.bool_], settings: OrientationSettings
) -> FloatArray:
    """Return the inclination's standard deviation: small at rests, growing away from them on both sides."""
    step = np.concatenate([[0.0], np.diff(samples.t_s)])
    turned = np.linalg.norm(samples.gyro_radps, axis=1) * step * settings.gyro_scale_sigma
    full = samples.gyro_range_radps
    clipped = (np.abs(samples.gyro_radps) >= 0.995 * full).any(axis=1) if np.isfinite(full) else samples.clipped
    size = np.linalg.norm(samples.gyro_radps, axis=1)
    short = np.where(clipped, settings.clipped_share * (full if np.isfinite(full) else size), 0.0) * step
    hole = np.where(bridged, size * step + 0.05, 0.0)
    # Scale errors and clipping add up along a swing; noise adds in squares.
    along = np.cumsum(turned + short)
    noise = np.cumsum(settings.walk_radps**2 * step + hole**2)
    rest = np.zeros(len(step), dtype=np.bool_)
    for run in still:
        rest[run.first : run.stop] = True
    floor = 0.01  # the accelerometer's bias over gravity: 0.1 m/s2 in 9.8
    if not rest.any():
        return np.sqrt(0.2**2 + noise + along**2 / 4.0)
    index = np.arange(len(step))
    before = np.maximum.accumulate(np.where(rest, index, -1))
    after = np.minimum.accumulate(np.where(rest, index, len(step))[::-1])[::-1]
    spans = []
    for anchor, valid in ((before, before >= 0), (after, after < len(step))):
        at = anchor.clip(0, len(step) - 1)
        spread = np.hypot(along - along[at], np.sqrt(np.abs(noise - noise[at])))
        spans.append(np.where(valid, spread, np.inf))
    return np.asarray(np.hypot(floor, np.minimum(*spans)))
