"""Breaks when the simulated sensor is not physics: gravity, integration, the lever arm, its faults or its clock."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twinswing.club.model import Mount
from twinswing.timeline.clock import ClockMap
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import club_of, tour_golfer
from twinswing.truth.imu import GRAVITY_MPS2, SensorSpec, motion_at, simulate
from twinswing.truth.swing import TruthSwing

from .helpers import tour_swing

TILTED = Mount((0.004, -0.003, 0.03), tuple(Rotation.from_euler("xyz", [0.3, -0.2, 1.1]).as_quat(scalar_first=True)))


def test_at_rest_it_feels_gravity_upward() -> None:
    swing = tour_swing()
    force, omega = motion_at(swing, np.array([0.1, 0.3]), TILTED)
    _, R = swing.club_at(0.2)
    up = R @ Rotation.from_quat(TILTED.quaternion, scalar_first=True).apply(force)[0]
    assert up == pytest.approx([0.0, 0.0, GRAVITY_MPS2], abs=1e-6)
    assert np.abs(omega).max() < 1e-9


def test_the_gyro_integrates_back_to_the_pose() -> None:
    swing = tour_swing("driver")
    t = np.arange(0.5, swing.events_s["finish"], 2.5e-4)
    _, omega = motion_at(swing, 0.5 * (t[1:] + t[:-1]), TILTED)
    mount = Rotation.from_quat(TILTED.quaternion, scalar_first=True)
    _, R0 = swing.club_at(t[0])
    steps = Rotation.from_rotvec(omega * np.diff(t)[:, None])
    turned = Rotation.from_matrix(R0) * mount
    for step in steps:
        turned = turned * step
    _, R1 = swing.club_at(t[-1])
    error = (turned.inv() * Rotation.from_matrix(R1) * mount).magnitude()
    assert np.rad2deg(error) < 0.05  # of 600 degrees turned


def test_the_accelerometer_integrates_back_to_the_sensors_path() -> None:
    swing = tour_swing()
    t = np.arange(0.5, swing.events_s["impact"], 2.5e-4)
    force, _ = motion_at(swing, t, TILTED)
    butt, R = swing.club_at(t)
    mount = Rotation.from_quat(TILTED.quaternion, scalar_first=True)
    accel = np.einsum("nij,nj->ni", R, mount.apply(force)) - [0.0, 0.0, GRAVITY_MPS2]
    dt = t[1] - t[0]
    velocity = np.concatenate([[np.zeros(3)], np.cumsum(0.5 * (accel[1:] + accel[:-1]) * dt, axis=0)])
    path = np.concatenate([[np.zeros(3)], np.cumsum(0.5 * (velocity[1:] + velocity[:-1]) * dt, axis=0)])
    sensor = butt + R @ np.asarray(TILTED.position_m)
    assert np.linalg.norm(path - (sensor - sensor[0]), axis=1).max() < 2e-3


def samples(swing: TruthSwing, sensor: SensorSpec | None = None, clock: ClockMap | None = None, seed: int = 1):
    return simulate(swing, sensor=sensor, clock=clock, rng=np.random.default_rng(seed))


def test_the_clubs_clock_maps_onto_the_videos() -> None:
    swing = tour_swing()
    clock = ClockMap(offset_s=-3.25, drift_ppm=50.0)
    imu = samples(swing, SensorSpec.ideal(1000.0), clock)
    video = imu.t_s * (1.0 + 50e-6) - 3.25
    assert video[0] == pytest.approx(swing.t_s[0], abs=2e-3)
    force, omega = motion_at(swing, video, swing.spec.mount)
    assert np.abs(omega - imu.gyro_radps).max() < 1e-6
    assert np.abs(force - imu.accel_mps2).max() < 1e-6
    # The club's own clock alone, without the map, is seconds off: the rates differ plainly.
    assert imu.t_s[0] > 3.0


def test_faults_have_the_sizes_that_were_asked_for() -> None:
    swing = tour_swing()
    sensor = SensorSpec(rate_hz=800.0, gyro_range_dps=2000.0)
    imu = samples(swing, sensor)
    assert imu.rate_hz == pytest.approx(800.0, rel=0.01)
    assert np.all(np.diff(imu.t_s) > 0.0)
    assert np.abs(imu.gyro_radps).max() == pytest.approx(np.deg2rad(2000.0))  # a tour swing saturates it
    assert np.abs(imu.accel_mps2).max() == pytest.approx(16.0 * GRAVITY_MPS2)  # the blow clips it
    near = np.abs(imu.t_s - swing.events_s["impact"]) < 0.12
    assert imu.clipped[near].any()
    assert not imu.clipped[imu.t_s < 0.7].any()
    still = imu.t_s < 0.7
    band = np.sqrt(sensor.bandwidth_hz)
    assert imu.gyro_radps[still].std(0) == pytest.approx(sensor.gyro_noise * band, rel=0.2)
    assert imu.accel_mps2[still].std(0) == pytest.approx(sensor.accel_noise * band, rel=0.2)
    assert np.abs(imu.gyro_radps[still].mean(0)).max() < 5.0 * sensor.gyro_bias


def test_the_blow_starts_at_impact_and_rings_out() -> None:
    swing = tour_swing()
    sensor = SensorSpec.ideal(1000.0)
    from dataclasses import replace

    struck = samples(swing, replace(sensor, shock_mps2=2500.0, bandwidth_hz=220.0))
    plain = samples(swing, sensor)
    extra = np.linalg.norm(struck.accel_mps2 - plain.accel_mps2, axis=1)
    since = plain.t_s - swing.events_s["impact"]
    assert extra[since < -1e-3].max() < 1e-9
    assert extra[(since >= 0.0) & (since < 0.004)].max() > 100.0
    assert extra[since > 0.03].max() < 1.0


def test_the_same_seed_gives_the_same_samples() -> None:
    swing = tour_swing()
    a, b, c = samples(swing, seed=4), samples(swing, seed=4), samples(swing, seed=5)
    assert np.array_equal(a.accel_mps2, b.accel_mps2)
    assert np.array_equal(a.t_s, b.t_s)
    assert not np.array_equal(a.accel_mps2, c.accel_mps2)


def test_rates_at_impact_are_those_of_the_shaft() -> None:
    swing = make_swing(tour_golfer("iron"), club_of("iron"))
    _, omega = motion_at(swing, np.array([swing.events_s["impact"]]), Mount())
    across = np.linalg.norm(omega[0, :2])
    assert 1900.0 < np.rad2deg(across) < 2600.0
    assert np.rad2deg(abs(omega[0, 2])) < 2500.0  # the face closes as well
