"""Commands whose files people open elsewhere: export, report, compare."""

import argparse
from pathlib import Path

from twinswing.cli.replay import existing


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
