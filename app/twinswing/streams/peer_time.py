"""Whether a peer's time stamp can be believed."""

from twinswing.streams.observations import Quality
from twinswing.timeline.clock import NS_PER_S

# Clocks in a plant are minutes apart at the worst; a minute ahead still sorts rightly among other sources on a screen,
# and what is further ahead would push the end of the timeline into a future that nobody has seen.
AHEAD_NS = 60 * NS_PER_S
# Before 1990 lie the nulls of the protocols: 1601 (OPC UA), 1970 (a clock that was never set).
EARLIEST_NS = 631_152_000 * NS_PER_S


def believable(t_ns: int | None, arrival_ns: int) -> tuple[int, Quality]:
    """Return when an observation held, and GOOD or, where its stamp is missing or cannot be, its arrival, UNCERTAIN."""
    if t_ns is None or not EARLIEST_NS <= t_ns <= arrival_ns + AHEAD_NS:
        return arrival_ns, Quality.UNCERTAIN
    return t_ns, Quality.GOOD


def worse(a: Quality, b: Quality) -> Quality:
    """Return the quality that is believed less."""
    order = (Quality.GOOD, Quality.UNCERTAIN, Quality.STALE, Quality.UNAVAILABLE)
    return max(a, b, key=order.index)
