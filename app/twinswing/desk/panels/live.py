"""The panels of the live window: state, camera with skeleton, clubs with their traces, the last swing's figures."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from imgui_bundle import imgui, implot
from numpy.typing import NDArray

from twinswing.desk import theme
from twinswing.desk.panels.context import PanelContext
from twinswing.desk.panels.video import draw_picture
from twinswing.desk.viewport import Rect
from twinswing.streams.cameras import CameraState
from twinswing.swing.capture import CaptureView
from twinswing.swing.capture_clubs import ClubLine
from twinswing.swing.capture_swings import CapturedSwing

FloatArray = NDArray[np.float64]

_HEADER_PX, _FOOTER_PX, _EMPTY_FOOTER_PX = 54, 216, 44
_CAMERA_SHARE = 0.36  # of the width, once there is a swing to show beside it
_STILL = (
    imgui.WindowFlags_.no_decoration
    | imgui.WindowFlags_.no_move
    | imgui.WindowFlags_.no_saved_settings
    | imgui.WindowFlags_.no_docking
    | imgui.WindowFlags_.no_nav_focus
    | imgui.WindowFlags_.no_bring_to_front_on_focus
)
_STATE_TEXT = {
    "opening": "Opening the camera",
    "waiting for a club": "Waiting for a club",
    "waiting for a swing": "Waiting for a swing",
    "swing found": "Swing found",
    "analysing": "Analysing",
    "paused": "Stopped",
    "waiting for the clubs": "The camera has ended",
    "ending": "Ending",
    "ended": "Ended",
}
_STATE_COLOUR = {
    "swing found": theme.ACCENT_BRIGHT,
    "analysing": theme.WARM,
    "paused": theme.ALARM,
    "waiting for a swing": theme.ACCENT,
}
_LINES = (theme.SEQUENCE["club"], theme.SEQUENCE["pelvis"], theme.SEQUENCE["lead arm"], theme.SEQUENCE["thorax"])
TRACE_S = 8.0  # of a club's past that is drawn: two swings' time
_MEASURES = (("tempo_ratio", "Tempo"), ("backswing_s", "Backswing"), ("downswing_s", "Downswing"))


@dataclass
class LivePanelContext:
    """What the live panels show in one frame.

    camera : picture and skeleton, as the video panel draws them; its `video` is None before the first picture.
    traces : of each club, times (n,) s of the session and turning speed (n,) rad/s.
    lag_s  : how old the shown picture is.
    """

    view: CaptureView
    camera: PanelContext
    out: Path
    traces: dict[str, tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    fonts: dict[str, Any] = field(default_factory=dict)
    lag_s: float = float("nan")


def draw_live(context: LivePanelContext) -> Rect | None:
    """Draw all panels; return the rectangle left for the scene, or None while there is no swing to show."""
    size = imgui.get_io().display_size
    shown = context.view.shown
    footer = _FOOTER_PX if context.view.clubs else _EMPTY_FOOTER_PX
    middle = max(size.y - _HEADER_PX - footer, 1.0)
    left = size.x if shown is None else round(size.x * _CAMERA_SHARE)
    _panel("Live header", (0, 0, size.x, _HEADER_PX), lambda: _header(context))
    _panel("Live camera", (0, _HEADER_PX, left, middle), lambda: _camera(context))
    _panel("Live clubs", (0, size.y - footer, size.x, footer), lambda: _clubs(context))
    if shown is None:
        return None
    scene = (int(left), _HEADER_PX, max(int(size.x - left), 1), max(int(middle), 1))
    _swing_card(context, shown, scene)
    return scene


def _panel(name: str, rect: tuple[float, float, float, float], draw: Any) -> None:
    imgui.set_next_window_pos(imgui.ImVec2(rect[0], rect[1]))
    imgui.set_next_window_size(imgui.ImVec2(rect[2], rect[3]))
    imgui.begin(name, None, _STILL)
    draw()
    imgui.end()


def _header(context: LivePanelContext) -> None:
    view = context.view
    rgba = _STATE_COLOUR.get(view.state, theme.FAINT)
    at = imgui.get_cursor_screen_pos()
    height = imgui.get_text_line_height()
    imgui.get_window_draw_list().add_circle_filled(
        imgui.ImVec2(at.x + 8, at.y + height / 2 + 6), 6.5, theme.packed(rgba)
    )
    imgui.set_cursor_screen_pos(imgui.ImVec2(at.x + 24, at.y + 6))
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text(_STATE_TEXT.get(view.state, view.state))
    imgui.pop_font()
    imgui.same_line(260)
    minutes, seconds = divmod(view.t_s, 60.0)
    done = sum(1 for s in view.swings if s.session is not None)
    parts = [
        f"{int(minutes)}:{seconds:04.1f}",
        f"{view.counts.recorded} frames",
        f"{done} swing{'s' if done != 1 else ''}",
        context.out.name,
    ]
    imgui.text_disabled("   ".join(parts))
    if view.counts.lost:
        imgui.same_line(0, 18)
        imgui.text_colored(theme.colour(theme.WARM), f"{view.counts.lost} frames lost")
    if view.trouble:
        imgui.same_line(0, 18)
        imgui.text_colored(theme.colour(theme.ALARM), view.trouble)
    keys = "Space  go on     Esc  end" if view.state == "paused" else "Space  stop     Esc  end"
    imgui.same_line(imgui.get_window_width() - imgui.calc_text_size(keys).x - 16)
    imgui.text_disabled(keys)


def _camera(context: LivePanelContext) -> None:
    camera = context.view.camera
    if context.camera.video is None:
        imgui.text_disabled("No picture has come from the camera yet.")
        return
    draw_picture(context.camera)
    if camera is None:
        return
    rate = f", {camera.rate_hz:.0f} frames a second" if np.isfinite(camera.rate_hz) else ""
    live = camera.state is CameraState.LIVE
    late = f", shown {context.lag_s:.1f} s late" if live and context.lag_s >= 0.1 else ""
    text = f"{Path(camera.name).name}  {camera.width_px} x {camera.height_px}{rate}{late}"
    if camera.trouble:
        imgui.text_colored(theme.colour(theme.WARM), camera.trouble)
    else:
        imgui.text_disabled(text)


def _clubs(context: LivePanelContext) -> None:
    clubs = context.view.clubs
    if not clubs:
        imgui.text_disabled("No club has connected.")
        return
    room = imgui.get_content_region_avail()
    side = min(430.0, room.x * 0.4)
    _trace(context, imgui.ImVec2(room.x - side - 14, room.y))
    imgui.same_line(0, 14)
    imgui.begin_child("club list", imgui.ImVec2(side, room.y))
    for i, club in enumerate(clubs[-4:]):
        _club(club, _LINES[i % len(_LINES)])
    imgui.end_child()


def _trace(context: LivePanelContext, size: imgui.ImVec2) -> None:
    flags = implot.Flags_.no_menus | implot.Flags_.no_box_select | implot.Flags_.no_mouse_text | implot.Flags_.no_inputs
    if not implot.begin_plot("Club turning, °/s##live", size, flags):
        return
    implot.setup_axes("", "", implot.AxisFlags_.no_menus, implot.AxisFlags_.no_menus)
    now = context.view.t_s
    highest = max((float(np.rad2deg(v.max())) for _, v in context.traces.values() if len(v)), default=0.0)
    implot.setup_axis_limits(implot.ImAxis_.x1, now - TRACE_S, now, imgui.Cond_.always)
    implot.setup_axis_limits(implot.ImAxis_.y1, 0.0, max(1.1 * highest, 500.0), imgui.Cond_.always)
    implot.setup_legend(implot.Location_.north_west)
    for i, club in enumerate(context.view.clubs[-4:]):
        t_s, turn = context.traces.get(club.name, (np.empty(0), np.empty(0)))
        if len(t_s):
            spec = implot.Spec()
            spec.line_color = theme.colour(_LINES[i % len(_LINES)])
            spec.line_weight = 2.0
            implot.plot_line(club.name, t_s, np.ascontiguousarray(np.rad2deg(turn)), spec=spec)
    for swing in context.view.swings:
        if swing.swing.impact_s > now - TRACE_S:
            implot.drag_line_x(swing.swing.number, swing.swing.impact_s, theme.colour(theme.INK), 1.0)
    implot.end_plot()


def _club(club: ClubLine, rgba: tuple[float, float, float, float]) -> None:
    imgui.text_colored(theme.colour(rgba if club.present else theme.FAINT), club.name)
    imgui.same_line(0, 10)
    imgui.text_disabled("connected" if club.present else f"gone ({club.left})")
    if club.battery is not None:
        imgui.same_line(0, 14)
        imgui.progress_bar(club.battery, imgui.ImVec2(90, 0), f"{club.battery:.0%}")
    lost = club.lost_batches
    imgui.text(f"{club.samples:,} samples at {club.hello.rate_hz:.0f} Hz".replace(",", " "))
    imgui.same_line(0, 14)
    colour = theme.WARM if lost else theme.FAINT
    imgui.text_colored(theme.colour(colour), f"{lost} batches lost")
    if club.clock is None:
        imgui.text_disabled("clock: from arrivals only")
    else:
        sigma_ms = club.clock.sigma_s * 1e3
        imgui.text_disabled(f"clock ± {sigma_ms:.2f} ms from {club.pings} pings, drift {club.clock.drift_ppm:+.0f} ppm")
    imgui.spacing()


def _swing_card(context: LivePanelContext, shown: CapturedSwing, scene: Rect) -> None:
    """Draw what the last swing came to, in the scene's upper left corner."""
    session = shown.session
    assert session is not None
    imgui.set_next_window_pos(imgui.ImVec2(scene[0] + 12, scene[1] + 12))
    imgui.set_next_window_bg_alpha(0.78)
    imgui.begin("Live swing", None, _STILL | imgui.WindowFlags_.always_auto_resize)
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text(f"Swing {shown.swing.number}")
    imgui.pop_font()
    imgui.same_line(0, 10)
    imgui.text_disabled(f"found by {shown.swing.found_by.replace('+', ' and ')}")
    for name, label in _MEASURES:
        measure = session.measures.get(name)
        if measure is not None:
            unit = "" if measure.unit == "1" else f" {measure.unit}"
            imgui.text(f"{label}  {measure.value:.2f} ± {measure.sigma:.2f}{unit}")
            imgui.same_line(0, 8)
            imgui.text_disabled(measure.source)
    if session.alignment is not None:
        imgui.text_disabled(f"club on the video within {session.alignment.sigma_s * 1e3:.1f} ms")
    imgui.end()
