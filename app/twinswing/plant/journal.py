"""What people did in a plant, and how its sources stood: kept beside the values, in a recording as well."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from twinswing.streams.observations import LinkState, LinkStatus


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a person (or a rule in a person's name) did: acknowledge, shelve, out of service, a bookmark ...

    t_ns: session time; kind: what was done, one word; author: who; document: the rest, of JSON's types.
    """

    t_ns: int
    kind: str
    author: str = ""
    document: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the document as JSON text; raises ValueError or TypeError if it is not of JSON's types."""
        return json.dumps(dict(self.document), allow_nan=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class LinkEvent:
    """A change in how a source stands with its peer, at a session time."""

    t_ns: int
    source: str
    state: LinkState
    message: str
    items: tuple[str, ...] = ()
    lost: int = 0

    @classmethod
    def of(cls, source: str, status: LinkStatus, zero_unix_ns: int) -> "LinkEvent":
        """Bring a source's word onto the session's clock."""
        return cls(status.t_ns - zero_unix_ns, source, status.state, status.message, status.items, status.lost)


class Journal(Protocol):
    """The other half of a history's face: both `LiveHistory` and `RecordedHistory` have it."""

    def actions(self, start_ns: int | None = None, end_ns: int | None = None) -> tuple[Action, ...]:
        """Return what was done in a span (both ends count), by time, then as it came."""

    def links(self, start_ns: int | None = None, end_ns: int | None = None) -> tuple[LinkEvent, ...]:
        """Return the changes of all links in a span (both ends count), by time, then as they came."""

    def links_at(self, t_ns: int) -> dict[str, LinkEvent]:
        """Return how each source stood as a whole at a moment: its last change that names no items."""


def within(entries: list[Any], start_ns: int | None, end_ns: int | None) -> tuple[Any, ...]:
    """Return the entries of a span by time, those of one time as they came."""
    chosen = (e for e in entries if (start_ns is None or e.t_ns >= start_ns) and (end_ns is None or e.t_ns <= end_ns))
    return tuple(sorted(chosen, key=lambda e: e.t_ns))


def standing(entries: list[LinkEvent], t_ns: int) -> dict[str, LinkEvent]:
    """Return the last change of each source as a whole at a moment."""
    return {event.source: event for event in within(entries, None, t_ns) if not event.items}
