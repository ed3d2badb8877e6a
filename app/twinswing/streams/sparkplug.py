"""A Sparkplug B host's side of the protocol, sans I/O: messages and the time in, events out.

Edge nodes announce their metrics in births, number what follows from 0 to 255, and are announced dead by the broker.
What is decided here: which value belongs to which metric, what is stale, when to ask a node to be born again.
After the Sparkplug specification 3.0, chapters 5 (operation) and 6 (payload). Time is Unix time in nanoseconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.message import DecodeError

from twinswing.streams.observations import Observation, Quality
from twinswing.streams.peer_time import believable, worse
from twinswing.streams.sparkplug_messages import DataType, Payload, rebirth_command
from twinswing.streams.sparkplug_values import NS_PER_MS, MetricInfo, Unshown, leaves, observe, unit_of
from twinswing.timeline.clock import NS_PER_S

NAMESPACE = "spBv1.0"
_BD_SEQ = "bdSeq"  # of the connection, no metric of a machine
_SEQUENCED = {"NDATA", "DBIRTH", "DDATA", "DDEATH"}


@dataclass(frozen=True)
class SparkplugLimits:
    """What a host waits for, and what it lets a stranger fill its memory with.

    reorder_s: how long a missing number may still come; a cluster of brokers swaps messages within milliseconds.
    births_s: how long after a node's birth its devices may take to be born before they are stale.
    rebirth_s, rebirth_most_s: between two requests to one node, doubled for each that is not answered: a node that
        gives births for every request must not be kept at it, and some ignore them.
    old_s: a message stamped earlier than the node's birth by less than this is of the session before; one that is
        earlier by more comes from a clock that was set back, and is taken.
    """

    reorder_s: float = 0.5
    births_s: float = 5.0
    rebirth_s: float = 10.0
    rebirth_most_s: float = 600.0
    old_s: float = 5.0
    pending: int = 255
    nodes: int = 4096
    metrics: int = 100_000  # of one node and its devices


@dataclass(frozen=True, slots=True)
class Values:
    """Observations, in the order in which the node made them."""

    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Gone:
    """A node or a device is dead: its items are stale."""

    items: tuple[str, ...]
    message: str


@dataclass(frozen=True, slots=True)
class Said:
    """Something that a person should know, in one sentence."""

    message: str
    items: tuple[str, ...] = ()
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """A message to be published."""

    topic: str
    payload: bytes


Event = Values | Gone | Said | Ask


@dataclass(frozen=True, slots=True)
class _Message:
    kind: str
    device: str
    payload: Any
    now_ns: int

    @property
    def stamp(self) -> int | None:
        return int(self.payload.timestamp) if self.payload.HasField("timestamp") else None


@dataclass
class _Device:
    """A device, or under the name "" the node itself."""

    alive: bool = False
    by_name: dict[str, MetricInfo] = field(default_factory=dict)
    by_alias: dict[int, str] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)  # address of a template's member to its type
    due_ns: int | None = None  # by when it must be born again

    def addresses(self) -> tuple[str, ...]:
        return (*(info.address for info in self.by_name.values()), *self.members)


@dataclass
class _Node:
    group: str
    name: str
    born: bool = False
    doubtful: bool = False  # messages are missing: a birth with other aliases may be among them
    bd_seq: int | None = None
    dead: tuple[int | None, int] | None = None  # bdSeq of the last death, and when it came
    birth_ms: int = 0
    last_ms: int = 0
    expected: int = 0
    devices: dict[str, _Device] = field(default_factory=dict)
    pending: dict[int, _Message] = field(default_factory=dict)
    gap_ns: int | None = None  # since when something is missing
    wants_birth: bool = False
    next_ask_ns: int = 0
    asks: int = 0

    @property
    def path(self) -> str:
        return f"{self.group}/{self.name}"

    def metrics(self) -> int:
        return sum(len(device.by_name) + len(device.members) for device in self.devices.values())


class SparkplugHost:
    """Listens to any number of edge nodes; see the module. `message`, `tick`, `connected` and `lost` give events."""

    def __init__(self, limits: SparkplugLimits | None = None) -> None:
        self.limits = limits or SparkplugLimits()
        self._nodes: dict[tuple[str, str], _Node] = {}
        self._latest_ns: dict[str, int] = {}  # of each address
        self._told: set[str] = set()
        self.malformed = 0
        self.late = 0
        self.lost_messages = 0

    # --------------------------------------------------------------------------------------------------- what is known
    def metrics(self) -> dict[str, MetricInfo]:
        """Return every metric that was born, by address."""
        infos = (
            i for node in self._nodes.values() for device in node.devices.values() for i in device.by_name.values()
        )
        return {info.address: info for info in infos}

    def alive(self, group: str, node: str, device: str = "") -> bool:
        """Tell whether a node or a device is born and not dead."""
        known = self._nodes.get((group, node))
        return known is not None and known.born and device in known.devices and known.devices[device].alive

    # ------------------------------------------------------------------------------------------------------- what comes
    def connected(self, nodes: list[tuple[str, str]], now_ns: int) -> list[Event]:
        """The broker is reached: ask the given nodes and all known ones to be born, for births are not kept."""
        events: list[Event] = []
        for group, name in dict.fromkeys((*nodes, *self._nodes)):
            node = self._node(group, name)
            if node is not None:
                node.next_ask_ns, node.asks = now_ns, 0
                events += self._ask(node, now_ns)
        return events

    def lost(self) -> None:
        """The broker is lost: what nodes say meanwhile is not heard, so all of them must be born again."""
        for node in self._nodes.values():
            node.born = False
            node.pending.clear()
            node.gap_ns = None

    def message(self, topic: str, payload: bytes, now_ns: int) -> list[Event]:
        """Take one message of the namespace; what is not for a host is passed over."""
        parts = topic.split("/")
        if parts[0] != NAMESPACE or len(parts) not in {4, 5} or not all(parts):
            return []
        kind, device = parts[2], parts[4] if len(parts) == 5 else ""
        if kind not in {"NBIRTH", "NDEATH", *_SEQUENCED} or (kind[0] == "D") != bool(device):
            return []
        node = self._node(parts[1], parts[3])
        if node is None:
            return self._once("nodes", f"more than {self.limits.nodes} edge nodes: the others are passed over")
        decoded = Payload()
        try:
            decoded.ParseFromString(payload)
        except (DecodeError, ValueError):
            self.malformed += 1
            return self._once(topic, f"{topic} holds {len(payload)} bytes that are no Sparkplug payload")
        message = _Message(kind, device, decoded, now_ns)
        take = {"NBIRTH": self._node_birth, "NDEATH": self._node_death}.get(kind, self._sequenced)
        return take(node, message)

    def tick(self, now_ns: int) -> list[Event]:
        """Let time go by: give up what is missing, ask again, call devices stale that were not born."""
        events: list[Event] = []
        for node in self._nodes.values():
            if node.gap_ns is not None and now_ns - node.gap_ns >= self.limits.reorder_s * NS_PER_S:
                events += self._give_up(node, now_ns)
            if node.wants_birth:
                events += self._ask(node, now_ns)
            for name, device in node.devices.items():
                if device.due_ns is not None and now_ns >= device.due_ns:
                    device.due_ns = None
                    device.alive = False
                    events.append(Gone(device.addresses(), f"{node.path}/{name} was not born again with its node"))
        return events

    # ----------------------------------------------------------------------------------------------- births and deaths
    def _node_birth(self, node: _Node, message: _Message) -> list[Event]:
        bd_seq = _bd_seq(message.payload)
        stamp = message.stamp or 0
        if self._before_birth(node, message) and not _later(bd_seq, node.bd_seq):
            self.late += 1  # of a session, or a rebirth, that is over; a later session's clock was set back
            return []
        if node.dead is not None and not node.born:
            bd_dead, dead_ns = node.dead
            if not _later(bd_seq, bd_dead) and message.now_ns - dead_ns < self.limits.reorder_s * NS_PER_S:
                self.late += 1  # overtaken by its death; after that time it is a node that does not count its sessions
                return []
        old = node.devices
        node.born, node.bd_seq, node.birth_ms, node.last_ms = True, bd_seq, stamp, stamp
        node.doubtful = node.wants_birth = False
        node.asks = 0
        node.expected = (int(message.payload.seq) + 1) % 256
        due_ns = message.now_ns + int(self.limits.births_s * NS_PER_S)
        node.devices = {name: replace(device, due_ns=due_ns if device.alive else None) for name, device in old.items()}
        for device in node.devices.values():
            device.by_alias = {}  # those of the session before
        # What came early, of this session, waited for this birth.
        node.pending = {seq: m for seq, m in node.pending.items() if not self._before_birth(node, m)}
        node.gap_ns = message.now_ns if node.pending else None
        return [*self._born(node, message), *self._drain(node)]

    def _born(self, node: _Node, message: _Message) -> list[Event]:
        before = node.devices.get(message.device, _Device())
        device = _Device(alive=True)
        prefix = f"{node.path}/{message.device}" if message.device else node.path
        node.devices[message.device] = device
        room = self.limits.metrics - node.metrics()
        events: list[Event] = []
        for metric in message.payload.metrics:
            if metric.name in {"", _BD_SEQ} or (
                metric.HasField("template_value") and metric.template_value.is_definition
            ):
                continue
            address = f"{prefix}#{metric.name}"
            device.by_name[metric.name] = MetricInfo(address, int(metric.datatype), unit_of(metric))
            if metric.HasField("alias"):
                device.by_alias[int(metric.alias)] = metric.name
            if metric.HasField("template_value"):
                device.members.update({at: kind for _, at, kind in leaves(metric, address, metric.datatype)})
            if len(device.by_name) + len(device.members) > room:
                told = f"{node.path} has more than {self.limits.metrics} metrics: the others are passed over"
                events += self._once(f"room {node.path}", told)
                break
        events += self._values(node, message, device, birth=True)
        gone = tuple(sorted(set(before.addresses()) - set(device.addresses())))
        if gone and before.alive:
            events.append(Gone(gone, f"{prefix} was born without {len(gone)} of its metrics"))
        return events

    def _node_death(self, node: _Node, message: _Message) -> list[Event]:
        bd_seq = _bd_seq(message.payload)
        if bd_seq is not None and node.bd_seq is not None and bd_seq != node.bd_seq:
            self.late += 1  # the will of a connection that another has replaced, or one whose birth was not seen
            if not node.born:
                node.dead = (bd_seq, message.now_ns)
            return []
        node.dead = (bd_seq, message.now_ns)
        items = tuple(at for device in node.devices.values() if device.alive for at in device.addresses())
        was_born, node.born = node.born, False
        node.pending.clear()
        node.gap_ns = None
        for device in node.devices.values():
            device.alive, device.due_ns = False, None
        return [Gone(items, f"edge node {node.path} is gone")] if was_born or items else []

    def _device_death(self, node: _Node, message: _Message) -> list[Event]:
        device = node.devices.get(message.device)
        if device is None or not device.alive:
            return []
        device.alive, device.due_ns = False, None
        return [Gone(device.addresses(), f"device {node.path}/{message.device} is gone")]

    # -------------------------------------------------------------------------------------------------------- sequence
    def _sequenced(self, node: _Node, message: _Message) -> list[Event]:
        if not message.payload.HasField("seq"):
            told = f"{node.path} sends {message.kind} without a sequence number: losses cannot be seen"
            known = node.born or message.kind == "DBIRTH"
            return [*self._once(f"seq {node.path}", told), *(self._apply(node, message) if known else ())]
        if node.born and self._before_birth(node, message):
            self.late += 1
            return []
        seq = int(message.payload.seq) % 256
        ahead = (seq - node.expected) % 256
        if node.born and ahead == 0:
            node.expected = (seq + 1) % 256
            return [*self._apply(node, message), *self._drain(node)]
        fresh = message.stamp is None or message.stamp > node.last_ms
        if node.born and ahead >= 128 and not fresh:
            self.late += 1  # given up already, or a second copy
            return []
        rival = node.pending.get(seq)
        if rival is None or (rival.stamp or 0) < (message.stamp or 0):
            node.pending[seq] = message
        if node.gap_ns is None:
            node.gap_ns = message.now_ns
        return self._give_up(node, message.now_ns) if len(node.pending) > self.limits.pending else []

    def _drain(self, node: _Node) -> list[Event]:
        events: list[Event] = []
        while node.expected in node.pending:
            message = node.pending.pop(node.expected)
            node.expected = (node.expected + 1) % 256
            events += self._apply(node, message)
        node.gap_ns = node.gap_ns if node.pending else None
        return events

    def _give_up(self, node: _Node, now_ns: int) -> list[Event]:
        """Go on without what is missing: what did come is given, in doubt, and the node is asked to be born again."""
        node.gap_ns = None
        waiting, node.pending = node.pending, {}
        if not node.born:  # without its birth nothing of it can be understood
            node.wants_birth = True
            return self._ask(node, now_ns)
        events: list[Event] = []
        node.doubtful = True
        lost = 0
        for seq in sorted(waiting, key=lambda seq: (seq - node.expected) % 256):
            lost += (seq - node.expected) % 256
            node.expected = (seq + 1) % 256
            events += self._apply(node, waiting[seq])
        self.lost_messages += lost
        told = f"{lost} messages of {node.path} are lost: it is asked for its births, and its values are uncertain"
        node.wants_birth = True
        return [*events, Said(told, lost=lost), *self._ask(node, now_ns)]

    def _before_birth(self, node: _Node, message: _Message) -> bool:
        """Tell whether a message is of the session before the node's present one."""
        return message.stamp is not None and 0 < node.birth_ms - message.stamp < self.limits.old_s * 1000

    def _ask(self, node: _Node, now_ns: int) -> list[Event]:
        node.wants_birth = True
        if now_ns < node.next_ask_ns:
            return []
        wait_s = min(self.limits.rebirth_s * 2.0 ** min(node.asks, 20), self.limits.rebirth_most_s)
        node.next_ask_ns = now_ns + int(wait_s * NS_PER_S)
        node.asks += 1
        return [Ask(f"{NAMESPACE}/{node.group}/NCMD/{node.name}", rebirth_command(now_ns))]

    # ---------------------------------------------------------------------------------------------------------- values
    def _apply(self, node: _Node, message: _Message) -> list[Event]:
        node.last_ms = max(node.last_ms, message.stamp or 0)
        if message.kind == "DBIRTH":
            return self._born(node, message)
        if message.kind == "DDEATH":
            return self._device_death(node, message)
        device = node.devices.get(message.device)
        if device is None or not device.alive or device.due_ns is not None:
            return self._ask(node, message.now_ns)  # its birth is missing
        return self._values(node, message, device, birth=False)

    def _values(self, node: _Node, message: _Message, device: _Device, birth: bool) -> list[Event]:
        out: list[Observation] = []
        events: list[Event] = []
        unknown = False
        for metric in message.payload.metrics:
            name = (
                metric.name or device.by_alias.get(int(metric.alias), "") if metric.HasField("alias") else metric.name
            )
            info = device.by_name.get(name)
            if info is None:
                unknown = unknown or not birth
                continue
            if metric.is_transient:
                continue  # the node asks that it be kept nowhere
            for leaf, address, datatype in leaves(metric, info.address, info.datatype):
                kind = device.members.get(address, datatype) or info.datatype
                try:
                    out.append(self._observation(node, message, leaf, address, kind, birth))
                except Unshown as what:
                    events += self._once(address, f"{address} holds a {what}, which is not shown", (address,))
        if out:
            events.insert(0, Values(tuple(out)))
        if unknown:
            events += self._ask(node, message.now_ns)
        return events

    def _observation(
        self, node: _Node, message: _Message, metric: Any, address: str, kind: int, birth: bool
    ) -> Observation:
        stamp = int(metric.timestamp) if metric.HasField("timestamp") else message.stamp
        t_ns, sure = believable(None if stamp is None else stamp * NS_PER_MS, message.now_ns)
        latest_ns = self._latest_ns.get(address)
        if birth and latest_ns is not None and t_ns <= latest_ns:
            # An old value that a birth repeats is said to hold at the birth, which ends its being stale.
            said_ns, sure = believable((message.stamp or 0) * NS_PER_MS, message.now_ns)
            t_ns = max(t_ns, said_ns)
        observation = observe(metric, address, kind, t_ns)
        if not metric.is_historical:
            self._latest_ns[address] = max(t_ns, latest_ns or t_ns)
        if node.doubtful and not birth:
            sure = worse(sure, Quality.UNCERTAIN)
        if sure is not Quality.GOOD and observation.quality is Quality.GOOD:
            observation = replace(observation, quality=sure)
        return observation

    # ---------------------------------------------------------------------------------------------------------- helpers
    def _node(self, group: str, name: str) -> _Node | None:
        node = self._nodes.get((group, name))
        if node is None and len(self._nodes) < self.limits.nodes:
            node = self._nodes[group, name] = _Node(group, name)
        return node

    def _once(self, key: str, message: str, items: tuple[str, ...] = ()) -> list[Event]:
        if key in self._told or len(self._told) >= self.limits.nodes * 4:
            return []
        self._told.add(key)
        return [Said(message, items)]


def _bd_seq(payload: Any) -> int | None:
    found: Iterator[Any] = (metric for metric in payload.metrics if metric.name == _BD_SEQ)
    for metric in found:
        return int(metric.long_value if metric.WhichOneof("value") == "long_value" else metric.int_value)
    return None


def _later(bd_seq: int | None, than: int | None) -> bool:
    """Tell whether a session came after another; sessions are counted from 0 to 255, and round again."""
    if bd_seq is None or than is None:
        return bd_seq != than
    return 0 < (bd_seq - than) % 256 < 128


__all__ = ["NAMESPACE", "Ask", "DataType", "Event", "Gone", "Said", "SparkplugHost", "SparkplugLimits", "Values"]
