"""The bar at the top: file, views, what is shown, help."""

from collections.abc import Callable
from typing import Protocol

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.panels.context import PanelContext

_VIEWS = (
    ("face-on", "Face-on"),
    ("down-the-line", "Down the line"),
    ("oblique", "Oblique"),
    ("top", "Top"),
    ("golfer", "Eyes"),
    ("video", "Over video"),
)
_SHOW = (("trail", "Trail"), ("plane", "Plane"), ("skeleton", "Skeleton"), ("screen", "Screen"))


class Told(Protocol):
    """What a button needs of the window's state."""

    @property
    def do(self) -> Callable[[str], None]:
        """Tell the window an action's name."""


def toggle(label: str, on: bool, context: Told, action: str) -> None:
    """Draw a button that is lit while it is on."""
    imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT if on else theme.RAISED))
    if imgui.button(f"{label}##{action}"):
        context.do(action)
    imgui.pop_style_color()


def draw_views(view: str, context: Told) -> None:
    """Draw the buttons of the named views; the caller stays on the line."""
    for name, label in _VIEWS:
        toggle(label, view == name, context, f"view:{name}")
        imgui.same_line(0, 4)


def draw_toolbar(context: PanelContext) -> None:
    """Draw the whole bar on one line."""
    if imgui.button("Open"):
        context.do("files")
    imgui.same_line(0, 18)
    draw_views(context.view, context)
    imgui.same_line(0, 22)
    for name, label in _SHOW:
        toggle(label, context.shows(name), context, f"toggle:{name}")
        imgui.same_line(0, 4)
    imgui.same_line(0, 22)
    title = context.session.path.name if context.session.path else ""
    imgui.align_text_to_frame_padding()
    room = imgui.get_content_region_avail().x - 40 - context.toolbar_px
    if imgui.calc_text_size(title).x < room:
        imgui.text_disabled(title)
        imgui.same_line()
    context.draw_on_toolbar(imgui.get_window_width() - 50 - context.toolbar_px)
    imgui.same_line(imgui.get_window_width() - 44)
    if imgui.button("?", imgui.ImVec2(30, 0)):
        context.do("help")
