"""Cameras through OpenCV: a device by number, an RTSP or HTTP stream, or a file played as a camera.

One thread reads a camera and waits for nobody. Every consumer has a queue of its own that keeps the newest frames:
what it was too slow for is dropped there, counted, and marked on the next frame it gets.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError, MissingPartError, TwinswingError
from twinswing.streams.camera_frames import NS, CameraFrame, FrameClock, FrameQueue


@dataclass(frozen=True)
class CameraSettings:
    """How a camera is read.

    open_timeout_s, read_timeout_s : of a network stream; a picture that late is a stall.
    backoff_s, backoff_max_s       : pause before opening again, doubled each time.
    give_up_after_s                : of trying without a picture, then the camera counts as ended; None tries for ever.
    period_guess_s                 : frame period before it was measured.
    """

    open_timeout_s: float = 5.0
    read_timeout_s: float = 3.0
    backoff_s: float = 0.5
    backoff_max_s: float = 8.0
    give_up_after_s: float | None = None
    period_guess_s: float = 1 / 30


class CameraState(Enum):
    """What a camera is doing."""

    OPENING = "opening"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True)
class CameraStatus:
    """What a panel shows: state, frames read, times opened again, rate measured, and the last trouble."""

    state: CameraState
    name: str
    frames: int
    restarts: int
    rate_hz: float
    width_px: int
    height_px: int
    trouble: str = ""


def shown_name(source: str) -> str:
    """Return a source for people to read, without a password that it may hold."""
    parts = urlsplit(source)
    if "@" in parts.netloc:
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return source


class _Source:
    """An opened capture and what kind it is."""

    def __init__(self, source: str, settings: CameraSettings) -> None:
        self.is_device = source.isdecimal()
        self.is_file = not self.is_device and "://" not in source
        self._capture = self._open(source, settings)

    @staticmethod
    def check(source: str) -> None:
        """Raise InputError where the source cannot be one."""
        if not source.isdecimal() and "://" not in source and not Path(source).is_file():
            raise InputError(f"a camera is a number, a URL or a file, and no file {source} was found")

    def _open(self, source: str, settings: CameraSettings) -> cv2.VideoCapture:
        if self.is_device:
            return cv2.VideoCapture(int(source))
        if self.is_file:
            return cv2.VideoCapture(source, cv2.CAP_FFMPEG)
        limits = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
            round(settings.open_timeout_s * 1e3),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC,
            round(settings.read_timeout_s * 1e3),
        ]
        return cv2.VideoCapture(source, cv2.CAP_FFMPEG, limits)

    def opened(self) -> bool:
        return bool(self._capture.isOpened())

    def grab(self) -> bool:
        return bool(self._capture.grab())

    def source_s(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC)) / 1e3

    def retrieve(self) -> NDArray[np.uint8] | None:
        good, image = self._capture.retrieve()
        if not good or image is None or image.ndim != 3:
            return None
        frame = np.ascontiguousarray(image, dtype=np.uint8)
        frame.flags.writeable = False
        return frame

    def close(self) -> None:
        self._capture.release()


class CameraThread:
    """Reads one camera until it is stopped or ends.

    source   : "0" (a device), an rtsp:// or http:// URL, or the path of a file, which is played once in its own time.
    clock_ns : the session clock.
    """

    def __init__(
        self,
        source: str,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        settings: CameraSettings | None = None,
        name: str = "",
    ) -> None:
        self._source = source
        self._clock_ns = clock_ns
        self._settings = settings or CameraSettings()
        self._name = name or shown_name(source)
        self._queues: list[FrameQueue] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._decided = threading.Event()  # the first opening succeeded or failed
        self._stamps = FrameClock(self._settings.period_guess_s)
        self._status = CameraStatus(CameraState.OPENING, self._name, 0, 0, float("nan"), 0, 0)
        self._failure: TwinswingError | None = None
        self._thread = threading.Thread(target=self._run, name=f"twinswing-camera {self._name}", daemon=True)

    @property
    def is_file(self) -> bool:
        """Whether a file is played."""
        return not self._source.isdecimal() and "://" not in self._source

    def subscribe(self, capacity: int = 4) -> FrameQueue:
        """Return a queue that gets every frame from now on and keeps the newest `capacity`."""
        queue = FrameQueue(capacity)
        with self._lock:
            self._queues.append(queue)
        if not self._thread.is_alive() and self._decided.is_set():
            queue.close()
        return queue

    def start(self) -> "CameraThread":
        """Open and begin to read; raises MissingPartError for a device, InputError for a file or URL, that cannot."""
        _Source.check(self._source)
        self._thread.start()
        self._decided.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop reading; every queue ends after what it still holds."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(self._settings.read_timeout_s + self._settings.open_timeout_s + 1.0)

    def __enter__(self) -> "CameraThread":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def status(self) -> CameraStatus:
        """Return the camera's state; safe from any thread."""
        with self._lock:
            return self._status

    # ------------------------------------------------------------------------------------------------------ inside
    def _note(self, **changes: object) -> None:
        with self._lock:
            self._status = replace(self._status, **changes)  # type: ignore[arg-type]

    def _run(self) -> None:
        try:
            if self.is_file:
                self._play_file()
            else:
                self._read_live()
        except cv2.error as error:
            self._note(state=CameraState.FAILED, trouble=f"OpenCV stopped reading {self._name}: {error.err}")
        finally:
            with self._lock:
                queues = list(self._queues)
            for queue in queues:
                queue.close()
            self._decided.set()

    def _cannot_open(self) -> TwinswingError:
        if self._source.isdecimal():
            return MissingPartError(
                f"camera {self._source} cannot be opened: plug one in, allow access to it, "
                "or give another number or URL"
            )
        if self.is_file:
            return InputError(
                f"a video file was expected to play as a camera, but no picture can be read from {self._name}"
            )
        return InputError(f"the camera stream {self._name} cannot be opened: check the address and that it is running")

    def _play_file(self) -> None:
        source = _Source(self._source, self._settings)
        start_ns: int | None = None
        first_s = last_s = 0.0
        try:
            while not self._stop.is_set() and source.grab():
                at_s = source.source_s()
                image = source.retrieve()
                if image is None:
                    continue
                if start_ns is None:
                    start_ns, first_s, last_s = self._clock_ns(), at_s, at_s
                at_s = max(at_s, last_s)
                last_s = at_s
                t_ns = start_ns + round((at_s - first_s) * NS)
                wait_s = (t_ns - self._clock_ns()) / NS
                if wait_s > 0 and self._stop.wait(wait_s):
                    break
                # A file's own times are exact by definition: playing late does not move them.
                self._publish(image, t_ns, 0, at_s)
        finally:
            source.close()
        if start_ns is None and not self._stop.is_set():
            self._failure = self._cannot_open()
            self._note(state=CameraState.FAILED, trouble=str(self._failure))
        else:
            self._note(state=CameraState.ENDED)

    def _read_live(self) -> None:
        pause_s = self._settings.backoff_s
        last_good_ns = self._clock_ns()
        while not self._stop.is_set():
            frames = self._one_connection()
            if self._failure is not None:
                return
            if frames:
                pause_s, last_good_ns = self._settings.backoff_s, self._clock_ns()
            limit = self._settings.give_up_after_s
            if limit is not None and (self._clock_ns() - last_good_ns) / NS > limit:
                self._note(state=CameraState.ENDED, trouble=f"no picture came from {self._name} for {limit:g} s")
                return
            if self._stop.wait(pause_s):
                break
            pause_s = min(pause_s * 2, self._settings.backoff_max_s)
        self._note(state=CameraState.ENDED)

    def _one_connection(self) -> int:
        """Read until the stream fails; return how many frames came."""
        source = _Source(self._source, self._settings)
        frames = 0
        first_ever = self.status().frames == 0
        try:
            while source.opened() and not self._stop.is_set() and source.grab():
                arrival_ns = self._clock_ns()
                image = source.retrieve()
                if image is None:
                    continue
                if frames == 0 and not first_ever:
                    self._stamps.restart()
                    self._note(restarts=self.status().restarts + 1, trouble="")
                t_ns, sigma_ns = self._stamps.stamp(arrival_ns)
                self._publish(image, t_ns, sigma_ns, source.source_s(), restarted=frames == 0 and not first_ever)
                frames += 1
        finally:
            source.close()
        if not frames and not self._decided.is_set() and not self._stop.is_set():
            self._failure = self._cannot_open()
            self._note(state=CameraState.FAILED, trouble=str(self._failure))
        elif not self._stop.is_set():
            self._note(state=CameraState.RECONNECTING, trouble=f"{self._name} gives no pictures; opening it again")
        return frames

    def _publish(
        self, image: NDArray[np.uint8], t_ns: int, sigma_ns: int, source_s: float, *, restarted: bool = False
    ) -> None:
        with self._lock:
            index = self._status.frames
            self._status = replace(
                self._status,
                state=CameraState.LIVE,
                frames=index + 1,
                rate_hz=float("nan") if self.is_file else 1.0 / self._stamps.period_s,
                width_px=image.shape[1],
                height_px=image.shape[0],
            )
            queues = list(self._queues)
        frame = CameraFrame(index, t_ns, sigma_ns, image, 0, source_s, restarted)
        for queue in queues:
            queue.put(frame)
        self._decided.set()


__all__ = [
    "CameraFrame",
    "CameraSettings",
    "CameraState",
    "CameraStatus",
    "CameraThread",
    "FrameClock",
    "FrameQueue",
    "shown_name",
]
