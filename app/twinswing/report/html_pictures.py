"""Pictures of a swing's events: the scene, and beside it the video with the skeleton."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import PoseTrack
from twinswing.stage.cameras import orbit_for
from twinswing.stage.face_cover import Frames, open_pictures
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.overlay import draw_pose
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession

RgbImage = NDArray[np.uint8]
Progress = Callable[[str, float], None]

_LEAST_SEEN = 0.3  # of a landmark, to count for where the golfer is
_MARGIN = 0.22  # of the golfer's height, around the golfer: room for the club
_VIEWS = ("face-on", "down-the-line", "oblique")


@dataclass(frozen=True)
class Moment:
    """Two pictures of one time, each of shape (h, w, 3); None where there is nothing to show."""

    scene: RgbImage | None
    video: RgbImage | None


def view_of(session: SwingSession) -> str:
    """Return the named view nearest to where the camera stood; face-on where that is not known."""
    return session.golfer.view if session.golfer is not None and session.golfer.view in _VIEWS else "face-on"


def moments(
    session: SwingSession,
    times_s: list[float],
    size: tuple[int, int],
    *,
    camera: PinholeCamera | None = None,
    video_size: tuple[int, int] | None = None,
    blur_face: bool = False,
    progress: Progress = lambda _stage, _fraction: None,
) -> list[Moment]:
    """Draw a swing at several times, with one stage for all of them.

    size: width and height of a scene, pixels. camera: by default one that stands where the video's did and sees the
    whole swing. video_size: of the video's frames, which are left out without it. blur_face: cover the face in them.
    Raises MissingPartError where there is no OpenGL.
    """
    scenes: list[RgbImage | None] = [None] * len(times_s)
    if session.body is not None or session.club is not None:
        eye = camera or orbit_for(view_of(session), session, *size).pinhole(*size)
        with OffscreenStage(*size) as stage:
            scene = SwingScene(session, SceneOptions())
            for i, t_s in enumerate(times_s):
                scene.set_time(t_s)
                scenes[i] = stage.render(scene, eye)
                progress("Drawing", (i + 1) / len(times_s))
    frames: list[RgbImage | None] = [None] * len(times_s)
    if video_size is not None:
        frames = video_frames(session, times_s, video_size, blur_face=blur_face)
    return [Moment(s, v) for s, v in zip(scenes, frames, strict=True)]


def camera_for_both(a: SwingSession, b: SwingSession, size: tuple[int, int], view: str | None) -> PinholeCamera:
    """Return one camera that sees the whole of two swings, so that they are drawn to one scale; by default A's view."""
    orbits = [orbit_for(view or view_of(a), session, *size) for session in (a, b)]
    middle = np.mean([orbit.target_m for orbit in orbits], axis=0)
    apart = float(np.linalg.norm(np.subtract(orbits[0].target_m, orbits[1].target_m)))
    # Moved aside by half their distance, what filled a lens of this angle needs that much more room to either side.
    slope = np.tan(orbits[0].vertical_fov_rad / 2) * min(1.0, size[0] / size[1])
    distance = max(orbit.distance_m for orbit in orbits) + 0.5 * apart / float(slope)
    target = (float(middle[0]), float(middle[1]), float(middle[2]))
    return replace(orbits[0], target_m=target, distance_m=distance).pinhole(*size)


def half_of(progress: Progress, half: int) -> Progress:
    """Return what reports the first (0) or second (1) half of a job."""
    return lambda stage, part: progress(stage, 0.5 * (half + part))


def video_frames(
    session: SwingSession, times_s: list[float], size: tuple[int, int], *, blur_face: bool = False
) -> list[RgbImage | None]:
    """Return the video at several times, cut to the golfer, with the skeleton; None where there is no picture.

    Raises InputError where the face is to be covered and cannot be found.
    """
    source = open_pictures(session, blur_face=blur_face)
    if source is None:
        return [None] * len(times_s)
    with closing(source):
        return [_frame(session, source, t, size, times_s) for t in times_s]


def _frame(
    session: SwingSession, source: Frames, t_s: float, size: tuple[int, int], all_s: list[float]
) -> RgbImage | None:
    rgb = source.frame_at(t_s)
    if rgb is None:
        return None
    track = session.pose
    if track is None or not track.frames:
        return _fitted(rgb, (0, 0, rgb.shape[1], rgb.shape[0]), size)
    frame = int(np.clip(np.searchsorted(track.t_s, t_s + 1e-6, side="right") - 1, 0, track.frames - 1))
    handed = session.golfer.handed if session.golfer is not None else "right"
    drawn = draw_pose(rgb, track, frame, handed)
    scale = np.array([rgb.shape[1] / track.width_px, rgb.shape[0] / track.height_px])
    return _fitted(drawn, _window(track, all_s, scale, rgb.shape, size[0] / size[1]), size)


def _window(
    track: PoseTrack, times_s: list[float], scale: NDArray[np.float64], shape: tuple[int, ...], aspect: float
) -> tuple[int, int, int, int]:
    """Return x, y, width and height of the part that holds the golfer at all times, the same for each of them."""
    height, width = shape[:2]
    at = np.clip(np.searchsorted(track.t_s, times_s), 0, track.frames - 1)
    points = track.image_px[at].astype(np.float64) * scale
    points = points[(track.visibility[at] >= _LEAST_SEEN) & np.isfinite(points).all(axis=2)]
    if not len(points):
        return 0, 0, width, height
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * (high[1] - low[1])
    tall = max(high[1] - low[1] + 2 * margin, (high[0] - low[0] + 2 * margin) / aspect)
    tall = min(tall, height, width / aspect)
    wide = tall * aspect
    middle = 0.5 * (low + high)
    x = float(np.clip(middle[0] - wide / 2, 0.0, width - wide))
    y = float(np.clip(middle[1] - tall / 2, 0.0, height - tall))
    return round(x), round(y), max(int(wide), 1), max(int(tall), 1)


def _fitted(rgb: RgbImage, window: tuple[int, int, int, int], size: tuple[int, int]) -> RgbImage:
    """Cut a part out and scale it into a picture of this size; what it does not fill is dark."""
    x, y, wide, tall = window
    part = rgb[y : y + tall, x : x + wide]
    scale = min(size[0] / part.shape[1], size[1] / part.shape[0])
    new = (max(round(part.shape[1] * scale), 1), max(round(part.shape[0] * scale), 1))
    small = cv2.resize(part, new, interpolation=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC)
    out = np.full((size[1], size[0], 3), 18, np.uint8)
    left, top = (size[0] - new[0]) // 2, (size[1] - new[1]) // 2
    out[top : top + new[1], left : left + new[0]] = small
    return out
