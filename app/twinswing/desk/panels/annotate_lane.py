"""Annotations on the timeline: a mark for a moment, a bar for a span, a waveform for a voice; dragged in time."""

from dataclasses import dataclass, replace
from typing import Any

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.addons import TimelineLane
from twinswing.desk.annotate_board import SAMPLE, Board
from twinswing.desk.annotate_canvas import rgba, waveform
from twinswing.desk.annotate_sound import Voices
from twinswing.desk.panels.annotate_icons import WORDS
from twinswing.review.model import Annotation, Span
from twinswing.stage.annotation_shapes import colour_of, outline_of

vec = imgui.ImVec2
_MARK_PX = 4.5
_EDGE_PX = 5.0
_STILL_PX = 3.0


@dataclass
class _Drag:
    """What is dragged: its start (-1), its end (1) or all of it (0), from where."""

    before: Annotation
    part: int
    from_ns: int
    from_px: float
    moved: bool = False


class Lane:
    """The marks of one window's timeline."""

    def __init__(self) -> None:
        self._drag: _Drag | None = None

    def draw(self, board: Board, voices: Voices, lane: TimelineLane) -> None:
        """Draw the marks and take the mouse."""
        imgui.set_cursor_screen_pos(vec(lane.left - 6, lane.top))
        imgui.invisible_button("annotation marks", vec(lane.right - lane.left + 12, lane.bottom - lane.top))
        mouse = imgui.get_io().mouse_pos
        shown = [a for a in board.review.document.all() if a.layer not in board.hidden]
        if board.grabbed is not None and board.grabbed.ident != SAMPLE:
            shown = [board.grabbed if a.ident == board.grabbed.ident else a for a in shown]
        # What is chosen lies above the others.
        shown.sort(key=lambda a: (a.ident == board.selected, a.time.start_ns))
        draw = imgui.get_window_draw_list()
        draw.push_clip_rect(vec(lane.left - 6, lane.top - 2), vec(lane.right + 6, lane.bottom + 4), True)
        for a in shown:
            _mark(draw, lane, a, lit=a.ident in (board.selected, board.hovered), voices=voices)
        if board.pair_ns is not None:
            x, y = lane.x_of(board.pair_ns), _middle(lane)
            draw.add_circle(vec(x, y), _MARK_PX, theme.packed(theme.INK), 0, 2.0)
        draw.pop_clip_rect()
        hit = self._hit(lane, shown, mouse.x, mouse.y) if imgui.is_item_hovered() and self._drag is None else None
        if hit is not None:
            a, part = hit
            imgui.set_mouse_cursor(
                imgui.MouseCursor_.resize_ew if part or not a.time.is_moment else imgui.MouseCursor_.hand
            )
            imgui.set_tooltip(_tip(board, a))
            if imgui.is_item_clicked():
                self._drag = _Drag(a, part, lane.t_of(mouse.x), mouse.x)
                board.choose(a.ident)
        self._follow(board, lane, mouse.x)

    def _follow(self, board: Board, lane: TimelineLane, x: float) -> None:
        """Let the mark go with the mouse until the button is released."""
        drag = self._drag
        if drag is None:
            return
        far = abs(x - drag.from_px) > _STILL_PX
        if imgui.is_item_active():
            if (far or drag.moved) and (drag.moved or board.may()):
                drag.moved = True
                board.grabbed = replace(
                    drag.before, time=dragged(drag.before.time, drag.part, lane.t_of(x) - drag.from_ns)
                )
            return
        self._drag = None
        changed, board.grabbed = board.grabbed, None
        if drag.moved and changed is not None:
            board.edit(changed.ident, time=changed.time)
        else:
            board.choose(drag.before.ident, jump=True)

    @staticmethod
    def _hit(lane: TimelineLane, shown: list[Annotation], x: float, y: float) -> tuple[Annotation, int] | None:
        """Return what lies under the mouse, and which part of it: start (-1), end (1), all of it (0)."""
        if not lane.top - 2 <= y <= lane.bottom + 2:
            return None
        best: tuple[float, Annotation, int] | None = None
        for a in reversed(shown):
            left, right = lane.x_of(a.time.start_ns), lane.x_of(a.time.last_ns if a.media else a.time.end_ns)
            # A bar that fills the track lies under every mark: the marks come first.
            far = max(left - x, x - right, 0.0) + (0.0 if right - left < 60 else 2.0)
            if far > _EDGE_PX + 1.0 or (best is not None and far >= best[0]):
                continue
            part = 0
            if not a.time.is_moment and abs(x - left) <= _EDGE_PX:
                part = -1
            elif not a.time.is_moment and abs(x - right) <= _EDGE_PX:
                part = 1
            best = (far, a, part)
        return None if best is None else best[1:]


def dragged(time: Span, part: int, by_ns: int) -> Span:
    """Return a time that was dragged at its start (-1), its end (1), or as a whole (0)."""
    if part < 0:
        return replace(time, start_ns=min(time.start_ns + by_ns, time.end_ns - 1))
    if part > 0:
        return replace(time, end_ns=max(time.end_ns + by_ns, time.start_ns + 1))
    return replace(time, start_ns=time.start_ns + by_ns, end_ns=time.end_ns + by_ns)


def _middle(lane: TimelineLane) -> float:
    return lane.top + 6.0


def _mark(draw: Any, lane: TimelineLane, a: Annotation, *, lit: bool, voices: Voices) -> None:
    rgb = colour_of(a)
    ink, edge = rgba(rgb), rgba(outline_of(rgb), 0.9)
    x, y = lane.x_of(a.time.start_ns), _middle(lane)
    if a.media is not None:
        right = max(lane.x_of(a.time.last_ns), x + 14.0)
        played = voices.played_s.get(a.ident)
        share = None if played is None else played / max(a.media.duration_s, 1e-6)
        if lit:
            draw.add_rect_filled(vec(x - 2, y - 7), vec(right + 2, y + 7), theme.packed(theme.INK, 0.18), 3.0)
        waveform(draw, (x, y - 6.0, right, y + 6.0), a.media.peaks, rgb, share, 3.0)
        return
    if not a.time.is_moment:
        right = lane.x_of(a.time.end_ns)
        low = lane.bottom - 3.5
        draw.add_rect_filled(vec(x, low - 2), vec(right, low + 2), rgba(rgb, 1.0 if lit else 0.75), 2.0)
        if lit:
            for end in (x, right):
                draw.add_rect_filled(vec(end - 2, low - 5), vec(end + 2, low + 5), theme.packed(theme.INK), 2.0)
        return
    if a.pair_ns is not None and not a.pair_recording:
        other = lane.x_of(a.pair_ns)
        draw.add_line(vec(x, y), vec(other, y), rgba(rgb, 0.8), 1.6)
        draw.add_circle_filled(vec(other, y), _MARK_PX + 1, edge)
        draw.add_circle_filled(vec(other, y), _MARK_PX, ink)
    draw.add_circle_filled(vec(x, y), _MARK_PX + 1, edge)
    draw.add_circle_filled(vec(x, y), _MARK_PX, ink)
    if lit:
        draw.add_circle(vec(x, y), _MARK_PX + 2.5, theme.packed(theme.INK), 0, 1.8)


def _tip(board: Board, a: Annotation) -> str:
    text = a.text if len(a.text) <= 160 else a.text[:159] + "…"
    return f"{WORDS.get(a.kind, a.kind)}, {a.author}, {board.site.clock_text(a.time.start_ns)}" + (
        f"\n{text}" if text else ""
    )
