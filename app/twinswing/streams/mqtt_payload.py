"""What a plain MQTT payload says: JSON or text to named values, and when they held. No I/O, no clock."""

import json
from datetime import UTC, datetime
from math import isfinite

from twinswing.timeline.clock import NS_PER_S

Value = float | str | None

# A payload has as many values as a machine has signals; more is not one.
MOST_VALUES = 10_000
DEEPEST = 32
LONGEST_TEXT = 4096


class Malformed(Exception):  # noqa: N818  not ours: what a peer sent
    """The payload is neither JSON nor a text; says why."""


def parse(payload: bytes) -> dict[str, Value]:
    """Return the values of a payload by their keys: "a.b" for nested ones, "a.0" in lists, "" for a lone value.

    JSON objects and lists are taken apart; a lone number, true, false or any text is one value. true is 1, false 0,
    null, NaN and an empty payload None. Raises Malformed.
    """
    try:
        text = payload.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Malformed("is not UTF-8 text") from None
    if not text:
        return {"": None}
    if "\x00" in text:
        raise Malformed("holds binary data")
    try:
        document = json.loads(text, parse_int=float)
    except RecursionError:
        raise Malformed("is nested too deeply") from None
    except ValueError as error:
        if text[0] in "{[":
            raise Malformed(f"is broken JSON ({error})") from None
        document = text
    out: dict[str, Value] = {}
    _flatten(document, "", out, 0)
    return out


def _flatten(document: object, key: str, out: dict[str, Value], depth: int) -> None:
    if depth > DEEPEST:
        raise Malformed("is nested too deeply")
    if isinstance(document, dict):
        for name, inner in document.items():
            _flatten(inner, f"{key}.{name}" if key else name, out, depth + 1)
    elif isinstance(document, list):
        for number, inner in enumerate(document):
            _flatten(inner, f"{key}.{number}" if key else str(number), out, depth + 1)
    else:
        if len(out) >= MOST_VALUES:
            raise Malformed(f"holds more than {MOST_VALUES} values")
        out[key] = _value(document)


def _value(held: object) -> Value:
    if isinstance(held, bool | int | float):
        number = float(held)
        return number if isfinite(number) else None
    if isinstance(held, str):
        return held if len(held) <= LONGEST_TEXT else held[:LONGEST_TEXT]
    return None


UNITS = {"s": NS_PER_S, "ms": 1_000_000, "us": 1_000, "ns": 1}


def time_ns(stamp: Value, unit: str = "auto") -> int | None:
    """Return a time stamp as Unix nanoseconds; None where it is none.

    A text is ISO 8601 (without a zone: UTC) or a number; a number is in `unit`, or with "auto" in the one of s, ms, us
    and ns that puts it between 1973 and 5138.
    """
    if isinstance(stamp, str):
        try:
            number = float(stamp)
        except ValueError:
            return _iso_ns(stamp)
        stamp = number
    if stamp is None or not isfinite(stamp):
        return None
    if unit == "auto":
        size = abs(stamp)
        unit = "s" if size < 1e11 else "ms" if size < 1e14 else "us" if size < 1e17 else "ns"
    factor = UNITS[unit]
    whole = int(stamp)
    return whole * factor + round((stamp - whole) * factor)


def _iso_ns(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        seconds = int(moment.replace(microsecond=0).timestamp())
    except (OverflowError, ValueError, OSError):
        return None
    return seconds * NS_PER_S + moment.microsecond * 1000


def covers(wildcard: str, topic: str) -> bool:
    """Tell whether a subscription with + and # takes a topic (MQTT 5, 4.7: # and + do not begin a $ topic)."""
    wanted, levels = wildcard.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"#", "+"}:
        return False
    for number, level in enumerate(wanted):
        if level == "#":
            return True
        if number >= len(levels) or level not in {"+", levels[number]}:
            return False
    return len(wanted) == len(levels)


def valid_wildcard(wildcard: str) -> bool:
    """Tell whether a subscription is well-formed: + is a whole level, # is the last one."""
    levels = wildcard.split("/")
    if not wildcard or "\x00" in wildcard or len(wildcard.encode()) > 65535:
        return False
    return all(("#" not in level or (level == "#" and number == len(levels) - 1)) and ("+" not in level or level == "+")
               for number, level in enumerate(levels))  # fmt: skip
