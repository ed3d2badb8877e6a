"""An edge node for tests: makes births, data and deaths as payloads, and knows the truth."""

from twinswing.streams.sparkplug_messages import DataType, Payload


class EdgeNode:
    """Payloads of one edge node, numbered as the specification says; `clock_ms` is moved by one a message."""

    def __init__(self, group: str = "works", name: str = "edge", clock_ms: int = 1_700_000_000_000) -> None:
        self.group, self.name, self.clock_ms = group, name, clock_ms
        self.bd_seq = -1
        self.seq = 0
        self.aliases: dict[str, int] = {}
        self.shift = 0

    def topic(self, kind: str, device: str = "") -> str:
        return f"spBv1.0/{self.group}/{kind}/{self.name}" + (f"/{device}" if device else "")

    def _payload(self, sequenced: bool = True):
        self.clock_ms += 1
        payload = Payload(timestamp=self.clock_ms)
        if sequenced:
            payload.seq = self.seq
            self.seq = (self.seq + 1) % 256
        return payload

    def death(self) -> tuple[str, bytes]:
        """The will, to be given to the broker before the connection of the same bdSeq."""
        payload = Payload(timestamp=self.clock_ms)
        payload.metrics.add(name="bdSeq", datatype=DataType.INT64, long_value=self.bd_seq)
        return self.topic("NDEATH"), payload.SerializeToString()

    def connect(self) -> None:
        self.bd_seq = (self.bd_seq + 1) % 256
        self.shift += 1  # other aliases in each session, as a node may choose them

    def birth(self, metrics: dict[str, float]) -> tuple[str, bytes]:
        self.seq = 0
        payload = self._payload()
        payload.metrics.add(name="bdSeq", datatype=DataType.INT64, long_value=self.bd_seq)
        self._fill(payload, "", metrics)
        return self.topic("NBIRTH"), payload.SerializeToString()

    def device_birth(self, device: str, metrics: dict[str, float], other_aliases: bool = False) -> tuple[str, bytes]:
        self.shift += other_aliases
        payload = self._payload()
        self._fill(payload, device, metrics)
        return self.topic("DBIRTH", device), payload.SerializeToString()

    def _fill(self, payload, device: str, metrics: dict[str, float]) -> None:
        for number, (name, value) in enumerate(metrics.items()):
            key = f"{device}#{name}"
            self.aliases[key] = (number + self.shift) % len(metrics) + (100 if device else 0)
            metric = payload.metrics.add(
                name=name,
                alias=self.aliases[key],
                timestamp=self.clock_ms,
                datatype=DataType.DOUBLE,
                double_value=value,
            )
            metric.properties.keys.append("engUnit")
            metric.properties.values.add(type=DataType.STRING, string_value="rpm")

    def data(self, device: str, **values: float) -> tuple[str, bytes]:
        payload = self._payload()
        for name, value in values.items():
            payload.metrics.add(alias=self.aliases[f"{device}#{name}"], timestamp=self.clock_ms, double_value=value)
        return self.topic("DDATA" if device else "NDATA", device), payload.SerializeToString()

    def device_death(self, device: str) -> tuple[str, bytes]:
        return self.topic("DDEATH", device), self._payload().SerializeToString()
