"""What is known of a plant, as columns: rows in the order in which they arrived, and the state that they leave behind.

An item is a number in the plant's order. A later arrival replaces an earlier one of the same item and time; an arrival
of an older time goes into the past and leaves the present as it is. So a state is the same whatever way it was reached:
from all rows, or from the state before and the rows since.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError

NO_TEXT = -1
# `observations.Quality`, whose numbers are those of a recording; this room lies below that one.
GOOD, UNAVAILABLE, STALE, UNCERTAIN = 0, 1, 2, 3
# Never heard of: before any time that a recording can hold.
NEVER_NS = -(1 << 62)

_COLUMNS = (("item", "<i4"), ("t_ns", "<i8"), ("number", "<f8"), ("text", "<i4"), ("quality", "u1"), ("detail", "<i4"))
ROW_BYTES = sum(np.dtype(kind).itemsize for _, kind in _COLUMNS)


@dataclass(frozen=True, slots=True)
class Rows:
    """Values in the order in which they arrived, arrays of one length.

    item    : int32, the item's number.
    t_ns    : int64, session time at which the value held.
    number  : float64, NaN where it is text or not known.
    text    : int32, a code into the table of texts, or NO_TEXT.
    quality : uint8; a STALE row repeats the last value, which is no longer the present one.
    detail  : int32, of a condition: the code of "level<TAB>native code<TAB>message" of what came or went, or NO_TEXT.
    """

    item: NDArray[np.int32]
    t_ns: NDArray[np.int64]
    number: NDArray[np.float64]
    text: NDArray[np.int32]
    quality: NDArray[np.uint8]
    detail: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.item)

    def take(self, where: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Rows":
        """Return some of the rows, as an index of NumPy's says."""
        return Rows(
            self.item[where], self.t_ns[where], self.number[where],
            self.text[where], self.quality[where], self.detail[where],
        )  # fmt: skip

    def in_time_order(self) -> "Rows":
        """Return the rows by time, those of one time as they arrived."""
        if len(self) < 2 or bool((self.t_ns[1:] >= self.t_ns[:-1]).all()):
            return self
        return self.take(np.argsort(self.t_ns, kind="stable"))

    def pack(self) -> bytes:
        """Return the columns one after another, little-endian; times as differences, which compress well."""
        steps = np.diff(self.t_ns, prepend=np.int64(0))
        parts = [self.item, steps, self.number, self.text, self.quality, self.detail]
        return b"".join(
            np.ascontiguousarray(part, dtype=kind).tobytes() for part, (_, kind) in zip(parts, _COLUMNS, strict=True)
        )

    @classmethod
    def unpack(cls, data: bytes, count: int) -> "Rows":
        """Read what `pack` wrote; raises InputError if the sizes do not fit."""
        if count < 0 or len(data) != count * ROW_BYTES:
            raise InputError(f"{count} rows of a plant take {count * ROW_BYTES} bytes, and {len(data)} were found.")
        columns = []
        at = 0
        for _, kind in _COLUMNS:
            columns.append(np.frombuffer(data, kind, count, at))
            at += count * np.dtype(kind).itemsize
        item, steps, number, text, quality, detail = columns
        return cls(item, np.cumsum(steps, dtype=np.int64), number, text, quality, detail)


def rows_of(
    item: Sequence[int] | NDArray[np.int32],
    t_ns: Sequence[int] | NDArray[np.int64],
    number: Sequence[float] | NDArray[np.float64] | None = None,
    text: Sequence[int] | NDArray[np.int32] | None = None,
    quality: Sequence[int] | NDArray[np.uint8] | None = None,
    detail: Sequence[int] | NDArray[np.int32] | None = None,
) -> Rows:
    """Make rows of sequences of one length; what is left out is NaN, NO_TEXT, GOOD and NO_TEXT.

    Raises ValueError if the lengths differ.
    """
    items = np.asarray(item, dtype=np.int32)
    n = len(items)
    out = Rows(
        items,
        np.asarray(t_ns, dtype=np.int64),
        np.full(n, np.nan) if number is None else np.asarray(number, dtype=np.float64),
        np.full(n, NO_TEXT, np.int32) if text is None else np.asarray(text, dtype=np.int32),
        np.zeros(n, np.uint8) if quality is None else np.asarray(quality, dtype=np.uint8),
        np.full(n, NO_TEXT, np.int32) if detail is None else np.asarray(detail, dtype=np.int32),
    )
    shapes = {column.shape for column in (out.t_ns, out.number, out.text, out.quality, out.detail)}
    if shapes != {(n,)} or items.ndim != 1:
        raise ValueError(f"the columns of {n} rows have the shapes {sorted(shapes)}")
    return out


NO_ROWS = rows_of([], [])


def joined(parts: Sequence[Rows]) -> Rows:
    """Return rows after each other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return NO_ROWS
    return Rows(
        np.concatenate([p.item for p in parts]),
        np.concatenate([p.t_ns for p in parts]),
        np.concatenate([p.number for p in parts]),
        np.concatenate([p.text for p in parts]),
        np.concatenate([p.quality for p in parts]),
        np.concatenate([p.detail for p in parts]),
    )


@dataclass(frozen=True, slots=True)
class PlantState:
    """Every item's newest row, arrays of one length; changed in place by `apply`.

    t_ns     : time of that row, NEVER_NS where there is none.
    since_ns : time of the newest row that is not a stale mark, NEVER_NS where there is none.
    """

    t_ns: NDArray[np.int64]
    since_ns: NDArray[np.int64]
    number: NDArray[np.float64]
    text: NDArray[np.int32]
    quality: NDArray[np.uint8]

    @classmethod
    def unheard(cls, items: int) -> "PlantState":
        """Return the state before anything was heard: all unavailable."""
        return cls(
            np.full(items, NEVER_NS, np.int64),
            np.full(items, NEVER_NS, np.int64),
            np.full(items, np.nan),
            np.full(items, NO_TEXT, np.int32),
            np.full(items, UNAVAILABLE, np.uint8),
        )

    def copy(self) -> "PlantState":
        """Return one that can be changed by itself."""
        return PlantState(
            self.t_ns.copy(), self.since_ns.copy(), self.number.copy(), self.text.copy(), self.quality.copy()
        )

    def apply(self, rows: Rows, until_ns: int | None = None) -> None:
        """Take rows, of which those after a time are left out, that arrived later than all taken before."""
        if until_ns is not None and len(rows) and int(rows.t_ns.max()) > until_ns:
            rows = rows.take(rows.t_ns <= until_ns)
        rows = rows.in_time_order()
        newer = rows.t_ns >= self.t_ns[rows.item]
        heard = rows.take(rows.quality != STALE) if (rows.quality == STALE).any() else rows
        later = heard.t_ns >= self.since_ns[heard.item]
        if not newer.all():
            rows = rows.take(newer)
        # Where an item comes several times, NumPy keeps the last that is assigned: the newest, as they are in order.
        item = rows.item
        self.t_ns[item] = rows.t_ns
        self.number[item] = rows.number
        self.text[item] = rows.text
        self.quality[item] = rows.quality
        if not later.all():
            heard = heard.take(later)
        self.since_ns[heard.item] = heard.t_ns

    def pack(self) -> bytes:
        """Return the columns one after another, little-endian."""
        return b"".join(
            np.ascontiguousarray(part, dtype=kind).tobytes()
            for part, kind in (
                (self.t_ns, "<i8"), (self.since_ns, "<i8"), (self.number, "<f8"), (self.text, "<i4"),
                (self.quality, "u1"),
            )
        )  # fmt: skip

    @classmethod
    def unpack(cls, data: bytes, items: int) -> "PlantState":
        """Read what `pack` wrote; raises InputError if the sizes do not fit."""
        if len(data) != items * 29:
            raise InputError(f"The state of {items} items takes {items * 29} bytes, and {len(data)} were found.")
        t = np.frombuffer(data, "<i8", items).astype(np.int64)
        since = np.frombuffer(data, "<i8", items, 8 * items).astype(np.int64)
        number = np.frombuffer(data, "<f8", items, 16 * items).astype(np.float64)
        text = np.frombuffer(data, "<i4", items, 24 * items).astype(np.int32)
        return cls(t, since, number, text, np.frombuffer(data, "u1", items, 28 * items).copy())


def same_values(a: Rows, b: Rows) -> NDArray[np.bool_]:
    """Tell, row by row, whether two lists of rows of one length say the same of the same item at the same time."""
    number = (a.number == b.number) | (np.isnan(a.number) & np.isnan(b.number))
    rest = (a.text == b.text) & (a.quality == b.quality) & (a.detail == b.detail)
    return np.asarray((a.item == b.item) & (a.t_ns == b.t_ns) & number & rest)


def renumbered(rows: Rows, numbers: NDArray[np.int32]) -> Rows:
    """Return rows whose items have other numbers, without those that have none (-1)."""
    item = numbers[rows.item]
    out = replace(rows, item=item)
    return out if (item >= 0).all() else out.take(item >= 0)
