"""What is drawn over the real video: the pose as lines on a frame, and the swing in 3D through the estimated camera."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack
from twinswing.errors import InputError
from twinswing.stage.scene import SceneOptions
from twinswing.stage.skeleton import LEAD_RGB, TRAIL_RGB, TRUNK_RGB

RgbImage = NDArray[np.uint8]

_SIDE_LIMBS = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"),
    ("ankle", "foot_index"), ("heel", "foot_index"),
)  # fmt: skip
_TRUNK_LIMBS = (
    ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"), ("left_ear", "nose"), ("right_ear", "nose"),
)  # fmt: skip
_SHIFT = 4  # cv2 draws at 1/16 of a pixel
_OUTLINE_RGB = (12, 16, 22)


@dataclass(frozen=True)
class PoseStyle:
    """How a pose is drawn.

    width_fraction : of a limb, as a part of the picture's height (a limb of 5 px on a 1280 px high phone video).
    least_visible  : limbs whose ends the model saw less of than this are left out; MediaPipe's own drawing uses 0.5,
                     but a wrist at the top of the swing is often lower and still right.
    opacity, bridged_opacity : of a detected and of an interpolated frame.
    """

    width_fraction: float = 0.0045
    least_visible: float = 0.25
    opacity: float = 0.95
    bridged_opacity: float = 0.40


def draw_pose(
    rgb: RgbImage, track: PoseTrack, frame: int, handed: str = "right", style: PoseStyle | None = None
) -> RgbImage:
    """Return a copy of a video frame with its landmarks drawn on it, antialiased, shape (h, w, 3), rgb.

    The lead side is blue, the trail side amber, the trunk white; a bridged frame is drawn faintly and a missing one
    not at all. The picture may have another size than the track's. Raises InputError for a frame that is not there.
    """
    style = style or PoseStyle()
    if not 0 <= frame < track.frames:
        raise InputError(f"expected a frame from 0 to {track.frames - 1} of the pose track, found {frame}")
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise InputError(f"expected a picture of shape (h, w, 3) and type uint8, found {rgb.shape} {rgb.dtype}")
    out = np.array(rgb, order="C")
    state = int(track.state[frame])
    points = track.image_px[frame].astype(float)
    points = points * [rgb.shape[1] / track.width_px, rgb.shape[0] / track.height_px]
    seen = np.isfinite(points).all(1) & (track.visibility[frame] >= style.least_visible)
    # Far outside the picture a line is of no use, and cv2's fixed-point numbers would overflow.
    seen &= (np.abs(np.nan_to_num(points)) < 8 * max(rgb.shape[:2])).all(1)
    if state == FrameState.MISSING or not seen.any():
        return out
    width = max(1.5, style.width_fraction * rgb.shape[0])
    low, high = _window(points[seen], out.shape, width)
    if (high <= low).any():
        return out
    region = out[low[1] : high[1], low[0] : high[0]]
    drawn = region.copy()
    _draw_limbs(drawn, points - low, seen, width, handed)
    opacity = style.opacity if state == FrameState.DETECTED else style.bridged_opacity
    cv2.addWeighted(drawn, opacity, region.copy(), 1.0 - opacity, 0.0, dst=region)
    return out


def _window(
    points: NDArray[np.float64], shape: tuple[int, ...], width: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the low and high corner of the part of the picture that the limbs touch, pixels."""
    size = np.array([shape[1], shape[0]])
    margin = 4 * width + 2
    low = np.clip(np.floor(points.min(0) - margin), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(0) + margin), 0, size).astype(int)
    return low, high


def _limbs(handed: str) -> list[tuple[int, int, tuple[int, int, int]]]:
    lead = "left" if handed == "right" else "right"
    out = [(LANDMARK[a], LANDMARK[b], _bytes(TRUNK_RGB)) for a, b in _TRUNK_LIMBS]
    for side in ("left", "right"):
        color = _bytes(LEAD_RGB if side == lead else TRAIL_RGB)
        out += [(LANDMARK[f"{side}_{a}"], LANDMARK[f"{side}_{b}"], color) for a, b in _SIDE_LIMBS]
    return out


def _bytes(rgb: tuple[float, float, float]) -> tuple[int, int, int]:
    r, g, b = (round(255 * c) for c in rgb)
    return (r, g, b)


def _draw_limbs(
    picture: RgbImage, points: NDArray[np.float64], seen: NDArray[np.bool_], width: float, handed: str
) -> None:
    # cv2 puts a pixel's centre at whole numbers; landmarks put it at halves.
    fixed = np.rint((np.where(seen[:, None], points, 0.0) - 0.5) * (1 << _SHIFT)).astype(int).tolist()
    limbs = [(a, b, color) for a, b, color in _limbs(handed) if seen[a] and seen[b]]
    thin, wide = max(1, round(width)), max(2, round(width * 1.9))
    for a, b, _ in limbs:
        cv2.line(picture, fixed[a], fixed[b], _OUTLINE_RGB, wide, cv2.LINE_AA, _SHIFT)
    for a, b, color in limbs:
        cv2.line(picture, fixed[a], fixed[b], color, thin, cv2.LINE_AA, _SHIFT)
    radius = round(width * 0.95 * (1 << _SHIFT))
    for joint, color in {end: color for a, b, color in limbs for end in (a, b)}.items():
        cv2.circle(picture, fixed[joint], round(radius * 1.5), _OUTLINE_RGB, cv2.FILLED, cv2.LINE_AA, _SHIFT)
        cv2.circle(picture, fixed[joint], radius, color, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def ar_options(base: SceneOptions | None = None, *, skeleton: bool = True, plane: bool = True) -> SceneOptions:
    """Return options for the view over the real video: the video behind, the trail, plane and skeleton in front.

    Give the scene its frame with `set_video_frame` and look through the view "video". The golfer in the video hides
    what lies behind: the figure is drawn into the depth buffer alone.
    """
    return replace(
        base or SceneOptions(), backdrop=True, trail=True, plane=plane, skeleton=skeleton, figure=True, holdout=True,
        club=False, ground=False, sky=False, ball=False, screen=False, shadows=False,
    )  # fmt: skip
