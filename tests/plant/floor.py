"""Small plants made in the tests: a few units, buffers and routes, with every item a unit can have."""

from twinswing.plant.model import (
    Buffer,
    DataItem,
    Meter,
    Plant,
    Role,
    Route,
    Spread,
    Step,
    Unit,
    UnitBehaviour,
    UnitKind,
)
from twinswing.streams.observations import ItemKind

TEXTS = (Role.EXECUTION, Role.AVAILABILITY, Role.MODE, Role.PROGRAM, Role.ORDER, Role.PIECE, Role.REASON, Role.TOOL)
NUMBERS = {
    Role.GOOD: "1",
    Role.SCRAP: "1",
    Role.TOOL_LIFE: "%",
    Role.LOAD: "%",
    Role.SPEED: "rad/s",
    Role.TEMPERATURE: "K",
    Role.VIBRATION: "m/s",
    Role.PRESSURE: "Pa",
    Role.POWER: "W",
    Role.ENERGY: "J",
}
EXPONENTIAL = "exponential"


def item(path: str, role: Role, unit: str = "", kind: ItemKind = ItemKind.EVENT, **more: object) -> DataItem:
    """Return an item of a role, fed by the source "sim" under its own path."""
    address = f"{path}/{role.value}"
    return DataItem(address, role.value, kind, role, unit, "sim", address, **more)


def unit(path: str, kind: UnitKind = UnitKind.MILL, **behaviour: object) -> Unit:
    """Return a unit with all items; keywords are its behaviour."""
    items = [item(path, role) for role in TEXTS]
    items += [item(path, role, si, ItemKind.SAMPLE) for role, si in NUMBERS.items()]
    items.append(item(path, Role.CONDITION, kind=ItemKind.CONDITION))
    return Unit(
        path,
        path.rsplit("/", 1)[-1],
        path,
        kind,
        (0.0, 0.0, 0.0),
        0.0,
        (1.0, 1.0, 1.0),
        tuple(items),
        behaviour=UnitBehaviour(**behaviour),
    )


def buffer(path: str, capacity: int) -> Buffer:
    """Return a buffer whose level is an item."""
    level = item(path, Role.LEVEL, "1")
    return Buffer(path, path, path, (0.0, 0.0, 0.0), 0.0, (1.0, 1.0, 1.0), capacity, level)


def meter(path: str, *measures: str) -> Meter:
    """Return a meter of power and energy."""
    items = (item(path, Role.POWER, "W", ItemKind.SAMPLE), item(path, Role.ENERGY, "J", ItemKind.SAMPLE))
    return Meter(path, path, measures, (0.0, 0.0, 0.0), items)


def plant(units: list[Unit], routes: list[Route], buffers: list[Buffer] | None = None, **more: object) -> Plant:
    """Return a plant; keywords are its own (orders, crews, meters)."""
    return Plant(
        "small",
        "Small",
        "site",
        "enterprise",
        (10.0, 10.0, 3.0),
        (),
        tuple(units),
        tuple(buffers or ()),
        tuple(routes),
        **more,
    )


def queue(service_s: float, every_s: float) -> Plant:
    """Return M/M/1: exponential gaps between orders of one piece, one unit with exponential cycles."""
    return plant(
        [unit("a", cycle_s=Spread(service_s, 0.0, EXPONENTIAL))],
        [Route("club", (Step("cut", ("a",)),))],
        order_every_s=Spread(every_s, 0.0, EXPONENTIAL),
    )


def pair(capacity: int, cycle_s: float = 10.0) -> Plant:
    """Return two machines with exponential cycles of one mean, a finite buffer between them, never without orders."""
    cycle = Spread(cycle_s, 0.0, EXPONENTIAL)
    return plant(
        [unit("a", cycle_s=cycle), unit("b", cycle_s=cycle)],
        [Route("club", (Step("first", ("a",)), Step("second", ("b",), "between")))],
        [buffer("between", capacity)],
        order_every_s=Spread(cycle_s / 2),
    )


def line() -> Plant:
    """Return a works in small: furnace in batches, two mills with tools and failures, one inspection with a crew."""
    units = [
        unit(
            "f/furnace",
            UnitKind.FURNACE,
            cycle_s=Spread(180.0, 10.0, "normal"),
            batch=4,
            power_idle_w=9e3,
            power_run_w=3e4,
        ),
        unit(
            "m/mill_1",
            cycle_s=Spread(110.0, 12.0, "lognormal"),
            setup_s=Spread(240.0, 30.0, "normal"),
            between_failures_s=Spread(3000.0, 0.0, EXPONENTIAL),
            repair_s=Spread(420.0, 200.0, "lognormal"),
            scrap_fraction=0.03,
            operators=1,
            crew="floor",
            power_idle_w=900.0,
            power_run_w=7500.0,
            tool_life_pieces=40,
            tool_change_s=Spread(90.0),
        ),
        unit(
            "m/mill_2",
            cycle_s=Spread(110.0, 12.0, "lognormal"),
            setup_s=Spread(240.0, 30.0, "normal"),
            operators=1,
            crew="floor",
            power_idle_w=900.0,
            power_run_w=7500.0,
            tool_life_pieces=40,
            tool_change_s=Spread(90.0),
        ),
        unit(
            "q/check",
            UnitKind.INSPECTION,
            cycle_s=Spread(50.0, 5.0, "triangular"),
            scrap_fraction=0.02,
            operators=1,
            crew="floor",
            power_idle_w=60.0,
            power_run_w=200.0,
        ),
    ]
    mills = ("m/mill_1", "m/mill_2")

    def steps(factor: float) -> tuple[Step, ...]:
        return (
            Step("heat", ("f/furnace",), "store"),
            Step("mill", mills, "before_mills", factor),
            Step("check", ("q/check",), "before_check"),
        )

    return plant(
        units,
        [Route("iron", steps(1.0), 2.0), Route("wedge", steps(1.2), 1.0)],
        [buffer("store", 8), buffer("before_mills", 6), buffer("before_check", 3)],
        crews={"floor": 3, "maintenance": 1},
        order_pieces=Spread(6.0, 2.0, "normal"),
        order_every_s=Spread(380.0, 0.0, EXPONENTIAL),
        meters=(meter("meter/all", "f", "m", "q"), meter("meter/mills", "m")),
    )
