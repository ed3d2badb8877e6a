"""The panel of a shared session: who is there, how the line is, whom one follows; and pointers on the picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.addons import PictureRect
from twinswing.desk.viewport import Rect
from twinswing.review.share_line import HostLine, LineState
from twinswing.review.share_protocol import Person, Presence

if TYPE_CHECKING:
    from twinswing.desk.together import Together

_FLAGS = theme.FIXED_WINDOW | imgui.WindowFlags_.no_focus_on_appearing | imgui.WindowFlags_.always_auto_resize
_MARGIN_PX = 12.0
_NAME_CHARS = 22
_WORDS = {
    "joining": ("Nobody answers yet; trying again.", theme.WARM),
    "open": ("Connected", theme.ACCENT_BRIGHT),
    "cut": ("Line cut: you go on alone; trying again.", theme.WARM),
    "over": ("The session is over.", theme.FAINT),
    "refused": ("Not let in.", theme.ALARM),
}
Rgba = tuple[float, float, float, float]


def draw_people(tool: "Together", rect: Rect) -> None:
    """Draw the panel in the scene's upper right corner."""
    imgui.set_next_window_pos(
        imgui.ImVec2(rect[0] + rect[2] - _MARGIN_PX, rect[1] + _MARGIN_PX), imgui.Cond_.always, imgui.ImVec2(1.0, 0.0)
    )
    imgui.begin("Together", None, _FLAGS)
    state = tool.line.state
    _status(state, serves=tool.line.serves)
    if not state.ended and imgui.begin_table("people", 4, imgui.TableFlags_.sizing_fixed_fit):
        for person in state.people:
            _person(tool, person, state)
        imgui.end_table()
    if isinstance(tool.line, HostLine) and not state.ended:
        _invitations(tool.line)
    imgui.end()


def _status(state: LineState, *, serves: bool) -> None:
    words, colour = _WORDS[state.phase]
    if serves and state.phase == "open":
        others = len(state.people) - 1
        words = "Shared; nobody has joined yet" if not others else f"Shared with {others}"
    _dot(colour)
    imgui.text(words)
    if state.role == "guest" and not state.ended:
        imgui.text_disabled("You look on: only a coach draws.")


def _person(tool: "Together", person: Person, state: LineState) -> None:
    mine = person.name == state.name
    imgui.table_next_row()
    imgui.table_next_column()
    _dot(theme.rgba_of(person.colour))
    name = person.name if len(person.name) <= _NAME_CHARS else person.name[: _NAME_CHARS - 1] + "…"
    imgui.text(name)
    if name != person.name and imgui.is_item_hovered():
        imgui.set_tooltip(person.name)
    imgui.table_next_column()
    imgui.text_disabled("you" if mine else person.role)
    imgui.table_next_column()
    imgui.text_disabled("" if person.rtt_s is None else _milliseconds(person.rtt_s))
    if person.rtt_s is not None and imgui.is_item_hovered():
        imgui.set_tooltip("Time for a message to this person and back")
    imgui.table_next_column()
    if mine:
        return
    imgui.push_style_var(imgui.StyleVar_.frame_padding, imgui.ImVec2(6, 1))
    following = tool.following
    if _toggle(f"Time##{person.name}", following.playhead == person.name, "Go where this playhead goes (F3)"):
        following.follow_playhead("" if following.playhead == person.name else person.name)
    imgui.same_line(0, 4)
    if _toggle(f"Camera##{person.name}", following.camera == person.name, "Look from where this person looks (F4)"):
        following.follow_camera("" if following.camera == person.name else person.name)
    imgui.pop_style_var()


def _invitations(line: HostLine) -> None:
    left_s = line.invited_s
    if left_s <= 0.0:
        imgui.text_disabled("The invitations are over.")
        return
    imgui.text_disabled(f"Invitations are good for {_minutes(left_s)}. Copy one:")
    for role, invitation in (("coach", line.coach), ("guest", line.guest)):
        if imgui.small_button(f"for a {role}"):
            imgui.set_clipboard_text(f"twinswing join {line.url} --token {invitation.token}")
        imgui.same_line()
    imgui.new_line()


def _toggle(label: str, on: bool, hint: str) -> bool:
    if on:
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT))
    pressed = bool(imgui.button(label))
    if on:
        imgui.pop_style_color()
    if imgui.is_item_hovered():
        imgui.set_tooltip(hint)
    return pressed


def draw_pointers(rect: PictureRect, people: Sequence[tuple[Person, Presence | None]]) -> None:
    """Draw where others point on the picture, into Dear ImGui's current window."""
    draw = imgui.get_window_draw_list()
    for person, presence in people:
        if presence is None or len(presence.pointer) != 2:
            continue
        x, y = rect.to_window(*presence.pointer)
        ink = theme.packed(theme.rgba_of(person.colour))
        draw.add_circle_filled(imgui.ImVec2(x, y), 7.0, theme.packed((0, 0, 0, 1), 0.55))
        draw.add_circle_filled(imgui.ImVec2(x, y), 5.0, ink)
        size = imgui.calc_text_size(person.name)
        # Beside the mark, on the side where there is room.
        left = x + 11 if x + 15 + size.x < rect.left + rect.width else x - 11 - size.x
        top = min(max(y - size.y / 2, rect.top), rect.top + rect.height - size.y)
        draw.add_rect_filled(
            imgui.ImVec2(left - 4, top - 1), imgui.ImVec2(left + size.x + 4, top + size.y + 1),
            theme.packed((0, 0, 0, 1), 0.65), 3.0,
        )  # fmt: skip
        draw.add_text(imgui.ImVec2(left, top), ink, person.name)


def _dot(colour: Rgba) -> None:
    at, line = imgui.get_cursor_screen_pos(), imgui.get_text_line_height()
    centre = imgui.ImVec2(at.x + 6, at.y + line / 2 + 1)
    imgui.get_window_draw_list().add_circle_filled(centre, 5.0, theme.packed(colour))
    imgui.dummy(imgui.ImVec2(12, line))
    imgui.same_line(0, 6)


def _milliseconds(seconds: float) -> str:
    return "< 1 ms" if seconds < 0.001 else f"{seconds * 1e3:.0f} ms"


def _minutes(seconds: float) -> str:
    minutes = max(round(seconds / 60.0), 1)
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60.0:.0f} h"
