"""The pictures of the library's documentation: `python -m twinswing.desk.library_pictures OUT FOLDER` makes them.

FOLDER is a library as `python -m twinswing.truth.library_demo FOLDER` writes it; its index goes into a scratch folder.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from twinswing.desk.library_settings import LibrarySettings
from twinswing.desk.library_window import LibraryDesk
from twinswing.desk.library_worker import LibraryWorker
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_query import NOBODY, Query

_THUMBS_S = 600.0  # a software renderer draws a swing's thumbnails in seconds


def _golfer(desk: LibraryDesk) -> str:
    """Return the golfer with the most recordings."""
    people = [choice for choice in desk.state.choices.people if choice.key != NOBODY]
    return max(people, key=lambda choice: choice.count).key


def _cards(desk: LibraryDesk) -> None:
    desk.do("first")
    desk.do("right")


def _trends(desk: LibraryDesk) -> None:
    desk.state.ask(Query(person=_golfer(desk)))
    desk.do("first")
    desk.do("trends")


def _profile(desk: LibraryDesk) -> None:
    desk.do("trends")
    desk.do(f"golfer:{_golfer(desk)}")


def _empty(desk: LibraryDesk) -> None:
    desk.do("first")


# Name of the picture, what is done in the window before it is taken; each goes on from the one before.
STATES: tuple[tuple[str, Callable[[LibraryDesk], None]], ...] = (
    ("library", _cards),
    ("library-trends", _trends),
    ("library-golfer", _profile),
)


def take(out: Path, folder: Path, size: tuple[int, int] = (1440, 900)) -> list[Path]:
    """Show a library in every state, and an empty one, and save the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    taken = _taken(out, folder, size, STATES)
    with tempfile.TemporaryDirectory() as nothing:
        return taken + _taken(out, Path(nothing) / "Twinswing", size, (("library-empty", _empty),))


def _taken(
    out: Path, folder: Path, size: tuple[int, int], states: tuple[tuple[str, Callable[[LibraryDesk], None]], ...]
) -> list[Path]:
    taken: list[Path] = []
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        place = LibraryPlace(folder, base / "index.db", base / "thumbs", base / "queue.db")
        worker = LibraryWorker(place).start()
        desk = LibraryDesk(place, worker, LibrarySettings(*size), offscreen=True)
        try:
            desk.settle(10, _THUMBS_S)
            for name, act in states:
                act(desk)
                desk.settle(10, _THUMBS_S)
                taken.append(out / f"{name}.png")
                desk.save_picture(taken[-1])
        finally:
            desk.shut()
            worker.close()
    return taken


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m twinswing.desk.library_pictures OUT FOLDER")
    for picture in take(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(f"{picture}\n")
