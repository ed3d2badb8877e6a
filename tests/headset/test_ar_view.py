"""What stands on a marker appears where it must, stays while a hand passes, and goes when the marker does."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from tests.headset.ar_kit import CAM, SIZE, Still, pose_of, rgb, seen, standing_eye, swing, view_of
from tests.plant.floor import unit
from tests.plant.past import told
from twinswing.body.calibration import Calibration
from twinswing.body.markers import MarkerFinder
from twinswing.errors import InputError
from twinswing.headset.ar_card import painted
from twinswing.headset.ar_lens import Lens
from twinswing.headset.ar_plane import Rectangle, lay, pixels_per_metre
from twinswing.headset.ar_plant import CardParams, PlantCards, family_for
from twinswing.headset.ar_swing import SwingOnFloor, standing_options
from twinswing.headset.ar_view import ArView
from twinswing.plant.model import Plant
from twinswing.plant.states import UnitState
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SwingScene
from twinswing.streams.observations import LinkState, LinkStatus, Observation
from twinswing.truth.printed import camera, facing

EMPTY = rgb(np.full((CAM.height_px, CAM.width_px), 130, dtype=np.uint8))
A = "cells/one"


def eye_at(rotation, position, cam=CAM):
    return replace(cam, rotation=rotation, position_m=-rotation.T @ np.asarray(position))


def corners_of(picture: np.ndarray) -> np.ndarray:
    """Return the corners of the magenta card in a picture, where its edges meet, shape (4, 2), in any order."""
    there = ((picture[..., 0] > 150) & (picture[..., 1] < 110)).astype(np.uint8)
    (outline, *_), _ = cv2.findContours(there, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.minEnclosingTriangle(outline)[1] if len(outline) < 4 else _quad(outline)


def _quad(outline: np.ndarray) -> np.ndarray:
    rough = cv2.approxPolyDP(outline, 0.06 * cv2.arcLength(outline, True), True).reshape(-1, 2).astype(float)
    assert len(rough) == 4
    points = outline.reshape(-1, 2) + 0.5
    lines = []
    for a, b in zip(rough, np.roll(rough, -1, axis=0), strict=True):
        along = (b - a) / np.linalg.norm(b - a)
        s = (points - a) @ along
        d = np.abs((points - a) @ [along[1], -along[0]])
        # Without the ends, which are round.
        on = points[(s > 0.15 * np.linalg.norm(b - a)) & (s < 0.85 * np.linalg.norm(b - a)) & (d < 6)]
        lines.append(cv2.fitLine(on.astype(np.float32), cv2.DIST_L2, 0, 0.01, 0.01).ravel())
    out = []
    for (ux, uy, px, py), (vx, vy, qx, qy) in zip(lines, np.roll(lines, 1, axis=0), strict=True):
        t = np.linalg.solve([[ux, -vx], [uy, -vy]], [qx - px, qy - py])[0]
        out.append([px + t * ux, py + t * uy])
    return np.array(out)


class Magenta(Still):
    """Content: a bare card at a known place of each marker's plane."""

    where = Rectangle(0.02, 0.21, 0.24, 0.16)

    def draw(self, picture, camera, standing):
        for s in standing:
            lay(picture, np.full((160, 240, 3), (255, 0, 255), np.uint8), self.where, s.camera(camera), s.opacity)
        return picture, {s.number for s in standing}


@pytest.mark.parametrize(("tilt", "toward", "turned"), [(5, 0, 0), (30, 100, 10), (45, 250, -30), (20, 30, 170)])
def test_a_cards_corners_lie_where_the_true_camera_puts_them(tilt, toward, turned):
    rng = np.random.default_rng(tilt)
    rotation, position = facing(tilt, toward, turned), np.array([0.03, -0.02, 1.0])
    picture = view_of(Magenta()).show(0.0, seen(7, rotation, position, rng))
    truth = eye_at(rotation, position).project(Magenta.where.corners())
    away = np.linalg.norm(corners_of(picture)[:, None] - truth[None], axis=-1).min(0)
    assert away.max() < 3.0


def test_a_bent_lens_is_made_straight_once_for_all():
    rng = np.random.default_rng(3)
    bent = camera(960, 540, 760.0, distortion=(-0.22, 0.06, 0.001, -0.001, 0.0))
    rotation, position = facing(25, 60), np.array([0.2, 0.12, 0.9])
    frame = seen(7, rotation, position, rng, bent)
    known = Calibration(960, 540, 760.0, (480.0, 270.0), bent.distortion, 0.1, 1.0, (1.0, 1.0), 12)
    truth = eye_at(rotation, position).project(Magenta.where.corners())

    def error(calibration):
        view = ArView(Lens.of(calibration, 960, 540), MarkerFinder(SIZE), Magenta())
        return np.linalg.norm(corners_of(view.show(0.0, frame))[:, None] - truth[None], axis=-1).min(0).max()

    assert error(known) < 4.0
    assert error(replace(known, distortion=())) > 8.0  # which is what reckoning with the lens is worth


def test_without_a_calibration_it_says_so_and_how_unsure_distances_are():
    lens = Lens.of(None, 1280, 720)
    across = 2 * np.degrees(np.arctan(640 / lens.camera.focal_px))
    assert across == pytest.approx(60.0)
    assert "guess" in lens.told()
    # The same marker, taken for one before a lens of 68 degrees, is nearer by as much as is said.
    other = 640 / np.tan(np.radians(34.0))
    assert abs(other / lens.camera.focal_px - 1.0) == pytest.approx(lens.focal_share, rel=0.15)


def test_a_calibration_of_another_shape_is_refused_and_a_scaled_one_taken():
    known = Calibration(960, 540, 760.0, (480.0, 270.0), (), 0.1, 1.0, (1.0, 1.0), 12)
    with pytest.raises(InputError, match="960x540"):
        Lens.of(known, 640, 480)
    assert Lens.of(known, 1920, 1080).camera.focal_px == pytest.approx(1520.0)
    view = ArView(Lens.of(known, 960, 540), MarkerFinder(SIZE), Still())
    with pytest.raises(InputError, match="640x480"):
        view.show(0.0, np.zeros((480, 640, 3), dtype=np.uint8))


def test_a_hidden_marker_is_held_then_fades_is_gone_and_is_found_again():
    rng = np.random.default_rng(5)
    rotation, position = facing(20, 40), np.array([0.0, -0.05, 1.0])
    view = view_of(Magenta())
    frame = seen(7, rotation, position, rng)
    middle = eye_at(rotation, position).project([Magenta.where.x_m, Magenta.where.y_m, 0.0]).astype(int)

    def red(t_s, picture):
        return int(view.show(t_s, picture)[middle[1], middle[0], 0])

    whole = red(0.0, frame)
    assert whole > 250
    assert red(0.07, EMPTY) == pytest.approx(whole, abs=2)  # a frame that blur cost
    fading = [red(t, EMPTY) for t in (0.15, 0.2, 0.25, 0.3, 0.35)]
    assert fading == sorted(fading, reverse=True)
    assert whole > fading[0] > fading[-1] > 131
    assert red(0.45, EMPTY) == 130
    assert view.standing == []
    gone = view.show(0.5, EMPTY)
    assert not np.array_equal(gone, EMPTY)  # it says what to do
    assert red(0.6, frame) > 250


def test_a_still_camera_shows_a_still_card():
    rng = np.random.default_rng(11)
    rotation, position = facing(25, 70, 5), np.array([0.05, 0.1, 1.5])
    finder, view = MarkerFinder(SIZE), view_of(Still())
    point = np.array([0.17, 0.4, 0.0])
    raw, steady = [], []
    for k in range(40):
        frame = seen(1, rotation, position, rng, noise=4.0)
        raw.append(finder.find(frame, CAM)[0].camera(CAM).project(point))
        view.show(k / 30, frame)
        steady.append(view.standing[0].camera(CAM).project(point))
    raw, steady = np.array(raw[8:]), np.array(steady[8:])
    assert np.sqrt(steady.var(0).sum()) < 0.2
    step = [np.sqrt(np.mean(np.sum(np.diff(x, axis=0) ** 2, 1))) for x in (raw, steady)]
    assert step[1] < 0.7 * step[0]
    assert np.linalg.norm(steady.mean(0) - eye_at(rotation, position).project(point)) < 1.5


# ------------------------------------------------------------------------------------------------------------- a plant
def plant_of(*units) -> Plant:
    return Plant("works", "Works", "", "", (40.0, 20.0, 6.0), (), tuple(units))


def rows_of(running_s=0.0):
    return [
        (f"{A}/execution", running_s, "ACTIVE"), (f"{A}/availability", 0.0, "AVAILABLE"), (f"{A}/load", 0.0, 42.0),
        (f"{A}/temperature", 0.0, 313.15), (f"{A}/speed", 0.0, 100 * np.pi), (f"{A}/power", 0.0, 12_300.0),
        (f"{A}/vibration", 0.0, 0.00031), (f"{A}/condition", 0.0, "NORMAL"),
    ]  # fmt: skip


@pytest.fixture
def cards():
    made = []

    def make(history, **changes):
        made.append(PlantCards(history, SIZE, "works.toml", wait=True, **changes))
        return made[-1]

    yield make
    for content in made:
        content.close()


def test_a_card_tells_state_and_numbers_as_people_read_them(cards):
    card = cards(told(plant_of(unit(A)), rows_of())).cards([0])[0]
    assert card.state is UnitState.RUNNING
    shown = {row.label: row.value for row in card.rows}
    assert shown["Load"] == "42 %"
    assert shown["Speed"] == "3 000 rpm"
    assert shown["Temperature"] == "40.0 °C" or shown["Temperature"] == "40 °C"
    assert shown["Vibration"] == "0.31 mm/s"
    assert len(card.rows) == 5
    assert "sim" in card.foot


def test_what_is_silent_is_called_stale_and_greyed(cards):
    history = told(plant_of(unit(A)), rows_of())
    history.linked("sim", LinkStatus(LinkState.DOWN, "gone", 5_000_000_000))
    content = cards(history)
    card = content.cards([0])[0]
    load = card.rows[0]
    assert (load.label, load.value, load.note) == ("Load", "42 %", "stale")
    assert card.state is UnitState.UNKNOWN
    # Greyed: less bright than the same value when it is fresh.
    fresh = replace(card, rows=(replace(load, note=""), *card.rows[1:]))
    line = slice(200, 256)
    assert painted(card)[line].max() < painted(fresh)[line].max() - 60


def test_a_fault_changes_state_alarm_and_picture(cards):
    history = told(plant_of(unit(A)), rows_of())
    content = cards(history)
    rng = np.random.default_rng(2)
    frame = seen(0, facing(10, 20), np.array([0.0, 0.12, 0.8]), rng)
    view = view_of(content)
    before = view.show(0.0, frame)
    more = told(plant_of(unit(A)), [*rows_of(), (f"{A}/condition", 9.0, "FAULT")])
    faulty = cards(more)
    card = faulty.cards([0])[0]
    assert card.state is UnitState.FAILED
    assert card.alarm
    assert card.alarm_rank == 3
    after = view_of(faulty).show(0.0, frame)
    changed = np.abs(after.astype(int) - before).max(-1) > 40
    assert changed[: CAM.height_px // 2].sum() > 500
    red = (after[..., 0] > 220) & (after[..., 1] < 120) & (after[..., 2] < 110)
    assert red.sum() > 40


def test_a_live_plant_is_shown_at_its_newest_moment(cards):
    history = told(plant_of(unit(A)), rows_of())
    content = cards(history)
    assert content.cards([0])[0].rows[0].value == "42 %"
    history.observed("sim", [Observation(f"{A}/load", 20_000_000_000, 77.0)])
    content.advance(0.03)
    assert content.cards([0])[0].rows[0].value == "77 %"
    content.key("space")
    history.observed("sim", [Observation(f"{A}/load", 40_000_000_000, 11.0)])
    content.advance(0.03)
    assert content.cards([0])[0].rows[0].value == "77 %"
    content.key("end")
    content.advance(0.03)
    assert content.cards([0])[0].rows[0].value == "11 %"


def test_a_marker_of_no_unit_has_no_card_and_hostile_text_does_no_harm(cards):
    odd = replace(unit(A), label="X" * 4000 + "\n\0\u202e", path="p/" * 3000)
    content = cards(told(plant_of(odd), []))
    assert content.cards([0, 1, 49]).keys() == {0}
    assert painted(content.cards([0])[0]).shape[1] == 840
    frame = seen(9, facing(10, 20), np.array([0.0, 0.0, 0.8]), np.random.default_rng(1))
    bare, with_cards = view_of(Still()), view_of(content)
    bare.show(0.0, frame)
    picture = with_cards.show(0.0, frame)
    at = eye_at(with_cards.standing[0].pose.rotation, with_cards.standing[0].pose.position_m)
    x, y = at.project([0.0, 0.25, 0.0]).astype(int)
    assert np.abs(picture[y, x].astype(int) - frame[y, x]).max() < 3  # nothing was laid there


@pytest.mark.parametrize("distance", [0.4, 1.0, 2.0, 2.8])
def test_a_card_is_read_from_near_and_far_and_keeps_within_the_picture(cards, distance):
    content = cards(told(plant_of(unit(A)), rows_of()))
    eye = eye_at(facing(15, 80), [0.0, 0.1 * distance, distance])
    card = painted(content.cards([0])[0])
    where = content.place(0, card, eye)
    assert where is not None
    em_px = 36 / 840 * where.width_m * pixels_per_metre(eye)[1]
    assert em_px > 13.9
    assert where.seen(eye) > 0.8


def test_a_card_that_would_leave_the_picture_goes_to_another_side_and_does_not_hop(cards):
    content = cards(told(plant_of(unit(A)), rows_of()), params=CardParams(width_m=0.3))
    card = painted(content.cards([0])[0])
    high = eye_at(facing(5, 0), [0.0, -0.28, 1.0])  # the marker at the picture's upper edge
    where = content.place(0, card, high)
    assert where.y_m <= 0.0
    assert where.seen(high) > 0.95
    sides = []
    for y in np.linspace(-0.28, -0.02, 40):
        place = content.place(0, card, eye_at(facing(5, 0), [0.0, y, 1.0]))
        sides.append((np.sign(place.x_m), np.sign(place.y_m)))
    assert sum(a != b for a, b in pairwise(sides)) <= 1


def test_a_large_plant_has_enough_codes():
    assert family_for(50) == "aruco-4x4-50"
    assert family_for(51) == "apriltag-36h11"


# ------------------------------------------------------------------------------------------------------------- a swing
@pytest.fixture(scope="module")
def on_floor():
    size = 0.24
    eye = standing_eye()
    rotation, position = pose_of(eye)
    content = SwingOnFloor(swing(), CAM.width_px, CAM.height_px)
    yield eye, seen(4, rotation, position, np.random.default_rng(4), size=size, noise=1.0), content, size
    content.close()


def changed(picture, frame):
    return np.abs(picture.astype(int) - frame.astype(int)).max(-1) > 30


def test_a_swing_stands_on_the_marker_as_the_true_camera_sees_it(on_floor):
    eye, frame, content, size = on_floor
    top = swing().events["top"].t_s
    content.playhead = content.playhead.pause().seek(top)
    view = view_of(content, size=size)
    for k in range(3):
        picture = view.show(k / 30, frame)
    scene = SwingScene(replace(swing(), camera=None), standing_options())
    scene.set_time(top)
    scene.set_video_frame(frame)
    with OffscreenStage(CAM.width_px, CAM.height_px) as stage:
        truth = stage.render(scene, eye)
    # Without the captions, and without the floor, which is shaded around the feet.
    part = slice(40, int(eye.project([0.0, 0.75, 0.2])[1]))
    joints = eye.project(swing().body.at(top))
    beside = slice(int(joints[:, 0].min()) - 8, int(joints[:, 0].max()) + 8)  # without the trail's thin line
    ours, theirs = changed(picture, frame)[part, beside], changed(truth, frame)[part, beside]
    assert theirs.sum() > 4000
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.9
    rows, columns = np.nonzero(ours), np.nonzero(theirs)
    for a, b in zip(rows, columns, strict=True):
        assert abs(a.min() - b.min()) <= 3  # the head, the hands and the club's ends are within three pixels
        assert abs(a.max() - b.max()) <= 3


def test_the_ball_lies_on_the_markers_middle_and_the_golfer_beyond_it(on_floor):
    eye, frame, content, size = on_floor
    content.playhead = content.playhead.pause().seek(swing().events["address"].t_s)
    view = view_of(content, size=size)
    picture = view.show(0.0, frame)
    standing = view.standing[0].camera(CAM)
    for point in ([0.0, 0.0, 0.02], [0.3, 0.5, 0.0], swing().club.head_m[0]):
        assert np.linalg.norm(standing.project(point) - eye.project(point)) < 3.0
    body = swing().body.at(content.playhead.t_s)
    chest = eye.project(body.mean(0)).astype(int)
    assert changed(picture, frame)[chest[1], chest[0]]


def test_where_nothing_stands_the_camera_is_shown_as_it_is(on_floor):
    _, frame, content, size = on_floor
    picture = view_of(content, size=size).show(0.0, frame)
    corner = (slice(60, 200), slice(780, 940))
    assert np.abs(picture[corner].astype(int) - frame[corner]).max() <= 3


def test_it_plays_in_a_loop_and_takes_keys(on_floor):
    content = on_floor[2]
    start, end = content.playhead.span_s
    content.playhead = content.playhead.seek(end - 0.01).play()
    content.advance(0.05)
    assert content.playhead.playing
    assert content.playhead.t_s < end - 0.5
    content.key("space")
    held = content.playhead.t_s
    content.advance(0.5)
    assert content.playhead.t_s == held
    content.key("arrow_right")
    assert content.playhead.t_s > held
    content.key("arrow_left")
    assert content.playhead.t_s == pytest.approx(held)
    content.key("arrow_down")
    assert content.playhead.speed == 0.5
    content.playhead = content.playhead.with_speed(1.0).seek(start)


def test_a_swing_goes_with_its_marker_and_a_recording_without_one_is_refused(on_floor):
    _, frame, content, size = on_floor
    view = view_of(content, size=size)
    view.show(0.0, frame)
    assert content.marker == 4
    later = view.show(1.0, EMPTY)
    assert content.marker is None
    assert not changed(later, EMPTY)[60:380].any()
    with pytest.raises(InputError, match="body or a club"):
        SwingOnFloor(replace(swing(), body=None, club=None), 320, 240)
