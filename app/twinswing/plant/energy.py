"""Energy over any window: of units, lines, areas and the plant, per good piece, and what no meter or unit accounts for.

A counter of energy is believed before power, which is integrated as held from one value to the next. What was not
heard is not guessed: `coverage` says how much of the window stands behind a figure.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twinswing.plant.counters import believed, counted, heard_ns
from twinswing.plant.history import Changes, History
from twinswing.plant.model import DataItem, Meter, Role, Unit
from twinswing.plant.production import throughput
from twinswing.timeline.clock import NS_PER_S

# IEC 62053-21, accuracy class 1 of active-energy meters: one percent of the reading, taken as a uniform error's width.
METER_CLASS = 0.01


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy over a window.

    joules: what was heard of it; NaN where nothing measures it. sigma_j: one standard deviation of that, from the
    meter's class and the readings that the window's edges cut. coverage: share of the window that was heard, 0 to 1.
    source: "counter", "power", "sum of N units" or "not measured".
    """

    joules: float
    sigma_j: float
    coverage: float
    source: str


@dataclass(frozen=True, slots=True)
class EnergyAccount:
    """What a part of the plant used.

    own: summed from its units (of a unit: its own meter). metered: of the meter that measures it, if there is one.
    missing_j, missing_sigma_j: metered less own: used by what has no meter of its own; NaN without a meter.
    per_piece_j, per_piece_sigma_j: per good piece that a unit made, or that left the plant; NaN where there was none,
        and of lines and areas, whose units' pieces cannot be added.
    """

    own: Energy
    metered: Energy | None
    missing_j: float
    missing_sigma_j: float
    per_piece_j: float
    per_piece_sigma_j: float

    @property
    def best(self) -> Energy:
        """The meter's figure where there is one, else the units'."""
        return self.own if self.metered is None else self.metered


NOT_MEASURED = Energy(math.nan, math.nan, 0.0, "not measured")


def item_energy(history: History, items: Iterable[DataItem], start_ns: int, end_ns: int) -> Energy:
    """Return the energy of a thing from its ENERGY counter, or else from its POWER."""
    by_role = {item.role: item for item in items}
    span = end_ns - start_ns
    if span <= 0:
        return NOT_MEASURED
    counter = by_role.get(Role.ENERGY)
    if counter is not None:
        one = counted(history, counter, start_ns, end_ns, whole=False)
        if one.known_ns > 0:
            # Each edge cuts a step of the counter at a moment that is not known: uniform in a step, twice.
            cut = float(np.median(one.step)) * math.sqrt(2.0 / 12.0) if len(one.step) else 0.0
            return Energy(one.total, math.hypot(cut, _class(one.total)), one.known_ns / span, "counter")
    power = by_role.get(Role.POWER)
    if power is not None:
        changes = history.changes(history.plant.item_number[power.path], start_ns, end_ns)
        known = heard_ns(changes.t_ns, changes.quality, start_ns, end_ns)
        if known > 0:
            joules = _integral(changes, start_ns, end_ns)
            return Energy(joules, _class(joules), known / span, "power")
    return NOT_MEASURED


def _class(joules: float) -> float:
    return METER_CLASS * abs(joules) / math.sqrt(3.0)


def _integral(changes: Changes, start_ns: int, end_ns: int) -> float:
    """Return power held from value to value over a window, joules."""
    edges = np.clip(np.append(changes.t_ns, np.int64(end_ns)), start_ns, end_ns)
    use = believed(changes.quality) & np.isfinite(changes.number)
    return float((changes.number[use] * np.diff(edges)[use]).sum()) / NS_PER_S


def add_up(parts: list[Energy]) -> Energy:
    """Return the sum of energies that do not overlap; what is not measured lowers the coverage."""
    measured = [part for part in parts if part.source != NOT_MEASURED.source]
    if not measured:
        return NOT_MEASURED
    return Energy(
        math.fsum(part.joules for part in measured),
        math.sqrt(math.fsum(part.sigma_j**2 for part in measured)),
        math.fsum(part.coverage for part in measured) / len(parts),
        f"sum of {len(measured)} units" + (f", {len(parts) - len(measured)} not measured" if measured != parts else ""),
    )


def plant_energy(history: History, start_ns: int, end_ns: int) -> dict[str, EnergyAccount]:
    """Return what every unit, line and area used by path, and the plant under the empty path."""
    plant = history.plant
    units = {unit.path: item_energy(history, unit.items, start_ns, end_ns) for unit in plant.units}
    groups: dict[str, list[str]] = {"": []}
    for path in units:
        names = path.split("/")
        for depth in range(len(names)):
            groups.setdefault("/".join(names[:depth]), []).append(path)
    metered: dict[str, Energy] = {}
    for meter in plant.meters:
        whole = _measured_whole(meter, groups, "" in metered)
        if whole is not None:
            metered[whole] = item_energy(history, meter.items, start_ns, end_ns)
    out: dict[str, EnergyAccount] = {}
    for unit in plant.units:
        good = unit.by_role.get(Role.GOOD)
        pieces = counted(history, good, start_ns, end_ns).total
        out[unit.path] = _account(units[unit.path], metered.get(unit.path), pieces)
    for path, members in groups.items():
        pieces = float(throughput(history, start_ns, end_ns).pieces) if path == "" else 0.0
        out[path] = _account(add_up([units[member] for member in members]), metered.get(path), pieces)
    return out


def _measured_whole(meter: Meter, groups: dict[str, list[str]], plant_has_one: bool) -> str | None:
    """Return the path of the one unit, line, area or plant that a meter measures in whole; None for another set.

    The first meter that measures everything is the plant's, also where the plant has one area only.
    """
    covered: set[str] = set()
    for path in meter.measures:
        covered.update(groups.get(path, [path]))
    if covered == set(groups[""]) and not plant_has_one:
        return ""
    return meter.measures[0] if len(meter.measures) == 1 else None


def _account(own: Energy, metered: Energy | None, pieces: float) -> EnergyAccount:
    missing = math.nan if metered is None else metered.joules - own.joules
    missing_sigma = math.nan if metered is None else math.hypot(metered.sigma_j, own.sigma_j)
    best = own if metered is None or math.isnan(metered.joules) else metered
    per = best.joules / pieces if pieces > 0 else math.nan
    # A window's edges cut one piece: uniform, twice.
    sigma = math.hypot(best.sigma_j / pieces, per * math.sqrt(2.0 / 12.0) / pieces) if pieces > 0 else math.nan
    return EnergyAccount(own, metered, missing, missing_sigma, per, sigma)


def unit_energy(history: History, unit: Unit, start_ns: int, end_ns: int) -> Energy:
    """Return what one unit used."""
    return item_energy(history, unit.items, start_ns, end_ns)
