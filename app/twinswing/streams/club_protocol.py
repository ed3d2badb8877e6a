"""Both halves of `twinswing.club.v1`, without a socket and without a clock.

A shell feeds what arrived, with the time at which it arrived, and gets events; what is to be sent waits in `take()`,
and `close` says when the socket must be closed and how. Session and device times are integer nanoseconds.

Every deviation has one answer, listed in `CLOSE_CODES` and in `docs/club-protocol.md`.
"""

import hmac
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from twinswing.streams.club_sequence import SequenceTracker, Verdict
from twinswing.streams.club_wire import (
    MAX_MISSING_RANGES,
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
    Unknown,
    Welcome,
    WireError,
    decode_binary,
    decode_text,
    encode_ack,
    encode_batch,
    encode_ping,
    encode_pong,
    encode_text,
)

NS = 1_000_000_000

# Error code -> WebSocket close code. "unknown-type" alone does not close.
CLOSE_CODES = {
    "not-protocol": 4000,
    "bad-message": 4001,
    "version": 4002,
    "bad-frame": 4003,
    "too-big": 1009,
    "bad-token": 4004,
    "too-many-clubs": 4005,
    "superseded": 4006,
    "rate-limit": 4007,
    "hello-timeout": 4008,
    "bad-time": 4009,
    "stale": 4010,
    "out-of-order": 4011,
}
NORMAL_CLOSURE, GOING_AWAY, INTERNAL_ERROR = 1000, 1001, 1011


@dataclass(frozen=True)
class Limits:
    """What the hub allows; each value with its reason.

    max_clubs         : eight at 1 kHz is what the hub is measured with.
    hello_timeout_s   : a club on poor Wi-Fi needs two round trips; five seconds is ten times that.
    stale_after_s     : pings go out at ping_hz, so silence this long is a dead radio, not a quiet club.
    ping_hz           : the clock estimator's errors were measured at 10 Hz.
    ack_every         : batches between acknowledgements; a club then buffers well under a second.
    messages_per_s    : 1 kHz in batches of 16 is 63/s; the rest is room for pings and faster sensors.
    burst_messages    : a minute of such batches may be resent at once after a reconnect.
    max_faults        : harmless deviations (unknown message types) before the socket closes.
    """

    max_clubs: int = 8
    hello_timeout_s: float = 5.0
    stale_after_s: float = 5.0
    ping_hz: float = 10.0
    ack_every: int = 16
    messages_per_s: float = 1000.0
    burst_messages: float = 8000.0
    max_faults: int = 20


@dataclass(frozen=True)
class Close:
    """How the socket must be closed once everything in `take()` was sent."""

    code: int
    reason: str


# -------------------------------------------------------------------------------------------------- what the hub sees
@dataclass(frozen=True)
class ClubJoined:
    """A club said hello and is welcome; `resumed` when the hub knows it since its power-on."""

    hello: Hello
    resumed: bool


@dataclass(frozen=True, eq=False)
class BatchArrived:
    """Samples; `verdict` is "new" or "late" (it fills a hole). `gap` is the closed range skipped just before it."""

    serial: str
    boot: int
    batch: Batch
    arrival_ns: int
    verdict: Verdict
    gap: tuple[int, int] | None = None


@dataclass(frozen=True)
class PingMeasured:
    """One exchange begun by the hub: t0, t3 on the session clock, t1, t2 on the club's, nanoseconds."""

    serial: str
    boot: int
    t0_ns: int
    t1_ns: int
    t2_ns: int
    t3_ns: int


@dataclass(frozen=True)
class ImpactFelt:
    """A club says that it hit something."""

    serial: str
    boot: int
    impact: Impact


@dataclass(frozen=True)
class BatteryRead:
    """A club's charge."""

    serial: str
    boot: int
    battery: Battery


@dataclass(frozen=True)
class ClubLeft:
    """A club is gone: "bye", an error code, or what the shell saw ("lost")."""

    serial: str
    boot: int
    reason: str


@dataclass(frozen=True)
class Fault:
    """A peer deviated from the protocol; `serial` is empty before a valid hello."""

    serial: str
    code: str
    message: str


HubEvent: TypeAlias = ClubJoined | BatchArrived | PingMeasured | ImpactFelt | BatteryRead | ClubLeft | Fault


@dataclass
class ClubRecord:
    """What the hub remembers of one club since its power-on, whatever the number of its connections."""

    hello: Hello
    sequence: SequenceTracker
    last_sample_ns: int = -1
    samples: int = 0
    clipped: int = 0
    connections: int = 1
    connection: "HubConnection | None" = None


@dataclass
class ClubRegistry:
    """All clubs of a hub. Two sockets with one serial: the newer one wins, the older is told `superseded`."""

    token: str = field(default="", repr=False)
    limits: Limits = field(default_factory=Limits)
    clubs: dict[str, ClubRecord] = field(default_factory=dict)

    # A hub left on for months must not remember every visitor: absent clubs beyond this many are forgotten, oldest
    # first, and a forgotten one simply starts a new stream.
    max_remembered: int = 64

    def admit(self, connection: "HubConnection", hello: Hello) -> tuple[ClubRecord, bool, "HubConnection | None"]:
        """Take a club in; return its record, whether it resumes, and the connection that it replaces.

        Raises WireError `bad-token` or `too-many-clubs`.
        """
        if self.token and not hmac.compare_digest(self.token.encode(), hello.token.encode()):
            raise WireError("bad-token", "the club's pairing token is not this hub's")
        old = self.clubs.get(hello.serial)
        replaced = old.connection if old else None
        present = sum(1 for record in self.clubs.values() if record.connection is not None)
        if replaced is None and present >= self.limits.max_clubs:
            raise WireError("too-many-clubs", f"this hub takes {self.limits.max_clubs} clubs and has that many")
        resumed = old is not None and old.hello.boot == hello.boot
        if old is not None and resumed:
            record = old
            record.hello = hello
            record.connections += 1
        else:
            record = ClubRecord(hello, SequenceTracker(next_sequence=hello.oldest))
        self.clubs.pop(hello.serial, None)
        self.clubs[hello.serial] = record
        record.connection = connection
        self._forget()
        return record, resumed, replaced

    def _forget(self) -> None:
        absent = [serial for serial, record in self.clubs.items() if record.connection is None]
        for serial in absent[: max(0, len(self.clubs) - self.max_remembered)]:
            del self.clubs[serial]


class _Peer:
    """What both halves share: an outbox and a way to end."""

    def __init__(self) -> None:
        self.close: Close | None = None
        self._outbox: list[str | bytes] = []

    def take(self) -> list[str | bytes]:
        """Return and empty what waits to be sent: str for text frames, bytes for binary ones."""
        out, self._outbox = self._outbox, []
        return out

    def _send(self, frame: str | bytes) -> None:
        if self.close is None:
            self._outbox.append(frame)

    def _fail(self, code: str, message: str) -> None:
        self._send(encode_text(ErrorNote(code, message, fatal=True)))
        self.close = self.close or Close(CLOSE_CODES[code], code)


class HubConnection(_Peer):
    """The hub's half of one socket."""

    def __init__(self, registry: ClubRegistry, now_ns: int) -> None:
        super().__init__()
        self._registry = registry
        self._limits = registry.limits
        self._opened_ns = self._heard_ns = self._refill_ns = now_ns
        self._tokens = registry.limits.burst_messages
        self._record: ClubRecord | None = None
        self._faults = 0
        self._since_ack = 0
        self._ping_number = 0
        self._ping_sent_ns = now_ns
        self._pings: dict[int, int] = {}  # number -> t0 of those not yet answered

    @property
    def serial(self) -> str:
        """The club's serial, empty before a valid hello."""
        return self._record.hello.serial if self._record else ""

    @property
    def boot(self) -> int:
        """The club's power-on number, 0 before a valid hello."""
        return self._record.hello.boot if self._record else 0

    def receive(self, frame: str | bytes, now_ns: int) -> list[HubEvent]:
        """Take one frame that arrived at session time `now_ns`."""
        if self.close is not None:
            return []
        self._heard_ns = now_ns
        try:
            self._spend(now_ns)
            if isinstance(frame, str):
                return self._text(frame, now_ns)
            return self._binary(frame, now_ns)
        except WireError as error:
            return self._broken(error)

    def tick(self, now_ns: int) -> list[HubEvent]:
        """Do what time alone asks for: pings, time-outs. Call it about every `1 / ping_hz` seconds."""
        if self.close is not None:
            return []
        silent_s = (now_ns - self._heard_ns) / NS
        if self._record is None:
            if (now_ns - self._opened_ns) / NS > self._limits.hello_timeout_s:
                return self._broken(WireError("hello-timeout", "no hello came in time"))
            return []
        if silent_s > self._limits.stale_after_s:
            return self._broken(WireError("stale", f"nothing was heard for {silent_s:.1f} s"))
        if self._limits.ping_hz > 0 and now_ns - self._ping_sent_ns >= NS / self._limits.ping_hz:
            self._ping(now_ns)
        return []

    def lost(self, reason: str = "lost") -> list[HubEvent]:
        """Tell that the socket is gone; returns ClubLeft once for a club that was in."""
        if self._record is None or self._record.connection is not self:
            self._record = None
            return []
        event = ClubLeft(self.serial, self.boot, reason)
        self._record.connection = None
        self._record = None
        return [event]

    def shut(self, reason: str = "hub stops") -> list[HubEvent]:
        """Say bye and close."""
        self._send_ack()
        self._send(encode_text(Bye(reason)))
        self.close = self.close or Close(GOING_AWAY, reason)
        return self.lost("hub stopped")

    # ------------------------------------------------------------------------------------------------------ inside
    def _spend(self, now_ns: int) -> None:
        refill = (now_ns - self._refill_ns) / NS * self._limits.messages_per_s
        self._refill_ns = now_ns
        self._tokens = min(self._tokens + refill, self._limits.burst_messages) - 1
        if self._tokens < 0:
            raise WireError("rate-limit", f"more than {self._limits.messages_per_s:g} messages a second came")

    def _broken(self, error: WireError) -> list[HubEvent]:
        serial = self.serial
        self._fail(error.code, str(error))
        return [Fault(serial, error.code, str(error)), *self.lost(error.code)]

    def _ping(self, now_ns: int) -> None:
        self._ping_sent_ns = now_ns
        self._ping_number = (self._ping_number + 1) & 0xFFFFFFFF
        self._pings[self._ping_number] = now_ns
        if len(self._pings) > 64:  # a club that never answers must not fill memory
            del self._pings[next(iter(self._pings))]
        self._send(encode_ping(Ping(self._ping_number, now_ns)))

    def _text(self, text: str, now_ns: int) -> list[HubEvent]:
        message = decode_text(text)
        if self._record is None:
            if not isinstance(message, Hello):
                raise WireError("out-of-order", f"the first message must be a hello, got {type(message).__name__}")
            return self._hello(message, now_ns)
        match message:
            case Impact():
                return [ImpactFelt(self.serial, self.boot, message)]
            case Battery():
                return [BatteryRead(self.serial, self.boot, message)]
            case Bye():
                self._send_ack()
                self.close = Close(NORMAL_CLOSURE, "bye")
                return self.lost("bye")
            case Unknown():
                return self._unknown(message)
            case _:
                raise WireError("out-of-order", f"a club must not send {type(message).__name__.lower()} here")

    def _unknown(self, message: Unknown) -> list[HubEvent]:
        self._faults += 1
        note = f'message type "{message.kind}" is not known in version {VERSION}'
        if self._faults > self._limits.max_faults:
            raise WireError("bad-message", f"{note}, and {self._faults} such messages came")
        self._send(encode_text(ErrorNote("unknown-type", note, fatal=False)))
        return [Fault(self.serial, "unknown-type", note)]

    def _hello(self, hello: Hello, now_ns: int) -> list[HubEvent]:
        record, resumed, replaced = self._registry.admit(self, hello)
        events: list[HubEvent] = []
        if replaced is not None:
            replaced._fail("superseded", "another socket said hello with this serial")
            replaced._record = None
            events.append(ClubLeft(hello.serial, hello.boot if resumed else 0, "superseded"))
        self._record = record
        tracker = record.sequence
        missing = tuple(tracker.missing[-MAX_MISSING_RANGES:])
        self._send(encode_text(Welcome(tracker.next_sequence, missing, self._limits.ping_hz)))
        self._ping(now_ns)
        return [*events, ClubJoined(replace(hello, token=""), resumed)]

    def _binary(self, data: bytes, now_ns: int) -> list[HubEvent]:
        message = decode_binary(data)
        if self._record is None:
            raise WireError("out-of-order", "the first message must be a hello, got a binary frame")
        match message:
            case Batch():
                return self._batch(message, self._record, now_ns)
            case Ping():
                self._send(encode_pong(Pong(message.number, message.t0_ns, now_ns, now_ns)))
                return []
            case Pong():
                sent = self._pings.pop(message.number, None)
                if sent is None or sent != message.t0_ns or message.t2_ns < message.t1_ns:
                    return [Fault(self.serial, "stray-pong", f"pong {message.number} answers no ping of this hub")]
                return [PingMeasured(self.serial, self.boot, sent, message.t1_ns, message.t2_ns, now_ns)]
            case Ack():
                raise WireError("out-of-order", "a club must not send an ack")

    def _batch(self, batch: Batch, record: ClubRecord, now_ns: int) -> list[HubEvent]:
        tracker = record.sequence
        expected = tracker.next_sequence
        if batch.sequence >= expected:
            if int(batch.t_ns[0]) <= record.last_sample_ns:
                raise WireError("bad-time", f"batch {batch.sequence} starts before the one ahead of it ended")
            record.last_sample_ns = int(batch.t_ns[-1])
        verdict = tracker.offer(batch.sequence)
        self._since_ack += 1
        if self._since_ack >= self._limits.ack_every:
            self._send_ack()
        if verdict == "duplicate":
            return []
        record.samples += len(batch.t_ns)
        record.clipped += batch.clip_count
        gap = (expected, batch.sequence - 1) if batch.sequence > expected else None
        return [BatchArrived(record.hello.serial, record.hello.boot, batch, now_ns, verdict, gap)]

    def _send_ack(self) -> None:
        self._since_ack = 0
        if self._record is not None:
            self._send(encode_ack(Ack(self._record.sequence.next_sequence)))


# ------------------------------------------------------------------------------------------------- what the club sees
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


class ClubConnection(_Peer):
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
