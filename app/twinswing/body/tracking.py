"""Mends a track of landmarks: left and right exchanged, single frames off, short gaps."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class MendRule:
    """When landmarks are mended; distances are fractions of the golfer's height in the picture.

    swap_cost    : what one change between straight and exchanged costs, as a distance that both sides jump together:
                   exchanging hands that lie on one grip (0.04 apart) never pays.
    swapped_cost : what each exchanged frame costs, so that a clip is taken as labelled by most of its frames.
    attachment   : cost of each exchanged frame that makes limbs longer, times how much: a wrist on the other forearm.
    spike        : a landmark is off when it leaves its neighbours' middle by this much ...
    spike_ratio  : ... and by this many times the distance between the neighbours, which agree with each other. A hand
                   in the downswing at 30 frames a second bends its path by less.
    spike_trust  : visibility of a mended landmark is multiplied by this.
    bridge_s     : longest gap that is bridged. A downswing lasts 0.25 s, so a longer gap could hide one.
    bridge_trust : visibility in the middle of a bridged gap is multiplied by this.
    """

    swap_cost: float = 0.05
    swapped_cost: float = 0.01
    attachment: float = 1.5
    spike: float = 0.08
    spike_ratio: float = 3.0
    spike_trust: float = 0.1
    bridge_s: float = 0.2
    bridge_trust: float = 0.3


# Pairs that a pose model exchanges together, with the joint that they hang on: mostly the whole body, when it takes a
# back for a front; then its parts from the trunk outward.
_GROUPS: tuple[tuple[tuple[str, ...], str | None], ...] = (
    (("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index", "pinky", "index", "thumb"), None),
    (("shoulder",), None),
    (("elbow",), "shoulder"),
    (("wrist", "pinky", "index", "thumb"), "elbow"),
    (("hip",), None),
    (("knee",), "hip"),
    (("ankle", "heel", "foot_index"), "knee"),
)


def mend(track: PoseTrack, rule: MendRule | None = None) -> PoseTrack:
    """Return the track with swaps, spikes and short gaps mended; what was seen well is not touched or smoothed."""
    rule = rule or MendRule()
    if not np.any(track.state == FrameState.DETECTED):
        return track
    return bridge_gaps(mend_spikes(mend_swaps(track, rule), rule), rule)


def body_height_px(track: PoseTrack) -> float:
    """Return the golfer's standing height in the picture, pixels, from legs and trunk where they look longest."""
    seen = track.state != FrameState.MISSING
    px = track.image_px[seen].astype(np.float64)

    def middle(name: str) -> FloatArray:
        return np.asarray(0.5 * (px[:, LANDMARK[f"left_{name}"]] + px[:, LANDMARK[f"right_{name}"]]))

    legs = np.linalg.norm(middle("hip") - middle("ankle"), axis=-1)
    trunk = np.linalg.norm(middle("shoulder") - middle("hip"), axis=-1)
    # Ankle to shoulder along the body is 0.785 of stature (Winter 2009: 0.491 legs, 0.295 trunk).
    return float(max(np.percentile(legs + trunk, 75) / 0.785, 8.0))


def mend_swaps(track: PoseTrack, rule: MendRule) -> PoseTrack:
    """Exchange left and right where that makes both sides' paths shorter, and flag those frames.

    Each group of pairs is labelled straight or exchanged at every detected frame by dynamic programming (Viterbi) over
    the whole clip.
    """
    seen = np.flatnonzero(track.state == FrameState.DETECTED)
    if len(seen) < 3:
        return track
    height_px = body_height_px(track)
    image, world, sure = track.image_px.copy(), track.world_m.copy(), track.visibility.copy()
    swapped = track.swapped.copy()
    labels: dict[str, NDArray[np.bool_]] = {}
    for group, parent in _GROUPS:
        left = [LANDMARK[f"left_{name}"] for name in group]
        right = [LANDMARK[f"right_{name}"] for name in group]
        unit = image[seen].astype(np.float64) / height_px
        against = np.full(len(seen), rule.swapped_cost)
        if parent is not None:
            near, far = unit[:, LANDMARK[f"left_{parent}"], None], unit[:, LANDMARK[f"right_{parent}"], None]
            straight = _apart(near, unit[:, left]) + _apart(far, unit[:, right])
            exchanged = _apart(near, unit[:, right]) + _apart(far, unit[:, left])
            longer = exchanged - straight
            # Shorter limbs are no reason to exchange (they foreshorten), unless what they hang on was exchanged.
            against += rule.attachment * np.where(labels[parent], longer, np.maximum(longer, 0.0))
        label = _label(unit[:, left], unit[:, right], against, rule)
        labels[group[0]] = label
        frames = seen[label]
        for values in (image, world, sure):
            values[frames[:, None], left + right] = values[frames[:, None], right + left]
        swapped[frames] = True
    return replace(track, image_px=image, world_m=world, visibility=sure, swapped=swapped)


def _apart(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the mean distance between points of shape (n, points, 2), shape (n,)."""
    return np.asarray(np.linalg.norm(b - a, axis=-1).mean(-1))


def _label(left: FloatArray, right: FloatArray, against: FloatArray, rule: MendRule) -> NDArray[np.bool_]:
    """Return which frames have left and right exchanged, from paths (n, points, 2) and the cost of that (n,)."""
    same = _apart(left[:-1], left[1:]) + _apart(right[:-1], right[1:])
    cross = _apart(left[:-1], right[1:]) + _apart(right[:-1], left[1:])
    n = len(left)
    cost = np.array([0.0, against[0]])
    came = np.zeros((n, 2), dtype=np.int64)
    for i in range(1, n):
        # Rows: the label before; columns: the label now.
        step = np.array([[same[i - 1], cross[i - 1] + rule.swap_cost], [cross[i - 1] + rule.swap_cost, same[i - 1]]])
        ways = cost[:, None] + step
        came[i] = np.argmin(ways, axis=0)
        cost = ways.min(axis=0) + np.array([0.0, against[i]])
    label = np.zeros(n, dtype=np.int64)
    label[-1] = int(np.argmin(cost))
    for i in range(n - 1, 0, -1):
        label[i - 1] = came[i, label[i]]
    return np.asarray(label == 1)


def mend_spikes(track: PoseTrack, rule: MendRule) -> PoseTrack:
    """Put a landmark that is off for one frame between its neighbours, and mark it by a low visibility."""
    if track.frames < 3:
        return track
    unit = track.image_px.astype(np.float64) / body_height_px(track)
    middle = 0.5 * (unit[:-2] + unit[2:])
    off = np.linalg.norm(unit[1:-1] - middle, axis=-1)
    apart = np.linalg.norm(unit[2:] - unit[:-2], axis=-1)
    with np.errstate(invalid="ignore"):  # NaN where a neighbour is missing compares false, as it should
        spike = (off > rule.spike) & (off > rule.spike_ratio * apart)
    if not spike.any():
        return track
    image, world, sure = track.image_px.copy(), track.world_m.copy(), track.visibility.copy()
    frame, point = np.nonzero(spike)
    frame += 1
    for values in (image, world):
        values[frame, point] = 0.5 * (values[frame - 1, point] + values[frame + 1, point])
    sure[frame, point] *= rule.spike_trust
    return replace(track, image_px=image, world_m=world, visibility=sure)


def bridge_gaps(track: PoseTrack, rule: MendRule) -> PoseTrack:
    """Fill gaps up to `bridge_s` by straight lines in time and mark them BRIDGED; longer ones stay MISSING."""
    seen = np.flatnonzero(track.state == FrameState.DETECTED)
    t = track.t_s
    image, world, sure = track.image_px.copy(), track.world_m.copy(), track.visibility.copy()
    state = track.state.copy()
    for a, b in pairwise(seen):
        if b == a + 1 or t[b] - t[a] > rule.bridge_s + 1e-9:
            continue
        w = ((t[a + 1 : b] - t[a]) / (t[b] - t[a]))[:, None, None].astype(np.float32)
        for values in (image, world):
            values[a + 1 : b] = (1.0 - w) * values[a] + w * values[b]
        sure[a + 1 : b] = rule.bridge_trust * np.minimum(sure[a], sure[b])
        state[a + 1 : b] = FrameState.BRIDGED
    return replace(track, image_px=image, world_m=world, visibility=sure, state=state)
