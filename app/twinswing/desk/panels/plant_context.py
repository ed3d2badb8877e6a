"""What a panel of the plant's window sees in one frame, and how it says what the user wants."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from twinswing.desk.actions import Action
from twinswing.desk.addons import TimelineLane
from twinswing.desk.plant_choices import PlantChoices
from twinswing.desk.plant_work import Worker
from twinswing.plant.history import History, Snapshot
from twinswing.plant.model import Plant, Role, Unit
from twinswing.plant.states import UnitState
from twinswing.streams.observations import LinkStatus, Quality

# A panel that looks at a live plant asks anew this often: the eye reads numbers no faster.
FRESH_NS = 1_000_000_000


@dataclass
class PlantContext:
    """The window's state for one frame.

    t_ns, span_ns : playhead, and the history's first and last time, nanoseconds of session time.
    snapshot      : what was known at the playhead; states: each unit's state then, in the plant's order.
    links         : how each source stands now (not at the playhead: a link is of the present).
    worker        : answers what takes longer than a frame.
    do, seek      : tell the window an action's name; move the playhead, seconds.
    draw_on_timeline : lets the window's tools put their marks there.
    toolbar_px, draw_on_toolbar : how much of the toolbar they need; lets them draw there from a place on.
    """

    plant: Plant
    history: History
    choices: PlantChoices
    worker: Worker
    snapshot: Snapshot
    states: Sequence[UnitState] = ()
    t_ns: int = 0
    span_ns: tuple[int, int] = (0, 1)
    live: bool = False
    pinned: bool = False
    playing: bool = False
    speed: float = 1.0
    links: Mapping[str, LinkStatus] = field(default_factory=dict)
    fonts: dict[str, Any] = field(default_factory=dict)
    recent: tuple[str, ...] = ()
    more_actions: tuple[Action, ...] = ()
    notice: str = ""
    do: Callable[[str], None] = lambda _: None
    seek: Callable[[float], None] = lambda _: None
    open_path: Callable[[Path], None] = lambda _: None
    draw_on_timeline: Callable[[TimelineLane], None] = lambda _: None
    toolbar_px: float = 0.0
    draw_on_toolbar: Callable[[float], None] = lambda _: None

    @property
    def unit(self) -> Unit | None:
        """The unit that is chosen."""
        return self.plant.unit_by_path.get(self.choices.unit)

    @property
    def t_s(self) -> float:
        """Where the playhead is, seconds."""
        return self.t_ns / 1e9

    @property
    def window_ns(self) -> tuple[int, int]:
        """The window that trends, OEE and energy look over: up to the playhead."""
        return self.choices.window_ns(self.t_ns, self.span_ns)

    def state_of(self, path: str) -> UnitState:
        """Return the state of a unit at the playhead."""
        number = self.unit_number.get(path)
        return UnitState.UNKNOWN if number is None or number >= len(self.states) else self.states[number]

    @property
    def unit_number(self) -> dict[str, int]:
        """Path of a unit to its number."""
        return unit_numbers(self.plant)

    def text(self, item: int) -> str:
        """Return the text that an item had at the playhead, or nothing."""
        code = int(self.snapshot.text[item])
        return self.history.texts[code] if 0 <= code < len(self.history.texts) else ""

    def of_role(self, unit: Unit, role: Role) -> tuple[str, Quality] | None:
        """Return an item's value as a person reads it, and how far it may be believed; None without such an item."""
        item = unit.by_role.get(role)
        if item is None:
            return None
        number = self.plant.item_number[item.path]
        quality = Quality(int(self.snapshot.quality[number]))
        value = float(self.snapshot.number[number])
        return (self.text(number) if np.isnan(value) else quantity(value, item.unit)), quality


_NUMBERS: dict[int, tuple[Plant, dict[str, int]]] = {}


def unit_numbers(plant: Plant) -> dict[str, int]:
    """Return the number of each unit by its path; kept for the plant that is shown."""
    known = _NUMBERS.get(id(plant))
    if known is None or known[0] is not plant:
        _NUMBERS.clear()
        known = _NUMBERS[id(plant)] = (plant, {unit.path: i for i, unit in enumerate(plant.units)})
    return known[1]


# SI unit to (what is shown, factor, offset): as people in a works read it.
_SHOWN: dict[str, tuple[str, float, float]] = {
    "K": ("°C", 1.0, -273.15),
    "rad/s": ("rpm", 60.0 / (2.0 * np.pi), 0.0),
    "rad": ("°", 180.0 / np.pi, 0.0),
    "m": ("mm", 1e3, 0.0),
    "m/s": ("mm/s", 1e3, 0.0),
    "Pa": ("bar", 1e-5, 0.0),
    "J": ("kWh", 1.0 / 3.6e6, 0.0),
    "W": ("kW", 1e-3, 0.0),
    "1": ("", 1.0, 0.0),
}


def shown_unit(unit: str) -> tuple[str, float, float]:
    """Return what a unit is shown as, and the factor and offset to it."""
    return _SHOWN.get(unit, (unit, 1.0, 0.0))


def quantity(value: float, unit: str) -> str:
    """Return a number in the unit that people read it in, to three or four figures."""
    if not np.isfinite(value):
        return "-"
    name, factor, offset = shown_unit(unit)
    return f"{figures(value * factor + offset)} {name}".rstrip()


def figures(value: float) -> str:
    """Return a number with about three figures, never in powers of ten below a million."""
    size = abs(value)
    if size >= 1e6:
        return f"{value:.3g}"
    if size >= 100 or value == round(value):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Return a span of time as people say it: 42 s, 3 min 05 s, 2 h 14 min."""
    seconds = max(seconds, 0.0)
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s" if minutes < 10 else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02d} min"
    return f"{hours // 24} d {hours % 24} h"


def clock(t_ns: int, zero_unix_ns: int, *, seconds: bool = True) -> str:
    """Return the time of day of a session time, UTC as machines report it: 06:14:32."""
    unix = (t_ns + zero_unix_ns) // 1_000_000_000
    hours, rest = divmod(unix % 86_400, 3600)
    return f"{hours:02d}:{rest // 60:02d}" + (f":{rest % 60:02d}" if seconds else "")


# Round times of day, seconds, for axes.
_TICKS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)


def tick_step_s(seconds: float, most: float) -> int:
    """Return how far ticks of a time axis are apart, so that at most `most` lie on it."""
    return next((step for step in _TICKS_S if step * most >= seconds), max(_TICKS_S[-1], round(seconds / most)))
