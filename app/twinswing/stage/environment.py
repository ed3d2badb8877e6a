"""The range around the golfer: turf with mown stripes, a far line of trees, the sky."""

import functools

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage import geom, shaders
from twinswing.stage.appearance import linear
from twinswing.stage.material import Material, Quality, after_solid, apply_material, blend, no_shadow

_GROUND_RADIUS_M = 220.0
_NEAR_M = 5.0  # what the golfer's and the club's shadow can reach
_SOLE_M = 0.03  # height of the heel and toe joints over a flat foot's ground
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


@functools.cache
def _grass_texture() -> p3d.Texture:
    texture = p3d.Texture("grass")
    texture.setup_2d_texture(_GRASS_PX, _GRASS_PX, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rg)
    # Panda3D keeps two channels as green, red in memory order of its own; the shader reads .r and .g by name.
    texture.set_ram_image(np.ascontiguousarray(grass_noise()[..., ::-1]).tobytes())
    texture.set_wrap_u(p3d.SamplerState.WM_repeat)
    texture.set_wrap_v(p3d.SamplerState.WM_repeat)
    texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_nearest)
    texture.set_magfilter(p3d.SamplerState.FT_linear)
    return texture


def _turf(rings: NDArray[np.float64]) -> p3d.GeomNode:
    """Make rings that widen with distance, so that what is found at the vertices is smooth everywhere."""
    around = np.linspace(0.0, 2 * np.pi, 49)[:-1]
    vertex = np.zeros((len(rings) * len(around), 3))
    vertex[:, 0] = np.outer(rings, np.cos(around)).ravel()
    vertex[:, 1] = np.outer(rings, np.sin(around)).ravel()
    return geom.triangles("turf", {"vertex": vertex}, _grid(len(rings), len(around)))


def _grid(rows: int, columns: int) -> NDArray[np.int64]:
    """Return the triangles between rows of a closed ring of columns."""
    i = np.arange(rows - 1)[:, None] * columns
    j, k = np.arange(columns)[None, :], (np.arange(columns)[None, :] + 1) % columns
    quads = np.stack([i + j, i + columns + j, i + columns + k, i + j, i + columns + k, i + k], -1)
    return np.asarray(quads.reshape(-1, 3))


def make_ground(quality: Quality) -> p3d.NodePath:
    """Make the turf with the target line: a disc around the ball that takes shadows, and the rest, which costs less."""
    ground = p3d.NodePath("ground")
    cheap = () if quality.detailed_ground else ("CHEAP_GROUND",)
    rings = np.geomspace(_NEAR_M, _GROUND_RADIUS_M, 16)
    near = ground.attach_new_node(_turf(np.array([0.0, 0.8, 1.6, 2.4, 3.6, _NEAR_M])))
    near.set_shader(shaders.load("ground", *cheap, "NEAR", *quality.defines))
    far = ground.attach_new_node(_turf(rings))
    far.set_shader(shaders.load("ground", *cheap))
    for part in (near, far):
        after_solid(part, 0)
    ground.set_shader_inputs(
        grass_dark=p3d.LVecBase4f(*linear("#4a6b35"), 1.0), grass_light=p3d.LVecBase4f(*linear("#6a8a48"), 1.0)
    )
    if quality.detailed_ground:
        ground.set_shader_input("grass", _grass_texture())
    no_shadow(ground)
    return ground


class Contacts:
    """Soft dark patches where the soles rest on the ground."""

    def __init__(self) -> None:
        self.node = p3d.NodePath("contacts")
        corners = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
        self._patches = []
        for _ in range(2):
            quad = geom.triangles("contact", {"vertex": corners}, np.array([[0, 1, 2], [0, 2, 3]]))
            geom.never_cull(quad)
            patch = self.node.attach_new_node(quad)
            patch.set_shader(shaders.load("contact"))
            patch.set_attrib(p3d.DepthOffsetAttrib.make(1))
            blend(patch, 0)
            after_solid(patch, 21)
            self._patches.append(patch)

    def set_soles(self, soles_m: NDArray[np.float64]) -> None:
        """Place the patches: heel and toe of each foot, world metres, shape (2, 2, 3)."""
        for patch, sole in zip(self._patches, soles_m, strict=True):
            height = max(float(sole[:, 2].min()) - _SOLE_M, 0.0)
            patch.set_shader_inputs(
                sole=p3d.LVecBase4f(*sole[:, :2].ravel().tolist()), sole_height=p3d.LVecBase4f(height, 0.0, 0.0, 0.0)
            )


def make_sky() -> p3d.NodePath:
    """Make the sky dome: drawn where nothing solid was, before what can be seen through."""
    elevation = np.radians([-90, -60, -20, -4, 0, 1.5, 3, 5, 8, 12, 16, 20, 25, 30, 35, 40, 45, 51, 58, 65, 73, 81, 90])
    around = np.linspace(0.0, 2 * np.pi, 73)[:-1]
    c, s = np.cos(elevation)[:, None], np.sin(elevation)[:, None]
    directions = np.stack([c * np.cos(around), c * np.sin(around), np.broadcast_to(s, (len(s), len(around)))], -1)
    indices = _grid(len(elevation), len(around))
    node = geom.triangles("sky", {"vertex": directions.reshape(-1, 3)}, indices)
    geom.never_cull(node)
    sky = p3d.NodePath(node)
    sky.set_shader(shaders.load("sky"))
    sky.set_depth_write(False)
    sky.set_attrib(p3d.DepthTestAttrib.make(p3d.RenderAttrib.M_less_equal))
    sky.set_two_sided(True)
    after_solid(sky, 20)
    no_shadow(sky)
    return sky


def make_trees(seed: int = 3) -> p3d.NodePath:
    """Make far rings of tree crowns, soft with distance, that give the range an edge."""
    return _trees(seed).copy_to(p3d.NodePath())


@functools.cache
def _trees(seed: int) -> p3d.NodePath:
    rng = np.random.default_rng(seed)
    parent = p3d.NodePath("trees")
    rings = ((205.0, 15.0, "#5b7550"), (165.0, 9.5, "#4c683f"), (135.0, 5.5, "#3d5832"))
    for order, (radius, height, colour) in enumerate(rings):
        ring = _tree_ring(rng, radius, height, colour)
        ring.reparent_to(parent)
        after_solid(ring, 10 - order)  # near ones first: they hide much of the far ones
    return parent


def _tree_ring(rng: np.random.Generator, radius_m: float, height_m: float, colour: str) -> p3d.NodePath:
    samples, crowns = 1440, 420
    angle = np.linspace(0.0, 2 * np.pi, samples + 1)[:-1]
    top, shade = np.zeros(samples), np.ones(samples)
    # Round crowns: the upper hull of many half ellipses, each a little lighter or darker than its neighbours.
    for centre, width, tall, tint in zip(
        rng.uniform(0, 2 * np.pi, crowns),
        rng.uniform(2.0, 5.5, crowns) / radius_m,
        rng.uniform(0.30, 1.0, crowns) ** 1.4,
        rng.uniform(0.8, 1.15, crowns),
        strict=True,
    ):
        off = ((angle - centre + np.pi) % (2 * np.pi) - np.pi) / width
        crown = tall * np.sqrt(np.clip(1.0 - off**2, 0.0, None))
        shade = np.where(crown > top, tint * (1.0 + 0.12 * np.clip(off, -1, 1)), shade)
        top = np.maximum(top, crown)
    # An opening down the range, where the target is.
    down_range = 1.0 - 0.8 * np.exp(-((((angle + np.pi) % (2 * np.pi) - np.pi) / 0.09) ** 2))
    top = height_m * (0.25 + 0.75 * top) * down_range
    ring = np.stack([np.cos(angle), np.sin(angle)], 1)
    vertex = np.zeros((samples * 2, 3))
    vertex[0::2, :2] = vertex[1::2, :2] = ring * radius_m
    vertex[0::2, 2], vertex[1::2, 2] = -0.5, top
    normal = np.repeat(np.concatenate([-ring, np.full((samples, 1), 0.7)], 1), 2, 0)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    light = np.repeat(shade, 2) * np.tile([0.4, 1.0], samples)
    color = np.concatenate([light[:, None] * np.array([linear(colour)]), np.full((samples * 2, 1), 0.95)], 1)
    indices = geom.strip_indices(samples + 1) % (samples * 2)
    node = p3d.NodePath(geom.triangles("tree ring", {"vertex": vertex, "normal": normal, "color": color}, indices))
    node.set_shader(shaders.load("far"))
    node.set_two_sided(True)
    no_shadow(node)
    return node


def make_ball() -> p3d.NodePath:
    """Make the ball on its tee-height turf: 42.67 mm across (Rules of Golf), resting on the ground."""
    radius = 0.021335
    ball = p3d.NodePath(geom.sphere("ball", radius, centre_m=(0.0, 0.0, radius)))
    apply_material(ball, Material(linear("#f4f4f0"), 0.35))
    return ball
