"""The pictures of annotating: `python -m twinswing.desk.annotate_pictures OUT SWING.mcap SHIFT.mcap` makes them again.

The recordings are copied first: what is drawn for a picture is no part of them.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

from twinswing.desk.annotate import Annotate
from twinswing.desk.annotate_surface import Pixel
from twinswing.desk.base import BaseDesk
from twinswing.desk.plant_window import PlantDesk
from twinswing.desk.settings import Settings
from twinswing.desk.tools import carry_tools
from twinswing.desk.window import Desk
from twinswing.plant.model import Priority
from twinswing.plant.recorded import RecordedHistory
from twinswing.review.voice import encode_voice

_FLIGHT_FRAMES = 70
_COACH = "Ana"


class _Hand:
    """Draws in a window as a mouse does."""

    def __init__(self, desk: BaseDesk) -> None:
        carry_tools(desk, author=_COACH)
        self.tool = next(addon for addon in desk.addons if isinstance(addon, Annotate))
        self.board, self.desk = self.tool.board, desk

    def draw(self, kind: str, *places: Pixel, colour: str = "#ffb000", text: str = "") -> None:
        """Click at places with a tool; of two the second is dragged to."""
        self.board.colour = colour
        self.board.take(kind)
        if len(places) == 2:
            self.tool.pressed(1, *places[0])
            self.tool.moved(*places[1])
            self.tool.released(1, *places[1])
        else:
            for place in places:
                self.tool.pressed(1, *place)
                self.tool.released(1, *place)
        if text and self.board.writing is not None:
            self.board.writing.text = text
            self.board.written()
        elif text:
            self.board.edit(self.board.selected, text=text)

    def note(self, kind: str, text: str) -> None:
        """Write at the playhead."""
        self.board.write(kind)
        assert self.board.writing is not None
        self.board.writing.text = text
        self.board.written()

    def joint(self, name: str, right_px: float = 0.0, down_px: float = 0.0) -> Pixel:
        """Return where a joint is seen."""
        found = self.tool._scene.joint_px(name, self.desk.t_ns)
        assert found is not None
        return found[0] + right_px, found[1] + down_px

    def pinned(self, *joints: str) -> None:
        """Draw an angle that follows joints."""
        self.board.hand.pin = True
        self.draw("angle", *(self.joint(name) for name in joints))
        self.board.hand.pin = False


def _babble(seconds: float, rate_hz: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return a hum in syllables, so that a waveform looks like one of speech."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    syllables = np.clip(np.sin(2 * np.pi * 2.1 * t) + 0.4 * np.sin(2 * np.pi * 0.7 * t), 0.05, None)
    return np.asarray(0.4 * syllables * np.sin(2 * np.pi * 140 * t))


def swing_pictures(out: Path, recording: Path) -> list[Path]:
    """Annotate a swing and save pictures of the tools, of what is drawn on the video, and of a voice."""
    desk = Desk(Settings(1280, 800), offscreen=True, folder=recording.parent)
    taken: list[Path] = []

    def save(name: str) -> None:
        desk.settle(40)
        taken.append(out / f"annotate-{name}.png")
        desk.save_picture(taken[-1])

    try:
        hand = _Hand(desk)
        desk.open_or_raise(recording)
        for action in ("view:face-on", "event:top", "annotate:tools"):
            desk.do(action)
        desk.settle(40)
        hand.pinned("left_hip", "left_shoulder", "left_wrist")
        angle = hand.board.selected
        hand.draw("circle", hand.joint("head"), hand.joint("head", 52), colour="#dc267f")
        at, to = hand.joint("pelvis", 210, -40), hand.joint("pelvis", 30, 0)
        hand.draw("arrow", at, to, colour="#2fd6c4", text="Keep the pelvis turning")
        hand.board.colour = "#ffb000"
        hand.note("text", "The arms stop: now start down with the hips.")
        hand.board.choose(angle)
        desk.do("annotate:list")
        save("swing")
        hand.board.leave()
        desk.do("event:impact")
        save("follows")
        for action in ("view:video", "event:mid_downswing"):
            desk.do(action)
        desk.settle(40)
        hand.draw("line", hand.joint("left_shoulder", 60, -120), hand.joint("left_ankle", 40, 40), colour="#fe6100")
        hand.draw("text", hand.joint("right_wrist", -4, 4), colour="#ffffff", text="Hands lead the club")
        save("video")
        desk.do("view:face-on")
        desk.do("event:finish")
        voice = encode_voice(_babble(4.2, 16_000), 16_000)
        hand.board.colour = "#a8e05f"
        hand.board.voice(voice.media, voice.data, desk.t_ns, [])
        hand.board.edit(hand.board.selected, text="Hold the finish until the ball lands")
        save("voice")
    finally:
        desk.shut()
    return taken


def plant_picture(out: Path, recording: Path) -> Path:
    """Annotate a machine in trouble and save a picture."""
    with RecordedHistory(recording) as history:
        desk = PlantDesk(history, Settings(1280, 800), offscreen=True, folder=recording.parent, name=recording.stem)
        try:
            hand = _Hand(desk)
            desk.settle(10, 60.0)
            alarms = desk.data.picture.occurrences
            trouble = next((o for o in alarms if o.priority is Priority.HIGH and o.value == o.value), alarms[0])
            desk.playback.seek(trouble.raised_ns / 1e9 + 60.0)
            desk.do(f"unit:{trouble.unit}")
            desk.do("annotate:tools")
            for _ in range(_FLIGHT_FRAMES):
                desk.step()
            left, top, width, height = desk.viewport.rect
            x, y = left + width / 2, top + height / 2
            hand.draw("arrow", (x + 190, y - 40), (x + 30, y + 10), text="Bearing: listen here before the next shift")
            arrow = hand.board.selected
            hand.draw("circle", (x + 95, y + 70), (x + 140, y + 70), colour="#2fd6c4")
            hand.draw("text", (x - 70, y + 40), colour="#ffffff", text="Chips under the door")
            hand.note("tag", "bearing")
            hand.board.choose(arrow)
            desk.do("annotate:list")
            desk.settle(10, 60.0)
            path = out / "annotate-plant.png"
            desk.save_picture(path)
        finally:
            desk.shut()
    return path


def take(out: Path, swing: Path, shift: Path) -> list[Path]:
    """Save all pictures."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(shutil.copy(path, folder)) for path in (swing, shift)]
        return [*swing_pictures(out, copies[0]), plant_picture(out, copies[1])]


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python -m twinswing.desk.annotate_pictures OUT SWING.mcap SHIFT.mcap")
    for picture in take(*(Path(name) for name in sys.argv[1:])):
        sys.stdout.write(f"{picture}\n")
