"""Breaks when a synthetic swing stalls past the ball: the club stops, kinks, or is said to rest too soon."""

import numpy as np
import pytest

from twinswing.body.skeleton import JOINT
from twinswing.truth.build import make_swing
from twinswing.truth.events import FINISH_SPEED_MPS, exact_events
from twinswing.truth.golfer import CLUB_KINDS, FAULTS, club_of, random_golfer, tour_golfer
from twinswing.truth.mocap import swing_from_c3d
from twinswing.truth.swing import TruthSwing

from .helpers import MOCAP, tour_swing

RIPPLE_MPS = 0.3  # how much the head may gain on its way to the finish
# The head's arc after the ball is never tighter than this while it moves; a cusp has no radius at all.
TIGHTEST_M = 0.10


def drawn(seed: int) -> TruthSwing:
    kind = CLUB_KINDS[seed % len(CLUB_KINDS)]
    golfer = random_golfer(np.random.default_rng(seed), kind, handed=("right", "left")[seed // 5 % 2])
    return make_swing(golfer, club_of(kind))


def check_follow_through(swing: TruthSwing) -> None:
    e, t = swing.events_s, swing.t_s
    after = t >= e["impact"]
    speed = swing.head_speed()[after]
    assert np.max(speed - np.minimum.accumulate(speed)) < RIPPLE_MPS
    assert 0.05 < e["mid_follow_through"] - e["impact"] < 0.12
    assert 0.35 * speed[0] < np.interp(e["mid_follow_through"], t, swing.head_speed()) < 0.8 * speed[0]
    assert swing.golfer is not None
    assert 0.5 < (e["finish"] - e["impact"]) / swing.golfer.follow_through_s <= 1.0
    assert swing.head_speed()[t > e["finish"]].max() < FINISH_SPEED_MPS
    velocity = np.gradient(swing.club.head_m, t, axis=0)
    accel = np.gradient(velocity, t, axis=0)
    bend = np.linalg.norm(np.cross(velocity, accel), axis=1)
    moving = after & (t < e["finish"])
    assert np.max(bend[moving] / np.linalg.norm(velocity[moving], axis=1) ** 3) < 1.0 / TIGHTEST_M


@pytest.mark.parametrize("kind", CLUB_KINDS)
def test_a_tour_players_club_slows_evenly(kind: str) -> None:
    check_follow_through(tour_swing(kind))


@pytest.mark.parametrize("seed", range(15))
def test_a_drawn_golfers_club_slows_evenly(seed: int) -> None:
    check_follow_through(drawn(seed))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_does_not_stall_the_club(fault: str) -> None:
    check_follow_through(make_swing(tour_golfer("iron", faults={fault: 1.0}), club_of("iron")))


@pytest.mark.skipif(not MOCAP.exists(), reason="the tour capture is not here")
def test_the_head_slows_as_a_tour_players_does() -> None:
    real, ours = swing_from_c3d(MOCAP), tour_swing("iron")
    for later_s in (0.06, 0.10, 0.16, 0.22, 0.30):
        part = []
        for swing in (real, ours):
            speed, impact = swing.head_speed(), swing.events_s["impact"]
            part.append(np.interp(impact + later_s, swing.t_s, speed) / speed.max())
        assert part[1] == pytest.approx(part[0], abs=0.15), later_s


def test_the_arms_stay_long_past_the_ball_then_fold() -> None:
    swing = tour_swing()

    def lead_arm_m(event: str) -> float:
        J = swing.joints_at(swing.events_s[event])
        return float(np.linalg.norm(J[JOINT["left_wrist"]] - J[JOINT["left_shoulder"]]))

    def trail_elbow_rad(t_s: float) -> float:
        J = swing.joints_at(t_s)
        upper, fore = (J[JOINT[f"right_{a}"]] - J[JOINT["right_elbow"]] for a in ("shoulder", "wrist"))
        return float(np.arccos(upper @ fore / np.linalg.norm(upper) / np.linalg.norm(fore)))

    assert lead_arm_m("mid_follow_through") > 0.97 * lead_arm_m("impact")
    assert lead_arm_m("finish") < 0.7 * lead_arm_m("impact")
    # The trail arm goes on straightening past the ball.
    assert trail_elbow_rad(swing.events_s["mid_follow_through"]) > trail_elbow_rad(swing.events_s["impact"]) + 0.2
    end = swing.joints_at(swing.events_s["finish"])
    butt, R = swing.club_at(swing.events_s["finish"])
    assert butt[2] > end[JOINT["neck"], 2]  # hands high
    assert (butt + R[:, 2] * swing.spec.length_m)[0] < end[JOINT["head"], 0] - 0.2  # the club hangs behind the head


def test_a_lull_is_not_the_finish() -> None:
    swing = tour_swing()
    t, e = swing.t_s, swing.events_s
    arm = swing.body.joints_m[:, JOINT["left_wrist"]] - swing.body.joints_m[:, JOINT["left_shoulder"]]
    _, R = swing.club_at(t)
    # The same motion, held for a fifth of a second half-way through the follow-through.
    hold = int(np.searchsorted(t, e["mid_follow_through"] + 0.15))
    order = np.concatenate([np.arange(hold), np.full(200, hold), np.arange(hold, len(t))])
    later = np.arange(len(order)) * (t[1] - t[0])
    found = exact_events(
        later,
        shaft=R[order, :, 2],
        arm=arm[order],
        head=swing.club.head_m[order],
        handed="right",
        near_s=e["impact"],
    )
    assert found["finish"] == pytest.approx(e["finish"] + 0.2, abs=0.003)
