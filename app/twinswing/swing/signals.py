"""What a pose track says about a swing, frame by frame, before any event is looked for.

Everything is in units of the golfer's own trunk (middle of the shoulders to middle of the hips), so that neither the
golfer's distance nor the picture's size matters. Heights are up from the hips.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]

_HANDS = ("left_wrist", "right_wrist")


@dataclass(frozen=True)
class SignalParams:
    """How landmarks become signals.

    min_frames    : fewer frames than this can't hold a swing at any rate that cameras film at.
    jump_trunks   : one sigma of how far the hands' path may leave its own straight continuation in a frame. Hands move
                    up to 0.6 trunk lengths a frame at 30 per second, but never that far out of their line.
    away_trunks   : the same for the hands' middle against one wrist: both hold one grip, so wrists that lie further
                    apart than a fist's width (0.2 trunk lengths) can't both be right.
    """

    min_frames: int = 8
    jump_trunks: float = 0.12
    away_trunks: float = 0.2


@dataclass(frozen=True)
class SwingSignals:
    """Signals of n frames.

    t_s      : presentation times, seconds, shape (n,).
    trunk_px : the golfer's trunk length, pixels.
    hands    : middle of the hands relative to the hips, x right and y up, trunk lengths, shape (n, 2), no NaN.
    shoulders: left and right shoulder in the same axes, shape (n, 2, 2).
    hands_px : the hands' middle in the picture, pixels, shape (n, 2).
    hips_px  : the hips' middle in the picture, pixels, shape (n, 2).
    turn_rad : azimuth of the lines through shoulders and hips, left to right, from MediaPipe's world landmarks,
               counter-clockwise seen from above and continuous over time; 0 when the golfer's back is to the camera;
               shape (n,).
    speed    : the hands' speed, trunk lengths a second, unsmoothed, shape (n,).
    seen     : a pose was detected in this frame (not bridged), shape (n,).
    """

    t_s: FloatArray
    trunk_px: float
    hands: FloatArray
    shoulders: FloatArray
    hands_px: FloatArray
    hips_px: FloatArray
    turn_rad: FloatArray
    speed: FloatArray
    seen: NDArray[np.bool_]

    @property
    def height(self) -> FloatArray:
        """The hands' height above the hips, trunk lengths, shape (n,)."""
        return np.asarray(self.hands[:, 1])


def swing_signals(pose: PoseTrack, params: SignalParams | None = None) -> SwingSignals:
    """Turn landmarks into signals. Raises InputError for a track that is too short or empty to hold a swing."""
    params = params or SignalParams()
    known: NDArray[np.bool_] = np.asarray(np.isfinite(pose.image_px).all(axis=(1, 2)))
    if pose.frames < params.min_frames or np.count_nonzero(known) < params.min_frames:
        raise InputError(
            f"Expected a golf swing of at least {params.min_frames} frames with a golfer, found "
            f"{np.count_nonzero(known)} such frames in a clip of {pose.frames}."
        )
    px = _filled(pose.image_px.astype(np.float64), known)
    world = _filled(pose.world_m.astype(np.float64), known)
    hips = _steady((px[:, LANDMARK["left_hip"]] + px[:, LANDMARK["right_hip"]]) / 2.0)
    pair = px[:, [LANDMARK["left_shoulder"], LANDMARK["right_shoulder"]]]
    trunk = float(np.median(np.linalg.norm(pair.mean(axis=1) - hips, axis=1)))
    if not trunk > 1.0:
        raise InputError("Expected a golfer of more than a few pixels, found a trunk shorter than one pixel.")
    wrists = px[:, [LANDMARK[name] for name in _HANDS]]
    visible = pose.visibility[:, [LANDMARK[name] for name in _HANDS]].astype(np.float64)
    hands_px = _hand_path(wrists, visible, trunk, params)
    up = np.array([1.0, -1.0]) / trunk
    # Shoulders and hips together: the model loses one pair behind arms or clothes more often than both.
    across = sum(
        (world[:, LANDMARK[f"right_{p}"]] - world[:, LANDMARK[f"left_{p}"]] for p in ("shoulder", "hip")), np.zeros(3)
    )
    hands = (hands_px - hips) * up
    return SwingSignals(
        t_s=pose.t_s,
        trunk_px=trunk,
        hands=hands,
        shoulders=(_steady(pair) - hips[:, None]) * up,
        hands_px=hands_px,
        hips_px=hips,
        turn_rad=np.unwrap(np.arctan2(across[:, 2], across[:, 0])),
        speed=np.linalg.norm(np.gradient(hands_px / trunk, pose.t_s, axis=0), axis=1),
        seen=known & (pose.state == FrameState.DETECTED),
    )


def _filled(values: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """Interpolate over unknown frames, holding the ends; shape (n, ...)."""
    if known.all():
        return values
    n = len(values)
    at = np.interp(np.arange(n), np.flatnonzero(known), np.arange(np.count_nonzero(known)))
    kept = values[known]
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, len(kept) - 1)
    w = (at - low).reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(kept[low] * (1.0 - w) + kept[high] * w)


def _steady(path: FloatArray) -> FloatArray:
    """Drop single-frame outliers of a path that moves slowly, shape (n, ...)."""
    size = (5,) + (1,) * (path.ndim - 1)
    return np.asarray(gaussian_filter1d(median_filter(path, size=size, mode="nearest"), 1.0, axis=0, mode="nearest"))


def _hand_path(wrists: FloatArray, visible: FloatArray, trunk: float, params: SignalParams) -> FloatArray:
    """Choose, frame by frame, the left wrist, the right wrist or their middle so that the path is smooth.

    The pose model loses one wrist behind the body or in motion blur far more often than both at once. Shortest path
    over three candidates a frame: how doubtful the candidate is, and how far it lies from the last one's place.
    """
    n = len(wrists)
    cand = np.concatenate([wrists, wrists.mean(axis=1, keepdims=True)], axis=1) / trunk
    apart = np.linalg.norm(cand[:, 0] - cand[:, 1], axis=1)
    doubt = np.empty((n, 3))
    doubt[:, :2] = 0.5 + (1.0 - visible)
    doubt[:, 2] = (apart / params.away_trunks) ** 2
    step = np.linalg.norm(cand[1:, None, :, :] - cand[:-1, :, None, :], axis=-1) / params.jump_trunks
    step = np.minimum(step, 8.0)  # (n - 1, from, to); a capped cost lets the path recover from a true jump
    total = doubt[0]
    came = np.empty((n, 3), dtype=np.intp)
    for i in range(1, n):
        options = total[:, None] + step[i - 1]
        came[i] = np.argmin(options, axis=0)
        total = options[came[i], np.arange(3)] + doubt[i]
    best = np.empty(n, dtype=np.intp)
    best[-1] = int(np.argmin(total))
    for i in range(n - 1, 0, -1):
        best[i - 1] = came[i, best[i]]
    return np.asarray(cand[np.arange(n), best] * trunk)
