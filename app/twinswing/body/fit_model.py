"""What a fit takes for granted beside the bones: how landmarks lie about joints, how well each is seen, and priors.

Offsets, scatter and depth were measured on forty rendered swings with exact joints and cameras (three views, five
clubs, to half a second after impact), through the real pose model; another series of swings is what figures are
measured on.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.lift_model import POINT, POINT_NAMES, POINTS

FloatArray = NDArray[np.float64]

_HIPS, _SHOULDERS = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")

# Where a landmark lies from the point it stands for, as shares of vectors of the body: (share, from, to), each end the
# middle of one or two points; "@" is the point's own side.
_OFFSETS: dict[str, tuple[tuple[float, tuple[str, ...], tuple[str, ...]], ...]] = {
    "head": ((-0.03, _HIPS, _SHOULDERS), (0.17, ("head",), ("nose",))),
    "nose": ((-0.025, _HIPS, _SHOULDERS), (-0.18, ("head",), ("nose",))),
    "shoulder": ((0.02, _HIPS, _SHOULDERS),),
    "hip": ((-0.046, _HIPS, _SHOULDERS), (0.06, ("@_hip",), ("@_knee",))),
    "knee": ((0.035, ("@_hip",), ("@_knee",)),),
    "ankle": ((0.055, ("@_ankle",), ("@_knee",)), (0.05, ("@_ankle",), ("@_toe",))),
    "heel": ((0.2, ("@_heel",), ("@_ankle",)),),
    "toe": ((0.16, ("@_toe",), ("@_ankle",)),),
}

# So much of it is taken: a real golfer is no mannequin, and half of a bias removes three quarters of its square.
_TAKEN = 0.5

# Scatter about that, metres at the golfer, one sigma an axis: in the picture, and of the model's own depth about the
# middle of shoulders and knees, times 1.4: it is a bias more than noise (the hips' is 0.12 m, for the model sees too
# little of a golfer's bend), and stays the same through a swing.
_SCATTER: dict[str, tuple[float, float]] = {
    "nose": (0.020, 0.17),
    "head": (0.014, 0.14),
    "shoulder": (0.050, 0.13),
    "elbow": (0.040, 0.24),
    "wrist": (0.030, 0.31),
    "hand": (0.033, 0.35),
    "hip": (0.020, 0.14),
    "knee": (0.015, 0.11),
    "ankle": (0.014, 0.28),
    "heel": (0.020, 0.28),
    "toe": (0.020, 0.28),
}


def landmark_offsets() -> FloatArray:
    """Return the weights that turn points into where their landmarks are seen, shape (20, 20): nearly one."""
    M = np.eye(POINTS)
    for i, name in enumerate(POINT_NAMES):
        side, _, kind = name.rpartition("_")
        for share, start, end in _OFFSETS.get(kind, ()):
            for names, sign in ((start, -1.0), (end, 1.0)):
                for part in names:
                    M[i, POINT[part.replace("@", side)]] += _TAKEN * sign * share / len(names)
    return M


def scatter_m() -> tuple[FloatArray, FloatArray]:
    """Return the picture's and the depth's scatter of each point, metres, shape (20,) each."""
    table = np.array([_SCATTER[name.rpartition("_")[2]] for name in POINT_NAMES])
    return table[:, 0], table[:, 1]


def depth_reference() -> FloatArray:
    """Return the weights of the points that depths are counted from, shape (20,)."""
    weights = np.zeros(POINTS)
    weights[[POINT[f"{s}_{k}"] for s in ("left", "right") for k in ("shoulder", "knee")]] = 0.25
    return weights


@dataclass(frozen=True)
class FitPriors:
    """What is known before a picture is looked at. Sigmas are one standard deviation.

    height_share_sigma : of a stated stature (shoes, rounding); unstated_share_sigma: of an unstated one.
    focal_sigma        : of the logarithm of the focal length: phones, their zooms and crops. known_focal_sigma: of a
                         calibrated one, for its own error and another focus.
    yaw_rad            : how squarely people place a camera in a stated view; oblique_yaw_rad where it stands anyhow.
    pitch_rad, roll_rad: of its tilt about the first guess, which its height and the golfer's balance bound better, and
                         of its level. away_m: of its place about the first guess.
    together_knots     : landmarks err alike over about a third of a second, which holds so many knots in a swing: what
                         they say together is worth that much less against what is known of the golfer as a whole.
    balance_share      : a golfer who stands still has the body's mass over the feet's middle, in statures.
    bend_rad           : forward bend of the trunk at address, mean and sigma (tour players' 30 to 45 degrees).
    square_rad         : hips and ankles against the target line at address; shoulders twice that.
    across_rad         : the lines of hips and shoulders against square to the trunk, at any time.
    over_feet_share    : the pelvis over the ankles along the target line at address.
    knee_m             : a knee does not bend backward by more than this.
    twist_cosine       : of the angle between the lines of hips and shoulders at least (tour players reach 65 degrees),
                         and how firmly.
    elbow_hand_share   : from elbow to fist, in statures, mean and sigma: a wrist that bends and cocks by up to 45
                         degrees shortens it by no more.
    grip_m             : hands on a club whose grip is known.
    instant_s          : of the club's clock.
    hands_x_share      : where hands are at address along the target line, sigma.
    """

    height_share_sigma: float = 0.012
    unstated_share_sigma: float = 0.05
    focal_sigma: float = 0.5
    known_focal_sigma: float = 0.01
    yaw_rad: float = 0.10
    oblique_yaw_rad: float = 0.5
    pitch_rad: float = 1.0
    roll_rad: float = 0.015
    away_m: float = 3.0
    together_knots: float = 20.0
    balance_share: float = 0.02
    bend_rad: tuple[float, float] = (0.63, 0.14)
    square_rad: float = 0.04
    across_rad: float = 0.18
    over_feet_share: float = 0.012
    knee_m: float = 0.03
    twist_cosine: tuple[float, float] = (0.15, 0.05)
    elbow_hand_share: tuple[float, float] = (0.19, 0.005)
    grip_m: float = 0.02
    instant_s: float = 0.003
