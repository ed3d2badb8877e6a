"""Meshes of equipment that stretch without getting ugly: what is told by size moves, what is fixed keeps its shape.

A builder is an ordinary function of a unit's width, depth and height that adds parts to a `Build`. As long as every x
it uses is an affine function of the width alone, y of the depth, z of the height (and never the number of parts), each
vertex is `base + stretch * size`: one mesh serves units of any size in one draw call, and bevels, handles and feet stay
as they were drawn. Frame: that of a unit, X width, Y depth with the front at -Y, Z up, origin on the floor amid it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinswing.stage.appearance import linear
from twinswing.stage.mesh import lathe

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]


class Part(IntEnum):
    """What a vertex belongs to, for the shader."""

    PLAIN = 0
    BODY = 1  # takes the colour of a heat map
    LAMP_RED = 2
    LAMP_AMBER = 3
    LAMP_WHITE = 4
    SCREEN = 5


@dataclass(frozen=True)
class Paint:
    """A surface: display colour "#rrggbb", roughness, metallic (both 0 to 1), and what it belongs to."""

    colour: str
    roughness: float = 0.55
    metallic: float = 0.0
    part: Part = Part.PLAIN


# Equipment is grey (ISA-101): hue is kept for what is abnormal.
BODY = Paint("#c3c7cb", 0.45, part=Part.BODY)
PANEL = Paint("#a4a9ae", 0.50, part=Part.BODY)
DARK = Paint("#5e646a", 0.60)
BASE = Paint("#474c51", 0.70)
RUBBER = Paint("#2b2e31", 0.85)
GLASS = Paint("#39424a", 0.12)
STEEL = Paint("#9aa0a6", 0.32, 0.85)
CHROME = Paint("#c2c7cc", 0.18, 0.95)
BRASS = Paint("#8f8a80", 0.35, 0.8)
SCREEN = Paint("#aebfca", 0.25, part=Part.SCREEN)
WOOD = Paint("#a39a8c", 0.80)
CARD = Paint("#b1a695", 0.88)


@dataclass(frozen=True)
class FlexMesh:
    """A mesh of n vertices and m triangles whose vertex i lies at `base[i] + stretch[i] * size`.

    base: metres, stretch: share of the size along each axis, normals: unit, all shape (n, 3). surface: linear rgb and
    roughness (n, 4). part: `Part` and metallic (n, 2). triangles: shape (m, 3), counter-clockwise seen from outside.
    """

    base: FloatArray
    stretch: FloatArray
    normals: FloatArray
    surface: FloatArray
    part: FloatArray
    triangles: IndexArray

    def at(self, size_m: ArrayLike) -> FloatArray:
        """Return the vertices for a size (width, depth, height), metres, shape (n, 3)."""
        return np.asarray(self.base + self.stretch * np.asarray(size_m, dtype=np.float64))


def joined(meshes: Sequence[FlexMesh]) -> FlexMesh:
    """Join meshes into one without welding."""
    starts = np.cumsum([0, *(len(m.base) for m in meshes[:-1])])
    return FlexMesh(
        base=np.concatenate([m.base for m in meshes]),
        stretch=np.concatenate([m.stretch for m in meshes]),
        normals=np.concatenate([m.normals for m in meshes]),
        surface=np.concatenate([m.surface for m in meshes]),
        part=np.concatenate([m.part for m in meshes]),
        triangles=np.concatenate([m.triangles + start for m, start in zip(meshes, starts, strict=True)]),
    )


@dataclass
class _Piece:
    points: FloatArray
    normals: FloatArray
    triangles: IndexArray
    paint: Paint


# A box's 24 vertices: for each face (axis, sign) four corners; the vertex lies on that face, inset by the bevel.
def _bevelled_box() -> tuple[FloatArray, FloatArray, IndexArray]:
    """Return corner signs (24, 3), face normals (24, 3) and the triangles of a box with bevelled edges."""
    signs: list[list[int]] = []
    normals: list[list[int]] = []
    number: dict[tuple[int, ...], int] = {}
    for axis in range(3):
        for side in (-1, 1):
            for u in (-1, 1):
                for v in (-1, 1):
                    sign = [0, 0, 0]
                    sign[axis], sign[(axis + 1) % 3], sign[(axis + 2) % 3] = side, u, v
                    normal = [0, 0, 0]
                    normal[axis] = side
                    number[axis, *sign] = len(signs)
                    signs.append(sign)
                    normals.append(normal)
    corners = np.array(signs, dtype=float)
    triangles: list[list[int]] = []

    def add(*vertices: int) -> None:
        # A convex ring about the box's middle: wind it outward.
        ring = corners[list(vertices)] + 0.3 * np.array(normals, dtype=float)[list(vertices)]
        out = np.cross(ring[1] - ring[0], ring[2] - ring[0]) @ ring.mean(0)
        order = vertices if out > 0 else vertices[::-1]
        triangles.extend([order[0], order[k], order[k + 1]] for k in range(1, len(order) - 1))

    for axis in range(3):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        for a in (-1, 1):
            ring = []
            for b, c in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
                s = [0, 0, 0]
                s[axis], s[i], s[j] = a, b, c
                ring.append(number[axis, *s])
            add(*ring)
            for b in (-1, 1):  # the edge along `axis`, between the faces of i and j
                s, t = [0, 0, 0], [0, 0, 0]
                s[axis], s[i], s[j] = -1, a, b
                t[axis], t[i], t[j] = 1, a, b
                add(number[i, *s], number[i, *t], number[j, *t], number[j, *s])
    add_corners = [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    for s3 in add_corners:
        add(*(number[axis, *s3] for axis in range(3)))
    return corners, np.array(normals, dtype=float), np.array(triangles, dtype=np.int64)


_BOX_SIGNS, _BOX_NORMALS, _BOX_TRIANGLES = _bevelled_box()
_BOX_FACES = _BOX_TRIANGLES[[np.ptp(_BOX_NORMALS[t], axis=0).max() == 0 for t in _BOX_TRIANGLES]]
_AXES = {"x": (1, 2, 0), "y": (2, 0, 1), "z": (0, 1, 2)}  # where a shape about Z puts its x, y, z


class Build:
    """The parts of one piece of equipment, as a builder adds them. Lengths in metres."""

    def __init__(self) -> None:
        self.pieces: list[_Piece] = []

    def box(
        self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], paint: Paint,
        bevel: float = 0.015,
    ) -> None:  # fmt: skip
        """Add a box between coordinates; a bevel of 0 keeps its edges sharp and costs a quarter of the triangles."""
        low, high = np.array([x[0], y[0], z[0]]), np.array([x[1], y[1], z[1]])
        points = np.where(_BOX_SIGNS > 0, high, low) - _BOX_SIGNS * bevel * (_BOX_NORMALS == 0)
        self._add(points, _BOX_NORMALS, _BOX_TRIANGLES if bevel else _BOX_FACES, paint)

    def prism(
        self, outline: Sequence[tuple[float, float]], along: tuple[float, float], paint: Paint, axis: str = "x"
    ) -> None:
        """Add a convex outline drawn out along an axis.

        The outline's points are (y, z) for "x", (z, x) for "y", (x, y) for "z", counter-clockwise seen from its end.
        """
        ring = np.array(outline, dtype=float)
        n = len(ring)
        after = np.roll(ring, -1, axis=0)
        edge = after - ring
        flat = np.stack([edge[:, 1], -edge[:, 0]], -1)
        flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
        parts, normals, triangles = [], [], []
        quads = np.stack([ring, after, after, ring], 1)
        levels = np.broadcast_to(np.array([along[0], along[0], along[1], along[1]])[None, :, None], (n, 4, 1))
        parts.append(np.concatenate([quads, levels], -1).reshape(-1, 3))
        normals.append(np.repeat(np.concatenate([flat, np.zeros((n, 1))], 1), 4, 0))
        first = np.arange(n)[:, None] * 4
        triangles += [first + np.array([[0, 1, 2]]), first + np.array([[0, 2, 3]])]
        fan = np.stack([np.zeros(n - 2, int), np.arange(1, n - 1), np.arange(2, n)], -1)
        for k, level in enumerate(along):
            parts.append(np.concatenate([ring, np.full((n, 1), level)], 1))
            normals.append(np.tile([0.0, 0.0, 1.0 if k else -1.0], (n, 1)))
            triangles.append((fan if k else fan[:, ::-1]) + 4 * n + k * n)
        self._about(np.concatenate(parts), np.concatenate(normals), np.concatenate(triangles), axis, paint)

    def cylinder(
        self, centre: tuple[float, float, float], radius: float, length: float, paint: Paint, axis: str = "z",
        sides: int = 16, bevel: float = 0.006,
    ) -> None:  # fmt: skip
        """Add a cylinder about the middle of its axis."""
        half = length / 2
        low, high = [(0.0, -half), (radius - bevel, -half)], [(radius - bevel, half), (0.0, half)]
        edge = [(radius, -half + bevel), (radius, half - bevel)] if bevel else []
        self.turned(centre, [*low, *edge, *high], paint, axis, sides)

    def turned(
        self, centre: tuple[float, float, float], profile: Sequence[tuple[float, float]], paint: Paint,
        axis: str = "z", sides: int = 16,
    ) -> None:  # fmt: skip
        """Add a turned shape: (radius, height) points about an axis through `centre`, from the low end to the high."""
        turned = lathe(profile, sides=sides)
        self._about(turned.positions, turned.normals, turned.triangles.astype(np.int64), axis, paint, centre)

    def bar(
        self, start: tuple[float, float, float], end: tuple[float, float, float], radius: float, paint: Paint,
        sides: int = 10, end_radius: float | None = None,
    ) -> None:  # fmt: skip
        """Add a round bar between two points that move together (its ends' distance must not go with the size)."""
        a, b = np.array(start), np.array(end)
        length = float(np.linalg.norm(b - a))
        z = (b - a) / max(length, 1e-9)
        x = np.cross([0.0, 1.0, 0.0] if abs(z[1]) < 0.9 else [1.0, 0.0, 0.0], z)
        x /= np.linalg.norm(x)
        rotation = np.stack([x, np.cross(z, x), z])
        tip = radius if end_radius is None else end_radius
        turned = lathe([(0, 0), (radius, 0), (tip, length), (0, length)], sides=sides)
        self._add(turned.positions @ rotation + a, turned.normals @ rotation, turned.triangles.astype(np.int64), paint)

    def _about(
        self, points: FloatArray, normals: FloatArray, triangles: IndexArray, axis: str, paint: Paint,
        centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> None:  # fmt: skip
        order = np.argsort(_AXES[axis])
        self._add(points[:, order] + np.array(centre), normals[:, order], triangles, paint)

    def _add(self, points: FloatArray, normals: FloatArray, triangles: IndexArray, paint: Paint) -> None:
        self.pieces.append(_Piece(np.asarray(points, dtype=float), normals, triangles, paint))


Builder = Callable[[Build, float, float, float], None]


def flex(builder: Builder, size_m: tuple[float, float, float] = (2.0, 2.0, 2.0)) -> FlexMesh:
    """Turn a builder into a mesh for any size, by building it at two sizes, metres."""
    near, far = Build(), Build()
    builder(near, *size_m)
    builder(far, *(s + 1.0 for s in size_m))
    base, stretch, normals, surface, part, triangles = [], [], [], [], [], []
    start = 0
    for a, b in zip(near.pieces, far.pieces, strict=True):
        growth = b.points - a.points
        n = len(a.points)
        stretch.append(growth)
        base.append(a.points - growth * np.array(size_m))
        normals.append(a.normals)
        surface.append(np.tile([*linear(a.paint.colour), a.paint.roughness], (n, 1)))
        part.append(np.tile([float(a.paint.part), a.paint.metallic], (n, 1)))
        triangles.append(a.triangles + start)
        start += n
    return FlexMesh(*(np.concatenate(x) for x in (base, stretch, normals, surface, part, triangles)))
