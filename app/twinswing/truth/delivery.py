"""The club at the ball: geometry of the head, and what a launch monitor would say of the strike."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from twinswing.club.model import ClubSpec
from twinswing.stage.club_model_geometry import face_normal_club_frame, head_centre, head_centre_club_frame, head_shape

FloatArray = NDArray[np.float64]

BALL_RADIUS_M = 0.02135  # the Rules of Golf's least diameter, 42.67 mm


def head_offset(spec: ClubSpec, handed: str) -> FloatArray:
    """Return the head's geometric centre in the club frame, metres, shape (3,), as the stage draws it."""
    return head_centre_club_frame(spec, handed)


def face_normal(spec: ClubSpec, handed: str) -> FloatArray:
    """Return the unit normal of the face in the club frame, shape (3,), as the stage draws it."""
    return face_normal_club_frame(spec, handed)


def head_size(spec: ClubSpec) -> tuple[float, float]:
    """Return the height of the head's centre above its sole and its depth behind the face, metres."""
    centre = head_centre(spec)
    lead = np.array([0.0, head_shape(spec).lead_m, 0.0])
    normal = np.array([0.0, np.cos(spec.loft_rad), np.sin(spec.loft_rad)])
    return float(centre[2]), float((lead - centre) @ normal)


@dataclass(frozen=True)
class Delivery:
    """The strike by TrackMan's definitions, at the instant of impact; directions are positive to the target's right.

    head_speed_mps    : speed of the head's geometric centre.
    attack_rad        : its vertical direction, positive upward.
    path_rad          : its horizontal direction against the target.
    face_rad          : horizontal direction of the face.
    dynamic_loft_rad  : vertical direction of the face.
    shaft_lean_rad    : shaft's lean toward the target, seen face-on.
    lie_rad           : shaft against the ground, seen down the line.
    """

    head_speed_mps: float
    attack_rad: float
    path_rad: float
    face_rad: float
    dynamic_loft_rad: float
    shaft_lean_rad: float
    lie_rad: float

    @classmethod
    def at_impact(
        cls, t_s: FloatArray, head_m: FloatArray, club: FloatArray, spec: ClubSpec, handed: str, impact_s: float
    ) -> "Delivery":
        """Return the delivery at `impact_s` of a head's path, shape (n, 3), and club to world, shape (n, 3, 3)."""
        i = int(np.searchsorted(t_s, impact_s))
        near = slice(max(i - 24, 0), max(i, 8))  # before the blow alone, which changes all of it
        velocity = make_interp_spline(t_s[near], head_m[near], k=5).derivative()(impact_s)
        u, _, vt = np.linalg.svd(make_interp_spline(t_s[near], club[near], k=5)(impact_s))
        R = u @ vt
        return cls.of(np.asarray(velocity), R, spec, handed)

    @classmethod
    def of(cls, velocity: FloatArray, R: FloatArray, spec: ClubSpec, handed: str) -> "Delivery":
        """Return the delivery of a head's velocity (m/s) and a club's rotation to the world."""
        normal = R @ face_normal(spec, handed)
        shaft = R[:, 2]
        return cls(
            head_speed_mps=float(np.linalg.norm(velocity)),
            attack_rad=float(np.arctan2(velocity[2], np.hypot(velocity[0], velocity[1]))),
            path_rad=float(np.arctan2(-velocity[1], velocity[0])),
            face_rad=float(np.arctan2(-normal[1], normal[0])),
            dynamic_loft_rad=float(np.arcsin(np.clip(normal[2], -1.0, 1.0))),
            shaft_lean_rad=float(np.arctan2(-shaft[0], -shaft[2])),
            lie_rad=float(np.arctan2(-shaft[2], abs(shaft[1]))),
        )

    def as_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)
