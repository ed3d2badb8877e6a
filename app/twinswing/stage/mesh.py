"""Triangle meshes as plain arrays, and the swept and turned shapes that figures and clubs are made of.

Everything here is arithmetic on arrays: nothing knows a renderer. Triangles wind counter-clockwise seen from outside.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.uint32]


@dataclass(frozen=True)
class Mesh:
    """A triangle mesh with n vertices and m triangles.

    positions  : metres, shape (n, 3).
    normals    : unit, outward, shape (n, 3).
    colours    : linear RGB, 0 to 1, shape (n, 3).
    roughness  : perceptual roughness, 0 to 1, shape (n,).
    bone_index : bones that move a vertex, shape (n, 4).
    bone_weight: how much each does, rows sum to 1, shape (n, 4).
    triangles  : vertex indices, shape (m, 3).
    """

    positions: FloatArray
    normals: FloatArray
    colours: FloatArray
    roughness: FloatArray
    bone_index: NDArray[np.uint8]
    bone_weight: FloatArray
    triangles: IndexArray

    def painted(self, colour: ArrayLike, roughness: float | None = None) -> "Mesh":
        """Return the mesh in one colour (linear RGB, or one row a vertex) and, if given, one roughness."""
        rough = self.roughness if roughness is None else np.full(len(self.positions), roughness)
        tint = np.broadcast_to(np.asarray(colour, dtype=np.float64), self.positions.shape).copy()
        return replace(self, colours=tint, roughness=rough)

    def moved(self, rotation: ArrayLike, offset: ArrayLike = (0.0, 0.0, 0.0)) -> "Mesh":
        """Return the mesh turned and uniformly scaled by a matrix (3, 3), then shifted, metres; mirrors are rewound."""
        r = np.asarray(rotation, dtype=np.float64)
        triangles = self.triangles if np.linalg.det(r) > 0 else self.triangles[:, ::-1].copy()
        positions = self.positions @ r.T + np.asarray(offset, dtype=np.float64)
        return replace(self, positions=positions, normals=unit(self.normals @ r.T), triangles=triangles)

    def rigged(self, index: NDArray[np.uint8], weight: FloatArray) -> "Mesh":
        """Return the mesh with these bones, shapes (n, 4)."""
        return replace(self, bone_index=index, bone_weight=weight)

    def bound_to(self, bone: int) -> "Mesh":
        """Return the mesh carried by one bone alone."""
        index = np.zeros((len(self.positions), 4), dtype=np.uint8)
        index[:, 0] = bone
        weight = np.zeros((len(self.positions), 4))
        weight[:, 0] = 1.0
        return replace(self, bone_index=index, bone_weight=weight)

    def volume_m3(self) -> float:
        """Return the enclosed volume, cubic metres: positive when a closed mesh winds outward."""
        a, b, c = (self.positions[self.triangles[:, k]] for k in range(3))
        return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)

    def is_closed(self) -> bool:
        """Whether every edge is shared by two triangles that run along it in opposite senses."""
        t = self.triangles.astype(np.int64)
        edges = np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]])
        n = len(self.positions)
        forward = np.sort(edges[:, 0] * n + edges[:, 1])
        backward = np.sort(edges[:, 1] * n + edges[:, 0])
        return bool(len(np.unique(forward)) == len(forward) and np.array_equal(forward, backward))


def bare_mesh(positions: ArrayLike, normals: ArrayLike, triangles: ArrayLike) -> Mesh:
    """Return a grey mesh on bone 0 from positions, normals (any length) and triangles."""
    p = np.asarray(positions, dtype=np.float64)
    n = len(p)
    weight = np.zeros((n, 4))
    weight[:, 0] = 1.0
    return Mesh(
        positions=p,
        normals=unit(normals),
        colours=np.full((n, 3), 0.5),
        roughness=np.full(n, 0.8),
        bone_index=np.zeros((n, 4), dtype=np.uint8),
        bone_weight=weight,
        triangles=np.asarray(triangles, dtype=np.uint32).reshape(-1, 3),
    )


def merge(meshes: Sequence[Mesh]) -> Mesh:
    """Join meshes into one without welding."""
    starts = np.cumsum([0, *(len(m.positions) for m in meshes[:-1])])
    return Mesh(
        positions=np.concatenate([m.positions for m in meshes]),
        normals=np.concatenate([m.normals for m in meshes]),
        colours=np.concatenate([m.colours for m in meshes]),
        roughness=np.concatenate([m.roughness for m in meshes]),
        bone_index=np.concatenate([m.bone_index for m in meshes]),
        bone_weight=np.concatenate([m.bone_weight for m in meshes]),
        triangles=np.concatenate(
            [m.triangles + np.uint32(s) for m, s in zip(meshes, starts, strict=True)], dtype=np.uint32
        ),
    )


def clip(mesh: Mesh, values: FloatArray) -> Mesh:
    """Return the part of a mesh where a value per vertex, shape (n,), is at most 0, cut cleanly through triangles."""
    inside = values <= 0.0
    count = inside[mesh.triangles].sum(1)
    whole = mesh.triangles[count == 3]
    one, one_edges = _cut_corners(mesh.triangles[count == 1], inside, lone=True)
    two, two_edges = _cut_corners(mesh.triangles[count == 2], inside, lone=False)
    edges = np.concatenate([one_edges, two_edges])
    if not len(edges):
        return _compact(mesh, whole)
    pairs, which = np.unique(np.sort(edges, axis=1), axis=0, return_inverse=True)
    a, b = pairs[:, 0], pairs[:, 1]
    t = (values[a] / (values[a] - values[b]))[:, None]
    n = len(values)
    # A new vertex takes the bones of the end that it lies nearer to, unless both ends hang on the same ones.
    same = (mesh.bone_index[a] == mesh.bone_index[b]).all(1, keepdims=True)
    near = np.where(t < 0.5, a[:, None], b[:, None])[:, 0]
    weight = np.where(same, mesh.bone_weight[a] * (1 - t) + mesh.bone_weight[b] * t, mesh.bone_weight[near])
    grown = Mesh(
        positions=np.concatenate([mesh.positions, mesh.positions[a] * (1 - t) + mesh.positions[b] * t]),
        normals=np.concatenate([mesh.normals, unit(mesh.normals[a] * (1 - t) + mesh.normals[b] * t)]),
        colours=np.concatenate([mesh.colours, mesh.colours[a] * (1 - t) + mesh.colours[b] * t]),
        roughness=np.concatenate([mesh.roughness, mesh.roughness[a] * (1 - t[:, 0]) + mesh.roughness[b] * t[:, 0]]),
        bone_index=np.concatenate([mesh.bone_index, mesh.bone_index[near]]),
        bone_weight=np.concatenate([mesh.bone_weight, weight]),
        triangles=mesh.triangles,
    )
    at = np.concatenate([np.arange(n), n + which.ravel()])
    shifted = [np.where(t_ >= 0, t_, n - 1 - t_ + base) for t_, base in ((one, 0), (two, len(one_edges)))]
    return _compact(grown, np.concatenate([whole, *(at[s] for s in shifted)]))


def _cut_corners(
    triangles: IndexArray, inside: NDArray[np.bool_], *, lone: bool
) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the kept triangles of those with one (`lone`) or two corners inside, and the edges that are cut.

    In the triangles, -1 - k stands for the new vertex on edge k.
    """
    t = triangles.astype(np.int64)
    odd = np.argmax(inside[t] if lone else ~inside[t], axis=1)
    a, b, c = (np.take_along_axis(t, ((odd + k) % 3)[:, None], 1)[:, 0] for k in range(3))
    m = len(t)
    ab, ac = -1 - np.arange(m), -1 - m - np.arange(m)
    edges = np.concatenate([np.stack([a, b], -1), np.stack([a, c], -1)])
    if lone:
        return np.stack([a, ab, ac], -1), edges
    return np.concatenate([np.stack([ab, b, c], -1), np.stack([ab, c, ac], -1)]), edges


def _compact(mesh: Mesh, triangles: ArrayLike) -> Mesh:
    """Return a mesh of these triangles without the vertices that they leave out."""
    used, fresh = np.unique(np.asarray(triangles, dtype=np.int64), return_inverse=True)
    return Mesh(
        positions=mesh.positions[used],
        normals=mesh.normals[used],
        colours=mesh.colours[used],
        roughness=mesh.roughness[used],
        bone_index=mesh.bone_index[used],
        bone_weight=mesh.bone_weight[used],
        triangles=fresh.reshape(-1, 3).astype(np.uint32),
    )


def unit(vectors: ArrayLike) -> FloatArray:
    """Return vectors, shape (..., 3), at length 1; a null vector stays null."""
    v = np.asarray(vectors, dtype=np.float64)
    length = np.linalg.norm(v, axis=-1, keepdims=True)
    return np.asarray(v / np.where(length > 1e-12, length, 1.0))


def area_normals(positions: FloatArray, triangles: IndexArray) -> FloatArray:
    """Return vertex normals weighted by triangle area, shape (n, 3)."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    normals = np.zeros_like(positions)
    for k in range(3):
        np.add.at(normals, triangles[:, k], face)
    return unit(normals)


def grid_triangles(rows: int, columns: int, *, wrap: bool) -> IndexArray:
    """Return triangles of a (rows, columns) vertex grid; `wrap` joins the last column to the first.

    Outside is where (next column) x (next row) points.
    """
    grid = np.indices((rows - 1, columns if wrap else columns - 1)).reshape(2, -1)
    r, c = grid[0], grid[1]
    right = (c + 1) % columns
    a, b = r * columns + c, r * columns + right
    d, e = (r + 1) * columns + c, (r + 1) * columns + right
    return np.concatenate([np.stack([a, b, e], -1), np.stack([a, e, d], -1)]).astype(np.uint32)


def sheet(points: FloatArray, *, wrap: bool = False) -> Mesh:
    """Return a surface through a (rows, columns, 3) grid of points, with smooth normals, seen from one side."""
    rows, columns = points.shape[:2]
    flat = points.reshape(-1, 3)
    triangles = grid_triangles(rows, columns, wrap=wrap)
    return bare_mesh(flat, area_normals(flat, triangles), triangles)


def frames_along(path: FloatArray, hint: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the tangent and two cross axes (unit, right-handed, first one nearest to `hint`), each (n, 3)."""
    tangent = unit(np.gradient(path, axis=0))
    first = np.asarray(hint, dtype=np.float64) - tangent * (tangent @ np.asarray(hint, dtype=np.float64))[:, None]
    first = unit(first)
    return tangent, first, np.cross(tangent, first)


def tube(
    path: ArrayLike,
    radii: ArrayLike,
    *,
    sides: int = 16,
    hint: ArrayLike = (1.0, 0.0, 0.0),
    capped: bool = True,
) -> Mesh:
    """Return an elliptic tube along a path.

    path : centres, shape (n, 3), n >= 2. radii: shape (n,) or (n, 2): along the cross axis nearest to `hint`, and
    along the other. With `capped` the ends are flat with edges of their own, and the mesh is closed.
    """
    p = np.asarray(path, dtype=np.float64)
    r = np.asarray(radii, dtype=np.float64)
    r = np.stack([r, r], -1) if r.ndim == 1 else r
    tangent, first, second = frames_along(p, hint)
    angle = np.arange(sides) * (2.0 * np.pi / sides)
    cos, sin = np.cos(angle)[None, :, None], np.sin(angle)[None, :, None]
    points = p[:, None] + first[:, None] * cos * r[:, None, :1] + second[:, None] * sin * r[:, None, 1:]
    body = sheet(points, wrap=True)
    if not capped:
        return body
    ends = [_disc(points[0], -tangent[0], flip=True), _disc(points[-1], tangent[-1], flip=False)]
    return merge([body, *ends])


def _disc(ring: FloatArray, normal: FloatArray, *, flip: bool) -> Mesh:
    """Return a flat fan over a ring of points, shape (k, 3)."""
    k = len(ring)
    points = np.concatenate([ring, ring.mean(0, keepdims=True)])
    i = np.arange(k)
    fan = np.stack([i, (i + 1) % k, np.full(k, k)], -1)
    return bare_mesh(points, np.broadcast_to(normal, points.shape), fan[:, ::-1] if flip else fan)


def lathe(profile: ArrayLike, *, sides: int = 24, crease_rad: float = 0.6) -> Mesh:
    """Return a profile of (radius, z) points, shape (n, 2), z rising, turned about Z.

    Corners sharper than `crease_rad` keep an edge; a first or last radius of 0 closes that end.
    """
    rz = np.asarray(profile, dtype=np.float64)
    step = np.diff(rz, axis=0)
    heading = np.arctan2(step[:, 1], step[:, 0])
    turn = np.abs((np.diff(heading) + np.pi) % (2 * np.pi) - np.pi)
    cuts = [0, *(np.flatnonzero(turn > crease_rad) + 1).tolist(), len(rz) - 1]
    angle = np.arange(sides) * (2.0 * np.pi / sides)
    parts = []
    for a, b in pairwise(cuts):
        piece = rz[a : b + 1]
        slope = np.gradient(piece, axis=0)
        out = unit(np.stack([slope[:, 1], np.zeros(len(piece)), -slope[:, 0]], -1))
        cos, sin = np.cos(angle)[None], np.sin(angle)[None]
        points = np.stack(
            [piece[:, :1] * cos, piece[:, :1] * sin, np.broadcast_to(piece[:, 1:], (len(piece), sides))], -1
        )
        normals = np.stack([out[:, :1] * cos, out[:, :1] * sin, np.broadcast_to(out[:, 2:], (len(piece), sides))], -1)
        triangles = grid_triangles(len(piece), sides, wrap=True)
        parts.append(bare_mesh(points.reshape(-1, 3), normals.reshape(-1, 3), triangles))
    return merge(parts)


def ellipsoid(centre: ArrayLike, radii: ArrayLike, *, rows: int = 10, sides: int = 16) -> Mesh:
    """Return an axis-aligned ellipsoid (poles on Z), closed and welded."""
    polar = np.linspace(np.pi, 0.0, rows + 1)[1:-1]
    angle = np.arange(sides) * (2.0 * np.pi / sides)
    ring = np.stack(
        [
            np.sin(polar)[:, None] * np.cos(angle),
            np.sin(polar)[:, None] * np.sin(angle),
            np.repeat(np.cos(polar)[:, None], sides, 1),
        ],
        -1,
    ).reshape(-1, 3)
    sphere = np.concatenate([ring, [[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]])
    n = len(ring)
    i = np.arange(sides)
    j = (i + 1) % sides
    bottom = np.stack([j, i, np.full(sides, n)], -1)
    last = n - sides
    top = np.stack([last + i, last + j, np.full(sides, n + 1)], -1)
    triangles = np.concatenate([grid_triangles(rows - 1, sides, wrap=True), bottom, top])
    r = np.asarray(radii, dtype=np.float64)
    return bare_mesh(sphere * r + np.asarray(centre, dtype=np.float64), sphere / r, triangles)
