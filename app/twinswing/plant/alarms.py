"""Alarms by ISA-18.2 as functions of (history, what people did, time).

`AlarmLog` reads a history as it grows and publishes an `AlarmPicture`, which says for any moment which alarms there
are and in which state. Acknowledging, shelving and taking out of service are `Action`s of the journal, so that a
recording replays them.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.plant.alarm_rules import ConditionRule, LimitRule, LinkRule, Occurrence
from twinswing.plant.history import History
from twinswing.plant.journal import Action, Journal
from twinswing.plant.model import Plant, Priority
from twinswing.streams.observations import ItemKind

ACKNOWLEDGE, SHELVE, UNSHELVE = "acknowledge", "shelve", "unshelve"
OUT_OF_SERVICE, IN_SERVICE = "out_of_service", "in_service"
# Shelving hides an alarm for a while only; ISA-18.2 wants it bounded. A shift's length lets the next crew see it again.
LONGEST_SHELF_S = 8 * 3600.0
# A flood, by ISA-18.2 and EEMUA 191: more than ten alarms within ten minutes, until there are fewer than five.
FLOOD_WINDOW_S, FLOOD_BEGINS, FLOOD_ENDS = 600.0, 10, 5

_NS = 1_000_000_000
_NEVER = np.iinfo(np.int64).max
RANK = {Priority.LOW: 1, Priority.MEDIUM: 2, Priority.HIGH: 3}


class AlarmState(StrEnum):
    """ISA-18.2's states of an alarm, but for normal, in which there is nothing to show."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned, unacknowledged"  # the cause is gone, and nobody has said that they saw it
    SHELVED = "shelved"
    SUPPRESSED = "suppressed by design"  # the unit is off: what it says means nothing
    OUT_OF_SERVICE = "out of service"


SHOWN = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.RETURNED})
# What marks a machine where it stands: an alarm whose cause is gone waits in the list, not on a machine that is well.
STANDING = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm at a moment. first_out: it was the first of its line's, so that the others may follow from it.

    by, note: who put it into this state, and their words; until_ns: when a shelf ends; times in session nanoseconds.
    """

    occurrence: Occurrence
    state: AlarmState
    first_out: bool
    by: str = ""
    note: str = ""
    until_ns: int | None = None

    @property
    def rank(self) -> int:
        """1 low, 2 medium, 3 high."""
        return RANK[self.occurrence.priority]


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of session time; end_ns is None while it lasts."""

    start_ns: int
    end_ns: int | None
    by: str = ""
    note: str = ""

    def holds(self, t_ns: int) -> bool:
        """Tell whether a moment is inside."""
        return self.start_ns <= t_ns and (self.end_ns is None or t_ns < self.end_ns)


@dataclass(frozen=True)
class AlarmPicture:
    """All alarms up to a moment. `occurrences` are by the time they came; immutable, so that any thread may read."""

    occurrences: tuple[Occurrence, ...] = ()
    actions: tuple[Action, ...] = ()
    until_ns: int = 0

    @cached_property
    def raised_ns(self) -> NDArray[np.int64]:
        """When each came, ascending, shape (n,)."""
        return np.array([o.raised_ns for o in self.occurrences], dtype=np.int64)

    @cached_property
    def cleared_ns(self) -> NDArray[np.int64]:
        """When each went, the greatest integer while it stands, shape (n,)."""
        return np.array([_NEVER if o.cleared_ns is None else o.cleared_ns for o in self.occurrences], dtype=np.int64)

    @cached_property
    def acknowledged(self) -> dict[int, Action]:
        """Number of an occurrence to the first action that acknowledged it, or a later one of the same alarm."""
        raised: dict[str, list[int]] = {}
        numbers: dict[str, list[int]] = {}
        for number, o in enumerate(self.occurrences):
            raised.setdefault(o.key, []).append(o.raised_ns)
            numbers.setdefault(o.key, []).append(number)
        found: dict[int, Action] = {}
        for action in self.actions:
            for key in _keys(action) if action.kind == ACKNOWLEDGE else ():
                at = bisect_right(raised.get(key, []), action.t_ns) - 1
                while at >= 0 and numbers[key][at] not in found:
                    found[numbers[key][at]] = action
                    at -= 1
        return found

    @cached_property
    def _acknowledged_ns(self) -> NDArray[np.int64]:
        out = np.full(len(self.occurrences), _NEVER, dtype=np.int64)
        for number, action in self.acknowledged.items():
            out[number] = action.t_ns
        return out

    @cached_property
    def _shelved(self) -> dict[str, list[Interval]]:
        return _intervals(self.actions, SHELVE, UNSHELVE)

    @cached_property
    def _out_of_service(self) -> dict[str, list[Interval]]:
        return _intervals(self.actions, OUT_OF_SERVICE, IN_SERVICE)

    @cached_property
    def first_out(self) -> NDArray[np.bool_]:
        """Whether each was the first of its line's while none of that line's stood, shape (n,)."""
        out = np.zeros(len(self.occurrences), dtype=np.bool_)
        busy_until: dict[str, int] = {}
        began: dict[str, int] = {}
        for number, o in enumerate(self.occurrences):
            line = o.unit.rpartition("/")[0]
            # What came at the very same moment as the first is told from it by priority alone: the gravest is first.
            out[number] = o.raised_ns > busy_until.get(line, -1)
            if out[number]:
                began[line] = number
            elif self.occurrences[began[line]].raised_ns == o.raised_ns and _graver(o, self.occurrences[began[line]]):
                out[began[line]], out[number] = False, True
                began[line] = number
            busy_until[line] = max(busy_until.get(line, -1), int(self.cleared_ns[number]))
        return out

    @cached_property
    def floods(self) -> tuple[Interval, ...]:
        """The stretches in which alarms came faster than a person can answer them."""
        return alarm_floods(self.raised_ns, self.until_ns)

    def flood_at(self, t_ns: int) -> Interval | None:
        """Return the flood that a moment lies in."""
        return next((flood for flood in self.floods if flood.holds(t_ns)), None)

    def at(self, t_ns: int, off: Collection[str] = ()) -> tuple[Alarm, ...]:
        """Return the alarms at a moment: to be answered first, then by priority, then the newest.

        off: paths of units that are off or in maintenance, whose alarms are suppressed by design.
        """
        came = self.raised_ns[: bisect_right(self.raised_ns, t_ns)]
        n = len(came)
        standing = self.cleared_ns[:n] > t_ns
        unseen = self._acknowledged_ns[:n] > t_ns
        newest: dict[str, int] = {self.occurrences[i].key: i for i in np.flatnonzero(standing | unseen).tolist()}
        found = [self._alarm(i, bool(standing[i]), bool(unseen[i]), t_ns, off) for i in newest.values()]
        order = (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED, AlarmState.ACKNOWLEDGED)
        rank = {state: place for place, state in enumerate((*order, *(s for s in AlarmState if s not in SHOWN)))}
        return tuple(sorted(found, key=lambda a: (rank[a.state], -a.rank, -a.occurrence.raised_ns)))

    def _alarm(self, number: int, standing: bool, unseen: bool, t_ns: int, off: Collection[str]) -> Alarm:
        o = self.occurrences[number]
        first = bool(self.first_out[number])
        for state, kept in (
            (AlarmState.OUT_OF_SERVICE, self._out_of_service), (AlarmState.SHELVED, self._shelved),
        ):  # fmt: skip
            for interval in kept.get(o.key, ()):
                if interval.holds(t_ns):
                    return Alarm(o, state, first, interval.by, interval.note, interval.end_ns)
        if o.unit in off:
            return Alarm(o, AlarmState.SUPPRESSED, first)
        if unseen:
            return Alarm(o, AlarmState.UNACKNOWLEDGED if standing else AlarmState.RETURNED, first)
        by = self.acknowledged[number]
        return Alarm(o, AlarmState.ACKNOWLEDGED, first, by.author, str(by.document.get("note", "")))


@dataclass
class AlarmLog:
    """Finds the alarms of a plant in its history, which may still grow; one thread calls `extend`."""

    plant: Plant
    picture: AlarmPicture = field(default_factory=AlarmPicture)

    def __post_init__(self) -> None:
        self._limits = [
            LimitRule(self.plant, number, limit)
            for number, item in enumerate(self.plant.items)
            for limit in item.limits
        ]
        self._conditions = [
            ConditionRule(self.plant, number)
            for number, item in enumerate(self.plant.items)
            if item.kind is ItemKind.CONDITION
        ]
        self._links = LinkRule()

    def extend(self, history: History, journal: Journal, until_ns: int | None = None) -> AlarmPicture:
        """Read on to a moment (by default the history's end) and return the new picture."""
        start, end = history.span_ns
        until = end if until_ns is None else until_ns
        item, changes = -1, None
        for limit in self._limits:
            # From what the item itself said last: sources lag behind one another.
            if limit.item != item or changes is None:
                item, changes = limit.item, history.changes(limit.item, max(start, limit.seen_ns), until)
            limit.read(changes)
        for condition in self._conditions:
            since = max(start, condition.seen_ns)
            condition.read(history.changes(condition.item, since, until), history.texts)
        self._links.read(journal.links(None, until))
        found = [o for rule in self._limits for o in (*rule.closed, *rule.open(until))]
        found += [o for rule in self._conditions for o in (*rule.closed, *rule.open())]
        found += [*self._links.closed, *self._links.open()]
        found.sort(key=lambda o: (o.raised_ns, -RANK[o.priority], o.key))
        self.picture = AlarmPicture(tuple(found), journal.actions(), until)
        return self.picture


def acknowledge(t_ns: int, keys: Iterable[str], author: str, note: str = "") -> Action:
    """Make the action of a person who has seen alarms."""
    return Action(t_ns, ACKNOWLEDGE, author, {"alarms": sorted(keys), "note": note})


def shelve(t_ns: int, key: str, author: str, for_s: float, note: str) -> Action:
    """Make the action that hides an alarm for a while; raises InputError for no reason given or longer than a shift."""
    if not note.strip():
        raise InputError(f"expected a reason for shelving {key}, found none")
    if not 0.0 < for_s <= LONGEST_SHELF_S:
        raise InputError(f"expected to shelve {key} for up to {LONGEST_SHELF_S / 3600:g} h, found {for_s / 3600:g} h")
    return Action(t_ns, SHELVE, author, {"alarms": [key], "until_ns": t_ns + round(for_s * _NS), "note": note})


def service(t_ns: int, key: str, author: str, *, out: bool, note: str = "") -> Action:
    """Make the action that takes an alarm out of service until someone puts it back, or that puts it back."""
    return Action(t_ns, OUT_OF_SERVICE if out else IN_SERVICE, author, {"alarms": [key], "note": note})


def unshelve(t_ns: int, key: str, author: str) -> Action:
    """Make the action that ends a shelf before its time."""
    return Action(t_ns, UNSHELVE, author, {"alarms": [key]})


def alarm_floods(raised_ns: NDArray[np.int64], until_ns: int) -> tuple[Interval, ...]:
    """Return the floods among alarms that came at these times (ascending, session ns)."""
    window = round(FLOOD_WINDOW_S * _NS)
    # The count changes where an alarm comes and where it leaves the window; nothing happens between.
    moments = np.union1d(raised_ns, raised_ns + window)
    moments = moments[moments <= until_ns]
    counts = np.searchsorted(raised_ns, moments, "right") - np.searchsorted(raised_ns, moments - window, "right")
    floods: list[Interval] = []
    began: int | None = None
    for t, count in zip(moments.tolist(), counts.tolist(), strict=True):
        if began is None and count > FLOOD_BEGINS:
            began = t
        elif began is not None and count < FLOOD_ENDS:
            floods.append(Interval(began, t))
            began = None
    if began is not None:
        floods.append(Interval(began, None))
    return tuple(floods)


def _graver(a: Occurrence, b: Occurrence) -> bool:
    return RANK[a.priority] > RANK[b.priority]


def _keys(action: Action) -> list[str]:
    """Return the alarms that an action names; what is not a list of texts names none."""
    named = action.document.get("alarms", ())
    return [key for key in named if isinstance(key, str)] if isinstance(named, Sequence) else []


def _intervals(actions: Sequence[Action], begins: str, ends: str) -> dict[str, list[Interval]]:
    """Return for each alarm the stretches between two kinds of action; one may carry its own end."""
    found: dict[str, list[Interval]] = {}
    for action in actions:
        for key in _keys(action) if action.kind in (begins, ends) else ():
            kept = found.setdefault(key, [])
            if kept and kept[-1].holds(action.t_ns):
                kept[-1] = Interval(kept[-1].start_ns, action.t_ns, kept[-1].by, kept[-1].note)
            if action.kind == begins:
                until = action.document.get("until_ns")
                end = until if isinstance(until, int) else None
                kept.append(Interval(action.t_ns, end, action.author, str(action.document.get("note", ""))))
    return found
