"""A comparison as lines for the terminal."""

from twinswing.swing.compare import Comparison
from twinswing.swing.compare_words import lines_of, unmatched
from twinswing.swing.model import SwingSession

HEAD = ["", "A", "B", "B against A", "Verdict"]


def rows_of(found: Comparison) -> list[list[str]]:
    """Return phases and measures as cells of plain text, what differs most first: name, A, B, difference, verdict."""
    return [
        [line.label, " ".join(line.a), " ".join(line.b), " ".join(line.difference), line.verdict]
        for line in lines_of(found)
    ]


def text_of(a: SwingSession, b: SwingSession, found: Comparison) -> str:
    """Return the whole comparison as plain text."""
    rows = [HEAD, *rows_of(found)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    lines = [f"A  {a.path or 'a swing'}", f"B  {b.path or 'a swing'}", ""]
    if len(rows) > 1:
        lines += ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines += ["", "± is one standard deviation; a verdict of a difference needs two of the difference."]
    else:
        lines.append("The swings have no phase and no measure in common.")
    return "\n".join([*lines, *found.notes, *unmatched(found)])
