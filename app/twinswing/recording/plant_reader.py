"""Reads a plant's history out of a recording: any moment, any item's rows, any item's minutes, a few chunks each."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from google.protobuf.message import DecodeError

from twinswing.errors import InputError
from twinswing.recording import schemas, topics
from twinswing.recording.chunks import scan_messages
from twinswing.recording.plant_index import (
    ACTIONS,
    BATCHES,
    GROUP_ITEMS,
    INDEX,
    KEYFRAMES,
    LINKS,
    MINUTES,
    PLANT_RECORD,
    PlantLayout,
    PlantTables,
)
from twinswing.recording.plant_levels import Minutes, joined_minutes, minutes_of
from twinswing.recording.plant_rows import NO_ROWS, NO_TEXT, PlantState, Rows, joined, rows_of
from twinswing.recording.reader import RecordingReader

T = TypeVar("T")
# Rows and messages kept decoded: the neighbourhood of a playhead, and some items' trends; about 40 MB.
_ROWS_KEPT = 1_000_000
_BATCHES_KEPT = 2_048


class PlantReader:
    """A plant's history in an open recording; not thread-safe.

    Raises InputError if the recording holds no plant, or is damaged. A recording that was cut off and recovered has no
    index: it is then read through once, and the last hour or so that its series lack is kept in memory.
    """

    def __init__(self, reader: RecordingReader) -> None:
        self._reader = reader
        about = reader.metadata(PLANT_RECORD)
        if not isinstance(about, dict) or not isinstance(about.get("items"), list):
            raise InputError(f"{reader.path} holds no plant; a swing's recording opens with `twinswing open`.")
        self.name = str(about.get("name", ""))
        self.text = str(about.get("text", ""))
        self.paths: list[str] = [str(path) for path in about["items"]]
        self.texts: list[str] = []
        self._tail = NO_ROWS
        self._kept: OrderedDict[tuple[str, int], Any] = OrderedDict()
        self._kept_rows = 0
        self._state: tuple[int, PlantState] | None = None
        self._topics = [topics.plant(*path.rpartition("/")[::2]) for path in self.paths]
        self._channel = reader.channel_of
        self._load()
        self._codes = {text: code for code, text in enumerate(self.texts)}
        order = np.argsort(self.layout.series["item"], kind="stable")
        self._series = self.layout.series[order]
        self._series_start = np.searchsorted(self._series["item"], np.arange(len(self.paths) + 1))

    # The parts

    @property
    def span_ns(self) -> tuple[int, int] | None:
        """First and last time of any row, or None."""
        batches = self.layout.batches
        return (int(batches["first"].min()), int(batches["last"].max())) if len(batches) else None

    @property
    def rows(self) -> int:
        """Rows in all."""
        return int(self.layout.series["count"].sum()) + len(self._tail)

    def state_at(self, t_ns: int) -> PlantState:
        """Return every item's state at a moment, not to be changed: a keyframe and the rows between it and there."""
        # Many items are asked for at one moment, one after another.
        if self._state is None or self._state[0] != t_ns:
            self._state = (t_ns, self._find_state(t_ns))
        return self._state[1]

    def _find_state(self, t_ns: int) -> PlantState:
        keyframes, batches = self.layout.keyframes, self.layout.batches
        number = int(np.searchsorted(keyframes["newest"], t_ns, side="right")) - 1
        first = 0
        state = PlantState.unheard(len(self.paths))
        if number >= 0:
            first = int(np.searchsorted(batches["sequence"], keyframes["batch"][number]))
            state = self._cached("keyframe", number, self._keyframe, 0).copy()
        near = first + np.flatnonzero(batches["first"][first:] <= t_ns)
        for place in near.tolist():
            state.apply(self._batch(place), t_ns)
        return state

    def rows_of(self, item: int, start_ns: int, end_ns: int) -> Rows:
        """Return an item's rows with `start_ns <= t_ns <= end_ns`, by time, those of one time as they arrived."""
        low, high = self._series_start[item : item + 2].tolist()
        entries = self._series[low:high]
        near = np.flatnonzero((entries["first"] <= end_ns) & (entries["last"] >= start_ns))
        parts = [self._one_series(low + place) for place in near.tolist()]
        if len(self._tail):
            parts.append(self._tail.take(self._tail.item == item))
        found = joined(parts).in_time_order()
        start = int(np.searchsorted(found.t_ns, start_ns, side="left"))
        return found.take(slice(start, int(np.searchsorted(found.t_ns, end_ns, side="right"))))

    def count_of(self, item: int, start_ns: int, end_ns: int) -> int:
        """Return how many rows `rows_of` would; reads only the series that lie partly within."""
        low, high = self._series_start[item : item + 2].tolist()
        entries = self._series[low:high]
        inside = (entries["first"] >= start_ns) & (entries["last"] <= end_ns)
        count = int(entries["count"][inside].sum())
        partly = np.flatnonzero(~inside & (entries["first"] <= end_ns) & (entries["last"] >= start_ns))
        parts = [self._one_series(low + place) for place in partly.tolist()]
        if len(self._tail):
            parts.append(self._tail.take(self._tail.item == item))
        times = joined(parts).t_ns
        return count + int(np.count_nonzero((times >= start_ns) & (times <= end_ns)))

    def minutes_of(self, item: int, first: int, last: int) -> Minutes:
        """Return an item's minutes from one to another, both included."""
        table = self.layout.minutes
        mine = (table["group"] == item // GROUP_ITEMS) & (table["first"] <= last) & (table["last"] >= first)
        parts = []
        for place in np.flatnonzero(mine).tolist():
            minutes = self._minutes(place)
            low, high = np.searchsorted(minutes.item, [item, item + 1]).tolist()
            parts.append(minutes.take(slice(low, high)))
        if len(self._tail):
            parts.append(minutes_of(self._tail.take(self._tail.item == item)))
        found = joined_minutes(parts)
        return found.take((found.minute >= first) & (found.minute <= last))

    def links(self) -> list[Any]:
        """Return the messages of all links' changes, as they came."""
        return self._journal(LINKS, schemas.PlantLink)

    def actions(self) -> list[Any]:
        """Return the messages of all that people did, as they came."""
        return self._journal(ACTIONS, schemas.PlantAction)

    def _journal(self, topic: str, kind: Any) -> list[Any]:
        return [m for chunk in self.layout.journal["chunk"].tolist() for m in self._in_chunk(chunk, topic, kind)]

    # Decoding

    def _keyframe(self, number: int) -> PlantState:
        entry = self.layout.keyframes[number]
        message = self._find(entry["chunk"], KEYFRAMES, schemas.PlantKeyframe, lambda m: m.batch == entry["batch"])
        if message.items != len(self.paths):
            raise InputError(f"{self._reader.path} is damaged: a keyframe has {message.items} items.")
        return PlantState.unpack(message.state, message.items)

    def _batch(self, place: int) -> Rows:
        def read(place: int) -> Rows:
            entry = self.layout.batches[place]
            found = self._find(entry["chunk"], BATCHES, schemas.PlantBatch, lambda m: m.sequence == entry["sequence"])
            return self._checked(Rows.unpack(found.rows, found.count))

        return self._cached("batch", place, read, None)

    def _one_series(self, place: int) -> Rows:
        def read(place: int) -> Rows:
            entry = self._series[place]
            topic = self._topics[int(entry["item"])]
            found = self._find(entry["chunk"], topic, schemas.PlantSeries, lambda m: m.sequence == entry["sequence"])
            return self._series_rows(found)

        return self._cached("series", place, read, None)

    def _series_rows(self, message: Any) -> Rows:
        n = len(message.offset_ns)
        codes = np.array([*(self._codes.get(text, NO_TEXT) for text in message.texts), NO_TEXT], np.int32)
        try:
            return rows_of(
                np.full(n, message.item, np.int32),
                np.array(message.offset_ns, np.int64) + message.t_ns,
                np.array(message.number) if len(message.number) else None,
                codes[np.array(message.text, np.int32)] if len(message.text) else None,
                np.array(message.quality, np.uint8) if len(message.quality) else None,
                codes[np.array(message.detail, np.int32)] if len(message.detail) else None,
            )
        except (ValueError, IndexError, OverflowError) as error:
            raise InputError(f"{self._reader.path} is damaged: a series cannot be read ({error}).") from error

    def _minutes(self, place: int) -> Minutes:
        def read(place: int) -> Minutes:
            entry = self.layout.minutes[place]
            found = self._find(entry["chunk"], MINUTES, schemas.PlantMinutes, lambda m: m.sequence == entry["sequence"])
            return Minutes.unpack(found.rows, found.count)

        return self._cached("minutes", place, read, None)

    def _checked(self, rows: Rows) -> Rows:
        if len(rows) and not 0 <= int(rows.item.min()) <= int(rows.item.max()) < len(self.paths):
            raise InputError(f"{self._reader.path} is damaged: a batch names an item that the plant does not have.")
        return rows

    def _cached(self, what: str, place: int, read: Callable[[int], T], size: int | None) -> T:
        key = (what, place)
        held = self._kept.get(key)
        if held is not None:
            self._kept.move_to_end(key)
            return held[0]  # type: ignore[no-any-return]
        made = read(place)
        cost = len(made) if size is None else len(self.paths)  # type: ignore[arg-type]
        self._kept[key] = (made, cost)
        self._kept_rows += cost
        while len(self._kept) > 1 and (self._kept_rows > _ROWS_KEPT or len(self._kept) > _BATCHES_KEPT):
            self._kept_rows -= self._kept.popitem(last=False)[1][1]
        return made

    def _find(self, chunk: int, topic: str, kind: Any, wanted: Callable[[Any], bool]) -> Any:
        for message in self._in_chunk(int(chunk), topic, kind):
            if wanted(message):
                return message
        raise InputError(f"{self._reader.path} is damaged: its plant's index points to nothing on {topic}.")

    def _in_chunk(self, chunk: int, topic: str, kind: Any) -> Iterator[Any]:
        for data in self._reader.in_chunk(chunk, topic):
            message = kind()
            try:
                message.ParseFromString(data)
            except DecodeError as error:
                raise InputError(f"{self._reader.path} is damaged: a message on {topic} cannot be read.") from error
            yield message

    # Opening

    def _load(self) -> None:
        chunks = self._reader.index.chunks
        ident = self._channel(INDEX)
        # The index lies at the end; what was added later (a note) follows it.
        for number in reversed(range(max(len(chunks) - 64, 0), len(chunks))):
            if ident is not None and (chunks[number].offsets["channel"] == ident).any():
                message = next(self._in_chunk(number, INDEX, schemas.PlantIndex), None)
                # A recovery may have left out a chunk: then the places in the index are others'.
                if message is not None and message.chunk == number:
                    try:
                        self.layout = PlantLayout.of_message(message)
                    except ValueError as error:
                        raise InputError(f"{self._reader.path} is damaged: its plant's index is cut off.") from error
                    self.texts = list(message.texts)
                    return
        self._scan()

    def _scan(self) -> None:
        """Read the recording through, to find what an index would say, and the rows that are in no series yet."""
        tables = PlantTables()
        texts: dict[int, str] = {}
        channels = {self._channel(topic): topic for topic in self._reader.topics}
        item_topics = frozenset(self._topics)
        settled = (0, 0, 0)
        for chunk in range(len(self._reader.index.chunks)):
            for _, ident, _, data in scan_messages(self._reader.chunk(chunk)):
                topic = channels.get(ident, "")
                if topic == BATCHES:
                    batch = schemas.PlantBatch.FromString(data)
                    texts.update(enumerate(batch.texts, start=batch.first_text))
                    rows = self._checked(Rows.unpack(batch.rows, batch.count))
                    tables.batches.add(chunk, batch.sequence, int(rows.t_ns.min()), int(rows.t_ns.max()))
                elif topic == KEYFRAMES:
                    keyframe = schemas.PlantKeyframe.FromString(data)
                    tables.keyframes.add(chunk, keyframe.t_ns, keyframe.batch)
                    settled = (keyframe.settled_batch, keyframe.settled_series, keyframe.settled_minutes)
                elif topic == MINUTES:
                    found = schemas.PlantMinutes.FromString(data)
                    minutes = Minutes.unpack(found.rows, found.count)
                    low, high = int(minutes.minute.min()), int(minutes.minute.max())
                    tables.minutes.add(found.group, chunk, found.sequence, low, high)
                elif topic in item_topics:
                    series = schemas.PlantSeries.FromString(data)
                    times = np.array(series.offset_ns, np.int64) + series.t_ns
                    entry = (series.item, chunk, series.sequence, int(times.min()), int(times.max()), len(times))
                    tables.series.add(*entry)
                elif topic in (LINKS, ACTIONS):
                    tables.journal.add(chunk)
        self.texts = [texts.get(code, "(lost)") for code in range(max(texts, default=-1) + 1)]
        self.layout = PlantLayout.of_tables(tables)
        self._restore_tail(settled)

    def _restore_tail(self, settled: tuple[int, int, int]) -> None:
        """Take the rows that came after all series and minutes were written last from the batches alone."""
        batches, series, minutes = self.layout.batches, self.layout.series, self.layout.minutes
        first = int(np.searchsorted(batches["sequence"], settled[0]))
        self._tail = joined([self._batch(place) for place in range(first, len(batches))])
        series, minutes = series[series["sequence"] < settled[1]], minutes[minutes["sequence"] < settled[2]]
        self.layout = replace(self.layout, series=series, minutes=minutes)
