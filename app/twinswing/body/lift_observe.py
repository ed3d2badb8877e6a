"""From every frame's landmarks to a few knots in time: as dense as the motion needs, averaged where it is slow."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import FrameState, PoseTrack
from twinswing.body.lift_model import POINT, landmark_map
from twinswing.body.tracking import body_height_px

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class KnotRule:
    """How knots are placed.

    travel : a new knot when any point went this fraction of the golfer's height in the picture since the last.
    max_gap_s : longest time between knots. Slow parts carry several frames a knot, which averages their noise.
    """

    travel: float = 0.05
    max_gap_s: float = 0.2


@dataclass(frozen=True)
class Observed:
    """What was seen, per knot (K knots, 20 points).

    t_s        : knot times, shape (K,).
    image_px   : points in the picture, shape (K, 20, 2).
    depth_m    : the pose model's points about the hips in camera axes, metres, shape (K, 20, 3).
    weight     : 0 (not seen) to 1 (clear), shape (K, 20).
    trust      : 0.1 to 1 of the depth: little where left and right were exchanged, since the model then took a turned
                 body for another, shape (K,).
    height_px  : the golfer's standing height in the picture.
    still      : knots at which the golfer stands at address, shape (K,).
    """

    t_s: FloatArray
    image_px: FloatArray
    depth_m: FloatArray
    weight: FloatArray
    trust: FloatArray
    height_px: float
    still: NDArray[np.bool_]


def observe(
    track: PoseTrack,
    address_t_s: float | None,
    rule: KnotRule | None = None,
    *,
    readout_s: float = 0.0,
    onto: Observed | None = None,
) -> Observed:
    """Average a track onto knots; at least one frame must have a pose.

    readout_s : of a rolling shutter: each landmark is taken at its own row's time and brought to its frame's.
    onto      : another camera's, whose knots are used.
    """
    rule = rule or KnotRule()
    seen = track.state != FrameState.MISSING
    t = track.t_s[seen]
    weights = landmark_map()
    px = np.einsum("pl,nlc->npc", weights, track.image_px[seen].astype(np.float64))
    world = np.einsum("pl,nlc->npc", weights, track.world_m[seen].astype(np.float64))
    world = _across(world, track.swapped[seen])
    sure = np.clip(np.einsum("pl,nl->np", weights, track.visibility[seen].astype(np.float64)), 0.02, 1.0)
    sure[track.state[seen] == FrameState.BRIDGED] *= 0.1
    px = _unrolled(t, px, readout_s / track.height_px)
    height_px = body_height_px(track)
    knots = _place(t, px / height_px, rule) if onto is None else onto.t_s
    hats = _hats(t, knots)
    total = hats @ sure
    if onto is not None:  # knots that it has no frame near say nothing
        blank = total < 1e-6
        hats = np.where(blank.all(axis=1, keepdims=True), 1.0 / len(t), hats)
        total = np.where(blank, 1.0, hats @ sure)
        sure_at = np.where(blank, 0.0, np.clip(total / np.maximum(hats.sum(1, keepdims=True), 1e-9), 0.0, 1.0))
    else:
        sure_at = np.clip(total / np.maximum(hats.sum(1, keepdims=True), 1e-9), 0.0, 1.0)
    return Observed(
        t_s=knots,
        image_px=np.einsum("kn,np,npc->kpc", hats, sure, px) / total[..., None],
        depth_m=np.einsum("kn,np,npc->kpc", hats, sure, world) / total[..., None],
        weight=sure_at,
        trust=1.0 - 0.9 * (hats @ track.swapped[seen]) / np.maximum(hats.sum(1), 1e-9),
        height_px=height_px,
        still=_address(knots, px, t, height_px, address_t_s) if onto is None else onto.still,
    )


def _unrolled(t: FloatArray, px: FloatArray, row_s: float) -> FloatArray:
    """Return landmarks, shape (n, 20, 2), as they were when their frame's first row was exposed."""
    if row_s <= 0.0 or len(t) < 2:
        return px
    own = t[:, None] + row_s * px[..., 1]
    flat = [np.interp(t, own[:, p], px[:, p, axis]) for p in range(px.shape[1]) for axis in (0, 1)]
    return np.stack(flat, axis=-1).reshape(px.shape)


def _across(world: FloatArray, exchanged: NDArray[np.bool_]) -> FloatArray:
    """Draw the depths over exchanged frames as straight lines between the frames beside them, shape (n, 20, 3).

    Where the model took left for right it also turned the body about, so that neither labelling of its depths is right.
    """
    good = np.flatnonzero(~exchanged)
    if not exchanged.any() or len(good) < 2:
        return world
    where = np.interp(np.arange(len(world)), good, np.arange(len(good)))
    low = np.minimum(where.astype(int), len(good) - 2)
    share = (where - low)[:, None, None]
    return np.asarray((1.0 - share) * world[good[low]] + share * world[good[low + 1]])


def _place(t: FloatArray, unit_px: FloatArray, rule: KnotRule) -> FloatArray:
    """Choose knot times so that travel and time between them are bounded."""
    if len(t) < 2:
        return t.copy()
    # Steps smaller than landmark noise are no motion: without the floor a noisy still clip would fill with knots.
    step = np.linalg.norm(np.diff(_smooth(unit_px), axis=0), axis=-1)
    step = np.max(np.maximum(step - 0.004, 0.0), axis=1)
    progress = np.concatenate([[0.0], np.cumsum(np.maximum(step / rule.travel, np.diff(t) / rule.max_gap_s))])
    count = max(2, int(np.ceil(progress[-1])) + 1)
    wanted = np.interp(np.linspace(0.0, progress[-1], count), progress, np.arange(len(t)))
    picked = np.unique(np.round(wanted).astype(int))
    return np.asarray(t[picked])


def _smooth(x: FloatArray) -> FloatArray:
    """Return a three-frame mean over the first axis, ends kept."""
    if len(x) < 3:
        return x
    out = x.copy()
    out[1:-1] = (x[:-2] + x[1:-1] + x[2:]) / 3.0
    return out


def _hats(t: FloatArray, knots: FloatArray) -> FloatArray:
    """Return the weight of each frame in each knot: 1 at the knot falling to 0 at its neighbours, shape (K, n)."""
    if len(knots) == 1:
        return np.ones((1, len(t)))
    gap = np.diff(knots)
    before = np.concatenate([[gap[0]], gap])
    after = np.concatenate([gap, [gap[-1]]])
    d = t[None, :] - knots[:, None]
    return np.asarray(np.clip(1.0 - np.where(d < 0.0, -d / before[:, None], d / after[:, None]), 0.0, 1.0))


def _address(
    knots: FloatArray, px: FloatArray, t: FloatArray, height_px: float, address_t_s: float | None
) -> NDArray[np.bool_]:
    """Return which knots lie at address: about the stated time, or in the stillest half second with the hands low."""
    if address_t_s is None:
        hands = 0.5 * (px[:, POINT["left_wrist"]] + px[:, POINT["right_wrist"]])
        shoulders = 0.5 * (px[:, POINT["left_shoulder"]] + px[:, POINT["right_shoulder"]])
        speed = np.zeros(len(t))
        if len(t) > 1:
            speed = np.linalg.norm(np.gradient(hands, t, axis=0), axis=-1) / height_px
        fastest = int(np.argmax(speed))
        span = max(1, int(np.searchsorted(t, t[0] + 0.4)))
        motion = np.convolve(speed, np.ones(span) / span, mode="same")
        high = (hands[:, 1] - shoulders[:, 1]) / height_px < 0.15
        motion = motion + 100.0 * high + 10.0 * (np.arange(len(t)) > fastest)
        address_t_s = float(t[int(np.argmin(motion))])
    near = np.abs(knots - address_t_s) <= 0.25
    near[int(np.argmin(np.abs(knots - address_t_s)))] = True
    return np.asarray(near)
