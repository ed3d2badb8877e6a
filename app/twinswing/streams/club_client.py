"""Plays a recording to a hub as a club's firmware would send it."""

import asyncio
import random
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.typing import Subprotocol

from twinswing.errors import InputError
from twinswing.streams.club_protocol import (
    Close,
    ClubBuffer,
    ClubConnection,
    ClubEvent,
    HubLeft,
    Refused,
    Welcomed,
)
from twinswing.streams.club_wire import MAX_TEXT_BYTES, SUBPROTOCOL, Batch, Hello, Impact

FULL_COUNTS = 32767  # a sample at the range's end
DEFAULT_BATCH = 16
# A hub lets 8000 frames burst and 1000 a second after that: so many go unpaced, then this many a second.
UNPACED_BATCHES, UNPACED_PER_S = 4000, 800.0


@dataclass(frozen=True, eq=False)
class ClubStream:
    """What a club has to send, in SI units and on its own clock.

    t_ns : device time, int64, shape (n,), strictly increasing. accel_mps2, gyro_radps : shape (n, 3).
    clipped : shape (n,). impacts : device times and peaks that firmware would report.
    """

    hello: Hello
    t_ns: NDArray[np.int64]
    accel_mps2: NDArray[np.float64]
    gyro_radps: NDArray[np.float64]
    clipped: NDArray[np.bool_]
    impacts: tuple[Impact, ...] = ()

    def batches(self, size: int = DEFAULT_BATCH) -> Iterator[Batch]:
        """Yield the samples as numbered batches of at most `size`."""
        counts, accel_scale, gyro_scale = self._counts()
        for first in range(0, len(self.t_ns), size):
            part = slice(first, first + size)
            yield Batch(
                first // size,
                self.t_ns[part],
                counts[part],
                accel_scale,
                gyro_scale,
                int(self.clipped[part].sum()),
            )

    def _counts(self) -> tuple[NDArray[np.int16], float, float]:
        counts = np.empty((len(self.t_ns), 6), dtype=np.int16)
        scales = []
        ranges = (self.hello.accel_range_mps2, self.hello.gyro_range_radps)
        for columns, values, full in (
            (slice(0, 3), self.accel_mps2, ranges[0]),
            (slice(3, 6), self.gyro_radps, ranges[1]),
        ):
            # A scale is a float32 on the wire: round it first, so that both ends multiply by the same number.
            scale = float(np.float32(full / FULL_COUNTS))
            counts[:, columns] = np.clip(np.rint(values / scale), -FULL_COUNTS - 1, FULL_COUNTS)
            scales.append(scale)
        return counts, scales[0], scales[1]


@dataclass(frozen=True)
class PlayOptions:
    """How the recording is played.

    rate       : 1 plays in the recording's own time, 2 twice as fast; 0 as fast as the socket takes it.
    jitter_ms  : mean of the exponential delay that each batch waits on top, as a busy radio's.
    drop       : fraction of batches never sent at all, as by a full buffer (the hub must count them).
    break_after: close the socket without a bye after so many batches, once, to exercise the reconnect.
    size       : samples a batch. seed : of jitter and drops. attempts : connections tried before giving up.
    """

    rate: float = 1.0
    jitter_ms: float = 0.0
    drop: float = 0.0
    break_after: int | None = None
    size: int = DEFAULT_BATCH
    seed: int = 0
    attempts: int = 5


@dataclass
class PlayReport:
    """What came of it: batches and samples sent, dropped on purpose, resent; connections made."""

    batches: int = 0
    samples: int = 0
    dropped: int = 0
    resent: int = 0
    connections: int = 0
    refusals: list[str] = field(default_factory=list)


class _Player:
    def __init__(self, stream: ClubStream, url: str, options: PlayOptions, context: ssl.SSLContext | None) -> None:
        self._stream, self._url, self._options, self._context = stream, url, options, context
        self._buffer = ClubBuffer()
        self._random = random.Random(options.seed)
        self._pending = list(stream.batches(options.size))
        self._impacts = list(stream.impacts)
        self._at = 0
        self._start_ns = 0
        self._broke = False
        self.report = PlayReport()

    def device_ns(self) -> int:
        """The club's clock now: the recording's first time plus what has passed, at the playing rate."""
        rate = self._options.rate or 1.0
        return int(self._stream.t_ns[0]) + round((time.monotonic_ns() - self._start_ns) * rate)

    async def run(self) -> PlayReport:
        """Play to the end, reconnecting as needed."""
        failures = 0
        self._start_ns = time.monotonic_ns()
        while self._at < len(self._pending) or len(self._buffer):
            try:
                await self._connection()
                failures = 0
            except (OSError, ConnectionClosed, TimeoutError, InvalidHandshake) as error:
                failures += 1
                if failures >= self._options.attempts:
                    raise InputError(f"no hub answers at {self._url}: {error}") from None
                await asyncio.sleep(min(0.1 * 2**failures, 2.0))
            except InvalidURI as error:
                raise InputError(f"a hub's address is ws://HOST:PORT or wss://HOST:PORT, got {self._url}") from error
        return self.report

    async def _connection(self) -> None:
        async with connect(
            self._url,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=MAX_TEXT_BYTES,
            ssl=self._context,
            ping_interval=None,
            user_agent_header=None,
        ) as socket:
            self.report.connections += 1
            club = ClubConnection(self._stream.hello, self._buffer)
            await self._flush(club, socket)
            welcomed: asyncio.Event = asyncio.Event()
            reader = asyncio.create_task(self._read(club, socket, welcomed))
            try:
                waits = {reader, asyncio.create_task(welcomed.wait())}
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED, timeout=10.0)
                if welcomed.is_set():
                    await self._send_all(club, socket, reader)
            finally:
                reader.cancel()
                await asyncio.gather(reader, return_exceptions=True)
            self._raise_refusal()

    async def _send_all(self, club: ClubConnection, socket: ClientConnection, reader: "asyncio.Task[None]") -> None:
        while self._at < len(self._pending) and not reader.done():
            batch = self._pending[self._at]
            await self._wait_until(int(batch.t_ns[-1]))
            self._at += 1
            numbered = self._buffer.add(batch)
            if self._random.random() < self._options.drop:
                self.report.dropped += 1
                self._buffer.discard(numbered.sequence)
                continue
            club.send_batch(numbered)
            while self._impacts and self._impacts[0].t_ns <= int(batch.t_ns[-1]):
                club.send_event(self._impacts.pop(0))
            self.report.batches += 1
            self.report.samples += len(batch.t_ns)
            await self._flush(club, socket)
            if self.report.batches == self._options.break_after and not self._broke:
                self._broke = True
                socket.transport.abort()
                return
        if not reader.done():
            club.bye("the recording is over")
            await self._flush(club, socket)
            await asyncio.wait_for(reader, timeout=10.0)  # the last acknowledgement, then the hub closes

    async def _wait_until(self, device_ns: int) -> None:
        if self._options.rate > 0:
            wait_s = (device_ns - self.device_ns()) / 1e9 / self._options.rate
            if self._options.jitter_ms > 0:
                wait_s += self._random.expovariate(1.0) * self._options.jitter_ms / 1e3
            if wait_s > 0:
                await asyncio.sleep(wait_s)
        elif self._at >= UNPACED_BATCHES:
            await asyncio.sleep(1.0 / UNPACED_PER_S)

    async def _read(self, club: ClubConnection, socket: ClientConnection, welcomed: asyncio.Event) -> None:
        try:
            async for frame in socket:
                for event in club.receive(frame, self.device_ns()):
                    self._note(event)
                if club.welcomed:
                    welcomed.set()
                await self._flush(club, socket)
        except ConnectionClosed:
            pass  # the sender sees that the reader ended and connects again

    def _note(self, event: ClubEvent) -> None:
        match event:
            case Welcomed(resent=resent):
                self.report.resent += resent
            case Refused(note=note):
                self.report.refusals.append(f"{note.code}: {note.message}")
            case HubLeft(reason=reason):
                self.report.refusals.append(f"bye: {reason}")
            case _:
                pass

    def _raise_refusal(self) -> None:
        """Give up where trying again cannot help."""
        if self.report.refusals:
            raise InputError(f"the hub at {self._url} refused the club: {self.report.refusals[-1]}")

    async def _flush(self, club: ClubConnection, socket: ClientConnection) -> None:
        for frame in club.take():
            await socket.send(frame)
        if isinstance(club.close, Close):
            await socket.close(club.close.code, club.close.reason)


async def play(
    stream: ClubStream,
    url: str,
    options: PlayOptions | None = None,
    *,
    token: str = "",
    context: ssl.SSLContext | None = None,
) -> PlayReport:
    """Stream a recording to a hub as firmware would: batches at the device's rate, pings answered, resent on reconnect.

    Raises InputError when no hub answers or the hub refuses the club.
    """
    if len(stream.t_ns) == 0:
        raise InputError("a club recording needs at least one sample to play, got none")
    if token:
        stream = replace(stream, hello=replace(stream.hello, token=token))
    return await _Player(stream, url, options or PlayOptions(), context).run()
