"""Where and how a hub listens, and what a panel shows of it."""

import ipaddress
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from twinswing.errors import InputError
from twinswing.streams.club_protocol import (
    HubEvent,
    Limits,
)
from twinswing.streams.club_wire import Hello
from twinswing.timeline.clock import ClockMap


@dataclass(frozen=True)
class HubSettings:
    """Where and how a hub listens.

    host, port        : 127.0.0.1 unless told otherwise; port 0 takes a free one.
    token             : the pairing token that every club must state; needed for any host beyond loopback.
    tls_cert, tls_key : PEM files; with them the hub speaks wss only.
    limits            : what clubs may do.
    strangers         : sockets without a hello that may be open at once; beyond that HTTP 503 is answered.
    clock_every_s     : how often a club's clock map is told anew.
    """

    host: str = "127.0.0.1"
    port: int = 0
    token: str = field(default="", repr=False)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    limits: Limits = field(default_factory=Limits)
    strangers: int = 16
    clock_every_s: float = 1.0


@dataclass(frozen=True)
class ClockUpdated:
    """What is known now of a club's clock; `map` takes its device seconds to session seconds."""

    serial: str
    boot: int
    map: ClockMap
    pings: int


SinkEvent: TypeAlias = HubEvent | ClockUpdated
Sink: TypeAlias = Callable[[SinkEvent], None]


@dataclass(frozen=True)
class ClubStatus:
    """A club as a panel shows it.

    samples, batches, duplicates, late, lost_batches, clipped : counted since its power-on.
    battery : 0 to 1, None before it was told. clock : None before enough pings.
    """

    serial: str
    present: bool
    hello: Hello
    samples: int = 0
    batches: int = 0
    duplicates: int = 0
    late: int = 0
    lost_batches: int = 0
    clipped: int = 0
    connections: int = 1
    battery: float | None = None
    clock: ClockMap | None = None
    last_fault: str = ""


def is_loopback(host: str) -> bool:
    """Tell whether listening on `host` can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def parse_listen(text: str, default_port: int = 8765) -> tuple[str, int]:
    """Split HOST:PORT, HOST, :PORT or [V6]:PORT; raises InputError."""
    host, port = text, ""
    if text.startswith("["):
        host, _, port = text[1:].partition("]")
        port = port.removeprefix(":")
    elif text.count(":") <= 1:
        host, _, port = text.partition(":")
    if port and not (port.isdecimal() and int(port) <= 65535):
        raise InputError(f"--listen needs HOST:PORT with a port of 0 to 65535, got {text!r}")
    return host or "127.0.0.1", int(port) if port else default_port


def check_settings(settings: HubSettings) -> ssl.SSLContext | None:
    """Return the TLS context, None without TLS; raises InputError for settings that a hub refuses to listen with."""
    if not is_loopback(settings.host) and not settings.token:
        raise InputError(
            f"listening on {settings.host} lets others on the network in: give a pairing token (--token), "
            "or listen on 127.0.0.1"
        )
    if settings.tls_cert is None:
        if settings.tls_key is not None:
            raise InputError("a TLS key was given without its certificate")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(f"the TLS certificate and key must be PEM files, {settings.tls_cert}: {error}") from None
    return context
