"""A still picture of each remark: the recording at its moment with what was drawn, seen from where it is best seen."""

from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.recorded import RecordedHistory
from twinswing.report.film import FilmSize, Moment, Shot
from twinswing.report.film_plant import PlantLook, PlantShot
from twinswing.report.film_swing import FilmLook, SwingShot, film_size
from twinswing.report.html_pictures import view_of
from twinswing.review.model import Annotation, OnVideo
from twinswing.stage.annotation_shapes import Around, aspects_of, shapes_at
from twinswing.swing.model import SwingSession
from twinswing.timeline.clock import NS_PER_S, to_s

RgbImage = NDArray[np.uint8]

_WIDE = (720, 540)
_TEXT = 1.35  # a phone shows them half as large as they are


class Stills(Protocol):
    """What gives a picture of a remark."""

    around: Around

    def picture(self, annotation: Annotation) -> RgbImage | None:
        """Return the picture of a remark at its moment, shape (h, w, 3); None where there is nothing to show."""

    def when(self, annotation: Annotation) -> str:
        """Return when a remark is, as people say it."""


class SwingStills:
    """Pictures of remarks on a swing; use as a context manager.

    What was drawn on the video is shown on it; all else in 3D from where the camera stood.
    """

    def __init__(self, session: SwingSession, *, blur_face: bool = False) -> None:
        self.session = session
        self.around = Around(body=session.body, aspects=aspects_of(session))
        self._blur = blur_face
        self._opened = ExitStack()
        self._shots: dict[str, Shot] = {}
        self._has_scene = session.body is not None or session.club is not None
        self._has_video = bool(self.around.aspects) and session.path is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def picture(self, annotation: Annotation) -> RgbImage | None:
        """Return the picture of a remark at its moment; None where there is neither a body, a club nor a video."""
        on_video = isinstance(annotation.anchor, OnVideo) and not annotation.pins
        view = "video" if self._has_video and (on_video or not self._has_scene) else view_of(self.session)
        if view != "video" and not self._has_scene:
            return None
        first, last = self.session.span_s()
        t_s = float(np.clip(to_s(annotation.time.start_ns), first, last))
        shapes = shapes_at([annotation], round(t_s * NS_PER_S), self.around)
        return self._shot(view).draw(Moment(t_s, 0.0), shapes)

    def _shot(self, view: str) -> Shot:
        if view not in self._shots:
            look = FilmLook(
                view=view, size=_WIDE, numbers=False, captions=False, blur_face=self._blur, text_scale=_TEXT
            )
            size = FilmSize.of(_WIDE)
            if view == "video":
                whole = film_size(self.session, FilmLook(view=view))
                scale = _WIDE[1] / whole.height
                size = FilmSize.of((round(whole.width * scale), _WIDE[1]))
            self._shots[view] = self._opened.enter_context(SwingShot(self.session, look, size, self.around))
        return self._shots[view]

    def when(self, annotation: Annotation) -> str:
        """Return when a remark is: seconds from impact where that is known."""
        t_s = to_s(annotation.time.start_ns)
        impact = self.session.events.get("impact")
        if impact is None:
            return f"at {t_s:.2f} s"
        return f"{t_s - impact.t_s:+.2f} s from impact".replace("-", "\u2212")


class PlantStills:
    """Pictures of remarks on a plant; use as a context manager. What is about a machine is shown before it."""

    def __init__(self, history: RecordedHistory) -> None:
        self._history = history
        self._shot = PlantShot(history, PlantLook(size=_WIDE, numbers=False, text_scale=_TEXT), FilmSize.of(_WIDE))
        self.around = self._shot.around

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shot.__exit__(kind, error, trace)

    def picture(self, annotation: Annotation) -> RgbImage:
        """Return the picture of a remark at its moment."""
        t_ns = int(np.clip(annotation.time.start_ns, *self._history.span_ns))
        shapes = shapes_at([annotation], t_ns, self.around)
        return self._shot.draw(Moment(to_s(t_ns), 0.0, annotation, 1.0), shapes)

    def when(self, annotation: Annotation) -> str:
        """Return when a remark is: hours, minutes and seconds into the recording."""
        hours, rest = divmod(max(round(to_s(annotation.time.start_ns - self._history.span_ns[0])), 0), 3600)
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d} into the recording"
