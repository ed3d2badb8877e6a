"""The film of a swing: in 3D from any view, or over the golfer's own video."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError
from twinswing.report.film import FilmSize, Moment, Progress, corner_label, write_film
from twinswing.report.film_plan import FilmPlan, FilmSettings, plan_film
from twinswing.report.notes import Notes
from twinswing.report.video import part_of, replay_span
from twinswing.stage.annotation_scene import AnnotationScene, Picture, head_px
from twinswing.stage.annotation_shapes import Around, Label, Shapes, aspects_of
from twinswing.stage.annotation_words import STYLE
from twinswing.stage.cameras import named_camera
from twinswing.stage.face_cover import open_pictures
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.overlay import ar_options
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.swing.readable import event_label
from twinswing.swing.series import SpeedSeries, hand_speed, head_speed
from twinswing.timeline.clock import to_s

RgbImage = NDArray[np.uint8]

_ASIDE_S = 0.3  # shown before a remark that lies outside of the swing
_LONG_SIDE_PX = 1280
_MPH = 2.23694
_NEAR_EVENT_S = 0.02


@dataclass(frozen=True)
class FilmLook:
    """What a swing's film shows.

    view      : a named view; "video" is the golfer's own video with trail, skeleton and plane over it.
    size      : width and height, pixels; None for 1280x720, or the video's shape in its view.
    trail, numbers, captions : the club head's trail; event, time and speed in the corner; remarks without a place.
    blur_face : cover the golfer's face in every picture of the video. text_scale: of words.
    """

    view: str = "face-on"
    size: tuple[int, int] | None = None
    trail: bool = True
    numbers: bool = True
    captions: bool = True
    blur_face: bool = False
    text_scale: float = 1.0
    options: SceneOptions | None = None


def film_span(session: SwingSession, notes: Notes) -> tuple[float, float]:
    """Return the part that a film shows: the swing, and every remark that lies within the recording."""
    first, last = session.span_s()
    start, end = replay_span(session)
    for a in notes.annotations:
        if first <= to_s(a.time.start_ns) <= last:
            start = min(start, max(first, to_s(a.time.start_ns) - _ASIDE_S))
            end = max(end, min(last, to_s(a.time.end_ns)))
    return start, end


def plan_swing(
    session: SwingSession, notes: Notes, settings: FilmSettings | None = None,
    part_s: tuple[float | None, float | None] = (None, None),
) -> FilmPlan:  # fmt: skip
    """Plan a swing's film, or that of a part of it (session seconds); raises InputError where there is nothing."""
    span = film_span(session, notes)
    if part_s != (None, None):
        span = part_of(session.span_s(), span, part_s)
    if span[1] <= span[0]:
        raise InputError(f"expected a session with a body, a club or a pose to show, found none in {session.path}")
    impact = session.events["impact"].t_s if "impact" in session.events else None
    return plan_film(span, notes.annotations, impact_s=impact, settings=settings)


def film_size(session: SwingSession, look: FilmLook) -> FilmSize:
    """Return a film's size: as asked for, or 1280x720, or the video's shape in its own view."""
    if look.size is not None:
        return FilmSize.of(look.size)
    video = session.video
    if look.view == "video" and video is not None and video.width_px and video.height_px:
        scale = _LONG_SIDE_PX / max(video.width_px, video.height_px)
        return FilmSize.of((round(video.width_px * scale), round(video.height_px * scale)))
    return FilmSize(1280, 720)


def film_swing(
    session: SwingSession, out: Path, *, look: FilmLook | None = None, settings: FilmSettings | None = None,
    notes: Notes | None = None, part_s: tuple[float | None, float | None] = (None, None),
    progress: Progress = lambda _stage, _fraction: None,
) -> FilmPlan:  # fmt: skip
    """Film a swing with its annotations, all that is worth showing or a part (session seconds); return the plan.

    Raises InputError where there is nothing to show, a setting is out of range, a face that is to be covered cannot be
    found, or the file cannot be written; MissingPartError where there is no OpenGL.
    """
    look, notes = look or FilmLook(), notes or Notes()
    plan = plan_swing(session, notes, settings, part_s)
    size = film_size(session, look)
    with SwingShot(session, look, size, Around(body=session.body, aspects=aspects_of(session))) as shot:
        write_film(plan, shot, out, size, notes, title=_title(session), progress=progress)
    return plan


def _title(session: SwingSession) -> str:
    return "Swing" if session.path is None else session.path.stem


def looked_at(session: SwingSession, view: str, width_px: int, height_px: int) -> tuple[SwingSession, PinholeCamera]:
    """Return what is drawn of a session in a view, and the camera.

    Over a video whose camera is not known nothing can be drawn in 3D: then it is the video alone.
    """
    if view != "video" or session.camera is not None:
        return session, named_camera(view, session, width_px, height_px)
    video = session.video
    if video is None or not video.width_px or not video.height_px:
        raise InputError("the view 'video' needs a video, and the session has none")
    stand_in = PinholeCamera.look_at(
        position_m=(0.0, -5.0, 1.0), target_m=(0.0, 0.0, 1.0), width_px=video.width_px, height_px=video.height_px,
        vertical_fov_rad=0.6,
    )  # fmt: skip
    bare = replace(session, camera=stand_in, body=None, club=None)
    return bare, named_camera(view, bare, width_px, height_px)


class SwingShot:
    """A camera on a swing; use as a context manager."""

    def __init__(self, session: SwingSession, look: FilmLook, size: FilmSize, around: Around) -> None:
        self.session, self.look, self.around = session, look, around
        self._size = size
        drawn, self._camera = looked_at(session, look.view, size.width, size.height)
        over_video = look.view == "video"
        wanted = replace(look.options or SceneOptions(plane=over_video), trail=look.trail)
        options = replace(ar_options(wanted), trail=look.trail) if over_video else wanted
        if look.view == "golfer":  # from inside the head nothing of it is seen
            options = replace(options, figure=False, shadows=False)
        self._source = open_pictures(session, blur_face=look.blur_face) if options.screen or over_video else None
        if over_video and self._source is None:
            raise InputError("the view 'video' needs a video, and the recording has none")
        self._stage = OffscreenStage(size.width, size.height, quality=options.quality)
        self._scene = SwingScene(drawn, options)
        self._notes = AnnotationScene(self._scene.root, words=replace(STYLE, scale=look.text_scale))
        aspects = aspects_of(session)
        self._picture = Picture("main", aspects["main"]) if over_video and aspects else None
        self._speeds = _speeds(session)
        self._corner: tuple[tuple[str, str, str], Label] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stage.close()
        if self._source is not None:
            self._source.close()

    def same(self, moment: Moment, before: Moment) -> bool:
        """Tell whether the picture without annotations is that of a moment before."""
        return moment.t_s == before.t_s and (moment.speed == before.speed or not self.look.numbers)

    def draw(self, moment: Moment, shapes: Shapes) -> RgbImage:
        """Return the picture of a moment with these annotations."""
        t_s = moment.t_s
        if self._source is not None and (rgb := self._source.frame_at(t_s)) is not None:
            self._scene.set_video_frame(rgb)
        if self.look.view == "golfer":
            self._camera = named_camera("golfer", self.session, self._size.width, self._size.height, t_s=t_s)
        self._scene.set_time(t_s)
        corner = self._words(t_s, moment.speed) if self.look.numbers else None
        body = self.session.body
        self._notes.show(
            shapes, self._camera, picture=self._picture, captions=self.look.captions, corner=corner,
            free_px=None if body is None else head_px(body.at(t_s), self._camera),
        )  # fmt: skip
        return self._stage.render(self._scene, self._camera)

    def _words(self, t_s: float, speed: float) -> Label:
        lines = numbers_at(self.session, self._speeds, t_s, speed)
        if self._corner is None or self._corner[0] != lines:
            self._corner = (lines, corner_label(lines))
        return self._corner[1]


def _speeds(session: SwingSession) -> list[tuple[str, SpeedSeries, float]]:
    """Return the speeds worth showing: a name, the series, and one sigma as a share of it."""
    if "time_scale" in session.measures:  # slow motion by an unknown factor: no true speeds
        return []
    out = []
    found: tuple[tuple[str, Callable[[], SpeedSeries | None], str], ...] = (
        ("Club head", lambda: head_speed(session.club), "head_speed_mps"),
        ("Hands", lambda: hand_speed(session.body), "hand_speed_peak_mps"),
    )
    for name, series_of, measure_name in found:
        series, measure = series_of(), session.measures.get(measure_name)
        if series is not None and measure is not None and measure.value > 0.0 and np.isfinite(measure.sigma):
            out.append((name, series, measure.sigma / measure.value))
    return out


def numbers_at(
    session: SwingSession, speeds: list[tuple[str, SpeedSeries, float]], t_s: float, speed: float
) -> tuple[str, str, str]:
    """Return what the corner says: the event that was last, the time and the film's speed, how fast things move."""
    done = [(e.t_s, name) for name, e in session.events.items() if e.t_s <= t_s + _NEAR_EVENT_S]
    event = ""
    if done:
        at, name = max(done)
        event = event_label(name) if t_s <= at + _NEAR_EVENT_S else f"After {event_label(name).lower()}"
    impact = session.events.get("impact")
    time = f"{t_s:.2f} s" if impact is None else f"{t_s - impact.t_s:+.2f} s from impact".replace("-", "\u2212")
    pace = "stopped" if speed == 0.0 else "real time" if abs(speed - 1.0) < 0.02 else f"{speed:.2g} × speed"
    said = []
    for name, series, share in speeds:
        value = float(np.interp(t_s, series.t_s, series.value)) * _MPH
        if np.isfinite(value):
            said.append(f"{name} {value:.0f} ± {max(share * value, 1.0):.0f} mph")
    return event, f"{time} · {pace}", " · ".join(said)
