"""The eight events by GolfDB's definitions, found exactly from a known motion."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline, make_interp_spline
from scipy.optimize import brentq

from twinswing.errors import InputError

FloatArray = NDArray[np.float64]

# A swing is taken to begin when its club head has left its place at address by this much: about what a person sees
# move between two frames of a video.
TAKEAWAY_M = 0.02
# The finish is where the club comes to rest after the swing: its head slower than this.
FINISH_SPEED_MPS = 1.0


def exact_events(
    t_s: FloatArray,
    *,
    shaft: FloatArray,
    arm: FloatArray,
    head: FloatArray,
    handed: str,
    near_s: float | None = None,
) -> dict[str, float]:
    """Return the eight events' times in seconds.

    shaft : unit direction from butt to head, world, shape (n, 3).
    arm   : lead shoulder to lead wrist, world, shape (n, 3).
    head  : the head's geometric centre, world, metres, shape (n, 3); the ball lies at the origin.
    near_s: impact, where it is known already.

    Toe-up and mid-follow-through: the shaft is level. Mid-backswing and mid-downswing: the lead arm is level. Top: the
    shaft's turn in the plane of the downswing reverses. Impact: the head's centre comes as near to the ball as it does
    at its fastest. Address: the last instant before the head has left its place by TAKEAWAY_M. Finish: from here on,
    to the end of the motion, the head is slower than FINISH_SPEED_MPS. Raises InputError when one does not occur.
    """
    speed = np.linalg.norm(np.gradient(head, t_s, axis=0), axis=1)
    fastest = int(np.argmax(speed)) if near_s is None else int(np.searchsorted(t_s, near_s))
    impact = _impact(t_s, head, fastest) if near_s is None else near_s
    i_impact = int(np.searchsorted(t_s, impact))
    top, i_top = _top(t_s, shaft, i_impact)
    level_shaft, level_arm = shaft[:, 2], arm[:, 2] / np.linalg.norm(arm, axis=1)
    i_start = _takeaway(head, i_top, speed)
    events = {
        "address": float(t_s[i_start]),
        "toe_up": _crossing(t_s, level_shaft, i_start, i_top, "toe_up"),
        "mid_backswing": _crossing(t_s, level_arm, i_start, i_top, "mid_backswing"),
        "top": top,
        "mid_downswing": _crossing(t_s, level_arm, i_top, i_impact, "mid_downswing"),
        "impact": impact,
        "mid_follow_through": _crossing(t_s, level_shaft, i_impact, len(t_s), "mid_follow_through"),
    }
    del handed  # level and reversal look the same from either side
    after = int(np.searchsorted(t_s, events["mid_follow_through"]))
    events["finish"] = _rest(t_s, speed, after)
    return events


def _rest(t: FloatArray, speed: FloatArray, after: int) -> float:
    """Return when the club has come to rest for good: a mere lull in the follow-through is not the finish."""
    fast = np.flatnonzero(speed[after:] >= FINISH_SPEED_MPS)
    return float(t[min(after + int(fast[-1]) + 1, len(t) - 1)]) if len(fast) else float(t[after])


def _impact(t: FloatArray, head: FloatArray, guess: int) -> float:
    """Return when the head passes the place of contact: its x crosses that of the face at the ball."""
    window = slice(max(guess - 60, 0), guess + 60)
    distance = np.linalg.norm(head[window, :2], axis=1)
    i = window.start + int(np.argmin(distance))
    return float(t[i])


def _top(t: FloatArray, shaft: FloatArray, i_impact: int) -> tuple[float, int]:
    """Return the last time before impact that the shaft's turn about the downswing's axis was zero."""
    spline = make_interp_spline(t, shaft, k=5)
    rate = np.cross(shaft, spline.derivative()(t))
    axis = rate[max(i_impact - 5, 0)]
    axis = axis / np.linalg.norm(axis)
    along = rate @ axis
    back = np.flatnonzero(along[:i_impact] <= 0.0)
    if not len(back):
        raise InputError("expected a backswing before impact, found that the club only ever swings forward")
    i = int(back[-1])

    def turn(x: float) -> float:
        return float(np.cross(spline(x), spline.derivative()(x)) @ axis)

    return float(brentq(turn, t[i], t[i + 1], xtol=1e-9)), i + 1


def _takeaway(head: FloatArray, i_top: int, speed: FloatArray) -> int:
    """Return the last sample before the top at which the head still lay where it rested at address."""
    still = np.flatnonzero(speed[:i_top] < 0.05)
    rest = head[still[-1]] if len(still) and still[-1] < i_top - 20 else head[0]
    near = np.flatnonzero(np.linalg.norm(head[:i_top] - rest, axis=1) < TAKEAWAY_M)
    return int(near[-1]) if len(near) else 0


def _crossing(t: FloatArray, height: FloatArray, first: int, last: int, name: str) -> float:
    """Return when a direction's height first crosses zero between two samples."""
    part = height[first:last]
    sign = np.flatnonzero(part[:-1] * part[1:] <= 0.0)
    if not len(sign):
        raise InputError(f"expected {name} within the swing, found none in the motion")
    i = first + int(sign[0])
    near = slice(max(i - 6, 0), min(i + 8, len(t)))
    spline: BSpline = make_interp_spline(t[near], height[near], k=5)
    if height[i] == 0.0:
        return float(t[i])
    return float(brentq(lambda x: float(spline(x)), t[i], t[i + 1], xtol=1e-9))
