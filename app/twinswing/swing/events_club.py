"""Events that the club itself knows better than any picture: its level, its reversal and its shock."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twinswing.club.model import ClubMotion
from twinswing.swing.events import FoundSwing, Moment, fuse, settled

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ClubEventParams:
    """What the club's sensor is trusted to.

    search_share : how far from the picture's event the club's is looked for, in downswings.
    smooth_s     : the shaft's direction over so long, seconds: below the time in which a shaft rings.
    level_rad    : the shaft's tilt, 1 sigma: the sensor's own and its mount's on the shaft.
    start_radps  : the club turns faster than this once its head has left by two centimetres, at takeaways' usual
                   acceleration of 2 m/s2 (it then moves at 0.3 m/s); start_s is 1 sigma of that moment.
    rest_radps   : a club that turns slower than this, a metre a second at its head, is at rest behind the golfer;
                   rest_share is 1 sigma of that moment, in downswings.
    pause_s      : of the reversal: the shaft bends, so its grip and its head turn at different times.
    """

    search_share: float = 0.9
    smooth_s: float = 0.006
    level_rad: float = 0.05
    pause_s: float = 0.012
    start_radps: float = 0.3
    start_s: float = 0.04
    rest_radps: float = 1.2
    rest_share: float = 0.3


def refine_events(
    swing: FoundSwing,
    club: ClubMotion,
    *,
    clock_sigma_s: float,
    shock_s: float = float("nan"),
    params: ClubEventParams | None = None,
) -> FoundSwing:
    """Put impact at the shock, the top at the club's reversal, toe-up and mid-follow-through at the shaft's level.

    Address and finish are weighed between picture and club.

    club          : measured by its own sensor, on the video's time. A club that was only guessed from the arms adds
                    nothing, and the swing comes back as it is.
    clock_sigma_s : of the club's time on the video's.
    shock_s       : video time of the impact's shock, NaN where the stream has none.
    """
    if club.source == "video" or len(club.t_s) < 8 or not swing.moments:
        return swing
    params = params or ClubEventParams()
    found = _Found(swing, clock_sigma_s)
    found.put("impact", shock_s, 0.001)
    _by_shaft(found, club, params)
    return settled(replace(swing, moments=found.moments))


class _Found:
    """Moments of a swing, changed one by one; times in seconds of the video."""

    def __init__(self, swing: FoundSwing, clock_sigma_s: float) -> None:
        self.moments = dict(swing.moments)
        self.sweep_s = swing.sweep_s
        self._t = swing.signals.t_s
        self._steps = np.gradient(self._t)
        self._clock_sigma_s = clock_sigma_s

    def at(self, name: str) -> float:
        """Return when an event is, NaN where it isn't known."""
        if name not in self.moments:
            return float("nan")
        return float(np.interp(self.moments[name].frame, np.arange(len(self._t)), self._t))

    def put(self, name: str, at_s: float | None, sigma_s: float, *, mixed: bool = False) -> None:
        """Set an event's time, or mix it with what is known; a time outside the clip changes nothing."""
        if at_s is None or not self._t[0] <= at_s <= self._t[-1]:
            return
        frame = float(np.interp(at_s, self._t, np.arange(len(self._t))))
        sigma = float(np.hypot(sigma_s, self._clock_sigma_s) / np.interp(at_s, self._t, self._steps))
        old = self.moments.get(name)
        new = Moment(frame, sigma)
        self.moments[name] = fuse((old.frame, old.sigma), (frame, sigma)) if mixed and old is not None else new


def _by_shaft(found: _Found, club: ClubMotion, params: ClubEventParams) -> None:
    """Put or mix every event that the shaft's direction and turn show."""
    shaft, spin = _shaft(club, params.smooth_s)
    t, sweep = club.t_s, found.sweep_s
    impact, reach = found.at("impact"), params.search_share * found.sweep_s
    if np.isfinite(found.at("top")) and np.isfinite(impact):
        first = min(found.at("top") - reach, impact - 0.5 * sweep)
        found.put("top", _reversal(t, spin, first, impact), params.pause_s)
    for name in ("toe_up", "mid_follow_through"):
        middle = found.at(name)
        if np.isfinite(middle):
            first = max(middle - reach, impact) if name == "mid_follow_through" else middle - reach
            level = _level(t, shaft[:, 2], first, middle + reach)
            if level is not None:
                found.put(name, level[0], params.level_rad / max(level[1], 0.5))
    turn = gaussian_filter1d(np.linalg.norm(spin, axis=1), 0.02 / float(np.median(np.diff(t))), mode="nearest")
    toe, through = found.at("toe_up"), found.at("mid_follow_through")
    if np.isfinite(found.at("address")) and np.isfinite(toe):
        still = np.flatnonzero((t >= toe - 4.5 * sweep) & (t <= toe) & (turn < params.start_radps))
        if len(still):
            found.put("address", float(t[still[-1]]), params.start_s, mixed=True)
    if np.isfinite(found.at("finish")) and np.isfinite(through):
        slow = np.flatnonzero((t > through + 0.3 * sweep) & (turn < params.rest_radps))
        if len(slow):
            found.put("finish", float(t[slow[0]]), params.rest_share * sweep, mixed=True)


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
