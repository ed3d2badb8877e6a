"""Geometry from numpy arrays to Panda3D, without a Python loop over vertices."""

from collections.abc import Mapping, Sequence

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.stage.detail import indexed_triangles

_CONTENTS = {
    "vertex": p3d.Geom.C_point,
    "normal": p3d.Geom.C_normal,
    "color": p3d.Geom.C_color,
    "texcoord": p3d.Geom.C_texcoord,
}


def triangles(name: str, columns: Mapping[str, NDArray[np.floating]], indices: NDArray[np.integer]) -> p3d.GeomNode:
    """Make a node of triangles.

    columns: name to float array of shape (n, 1 to 4); "vertex", "normal", "color" and "texcoord" mean what Panda3D
    means by them, anything else becomes a vertex attribute of that name. indices: shape (m, 3).
    Raises InputError when an index points past the vertices.
    """
    count = len(next(iter(columns.values())))
    if indices.size and (int(indices.max()) >= count or int(indices.min()) < 0):
        raise InputError(f"{name}: expected indices from 0 to {count - 1}, found up to {int(indices.max())}")
    layout = p3d.GeomVertexArrayFormat()
    for column, values in columns.items():
        layout.add_column(column, values.shape[1], p3d.Geom.NT_float32, _CONTENTS.get(column, p3d.Geom.C_other))
    layout_format = p3d.GeomVertexFormat()
    layout_format.add_array(layout)
    data = p3d.GeomVertexData(name, p3d.GeomVertexFormat.register_format(layout_format), p3d.Geom.UH_static)
    data.unclean_set_num_rows(count)
    stride = layout.get_stride() // 4
    rows = np.zeros((count, stride), dtype=np.float32)
    for i, values in enumerate(columns.values()):
        start = layout.get_column(i).get_start() // 4
        rows[:, start : start + values.shape[1]] = values
    memoryview(data.modify_array(0)).cast("B")[:] = rows.tobytes()
    geom = p3d.Geom(data)
    geom.add_primitive(indexed_triangles(indices, count))
    node = p3d.GeomNode(name)
    node.add_geom(geom)
    return node


def strip_indices(samples: int) -> NDArray[np.int64]:
    """Return the triangles of a ribbon whose sample i has the vertices 2i and 2i + 1, shape (2 (samples - 1), 3)."""
    return faces(2 * np.arange(max(samples - 1, 0)), ((0, 1, 2), (2, 1, 3)))


def faces(first: NDArray[np.integer], pattern: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    """Repeat a pattern of triangles from each first vertex on, shape (len(first) * len(pattern), 3)."""
    return np.asarray(np.asarray(first).reshape(-1, 1, 1) + np.asarray(pattern)).reshape(-1, 3)


def sphere(
    name: str, radius_m: float, rings: int = 12, centre_m: tuple[float, float, float] = (0, 0, 0)
) -> p3d.GeomNode:
    """Make a sphere with normals."""
    around = 2 * rings + 1
    u = np.linspace(0.0, np.pi, rings + 1)
    v = np.linspace(0.0, 2 * np.pi, around)
    normal = np.stack(
        [np.outer(np.sin(u), np.cos(v)), np.outer(np.sin(u), np.sin(v)), np.outer(np.cos(u), np.ones_like(v))], -1
    ).reshape(-1, 3)
    first = np.arange(rings)[:, None] * around + np.arange(around - 1)[None, :]
    indices = faces(first, ((0, around, 1), (1, around, around + 1)))
    return triangles(name, {"vertex": normal * radius_m + np.asarray(centre_m), "normal": normal}, indices)


def never_cull(node: p3d.PandaNode) -> None:
    """Tell Panda3D that this node may be anywhere: its shader moves the vertices."""
    node.set_bounds(p3d.OmniBoundingVolume())
    node.set_final(True)
