"""Text logs: from bytes to a table of numbers, with what had to be skipped.

A log is read as it is: comment lines, one header line, comma, semicolon, tab or blank between fields. Which columns
are wanted is recognised by their names. A line that was damaged on its way (wrong number of fields, text where a
number belongs) is skipped and counted; a value that the writer itself marked as absent (NaN, empty) is an error,
because then the log does not hold what it claims.
"""

import math
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError

FloatArray = NDArray[np.float64]

COLUMNS = ("t", "ax", "ay", "az", "gx", "gy", "gz")
MAG_COLUMNS = ("mx", "my", "mz")

# A file that lost more of its lines than this is no longer the recording that it claims to be.
MAX_SKIPPED_FRACTION = 0.2
MIN_ROWS = 8  # fewer samples carry neither a rate nor a rest
MAX_LOG_BYTES = 512 << 20  # an hour at 8 kHz is about this; more is not a swing

_TIME = re.compile(r"^(t|time|timestamps?|device_?time|sample_?time|elapsed|seconds|millis|micros|ms|us|epoch|clock)$")
_ACCEL = re.compile(r"^(?:a|ac|acc|acce|accel|acceler|accelerometer|acceleration)_?([xyz])$")
_GYRO = re.compile(r"^(?:g|gy|gyr|gyro|gyroscope|w|omega|rot|rate|angvel|angular_?velocity|angular_?rate)_?([xyz])$")
_MAG = re.compile(r"^(?:m|mag|magnet|magnetometer)_?([xyz])$")
_UNIT_TAIL = re.compile(
    r"(?:[\[(]\s*([^\])]*)[\])]\s*$)"
    r"|(?:_(ms|us|ns|s|sec|mps2|ms2|m_s2|m_s\^2|g|mg|dps|degps|deg_s|deg|radps|rad_s|rads|rad|mdps|raw|counts|ut|lsb)$)"
)


@dataclass(frozen=True)
class Table:
    """The wanted columns of a log.

    columns : name -> values, shape (n,); time is in the log's own unit unless `time_is_seconds`.
    units   : name -> the unit that the header gave, lower case, where it gave one.
    lines   : 1-based line of each row, for messages.
    hints   : the comment lines. header : the header's fields as written.
    """

    columns: dict[str, FloatArray]
    units: dict[str, str]
    lines: NDArray[np.int64]
    time_is_seconds: bool = False
    hints: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def split_name(field_text: str) -> tuple[str, str]:
    """Split a header field into its bare lower-case name and its unit ("" where it states none)."""
    text = field_text.strip().strip("\"'").strip().lower().replace("²", "^2").replace("°", "deg")
    unit = ""
    found = _UNIT_TAIL.search(text)
    if found:
        unit = (found.group(1) or found.group(2) or "").strip()
        text = text[: found.start()]
    return re.sub(r"[\s\-.]+", "_", text.strip(" _")), unit


def column_kind(name: str) -> str | None:
    """Tell which wanted column a bare name is, or None."""
    if _TIME.match(name):
        return "t"
    for pattern, letter in ((_ACCEL, "a"), (_GYRO, "g"), (_MAG, "m")):
        found = pattern.match(name)
        if found:
            return letter + found.group(1)
    return None


def _delimiter(line: str) -> str | None:
    """Return the separator of a header line; None means any run of blanks."""
    return next((mark for mark in (",", ";", "\t") if mark in line), None)


def _split(line: str, delimiter: str | None) -> list[str]:
    return line.split(delimiter) if delimiter else line.split()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _decode(data: bytes, name: str) -> str:
    head = data[:4096]
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"a club log is text (CSV), JSON or a .mat file, but {name} holds binary data")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    text = data.decode("utf-8-sig", errors="replace")
    odd = sum(1 for letter in text[:4096] if letter == "\ufffd" or (ord(letter) < 32 and letter not in "\r\n\t\f"))
    if odd > 0.1 * len(text[:4096]):
        raise InputError(f"a club log is text (CSV), JSON or a .mat file, but {name} holds binary data")
    return text


def _find_header(lines: list[str], name: str) -> tuple[int, str | None, list[str]]:
    """Return the header's index, the separator, and its fields."""
    for index, line in enumerate(lines[:200]):
        if not line.strip() or line.lstrip().startswith(("#", "//", "%")):
            continue
        delimiter = _delimiter(line)
        fields = _split(line, delimiter)
        kinds = {column_kind(split_name(text)[0]) for text in fields}
        if len(kinds & set(COLUMNS)) >= 3:
            return index, delimiter, fields
        if sum(map(_is_number, fields)) > len(fields) / 2:
            raise InputError(
                f"a club log needs a header line that names its columns (time, ax, ay, az, gx, gy, gz) before the "
                f"first numbers, but line {index + 1} of {name} is numbers already"
            )
    raise InputError(
        f"a club log needs a header line that names its columns (time, ax, ay, az, gx, gy, gz), and none was found "
        f"in the first lines of {name}"
    )


def _locate(fields: list[str], name: str) -> tuple[dict[str, int], dict[str, str], list[str]]:
    where: dict[str, int] = {}
    units: dict[str, str] = {}
    again: list[str] = []
    for index, text in enumerate(fields):
        bare, unit = split_name(text)
        kind = column_kind(bare)
        if kind is None:
            continue
        if kind in where:
            again.append(text.strip())
            continue
        where[kind] = index
        if unit or bare in ("millis", "ms", "micros", "us", "seconds"):
            units[kind] = unit or {"millis": "ms", "ms": "ms", "micros": "us", "us": "us", "seconds": "s"}[bare]
    if not all(kind in where for kind in MAG_COLUMNS):
        where = {kind: index for kind, index in where.items() if kind not in MAG_COLUMNS}
    missing = [kind for kind in COLUMNS if kind not in where]
    if missing:
        raise InputError(
            f"a club log needs columns for time, ax, ay, az, gx, gy and gz, but {name} has no {', '.join(missing)} "
            f"(its header: {', '.join(text.strip() for text in fields)[:160]})"
        )
    return where, units, again


@dataclass
class _Rows:
    """Rows as they are read, and what was skipped."""

    values: list[list[float]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)


TimeKind = Literal["number", "date"]


def _seconds(text: str) -> float:
    """Turn a date and time into seconds since 1970; ValueError where it is none. A date without zone counts as UTC."""
    stamp = datetime.fromisoformat(text.strip().strip("\"'"))
    naive = stamp.replace(tzinfo=None)
    shift = stamp.utcoffset()
    seconds = (naive - datetime(1970, 1, 1)).total_seconds()
    return seconds - (shift.total_seconds() if shift else 0.0)


def _read_rows(
    lines: list[str], start: int, delimiter: str | None, where: dict[str, int], width: int
) -> tuple[_Rows, TimeKind]:
    rows = _Rows()
    order = list(where.values())
    time_kind: TimeKind | None = None
    for number, line in enumerate(lines[start:], start + 1):
        if not line.strip() or line.lstrip().startswith(("#", "//", "%")):
            continue
        fields = _split(line, delimiter)
        while len(fields) > width and not fields[-1].strip():  # a separator at the line's end
            fields.pop()
        if len(fields) != width:
            rows.skipped.append(number)
            continue
        if time_kind is None and fields[where["t"]].strip():
            time_kind = "number" if _is_number(fields[where["t"]]) else "date"
        try:
            row = [_value(fields[index], time_kind == "date" and index == where["t"]) for index in order]
        except ValueError:
            rows.skipped.append(number)
            continue
        rows.values.append(row)
        rows.lines.append(number)
    return rows, time_kind or "number"


def _value(text: str, is_date: bool) -> float:
    if is_date:
        return _seconds(text)
    bare = text.strip().strip("\"'")
    return float(bare) if bare else math.nan


def parse_table(data: bytes, name: str) -> Table:
    """Parse a text log; raises InputError with one sentence where it cannot be used."""
    if not data.strip():
        raise InputError(f"a club log needs a header line and samples, but {name} is empty")
    lines = _decode(data, name).splitlines()
    header, delimiter, fields = _find_header(lines, name)
    where, units, again = _locate(fields, name)
    rows, time_kind = _read_rows(lines, header + 1, delimiter, where, len(fields))
    total = len(rows.values) + len(rows.skipped)
    if len(rows.values) < MIN_ROWS:
        raise InputError(
            f"a club log needs at least {MIN_ROWS} samples, but {name} has {len(rows.values)} readable lines of {total}"
        )
    if len(rows.skipped) > MAX_SKIPPED_FRACTION * total:
        raise InputError(
            f"{len(rows.skipped)} of {total} lines of {name} cannot be read (the first is line {rows.skipped[0]}), "
            f"expected {len(fields)} numbers a line"
        )
    table = np.array(rows.values)
    warnings = []
    if rows.skipped:
        some = ", ".join(map(str, rows.skipped[:5])) + (", ..." if len(rows.skipped) > 5 else "")
        warnings.append(f"{len(rows.skipped)} of {total} lines were damaged and skipped (lines {some})")
    if again:
        warnings.append(f"the log holds more than one sensor; the first was taken, not {', '.join(again[:6])}")
    return Table(
        columns={kind: table[:, index] for index, kind in enumerate(where)},
        units=units,
        lines=np.array(rows.lines),
        time_is_seconds=time_kind == "date",
        hints=tuple(line for line in lines[:header] if line.strip()),
        header=tuple(text.strip() for text in fields),
        warnings=tuple(warnings),
    )
