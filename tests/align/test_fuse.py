"""The club in the world, against exact swings: with its own sensor, and from the arms alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.body.synth import camera_for, synthetic_track
from twinswing.align.club_frame import LEAD_GRIP_M, head_speed
from twinswing.align.fuse import fuse_club
from twinswing.align.hinge import swing_times
from twinswing.align.sense import sense_club
from twinswing.body.fit import Film, fit_swing
from twinswing.body.skeleton import JOINT
from twinswing.timeline.clock import ClockMap
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import club_of, tour_golfer
from twinswing.truth.imu import SensorSpec, simulate

CLOCK = ClockMap(2.5, 20.0, 0.001)


@pytest.fixture(scope="module", params=[("iron", "right"), ("driver", "left")])
def case(request):
    kind, handed = request.param
    swing = make_swing(tour_golfer(kind, handed=handed), club_of(kind))
    rng = np.random.default_rng(1)
    imu = simulate(swing, sensor=SensorSpec(rate_hz=500.0), clock=CLOCK, rng=rng)
    t = np.arange(swing.t_s[0], swing.t_s[-1], 1 / 60)
    # A body as a camera gives it: steady errors of centimetres and a few millimetres of jitter.
    joints = swing.joints_at(t) + rng.normal(0, 0.015, (1, 23, 3)) + rng.normal(0, 0.006, (len(t), 23, 3))
    body = replace(swing.body, t_s=t, joints_m=joints, sigma_m=np.full((len(t), 23), 0.03), source="video")
    return swing, body, imu


def sense(swing, body, imu, clock=CLOCK):
    return sense_club(imu, clock, swing.spec, body.handed, swing_times(body, swing.events_s))


def moved(swing, body, imu):
    return fuse_club(body, swing.spec, sense(swing, body, imu), events=swing.events_s)


def fitted(swing, body, imu):
    """The body fitted to the club that was sensed, from landmarks of a camera."""
    rng = np.random.default_rng(2)
    height = swing.golfer.height_m
    joints = swing.joints_at(body.t_s)
    track = synthetic_track(joints, body.t_s, camera_for("face-on", body.handed), rng, height_m=height)
    return fit_swing(
        [Film(track, "face-on")], handed=body.handed, height_m=height, address_t_s=swing.events_s["address"],
        club_kind=swing.spec.kind, grip=sense(swing, body, imu).grip(body.handed),
    ).body  # fmt: skip


def errors(swing, motion):
    window = (motion.t_s > swing.events_s["address"]) & (motion.t_s < swing.events_s["impact"] + 0.2)
    t = motion.t_s[window]
    head = np.sqrt(np.mean(np.sum((motion.head_m[window] - swing.head_at(t)) ** 2, axis=1)))
    shaft = Rotation.from_quat(motion.quaternion[window], scalar_first=True).as_matrix()[:, :, 2]
    cosine = np.sum(shaft * swing.club_at(t)[1][:, :, 2], axis=1)
    return head, np.degrees(np.sqrt(np.mean(np.arccos(np.clip(cosine, -1, 1)) ** 2)))


def test_a_club_with_a_sensor_is_placed_and_turned_by_itself(case):
    swing, body, imu = case
    motion = moved(swing, body, imu)
    assert motion.source == "club+video"
    head_m, shaft_deg = errors(swing, motion)
    assert head_m < 0.15
    assert shaft_deg < 8.0
    speed, sigma = head_speed(motion, swing.events_s["impact"] - 0.004)
    assert speed == pytest.approx(swing.delivery.head_speed_mps, rel=0.04)
    assert abs(speed - swing.delivery.head_speed_mps) < 3 * sigma
    assert np.allclose(np.linalg.norm(motion.quaternion, axis=1), 1.0)
    assert (np.sum(motion.quaternion[1:] * motion.quaternion[:-1], axis=1) > 0).all()
    assert (np.diff(motion.t_s) > 0).all()


def test_a_club_that_rests_before_and_after_the_swing_stays_at_rest(case):
    swing, body, imu = case
    motion = moved(swing, body, imu)
    speed = np.linalg.norm(np.gradient(motion.head_m, motion.t_s, axis=0), axis=1)
    true = np.linalg.norm(np.gradient(swing.head_at(motion.t_s), motion.t_s, axis=0), axis=1)
    shaft = Rotation.from_quat(motion.quaternion, scalar_first=True).as_matrix()[:, :, 2]
    turn = np.linalg.norm(np.gradient(shaft, motion.t_s, axis=0), axis=1)
    calm = (motion.t_s < swing.events_s["address"] - 0.1) | (motion.t_s > swing.events_s["finish"] + 0.3)
    assert calm.any()
    assert (true[calm] < 0.5).all()
    # The body's jitter of millimetres a frame is let through; a change from one estimate to another is not.
    assert speed[calm].max() < 2.5
    assert turn[calm].max() < 2.5


def test_the_hands_hold_the_club(case):
    swing, body, imu = case
    lead = JOINT["left_hand" if body.handed == "right" else "right_hand"]
    to_club = fitted(swing, body, imu)
    for who, motion in (
        (to_club, moved(swing, to_club, imu)),
        (body, fuse_club(body, swing.spec, events=swing.events_s)),
    ):
        shaft = Rotation.from_quat(motion.quaternion, scalar_first=True).as_matrix()[:, :, 2]
        grip = motion.butt_m + LEAD_GRIP_M * shaft
        at = np.clip(np.searchsorted(motion.t_s, who.t_s), 0, len(motion.t_s) - 1)
        gap = np.linalg.norm(grip[at] - who.joints_m[:, lead], axis=1)
        assert np.median(gap) < 0.04
        assert gap.max() < 0.16


def test_without_a_sensor_the_club_is_plausible_and_says_how_unsure_it_is(case):
    swing, body, _imu = case
    motion = fuse_club(body, swing.spec, events=swing.events_s)
    assert motion.source == "video"
    for name in ("address", "impact"):
        head = np.array([np.interp(swing.events_s[name], motion.t_s, motion.head_m[:, k]) for k in range(3)])
        assert np.linalg.norm(head - swing.head_at(swing.events_s[name])) < 0.06
    _head_m, shaft_deg = errors(swing, motion)
    assert shaft_deg < 2.0 * np.degrees(np.median(motion.sigma_rad))
    speed, sigma = head_speed(motion, swing.events_s["impact"])
    assert abs(speed - swing.delivery.head_speed_mps) < 3 * sigma
    assert sigma > 0.05 * speed  # never as sure as a sensor
    # Smooth: the head's acceleration stays that of a swing, without a pop.
    step = np.linalg.norm(np.diff(motion.head_m, 2, axis=0), axis=1) / np.diff(motion.t_s)[0] ** 2
    assert step.max() < 6000.0


def test_a_shaft_that_was_seen_is_followed(case):
    swing, body, _imu = case
    shaft = swing.club_at(body.t_s)[1][:, :, 2]
    unseen = fuse_club(body, swing.spec, events=swing.events_s)
    seen = fuse_club(body, swing.spec, shaft=shaft, events=swing.events_s)
    assert errors(swing, seen)[1] < 0.7 * errors(swing, unseen)[1]
    assert np.median(seen.sigma_rad) < np.median(unseen.sigma_rad)


def test_a_stream_that_misses_the_swing_leaves_the_arms_alone(case):
    swing, body, imu = case
    late = sense(swing, body, imu, ClockMap(CLOCK.offset_s + 60.0))
    assert late is None
    assert fuse_club(body, swing.spec, late, events=swing.events_s).source == "video"
