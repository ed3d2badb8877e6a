"""The library's helper beside the window: a process that scans the folder and makes thumbnails, never in its way."""

import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from twinswing.desk.library_thumbs import make_thumb, read_thumb, thumb_path, trim_cache
from twinswing.errors import TwinswingError
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import Row
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_scan import scan

_TOLD_EVERY = 20  # files between two words on a scan's progress
_TRIM_EVERY = 200  # thumbnails between two looks at how much they take


@dataclass(frozen=True)
class ThumbWish:
    """A recording whose thumbnails are wanted."""

    path: Path
    kind: str
    fingerprint: str
    has_video: bool

    @classmethod
    def of(cls, row: Row) -> "ThumbWish":
        """Wish for those of a row."""
        return cls(row.path, row.kind, row.fingerprint, row.has_video)


@dataclass
class LibraryWorker:
    """The process as the window sees it; `poll` takes in what it said.

    scanning: whether it looks through the folder now; scanned: of how many files that changed; problems: of the last
    scan, a sentence each. made, failed: places of thumbnails that came since the window last looked, and why not.
    there: all that were made or found since the start; one may have been deleted again since.
    """

    place: LibraryPlace
    scanning: bool = False
    scanned: tuple[int, int] = (0, 0)
    scans: int = 0
    problems: tuple[str, ...] = ()
    error: str = ""
    made: list[Path] = field(default_factory=list)
    there: set[Path] = field(default_factory=set)
    failed: dict[Path, str] = field(default_factory=dict)
    _asked: set[Path] = field(default_factory=set)
    _unheard: bool = False
    _process: BaseProcess | None = field(default=None, repr=False)
    _pipe: "Connection[Any, Any] | None" = field(default=None, repr=False)

    def start(self) -> "LibraryWorker":
        """Start the process and let it scan; return self."""
        # spawn, because a forked copy of a process with a GL context and threads is undefined.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._pipe = ours
        self._process = context.Process(target=_serve, args=(self.place, theirs), name="twinswing-library", daemon=True)
        self._process.start()
        theirs.close()
        self.rescan()
        return self

    def rescan(self) -> None:
        """Look through the folder again."""
        self._send(("scan",))
        self.scanning = True

    def wish(self, wishes: list[ThumbWish]) -> None:
        """Say which thumbnails are wanted now, the most urgent first; what was wanted before and is not is dropped.

        To be said in every frame: while the helper has not heard the last words, which it does between two pieces of
        work, these are left out. A pipe that is full would hold up the frame.
        """
        if self._unheard:
            return
        places = [thumb_path(self.place.thumbs, w.fingerprint, has_video=w.has_video) for w in wishes]
        fresh = {out for out in places if out not in self.failed}
        if fresh == self._asked:
            return
        self._asked, self._unheard = fresh, self._pipe is not None
        self._send(("thumbs", [(w, out) for w, out in zip(wishes, places, strict=True) if out in fresh]))

    def poll(self) -> bool:
        """Take in what the process said; return whether anything changed. Never waits."""
        changed = False
        while self._pipe is not None:
            try:
                if not self._pipe.poll():
                    break
                self._take(self._pipe.recv())
            except (EOFError, OSError):
                self.error = (
                    "The library's helper has ended; what is new in the folder is not seen until you reopen it."
                )
                self.scanning = False
                self._pipe.close()
                self._pipe = None
            changed = True
        return changed

    @property
    def waiting(self) -> int:
        """How many of the thumbnails wished for are still to come."""
        return 0 if self._pipe is None else len(self._asked) + self._unheard

    def _take(self, message: tuple[Any, ...]) -> None:
        match message:
            case ("progress", int(done), int(total)):
                self.scanned = (done, total)
            case ("scanned", tuple(problems)):
                self.scanning, self.problems, self.scanned = False, problems, (0, 0)
                self.scans += 1
            case ("heard",):
                self._unheard = False
            case ("made", Path() as out):
                self.made.append(out)
                self.there.add(out)
                self._asked.discard(out)
            case ("failed", Path() as out, str(reason)):
                self.failed[out] = reason
                self._asked.discard(out)
            case ("error", str(error)):
                self.error, self.scanning = error, False

    def _send(self, message: tuple[Any, ...]) -> None:
        if self._pipe is None:
            return
        try:
            self._pipe.send(message)
        except OSError:
            self.error = "The library's helper has ended."

    def close(self, timeout_s: float = 2.0) -> None:
        """End the process, by force after the timeout: it writes nothing but what can be made again."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.join(timeout_s)
            if self._process.is_alive():
                self._process.terminate()
                self._process.join()
            self._process = None


class _EndedError(Exception):
    """The window is gone."""


class _Helper:
    """What the process does, one thing after the other; it looks for new words between any two."""

    def __init__(self, place: LibraryPlace, pipe: "Connection[Any, Any]") -> None:
        self._place, self._pipe = place, pipe
        self._scan_asked = False
        self._wishes: list[tuple[ThumbWish, Path]] = []
        self._made = 0

    def listen(self, wait_s: float | None) -> None:
        """Take in what the window says; wait for a word (None: for as long as it takes)."""
        try:
            while self._pipe.poll(wait_s):
                message = self._pipe.recv()
                wait_s = 0.0
                if message[0] == "scan":
                    self._scan_asked = True
                elif message[0] == "thumbs":
                    self._wishes = message[1]
                    self.tell("heard")
        except (EOFError, OSError):
            raise _EndedError from None

    def tell(self, *message: Any) -> None:
        try:
            self._pipe.send(message)
        except OSError:
            raise _EndedError from None

    def serve(self, index: LibraryIndex) -> None:
        while True:
            self.listen(0.0 if self._scan_asked or self._wishes else None)
            if self._scan_asked:
                self._scan_asked = False
                self._scan(index)
            elif self._wishes:
                self._thumb(index, *self._wishes.pop(0))

    def _scan(self, index: LibraryIndex) -> None:
        def told(done: int, total: int) -> None:
            if done % _TOLD_EVERY == 0 or done == total:
                self.tell("progress", done, total)

        def gone() -> bool:
            self.listen(0.0)
            return False

        result = scan(index, self._place.folder, progress=told, stop=gone)
        self.tell("scanned", tuple(result.problems))

    def _between(self, index: LibraryIndex) -> None:
        """Look through the folder at once if that was asked for: a person waits for it."""
        self.listen(0.0)
        if self._scan_asked:
            self._scan_asked = False
            self._scan(index)

    def _thumb(self, index: LibraryIndex, wish: ThumbWish, out: Path) -> None:
        # A file that a power cut left damaged is made again, or the window would ask for it for ever.
        if read_thumb(out) is None:
            try:
                make_thumb(wish.path, wish.kind, out, lambda: self._between(index))
            except (TwinswingError, OSError, ValueError, KeyError, TypeError) as error:
                # A recording that cannot be drawn has a card without a picture; opening it says why.
                self.tell("failed", out, str(error))
                return
            self._made += 1
            if self._made % _TRIM_EVERY == 0:
                trim_cache(self._place.thumbs)
        self.tell("made", out)


def _serve(place: LibraryPlace, pipe: "Connection[Any, Any]") -> None:
    # Ctrl-C goes to the whole group; the window decides when this process ends, by closing the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        os.nice(5)  # the window draws first
    helper = _Helper(place, pipe)
    try:
        try:
            with LibraryIndex(place.index) as index:
                helper.serve(index)
        except TwinswingError as error:
            helper.tell("error", str(error))
    except _EndedError:
        pass  # nobody is left to be told
    finally:
        pipe.close()
