"""The tools of annotating, on a bar over the scene: what one draws with, colours, what points stick to, undo."""

from typing import Any

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.annotate_board import COLOURS, Board
from twinswing.desk.annotate_sound import Voices
from twinswing.desk.panels.annotate_icons import TOOLS, draw_icon
from twinswing.desk.viewport import Rect

vec = imgui.ImVec2
_SIDE_PX = 32.0
_GAP_PX = 3.0
_SWATCH_PX = 19.0
FLOATING = (
    imgui.WindowFlags_.no_decoration
    | imgui.WindowFlags_.no_move
    | imgui.WindowFlags_.no_docking
    | imgui.WindowFlags_.no_saved_settings
    | imgui.WindowFlags_.no_nav_focus
    | imgui.WindowFlags_.no_focus_on_appearing
    | imgui.WindowFlags_.always_auto_resize
)


def icon_button(
    name: str, icon: str, tip: str, *, lit: bool = False, letter: str = "", side: float = _SIDE_PX, faint: bool = False
) -> bool:
    """Draw a square button with a sign, lit while it is on; return whether it was pressed."""
    at = imgui.get_cursor_screen_pos()
    pressed = imgui.invisible_button(name, vec(side, side))
    hovered = imgui.is_item_hovered()
    draw = imgui.get_window_draw_list()
    if lit or hovered:
        ground = theme.ACCENT if lit else (0.18, 0.30, 0.29, 1.0)
        draw.add_rect_filled(at, vec(at.x + side, at.y + side), theme.packed(ground), 5.0)
    ink = theme.packed(theme.FAINT if faint else theme.INK, 0.6 if faint else 1.0)
    lift = 0.06 * side if letter else 0.0
    draw_icon(draw, icon, at.x + side / 2 - lift, at.y + side / 2 - lift, side * 0.27, ink)
    if letter:
        small = theme.packed(theme.INK if lit else theme.FAINT)
        draw.add_text(imgui.get_font(), 11.0, vec(at.x + side - 9.5, at.y + side - 13.0), small, letter.upper())
    if hovered and tip:
        imgui.set_tooltip(tip)
    return bool(pressed)


def swatches(name: str, chosen: str, side: float = _SWATCH_PX, lower: float = 0.0) -> str:
    """Draw the colours in a row, so much lower than the line begins; return the one that was pressed, "" for none."""
    pressed = ""
    draw = imgui.get_window_draw_list()
    corner = imgui.get_cursor_screen_pos()
    for i, colour in enumerate(COLOURS):
        at = vec(corner.x + i * (side + 3), corner.y + lower)
        imgui.set_cursor_screen_pos(at)
        if imgui.invisible_button(f"{name}{colour}", vec(side, side)):
            pressed = colour
        middle = vec(at.x + side / 2, at.y + side / 2)
        draw.add_circle_filled(middle, side * 0.36, theme.packed(theme.rgba_of(colour)))
        if colour == chosen or imgui.is_item_hovered():
            strong = 1.0 if colour == chosen else 0.45
            draw.add_circle(middle, side * 0.36 + 2.5, theme.packed(theme.INK, strong), 0, 1.8)
    # The line goes on where it began: the next thing is not as much lower.
    imgui.set_cursor_screen_pos(vec(corner.x + len(COLOURS) * (side + 3) + 9, corner.y))
    return pressed


def begin_floating(name: str, x: float, y: float, pivot: tuple[float, float]) -> None:
    """Begin a small window over the scene, its corner or middle at a point; the caller ends it."""
    imgui.set_next_window_pos(vec(x, y), imgui.Cond_.always, vec(*pivot))
    imgui.push_style_var(imgui.StyleVar_.window_rounding, 8.0)
    imgui.push_style_var(imgui.StyleVar_.window_padding, vec(7, 7))
    imgui.push_style_var(imgui.StyleVar_.window_border_size, 1.0)
    imgui.push_style_color(imgui.Col_.window_bg, theme.colour((*theme.PANEL[:3], 0.94)))
    imgui.begin(name, None, FLOATING)
    imgui.pop_style_color()
    imgui.pop_style_var(3)


def window_box() -> tuple[float, float, float, float]:
    """Return what Dear ImGui's current window covers: left, top, right, bottom, pixels."""
    at, size = imgui.get_window_pos(), imgui.get_window_size()
    return at.x, at.y, at.x + size.x, at.y + size.y


def draw_palette(board: Board, voices: Voices, scene: Rect, fonts: dict[str, Any]) -> tuple[float, float, float, float]:
    """Draw the bar at the top of the scene, on two lines where there is no room for one; return what it covers."""
    left, top, width, _ = scene
    begin_floating("Annotate", left + width / 2, top + 10, (0.5, 0.0))
    tools_px = (len(TOOLS) + 1) * (_SIDE_PX + _GAP_PX)
    rest_px = 5 * (_SIDE_PX + _GAP_PX) + len(COLOURS) * (_SWATCH_PX + 3) + 60
    _tools(board, voices)
    if tools_px + rest_px < width - 40:
        _bar()
    _rest(board)
    _hint(board, voices, fonts)
    box = window_box()
    imgui.end()
    return box


def _bar() -> None:
    imgui.same_line(0, 9)
    at = imgui.get_cursor_screen_pos()
    imgui.get_window_draw_list().add_line(vec(at.x, at.y + 4), vec(at.x, at.y + _SIDE_PX - 4), theme.packed(theme.LINE))
    imgui.dummy(vec(1, _SIDE_PX))
    imgui.same_line(0, 9)


def _tools(board: Board, voices: Voices) -> None:
    if icon_button("select", "select", "Choose, move and change what there is (Esc)", lit=not board.hand.tool):
        board.hand.take("")
    for kind, (word, letter, how) in TOOLS.items():
        imgui.same_line(0, _GAP_PX)
        on = board.hand.tool == kind or (kind == "voice" and voices.recording is not None)
        if icon_button(kind, kind, f"{word} ({letter.upper()}): {how}", lit=on, letter=letter):
            press_tool(board, voices, kind)


def press_tool(board: Board, voices: Voices, kind: str) -> None:
    """Take a tool; what needs no place begins at once."""
    if kind == "voice":
        if voices.recording is not None:
            voices.stop(keep=True)
        elif board.hand.tool == "voice" and board.hand.spots:
            voices.start()
        else:
            board.take("voice")
            voices.start()
    elif kind == "pair":
        if board.hand.tool != "pair":
            board.take("pair")
            board.pair_ns = None
        if board.hand.tool == "pair":
            board.mark_pair()
    elif board.hand.tool == kind == "text":
        board.write("text", opener="n")
    else:
        board.take(kind)


def _rest(board: Board) -> None:
    colour = swatches("colour", board.colour, lower=(_SIDE_PX - _SWATCH_PX) / 2)
    if colour:
        board.paint(colour)
    if board.site.body is not None:
        tip = "Catch the joints of the body, and follow them (X)"
        if icon_button("pin", "pin", tip, lit=board.hand.pin, letter="x"):
            board.hand.pin = not board.hand.pin
        imgui.same_line(0, _GAP_PX)
    if icon_button("ground", "ground", "Draw on the ground (H)", lit=board.ground, letter="h"):
        board.ground = not board.ground
    imgui.same_line(0, _GAP_PX)
    document, me = board.review.document, board.me
    if icon_button("undo", "undo", "Take back (Ctrl+Z)", faint=not document.can_undo(me)):
        board.undo()
    imgui.same_line(0, _GAP_PX)
    if icon_button("redo", "redo", "Do again (Ctrl+Shift+Z)", faint=not document.can_redo(me)):
        board.redo()
    imgui.same_line(0, _GAP_PX)
    if icon_button("list", "list", "All annotations (U)", lit=board.listed):
        board.listed = not board.listed


def hint(board: Board, voices: Voices) -> str:
    """Return what to do next with the tool in hand."""
    tool = board.hand.tool
    if voices.recording is not None:
        return "Recording: V keeps it, Esc drops it"
    if tool == "pair" and board.pair_ns is not None:
        return f"Before: {board.site.clock_text(board.pair_ns)}. Go to the other moment and press B"
    if tool:
        word, _, how = TOOLS[tool]
        caught = board.hand.pin and board.site.body is not None
        return f"{word}: {_going_on(board) or how}" + (" · joints are caught" if caught else "")
    if board.selected:
        return "Drag a point to move it, Del deletes"
    return board.unrecorded or "Press a letter for a tool, Q for a note at the playhead"


def _going_on(board: Board) -> str:
    """Return what is still to be clicked of what was begun."""
    hand = board.hand
    if hand.tool == "rating":
        return "press 1 to 5, after a click on a place or without"
    if not hand.spots or hand.tool not in ("angle", "plane", "line", "arrow", "circle"):
        return ""
    if hand.wants == 2:
        return "click the corner" if hand.tool == "angle" else "click the second point"
    return "click the last point" if hand.tool in ("angle", "plane") else "click the other end"


def _hint(board: Board, voices: Voices, fonts: dict[str, Any]) -> None:
    imgui.push_font(fonts.get("body"), 14.0)
    text = hint(board, voices)
    room = imgui.get_window_width()
    imgui.set_cursor_pos_x(max((room - imgui.calc_text_size(text).x) / 2, 8.0))
    imgui.text_disabled(text)
    imgui.pop_font()
