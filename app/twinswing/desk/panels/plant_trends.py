"""Trends of a unit's numbers: the band between least and greatest, limits, alarms, and the playhead to scrub by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from imgui_bundle import imgui, implot
from numpy.typing import NDArray

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, clock, figures, quantity, shown_unit, tick_step_s
from twinswing.desk.plant_choices import quantised
from twinswing.desk.plant_theme import Rgba
from twinswing.plant.history import History, Trend
from twinswing.plant.model import DataItem, Priority, Unit
from twinswing.streams.observations import ItemKind, Quality

HEIGHT_PX = 118.0
POINTS = 300  # a trend is about as many pixels wide
_FLAGS = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text | implot.Flags_.no_legend


@dataclass(frozen=True)
class Span:
    """A stretch of time in which an alarm of an item was active; end_ns is None while it still is."""

    item: str
    start_ns: int
    end_ns: int | None
    priority: Priority


@dataclass(frozen=True)
class Course:
    """A trend as it is plotted: Unix seconds, and values in the unit that is shown."""

    t_s: NDArray[np.float64]
    least: NDArray[np.float64]
    mean: NDArray[np.float64]
    greatest: NDArray[np.float64]
    raw: bool


def numeric_items(unit: Unit) -> list[DataItem]:
    """Return the items of a unit that have a trend: numbers that vary, then counts."""
    numbers = [item for item in unit.items if item.unit]
    return sorted(numbers, key=lambda item: item.kind is not ItemKind.SAMPLE)


def course_of(history: History, item: DataItem, number: int, window_ns: tuple[int, int]) -> Course:
    """Ask the history for a trend and turn it into what is plotted (for the worker)."""
    trend: Trend = history.trend(number, *window_ns, POINTS)
    _, factor, offset = shown_unit(item.unit)
    t_s = (np.asarray(trend.t_ns, dtype=np.int64) + history.zero_unix_ns) / 1e9
    least, mean, greatest = (
        np.ascontiguousarray(values * factor + offset, dtype=np.float64)
        for values in (trend.least, trend.mean, trend.greatest)
    )
    return Course(np.ascontiguousarray(t_s), least, mean, greatest, trend.raw)


def draw_trends(context: PlantContext, unit: Unit, spans: Sequence[Span]) -> None:
    """Draw a graph for each number of a unit; what is scrolled out of sight is neither asked for nor drawn."""
    window = context.window_ns
    for item in numeric_items(unit):
        number = context.plant.item_number[item.path]
        _heading(context, item, number)
        width = imgui.get_content_region_avail().x
        if not imgui.is_rect_visible(imgui.ImVec2(width, HEIGHT_PX)):
            imgui.dummy(imgui.ImVec2(width, HEIGHT_PX))
            continue
        asked = quantised(window, POINTS)
        work = partial(course_of, context.history, item, number, asked)
        answer = context.worker.ask(f"trend/{item.path}", asked, work)
        if answer.error:
            imgui.text_wrapped(answer.error)
            continue
        _graph(context, item, answer.value, window, [span for span in spans if span.item == item.path], width)


def _heading(context: PlantContext, item: DataItem, number: int) -> None:
    """Say the item's name and what it is at the playhead."""
    name = item.label or item.name.replace("_", " ")
    imgui.text(name[:1].upper() + name[1:])
    value, quality = float(context.snapshot.number[number]), Quality(int(context.snapshot.quality[number]))
    word = plant_theme.QUALITY_WORDS[quality]
    shown = quantity(value, item.unit) if np.isfinite(value) else "-"
    text = f"{shown}  {word}" if word else shown
    imgui.same_line(max(imgui.get_window_width() - 22 - imgui.calc_text_size(text).x - 4, 120))
    if quality is Quality.GOOD:
        imgui.text(text)
    else:
        imgui.text_colored(theme.colour(plant_theme.STALE), text)


def _range(item: DataItem, course: Course | None) -> tuple[float, float]:
    """Return what the axis spans: the range that the file gives, its limits, and all that was seen."""
    _, factor, offset = shown_unit(item.unit)
    ends = [item.low, item.high, *(end for limit in item.limits for end in (limit.low, limit.high))]
    values = [end * factor + offset for end in ends if end is not None]
    if course is not None and np.isfinite(course.least).any():
        values += [float(np.nanmin(course.least)), float(np.nanmax(course.greatest))]
    low, high = min(values, default=0.0), max(values, default=1.0)
    margin = 0.08 * (high - low) or max(abs(high) * 0.1, 0.5)
    return low - margin, high + margin


def _graph(
    context: PlantContext,
    item: DataItem,
    course: Course | None,
    window: tuple[int, int],
    spans: list[Span],
    width: float,
) -> None:
    if not implot.begin_plot(f"##{item.path}", imgui.ImVec2(width, HEIGHT_PX), _FLAGS):
        return
    zero = context.history.zero_unix_ns
    start, end = (window[0] + zero) / 1e9, (max(window[1], window[0] + 1_000_000_000) + zero) / 1e9
    quiet = implot.AxisFlags_.no_menus | implot.AxisFlags_.no_label | implot.AxisFlags_.no_highlight
    implot.setup_axes("", "", quiet | implot.AxisFlags_.lock, quiet | implot.AxisFlags_.lock)
    ticks = _ticks(window, zero)
    implot.setup_axis_ticks(implot.ImAxis_.x1, [t for t, _ in ticks], [text for _, text in ticks])
    low, high = _range(item, course)
    implot.setup_axes_limits(start, end, low, high, imgui.Cond_.always)
    implot.setup_finish()
    _shade_alarms(spans, zero, end, low, high)
    if course is not None:
        _course(course)
    _limits(item, start, end)
    at = (context.t_ns + zero) / 1e9
    moved = implot.drag_line_x(0, at, theme.colour(theme.INK), 1.5, implot.DragToolFlags_.no_fit)
    if moved[0]:
        context.seek(moved[1] - zero / 1e9)
    if implot.is_plot_hovered():
        _tip(item, course)
    implot.end_plot()


def _ticks(window: tuple[int, int], zero: int) -> list[tuple[float, str]]:
    """Return round times of day within a window, a handful, with what they are called."""
    step = tick_step_s((window[1] - window[0]) / 1e9, 4) * 1_000_000_000
    first = -(-(window[0] + zero) // step) * step
    return [(t / 1e9, clock(t, 0, seconds=step < 60_000_000_000)) for t in range(first, window[1] + zero + 1, step)]


def _course(course: Course) -> None:
    if not course.raw and len(course.t_s) > 1:
        band = implot.Spec()
        band.fill_color = theme.colour(plant_theme.BAND)
        band.line_color = theme.colour((0, 0, 0, 0))
        implot.plot_shaded("band", course.t_s, course.least, course.greatest, spec=band)
    line = implot.Spec()
    line.line_color = theme.colour(plant_theme.PEN)
    line.line_weight = 1.5
    if course.raw:
        # What a machine said holds until it says otherwise: no slope between two words.
        implot.plot_stairs("mean", course.t_s, course.mean, spec=line)
    else:
        implot.plot_line("mean", course.t_s, course.mean, spec=line)


def _limits(item: DataItem, start: float, end: float) -> None:
    """Draw each limit as a line across, with its priority's sign at the right."""
    _, factor, offset = shown_unit(item.unit)
    for limit in item.limits:
        for value in (limit.high, limit.low):
            if value is None:
                continue
            sign = plant_theme.PRIORITIES[limit.priority]
            y = value * factor + offset
            _across(start, end, y, sign.rgba)
            place = implot.plot_to_pixels(end, y)
            plant_theme.draw_sign(sign, place.x - 8, place.y, 5.0)


def _across(start: float, end: float, y: float, rgba: Rgba) -> None:
    line = implot.Spec()
    line.line_color = theme.colour((*rgba[:3], 0.75))
    line.line_weight = 1.0
    implot.plot_line(f"##{y}", np.array([start, end]), np.array([y, y]), spec=line)


def _shade_alarms(spans: list[Span], zero: int, end: float, low: float, high: float) -> None:
    """Shade the stretches in which an alarm was active, with its sign at the top where it began."""
    for i, span in enumerate(spans):
        sign = plant_theme.PRIORITIES[span.priority]
        shade = implot.Spec()
        shade.fill_color = theme.colour((*sign.rgba[:3], 0.16))
        shade.line_color = theme.colour((0, 0, 0, 0))
        a = (span.start_ns + zero) / 1e9
        b = end if span.end_ns is None else (span.end_ns + zero) / 1e9
        edges = np.array([a, b])
        implot.plot_shaded(f"##alarm{i}", edges, np.full(2, low), np.full(2, high), spec=shade)
        place = implot.plot_to_pixels(a, high)
        plant_theme.draw_sign(sign, place.x + 6, place.y + 8, 5.0)


def _tip(item: DataItem, course: Course | None) -> None:
    mouse = implot.get_plot_mouse_pos()
    if course is None or not len(course.t_s):
        return
    at = int(np.clip(np.searchsorted(course.t_s, mouse.x), 0, len(course.t_s) - 1))
    unit = shown_unit(item.unit)[0]
    value = figures(float(course.mean[at])) if np.isfinite(course.mean[at]) else "not known"
    lines = [f"{value} {unit}".rstrip()]
    if not course.raw and np.isfinite(course.least[at]):
        lines.append(f"from {figures(float(course.least[at]))} to {figures(float(course.greatest[at]))}")
    lines += [f"{limit.name}: {limit.message}" for limit in item.limits if limit.message]
    imgui.set_tooltip("\n".join(lines))
