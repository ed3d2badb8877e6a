"""The range around the golfer: turf with mown stripes, a far line of trees, the sky."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage import geom, shaders
from twinswing.stage.material import Material, Quality, apply_material, linear, no_shadow

_GROUND_RADIUS_M = 220.0
_GRASS_PX = 512


def grass_noise(seed: int = 7, size_px: int = _GRASS_PX) -> NDArray[np.uint8]:
    """Make turf detail that tiles without a seam: blades in one channel, patches in the other; (n, n, 2)."""
    rng = np.random.default_rng(seed)
    fx = np.fft.fftfreq(size_px)[:, None] * size_px
    fy = np.fft.fftfreq(size_px)[None, :] * size_px
    f = np.hypot(fx, fy)
    spectra = (
        np.exp(-(((f - 90.0) / 70.0) ** 2)) + 0.35 * np.exp(-(((f - 12.0) / 10.0) ** 2)),
        np.exp(-(((f - 5.0) / 6.0) ** 2)) + 0.2 * np.exp(-(((f - 40.0) / 40.0) ** 2)),
    )
    out = np.empty((size_px, size_px, 2), dtype=np.uint8)
    for i, spectrum in enumerate(spectra):
        noise = np.fft.fft2(rng.standard_normal((size_px, size_px)))
        field = np.real(np.fft.ifft2(noise * spectrum * (f > 0)))
        out[..., i] = np.clip(127.5 + field / field.std() * 46.0, 0, 255).astype(np.uint8)
    return out


def _grass_texture() -> p3d.Texture:
    texture = p3d.Texture("grass")
    texture.setup_2d_texture(_GRASS_PX, _GRASS_PX, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rg)
    # Panda3D keeps two channels as green, red in memory order of its own; the shader reads .r and .g by name.
    texture.set_ram_image(np.ascontiguousarray(grass_noise()[..., ::-1]).tobytes())
    texture.set_wrap_u(p3d.SamplerState.WM_repeat)
    texture.set_wrap_v(p3d.SamplerState.WM_repeat)
    texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
    texture.set_magfilter(p3d.SamplerState.FT_linear)
    return texture


def _disc(radius_m: float) -> p3d.GeomNode:
    """Make a disc of rings whose triangles grow with distance, so that interpolation stays exact near the ball."""
    rings = np.array([0.0, 1.5, 4.0, 10.0, 25.0, 70.0, radius_m])
    around = np.linspace(0.0, 2 * np.pi, 33)[:-1]
    x = (rings[:, None] * np.cos(around)).ravel()
    y = (rings[:, None] * np.sin(around)).ravel()
    vertex = np.stack([x, y, np.zeros_like(x)], 1)
    n = len(around)
    i = np.arange(len(rings) - 1)[:, None] * n
    j, k = np.arange(n)[None, :], (np.arange(n)[None, :] + 1) % n
    quads = np.stack([i + j, i + n + j, i + n + k, i + j, i + n + k, i + k], -1)
    return geom.triangles("ground", {"vertex": vertex}, quads.reshape(-1, 3))


def make_ground(quality: Quality) -> p3d.NodePath:
    """Make the turf with the target line; it takes the soles' places as the inputs `contacts`."""
    ground = p3d.NodePath(_disc(_GROUND_RADIUS_M))
    cheap = () if quality.detailed_ground else ("CHEAP_GROUND",)
    ground.set_shader(shaders.load("ground", *cheap, *quality.defines))
    ground.set_shader_inputs(
        grass_dark=p3d.LVecBase4f(*linear("#4a6b35"), 1.0),
        grass_light=p3d.LVecBase4f(*linear("#6a8a48"), 1.0),
        contacts=_far_contacts(),
        contact_height=p3d.LVecBase4f(9.0, 9.0, 9.0, 9.0),
    )
    if quality.detailed_ground:
        ground.set_shader_input("grass", _grass_texture())
    no_shadow(ground)
    return ground


def _far_contacts() -> p3d.PTA_LVecBase4f:
    return p3d.PTA_LVecBase4f([p3d.LVecBase4f(1e3, 1e3, 1e3, 1e3)] * 4)


def make_sky() -> p3d.NodePath:
    """Make the sky: drawn after everything solid, where nothing else was."""
    sky = p3d.NodePath(geom.full_picture("sky"))
    sky.set_shader(shaders.load("sky"))
    sky.set_depth_write(False)
    sky.set_depth_test(True)
    sky.set_attrib(p3d.DepthTestAttrib.make(p3d.RenderAttrib.M_less_equal))
    sky.set_bin("fixed", 0)
    no_shadow(sky)
    return sky


def make_trees(seed: int = 3) -> p3d.NodePath:
    """Make two far rings of tree crowns, soft with distance, that give the range an edge."""
    rng = np.random.default_rng(seed)
    parent = p3d.NodePath("trees")
    for radius, height, colour in ((150.0, 7.5, "#5d7752"), (118.0, 5.0, "#47633c")):
        parent.attach_new_node(_tree_ring(rng, radius, height, colour).node())
    return parent


def _tree_ring(rng: np.random.Generator, radius_m: float, height_m: float, colour: str) -> p3d.NodePath:
    samples = 1440
    angle = np.linspace(0.0, 2 * np.pi, samples + 1)[:-1]
    crown = np.zeros(samples)
    # Round crowns: the upper hull of many half ellipses.
    for centre, width, tall in zip(
        rng.uniform(0, 2 * np.pi, 170), rng.uniform(0.015, 0.05, 170), rng.uniform(0.35, 1.0, 170), strict=True
    ):
        off = (angle - centre + np.pi) % (2 * np.pi) - np.pi
        crown = np.maximum(crown, tall * np.sqrt(np.clip(1.0 - (off / width) ** 2, 0.0, None)))
    # A gap down the range, where the target is.
    open_range = 1.0 - 0.75 * np.exp(-((((angle + np.pi) % (2 * np.pi) - np.pi) / 0.10) ** 2))
    top = height_m * (0.30 + 0.70 * crown) * open_range
    ring = np.stack([np.cos(angle), np.sin(angle)], 1) * radius_m
    vertex = np.zeros((samples * 2, 3))
    vertex[0::2, :2] = vertex[1::2, :2] = ring
    vertex[0::2, 2], vertex[1::2, 2] = -0.5, top
    normal = np.repeat(np.concatenate([-ring / radius_m, np.full((samples, 1), 0.6)], 1), 2, 0)
    shade = np.tile([[0.45], [1.0]], (samples, 1))
    color = np.concatenate([shade * np.array([linear(colour)]), np.full((samples * 2, 1), 0.95)], 1)
    indices = geom.strip_indices(samples + 1) % (samples * 2)
    node = p3d.NodePath(geom.triangles("tree ring", {"vertex": vertex, "normal": normal, "color": color}, indices))
    apply_material(node, Material((1.0, 1.0, 1.0), 0.95), vertex_color=True, fog=True, fast=True)
    node.set_two_sided(True)
    no_shadow(node)
    return node


def make_ball() -> p3d.NodePath:
    """Make the ball on its tee-height turf: 42.67 mm across (Rules of Golf), resting on the ground."""
    radius = 0.021335
    ball = p3d.NodePath(geom.sphere("ball", radius, centre_m=(0.0, 0.0, radius)))
    apply_material(ball, Material(linear("#f4f4f0"), 0.35))
    return ball
