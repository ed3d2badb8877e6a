"""The queue of imports: what is to be analysed or copied into the library. It outlives the window and the machine.

SQLite, so that several windows may add to it; which one works on it is settled by a lock that the system takes back
from a process that dies.
"""

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twinswing.errors import InputError
from twinswing.review.library_index import is_busy, remove_database
from twinswing.review.library_model import printable
from twinswing.review.library_plan import Planned

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
_VERSION = 1
_WAIT_S = 5.0
_SCHEMA = """
CREATE TABLE imports (
  id INTEGER PRIMARY KEY, source BLOB NOT NULL, source_ns INTEGER NOT NULL, source_size INTEGER NOT NULL,
  club BLOB, club_ns INTEGER NOT NULL DEFAULT 0, club_size INTEGER NOT NULL DEFAULT 0,
  person TEXT NOT NULL, club_kind TEXT NOT NULL, out BLOB, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT ''
)
"""


@dataclass(frozen=True)
class Import:
    """One import. out: the recording that came of it, None before. error: why it failed, a sentence."""

    ident: int
    source: Path
    club: Path | None
    person: str
    club_kind: str
    out: Path | None
    state: str
    error: str = ""

    @property
    def name(self) -> str:
        """What to call it."""
        return printable(self.source.name)


class ImportQueue:
    """The queue. Belongs to the thread that opened it; `ImportQueue(path)` may be opened by any number.

    started_afresh: why it had to be begun anew, a sentence; "" where it was in order.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.started_afresh = ""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock: sqlite3.Connection | None = None
        try:
            self.db = self._open()
        except sqlite3.DatabaseError as error:
            if is_busy(error):
                raise InputError(f"the queue at {path} is locked by another program.") from error
            if isinstance(error, sqlite3.OperationalError):  # a full disk, or a file that may not be written
                raise InputError(f"the queue at {path} could not be opened: {error}.") from error
            self.started_afresh = f"The queue was damaged ({error}) and is begun anew; drop the videos again."
            remove_database(path, "the queue")
            self.db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
        try:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("BEGIN IMMEDIATE")
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                db.execute(_SCHEMA)
                db.execute(f"PRAGMA user_version = {_VERSION}")
            db.execute("COMMIT")
        except BaseException:
            db.close()
            raise
        if version > _VERSION:
            db.close()
            raise InputError(
                f"the queue at {self.path} is of version {version}, and this program knows {_VERSION}: update it."
            )
        return db

    def close(self) -> None:
        """Close it, and let another process work on it."""
        self.release()
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Who works on it

    def claim(self) -> bool:
        """Become the one who works on the queue; False while another process does.

        What a process that died was working on waits again.
        """
        if self._lock is not None:
            return True
        lock = sqlite3.connect(self.path.with_suffix(".lock"), timeout=0.0, isolation_level=None)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            lock.close()
            return False
        self._lock = lock
        self.db.execute("UPDATE imports SET state = ? WHERE state = ?", (WAITING, RUNNING))
        return True

    def release(self) -> None:
        """Work on it no longer."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # What is in it

    def add(self, planned: Iterable[Planned], *, person: str = "", club_kind: str = "") -> int:
        """Put imports at its end, those that wait or run already left out; return how many were put there."""
        held = {item.source for item in self.all() if item.state in (WAITING, RUNNING)}
        fresh = [p for p in planned if p.source.path not in held]
        self.db.executemany(
            "INSERT INTO imports (source, source_ns, source_size, club, club_ns, club_size, person, club_kind, state) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    os.fsencode(p.source.path), p.source.modified_ns, p.source.size,
                    None if p.club is None else os.fsencode(p.club.path),
                    0 if p.club is None else p.club.modified_ns, 0 if p.club is None else p.club.size,
                    person, club_kind, WAITING,
                )
                for p in fresh
            ],
        )  # fmt: skip
        return len(fresh)

    def all(self) -> list[Import]:
        """Return every import, in the order in which they came."""
        return [_import(row) for row in self.db.execute(f"{_ROW} ORDER BY id").fetchall()]

    @property
    def state(self) -> tuple[int, int]:
        """A value that is another one after any change, by whichever process."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0]), self.db.total_changes

    def take(self) -> Import | None:
        """Return the next that waits, as running; None where none waits. Only for who has claimed the queue."""
        row = self.db.execute(f"{_ROW} WHERE state = ? ORDER BY id LIMIT 1", (WAITING,)).fetchone()
        if row is None:
            return None
        found = _import(row)
        self._set([found.ident], RUNNING, (WAITING,))
        return found

    def start(self, ident: int, out: Path) -> None:
        """Note where one that runs will lie, so that a later try clears away what this one may leave."""
        self.db.execute("UPDATE imports SET out = ? WHERE id = ?", (os.fsencode(out), ident))

    def finish(self, ident: int, state: str, *, out: Path | None = None, error: str = "") -> None:
        """Say what became of one that ran."""
        kept = None if out is None else os.fsencode(out)
        self.db.execute(
            "UPDATE imports SET state = ?, out = coalesce(?, out), error = ? WHERE id = ?",
            (state, kept, printable(error), ident),
        )

    def retry(self, ident: int) -> None:
        """Let one that failed or was cancelled wait again."""
        self._set([ident], WAITING, (FAILED, CANCELLED))

    def cancel(self, ident: int) -> None:
        """Let one that waits wait no longer."""
        self._set([ident], CANCELLED, (WAITING,))

    def clear(self) -> None:
        """Take out what failed or was cancelled; what is done stays known, for its originals."""
        self.db.execute("DELETE FROM imports WHERE state IN (?, ?)", (FAILED, CANCELLED))

    def originals(self) -> dict[Path, list[Path]]:
        """Return the files that recordings were made from, those that are unchanged since, by recording."""
        found: dict[Path, list[Path]] = {}
        rows = self.db.execute(
            "SELECT out, source, source_ns, source_size, club, club_ns, club_size FROM imports WHERE state = ?",
            (DONE,),
        )
        for out, source, source_ns, source_size, club, club_ns, club_size in rows:
            files = found.setdefault(_path(out), [])
            for path, ns, size in ((source, source_ns, source_size), (club, club_ns, club_size)):
                if path and _is_unchanged(_path(path), ns, size) and _path(path) not in (*files, _path(out)):
                    files.append(_path(path))
        return found

    def forget(self, outs: Iterable[Path]) -> None:
        """Forget how recordings came about."""
        self.db.executemany("DELETE FROM imports WHERE out = ?", [(os.fsencode(out),) for out in outs])
        self.db.execute("VACUUM")

    def forget_golfer(self, person: str) -> None:
        """Forget all imports for a golfer that do not run now."""
        self.db.execute("DELETE FROM imports WHERE person = ? AND state <> ?", (person, RUNNING))
        self.db.execute("VACUUM")

    def _set(self, idents: list[int], state: str, only: tuple[str, ...]) -> None:
        marks = ", ".join("?" * len(only))
        self.db.executemany(
            f"UPDATE imports SET state = ?, error = '' WHERE id = ? AND state IN ({marks})",  # noqa: S608  (marks only)
            [(state, ident, *only) for ident in idents],
        )


def free_name(folder: Path, stem: str, taken: Iterable[Path] = ()) -> Path:
    """Return a recording's name in a folder that no file and no other import has: "swing", "swing-2", "swing-3" ..."""
    used = set(taken)
    path, number = folder / f"{stem}.mcap", 1
    while path in used or path.exists():
        number += 1
        path = folder / f"{stem}-{number}.mcap"
    return path


# In the order that `_import` takes apart.
_ROW = "SELECT id, source, club, person, club_kind, out, state, error FROM imports"


def _import(row: tuple[Any, ...]) -> Import:
    ident, source, club, person, kind, out, state, error = row
    return Import(
        ident, _path(source), _path(club) if club else None, person, kind, _path(out) if out else None, state, error
    )


def _path(data: bytes) -> Path:
    return Path(os.fsdecode(data))


def _is_unchanged(path: Path, modified_ns: int, size: int) -> bool:
    try:
        about = path.stat()
    except OSError:
        return False
    return (about.st_mtime_ns, about.st_size) == (modified_ns, size)
