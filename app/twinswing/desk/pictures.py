"""The pictures of the documentation: `python -m twinswing.desk.pictures OUT FILE.mcap ...` makes them again."""

import sys
from collections.abc import Sequence
from pathlib import Path

from twinswing.desk.jobs import AnalysisJob
from twinswing.desk.settings import Settings
from twinswing.desk.tools import carry_tools
from twinswing.desk.window import Desk

# Name of the picture, what is done in the window before it is taken.
STATES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("face-on", ("view:face-on", "event:impact")),
    ("down-the-line", ("view:down-the-line", "event:mid_downswing")),
    ("top", ("view:top", "event:mid_follow_through")),
    ("oblique", ("view:oblique", "event:top")),
    ("golfers-eyes", ("view:golfer", "event:address")),
    ("over-the-video", ("view:video", "event:mid_follow_through")),
    ("plane-and-skeleton", ("view:oblique", "toggle:plane", "toggle:skeleton", "event:mid_downswing")),
)


def take(out: Path, recordings: Sequence[Path]) -> list[Path]:
    """Show each recording in every state and save the pictures; the first one's also with help, files and a job."""
    out.mkdir(parents=True, exist_ok=True)
    desk = Desk(Settings(), offscreen=True, folder=recordings[0].parent)
    carry_tools(desk)  # as a user meets it
    taken: list[Path] = []

    def save(name: str) -> None:
        desk.settle(40)
        taken.append(out / f"{name}.png")
        desk.save_picture(taken[-1])

    try:
        for recording in recordings:
            desk.open_or_raise(recording)
            desk.settings = Settings()
            for name, actions in STATES:
                for action in actions:
                    desk.do(action)
                save(f"{recording.stem}-{name}")
                for action in actions:
                    if action.startswith("toggle:"):
                        desk.do(action)
        desk.open_or_raise(recordings[0])
        desk.do("view:face-on")
        desk.do("event:top")
        for overlay in ("help", "files"):
            desk.do(overlay)
            save(overlay)
            desk.do(overlay)
        desk.job = AnalysisJob(Path("my-swing.mp4"), Path("my-swing.mcap"), stage="Finding the golfer", fraction=0.42)
        save("analysis")
        desk.job = None
    finally:
        desk.shut()
    return taken


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: python -m twinswing.desk.pictures OUT FILE.mcap ...")
    for picture in take(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]):
        sys.stdout.write(f"{picture}\n")
