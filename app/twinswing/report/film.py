"""A recording as a film that a coach would send: slow around impact, standing still for every remark, with its voices.

`film_plan` says what is shown when; here it is drawn. What a stage draws is behind `Shot`, so that swings and plants
are filmed by the same code.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinswing.report.film_file import Cue, FilmFile, Soundtrack, mixed
from twinswing.report.film_plan import FilmPlan, Stop
from twinswing.report.notes import Notes
from twinswing.review.export import said, web_vtt
from twinswing.review.model import Annotation
from twinswing.stage.annotation_shapes import Around, Drawing, Label, Layout, Shapes, grown, measured
from twinswing.timeline.clock import NS_PER_S, to_s

RgbImage = NDArray[np.uint8]
Progress = Callable[[str, float], None]

_TITLE_CHARS = 60
_APPROACH_S = 0.7  # in which a camera goes to what is spoken of


@dataclass(frozen=True)
class Moment:
    """What a picture shows: session seconds, the film's speed (0 while it stands still), and of whom it speaks.

    about, nearness : the first remark of the stop that the picture lies in, and how far the camera has gone toward it,
                      0 to 1; None outside of stops.
    """

    t_s: float
    speed: float
    about: Annotation | None = None
    nearness: float = 0.0


class Shot(Protocol):
    """A camera on a recording."""

    around: Around

    def draw(self, moment: Moment, shapes: Shapes) -> RgbImage:
        """Return the picture of a moment with these annotations, shape (height, width, 3)."""

    def same(self, moment: Moment, before: Moment) -> bool:
        """Tell whether the picture without annotations is that of a moment before."""


@dataclass(frozen=True)
class FilmSize:
    """A film's size, pixels; even, as the codec needs it."""

    width: int
    height: int

    @classmethod
    def of(cls, size: tuple[int, int]) -> "FilmSize":
        """Round a size down to even numbers of at least two."""
        return cls(*(max(n // 2 * 2, 2) for n in size))


def write_film(
    plan: FilmPlan, shot: Shot, out: Path, size: FilmSize, notes: Notes | None = None, *, title: str = "",
    progress: Progress = lambda _stage, _fraction: None,
) -> None:  # fmt: skip
    """Draw and write a planned film; raises InputError where the file cannot be written or a voice is damaged."""
    notes = notes or Notes()
    film = FilmFile(
        out, (size.width, size.height), plan.settings.fps, sound=sound_of(plan, notes), title=title,
        subtitles=cues_of(plan, shot.around), chapters=chapters_of(plan),
    )  # fmt: skip
    layout = Layout()
    picture: RgbImage | None = None
    before = Moment(float("nan"), 0.0)
    seen: Shapes | None = None
    with film:
        for number in range(len(plan.t_s)):
            moment = _moment(plan, number)
            shapes = _shapes(plan, number, layout, shot.around)
            if picture is None or shapes is not seen or not shot.same(moment, before):
                picture = shot.draw(moment, shapes)
                before, seen = moment, shapes
            film.add(picture)
            progress("Filming", (number + 1) / len(plan.t_s))


def _moment(plan: FilmPlan, number: int) -> Moment:
    t_s, speed = float(plan.t_s[number]), float(plan.speed[number])
    if plan.stop_of[number] < 0:
        return Moment(t_s, speed)
    stop, at = plan.stops[int(plan.stop_of[number])], plan.film_s(number)
    # There and back within the stop.
    x = float(np.clip(min(at - stop.start_s, stop.end_s - at - 1.0 / plan.settings.fps) / _APPROACH_S, 0.0, 1.0))
    return Moment(t_s, speed, stop.remarks[0].annotation, x * x * (3.0 - 2.0 * x))


def _shapes(plan: FilmPlan, number: int, layout: Layout, around: Around) -> Shapes:
    """Lay out what a picture shows; what is being drawn in it only as far as that has come."""
    annotations = plan.shown(number)
    played = {ident: _in_steps(s, annotations, ident) for ident, s in plan.played_s(number).items()}
    # In a stop all is shown as at the moment that the stop is for.
    t_ns = round(float(plan.t_s[number]) * NS_PER_S)
    shapes = layout.shapes(annotations, t_ns, replace(around, played_s=played))
    parts = plan.grown(number)
    if not parts:
        return shapes
    drawings = tuple(_growing(d, parts) for d in shapes.drawings)
    return Shapes(drawings, shapes.captions)


def _growing(drawing: Drawing, parts: dict[str, float]) -> Drawing:
    part = parts.get(drawing.annotation.ident)
    return drawing if part is None else grown(drawing, part)


def _in_steps(played_s: float, annotations: list[Annotation], ident: str) -> float:
    """Round how far a voice has been heard to the steps of its waveform, so that pictures between them are alike."""
    found = next((a for a in annotations if a.ident == ident and a.media is not None), None)
    if found is None or found.media is None:
        return played_s
    step = max(found.media.duration_s, 1e-3) / 30.0
    return float(np.floor(played_s / step) * step)


def sound_of(plan: FilmPlan, notes: Notes) -> Soundtrack | None:
    """Return the film's sound: every voice in its place; None without any."""
    spoken = [
        (r.annotation.media.sha256, r.speaks_s)
        for stop in plan.stops
        for r in stop.remarks
        if r.annotation.media is not None and r.speaks_s is not None
    ]
    return mixed(notes.voices, spoken, plan.duration_s)


def cues_of(plan: FilmPlan, around: Around) -> list[Cue]:
    """Return the film's subtitles: who says what, when."""
    return [
        Cue(to_s(a.time.start_ns), to_s(a.time.last_ns), f"{a.author}: {said(a, _value_of(around))}")
        for a in plan.in_film_time()
        if a.text.strip() or a.media is not None or a.rating or _value_of(around)(a)
    ]


def subtitles_of(plan: FilmPlan) -> str:
    """Return what is said in a film as WebVTT, on the film's clock."""
    return web_vtt(a for a in plan.in_film_time() if a.text.strip() or a.media is not None or a.rating)


def _value_of(around: Around) -> Callable[[Annotation], str]:
    """Return what reads out a drawing; one that follows the body is measured at its moment, which film time is not."""
    return lambda a: "" if a.pins else measured(a, a.time.start_ns, around)[0]


def chapters_of(plan: FilmPlan) -> list[Cue]:
    """Return the film's chapters: its beginning, and every stop by what is said first in it."""
    starts = [0.0, *(stop.start_s for stop in plan.stops)]
    titles = ["Start", *(_chapter_title(stop) for stop in plan.stops)]
    if len(starts) > 1 and starts[1] < 0.05:
        starts, titles = starts[1:], titles[1:]
    ends = [*starts[1:], plan.duration_s]
    return [Cue(a, b, title) for a, b, title in zip(starts, ends, titles, strict=True)]


def _chapter_title(stop: Stop) -> str:
    """Return the first words that are said in a stop; what kind of thing is drawn in it where nothing is said."""
    annotations = [r.annotation for r in stop.remarks]
    worded = [a for a in annotations if a.text.strip() or (a.media is not None and a.media.spoken.strip())]
    if worded:
        return title_of(worded[0])
    kind = annotations[0].kind
    return kind[:1].upper() + kind[1:]


def title_of(annotation: Annotation) -> str:
    """Return an annotation's words on one short line; its kind where it has none."""
    words = " ".join((annotation.text.strip() or said(annotation)).split())
    return words if len(words) <= _TITLE_CHARS else words[: _TITLE_CHARS - 1].rstrip() + "…"


def corner_label(lines: tuple[str, str, str]) -> Label:
    """Return words for the picture's corner: a headline, a line, a fainter one."""
    return Label(
        np.zeros(3), (0.75, 0.79, 0.80), "numbers", text=lines[1], read_out=lines[0], detail=lines[2], dot=False
    )
