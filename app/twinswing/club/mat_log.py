"""Sensor records in MATLAB files: any nesting of structs that ends in an accelerometer and a gyro."""

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.io

from twinswing.club.log_table import MIN_ROWS, FloatArray, Table
from twinswing.errors import InputError

_ACCEL = re.compile(r"^(a|acc|accel|accelerometer|acceleration)$", re.IGNORECASE)
_GYRO = re.compile(r"^(g|gyr|gyro|gyroscope|w|omega|angvel|angular_?(velocity|rate))$", re.IGNORECASE)
_MAG = re.compile(r"^(m|mag|magnetometer)$", re.IGNORECASE)
_TIME = re.compile(r"^(t|time|timestamps?|t_s)$", re.IGNORECASE)
_RATE = re.compile(r"^(fs|rate|rate_hz|sample_?rate|frequency)$", re.IGNORECASE)
# A sensor of this name sits where a club's own sensor would.
_PREFERRED = re.compile(r"shaft|grip|butt|club", re.IGNORECASE)

MAX_DEPTH = 6  # of structs in structs


def is_mat(data: bytes) -> bool:
    """Tell whether these are the first bytes of a MATLAB file."""
    return data.startswith((b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"))


def parse_mat(data: bytes, name: str, *, rate_hz: float | None, sensor: str) -> Table:
    """Parse a version 5 MATLAB file into a table; raises InputError.

    rate_hz : the sample rate, where the file holds no time. sensor : which record to take where there are several.
    """
    if data.startswith(b"MATLAB 7.3"):
        raise InputError(
            f"a MATLAB file of version 5 to 7 was expected, but {name} is of version 7.3: save it with -v7"
        )
    try:
        content = scipy.io.loadmat(io.BytesIO(data), simplify_cells=True)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001  scipy raises whatever the damaged bytes lead it to
        raise InputError(f"the MATLAB file {name} is damaged: {str(error)[:120] or type(error).__name__}") from None
    found = dict(_records(content, "", 0))
    if not found:
        raise InputError(
            f"a MATLAB file needs a struct with an accelerometer and a gyro (acc, gyr), and {name} has none"
        )
    chosen = _choose(found, name, sensor)
    record = found[chosen]
    accel, gyro = _three(record, _ACCEL), _three(record, _GYRO)
    assert accel is not None
    assert gyro is not None
    if len(accel) != len(gyro) or len(accel) < MIN_ROWS:
        raise InputError(
            f"{chosen} in {name} needs as many accelerometer as gyro samples and at least {MIN_ROWS}, "
            f"got {len(accel)} and {len(gyro)}"
        )
    time, seconds = _times(record, len(accel), rate_hz, name)
    columns = {"t": time}
    mag = _three(record, _MAG)
    streams = [("a", accel), ("g", gyro)] + ([("m", mag)] if mag is not None and len(mag) == len(accel) else [])
    columns |= {letter + axis: values[:, k] for letter, values in streams for k, axis in enumerate("xyz")}
    others = [each for each in found if each != chosen]
    warnings = (f"the file holds more than one sensor; {chosen} was taken, not {', '.join(others)}",) if others else ()
    return Table(columns, {}, np.arange(1, len(accel) + 1), seconds, (), (), warnings if not sensor else ())


def _records(node: Any, path: str, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every struct that holds an accelerometer and a gyro, by its path."""
    if not isinstance(node, dict) or depth > MAX_DEPTH:
        return
    if _three(node, _ACCEL) is not None and _three(node, _GYRO) is not None:
        yield path or "the file", node
        return
    for key, value in node.items():
        if not key.startswith("__"):
            yield from _records(value, f"{path}.{key}" if path else key, depth + 1)


def _three(record: dict[str, Any], pattern: re.Pattern[str]) -> FloatArray | None:
    """Return the record's vector stream of that kind, shape (n, 3), or None."""
    for key, value in record.items():
        if pattern.match(key) and isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "fiu":
            if value.shape[1] == 3:
                return np.asarray(value, dtype=np.float64)
            if value.shape[0] == 3:
                return np.asarray(value.T, dtype=np.float64)
    return None


def _choose(found: dict[str, dict[str, Any]], name: str, sensor: str) -> str:
    if sensor:
        fits = [path for path in found if sensor.lower() in path.lower()]
        if len(fits) != 1:
            raise InputError(f"sensor={sensor} must name one of {', '.join(found)} in {name}")
        return fits[0]
    return next((path for path in found if _PREFERRED.search(path.rpartition(".")[2])), next(iter(found)))


def _times(record: dict[str, Any], count: int, rate_hz: float | None, name: str) -> tuple[FloatArray, bool]:
    """Return times and whether they are certainly seconds."""
    for key, value in record.items():
        if _TIME.match(key) and isinstance(value, np.ndarray) and value.size == count:
            return np.asarray(value, dtype=np.float64).ravel(), False
    if rate_hz is None:
        rate_hz = next((float(v) for k, v in record.items() if _RATE.match(k) and isinstance(v, int | float)), None)
    if rate_hz is None or not rate_hz > 0:
        raise InputError(f"{name} states neither times nor a sample rate: give rate=HZ")
    return np.arange(count) / rate_hz, True
