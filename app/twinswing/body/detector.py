"""The pose model: one person followed through a film, or everybody in one picture."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision
from numpy.typing import NDArray

from twinswing.body.models import pose_model
from twinswing.body.video import ByteImage

Rows = NDArray[np.float32]
"""One person's landmarks, shape (33, 6): x, y in pixels, world x, y, z in metres (see PoseTrack), visibility."""

# The task smooths landmarks over time with a one-euro filter, which lags a moving wrist by a tenth to a third of a
# frame and so biases alignment. Its gain depends on the time since the last picture, so pictures told to be a day apart
# come out unsmoothed (gain 1 - 4e-5 at its lowest cut-off, 0.05 Hz), while following a person from frame to frame,
# which needs no time, goes on at its cost. (Asking for two people also ends the smoothing, at 1.6 times the cost.)
_TOLD_STEP_MS = 86_400_000


class _Quiet:
    """Keeps the inference library's start-up chatter, which it writes past Python, off the user's terminal.

    The detectors of several threads share the one stderr of the process: the first in puts it aside and the last out
    puts it back, or one would put back what another had laid there.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = -1

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if self._inside == 0:
                self._put_aside()
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if self._inside == 0:
                    os.dup2(self._kept, 2)
                    os.close(self._kept)

    def _put_aside(self) -> None:
        sys.stderr.flush()
        with tempfile.TemporaryFile() as sink:
            self._kept = os.dup(2)
            os.dup2(sink.fileno(), 2)


_quiet_native_log = _Quiet()


class _Landmarker:
    """The part that both detectors share: making, running and freeing the task."""

    def __init__(self, model: Path | None, mode: vision.RunningMode, people: int) -> None:
        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model or pose_model())),
            running_mode=mode,
            num_poses=people,
        )
        with _quiet_native_log():
            self._task: Any = vision.PoseLandmarker.create_from_options(options)
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

    def _run(self, rgb: ByteImage, *clock_ms: int) -> list[Rows]:
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)
        look = self._task.detect_for_video if clock_ms else self._task.detect
        if self._talked:
            found = look(picture, *clock_ms)
        else:  # each part of the model talks once, when it first runs; all have run once a person was found
            with _quiet_native_log():
                found = look(picture, *clock_ms)
            self._talked = bool(found.pose_landmarks)
        height, width = rgb.shape[:2]
        return [
            np.array(
                [(p.x * width, p.y * height, w.x, w.y, w.z, p.visibility) for p, w in zip(image, world, strict=True)],
                dtype=np.float32,
            )
            for image, world in zip(found.pose_landmarks, found.pose_world_landmarks, strict=True)
        ]


class PoseDetector(_Landmarker):
    """Follows one person through consecutive pictures, landmarks unsmoothed; a context manager."""

    def __init__(self, model: Path | None = None) -> None:
        super().__init__(model, vision.RunningMode.VIDEO, 1)
        self._clock_ms = 0

    def detect(self, rgb: ByteImage) -> Rows | None:
        """Return the landmarks of the person followed, or None.

        rgb : contiguous picture, shape (height, width, 3).
        """
        self._clock_ms += _TOLD_STEP_MS
        found = self._run(rgb, self._clock_ms)
        return found[0] if found else None


class PeopleDetector(_Landmarker):
    """Finds everybody in single pictures; a context manager."""

    def __init__(self, people: int = 4, model: Path | None = None) -> None:
        super().__init__(model, vision.RunningMode.IMAGE, people)

    def detect(self, rgb: ByteImage) -> list[Rows]:
        """Return each person's landmarks, the surest first.

        rgb : contiguous picture, shape (height, width, 3).
        """
        return self._run(rgb)
