"""`twinswing compare`: what sets swings apart, as a table, as a file, and in a window."""

import argparse
import json
from pathlib import Path

from twinswing.cli.replay import existing
from twinswing.errors import InputError


def compare(arguments: argparse.Namespace) -> int:
    """Compare A with B in words, then write the file asked for or open a window with all swings."""
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
    if arguments.more and (out is not None or arguments.json):
        raise InputError(f"expected two swings for a file or a table, found {2 + len(arguments.more)}")
    if arguments.more and arguments.headset:
        raise InputError(f"--headset: expected two swings to stand before, found {2 + len(arguments.more)}")
    paths = [existing(name, "a recording (.mcap)") for name in (arguments.a, arguments.b, *arguments.more)]
    a, b = (load_session(path) for path in paths[:2])
    found = compare_swings(a, b)
    if out is not None:
        with progress_bar() as progress:
            writers[out.suffix.lower()](a, b, found, out, view=arguments.view, progress=progress)
    print(json.dumps(document(a, b, found), indent=1) if arguments.json else text_of(a, b, found), flush=True)
    if out is not None or arguments.json:
        return 0
    if arguments.headset:
        from twinswing.cli import headset

        return headset.swing(paths[0], arguments, paths[1])
    return _show(paths, arguments)


def _show(paths: list[Path], arguments: argparse.Namespace) -> int:
    """Open the window; without a display, and not told to make a picture, the table was all."""
    from twinswing.platform import has_display

    if not has_display() and not arguments.offscreen:
        return 0
    from twinswing.desk.compare_run import run_compare

    return run_compare(paths, view=arguments.view, offscreen=arguments.offscreen, seconds=arguments.seconds)
