"""A pen in the air: what strokes of a hand become, and that they are kept in the recording."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError
from twinswing.headset.air_pen import AirPen, Mark, mark_at, simplified
from twinswing.headset.notes import Notes, notes_of
from twinswing.headset.pointing import Ray
from twinswing.resources import bundled_recording
from twinswing.review.measure import read_out
from twinswing.review.model import InWorld, OnJoint
from twinswing.review.storage import load_document, save_document

AT_S = 1.5


def stroke(notes: Notes, *points: np.ndarray, side: int = 1, ray: Ray | None = None) -> None:
    """Press at the first point, go along, let go at the last."""
    for point in points:
        notes.hand(side, np.asarray(point, dtype=float), ray, True, AT_S)
    notes.hand(side, np.asarray(points[-1], dtype=float), ray, False, AT_S)


@pytest.fixture
def notes(swing) -> Notes:
    made = Notes(body=swing.body, author="Coach")
    made.on = True
    return made


@pytest.fixture
def joints(swing) -> np.ndarray:
    return swing.body.at(AT_S)


def test_a_freehand_stroke_follows_the_hand(notes):
    angle = np.linspace(0.0, 2 * np.pi, 200)
    circle = np.stack([0.3 * np.cos(angle), -1.0 + 0 * angle, 1.2 + 0.3 * np.sin(angle)], 1)
    stroke(notes, *circle)
    (drawn,) = notes.visible(AT_S)
    assert (drawn.kind, drawn.anchor, drawn.author) == ("freehand", InWorld(), "Coach")
    points = np.array(drawn.points)
    assert len(points) < 60  # a curve needs no two hundred points
    assert np.abs(np.hypot(points[:, 0], points[:, 2] - 1.2) - 0.3).max() < 1e-5
    middles = (points[1:] + points[:-1]) / 2
    assert np.abs(np.hypot(middles[:, 0], middles[:, 2] - 1.2) - 0.3).max() < 0.0025


def test_a_stroke_beside_a_joint_does_not_catch_on_it_when_drawn_freehand(notes, joints):
    way = joints[JOINT["left_wrist"]] + np.linspace(0, 0.3, 20)[:, None] * [0.0, 0.0, 1.0]
    stroke(notes, *way)
    (drawn,) = notes.visible(AT_S)
    assert drawn.pins == ()
    assert np.array(drawn.points)[[0, -1]] == pytest.approx(way[[0, -1]], abs=1e-6)


def test_a_press_without_a_way_draws_nothing(notes):
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.003, -1.0, 1.0]))
    assert notes.visible(AT_S) == ()
    assert not notes.pen.marks


def test_a_line_from_joint_to_joint_is_pinned_to_both_and_goes_with_them(notes, swing, joints):
    notes.press("tool line")
    stroke(notes, joints[JOINT["left_shoulder"]] + 0.03, joints[JOINT["right_shoulder"]] - 0.02)
    (drawn,) = notes.visible(AT_S)
    assert (drawn.pins, drawn.points) == (("left_shoulder", "right_shoulder"), ())
    wanted = float(np.linalg.norm(joints[JOINT["left_shoulder"]] - joints[JOINT["right_shoulder"]]))
    assert read_out(drawn, round(AT_S * 1e9), swing.body).value == pytest.approx(wanted)


def test_joints_are_pointed_at_from_afar(notes, joints):
    notes.press("tool angle")
    hand = np.array([0.3, -2.0, 1.2])
    for name in ("right_shoulder", "right_elbow", "right_wrist"):
        way = joints[JOINT[name]] - hand
        ray = Ray(hand, way / np.linalg.norm(way))
        before = len(notes.visible(AT_S))
        met = mark_at(hand, ray, joints).joint
        stroke(notes, hand, ray=ray)
        assert met == name or np.linalg.norm(joints[JOINT[met]] - joints[JOINT[name]]) < 0.25, before
    (drawn,) = notes.visible(AT_S)
    assert drawn.kind == "angle"
    assert len(drawn.pins) == 3


def test_an_angle_is_drawn_by_a_drag_and_a_press_or_by_three_presses(notes):
    a, vertex, b = np.array([0.4, -1, 1.0]), np.array([0.0, -1, 1.0]), np.array([0.0, -1, 1.5])
    notes.press("tool angle")
    stroke(notes, a, vertex)
    assert [len(d.points) for d in notes.visible(AT_S)] == [2]  # one arm, while the other is still missing
    stroke(notes, b)
    stroke(notes, a)
    stroke(notes, vertex)
    stroke(notes, b)
    first, second = notes.visible(AT_S)
    assert first.points == second.points
    assert np.degrees(read_out(first, round(AT_S * 1e9)).value) == pytest.approx(90.0)


def test_what_began_on_a_joint_waits_for_another_joint(notes, joints):
    notes.press("tool arrow")
    stroke(notes, joints[JOINT["head"]], np.array([0.0, -2.0, 1.0]))
    assert len(notes.document) == 0
    stroke(notes, joints[JOINT["pelvis"]])
    (drawn,) = notes.visible(AT_S)
    assert drawn.pins == ("head", "pelvis")


def test_a_tag_hangs_at_a_joint_or_in_the_air(notes, joints):
    notes.press("tag 1")
    stroke(notes, joints[JOINT["right_knee"]] + 0.02)
    stroke(notes, np.array([0.0, -2.0, 1.0]))
    tags = {type(tag.anchor): tag for tag in notes.visible(AT_S)}
    assert tags[OnJoint].anchor == OnJoint("right_knee")
    assert tags[InWorld].points == ((0.0, -2.0, 1.0),)
    assert {tag.text for tag in tags.values()} == {"Watch this"}


def test_undo_redo_and_delete_take_back_and_bring_back(notes):
    notes.press("colour #35c8f0")
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    (drawn,) = notes.visible(AT_S)
    assert drawn.colour == "#35c8f0"
    notes.press("undo")
    assert notes.visible(AT_S) == ()
    notes.press("redo")
    assert notes.visible(AT_S) == (drawn,)
    notes.press(f"delete {drawn.ident}")
    assert notes.visible(AT_S) == ()
    notes.press("undo")
    assert notes.visible(AT_S) == (drawn,)


def test_undo_first_gives_up_what_is_begun(notes):
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    notes.press("tool line")
    notes.hand(1, np.array([0.0, -1.0, 1.2]), None, True, AT_S)
    notes.press("undo")
    assert len(notes.visible(AT_S)) == 1
    notes.hand(1, np.array([0.5, -1.0, 1.2]), None, False, AT_S)
    assert len(notes.visible(AT_S)) == 1


def test_a_drawing_is_carried_by_a_hand_and_one_step_of_undo_puts_it_back(notes):
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    assert notes.grab(np.array([0.0, 0.0, 0.0]), 0.1, AT_S) is None
    assert notes.grab(np.array([0.15, -1.0, 1.05]), 0.1, AT_S) is not None
    for step in (0.1, 0.2, 0.4):
        notes.held(np.array([0.15, -1.0, 1.05 + step]))
    assert np.array(notes.visible(AT_S)[0].points)[:, 2] == pytest.approx(1.4)
    notes.release()
    assert np.array(notes.visible(AT_S)[0].points)[:, 2] == pytest.approx(1.4)
    notes.press("undo")
    assert np.array(notes.visible(AT_S)[0].points)[:, 2] == pytest.approx(1.0)


def test_a_remark_is_seen_at_its_moment_alone(notes):
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    assert len(notes.visible(AT_S)) == 1
    assert notes.visible(AT_S - 0.01) == ()
    assert notes.visible(AT_S + 10.0) == ()


def test_one_hand_draws_at_a_time(notes):
    notes.hand(1, np.array([0.0, -1.0, 1.0]), None, True, AT_S)
    notes.hand(0, np.array([0.5, -1.0, 1.0]), None, True, AT_S)
    notes.hand(1, np.array([0.3, -1.0, 1.0]), None, True, AT_S)
    notes.hand(1, np.array([0.3, -1.0, 1.0]), None, False, AT_S)
    (drawn,) = notes.visible(AT_S)
    assert np.array(drawn.points)[:, 0].max() == pytest.approx(0.3)


def test_what_is_drawn_is_kept_in_the_recording_with_what_others_wrote_meanwhile(tmp_path, swing):
    path = tmp_path / "swing.mcap"
    shutil.copy(bundled_recording("driver-face-on.mcap"), path)
    notes = notes_of(path, swing.body)
    notes.author = "Coach"
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    other = load_document(path)
    other.add(notes.pen.annotation("theirs", "Golfer", [Mark((0.0, 0.0, 1.0)), Mark((0.0, 0.0, 2.0))], 0))
    save_document(path, other)
    notes.update(0.0)
    notes.update(2.0)
    notes.close()
    assert {a.author for a in load_document(path).all()} == {"Coach", "Golfer"}
    assert {a.author for a in notes.document.all()} == {"Coach", "Golfer"}


def test_a_bundled_demonstration_is_left_as_it_is(swing):
    path = bundled_recording("driver-face-on.mcap")
    before = path.read_bytes()
    notes = notes_of(path, swing.body)
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    notes.update(0.0)
    notes.update(5.0)
    notes.close()
    assert path.read_bytes() == before
    assert len(notes.visible(AT_S)) == 1


def test_a_file_that_goes_away_is_said_and_nothing_drawn_is_lost_meanwhile(tmp_path, swing, capsys):
    path = tmp_path / "swing.mcap"
    shutil.copy(bundled_recording("driver-face-on.mcap"), path)
    notes = notes_of(path, swing.body)
    path.unlink()
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    notes.close()
    assert "swing.mcap" in capsys.readouterr().err
    assert len(notes.visible(AT_S)) == 1


def test_a_document_that_is_full_says_so(notes, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise InputError("The annotations hold too much.")

    monkeypatch.setattr(notes.document, "add", full)
    stroke(notes, np.array([0.0, -1.0, 1.0]), np.array([0.3, -1.0, 1.0]))
    assert notes.trouble == "The annotations hold too much."


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 300), st.integers(2, 40), st.integers(0, 1000))
def test_a_simplified_path_lies_on_the_drawn_one_and_keeps_its_ends(count, most, seed):
    points = np.cumsum(np.random.default_rng(seed).normal(0, 0.01, (count, 3)), axis=0)
    out = simplified(points, 0.002, most)
    assert 2 <= len(out) <= max(most, 2)
    assert out[[0, -1]] == pytest.approx(points[[0, -1]])
    assert {tuple(p) for p in out.tolist()} <= {tuple(p) for p in points.tolist()}


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(["freehand", "arrow", "line", "angle", "tag"]),
    st.lists(st.tuples(st.booleans(), st.floats(-3, 3), st.sampled_from(["", "head", "pelvis", "neck"])), max_size=40),
)
def test_whatever_a_hand_does_only_whole_annotations_come_of_it(tool, moves):
    pen = AirPen().with_tool(tool)
    for down, x, joint in moves:
        pen, done = pen.next(down, Mark((x, 0.0, 1.0), joint, (x / 2, 0.1, 1.0)), 0)
        if done is not None:
            Notes(author="a").document.add(pen.annotation("some", "a", done, 0))
            assert pen.marks == ()


def test_a_joint_that_is_aimed_at_is_meant_although_anothers_edge_is_before_it():
    """Aimed at the hip past an elbow 5 cm beside the ray, the hip; with the elbow on the ray, the elbow."""
    joints = np.full((len(JOINT), 3), 50.0)
    joints[JOINT["left_hip"]] = (0.0, 2.5, 0.0)
    ray = Ray(np.zeros(3), np.array([0.0, 1.0, 0.0]))
    for beside_m, meant in ((0.05, "left_hip"), (0.0, "left_elbow")):
        joints[JOINT["left_elbow"]] = (beside_m, 2.0, 0.0)
        assert mark_at(np.zeros(3), ray, joints).joint == meant
