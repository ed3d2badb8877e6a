"""From generalised coordinates to joints and club, in closed form, for any number of times at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.truth.coordinates import LEAD_GRIP_M, TRAIL_GRIP_M, Coordinates
from twinswing.truth.golfer import DEG, GolferSpec

FloatArray = NDArray[np.float64]
# Joints of heel and toe above the ground, metres: the middle of a shoe's sole and what is in it.
SOLE_M = 0.02
# A standing leg is never quite straight: hip to ankle against thigh and shank. The pelvis gives way to it smoothly.
LEG_REACH = 0.993
_SOFT_M = 0.006


@dataclass(frozen=True)
class Pose:
    """A golfer's pose at n times in the world: joints (n, 23, 3), butt (n, 3), rotations to the world (n, 3, 3)."""

    joints_m: FloatArray
    butt_m: FloatArray
    club: FloatArray
    pelvis: FloatArray
    thorax: FloatArray


def unit(v: FloatArray) -> FloatArray:
    """Return vectors scaled to length one along the last axis."""
    return np.asarray(v / np.linalg.norm(v, axis=-1, keepdims=True))


def rotation_z(angle: FloatArray) -> FloatArray:
    """Return rotations about Z, shape (n, 3, 3)."""
    c, s, o, i = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([c, -s, o, s, c, o, o, o, i], -1).reshape(*angle.shape, 3, 3)


def rotation_x(angle: FloatArray) -> FloatArray:
    """Return rotations about X, shape (n, 3, 3)."""
    c, s, o, i = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([i, o, o, o, c, -s, o, s, c], -1).reshape(*angle.shape, 3, 3)


def rotation_y(angle: FloatArray) -> FloatArray:
    """Return rotations about Y, shape (n, 3, 3)."""
    c, s, o, i = np.cos(angle), np.sin(angle), np.zeros_like(angle), np.ones_like(angle)
    return np.stack([c, o, s, o, i, o, -s, o, c], -1).reshape(*angle.shape, 3, 3)


def rotation_to(u: FloatArray) -> FloatArray:
    """Return the shortest rotations that take Z to unit vectors, shape (n, 3) to (n, 3, 3)."""
    x, y, z = u[..., 0], u[..., 1], u[..., 2]
    k = 1.0 / (1.0 + z)
    rows = [1.0 - k * x * x, -k * x * y, x, -k * x * y, 1.0 - k * y * y, y, -x, -y, z]
    return np.stack(rows, -1).reshape(*z.shape, 3, 3)


def apply(R: FloatArray, v: FloatArray) -> FloatArray:
    """Rotate vectors, (n, 3, 3) by (n, 3) or (3,)."""
    return np.asarray(np.einsum("nij,nj->ni", R, np.broadcast_to(v, (len(R), 3))))


def two_bones(root: FloatArray, end: FloatArray, first_m: float, second_m: float, pole: FloatArray) -> FloatArray:
    """Return the middle joint between two joints, bent toward `pole`, all shape (n, 3).

    The bones keep their lengths exactly; an end out of reach raises no error here but leaves NaN, which
    `TruthSwing` refuses.
    """
    span = end - root
    d = np.linalg.norm(span, axis=-1, keepdims=True)
    axis = span / d
    along = (first_m**2 - second_m**2 + d**2) / (2.0 * d)
    square = first_m**2 - along**2
    out = np.sqrt(np.where(square >= 0.0, square, np.nan))
    side = pole - np.sum(pole * axis, -1, keepdims=True) * axis
    return np.asarray(root + along * axis + out * unit(side))


def pose(t_s: FloatArray, q: Coordinates, golfer: GolferSpec, stance_m: tuple[float, float]) -> Pose:
    """Return the pose at times (s), shape (n,)."""
    out = np.empty((len(t_s), len(JOINT_NAMES), 3))
    stance = np.array([*stance_m, 0.0])
    ahead = _feet(t_s, q, golfer, stance, out)
    R_pelvis = _pelvis(t_s, q, golfer, stance, out)
    _knees(golfer, ahead, R_pelvis, out)
    R_thorax = _thorax(t_s, q, golfer, out)
    _head(t_s, q, golfer, out)
    butt, R_club = _arms_and_club(t_s, q, golfer, R_thorax, out)
    return Pose(out, butt, R_club, R_pelvis, R_thorax)


def _feet(t: FloatArray, q: Coordinates, golfer: GolferSpec, stance: FloatArray, out: FloatArray) -> FloatArray:
    """Place both feet and return the level directions that they point in, shape (2, n, 3): left, right."""
    p = golfer.proportions
    # A foot in its own axes (x left, y back, z up) from the toe joint, which stays planted.
    heel = np.array([0.0, 0.93 * p.foot_m, 0.0])
    ankle = np.array([0.0, 0.72 * p.foot_m, p.ankle_height_m - SOLE_M])
    ahead = []
    for side, sign, flare in (("left", 1.0, 22.0 * DEG), ("right", -1.0, -8.0 * DEG)):
        yaw = np.full(t.shape, flare)
        pitch = np.zeros_like(t)
        toe = rotation_z(np.array([flare]))[0] @ np.array([0.0, -0.72 * p.foot_m, 0.0]) + stance
        toe = toe + np.array([sign * 0.5 * golfer.stance_m, 0.0, SOLE_M])
        if side == "right":
            yaw = yaw + q.foot_pivot(t)
            pitch = q.heel_lift(t)
        R_foot = rotation_z(yaw) @ rotation_x(pitch)
        out[:, JOINT[f"{side}_toe"]] = toe
        out[:, JOINT[f"{side}_heel"]] = toe + apply(R_foot, heel)
        out[:, JOINT[f"{side}_ankle"]] = toe + apply(R_foot, ankle)
        ahead.append(apply(rotation_z(yaw), np.array([0.0, -1.0, 0.0])))
    return np.stack(ahead)


def _pelvis(t: FloatArray, q: Coordinates, golfer: GolferSpec, stance: FloatArray, out: FloatArray) -> FloatArray:
    """Place pelvis and hips no higher than the legs reach, and return the pelvis's rotation."""
    p = golfer.proportions
    R = rotation_z(q.pelvis_turn(t)) @ rotation_x(q.pelvis_tilt(t))
    pelvis = np.stack([q.pelvis_x(t), q.pelvis_y(t), q.pelvis_z(t)], -1) + stance
    leg = LEG_REACH * (p.thigh_m + p.shank_m)
    hips = {}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hips[side] = apply(R, np.array([sign * 0.5 * p.hip_width_m, 0.0, 0.0]))
        ankle = out[:, JOINT[f"{side}_ankle"]]
        level = np.sum((pelvis + hips[side] - ankle)[:, :2] ** 2, axis=1)
        highest = ankle[:, 2] + np.sqrt(np.maximum(leg**2 - level, 0.0)) - hips[side][:, 2]
        pelvis[:, 2] -= _SOFT_M * np.logaddexp(0.0, (pelvis[:, 2] - highest) / _SOFT_M)
    out[:, JOINT["pelvis"]] = pelvis
    for side, offset in hips.items():
        out[:, JOINT[f"{side}_hip"]] = pelvis + offset
    return R


def _thorax(t: FloatArray, q: Coordinates, golfer: GolferSpec, out: FloatArray) -> FloatArray:
    """Place spine, neck and shoulders and return the thorax's rotation."""
    p = golfer.proportions
    pelvis = out[:, JOINT["pelvis"]]
    dx, dy = q.neck_x(t) - q.pelvis_x(t), q.neck_y(t) - q.pelvis_y(t)
    axis = np.stack([dx, dy, np.sqrt(p.trunk_m**2 - dx**2 - dy**2)], -1) / p.trunk_m
    upright = rotation_to(axis)
    R_thorax = upright @ rotation_z(q.thorax_turn(t))
    R_middle = upright @ rotation_z(0.5 * (q.pelvis_turn(t) + q.thorax_turn(t)))
    out[:, JOINT["neck"]] = neck = pelvis + p.trunk_m * axis
    # The lowest rib lies a little behind the line from hips to neck: a natural lumbar and thoracic curve. A rounded
    # upper back carries it further behind, an arched lower back before the line.
    behind = 0.03 + 0.03 * golfer.fault("c_posture") - 0.045 * golfer.fault("s_posture")
    out[:, JOINT["spine"]] = pelvis + apply(R_middle, np.array([0.0, behind, 0.42 * p.trunk_m]))
    trail = q.trail_protraction(t)
    # The trail shoulder hangs lower as it comes forward, so that the lower hand reaches the grip.
    for side, sign, turn, sag in (
        ("left", 1.0, -q.lead_protraction(t), 0.0 * t),
        ("right", -1.0, trail, -0.65 * trail),
    ):
        collar = np.array([sign * 0.5 * p.shoulder_width_m, -0.01, -0.045])
        out[:, JOINT[f"{side}_shoulder"]] = neck + apply(R_thorax, apply(rotation_z(turn) @ rotation_y(sag), collar))
    return R_thorax


def _knees(golfer: GolferSpec, ahead: FloatArray, R_pelvis: FloatArray, out: FloatArray) -> None:
    p = golfer.proportions
    for side, foot in zip(("left", "right"), ahead, strict=True):
        hip, ankle = out[:, JOINT[f"{side}_hip"]], out[:, JOINT[f"{side}_ankle"]]
        pole = foot + 0.7 * apply(R_pelvis, np.array([0.0, -1.0, 0.0]))
        out[:, JOINT[f"{side}_knee"]] = two_bones(hip, ankle, p.thigh_m, p.shank_m, pole)


def _head(t: FloatArray, q: Coordinates, golfer: GolferSpec, out: FloatArray) -> None:
    p = golfer.proportions
    lift = q.head_lift(t)
    turn = rotation_z(q.head_turn(t))
    # At address the face looks down at the ball; at the finish it looks level at the target.
    up = np.stack([0.0 * lift, -0.45 + 0.37 * lift, 0.89 + 0.10 * lift], -1)
    front = np.stack([0.0 * lift, -0.78 - 0.20 * lift, -0.62 + 0.60 * lift], -1)
    head = out[:, JOINT["neck"]] + p.neck_m * unit(apply(turn, up))
    out[:, JOINT["head"]] = head
    out[:, JOINT["nose"]] = head + p.nose_m * unit(apply(turn, front))


def _arms_and_club(
    t: FloatArray, q: Coordinates, golfer: GolferSpec, R_thorax: FloatArray, out: FloatArray
) -> tuple[FloatArray, FloatArray]:
    p = golfer.proportions
    arm = _in_plane(q.arm(t), q.arm_plane(t), q.azimuth(t))[0]
    shaft, tangent = _in_plane(q.club(t), q.club_plane(t), q.azimuth(t))
    shoulder = out[:, JOINT["left_shoulder"]]
    reach = (p.upper_arm_m + p.forearm_m) * q.arm_extension(t)[:, None]
    wrist = shoulder + reach * arm
    fold = q.elbow_fold(t)[:, None]
    bend = (1.0 - fold) * np.array([0.55, 0.5, -0.4]) + fold * np.array([0.3, -0.8, -0.5])
    elbow = two_bones(shoulder, wrist, p.upper_arm_m, p.forearm_m, apply(R_thorax, bend))
    hand = wrist + p.fist_m * _fist(unit(wrist - elbow), shaft)
    butt = hand - LEAD_GRIP_M * shaft
    out[:, JOINT["left_elbow"]], out[:, JOINT["left_wrist"]], out[:, JOINT["left_hand"]] = elbow, wrist, hand

    trail = butt + TRAIL_GRIP_M * shaft
    shoulder = out[:, JOINT["right_shoulder"]]
    pole = apply(R_thorax, np.array([-0.4, 0.4, -0.75]))
    forearm = unit(trail - shoulder)
    for _ in range(4):  # the fist follows the forearm and the forearm the wrist: settles quickly
        wrist = trail - p.fist_m * _fist(forearm, shaft)
        elbow = two_bones(shoulder, wrist, p.upper_arm_m, p.forearm_m, pole)
        forearm = unit(wrist - elbow)
    out[:, JOINT["right_elbow"]], out[:, JOINT["right_wrist"]], out[:, JOINT["right_hand"]] = elbow, wrist, trail

    roll = q.roll(t)[:, None]
    outward = np.cross(shaft, tangent)
    toe = np.cos(roll) * outward - np.sin(roll) * tangent
    return butt, np.stack([toe, np.cross(shaft, toe), shaft], -1)


def _fist(forearm: FloatArray, shaft: FloatArray) -> FloatArray:
    """Return the direction from wrist to fist: the forearm's, bent a little toward the shaft."""
    return unit(forearm + 0.45 * shaft)


def _in_plane(angle: FloatArray, slope: FloatArray, azimuth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return a unit vector at an angle in an inclined plane, and the direction that it moves in, each (n, 3).

    Angle 0 points down the slope toward the ball, +90 degrees along the plane's azimuth toward the target.
    """
    ca, sa, cz, sz = np.cos(slope), np.sin(slope), np.cos(azimuth), np.sin(azimuth)
    down = np.stack([ca * sz, -ca * cz, -sa], -1)
    along = np.stack([cz, sz, np.zeros_like(cz)], -1)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return c * down + s * along, c * along - s * down
