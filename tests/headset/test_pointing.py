"""Rays, presses and pinches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.headset.card import before_head
from twinswing.headset.frames import ZUP_FROM_XR, pose_matrix
from twinswing.headset.hands import BINDINGS, INDEX_TIP, PALM, THUMB_TIP, WRIST, Hand, bindings_for, hand_from_joints
from twinswing.headset.pointing import (
    Hit,
    Latch,
    Press,
    Ray,
    Target,
    meet_box,
    meet_quad,
    meet_sphere,
    nearest_on_segments,
    pinch_value,
    pointed_at,
)

PART = st.floats(0.02, 0.98)


@given(PART, PART, st.floats(-0.8, 0.8), st.floats(-0.4, 0.4), st.sampled_from([1.0, 8.0]))
def test_a_ray_at_a_point_of_a_card_meets_that_point(across, down, turn, tilt, scale):
    head = ZUP_FROM_XR @ pose_matrix([0.1, 1.6, 0.2], [0, np.sin(turn / 2), 0, np.cos(turn / 2)])
    head[:3, :3] *= scale
    card = before_head(head, 0.3, tilt, 1.0)
    place = (card @ np.array([(across - 0.5) * 0.8, (0.5 - down) * 0.3, 0.0, 1.0]))[:3]
    way = place - head[:3, 3]
    hit = meet_quad(Ray(head[:3, 3], way / np.linalg.norm(way)), card, 0.8, 0.3)
    assert hit is not None
    assert hit.at == pytest.approx((across, down), abs=1e-6)
    assert hit.distance_m == pytest.approx(np.linalg.norm(way), rel=1e-6)
    # From behind it is not met.
    assert meet_quad(Ray(place + way, -way / np.linalg.norm(way)), card, 0.8, 0.3) is None


def test_the_nearest_of_two_is_pointed_at():
    ray = Ray(np.zeros(3), np.array([0.0, 1.0, 0.0]))
    ball, box = np.array([0.0, 5.0, 0.0]), ([-1, 2, -1], [1, 3, 1])
    targets = [Target("ball", lambda r: meet_sphere(r, ball, 0.5)), Target("box", lambda r: meet_box(r, *box))]
    assert pointed_at(ray, targets) == ("box", Hit(2.0))
    assert pointed_at(ray, targets[:1]) == ("ball", Hit(4.5))
    assert pointed_at(Ray(np.zeros(3), np.array([0.0, -1.0, 0.0])), targets) is None


def test_a_press_ends_on_what_it_began_on():
    press, began, clicked = Press().next(True, "a")
    assert (began, clicked) == ("a", None)
    press, began, clicked = press.next(True, "b")
    assert (began, clicked) == (None, None)
    assert press.next(False, "b")[2] is None
    assert press.next(False, "a")[2] == "a"


def test_a_trembling_pinch_presses_once():
    latch, presses = Latch(), 0
    for gap_mm in (60, 40, 28, 19, 17, 22, 24, 17, 20, 40):
        before = latch.closed
        latch = latch.next(pinch_value([0, 0, 0], [gap_mm / 1000, 0, 0]))
        presses += latch.closed and not before
    assert presses == 1
    assert not latch.closed


def test_a_path_is_met_between_its_samples():
    path = np.array([[0.0, 0, 0], [1.0, 0, 0], [1.0, 1, 0]])
    assert nearest_on_segments([0.25, 0.1, 0.0], path) == pytest.approx((0.25, 0.1))
    assert nearest_on_segments([1.2, 0.5, 0.0], path) == pytest.approx((1.5, 0.2))


def joints(gap_m: float, curled: bool) -> np.ndarray:
    """Make a flat right hand that points ahead, its fingers straight or curled to the palm."""
    out = np.zeros((26, 3))
    out[WRIST], out[PALM] = (0, 1, 0), (0, 1, -0.06)
    for finger, x in enumerate((-0.03, -0.01, 0.01, 0.03)):
        for bone in range(5):
            out[6 + 5 * finger + bone] = (x, 1, -0.03 - 0.035 * bone)
        if curled:
            out[6 + 5 * finger + 4] = (x, 0.97, -0.07)
    out[THUMB_TIP] = out[INDEX_TIP] + [gap_m, 0, 0]
    return out


def test_bare_hands_pinch_and_make_fists():
    open_hand, pinching, fist = (
        hand_from_joints(j) for j in (joints(0.08, False), joints(0.01, False), joints(0.03, True))
    )
    assert (open_hand.trigger, open_hand.squeeze) == (0.0, 0.0)
    assert pinching.trigger == 1.0
    assert pinching.squeeze == 0.0
    assert fist.squeeze > 0.7
    assert fist.trigger == 0.0
    assert pinching.aim is not None
    assert pinching.aim[2, 2] > 0.8  # it points ahead, along -Z, a little to the index finger's side
    assert Hand().reach_m is None


def test_every_profile_can_press_and_point_and_no_path_is_bound_twice_to_one_action():
    for profile, actions in BINDINGS.items():
        assert {"aim", "grip", "trigger"} <= set(actions), profile
        for action, paths in actions.items():
            assert any(paths), (profile, action)
            assert all(path.startswith(("/input/", "/output/")) for path in paths if path)


def test_hand_interaction_is_suggested_only_where_its_extension_is_on():
    name = "/interaction_profiles/ext/hand_interaction_ext"
    assert name not in bindings_for(frozenset())
    assert name in bindings_for(frozenset({"XR_EXT_hand_interaction"}))
    paths = dict(bindings_for(frozenset()))["/interaction_profiles/oculus/touch_controller"]
    assert ("play", "/user/hand/left/input/x/click") in paths
    assert ("play", "/user/hand/right/input/a/click") in paths
