"""Plain MQTT topics as a source of a plant: JSON objects, numbers and texts."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from aiomqtt import Message

from twinswing.errors import InputError
from twinswing.streams.mqtt_connection import Broker, Link, connected
from twinswing.streams.mqtt_payload import UNITS, Malformed, Value, covers, parse, time_ns, valid_wildcard
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Quality, Sink
from twinswing.streams.peer_time import believable
from twinswing.streams.secrets_given import secret

_PATIENCE_S = 1.0
_OFFLINE = ("offline", "disconnected", "dead", "0", "false")
# How many items a status topic can call unavailable, and topics whose faults are told: strangers cannot fill memory.
_MOST_KNOWN = 200_000
_MOST_TOLD = 1000


class MqttSource:
    """Values of plain MQTT topics. An item's address is "topic", or "topic#key" for a key of a JSON object ("a.b").

    topics: what to subscribe to, + and # allowed; empty for the topics of `items`.
    items: the addresses that are wanted; empty for all that come.
    time_field: the key of the payload that says when its values held; time_unit: auto, s, ms, us or ns (a text is ISO
        8601). Without one the arrival counts, and a retained message or one that the broker kept for us, whose
        arrival says nothing, is UNCERTAIN.
    status_topics: topics (+ and # allowed), mostly last wills, that say whether a device is there; one whose payload
        is in `offline` makes all items of topics beside and below it UNAVAILABLE.
    qos: 1 lets the broker keep what comes while we are away, for session_expiry_s; 0 does not.
    silence_s: zero or less: an item may be silent for as long as it likes, as most topics are.
    For the others see `mqtt_connection.Broker` and `secrets_given.secret`.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int = 0,
        *,
        topics: Sequence[str] = (),
        items: Sequence[str] = (),
        time_field: str = "",
        time_unit: str = "auto",
        status_topics: Sequence[str] = (),
        offline: Sequence[str] = _OFFLINE,
        qos: int = 1,
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
        session_expiry_s: int = 3600,
        max_payload: int = 1 << 20,
        version: int = 5,
        silence_s: float = 0.0,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self.silence_s = silence_s
        self.broker = Broker(
            name=name, host=host, port=port or (8883 if tls else 1883), tls=tls, ca_file=ca_file,
            client_certificate=client_certificate, client_key=client_key, user=user,
            password=secret(name, password, password_env, password_file), client_id=client_id,
            keepalive_s=keepalive_s, session_expiry_s=session_expiry_s if qos else 0, max_payload=max_payload,
            version=version, insecure=insecure,
        )  # fmt: skip
        self.broker.check()
        if qos not in {0, 1, 2}:
            raise InputError(f"source {name}: expected qos 0, 1 or 2, found {qos}")
        if time_unit not in {"auto", *UNITS}:
            raise InputError(f"source {name}: expected time_unit auto, s, ms, us or ns, found {time_unit!r}")
        self._wanted = frozenset(items)
        self._status = tuple(status_topics)
        self._topics = tuple(topics) or tuple(dict.fromkeys(item.partition("#")[0] for item in items))
        for wildcard in (*self._topics, *self._status):
            if not valid_wildcard(wildcard):
                raise InputError(f"source {name}: {wildcard!r} is no topic: + must be a whole level, # the last one")
        if not self._topics:
            raise InputError(f"source {name}: expected topics to listen to, found none, and no item names one")
        self._qos = qos
        self._time_field, self._time_unit = time_field, time_unit
        self._offline = frozenset(text.lower() for text in offline)
        self._clock_ns = clock_ns
        self._keys: dict[str, dict[str, None]] = {}  # of each topic, in the order of their first coming
        self._known = 0
        self._told: set[str] = set()
        self.malformed = 0

    async def run(self, sink: Sink) -> None:
        """Connect, subscribe, deliver until the broker is lost."""
        async with connected(self.broker) as link:
            refused = await link.subscribe(list(dict.fromkeys((*self._topics, *self._status))), self._qos)
            if refused:
                raise InputError(f"source {self.name}: the broker refuses to give {', '.join(refused)}")
            where = f"{self.broker.host}:{self.broker.port}"
            kept = ", which had kept our session" if link.session_present else ""
            sink.linked(self.name, LinkStatus(LinkState.LIVE, f"{self.name}: connected to {where}{kept}", self._now()))
            # What is here before the subscription is confirmed was kept for us while we were away.
            self._deliver(link.backlog() if link.session_present else [], sink, kept=True)
            await self._listen(link, sink)

    async def _listen(self, link: Link, sink: Sink) -> None:
        while True:
            if messages := await link.batch(_PATIENCE_S):
                self._deliver(messages, sink)

    def _deliver(self, messages: Sequence[Message], sink: Sink, kept: bool = False) -> None:
        out: list[Observation] = []
        for message in messages:
            out += self._observations(message, sink, kept)
        if out:
            sink.observed(self.name, out)

    def _observations(self, message: Message, sink: Sink, kept: bool) -> list[Observation]:
        topic, now_ns = message.topic.value, self._now()
        payload = bytes(message.payload or b"")
        if any(covers(wildcard, topic) for wildcard in self._status):
            return self._device_status(topic, payload, now_ns)
        if len(payload) > self.broker.max_payload:
            self._fault(sink, topic, f"holds {len(payload)} bytes, more than max_payload {self.broker.max_payload}")
            return []
        try:
            values = parse(payload)
        except Malformed as why:
            self._fault(sink, topic, str(why))
            return []
        if not payload and topic in self._keys:
            values = dict.fromkeys(self._keys[topic])  # a retained value was taken back
        t_ns, quality = self._time(values, now_ns, old=message.retain or kept)
        if quality is Quality.UNCERTAIN and self._time_field and not message.retain and not kept:
            self._fault(
                sink, topic, f"has no time that can be in {self._time_field!r}: its arrival counts", count=False
            )
        told = self._remember(topic, values)
        return [
            Observation(self._address(topic, key), t_ns, value, quality if value is not None else Quality.UNAVAILABLE)
            for key, value in told.items()
        ]

    def _time(self, values: dict[str, Value], now_ns: int, old: bool) -> tuple[int, Quality]:
        """Return when a payload's values held, and how sure that is."""
        if not self._time_field:
            return now_ns, Quality.UNCERTAIN if old else Quality.GOOD
        stamp = time_ns(values.pop(self._time_field, None), self._time_unit)
        return believable(stamp, now_ns)

    def _remember(self, topic: str, values: dict[str, Value]) -> dict[str, Value]:
        """Return those of the values that are wanted, and keep their names for when their device goes."""
        if self._wanted:
            values = {key: value for key, value in values.items() if self._address(topic, key) in self._wanted}
        keys = self._keys.get(topic)
        if keys is None:
            keys = self._keys[topic] = {}
        for key in values.keys() - keys.keys():
            if self._known < _MOST_KNOWN:
                self._known += 1
                keys[key] = None
        return values

    def _device_status(self, topic: str, payload: bytes, now_ns: int) -> list[Observation]:
        text = payload.decode("utf-8", "replace").strip().strip('"').lower()
        beside = topic.rpartition("/")[0] + "/" if "/" in topic else ""
        own = {topic} if not self._wanted or topic in self._wanted else set()
        out = [Observation(topic, now_ns, text) for topic in own]
        if text in self._offline:
            out += [
                Observation(self._address(other, key), now_ns, None, Quality.UNAVAILABLE)
                for other, keys in self._keys.items()
                if other.startswith(beside)
                for key in keys
            ]
        return out

    def _fault(self, sink: Sink, topic: str, why: str, count: bool = True) -> None:
        """Count what cannot be used and say it once a topic."""
        self.malformed += count
        if topic not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(topic)
            items = tuple(self._address(topic, key) for key in self._keys.get(topic, ())) or (topic,)
            status = LinkStatus(LinkState.LIVE, f"{self.name}: a message of {topic} {why}", self._now(), items)
            sink.linked(self.name, status if not count else replace(status, lost=1))

    @staticmethod
    def _address(topic: str, key: str) -> str:
        return f"{topic}#{key}" if key else topic

    def _now(self) -> int:
        return self._clock_ns()
