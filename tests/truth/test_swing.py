"""Breaks when a synthetic swing is not a golf swing: events, speeds, order, tempo or the strike are off."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import JOINT
from twinswing.swing.model import EVENT_NAMES
from twinswing.truth.build import make_swing
from twinswing.truth.delivery import BALL_RADIUS_M
from twinswing.truth.golfer import CLUB_KINDS, MPH, club_of, random_golfer, tour_golfer
from twinswing.truth.sequence import kinematic_sequence
from twinswing.truth.swing import TruthSwing

from .helpers import tour_swing

# Typical tour peaks, degrees a second (wider than one study's: Cheetham 2008 and captures).
RANGES = {"pelvis": (400, 600), "thorax": (600, 900), "arm": (800, 1300), "club": (1900, 2600)}
# Tour averages by TrackMan, miles an hour.
TOUR_MPH = {"driver": 113, "wood": 107, "hybrid": 100, "iron": 90, "wedge": 83}


@pytest.mark.parametrize("kind", CLUB_KINDS)
def test_peaks_order_and_tempo_are_a_tour_players(kind: str) -> None:
    swing = tour_swing(kind)
    peaks = kinematic_sequence(swing)
    for name, (low, high) in RANGES.items():
        assert low <= np.rad2deg(peaks[name].rate_radps) <= high, name
    times = [peaks[name].t_s for name in ("pelvis", "thorax", "arm", "club")]
    assert times == sorted(times)
    e = swing.events_s
    assert 2.6 <= (e["top"] - e["address"]) / (e["impact"] - e["top"]) <= 3.4
    assert swing.delivery.head_speed_mps / MPH == pytest.approx(TOUR_MPH[kind], abs=1.0)


def test_amateurs_are_slower_in_the_same_order() -> None:
    for seed in range(6):
        swing = make_swing(random_golfer(np.random.default_rng(seed + 100), "iron"), club_of("iron"))
        peaks = kinematic_sequence(swing)
        times = [peaks[name].t_s for name in ("pelvis", "thorax", "arm", "club")]
        assert times == sorted(times)
        assert 0.75 * 40.2 < swing.delivery.head_speed_mps < 1.08 * 40.2
        for name, (low, high) in RANGES.items():
            assert 0.75 * low <= np.rad2deg(peaks[name].rate_radps) <= high


@pytest.mark.parametrize("handed", ["right", "left"])
def test_the_strike_is_the_one_asked_for(handed: str) -> None:
    golfer = tour_golfer("iron", handed=handed, path_rad=0.04, face_rad=-0.03, attack_rad=-0.06, head_speed_mps=38.0)
    swing = make_swing(golfer, club_of("iron"))
    d = swing.delivery
    assert d.head_speed_mps == pytest.approx(38.0, rel=1e-4)
    assert d.attack_rad == pytest.approx(-0.06, abs=1e-4)
    assert d.path_rad == pytest.approx(0.04, abs=1e-4)  # to the right of the target, from either side
    assert d.face_rad == pytest.approx(-0.03, abs=1e-4)


@pytest.mark.parametrize("kind", CLUB_KINDS)
def test_the_face_meets_the_ball_at_impact(kind: str) -> None:
    swing = tour_swing(kind)
    head = swing.head_at(swing.events_s["impact"])
    assert -0.12 < head[0] < -BALL_RADIUS_M  # behind the ball by the head's depth and the ball's radius
    assert abs(head[1]) < 1e-6
    assert 0.0 < head[2] < 0.06
    later = swing.head_at(swing.events_s["impact"] + 0.004)
    assert later[0] > 0.0
    # At address the head lies behind the same ball, on the ground.
    start = swing.club.head_m[0]
    assert -0.15 < start[0] < 0.0
    assert abs(start[1]) < 1e-6
    assert 0.0 < start[2] < 0.05


def direction(swing: TruthSwing, event: str) -> tuple[np.ndarray, np.ndarray]:
    t = swing.events_s[event]
    _, R = swing.club_at(t)
    J = swing.joints_at(t)
    side = "left" if swing.handed == "right" else "right"
    return R[:, 2], J[JOINT[f"{side}_wrist"]] - J[JOINT[f"{side}_shoulder"]]


@pytest.mark.parametrize("handed", ["right", "left"])
def test_events_are_what_golfdb_calls_them(handed: str) -> None:
    swing = tour_swing("driver", handed)
    e = swing.events_s
    assert tuple(e) == EVENT_NAMES
    assert list(e.values()) == sorted(e.values())
    assert abs(direction(swing, "toe_up")[0][2]) < 1e-4
    assert direction(swing, "toe_up")[0][0] < -0.9  # pointing away from the target
    assert abs(direction(swing, "mid_follow_through")[0][2]) < 1e-4
    assert direction(swing, "mid_follow_through")[0][0] > 0.9
    for event in ("mid_backswing", "mid_downswing"):
        assert abs(direction(swing, event)[1][2]) < 1e-4
    # The club goes on turning back until the top, and forward after it.
    _, R = swing.club_at(e["top"] + np.array([-0.02, 0.0, 0.02]))
    axis = np.cross(*(swing.club_at(e["impact"] + d)[1][:, 2] for d in (-0.002, 0.002)))
    assert np.cross(R[0, :, 2], R[1, :, 2]) @ axis < 0.0
    assert np.cross(R[1, :, 2], R[2, :, 2]) @ axis > 0.0
    # Nothing has moved before the address, everything rests after the finish's hold.
    before = swing.head_at(np.linspace(0.0, e["address"], 30))
    assert np.linalg.norm(before - before[0], axis=1).max() < 0.021
    assert swing.head_speed()[-50:].max() < 0.01


def test_waggles_are_not_the_takeaway() -> None:
    swing = make_swing(tour_golfer("iron", waggles=2, hold_s=0.6), club_of("iron"))
    e = swing.events_s
    still = swing.head_at(np.linspace(e["address"] - 0.4, e["address"] - 0.06, 20))
    assert np.ptp(still, axis=0).max() < 0.005
    assert np.ptp(swing.head_at(np.linspace(0.0, 1.8, 100)), axis=0).max() > 0.1  # there were waggles
    assert 2.6 <= (e["top"] - e["address"]) / (e["impact"] - e["top"]) <= 3.4


def test_top_and_impact_look_like_golf() -> None:
    swing = tour_swing("driver")
    shaft, arm = direction(swing, "top")
    assert abs(np.rad2deg(np.arcsin(shaft[2]))) < 25.0  # near parallel
    assert shaft[0] > 0.85  # toward the target
    J = swing.joints_at(swing.events_s["top"])
    assert J[JOINT["left_hand"], 2] > J[JOINT["neck"], 2]  # hands above the shoulders
    assert arm[1] > 0.1  # across the chest, behind the golfer's toes
    hips = swing.joints_at(swing.events_s["impact"])
    across = hips[JOINT["left_hip"]] - hips[JOINT["right_hip"]]
    assert 25.0 < np.rad2deg(np.arctan2(across[1], across[0])) < 50.0  # hips open
    iron = tour_swing("iron").delivery
    assert 2.0 < np.rad2deg(iron.shaft_lean_rad) < 12.0
    assert iron.dynamic_loft_rad < club_of("iron").loft_rad


def test_quaternions_are_unit_and_do_not_flip() -> None:
    q = tour_swing("driver").club.quaternion
    assert np.allclose(np.linalg.norm(q, axis=1), 1.0)
    assert np.sum(q[1:] * q[:-1], axis=1).min() > 0.99


def test_the_head_follows_from_butt_and_rotation() -> None:
    swing = tour_swing("wedge")
    R = Rotation.from_quat(swing.club.quaternion, scalar_first=True).as_matrix()
    offset = np.einsum("nji,nj->ni", R, swing.club.head_m - swing.club.butt_m)
    assert np.ptp(offset, axis=0).max() < 1e-9
    assert offset[0, 2] < swing.spec.length_m
    between = np.linspace(0.3, 2.3, 77)
    assert np.abs(swing.head_at(between) - np.stack([np.interp(between, swing.t_s, swing.club.head_m[:, k])
                                                     for k in range(3)], 1)).max() < 1e-3  # fmt: skip
