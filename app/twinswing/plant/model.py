"""A plant as its file describes it: equipment in ISA-95's hierarchy, where it stands, and what is known of it.

Plant frame: right-handed, metres, X along the hall, Y across it, Z up, origin on the floor at the hall's corner; yaw is
about Z, counter-clockwise, zero when the front of a unit looks along -Y (toward a person who stands before it).
`position_m` is the middle of the footprint, on the floor (or on what it stands on): `size_m` goes up from there.
Paths are "area/line/unit" with the names of the file; an item's path is its unit's path, a slash and its name.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from twinswing.streams.observations import ItemKind


class UnitKind(StrEnum):
    """What a unit is, which decides how it is drawn when the file names no model, and how it is simulated."""

    PRESS = "press"  # forging
    FURNACE = "furnace"
    MILL = "mill"  # CNC milling
    LATHE = "lathe"
    POLISHER = "polisher"
    INSERT = "insert"  # bonds or presses a face insert
    SAW = "saw"  # cuts shafts
    EMBED = "embed"  # puts the sensor into the grip end
    CALIBRATE = "calibrate"  # swings and turns the sensor against a reference
    ASSEMBLY = "assembly"
    BENDING = "bending"  # loft and lie
    INSPECTION = "inspection"
    PACKING = "packing"
    ROBOT = "robot"
    CONVEYOR = "conveyor"
    STORE = "store"
    WASHER = "washer"
    GENERIC = "generic"


class Role(StrEnum):
    """What an item means to the plant, whatever its name; a unit has at most one item of a role, but for OTHER."""

    EXECUTION = "execution"  # MTConnect Execution
    AVAILABILITY = "availability"  # AVAILABLE / UNAVAILABLE
    MODE = "mode"  # controller mode
    PROGRAM = "program"
    ORDER = "order"
    PIECE = "piece"  # serial number of the work piece that is inside
    GOOD = "good"  # pieces finished well, counted up
    SCRAP = "scrap"  # pieces finished badly, counted up
    REASON = "reason"  # why it does not run: one of states.Loss' names, or free text
    TOOL = "tool"
    TOOL_LIFE = "tool_life"  # what is left or used, see the unit
    LOAD = "load"
    SPEED = "speed"
    TEMPERATURE = "temperature"
    VIBRATION = "vibration"
    PRESSURE = "pressure"
    POWER = "power"  # W
    ENERGY = "energy"  # J, counted up
    CONDITION = "condition"
    LEVEL = "level"  # pieces in a buffer
    OTHER = "other"


class Priority(StrEnum):
    """ISA-18.2: about one alarm in twenty critical or high, three in twenty medium, the rest low."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Limit:
    """An alarm on a number: above `high` or below `low`, in the item's unit.

    deadband: how far it must come back before the alarm clears; delay_s: how long it must hold before it is raised.
    """

    name: str
    high: float | None = None
    low: float | None = None
    priority: Priority = Priority.MEDIUM
    deadband: float = 0.0
    delay_s: float = 0.0
    message: str = ""  # what a person should know and do


@dataclass(frozen=True, slots=True)
class DataItem:
    """One thing that is known of a unit over time.

    source, address: which of the plant's sources brings it, and the source's own name for it.
    factor, offset: value here = factor * value there + offset, to bring the source's unit to `unit` (SI).
    """

    path: str
    name: str
    kind: ItemKind
    role: Role
    unit: str  # "1", "W", "K", "m/s", "rad/s", "%" ...; empty for text
    source: str
    address: str
    label: str = ""
    factor: float = 1.0
    offset: float = 0.0
    limits: tuple[Limit, ...] = ()
    low: float | None = None  # the range that is shown, and that a heat map spans
    high: float | None = None
    line: int = 0  # in the plant's file


@dataclass(frozen=True, slots=True)
class Spread:
    """How a duration or a quantity varies: `kind` is fixed, normal, lognormal, exponential, weibull or triangular.

    mean and sd in SI units; shape only for weibull (1 is exponential, more is wearing out).
    """

    mean: float
    sd: float = 0.0
    kind: str = "fixed"
    shape: float = 1.0


@dataclass(frozen=True, slots=True)
class UnitBehaviour:
    """How a unit works, for the simulation and for OEE; seconds."""

    cycle_s: Spread = Spread(60.0)
    setup_s: Spread = Spread(0.0)  # at a change of product
    between_failures_s: Spread | None = None  # of running time
    repair_s: Spread = Spread(900.0)
    scrap_fraction: float = 0.0
    operators: int = 0  # that it needs while it works
    crew: str = ""  # out of which crew
    batch: int = 1
    power_idle_w: float = 0.0
    power_run_w: float = 0.0
    tool_life_pieces: int = 0  # zero: no tool wears
    tool_change_s: Spread = Spread(0.0)


@dataclass(frozen=True)  # without slots: `by_role` is kept in the instance
class Unit:
    """A work unit (a machine, a station, a store) and where it stands."""

    path: str
    name: str
    label: str
    kind: UnitKind
    position_m: tuple[float, float, float]
    yaw_rad: float
    size_m: tuple[float, float, float]  # along its own X (width), Y (depth) and Z
    items: tuple[DataItem, ...]
    model: str = ""  # a bundled model's name or a GLB's path, resolved; empty: by kind
    ideal_cycle_s: float = 0.0  # of OEE; zero where it makes no pieces
    behaviour: UnitBehaviour = field(default_factory=UnitBehaviour)
    manufacturer: str = ""
    line: int = 0

    @cached_property
    def by_role(self) -> dict[Role, DataItem]:
        """The unit's items by role, without OTHER."""
        return {item.role: item for item in self.items if item.role is not Role.OTHER}


@dataclass(frozen=True, slots=True)
class Buffer:
    """A place between units where pieces wait."""

    path: str
    name: str
    label: str
    position_m: tuple[float, float, float]
    yaw_rad: float
    size_m: tuple[float, float, float]
    capacity: int
    level: DataItem | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a route: any one of `units` does it; pieces wait for it in `buffer` (a path), if one is named."""

    name: str
    units: tuple[str, ...]
    buffer: str = ""
    cycle_factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Route:
    """How one product is made, and its share of the orders."""

    product: str
    steps: tuple[Step, ...]
    share: float = 1.0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """An energy meter: what it measures (paths of units, lines or areas) and the items that it gives."""

    path: str
    name: str
    measures: tuple[str, ...]
    position_m: tuple[float, float, float]
    items: tuple[DataItem, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Aisle:
    """A strip of the floor that is kept free, for forklifts or for people: a polyline of points, metres."""

    name: str
    points_m: tuple[tuple[float, float], ...]
    width_m: float
    kind: str = "forklift"  # or "people"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source as the file states it: kind is mtconnect, shdr, opcua, mqtt, sparkplug, csv, parquet, recording or sim.

    settings: what is particular to the kind (url, path, user ...), checked by the room that connects.
    """

    name: str
    kind: str
    settings: dict[str, str | int | float | bool | list[str]]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """An area or a line of the hierarchy: what is not itself a unit."""

    path: str
    level: str  # enterprise, site, area, line
    label: str


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """An order that somebody gave, beside those that a simulation makes up.

    name: as units name it. product: of one of the plant's routes. about: what is to be made and for whom, in words.
    """

    name: str
    product: str
    pieces: int = 1
    about: str = ""


@dataclass(frozen=True)
class Plant:
    """A whole plant. Its items are numbered once, in `items`' order; histories and snapshots use those numbers."""

    name: str
    label: str
    site: str
    enterprise: str
    hall_m: tuple[float, float, float]
    groups: tuple[Group, ...]
    units: tuple[Unit, ...]
    buffers: tuple[Buffer, ...] = ()
    routes: tuple[Route, ...] = ()
    meters: tuple[Meter, ...] = ()
    aisles: tuple[Aisle, ...] = ()
    sources: tuple[SourceSpec, ...] = ()
    crews: dict[str, int] = field(default_factory=dict)  # name to people a shift
    order_pieces: Spread = Spread(1.0)  # pieces an order
    order_every_s: Spread = Spread(300.0)  # between orders
    text: str = ""  # the file itself, which goes into a recording
    work_orders: tuple[WorkOrder, ...] = ()

    @cached_property
    def items(self) -> tuple[DataItem, ...]:
        """All data items: of the units, the buffers, the meters, in the file's order."""
        out = [item for unit in self.units for item in unit.items]
        out += [buffer.level for buffer in self.buffers if buffer.level is not None]
        return (*out, *(item for meter in self.meters for item in meter.items))

    @cached_property
    def item_number(self) -> dict[str, int]:
        """Path of an item to its number."""
        return {item.path: number for number, item in enumerate(self.items)}

    @cached_property
    def unit_by_path(self) -> dict[str, Unit]:
        """Path of a unit to the unit."""
        return {unit.path: unit for unit in self.units}

    @cached_property
    def bound(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """(source, address) to the numbers of the items that it feeds."""
        out: dict[tuple[str, str], tuple[int, ...]] = {}
        for number, item in enumerate(self.items):
            key = (item.source, item.address)
            out[key] = (*out.get(key, ()), number)
        return out
