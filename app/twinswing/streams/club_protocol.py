"""Both halves of `twinswing.club.v1`, without a socket and without a clock.

A shell feeds what arrived, with the time at which it arrived, and gets events; what is to be sent waits in `take()`,
and `close` says when the socket must be closed and how. Session and device times are integer nanoseconds.

Every deviation has one answer, listed in `CLOSE_CODES` and in `docs/club-protocol.md`.
"""

from twinswing.streams.club_device_side import (
    ClubBuffer,
    ClubConnection,
    ClubEvent,
    HubLeft,
    Refused,
    Welcomed,
)
from twinswing.streams.club_events import (
    CLOSE_CODES,
    GOING_AWAY,
    INTERNAL_ERROR,
    NORMAL_CLOSURE,
    NS,
    BatchArrived,
    BatteryRead,
    Close,
    ClubJoined,
    ClubLeft,
    Fault,
    HubEvent,
    ImpactFelt,
    Limits,
    Peer,
    PingMeasured,
)
from twinswing.streams.club_hub_side import ClubRecord, ClubRegistry, HubConnection

__all__ = [
    "CLOSE_CODES",
    "GOING_AWAY",
    "INTERNAL_ERROR",
    "NORMAL_CLOSURE",
    "NS",
    "BatchArrived",
    "BatteryRead",
    "Close",
    "ClubBuffer",
    "ClubConnection",
    "ClubEvent",
    "ClubJoined",
    "ClubLeft",
    "ClubRecord",
    "ClubRegistry",
    "Fault",
    "HubConnection",
    "HubEvent",
    "HubLeft",
    "ImpactFelt",
    "Limits",
    "Peer",
    "PingMeasured",
    "Refused",
    "Welcomed",
]
