"""Drawings as one mesh for shaders/annotation.vert: corners that the shader turns to whatever eye looks at them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from twinswing.stage import geom
from twinswing.stage.annotation_parts import Drawing, Fill, FloatArray, Head, Rgb, Rim, Stroke, outline_of

Columns = dict[str, FloatArray]
Indices = NDArray[np.int64]

_LINE, _RIM, _HEAD, _AREA = 0.0, 1.0, 2.0, 3.0
_RIM_STEPS = 72  # corners of a circle: a third of a pixel from a true one of 300 pixels
_SIZES = {"vertex": 4, "toward": 4, "ink": 4, "edge_ink": 4, "corner": 2}


def mesh_of(drawings: Iterable[Drawing]) -> tuple[Columns, Indices]:
    """Return the columns of all drawings' vertices, each of shape (n, k), and their triangles, shape (m, 3).

    Areas come first, so that lines lie over them. Drawings must lie in the world.
    """
    held = list(drawings)
    parts = [_area(fill) for d in held for fill in d.fills]
    parts += [_sized(_line(stroke), d) for d in held for stroke in d.strokes]
    parts += [_sized(_rim(rim), d) for d in held for rim in d.rims]
    parts += [_sized(_head(head), d) for d in held for head in d.heads]
    if not parts:
        return {name: np.zeros((0, size)) for name, size in _SIZES.items()}, np.zeros((0, 3), dtype=np.int64)
    starts = np.cumsum([0, *(len(columns["vertex"]) for columns, _ in parts[:-1])])
    indices = np.concatenate([start + triangles for start, (_, triangles) in zip(starts, parts, strict=True)])
    return {name: np.concatenate([columns[name] for columns, _ in parts]) for name in _SIZES}, indices


def _columns(
    vertex: FloatArray, kind: float, toward: FloatArray, rgb: Rgb, alpha: float, corner: FloatArray, width: float = 1.0
) -> Columns:
    count = len(vertex)
    return {
        "vertex": np.concatenate([vertex, np.full((count, 1), kind)], 1),
        "toward": toward,
        "ink": np.tile([*rgb, alpha], (count, 1)),
        "edge_ink": np.tile([*outline_of(rgb), width], (count, 1)),
        "corner": corner,
    }


def _sized(made: tuple[Columns, Indices], drawing: Drawing) -> tuple[Columns, Indices]:
    """Tell the shader by a negative width that it is a part of the distance alone."""
    if drawing.near:
        made[0]["edge_ink"][:, 3] *= -1.0
    return made


def _line(stroke: Stroke) -> tuple[Columns, Indices]:
    """Four corners a leg; the shader makes each leg's ends round, so that legs meet without a notch."""
    points = stroke.ring
    start, end = points[:-1], points[1:]
    n = len(start)
    vertex = np.stack([start, start, end, end], 1).reshape(-1, 3)
    toward = np.empty((n, 4, 4))
    toward[:, :2, :3], toward[:, 2:, :3] = end[:, None], start[:, None]
    toward[:, :2, 3], toward[:, 2:, 3] = 0.0, 1.0
    corner = np.tile([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]], (n, 1))
    columns = _columns(vertex, _LINE, toward.reshape(-1, 4), stroke.rgb, stroke.alpha, corner, stroke.width)
    return columns, geom.faces(4 * np.arange(n), ((0, 1, 2), (2, 1, 3)))


def _rim(rim: Rim) -> tuple[Columns, Indices]:
    turn = np.repeat(np.linspace(0.0, 2.0 * np.pi, _RIM_STEPS + 1), 2)
    toward = np.stack([np.cos(turn), np.sin(turn), np.full_like(turn, rim.radius_m), np.zeros_like(turn)], 1)
    corner = np.zeros((len(turn), 2))
    corner[:, 0] = np.tile([-1.0, 1.0], _RIM_STEPS + 1)
    vertex = np.tile(rim.middle, (len(turn), 1))
    return _columns(vertex, _RIM, toward, rim.rgb, 1.0, corner, rim.width), geom.strip_indices(_RIM_STEPS + 1)


def _head(head: Head) -> tuple[Columns, Indices]:
    toward = np.tile([*head.tip, head.half_width], (3, 1))
    corner = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    vertex = np.tile(head.back, (3, 1))
    return _columns(vertex, _HEAD, toward, head.rgb, 1.0, corner), np.array([[0, 1, 2]])


def _area(fill: Fill) -> tuple[Columns, Indices]:
    n = len(fill.points)
    fan = np.stack([np.zeros(n - 2, dtype=np.int64), np.arange(1, n - 1), np.arange(2, n)], 1)
    return _columns(fill.points, _AREA, np.zeros((n, 4)), fill.rgb, fill.alpha, np.zeros((n, 2))), fan
