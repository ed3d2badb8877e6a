"""The tables of the pages on measures and faults, from their declarations.

`python -m twinswing.swing.measure_doc docs/measures.md docs/coaching.md` writes them again.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from twinswing.swing.coaching import bundled_drills
from twinswing.swing.faults import fault_rules
from twinswing.swing.measure_table import MeasureSpec, measure_table
from twinswing.swing.model import Measure
from twinswing.swing.positions import POSITIONS
from twinswing.swing.readable import told, told_range

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
_NEEDS = {
    "camera": "camera", "club": "sensed club", "both": "camera and sensed club", "either": "camera or sensed club",
}  # fmt: skip


def table_markdown() -> str:
    """Return the declared measures as Markdown, a heading and a table for each group."""
    groups: dict[str, dict[str, MeasureSpec]] = {}
    names: dict[str, str] = {}
    for listed in measure_table().values():
        groups.setdefault(listed.spec.group, {})[listed.key] = listed.spec
        names.setdefault(
            listed.key, listed.name.replace(f"_{listed.position}", "_*") if listed.position else listed.name
        )
    lines = []
    for group, specs in groups.items():
        lines += [f"### {group}", "", "| measure | definition | unit | from | at | not given above | held against |"]
        lines.append("|---|---|---|---|---|---|---|")
        lines += [_row(names[key], spec) for key, spec in specs.items()]
        lines.append("")
    return "\n".join(lines)


def _row(name: str, spec: MeasureSpec) -> str:
    at = ", ".join(POSITIONS[p] for p in spec.at) or "the swing"
    example = next(n for n, listed in measure_table().items() if listed.spec is spec)
    worth = "" if spec.worth is None else f"{told(Measure(0.0, spec.unit, spec.worth, ''), example)[1]}: {spec.why}"
    words = f" + is {spec.words[0]}, - {spec.words[1]}." if spec.words else ""
    ranges = []
    for r in spec.range:
        where = ", ".join(x for x in (POSITIONS[r.at] if r.at else "", r.club or "") if x)
        ranges.append(f"{where + ': ' if where else ''}{told_range(r, spec.unit, example)} ({r.source})")
    cells = (f"`{name}`", f"{spec.label}. {spec.definition}{words}", spec.unit, _NEEDS[spec.needs], at, worth)
    return "| " + " | ".join((*cells, "; ".join(ranges))) + " |"


def faults_markdown() -> str:
    """Return the rules of the faults as a Markdown table."""
    lines = ["| fault | what it is | shown at | rule | leads to | drills |", "|---|---|---|---|---|---|"]
    rules = fault_rules()
    for fault in rules.values():
        parts = []
        for c in fault.when:
            unit = measure_table()[c.measure].spec.unit
            limits = [f"{kind} {told(Measure(x, unit, 0.0, ''), c.measure)[0]}" for kind, x in c.club.items()]
            told_limits = ", ".join([told(Measure(c.limit(None), unit, 0.0, ""), c.measure)[0], *limits])
            side = "above" if c.above is not None else "below"
            parts.append(f"`{c.measure}` {side} {told_limits}: {c.why}")
        joined = f" **{'or' if fault.rule == 'any' else 'and'}** ".join(parts)
        follows = ", ".join(rules[f.fault].label.split(",")[0] for f in fault.leads_to) or "-"
        drills = ", ".join(d.name for d in bundled_drills() if fault.name in d.faults)
        lines.append(
            f"| {fault.label} | {fault.definition} | {POSITIONS[fault.at]} | {joined} | {follows} | {drills} |"
        )
    return "\n".join(lines) + "\n"


_TABLES = {"measures.md": table_markdown, "coaching.md": faults_markdown}


def written(page: str, table: str) -> str:
    """Return a page with the table between its two marks renewed."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """Renew the tables in the pages that are named."""
    pages = [Path(argument) for argument in arguments]
    if not pages or any(page.name not in _TABLES for page in pages):
        sys.stderr.write("usage: python -m twinswing.swing.measure_doc docs/measures.md docs/coaching.md\n")
        return 2
    for page in pages:
        page.write_text(written(page.read_text("utf-8"), _TABLES[page.name]()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
