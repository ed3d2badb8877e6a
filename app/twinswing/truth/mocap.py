"""A captured swing as an exact one: segments from marker clusters, joints at fixed places in them, the club rigid."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.club.model import ClubSpec, Mount
from twinswing.truth.build import SAMPLE_RATE_HZ
from twinswing.truth.c3d import HEAD_MARKERS, SHAFT_MARKERS, read_c3d, resampled, to_world
from twinswing.truth.coordinates import LEAD_GRIP_M, TRAIL_GRIP_M
from twinswing.truth.delivery import BALL_RADIUS_M, head_offset, head_size
from twinswing.truth.golfer import club_of
from twinswing.truth.kinematics import apply, two_bones, unit
from twinswing.truth.swing import TruthSwing, assemble

FloatArray = NDArray[np.float64]
Paths = dict[str, FloatArray]

_FIST_M = 0.080  # wrist joint to the middle of the fist
_WAIST = ("WaistLeft", "WaistRight", "WaistLBack", "WaistRBack")
_BACK = ("BackTop", "BackLeft", "BackRight")
_HEAD = ("HeadTop", "HeadFront", "HeadSide")


def swing_from_c3d(path: Path, *, serial: str = "", mount: Mount | None = None) -> TruthSwing:
    """Return the swing of a C3D file with an iron, as exact as a parametric one.

    Impact is where the ball slows the head; the ball lies in front of the face there. The face is
    taken to be square at address. Limb bones are of constant
    length: hands on the grip, elbows and knees solved toward their markers. The trunk bends as the golfer's did.
    Raises InputError for a file that is not a golf swing with these markers.
    """
    t, paths, impact = resampled(read_c3d(path), SAMPLE_RATE_HZ)
    m = to_world(paths, SAMPLE_RATE_HZ)
    handed = "right" if (m["LShoulderBack"] - m["RShoulderBack"])[0, 0] > 0.0 else "left"
    butt, R, spec = _club(m, handed, club_of("iron", serial=serial, mount=mount or Mount()))
    head = butt + R @ head_offset(spec, handed)
    met = make_interp_spline(t, head, k=5)(impact)
    ball = np.array([met[0] + head_size(spec)[1] + BALL_RADIUS_M, met[1], 0.0])
    joints, segments = _joints(m, handed, butt, R[:, :, 2])
    return assemble(
        t_s=t, joints_m=joints - ball, butt_m=butt - ball, club_rotation=R, spec=spec, handed=handed, source=path.name,
        impact_hint_s=impact, segments=segments,
    )  # fmt: skip


def rigid(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a cluster's rotation from its first frame and its centre, (n, 3, 3) and (n, 3); points (n, k, 3).

    Least squares over the markers (Kabsch 1976).
    """
    centre = points.mean(axis=1)
    spread = points - centre[:, None]
    u, _, vt = np.linalg.svd(np.einsum("ki,nkj->nij", spread[0], spread))
    v, ut = np.swapaxes(vt, 1, 2), np.swapaxes(u, 1, 2)
    turn = np.ones((len(points), 3))
    turn[:, 2] = np.sign(np.linalg.det(v @ ut))
    return v * turn[:, None, :] @ ut, centre


def _cluster(m: Paths, names: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
    return rigid(np.stack([m[name] for name in names], axis=1))


def _carried(R: FloatArray, centre: FloatArray, point: FloatArray) -> FloatArray:
    """Return the path of a point that sits at `point` in the first frame and moves with a segment."""
    return centre + apply(R, point - centre[0])


def _club(m: Paths, handed: str, spec: ClubSpec) -> tuple[FloatArray, FloatArray, ClubSpec]:
    """Return the butt, club to world, and the club with its length as found.

    The shaft's line in the club runs from where the head's cluster meets the ground at address to where both fists
    keep their mean place over the swing; the shaft's direction then goes from the grip, carried by the shaft's cluster,
    to the head, carried by the head's: the flexed shaft's chord.
    """
    R_shaft, c_shaft = _cluster(m, SHAFT_MARKERS)
    R_head, c_head = _cluster(m, HEAD_MARKERS)
    lead, trail = ("L", "R") if handed == "right" else ("R", "L")
    fists = {}
    for side in (lead, trail):
        fist = m[f"{side}WristTop"] + _FIST_M * unit(m[f"{side}WristTop"] - m[f"{side}ElbowOut"])
        in_club = np.einsum("nji,nj->ni", R_shaft, fist - c_shaft)
        fists[side] = np.median(in_club, axis=0)  # in the first frame's axes
    grip = c_shaft[0] + 0.5 * (fists[lead] + fists[trail])
    heel = min((m[name][0] for name in HEAD_MARKERS), key=lambda p: float(np.linalg.norm(p[:2] - grip[:2])))
    sole = heel + (heel - grip) * (heel[2] / (grip[2] - heel[2]))
    reach = float(np.linalg.norm(grip - sole))
    length = reach + 0.5 * (LEAD_GRIP_M + TRAIL_GRIP_M)
    top = _carried(R_shaft, c_shaft, grip)
    end = _carried(R_head, c_head, sole)
    shaft = unit(end - top)
    out = np.array([-1.0 if handed == "right" else 1.0, 0.0, 0.0])  # where the club's Y points at a square address
    toe0 = unit(np.cross(out, shaft[0]))
    toe = apply(R_head, toe0)
    toe = unit(toe - np.sum(toe * shaft, 1, keepdims=True) * shaft)
    R = np.stack([toe, np.cross(shaft, toe), shaft], -1)
    found = ClubSpec(spec.kind, spec.name, length, spec.lie_rad, spec.loft_rad, spec.mount, spec.serial)
    return top - 0.5 * (LEAD_GRIP_M + TRAIL_GRIP_M) * shaft, R, found


def _joints(m: Paths, handed: str, butt: FloatArray, shaft: FloatArray) -> tuple[FloatArray, Paths]:
    """Return the joints and the rotations of pelvis and thorax."""
    out = np.empty((len(butt), len(JOINT_NAMES), 3))
    segments = _trunk(m, out)
    _legs(m, out)
    lead = "left" if handed == "right" else "right"
    for side, letter in (("left", "L"), ("right", "R")):
        grip = LEAD_GRIP_M if side == lead else TRAIL_GRIP_M
        hand = butt + grip * shaft
        wrist = hand + _FIST_M * unit(m[f"{letter}WristTop"] - hand)
        shoulder, marker = out[:, JOINT[f"{side}_shoulder"]], m[f"{letter}ElbowOut"]
        upper = float(np.median(np.linalg.norm(marker - shoulder, axis=1)))
        fore = float(np.median(np.linalg.norm(marker - wrist, axis=1)))
        elbow = _hinge(shoulder, wrist, upper, fore, marker)
        out[:, JOINT[f"{side}_elbow"]], out[:, JOINT[f"{side}_wrist"]] = elbow, wrist
        out[:, JOINT[f"{side}_hand"]] = hand
    return out, segments


def _hinge(root: FloatArray, end: FloatArray, first: float, second: float, marker: FloatArray) -> FloatArray:
    """Return an elbow or knee toward its marker, the bones lengthened as little as lets them reach at all times."""
    longest = float(np.linalg.norm(end - root, axis=1).max())
    stretch = max(1.0, 1.004 * longest / (first + second))
    return two_bones(root, end, first * stretch, second * stretch, marker - root)


def _trunk(m: Paths, out: FloatArray) -> Paths:
    R_pelvis, c_pelvis = _cluster(m, _WAIST)
    R_thorax, c_thorax = _cluster(m, _BACK)
    R_head, c_head = _cluster(m, _HEAD)
    waist = np.mean([m[name][0] for name in _WAIST], axis=0)
    side = m["WaistLeft"][0] - m["WaistRight"][0]
    across = unit(side * [1.0, 1.0, 0.0])
    back = unit(np.cross([0.0, 0.0, 1.0], across))
    # Hip joints lie 0.10 m below the belt and 0.085 m to either side (Bell 1990, for a waist of this width).
    middle = waist - np.array([0.0, 0.0, 0.10])
    half = 0.25 * float(np.linalg.norm(side))
    out[:, JOINT["pelvis"]] = _carried(R_pelvis, c_pelvis, middle)
    out[:, JOINT["left_hip"]] = _carried(R_pelvis, c_pelvis, middle + half * across)
    out[:, JOINT["right_hip"]] = _carried(R_pelvis, c_pelvis, middle - half * across)
    neck0 = m["BackTop"][0] - 0.03 * back
    out[:, JOINT["neck"]] = neck = _carried(R_thorax, c_thorax, neck0)
    out[:, JOINT["spine"]] = _carried(R_thorax, c_thorax, neck0 + 0.55 * (middle - neck0) + 0.03 * back)
    down = unit(middle - neck0)
    for name, letter, sign in (("left", "L", 1.0), ("right", "R", -1.0)):
        # The marker sits behind the joint; the collar bone keeps its length.
        inside = -0.05 * back + 0.02 * sign * across + 0.02 * down
        joint = m[f"{letter}ShoulderBack"] + apply(R_thorax, inside)
        collar = float(np.linalg.norm(joint[0] - neck[0]))
        out[:, JOINT[f"{name}_shoulder"]] = neck + collar * unit(joint - neck)
    top, front, beside = (m[name][0] for name in _HEAD)
    centre0 = beside - across * float((beside - top) @ across)
    centre = _carried(R_head, c_head, centre0)
    reach = float(np.linalg.norm(centre0 - neck0))
    out[:, JOINT["head"]] = head = neck + reach * unit(centre - neck)
    face = unit(front - centre0) - 0.45 * unit(top - centre0)
    out[:, JOINT["nose"]] = head + 0.115 * apply(R_head, unit(face))
    return {"pelvis": R_pelvis, "thorax": R_thorax}


def _legs(m: Paths, out: FloatArray) -> None:
    for side, letter, sign in (("left", "L", 1.0), ("right", "R", -1.0)):
        names = (f"{letter}AnkleOut", f"{letter}ToeIn", f"{letter}ToeOut")
        R, c = _cluster(m, names)
        toe = 0.5 * (m[names[1]][0] + m[names[2]][0]) * [1.0, 1.0, 0.0] + [0.0, 0.0, 0.02]
        ahead = unit((toe - m[names[0]][0]) * [1.0, 1.0, 0.0])
        inward = np.cross([0.0, 0.0, 1.0], ahead) * -sign
        ankle = m[names[0]][0] + 0.04 * inward
        heel = ankle - 0.055 * ahead
        heel[2] = 0.02
        for name, point in (("toe", toe), ("ankle", ankle), ("heel", heel)):
            out[:, JOINT[f"{side}_{name}"]] = _carried(R, c, point)
        hip, foot = out[:, JOINT[f"{side}_hip"]], out[:, JOINT[f"{side}_ankle"]]
        knee = m[f"{letter}KneeOut"]
        thigh = float(np.median(np.linalg.norm(knee - hip, axis=1)))
        shank = float(np.median(np.linalg.norm(knee - foot, axis=1)))
        out[:, JOINT[f"{side}_knee"]] = _hinge(hip, foot, thigh, shank, knee)
