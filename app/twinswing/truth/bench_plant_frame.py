"""What a frame of a large plant costs the processor, against the plain scene graph with one node a part.

Both draw the same units at 64 x 64 with every mesh cut to one triangle, so that a software renderer shades next to
nothing: what is left is application, culling and submission. In each frame a tenth of the units change state, every
unit's heat changes, and the camera moves.
"""

import time
from dataclasses import dataclass, replace
from math import pi

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.desk.frame_bench import cut_meshes
from twinswing.plant.model import Aisle, Buffer, Group, Plant, Unit, UnitKind
from twinswing.plant.states import CODE_OF, STATES, UnitState
from twinswing.stage import geom
from twinswing.stage.cameras import OrbitCamera
from twinswing.stage.material import Material, Quality, apply_material, no_shadow
from twinswing.stage.offscreen import OffscreenStage, Scene
from twinswing.stage.plant_cameras import overview
from twinswing.stage.plant_mesh import FlexMesh, Part
from twinswing.stage.plant_models import key_of, mesh_of
from twinswing.stage.plant_scene import PlantOptions, PlantScene
from twinswing.stage.plant_view import Heat, PlantView
from twinswing.stage.shadow import ShadowMap

_PX = (64, 64)
_QUALITY = Quality(msaa=0, shadow_px=0)
_PARTS = ((Part.PLAIN, Part.BODY), (Part.LAMP_RED,), (Part.LAMP_AMBER,), (Part.LAMP_WHITE,), (Part.SCREEN,))


@dataclass(frozen=True)
class PlantFrameCost:
    """Milliseconds of a frame, median, of the plant's scene and of the plain scene graph, and their nodes."""

    units: int
    frames: int
    instanced_ms: float
    instanced_p99_ms: float
    naive_ms: float
    naive_nodes: int

    @property
    def ratio(self) -> float:
        """How many times cheaper the plant's scene is."""
        return self.naive_ms / self.instanced_ms


def large_plant(units: int) -> Plant:
    """Return a plant of so many units of all kinds in rows, with a buffer for every ten."""
    kinds = list(UnitKind)
    columns = max(int(np.ceil(np.sqrt(units * 1.6))), 1)
    made = []
    for i in range(units):
        row, column = divmod(i, columns)
        kind = kinds[i % len(kinds)]
        path = f"area-{row // 4}/line-{row}/unit-{i}"
        place = (3.0 + 4.5 * column, 3.0 + 5.0 * row, 0.0)
        made.append(Unit(path, f"unit-{i}", f"Unit {i}", kind, place, pi * (row % 2), (2.4, 1.8, 2.1), ()))
    rows = -(-units // columns)
    hall = (6.0 + 4.5 * columns, 6.0 + 5.0 * rows, 8.0)
    buffers = tuple(
        Buffer(f"{u.path}/buffer", "buffer", f"Buffer {k}", (u.position_m[0] + 1.9, u.position_m[1], 0.0), 0.0,
               (0.7, 0.7, 0.9), 12)
        for k, u in enumerate(made[::10])
    )  # fmt: skip
    groups = tuple(Group(f"area-{k}", "area", f"Area {k}") for k in range(-(-rows // 4)))
    aisles = tuple(
        Aisle(f"aisle-{r}", ((0.0, 5.5 + 5.0 * r), (hall[0], 5.5 + 5.0 * r)), 1.6) for r in range(0, rows, 2)
    )
    return Plant("large", "Large works", "site", "enterprise", hall, groups, tuple(made), buffers, aisles=aisles)


def views(plant: Plant, frames: int, seed: int = 0) -> list[PlantView]:
    """Return a view for each frame: a tenth of the units change state from one to the next, and all heat does."""
    rng = np.random.default_rng(seed)
    units = len(plant.units)
    states = rng.integers(0, len(STATES), units).astype(np.uint8)
    out = []
    for k in range(frames):
        changed = rng.integers(0, units, max(units // 10, 1))
        states = states.copy()
        states[changed] = rng.integers(0, len(STATES), len(changed))
        priorities = np.where(states == CODE_OF[UnitState.FAILED], 3, 0).astype(np.int8)
        heat = Heat(rng.uniform(0.0, 100.0, units), 0.0, 100.0, "load", "%")
        fill = rng.integers(0, 13, len(plant.buffers)).astype(float)
        blank = PlantView.blank(plant)
        out.append(replace(blank, t_s=k / 60, states=states, priorities=priorities, heat=heat, fill=fill))
    return out


class NaiveScene:
    """The same units as a scene graph has them without instancing: one node a part, and a label."""

    def __init__(self, plant: Plant) -> None:
        self.root = p3d.NodePath("naive plant")
        self.options = PlantOptions(quality=_QUALITY)
        self.options.light.apply(self.root)
        self._inner = PlantScene(Plant("empty", "", "", "", plant.hall_m, (), ()), self.options)
        self._inner.bind_shadows(None)
        self.root.set_state(self._inner.root.get_state())
        self._lamps: list[list[p3d.NodePath]] = []
        self._bodies: list[p3d.NodePath] = []
        self._states: NDArray[np.uint8] | None = None
        self.nodes = 0
        for unit in plant.units:
            self._add(unit)

    def _add(self, unit: Unit) -> None:
        at = self.root.attach_new_node(unit.name)
        at.set_pos_hpr(*unit.position_m, np.degrees(unit.yaw_rad), 0.0, 0.0)
        mesh = mesh_of(key_of(unit))
        parts = [at.attach_new_node(_part_node(mesh, unit, codes)) for codes in _PARTS]
        for part in parts:
            apply_material(part, Material())
        pad = at.attach_new_node(_square(unit))
        apply_material(pad, Material())
        text = p3d.TextNode("label")
        text.set_text(unit.label)
        label = at.attach_new_node(text.generate())
        label.set_z(unit.size_m[2] + 0.3)
        label.set_billboard_point_eye()
        no_shadow(label)
        self._bodies.append(parts[0])
        self._lamps.append(parts[1:4])
        self.nodes += 1 + len(parts) + 2

    def show(self, view: PlantView) -> None:
        """Set each lamp whose unit changed its state, and each body's heat, by shader inputs."""
        assert view.heat is not None
        for body, share in zip(self._bodies, view.heat.shares().tolist(), strict=True):
            body.set_shader_input("base_color", p3d.LVecBase4f(share, share, 0.2, 1.0))
        changed = range(len(view.states)) if self._states is None else np.flatnonzero(view.states != self._states)
        for i in changed:
            for k, lamp in enumerate(self._lamps[i]):
                glow = 1.0 if view.states[i] % 3 == k else 0.0
                lamp.set_shader_input("surface_params", p3d.LVecBase4f(0.4, 0.0, glow, 0.0))
        self._states = view.states

    def set_time(self, t_s: float) -> None:
        """Do nothing: the scene protocol's time comes with the view."""

    def fit_picture(self, width_px: int, height_px: int) -> None:
        """Do nothing: nothing here goes with the picture's size."""

    def bind_shadows(self, shadows: ShadowMap | None) -> None:
        """Do nothing: neither scene casts shadows here."""


def _part_node(mesh: FlexMesh, unit: Unit, codes: tuple[Part, ...]) -> p3d.GeomNode:
    kept = np.isin(mesh.part[:, 0][mesh.triangles[:, 0]], [float(c) for c in codes])
    triangles = mesh.triangles[kept] if kept.any() else mesh.triangles[:1]
    used, fresh = np.unique(triangles, return_inverse=True)
    columns = {"vertex": mesh.at(unit.size_m)[used], "normal": mesh.normals[used]}
    return geom.triangles("part", columns, fresh.reshape(-1, 3))


def _square(unit: Unit) -> p3d.GeomNode:
    w, d = unit.size_m[0] / 2 + 0.3, unit.size_m[1] / 2 + 0.3
    corners = np.array([[-w, -d, 0.0], [w, -d, 0.0], [w, d, 0.0], [-w, d, 0.0]])
    up = np.tile([0.0, 0.0, 1.0], (4, 1))
    return geom.triangles("pad", {"vertex": corners, "normal": up}, np.array([[0, 1, 2], [0, 2, 3]]))


def _time(
    stage: OffscreenStage, scene: PlantScene | NaiveScene, shown: list[PlantView], camera: OrbitCamera
) -> NDArray[np.float64]:
    cut_meshes(scene.root)
    costs = np.empty(len(shown))
    drawn: Scene = scene
    for i, view in enumerate(shown):
        pinhole = camera.orbited(0.002 * i, 0.0).pinhole(*_PX)
        start = time.thread_time()
        scene.show(view)
        if isinstance(scene, PlantScene):
            scene.look_from(pinhole)
        stage.render(drawn, pinhole)
        costs[i] = (time.thread_time() - start) * 1e3
    return costs[len(costs) // 5 :]  # the first frames make what later ones find


def bench_plant_frame(units: int = 1000, frames: int = 100) -> PlantFrameCost:
    """Time frames of a plant's scene and of the plain scene graph, in turn on this thread's own clock."""
    plant = large_plant(units)
    shown = views(plant, frames)
    camera = overview(plant, *_PX)
    scene, naive = PlantScene(plant, PlantOptions(quality=_QUALITY)), NaiveScene(plant)
    with OffscreenStage(*_PX, quality=_QUALITY) as stage:
        ours = _time(stage, scene, shown, camera)
        plain = _time(stage, naive, shown[: max(frames // 3, 5)], camera)
    return PlantFrameCost(
        units, frames, float(np.median(ours)), float(np.percentile(ours, 99)), float(np.median(plain)), naive.nodes
    )
