"""BVH, for animation programs: a hierarchy of constant bone lengths, rotations in the order ZXY, centimetres, Y up."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import JOINT
from twinswing.report.export_motion import body_of, even_motion, write_bytes, y_up
from twinswing.swing.model import SwingSession

FloatArray = NDArray[np.float64]
Pair = tuple[str, str]

_CM = 100.0
_TIP_CM = 2.0  # a last bone needs a length to be seen; its end says nothing of the golfer


@dataclass(frozen=True)
class BvhNode:
    """One joint of the hierarchy.

    at     : the body's joint that it lies on.
    aim    : the two joints whose line its rotation follows exactly; None for a leaf, which does not turn.
    twist  : a second line that settles the turn about the first; None takes the least turn from its parent.
    """

    name: str
    parent: str | None
    at: str
    aim: Pair | None
    twist: Pair | None = None


def _arm(side: str) -> tuple[BvhNode, ...]:
    def j(name: str) -> str:
        return f"{side}_{name}"

    return (
        BvhNode(j("collar"), "spine", "neck", ("neck", j("shoulder"))),
        BvhNode(j("shoulder"), j("collar"), j("shoulder"), (j("shoulder"), j("elbow"))),
        BvhNode(j("elbow"), j("shoulder"), j("elbow"), (j("elbow"), j("wrist"))),
        BvhNode(j("wrist"), j("elbow"), j("wrist"), (j("wrist"), j("hand"))),
        BvhNode(j("hand"), j("wrist"), j("hand"), None),
    )


def _leg(side: str) -> tuple[BvhNode, ...]:
    def j(name: str) -> str:
        return f"{side}_{name}"

    return (
        BvhNode(j("hip"), "pelvis", j("hip"), (j("hip"), j("knee"))),
        BvhNode(j("knee"), j("hip"), j("knee"), (j("knee"), j("ankle"))),
        BvhNode(j("ankle"), j("knee"), j("ankle"), (j("ankle"), j("toe")), (j("ankle"), j("heel"))),
        BvhNode(j("toe"), j("ankle"), j("toe"), None),
        BvhNode(j("hindfoot"), j("ankle"), j("ankle"), (j("ankle"), j("heel"))),
        BvhNode(j("heel"), j("hindfoot"), j("heel"), None),
    )


# In the order of the file: each joint is followed by all that hangs on it. Abdomen, collars and hindfeet have no
# length of their own: they let a joint with several bones, which an estimate never keeps quite rigid, reach all ends.
NODES: tuple[BvhNode, ...] = (
    BvhNode("pelvis", None, "pelvis", ("right_hip", "left_hip"), ("pelvis", "spine")),
    BvhNode("abdomen", "pelvis", "pelvis", ("pelvis", "spine")),
    BvhNode("spine", "abdomen", "spine", ("spine", "neck"), ("right_shoulder", "left_shoulder")),
    BvhNode("neck", "spine", "neck", ("neck", "head")),
    BvhNode("head", "neck", "head", ("head", "nose"), ("neck", "head")),
    BvhNode("nose", "head", "nose", None),
    *_arm("left"),
    *_arm("right"),
    *_leg("left"),
    *_leg("right"),
)


def _rest(joint: str) -> FloatArray:
    """Return the direction of the bone that ends in a joint in the rest pose: a T, facing +Z, left at +X."""
    side = -1.0 if joint.startswith("right_") else 1.0
    part = joint.removeprefix("left_").removeprefix("right_")
    if part in {"spine", "neck", "head"}:
        return np.array([0.0, 1.0, 0.0])
    if part in {"knee", "ankle"}:
        return np.array([0.0, -1.0, 0.0])
    return {
        "nose": np.array([0.0, 0.0, 1.0]),
        "toe": np.array([0.0, -0.28, 0.96]),  # the ankle's centre is above the sole
        "heel": np.array([0.0, -0.6, -0.8]),
    }.get(part, np.array([side, 0.0, 0.0]))


def write_bvh(session: SwingSession, out: Path, rate_hz: float | None = None) -> None:
    """Write the body; BVH knows no club, no events and no uncertainty.

    Bones have their median lengths; a joint's place comes back within the sum of the length changes of the bones that
    lead to it.
    """
    body_of(session, "a BVH file")
    motion = even_motion(session, "a BVH file", rate_hz)
    assert motion.joints_m is not None
    joints = y_up(motion.joints_m)
    turns = _rotations(joints)
    columns = [_CM * joints[:, JOINT["pelvis"]]]
    for node in NODES:
        turn = turns[node.name]
        columns.append(smooth_angles(turn if node.parent is None else turns[node.parent].swapaxes(1, 2) @ turn))
    rows = np.hstack(columns)
    lines = [*_hierarchy(joints), "MOTION", f"Frames: {len(rows)}", f"Frame Time: {1.0 / motion.rate_hz:.8f}"]
    lines += [" ".join(f"{x:.5f}" for x in row) for row in rows.tolist()]
    write_bytes(out, ("\n".join(lines) + "\n").encode())


def _rotations(joints: FloatArray) -> dict[str, FloatArray]:
    """Return every node's rotation to the world over time, shape (n, 3, 3), from joints in Y-up axes."""
    turns: dict[str, FloatArray] = {}
    for node in NODES:
        parent = np.broadcast_to(np.eye(3), (len(joints), 3, 3)) if node.parent is None else turns[node.parent]
        if node.aim is None:
            turns[node.name] = parent
            continue
        rest, line = _rest(node.aim[1]), _line(joints, node.aim)
        if node.twist is None:
            turns[node.name] = least_turn(parent @ rest, line) @ parent
        else:
            there = _frame(line, _line(joints, node.twist))
            turns[node.name] = there @ _frame(rest, _rest(node.twist[1])).swapaxes(-1, -2)
    return turns


def _line(joints: FloatArray, pair: Pair) -> FloatArray:
    return np.asarray(joints[:, JOINT[pair[1]]] - joints[:, JOINT[pair[0]]])


def _unit(v: FloatArray) -> FloatArray:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


def _frame(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the right-handed axes (columns) whose first lies along a vector and whose second lies toward another."""
    x = _unit(first)
    y = _unit(second - np.sum(second * x, axis=-1, keepdims=True) * x)
    return np.stack([x, y, np.cross(x, y)], axis=-1)


def least_turn(start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the smallest rotations that turn vectors onto others, shape (n, 3) to (n, 3, 3)."""
    a, b = _unit(start), _unit(end)
    cross, dot = np.cross(a, b), np.sum(a * b, axis=-1)
    # Opposite vectors: half a turn about any axis across.
    least = np.eye(3)[np.argmin(np.abs(a), axis=-1)]
    across = _unit(np.cross(a, least))
    opposite = dot < -1.0 + 1e-9
    xyz = np.where(opposite[..., None], across, cross)
    w = np.where(opposite, 0.0, 1.0 + dot)
    return np.asarray(Rotation.from_quat(np.concatenate([xyz, w[..., None]], axis=-1)).as_matrix())


def smooth_angles(turns: FloatArray) -> FloatArray:
    """Return rotations, shape (n, 3, 3), as angles about Z, X and Y, each about the axes that the one before left.

    Degrees, shape (n, 3). Of the two ways to write a rotation so, (z, x, y) and (z + 180, 180 - x, y + 180), and of
    their full turns, each row has the one nearest to the row before: programs interpolate the numbers.
    """
    with warnings.catch_warnings():
        # At the middle angle's 90 degrees the outer two share one axis; any split of them is the same rotation.
        warnings.filterwarnings("ignore", message="Gimbal lock")
        angles = np.asarray(Rotation.from_matrix(turns).as_euler("ZXY", degrees=True))
    other = np.stack([angles[:, 0] + 180.0, 180.0 - angles[:, 1], angles[:, 2] + 180.0], axis=1)
    both = np.stack([angles, other], axis=1)
    for k in range(1, len(angles)):
        near = both[k] - 360.0 * np.round((both[k] - angles[k - 1]) / 360.0)
        angles[k] = near[np.argmin(np.abs(near - angles[k - 1]).max(axis=1))]
    return angles


def _hierarchy(joints: FloatArray) -> list[str]:
    lines = ["HIERARCHY"]
    children: dict[str | None, list[BvhNode]] = {}
    for node in NODES:
        children.setdefault(node.parent, []).append(node)
    at = {node.name: node.at for node in NODES}

    def add(node: BvhNode, depth: int) -> None:
        pad = "  " * depth
        offset = np.zeros(3)
        if node.parent is not None and at[node.parent] != node.at:
            length = np.median(np.linalg.norm(_line(joints, (at[node.parent], node.at)), axis=1))
            offset = _CM * length * _unit(_rest(node.at))
        kind, channels = ("ROOT", "6 Xposition Yposition Zposition") if depth == 0 else ("JOINT", "3")
        lines.extend([f"{pad}{kind} {node.name}", pad + "{", f"{pad}  OFFSET {_numbers(offset)}"])
        lines.append(f"{pad}  CHANNELS {channels} Zrotation Xrotation Yrotation")
        for child in children.get(node.name, []):
            add(child, depth + 1)
        if node.name not in children:
            tip = _numbers(_TIP_CM * _unit(_rest(node.at)))
            lines.extend([f"{pad}  End Site", pad + "  {", f"{pad}    OFFSET {tip}", pad + "  }"])
        lines.append(pad + "}")

    add(NODES[0], 0)
    return lines


def _numbers(v: FloatArray) -> str:
    return " ".join(f"{x:.5f}" for x in v)
