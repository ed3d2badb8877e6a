"""Speeds over time from body and club, for plots and for the kinematic sequence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.model import ClubMotion

FloatArray = NDArray[np.float64]
SEGMENTS: tuple[str, ...] = ("pelvis", "thorax", "lead arm", "club")


@dataclass(frozen=True)
class SpeedSeries:
    """One speed over time: seconds, values in `unit`, and what it was found from."""

    t_s: FloatArray
    value: FloatArray
    unit: str
    source: str


def rotation_rate(t_s: FloatArray, directions: FloatArray) -> FloatArray:
    """Return the angular speed (rad/s) of unit directions over time, shape (n, 3) to (n,).

    Central differences of the angle between neighbours: d = atan2(|a x b|, a . b), exact for any step and free of
    the arc cosine's loss near zero.
    """
    n = len(t_s)
    if n < 3:
        return np.zeros(n)
    unit = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
    before, after = unit[:-2], unit[2:]
    angle = np.arctan2(np.linalg.norm(np.cross(before, after), axis=1), np.einsum("ij,ij->i", before, after))
    rate = np.empty(n)
    rate[1:-1] = angle / (t_s[2:] - t_s[:-2])
    rate[0], rate[-1] = rate[1], rate[-2]
    return rate


def is_sensed(club: ClubMotion) -> bool:
    """Tell whether a club's motion comes from its sensor; one drawn from the arms alone says nothing of its speed."""
    return club.source != "video"


def segment_speeds(body: BodyMotion | None, club: ClubMotion | None) -> dict[str, SpeedSeries]:
    """Return angular speeds (deg/s) of pelvis, thorax, lead arm and club, whichever are known.

    Pelvis and thorax turn by the lines through hips and shoulders, the lead arm by shoulder to wrist, the club by
    its shaft: the segments whose peaks, in this order, are the kinematic sequence.
    """
    series: dict[str, SpeedSeries] = {}
    if body is not None and len(body.t_s) > 2:
        lead = "left" if body.handed == "right" else "right"
        pairs = {
            "pelvis": ("left_hip", "right_hip"),
            "thorax": ("left_shoulder", "right_shoulder"),
            "lead arm": (f"{lead}_shoulder", f"{lead}_wrist"),
        }
        for name, (start, end) in pairs.items():
            direction = body.joints_m[:, JOINT[end]] - body.joints_m[:, JOINT[start]]
            rate = np.degrees(rotation_rate(body.t_s, direction))
            series[name] = SpeedSeries(body.t_s, rate, "deg/s", body.source)
    if club is not None and is_sensed(club) and len(club.t_s) > 2:
        rate = np.degrees(rotation_rate(club.t_s, club.head_m - club.butt_m))
        series["club"] = SpeedSeries(club.t_s, rate, "deg/s", club.source)
    return series


def head_speed(club: ClubMotion | None) -> SpeedSeries | None:
    """Return the club head's speed (m/s), or None without a club that was sensed."""
    if club is None or not is_sensed(club) or len(club.t_s) < 3:
        return None
    velocity = np.gradient(club.head_m, club.t_s, axis=0)
    return SpeedSeries(club.t_s, np.linalg.norm(velocity, axis=1), "m/s", club.source)


def hand_speed(body: BodyMotion | None) -> SpeedSeries | None:
    """Return the speed of the hands' middle (m/s), or None without a body."""
    if body is None or len(body.t_s) < 3:
        return None
    middle = 0.5 * (body.joints_m[:, JOINT["left_hand"]] + body.joints_m[:, JOINT["right_hand"]])
    return SpeedSeries(body.t_s, np.linalg.norm(np.gradient(middle, body.t_s, axis=0), axis=1), "m/s", body.source)
