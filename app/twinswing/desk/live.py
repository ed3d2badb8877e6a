"""The window of a capture: what arrives, as it arrives, and the last swing in 3D beside it.

It only looks: nothing in the capture waits for a frame that is drawn here.
"""

import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import panda3d.core as p3d

from twinswing.body.pose import track_of
from twinswing.desk.live_video import CodedVideo
from twinswing.desk.panels.context import PanelContext
from twinswing.desk.panels.live import TRACE_S, FloatArray, LivePanelContext, draw_live
from twinswing.desk.settings import Settings, load_settings
from twinswing.desk.window import Desk
from twinswing.platform import settings_dir
from twinswing.swing.capture import CaptureSession, CaptureView
from twinswing.swing.capture_swings import CapturedSwing
from twinswing.swing.model import SwingSession

_PICTURE_HEIGHT_PX = 720  # the panel is seldom larger; a full 1080p frame would cost twice the copy
_LONGEST_REST_S = 0.1
_TRACE_POINTS = 2000  # of a trace: one a pixel


class LiveDesk(Desk):
    """The window while a capture runs. Space stops and goes on, Escape ends."""

    def __init__(self, capture: CaptureSession, settings: Settings, *, offscreen: bool = False) -> None:
        super().__init__(settings, offscreen=offscreen, folder=Path.cwd())
        self.capture = capture
        self._picture = p3d.Texture("live camera")
        self._camera_context = PanelContext(SwingSession())
        self._drawn_index = -1
        self._drawn_t_s = float("nan")
        self._replayed: CapturedSwing | None = None
        self.viewport.region.set_active(False)

    # -- actions -------------------------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do an action: Space and Escape belong to the capture, views and what is shown to the replay."""
        if name == "play_pause":
            self.capture.pause(paused=not self.capture.paused)
        elif name == "escape":
            self.closed = True
        elif name.partition(":")[0] in ("view", "toggle", "screenshot", "fullscreen", "slower", "faster"):
            super().do(name)

    def open_path(self, path: Path) -> None:
        """Say that a capture is running: nothing else is opened meanwhile."""
        self.notify_user(f"{path.name} can be opened when the capture has ended.")

    # -- one frame -----------------------------------------------------------------------------------------------

    def _draw_panels(self) -> None:
        view = self.capture.view()
        self._take_picture()
        self._replay(view)
        now = view.t_s
        context = LivePanelContext(
            view=view,
            camera=self._camera_context,
            out=self.capture.out,
            traces={club.name: self._trace(view, club.name) for club in view.clubs},
            fonts=self.ui.fonts,
            lag_s=now - self._drawn_t_s,
        )
        rect = draw_live(context)
        self.viewport.region.set_active(rect is not None)
        if rect is not None:
            self.viewport.place(rect)

    def _take_picture(self) -> None:
        """Put the newest picture and its landmarks into the camera panel."""
        latest = self.capture.latest()
        if latest is None or latest[0].index == self._drawn_index:
            return
        picture, rows = latest
        self._drawn_index, self._drawn_t_s = picture.index, picture.t_ns / 1e9
        height, width = picture.rgb.shape[:2]
        scale = min(1.0, _PICTURE_HEIGHT_PX / height)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        small = cv2.resize(picture.rgb, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else picture.rgb
        if (self._picture.get_x_size(), self._picture.get_y_size()) != size:
            self._picture.setup_2d_texture(*size, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
        # Panda3D keeps blue first and the bottom row first.
        self._picture.set_ram_image(np.ascontiguousarray(small[::-1, :, ::-1]).data.cast("B"))
        context = self._camera_context
        context.session = SwingSession(pose=track_of([self._drawn_t_s], [rows], (width, height)))
        context.t_s = self._drawn_t_s
        context.video, context.video_scale = (self.ui.texture(self._picture), *size), scale

    def _replay(self, view: CaptureView) -> None:
        """Show a swing that has just come into 3D, over and over at a quarter of its speed."""
        shown = view.shown
        if shown is None or shown is self._replayed or shown.session is None:
            return
        fresh = self._replayed is None or shown.swing.number != self._replayed.swing.number
        self._replayed = shown
        if not fresh:
            return
        self.show_session(shown.session)
        coded, size = shown.coded, self.capture.size_px
        if coded:
            self.video.open(lambda: CodedVideo(coded, size), size[1])
        self.playback.do("loop", shown.session)
        if not self.playback.head.playing:
            self.playback.do("play_pause", shown.session)

    def _trace(self, view: CaptureView, name: str) -> tuple[FloatArray, FloatArray]:
        """Return the last seconds of a club's turning speed, rad/s, thinned to what can be seen."""
        line = next(club for club in view.clubs if club.name == name)
        batches = self.capture.clubs.recent(line, view.t_s - TRACE_S - 0.1, view.t_s + 1.0)
        if not batches:
            return np.empty(0), np.empty(0)
        times = np.concatenate([t + (batch.t_ns - batch.t_ns[0]) * 1e-9 for t, batch in batches])
        turn = np.linalg.norm(np.concatenate([batch.gyro_radps for _, batch in batches]), axis=1)
        group = max(len(times) // _TRACE_POINTS, 1)
        kept = len(times) // group * group
        # The highest of each group, so that no peak is lost.
        return times[:kept:group], turn[:kept].reshape(-1, group).max(axis=1)


def run_live_window(capture: CaptureSession, each_frame: Callable[[], None]) -> None:
    """Show a capture until it has ended or the window is closed; the caller ends the capture then."""
    desk = LiveDesk(capture, load_settings(settings_dir() / "desk.json"))
    try:
        while not desk.closed and not capture.finished.is_set():
            started = time.perf_counter()
            desk.step()
            each_frame()
            # The processor belongs to the capture first: sixty frames a second are enough, and where a frame is dear
            # (a software renderer) drawing takes half of the time at the most.
            took = time.perf_counter() - started
            time.sleep(max(1 / 60 - took, min(took, _LONGEST_REST_S)))
    finally:
        desk.shut()
