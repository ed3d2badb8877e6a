"""`twinswing render` and `twinswing send`: a recording as a film, and as a folder for a phone."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.cli.plant import is_plant
from twinswing.cli.progress import progress_bar
from twinswing.cli.replay import existing, parse_size, writable
from twinswing.errors import InputError

if TYPE_CHECKING:
    from twinswing.report.film_plan import FilmPlan
    from twinswing.report.notes import Notes


def render_film(arguments: argparse.Namespace) -> int:
    """Film a swing's or a plant's recording with what people said of it."""
    from twinswing.report.film import subtitles_of
    from twinswing.report.notes import Notes, load_notes

    path = existing(arguments.file, "a recording (.mcap)")
    out = writable(arguments.out, path)
    subtitles = writable(arguments.subtitles, path) if arguments.subtitles else None
    notes = Notes() if arguments.no_annotations else load_notes(path)
    _tell_missing(notes, path)
    plan = _film_plant(arguments, path, out, notes) if is_plant(path) else _film_swing(arguments, path, out, notes)
    if subtitles is not None:
        try:
            subtitles.write_text(subtitles_of(plan), "utf-8")
        except OSError as error:
            raise InputError(f"the subtitles could not be written to {subtitles}: {error.strerror}") from error
    return 0


def _tell_missing(notes: "Notes", path: Path) -> None:
    if notes.missing:
        print(f"twinswing: {len(notes.missing)} voices in {path} cannot be heard; they stay silent", file=sys.stderr)


def _film_swing(arguments: argparse.Namespace, path: Path, out: Path, notes: "Notes") -> "FilmPlan":
    from twinswing.report.film_plan import FilmSettings
    from twinswing.report.film_swing import FilmLook, film_swing
    from twinswing.swing.session_io import load_session

    settings = FilmSettings(
        fps=arguments.fps, speed=0.25 if arguments.speed is None else arguments.speed,
        impact_speed=arguments.impact_speed,
    )  # fmt: skip
    look = FilmLook(
        view=arguments.view or "face-on",
        size=parse_size(arguments.size) if arguments.size else None,
        trail=not arguments.no_trail,
        numbers=not arguments.no_numbers,
        blur_face=arguments.blur_face,
    )
    part = (arguments.start, arguments.end)
    with progress_bar() as progress:
        return film_swing(
            load_session(path), out, look=look, settings=settings, notes=notes, part_s=part, progress=progress
        )


def _film_plant(arguments: argparse.Namespace, path: Path, out: Path, notes: "Notes") -> "FilmPlan":
    from twinswing.plant.recorded import RecordedHistory
    from twinswing.report.film_plant import PlantLook, film_plant

    look = PlantLook(
        view=arguments.view or "overview", size=parse_size(arguments.size or "1280x720"),
        numbers=not arguments.no_numbers, fps=arguments.fps, speed=arguments.speed,
        part_s=(arguments.start, arguments.end),
    )  # fmt: skip
    with RecordedHistory(path) as history, progress_bar() as progress:
        return film_plant(history, out, look, notes, progress=progress)


def send(arguments: argparse.Namespace) -> int:
    """`twinswing send`: a folder that a phone can open."""
    from twinswing.report.folder import FolderLook, write_folder
    from twinswing.report.notes import Notes, load_notes

    path = existing(arguments.file, "a recording (.mcap)")
    notes = Notes() if arguments.no_annotations else load_notes(path)
    _tell_missing(notes, path)
    look = FolderLook(
        view=arguments.view,
        size=parse_size(arguments.size) if arguments.size else None,
        fps=arguments.fps,
        speed=arguments.speed,
        blur_face=arguments.blur_face,
    )
    with progress_bar() as progress:
        write_folder(path, Path(arguments.out), notes, look, plant=is_plant(path), progress=progress)
    return 0
