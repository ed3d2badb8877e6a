"""What a machine, a meter or a gateway says: one value of one data item at one moment, whatever protocol brought it.

A source is a shell that reaches a peer; what it hears it turns into `Observation`s, which carry the peer's own names.
Which of them belong to which piece of equipment only the plant knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol


class Quality(IntEnum):
    """How far a value may be believed. The numbers are those of a recording: never renumber."""

    GOOD = 0
    UNAVAILABLE = 1  # the peer itself says that it does not know
    STALE = 2  # the peer is silent or gone: the last value is not the present one
    UNCERTAIN = 3  # the peer gives a value and doubts it (OPC UA "Uncertain")


class ItemKind(StrEnum):
    """MTConnect's three categories, which the other protocols' items are put into as well."""

    SAMPLE = "SAMPLE"  # a number that varies all the time
    EVENT = "EVENT"  # a state, a name or a count that holds until the next
    CONDITION = "CONDITION"  # whether the machine is well


class ConditionLevel(StrEnum):
    """MTConnect's levels of a condition; `value` of an observation of a CONDITION item is one of these."""

    NORMAL = "NORMAL"
    WARNING = "WARNING"
    FAULT = "FAULT"


@dataclass(frozen=True, slots=True)
class Observation:
    """One value. A number is in the source's own unit; what is unavailable or stale has the value None.

    item: the source's own address of the item: an MTConnect dataItemId, an OPC UA NodeId as text, "topic" or
        "topic#metric" of MQTT, a column of a table.
    t_ns: when it held, by the peer's clock, Unix time in nanoseconds.
    code, message: of a CONDITION: the machine's own number of what is active or cleared, and its text. A NORMAL
        without a code clears everything that is active on the item.
    """

    item: str
    t_ns: int
    value: float | str | None
    quality: Quality = Quality.GOOD
    code: str = ""
    message: str = ""


class LinkState(StrEnum):
    """How a source stands with its peer."""

    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"  # connected, and silent for longer than it may be
    DOWN = "down"  # lost; tried again later
    ENDED = "ended"  # a file or a simulation is at its end: nothing more will come, and nothing is wrong


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """What a source says of its peer, in one sentence that a person reads.

    items: the items that are affected, by the source's own addresses; empty for all of the source's.
    lost: how many observations the peer no longer had when asked (zero where that is not known).
    """

    state: LinkState
    message: str
    t_ns: int
    items: tuple[str, ...] = ()
    lost: int = 0


class Sink(Protocol):
    """Who takes what a source hears. Called from the source's thread; returns at once."""

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        """Take observations of the source of that name, in the order in which the peer made them."""

    def linked(self, source: str, status: LinkStatus) -> None:
        """Take a change in how the source stands with its peer."""


class Source(Protocol):
    """A connection to one peer.

    `run` connects, delivers to `sink`, and returns when the peer has no more to give (a file) or is told to stop by
    cancellation. It raises OSError (or a subclass: ConnectionError, TimeoutError) when the peer is lost; the
    supervisor then marks the items, waits and calls `run` again on the same object, which goes on where it was as far
    as the peer allows. A wrong setting raises InputError and is not tried again.
    """

    name: str
    silence_s: float  # longer without a word than this, and the items are stale

    async def run(self, sink: Sink) -> None:
        """Deliver until the end, the loss of the peer or cancellation."""
