"""Writes a plant's history into a recording, so that any moment and any item's course are found without reading all.

Each value is written twice: in a batch of all items, by arrival, within a second or so (what a crash can cost, and what
a moment is put together from, with a keyframe before it), and later in its item's own series (what a trend is read
from, and what other programs show). Minutes of all items are summed up besides.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinswing.recording import schemas, topics
from twinswing.recording.container import ChunkLimits
from twinswing.recording.plant_index import (
    ACTIONS,
    BATCHES,
    GROUP_ITEMS,
    INDEX,
    KEYFRAMES,
    LINKS,
    MINUTES,
    PLANT_RECORD,
    PlantTables,
)
from twinswing.recording.plant_levels import MINUTE_NS, Minutes, joined_minutes, minutes_of
from twinswing.recording.plant_rows import NEVER_NS, NO_TEXT, PlantState, Rows, joined
from twinswing.recording.writing import RecordingFile

# Chunks are closed by the clock (`commit`), not by session time: a simulation's hour may pass in a second.
PLANT_CHUNKS = ChunkLimits(size_bytes=256 * 1024, span_s=1e9)


@dataclass(frozen=True)
class PlantWriterSettings:
    """How often what is written.

    batch_rows    : rows of a batch at most: half a chunk's worth after compression.
    keyframe_rows : rows between keyframes at least, and
    keyframe_share: rows an item between keyframes at least: a keyframe costs an item what one row costs, so an eighth.
    series_rows   : values of a series' message: 7 KB, of which a chunk holds some forty.
    settle_rows   : rows after which all series and minutes are written, whatever their size: what the reader of a
                    recording that was cut off has to put together again (120 MB).
    settle_ns     : session time after which the same is done.
    """

    batch_rows: int = 16_384
    keyframe_rows: int = 8_192
    keyframe_share: int = 8
    series_rows: int = 256
    settle_rows: int = 4_000_000
    settle_ns: int = 60 * MINUTE_NS


DEFAULT_SETTINGS = PlantWriterSettings()
# Rows of minutes that may wait before they are joined.
_MINUTES_WAITING = 200_000


class PlantWriter:
    """Writes rows into an open recording; not thread-safe. The recording itself stays the caller's to close.

    items: path and unit of each, in the plant's order; text: the plant's file; texts: the table that the rows' codes
    point into, which may grow meanwhile.
    Every method raises InputError if the file cannot be written.
    """

    def __init__(
        self,
        file: RecordingFile,
        items: Sequence[tuple[str, str]],
        texts: Sequence[str],
        *,
        name: str = "",
        text: str = "",
        settings: PlantWriterSettings = DEFAULT_SETTINGS,
    ) -> None:
        self._file = file
        self._texts = texts
        self._texts_written = 0
        self._settings = settings
        self._units = [unit for _, unit in items]
        self._topics = [topics.plant(*path.rpartition("/")[::2]) for path, _ in items]
        file.add_metadata(PLANT_RECORD, {"name": name, "text": text, "items": [path for path, _ in items]})
        self._tables = PlantTables()
        self._state = PlantState.unheard(len(items))
        self._newest = NEVER_NS
        self._pending: list[Rows] = []
        self._series: list[Rows] = []
        # Series begin at different lengths, so that not all items' are full in the same second.
        self._waiting = (np.arange(len(items)) * 89) % settings.series_rows
        self._minutes: list[Minutes] = []
        self._minutes_rows = 0
        self._batches = 0
        self._since_keyframe = 0
        self._since_settled = 0
        self._settled_ns: int | None = None
        self._settled = (0, 0, 0)
        self._closed = False
        self.rows = 0

    def add(self, rows: Rows) -> None:
        """Take rows, to be written by the next `commit`."""
        if len(rows):
            self._pending.append(rows)

    def add_link(self, t_ns: int, source: str, state: str, message: str, items: Sequence[str], lost: int) -> None:
        """Write a change in how a source stands with its peer."""
        said = schemas.PlantLink(t_ns=t_ns, source=source, state=state, message=message, items=items, lost=max(lost, 0))
        self._file.write(LINKS, said, t_ns)
        self._tables.journal.add(self._file.open_chunk)

    def add_action(self, t_ns: int, kind: str, author: str, document: str) -> None:
        """Write what a person did; the document is JSON text."""
        json.loads(document)
        done = schemas.PlantAction(t_ns=t_ns, kind=kind, author=author, document=document)
        self._file.write(ACTIONS, done, t_ns)
        self._tables.journal.add(self._file.open_chunk)

    def commit(self) -> None:
        """Write all that was added and hand it to the operating system."""
        rows = joined(self._pending)
        self._pending = []
        for start in range(0, len(rows), self._settings.batch_rows):
            self._write_batch(rows.take(slice(start, start + self._settings.batch_rows)))
        self._file.flush()

    def close(self) -> None:
        """Write what is left and the index; nothing can be added after."""
        if self._closed:
            return
        self._closed = True
        self.commit()
        self._settle()
        self._file.flush()
        tables = self._tables
        index = schemas.PlantIndex(
            t_ns=self._log_ns(),
            chunk=self._file.open_chunk,
            batches=tables.batches.rows.tobytes(),
            keyframes=tables.keyframes.rows.tobytes(),
            series=tables.series.rows.tobytes(),
            minutes=tables.minutes.rows.tobytes(),
            journal=tables.journal.rows.tobytes(),
            texts=self._texts[: self._texts_written],
        )
        self._file.write(INDEX, index, self._log_ns())
        self._file.flush()

    def _log_ns(self) -> int:
        """When a message is filed: at the newest time so far, so that the chunks of a file follow each other."""
        return 0 if self._newest == NEVER_NS else self._newest

    def _write_batch(self, rows: Rows) -> None:
        settings = self._settings
        if self._since_keyframe >= max(settings.keyframe_rows, settings.keyframe_share * len(self._units)):
            self._write_keyframe()
        self._newest = max(self._newest, int(rows.t_ns.max()))
        new = list(self._texts[self._texts_written :])
        batch = schemas.PlantBatch(
            t_ns=self._newest,
            sequence=self._batches,
            count=len(rows),
            rows=rows.pack(),
            first_text=self._texts_written,
            texts=new,
        )
        self._texts_written += len(new)
        self._file.write(BATCHES, batch, self._newest)
        first, last = int(rows.t_ns.min()), int(rows.t_ns.max())
        self._tables.batches.add(self._file.open_chunk, self._batches, first, last)
        self._batches += 1
        self.rows += len(rows)
        self._since_keyframe += len(rows)
        self._since_settled += len(rows)
        self._state.apply(rows)
        self._sum_up(rows)
        self._collect(rows)
        if self._settled_ns is None:
            self._settled_ns = self._newest
        if self._since_settled >= settings.settle_rows or self._newest - self._settled_ns >= settings.settle_ns:
            self._settle()

    def _write_keyframe(self) -> None:
        keyframe = schemas.PlantKeyframe(
            t_ns=self._newest,
            batch=self._batches,
            items=len(self._units),
            state=self._state.pack(),
            settled_batch=self._settled[0],
            settled_series=self._settled[1],
            settled_minutes=self._settled[2],
        )
        self._file.write(KEYFRAMES, keyframe, self._newest)
        self._tables.keyframes.add(self._file.open_chunk, self._newest, self._batches)
        self._since_keyframe = 0

    def _sum_up(self, rows: Rows) -> None:
        made = minutes_of(rows)
        self._minutes.append(made)
        self._minutes_rows += len(made)
        if self._minutes_rows > _MINUTES_WAITING:
            self._minutes = [joined_minutes(self._minutes)]
            # Joined they may still be many, where there are many items: wait for as many again.
            self._minutes_rows = 0

    def _collect(self, rows: Rows) -> None:
        """Put rows with their items' series, and write those that are long enough."""
        self._series.append(rows)
        self._waiting += np.bincount(rows.item, minlength=len(self._waiting))
        due = self._waiting >= self._settings.series_rows
        if due.any():
            held = joined(self._series)
            ready = due[held.item]
            self._write_series(held.take(ready))
            self._series = [held.take(~ready)]
            self._waiting[due] = 0

    def _settle(self) -> None:
        """Write all series and minutes: an item's course then needs none of the batches before."""
        if not self._since_settled:
            return
        self._write_series(joined(self._series))
        self._series = []
        self._waiting[:] = 0
        minutes = joined_minutes(self._minutes)
        self._minutes, self._minutes_rows = [], 0
        groups = minutes.item // GROUP_ITEMS
        for group in np.unique(groups).tolist():
            self._write_minutes(group, minutes.take(groups == group))
        self._since_settled = 0
        self._settled_ns = self._newest
        self._settled = (self._batches, len(self._tables.series.rows), len(self._tables.minutes.rows))
        self._write_keyframe()

    def _write_minutes(self, group: int, minutes: Minutes) -> None:
        table = self._tables.minutes
        number = len(table.rows)
        message = schemas.PlantMinutes(
            t_ns=self._newest, group=group, sequence=number, count=len(minutes), rows=minutes.pack()
        )
        self._file.write(MINUTES, message, self._newest)
        low, high = int(minutes.minute.min()), int(minutes.minute.max())
        table.add(group, self._file.open_chunk, number, low, high)

    def _write_series(self, rows: Rows) -> None:
        if not len(rows):
            return
        rows = rows.take(np.argsort(rows.item, kind="stable"))
        starts = np.flatnonzero(np.concatenate([[True], np.diff(rows.item) != 0])).tolist()
        size = self._settings.series_rows
        for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
            item = int(rows.item[start])
            for at in range(start, end, size):
                self._write_one(item, rows.take(slice(at, min(at + size, end))))

    def _write_one(self, item: int, rows: Rows) -> None:
        table = self._tables.series
        number = len(table.rows)
        first = int(rows.t_ns[0])
        message = schemas.PlantSeries(
            t_ns=first, item=item, sequence=number, unit=self._units[item], offset_ns=(rows.t_ns - first).tolist()
        )
        if not np.isnan(rows.number).all():
            message.number.extend(rows.number.tolist())
        if rows.quality.any():
            message.quality.extend(rows.quality.tolist())
        self._put_texts(message, rows)
        self._file.write(self._topics[item], message, self._newest)
        low, high = int(rows.t_ns.min()), int(rows.t_ns.max())
        table.add(item, self._file.open_chunk, number, low, high, len(rows))

    def _put_texts(self, message: Any, rows: Rows) -> None:
        """Write the texts that a series uses into its message, so that it is read by itself."""
        used = np.unique(np.concatenate([rows.text, rows.detail]))
        used = used[used != NO_TEXT]
        if not len(used):
            return
        message.texts.extend(self._texts[code] for code in used.tolist())
        for column, out in ((rows.text, message.text), (rows.detail, message.detail)):
            if (column != NO_TEXT).any():
                out.extend(np.where(column == NO_TEXT, NO_TEXT, np.searchsorted(used, column)).tolist())
