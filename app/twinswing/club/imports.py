"""Club logs as they are: CSV of many kinds, serial dumps, .mat files, this project's own `club.csv`.

`read_club_log` recognises columns by their names and units by header or physics (see `log_units`), or takes the units
from its caller. What had to be mended is told in `ImuSamples.warnings`; what cannot be used raises InputError.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.club.log_table import MAG_COLUMNS, MAX_LOG_BYTES, Table, parse_table
from twinswing.club.log_units import (
    ACCEL_RANGES_G,
    DEG,
    G_MPS2,
    GYRO_RANGES_DPS,
    Units,
    find_accel,
    find_gyro,
    find_time,
    parse_units,
)
from twinswing.club.mat_log import is_mat, parse_mat
from twinswing.club.model import FloatArray, ImuSamples
from twinswing.errors import InputError

# The header of `club.csv` as `twinswing truth` writes it: SI by contract.
OWN_HEADER = ("t_s", "ax", "ay", "az", "gx", "gy", "gz")


def read_club_log(path: Path, *, units: str = "") -> ImuSamples:
    """Read a club's log of any known kind.

    units : what the log does not say, e.g. "time=ms,accel=g,gyro=deg/s" or "accel=counts:16,gyro=counts:2000".

    Raises InputError with one sentence that says what was expected, found and where.
    """
    name = path.name
    try:
        size = path.stat().st_size
        if size > MAX_LOG_BYTES:
            raise InputError(f"a club log may hold up to {MAX_LOG_BYTES >> 20} MiB, but {name} holds {size >> 20} MiB")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the club log {path}: {error.strerror or error}") from None
    return parse_club_log(data, name, units=units)


def parse_club_log(data: bytes, name: str, *, units: str = "") -> ImuSamples:
    """Parse a club's log from memory; see `read_club_log`."""
    if is_mat(data):
        stated = parse_units(units)
        return samples_from_table(
            parse_mat(data, name, rate_hz=_rate(stated), sensor=stated.get("sensor", "")), name, units=units
        )
    if data.lstrip()[:1] in (b"{", b"["):
        raise InputError(
            f"a club log holds samples of an accelerometer and a gyro (CSV or .mat), but {name} is JSON; "
            "orientations alone do not tell a club's motion"
        )
    return samples_from_table(parse_table(data, name), name, units=units)


def _rate(stated: dict[str, str]) -> float | None:
    if "rate" not in stated:
        return None
    try:
        rate = float(stated["rate"])
    except ValueError:
        rate = float("nan")
    if not 1.0 <= rate <= 100_000.0:
        raise InputError(f"rate=HZ needs a number from 1 to 100000, got {stated['rate']!r}")
    return rate


def samples_from_table(table: Table, name: str, *, units: str = "") -> ImuSamples:
    """Turn named columns into SI samples with increasing times."""
    stated = parse_units(units)
    columns = table.columns
    _refuse_gaps(table, name)
    t_raw, kept, warnings = _increasing(columns["t"], table, name)
    accel = np.stack([columns[axis][kept] for axis in ("ax", "ay", "az")], axis=1)
    gyro = np.stack([columns[axis][kept] for axis in ("gx", "gy", "gz")], axis=1)
    found = _find_units(table, t_raw, accel, gyro, stated, name)
    if table.time_is_seconds or t_raw[0] > 1e9:  # a date: nanosecond precision is left only relative to the start
        t_raw = t_raw - t_raw[0]
    accel_si, gyro_si = accel * found.accel_mps2, gyro * found.gyro_radps
    accel_range, accel_clipped = find_clipping(accel_si, np.array(ACCEL_RANGES_G) * G_MPS2, found.accel_range_mps2)
    gyro_range, gyro_clipped = find_clipping(gyro_si, np.array(GYRO_RANGES_DPS) * DEG, found.gyro_range_radps)
    for what, clipped, full, unit in (
        ("accelerometer", accel_clipped, accel_range / G_MPS2, "g"),
        ("gyro", gyro_clipped, gyro_range / DEG, "deg/s"),
    ):
        if clipped.any():
            warnings.append(f"the {what} clipped at {full:.4g} {unit} in {int(clipped.sum())} samples")
    return ImuSamples(
        t_s=t_raw * found.time_s,
        accel_mps2=accel_si,
        gyro_radps=gyro_si,
        clipped=accel_clipped | gyro_clipped,
        mag=np.stack([columns[axis][kept] for axis in MAG_COLUMNS], axis=1) if "mx" in columns else None,
        accel_range_mps2=accel_range,
        gyro_range_radps=gyro_range,
        warnings=(*table.warnings, *warnings, *found.notes),
    )


def _refuse_gaps(table: Table, name: str) -> None:
    """Refuse values that the writer marked as absent: the log does not hold what it claims."""
    for kind, values in table.columns.items():
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise InputError(
                f"every value of a club log must be a finite number, but {name} line {table.lines[bad[0]]} has none "
                f"in column {kind} ({len(bad)} such values there)"
            )


def _increasing(t: FloatArray, table: Table, name: str) -> tuple[FloatArray, NDArray[np.intp], list[str]]:
    """Return strictly increasing times, the rows kept, and what was mended; backward time is refused."""
    steps = np.diff(t)
    back = np.flatnonzero(steps < 0)
    if len(back):
        row = int(back[0]) + 1
        raise InputError(
            f"a club log's time must increase, but in {name} it goes back from {t[row - 1]:.6f} to {t[row]:.6f} at "
            f"line {table.lines[row]}"
        )
    same = np.flatnonzero(steps == 0)
    if not len(same):
        return t, np.arange(len(t)), []
    kept = np.flatnonzero(np.concatenate(([True], steps > 0)))
    if len(same) <= 0.02 * len(t):
        return t[kept], kept, [f"{len(same)} samples repeated the time before them and were skipped"]
    # Arrival stamps coarser than the sample period: spread each group evenly up to the next stamp.
    groups = np.diff(np.append(kept, len(t)))
    if len(kept) < 3 or groups.max() > 64:
        raise InputError(f"a club log's time must increase, but {name} repeats one time up to {groups.max()} times")
    gaps = np.append(np.diff(t[kept]), np.median(np.diff(t[kept])))
    place = np.arange(len(t)) - np.repeat(kept, groups)
    spread = np.repeat(t[kept], groups) + place * np.repeat(gaps / groups, groups)
    return spread, np.arange(len(t)), [f"{len(same)} samples share a time stamp; their times were spread evenly"]


def _find_units(
    table: Table, t: FloatArray, accel: FloatArray, gyro: FloatArray, stated: dict[str, str], name: str
) -> Units:
    if not (stated.keys() & {"time", "accel", "gyro"}) and table.header == OWN_HEADER:
        return Units(1.0, 1.0, 1.0)
    notes: list[str] = []
    time_s, how = (
        (1.0, "") if table.time_is_seconds else find_time(t, table.units.get("t", ""), stated.get("time"), name)
    )
    accel_si, accel_range, accel_notes = find_accel(accel, gyro, table.units.get("ax", ""), stated.get("accel"), name)
    gyro_si, gyro_range, gyro_notes = find_gyro(
        t * time_s, accel, gyro, table.units.get("gx", ""), stated.get("gyro"), name
    )
    notes = [note for note in (how, *accel_notes, *gyro_notes) if note]
    return Units(time_s, accel_si, gyro_si, accel_range, gyro_range, tuple(notes))


def find_clipping(values: FloatArray, ranges: FloatArray, known: float) -> tuple[float, NDArray[np.bool_]]:
    """Find full scale and the samples that touched it.

    values : SI, shape (n, 3). ranges : full scales that parts have. known : stated full scale or NaN.
    Without a stated one, a standard range counts as touched when at least three samples lie within 0.5 % below it.
    """
    size = np.abs(values).max(axis=1)
    candidates = np.array([known]) if np.isfinite(known) else ranges
    for full in candidates:
        at_limit = size >= 0.995 * full
        if size.max() <= 1.005 * full and (np.isfinite(known) or at_limit.sum() >= 3):
            return float(full), at_limit
    return known, np.zeros(len(values), dtype=np.bool_)


def with_serial(samples: ImuSamples, serial: str) -> ImuSamples:
    """Return the samples named after their club."""
    return replace(samples, serial=serial)
