"""What a unit is doing, told from its items: the state that is shown, counted and drawn.

In the order of weight: a unit whose words are all stale is UNKNOWN; one with an active FAULT has FAILED; one that
says it is not available is OFF; then what it gives as the reason for not running; then its execution; then its mode.
The words are those of MTConnect (Execution, Availability, ControllerMode), of OPC UA for machine tools (40501-1:
state of the production program, machinery item state, operation mode) and of `UnitState` itself, in any case.
"""

import threading
import weakref
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.history import NO_TEXT, Changes, Codes, History, Snapshot, Times
from twinswing.plant.model import Plant, Role, Unit
from twinswing.streams.observations import Quality


class UnitState(StrEnum):
    """A unit's state. Time in each adds up to all time, so that losses can be counted (see `oee`)."""

    RUNNING = "running"
    IDLE = "idle"  # could run, has nothing planned
    STARVED = "starved"  # waits for pieces
    BLOCKED = "blocked"  # has no room for its pieces
    SETUP = "setup"  # set-up, tool change
    HELD = "held"  # feed hold, interruption: a short stop
    WAITING = "waiting"  # for an operator
    FAILED = "failed"
    MAINTENANCE = "maintenance"
    OFF = "off"  # not available, by its own word
    UNKNOWN = "unknown"  # stale or never heard


ABNORMAL = frozenset({UnitState.FAILED, UnitState.UNKNOWN})

STATES: tuple[UnitState, ...] = tuple(UnitState)
"""States by their code, which is their place here."""

CODE_OF: dict[UnitState, int] = {state: code for code, state in enumerate(STATES)}

StateCodes = NDArray[np.int8]

_NONE = np.int8(-1)  # a word that says nothing of the state
_UNKNOWN = np.int8(CODE_OF[UnitState.UNKNOWN])

_S = UnitState
EXECUTION: dict[str, UnitState] = {
    "ACTIVE": _S.RUNNING,
    "READY": _S.IDLE,
    "INTERRUPTED": _S.HELD,
    "FEED_HOLD": _S.HELD,
    "OPTIONAL_STOP": _S.HELD,
    "PROGRAM_OPTIONAL_STOP": _S.HELD,
    "PROGRAM_STOPPED": _S.HELD,
    "STOPPED": _S.IDLE,
    "PROGRAM_COMPLETED": _S.IDLE,
    "WAIT": _S.WAITING,
    # OPC UA 40501-1, ProductionStateMachine
    "INITIALIZING": _S.SETUP,
    "RUNNING": _S.RUNNING,
    "ENDED": _S.IDLE,
    "ABORTED": _S.HELD,
    # OPC UA 40001-1, MachineryItemState
    "EXECUTING": _S.RUNNING,
    "NOTEXECUTING": _S.IDLE,
    "NOTAVAILABLE": _S.OFF,
    "OUTOFSERVICE": _S.MAINTENANCE,
    "UNAVAILABLE": _S.OFF,
}
AVAILABILITY: dict[str, UnitState] = {
    "UNAVAILABLE": _S.OFF,
    "NOTAVAILABLE": _S.OFF,
    "OFF": _S.OFF,
    "OUTOFSERVICE": _S.MAINTENANCE,
}
# A mode refines a unit at rest only: a set-up in mode MANUAL may well turn the spindle.
MODE: dict[str, UnitState] = {"SETUP": _S.SETUP, "MAINTENANCE": _S.MAINTENANCE}
# A reason refines a unit at rest; free text that is none of these refines nothing.
REASON: dict[str, UnitState] = {
    **{state.name: state for state in UnitState if state not in (_S.RUNNING, _S.UNKNOWN)},
    "SET-UP": _S.SETUP,
    "TOOL_CHANGE": _S.SETUP,
    "NO_PARTS": _S.STARVED,
    "NO_OPERATOR": _S.WAITING,
    "BREAKDOWN": _S.FAILED,
}
CONDITION: dict[str, UnitState] = {"FAULT": _S.FAILED}

_TABLES: dict[Role, dict[str, UnitState]] = {
    Role.EXECUTION: EXECUTION,
    Role.AVAILABILITY: AVAILABILITY,
    Role.MODE: MODE,
    Role.REASON: REASON,
    Role.CONDITION: CONDITION,
}
_ROLES = tuple(_TABLES)
# Without one of these nothing is known of what a unit does; the others only refine it.
_TELLING = (Role.EXECUTION, Role.AVAILABILITY, Role.CONDITION, Role.REASON)


@dataclass(slots=True)
class _Words:
    """What each text of a history means in each role, an array that grows with `texts`, (roles, texts)."""

    meaning: NDArray[np.int8]
    items: NDArray[np.int64]  # of `state_items`
    size: int = 0
    # A window asks for each frame, and its worker beside it: two that grow it at once would lose one's words.
    lock: threading.Lock = field(default_factory=threading.Lock)

    def upto(self, texts: list[str]) -> None:
        if len(texts) > self.size:
            with self.lock:
                self._grow(texts)

    def _grow(self, texts: list[str]) -> None:
        count = len(texts)
        # One column more than there are texts is always free: the code NO_TEXT (-1) wraps round to it.
        if count >= self.meaning.shape[1]:
            room = max(count + 1, 2 * self.meaning.shape[1])
            grown = np.full((len(_ROLES), room), _NONE, dtype=np.int8)
            grown[:, : self.size] = self.meaning[:, : self.size]
            self.meaning = grown
        for code in range(self.size, count):
            word = texts[code].strip().upper().replace(" ", "_")
            for row, role in enumerate(_ROLES):
                state = _TABLES[role].get(word)
                if state is not None:
                    self.meaning[row, code] = CODE_OF[state]
        self.size = count


_words_of: "weakref.WeakKeyDictionary[History, _Words]" = weakref.WeakKeyDictionary()


def _words(history: History) -> _Words:
    words = _words_of.get(history)
    if words is None:
        meaning = np.full((len(_ROLES), 64), _NONE, dtype=np.int8)
        words = _words_of[history] = _Words(meaning, state_items(history.plant))
    words.upto(history.texts)
    return words


def state_items(plant: Plant) -> NDArray[np.int64]:
    """Return the numbers of the items that tell the units' states, (roles, units); -1 where a unit has none."""
    found = np.full((len(_ROLES), len(plant.units)), -1, dtype=np.int64)
    for column, unit in enumerate(plant.units):
        for row, role in enumerate(_ROLES):
            item = unit.by_role.get(role)
            if item is not None:
                found[row, column] = plant.item_number[item.path]
    return found


def unit_states(history: History, snapshot: Snapshot) -> StateCodes:
    """Return the state of every unit in a snapshot, codes of `STATES`, (units,) in the plant's order."""
    words = _words(history)
    items = words.items
    if items.size == 0 or len(snapshot.text) == 0:
        return np.full(items.shape[1], _UNKNOWN, dtype=np.int8)
    has = items >= 0
    text = np.where(has, snapshot.text[items], NO_TEXT)
    quality = np.where(has, snapshot.quality[items], np.uint8(Quality.STALE)).astype(np.uint8)
    known = has & (snapshot.since_ns[items] >= 0)
    return combine(words.meaning, text, quality, known, has)


def combine(
    meaning: NDArray[np.int8],
    text: NDArray[np.int32],
    quality: NDArray[np.uint8],
    known: NDArray[np.bool_],
    has: NDArray[np.bool_],
) -> StateCodes:
    """Return states out of what the telling items say, all of (roles of `_ROLES`, n) to (n,).

    meaning: what each text means in each role, -1 for nothing; the last column is that of no text.
    known: whether anything was ever heard. has: whether the unit has such an item at all.
    """
    believed = known & ((quality == Quality.GOOD) | (quality == Quality.UNCERTAIN))
    said = np.where(believed, np.take_along_axis(meaning, text, axis=1), _NONE)
    execution, available, mode, reason, condition = (said[row] for row in range(len(_ROLES)))
    absent = known & (quality == Quality.UNAVAILABLE)
    row = {role: number for number, role in enumerate(_ROLES)}
    # The peer's own word that it does not know what the machine does: it is off, its adapter is there.
    off = absent[row[Role.AVAILABILITY]] | absent[row[Role.EXECUTION]]
    state = np.where(off, np.int8(CODE_OF[_S.OFF]), execution)
    # A unit that has no execution, but is available: its reason alone says what it does; no reason, it runs.
    no_execution = ~has[row[Role.EXECUTION]]
    speaks = no_execution & believed[row[Role.REASON]]
    state = np.where(speaks, np.int8(CODE_OF[_S.RUNNING]), state)
    at_rest = ~off & (state != CODE_OF[_S.RUNNING]) & (believed[row[Role.EXECUTION]] | no_execution)
    state = np.where(at_rest & (mode >= 0), mode, state)
    state = np.where((at_rest | speaks) & (reason >= 0), reason, state)
    state = np.where(available >= 0, available, state)
    state = np.where(condition >= 0, condition, state)
    telling = [row[role] for role in _TELLING]
    heard = (believed | absent)[telling].any(axis=0)
    # Once its execution is stale, what else it said of itself is as old: only a fault stays a fault while fresh.
    stale = has[row[Role.EXECUTION]] & ~(believed | absent)[row[Role.EXECUTION]] & (condition < 0)
    unsaid = ~heard | stale | (state < 0)
    return np.where(unsaid, _UNKNOWN, state).astype(np.int8)


def state_spans(history: History, unit: Unit, start_ns: int, end_ns: int) -> tuple[Times, StateCodes]:
    """Return a unit's states over a span: when each begins and its code of `STATES`.

    The first begins at `start_ns`, each lasts until the next and the last until `end_ns`, so that the lengths add up to
    the span exactly; what lies outside the history's span is UNKNOWN. An empty span has no states.
    """
    if end_ns <= start_ns:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int8)
    first, last = history.span_ns
    changes: dict[int, Changes] = {}
    for row, role in enumerate(_ROLES):
        item = unit.by_role.get(role)
        if item is not None:
            changes[row] = history.changes(history.plant.item_number[item.path], start_ns, end_ns)
    edges = [np.array([start_ns, first, last], dtype=np.int64), *(change.t_ns for change in changes.values())]
    times = np.unique(np.concatenate(edges))
    times = times[(times >= start_ns) & (times < end_ns)]
    shape = (len(_ROLES), len(times))
    text = np.full(shape, NO_TEXT, dtype=np.int32)
    quality = np.full(shape, Quality.STALE, dtype=np.uint8)
    known = np.zeros(shape, dtype=np.bool_)
    has = np.zeros(shape, dtype=np.bool_)
    for row, change in changes.items():
        has[row] = True
        at = np.searchsorted(change.t_ns, times, side="right") - 1
        heard = at >= 0
        known[row] = heard
        text[row, heard] = change.text[at[heard]]
        quality[row, heard] = change.quality[at[heard]]
    codes = combine(_words(history).meaning, text, quality, known, has)
    codes[(times < first) | (times >= last)] = _UNKNOWN
    keep = np.ones(len(codes), dtype=np.bool_)
    keep[1:] = codes[1:] != codes[:-1]
    return times[keep], codes[keep]


def time_in_states(times: Times, codes: Codes | StateCodes, end_ns: int) -> Times:
    """Return the nanoseconds in each of `STATES`, (states,), of what `state_spans` gave."""
    lengths = np.diff(np.append(times, np.int64(end_ns))) if len(times) else times
    out = np.zeros(len(STATES), dtype=np.int64)
    np.add.at(out, codes, lengths)
    return out
