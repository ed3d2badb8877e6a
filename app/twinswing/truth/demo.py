"""The inputs of the two bundled demonstration sessions: `python -m twinswing.truth.demo recordings`."""

from collections.abc import Callable
from pathlib import Path

from twinswing.truth.generate import write_truth

# Name, club, view, frames a second, seed. The seeds give a tour-like driver and a tidy iron.
DEMOS: tuple[tuple[str, str, str, float, int], ...] = (
    ("driver-face-on", "driver", "face-on", 60.0, 7),
    ("iron-down-the-line", "iron", "down-the-line", 120.0, 11),
)
SIZE = (540, 720)


def write_demo_inputs(
    out_dir: Path, size: tuple[int, int] = SIZE, progress: Callable[[str, float], None] | None = None
) -> list[Path]:
    """Write the demonstration swings' videos, club samples and truths; return their folders, named as the sessions."""
    folders = []
    for i, (name, club, view, fps, seed) in enumerate(DEMOS):

        def report(stage: str, part: float, i: int = i, name: str = name) -> None:
            del stage
            if progress is not None:
                progress(name, (i + part) / len(DEMOS))

        made = write_truth(out_dir / name, seed=seed, fps=fps, view=view, club=club, size=size, progress=report)
        folders += made
    return folders
