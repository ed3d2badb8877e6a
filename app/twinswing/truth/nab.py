"""The Numenta Anomaly Benchmark's score, standard profile (Lavin and Ahmad 2015, arXiv 1510.03336).

Detections inside a labelled window count once, the earlier the more; those outside cost a little, the more the farther
after a window; a missed window costs one. Zero is a detector that says nothing, 100 one that says every window's
first row alone.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = 1.0, 0.11, 1.0  # the standard profile's weights
PROBATION_SHARE, PROBATION_LONGEST = 0.15, 5000  # rows at the start that a detector may learn from


def probation(rows: int) -> int:
    """Return how many rows at the start do not count."""
    return int(PROBATION_SHARE * min(rows, PROBATION_LONGEST))


def nab_score(detected: ArrayLike, windows: Sequence[tuple[int, int]]) -> float:
    """Score detections, shape (rows,), against windows of first and last row (both inside), by time."""
    flags = np.asarray(detected, dtype=bool).copy()
    flags[: probation(len(flags))] = False
    if not windows:
        raise ValueError("expected at least one labelled window, found none")
    score = 0.0
    outside = flags.copy()
    for first, last in windows:
        outside[first : last + 1] = False
        hits = np.flatnonzero(flags[first : last + 1])
        if len(hits):
            # Relative place: -1 at the window's first row, 0 just past its last.
            place = -(last - first + 1 - hits[0]) / (last - first + 1)
            score += TRUE_POSITIVE * float(_sigmoid(place) / _sigmoid(-1.0))
        else:
            score -= FALSE_NEGATIVE
    for row in np.flatnonzero(outside).tolist():
        before = [w for w in windows if w[1] < row]
        place = (row - before[-1][1]) / max(before[-1][1] - before[-1][0], 1) if before else 4.0
        score += FALSE_POSITIVE * (float(_sigmoid(place)) if place <= 3.0 else -1.0)
    return 100.0 * (score + FALSE_NEGATIVE * len(windows)) / ((TRUE_POSITIVE + FALSE_NEGATIVE) * len(windows))


def _sigmoid(place: float) -> NDArray[np.float64]:
    return np.asarray(2.0 / (1.0 + np.exp(5.0 * place)) - 1.0)
