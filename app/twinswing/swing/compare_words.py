"""A comparison in the words that every form of it shares: a table's cells, and what only one swing has."""

from dataclasses import dataclass

from twinswing.swing.compare import Comparison, Difference
from twinswing.swing.readable import label_of, shown, shown_difference


@dataclass(frozen=True)
class Line:
    """One line of the table; a, b and difference are (value, uncertainty), as people read them."""

    label: str
    a: tuple[str, str]
    b: tuple[str, str]
    difference: tuple[str, str]
    verdict: str


def lines_of(found: Comparison) -> tuple[Line, ...]:
    """Return phases and measures, what differs most first."""
    return tuple(_line(d) for d in found.ordered)


def _line(d: Difference) -> Line:
    value, plus_minus, sigma = shown_difference(d.difference, d.a.unit, d.sigma, d.name).partition(" ± ")
    between = (value, f"{plus_minus.lstrip()}{sigma}")
    return Line(label_of(d.name), shown(d.a, d.name), shown(d.b, d.name), between, d.verdict)


def unmatched(found: Comparison, letter_b: str = "B") -> list[str]:
    """Return sentences about what only one of the swings has; labels have commas of their own."""
    out = []
    for name, only in (("A", found.only_a), (letter_b, found.only_b)):
        if only:
            labels = "; ".join(label_of(n)[:1].lower() + label_of(n)[1:] for n in only)
            out.append(f"Only {name} has: {labels}.")
    return out
