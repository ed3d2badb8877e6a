"""A shared session on a thread of its own, for a window that has the document on its thread."""

import asyncio
import contextlib
import ssl
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from twinswing.errors import InputError
from twinswing.review import mailbox
from twinswing.review.document import ReviewDocument
from twinswing.review.fetch import RecordingSource
from twinswing.review.share import ShareServer
from twinswing.review.share_client import ShareClient
from twinswing.review.share_protocol import HOST, Invitation, Invitations, Person, Presence, Welcome

# How long leaving waits for what was said last to be on its way, seconds.
_LAST_WORDS_S = 2.0


@dataclass(frozen=True)
class LineState:
    """How a shared session stands.

    phase : "joining" (nobody answered yet), "open", "cut" (gone on alone, tried again), "over", "refused".
    reason: why it was refused.
    role  : "host", "coach", "guest"; "" before it is known. name: what one goes by.
    people: everyone who is there.
    """

    phase: str = "joining"
    reason: str = ""
    role: str = ""
    name: str = ""
    people: tuple[Person, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.phase in ("over", "refused")


@dataclass(frozen=True)
class Seen:
    """Where somebody was said to be, and when that was heard (seconds, `time.monotonic`)."""

    presence: Presence
    at_s: float


class ShareLine(ABC):
    """One end of a shared session. Its methods are for the thread that has the document."""

    serves = False

    def __init__(self, name: str) -> None:
        self.name = name
        self.mail, self._far = mailbox.pair()
        self.mail.wake = self._wake
        self._state = LineState(name=name)
        self._seen: dict[str, Seen] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leave: asyncio.Event | None = None
        self._mirror: ReviewDocument | None = None
        self._failure: BaseException | None = None
        self._up = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, update: bytes) -> None:
        """Begin with a document that holds this; raises InputError where it cannot be served."""
        self._thread = threading.Thread(target=self._main, args=(update,), name="shared session", daemon=True)
        self._thread.start()
        self._up.wait()
        self.check()

    def stop(self) -> None:
        """Leave: what was said last is sent first. The mail is to be exchanged once more afterwards."""
        if self._leave is not None:
            self._soon(self._leave.set)
        if self._thread is not None:
            self._thread.join()
        self.check()

    def check(self) -> None:
        """Raise what ended the thread, if it was nothing that is said in `state`."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    @property
    def state(self) -> LineState:
        """How it stands now."""
        with self._lock:
            return self._state

    def seen(self) -> Mapping[str, Seen]:
        """Return where everyone else who is there was last, by name."""
        with self._lock:
            here = {person.name for person in self._state.people}
            return {name: seen for name, seen in self._seen.items() if name in here}

    def tell(self, presence: Presence) -> None:
        """Tell the others where the person at this end is."""
        self._soon(self._tell, presence)

    def _soon(self, call: Callable[..., None], *given: object) -> None:
        """Have something done on the line's own thread; nothing where that has ended."""
        loop = self._loop  # looked at once: it is taken away, by that thread, when the session ends
        if loop is not None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(call, *given)

    # On the line's own thread

    @abstractmethod
    async def _work(self, mirror: ReviewDocument, leave: asyncio.Event) -> None:
        """Be in the session until told to leave, or it is over."""

    @abstractmethod
    def _tell(self, presence: Presence) -> None:
        """Send where the person at this end is."""

    @abstractmethod
    def _spread(self, update: bytes) -> None:
        """Let an update from this end in, and send it."""

    def _main(self, update: bytes) -> None:
        try:
            asyncio.run(self._run(update))
        except Exception as error:  # noqa: BLE001  (raised again in the other thread, by `check`)
            self._failure = error
        finally:
            self._loop = self._mirror = None
            self._up.set()

    async def _run(self, update: bytes) -> None:
        self._leave = asyncio.Event()
        self._mirror = ReviewDocument(update)
        self._loop = asyncio.get_running_loop()
        await self._work(self._mirror, self._leave)

    def _wake(self) -> None:
        self._soon(self._pump)

    def _pump(self) -> None:
        if self._mirror is not None:
            self._far.exchange(self._mirror, self._spread)

    def _set(self, **changes: object) -> None:
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]

    def _people(self, people: tuple[Person, ...]) -> None:
        self._set(people=people)

    def _saw(self, name: str, presence: Presence) -> None:
        with self._lock:
            self._seen[name] = Seen(presence, time.monotonic())
            if len(self._seen) > 100:
                here = {person.name for person in self._state.people}
                self._seen = {n: s for n, s in self._seen.items() if n in here}


class HostLine(ShareLine):
    """The end that serves.

    recording     : what is handed out.
    listen        : host and port; 0 takes a free one.
    invited_s     : how long invitations are good for, seconds.
    coach, guest  : the two invitations; `repr` keeps their tokens to itself.
    """

    serves = True

    def __init__(
        self, name: str, recording: Path, listen: tuple[str, int], invited_s: float, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(name)
        self._recording, self._listen, self._tls = recording, listen, tls
        self._invitations = Invitations()
        now_s = time.monotonic()
        self.coach: Invitation = self._invitations.invite("coach", now_s, invited_s)
        self.guest: Invitation = self._invitations.invite("guest", now_s, invited_s)
        self._server: ShareServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where others join."""
        host = f"[{self._listen[0]}]" if ":" in self._listen[0] else self._listen[0]
        return f"{'ws' if self._tls is None else 'wss'}://{host}:{self.port}"

    @property
    def invited_s(self) -> float:
        """How long the invitations are still good for, seconds."""
        return max(self.coach.until_s - time.monotonic(), 0.0)

    async def _work(self, mirror: ReviewDocument, leave: asyncio.Event) -> None:
        server = ShareServer(
            mirror,
            self._invitations,
            host=self._listen[0],
            port=self._listen[1],
            tls=self._tls,
            name=self.name,
            on_presence=self._saw,
            on_peers=self._people,
            on_update=self._far.send,
            recording=RecordingSource(self._recording),
        )
        await server.start()
        self._server, self.port = server, server.port
        self._set(phase="open", role=HOST, people=server.people)
        self._up.set()
        try:
            await leave.wait()
            self._pump()
        finally:
            await server.stop()
            self._server = None
            self._set(phase="over", people=())

    def _tell(self, presence: Presence) -> None:
        if self._server is not None:
            self._server.tell(self.name, presence)

    def _spread(self, update: bytes) -> None:
        if self._server is not None:
            self._server.spread(update)


class JoinLine(ShareLine):
    """An end that joins."""

    def __init__(self, name: str, url: str, token: str, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(name)
        self._url, self._token, self._tls = url, token, tls
        self._client: ShareClient | None = None

    async def _work(self, mirror: ReviewDocument, leave: asyncio.Event) -> None:
        client = ShareClient(
            self._url,
            self._token,
            self.name,
            mirror,
            tls=self._tls,
            on_welcome=self._welcomed,
            on_presence=self._saw,
            on_peers=self._people,
            on_update=self._far.send,
            on_line=self._on_line,
        )
        self._client = client
        self._up.set()
        joined, leaving = asyncio.create_task(client.run()), asyncio.create_task(leave.wait())
        try:
            await asyncio.wait([joined, leaving], return_when=asyncio.FIRST_COMPLETED)
            self._pump()
            end_s = time.monotonic() + _LAST_WORDS_S
            while not joined.done() and not client.settled and time.monotonic() < end_s:
                await asyncio.sleep(0.01)
        finally:
            for task in (joined, leaving):
                task.cancel()
            await asyncio.wait([joined, leaving])
            self._client = None
        error = None if joined.cancelled() else joined.exception()
        if isinstance(error, InputError):
            self._set(phase="refused", reason=str(error), people=())
        elif error is not None:
            raise error
        else:
            self._set(phase="over", people=())

    def _welcomed(self, welcome: Welcome) -> None:
        # Later hellos ask for the same name again.
        self._set(role=welcome.role, name=welcome.name)

    def _on_line(self, on: bool) -> None:
        self._set(phase="open" if on else "cut")

    def _tell(self, presence: Presence) -> None:
        if self._client is not None:
            self._client.tell(presence)

    def _spread(self, update: bytes) -> None:
        if self._client is not None:
            self._client.spread(update)
