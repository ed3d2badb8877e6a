"""Commands whose files people open elsewhere: export, report, compare."""

import argparse
from pathlib import Path

from twinswing.cli.replay import existing, writable
from twinswing.errors import InputError


def export(arguments: argparse.Namespace) -> int:
    """`twinswing export`: the motion for other programs."""
    from twinswing.cli.plant import export as plant_export
    from twinswing.cli.plant import is_plant
    from twinswing.report.export import export_session
    from twinswing.report.export_notes import FORMATS
    from twinswing.swing.session_io import load_session

    path = existing(arguments.file, "a recording (.mcap)")
    if arguments.to in FORMATS:
        return _export_notes(path, arguments)
    if is_plant(path):
        return plant_export(arguments)
    session = load_session(path)
    export_session(session, arguments.to, writable(arguments.out, path), arguments.rate)
    return 0


def _export_notes(path: Path, arguments: argparse.Namespace) -> int:
    from twinswing.cli.plant import is_plant
    from twinswing.report.export_notes import export_notes
    from twinswing.stage.annotation_shapes import Around, aspects_of
    from twinswing.swing.session_io import load_session

    if arguments.rate is not None:
        raise InputError(f"--rate: what was said has no rate; leave it out with --to {arguments.to}")
    around = None
    if not is_plant(path):
        session = load_session(path)
        around = Around(body=session.body, aspects=aspects_of(session))
    export_notes(path, arguments.to, writable(arguments.out, path), around)
    return 0


def report(arguments: argparse.Namespace) -> int:
    """`twinswing report`: one self-contained page."""
    from twinswing.cli.plant import is_plant
    from twinswing.cli.progress import progress_bar
    from twinswing.desk.library_settings import library_folder
    from twinswing.report.html_plant import write_plant_report
    from twinswing.report.html_report import write_report
    from twinswing.report.notes import Notes, load_notes
    from twinswing.review.library_earlier import earlier_of
    from twinswing.review.library_place import LibraryPlace
    from twinswing.swing.session_io import load_session

    path = existing(arguments.file, "a recording (.mcap)")
    out = writable(arguments.out, path)
    notes = Notes() if arguments.no_annotations else load_notes(path)
    with progress_bar() as progress:
        if is_plant(path):
            write_plant_report(path, out, notes, progress=progress)
        else:
            session, earlier = load_session(path), earlier_of(path, LibraryPlace.of(library_folder()).index)
            write_report(session, out, earlier=earlier, notes=notes, blur_face=arguments.blur_face, progress=progress)
    return 0
