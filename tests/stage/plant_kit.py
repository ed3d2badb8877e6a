"""A small plant with one unit of each kind, made in code, for the tests of the stage."""

from math import pi

from twinswing.plant.model import Aisle, Buffer, DataItem, Group, Meter, Plant, Role, Unit, UnitKind
from twinswing.streams.observations import ItemKind

SIZES = {
    UnitKind.PRESS: (2.6, 2.2, 3.4), UnitKind.FURNACE: (2.4, 2.6, 2.5), UnitKind.MILL: (2.6, 2.3, 2.5),
    UnitKind.LATHE: (3.2, 1.8, 2.1), UnitKind.POLISHER: (1.4, 1.2, 2.2), UnitKind.INSERT: (1.6, 0.9, 1.9),
    UnitKind.SAW: (2.4, 0.9, 1.7), UnitKind.EMBED: (1.7, 0.9, 1.9), UnitKind.CALIBRATE: (2.0, 1.6, 2.2),
    UnitKind.ASSEMBLY: (2.0, 0.9, 2.1), UnitKind.BENDING: (1.6, 1.2, 1.9), UnitKind.INSPECTION: (2.4, 1.3, 2.3),
    UnitKind.PACKING: (2.6, 1.2, 2.0), UnitKind.ROBOT: (2.4, 2.4, 2.2), UnitKind.CONVEYOR: (5.0, 0.7, 0.85),
    UnitKind.STORE: (5.4, 1.1, 3.2), UnitKind.WASHER: (2.8, 1.4, 2.1), UnitKind.GENERIC: (1.8, 1.4, 2.0),
}  # fmt: skip


def item(owner: str, name: str, role: Role, unit: str = "1", low: float | None = None, high: float | None = None):
    kind = ItemKind.SAMPLE if unit else ItemKind.EVENT
    return DataItem(f"{owner}/{name}", name, kind, role, unit, "sim", f"{owner}/{name}", low=low, high=high)


def make_unit(area: str, kind: UnitKind, x: float, y: float, yaw: float = 0.0, number: int = 1) -> Unit:
    path = f"{area}/line/{kind}-{number}"
    items = (
        item(path, "execution", Role.EXECUTION, ""),
        item(path, "temperature", Role.TEMPERATURE, "K", 290.0, 380.0),
        item(path, "load", Role.LOAD, "%", 0.0, 100.0),
    )
    label = f"{kind.value.capitalize()} {number}"
    return Unit(path, f"{kind}-{number}", label, kind, (x, y, 0.0), yaw, SIZES[kind], items)


def small_plant() -> Plant:
    """One unit of each kind in a hall of 36 by 20 metres, two buffers, a meter, two aisles."""
    kinds = list(UnitKind)
    units = []
    for k, kind in enumerate(kinds):
        row, column = divmod(k, 6)
        area = ("hot", "machining", "finish")[row]
        units.append(make_unit(area, kind, 3.4 + 5.6 * column, (3.2, 10.6, 16.6)[row], pi if row == 1 else 0.0))
    buffers = tuple(
        Buffer(path, name, label, place, 0.0, (1.2, 0.9, 1.1), capacity,
               item(path, "level", Role.LEVEL, "1", 0.0, float(capacity)))
        for path, name, label, place, capacity in (
            ("hot/line/forged", "forged", "Forged heads", (6.2, 3.0, 0.0), 24),
            ("machining/line/milled", "milled", "Milled heads", (12.0, 10.4, 0.0), 12),
        )
    )  # fmt: skip
    meters = (Meter("main", "main", ("hot",), (1.0, 19.3, 0.0), (item("main", "power", Role.POWER, "W"),)),)
    aisles = (
        Aisle("main", ((0.0, 6.8), (36.0, 6.8)), 2.6),
        Aisle("walk", ((0.0, 13.6), (30.0, 13.6), (34.5, 9.2), (34.5, 0.0)), 1.3, "people"),
    )
    groups = tuple(
        Group(path, level, label)
        for path, level, label in (
            ("hot", "area", "Hot shop"), ("machining", "area", "Machining"), ("finish", "area", "Finishing"),
        )
    )  # fmt: skip
    return Plant(
        "test", "Test works", "site", "enterprise", (36.0, 20.0, 7.0), groups, tuple(units), buffers,
        meters=meters, aisles=aisles,
    )  # fmt: skip
