"""The recording's video for the window, decoded in a thread of its own: the window never waits for a frame."""

import threading
from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

RgbImage = NDArray[np.uint8]


class FrameSource(Protocol):
    """Frames by session time."""

    def close(self) -> None:
        """Give back what is open."""
        ...

    def frame_at(self, t_s: float) -> RgbImage | None:
        """Return the frame shown at a time, shape (h, w, 3), or None."""
        ...


class VideoFeed:
    """Decodes the frame last asked for; older wishes are dropped.

    `make` opens the source inside the thread, because a decoder belongs to the thread that made it.
    """

    def __init__(self, make: Callable[[], FrameSource | None]) -> None:
        self._make = make
        self._wish = threading.Condition()
        self._wanted: float | None = None
        self._closed = False
        self._fresh: tuple[float, RgbImage | None] | None = None
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="video", daemon=True)
        self._thread.start()

    def ask(self, t_s: float) -> None:
        """Ask for the frame shown at a time."""
        with self._wish:
            self._wanted = t_s
            self._wish.notify()

    def take(self) -> tuple[float, RgbImage | None] | None:
        """Return (time asked for, its frame or None) that was not taken yet, or None; never waits for decoding."""
        with self._wish:
            fresh, self._fresh = self._fresh, None
            return fresh

    def _run(self) -> None:
        source: FrameSource | None = None
        try:
            source = self._make()
            while True:
                with self._wish:
                    self._wish.wait_for(lambda: self._closed or self._wanted is not None)
                    if self._closed:
                        return
                    wanted, self._wanted = self._wanted, None
                assert wanted is not None
                frame = source.frame_at(wanted) if source is not None else None
                with self._wish:
                    self._fresh = (wanted, frame)
        except Exception as error:  # noqa: BLE001  (a thread's error is handed to the window, which shows it)
            self.error = error
        finally:
            if source is not None:
                source.close()

    def close(self, timeout_s: float = 2.0) -> None:
        """End the thread."""
        with self._wish:
            self._closed = True
            self._wish.notify()
        self._thread.join(timeout_s)
