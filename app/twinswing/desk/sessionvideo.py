"""A session's video in the window: asked for by time, shown in the scene and in the panel."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import panda3d.core as p3d

from twinswing.desk.videofeed import FrameSource, VideoFeed
from twinswing.stage.scene import SwingScene

_PANEL_HEIGHT_PX = 540  # the panel is rarely larger; a phone's full frame would cost three times the copy


class SessionVideo:
    """The decoder's thread, the frame that it gave last, and the panel's texture.

    shown_s : the time that the shown frame was asked for, None before the first.
    scale   : pixels of the panel's texture for one of the original's, in which landmarks are given.
    """

    def __init__(self) -> None:
        self._texture = p3d.Texture("video panel")
        self._feed: VideoFeed | None = None
        self._original_px = 0
        self._asked_s: float | None = None
        self.shown_s: float | None = None
        self.scale = 1.0
        self._size: tuple[int, int] | None = None

    def open(self, make: Callable[[], FrameSource | None], original_height_px: int) -> None:
        """Show another session's video from now on; `make` opens it, in the decoder's own thread."""
        self.close()
        self._original_px = original_height_px
        self._feed = VideoFeed(make)

    def close(self) -> None:
        """End the decoder and forget the frame."""
        if self._feed is not None:
            self._feed.close()
            self._feed = None
        self._asked_s = self.shown_s = self._size = None

    @property
    def is_open(self) -> bool:
        """Tell whether there is a video."""
        return self._feed is not None

    def waits(self, t_s: float) -> bool:
        """Tell whether the frame of this time is still to come."""
        return self._feed is not None and self.shown_s != t_s

    def panel(self, reference: Callable[[p3d.Texture], Any]) -> tuple[Any, int, int] | None:
        """Return (texture reference, width, height) for the panel, or None before the first frame."""
        return None if self._size is None else (reference(self._texture), *self._size)

    def update(self, t_s: float, scene: SwingScene) -> str:
        """Ask for the frame of this time and show what has come; return a sentence if the video cannot be shown."""
        if self._feed is None:
            return ""
        if t_s != self._asked_s:
            self._feed.ask(t_s)
            self._asked_s = t_s
        if self._feed.error is not None:
            error = self._feed.error
            self.close()
            return f"The video cannot be shown: {error}"
        taken = self._feed.take()
        if taken is None:
            return ""
        self.shown_s, frame = taken
        if frame is not None:
            scene.set_video_frame(frame)
            self._show_in_panel(frame)
        return ""

    def _show_in_panel(self, frame: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> None:
        height, width = frame.shape[:2]
        scale = min(1.0, _PANEL_HEIGHT_PX / height)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else frame
        if self._size != size:
            self._texture.setup_2d_texture(*size, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
        # Panda3D keeps blue first and the bottom row first.
        self._texture.set_ram_image(np.ascontiguousarray(small[::-1, :, ::-1]).data.cast("B"))
        self._size = size
        self.scale = size[1] / (self._original_px or height)
