"""Commands that find things out: analyze, truth, bench."""

import argparse
import json
from pathlib import Path

from twinswing.cli.progress import progress_bar
from twinswing.cli.replay import existing, parse_size, writable


def analyze(arguments: argparse.Namespace) -> int:
    """`twinswing analyze VIDEO`."""
    from twinswing.swing.analysis import analyze as analyze_video
    from twinswing.swing.analysis_json import document

    video = existing(arguments.video, "a video")
    second = existing(arguments.second, "a second video") if arguments.second else None
    club = existing(arguments.club, "a club's samples") if arguments.club else None
    out = writable(arguments.out)
    with progress_bar() as progress:
        session = analyze_video(
            video, out, second=second, club=club, club_units=arguments.club_units,
            club_kind=arguments.club_kind, clock_hint_s=arguments.clock_hint,
            height_m=arguments.height, progress=progress,
            calibration=existing(arguments.calibration, "a camera's file") if arguments.calibration else None,
        )  # fmt: skip
    if arguments.json:
        print(json.dumps(document(session), indent=1))
    return 0


def truth(arguments: argparse.Namespace) -> int:
    """`twinswing truth -o DIR`."""
    from twinswing.truth.generate import write_truth

    c3d = existing(arguments.from_c3d, "a motion-capture file (.c3d)") if arguments.from_c3d else None
    with progress_bar() as progress:
        write_truth(
            Path(arguments.out), swings=arguments.swings, seed=arguments.seed, fps=arguments.fps, view=arguments.view,
            from_c3d=c3d, club=arguments.club, handed=arguments.handed, faults=tuple(arguments.fault),
            readout_s=arguments.rolling_shutter, size=parse_size(arguments.size), progress=progress,
        )  # fmt: skip
    return 0


def bench(arguments: argparse.Namespace) -> int:
    """`twinswing bench`."""
    from twinswing.truth.bench import run_benches

    return run_benches(writable(arguments.out), full=arguments.full, only=arguments.only)
