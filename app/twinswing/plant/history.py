"""What was known of a plant at a moment: the one face of a history, be it in a recording or still being made.

Times are session nanoseconds (those of the recording), items are numbers in `Plant.items`' order. Text values are
codes into `History.texts`, so that states compare as integers and a snapshot is a few arrays.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.model import Plant

Numbers = NDArray[np.float64]
Times = NDArray[np.int64]
Codes = NDArray[np.int32]
Qualities = NDArray[np.uint8]

NO_TEXT = -1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every item at one moment, arrays of length len(plant.items).

    number: NaN where the value is text or not known; text: code or NO_TEXT; quality: `observations.Quality`;
    since_ns: when the value that holds was observed (-1 where there never was one).
    A STALE item keeps the last number or text here, so that it can be shown greyed out: look at quality first.
    """

    t_ns: int
    number: Numbers
    text: Codes
    quality: Qualities
    since_ns: Times


@dataclass(frozen=True, slots=True)
class Trend:
    """A number over time, at most as many points as asked for: each a bin's least, mean and greatest.

    Where nothing was known there is a NaN. raw: whether each bin is one observation, not a summary.
    """

    t_ns: Times
    least: Numbers
    mean: Numbers
    greatest: Numbers
    raw: bool


@dataclass(frozen=True, slots=True)
class Changes:
    """Every observation of an item in a span, and the one that held at its start (whose time may lie before it).

    detail: of a condition: the code of "level<TAB>native code<TAB>message" of what came or went, or NO_TEXT.
    """

    t_ns: Times
    number: Numbers
    text: Codes
    quality: Qualities
    detail: Codes | None = None


class History(Protocol):
    """A plant's past up to now."""

    plant: Plant
    texts: list[str]  # only ever grows

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last session time, nanoseconds; the end moves while it is live."""

    @property
    def zero_unix_ns(self) -> int:
        """Unix time of session time zero, nanoseconds."""

    @property
    def live(self) -> bool:
        """Whether more may come."""

    def at(self, t_ns: int) -> Snapshot:
        """Return what was known at a moment; outside the span that of its nearer end."""

    def trend(self, item: int, start_ns: int, end_ns: int, points: int) -> Trend:
        """Return a number's course, summarised to at most `points` bins."""

    def changes(self, item: int, start_ns: int, end_ns: int) -> Changes:
        """Return all that was said of an item, for states, counts and conditions."""
