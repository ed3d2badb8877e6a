"""The few shapes of an exported scene, as vertices, normals and triangles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """Vertices and unit normals, shape (n, 3); triangles as indices, counter-clockwise from outside, shape (m, 3)."""

    vertices: FloatArray
    normals: FloatArray
    triangles: NDArray[np.int64]


def ball(radius_m: float, rings: int = 8, slices: int = 12) -> Shape:
    """Return a sphere around the origin."""
    polar, round_ = np.meshgrid(np.linspace(0.0, np.pi, rings + 1), np.linspace(0.0, 2 * np.pi, slices + 1))
    normals = np.stack([np.sin(polar) * np.cos(round_), np.cos(polar), -np.sin(polar) * np.sin(round_)], -1)
    normals = normals.reshape(-1, 3)
    return Shape(radius_m * normals, normals, _sheet(slices, rings))


def rod(sides: int = 10) -> Shape:
    """Return a closed cylinder of radius 1 from the origin to (0, 1, 0)."""
    angle = np.linspace(0.0, 2 * np.pi, sides + 1)
    rim = np.stack([np.cos(angle), np.zeros(sides + 1), -np.sin(angle)], -1)
    up = np.array([0.0, 1.0, 0.0])
    side = np.stack([rim + up, rim], axis=1).reshape(-1, 3)  # down each edge, then on
    n = len(side)
    top, bottom = rim[:-1] + up, rim[:-1]
    fan = np.stack([np.zeros(sides - 2), np.arange(1, sides - 1), np.arange(2, sides)], -1).astype(np.int64)
    return Shape(
        np.concatenate([side, top, bottom]),
        np.concatenate([np.repeat(rim, 2, axis=0), np.tile(up, (sides, 1)), np.tile(-up, (sides, 1))]),
        np.concatenate([_sheet(sides, 1), fan + n, fan[:, ::-1] + n + sides]),
    )


def box(size_m: tuple[float, float, float]) -> Shape:
    """Return a box around the origin with flat sides."""
    corners: list[FloatArray] = []
    normals: list[FloatArray] = []
    triangles: list[NDArray[np.int64]] = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            normal = np.zeros(3)
            normal[axis] = sign
            u = np.roll(np.abs(normal), 1)
            v = np.cross(normal, u)
            start = 4 * len(normals)
            corners.append(np.array([normal - u - v, normal + u - v, normal + u + v, normal - u + v]))
            normals.append(normal)
            triangles.append(start + np.array([[0, 1, 2], [0, 2, 3]]))
    vertices = np.concatenate(corners) * (0.5 * np.asarray(size_m))
    return Shape(vertices, np.repeat(np.array(normals), 4, axis=0), np.concatenate(triangles))


def _sheet(columns: int, rows: int) -> NDArray[np.int64]:
    """Return the triangles of a grid of vertices that are numbered column by column, each column from its top."""
    column, row = np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij")
    a = (column * (rows + 1) + row).ravel()
    b = a + rows + 1
    return np.concatenate([np.stack([a, a + 1, b + 1], -1), np.stack([a, b + 1, b], -1)]).astype(np.int64)
