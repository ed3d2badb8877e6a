"""The replay as a video file."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from twinswing.errors import InputError
from twinswing.stage.cameras import named_camera
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.swing.session_io import open_video

_LEAD_S, _TAIL_S = 0.4, 0.6  # shown before address and after finish, so that the swing starts and ends at rest


def replay_span(session: SwingSession) -> tuple[float, float]:
    """Return the part worth showing: around the swing where its ends are known, else all; seconds."""
    start, end = session.span_s()
    events = session.events
    if "address" in events:
        start = max(start, events["address"].t_s - _LEAD_S)
    if "finish" in events:
        end = min(end, events["finish"].t_s + _TAIL_S)
    return start, end


def render_video(
    session: SwingSession,
    out: Path,
    *,
    view: str = "face-on",
    size: tuple[int, int] = (1280, 720),
    fps: float = 60.0,
    speed: float = 0.25,
    options: SceneOptions | None = None,
    progress: Callable[[str, float], None] = lambda _stage, _fraction: None,
) -> None:
    """Render a session's replay to an H.264 file.

    size: width and height in pixels, made even as the codec needs. speed: 1 is real time.
    Raises InputError when there is nothing to show, or a setting is out of range.
    """
    if not (1.0 <= fps <= 240.0 and 1 / 64 <= speed <= 8.0):
        raise InputError(f"expected --fps of 1 to 240 and --speed of 1/64 to 8, found {fps:g} and {speed:g}")
    start, end = replay_span(session)
    if end <= start:
        raise InputError(f"expected a session with a body, a club or a pose to show, found none in {session.path}")
    width, height = size[0] // 2 * 2, size[1] // 2 * 2
    times = np.arange(start, end, speed / fps)
    over_video = view == "video"
    wanted = options or SceneOptions(plane=True)
    if over_video:
        wanted = replace(
            wanted, ground=False, sky=False, figure=False, club=False, ball=False, shadows=False, screen=False,
            skeleton=True, backdrop=True,
        )  # fmt: skip
    scene = SwingScene(session, wanted)
    source = open_video(session.path) if session.path and (wanted.screen or over_video) else None
    with OffscreenStage(width, height) as stage, av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"crf": "20", "preset": "veryfast"}
        for index, t_s in enumerate(times):
            if source is not None and (rgb := source.frame_at(float(t_s))) is not None:
                scene.set_video_frame(rgb)
            scene.set_time(float(t_s))
            picture = stage.render(scene, named_camera(view, session, width, height, t_s=float(t_s)))
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
            progress("Rendering", (index + 1) / len(times))
        for packet in stream.encode(None):
            container.mux(packet)
