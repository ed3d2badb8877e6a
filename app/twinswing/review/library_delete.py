"""Deleting for good: the recording, its thumbnails, all that the index and the queue knew of it, originals if wished.

What a disk keeps of a deleted file underneath is the system's; no file of this program's names or shows it afterwards.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from twinswing.review.library_imports import ImportQueue
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import Row, printable
from twinswing.review.library_people import profiles_of
from twinswing.review.library_query import Query, rows_of, select


@dataclass
class Deleted:
    """What became of a deletion.

    files: what is gone. problems: a sentence each on what could not be deleted, which stays in the library. wiped:
    whether no trace is left in the index already; else it is cleaned when it is opened next.
    """

    files: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    wiped: bool = True


def originals_of(queue: ImportQueue | None, rows: Iterable[Row]) -> dict[Path, list[Path]]:
    """Return the videos and logs that recordings were made from here and that are still there unchanged, by recording.

    One that another recording of the library was made from as well is left out.
    """
    if queue is None:
        return {}
    wanted = {row.path for row in rows}
    originals = queue.originals()
    kept = {path for out, paths in originals.items() if out not in wanted for path in paths}
    return {out: [path for path in paths if path not in kept] for out, paths in originals.items() if out in wanted}


def delete_recordings(
    index: LibraryIndex,
    rows: list[Row],
    *,
    thumbs_of: Callable[[Row], Path],
    queue: ImportQueue | None = None,
    originals: bool = False,
) -> Deleted:
    """Delete recordings; the index is wiped of them.

    thumbs_of: where a row's thumbnails lie; those that a copy of the recording still uses are kept.
    originals: also the videos and logs that they were made from.
    """
    result = Deleted()
    sources = originals_of(queue, rows) if originals else {}
    gone: list[Row] = []
    for row in rows:
        # Where its folder is gone as well, nothing tells whether it was deleted or lies on a drive that is away.
        if not row.path.exists() and not (row.here and row.path.parent.is_dir()):
            result.problems.append(f"{printable(row.path.name)} is not within reach now and was not deleted.")
            continue
        try:
            row.path.unlink(missing_ok=True)
        except OSError as error:
            result.problems.append(f"{printable(row.path.name)} could not be deleted: {error.strerror or error}.")
            continue
        gone.append(row)
        result.files.append(row.path)
        for path in sources.get(row.path, ()):
            _unlink(path, result)
    with index.writing():
        index.drop(row.ident for row in gone)
    for row in gone:
        if row.fingerprint and not _has_copy(index, row.fingerprint):
            _unlink(thumbs_of(row), result, told=False)
    if queue is not None:
        queue.forget([row.path for row in gone])
    result.wiped = index.wipe()
    return result


def delete_golfer(
    index: LibraryIndex,
    folder: Path,
    ident: str,
    *,
    thumbs_of: Callable[[Row], Path],
    queue: ImportQueue | None = None,
    originals: bool = False,
) -> Deleted:
    """Delete a golfer: all recordings that are theirs, and the profile.

    Where a recording cannot be deleted the profile stays, so that it is still known whose it is.
    """
    idents = select(index, Query(person=ident))
    rows = list(rows_of(index, idents).values())
    result = delete_recordings(index, rows, thumbs_of=thumbs_of, queue=queue, originals=originals)
    if queue is not None:
        queue.forget_golfer(ident)
    if result.problems:
        return result
    for path in profiles_of(folder, ident):
        _unlink(path, result)
    if not result.problems:
        with index.writing() as db:
            db.execute("DELETE FROM people WHERE ident = ?", (ident,))
    result.wiped = index.wipe()
    return result


def _has_copy(index: LibraryIndex, fingerprint: str) -> bool:
    found: sqlite3.Cursor = index.db.execute("SELECT 1 FROM recordings WHERE fingerprint = ? LIMIT 1", (fingerprint,))
    return found.fetchone() is not None


def _unlink(path: Path, result: Deleted, *, told: bool = True) -> None:
    try:
        if path.exists():
            path.unlink()
            if told:
                result.files.append(path)
    except OSError as error:
        result.problems.append(f"{printable(path.name)} could not be deleted: {error.strerror or error}.")
