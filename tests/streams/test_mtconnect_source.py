"""A client of an agent, over real HTTP: the real lathe's whole recording, and all that can happen to a link."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiohttp import web

from tests.conftest import wait_until
from tests.streams.agent import Agent
from twinswing.errors import InputError
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


@pytest.fixture
def small():
    with Agent(SMALL, "M1", buffer=40) as agent:
        yield agent


def at(second: int, text: str) -> str:
    return f"2024-03-01T10:00:{second:02d}.1234567Z|{text}"


def test_documents_cut_at_any_byte_with_and_without_lengths_are_whole(small: Agent):
    heard = Heard()
    small.chop, small.lengths = 23, False
    source = source_of(small, count=7)
    with Supervisor([source], heard, backoff=QUICK):
        wait_until(lambda: len(heard.items["avail"]) == 1)
        small.hear([at(n % 60, f"load|{n}") for n in range(30)])
        wait_until(lambda: len(heard.items["load"]) == 31)
        small.chop, small.lengths = 1, True
        small.cut()
        small.hear([at(n % 60, f"load|{n}") for n in range(30, 33)])
        wait_until(lambda: len(heard.items["load"]) == 34)
    assert heard.values("load") == [None, *(float(n) for n in range(33))]
    assert heard.items["load"][1].t_ns == iso_ns("2024-03-01T10:00:00.123456700Z")


def test_a_restarted_agent_is_probed_anew_and_nothing_it_still_has_is_lost(small: Agent):
    heard = Heard()
    with Supervisor([source_of(small)], heard, backoff=QUICK):
        wait_until(lambda: len(heard.items["avail"]) == 1)
        small.hear([at(1, "load|1"), at(1, "avail|AVAILABLE"), at(1, "system|WARNING|42||HIGH|oil")])
        wait_until(lambda: len(heard.items["sys"]) == 2)
        probes = sum("probe" in request for request in small.requests)
        small.stop()
        small._empty()
        small.instance_id += 1
        small.hear([at(2, "load|2"), at(3, "load|3"), at(3, "avail|AVAILABLE"), at(3, "system|NORMAL||||")])
        small.start()
        wait_until(lambda: 3.0 in heard.values("load"))
    assert sum("probe" in request for request in small.requests) == probes + 1
    assert heard.values("load") == [None, 1.0, None, 2.0, 3.0]  # the new instance knew nothing at first, and said so
    assert [said.value for said in heard.items["sys"]][-1] == "NORMAL"
    assert len(heard.told("the agent has restarted")) == 1


def test_what_the_agent_forgot_is_counted_and_the_last_state_is_told(small: Agent):
    heard = Heard()
    source = source_of(small)
    with Supervisor([source], heard, backoff=Backoff(first_s=0.02, most_s=0.05)):
        wait_until(lambda: len(heard.items["avail"]) == 1)
        small.hear([at(1, "load|1"), at(1, "system|FAULT|1||HIGH|one"), at(1, "system|FAULT|2||HIGH|two")])
        wait_until(lambda: len(heard.items["sys"]) == 3)
        wanted = small.sequence
        small.stop()
        # In the gap one fault goes and the program changes; then 100 loads push both out of a buffer of 40.
        small.hear([at(2, "execution|ACTIVE"), at(2, "system|NORMAL|1|||")])
        small.hear([at(3, f"load|{n}") for n in range(100)])
        small.start()
        wait_until(lambda: bool(heard.values("load")) and heard.values("load")[-1] == 99.0)
    lost = sum(status.lost for status in heard.links)
    # 102 were said, 40 are in the buffer, and the execution's last value is known from the present state.
    assert lost == 102 - 40 - 1
    assert len(heard.told(f"no longer had {lost} observations")) == 1
    assert heard.values("exec")[-1] == "ACTIVE"
    assert heard.values("load")[2:] == [float(n) for n in range(60, 100)]
    assert [(said.value, said.code) for said in heard.items["sys"]][-1] == ("NORMAL", "1")
    assert small.sequence - wanted == 102


def test_a_stalled_agent_is_stale_then_given_up_and_resumed(small: Agent):
    heard = Heard()
    address = AgentAddress(small.url)
    source = MtConnectSource("m", address, AgentSettings(interval_ms=5, heartbeat_ms=50), silence_s=0.15)
    with Supervisor([source], heard, backoff=QUICK) as supervisor:
        wait_until(lambda: len(heard.items["avail"]) == 1)
        small.hear([at(1, "load|1")])
        wait_until(lambda: heard.values("load") == [None, 1.0])
        small.stalled = True
        small.hear([at(2, "load|2")])
        wait_until(lambda: supervisor.statuses["m"].state in (LinkState.STALE, LinkState.DOWN))
        wait_until(lambda: any(status.state is LinkState.DOWN for status in heard.links))
        assert any("no answer from the agent" in status.message for status in heard.links)
        small.stalled = False
        wait_until(lambda: heard.values("load") == [None, 1.0, 2.0])
        wait_until(lambda: supervisor.statuses["m"].state is LinkState.LIVE)


def test_heartbeats_keep_a_quiet_machine_live(small: Agent):
    heard = Heard()
    source = MtConnectSource("m", AgentAddress(small.url), AgentSettings(interval_ms=5, heartbeat_ms=60), silence_s=1.0)
    with Supervisor([source], heard, backoff=QUICK):
        wait_until(lambda: len(heard.items["avail"]) == 1)
        before = len(heard.links)
        start = len(small.requests)
        small.hear([at(1, "load|1")])
        wait_until(lambda: heard.values("load") == [None, 1.0])
        _pass(1.5)
        assert len(heard.links) == before
        assert len(small.requests) == start  # one stream all the while


def _pass(seconds: float) -> None:
    """Let real time pass: that nothing happens meanwhile is what is tested."""
    import time

    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end)


def test_several_codes_of_a_condition_are_active_together(small: Agent):
    heard = Heard()
    small.hear([at(1, "system|WARNING|7|||seven"), at(2, "system|FAULT|8|||eight")])
    with Supervisor([source_of(small)], heard, backoff=QUICK):
        wait_until(lambda: len(heard.items["sys"]) == 2)
        small.hear([at(3, "system|NORMAL|7|||"), at(4, "system|NORMAL||||")])
        wait_until(lambda: len(heard.items["sys"]) == 4)
    assert [(s.value, s.code, s.message) for s in heard.items["sys"]] == [
        ("WARNING", "7", "seven"),
        ("FAULT", "8", "eight"),
        ("NORMAL", "7", ""),
        ("NORMAL", "", ""),
    ]


TOOL = (
    '<CuttingTool assetId="{0}"><CuttingToolLifeCycle>'
    '<ToolLife type="MINUTES">{1}</ToolLife></CuttingToolLifeCycle></CuttingTool>'
)


def asset(second: int, tool: str, minutes: int) -> list[str]:
    return [at(second, f"@ASSET@|{tool}|CuttingTool|--multiline--X"), TOOL.format(tool, minutes), "--multiline--X"]


def test_the_life_of_the_tool_in_use_follows_the_tool_and_its_document(small: Agent):
    heard = Heard()
    small.hear([*asset(0, "A", 10), *asset(0, "B", 70), at(1, "tool_id|A")])
    with Supervisor([source_of(small)], heard, backoff=QUICK):
        wait_until(lambda: heard.values("tool#MINUTES") == [10.0])
        small.hear(asset(2, "A", 11))
        wait_until(lambda: heard.values("tool#MINUTES") == [10.0, 11.0])
        small.hear([at(3, "tool_id|")])
        wait_until(lambda: heard.values("tool#MINUTES") == [10.0, 11.0, None])
        small.hear([at(4, "tool_id|B"), *asset(5, "A", 12)])
        wait_until(lambda: heard.values("A#MINUTES") == [10.0, 11.0, 12.0])
        assert heard.values("tool#MINUTES") == [10.0, 11.0, None, 70.0]


def test_a_wrong_address_or_device_is_one_sentence_and_is_not_tried_again(small: Agent):
    heard = Heard()
    wrong = MtConnectSource("w", AgentAddress(small.url), AgentSettings(device="M9"))
    with Supervisor([wrong], heard, backoff=QUICK) as supervisor:
        wait_until(lambda: not supervisor.running)
    assert heard.links[-1].state is LinkState.DOWN
    assert "expected an agent with the device 'M9'" in heard.links[-1].message
    assert sum("probe" in request for request in small.requests) == 1


def test_a_slow_agent_holds_up_no_other(small: Agent):
    heard, other = Heard(), Agent(SMALL, "M1").start()
    other.slow_s = 0.6
    try:
        quick = source_of(small)
        slow = MtConnectSource("slow", AgentAddress(other.url), AgentSettings(interval_ms=5, heartbeat_ms=100))
        with Supervisor([slow, quick], heard, backoff=QUICK) as supervisor:
            wait_until(lambda: len(heard.items["avail"]) == 1)
            small.hear([at(1, "load|1")])
            wait_until(lambda: heard.values("load") == [None, 1.0])
            assert supervisor.statuses["slow"].state is LinkState.CONNECTING
            wait_until(lambda: len(heard.items["avail"]) == 2)
    finally:
        other.close()


class Peer:
    """An HTTP server that is told what to answer, on real sockets."""

    def __init__(self, answer) -> None:
        self.answer = answer

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_get("/{path:.*}", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def __aexit__(self, *_: object) -> None:
        await self.runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"<html>a web server</html>", InputError),
        (404, b"not here", InputError),
        (401, b"who are you", InputError),
        (503, b"starting up", ConnectionError),
        (200, b"", InputError),
    ],
)
async def test_what_is_no_agent_is_told_apart_from_one_that_is_not_ready(status: int, body: bytes, error: type):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    async with Peer(answer) as url:
        with pytest.raises(error, match=f"expected an MTConnect agent|answered HTTP {status}"):
            await MtConnectSource("m", AgentAddress(url)).run(Heard())


async def test_a_stream_of_nonsense_is_a_loss_and_goes_on_where_it_was():
    asked = []

    async def answer(request: web.Request) -> web.StreamResponse:
        kind = request.path.strip("/")
        asked.append(str(request.rel_url))
        if kind == "probe":
            return web.Response(body=SMALL, content_type="text/xml")
        if kind != "sample":
            body = b'<MTConnectStreams><Header instanceId="1" nextSequence="5" firstSequence="1"/></MTConnectStreams>'
            return web.Response(body=body if kind == "current" else b"<MTConnectAssets/>", content_type="text/xml")
        response = web.StreamResponse(headers={"Content-Type": "multipart/x-mixed-replace;boundary=x"})
        await response.prepare(request)
        await response.write(b"--x\r\nContent-length: 5\r\n\r\n<a><b\r\n--x\r\n")
        return response

    async with Peer(answer) as url:
        source = MtConnectSource("m", AgentAddress(url))
        for _ in range(2):
            with pytest.raises(ConnectionError, match="stream cannot be read"):
                await source.run(Heard())
    assert [request for request in asked if "sample" in request] == 2 * [
        "/sample?from=5&interval=200&count=1000&heartbeat=5000"
    ]
    assert sum("probe" in request for request in asked) == 1


async def test_an_agent_that_does_not_stream_is_asked_again_and_again():
    asked = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal asked
        kind = request.path.strip("/")
        if kind == "probe":
            return web.Response(body=SMALL, content_type="text/xml")
        at = 1
        said = ""
        if kind == "sample":
            asked += 1
            at = int(request.query["from"])
            said = (
                f'<Samples><Load dataItemId="load" sequence="{at}" '
                f'timestamp="2024-01-01T00:00:00Z">{at}</Load></Samples>'
            )
            at += 1
        body = (
            f'<MTConnectStreams><Header instanceId="1" nextSequence="{at}" firstSequence="1"/>'
            f"<Streams><DeviceStream><ComponentStream>{said}</ComponentStream></DeviceStream></Streams>"
            "</MTConnectStreams>"
        )
        return web.Response(body=body.encode(), content_type="text/xml")

    heard = Heard()
    async with Peer(answer) as url:
        task = asyncio.ensure_future(
            MtConnectSource("m", AgentAddress(url), AgentSettings(interval_ms=1, assets=False)).run(heard)
        )
        async with asyncio.timeout(10):
            while asked < 5:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert heard.values("load")[:4] == [1.0, 2.0, 3.0, 4.0]


async def test_another_page_in_an_agents_place_passes():
    pages = {"current": b"<html>starting up</html>"}

    async def answer(request: web.Request) -> web.Response:
        kind = request.path.strip("/")
        return web.Response(body=SMALL if kind == "probe" else pages.get(kind, b"<MTConnectAssets/>"))

    async with Peer(answer) as url:
        source = MtConnectSource("m", AgentAddress(url))
        with pytest.raises(ConnectionError, match="expected an MTConnectStreams document, found <html>"):
            await source.run(Heard())


async def test_a_password_is_given_when_asked_for():
    seen = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Authorization"))
        return web.Response(status=401)

    async with Peer(answer) as url:
        with pytest.raises(InputError, match="found HTTP 401"):
            await MtConnectSource("m", AgentAddress(url, "me", "pass word")).run(Heard())
    assert seen == ["Basic bWU6cGFzcyB3b3Jk"]
    assert "pass word" not in repr(AgentAddress(url, "me", "pass word"))
