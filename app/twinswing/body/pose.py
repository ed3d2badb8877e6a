"""Every frame's landmarks, with decode, inference and any other consumer of the frames running side by side."""

import os
import queue
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK_NAMES, FrameState, PoseTrack
from twinswing.body.models import pose_model
from twinswing.body.video import ByteImage, ClipInfo, VideoFrame, VideoReader
from twinswing.errors import InputError, TwinswingError

_N = len(LANDMARK_NAMES)
# The task smooths landmarks over time with a one-euro filter, which lags a moving wrist by a third of a frame and so
# biases alignment. Its gain depends on the time since the last picture, so pictures told to be a day apart come out
# unsmoothed (gain 1 - 4e-5 at its lowest cut-off, 0.05 Hz), while tracking from frame to frame goes on at its cost.
_TOLD_STEP_MS = 86_400_000
_QUEUE_FRAMES = 8
MIN_POSE_FRACTION = 0.5  # below this the clip shows no golfer for most of its time: nothing can be said of a swing


class ExtractionCancelledError(TwinswingError):
    """The caller asked to stop before the clip was through."""


@contextmanager
def _quiet_native_log() -> Iterator[None]:
    """Keep the inference library's start-up chatter, which it writes past Python, off the user's terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(kept, 2)
    finally:
        os.close(kept)


class PoseDetector:
    """MediaPipe's pose landmarker following one person through consecutive pictures; a context manager."""

    def __init__(self, model: Path | None = None) -> None:
        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model or pose_model())),
            running_mode=vision.RunningMode.VIDEO,
        )
        with _quiet_native_log():
            self._task: Any = vision.PoseLandmarker.create_from_options(options)
        self._clock_ms = 0
        self._talked = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the model; its own destructor fails at interpreter exit, so this must be called."""
        if self._task is not None:
            with _quiet_native_log():
                self._task.close()
            self._task = None

    def detect(self, rgb: ByteImage) -> NDArray[np.float32] | None:
        """Return landmarks of the person followed, or None.

        rgb : contiguous picture, shape (height, width, 3).
        Result, shape (33, 6): x, y in pixels, world x, y, z in metres (see PoseTrack), visibility.
        """
        self._clock_ms += _TOLD_STEP_MS
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
        if self._talked:
            found = self._task.detect_for_video(picture, self._clock_ms)
        else:  # each part of the model talks once, when it first runs; all have run once a person was found
            with _quiet_native_log():
                found = self._task.detect_for_video(picture, self._clock_ms)
            self._talked = bool(found.pose_landmarks)
        if not found.pose_landmarks:
            return None
        height, width = rgb.shape[:2]
        image, world = found.pose_landmarks[0], found.pose_world_landmarks[0]
        rows = [(p.x * width, p.y * height, w.x, w.y, w.z, p.visibility) for p, w in zip(image, world, strict=True)]
        return np.array(rows, dtype=np.float32)


class PoseStream:
    """Collects landmarks picture by picture, for live capture and clips alike."""

    def __init__(self, detector: PoseDetector) -> None:
        self._detector = detector
        self._t_s: list[float] = []
        self._rows: list[NDArray[np.float32] | None] = []
        self._size = (0, 0)

    def feed(self, rgb: ByteImage, t_s: float) -> NDArray[np.float32] | None:
        """Look at one picture (see PoseDetector.detect) shown at `t_s`, which must be later than the last one."""
        if self._t_s and t_s <= self._t_s[-1]:
            raise ValueError(f"expected a time after {self._t_s[-1]} s, got {t_s} s")
        rows = self._detector.detect(rgb)
        self._t_s.append(t_s)
        self._rows.append(rows)
        self._size = (rgb.shape[1], rgb.shape[0])
        return rows

    def finish(self) -> PoseTrack:
        """Return the track so far."""
        n = len(self._rows)
        rows = np.full((n, _N, 6), np.nan, dtype=np.float32)
        state = np.zeros(n, dtype=np.uint8)
        for i, found in enumerate(self._rows):
            if found is not None:
                rows[i] = found
                state[i] = FrameState.DETECTED
        return PoseTrack(
            t_s=np.asarray(self._t_s, dtype=np.float64),
            image_px=np.ascontiguousarray(rows[..., :2]),
            world_m=np.ascontiguousarray(rows[..., 2:5]),
            visibility=np.nan_to_num(rows[..., 5]),
            state=state,
            width_px=self._size[0],
            height_px=self._size[1],
            swapped=np.zeros(n, dtype=np.bool_),
        )


class _Lane:
    """A thread that hands frames to one consumer through a bounded queue and keeps the first failure."""

    def __init__(self, name: str, work: Callable[[VideoFrame], None]) -> None:
        self._queue: queue.Queue[VideoFrame | None] = queue.Queue(_QUEUE_FRAMES)
        self._work = work
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (frame := self._queue.get()) is not None:
            if self.error is None:
                try:
                    self._work(frame)
                except BaseException as e:  # noqa: BLE001 - raised again in the caller's thread by `end`
                    self.error = e

    def put(self, frame: VideoFrame) -> None:
        self._queue.put(frame)

    def end(self) -> None:
        self._queue.put(None)
        self._thread.join()


def extract_pose(
    path: Path | str,
    *,
    progress: Callable[[int, int | None], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    on_frame: Callable[[VideoFrame], None] | None = None,
) -> tuple[ClipInfo, PoseTrack]:
    """Decode a clip and follow the golfer through it.

    progress : called as (frames done, frames expected or None) after each frame, on the caller's thread.
    cancel   : asked before each frame; True stops with ExtractionCancelledError.
    on_frame : given every decoded frame, in order, on a thread of its own (the recorder encodes there).
    Raises InputError when the clip cannot be decoded or shows no golfer for most of its time, MissingPartError
    without the pose model, and whatever `on_frame` raised.
    """
    with PoseDetector() as detector, VideoReader(path) as reader:
        stream = PoseStream(detector)
        for frame in _side_by_side(reader, on_frame):
            if cancel is not None and cancel():
                raise ExtractionCancelledError(f"Stopped after {frame.index} frames of {reader.path.name}.")
            stream.feed(frame.rgb, frame.t_s)
            if progress is not None:
                progress(frame.index + 1, reader.frames_hint)
        info = reader.info()
    track = stream.finish()
    seen = int(np.count_nonzero(track.state == FrameState.DETECTED))
    if seen < MIN_POSE_FRACTION * track.frames:
        raise InputError(
            f"Expected a golfer in view, found a person in only {seen} of {track.frames} frames of {reader.path}."
        )
    return info, track


def _side_by_side(reader: VideoReader, on_frame: Callable[[VideoFrame], None] | None) -> Iterator[VideoFrame]:
    """Yield frames while the next ones are decoded, and `on_frame` is served, on other threads."""
    ready: queue.Queue[VideoFrame | BaseException | None] = queue.Queue(_QUEUE_FRAMES)
    stop = threading.Event()
    lane = _Lane("frames out", on_frame) if on_frame is not None else None

    def decode() -> None:
        end: BaseException | None = None
        try:
            for frame in reader:
                ready.put(frame)
                if lane is not None:
                    lane.put(frame)
                if stop.is_set():
                    break
        except BaseException as e:  # noqa: BLE001 - raised again in the caller's thread below
            end = e
        ready.put(end)

    thread = threading.Thread(target=decode, name="decode", daemon=True)
    thread.start()
    item: VideoFrame | BaseException | None = None
    try:
        while isinstance(item := ready.get(), VideoFrame):
            if lane is not None and lane.error is not None:
                break
            yield item
    finally:
        stop.set()
        while isinstance(item, VideoFrame):  # left early: let the decoder out of a full queue
            item = ready.get()
        thread.join()
        if lane is not None:
            lane.end()
    if isinstance(item, BaseException):
        raise item
    if lane is not None and lane.error is not None:
        raise lane.error
