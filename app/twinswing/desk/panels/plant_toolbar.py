"""The bar at the top of the plant's window: what is looked at, how it is coloured, and finding a unit."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext
from twinswing.desk.panels.plant_units import worst_link
from twinswing.desk.plant_choices import HEAT_ROLES, Filters, heat_label, matching
from twinswing.plant.model import Role, UnitKind
from twinswing.plant.states import UnitState

T = TypeVar("T")

_SEARCH_PX = 170.0
_RESULTS = 8


def draw_plant_toolbar(context: PlantContext) -> None:
    """Draw the whole bar on one line."""
    if imgui.button("Open"):
        context.do("files")
    imgui.same_line(0, 14)
    _views(context)
    imgui.same_line(0, 14)
    _heat(context)
    imgui.same_line(0, 14)
    choices = context.choices
    for name, label, tip in (
        ("xray", "X-ray", "See through the hall and machines (X)"),
        ("section", "Section", "Cut the hall open at a height (C)"),
        ("tape", "Tape", "Click two points to measure between them (M)"),
        ("labels", "Names", "Names of units (N)"),
    ):
        toggle(label, bool(getattr(choices, name)), context, f"toggle:{name}", tip)
        imgui.same_line(0, 4)
    if choices.section:
        imgui.set_next_item_width(92)
        highest = max(context.plant.hall_m[2], 1.0)
        choices.section_m = imgui.slider_float("##cut", choices.section_m, 0.2, highest, "%.1f m")[1]
        imgui.same_line(0, 4)
    imgui.same_line(0, 14)
    _search(context)
    imgui.same_line(0, 6)
    _filter(context)
    _about(context)
    context.draw_on_toolbar(imgui.get_window_width() - 50 - context.toolbar_px)
    imgui.same_line(imgui.get_window_width() - 44)
    if imgui.button("?", imgui.ImVec2(30, 0)):
        context.do("help")


def _about(context: PlantContext) -> None:
    """Name the plant, and say at once when a source is lost or silent."""
    name = context.plant.label or context.plant.name
    worst = worst_link(context) if context.live else None
    word = "" if worst is None else f"a source is {plant_theme.LINKS[worst].word.lower()}"
    width = imgui.calc_text_size(word or name).x + (20 if word else 0)
    imgui.same_line()
    right = imgui.get_window_width() - 58 - context.toolbar_px
    room = right - imgui.get_cursor_pos_x()
    if width > room:
        return
    imgui.same_line(right - width)
    imgui.align_text_to_frame_padding()
    if worst is None:
        imgui.text_disabled(name)
        return
    plant_theme.sign(plant_theme.LINKS[worst])
    imgui.same_line(0, 4)
    imgui.text_colored(theme.colour(plant_theme.LINKS[worst].rgba), word)
    if imgui.is_item_clicked():
        context.choices.front = "Sources"


def toggle(label: str, on: bool, context: PlantContext, action: str, tip: str) -> None:
    """Draw a button that is lit while something is on."""
    imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT if on else theme.RAISED))
    if imgui.button(f"{label}##{action}"):
        context.do(action)
    imgui.pop_style_color()
    imgui.set_item_tooltip(tip)


def _views(context: PlantContext) -> None:
    if imgui.button("Views"):
        imgui.open_popup("views")
    imgui.set_item_tooltip("Places to look from, and your own bookmarks (1 to 9)")
    if not imgui.begin_popup("views"):
        return
    for action, label, key in (
        ("view:overview", "The whole plant", "O"), ("view:top", "From above", "T"),
        ("view:floor", "From the floor", "V"), ("worst", "The worst unit", "W"),
    ):  # fmt: skip
        if imgui.menu_item(label, key, False)[0]:
            context.do(action)
    imgui.separator()
    kept = context.choices.bookmarks
    for number in sorted(kept):
        if imgui.menu_item(kept[number].label, str(number), False)[0]:
            context.do(f"bookmark:{number}")
    free = next((n for n in range(1, 10) if n not in kept), None)
    if free is not None and imgui.menu_item("Keep this view", f"Ctrl+{free}", False)[0]:
        context.do(f"keep:{free}")
    imgui.end_popup()


def roles_in(context: PlantContext) -> list[Role]:
    """Return the roles that some unit of the plant has a number for."""
    present = {item.role for item in context.plant.items}
    return [role for role, _ in HEAT_ROLES if role in present]


def _heat(context: PlantContext) -> None:
    choices = context.choices
    imgui.set_next_item_width(164)
    if choices.heat is not None:
        imgui.push_style_color(imgui.Col_.frame_bg, theme.colour(theme.ACCENT))
    opened = imgui.begin_combo("##heat", f"Heat: {heat_label(choices.heat)}")
    if choices.heat is not None:
        imgui.pop_style_color()
    if opened:
        for role in (None, *roles_in(context)):
            if imgui.selectable(heat_label(role), role is choices.heat)[0]:
                choices.heat = role
        imgui.end_combo()
    imgui.set_item_tooltip("Colour units by an item of theirs (H: the next)")


def _search(context: PlantContext) -> None:
    """Draw the search box, and below it the units that answer."""
    choices = context.choices
    imgui.set_next_item_width(_SEARCH_PX)
    if choices.focus_search:
        imgui.set_keyboard_focus_here()
        choices.focus_search = False
    flags = imgui.InputTextFlags_.enter_returns_true | imgui.InputTextFlags_.escape_clears_all
    entered, text = imgui.input_text_with_hint("##search", "Search a unit  /", choices.filters.text, flags)
    box = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    active = imgui.is_item_active() or imgui.is_item_focused()
    choices.filters = replace(choices.filters, text=text)
    # A press that is over within one frame never reaches Dear ImGui; the window hears it all the same.
    entered, choices.entered = entered or choices.entered, False
    if not text.strip():
        return
    found = matching(context.plant, context.states, lambda _: False, replace(Filters(), text=text))
    if entered and found:
        imgui.internal.clear_active_id()  # the keys are the window's again
        _choose(context, found[0])
        return
    if not active:
        return
    imgui.set_next_window_pos(imgui.ImVec2(box[0].x, box[1].y + 2))
    imgui.set_next_window_size(imgui.ImVec2(max(_SEARCH_PX, 300), 0))
    imgui.begin(
        "##found",
        None,
        imgui.WindowFlags_.no_decoration
        | imgui.WindowFlags_.no_move
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_focus_on_appearing
        | imgui.WindowFlags_.tooltip,
    )
    for number in found[:_RESULTS]:
        unit = context.plant.units[number]
        plant_theme.sign(plant_theme.STATES[context.states[number]])
        imgui.same_line(0, 5)
        if imgui.selectable(f"{unit.label}##{unit.path}", False)[0]:
            _choose(context, number)
        imgui.same_line(imgui.get_window_width() - imgui.calc_text_size(str(unit.kind)).x - 14)
        imgui.text_disabled(str(unit.kind))
    if len(found) > _RESULTS:
        imgui.text_disabled(f"and {len(found) - _RESULTS} more")
    if not found:
        imgui.text_disabled("No unit answers to that.")
    imgui.end()


def _choose(context: PlantContext, number: int) -> None:
    context.choices.filters = replace(context.choices.filters, text="")
    context.do(f"unit:{context.plant.units[number].path}")


def _filter(context: PlantContext) -> None:
    choices = context.choices
    filters = choices.filters
    narrowed = replace(filters, text="").active
    imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT if narrowed else theme.RAISED))
    if imgui.button("Filter"):
        imgui.open_popup("filter")
    imgui.pop_style_color()
    imgui.set_item_tooltip("Only units of a state, an area, a kind, or with an alarm")
    if not imgui.begin_popup("filter"):
        return
    states: list[UnitState | None] = [None, *UnitState]
    filters = replace(
        filters,
        state=_combo("State", states, filters.state, lambda s: plant_theme.STATES[s].word if s else "Any"),
    )
    areas = {g.path: g.label for g in context.plant.groups if g.level in ("area", "line")}
    area = _combo("Where", ["", *areas], filters.area, lambda p: areas.get(p or "", "Anywhere"))
    kinds: list[UnitKind | None] = [None, *sorted({unit.kind for unit in context.plant.units})]
    kind = _combo("Kind", kinds, filters.kind, lambda k: str(k) if k else "Any")
    alarmed = imgui.checkbox("With an alarm", filters.alarm_only)[1]
    filters = replace(filters, area=area or "", kind=kind, alarm_only=alarmed)
    if imgui.button("All units"):
        filters = Filters()
        imgui.close_current_popup()
    choices.filters = filters
    imgui.end_popup()


def _combo(label: str, values: Sequence[T], chosen: T, name: Callable[[T], str]) -> T:
    imgui.set_next_item_width(180)
    if imgui.begin_combo(label, name(chosen)):
        for i, value in enumerate(values):
            if imgui.selectable(f"{name(value)}##{i}", value == chosen)[0]:
                chosen = value
        imgui.end_combo()
    return chosen
