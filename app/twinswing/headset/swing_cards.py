"""The cards around a swing: time, measures, head speed."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from twinswing.headset.canvas import ACCENT, ALARM, FAINT, INK, PANEL, RAISED, WARM, Canvas
from twinswing.headset.card import Card
from twinswing.headset.notes import Notes
from twinswing.headset.notes_card import rgb_of
from twinswing.swing.model import EVENT_NAMES, SwingSession
from twinswing.swing.readable import event_label, label_of, shown
from twinswing.swing.series import SpeedSeries, hand_speed, head_speed
from twinswing.timeline.playhead import Playhead

TIME_M, MEASURES_M, PLOT_M = (1.06, 0.27), (0.52, 0.60), (0.56, 0.36)
_TIME_STEP_S = 0.02  # the time card is painted again for each: fifty times a second of the swing at most
_MPH = 2.23694


class SwingState(Protocol):
    """What the cards say."""

    session: SwingSession
    head: Playhead
    ghost: bool
    match: str
    real_world: bool
    offers_real_world: bool
    seated: bool
    notes: Notes


@dataclass(frozen=True)
class Marks:
    """Places on the time card, pixels: the track's ends and its height."""

    left: float = 40.0
    right: float = 1020.0
    y: float = 96.0


def speed_label(speed: float) -> str:
    """Return a speed as people write it: 1/4x, 1x."""
    return f"{speed:g}x" if speed >= 1 else f"1/{round(1 / speed)}x"


def make_cards(state: SwingState) -> list[Card]:
    """Make the cards of a swing; those that there is nothing to say on are left out."""
    cards = [Card("measures", *MEASURES_M, lambda: None, _painter(state, paint_measures))]
    cards.append(Card("time", *TIME_M, lambda: _time_key(state), _painter(state, paint_time)))
    cards[-1].low = True
    speed = head_speed(state.session.club) or hand_speed(state.session.body)
    if speed is not None:
        name = "Club head speed" if head_speed(state.session.club) is not None else "Speed of the hands"

        def paint(canvas: Canvas, _over: str | None) -> None:
            paint_plot(canvas, speed, name, state.head)

        cards.append(Card("speed", *PLOT_M, lambda: round(state.head.t_s / (5 * _TIME_STEP_S)), paint))
    if not state.session.measures:
        cards = cards[1:]
    return cards


def _painter(
    state: SwingState, paint: Callable[[SwingState, Canvas, str | None], None]
) -> Callable[[Canvas, str | None], None]:
    return lambda canvas, over: paint(state, canvas, over)


def _time_key(state: SwingState) -> Hashable:
    head = state.head
    modes = (state.ghost, state.match, state.real_world, state.seated, state.notes.on, state.notes.version)
    return (round(head.t_s / _TIME_STEP_S), head.playing, head.speed, *modes)


def paint_time(state: SwingState, canvas: Canvas, over: str | None) -> None:
    """Paint transport, track with the events, and what can be done here."""
    head, session, marks = state.head, state.session, Marks()
    start, end = head.span_s
    span = max(end - start, 1e-6)
    impact = session.events.get("impact")
    zero = impact.t_s if impact else start
    canvas.text(f"{head.t_s - zero:+.3f} s", 40, 46, 34)
    canvas.text("from impact" if impact else "from the start", 230, 46, 26, FAINT)
    near = min(((abs(e.t_s - head.t_s), n) for n, e in session.events.items()), default=(9.0, ""))
    if near[0] < 0.02:
        canvas.text(event_label(near[1]), marks.right, 46, 30, WARM, align=1.0)
    elif state.match:
        canvas.text(state.match, marks.right, 46, 28, ACCENT, align=1.0)

    def x_of(t_s: float) -> float:
        return marks.left + (marks.right - marks.left) * (t_s - start) / span

    canvas.box(marks.left, marks.y - 7, marks.right, marks.y + 7, RAISED, 7)
    canvas.box(marks.left, marks.y - 7, max(x_of(head.t_s), marks.left + 1), marks.y + 7, ACCENT, 7)
    free = -1e9
    for number, name in enumerate(EVENT_NAMES, start=1):
        event = session.events.get(name)
        if event is None:
            continue
        x = x_of(event.t_s)
        canvas.box(x - 2, marks.y - 15, x + 2, marks.y + 15, WARM if event.confidence >= 0.5 else FAINT, 1)
        if x - free > 22:  # events that crowd: a number is left out rather than written over its neighbour
            canvas.text(str(number), x, marks.y + 42, 24, FAINT, align=0.5)
            free = x
    x = x_of(head.t_s)
    canvas.box(x - 16, marks.y - 16, x + 16, marks.y + 16, PANEL, 16)
    canvas.box(x - 12, marks.y - 12, x + 12, marks.y + 12, INK, 12)
    for remark in state.notes.document.all():
        at = x_of(remark.time.start_ns / 1e9)
        if marks.left <= at <= marks.right:
            canvas.box(at - 5, marks.y - 24, at + 5, marks.y - 14, rgb_of(remark.colour), 5)
    canvas.buttons["track"] = (round(marks.left), round(marks.y - 30), round(marks.right), round(marks.y + 30))
    _buttons(state, canvas, over)


def _buttons(state: SwingState, canvas: Canvas, over: str | None) -> None:
    head = state.head
    row = [("play", "Pause" if head.playing else "Play", 116, head.playing), ("slower", "-", 52, False)]
    row += [("faster", "+", 52, False), ("draw", "Draw", 100, state.notes.on)]
    if state.session.club is not None:
        row.append(("ghost", "Ghost", 108, state.ghost))
    if state.session.body is not None:
        row.append(("eyes", "Eyes", 92, False))
    row += [("model", "Table", 104, False), ("seated", "Seated", 122, state.seated)]
    if state.offers_real_world:
        row.append(("world", "Room", 100, state.real_world))
    x = 28.0
    for name, label, width, lit in row:
        canvas.button(name, label, x, 184, x + width, 240, lit=lit, over=over == name)
        x += width + 10
        if name == "slower":
            canvas.text(speed_label(head.speed), x + 32, 222, 28, INK, align=0.5)
            x += 74


def paint_measures(state: SwingState, canvas: Canvas, _over: str | None) -> None:
    """Paint the measures, each with its uncertainty and its source."""
    session = state.session
    canvas.text("Measures", 28, 50, 34)
    y = 104.0
    for name, measure in session.measures.items():
        if y > canvas.height - 76:  # a row and the last line below it
            break
        value, sigma = shown(measure, name)
        canvas.text(label_of(name), 28, y, 26)
        canvas.text(value, canvas.width - 28, y, 28, align=1.0)
        canvas.text(measure.source, 28, y + 30, 24, FAINT)
        canvas.text(sigma, canvas.width - 28, y + 30, 24, FAINT, align=1.0)
        y += 76
    if y > canvas.height - 76 and len(session.measures) > (canvas.height - 180) // 76 + 1:
        canvas.text("more in the report", 28, canvas.height - 14, 24, FAINT)


def paint_plot(canvas: Canvas, speed: SpeedSeries, title: str, head: Playhead) -> None:
    """Paint a speed over time with the playhead."""
    canvas.text(title, 24, 42, 28)
    canvas.text(f"mph, {speed.source}", canvas.width - 24, 42, 24, FAINT, align=1.0)
    left, right, top, bottom = 24.0, canvas.width - 24.0, 72.0, canvas.height - 30.0
    start, end = head.span_s
    value = speed.value * _MPH
    highest = max(float(np.nanmax(value, initial=1.0)), 1.0)
    x = left + (right - left) * (speed.t_s - start) / max(end - start, 1e-6)
    y = bottom - (bottom - top) * value / highest
    keep = np.isfinite(y) & (x >= left) & (x <= right)
    step = max(int(keep.sum()) // 400, 1)
    canvas.line(np.array([[left, bottom], [right, bottom]]), RAISED, 2)
    if keep.sum() > 1:
        canvas.line(np.stack([x[keep], y[keep]], 1)[::step], ALARM, 3)
    now_x = left + (right - left) * head.fraction
    canvas.line(np.array([[now_x, top - 8], [now_x, bottom]]), INK, 2)
    now = float(np.interp(head.t_s, speed.t_s, np.nan_to_num(value)))
    canvas.text(f"{now:.0f}", min(now_x + 8, right - 60), top + 18, 28, INK)


__all__ = ["MEASURES_M", "PLOT_M", "TIME_M", "SwingState", "make_cards", "paint_measures", "paint_plot", "paint_time"]
