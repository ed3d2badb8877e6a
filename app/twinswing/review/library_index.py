"""The library's index: SQLite beside the user's caches, made again from the recordings whenever it is lost or damaged.

Several processes may have it open: readers see whole commits (write-ahead log), writers wait for one another. What is
deleted is overwritten (`secure_delete`); `wipe` then leaves nothing of it in the file, its log or the search's own
tables.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from twinswing.errors import InputError
from twinswing.review.library_model import Entry, Golfer, fold, printable, tidy, words_of

SCHEMA_VERSION = 1
# Marks the file as ours (SQLite's application_id): "TwSw".
APPLICATION_ID = 0x54775377
_WAIT_S = 10.0  # for another process's commit: it writes a hundred rows in some milliseconds

_SCHEMA = """
CREATE TABLE recordings (
  id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, file TEXT NOT NULL, size INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL, here INTEGER NOT NULL DEFAULT 1,
  kind TEXT NOT NULL, reason TEXT NOT NULL, fingerprint TEXT NOT NULL, title TEXT NOT NULL,
  recorded_ns INTEGER NOT NULL, recorded_source TEXT NOT NULL, day TEXT NOT NULL, duration_s REAL NOT NULL,
  person TEXT NOT NULL, handed TEXT NOT NULL, view TEXT NOT NULL, height_m REAL,
  club TEXT NOT NULL, club_kind TEXT NOT NULL, club_serial TEXT NOT NULL,
  plant TEXT NOT NULL, plant_label TEXT NOT NULL, has_video INTEGER NOT NULL, swings INTEGER NOT NULL,
  annotations INTEGER NOT NULL, notes TEXT NOT NULL, rating INTEGER NOT NULL, tags TEXT NOT NULL, warnings TEXT NOT NULL
);
CREATE INDEX by_time ON recordings(recorded_ns DESC, id);
CREATE INDEX by_fingerprint ON recordings(fingerprint);
CREATE INDEX by_person ON recordings(person);
CREATE TABLE tags (recording INTEGER NOT NULL REFERENCES recordings(id) ON DELETE CASCADE, tag TEXT NOT NULL,
  PRIMARY KEY (tag, recording)) WITHOUT ROWID;
CREATE INDEX tags_of ON tags(recording);
CREATE TABLE measures (recording INTEGER NOT NULL REFERENCES recordings(id) ON DELETE CASCADE, name TEXT NOT NULL,
  value REAL NOT NULL, unit TEXT NOT NULL, sigma REAL, source TEXT NOT NULL,
  place INTEGER NOT NULL, PRIMARY KEY (name, recording)) WITHOUT ROWID;
CREATE INDEX measures_of ON measures(recording);
CREATE TABLE people (ident TEXT PRIMARY KEY, name TEXT NOT NULL, height_m REAL, handed TEXT NOT NULL,
  consent_day TEXT NOT NULL, consent_covers TEXT NOT NULL, clubs TEXT NOT NULL, note TEXT NOT NULL,
  changed_ns INTEGER NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
# What is searched; the golfer's name is looked up among people, so that a renamed one is found at once.
_WORDS = "CREATE VIRTUAL TABLE words USING fts5(body, tokenize = \"unicode61 remove_diacritics 2\", prefix = '2 3')"
_PLAIN_WORDS = "CREATE TABLE words (rowid INTEGER PRIMARY KEY, body TEXT NOT NULL)"


@dataclass(frozen=True)
class FileState:
    """What the index knew of a file when it last looked: row, size in bytes, time of change, fingerprint."""

    ident: int
    size: int
    modified_ns: int
    fingerprint: str
    here: bool


class LibraryIndex:
    """An open index. Belongs to the thread that opened it.

    rebuilt: why it had to be made afresh, a sentence; "" where it was in order. Raises InputError if it is a newer
    program's or cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rebuilt = ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"the library's index could not be made at {path}: {error.strerror or error}.") from error
        try:
            self.db = self._open()
        except sqlite3.DatabaseError as error:
            if is_busy(error):
                raise InputError(f"the library's index at {path} is locked by another program.") from error
            self.rebuilt = f"The library's index was damaged ({error}) and is made again from the recordings."
            remove_database(path, "the library's index")
            try:
                self.db = self._open()
            except sqlite3.Error as again:
                raise InputError(f"the library's index could not be made at {path}: {again}.") from again
        self.full_text = self._has_full_text()
        if self.fact("wipe"):
            self.wipe()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None)
        try:
            db.execute("PRAGMA secure_delete = ON")
            db.execute("PRAGMA foreign_keys = ON")
            version = self._checked_version(db)
            db.execute("PRAGMA journal_mode = WAL")
            # A power cut may cost the last commits, which the next scan makes again.
            db.execute("PRAGMA synchronous = NORMAL")
            db.create_function("folded", 1, fold, deterministic=True)
            db.create_function("worded", 1, lambda text: " ".join(words_of(fold(text))), deterministic=True)
            if version < SCHEMA_VERSION:
                self._make(db)
            else:
                # A damaged page shows itself here and not in the middle of a frame.
                db.execute("SELECT count(*) FROM recordings WHERE id > 0 AND kind <> ''").fetchone()
                db.execute("SELECT count(*) FROM words").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def _checked_version(self, db: sqlite3.Connection) -> int:
        """Return the version of what lies in the file, 0 for an empty one; raise if it is not ours to use."""
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        ours = db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        if not ours and db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise sqlite3.DatabaseError("it is another program's database")
        if version > SCHEMA_VERSION:
            raise InputError(
                f"the library's index at {self.path} has version {version}, and this program knows "
                f"{SCHEMA_VERSION}: update it, or delete the index, which is made again from the recordings."
            )
        return version

    def _make(self, db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        # Another process may have made it while this one waited.
        if db.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION:
            db.execute("COMMIT")
            return
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if not name.startswith(("sqlite_", "words_")):
                db.execute(f'DROP TABLE IF EXISTS "{name}"')
        for statement in _SCHEMA.split(";"):
            if statement.strip():
                db.execute(statement)
        try:
            db.execute(_WORDS)
        except sqlite3.OperationalError:
            db.execute(_PLAIN_WORDS)  # an SQLite without full-text search: every row is looked through instead
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")

    def _has_full_text(self) -> bool:
        made = self.db.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
        return made is not None and "fts5" in made[0]

    def close(self) -> None:
        """Close it; what lies in the log is moved into the file if nobody else has it open."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Change it: all of what is done inside, or nothing. Other writers, in any process, wait."""
        try:
            self.db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise InputError(f"the library's index at {self.path} could not be written: {error}.") from error
        try:
            yield self.db
            self.db.execute("COMMIT")
        except BaseException as error:
            if self.db.in_transaction:  # a full disk has ended it already
                self.db.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise InputError(f"the library's index at {self.path} could not be written: {error}.") from error
            raise

    @property
    def state(self) -> tuple[int, int]:
        """A value that is another one after any change, by whichever process."""
        return int(self.db.execute("PRAGMA data_version").fetchone()[0]), self.db.total_changes

    # Facts

    def fact(self, name: str) -> str:
        """Return a note that the index keeps of itself, or "" ."""
        found = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def set_fact(self, name: str, value: str) -> None:
        """Keep a note; "" takes it away."""
        if value:
            self.db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
        else:
            self.db.execute("DELETE FROM facts WHERE name = ?", (name,))

    # Recordings

    def files(self) -> dict[bytes, FileState]:
        """Return every file that is known, by its path as the system spells it."""
        rows = self.db.execute("SELECT path, id, size, modified_ns, fingerprint, here FROM recordings")
        return {path: FileState(i, size, ns, mark, bool(here)) for path, i, size, ns, mark, here in rows}

    def put(self, path: Path, size: int, modified_ns: int, entry: Entry, ident: int | None = None) -> int:
        """Enter what a file is, in place of what was known of it; return its row. Call it in `writing`.

        ident: the row of a file that was moved here; None: that of the path, or a new one.
        """
        db, key = self.db, os.fsencode(path)
        if ident is None:
            found = db.execute("SELECT id FROM recordings WHERE path = ?", (key,)).fetchone()
        else:
            # Another process may have entered the path meanwhile, or have taken the row for one that is gone.
            self.drop(i for (i,) in db.execute("SELECT id FROM recordings WHERE path = ? AND id <> ?", (key, ident)))
            found = db.execute("SELECT id FROM recordings WHERE id = ?", (ident,)).fetchone()
        ident = found[0] if found else None
        columns = {"path": key, "file": printable(path.name), "size": size, "modified_ns": modified_ns, "here": 1}
        columns |= _columns(entry)
        if ident is None:
            names, marks = ", ".join(columns), ", ".join("?" * len(columns))
            db.execute(f"INSERT INTO recordings ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608
            ident = int(db.execute("SELECT last_insert_rowid()").fetchone()[0])
        else:
            names = ", ".join(f"{name} = ?" for name in columns)
            db.execute(f"UPDATE recordings SET {names} WHERE id = ?", (*columns.values(), ident))  # noqa: S608
            for table in ("tags", "measures"):
                db.execute(f"DELETE FROM {table} WHERE recording = ?", (ident,))  # noqa: S608
            db.execute("DELETE FROM words WHERE rowid = ?", (ident,))
        db.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(ident, tag) for tag in entry.tags])
        db.executemany(
            "INSERT OR REPLACE INTO measures VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(ident, m.name, m.value, m.unit, m.sigma, m.source, place) for place, m in enumerate(entry.measures)],
        )
        db.execute("INSERT INTO words (rowid, body) VALUES (?, ?)", (ident, _words(path, entry)))
        return ident

    def drop(self, idents: Iterable[int]) -> None:
        """Take recordings out, with all that was known of them. Call it in `writing`."""
        rows = [(ident,) for ident in idents]
        self.db.executemany("DELETE FROM words WHERE rowid = ?", rows)
        self.db.executemany("DELETE FROM recordings WHERE id = ?", rows)

    def mark_here(self, idents: Sequence[int], *, here: bool) -> None:
        """Note that files can be reached, or cannot. Call it in `writing`."""
        self.db.executemany("UPDATE recordings SET here = ? WHERE id = ?", [(int(here), i) for i in idents])

    # People

    def put_people(self, golfers: Iterable[Golfer]) -> bool:
        """Take in all profiles there are, in place of those known; return whether anything differs."""
        fresh = {g.ident: _person(g) for g in golfers}
        held = {row[0]: tuple(row) for row in self.db.execute("SELECT * FROM people")}
        if fresh == held:
            return False
        gone = held.keys() - fresh.keys()
        with self.writing() as db:
            db.executemany("DELETE FROM people WHERE ident = ?", [(ident,) for ident in gone])
            rows = [row for ident, row in fresh.items() if held.get(ident) != row]
            db.executemany("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return True

    # Deleting

    def wipe(self) -> bool:
        """Leave no trace of what was deleted in any file of the index; return whether that was possible.

        It is not while another process is reading; then it is done when the index is opened next.
        """
        self.set_fact("wipe", "1")
        try:
            if self.full_text:
                # A row that was deleted lives on in the search's tables until they are merged into one.
                self.db.execute("INSERT INTO words(words) VALUES ('optimize')")
            self.db.execute("VACUUM")
            busy = self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if busy:
                return False
            self.set_fact("wipe", "")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.OperationalError as error:
            if is_busy(error):
                return False
            raise InputError(f"the library's index at {self.path} could not be cleaned: {error}.") from error
        return True


def is_busy(error: sqlite3.Error) -> bool:
    """Tell whether another connection was in the way."""
    return isinstance(error, sqlite3.OperationalError) and "lock" in str(error).lower()


def remove_database(path: Path, what: str) -> None:
    """Remove a damaged database with what SQLite keeps beside it; raises InputError where that is not possible."""
    for ending in ("", "-wal", "-shm", "-journal"):
        try:
            path.with_name(path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(f"{what} at {path} is damaged and could not be removed: {reason}.") from error


def day_of(unix_ns: int) -> str:
    """Return the local day of a time, "2026-05-01"; "" for one outside the calendar."""
    try:
        return datetime.fromtimestamp(unix_ns / 1e9).astimezone().strftime("%Y-%m-%d")
    except (OverflowError, OSError, ValueError):
        return ""


def _columns(entry: Entry) -> dict[str, object]:
    about = entry.about
    return {
        "kind": entry.kind, "reason": entry.reason, "fingerprint": entry.fingerprint, "title": about.title,
        "recorded_ns": entry.recorded_unix_ns, "recorded_source": entry.recorded_source,
        "day": day_of(entry.recorded_unix_ns), "duration_s": entry.duration_s, "person": about.person,
        "handed": entry.handed, "view": entry.view, "height_m": entry.height_m, "club": entry.club,
        "club_kind": entry.club_kind, "club_serial": entry.club_serial, "plant": entry.plant,
        "plant_label": entry.plant_label, "has_video": int(entry.has_video), "swings": entry.swings,
        "annotations": entry.annotations, "notes": entry.notes, "rating": entry.rating,
        "tags": "\n".join(entry.tags), "warnings": "\n".join(entry.warnings),
    }  # fmt: skip


def _words(path: Path, entry: Entry) -> str:
    parts = (
        printable(path.stem), entry.about.title, " ".join(entry.tags), entry.notes, entry.club, entry.club_kind,
        entry.club_serial, entry.plant, entry.plant_label, entry.kind, entry.view,
    )  # fmt: skip
    return "\n".join(part for part in parts if part)


def _person(golfer: Golfer) -> tuple[object, ...]:
    consent = golfer.consent
    return (
        golfer.ident, tidy(golfer.name), golfer.height_m, golfer.handed, consent.day if consent else "",
        "\n".join(consent.covers) if consent else "", "\n".join(golfer.clubs), golfer.note, golfer.changed_unix_ns,
    )  # fmt: skip
