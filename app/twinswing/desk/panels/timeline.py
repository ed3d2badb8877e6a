"""The timeline: transport, speed, and a scrubber with the eight events on it."""

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.actions import EVENT_LABELS
from twinswing.desk.addons import TimelineLane
from twinswing.desk.panels.context import PanelContext
from twinswing.swing.model import EVENT_NAMES
from twinswing.timeline.clock import to_ns

_TRACK_PX = 34.0
_LANE_PX = 15.0  # below it, for the marks of the window's tools


def draw_timeline(context: PanelContext) -> None:
    """Draw the whole panel."""
    _transport(context)
    _scrubber(context)


def _button(label: str, context: PanelContext, action: str, tip: str, *, width: float = 0.0, lit: bool = False) -> None:
    if lit:
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT))
    if imgui.button(f"{label}##{action}", imgui.ImVec2(width, 0)):
        context.do(action)
    if lit:
        imgui.pop_style_color()
    if imgui.is_item_hovered():
        imgui.set_tooltip(tip)


def speed_label(speed: float) -> str:
    """Return a speed as people write it: 1/4x, 1x, 2x."""
    return f"{speed:g}x" if speed >= 1 else f"1/{round(1 / speed)}x"


def _transport(context: PanelContext) -> None:
    _button("|<", context, "go_start", "To the start (Home)", width=34)
    imgui.same_line()
    _button("<", context, "step_back", "One frame back (Left)", width=34)
    imgui.same_line()
    _button("Pause" if context.playing else "Play", context, "play_pause", "Space", width=76, lit=context.playing)
    imgui.same_line()
    _button(">", context, "step_forward", "One frame forward (Right)", width=34)
    imgui.same_line()
    _button(">|", context, "go_end", "To the end (End)", width=34)
    imgui.same_line(0, 22)
    _button("-", context, "slower", "Slower (Down)", width=28)
    imgui.same_line()
    imgui.align_text_to_frame_padding()
    imgui.text(f"{speed_label(context.speed):>5}")
    imgui.same_line()
    _button("+", context, "faster", "Faster (Up)", width=28)
    imgui.same_line(0, 22)
    tip = "Off, whole swing, downswing, the phase at the playhead (L)"
    _button(f"Loop: {context.loop_name}", context, "loop", tip, lit=context.loop is not None)
    imgui.same_line(0, 22)
    imgui.align_text_to_frame_padding()
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text(f"{context.t_s - _zero(context):+.3f} s")
    imgui.pop_font()
    imgui.same_line()
    imgui.text_disabled("from impact" if "impact" in context.session.events else "from start")
    current = current_event(context)
    if current:
        imgui.same_line(0, 22)
        imgui.text_colored(theme.colour(theme.WARM), EVENT_LABELS[current])


def _zero(context: PanelContext) -> float:
    impact = context.session.events.get("impact")
    return impact.t_s if impact else context.span_s[0]


def current_event(context: PanelContext) -> str | None:
    """Return the event under the playhead, within half a frame, or None."""
    video = context.session.video
    reach = 0.5 / video.rate_hz if video and video.rate_hz > 0 else 0.01
    near = [(abs(e.t_s - context.t_s), name) for name, e in context.session.events.items()]
    best = min(near, default=None)
    return best[1] if best and best[0] <= reach else None


def _scrubber(context: PanelContext) -> None:
    start, end = context.span_s
    length = max(end - start, 1e-6)
    origin = imgui.get_cursor_screen_pos()
    width = max(imgui.get_content_region_avail().x, 50.0)
    left, right = origin.x + 8, origin.x + width - 8

    def x_of(t_s: float) -> float:
        return left + (right - left) * (t_s - start) / length

    imgui.invisible_button("scrubber", imgui.ImVec2(width, _TRACK_PX))
    if imgui.is_item_active():
        share = (imgui.get_io().mouse_pos.x - left) / max(right - left, 1.0)
        context.seek(start + length * min(max(share, 0.0), 1.0))
    draw = imgui.get_window_draw_list()
    middle = origin.y + 11
    vec = imgui.ImVec2
    draw.add_rect_filled(vec(left, middle - 4), vec(right, middle + 4), theme.packed(theme.RAISED), 4.0)
    if context.loop:
        a, b = (x_of(t) for t in context.loop)
        draw.add_rect_filled(vec(a, middle - 4), vec(b, middle + 4), theme.packed(theme.ACCENT, 0.35), 4.0)
    head = x_of(context.t_s)
    draw.add_rect_filled(vec(left, middle - 4), vec(head, middle + 4), theme.packed(theme.ACCENT), 4.0)
    _event_ticks(context, x_of, middle)
    draw.add_circle_filled(vec(head, middle), 9.0, theme.packed(theme.PANEL))
    draw.add_circle_filled(vec(head, middle), 7.0, theme.packed(theme.INK))
    top = origin.y + _TRACK_PX
    context.draw_on_timeline(TimelineLane(left, right, top, top + _LANE_PX, to_ns(start), to_ns(start + length)))


def _event_ticks(context: PanelContext, x_of: "object", middle: float) -> None:
    draw = imgui.get_window_draw_list()
    vec = imgui.ImVec2
    free_from = -1e9
    mouse = imgui.get_io().mouse_pos
    for i, name in enumerate(EVENT_NAMES):
        event = context.session.events.get(name)
        if event is None:
            continue
        x = x_of(event.t_s)  # type: ignore[operator]
        rgba = theme.WARM if event.confidence >= 0.5 else theme.FAINT
        draw.add_rect_filled(vec(x - 1.5, middle - 8), vec(x + 1.5, middle + 8), theme.packed(rgba), 1.5)
        label = str(i + 1)
        text_width = imgui.calc_text_size(label).x
        # Early follow-through events crowd: a number is left out rather than drawn over its neighbour.
        if x - text_width / 2 > free_from:
            draw.add_text(vec(x - text_width / 2, middle + 9), theme.packed(theme.FAINT), label)
            free_from = x + text_width / 2 + 3
        if abs(mouse.x - x) < 4 and abs(mouse.y - middle) < 16:
            imgui.set_tooltip(f"{i + 1}  {EVENT_LABELS[name]}\n{event.t_s:.3f} s, confidence {event.confidence:.0%}")
