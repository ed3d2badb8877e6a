"""Address: the last still moment before the club is taken away."""

import numpy as np
from numpy.typing import NDArray

from twinswing.swing.signals import SwingSignals

FloatArray = NDArray[np.float64]

# Frames of rest that have to be seen before the takeaway, as a share of the downswing: fewer can't show stillness.
_REST = 0.25
# The slowest takeaway lasts this many downswings until the shaft is level.
LONGEST_TAKEAWAY = 4.5


def find_takeaway(s: SwingSignals, begin: int, toe_up: float, sweep: float) -> tuple[float, float] | None:
    """Return address as (frame, sigma), or None where the clip starts after it.

    Every frame before toe-up is tried as the one at which hands and shoulders leave their rest: before it each signal
    is constant, after it the signal leaves as a square (and cube) of time, as anything does that starts from rest. The
    best fit is the takeaway; a waggle ends at rest again and so fits neither part.
    """
    end = int(toe_up)
    first = max(begin, int(toe_up - LONGEST_TAKEAWAY * sweep))
    rows = np.column_stack([s.hands[first : end + 1], 0.5 * s.turn_rad[first : end + 1]])
    n = len(rows)
    if n < 4:
        return None
    k = np.arange(n, dtype=np.float64)
    noise = np.maximum(np.median(np.abs(np.diff(rows, axis=0)), axis=0), 0.004)
    rows = rows / noise
    rest = max(round(_REST * sweep), 2)
    best = (np.inf, -1)
    cost = np.full(n, np.inf)
    for a in range(1, n - 2):
        after = np.clip((k - a) / (n - a), 0.0, None)
        basis = np.column_stack([np.ones(n), after**2, after**3])
        fit, *_ = np.linalg.lstsq(basis, rows, rcond=None)
        left = np.abs(rows - basis @ fit)
        cost[a] = float(np.sum(np.minimum(left, 6.0)))
        best = min(best, (cost[a], a))
    at = best[1]
    if first == 0 and at < rest:
        return None
    close = np.flatnonzero(cost < best[0] * 1.03)
    sigma = max(float(close[-1] - close[0]) / 4.0, 0.8)
    return float(first + at), sigma
