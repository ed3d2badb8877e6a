"""The panel beside the cards: what is known of the recording under the cursor, and what can be said of it."""

from pathlib import Path

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.library_textures import tile_uv
from twinswing.desk.library_thumbs import SPEC
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_draw import (
    chip,
    chip_width,
    danger,
    fitted,
    heading,
    measure_text,
    primary,
    right_edge,
    span_text,
    star,
    text_fitted,
    when_text,
)
from twinswing.review.library_model import MeasureRow, Row
from twinswing.review.library_query import Detail
from twinswing.swing.readable import label_of

_RATE_HZ = 9.0
_SOURCES = {
    "recording": "as recorded",
    "video": "as the video says",
    "person": "as a person said",
    "file": "the file's date",
}


class DetailsPanel:
    """Draws the panel; keeps what is being typed."""

    def __init__(self) -> None:
        self._ident = -1
        self._title = ""
        self._tag = ""
        self.focus = ""  # the field that is to take the keyboard in the next frame

    def draw(self, context: LibraryContext) -> None:
        """Draw the panel into the present window."""
        state = context.state
        row = state.current
        if row is None:
            imgui.text_disabled("Choose a recording")
            return
        if row.ident != self._ident:
            self._ident, self._title, self._tag = row.ident, row.title, ""
        several = state.chosen_rows() if len(state.chosen) > 1 else []
        if several:
            self._several(context, several)
            return
        _moving(context, row)
        self._name(context, row)
        if row.kind == "unreadable":
            imgui.push_text_wrap_pos(0.0)
            imgui.text_colored(theme.colour(theme.WARM), row.reason)
            imgui.pop_text_wrap_pos()
            _facts(context, row, None)
            imgui.spacing()
            if danger("Delete ..."):
                context.do("delete")
            return
        if primary("Open", 96):
            context.do("open")
        imgui.same_line()
        if imgui.button("Delete ..."):
            context.do("delete")
        imgui.spacing()
        _rating(context, row)
        self._tags(context, row)
        _people(context, row)
        detail = state.detail()
        _facts(context, row, detail)
        if detail is not None:
            _measures(context, detail)
            _remarks(context, detail)

    def _name(self, context: LibraryContext, row: Row) -> None:
        imgui.set_next_item_width(-1)
        if self.focus == "title":
            imgui.set_keyboard_focus_here()
            self.focus = ""
        imgui.push_font(context.fonts.get("bold"), 0.0)
        flags = imgui.InputTextFlags_.enter_returns_true
        _, self._title = imgui.input_text_with_hint("##title", row.name, self._title, flags)
        imgui.pop_font()
        if imgui.is_item_deactivated_after_edit() and self._title.strip() != row.title:
            context.do(f"title:{self._title}")

    def _tags(self, context: LibraryContext, row: Row) -> None:
        right = right_edge()
        own = {choice.key for choice in context.state.choices.tags}
        for tag in row.tags:
            if imgui.get_cursor_pos_x() + chip_width(f"{tag}  x") > right:
                imgui.new_line()
            if chip(f"{tag}  x", key=f"tag{tag}") and tag in own:
                context.do(f"untag:{tag}")
            imgui.same_line(0, 5)
        if imgui.get_cursor_pos_x() + 96 > right:
            imgui.new_line()
        self._tag_field(context, 92.0)

    def _tag_field(self, context: LibraryContext, width: float) -> None:
        imgui.set_next_item_width(width)
        if self.focus == "tag":
            imgui.set_keyboard_focus_here()
            self.focus = ""
        imgui.push_style_var(imgui.StyleVar_.frame_padding, imgui.ImVec2(9, 2))
        flags = imgui.InputTextFlags_.enter_returns_true
        entered, self._tag = imgui.input_text_with_hint("##tag", "add a tag", self._tag, flags)
        imgui.pop_style_var()
        if entered and self._tag.strip():
            context.do(f"tag:{self._tag}")
            self._tag, self.focus = "", "tag"

    def _several(self, context: LibraryContext, rows: list[Row]) -> None:
        heading(f"{len(rows):,} recordings", context.fonts)
        imgui.spacing()
        for row in rows[:6]:
            text_fitted(row.name, imgui.get_content_region_avail().x, theme.FAINT)
        if len(rows) > 6:
            imgui.text_disabled(f"and {len(rows) - 6:,} more")
        imgui.spacing()
        if len(rows) == 2 and all(row.kind == "swing" for row in rows):
            if primary("Compare", 110):
                context.do("compare")
            imgui.same_line()
        if danger("Delete ..."):
            context.do("delete")
        imgui.spacing()
        imgui.text_disabled("All of them")
        self._tag_field(context, 140.0)
        common = set(rows[0].tags).intersection(*(row.tags for row in rows))
        for tag in sorted(common):
            if chip(f"{tag}  x", key=f"all{tag}"):
                context.do(f"untag:{tag}")
        _people(context, rows[0] if len({row.person for row in rows}) == 1 else None)


def _moving(context: LibraryContext, row: Row) -> None:
    texture = context.thumb(row)
    width = imgui.get_content_region_avail().x
    at = imgui.get_cursor_screen_pos()
    height = width * 0.72
    draw = imgui.get_window_draw_list()
    end = imgui.ImVec2(at.x + width, at.y + height)
    draw.add_rect_filled(at, end, theme.packed((0.06, 0.075, 0.085, 1.0)), 8.0)
    if texture is not None:
        left, up, right, down = tile_uv(1 + int(context.clock_s * _RATE_HZ) % SPEC.frames)
        inset = (width - height) / 2
        draw.add_image_rounded(
            texture, imgui.ImVec2(at.x + inset, at.y), imgui.ImVec2(at.x + inset + height, at.y + height),
            imgui.ImVec2(left, up), imgui.ImVec2(right, down), theme.packed((1, 1, 1, 1)), 8.0,
        )  # fmt: skip
    imgui.dummy(imgui.ImVec2(width, height))
    imgui.spacing()


def _rating(context: LibraryContext, row: Row) -> None:
    at = imgui.get_cursor_screen_pos()
    draw = imgui.get_window_draw_list()
    for number in range(1, 6):
        if imgui.invisible_button(f"rate{number}", imgui.ImVec2(22, 20)):
            context.do(f"rate:{0 if number == row.rating else number}")
        colour = theme.WARM if number <= row.rating else theme.LINE
        star(draw, at.x + 22.0 * (number - 1) + 10.0, at.y + 10.0, 8.0, theme.packed(colour))
        imgui.same_line(0, 0)
    imgui.new_line()


def _people(context: LibraryContext, row: Row | None) -> None:
    if row is not None and row.kind == "plant":
        return
    imgui.spacing()
    imgui.align_text_to_frame_padding()
    imgui.text_disabled("Golfer")
    imgui.same_line(76)
    imgui.set_next_item_width(-1)
    name = (row.person_name or "nobody named") if row is not None else "several"
    if imgui.begin_combo("##golfer", name):
        if imgui.selectable("nobody named", row is not None and not row.person)[0]:
            context.do("person:")
        for golfer in context.state.choices.golfers:
            held = row is not None and row.person == golfer.ident
            if imgui.selectable(f"{golfer.name}##{golfer.ident}", held)[0]:
                context.do(f"person:{golfer.ident}")
        if imgui.selectable("New golfer ...", False)[0]:
            context.do("new_golfer:assign")
        imgui.end_combo()
    if row is not None:
        _club(context, row)


def _club(context: LibraryContext, row: Row) -> None:
    imgui.align_text_to_frame_padding()
    imgui.text_disabled("Club")
    imgui.same_line(76)
    imgui.set_next_item_width(-1)
    golfer = context.state.golfer(row.person)
    bag = golfer.clubs if golfer is not None else ()
    known = [choice.key for choice in context.state.choices.clubs]
    usual = ["driver", "3 wood", "hybrid", "5 iron", "7 iron", "9 iron", "pitching wedge", "putter"]
    if imgui.begin_combo("##club", row.club or "not said"):
        for club in dict.fromkeys([*bag, *known, *usual]):
            if imgui.selectable(club, club == row.club)[0]:
                context.do(f"club:{club}")
        if imgui.selectable("as recorded", False)[0]:
            context.do("club:")
        imgui.end_combo()


def _facts(context: LibraryContext, row: Row, detail: Detail | None) -> None:
    imgui.spacing()
    imgui.separator()
    lines = [("When", f"{when_text(row)} ({_SOURCES.get(row.recorded_source, row.recorded_source)})")]
    if row.duration_s:
        lines.append(("Length", span_text(row.duration_s)))
    if row.view:
        lines.append(("View", f"{row.handed}-handed, {row.view}"))
    if row.club_serial:
        lines.append(("Serial", row.club_serial))
    if row.kind == "plant":
        lines.append(("Plant", row.plant_label or row.plant))
    lines.append(("File", row.path.name.encode("utf-8", "replace").decode()))
    for name, value in lines:
        imgui.text_disabled(name)
        imgui.same_line(76)
        text_fitted(value, imgui.get_content_region_avail().x)
    if imgui.is_item_hovered():
        imgui.set_tooltip(str(row.path).encode("utf-8", "replace").decode())
    if detail is not None:
        for copy in detail.copies[:3]:
            text_fitted(f"Also in {_where(copy, context.folder)}", imgui.get_content_region_avail().x, theme.WARM)


def _where(path: Path, folder: Path) -> str:
    try:
        short = path.relative_to(folder)
    except ValueError:
        short = path
    return str(short).encode("utf-8", "replace").decode()


def _measures(context: LibraryContext, detail: Detail) -> None:
    if not detail.measures:
        return
    imgui.spacing()
    imgui.separator()
    heading("Measures", context.fonts)
    imgui.same_line(right_edge() - 62)
    if imgui.small_button("Trends"):
        context.do("trends")
    for measure in detail.measures:
        _measure(context, measure)


def _measure(context: LibraryContext, measure: MeasureRow) -> None:
    """Draw a measure on one line, or on two where its words are long; a click shows its trend."""
    value, spread = measure_text(measure)
    label, room = label_of(measure.name), imgui.get_content_region_avail().x
    width = imgui.calc_text_size(f"{value} {spread}").x
    one_line = imgui.calc_text_size(label).x + width + 16.0 <= room
    left = imgui.get_cursor_pos_x()
    if imgui.selectable(f"{fitted(label, room)}##{measure.name}", False)[0]:
        context.do(f"trend:{measure.name}")
    if imgui.is_item_hovered():
        imgui.set_tooltip(f"From {measure.source}. Click for its trend.")
    if one_line:
        imgui.same_line(left + room - width)
    else:
        imgui.set_cursor_pos_x(left + max(room - width, 0.0))
    imgui.text(value)
    imgui.same_line(0, 5)
    imgui.text_disabled(spread)


def _remarks(context: LibraryContext, detail: Detail) -> None:
    if detail.notes:
        imgui.spacing()
        imgui.separator()
        heading("Remarks", context.fonts)
        imgui.push_text_wrap_pos(0.0)
        for note in detail.notes[:20]:
            imgui.text(note)
        imgui.pop_text_wrap_pos()
    if detail.warnings:
        imgui.spacing()
        imgui.push_text_wrap_pos(0.0)
        for warning in detail.warnings:
            imgui.text_colored(theme.colour(theme.WARM), warning)
        imgui.pop_text_wrap_pos()
