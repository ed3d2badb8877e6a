"""The pictures of the comparing window in docs/: `python -m twinswing.desk.compare_pictures DIR A.mcap B.mcap`."""

import sys
from pathlib import Path

from twinswing.desk.compare_window import CompareDesk
from twinswing.desk.settings import Settings
from twinswing.swing.session_io import load_session

_SIZE = (1440, 900)
_FRAMES = 14  # panels settle in three; the video threads deliver within these


def make_pictures(folder: Path, recordings: list[Path]) -> None:
    """Write compare-side-by-side.png, compare-ghosts.png and compare-over-video.png into a folder."""
    desk = CompareDesk([load_session(path) for path in recordings], Settings(*_SIZE), offscreen=True)
    try:
        desk.settle(_FRAMES)
        desk.do("event:top")
        for name, actions in (
            ("side-by-side", ()),
            ("ghosts", ("ghosts_on",)),
            ("over-video", ("split_on", "view:video", "event:impact")),
        ):
            for action in actions:
                desk.do(action)
            desk.settle(_FRAMES)
            desk.save_picture(folder / f"compare-{name}.png")
    finally:
        desk.shut()


if __name__ == "__main__":
    make_pictures(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
