"""Carries out the queue of imports beside whatever window is open: analyses in processes of their own, copies here."""

import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from twinswing.desk.jobs import AnalysisJob
from twinswing.errors import InputError, TwinswingError
from twinswing.recording.reader import RecordingReader
from twinswing.review.library_about import write_about
from twinswing.review.library_imports import (
    CANCELLED,
    DONE,
    FAILED,
    RUNNING,
    WAITING,
    Import,
    ImportQueue,
    free_name,
)
from twinswing.review.library_model import printable
from twinswing.review.library_people import load_golfer, profile_path
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_plan import RECORDINGS, Planned
from twinswing.review.library_video import filmed_unix_ns

_TICK_S = 0.1
_COPY_BYTES = 4 << 20


def workers_for(cores: int) -> int:
    """Return how many analyses run at once: the pose model alone keeps two or three cores busy."""
    return min(max(cores // 4, 1), 3)


@dataclass(frozen=True)
class Shown:
    """An import as the window shows it: `fraction` 0 to 1 of a running one, `stage` what it is at."""

    ident: int
    name: str
    club: str
    state: str
    stage: str = ""
    fraction: float = 0.0
    error: str = ""
    out: Path | None = None


class Job(Protocol):
    """Something that runs until its state is "done", "failed" or "cancelled"."""

    stage: str
    fraction: float
    state: str
    error: str

    def poll(self) -> bool:
        """Take in what was said; never waits."""
        ...

    def cancel(self) -> None:
        """Ask it to stop."""
        ...

    def close(self, timeout_s: float = 3.0) -> None:
        """End it."""
        ...


@dataclass
class CopyJob:
    """Copies a recording into the library, in a thread; it appears whole or not at all, with its date kept."""

    source: Path
    out: Path
    stage: str = "Copying"
    fraction: float = 0.0
    state: str = "running"
    error: str = ""
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> "CopyJob":
        """Start it; return self."""
        self._thread = threading.Thread(target=self._run, name="copy", daemon=True)
        self._thread.start()
        return self

    def poll(self) -> bool:
        """The thread fills in the fields."""
        return True

    def cancel(self) -> None:
        """Ask it to stop."""
        self._stop.set()

    def close(self, timeout_s: float = 3.0) -> None:
        """End it."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        part = self.out.with_name(self.out.name + ".part")
        try:
            with RecordingReader(self.source):  # a sentence on what it is instead, before anything is copied
                pass
            about = self.source.stat()
            done = 0
            with self.source.open("rb") as source, part.open("wb") as target:
                while piece := source.read(_COPY_BYTES):
                    if self._stop.is_set():
                        self.state = "cancelled"
                        return
                    target.write(piece)
                    done += len(piece)
                    self.fraction = done / max(about.st_size, done, 1)
            os.utime(part, ns=(about.st_atime_ns, about.st_mtime_ns))
            part.replace(self.out)
            self.state = "done"
        except InputError as error:
            self.state, self.error = "failed", str(error)
        except OSError as error:
            self.state, self.error = "failed", f"{self.source.name} could not be copied: {error.strerror or error}."
        finally:
            part.unlink(missing_ok=True)


class ImportRunner:
    """Works on a library's queue from a thread of its own until it is closed; any thread may call its methods.

    What runs when it is closed waits in the queue and is begun again by the next. Where another process works on the
    queue, this one only adds to it and shows it.
    """

    def __init__(self, place: LibraryPlace, *, workers: int | None = None) -> None:
        self.place = place
        self.workers = workers or workers_for(os.cpu_count() or 2)
        self.problem = ""
        self.finished = 0  # imports that were done since the start: a window that sees it grow looks again
        self._wishes: queue.Queue[Callable[[ImportQueue], object]] = queue.Queue()
        self._shown: tuple[Shown, ...] = ()
        self._jobs: dict[int, tuple[Import, Path, Job]] = {}
        self._done_before: set[int] = set()
        self._items: list[Import] = []
        self._state: tuple[int, int] | None = None
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> "ImportRunner":
        """Start working; return self."""
        self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
        self._thread.start()
        return self

    @property
    def shown(self) -> tuple[Shown, ...]:
        """The queue as it stands, without what was done in earlier runs."""
        return self._shown

    @property
    def busy(self) -> bool:
        """Whether something waits or runs."""
        return not self._wishes.empty() or any(item.state in (WAITING, RUNNING) for item in self._shown)

    def add(self, planned: Iterable[Planned], *, person: str = "", club_kind: str = "") -> None:
        """Put imports at the queue's end."""
        given = tuple(planned)
        self._wishes.put(lambda held: held.add(given, person=person, club_kind=club_kind))

    def cancel(self, ident: int) -> None:
        """Stop one that runs, or let one that waits wait no longer."""

        def act(held: ImportQueue) -> None:
            running = self._jobs.get(ident)
            if running is not None:
                running[2].cancel()
            else:
                held.cancel(ident)

        self._wishes.put(act)

    def retry(self, ident: int) -> None:
        """Try one again."""
        self._wishes.put(lambda held: held.retry(ident))

    def clear(self) -> None:
        """Take out what failed or was cancelled, and show no longer what is done."""

        def act(held: ImportQueue) -> None:
            held.clear()
            self._done_before = {item.ident for item in held.all() if item.state == DONE}

        self._wishes.put(act)

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop; what runs waits for the next."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    # The thread

    def _run(self) -> None:
        try:
            with ImportQueue(self.place.imports) as held:
                self.problem = held.started_afresh
                self._done_before = {item.ident for item in held.all() if item.state == DONE}
                try:
                    while not self._closed.is_set():
                        self._tick(held)
                finally:
                    self._stop_all(held)
        except (TwinswingError, OSError, sqlite3.Error) as error:
            self.problem = str(error)

    def _tick(self, held: ImportQueue) -> None:
        try:
            self._wishes.get(timeout=_TICK_S)(held)
            while True:
                self._wishes.get_nowait()(held)
        except queue.Empty:
            pass
        working = held.claim()
        for ident, (item, out, job) in list(self._jobs.items()):
            job.poll()
            if job.state != "running":
                del self._jobs[ident]
                job.close()
                self._finish(held, item, out, job)
        while working and len(self._jobs) < self.workers and (taken := held.take()) is not None:
            self._begin(held, taken)
        state = held.state
        if state != self._state:
            # What was done ever since stays in the queue; it is not read ten times a second.
            self._state, self._items = state, held.all()
        self._shown = tuple(self._show(item) for item in self._items if item.ident not in self._done_before)

    def _show(self, item: Import) -> Shown:
        running = self._jobs.get(item.ident)
        stage, fraction = (running[2].stage, running[2].fraction) if running is not None else ("", 0.0)
        club = printable(item.club.name) if item.club is not None else ""
        return Shown(item.ident, item.name, club, item.state, stage, fraction, item.error, item.out)

    def _begin(self, held: ImportQueue, item: Import) -> None:
        try:
            twin = next(
                (
                    other.out
                    for other in held.all()
                    if other.ident != item.ident and other.state == DONE and other.source == item.source
                    and other.out is not None and other.out.is_file() and item.source in held.originals()[other.out]
                ),
                None,
            )  # fmt: skip
            if twin is not None:
                raise InputError(f"{item.name} is in the library already, as {printable(twin.name)}.")
            if not item.source.is_file():
                raise InputError(f"{item.name} is not at {printable(str(item.source.parent))} any more.")
            self.place.folder.mkdir(parents=True, exist_ok=True)
            out = item.out
            if out is None or out.parent != self.place.folder:
                taken = [path for _, path, _ in self._jobs.values()]
                out = free_name(self.place.folder, printable(item.source.stem).strip(" .") or "swing", taken)
            held.start(item.ident, out)
            job: Job
            if item.source.suffix.lower() in RECORDINGS:
                job = CopyJob(item.source, out).start()
            elif out.is_file():
                # The last run ended between the analysis and what is said of it.
                job = AnalysisJob(item.source, out, state="done", fraction=1.0)
            else:
                job = AnalysisJob(item.source, out).start(
                    item.club, club_kind=item.club_kind, height_m=self._height(item.person)
                )
            self._jobs[item.ident] = (item, out, job)
        except (TwinswingError, OSError) as error:
            held.finish(item.ident, FAILED, error=str(error))

    def _height(self, person: str) -> float | None:
        path = profile_path(self.place.folder, person)
        return load_golfer(path).height_m if person and path.is_file() else None

    def _finish(self, held: ImportQueue, item: Import, out: Path, job: Job) -> None:
        if job.state == "done":
            try:
                self._say(item, out)
            except (TwinswingError, OSError) as error:
                held.finish(item.ident, FAILED, error=str(error))
                return
            held.finish(item.ident, DONE, out=out)
            self.finished += 1
        else:
            out.with_name(out.name + ".analysis").unlink(missing_ok=True)
            held.finish(item.ident, CANCELLED if job.state == "cancelled" else FAILED, error=job.error)

    def _say(self, item: Import, out: Path) -> None:
        """Say in the new recording whose it is and when it was filmed."""
        said: dict[str, Any] = {}
        if item.person:
            said["person"] = item.person
        if item.source.suffix.lower() not in RECORDINGS:
            filmed = filmed_unix_ns(item.source, time.time_ns())
            changed = item.source.stat().st_mtime_ns if item.source.is_file() else None
            said |= {"recorded_unix_ns": filmed or changed, "recorded_source": "video" if filmed else "file"}
            if item.club_kind:
                said |= {"club": item.club_kind, "club_kind": item.club_kind}
        if said:
            write_about(out, **said)

    def _stop_all(self, held: ImportQueue) -> None:
        for _, _, job in self._jobs.values():
            job.cancel()
        for ident, (item, out, job) in self._jobs.items():
            job.close()
            if job.state == "done":
                self._finish(held, item, out, job)
            else:
                out.with_name(out.name + ".analysis").unlink(missing_ok=True)
                held.finish(ident, WAITING)
        self._jobs.clear()
