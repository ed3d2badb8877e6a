"""The body that a lift solves for: 20 free points, the bones between them, and what is known of human proportions."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK

FloatArray = NDArray[np.float64]

# The free points. Pelvis, spine and neck follow from hips and shoulders.
POINT_NAMES: tuple[str, ...] = (
    "nose", "head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hand", "right_hand", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_heel", "right_heel", "left_toe", "right_toe",
)  # fmt: skip
POINT: dict[str, int] = {name: i for i, name in enumerate(POINT_NAMES)}
POINTS = len(POINT_NAMES)

# Which landmarks a point is the mean of. The fist's middle lies between the knuckles of index and little finger.
_FROM_LANDMARKS: dict[str, tuple[str, ...]] = {
    "head": ("left_ear", "right_ear"),
    "left_hand": ("left_index", "left_pinky"),
    "right_hand": ("right_index", "right_pinky"),
    "left_toe": ("left_foot_index",),
    "right_toe": ("right_foot_index",),
}


def landmark_map() -> FloatArray:
    """Return the weights that turn 33 landmarks into the 20 points, shape (20, 33)."""
    weights = np.zeros((POINTS, len(LANDMARK)))
    for i, name in enumerate(POINT_NAMES):
        parts = _FROM_LANDMARKS.get(name, (name,))
        for part in parts:
            weights[i, LANDMARK[part]] = 1.0 / len(parts)
    return weights


@dataclass(frozen=True)
class Bone:
    """A distance between two points (or the middles of two pairs).

    fraction : length as a fraction of stature, after Drillis and Contini's table (Winter, Biomechanics and Motor
               Control of Human Movement, 2009), with widths between joint centres.
    give_m   : how much the distance itself changes as the body moves, one sigma, metres.
    vary     : how much people differ from the table, one sigma, as a fraction of the length.
    """

    a: tuple[str, ...]
    b: tuple[str, ...]
    fraction: float
    give_m: float = 0.004
    vary: float = 0.06


def _pair(a: str, b: str, fraction: float, give_m: float = 0.004) -> list[Bone]:
    return [Bone((f"{side}_{a}",), (f"{side}_{b}",), fraction, give_m) for side in ("left", "right")]


BONES: tuple[Bone, ...] = (
    *_pair("shoulder", "elbow", 0.178),
    *_pair("elbow", "wrist", 0.148),
    *_pair("wrist", "hand", 0.045, 0.008),
    *_pair("hip", "knee", 0.245),
    *_pair("knee", "ankle", 0.246),
    *_pair("ankle", "heel", 0.046, 0.008),
    *_pair("ankle", "toe", 0.112, 0.008),
    *_pair("heel", "toe", 0.141, 0.006),
    Bone(("left_shoulder",), ("right_shoulder",), 0.195, 0.018),
    Bone(("left_hip",), ("right_hip",), 0.104),
    Bone(("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"), 0.290, 0.015),
    Bone(("left_shoulder", "right_shoulder"), ("head",), 0.128, 0.02),
    Bone(("head",), ("nose",), 0.066, 0.006),
)


def bone_map(bones: tuple[Bone, ...] = BONES) -> FloatArray:
    """Return the weights that turn points into bone vectors (b - a), shape (bones, 20)."""
    weights = np.zeros((len(bones), POINTS))
    for i, bone in enumerate(bones):
        for name in bone.a:
            weights[i, POINT[name]] -= 1.0 / len(bone.a)
        for name in bone.b:
            weights[i, POINT[name]] += 1.0 / len(bone.b)
    return weights


# Where the ball lies at address from the middle of the ankles: toward the target and ahead, metres. A driver's ball
# lies inside the lead heel and a longer club away, a short iron's at the middle. One camera does not see it.
BALL_PLACES: dict[str, tuple[float, float]] = {
    "driver": (0.18, 1.12),
    "wood": (0.14, 1.05),
    "hybrid": (0.08, 0.97),
    "iron": (0.03, 0.88),
    "wedge": (0.0, 0.80),
}


@dataclass(frozen=True)
class LiftPriors:
    """What a lift takes for granted, each with its reason. Sigmas are one standard deviation.

    height_m          : stature when none is stated: between the means of men and women in Europe and North America.
    diagonal_fov_rad  : a phone's main camera is a 26 mm equivalent (80 deg); video uses a crop of it, near 70 deg.
    camera_height_m   : a hand-held phone or a tripod stands at hip to chest height.
    camera_height_sigma_m, balance_sigma_m : the two things that give the camera's pitch: its height, and that a
                        golfer who stands still has the body's mass above the feet (as far as landmark depth can tell).
    chest_m, chest_sigma_m : how far toward the trail shoulder the hands are from the chest's middle, along the line of
                        the shoulders: arms swing with the chest, which is the best hint of its turn at the top.
    bend_m, bend_ratio: how far a point may leave the straight line between its neighbours in time, for a point at rest
                        and per metre that its picture does.
    grip_m, grip_sigma_m : between the wrists of two hands on one grip.
    let_go_s          : hands seen apart for less than about this to either side are taken for the model's mistake.
    pelvis_over_feet_m, pelvis_behind_m : where a standing golfer's pelvis is over the ankles (weight shift reaches
                        0.1 m and more along the target line), and how far behind them.
    hands_ahead_m, hands_ahead_sigma_m : where the hands are at address along the target line, from the feet's middle.
    hold_m            : slip of a planted foot from one knot to the next.
    """

    height_m: float = 1.75
    diagonal_fov_rad: float = np.deg2rad(70.0)
    camera_height_m: float = 1.15
    camera_height_sigma_m: float = 0.35
    balance_sigma_m: float = 0.10
    chest_m: float = 0.14
    chest_sigma_m: float = 0.12
    bend_m: float = 0.004
    bend_ratio: float = 0.6
    grip_m: float = 0.085
    grip_sigma_m: float = 0.025
    let_go_s: float = 0.25
    pelvis_over_feet_m: float = 0.08
    pelvis_behind_m: float = 0.05
    hands_ahead_m: float = 0.04
    hands_ahead_sigma_m: float = 0.05
    hold_m: float = 0.004
