"""A folder that a phone can open without a server: a page with the narrated film, its chapters, pictures, drills."""

import base64
import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.plant.recorded import RecordedHistory
from twinswing.report import html_notes, html_page
from twinswing.report.film import Progress, chapters_of, cues_of, subtitles_of
from twinswing.report.film_file import Cue
from twinswing.report.film_plan import FilmPlan, FilmSettings
from twinswing.report.film_plant import PlantLook, film_plant
from twinswing.report.film_swing import FilmLook, film_swing
from twinswing.report.html_plant import plant_html
from twinswing.report.html_report import facts_of, report_html
from twinswing.report.notes import Notes
from twinswing.report.stills import PlantStills, SwingStills
from twinswing.stage.annotation_shapes import Around
from twinswing.swing.session_io import load_session

RgbImage = NDArray[np.uint8]

FILM, PAGE, REPORT, WORDS = "film.mp4", "index.html", "report.html", "film.vtt"
_POSTER_S = 0.4  # into the film
# A swing is about as wide as it is high, and a phone is held upright.
_SQUARE = (960, 960)

_SCRIPT = """
const film=document.querySelector('video'),said=document.querySelector('.subtitle');
const cues=JSON.parse(document.getElementById('cues').textContent);
const stops=[...document.querySelectorAll('[data-s]')];
for(const stop of stops)stop.addEventListener('click',()=>{film.currentTime=+stop.dataset.s+.02;film.play();
film.scrollIntoView({block:'nearest'});});
film.addEventListener('timeupdate',()=>{const t=film.currentTime;let now=null;
for(const stop of stops)if(+stop.dataset.s<=t+.03)now=stop;
for(const stop of stops)stop.setAttribute('aria-current',stop===now?'true':'false');
const cue=cues.find(c=>c[0]<=t&&t<c[1]);said.textContent=cue?cue[2]:'';});
film.addEventListener('error',()=>{document.querySelector('.beside').hidden=false;},true);
"""
_STYLE = """
main,header{max-width:760px}
header{padding-top:18px}
h1{font-size:1.5rem}
.player{position:sticky;top:0;z-index:1;background:var(--ground);padding:8px 0 4px;margin-top:10px}
video{display:block;width:100%;max-height:62vh;background:#000;border-radius:12px}
.subtitle{min-height:1.5em;margin:6px 2px 0;max-width:none;white-space:pre-line;font-weight:600}
.chapters{list-style:none;margin:6px 0 0;padding:0;display:grid;gap:8px}
.chapters button{display:flex;gap:12px;width:100%;text-align:left;font:inherit;color:inherit;background:var(--card);
border:1px solid var(--line);border-radius:12px;padding:13px 14px;min-height:48px;cursor:pointer}
.chapters button[aria-current=true]{border-color:var(--accent);box-shadow:inset 4px 0 0 var(--accent)}
.chapters time{color:var(--faint);font-variant-numeric:tabular-nums;flex:none}
.more{display:inline-block;margin:10px 16px 0 0;color:var(--accent)}
@media (max-height:520px){.player{position:static}}
@media print{.player,.chapters{display:none}}
"""


@dataclass(frozen=True)
class FolderLook:
    """How the film in a folder is made: its view (None: the usual one), size, pictures a second and speed."""

    view: str | None = None
    size: tuple[int, int] | None = None
    fps: float = 30.0
    speed: float | None = None
    blur_face: bool = False


@dataclass(frozen=True)
class _Made:
    """What a folder's page tells of a recording."""

    title: str
    kicker: str
    facts: tuple[str, ...]
    plan: FilmPlan
    around: Around
    remarks: str


def write_folder(
    path: Path, out: Path, notes: Notes, look: FolderLook | None = None, *, plant: bool = False,
    progress: Progress = lambda _stage, _fraction: None,
) -> None:  # fmt: skip
    """Write a recording's folder; plant: whether it is one of a plant.

    Raises InputError where the folder is there already with something in it, nothing can be shown, or it cannot be
    written. A folder that is not finished is taken away.
    """
    look = look or FolderLook()
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"-o: expected a folder that is not there yet, or an empty one, found {out} with something in it"
        )
    if not out.parent.is_dir():
        raise InputError(f"-o: expected a folder to make {out.name} in, found none at {out.parent}")
    try:
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise InputError(f"-o: the folder {out} could not be made: {error.strerror}") from error
    try:
        made = (_plant if plant else _swing)(path, part, notes, look, progress)
        (part / WORDS).write_text(subtitles_of(made.plan), "utf-8")
        (part / PAGE).write_text(_page(made, _poster(part / FILM)), "utf-8")
        part.chmod(0o755)
        if out.exists():
            out.rmdir()
        part.rename(out)
    except OSError as error:
        raise InputError(f"-o: the folder {out} could not be written: {error.strerror}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _swing(path: Path, folder: Path, notes: Notes, look: FolderLook, progress: Progress) -> _Made:
    session = load_session(path)
    view = look.view or "face-on"
    size = look.size or (None if view == "video" else _SQUARE)
    film = FilmLook(view=view, size=size, blur_face=look.blur_face)
    settings = FilmSettings(fps=look.fps, speed=0.25 if look.speed is None else look.speed)
    plan = film_swing(session, folder / FILM, look=film, settings=settings, notes=notes, progress=progress)
    with SwingStills(session, blur_face=look.blur_face) as stills:
        remarks = html_notes.remarks(notes, stills, progress=progress)
        around = stills.around
    report = report_html(session, remarks=remarks, blur_face=look.blur_face, progress=progress)
    (folder / REPORT).write_text(report, "utf-8")
    return _Made(path.stem, "Your swing", tuple(facts_of(session)), plan, around, remarks)


def _plant(path: Path, folder: Path, notes: Notes, look: FolderLook, progress: Progress) -> _Made:
    with RecordedHistory(path) as history:
        film = PlantLook(fps=look.fps, speed=look.speed)
        film = replace(film, view=look.view or film.view, size=look.size or film.size)
        plan = film_plant(history, folder / FILM, film, notes, progress=progress)
        with PlantStills(history) as stills:
            remarks = html_notes.remarks(notes, stills, progress=progress)
            around = stills.around
        (folder / REPORT).write_text(plant_html(history, notes, remarks=remarks, progress=progress), "utf-8")
        plant = history.plant
        return _Made(plant.label or plant.name, "The plant", (f"{len(plant.units)} units",), plan, around, remarks)


def _page(made: _Made, poster: str) -> str:
    cues = [[round(c.start_s, 3), round(c.end_s, 3), c.text] for c in cues_of(made.plan, made.around)]
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in made.facts)
    header = (
        f'<p class="kicker">{escape(made.kicker)}</p>\n<h1>{escape(made.title)}</h1>\n<ul class="facts">{facts}</ul>'
    )
    # Inside a page's script block nothing may look like markup, not even a comment's beginning.
    told = json.dumps(cues, ensure_ascii=False).replace("<", "\\u003c")
    player = (
        f'<div class="player"><video controls playsinline preload="metadata" poster="{poster}" src="{FILM}"></video>'
        '<p class="subtitle" aria-live="off"></p></div>'
        f'<p class="note beside" hidden>The film could not be opened from here. It lies beside this page as {FILM}.</p>'
    )
    links = (
        f'<a class="more" href="{REPORT}">All numbers and pictures</a><a class="more" href="{FILM}">The film alone</a>'
    )
    main = "\n".join([
        player,
        html_page.section("Chapters", _chapters(chapters_of(made.plan))),
        html_page.section("What was said", made.remarks),
        f"<p>{links}</p>",
        f'<script type="application/json" id="cues">{told}</script>',
        f"<script>{_SCRIPT}</script>",
    ])  # fmt: skip
    footer = "Made by Twinswing. Everything lies in this folder; nothing is loaded from elsewhere."
    style = html_notes.STYLE + _STYLE
    return html_page.page(made.title, header, main, footer, style, policy=_policy())


def _policy() -> str:
    """Return what the page may load: its own script, and the film beside it, wherever the folder lies."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode("ascii")
    return (
        "default-src 'none'; img-src data:; media-src 'self' file: content: data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )


def _chapters(chapters: list[Cue]) -> str:
    items = []
    for chapter in chapters:
        minutes, seconds = divmod(int(chapter.start_s), 60)
        words = f"<time>{minutes}:{seconds:02d}</time><span>{escape(chapter.text)}</span>"
        items.append(f'<li><button type="button" data-s="{chapter.start_s:.3f}">{words}</button></li>')
    return f'<ol class="chapters">{"".join(items)}</ol>'


def _poster(film: Path) -> str:
    """Return an early picture of a film as a data URI, so that a phone shows something before it plays."""
    video = cv2.VideoCapture(str(film))
    try:
        video.set(cv2.CAP_PROP_POS_MSEC, 1000.0 * _POSTER_S)
        found, bgr = video.read()
    finally:
        video.release()
    if not found:
        return ""
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}" if done else ""
