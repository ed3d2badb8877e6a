"""Panels of several swings on one timeline: what differs, how sure that is, and where in the swing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from imgui_bundle import imgui, implot
from numpy.typing import NDArray

from twinswing.desk import theme
from twinswing.desk.compare_view import ComparedSwing
from twinswing.desk.panels.toolbar import draw_views, toggle
from twinswing.swing.compare import DIFFERS, UNKNOWN
from twinswing.swing.compare_pose import Gap
from twinswing.swing.compare_words import Line
from twinswing.swing.series import SpeedSeries

_MPH = 2.23694
_SHOW = (("trail", "Trail"), ("plane", "Plane"), ("skeleton", "Skeleton"))


@dataclass
class GapCourse:
    """How far a part of two bodies is apart over A's time: seconds, metres, one standard deviation."""

    name: str
    t_s: NDArray[np.float64]
    gap_m: NDArray[np.float64]
    sigma_m: NDArray[np.float64]


@dataclass
class CompareContext:
    """The window's state for one frame.

    swings : A first. other : the one that is compared to A now. ghosts, real_time : as the window is set.
    gaps   : where the bodies of A and the other are apart at the playhead, largest first.
    courses: the same over the whole swing, of the parts that are plotted.
    lines, notes, unmatched : what sets A and the other apart, in words: made when the other is chosen.
    """

    swings: Sequence[ComparedSwing]
    other: ComparedSwing
    t_s: float = 0.0
    span_s: tuple[float, float] = (0.0, 1.0)
    view: str = "face-on"
    ghosts: bool = False
    real_time: bool = False
    show: dict[str, bool] = field(default_factory=dict)
    fonts: dict[str, Any] = field(default_factory=dict)
    gaps: tuple[Gap, ...] = ()
    courses: tuple[GapCourse, ...] = ()
    lines: tuple[Line, ...] = ()
    notes: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    do: Callable[[str], None] = lambda _: None
    seek: Callable[[float], None] = lambda _: None


def draw_compare_toolbar(context: CompareContext) -> None:
    """Draw the bar: how the swings are laid together, views, what is shown."""
    toggle("Side by side", not context.ghosts, context, "split_on")
    imgui.same_line(0, 4)
    toggle("Ghosts", context.ghosts, context, "ghosts_on")
    imgui.same_line(0, 18)
    toggle("Event by event", not context.real_time, context, "events_on")
    imgui.same_line(0, 4)
    toggle("Real time", context.real_time, context, "clock_on")
    imgui.same_line(0, 18)
    draw_views(context.view, context)
    imgui.same_line(0, 18)
    for name, label in _SHOW:
        toggle(label, context.show.get(name, True), context, f"toggle:{name}")
        imgui.same_line(0, 4)
    imgui.same_line(imgui.get_window_width() - 44)
    if imgui.button("?", imgui.ImVec2(30, 0)):
        context.do("help")


def draw_cells(context: CompareContext) -> None:
    """Draw each swing's name and its own time over its part of the picture, and where the bodies are apart."""
    draw = imgui.get_background_draw_list()
    vec = imgui.ImVec2
    if not context.ghosts:
        for swing in context.swings:
            left, top, _, _ = swing.region.rect
            _tag(draw, left + 10, top + 10, swing)
        return
    left, top, _, _ = context.swings[0].region.rect
    for number, swing in enumerate(context.swings):
        _tag(draw, left + 10, top + 10 + 30 * number, swing)
    pinhole = context.swings[0].region.pinhole
    if pinhole is None or context.view == "video":
        return
    taken: list[tuple[float, float, float, float]] = []
    for gap in context.gaps:
        if not gap.is_sure():
            continue
        a, b = (pinhole.project(p) for p in (gap.a_m, gap.b_m))
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            continue
        ends = [vec(left + float(p[0]), top + float(p[1])) for p in (a, b)]
        draw.add_line(ends[0], ends[1], theme.packed((0, 0, 0, 1), 0.5), 5.0)
        draw.add_line(ends[0], ends[1], theme.packed(context.other.rgba), 3.0)
        draw.add_circle_filled(ends[0], 4.5, theme.packed(context.swings[0].rgba))
        text = f"{gap.name} {gap.gap_m * 100:.0f} ± {gap.sigma_m * 100:.0f} cm"
        size = imgui.calc_text_size(text)
        x, y = max(ends[0].x, ends[1].x) + 8, (ends[0].y + ends[1].y) / 2 - size.y / 2
        y = _free_below(taken, x, y, size)
        taken.append((x, y, x + size.x, y + size.y))
        draw.add_rect_filled(vec(x - 4, y - 1), vec(x + size.x + 4, y + size.y + 1), theme.packed(theme.PANEL, 0.8), 4)
        draw.add_text(vec(x, y), theme.packed(theme.INK), text)


def _free_below(taken: list[tuple[float, float, float, float]], x: float, y: float, size: Any) -> float:
    """Return the first height at or below y where a text of this size covers none that are there."""
    while True:
        hit = [box for box in taken if x < box[2] and x + size.x > box[0] and y < box[3] and y + size.y > box[1]]
        if not hit:
            return y
        y = max(box[3] for box in hit) + 1.0


def _tag(draw: Any, x: float, y: float, swing: ComparedSwing) -> None:
    impact = swing.session.events.get("impact")
    at = f"{swing.t_s:.3f} s" if impact is None else f"{swing.t_s - impact.t_s:+.3f} s"
    text = f"{swing.letter}   {swing.name}   {at}"
    size = imgui.calc_text_size(text)
    vec = imgui.ImVec2
    draw.add_rect_filled(vec(x, y), vec(x + size.x + 26, y + size.y + 8), theme.packed(theme.PANEL, 0.85), 5.0)
    draw.add_rect_filled(vec(x + 8, y + 8), vec(x + 14, y + size.y), theme.packed(swing.rgba), 2.0)
    draw.add_text(vec(x + 20, y + 4), theme.packed(theme.INK), text)


def draw_differences(context: CompareContext) -> None:
    """Draw what the other swing has more or less of than A: what is sure first, with values, sigmas and verdicts."""
    if len(context.swings) > 2:
        for swing in context.swings[1:]:
            toggle(f"{swing.letter} {swing.name}", swing is context.other, context, f"other:{swing.letter}")
            imgui.same_line(0, 4)
        imgui.new_line()
    if not context.lines:
        imgui.text_disabled("The two have no measure in common.")
    flags = imgui.TableFlags_.sizing_stretch_prop | imgui.TableFlags_.row_bg
    if context.lines and imgui.begin_table("differences", 4, flags):
        imgui.table_setup_column("", imgui.TableColumnFlags_.width_stretch, 2.4)
        imgui.table_setup_column("A", imgui.TableColumnFlags_.width_stretch, 1.3)
        imgui.table_setup_column(context.other.letter, imgui.TableColumnFlags_.width_stretch, 1.3)
        imgui.table_setup_column("Difference", imgui.TableColumnFlags_.width_stretch, 1.8)
        imgui.table_headers_row()
        for line in context.lines:
            _difference(line, context)
        imgui.end_table()
    imgui.push_text_wrap_pos(0.0)
    for note in context.notes:
        imgui.text_colored(theme.colour(theme.WARM), note)
    for sentence in context.unmatched:
        imgui.text_disabled(sentence)
    imgui.pop_text_wrap_pos()


def _difference(line: Line, context: CompareContext) -> None:
    imgui.table_next_row()
    imgui.table_next_column()
    imgui.text_wrapped(line.label)
    for value, sigma in (line.a, line.b):
        imgui.table_next_column()
        imgui.text(value)
        imgui.text_disabled(sigma)
    imgui.table_next_column()
    if line.verdict == UNKNOWN:
        imgui.text_disabled("not known")
        return
    if line.verdict == DIFFERS:
        imgui.push_font(context.fonts.get("bold"), 0.0)
        imgui.text_colored(theme.colour(context.other.rgba), line.difference[0])
        imgui.pop_font()
    else:
        imgui.text_disabled(line.difference[0])
    imgui.text_disabled(line.difference[1])
    if imgui.is_item_hovered():
        imgui.set_tooltip(line.verdict)


def draw_compare_plots(context: CompareContext) -> None:
    """Draw the head speeds on A's time, and how far the bodies are apart, with what is not sure greyed."""
    available = imgui.get_content_region_avail()
    width, height = max((available.x - 10.0) / 2, 60.0), max(available.y, 60.0)
    _speeds(context, imgui.ImVec2(width, height))
    imgui.same_line(0, 10.0)
    _courses(context, imgui.ImVec2(width, height))


def _begin(title: str, context: CompareContext, size: imgui.ImVec2) -> bool:
    flags = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text
    if not implot.begin_plot(f"{title}##plot", size, flags):
        return False
    auto = implot.AxisFlags_.auto_fit | implot.AxisFlags_.no_menus
    implot.setup_axes("", "", implot.AxisFlags_.no_menus, auto)
    implot.setup_axis_limits(implot.ImAxis_.x1, *context.span_s, imgui.Cond_.once)
    implot.setup_legend(implot.Location_.north_west, implot.LegendFlags_.horizontal)
    return True


def _end(context: CompareContext) -> None:
    moved = implot.drag_line_x(0, context.t_s, theme.colour(theme.INK), 1.5)
    if moved[0]:
        context.seek(moved[1])
    implot.end_plot()


def _line(name: str, t_s: NDArray[np.float64], values: NDArray[np.float64], rgba: Any, weight: float = 2.0) -> None:
    spec = implot.Spec()
    spec.line_color = theme.colour(rgba)
    spec.line_weight = weight
    implot.plot_line(name, np.ascontiguousarray(t_s), np.ascontiguousarray(values), spec=spec)


def _speeds(context: CompareContext, size: imgui.ImVec2) -> None:
    if not _begin("Club-head speed, mph", context, size):
        return
    for swing in context.swings:
        series: SpeedSeries | None = swing.head_speed
        if series is None:
            continue
        warp = swing.warp(real_time=context.real_time)
        t_s = series.t_s if warp is None else warp.to_a(series.t_s)
        _line(f"{swing.letter} {swing.name}", t_s, series.value * _MPH, swing.rgba)
    _end(context)


def _courses(context: CompareContext, size: imgui.ImVec2) -> None:
    if not _begin(f"A to {context.other.letter}, cm apart", context, size):
        return
    for course, rgba in zip(context.courses, theme.SEQUENCE.values(), strict=False):
        sure = course.gap_m > 2.0 * course.sigma_m
        _line(course.name, course.t_s, np.where(sure, course.gap_m * 100.0, np.nan), rgba, 2.5)
        faint = (*rgba[:3], 0.3)
        _line(f"##{course.name} unsure", course.t_s, np.where(sure, np.nan, course.gap_m * 100.0), faint, 1.5)
    _end(context)
