"""A real window of the application on a display of its own, driven as a person would: keys, mouse, looking."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.desk.settings import Settings, save_settings
from twinswing.recording.video import VideoEncoder
from twinswing.recording.writer import RecordingWriter
from twinswing.swing.model import Event, GolferInfo, Measure, SwingSession, VideoInfo
from twinswing.swing.session_io import write_session
from twinswing.truth.build import make_swing

SIZE = (960, 640)

Picture = NDArray[np.uint8]
Wait = Callable[..., None]


def write_recording(path: Path) -> Path:
    """Write a truth swing with a video that shows the frame's number as a grey level."""
    swing = make_swing()
    events = {name: Event(round(t * 30), t, 1.0) for name, t in swing.events_s.items()}
    frames = int(swing.duration_s * 30)
    session = SwingSession(
        body=swing.body,
        club=swing.club,
        events=events,
        golfer=GolferInfo(frames, "right", "face-on", 1.8),
        video=VideoInfo("clip.mp4", frames, frames / 30, 30.0, False, 160, 120),
        measures={"tempo_ratio": Measure(3.0, "1", 0.1, "truth")},
    )
    encoder = VideoEncoder()
    with RecordingWriter(path) as writer:
        for number in range(frames):
            grey = np.full((120, 160, 3), 40 + 2 * number, np.uint8)
            for picture in encoder.encode(grey, round(number / 30 * 1e9)):
                writer.write_video(picture.t_ns, picture.data)
        for picture in encoder.flush():
            writer.write_video(picture.t_ns, picture.data)
        write_session(writer, session)
    return path


class RealWindow:
    """`twinswing open`, or another command that opens a window, under an X server."""

    def __init__(
        self,
        recording: Path,
        display: str,
        home: Path,
        wait: Wait,
        *more: str,
        command: str = "open",
        settings: str = "desk.json",
        others: tuple[str, ...] = (),
    ) -> None:
        self._wait = wait
        self._folder = recording.parent
        file = home / "twinswing" / settings
        if not file.exists():
            # Small, because the software renderer's time goes with the area.
            save_settings(file, Settings(*SIZE))
        self.environment = dict(os.environ, DISPLAY=display, XDG_CONFIG_HOME=str(home), HOME=str(home))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "twinswing.cli.main", command, str(recording), *others, "--seconds", "600", *more],
            env=self.environment,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.id = ""
        wait(self._found, 60.0, "the window")
        self.xdotool("windowfocus", "--sync", self.id)

    def _found(self) -> bool:
        assert self.process.poll() is None, self.process.stdout.read() if self.process.stdout else ""
        found = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--all", "--pid", str(self.process.pid), "--name", "Twinswing"],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()
        self.id = found[-1] if found else ""
        return bool(found)

    def xdotool(self, *words: str) -> str:
        """Do something with the X server's own input, as a keyboard and mouse would."""
        done = subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout

    @contextmanager
    def pressed(self, x: int, y: int) -> Iterator[None]:
        """Move the mouse to a point of the window, hold the left button while the caller goes on, let go."""
        self.xdotool("mousemove", "--window", self.id, str(x), str(y))
        self.picture()  # a hand arrives before it presses
        self.xdotool("mousedown", "1")
        try:
            self.picture()
            yield
        finally:
            self.xdotool("mouseup", "1")

    def key(self, *names: str) -> None:
        """Press keys one after the other."""
        for name in names:
            self.xdotool("key", name)

    def picture(self) -> tuple[Picture, float]:
        """Press F12; return what the window shows and the playhead's time that is in the file's name."""
        before = set(self._folder.glob("*.png"))
        self.key("F12")
        new: set[Path] = set()

        def saved() -> bool:
            new.update(set(self._folder.glob("*.png")) - before)
            return any(cv2.imread(str(path)) is not None for path in new)

        self._wait(saved, 30.0, "the saved picture")
        path = new.pop()
        image = cv2.imread(str(path))
        assert image is not None
        t_s = float(path.stem.rsplit("-", 1)[1].removesuffix("s"))
        path.unlink()
        return np.asarray(image[..., ::-1], dtype=np.uint8), t_s

    def close(self) -> str:
        """Close the window as a window manager would; return what the process printed."""
        if self.process.poll() is None:
            self.process.terminate()
        out, _ = self.process.communicate(timeout=20)
        return out or ""
