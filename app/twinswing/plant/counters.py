"""Counters that machines count up: pieces, joules. How far one went in a window, through resets and rollovers.

A window is open at its start and closed at its end, so that windows that follow each other add up exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.history import History, Numbers, Times
from twinswing.plant.model import DataItem
from twinswing.streams.observations import Quality

# Where counters turn over: words of 16, 31 and 32 bits, and mechanical or displayed decades.
_TURNS = np.array([10.0**4, 2.0**16, 10.0**5, 10.0**6, 10.0**7, 10.0**8, 2.0**31, 2.0**32])
# A turn is believed only if the counter stood this near its end and is this near its beginning; else it was reset.
_NEAR = 0.01


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter's course: by how much it went up, and when.

    t_ns, step: each increase above zero. known_ns: how long of the window the counter was heard.
    """

    t_ns: Times
    step: Numbers
    known_ns: int

    @property
    def total(self) -> float:
        """How far it went in all."""
        return float(self.step.sum())


NOTHING = Counted(np.empty(0, dtype=np.int64), np.empty(0), 0)


def increases(values: Numbers) -> Numbers:
    """Return by how much a counter went up at each of its values but the first, (n,) to (n - 1,), never below zero.

    A value below the one before means that the counter turned over, if it stood at the end of a usual range and is at
    the beginning of it; else that it began again from zero.
    """
    before, after = values[:-1], values[1:]
    out = after - before
    for i in np.flatnonzero(out < 0.0):
        turn = _TURNS[(before[i] < _TURNS) & (before[i] >= _TURNS * (1.0 - _NEAR)) & (after[i] <= _TURNS * _NEAR)]
        out[i] = turn[0] - before[i] + after[i] if turn.size else max(after[i], 0.0)
    return out


def counted(history: History, item: DataItem | None, start_ns: int, end_ns: int, *, whole: bool = True) -> Counted:
    """Return how a counter went up after `start_ns` and up to `end_ns`.

    What it did while it was not heard is counted when it is heard again. What it had counted before it was first
    heard is not counted. whole: pieces, rounded to whole numbers.
    """
    if item is None or end_ns <= start_ns:
        return NOTHING
    changes = history.changes(history.plant.item_number[item.path], start_ns, end_ns)
    known_ns = heard_ns(changes.t_ns, changes.quality, start_ns, end_ns)
    said = np.isfinite(changes.number) & believed(changes.quality)
    before = said & (changes.t_ns <= start_ns)
    if not before.any():
        # Silent at the start: the last that was heard before is what it goes on from.
        before_value = _last_before(history, history.plant.item_number[item.path], start_ns)
    else:
        before_value = float(changes.number[np.flatnonzero(before)[-1]])
    inside = said & (changes.t_ns > start_ns) & (changes.t_ns <= end_ns)
    values, times = changes.number[inside], changes.t_ns[inside]
    if np.isfinite(before_value):
        values, times = np.concatenate([[before_value], values]), np.concatenate([[np.int64(start_ns)], times])
    if len(values) < 2:
        return Counted(NOTHING.t_ns, NOTHING.step, known_ns)
    step = increases(np.round(values) if whole else values)
    up = step > 0.0
    return Counted(times[1:][up], step[up], known_ns)


def _last_before(history: History, item: int, t_ns: int) -> float:
    first = history.span_ns[0]
    if t_ns <= first:
        return float("nan")
    past = history.changes(item, first, t_ns)
    good = np.flatnonzero(np.isfinite(past.number) & believed(past.quality) & (past.t_ns <= t_ns))
    return float(past.number[good[-1]]) if good.size else float("nan")


def believed(quality: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether values of these qualities count."""
    return np.isin(quality, (Quality.GOOD, Quality.UNCERTAIN))


def heard_ns(t_ns: Times, quality: NDArray[np.uint8], start_ns: int, end_ns: int) -> int:
    """Return for how long of a window an item's value was believed."""
    edges = np.clip(np.append(t_ns, np.int64(end_ns)), start_ns, end_ns)
    return int(np.diff(edges)[believed(quality)].sum())
