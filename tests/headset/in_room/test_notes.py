"""Drawing in the air by controllers that the driver moves, and what each eye sees of it."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.headset.in_room.conftest import Wearer, unlike
from tests.headset.in_room.remote import Controller, pointing, pose
from twinswing.body.skeleton import JOINT
from twinswing.review.measure import points_at, read_out
from twinswing.review.model import Annotation

MAGENTA = (0xE8, 0x48, 0x9E)


@pytest.fixture
def drawing(standing: Wearer) -> Iterator[Wearer]:
    """With the pen in the hand, nothing drawn yet, and the pen's card painted."""
    standing.visit.notes.press("tool freehand")
    standing.headset.being.toggle_pen()
    standing.frames(5)
    yield standing
    for note in standing.visit.notes.document.all():
        standing.visit.notes.press(f"delete {note.ident}")
    standing.headset.being.toggle_pen()


def now_seen(wearer: Wearer) -> tuple[Annotation, ...]:
    return tuple(wearer.visit.notes.visible(wearer.visit.head.t_s))


def near_colour(picture: np.ndarray, x: float, y: float, rgb: tuple[int, int, int], reach_px: int = 2) -> bool:
    """Tell whether a colour is within some pixels of a place."""
    column, row = round(x), round(y)
    part = picture[max(row - reach_px, 0) : row + reach_px + 1, max(column - reach_px, 0) : column + reach_px + 1]
    return bool((np.abs(part.astype(int) - rgb).max(-1) < 40).any())


def test_a_line_in_the_air_is_seen_by_each_eye_where_it_was_drawn(drawing: Wearer):
    drawing.click("notes", "colour #e8489e")
    level = pose(0.25, 1.75, -0.45)[:4]
    way = [np.array([x, 1.75 + 0.12 * np.sin(12 * x), -0.75]) for x in np.linspace(0.1, 0.5, 7)]
    for at in way:
        drawing.wear(right=Controller((*level, *at.tolist()), trigger=1.0))
    drawing.wear(right=Controller((*level, *way[-1].tolist())))
    (note,) = now_seen(drawing)
    assert (note.kind, note.colour) == ("freehand", "#e8489e")
    places = np.array(note.points)
    tips = np.array([drawing.to_play(p) for p in places])
    # It goes where the pen's tip went, 6 cm before the controllers' own point.
    assert np.abs(tips[[0, -1]] - (np.array(way)[[0, -1]])).max() < 0.15
    assert tips[:, 0].max() - tips[:, 0].min() == pytest.approx(0.4, abs=0.02)
    for picture, wanted, camera in drawing.as_the_stage_draws():
        assert unlike(picture, wanted) < 4e-3
        spots = camera.project(places)
        inside = (spots > 6).all(1) & (spots < np.array(picture.shape[1::-1]) - 6).all(1)
        assert inside.sum() >= 3
        assert all(near_colour(picture, x, y, MAGENTA) for x, y in spots[inside].tolist())


def test_an_angle_is_pinned_to_the_joints_that_one_points_at(drawing: Wearer):
    drawing.click("notes", "tool angle")
    visit = drawing.visit
    joints = visit.session.body.at(visit.head.t_s)
    hand = np.array([0.2, 2.2, -0.25])  # over the cards
    for name in ("left_hip", "left_knee", "left_ankle"):
        at = pointing(hand, drawing.to_play(joints[JOINT[name]]))
        drawing.wear(right=Controller(at))
        drawing.wear(right=Controller(at, trigger=1.0))
        drawing.wear(right=Controller(at))
    (note,) = now_seen(drawing)
    assert note.pins == ("left_hip", "left_knee", "left_ankle")
    t_ns = round(visit.head.t_s * 1e9)
    value = read_out(note, t_ns, visit.session.body)
    u, v = (joints[JOINT[n]] - joints[JOINT["left_knee"]] for n in ("left_hip", "left_ankle"))
    assert np.cos(value.value) == pytest.approx(u @ v / np.linalg.norm(u) / np.linalg.norm(v))
    assert value.sigma > 0
    # It goes with the body, and away after its moment.
    visit.head = visit.head.seek(visit.head.t_s + 0.2)
    drawing.frames(2)
    assert points_at(note, round(visit.head.t_s * 1e9), visit.session.body) == pytest.approx(
        visit.session.body.at(visit.head.t_s)[[JOINT[n] for n in note.pins]]
    )
    for picture, wanted, _ in drawing.as_the_stage_draws():
        assert unlike(picture, wanted) < 4e-3
    visit.head = visit.head.seek(visit.head.t_s - 1.0)
    drawing.frames(2)
    assert now_seen(drawing) == ()


def test_undo_takes_a_drawing_back_and_redo_brings_it_again(drawing: Wearer):
    level = pose(0, 0, 0)[:4]
    for x in (0.1, 0.2, 0.3):
        drawing.wear(right=Controller((*level, x, 1.6, -0.5), trigger=1.0))
    drawing.wear(right=Controller((*level, 0.3, 1.6, -0.5)))
    assert len(now_seen(drawing)) == 1
    drawing.frames(4)
    drawing.click("notes", "undo")
    assert now_seen(drawing) == ()
    drawing.frames(4)
    drawing.click("notes", "redo")
    assert len(now_seen(drawing)) == 1


def test_who_sits_is_lifted_to_the_height_of_who_stands(standing: Wearer):
    being = standing.headset.being
    standing.wear(head=pose(0, 1.15, 0))
    try:
        assert being.head[2, 3] == pytest.approx(1.15, abs=2e-3)
        standing.visit.seated = True
        standing.frames(4)
        assert being.head[2, 3] == pytest.approx(1.6, abs=2e-3)
        for picture, wanted, _ in standing.as_the_stage_draws():
            assert unlike(picture, wanted) < 3e-3
    finally:
        standing.visit.seated = False
        standing.frames(2)
