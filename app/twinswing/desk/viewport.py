"""The part of the window that shows the scene: camera, change of view, mouse."""

import math
from dataclasses import dataclass, field, replace

import panda3d.core as p3d

from twinswing.body.camera import PinholeCamera
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


class Viewport:
    """One display region of the window, with the camera that draws a scene into it."""

    def __init__(self, window: p3d.GraphicsOutput) -> None:
        self._window = window
        self.region = window.make_display_region()
        self.region.set_sort(0)
        self.region.set_clear_color_active(True)
        self.region.set_clear_depth_active(True)
        self.region.set_clear_color(p3d.LVecBase4f(0.05, 0.06, 0.07, 1))
        node = p3d.Camera("viewport")
        node.set_camera_mask(PICTURE_MASK)
        self._lens = p3d.PerspectiveLens()
        node.set_lens(self._lens)
        self.camera = p3d.NodePath(node)
        self.region.set_camera(self.camera)
        self.rect: Rect = (0, 0, window.get_x_size(), window.get_y_size())
        self.motion = CameraMotion()
        self.pinhole: PinholeCamera | None = None

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

    def draw(self, root: p3d.NodePath) -> None:
        """Draw this scene from now on."""
        self.camera.reparent_to(root)
        self.camera.node().set_scene(root)

    def aim(self, session: SwingSession, t_s: float, dt_s: float) -> None:
        """Move the camera for this frame."""
        self.motion = self.motion.advanced(dt_s)
        if self.motion.view in ("golfer", "video"):
            self.pinhole = named_camera(self.motion.view, session, *self.size, t_s=t_s)
        else:
            self.pinhole = self.motion.current().pinhole(*self.size)
        apply_to_lens(self._lens, self.pinhole)
        self.camera.set_mat(camera_matrix(self.pinhole))

    def contains(self, x_px: float, y_px: float) -> bool:
        """Tell whether a window point lies in the region."""
        left, top, width, height = self.rect
        return left <= x_px < left + width and top <= y_px < top + height

    def dragged(self, button: int, dx_px: float, dy_px: float) -> None:
        """Turn (button 1) or move (2, 3) the camera by a mouse drag."""
        orbit = self.motion.current()
        if button == 1:
            orbit = orbit.orbited(-dx_px * _TURN_RAD_PER_PX, dy_px * _TURN_RAD_PER_PX)
        else:
            # A drag moves what lies at the target's distance exactly with the mouse.
            per_px = orbit.distance_m * 2.0 * math.tan(orbit.vertical_fov_rad / 2) / self.size[1]
            orbit = orbit.panned(-dx_px * per_px, dy_px * per_px)
        self.motion = self.motion.by_hand(orbit)

    def wheeled(self, clicks: float) -> None:
        """Go nearer (positive) or farther."""
        self.motion = self.motion.by_hand(self.motion.current().dollied(_WHEEL_FACTOR**clicks))
