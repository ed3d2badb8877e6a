"""OPC UA addresses and values as text and observations. No I/O, no clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from asyncua import ua
from asyncua.ua.uaerrors import UaError

from twinswing.errors import InputError
from twinswing.streams.observations import Observation, Quality
from twinswing.streams.peer_time import EARLIEST_NS, believable, worse

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TEXT = 4096

# "nsu=URI;s=Name": the identifier begins at the first ";" that a kind of identifier follows.
_BY_URI = re.compile(r"^nsu=(?P<uri>.+?);(?P<identifier>[isgb]=.+)$", re.DOTALL)
_BY_INDEX = re.compile(r"^(?:ns=(?P<index>\d{1,5});)?(?P<identifier>[isgb]=.+)$", re.DOTALL)

# OPC 10000-4, 7.39.1: the upper two bits say good, uncertain or bad; where bits 10 and 11 are 01 the lower ones are of
# a data value, and bit 7 says that the queue was full before this value and others were dropped.
_INFO_TYPE = 0x0C00
_OF_DATA_VALUE = 0x0400
_OVERFLOW = 0x0080


@dataclass(frozen=True, slots=True)
class Address:
    """An item's address: the namespace by its URI (which survives changing indexes) or index, and the identifier."""

    text: str
    uri: str | None
    index: int
    identifier: str

    def node_id(self, namespaces: list[str]) -> ua.NodeId | None:
        """Return the node at a server with these namespaces; None where it lacks this one."""
        index = self.index
        if self.uri is not None:
            if self.uri not in namespaces:
                return None
            index = namespaces.index(self.uri)
        return ua.NodeId.from_string(f"ns={index};{self.identifier}")


def parse_address(text: str) -> Address:
    """Read "nsu=http://...;s=Name", "ns=2;s=Name" or "i=2258" (identifiers i, s, g and b); raises InputError."""
    text = text.strip()
    found = _BY_URI.match(text)
    if found is not None:
        address = Address(text, found["uri"], 0, found["identifier"])
    else:
        found = _BY_INDEX.match(text)
        if found is None:
            raise InputError(f"expected a node like nsu=http://...;s=Name or ns=2;i=7, found {text!r}")
        address = Address(text, None, int(found["index"] or 0), found["identifier"])
    try:
        node = ua.NodeId.from_string(f"ns={address.index};{address.identifier}")
    except (UaError, ValueError) as error:
        raise InputError(f"expected a node like nsu=http://...;s=Name or ns=2;i=7, found {text!r} ({error})") from None
    if node.NodeIdType == ua.NodeIdType.Numeric and not 0 <= int(node.Identifier) < 1 << 32:
        raise InputError(f"expected a node's number below 2^32, found {text!r}")
    return address


def standard(number: int) -> ua.NodeId:
    """Return a node of OPC UA's own namespace."""
    return ua.NodeId(ua.Int32(number))


def address_text(node: ua.NodeId, namespaces: list[str]) -> str:
    """Return a node's address with its namespace's URI; nodes of OPC UA itself (namespace 0) have none."""
    bare = ua.NodeId(node.Identifier, ua.Int16(0), node.NodeIdType).to_string()
    identifier = bare.partition(";")[2] if bare.startswith("ns=") else bare
    index = int(node.NamespaceIndex)
    if index == 0:
        return identifier
    return f"nsu={namespaces[index]};{identifier}" if index < len(namespaces) else f"ns={index};{identifier}"


class Unshown(Exception):  # noqa: N818  not an error of the peer's: a kind of value that no item can hold
    """The node holds what an item cannot: an array, a structure, bytes."""


def value_of(held: Any, names: Mapping[int, str] | None = None) -> float | str | None:
    """Return a variant's content as an item's value; None where it is null or not a number. Raises Unshown.

    names: of an enumeration, by number. A 64-bit number beyond 2^53 is rounded to a double.
    """
    if held is None:
        return None
    out: float | str | None
    if isinstance(held, bool | int | float):
        if names is not None and int(held) in names:
            return names[int(held)]
        number = float(held)
        out = number if isfinite(number) else None
    elif isinstance(held, ua.LocalizedText):
        out = held.Text
    elif isinstance(held, str):
        out = held
    elif isinstance(held, datetime):
        out = held.replace(tzinfo=held.tzinfo or UTC).isoformat(timespec="milliseconds")
    elif isinstance(held, ua.QualifiedName):
        out = held.Name
    elif isinstance(held, UUID | ua.NodeId):
        out = str(held) if isinstance(held, UUID) else held.to_string()
    elif isinstance(held, ua.StatusCode):
        out = held.name
    else:
        raise Unshown("an array" if isinstance(held, list | tuple) else f"a value of type {type(held).__name__}")
    return out[:_LONGEST_TEXT] if isinstance(out, str) else out


def quality_of(code: int) -> Quality:
    """Return what a status code's severity says."""
    return {0: Quality.GOOD, 1: Quality.UNCERTAIN}.get(code >> 30 & 3, Quality.UNAVAILABLE)


def overflowed(code: int) -> bool:
    """Tell whether values before this one were dropped because the server's queue was full."""
    return code & _INFO_TYPE == _OF_DATA_VALUE and bool(code & _OVERFLOW)


def unix_ns(moment: datetime | None, picoseconds: int | None = None) -> int | None:
    """Return a DateTime as Unix nanoseconds; None where there is none (the null of OPC UA is in 1601)."""
    if moment is None:
        return None
    passed = moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH
    # OPC 10000-4, 7.11: counts in tens of picoseconds, which the server may add to its hundreds of nanoseconds.
    more_ns = (picoseconds or 0) // 100
    t_ns = (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1000 + more_ns
    return t_ns if t_ns >= EARLIEST_NS else None


def moment_of(t_ns: int) -> datetime:
    """Return Unix nanoseconds as a DateTime, rounded down to microseconds."""
    return _EPOCH + timedelta(microseconds=t_ns // 1000)


def observe(item: str, data: ua.DataValue, arrival_ns: int, names: Mapping[int, str] | None = None) -> Observation:
    """Return a data value's observation, at the source's time, else the server's, else its arrival. Raises Unshown."""
    code = int(data.StatusCode.value) if data.StatusCode is not None else 0
    quality = quality_of(code)
    stamp = unix_ns(data.SourceTimestamp, data.SourcePicoseconds)
    if stamp is None:
        stamp = unix_ns(data.ServerTimestamp, data.ServerPicoseconds)
    t_ns, sure = believable(stamp, arrival_ns)
    if quality is Quality.UNAVAILABLE:
        return Observation(item, t_ns, None, quality, message=_told(data.StatusCode))
    value = value_of(data.Value.Value if data.Value is not None else None, names)
    if value is None:
        return Observation(item, t_ns, None, Quality.UNAVAILABLE)
    message = _told(data.StatusCode) if quality is Quality.UNCERTAIN else ""
    return Observation(item, t_ns, value, worse(quality, sure), message=message)


def _told(status: ua.StatusCode | None) -> str:
    if status is None:
        return ""
    return ua.StatusCode(
        ua.UInt32(int(status.value) & 0xFFFF0000)
    ).name  # without the bits that are no part of the name
