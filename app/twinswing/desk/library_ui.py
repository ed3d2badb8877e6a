"""The panels of the library's window: a line above, lists at the left, cards, what is known at the right."""

from pathlib import Path
from typing import Any, Protocol

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.library_actions import groups
from twinswing.desk.panels.library_context import DETAILS_PX, HEADER_PX, SIDE_PX, LibraryContext
from twinswing.desk.panels.library_details import DetailsPanel
from twinswing.desk.panels.library_dialogs import FilterDialog, shade
from twinswing.desk.panels.library_draw import FIXED, primary
from twinswing.desk.panels.library_grid import draw_grid
from twinswing.desk.panels.library_header import draw_asked, draw_header
from twinswing.desk.panels.library_imports import draw_queue, queue_height
from twinswing.desk.panels.library_side import draw_side
from twinswing.desk.panels.library_trends import TRENDS_PX, TrendsPanel
from twinswing.desk.panels.overlays import draw_help, draw_notice
from twinswing.desk.ui import Interface

_HINT = (
    "Mouse: double click opens, Ctrl adds, Shift chooses all between. Drop videos, club logs or recordings to add them."
)
_BACKGROUND = (0.055, 0.067, 0.075, 1.0)


class LibraryDialog(Protocol):
    """A dialog of the library."""

    def draw(self, context: LibraryContext) -> bool:
        """Draw the dialog; return whether it stays open."""
        ...


class LibraryInterface(Interface):
    """The panels of the library's window."""

    def __init__(self, base: Any, folder: Path | None = None) -> None:
        super().__init__(base, "", folder)
        self.details = DetailsPanel()
        self.trends = TrendsPanel()
        self.filters = FilterDialog()
        self.dialog: LibraryDialog | None = None

    def frame(self, context: LibraryContext) -> None:
        """Draw all panels."""
        context.fonts = self.fonts
        size = imgui.get_io().display_size
        details = DETAILS_PX if context.details and size.x > 900 else 0.0
        self._window("Header", (0, 0, size.x, HEADER_PX), theme.PANEL)
        draw_header(context)
        imgui.end()
        self._window("Side", (0, HEADER_PX, SIDE_PX, size.y - HEADER_PX), theme.PANEL)
        draw_side(context)
        imgui.end()
        if details:
            self._window("Details", (size.x - details, HEADER_PX, details, size.y - HEADER_PX), theme.PANEL)
            self.details.draw(context)
            imgui.end()
        self._middle(context, (SIDE_PX, HEADER_PX, size.x - SIDE_PX - details, size.y - HEADER_PX))
        draw_notice(context)
        if self.files_open:
            self.files.draw(context)
        if self.help_open:
            draw_help(context, groups(), _HINT)
        if self.dialog is not None:
            shade()
            dialog = self.dialog
            # A dialog may be replaced by another one while it is drawn.
            if not dialog.draw(context) and self.dialog is dialog:
                self.dialog = None

    @staticmethod
    def _window(name: str, rect: tuple[float, float, float, float], back: tuple[float, float, float, float]) -> None:
        imgui.set_next_window_pos(imgui.ImVec2(rect[0], rect[1]))
        imgui.set_next_window_size(imgui.ImVec2(max(rect[2], 1.0), max(rect[3], 1.0)))
        imgui.push_style_color(imgui.Col_.window_bg, theme.colour((*back[:3], 1.0)))
        flags = FIXED if name != "Header" else FIXED | imgui.WindowFlags_.no_scrollbar
        imgui.begin(name, None, flags)
        imgui.pop_style_color()

    def _middle(self, context: LibraryContext, rect: tuple[float, float, float, float]) -> None:
        """Draw the cards, and below them the trends and the queue where they are open."""
        left, top, width, height = rect
        foot = top + height
        if context.queue_open:
            high = queue_height(context.imports, height)
            foot -= high
            self._window("Queue", (left, foot, width, high), theme.PANEL)
            draw_queue(context, context.imports)
            imgui.end()
        if self.trends.open:
            high = min(TRENDS_PX, (foot - top) * 0.6)
            foot -= high
            self._window("Trends", (left, foot, width, high), theme.PANEL)
            self.trends.draw(context)
            imgui.end()
        self._cards(context, (left, top, width, foot - top))

    def _cards(self, context: LibraryContext, rect: tuple[float, float, float, float]) -> None:
        self._window("Cards", rect, _BACKGROUND)
        if draw_asked(context):
            imgui.spacing()
        if context.state.idents:
            if imgui.begin_child("grid", imgui.ImVec2(0, 0)):
                draw_grid(context)
            imgui.end_child()
        elif context.state.choices.total:
            _nothing_found(context)
        else:
            _welcome(context)
        imgui.end()


def _middle(lines: int) -> None:
    size = imgui.get_window_size()
    imgui.set_cursor_pos(imgui.ImVec2(0, max(size.y * 0.36 - lines * 10, 20)))


def _centred(text: str, *, faint: bool = True) -> None:
    width = imgui.get_window_width()
    imgui.set_cursor_pos_x(max((width - imgui.calc_text_size(text).x) / 2, 12))
    imgui.text_colored(theme.colour(theme.FAINT if faint else theme.INK), text)


def _nothing_found(context: LibraryContext) -> None:
    _middle(3)
    _centred("No recording is like that.", faint=False)
    imgui.spacing()
    imgui.set_cursor_pos_x((imgui.get_window_width() - 100) / 2)
    if imgui.button("Show all", imgui.ImVec2(100, 0)):
        context.do("clear")


def _welcome(context: LibraryContext) -> None:
    _middle(8)
    imgui.push_font(context.fonts.get("bold"), 22.0)
    _centred("Drop videos of swings here", faint=False)
    imgui.pop_font()
    imgui.spacing()
    _centred("A club's log beside a video, by name or time, goes with it. Recordings are taken in as well.")
    _centred(f"They are kept in {context.folder}".encode("utf-8", "replace").decode())
    imgui.dummy(imgui.ImVec2(0, 10))
    imgui.set_cursor_pos_x(max((imgui.get_window_width() - 392) / 2, 12))
    if primary("Add videos ...", 120):
        context.do("import")
    imgui.same_line()
    if imgui.button("The bundled swing", imgui.ImVec2(130, 0)):
        context.do("demo:driver-face-on.mcap")
    imgui.same_line()
    if imgui.button("The bundled plant", imgui.ImVec2(126, 0)):
        context.do("demo:club-works-shift.mcap")
