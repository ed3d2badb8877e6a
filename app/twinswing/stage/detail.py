"""How finely a mesh is drawn: an order that graphics drivers like, and lighter copies for shadows and small pictures.

A software renderer shades a vertex again whenever its small cache has forgotten it, and pays for each triangle however
small: measured on Mesa's, the golfer's 44,000 triangles cost 5.6 ms a pass as meshed, 3.5 ms in the order made here,
and about 1 ms in a light copy.
"""

from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage.figure_rest import Bone
from twinswing.stage.material import PICTURE_MASK, SHADOW_MASK, SHADOW_TAG

# Sides of the merging cubes in metres. Light figure: some pixels of a golfer 400 pixels tall, finer where faces and
# fingers are looked for. Shadow: seven texels of the default map; its edge is softened over as much.
_LIGHT_HEAD_M, _LIGHT_HAND_M, _LIGHT_BODY_M = 0.012, 0.014, 0.030
_SHADOW_M = 0.035

Rows = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class MeshArrays:
    """A Panda3D mesh as arrays: `rows` of floats (n, k), where each column's floats lie, and triangles (m, 3)."""

    rows: Rows
    where: dict[str, slice]
    triangles: Indices
    layout: p3d.GeomVertexFormat

    @classmethod
    def of(cls, geom: p3d.Geom) -> "MeshArrays":
        """Read a geom of one array of floats and one set of indexed triangles."""
        data = geom.get_vertex_data()
        layout = data.get_format()
        array = layout.get_array(0)
        columns = [array.get_column(i) for i in range(array.get_num_columns())]
        where = {
            str(c.get_name()): slice(c.get_start() // 4, c.get_start() // 4 + c.get_num_components()) for c in columns
        }
        raw = memoryview(data.get_array(0)).cast("B")
        rows = np.frombuffer(raw, dtype=np.float32).reshape(data.get_num_rows(), -1).copy()
        primitive = geom.get_primitive(0)
        kind = np.uint16 if primitive.get_index_type() == p3d.Geom.NT_uint16 else np.uint32
        indices = np.frombuffer(memoryview(primitive.get_vertices()).cast("B"), dtype=kind)
        return cls(rows, where, indices.reshape(-1, 3).astype(np.int64), layout)

    def column(self, name: str) -> Rows:
        """Return one column's floats, shape (n, components)."""
        return self.rows[:, self.where[name]]

    def geom(self) -> p3d.Geom:
        """Make a Panda3D geom of these arrays."""
        data = p3d.GeomVertexData("mesh", self.layout, p3d.Geom.UH_static)
        data.unclean_set_num_rows(len(self.rows))
        memoryview(data.modify_array(0)).cast("B")[:] = np.ascontiguousarray(self.rows).data.cast("B")
        geom = p3d.Geom(data)
        geom.add_primitive(indexed_triangles(self.triangles, len(self.rows)))
        return geom


def indexed_triangles(indices: NDArray[np.integer], vertices: int) -> p3d.GeomTriangles:
    """Make Panda3D's triangles of an array, shape (m, 3), with 32-bit indices only where they are needed."""
    primitive = p3d.GeomTriangles(p3d.Geom.UH_static)
    wide = vertices > 0xFFFF  # Panda3D's indices are 16-bit unless told otherwise
    primitive.set_index_type(p3d.Geom.NT_uint32 if wide else p3d.Geom.NT_uint16)
    store = primitive.modify_vertices()
    store.unclean_set_num_rows(indices.size)
    flat = np.ascontiguousarray(indices, dtype=np.uint32 if wide else np.uint16)
    if flat.size:
        memoryview(store).cast("B")[:] = flat.data.cast("B")
    return primitive


def in_local_order(mesh: MeshArrays) -> MeshArrays:
    """Sort triangles along a space-filling (Morton) curve and number the vertices as they are first used."""
    if not len(mesh.triangles):
        return mesh
    centre = mesh.column("vertex")[mesh.triangles].mean(1)
    low = centre.min(0)
    span = max(float((centre - low).max()), 1e-9)
    cell = ((centre - low) / span * 1023).astype(np.int64)
    code = _spread(cell[:, 0]) | _spread(cell[:, 1]) << 1 | _spread(cell[:, 2]) << 2
    triangles = mesh.triangles[np.argsort(code, kind="stable")]
    used, first = np.unique(triangles, return_index=True)
    order = used[np.argsort(first)]
    number = np.zeros(len(mesh.rows), dtype=np.int64)
    number[order] = np.arange(len(order))
    return MeshArrays(mesh.rows[order], mesh.where, number[triangles], mesh.layout)


def _spread(x: Indices) -> Indices:
    """Put two zero bits between the ten bits of each number."""
    x = (x | x << 16) & 0x030000FF
    x = (x | x << 8) & 0x0300F00F
    x = (x | x << 4) & 0x030C30C3
    return np.asarray((x | x << 2) & 0x09249249)


def lighter(
    mesh: MeshArrays, cell_m: float | NDArray[np.floating], sheets: bool | NDArray[np.bool_], colors: bool = True
) -> MeshArrays:
    """Merge vertices that share a cube of side `cell_m` (one number, or one a vertex).

    Rossignac and Borrel's vertex clustering (1993). Where `sheets` holds, the normal's octant is in the key, so that
    thin sheets keep both sides; with `colors` the colour is, so that the edges of clothes stay sharp. A merged vertex
    takes the mean place and normal, and every other value from the member nearest to it, so that bone weights stay
    whole.
    """
    place, normal = mesh.column("vertex").astype(np.float64), mesh.column("normal").astype(np.float64)
    size = np.broadcast_to(np.asarray(cell_m, dtype=np.float64), (len(place),))
    octant = (normal > 0) & np.broadcast_to(np.asarray(sheets), (len(place),))[:, None]
    parts = [np.floor(place / size[:, None]), octant, np.rint(size[:, None] * 1e4)]
    if colors and "color" in mesh.where:
        parts.append(np.rint(mesh.column("color")[:, :3] * 8))
    _, group = np.unique(np.concatenate(parts, 1).astype(np.int64), axis=0, return_inverse=True)
    group = group.ravel()
    count = np.bincount(group).astype(float)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.stack([np.bincount(group, values[:, i]) for i in range(3)], 1)
        return np.asarray(sums / count[:, None])

    middle, facing = mean(place), mean(normal)
    off = np.linalg.norm(place - middle[group], axis=1)
    order = np.lexsort((off, group))
    nearest = order[np.concatenate([[0], np.cumsum(np.bincount(group))[:-1]])]
    rows = mesh.rows[nearest].copy()
    rows[:, mesh.where["vertex"]] = middle
    length = np.linalg.norm(facing, axis=1, keepdims=True)
    rows[:, mesh.where["normal"]] = np.where(length > 0.1, facing / np.maximum(length, 1e-9), normal[nearest])
    triangles = group[mesh.triangles]
    a, b, c = triangles.T
    kept = MeshArrays(rows, mesh.where, triangles[(a != b) & (b != c) & (c != a)], mesh.layout)
    return in_local_order(kept)


def with_details(figure: p3d.NodePath, light: bool) -> p3d.NodePath:
    """Return a node that draws a skinned figure in local order (or as a light copy) and casts a lighter copy's shadow.

    The copies share the figure's state, so that its `bone_matrices` move them too. A figure that is no single skinned
    mesh is returned as it is.
    """
    node = figure.node()
    if not isinstance(node, p3d.GeomNode) or node.get_num_geoms() != 1:
        return figure
    mesh = MeshArrays.of(node.get_geom(0))
    if "bone_index" not in mesh.where:
        return figure
    shadow = lighter(mesh, _SHADOW_M, sheets=False, colors=False)
    drawn = _light_figure(mesh) if light else in_local_order(mesh)
    node.remove_all_geoms()
    node.add_geom(drawn.geom())
    both = p3d.NodePath("golfer with shadow")
    caster = p3d.GeomNode("golfer's shadow")
    caster.add_geom(shadow.geom())
    caster.set_state(node.get_state())
    caster.set_tag(SHADOW_TAG, node.get_tag(SHADOW_TAG))
    caster.set_bounds(p3d.OmniBoundingVolume())
    caster.set_final(True)
    both.attach_new_node(caster).hide(PICTURE_MASK)
    figure.hide(SHADOW_MASK)
    figure.reparent_to(both)
    return both


def _light_figure(mesh: MeshArrays) -> MeshArrays:
    strongest = mesh.column("bone_weight").argmax(1)
    bone = mesh.column("bone_index")[np.arange(len(mesh.rows)), strongest].astype(int)
    head = np.isin(bone, [Bone.HEAD, Bone.NECK])
    hands = np.isin(bone, [Bone.L_HAND, Bone.R_HAND, Bone.L_WRIST, Bone.R_WRIST])
    cell = np.where(head, _LIGHT_HEAD_M, np.where(hands, _LIGHT_HAND_M, _LIGHT_BODY_M))
    return lighter(mesh, cell, sheets=hands)
