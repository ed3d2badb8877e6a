"""A session reviewed together over `websockets`: the end that serves. `share_client` is the other one.

Everything runs on one asyncio loop, the document included. A peer is only ever written to through its own queue, so
that a slow one makes nobody wait; one that is too slow, or breaks a rule, is sent away alone.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from twinswing.errors import InputError
from twinswing.review import fetch
from twinswing.review import share_protocol as wire
from twinswing.review.document import ReviewDocument
from twinswing.review.fetch import RecordingSource
from twinswing.review.share_outbox import Outbox, with_sender
from twinswing.review.share_protocol import (
    COLOURS,
    DEFAULT_SHARE,
    Allowance,
    Hello,
    Invitations,
    Person,
    Presence,
    ShareLimits,
    Welcome,
)
from twinswing.review.updates import UPDATE_LIMITS
from twinswing.streams.hub_settings import is_loopback

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

# Close codes of RFC 6455: a rule was broken, and come back later.
_POLICY, _LATER = 1008, 1013
# How often the time to each peer and back is measured and told, seconds.
_MEASURE_S = 2.0
# How long the end of a session waits for what was said last to be on its way, seconds.
_LAST_WORDS_S = 2.0
# How many who were here are remembered, so that they come back under their name and colour.
_REMEMBERED = 64


@dataclass
class _Peer:
    ident: str
    who: str
    person: Person
    socket: ServerConnection
    outbox: Outbox
    allowance: Allowance
    withheld: Presence | None = None
    later: asyncio.TimerHandle | None = None

    def now(self) -> Person:
        """Return who this is, with the time to there and back as last measured."""
        latency_s = self.socket.latency
        return replace(self.person, rtt_s=round(latency_s, 4) if latency_s > 0.0 else None)


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
        name: str = "",
        on_presence: Callable[[str, Presence], None] = lambda _name, _presence: None,
        on_peers: Callable[[tuple[Person, ...]], None] = lambda _people: None,
        on_update: Callable[[bytes], None] = lambda _update: None,
        recording: RecordingSource | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to serve.

        name        : of the person at this end, who is listed with the others; "" for none.
        on_presence : called with a name and where that person is.
        on_peers    : called with everyone who is there whenever that changes.
        on_update   : called with every update that a peer sent, when the document has it.
        recording   : handed out to who asks for it (`fetch.fetch_recording`).
        clock_s     : what invitations' times are on.
        Raises InputError for a host beyond this machine without TLS: tokens and remarks would be read on the way.
        """
        if tls is None and not is_loopback(host):
            raise InputError(f"Sharing on {host} needs TLS: give a certificate, or listen on 127.0.0.1.")
        self._document, self._invitations = document, invitations
        self._host, self._port, self._tls = host, port, tls
        self._limits, self._clock_s = limits, clock_s
        self._name = name
        self._on_presence, self._on_peers, self._on_update = on_presence, on_peers, on_update
        self._recording = recording
        self._peers: dict[str, _Peer] = {}
        self._remembered: dict[str, Person] = {}
        self._told: tuple[Person, ...] = ()
        self._measuring: asyncio.Task[None] | None = None
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
        return tuple((p.person.name, p.person.role) for p in self._peers.values())

    @property
    def people(self) -> tuple[Person, ...]:
        """Everyone who is here, the host first."""
        host = (Person(self._name, wire.HOST),) if self._name else ()
        return host + tuple(p.now() for p in self._peers.values())

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
                ping_interval=_MEASURE_S,
                ping_timeout=10.0,
                close_timeout=1.0,
                server_header=None,
                logger=_LOG,
            )
        except OSError as error:
            raise InputError(f"cannot listen on {self._host}:{self._port}: {error.strerror or error}.") from None
        self._unlisten = self._document.on_update(self._broadcast)
        self._measuring = asyncio.create_task(self._measure())

    async def stop(self) -> None:
        """Send what is still to be sent, say that the session is over, close every line and stop listening."""
        if self._measuring is not None:
            self._measuring.cancel()
            await asyncio.wait([self._measuring])
            self._measuring = None
        end_s = time.monotonic() + _LAST_WORDS_S
        while any(p.outbox.waiting_bytes for p in self._peers.values()) and time.monotonic() < end_s:
            await asyncio.sleep(0.01)
        leaving = [asyncio.create_task(p.socket.close(wire.ENDED, "the session is over")) for p in self._peers.values()]
        if leaving:
            # What peers sent before they heard of the end still comes in meanwhile.
            await asyncio.wait(leaving)
        if self._unlisten is not None:
            self._unlisten()
            self._unlisten = None
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def tell(self, name: str, presence: Presence) -> None:
        """Tell everyone where the person at this end is."""
        self._present(name, presence, None)

    def spread(self, update: bytes) -> None:
        """Take an update from another copy at this end and send it to everyone; raises InputError as `apply` does."""
        self._document.apply(update)
        self._broadcast(update)

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(_MEASURE_S)
            if self.people != self._told:
                self._tell_peers()

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
            await with_sender(peer.outbox, socket, self._listen(peer))
        except InputError as error:
            await socket.close(_POLICY, str(error)[:120])
        except TimeoutError:
            await socket.close(_POLICY, "no hello came")
        except ConnectionClosed:
            pass  # an abrupt end is an end
        finally:
            self._sockets -= 1
            gone = [p for p in self._peers.values() if p.socket is socket]
            for peer in gone:
                self._forget(peer)
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
        person = self._recognise(hello, role)
        welcome = wire.welcome_text(Welcome(role, person.name, self._document.state()))
        # The first update may be a whole document, larger than what may wait later: it is what the peer came for.
        outbox = Outbox(self._limits.queue_bytes + len(welcome) + len(missing))
        peer = _Peer(str(self._numbers), hello.who, person, socket, outbox, Allowance(self._limits, now_s))
        outbox.put(welcome)
        outbox.put(missing)
        self._peers[peer.ident] = peer
        self._tell_peers()
        return peer

    def _recognise(self, hello: Hello, role: str) -> Person:
        """Return who comes: under the former name and colour after a cut line, with a name of its own in any case."""
        if hello.who:
            for peer in [p for p in self._peers.values() if p.who == hello.who]:
                # The line that was cut at the other end and not yet found out about at this one.
                self._forget(peer)
                peer.socket.transport.abort()
        here = [p.person for p in self._peers.values()]
        known = self._remembered.pop(hello.who, None)
        name = wire.free_name(hello.name if known is None else known.name, {self._name, *(p.name for p in here)})
        if known is None or known.colour in {p.colour for p in here}:
            used = [p.colour for p in (*here, *self._remembered.values())]
            colour = min(COLOURS[1:], key=lambda c: (used.count(c), COLOURS.index(c)))
        else:
            colour = known.colour
        person = Person(name, role, colour)
        if hello.who:
            self._remembered[hello.who] = person
            while len(self._remembered) > _REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
        return person

    def _forget(self, peer: _Peer) -> None:
        self._peers.pop(peer.ident, None)
        if peer.later is not None:
            peer.later.cancel()

    async def _listen(self, peer: _Peer) -> None:
        async for frame in peer.socket:
            if not peer.allowance.takes(len(frame), self._clock_s()):
                raise InputError("More was sent than one peer may.")
            if isinstance(frame, bytes):
                if peer.person.role != "coach":
                    raise InputError("A guest looks; only a coach draws.")
                self._document.apply(frame)
                self._broadcast(frame, but=peer.ident)
                self._on_update(frame)
            else:
                self._hear(peer, frame)

    def _hear(self, peer: _Peer, text: str) -> None:
        message = wire.parse(text, self._limits)
        if message["type"] != "presence":
            raise InputError(f"A message of type {message['type'][:20]!r} is not known.")
        presence = wire.read_presence(message)
        if presence.drawing and peer.person.role != "coach":
            raise InputError("A guest looks; only a coach draws.")
        peer.withheld = presence
        if peer.later is None:
            self._pass_on(peer)

    def _pass_on(self, peer: _Peer) -> None:
        """Tell the others where a peer is, as soon as it may: the newest is never left out."""
        peer.later = None
        presence = peer.withheld
        if presence is None or peer.ident not in self._peers:
            return
        wait_s = peer.allowance.presence_wait_s(self._clock_s())
        if wait_s > 0.0:
            peer.later = asyncio.get_running_loop().call_later(wait_s, self._pass_on, peer)
            return
        peer.withheld = None
        self._present(peer.person.name, presence, peer.ident)
        self._on_presence(peer.person.name, presence)

    def _present(self, name: str, presence: Presence, but: str | None) -> None:
        frame = wire.signed_text(presence, name)
        for peer in tuple(self._peers.values()):
            # What is out of date before it is read is not worth a place in a slow peer's queue.
            if peer.ident != but and peer.outbox.waiting_bytes < self._limits.text_bytes:
                peer.outbox.put(frame)

    def _broadcast(self, frame: str | bytes, but: str | None = None) -> None:
        for peer in tuple(self._peers.values()):
            if peer.ident != but and not peer.outbox.put(frame):
                # It does not read: closing politely would wait for it to read the goodbye.
                self._forget(peer)
                peer.socket.transport.abort()

    def _tell_peers(self) -> None:
        self._told = self.people
        self._broadcast(wire.peers_text(self._told))
        self._on_peers(self._told)
