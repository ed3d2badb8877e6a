"""Commands whose files people open elsewhere: export, report, compare."""

import argparse
import json
from pathlib import Path

from twinswing.cli.replay import existing
from twinswing.errors import InputError


def export(arguments: argparse.Namespace) -> int:
    """`twinswing export`: the motion for other programs."""
    from twinswing.cli.plant import export as plant_export
    from twinswing.cli.plant import is_plant
    from twinswing.report.export import export_session
    from twinswing.swing.session_io import load_session

    path = existing(arguments.file, "a recording (.mcap)")
    if is_plant(path):
        return plant_export(arguments)
    session = load_session(path)
    export_session(session, arguments.to, Path(arguments.out), arguments.rate)
    return 0


def report(arguments: argparse.Namespace) -> int:
    """`twinswing report`: one self-contained page."""
    from twinswing.cli.progress import progress_bar
    from twinswing.report.html_report import write_report
    from twinswing.swing.session_io import load_session

    session = load_session(existing(arguments.file, "a recording (.mcap)"))
    with progress_bar() as progress:
        write_report(session, Path(arguments.out), progress=progress)
    return 0


def compare(arguments: argparse.Namespace) -> int:
    """`twinswing compare`: two swings on one timeline, as a table and as a file."""
    from twinswing.cli.progress import progress_bar
    from twinswing.report.compare_html import write_comparison
    from twinswing.report.compare_render import write_sheet, write_side_by_side
    from twinswing.report.compare_text import text_of
    from twinswing.swing.compare import compare as compare_swings
    from twinswing.swing.compare import document
    from twinswing.swing.session_io import load_session

    writers = {".png": write_sheet, ".mp4": write_side_by_side, ".html": write_comparison}
    out = Path(arguments.out) if arguments.out else None
    if out is not None and out.suffix.lower() not in writers:
        raise InputError(f"expected -o to end in .png, .mp4 or .html, found {out.name!r}")
    a, b = (load_session(existing(name, "a recording (.mcap)")) for name in (arguments.a, arguments.b))
    found = compare_swings(a, b)
    if out is not None:
        with progress_bar() as progress:
            writers[out.suffix.lower()](a, b, found, out, view=arguments.view, progress=progress)
    print(json.dumps(document(a, b, found), indent=1) if arguments.json else text_of(a, b, found))
    return 0
