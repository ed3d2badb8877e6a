"""Moving through the world: what must stay still, does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.headset.being import table_rig
from twinswing.headset.frames import ZUP_FROM_XR, about_up, heading_of, pose_matrix
from twinswing.headset.locomotion import (
    Comfort,
    MoveParams,
    Rig,
    Stick,
    dragged,
    dragged_by_two,
    snap_turned,
    standing_at,
    teleport_arc,
    teleported,
)

PARAMS = MoveParams()
METRES = st.floats(-3, 3)
RIGS = st.builds(Rig, st.tuples(METRES, METRES, METRES), st.floats(-3, 3), st.sampled_from([1.0, 3.0, 20.0]))


@st.composite
def heads(draw: st.DrawFn) -> np.ndarray:
    """A head of the play space that stands somewhere and looks about level somewhere."""
    turn = draw(st.floats(-3, 3))
    return pose_matrix(
        [draw(METRES), draw(st.floats(1.0, 2.0)), draw(METRES)], [0, np.sin(turn / 2), 0, np.cos(turn / 2)]
    )


@given(heads(), METRES, METRES, st.floats(-3, 3))
def test_standing_somewhere_puts_the_head_over_it_facing_what_is_to_be_seen(head, x, y, way):
    facing = (x + np.cos(way), y + np.sin(way), 0.0)
    rig = standing_at(head, (x, y, 0.0), facing)
    there = rig.to_world(head)
    assert there[:3, 3] == pytest.approx([x, y, head[1, 3]], abs=1e-9)
    assert np.cos(heading_of(there) - way) == pytest.approx(1.0)


@given(RIGS, heads(), st.booleans())
def test_a_turn_keeps_the_head_in_its_place(rig, head, right):
    before, after = rig.to_world(head), snap_turned(rig, head, right, PARAMS).to_world(head)
    assert after[:3, 3] == pytest.approx(before[:3, 3], abs=1e-6)
    turned = np.degrees(heading_of(after) - heading_of(before) + np.pi) % 360 - 180
    assert turned == pytest.approx(-30.0 if right else 30.0, abs=1e-6)


@given(RIGS, heads(), METRES, METRES)
def test_a_teleport_keeps_the_way_one_faces(rig, head, x, y):
    before, after = rig.to_world(head), teleported(rig, head, (x, y, 0.0)).to_world(head)
    assert after[:2, 3] == pytest.approx([x, y], abs=1e-6)
    assert heading_of(after) == pytest.approx(heading_of(before), abs=1e-9)


@given(RIGS, st.tuples(METRES, METRES, METRES), st.tuples(METRES, METRES, METRES))
def test_what_a_hand_drags_stays_under_it(rig, before, now):
    held = (rig.world_from_play @ np.append(before, 1.0))[:3]
    after = dragged(rig, np.array(before), np.array(now))
    assert (after.world_from_play @ np.append(now, 1.0))[:3] == pytest.approx(held, abs=1e-6)


@given(RIGS, st.floats(0.3, 1.2), st.floats(0.3, 1.2), st.floats(-1.2, 1.2), METRES, METRES)
def test_what_both_hands_hold_stays_between_them(rig, apart, now_apart, turn, x, z):
    before = np.array([[-apart / 2, 1.0, 0.0], [apart / 2, 1.0, 0.0]])
    c, s = np.cos(turn) * now_apart / 2, np.sin(turn) * now_apart / 2
    now = np.array([[x - c, 1.2, z + s], [x + c, 1.2, z - s]])
    after = dragged_by_two(rig, before, now, PARAMS)
    at = [(r.world_from_play @ np.append(points.mean(0), 1.0))[:3] for r, points in ((rig, before), (after, now))]
    assert at[1] == pytest.approx(at[0], abs=1e-6)
    if PARAMS.smallest < rig.scale * apart / now_apart < PARAMS.largest:
        # Each hand holds its own point too: turned, moved and scaled as the hands were.
        for hand in (0, 1):
            held = (rig.world_from_play @ np.append(before[hand], 1.0))[:3]
            assert (after.world_from_play @ np.append(now[hand], 1.0))[:3] == pytest.approx(held, abs=1e-6 * rig.scale)


@given(heads(), st.floats(0.5, 30.0), METRES, METRES)
def test_a_table_model_lies_before_the_viewer_at_hip_height(head, radius, x, y):
    rig = table_rig(Rig(turn_rad=0.3), head, np.array([x, y, 0.0]), radius)
    centre = np.linalg.inv(rig.world_from_play) @ np.array([x, y, 0.0, 1.0])
    assert centre[1] == pytest.approx(0.52 * head[1, 3], abs=1e-6)
    assert np.hypot(*(centre[[0, 2]] - head[[0, 2], 3])) == pytest.approx(0.8, abs=1e-6)
    assert radius / rig.scale == pytest.approx(0.55)


def test_an_arc_lands_where_a_thrown_ball_would():
    aim = about_up(0.0) @ ZUP_FROM_XR
    aim[:3, 3] = (0.0, 0.0, 1.2)
    landing = teleport_arc(aim, 1.0, PARAMS)
    # Thrown level from 1.2 m: t = sqrt(2 h / g).
    assert landing.place_m == pytest.approx([0.0, 7.0 * np.sqrt(2 * 1.2 / 9.81), 0.0], abs=1e-9)
    assert landing.allowed


def test_no_one_is_thrown_onto_their_own_feet():
    aim = ZUP_FROM_XR @ pose_matrix([0, 0, 0], [-np.sin(np.pi / 4), 0, 0, np.cos(np.pi / 4)])
    aim[:3, 3] = (0.0, 0.0, 1.2)
    assert not teleport_arc(aim, 1.0, PARAMS).allowed


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ([(0.0, 0.0), (0.9, 0.0), (0.9, 0.0), (0.5, 0.0), (0.9, 0.0)], ["right"]),
        ([(-0.9, 0.0), (0.0, 0.0), (-0.9, 0.0)], ["left", "left"]),
        ([(0.0, 0.9), (0.2, 0.9), (0.9, 0.2), (0.0, 0.0)], ["teleport"]),
        ([(0.3, 0.3), (0.5, 0.1)], []),
    ],
)
def test_a_sticks_gestures_come_once(path, said):
    stick, heard = Stick(), []
    for x, y in path:
        stick, wish = stick.moved(x, y)
        if wish:
            heard.append(wish)
    assert heard == said


def test_the_ring_comes_fast_goes_softly_and_stays_away_from_who_stands_still():
    comfort, dark = Comfort(), 0.0
    for _ in range(20):
        dark = comfort.next(dark, 0.0, 1 / 90)
    assert dark == 0.0
    for _ in range(20):
        dark = comfort.next(dark, 2.0, 1 / 90)
    assert dark > 0.9
    one = comfort.next(dark, 0.0, 1 / 90)
    assert dark - one < 0.05
