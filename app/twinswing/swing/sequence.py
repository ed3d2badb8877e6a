"""The kinematic sequence: how fast pelvis, thorax, lead arm and club turn, when each is fastest, and in what order.

Segments as in `series.segment_speeds`: hip line, shoulder line, lead shoulder to wrist, shaft. A good downswing peaks
in that order, each faster than the one before (Cheetham 2008).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.model import ClubMotion
from twinswing.swing.positions import SwingTimes
from twinswing.swing.series import is_sensed
from twinswing.swing.uncertainty import ErrorParams, draw_paths

FloatArray = NDArray[np.float64]
ORDER: tuple[str, ...] = ("pelvis", "thorax", "arm", "club")
_NO_CLUB = "no club sensor was recorded"


@dataclass(frozen=True)
class SequenceParams:
    """Where peaks are looked for and how sure the club's are.

    before_s, after_s : around top and impact: a pelvis may peak in transition, a club just after the ball's blow not.
    gyro_share        : a gyro's scale, which a club's rate has directly.
    most_step_s       : a camera slower than 50 pictures a second flattens a peak that lasts 30 ms.
    """

    before_s: float = 0.02
    after_s: float = 0.005
    gyro_share: float = 0.02
    most_step_s: float = 0.021


@dataclass(frozen=True)
class SegmentPeak:
    """A segment's fastest turn: rate (rad/s), session time (s), one sigma of each."""

    rate_radps: float
    rate_sigma_radps: float
    t_s: float
    t_sigma_s: float
    source: str


@dataclass(frozen=True)
class Sequence:
    """Peaks by segment, in ORDER; `in_order` is the probability that they come in that order, NaN with fewer than two.

    missing: why a segment has none. drawn: peaks' rates and times of each draw, for gaps and gains.
    """

    peaks: dict[str, SegmentPeak]
    in_order: float
    missing: dict[str, str]
    drawn: dict[str, tuple[FloatArray, FloatArray]]


def kinematic_sequence(
    times: SwingTimes,
    body: BodyMotion | None,
    club: ClubMotion | None,
    clock_sigma_s: float = 0.0,
    params: SequenceParams | None = None,
    errors: ErrorParams | None = None,
) -> Sequence:
    """Return the peaks of a swing's downswing.

    clock_sigma_s : of the club's time on the video's, which decides whether arm and club can be told apart.
    """
    params, errors = params or SequenceParams(), errors or ErrorParams()
    if not times.has("top", "impact"):
        return Sequence({}, np.nan, dict.fromkeys(ORDER, "top or impact was not found"), {})
    if times.slow_motion:
        slow = dict.fromkeys(ORDER, "the clip is in slow motion by an unknown factor")
        return Sequence({}, np.nan, slow if club is not None and is_sensed(club) else slow | {"club": _NO_CLUB}, {})
    span = (times.at_s["top"] - params.before_s, times.at_s["impact"] + params.after_s)
    drawn: dict[str, tuple[FloatArray, FloatArray]] = {}
    missing: dict[str, str] = {}
    sources: dict[str, str] = {}
    if body is None:
        missing |= dict.fromkeys(ORDER[:3], "no body was found")
    else:
        _of_body(body, times, span, params, errors, drawn, missing)
        sources |= dict.fromkeys(ORDER[:3], body.source)
    if club is None or not is_sensed(club):
        missing["club"] = _NO_CLUB
    else:
        rng = np.random.default_rng(errors.seed + 2)
        u = _unit(club.head_m - club.butt_m)
        found = _peaks(club.t_s, u[None], span)
        if found is None:
            missing["club"] = "the club's samples do not cover the downswing"
        else:
            count = errors.draws // 2
            exact = club.source == "truth"
            scale = 1.0 + (0.0 if exact else params.gyro_share) * rng.standard_normal(count)
            late = clock_sigma_s * rng.standard_normal(count)
            scale[0], late[0] = 1.0, 0.0
            drawn["club"] = (found[0][0] * scale, found[1][0] + late)
            sources["club"] = club.source
    return _summed(drawn, missing, sources)


def _summed(
    drawn: dict[str, tuple[FloatArray, FloatArray]], missing: dict[str, str], sources: dict[str, str]
) -> Sequence:
    peaks = {
        name: SegmentPeak(
            float(drawn[name][0][0]),
            float(np.std(drawn[name][0])),
            float(drawn[name][1][0]),
            float(np.std(drawn[name][1])),
            sources[name],
        )
        for name in ORDER
        if name in drawn
    }
    names = list(peaks)
    in_order = np.nan
    if len(names) > 1:
        later = [gap_draws(drawn, a, b) > 0.0 for a, b in pairwise(names)]
        in_order = float(np.mean(np.all(np.stack(np.broadcast_arrays(*later)), axis=0)))
    return Sequence(peaks, in_order, missing, drawn)


def gap_draws(drawn: dict[str, tuple[FloatArray, FloatArray]], first: str, second: str) -> FloatArray:
    """Return the second segment's peak time less the first's, in every draw; an exact one counts for all."""
    return np.asarray(drawn[second][1] - drawn[first][1])


def _of_body(
    body: BodyMotion,
    times: SwingTimes,
    span: tuple[float, float],
    params: SequenceParams,
    errors: ErrorParams,
    drawn: dict[str, tuple[FloatArray, FloatArray]],
    missing: dict[str, str],
) -> None:
    lead = "left" if times.handed == "right" else "right"
    names = ("left_hip", "right_hip", "left_shoulder", "right_shoulder", f"{lead}_shoulder", f"{lead}_wrist")
    step = float(np.median(np.diff(body.t_s))) if len(body.t_s) > 1 else np.inf
    if step > params.most_step_s:
        why = f"{1.0 / step:.0f} pictures a second are too few for a peak that lasts 30 ms"
        missing |= dict.fromkeys(ORDER[:3], why)
        return
    t, paths = draw_paths(body, times.view, *span, [JOINT[n] for n in names], errors)
    if len(t) < 5:
        missing |= dict.fromkeys(ORDER[:3], "too few pictures of the downswing")
        return
    for k, name in enumerate(ORDER[:3]):
        found = _peaks(t, _unit(paths[:, :, 2 * k + 1] - paths[:, :, 2 * k]), span)
        if found is None:
            missing[name] = "too few pictures of the downswing"
        else:
            drawn[name] = found


def _unit(v: FloatArray) -> FloatArray:
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


def _peaks(t: FloatArray, u: FloatArray, span: tuple[float, float]) -> tuple[FloatArray, FloatArray] | None:
    """Return the greatest turn (rad/s) and its time (s) of unit directions, shape (draws, n, 3), within a span.

    Rates are the angle between neighbours over their time, at the middle of the two; a parabola through the greatest
    and its neighbours gives the peak between samples.
    """
    middle = 0.5 * (t[1:] + t[:-1])
    inside = np.flatnonzero((middle >= span[0]) & (middle <= span[1]))
    if len(inside) < 3:
        return None
    rows = slice(int(inside[0]), int(inside[-1]) + 2)
    a, b = u[:, rows][:, :-1], u[:, rows][:, 1:]
    angle = np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1))
    rate, when = angle / np.diff(t[rows]), middle[inside]
    k = np.argmax(rate, axis=1)
    draw = np.arange(len(rate))
    best = np.clip(k, 1, rate.shape[1] - 2)
    y0, y1, y2 = rate[draw, best - 1], rate[draw, best], rate[draw, best + 1]
    bend = y0 - 2.0 * y1 + y2
    inner = (k == best) & (bend < 0.0)
    off = np.where(inner, np.clip(0.5 * (y0 - y2) / np.where(bend < 0.0, bend, -1.0), -0.5, 0.5), 0.0)
    step = 0.5 * (when[best + 1] - when[best - 1])
    top = np.where(inner, y1 - 0.25 * (y0 - y2) * off, rate[draw, k])
    return top, np.where(inner, when[best] + off * step, when[k])
