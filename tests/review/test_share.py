"""Two and more who review together, over real sockets, with lines that are cut and peers that misbehave."""

import asyncio
import contextlib
import random
import socket as sockets
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from twinswing.errors import InputError
from twinswing.review.checks import to_fields
from twinswing.review.document import ReviewDocument
from twinswing.review.fetch import PIECE_BYTES, RecordingSource, fetch_recording
from twinswing.review.model import Annotation, Span
from twinswing.review.share import ShareServer
from twinswing.review.share_client import ShareClient
from twinswing.review.share_protocol import (
    Allowance,
    Hello,
    Invitations,
    Presence,
    ShareLimits,
    Welcome,
    hello_text,
    parse,
    presence_text,
    read_hello,
    read_presence,
    welcome_text,
)


def note(ident: str, author: str = "Ann", text: str = "stay low") -> Annotation:
    return Annotation(ident, "text", author, Span.moment(0), text=text)


async def until(condition, what: str, timeout_s: float = 15.0) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"{what} did not come true"
        await asyncio.sleep(0.002)


class Line:
    """A TCP line to a server that can be cut and stopped, as a bad network does."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open: list[asyncio.StreamWriter] = []
        self.flows = asyncio.Event()
        self.flows.set()
        self.up = True

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self._server.sockets[0].getsockname()[1]

    async def _carry(self, reader, writer) -> None:
        if not self.up:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._open += [writer, far_writer]
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader, writer) -> None:
        while data := await reader.read(4096):
            await self.flows.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    def cut(self, up: bool = False) -> None:
        self.up = up
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()

    async def stop(self) -> None:
        self.cut()
        self._server.close()
        await self._server.wait_closed()


class Room:
    """A server with its document, and ends that are joined to it."""

    def __init__(self, recording: Path | None = None, **limits) -> None:
        self.document = ReviewDocument()
        self.invitations = Invitations()
        source = None if recording is None else RecordingSource(recording)
        limited = ShareLimits(**limits)
        self.server = ShareServer(self.document, self.invitations, limits=limited, recording=source)
        self._tasks: list[asyncio.Task] = []

    async def __aenter__(self) -> "Room":
        await self.server.start()
        self.url = f"ws://127.0.0.1:{self.server.port}"
        return self

    async def __aexit__(self, *_) -> None:
        for task in self._tasks:
            task.cancel()
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.server.stop()
        assert [e for e in ended if not isinstance(e, asyncio.CancelledError)] == []

    def token(self, role: str = "coach") -> str:
        return self.invitations.invite(role, time.monotonic(), 60.0).token

    async def join(self, name: str, role: str = "coach", url: str = "", **more) -> ShareClient:
        lines: list[bool] = []
        client = ShareClient(
            url or self.url,
            self.token(role),
            name,
            ReviewDocument(),
            retry_s=(0.01, 0.05),
            on_line=lines.append,
            **more,
        )
        client.lines = lines
        self._tasks.append(asyncio.create_task(client.run()))
        await until(lambda: lines == [True], f"{name} joined")
        return client

    async def stranger(self, role: str = "coach", name: str = "Eve"):
        """Return a bare socket that has said hello."""
        socket = await connect(self.url, compression=None, max_queue=1)
        await socket.send(hello_text(Hello(self.token(role), name, ReviewDocument().state())))
        await socket.recv()
        return socket


async def test_what_one_draws_the_other_sees_within_a_tenth_of_a_second() -> None:
    async with Room() as room:
        ann, bob = await room.join("Ann"), await room.join("Bob")
        took = []
        for i in range(60):
            ident, start = f"n{i}", time.perf_counter()
            seen = asyncio.Event()
            stop = bob.document.listen(lambda change, seen=seen: seen.set())
            ann.document.add(note(ident))
            await asyncio.wait_for(seen.wait(), 5.0)
            took.append(time.perf_counter() - start)
            stop()
        assert bob.document.all() == ann.document.all() == room.document.all()
        assert sorted(took)[30] < 0.1


async def test_the_host_draws_too_and_a_late_joiner_gets_everything() -> None:
    async with Room() as room:
        ann = await room.join("Ann")
        for i in range(200):
            room.document.add(note(f"h{i}", "Host", "x" * 400))
        ann.document.add(note("a1"))
        await until(lambda: len(room.document) == 201, "the host has Ann's note")
        late = await room.join("Zoe", "guest")
        assert late.document.all() == room.document.all()
        await until(lambda: ann.document.all() == room.document.all(), "Ann has the host's notes")


async def test_a_late_joiner_gets_even_what_is_more_than_may_wait() -> None:
    async with Room(queue_bytes=2000) as room:
        for i in range(50):
            room.document.add(note(f"h{i}", "Host", "x" * 1000))
        late = await room.join("Zoe")
        assert late.document.all() == room.document.all()


async def test_a_cut_line_goes_on_alone_and_merges_on_return() -> None:
    async with Room() as room:
        line = Line(room.server.port)
        ann = await room.join("Ann", url=f"ws://127.0.0.1:{await line.start()}")
        bob = await room.join("Bob")
        ann.document.add(note("shared"))
        await until(lambda: "shared" in bob.document, "both have it")
        line.cut()
        await until(lambda: ann.lines[-1] is False, "Ann knows that she is alone")
        ann.document.edit("shared", by="Ann", text="Ann's")
        ann.document.add(note("alone"))
        bob.document.edit("shared", by="Bob", colour="#00ff00")
        bob.document.add(note("meanwhile", "Bob"))
        line.up = True
        await until(lambda: ann.document.all() == bob.document.all() == room.document.all(), "all are one again")
        assert {a.ident for a in bob.document.all()} == {"shared", "alone", "meanwhile"}
        assert (bob.document.get("shared").text, bob.document.get("shared").colour) == ("Ann's", "#00ff00")
        await line.stop()


@pytest.mark.parametrize("seed", range(3))
async def test_any_cuts_and_halts_converge(seed) -> None:
    chance = random.Random(seed)
    async with Room() as room:
        lines = [Line(room.server.port) for _ in range(3)]
        ends = [await room.join(f"p{i}", url=f"ws://127.0.0.1:{await line.start()}") for i, line in enumerate(lines)]
        for step in range(120):
            which = chance.randrange(3)
            end, line = ends[which], lines[which]
            here = end.document.all()
            match chance.choice(["add", "edit", "edit", "delete", "undo", "cut", "halt", "flow", "rest"]):
                case "add":
                    end.document.add(note(f"n{step}", end.name))
                case "edit" if here:
                    end.document.edit(chance.choice(here).ident, by=end.name, text=f"{step}")
                case "delete" if here:
                    end.document.delete(chance.choice(here).ident, by=end.name)
                case "undo":
                    end.document.undo(end.name)
                case "cut":
                    line.cut(up=chance.random() < 0.5)
                case "halt":
                    line.flows.clear()
                case "flow":
                    line.flows.set()
                    line.up = True
                case "rest":
                    await asyncio.sleep(chance.random() * 0.02)
        for line in lines:
            line.flows.set()
            line.up = True
        everyone = [end.document for end in ends] + [room.document]
        await until(lambda: len({d.all() for d in everyone}) == 1 and all(e.lines[-1] for e in ends), "all are one")
        for line in lines:
            await line.stop()


@pytest.mark.parametrize("seed", range(3))
async def test_roles_and_presence_hold_through_any_cuts(seed) -> None:
    """Two coaches, a guest and the host: copies converge, a guest's stays a guest's, the last place told is known."""
    chance = random.Random(seed)
    async with Room() as room:
        lines = [Line(room.server.port) for _ in range(3)]
        seen: list[dict[str, Presence]] = [{}, {}, {}]
        ends = []
        for i, (line, role) in enumerate(zip(lines, ("coach", "coach", "guest"), strict=True)):
            url = f"ws://127.0.0.1:{await line.start()}"
            ends.append(await room.join(f"p{i}", role, url, on_presence=seen[i].__setitem__))
        for step in range(100):
            which = chance.randrange(3)
            end, line = ends[which], lines[which]
            mine = [a for a in end.document.all() if a.author == end.name]
            match chance.choice(["add", "edit", "undo", "host", "tell", "tell", "cut", "cut", "halt", "flow", "rest"]):
                case "add":
                    end.document.add(note(f"n{step}-{which}", end.name))
                case "edit" if mine:
                    end.document.edit(chance.choice(mine).ident, by=end.name, text=f"{step}")
                case "undo":
                    end.document.undo(end.name)
                case "host":
                    room.document.add(note(f"h{step}", "Host"))
                case "tell":
                    end.tell(Presence(step + 1))
                case "cut":
                    line.cut(up=chance.random() < 0.7)
                case "halt":
                    line.flows.clear()
                case "flow":
                    line.flows.set()
                    line.up = True
                case "rest":
                    await asyncio.sleep(chance.random() * 0.02)
        for line in lines:
            line.flows.set()
            line.up = True
        await until(lambda: all(e.lines[-1] for e in ends), "all lines are back")
        coaches = [ends[0].document, ends[1].document, room.document]

        def one() -> bool:
            guests = [a for a in ends[2].document.all() if a.author != "p2"]
            return len({d.all() for d in coaches}) == 1 and tuple(guests) == room.document.all()

        await until(one, "all are one")
        assert not any(a.author == "p2" for a in room.document.all())

        def known() -> bool:
            # What is told while a line is cut is forgotten, so it is told again, 20 times a second.
            nonlocal looks
            looks += 1
            if looks % 25 == 1:
                for i, end in enumerate(ends):
                    end.tell(Presence(1000 + i))
            places = [[seen[i].get(f"p{j}", Presence(0)).t_ns for j in range(3)] for i in range(3)]
            return all(places[i][j] == 1000 + j for i in range(3) for j in range(3) if i != j)

        looks = 0
        await until(known, "all know where all are")
        assert {p.name for p in room.server.people} == {"p0", "p1", "p2"}, "they came back under their names"
        for line in lines:
            await line.stop()


async def test_presence_is_seen_thinned_and_not_kept() -> None:
    async with Room() as room:
        seen: list[tuple[str, Presence]] = []
        roster: list = []
        ann = await room.join("Ann")
        await room.join("Zoe", "guest", on_presence=lambda *p: seen.append(p), on_peers=roster.append)
        drawing = {"id": "d1", **to_fields(note("d1"))}
        start = time.monotonic()
        for i in range(100):
            ann.tell(Presence(i, True, (0.0, 1.0, 2.0, 0.0, 0.0, 1.0), (0.5, 0.5), drawing))
            await asyncio.sleep(0.004)
        await until(lambda: len(seen) >= 5, "presence came")
        lasted = time.monotonic() - start
        assert seen[0] == ("Ann", Presence(0, True, (0.0, 1.0, 2.0, 0.0, 0.0, 1.0), (0.5, 0.5), drawing))
        assert len(seen) <= lasted * 20.0 / 0.9 + 1
        assert {(person.name, person.role) for person in roster[-1]} == {("Ann", "coach"), ("Zoe", "guest")}
        assert len(room.document) == 0


async def refused(socket) -> int:
    """Read until the server closes, and return why."""
    try:
        async with asyncio.timeout(10.0):
            while True:
                await socket.recv()
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else 1006


async def test_who_breaks_a_rule_goes_alone() -> None:
    other = ReviewDocument()
    other.add(note("evil"))
    async with Room(frames_per_s=50.0, burst_s=1.0) as room:
        ann, bob = await room.join("Ann"), await room.join("Bob")
        for role, frame in (
            ("guest", other.update()),
            ("coach", b"\xff" * 50),
            ("coach", b""),
            ("coach", "not JSON"),
            ("coach", "[" * 60_000),
            ("coach", '{"type":"launch"}'),
            ("coach", '{"type":"presence","t_ns":NaN}'),
            ("coach", '{"type":"presence","t_ns":1,"camera":[1e999,0,0,0,0,0]}'),
            ("coach", '{"type":"presence","t_ns":1,"drawing":{"id":"../x"}}'),
            ("coach", "x" * 70_000),
        ):
            eve = await room.stranger(role)
            await eve.send(frame)
            assert await refused(eve) == 1008, (role, frame[:40])
        eve = await room.stranger()
        with contextlib.suppress(ConnectionClosed):
            for _ in range(500):
                await eve.send(presence_text(Presence(0)))
        assert await refused(eve) == 1008, "a flood"
        ann.document.add(note("n1"))
        await until(lambda: "n1" in bob.document, "the others go on")
        assert {a.ident for a in room.document.all()} == {"n1"}
        assert (ann.lines, bob.lines) == ([True], [True])


async def test_a_peer_that_does_not_read_makes_nobody_wait() -> None:
    async with Room(queue_bytes=200_000) as room:
        ann, bob = await room.join("Ann"), await room.join("Bob")
        lazy = await room.stranger("guest", "Lazy")
        lazy.transport.pause_reading()
        for i in range(150):
            ann.document.add(note(f"n{i}", text="z" * 7900))
            await asyncio.sleep(0)
        for i in range(150, 1000):
            if "Lazy" not in dict(room.server.peers):
                break
            ann.document.add(note(f"n{i}", text="z" * 7900))
            await asyncio.sleep(0.002)
        await until(lambda: "Lazy" not in dict(room.server.peers), "the lazy one was sent away")
        await until(lambda: len(bob.document) == len(ann.document), "Bob has all")
        assert bob.lines == [True]
        lazy.transport.abort()


async def test_only_who_was_invited_comes_in_and_only_while_it_lasts() -> None:
    clock = [100.0]
    invitations = Invitations()
    server = ShareServer(ReviewDocument(), invitations, clock_s=lambda: clock[0], limits=ShareLimits(hello_s=0.2))
    await server.start()
    url = f"ws://127.0.0.1:{server.port}"
    good = invitations.invite("coach", 100.0, 10.0)
    clock[0] = 111.0
    for token in (good.token, "guess", ""):
        with pytest.raises(InputError, match="not known, or is over"):
            await asyncio.wait_for(ShareClient(url, token, "Eve", ReviewDocument()).run(), 5.0)
    async with connect(url) as silent:
        assert await refused(silent) == 1008
    async with connect(url) as large:
        await large.send(b"x" * 100_000)
        assert await refused(large) == 1009
    for token in ("", good.token):
        assert token == "" or token not in repr(vars(invitations)), "no token is kept"
    await server.stop()


async def test_no_more_than_the_limit_and_no_open_network_without_tls() -> None:
    with pytest.raises(InputError, match="TLS"):
        ShareServer(ReviewDocument(), Invitations(), host="0.0.0.0")
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InputError, match="cannot listen"):
            await ShareServer(ReviewDocument(), Invitations(), port=taken.getsockname()[1]).start()
    async with Room(peers=1) as room:
        await room.join("Ann")
        async with connect(room.url) as second:
            assert await refused(second) == 1013


async def test_who_comes_back_to_a_full_session_asks_ever_more_seldom() -> None:
    asked = 0

    async def serve_one(socket) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            await socket.recv()
            await socket.send(welcome_text(Welcome("coach", "Ann", ReviewDocument().state())))
            socket.transport.abort()
        else:
            await socket.close(1013, "too many are here")

    async with serve(serve_one, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        client = ShareClient(f"ws://127.0.0.1:{port}", "t", "Ann", ReviewDocument(), retry_s=(0.02, 5.0))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.run(), 1.0)
    assert 2 < asked < 9  # with waits that double there is time for 6; without, for dozens


@pytest.mark.parametrize("turns", range(12))
async def test_an_end_that_is_told_to_go_as_its_line_is_cut_goes(turns) -> None:
    async with Room() as room:
        line = Line(room.server.port)
        client = ShareClient(
            f"ws://127.0.0.1:{await line.start()}", room.token(), "Ann", ReviewDocument(), retry_s=(0.01, 0.05)
        )
        lines: list[bool] = []
        client.on_line = lines.append
        joined = asyncio.create_task(client.run())
        await until(lambda: lines == [True], "joined")
        line.cut()
        await until(lambda: lines == [True, False] or client._outbox is None, "the cut") if turns % 2 else None
        for _ in range(turns // 2):
            await asyncio.sleep(0)
        joined.cancel()
        done, _ = await asyncio.wait([joined], timeout=5.0)
        assert done
        await line.stop()


HOST = """
import asyncio, sys, time
from twinswing.review.document import ReviewDocument
from twinswing.review.model import Annotation, Span
from twinswing.review.share import ShareServer
from twinswing.review.share_protocol import Invitations

async def main():
    document, invitations = ReviewDocument(), Invitations()
    document.add(Annotation("host", "text", "Host", Span.moment(0), text="from the other process"))
    document.listen(lambda change: print("heard", *change.added, *change.edited, *change.removed, flush=True))
    server = ShareServer(document, invitations)
    await server.start()
    print(server.port, invitations.invite("coach", time.monotonic(), 60.0).token, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    document.edit("host", by="Host", text="answered")
    await asyncio.to_thread(sys.stdin.readline)
    await server.stop()

asyncio.run(main())
"""


async def test_two_processes_review_together() -> None:
    pipe = asyncio.subprocess.PIPE
    host = await asyncio.create_subprocess_exec(sys.executable, "-c", HOST, stdin=pipe, stdout=pipe)
    port, token = (await host.stdout.readline()).decode().split()
    mine = ReviewDocument()
    mine.add(note("before"))
    client = ShareClient(f"ws://127.0.0.1:{port}", token, "Ann", mine)
    joined = asyncio.create_task(client.run())
    await until(lambda: "host" in mine, "the host's note came")
    assert await host.stdout.readline() == b"heard before\n"
    mine.add(note("after"))
    assert await host.stdout.readline() == b"heard after\n"
    host.stdin.write(b"\n")
    await until(lambda: mine.get("host").text == "answered", "the host's change came")
    host.kill()
    await host.wait()
    mine.add(note("alone"))
    assert len(mine) == 4, "it goes on when the other process is gone"
    assert not joined.done()
    joined.cancel()
    await asyncio.gather(joined, return_exceptions=True)


@pytest.fixture
def heavy(tmp_path) -> Path:
    path = tmp_path / "heavy.mcap"
    path.write_bytes(np.random.default_rng(0).bytes(5 * PIECE_BYTES + 17))
    return path


async def test_the_recording_comes_whole_over_a_line_that_is_cut(heavy, tmp_path) -> None:
    async with Room(heavy) as room:
        line = Line(room.server.port)
        url = f"ws://127.0.0.1:{await line.start()}"
        told: list[tuple[int, int]] = []

        def progress(done: int, size: int) -> None:
            told.append((done, size))
            if len(told) in (2, 4):
                line.cut(up=True)

        out = await fetch_recording(
            url, room.token("guest"), "Zoe", tmp_path / "out.mcap", on_progress=progress, retry_s=0.01
        )
        assert out.read_bytes() == heavy.read_bytes()
        assert [done for done, _ in told] == [PIECE_BYTES * i for i in range(1, 6)] + [heavy.stat().st_size]
        assert not (tmp_path / "out.mcap.part").exists()
        await line.stop()


async def test_a_recording_that_is_not_what_was_promised_is_not_kept(heavy, tmp_path) -> None:
    out = tmp_path / "out.mcap"
    async with Room(heavy) as room:
        (tmp_path / "out.mcap.part").write_bytes(b"what somebody left here")
        with pytest.raises(InputError, match="SHA-256"):
            await fetch_recording(room.url, room.token(), "Bob", out)
        assert not out.exists()
        assert (await fetch_recording(room.url, room.token(), "Bob", out)).read_bytes() == heavy.read_bytes()
        for token, reason in (("guess", "not known"), (room.token(), "changed while")):

            def change(done: int, _: int) -> None:
                if done == PIECE_BYTES:
                    heavy.write_bytes(b"another")

            with pytest.raises(InputError, match=reason):
                await fetch_recording(room.url, token, "Eve", tmp_path / "again.mcap", on_progress=change)


async def test_ranges_that_are_not_there_and_sessions_without_a_recording(heavy, tmp_path) -> None:
    async with Room(heavy) as room:
        for start in ("-1", "1e3", "true", str(10**12), '"0"'):
            async with connect(room.url + "/recording") as socket:
                await socket.send(hello_text(Hello(room.token(), "Eve", b"\x00")))
                await socket.recv()
                await socket.send(f'{{"type":"range","start":{start}}}')
                assert await refused(socket) == 1008
    async with Room() as room:
        with pytest.raises(InputError, match="no recording"):
            await fetch_recording(room.url, room.token(), "Bob", tmp_path / "out.mcap")


def test_hellos_and_presences_are_read_strictly() -> None:
    hello = Hello("t", "Ann", b"\x00")
    assert read_hello(parse(hello_text(hello))) == hello
    for bad in ("", " ", "a\nb", "x" * 61, "\u202e"):
        with pytest.raises(InputError):
            read_hello(parse(hello_text(Hello("t", bad, b""))))
    with pytest.raises(InputError):
        read_presence({"t_ns": 1, "camera": [1, 2]})
    with pytest.raises(InputError):
        Invitations().invite("king", 0.0, 10.0)
    allowance = Allowance(ShareLimits(frames_per_s=10.0, burst_s=1.0), 0.0)
    assert [allowance.takes(1, 0.0) for _ in range(11)] == [True] * 10 + [False]
    assert allowance.takes(1, 1.0)
