"""A Sparkplug B host as a source of a plant: the shell around `sparkplug`."""

import json
import time
from collections.abc import Callable, Sequence

import aiomqtt

from twinswing.errors import InputError
from twinswing.streams.mqtt_connection import Broker, Link, connected
from twinswing.streams.observations import LinkState, LinkStatus, Sink
from twinswing.streams.secrets_given import secret
from twinswing.streams.sparkplug import NAMESPACE, Ask, Event, Gone, Said, SparkplugHost, SparkplugLimits, Values

# How often time is let go by in the protocol: half of the shortest thing that it waits for.
_TICK_S = 0.25


class SparkplugSource:
    """Metrics of Sparkplug B edge nodes. An item's address is "group/node#metric" or "group/node/device#metric".

    groups: the groups that are listened to; empty for those of `items`, or all where there are none.
    items: the addresses that are wanted; empty for all. Their nodes are asked for their births at once.
    host_id: a name under which to tell the nodes that the primary host is there (STATE); only where this program is
        meant to be the primary host: nodes that wait for one keep their data while it is away.
    rebirth: whether nodes may be asked for their births; without it, values come only after a node's next birth.
    reorder_s: how long a missing message may still come.
    silence_s: zero or less: nodes report by exception and their deaths are told by the broker.
    For the others see `mqtt_connection.Broker` and `secrets_given.secret`.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int = 0,
        *,
        groups: Sequence[str] = (),
        items: Sequence[str] = (),
        host_id: str = "",
        rebirth: bool = True,
        reorder_s: float = SparkplugLimits.reorder_s,
        tls: bool = False,
        ca_file: str = "",
        client_certificate: str = "",
        client_key: str = "",
        user: str = "",
        password: str = "",
        password_env: str = "",
        password_file: str = "",
        insecure: bool = False,
        client_id: str = "",
        keepalive_s: int = 15,
        max_payload: int = 1 << 20,
        version: int = 5,
        silence_s: float = 0.0,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self.silence_s = silence_s
        # The session is a fresh one each time, as the specification asks of a host: births tell all that is needed.
        self.broker = Broker(
            name=name, host=host, port=port or (8883 if tls else 1883), tls=tls, ca_file=ca_file,
            client_certificate=client_certificate, client_key=client_key, user=user,
            password=secret(name, password, password_env, password_file), client_id=client_id,
            keepalive_s=keepalive_s, session_expiry_s=0, max_payload=max_payload, version=version, insecure=insecure,
        )  # fmt: skip
        self.broker.check()
        if not reorder_s > 0:
            raise InputError(f"source {name}: expected reorder_s above zero, found {reorder_s}")
        self._wanted = frozenset(items)
        self._nodes = [self._node_of(item) for item in items]
        self._groups = tuple(dict.fromkeys(groups or (group for group, _ in self._nodes)))
        for text in (*self._groups, host_id):
            if set(text) & set("+#/"):
                raise InputError(f"source {name}: {text!r} cannot be a group's or a host's name: it holds +, / or #")
        self._host_id = host_id
        self._rebirth = rebirth
        self.host = SparkplugHost(SparkplugLimits(reorder_s=reorder_s))
        self._clock_ns = clock_ns

    def _node_of(self, item: str) -> tuple[str, str]:
        path, mark, metric = item.partition("#")
        parts = path.split("/")
        if not mark or not metric or len(parts) not in {2, 3} or not all(parts):
            raise InputError(
                f"source {self.name}: expected an address group/node#metric or group/node/device#metric, found {item!r}"
            )
        return parts[0], parts[1]

    async def run(self, sink: Sink) -> None:
        """Connect, ask for births, deliver until the broker is lost."""
        born_ms = self._clock_ns() // 1_000_000
        state_topic = f"{NAMESPACE}/STATE/{self._host_id}"
        will = None
        if self._host_id:
            will = aiomqtt.Will(state_topic, _state(False, born_ms), qos=1, retain=True)
        try:
            async with connected(self.broker, will) as link:
                topics = [f"{NAMESPACE}/{group}/#" for group in self._groups] or [f"{NAMESPACE}/#"]
                if refused := await link.subscribe(topics, 1):
                    raise InputError(f"source {self.name}: the broker refuses to give {', '.join(refused)}")
                try:
                    # Told to end while the broker's answer is awaited, it has said that it is here all the same.
                    if will is not None:
                        await link.publish(state_topic, _state(True, born_ms), qos=1, retain=True)
                    said = f"{self.name}: connected to {self.broker.host}:{self.broker.port}"
                    sink.linked(self.name, LinkStatus(LinkState.LIVE, said, self._clock_ns()))
                    await self._listen(link, sink)
                finally:
                    if will is not None:
                        await link.publish(state_topic, _state(False, self._clock_ns() // 1_000_000), retain=True)
        finally:
            self.host.lost()

    async def _listen(self, link: Link, sink: Sink) -> None:
        await self._take(self.host.connected(self._nodes, self._clock_ns()), link, sink)
        ticked = time.monotonic()
        while True:
            messages = await link.batch(_TICK_S)
            events: list[Event] = []
            for message in messages:
                if not message.retain:  # births and data are never retained: one that is comes from another time
                    events += self.host.message(message.topic.value, bytes(message.payload or b""), self._clock_ns())
            if time.monotonic() - ticked >= _TICK_S:
                ticked = time.monotonic()
                events += self.host.tick(self._clock_ns())
            await self._take(events, link, sink)

    async def _take(self, events: Sequence[Event], link: Link, sink: Sink) -> None:
        for event in events:
            match event:
                case Values(observations):
                    wanted = [o for o in observations if o.item in self._wanted] if self._wanted else observations
                    if wanted:
                        sink.observed(self.name, wanted)
                case Gone(items, message):
                    self._tell(sink, LinkState.STALE, message, items, 0)
                case Said(message, items, lost):
                    self._tell(sink, LinkState.LIVE, message, items, lost)
                case Ask(topic, payload):
                    if self._rebirth:
                        await link.publish(topic, payload)

    def _tell(self, sink: Sink, state: LinkState, message: str, items: tuple[str, ...], lost: int) -> None:
        told = tuple(item for item in items if item in self._wanted) if self._wanted else items
        if items and not told:
            return
        sink.linked(self.name, LinkStatus(state, f"{self.name}: {message}", self._clock_ns(), told, lost))


def _state(online: bool, timestamp_ms: int) -> str:
    """Return the payload of a STATE message (the specification, 6.4.27)."""
    return json.dumps({"online": online, "timestamp": timestamp_ms})
