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
_WIDE_PX = 560.0  # from here on a row is one line, and what filters them lies beside the search
_WIDE_ROW_PX = 25.0


class AnnotationList:
    """The docked panel. What is measured is looked up for the rows that are seen only."""

    def __init__(self) -> None:
        self._scrolled_to = ""
        self._row_px = _ROW_PX

    def draw(self, board: Board, fonts: dict[str, Any], around: Around) -> None:
        """Draw the whole panel."""
        wide = imgui.get_content_region_avail().x > _WIDE_PX
        found = board.found()
        total = len(board.review.document)
        count = f"{len(found)} of {total}" if len(found) < total else f"{total} in all"
        imgui.set_next_item_width(220.0 if wide else -1.0)
        _, board.query = imgui.input_text_with_hint("##search", "Search words, kinds, authors", board.query)
        if wide:
            imgui.same_line(0, 12)
        _kinds(board)
        if wide:
            imgui.same_line(0, 12)
        _layers(board, wide=wide)
        if not wide:
            imgui.separator()
        if not found:
            _nothing(total)
            return
        imgui.text_disabled(count)
        self._row_px = _WIDE_ROW_PX if wide else _ROW_PX
        if imgui.begin_child("annotations"):
            self._rows(board, found, fonts, around)
        imgui.end_child()

    def _rows(self, board: Board, found: tuple[Annotation, ...], fonts: dict[str, Any], around: Around) -> None:
        if board.selected != self._scrolled_to:
            self._scrolled_to = board.selected
            at = next((i for i, a in enumerate(found) if a.ident == board.selected), None)
            if at is not None:
                top = at * self._row_px
                seen = imgui.get_scroll_y()
                if not seen <= top <= seen + imgui.get_window_height() - self._row_px:
                    imgui.set_scroll_y(max(top - imgui.get_window_height() / 3, 0.0))
        clipper = imgui.ListClipper()
        clipper.begin(len(found), self._row_px)
        imgui.push_style_var(imgui.StyleVar_.item_spacing, vec(0, 0))
        while clipper.step():
            for i in range(clipper.display_start, clipper.display_end):
                _row(board, found[i], fonts, around, self._row_px)
        imgui.pop_style_var()
        clipper.end()


def _row(board: Board, a: Annotation, fonts: dict[str, Any], around: Around, high: float) -> None:
    at = imgui.get_cursor_screen_pos()
    width = imgui.get_content_region_avail().x
    if imgui.selectable(f"##{a.ident}", a.ident == board.selected, 0, vec(width, high))[0]:
        board.choose(a.ident, jump=True)
        board.hand.take("")
    hovered = imgui.is_item_hovered()
    draw = imgui.get_window_draw_list()
    draw_icon(draw, a.kind, at.x + 14, at.y + high / 2, 8.0, theme.packed((*colour_of(a), 1.0)))
    text, faint = about(a, board.desk.t_ns, around)
    when = board.site.clock_text(a.time.start_ns)
    imgui.push_font(fonts.get("body"), 13.0)
    when_px = imgui.calc_text_size(when).x
    imgui.pop_font()
    left, right = at.x + 32, at.x + width - 6
    ink, dim = theme.packed(theme.INK), theme.packed(theme.FAINT)
    one_line = high < _ROW_PX
    beside = left + (right - left) * 0.62  # where the fainter words begin on one line
    words_to, faint_at = (beside - 10, vec(beside, at.y + 5)) if one_line else (right, vec(left, at.y + 21))
    clip = imgui.ImVec4(left, at.y, words_to, at.y + high)
    draw.add_text(fonts["body"], 15.0, vec(left, at.y + 3), ink, fitted(text, words_to - left), cpu_fine_clip_rect=clip)
    clip = imgui.ImVec4(left, at.y, right - when_px - 8, at.y + high)
    draw.add_text(fonts["body"], 13.0, faint_at, dim, faint, cpu_fine_clip_rect=clip)
    draw.add_text(fonts["body"], 13.0, vec(right - when_px, faint_at.y), dim, when)
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


def _layers(board: Board, *, wide: bool) -> None:
    authors = board.review.document.authors
    if len(authors) < 2 and not board.hidden:
        if wide:
            imgui.new_line()
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
