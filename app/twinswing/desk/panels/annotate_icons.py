"""The signs of the kinds of annotations: drawn, not typed, so that they are crisp at any size and on any machine."""

import math
from dataclasses import dataclass
from typing import Any

from imgui_bundle import imgui

vec = imgui.ImVec2
# In the order of the palette: what it is called, the letter that chooses it, what one does with it.
TOOLS: dict[str, tuple[str, str, str]] = {
    "text": ("Note", "n", "click a place and type, or type at once"),
    "arrow": ("Arrow", "a", "drag from its tail to its tip"),
    "line": ("Line", "l", "drag, or click both ends"),
    "angle": ("Angle", "g", "click an arm's end, the corner, the other arm's end"),
    "circle": ("Circle", "c", "drag from its middle to its rim"),
    "freehand": ("Freehand", "f", "draw with the button held"),
    "plane": ("Plane", "p", "click three of its points"),
    "pair": ("Before and after", "b", "marks this moment; go to the other one and press B again"),
    "voice": ("Voice note", "v", "speak; V keeps it, Esc drops it. Shift+V: from a sound file"),
    "tag": ("Tag", "t", "a word to find it again by"),
    "rating": ("Rating", "r", "1 to 5"),
    "drill": ("Drill", "d", "what to practise"),
}
WORDS: dict[str, str] = {kind: word for kind, (word, _, _) in TOOLS.items()}


Points = tuple[tuple[float, float], ...]
Points3 = tuple[tuple[float, float, float], ...]


def _bow(x: float, y: float, radius: float, start: float, end: float, steps: int = 8) -> Points:
    """Return an arc about a point, angles in radians from the right upwards."""
    turns = [start + (end - start) * i / steps for i in range(steps + 1)]
    return tuple((x + radius * math.cos(a), y - radius * math.sin(a)) for a in turns)


@dataclass(frozen=True)
class Icon:
    """A sign in a square from -1 to 1, y down: lines, closed lines, rings and dots (x, y, radius), filled areas."""

    lines: tuple[Points, ...] = ()
    loops: tuple[Points, ...] = ()
    rings: Points3 = ()
    dots: Points3 = ()
    areas: tuple[Points, ...] = ()


_UNDO = Icon(lines=(_bow(0.0, 0.25, 0.68, -0.3, 2.7), ((-0.98, -0.42), (-0.62, 0.02), (-0.12, -0.2))))
ICONS: dict[str, Icon] = {
    "text": Icon(lines=(((-0.8, -0.5), (-0.8, -0.78), (0.8, -0.78), (0.8, -0.5)), ((0.0, -0.78), (0.0, 0.85)))),
    "arrow": Icon(lines=(((-0.8, 0.8), (0.75, -0.75)), ((-0.05, -0.8), (0.8, -0.8), (0.8, 0.05)))),
    "line": Icon(lines=(((-0.85, 0.75), (0.85, -0.75)),), dots=((-0.85, 0.75, 0.26), (0.85, -0.75, 0.26))),
    "angle": Icon(lines=(((0.5, -0.9), (-0.8, 0.75), (0.9, 0.75)), _bow(-0.8, 0.75, 0.9, 0.0, 0.9))),
    "circle": Icon(rings=((0.0, 0.0, 0.85),)),
    "freehand": Icon(lines=(tuple((-0.9 + 0.1125 * i, -0.55 * math.sin(i * 0.46)) for i in range(17)),)),
    "plane": Icon(loops=(((-0.95, 0.6), (-0.25, -0.6), (0.95, -0.6), (0.3, 0.6)),)),
    "pair": Icon(
        loops=(((-0.92, -0.62), (-0.12, -0.62), (-0.12, 0.62), (-0.92, 0.62)),),
        areas=(((0.16, -0.7), (0.94, -0.7), (0.94, 0.7), (0.16, 0.7)),),
    ),
    "voice": Icon(
        lines=(_bow(0.0, 0.0, 0.62, 0.0, -math.pi), ((0.0, 0.62), (0.0, 0.95)), ((-0.35, 0.95), (0.35, 0.95))),
        areas=(((-0.3, -0.7), (-0.15, -0.95), (0.15, -0.95), (0.3, -0.7), (0.3, 0.05), (0.15, 0.28), (-0.15, 0.28),
                (-0.3, 0.05)),),
    ),
    "tag": Icon(loops=(((-0.9, -0.6), (0.2, -0.6), (0.9, 0.0), (0.2, 0.6), (-0.9, 0.6)),), dots=((0.2, 0.0, 0.17),)),
    "drill": Icon(rings=((0.0, 0.0, 0.88), (0.0, 0.0, 0.46)), dots=((0.0, 0.0, 0.16),)),
    "select": Icon(
        areas=(((-0.6, -0.95), (0.68, 0.2), (-0.05, 0.2)), ((-0.6, -0.95), (-0.05, 0.2), (-0.6, 0.72))),
        lines=(((0.0, 0.15), (0.38, 0.92)),),
    ),
    "pin": Icon(
        rings=((0.0, 0.0, 0.52),), dots=((0.0, 0.0, 0.18),),
        lines=(((0, -0.52), (0, -1)), ((0, 0.52), (0, 1)), ((-0.52, 0), (-1, 0)), ((0.52, 0), (1, 0))),
    ),
    "ground": Icon(
        loops=(((-0.95, 0.8), (-0.45, 0.1), (0.45, 0.1), (0.95, 0.8)),),
        lines=(((0.0, -0.95), (0.0, 0.35)), ((-0.27, 0.08), (0.0, 0.38), (0.27, 0.08))),
    ),
    "undo": _UNDO,
    "redo": Icon(lines=tuple(tuple((-x, y) for x, y in line) for line in _UNDO.lines)),
    "list": Icon(
        lines=tuple(((-0.4, y), (0.9, y)) for y in (-0.6, 0.0, 0.6)),
        dots=tuple((-0.75, y, 0.14) for y in (-0.6, 0.0, 0.6)),
    ),
    "play": Icon(areas=(((-0.5, -0.8), (0.85, 0.0), (-0.5, 0.8)),)),
    "stop": Icon(areas=(((-0.6, -0.6), (0.6, -0.6), (0.6, 0.6), (-0.6, 0.6)),)),
    "delete": Icon(
        lines=(((-0.6, -0.42), (-0.45, 0.9), (0.45, 0.9), (0.6, -0.42)), ((-0.88, -0.5), (0.88, -0.5)),
               ((-0.28, -0.52), (-0.28, -0.85), (0.28, -0.85), (0.28, -0.52))),
    ),
    "file": Icon(loops=(((-0.65, -0.92), (0.2, -0.92), (0.65, -0.45), (0.65, 0.92), (-0.65, 0.92)),),
                 lines=(((0.2, -0.92), (0.2, -0.45), (0.65, -0.45)),)),
    "pen": Icon(loops=(((-0.88, 0.88), (-0.68, 0.2), (0.45, -0.92), (0.92, -0.45), (-0.2, 0.68)),)),
    "": Icon(dots=((0.0, 0.0, 0.4),)),
}  # fmt: skip


def draw_icon(draw: Any, kind: str, x: float, y: float, radius: float, colour: int) -> None:
    """Draw a kind's sign around a point of the window; one that is not known as a dot."""
    if kind == "rating":
        star(draw, x, y, radius, colour)
        return
    icon, width = ICONS.get(kind, ICONS[""]), max(radius * 0.2, 1.4)

    def at(points: Points) -> list[Any]:
        return [vec(x + px * radius, y + py * radius) for px, py in points]

    for area in icon.areas:
        draw.add_convex_poly_filled(at(area), colour)
    for line in icon.lines:
        draw.add_polyline(at(line), colour, 0, width)
    for loop in icon.loops:
        draw.add_polyline(at(loop), colour, int(imgui.ImDrawFlags_.closed), width)
    for px, py, reach in icon.rings:
        draw.add_circle(vec(x + px * radius, y + py * radius), reach * radius, colour, 0, width)
    for px, py, reach in icon.dots:
        draw.add_circle_filled(vec(x + px * radius, y + py * radius), reach * radius, colour)


def star(draw: Any, x: float, y: float, radius: float, colour: int) -> None:
    """Draw a star of five points around a point of the window."""
    points = []
    for i in range(10):
        reach = radius * (0.98 if i % 2 == 0 else 0.42)
        turn = math.pi * i / 5.0
        points.append(vec(x + reach * math.sin(turn), y - reach * math.cos(turn)))
    # A star is not convex: five spikes about a pentagon are.
    draw.add_convex_poly_filled(points[1::2], colour)
    for i in range(0, 10, 2):
        draw.add_triangle_filled(points[i - 1], points[i], points[(i + 1) % 10], colour)
