"""The frames of `twinswing.club.v1`: values in, bytes or text out, and back.

Rare messages (hello, welcome, error, impact, battery, bye) are JSON text frames; frequent ones (batch, ping, pong,
ack) are binary frames with fixed little-endian layouts, given in `docs/club-protocol.md`. Nothing here knows a socket
or a clock. Every parser raises WireError and nothing else, whatever the bytes.
"""

import json
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

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
# A battery cell that is worn out leaves a device clock well below this; above it a signed 64-bit value overflows.
MAX_TIME_NS = (1 << 63) - 1
MAX_SCALE = 1e6  # per count; any larger scale is garbage in the float field

_SERIAL = re.compile(r"[A-Za-z0-9._:-]{1,32}")
_WORD = re.compile(r"[ -~]{0,64}")  # printable ASCII, short enough to show in a panel


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


# ---------------------------------------------------------------------------------------------------- binary frames
def encode_batch(batch: Batch) -> bytes:
    """Lay a batch out; times that one period describes exactly need no times of their own."""
    count = len(batch.t_ns)
    steps = np.diff(batch.t_ns)
    even = count < 2 or bool((steps == steps[0]).all())
    flags = (FLAG_RESENT if batch.resent else 0) | (0 if even else FLAG_TIMED)
    first = int(batch.t_ns[0])
    period = int(steps[0]) if even and count > 1 else 0
    header = BATCH_HEADER.pack(
        BATCH,
        flags,
        count,
        batch.sequence,
        first,
        period,
        batch.accel_scale_mps2,
        batch.gyro_scale_radps,
        batch.clip_count,
        0,
    )
    times = b"" if even else (batch.t_ns - first).astype("<u4").tobytes()
    return header + times + np.ascontiguousarray(batch.counts, dtype="<i2").tobytes()


def batch_size(samples: int, *, timed: bool = False) -> int:
    """Return how many bytes a batch takes on the wire (before WebSocket's own 4 to 8)."""
    return BATCH_HEADER.size + samples * (SAMPLE_BYTES + (4 if timed else 0))


def _batch_header(data: bytes) -> tuple[int, int, int, int, int, float, float, int]:
    if len(data) < BATCH_HEADER.size:
        raise WireError("bad-frame", f"a batch needs at least {BATCH_HEADER.size} bytes, got {len(data)}")
    _, flags, count, sequence, first, period, accel, gyro, clips, reserved = BATCH_HEADER.unpack_from(data)
    if flags & ~(FLAG_RESENT | FLAG_TIMED) or reserved:
        raise WireError("bad-frame", f"a batch's unused bits must be 0, got flags {flags:#x}, reserved {reserved}")
    if not 1 <= count <= MAX_BATCH_SAMPLES:
        raise WireError("bad-frame", f"a batch holds 1 to {MAX_BATCH_SAMPLES} samples, got {count}")
    want = batch_size(count, timed=bool(flags & FLAG_TIMED))
    if len(data) != want:
        raise WireError("bad-frame", f"a batch of {count} samples takes {want} bytes, got {len(data)}")
    if not (0 < accel < MAX_SCALE and 0 < gyro < MAX_SCALE):
        raise WireError("bad-frame", f"a batch's scales must be positive and finite, got {accel} and {gyro}")
    if sequence > MAX_SEQUENCE:
        raise WireError("bad-frame", f"a batch's sequence number must be at most {MAX_SEQUENCE:#x}")
    if clips > count:
        raise WireError("bad-frame", f"a batch of {count} samples cannot have clipped {clips} times")
    if first > MAX_TIME_NS - (1 << 48):
        raise WireError("bad-frame", f"a batch's device time must stay below 2^63 - 2^48 ns, got {first}")
    return flags, count, sequence, first, period, accel, gyro, clips


def _decode_batch(data: bytes) -> Batch:
    flags, count, sequence, first, period, accel, gyro, clips = _batch_header(data)
    offset = BATCH_HEADER.size
    if flags & FLAG_TIMED:
        relative = np.frombuffer(data, "<u4", count, offset).astype(np.int64)
        offset += 4 * count
    else:
        relative = np.arange(count, dtype=np.int64) * period
    t_ns = first + relative
    if count > 1 and not (np.diff(t_ns) > 0).all():
        raise WireError("bad-time", f"device times within batch {sequence} must increase")
    counts = np.frombuffer(data, "<i2", count * 6, offset).reshape(count, 6)
    return Batch(sequence, t_ns, counts, accel, gyro, clips, bool(flags & FLAG_RESENT))


def encode_ping(ping: Ping) -> bytes:
    """Lay a ping out, 16 bytes."""
    return PING_FRAME.pack(PING, 0, 0, ping.number, ping.t0_ns)


def encode_pong(pong: Pong) -> bytes:
    """Lay a pong out, 32 bytes."""
    return PONG_FRAME.pack(PONG, 0, 0, pong.number, pong.t0_ns, pong.t1_ns, pong.t2_ns)


def encode_ack(ack: Ack) -> bytes:
    """Lay an acknowledgement out, 8 bytes."""
    return ACK_FRAME.pack(ACK, 0, 0, ack.next_sequence)


def _fixed(data: bytes, layout: struct.Struct, name: str) -> tuple[int, ...]:
    if len(data) != layout.size:
        raise WireError("bad-frame", f"a {name} takes {layout.size} bytes, got {len(data)}")
    _, zero8, zero16, *values = layout.unpack(data)
    if zero8 or zero16:
        raise WireError("bad-frame", f"a {name}'s unused bytes must be 0")
    if any(value > MAX_TIME_NS for value in values):
        raise WireError("bad-frame", f"a {name}'s times must stay below 2^63 ns")
    return tuple(values)


def decode_binary(data: bytes) -> BinaryMessage:
    """Parse a binary frame; WireError says what was wrong with it."""
    if len(data) > MAX_BINARY_BYTES:
        raise WireError("too-big", f"a binary frame holds at most {MAX_BINARY_BYTES} bytes, got {len(data)}")
    kind = data[0] if data else -1
    if kind == BATCH:
        return _decode_batch(data)
    if kind == PING:
        return Ping(*_fixed(data, PING_FRAME, "ping"))
    if kind == PONG:
        return Pong(*_fixed(data, PONG_FRAME, "pong"))
    if kind == ACK:
        return Ack(*_fixed(data, ACK_FRAME, "ack"))
    found = f"type {kind:#04x}" if data else "no byte"
    raise WireError("bad-frame", f"a binary frame starts with a type of 0x01 to 0x04, got {found}")


# ------------------------------------------------------------------------------------------------------ text frames
def encode_text(message: TextMessage) -> str:
    """Write a message as its JSON text frame."""
    match message:
        case Hello():
            body = _hello_body(message)
        case Welcome():
            body = {
                "type": "welcome",
                "version": message.version,
                "resume": message.resume,
                "missing": [list(pair) for pair in message.missing[:MAX_MISSING_RANGES]],
                "ping_hz": message.ping_hz,
            }
        case ErrorNote():
            body = {"type": "error", "code": message.code, "message": message.message, "fatal": message.fatal}
        case Impact():
            body = {"type": "impact", "t_ns": message.t_ns, "peak_mps2": message.peak_mps2}
        case Battery():
            body = {"type": "battery", "t_ns": message.t_ns, "level": message.level}
            if math.isfinite(message.volts):
                body["volts"] = message.volts
        case Bye():
            body = {"type": "bye", "reason": message.reason}
        case Unknown():
            body = {"type": message.kind}
    return json.dumps(body, separators=(",", ":"))


def _hello_body(hello: Hello) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "hello",
        "version": hello.version,
        "serial": hello.serial,
        "boot": hello.boot,
        "oldest": hello.oldest,
        "firmware": hello.firmware,
        "rate_hz": hello.rate_hz,
        "accel_range_mps2": hello.accel_range_mps2,
        "gyro_range_radps": hello.gyro_range_radps,
    }
    if hello.token:
        body["token"] = hello.token
    if hello.mount_position_m is not None and hello.mount_quaternion is not None:
        body["mount"] = {"position_m": list(hello.mount_position_m), "quaternion": list(hello.mount_quaternion)}
    if hello.club:
        body["club"] = dict(hello.club)
    return body


def _not_a_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def decode_text(text: str) -> TextMessage:
    """Parse a text frame; WireError says what was wrong with it."""
    if len(text) > MAX_TEXT_BYTES:
        raise WireError("too-big", f"a text frame holds at most {MAX_TEXT_BYTES} bytes, got {len(text)}")
    try:
        body = json.loads(text, parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        raise WireError("not-protocol", "a text frame must be one JSON object, got something else") from None
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise WireError("not-protocol", 'a text frame must be a JSON object with a "type"')
    parser = _PARSERS.get(body["type"])
    return parser(body) if parser else Unknown(_clean(body["type"]))


def _clean(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")[:64]


def _number(body: dict[str, Any], key: str, low: float, high: float) -> float:
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise WireError("bad-message", f'"{key}" must be a number from {low:g} to {high:g}')
    return float(value)


def _integer(body: dict[str, Any], key: str, high: int) -> int:
    value = body.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise WireError("bad-message", f'"{key}" must be a whole number from 0 to {high}')
    return value


def _word(body: dict[str, Any], key: str, pattern: re.Pattern[str] = _WORD, default: str | None = None) -> str:
    value = body.get(key, default)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise WireError("bad-message", f'"{key}" must be text matching {pattern.pattern}')
    return value


def _vector(body: dict[str, Any], key: str, size: int, limit: float) -> tuple[float, ...]:
    value = body.get(key)
    if not isinstance(value, list) or len(value) != size:
        raise WireError("bad-message", f'"{key}" must be a list of {size} numbers')
    return tuple(_number({key: each}, key, -limit, limit) for each in value)


def _parse_hello(body: dict[str, Any]) -> Hello:
    version = _integer(body, "version", 1 << 31)
    if version != VERSION:
        raise WireError("version", f"this hub speaks version {VERSION}, the club asked for {version}")
    position: tuple[float, ...] | None = None
    quaternion: tuple[float, ...] | None = None
    if body.get("mount") is not None:
        mount = body["mount"]
        if not isinstance(mount, dict):
            raise WireError("bad-message", '"mount" must be an object with "position_m" and "quaternion"')
        position = _vector(mount, "position_m", 3, 3.0)
        quaternion = _vector(mount, "quaternion", 4, 1.001)
        norm = math.sqrt(sum(part * part for part in quaternion))
        if abs(norm - 1.0) > 0.01:
            raise WireError("bad-message", f'the mount\'s "quaternion" must have norm 1, got {norm:.3g}')
    return Hello(
        serial=_word(body, "serial", _SERIAL),
        boot=_integer(body, "boot", 0xFFFFFFFF),
        oldest=_integer(body, "oldest", MAX_SEQUENCE) if "oldest" in body else 0,
        firmware=_word(body, "firmware"),
        rate_hz=_number(body, "rate_hz", 1.0, 10_000.0),
        accel_range_mps2=_number(body, "accel_range_mps2", 1.0, 1e5),
        gyro_range_radps=_number(body, "gyro_range_radps", 0.1, 1e4),
        version=version,
        token=_word(body, "token", default=""),
        mount_position_m=position,  # type: ignore[arg-type]
        mount_quaternion=quaternion,  # type: ignore[arg-type]
        club=_parse_club(body.get("club")),
    )


def _parse_club(club: Any) -> tuple[tuple[str, str | float], ...]:
    if club is None:
        return ()
    if not isinstance(club, dict):
        raise WireError("bad-message", '"club" must be an object')
    parts: list[tuple[str, str | float]] = [(key, _word(club, key)) for key in ("kind", "name") if key in club]
    limits = {"length_m": (0.3, 2.0), "lie_rad": (0.5, 1.6), "loft_rad": (-0.1, 1.4)}
    parts += [(key, _number(club, key, *limits[key])) for key in limits if key in club]
    return tuple(parts)


def _parse_welcome(body: dict[str, Any]) -> Welcome:
    missing = body.get("missing", [])
    if not isinstance(missing, list) or len(missing) > MAX_MISSING_RANGES:
        raise WireError("bad-message", f'"missing" must be a list of at most {MAX_MISSING_RANGES} pairs')
    ranges = []
    for pair in missing:
        if not isinstance(pair, list) or len(pair) != 2:
            raise WireError("bad-message", '"missing" must hold pairs of sequence numbers')
        first, last = (_integer({"missing": each}, "missing", 0xFFFFFFFF) for each in pair)
        ranges.append((first, last))
    return Welcome(
        resume=_integer(body, "resume", MAX_SEQUENCE + 1),
        missing=tuple(ranges),
        ping_hz=_number(body, "ping_hz", 0.0, 1000.0),
        version=_integer(body, "version", 1 << 31),
    )


def _parse_error(body: dict[str, Any]) -> ErrorNote:
    message = body.get("message")
    text = _clean_message(message) if isinstance(message, str) else ""
    return ErrorNote(_word(body, "code"), text, body.get("fatal") is True)


def _clean_message(message: str) -> str:
    return message.encode("ascii", "replace").decode("ascii")[:500]


def _parse_battery(body: dict[str, Any]) -> Battery:
    volts = _number(body, "volts", 0.0, 100.0) if "volts" in body else float("nan")
    return Battery(_integer(body, "t_ns", MAX_TIME_NS), _number(body, "level", 0.0, 1.0), volts)


_PARSERS: dict[str, Callable[[dict[str, Any]], TextMessage]] = {
    "hello": _parse_hello,
    "welcome": _parse_welcome,
    "error": _parse_error,
    "impact": lambda body: Impact(_integer(body, "t_ns", MAX_TIME_NS), _number(body, "peak_mps2", 0.0, 1e6)),
    "battery": _parse_battery,
    "bye": lambda body: Bye(_word(body, "reason", default="")),
}
