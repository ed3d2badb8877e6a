"""What lies on the picture: the heat map's legend, what is measured, and the name of what is under the mouse."""

from imgui_bundle import imgui

from twinswing.desk import plant_theme, theme
from twinswing.desk.panels.plant_context import PlantContext, figures, shown_unit
from twinswing.desk.viewport import Rect
from twinswing.stage.plant_heat import Legend

_BAR = (220.0, 12.0)
_STILL = (
    imgui.WindowFlags_.no_decoration
    | imgui.WindowFlags_.no_move
    | imgui.WindowFlags_.no_saved_settings
    | imgui.WindowFlags_.no_docking
    | imgui.WindowFlags_.no_inputs
    | imgui.WindowFlags_.no_nav_focus
    | imgui.WindowFlags_.no_focus_on_appearing
    | imgui.WindowFlags_.always_auto_resize
)


def draw_legend(legend: Legend, scene: Rect) -> None:
    """Draw the ramp with its ticks in the picture's lower left corner."""
    imgui.set_next_window_pos(imgui.ImVec2(scene[0] + 12, scene[1] + scene[3] - 12), 0, imgui.ImVec2(0.0, 1.0))
    imgui.set_next_window_bg_alpha(0.86)
    imgui.begin("Heat legend", None, _STILL)
    unit, factor, offset = shown_unit(legend.unit)
    imgui.text(f"{legend.label}, {unit}" if unit else legend.label)
    at, draw, vec = imgui.get_cursor_screen_pos(), imgui.get_window_draw_list(), imgui.ImVec2
    step = _BAR[0] / len(legend.colours)
    for i, rgb in enumerate(legend.colours):
        draw.add_rect_filled(
            vec(at.x + i * step, at.y), vec(at.x + (i + 1) * step + 0.5, at.y + _BAR[1]), theme.packed((*rgb, 1.0))
        )
    for value, place in legend.ticks:
        x = at.x + place * _BAR[0]
        text = figures(value * factor + offset)
        width = imgui.calc_text_size(text).x * 13.0 / imgui.get_font_size()
        draw.add_line(vec(x, at.y + _BAR[1]), vec(x, at.y + _BAR[1] + 4), theme.packed(theme.FAINT), 1.0)
        left = min(max(x - width / 2, at.x), at.x + _BAR[0] - width)
        draw.add_text(imgui.get_font(), 13.0, vec(left, at.y + _BAR[1] + 4), theme.packed(theme.INK), text)
    imgui.dummy(vec(_BAR[0], _BAR[1] + 20))
    if legend.unknown:
        imgui.text_disabled(f"{legend.unknown} units: not known, pale")
    imgui.end()


def draw_hover(context: PlantContext) -> None:
    """Say beside the mouse what lies under it: its name, state, and order."""
    unit = context.plant.unit_by_path.get(context.choices.hovered)
    if unit is None or imgui.get_io().want_capture_mouse:
        return
    sign = plant_theme.STATES[context.state_of(unit.path)]
    imgui.begin_tooltip()
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text(unit.label)
    imgui.pop_font()
    plant_theme.signed_word(sign)
    for role in unit.by_role:
        if role.value in ("program", "order"):
            value = context.of_role(unit, role)
            if value is not None and value[0]:
                imgui.text_disabled(f"{role.value}  {value[0]}")
    imgui.end_tooltip()
