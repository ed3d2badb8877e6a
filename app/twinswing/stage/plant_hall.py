"""The hall: its floor with painted aisles, cut-down walls and columns, and the light grey around it."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.plant.model import Aisle, Plant
from twinswing.stage import geom, shaders
from twinswing.stage.material import after_solid, no_shadow
from twinswing.stage.mesh import ellipsoid
from twinswing.stage.plant_instances import PLACE, SIZE, YAW, CopyBuffer, draw_copies
from twinswing.stage.plant_mesh import Build, Paint, flex

FloatArray = NDArray[np.float64]

JOINT_M = 3.0  # between the joints of the floor's slabs
MELT_M = 26.0  # over which the floor beyond the hall becomes background
WALL_M = 0.8  # walls are cut at this height, so that one sees over them
COLUMN_EVERY_M = 9.0
_WALL = Paint("#cdd1d4", 0.8)
_CUT = Paint("#7b8187", 0.7)


def make_back() -> p3d.NodePath:
    """Make the background, a dome around every eye."""
    ball = ellipsoid((0, 0, 0), (1, 1, 1), rows=12, sides=24)
    node = geom.triangles("background", {"vertex": ball.positions}, ball.triangles)
    geom.never_cull(node)
    back = p3d.NodePath(node)
    back.set_shader(shaders.load("plant_back"))
    back.set_depth_write(False)
    back.set_attrib(p3d.DepthTestAttrib.make(p3d.RenderAttrib.M_less_equal))
    back.set_two_sided(True)
    after_solid(back, 20)
    no_shadow(back)
    return back


def make_floor(hall_m: tuple[float, float, float]) -> p3d.NodePath:
    """Make the floor, drawn after what stands on it."""
    length, width = hall_m[:2]
    out = MELT_M * 1.5
    corners = np.array(
        [[-out, -out, 0], [length + out, -out, 0], [length + out, width + out, 0], [-out, width + out, 0.0]]
    )
    floor = p3d.NodePath(geom.triangles("floor", {"vertex": corners}, np.array([[0, 1, 2], [0, 2, 3]])))
    floor.set_shader(shaders.load("plant_floor"))
    floor.set_shader_input("hall", p3d.LVecBase4f(length, width, JOINT_M, MELT_M))
    after_solid(floor, 0)
    no_shadow(floor)
    return floor


def make_aisles(aisles: tuple[Aisle, ...]) -> p3d.NodePath | None:
    """Make the paint of all aisles as one mesh, None without any."""
    strips = [_strip(aisle) for aisle in aisles if len(aisle.points_m) > 1]
    if not strips:
        return None
    starts = np.cumsum([0, *(len(v) for v, _ in strips[:-1])])
    vertex = np.concatenate([v for v, _ in strips])
    paint = np.concatenate([p for _, p in strips])
    indices = np.concatenate([geom.strip_indices(len(v) // 2) + s for (v, _), s in zip(strips, starts, strict=True)])
    node = p3d.NodePath(geom.triangles("aisles", {"vertex": vertex, "paint": paint}, indices))
    node.set_shader(shaders.load("plant_paint"))
    node.set_transparency(p3d.TransparencyAttrib.M_alpha)
    node.set_depth_write(False)
    node.set_two_sided(True)
    node.set_attrib(p3d.DepthOffsetAttrib.make(1))
    after_solid(node, 21)
    no_shadow(node)
    return node


def _strip(aisle: Aisle) -> tuple[FloatArray, FloatArray]:
    """Return the vertices, two a corner with mitred joints, and their paint (along, across, half width, kind)."""
    points = np.array(aisle.points_m, dtype=float)
    step = np.diff(points, axis=0)
    length = np.linalg.norm(step, axis=1)
    heading = step / np.maximum(length, 1e-9)[:, None]
    before, after = np.concatenate([heading[:1], heading]), np.concatenate([heading, heading[-1:]])
    side = before + after
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-side[:, 1], side[:, 0]], -1)
    mitre = 1.0 / np.maximum(np.abs((normal * np.stack([-before[:, 1], before[:, 0]], -1)).sum(1)), 0.4)
    half = aisle.width_m / 2
    along = np.concatenate([[0.0], np.cumsum(length)])
    vertex = np.zeros((2 * len(points), 3))
    vertex[0::2, :2] = points + normal * (half * mitre)[:, None]
    vertex[1::2, :2] = points - normal * (half * mitre)[:, None]
    vertex[:, 2] = 0.003
    paint = np.zeros((2 * len(points), 4))
    paint[:, 0] = np.repeat(along, 2)
    paint[0::2, 1], paint[1::2, 1] = half, -half
    paint[:, 2] = half
    paint[:, 3] = 1.0 if aisle.kind == "people" else 0.0
    return vertex, paint


def _wall(b: Build, w: float, d: float, h: float) -> None:
    b.box((-w / 2, w / 2), (-d / 2, d / 2), (0.0, h - 0.03), _WALL, 0.0)
    b.box((-w / 2, w / 2), (-d / 2, d / 2), (h - 0.03, h), _CUT, 0.0)


def _column(b: Build, w: float, d: float, h: float) -> None:
    """An H section, cut with the walls."""
    for y in (-d / 2, d / 2 - 0.04):
        b.box((-w / 2, w / 2), (y, y + 0.04), (0.0, h - 0.02), _WALL, 0.0)
        b.box((-w / 2, w / 2), (y, y + 0.04), (h - 0.02, h), _CUT, 0.0)
    b.box((-0.02, 0.02), (-d / 2 + 0.04, d / 2 - 0.04), (0.0, h - 0.02), _WALL, 0.0)
    b.box((-0.02, 0.02), (-d / 2 + 0.04, d / 2 - 0.04), (h - 0.02, h), _CUT, 0.0)


def _open_spans(length: float, at: float, along: int, aisles: tuple[Aisle, ...]) -> list[tuple[float, float]]:
    """Return the parts of a wall (along axis `along`, standing at `at` on the other) that no aisle passes through."""
    gates = []
    for aisle in aisles:
        points = np.array(aisle.points_m, dtype=float)
        half = aisle.width_m / 2 + 0.2
        ends = [end for end in (points[0], points[-1]) if abs(end[1 - along] - at) < 1.0]
        gates += [(end[along] - half, end[along] + half) for end in ends]
    spans, start = [], 0.0
    for low, high in sorted(gates):
        if low > start + 0.3:
            spans.append((start, low))
        start = max(start, high)
    if length > start + 0.3:
        spans.append((start, length))
    return spans


def make_walls(plant: Plant) -> p3d.NodePath:
    """Make walls with gates where aisles end, and columns along them."""
    length, width = plant.hall_m[:2]
    thick = 0.18
    walls: list[tuple[float, ...]] = []
    columns: list[tuple[float, ...]] = []
    for along, long, other in (
        (0, length, (-thick / 2, width + thick / 2)),
        (1, width, (-thick / 2, length + thick / 2)),
    ):
        for at in other:
            for low, high in _open_spans(long, at, along, plant.aisles):
                middle = ((low + high) / 2, at) if along == 0 else (at, (low + high) / 2)
                walls.append((*middle, 0.0, along * np.pi / 2, high - low, thick, WALL_M))
            inward = 0.26 if at < 1.0 else -0.26
            count = max(round(long / COLUMN_EVERY_M), 1)
            for k in range(count + 1):
                s = min(max(long * k / count, 0.2), long - 0.2)
                spot = (s, at + inward) if along == 0 else (at + inward, s)
                columns.append((*spot, 0.0, along * np.pi / 2, 0.3, 0.3, WALL_M + 0.25))
    node = p3d.NodePath("walls")
    for name, rows, builder in (("wall", walls, _wall), ("column", columns, _column)):
        copies = CopyBuffer(name, len(rows))
        table = np.array(rows)
        copies.rows[:, PLACE], copies.rows[:, YAW], copies.rows[:, SIZE] = table[:, :3], table[:, 3], table[:, 4:7]
        copies.send()
        draw_copies(node, name, flex(builder), copies, 0, len(rows)).through.remove_node()
    return node
