"""A club's motion before and after the swing that its sensor was navigated through."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from twinswing.align.club_frame import motion_of
from twinswing.club.model import ClubMotion, ImuSamples
from twinswing.club.mount import FoundMount
from twinswing.club.orientation import find_orientation
from twinswing.timeline.clock import ClockMap

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class FreeTurn:
    """How the club turns over its whole log: session time (n,), club to a level world whose heading is free."""

    t_s: FloatArray
    rotation: Rotation

    @classmethod
    def of(cls, imu: ImuSamples, mount: FoundMount, clock: ClockMap) -> "FreeTurn":
        """Follow the sensor through its log; raises InputError for a log that is too short."""
        track = find_orientation(imu)
        to_club = Rotation.from_quat(mount.quaternion, scalar_first=True)
        sensor = Rotation.from_quat(track.quaternion, scalar_first=True)
        return cls(np.asarray(clock.to_session(track.t_s)), sensor * to_club.inv())


def extend(inner: ClubMotion, arms: ClubMotion, free: FreeTurn) -> ClubMotion:
    """Lengthen a motion to where the body was seen.

    The hands carry the grip and the sensor turns the club, each from where the swing's own motion begins and ends. Only
    outside the log do the arms turn it too, by their change alone: turning over to their own guess of the shaft, which
    may lie half a radian away, would have a club that rests fly through the air.
    """
    before, after = arms.t_s < inner.t_s[0], arms.t_s > inner.t_s[-1]
    if not (before.any() or after.any()):
        return inner
    first, last = _carried(inner, arms, free, 0, before), _carried(inner, arms, free, -1, after)
    ours = Rotation.from_quat(inner.quaternion, scalar_first=True)
    head_in_club = ours[0].inv().apply(inner.head_m[0] - inner.butt_m[0])
    t, butt, rotation, sigma_m, sigma_rad = (
        np.concatenate(parts)
        for parts in zip(
            first, (inner.t_s, inner.butt_m, ours.as_matrix(), inner.sigma_m, inner.sigma_rad), last, strict=True
        )
    )
    return motion_of(t, butt, rotation, head_in_club, sigma_m, sigma_rad, inner.spec, inner.source)


def _carried(
    inner: ClubMotion, arms: ClubMotion, free: FreeTurn, end: int, where: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return times (k,), butts (k, 3), rotations (k, 3, 3) and sigmas (m, rad) beyond one end (0 or -1)."""
    t = arms.t_s[where]
    at = float(np.clip(inner.t_s[end], arms.t_s[0], arms.t_s[-1]))
    there = np.array([np.interp(at, arms.t_s, arms.butt_m[:, k]) for k in range(3)])
    butt = arms.butt_m[where] + inner.butt_m[end] - there
    if not where.any():
        return t, butt, np.empty((0, 3, 3)), np.empty(0), np.empty(0)
    club = Rotation.from_quat(inner.quaternion[end], scalar_first=True)
    inside = np.clip(t, free.t_s[0], free.t_s[-1])
    turn = Slerp(free.t_s, free.rotation)
    sensed = club * turn(np.clip(at, free.t_s[0], free.t_s[-1])).inv() * turn(inside)
    # Beyond the log: on from its last orientation as the arms turn in the world.
    theirs = Slerp(arms.t_s, Rotation.from_quat(arms.quaternion, scalar_first=True))
    rotation = theirs(t) * theirs(np.clip(inside, arms.t_s[0], arms.t_s[-1])).inv() * sensed
    outside = t != inside
    sigma_rad = np.where(outside, np.maximum(arms.sigma_rad[where], inner.sigma_rad[end]), inner.sigma_rad[end])
    sigma_m = np.where(outside, np.maximum(arms.sigma_m[where], inner.sigma_m[end]), inner.sigma_m[end])
    return t, butt, rotation.as_matrix(), sigma_m, sigma_rad
