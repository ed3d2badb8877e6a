"""A session reviewed together over `websockets`: thin shells around `share_protocol` and the document.

Everything runs on one asyncio loop, the document included. A peer is only ever written to through its own queue, so
that a slow one makes nobody wait; one that is too slow, or breaks a rule, is sent away alone.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from twinswing.errors import InputError
from twinswing.review import fetch
from twinswing.review import share_protocol as wire
from twinswing.review.document import ReviewDocument
from twinswing.review.fetch import RecordingSource
from twinswing.review.share_protocol import DEFAULT_SHARE, Allowance, Hello, Invitations, Presence, ShareLimits
from twinswing.review.updates import UPDATE_LIMITS
from twinswing.streams.hub_settings import is_loopback

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

# Close codes of RFC 6455: a rule was broken, and come back later.
_POLICY, _LATER = 1008, 1013
# An update that says nothing: no clients, no deletions.
_NOTHING = b"\x00\x00"


class Outbox:
    """Frames waiting for one peer, in order, of limited size; `put` tells when that is exceeded."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._frames: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.waiting_bytes = 0

    def put(self, frame: str | bytes) -> bool:
        """Add a frame; return False, and add nothing, if the peer is too far behind."""
        if self.waiting_bytes and self.waiting_bytes + len(frame) > self._limit:
            return False
        self.waiting_bytes += len(frame)
        self._frames.put_nowait(frame)
        return True

    async def drain(self, socket: ServerConnection | ClientConnection) -> None:
        """Send what comes, for ever; raises ConnectionClosed."""
        while True:
            frame = await self._frames.get()
            await socket.send(frame)
            self.waiting_bytes -= len(frame)


@dataclass
class _Peer:
    ident: str
    name: str
    role: str
    socket: ServerConnection
    outbox: Outbox
    allowance: Allowance


class ShareServer:
    """Serves a document to whom it was told to let in."""

    def __init__(
        self,
        document: ReviewDocument,
        invitations: Invitations,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        limits: ShareLimits = DEFAULT_SHARE,
        on_presence: Callable[[str, Presence], None] | None = None,
        recording: RecordingSource | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_presence` is called with a name and a presence; `clock_s` is what invitations' times are on.
        `recording` is handed out to who asks for it (`fetch.fetch_recording`).


        Raises InputError for a host beyond this machine without TLS: tokens and remarks would be read on the way.
        """
        if tls is None and not is_loopback(host):
            raise InputError(f"Sharing on {host} needs TLS: give a certificate, or listen on 127.0.0.1.")
        self._document, self._invitations = document, invitations
        self._host, self._port, self._tls = host, port, tls
        self._limits, self._clock_s = limits, clock_s
        self._on_presence = on_presence
        self._recording = recording
        self._peers: dict[str, _Peer] = {}
        self._sockets = 0
        self._numbers = 0
        self._server: Server | None = None
        self._unlisten: Callable[[], None] | None = None

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def peers(self) -> tuple[tuple[str, str], ...]:
        """Name and role of everyone who is here."""
        return tuple((p.name, p.role) for p in self._peers.values())

    async def start(self) -> None:
        """Listen; raises InputError where that is not possible."""
        try:
            self._server = await serve(
                self._serve,
                self._host,
                self._port,
                ssl=self._tls,
                compression=None,
                # Raised once the token is known: a stranger cannot make us hold more than this.
                max_size=self._limits.hello_bytes,
                max_queue=16,
                ping_interval=5.0,
                ping_timeout=10.0,
                close_timeout=1.0,
                server_header=None,
                logger=_LOG,
            )
        except OSError as error:
            raise InputError(f"cannot listen on {self._host}:{self._port}: {error.strerror or error}.") from None
        self._unlisten = self._document.on_update(self._broadcast)

    async def stop(self) -> None:
        """Close every line and stop listening."""
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def tell(self, name: str, presence: Presence) -> None:
        """Tell everyone where the person at this end is."""
        self._present("host", name, wire.presence_text(presence), None)

    async def _serve(self, socket: ServerConnection) -> None:
        self._sockets += 1
        try:
            if self._sockets > self._limits.peers:
                await socket.close(_LATER, "too many are here")
                return
            if socket.request is not None and socket.request.path == fetch.PATH:
                await self._greet(socket)
                await fetch.hand_out(socket, self._recording)
                return
            peer = await self._let_in(socket)
            await _with_sender(peer.outbox, socket, self._listen(peer))
        except InputError as error:
            await socket.close(_POLICY, str(error)[:120])
        except TimeoutError:
            await socket.close(_POLICY, "no hello came")
        except ConnectionClosed:
            pass  # an abrupt end is an end
        finally:
            self._sockets -= 1
            gone = [ident for ident, p in self._peers.items() if p.socket is socket]
            for ident in gone:
                del self._peers[ident]
            if gone:
                self._tell_peers()

    async def _greet(self, socket: ServerConnection) -> tuple[Hello, str]:
        """Return a socket's hello and the role that its token gives; raises InputError."""
        async with asyncio.timeout(self._limits.hello_s):
            first = await socket.recv()
        if not isinstance(first, str):
            raise InputError("The first message must be a hello.")
        hello = wire.read_hello(wire.parse(first, self._limits))
        role = self._invitations.role_of(hello.token, self._clock_s())
        if role is None:
            raise InputError("This invitation is not known, or is over.")
        return hello, role

    async def _let_in(self, socket: ServerConnection) -> _Peer:
        hello, role = await self._greet(socket)
        now_s = self._clock_s()
        missing = self._document.update(hello.state)
        socket.protocol.max_message_size = UPDATE_LIMITS.update_bytes
        self._numbers += 1
        welcome = wire.welcome_text(role, self._document.state(), str(self._numbers))
        # The first update may be a whole document, larger than what may wait later: it is what the peer came for.
        outbox = Outbox(self._limits.queue_bytes + len(welcome) + len(missing))
        peer = _Peer(str(self._numbers), hello.name, role, socket, outbox, Allowance(self._limits, now_s))
        outbox.put(welcome)
        outbox.put(missing)
        self._peers[peer.ident] = peer
        self._tell_peers()
        return peer

    async def _listen(self, peer: _Peer) -> None:
        async for frame in peer.socket:
            if not peer.allowance.takes(len(frame), self._clock_s()):
                raise InputError("More was sent than one peer may.")
            if isinstance(frame, bytes):
                if peer.role != "coach":
                    raise InputError("A guest looks; only a coach draws.")
                self._document.apply(frame)
                self._broadcast(frame, but=peer.ident)
            else:
                self._hear(peer, frame)

    def _hear(self, peer: _Peer, text: str) -> None:
        message = wire.parse(text, self._limits)
        if message["type"] != "presence":
            raise InputError(f"A message of type {message['type'][:20]!r} is not known.")
        presence = wire.read_presence(message)
        if peer.allowance.passes_presence(self._clock_s()):
            self._present(peer.ident, peer.name, wire.presence_text(presence), peer.ident)
            if self._on_presence is not None:
                self._on_presence(peer.name, presence)

    def _present(self, ident: str, name: str, text: str, but: str | None) -> None:
        frame = wire.signed_text(text, ident, name)
        for peer in tuple(self._peers.values()):
            # What is out of date before it is read is not worth a place in a slow peer's queue.
            if peer.ident != but and peer.outbox.waiting_bytes < self._limits.text_bytes:
                peer.outbox.put(frame)

    def _broadcast(self, frame: str | bytes, but: str | None = None) -> None:
        for peer in tuple(self._peers.values()):
            if peer.ident != but and not peer.outbox.put(frame):
                # It does not read: closing politely would wait for it to read the goodbye.
                del self._peers[peer.ident]
                peer.socket.transport.abort()

    def _tell_peers(self) -> None:
        self._broadcast(wire.peers_text([(p.ident, p.name, p.role) for p in self._peers.values()]))


@dataclass
class ShareClient:
    """One end of a shared session: keeps a document in step with a server's, over as many lines as it takes.

    document    : this end's own copy; changed here, it is sent; changed elsewhere, its listeners hear.
    on_presence : called with a name and where that person is.
    on_peers    : called with name and role of everyone who is there.
    on_line     : called with True when both ends have all of each other, with False when the line is cut.
    retry_s     : first and longest time between two tries.
    """

    url: str
    token: str
    name: str
    document: ReviewDocument
    tls: ssl.SSLContext | None = None
    limits: ShareLimits = DEFAULT_SHARE
    on_presence: Callable[[str, Presence], None] = lambda _name, _presence: None
    on_peers: Callable[[tuple[tuple[str, str], ...]], None] = lambda _peers: None
    on_line: Callable[[bool], None] = lambda _on: None
    retry_s: tuple[float, float] = (0.1, 5.0)
    role: str = field(default="", init=False)
    _outbox: Outbox | None = field(default=None, init=False)

    async def run(self) -> None:
        """Stay joined until cancelled; raises InputError if the server refuses this invitation or what was sent."""
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
                        await self._joined(socket)
                        wait_s = self.retry_s[0]
                except ConnectionClosed as end:
                    if end.rcvd is not None and end.rcvd.code == _POLICY:
                        raise InputError(f"{self.url} refused: {end.rcvd.reason}") from None
                except InvalidURI:
                    raise InputError(f"{self.url} is no address of a shared session (ws://HOST:PORT).") from None
                except (OSError, InvalidHandshake, TimeoutError):
                    pass  # nobody is there now: tried again
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2.0, self.retry_s[1])
        finally:
            stop()

    def tell(self, presence: Presence) -> None:
        """Tell the others where the person at this end is; forgotten while the line is cut."""
        if self._outbox is not None and self._outbox.waiting_bytes < self.limits.text_bytes:
            self._outbox.put(wire.presence_text(presence))

    def _send(self, update: bytes) -> None:
        if self._outbox is not None and self.role == "coach":
            # A line that takes nothing is cut by its pings; what was not sent is merged on the next one.
            self._outbox.put(update)

    async def _joined(self, socket: ClientConnection) -> None:
        await socket.send(wire.hello_text(Hello(self.token, self.name, self.document.state())))
        first = await socket.recv()
        message = wire.parse(first if isinstance(first, str) else "")
        if message["type"] != "welcome" or message.get("role") not in wire.ROLES:
            raise InputError(f"{self.url} did not answer as a shared session does.")
        self.role = message["role"]
        outbox = Outbox(UPDATE_LIMITS.update_bytes)
        mine = self.document.update(wire.read_state(message))
        if self.role == "coach" and mine != _NOTHING:
            outbox.put(mine)
        self._outbox = outbox
        try:
            await _with_sender(outbox, socket, self._listen(socket))
        finally:
            self._outbox = None
            self.on_line(False)

    async def _listen(self, socket: ClientConnection) -> None:
        whole = False
        async for frame in socket:
            if isinstance(frame, bytes):
                self.document.apply(frame)
                if not whole:
                    whole = True
                    self.on_line(True)
            else:
                self._hear(wire.parse(frame))

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "presence":
            self.on_presence(wire.read_name(message), wire.read_presence(message))
        elif message["type"] == "peers":
            self.on_peers(wire.read_peers(message))


async def _with_sender(
    outbox: Outbox, socket: ServerConnection | ClientConnection, listening: Coroutine[Any, Any, None]
) -> None:
    """Listen while an outbox is sent; the end of either is the end of both."""
    sender = asyncio.create_task(outbox.drain(socket))
    try:
        await listening
    finally:
        sender.cancel()
        # Not awaited itself: its being cancelled could not be told from this task's.
        await asyncio.wait([sender])
        error = None if sender.cancelled() else sender.exception()
        if error is not None and not isinstance(error, ConnectionClosed):
            raise error
