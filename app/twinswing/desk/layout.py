"""Where panels lie: a dock space over the whole window with the scene in its middle."""

from collections.abc import Callable
from dataclasses import dataclass

from imgui_bundle import imgui

from twinswing.desk.viewport import Rect

_TOOLBAR_PX = 46.0
DOCK_ID = 0x7715


@dataclass(frozen=True)
class Shares:
    """How the first layout divides the window: panels' share of its width or height."""

    timeline_px: float = 112.0
    plots: float = 0.24
    measures: float = 0.20


def split(node: int, side: imgui.Dir, share: float) -> tuple[int, int]:
    """Divide a node; return the part on that side, of that share, and the rest."""
    _, there, opposite = imgui.internal.dock_builder_split_node_py(node, side, share)
    return int(there), int(opposite)


def build_swing(size: imgui.ImVec2) -> None:
    """Lay out a swing's panels for the first time."""
    shares = Shares()
    dock = imgui.internal
    dock.dock_builder_remove_node(DOCK_ID)
    dock.dock_builder_add_node(DOCK_ID, imgui.internal.DockNodeFlagsPrivate_.dock_space.value)
    dock.dock_builder_set_node_size(DOCK_ID, size)

    timeline, rest = split(DOCK_ID, imgui.Dir.down, min(shares.timeline_px / max(size.y, 1.0), 0.4))
    right, rest = split(rest, imgui.Dir.right, shares.measures)
    plots, _scene = split(rest, imgui.Dir.down, shares.plots)
    video, measures = split(right, imgui.Dir.up, 0.42)
    for name, node in (("Timeline", timeline), ("Plots", plots), ("Video", video), ("Measures", measures)):
        dock.dock_builder_dock_window(name, node)
    dock.dock_builder_finish(DOCK_ID)


def build_compare(size: imgui.ImVec2) -> None:
    """Lay out the panels of several swings for the first time."""
    dock = imgui.internal
    dock.dock_builder_remove_node(DOCK_ID)
    dock.dock_builder_add_node(DOCK_ID, imgui.internal.DockNodeFlagsPrivate_.dock_space.value)
    dock.dock_builder_set_node_size(DOCK_ID, size)
    timeline, rest = split(DOCK_ID, imgui.Dir.down, min(Shares().timeline_px / max(size.y, 1.0), 0.4))
    right, rest = split(rest, imgui.Dir.right, 0.27)
    plots, _scene = split(rest, imgui.Dir.down, 0.26)
    for name, node in (("Timeline", timeline), ("Courses", plots), ("Differences", right)):
        dock.dock_builder_dock_window(name, node)
    dock.dock_builder_finish(DOCK_ID)


def dock_space(*, rebuild: bool, build: Callable[[imgui.ImVec2], None]) -> Rect:
    """Lay out the dock space below the toolbar; return the rectangle that is left for the scene.

    build: puts the panels into their first places in a space of that size.
    """
    size = imgui.get_io().display_size
    area = imgui.ImVec2(size.x, max(size.y - _TOOLBAR_PX, 1.0))
    if rebuild or imgui.internal.dock_builder_get_node(DOCK_ID) is None:
        build(area)
    imgui.set_next_window_pos(imgui.ImVec2(0, _TOOLBAR_PX))
    imgui.set_next_window_size(area)
    imgui.push_style_var(imgui.StyleVar_.window_padding, imgui.ImVec2(0, 0))
    flags = (
        imgui.WindowFlags_.no_title_bar
        | imgui.WindowFlags_.no_background
        | imgui.WindowFlags_.no_move
        | imgui.WindowFlags_.no_resize
        | imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.no_bring_to_front_on_focus
        | imgui.WindowFlags_.no_nav_focus
    )
    imgui.begin("Workspace", None, flags)
    imgui.pop_style_var()
    imgui.dock_space(
        DOCK_ID, imgui.ImVec2(0, 0), imgui.DockNodeFlags_.passthru_central_node | imgui.DockNodeFlags_.auto_hide_tab_bar
    )
    imgui.end()
    central = imgui.internal.dock_builder_get_central_node(DOCK_ID)
    if central is None:
        return (0, int(_TOOLBAR_PX), int(area.x), int(area.y))
    return (int(central.pos.x), int(central.pos.y), max(int(central.size.x), 1), max(int(central.size.y), 1))


def toolbar_window() -> None:
    """Begin the toolbar's window; the caller draws into it and ends it."""
    imgui.set_next_window_pos(imgui.ImVec2(0, 0))
    imgui.set_next_window_size(imgui.ImVec2(imgui.get_io().display_size.x, _TOOLBAR_PX))
    imgui.begin(
        "Toolbar",
        None,
        imgui.WindowFlags_.no_decoration
        | imgui.WindowFlags_.no_move
        | imgui.WindowFlags_.no_docking
        | imgui.WindowFlags_.no_saved_settings
        | imgui.WindowFlags_.no_nav_focus,
    )
