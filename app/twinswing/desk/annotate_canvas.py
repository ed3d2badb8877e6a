"""Annotations drawn over a picture: crisp lines with an edge that is seen on any ground, words that stay inside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray

from twinswing.desk import theme
from twinswing.desk.panels.annotate_icons import draw_icon, star
from twinswing.review.model import Annotation
from twinswing.review.voice import peaks as peaks_of
from twinswing.stage.annotation_shapes import Drawing, Label, Rgb, is_light, outline_of

FloatArray = NDArray[np.float64]
Rgba = tuple[float, float, float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom, window pixels
vec = imgui.ImVec2


@dataclass(frozen=True)
class CanvasStyle:
    """Sizes in window pixels.

    line_px, edge_px  : an ordinary line, and how far its edge shows on either side.
    text_px ...       : of a remark, a measured value, and what is said beside it.
    wrap_px           : a remark's longest line.
    lift_px           : of a label from its place. hit_px: how near to a line a click means it.
    handle_px         : radius of what a point is moved by.
    """

    line_px: float = 2.6
    edge_px: float = 1.5
    text_px: float = 15.0
    value_px: float = 18.0
    detail_px: float = 12.5
    wrap_px: float = 250.0
    lift_px: float = 16.0
    hit_px: float = 7.0
    handle_px: float = 5.5
    wave_px: tuple[float, float] = (120.0, 22.0)


STYLE = CanvasStyle()
_PLATE: Rgba = (0.07, 0.085, 0.095, 0.90)
_MOST_LINES = 4


@dataclass
class Placed:
    """Where an annotation was drawn in this frame: its lines, each of shape (n, 2), and its labels, window pixels."""

    ident: str
    lines: list[FloatArray] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def away(self, x: float, y: float) -> float:
        """Return how far a point is from it, pixels."""
        if any(a <= x <= c and b <= y <= d for a, b, c, d in self.boxes):
            return 0.0
        return min((_away_from(line, x, y) for line in self.lines), default=np.inf)


def hit(placed: Sequence[Placed], x: float, y: float) -> str:
    """Return the id of what lies at a point of the window, "" for nothing; of several the nearest."""
    best = min(placed, key=lambda p: p.away(x, y), default=None)
    return best.ident if best is not None and best.away(x, y) <= STYLE.hit_px else ""


def _away_from(line: FloatArray, x: float, y: float) -> float:
    at = np.array([x, y])
    if len(line) == 1:
        return float(np.linalg.norm(line[0] - at))
    a, b = line[:-1], line[1:]
    along = b - a
    share = np.clip(((at - a) * along).sum(1) / np.maximum((along**2).sum(1), 1e-9), 0.0, 1.0)
    return float(np.linalg.norm(a + share[:, None] * along - at, axis=1).min())


def rgba(colour: Rgb, alpha: float = 1.0) -> int:
    """Return a drawing's colour as draw lists take it."""
    return theme.packed((*colour, 1.0), alpha)


class Canvas:
    """One picture's area in one frame. `draw`: Dear ImGui's draw list; `fonts`: "body" and "bold"."""

    def __init__(self, draw: Any, area: Box, fonts: dict[str, Any], scale: float = 1.0) -> None:
        self._draw, self.area, self._fonts, self._scale = draw, area, fonts, scale
        self.placed: list[Placed] = []
        self._taken: list[Box] = []

    def to_px(self, points: FloatArray) -> FloatArray:
        """Map places in the picture, 0 to 1, shape (..., 2), to window pixels."""
        left, top, right, bottom = self.area
        return np.asarray(points) * [right - left, bottom - top] + [left, top]

    def keep_free(self, points: FloatArray, reach: float = 9.0) -> None:
        """Put no words on these points, shape (n, 2), window pixels."""
        self._taken += [(x - reach, y - reach, x + reach, y + reach) for x, y in points.tolist()]

    def cover(self, boxes: Sequence[Box]) -> None:
        """Put no words below what lies over the picture."""
        self._taken += boxes

    def show(
        self,
        drawings: Sequence[Drawing],
        said: Sequence[tuple[Annotation, Label]] = (),
        *,
        selected: str = "",
        hovered: str = "",
        few_words: bool = False,
        above_px: float = 0.0,
    ) -> None:
        """Draw what lies on the picture (0 to 1): all lines first, then all words above them.

        said : what has no place, drawn so far above the picture's foot.
        few_words : say only what is chosen or pointed at: there is no room for more.
        """
        self._draw.push_clip_rect(vec(*self.area[:2]), vec(*self.area[2:]), True)
        # What is chosen lies above the rest, its words in the place that they like best.
        ordered = sorted(drawings, key=lambda d: d.annotation.ident in (selected, hovered))
        found = {d.annotation.ident: Placed(d.annotation.ident) for d in ordered}
        for drawing in ordered:
            lit = drawing.annotation.ident in (selected, hovered)
            self._lines(drawing, found[drawing.annotation.ident], lit=lit)
        self._captions(said, selected, hovered, above_px)
        for drawing in reversed(ordered):
            lit = drawing.annotation.ident in (selected, hovered)
            for label in drawing.labels if lit or not few_words else ():
                self._label(label, found[drawing.annotation.ident], lit=lit)
        self._draw.pop_clip_rect()
        self.placed += [found[d.annotation.ident] for d in reversed(ordered)]

    def _lines(self, drawing: Drawing, placed: Placed, *, lit: bool) -> None:
        for fill in drawing.fills:
            corners = self.to_px(fill.points)
            if np.isfinite(corners).all():
                self._draw.add_convex_poly_filled([vec(*p) for p in corners.tolist()], rgba(fill.rgb, fill.alpha))
        width = STYLE.line_px * self._scale + (1.0 if lit else 0.0)
        edge = 2.0 * STYLE.edge_px * self._scale
        strokes = [(s, self.to_px(s.points)) for s in drawing.strokes]
        heads = [(h, self._corners(h)) for h in drawing.heads]
        # All edges before all lines: a line's edge never cuts another line of the same drawing.
        for stroke, line in strokes:
            if stroke.alpha > 0.6:
                self._polyline(line, rgba(outline_of(stroke.rgb), 0.85), width * stroke.width + edge, stroke.closed)
        for head, corners in heads:
            self._polyline(corners, rgba(outline_of(head.rgb), 0.85), edge, closed=True)
        for stroke, line in strokes:
            self._polyline(line, rgba(stroke.rgb, stroke.alpha), width * stroke.width, stroke.closed)
            placed.lines.append(np.concatenate([line, line[:1]]) if stroke.closed else line)
        for head, corners in heads:
            self._draw.add_triangle_filled(*(vec(*p) for p in corners.tolist()), rgba(head.rgb))

    def _corners(self, head: Any) -> FloatArray:
        tip, back = self.to_px(head.tip), self.to_px(head.back)
        along = tip - back
        across = np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
        half = head.half_width * (self.area[3] - self.area[1])
        return np.stack([tip, back + half * across, back - half * across])

    def _polyline(self, points: FloatArray, colour: int, width: float, closed: bool = False) -> None:
        if len(points) < 2 or not np.isfinite(points).all():
            return
        flags = int(imgui.ImDrawFlags_.closed) if closed else 0
        self._draw.add_polyline([vec(*p) for p in points.tolist()], colour, flags, width)
        if not closed:
            for end in (points[0], points[-1]):
                self._draw.add_circle_filled(vec(*end.tolist()), width / 2, colour)

    # -- words ---------------------------------------------------------------------------------------------------

    def _label(self, label: Label, placed: Placed, *, lit: bool) -> None:
        place = self.to_px(label.place)
        if not np.isfinite(place).all():
            return
        x, y = place.tolist()
        if label.dot:
            placed.lines.append(place[None])
            self._dot(label, x, y, lit=lit)
        plate = Plate(label, self._fonts, self._scale)
        if plate.empty:
            return
        box = self._free(x, y, *plate.size)
        self._taken.append(box)
        placed.boxes.append(box)
        if label.dot:
            foot = (min(max(x, box[0] + 6), box[2] - 6), box[3] if y > box[3] else box[1] if y < box[1] else y)
            self._draw.add_line(vec(x, y), vec(*foot), rgba(label.rgb, 0.9), 1.6)
        plate.draw(self._draw, box, lit=lit)

    def _dot(self, label: Label, x: float, y: float, *, lit: bool) -> None:
        radius = (6.5 if lit else 5.0) * self._scale
        self._draw.add_circle_filled(vec(x, y), radius + STYLE.edge_px, rgba(outline_of(label.rgb), 0.9))
        self._draw.add_circle_filled(vec(x, y), radius, rgba(label.rgb))

    def _free(self, x: float, y: float, width: float, height: float) -> Box:
        """Return where a plate about a place hides no other: above it, below, beside; always inside the picture."""
        left, top, right, bottom = self.area
        lift = STYLE.lift_px * self._scale
        wishes = (
            (x - width / 2, y - lift - height),
            (x - width / 2, y + lift),
            (x + lift, y - height / 2),
            (x - lift - width, y - height / 2),
            (x + lift, y - lift - 1.5 * height),
            (x - width / 2, y - lift - 2.2 * height),
            (x - width / 2, y + lift + 1.2 * height),
        )
        boxes = []
        for wish_x, wish_y in wishes:
            a = min(max(wish_x, left + 4), max(right - width - 4, left + 4))
            b = min(max(wish_y, top + 4), max(bottom - height - 4, top + 4))
            boxes.append((a, b, a + width, b + height))
        return next((box for box in boxes if not any(_overlap(box, other) for other in self._taken)), boxes[0])

    def handles(self, points: FloatArray, colour: Rgb, *, hollow: bool) -> None:
        """Draw what the points of the chosen annotation are moved by, shape (n, 2), window pixels; hollow: joints."""
        for x, y in points.tolist():
            if not np.isfinite((x, y)).all():
                continue
            self._draw.add_circle_filled(vec(x, y), STYLE.handle_px + 1.5, rgba((0.03, 0.04, 0.05), 0.9))
            self._draw.add_circle_filled(vec(x, y), STYLE.handle_px, rgba((1.0, 1.0, 1.0)))
            self._draw.add_circle_filled(vec(x, y), STYLE.handle_px - 2.0, rgba(colour))
            if hollow:
                self._draw.add_circle(vec(x, y), STYLE.handle_px + 4.5, rgba((1.0, 1.0, 1.0), 0.9), 0, 1.6)

    def caught(self, x: float, y: float, name: str) -> None:
        """Show the joint that a click would catch, with its name."""
        self._draw.add_circle(vec(x, y), 13.0, rgba((0.03, 0.04, 0.05), 0.8), 0, 4.5)
        self._draw.add_circle(vec(x, y), 13.0, theme.packed(theme.ACCENT_BRIGHT), 0, 2.2)
        text = name.replace("_", " ")
        size = imgui.calc_text_size(text)
        box = self._free(x, y, size.x + 12, size.y + 6)
        self._draw.add_rect_filled(vec(*box[:2]), vec(*box[2:]), theme.packed(_PLATE), 4.0)
        self._draw.add_text(vec(box[0] + 6, box[1] + 3), theme.packed(theme.ACCENT_BRIGHT), text)

    def _captions(self, said: Sequence[tuple[Annotation, Label]], selected: str, hovered: str, above_px: float) -> None:
        """Draw what is said of no place, one above the other from the picture's lower left corner, above its foot."""
        bottom = self.area[3] - 12.0 - above_px
        for annotation, label in said:
            lit = annotation.ident in (selected, hovered)
            plate = Plate(label, self._fonts, self._scale, icon=True, author=annotation.author)
            width, height = plate.size
            box = (self.area[0] + 12.0, bottom - height, self.area[0] + 12.0 + width, bottom)
            if box[1] < self.area[1] + 8.0:
                return
            plate.draw(self._draw, box, lit=lit)
            self._taken.append(box)
            self.placed.insert(0, Placed(annotation.ident, boxes=[box]))
            bottom -= height + 6.0


class Plate:
    """A label's words on their ground: measured value, remark, what is beside it; stars, a waveform."""

    def __init__(
        self, label: Label, fonts: dict[str, Any], scale: float = 1.0, *, icon: bool = False, author: str = ""
    ) -> None:
        self._label, self._fonts, self._scale = label, fonts, scale
        self._icon = icon or label.kind in ("voice", "drill", "tag", "pair")
        self._wrap = STYLE.wrap_px * scale * (1.5 if icon else 1.0)
        rows: list[tuple[str, str, float, Rgba]] = []
        if label.read_out:
            rows.append((label.read_out, "bold", STYLE.value_px, theme.INK))
        if label.text:
            rows.append((self._cut(label.text), "body", STYLE.text_px, theme.INK))
        beside = " · ".join(part for part in (label.detail, author) if part)
        if beside:
            rows.append((beside, "body", STYLE.detail_px, theme.FAINT))
        self._rows = [(t, f, s * scale, c) for t, f, s, c in rows]
        self._sizes = [self._measure(*row[:3]) for row in self._rows]
        self._left = (26.0 if self._icon else 12.0) * scale
        extra = [STYLE.wave_px[0] * scale] if label.peaks else []
        extra += [5 * 18.0 * scale] if label.rating else []
        wide = max([*(size[0] for size in self._sizes), *extra], default=0.0)
        high = sum(size[1] for size in self._sizes) + (STYLE.wave_px[1] * scale + 2 if label.peaks else 0.0)
        high += 20.0 * scale if label.rating else 0.0
        self.empty = not self._rows and not label.peaks and not label.rating and not self._icon
        self.size = (wide + self._left + 9.0 * scale, max(high, 18.0 * scale) + 9.0 * scale)

    def _measure(self, text: str, font: str, size: float) -> tuple[float, float]:
        imgui.push_font(self._fonts[font], size)
        found = imgui.calc_text_size(text, None, False, self._wrap)
        imgui.pop_font()
        return float(found.x), float(found.y)

    def _cut(self, text: str) -> str:
        """Shorten a remark of many lines: the whole of it is in the list."""
        lines = text.splitlines()
        text = "\n".join(lines[:_MOST_LINES]) + (" …" if len(lines) > _MOST_LINES else "")
        most = 260 if self._icon else 180
        return text if len(text) <= most else text[: most - 1].rstrip() + "…"

    def draw(self, draw: Any, box: Box, *, lit: bool) -> None:
        """Draw it in its place."""
        label, scale = self._label, self._scale
        left, top, right, bottom = box
        draw.add_rect_filled(vec(left, top), vec(right, bottom), theme.packed(_PLATE), 5.0)
        draw.add_rect_filled(vec(left, top), vec(left + 4.0, bottom), rgba(label.rgb), 5.0, _LEFT_CORNERS)
        if lit:
            draw.add_rect(vec(left, top), vec(right, bottom), theme.packed(theme.INK, 0.9), 5.0, 0, 1.6)
        if self._icon:
            colour = label.rgb if is_light(label.rgb) else (0.9, 0.92, 0.93)
            draw_icon(draw, label.kind, left + 15.0 * scale, top + 13.5 * scale, 7.0 * scale, rgba(colour))
        x, y = left + self._left, top + 4.5 * scale
        if label.rating:
            for i in range(5):
                ink = theme.packed(theme.WARM) if i < label.rating else theme.packed(theme.LINE)
                star(draw, x + (18.0 * i + 8.0) * scale, y + 9.0 * scale, 7.5 * scale, ink)
            y += 20.0 * scale
        if label.peaks:
            wide, high = (side * scale for side in STYLE.wave_px)
            waveform(draw, (x, y, x + wide, y + high), label.peaks, label.rgb, label.played)
            y += high + 2.0
        for (text, font, size, words_rgba), (_, high) in zip(self._rows, self._sizes, strict=True):
            draw.add_text(self._fonts[font], size, vec(x, y), theme.packed(words_rgba), text, wrap_width=self._wrap)
            y += high


_LEFT_CORNERS = int(imgui.ImDrawFlags_.round_corners_left)


def waveform(
    draw: Any, box: Box, peaks: Sequence[float], colour: Rgb, played: float | None, step_px: float = 4
) -> None:
    """Draw a voice's waveform as bars, those that were heard brighter; loud or not, its highest peak fills the box."""
    left, top, right, bottom = box
    bars = np.array(peaks_of(np.asarray(peaks, dtype=np.float32), max(int((right - left) / step_px), 2)))
    bars /= max(float(bars.max(initial=0.0)), 0.02)
    middle, reach = (top + bottom) / 2, (bottom - top) / 2
    for i, bar in enumerate(bars.tolist()):
        x = left + (right - left) * (i + 0.5) / len(bars)
        heard = played is None or i < played * len(bars)
        half = max(bar * reach, 1.0)
        draw.add_line(vec(x, middle - half), vec(x, middle + half), rgba(colour, 1.0 if heard else 0.35), step_px * 0.5)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
