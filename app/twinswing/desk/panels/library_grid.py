"""The library's cards: only those in sight are drawn, however many there are."""

import math

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.library_textures import tile_uv
from twinswing.desk.library_thumbs import SPEC
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_draw import (
    CARD,
    CARD_HOT,
    about_line,
    fitted,
    key_numbers,
    star,
    when_text,
)
from twinswing.review.library_model import Row

_GAP = 12.0
_TEXT_PX = 112.0  # five lines below the picture
_RATE_HZ = 9.0  # of the loop: a swing of 1.8 s takes as long on the card


def draw_grid(context: LibraryContext) -> None:
    """Draw the cards into the present window, and say which are in sight."""
    state = context.state
    width = imgui.get_content_region_avail().x
    columns = max(int((width + _GAP) // (context.card_px + _GAP)), 1)
    card = math.floor((width - _GAP * (columns - 1)) / columns)
    pitch = card + _TEXT_PX + _GAP
    rows = -(-len(state.idents) // columns)
    height = imgui.get_window_height()
    context.columns, context.page = columns, max(int(height // pitch), 1)
    if state.moved and state.cursor >= 0:
        _scroll_to(state.cursor // columns, pitch, height)
        state.moved = False
    scroll = imgui.get_scroll_y()
    first = max(int((scroll - _GAP) // pitch), 0)
    last = min(int((scroll + height) // pitch) + 1, rows)
    context.visible = (first * columns, min(last * columns, len(state.idents)))
    origin = imgui.get_cursor_pos()
    for offset, row in enumerate(state.rows(*context.visible)):
        place = context.visible[0] + offset
        line, column = divmod(place, columns)
        imgui.set_cursor_pos(imgui.ImVec2(origin.x + column * (card + _GAP), origin.y + line * pitch))
        if row is not None:
            _card(context, row, place, float(card))
    # What is not drawn takes its room all the same, or there would be nothing to scroll through.
    imgui.set_cursor_pos(imgui.ImVec2(origin.x, origin.y + max(rows * pitch - _GAP, 0.0)))
    imgui.dummy(imgui.ImVec2(1, 1))


def _scroll_to(line: int, pitch: float, height: float) -> None:
    top, scroll = line * pitch, imgui.get_scroll_y()
    if top < scroll:
        imgui.set_scroll_y(max(top - _GAP, 0.0))
    elif top + pitch > scroll + height - 2 * _GAP:
        imgui.set_scroll_y(top + pitch - height + 2 * _GAP)


def _card(context: LibraryContext, row: Row, place: int, side: float) -> None:
    state = context.state
    at = imgui.get_cursor_screen_pos()
    imgui.set_next_item_allow_overlap()
    imgui.invisible_button(f"card{row.ident}", imgui.ImVec2(side, side + _TEXT_PX))
    hovered = imgui.is_item_hovered()
    if imgui.is_item_clicked(0):
        keys = imgui.get_io()
        state.put_cursor(place, extend=keys.key_shift, toggle=keys.key_ctrl)
        if imgui.is_mouse_double_clicked(0):
            context.do("open")
    if imgui.is_item_clicked(1) and row.ident not in state.chosen:
        state.put_cursor(place)
    chosen = row.ident in state.chosen
    draw = imgui.get_window_draw_list()
    end = imgui.ImVec2(at.x + side, at.y + side + _TEXT_PX)
    draw.add_rect_filled(at, end, theme.packed(CARD_HOT if hovered or chosen else CARD), 8.0)
    _picture(context, row, at, side, moving=hovered or context.plays or place == state.cursor)
    _texts(context, row, at, side)
    if chosen:
        draw.add_rect(at, end, theme.packed(theme.ACCENT_BRIGHT), 8.0, 0, 2.5)
    elif place == state.cursor:
        draw.add_rect(at, end, theme.packed(theme.LINE), 8.0, 0, 1.5)
    if hovered and row.reason:
        imgui.set_tooltip(row.reason)


def _picture(context: LibraryContext, row: Row, at: imgui.ImVec2, side: float, *, moving: bool) -> None:
    draw = imgui.get_window_draw_list()
    end = imgui.ImVec2(at.x + side, at.y + side)
    texture = context.thumb(row)
    top = imgui.ImDrawFlags_.round_corners_top
    if texture is None:
        draw.add_rect_filled(at, end, theme.packed((0.075, 0.092, 0.102, 1.0)), 8.0, top)
        words = {"unreadable": "!"}.get(row.kind, "no picture" if context.pictureless(row) else "")
        if words:
            size = imgui.calc_text_size(words)
            colour = theme.WARM if row.kind == "unreadable" else theme.FAINT
            middle = imgui.ImVec2(at.x + (side - size.x) / 2, at.y + (side - size.y) / 2)
            draw.add_text(middle, theme.packed(colour), words)
    else:
        number = 1 + int(context.clock_s * _RATE_HZ) % SPEC.frames if moving else 0
        left, up, right, down = tile_uv(number)
        shade = theme.packed((1.0, 1.0, 1.0, 1.0), 1.0 if row.here else 0.4)
        draw.add_image_rounded(texture, at, end, imgui.ImVec2(left, up), imgui.ImVec2(right, down), shade, 8.0, top)
    _badges(row, at, side)


def _badges(row: Row, at: imgui.ImVec2, side: float) -> None:
    """Draw what a glance should find: rating, remarks, copies, a file that cannot be reached."""
    draw = imgui.get_window_draw_list()
    for number in range(row.rating):
        x, y = at.x + 14.0 + 15.0 * number, at.y + 15.0
        star(draw, x, y, 7.5, theme.packed((0.0, 0.0, 0.0, 1.0), 0.45))
        star(draw, x, y, 6.0, theme.packed(theme.WARM))
    words = []
    if row.annotations:
        words.append(f"{row.annotations} remark{'s' if row.annotations > 1 else ''}")
    if row.copies > 1:
        words.append(f"{row.copies} copies")
    if not row.here:
        words.append("not within reach")
    y = at.y + side - 22.0
    for word in words:
        size = imgui.calc_text_size(word)
        x = at.x + side - size.x - 14.0
        box = imgui.ImVec2(x - 6, y - 2), imgui.ImVec2(x + size.x + 6, y + size.y + 2)
        draw.add_rect_filled(*box, theme.packed((0.02, 0.03, 0.03, 1.0), 0.72), 6.0)
        draw.add_text(imgui.ImVec2(x, y), theme.packed(theme.INK), word)
        y -= size.y + 7.0


def _texts(context: LibraryContext, row: Row, at: imgui.ImVec2, side: float) -> None:
    draw = imgui.get_window_draw_list()
    room, x, y = side - 20.0, at.x + 10.0, at.y + side + 8.0
    imgui.push_font(context.fonts.get("bold"), 0.0)
    draw.add_text(imgui.ImVec2(x, y), theme.packed(theme.INK), fitted(row.name, room))
    imgui.pop_font()
    draw.add_text(imgui.ImVec2(x, y + 20.0), theme.packed(theme.FAINT), fitted(about_line(row), room))
    draw.add_text(imgui.ImVec2(x, y + 39.0), theme.packed(theme.FAINT), fitted(when_text(row), room))
    y += 58.0
    if numbers := key_numbers(row):
        draw.add_text(imgui.ImVec2(x, y), theme.packed(theme.ACCENT_BRIGHT), fitted(numbers, room))
        y += 21.0
    _tags(row, x, y, room)


def _tags(row: Row, x: float, y: float, room: float) -> None:
    """Draw as many tags as fit, and how many do not."""
    draw = imgui.get_window_draw_list()
    end = x + room
    for number, tag in enumerate(row.tags):
        left = len(row.tags) - number
        size = imgui.calc_text_size(tag)
        if x + size.x + 12.0 > end:
            more = f"+{left}"
            if x + imgui.calc_text_size(more).x <= end or number == 0:
                draw.add_text(imgui.ImVec2(x, y), theme.packed(theme.FAINT), more)
            break
        box = imgui.ImVec2(x, y - 1.0), imgui.ImVec2(x + size.x + 12.0, y + size.y + 1.0)
        draw.add_rect_filled(*box, theme.packed((0.19, 0.23, 0.25, 1.0)), 8.0)
        draw.add_text(imgui.ImVec2(x + 6.0, y), theme.packed(theme.INK), tag)
        x += size.x + 18.0
