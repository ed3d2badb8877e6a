"""The library's top line: search, what is asked for, order, adding."""

from dataclasses import replace

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_draw import chip, day_text, heading, primary, text_fitted
from twinswing.review.library_query import NOBODY, SORTS, Query
from twinswing.swing.readable import label_of

_SEARCH_PX = 300.0
_RIGHT_PX = 358.0  # filters, order, adding, help


def draw_header(context: LibraryContext) -> None:
    """Draw the line into the present window."""
    state = context.state
    imgui.set_cursor_pos(imgui.ImVec2(16, 16))
    heading("Twinswing", context.fonts)
    imgui.same_line(114)
    imgui.set_cursor_pos_y(11)
    imgui.set_next_item_width(_SEARCH_PX)
    if context.searching:
        imgui.set_keyboard_focus_here()
    flags = imgui.InputTextFlags_.escape_clears_all | imgui.InputTextFlags_.enter_returns_true
    entered, text = imgui.input_text_with_hint("##search", "Search  /", context.search_text, flags)
    context.search_active = imgui.is_item_active()
    if text != context.search_text:
        context.search_text = text
        state.change(text=text)
    if entered:
        context.do("leave_search")
    imgui.same_line(0, 14)
    imgui.set_cursor_pos_y(16)
    shown, total = len(state.idents), state.choices.total
    told = f"{shown:,} of {total:,}" if shown != total else f"{total:,} recording{'s' if total != 1 else ''}"
    line = f"{told}    {context.status}" if context.status else told
    text_fitted(line, imgui.get_window_width() - _RIGHT_PX - 20 - imgui.get_cursor_pos_x(), theme.FAINT)
    _right(context)


def _right(context: LibraryContext) -> None:
    query = context.state.query
    # Everything at the right stands on one line, whatever stood on the one before.
    imgui.set_cursor_pos(imgui.ImVec2(imgui.get_window_width() - _RIGHT_PX, 11))
    if chip_button("Filters", active=_filtered(query)):
        context.do("filters")
    imgui.same_line()
    imgui.set_next_item_width(126)
    names = [*SORTS, *([query.sort] if query.sort not in SORTS else [])]
    if imgui.begin_combo("##sort", _sort_label(query.sort)):
        for name in names:
            if imgui.selectable(_sort_label(name), query.sort == name)[0]:
                context.state.change(sort=name, descending=name not in ("name", "golfer", "club"))
        for name, _, _ in context.state.choices.measures[:12]:
            if name not in names and imgui.selectable(_sort_label(name), False)[0]:
                context.state.change(sort=name, descending=True)
        imgui.end_combo()
    imgui.same_line(0, 4)
    if imgui.arrow_button("##direction", imgui.Dir.down if query.descending else imgui.Dir.up):
        context.state.change(descending=not query.descending)
    if imgui.is_item_hovered():
        imgui.set_tooltip("The largest or newest first" if query.descending else "The smallest or oldest first")
    imgui.same_line()
    if primary("Add videos"):
        context.do("import")
    imgui.same_line()
    if imgui.button("?"):
        context.do("help")


def chip_button(text: str, *, active: bool) -> bool:
    """Draw a button that stands out while something is on; return whether it was pressed."""
    if active:
        imgui.push_style_color(imgui.Col_.text, theme.colour(theme.ACCENT_BRIGHT))
    pressed = bool(imgui.button(text))
    if active:
        imgui.pop_style_color()
    return pressed


def _sort_label(name: str) -> str:
    return {"date": "Date", "name": "Name", "golfer": "Golfer", "club": "Club", "rating": "Rating"}.get(
        name, "Duration" if name == "duration" else label_of(name)
    )


def _filtered(query: Query) -> bool:
    return query != Query(text=query.text, sort=query.sort, descending=query.descending)


def draw_asked(context: LibraryContext) -> bool:
    """Draw what is asked for beyond the search, each with a way to let go of it; return whether there was any."""
    state, query = context.state, context.state.query
    parts: list[tuple[str, Query]] = []
    if query.person:
        golfer = state.golfer(query.person)
        name = "no golfer named" if query.person == NOBODY else (golfer.name if golfer else "a golfer who is gone")
        parts.append((name, replace(query, person="", day="")))
    if query.day:
        parts.append((day_text(query.day), replace(query, day="")))
    if any(query.days):
        first, last = query.days
        ends = f"{day_text(first) if first else 'the first'} to {day_text(last) if last else 'today'}"
        parts.append((ends, replace(query, days=("", ""))))
    for value, emptied in (
        (query.club, replace(query, club="")),
        (query.plant, replace(query, plant="")),
        ({"unreadable": "cannot be read"}.get(query.kind, query.kind), replace(query, kind="")),
    ):
        if value:
            parts.append((value, emptied))
    parts += [(f"#{tag}", replace(query, tags=tuple(t for t in query.tags if t != tag))) for tag in query.tags]
    if query.annotated is not None:
        parts.append(("with remarks" if query.annotated else "without remarks", replace(query, annotated=None)))
    if query.rating:
        parts.append((f"rated {query.rating} or more", replace(query, rating=0)))
    for name in query.measures:
        rest = {key: bounds for key, bounds in query.measures.items() if key != name}
        parts.append((label_of(name), replace(query, measures=rest)))
    for number, (text, without) in enumerate(parts):
        if number:
            imgui.same_line()
        if chip(f"{text}  x", key=f"asked{number}"):
            state.ask(without)
    return bool(parts)
