"""A position put right: the golfer's own joints at the moment that shows a fault, moved as its rule says.

Bones keep their lengths, feet stay where they stand, and hands stay together: hips and hands are moved, knees and
elbows follow. What is drawn beside the golfer is this and nothing that another golfer did.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.swing.faults import Fault, Move
from twinswing.swing.geometry import BODY, LINES, SINCE_ADDRESS, canonical
from twinswing.swing.measure_table import measure_table
from twinswing.swing.model import SwingSession

FloatArray = NDArray[np.float64]

_LEGS = [JOINT[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle", "heel", "toe")]
_UPPER = [i for i, n in enumerate(JOINT_NAMES) if i not in _LEGS and not n.endswith("hip") and n != "pelvis"]
_ARMS = [JOINT[f"{s}_{p}"] for s in ("left", "right") for p in ("shoulder", "elbow", "wrist", "hand")]
_STEPS = 12  # of a search for the amount that gives a measure its value; it converges in five


@dataclass(frozen=True)
class Corrected:
    """A corrected position: session time (s), joints in the world (23, 3) metres, and how far the furthest moved."""

    fault: str
    position: str
    t_s: float
    joints_m: FloatArray
    moved_m: float


def corrected(session: SwingSession, fault: Fault, at: str | None = None) -> Corrected | None:
    """Return the position that shows a fault as it would be without it; None where the session does not show it.

    at: another position than the rule's (`Finding.at`). A move whose measure needs the address is left out where the
    address was not found.
    """
    at = at or fault.at
    body, event = session.body, session.events.get(at)
    if body is None or event is None or not fault.ghost:
        return None
    start = session.events.get("address")
    now = canonical(body.at(event.t_s), body.handed)
    address = None if start is None else canonical(body.at(start.t_s), body.handed)
    joints = now
    for move in fault.ghost:
        joints = _moved(joints, move, address, at_address=at == "address")
    if joints is now:
        return None
    out = canonical(joints, body.handed)
    far = float(np.linalg.norm(joints - now, axis=1).max())
    return Corrected(fault.name, at, event.t_s, out, far)


def _moved(joints: FloatArray, move: Move, address: FloatArray | None, *, at_address: bool) -> FloatArray:
    if move.by is not None:
        return apply_move(joints, move, move.by)
    assert move.measure is not None
    assert move.to is not None
    key = measure_table()[move.measure].key
    if key not in BODY or (key in SINCE_ADDRESS and address is None):
        return joints
    function, target = BODY[key], move.to

    def miss(amount: float) -> float:
        there = apply_move(joints, move, amount)
        return float(function(there, there if at_address or address is None else address)) - target

    # Secant steps: the measure is nearly linear in what is moved.
    a, b = 0.0, 0.02
    fa, fb = miss(a), miss(b)
    for _ in range(_STEPS):
        if abs(fb) < 1e-5 or abs(fb - fa) < 1e-9:
            break
        a, b, fa = b, float(np.clip(b - fb * (b - a) / (fb - fa), -0.6, 0.6)), fb
        fb = miss(b)
    return apply_move(joints, move, b)


def apply_move(joints: FloatArray, move: Move, amount: float) -> FloatArray:
    """Return a right-handed golfer's joints (23, 3) with one move made by an amount: metres for pelvis, hands and
    back, radians for trunk, shoulders and arm."""
    if move.move == "pelvis":
        return _pelvis(joints, _axis(move.axis) * amount)
    if move.move == "hands":
        return _hands(joints, _axis(move.axis) * amount)
    if move.move == "trunk":
        return _turned(joints, _UPPER, JOINT["pelvis"], _trunk_axis(joints, move.axis), amount)
    if move.move == "shoulders":
        line = joints[JOINT[LINES["thorax"][0]]] - joints[JOINT[LINES["thorax"][1]]]
        trunk = joints[JOINT["neck"]] - joints[JOINT["pelvis"]]
        return _turned(joints, _ARMS, JOINT["neck"], np.cross(line, trunk), amount)
    if move.move == "arm":
        return _arm(joints, amount)
    return _back(joints, amount)


def _axis(name: str) -> FloatArray:
    return np.asarray(np.eye(3)["xyz".index(name)])


def _trunk_axis(joints: FloatArray, name: str) -> FloatArray:
    """Return the axis about which a positive amount bends toward the ball, away from the target, or turns away."""
    if name == "forward":
        return np.array([1.0, 0.0, 0.0])
    if name == "side":
        return np.array([0.0, -1.0, 0.0])
    return np.asarray(joints[JOINT["pelvis"]] - joints[JOINT["neck"]])


def _turned(joints: FloatArray, which: list[int], about: int, axis: FloatArray, angle: float) -> FloatArray:
    """Turn joints about an axis through another (Rodrigues), radians."""
    k = axis / max(float(np.linalg.norm(axis)), 1e-9)
    v = joints[which] - joints[about]
    c, s = np.cos(angle), np.sin(angle)
    out = joints.copy()
    out[which] = joints[about] + v * c + np.cross(k, v) * s + np.outer(v @ k, k) * (1.0 - c)
    return out


def _pelvis(joints: FloatArray, shift: FloatArray) -> FloatArray:
    """Shift everything but the feet; knees bend to it. A leg that cannot reach lowers the pelvis until it can."""
    out = joints.copy()
    upper = [JOINT["pelvis"], JOINT["left_hip"], JOINT["right_hip"], *_UPPER]
    out[upper] += shift
    drop = 0.0
    for side in ("left", "right"):
        hip, knee, ankle = (JOINT[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
        leg = sum(_length(joints, pair) for pair in ((hip, knee), (knee, ankle)))
        level = float(np.sum((out[hip] - out[ankle])[:2] ** 2))
        drop = max(drop, float(out[hip, 2] - out[ankle, 2]) - float(np.sqrt(max((0.999 * leg) ** 2 - level, 0.0))))
    out[upper, 2] -= drop
    for side in ("left", "right"):
        hip, knee, ankle = (JOINT[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
        out[knee] = _between(joints, out, hip, knee, ankle)
    return out


def _hands(joints: FloatArray, shift: FloatArray) -> FloatArray:
    """Shift both hands as far as both arms reach; elbows follow."""
    reach = 1.0
    for side in ("left", "right"):
        shoulder, elbow, wrist = (JOINT[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist"))
        arm = 0.999 * (_length(joints, (shoulder, elbow)) + _length(joints, (elbow, wrist)))
        v = joints[wrist] - joints[shoulder]
        b, c = float(v @ shift), float(v @ v) - arm**2
        a = float(shift @ shift)
        if a > 0.0 and float((v + shift) @ (v + shift)) > arm**2:
            reach = min(reach, max((-b + float(np.sqrt(max(b * b - a * c, 0.0)))) / a, 0.0))
    out = joints.copy()
    for side in ("left", "right"):
        shoulder, elbow, wrist, hand = (JOINT[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist", "hand"))
        out[[wrist, hand]] += reach * shift
        out[elbow] = _between(joints, out, shoulder, elbow, wrist)
    return out


def _arm(joints: FloatArray, amount: float) -> FloatArray:
    """Straighten the lead elbow by an angle: its wrist goes out along the arm, and the other hand with it."""
    shoulder, elbow, wrist = (JOINT[f"left_{part}"] for part in ("shoulder", "elbow", "wrist"))
    a, b = _length(joints, (shoulder, elbow)), _length(joints, (elbow, wrist))
    span = joints[wrist] - joints[shoulder]
    now = float(np.linalg.norm(span))
    bend = float(np.arccos(np.clip((now**2 - a * a - b * b) / (2.0 * a * b), -1.0, 1.0)))
    want = float(np.clip(bend - amount, 0.05, np.pi - 0.3))
    length = float(np.sqrt(a * a + b * b + 2.0 * a * b * np.cos(want)))
    return _hands(joints, span * (length / now - 1.0))


def _back(joints: FloatArray, amount: float) -> FloatArray:
    """Move the lowest rib out of the back's line by so many metres, away from the ball being positive."""
    out = joints.copy()
    across = joints[JOINT[LINES["thorax"][0]]] - joints[JOINT[LINES["thorax"][1]]]
    up = joints[JOINT["neck"]] - joints[JOINT["pelvis"]]
    back = -np.cross(across, up)
    out[JOINT["spine"]] += amount * back / max(float(np.linalg.norm(back)), 1e-9)
    return out


def _length(joints: FloatArray, pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(joints[pair[0]] - joints[pair[1]]))


def _between(old: FloatArray, new: FloatArray, root: int, middle: int, end: int) -> FloatArray:
    """Return the middle joint of a limb whose ends moved, on the side to which it was bent, bones as long as before."""
    a, b = _length(old, (root, middle)), _length(old, (middle, end))
    span = new[end] - new[root]
    d = float(np.clip(np.linalg.norm(span), abs(a - b) + 1e-6, a + b - 1e-6))
    axis = span / max(float(np.linalg.norm(span)), 1e-9)
    along = (a * a - b * b + d * d) / (2.0 * d)
    side = old[middle] - old[root]
    side = side - (side @ axis) * axis
    if float(np.linalg.norm(side)) < 1e-6:
        side = np.cross(axis, [1.0, 0.0, 0.0])
    return np.asarray(new[root] + along * axis + np.sqrt(max(a * a - along * along, 0.0)) * side / np.linalg.norm(side))
