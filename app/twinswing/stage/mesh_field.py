"""Soft shapes as signed distance fields, and the mesh of where a field is zero.

A field takes points, shape (n, 3), metres, and returns signed distances, shape (n,), negative inside. Fields blend
where parts of a body meet, so that shoulders and hips have no seam. The mesh is made with surface nets (S. F. F.
Gibson, "Constrained elastic surface nets", MICCAI 1998): one vertex a boundary cell, then pulled onto the surface.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator

from twinswing.stage.mesh import FloatArray, IndexArray, Mesh, bare_mesh, clip, unit

Field = Callable[[FloatArray], FloatArray]


def ball(centre: ArrayLike, radii: ArrayLike, rotation: ArrayLike | None = None) -> Field:
    """Return an ellipsoid; `rotation` (3, 3) has its axes as columns. The distance is first-order exact."""
    c, r = np.asarray(centre, dtype=np.float64), np.broadcast_to(np.asarray(radii, dtype=np.float64), 3)
    turn = np.eye(3) if rotation is None else np.asarray(rotation, dtype=np.float64)

    def field(p: FloatArray) -> FloatArray:
        q = (p - c) @ turn / r
        k0 = np.linalg.norm(q, axis=-1)
        k1 = np.linalg.norm(q / r, axis=-1)
        return np.asarray(k0 * (k0 - 1.0) / np.maximum(k1, 1e-9))

    return field


def limb(
    a: ArrayLike, b: ArrayLike, ra: float, rb: float, flat: float = 1.0, flat_axis: ArrayLike = (0, 1, 0)
) -> Field:
    """Return a round-ended cone from a to b; `flat` < 1 thins it along `flat_axis`."""
    start, end = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    axis = end - start
    squared = float(axis @ axis)
    thin = np.asarray(flat_axis, dtype=np.float64)
    thin = unit(thin - axis * (thin @ axis) / max(squared, 1e-12))

    def field(p: FloatArray) -> FloatArray:
        d = p - start
        t = np.clip(d @ axis / max(squared, 1e-12), 0.0, 1.0)
        off = d - t[:, None] * axis
        if flat != 1.0:
            off = off + thin * ((off @ thin) * (1.0 / flat - 1.0))[:, None]
        smooth = t * t * (3.0 - 2.0 * t)
        return np.asarray((np.linalg.norm(off, axis=-1) - (ra + (rb - ra) * smooth)) * (flat if flat < 1 else 1.0))

    return field


def chain(points: Sequence[ArrayLike], radii: Sequence[float], k: float = 0.01) -> Field:
    """Return round-ended cones through points, blended over k metres."""
    parts = [limb(points[i], points[i + 1], radii[i], radii[i + 1]) for i in range(len(points) - 1)]
    return blend(k, *parts)


def loft(sections: ArrayLike) -> Field:
    """Return a body that is given by horizontal sections, interpolated without overshoot.

    sections: rows (z, half width, depth in front, depth behind, centre y, exponent), z rising; front is -Y. The
    exponent of the superellipse is 2 for an ellipse, more for a boxier section. The ends are flat.
    """
    s = np.asarray(sections, dtype=np.float64)
    curve = PchipInterpolator(s[:, 0], s[:, 1:], axis=0)
    low, high = float(s[0, 0]), float(s[-1, 0])

    def field(p: FloatArray) -> FloatArray:
        half, front, behind, centre, power = np.moveaxis(curve(np.clip(p[:, 2], low, high)), -1, 0)
        x, y = np.abs(p[:, 0]), p[:, 1] - centre
        depth = np.where(y < 0.0, front, behind)
        g = ((x / half) ** power + (np.abs(y) / depth) ** power) ** (1.0 / power)
        radial = np.hypot(x, y)
        side = np.where(g > 1e-6, radial * (1.0 - 1.0 / np.maximum(g, 1e-6)), -np.minimum(half, depth))
        cap = np.maximum(low - p[:, 2], p[:, 2] - high)
        return np.asarray(np.maximum(side, cap))

    return field


def blend(k: float, *fields: Field) -> Field:
    """Return the union of fields, rounded over about k metres where they meet (quadratic smooth minimum)."""

    def field(p: FloatArray) -> FloatArray:
        d = fields[0](p)
        for other in fields[1:]:
            e = other(p)
            h = np.clip(0.5 + 0.5 * (e - d) / k, 0.0, 1.0)
            d = e + (d - e) * h - k * h * (1.0 - h)
        return d

    return field


def cut(base: Field, tool: Field, k: float) -> Field:
    """Return base with tool taken out of it, the edge rounded over k metres."""

    def field(p: FloatArray) -> FloatArray:
        d, e = base(p), -tool(p)
        h = np.clip(0.5 - 0.5 * (e - d) / k, 0.0, 1.0)
        return np.asarray(e + (d - e) * h + k * h * (1.0 - h))

    return field


def half_space(point: ArrayLike, normal: ArrayLike) -> Field:
    """Return the side of a plane that its normal points away from."""
    c, n = np.asarray(point, dtype=np.float64), unit(normal)
    return lambda p: np.asarray((p - c) @ n)


def either(*fields: Field) -> Field:
    """Return where any of the fields is inside, with the edge left sharp."""
    return lambda p: np.asarray(np.min([f(p) for f in fields], axis=0))


def opposite(base: Field) -> Field:
    """Return the outside of a field."""
    return lambda p: -base(p)


def within(*fields: Field) -> Field:
    """Return where all the fields are inside."""
    return lambda p: np.asarray(np.max([f(p) for f in fields], axis=0))


def grown(base: Field, by: float | Callable[[FloatArray], FloatArray]) -> Field:
    """Return a field swollen by metres, a number or a function of the points."""
    return lambda p: np.asarray(base(p) - (by(p) if callable(by) else by))


def mirrored(base: Field) -> Field:
    """Return a field given for x > 0 on both sides of the plane x = 0."""
    return lambda p: base(np.abs(p) * [1.0, 0.0, 0.0] + p * [0.0, 1.0, 1.0])


def gradient(field: Field, p: FloatArray, step: float = 5e-4) -> FloatArray:
    """Return the field's gradient by central differences, shape (n, 3)."""
    offsets = np.concatenate([np.eye(3), -np.eye(3)]) * step
    values = field((p[None] + offsets[:, None]).reshape(-1, 3)).reshape(6, -1)
    return np.asarray((values[:3] - values[3:]).T / (2.0 * step))


def onto_surface(field: Field, p: FloatArray, *, steps: int = 3, reach: float = 0.02) -> FloatArray:
    """Pull points onto the field's zero along its gradient, at most `reach` metres a step."""
    for _ in range(steps):
        g = gradient(field, p)
        squared = np.maximum(np.einsum("ij,ij->i", g, g), 0.05)
        p = p - g * (np.clip(field(p) / squared, -reach, reach))[:, None]
    return p


def surface(field: Field, low: ArrayLike, high: ArrayLike, cell_m: float) -> Mesh:
    """Mesh where a field is zero inside a box; closed when the zero set keeps a cell away from the box's sides."""
    lo = np.asarray(low, dtype=np.float64)
    counts = np.maximum(np.ceil((np.asarray(high) - lo) / cell_m).astype(int) + 1, 2)
    axes = [lo[k] + cell_m * np.arange(counts[k]) for k in range(3)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    values = field(grid.reshape(-1, 3)).reshape(tuple(counts))
    inside = values < 0.0
    cells, cell_id = _cell_vertices(values)
    positions = onto_surface(field, lo + cells * cell_m, reach=0.35 * cell_m)
    return bare_mesh(positions, gradient(field, positions), _quads(inside, cell_id))


def trim(mesh: Mesh, field: Field) -> Mesh:
    """Return the part of a mesh that lies inside a field, with a clean edge."""
    return clip(mesh, field(mesh.positions))


def _cell_vertices(values: FloatArray) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return each boundary cell's mean edge crossing, in cells, shape (n, 3), and the cells' vertex numbers."""
    shape = tuple(n - 1 for n in values.shape)
    total = np.zeros((*shape, 3))
    count = np.zeros(shape)
    base = np.stack(np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij"), -1)
    corner = [np.array(c) for c in np.ndindex(2, 2, 2)]
    for a in corner:
        for axis in range(3):
            if a[axis]:
                continue
            b = a.copy()
            b[axis] = 1
            va, vb = (values[tuple(slice(o, o + n) for o, n in zip(c, shape, strict=True))] for c in (a, b))
            hit = (va < 0.0) != (vb < 0.0)
            t = np.where(hit, va / np.where(hit, va - vb, 1.0), 0.0)
            total += np.where(hit[..., None], base + a + t[..., None] * (b - a), 0.0)
            count += hit
    active = count > 0
    ids = np.full(shape, -1, dtype=np.int64)
    ids[active] = np.arange(int(active.sum()))
    return total[active] / count[active][:, None], ids


def _quads(inside: NDArray[np.bool_], cell_id: NDArray[np.int64]) -> IndexArray:
    """Return two triangles for every grid edge that crosses the surface."""
    out = []
    for axis in range(3):
        i, j = [(1, 2), (2, 0), (0, 1)][axis]
        lower = np.take(inside, range(inside.shape[axis] - 1), axis)
        upper = np.take(inside, range(1, inside.shape[axis]), axis)
        where = np.argwhere(lower != upper)
        keep = (where[:, i] > 0) & (where[:, j] > 0)
        keep &= (where[:, i] < cell_id.shape[i]) & (where[:, j] < cell_id.shape[j])
        where = where[keep]
        leaving = lower[tuple(where.T)]
        corner = []
        for di, dj in ((-1, -1), (0, -1), (0, 0), (-1, 0)):
            at = where.copy()
            at[:, i] += di
            at[:, j] += dj
            corner.append(cell_id[tuple(at.T)])
        quad = np.stack(corner, -1)
        quad[~leaving] = quad[~leaving][:, ::-1]
        out.append(quad)
    q = np.concatenate(out)
    return np.concatenate([q[:, [0, 1, 2]], q[:, [0, 2, 3]]]).astype(np.uint32)
