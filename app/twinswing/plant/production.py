"""What a plant makes: pieces that left it, the order that is on a unit, and where an order or a piece has been."""

import math
from dataclasses import dataclass

import numpy as np

from twinswing.plant.counters import counted
from twinswing.plant.history import NO_TEXT, History, Snapshot
from twinswing.plant.model import Plant, Role, Unit
from twinswing.streams.observations import Quality
from twinswing.timeline.clock import NS_PER_S


@dataclass(frozen=True, slots=True)
class Throughput:
    """Good pieces that left the plant in a window.

    sigma_per_h: one standard deviation of the rate, that of counting (the square root of the pieces).
    coverage: share of the window in which the counters of the last units were heard, 0 to 1.
    """

    pieces: int
    per_h: float
    sigma_per_h: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Visit:
    """An order's or a piece's stay in a unit, session nanoseconds.

    begun, ended: whether it came and went within the window (a stay may begin before it and last beyond).
    """

    unit: str
    start_ns: int
    end_ns: int
    begun: bool
    ended: bool


def last_units(plant: Plant) -> tuple[Unit, ...]:
    """Return the units that do the last step of a route: what they finish well leaves the plant."""
    paths = dict.fromkeys(path for route in plant.routes if route.steps for path in route.steps[-1].units)
    return tuple(plant.unit_by_path[path] for path in paths)


def throughput(history: History, start_ns: int, end_ns: int) -> Throughput:
    """Return what left the plant in a window (open at its start, closed at its end)."""
    units = [unit for unit in last_units(history.plant) if Role.GOOD in unit.by_role]
    if end_ns <= start_ns or not units:
        return Throughput(0, math.nan, math.nan, 0.0)
    made = [counted(history, unit.by_role[Role.GOOD], start_ns, end_ns) for unit in units]
    pieces = round(sum(one.total for one in made))
    hours = (end_ns - start_ns) / NS_PER_S / 3600.0
    coverage = sum(one.known_ns for one in made) / (len(units) * (end_ns - start_ns))
    # Of no pieces in a window fewer than one is likely: one piece is the least that is known.
    return Throughput(pieces, pieces / hours, math.sqrt(max(pieces, 1)) / hours, coverage)


def throughput_bins(history: History, start_ns: int, end_ns: int, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a window's edges, (bins + 1,) nanoseconds, and the pieces that left in each bin, (bins,); they add up."""
    edges = np.linspace(start_ns, end_ns, max(bins, 1) + 1).round().astype(np.int64)
    out = np.zeros(len(edges) - 1, dtype=np.int64)
    for unit in last_units(history.plant):
        one = counted(history, unit.by_role.get(Role.GOOD), start_ns, end_ns)
        place = np.clip(np.searchsorted(edges, one.t_ns, side="left") - 1, 0, len(out) - 1)
        np.add.at(out, place, np.round(one.step).astype(np.int64))
    return edges, out


def names_in(text: str) -> tuple[str, ...]:
    """Return the orders or pieces that a text names: a unit that works on several says them with commas between."""
    return tuple(name for part in text.split(",") if (name := part.strip()))


def current(history: History, snapshot: Snapshot, unit: Unit, role: Role = Role.ORDER) -> tuple[str, ...]:
    """Return which orders (or pieces, of that role) are on a unit; none where that is not known for sure."""
    item = unit.by_role.get(role)
    if item is None:
        return ()
    number = history.plant.item_number[item.path]
    code = int(snapshot.text[number])
    if code == NO_TEXT or snapshot.quality[number] != Quality.GOOD:
        return ()
    return names_in(history.texts[code])


def trace(history: History, name: str, start_ns: int, end_ns: int, role: Role = Role.ORDER) -> tuple[Visit, ...]:
    """Return where an order (or a piece, of that role) has been in a window, by the time it came.

    While a unit is not heard it is not said that the piece is there.
    """
    out: list[Visit] = []
    named: dict[int, bool] = {NO_TEXT: False}
    for unit in history.plant.units:
        item = unit.by_role.get(role)
        if item is None:
            continue
        changes = history.changes(history.plant.item_number[item.path], start_ns, end_ns)
        codes, which = np.unique(changes.text, return_inverse=True)
        for code in codes.tolist():
            if code not in named:
                named[code] = name in names_in(history.texts[code])
        means = np.array([named[code] for code in codes.tolist()], dtype=np.bool_)
        there = means[which] & (changes.quality == Quality.GOOD)
        if not there.any():
            continue
        edges = np.diff(np.concatenate([[False], there, [False]]).astype(np.int8))
        for first, after in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
            came = int(changes.t_ns[first])
            ended = int(after) < len(there)
            left = int(changes.t_ns[after]) if ended else end_ns
            out.append(Visit(unit.path, max(came, start_ns), left, begun=came > start_ns, ended=ended))
    return tuple(sorted(out, key=lambda visit: (visit.start_ns, visit.end_ns, visit.unit)))


def orders_seen(history: History, start_ns: int, end_ns: int, role: Role = Role.ORDER) -> tuple[str, ...]:
    """Return the orders (or pieces) that were on any unit in a window, in the order in which they were first named."""
    seen: set[int] = set()
    for unit in history.plant.units:
        item = unit.by_role.get(role)
        if item is not None:
            changes = history.changes(history.plant.item_number[item.path], start_ns, end_ns)
            seen.update(np.unique(changes.text[changes.quality == Quality.GOOD]).tolist())
    names = (name for code in sorted(seen - {NO_TEXT}) for name in names_in(history.texts[code]))
    return tuple(dict.fromkeys(names))
