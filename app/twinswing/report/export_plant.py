"""A plant's recording as a table: every observation a row, item by item, in SI units."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError, MissingPartError
from twinswing.plant.model import DataItem
from twinswing.plant.recorded import RecordedHistory
from twinswing.streams.observations import Quality

COLUMNS = ("t_s", "time_utc", "item", "value", "text", "unit", "quality")
_QUALITIES = np.array([quality.name.lower() for quality in Quality], dtype=object)

# Before any time that a machine may have told, so that what held before the recording began is in the table too.
_BEFORE_ALL_NS = -(1 << 61)

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class _Part:
    """One item's observations; the time is Unix nanoseconds beside the session's seconds."""

    item: DataItem
    t_s: NDArray[np.float64]
    unix_ns: NDArray[np.int64]
    value: NDArray[np.float64]
    text: NDArray[Any]
    quality: NDArray[Any]


def _parts(history: RecordedHistory, progress: Progress) -> Iterator[_Part]:
    texts = np.array([*history.texts, ""], dtype=object)  # the code -1, no text, is the last
    end = history.span_ns[1]
    items = history.plant.items
    for number, item in enumerate(items):
        progress("Writing", number / max(len(items), 1))
        seen = history.changes(number, _BEFORE_ALL_NS, end)
        yield _Part(
            item,
            seen.t_ns / 1e9,
            seen.t_ns + history.zero_unix_ns,
            seen.number,
            texts[seen.text],
            _QUALITIES[seen.quality],
        )


def export_plant(
    history: RecordedHistory, to: str, out: Path, *, progress: Progress = lambda _stage, _fraction: None
) -> int:
    """Write all observations of a recording as "csv" or "parquet"; return how many.

    Raises InputError for another format or a file that cannot be written, MissingPartError without pyarrow.
    """
    if to not in ("csv", "parquet"):
        raise InputError(f"--to: expected csv or parquet for a plant's recording, found {to}")
    try:
        return (_csv if to == "csv" else _parquet)(history, out, progress)
    except OSError as error:
        raise InputError(f"the file could not be written to {out}: {error.strerror or error}") from error


def _csv(history: RecordedHistory, out: Path, progress: Progress) -> int:
    """Write RFC 4180, UTF-8, one header line; what is not known is empty."""
    rows = 0
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for part in _parts(history, progress):
            times = np.datetime_as_string(part.unix_ns.astype("datetime64[ns]"), unit="us").tolist()
            values = ["" if value != value else repr(value) for value in part.value.tolist()]  # noqa: PLR0124  (NaN)
            seconds = [f"{t:.6f}" for t in part.t_s.tolist()]
            for t, utc, value, text, quality in zip(
                seconds, times, values, part.text.tolist(), part.quality.tolist(), strict=True
            ):
                writer.writerow((t, f"{utc}Z", part.item.path, value, text, part.item.unit, quality))
            rows += len(seconds)
    return rows


def _parquet(history: RecordedHistory, out: Path, progress: Progress) -> int:
    """Write a row group an item; the schema's metadata "twinswing.plant" is the plant's own file."""
    try:
        import pyarrow as pa  # noqa: PLC0415  (an optional part)
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise MissingPartError(
            "writing Parquet needs pyarrow, which is not installed; pip install twinswing[parquet]"
        ) from error
    schema = pa.schema(
        [
            ("t_s", pa.float64()), ("time_utc", pa.timestamp("ns", tz="UTC")), ("item", pa.string()),
            ("value", pa.float64()), ("text", pa.string()), ("unit", pa.string()), ("quality", pa.string()),
        ],
        metadata={"twinswing.plant": history.plant.text},
    )  # fmt: skip
    rows = 0
    with pq.ParquetWriter(str(out), schema, compression="zstd") as writer:
        for part in _parts(history, progress):
            count = len(part.t_s)
            if not count:
                continue
            columns = [
                pa.array(part.t_s),
                pa.array(part.unix_ns, pa.timestamp("ns", tz="UTC")),
                pa.array([part.item.path] * count),
                pa.array(part.value, from_pandas=True),  # NaN becomes null
                pa.array(part.text.tolist()),
                pa.array([part.item.unit] * count),
                pa.array(part.quality.tolist()),
            ]
            writer.write_table(pa.table(columns, schema=schema))
            rows += count
    return rows
