"""Plots of club and body speed with the playhead; dragging the line scrubs."""

import numpy as np
from imgui_bundle import imgui, implot

from twinswing.desk import theme
from twinswing.desk.panels.context import PanelContext
from twinswing.swing.series import SEGMENTS, SpeedSeries

_MPH = 2.23694


def draw_plots(context: PanelContext) -> None:
    """Draw both plots side by side: head speed, and the segments' turning in the kinematic sequence."""
    available = imgui.get_content_region_avail()
    gap = 10.0
    width = max((available.x - gap) / 2, 60.0)
    height = max(available.y, 60.0)
    speeds: list[tuple[str, SpeedSeries, tuple[float, float, float, float]]] = []
    if context.head_speed is not None:
        speeds.append(("club head", context.head_speed, theme.SEQUENCE["club"]))
    if context.hand_speed is not None:
        speeds.append(("hands", context.hand_speed, theme.SEQUENCE["lead arm"]))
    _plot(context, "Speed, mph", speeds, _MPH, imgui.ImVec2(width, height))
    imgui.same_line(0, gap)
    turns = [
        (name, context.body_speeds[name], theme.SEQUENCE[name]) for name in SEGMENTS if name in context.body_speeds
    ]
    _plot(context, "Turning, °/s", turns, 1.0, imgui.ImVec2(width, height))


def _plot(
    context: PanelContext,
    title: str,
    lines: list[tuple[str, SpeedSeries, tuple[float, float, float, float]]],
    scale: float,
    size: imgui.ImVec2,
) -> None:
    flags = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text
    if not implot.begin_plot(f"{title}##plot", size, flags):
        return
    auto = implot.AxisFlags_.auto_fit | implot.AxisFlags_.no_menus
    implot.setup_axes("", "", implot.AxisFlags_.no_menus, auto)
    implot.setup_axis_limits(implot.ImAxis_.x1, *context.span_s, imgui.Cond_.once)
    implot.setup_legend(implot.Location_.north_west, implot.LegendFlags_.horizontal)
    for name, series, rgba in lines:
        spec = implot.Spec()
        spec.line_color = theme.colour(rgba)
        spec.line_weight = 2.0
        implot.plot_line(name, series.t_s, np.ascontiguousarray(series.value * scale), spec=spec)
    moved = implot.drag_line_x(0, context.t_s, theme.colour(theme.INK), 1.5)
    if moved[0]:
        context.seek(moved[1])
    implot.end_plot()
