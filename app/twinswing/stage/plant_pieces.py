"""Where work pieces are seen at a moment, told by the history alone: in a unit, on the way to it, on the way from it.

A unit says which pieces are inside. A piece that has come in a moment ago is still seen on its way from where it
waited; one that has left is seen on its way to where it waits next. Nothing is looked up beyond the moment, so a live
plant and its recording show the same.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.history import NO_TEXT, History, Snapshot
from twinswing.plant.model import Plant, Role, Unit, UnitKind
from twinswing.plant.production import Visit, names_in
from twinswing.stage.plant_view import Pieces, Way
from twinswing.streams.observations import Quality

FloatArray = NDArray[np.float64]
_NS = 1e-9


@dataclass(frozen=True)
class CarryStyle:
    """How pieces move.

    speed_mps: of a cart pushed by hand (a walk is 1.2 to 1.4). longest_s: a longer way is shown quicker. apart_m:
    between carts of one unit. most: carts shown at a unit. most_units: with more units than this changing at once
    (time passes very quickly) ways are left out.
    """

    speed_mps: float = 1.25
    longest_s: float = 15.0
    apart_m: float = 0.55
    most: int = 4
    most_units: int = 120
    stand_off_m: float = 0.45


class PieceTracker:
    """Finds the pieces of a history at any moment; what it keeps is only a memory of what the history said."""

    def __init__(self, history: History, style: CarryStyle | None = None) -> None:
        self.history, self.style = history, style or CarryStyle()
        plant = history.plant
        self._units = [i for i, u in enumerate(plant.units) if Role.PIECE in u.by_role]
        self._items = np.array(
            [plant.item_number[plant.units[i].by_role[Role.PIECE].path] for i in self._units], dtype=np.int64
        )
        self._orders = {
            i: plant.item_number[plant.units[i].by_role[Role.ORDER].path]
            for i in self._units
            if Role.ORDER in plant.units[i].by_role
        }
        self._waits, self._next = _neighbours(plant)
        self._left: dict[tuple[int, int], tuple[tuple[str, int], ...]] = {}

    def at(self, snapshot: Snapshot, followed: frozenset[str] = frozenset()) -> Pieces:
        """Return the pieces of a snapshot; those in `followed` (names of pieces or orders) stand out."""
        if not len(self._items):
            return Pieces.none()
        places: list[tuple[float, float, float, float]] = []
        marked: list[bool] = []
        age_s = (snapshot.t_ns - snapshot.since_ns[self._items]) * _NS
        recent = int(((age_s < self.style.longest_s) & (snapshot.since_ns[self._items] >= 0)).sum())
        for i, item, age in zip(self._units, self._items.tolist(), age_s.tolist(), strict=True):
            unit = self.history.plant.units[i]
            inside = self._inside(snapshot, item)
            on_order = self._on_order(snapshot, i, followed)
            for k, serial in enumerate(inside[: self.style.most]):
                places.append(self._in_place(unit, k, age))
                marked.append(on_order or serial in followed)
            if age < self.style.longest_s and recent <= self.style.most_units:
                for serial, left_ns in self._leavers(item, int(snapshot.since_ns[item])):
                    spot = self._on_its_way(unit, (snapshot.t_ns - left_ns) * _NS)
                    if spot is not None and serial not in inside:
                        places.append(spot)
                        marked.append(serial in followed)
        return Pieces(np.array(places, dtype=float).reshape(-1, 4), np.array(marked, dtype=bool))

    def _inside(self, snapshot: Snapshot, item: int) -> tuple[str, ...]:
        code = int(snapshot.text[item])
        if code == NO_TEXT or snapshot.quality[item] != Quality.GOOD:
            return ()
        return names_in(self.history.texts[code])

    def _on_order(self, snapshot: Snapshot, unit: int, followed: frozenset[str]) -> bool:
        item = self._orders.get(unit)
        return bool(followed) and item is not None and not followed.isdisjoint(self._inside(snapshot, item))

    def _leavers(self, item: int, since_ns: int) -> tuple[tuple[str, int], ...]:
        """Return which pieces the unit's last change took out, and when."""
        key = (item, since_ns)
        found = self._left.get(key)
        if found is None:
            changes = self.history.changes(item, since_ns - 1, since_ns)
            before = [int(c) for c, t in zip(changes.text, changes.t_ns, strict=True) if t < since_ns and c != NO_TEXT]
            names = names_in(self.history.texts[before[-1]]) if before else ()
            found = tuple((name, since_ns) for name in names)
            if len(self._left) > 20_000:
                self._left.clear()
            self._left[key] = found
        return found

    def _in_place(self, unit: Unit, slot: int, age_s: float) -> tuple[float, float, float, float]:
        if unit.kind is UnitKind.CONVEYOR:
            share = min(age_s / max(unit.behaviour.cycle_s.mean, 1.0), 1.0)
            return _local(unit, (share - 0.5) * unit.size_m[0] * 0.9, 0.0, unit.size_m[2] - 0.1)
        place = _front(unit, self.style, slot)
        start = self._waits.get(unit.path)
        if start is None:
            return place
        return _between((*start, 0.0, place[3]), place, age_s, self.style)[0]

    def _on_its_way(self, unit: Unit, age_s: float) -> tuple[float, float, float, float] | None:
        goal = self._next.get(unit.path)
        if goal is None:
            return None
        place, there = _between(_front(unit, self.style, 0), (*goal, 0.0, 0.0), age_s, self.style)
        return None if there else place


def _local(unit: Unit, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    c, s = math.cos(unit.yaw_rad), math.sin(unit.yaw_rad)
    px, py, pz = unit.position_m
    return px + c * x - s * y, py + s * x + c * y, pz + z, unit.yaw_rad


def _front(unit: Unit, style: CarryStyle, slot: int) -> tuple[float, float, float, float]:
    """Return where a cart stands before a unit."""
    x = unit.size_m[0] * 0.5 - 0.35 - style.apart_m * slot
    return _local(unit, x, -unit.size_m[1] / 2 - style.stand_off_m, 0.0)


def _between(
    start: tuple[float, float, float, float], end: tuple[float, float, float, float], age_s: float, style: CarryStyle
) -> tuple[tuple[float, float, float, float], bool]:
    """Return a cart's place so long after it set out, and whether it has come."""
    away = math.dist(start[:2], end[:2])
    takes = min(away / style.speed_mps, style.longest_s)
    if takes < 1e-6 or age_s >= takes:
        return end, True
    share = age_s / takes
    share = share * share * (3.0 - 2.0 * share)
    x, y, z = (a + (b - a) * share for a, b in zip(start[:3], end[:3], strict=True))
    return (x, y, z, math.atan2(end[1] - start[1], end[0] - start[0])), False


def _neighbours(plant: Plant) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Return where pieces wait before each unit and where they go after it, where all routes agree on the place."""
    spots = {b.path: (b.position_m[0], b.position_m[1]) for b in plant.buffers}
    before: dict[str, set[tuple[float, float]]] = {}
    after: dict[str, set[tuple[float, float]]] = {}
    for route in plant.routes:
        for k, step in enumerate(route.steps):
            for path in step.units:
                if step.buffer in spots:
                    before.setdefault(path, set()).add(spots[step.buffer])
                if k + 1 < len(route.steps) and route.steps[k + 1].buffer in spots:
                    after.setdefault(path, set()).add(spots[route.steps[k + 1].buffer])
    return (
        {path: next(iter(spot)) for path, spot in before.items() if len(spot) == 1},
        {path: next(iter(spot)) for path, spot in after.items() if len(spot) == 1},
    )


def way_of(plant: Plant, visits: tuple[Visit, ...], t_ns: int) -> Way | None:
    """Return the way of an order through the units that it visited, and how far it has come by a moment.

    visits: as `production.trace` gives them, in the order in which it came. None for fewer than two units.
    """
    style = CarryStyle()
    corners: list[tuple[float, float]] = []
    done = travelled = 0.0
    last = ""
    for visit in visits:
        if visit.unit == last:
            continue
        last = visit.unit
        spot = _front(plant.unit_by_path[visit.unit], style, 0)[:2]
        if corners:
            travelled += math.dist(corners[-1], spot)
        corners.append((float(spot[0]), float(spot[1])))
        if visit.start_ns <= t_ns:
            done = travelled
    return Way(tuple(corners), done) if len(corners) > 1 else None
