"""Where a recorder takes what a history accepted: bounded, so that a slow disk slows the sources instead of memory."""

import threading
import time
from collections import deque
from collections.abc import Callable

from twinswing.plant.journal import Action, LinkEvent
from twinswing.recording.plant_rows import Rows

Entry = Rows | LinkEvent | Action


class Tap:
    """Entries in the order in which they were accepted; any thread may call any method."""

    def __init__(self, limit: int, settle: Callable[[], None]) -> None:
        self._limit = limit
        self._settle = settle
        self._entries: deque[Entry] = deque()
        self._rows = 0
        self._room = threading.Condition()
        self._closed = False

    @property
    def pending(self) -> int:
        """Rows that wait to be taken."""
        return self._rows

    def put(self, entry: Entry) -> None:
        """Add an entry; never waits, because the history is locked meanwhile."""
        with self._room:
            if not self._closed:
                self._entries.append(entry)
                self._rows += len(entry) if isinstance(entry, Rows) else 0

    def take(self) -> list[Entry]:
        """Take all entries, those that the history has yet to sort in included."""
        self._settle()
        with self._room:
            out = list(self._entries)
            self._entries.clear()
            self._rows = 0
            self._room.notify_all()
            return out

    def await_room(self) -> int:
        """Wait while more rows wait than may; return for how many nanoseconds."""
        if self._rows < self._limit or self._closed:
            return 0
        start = time.perf_counter_ns()
        with self._room:
            while self._rows >= self._limit and not self._closed:
                self._room.wait(0.5)
        return time.perf_counter_ns() - start

    def close(self) -> None:
        """Let nothing in any more, and nobody wait."""
        with self._room:
            self._closed = True
            self._entries.clear()
            self._rows = 0
            self._room.notify_all()
