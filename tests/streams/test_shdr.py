"""SHDR lines, by MTConnect's rules for adapters, and what hostile or broken peers send instead."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import wait_until
from twinswing.errors import InputError
from twinswing.streams.mtconnect import parse_probe
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Quality
from twinswing.streams.shdr import Asset, Command, Damage, ShdrParser
from twinswing.streams.shdr_source import Heartbeat, ShdrFileSource, ShdrSource
from twinswing.streams.stamps import any_ns, iso_ns, iso_text, unix_ns
from twinswing.streams.supervisor import Backoff, Supervisor

DEVICE = parse_probe(b"""<MTConnectDevices><Devices><Device id="d" name="M"><DataItems>
<DataItem category="EVENT" id="e1" name="execution" type="EXECUTION"/>
<DataItem category="SAMPLE" id="s1" name="load" type="LOAD" units="PERCENT"><Source>Sload</Source></DataItem>
<DataItem category="SAMPLE" id="s2" name="turn" type="ANGULAR_VELOCITY"
 units="DEGREE/SECOND" nativeUnits="DEGREE/MINUTE"/>
<DataItem category="SAMPLE" id="s3" name="place" type="PATH_POSITION" units="MILLIMETER_3D"/>
<DataItem category="SAMPLE" id="s4" name="scaled" type="LENGTH" units="MILLIMETER" nativeUnits="INCH" nativeScale="10"/>
<DataItem category="SAMPLE" id="ts" name="wave" type="AMPERAGE" units="AMPERE" representation="TIME_SERIES"/>
<DataItem category="CONDITION" id="c1" name="system" type="SYSTEM"/>
<DataItem category="EVENT" id="m1" name="message" type="MESSAGE"/>
<DataItem category="EVENT" id="p1" name="parts" type="PART_COUNT"/>
<DataItem category="EVENT" id="v1" name="vars" type="VARIABLE" representation="DATA_SET"/>
<DataItem category="EVENT" id="t1" name="offsets" type="WORK_OFFSET" representation="TABLE"/>
</DataItems></Device></Devices></MTConnectDevices>""").devices[0]
T = "2024-03-01T10:00:00.1234567Z"
T_NS = 1709287200_123456700


def read(text: str, device: bool = True, now_ns: int = 5) -> list:
    parser = ShdrParser(DEVICE.by_key if device else {})
    return parser.feed(text.encode(), now_ns) + parser.end(now_ns)


def ok(item: str, value, code: str = "", message: str = "", t_ns: int = T_NS) -> Observation:
    quality = Quality.GOOD if value is not None else Quality.UNAVAILABLE
    return Observation(item, t_ns, value, quality, code, message)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("execution|ACTIVE|Sload|45", [ok("e1", "ACTIVE"), ok("s1", 45.0)]),
        ("load|UNAVAILABLE|execution|unavailable", [ok("s1", None), ok("e1", None)]),
        ("load||execution|", [ok("s1", None), ok("e1", "")]),
        ("turn|60", [ok("s2", 1.0)]),
        ("scaled|10", [ok("s4", 25.4)]),
        ("place|1 2 3", [ok("s3", "1 2 3")]),
        ("M:load|7", [ok("s1", 7.0)]),
        ("parts|12:MANUAL", [ok("p1", 12.0)]),
        ("system|WARNING|1105|2|HIGH|hot", [ok("c1", "WARNING", "1105", "hot")]),
        ("system|Fault|9|3|LOW|", [ok("c1", "FAULT", "9", "LOW 3")]),
        ("system|NORMAL||||", [ok("c1", "NORMAL")]),
        ("system|Unavailable||||", [ok("c1", None)]),
        ("system|NORMAL||||| load|3".replace("| ", "|"), [ok("c1", "NORMAL"), ok("s1", 3.0)]),
        ("message|CHG_INSRT|Change inserts", [ok("m1", "Change inserts", "CHG_INSRT", "Change inserts")]),
        (r'execution|"a \| b"|load|1', [ok("e1", "a | b"), ok("s1", 1.0)]),
        (r"execution|C:\dir\|load|1", [ok("e1", "C:\\dir\\"), ok("s1", 1.0)]),
        (
            "wave|3|2|1 2 3",
            [ok("ts", 1.0, t_ns=T_NS - 10**9), ok("ts", 2.0, t_ns=T_NS - 5 * 10**8), ok("ts", 3.0)],
        ),
        ("vars|a=1 b='x y' c", [ok("v1#a", 1.0), ok("v1#b", "x y"), ok("v1#c", None)]),
        ("vars|:RESET a=1", [ok("v1#a", 1.0)]),
        ("offsets|G54={x=1.5 y=2} G55={x=3}", [ok("t1#G54.x", 1.5), ok("t1#G54.y", 2.0), ok("t1#G55.x", 3.0)]),
    ],
)
def test_what_each_kind_of_item_says(line: str, expected: list[Observation]):
    assert read(f"{T}|{line}\r\n") == [
        Observation(
            e.item,
            e.t_ns,
            pytest.approx(e.value) if isinstance(e.value, float) else e.value,
            e.quality,
            e.code,
            e.message,
        )
        for e in expected
    ]


def test_without_a_device_file_keys_are_addresses_and_levels_are_conditions():
    assert read(f"{T}|a|1|b|ON\n{T}|c|Warning|7|||hot\n{T}|d|x\n", device=False) == [
        ok("a", 1.0), ok("b", "ON"), ok("c", "WARNING", "7", "hot"), ok("d", "x"),
    ]  # fmt: skip


def test_times_absolute_relative_with_duration_and_missing():
    assert read(f"{T}@12.5|load|1\n") == [ok("s1", 1.0)]
    assert [said.t_ns for said in read("100|load|1\n1350.5|load|2\n", now_ns=10**15)] == [
        10**15,
        10**15 + 1_250_500_000,
    ]
    assert read("|load|1\n", now_ns=77) == [ok("s1", 1.0, t_ns=77)]
    assert read("2024-03-01T12:30:00.5+02:30|load|1\n")[0].t_ns == iso_ns("2024-03-01T10:00:00.5Z")


def test_assets_commands_and_multi_line_values():
    words = read(
        f"* PONG 10000\n* shdrVersion: 2.0\n{T}|@ASSET@|7|CuttingTool|--multiline--AB\n<a>\n|b|</a>\n--multiline--AB\n"
        f"{T}|@REMOVE_ASSET@|7\n{T}|@REMOVE_ALL_ASSETS@|CuttingTool\n{T}|execution|--multiline--Z\none\ntwo\n--multiline--Z\n"
    )
    assert words == [
        Command("pong", "10000"),
        Command("shdrversion", "2.0"),
        Asset(T_NS, "7", "CuttingTool", "<a>\n|b|</a>"),
        Asset(T_NS, "7", ""),
        Asset(T_NS, "", "CuttingTool"),
        ok("e1", "one\ntwo"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "no time at all|load|1",
        "2024-13-45T99:00:00Z|load|1",
        T,
        f"{T}||",
        f"{T}|load",
        f"{T}|system|PERHAPS|1|2|3|4",
        f"{T}|wave|3|2|1 2",
        f"{T}|vars|a={{",
        f"{T}|@NONSENSE@|1",
        "\x00\xff\xfe",
    ],
)
def test_a_damaged_line_is_told_and_the_next_is_read(line: str):
    words = read(f"{line}\n{T}|load|5\n")
    assert words[-1] == ok("s1", 5.0)
    assert any(isinstance(word, Damage) and word.line == 1 for word in words)


def test_what_is_read_before_the_damage_counts():
    words = read(f"{T}|load|5|execution\n")
    assert words[0] == ok("s1", 5.0)
    assert isinstance(words[1], Damage)


def test_a_number_that_is_none_is_kept_and_doubted():
    assert read(f"{T}|load|4x\n") == [Observation("s1", T_NS, "4x", Quality.UNCERTAIN)]
    assert read(f"{T}|load|nan\n")[0].quality is Quality.UNCERTAIN


def test_an_endless_line_costs_bounded_memory_and_only_itself():
    parser = ShdrParser(DEVICE.by_key, max_line_bytes=1000)
    words = []
    for _ in range(1000):
        words += parser.feed(b"x" * 500, 0)
        assert len(parser._rest) <= 1500
    words += parser.feed(f"\n{T}|load|5\n".encode(), 0)
    assert [type(word) for word in words] == [Damage, Observation]


def test_a_multi_line_value_that_never_ends_is_given_up():
    parser = ShdrParser({}, max_line_bytes=1000)
    words = parser.feed(f"{T}|@ASSET@|7|X|--multiline--AB\n".encode(), 0)
    for _ in range(40):
        words += parser.feed(b"y" * 50 + b"\n", 0)
    assert sum(isinstance(word, Damage) for word in words) >= 1
    assert parser.feed(f"{T}|a|5\n".encode(), 0)[-1] == ok("a", 5.0)


@given(
    st.lists(
        st.sampled_from(
            [
                f"{T}|load|1",
                f"{T}|execution|é|parts|3",
                "* PONG 5",
                "junk",
                f"{T}|system|FAULT|1|||x",
                f"{T}|@ASSET@|1|X|--multiline--A",
                "<x/>",
                "--multiline--A",
            ]
        )
    ),
    st.lists(st.integers(1, 40)),
)
def test_pieces_of_any_size_read_the_same(lines: list[str], cuts: list[int]):
    data = "".join(line + "\r\n" for line in lines).encode()
    whole = ShdrParser(DEVICE.by_key)
    expected = whole.feed(data, 0) + whole.end(0)
    cut, got, at = ShdrParser(DEVICE.by_key), [], 0
    for size in [*cuts, len(data)]:
        got += cut.feed(data[at : at + size], 0)
        at += size
    assert got + cut.end(0) == expected


@given(st.binary(max_size=400))
def test_no_bytes_break_it(data: bytes):
    for items in (DEVICE.by_key, {}):
        parser = ShdrParser(items, max_line_bytes=100)
        for word in parser.feed(data, 0) + parser.end(0):
            assert isinstance(word, Observation | Asset | Command | Damage)


@given(st.integers(0, 2**62))
def test_stamps_keep_every_nanosecond(t_ns: int):
    assert iso_ns(iso_text(t_ns)) == t_ns
    assert unix_ns(t_ns, 1) == t_ns


def test_unix_times_are_told_by_their_size():
    for text in ("1709287200", "1709287200000", "1709287200000000", "1709287200000000000", "2024-03-01 10:00"):
        assert any_ns(text) == 1709287200 * 10**9
    assert any_ns("1709287200.123456789") == 1709287200_123456789
    for text in ("", "soon", "nan", "1e400", "2024-02-30T00:00:00Z", "9999-01-01T00:00:00Z", "1e30"):
        with pytest.raises(InputError):
            any_ns(text)


class Heard:
    def __init__(self) -> None:
        self.all: list[Observation] = []
        self.links: list[LinkStatus] = []

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        self.all.extend(observations)

    def linked(self, source: str, status: LinkStatus) -> None:
        self.links.append(status)


class Adapter:
    """An adapter on a real socket."""

    def __init__(self) -> None:
        self.heard = b""
        self.writers: list[asyncio.StreamWriter] = []
        self.answer = True

    async def start(self) -> int:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while data := await reader.read(1000):
            self.heard += data
            if self.answer and b"PING" in data:
                writer.write(b"* PONG 40\n")
        writer.close()

    async def close(self) -> None:
        for writer in self.writers:
            writer.close()
        self.server.close()


async def until(condition, timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.005)


async def test_an_adapter_is_heard_and_its_missing_heartbeat_is_a_loss():
    adapter, heard = Adapter(), Heard()
    source = ShdrSource("m", "127.0.0.1", await adapter.start(), device=DEVICE, heartbeat=Heartbeat(ping_s=0.05))
    task = asyncio.ensure_future(source.run(heard))
    await until(lambda: adapter.heard.count(b"PING") >= 3)
    adapter.writers[0].write(f"{T}|load|5\n{T}|lo".encode())
    await until(lambda: heard.all == [ok("s1", 5.0)])
    adapter.answer = False
    with pytest.raises(TimeoutError, match="missed its heartbeat"):
        await asyncio.wait_for(task, 5.0)
    # Half a line from before the loss must not meet the first half of what comes after it.
    again = asyncio.ensure_future(source.run(heard))
    await until(lambda: len(adapter.writers) == 2)
    adapter.writers[1].write(f"{T}|load|6\n".encode())
    await until(lambda: heard.all[-1] == ok("s1", 6.0))
    adapter.writers[1].close()
    with pytest.raises(ConnectionError, match="closed the connection"):
        await asyncio.wait_for(again, 5.0)
    await adapter.close()


def test_an_adapter_without_a_heartbeat_is_judged_by_its_silence():
    import socket

    heard = Heard()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        source = ShdrSource("m", "127.0.0.1", listener.getsockname()[1], silence_s=0.1)
        with Supervisor([source], heard, backoff=Backoff(first_s=0.02)) as supervisor:
            wait_until(lambda: supervisor.statuses["m"].state is LinkState.STALE)


async def test_a_file_is_read_to_its_end_and_its_damage_is_told(tmp_path: Path):
    path = tmp_path / "f.txt"
    path.write_bytes(f"{T}|load|1\njunk\n{T}|load|2".encode())
    heard = Heard()
    await ShdrFileSource("f", path, device=DEVICE).run(heard)
    assert heard.all == [ok("s1", 1.0), ok("s1", 2.0)]
    assert heard.links[-1].state is LinkState.ENDED
    assert "2 observations in 3 lines; 1 line not read whole (line 2" in heard.links[-1].message
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    for wrong in (tmp_path / "none", empty):
        with pytest.raises(InputError, match="expected"):
            await ShdrFileSource("f", wrong).run(heard)


async def test_a_paced_file_takes_its_time(tmp_path: Path):
    path = tmp_path / "f.txt"
    path.write_text("".join(f"2024-03-01T10:00:0{n}Z|a|{n}\n" for n in range(7)))
    loop = asyncio.get_running_loop()
    heard, begun = Heard(), loop.time()
    await ShdrFileSource("f", path, speed=20.0).run(heard)
    assert 0.28 < loop.time() - begun < 2.0
    assert [said.value for said in heard.all] == [float(n) for n in range(7)]


async def test_the_real_mills_day_is_read_whole(shared_data: Path):
    folder = shared_data / "plant"
    device = parse_probe((folder / "mill_devices.xml").read_bytes()).device("Mazak03")
    heard = Heard()
    await ShdrFileSource("mill", folder / "mill_day_shdr.txt", device=device).run(heard)
    lines = (folder / "mill_day_shdr.txt").read_text().splitlines()
    assert len(heard.all) == len(lines)
    warned = [(said.code, said.message) for said in heard.all if said.value == "WARNING"]
    assert warned == [("1105", "SAFETY SHIELD CALCULATING"), ("1101", "INTERFERE"), ("406", "MEMORY PROTECT")]
