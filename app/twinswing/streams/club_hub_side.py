"""The hub's half of `twinswing.club.v1`: who is in, and what each socket may do next."""

import hmac
from dataclasses import dataclass, field, replace

from twinswing.streams.club_events import (
    GOING_AWAY,
    NORMAL_CLOSURE,
    NS,
    BatchArrived,
    BatteryRead,
    Close,
    ClubJoined,
    ClubLeft,
    Fault,
    HubEvent,
    ImpactFelt,
    Limits,
    Peer,
    PingMeasured,
)
from twinswing.streams.club_sequence import SequenceTracker
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
    encode_ping,
    encode_pong,
    encode_text,
)


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


class HubConnection(Peer):
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
            events.append(ClubLeft(hello.serial, replaced.boot, "superseded"))
            replaced._fail("superseded", "another socket said hello with this serial")
            replaced._record = None
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
