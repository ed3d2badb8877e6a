"""Sources that fail in every way there is: over real sockets, and by fault injection."""

import asyncio
import socket
import threading
from collections.abc import Sequence

import pytest

from tests.conftest import wait_until
from twinswing.errors import InputError
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Sink
from twinswing.streams.supervisor import Backoff, Supervisor

QUICK = Backoff(first_s=0.02, most_s=0.2, good_s=5.0)


class Heard:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.values: dict[str, list[float | str | None]] = {}
        self.links: dict[str, list[LinkStatus]] = {}
        self.threads: set[str] = set()

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        self.threads.add(threading.current_thread().name)
        self.values.setdefault(source, []).extend(observation.value for observation in observations)

    def linked(self, source: str, status: LinkStatus) -> None:
        self.links.setdefault(source, []).append(status)

    def states(self, source: str) -> list[LinkState]:
        return [status.state for status in self.links.get(source, [])]


class Lines:
    """A source that reads numbers, a line each, from a TCP port."""

    def __init__(self, name: str, port: int, silence_s: float = 30.0) -> None:
        self.name = name
        self.port = port
        self.silence_s = silence_s

    async def run(self, sink: Sink) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            while line := await reader.readline():
                sink.observed(self.name, [Observation("n", 0, float(line))])
            raise ConnectionError("closed by the peer")
        finally:
            writer.close()


class Script:
    """A source that does what a function says."""

    def __init__(self, name, play, silence_s: float = 30.0) -> None:
        self.name = name
        self.play = play
        self.silence_s = silence_s
        self.runs = 0

    async def run(self, sink: Sink) -> None:
        self.runs += 1
        await self.play(self, sink)


class Peer:
    """A TCP server on loopback that a test opens, feeds and cuts."""

    def __init__(self, port: int = 0) -> None:
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.connection: socket.socket | None = None

    def accept(self) -> None:
        self.listener.settimeout(10.0)
        self.connection, _ = self.listener.accept()

    def send(self, text: str) -> None:
        assert self.connection is not None
        self.connection.sendall(text.encode())

    def cut(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.listener.close()


def test_a_lost_peer_is_marked_down_and_found_again_when_it_is_back():
    heard, peer = Heard(), Peer()
    with Supervisor([Lines("a", peer.port)], heard, backoff=QUICK) as supervisor:
        peer.accept()
        peer.send("1\n2\n")
        wait_until(lambda: heard.values.get("a") == [1.0, 2.0])
        assert supervisor.statuses["a"].state is LinkState.LIVE
        peer.cut()
        wait_until(lambda: heard.states("a").count(LinkState.DOWN) >= 3, what="three attempts")
        assert "tries again in" in heard.links["a"][-1].message or heard.states("a")[-1] is LinkState.CONNECTING
        again = Peer(peer.port)
        again.accept()
        again.send("3\n")
        wait_until(lambda: heard.values["a"] == [1.0, 2.0, 3.0])
        assert heard.states("a")[-2:] == [LinkState.CONNECTING, LinkState.LIVE]
        again.cut()
    assert heard.threads == {"twinswing-sources"}
    assert not supervisor.running


def test_silence_is_stale_and_the_next_word_is_live():
    heard, peer = Heard(), Peer()
    with Supervisor([Lines("a", peer.port, silence_s=0.15)], heard, backoff=QUICK):
        peer.accept()
        peer.send("1\n")
        wait_until(lambda: LinkState.STALE in heard.states("a"))
        peer.send("2\n")
        wait_until(lambda: heard.values["a"] == [1.0, 2.0])
        assert heard.states("a")[:4] == [LinkState.CONNECTING, LinkState.LIVE, LinkState.STALE, LinkState.LIVE]
        assert "no word for 0.15 s" in heard.links["a"][2].message
        peer.cut()


def test_a_word_within_the_silence_keeps_a_source_live_even_without_news():
    async def beat(source: Script, sink: Sink) -> None:
        for _ in range(50):
            sink.observed(source.name, [])
            await asyncio.sleep(0.03)

    heard = Heard()
    with Supervisor([Script("a", beat, silence_s=1.0)], heard) as supervisor:
        wait_until(lambda: not supervisor.running)
    assert heard.states("a") == [LinkState.CONNECTING, LinkState.LIVE, LinkState.ENDED]


def test_a_slow_a_broken_and_a_misconfigured_source_leave_the_others_alone(caplog):
    others_are_done = threading.Event()

    async def busy(source: Script, sink: Sink) -> None:
        await asyncio.to_thread(others_are_done.wait, 10.0)
        sink.observed(source.name, [Observation("x", 0, "late")])

    async def broken(source: Script, sink: Sink) -> None:
        raise KeyError("surprise")

    async def wrong(source: Script, sink: Sink) -> None:
        raise InputError("source 'wrong' expects a url, found ''")

    async def quick(source: Script, sink: Sink) -> None:
        for n in range(50):
            sink.observed(source.name, [Observation("x", 0, float(n))])
            await asyncio.sleep(0.002)

    heard = Heard()
    sources = [Script("busy", busy), Script("broken", broken), Script("wrong", wrong), Script("quick", quick)]
    with Supervisor(sources, heard, backoff=Backoff(first_s=0.02, most_s=5.0)) as supervisor:
        wait_until(lambda: LinkState.ENDED in heard.states("quick"))
        assert "busy" not in heard.values  # quick was done before busy was
        assert heard.values["quick"] == [float(n) for n in range(50)]
        others_are_done.set()
        wait_until(lambda: LinkState.ENDED in heard.states("busy"))
        assert supervisor.statuses["broken"].state is LinkState.DOWN
        assert "KeyError: 'surprise'" in supervisor.statuses["broken"].message
        assert supervisor.statuses["wrong"].message == "wrong: source 'wrong' expects a url, found ''"
        assert sources[2].runs == 1
        supervisor.retry("broken")
        wait_until(lambda: sources[1].runs == 2, what="a retry when asked")
    assert "source broken failed" in caplog.text


def test_waits_double_up_to_the_most_and_vary():
    backoff = Backoff()
    longest = [backoff.wait_s(n, 1.0) for n in range(1, 12)]
    assert longest == [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30]
    assert backoff.wait_s(1, 0.0) == 0.25
    assert backoff.wait_s(10_000, 0.5) == 22.5


def test_a_good_spell_forgets_earlier_failures():
    async def flaps(source: Script, sink: Sink) -> None:
        if source.runs == 5:
            sink.observed(source.name, [])
            await asyncio.sleep(0.1)
        raise ConnectionResetError("gone")

    heard, source = Heard(), None
    source = Script("a", flaps)
    with Supervisor([source], heard, backoff=Backoff(first_s=0.01, most_s=60.0, factor=2.0, good_s=0.05), seed=1):
        wait_until(lambda: source.runs >= 6)
    told = [s.message for s in heard.links["a"] if s.state is LinkState.DOWN]
    waits = [float(message.split("again in ")[1].split(" ")[0]) for message in told]
    assert waits[3] > 0.035
    assert waits[4] <= 0.01


def test_what_the_sink_raises_ends_all_and_comes_out_of_close():
    class Full(Heard):
        def observed(self, source: str, observations: Sequence[Observation]) -> None:
            raise MemoryError("disk full")

    async def one(source: Script, sink: Sink) -> None:
        sink.observed(source.name, [Observation("x", 0, 1.0)])

    supervisor = Supervisor([Script("a", one)], Full()).start()
    wait_until(lambda: not supervisor.running)
    assert isinstance(supervisor.failure, MemoryError)
    with pytest.raises(MemoryError, match="disk full"):
        supervisor.close()


def test_close_says_when_a_source_does_not_end():
    release = threading.Event()

    async def deaf(source: Script, sink: Sink) -> None:
        release.wait(10.0)  # blocks the loop itself

    supervisor = Supervisor([Script("a", deaf)], Heard()).start()
    with pytest.raises(TimeoutError, match="did not end within"):
        supervisor.close(timeout_s=0.1)
    release.set()
    wait_until(lambda: not supervisor.running)
    supervisor.close()


def test_a_status_of_some_items_says_nothing_of_the_whole():
    async def device_dies(source: Script, sink: Sink) -> None:
        sink.observed(source.name, [Observation("x", 0, 1.0)])
        sink.linked(source.name, LinkStatus(LinkState.STALE, "device d is dead", 1, items=("d#x",)))
        await asyncio.sleep(10)

    heard = Heard()
    with Supervisor([Script("a", device_dies)], heard) as supervisor:
        wait_until(lambda: LinkState.STALE in heard.states("a"))
        assert supervisor.statuses["a"].state is LinkState.LIVE


def test_two_sources_of_one_name_are_refused():
    async def none(source: Script, sink: Sink) -> None: ...

    with pytest.raises(ValueError, match="two sources are called 'a'"):
        Supervisor([Script("a", none), Script("a", none)], Heard())
