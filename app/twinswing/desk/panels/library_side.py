"""The library's left side: golfers, sessions, clubs, plants and tags, each a way to choose recordings."""

from dataclasses import replace

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_draw import day_text, fitted, right_edge
from twinswing.review.library_query import NOBODY, Query

_LIST_LIMIT = 12  # sessions and tags shown before one asks for all


def draw_side(context: LibraryContext) -> None:
    """Draw the lists."""
    state, choices, query = context.state, context.state.choices, context.state.query
    plain = replace(query, person="", club="", plant="", kind="", day="", days=("", ""), tags=())
    none = query == replace(Query(text=query.text), sort=query.sort, descending=query.descending)
    if _line("All recordings", choices.total, chosen=none, key="all"):
        state.ask(Query(text=query.text, sort=query.sort, descending=query.descending))
    if choices.unreadable and _line("Cannot be read", choices.unreadable, chosen=query.kind == "unreadable", key="bad"):
        state.ask(replace(plain, kind="" if query.kind == "unreadable" else "unreadable"))
    imgui.spacing()
    _golfers(context, plain)
    _sessions(context, plain)
    if choices.clubs:
        _heading(context, "Clubs")
        for choice in choices.clubs:
            if _line(choice.label, choice.count, chosen=query.club == choice.key, key=f"club{choice.key}"):
                state.change(club="" if query.club == choice.key else choice.key)
    if choices.plants:
        _heading(context, "Plants")
        for choice in choices.plants:
            if _line(choice.label, choice.count, chosen=query.plant == choice.key, key=f"plant{choice.key}"):
                state.ask(replace(plain, plant="" if query.plant == choice.key else choice.key))
    if choices.tags:
        _heading(context, "Tags")
        for choice in choices.tags[: _LIST_LIMIT * 2]:
            held = choice.key in query.tags
            if _line(choice.label, choice.count, chosen=held, key=f"tag{choice.key}"):
                others = tuple(tag for tag in query.tags if tag != choice.key)
                state.change(tags=others if held else (*others, choice.key))


def _golfers(context: LibraryContext, plain: Query) -> None:
    state, query = context.state, context.state.query
    _heading(context, "Golfers", "new_golfer", "+", "New golfer (N)")
    for choice in state.choices.people:
        chosen = query.person == choice.key and not query.day
        if _line(choice.label, choice.count, chosen=chosen, key=f"person{choice.key}", faint=choice.key == NOBODY):
            state.ask(replace(plain, person="" if chosen else choice.key))
        if choice.key != NOBODY and imgui.is_item_hovered() and imgui.is_mouse_double_clicked(0):
            context.do(f"golfer:{choice.key}")
        if choice.key != NOBODY and imgui.is_item_clicked(1):
            context.do(f"golfer:{choice.key}")
    if not state.choices.people:
        imgui.text_disabled("Nobody yet")


def _sessions(context: LibraryContext, plain: Query) -> None:
    state, query = context.state, context.state.query
    sessions = state.choices.sessions
    if query.person and query.person != NOBODY:
        sessions = [s for s in sessions if s.person == query.person]
    if not sessions:
        return
    _heading(context, "Sessions")
    for session in sessions[:_LIST_LIMIT]:
        person = session.person or NOBODY
        chosen = query.day == session.day and query.person == person
        label = day_text(session.day) + (f"  {session.person_name}" if session.person_name else "")
        if _line(label, session.count, chosen=chosen, key=f"session{session.day}{person}"):
            state.ask(plain if chosen else replace(plain, day=session.day, person=person))
    if len(sessions) > _LIST_LIMIT:
        imgui.text_disabled(f"and {len(sessions) - _LIST_LIMIT} earlier: use the filters")


def _heading(context: LibraryContext, text: str, action: str = "", sign: str = "", hint: str = "") -> None:
    imgui.dummy(imgui.ImVec2(0, 4))
    imgui.push_font(context.fonts.get("bold"), 0.0)
    imgui.text_colored(theme.colour(theme.FAINT), text)
    imgui.pop_font()
    if action:
        imgui.same_line(right_edge() - 26)
        imgui.push_style_var(imgui.StyleVar_.frame_padding, imgui.ImVec2(7, 1))
        if imgui.button(f"{sign}##{action}"):
            context.do(action)
        imgui.pop_style_var()
        if imgui.is_item_hovered():
            imgui.set_tooltip(hint)


def _line(label: str, count: int, *, chosen: bool, key: str, faint: bool = False) -> bool:
    """Draw a line with its number at the right; return whether it was pressed."""
    told = f"{count:,}"
    right = right_edge()
    room = right - imgui.get_cursor_pos_x() - imgui.calc_text_size(told).x - 14.0
    left, top = imgui.get_window_pos().x, imgui.get_cursor_screen_pos().y
    cut = fitted(label, room)
    if faint and not chosen:
        imgui.push_style_color(imgui.Col_.text, theme.colour(theme.FAINT))
    pressed = bool(imgui.selectable(f"{cut}##{key}", chosen, imgui.SelectableFlags_.allow_double_click)[0])
    hovered = imgui.is_item_hovered()
    if faint and not chosen:
        imgui.pop_style_color()
    if hovered and cut != label:
        imgui.set_tooltip(label)
    x = left + right - imgui.calc_text_size(told).x - 2.0
    imgui.get_window_draw_list().add_text(imgui.ImVec2(x, top), theme.packed(theme.FAINT), told)
    return pressed and not imgui.is_mouse_double_clicked(0)
