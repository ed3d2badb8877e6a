"""The hub: `twinswing.club.v1` over real sockets, and the events that it hands on."""

from twinswing.streams.club_protocol import (
    BatchArrived,
    BatteryRead,
    ClubJoined,
    ClubLeft,
    Fault,
    ImpactFelt,
    Limits,
    PingMeasured,
)
from twinswing.streams.hub_server import Hub
from twinswing.streams.hub_settings import (
    ClockUpdated,
    ClubStatus,
    HubSettings,
    Sink,
    SinkEvent,
    check_settings,
    is_loopback,
    parse_listen,
)
from twinswing.streams.hub_thread import HubThread, new_event_loop, run_async

__all__ = [
    "BatchArrived",
    "BatteryRead",
    "ClockUpdated",
    "ClubJoined",
    "ClubLeft",
    "ClubStatus",
    "Fault",
    "Hub",
    "HubSettings",
    "HubThread",
    "ImpactFelt",
    "Limits",
    "PingMeasured",
    "Sink",
    "SinkEvent",
    "check_settings",
    "is_loopback",
    "new_event_loop",
    "parse_listen",
    "run_async",
]
