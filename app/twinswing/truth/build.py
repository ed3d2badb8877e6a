"""Build an exact swing from a golfer's parameters: solve for what makes the club meet the ball as asked."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.club.model import ClubSpec
from twinswing.errors import InputError
from twinswing.truth.coordinates import Phases, Setup, Unknowns, coordinates
from twinswing.truth.delivery import BALL_RADIUS_M, face_normal, head_offset, head_size
from twinswing.truth.golfer import DEG, GolferSpec, club_of, tee_height_m, tour_golfer, with_fault_strike
from twinswing.truth.kinematics import Pose, pose
from twinswing.truth.swing import TruthSwing, assemble

FloatArray = NDArray[np.float64]

SAMPLE_RATE_HZ = 1000.0
TRAIL_REACH = 0.975  # trail arm at address against its full length: the elbow is soft
# Beyond these a golfer would be contorted: a solution, but no swing.
MOST_SHIFT_M = 0.30
MOST_RISE_M = 0.12
_H_S = 2e-4  # step of the central difference at impact


def make_swing(golfer: GolferSpec | None = None, club: ClubSpec | None = None) -> TruthSwing:
    """Return a golfer's swing with a club, exact and smooth; by default a tour player's 7 iron.

    Raises InputError when no such swing exists for this body and club.
    """
    club = club_of("iron") if club is None else club
    golfer = tour_golfer(club.kind) if golfer is None else golfer
    swung = with_fault_strike(golfer)
    unknowns = solve(swung, club)
    phases = Phases.of(golfer)
    t = np.arange(round(phases.end_s * SAMPLE_RATE_HZ) + 1) / SAMPLE_RATE_HZ
    found = _pose(t, swung, club, unknowns)
    if golfer.handed == "left":
        found = mirrored(found)
    return assemble(
        t_s=t,
        joints_m=found.joints_m,
        butt_m=found.butt_m,
        club_rotation=found.club,
        spec=club,
        handed=golfer.handed,
        golfer=golfer,
        impact_hint_s=phases.impact_s,
        segments={"pelvis": found.pelvis, "thorax": found.thorax},
    )


def mirrored(found: Pose) -> Pose:
    """Return a pose seen in a mirror along the target line: left and right exchanged, the club's face turned about."""
    swap = [
        JOINT_NAMES.index(n.replace("left_", "right_") if n.startswith("left_") else n.replace("right_", "left_"))
        for n in JOINT_NAMES
    ]
    mirror = np.array([1.0, -1.0, 1.0])
    across = np.array([-1.0, 1.0, 1.0])  # a body's left axis becomes its right one
    return Pose(
        found.joints_m[:, swap] * mirror,
        found.butt_m * mirror,
        mirror[:, None] * found.club * mirror,
        mirror[:, None] * found.pelvis * across,
        mirror[:, None] * found.thorax * across,
    )


def impact_head_m(golfer: GolferSpec, club: ClubSpec) -> FloatArray:
    """Return where the head's centre is when the face meets the ball: the ball rests at the origin, on its tee."""
    height, depth = head_size(club)
    ball = tee_height_m(club.kind) + BALL_RADIUS_M
    back = BALL_RADIUS_M + depth
    return np.array([-back * np.cos(golfer.face_rad), back * np.sin(golfer.face_rad), max(height, ball - 0.01)])


def solve(golfer: GolferSpec, club: ClubSpec) -> Unknowns:
    """Return the unknowns that put the head at the ball at address and give the asked delivery at impact.

    Eleven equations (head and trail arm at address; head, direction, speed and face at impact) for eleven unknowns.
    Raises InputError when they have no solution for this golfer.
    """
    setup = Setup.of(golfer, club)
    hands = 0.6 * np.cos(setup.arm_plane_rad)
    ball = (club.length_m - 0.06) * np.cos(setup.club_plane_rad)
    neck = golfer.proportions.trunk_m * np.sin(setup.spine_bend_rad) - setup.pelvis_y_m
    rate = golfer.head_speed_mps / (club.length_m + 0.1)
    start = np.array([
        0.0, ball + hands + neck + 0.03, 0.02, 5.0 * DEG, 0.0, 0.0, rate,
        0.0, setup.arm_plane_rad, setup.club_plane_rad, 0.5,
    ])  # fmt: skip
    scale = np.array([0.05, 0.05, 0.02, 0.1, 0.1, 0.3, 2.0, 0.1, 0.1, 0.1, 0.2])

    def miss(x: FloatArray) -> FloatArray:
        return _miss(Unknowns(*(x * scale)), golfer, club)

    result = least_squares(miss, start / scale, method="lm", xtol=1e-14, ftol=1e-14)
    worst = float(np.max(np.abs(result.fun)))
    found = Unknowns(*(result.x * scale))
    if not (worst < 1e-6 and abs(found.shift_m) < MOST_SHIFT_M and abs(found.rise_m) < MOST_RISE_M):
        raise InputError(
            f"expected a swing that meets the ball as asked, found none for a {golfer.height_m:.2f} m golfer"
            f" with a {club.name} (missed by {worst:.1e})"
        )
    return found


def _pose(t: FloatArray, golfer: GolferSpec, club: ClubSpec, unknowns: Unknowns) -> Pose:
    q = coordinates(golfer, club, unknowns)
    return pose(t, q, golfer, (0.5 * unknowns.shift_m - golfer.ball_m, unknowns.stance_y_m))


def _miss(unknowns: Unknowns, golfer: GolferSpec, club: ClubSpec) -> FloatArray:
    """Return the eleven residuals: metres, radians, and speed as a part of the asked speed."""
    phases = Phases.of(golfer)
    t = np.array([0.0, phases.impact_s - _H_S, phases.impact_s, phases.impact_s + _H_S])
    found = _pose(t, golfer, club, unknowns)
    head = found.butt_m + found.club @ head_offset(club, "right")
    want = impact_head_m(golfer, club)
    address = np.array([want[0] - 0.015, 0.0, head_size(club)[0] + 0.006])
    v = (head[3] - head[1]) / (2.0 * _H_S)
    normal = found.club[2] @ face_normal(club, "right")
    trail = found.joints_m[0, JOINT["right_hand"]] - found.joints_m[0, JOINT["right_shoulder"]]
    p = golfer.proportions
    path, face = golfer.path_rad, golfer.face_rad
    if golfer.handed == "left":  # right of the target stays right in the mirror's world
        path, face, want = -path, -face, want * np.array([1.0, -1.0, 1.0])
    return np.array([
        *(head[0] - address),
        *(head[2] - want),
        np.arctan2(v[2], np.hypot(v[0], v[1])) - golfer.attack_rad,
        np.arctan2(-v[1], v[0]) - path,
        np.linalg.norm(v) / golfer.head_speed_mps - 1.0,
        np.arctan2(-normal[1], normal[0]) - face,
        np.linalg.norm(trail) / (p.upper_arm_m + p.forearm_m + p.fist_m) - TRAIL_REACH,
    ])  # fmt: skip
