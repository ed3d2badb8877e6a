"""Small things that the library's panels draw: cut texts, chips, stars, buttons."""

import math
from datetime import datetime
from functools import lru_cache
from typing import Any

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.review.library_model import MeasureRow, Row
from twinswing.swing.model import Measure
from twinswing.swing.readable import told

FIXED = theme.FIXED_WINDOW | imgui.WindowFlags_.no_bring_to_front_on_focus | imgui.WindowFlags_.no_nav
CARD = (0.115, 0.138, 0.152, 1.0)
CARD_HOT = (0.145, 0.172, 0.188, 1.0)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def fitted(text: str, width_px: float) -> str:
    """Return a text cut with an ellipsis so that it is no wider, in the present font."""
    return _fitted(text, int(width_px), imgui.get_font_size(), id(imgui.get_font()))


@lru_cache(maxsize=4096)
def _fitted(text: str, width_px: int, _size: float, _font: int) -> str:
    if imgui.calc_text_size(text).x <= width_px:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if imgui.calc_text_size(text[:middle].rstrip() + "\u2026").x <= width_px:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "\u2026"


def text_fitted(text: str, width_px: float, colour: tuple[float, float, float, float] = theme.INK) -> None:
    """Write a text cut to a width; the whole of it appears under the mouse."""
    cut = fitted(text, width_px)
    imgui.text_colored(theme.colour(colour), cut)
    if cut != text and imgui.is_item_hovered():
        imgui.set_tooltip(text)


def star(draw: Any, x: float, y: float, radius: float, colour: int) -> None:
    """Draw a five-pointed star around a point."""
    points = []
    for corner in range(10):
        angle = -math.pi / 2 + corner * math.pi / 5
        reach = radius if corner % 2 == 0 else radius * 0.42
        points.append(imgui.ImVec2(x + reach * math.cos(angle), y + reach * math.sin(angle)))
    draw.add_concave_poly_filled(points, colour)


def day_text(day: str) -> str:
    """Return a day as people read it: "1 May 2026"."""
    try:
        year, month, number = (int(part) for part in day.split("-"))
        return f"{number} {_MONTHS[month - 1]} {year}"
    except (ValueError, IndexError):
        return "no date"


def when_text(row: Row) -> str:
    """Return when a recording was made, to the minute where that is known; a file's own date is not that sure."""
    if row.recorded_source == "file":
        return day_text(row.day)
    try:
        moment = datetime.fromtimestamp(row.recorded_unix_ns / 1e9).astimezone()
    except (OverflowError, OSError, ValueError):
        return "no date"
    return f"{day_text(row.day)}, {moment:%H:%M}"


def span_text(seconds: float) -> str:
    """Return a duration as people read it."""
    if seconds < 90.0:
        return f"{seconds:.1f} s"
    if seconds < 5400.0:
        return f"{seconds / 60.0:.0f} min"
    return f"{seconds / 3600.0:.1f} h"


@lru_cache(maxsize=4096)  # the same ones are on the cards in every frame
def measure_text(measure: MeasureRow) -> tuple[str, str]:
    """Return a measure's value and uncertainty as people say them."""
    return told(Measure(measure.value, measure.unit, measure.sigma, measure.source), measure.name)


def key_numbers(row: Row) -> str:
    """Return a card's numbers, each with its uncertainty."""
    return "   ".join(" ".join(measure_text(measure)) for measure in row.measures)


def about_line(row: Row) -> str:
    """Return a card's second line: what it is of."""
    if row.kind == "unreadable":
        return "cannot be read"
    if row.kind == "plant":
        return f"{row.plant_label or row.plant}, {span_text(row.duration_s)}"
    parts = [row.person_name, row.club]
    if row.kind == "capture":
        parts.append(f"{row.swings} swings" if row.swings else "no swing")
    said = [part for part in parts if part]
    return ", ".join(said) if said else (row.view or span_text(row.duration_s))


def heading(text: str, fonts: dict[str, Any]) -> None:
    """Write a heading."""
    imgui.push_font(fonts.get("bold"), 0.0)
    imgui.text(text)
    imgui.pop_font()


def chip(text: str, *, active: bool = False, key: str = "") -> bool:
    """Draw a small rounded button; return whether it was pressed."""
    imgui.push_style_var(imgui.StyleVar_.frame_rounding, 10.0)
    imgui.push_style_var(imgui.StyleVar_.frame_padding, imgui.ImVec2(9, 2))
    if active:
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT))
        imgui.push_style_color(imgui.Col_.text, theme.colour((0.03, 0.07, 0.06, 1.0)))
    pressed = bool(imgui.button(f"{text}##{key or text}"))
    if active:
        imgui.pop_style_color(2)
    imgui.pop_style_var(2)
    return pressed


def chip_width(text: str) -> float:
    """Return how wide a chip is, pixels."""
    return float(imgui.calc_text_size(text).x) + 18.0


def primary(text: str, width: float = 0.0) -> bool:
    """Draw the button that most people want; return whether it was pressed."""
    imgui.push_style_color(imgui.Col_.button, theme.colour((0.12, 0.47, 0.39, 1.0)))
    imgui.push_style_color(imgui.Col_.button_hovered, theme.colour(theme.ACCENT))
    pressed = bool(imgui.button(text, imgui.ImVec2(width, 0)))
    imgui.pop_style_color(2)
    return pressed


def danger(text: str, width: float = 0.0) -> bool:
    """Draw a button that takes something away for good; return whether it was pressed."""
    imgui.push_style_color(imgui.Col_.button, theme.colour((0.50, 0.17, 0.15, 1.0)))
    imgui.push_style_color(imgui.Col_.button_hovered, theme.colour((0.66, 0.24, 0.21, 1.0)))
    pressed = bool(imgui.button(text, imgui.ImVec2(width, 0)))
    imgui.pop_style_color(2)
    return pressed


def right_edge() -> float:
    """Return where the present window's contents end at the right, pixels from its left edge."""
    return float(imgui.get_cursor_pos_x() + imgui.get_content_region_avail().x)
