"""What a card on a machine says, as a value that is told from a history, and how it is painted."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.headset.canvas import ALARM, FAINT, INK, PANEL, RAISED, WARM, Canvas, Rgb
from twinswing.plant.alarms import Alarm, AlarmState
from twinswing.plant.history import History, Snapshot
from twinswing.plant.model import DataItem, Role, Unit
from twinswing.plant.states import UnitState
from twinswing.stage.plant_alarm_view import short_text
from twinswing.stage.plant_view import STATE_WORDS
from twinswing.streams.observations import Quality

RgbImage = NDArray[np.uint8]

# The numbers that tell how a machine is, by weight; a card shows as many as are read at a glance.
ROLES: tuple[tuple[Role, str], ...] = (
    (Role.LOAD, "Load"), (Role.SPEED, "Speed"), (Role.TEMPERATURE, "Temperature"), (Role.VIBRATION, "Vibration"),
    (Role.PRESSURE, "Pressure"), (Role.POWER, "Power"), (Role.TOOL_LIFE, "Tool life"), (Role.GOOD, "Good pieces"),
    (Role.SCRAP, "Scrap"), (Role.ENERGY, "Energy"),
)  # fmt: skip
MOST_ROWS = 5

# SI unit to (what is shown, factor, offset): as people in a works read it.
_SHOWN: dict[str, tuple[str, float, float]] = {
    "K": ("°C", 1.0, -273.15), "rad/s": ("rpm", 60.0 / (2.0 * np.pi), 0.0), "m": ("mm", 1e3, 0.0),
    "m/s": ("mm/s", 1e3, 0.0), "Pa": ("bar", 1e-5, 0.0), "W": ("kW", 1e-3, 0.0), "J": ("kWh", 1.0 / 3.6e6, 0.0),
    "1": ("", 1.0, 0.0),
}  # fmt: skip
_NOTES = {Quality.STALE: "stale", Quality.UNAVAILABLE: "not available", Quality.UNCERTAIN: "uncertain"}

_GREY: Rgb = (150, 158, 164)
# Shape and letter tell states apart without colour; hue only for what is not normal (ISA-101).
_SIGNS: dict[UnitState, tuple[str, str, Rgb]] = {
    UnitState.RUNNING: ("disc", "R", _GREY),
    UnitState.IDLE: ("ring", "", _GREY),
    UnitState.STARVED: ("down", "", _GREY),
    UnitState.BLOCKED: ("square", "B", _GREY),
    UnitState.SETUP: ("diamond", "", _GREY),
    UnitState.HELD: ("up", "", WARM),
    UnitState.WAITING: ("up", "", WARM),
    UnitState.FAILED: ("square", "F", ALARM),
    UnitState.MAINTENANCE: ("diamond", "", _GREY),
    UnitState.OFF: ("ring", "", _GREY),
    UnitState.UNKNOWN: ("ring", "?", (206, 120, 220)),
}
_ALARM_SIGNS: dict[int, tuple[str, str, Rgb]] = {
    1: ("down", "", (206, 120, 220)), 2: ("up", "", WARM), 3: ("square", "!", ALARM),
}  # fmt: skip
_ALARM_WORDS = {
    AlarmState.UNACKNOWLEDGED: "not acknowledged", AlarmState.ACKNOWLEDGED: "acknowledged",
    AlarmState.RETURNED: "gone, not acknowledged",
}  # fmt: skip

WIDTH_PX = 840
SMALLEST_EM_PX = 36
_EDGE, _ROW_PX = 36, 60


@dataclass(frozen=True, slots=True)
class Row:
    """A number on a card; note: why it is not to be believed, or nothing."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class UnitCard:
    """What a unit's card says. alarm: words, how it stands, and its rank (1 low to 3 high); foot: where it is from."""

    title: str
    path: str
    state: UnitState
    rows: tuple[Row, ...]
    foot: str
    alarm: str = ""
    alarm_stands: str = ""
    alarm_rank: int = 0


def quantity(value: float, unit: str) -> str:
    """Return a number in the unit that people read it in, to about three figures; a dash for none."""
    if not np.isfinite(value):
        return "-"
    name, factor, offset = _SHOWN.get(unit, (unit, 1.0, 0.0))
    shown = value * factor + offset
    size = abs(shown)
    if size >= 1e6:
        text = f"{shown:.3g}"
    elif size >= 100 or shown == round(shown):
        text = f"{shown:,.0f}".replace(",", " ")
    else:
        text = f"{shown:.1f}" if size >= 10 else f"{shown:.2f}"
    return f"{text} {name}".rstrip()


def unit_card(
    history: History, snapshot: Snapshot, unit: Unit, state: UnitState, alarm: Alarm | None, foot: str
) -> UnitCard:
    """Tell what a unit's card says at a moment."""
    number = history.plant.item_number
    chosen: list[tuple[str, DataItem]] = []
    for role, label in ROLES:
        item = unit.by_role.get(role)
        if item is not None:
            chosen.append((label, item))
    if alarm is not None and alarm.occurrence.item >= 0:
        # The number that the alarm is about comes first, whatever its weight.
        told = history.plant.items[alarm.occurrence.item]
        if told.unit:
            rest = [pair for pair in chosen if pair[1].path != told.path]
            same = [pair for pair in chosen if pair[1].path == told.path]
            chosen = (same or [(told.label or told.name, told)]) + rest
    rows = tuple(_row(label, item, number[item.path], snapshot) for label, item in chosen[:MOST_ROWS])
    if alarm is None:
        return UnitCard(unit.label, unit.path, state, rows, foot)
    stands = _ALARM_WORDS.get(alarm.state, alarm.state.value)
    return UnitCard(unit.label, unit.path, state, rows, foot, short_text(alarm.occurrence), stands, alarm.rank)


def _row(label: str, item: DataItem, number: int, snapshot: Snapshot) -> Row:
    value = quantity(float(snapshot.number[number]), item.unit)
    if snapshot.since_ns[number] < 0:
        return Row(label, "-", "never heard")
    return Row(label, value, _NOTES.get(Quality(int(snapshot.quality[number])), ""))


def painted(card: UnitCard) -> RgbImage:
    """Paint a card, rgb, `WIDTH_PX` wide, top row first."""
    rows = max(len(card.rows), 1)
    right = WIDTH_PX - _EDGE
    alarm = _lines(card.alarm, 40, right - _EDGE - 60, 2)
    alarm_px = 64 + 42 * len(alarm) if card.alarm else 0
    height = 200 + alarm_px + rows * _ROW_PX + 76
    canvas = Canvas(WIDTH_PX / 1000.0, height / 1000.0)
    _fitted(canvas, card.title, _EDGE, 66, 56, INK, right - _EDGE)
    _fitted(canvas, card.path, _EDGE, 110, SMALLEST_EM_PX, FAINT, right - _EDGE)
    shape, letter, rgb = _SIGNS[card.state]
    _sign(canvas, shape, letter, rgb, _EDGE + 22, 160, 22)
    canvas.text(STATE_WORDS[card.state], _EDGE + 60, 176, 48, ALARM if card.state is UnitState.FAILED else INK)
    y = 200
    if card.alarm:
        shape, letter, rgb = _ALARM_SIGNS[card.alarm_rank]
        canvas.box(_EDGE - 12, y + 4, right + 12, y + alarm_px - 6, RAISED)
        _sign(canvas, shape, letter, rgb, _EDGE + 22, y + alarm_px / 2, 20)
        for number, line in enumerate([*alarm, card.alarm_stands]):
            rgb, em = (FAINT, SMALLEST_EM_PX) if number == len(alarm) else (INK, 40)
            canvas.text(line, _EDGE + 60, y + 46 + 42 * number, em, rgb)
        y += alarm_px
    for row in card.rows:
        y += _ROW_PX
        canvas.text(row.label, _EDGE, y - 16, 40, FAINT)
        unsure = row.note in ("stale", "not available", "never heard")
        told = f"{row.value}  {row.note}" if row.note else row.value
        canvas.text(told, right, y - 16, 42, (112, 121, 127) if unsure else INK, align=1.0)
    if not card.rows:
        y += _ROW_PX
        canvas.text("No numbers of this unit", _EDGE, y - 16, 40, FAINT)
    canvas.box(_EDGE, y + 10, right, y + 12, RAISED, 0)
    _fitted(canvas, card.foot, _EDGE, y + 54, SMALLEST_EM_PX, FAINT, right - _EDGE)
    return canvas.picture


def _fitted(canvas: Canvas, text: str, x: float, baseline: float, em_px: int, rgb: Rgb, most_px: float) -> None:
    """Write a line, cut where it would leave its place."""
    (line,) = _lines(text, em_px, most_px, 1)
    canvas.text(line, x, baseline, em_px, rgb)


def _lines(text: str, em_px: int, most_px: float, most: int) -> list[str]:
    """Break a text into at most so many lines that fit a width, cut with dots; controls in it become spaces."""
    trial = Canvas(0.004, 0.004)

    def wide(words: str) -> int:
        return trial.text(words, 0, 0, em_px)

    # No letter is narrower than an eighth of its em on average: what is longer never fits, and would be slow to try.
    left = " ".join("".join(c if c.isprintable() else " " for c in text[: int(8 * most * most_px / em_px)]).split())
    out: list[str] = []
    while left and len(out) < most:
        take = len(left)
        if wide(left) > most_px:
            low, take = 1, min(take, int(8 * most_px / em_px))
            last = len(out) == most - 1
            while low < take:
                middle = (low + take + 1) // 2
                low, take = (middle, take) if wide(left[:middle] + "..." * last) <= most_px else (low, middle - 1)
            if last:
                out.append(left[:take].rstrip() + "...")
                break
            space = left.rfind(" ", 1, take + 1)
            take = space if space > 0 else take
        out.append(left[:take].rstrip())
        left = left[take:].lstrip()
    return out or [""]


def _sign(canvas: Canvas, shape: str, letter: str, rgb: Rgb, x: float, y: float, radius: float) -> None:
    def filled(*points: tuple[float, float]) -> None:
        fixed = np.rint((np.array(points) * radius + [x, y]) * 16).astype(np.int32)
        cv2.fillPoly(canvas.picture, [fixed], rgb, cv2.LINE_AA, shift=4)

    centre = (round(x), round(y))
    ink = PANEL
    match shape:
        case "disc":
            cv2.circle(canvas.picture, centre, round(radius), rgb, cv2.FILLED, cv2.LINE_AA)
        case "ring":
            cv2.circle(canvas.picture, centre, round(radius - 2), rgb, 4, cv2.LINE_AA)
            ink = rgb
        case "square":
            filled((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9))
        case "diamond":
            filled((0, -1.1), (1.1, 0), (0, 1.1), (-1.1, 0))
        case "up":
            filled((0, -1.05), (1.1, 0.85), (-1.1, 0.85))
        case _:
            filled((0, 1.05), (-1.1, -0.85), (1.1, -0.85))
    if letter:
        canvas.text(letter, x, y + 0.36 * 1.5 * radius, round(1.5 * radius), ink, align=0.5)
