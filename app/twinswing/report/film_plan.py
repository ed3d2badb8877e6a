"""What a film shows when: how fast the recording runs, where it stops for a remark, when a voice speaks. Pure.

Film time runs from 0 in seconds; session time in seconds (or nanoseconds, where it says so).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.review.export import said
from twinswing.review.model import Annotation, Span
from twinswing.stage.annotation_shapes import follows_body
from twinswing.timeline.clock import NS_PER_S, to_s

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FilmSettings:
    """How a film runs.

    fps          : pictures a second. speed: of the recording, 1 is real time. impact_speed: around impact; None is
                   `impact_share` of `speed`.
    before_s, after_s, ramp_s : session seconds before and after impact that run slow, and over which speed changes:
                   from shaft parallel (50 ms before impact at 45 m/s) to where the ball has left the picture.
    least_stop_s, most_stop_s, second_chars : how long a remark without a voice stops the picture: long enough to look,
                   and to read 15 letters a second (what subtitles are held to), and no longer than patience lasts.
    apart_s      : remarks nearer to each other than this share one stop.
    step_s, grow_s : between two remarks of a stop, and for a line to be drawn.
    breath_s     : of quiet before and after a voice. after_stop_s, follow_s: film seconds that drawings stay after a
                   stop, and those that follow the body.
    most_s       : the longest film, an hour: a wrong speed would fill the disk.
    """

    fps: float = 30.0
    speed: float = 0.25
    impact_speed: float | None = None
    impact_share: float = 0.4
    before_s: float = 0.06
    after_s: float = 0.04
    ramp_s: float = 0.12
    least_stop_s: float = 1.8
    most_stop_s: float = 8.0
    second_chars: float = 15.0
    apart_s: float = 0.05
    step_s: float = 0.4
    grow_s: float = 0.6
    breath_s: float = 0.25
    after_stop_s: float = 0.4
    follow_s: float = 2.0
    most_s: float = 3600.0

    def __post_init__(self) -> None:
        """Check the ranges that a film can honour."""
        slow = self.impact_speed
        if not (1.0 <= self.fps <= 240.0 and 1 / 64 <= self.speed <= 3600.0):
            raise InputError(
                f"expected --fps of 1 to 240 and --speed of 1/64 to 3600, found {self.fps:g} and {self.speed:g}"
            )
        if slow is not None and not 1 / 256 <= slow <= 3600.0:
            raise InputError(f"expected --impact-speed of 1/256 to 3600, found {slow:g}")


@dataclass(frozen=True)
class Remark:
    """An annotation in a stop: when it appears and when its voice speaks, film seconds; None without a voice."""

    annotation: Annotation
    appears_s: float
    speaks_s: float | None


@dataclass(frozen=True)
class Stop:
    """A moment at which the picture stands still: session seconds, from and to film seconds, what is said meanwhile."""

    t_s: float
    start_s: float
    end_s: float
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, eq=False)
class FilmPlan:
    """A whole film.

    t_s     : session time of each picture, shape (n,). speed: at which the recording runs then, 0 in a stop.
    stop_of : number of the stop that it lies in, or -1.
    """

    settings: FilmSettings
    span_s: tuple[float, float]
    t_s: FloatArray
    speed: FloatArray
    stop_of: NDArray[np.int64]
    stops: tuple[Stop, ...] = ()
    spans: tuple[Annotation, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length of the film, seconds."""
        return len(self.t_s) / self.settings.fps

    def film_s(self, number: int) -> float:
        """Return when a picture is shown, film seconds."""
        return number / self.settings.fps

    def shown(self, number: int) -> list[Annotation]:
        """Return which annotations are to be seen in a picture."""
        at, t_ns = self.film_s(number), round(float(self.t_s[number]) * NS_PER_S)
        stop = int(self.stop_of[number])
        out = [a for a in self.spans if a.time.shows_at(t_ns)]
        for i, other in enumerate(self.stops):
            late = at - other.end_s
            if i == stop or 0.0 <= late <= self.settings.follow_s:
                found = [r.annotation for r in other.remarks if r.appears_s <= at + 1e-9]
                # What moves along with the body is right for longer than what was drawn in the air or on the picture.
                out += [a for a in found if late <= self.settings.after_stop_s or _follows(a)]
        return list({a.ident: a for a in out}.values())

    def grown(self, number: int) -> dict[str, float]:
        """Return how much of each drawing is drawn in a picture, 0 to 1, of those that are not whole yet."""
        stop = int(self.stop_of[number])
        if stop < 0:
            return {}
        at = self.film_s(number)
        parts = {r.annotation.ident: (at - r.appears_s) / self.settings.grow_s for r in self.stops[stop].remarks}
        return {ident: part for ident, part in parts.items() if 0.0 <= part < 1.0}

    def played_s(self, number: int) -> dict[str, float]:
        """Return how far each voice has been heard in a picture, seconds, of those that speak in its stop."""
        stop = int(self.stop_of[number])
        if stop < 0:
            return {}
        at = self.film_s(number)
        return {
            r.annotation.ident: max(at - r.speaks_s, 0.0) for r in self.stops[stop].remarks if r.speaks_s is not None
        }

    def in_film_time(self) -> list[Annotation]:
        """Return the annotations with the film's times for theirs, in order: for subtitles and chapters."""
        out = []
        for stop in self.stops:
            for r in stop.remarks:
                start = r.appears_s if r.speaks_s is None else r.speaks_s
                length = stop.end_s - start if r.annotation.media is None else r.annotation.media.duration_s
                out.append(_at(r.annotation, start, start + max(length, 0.0)))
        for a in self.spans:
            inside = np.flatnonzero((self.t_s * NS_PER_S >= a.time.start_ns) & (self.t_s * NS_PER_S <= a.time.end_ns))
            if len(inside) and all(r.annotation.ident != a.ident for s in self.stops for r in s.remarks):
                out.append(_at(a, self.film_s(int(inside[0])), self.film_s(int(inside[-1]) + 1)))
        return sorted(out, key=lambda a: a.time.start_ns)


def plan_film(
    span_s: tuple[float, float], annotations: Iterable[Annotation] = (), *, impact_s: float | None = None,
    settings: FilmSettings | None = None,
) -> FilmPlan:  # fmt: skip
    """Plan a film of a recording's time span. Annotations outside of it are left out.

    Raises InputError for a span without length, or a film that would be longer than `most_s`.
    """
    settings = settings or FilmSettings()
    start, end = span_s
    if not end > start:
        raise InputError(f"expected a span of time to film, found {start:g} to {end:g} s")
    inside = [a for a in annotations if a.time.start_ns <= end * NS_PER_S and a.time.last_ns >= start * NS_PER_S]
    inside.sort(key=lambda a: (a.time.start_ns, a.ident))
    grid, film, speeds = _running(start, end, impact_s, settings)
    stops = _stops(inside, span_s, grid, film, settings)
    total = float(film[-1]) + sum(stop.end_s - stop.start_s for stop in stops)
    if total > settings.most_s:
        raise InputError(
            f"expected a film of at most {settings.most_s / 60:.0f} minutes, found {total / 60:.0f}: raise --speed, "
            "or film a part with --from and --to"
        )
    at = np.arange(max(int(np.ceil(total * settings.fps - 1e-9)), 1)) / settings.fps
    starts = np.array([stop.start_s for stop in stops])
    ends = np.array([stop.end_s for stop in stops])
    number = np.searchsorted(starts, at + 1e-9, side="right") - 1
    waited = np.concatenate([[0.0], np.cumsum(ends - starts)])[number + 1]
    within = np.zeros(len(at), dtype=bool)
    t_s = np.interp(at - waited, film, grid)
    if len(stops):
        within = (number >= 0) & (at < ends[number] - 1e-9)
        t_s = np.where(within, np.array([stop.t_s for stop in stops])[number], t_s)
    return FilmPlan(
        settings,
        span_s,
        t_s,
        np.where(within, 0.0, np.interp(t_s, grid, speeds)),
        np.where(within, number, -1),
        tuple(stops),
        tuple(a for a in inside if not a.time.is_moment),
    )


def _follows(a: Annotation) -> bool:
    return follows_body(a) and a.media is None


def _at(a: Annotation, start_s: float, end_s: float) -> Annotation:
    return replace(a, time=Span(round(start_s * NS_PER_S), round(max(end_s, start_s) * NS_PER_S)))


def _running(
    start: float, end: float, impact_s: float | None, settings: FilmSettings
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return session times, the film's times for them without any stop, and the speed there; each shape (n,)."""
    slow = settings.impact_speed if settings.impact_speed is not None else settings.impact_share * settings.speed
    if impact_s is None or not start <= impact_s <= end:
        times = np.array([start, end])
        return times, (times - start) / settings.speed, np.full(2, settings.speed)
    # A millisecond is a tenth of a picture at the slowest usual speed.
    fine = np.arange(
        impact_s - settings.before_s - settings.ramp_s, impact_s + settings.after_s + settings.ramp_s, 1e-3
    )
    times = np.unique(np.concatenate([[start, end], fine[(fine > start) & (fine < end)]]))
    off = np.maximum(impact_s - settings.before_s - times, times - impact_s - settings.after_s)
    x = np.clip(off / settings.ramp_s, 0.0, 1.0)
    speeds = slow + (settings.speed - slow) * x * x * (3.0 - 2.0 * x)
    # Seconds of film for a second of session, by the trapezoid rule.
    steps = np.diff(times) * 0.5 * (1.0 / speeds[1:] + 1.0 / speeds[:-1])
    return times, np.concatenate([[0.0], np.cumsum(steps)]), speeds


def _stops(
    annotations: list[Annotation], span_s: tuple[float, float], grid: FloatArray, film: FloatArray,
    settings: FilmSettings,
) -> list[Stop]:  # fmt: skip
    """Return where the film stops: at every moment that something is said of, and at every voice."""
    moments: list[tuple[float, Annotation]] = []
    for a in annotations:
        times = [a.time.start_ns] if a.time.is_moment or a.media is not None else []
        if a.pair_ns is not None and not a.pair_recording:
            times.append(a.pair_ns)
        moments += [(t, a) for t in map(to_s, times) if span_s[0] <= t <= span_s[1] and a.drawable]
    moments.sort(key=lambda m: m[0])
    groups: list[list[tuple[float, Annotation]]] = []
    for moment in moments:
        if groups and moment[0] - groups[-1][0][0] <= settings.apart_s:
            groups[-1].append(moment)
        else:
            groups.append([moment])
    stops: list[Stop] = []
    waited = 0.0
    for group in groups:
        t_s = group[0][0]
        start = float(np.interp(t_s, grid, film)) + waited
        stop = _stop(t_s, start, [a for _, a in group], settings)
        stops.append(stop)
        waited += stop.end_s - stop.start_s
    return stops


def _stop(t_s: float, start_s: float, annotations: list[Annotation], settings: FilmSettings) -> Stop:
    remarks: list[Remark] = []
    at, quiet, end = start_s, start_s, start_s + settings.least_stop_s
    for a in annotations:
        speaks = None
        if a.media is not None:
            speaks = max(at, quiet) + settings.breath_s
            at = speaks - settings.breath_s
            quiet = speaks + a.media.duration_s + settings.breath_s
            end = max(end, quiet)
        else:
            reading = np.clip(len(said(a)) / settings.second_chars, settings.least_stop_s, settings.most_stop_s)
            end = max(end, at + float(reading))
        remarks.append(Remark(a, at, speaks))
        at += settings.step_s
    # To a whole picture, so that none of the stop's pictures shows what comes after.
    end = np.ceil(end * settings.fps) / settings.fps
    return Stop(t_s, start_s, float(end), tuple(remarks))
