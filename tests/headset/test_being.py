"""Someone in a visit, by made-up heads and hands: seated, teleport by a pinch, drawing, two golfers, a live plant."""

import shutil
import threading
import time

import numpy as np
import pytest

from tests.headset.works import works
from twinswing.body.skeleton import JOINT
from twinswing.headset.being import Being, BeingSettings
from twinswing.headset.canvas import Canvas
from twinswing.headset.frames import FloatArray, pose_matrix, pose_toward, rigid_inverse, xyzw_from_rotation
from twinswing.headset.hands import INDEX_TIP, JOINTS, PALM, THUMB_TIP, WRIST, Hand, hand_from_joints
from twinswing.headset.plant_visit import PlantVisit
from twinswing.headset.pointing import Ray
from twinswing.headset.settings import Habits, load_habits, save_habits
from twinswing.headset.swing_visit import SwingVisit
from twinswing.plant.alarms import AlarmState
from twinswing.plant.store import LiveHistory
from twinswing.resources import bundled_recording
from twinswing.review.storage import load_document
from twinswing.stage.material import Quality
from twinswing.streams.observations import Observation
from twinswing.swing.session_io import load_session

LEVEL = (0.0, 0.0, 0.0, 1.0)
S = 1_000_000_000
QUICK = Quality(msaa=0, shadow_px=0, detailed_ground=False, light_figure=True)  # nothing is looked at here


def head_at(height_m: float = 1.7) -> FloatArray:
    return pose_matrix([0.0, height_m, 0.0], LEVEL)


def bare_hand(at: FloatArray, toward: FloatArray, *, pinched: bool) -> Hand:
    """Make a flat hand whose knuckle is at a place and that points along a direction, pinched or open."""
    way = toward / np.linalg.norm(toward)
    joints = np.tile(at + 0.08 * way, (JOINTS, 1))
    joints[WRIST], joints[PALM] = at - 0.09 * way, at - 0.04 * way
    joints[7], joints[11] = at, at
    joints[[15, 20, 25]] = at + 0.09 * way
    joints[INDEX_TIP] = at + 0.06 * way
    joints[THUMB_TIP] = joints[INDEX_TIP] + [0.0, 0.0 if pinched else 0.06, 0.0]
    return hand_from_joints(joints)


class Worn:
    """A being that is moved by hand; poses are in the play space."""

    def __init__(self, visit: SwingVisit | PlantVisit, **settings: object) -> None:
        self.being = Being(visit, BeingSettings(**settings))
        self.head, self.hands = head_at(), [Hand(), Hand()]
        self.frames()

    def frames(self, count: int = 1, dt_s: float = 0.02) -> None:
        for _ in range(count):
            self.being.frame(self.head, (self.hands[0], self.hands[1]), dt_s)

    def to_play(self, point_m: FloatArray) -> FloatArray:
        return (rigid_inverse(self.being.rig.world_from_play) @ np.append(point_m, 1.0))[:3]

    def right(self, pose: FloatArray, **what: object) -> None:
        self.hands[1] = Hand(aim=pose, grip=pose, **what)
        self.frames()

    def click(self, name: str, button: str) -> None:
        card = next(card for card in self.being.visit.cards if card.name == name)
        x0, y0, x1, y1 = card.canvas.buttons[button]
        across, down = (x0 + x1) / 2 / card.canvas.width, (y0 + y1) / 2 / card.canvas.height
        local = np.array([(across - 0.5) * card.width_m, (0.5 - down) * card.height_m, 0.0, 1.0])
        start = np.array([0.2, 1.5, 0.1])
        way = pose_toward(start, self.to_play((card.pose @ local)[:3]) - start)
        for trigger in (0.0, 1.0, 0.0):
            self.right(way, trigger=trigger)


@pytest.fixture
def worn(swing) -> Worn:
    made = Worn(SwingVisit(swing, QUICK))
    made.being.visit.head = made.being.visit.head.seek(swing.events["impact"].t_s)
    made.frames(6)
    return made


# -- seated ------------------------------------------------------------------------------------------------------


def test_who_sits_sees_as_who_stands_and_may_stand_up(swing):
    worn = Worn(SwingVisit(swing, QUICK), seated=True)
    worn.head = head_at(1.1)
    worn.being.placed = False
    worn.frames(3)
    assert worn.being.head[2, 3] == pytest.approx(1.6)
    before = worn.being.head[:2, 3].copy()
    worn.click("time", "seated")
    worn.frames(1)
    assert worn.being.head[2, 3] == pytest.approx(1.1)
    assert worn.being.head[:2, 3] == pytest.approx(before)
    worn.frames(4)  # the card is painted and hung anew
    worn.click("time", "seated")
    worn.frames(1)
    assert worn.being.head[2, 3] == pytest.approx(1.6)
    assert worn.being.settings.seated


def test_who_sits_keeps_their_height_when_they_teleport(swing):
    worn = Worn(SwingVisit(swing, QUICK), seated=True)
    worn.head = head_at(1.1)
    worn.being.placed = False
    worn.frames(2)
    hand = pose_matrix([0.2, 1.0, -0.3], LEVEL)
    worn.hands[1] = Hand(aim=hand, grip=hand, stick=(0.0, 1.0))
    worn.frames(2)
    place = worn.being.hands[1].landing.place_m
    worn.hands[1] = Hand(aim=hand, grip=hand)
    worn.frames(1)
    assert worn.being.head[:3, 3] == pytest.approx([place[0], place[1], 1.6])


def test_sitting_down_in_the_table_model_is_kept_at_life_size(swing):
    worn = Worn(SwingVisit(swing, QUICK))
    worn.head = head_at(1.1)
    worn.being.toggle_model()
    worn.being.visit.seated = True
    worn.frames(2)
    worn.being.toggle_model()
    assert worn.being.head[2, 3] == pytest.approx(1.6)


def test_whether_one_sits_is_remembered_and_a_damaged_file_is_no_error(tmp_path, capsys):
    path = tmp_path / "headset.json"
    assert load_habits(path) == Habits()
    save_habits(Habits(seated=True), path)
    assert load_habits(path) == Habits(seated=True)
    for damaged in (b"", b"[1]", b'{"seated": "yes"}', b"\xff\xfe", b"{" * 5000):
        path.write_bytes(damaged)
        assert load_habits(path) == Habits()
    save_habits(Habits(), tmp_path / "none" / "headset.json")
    assert "could not be written" in capsys.readouterr().err


# -- bare hands --------------------------------------------------------------------------------------------------


def test_a_pinch_that_points_at_the_ground_teleports_there(worn):
    at, down = np.array([0.25, 1.3, -0.2]), np.array([0.8, -0.3, -1.0])
    worn.hands[1] = bare_hand(at, down, pinched=False)
    worn.frames(2)
    assert worn.being.hands[1].over is None
    worn.hands[1] = bare_hand(at, down, pinched=True)
    worn.frames(20)
    landing = worn.being.hands[1].landing
    assert landing is not None
    assert worn.being._slow() == 1.0  # it is no slow motion
    worn.hands[1] = bare_hand(at, down, pinched=False)
    worn.frames(1)
    assert worn.being.head[:2, 3] == pytest.approx(landing.place_m[:2], abs=0.02)
    assert worn.being.head[2, 3] == pytest.approx(1.7)
    assert worn.being.hands[1].landing is None


@pytest.mark.parametrize("why", ["short", "raised", "lost", "above"])
def test_a_pinch_goes_nowhere_that_was_short_or_raised_or_lost(worn, why):
    at, down, up = np.array([0.25, 1.3, -0.2]), np.array([0.8, -0.3, -1.0]), np.array([-0.1, 0.7, -1.0])
    before = worn.being.rig
    first = up if why == "above" else down
    worn.hands[1] = bare_hand(at, first, pinched=False)
    worn.frames(2)
    worn.hands[1] = bare_hand(at, first, pinched=True)
    worn.frames(3 if why == "short" else 20)
    if why == "above":
        assert worn.being._slow() < 0.1  # there it is slow motion
    if why == "raised":
        worn.hands[1] = bare_hand(at, up, pinched=True)
        worn.frames(2)
    worn.hands[1] = Hand() if why == "lost" else bare_hand(at, up if why == "raised" else first, pinched=False)
    worn.frames(2)
    assert worn.being.rig == before


# -- the pen -----------------------------------------------------------------------------------------------------


def test_a_controller_draws_with_its_trigger_and_time_stands(worn):
    visit = worn.being.visit
    worn.click("time", "draw")
    assert visit.notes.on
    t_s = visit.head.t_s
    way = [np.array([x, 1.6, -0.5]) for x in np.linspace(-0.1, 0.4, 12)]
    for point in way:
        worn.right(pose_matrix(point, LEVEL), trigger=1.0)
    worn.right(pose_matrix(way[-1], LEVEL))
    (drawn,) = visit.notes.visible(t_s)
    tips = np.array([worn.to_play(np.array(p)) for p in drawn.points])
    assert tips[0] == pytest.approx(way[0] + [0.0, 0.0, -0.06], abs=1e-6)
    assert tips[-1] == pytest.approx(way[-1] + [0.0, 0.0, -0.06], abs=1e-6)
    assert visit.head.t_s == t_s
    worn.frames(4)
    worn.click("notes", "undo")
    assert visit.notes.visible(t_s) == ()


def test_a_pinch_draws_between_the_fingers(worn):
    worn.being.toggle_pen()
    notes, ahead = worn.being.visit.notes, np.array([0.0, 0.2, -1.0])
    way = [np.array([x, 1.6, -0.4]) for x in np.linspace(0.0, 0.3, 9)]
    worn.hands[1] = bare_hand(way[0], ahead, pinched=False)
    worn.frames(1)
    for point in way:
        worn.hands[1] = bare_hand(point, ahead, pinched=True)
        worn.frames(1)
    worn.hands[1] = bare_hand(way[-1], ahead, pinched=False)
    worn.frames(1)
    (drawn,) = notes.visible(worn.being.visit.head.t_s)
    fingers = worn.hands[1].reach_m
    assert worn.to_play(np.array(drawn.points[-1])) == pytest.approx(fingers, abs=0.01)


def test_the_pens_card_hangs_on_the_other_hand_and_goes_with_the_pen(worn):
    left = pose_matrix([-0.3, 1.2, -0.4], LEVEL)
    worn.hands[0] = Hand(aim=left, grip=left)
    worn.frames(2)
    card = next(card for card in worn.being.visit.cards if card.name == "notes")
    assert card.pose is None
    worn.click("time", "draw")
    worn.frames(2)
    assert card.pin.to == "left"
    away = np.linalg.norm(worn.to_play(card.pose[:3, 3]) - left[:3, 3])
    assert 0.1 < away < 0.35
    eye = worn.being.head[:3, 3] - card.pose[:3, 3]
    assert eye @ card.pose[:3, 2] > 0  # its face is turned to the eyes
    worn.click("time", "draw")
    worn.frames(1)
    assert card.pose is None


def test_a_press_on_a_card_draws_nothing(worn):
    worn.being.toggle_pen()
    worn.frames(3)
    worn.click("time", "play")
    assert worn.being.visit.head.playing
    assert len(worn.being.visit.notes.document) == 0


def test_a_fist_carries_a_drawing(worn):
    worn.being.toggle_pen()
    visit = worn.being.visit
    for x in (0.0, 0.1, 0.2, 0.3):
        worn.right(pose_matrix([x, 1.6, -0.5], LEVEL), trigger=1.0)
    worn.right(pose_matrix([0.3, 1.6, -0.5], LEVEL))
    at, raised = np.array([0.15, 1.6, -0.56]), np.array([0.15, 1.9, -0.56])
    worn.right(pose_matrix(at, LEVEL))
    worn.right(pose_matrix(at, LEVEL), squeeze=1.0)
    assert worn.being.hands[1].holds.startswith("note:")
    worn.right(pose_matrix(raised, LEVEL), squeeze=1.0)
    worn.right(pose_matrix(raised, LEVEL))
    (drawn,) = visit.notes.visible(visit.head.t_s)
    assert worn.to_play(np.array(drawn.points[0]))[1] == pytest.approx(1.9)


def test_what_was_drawn_elsewhere_is_seen_at_its_time(swing, tmp_path):
    path = tmp_path / "swing.mcap"
    shutil.copy(bundled_recording("driver-face-on.mcap"), path)
    first = SwingVisit(load_session(path), QUICK)
    first.notes.press("tool line")
    joints = swing.body.at(2.0)
    for name, down in (("left_shoulder", True), ("left_hip", True), ("left_hip", False)):
        first.notes.hand(1, joints[JOINT[name]], None, down, 2.0)
    first.close()
    assert len(load_document(path)) == 1
    worn = Worn(SwingVisit(load_session(path), QUICK))
    drawn = worn.being.visit.marks.node.find("**/drawings")
    for t_s, seen in ((1.0, False), (2.5, True), (9.0, False)):
        worn.being.visit.head = worn.being.visit.head.seek(t_s)
        worn.frames(1)
        assert drawn.is_hidden() is not (seen and t_s < worn.being.visit.head.span_s[1])


# -- two golfers -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair(swing) -> SwingVisit:
    return SwingVisit(swing, QUICK, other=load_session(bundled_recording("iron-down-the-line.mcap")))


def test_two_golfers_stand_beside_each_other_at_the_same_moment_of_their_swings(swing, pair):
    other = load_session(bundled_recording("iron-down-the-line.mcap"))
    away = float(pair.pair.offset_m[0])
    assert 2.0 < away <= 4.0
    for name in ("address", "top", "impact"):
        pair.head = pair.head.seek(swing.events[name].t_s)
        pair.update(0.0, 1.0, {})
        assert pair.scene.t_s == pytest.approx(swing.events[name].t_s)
        assert pair.pair.other.t_s == pytest.approx(other.events[name].t_s)
    # No club reaches the other golfer.
    club_a, club_b = swing.club.head_m[:, 0].max(), (other.club.head_m[:, 0] + away).min()
    bodies = swing.body.joints_m[..., 0].max(), (other.body.joints_m[..., 0] + away).min()
    assert club_a < bodies[1]
    assert club_b > bodies[0]
    # Both are seen from where one stands, and nothing of one's cards is before them.
    worn = Worn(pair)
    worn.frames(4)
    head = worn.being.head
    for x in (0.0, away):
        local = rigid_inverse(head) @ [x, 0.6, 1.2, 1.0]
        assert abs(np.arctan2(local[0], -local[2])) < np.radians(37.5)
        ray = np.array([x, 0.6, 1.2]) - head[:3, 3]
        assert all(card.meet(Ray(head[:3, 3], ray / np.linalg.norm(ray))) is None for card in pair.cards)


def test_each_golfer_has_a_sign_with_letter_name_and_speed_that_is_turned_to_who_reads_it(pair, monkeypatch):
    written: list[str] = []
    real = Canvas.text
    monkeypatch.setattr(
        Canvas, "text", lambda self, text, *a, **k: (written.append(text), real(self, text, *a, **k))[1]
    )
    worn = Worn(pair)
    for sign in pair.signs:
        sign._painted = None
        sign.paint()
    assert {"A", "B", "driver-face-on", "iron-down-the-line"} <= set(written)
    assert sum("mph" in text for text in written) == 2
    for sign in pair.signs:
        eye = worn.being.head[:2, 3] - sign.pose[:2, 3]
        facing = sign.pose[:2, 2] / np.linalg.norm(sign.pose[:2, 2])
        assert eye @ facing == pytest.approx(np.linalg.norm(eye), rel=1e-6)
    assert [card.name for card in pair.cards].count("measures") == 0


# -- a live plant ------------------------------------------------------------------------------------------------


@pytest.fixture
def live() -> LiveHistory:
    return LiveHistory(works(), 0)


def until(worn: Worn, condition: object, what: str) -> None:
    """Draw frames, in real time for the thread beside, until something is so."""
    end = time.monotonic() + 10.0
    while time.monotonic() < end:
        worn.frames(1)
        if condition():  # type: ignore[operator]
            return
        threading.Event().wait(0.002)
    pytest.fail(f"{what} did not come true")


def test_a_live_plant_is_followed_its_alarms_call_and_fall_silent_when_they_are_acknowledged(live):
    visit = PlantVisit(live, act=live.act, author="Ann")
    worn = Worn(visit)
    try:
        assert visit.head.pinned
        live.observed("m", [Observation("execution", 0, "ACTIVE"), Observation("heat", 0, 50.0)])
        until(worn, lambda: not np.isnan(visit.snapshot.number[1]), "what was said being known")
        assert visit.calls() == ()
        live.observed("m", [Observation("heat", 10 * S, 95.0)])
        until(worn, lambda: bool(visit.calls()), "the alarm")
        assert visit.head.t_s == pytest.approx(10.0)
        (call,) = visit.calls()
        assert (call.sound, call.place_m[:2]) == ("alarm_high", (6.0, 6.0))
        worn.frames(5)
        key = visit.alarms[0].occurrence.key
        worn.click("alarms", f"seen {key}")
        until(worn, lambda: visit.calls() == (), "silence")
        assert visit.alarms[0].state is AlarmState.ACKNOWLEDGED
        assert live.actions()[0].author == "Ann"
        assert visit.scene.view.priorities[0] == 3  # it stands as before
        live.observed("m", [Observation("heat", 20 * S, 50.0)])
        until(worn, lambda: visit.alarms == (), "the alarm's going")
    finally:
        visit.close()


def test_one_goes_back_in_a_live_plant_and_to_the_newest_again(live):
    visit = PlantVisit(live, act=live.act)
    worn = Worn(visit)
    try:
        live.observed("m", [Observation("heat", t * S, float(t)) for t in range(11)])
        until(worn, lambda: visit.head.t_s == 10.0, "the newest")
        visit.head = visit.head.seek(4.0)
        worn.frames(12)
        assert visit.snapshot.number[1] == 4.0
        live.observed("m", [Observation("heat", 12 * S, 12.0)])
        worn.frames(12)
        assert visit.head.t_s < 5.0
        assert visit.head.span_s[1] == 12.0
        worn.click("time", "live")
        until(worn, lambda: visit.snapshot.number[1] == 12.0, "the newest again")
    finally:
        visit.close()


def test_a_plant_that_says_nothing_yet_can_be_stood_in(live):
    visit = PlantVisit(live, act=live.act)
    worn = Worn(visit)
    worn.frames(30)
    assert visit.head.t_s == 0.0
    assert visit.notes is None  # what is drawn could not be kept
    visit.close()


def test_a_sound_is_switched_off_on_the_card(live):
    visit = PlantVisit(live, act=live.act)
    worn = Worn(visit)
    try:
        live.observed("m", [Observation("execution", 0, "ACTIVE"), Observation("heat", S, 95.0)])
        until(worn, lambda: bool(visit.calls()), "the alarm")
        worn.frames(4)
        worn.click("time", "sound")
        assert visit.calls() == ()
    finally:
        visit.close()


# -- quaternions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_a_rotation_comes_back_from_its_quaternion(seed):
    rng = np.random.default_rng(seed)
    quaternion = rng.normal(size=4)
    if seed < 8:
        quaternion[seed % 4 : seed % 4 + 2] *= 1e-9  # turns by nearly pi, and by nearly nothing
    rotation = pose_matrix([0, 0, 0], quaternion)[:3, :3]
    back = np.array(xyzw_from_rotation(rotation))
    assert back[3] >= 0
    assert np.linalg.norm(back) == pytest.approx(1.0)
    assert pose_matrix([0, 0, 0], back)[:3, :3] == pytest.approx(rotation, abs=1e-9)
