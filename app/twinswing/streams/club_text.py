"""The text frames of `twinswing.club.v1`: one JSON object each.

The parser raises WireError and nothing else, whatever the text.
"""

import json
import math
import re
from collections.abc import Callable
from typing import Any

from twinswing.streams.club_messages import (
    MAX_MISSING_RANGES,
    MAX_SEQUENCE,
    MAX_TEXT_BYTES,
    MAX_TIME_NS,
    VERSION,
    Battery,
    Bye,
    ErrorNote,
    Hello,
    Impact,
    TextMessage,
    Unknown,
    Welcome,
    WireError,
)

_SERIAL = re.compile(r"[A-Za-z0-9._:-]{1,32}")
_WORD = re.compile(r"[ -~]{0,64}")  # printable ASCII, short enough to show in a panel


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
