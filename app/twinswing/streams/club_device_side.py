"""The club's half of `twinswing.club.v1`: what firmware does, step by step."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from twinswing.streams.club_events import NORMAL_CLOSURE, Close, Peer, PingMeasured
from twinswing.streams.club_wire import (
    VERSION,
    Ack,
    Batch,
    Battery,
    Bye,
    ErrorNote,
    Hello,
    Impact,
    Ping,
    Pong,
    Welcome,
    WireError,
    decode_binary,
    decode_text,
    encode_batch,
    encode_pong,
    encode_text,
)


@dataclass(frozen=True)
class Welcomed:
    """The hub took the club in; batches it lacks are already waiting in `take()`."""

    welcome: Welcome
    resent: int


@dataclass(frozen=True)
class Refused:
    """The hub said what was wrong."""

    note: ErrorNote


@dataclass(frozen=True)
class HubLeft:
    """The hub said bye."""

    reason: str


ClubEvent: TypeAlias = Welcomed | Refused | HubLeft | PingMeasured


class ClubBuffer:
    """The batches that a club keeps until the hub has them; it outlives a connection.

    capacity : batches kept; the oldest go first. 4096 batches of 16 samples are a minute at 1 kHz, 0.9 MB.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self.next_sequence = 0
        self.forgotten = 0  # batches that left unacknowledged
        self._kept: deque[Batch] = deque()
        self._capacity = capacity

    @property
    def oldest(self) -> int:
        """The lowest sequence number that can still be sent."""
        return self._kept[0].sequence if self._kept else self.next_sequence

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, batch: Batch) -> Batch:
        """Number a batch and keep it."""
        batch = replace(batch, sequence=self.next_sequence)
        self.next_sequence += 1
        self._kept.append(batch)
        if len(self._kept) > self._capacity:
            self._kept.popleft()
            self.forgotten += 1
        return batch

    def discard(self, sequence: int) -> None:
        """Forget one batch as if it had never been kept: what a club out of memory does."""
        self._kept = deque(batch for batch in self._kept if batch.sequence != sequence)
        self.forgotten += 1

    def release(self, next_sequence: int) -> None:
        """Drop what the hub has."""
        while self._kept and self._kept[0].sequence < next_sequence:
            self._kept.popleft()

    def wanted(self, resume: int, missing: Iterable[tuple[int, int]]) -> Iterator[Batch]:
        """Yield the kept batches that a welcome asks for, in order, marked as resent."""
        holes = list(missing)
        for batch in self._kept:
            if batch.sequence >= resume or any(a <= batch.sequence <= b for a, b in holes):
                yield replace(batch, resent=True)


class ClubConnection(Peer):
    """The club's half of one socket: what firmware does, step by step."""

    def __init__(self, hello: Hello, buffer: ClubBuffer) -> None:
        super().__init__()
        self._buffer = buffer
        self.welcomed = False
        self._send(encode_text(replace(hello, oldest=buffer.oldest)))

    def receive(self, frame: str | bytes, device_ns: int) -> list[ClubEvent]:
        """Take one frame that arrived at device time `device_ns`; raises WireError when a hub breaks the protocol."""
        message = decode_text(frame) if isinstance(frame, str) else decode_binary(frame)
        match message:
            case Welcome():
                return self._welcome(message)
            case ErrorNote():
                if message.fatal:
                    self.close = self.close or Close(NORMAL_CLOSURE, message.code)
                return [Refused(message)]
            case Bye():
                self.close = self.close or Close(NORMAL_CLOSURE, "bye")
                return [HubLeft(message.reason)]
            case Ping():
                self._send(encode_pong(Pong(message.number, message.t0_ns, device_ns, device_ns)))
                return []
            case Ack():
                self._buffer.release(message.next_sequence)
                return []
            case _:
                return []

    def _welcome(self, welcome: Welcome) -> list[ClubEvent]:
        if welcome.version != VERSION:
            raise WireError("version", f"the hub answered with version {welcome.version}, this club speaks {VERSION}")
        self.welcomed = True
        if not welcome.missing:
            self._buffer.release(welcome.resume)
        again = [encode_batch(batch) for batch in self._buffer.wanted(welcome.resume, welcome.missing)]
        for frame in again:
            self._send(frame)
        return [Welcomed(welcome, len(again))]

    def send_batch(self, batch: Batch) -> None:
        """Send a batch that `ClubBuffer.add` numbered."""
        self._send(encode_batch(batch))

    def send_event(self, event: Impact | Battery) -> None:
        """Send an impact or a battery reading."""
        self._send(encode_text(event))

    def bye(self, reason: str = "") -> None:
        """Leave: the hub acknowledges what it has and closes the socket."""
        self._send(encode_text(Bye(reason)))
