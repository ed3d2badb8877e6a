"""The part of the window that shows the scene: camera, change of view, mouse."""

import math
from dataclasses import dataclass, field, replace

import panda3d.core as p3d

from twinswing.body.camera import PinholeCamera
from twinswing.errors import MissingPartError
from twinswing.stage.cameras import OrbitCamera, apply_to_lens, between, camera_matrix, named_camera, orbit_for
from twinswing.stage.material import PICTURE_MASK
from twinswing.swing.model import SwingSession

_TURN_RAD_PER_PX = 0.006  # a drag across 520 px turns half a circle
_WHEEL_FACTOR = 0.9
_CHANGE_S = 0.45  # long enough to keep one's bearings, short enough not to wait for

Rect = tuple[int, int, int, int]  # left, top, width, height in window pixels


@dataclass(frozen=True)
class CameraMotion:
    """Which camera is on: a named view or the user's orbit, and a running change between two orbits."""

    view: str = "face-on"
    orbit: OrbitCamera = field(default_factory=OrbitCamera)
    start: OrbitCamera | None = None
    elapsed_s: float = 0.0

    def advanced(self, dt_s: float) -> "CameraMotion":
        """Return the motion after some time."""
        if self.start is None:
            return self
        elapsed = self.elapsed_s + dt_s
        return replace(self, start=None, elapsed_s=0.0) if elapsed >= _CHANGE_S else replace(self, elapsed_s=elapsed)

    def current(self) -> OrbitCamera:
        """Return the orbit camera of this moment."""
        if self.start is None:
            return self.orbit
        return between(self.start, self.orbit, self.elapsed_s / _CHANGE_S)

    def to_view(self, view: str, session: SwingSession, size: tuple[int, int]) -> "CameraMotion":
        """Go to a named view; between orbits the camera travels, to and from eyes and video it cuts."""
        if view in ("golfer", "video"):
            return replace(self, view=view, start=None)
        goal = orbit_for(view, session, *size)
        travels = self.view not in ("golfer", "video")
        return CameraMotion(view, goal, self.current() if travels else None)

    def by_hand(self, orbit: OrbitCamera) -> "CameraMotion":
        """Take the user's own camera."""
        return CameraMotion("free", orbit)


def fitted_rect(rect: Rect, aspect: float | None) -> Rect:
    """Return the largest rectangle of an aspect (width over height) in the middle of another; all of it for None."""
    left, top, width, height = rect
    if aspect is None:
        return rect
    wide = min(width, round(height * aspect))
    high = min(height, round(width / aspect))
    return left + (width - wide) // 2, top + (height - high) // 2, max(wide, 1), max(high, 1)


def turned(orbit: OrbitCamera, dx_px: float, dy_px: float) -> OrbitCamera:
    """Turn an eye around what it looks at by a mouse drag."""
    return orbit.orbited(-dx_px * _TURN_RAD_PER_PX, dy_px * _TURN_RAD_PER_PX)


def metres_per_pixel(orbit: OrbitCamera, height_px: int) -> float:
    """Return how far a pixel is at the target's distance, so that a drag moves what lies there with the mouse."""
    return orbit.distance_m * 2.0 * math.tan(orbit.vertical_fov_rad / 2) / height_px


class SceneRegion:
    """The scene's picture in the window: drawn into a multisampled buffer, then laid on its rectangle.

    The buffer, because a window's own multisampling depends on the driver (Mesa's software renderer offers it and
    then does not do it), while a buffer's is the same everywhere.
    """

    def __init__(self, window: p3d.GraphicsOutput, engine: p3d.GraphicsEngine, msaa: int = 4) -> None:
        self._window, self._engine = window, engine
        self.rect: Rect = (0, 0, max(window.get_x_size(), 1), max(window.get_y_size(), 1))
        self.buffer = self._make_buffer(msaa)
        node = p3d.Camera("viewport")
        node.set_camera_mask(PICTURE_MASK)
        self._lens = p3d.PerspectiveLens()
        node.set_lens(self._lens)
        self.camera = p3d.NodePath(node)
        self.buffer.make_display_region().set_camera(self.camera)
        self.region = window.make_display_region()
        self.region.set_sort(0)
        self._show_picture()
        self.pinhole: PinholeCamera | None = None

    def _make_buffer(self, msaa: int) -> p3d.GraphicsOutput:
        properties = p3d.FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(24)
        properties.set_multisamples(msaa)
        buffer = self._engine.make_output(
            self._window.get_pipe(),
            "scene",
            -5,
            properties,
            p3d.WindowProperties.size(*self.size),
            p3d.GraphicsPipe.BF_refuse_window | p3d.GraphicsPipe.BF_resizeable,
            self._window.gsg,
            self._window,
        )
        if buffer is None:
            raise MissingPartError("the graphics driver gave no picture buffer for the scene; update it")
        buffer.set_clear_color(p3d.LVecBase4f(0.05, 0.06, 0.07, 1))
        self._texture = p3d.Texture("scene")
        self._texture.set_minfilter(p3d.SamplerState.FT_linear)
        buffer.add_render_texture(self._texture, p3d.GraphicsOutput.RTM_bind_or_copy)
        return buffer

    def _show_picture(self) -> None:
        card = p3d.CardMaker("scene picture")
        card.set_frame_fullscreen_quad()
        picture = p3d.NodePath(card.generate())
        picture.set_texture(self._texture)
        picture.set_depth_test(False)
        picture.set_depth_write(False)
        lens = p3d.OrthographicLens()
        lens.set_film_size(2, 2)
        lens.set_near_far(-10, 10)
        flat = p3d.NodePath(p3d.Camera("picture camera", lens))
        flat.reparent_to(picture)
        self.region.set_camera(flat)
        self._picture = picture

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the region, pixels."""
        return max(self.rect[2], 1), max(self.rect[3], 1)

    def place(self, rect: Rect) -> None:
        """Put the region at a rectangle of the window."""
        if rect == self.rect:
            return
        self.rect = rect
        left, top, width, height = rect
        across, down = max(self._window.get_x_size(), 1), max(self._window.get_y_size(), 1)
        bottom = max(1.0 - (top + height) / down, 0.0)
        self.region.set_dimensions(
            max(left / across, 0.0), min((left + width) / across, 1.0), bottom, min(1.0 - top / down, 1.0)
        )
        self.buffer.set_size(*self.size)

    def close(self) -> None:
        """Give the buffer back; nothing is drawn any more."""
        self.camera.remove_node()
        self._window.remove_display_region(self.region)
        self._engine.remove_window(self.buffer)

    def draw(self, root: p3d.NodePath) -> None:
        """Draw this scene from now on."""
        root.set_antialias(p3d.AntialiasAttrib.M_multisample)
        self.camera.reparent_to(root)
        self.camera.node().set_scene(root)

    def look(self, pinhole: PinholeCamera, near_far_m: tuple[float, float] | None = None) -> None:
        """Draw through this camera from now on; near_far_m: the depths between which something is drawn."""
        self.pinhole = pinhole
        apply_to_lens(self._lens, pinhole)
        if near_far_m is not None:
            self._lens.set_near_far(*near_far_m)
        self.camera.set_mat(camera_matrix(pinhole))

    def contains(self, x_px: float, y_px: float) -> bool:
        """Tell whether a window point lies in the region."""
        left, top, width, height = self.rect
        return left <= x_px < left + width and top <= y_px < top + height

    def dragged(self, button: int, dx_px: float, dy_px: float) -> None:
        """Take a mouse drag."""

    def wheeled(self, clicks: float) -> None:
        """Take turns of the wheel, positive away from the hand."""


class Viewport(SceneRegion):
    """The region of a swing: named views and the user's own orbit."""

    def __init__(self, window: p3d.GraphicsOutput, engine: p3d.GraphicsEngine, msaa: int = 4) -> None:
        super().__init__(window, engine, msaa)
        self.motion = CameraMotion()

    def aim(self, session: SwingSession, t_s: float, dt_s: float) -> None:
        """Move the camera for this frame."""
        self.motion = self.motion.advanced(dt_s)
        if self.motion.view in ("golfer", "video"):
            self.look(named_camera(self.motion.view, session, *self.size, t_s=t_s))
        else:
            self.look(self.motion.current().pinhole(*self.size))

    def dragged(self, button: int, dx_px: float, dy_px: float) -> None:
        """Turn (button 1) or move (2, 3) the camera by a mouse drag."""
        orbit = self.motion.current()
        if button == 1:
            orbit = turned(orbit, dx_px, dy_px)
        else:
            per_px = metres_per_pixel(orbit, self.size[1])
            orbit = orbit.panned(-dx_px * per_px, dy_px * per_px)
        self.motion = self.motion.by_hand(orbit)

    def wheeled(self, clicks: float) -> None:
        """Go nearer (positive) or farther."""
        self.motion = self.motion.by_hand(self.motion.current().dollied(_WHEEL_FACTOR**clicks))
