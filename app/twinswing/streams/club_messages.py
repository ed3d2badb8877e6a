"""The messages of `twinswing.club.v1` and the limits of their frames."""

import struct
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError

SUBPROTOCOL = "twinswing.club.v1"
VERSION = 1

BATCH, PING, PONG, ACK = 0x01, 0x02, 0x03, 0x04
FLAG_RESENT, FLAG_TIMED = 0x01, 0x02

# type, flags, samples, sequence, first device time, period, accelerometer scale, gyro scale, clip count, reserved
BATCH_HEADER = struct.Struct("<BBHIQIffHH")
PING_FRAME = struct.Struct("<BBHIQ")  # type, 0, 0, number, t0
PONG_FRAME = struct.Struct("<BBHIQQQ")  # type, 0, 0, number, t0, t1, t2
ACK_FRAME = struct.Struct("<BBHI")  # type, 0, 0, next sequence wanted

SAMPLE_BYTES = 12  # six int16
CLIPPED_COUNTS = 32604  # 0.995 of full scale: parts stop a little short of what they are named after
MAX_BATCH_SAMPLES = 64  # 64 ms at 1 kHz: later than that and a live view lags visibly
MAX_BINARY_BYTES = BATCH_HEADER.size + MAX_BATCH_SAMPLES * (SAMPLE_BYTES + 4)
MAX_TEXT_BYTES = 4096  # a hello with everything in it takes under 700 bytes
MAX_SEQUENCE = 0xFFFFFFFE  # one less than the field holds, so that "the next one" still fits in it
MAX_MISSING_RANGES = 32  # in a welcome; keeps it under MAX_TEXT_BYTES
MAX_TIME_NS = (1 << 63) - 1  # 292 years; above it a signed 64-bit value overflows
MAX_SCALE = 1e6  # per count; any larger scale is garbage in the float field


class WireError(InputError):
    """A frame that the protocol does not allow; `code` is the protocol's name for the deviation."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Hello:
    """What a club says first.

    serial : who it is; boot : a random number drawn at power-on, so that a restart is told from a replay.
    oldest : the lowest sequence number that the club can still send.
    rate_hz : nominal sample rate; accel_range_mps2, gyro_range_radps : full scale of the sensor.
    mount_position_m, mount_quaternion : the sensor's pose in the club frame, both or neither.
    club : what it is mounted on: kind, name, length_m, lie_rad, loft_rad, each optional.
    """

    serial: str
    boot: int
    firmware: str
    rate_hz: float
    accel_range_mps2: float
    gyro_range_radps: float
    oldest: int = 0
    version: int = VERSION
    token: str = field(default="", repr=False)
    mount_position_m: tuple[float, float, float] | None = None
    mount_quaternion: tuple[float, float, float, float] | None = None
    club: tuple[tuple[str, str | float], ...] = ()


@dataclass(frozen=True)
class Welcome:
    """The hub's answer: `resume` is the next sequence wanted, `missing` closed ranges that it never got."""

    resume: int = 0
    missing: tuple[tuple[int, int], ...] = ()
    ping_hz: float = 10.0
    version: int = VERSION


@dataclass(frozen=True)
class ErrorNote:
    """Says what was wrong; after a fatal one the socket closes."""

    code: str
    message: str
    fatal: bool


@dataclass(frozen=True)
class Impact:
    """The club felt the ball: device time, and the shock's peak in m/s2 (the range limit where it clipped)."""

    t_ns: int
    peak_mps2: float


@dataclass(frozen=True)
class Battery:
    """Charge left, 0 to 1, and volts (NaN where unknown) at a device time."""

    t_ns: int
    level: float
    volts: float = float("nan")


@dataclass(frozen=True)
class Bye:
    """The sender closes on purpose."""

    reason: str = ""


@dataclass(frozen=True)
class Unknown:
    """A well-formed message of a type that this version does not know."""

    kind: str


@dataclass(frozen=True)
class Ping:
    """Asks for the other side's time; t0 is the asker's, nanoseconds."""

    number: int
    t0_ns: int


@dataclass(frozen=True)
class Pong:
    """Answers a ping: t0 as it was sent, t1 when it was received and t2 when this left, answerer's clock."""

    number: int
    t0_ns: int
    t1_ns: int
    t2_ns: int


@dataclass(frozen=True)
class Ack:
    """The hub has everything below `next_sequence`, or has given it up."""

    next_sequence: int


@dataclass(frozen=True, eq=False)
class Batch:
    """Consecutive samples.

    counts : int16, shape (n, 6): accelerometer x, y, z and gyro x, y, z in the sensor's frame.
    t_ns   : device time of each sample, int64 nanoseconds, shape (n,), strictly increasing.
    accel_scale_mps2, gyro_scale_radps : value of one count.
    clip_count : how many of the samples touched a range limit.
    """

    sequence: int
    t_ns: NDArray[np.int64]
    counts: NDArray[np.int16]
    accel_scale_mps2: float
    gyro_scale_radps: float
    clip_count: int = 0
    resent: bool = False

    @property
    def accel_mps2(self) -> NDArray[np.float64]:
        """Specific force, m/s2, shape (n, 3)."""
        return self.counts[:, :3].astype(np.float64) * self.accel_scale_mps2

    @property
    def gyro_radps(self) -> NDArray[np.float64]:
        """Angular rate, rad/s, shape (n, 3)."""
        return self.counts[:, 3:].astype(np.float64) * self.gyro_scale_radps

    @property
    def clipped(self) -> NDArray[np.bool_]:
        """Which samples stand at an end of the counts, shape (n,)."""
        at_end = (self.counts >= CLIPPED_COUNTS) | (self.counts <= -CLIPPED_COUNTS)
        return np.asarray(at_end.any(axis=1), dtype=np.bool_)


TextMessage: TypeAlias = Hello | Welcome | ErrorNote | Impact | Battery | Bye | Unknown
BinaryMessage: TypeAlias = Batch | Ping | Pong | Ack
