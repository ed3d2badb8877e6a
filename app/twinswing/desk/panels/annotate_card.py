"""The card at the foot of the scene: what is being written or spoken, or the chosen annotation and all of its parts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.annotate_board import Board, Writing
from twinswing.desk.annotate_canvas import waveform
from twinswing.desk.annotate_sound import Voices, is_sound
from twinswing.desk.panels.annotate_icons import WORDS, draw_icon, star
from twinswing.desk.panels.annotate_palette import begin_floating, icon_button, swatches, window_box
from twinswing.desk.viewport import Rect
from twinswing.review.model import Annotation, Span
from twinswing.stage.annotation_shapes import colour_of
from twinswing.timeline.clock import NS_PER_S

vec = imgui.ImVec2
_FIELD_PX = 430.0
_SUGGESTIONS = 6
_HINTS = {"text": "What do you see?", "tag": "A word or two, such as: early extension", "drill": "Which drill?"}


class Card:
    """The card's own state: the text that is being changed, and the file that is being chosen."""

    def __init__(self, drills: Sequence[str] = ()) -> None:
        self._drills = drills
        self._draft: tuple[str, str] = ("", "")
        self._path = ""
        self._focus_path = False
        self.box: tuple[float, float, float, float] | None = None
        # Told by the window's events: a key that goes down and up within one frame Dear ImGui never sees.
        self.entered = self.escaped = False

    def _ending(self) -> tuple[bool, bool]:
        """Return whether Enter or Escape was pressed since the last frame."""
        return self.entered, self.escaped

    def draw(self, board: Board, voices: Voices, scene: Rect, fonts: dict[str, Any]) -> None:
        """Draw what there is to be drawn, and note what it covers."""
        self.box = None
        self._draw(board, voices, scene, fonts)
        self.entered = self.escaped = False

    def _draw(self, board: Board, voices: Voices, scene: Rect, fonts: dict[str, Any]) -> None:
        x, y = scene[0] + scene[2] / 2, scene[1] + scene[3] - 12
        chosen = board.chosen
        width = min(_FIELD_PX, scene[2] - 90.0)
        if board.writing is not None:
            begin_floating("Writing", x, y, (0.5, 1.0))
            self._write(board, board.writing, fonts, width)
        elif voices.recording is not None:
            begin_floating("Speaking", x, y, (0.5, 1.0))
            _speak(board, voices, fonts, width)
        elif voices.choosing_file:
            begin_floating("Sound file", x, y, (0.5, 1.0))
            self._choose_file(board, voices, width)
        elif chosen is not None and not board.hand.tool:
            begin_floating("Chosen annotation", x, y, (0.5, 1.0))
            self._inspect(board, voices, chosen, fonts, width)
        else:
            return
        self.box = window_box()
        imgui.end()

    # -- writing -------------------------------------------------------------------------------------------------

    def _write(self, board: Board, writing: Writing, fonts: dict[str, Any], width: float) -> None:
        _title(writing.kind, f"{WORDS[writing.kind]} at {board.site.clock_text(writing.t_ns)}", board.colour, fonts)
        imgui.same_line()
        _right("Enter keeps, Esc drops", width)
        _collect(writing)
        if not writing.active:
            imgui.set_keyboard_focus_here()
        entered, escaped = self._ending()
        lines = min(writing.text.count("\n") + 1 + int(imgui.calc_text_size(writing.text).x / width), 5)
        flags = imgui.InputTextFlags_.ctrl_enter_for_new_line | imgui.InputTextFlags_.word_wrap
        with_end = int(flags) | int(imgui.InputTextFlags_.callback_always)
        height = imgui.get_text_line_height() * lines + 12
        _, writing.text = imgui.input_text_multiline(
            "##writing", writing.text, vec(width, height), with_end, _to_end(writing)
        )
        was_active, writing.active = writing.active, imgui.is_item_active()
        if not writing.text:
            at = imgui.get_item_rect_min()
            imgui.get_window_draw_list().add_text(
                vec(at.x + 9, at.y + 5), theme.packed(theme.FAINT, 0.8), _HINTS[writing.kind]
            )
        picked = self._suggest(board, writing)
        writing.frames += 1
        if picked:
            writing.text = picked
        if entered or picked:
            board.written()
        elif escaped or (was_active and not writing.active and not imgui.is_window_focused()):
            self._dropped(board, writing, escaped=escaped)

    @staticmethod
    def _dropped(board: Board, writing: Writing, *, escaped: bool) -> None:
        """Escape drops what was typed; a click elsewhere keeps it, and one on a place gives it that place."""
        if escaped or not writing.text.strip():
            board.writing = None
            board.hand.take("")
        else:
            board.written()

    def _suggest(self, board: Board, writing: Writing) -> str:
        """Draw the tags or drills that begin like what is typed; return the one that was pressed."""
        if writing.kind == "tag":
            known: Sequence[str] = sorted({a.text for a in board.review.document.all() if a.kind == "tag"})
        elif writing.kind == "drill":
            known = self._drills
        else:
            return ""
        words = writing.text.casefold().split()
        fitting = [name for name in known if all(word in name.casefold() for word in words)][:_SUGGESTIONS]
        picked = ""
        for name in fitting:
            if imgui.selectable(f"{name}##suggestion", False, 0, vec(_FIELD_PX - 20, 0))[0]:
                picked = name
        return picked

    # -- a sound file --------------------------------------------------------------------------------------------

    def _choose_file(self, board: Board, voices: Voices, width: float) -> None:
        imgui.text("A voice note from a sound file")
        imgui.same_line()
        _right("or drop it on the window", width)
        if imgui.is_window_appearing() or self._focus_path:
            imgui.set_keyboard_focus_here()
            self._focus_path = False
        imgui.set_next_item_width(width - 130)
        entered, escaped = self._ending()
        _, self._path = imgui.input_text_with_hint("##path", "Path of a WAV, Ogg, MP3, M4A or FLAC file", self._path)
        imgui.same_line()
        pressed = imgui.button("Take it", vec(66, 0))
        imgui.same_line()
        if escaped or imgui.button("Close"):
            voices.choosing_file = False
            board.hand.take("")
        elif pressed or entered:
            path = Path(self._path.strip().strip("'\"")).expanduser()
            if path.is_file() and is_sound(path):
                voices.from_file(path)
                self._path = ""
            else:
                self._focus_path = True
                board.desk.notify_user(f"{path.name or 'Nothing'} is no sound file that can be found.")

    # -- the chosen one ------------------------------------------------------------------------------------------

    def _inspect(self, board: Board, voices: Voices, a: Annotation, fonts: dict[str, Any], width: float) -> None:
        _title(a.kind, WORDS.get(a.kind, a.kind), a.colour, fonts)
        imgui.same_line(0, 8)
        imgui.text_disabled(f"{a.author}, {when(board, a)}")
        imgui.same_line(width - 14)
        if icon_button("delete", "delete", "Delete (Del)", side=22.0):
            board.delete()
            return
        self._text(board, a, width)
        if a.media is not None:
            _heard(voices, a, width)
        if a.kind == "rating":
            _stars(board, a)
        colour = swatches("ink", a.colour, 17.0)
        if colour:
            board.paint(colour)
        _time(board, a)

    def _text(self, board: Board, a: Annotation, width: float) -> None:
        ident, text = self._draft
        if ident != a.ident or not imgui.is_any_item_active():
            text = a.text
        imgui.set_next_item_width(width)
        hint = _HINTS.get(a.kind, "Add words")
        changed, text = imgui.input_text_with_hint("##words", hint, text)
        done = imgui.is_item_deactivated_after_edit() or (self._ending()[0] and ident == a.ident)
        if changed or imgui.is_item_active():
            self._draft = (a.ident, text)
        if done:
            self._draft = ("", "")
            if text.strip() or a.kind not in _HINTS:
                board.edit(a.ident, text=text.strip())


def when(board: Board, a: Annotation) -> str:
    """Write when an annotation holds."""
    start = board.site.clock_text(a.time.start_ns)
    first, last = board.site.span_ns
    if a.pair_ns is not None:
        return f"{start} and {board.site.clock_text(a.pair_ns)}"
    if a.time.is_moment:
        return start
    if a.time.start_ns <= first and a.time.end_ns >= last:
        return "always"
    return f"{start} to {board.site.clock_text(a.time.end_ns)}"


def _time(board: Board, a: Annotation) -> None:
    """Draw what says for how long it is shown: at its moment, from here to there, always."""
    now, (first, last) = board.desk.t_ns, board.site.span_ns
    always = not a.time.is_moment and a.time.start_ns <= first and a.time.end_ns >= last
    choices = (("Moment", a.time.is_moment), ("Span", not a.time.is_moment and not always), ("Always", always))
    for name, on in choices:
        imgui.push_style_color(imgui.Col_.button, theme.colour(theme.ACCENT if on else theme.RAISED))
        if imgui.small_button(name) and not on:
            board.edit(a.ident, time=_as(name, a, now, (first, last), board.site.shown_s))
        imgui.pop_style_color()
        imgui.same_line(0, 4)
    if a.time.is_moment:
        imgui.set_next_item_width(78)
        imgui.push_style_var(imgui.StyleVar_.frame_padding, vec(6, 0))
        _, shown = imgui.input_float("##shown", a.time.shown_s, 0.0, 0.0, "for %.3g s")
        imgui.pop_style_var()
        if imgui.is_item_deactivated_after_edit():
            board.edit(a.ident, time=Span.moment(a.time.start_ns, min(max(shown, 0.0), 3600.0)))
    elif not always:
        if imgui.small_button("From here") and now < a.time.end_ns:
            board.edit(a.ident, time=Span(now, a.time.end_ns, a.time.shown_s))
        imgui.same_line(0, 4)
        if imgui.small_button("To here") and now > a.time.start_ns:
            board.edit(a.ident, time=Span(a.time.start_ns, now, a.time.shown_s))
    else:
        imgui.new_line()


def _as(name: str, a: Annotation, now_ns: int, span_ns: tuple[int, int], shown_s: float) -> Span:
    if name == "Always":
        return Span(*span_ns, a.time.shown_s)
    if name == "Moment":
        inside = a.time.start_ns <= now_ns <= a.time.end_ns
        return Span.moment(now_ns if inside else a.time.start_ns, shown_s)
    if not a.time.is_moment:
        length = max((span_ns[1] - span_ns[0]) // 10, NS_PER_S // 10)
        return Span(now_ns, min(now_ns + length, max(span_ns[1], now_ns + 1)), a.time.shown_s)
    return Span(a.time.start_ns, max(a.time.last_ns, a.time.start_ns + NS_PER_S // 10), a.time.shown_s)


def _heard(voices: Voices, a: Annotation, width: float) -> None:
    assert a.media is not None
    on = voices.loudspeaker.ident == a.ident
    if icon_button("hear", "stop" if on else "play", "Hear it, or end it", side=26.0):
        voices.toggle(a)
    imgui.same_line(0, 6)
    at = imgui.get_cursor_screen_pos()
    wide = width - 90
    played = voices.played_s.get(a.ident)
    share = None if played is None else played / max(a.media.duration_s, 1e-6)
    waveform(imgui.get_window_draw_list(), (at.x, at.y, at.x + wide, at.y + 26), a.media.peaks, colour_of(a), share)
    imgui.dummy(vec(wide, 26))
    imgui.same_line(0, 8)
    imgui.align_text_to_frame_padding()
    imgui.text_disabled(f"{a.media.duration_s:.1f} s")


def _stars(board: Board, a: Annotation) -> None:
    for i in range(1, 6):
        at = imgui.get_cursor_screen_pos()
        if imgui.invisible_button(f"star{i}", vec(26, 24)):
            board.edit(a.ident, rating=i)
        ink = theme.packed(theme.WARM if i <= a.rating else theme.LINE)
        star(imgui.get_window_draw_list(), at.x + 13, at.y + 12, 11.0, ink)
        imgui.same_line(0, 0)
    imgui.new_line()


def _speak(board: Board, voices: Voices, fonts: dict[str, Any], width: float) -> None:
    recording = voices.recording
    assert recording is not None
    _title("voice", f"Voice note at {board.site.clock_text(recording.t_ns)}", "#ed6155", fonts)
    imgui.same_line()
    _right("V keeps it, Esc drops it", width)
    at = imgui.get_cursor_screen_pos()
    bars = voices.bars()
    if bars:
        waveform(
            imgui.get_window_draw_list(), (at.x, at.y, at.x + width - 60, at.y + 30), bars, (0.93, 0.38, 0.33), None
        )
    imgui.dummy(vec(width - 60, 30))
    imgui.same_line(0, 10)
    imgui.align_text_to_frame_padding()
    imgui.text(f"{recording.microphone.duration_s:.1f} s")


def _title(kind: str, text: str, colour: str, fonts: dict[str, Any]) -> None:
    at = imgui.get_cursor_screen_pos()
    draw_icon(imgui.get_window_draw_list(), kind, at.x + 9, at.y + 10, 7.5, theme.packed(theme.rgba_of(colour)))
    imgui.dummy(vec(20, 20))
    imgui.same_line(0, 6)
    imgui.push_font(fonts.get("bold"), 0.0)
    imgui.text(text)
    imgui.pop_font()


def _right(text: str, width: float) -> None:
    """Write faintly at the card's right edge."""
    imgui.same_line(max(width + 7 - imgui.calc_text_size(text).x, imgui.get_cursor_pos_x()))
    imgui.text_disabled(text)


def _to_end(writing: Writing) -> Any:
    """Return what puts the cursor behind the text once, when the field gets the keyboard: it would start before it."""

    def place(data: Any) -> int:
        if not writing.placed:
            writing.placed = True
            data.cursor_pos = data.buf_text_len
            data.selection_start = data.selection_end = data.cursor_pos
        return 0

    return place


def _collect(writing: Writing) -> None:
    """Take in what was typed before the field had the keyboard: a quick hand is faster than two frames."""
    if writing.active:
        return
    typed = "".join(chr(c) for c in imgui.get_io().input_queue_characters if c >= 32)
    if writing.frames == 0 and writing.opener and writing.opener in typed:
        typed = typed[typed.index(writing.opener) + 1 :]
    writing.text += typed
