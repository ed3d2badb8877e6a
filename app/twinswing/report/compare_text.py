"""A comparison as lines for the terminal, and the words that every form of it shares."""

from twinswing.swing.compare import Comparison, Difference
from twinswing.swing.model import SwingSession
from twinswing.swing.readable import label_of, shown, shown_difference

HEAD = ["", "A", "B", "B against A", "Verdict"]


def rows_of(found: Comparison) -> list[list[str]]:
    """Return phases and measures as cells of plain text: name, A, B, difference, verdict."""
    rows = [_row(d.name[:1].upper() + d.name[1:], d) for d in found.phases]
    return rows + [_row(label_of(d.name), d) for d in found.measures]


def _row(label: str, d: Difference) -> list[str]:
    return [
        label,
        " ".join(shown(d.a)),
        " ".join(shown(d.b)),
        shown_difference(d.difference, d.a.unit, d.sigma),
        d.verdict,
    ]


def unmatched(found: Comparison) -> list[str]:
    """Return sentences about what only one of the swings has."""
    out = []
    for name, only in (("A", found.only_a), ("B", found.only_b)):
        if only:
            labels = ", ".join(label_of(n)[:1].lower() + label_of(n)[1:] for n in only)
            out.append(f"Only {name} has: {labels}.")
    return out


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
