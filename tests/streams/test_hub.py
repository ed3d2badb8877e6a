"""The hub with real sockets on loopback."""

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time

import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from twinswing.errors import InputError
from twinswing.streams.club_client import ClubStream, PlayOptions, play
from twinswing.streams.club_protocol import CLOSE_CODES, BatchArrived, ClubJoined, ClubLeft, Fault, ImpactFelt, Limits
from twinswing.streams.club_wire import SUBPROTOCOL, Batch, Hello, Impact, encode_batch, encode_text
from twinswing.streams.hub import ClockUpdated, HubSettings, HubThread, check_settings, is_loopback, parse_listen
from twinswing.streams.hub_bench import bench_hub, synthetic_stream


class Sink:
    """Collects events and lets a test wait for one, without sleeping."""

    def __init__(self) -> None:
        self.events: list = []
        self._news = threading.Condition()

    def __call__(self, event) -> None:
        with self._news:
            self.events.append(event)
            self._news.notify_all()

    def wait_for(self, wanted, timeout: float = 10.0):
        """Return the first event that `wanted` (a type or a test) accepts."""
        accepts = (lambda event: isinstance(event, wanted)) if isinstance(wanted, type) else wanted
        with self._news:
            assert self._news.wait_for(lambda: any(map(accepts, self.events)), timeout), self.events[-5:]
            return next(event for event in self.events if accepts(event))

    def samples(self, serial: str) -> int:
        return sum(len(e.batch.t_ns) for e in self.events if isinstance(e, BatchArrived) and e.serial == serial)


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def hub(sink):
    with HubThread(HubSettings(), sink) as thread:
        yield thread


def url(hub: HubThread) -> str:
    return f"ws://127.0.0.1:{hub.port}"


def stream(serial: str = "TS-1", seconds: float = 0.5, seed: int = 1) -> ClubStream:
    return synthetic_stream(serial, rate_hz=1000.0, seconds=seconds, seed=seed)


def hello(serial: str = "TS-1", **more) -> str:
    return encode_text(Hello(serial, 5, "1", 1000.0, 156.9, 34.9, **more))


# ------------------------------------------------------------------------------------------------------ what works
def test_eight_clubs_at_a_kilohertz_lose_nothing() -> None:
    result = bench_hub(clubs=8, rate_hz=1000.0, seconds=3.0)
    assert result.sent == 8 * 3000
    assert (result.received, result.lost, result.wrong) == (24_000, 0, 0)


def test_impact_and_clock_are_told(hub, sink) -> None:
    base = stream(seconds=1.5)
    played = ClubStream(base.hello, base.t_ns, base.accel_mps2, base.gyro_radps, base.clipped, (Impact(10**9, 120.0),))
    asyncio.run(play(played, url(hub)))
    assert sink.wait_for(ImpactFelt).impact == Impact(10**9, 120.0)
    clock = sink.wait_for(lambda event: isinstance(event, ClockUpdated) and event.pings >= 5)
    # Both ends run on one machine: the club's clock is the session's, shifted.
    assert clock.map.sigma_s < 20e-3  # a busy machine answers late, which widens it
    late = [event.arrival_ns * 1e-9 - clock.map.to_session(event.batch.t_ns[-1] * 1e-9) for event in sink.events
            if isinstance(event, BatchArrived)]  # fmt: skip
    assert -0.002 < np.median(late) < 0.25
    (status,) = hub.statuses()
    assert (status.samples, status.lost_batches, status.present) == (1500, 0, False)
    assert status.clock is not None


def test_broken_connection_resumes_without_loss(hub, sink) -> None:
    report = asyncio.run(play(stream(seconds=1.0), url(hub), PlayOptions(rate=5.0, break_after=20)))
    assert report.connections == 2
    sink.wait_for(lambda event: isinstance(event, ClubLeft) and event.reason == "bye")
    assert sink.samples("TS-1") == 1000
    joined = [event.resumed for event in sink.events if isinstance(event, ClubJoined)]
    assert joined == [False, True]


def test_dropped_batches_are_counted_and_their_places_told(hub, sink) -> None:
    report = asyncio.run(play(stream(seconds=2.0), url(hub), PlayOptions(rate=0, drop=0.2, seed=3)))
    sink.wait_for(ClubLeft)
    assert 10 < report.dropped < 40
    gaps = [event.gap for event in sink.events if isinstance(event, BatchArrived) and event.gap]
    (status,) = hub.statuses()
    inner = sum(last - first + 1 for first, last in gaps)
    assert status.lost_batches == inner
    assert status.batches == report.batches
    assert inner <= report.dropped <= inner + 3  # a drop at the very end leaves no batch after it to show the gap


def test_jitter_delays_but_loses_nothing(hub, sink) -> None:
    asyncio.run(play(stream(seconds=0.5), url(hub), PlayOptions(jitter_ms=5.0)))
    sink.wait_for(ClubLeft)
    assert sink.samples("TS-1") == 500


def test_slow_window_costs_no_sample(sink) -> None:
    with HubThread(HubSettings(), sink, backlog=8) as hub:
        asyncio.run(play(stream(seconds=2.0), url(hub), PlayOptions(rate=0)))
        sink.wait_for(ClubLeft)
        assert sink.samples("TS-1") == 2000
        newest = hub.drain()
    assert len(newest) == 8
    assert hub.skipped > 100
    assert newest == sink.events[-8:]


def test_played_twice_the_second_is_a_replay(hub, sink) -> None:
    for _ in range(2):
        asyncio.run(play(stream(), url(hub), PlayOptions(rate=0)))
    assert sink.samples("TS-1") == 500
    assert hub.statuses()[0].duplicates == 32  # batches of the second time, counted and not handed on


def test_sink_may_ask_for_the_state() -> None:
    """The sink runs on the hub's own thread: asking there must not wait for itself."""
    asked = []
    hub = HubThread(
        HubSettings(), lambda event: asked.append(hub.statuses()) if isinstance(event, ClubJoined) else None
    )
    with hub:
        asyncio.run(play(stream(), url(hub), PlayOptions(rate=0)))
    assert [status.serial for status in asked[0]] == ["TS-1"]


def test_bye_goes_to_every_club_when_the_hub_stops(sink) -> None:
    async def scenario() -> str:
        thread = HubThread(HubSettings(), sink).start()
        async with connect(url(thread), subprotocols=[SUBPROTOCOL]) as club:
            await club.send(hello())
            await club.recv()
            await asyncio.to_thread(thread.stop)
            frames = [frame async for frame in club]
            assert club.close_code == 1001
            return next(frame for frame in frames if isinstance(frame, str))

    assert json.loads(asyncio.run(scenario()))["type"] == "bye"
    assert sink.events[-1] == ClubLeft("TS-1", 5, "hub stopped")


# ----------------------------------------------------------------------------------------------- who may come in
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_beyond_loopback_a_token_is_needed(host: str) -> None:
    with pytest.raises(InputError, match="token"):
        HubThread(HubSettings(host=host), lambda _: None).start()
    assert not is_loopback(host)


def test_with_a_token_it_may_listen_beyond_loopback() -> None:
    assert check_settings(HubSettings(host="0.0.0.0", token="fore")) is None


def test_wrong_token_is_refused_and_right_one_is_not(sink) -> None:
    with HubThread(HubSettings(token="fore"), sink) as hub:
        with pytest.raises(InputError, match="bad-token"):
            asyncio.run(play(stream(), url(hub), PlayOptions(rate=0), token="five"))
        assert sink.samples("TS-1") == 0
        asyncio.run(play(stream(), url(hub), PlayOptions(rate=0), token="fore"))
    assert sink.samples("TS-1") == 500


def test_taken_port_is_one_sentence(hub) -> None:
    with pytest.raises(InputError, match=f"cannot listen on 127.0.0.1:{hub.port}"):
        HubThread(HubSettings(port=hub.port), lambda _: None).start()


def test_nobody_home_is_one_sentence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match="no hub answers"):
        asyncio.run(play(stream(), f"ws://127.0.0.1:{port}", PlayOptions(attempts=1)))


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "127.0.0.1:99", "ws://"])
def test_wrong_address_is_one_sentence(address: str) -> None:
    with pytest.raises(InputError):
        asyncio.run(play(stream(), address, PlayOptions(attempts=1)))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_tls(tmp_path, sink) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    trust = ssl.create_default_context(cafile=str(cert))
    with HubThread(HubSettings(tls_cert=cert, tls_key=key), sink) as hub:
        asyncio.run(play(stream(), f"wss://127.0.0.1:{hub.port}", PlayOptions(rate=0), context=trust))
        with pytest.raises(InputError):
            asyncio.run(play(stream("TS-2"), url(hub), PlayOptions(rate=0, attempts=1)))
    assert sink.samples("TS-1") == 500
    assert sink.samples("TS-2") == 0


def test_unusable_certificate_is_one_sentence(tmp_path) -> None:
    (tmp_path / "cert.pem").write_text("not a certificate")
    with pytest.raises(InputError, match="PEM"):
        HubThread(HubSettings(tls_cert=tmp_path / "cert.pem"), lambda _: None).start()


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:9000", ("127.0.0.1", 9000)), ("localhost", ("localhost", 8765)), (":7000", ("127.0.0.1", 7000)),
     ("[::1]:5", ("::1", 5)), ("::1", ("::1", 8765))],
)  # fmt: skip
def test_listen_address(text: str, expected: tuple[str, int]) -> None:
    assert parse_listen(text) == expected


@pytest.mark.parametrize("text", ["127.0.0.1:x", "host:70000", "host:-1"])
def test_wrong_listen_address(text: str) -> None:
    with pytest.raises(InputError, match="HOST:PORT"):
        parse_listen(text)


# ------------------------------------------------------------------------------------- hostile peers harm nobody else
async def ends_with(hub: HubThread, frames: list[str | bytes]) -> int | None:
    """Send frames after a valid hello and return the close code."""
    async with connect(url(hub), subprotocols=[SUBPROTOCOL], compression=None) as peer:
        try:
            for frame in frames:
                await peer.send(frame)
            while True:
                await asyncio.wait_for(peer.recv(), 5.0)
        except ConnectionClosed:
            return peer.close_code


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["hello?"], CLOSE_CODES["not-protocol"]),
        ([b"\x00\xff"], CLOSE_CODES["bad-frame"]),
        ([hello("HOSTILE"), "x" * 5000], 1009),
        ([hello("HOSTILE"), b"\x01" * 100_000], 1009),
        ([hello("HOSTILE"), b"\x01" * 2000], 1009),
        ([hello("HOSTILE"), b"\x01" * 40], CLOSE_CODES["bad-frame"]),
        ([hello("HOSTILE").replace('"version":1', '"version":2')], CLOSE_CODES["version"]),
        ([hello("HOSTILE"), hello("HOSTILE")], CLOSE_CODES["out-of-order"]),
    ],
)
def test_hostile_peer_is_cut_off_and_another_club_goes_on(hub, sink, frames, code) -> None:
    async def scenario() -> int | None:
        good = asyncio.create_task(play(stream(seconds=0.3), url(hub)))
        ended = await ends_with(hub, frames)
        await good
        return ended

    assert asyncio.run(scenario()) == code
    assert sink.samples("TS-1") == 300


def test_raw_bytes_on_the_port_harm_nobody(hub, sink) -> None:
    for junk in (b"\x00" * 100, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + b"\xff" * 200):
        with socket.create_connection(("127.0.0.1", hub.port), timeout=5) as raw:
            raw.sendall(junk)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass
    asyncio.run(play(stream(), url(hub), PlayOptions(rate=0)))
    assert sink.samples("TS-1") == 500


def test_flood_is_cut_off(sink) -> None:
    with HubThread(HubSettings(limits=Limits(messages_per_s=50.0, burst_messages=100.0)), sink) as hub:
        flood = [hello("HOSTILE")] + ['{"type":"battery","t_ns":1,"level":1}'] * 300
        assert asyncio.run(ends_with(hub, flood)) == CLOSE_CODES["rate-limit"]


def test_silent_socket_is_closed(sink) -> None:
    with HubThread(HubSettings(limits=Limits(hello_timeout_s=0.2)), sink) as hub:
        assert asyncio.run(ends_with(hub, [])) == CLOSE_CODES["hello-timeout"]
    assert [event.code for event in sink.events if isinstance(event, Fault)] == ["hello-timeout"]


def test_club_that_falls_silent_is_stale(sink) -> None:
    with HubThread(HubSettings(limits=Limits(stale_after_s=0.3)), sink) as hub:
        assert asyncio.run(ends_with(hub, [hello()])) == CLOSE_CODES["stale"]
    assert sink.wait_for(ClubLeft).reason == "stale"


def test_strangers_are_kept_at_the_door(sink) -> None:
    async def scenario(hub: HubThread) -> int:
        async with connect(url(hub)), connect(url(hub)):
            with pytest.raises(InvalidStatus) as caught:
                await connect(url(hub))
            return caught.value.response.status_code

    with HubThread(HubSettings(strangers=2), sink) as hub:
        assert asyncio.run(scenario(hub)) == 503


def test_two_sockets_with_one_serial_the_newest_wins(hub, sink) -> None:
    async def scenario() -> int | None:
        async with connect(url(hub)) as old:
            await old.send(hello())
            await old.recv()
            async with connect(url(hub)) as new:
                await new.send(hello())
                assert json.loads(await new.recv())["type"] == "welcome"
                await asyncio.wait_for(old.wait_closed(), 5.0)
                batch = Batch(0, np.array([1, 2, 3]), np.zeros((3, 6), np.int16), 0.005, 0.001)
                await new.send(encode_batch(batch))
                await asyncio.to_thread(sink.wait_for, BatchArrived)
                return old.close_code

    assert asyncio.run(scenario()) == CLOSE_CODES["superseded"]


def test_failing_sink_stops_the_hub_and_is_told() -> None:
    def full_disk(event) -> None:
        if isinstance(event, BatchArrived):
            raise OSError(28, "No space left on device")

    hub = HubThread(HubSettings(), full_disk).start()
    with pytest.raises(InputError):
        asyncio.run(play(stream(), url(hub), PlayOptions(rate=0, attempts=1)))
    with pytest.raises(OSError, match="No space left"):
        hub.stop()


def test_hub_stops_quickly_with_a_dead_peer(sink) -> None:
    hub = HubThread(HubSettings(), sink).start()
    with socket.create_connection(("127.0.0.1", hub.port)) as raw:
        raw.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b"101" in raw.recv(4096)
        started = time.monotonic()
        hub.stop()
        assert time.monotonic() - started < 8.0
