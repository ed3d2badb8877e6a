"""The plant's timeline: transport and live pin, alarms by priority, the unit's states as a ribbon, the playhead."""

from dataclasses import dataclass

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray

from twinswing.desk import plant_theme, theme
from twinswing.desk.addons import TimelineLane
from twinswing.desk.panels.plant_context import PlantContext, clock, duration, tick_step_s
from twinswing.plant.model import Priority
from twinswing.plant.states import UnitState

_ALARMS_PX, _RIBBON_PX, _AXIS_PX = 17.0, 17.0, 18.0
_LANE_PX = 15.0  # below them, for the marks of the window's tools
_HANDLE_PX = 6.0
# Ticks lie on round times, at least this far apart.
_TICK_PX = 90.0
_ZOOM = 0.8
_SHORTEST_NS = 20_000_000_000


@dataclass(frozen=True)
class Ribbon:
    """A unit's states over time: `edge_ns` (n + 1,) ascending, `gravity` (n,) places in GRAVITY, edge to edge."""

    unit: str
    edge_ns: NDArray[np.int64]
    gravity: NDArray[np.int64]


@dataclass(frozen=True)
class AlarmMark:
    """When an alarm came, and which."""

    t_ns: int
    priority: Priority
    text: str
    key: str


def draw_plant_timeline(context: PlantContext, ribbon: Ribbon | None, marks: tuple[AlarmMark, ...]) -> None:
    """Draw the whole panel."""
    _transport(context)
    if ribbon is not None:
        unit = context.plant.unit_by_path.get(ribbon.unit)
        whose = "states of" if context.choices.unit else "states of the worst:"
        imgui.same_line(0, 16)
        imgui.text_disabled(f"{whose} {unit.label if unit else ribbon.unit}")
    _Track(context).draw(ribbon, marks)


def _button(label: str, context: PlantContext, action: str, tip: str, *, width: float = 0.0, lit: bool = False) -> None:
    if lit:
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT))
    if imgui.button(f"{label}##{action}", imgui.ImVec2(width, 0)):
        context.do(action)
    if lit:
        imgui.pop_style_color()
    imgui.set_item_tooltip(tip)


def speed_label(speed: float) -> str:
    """Return a speed as people write it."""
    return f"{speed:g}x" if speed >= 1 else f"1/{round(1 / speed)}x"


def _transport(context: PlantContext) -> None:
    _button("|<", context, "go_start", "To the start (Home)", width=32)
    imgui.same_line(0, 4)
    _button("<", context, "back", "10 s back (Left); Shift: 5 min", width=28)
    imgui.same_line(0, 4)
    runs = context.playing or context.pinned
    _button("Pause" if runs else "Play", context, "play_pause", "Space", width=66, lit=context.playing)
    imgui.same_line(0, 4)
    _button(">", context, "forward", "10 s forward (Right); Shift: 5 min", width=28)
    imgui.same_line(0, 4)
    _button(">|", context, "go_end", "To the end (End)", width=32)
    imgui.same_line(0, 16)
    _button("-", context, "slower", "Slower (Down)", width=26)
    imgui.same_line(0, 4)
    imgui.align_text_to_frame_padding()
    imgui.text(f"{speed_label(context.speed):>5}")
    imgui.same_line(0, 4)
    _button("+", context, "faster", "Faster (Up)", width=26)
    imgui.same_line(0, 16)
    _live(context)
    imgui.same_line(0, 16)
    imgui.align_text_to_frame_padding()
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text(clock(context.t_ns, context.history.zero_unix_ns))
    imgui.pop_font()
    imgui.same_line(0, 8)
    behind = (context.span_ns[1] - context.t_ns) / 1e9
    if context.live and context.pinned:
        where = "now"
    elif context.live:
        where = f"{duration(behind)} ago"
    else:
        where = f"{duration((context.t_ns - context.span_ns[0]) / 1e9)} from start"
    imgui.text_disabled(where)
    imgui.same_line(0, 16)
    _button("<!", context, "previous_alarm", "To the alarm before (,)", width=30)
    imgui.same_line(0, 4)
    _button("!>", context, "next_alarm", "To the next alarm (.)", width=30)


def _live(context: PlantContext) -> None:
    """Say whether this is the present or the past, and let one go back to the present."""
    if context.live and context.pinned:
        _button("LIVE", context, "live", "You see the present; scrub to see the past", width=74, lit=True)
    elif context.live:
        _button("Go live", context, "live", "Back to the present (L)", width=74)
    else:
        imgui.align_text_to_frame_padding()
        imgui.text_disabled("REPLAY")
        imgui.set_item_tooltip("A recording: nothing of it is happening now")


class _Track:
    """The track: what time is where."""

    # What part of the span is shown, nanoseconds, kept between frames; None for all of it.
    zoom: tuple[int, int] | None = None

    def __init__(self, context: PlantContext) -> None:
        self.context = context
        self.origin = imgui.get_cursor_screen_pos()
        width = max(imgui.get_content_region_avail().x, 60.0)
        self.left, self.right = self.origin.x + _HANDLE_PX, self.origin.x + width - _HANDLE_PX
        self.start, self.end = self._shown()
        self.height = _ALARMS_PX + _RIBBON_PX + _AXIS_PX

    def _shown(self) -> tuple[int, int]:
        start, end = self.context.span_ns
        if _Track.zoom is not None:
            first, last = _Track.zoom
            length = min(last - first, end - start)
            # The playhead drags the part that is shown along.
            if not first <= self.context.t_ns <= last:
                first = self.context.t_ns - length // 2
            first = min(max(first, start), max(end - length, start))
            if length >= end - start:
                _Track.zoom = None
            else:
                _Track.zoom = (first, first + length)
                return _Track.zoom
        return start, max(end, start + 1_000_000_000)

    def x_of(self, t_ns: float) -> float:
        """Return where a time lies."""
        return self.left + (self.right - self.left) * (t_ns - self.start) / (self.end - self.start)

    def time_at(self, x: float) -> int:
        """Return the time at a place, within what is shown."""
        share = min(max((x - self.left) / max(self.right - self.left, 1.0), 0.0), 1.0)
        return self.start + round(share * (self.end - self.start))

    def draw(self, ribbon: Ribbon | None, marks: tuple[AlarmMark, ...]) -> None:
        """Draw alarms, ribbon, axis and playhead, and take the mouse."""
        imgui.invisible_button("track", imgui.ImVec2(self.right - self.left + 2 * _HANDLE_PX, self.height))
        hovered, active = imgui.is_item_hovered(), imgui.is_item_active()
        mouse = imgui.get_io().mouse_pos
        hit = self._alarms(marks, mouse if hovered else None)
        self._ribbon(ribbon, mouse if hovered and hit is None else None)
        self._axis()
        self._playhead()
        if active:
            self.context.seek(self.time_at(mouse.x) / 1e9 if hit is None else hit.t_ns / 1e9)
        if hit is not None and imgui.is_item_clicked():
            self.context.choices.alarm = hit.key
        wheel = imgui.get_io().mouse_wheel
        if hovered and wheel:
            self._zoom(self.time_at(mouse.x), _ZOOM**wheel)
        top = self.origin.y + self.height
        self.context.draw_on_timeline(TimelineLane(self.left, self.right, top, top + _LANE_PX, self.start, self.end))

    def _zoom(self, around: int, factor: float) -> None:
        length = max(round((self.end - self.start) * factor), _SHORTEST_NS)
        share = (around - self.start) / (self.end - self.start)
        first = around - round(share * length)
        _Track.zoom = (first, first + length)

    def _alarms(self, marks: tuple[AlarmMark, ...], mouse: "imgui.ImVec2 | None") -> AlarmMark | None:
        """Draw a sign for each alarm, the gravest on top; where they crowd, one for each priority and place."""
        y = self.origin.y + _ALARMS_PX / 2
        hit: AlarmMark | None = None
        for priority in (Priority.LOW, Priority.MEDIUM, Priority.HIGH):
            taken = -1e9
            for mark in marks:
                x = self.x_of(mark.t_ns)
                if mark.priority is not priority or not self.left <= x <= self.right:
                    continue
                near = mouse is not None and abs(mouse.x - x) <= 6 and abs(mouse.y - y) <= _ALARMS_PX / 2
                if near:
                    hit = mark
                if x - taken >= 4.0:
                    plant_theme.draw_sign(plant_theme.PRIORITIES[priority], x, y, 5.5)
                    taken = x
        if hit is not None:
            sign = plant_theme.PRIORITIES[hit.priority]
            zero = self.context.history.zero_unix_ns
            imgui.set_tooltip(f"{clock(hit.t_ns, zero)}  {sign.word}\n{hit.text}")
        return hit

    def _ribbon(self, ribbon: Ribbon | None, mouse: "imgui.ImVec2 | None") -> None:
        draw, vec = imgui.get_window_draw_list(), imgui.ImVec2
        top = self.origin.y + _ALARMS_PX
        bottom = top + _RIBBON_PX
        draw.add_rect_filled(vec(self.left, top), vec(self.right, bottom), theme.packed(theme.RAISED), 2.0)
        if ribbon is None:
            return
        edges = self.left + (self.right - self.left) * (ribbon.edge_ns - self.start) / (self.end - self.start)
        edges = np.clip(edges, self.left, self.right)
        for a, b, state in visible_runs(edges, ribbon.gravity):
            sign = plant_theme.STATES[state]
            draw.add_rect_filled(vec(a, top + 1), vec(max(b, a + 1.0), bottom - 1), theme.packed(sign.rgba))
            if b - a > 15:
                word = sign.word if b - a > imgui.calc_text_size(sign.word).x + 8 else sign.letter
                ink = plant_theme.ink_on(sign.rgba)
                draw.add_text(imgui.get_font(), 13.0, vec(a + 4, top + 1.5), theme.packed(ink), word)
        if mouse is not None and top <= mouse.y <= bottom and len(ribbon.gravity):
            t_ns = self.time_at(mouse.x)
            at = int(np.clip(np.searchsorted(ribbon.edge_ns, t_ns, side="right") - 1, 0, len(ribbon.gravity) - 1))
            lasts = (ribbon.edge_ns[at + 1] - ribbon.edge_ns[at]) / 1e9
            unit = self.context.plant.unit_by_path.get(ribbon.unit)
            name = unit.label if unit else ribbon.unit
            zero = self.context.history.zero_unix_ns
            word = plant_theme.STATES[GRAVITY[ribbon.gravity[at]]].word
            imgui.set_tooltip(f"{name}\n{word} for {duration(lasts)}\n{clock(t_ns, zero)}")

    def _axis(self) -> None:
        draw, vec = imgui.get_window_draw_list(), imgui.ImVec2
        top = self.origin.y + _ALARMS_PX + _RIBBON_PX
        zero = self.context.history.zero_unix_ns
        most = max(self.right - self.left, 1.0) / _TICK_PX
        step_ns = tick_step_s((self.end - self.start) / 1e9, most) * 1_000_000_000
        first = -(-(self.start + zero) // step_ns) * step_ns - zero
        for t_ns in range(first, self.end + 1, step_ns):
            x = self.x_of(t_ns)
            draw.add_line(vec(x, top), vec(x, top + 4), theme.packed(theme.FAINT), 1.0)
            label = clock(t_ns, zero, seconds=step_ns < 60_000_000_000)
            width = imgui.calc_text_size(label).x * 13.0 / imgui.get_font_size()
            if x + width / 2 < self.right:
                draw.add_text(imgui.get_font(), 13.0, vec(x - width / 2, top + 4), theme.packed(theme.FAINT), label)

    def _playhead(self) -> None:
        draw, vec = imgui.get_window_draw_list(), imgui.ImVec2
        x = self.x_of(self.context.t_ns)
        top, bottom = self.origin.y, self.origin.y + _ALARMS_PX + _RIBBON_PX + 2
        draw.add_line(vec(x, top), vec(x, bottom), theme.packed(theme.PANEL), 4.0)
        draw.add_line(vec(x, top), vec(x, bottom), theme.packed(theme.INK), 2.0)
        draw.add_triangle_filled(
            vec(x, bottom - 1), vec(x - 6, bottom + 7), vec(x + 6, bottom + 7), theme.packed(theme.INK)
        )


def visible_runs(edges_px: NDArray[np.float64], gravity: NDArray[np.int64]) -> list[tuple[float, float, UnitState]]:
    """Return what of a ribbon is drawn: (left, right, state), runs of whole pixels.

    edges_px: (n + 1,), ascending; gravity: (n,). A pixel shows the state at its middle, but for what is abnormal: that
    is seen however short it was.
    """
    if not len(gravity) or edges_px[-1] <= edges_px[0]:
        return []
    first = int(np.floor(edges_px[0]))
    columns = np.arange(first, max(int(np.ceil(edges_px[-1])), first + 1))
    at = np.clip(np.searchsorted(edges_px, columns + 0.5, side="right") - 1, 0, len(gravity) - 1)
    shown = gravity[at]
    grave = np.flatnonzero((gravity >= _ABNORMAL_FROM) & (edges_px[1:] > edges_px[0]) & (edges_px[:-1] < edges_px[-1]))
    np.maximum.at(shown, np.clip(np.floor(edges_px[grave]).astype(int) - first, 0, len(columns) - 1), gravity[grave])
    starts = np.concatenate([[0], np.flatnonzero(np.diff(shown)) + 1])
    ends = np.concatenate([starts[1:], [len(columns)]])
    return [(float(columns[a]), float(columns[0] + b), GRAVITY[shown[a]]) for a, b in zip(starts, ends, strict=True)]


# From what needs nobody to what needs somebody most; a state's place in it is its gravity.
GRAVITY: tuple[UnitState, ...] = (
    UnitState.OFF, UnitState.IDLE, UnitState.RUNNING, UnitState.SETUP, UnitState.STARVED, UnitState.BLOCKED,
    UnitState.WAITING, UnitState.HELD, UnitState.MAINTENANCE, UnitState.UNKNOWN, UnitState.FAILED,
)  # fmt: skip
GRAVITY_OF: dict[UnitState, int] = {state: rank for rank, state in enumerate(GRAVITY)}
_ABNORMAL_FROM = GRAVITY_OF[UnitState.UNKNOWN]
