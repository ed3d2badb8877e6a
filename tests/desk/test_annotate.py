"""Annotating without a window's pixels: the hand, places, times, and what is kept when."""

import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.plant import live_shop
from tests.desk.window import write_recording
from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT
from twinswing.desk.actions import KEY_TO_ACTION
from twinswing.desk.addons import TimelineLane
from twinswing.desk.annotate import Annotate
from twinswing.desk.annotate_hand import Hand, made
from twinswing.desk.annotate_site import Spot, facing, in_measure, on_ground
from twinswing.desk.open_review import OpenReview
from twinswing.desk.panels.annotate_lane import dragged
from twinswing.desk.plant_actions import KEY_TO_ACTION as PLANT_KEYS
from twinswing.desk.plant_window import PlantDesk
from twinswing.desk.settings import Settings
from twinswing.desk.tools import carry_tools
from twinswing.desk.window import Desk
from twinswing.plant.recorder import PlantRecorder
from twinswing.review.model import Annotation, InWorld, Media, OnJoint, OnMachine, OnVideo, Span
from twinswing.review.storage import load_document, save_document
from twinswing.review.voice import encode_voice
from twinswing.stage.annotation_shapes import MachinePose

TEMPLATE = Annotation("a", "text", "Ana", Span.moment(0))


def spot(x: float, joint: str = "") -> Spot:
    return Spot(InWorld(), (x, 0.0, 1.0), joint, (x, 0.0, 1.0))


def test_no_key_of_the_tools_is_a_key_of_a_window() -> None:
    own = [key for action in Annotate.actions for key in action.keys]
    assert not set(own) & (KEY_TO_ACTION.keys() | PLANT_KEYS.keys())
    assert len(own) == len(set(own))


def test_three_clicks_make_an_angle_and_a_double_click_is_no_point() -> None:
    hand = Hand("angle", pin=True)
    done = []
    for x, joint in ((0.0, "left_hip"), (0.0, "left_hip"), (1.0, "left_shoulder"), (2.0, "left_wrist")):
        hand.press(spot(x, joint), (100 * x, 0))
        done.append(hand.release(spot(x, joint), (100 * x, 0)))
    assert done == [False, False, False, True]
    angle = made("angle", hand.spots, TEMPLATE, pin=True)
    assert angle.pins == ("left_hip", "left_shoulder", "left_wrist")
    assert angle.points == ()
    # One place beside all joints: drawn where it was, not pinned to two joints and a guess.
    loose = made("angle", [*hand.spots[:2], spot(2.0)], TEMPLATE, pin=True)
    assert loose.pins == ()
    assert len(loose.points) == 3


def test_a_line_is_dragged_or_clicked_and_seen_as_it_grows() -> None:
    hand = Hand("line")
    hand.press(spot(0.0), (0, 0))
    hand.move(spot(1.0), (50, 0))
    draft = hand.draft(TEMPLATE)
    assert draft is not None
    assert draft.points == ((0.0, 0.0, 1.0), (1.0, 0.0, 1.0))
    assert hand.release(spot(1.0), (50, 0))
    clicked = Hand("line")
    for x, finished in ((0.0, False), (1.0, True)):
        clicked.press(spot(x), (50 * x, 0))
        assert clicked.release(spot(x), (50 * x, 0)) is finished
    assert made("line", clicked.spots, TEMPLATE, pin=False).points == draft.points


def test_a_freehand_line_takes_points_apart_from_each_other() -> None:
    hand = Hand("freehand")
    hand.press(spot(0.0), (0, 0))
    for x in range(1, 31):
        hand.move(spot(float(x)), (x, 0))
    assert hand.release(spot(30.0), (30, 0))
    assert [s.point[0] for s in hand.spots] == [0.0, *map(float, range(3, 31, 3))]
    lonely = Hand("freehand")
    lonely.press(spot(0.0), (0, 0))
    assert not lonely.release(spot(0.0), (0, 0))
    assert not lonely.drawing


def test_a_circle_that_begins_on_a_joint_goes_with_it() -> None:
    circle = made("circle", [spot(1.0, "head"), spot(1.2)], TEMPLATE, pin=True)
    assert circle.anchor == OnJoint("head")
    np.testing.assert_allclose(circle.points, [(0, 0, 0), (0.2, 0, 0)], atol=1e-12)


def test_rays_meet_the_ground_and_planes_where_they_should() -> None:
    camera = PinholeCamera.look_at(
        position_m=(0, -5, 1.5), target_m=(0, 0, 1), width_px=800, height_px=600, vertical_fov_rad=0.6
    )
    rng = np.random.default_rng(3)
    for _ in range(20):
        ground = np.array([rng.uniform(-1, 1), rng.uniform(-1, 3), 0.0])
        found = on_ground(camera, tuple(camera.project(ground)))
        np.testing.assert_allclose(found, ground, atol=1e-6)
        through = np.array([0.0, 0.3, 1.0])
        met = facing(camera, (rng.uniform(0, 800), rng.uniform(0, 600)), through)
        assert met is not None
        assert (met - through) @ camera.rotation[2] == pytest.approx(0, abs=1e-9)
    assert on_ground(camera, (400, 0)) is None  # the sky
    assert facing(camera, (400, 300), np.array([0.0, -9.0, 1.0])) is None  # behind the eye


def test_places_of_machines_and_joints_come_back_to_the_world() -> None:
    pose = MachinePose((12.0, 7.0, 0.0), 0.7, 2.0)
    world = np.array([12.4, 6.2, 1.1])
    own = in_measure(world, OnMachine("m"), None, {"m": pose})
    assert own is not None
    np.testing.assert_allclose(pose.to_world(np.array([own])), [world])
    joints = np.zeros((23, 3))
    joints[JOINT["head"]] = (0, 0.5, 1.7)
    assert in_measure(np.array([0.1, 0.5, 1.7]), OnJoint("head"), joints, {}) == pytest.approx((0.1, 0, 0))
    assert in_measure(world, OnMachine("none"), None, {"m": pose}) is None
    assert in_measure(world, OnVideo(), joints, {"m": pose}) is None


def test_a_mark_is_dragged_at_its_ends_and_as_a_whole_and_never_turned_over() -> None:
    span = Span(100, 200)
    assert dragged(span, 0, 50) == Span(150, 250)
    assert dragged(span, -1, 50) == Span(150, 200)
    assert dragged(span, 1, 50) == Span(100, 250)
    for part in (-1, 1):
        turned = dragged(span, part, -1000 * part)
        assert turned.start_ns < turned.end_ns
    lane = TimelineLane(10.0, 110.0, 0.0, 10.0, 0, 1000)
    assert lane.x_of(500) == 60.0
    assert lane.t_of(60.0) == 500
    assert lane.t_of(-5.0) == 0


@pytest.fixture
def swing(tmp_path: Path) -> Iterator[tuple[Desk, OpenReview, Annotate, Path]]:
    path = write_recording(tmp_path / "a.mcap")
    desk = Desk(Settings(640, 480), offscreen=True, folder=tmp_path)
    review = carry_tools(desk, author="Ana")
    tool = next(a for a in desk.addons if isinstance(a, Annotate))
    try:
        desk.open_or_raise(path)
        yield desk, review, tool, path
    finally:
        desk.shut()


def test_a_change_is_in_the_file_soon_and_the_thread_that_draws_does_not_wait(
    swing: tuple[Desk, OpenReview, Annotate, Path],
) -> None:
    desk, review, tool, path = swing
    tool.board.write()
    assert tool.board.writing is not None
    tool.board.writing.text = "Wrists"
    tool.board.written()
    assert len(load_document(path)) == 0
    review.advance(0.5)
    assert review._saving is None  # not while one may still go on
    begun = time.process_time()
    review.advance(1.5)
    assert time.process_time() - begun < 0.5
    assert review._saving is not None
    wait_until(lambda: review._saving is not None and review._saving[0].done(), 20, "the annotations written")
    review.advance(0.1)
    assert [a.text for a in load_document(path).all()] == ["Wrists"]
    # What another program added to the file meanwhile is taken in with the next change.
    other = load_document(path)
    other.add(Annotation("b", "tag", "Ben", Span.moment(0), text="grip"))
    assert save_document(path, other)
    tool.board.rate(3)
    assert review.save()
    for document in (review.document, load_document(path)):
        assert sorted(a.kind for a in document.all()) == ["rating", "tag", "text"]
    desk.step()


def test_what_is_being_typed_is_kept_when_the_window_closes(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.mcap")
    desk = Desk(Settings(640, 480), offscreen=True, folder=tmp_path)
    carry_tools(desk, author="Ana")
    tool = next(a for a in desk.addons if isinstance(a, Annotate))
    try:
        desk.open_or_raise(path)
        tool.board.write()
        assert tool.board.writing is not None
        tool.board.writing.text = "Half a sent"
        with wave.open(str(tmp_path / "s.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"\0\x10" * 8000)
        assert tool.dropped(tmp_path / "s.wav")
        assert not tool.dropped(path)
    finally:
        desk.shut()
    assert sorted(a.kind for a in load_document(path).all()) == ["text", "voice"]


def test_a_voice_without_a_waveform_is_drawn(swing: tuple[Desk, OpenReview, Annotate, Path]) -> None:
    """A file or a guest may bring one."""
    desk, review, tool, _ = swing
    voice = Annotation("v", "voice", "Ben", Span.moment(desk.t_ns), media=Media("a" * 64, 100, 1.0))
    review.document.add(voice)
    tool.board.choose("v")
    for _ in range(3):
        desk.step()
    assert tool._card.box is not None


def test_no_voice_goes_on_when_its_recording_is_left(
    swing: tuple[Desk, OpenReview, Annotate, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, review, tool, _ = swing
    note = encode_voice(np.zeros(48_000, np.float32), 48_000)
    review.voices[note.media.sha256] = note.data
    speaker = tool.voices.loudspeaker
    monkeypatch.setattr(speaker, "play", lambda ident, *_: setattr(speaker, "ident", ident))
    voice = Annotation("v", "voice", "Ben", Span.moment(0), media=note.media)
    tool.voices.hear(voice)
    wait_until(lambda: tool.voices.poll() or speaker.ident == "v", 20, "the voice")
    tool.voices.settle()
    tool.voices.hear(voice)
    tool.leaving()
    assert speaker.ident == ""


def test_pairs_ratings_and_layers(swing: tuple[Desk, OpenReview, Annotate, Path]) -> None:
    desk, review, tool, _ = swing
    board = tool.board
    desk.seek_ns(400_000_000)
    board.mark_pair()
    desk.seek_ns(900_000_000)
    board.mark_pair()
    board.flip()
    assert desk.t_ns == 400_000_000
    board.flip()
    assert desk.t_ns == 900_000_000
    board.take("rating")
    assert tool.takes_key("4")
    assert sorted((a.kind, a.rating) for a in review.document.all()) == [("pair", 0), ("rating", 4)]
    board.step(-1)
    assert desk.t_ns == 400_000_000
    board.hide("Ana")
    assert board.shown(desk.t_ns) == []
    board.hide("Ana")
    assert [a.kind for a in board.shown(desk.t_ns)] == ["pair"]
    review.refusal = "A guest looks on."
    board.rate(1)
    board.delete()
    board.undo()
    assert len(review.document) == 2


def test_a_live_plants_notes_go_into_its_recording_when_it_has_ended(tmp_path: Path) -> None:
    history = live_shop()
    path = tmp_path / "shop.mcap"
    with PlantRecorder(history, path) as recorder:
        recorder.step()
        desk = PlantDesk(history, Settings(640, 480), offscreen=True, folder=tmp_path)
        review = carry_tools(desk, author="Ana")
        tool = next(a for a in desk.addons if isinstance(a, Annotate))
        try:
            assert "Nothing is recorded" in tool.board.unrecorded
            desk.recording_to = path
            assert tool.board.unrecorded == ""
            tool.board.write()
            assert tool.board.writing is not None
            tool.board.writing.text = "Coolant"
            tool.board.written()
        finally:
            desk.shut()
    assert review.save_to(path)
    assert [a.text for a in load_document(path).all()] == ["Coolant"]


def test_two_windows_on_copies_merge_by_saving_into_one(tmp_path: Path) -> None:
    first = write_recording(tmp_path / "a.mcap")
    second = Path(shutil.copy(first, tmp_path / "b.mcap"))
    for path, who in ((first, "Ana"), (second, "Ben")):
        desk = Desk(Settings(640, 480), offscreen=True, folder=tmp_path)
        carry_tools(desk, author=who)
        tool = next(a for a in desk.addons if isinstance(a, Annotate))
        try:
            desk.open_or_raise(path)
            tool.board.rate(3)
        finally:
            desk.shut()
    from twinswing.review.storage import merge_recordings

    assert merge_recordings(first, second)
    assert {a.author for a in load_document(first).all()} == {"Ana", "Ben"}
