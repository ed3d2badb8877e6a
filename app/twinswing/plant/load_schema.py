"""The shape of a plant's file: which tables and keys there are, and what each may hold.

Only what a table can be told by itself is checked here; what refers to another table is checked in `load`. Angles are
in degrees and units are those that the file names: it is written and read by people.
"""

import difflib
import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from twinswing.plant.model import Priority, Role, UnitKind
from twinswing.plant.units_of_measure import CONVERSIONS
from twinswing.streams.observations import ItemKind

SOURCE_KINDS = ("mtconnect", "shdr", "opcua", "mqtt", "sparkplug", "csv", "parquet", "recording", "sim")
SPREAD_KINDS = ("fixed", "normal", "lognormal", "exponential", "weibull", "triangular")


def did_you_mean(found: str, known: list[str]) -> str:
    """Return a clause that names the nearest known word, or lists them where none is near and they are few."""
    by_folded = {word.casefold(): word for word in known}
    near = difflib.get_close_matches(found.casefold()[:200], list(by_folded), n=1, cutoff=0.6)
    if near:
        return f"; did you mean {by_folded[near[0]]!r}?"
    return f"; known are {', '.join(known)}" if 0 < len(known) <= 24 else ""


def one_of(what: str, known: list[str]) -> BeforeValidator:
    """Return a check that a value is one of the known words."""

    def check(value: object) -> object:
        if isinstance(value, str) and value in known:
            return value
        hint = did_you_mean(value, known) if isinstance(value, str) else f"; known are {', '.join(known)}"
        raise PydanticCustomError("choice", "expected {what}, found {found}{hint}", _context(what, value, hint))

    return BeforeValidator(check)


def _context(what: str, found: object, hint: str) -> dict[str, Any]:
    return {"what": what, "found": repr(found)[:80], "hint": hint}


def _spread(value: object) -> object:
    return {"mean": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


def _step(value: object) -> object:
    return {"step": value} if isinstance(value, str) else value


def _names(value: object) -> object:
    return [value] if isinstance(value, str) else value


Text = Annotated[str, Field(max_length=500)]
Number = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
# A hall of ten kilometres is a slip of the pen, and single floats on the graphics card lose millimetres beyond it.
Coordinate = Annotated[float, Field(ge=-10_000.0, le=10_000.0, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0.0, le=10_000.0, allow_inf_nan=False)]
Point = Annotated[list[Coordinate], Field(min_length=2, max_length=2)]
Place = Annotated[list[Coordinate], Field(min_length=2, max_length=3)]
Size = Annotated[list[Length], Field(min_length=3, max_length=3)]
NameList = Annotated[list[Text], BeforeValidator(_names)]
Unit = Annotated[str, one_of("a unit", list(CONVERSIONS))]


class Table(BaseModel):
    """A table of the file: strictly typed, and a key that it does not know is a mistake."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: object) -> object:
        if isinstance(value, dict):
            known = [field.alias or name for name, field in cls.model_fields.items()]
            for key in value:
                if key not in known:
                    raise PydanticCustomError(
                        "unknown_key",
                        "expected a key that is known here, found {found}{hint}",
                        {**_context("", key, did_you_mean(key, known)), "key": key},
                    )
        return value


class SpreadTable(Table):
    """A duration or quantity; in the file a bare number is one that never varies."""

    mean: NotNegative
    sd: NotNegative = 0.0
    kind: Annotated[str, one_of("a kind of spread", list(SPREAD_KINDS))] | None = None
    shape: Positive = 1.0


SpreadField = Annotated[SpreadTable, BeforeValidator(_spread)]


class LimitTable(Table):
    """An alarm on a number, in the item's unit."""

    name: Text
    high: Number | None = None
    low: Number | None = None
    priority: Annotated[str, one_of("a priority", [p.value for p in Priority])] = Priority.MEDIUM.value
    deadband: NotNegative = 0.0
    delay_s: NotNegative = 0.0
    message: Text = ""


class ItemTable(Table):
    """A data item, or what a template says of one."""

    role: Annotated[str, one_of("a role", [r.value for r in Role])] | None = None
    kind: Annotated[str, one_of("a kind of item", [k.value for k in ItemKind])] | None = None
    unit: Unit | None = None
    source_unit: Unit | None = None
    source: Text | None = None
    address: Text | None = None
    label: Text | None = None
    factor: Number | None = None
    offset: Number | None = None
    low: Number | None = None
    high: Number | None = None
    limits: list[LimitTable] | None = None


class BehaviourTable(Table):
    """How a unit works; every key may come from a template."""

    cycle_s: SpreadField | None = None
    setup_s: SpreadField | None = None
    between_failures_s: SpreadField | None = None
    repair_s: SpreadField | None = None
    scrap_fraction: Fraction | None = None
    operators: Count | None = None
    crew: Text | None = None
    batch: Annotated[int, Field(ge=1, le=100_000)] | None = None
    power_idle_w: NotNegative | None = None
    power_run_w: NotNegative | None = None
    tool_life_pieces: Count | None = None
    tool_change_s: SpreadField | None = None


class UnitTable(Table):
    """A unit, or a template of units."""

    template: NameList | None = None
    label: Text | None = None
    kind: Annotated[str, one_of("a kind of unit", [k.value for k in UnitKind])] | None = None
    at: Place | None = None
    yaw_deg: Number | None = None
    size: Size | None = None
    model: Text | None = None
    manufacturer: Text | None = None
    ideal_cycle_s: NotNegative | None = None
    source: Text | None = None
    address: Text | None = None
    values: dict[str, Text | int | float] = Field(default_factory=dict)
    behaviour: BehaviourTable | None = None
    items: dict[str, ItemTable] = Field(default_factory=dict)


class BufferTable(Table):
    """A place where pieces wait."""

    label: Text | None = None
    at: Place
    yaw_deg: Number = 0.0
    size: Size
    capacity: Annotated[int, Field(ge=1, le=1_000_000)]
    level: ItemTable | None = None


class LineTable(Table):
    """A line (ISA-95: a work centre) with its units and buffers."""

    label: Text | None = None
    units: dict[str, UnitTable] = Field(default_factory=dict)
    buffers: dict[str, BufferTable] = Field(default_factory=dict)


class AreaTable(Table):
    """An area with its lines."""

    label: Text | None = None
    lines: dict[str, LineTable] = Field(default_factory=dict)


class StepTable(Table):
    """A step of a route; `step` takes over one of `[steps.NAME]`."""

    step: Text | None = None
    name: Text | None = None
    units: NameList | None = None
    buffer: Text | None = None
    cycle_factor: Positive | None = None


class RouteTable(Table):
    """How one product is made."""

    label: Text | None = None
    share: NotNegative = 1.0
    steps: list[Annotated[StepTable, BeforeValidator(_step)]]


class MeterTable(Table):
    """An energy meter."""

    label: Text | None = None
    measures: NameList
    at: Place
    source: Text | None = None
    items: dict[str, ItemTable] = Field(default_factory=dict)


class AisleTable(Table):
    """A strip of floor that is kept free."""

    name: Text
    kind: Annotated[str, one_of("a kind of aisle", ["forklift", "people"])] = "forklift"
    width: Length
    points: Annotated[list[Point], Field(min_length=2, max_length=10_000)]


class OrdersTable(Table):
    """How orders come in."""

    pieces: SpreadField = SpreadTable(mean=1.0)
    every_s: SpreadField = SpreadTable(mean=300.0)


class WorkOrderTable(Table):
    """An order that somebody gave."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$")]
    product: Text
    pieces: Annotated[int, Field(ge=1, le=1000)] = 1
    about: Text = ""


class PlantTable(Table):
    """What the plant is."""

    name: Text
    label: Text | None = None
    enterprise: Text = ""
    site: Text = ""
    hall: Size
    source: Text | None = None


class PlantFile(Table):
    """The whole file."""

    plant: PlantTable
    orders: OrdersTable = OrdersTable()
    crews: dict[str, Annotated[int, Field(ge=1, le=100_000)]] = Field(default_factory=dict)
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict)
    templates: dict[str, UnitTable] = Field(default_factory=dict)
    areas: dict[str, AreaTable] = Field(default_factory=dict)
    steps: dict[str, StepTable] = Field(default_factory=dict)
    routes: dict[str, RouteTable] = Field(default_factory=dict)
    meters: dict[str, MeterTable] = Field(default_factory=dict)
    aisles: list[AisleTable] = Field(default_factory=list)
    work_orders: Annotated[list[WorkOrderTable], Field(max_length=10_000)] = Field(default_factory=list)


def finite(value: object) -> bool:
    """Whether a setting's number, if it is one, is a number."""
    return not isinstance(value, float) or math.isfinite(value)
