"""Two swings side by side on one timeline, as a picture of their events and as a video."""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError
from twinswing.report.export_motion import write_bytes
from twinswing.report.html_pictures import Progress, camera_for_both, half_of, moments
from twinswing.report.video import replay_span
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.stage.snapshot import save_png
from twinswing.swing.compare import Comparison
from twinswing.swing.model import EVENT_NAMES, SwingSession
from twinswing.swing.readable import event_label

RgbImage = NDArray[np.uint8]

_CELL = (300, 380)
_BAR_PX, _GAP_PX = 34, 4
_HALF = (540, 720)
_GROUND, _INK, _FAINT = (16, 22, 21), (230, 236, 234), (150, 165, 160)
_FPS = 30.0


def common_events(found: Comparison) -> list[str]:
    """Return the events that both swings have, in order."""
    return [name for name in EVENT_NAMES if name in found.warp.names]


def _require(a: SwingSession, b: SwingSession) -> None:
    for name, session in (("A", a), ("B", b)):
        if session.body is None and session.club is None:
            raise InputError(f"expected a body or a club to draw in both swings, found neither in {name}")


def sheet(
    a: SwingSession, b: SwingSession, found: Comparison, *, view: str | None = None,
    progress: Progress = lambda _stage, _fraction: None,
) -> RgbImage:  # fmt: skip
    """Return a picture of both swings at their common events, one swing a row, shape (h, w, 3).

    view: a named view, by default the one that A was filmed from. Raises InputError where there is nothing to draw.
    """
    _require(a, b)
    names = common_events(found)
    if not names:
        raise InputError("expected swings with events in common to lay side by side, found none")
    camera = camera_for_both(a, b, _CELL, view)
    rows = []
    for i, (label, session) in enumerate((("A", a), ("B", b))):
        drawn = moments(
            session, [session.events[n].t_s for n in names], _CELL, camera=camera,
            progress=half_of(progress, i),
        )  # fmt: skip
        cells = []
        for name, moment in zip(names, drawn, strict=True):
            assert moment.scene is not None
            words = event_label(name) if i == 0 else ""
            cells.append(np.vstack([_bar(_CELL[0], f"{label}  {words}".strip()), moment.scene]))
            cells.append(np.full((_CELL[1] + _BAR_PX, _GAP_PX, 3), _GROUND, np.uint8))
        rows.append(np.hstack(cells[:-1]))
    return np.vstack(rows)


def write_sheet(
    a: SwingSession, b: SwingSession, found: Comparison, out: Path, *, view: str | None = None,
    progress: Progress = lambda _stage, _fraction: None,
) -> None:  # fmt: skip
    """Write `sheet` as PNG."""
    save_png(out, sheet(a, b, found, view=view, progress=progress))


def _bar(width: int, words: str, right: str = "") -> RgbImage:
    """Return a dark bar with words at its left and right (ASCII: OpenCV's letters have no others)."""
    bar = np.full((_BAR_PX, width, 3), _GROUND, np.uint8)
    cv2.putText(bar, words, (10, 23), cv2.FONT_HERSHEY_DUPLEX, 0.52, _INK, 1, cv2.LINE_AA)
    if right:
        (wide, _), _ = cv2.getTextSize(right, cv2.FONT_HERSHEY_DUPLEX, 0.46, 1)
        cv2.putText(bar, right, (width - wide - 10, 23), cv2.FONT_HERSHEY_DUPLEX, 0.46, _FAINT, 1, cv2.LINE_AA)
    return bar


class _Half:
    """One swing's scene and stage."""

    def __init__(self, label: str, session: SwingSession, camera: PinholeCamera) -> None:
        self.label = label
        self.session = session
        self.camera = camera
        self.stage = OffscreenStage(*_HALF)
        self.scene = SwingScene(session, SceneOptions())

    def draw(self, t_s: float) -> RgbImage:
        self.scene.set_time(t_s)
        picture = self.stage.render(self.scene, self.camera)
        return np.vstack([_bar(_HALF[0], f"{self.label}  {self._since(t_s)}", self._right(t_s)), picture])

    def _since(self, t_s: float) -> str:
        done = [(e.t_s, n) for n, e in self.session.events.items() if e.t_s <= t_s + 1e-6]
        return f"after {event_label(max(done)[1]).lower()}" if done else ""

    def _right(self, t_s: float) -> str:
        impact = self.session.events.get("impact")
        return f"{t_s:.3f} s" if impact is None else f"{t_s - impact.t_s:+.3f} s from impact"


def write_side_by_side(
    a: SwingSession, b: SwingSession, found: Comparison, out: Path, *, view: str | None = None, speed: float = 0.25,
    progress: Progress = lambda _stage, _fraction: None,
) -> None:  # fmt: skip
    """Write both swings beside each other as an H.264 video on A's timeline: B is stretched so that events meet.

    speed: 1 is A's real time. Raises InputError where there is nothing to draw or the file can't be written.
    """
    _require(a, b)
    start, end = replay_span(a)
    times = np.arange(start, end, speed / _FPS)
    if not len(times):
        raise InputError("expected a swing with some length to draw, found none in A")
    times_b = np.clip(found.warp.to_b(times), *b.span_s())
    write_bytes(out, b"")  # FFmpeg opens the file with the first picture only
    camera = camera_for_both(a, b, _HALF, view)
    with ExitStack() as opened:
        halves = [_Half(label, session, camera) for label, session in (("A", a), ("B", b))]
        for half in halves:
            opened.callback(half.stage.close)
        container = opened.enter_context(av.open(str(out), "w", format="mp4"))
        stream = container.add_stream("libx264", rate=Fraction(_FPS).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = 2 * _HALF[0], _HALF[1] + _BAR_PX, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for i, at in enumerate(zip(times.tolist(), times_b.tolist(), strict=True)):
            both = np.hstack([half.draw(t) for half, t in zip(halves, at, strict=True)])
            for packet in stream.encode(av.VideoFrame.from_ndarray(both, format="rgb24")):
                container.mux(packet)
            progress("Rendering", (i + 1) / len(times))
        for packet in stream.encode(None):
            container.mux(packet)
