"""What both halves of `twinswing.club.v1` share: limits, close codes, what the hub hears, an outbox."""

from dataclasses import dataclass
from typing import TypeAlias

from twinswing.streams.club_sequence import Verdict
from twinswing.streams.club_wire import (
    Batch,
    Battery,
    ErrorNote,
    Hello,
    Impact,
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


class Peer:
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
