"""The hub on asyncio and `websockets`.

All that is decided is decided in `club_protocol`; this shell moves frames, stamps them with the session clock, and
hands every event to a sink in the order it came. The sink is called on the hub's own thread and nothing stands between
it and the socket: a window that is slow cannot cost a sample.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed, NegotiationError
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from twinswing.errors import InputError
from twinswing.streams.clock_sync import TwoWayHull
from twinswing.streams.club_protocol import (
    INTERNAL_ERROR,
    BatteryRead,
    Close,
    ClubJoined,
    ClubRegistry,
    Fault,
    HubConnection,
    HubEvent,
    PingMeasured,
)
from twinswing.streams.club_wire import MAX_TEXT_BYTES, SUBPROTOCOL, Hello
from twinswing.streams.hub_settings import (
    ClockUpdated,
    ClubStatus,
    HubSettings,
    Sink,
    SinkEvent,
    check_settings,
)

# Failed handshakes (port scanners, browsers) are told here and printed only where an application asks for it.
_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())


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
        context = check_settings(self._settings)
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
