"""Two copies of one document on two threads: updates go between them, none is lost, and no more wait than may.

Where one side does not take what the other sends, the waiting updates are dropped and that side later asks for all
that it misses, which merging then puts right.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from twinswing.review.document import ReviewDocument

# What a person and fifteen others say in the seconds that a window needs to open a long recording.
WAITING_BYTES = 4_000_000


@dataclass
class _Tray:
    """What lies ready for one side. `missed`: some was dropped. `asked`: the state of who asks for the rest."""

    updates: list[bytes] = field(default_factory=list)
    size: int = 0
    missed: bool = False
    asked: bytes | None = None


class Mailbox:
    """One side's end of the exchange; `pair` makes both. Every method may be called from the side's own thread."""

    def __init__(self, lock: Lock, inbox: _Tray, outbox: _Tray, limit_bytes: int) -> None:
        self._lock, self._in, self._out, self._limit = lock, inbox, outbox, limit_bytes
        self.wake: Callable[[], None] = lambda: None

    def send(self, update: bytes) -> None:
        """Lay an update ready for the other side."""
        with self._lock:
            out = self._out
            if out.missed:
                return  # the other side will ask for all of it
            out.updates.append(update)
            out.size += len(update)
            if out.size > self._limit and len(out.updates) > 1:
                out.updates, out.size, out.missed = [], 0, True
        self.wake()

    def exchange(self, document: ReviewDocument, take: Callable[[bytes], None] | None = None) -> bool:
        """Let in what the other side laid ready, and answer what it asks; return whether there was something.

        document : this side's copy. take: lets an update in; `document.apply` by default. Raises what that raises.
        """
        with self._lock:
            box = self._in
            updates, missed, asked = box.updates, box.missed, box.asked
            box.updates, box.size, box.missed, box.asked = [], 0, False, None
        for update in updates:
            (take or document.apply)(update)
        if missed:
            state = document.state()
            with self._lock:
                self._out.asked = state
            self.wake()
        if asked is not None:
            whole = document.update(asked)
            with self._lock:
                # As large as it is: it is asked for once, and a document's own size is limited.
                self._out.updates.append(whole)
            self.wake()
        return bool(updates) or missed or asked is not None


def pair(limit_bytes: int = WAITING_BYTES) -> tuple[Mailbox, Mailbox]:
    """Return the two ends of an exchange; `wake` of each is called when it has laid something ready."""
    lock, first, second = Lock(), _Tray(), _Tray()
    return Mailbox(lock, first, second, limit_bytes), Mailbox(lock, second, first, limit_bytes)
