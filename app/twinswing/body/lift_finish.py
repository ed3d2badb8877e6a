"""From solved knots to the body at every frame: bones of exactly constant length, and the joints that follow."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import Akima1DInterpolator

from twinswing.body.lift_model import BONES, POINT
from twinswing.body.skeleton import JOINT, JOINT_NAMES

FloatArray = NDArray[np.float64]

# Collar bones hang below the base of the neck and the lowest rib lies 0.42 of the trunk up, both a little behind or
# before the line of hips and neck (a standing spine's lumbar and thoracic curve), as fractions of stature.
_NECK_ABOVE, _NECK_BEHIND = 0.030, 0.025
_SPINE_SHARE, _SPINE_BEHIND = 0.42, 0.017


def at_frames(knots_s: FloatArray, points: FloatArray, t_s: FloatArray) -> FloatArray:
    """Interpolate points (K, 20, 3) to times, held outside the knots, shape (n, 20, 3).

    Akima's modified rule neither rings at a sudden stop, as a cubic spline does, nor flattens a peak as PCHIP does.
    """
    if len(knots_s) < 3:
        return np.stack([np.interp(t_s, knots_s, column) for column in points.reshape(len(points), -1).T], -1).reshape(
            len(t_s), *points.shape[1:]
        )
    curve = Akima1DInterpolator(knots_s, points, axis=0, method="makima")
    return np.asarray(curve(np.clip(t_s, knots_s[0], knots_s[-1])))


def _unit(v: FloatArray) -> FloatArray:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9))


def middle_joint(root: FloatArray, end: FloatArray, hint: FloatArray, a_m: float, b_m: float) -> FloatArray:
    """Return the joint between `root` and `end` at a_m and b_m from them that lies nearest to `hint`, shape (n, 3)."""
    span = end - root
    d = np.maximum(np.linalg.norm(span, axis=-1, keepdims=True), 1e-6)
    axis = span / d
    along = (a_m**2 - b_m**2 + d**2) / (2.0 * d)
    out = np.sqrt(np.maximum(a_m**2 - along**2, 0.0))
    side = hint - root
    side = side - np.sum(side * axis, -1, keepdims=True) * axis
    return np.asarray(root + along * axis + out * _unit(side))


def fix_lengths(points: FloatArray, lengths_m: FloatArray) -> FloatArray:
    """Give every bone its length at every frame, changing positions as little as possible, shape (n, 20, 3).

    Feet and wrists stay where they are while the legs and arms can reach them, so that planted feet stay planted and
    hands stay on the grip.
    """
    p = points.copy()
    length = {(bone.a, bone.b): float(value) for bone, value in zip(BONES, lengths_m, strict=True)}

    def at(name: str) -> FloatArray:
        return p[:, POINT[name]]

    hips, shoulders = ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")
    pelvis = _set_width(p, hips, length[(hips[:1], hips[1:])])
    neck = 0.5 * (at(shoulders[0]) + at(shoulders[1]))
    trunk = pelvis + length[(hips, shoulders)] * _unit(neck - pelvis)
    _move(p, ("left_shoulder", "right_shoulder", "head", "nose"), trunk - neck)
    _set_width(p, shoulders, length[(shoulders[:1], shoulders[1:])])
    head = trunk + length[(shoulders, ("head",))] * _unit(at("head") - trunk)
    _move(p, ("head", "nose"), head - at("head"))
    p[:, POINT["nose"]] = head + length[(("head",), ("nose",))] * _unit(at("nose") - head)
    for side in ("left", "right"):
        _fix_limb(p, length, side, ("hip", "knee", "ankle"), ("heel", "toe"))
        _fix_limb(p, length, side, ("shoulder", "elbow", "wrist"), ("hand",))
    return p


def _set_width(p: FloatArray, pair: tuple[str, str], width_m: float) -> FloatArray:
    a, b = (POINT[name] for name in pair)
    middle = 0.5 * (p[:, a] + p[:, b])
    half = 0.5 * width_m * _unit(p[:, b] - p[:, a])
    p[:, a], p[:, b] = middle - half, middle + half
    return np.asarray(middle)


def _move(p: FloatArray, names: tuple[str, ...], shift: FloatArray) -> None:
    for name in names:
        p[:, POINT[name]] += shift


def _fix_limb(
    p: FloatArray,
    length: dict[tuple[tuple[str, ...], tuple[str, ...]], float],
    side: str,
    chain: tuple[str, str, str],
    tips: tuple[str, ...],
) -> None:
    root, mid, end = (f"{side}_{name}" for name in chain)
    a, b = length[((root,), (mid,))], length[((mid,), (end,))]
    span = p[:, POINT[end]] - p[:, POINT[root]]
    d = np.linalg.norm(span, axis=-1, keepdims=True)
    reach = np.clip(d, abs(a - b) * 1.001, (a + b) * 0.9995)
    _move(p, (end, *(f"{side}_{tip}" for tip in tips)), span * (reach / np.maximum(d, 1e-6) - 1.0))
    p[:, POINT[mid]] = middle_joint(p[:, POINT[root]], p[:, POINT[end]], p[:, POINT[mid]], a, b)
    for tip in tips:
        name = f"{side}_{tip}"
        p[:, POINT[name]] = p[:, POINT[end]] + length[((end,), (name,))] * _unit(p[:, POINT[name]] - p[:, POINT[end]])
    if tips == ("heel", "toe"):  # a foot is a triangle of three lengths
        heel, toe = (f"{side}_{tip}" for tip in tips)
        p[:, POINT[heel]] = middle_joint(
            p[:, POINT[end]], p[:, POINT[toe]], p[:, POINT[heel]], length[((end,), (heel,))], length[((heel,), (toe,))]
        )


def to_joints(points: FloatArray, height_m: float) -> FloatArray:
    """Return the 23 joints of JOINT_NAMES from the 20 points, shape (n, 23, 3)."""
    out = np.empty((len(points), len(JOINT_NAMES), 3))
    for name, i in POINT.items():
        out[:, JOINT[name]] = points[:, i]
    ls, rs = points[:, POINT["left_shoulder"]], points[:, POINT["right_shoulder"]]
    lh, rh = points[:, POINT["left_hip"]], points[:, POINT["right_hip"]]
    pelvis, chest = 0.5 * (lh + rh), 0.5 * (ls + rs)
    up = _unit(chest - pelvis)
    # Up times rightward points to the front.
    chest_front = _unit(np.cross(up, rs - ls))
    middle_front = _unit(chest_front + _unit(np.cross(up, rh - lh)))
    neck = chest + height_m * (_NECK_ABOVE * up - _NECK_BEHIND * chest_front)
    out[:, JOINT["pelvis"]] = pelvis
    out[:, JOINT["neck"]] = neck
    out[:, JOINT["spine"]] = pelvis + _SPINE_SHARE * (neck - pelvis) - height_m * _SPINE_BEHIND * middle_front
    return out
