"""Trends over the library: a measure of a golfer over time, by club, with error bars, the best and the last month."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from imgui_bundle import imgui, implot

from twinswing.desk import theme
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_draw import heading, right_edge
from twinswing.review.library_query import NOBODY
from twinswing.review.library_trends import Mean, Series, Summary, load_series, summed
from twinswing.swing.model import Measure
from twinswing.swing.readable import axis_of, label_of, shown, shown_difference

TRENDS_PX = 268.0
_MOST = 5  # series in one plot; more cannot be told apart
_COLOURS = (theme.ACCENT_BRIGHT, theme.WARM, (0.36, 0.60, 0.90, 1.0), (0.95, 0.45, 0.38, 1.0), (0.72, 0.58, 0.92, 1.0))


@dataclass
class TrendsPanel:
    """Draws the panel; reads the index only when the question or the library has changed."""

    open: bool = False
    measure: str = "head_speed_mps"
    _asked: Any = None
    _found: list[tuple[Series, Summary]] = field(default_factory=list)

    def draw(self, context: LibraryContext) -> None:
        """Draw the panel into the present window."""
        state = context.state
        names = [name for name, _, _ in state.choices.measures]
        if self.measure not in names and names:
            self.measure = names[0]
        self._read(context)
        heading("Trends", context.fonts)
        imgui.same_line(86)
        imgui.set_next_item_width(230)
        if imgui.begin_combo("##measure", label_of(self.measure) if names else "no measure yet"):
            for name, _, count in state.choices.measures:
                if imgui.selectable(f"{label_of(name)}  ({count})##{name}", name == self.measure)[0]:
                    self.measure = name
            imgui.end_combo()
        imgui.same_line()
        imgui.text_disabled(self._whose(context))
        imgui.same_line(right_edge() - 52)
        if imgui.small_button("Close"):
            self.open = False
        if not self._found:
            imgui.text_disabled("No recording here has this measure.")
            return
        self._plot(context)
        imgui.same_line(0, 14)
        if imgui.begin_child("numbers", imgui.ImVec2(0, 0)):
            for number, (series, summary) in enumerate(self._found[:_MOST]):
                _numbers(context, series, summary, _COLOURS[number])
            if len(self._found) > _MOST:
                imgui.text_disabled(f"and {len(self._found) - _MOST} more: choose a golfer or a club")
        imgui.end_child()

    def _read(self, context: LibraryContext) -> None:
        query = context.state.query
        asked = (self.measure, query.person, query.club, context.state.changes)
        if asked == self._asked:
            return
        self._asked = asked
        found = load_series(context.state.index, self.measure, person=query.person, club=query.club)
        self._found = [(series, summed(series, time.time())) for series in found]

    @staticmethod
    def _whose(context: LibraryContext) -> str:
        query = context.state.query
        golfer = context.state.golfer(query.person)
        names = ["no golfer named" if query.person == NOBODY else golfer.name if golfer else "", query.club]
        told = [name for name in names if name]
        return "of " + ", ".join(told) if told else "of everybody; choose a golfer at the left"

    def _plot(self, context: LibraryContext) -> None:
        shown_series = self._found[:_MOST]
        factor, unit = axis_of(shown_series[0][0].unit, self.measure)
        width = imgui.get_content_region_avail().x * 0.62
        if not implot.begin_plot("##trend", imgui.ImVec2(width, -1), implot.Flags_.no_menus | implot.Flags_.no_legend):
            return
        implot.setup_axes("", unit, implot.AxisFlags_.no_menus, implot.AxisFlags_.no_menus)
        ends = _give_room(shown_series, factor)
        places, labels = day_ticks(*ends)
        implot.setup_axis_ticks(implot.ImAxis_.x1, places, labels, False)
        current = context.state.current_ident
        for number, (series, summary) in enumerate(shown_series):
            _draw_series(series, summary, factor, number, current)
        self._click(context, shown_series, factor)
        implot.end_plot()

    @staticmethod
    def _click(context: LibraryContext, found: list[tuple[Series, Summary]], factor: float) -> None:
        """Set the cursor on the recording whose point is clicked."""
        if not implot.is_plot_hovered() or not imgui.is_mouse_clicked(0):
            return
        mouse = imgui.get_mouse_pos()
        nearest, ident = 14.0, -1
        for series, _ in found:
            for t, value, row in zip(series.unix_s, series.value * factor, series.ident, strict=True):
                at = implot.plot_to_pixels(float(t), float(value))
                away = float(np.hypot(at.x - mouse.x, at.y - mouse.y))
                if away < nearest:
                    nearest, ident = away, int(row)
        if ident >= 0 and ident in context.state.idents:
            context.state.put_cursor(context.state.idents.index(ident))


def day_ticks(start_s: float, end_s: float, most: int = 6) -> tuple[list[float], list[str]]:
    """Return Unix seconds and labels for an axis of time: local midnights, evenly apart, months when it is long.

    The plotting library's own read "03/04", which is another day on the other side of an ocean.
    """
    first, last = (datetime.fromtimestamp(t).astimezone() for t in (start_s, end_s))
    months = (last.year - first.year) * 12 + last.month - first.month
    moments: list[datetime] = []
    if months >= 3:
        step = -(-months // most)
        for number in range(1, months + 1, step):
            year, month = divmod(first.month - 1 + number, 12)
            moments.append(datetime(first.year + year, month + 1, 1).astimezone())
        return [m.timestamp() for m in moments], [f"{m:%b %Y}" for m in moments]
    days = max((last - first).days, 1)
    step = -(-days // most)
    start = first.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [start + timedelta(days=n) for n in range(1, days + 2, step)]
    return [m.timestamp() for m in moments], [f"{m.day} {m:%b}" for m in moments]


def _give_room(found: list[tuple[Series, Summary]], factor: float) -> tuple[float, float]:
    """Set the axes' ends so that error bars and a single point have room; return those of time."""
    times = np.concatenate([series.unix_s for series, _ in found])
    reach = [np.nan_to_num(series.sigma) for series, _ in found]
    low = min(float((s.value - r).min()) for (s, _), r in zip(found, reach, strict=True)) * factor
    high = max(float((s.value + r).max()) for (s, _), r in zip(found, reach, strict=True)) * factor
    pad_t = max(0.04 * float(times.max() - times.min()), 43_200.0)
    pad = max(0.08 * (high - low), 1e-6 + 0.01 * abs(high))
    start, end = float(times.min()) - pad_t, float(times.max()) + pad_t
    implot.setup_axes_limits(start, end, low - pad, high + pad, imgui.Cond_.always)
    return start, end


def _draw_series(series: Series, summary: Summary, factor: float, number: int, current: int) -> None:
    colour = theme.colour(_COLOURS[number])
    x, y = series.unix_s, series.value * factor
    sigma = np.nan_to_num(series.sigma) * factor
    spec = implot.Spec()
    spec.line_color = theme.colour((*_COLOURS[number][:3], 0.45))
    spec.line_weight = 1.2
    implot.plot_error_bars(f"{series.label}##bars{number}", x, y, sigma, sigma, spec)
    points = implot.Spec()
    points.marker = implot.Marker_.circle
    points.marker_size = 3.5
    points.marker_fill_color = points.marker_line_color = points.line_color = colour
    implot.plot_scatter(f"{series.label}##{number}", x, y, points)
    if summary.best is not None:
        best = implot.Spec()
        best.marker = implot.Marker_.diamond
        best.marker_size = 7.0
        best.marker_line_color = best.line_color = theme.colour(theme.WARM)
        best.marker_fill_color = theme.colour((0, 0, 0, 0))
        implot.plot_scatter(
            f"best##{number}", x[summary.best : summary.best + 1], y[summary.best : summary.best + 1], best
        )
    for mean, back in ((summary.latest, 0.0), (summary.before, 1.0)):
        if mean is not None:
            _mean_line(mean, back, factor, number)
    chosen = np.flatnonzero(series.ident == current)
    if len(chosen):
        ring = implot.Spec()
        ring.marker = implot.Marker_.circle
        ring.marker_size = 8.0
        ring.marker_line_color = ring.line_color = theme.colour(theme.INK)
        ring.marker_fill_color = theme.colour((0, 0, 0, 0))
        implot.plot_scatter(f"chosen##{number}", x[chosen], y[chosen], ring)


def _mean_line(mean: Mean, back: float, factor: float, number: int) -> None:
    now, month = time.time(), 30 * 86_400.0
    ends = np.array([now - (back + 1.0) * month, now - back * month])
    line = implot.Spec()
    line.line_color = theme.colour((*_COLOURS[number][:3], 0.9 if back == 0.0 else 0.5))
    line.line_weight = 2.0
    implot.plot_line(f"mean##{number}{back}", ends, np.full(2, mean.value * factor), line)


def _numbers(context: LibraryContext, series: Series, summary: Summary, colour: tuple[float, ...]) -> None:
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text_colored(theme.colour((colour[0], colour[1], colour[2], 1.0)), series.label)
    imgui.pop_font()
    imgui.same_line()
    imgui.text_disabled(f"{len(series.value)}")
    if summary.best is not None:
        best, sigma = float(series.value[summary.best]), float(series.sigma[summary.best])
        value, spread = shown(Measure(best, series.unit, sigma, ""), series.measure)
        imgui.text_disabled("Best")
        imgui.same_line(102)
        imgui.text(f"{value} {spread}")
    for mean, told in ((summary.latest, "Last 30 days"), (summary.before, "30 before")):
        if mean is not None:
            value, spread = shown(Measure(mean.value, series.unit, mean.sigma, ""), series.measure)
            imgui.text_disabled(told)
            imgui.same_line(102)
            imgui.text(f"{value} {spread}")
            imgui.same_line()
            imgui.text_disabled(f"({mean.count})")
    if summary.change is not None:
        difference, sigma = summary.change
        sure = abs(difference) > 2.0 * sigma
        told = shown_difference(difference, series.unit, sigma, series.measure)
        imgui.text_disabled("Change")
        imgui.same_line(102)
        imgui.text_colored(theme.colour(theme.INK if sure else theme.FAINT), told)
        if not sure:
            imgui.same_line()
            imgui.text_disabled("maybe chance")
    imgui.push_text_wrap_pos(0.0)
    imgui.text_disabled(f"from {', '.join(series.sources)}; bars are 1 sigma")
    imgui.pop_text_wrap_pos()
    imgui.spacing()
