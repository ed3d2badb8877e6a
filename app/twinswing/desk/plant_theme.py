"""The plant's colours and signs, in one place, in ISA-101's manner: grey is normal, colour is for what is not.

Nothing is told by colour alone: each state has a letter and a word, each priority a shape, a number and a word.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.plant.model import Priority
from twinswing.plant.states import UnitState
from twinswing.streams.observations import LinkState, Quality

Rgba = tuple[float, float, float, float]

HIGH: Rgba = (0.93, 0.27, 0.25, 1.0)
MEDIUM: Rgba = (0.96, 0.71, 0.20, 1.0)
LOW: Rgba = (0.80, 0.45, 0.86, 1.0)
STALE: Rgba = (0.80, 0.45, 0.86, 1.0)
PEN: Rgba = (0.62, 0.74, 0.84, 1.0)  # a trend's line: pale, so that limits and alarms stand out on it
BAND: Rgba = (0.62, 0.74, 0.84, 0.22)
SELECTED: Rgba = (0.35, 0.78, 0.95, 1.0)


class Shape(StrEnum):
    """Shapes that are told apart at ten pixels and without colour."""

    SQUARE = "square"
    TRIANGLE = "triangle"
    DOWN = "down"
    DIAMOND = "diamond"
    CIRCLE = "circle"
    RING = "ring"


@dataclass(frozen=True)
class Sign:
    """How a thing is shown: colour, shape, a letter or number inside it, a word beside it."""

    rgba: Rgba
    shape: Shape
    letter: str
    word: str


STATES: dict[UnitState, Sign] = {
    UnitState.RUNNING: Sign((0.66, 0.69, 0.70, 1.0), Shape.CIRCLE, "R", "Running"),
    UnitState.IDLE: Sign((0.36, 0.39, 0.41, 1.0), Shape.RING, "I", "Idle"),
    UnitState.STARVED: Sign((0.36, 0.45, 0.57, 1.0), Shape.DOWN, "S", "Starved"),
    UnitState.BLOCKED: Sign((0.55, 0.49, 0.38, 1.0), Shape.SQUARE, "B", "Blocked"),
    UnitState.SETUP: Sign((0.40, 0.54, 0.52, 1.0), Shape.DIAMOND, "U", "Set-up"),
    UnitState.HELD: Sign((0.62, 0.55, 0.30, 1.0), Shape.TRIANGLE, "H", "Held"),
    UnitState.WAITING: Sign((0.50, 0.45, 0.58, 1.0), Shape.TRIANGLE, "W", "Waits for a person"),
    UnitState.FAILED: Sign(HIGH, Shape.SQUARE, "F", "Failed"),
    UnitState.MAINTENANCE: Sign((0.47, 0.47, 0.62, 1.0), Shape.DIAMOND, "M", "Maintenance"),
    UnitState.OFF: Sign((0.22, 0.24, 0.26, 1.0), Shape.RING, "O", "Off"),
    UnitState.UNKNOWN: Sign(STALE, Shape.RING, "?", "Not known"),
}
PRIORITIES: dict[Priority, Sign] = {
    Priority.HIGH: Sign(HIGH, Shape.SQUARE, "1", "High"),
    Priority.MEDIUM: Sign(MEDIUM, Shape.TRIANGLE, "2", "Medium"),
    Priority.LOW: Sign(LOW, Shape.DOWN, "3", "Low"),
}
LINKS: dict[LinkState, Sign] = {
    LinkState.CONNECTING: Sign(MEDIUM, Shape.RING, "", "Connecting"),
    LinkState.LIVE: Sign((0.66, 0.69, 0.70, 1.0), Shape.CIRCLE, "", "Live"),
    LinkState.STALE: Sign(STALE, Shape.RING, "?", "Silent"),
    LinkState.DOWN: Sign(HIGH, Shape.SQUARE, "!", "Lost"),
    LinkState.ENDED: Sign((0.36, 0.39, 0.41, 1.0), Shape.RING, "", "At its end"),
}
QUALITY_WORDS: dict[Quality, str] = {
    Quality.GOOD: "",
    Quality.UNAVAILABLE: "not available",
    Quality.STALE: "stale",
    Quality.UNCERTAIN: "uncertain",
}
UNUSUAL = Sign(MEDIUM, Shape.DIAMOND, "~", "Unusual")
# The six losses (and what is left) of the OEE waterfall: greys for planned, warmer for what was lost.
LOSS: Rgba = (0.62, 0.52, 0.36, 1.0)
VALUE: Rgba = (0.62, 0.66, 0.68, 1.0)


def draw_sign(sign: Sign, x: float, y: float, radius: float = 7.0, *, alpha: float = 1.0) -> None:
    """Draw a sign around a point of the window, with its letter inside where it fits."""
    draw = imgui.get_window_draw_list()
    vec = imgui.ImVec2
    colour = theme.packed(sign.rgba, alpha)
    match sign.shape:
        case Shape.SQUARE:
            side = radius * 0.9
            draw.add_rect_filled(vec(x - side, y - side), vec(x + side, y + side), colour, 1.5)
        case Shape.TRIANGLE | Shape.DOWN:
            up = -1.0 if sign.shape is Shape.TRIANGLE else 1.0
            high, wide = radius * 1.1, radius * 1.15
            draw.add_triangle_filled(
                vec(x, y + up * high), vec(x - wide, y - up * high * 0.8), vec(x + wide, y - up * high * 0.8), colour
            )
        case Shape.DIAMOND:
            reach = radius * 1.15
            draw.add_quad_filled(vec(x, y - reach), vec(x + reach, y), vec(x, y + reach), vec(x - reach, y), colour)
        case Shape.CIRCLE:
            draw.add_circle_filled(vec(x, y), radius, colour)
        case Shape.RING:
            draw.add_circle(vec(x, y), radius - 0.75, colour, 0, 2.0)
    if sign.letter and radius >= 6.0:
        ink = sign.rgba if sign.shape is Shape.RING else ink_on(sign.rgba)
        size = imgui.calc_text_size(sign.letter)
        scale = min(1.0, radius * 1.75 / size.y)
        lift = {Shape.TRIANGLE: 0.12, Shape.DOWN: -0.12}.get(sign.shape, 0.0) * radius
        draw.add_text(
            imgui.get_font(),
            size.y * scale,
            vec(x - size.x * scale / 2, y - size.y * scale / 2 + lift),
            theme.packed(ink, alpha),
            sign.letter,
        )


def ink_on(rgba: Rgba) -> Rgba:
    """Return black or white, whichever is read better on a colour (relative luminance of WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else math.pow((c + 0.055) / 1.055, 2.4) for c in rgba[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return (0.05, 0.06, 0.07, 1.0) if luminance > 0.179 else (0.96, 0.97, 0.98, 1.0)


def sign(shown: Sign, *, radius: float = 7.0, alpha: float = 1.0) -> None:
    """Put a sign into the line of text, as wide as a letter or two."""
    at = imgui.get_cursor_screen_pos()
    height = imgui.get_text_line_height()
    draw_sign(shown, at.x + radius + 1, at.y + height / 2, radius, alpha=alpha)
    imgui.dummy(imgui.ImVec2(radius * 2 + 4, height))


def signed_word(shown: Sign, text: str = "", *, alpha: float = 1.0) -> None:
    """Put a sign and its word (or another text) into the line."""
    sign(shown, alpha=alpha)
    imgui.same_line(0, 5)
    imgui.text(text or shown.word)
