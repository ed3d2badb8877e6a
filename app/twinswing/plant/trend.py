"""A number's course for a graph: raw where there are few values, else bins that hold what lies in them.

Both kinds of history use this, so that a live graph and the same graph out of the recording are the same.
"""

from dataclasses import dataclass

import numpy as np

from twinswing.plant.history import Numbers, Times, Trend
from twinswing.recording.plant_levels import MINUTE_NS, Minutes, known_numbers
from twinswing.recording.plant_rows import Rows

# Widths of bins in minutes that divide an hour or a day, so that bins stay where they are as a graph is moved.
_WIDTHS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of equal width: `count` of them from `start_ns` on; `whole_minutes` if they can be made of minutes."""

    start_ns: int
    width_ns: int
    count: int
    whole_minutes: bool

    @property
    def end_ns(self) -> int:
        """The last nanosecond that belongs to them."""
        return self.start_ns + self.width_ns * self.count - 1


def bins_for(start_ns: int, end_ns: int, points: int) -> Bins:
    """Choose at most `points` (at least 1) bins that cover a span: whole minutes if they are that wide or wider."""
    points = max(points, 1)
    if end_ns - start_ns < (points - 1) * MINUTE_NS:
        width = (end_ns - start_ns) // points + 1
        return Bins(start_ns, width, (end_ns - start_ns) // width + 1, False)
    days = 1
    widths = iter(_WIDTHS_MIN)
    while True:
        minutes = next(widths, None)
        if minutes is None:
            days *= 2
            minutes = 1440 * days
        width = minutes * MINUTE_NS
        count = end_ns // width - start_ns // width + 1
        # A single bin cannot always be had at a width that divides the time: it is then laid from the start.
        if count <= points:
            return Bins(start_ns // width * width, width, count, True)
        if width > 4 * (end_ns - start_ns) and points == 1:
            return Bins(start_ns, end_ns - start_ns + 1, 1, False)


def raw_trend(rows: Rows, held: float, start_ns: int) -> Trend:
    """Return each value by itself, after the one held at the start (NaN: none) at the start's time.

    rows: one item's, after the start, by time.
    """
    number = known_numbers(rows)
    t = np.concatenate([[np.int64(start_ns)], rows.t_ns])
    x = np.concatenate([[held], number])
    if np.isnan(held):
        t, x = t[1:], x[1:]
    return Trend(t, x, x, x, True)


def trend_of_rows(rows: Rows, held: float, bins: Bins) -> Trend:
    """Sum up one item's rows in bins. rows: those within the bins, by time; held: what held just before them."""
    number = known_numbers(rows)
    known = ~np.isnan(number)
    where = (rows.t_ns - bins.start_ns) // bins.width_ns
    return _trend(
        where,
        known.astype(np.int64),
        np.where(known, number, 0.0),
        np.where(known, number, np.inf),
        np.where(known, number, -np.inf),
        number,
        held,
        bins,
    )


def trend_of_minutes(minutes: Minutes, held: float, bins: Bins) -> Trend:
    """Sum up one item's minutes in bins of whole minutes; minutes: those within the bins, in order."""
    where = (minutes.minute * MINUTE_NS - bins.start_ns) // bins.width_ns
    return _trend(
        where,
        minutes.count.astype(np.int64),
        minutes.total,
        minutes.least,
        minutes.greatest,
        minutes.last,
        held,
        bins,
    )


def _trend(
    where: Times,
    count: Times,
    total: Numbers,
    least: Numbers,
    greatest: Numbers,
    last: Numbers,
    held: float,
    bins: Bins,
) -> Trend:
    """Sum up parts, ordered by bin; a bin without any shows what is held, one without a known number NaN."""
    n = bins.count
    out_least, out_mean, out_greatest = np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan)
    # What holds at the end of each bin: of the nearest bin at or before it that has anything.
    holds = np.full(n + 1, held)
    source = np.zeros(n + 1, np.intp)
    if len(where):
        first = np.flatnonzero(np.concatenate([[True], np.diff(where) != 0]))
        final = np.append(first[1:], len(where)) - 1
        at = where[first]
        counts = np.add.reduceat(count, first)
        some = counts > 0
        out_mean[at[some]] = (np.add.reduceat(total, first)[some]) / counts[some]
        out_least[at[some]] = np.minimum.reduceat(least, first)[some]
        out_greatest[at[some]] = np.maximum.reduceat(greatest, first)[some]
        holds[at + 1] = last[final]
        source[at + 1] = at + 1
    empty = np.ones(n, np.bool_)
    empty[where] = False
    carried = holds[np.maximum.accumulate(source)][:-1]
    out_least[empty] = out_mean[empty] = out_greatest[empty] = carried[empty]
    centre = bins.start_ns + np.arange(n, dtype=np.int64) * bins.width_ns + bins.width_ns // 2
    return Trend(centre, out_least, out_mean, out_greatest, False)
