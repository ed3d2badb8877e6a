"""When the picture around the golfer begins to move, pauses, and comes to rest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, minimum_filter1d

from twinswing.body.motion import PictureMotion
from twinswing.swing.anchors import Anchors
from twinswing.swing.signals import SwingSignals

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class StillnessParams:
    """How motion in the picture is read.

    reach_trunks  : how far club and hands get from the hips, to each side, up and down.
    onset_share   : of the motion at its strongest (the downswing). A club head that creeps away by 1 cm a frame covers
                    few pixels; the downswing sweeps the whole figure and club, about 150 times as much.
    floor_factor  : motion has to exceed what there is while the golfer stands (leaves, other people, a held camera) by
                    this to be the golfer's.
    repeat_share  : a frame with less motion than this share of its neighbours' repeats the frame before it.
    dip_share     : a pause has at most this share of the motion on either side: where the hands start down within a
                    quarter of a downswing of it, and elsewhere.
    turn_after    : the club turns back this much of a downswing after the dip: the body starts down before the club.
    settle_share  : of the downswing's strongest motion: the club has come round, only the pose sways on. Against the
                    downswing rather than the follow-through, whose motion in the picture depends on the view.
    settle_after  : not sooner than this much of a downswing after impact: down the line the club first points away.
    """

    reach_trunks: tuple[float, float, float] = (3.0, 3.0, 2.6)
    onset_share: float = 0.007
    floor_factor: float = 2.0
    repeat_share: float = 0.12
    dip_share: tuple[float, float] = (0.75, 0.45)
    turn_after: float = 0.06
    settle_share: float = 0.21
    settle_after: float = 0.9


def picture_change(
    motion: PictureMotion, signals: SwingSignals, anchors: Anchors, params: StillnessParams | None = None
) -> FloatArray:
    """Return the change around the golfer in trunk lengths squared times grey levels, shape (n,).

    Frames that only repeat the one before are filled from their neighbours: slow motion and changed rates show each
    picture two or more times.
    """
    params = params or StillnessParams()
    side, above, below = (r * signals.trunk_px for r in params.reach_trunks)
    middle = anchors.impact if np.isfinite(anchors.impact) else anchors.top
    near = slice(max(int(middle - 6.0 * anchors.sweep), 0), int(middle + 3.0 * anchors.sweep) + 1)
    x, y = np.median(signals.hips_px[near], axis=0)
    change = motion.within(x - side, y - above, x + side, y + below) / signals.trunk_px**2
    if len(change) > 1:
        change[0] = change[1]
    # A cycle of repeats is short against a swing; motion has to be seen on both sides, or this is where it begins.
    width = max(3, 2 * round(0.02 * anchors.sweep) + 1)
    before = maximum_filter1d(change, width, origin=width // 2, mode="nearest")
    after = maximum_filter1d(change, width, origin=-(width // 2), mode="nearest")
    fresh = change >= params.repeat_share * np.minimum(before, after)
    if not fresh.any():
        return change
    at = np.arange(len(change))
    return np.asarray(np.interp(at, at[fresh], change[fresh]))


def find_onset(
    change: FloatArray, anchors: Anchors, begin: int, until: int, params: StillnessParams | None = None
) -> tuple[float, float] | None:
    """Return the last still frame before `until` as (frame, sigma); None where none is seen before it."""
    params = params or StillnessParams()
    if until - begin < 3:
        return None
    peak = _peak(change, anchors)
    # Blended pictures of slowed-down clips come and go within a few frames.
    part = gaussian_filter1d(change[begin : until + 1], 0.04 * anchors.sweep, mode="nearest")
    floor = float(np.percentile(part, 10))
    level = max(params.onset_share * peak, params.floor_factor * floor)
    if level > 0.2 * peak or level > 0.5 * float(part[-3:].max()):
        return None  # the picture moves too much for the takeaway to stand out
    still = np.flatnonzero(part <= level)
    if not len(still):
        return None
    at = int(still[-1])
    # The takeaway grows exponentially at first; a raised floor sees it later, by as much as growth needs to get there.
    late = 0.0
    wanted = params.onset_share * peak
    if level > wanted:
        after = part[at : min(at + max(round(0.8 * anchors.sweep), 3), len(part))]
        growth = float(np.log(max(after[-1], 1e-9) / max(after[0], 1e-9)) / max(len(after) - 1, 1))
        late = float(np.clip(np.log(level / wanted) / max(growth, 0.1), 0.0, 0.3 * anchors.sweep))
    return begin + at - late, 0.7 + 0.06 * anchors.sweep + 0.5 * late


def find_pause(change: FloatArray, top: float, sweep: float, params: StillnessParams | None = None) -> float | None:
    """Return when the club turns back by the dip of motion between backswing and downswing; None without a clear one.

    top : where the hands start down, which is up to a quarter of the downswing later.
    """
    params = params or StillnessParams()
    smooth = gaussian_filter1d(change, max(0.05 * sweep, 0.5), mode="nearest")
    first = max(round(top - max(0.9 * sweep, 4.0)), 0)
    part = smooth[first : round(top + max(0.4 * sweep, 2.0)) + 1]
    if len(part) < 3:
        return None
    i = int(np.argmin(part))
    if not 0 < i < len(part) - 1:
        return None
    share = params.dip_share[0 if abs(first + i - top) <= 0.25 * sweep else 1]
    before = smooth[max(first + i - max(round(sweep), 3), 0) : first + i]
    if part[i] > share * min(before.max(), part[i + 1 :].max()):
        return None
    low, mid, high = np.log(np.maximum(part[i - 1 : i + 2], 1e-9))
    bend = low - 2.0 * mid + high
    between = 0.5 * (low - high) / bend if bend > 1e-9 else 0.0
    return float(first + i + np.clip(between, -0.5, 0.5) + params.turn_after * sweep)


def find_rest(change: FloatArray, anchors: Anchors, params: StillnessParams | None = None) -> float | None:
    """Return when the motion after impact has sunk to where only the pose sways; None where the clip ends earlier."""
    params = params or StillnessParams()
    first = round(anchors.impact + params.settle_after * anchors.sweep)
    smooth = gaussian_filter1d(change, max(0.06 * anchors.sweep, 0.5), mode="nearest")
    part = smooth[first : round(anchors.impact + 4.0 * anchors.sweep)]
    if len(part) < 3:
        return None
    sunk = minimum_filter1d(part, 3, mode="nearest") <= params.settle_share * _peak(change, anchors)
    return float(first + int(np.argmax(sunk))) if sunk.any() else None


def _peak(change: FloatArray, anchors: Anchors) -> float:
    end = anchors.impact if np.isfinite(anchors.impact) else float(len(change) - 1)
    return float(np.percentile(change[max(int(end - anchors.sweep), 0) : int(end + 0.3 * anchors.sweep) + 2], 90))
