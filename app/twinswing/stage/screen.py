"""The camera's video: a framed screen in the scene, or the backdrop of the whole picture."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError
from twinswing.stage import geom, shaders
from twinswing.stage.appearance import linear
from twinswing.stage.material import Material, apply_material, no_shadow


class VideoTexture:
    """A texture that takes rgb frames as they are decoded, with one copy each."""

    def __init__(self) -> None:
        self.texture = p3d.Texture("video")
        self.texture.setup_2d_texture(1, 1, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
        self.texture.set_ram_image(b"\x20\x20\x20")
        self.texture.set_auto_texture_scale(p3d.ATS_none)  # else Panda3D resizes each frame to powers of two
        self.texture.set_minfilter(p3d.SamplerState.FT_linear)
        self.texture.set_magfilter(p3d.SamplerState.FT_linear)
        self.texture.set_wrap_u(p3d.SamplerState.WM_clamp)
        self.texture.set_wrap_v(p3d.SamplerState.WM_clamp)

    def set_frame(self, rgb: NDArray[np.uint8]) -> None:
        """Show a frame, shape (height, width, 3), rgb, top row first; its size may change between frames."""
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or rgb.size == 0:
            raise InputError(f"expected a video frame of shape (h, w, 3) and type uint8, found {rgb.shape} {rgb.dtype}")
        height, width = rgb.shape[:2]
        if (self.texture.get_x_size(), self.texture.get_y_size()) != (width, height):
            self.texture.setup_2d_texture(width, height, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
        self.texture.set_ram_image(np.ascontiguousarray(rgb).data.cast("B"))


class VideoScreen:
    """A screen on a thin frame that stands in the scene."""

    _LARGEST_M = 1.9  # of the longer side: about the golfer's height
    _FRAME_M = 0.035
    _FOOT_M = 0.28

    def __init__(self, video: VideoTexture, aspect: float) -> None:
        self.node = p3d.NodePath("screen")
        shape = float(np.clip(aspect, 0.3, 3.0))
        height = self._LARGEST_M / max(shape, 1.0)
        width = height * shape
        low, high = self._FOOT_M, self._FOOT_M + height
        picture = self.node.attach_new_node(_upright("picture", width, low, high, -0.001))
        picture.set_shader(shaders.load("video"))
        picture.set_shader_inputs(video=video.texture, video_dim=1.0)
        f = self._FRAME_M
        frame = self.node.attach_new_node(
            _box("frame", (-width / 2 - f, 0.0, low - f), (width / 2 + f, 0.05, high + f))
        )
        apply_material(frame, Material(linear("#2a2d31"), 0.45))
        for x in (-width * 0.36, width * 0.36):
            leg = self.node.attach_new_node(_box("leg", (x - 0.02, 0.012, 0.0), (x + 0.02, 0.04, low)))
            apply_material(leg, Material(linear("#2a2d31"), 0.45))
        no_shadow(self.node)  # it stands at the edge of the sun's box, where a shadow would be cut off

    def place(self, x_m: float, y_m: float, toward_m: tuple[float, float]) -> None:
        """Stand the screen on the ground with its face toward a point."""
        away = np.arctan2(y_m - toward_m[1], x_m - toward_m[0])
        self.node.set_pos_hpr(x_m, y_m, 0.0, float(np.degrees(away)) - 90.0, 0.0, 0.0)


def make_backdrop(video: VideoTexture, camera: PinholeCamera | None = None, dim: float = 1.0) -> p3d.NodePath:
    """Make the video fill the picture behind everything.

    camera: what filmed it; where its lens bends, the picture is made straight, as everything before it is drawn.
    """
    corners = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    quad = geom.triangles(
        "backdrop", {"vertex": corners, "texcoord": (corners[:, :2] + 1) / 2}, np.array([[0, 1, 2], [0, 2, 3]])
    )
    geom.never_cull(quad)
    node = p3d.NodePath(quad)
    node.set_shader(shaders.load("video", "BACKDROP"))
    node.set_shader_inputs(video=video.texture, video_dim=dim, backdrop_size=p3d.LVecBase2f(1.0, 1.0))
    k1, k2, p1, p2, k3 = (*(camera.distortion if camera is not None else ()), 0.0, 0.0, 0.0, 0.0, 0.0)[:5]
    matrix = p3d.LVecBase4f(1.0, 1.0, 0.5, 0.5)
    if camera is not None:
        width, height, (x, y) = camera.width_px, camera.height_px, camera.centre_px
        matrix = p3d.LVecBase4f(camera.focal_px / width, camera.focal_px / height, x / width, y / height)
    node.set_shader_inputs(lens_matrix=matrix, lens_bend=p3d.LVecBase4f(k1, k2, p1, p2), lens_bend_more=k3)
    node.set_depth_write(False)
    node.set_depth_test(False)
    node.set_bin("background", 0)
    no_shadow(node)
    return node


def _upright(name: str, width: float, low: float, high: float, y: float) -> p3d.GeomNode:
    x = width / 2
    vertex = np.array([[-x, y, low], [x, y, low], [x, y, high], [-x, y, high]])
    uv = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    return geom.triangles(name, {"vertex": vertex, "texcoord": uv}, np.array([[0, 1, 2], [0, 2, 3]]))


def _box(name: str, low: tuple[float, float, float], high: tuple[float, float, float]) -> p3d.GeomNode:
    middle, half = (np.add(low, high)) / 2, np.subtract(high, low) / 2
    vertex, normal = [], []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            n = np.zeros(3)
            n[axis] = sign
            a, b = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3] * sign
            vertex += [middle + half * (n + s * a + t * b) for s, t in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            normal += [n] * 4
    indices = geom.faces(np.arange(0, 24, 4), ((0, 1, 2), (0, 2, 3)))
    return geom.triangles(name, {"vertex": np.array(vertex), "normal": np.array(normal)}, indices)
