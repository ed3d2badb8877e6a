"""The figure's rest pose: where its joints are before anything moves it, and which bones carry the skin.

Rest frame: X to the figure's left, -Y ahead of it, Z up, feet on z = 0. The arms hang 45 degrees out and a little
forward, half-way between address and top, so that no pose bends the skin by more than it must.
Segment lengths are fractions of standing height after Drillis and Contini (1966), as tabled by D. A. Winter,
"Biomechanics and Motor Control of Human Movement"; joint centres lie slightly inside the surface landmarks.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.stage.appearance import Appearance
from twinswing.stage.mesh import FloatArray, unit


class Bone(IntEnum):
    """Bones of the figure. `SWING` follows a limb's direction alone, `HALF` is half-way between its neighbours."""

    PELVIS = 0
    LUMBAR = 1
    RIBS = 2
    THORAX = 3
    NECK = 4
    HEAD = 5
    L_CLAVICLE = 6
    R_CLAVICLE = 7
    L_HIP_HALF = 8
    R_HIP_HALF = 9
    L_ARM_SWING = 10
    R_ARM_SWING = 11
    L_ARM = 12
    R_ARM = 13
    L_THIGH = 14
    R_THIGH = 15
    L_ELBOW_HALF = 16
    R_ELBOW_HALF = 17
    L_KNEE_HALF = 18
    R_KNEE_HALF = 19
    L_FOREARM = 20
    R_FOREARM = 21
    L_SHIN = 22
    R_SHIN = 23
    L_WRIST = 24
    R_WRIST = 25
    L_HAND = 26
    R_HAND = 27
    L_FOOT = 28
    R_FOOT = 29


BONE_COUNT = len(Bone)

# Joints as (x out, y back, z up) in fractions of standing height; the right side mirrors the left.
_TRUNK: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.0, 0.004, 0.522),
    "spine": (0.0, 0.020, 0.640),
    "neck": (0.0, 0.026, 0.836),
    "head": (0.0, 0.000, 0.930),
    "nose": (0.0, -0.066, 0.917),
}
_SHOULDER = np.array([0.101, 0.010, 0.806])
_ARM_LENGTHS = (0.172, 0.150, 0.050)  # shoulder to elbow, elbow to wrist, wrist to the middle of the fist
_LEG: dict[str, tuple[float, float, float]] = {
    "hip": (0.052, 0.004, 0.522),
    "knee": (0.060, -0.003, 0.283),
    "ankle": (0.063, 0.012, 0.041),
    "heel": (0.063, 0.040, 0.0113),
    "toe": (0.070, -0.098, 0.0113),
}
_UPPER_ARM_DIRECTION = (0.66, -0.30, -0.69)
_FOREARM_DIRECTION = (0.55, -0.52, -0.65)


@dataclass(frozen=True)
class Rest:
    """The rest pose of one golfer.

    joints : joint centres, metres, rest frame, shape (23, 3).
    grip   : each fist's tunnel, thumb side ahead (left, right), unit, shape (2, 3).
    height_m, build, handed : the golfer's.
    cell   : size of the skin's facets against the usual ones.
    """

    joints: FloatArray
    grip: FloatArray
    height_m: float
    build: float
    handed: str = "right"
    cell: float = 1.0

    def joint(self, name: str) -> FloatArray:
        """Return one joint, metres, shape (3,)."""
        return np.asarray(self.joints[JOINT[name]])


def rest_pose(appearance: Appearance, cell: float = 1.0) -> Rest:
    """Return the rest pose of a golfer."""
    h = appearance.height_m
    joints = np.zeros((len(JOINT_NAMES), 3))
    for name, at in _TRUNK.items():
        joints[JOINT[name]] = at
    upper, fore = unit(_UPPER_ARM_DIRECTION), unit(_FOREARM_DIRECTION)
    elbow = _SHOULDER + _ARM_LENGTHS[0] * upper
    wrist = elbow + _ARM_LENGTHS[1] * fore
    arm = {"shoulder": _SHOULDER, "elbow": elbow, "wrist": wrist, "hand": wrist + _ARM_LENGTHS[2] * fore}
    for name, spot in {**arm, **_LEG}.items():
        place = np.asarray(spot, dtype=np.float64)
        joints[JOINT[f"left_{name}"]] = place
        joints[JOINT[f"right_{name}"]] = place * [-1.0, 1.0, 1.0]
    # The thumb side of a neutral forearm lies in the plane of the bent arm, toward the upper arm; the tunnel leans
    # 12 degrees toward the fingers, as a grip lies in the hand.
    hinge = unit(np.cross(upper, fore))
    thumb = unit(np.cross(hinge, fore))
    tunnel = unit(np.cos(0.2) * thumb + np.sin(0.2) * fore)
    grip = np.stack([tunnel, tunnel * [-1.0, 1.0, 1.0]])
    return Rest(joints=joints * h, grip=grip, height_m=h, build=appearance.build, handed=appearance.handed, cell=cell)
