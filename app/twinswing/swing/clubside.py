"""On which side of the hands the club moves, above or below, from what moves in the picture beside the body.

The shaft is level where the club head is as high as the hands, from whatever side it is filmed. The head sweeps more of
the picture than anything else that isn't the golfer, so before that moment what moves lies below the hands, after it
above them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK, PoseTrack
from twinswing.body.motion import PictureMotion
from twinswing.swing.signals import SwingSignals

FloatArray = NDArray[np.float64]

_CHUNK = 128
_BONES = tuple(
    (LANDMARK[a], LANDMARK[b])
    for a, b in (
        ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"), ("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"),
        ("left_hip", "left_knee"), ("right_hip", "right_knee"), ("left_knee", "left_ankle"),
        ("right_knee", "right_ankle"), ("left_shoulder", "left_elbow"), ("right_shoulder", "right_elbow"),
        ("left_elbow", "left_wrist"), ("right_elbow", "right_wrist"), ("nose", "nose"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class ClubSideParams:
    """What counts as the club; lengths in the golfer's trunks.

    body_trunks  : so near to a bone it is the golfer himself, his clothes included.
    reach_trunks : a club's head is nearer to the hands than this; a driver measures 1.1 m, a trunk half of that.
    grip_trunks  : the grip's middle lies this far below the wrists while the shaft passes level.
    level_trunks : cells further up or down than this say nothing: shadows move on the ground, other people behind.
    faint        : share of the span's strong motion at which a frame's evidence counts half.
    edge_trunks  : hands as near as this to the picture's left or right edge tell nothing, for the club may be outside;
                   from the second on they tell all.
    trust        : log likelihood ratio of an eighth of a downswing (a frame in real time) that is all on one side.
    doubt        : the sigma of what is known without the club counts so many times, for such rules fail together.
    """

    body_trunks: float = 0.3
    reach_trunks: float = 2.4
    grip_trunks: float = 0.12
    level_trunks: float = 1.3
    faint: float = 0.15
    edge_trunks: tuple[float, float] = (0.6, 1.2)
    trust: float = 3.0
    doubt: float = 1.3


def club_side(
    pose: PoseTrack,
    motion: PictureMotion,
    signals: SwingSignals,
    first: int,
    last: int,
    params: ClubSideParams | None = None,
) -> FloatArray:
    """Return from -1 (all that moves beside the body is below the hands) to +1 (above) for frames first to last.

    Shape (last - first + 1,). Element k tells of the time between frame first + k - 1 and first + k; near 0 where
    little moves, or as much on both sides.
    """
    params = params or ClubSideParams()
    # So many frames at a time: a long clip in slow motion must not fill the memory.
    parts = [
        _moved(pose, motion, signals, k, min(k + _CHUNK, last + 1), params) for k in range(first, last + 1, _CHUNK)
    ]
    above, total = np.concatenate(parts, axis=1)
    strong = float(np.percentile(total, 80))
    x = signals.hands_px[first : last + 1, 0]
    room = np.minimum(x, pose.width_px - x) / signals.trunk_px
    inside = np.clip((room - params.edge_trunks[0]) / (params.edge_trunks[1] - params.edge_trunks[0]), 0.0, 1.0)
    side = (2.0 * above - total) / np.maximum(total + params.faint * strong, 1e-9)
    return np.asarray(side * inside, dtype=np.float64)


def _moved(
    pose: PoseTrack, motion: PictureMotion, signals: SwingSignals, first: int, stop: int, params: ClubSideParams
) -> FloatArray:
    """Return the change beside the body above the hands, and in all, for frames first to stop - 1; shape (2, n)."""
    trunk, cell = signals.trunk_px, motion.cell_px
    rows, columns = motion.cells.shape[1:]
    x, y = (np.arange(columns) + 0.5) * cell / trunk, (np.arange(rows) + 0.5) * cell / trunk
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    at = np.maximum(np.arange(first - 1, stop), 0)
    far = _from_body(pose.image_px[at].astype(np.float64) / trunk, grid)
    hands = signals.hands_px[at] / trunk + [0.0, params.grip_trunks]
    # What changed is where things were and where they are.
    far, hands = np.minimum(far[:-1], far[1:]), 0.5 * (hands[:-1] + hands[1:])
    away = grid - hands[:, None]
    near = (np.hypot(away[..., 0], away[..., 1]) < params.reach_trunks) & (np.abs(away[..., 1]) < params.level_trunks)
    moved = motion.cells[first:stop].reshape(stop - first, -1) * (near & (far > params.body_trunks))
    return np.stack([(moved * (away[..., 1] < 0.0)).sum(axis=1), moved.sum(axis=1)])


def level_by_side(
    side: FloatArray, first: int, usual: tuple[float, float], sweep: float, params: ClubSideParams | None = None
) -> tuple[float, float]:
    """Return when the club passes the hands' height on its way up as (frame, sigma).

    Every frame of the span is tried as that moment: `side` speaks for it where it is negative before and positive
    after. The result is the mean of all by their probability, beginning with the usual place (frame, sigma), so that
    it stays there where nothing is seen of the club.
    """
    params = params or ClubSideParams()
    frames = first + np.arange(len(side))
    # Between frame k and the last before it lies side[k]: it is still below where k is the moment.
    gain = 2.0 * np.cumsum(-side)
    log = params.trust * 4.0 / sweep * gain - 0.5 * ((frames - usual[0]) / (params.doubt * usual[1])) ** 2
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    mean = float(weight @ frames)
    return mean, max(float(np.sqrt(weight @ (frames - mean) ** 2)), 0.4)


def _from_body(landmarks: FloatArray, grid: FloatArray) -> FloatArray:
    """Return each grid point's distance from the nearest bone, shape (n, points); unseen bones are nowhere near."""
    least = np.full((len(landmarks), len(grid)), np.inf)
    for a, b in _BONES:
        start, bone = landmarks[:, None, a], landmarks[:, None, b] - landmarks[:, None, a]
        along = np.sum((grid - start) * bone, axis=-1) / np.maximum(np.sum(bone * bone, axis=-1), 1e-9)
        away = grid - start - np.clip(along, 0.0, 1.0)[..., None] * bone
        least = np.fmin(least, np.hypot(away[..., 0], away[..., 1]))
    return least
