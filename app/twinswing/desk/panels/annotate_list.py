"""The list of all annotations: searched, filtered by kind, by author; a click goes there."""

from typing import Any

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.annotate_board import Board
from twinswing.desk.panels.annotate_icons import TOOLS, WORDS, draw_icon
from twinswing.desk.panels.annotate_palette import icon_button
from twinswing.review.model import Annotation
from twinswing.stage.annotation_shapes import Around, colour_of, measured

vec = imgui.ImVec2
NAME = "Annotations"
_ROW_PX = 40.0


class AnnotationList:
    """The docked panel. What is measured is looked up for the rows that are seen only."""

    def __init__(self) -> None:
        self._scrolled_to = ""

    def draw(self, board: Board, fonts: dict[str, Any], around: Around) -> None:
        """Draw the whole panel."""
        imgui.set_next_item_width(-1)
        _, board.query = imgui.input_text_with_hint("##search", "Search words, kinds, authors", board.query)
        _kinds(board)
        _layers(board)
        imgui.separator()
        found = board.found()
        total = len(board.review.document)
        if not found:
            _nothing(total)
            return
        imgui.text_disabled(f"{len(found)} of {total}" if len(found) < total else f"{total} in all")
        if imgui.begin_child("annotations"):
            self._rows(board, found, fonts, around)
        imgui.end_child()

    def _rows(self, board: Board, found: tuple[Annotation, ...], fonts: dict[str, Any], around: Around) -> None:
        if board.selected != self._scrolled_to:
            self._scrolled_to = board.selected
            at = next((i for i, a in enumerate(found) if a.ident == board.selected), None)
            if at is not None:
                top = at * _ROW_PX
                seen = imgui.get_scroll_y()
                if not seen <= top <= seen + imgui.get_window_height() - _ROW_PX:
                    imgui.set_scroll_y(max(top - imgui.get_window_height() / 3, 0.0))
        clipper = imgui.ListClipper()
        clipper.begin(len(found), _ROW_PX)
        imgui.push_style_var(imgui.StyleVar_.item_spacing, vec(0, 0))
        while clipper.step():
            for i in range(clipper.display_start, clipper.display_end):
                _row(board, found[i], fonts, around)
        imgui.pop_style_var()
        clipper.end()


def _row(board: Board, a: Annotation, fonts: dict[str, Any], around: Around) -> None:
    at = imgui.get_cursor_screen_pos()
    width = imgui.get_content_region_avail().x
    if imgui.selectable(f"##{a.ident}", a.ident == board.selected, 0, vec(width, _ROW_PX))[0]:
        board.choose(a.ident, jump=True)
        board.hand.take("")
    hovered = imgui.is_item_hovered()
    draw = imgui.get_window_draw_list()
    draw_icon(draw, a.kind, at.x + 14, at.y + _ROW_PX / 2, 8.0, theme.packed((*colour_of(a), 1.0)))
    text, faint = about(a, board.desk.t_ns, around)
    when = board.site.clock_text(a.time.start_ns)
    imgui.push_font(fonts.get("body"), 13.0)
    when_px = imgui.calc_text_size(when).x
    imgui.pop_font()
    left, right = at.x + 32, at.x + width - 6
    clip = imgui.ImVec4(left, at.y, right, at.y + _ROW_PX)
    ink, dim = theme.packed(theme.INK), theme.packed(theme.FAINT)
    draw.add_text(fonts["body"], 15.0, vec(left, at.y + 3), ink, fitted(text, right - left), cpu_fine_clip_rect=clip)
    clip.z = right - when_px - 8
    draw.add_text(fonts["body"], 13.0, vec(left, at.y + 21), dim, faint, cpu_fine_clip_rect=clip)
    draw.add_text(fonts["body"], 13.0, vec(right - when_px, at.y + 21), dim, when)
    if hovered and len(a.text) > 30:
        imgui.push_font(fonts.get("body"), 0.0)
        if imgui.begin_tooltip():
            imgui.push_text_wrap_pos(360.0)
            imgui.text(a.text)
            imgui.pop_text_wrap_pos()
            imgui.end_tooltip()
        imgui.pop_font()


def fitted(text: str, width: float) -> str:
    """Shorten a text to its first line and to a width, with an ellipsis where something is left out."""
    line, _, rest = text.partition("\n")
    if not rest and imgui.calc_text_size(line).x <= width:
        return line
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if imgui.calc_text_size(line[:middle] + "…").x <= width else (low, middle - 1)
    return line[:low].rstrip() + "…"


def about(a: Annotation, t_ns: int, around: Around) -> tuple[str, str]:
    """Return what a row says: the words (or what is measured, or the kind), and fainter: who, and what else."""
    value = measured(a, t_ns, around)[0]
    words = a.text or (a.media.spoken if a.media is not None else "")
    kind = WORDS.get(a.kind, a.kind)
    if a.kind == "rating":
        words = words or f"{a.rating} of 5"
    parts = [a.author]
    if words and value:
        parts.append(value)
    elif words:
        parts.append(kind.lower())
    if a.media is not None:
        parts.append(f"{a.media.duration_s:.0f} s")
    if a.pins:
        parts.append("pinned")
    return words or (f"{kind}  {value}" if value else kind), " · ".join(parts)


def _kinds(board: Board) -> None:
    side, gap = 22.0, 2.0
    room = imgui.get_content_region_avail().x
    each = max(int((room + gap) / (side + gap)), 1)
    for i, (kind, (word, _, _)) in enumerate(TOOLS.items()):
        if i % each:
            imgui.same_line(0, gap)
        if icon_button(f"only {kind}", kind, f"Only: {word.lower()}", lit=kind in board.kinds, side=side):
            board.kinds ^= {kind}


def _layers(board: Board) -> None:
    authors = board.review.document.authors
    if len(authors) < 2 and not board.hidden:
        return
    for i, author in enumerate(authors):
        on = author not in board.hidden
        if i:
            imgui.same_line(0, 4)
            if imgui.get_content_region_avail().x < imgui.calc_text_size(author).x + 24:
                imgui.new_line()
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT if on else theme.RAISED))
        if imgui.small_button(f"{author}##layer"):
            board.hide(author)
        imgui.pop_style_color()
        imgui.set_item_tooltip("Hide this layer" if on else "Show this layer")


def _nothing(total: int) -> None:
    imgui.push_text_wrap_pos(0.0)
    if total:
        imgui.text_disabled("None of the annotations fits what is searched for.")
    else:
        imgui.text_disabled("Nothing is annotated yet. Q writes a note at the playhead, E opens the tools.")
    imgui.pop_text_wrap_pos()
