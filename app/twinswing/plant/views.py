"""A history's face, made of states and rows."""

import numpy as np

from twinswing.plant.history import Changes, Snapshot, Trend
from twinswing.recording.plant_rows import NEVER_NS, STALE, UNAVAILABLE, PlantState, Rows, joined, rows_of

EMPTY_TREND = Trend(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0), True)


def snapshot_of(t_ns: int, state: PlantState) -> Snapshot:
    """Return a state as the history's face shows it."""
    since = np.where(state.since_ns == NEVER_NS, -1, state.since_ns)
    return Snapshot(t_ns, state.number, state.text, state.quality, since)


def held_number(state: PlantState, item: int) -> float:
    """Return an item's number, NaN where it is none or not to be believed."""
    return float(state.number[item]) if state.quality[item] not in (STALE, UNAVAILABLE) else float("nan")


def held_row(state: PlantState, item: int) -> Rows | None:
    """Return the row that holds of an item, with its own time, or None if there was none."""
    if state.t_ns[item] == NEVER_NS:
        return None
    one = slice(item, item + 1)
    return rows_of([item], state.t_ns[one], state.number[one], state.text[one], state.quality[one])


def changes_of(held: Rows | None, rows: Rows) -> Changes:
    """Return rows as the history's face shows them, after the one that held before."""
    if held is not None:
        rows = joined([held, rows])
    return Changes(rows.t_ns, rows.number, rows.text, rows.quality, rows.detail)
