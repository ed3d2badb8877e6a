"""The desktop's window beside a headset: what the left eye sees, or the scene while no one wears it."""

from typing import Any

import panda3d.core as p3d

from twinswing.errors import MissingPartError
from twinswing.headset.frames import Eye, FloatArray, Fov
from twinswing.headset.stereo import aim_camera
from twinswing.stage.material import PICTURE_MASK

_PRC = """
window-title Twinswing: headset
gl-version 3 2
audio-library-name null
textures-power-2 none
sync-video 0
notify-level-display error
notify-level-device fatal
notify-level-x11display error
notify-level-egldisplay error
print-pipe-types 0
"""
_MISSING = (
    "a window with OpenGL 3.3 was expected and could not be opened; install a graphics driver "
    "(on Debian or Ubuntu: apt install libgl1 libegl1 libgl1-mesa-dri)"
)
_SIZE_PX = (960, 720)
_NEAR_M, _FAR_M = 0.1, 500.0


class Mirror:
    """A window with an engine of its own; without a display, a buffer that no one sees."""

    def __init__(self, *, display: bool, size_px: tuple[int, int] = _SIZE_PX) -> None:
        p3d.load_prc_file_data("twinswing headset", _PRC)
        self.engine = p3d.GraphicsEngine()
        self.output = self._open(display, size_px)
        self.engine.open_windows()
        self.engine.render_frame()
        if self.output.gsg is None or not self.output.is_valid():
            raise MissingPartError(_MISSING)
        self._watch_keys(display)
        self._picture_region = self.output.make_display_region()
        self._scene_region = self.output.make_display_region()
        self._scene_region.set_clear_depth_active(True)
        self._make_picture_card()
        node = p3d.Camera("mirror")
        node.set_camera_mask(PICTURE_MASK)
        self._lens = p3d.MatrixLens()
        node.set_lens(self._lens)
        self._camera = p3d.NodePath(node)
        self._scene_region.set_camera(self._camera)
        self._scene_region.set_active(False)

    def _open(self, display: bool, size_px: tuple[int, int]) -> Any:
        properties = p3d.FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(24)
        flag = p3d.GraphicsPipe.BF_require_window if display else p3d.GraphicsPipe.BF_refuse_window
        for module in ("pandagl",) if display else ("p3headlessgl", "pandagl"):
            pipe = p3d.GraphicsPipeSelection.get_global_ptr().make_module_pipe(module)
            if pipe is None or not pipe.is_valid():
                continue
            window = p3d.WindowProperties.size(*size_px)
            window.set_title("Twinswing: headset")
            output = self.engine.make_output(pipe, "mirror", 10, properties, window, flag)
            if output is not None:
                return output
        raise MissingPartError(_MISSING)

    def _watch_keys(self, display: bool) -> None:
        self._data = p3d.NodePath("keys")

        if not display:
            return
        source = self._data.attach_new_node(p3d.MouseAndKeyboard(self.output, 0, "keyboard"))
        self._thrower = p3d.ButtonThrower("keys")
        source.attach_new_node(self._thrower)
        self._thrower.set_button_down_event("mirror-key")

    def _make_picture_card(self) -> None:
        card = p3d.CardMaker("left eye")
        card.set_frame_fullscreen_quad()
        card.set_uv_range(p3d.LVecBase2f(0.0, 0.0), p3d.LVecBase2f(0.5, 1.0))  # the left half of both eyes' picture
        self._card = p3d.NodePath(card.generate())
        self._card.set_depth_test(False)
        self._card.set_depth_write(False)
        lens = p3d.OrthographicLens()
        lens.set_film_size(2, 2)
        lens.set_near_far(-10, 10)
        flat = self._card.attach_new_node(p3d.Camera("left eye's picture", lens))
        self._picture_region.set_camera(flat)

    def show_picture(self, texture: p3d.Texture) -> None:
        """Show the left half of a picture."""
        self._card.set_texture(texture)
        self._scene_region.set_active(False)
        self._picture_region.set_active(True)

    def show_scene(self, root: p3d.NodePath, world_from_eye: FloatArray) -> None:
        """Show a scene from a pose (OpenXR's axes) in the world."""
        if self._camera.get_parent() != root:
            self._camera.reparent_to(root)
            self._camera.node().set_scene(root)
        high = 0.6
        wide = high * self.output.get_x_size() / max(self.output.get_y_size(), 1)
        aim_camera(self._camera, self._lens, Eye(world_from_eye, Fov(-wide, wide, high, -high)), _NEAR_M, _FAR_M)
        self._picture_region.set_active(False)
        self._scene_region.set_active(True)

    def take_keys(self) -> list[str]:
        """Return the keys pressed since this was last asked."""
        p3d.DataGraphTraverser().traverse(self._data.node())
        queue, out = p3d.EventQueue.get_global_event_queue(), []
        while not queue.is_queue_empty():
            event = queue.dequeue_event()
            if event.get_name() == "mirror-key":
                out.append(event.get_parameter(0).get_string_value())
        return out

    @property
    def closed(self) -> bool:
        """Tell whether the user closed the window."""
        return not self.output.is_valid() or (isinstance(self.output, p3d.GraphicsWindow) and self.output.is_closed())

    def close(self) -> None:
        """Close the window and give everything of the driver back."""
        self._camera.remove_node()
        self.engine.remove_all_windows()
