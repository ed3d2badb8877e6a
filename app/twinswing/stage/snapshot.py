"""One picture of a swing at one time."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError
from twinswing.review.model import Annotation
from twinswing.stage.annotation_scene import AnnotationScene, Picture, head_px
from twinswing.stage.annotation_shapes import Around, aspects_of, shapes_at, visible
from twinswing.stage.cameras import named_camera
from twinswing.stage.face_cover import picture_at
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.overlay import ar_options
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import EVENT_NAMES, SwingSession
from twinswing.timeline.clock import NS_PER_S

RgbImage = NDArray[np.uint8]


def time_of(session: SwingSession, at: str | float) -> float:
    """Return the session time, seconds, that an event's name or a number of seconds means.

    Raises InputError for a name that is no event, an event that was not found, or a time outside the recording.
    """
    if isinstance(at, str) and at in EVENT_NAMES:
        if at not in session.events:
            found = ", ".join(session.events) or "none"
            raise InputError(f"the event {at!r} was not found in this swing; it has: {found}")
        return session.events[at].t_s
    try:
        t_s = float(at)
    except ValueError:
        raise InputError(f"expected seconds or one of {', '.join(EVENT_NAMES)}, found {at!r}") from None
    first, last = session.span_s()
    # Half a hundredth of a second forgives a rounded number at either end.
    if not first - 0.005 <= t_s <= last + 0.005:
        raise InputError(f"expected a time from {first:.3f} to {last:.3f} s, found {t_s:g} s")
    return t_s


def snapshot(
    session: SwingSession,
    at: str | float,
    view: str = "face-on",
    size: tuple[int, int] = (1280, 720),
    options: SceneOptions | None = None,
    video_frame: RgbImage | None = None,
    annotations: Sequence[Annotation] = (),
) -> RgbImage:
    """Draw a swing at an event or a time (s) from a named view, shape (height, width, 3), rgb.

    size: width and height, pixels. video_frame: the camera's picture at that time, rgb; with the view "video" it is
    the backdrop, otherwise it is shown on the screen in the scene. annotations: those visible at that time are drawn.
    Raises InputError as `time_of` and `named_camera` do, MissingPartError where there is no OpenGL.
    """
    t_s = time_of(session, at)
    camera = named_camera(view, session, *size, t_s=t_s)
    chosen = options or SceneOptions(screen=video_frame is not None)
    if view == "video":
        chosen = ar_options(chosen)
    if view == "golfer":
        chosen = replace(chosen, figure=False, shadows=False)  # from inside the head nothing of it is seen
    with OffscreenStage(*size, quality=chosen.quality) as stage:
        scene = SwingScene(session, chosen)
        if video_frame is not None:
            scene.set_video_frame(video_frame)
        scene.set_time(t_s)
        if annotations:
            _annotate(scene, session, camera, t_s, annotations, over_video=view == "video")
        return stage.render(scene, camera)


def _annotate(
    scene: SwingScene, session: SwingSession, camera: PinholeCamera, t_s: float, annotations: Sequence[Annotation], *,
    over_video: bool,
) -> None:  # fmt: skip
    aspects = aspects_of(session)
    picture = Picture("main", aspects["main"]) if over_video and aspects else None
    around = Around(body=session.body, aspects=aspects)
    t_ns = round(t_s * NS_PER_S)
    shapes = shapes_at(visible(annotations, t_ns), t_ns, around)
    free = None if session.body is None else head_px(session.body.at(t_s), camera)
    AnnotationScene(scene.root).show(shapes, camera, picture=picture, captions=True, free_px=free)


def save_snapshot(
    session: SwingSession,
    path: Path,
    at: str | float = "impact",
    view: str = "face-on",
    size: tuple[int, int] = (1280, 720),
    options: SceneOptions | None = None,
    annotations: Sequence[Annotation] = (),
    *,
    blur_face: bool = False,
) -> None:
    """Draw a swing as `snapshot` does, with the recording's own video where that is seen, and write it as PNG.

    blur_face: cover the golfer's face in the video's picture.
    """
    frame: RgbImage | None = None
    if session.path is not None and (view == "video" or (options is not None and options.screen)):
        frame = picture_at(session, time_of(session, at), blur_face=blur_face)
    save_png(path, snapshot(session, at, view, size, options, frame, annotations))


def save_png(path: Path, rgb: RgbImage) -> None:
    """Write a picture, shape (h, w, 3), rgb, as PNG. Raises InputError where the file cannot be written."""
    done, data = cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]))
    if not done:
        raise InputError(f"expected a picture of shape (h, w, 3), found {rgb.shape} {rgb.dtype}")
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise InputError(f"the picture could not be written to {path}: {error.strerror}") from error
