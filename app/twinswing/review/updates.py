"""Looks through an update of a shared document before it is let in.

The update is Yjs's format, version 1, as published with `lib0` and `yjs` (docs/annotations.md names the parts). A
review document is one map from text to text, so an update that holds anything else was not made by a program like
this one, and is refused as a whole: nested values, other shared types, numbers that would overflow, sizes that lie.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from twinswing.errors import InputError

ROOT = "annotations"


@dataclass(frozen=True)
class UpdateLimits:
    """How large an update may be.

    update_bytes : at once; also what a whole document may weigh: hundreds of long drawings.
    key_bytes    : "id/field".
    value_bytes  : a field's text in UTF-8; `checks.Limits.field_chars` of ASCII.
    clock        : operations of one client; a person makes thousands.
    waiting_bytes: updates that came before what they build on; a cut line sends what is missing at once.
    waiting      : how many of them: each is looked at again when another one comes.
    """

    update_bytes: int = 16_000_000
    key_bytes: int = 128
    value_bytes: int = 256 * 1024
    clock: int = 50_000_000
    waiting_bytes: int = 4_000_000
    waiting: int = 2000


UPDATE_LIMITS = UpdateLimits()
# Client numbers are JavaScript's whole numbers.
_CLIENT_LIMIT = 1 << 53

# Yjs's bits of an item's first byte, and numbers of contents.
_HAS_LEFT, _HAS_RIGHT, _HAS_KEY, _CONTENT = 0x80, 0x40, 0x20, 0x1F
_GC, _DELETED, _ANY, _SKIP = 0, 1, 8, 10
_ANY_TEXT = 119


@dataclass(frozen=True)
class Reach:
    """What an update speaks of, each by client as a clock: the number of its operations up to there.

    starts  : the first operation that it brings.
    ends    : behind the last one that it brings or deletes.
    needs   : behind the last one that what it brings stands beside.
    deletes : behind the last one that it deletes.
    gaps    : whether it leaves out operations between others.
    """

    starts: dict[int, int]
    ends: dict[int, int]
    needs: dict[int, int]
    deletes: dict[int, int]
    gaps: bool

    def fits(self, known: Mapping[int, int]) -> bool:
        """Tell whether a copy that knows so much can let all of it in at once."""
        has = {**known}
        for client in self.starts:
            has[client] = max(known.get(client, 0), self.ends[client])
        return (
            not self.gaps
            and all(start <= known.get(client, 0) for client, start in self.starts.items())
            and all(clock <= has.get(client, 0) for client, clock in (*self.needs.items(), *self.deletes.items()))
        )

    def follows(self, known: Mapping[int, int]) -> bool:
        """Tell whether it fits and deletes only what the copy had.

        This is so of every change that was made on another copy and comes in its turn.
        """
        return self.fits(known) and all(clock <= known.get(client, 0) for client, clock in self.deletes.items())


def read_reach(update: bytes, limits: UpdateLimits = UPDATE_LIMITS) -> Reach:
    """Return what an update speaks of; raises InputError unless it only sets or deletes texts of the map `ROOT`."""
    if len(update) > limits.update_bytes:
        raise InputError(
            f"An update of the annotations has {len(update)} bytes; at most {limits.update_bytes} are taken."
        )
    read = _Bytes(update, limits)
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    deletes: dict[int, int] = {}
    try:
        for _ in range(read.number()):
            blocks, client, clock = read.number(), read.client(), read.clock()
            starts[client] = min(starts.get(client, clock), clock)
            for _ in range(blocks):
                clock = read.within(clock + read.block())
            ends[client] = max(ends.get(client, 0), clock)
        for client, clock in read.deletions():
            ends[client] = max(ends.get(client, 0), clock)
            deletes[client] = max(deletes.get(client, 0), clock)
        read.ends()
    except (IndexError, ValueError) as error:
        raise InputError(
            f"An update of the annotations cannot be read at byte {read.at} of {len(update)}: {error}."
        ) from None
    return Reach(starts, ends, read.needs, deletes, read.gaps)


def check_state(state: bytes, limits: UpdateLimits = UPDATE_LIMITS) -> dict[int, int]:
    """Return how much of each client a state knows; raises InputError if it cannot be read."""
    read = _Bytes(state, limits)
    try:
        known = {read.client(): read.clock() for _ in range(read.number())}
        read.ends()
    except (IndexError, ValueError) as error:
        raise InputError(f"A state of the annotations cannot be read at byte {read.at}: {error}.") from None
    return known


class _Bytes:
    """Reads an update from front to back; raises IndexError at its end, ValueError at what is not allowed."""

    def __init__(self, data: bytes, limits: UpdateLimits) -> None:
        self._data = data
        self._limits = limits
        self.at = 0
        self.needs: dict[int, int] = {}
        self.gaps = False

    def byte(self) -> int:
        value = self._data[self.at]
        self.at += 1
        return value

    def number(self, limit: int = 1 << 31) -> int:
        """Seven bits a byte, lowest first, the high bit set on all but the last."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if value >= limit:
                raise ValueError(f"a number of {value} or more")
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ValueError("a number of more than 64 bits")

    def client(self) -> int:
        return self.number(_CLIENT_LIMIT)

    def clock(self) -> int:
        return self.number(self._limits.clock + 1)

    def within(self, clock: int) -> int:
        """Return a clock as it is; raises ValueError if no client comes that far."""
        if clock > self._limits.clock:
            raise ValueError(f"{clock} operations of one client")
        return clock

    def text(self, limit: int) -> str:
        size = self.number()
        if size > limit:
            raise ValueError(f"a text of {size} bytes")
        data = self._data[self.at : self.at + size]
        if len(data) < size:
            raise IndexError("the end was met")
        self.at += size
        return data.decode()

    def block(self) -> int:
        """Pass one block and return how many clock ticks it takes."""
        info = self.byte()
        if info in (_GC, _SKIP):
            self.gaps |= info == _SKIP
            return self.clock()
        for side in (_HAS_LEFT, _HAS_RIGHT):
            if info & side:
                client, clock = self.client(), self.clock()
                self.needs[client] = max(self.needs.get(client, 0), clock + 1)
        if not info & (_HAS_LEFT | _HAS_RIGHT):
            self._parent(has_key=bool(info & _HAS_KEY))
        content = info & _CONTENT
        if content == _DELETED:
            return self.clock()
        if content != _ANY:
            raise ValueError(f"content of kind {content}")
        count = self.number()
        for _ in range(count):
            if self.byte() != _ANY_TEXT:
                raise ValueError("a value that is no text")
            self.text(self._limits.value_bytes)
        return count

    def _parent(self, *, has_key: bool) -> None:
        if self.number() != 1 or self.text(self._limits.key_bytes) != ROOT:
            raise ValueError(f"a part that is not of {ROOT}")
        if not has_key:
            raise ValueError("a value without a key")
        self.text(self._limits.key_bytes)

    def deletions(self) -> Iterator[tuple[int, int]]:
        """Yield the client and end of each run of deleted operations."""
        for _ in range(self.number()):
            client = self.client()
            for _ in range(self.number()):
                yield client, self.within(self.clock() + self.clock())

    def ends(self) -> None:
        if self.at != len(self._data):
            raise ValueError("more bytes follow the end")
