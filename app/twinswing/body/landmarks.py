"""What the pose model says of each frame: MediaPipe's 33 landmarks, unsmoothed."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

# MediaPipe's order. "left" is the person's own left.
LANDMARK_NAMES: tuple[str, ...] = (
    "nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky", "left_index", "right_index",
    "left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_foot_index", "right_foot_index",
)  # fmt: skip
LANDMARK: dict[str, int] = {name: i for i, name in enumerate(LANDMARK_NAMES)}


class FrameState(IntEnum):
    """How a frame's landmarks came about."""

    MISSING = 0
    DETECTED = 1
    BRIDGED = 2  # interpolated over a short gap


@dataclass(frozen=True)
class PoseTrack:
    """One golfer's landmarks over a clip of n frames.

    t_s        : presentation time of each frame, seconds, strictly increasing, shape (n,).
    image_px   : landmarks in the upright picture, pixels, unsmoothed, shape (n, 33, 2); NaN where missing.
    world_m    : MediaPipe's world landmarks, metres about the hips' middle, x right, y down, z away from the
                 camera, shape (n, 33, 3); NaN where missing.
    visibility : 0 to 1, shape (n, 33).
    state      : FrameState of each frame, shape (n,).
    width_px, height_px : size of the upright picture.
    swapped    : frames in which left and right were exchanged to mend a swap, shape (n,).
    """

    t_s: NDArray[np.float64]
    image_px: NDArray[np.float32]
    world_m: NDArray[np.float32]
    visibility: NDArray[np.float32]
    state: NDArray[np.uint8]
    width_px: int
    height_px: int
    swapped: NDArray[np.bool_]

    @property
    def frames(self) -> int:
        """Number of frames in the clip."""
        return len(self.t_s)

    def point(self, name: str) -> NDArray[np.float64]:
        """Return one landmark's path in pixels, shape (n, 2)."""
        return self.image_px[:, LANDMARK[name]].astype(np.float64)
