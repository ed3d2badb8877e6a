"""Where the parts of a plant's history lie in a recording: tables that are written at its end and read at once."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

PLANT_RECORD = "twinswing/plant"
BATCHES = "/plant/batches"
KEYFRAMES = "/plant/keyframes"
MINUTES = "/plant/minutes"
INDEX = "/plant/index"
LINKS = "/plant/links"
ACTIONS = "/plant/actions"
# Items whose minutes share a message: an hour of them stays below a chunk.
GROUP_ITEMS = 64

# chunk: which of the file's; sequence: the message's own number; first, last: session times (minutes: minutes).
BATCH = np.dtype([("chunk", "<u4"), ("sequence", "<u4"), ("first", "<i8"), ("last", "<i8")])
KEYFRAME = np.dtype([("chunk", "<u4"), ("newest", "<i8"), ("batch", "<u4")])
SERIES = np.dtype([
    ("item", "<i4"), ("chunk", "<u4"), ("sequence", "<u4"), ("first", "<i8"), ("last", "<i8"), ("count", "<u4"),
])  # fmt: skip
MINUTE = np.dtype([("group", "<u4"), ("chunk", "<u4"), ("sequence", "<u4"), ("first", "<i8"), ("last", "<i8")])
JOURNAL = np.dtype([("chunk", "<u4")])


class Table:
    """Rows of one kind that are added one by one and kept packed."""

    def __init__(self, kind: np.dtype[np.void]) -> None:
        self._rows = np.zeros(256, kind)
        self._count = 0

    def add(self, *values: int) -> None:
        """Add a row."""
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[self._count] = values
        self._count += 1

    @property
    def rows(self) -> NDArray[np.void]:
        """All rows, as a structured array."""
        return self._rows[: self._count]


@dataclass
class PlantTables:
    """All tables of a recording."""

    batches: Table = field(default_factory=lambda: Table(BATCH))
    keyframes: Table = field(default_factory=lambda: Table(KEYFRAME))
    series: Table = field(default_factory=lambda: Table(SERIES))
    minutes: Table = field(default_factory=lambda: Table(MINUTE))
    journal: Table = field(default_factory=lambda: Table(JOURNAL))


@dataclass(frozen=True)
class PlantLayout:
    """All tables as they were read; raises ValueError if the bytes are no whole rows."""

    batches: NDArray[np.void]
    keyframes: NDArray[np.void]
    series: NDArray[np.void]
    minutes: NDArray[np.void]
    journal: NDArray[np.void]

    @classmethod
    def of_message(cls, message: Any) -> "PlantLayout":
        """Read the tables of a PlantIndex."""
        return cls(
            np.frombuffer(message.batches, BATCH),
            np.frombuffer(message.keyframes, KEYFRAME),
            np.frombuffer(message.series, SERIES),
            np.frombuffer(message.minutes, MINUTE),
            np.unique(np.frombuffer(message.journal, JOURNAL)),
        )

    @classmethod
    def of_tables(cls, tables: PlantTables) -> "PlantLayout":
        """Take the tables of a scan."""
        rows = (tables.batches.rows, tables.keyframes.rows, tables.series.rows, tables.minutes.rows)
        return cls(*rows, np.unique(tables.journal.rows))
