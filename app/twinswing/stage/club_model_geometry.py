"""Where a club's head lies on its shaft.

Two frames. Club frame: origin at the butt, Z down the shaft, X toward the toe, Y = Z x X; seen so, the face of a
right-handed club looks along -Y and that of a left-handed club along +Y. Head frame: origin where the shaft's axis
meets the sole, E along the leading edge toward the toe, F out of the face's side (level), U up when the sole lies flat.
"""

from dataclasses import dataclass

import numpy as np

from twinswing.club.model import ClubSpec
from twinswing.errors import InputError
from twinswing.stage.mesh import FloatArray


@dataclass(frozen=True)
class HeadShape:
    """A kind of head, in the head frame, metres (typical of the catalogues of the 2020s, to about 10 %).

    heel_m, toe_m : along the leading edge from the shaft's axis.
    lead_m        : the leading edge ahead of the shaft's axis.
    depth_m       : from the leading edge to the back.
    height_m      : the highest point of the head's body over the sole.
    """

    heel_m: float
    toe_m: float
    lead_m: float
    depth_m: float
    height_m: float


SHAPES: dict[str, HeadShape] = {
    "driver": HeadShape(-0.019, 0.098, 0.019, 0.103, 0.059),
    "wood": HeadShape(-0.018, 0.086, 0.016, 0.086, 0.043),
    "hybrid": HeadShape(-0.014, 0.080, 0.013, 0.062, 0.040),
    "iron": HeadShape(-0.006, 0.073, 0.004, 0.020, 0.054),
    "wedge": HeadShape(-0.006, 0.074, 0.005, 0.022, 0.060),
    "putter": HeadShape(-0.012, 0.098, 0.012, 0.030, 0.025),
}


def head_shape(spec: ClubSpec) -> HeadShape:
    """Return the head's outer sizes; raises InputError for a kind of club that is not known."""
    if spec.kind not in SHAPES:
        known = ", ".join(SHAPES)
        raise InputError(f"club: kind must be one of {known}, found {spec.kind!r}.")
    return SHAPES[spec.kind]


def head_axes(spec: ClubSpec, handed: str = "right") -> FloatArray:
    """Return the head frame's axes in the club frame as columns E, F, U, shape (3, 3).

    At the stated lie the shaft leans from the ground by `lie_rad`, so E and U are Z and X turned by it. For a
    right-handed club F is -Y and the axes are left-handed.
    """
    c, s = np.cos(spec.lie_rad), np.sin(spec.lie_rad)
    out = -1.0 if handed == "right" else 1.0
    return np.array([[s, 0.0, c], [0.0, out, 0.0], [c, 0.0, -s]])


def head_to_club(spec: ClubSpec, points: FloatArray, handed: str = "right") -> FloatArray:
    """Turn points from the head frame into the club frame, metres, shape (..., 3)."""
    return np.asarray(points @ head_axes(spec, handed).T + np.array([0.0, 0.0, spec.length_m]))


def head_centre(spec: ClubSpec) -> FloatArray:
    """Return the head's geometric centre in the head frame, metres, shape (3,): the middle of its outer sizes.

    A blade leans back with its loft, so the middle of its height lies behind the leading edge by half of that.
    """
    shape = head_shape(spec)
    middle = 0.5 * shape.height_m
    if spec.kind in {"iron", "wedge"}:
        back = middle * np.tan(spec.loft_rad) + 0.004
    else:
        back = 0.5 * shape.depth_m
    return np.array([0.5 * (shape.heel_m + shape.toe_m), shape.lead_m - back, middle])


def head_centre_club_frame(spec: ClubSpec, handed: str = "right") -> FloatArray:
    """Return the head's geometric centre in the club frame, metres, shape (3,), lie and loft honoured.

    handed: "right" or "left": which way the face looks (the club frame's Y does not tell).
    """
    return head_to_club(spec, head_centre(spec), handed)


def face_normal_club_frame(spec: ClubSpec, handed: str = "right") -> FloatArray:
    """Return the face's outward unit normal in the club frame, shape (3,): level at no loft, tilted up by it."""
    axes = head_axes(spec, handed)
    return np.asarray(np.cos(spec.loft_rad) * axes[:, 1] + np.sin(spec.loft_rad) * axes[:, 2])
