"""A client of an agent, over real HTTP: the real lathe's whole recording, and all that can happen to a link."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.streams.agent import Agent
from twinswing.streams.mtconnect_http import AgentAddress
from twinswing.streams.mtconnect_source import AgentSettings, MtConnectSource
from twinswing.streams.observations import LinkState, LinkStatus, Observation
from twinswing.streams.stamps import iso_ns
from twinswing.streams.supervisor import Backoff, Supervisor

QUICK = Backoff(first_s=0.02, most_s=0.1)

SMALL = b"""<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:1.3"><Header instanceId="1"/><Devices>
<Device id="d1" name="M1" uuid="m-1"><Description manufacturer="X"/><DataItems>
<DataItem category="EVENT" id="avail" type="AVAILABILITY"/></DataItems><Components>
<Controller id="ctl" name="controller"><DataItems>
<DataItem category="EVENT" id="exec" name="execution" type="EXECUTION"/>
<DataItem category="EVENT" id="tool" name="tool_id" type="TOOL_ASSET_ID"/>
<DataItem category="SAMPLE" id="load" name="Sload" type="LOAD" units="PERCENT"/>
<DataItem category="CONDITION" id="sys" name="system" type="SYSTEM"/>
</DataItems></Controller></Components></Device></Devices></MTConnectDevices>"""


class Heard:
    """A sink that remembers, by item."""

    def __init__(self) -> None:
        self.all: list[Observation] = []
        self.items: dict[str, list[Observation]] = defaultdict(list)
        self.links: list[LinkStatus] = []

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        self.all.extend(observations)
        for observation in observations:
            self.items[observation.item].append(observation)

    def linked(self, source: str, status: LinkStatus) -> None:
        self.links.append(status)

    def values(self, item: str) -> list[float | str | None]:
        return [observation.value for observation in self.items[item]]

    def told(self, text: str) -> list[LinkStatus]:
        return [status for status in self.links if text in status.message]


def source_of(agent: Agent, **settings) -> MtConnectSource:
    chosen = AgentSettings(**{"interval_ms": 5, "heartbeat_ms": 100, **settings})
    return MtConnectSource("lathe", AgentAddress(agent.url), chosen, silence_s=None)


def said_in(lines: list[str], devices: bytes, device: str) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """What an SHDR file says, by item, read by splitting its lines: the truth to compare with."""
    agent = Agent(devices, device)
    out: dict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
    for line in lines:
        fields = line.rstrip("\n").split("|")
        if not line.startswith("20") or len(fields) < 3 or fields[1].startswith("@"):
            continue
        at = 1
        while at < len(fields):
            item = agent.keys.get(fields[at])
            width = 5 if item is not None and item.category == "CONDITION" else 1
            if item is not None:
                out[item.id].append((iso_ns(fields[0]), tuple(fields[at + 1 : at + 1 + width])))
            at += 1 + width
    agent.close()
    return out


def agrees(heard: Heard, truth: dict[str, list[tuple[int, tuple[str, ...]]]], from_ns: int) -> None:
    """Every observation of the file arrived once, in order, with its value."""
    for item, expected in truth.items():
        got = [said for said in heard.items[item] if said.t_ns < from_ns]
        assert [said.t_ns for said in got] == [t_ns for t_ns, _ in expected], item
        for said, (_, fields) in zip(got, expected, strict=True):
            text = fields[0].strip()
            if said.value is None:
                assert text in ("UNAVAILABLE", ""), (item, fields)
            elif isinstance(said.value, float):
                assert said.value == float(text), (item, fields)
            else:
                assert said.value == text, (item, fields)


@pytest.fixture(scope="module")
def lathe(shared_data: Path) -> tuple[list[str], bytes]:
    folder = shared_data / "plant"
    return (folder / "lathe_shdr.txt").read_text().splitlines(), (folder / "lathe_devices.xml").read_bytes()


AWAY = "2022-08-08T13:00:00.5Z|MachineOperator|while nobody listened"
RECORDED_BEFORE_NS = iso_ns("2023-01-01T00:00:00Z")


def test_the_whole_lathe_arrives_once_and_in_order_over_cut_links(lathe):
    lines, devices = lathe
    truth = said_in(lines, devices, "OKUMA")
    assert sum(map(len, truth.values())) == 25_503
    heard = Heard()
    with Agent(devices, "OKUMA") as agent:
        agent.cut_after = 400_000  # in the middle of some document
        source = source_of(agent, count=400)
        with Supervisor([source], heard, backoff=QUICK):
            wait_until(lambda: bool(heard.told("connected to an agent")))
            wait_until(lambda: any("/sample" in r or r.startswith("/sample") for r in agent.requests))
            step = len(lines) // 6
            for start in range(0, len(lines), step):
                agent.hear(lines[start : start + step])
                want = agent.sequence
                if start == 2 * step:
                    agent.cut()
                if start == 3 * step:
                    agent.stop()
                    agent.hear([AWAY])
                    agent.start()
                    want = agent.sequence
                wait_until(lambda want=want: source._place.next_sequence >= want, what="all that was said")
    away = said_in([*lines[: 4 * step], AWAY, *lines[4 * step :]], devices, "OKUMA")
    agrees(heard, away, RECORDED_BEFORE_NS)
    downs = [status for status in heard.links if status.state is LinkState.DOWN]
    assert len(downs) >= 3
    assert len(heard.told("goes on from observation")) >= 3
    assert all(status.lost == 0 for status in heard.links)
