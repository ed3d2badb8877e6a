"""When an alarm comes and goes: limits with deadband and delay, conditions by their codes, sources by their links.

Each rule reads an item's observations in order and keeps what it needs to go on when more have come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.history import NO_TEXT, Changes
from twinswing.plant.journal import LinkEvent
from twinswing.plant.model import DataItem, Limit, Plant, Priority
from twinswing.streams.observations import ConditionLevel, LinkState, Quality

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that an alarm came; session nanoseconds.

    key: "item path:limit", "item path#level code" or "source:name", by which people's actions name the alarm.
    unit: path of the unit, buffer or meter that it belongs to, empty for the plant's own; item: its number, or -1.
    cleared_ns: when it went, None while it stands; value: the number that raised it, NaN where there is none.
    """

    key: str
    unit: str
    item: int
    name: str
    message: str
    priority: Priority
    raised_ns: int
    cleared_ns: int | None = None
    value: float = float("nan")


@dataclass(slots=True)
class LimitRule:
    """One limit of one item: beyond it for `delay_s`, it is raised; back by `deadband`, it is cleared.

    A value that is not known changes nothing: an alarm stands until its cause is known to be gone.
    """

    plant: Plant
    item: int
    limit: Limit
    closed: list[Occurrence] = field(default_factory=list)
    _beyond: bool = False
    _since_ns: int = 0
    seen_ns: int = -(1 << 62)
    _value: float = float("nan")

    def read(self, changes: Changes) -> None:
        """Go on with what was observed since; what was read before may be given again."""
        fresh = (changes.t_ns > self.seen_ns) & (changes.quality == Quality.GOOD) & np.isfinite(changes.number)
        t_ns, number = changes.t_ns[fresh], changes.number[fresh]
        if not len(t_ns):
            return
        self.seen_ns = int(t_ns[-1])
        beyond = latched(number, self.limit, self._beyond)
        for edge in np.flatnonzero(np.diff(beyond, prepend=self._beyond)).tolist():
            if beyond[edge]:
                self._since_ns, self._value = int(t_ns[edge]), float(number[edge])
            elif self._raised_ns < int(t_ns[edge]):
                self.closed.append(self._occurrence(int(t_ns[edge])))
        self._beyond = bool(beyond[-1])

    def open(self, until_ns: int) -> list[Occurrence]:
        """Return the occurrence that stands at a moment no earlier than what was read, in a list."""
        return [self._occurrence(None)] if self._beyond and self._raised_ns <= until_ns else []

    @property
    def _raised_ns(self) -> int:
        return self._since_ns + round(self.limit.delay_s * _NS)

    def _occurrence(self, cleared_ns: int | None) -> Occurrence:
        item = self.plant.items[self.item]
        above = self.limit.high is not None and self._value > self.limit.high
        side, bound = ("above", self.limit.high) if above else ("below", self.limit.low)
        text = self.limit.message or f"{item.label or item.name} is {side} {bound:g} {item.unit}".rstrip()
        return Occurrence(
            f"{item.path}:{self.limit.name}", owner(item), self.item, self.limit.name, text, self.limit.priority,
            self._raised_ns, cleared_ns, self._value,
        )  # fmt: skip


def latched(number: NDArray[np.float64], limit: Limit, before: bool) -> NDArray[np.bool_]:
    """Tell for each of a number's values whether it is beyond the limit, with the deadband, shape (n,)."""
    high = np.inf if limit.high is None else limit.high
    low = -np.inf if limit.low is None else limit.low
    raising = (number > high) | (number < low)
    clearing = (number <= high - limit.deadband) & (number >= low + limit.deadband)
    at = np.arange(len(number))
    last_raised = np.maximum.accumulate(np.where(raising, at, -1), dtype=np.int64)
    last_cleared = np.maximum.accumulate(np.where(clearing, at, -1), dtype=np.int64)
    neither = (last_raised < 0) & (last_cleared < 0)
    return np.asarray(np.where(neither, before, last_raised > last_cleared), dtype=np.bool_)


@dataclass(slots=True)
class ConditionRule:
    """A condition item: each native code is an alarm of its own, a fault another one than a warning."""

    plant: Plant
    item: int
    closed: list[Occurrence] = field(default_factory=list)
    _open: dict[str, Occurrence] = field(default_factory=dict)
    seen_ns: int = -(1 << 62)
    _seen_of_last: int = 0

    def read(self, changes: Changes, texts: Sequence[str]) -> None:
        """Go on with what was observed since; what was read before may be given again."""
        # Several codes often come at one moment: rows of the last moment are counted, not skipped.
        fresh = np.flatnonzero(changes.t_ns > self.seen_ns).tolist()
        again = np.flatnonzero(changes.t_ns == self.seen_ns).tolist()[self._seen_of_last :]
        for row in again + fresh:
            t = int(changes.t_ns[row])
            self._seen_of_last = self._seen_of_last + 1 if t == self.seen_ns else 1
            self.seen_ns = t
            if changes.quality[row] != Quality.STALE:
                self._take(t, *_told(changes, row, texts))
                if changes.text[row] != NO_TEXT and texts[changes.text[row]] == ConditionLevel.NORMAL.value:
                    self._take(t, ConditionLevel.NORMAL.value, "", "")  # what was open before the codes were told

    def open(self) -> list[Occurrence]:
        """Return the alarms that stand after what was read."""
        return list(self._open.values())

    def _take(self, t_ns: int, level: str, code: str, message: str) -> None:
        if level == ConditionLevel.NORMAL.value:
            codes = [code] if code else list(self._open)
        else:  # the same code at another level is another alarm
            codes = [code] if code in self._open and self._open[code].name != _name(level, code) else []
        self.closed += [replace(self._open.pop(c), cleared_ns=t_ns) for c in codes if c in self._open]
        if level != ConditionLevel.NORMAL.value and code not in self._open:
            self._open[code] = self._occurrence(level, code, message, t_ns)

    def _occurrence(self, level: str, code: str, message: str, t_ns: int) -> Occurrence:
        item = self.plant.items[self.item]
        priority = Priority.HIGH if level == ConditionLevel.FAULT.value else Priority.MEDIUM
        text = message or f"{item.label or item.name}: {level.lower()}"
        name = _name(level, code)
        return Occurrence(f"{item.path}#{name}", owner(item), self.item, name, text, priority, t_ns)


@dataclass(slots=True)
class LinkRule:
    """A source that is silent or lost: what it feeds is not known, which a person must know."""

    closed: list[Occurrence] = field(default_factory=list)
    _open: dict[str, Occurrence] = field(default_factory=dict)
    _seen: int = 0

    def read(self, links: Sequence[LinkEvent]) -> None:
        """Go on with all that is known of the links, which only ever grows."""
        for event in links[self._seen :]:
            if event.items:
                continue
            known = self._open.get(event.source)
            if event.state in (LinkState.STALE, LinkState.DOWN) and known is None:
                text = event.message or f"{event.source} is {event.state.value}"
                self._open[event.source] = Occurrence(
                    f"source:{event.source}", "", -1, event.state.value, text, Priority.MEDIUM, event.t_ns
                )
            elif known is not None and event.state in (LinkState.LIVE, LinkState.ENDED):
                self.closed.append(replace(self._open.pop(event.source), cleared_ns=event.t_ns))
        self._seen = len(links)

    def open(self) -> list[Occurrence]:
        """Return the sources that are lost after what was read."""
        return list(self._open.values())


def owner(item: DataItem) -> str:
    """Return the path of the unit, buffer or meter that an item belongs to."""
    return item.path.rpartition("/")[0]


def _name(level: str, code: str) -> str:
    return f"{level} {code}".rstrip()


def _told(changes: Changes, row: int, texts: Sequence[str]) -> tuple[str, str, str]:
    """Return level, code and message of a condition's row; a condition that is not known any more is not active."""
    if changes.quality[row] == Quality.UNAVAILABLE:
        return ConditionLevel.NORMAL.value, "", ""
    if changes.detail is not None and changes.detail[row] != NO_TEXT:
        level, code, message = texts[changes.detail[row]].split("\t", 2)
        return level, code, message
    return (texts[changes.text[row]] if changes.text[row] != NO_TEXT else ConditionLevel.NORMAL.value), "", ""
