"""One value of MTConnect, as an agent's document or an adapter's line writes it, to Observations."""

import math
import re
from collections.abc import Iterator

from twinswing.streams.mtconnect import MtcItem
from twinswing.streams.observations import ConditionLevel, Observation, Quality

_UNAVAILABLE = "UNAVAILABLE"


def is_unavailable(text: str) -> bool:
    """Whether a value says that it is not known."""
    return len(text) == len(_UNAVAILABLE) and text.upper() == _UNAVAILABLE


def number_of(text: str) -> float | None:
    """Return a finite number, or None. Python's own underscores and words are no numbers of a machine."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def observe(
    address: str, item: MtcItem | None, t_ns: int, text: str, factor: float = 1.0, offset: float = 0.0
) -> Observation:
    """Return an observation of a single value.

    Without an item's description what reads as a number is one. A number that cannot be read is kept as the text that
    came, and is UNCERTAIN.
    """
    if is_unavailable(text):
        return Observation(address, t_ns, None, Quality.UNAVAILABLE)
    if item is not None and not item.numeric:
        return Observation(address, t_ns, text)
    value = number_of(text)
    if value is not None:
        return Observation(address, t_ns, factor * value + offset)
    if item is None or not text:
        # An empty number is an adapter's way to say that there is none.
        empty = item is not None
        return Observation(address, t_ns, None if empty else text, Quality.UNAVAILABLE if empty else Quality.GOOD)
    return Observation(address, t_ns, text, Quality.UNCERTAIN)


def observe_condition(address: str, t_ns: int, level: str, code: str, message: str) -> Observation | None:
    """Return an observation of a CONDITION; None where the level is none."""
    upper = level.upper()
    if upper == _UNAVAILABLE:
        return Observation(address, t_ns, None, Quality.UNAVAILABLE)
    if upper not in ConditionLevel.__members__:
        return None
    return Observation(address, t_ns, upper, Quality.GOOD, code, message)


def observe_series(
    address: str, item: MtcItem | None, t_ns: int, rate_hz: float, values: list[str], factor: float, offset: float
) -> list[Observation]:
    """Return the observations of a time series whose last value held at `t_ns`; all at once where no rate is known."""
    step_ns = 1e9 / rate_hz if rate_hz > 0 else 0.0
    last = len(values) - 1
    return [
        observe(address, item, t_ns - round((last - number) * step_ns), value, factor, offset)
        for number, value in enumerate(values)
    ]


def observe_entries(address: str, t_ns: int, entries: Iterator[tuple[str, str | None]]) -> list[Observation]:
    """Return an observation an entry of a data set or a cell of a table, at "address#key" or "address#row.column"."""
    out = []
    for key, value in entries:
        if value is None or is_unavailable(value):
            out.append(Observation(f"{address}#{key}", t_ns, None, Quality.UNAVAILABLE))
        else:
            number = number_of(value)
            out.append(Observation(f"{address}#{key}", t_ns, value if number is None else number))
    return out


# key=value, where a value may be quoted or in braces (a row of a table); a key alone was removed from the set.
_ENTRY = re.compile(
    r"""\s*([^\s=|{}"']+)(?:=(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|\{([^{}]*)\}|([^\s{}"']*)))?(?=\s|$)""",
    re.DOTALL,
)


def split_entries(text: str, table: bool = False) -> tuple[list[tuple[str, str | None]], str]:
    """Return the (key, value) pairs of a data set as SHDR writes it, and what could not be read of it.

    With `table` each value is itself a set, and keys become "row.column".
    """
    out: list[tuple[str, str | None]] = []
    at = 0
    while at < len(text) and (found := _ENTRY.match(text, at)) is not None:
        at = found.end()
        key, double, single, braces, plain = found.groups()
        value = next((part for part in (double, single, braces, plain) if part is not None), None)
        if table and value is not None:
            cells, rest = split_entries(value)
            if rest:
                return out, rest
            out += [(f"{key}.{column}", cell) for column, cell in cells]
        else:
            out.append((key, None if value is None else re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)))
    return out, text[at:].strip()
