"""Where the two signals could lie on each other at all: speeds correlated over every overlap."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from twinswing.align.result import AlignmentRefusedError
from twinswing.align.signals import HandTrack, hand_speed
from twinswing.club.model import ImuSamples

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class CoarseParams:
    """The coarse search.

    grid_hz       : both speeds are compared on this grid; the fine fit takes over within +-100 ms.
    min_turn_radps: a club that never turns faster than this did not swing (a short putt reaches 2 rad/s).
    apart_s       : swings in one stream lie further apart than this.
    before_s, after_s : span of a swing around its fastest moment that the shape is compared over.
    max_swings    : swings of the stream that are tried, fastest first.
    per_swing     : places of the video tried for each.
    min_cover     : share of a swing's energy that the video has to cover.
    min_score     : correlation below which a place is not worth a fine fit.
    """

    grid_hz: float = 100.0
    min_turn_radps: float = 2.0
    apart_s: float = 1.2
    before_s: float = 1.3
    after_s: float = 0.4
    max_swings: int = 6
    per_swing: int = 3
    min_cover: float = 0.6
    min_score: float = 0.2


@dataclass(frozen=True)
class Candidate:
    """A place where the stream may lie: `t_video = t_club + offset_s` near the club's time `centre_s`."""

    centre_s: float
    offset_s: float
    score: float


def turn_rate(imu: ImuSamples, grid_hz: float, smooth_s: float) -> tuple[FloatArray, FloatArray]:
    """Return an even grid of the club's clock and the smoothed angular speed on it, rad/s."""
    t = np.arange(imu.t_s[0], imu.t_s[-1], 1.0 / grid_hz)
    fine = 8
    tf = np.arange(imu.t_s[0], imu.t_s[-1], 1.0 / (grid_hz * fine))
    rate = np.interp(tf, imu.t_s, np.linalg.norm(imu.gyro_radps, axis=1))
    rate = gaussian_filter1d(rate, max(smooth_s, 0.5 / grid_hz) * grid_hz * fine)
    return t, np.interp(t, tf, rate)


def candidates(
    hands: HandTrack, imu: ImuSamples, params: CoarseParams, window_s: tuple[float, float] | None = None
) -> list[Candidate]:
    """Return the places where the stream could lie on the video, best first.

    For each swing of the stream (a peak of angular speed) its shape, as the root of the speed so that the backswing
    counts too, is slid over the hands' speed in the picture and correlated. Any offset is found: the clocks need not
    share an origin. `window_s` bounds the offsets, where a hint is known.
    """
    if len(imu.t_s) < 64:
        raise AlignmentRefusedError(f"expected a swing in the club's stream, found {len(imu.t_s)} samples")
    tv, speed = hand_speed(hands)
    if len(tv) < 8:
        raise AlignmentRefusedError(f"expected the hands in the video's frames to align the club with, found {len(tv)}")
    smooth = 0.4 / hands.rate_hz
    tc, turn = turn_rate(imu, params.grid_hz, smooth)
    peaks, _ = find_peaks(np.concatenate([[0.0], turn, [0.0]]), height=params.min_turn_radps,
                          distance=max(int(params.apart_s * params.grid_hz), 1))  # fmt: skip
    peaks -= 1
    if len(peaks) == 0:
        raise AlignmentRefusedError(
            f"expected a swing in the club's stream, found no turn faster than {params.min_turn_radps:.0f} rad/s"
        )
    peaks = peaks[np.argsort(-turn[peaks])][: params.max_swings]
    pad = 2.0
    tg = np.arange(tv[0] - pad, tv[-1] + pad, 1.0 / params.grid_hz)
    inside = (tg >= tv[0]) & (tg <= tv[-1])
    picture = np.where(inside, np.sqrt(np.interp(tg, tv, speed)), 0.0)
    found: list[Candidate] = []
    for peak in peaks:
        lo = max(int(peak - params.before_s * params.grid_hz), 0)
        hi = min(int(peak + params.after_s * params.grid_hz), len(turn))
        shape = np.sqrt(turn[lo:hi])
        score, shift = _slide(shape, picture, inside, params)
        offset = tg[0] + shift / params.grid_hz - tc[lo]
        if window_s is not None:
            score = np.where((offset >= window_s[0]) & (offset <= window_s[1]), score, -1.0)
        tops, _ = find_peaks(np.concatenate([[-1.0], score, [-1.0]]), distance=int(0.15 * params.grid_hz))
        tops -= 1
        found += [
            Candidate(float(tc[peak]), float(offset[k]), float(score[k]))
            for k in tops[np.argsort(-score[tops])][: params.per_swing]
            if score[k] > params.min_score
        ]
    if not found:
        raise AlignmentRefusedError(
            "expected the club's swing somewhere in the video, found no place where the hands move alike"
        )
    # A waggle's shape is easily matched: fast peaks come first, each as well matched as it can be.
    rank = {float(tc[peak]): float(np.sqrt(turn[peak])) for peak in peaks}
    return sorted(found, key=lambda c: -c.score * rank[c.centre_s])


def _slide(
    shape: FloatArray, picture: FloatArray, inside: NDArray[np.bool_], params: CoarseParams
) -> tuple[FloatArray, FloatArray]:
    """Correlate a shape with every stretch of the picture's speed, over the part that the video covers."""
    m = len(shape)
    windows = np.lib.stride_tricks.sliding_window_view(picture, m)
    cover = np.lib.stride_tricks.sliding_window_view(inside.astype(np.float64), m)
    n = np.maximum(cover.sum(1), 1.0)
    mean_s, mean_p = (cover @ shape) / n, (windows * cover).sum(1) / n
    cross = (windows * cover) @ shape / n - mean_s * mean_p
    var_s = (cover @ shape**2) / n - mean_s**2
    var_p = (windows**2 * cover).sum(1) / n - mean_p**2
    score = cross / np.sqrt(np.maximum(var_s * var_p, 1e-12))
    covered = (cover @ shape**2) / max(float((shape**2).sum()), 1e-12)
    return np.where(covered >= params.min_cover, score, -1.0), np.arange(len(score), dtype=np.float64)
