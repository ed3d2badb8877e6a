"""How the figure's skin hangs on its bones: smooth weights along the trunk and the limbs."""

from collections.abc import Sequence

import numpy as np

from twinswing.stage.figure_rest import BONE_COUNT, Bone, Rest
from twinswing.stage.mesh import FloatArray, Mesh, unit

SIDES = ("left", "right")


def hats(coordinate: FloatArray, knots: Sequence[tuple[float, Bone]]) -> FloatArray:
    """Return weights, shape (n, 30): each bone is full at its knot and eases into its neighbours, rows sum to 1."""
    where = np.array([k[0] for k in knots])
    out = np.zeros((len(coordinate), BONE_COUNT))
    i = np.clip(np.searchsorted(where, coordinate) - 1, 0, len(knots) - 2)
    t = np.clip((coordinate - where[i]) / (where[i + 1] - where[i]), 0.0, 1.0)
    t = t * t * (3.0 - 2.0 * t)
    bones = np.array([int(k[1]) for k in knots])
    rows = np.arange(len(coordinate))
    np.add.at(out, (rows, bones[i]), 1.0 - t)
    np.add.at(out, (rows, bones[i + 1]), t)
    return out


def trunk_weights(rest: Rest, p: FloatArray) -> FloatArray:
    """Return the weights of points on the trunk and neck, shape (n, 30), by their height."""
    h = rest.height_m
    knots = [
        (0.545 * h, Bone.PELVIS),
        (0.590 * h, Bone.LUMBAR),
        (0.655 * h, Bone.RIBS),
        (0.740 * h, Bone.THORAX),
        (0.828 * h, Bone.THORAX),
        (0.856 * h, Bone.NECK),
        (0.884 * h, Bone.HEAD),
    ]
    return hats(p[:, 2], knots)


def _chain_coordinate(p: FloatArray, a: FloatArray, b: FloatArray, c: FloatArray) -> tuple[FloatArray, float, float]:
    """Return how far along a bent limb points lie, metres from a through b to c, and its two lengths."""
    u, f = unit(b - a), unit(c - b)
    first, second = float(np.linalg.norm(b - a)), float(np.linalg.norm(c - b))
    beyond = (p - b) @ unit(u + f) > 0.0
    return np.where(beyond, first + np.maximum((p - b) @ f, 0.0), np.minimum((p - a) @ u, first)), first, second


def arm_weights(rest: Rest, p: FloatArray, side: int) -> FloatArray:
    """Return the weights of points on an arm (side 0 left, 1 right), shape (n, 30)."""
    name = SIDES[side]
    a, b, c = (rest.joint(f"{name}_{part}") for part in ("shoulder", "elbow", "wrist"))
    along, upper, fore = _chain_coordinate(p, a, b, c)
    near = 0.030 * rest.height_m
    knots = [
        (-0.01, Bone(Bone.L_CLAVICLE + side)),
        (0.40 * upper, Bone(Bone.L_ARM_SWING + side)),
        (upper - near, Bone(Bone.L_ARM + side)),
        (upper, Bone(Bone.L_ELBOW_HALF + side)),
        (upper + near, Bone(Bone.L_FOREARM + side)),
        (upper + 0.86 * fore, Bone(Bone.L_WRIST + side)),
        (upper + fore, Bone(Bone.L_WRIST + side)),
        (upper + 1.16 * fore, Bone(Bone.L_HAND + side)),
    ]
    return hats(along, knots)


def leg_weights(rest: Rest, p: FloatArray, side: int) -> FloatArray:
    """Return the weights of points on a leg (side 0 left, 1 right), shape (n, 30)."""
    name = SIDES[side]
    a, b, c = (rest.joint(f"{name}_{part}") for part in ("hip", "knee", "ankle"))
    along, upper, lower = _chain_coordinate(p, a, b, c)
    near = 0.040 * rest.height_m
    knots = [
        (-0.02, Bone(Bone.L_HIP_HALF + side)),
        (0.26 * upper, Bone(Bone.L_THIGH + side)),
        (upper - near, Bone(Bone.L_THIGH + side)),
        (upper, Bone(Bone.L_KNEE_HALF + side)),
        (upper + near, Bone(Bone.L_SHIN + side)),
        (upper + lower, Bone(Bone.L_SHIN + side)),
    ]
    return hats(along, knots)


def share(distance_a: FloatArray, distance_b: FloatArray, over_m: float) -> FloatArray:
    """Return how much a point belongs to b rather than a, 0 to 1, from its distances to both; shape (n, 1)."""
    t = np.clip(0.5 + 0.5 * (distance_a - distance_b) / over_m, 0.0, 1.0)
    return np.asarray((t * t * (3.0 - 2.0 * t))[:, None])


def hung(mesh: Mesh, weights: FloatArray) -> Mesh:
    """Return the mesh on the four strongest bones of each vertex; weights: shape (n, 30)."""
    index = np.argsort(-weights, axis=1)[:, :4]
    kept = np.take_along_axis(weights, index, 1)
    kept /= kept.sum(1, keepdims=True)
    return mesh.rigged(index.astype(np.uint8), kept)
