"""What surfaces are made of, and the one sun and sky that light them all."""

from dataclasses import dataclass, replace

import panda3d.core as p3d

from twinswing.stage import shaders

Rgb = tuple[float, float, float]

# Cameras that draw the picture and cameras that draw the shadow map see different nodes.
PICTURE_MASK = p3d.BitMask32.bit(0)
SHADOW_MASK = p3d.BitMask32.bit(1)
_RANGE_BIN = "twinswing range"
# The shadow camera picks a depth shader by the value of this tag.
SHADOW_TAG = "casts"


@dataclass(frozen=True)
class Material:
    """A metal-roughness surface.

    base_color: linear rgb; with vertex colours it multiplies them. roughness: 0 mirror to 1 chalk; with vertex
    colours their alpha is the roughness instead. emission: how much of the base colour glows by itself.
    """

    base_color: Rgb = (0.6, 0.6, 0.6)
    roughness: float = 0.6
    metallic: float = 0.0
    emission: float = 0.0


@dataclass(frozen=True)
class Light:
    """Late afternoon on a range: radiances are linear, relative to the exposure.

    sun_direction: from the ground to the sun (behind the face-on camera's left shoulder, 34 degrees up, so that
    face-on and down-the-line both see the lit side and the shadow falls away from them).
    """

    sun_direction: Rgb = (-0.56, -0.64, 0.52)
    sun_color: Rgb = (3.05, 2.42, 1.66)
    sky_light: Rgb = (0.44, 0.53, 0.70)
    ground_light: Rgb = (0.22, 0.21, 0.12)
    zenith_color: Rgb = (0.10, 0.26, 0.66)
    middle_color: Rgb = (0.46, 0.78, 1.25)
    horizon_color: Rgb = (1.60, 1.48, 1.26)
    haze_color: Rgb = (0.62, 0.74, 0.80)
    exposure: float = 0.60
    fog_density_per_m: float = 0.0034

    def for_side(self, handed: str) -> "Light":
        """Return the light that stands to a golfer of this side as this one does to a right-handed one."""
        x, y, z = self.sun_direction
        return replace(self, sun_direction=(x, -y, z)) if handed == "left" else self

    def apply(self, root: p3d.NodePath) -> None:
        """Set this light on everything below `root`."""
        sun = p3d.LVecBase3f(*self.sun_direction)
        sun.normalize()
        root.set_shader_inputs(
            sun_direction=sun,
            sun_color=p3d.LVecBase3f(*self.sun_color),
            sky_light=p3d.LVecBase3f(*self.sky_light),
            ground_light=p3d.LVecBase3f(*self.ground_light),
            zenith_color=p3d.LVecBase3f(*self.zenith_color),
            middle_color=p3d.LVecBase3f(*self.middle_color),
            haze_color=p3d.LVecBase3f(*self.haze_color),
            horizon_color=p3d.LVecBase3f(*self.horizon_color),
            exposure=self.exposure,
            fog_density=self.fog_density_per_m,
        )


@dataclass(frozen=True)
class Quality:
    """What a picture may cost.

    msaa: samples a pixel, 0 to turn it off. shadow_px: side of the shadow map, 0 for no shadows. soft_shadows: four
    comparisons instead of one. detailed_ground: grass texture and trees. light_figure: a golfer of a third of the
    triangles, for pictures where it is less than about 500 pixels tall.
    """

    msaa: int = 4
    shadow_px: int = 1024
    soft_shadows: bool = True
    detailed_ground: bool = True
    light_figure: bool = False

    @classmethod
    def quick(cls) -> "Quality":
        """Return what thousands of small pictures are drawn with; `render_accumulated` antialiases by itself."""
        return cls(msaa=0, shadow_px=512, soft_shadows=False, light_figure=True)

    @property
    def defines(self) -> tuple[str, ...]:
        """The shader variants that this asks for."""
        return () if self.soft_shadows else ("SHADOW_FAST",)


def apply_material(
    node: p3d.NodePath,
    material: Material,
    skinned: bool = False,
    vertex_color: bool = False,
    instanced: bool = False,
) -> None:
    """Give a node and what hangs below it this surface, and let it cast a shadow.

    skinned: its vertices have `bone_index` and `bone_weight` (four floats each) and the node has the shader input
    `bone_matrices` (up to 32 matrices, model to model). vertex_color: its `color` column holds linear rgb and, in
    alpha, roughness.
    """
    wanted = (("SKINNED", skinned), ("INSTANCED", instanced), ("VERTEX_COLOR", vertex_color))
    node.set_shader(shaders.load("lit", *(name for name, on in wanted if on)))
    node.set_shader_inputs(
        base_color=p3d.LVecBase4f(*material.base_color, 1.0),
        surface_params=p3d.LVecBase4f(material.roughness, material.metallic, material.emission, 0.0),
    )
    node.set_tag(SHADOW_TAG, "skinned" if skinned else "instanced" if instanced else "rigid")
    if skinned or instanced:
        node.node().set_bounds(p3d.OmniBoundingVolume())
        node.node().set_final(True)


def no_shadow(node: p3d.NodePath) -> None:
    """Keep a node out of the shadow map."""
    node.hide(SHADOW_MASK)


def after_solid(node: p3d.NodePath, order: int) -> None:
    """Draw a node after the solid ones, which hide much of it, and before what can be seen through."""
    bins = p3d.CullBinManager.get_global_ptr()
    if bins.find_bin(_RANGE_BIN) < 0:
        # Panda3D's own bins: opaque 20, transparent 30, fixed 40.
        bins.add_bin(_RANGE_BIN, p3d.CullBinManager.BT_fixed, 25)
    node.set_bin(_RANGE_BIN, order)


def blend(node: p3d.NodePath, order: int) -> None:
    """Draw a node after the solid ones, mixed by its alpha; a higher `order` lies over a lower one."""
    node.set_transparency(p3d.TransparencyAttrib.M_alpha)
    node.set_depth_write(False)
    node.set_bin("fixed", order)
    no_shadow(node)
