"""From a camera to composed pictures: in a window, or in a file where there is no display or none is wanted."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.calibration import Calibration
from twinswing.body.markers import MarkerFinder
from twinswing.body.video import VideoReader
from twinswing.errors import InputError
from twinswing.headset.ar_lens import Lens
from twinswing.headset.ar_view import ArView, Content
from twinswing.headset.ar_window import PictureWindow
from twinswing.stage.snapshot import save_png
from twinswing.streams.cameras import CameraThread, shown_name

RgbImage = NDArray[np.uint8]

_FIRST_FRAME_S = 10.0  # a camera that gives none within this gives none at all
_LONGEST_STEP_S = 0.2  # a frame that took longer must not make the playhead jump
_PICTURE_S = 2.0  # of a camera that is looked at for one picture: exposure settles, and a track steadies
_WINDOW_PX = (1280, 720)
_TIME_BASE = Fraction(1, 90_000)


class Playing(Content, Protocol):
    """Content that plays."""

    def advance(self, dt_s: float) -> None:
        """Let real time go by."""

    def key(self, name: str) -> None:
        """Take a key of the window."""

    def close(self) -> None:
        """Give back what it holds."""


# Makes content for pictures of a width and height, beside a window's output if there is one.
MakeContent = Callable[[int, int, p3d.GraphicsOutput | None], Playing]


@dataclass(frozen=True)
class ArSettings:
    """What to look through, and for what. seconds: stop after so many of the camera's time; None: at its end."""

    camera: str
    size_m: float
    family: str
    calibration: Calibration | None = None
    seconds: float | None = None


def is_file(source: str) -> bool:
    """Tell whether a camera's name is that of a file."""
    return not source.isdecimal() and "://" not in source


def frames(source: str, seconds: float | None = None) -> Iterator[tuple[float, RgbImage]]:
    """Give a camera's frames with their times (seconds from the first); of a file every one, as fast as it is taken.

    Raises InputError or MissingPartError where the camera or file cannot be read.
    """
    if is_file(source):
        if not Path(source).is_file():
            raise InputError(f"a camera is a number, a URL or a file, and no file {source} was found")
        with VideoReader(source) as reader:
            for decoded in reader:
                if seconds is not None and decoded.t_s > seconds:
                    return
                yield decoded.t_s, decoded.rgb
        return
    with CameraThread(source) as camera:
        queue = camera.subscribe(2)
        first_ns: int | None = None
        while True:
            frame = queue.get(_FIRST_FRAME_S)
            if frame is None:
                if first_ns is None or queue.ended:
                    status = camera.status()
                    raise InputError(status.trouble or f"expected pictures of camera {shown_name(source)}, found none")
                continue
            first_ns = frame.t_ns if first_ns is None else first_ns
            t_s = (frame.t_ns - first_ns) / 1e9
            if seconds is not None and t_s > seconds:
                return
            yield t_s, cv2.cvtColor(frame.image_bgr, cv2.COLOR_BGR2RGB)


def begin(settings: ArSettings, rgb: RgbImage, make: MakeContent, beside: p3d.GraphicsOutput | None = None) -> ArView:
    """Make the view for a camera whose first frame this is; raises InputError for a calibration of another shape."""
    height, width = rgb.shape[:2]
    lens = Lens.of(settings.calibration, width, height)
    return ArView(lens, MarkerFinder(settings.size_m, settings.family), make(width, height, beside))


def composed(settings: ArSettings, make: MakeContent) -> Generator[tuple[float, RgbImage, bool], None, None]:
    """Give composed pictures with their times, and whether a marker was in them, for as long as the camera gives."""
    view: ArView | None = None
    last_s = 0.0
    content: Playing | None = None
    try:
        for t_s, rgb in frames(settings.camera, settings.seconds):
            if view is None:
                view = begin(settings, rgb, make)
                content = view.content  # type: ignore[assignment]
            assert content is not None
            content.advance(max(t_s - last_s, 0.0))
            last_s = t_s
            yield t_s, view.show(t_s, rgb), bool(view.standing)
    finally:
        if content is not None:
            content.close()


def save_picture(settings: ArSettings, make: MakeContent, out: Path) -> bool:
    """Write the last picture that shows a marker, else the last; return whether it shows one.

    Raises InputError where the camera gives none.
    """
    if settings.seconds is None and not is_file(settings.camera):
        settings = ArSettings(settings.camera, settings.size_m, settings.family, settings.calibration, _PICTURE_S)
    kept: RgbImage | None = None
    shows = False
    with closing(composed(settings, make)) as pictures:
        for _, picture, seen in pictures:
            if seen or not shows:
                kept, shows = picture, seen
    if kept is None:
        raise InputError(f"expected pictures of camera {shown_name(settings.camera)}, found none")
    save_png(out, kept)
    return shows


def save_film(
    settings: ArSettings, make: MakeContent, out: Path, told: Callable[[float], None] = lambda _t: None
) -> int:
    """Write the pictures as an H.264 file with the camera's own times; return how many show a marker."""
    seen = count = 0
    with closing(composed(settings, make)) as pictures, av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "20", "preset": "veryfast"}
        stream.time_base = stream.codec_context.time_base = _TIME_BASE
        for t_s, picture, shows in pictures:
            even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
            if not count:
                stream.height, stream.width = even.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
            frame.pts, frame.time_base = round(t_s / _TIME_BASE), _TIME_BASE
            container.mux(stream.encode(frame))
            count, seen = count + 1, seen + shows
            told(t_s)
        if count:
            container.mux(stream.encode(None))
    if not count:
        raise InputError(f"expected pictures of camera {shown_name(settings.camera)}, found none")
    return seen


def run_window(settings: ArSettings, make: MakeContent, check: Callable[[], None] = lambda: None) -> Path | None:
    """Show the pictures until the window is closed; return the picture that was saved last with S, if one was.

    check: called each frame; raises what should end the view.
    """
    with CameraThread(settings.camera) as camera:
        queue = camera.subscribe(1)
        window = PictureWindow(_WINDOW_PX)
        try:
            return _Loop(settings, make, window, check).run(queue.get, camera)
        finally:
            window.close()


class _Loop:
    """The frames of a window."""

    def __init__(
        self, settings: ArSettings, make: MakeContent, window: PictureWindow, check: Callable[[], None]
    ) -> None:
        self._settings, self._make, self._window, self._check = settings, make, window, check
        self._view: ArView | None = None
        self._content: Playing | None = None
        self._picture: RgbImage | None = None
        self._saved: Path | None = None

    def run(self, get: Callable[[float], object], camera: CameraThread) -> Path | None:
        """Go on until the window is closed, Esc or Q is pressed, or the time is over."""
        started = last = time.perf_counter()
        seconds = self._settings.seconds
        try:
            while not self._window.closed and (seconds is None or time.perf_counter() - started < seconds):
                self._check()
                frame = get(1 / 60)
                now = time.perf_counter()
                if self._content is not None:
                    self._content.advance(min(now - last, _LONGEST_STEP_S))
                last = now
                if frame is not None:
                    self._show(frame.t_ns / 1e9, cv2.cvtColor(frame.image_bgr, cv2.COLOR_BGR2RGB))  # type: ignore[attr-defined]
                else:
                    self._window.draw()
                    if self._picture is None and now - started > _FIRST_FRAME_S:
                        raise InputError(camera.status().trouble or "expected pictures of the camera, found none")
                if not self._keys():
                    break
        finally:
            if self._content is not None:
                self._content.close()
        return self._saved

    def _show(self, t_s: float, rgb: RgbImage) -> None:
        if self._view is None:
            self._view = begin(self._settings, rgb, self._make, self._window.output)
            self._content = self._view.content  # type: ignore[assignment]
        self._picture = self._view.show(t_s, rgb)
        self._window.show(self._picture)

    def _keys(self) -> bool:
        """Take keys; return whether to go on."""
        for key in self._window.take_keys():
            if key in ("escape", "q"):
                return False
            if key == "s" and self._picture is not None:
                self._saved = _free_name(Path.cwd())
                save_png(self._saved, self._picture)
            elif self._content is not None:
                self._content.key(key)
        return True


def _free_name(folder: Path) -> Path:
    number = 1
    while (path := folder / f"twinswing-ar-{number}.png").exists():
        number += 1
    return path
