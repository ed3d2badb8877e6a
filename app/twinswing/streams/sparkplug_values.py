"""What a Sparkplug metric says, as observations."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from twinswing.streams.observations import Observation, Quality
from twinswing.streams.sparkplug_messages import DataType

NS_PER_MS = 1_000_000

# The Sparkplug specification, 6.4.11: the values of the property "Quality".
_QUALITIES = {0: Quality.UNAVAILABLE, 192: Quality.GOOD, 500: Quality.STALE}

_BITS = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
_WHOLE = {DataType.UINT8: 8, DataType.UINT16: 16, DataType.UINT32: 32, DataType.UINT64: 64}
_TEXTS = {DataType.STRING, DataType.TEXT, DataType.UUID}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEEPEST_TEMPLATE = 8  # templates within templates; deeper ones exist only to do harm


class Unshown(Exception):  # noqa: N818  not an error of the peer's: a kind of value that no item can hold
    """The metric holds what an item cannot: a table, an array, a file."""


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What a birth says of a metric once, for all data that follow."""

    address: str
    datatype: int
    unit: str = ""


def value_of(metric: Any, datatype: int) -> float | str | None:
    """Return a metric's value; None where it is null or not a number. Raises Unshown.

    Whole numbers travel in unsigned fields in two's complement (the specification, 6.4.16); beyond 2^53 a double
    rounds them.
    """
    if metric.is_null:
        return None
    field = metric.WhichOneof("value")
    if field is None:
        return None
    held = getattr(metric, field)
    if datatype == DataType.UNKNOWN:
        datatype = _guess(field)
    if datatype == DataType.DATETIME and isinstance(held, int):
        return _date(held)
    value: float | str | None = None
    if datatype in _TEXTS and isinstance(held, str):
        value = held
    elif isinstance(held, str | bytes) or not isinstance(held, bool | int | float):
        raise Unshown(_name(datatype))
    elif datatype in _BITS or datatype in _WHOLE:
        value = float(_whole(int(held), datatype))
    elif datatype in {DataType.FLOAT, DataType.DOUBLE, DataType.BOOLEAN}:
        number = float(held)
        value = number if isfinite(number) else None
    else:
        raise Unshown(_name(datatype))
    return value


def _guess(field: str) -> int:
    return {
        "int_value": DataType.UINT32,
        "long_value": DataType.UINT64,
        "float_value": DataType.FLOAT,
        "double_value": DataType.DOUBLE,
        "boolean_value": DataType.BOOLEAN,
        "string_value": DataType.STRING,
    }.get(field, DataType.UNKNOWN)


def _whole(held: int, datatype: int) -> int:
    bits = _BITS.get(DataType(datatype))
    if bits is None:
        return held & ((1 << _WHOLE[DataType(datatype)]) - 1)
    held &= (1 << bits) - 1
    return held - (1 << bits) if held >> (bits - 1) else held


def _date(milliseconds: int) -> str | None:
    if milliseconds >> 63:
        milliseconds -= 1 << 64
    try:
        return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds")
    except OverflowError:  # after the year 9999
        return None


def _name(datatype: int) -> str:
    try:
        return DataType(datatype).name.lower().replace("_", " ")
    except ValueError:
        return f"type {datatype}"


def unit_of(metric: Any) -> str:
    """Return the property "engUnit" of a metric, or an empty text."""
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key.lower() in {"engunit", "engineeringunits", "eng_unit"} and value.HasField("string_value"):
            return str(value.string_value)
    return ""


def quality_of(metric: Any) -> Quality:
    """Return what the property "Quality" says, GOOD where there is none; an unknown code is a doubt."""
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key == "Quality" and value.WhichOneof("value") in {"int_value", "long_value"}:
            code = value.int_value if value.WhichOneof("value") == "int_value" else value.long_value
            return _QUALITIES.get(int(code), Quality.UNCERTAIN)
    return Quality.GOOD


def leaves(metric: Any, address: str, datatype: int, depth: int = 0) -> Iterator[tuple[Any, str, int]]:
    """Yield the metric itself, or the members of the template that it holds, each as (metric, address, datatype).

    A member's address is its template's with "/" and its name.
    """
    if not metric.HasField("template_value"):
        yield metric, address, datatype
        return
    if metric.template_value.is_definition or depth >= _DEEPEST_TEMPLATE:
        return
    for member in metric.template_value.metrics:
        yield from leaves(member, f"{address}/{member.name}", member.datatype, depth + 1)


def observe(metric: Any, address: str, datatype: int, t_ns: int) -> Observation:
    """Return a metric's observation. Raises Unshown."""
    quality = quality_of(metric)
    value = value_of(metric, datatype)
    if value is None or quality in {Quality.UNAVAILABLE, Quality.STALE}:
        quality = quality if quality is Quality.STALE else Quality.UNAVAILABLE
        return Observation(address, t_ns, None, quality)
    return Observation(address, t_ns, value, quality)
