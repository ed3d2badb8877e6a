"""What a plant looks like at a moment: all that its drawing is a function of, besides the camera."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.history import Snapshot
from twinswing.plant.model import Plant, Priority, Role
from twinswing.plant.states import CODE_OF, StateCodes, UnitState
from twinswing.streams.observations import Quality

FloatArray = NDArray[np.float64]
Point = tuple[float, float, float]

PRIORITY_CODE: dict[Priority, int] = {Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 3}

STATE_WORDS: dict[UnitState, str] = {
    UnitState.RUNNING: "Running",
    UnitState.IDLE: "Idle",
    UnitState.STARVED: "Starved",
    UnitState.BLOCKED: "Blocked",
    UnitState.SETUP: "Set-up",
    UnitState.HELD: "Held",
    UnitState.WAITING: "Waits for a person",
    UnitState.FAILED: "Failed",
    UnitState.MAINTENANCE: "Maintenance",
    UnitState.OFF: "Off",
    UnitState.UNKNOWN: "Not known",
}


@dataclass(frozen=True, eq=False)
class Heat:
    """A heat map of one quantity over the units.

    values: shape (units,), NaN where it is not known (stale, or the unit has no such item). low, high: what the ramp
    spans, in `unit`. label: what a person calls the quantity.
    """

    values: FloatArray
    low: float
    high: float
    label: str
    unit: str

    def shares(self) -> FloatArray:
        """Return where each value lies on the ramp, 0 to 1, NaN where it is not known."""
        span = max(self.high - self.low, 1e-12)
        return np.clip((self.values - self.low) / span, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Pieces:
    """Work pieces that are seen: places (x, y, z, yaw), metres and radians, shape (n, 4); followed: shape (n,)."""

    places: FloatArray
    followed: NDArray[np.bool_]

    @classmethod
    def none(cls) -> "Pieces":
        """Return no pieces."""
        return cls(np.zeros((0, 4)), np.zeros(0, dtype=bool))


@dataclass(frozen=True)
class Way:
    """The way of an order over the floor: its corners (x, y), metres, and how far along it has come, metres."""

    points_m: tuple[tuple[float, float], ...]
    done_m: float


@dataclass(frozen=True)
class Section:
    """A plane that opens the plant: what lies on the side to which `normal` points is not drawn."""

    point_m: Point
    normal: Point

    @classmethod
    def above(cls, height_m: float) -> "Section":
        """Return the section that leaves only what is below a height."""
        return cls((0.0, 0.0, height_m), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Tape:
    """A measuring tape between two places, metres."""

    start_m: Point
    end_m: Point

    @property
    def length_m(self) -> float:
        """How long it is, metres."""
        return float(np.linalg.norm(np.subtract(self.end_m, self.start_m)))


@dataclass(frozen=True, eq=False)
class PlantView:
    """Everything that is shown, in the plant's own order of units and buffers.

    states        : index into `plant.states.STATES`, shape (units,).
    details       : a line for each label under the name, after the state's word; "" for none.
    priorities    : of the worst alarm that is shown of each unit: 0 none, 1 low, 2 medium, 3 high, shape (units,).
    unacknowledged: whether that alarm waits for a person to acknowledge it, shape (units,).
    alarm_texts   : what that alarm says.
    fill          : pieces in each buffer, NaN where not known, shape (buffers,).
    meter_texts   : what each meter shows, "" for nothing.
    dimmed        : units that the filters leave out, shape (units,). chosen, followed: numbers of units.
    xray          : what is neither chosen, followed nor under the pointer is seen through.
    """

    states: NDArray[np.uint8]
    details: tuple[str, ...]
    priorities: NDArray[np.int8]
    unacknowledged: NDArray[np.bool_]
    alarm_texts: tuple[str, ...]
    fill: FloatArray
    meter_texts: tuple[str, ...]
    dimmed: NDArray[np.bool_]
    t_s: float = 0.0
    pieces: Pieces = field(default_factory=Pieces.none)
    heat: Heat | None = None
    way: Way | None = None
    chosen: frozenset[int] = frozenset()
    followed: frozenset[int] = frozenset()
    hovered: int = -1
    hovered_buffer: int = -1
    xray: bool = False
    section: Section | None = None
    tape: Tape | None = None
    labels: bool = True

    @classmethod
    def blank(cls, plant: Plant) -> "PlantView":
        """Return the view of a plant of which nothing is known."""
        units = len(plant.units)
        return cls(
            states=np.full(units, CODE_OF[UnitState.UNKNOWN], dtype=np.uint8),
            details=("",) * units,
            priorities=np.zeros(units, dtype=np.int8),
            unacknowledged=np.zeros(units, dtype=bool),
            alarm_texts=("",) * units,
            fill=np.full(len(plant.buffers), np.nan),
            meter_texts=("",) * len(plant.meters),
            dimmed=np.zeros(units, dtype=bool),
        )

    @classmethod
    def of(cls, plant: Plant, snapshot: Snapshot, states: StateCodes | Sequence[UnitState]) -> "PlantView":
        """Return the view of a snapshot, with the unit states that `states.unit_states` gives."""
        return replace(
            cls.blank(plant),
            t_s=snapshot.t_ns * 1e-9,
            states=_codes(states),
            fill=buffer_fill(plant, snapshot),
            meter_texts=_meter_texts(plant, snapshot),
        )


def _codes(states: StateCodes | Sequence[UnitState]) -> NDArray[np.uint8]:
    if isinstance(states, np.ndarray):
        return states.astype(np.uint8)
    return np.array([CODE_OF[state] for state in states], dtype=np.uint8)


def known_numbers(snapshot: Snapshot) -> FloatArray:
    """Return every item's number, NaN where it may not be believed (stale, unavailable), shape (items,)."""
    trusted = (snapshot.quality == Quality.GOOD) | (snapshot.quality == Quality.UNCERTAIN)
    return np.where(trusted, snapshot.number, np.nan)


def buffer_fill(plant: Plant, snapshot: Snapshot) -> FloatArray:
    """Return how many pieces each buffer holds, NaN where that is not known, shape (buffers,)."""
    numbers = known_numbers(snapshot)
    return np.array(
        [np.nan if b.level is None else numbers[plant.item_number[b.level.path]] for b in plant.buffers], dtype=float
    )


def role_heat(plant: Plant, snapshot: Snapshot, role: Role, label: str = "") -> Heat:
    """Return the heat map of a role: each unit's item of that role, over the range that the items state.

    Where no item states a range, the ramp spans what is there now.
    """
    numbers = known_numbers(snapshot)
    values = np.full(len(plant.units), np.nan)
    lows, highs, unit_text = [], [], ""
    for i, unit in enumerate(plant.units):
        item = unit.by_role.get(role)
        if item is None:
            continue
        values[i] = numbers[plant.item_number[item.path]]
        unit_text = unit_text or item.unit
        if item.low is not None and item.high is not None:
            lows.append(item.low)
            highs.append(item.high)
    seen = values[np.isfinite(values)]
    low = min(lows) if lows else float(seen.min()) if len(seen) else 0.0
    high = max(highs) if highs else float(seen.max()) if len(seen) else 1.0
    return Heat(values, low, high if high > low else low + 1.0, label or role.value.replace("_", " "), unit_text)


def _meter_texts(plant: Plant, snapshot: Snapshot) -> tuple[str, ...]:
    numbers = known_numbers(snapshot)
    out = []
    for meter in plant.meters:
        watts = [numbers[plant.item_number[item.path]] for item in meter.items if item.role is Role.POWER]
        known = [w for w in watts if np.isfinite(w)]
        out.append(f"{known[0] / 1e3:.1f} kW" if known else "not known" if watts else "")
    return tuple(out)
