"""The look of the panels: one palette, one typeface, the same spacing everywhere."""

from pathlib import Path

import imgui_bundle
from imgui_bundle import imgui, implot

# sRGB, 0 to 1.
INK = (0.90, 0.92, 0.93, 1.0)
FAINT = (0.58, 0.63, 0.66, 1.0)
PANEL = (0.085, 0.105, 0.118, 0.97)
RAISED = (0.135, 0.160, 0.176, 1.0)
LINE = (0.22, 0.26, 0.28, 1.0)
ACCENT = (0.16, 0.64, 0.53, 1.0)
ACCENT_BRIGHT = (0.28, 0.80, 0.67, 1.0)
WARM = (0.96, 0.71, 0.28, 1.0)
ALARM = (0.93, 0.38, 0.33, 1.0)
# Body segments and club in the kinematic sequence's order, apart in lightness too for colour-blind eyes.
SEQUENCE = {
    "pelvis": (0.36, 0.60, 0.90, 1.0),
    "thorax": (0.30, 0.80, 0.68, 1.0),
    "lead arm": (0.97, 0.76, 0.32, 1.0),
    "club": (0.95, 0.45, 0.38, 1.0),
}
# Of a window that stands where the program puts it: no title, nothing to drag, nothing remembered of it.
FIXED_WINDOW = (
    imgui.WindowFlags_.no_collapse
    | imgui.WindowFlags_.no_resize
    | imgui.WindowFlags_.no_move
    | imgui.WindowFlags_.no_saved_settings
    | imgui.WindowFlags_.no_docking
    | imgui.WindowFlags_.no_title_bar
)


def fonts_dir() -> Path:
    """Return the folder with the fonts that Dear ImGui's bundle carries (Roboto, Apache-2.0)."""
    return Path(imgui_bundle.__file__).parent / "assets" / "fonts"


def load_fonts(size_px: float = 16.0) -> dict[str, "imgui.ImFont"]:
    """Load the typeface; return it as "body" and "bold"."""
    fonts = imgui.get_io().fonts
    roboto = fonts_dir() / "Roboto"
    return {
        "body": fonts.add_font_from_file_ttf(str(roboto / "Roboto-Regular.ttf"), size_px),
        "bold": fonts.add_font_from_file_ttf(str(roboto / "Roboto-Bold.ttf"), size_px),
    }


def colour(rgba: tuple[float, float, float, float]) -> "imgui.ImVec4":
    """Return a palette colour as Dear ImGui takes it."""
    return imgui.ImVec4(*rgba)


def packed(rgba: tuple[float, float, float, float], alpha: float = 1.0) -> int:
    """Return a palette colour as draw lists take it."""
    return int(imgui.color_convert_float4_to_u32(imgui.ImVec4(rgba[0], rgba[1], rgba[2], rgba[3] * alpha)))


def rgba_of(colour: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """Return a colour that is written "#rrggbb" as the palette's are, with an opacity."""
    return (int(colour[1:3], 16) / 255.0, int(colour[3:5], 16) / 255.0, int(colour[5:7], 16) / 255.0, alpha)


def apply_theme() -> None:
    """Set colours and spacing of Dear ImGui and ImPlot."""
    style = imgui.get_style()
    style.window_rounding, style.frame_rounding, style.grab_rounding, style.popup_rounding = 0.0, 4.0, 4.0, 6.0
    style.tab_rounding, style.scrollbar_rounding, style.child_rounding = 4.0, 6.0, 4.0
    style.window_padding, style.frame_padding = imgui.ImVec2(12, 10), imgui.ImVec2(9, 5)
    style.item_spacing, style.item_inner_spacing = imgui.ImVec2(8, 7), imgui.ImVec2(6, 4)
    style.window_border_size, style.frame_border_size, style.popup_border_size = 0.0, 0.0, 1.0
    style.docking_separator_size = 1.0
    # Three names fit beside each other on a narrow side: a shortened one is better found than one scrolled away.
    style.tab_min_width_shrink = 44.0
    c = imgui.Col_
    palette = {
        c.text: INK, c.text_disabled: FAINT, c.window_bg: PANEL, c.popup_bg: PANEL, c.border: LINE,
        c.frame_bg: RAISED, c.frame_bg_hovered: (0.18, 0.22, 0.24, 1), c.frame_bg_active: (0.20, 0.26, 0.28, 1),
        c.title_bg: PANEL, c.title_bg_active: PANEL, c.title_bg_collapsed: PANEL,
        c.button: RAISED, c.button_hovered: (0.18, 0.30, 0.29, 1), c.button_active: ACCENT,
        c.header: (0.14, 0.28, 0.26, 1), c.header_hovered: (0.17, 0.34, 0.31, 1), c.header_active: ACCENT,
        c.slider_grab: ACCENT, c.slider_grab_active: ACCENT_BRIGHT, c.check_mark: ACCENT_BRIGHT,
        c.tab: PANEL, c.tab_hovered: (0.17, 0.34, 0.31, 1), c.tab_selected: RAISED, c.tab_dimmed: PANEL,
        c.tab_dimmed_selected: RAISED, c.tab_selected_overline: ACCENT, c.tab_dimmed_selected_overline: LINE,
        c.separator: LINE, c.separator_hovered: ACCENT, c.separator_active: ACCENT_BRIGHT,
        c.resize_grip: (0, 0, 0, 0), c.docking_preview: (0.16, 0.64, 0.53, 0.5), c.docking_empty_bg: (0, 0, 0, 0),
        c.plot_histogram: ACCENT, c.nav_cursor: ACCENT, c.modal_window_dim_bg: (0.02, 0.03, 0.03, 0.55),
        c.scrollbar_bg: (0, 0, 0, 0), c.scrollbar_grab: LINE,
    }  # fmt: skip
    for slot, rgba in palette.items():
        style.set_color_(slot, colour(rgba))
    plot = implot.get_style()
    plot.plot_padding = imgui.ImVec2(8, 6)
    for plot_slot, plot_rgba in (
        (implot.Col_.frame_bg, (0, 0, 0, 0)),
        (implot.Col_.plot_bg, (0.06, 0.075, 0.085, 1)),
        (implot.Col_.plot_border, (0, 0, 0, 0)),
        (implot.Col_.axis_grid, (0.4, 0.45, 0.48, 0.25)),
        (implot.Col_.legend_bg, (0, 0, 0, 0)),
        (implot.Col_.legend_border, (0, 0, 0, 0)),
    ):
        plot.set_color_(plot_slot, colour(plot_rgba))
