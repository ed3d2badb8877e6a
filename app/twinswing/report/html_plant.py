"""A plant's recording as one page: what it holds, and what people said of it."""

from datetime import datetime
from html import escape
from pathlib import Path

from twinswing.plant.recorded import RecordedHistory
from twinswing.report import html_notes, html_page
from twinswing.report.export_motion import write_bytes
from twinswing.report.film import FilmSize, Moment, Progress
from twinswing.report.film_plant import PlantLook, PlantShot
from twinswing.report.html_report import footer
from twinswing.report.notes import Notes
from twinswing.report.plant_info import PlantInfo, plant_info
from twinswing.report.stills import PlantStills
from twinswing.stage.annotation_shapes import Shapes

_OVERVIEW = (1120, 560)


def write_plant_report(
    path: Path, out: Path, notes: Notes | None = None, *, progress: Progress = lambda _stage, _fraction: None
) -> None:
    """Write the page; raises InputError where the file is no plant's recording or the page can't be written."""
    with RecordedHistory(path) as history:
        page = plant_html(history, notes or Notes(), progress=progress)
    write_bytes(out, page.encode())


def plant_html(
    history: RecordedHistory, notes: Notes, *, remarks: str | None = None,
    progress: Progress = lambda _stage, _fraction: None,
) -> str:  # fmt: skip
    """Return the page as text: the plant at its recording's end, the facts, the remarks with a picture each.

    remarks: those of the notes as markup, where it is made already.
    """
    info = plant_info(history)
    name = history.plant.label or history.plant.name
    with PlantShot(history, PlantLook(size=_OVERVIEW, numbers=False), FilmSize.of(_OVERVIEW)) as shot:
        whole = shot.draw(Moment(history.span_ns[1] * 1e-9, 0.0), Shapes())
    if remarks is None and notes:
        with PlantStills(history) as stills:
            remarks = html_notes.remarks(notes, stills, progress=progress)
    main = "\n".join([
        f"<figure>{html_page.picture(whole, f'The plant {name} when the recording ends')}"
        "<figcaption>The plant at the recording's end.</figcaption></figure>",
        html_page.section("What was said", remarks or ""),
        html_page.section("What the recording holds", _facts(info)),
    ])  # fmt: skip
    header = f'<p class="kicker">Plant report</p>\n<h1>{escape(name)}</h1>\n<ul class="facts">{_short(info)}</ul>'
    return html_page.page(f"Plant report: {name}", header, main, footer(), html_notes.STYLE + _STYLE)


_STYLE = """
figure{margin-top:22px}
figure img{display:block;width:100%;height:auto;border-radius:8px}
figcaption{margin-top:8px}
tbody th{white-space:nowrap}
td.n{white-space:normal}
"""


def _short(info: PlantInfo) -> str:
    hours = (info.last_s - info.first_s) / 3600.0
    start = datetime.fromisoformat(info.start_utc)
    facts = [
        f"{hours:.1f} h from {start:%d %B %Y, %H:%M} UTC",
        f"{info.units} units",
        f"{sum(info.alarms.values())} alarms",
    ]
    return "".join(f"<li>{escape(fact)}</li>" for fact in facts)


def _facts(info: PlantInfo) -> str:
    def listed(counts: dict[str, int]) -> str:
        return escape(", ".join(f"{count} {name}" for name, count in counts.items())) or "none"

    rows = [
        ["Units by kind", listed(info.kinds)],
        ["Alarms by priority", listed(info.alarms)],
        ["Floods of alarms", str(info.floods)],
        ["Observations", f"{info.observations:,}"],
        ["Actions of people", str(info.actions)],
        ["Links lost", str(info.lost_links)],
    ]
    return html_page.table(["", "Found"], rows, "What the recording holds")
