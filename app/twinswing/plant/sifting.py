"""What of a delivery is new: repeats are known, the past is told from the present, stale marks are taken back."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.recording.plant_rows import NO_ROWS, NO_TEXT, STALE, PlantState, Rows, same_values


def filled_stale(rows: Rows, state: PlantState) -> Rows:
    """Give a value that came as stale, without a number or text, the last one, to be shown greyed out."""
    bare = (rows.quality == STALE) & np.isnan(rows.number) & (rows.text == NO_TEXT)
    if not bare.any():
        return rows
    number = np.where(bare, state.number[rows.item], rows.number)
    return replace(rows, number=number, text=np.where(bare, state.text[rows.item], rows.text))


def still_said(rows: Rows, state: PlantState, detail: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell which rows say what holds of their item already, with its time; detail: that of each item's newest row."""
    held = state.number[rows.item]
    return np.asarray(
        (rows.t_ns == state.t_ns[rows.item])
        & ((rows.number == held) | (np.isnan(rows.number) & np.isnan(held)))
        & (rows.text == state.text[rows.item])
        & (rows.quality == state.quality[rows.item])
        & (rows.detail == detail[rows.item])
    )


def revived(rows: Rows, behind: NDArray[np.bool_], state: PlantState, resume_ns: NDArray[np.int64]) -> Rows:
    """Return the rows that take back the stale marks of items whose newest value is told again.

    behind: which rows are no newer than what their item has; resume_ns: by item, where its mark ends at the earliest.
    """
    again = (
        behind
        & (state.quality[rows.item] == STALE)
        & (rows.quality != STALE)
        & (rows.t_ns >= state.since_ns[rows.item])
    )
    if not again.any():
        return NO_ROWS
    rows = rows.take(again).in_time_order()
    newest = rows.take(np.sort(_last_places(rows.item)))
    return replace(newest, t_ns=np.maximum(state.t_ns[newest.item], resume_ns[newest.item]))


def not_among(rows: Rows, behind: NDArray[np.bool_], held: Rows) -> Rows:
    """Leave out, of the rows that are behind, those that are held with the same time and value."""
    if not len(held):
        return rows
    known = set(_keys(held))
    fresh = np.ones(len(rows), np.bool_)
    fresh[np.flatnonzero(behind)] = [key not in known for key in _keys(rows.take(behind))]
    return rows.take(fresh)


def without_twins(rows: Rows) -> Rows:
    """Leave out rows that say what a row before them, in the same delivery, said of the same time."""
    order = np.lexsort((rows.t_ns, rows.item))
    same = (np.diff(rows.item[order]) == 0) & (np.diff(rows.t_ns[order]) == 0)
    if not same.any():
        return rows
    pairs = np.flatnonzero(same)
    twins = same_values(rows.take(order[pairs]), rows.take(order[pairs + 1]))
    fresh = np.ones(len(rows), np.bool_)
    fresh[order[pairs[twins] + 1]] = False
    return rows.take(fresh)


def _last_places(items: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return the place of the last row of each item."""
    _, back = np.unique(items[::-1], return_index=True)
    return len(items) - 1 - back


def _keys(rows: Rows) -> list[tuple[Any, ...]]:
    # A NaN is unequal to itself: as bits it compares.
    bits = np.ascontiguousarray(rows.number).view(np.int64)
    columns = (rows.item, rows.t_ns, bits, rows.text, rows.quality, rows.detail)
    return list(zip(*(column.tolist() for column in columns), strict=True))
