"""A plant of one mill that can get too hot, for the tests of live plants."""

from twinswing.plant.model import DataItem, Limit, Plant, Priority, Role, Unit, UnitKind
from twinswing.streams.observations import ItemKind


def works() -> Plant:
    hot = Limit("hot", high=80.0, priority=Priority.HIGH, message="Cool it down.")

    def item(name: str, kind: ItemKind, role: Role, *limits: Limit) -> DataItem:
        return DataItem(f"a/l/mill/{name}", name, kind, role, "", "m", name, limits=limits)

    items = (item("execution", ItemKind.EVENT, Role.EXECUTION), item("heat", ItemKind.SAMPLE, Role.TEMPERATURE, hot))
    unit = Unit("a/l/mill", "mill", "Mill", UnitKind.MILL, (6.0, 6.0, 0.0), 0.0, (2.0, 2.0, 2.0), items)
    return Plant("p", "P", "s", "e", (20, 12, 5), (), (unit,))
