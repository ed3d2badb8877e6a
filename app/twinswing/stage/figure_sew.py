"""Shared by the clothes: how a build widens a body, and bands, strips and seams that lie on a surface."""

import numpy as np

from twinswing.stage.mesh import FloatArray, Mesh, sheet, tube, unit
from twinswing.stage.mesh_field import Field, gradient, onto_surface


def girth(build: float) -> tuple[float, float]:
    """Return how much wider than average the trunk and the limbs are at a build of 0 to 1."""
    return 0.90 + 0.30 * build, 0.92 + 0.19 * build


def sections(table: FloatArray, build: float, height: float) -> FloatArray:
    """Return a table of body sections in metres for a build and a height."""
    trunk, _ = girth(build)
    out = table.copy()
    # Fat sits at the waist and in front; shoulders and neck stay nearly as they are.
    z = table[:, 0]
    waist = np.exp(-(((z - 0.60) / 0.085) ** 2))
    wide = 1.0 + (trunk - 1.0) * (0.35 + 0.65 * waist)
    belly = 1.0 + (trunk - 1.0) * (0.35 + 1.15 * waist) + max(build - 0.5, 0.0) * 0.45 * waist
    out[:, 1] *= wide
    out[:, 2] *= belly
    out[:, 3] *= 1.0 + (trunk - 1.0) * 0.5
    out[:, :5] *= height
    return out


def ring_band(
    field: Field,
    centre: FloatArray,
    axis: FloatArray,
    hint: FloatArray,
    profile: FloatArray,
    start_m: float,
    sides: int,
) -> Mesh:
    """Return a band that lies on a field: profile rows (along the axis, above the surface), metres."""
    a = unit(axis)
    first = unit(hint - a * (hint @ a))
    second = np.cross(a, first)
    angle = np.arange(sides) * (2 * np.pi / sides)
    around = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    rows = []
    for along, above in profile:
        ray = np.full(sides, start_m)
        origin = centre + along * a
        for _ in range(12):
            ray -= 0.9 * field(origin + around * ray[:, None])
        rows.append(origin + around * (ray + above)[:, None])
    return sheet(np.array(rows), wrap=True)


def strip(field: Field, path: FloatArray, *, across: FloatArray, half_m: float, above_m: float) -> Mesh:
    """Return a flat strip on a field along points near it, shape (n, 3), its edges turned into the surface."""
    middle = onto_surface(field, path, reach=0.1)
    rows = []
    for offset, above in ((-1.0, -0.001), (-0.96, above_m), (0.0, above_m), (0.96, above_m), (1.0, -0.001)):
        p = onto_surface(field, middle + across * (offset * half_m))
        rows.append(p + unit(gradient(field, p)) * above)
    grid = np.array(rows)
    mesh = sheet(grid)
    outward = float(np.einsum("ij,ij->i", mesh.normals, unit(gradient(field, mesh.positions))).sum())
    return mesh if outward > 0 else sheet(grid[:, ::-1])


def seam(field: Field, path: FloatArray, *, half_m: float = 0.0009, above_m: float = 0.0) -> Mesh:
    """Return a thin cord along points near a field, shape (n, 3), half sunk into it."""
    p = onto_surface(field, path, reach=0.05)
    return tube(p + unit(gradient(field, p)) * above_m, np.full(len(p), half_m), sides=5, hint=(0.31, 0.25, 0.92))
