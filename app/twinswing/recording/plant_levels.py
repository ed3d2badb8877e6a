"""Numbers of a plant summed up by the minute, so that a day's course of an item is read from 1,440 rows at most.

A table is additive: two that cover different rows of the same minutes join into one that covers both, in any order.
So what arrives late needs no rewriting: it becomes another, small table.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.recording.plant_rows import GOOD, UNCERTAIN, Rows

MINUTE_NS = 60_000_000_000

_COLUMNS = (
    ("item", "<i4"), ("minute", "<i8"), ("count", "<i4"), ("total", "<f8"), ("least", "<f8"), ("greatest", "<f8"),
    ("last", "<f8"), ("last_t_ns", "<i8"),
)  # fmt: skip
_ROW_BYTES = sum(np.dtype(kind).itemsize for _, kind in _COLUMNS)


@dataclass(frozen=True, slots=True)
class Minutes:
    """One row for each item and minute that has rows, ordered by item, then minute; arrays of one length.

    minute   : session time divided by a minute, rounded down, int64.
    count    : known numbers in it, int32; total, least, greatest: of these, NaN-free unless count is 0 (then 0, inf,
               -inf).
    last     : the newest row's number, float64; NaN where that row was no number or not to be believed.
    last_t_ns: that row's time.
    """

    item: NDArray[np.int32]
    minute: NDArray[np.int64]
    count: NDArray[np.int32]
    total: NDArray[np.float64]
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]
    last: NDArray[np.float64]
    last_t_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.item)

    def take(self, where: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Minutes":
        """Return some of the rows."""
        return Minutes(*(getattr(self, name)[where] for name, _ in _COLUMNS))

    def pack(self) -> bytes:
        """Return the columns one after another, little-endian."""
        return b"".join(np.ascontiguousarray(getattr(self, name), dtype=kind).tobytes() for name, kind in _COLUMNS)

    @classmethod
    def unpack(cls, data: bytes, count: int) -> "Minutes":
        """Read what `pack` wrote; raises InputError if the sizes do not fit."""
        if count < 0 or len(data) != count * _ROW_BYTES:
            raise InputError(f"{count} minutes of a plant take {count * _ROW_BYTES} bytes, and {len(data)} were found.")
        columns = []
        at = 0
        for _, kind in _COLUMNS:
            columns.append(np.frombuffer(data, kind, count, at))
            at += count * np.dtype(kind).itemsize
        return cls(*columns)


def known_numbers(rows: Rows) -> NDArray[np.float64]:
    """Return the rows' numbers, NaN where the quality says that they are not the present ones."""
    believed = (rows.quality == GOOD) | (rows.quality == UNCERTAIN)
    return rows.number if believed.all() else np.where(believed, rows.number, np.nan)


def minutes_of(rows: Rows) -> Minutes:
    """Sum rows up by item and minute."""
    number = known_numbers(rows)
    known = ~np.isnan(number)
    return joined_minutes(
        [
            Minutes(
                rows.item,
                np.floor_divide(rows.t_ns, MINUTE_NS),
                known.astype(np.int32),
                np.where(known, number, 0.0),
                np.where(known, number, np.inf),
                np.where(known, number, -np.inf),
                number,
                rows.t_ns,
            )
        ]
    )


def joined_minutes(tables: Sequence[Minutes]) -> Minutes:
    """Join tables of different rows into one; of equal times, the later table's (the later row's) `last` holds."""
    if not tables:
        return minutes_of(_NONE)
    columns = [np.concatenate([getattr(table, name) for table in tables]) for name, _ in _COLUMNS]
    item, minute, count, total, least, greatest, last, last_t = columns
    if not len(item):
        return Minutes(*columns)
    order = np.lexsort((last_t, minute, item))
    item, minute = item[order], minute[order]
    first = np.flatnonzero(np.concatenate([[True], (np.diff(item) != 0) | (np.diff(minute) != 0)]))
    final = np.append(first[1:], len(item)) - 1
    return Minutes(
        item[first],
        minute[first],
        np.add.reduceat(count[order], first).astype(np.int32),
        np.add.reduceat(total[order], first),
        np.minimum.reduceat(least[order], first),
        np.maximum.reduceat(greatest[order], first),
        last[order][final],
        last_t[order][final],
    )


_NONE = Rows(
    np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int32), np.zeros(0, np.uint8),
    np.zeros(0, np.int32),
)  # fmt: skip
