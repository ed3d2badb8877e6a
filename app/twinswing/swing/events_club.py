"""Events that the club itself knows better than any picture: its level, its reversal and its shock."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twinswing.club.model import ClubMotion
from twinswing.swing.events import FoundSwing, Moment, settled

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ClubEventParams:
    """What the club's sensor is trusted to.

    search_share : how far from the picture's event the club's is looked for, in downswings.
    smooth_s     : the shaft's direction over so long, seconds: below the time in which a shaft rings.
    level_rad    : the shaft's tilt, 1 sigma: the sensor's own and its mount's on the shaft.
    pause_s      : of the reversal: the shaft bends, so its grip and its head turn at different times.
    """

    search_share: float = 0.9
    smooth_s: float = 0.006
    level_rad: float = 0.05
    pause_s: float = 0.012


def refine_events(
    swing: FoundSwing,
    club: ClubMotion,
    *,
    clock_sigma_s: float,
    shock_s: float = float("nan"),
    params: ClubEventParams | None = None,
) -> FoundSwing:
    """Put impact at the shock, the top at the club's reversal, toe-up and mid-follow-through at the shaft's level.

    club          : measured by its own sensor, on the video's time. A club that was only guessed from the arms adds
                    nothing, and the swing comes back as it is.
    clock_sigma_s : of the club's time on the video's.
    shock_s       : video time of the impact's shock, NaN where the stream has none.
    """
    if club.source == "video" or len(club.t_s) < 8 or not swing.moments:
        return swing
    params = params or ClubEventParams()
    t = swing.signals.t_s
    frames = np.arange(len(t))
    found = dict(swing.moments)

    def put(name: str, at_s: float | None, sigma_s: float) -> None:
        if at_s is None or not np.isfinite(at_s) or not t[0] <= at_s <= t[-1]:
            return
        frame = float(np.interp(at_s, t, frames))
        step = float(np.interp(at_s, t, np.gradient(t)))
        found[name] = Moment(frame, float(np.hypot(sigma_s, clock_sigma_s)) / step)

    def near(name: str) -> tuple[float, float] | None:
        if name not in swing.moments:
            return None
        at = float(np.interp(swing.moments[name].frame, frames, t))
        reach = params.search_share * swing.sweep_s
        return at - reach, at + reach

    shaft, spin = _shaft(club, params.smooth_s)
    put("impact", shock_s, 0.001)
    impact_s = float(np.interp(found["impact"].frame, frames, t)) if "impact" in found else float("nan")
    span = near("top")
    if span is not None and np.isfinite(impact_s):
        put("top", _reversal(club.t_s, spin, min(span[0], impact_s - 0.5 * swing.sweep_s), impact_s), params.pause_s)
    for name in ("toe_up", "mid_follow_through"):
        span = near(name)
        if span is None:
            continue
        first, last = span
        if name == "mid_follow_through" and np.isfinite(impact_s):
            first = max(first, impact_s)
        level = _level(club.t_s, shaft[:, 2], first, last)
        if level is not None:
            put(name, level[0], params.level_rad / max(level[1], 0.5))
    return settled(replace(swing, moments=found))


def _shaft(club: ClubMotion, smooth_s: float) -> tuple[FloatArray, FloatArray]:
    """Return the shaft's direction (butt to head) and its turn a x da/dt, rad/s, both shape (n, 3)."""
    step = float(np.median(np.diff(club.t_s)))
    axis = Rotation.from_quat(club.quaternion, scalar_first=True).apply([0.0, 0.0, 1.0])
    axis = gaussian_filter1d(axis, max(smooth_s / step, 0.3), axis=0, mode="nearest")
    axis = axis / np.linalg.norm(axis, axis=1, keepdims=True)
    return axis, np.cross(axis, np.gradient(axis, club.t_s, axis=0))


def _reversal(t: FloatArray, spin: FloatArray, first_s: float, impact_s: float) -> float | None:
    """Return the last time before impact at which the turn about the downswing's own axis was zero."""
    inside = np.flatnonzero((t >= first_s) & (t <= impact_s))
    if len(inside) < 4:
        return None
    part = spin[inside]
    fast = part[int(0.7 * len(part)) :]
    along = part @ (fast.mean(axis=0) / max(float(np.linalg.norm(fast.mean(axis=0))), 1e-9))
    back = np.flatnonzero((along[:-1] <= 0.0) & (along[1:] > 0.0))
    if not len(back):
        return None
    i = int(back[-1])
    k = inside[i]
    return float(t[k] + (t[k + 1] - t[k]) * (-along[i] / (along[i + 1] - along[i])))


def _level(t: FloatArray, height: FloatArray, first_s: float, last_s: float) -> tuple[float, float] | None:
    """Return (time, rate in rad/s) at which the shaft first passes level on its way up within a span."""
    inside = np.flatnonzero((t >= first_s) & (t <= last_s))
    if len(inside) < 2:
        return None
    part = height[inside]
    passed = np.flatnonzero((part[:-1] < 0.0) & (part[1:] >= 0.0))
    if not len(passed):
        return None
    i = int(passed[0])
    k = inside[i]
    rate = (part[i + 1] - part[i]) / (t[k + 1] - t[k])
    return float(t[k] - part[i] / rate), float(rate)
