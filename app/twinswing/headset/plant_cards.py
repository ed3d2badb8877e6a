"""The cards in a plant: time, alarms with where they are, the unit that was chosen."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from twinswing.headset.canvas import ACCENT, ALARM, FAINT, INK, PANEL, RAISED, WARM, Canvas, Rgb
from twinswing.headset.card import Card
from twinswing.headset.frames import FloatArray, heading_of
from twinswing.headset.notes import Notes
from twinswing.plant.alarms import SHOWN, Alarm, AlarmState
from twinswing.plant.history import NO_TEXT, History, Snapshot
from twinswing.plant.journal import Action
from twinswing.plant.model import DataItem, Plant, Unit
from twinswing.plant.states import UnitState
from twinswing.stage.plant_text import shortened
from twinswing.stage.plant_view import STATE_WORDS
from twinswing.streams.observations import ItemKind, Quality
from twinswing.timeline.playhead import Playhead

TIME_M, ALARMS_M, UNIT_M = (0.80, 0.32), (0.66, 0.46), (0.60, 0.62)
MOST_ALARMS = 4
_RANK_RGB: dict[int, Rgb] = {1: FAINT, 2: WARM, 3: ALARM}
_LETTER = {1: "L", 2: "M", 3: "H"}
_UNSEEN = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED})
# Where a value may not be believed it says why instead of looking sure.
_UNSURE = {Quality.STALE: "stale", Quality.UNAVAILABLE: "not available", Quality.UNCERTAIN: "uncertain"}
# SI unit: what people in a works read, and the factor and offset to it.
_READ = {
    "K": ("°C", 1.0, -273.15), "rad/s": ("rpm", 60.0 / (2.0 * np.pi), 0.0), "rad": ("°", 180.0 / np.pi, 0.0),
    "m": ("mm", 1e3, 0.0), "m/s": ("mm/s", 1e3, 0.0), "Pa": ("bar", 1e-5, 0.0), "J": ("kWh", 1.0 / 3.6e6, 0.0),
    "W": ("kW", 1e-3, 0.0), "1": ("", 1.0, 0.0),
}  # fmt: skip


class PlantState(Protocol):
    """What the cards say."""

    plant: Plant
    snapshot: Snapshot
    states: tuple[UnitState, ...]
    alarms: tuple[Alarm, ...]
    head: Playhead
    pace: float
    chosen: int
    real_world: bool
    offers_real_world: bool
    head_pose: FloatArray
    seated: bool
    sound: bool
    act: Callable[[Action], None] | None

    @property
    def history(self) -> History:
        """What the texts' codes mean."""

    @property
    def notes(self) -> Notes | None:
        """Its annotations, where it can have any."""


def make_cards(state: PlantState) -> list[Card]:
    """Make the cards of a plant."""
    cards = [
        Card("alarms", *ALARMS_M, lambda: _alarms_key(state), lambda canvas, over: paint_alarms(state, canvas, over)),
        Card(
            "time", *TIME_M,
            lambda: _time_key(state),
            lambda canvas, over: paint_time(state, canvas, over),
        ),
        Card(
            "unit", *UNIT_M, lambda: (state.chosen, state.snapshot.t_ns // 1_000_000_000),
            lambda canvas, _over: paint_unit(state, canvas),
        ),
    ]  # fmt: skip
    cards[1].low = True
    return cards


def _time_key(state: PlantState) -> tuple[object, ...]:
    notes = None if state.notes is None else (state.notes.on, state.notes.version)
    head = state.head
    modes = (state.pace, state.real_world, state.seated, state.sound, notes)
    return (round(head.t_s), round(head.span_s[1]), head.playing, head.pinned, *modes)


def clock(seconds: float) -> str:
    """Return a time of the recording as hours, minutes, seconds."""
    whole = max(int(seconds), 0)
    return f"{whole // 3600:d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def paint_time(state: PlantState, canvas: Canvas, over: str | None) -> None:
    """Paint the clock, the track and what can be done here."""
    head = state.head
    canvas.text(clock(head.t_s), 36, 48, 34)
    if head.pinned:
        canvas.text("live", 190, 48, 30, ACCENT)
    else:
        canvas.text(f"of {clock(head.span_s[1])}, {state.pace:g} times as fast", 190, 48, 24, FAINT)
    left, right, y = 36.0, canvas.width - 36.0, 96.0
    x = left + (right - left) * head.fraction
    canvas.box(left, y - 7, right, y + 7, RAISED, 7)
    canvas.box(left, y - 7, max(x, left + 1), y + 7, ACCENT, 7)
    start, end = head.span_s
    for alarm in state.alarms:
        at = left + (right - left) * (alarm.occurrence.raised_ns / 1e9 - start) / max(end - start, 1e-6)
        if left <= at <= right:
            canvas.box(at - 2, y - 16, at + 2, y + 16, _RANK_RGB[alarm.rank], 1)
    canvas.box(x - 16, y - 16, x + 16, y + 16, PANEL, 16)
    canvas.box(x - 12, y - 12, x + 12, y + 12, INK, 12)
    canvas.buttons["track"] = (round(left), round(y - 30), round(right), round(y + 30))
    _time_buttons(state, canvas, over)


def _time_buttons(state: PlantState, canvas: Canvas, over: str | None) -> None:
    head = state.head
    first = [("play", "Pause" if head.playing else "Play", 130, head.playing), ("slower", "-", 56, False)]
    first += [("faster", "+", 56, False)]
    if state.history.live:
        first.append(("live", "Live", 110, head.pinned))
    if state.notes is not None:
        first.append(("draw", "Draw", 120, state.notes.on))
    second = [("model", "Table", 130, False), ("seated", "Seated", 130, state.seated)]
    second.append(("sound", "Sound", 130, state.sound))
    if state.offers_real_world:
        second.append(("world", "Room", 110, state.real_world))
    for y, row in ((156, first), (228, second)):
        at = 36.0
        for name, label, width, lit in row:
            canvas.button(name, label, at, y, at + width, y + 58, lit=lit, over=over == name)
            at += width + 14


def _shown(state: PlantState) -> list[Alarm]:
    return [alarm for alarm in state.alarms if alarm.state in SHOWN]


def whereabouts(head: FloatArray, place_m: tuple[float, float, float]) -> str:
    """Return where a place is from a head: how far, and on which side."""
    off = np.asarray(place_m)[:2] - head[:2, 3]
    away = float(np.hypot(*off)) / float(np.linalg.norm(head[:3, 0]))
    turn = (float(np.arctan2(off[1], off[0])) - heading_of(head) + np.pi) % (2 * np.pi) - np.pi
    side = "ahead" if abs(turn) < 0.5 else "behind" if abs(turn) > 2.6 else "left" if turn > 0 else "right"
    return f"{away:.0f} m {side}"


def _alarms_key(state: PlantState) -> tuple[object, ...]:
    rows = ((a.occurrence.key, a.occurrence.raised_ns, a.state, _where(state, a)) for a in _shown(state)[:MOST_ALARMS])
    return (*rows, len(_shown(state)))


def _where(state: PlantState, alarm: Alarm) -> str:
    unit = state.plant.unit_by_path.get(alarm.occurrence.unit)
    return "" if unit is None else whereabouts(state.head_pose, unit.position_m)


def paint_alarms(state: PlantState, canvas: Canvas, over: str | None) -> None:
    """Paint the gravest alarms; each is a button that chooses its unit."""
    shown = _shown(state)
    canvas.text("Alarms" if shown else "No alarms", 28, 50, 34)
    if len(shown) > MOST_ALARMS:
        canvas.text(f"{MOST_ALARMS} of {len(shown)}", canvas.width - 28, 50, 26, FAINT, align=1.0)
    for i, alarm in enumerate(shown[:MOST_ALARMS]):
        y = 76 + i * 94
        unit = state.plant.unit_by_path.get(alarm.occurrence.unit)
        canvas.button(f"alarm{i}", "", 20, y, canvas.width - 20, y + 84, over=over == f"alarm{i}")
        canvas.box(30, y + 14, 78, y + 70, _RANK_RGB[alarm.rank], 6)
        canvas.text(_LETTER[alarm.rank], 54, y + 54, 32, PANEL, align=0.5)
        label = unit.label if unit is not None else alarm.occurrence.unit or state.plant.name
        canvas.text(shortened(label, 22), 94, y + 36, 28)
        canvas.text(_where(state, alarm), canvas.width - 34, y + 36, 26, ACCENT, align=1.0)
        may = state.act is not None and alarm.state in _UNSEEN
        text = alarm.occurrence.message or alarm.occurrence.name
        canvas.text(shortened(text, 36 if may else 44), 94, y + 70, 24, FAINT)
        if may:  # over the row: what is painted last is pressed first
            name = f"seen {alarm.occurrence.key}"
            canvas.button(name, "Seen", canvas.width - 136, y + 44, canvas.width - 28, y + 80, over=over == name)


def value_of(state: PlantState, item: DataItem) -> tuple[str, Rgb]:
    """Return an item's value for a person, and how sure it looks."""
    number = state.plant.item_number[item.path]
    quality = Quality(int(state.snapshot.quality[number]))
    why = _UNSURE.get(quality)
    if item.kind is ItemKind.CONDITION or np.isnan(state.snapshot.number[number]):
        code = int(state.snapshot.text[number])
        text = state.history.texts[code] if code != NO_TEXT else "not known"
    else:
        name, factor, offset = _READ.get(item.unit, (item.unit, 1.0, 0.0))
        text = f"{float(state.snapshot.number[number]) * factor + offset:.4g} {name}".strip()
    return (f"{shortened(text, 18)}, {why}", WARM) if why else (shortened(text, 26), INK)


def paint_unit(state: PlantState, canvas: Canvas) -> None:
    """Paint what is known of the chosen unit."""
    if state.chosen < 0:
        canvas.text("Point at a unit and press", 28, 56, 28, FAINT)
        return
    unit: Unit = state.plant.units[state.chosen]
    canvas.text(shortened(unit.label, 26), 28, 54, 34)
    canvas.text(STATE_WORDS[state.states[state.chosen]], 28, 92, 28, ACCENT)
    y = 140
    for item in unit.items:
        if y > canvas.height - 24:
            break
        text, rgb = value_of(state, item)
        canvas.text(shortened(item.label or item.name, 20), 28, y, 24, FAINT)
        canvas.text(text, canvas.width - 28, y, 26, rgb, align=1.0)
        y += 42
