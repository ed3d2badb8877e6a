"""A history in memory: rows in blocks as they arrived, each with the state before it, so that any moment is near one.

The oldest blocks are let go when there are too many rows; what is remembered then begins later.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.recording.plant_rows import NEVER_NS, NO_ROWS, PlantState, Rows, joined

# Rows of a block: going through one takes about a millisecond, which bounds how long finding a moment takes.
BLOCK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows, the state before them, the newest time in that state, and the rows' own first and last time.

    by_item: the rows' places ordered by item, then arrival; start: where each item's begin there, one more at the end.
    """

    before: PlantState
    newest_ns: int
    rows: Rows
    first_ns: int
    last_ns: int
    by_item: NDArray[np.intp]
    start: NDArray[np.int32]

    def of(self, item: int) -> Rows:
        return self.rows.take(self.by_item[self.start[item] : self.start[item + 1]])


class RowBlocks:
    """Rows of `items` items, at most about `limit` of them; not thread-safe."""

    def __init__(self, items: int, limit: int) -> None:
        self._items = items
        self._limit = limit
        # The state before a block costs as much as its rows where there are many items: then blocks are larger.
        self._size = min(max(BLOCK_ROWS, 4 * items), max(limit // 4, 1))
        self._sealed: list[_Block] = []
        self._open: list[Rows] = []
        self._open_rows = 0
        self._before = PlantState.unheard(items)
        self._before_newest = NEVER_NS
        self.state = PlantState.unheard(items)
        self.newest_ns = NEVER_NS
        self.oldest_ns = -NEVER_NS
        self.total = 0
        self.dropped = 0

    def __len__(self) -> int:
        return self.total - self.dropped

    def append(self, rows: Rows) -> None:
        """Take rows that arrived after all before."""
        if not len(rows):
            return
        self.state.apply(rows)
        self.newest_ns = max(self.newest_ns, int(rows.t_ns.max()))
        self.oldest_ns = min(self.oldest_ns, int(rows.t_ns.min()))
        self._open.append(rows)
        self._open_rows += len(rows)
        self.total += len(rows)
        if self._open_rows >= self._size:
            self._seal()

    @property
    def reaches_back_ns(self) -> int:
        """The earliest moment whose state is known."""
        return self.oldest_ns if not self.dropped else self._sealed[0].newest_ns

    def state_at(self, t_ns: int) -> PlantState:
        """Return the state at a moment, as a copy."""
        if t_ns >= self.newest_ns:
            return self.state.copy()
        starts = [*self._sealed, self._open_block()]
        # The newest time only grows, so the last block whose state has nothing later than the moment is the nearest.
        first = 0
        for number, block in enumerate(starts):
            if block.newest_ns <= t_ns:
                first = number
        state = starts[first].before.copy()
        for block in starts[first:]:
            if block.first_ns <= t_ns:
                state.apply(block.rows, t_ns)
        return state

    def of(self, item: int, start_ns: int, end_ns: int) -> Rows:
        """Return an item's rows with `start_ns <= t_ns <= end_ns`, by time, those of one time as they arrived."""
        parts = [b.of(item) for b in self._sealed if b.first_ns <= end_ns and b.last_ns >= start_ns]
        rows = self._open_rows_joined()
        parts.append(rows.take(np.flatnonzero(rows.item == item)))
        found = joined(parts).in_time_order()
        low = int(np.searchsorted(found.t_ns, start_ns, side="left"))
        return found.take(slice(low, int(np.searchsorted(found.t_ns, end_ns, side="right"))))

    def same_moments(self, rows: Rows) -> Rows:
        """Return the rows here whose item and time are those of one of the given rows."""
        low, high = int(rows.t_ns.min()), int(rows.t_ns.max())
        parts = []
        for held, first, last in self.pieces():
            if first <= high and last >= low:
                near = np.flatnonzero(np.isin(held.t_ns, rows.t_ns))
                if len(near):
                    parts.append(held.take(near[np.isin(held.item[near], rows.item)]))
        return joined(parts)

    def pieces(self) -> Iterable[tuple[Rows, int, int]]:
        """Yield the rows as they arrived, in parts, each with its first and last time."""
        for block in self._sealed:
            yield block.rows, block.first_ns, block.last_ns
        rows = self._open_rows_joined()
        if len(rows):
            yield rows, int(rows.t_ns.min()), int(rows.t_ns.max())

    def _open_rows_joined(self) -> Rows:
        if len(self._open) > 1:
            self._open = [joined(self._open)]
        return self._open[0] if self._open else NO_ROWS

    def _open_block(self) -> _Block:
        rows = self._open_rows_joined()
        first = int(rows.t_ns.min()) if len(rows) else 0
        none = np.zeros(0, np.int32)
        return _Block(self._before, self._before_newest, rows, first, self.newest_ns, none.astype(np.intp), none)

    def _seal(self) -> None:
        rows = self._open_rows_joined()
        order = np.argsort(rows.item, kind="stable")
        start = np.searchsorted(rows.item[order], np.arange(self._items + 1)).astype(np.int32)
        first, last = int(rows.t_ns.min()), int(rows.t_ns.max())
        self._sealed.append(_Block(self._before, self._before_newest, rows, first, last, order, start))
        self._before = self.state.copy()
        self._before_newest = self.newest_ns
        self._open = []
        self._open_rows = 0
        while len(self._sealed) > 1 and len(self) > self._limit:
            self.dropped += len(self._sealed.pop(0).rows)
