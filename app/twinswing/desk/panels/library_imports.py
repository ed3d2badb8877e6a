"""The queue of imports at the foot of the library: what waits, runs, is done, and why something failed."""

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.library_runner import Shown
from twinswing.desk.panels.library_context import LibraryContext
from twinswing.desk.panels.library_draw import heading, right_edge, text_fitted
from twinswing.review.library_imports import CANCELLED, DONE, FAILED, RUNNING, WAITING

_LINE_PX = 27.0
_WORDS = {WAITING: "waits", DONE: "done", CANCELLED: "cancelled"}


def queue_height(items: tuple[Shown, ...], room_px: float) -> float:
    """Return how high the panel is for so many imports, at most a third of the room."""
    return min(48.0 + _LINE_PX * min(len(items), 6), room_px / 3) if items else 84.0


def draw_queue(context: LibraryContext, items: tuple[Shown, ...]) -> None:
    """Draw the panel into the present window."""
    count = {state: sum(item.state == state for item in items) for state in (WAITING, RUNNING, DONE, FAILED)}
    heading("Adding", context.fonts)
    imgui.same_line(86)
    said = [
        f"{count[RUNNING]} at work" if count[RUNNING] else "",
        f"{count[WAITING]} waiting" if count[WAITING] else "",
    ]
    said += [f"{count[DONE]} done" if count[DONE] else "", f"{count[FAILED]} failed" if count[FAILED] else ""]
    imgui.text_disabled(", ".join(word for word in said if word) or "Nothing is being added.")
    imgui.same_line(right_edge() - 128)
    if items and imgui.small_button("Clear"):
        context.do("clear_imports")
    imgui.same_line(right_edge() - 52)
    if imgui.small_button("Close"):
        context.do("imports")
    if not items:
        imgui.text_disabled("Drop videos on the window. They are analysed one after the other, also after a restart.")
        return
    if imgui.begin_child("queue", imgui.ImVec2(0, 0)):
        order = {RUNNING: 0, FAILED: 1, WAITING: 2, CANCELLED: 3, DONE: 4}
        for item in sorted(items, key=lambda item: order[item.state]):
            _line(context, item)
    imgui.end_child()


def _line(context: LibraryContext, item: Shown) -> None:
    width = imgui.get_content_region_avail().x
    name_px = min(width * 0.34, 320.0)
    imgui.align_text_to_frame_padding()
    text_fitted(item.name + (f"  with {item.club}" if item.club else ""), name_px - 10)
    imgui.same_line(name_px)
    room = width - name_px - 86.0
    if item.state == RUNNING:
        imgui.progress_bar(item.fraction, imgui.ImVec2(room, 0), f"{item.stage or 'Starting'}  {item.fraction:.0%}")
    elif item.state == FAILED:
        text_fitted(item.error or "It failed.", room, theme.ALARM)
    else:
        imgui.text_disabled(_WORDS[item.state])
    imgui.same_line(width - 74)
    if item.state in (RUNNING, WAITING):
        if imgui.small_button(f"Cancel##{item.ident}"):
            context.do(f"cancel:{item.ident}")
    elif item.state in (FAILED, CANCELLED):
        if imgui.small_button(f"Try again##{item.ident}"):
            context.do(f"retry:{item.ident}")
    elif item.out is not None and imgui.small_button(f"Show##{item.ident}"):
        context.do(f"show:{item.ident}")
