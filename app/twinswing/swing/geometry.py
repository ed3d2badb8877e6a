"""What a body's joints say at one moment: angles and places, each defined once, for any number of bodies at once.

Everything here is for joints that were brought to one side by `canonical`: a golfer who plays right-handed, with left
for lead, the target along +X, the ball toward -Y and Z up. Shapes are (..., 23, 3) metres in and (...,) radians or
metres out, so that thousands of disturbed bodies cost no loop.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, JOINT_NAMES

FloatArray = NDArray[np.float64]

_SWAP = [
    JOINT_NAMES.index(n.replace("left_", "right_") if n.startswith("left_") else n.replace("right_", "left_"))
    for n in JOINT_NAMES
]
_MIRROR = np.array([1.0, -1.0, 1.0])
# Lines by which a segment's turn and tilt are read: (lead end, trail end).
LINES: dict[str, tuple[str, str]] = {"pelvis": ("left_hip", "right_hip"), "thorax": ("left_shoulder", "right_shoulder")}


def canonical(joints_m: FloatArray, handed: str) -> FloatArray:
    """Return joints as a right-handed golfer's: a left-handed golfer's in a mirror along the target line."""
    return joints_m if handed == "right" else np.asarray(joints_m[..., _SWAP, :] * _MIRROR)


def wrapped(angle: FloatArray) -> FloatArray:
    """Return angles brought to [-pi, pi)."""
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi)


def at(joints_m: FloatArray, name: str) -> FloatArray:
    """Return one joint, shape (..., 3)."""
    return np.asarray(joints_m[..., JOINT[name], :])


def middle(joints_m: FloatArray, segment: str) -> FloatArray:
    """Return the middle of a segment's line (hips or shoulders), shape (..., 3)."""
    lead, trail = LINES[segment]
    return np.asarray(0.5 * (at(joints_m, lead) + at(joints_m, trail)))


def _line(joints_m: FloatArray, segment: str) -> FloatArray:
    lead, trail = LINES[segment]
    return at(joints_m, lead) - at(joints_m, trail)


def azimuth(joints_m: FloatArray, segment: str) -> FloatArray:
    """Return how far a segment's line is turned from the target line, seen from above; positive away from the target.

    The lead end of the line points at the target at 0; a backswing brings it toward the ball (-Y).
    """
    line = _line(joints_m, segment)
    return np.asarray(np.arctan2(-line[..., 1], line[..., 0]))


def tilt(joints_m: FloatArray, segment: str) -> FloatArray:
    """Return a segment's line against the horizontal; positive with the lead side lower."""
    line = _line(joints_m, segment)
    return np.asarray(np.arctan2(-line[..., 2], np.hypot(line[..., 0], line[..., 1])))


def trunk(joints_m: FloatArray) -> FloatArray:
    """Return the line from the middle of the hips to the base of the neck, shape (..., 3)."""
    return at(joints_m, "neck") - at(joints_m, "pelvis")


def lean(joints_m: FloatArray) -> FloatArray:
    """Return the trunk's angle from the vertical, whichever way it leans."""
    v = trunk(joints_m)
    return np.asarray(np.arctan2(np.hypot(v[..., 0], v[..., 1]), v[..., 2]))


def forward_bend(joints_m: FloatArray) -> FloatArray:
    """Return the trunk's lean toward the ball in the plane seen down the line; positive toward the ball."""
    v = trunk(joints_m)
    return np.asarray(np.arctan2(-v[..., 1], v[..., 2]))


def side_bend(joints_m: FloatArray) -> FloatArray:
    """Return the trunk's lean in the plane seen face-on; positive away from the target."""
    v = trunk(joints_m)
    return np.asarray(np.arctan2(-v[..., 0], v[..., 2]))


def upper_back(joints_m: FloatArray) -> FloatArray:
    """Return how far the spine bends at the lowest rib: pelvis to rib against rib to neck; positive when rounded.

    Measured in the plane of the trunk and its front, which points from the shoulders' line toward the nose.
    """
    low = at(joints_m, "spine") - at(joints_m, "pelvis")
    high = at(joints_m, "neck") - at(joints_m, "spine")
    up = _unit(trunk(joints_m))
    across = _unit(_line(joints_m, "thorax") + _line(joints_m, "pelvis"))
    front = _unit(np.cross(across, up))  # toward the target x up: toward the ball

    def pitch(v: FloatArray) -> FloatArray:
        return np.asarray(np.arctan2(np.sum(v * front, -1), np.sum(v * up, -1)))

    return wrapped(pitch(high) - pitch(low))


def elbow(joints_m: FloatArray, side: str = "left") -> FloatArray:
    """Return an elbow's bend; 0 is a straight arm."""
    upper = at(joints_m, f"{side}_elbow") - at(joints_m, f"{side}_shoulder")
    fore = at(joints_m, f"{side}_wrist") - at(joints_m, f"{side}_elbow")
    return between(upper, fore)


def arm_height(joints_m: FloatArray) -> FloatArray:
    """Return the lead arm's (shoulder to wrist) angle over the horizontal; -90 deg hangs."""
    arm = at(joints_m, "left_wrist") - at(joints_m, "left_shoulder")
    return np.asarray(np.arctan2(arm[..., 2], np.hypot(arm[..., 0], arm[..., 1])))


def shoulder_plane(joints_m: FloatArray, address_m: FloatArray) -> FloatArray:
    """Return the shoulder line against the cross-section of the trunk as it was at address.

    0 is a turn square to the spine angle that was set up, negative is flatter (the lead side higher than that).
    """
    line, axis = _unit(_line(joints_m, "thorax")), _unit(trunk(address_m))
    return np.asarray(-np.arcsin(np.clip(np.sum(line * axis, -1), -1.0, 1.0)))


def about_trunk(joints_m: FloatArray) -> FloatArray:
    """Return the shoulders' line against the hips' line about the trunk's own axis; positive away from the target."""
    axis = _unit(trunk(joints_m))

    def flat(v: FloatArray) -> FloatArray:
        return np.asarray(v - np.sum(v * axis, -1, keepdims=True) * axis)

    hips, shoulders = flat(_line(joints_m, "pelvis")), flat(_line(joints_m, "thorax"))
    sine = np.sum(np.cross(hips, shoulders) * axis, -1)
    return np.asarray(-np.arctan2(sine, np.sum(hips * shoulders, -1)))


def hands(joints_m: FloatArray) -> FloatArray:
    """Return the middle of both fists, shape (..., 3)."""
    return np.asarray(0.5 * (at(joints_m, "left_hand") + at(joints_m, "right_hand")))


def forearm(joints_m: FloatArray) -> FloatArray:
    """Return the lead forearm's direction, elbow to wrist, shape (..., 3)."""
    return _unit(at(joints_m, "left_wrist") - at(joints_m, "left_elbow"))


def between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the angle between vectors: atan2(|a x b|, a . b), exact near 0 and pi."""
    return np.asarray(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, -1)))


def _unit(v: FloatArray) -> FloatArray:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


# Measures of one moment: joints there and joints at address to a number.
Moment = Callable[[FloatArray, FloatArray], FloatArray]

BODY: dict[str, Moment] = {
    "pelvis_turn": lambda j, a: wrapped(azimuth(j, "pelvis") - azimuth(a, "pelvis")),
    "thorax_turn": lambda j, a: wrapped(azimuth(j, "thorax") - azimuth(a, "thorax")),
    "pelvis_tilt": lambda j, _a: tilt(j, "pelvis"),
    "thorax_tilt": lambda j, _a: tilt(j, "thorax"),
    "pelvis_sway": lambda j, a: middle(j, "pelvis")[..., 0] - middle(a, "pelvis")[..., 0],
    "thorax_sway": lambda j, a: middle(j, "thorax")[..., 0] - middle(a, "thorax")[..., 0],
    "pelvis_lift": lambda j, a: middle(j, "pelvis")[..., 2] - middle(a, "pelvis")[..., 2],
    "thorax_lift": lambda j, a: middle(j, "thorax")[..., 2] - middle(a, "thorax")[..., 2],
    "pelvis_thrust": lambda j, a: middle(a, "pelvis")[..., 1] - middle(j, "pelvis")[..., 1],
    "head_sway": lambda j, a: at(j, "head")[..., 0] - at(a, "head")[..., 0],
    "head_lift": lambda j, a: at(j, "head")[..., 2] - at(a, "head")[..., 2],
    "x_factor_lines": lambda j, _a: wrapped(azimuth(j, "thorax") - azimuth(j, "pelvis")),
    "spine_tilt": lambda j, _a: lean(j),
    "spine_forward": lambda j, _a: forward_bend(j),
    "spine_side": lambda j, _a: side_bend(j),
    "spine_curve": lambda j, _a: upper_back(j),
    "posture_change": lambda j, a: forward_bend(j) - forward_bend(a),
    "shoulder_plane": shoulder_plane,
    "lead_elbow": lambda j, _a: elbow(j),
    "lead_arm_height": lambda j, _a: arm_height(j),
    "hand_height": lambda j, a: hands(j)[..., 2] - hands(a)[..., 2],
    "hand_depth": lambda j, a: hands(j)[..., 1] - hands(a)[..., 1],
    "lead_hip_past_ankle": lambda j, _a: at(j, "left_hip")[..., 0] - at(j, "left_ankle")[..., 0],
    "trail_hip_past_ankle": lambda j, _a: at(j, "right_ankle")[..., 0] - at(j, "right_hip")[..., 0],
    "shoulders_ahead": lambda j, _a: middle(j, "thorax")[..., 0] - middle(j, "pelvis")[..., 0],
    "neck_past_ankle": lambda j, _a: at(j, "neck")[..., 0] - at(j, "left_ankle")[..., 0],
}

# Those that are told against address.
SINCE_ADDRESS: frozenset[str] = frozenset({
    "pelvis_turn", "thorax_turn", "pelvis_sway", "thorax_sway", "pelvis_lift", "thorax_lift", "pelvis_thrust",
    "head_sway", "head_lift", "posture_change", "shoulder_plane", "hand_height", "hand_depth",
})  # fmt: skip
