"""What is known of the unit that is chosen: what it does, makes and uses, how it fares, and its trends."""

from collections.abc import Sequence

import numpy as np
from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, duration, quantity
from twinswing.desk.panels.plant_timeline import GRAVITY, GRAVITY_OF, Ribbon
from twinswing.desk.panels.plant_trends import Span, draw_trends
from twinswing.desk.panels.plant_units import since_ns
from twinswing.desk.plant_choices import WINDOWS
from twinswing.plant.model import Role, Unit
from twinswing.plant.states import ABNORMAL, UnitState
from twinswing.streams.observations import Quality

_LABEL_PX = 104.0
_FACTS: tuple[tuple[Role, str], ...] = (
    (Role.PROGRAM, "Program"),
    (Role.ORDER, "Order"),
    (Role.PIECE, "Piece"),
    (Role.MODE, "Mode"),
    (Role.TOOL, "Tool"),
    (Role.TOOL_LIFE, "Tool life"),
    (Role.POWER, "Power"),
    (Role.REASON, "Reason"),
)
_STRIP_PX = 14.0


def draw_unit_head(context: PlantContext, unit: Unit) -> None:
    """Draw the unit's name and state, and what can be done with it."""
    imgui.push_font(context.fonts.get("bold"), 20.0)
    imgui.text(unit.label)
    imgui.pop_font()
    about = f"{unit.path}   {unit.kind}" + (f"   {unit.manufacturer}" if unit.manufacturer else "")
    imgui.text_disabled(about)
    state = context.state_of(unit.path)
    sign = plant_theme.STATES[state]
    plant_theme.sign(sign)
    imgui.same_line(0, 5)
    imgui.push_font(context.fonts.get("bold"), 0.0)
    if state in ABNORMAL:
        imgui.text_colored(theme.colour(sign.rgba), sign.word)
    else:
        imgui.text(sign.word)
    imgui.pop_font()
    since = since_ns(context, unit)
    if since is not None:
        imgui.same_line(0, 8)
        imgui.text_disabled(f"for {duration((context.t_ns - since) / 1e9)}")
    room = imgui.get_window_width() - 14
    imgui.same_line(room - 132)
    if imgui.small_button("Go to"):
        context.do("go_to")
    imgui.set_item_tooltip("Fly the camera there (G)")
    imgui.same_line(room - 76)
    if imgui.small_button("Its order"):
        context.do("follow")
    imgui.set_item_tooltip("Follow the order that it works on (F)")


def draw_facts(context: PlantContext, unit: Unit) -> None:
    """Draw what the unit works on and with, one line each."""
    for role, label in _FACTS:
        value = context.of_role(unit, role)
        if value is None or (role is Role.REASON and not value[0]):
            continue
        fact(label)
        if role is Role.TOOL_LIFE:
            _tool_life(context, unit)
        elif value[1] in (Quality.STALE, Quality.UNAVAILABLE):
            imgui.text_colored(
                theme.colour(plant_theme.STALE), f"{value[0]} ({plant_theme.QUALITY_WORDS[value[1]]})".strip()
            )
        else:
            imgui.text(value[0] or "-")
    counts = [context.of_role(unit, role) for role in (Role.GOOD, Role.SCRAP)]
    if counts[0] is not None or counts[1] is not None:
        fact("Pieces")
        imgui.text(f"{counts[0][0] if counts[0] else '-'} good, {counts[1][0] if counts[1] else '-'} scrap")


def fact(label: str) -> None:
    """Draw the name of a fact; the caller draws it beside."""
    imgui.text_disabled(label)
    imgui.same_line(_LABEL_PX)


def _tool_life(context: PlantContext, unit: Unit) -> None:
    item = unit.by_role[Role.TOOL_LIFE]
    value = float(context.snapshot.number[context.plant.item_number[item.path]])
    if not np.isfinite(value):
        imgui.text_disabled("not known")
        return
    full = item.high if item.high is not None else 100.0 if item.unit == "%" else float(unit.behaviour.tool_life_pieces)
    text = quantity(value, item.unit)
    if full > 0:
        imgui.push_style_color(imgui.Col_.plot_histogram, theme.colour(plant_theme.VALUE))
        imgui.progress_bar(min(max(value / full, 0.0), 1.0), imgui.ImVec2(110, 0), "")
        imgui.pop_style_color()
        imgui.same_line(0, 8)
        text = f"{text} of {quantity(full, item.unit)}"
    imgui.text(text)


def draw_window_choice(context: PlantContext) -> None:
    """Let one choose how far back to look."""
    for seconds, label in WINDOWS:
        lit = context.choices.window_s == seconds
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT if lit else theme.RAISED))
        if imgui.small_button(f"{label}##window"):
            context.choices.window_s = seconds
        imgui.pop_style_color()
        imgui.same_line(0, 4)
    imgui.new_line()


def draw_state_shares(context: PlantContext, ribbon: Ribbon | None) -> None:
    """Draw how much of the window each state took, as a strip and in words."""
    if ribbon is None or not len(ribbon.gravity):
        return
    start, end = context.window_ns
    held = np.clip(ribbon.edge_ns[1:], start, end) - np.clip(ribbon.edge_ns[:-1], start, end)
    shares = np.bincount(ribbon.gravity, weights=held, minlength=len(GRAVITY)) / max(float(held.sum()), 1.0)
    at = imgui.get_cursor_screen_pos()
    width = imgui.get_content_region_avail().x
    draw, x = imgui.get_window_draw_list(), at.x
    order = sorted(np.flatnonzero(shares > 0.0).tolist(), key=lambda g: -shares[g])
    for gravity in order:
        sign = plant_theme.STATES[GRAVITY[gravity]]
        w = width * float(shares[gravity])
        draw.add_rect_filled(imgui.ImVec2(x, at.y), imgui.ImVec2(x + w, at.y + _STRIP_PX), theme.packed(sign.rgba))
        if w > 14:
            ink = theme.packed(plant_theme.ink_on(sign.rgba))
            draw.add_text(imgui.get_font(), 12.0, imgui.ImVec2(x + 3, at.y + 1), ink, sign.letter)
        x += w
    imgui.dummy(imgui.ImVec2(width, _STRIP_PX))
    words = [f"{plant_theme.STATES[GRAVITY[g]].word} {shares[g]:.0%}" for g in order if shares[g] >= 0.005]
    imgui.push_text_wrap_pos(0.0)
    imgui.text_disabled(",  ".join(words))
    imgui.pop_text_wrap_pos()


def draw_unit_trends(context: PlantContext, unit: Unit, ribbon: Ribbon | None, spans: Sequence[Span]) -> None:
    """Draw the window's choice, the shares of the states in it, and a graph for each number."""
    draw_window_choice(context)
    draw_state_shares(context, ribbon)
    imgui.spacing()
    draw_trends(context, unit, spans)


def none_chosen(context: PlantContext) -> None:
    """Say how a unit is chosen, and which ones need somebody."""
    imgui.text_wrapped("Click a unit in the picture or in the list, or press / to search for one.")
    imgui.spacing()
    bad = [(n, s) for n, s in enumerate(context.states) if s in ABNORMAL]
    bad.sort(key=lambda pair: -GRAVITY_OF[pair[1]])
    for number, state in bad[:12]:
        unit = context.plant.units[number]
        plant_theme.sign(plant_theme.STATES[state])
        imgui.same_line(0, 5)
        if imgui.selectable(f"{unit.label}: {plant_theme.STATES[state].word}##bad{number}", False)[0]:
            context.do(f"unit:{unit.path}")
    if not bad and context.states and any(s is UnitState.RUNNING for s in context.states):
        imgui.text_disabled("No unit has failed, and all are known.")
