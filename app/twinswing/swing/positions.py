"""When a swing is at its ten P positions: the eight events, and the two that have no event of their own.

P1 address, P2 shaft level, P3 lead arm level, P4 top, P5 lead arm level, P6 shaft level, P7 impact, P8 shaft level, P9
lead arm level, P10 finish. A club that was sensed puts P2, P6 and P8 where its shaft passes level; without one P2 and
P8 are the picture's toe-up and mid-follow-through, and P6 is not known.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import BodyMotion
from twinswing.club.impact import find_impacts
from twinswing.club.model import ClubMotion
from twinswing.club.orientation import rotate
from twinswing.swing.compare import event_sigma_s
from twinswing.swing.events import FoundSwing
from twinswing.swing.geometry import arm_height, canonical
from twinswing.swing.model import SwingSession
from twinswing.swing.series import is_sensed

FloatArray = NDArray[np.float64]

# Names as measures carry them, with the number that coaches use.
POSITIONS: dict[str, str] = {
    "address": "P1", "toe_up": "P2", "mid_backswing": "P3", "top": "P4", "mid_downswing": "P5", "p6": "P6",
    "impact": "P7", "mid_follow_through": "P8", "p9": "P9", "finish": "P10",
}  # fmt: skip


@dataclass(frozen=True)
class PositionParams:
    """How sure the two positions are that are found here.

    shaft_rad : a sensed shaft's tilt, one sigma (as `ClubEventParams.level_rad`).
    arm_rad   : a lead arm's level by one camera's wrist and shoulder.
    least_s   : no moment is known better than a common sensor's sample.
    felt_s    : a recorded impact this near to a blow in the club's stream is that blow.
    """

    shaft_rad: float = 0.05
    arm_rad: float = 0.15
    least_s: float = 0.001
    felt_s: float = 0.004


@dataclass(frozen=True)
class SwingTimes:
    """What of a swing's time its measures need.

    at_s, sigma_s : positions by name (POSITIONS) in session seconds, as far as they are known.
    missing       : why a position is not known, by name.
    view          : where the camera stood. slow_motion : seconds are not the swing's own.
    """

    at_s: dict[str, float]
    sigma_s: dict[str, float]
    missing: dict[str, str] = field(default_factory=dict)
    handed: str = "right"
    view: str = "face-on"
    slow_motion: bool = False

    def has(self, *names: str) -> bool:
        """Tell whether all of these positions are known."""
        return all(name in self.at_s for name in names)


def times_of_found(
    swing: FoundSwing, body: BodyMotion | None, club: ClubMotion | None, params: PositionParams | None = None
) -> SwingTimes:
    """Return the positions of a swing whose events were just found; sigmas are those of the moments themselves."""
    steps = np.gradient(swing.signals.t_s)
    frames = np.arange(len(steps))
    at_s = {name: e.t_s for name, e in swing.events.items()}
    sigma_s = {
        name: float(swing.moments[name].sigma * np.interp(swing.moments[name].frame, frames, steps))
        if name in swing.moments
        else swing.sigma_s[name]
        for name in at_s
    }
    view = swing.viewpoint
    return _completed(at_s, sigma_s, view.handed, view.view, swing.slow_motion, body, club, params or PositionParams())


def times_of_session(session: SwingSession, params: PositionParams | None = None) -> SwingTimes:
    """Return the positions of a recorded swing; sigmas come from the events' confidences (`event_sigma_s`)."""
    at_s = {name: e.t_s for name, e in session.events.items()}
    exact = session.body is not None and session.body.source == "truth"
    sigma_s = {name: 0.0 if exact else float(event_sigma_s(session, name)) for name in at_s}
    if not exact and "impact" in at_s and _was_felt(session, at_s["impact"], params or PositionParams()):
        sigma_s["impact"] = (params or PositionParams()).least_s
    golfer = session.golfer
    handed = golfer.handed if golfer is not None else session.body.handed if session.body is not None else "right"
    view = golfer.view if golfer is not None else "face-on"
    slow = "time_scale" in session.measures
    return _completed(at_s, sigma_s, handed, view, slow, session.body, session.club, params or PositionParams())


def _was_felt(session: SwingSession, impact_s: float, params: PositionParams) -> bool:
    """Tell whether a recorded impact is a blow that the club's own sensor felt."""
    imu, alignment = session.imu, session.alignment
    if imu is None or alignment is None:
        return False
    scale = 1.0 + alignment.drift_ppm * 1e-6
    shocks = [shock.t_s * scale + alignment.offset_s for shock in find_impacts(imu)]
    return any(abs(t - impact_s) < params.felt_s for t in shocks)


def _completed(
    at_s: dict[str, float],
    sigma_s: dict[str, float],
    handed: str,
    view: str,
    slow: bool,
    body: BodyMotion | None,
    club: ClubMotion | None,
    params: PositionParams,
) -> SwingTimes:
    exact = body is not None and body.source == "truth" and not any(sigma_s.values())
    least, arm, shaft_rad = (0.0,) * 3 if exact else (params.least_s, params.arm_rad, params.shaft_rad)
    at_s, sigma_s = dict(at_s), {n: max(s, least) if np.isfinite(s) else np.nan for n, s in sigma_s.items()}
    missing = {n: f"{p} was not found in the clip" for n, p in POSITIONS.items() if n not in at_s}
    missing["p6"] = "P6 (shaft level before impact) needs a club that was sensed"
    if club is not None and is_sensed(club) and "top" in at_s and "impact" in at_s:
        # The shaft is the club's own Z axis; the head's centre lies beside it by a few degrees.
        shaft = rotate(club.quaternion, np.array([0.0, 0.0, 1.0]))
        level = _crossing(club.t_s, shaft[:, 2], at_s["top"], at_s["impact"], down=True)
        if level is not None:
            at_s["p6"] = level[0]
            sigma_s["p6"] = max(shaft_rad / max(abs(level[1]), 1.0), least)
        else:
            missing["p6"] = "the shaft does not pass level between the top and impact"
    after = at_s.get("mid_follow_through", at_s.get("impact"))
    if body is not None and after is not None:
        last = at_s.get("finish", float(body.t_s[-1]))
        level = _crossing(body.t_s, arm_height(canonical(body.joints_m, handed)), after - 0.02, last, down=False)
        if level is not None:
            at_s["p9"] = level[0]
            sigma_s["p9"] = max(arm / max(abs(level[1]), 1.0), least)
    for name in ("p6", "p9"):
        if name in at_s:
            missing.pop(name, None)
    return SwingTimes(at_s, sigma_s, missing, handed, view, slow)


def _crossing(
    t_s: FloatArray, height: FloatArray, first_s: float, last_s: float, *, down: bool
) -> tuple[float, float] | None:
    """Return (time, rate per second) at which a height passes zero in a span: the last time down, the first up."""
    inside = np.flatnonzero((t_s >= first_s) & (t_s <= last_s))
    if len(inside) < 2:
        return None
    part = height[inside]
    passed = np.flatnonzero((part[:-1] > 0.0) & (part[1:] <= 0.0) if down else (part[:-1] < 0.0) & (part[1:] >= 0.0))
    if not len(passed):
        return None
    i = int(passed[-1 if down else 0])
    k = inside[i]
    rate = float((part[i + 1] - part[i]) / (t_s[k + 1] - t_s[k]))
    return float(t_s[k] - part[i] / rate), rate
