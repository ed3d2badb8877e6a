"""One exact swing: its motion, the club's, its events and its delivery, from parameters or from motion capture."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline, make_interp_spline
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import JOINT, JOINT_NAMES, BodyMotion
from twinswing.club.model import ClubMotion, ClubSpec
from twinswing.errors import InputError
from twinswing.truth.delivery import Delivery, face_normal, head_offset
from twinswing.truth.events import exact_events
from twinswing.truth.golfer import GolferSpec

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class TruthSwing:
    """A swing that is known exactly, on the video's clock (seconds from the first frame).

    t_s       : sample times, evenly spaced, shape (n,).
    body      : joints in the world, metres.
    club      : club pose and head in the world; its head_m is the head's geometric centre.
    events_s  : the eight events by name, seconds.
    delivery  : speed, attack, path and face at impact.
    golfer    : the parameters, or None when the swing was captured from a person.
    handed    : "right" or "left".
    source    : "parametric" or the capture file's name.
    segments  : rotations of "pelvis" and "thorax" to the world at each sample, shape (n, 3, 3).
    """

    t_s: FloatArray
    body: BodyMotion
    club: ClubMotion
    events_s: dict[str, float]
    delivery: Delivery
    golfer: GolferSpec | None
    handed: str
    source: str = "parametric"
    segments: dict[str, FloatArray] = field(default_factory=dict, repr=False, compare=False)
    _splines: dict[str, BSpline] = field(default_factory=dict, repr=False, compare=False)

    @property
    def spec(self) -> ClubSpec:
        """The club."""
        return self.club.spec

    @property
    def duration_s(self) -> float:
        """Length of the motion, seconds."""
        return float(self.t_s[-1] - self.t_s[0])

    def head_speed(self) -> FloatArray:
        """Return the head's speed at each sample, m/s, shape (n,)."""
        return np.asarray(np.linalg.norm(np.gradient(self.club.head_m, self.t_s, axis=0, edge_order=2), axis=1))

    def butt_spline(self) -> BSpline:
        """Return the butt's position as a quintic spline, so that accelerations are smooth."""
        return self._spline("butt", self.club.butt_m)

    def quaternion_spline(self) -> BSpline:
        """Return the club's quaternion as a quintic spline; normalise what it gives."""
        return self._spline("quaternion", self.club.quaternion)

    def joint_spline(self) -> BSpline:
        """Return the joints, shape (23, 3) at a time, as a cubic spline."""
        return self._spline("joints", self.body.joints_m, degree=3)

    def joints_at(self, t_s: ArrayLike) -> FloatArray:
        """Return the joints at times (s), held at the ends, shape (..., 23, 3)."""
        return np.asarray(self.joint_spline()(self._inside(t_s)))

    def club_at(self, t_s: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the butt (m), (..., 3), and the club's rotation to the world, (..., 3, 3), at times (s)."""
        t = self._inside(t_s)
        q = self.quaternion_spline()(t)
        flat = Rotation.from_quat(q.reshape(-1, 4), scalar_first=True).as_matrix()
        return np.asarray(self.butt_spline()(t)), flat.reshape(*t.shape, 3, 3)

    def head_at(self, t_s: ArrayLike) -> FloatArray:
        """Return the head's geometric centre at times (s), metres, shape (..., 3)."""
        butt, R = self.club_at(t_s)
        return np.asarray(butt + R @ head_offset(self.spec, self.handed))

    def _inside(self, t_s: ArrayLike) -> FloatArray:
        return np.clip(np.asarray(t_s, dtype=np.float64), self.t_s[0], self.t_s[-1])

    def _spline(self, name: str, values: FloatArray, degree: int = 5) -> BSpline:
        if name not in self._splines:
            self._splines[name] = make_interp_spline(self.t_s, values, k=degree)
        return self._splines[name]


def assemble(
    *,
    t_s: FloatArray,
    joints_m: FloatArray,
    butt_m: FloatArray,
    club_rotation: FloatArray,
    spec: ClubSpec,
    handed: str,
    golfer: GolferSpec | None = None,
    source: str = "parametric",
    impact_hint_s: float | None = None,
    segments: dict[str, FloatArray] | None = None,
) -> TruthSwing:
    """Put a motion together and find its events and delivery.

    t_s (n,), joints_m (n, 23, 3), butt_m (n, 3), club_rotation club to world (n, 3, 3). Raises InputError when a joint
    is not finite, which means that the body could not reach.
    """
    bad = ~np.isfinite(joints_m).all(axis=(1, 2))
    if bad.any():
        joint = JOINT_NAMES[int(np.argmax(~np.isfinite(joints_m[int(np.argmax(bad))]).all(axis=1)))]
        raise InputError(f"expected a swing within the body's reach, found that the {joint} cannot reach in {source}")
    quaternion = continuous(Rotation.from_matrix(club_rotation).as_quat(scalar_first=True))
    head = butt_m + club_rotation @ head_offset(spec, handed)
    zeros = np.zeros(len(t_s))
    body = BodyMotion(t_s, joints_m, np.zeros(joints_m.shape[:2]), handed, "truth")
    club = ClubMotion(t_s, butt_m, quaternion, head, zeros, zeros, spec, "truth")
    arm = joints_m[:, JOINT["left_wrist" if handed == "right" else "right_wrist"]]
    arm = arm - joints_m[:, JOINT["left_shoulder" if handed == "right" else "right_shoulder"]]
    events = exact_events(t_s, shaft=club_rotation[:, :, 2], arm=arm, head=head, handed=handed, near_s=impact_hint_s)
    delivery = Delivery.at_impact(t_s, head, club_rotation, spec, handed, events["impact"])
    return TruthSwing(t_s, body, club, events, delivery, golfer, handed, source, segments or {})


def continuous(quaternion: FloatArray) -> FloatArray:
    """Return quaternions, shape (n, 4), with signs chosen so that neighbours lie close."""
    flips = np.sum(quaternion[1:] * quaternion[:-1], axis=1) < 0.0
    sign = np.where(np.concatenate([[False], np.cumsum(flips) % 2 == 1]), -1.0, 1.0)
    return np.asarray(quaternion * sign[:, None])


__all__ = ["TruthSwing", "assemble", "continuous", "face_normal"]
