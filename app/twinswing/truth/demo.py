"""The two bundled demonstration sessions: `python -m twinswing.truth.demo recordings` makes them again.

Each is a truth swing, filmed and sensed, then analysed as any user's swing is: what is bundled is what the program
found, not the truth.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from twinswing.swing.analysis import analyze
from twinswing.truth.generate import write_truth

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Demo:
    """One demonstration swing; the seed fixes golfer, clothes, camera and clocks."""

    name: str
    club: str
    view: str
    fps: float
    seed: int


DEMOS: tuple[Demo, ...] = (
    Demo("driver-face-on", "driver", "face-on", 60.0, 9),
    Demo("iron-down-the-line", "iron", "down-the-line", 120.0, 11),
)
SIZE = (540, 720)


def write_demo_inputs(out_dir: Path, size: tuple[int, int] = SIZE, progress: Progress | None = None) -> list[Path]:
    """Write the demonstration swings' videos, club samples and truths; return their folders in the order of DEMOS."""
    folders = []
    for i, demo in enumerate(DEMOS):

        def report(_stage: str, part: float, i: int = i, name: str = demo.name) -> None:
            if progress is not None:
                progress(f"Filming {name}", (i + part) / len(DEMOS))

        made = write_truth(
            out_dir / demo.name,
            seed=demo.seed,
            fps=demo.fps,
            view=demo.view,
            club=demo.club,
            size=size,
            progress=report,
        )
        folders += made
    return folders


def make_demos(out_dir: Path, size: tuple[int, int] = SIZE, progress: Progress | None = None) -> list[Path]:
    """Film, sense and analyse the demonstration swings; return their recordings."""
    out_dir.mkdir(parents=True, exist_ok=True)
    recordings = []
    with tempfile.TemporaryDirectory() as scratch:
        for demo, folder in zip(DEMOS, write_demo_inputs(Path(scratch), size, progress), strict=True):
            out = out_dir / f"{demo.name}.mcap"
            analyze(folder / "video.mp4", out, club=folder / "club.csv", club_kind=demo.club, progress=progress)
            recordings.append(out)
    return recordings


def main(arguments: Sequence[str]) -> int:
    """Make the demonstration sessions in the folder that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m twinswing.truth.demo DIR\n")
        return 2
    for path in make_demos(Path(arguments[0])):
        sys.stderr.write(f"{path} {path.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
