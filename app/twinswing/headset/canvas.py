"""A picture that a card is painted on: shapes by OpenCV, text by the typeface of the desktop's panels."""

import functools

import cv2
import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage.plant_text import font_file

Picture = NDArray[np.uint8]
Rgb = tuple[int, int, int]

# Display rgb. Light on dark: a lit card in a dark corner of the view would dazzle.
PANEL: Rgb = (24, 29, 33)
RAISED: Rgb = (40, 47, 52)
INK: Rgb = (232, 236, 238)
FAINT: Rgb = (160, 170, 176)
DIM: Rgb = (104, 112, 118)
ACCENT: Rgb = (52, 190, 158)
WARM: Rgb = (245, 181, 71)
ALARM: Rgb = (238, 98, 84)

PX_PER_M = 1000.0
# The least height of an em on a card. At 1 m it is 1.4 degrees: small letters of 0.7 degrees, 14 pixels of a headset
# with 20 pixels a degree; road signs and phones are read at a third of that.
LEAST_EM_PX = 24


@functools.cache
def _maker(em_px: int) -> p3d.PNMTextMaker:
    path = font_file()
    if path is not None:
        maker = p3d.PNMTextMaker(p3d.Filename.from_os_specific(str(path)), 0)
        if maker.is_valid():
            maker.set_scale_factor(1)
            maker.set_pixel_size(em_px)
            maker.set_fg(p3d.LVecBase4f(1, 1, 1, 1))
            return maker
    default = p3d.TextProperties.get_default_font().make_copy()
    default.set_scale_factor(1)
    default.set_pixel_size(em_px)
    return default


@functools.lru_cache(maxsize=256)  # three cards full of lines
def _coverage(text: str, em_px: int) -> tuple[NDArray[np.uint8], int]:
    """Return how much of each pixel a line of text covers, and its baseline's row."""
    maker = _maker(em_px)
    width, height, baseline = int(len(text) * em_px * 1.1) + em_px, int(em_px * 1.5), int(em_px * 1.08)
    image = p3d.PNMImage(width, height, 1)
    image.fill(0.0)
    used = maker.generate_into(text, image, 0, baseline)
    texture = p3d.Texture("text")
    texture.set_auto_texture_scale(p3d.ATS_none)
    texture.load(image)
    rows = np.frombuffer(memoryview(texture.get_ram_image()), dtype=np.uint8).reshape(height, width)
    return np.ascontiguousarray(rows[::-1, : max(used + 2, 1)]), baseline


class Canvas:
    """A picture of a card, rgb, top row first; places are pixels, a thousand to the metre."""

    def __init__(self, width_m: float, height_m: float) -> None:
        self.width, self.height = round(width_m * PX_PER_M), round(height_m * PX_PER_M)
        self.picture: Picture = np.empty((self.height, self.width, 3), dtype=np.uint8)
        self.picture[:] = PANEL
        self.buttons: dict[str, tuple[int, int, int, int]] = {}
        self.smallest_em_px = 10_000

    def text(self, text: str, x: float, baseline: float, em_px: int = 28, rgb: Rgb = INK, align: float = 0.0) -> int:
        """Write a line; `align` 0 begins, 0.5 centres, 1 ends at x. Return its width."""
        coverage, base = _coverage(text, em_px)
        self.smallest_em_px = min(self.smallest_em_px, em_px)
        high, wide = coverage.shape
        left, top = round(x - align * wide), round(baseline - base)
        x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + wide, self.width), min(top + high, self.height)
        if x1 > x0 and y1 > y0:
            part = coverage[y0 - top : y1 - top, x0 - left : x1 - left, None].astype(np.float32) / 255.0
            under = self.picture[y0:y1, x0:x1]
            self.picture[y0:y1, x0:x1] = (under + (np.array(rgb, dtype=np.float32) - under) * part + 0.5).astype(
                np.uint8
            )
        return int(wide)

    def box(self, x0: float, y0: float, x1: float, y1: float, rgb: Rgb, radius: int = 8) -> None:
        """Fill a rectangle with round corners."""
        a, b, c, d = round(x0), round(y0), round(x1), round(y1)
        r = max(min(radius, (c - a) // 2, (d - b) // 2), 0)
        cv2.rectangle(self.picture, (a + r, b), (c - r, d), rgb, cv2.FILLED)
        cv2.rectangle(self.picture, (a, b + r), (c, d - r), rgb, cv2.FILLED)
        for x in (a + r, c - r):
            for y in (b + r, d - r):
                cv2.circle(self.picture, (x, y), r, rgb, cv2.FILLED, cv2.LINE_AA)

    def button(
        self,
        name: str,
        label: str,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        *,
        lit: bool = False,
        over: bool = False,
        dim: bool = False,
    ) -> None:
        """Paint a button and remember where it is; `lit` is on, `over` is pointed at, `dim` does nothing now."""
        rgb = ACCENT if lit else (62, 74, 80) if over else RAISED
        self.box(x0, y0, x1, y1, rgb)
        em = 28
        self.text(label, (x0 + x1) / 2, (y0 + y1) / 2 + em * 0.36, em, PANEL if lit else DIM if dim else INK, align=0.5)
        self.buttons[name] = (round(x0), round(y0), round(x1), round(y1))

    def line(self, points: NDArray[np.float64], rgb: Rgb, width_px: int = 3) -> None:
        """Draw a line through points, shape (n, 2), pixels."""
        cv2.polylines(self.picture, [np.rint(points * 16).astype(np.int32)], False, rgb, width_px, cv2.LINE_AA, shift=4)

    def button_at(self, across: float, down: float) -> str | None:
        """Return the button at a point given as parts of the width and height, the uppermost of several, or None."""
        x, y = across * self.width, down * self.height
        for name, (x0, y0, x1, y1) in reversed(self.buttons.items()):
            if x0 <= x <= x1 and y0 <= y <= y1:
                return name
        return None
