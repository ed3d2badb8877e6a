"""The card of a pen: tools, colours, tags, what is to be seen now, undo and redo."""

from typing import Protocol

import numpy as np

from twinswing.headset.air_pen import COLOURS, TOOLS
from twinswing.headset.canvas import ACCENT, FAINT, INK, RAISED, WARM, Canvas, Rgb
from twinswing.headset.card import Card
from twinswing.headset.notes import Notes
from twinswing.review.model import Annotation
from twinswing.stage.annotation_shapes import Around, measured
from twinswing.stage.plant_text import shortened
from twinswing.timeline.playhead import Playhead

NOTES_M = (0.60, 0.56)
_LABELS = {"freehand": "Pen", "arrow": "Arrow", "line": "Line", "angle": "Angle", "tag": "Tag"}


class NotesState(Protocol):
    """Whose notes, and when."""

    @property
    def notes(self) -> Notes:
        """The notes."""

    @property
    def head(self) -> Playhead:
        """Where on the timeline one is."""


def make_notes_card(state: NotesState) -> Card:
    """Make the card; it is there while the pen is in the hand."""
    card = Card("notes", *NOTES_M, lambda: _key(state), lambda canvas, over: paint_notes(state, canvas, over))
    card.wanted = False
    return card


def _key(state: NotesState) -> tuple[object, ...]:
    notes, pen = state.notes, state.notes.pen
    rows = tuple(_row_text(notes, a, state.head.t_s) for a in _listed(state))
    return (pen.tool, pen.colour, pen.tag, rows, notes.trouble, bool(pen.marks), notes.version)


def _listed(state: NotesState) -> list[Annotation]:
    """Return what is to be seen now, newest first."""
    seen = state.notes.document.at(round(state.head.t_s * 1e9))
    return sorted(seen, key=lambda a: (-a.time.start_ns, a.ident))


def rgb_of(colour: str) -> Rgb:
    """Return "#rrggbb" as display rgb."""
    r, g, b = bytes.fromhex(colour[1:])
    return r, g, b


def _row_text(notes: Notes, a: Annotation, t_s: float) -> str:
    value, _ = measured(a, round(t_s * 1e9), Around(body=notes.body))
    what = a.text or _LABELS.get(a.kind, a.kind.capitalize())
    return f"{what}  {value}".strip()


def paint_notes(state: NotesState, canvas: Canvas, over: str | None) -> None:
    """Paint it all."""
    notes, pen = state.notes, state.notes.pen
    x = 20.0
    for tool in TOOLS:
        canvas.button(
            f"tool {tool}", _LABELS[tool], x, 18, x + 106, 76, lit=pen.tool == tool, over=over == f"tool {tool}"
        )
        x += 113
    _paint_colours(notes, canvas, over)
    y = 158.0
    if pen.tool == "tag":
        y = _paint_tags(notes, canvas, over, y)
    canvas.line(np.array([[20.0, y + 6], [canvas.width - 20.0, y + 6]]), RAISED, 2)
    _paint_rows(state, canvas, over, y + 14)
    if notes.trouble:
        canvas.text(shortened(notes.trouble, 46), 20, canvas.height - 16, 24, WARM)
    else:
        canvas.text(f"{shortened(notes.author, 20)}, {notes.kept}", 20, canvas.height - 16, 24, FAINT)


def _paint_colours(notes: Notes, canvas: Canvas, over: str | None) -> None:
    x, y = 20.0, 88.0
    for colour in COLOURS:
        name = f"colour {colour}"
        if notes.pen.colour == colour:
            canvas.box(x, y, x + 62, y + 58, INK, 10)
        elif over == name:
            canvas.box(x, y, x + 62, y + 58, ACCENT, 10)
        canvas.box(x + 5, y + 5, x + 57, y + 53, rgb_of(colour), 7)
        canvas.buttons[name] = (round(x), round(y), round(x + 62), round(y + 58))
        x += 70
    can_undo = bool(notes.pen.marks) or notes.document.can_undo(notes.author)
    for name, label, able in (("undo", "Undo", can_undo), ("redo", "Redo", notes.document.can_redo(notes.author))):
        x0 = 320.0 if name == "undo" else 455.0
        canvas.button(name, label, x0, y, x0 + 125, y + 58, over=over == name and able, dim=not able)


def _paint_tags(notes: Notes, canvas: Canvas, over: str | None, y: float) -> float:
    for i, tag in enumerate(notes.tags):
        x0, y0 = 20.0 + (i % 3) * 188, y + (i // 3) * 62
        lit = notes.pen.tag == tag
        canvas.button(f"tag {i}", tag, x0, y0, x0 + 180, y0 + 54, lit=lit, over=over == f"tag {i}")
    return y + 62.0 * ((len(notes.tags) + 2) // 3)


def _paint_rows(state: NotesState, canvas: Canvas, over: str | None, y: float) -> None:
    rows = _listed(state)
    room = max(int((canvas.height - 52 - y) // 60), 1)
    if not rows:
        canvas.text("Nothing is drawn at this moment.", 20, y + 40, 26, FAINT)
    for a in rows[:room]:
        canvas.box(20, y + 8, 34, y + 50, rgb_of(a.colour), 5)
        text = shortened(_row_text(state.notes, a, state.head.t_s), 28)
        canvas.text(text, 46, y + 38, 26)
        name = f"delete {a.ident}"
        canvas.button(name, "Delete", canvas.width - 136, y + 4, canvas.width - 20, y + 54, over=over == name)
        y += 60
    if len(rows) > room:
        canvas.text(f"and {len(rows) - room} more", 46, y + 18, 24, FAINT)
