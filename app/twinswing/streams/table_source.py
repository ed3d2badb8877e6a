"""History in a table: CSV or Parquet, wide (a column an item) or long (a row a value), as a source.

Rows are read in slices and delivered in the file's order. A row that cannot be read is counted and told, never dropped
in silence; what was read of it before the damage counts.
"""

import asyncio
import contextlib
import csv
import itertools
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from twinswing.errors import InputError, MissingPartError
from twinswing.streams.mtconnect_values import is_unavailable, number_of
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Quality, Sink
from twinswing.streams.pacing import Pacing
from twinswing.streams.stamps import any_ns, iso_ns, unix_ns

_ROWS = 2000  # a slice: some ten milliseconds of reading, then others have their turn
_FIELD_BYTES = 1 << 20
_TIMES = ("time", "timestamp", "t", "t_s", "t_ns", "date", "datetime")
_ITEMS = ("item", "tag", "name", "address", "dataitemid")
_VALUES = ("value", "val")
_SCALES = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
_TIME_FORMATS = ("auto", "iso", *_SCALES)


@dataclass(frozen=True)
class TableSettings:
    """How a table is laid out.

    layout: wide, long, or auto (long where there are a time, an item and a value column). time, item, value: the
    columns' names, empty for the usual ones. time_format: iso, s, ms, us, ns, or auto, which tells a Unix time's scale
    by its size. delimiter: of a CSV; empty: told from the head. speed: 1 as it was, 0 as fast as possible.
    """

    layout: str = "auto"
    time: str = ""
    item: str = ""
    value: str = ""
    time_format: str = "auto"
    delimiter: str = ""
    speed: float = 0.0
    longest_wait_s: float = 60.0

    def __post_init__(self) -> None:
        if self.layout not in ("auto", "wide", "long"):
            raise InputError(f"expected the layout auto, wide or long, found {self.layout!r}")
        if self.time_format not in _TIME_FORMATS:
            raise InputError(f"expected a time format of {', '.join(_TIME_FORMATS)}, found {self.time_format!r}")


class _UnixNs(int):
    """A time that is in nanoseconds already, whatever the settings say of times."""


@dataclass(frozen=True, slots=True)
class _Columns:
    names: tuple[str, ...]
    time: int
    item: int  # -1: wide
    value: int


class TableReader:
    """Turns rows into observations; pure. `bad` counts the rows that could not be read whole, `first_bad` says why."""

    def __init__(self, header: Sequence[str], settings: TableSettings, where: str) -> None:
        self._settings = settings
        self._columns = _columns([str(name).strip() for name in header], settings, where)
        self.rows = 0
        self.bad = 0
        self.first_bad = ""

    def row(self, cells: Sequence[Any], line: int) -> list[Observation]:
        """Return what one row says; `line` is where it stands in the file."""
        columns = self._columns
        self.rows += 1
        if len(cells) != len(columns.names):
            self._spoilt(line, f"expected {len(columns.names)} fields, found {len(cells)}")
            if len(cells) <= max(columns.time, columns.item, columns.value):
                return []
        try:
            t_ns = self._time(cells[columns.time])
        except InputError as error:
            self._spoilt(line, str(error))
            return []
        if columns.item >= 0:
            item = str(cells[columns.item] if cells[columns.item] is not None else "").strip()
            if not item:
                self._spoilt(line, "expected the name of an item, found none")
                return []
            return [_cell(item, t_ns, cells[columns.value])]
        # An empty cell of a wide table says nothing: its item was not sampled then.
        return [
            _cell(name, t_ns, cell)
            for place, (name, cell) in enumerate(zip(columns.names, cells, strict=False))
            if place != columns.time and cell is not None and cell != ""
        ]

    def told_bad(self) -> str:
        """Return a sentence about the rows that were not read whole; empty where there were none."""
        what = "row" if self.bad == 1 else "rows"
        return f"{self.bad} {what} not read whole ({self.first_bad})" if self.bad else ""

    def _spoilt(self, line: int, reason: str) -> None:
        self.bad += 1
        self.first_bad = self.first_bad or f"the first is line {line}: {reason}"

    def _time(self, cell: Any) -> int:
        how = self._settings.time_format
        if isinstance(cell, _UnixNs):
            return unix_ns(int(cell), 1)
        if isinstance(cell, datetime):
            return iso_ns(cell.isoformat())
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            if how == "iso":
                raise InputError(f"expected an ISO 8601 time, found the number {cell}")
            return unix_ns(cell, _SCALES.get(how, 0))
        text = str(cell if cell is not None else "").strip()
        if how == "auto":
            return any_ns(text)
        if how == "iso":
            return iso_ns(text)
        number = number_of(text)
        if number is None:
            raise InputError(f"expected a Unix time in {how}, found {text[:60]!r}")
        return (
            _decimal_ns(text, _SCALES[how]) if re.fullmatch(r"-?\d+(\.\d*)?", text) else unix_ns(number, _SCALES[how])
        )


def _decimal_ns(text: str, scale: int) -> int:
    """Return a decimal Unix time exactly; a float holds no nanoseconds of today."""
    sign = -1 if text.startswith("-") else 1
    whole, _, part = text.lstrip("-").partition(".")
    digits = len(str(scale)) - 1
    return unix_ns(sign * (int(whole) * scale + int((part + "0" * digits)[:digits] or 0)), 1)


def _columns(names: list[str], settings: TableSettings, where: str) -> _Columns:
    folded = [name.lower() for name in names]

    def find(given: str, usual: Sequence[str]) -> int:
        if given:
            if given not in names:
                raise InputError(f"{where}: expected a column {given!r}, found {', '.join(names)[:200]}")
            return names.index(given)
        return next((folded.index(name) for name in usual if name in folded), -1)

    if len(set(names)) != len(names):
        raise InputError(f"{where}: expected columns of different names, found {', '.join(names)[:200]}")
    at = find(settings.time, _TIMES)
    if at < 0:
        raise InputError(f"{where}: expected a column of times ({', '.join(_TIMES)}), found {', '.join(names)[:200]}")
    item, value = (
        (-1, -1) if settings.layout == "wide" else (find(settings.item, _ITEMS), find(settings.value, _VALUES))
    )
    if settings.layout == "long" and (item < 0 or value < 0):
        raise InputError(f"{where}: expected columns of items and values, found {', '.join(names)[:200]}")
    if item < 0 or value < 0:
        item = value = -1
        if len(names) < 2:
            raise InputError(f"{where}: expected a column beside the times, found none")
    return _Columns(tuple(names), at, item, value)


def _cell(item: str, t_ns: int, cell: Any) -> Observation:
    if isinstance(cell, bool):
        return Observation(item, t_ns, float(cell))
    if isinstance(cell, int | float):
        if not math.isfinite(cell):
            return Observation(item, t_ns, None, Quality.UNAVAILABLE)
        return Observation(item, t_ns, float(cell))
    text = str(cell if cell is not None else "").strip()
    if not text or is_unavailable(text) or text.lower() in ("nan", "null", "none"):
        return Observation(item, t_ns, None, Quality.UNAVAILABLE)
    number = number_of(text)
    return Observation(item, t_ns, text if number is None else number)


class TableSource:
    """A CSV or Parquet file, by its name's ending."""

    silence_s = math.inf

    def __init__(
        self,
        name: str,
        path: Path,
        settings: TableSettings | None = None,
        *,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self._path = path
        self._settings = settings or TableSettings()
        self._clock_ns = clock_ns

    def earliest_ns(self) -> int | None:
        """Return the time of the first row that says something; None where there is none. Tables are kept in order."""
        rows = self._rows()
        try:
            header = next(rows, None)
            reader = TableReader(header[1], self._settings, str(self._path)) if header is not None else None
            while reader is not None and (batch := _slice(rows, reader)) is not None:
                if batch.observations:
                    return min(said.t_ns for said in batch.observations)
        except (InputError, MissingPartError):
            return None  # `run` says so
        finally:
            rows.close()
        return None

    def _rows(self) -> Any:
        if _is_parquet(self._path):
            return _parquet_rows(self._path)
        return _csv_rows(self._path, self._settings.delimiter)

    async def run(self, sink: Sink) -> None:
        """Deliver the whole file."""
        rows = self._rows()
        try:
            header = await asyncio.to_thread(next, rows, None)
            if header is None:
                raise InputError(f"{self._path}: expected a table with a header, found an empty file")
            reader = TableReader(header[1], self._settings, str(self._path))
            self._say(sink, LinkState.LIVE, f"reads {self._path.name}")
            pacing = Pacing(self._settings.speed, self._settings.longest_wait_s)
            count = 0
            while batch := await asyncio.to_thread(_slice, rows, reader):
                count += len(batch.observations)
                for part in _moments(batch.observations, pacing):
                    if (wait_s := pacing.wait_s(part[0].t_ns)) > 0:
                        await asyncio.sleep(wait_s)
                    sink.observed(self.name, part)
                await asyncio.sleep(0)
        finally:
            with contextlib.suppress(ValueError):  # told to end while a slice is being read: it closes after that
                rows.close()
        if not count:
            raise InputError(f"{self._path}: expected values, found {reader.told_bad() or 'no row'}")
        said = f"{self._path.name} is at its end; {count} values in {reader.rows} rows"
        self._say(sink, LinkState.ENDED, "; ".join(filter(None, (said, reader.told_bad()))))

    def _say(self, sink: Sink, state: LinkState, what: str) -> None:
        sink.linked(self.name, LinkStatus(state, f"{self.name}: {what}", self._clock_ns()))


@dataclass(frozen=True, slots=True)
class _Slice:
    observations: list[Observation]


def _moments(observations: list[Observation], pacing: Pacing) -> list[list[Observation]]:
    """Return the pieces of one time each; all in one where nothing is waited for."""
    if not observations or pacing.speed <= 0:
        return [observations] if observations else []
    return [list(group) for _, group in itertools.groupby(observations, lambda said: said.t_ns)]


_Rows = Iterator[tuple[int, Sequence[Any]]]


def _slice(rows: _Rows, reader: TableReader) -> _Slice | None:
    taken = 0
    out: list[Observation] = []
    for line, cells in itertools.islice(rows, _ROWS):
        taken += 1
        out += reader.row(cells, line)
    return _Slice(out) if taken else None


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def _csv_rows(path: Path, delimiter: str) -> Any:
    """Yield (line, cells) of a CSV, the header first; the delimiter is the one that the header has most of."""
    try:
        file = path.open(encoding="utf-8-sig", errors="replace", newline="")
    except OSError as error:
        raise InputError(f"expected a table at {path}, found none ({error.strerror})") from None
    with file:
        head = file.readline(_FIELD_BYTES)
        if not head.strip():
            return
        file.seek(0)
        chosen = delimiter or max(",;\t|", key=head.count)
        # A quote that never ends, or a file of another kind, must not be read into memory as one field.
        rows = csv.reader((line.replace("\0", "\ufffd") for line in file), delimiter=chosen)
        csv.field_size_limit(_FIELD_BYTES)
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise InputError(f"{path}, line {rows.line_num}: expected a row of a CSV, found {error}") from None
            if cells:
                yield rows.line_num, cells


def _parquet_rows(path: Path) -> Any:
    """Yield (row, cells) of a Parquet file, the header first."""
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415  an optional part
    except ImportError as error:
        raise MissingPartError(
            f"reading {path.name} needs pyarrow, which is not installed: pip install 'twinswing[parquet]'"
        ) from error
    try:
        file = pq.ParquetFile(path)
    except (OSError, ValueError) as error:  # pyarrow's own errors are ValueErrors
        raise InputError(f"{path}: expected a Parquet file, found {error}") from None
    with file:
        names = file.schema_arrow.names
        yield 0, names
        number = 0
        for batch in file.iter_batches(batch_size=_ROWS):
            columns = [_plain_times(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                number += 1
                yield number, cells


def _plain_times(column: Any) -> list[Any]:
    """Return a column as Python's values; time stamps as ISO texts or nanoseconds, so that no digit is lost."""
    kind = str(column.type)
    if not kind.startswith("timestamp["):
        return list(column.to_pylist())
    scale = _SCALES[kind[len("timestamp[") :].partition(",")[0].rstrip("]")]
    values = column.cast("int64").to_pylist()
    return [None if value is None else _UnixNs(value * scale) for value in values]
