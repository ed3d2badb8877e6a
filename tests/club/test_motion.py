"""Orientation, impact, mount and motion against swings that are known exactly, and against real logs."""

import itertools
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twinswing.club.clipping import mend_clipped
from twinswing.club.impact import find_impact, find_impacts
from twinswing.club.imports import read_club_log
from twinswing.club.model import ClubSpec, ImuSamples, Mount
from twinswing.club.motion import find_motion, find_swings
from twinswing.club.orientation import find_orientation, from_rotation_vector, integrate, multiply
from twinswing.club.stillness import find_still
from twinswing.errors import InputError
from twinswing.truth.delivery import head_offset
from twinswing.truth.imu import SensorSpec, simulate
from twinswing.truth.mocap import swing_from_c3d

DATA = Path(__file__).parents[3] / "shared" / "data" / "imu"
CAPTURED = DATA.parent / "mocap" / "tour_average_iron.c3d"
real_data = pytest.mark.skipif(not DATA.is_dir(), reason="real logs are not on this machine")
SWINGS = range(5)


def true_sensor(swing, t_s) -> Rotation:
    _, matrices = swing.club_at(t_s)
    return Rotation.from_matrix(matrices) * Rotation.from_quat(swing.spec.mount.quaternion, scalar_first=True)


def turned(samples: ImuSamples, by: Rotation) -> ImuSamples:
    """Return what a sensor that is built in turned by `by` would send."""
    return replace(
        samples,
        accel_mps2=by.inv().apply(samples.accel_mps2),
        gyro_radps=by.inv().apply(samples.gyro_radps),
    )


def level(track_quaternion, truth_rotation: Rotation) -> np.ndarray:
    """Return the angle between true and found gravity in the sensor's frame, rad."""
    up = np.array([0.0, 0.0, 1.0])
    found = Rotation.from_quat(track_quaternion, scalar_first=True).inv().apply(up)
    return np.arccos(np.clip((found * truth_rotation.inv().apply(up)).sum(axis=1), -1, 1))


# -------------------------------------------------------------------------------------------------------- orientation
def test_integration_by_doubling_equals_step_by_step() -> None:
    rng = np.random.default_rng(1)
    t = np.cumsum(rng.uniform(0.001, 0.003, 333))
    gyro = rng.normal(0, 10, (333, 3))
    q = integrate(np.array([1.0, 0, 0, 0]), t, gyro)
    slow = np.array([1.0, 0, 0, 0])
    for k in range(332):
        dt = t[k + 1] - t[k]
        step = 0.5 * (gyro[k] + gyro[k + 1]) * dt + np.cross(gyro[k], gyro[k + 1]) * dt**2 / 12
        slow = multiply(slow, from_rotation_vector(step))
    assert abs(abs(q[-1] @ slow) - 1) < 1e-12
    exact = Rotation.from_rotvec([0.3, -0.2, 1.1]).as_quat(scalar_first=True)
    np.testing.assert_allclose(from_rotation_vector(np.array([0.3, -0.2, 1.1])), exact, atol=1e-12)


@pytest.mark.parametrize("index", SWINGS)
def test_vqf_inclination_through_a_swing(truth, index) -> None:
    samples = truth.samples(index)
    track = find_orientation(samples)
    error = level(track.quaternion, true_sensor(truth.swings[index], samples.t_s))
    assert np.degrees(error.max()) < 4.0
    assert (error < 3 * track.sigma_rad).mean() > 0.95
    assert (np.diff(np.sign((track.quaternion[1:] * track.quaternion[:-1]).sum(axis=1))) == 0).all()


def test_bias_comes_from_the_still_address(truth) -> None:
    samples = truth.samples(0)
    biased = replace(samples, gyro_radps=samples.gyro_radps + np.array([0.14, -0.1, 0.05]))
    found = find_orientation(biased).gyro_bias_radps - find_orientation(samples).gyro_bias_radps
    np.testing.assert_allclose(found, [0.14, -0.1, 0.05], atol=1e-6)


def test_magnetometer_settles_the_heading(truth) -> None:
    samples = truth.samples(1)
    rotation = true_sensor(truth.swings[1], samples.t_s)
    mag = rotation.inv().apply([30.0, 5.0, -25.0])
    track = find_orientation(samples, mag)
    relative = rotation * Rotation.from_quat(track.quaternion, scalar_first=True).inv()
    heading = np.unwrap(np.arctan2(relative.as_matrix()[:, 1, 0], relative.as_matrix()[:, 0, 0]))
    assert np.ptp(np.degrees(heading[samples.t_s > 1.0])) < 5.0


def test_clipped_gyro_raises_sigma(truth) -> None:
    clean, clipped = truth.samples(0), truth.samples(0, SensorSpec(gyro_range_dps=1000.0))
    assert clipped.clipped.sum() > 20
    row = int(np.argmax(np.linalg.norm(clean.gyro_radps, axis=1)))
    assert find_orientation(clipped).sigma_rad[row] > 2 * find_orientation(clean).sigma_rad[row]


@pytest.mark.parametrize("index", SWINGS)
def test_address_and_finish_are_still(truth, index) -> None:
    samples, swing = truth.samples(index), truth.swings[index]
    runs = [(samples.t_s[run.first], samples.t_s[run.stop - 1]) for run in find_still(samples)]
    assert any(0 < swing.events_s["address"] - end < 0.3 for _, end in runs)
    assert all(end < swing.events_s["address"] + 0.05 or begin > swing.events_s["impact"] for begin, end in runs)


# ------------------------------------------------------------------------------------------------------------- impact
@pytest.mark.parametrize("rate_hz", [200.0, 500.0, 1000.0])
def test_impact_is_found_within_its_uncertainty(truth, rate_hz) -> None:
    errors = []
    for index in SWINGS:
        for seed in range(3):
            shock = find_impact(truth.samples(index, SensorSpec(rate_hz=rate_hz), seed))
            assert shock is not None
            errors.append((shock.t_s - truth.swings[index].events_s["impact"]) / shock.sigma_s)
    assert np.mean(np.abs(errors) < 1) > 0.5
    assert np.max(np.abs(errors)) < 5
    assert np.quantile(np.abs(errors), 0.9) < 3


def test_no_ball_no_impact(truth) -> None:
    assert find_impact(truth.samples(0, SensorSpec(shock_mps2=0.0))) is None


def test_taps_and_waggles_are_not_impacts(truth) -> None:
    samples, swing = truth.samples(1, SensorSpec(rate_hz=1000.0)), truth.swings[1]
    accel = samples.accel_mps2.copy()
    for at in (0.3, 0.7, swing.events_s["finish"] + 0.2):  # the head is put down on the ground, the bag is knocked
        accel[int(np.searchsorted(samples.t_s, at))] += [90.0, -40.0, 60.0]
    impacts = find_impacts(replace(samples, accel_mps2=accel))
    assert len(impacts) == 1
    assert impacts[0].t_s == pytest.approx(swing.events_s["impact"], abs=0.002)


def test_nothing_moves_nothing_found() -> None:
    rng = np.random.default_rng(0)
    t = np.arange(1000) / 500
    quiet = ImuSamples(
        t, rng.normal([0, 0, 9.8], 0.05, (1000, 3)), rng.normal(0, 0.01, (1000, 3)), np.zeros(1000, bool)
    )
    assert find_impacts(quiet) == []
    assert find_swings(quiet) == []
    with pytest.raises(InputError, match="still address"):
        find_motion(quiet)


# -------------------------------------------------------------------------------------------------------------- motion
def motion_error(swing, result) -> tuple[np.ndarray, np.ndarray]:
    """Return angle (rad) and head distance (m) from the truth, with the free heading and place taken out at address."""
    t = result.motion.t_s
    _, matrices = swing.club_at(t)
    difference = Rotation.from_matrix(matrices) * Rotation.from_quat(result.motion.quaternion, scalar_first=True).inv()
    first = difference[0].as_matrix()
    yaw = Rotation.from_euler("z", np.arctan2(first[1, 0], first[0, 0]))
    head = swing.head_at(t)
    away = yaw.apply(result.motion.head_m - result.motion.head_m[0]) - (head - head[0])
    return (difference * difference[0].inv()).magnitude(), np.linalg.norm(away, axis=1)


def test_perfect_sensor_gives_the_exact_swing(truth) -> None:
    for index in SWINGS:
        swing = truth.swings[index]
        result = find_motion(
            truth.samples(index, SensorSpec.ideal()), handed=swing.handed, head_m=head_offset(swing.spec, swing.handed)
        )
        angle, distance = motion_error(swing, result)
        assert np.degrees(angle.max()) < 0.05
        assert distance.max() < 0.003
        # At impact itself: the head slows by 0.6 % within a millisecond, so the next sample's speed is another one.
        at_ball = np.interp(swing.events_s["impact"], result.motion.t_s, result.speed_mps)
        assert at_ball == pytest.approx(swing.delivery.head_speed_mps, rel=0.001)


@pytest.mark.parametrize(
    ("sensor", "mounted", "median", "worst"),
    [
        (SensorSpec(), True, 0.015, 0.04),
        (SensorSpec(accel_range_g=32.0), True, 0.01, 0.02),
        (SensorSpec(rate_hz=200.0), True, 0.02, 0.05),
        (SensorSpec(), False, 0.025, 0.08),
        (SensorSpec(gyro_range_dps=2000.0), True, 0.02, 0.05),
        (SensorSpec(accel_range_g=8.0), True, 0.03, 0.08),
    ],
    ids=["16 g", "32 g", "200 Hz", "mount not stated", "gyro clips", "8 g"],
)
def test_head_speed_from_the_club_alone(truth, sensor, mounted, median, worst) -> None:
    errors, in_sigmas = [], []
    for index in SWINGS:
        swing = truth.swings[index]
        spec = swing.spec if mounted else replace(swing.spec, mount=None)
        head = head_offset(swing.spec, swing.handed)
        result = find_motion(truth.samples(index, sensor), spec, handed=swing.handed, head_m=head)
        true = swing.delivery.head_speed_mps
        errors.append(abs(result.head_speed_mps / true - 1))
        in_sigmas.append(abs(result.head_speed_mps - true) / result.head_speed_sigma_mps)
        assert result.impact_s == pytest.approx(swing.events_s["impact"], abs=0.005)
    assert np.median(errors) < median
    assert max(errors) < worst
    assert np.mean(np.array(in_sigmas) < 2) >= 0.6


def test_path_lies_within_its_uncertainty(truth) -> None:
    inside = []
    for index in SWINGS:
        swing = truth.swings[index]
        head = head_offset(swing.spec, swing.handed)
        result = find_motion(truth.samples(index, seed=2), handed=swing.handed, head_m=head)
        _, distance = motion_error(swing, result)
        inside.append(distance < 2.5 * result.motion.sigma_m)
        assert distance.max() < 0.25
    assert np.mean(np.concatenate(inside)) > 0.8


def test_clipped_rates_are_carried_over_their_limit(truth) -> None:
    for index in SWINGS:
        clean, clipped = truth.samples(index), truth.samples(index, SensorSpec(gyro_range_dps=1800.0))
        mended = mend_clipped(clipped)
        rows = (np.abs(clipped.gyro_radps) >= 0.995 * clipped.gyro_range_radps).any(axis=1)
        if rows.sum() < 3:
            continue
        before = np.abs(clipped.gyro_radps - clean.gyro_radps)[rows].max()
        assert np.abs(mended.gyro_radps - clean.gyro_radps)[rows].max() < 0.5 * before
        np.testing.assert_array_equal(mended.gyro_radps[~rows], clipped.gyro_radps[~rows])
        assert (np.abs(mended.gyro_radps) >= np.abs(clipped.gyro_radps) - 1e-9)[rows].all()


def test_nothing_clipped_nothing_changed(truth) -> None:
    samples = truth.samples(0, SensorSpec.ideal())
    assert mend_clipped(samples).gyro_radps is samples.gyro_radps


def test_heading_turns_the_whole_swing(truth) -> None:
    samples = truth.samples(0)
    plain, turned_by = find_motion(samples), find_motion(samples, heading_rad=0.2)
    shafts = [
        Rotation.from_quat(r.motion.quaternion[0], scalar_first=True).apply([0, 0, 1]) for r in (plain, turned_by)
    ]
    angle = [np.arctan2(shaft[1], shaft[0]) for shaft in shafts]
    assert angle[0] == pytest.approx(-np.pi / 2, abs=1e-6)  # away from a right-handed golfer
    assert angle[1] - angle[0] == pytest.approx(0.2, abs=1e-6)
    assert turned_by.motion.sigma_rad[0] < plain.motion.sigma_rad[0]
    np.testing.assert_allclose(plain.speed_mps, turned_by.speed_mps)


@pytest.mark.parametrize("turn", [[0, 0, 2.0], [np.pi / 2, 0, 0], [0, np.pi, 0]])
def test_mount_is_found_from_an_axis(truth, turn) -> None:
    """The sensor is built in with another of its axes along the shaft."""
    by = Rotation.from_rotvec(turn)
    for index in (0, 2):
        swing = truth.swings[index]
        result = find_motion(turned(truth.samples(index), by), replace(swing.spec, mount=None), handed=swing.handed)
        stated = Rotation.from_quat(swing.spec.mount.quaternion, scalar_first=True) * by
        shaft = stated.inv().apply([0, 0, 1.0])
        found = Rotation.from_quat(result.mount.quaternion, scalar_first=True).inv().apply([0, 0, 1.0])
        assert np.degrees(np.arccos(np.clip(shaft @ found, -1, 1))) < 5
        assert result.mount.source == "an axis along the shaft"


def test_oblique_mount_is_found_from_the_sweep(truth) -> None:
    by = Rotation.from_rotvec([0.5, 0.4, 0.3])
    off, within = [], []
    for index in SWINGS:
        swing = truth.swings[index]
        result = find_motion(turned(truth.samples(index), by), replace(swing.spec, mount=None), handed=swing.handed)
        stated = Rotation.from_quat(swing.spec.mount.quaternion, scalar_first=True) * by
        shaft = stated.inv().apply([0, 0, 1.0])
        found = Rotation.from_quat(result.mount.quaternion, scalar_first=True).inv().apply([0, 0, 1.0])
        off.append(np.arccos(np.clip(shaft @ found, -1, 1)))
        if result.mount.source == "the shaft's sweep":
            assert any("axis" in warning for warning in result.warnings)
            within.append(off[-1] < 2 * result.mount.sigma_rad)
    assert np.degrees(np.median(off)) < 10
    assert np.mean(within) > 0.7


@pytest.mark.skipif(not CAPTURED.is_file(), reason="the captured swing is not on this machine")
def test_oblique_mount_is_found_from_a_captured_swing() -> None:
    """A person's shaft sweeps no exact plane, and the force in the follow-through is a person's too."""
    swing = swing_from_c3d(CAPTURED)
    for rate_hz, vector in itertools.product((200.0, 500.0), ([0.5, 0.4, 0.3], [-0.4, 0.6, 1.5])):
        by = Rotation.from_rotvec(vector)
        clean = simulate(swing, sensor=SensorSpec(rate_hz=rate_hz), rng=np.random.default_rng(3))
        result = find_motion(turned(clean, by), replace(swing.spec, mount=None), handed=swing.handed)
        stated = Rotation.from_quat(swing.spec.mount.quaternion, scalar_first=True) * by
        found = Rotation.from_quat(result.mount.quaternion, scalar_first=True).inv().apply([0, 0, 1.0])
        off = np.arccos(np.clip(stated.inv().apply([0, 0, 1.0]) @ found, -1, 1))
        assert off < 2 * result.mount.sigma_rad
        assert np.degrees(off) < 10


@pytest.mark.parametrize("index", SWINGS)
def test_finish_is_taken_where_the_club_has_come_to_rest(truth, index) -> None:
    """The body settles for a while after the club looks still; until then its pull is not gravity."""
    samples, swing = truth.samples(index), truth.swings[index]
    (span,) = find_swings(samples)
    assert span.settled is not None
    t = samples.t_s[span.settled : span.stop]
    assert 0.3 < t[-1] - t[0] <= 0.41
    head = swing.head_at(np.clip(t, swing.t_s[0], swing.t_s[-1]))
    assert np.linalg.norm(head - head[-1], axis=1).max() < 0.002


def test_still_finish_is_not_waited_for_without_need(truth) -> None:
    """Held as still for two seconds, a finish is used from its begin: what is integrated longer drifts more."""
    samples = truth.samples(1, SensorSpec.ideal())
    more = samples.t_s[-1] + 0.001 * np.arange(1, 2001)
    held = replace(
        samples,
        t_s=np.concatenate([samples.t_s, more]),
        accel_mps2=np.concatenate([samples.accel_mps2, np.tile(samples.accel_mps2[-1], (2000, 1))]),
        gyro_radps=np.concatenate([samples.gyro_radps, np.zeros((2000, 3))]),
        clipped=np.concatenate([samples.clipped, np.zeros(2000, dtype=bool)]),
    )
    (short,), (long,) = find_swings(samples), find_swings(held)
    assert samples.t_s[short.settled] == pytest.approx(held.t_s[long.settled], abs=0.05)


def test_motion_is_quick(truth) -> None:
    samples = truth.samples(0, SensorSpec(rate_hz=1000.0))
    started = time.process_time()
    find_motion(samples)
    assert time.process_time() - started < 3.0


@real_data
@pytest.mark.parametrize("name", ["club_ble_steady.csv", "club_ble_gaps.csv", "club_ble_gaps_2.csv"])
def test_real_swings_are_plausible(name) -> None:
    result = find_motion(read_club_log(DATA / name), ClubSpec())
    assert 5.0 < result.head_speed_mps < 60.0
    assert 0.5 < result.head_speed_sigma_mps < 0.4 * result.head_speed_mps
    reach = np.linalg.norm(result.motion.head_m - result.motion.head_m[0], axis=1)
    assert reach.max() < 4.0
    assert np.isfinite(result.motion.sigma_m).all()


@real_data
def test_holes_in_a_real_stream_are_told() -> None:
    track = find_orientation(read_club_log(DATA / "club_ble_gaps.csv"))
    assert track.bridged.sum() >= 5
    assert any("holes" in warning for warning in track.warnings)


def test_stated_mount_is_kept(truth) -> None:
    spec = replace(truth.swings[0].spec, mount=Mount((0.0, 0.0, 0.5), (0.0, 1.0, 0.0, 0.0)))
    found = find_motion(truth.samples(0), spec).mount
    assert found.source == "stated"
    assert found.position_m == (0.0, 0.0, 0.5)
