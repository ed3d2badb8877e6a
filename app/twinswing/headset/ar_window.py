"""A window that shows composed pictures, fitted and letterboxed; without a display, a buffer that no one sees."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.headset.plain_window import PlainWindow, flat_card

RgbImage = NDArray[np.uint8]


def fitted(window_px: tuple[int, int], picture_px: tuple[int, int]) -> tuple[float, float]:
    """Return which share of a window's width and height a picture fills that keeps its shape."""
    scale = min(window_px[0] / picture_px[0], window_px[1] / picture_px[1])
    return scale * picture_px[0] / window_px[0], scale * picture_px[1] / window_px[1]


class PictureWindow(PlainWindow):
    """Shows pictures one after the other."""

    def __init__(self, size_px: tuple[int, int], title: str = "Twinswing: over the real world") -> None:
        super().__init__(title, size_px)
        self._thrower.set_button_repeat_event(self._event)
        self._card, camera = flat_card("picture")
        self.output.make_display_region().set_camera(camera)
        self.output.set_clear_color(p3d.LVecBase4f(0.04, 0.045, 0.05, 1.0))
        self._texture = p3d.Texture("picture")
        self._size = (0, 0)

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
