"""The user's own models: a GLB file as a mesh of the plant, fitted to its unit's size, with a state light on it.

Panda3D's own Assimp reads the file (positions, normals, indices, base colours, roughness; no textures, Draco or
animation). glTF is Y up with its front along +Z; here Z is up and the front along -Y.
"""

import functools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.stage.mesh import area_normals, unit
from twinswing.stage.plant_mesh import FlexMesh, Part, flex, joined
from twinswing.stage.plant_models_common import tower

FloatArray = NDArray[np.float64]
_MOST_TRIANGLES = 400_000  # of one model; more would make a frame of several of them slow
_GREY = (0.55, 0.56, 0.58)


@functools.cache
def user_mesh(path: str, size_m: tuple[float, float, float]) -> FlexMesh:
    """Return the mesh of a GLB file, evenly scaled into a size, amid its floor space and standing on the floor.

    Raises InputError where the file cannot be read, holds no triangles, or far more than are good to draw.
    """
    parts = list(_parts(_load(Path(path))))
    if not parts:
        raise InputError(f"expected a model with triangles, found none in {path}")
    triangles = sum(len(part[2]) for part in parts)
    if triangles > _MOST_TRIANGLES:
        raise InputError(f"expected a model of at most {_MOST_TRIANGLES} triangles, found {triangles} in {path}")
    points = np.concatenate([part[0] for part in parts])
    if not np.isfinite(points).all():
        raise InputError(f"expected a model of finite places, found others in {path}")
    low, high = points.min(0), points.max(0)
    scale = float((np.array(size_m) / np.maximum(high - low, 1e-6)).min())
    middle = np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    starts = np.cumsum([0, *(len(part[0]) for part in parts[:-1])])
    base = (points - middle) * scale
    mesh = FlexMesh(
        base=base,
        stretch=np.zeros_like(base),
        normals=np.concatenate([part[1] for part in parts]),
        surface=np.concatenate([part[3] for part in parts]),
        part=np.concatenate([part[4] for part in parts]),
        triangles=np.concatenate([part[2] + start for part, start in zip(parts, starts, strict=True)]),
    )
    top = float(base[:, 2].max())
    reach = (base[:, 0].max() - 0.08, base[:, 1].max() - 0.08)
    return joined((mesh, flex(lambda b, _w, _d, _h: tower(b, reach[0], reach[1], top - 0.02, 0.12))))


def _load(path: Path) -> p3d.NodePath:
    p3d.load_prc_file_data("twinswing models", "load-file-type p3assimp\nnotify-level-assimp error")
    options = p3d.LoaderOptions(p3d.LoaderOptions.LF_no_cache | p3d.LoaderOptions.LF_search)
    if not path.is_file():
        raise InputError(f"expected a model's file, found nothing at {path}")
    node = p3d.Loader.get_global_ptr().load_sync(p3d.Filename.from_os_specific(str(path)), options)
    if node is None:
        raise InputError(f"expected a glTF 2.0 model (.glb), found a file that cannot be read as one: {path}")
    return p3d.NodePath(node)


_MeshPart = tuple[FloatArray, FloatArray, NDArray[np.int64], FloatArray, FloatArray]


def _parts(root: p3d.NodePath) -> Iterator[_MeshPart]:
    """Return each geom's places, normals, triangles, surface and part codes, in this project's axes."""
    for path in root.find_all_matches("**/+GeomNode"):
        rows = np.array(path.get_mat(root), dtype=float).reshape(4, 4)
        for i in range(path.node().get_num_geoms()):
            geom = path.node().get_geom(i).decompose()
            triangles = _triangles(geom)
            places = _column(geom, "vertex")
            if places is None or not len(triangles):
                continue
            world = _turned(places @ rows[:3, :3] + rows[3, :3])
            if np.linalg.det(rows[:3, :3]) < 0:
                triangles = triangles[:, ::-1]
            normals = _column(geom, "normal")
            if normals is None:
                turned = area_normals(world, triangles.astype(np.uint32))
            else:
                turned = _turned(unit(normals @ np.linalg.pinv(rows[:3, :3]).T))
            surface, part = _surface(path.get_net_state().compose(path.node().get_geom_state(i)), len(world))
            yield world, turned, triangles, surface, part


def _turned(vectors: FloatArray) -> FloatArray:
    """Turn Y up into Z up: (x, y, z) to (x, -z, y)."""
    return np.stack([vectors[:, 0], -vectors[:, 2], vectors[:, 1]], -1)


def _column(geom: p3d.Geom, name: str) -> FloatArray | None:
    data = geom.get_vertex_data()
    layout = data.get_format()
    number = layout.get_array_with(name)
    if number < 0:
        return None
    array = layout.get_array(number)
    column = array.get_column(name)
    if column.get_numeric_type() != p3d.Geom.NT_float32:
        return None
    raw = np.frombuffer(memoryview(data.get_array(number)).cast("B"), dtype=np.uint8)
    rows = raw.reshape(data.get_num_rows(), array.get_stride())
    start = column.get_start()
    taken = np.ascontiguousarray(rows[:, start : start + 12])
    return taken.view(np.float32).astype(np.float64)


def _triangles(geom: p3d.Geom) -> NDArray[np.int64]:
    out = []
    for i in range(geom.get_num_primitives()):
        primitive = geom.get_primitive(i)
        if not isinstance(primitive, p3d.GeomTriangles):
            continue
        if not primitive.is_indexed():
            first = primitive.get_first_vertex()
            out.append(np.arange(first, first + primitive.get_num_vertices(), dtype=np.int64))
            continue
        kinds = {p3d.Geom.NT_uint8: np.uint8, p3d.Geom.NT_uint16: np.uint16, p3d.Geom.NT_uint32: np.uint32}
        raw = memoryview(primitive.get_vertices()).cast("B")
        out.append(np.frombuffer(raw, dtype=kinds[primitive.get_index_type()]).astype(np.int64))
    return np.concatenate(out).reshape(-1, 3) if out else np.zeros((0, 3), dtype=np.int64)


def _surface(state: p3d.RenderState, count: int) -> tuple[FloatArray, FloatArray]:
    """Return linear rgb and roughness, shape (count, 4), and part code and metallic, shape (count, 2)."""
    colour, roughness, metallic = _GREY, 0.6, 0.0
    attrib = state.get_attrib(p3d.MaterialAttrib)
    material = attrib.get_material() if attrib is not None else None
    if material is not None:
        if material.has_base_color() or material.has_diffuse():
            rgba = material.base_color if material.has_base_color() else material.diffuse
            colour = (rgba[0], rgba[1], rgba[2])
        if material.has_roughness():
            roughness = float(material.roughness)
        if material.has_metallic():
            metallic = float(material.metallic)
    surface = np.tile([*colour, min(max(roughness, 0.1), 1.0)], (count, 1))
    return surface, np.tile([float(Part.BODY), metallic], (count, 1))
