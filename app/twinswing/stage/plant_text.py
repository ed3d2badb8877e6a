"""Text in the scene: glyphs as distances to their edge, so that they stay sharp at any size, laid out with NumPy."""

import functools
import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

Rows = NDArray[np.float32]

_CHARACTERS = "".join(map(chr, range(32, 127))) + "°±²³µ·×÷–—…€£äöüßÄÖÜéèêëáàâåçñóòôúùûíìîïøØæÆ−’‘“”"
# Latin as it is written from Iceland to Turkey, Greek, Cyrillic: three times the glyphs, six times the time.
_MORE = "".join(map(chr, (*range(0xA1, 0x180), *range(0x391, 0x3CA), *range(0x400, 0x460))))
_PAGE_PX, _WIDE_PAGE_PX = 1024, 2048
_PIXELS_PER_EM = 56
_MISSING = "?"

GLYPH, PLATE, SQUARE, TRIANGLE, DOWNWARD, RING, DIAMOND, DISC = (float(k) for k in range(8))


def font_file() -> Path | None:
    """Return Roboto (Apache-2.0) as Dear ImGui's bundle carries it, without loading the bundle; None where it lacks."""
    spec = importlib.util.find_spec("imgui_bundle")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "assets" / "fonts" / "Roboto" / "Roboto-Bold.ttf"
    return path if path.is_file() else None


@dataclass(frozen=True)
class Atlas:
    """One texture with all glyphs.

    boxes: each glyph's rectangle about its pen position in ems (left, bottom, right, top). cells: the same in the
    texture. advances: how far the pen moves, ems. numbers: character to row.
    """

    texture: p3d.Texture
    boxes: Rows
    cells: Rows
    advances: Rows
    numbers: dict[str, int]

    def has(self, text: str) -> bool:
        """Tell whether it has all of a text's characters."""
        return all(c in self.numbers for c in text)

    def codes(self, text: str) -> NDArray[np.int64]:
        """Return the rows of a text's characters; one that the font lacks shows as a question mark."""
        fallback = self.numbers[_MISSING]
        return np.array([self.numbers.get(c, fallback) for c in text], dtype=np.int64)

    def width(self, text: str, em_px: float) -> float:
        """Return how wide a text is, pixels."""
        return float(self.advances[self.codes(text)].sum() * em_px) if text else 0.0

    def place(self, text: str, x_px: float, baseline_px: float, em_px: float, rgb: tuple[float, float, float]) -> Rows:
        """Return the glyph rows of a line that starts at a pixel, shape (n, 16), as shaders/plant_label.vert reads."""
        codes = self.codes(text)
        boxes = self.boxes[codes] * em_px
        pen = np.full(len(codes), x_px)
        pen[1:] += np.cumsum(self.advances[codes])[:-1] * em_px
        rows = np.zeros((len(codes), 16), dtype=np.float32)
        rows[:, 0:4] = boxes
        rows[:, [0, 2]] += pen[:, None]
        rows[:, [1, 3]] += baseline_px
        rows[:, 4:8] = self.cells[codes]
        rows[:, 8:11] = rgb
        rows[:, 11] = GLYPH
        return rows[(boxes[:, 2] - boxes[:, 0]) > 0]


def shape_row(
    kind: float, low: tuple[float, float], high: tuple[float, float], rgb: tuple[float, float, float]
) -> Rows:
    """Return the row of a plate or a sign between two corners, text pixels, shape (1, 16)."""
    row = np.zeros((1, 16), dtype=np.float32)
    row[0, :4] = (*low, *high)
    row[0, 8:12] = (*rgb, kind)
    return row


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


@functools.cache
def load_atlas(*, wide: bool = False) -> Atlas:
    """Make the atlas, once for the process; the `wide` one takes most of a second and has more of Europe's scripts."""
    path = font_file()
    font = p3d.DynamicTextFont(p3d.Filename.from_os_specific(str(path))) if path else None
    if font is None or not font.is_valid():
        font = p3d.TextProperties.get_default_font().make_copy()
    side = _WIDE_PAGE_PX if wide else _PAGE_PX
    font.set_page_size(side, side)
    font.set_pixels_per_unit(_PIXELS_PER_EM)
    font.set_scale_factor(2)
    font.set_texture_margin(5)
    font.set_poly_margin(2)
    font.set_render_mode(p3d.TextFont.RM_distance_field)
    boxes: list[tuple[float, ...]] = []
    cells: list[tuple[float, ...]] = []
    advances: list[float] = []
    numbers: dict[str, int] = {}
    for character in dict.fromkeys(_CHARACTERS + (_MORE if wide else "")):
        glyph = font.get_glyph(ord(character))
        if glyph is None:
            continue
        box, cell = p3d.LVecBase4f(), p3d.LVecBase4f()
        if not glyph.get_quad(box, cell) and character != " ":
            continue
        numbers[character] = len(boxes)
        boxes.append(tuple(box))
        cells.append(tuple(cell))
        advances.append(glyph.get_advance())
    texture = font.get_page(0)
    # The page's border is opaque to drivers that keep one channel as red: repeat its empty edge instead.
    texture.set_wrap_u(p3d.SamplerState.WM_clamp)
    texture.set_wrap_v(p3d.SamplerState.WM_clamp)
    cell_table, box_table = np.array(cells, dtype=np.float32), np.array(boxes, dtype=np.float32)
    texture.set_minfilter(p3d.SamplerState.FT_linear)
    texture.set_magfilter(p3d.SamplerState.FT_linear)
    return Atlas(texture, box_table, cell_table, np.array(advances, dtype=np.float32), numbers)
