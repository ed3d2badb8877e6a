"""SHDR, the line protocol between an MTConnect adapter and an agent: bytes in, Observations out.

    time|key|value|key|value ...
    time|key|LEVEL|native code|native severity|qualifier|text        a condition
    time|key|native code|text                                        a message
    time|key|count|rate|v v v                                        a time series
    time|@ASSET@|id|type|document                                    and other @commands@
    * command: value                                                 and the heartbeat's * PONG ms

Which of these a key has is told by the device file's data item. Without a device file, six fields whose second is a
level are a condition, and all else is key and value. A value may run over lines between two `--multiline--TAG`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from twinswing.errors import InputError
from twinswing.streams.mtconnect import MtcItem
from twinswing.streams.mtconnect_values import (
    is_unavailable,
    number_of,
    observe,
    observe_condition,
    observe_entries,
    observe_series,
    split_entries,
)
from twinswing.streams.observations import ItemKind, Observation, Quality
from twinswing.streams.stamps import iso_ns

# The longest line of the recordings at hand has 3 kB; an asset's document some tens. What is longer is no SHDR.
MAX_LINE_BYTES = 1 << 20
_MULTILINE = "--multiline--"
_LEVELS = frozenset({"NORMAL", "WARNING", "FAULT", "UNAVAILABLE"})
# A field in quotes may hold escaped pipes; one that only begins with a quote is a field like any other.
_FIELD = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*(?=\||$)|([^|]*)')


@dataclass(frozen=True, slots=True)
class Asset:
    """An asset that was added or changed, with its document; without one it was removed (id empty: all of the type)."""

    t_ns: int
    id: str
    type: str
    document: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A line that begins with an asterisk: `* PONG 10000`, `* shdrVersion: 2.0`; name in small letters."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that could not be read, or not to its end; what was read before the damage counts."""

    line: int
    reason: str
    text: str


Word = Observation | Asset | Command | Damage


@dataclass(frozen=True, slots=True)
class LineStamp:
    """Time and, where an adapter gives one, the duration that a value is for."""

    t_ns: int
    duration_s: float = 0.0


@dataclass
class ShdrParser:
    """Reads SHDR in pieces of any size.

    items: by key (id, name or source of the device file); its observations carry the data item's id. A key that no
    item has stays the address that it is, and is in `unknown`.
    """

    items: Mapping[str, MtcItem] = field(default_factory=dict)
    max_line_bytes: int = MAX_LINE_BYTES
    unknown: set[str] = field(default_factory=set)
    lines: int = 0
    damaged: int = 0
    _rest: bytes = b""
    _skipping: bool = False
    _base_ns: int | None = None  # our time when a relative clock said `_base_ms`
    _base_ms: float = 0.0
    _open: tuple[str, str, list[str], int] | None = None  # head, tag, body lines, bytes of a multi-line value

    def feed(self, data: bytes, now_ns: int) -> list[Word]:
        """Return what some bytes complete; `now_ns` stands in for a time that a line lacks."""
        pieces = (self._rest + data).split(b"\n")
        self._rest = pieces.pop()
        words: list[Word] = []
        for piece in pieces:
            self._take(piece, now_ns, words)
        if len(self._rest) > self.max_line_bytes:
            # The line is given up now and the rest of it passed over, so that memory stays bounded.
            if not self._skipping:
                self._skipping = True
                words.append(self._damage(f"expected at most {self.max_line_bytes} bytes a line", self._rest[:80]))
            self._rest = b""
        return words

    def end(self, now_ns: int) -> list[Word]:
        """Return what the last line says when its line end never comes: at the end of a file, never of a lost link."""
        words: list[Word] = []
        if self._rest:
            rest, self._rest = self._rest, b""
            self._take(rest, now_ns, words)
        if self._open is not None:
            head, self._open = self._open[0], None
            words.append(self._damage("expected the end of a multi-line value", head.encode()[:80]))
        return words

    def lost(self) -> None:
        """Forget half a line: the link was lost, and what comes next begins a line."""
        self._rest, self._open, self._skipping, self._base_ns = b"", None, False, None

    def _take(self, raw: bytes, now_ns: int, words: list[Word]) -> None:
        self.lines += 1
        if self._skipping:
            self._skipping = False
            return
        if len(raw) > self.max_line_bytes:
            words.append(self._damage(f"expected at most {self.max_line_bytes} bytes a line", raw[:80]))
            return
        line = raw.decode("utf-8", "replace").rstrip("\r").strip("\0")
        if self._open is not None:
            self._more(line, now_ns, words)
        elif _MULTILINE in line:
            head, _, tag = line.partition(_MULTILINE)
            self._open = (head, tag.strip(), [], len(raw))
        elif line.startswith("*"):
            name, _, value = line[1:].strip().partition(":" if ":" in line else " ")
            words.append(Command(name.strip().lower(), value.strip()))
        elif line.strip():
            self._line(line, now_ns, words)

    def _more(self, line: str, now_ns: int, words: list[Word]) -> None:
        assert self._open is not None
        head, tag, body, size = self._open
        if line.strip() == _MULTILINE + tag:
            self._open = None
            self._line(head, now_ns, words, "\n".join(body))
        elif size > self.max_line_bytes:
            self._open = None
            words.append(self._damage("expected the end of a multi-line value", head.encode()[:80]))
        else:
            body.append(line)
            self._open = (head, tag, body, size + len(line) + 1)

    def _line(self, line: str, now_ns: int, words: list[Word], last: str | None = None) -> None:
        fields = split_fields(line)
        if last is not None:
            fields[-1] = last
        try:
            stamp = self._stamp(fields[0], now_ns)
        except InputError as error:
            words.append(self._damage(str(error), line.encode()[:80]))
            return
        if len(fields) < 2 or not fields[1]:
            words.append(self._damage("expected a key after the time", line.encode()[:80]))
            return
        if fields[1].startswith("@"):
            self._command(stamp.t_ns, fields, words)
            return
        at = 1
        while at < len(fields):
            if not fields[at] and at == len(fields) - 1:
                return  # a line that ends in a pipe
            at = self._value(stamp.t_ns, fields, at, words)

    def _value(self, t_ns: int, fields: list[str], at: int, words: list[Word]) -> int:
        """Read one key and what follows it; returns where the next begins."""
        key = fields[at]
        item = self.items.get(key) or self.items.get(key.rpartition(":")[2])  # "device:key" of an adapter for several
        if item is None and self.items and key:
            self.unknown.add(key)
        address = item.id if item is not None else key
        need = self._fields_after(item, fields, at)
        values = fields[at + 1 : at + 1 + need]
        if not key or len(values) < min(need, 1) or not values:
            words.append(self._damage(f"expected {need} fields after the key", "|".join(fields[at:])[:80].encode()))
            return len(fields)
        observations = self._read(t_ns, address, item, values, need)
        if observations is None:
            shown = "|".join([key, *values])[:80].encode()
            words.append(self._damage("expected a value as the data item's kind has it", shown))
        else:
            words += observations
        return at + 1 + need

    def _fields_after(self, item: MtcItem | None, fields: list[str], at: int) -> int:
        if item is None:
            level = fields[at + 1].upper() if at + 1 < len(fields) else ""
            return 5 if level in _LEVELS and len(fields) == 7 and at == 1 else 1
        if item.category is ItemKind.CONDITION:
            return 5
        if item.type == "MESSAGE":
            return 2
        if item.representation == "TIME_SERIES":
            return 3
        return 1

    def _read(
        self, t_ns: int, address: str, item: MtcItem | None, values: list[str], need: int
    ) -> list[Observation] | None:
        if need == 5:
            return _condition(t_ns, address, values)
        factor, offset = item.native if item is not None else (1.0, 0.0)
        if need == 2:
            text = values[-1] if len(values) > 1 else ""
            shown = observe(address, item, t_ns, text)
            return [Observation(address, t_ns, shown.value, shown.quality, values[0], text)]
        if need == 3:
            return _series(t_ns, address, item, values)
        if item is not None and item.representation in ("DATA_SET", "TABLE") and not is_unavailable(values[0]):
            text = re.sub(r"^:[A-Z_]+\s*", "", values[0])  # a reset trigger before the entries
            entries, rest = split_entries(text, item.representation == "TABLE")
            return None if rest else observe_entries(address, t_ns, iter(entries))
        text = values[0]
        if item is not None and item.numeric and ":" in text:
            text = text.partition(":")[0]  # a reset trigger after the value
        return [observe(address, item, t_ns, text, factor, offset)]

    def _command(self, t_ns: int, fields: list[str], words: list[Word]) -> None:
        name = fields[1].strip("@").upper()
        rest = fields[2:]
        if name in ("ASSET", "UPDATE_ASSET") and len(rest) >= 3 and rest[2].lstrip().startswith("<"):
            words.append(Asset(t_ns, rest[0], rest[1], "|".join(rest[2:])))
        elif name == "REMOVE_ASSET" and rest:
            words.append(Asset(t_ns, rest[0], ""))
        elif name == "REMOVE_ALL_ASSETS":
            words.append(Asset(t_ns, "", rest[0] if rest else ""))
        else:
            words.append(self._damage("expected an asset command with its fields", "|".join(fields)[:80].encode()))

    def _stamp(self, text: str, now_ns: int) -> LineStamp:
        """Return a line's time: ISO 8601, milliseconds since the adapter began, or nothing; "@seconds" may follow."""
        text, _, duration = text.strip().partition("@")
        duration_s = number_of(duration) or 0.0
        if not text:
            return LineStamp(now_ns, duration_s)
        if "T" in text or "-" in text[1:]:
            return LineStamp(iso_ns(text), duration_s)
        since_ms = number_of(text)
        if since_ms is None or abs(since_ms) > 1e15:
            raise InputError(f"expected a time, found {text[:40]!r}")
        if self._base_ns is None:
            self._base_ns, self._base_ms = now_ns, since_ms
        return LineStamp(self._base_ns + round((since_ms - self._base_ms) * 1e6), duration_s)

    def _damage(self, reason: str, raw: bytes) -> Damage:
        self.damaged += 1
        return Damage(self.lines, reason, raw.decode("utf-8", "replace"))


def split_fields(line: str) -> list[str]:
    """Return a line's fields without the blanks around them; in one that is quoted `\\|` is a pipe."""
    if "\\|" not in line:
        return [field.strip() for field in line.split("|")]
    out: list[str] = []
    at = 0
    while at <= len(line):
        found = _FIELD.match(line, at)
        assert found is not None  # the second alternative matches anything, nothing included
        quoted, plain = found.groups()
        out.append(plain.strip() if quoted is None else quoted.replace("\\|", "|"))
        at = found.end() + 1
    return out


def _condition(t_ns: int, address: str, values: list[str]) -> list[Observation] | None:
    level, code, severity, qualifier, text = [*values, "", "", "", ""][:5]
    message = text or " ".join(filter(None, (qualifier, severity)))
    observation = observe_condition(address, t_ns, level, code, message)
    return None if observation is None else [observation]


def _series(t_ns: int, address: str, item: MtcItem | None, values: list[str]) -> list[Observation] | None:
    if is_unavailable(values[0]) or is_unavailable(values[-1]):
        return [Observation(address, t_ns, None, Quality.UNAVAILABLE)]
    if len(values) < 3:
        return None
    numbers = values[2].split()
    if values[0] and number_of(values[0]) != len(numbers):
        return None
    factor, offset = item.native if item is not None else (1.0, 0.0)
    rate = number_of(values[1]) or (item.sample_rate_hz if item is not None else 0.0)
    return observe_series(address, item, t_ns, rate, numbers, factor, offset)
