"""Logs that hold orientations rather than samples: JSON with quaternions of one or more segments, and labels."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twinswing.club.model import FloatArray
from twinswing.errors import InputError


@dataclass(frozen=True)
class OrientationLog:
    """Orientation of each segment over time.

    t_s, quaternion : by segment; seconds (n,), and (w, x, y, z) of norm 1, (n, 4).
    labels          : events by name, rows of the log.
    """

    t_s: dict[str, FloatArray]
    quaternion: dict[str, FloatArray]
    labels: dict[str, int]


def read_orientation_log(path: Path) -> OrientationLog:
    """Read a JSON log with `quaternions: {segment: [[w, x, y, z], ...]}` and times in seconds beside it.

    Raises InputError for anything else.
    """
    try:
        body = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read the orientation log {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise InputError(f"an orientation log is JSON, and {path.name} is not") from None
    streams = body.get("quaternions") if isinstance(body, dict) else None
    if not isinstance(streams, dict) or not streams:
        raise InputError(f'an orientation log needs "quaternions" by segment, and {path.name} has none')
    stamps = _find(body, "timestamps") or {}
    times, turns = {}, {}
    for segment, rows in streams.items():
        q, t = _array(rows, path.name, segment), _array(stamps.get(segment, []), path.name, f"times of {segment}")
        if q.ndim != 2 or q.shape[1] != 4 or t.shape != (len(q),):
            raise InputError(
                f"{path.name} needs four numbers and one time a row for {segment}, got shapes {q.shape} and {t.shape}"
            )
        t = _spread(t)
        norm = np.linalg.norm(q, axis=1)
        if not (np.isfinite(norm).all() and (np.abs(norm - 1.0) < 0.05).all() and (np.diff(t) > 0).all()):
            raise InputError(f"{segment} in {path.name} needs unit quaternions at increasing times")
        times[segment], turns[segment] = t, q / norm[:, None]
    shortest = min(len(t) for t in times.values())
    return OrientationLog(times, turns, _labels(body, shortest))


def _array(rows: Any, name: str, what: str) -> FloatArray:
    try:
        return np.array(rows, dtype=np.float64)
    except (ValueError, TypeError):
        raise InputError(f"{what} in {name} must be numbers") from None


def _spread(t: FloatArray) -> FloatArray:
    """Return times in which a repeated stamp lies between its neighbours; rows keep their places for the labels."""
    first = np.concatenate([[True], np.diff(t) != 0])
    if first.all() or first.mean() < 0.9 or len(t) < 2:
        return t
    rows = np.flatnonzero(first)
    last = 2.0 * t[rows[-1]] - t[rows[-2]]  # where the stream ends in a repeat
    spread = np.interp(np.arange(len(t)), np.append(rows, len(t)), np.append(t[rows], last))
    return np.asarray(spread, dtype=np.float64)


def _find(node: Any, key: str, depth: int = 0) -> dict[str, Any] | None:
    if not isinstance(node, dict) or depth > 4:
        return None
    if isinstance(node.get(key), dict):
        found: dict[str, Any] = node[key]
        return found
    return next((hit for value in node.values() if (hit := _find(value, key, depth + 1)) is not None), None)


def _labels(body: dict[str, Any], rows: int) -> dict[str, int]:
    """Return whole numbers in objects whose name says that they hold indices ("...Ind...")."""
    out: dict[str, int] = {}

    def walk(node: Any, inside: bool) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                if inside and isinstance(value, int) and not isinstance(value, bool) and 0 <= value < rows:
                    out[key] = value
                else:
                    walk(value, "ind" in key.lower())

    walk(body.get("parameters", {}), False)
    return out
