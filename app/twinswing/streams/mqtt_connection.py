"""A connection to an MQTT broker: settings, security, and what its errors mean. The only file that knows the client."""

import asyncio
import hashlib
import logging
import ssl
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from twinswing.errors import InputError
from twinswing.streams.cancellation import end_if_cancelled
from twinswing.streams.hub_settings import is_loopback
from twinswing.streams.secrets_given import check_plain

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

# Reason codes of MQTT 5 (chapter 2.4) that trying again does not mend, and how a person reads them.
_REFUSED = {
    0x84: "the broker does not speak this version of MQTT",
    0x85: "the broker does not accept the client identifier",
    0x86: "the broker does not accept the user name or the password",
    0x87: "the broker does not let this user in: check the user name, the password and its rights",
    0x8A: "the broker has banned this client",
    0x8C: "the broker wants another way of authentication",
}
_TAKEN_OVER = 0x8E
# A connection that is not made within this is tried again later; the thread that makes it cannot be interrupted.
_CONNECT_S = 3.0
# How long a broker may take to hear our goodbye.
_LEAVE_S = 1.0


@dataclass(frozen=True)
class Broker:
    """Where a broker is and how it lets us in. Lengths of time in seconds.

    tls: encrypt; ca_file: who vouches for the broker's certificate (PEM), empty for the system's authorities.
    client_certificate, client_key: PEM files, where the broker wants them.
    session_expiry_s: how long the broker keeps for us what comes while we are away (QoS 1); zero: not at all.
    max_payload: the largest message in bytes that is taken; the broker does not send larger ones.
    """

    name: str
    host: str
    port: int
    tls: bool = False
    ca_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    user: str = ""
    password: str = field(default="", repr=False)  # not into a trace
    client_id: str = ""
    keepalive_s: int = 15
    session_expiry_s: int = 3600
    max_payload: int = 1 << 20
    version: int = 5
    insecure: bool = False
    timeout_s: float = 5.0

    def check(self) -> None:
        """Raise InputError where a setting cannot be used."""
        if not self.host or not 0 < self.port < 65536:
            raise InputError(f"source {self.name}: expected a broker's host and port, found {self.host!r}:{self.port}")
        if self.version not in {4, 5}:
            raise InputError(f"source {self.name}: expected MQTT version 5 or 4 (3.1.1), found {self.version}")
        if not 1 <= self.keepalive_s <= 65535 or self.session_expiry_s < 0 or self.max_payload < 1:
            raise InputError(
                f"source {self.name}: keepalive_s (1 to 65535), session_expiry_s and max_payload must be positive"
            )
        if not self.tls and (self.ca_file or self.client_certificate):
            raise InputError(f"source {self.name}: certificates are given but tls is not true")
        if not self.tls:
            check_plain(self.name, self.user, is_loopback(self.host), self.insecure, "set tls = true")

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how to encrypt; raises InputError where a file cannot be used."""
        if not self.tls:
            return None
        for file in (self.ca_file, self.client_certificate, self.client_key):
            if file and not Path(file).expanduser().is_file():
                raise InputError(f"source {self.name}: there is no certificate or key file {file}")
        try:
            context = ssl.create_default_context(cafile=_path(self.ca_file))
            if self.client_certificate:
                context.load_cert_chain(str(_path(self.client_certificate)), _path(self.client_key))
        except (ssl.SSLError, OSError) as error:
            raise InputError(f"source {self.name}: cannot use a certificate or key: {error}") from None
        return context

    def identifier(self) -> str:
        """Return the client's identifier: the same for one plant's source on one machine, so that its session is found.

        A broker lets an identifier in once: two machines must not share one.
        """
        if self.client_id:
            return self.client_id
        machine = hashlib.sha256(f"{uuid.getnode()}{self.host}{self.port}{self.user}".encode()).hexdigest()[:10]
        return f"twinswing-{self.name}-{machine}"


class _Inbox(asyncio.Queue[aiomqtt.Message]):
    """The client's queue of messages, from which all that is there can be taken at once."""

    def take(self) -> list[aiomqtt.Message]:
        return [self.get_nowait() for _ in range(self.qsize())]


class _Client(aiomqtt.Client):
    """The client, which also remembers whether the broker had kept our session."""

    session_present = False

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._client.connect_timeout = _CONNECT_S

    def _on_connect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Properties | None = None
    ) -> None:
        self.session_present = bool(flags.session_present)
        super()._on_connect(client, userdata, flags, reason_code, properties)


class Link:
    """A live connection."""

    def __init__(self, client: _Client, inbox: _Inbox) -> None:
        self._client = client
        self._inbox = inbox
        self.session_present = client.session_present

    async def subscribe(self, topics: Sequence[str], qos: int) -> list[str]:
        """Subscribe to topics; returns those that the broker refuses."""
        if not topics:
            return []
        codes = await self._client.subscribe([(topic, qos) for topic in topics])
        end_if_cancelled()
        return [topic for topic, code in zip(topics, codes, strict=False) if _code(code) >= 0x80]

    async def publish(self, topic: str, payload: bytes | str, qos: int = 0, retain: bool = False) -> None:
        """Publish one message."""
        await self._client.publish(topic, payload, qos=qos, retain=retain)
        end_if_cancelled()

    def backlog(self) -> list[aiomqtt.Message]:
        """Return what has come so far."""
        return self._inbox.take()

    async def batch(self, patience_s: float) -> list[aiomqtt.Message]:
        """Return what has come, at least one message; nothing where none came for that long."""
        end_if_cancelled()
        if waiting := self._inbox.take():
            return waiting
        try:
            async with asyncio.timeout(patience_s):
                first = await anext(aiter(self._client.messages))
        except TimeoutError:
            return []
        return [first, *self._inbox.take()]


@asynccontextmanager
async def connected(broker: Broker, will: aiomqtt.Will | None = None) -> AsyncIterator[Link]:
    """Connect; what is lost or cannot be reached is a ConnectionError, what cannot be mended an InputError."""
    inbox = _Inbox()
    properties = None
    if broker.version == 5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = broker.session_expiry_s
        properties.MaximumPacketSize = min(broker.max_payload + 65_536, 0xFFFFFFF)  # with its topic and header
    keep = broker.session_expiry_s > 0
    versioned: dict[str, Any] = {"clean_start": not keep} if broker.version == 5 else {"clean_session": not keep}
    client = _Client(
        broker.host,
        broker.port,
        identifier=broker.identifier(),
        username=broker.user or None,
        password=broker.password or None,
        protocol=aiomqtt.ProtocolVersion(broker.version),
        queue_type=cast(Any, lambda *_, **__: inbox),  # called as the class would be
        keepalive=broker.keepalive_s,
        timeout=broker.timeout_s,
        properties=properties,
        tls_context=await asyncio.to_thread(broker.tls_context),
        will=will,
        logger=_LOG,
        **versioned,
    )
    client.pending_calls_threshold = 1000  # below this the library warns on stderr
    try:
        async with client:
            try:
                yield Link(client, inbox)
            finally:
                client.timeout = _LEAVE_S
    except aiomqtt.MqttError as error:
        end_if_cancelled()  # that a goodbye failed must not hide that it was one
        raise _meaning(broker, error) from error


def _meaning(broker: Broker, error: aiomqtt.MqttError) -> Exception:
    where = f"{broker.host}:{broker.port}"
    cause = error.__cause__ or error.__context__
    code = max(_code(getattr(error, "rc", None)), _code(getattr(cause, "rc", None)))
    if code in _REFUSED:
        return InputError(f"source {broker.name}: {_REFUSED[code]} ({where})")
    if code == _TAKEN_OVER:
        return InputError(
            f"source {broker.name}: another program came to {where} with the same client_id "
            f"{broker.identifier()}: give each its own"
        )
    if isinstance(cause, ssl.SSLCertVerificationError):
        return InputError(f"source {broker.name}: the certificate of {where} is not trusted: {cause.verify_message}")
    if isinstance(cause, ssl.SSLError):
        return ConnectionError(f"no encrypted connection to {where}: {cause.reason or cause}")
    return ConnectionError(f"broker {where}: {cause or error}")


def _code(reason: Any) -> int:
    """Return a broker's reason as a number; -1 where it is none (a plain integer is the client's own trouble)."""
    return int(reason.value) if isinstance(reason, ReasonCode) else -1


def _path(file: str) -> str | None:
    return str(Path(file).expanduser()) if file else None
