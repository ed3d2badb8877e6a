"""Where in a clip the swing is: the top and the impact, which every other event hangs on.

A full swing raises the hands from below the hips to above the shoulders, drops them in one fast sweep, and raises them
again on the other side. Waggles don't raise them, lowering the club afterwards isn't followed by a rise, walking is
neither fast nor high. So the swing is the valley between two hills of the hands' height, whatever its time scale.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from twinswing.swing.signals import SwingSignals

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class AnchorParams:
    """What counts as a swing; heights in trunk lengths above the hips.

    high            : the top of even a half swing has the hands above the lowest rib.
    low             : hands at impact are about hip height or below; +0.6 leaves room for a bent-over golfer, and for
                      hands that the pose model loses in their blur just there.
    min_fall        : from hill to valley; a waggle or a practice chip falls less.
    min_rise        : after the valley, where the clip goes on long enough; lowering the club at the end has none.
    max_downswing_s : real downswings last 0.2 to 0.35 s; slow motion by up to 32 times is filmed.
    speed_weight    : of the logarithm of the sweep's speed against the fastest in the clip, in trunk lengths: a real
                      swing is faster than a practice swing, but fullness counts as much.
    max_speed       : trunk lengths a second that hands can fall with, with room: 17 m/s; faster is a jump in the clip.
    second_share    : another valley that scores at least this share of the best one is a second swing.
    """

    high: float = 0.5
    low: float = 0.6
    min_fall: float = 0.55
    min_rise: float = 0.35
    max_downswing_s: float = 8.0
    speed_weight: float = 0.35
    max_speed: float = 35.0
    second_share: float = 0.8


@dataclass(frozen=True)
class Anchors:
    """Frame numbers, fractional; NaN where the clip does not show it.

    top     : the hands are about to come down. NaN when the clip starts later.
    impact  : the valley's bottom. NaN when the clip ends earlier.
    start, stop : the part of the clip that belongs to this swing, frames, half open.
    sweep   : frames that the downswing takes, from what is seen of it.
    others  : impacts of other full swings in the clip.
    """

    top: float
    impact: float
    start: int
    stop: int
    sweep: float
    others: tuple[int, ...] = ()


def find_anchors(signals: SwingSignals, params: AnchorParams | None = None) -> Anchors | None:
    """Return the best full swing in the clip, or None where nothing swings."""
    params = params or AnchorParams()
    h = gaussian_filter1d(signals.height, 0.7, mode="nearest")
    valleys = [v for v in _valleys(h, signals.t_s, params) if v is not None]
    if not valleys:
        return _unfinished(h, signals, params)
    fastest = max(v[3] for v in valleys)
    scored = sorted(((v[4] + params.speed_weight * float(np.log(v[3] / fastest)), v) for v in valleys), reverse=True)
    score, (hill, valley, *_) = scored[0]
    others = tuple(v[1] for s, v in scored[1:] if s > params.second_share * score)
    return _refined(signals, hill, valley, others)


def _valleys(h: FloatArray, t: FloatArray, params: AnchorParams) -> list[tuple[int, int, int, float, float]]:
    """Return (hill before, valley, hill after, speed of the sweep, score) of each valley that may be an impact."""
    bottoms, _ = find_peaks(-h, prominence=params.min_rise)
    found = []
    n = len(h)
    for v in bottoms:
        if h[v] > params.low:
            continue
        hill = _hill(h, int(v), -1)
        after = _hill(h, int(v), +1)
        fall, rise = float(h[hill] - h[v]), float(h[after] - h[v])
        whole = h[hill] > params.high
        cut = after >= n - 2  # still rising at the end of the clip
        if fall < params.min_fall or (rise < params.min_fall and not cut) or not whole:
            continue
        low, high = h[v] + 0.25 * fall, h[v] + 0.75 * fall
        part = np.arange(hill, v + 1)
        begin = int(part[h[hill : v + 1] >= high][-1])
        end = int(part[h[hill : v + 1] >= low][-1])
        half_s = max(float(t[min(end + 1, n - 1)] - t[begin]), 1e-3)
        if half_s > params.max_downswing_s or 0.5 * fall > params.max_speed * half_s:
            continue
        found.append((hill, int(v), after, 0.5 * fall / half_s, min(fall, 1.5) + min(rise, 1.5)))
    return found


def _hill(h: FloatArray, valley: int, way: int) -> int:
    """Climb from a valley to the hill on one side: the highest frame before the path falls 0.3 trunks from it again."""
    best = valley
    i = valley
    while 0 <= i + way < len(h):
        i += way
        if h[i] > h[best]:
            best = i
        elif h[best] - h[i] > 0.3 and h[best] - h[valley] > 0.3:
            break
    return best


def _refined(signals: SwingSignals, hill: int, valley: int, others: tuple[int, ...]) -> Anchors:
    """Find the sweep's begin and its bottom between frames, smoothing by a share of its own duration."""
    n = len(signals.t_s)
    h = signals.height
    rough = _fall_frames(h, hill, valley)
    smooth = gaussian_filter1d(h, max(0.05 * rough, 0.5), mode="nearest")
    rate = np.gradient(smooth)
    fast = hill + int(np.argmin(rate[hill : valley + 1]))
    slow = np.flatnonzero(rate[max(hill - int(rough), 0) : fast + 1] > 0.05 * rate[fast]) + max(hill - int(rough), 0)
    cut = not len(slow) or (hill == 0 and slow[-1] <= 1)
    top = float("nan") if cut else float(slow[-1])
    impact = _bottom(smooth, valley, rough, float(h[hill] - h[valley]))
    return Anchors(
        top=top,
        impact=impact,
        start=0,
        stop=n,
        sweep=impact - top if np.isfinite(top) else 1.35 * rough,
        others=others,
    )


def _fall_frames(h: FloatArray, hill: int, valley: int) -> float:
    """Return the frames from 90 % to 10 % of a fall, stretched to the whole."""
    fall = h[hill] - h[valley]
    part = h[hill : valley + 1]
    begin = np.flatnonzero(part >= h[valley] + 0.9 * fall)[-1]
    end = np.flatnonzero(part >= h[valley] + 0.1 * fall)[-1]
    return max(float(end - begin + 1) / 0.8, 2.0)


def _bottom(h: FloatArray, valley: int, rough: float, fall: float) -> float:
    """Return impact: where the hands' fall ends.

    That is the valley's lowest place, found between frames by a parabola; but where hands are kept low after impact the
    valley is flat, and impact is where the fall reaches it.
    """
    reach = max(int(0.3 * rough), 2)
    low = max(valley - reach, 0)
    i = low + int(np.argmin(h[low : valley + reach + 1]))
    if not 0 < i < len(h) - 1:
        return float(i)
    bend = h[i - 1] - 2.0 * h[i] + h[i + 1]
    lowest = i + (0.5 * (h[i - 1] - h[i + 1]) / bend if bend > 1e-9 else 0.0)
    near = h[i] + 0.03 * fall
    before = np.flatnonzero(h[: i + 1] > near)
    if not len(before):
        return float(lowest)
    k = int(before[-1])
    reached = k + (h[k] - near) / max(h[k] - h[k + 1], 1e-9)
    return float(min(lowest, reached + 0.14 * rough))


def _unfinished(h: FloatArray, signals: SwingSignals, params: AnchorParams) -> Anchors | None:
    """Find a backswing whose downswing the clip doesn't show to its end."""
    n = len(h)
    if n < 4:
        return None
    hill = int(np.argmax(h))
    before = float(np.min(h[: hill + 1]))
    rise, fall = float(h[hill]) - before, float(h[hill] - np.min(h[hill:]))
    if h[hill] < 0.8 or before > params.low or rise < 2.0 * params.min_fall or fall < 0.1:
        return None
    rate = np.gradient(gaussian_filter1d(signals.height, 1.0, mode="nearest"))
    fast = hill + int(np.argmin(rate[hill:]))
    # Past the top the hands have to be on the way down where the clip ends, and faster than they went up: a raised arm
    # is held, and a club is lowered slowly.
    if h[-1] > np.min(h[hill:]) + 0.1 or -rate[fast] < 1.2 * rate[: hill + 1].max():
        return None
    slow = np.flatnonzero(rate[: fast + 1] > 0.05 * rate[fast])
    top = float(slow[-1]) if len(slow) else float(hill)
    up = np.flatnonzero(h[: hill + 1] < before + 0.1 * rise)
    backswing = float(hill - up[-1]) if len(up) else float(hill)
    return Anchors(top=top, impact=float("nan"), start=0, stop=n, sweep=max(backswing / 2.6, 2.0))
