"""The health of every unit of a plant at any moment of its history, found as the history grows."""

from bisect import bisect_right
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.health import Drift, HealthParams, Life, UsualLevel
from twinswing.plant.history import NO_TEXT, Changes, History
from twinswing.plant.model import Plant, Role, Unit
from twinswing.streams.observations import ItemKind, Quality

FloatArray = NDArray[np.float64]

# Counters only ever rise, and a tool's life falls by design: their levels say nothing of health.
_COUNTS = frozenset({Role.ENERGY, Role.GOOD, Role.SCRAP, Role.TOOL_LIFE, Role.LEVEL})
# How the protocols say that a machine works: MTConnect's Execution, OPC UA's machinery item and program states.
_AT_WORK = frozenset({"ACTIVE", "EXECUTING", "RUNNING"})
_LIFE_EVERY_BINS = 4  # a remaining life moves slowly, and is dear to find


@dataclass(frozen=True, slots=True)
class UnitHealth:
    """A unit's health at a moment.

    score: the largest deviation of its numbers, in spreads of what is usual; unusual: whether it is an excursion.
    why: paths of the numbers with their deviations, the largest first; life: until the nearest limit, `bin_s` a bin of
    running time; learning: nothing can be said yet.
    """

    score: float
    unusual: bool
    why: tuple[tuple[str, float], ...]
    life: Life | None
    bin_s: float
    learning: bool


_UNKNOWN = UnitHealth(0.0, False, (), None, 0.0, True)


@dataclass
class _Course:
    """What was found of one unit, bin by bin of its running."""

    paths: tuple[str, ...]
    end_ns: list[int] = field(default_factory=list)
    z: list[FloatArray] = field(default_factory=list)
    unusual: list[bool] = field(default_factory=list)
    life: list[Life | None] = field(default_factory=list)
    learning: list[bool] = field(default_factory=list)


class HealthLog:
    """Learns what is usual of each unit while it runs. One thread extends it; any may ask (lists only grow).

    bin_s: numbers are averaged over so many seconds first, and a unit's bin counts when it ran for half of it.
    """

    def __init__(self, plant: Plant, bin_s: float = 30.0, params: HealthParams | None = None) -> None:
        self.plant, self.params = plant, params or HealthParams()
        self.bin_ns = round(bin_s * 1e9)
        self._units = {unit.path: _UnitLog(plant, unit, self.params, bin_s) for unit in plant.units}
        self._next_ns: int | None = None

    def extend(self, history: History, until_ns: int | None = None) -> None:
        """Learn all whole bins up to a moment, by default the history's end."""
        start, end = history.span_ns
        until = end if until_ns is None else min(until_ns, end)
        first = start if self._next_ns is None else self._next_ns
        count = (until - first) // self.bin_ns
        if count <= 0:
            return
        edges = first + self.bin_ns * np.arange(count + 1, dtype=np.int64)
        for unit in self._units.values():
            unit.extend(history, edges)
        self._next_ns = int(edges[-1])

    def at(self, unit: str, t_ns: int) -> UnitHealth:
        """Return a unit's health at a moment; it stays as it was while the unit does not run."""
        log = self._units.get(unit)
        return _UNKNOWN if log is None else log.at(t_ns, self.bin_ns / 1e9)

    def course(self, unit: str) -> tuple[NDArray[np.int64], FloatArray]:
        """Return the ends of a unit's bins (session ns) and its score in each, shapes (n,)."""
        course = self._units[unit].course
        n = len(course.learning)
        scores = np.array([np.abs(z).max(initial=0.0) for z in course.z[:n]])
        return np.array(course.end_ns[:n], dtype=np.int64), scores


class _UnitLog:
    def __init__(self, plant: Plant, unit: Unit, params: HealthParams, bin_s: float) -> None:
        watched = [item for item in unit.items if item.kind is ItemKind.SAMPLE and item.role not in _COUNTS]
        self._numbers = [plant.item_number[item.path] for item in watched]
        self._usual = [UsualLevel(params) for _ in watched]
        self._drifts = [
            (place, Drift(item, limit, params))
            for place, item in enumerate(watched)
            for limit in item.limits
            if limit.high is not None or limit.low is not None
        ]
        execution = unit.by_role.get(Role.EXECUTION)
        self._execution = None if execution is None else plant.item_number[execution.path]
        self._params, self._bin_s = params, bin_s
        self.course = _Course(tuple(item.path for item in watched))

    def extend(self, history: History, edges: NDArray[np.int64]) -> None:
        if not self._numbers:
            return
        running = self._running(history, edges)
        start, end = int(edges[0]), int(edges[-1])
        means = np.stack([bin_means(history.changes(n, start, end), edges) for n in self._numbers])
        course = self.course
        for place in np.flatnonzero(running).tolist():
            z = [usual.update(x) for usual, x in zip(self._usual, means[:, place].tolist(), strict=True)]
            at = len(course.end_ns)
            for item, drift in self._drifts:
                drift.update(at, float(means[item, place]))
            course.end_ns.append(int(edges[place + 1]))
            course.z.append(np.array(z))
            course.unusual.append(any(usual.unusual for usual in self._usual))
            course.life.append(self._life() if at % _LIFE_EVERY_BINS == 0 else course.life[-1])
            course.learning.append(all(usual.seen <= self._params.learn_bins for usual in self._usual))

    def at(self, t_ns: int, bin_s: float) -> UnitHealth:
        course = self.course
        place = bisect_right(course.end_ns, t_ns, hi=len(course.learning)) - 1
        if place < 0:
            return _UNKNOWN
        z = course.z[place]
        order = np.argsort(-np.abs(z))
        why = tuple((course.paths[k], float(z[k])) for k in order.tolist() if abs(z[k]) > 1.0)
        score = float(np.abs(z).max(initial=0.0))
        return UnitHealth(score, course.unusual[place], why, course.life[place], bin_s, course.learning[place])

    def _running(self, history: History, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell for each bin whether the unit worked for half of it; one that does not say so always does."""
        if self._execution is None:
            return np.ones(len(edges) - 1, dtype=np.bool_)
        changes = history.changes(self._execution, int(edges[0]), int(edges[-1]))
        at_work = [c for c, text in enumerate(history.texts) if text.upper() in _AT_WORK]
        works = np.isin(changes.text, at_work) & (changes.quality == Quality.GOOD) & (changes.text != NO_TEXT)
        return np.asarray(held_share(changes.t_ns, works, edges) >= 0.5, dtype=np.bool_)

    def _life(self) -> Life | None:
        found = [life for _, drift in self._drifts if (life := drift.life()) is not None]
        if not found:
            return None
        life = min(found, key=lambda life: life.bins)
        minutes = life.over_bins * self._bin_s / 60
        return replace(life, source=f"{life.source} through the last {minutes:.0f} min of running")


def held_share(t_ns: NDArray[np.int64], holds: NDArray[np.bool_], edges: NDArray[np.int64]) -> FloatArray:
    """Return the share of each bin in which a state held that changed at `t_ns`, shape (len(edges) - 1,)."""
    if not len(t_ns):
        return np.zeros(len(edges) - 1)
    t = np.maximum(t_ns, edges[0])
    until = np.append(t[1:], max(int(edges[-1]), int(t[-1])))
    total = np.concatenate([[0.0], np.cumsum((until - t) * holds)])
    # Time held up to any moment is piecewise linear between the changes.
    up_to = np.interp(edges, np.append(t, until[-1]), total)
    return np.asarray(np.diff(up_to) / np.diff(edges))


def bin_means(changes: Changes, edges: NDArray[np.int64]) -> FloatArray:
    """Return the mean of a number in each bin, the held value where none came, NaN where it is not known."""
    good = (changes.quality == Quality.GOOD) & np.isfinite(changes.number)
    place = np.searchsorted(edges, changes.t_ns, "right") - 1
    inside = good & (place >= 0) & (place < len(edges) - 1)
    count = np.bincount(place[inside], minlength=len(edges) - 1)
    total = np.bincount(place[inside], weights=changes.number[inside], minlength=len(edges) - 1)
    last = np.searchsorted(changes.t_ns, edges[:-1], "right") - 1
    held = np.full(len(edges) - 1, np.nan)
    known = last >= 0
    held[known] = np.where(good[last[known]], changes.number[last[known]], np.nan)
    return np.where(count > 0, total / np.maximum(count, 1), held)
