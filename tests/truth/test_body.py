"""Breaks when a synthetic golfer stops being a body: bones stretch, joints jump, feet lift, knees bend backward."""

import numpy as np
import pytest

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.errors import InputError
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import CLUB_KINDS, FAULTS, club_of, random_golfer, tour_golfer
from twinswing.truth.swing import TruthSwing

from .helpers import tour_swing

BONES = [
    ("pelvis", "spine"), ("pelvis", "neck"), ("neck", "head"), ("head", "nose"), ("pelvis", "left_hip"),
    ("pelvis", "right_hip"),
    *[(f"{s}_{a}", f"{s}_{b}") for s in ("left", "right") for a, b in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand"), ("hip", "knee"), ("knee", "ankle"),
        ("ankle", "heel"), ("ankle", "toe"), ("heel", "toe"))],
    ("neck", "left_shoulder"), ("neck", "right_shoulder"),
]  # fmt: skip


def path(swing: TruthSwing, name: str) -> np.ndarray:
    return swing.body.joints_m[:, JOINT[name]]


def check_body(swing: TruthSwing) -> None:
    for a, b in BONES:
        length = np.linalg.norm(path(swing, a) - path(swing, b), axis=1)
        assert np.ptp(length) < 1e-9, (a, b)
    dt = swing.t_s[1] - swing.t_s[0]
    accel = np.linalg.norm(np.diff(swing.body.joints_m, 2, axis=0), axis=2) / dt**2
    assert accel.max() < 1500.0  # m/s2: a fist in the downswing reaches some hundreds, a pop of a millimetre 1000
    speed = np.linalg.norm(np.diff(swing.body.joints_m, axis=0), axis=2) / dt
    assert speed.max() < 14.0
    for side in ("left", "right"):
        for part in ("heel", "toe"):
            assert path(swing, f"{side}_{part}")[:, 2].min() > 0.0
        assert np.ptp(path(swing, f"{side}_toe"), axis=0).max() < 1e-9  # planted
        hip, knee, ankle = (path(swing, f"{side}_{p}") for p in ("hip", "knee", "ankle"))
        ahead = path(swing, f"{side}_toe") - path(swing, f"{side}_heel")
        forward = knee - 0.5 * (hip + ankle)
        assert np.all(np.sum(forward[:, :2] * ahead[:, :2], axis=1) > 0.0)  # knees bend forward


@pytest.mark.parametrize("kind", CLUB_KINDS)
def test_a_tour_golfer_is_a_body(kind: str) -> None:
    check_body(tour_swing(kind))


def test_drawn_golfers_are_bodies() -> None:
    made = 0
    for seed in range(8):
        kind = CLUB_KINDS[seed % len(CLUB_KINDS)]
        golfer = random_golfer(np.random.default_rng(seed), kind, handed=("right", "left")[seed % 2])
        try:
            swing = make_swing(golfer, club_of(kind))
        except InputError:
            continue  # not every drawn body reaches; the generator draws again
        made += 1
        check_body(swing)
    assert made >= 7


def test_elbows_do_not_bend_backward() -> None:
    swing = tour_swing()
    for side in ("left", "right"):
        upper = path(swing, f"{side}_elbow") - path(swing, f"{side}_shoulder")
        fore = path(swing, f"{side}_wrist") - path(swing, f"{side}_elbow")
        hinge = np.cross(upper, fore)
        hinge /= np.linalg.norm(hinge, axis=1, keepdims=True)
        # The hinge's axis turns with the upper arm and never flips from one sample to the next.
        assert np.sum(hinge[1:] * hinge[:-1], axis=1).min() > 0.99


def test_the_head_stays_still_until_impact() -> None:
    swing = tour_swing("driver")
    until = swing.t_s < swing.events_s["impact"]
    assert np.ptp(path(swing, "head")[until, :2], axis=0).max() < 0.09
    assert np.ptp(path(swing, "head")[until, 2]) < 0.09


def test_both_hands_hold_the_grip() -> None:
    swing = tour_swing()
    shaft = swing.club.head_m - swing.club.butt_m
    _, R = swing.club_at(swing.t_s)
    for hand, along in (("left_hand", 0.06), ("right_hand", 0.138)):
        on_shaft = swing.club.butt_m + along * R[:, :, 2]
        assert np.abs(path(swing, hand) - on_shaft).max() < 1e-6
    assert shaft.shape == swing.club.butt_m.shape


def test_the_finish_faces_the_target_on_the_lead_foot() -> None:
    swing = tour_swing()
    end = swing.body.joints_m[-1]
    across = end[JOINT["left_shoulder"]] - end[JOINT["right_shoulder"]]
    facing = np.cross(across, [0.0, 0.0, 1.0])  # left x up: forward
    assert facing[0] / np.linalg.norm(facing) > 0.75
    assert abs(end[JOINT["pelvis"], 0] - end[JOINT["left_ankle"], 0]) < 0.15
    assert end[JOINT["right_heel"], 2] > 0.12


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_changes_the_swing(fault: str) -> None:
    swing = make_swing(tour_golfer("iron", faults={fault: 1.0}), club_of("iron"))
    check_body(swing)
    plain = tour_swing()
    ours = swing.joints_at([swing.events_s[e] for e in ("top", "mid_downswing", "impact", "mid_follow_through")])
    theirs = plain.joints_at([plain.events_s[e] for e in ("top", "mid_downswing", "impact", "mid_follow_through")])
    assert np.linalg.norm(ours - theirs, axis=2).max() > 0.03


def test_faults_show_where_a_coach_looks() -> None:
    plain = tour_swing()

    def at(swing: TruthSwing, event: str, joint: str) -> np.ndarray:
        return swing.joints_at(swing.events_s[event])[JOINT[joint]]

    def moved(fault: str, event: str, joint: str) -> np.ndarray:
        swing = make_swing(tour_golfer("iron", faults={fault: 1.0}), club_of("iron"))
        start = swing.body.joints_m[0, JOINT[joint]] - plain.body.joints_m[0, JOINT[joint]]
        return at(swing, event, joint) - at(plain, event, joint) - start

    assert moved("sway", "top", "pelvis")[0] < -0.05
    assert moved("slide", "impact", "pelvis")[0] > 0.06
    assert moved("early_extension", "impact", "pelvis")[1] < -0.05  # toward the ball
    assert moved("reverse_spine", "top", "neck")[0] > 0.08
    assert moved("hanging_back", "impact", "pelvis")[0] < -0.06
    cast = make_swing(tour_golfer("iron", faults={"casting": 1.0}), club_of("iron"))
    assert cast.delivery.shaft_lean_rad < plain.delivery.shaft_lean_rad - 0.05
    over = make_swing(tour_golfer("iron", faults={"over_the_top": 1.0}), club_of("iron"))
    assert over.delivery.path_rad < plain.delivery.path_rad - 0.06
    wing = make_swing(tour_golfer("iron", faults={"chicken_wing": 1.0}), club_of("iron"))
    reach = [np.linalg.norm(at(s, "mid_follow_through", "left_wrist") - at(s, "mid_follow_through", "left_shoulder"))
             for s in (plain, wing)]  # fmt: skip
    assert reach[1] < reach[0] - 0.05


def test_a_left_handed_golfer_is_the_mirror_image() -> None:
    right, left = tour_swing("iron", "right"), tour_swing("iron", "left")
    mirror = np.array([1.0, -1.0, 1.0])
    for i, name in enumerate(JOINT_NAMES):
        other = name.replace("left_", "#").replace("right_", "left_").replace("#", "right_")
        assert np.abs(right.body.joints_m[:, i] * mirror - left.body.joints_m[:, JOINT[other]]).max() < 1e-6
    assert np.abs(right.club.head_m * mirror - left.club.head_m).max() < 1e-6
    _, R = left.club_at(left.t_s[::50])
    assert np.allclose(np.linalg.det(R), 1.0)
    assert left.body.joints_m[0, JOINT["pelvis"], 1] < 0.0
    assert left.delivery.attack_rad == pytest.approx(right.delivery.attack_rad, abs=1e-5)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match="fault"):
        tour_golfer("iron", faults={"yips": 1.0})
    with pytest.raises(InputError, match="handed"):
        tour_golfer("iron", handed="both")
    with pytest.raises(InputError, match="club"):
        club_of("broom")
    with pytest.raises(InputError, match="found none"):
        make_swing(tour_golfer("driver", height_m=0.9), club_of("driver"))
