"""The hub: `twinswing.club.v1` over real sockets, on asyncio and `websockets`.

All that is decided is decided in `club_protocol`; this shell moves frames, stamps them with the session clock, and
hands every event to a sink in the order it came. The sink is called on the hub's own thread and nothing stands between
it and the socket: a window that is slow cannot cost a sample.
"""

import asyncio
import contextlib
import ipaddress
import logging
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, NegotiationError
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from twinswing.errors import InputError
from twinswing.streams.clock_sync import TwoWayHull
from twinswing.streams.club_protocol import (
    INTERNAL_ERROR,
    BatchArrived,
    BatteryRead,
    Close,
    ClubJoined,
    ClubLeft,
    ClubRegistry,
    Fault,
    HubConnection,
    HubEvent,
    ImpactFelt,
    Limits,
    PingMeasured,
)
from twinswing.streams.club_wire import MAX_TEXT_BYTES, SUBPROTOCOL, Hello
from twinswing.timeline.clock import ClockMap

# Failed handshakes (port scanners, browsers) are told here and printed only where an application asks for it.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())


@dataclass(frozen=True)
class HubSettings:
    """Where and how a hub listens.

    host, port        : 127.0.0.1 unless told otherwise; port 0 takes a free one.
    token             : the pairing token that every club must state; needed for any host beyond loopback.
    tls_cert, tls_key : PEM files; with them the hub speaks wss only.
    limits            : what clubs may do.
    strangers         : sockets without a hello that may be open at once; beyond that HTTP 503 is answered.
    clock_every_s     : how often a club's clock map is told anew.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str = field(default="", repr=False)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    limits: Limits = field(default_factory=Limits)
    strangers: int = 16
    clock_every_s: float = 1.0


@dataclass(frozen=True)
class ClockUpdated:
    """What is known now of a club's clock; `map` takes its device seconds to session seconds."""

    serial: str
    boot: int
    map: ClockMap
    pings: int


SinkEvent: TypeAlias = HubEvent | ClockUpdated
Sink: TypeAlias = Callable[[SinkEvent], None]


@dataclass(frozen=True)
class ClubStatus:
    """A club as a panel shows it.

    samples, batches, duplicates, late, lost_batches, clipped : counted since its power-on.
    battery : 0 to 1, None before it was told. clock : None before enough pings.
    """

    serial: str
    present: bool
    hello: Hello
    samples: int = 0
    batches: int = 0
    duplicates: int = 0
    late: int = 0
    lost_batches: int = 0
    clipped: int = 0
    connections: int = 1
    battery: float | None = None
    clock: ClockMap | None = None
    last_fault: str = ""


def is_loopback(host: str) -> bool:
    """Tell whether listening on `host` can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_listen(text: str, default_port: int = 8765) -> tuple[str, int]:
    """Split HOST:PORT, HOST, :PORT or [V6]:PORT; raises InputError."""
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") <= 1:
        host, _, port = text.partition(":")
    if port and not (port.isdecimal() and int(port) <= 65535):
        raise InputError(f"--listen needs HOST:PORT with a port of 0 to 65535, got {text!r}")
    return host or "127.0.0.1", int(port) if port else default_port


def _check(settings: HubSettings) -> ssl.SSLContext | None:
    if not is_loopback(settings.host) and not settings.token:
        raise InputError(
            f"listening on {settings.host} lets others on the network in: give a pairing token (--token), "
            "or listen on 127.0.0.1"
        )
    if settings.tls_cert is None:
        if settings.tls_key is not None:
            raise InputError("a TLS key was given without its certificate")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"the TLS certificate and key must be PEM files, {settings.tls_cert}: {error}") from None
    return context


def _select_subprotocol(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    """Take ours where it is offered; small firmware stacks that offer none are judged by their hello."""
    if not offered:
        return None
    if SUBPROTOCOL in offered:
        return Subprotocol(SUBPROTOCOL)
    raise NegotiationError(f"this hub speaks {SUBPROTOCOL}")


class Hub:
    """Receives clubs. `sink` gets every event in order; `clock_ns` is the session clock."""

    def __init__(self, settings: HubSettings, sink: Sink, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._settings = settings
        self._sink = sink
        self._clock_ns = clock_ns
        self._registry = ClubRegistry(settings.token, settings.limits)
        self._open: dict[HubConnection, ServerConnection] = {}
        self._clocks: dict[tuple[str, int], TwoWayHull] = {}
        self._told_ns: dict[tuple[str, int], int] = {}
        self._status: dict[str, ClubStatus] = {}
        self._closing: set[HubConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self.error: BaseException | None = None  # what the sink raised; the hub stops then
        self.failed = asyncio.Event()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    def statuses(self) -> tuple[ClubStatus, ...]:
        """Return every known club's state, with the counters of this moment."""
        for serial, record in list(self._registry.clubs.items()):
            status = self._status.get(serial)
            if status is not None:
                self._status[serial] = replace(
                    status,
                    present=record.connection is not None,
                    samples=record.samples,
                    batches=record.sequence.received,
                    duplicates=record.sequence.duplicates,
                    late=record.sequence.late,
                    lost_batches=record.sequence.lost,
                    clipped=record.clipped,
                    connections=record.connections,
                )
        return tuple(self._status.values())

    async def start(self) -> None:
        """Listen; raises InputError where that is not allowed or not possible."""
        context = _check(self._settings)
        try:
            self._server = await serve(
                self._serve_club,
                self._settings.host,
                self._settings.port,
                ssl=context,
                compression=None,  # deflate halves the rate and samples hardly compress
                max_size=MAX_TEXT_BYTES,
                max_queue=256,  # frames read ahead of the protocol: a quarter of a megabyte a club at the very most
                select_subprotocol=_select_subprotocol,
                process_request=self._door,
                ping_interval=None,  # the protocol's own pings tell more
                close_timeout=2.0,  # a dead socket is given up after this
                server_header=None,
                logger=_LOG,
            )
        except OSError as error:
            where = f"{self._settings.host}:{self._settings.port}"
            raise InputError(f"cannot listen on {where}: {error.strerror or error}") from None

    async def stop(self) -> None:
        """Say bye to every club, close, and wait until all is delivered."""
        for protocol in list(self._open):
            self._deliver(protocol.shut())
        for protocol, socket in list(self._open.items()):
            await self._flush(protocol, socket)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    # ------------------------------------------------------------------------------------------------------ inside
    def _door(self, socket: ServerConnection, _: Request) -> Response | None:
        strangers = sum(1 for protocol in self._open if not protocol.serial)
        if strangers >= self._settings.strangers:
            return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "too many sockets without a hello\n")
        return None

    async def _serve_club(self, socket: ServerConnection) -> None:
        protocol = HubConnection(self._registry, self._clock_ns())
        self._open[protocol] = socket
        ticker = asyncio.create_task(self._tick(protocol, socket))
        try:
            async for frame in socket:
                self._deliver(protocol.receive(frame, self._clock_ns()))
                await self._flush_all(protocol, socket)
        except ConnectionClosed:
            pass  # an abrupt end is what lost() tells; a clean one ends the loop
        finally:
            ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await ticker
            del self._open[protocol]
            self._closing.discard(protocol)
            self._deliver(protocol.lost())

    async def _tick(self, protocol: HubConnection, socket: ServerConnection) -> None:
        period = 1.0 / max(self._settings.limits.ping_hz, 2.0)
        while protocol.close is None:
            await asyncio.sleep(period)
            self._deliver(protocol.tick(self._clock_ns()))
            await self._flush(protocol, socket)

    async def _flush_all(self, protocol: HubConnection, socket: ServerConnection) -> None:
        await self._flush(protocol, socket)
        for other, its_socket in list(self._open.items()):
            if other is not protocol and other.close is not None and other not in self._closing:
                # It was superseded just now. Its socket may be dead: the new one must not wait for it.
                self._closing.add(other)
                task = asyncio.create_task(self._flush(other, its_socket))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _flush(self, protocol: HubConnection, socket: ServerConnection) -> None:
        try:
            for frame in protocol.take():
                # A closing socket may still hold batches to be read: sending on it would wait and lose them.
                if socket.state is State.OPEN:
                    await socket.send(frame)
            if protocol.close is not None:
                await socket.close(protocol.close.code, protocol.close.reason)
        except ConnectionClosed:
            pass  # the serving loop sees it too and reports the club as lost

    def _deliver(self, events: list[HubEvent]) -> None:
        for event in events:
            self._note(event)
            self._hand_over(event)
            if isinstance(event, PingMeasured):
                self._clock(event)

    def _hand_over(self, event: SinkEvent) -> None:
        if self.error is not None:
            return
        try:
            self._sink(event)
        except Exception as error:  # noqa: BLE001  whatever the sink raises (a full disk) must end the capture, told
            self.error = error
            for protocol in self._open:
                protocol.close = protocol.close or Close(INTERNAL_ERROR, "the hub cannot store samples")
            self.failed.set()

    def _clock(self, ping: PingMeasured) -> None:
        key = (ping.serial, ping.boot)
        hull = self._clocks.setdefault(key, TwoWayHull())
        hull.add(ping.t0_ns, ping.t1_ns, ping.t2_ns, ping.t3_ns)
        if ping.t3_ns - self._told_ns.get(key, 0) < self._settings.clock_every_s * 1e9:
            return
        found = hull.estimate()
        if found is not None:
            self._told_ns[key] = ping.t3_ns
            self._hand_over(ClockUpdated(ping.serial, ping.boot, found, hull.pings))
            if ping.serial in self._status:
                self._status[ping.serial] = replace(self._status[ping.serial], clock=found)

    def _note(self, event: HubEvent) -> None:
        match event:
            case ClubJoined(hello=hello, resumed=resumed):
                old = self._status.get(hello.serial)
                if old is None or not resumed:
                    self._status[hello.serial] = ClubStatus(hello.serial, True, hello)
                    self._forget_clocks(hello)
                else:
                    self._status[hello.serial] = replace(old, present=True, hello=hello)
            case BatteryRead(serial=serial, battery=battery):
                self._status[serial] = replace(self._status[serial], battery=battery.level)
            case Fault(serial=serial, message=message) if serial in self._status:
                self._status[serial] = replace(self._status[serial], last_fault=message)
            case _:
                pass

    def _forget_clocks(self, hello: Hello) -> None:
        for key in [key for key in self._clocks if key[0] == hello.serial and key[1] != hello.boot]:
            del self._clocks[key]
            self._told_ns.pop(key, None)
        for serial in [serial for serial in self._status if serial not in self._registry.clubs]:
            del self._status[serial]


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a uvloop loop where there is one, else asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415  absent on Windows
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def run_async(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end on the fastest loop there is."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)


class HubThread:
    """A hub on a thread of its own, for a window or a capture.

    `sink` (called on the hub's thread) gets everything; `drain()` gives a consumer that may be slow the newest events,
    at most `backlog` of them, and counts in `skipped` what it was too slow for.
    """

    def __init__(
        self,
        settings: HubSettings,
        sink: Sink,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        backlog: int = 4096,
    ) -> None:
        self._settings = settings
        self._user_sink = sink
        self._clock_ns = clock_ns
        self._news: deque[SinkEvent] = deque(maxlen=backlog)
        self.skipped = 0
        self.port = 0
        self._hub: Hub | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="twinswing-hub", daemon=True)

    def start(self) -> "HubThread":
        """Listen; returns when clubs can connect, raises InputError when they cannot."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Say bye to the clubs, wait for the last event, and raise what the sink raised, if it did."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop ended by itself between the two lines
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def __enter__(self) -> "HubThread":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether clubs can still connect."""
        return self._thread.is_alive() and self._ready.is_set()

    @property
    def failure(self) -> BaseException | None:
        """What ended the hub, if something did."""
        return self._failure

    def statuses(self) -> tuple[ClubStatus, ...]:
        """Return every known club's state; safe from any thread."""
        hub, loop = self._hub, self._loop
        if hub is None or loop is None or not self._thread.is_alive():
            return hub.statuses() if hub else ()
        try:
            return asyncio.run_coroutine_threadsafe(_ask(hub), loop).result(timeout=2.0)
        except (RuntimeError, TimeoutError):  # the loop is closing
            return ()

    def drain(self) -> list[SinkEvent]:
        """Return the events since the last call, oldest first; safe from any thread."""
        out = []
        with contextlib.suppress(IndexError):
            while True:
                out.append(self._news.popleft())
        return out

    def _sink(self, event: SinkEvent) -> None:
        self._user_sink(event)
        if len(self._news) == self._news.maxlen:
            self.skipped += 1
        self._news.append(event)

    def _run(self) -> None:
        try:
            run_async(self._main())
        except BaseException as error:  # noqa: BLE001  carried to start() or stop(), whichever is waiting
            self._failure = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._hub = Hub(self._settings, self._sink, self._clock_ns)
        await self._hub.start()
        self._loop = asyncio.get_running_loop()
        self.port = self._hub.port
        self._ready.set()
        waits = [asyncio.ensure_future(self._stop.wait()), asyncio.ensure_future(self._hub.failed.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await self._hub.stop()
        if self._hub.error is not None:
            raise self._hub.error


async def _ask(hub: Hub) -> tuple[ClubStatus, ...]:
    return hub.statuses()


__all__ = [
    "BatchArrived",
    "BatteryRead",
    "ClockUpdated",
    "ClubJoined",
    "ClubLeft",
    "ClubStatus",
    "Fault",
    "Hub",
    "HubSettings",
    "HubThread",
    "ImpactFelt",
    "Limits",
    "PingMeasured",
    "SinkEvent",
    "is_loopback",
    "parse_listen",
    "run_async",
]
