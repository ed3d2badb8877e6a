"""The body in the world frame: named joints over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

JOINT_NAMES: tuple[str, ...] = (
    "pelvis",  # middle of the hip joints
    "spine",  # at the lowest rib (about T12)
    "neck",  # base of the neck (C7)
    "head",  # centre of the skull
    "nose",  # tip of the nose: where the face looks
    "left_shoulder", "left_elbow", "left_wrist", "left_hand",  # hand: middle of the fist
    "right_shoulder", "right_elbow", "right_wrist", "right_hand",
    "left_hip", "left_knee", "left_ankle", "left_heel", "left_toe",
    "right_hip", "right_knee", "right_ankle", "right_heel", "right_toe",
)  # fmt: skip
JOINT: dict[str, int] = {name: i for i, name in enumerate(JOINT_NAMES)}


@dataclass(frozen=True)
class BodyMotion:
    """Joint centres of one golfer over time.

    t_s     : session time, seconds, strictly increasing, shape (n,).
    joints_m: joint centres in the world frame, metres, shape (n, 23, 3), no NaN.
    sigma_m : one standard deviation of each joint's position, metres, shape (n, 23).
    handed  : "right" or "left": the side that the golfer plays from (a right-handed golfer's lead side is left).
    source  : what it was found from: "truth", "video", "mocap" ...
    """

    t_s: NDArray[np.float64]
    joints_m: NDArray[np.float64]
    sigma_m: NDArray[np.float64]
    handed: str = "right"
    source: str = "video"

    def at(self, t_s: float) -> NDArray[np.float64]:
        """Return the joints at a time by linear interpolation, held at the ends, shape (23, 3)."""
        i = int(np.clip(np.searchsorted(self.t_s, t_s) - 1, 0, max(len(self.t_s) - 2, 0)))
        if len(self.t_s) == 1:
            return np.asarray(self.joints_m[0])
        w = float(np.clip((t_s - self.t_s[i]) / (self.t_s[i + 1] - self.t_s[i]), 0.0, 1.0))
        return np.asarray((1.0 - w) * self.joints_m[i] + w * self.joints_m[i + 1])
