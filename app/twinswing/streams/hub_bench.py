"""How many samples a hub loses: clubs over real sockets, for `make bench` and, shorter, for the tests."""

import asyncio
import time
from dataclasses import dataclass

import numpy as np

from twinswing.streams.club_client import ClubStream, PlayOptions, PlayReport, play
from twinswing.streams.club_wire import Hello
from twinswing.streams.hub import BatchArrived, HubSettings, HubThread, SinkEvent


@dataclass(frozen=True)
class HubBench:
    """What came of a run.

    sent, received, lost : samples. wrong : samples whose content or order was not what was sent.
    delay_p50_ms, delay_p99_ms : from a batch's last sample to its arrival in the sink.
    cpu_share : processor seconds a second, clubs and hub together.
    """

    clubs: int
    rate_hz: float
    seconds: float
    sent: int
    received: int
    lost: int
    wrong: int
    delay_p50_ms: float
    delay_p99_ms: float
    cpu_share: float


def synthetic_stream(serial: str, *, rate_hz: float, seconds: float, seed: int) -> ClubStream:
    """Return a club's samples whose counts tell their place: a counter in one axis, noise in the others."""
    count = round(rate_hz * seconds)
    rng = np.random.default_rng(seed)
    accel, gyro = rng.normal(0.0, 30.0, (count, 3)), rng.normal(0.0, 8.0, (count, 3))
    hello = Hello(serial, seed, "bench", rate_hz, 156.9, 34.9)
    accel[:, 0] = (np.arange(count) % 30_000) * float(np.float32(156.9 / 32767))
    t_ns = np.rint(np.arange(count) * (1e9 / rate_hz)).astype(np.int64)
    accel, gyro = np.clip(accel, -156.0, 156.0), np.clip(gyro, -34.0, 34.0)
    return ClubStream(hello, t_ns, accel, gyro, np.zeros(count, dtype=np.bool_))


def bench_hub(*, clubs: int = 8, rate_hz: float = 1000.0, seconds: float = 60.0) -> HubBench:
    """Stream `clubs` clubs at `rate_hz` in real time for `seconds` and compare what arrived with what was sent."""
    streams = [
        synthetic_stream(f"bench-{index}", rate_hz=rate_hz, seconds=seconds, seed=index) for index in range(clubs)
    ]
    arrived: dict[str, list[tuple[int, BatchArrived]]] = {stream.hello.serial: [] for stream in streams}

    def sink(event: SinkEvent) -> None:
        if isinstance(event, BatchArrived):
            arrived[event.serial].append((time.monotonic_ns(), event))

    started, cpu = time.monotonic_ns(), time.process_time()
    with HubThread(HubSettings(), sink) as hub:
        reports = asyncio.run(_play_all(streams, f"ws://127.0.0.1:{hub.port}"))
    elapsed = (time.monotonic_ns() - started) * 1e-9
    used = time.process_time() - cpu
    received = wrong = 0
    delays = []
    for stream in streams:
        came = arrived[stream.hello.serial]
        received += sum(len(event.batch.t_ns) for _, event in came)
        wrong += _wrong(stream, [event for _, event in came])
        late = np.array([at - int(event.batch.t_ns[-1]) for at, event in came])
        delays.append(late - late.min())  # the clubs' clocks start at unknown times: the quickest batch is the zero
    delay = np.concatenate(delays) * 1e-6
    sent = sum(report.samples for report in reports)
    return HubBench(
        clubs,
        rate_hz,
        elapsed,
        sent,
        received,
        sent - received,
        wrong,
        float(np.median(delay)),
        float(np.quantile(delay, 0.99)),
        used / elapsed,
    )


async def _play_all(streams: list[ClubStream], url: str) -> list[PlayReport]:
    return list(await asyncio.gather(*(play(stream, url, PlayOptions()) for stream in streams)))


def _wrong(stream: ClubStream, events: list[BatchArrived]) -> int:
    """Count the samples that differ from what this club sent, place by place."""
    wrong = 0
    expected = {batch.sequence: batch for batch in stream.batches()}
    for event in events:
        want = expected.pop(event.batch.sequence, None)
        same = want is not None and np.array_equal(want.counts, event.batch.counts)
        same = same and want is not None and np.array_equal(want.t_ns, event.batch.t_ns)
        wrong += 0 if same else len(event.batch.t_ns)
    return wrong
