"""One end of a session reviewed together: keeps a copy of the document in step with a server's.

Everything runs on one asyncio loop, the document included.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from twinswing.errors import InputError
from twinswing.review import share_protocol as wire
from twinswing.review.document import ReviewDocument
from twinswing.review.share_outbox import Outbox, with_sender
from twinswing.review.share_protocol import DEFAULT_SHARE, Hello, Person, Presence, ShareLimits, Welcome
from twinswing.review.updates import UPDATE_LIMITS

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

# Close code of RFC 6455: a rule was broken.
_POLICY = 1008
# An update that says nothing: no clients, no deletions.
_NOTHING = b"\x00\x00"


@dataclass
class ShareClient:
    """One end of a shared session, over as many lines as it takes.

    document    : this end's own copy; changed here, it is sent; changed elsewhere, its listeners hear.
    on_welcome  : called with what the server answered, at every join: role, and the name one goes by.
    on_presence : called with a name and where that person is.
    on_peers    : called with everyone who is there.
    on_update   : called with every update that came, when the document has it.
    on_line     : called with True when both ends have all of each other, with False when the line is cut.
    retry_s     : first and longest time between two tries.
    """

    url: str
    token: str = field(repr=False)
    name: str
    document: ReviewDocument
    tls: ssl.SSLContext | None = None
    limits: ShareLimits = DEFAULT_SHARE
    on_welcome: Callable[[Welcome], None] = lambda _welcome: None
    on_presence: Callable[[str, Presence], None] = lambda _name, _presence: None
    on_peers: Callable[[tuple[Person, ...]], None] = lambda _peers: None
    on_update: Callable[[bytes], None] = lambda _update: None
    on_line: Callable[[bool], None] = lambda _on: None
    retry_s: tuple[float, float] = (0.1, 5.0)
    role: str = field(default="", init=False)
    _outbox: Outbox | None = field(default=None, init=False)
    _who: str = field(default_factory=lambda: token_urlsafe(12), init=False, repr=False)

    async def run(self) -> None:
        """Stay joined until cancelled or the session is over.

        Raises InputError if the server refuses this invitation or what was sent.
        """
        stop = self.document.on_update(self._send)
        wait_s = self.retry_s[0]
        try:
            while True:
                try:
                    async with connect(
                        self.url,
                        ssl=self.tls,
                        compression=None,
                        max_size=UPDATE_LIMITS.update_bytes,
                        ping_interval=5.0,
                        ping_timeout=10.0,
                        close_timeout=1.0,
                        logger=_LOG,
                    ) as socket:
                        try:
                            await self._joined(socket)
                        finally:
                            wait_s = self.retry_s[0] if self.role else wait_s
                except ConnectionClosed as end:
                    self._judge(end)
                    if end.rcvd is not None and end.rcvd.code == wire.ENDED:
                        return
                except InvalidURI:
                    raise InputError(f"{self.url} is no address of a shared session (ws://HOST:PORT).") from None
                except ssl.SSLCertVerificationError as error:
                    raise InputError(f"{self.url}: its certificate is not trusted ({error.verify_message}).") from None
                except (OSError, InvalidHandshake, TimeoutError):
                    pass  # nobody is there now: tried again
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2.0, self.retry_s[1])
        finally:
            stop()

    def _judge(self, end: ConnectionClosed) -> None:
        """Raise InputError where a line was closed for good, with the reason."""
        if end.rcvd is not None and end.rcvd.code == _POLICY:
            raise InputError(f"{self.url} refused: {end.rcvd.reason}") from None

    @property
    def settled(self) -> bool:
        """Whether nothing waits to be sent."""
        return self._outbox is None or not self._outbox.waiting_bytes

    def tell(self, presence: Presence) -> None:
        """Tell the others where the person at this end is; forgotten while the line is cut."""
        if self._outbox is not None and self._outbox.waiting_bytes < self.limits.text_bytes:
            self._outbox.put(wire.presence_text(presence))

    def spread(self, update: bytes) -> None:
        """Take an update from another copy at this end and send it on; raises InputError as `apply` does."""
        self.document.apply(update)
        self._send(update)

    def _send(self, update: bytes) -> None:
        if self._outbox is not None and self.role == "coach":
            # A line that takes nothing is cut by its pings; what was not sent is merged on the next one.
            self._outbox.put(update)

    async def _joined(self, socket: ClientConnection) -> None:
        self.role = ""
        await socket.send(wire.hello_text(Hello(self.token, self.name, self.document.state(), self._who)))
        first = await socket.recv()
        try:
            welcome = wire.read_welcome(wire.parse(first if isinstance(first, str) else ""))
        except InputError:
            raise InputError(f"{self.url} did not answer as a shared session does.") from None
        self.role = welcome.role
        outbox = Outbox(UPDATE_LIMITS.update_bytes)
        mine = self.document.update(welcome.state)
        if self.role == "coach" and mine != _NOTHING:
            outbox.put(mine)
        self._outbox = outbox
        self.on_welcome(welcome)
        try:
            await with_sender(outbox, socket, self._listen(socket))
        finally:
            self._outbox = None
            self.on_line(False)

    async def _listen(self, socket: ClientConnection) -> None:
        whole = False
        async for frame in socket:
            if isinstance(frame, bytes):
                self.document.apply(frame)
                self.on_update(frame)
                if not whole:
                    whole = True
                    self.on_line(True)
            else:
                self._hear(wire.parse(frame))
        # A normal end is an end like any other: what it was closed for is looked at by `run`.
        raise ConnectionClosed(socket.protocol.close_rcvd, socket.protocol.close_sent)

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "presence":
            self.on_presence(wire.read_name(message), wire.read_presence(message))
        elif message["type"] == "peers":
            self.on_peers(wire.read_peers(message))
