"""An OPC UA server as a source of a plant."""

import time
from collections.abc import Callable, Sequence

from asyncua import ua
from asyncua.client.client import Client
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds
from asyncua.ua.uaerrors import UaError

from twinswing.errors import InputError
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Quality, Sink
from twinswing.streams.opcua_connection import Server, connected
from twinswing.streams.opcua_names import names_of
from twinswing.streams.opcua_subscription import Notice, Pace, Subscription
from twinswing.streams.opcua_values import (
    Address,
    Unshown,
    moment_of,
    observe,
    overflowed,
    parse_address,
    standard,
    unix_ns,
)
from twinswing.streams.secrets_given import secret
from twinswing.timeline.clock import NS_PER_S

# A server's clock that is further off than this is told: its values lie that much beside those of other sources.
_CLOCK_S = 2.0
# The supervisor calls silence stale; when the server keeps silent this much longer it is given up.
_PATIENCE = 1.5


class OpcUaSource:
    """Values of an OPC UA server's nodes, by subscription. An item's address is "nsu=URI;s=Name" or "ns=2;s=Name".

    items: the addresses that are wanted.
    publishing_s, sampling_s: how often the server tells, and how often it looks; queue: values of one item that it is
        asked to keep from one telling to the next, and while the connection is broken.
    history: whether to ask the server's own history for what was missed, where it has one.
    silence_s: without a word for so long, the items are stale; the server is asked for a keep-alive thrice as often.
    keep_s: how long the server is asked to keep the subscription, with its queues, while the connection is broken.
    For the others see `opcua_connection.Server` and `secrets_given.secret`.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        items: Sequence[str] = (),
        security: str = "none",
        mode: str = "SignAndEncrypt",
        user: str = "",
        password: str = "",
        password_env: str = "",
        password_file: str = "",
        user_certificate: str = "",
        user_key: str = "",
        trust: str = "",
        certificate: str = "",
        private_key: str = "",
        folder: str = "",
        insecure: bool = False,
        publishing_s: float = 0.5,
        sampling_s: float = 0.1,
        queue: int = 1000,
        history: bool = True,
        silence_s: float = 10.0,
        timeout_s: float = 10.0,
        keep_s: float = 600.0,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self.silence_s = silence_s
        self._server = Server(
            name=name, url=url, security=security, mode=mode, user=user,
            password=secret(name, password, password_env, password_file), user_certificate=user_certificate,
            user_key=user_key, trust=trust, certificate=certificate, private_key=private_key, folder=folder,
            insecure=insecure, timeout_s=timeout_s, watch_s=max(1.0, silence_s / 2), keep_s=keep_s,
        )  # fmt: skip
        self._server.check()
        if not (publishing_s > 0 and sampling_s >= 0 and silence_s > 0 and timeout_s > 0 and keep_s > 0):
            raise InputError(
                f"source {name}: publishing_s, silence_s, timeout_s and keep_s must be above zero, sampling_s not below"
            )
        if not 1 <= queue <= 1_000_000:
            raise InputError(f"source {name}: expected a queue of 1 to 1000000 values, found {queue}")
        try:
            self._items: tuple[Address, ...] = tuple(map(parse_address, dict.fromkeys(items)))
        except InputError as error:
            raise InputError(f"source {name}: {error}") from None
        if not self._items:
            raise InputError(f"source {name}: no item of the plant is bound to it")
        self._history = history
        self._clock_ns = clock_ns
        keepalive_s = max(publishing_s, silence_s / 3.0)
        self._subscription = Subscription(Pace(publishing_s, sampling_s, queue, keepalive_s, keep_s))
        self._names: dict[int, dict[int, str]] = {}
        self._nodes: dict[int, ua.NodeId] = {}
        self._latest: dict[int, int] = {}  # time of the last observation of each item, by its number
        self._repeat_ns: dict[int, int] = {}  # items whose next value may be the one before the loss, and the time now
        self._told: set[tuple[int, str]] = set()

    async def run(self, sink: Sink) -> None:
        """Connect, subscribe or go on with the subscription, deliver until the server is lost."""
        async with connected(self._server) as client:
            now_ns, told = await self._server_time(client)
            again = await self._subscription.resume(client)
            if again:
                told += ", which had kept the subscription"
            refused = {} if again else await self._subscribe(client)
            self._say(sink, f"connected to {self._server.url}{told}")
            self._refuse(sink, refused)
            if self._subscription.shallow:
                self._say(sink, f"the server keeps only {self._subscription.shallow} values of an item between two "
                                "tellings: faster changes may be lost", self._all())  # fmt: skip
            self._repeat_ns = dict.fromkeys(self._latest, now_ns)
            if again:
                await self._confirm(client, sink)
            elif self._latest and self._history:
                await self._fill(client, sink)
            patience_s = max(self.silence_s * _PATIENCE, self._subscription.keepalive_s * 2)
            while True:
                await self._deliver(client, await self._subscription.next(patience_s), sink)

    # ---------------------------------------------------------------------------------------------------------- begin
    async def _server_time(self, client: Client) -> tuple[int, str]:
        """Return the server's time, Unix nanoseconds, and what there is to say of its clock."""
        before_ns = self._clock_ns()
        held = await client.get_node(standard(ObjectIds.Server_ServerStatus_CurrentTime)).read_value()
        here_ns = (before_ns + self._clock_ns()) // 2
        there_ns = unix_ns(held)
        if there_ns is None:
            return here_ns, ""
        off_s = (there_ns - here_ns) / NS_PER_S
        if abs(off_s) <= _CLOCK_S:
            return there_ns, ""
        return there_ns, f", whose clock is {abs(off_s):.0f} s {'ahead' if off_s > 0 else 'behind'}"

    async def _subscribe(self, client: Client) -> dict[int, str]:
        """Find the nodes and subscribe; returns why some items cannot be had, by number."""
        namespaces = await client.get_namespace_array()
        found = {number: address.node_id(namespaces) for number, address in enumerate(self._items)}
        self._nodes = {number: node for number, node in found.items() if node is not None}
        why = {n: f"the server has no namespace {self._items[n].uri}" for n, node in found.items() if node is None}
        if self._nodes:
            self._names = await names_of(client, self._nodes)
            for number, status in (await self._subscription.create(client, self._nodes)).items():
                why[number] = f"the server refuses it ({status.name})"
                del self._nodes[number]
        if len(why) == len(self._items):
            # A server that is still loading shows this too: it is tried again.
            raise ConnectionError(f"{self._server.url} has none of the {len(why)} nodes: {next(iter(why.values()))}")
        return why

    def _refuse(self, sink: Sink, why: dict[int, str]) -> None:
        now_ns = self._clock_ns()
        by_reason: dict[str, list[str]] = {}
        for number, reason in why.items():
            by_reason.setdefault(reason, []).append(self._items[number].text)
        for reason, items in by_reason.items():
            sink.observed(self.name, [Observation(item, now_ns, None, Quality.UNAVAILABLE) for item in items])
            self._say(sink, f"{len(items)} items are not to be had: {reason}", tuple(items))

    async def _confirm(self, client: Client, sink: Sink) -> None:
        """After a loss during which the server went on queueing: say of what did not change that it still holds."""
        numbers = list(self._nodes)
        read = await client.uaclient.read_attributes([self._nodes[n] for n in numbers], AttributeIds.Value)
        for number, data in zip(numbers, read, strict=True):
            stamp = unix_ns(data.SourceTimestamp, data.SourcePicoseconds)
            if stamp is not None and stamp > self._latest.get(number, 0):
                self._repeat_ns.pop(number, None)  # it did change: the queue has it, and all before it
        held = {n: data for n, data in zip(numbers, read, strict=True) if n in self._repeat_ns}
        sink.observed(self.name, [o for n, data in held.items() if (o := self._observe(n, data, sink)) is not None])
        self._repeat_ns = {}

    async def _fill(self, client: Client, sink: Sink) -> None:
        """After a loss that the subscription did not survive: read what was missed from the server's history."""
        first: dict[int, int] = {}
        held: list[Notice] = []
        expected = set(self._nodes)
        deadline = time.monotonic() + 2 * self._subscription.keepalive_s
        while expected - first.keys() and time.monotonic() < deadline:
            held.append(notice := await self._subscription.next(max(self.silence_s, 1.0)))
            for number, data in notice.data:
                stamp = unix_ns(data.SourceTimestamp, data.SourcePicoseconds)
                first.setdefault(number, stamp if stamp is not None else self._clock_ns())
        read, without = 0, 0
        for number, end_ns in first.items():
            if number in self._latest and end_ns > self._latest[number]:
                count = await self._read_history(client, number, end_ns, sink)
                read, without = read + (count or 0), without + (count is None)
        if read or without:
            lacking = f"; {without} items have no history there, and what they did meanwhile is lost" if without else ""
            self._say(sink, f"{read} values of the time without connection are read from the server's history{lacking}")
        for notice in held:
            await self._deliver(client, notice, sink)

    async def _read_history(self, client: Client, number: int, end_ns: int, sink: Sink) -> int | None:
        """Deliver what the server's history has between the last observation and a time; None where it has none."""
        start_ns = self._latest[number]
        node = client.get_node(self._nodes[number])
        try:
            past = await node.read_raw_history(moment_of(start_ns), moment_of(end_ns + 1000), return_bounds=False)
        except UaError:
            return None
        out: list[Observation] = []
        for data in sorted(past, key=lambda data: unix_ns(data.SourceTimestamp) or 0):
            stamp = unix_ns(data.SourceTimestamp, data.SourcePicoseconds)
            # A history's times are those of a DateTime here: microseconds.
            if stamp is not None and start_ns // 1000 < stamp // 1000 < end_ns // 1000:
                self._repeat_ns.pop(number, None)
                if (observation := self._observe(number, data, sink)) is not None:
                    out.append(observation)
        if out:
            sink.observed(self.name, out)
        return len(out)

    # -------------------------------------------------------------------------------------------------------- deliver
    async def _deliver(self, client: Client, notice: Notice, sink: Sink) -> None:
        if notice.lost:
            told = f"{notice.lost} notifications of the server are lost"
            sink.linked(
                self.name, LinkStatus(LinkState.LIVE, f"{self.name}: {told}", self._clock_ns(), (), notice.lost)
            )
        out: list[Observation] = []
        for number, data in notice.data:
            if not 0 <= number < len(self._items):
                continue  # a handle that we never gave
            if data.StatusCode is not None and overflowed(int(data.StatusCode.value)):
                sink.observed(self.name, out)
                out = []
                await self._overflowed(client, number, data, sink)
            if (observation := self._observe(number, data, sink)) is not None:
                out.append(observation)
        sink.observed(self.name, out)  # also when it is empty: a keep-alive is a word

    async def _overflowed(self, client: Client, number: int, data: ua.DataValue, sink: Sink) -> None:
        """The server's queue was full before this value: get what it dropped from its history, or say so."""
        end_ns = unix_ns(data.SourceTimestamp, data.SourcePicoseconds)
        count = None
        if self._history and end_ns is not None and number in self._latest:
            count = await self._read_history(client, number, end_ns, sink)
        item = self._items[number].text
        if not count:
            told = f"{self.name}: the server's queue of {item} was full: values are lost"
            sink.linked(self.name, LinkStatus(LinkState.LIVE, told, self._clock_ns(), (item,), 1))

    def _observe(self, number: int, data: ua.DataValue, sink: Sink) -> Observation | None:
        item = self._items[number].text
        try:
            observation = observe(item, data, self._clock_ns(), self._names.get(number))
        except Unshown as what:
            observation = Observation(item, self._clock_ns(), None, Quality.UNAVAILABLE)
            if (number, str(what)) not in self._told:
                self._told.add((number, str(what)))
                self._say(sink, f"{item} holds {what}, which is not shown", (item,))
        again_ns = self._repeat_ns.pop(number, None)
        latest_ns = self._latest.get(number)
        if again_ns is not None and latest_ns is not None and observation.t_ns <= latest_ns < again_ns:
            # The value from before the loss still holds: that it does so now ends its being stale.
            observation = Observation(
                item, again_ns, observation.value, observation.quality, observation.code, observation.message
            )
        self._latest[number] = max(observation.t_ns, latest_ns or observation.t_ns)
        return observation

    def _say(self, sink: Sink, what: str, items: tuple[str, ...] = ()) -> None:
        sink.linked(self.name, LinkStatus(LinkState.LIVE, f"{self.name}: {what}", self._clock_ns(), items))

    def _all(self) -> tuple[str, ...]:
        return tuple(address.text for address in self._items)
