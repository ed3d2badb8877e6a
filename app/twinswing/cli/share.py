"""Commands whose files people open elsewhere: export."""

import argparse
from pathlib import Path

from twinswing.cli.replay import existing


def export(arguments: argparse.Namespace) -> int:
    """`twinswing export`: the motion for other programs."""
    from twinswing.report.export import export_session
    from twinswing.swing.session_io import load_session

    session = load_session(existing(arguments.file, "a recording (.mcap)"))
    export_session(session, arguments.to, Path(arguments.out), arguments.rate)
    return 0
