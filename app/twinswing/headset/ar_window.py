"""A window that shows composed pictures, fitted and letterboxed; without a display, a buffer that no one sees."""

from typing import Any

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.errors import MissingPartError

RgbImage = NDArray[np.uint8]
_PRC = """
gl-version 3 2
audio-library-name null
textures-power-2 none
sync-video 1
notify-level-display error
notify-level-device fatal
notify-level-x11display error
notify-level-egldisplay error
print-pipe-types 0
"""
_MISSING = (
    "a window with OpenGL 3.2 was expected and could not be opened; install a graphics driver "
    "(on Debian or Ubuntu: apt install libgl1 libegl1 libgl1-mesa-dri)"
)


def fitted(window_px: tuple[int, int], picture_px: tuple[int, int]) -> tuple[float, float]:
    """Return which share of a window's width and height a picture fills that keeps its shape."""
    scale = min(window_px[0] / picture_px[0], window_px[1] / picture_px[1])
    return scale * picture_px[0] / window_px[0], scale * picture_px[1] / window_px[1]


class PictureWindow:
    """A window with an engine of its own; `output` is what others may draw beside."""

    def __init__(self, size_px: tuple[int, int], title: str = "Twinswing: over the real world") -> None:
        p3d.load_prc_file_data("twinswing ar", _PRC)
        self.engine = p3d.GraphicsEngine()
        self.output = self._open(size_px, title)
        self.engine.open_windows()
        self.engine.render_frame()
        if self.output.gsg is None or not self.output.is_valid():
            raise MissingPartError(_MISSING)
        self._data = p3d.NodePath("keys")
        source = self._data.attach_new_node(p3d.MouseAndKeyboard(self.output, 0, "keyboard"))
        thrower = p3d.ButtonThrower("keys")
        source.attach_new_node(thrower)
        thrower.set_button_down_event("ar-key")
        thrower.set_button_repeat_event("ar-key")
        card = p3d.CardMaker("picture")
        card.set_frame_fullscreen_quad()
        self._card = p3d.NodePath(card.generate())
        self._card.set_depth_test(False)
        self._card.set_depth_write(False)
        lens = p3d.OrthographicLens()
        lens.set_film_size(2, 2)
        lens.set_near_far(-10, 10)
        root = p3d.NodePath("picture")
        self._card.reparent_to(root)
        region = self.output.make_display_region()
        region.set_camera(root.attach_new_node(p3d.Camera("picture", lens)))
        self.output.set_clear_color(p3d.LVecBase4f(0.04, 0.045, 0.05, 1.0))
        self._texture = p3d.Texture("picture")
        self._size = (0, 0)

    def _open(self, size_px: tuple[int, int], title: str) -> Any:
        properties = p3d.FrameBufferProperties()
        properties.set_rgba_bits(8, 8, 8, 8)
        properties.set_depth_bits(24)
        pipe = p3d.GraphicsPipeSelection.get_global_ptr().make_module_pipe("pandagl")
        window = p3d.WindowProperties.size(*size_px)
        window.set_title(title)
        if pipe is not None and pipe.is_valid():
            output = self.engine.make_output(
                pipe, "picture", 10, properties, window, p3d.GraphicsPipe.BF_require_window
            )  # fmt: skip
            if output is not None:
                return output
        raise MissingPartError(_MISSING)

    def show(self, picture: RgbImage) -> None:
        """Show a picture, shape (h, w, 3), rgb."""
        height, width = picture.shape[:2]
        if self._size != (width, height):
            self._size = (width, height)
            self._texture.setup_2d_texture(width, height, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
            self._texture.set_auto_texture_scale(p3d.ATS_none)
            self._texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
            self._texture.set_magfilter(p3d.SamplerState.FT_linear)
            self._card.set_texture(self._texture)
        # Panda3D keeps the bottom row first and blue first.
        self._texture.set_ram_image(np.ascontiguousarray(picture[::-1, :, ::-1]).data.cast("B"))
        self.draw()

    def draw(self) -> None:
        """Draw what was shown last again, and take the window's events in."""
        if self._size != (0, 0):
            window = (max(self.output.get_x_size(), 1), max(self.output.get_y_size(), 1))
            wide, high = fitted(window, self._size)
            self._card.set_scale(wide, 1.0, high)
        self.engine.render_frame()

    def take_keys(self) -> list[str]:
        """Return the keys pressed since this was last asked."""
        p3d.DataGraphTraverser().traverse(self._data.node())
        queue, out = p3d.EventQueue.get_global_event_queue(), []
        while not queue.is_queue_empty():
            event = queue.dequeue_event()
            if event.get_name() == "ar-key":
                out.append(event.get_parameter(0).get_string_value())
        return out

    @property
    def closed(self) -> bool:
        """Tell whether the user closed the window."""
        return not self.output.is_valid() or self.output.is_closed()

    def close(self) -> None:
        """Close the window and give everything of the driver back."""
        self.engine.remove_all_windows()
