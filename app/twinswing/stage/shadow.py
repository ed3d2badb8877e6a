"""The sun's shadow map: a depth buffer fitted around the golfer, bound to the scene that is drawn next."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.errors import MissingPartError
from twinswing.stage import shaders
from twinswing.stage.material import SHADOW_MASK, SHADOW_TAG

_SOFT_M = 0.012  # radius of the soft edge: the sun's half degree over the height of a hip
_OFFSET_M = 0.006  # along the normal, against self-shadowing; about one texel of the default map


def light_view(
    sun_direction: NDArray[np.float64], low_m: NDArray[np.float64], high_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Fit the light's box around a world box, with the ground that its shadow reaches.

    Returns the light's axes as rows (right, forward, up), its position, and its (width, depth, height), metres.
    """
    forward = -sun_direction / np.linalg.norm(sun_direction)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    axes = np.stack([right, forward, up])
    corners = np.array(np.meshgrid(*zip(low_m, high_m, strict=True), indexing="ij")).reshape(3, -1).T
    # Each corner's shadow on the ground: along the light down to z = 0.
    ground = corners + forward * (corners[:, 2:3] / -forward[2])
    seen = np.concatenate([corners, ground]) @ axes.T
    low, high = seen.min(0) - 0.1, seen.max(0) + 0.1
    middle = (low + high) / 2
    middle[1] = low[1]
    return axes, middle @ axes, high - low


class ShadowMap:
    """A depth buffer beside a picture's output."""

    def __init__(
        self, engine: p3d.GraphicsEngine, pipe: p3d.GraphicsPipe, host: p3d.GraphicsOutput, size_px: int = 1024
    ) -> None:
        self.size_px = size_px
        properties = p3d.FrameBufferProperties()
        properties.set_depth_bits(24)
        self.texture = p3d.Texture("sun shadow")
        self.texture.set_minfilter(p3d.SamplerState.FT_shadow)
        self.texture.set_magfilter(p3d.SamplerState.FT_shadow)
        self.texture.set_wrap_u(p3d.SamplerState.WM_clamp)
        self.texture.set_wrap_v(p3d.SamplerState.WM_clamp)
        self.buffer = engine.make_output(
            pipe, "sun shadow", -10, properties, p3d.WindowProperties.size(size_px, size_px),
            p3d.GraphicsPipe.BF_refuse_window, host.gsg, host,
        )  # fmt: skip
        if self.buffer is None:
            raise MissingPartError("the graphics driver gave no depth buffer for shadows; update it")
        self._engine = engine
        self.buffer.add_render_texture(self.texture, p3d.GraphicsOutput.RTM_bind_or_copy, p3d.GraphicsOutput.RTP_depth)
        node = p3d.Camera("sun")
        node.set_camera_mask(SHADOW_MASK)
        node.set_tag_state_key(SHADOW_TAG)
        for tag, defines in (("rigid", ()), ("skinned", ("SKINNED",)), ("instanced", ("INSTANCED",))):
            node.set_tag_state(tag, self._state("depth", *defines))
        node.set_tag_state("plant", self._state("plant_depth", "INSTANCED"))
        node.set_initial_state(self._state("depth"))
        self.lens = p3d.OrthographicLens()
        node.set_lens(self.lens)
        self.camera = p3d.NodePath(node)
        region = self.buffer.make_display_region()
        region.set_camera(self.camera)
        self.bound: p3d.NodePath | None = None

    @staticmethod
    def _state(program: str, *defines: str) -> p3d.RenderState:
        draft = p3d.NodePath("draft")
        draft.set_shader(shaders.load(program, *defines), 100)
        draft.set_attrib(p3d.DepthOffsetAttrib.make(-1), 100)
        draft.set_two_sided(True, 100)
        draft.set_transparency(p3d.TransparencyAttrib.M_none, 100)
        return draft.get_state()

    def bind(
        self, root: p3d.NodePath, sun_direction: NDArray[np.float64], low_m: NDArray[np.float64],
        high_m: NDArray[np.float64], strength: float = 1.0, texels: float = 0.0,
    ) -> None:  # fmt: skip
        """Point the light at a world box below `root` and give `root` the map.

        texels: the least radius of the soft edge and the least offset, in texels, for boxes so large that a texel is
        more than the golfer's own figures.
        """
        axes, position, size = light_view(sun_direction, low_m, high_m)
        self.lens.set_film_size(float(size[0]), float(size[2]))
        self.lens.set_near_far(0.0, float(size[1]))
        matrix = np.eye(4)
        matrix[:3, :3], matrix[3, :3] = axes, position
        world_from_light = p3d.LMatrix4f(*matrix.ravel().tolist())
        self.camera.reparent_to(root)
        self.camera.set_mat(world_from_light)
        self.camera.node().set_scene(root)
        light_from_world = p3d.LMatrix4f()
        light_from_world.invert_from(world_from_light)
        across, least = float(max(size[0], size[2])), texels / self.size_px
        half = p3d.LMatrix4f(0.5, 0, 0, 0, 0, 0.5, 0, 0, 0, 0, 0.5, 0, 0.5, 0.5, 0.5, 1)
        root.set_shader_inputs(
            shadow_map=self.texture,
            shadow_matrix=light_from_world * self.lens.get_projection_mat() * half,
            shadow_params=p3d.LVecBase4f(strength, max(_SOFT_M / across, least), max(_OFFSET_M, least * across), 0.0),
        )
        self.bound = root

    def close(self) -> None:
        """Give the buffer back to the driver."""
        self.camera.remove_node()
        self._engine.remove_window(self.buffer)
