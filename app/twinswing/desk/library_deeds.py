"""What the library's window does to files and profiles: adding, saving, deleting, each answered with a sentence."""

import json
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from twinswing.desk.library_runner import ImportRunner
from twinswing.desk.library_thumbs import thumb_path
from twinswing.errors import TwinswingError
from twinswing.platform import settings_dir
from twinswing.review.library_delete import Deleted, delete_golfer, delete_recordings, originals_of
from twinswing.review.library_imports import ImportQueue
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import Golfer, Row, printable
from twinswing.review.library_people import load_golfers, save_golfer
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_plan import gather, logs_beside, plan

_REMEMBERING = ("desk.json", "plant-desk.json", "compare-desk.json")


def today() -> str:
    """Return the local day, "2026-05-01"."""
    return datetime.now().astimezone().strftime("%Y-%m-%d")


class LibraryDeeds:
    """Acts on one library; what it did is in the index at once."""

    def __init__(self, place: LibraryPlace, index: LibraryIndex, runner: ImportRunner | None) -> None:
        self.place, self.index, self.runner = place, index, runner

    def thumbs_of(self, row: Row) -> Path:
        """Return where a recording's thumbnails lie."""
        return thumb_path(self.place.thumbs, row.fingerprint, has_video=row.has_video)

    def add(self, paths: Iterable[Path], golfer: Golfer | None) -> str:
        """Put dropped files into the queue; return what is to be said."""
        if self.runner is None:
            return "Nothing can be added to this library now."
        files, problems = gather(paths)
        planned = plan(files, logs_beside(files))
        mine = [p for p in planned.imports if self.place.folder not in p.source.path.absolute().parents]
        self.runner.add(mine, person=golfer.ident if golfer is not None else "")
        problems += planned.refused
        if len(mine) < len(planned.imports):
            problems.append("What lies in the library already was left out.")
        said = (
            [_count(len(mine), "file") + " to be added" + (f" for {golfer.name}." if golfer else ".")] if mine else []
        )
        if golfer is not None and mine and (golfer.consent is None or "record" not in golfer.consent.covers):
            said.append(f"{golfer.name} has not agreed yet to be recorded: note it in the profile.")
        return " ".join([*said, *problems[:2], *([f"{len(problems) - 2} more were left out."] if problems[2:] else [])])

    def save(self, golfer: Golfer) -> None:
        """Keep a profile; raises InputError if it cannot be."""
        save_golfer(self.place.folder, golfer)
        self.index.put_people(load_golfers(self.place.folder)[0])

    def originals(self, rows: list[Row]) -> int:
        """Return how many originals of recordings are still there."""
        try:
            with ImportQueue(self.place.imports) as held:
                return sum(len(paths) for paths in originals_of(held, rows).values())
        except TwinswingError:
            return 0  # the deletion itself says so

    def delete(self, rows: list[Row], *, originals: bool) -> str:
        """Delete recordings; return what is to be said."""

        def act(held: ImportQueue) -> Deleted:
            return delete_recordings(self.index, rows, thumbs_of=self.thumbs_of, queue=held, originals=originals)

        return self._told(act)

    def delete_golfer(self, golfer: Golfer, *, originals: bool) -> str:
        """Delete a golfer's recordings and profile; return what is to be said."""

        def act(held: ImportQueue) -> Deleted:
            return delete_golfer(
                self.index, self.place.folder, golfer.ident,
                thumbs_of=self.thumbs_of, queue=held, originals=originals,
            )  # fmt: skip

        return self._told(act)

    def _told(self, act: Callable[[ImportQueue], Deleted]) -> str:
        try:
            with ImportQueue(self.place.imports) as held:
                done = act(held)
        except (TwinswingError, OSError) as error:
            return printable(str(error))
        unforgotten = forget_recent(done.files)
        said = [f"Deleted {_count(len(done.files), 'file')}."] if done.files or not done.problems else []
        if not done.wiped:
            said.append("The index is cleaned when no other window reads it.")
        return " ".join([*said, *done.problems[:2], *unforgotten])


def forget_recent(paths: Iterable[Path]) -> list[str]:
    """Take files out of what the windows remember as opened lately; return where that could not be written."""
    problems: list[str] = []
    gone = {str(path) for path in paths} | {str(path.resolve()) for path in paths}
    for name in _REMEMBERING:
        file = settings_dir() / name
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            recent = stored["recent"]
            kept = [entry for entry in recent if entry not in gone]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # not there, or not ours: it is read as empty, too
        if kept != recent:
            fresh = file.with_suffix(".new")
            try:
                fresh.write_text(json.dumps({**stored, "recent": kept}, indent=1), encoding="utf-8")
                fresh.replace(file)
            except OSError as error:
                problems.append(f"{printable(str(file))} still names it: {error.strerror or error}.")
    return problems


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def now_unix_ns() -> int:
    """Return the time of day."""
    return time.time_ns()
