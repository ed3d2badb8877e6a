"""A plant's history out of a recording: any moment of a day at once, with memory that does not go with its length."""

import json
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twinswing.errors import InputError
from twinswing.plant.history import Changes, Snapshot, Trend
from twinswing.plant.intake import ActiveCode, active_codes
from twinswing.plant.journal import Action, LinkEvent, standing, within
from twinswing.plant.load import parse_plant
from twinswing.plant.model import Plant
from twinswing.plant.trend import bins_for, raw_trend, trend_of_minutes, trend_of_rows
from twinswing.plant.views import EMPTY_TREND, changes_of, held_number, held_row, snapshot_of
from twinswing.recording.plant_index import PLANT_RECORD
from twinswing.recording.plant_levels import MINUTE_NS
from twinswing.recording.plant_reader import PlantReader
from twinswing.recording.plant_rows import NEVER_NS
from twinswing.recording.reader import RecordingReader
from twinswing.streams.observations import LinkState


class RecordedHistory:
    """A `History` and a `Journal` of a recording; any thread may call any method.

    plant: the one that was recorded; None: read out of the recording itself.
    Raises InputError if the file is no recording, holds no plant or another one, or is damaged. One that was cut off is
    opened after `twinswing recover`.
    """

    def __init__(self, path: str | Path, plant: Plant | None = None) -> None:
        self.path = Path(path)
        self.live = False
        self._lock = threading.RLock()
        self._file = RecordingReader(path)
        try:
            self._reader = PlantReader(self._file)
            self.plant = plant if plant is not None else parse_plant(self._reader.text, str(path))
            self._check_items()
            self.texts = self._reader.texts
            self._links = [_link(message) for message in self._reader.links()]
            self._actions = [_action(message, self.path) for message in self._reader.actions()]
        except BaseException:
            self._file.close()
            raise

    def _check_items(self) -> None:
        if [item.path for item in self.plant.items] != self._reader.paths:
            raise InputError(
                f"{self.path} was recorded with other data items than those of the plant {self.plant.name}."
            )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def zero_unix_ns(self) -> int:
        """Unix time of session time zero, nanoseconds."""
        return self._file.index.zero_unix_ns

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last session time; what was true before zero already starts nothing."""
        span = self._reader.span_ns
        if span is None:
            return (0, 0)
        return (0 if span[1] >= 0 else span[0], span[1])

    @property
    def rows(self) -> int:
        """How many values the recording holds, stale marks included."""
        return self._reader.rows

    def at(self, t_ns: int) -> Snapshot:
        """Return what was known at a moment."""
        start, end = self.span_ns
        with self._lock:
            return snapshot_of(t_ns, self._reader.state_at(min(max(t_ns, start), end)).copy())

    def trend(self, item: int, start_ns: int, end_ns: int, points: int) -> Trend:
        """Return a number's course: raw if at most `points` values, else bins (of whole minutes if that wide)."""
        first, last = self.span_ns
        start_ns, end_ns = max(start_ns, first), min(end_ns, last)
        if end_ns < start_ns or self._reader.span_ns is None:
            return EMPTY_TREND
        with self._lock:
            read = self._reader
            if read.count_of(item, start_ns + 1, end_ns) < max(points, 2):
                held = held_number(read.state_at(start_ns), item)
                return raw_trend(read.rows_of(item, start_ns + 1, end_ns), held, start_ns)
            bins = bins_for(start_ns, end_ns, points)
            held = held_number(read.state_at(bins.start_ns - 1), item)
            if bins.whole_minutes:
                minutes = read.minutes_of(item, bins.start_ns // MINUTE_NS, bins.end_ns // MINUTE_NS)
                return trend_of_minutes(minutes, held, bins)
            return trend_of_rows(read.rows_of(item, bins.start_ns, bins.end_ns), held, bins)

    def changes(self, item: int, start_ns: int, end_ns: int) -> Changes:
        """Return all that was said of an item in a span (both ends count), after what held at its start."""
        with self._lock:
            held = held_row(self._reader.state_at(start_ns), item)
            return changes_of(held, self._reader.rows_of(item, start_ns + 1, end_ns))

    def conditions(self, item: int, t_ns: int) -> tuple[ActiveCode, ...]:
        """Return which codes of a condition were active at a moment, each with its level and message."""
        with self._lock:
            return active_codes(self._reader.rows_of(item, NEVER_NS, t_ns), self.texts)

    def actions(self, start_ns: int | None = None, end_ns: int | None = None) -> tuple[Action, ...]:
        """Return what people did in a span (see `Journal`)."""
        return within(self._actions, start_ns, end_ns)

    def links(self, start_ns: int | None = None, end_ns: int | None = None) -> tuple[LinkEvent, ...]:
        """Return the changes of all links in a span (see `Journal`)."""
        return within(self._links, start_ns, end_ns)

    def links_at(self, t_ns: int) -> dict[str, LinkEvent]:
        """Return how each source stood at a moment (see `Journal`)."""
        return standing(self._links, t_ns)


def holds_plant(path: str | Path) -> bool:
    """Tell whether a recording is one of a plant; raises InputError if it is no recording."""
    with RecordingReader(path) as reader:
        return reader.metadata(PLANT_RECORD) is not None


def _link(message: Any) -> LinkEvent:
    try:
        state = LinkState(message.state)
    except ValueError:
        state = LinkState.DOWN  # of a newer version: what is not known is not called live
    return LinkEvent(message.t_ns, message.source, state, message.message, tuple(message.items), message.lost)


def _action(message: Any, path: Path) -> Action:
    try:
        return Action(message.t_ns, message.kind, message.author, json.loads(message.document))
    except ValueError as error:
        raise InputError(f"{path} is damaged: the action at {message.t_ns / 1e9:.3f} s is no JSON.") from error
