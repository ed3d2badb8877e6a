"""A coach at work in a real window: a pinned angle, a note, a voice, undo; then the recording holds it all."""

import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.plant import MILL_2, recorded_shop
from tests.desk.window import Picture, RealWindow, write_recording
from twinswing.body.skeleton import JOINT
from twinswing.desk.settings import Settings, save_settings
from twinswing.errors import InputError
from twinswing.review.measure import read_out
from twinswing.review.model import Annotation, InWorld, OnMachine
from twinswing.review.storage import load_document, load_voice
from twinswing.review.voice import decode_voice
from twinswing.stage.cameras import named_camera
from twinswing.swing.session_io import load_session

pytestmark = pytest.mark.window

ARM = ("left_hip", "left_shoulder", "left_wrist")
AMBER = (255, 176, 0)
TOOLBAR_PX = 46
NOTE = "Shoulders first"


def write_tone(path: Path, seconds: float = 1.2) -> Path:
    """Write a tone that swells and fades, as a WAV file of 16 kHz."""
    t = np.arange(round(seconds * 16_000)) / 16_000
    sound = np.sin(2 * np.pi * 220 * t) * np.sin(np.pi * t / seconds) * 0.6
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def kept(recording: Path) -> list[Annotation]:
    """Return what the recording holds now; nothing while it is just being written to."""
    try:
        return list(load_document(recording).all())
    except InputError:
        return []


def near(picture: Picture, rgb: tuple[int, int, int], at: tuple[float, float], reach: int = 5) -> bool:
    """Tell whether a colour is seen within some pixels of a place."""
    x, y = round(at[0]), round(at[1])
    part = picture[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1].astype(int)
    return bool((np.abs(part - rgb).max(-1) < 40).any())


def click(window: RealWindow, at: tuple[float, float]) -> None:
    """Click at a point of the window, as a hand does."""
    with window.pressed(round(at[0]), round(at[1])):
        pass
    window.picture()


class Coach:
    """The window and what a coach knows of it: where joints are seen, face-on."""

    def __init__(self, window: RealWindow, recording: Path) -> None:
        self.window, self.recording = window, recording
        self.session = load_session(recording)
        window.key("f", "4")
        picture = self.settled()
        self.across = int(np.flatnonzero(picture[120].astype(int).sum(1) < 200)[0])
        down = int(np.flatnonzero(picture[TOOLBAR_PX:, self.across - 12].astype(int).sum(1) < 200)[0])
        self.camera = named_camera("face-on", self.session, self.across, down)

    def settled(self) -> Picture:
        """Look until two pictures in a row are the same."""
        last = self.window.picture()[0]
        for _ in range(40):
            fresh = self.window.picture()[0]
            if float(np.abs(fresh.astype(int) - last).mean()) < 0.05:
                return fresh
            last = fresh
        pytest.fail("the picture did not come to rest")

    def joint_px(self, joint: str, event: str) -> tuple[float, float]:
        body = self.session.body
        assert body is not None
        pixel = self.camera.project(body.at(self.session.events[event].t_s)[JOINT[joint]])
        return float(pixel[0]), float(pixel[1]) + TOOLBAR_PX


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def opened(display: str, home: Path) -> Iterator[Callable[[Path], RealWindow]]:
    windows: list[RealWindow] = []

    def show(recording: Path) -> RealWindow:
        windows.append(RealWindow(recording, display, home, wait_until))
        return windows[-1]

    yield show
    for window in windows:
        window.close()


def test_a_coach_marks_a_swing_and_the_recording_holds_it(tmp_path: Path, opened: Callable[[Path], RealWindow]) -> None:
    (tmp_path / "swing").mkdir()
    recording = write_recording(tmp_path / "swing" / "swing.mcap")
    window = opened(recording)
    coach = Coach(window, recording)

    # An angle of the lead arm at the top, caught by its joints.
    window.key("e", "x", "g")
    for joint in ARM:
        click(window, coach.joint_px(joint, "top"))
    wait_until(lambda: [a.pins for a in kept(recording)] == [ARM], 30, "the pinned angle in the recording")
    top = coach.settled()
    assert near(top, AMBER, coach.joint_px("left_wrist", "top"))

    # It follows the body: at impact it is where the arm is then, and says what it is then.
    window.key("Escape", "u")  # nothing chosen, so that no card lies over it; the list shows what is measured
    listed_top = coach.settled()
    window.key("6")
    impact = coach.settled()
    wrist = coach.joint_px("left_wrist", "impact")
    assert np.hypot(*np.subtract(wrist, coach.joint_px("left_wrist", "top"))) > 40
    assert near(impact, AMBER, wrist)
    assert not near(listed_top, AMBER, wrist, reach=3)
    angle = kept(recording)[0]
    body = coach.session.body
    events = coach.session.events
    told = [read_out(angle, round(events[name].t_s * 1e9), body) for name in ("top", "impact")]
    assert told[0] is not None
    assert told[1] is not None
    assert abs(told[0].value - told[1].value) > np.radians(3)
    listing = np.s_[300:520, coach.across + 12 :]
    assert np.abs(impact[listing].astype(int) - listed_top[listing]).max() > 60
    window.key("4")
    assert np.abs(coach.settled()[listing].astype(int) - listed_top[listing]).mean() < 1.0

    # A note in less than three seconds, without the mouse, and the playhead stays where it was.
    _, before_s = window.picture()
    durations = []
    for number in range(3):
        begun = time.monotonic()
        window.key("q")
        window.xdotool("type", "--delay", "1", NOTE)
        window.key("Return")
        _, after_s = window.picture()  # drawn by the frame after it was kept
        durations.append(time.monotonic() - begun)
        assert after_s == before_s
        wait_until(
            lambda n=number: [a.text for a in kept(recording) if a.kind == "text"] == [NOTE] * (n + 1),
            30,
            "the note in the recording",
        )
        if durations[-1] < 3.0:
            break
    assert min(durations) < 3.0

    # A voice from a file, then all of it taken back and done again.
    sound = write_tone(tmp_path / "voice.wav")
    window.key("shift+v")
    coach.settled()
    window.xdotool("type", "--delay", "1", str(sound))
    window.key("Return")
    wait_until(lambda: "voice" in {a.kind for a in kept(recording)}, 30, "the voice note in the recording")
    window.key("Escape", "ctrl+z")
    wait_until(lambda: "voice" not in {a.kind for a in kept(recording)}, 30, "the voice note taken back")
    window.key("ctrl+shift+z")
    wait_until(lambda: "voice" in {a.kind for a in kept(recording)}, 30, "the voice note again")
    window.key("ctrl+z", "ctrl+z")
    wait_until(lambda: len(kept(recording)) == len(durations), 30, "two steps taken back")
    window.key("ctrl+y", "ctrl+y")
    wait_until(lambda: {a.kind for a in kept(recording)} == {"angle", "text", "voice"}, 30, "both steps again")
    window.close()

    found = {a.kind: a for a in kept(recording)}
    assert set(found) == {"angle", "text", "voice"}
    media = found["voice"].media
    assert media is not None
    assert media.duration_s == pytest.approx(1.2, abs=0.01)
    data = load_voice(recording, media.sha256)
    assert data is not None
    played, rate_hz = decode_voice(data)
    assert len(played) / rate_hz == pytest.approx(1.2, abs=0.05)
    # Only added: what was captured is still all there.
    again = load_session(recording)
    assert again.body is not None
    assert body is not None
    np.testing.assert_array_equal(again.body.joints_m, body.joints_m)


def test_a_handle_is_dragged_and_the_drawing_deleted(tmp_path: Path, opened: Callable[[Path], RealWindow]) -> None:
    (tmp_path / "swing").mkdir()
    recording = write_recording(tmp_path / "swing" / "swing.mcap")
    window = opened(recording)
    coach = Coach(window, recording)
    start, end = (200.0, 200.0), (320.0, 240.0)
    window.key("e", "l")
    with window.pressed(*map(round, start)):
        window.xdotool("mousemove", "--window", window.id, *(str(round(v)) for v in end))
        window.picture()
    wait_until(lambda: [a.kind for a in kept(recording)] == ["line"], 30, "the line in the recording")
    drawn = kept(recording)[0]
    pixels = coach.camera.project(np.asarray(drawn.points)) + np.array([0, TOOLBAR_PX])
    np.testing.assert_allclose(pixels, [start, end], atol=1.5)
    with window.pressed(*map(round, end)):
        window.xdotool("mousemove", "--window", window.id, "320", "320")
        window.picture()
    wait_until(lambda: any(a != drawn for a in kept(recording)), 30, "the line that was moved")
    (moved,) = kept(recording)
    pixels = coach.camera.project(np.asarray(moved.points)) + np.array([0, TOOLBAR_PX])
    np.testing.assert_allclose(pixels, [start, (320, 320)], atol=1.5)
    assert isinstance(moved.anchor, InWorld)
    window.key("Delete")
    wait_until(lambda: kept(recording) == [], 30, "the line deleted")
    window.key("ctrl+z")
    wait_until(lambda: kept(recording) == [moved], 30, "the line back")


def test_a_note_on_a_machine_is_in_the_plants_recording(
    tmp_path: Path, home: Path, opened: Callable[[Path], RealWindow]
) -> None:
    size = (1000, 700)
    save_settings(home / "twinswing" / "plant-desk.json", Settings(*size))
    (tmp_path / "plant").mkdir()
    recording = recorded_shop(tmp_path / "plant" / "shop.mcap")
    window = opened(recording)
    window.key("o", "Home")
    before = window.picture()[0]
    for _ in range(60):
        fresh = window.picture()[0]
        if float(np.abs(fresh.astype(int) - before).mean()) < 0.05:
            break
        before = fresh
    height, width = size[1] - 132 - 188 - 70, size[0] - 396 - 20
    window.key("e", "n")
    window.picture()
    # The middle mill's front, as in the other tests of this window.
    click(window, (10 + width // 2, 60 + height // 2 - 24))
    window.xdotool("type", "--delay", "1", "Listen to the spindle")
    window.key("Return")
    wait_until(lambda: len(kept(recording)) == 1, 30, "the note in the recording")
    window.key("Escape", "Escape", "Escape", "q")
    window.xdotool("type", "--delay", "1", "Ask the next shift")
    window.key("Return")
    wait_until(lambda: len(kept(recording)) == 2, 30, "the second note in the recording")
    window.close()
    notes = {a.text: a for a in kept(recording)}
    assert set(notes) == {"Listen to the spindle", "Ask the next shift"}
    anchor = notes["Listen to the spindle"].anchor
    assert anchor == OnMachine(MILL_2)
    point = notes["Listen to the spindle"].points[0]
    assert abs(point[0]) <= 1.6  # on the machine's box, in its own frame: 3.0 by 2.4 by 2.2 m
    assert abs(point[1]) <= 1.3
    assert 0.0 <= point[2] <= 2.3
