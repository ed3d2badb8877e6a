"""Time stamps as machines write them, to Unix nanoseconds, exactly."""

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from twinswing.errors import InputError

# ISO 8601 as MTConnect and SHDR use it: any number of digits of a second, which a datetime would cut off at six.
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?)?\s*(Z|z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# A Unix time in seconds, milliseconds, microseconds or nanoseconds is told by its size: the limits are the years 1973
# and 5138 in each, so that no time of a living machine is read by the wrong scale.
_SCALES = ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000))
LATEST_NS = 2**63 - 1


@lru_cache(maxsize=4096)
def _minute_ns(day: str, minute: str, zone: str) -> int:
    offset = timedelta(0)
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        if zone[0] == "-":
            offset = -offset
    moment = datetime.fromisoformat(f"{day}T{minute or '00:00'}:00+00:00") - offset
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def iso_ns(text: str) -> int:
    """Return the Unix nanoseconds of an ISO 8601 time, by UTC where it names no zone.

    Digits below the nanosecond are dropped. Raises InputError where it is no such time.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise InputError(f"expected an ISO 8601 time, found {text[:60]!r}")
    day, minute, second, fraction, zone = found.groups(default="")
    try:
        whole = _minute_ns(day, minute, zone)
    except (ValueError, OverflowError) as error:
        raise InputError(f"expected an ISO 8601 time, found {text[:60]!r} ({error})") from None
    seconds = int(second or 0)
    if seconds > 60:  # 60 is a leap second
        raise InputError(f"expected an ISO 8601 time, found {text[:60]!r} (a minute has no second {seconds})")
    return _in_range(whole + seconds * 1_000_000_000 + int((fraction + "000000000")[:9]), text)


def unix_ns(number: float | int, scale: int = 0) -> int:
    """Return the nanoseconds of a Unix time; `scale` is nanoseconds a unit, and zero tells it by the size."""
    if isinstance(number, float) and not math.isfinite(number):
        raise InputError(f"expected a Unix time, found {number}")
    if not scale:
        scale = next((scale for limit, scale in _SCALES if abs(number) < limit), 1)
    if isinstance(number, float):
        whole = math.floor(number)
        return _in_range(whole * scale + round((number - whole) * scale), number)
    return _in_range(number * scale, number)


def any_ns(text: str) -> int:
    """Return the nanoseconds of a time that is written as ISO 8601 or as a Unix time of any scale."""
    stripped = text.strip()
    try:
        return unix_ns(int(stripped))
    except ValueError:
        pass
    try:
        number = float(stripped)
    except ValueError:
        return iso_ns(stripped)
    # A decimal fraction is exact to the nanosecond only when its digits are read, not through a float.
    found = re.fullmatch(r"(\d{1,11})\.(\d+)", stripped)
    if found is not None and number < _SCALES[0][0]:
        return int(found[1]) * 1_000_000_000 + int((found[2] + "000000000")[:9])
    return unix_ns(number)


def iso_text(t_ns: int) -> str:
    """Return Unix nanoseconds as an ISO 8601 time in UTC with nine digits."""
    seconds, rest = divmod(t_ns, 1_000_000_000)
    return f"{(_EPOCH + timedelta(seconds=seconds)).strftime('%Y-%m-%dT%H:%M:%S')}.{rest:09d}Z"


def _in_range(t_ns: int, shown: object) -> int:
    if not -LATEST_NS <= t_ns <= LATEST_NS:
        raise InputError(f"expected a time between the years 1678 and 2262, found {str(shown)[:60]!r}")
    return t_ns
