"""A plant as a scene: what is drawn is a function of a `PlantView` and the camera, and of nothing else.

Use: make it of a `Plant`; `show` a view; `look_from` the camera of the next frame (labels are chosen for it); draw
`root`. Labels and markers turn to each camera in their shaders, so that two eyes see them rightly.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike, NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.plant.model import Plant
from twinswing.stage import shaders
from twinswing.stage.appearance import linear, srgb
from twinswing.stage.material import Light, Quality, after_solid, blend, no_shadow
from twinswing.stage.plant_copies import PlantCopies
from twinswing.stage.plant_hall import make_aisles, make_back, make_floor, make_walls
from twinswing.stage.plant_instances import instanced, quad
from twinswing.stage.plant_labels import Labels, LabelStyle, Said
from twinswing.stage.plant_marks import EDGE_SHARE, Marks
from twinswing.stage.plant_pick import Picked, Picker
from twinswing.stage.plant_ribbon import RibbonNode
from twinswing.stage.plant_sayings import Sayings
from twinswing.stage.plant_view import PlantView
from twinswing.stage.shadow import ShadowMap

FloatArray = NDArray[np.float64]

BACKGROUND, ACCENT = "#d3d7da", "#1f6feb"
RED, AMBER, MAGENTA = "#d6201f", "#f0a30a", "#b03fc0"

# A hall lit from above: a bright ceiling, light bounced by the floor, and one broad lamp that gives things their shape.
HALL_LIGHT = Light(
    sun_direction=(-0.38, -0.52, 0.86),
    sun_color=(0.92, 0.91, 0.88),
    sky_light=(0.56, 0.57, 0.59),
    ground_light=(0.30, 0.30, 0.30),
    zenith_color=(0.86, 0.88, 0.90),
    middle_color=(0.86, 0.88, 0.90),
    horizon_color=(0.62, 0.63, 0.65),
    haze_color=(0.7, 0.7, 0.7),
    exposure=0.80,
    fog_density_per_m=0.0,
)
_REFERENCE_PX = 900.0  # a text pixel is a picture's pixel up to this height; a higher picture has larger text
_SHADOW_REACH_M = 70.0  # a larger plant's shadow map would be too coarse: contact shadows alone
_SHADOW_TEXELS = 1.6


@dataclass(frozen=True)
class PlantOptions:
    """How a plant is drawn.

    text_scale: of all labels and markers, for far screens and headsets. mark_edge: how much of half the field, across
    and up, markers of what is out of sight keep to; a headset takes less, so that both eyes see all of them.
    shadows: the lamp's shadows in plants that are
    not too large for one map.
    """

    light: Light = HALL_LIGHT
    quality: Quality = field(default_factory=lambda: Quality(shadow_px=2048))
    labels: LabelStyle = field(default_factory=LabelStyle)
    text_scale: float = 1.0
    mark_edge: tuple[float, float] = EDGE_SHARE
    walls: bool = True
    shadows: bool = True


class PlantScene:
    """A plant below `root`, in the plant's own frame (X along the hall, Y across it, Z up, metres)."""

    def __init__(self, plant: Plant, options: PlantOptions | None = None) -> None:
        self.plant = plant
        self.options = options or PlantOptions()
        self.root = p3d.NodePath("plant scene")
        self.root.set_antialias(p3d.AntialiasAttrib.M_multisample)
        self.options.light.apply(self.root)
        self._set_colours()
        self._no_shadows = p3d.Texture("no shadow")
        self._no_shadows.setup_2d_texture(1, 1, p3d.Texture.T_float, p3d.Texture.F_depth_component)
        self._no_shadows.set_minfilter(p3d.SamplerState.FT_shadow)
        self._no_shadows.set_magfilter(p3d.SamplerState.FT_shadow)
        self._shadows: ShadowMap | None = None
        self.picker = Picker(plant)
        self._low, self._high = self._bounds()
        self._build_hall()
        self.copies = PlantCopies(self.root, plant)
        self._build_pads()
        self.sayings = Sayings(plant)
        self.labels = Labels(self.root, self.sayings.anchors_m, self.options.labels)
        self.marks = Marks(self.root, max(len(plant.units), 1))
        self.marks.set_edge(self.options.mark_edge)
        self.way = RibbonNode(self.root, "followed order", 0.12, 0.0022, 41)
        self.tape = RibbonNode(self.root, "tape", 0.012, 0.0016, 72, over=True)
        self.view = PlantView.blank(plant)
        self._picture_px = (0, 0)
        self.fit_picture(1280, 720)
        self.bind_shadows(None)
        self.show(self.view)

    def _set_colours(self) -> None:
        vectors = {"display_background": srgb(BACKGROUND), "display_accent": srgb(ACCENT)}
        for name, colour in (("red", RED), ("amber", AMBER), ("magenta", MAGENTA)):
            vectors[f"display_{name}"] = srgb(colour)
            vectors[f"linear_{name}"] = linear(colour)
        self.root.set_shader_inputs(**{name: p3d.LVecBase3f(*value) for name, value in vectors.items()})
        self.root.set_shader_input("section", p3d.LVecBase4f(0, 0, 0, 1))

    def _build_hall(self) -> None:
        make_back().reparent_to(self.root)
        make_floor(self.plant.hall_m).reparent_to(self.root)
        aisles = make_aisles(self.plant.aisles)
        if aisles is not None:
            aisles.reparent_to(self.root)
        self.walls = make_walls(self.plant) if self.options.walls else p3d.NodePath("walls")
        self.walls.reparent_to(self.root)

    def _build_pads(self) -> None:
        pads = quad(self.root, "pads", -1.0, 1.0)
        pads.set_shader(shaders.load("plant_pad", "INSTANCED"))
        pads.set_shader_input("instances", self.copies.buffer.texture)
        instanced(pads, self.copies.standing)
        pads.set_attrib(p3d.DepthOffsetAttrib.make(2))
        blend(pads, 3)
        after_solid(pads, 22)
        no_shadow(pads)
        if not self.copies.standing:
            pads.hide()

    def _bounds(self) -> tuple[FloatArray, FloatArray]:
        low, high = self.picker.boxes_m()
        length, width = self.plant.hall_m[:2]
        low = np.concatenate([low, [[0.0, 0.0, 0.0]]]).min(0)
        high = np.concatenate([high, [[length, width, 1.5]]]).max(0)
        return low, high

    def bounds_m(self) -> tuple[FloatArray, FloatArray]:
        """Return the box that holds the hall and what stands in it: low and high corner, metres."""
        return self._low, self._high

    def show(self, view: PlantView) -> None:
        """Take what is shown from now on; call `look_from` after it."""
        self.view = view
        self.copies.show(view)
        alarmed = np.flatnonzero(view.priorities > 0)
        self._marked_m = self.copies.tops_m[alarmed]
        self.marks.set(
            self.copies.tops_m[alarmed], view.priorities[alarmed], view.unacknowledged[alarmed],
            np.where(view.dimmed[alarmed], 0.35, 1.0),
        )  # fmt: skip
        self.labels.scores, self.labels.reach_m, self.labels.from_m = self.sayings.scores(
            view, self.options.labels.far_m
        )
        if view.tape is not None:
            self.labels.anchors_m[self.sayings.tape] = (np.array(view.tape.start_m) + np.array(view.tape.end_m)) / 2
        self.way.show_way(view.way)
        self.tape.show_tape(view.tape)
        plane = (0.0, 0.0, 0.0, 1.0)
        if view.section is not None:
            normal = np.array(view.section.normal) / np.linalg.norm(view.section.normal)
            plane = (*normal.tolist(), float(normal @ np.array(view.section.point_m)))
        self.root.set_shader_input("section", p3d.LVecBase4f(*plane))
        self.copies.set_two_sided(view.section is not None)

    def look_from(self, camera: PinholeCamera) -> None:
        """Choose the labels for the camera of the next frame (of a headset: for the eye amid the two)."""
        self.fit_picture(camera.width_px, camera.height_px)
        if self.view.labels:
            self.labels.place(camera, self.text_px, self._say, self._marked_m)
        else:
            self.labels.clear()

    def _say(self, number: int) -> Said | None:
        return self.sayings.say(self.view, number)

    def set_time(self, t_s: float) -> None:
        """Note a session time, seconds; what is shown comes from `show`."""
        self.view = replace(self.view, t_s=t_s)

    @property
    def text_px(self) -> float:
        """How many pixels of the picture a text pixel is."""
        return self.options.text_scale * max(1.0, self._picture_px[1] / _REFERENCE_PX)

    def fit_picture(self, width_px: int, height_px: int) -> None:
        """Learn the size of the picture that is drawn next: text keeps its size in pixels."""
        if self._picture_px == (width_px, height_px):
            return
        self._picture_px = (width_px, height_px)
        scale = p3d.LVecBase4f(2.0 * self.text_px / width_px, 2.0 * self.text_px / height_px, 0, 0)
        self.root.set_shader_input("text_scale", scale)

    def bind_shadows(self, shadows: ShadowMap | None) -> None:
        """Take the shadow map of the output that draws this scene next."""
        if shadows is not None and shadows.bound == self.root and self._shadows is shadows:
            return
        self._shadows = shadows
        reach = float((self._high - self._low)[:2].max())
        if shadows is None or not self.options.shadows or reach > _SHADOW_REACH_M:
            self.root.set_shader_inputs(
                shadow_map=self._no_shadows, shadow_matrix=p3d.LMatrix4f.ident_mat(), shadow_params=p3d.LVecBase4f(0)
            )
            if shadows is not None:
                shadows.bound = self.root
                shadows.camera.node().set_scene(p3d.NodePath("nothing casts"))
            return
        sun = np.asarray(self.options.light.sun_direction, dtype=float)
        shadows.bind(self.root, sun, self._low, self._high, 0.75, _SHADOW_TEXELS)

    def pick(self, origin_m: ArrayLike, direction: ArrayLike) -> Picked | None:
        """Return what a ray meets first: unit, buffer, meter or floor; what a section removes is not met."""
        section = self.view.section
        if section is None:
            return self.picker.pick(origin_m, direction)
        normal = np.array(section.normal) / np.linalg.norm(section.normal)
        return self.picker.pick(origin_m, direction, (normal, float(normal @ np.array(section.point_m))))

    def pick_pixel(self, camera: PinholeCamera, x_px: float, y_px: float) -> Picked | None:
        """Return what lies under a pixel of a camera's picture."""
        return self.pick(camera.position_m, camera.ray([x_px, y_px]))
