"""Two swings on one page: their events side by side, their speeds on one timeline, and which differences count."""

from html import escape
from pathlib import Path

from twinswing.report import html_page
from twinswing.report.compare_render import common_events
from twinswing.report.compare_text import HEAD, rows_of
from twinswing.report.export_motion import write_bytes
from twinswing.report.html_pictures import Moment, Progress, camera_for_both, half_of, moments
from twinswing.report.html_report import facts_of, footer, name_of, require_swing, speed_plots
from twinswing.swing.compare import DIFFERS, Comparison
from twinswing.swing.compare_words import unmatched
from twinswing.swing.model import SwingSession
from twinswing.swing.readable import event_label

_PICTURE = (400, 400)  # a swing is about as wide as high


def write_comparison(
    a: SwingSession, b: SwingSession, found: Comparison, out: Path, *, view: str | None = None, pictures: bool = True,
    progress: Progress = lambda _stage, _fraction: None,
) -> None:  # fmt: skip
    """Write the page; InputError where a recording says nothing of a swing or the file can't be written."""
    write_bytes(out, comparison_html(a, b, found, view=view, pictures=pictures, progress=progress).encode())


def comparison_html(
    a: SwingSession, b: SwingSession, found: Comparison, *, view: str | None = None, pictures: bool = True,
    progress: Progress = lambda _stage, _fraction: None,
) -> str:  # fmt: skip
    """Return the page as text; `view` is by default the one that A was filmed from."""
    require_swing(a)
    require_swing(b)
    names = common_events(found)
    films: list[list[Moment]] = []
    camera = camera_for_both(a, b, _PICTURE, view) if pictures else None
    for i, session in enumerate((a, b)):
        times = [session.events[name].t_s for name in names]
        films.append(
            moments(
                session, times, _PICTURE, camera=camera,
                progress=half_of(progress, i),
            )
            if pictures
            else [Moment(None, None)] * len(names)
        )  # fmt: skip
    sentences = (*found.notes, *unmatched(found))
    rows = [[escape(cell) for cell in row] for row in rows_of(found)]
    for row in rows:
        row[-1] = f'<span class="differs">{row[-1]}</span>' if row[-1] == DIFFERS else row[-1]
    told = (
        '<p class="faint">± is one standard deviation. A difference counts when it is larger than two of its own; '
        "otherwise the swings cannot be told apart by that number.</p>"
    )
    body = "\n".join([
        html_page.notes(sentences),
        html_page.section("Side by side", _film(a, b, names, films)),
        html_page.section("What differs", told + html_page.table(HEAD, rows, "Differences") if rows else ""),
        html_page.section("Speeds", speed_plots([("A", a), ("B", b)], found.warp.to_a)),
    ])  # fmt: skip
    title = f"Two swings: {name_of(a)} and {name_of(b)}"
    header = f'<p class="kicker">Two swings on one timeline</p>\n<h1>{escape(name_of(a))} and {escape(name_of(b))}</h1>'
    for label, session in (("A", a), ("B", b)):
        facts = "".join(f"<li>{escape(fact)}</li>" for fact in [f"{label}: {name_of(session)}", *facts_of(session)])
        header += f'\n<ul class="facts">{facts}</ul>'
    return html_page.page(title, header, body, footer())


def _film(a: SwingSession, b: SwingSession, names: list[str], films: list[list[Moment]]) -> str:
    items = []
    for k, name in enumerate(names):
        label = event_label(name)
        scenes = [(swing, film[k].scene) for swing, film in zip("AB", films, strict=True)]
        images = [html_page.picture(rgb, f"{label} of {swing}") for swing, rgb in scenes if rgb is not None]
        pair = f'<div class="pair">{"".join(images)}</div>' if images else ""
        times = f"A {a.events[name].t_s:.3f} s, B {b.events[name].t_s:.3f} s"
        items.append(f'<li>{pair}<div class="words"><b>{escape(label)}</b><span>{times}</span></div></li>')
    return f'<ol class="film pairs">{"".join(items)}</ol>' if items else ""
