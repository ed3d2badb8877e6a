"""The report's part on what was understood: what to work at, the twelve faults, and every measure with its range."""

from collections.abc import Sequence
from html import escape

from twinswing.report import html_page
from twinswing.swing.coaching import Advice, Earlier, own_range
from twinswing.swing.faults import LIKELY, NOT_SEEN, UNKNOWN
from twinswing.swing.measure_table import Listed, measure_table
from twinswing.swing.model import Measure
from twinswing.swing.positions import POSITIONS
from twinswing.swing.readable import label_of, shown, told_range
from twinswing.swing.understanding import Understanding

STYLE = """
.advice{list-style:none;margin:0;padding:0;display:grid;gap:14px;counter-reset:advice}
.advice>li{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:16px 18px 14px 58px;
position:relative;break-inside:avoid;counter-increment:advice}
.advice>li::before{content:counter(advice);position:absolute;left:18px;top:16px;width:26px;height:26px;
border-radius:50%;background:var(--accent);color:var(--card);font-weight:700;text-align:center;line-height:26px}
.advice h3{margin:0 0 4px;font-size:1.05rem}
.advice ul,.drill ol{margin:.3em 0;padding-left:1.2em}
.drill{border-top:1px solid var(--line);margin-top:10px;padding-top:8px}
.drill p{margin:.3em 0}
td.verdict{font-weight:650;white-space:nowrap}
td.verdict.likely{color:var(--warm)}
.positions td,.positions th{padding:7px 8px;font-size:.84rem}
.positions{margin-top:18px}
.held td,.held th{padding:8px 12px}
.held th{min-width:14ch}
.positions small,.held small{display:block;color:var(--faint);font-weight:400}
td.wrap{white-space:normal;min-width:16ch}
"""
_VERDICTS = {LIKELY: "● likely", NOT_SEEN: "○ not seen", UNKNOWN: "◌ cannot be told"}


def coaching_section(found: Understanding) -> str:
    """Return what to work at, as a numbered list; a sentence where there is nothing to advise."""
    coaching = found.coaching
    parts = [f"<p>{escape(coaching.said)}</p>"]
    if coaching.advice:
        parts.append(f'<ol class="advice">{"".join(_advice(a) for a in coaching.advice)}</ol>')
    return "\n".join(parts)


def _advice(advice: Advice) -> str:
    fault = advice.finding.fault
    where = POSITIONS[advice.at]
    heading = f'<h3>{escape(fault.label)} <small class="faint">at {where}</small></h3>'
    parts = [heading, f"<p>{escape(advice.why)}</p>"]
    if advice.leads_to:
        items = "".join(f"<li>{escape(text)}</li>" for text in advice.leads_to)
        parts.append(f"<p>It comes first, for it leads to:</p><ul>{items}</ul>")
    parts += [f"<p><b>Since then:</b> {escape(p.said)}</p>" for p in advice.progress]
    if advice.drill is not None:
        drill = advice.drill
        steps = "".join(f"<li>{escape(step)}</li>" for step in drill.steps)
        needs = f" You need {escape(drill.needs)}." if drill.needs else ""
        parts.append(
            f'<div class="drill"><p><b>Drill: {escape(drill.name)}.</b>{needs}</p><ol>{steps}</ol>'
            f'<p>Feel: {escape(drill.feel)}</p><p class="faint">{escape(drill.often)}</p></div>'
        )
    return f"<li>{''.join(parts)}</li>"


def faults_section(found: Understanding) -> str:
    """Return the twelve faults as a table, the likely ones first."""
    order = {LIKELY: 0, UNKNOWN: 1, NOT_SEEN: 2}
    rows = []
    for f in sorted(found.findings.values(), key=lambda f: order[f.verdict]):
        chance = f"{f.low:.0%}" if f.low == f.high else f"{f.low:.0%} to {f.high:.0%}"
        rows.append(
            f'<tr><th scope="row">{escape(f.fault.label)}<small>{escape(f.fault.definition)}</small></th>'
            f'<td class="verdict {"likely" if f.verdict == LIKELY else ""}">{_VERDICTS[f.verdict]}</td>'
            f'<td class="n">{chance}</td><td class="wrap">{escape(f.because)}</td></tr>'
        )
    note = (
        '<p class="faint">The names are the Titleist Performance Institute\'s. No limits are published for them; these '
        "are ours, and the chance is how likely the true value is beyond them.</p>"
    )
    head = "".join(f'<th scope="col">{h}</th>' for h in ("Fault", "Verdict", "Chance", "Because"))
    return (
        f'{note}<div class="scroll"><table class="held" aria-label="Faults"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def measures_section(found: Understanding) -> str:
    """Return every measure: those of the whole swing or with a range as rows, the rest by position."""
    table = measure_table()
    rows = []
    for name, measure in found.measures.items():
        listed = table.get(name)
        if listed is not None and listed.position is not None and listed.range_for(found.club) is None:
            continue
        value, sigma = shown(measure, name)
        held = "<br>".join(held_against(name, listed, measure, found.club, found.earlier))
        rows.append(
            f'<tr><th scope="row">{escape(label_of(name))}</th><td class="n">{escape(value)}</td>'
            f'<td class="n">{escape(sigma)}</td><td>{escape(measure.source)}</td><td>{held}</td></tr>'
        )
    if not rows and not found.measures:
        return '<p class="faint">This recording has no measures.</p>'
    head = "".join(
        f'<th scope="col">{h}</th>' for h in ("Measure", "Value", "± one standard deviation", "From", "Held against")
    )
    table_of = (
        f'<div class="scroll"><table class="held" aria-label="All measures"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
    parts = [table_of, _positions(found), _missing(found)]
    return "\n".join(p for p in parts if p)


def held_against(
    name: str, listed: Listed | None, measure: Measure, club: str | None, earlier: Sequence[Earlier]
) -> list[str]:
    """Return what a measure is held against, as markup: published ranges with their source, and the golfer's own."""
    said = []
    published = listed.range_for(club) if listed is not None else None
    if published is not None:
        said.append(f"{escape(told_range(published, measure.unit, name))}<small>{escape(published.source)}</small>")
    own = own_range(name, earlier)
    if own is not None:
        said.append(f"{escape(told_range(own, measure.unit, name))}<small>{escape(own.source)}</small>")
    return said


def _positions(found: Understanding) -> str:
    """Return a table of the measures at each position, a row a measure."""
    keys: dict[str, dict[str, str]] = {}
    labels: dict[str, str] = {}
    for name, listed in measure_table().items():
        if listed.position is not None and name in found.measures:
            value, sigma = shown(found.measures[name], name)
            keys.setdefault(listed.key, {})[listed.position] = f"{escape(value)}<small>{escape(sigma)}</small>"
            words = listed.spec.words
            labels[listed.key] = escape(listed.spec.label) + (f"<small>+ {escape(words[0])}</small>" if words else "")
    used = [p for p in POSITIONS if any(p in row for row in keys.values())]
    if not used:
        return ""
    rows = [[labels[key], *(row.get(p, "") for p in used)] for key, row in keys.items()]
    table = html_page.table(["At", *(POSITIONS[p] for p in used)], rows, "Measures at each position")
    return table.replace("<table ", '<table class="positions" ', 1)


def _missing(found: Understanding) -> str:
    """Say what could not be given, by reason."""
    reasons: dict[str, list[str]] = {}
    for name, reason in found.missing.items():
        listed = measure_table().get(name)
        label = listed.spec.label if listed is not None else label_of(name)
        unsure = reason.startswith("it is known to")
        why = "too uncertain to tell one golfer's from another's" if unsure else reason
        if label not in reasons.setdefault(why, []):
            reasons[why].append(label)
    if not reasons:
        return ""
    items = "".join(
        f"<li>{escape(why[:1].upper() + why[1:])}: {escape(', '.join(labels))}.</li>" for why, labels in reasons.items()
    )
    return f"<p>What this recording cannot tell:</p><ul>{items}</ul>"
