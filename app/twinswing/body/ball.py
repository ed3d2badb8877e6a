"""The ball's departure: it lies still until it is struck and is gone afterwards, to within a frame.

The place need not be known: what is compact, as large as a ball, there in every picture before and in none after, and
leaves its surroundings as they were, is the ball. The club's head, a foot or a shadow moves on through several places.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK, PoseTrack

FloatArray = NDArray[np.float64]
ByteImage = NDArray[np.uint8]

BALL_M = 0.04267  # the rules' least diameter
_LEG_M = 0.82  # hip joint to ankle of an adult who is 1.75 m tall (Drillis and Contini)


@dataclass(frozen=True)
class BallParams:
    """What counts as a ball that leaves.

    around_s       : pictures this long before and after the guessed impact are looked at.
    aside_s        : and those nearer to it are not asked how the place looks with and without a ball.
    least_px       : a smaller ball can't be told from grain and coding.
    work_px        : pictures are shrunk until a ball is this wide.
    reach_m        : the ball lies within this of the feet, to either side; above_m, below_m: and of the ankles.
    size           : least and most of a ball's area, of the nominal one: near and far balls, and the edge's blur.
    least_contrast : grey levels between ball and ground.
    leaves         : share of that contrast that may remain when it has left, or that the ground about it may change by.
    alike          : a pixel shows the ball where it is this near to it, of its difference from the ground.
    seen           : share of the ball's pixels that have to show it.
    gone           : likeness to the place with the ball (1) and without (0) below which it has left.
    odd            : unlikeness to both, against the difference of them, beyond which something hides the place.
    before, after  : share of the pictures that have to show it before, and not to show it after.
    most_gap_s     : the club may hide the place for so long.
    most_off_s     : the guess may be off by so much.
    """

    around_s: float = 0.6
    aside_s: float = 0.12
    least_px: float = 4.0
    work_px: float = 8.0
    reach_m: float = 1.4
    above_m: float = 0.45
    below_m: float = 0.8
    size: tuple[float, float] = (0.4, 5.0)
    least_contrast: float = 22.0
    leaves: float = 0.4
    alike: float = 0.4
    seen: float = 0.5
    gone: float = 0.3
    odd: float = 0.5
    before: float = 0.7
    after: float = 0.6
    most_gap_s: float = 0.1
    most_off_s: float = 0.3


@dataclass(frozen=True)
class BallDeparture:
    """When the ball left, on the video's time.

    last_seen_s, first_gone_s : times of the last picture with it and the first without; it left in between. A row's own
                 shutter delay is not in them.
    place_px   : its middle in the upright picture. size_px: its diameter.
    confidence : 0 to 1.
    """

    last_seen_s: float
    first_gone_s: float
    place_px: tuple[float, float]
    size_px: float
    confidence: float


def find_ball(video: Path, pose: PoseTrack, impact_s: float, params: BallParams | None = None) -> BallDeparture | None:
    """Look for the ball's departure near a guessed impact in a clip; None where there is none to be sure of.

    Reads the pictures about the impact once more; raises nothing for a clip that was read before.
    """
    params = params or BallParams()
    place = where_to_look(pose, impact_s, params)
    if place is None:
        return None
    box, ball_px = place
    shrink = min(1.0, params.work_px / ball_px)
    times: list[float] = []
    pictures: list[ByteImage] = []
    for t_s, picture in pictures_between(video, impact_s - params.around_s, impact_s + params.around_s, pose):
        x0, y0, x1, y1 = box
        part = picture[y0:y1, x0:x1]
        size = (max(round(part.shape[1] * shrink), 1), max(round(part.shape[0] * shrink), 1))
        pictures.append(np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8))
        times.append(t_s)
    if not pictures:
        return None
    found = departure(np.stack(pictures), np.array(times), impact_s, ball_px * shrink, params)
    if found is None:
        return None
    x, y = found.place_px
    return BallDeparture(found.last_seen_s, found.first_gone_s, (box[0] + x / shrink, box[1] + y / shrink),
                         found.size_px / shrink, found.confidence)  # fmt: skip


def where_to_look(
    pose: PoseTrack, impact_s: float, params: BallParams | None = None
) -> tuple[tuple[int, int, int, int], float] | None:
    """Return the box about the feet (x0, y0, x1, y1) and a ball's diameter there, pixels; None if that is too small."""
    params = params or BallParams()
    near = np.abs(pose.t_s - impact_s) < params.around_s
    if not near.any():
        return None

    def middle(*names: str) -> FloatArray:
        points = pose.image_px[near][:, [LANDMARK[f"{side}_{name}"] for side in ("left", "right") for name in names]]
        known = points.reshape(-1, 2)[np.isfinite(points).all(-1).ravel()].astype(np.float64)
        return known if len(known) else np.full((1, 2), np.nan)

    feet, hips = middle("ankle", "heel", "foot_index"), middle("hip")
    per_m = float(np.median(middle("ankle")[:, 1]) - np.median(hips[:, 1])) / _LEG_M
    if not np.isfinite(per_m) or per_m * BALL_M < params.least_px:
        return None
    low, high = np.percentile(feet, [5, 95], axis=0)
    x0, x1 = low[0] - params.reach_m * per_m, high[0] + params.reach_m * per_m
    y0, y1 = low[1] - params.above_m * per_m, high[1] + params.below_m * per_m
    left, right = (int(np.clip(v, 0, pose.width_px)) for v in (x0, x1))
    top, bottom = (int(np.clip(v, 0, pose.height_px)) for v in (y0, y1))
    if right - left < 4 or bottom - top < 4:
        return None
    return (left, top, right, bottom), per_m * BALL_M


def departure(
    pictures: NDArray[np.uint8], t_s: FloatArray, impact_s: float, ball_px: float, params: BallParams | None = None
) -> BallDeparture | None:
    """Find the ball's departure in pictures of its surroundings, shape (n, height, width, 3), at times shape (n,)."""
    params = params or BallParams()
    before = np.flatnonzero(t_s < impact_s - params.aside_s)
    after = np.flatnonzero(t_s > impact_s + params.aside_s)
    if len(before) < 4 or len(after) < 4:
        return None
    with_ball, without = (_usual(pictures, frames) for frames in (before, after))
    change = np.linalg.norm(with_ball - without, axis=-1) / np.sqrt(3.0)
    mask = np.asarray(change > 0.5 * params.least_contrast, dtype=np.uint8)
    count, labels, stats, middles = cv2.connectedComponentsWithStats(mask, connectivity=8)
    nominal = 0.25 * np.pi * ball_px**2
    found: list[tuple[float, BallDeparture]] = []
    for k in range(1, count):
        width, height, area = (int(v) for v in stats[k, 2:5])
        if not params.size[0] * nominal <= area <= params.size[1] * nominal:
            continue
        if not 0.5 <= width / height <= 2.0 or area < 0.5 * width * height:
            continue
        contrast = _contrast(labels == k, with_ball, without, ball_px, params)
        if contrast is None:
            continue
        when = _when(pictures[:, labels == k], with_ball[labels == k], without[labels == k], t_s, before, after, params)
        if when is None or abs(0.5 * (when[0] + when[1]) - impact_s) > params.most_off_s:
            continue
        ball = BallDeparture(
            when[0], when[1], (float(middles[k, 0]), float(middles[k, 1])), float(np.sqrt(area / (0.25 * np.pi))),
            when[2] * min(1.0, 0.5 + contrast / 120.0),
        )  # fmt: skip
        found.append((contrast * when[2] * np.sqrt(area), ball))
    if not found:
        return None
    found.sort(key=lambda f: -f[0])
    best = found[0][1]
    for score, other in found[1:]:
        apart = other.last_seen_s >= best.first_gone_s or other.first_gone_s <= best.last_seen_s
        if apart and score > 0.5 * found[0][0]:
            return None  # two things left at different times: which of them is the ball?
    return best


def _usual(pictures: NDArray[np.uint8], frames: NDArray[np.intp]) -> FloatArray:
    """Return the median of at most 15 pictures, shape (height, width, 3)."""
    return np.asarray(np.median(pictures[frames[:: max(len(frames) // 15, 1)]], axis=0), dtype=np.float64)


def _contrast(
    blob: NDArray[np.bool_], with_ball: FloatArray, without: FloatArray, ball_px: float, params: BallParams
) -> float | None:
    """Return how much a blob stands out before, grey levels; None where it is no thing that left even ground."""
    grow = max(round(0.6 * ball_px), 2)
    near, far = (cv2.dilate(blob.astype(np.uint8), np.ones((2 * r + 1, 2 * r + 1), np.uint8)) for r in (1, grow + 1))
    ring = (far > 0) & (near == 0)
    if ring.sum() < 8:
        return None

    def size(colour: FloatArray) -> float:
        return float(np.linalg.norm(colour) / np.sqrt(3.0))

    ground_before, ground_after = (np.median(p[ring], axis=0) for p in (with_ball, without))
    stands_out = size(np.mean(with_ball[blob], axis=0) - ground_before)
    remains = size(np.mean(without[blob], axis=0) - ground_after)
    ground = size(ground_before - ground_after)
    if stands_out < params.least_contrast or max(remains, ground) > params.leaves * stands_out:
        return None
    return stands_out


def _when(
    pixels: NDArray[np.uint8], with_ball: FloatArray, without: FloatArray, t_s: FloatArray,
    before: NDArray[np.intp], after: NDArray[np.intp], params: BallParams,
) -> tuple[float, float, float] | None:  # fmt: skip
    """Return the last time with, the first time without, and how steady both are; pixels of one blob, (n, p, 3)."""
    change = (with_ball - without).ravel()
    off = pixels.reshape(len(pixels), -1).astype(np.float64) - without.ravel()
    power = float(change @ change)
    likeness = off @ change / power
    odd = np.linalg.norm(off - likeness[:, None] * change, axis=1) / np.sqrt(power)
    # The head covers a part of the ball just before it strikes: what is left of it will do.
    miss = np.linalg.norm(pixels.astype(np.float64) - with_ball, axis=-1)
    alike = miss < params.alike * np.linalg.norm(with_ball - without, axis=-1)
    seen = alike.mean(axis=1) > params.seen
    gone = (likeness < params.gone) & (likeness > -params.gone) & (odd < params.odd)
    if seen[before].mean() < params.before or gone[after].mean() < params.after:
        return None
    last = int(np.flatnonzero(seen)[-1])
    left = np.flatnonzero(gone)
    left = left[left > last]
    # One picture may look otherwise than it is; a thing that comes and goes is no ball.
    if len(left) == 0 or gone[:last].sum() > 1 or t_s[left[0]] - t_s[last] > params.most_gap_s:
        return None
    return float(t_s[last]), float(t_s[left[0]]), float(min(seen[before].mean(), gone[after].mean()))


def pictures_between(video: Path, start_s: float, stop_s: float, pose: PoseTrack) -> Iterator[tuple[float, ByteImage]]:
    """Yield times and upright pictures of the pose's size between two times, from the key frame before them on."""
    with av.open(str(video), metadata_errors="ignore") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        if stream.time_base is not None and start_s > 0.0:
            container.seek(int(start_s / float(stream.time_base)), stream=stream, backward=True)
        for frame in container.decode(stream):
            t_s = frame.time
            if t_s is None or t_s < start_s:
                continue
            if t_s > stop_s:
                break
            turns = round(frame.rotation / 90.0) % 4
            width, height = (pose.height_px, pose.width_px) if turns % 2 else (pose.width_px, pose.height_px)
            rgb = frame.to_ndarray(format="rgb24", width=width, height=height)
            yield float(t_s), np.asarray(cv2.rotate(rgb, _TURN[turns]) if turns else rgb, dtype=np.uint8)


_TURN = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}
