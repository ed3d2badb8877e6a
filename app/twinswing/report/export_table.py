"""Tables for analysis: CSV and Parquet, one row for one point at one time, as it is stored (SI, world frame)."""

import csv
import io
import json
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT_NAMES
from twinswing.errors import InputError, MissingPartError
from twinswing.report.export_motion import CLUB_POINTS, club_of, require_motion, write_bytes
from twinswing.swing.analysis_json import document
from twinswing.swing.model import SwingSession

NUMBERS: tuple[str, ...] = ("x_m", "y_m", "z_m", "sigma_m", "qw", "qx", "qy", "qz", "sigma_rad")
COLUMNS: tuple[str, ...] = ("t_s", "part", "point", *NUMBERS, "source")


def columns_of(session: SwingSession) -> dict[str, NDArray[Any]]:
    """Return the table as columns of equal length; NaN where a point has no such number (only the butt has a turn)."""
    t: list[NDArray[np.float64]] = []
    part: list[NDArray[np.str_]] = []
    point: list[NDArray[np.str_]] = []
    source: list[NDArray[np.str_]] = []
    numbers: list[NDArray[np.float64]] = []
    body, club = session.body, club_of(session)
    if body is not None and len(body.t_s):
        rows = body.joints_m.shape[0] * len(JOINT_NAMES)
        t.append(np.repeat(body.t_s, len(JOINT_NAMES)))
        part.append(np.full(rows, "body"))
        point.append(np.tile(np.array(JOINT_NAMES), len(body.t_s)))
        source.append(np.full(rows, body.source))
        values = np.full((rows, len(NUMBERS)), np.nan)
        values[:, :3] = body.joints_m.reshape(-1, 3)
        values[:, 3] = body.sigma_m.ravel()
        numbers.append(values)
    if club is not None:
        rows = 2 * len(club.t_s)
        t.append(np.repeat(club.t_s, 2))
        part.append(np.full(rows, "club"))
        point.append(np.tile(np.array(CLUB_POINTS), len(club.t_s)))
        source.append(np.full(rows, club.source))
        values = np.full((rows, len(NUMBERS)), np.nan)
        values[:, :3] = np.stack([club.butt_m, club.head_m], axis=1).reshape(-1, 3)
        values[:, 3] = np.repeat(club.sigma_m, 2)
        values[::2, 4:8] = club.quaternion
        values[::2, 8] = club.sigma_rad
        numbers.append(values)
    stacked = np.concatenate(numbers)
    return {
        "t_s": np.concatenate(t),
        "part": np.concatenate(part),
        "point": np.concatenate(point),
        **{name: stacked[:, i] for i, name in enumerate(NUMBERS)},
        "source": np.concatenate(source),
    }


def _checked(session: SwingSession, rate_hz: float | None) -> dict[str, NDArray[Any]]:
    require_motion(session, "a table")
    if rate_hz is not None:
        raise InputError("--rate: a table keeps every sample at its own time; leave the rate out for csv and parquet")
    return columns_of(session)


def write_csv(session: SwingSession, out: Path, rate_hz: float | None = None) -> None:
    """Write the table as CSV (RFC 4180, UTF-8, one header line); what is not known is empty."""
    columns = _checked(session, rate_hz)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    # Micrometres and microseconds are finer than anything that was measured.
    formatted = [
        ["" if isnan(x) else f"{x:.6f}" for x in columns[name].tolist()]
        if columns[name].dtype.kind == "f"
        else columns[name].tolist()
        for name in COLUMNS
    ]
    writer.writerows(zip(*formatted, strict=True))
    write_bytes(out, text.getvalue().encode())


def write_parquet(session: SwingSession, out: Path, rate_hz: float | None = None) -> None:
    """Write the same table as Parquet; the schema's metadata "twinswing" is what `analyze --json` says of the swing.

    Raises MissingPartError without pyarrow.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  (an optional part)
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise MissingPartError(
            "writing Parquet needs pyarrow, which is not installed; pip install twinswing[parquet]"
        ) from error
    columns = _checked(session, rate_hz)
    arrays = {}
    for name in COLUMNS:
        column = columns[name]
        if column.dtype.kind == "f":
            arrays[name] = pa.array(column, from_pandas=True)  # NaN becomes null
        else:
            arrays[name] = pa.array(column.tolist()).dictionary_encode()
    table = pa.table(arrays).replace_schema_metadata({"twinswing": json.dumps(document(session))})
    try:
        pq.write_table(table, str(out), compression="zstd")
    except OSError as error:
        raise InputError(f"the file could not be written to {out}: {error}") from error
