"""A large plant's history at full rate, and a day of one: what is lost, what it costs, how fast a moment is found."""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinswing.plant.model import DataItem, Plant, Role, Unit, UnitKind
from twinswing.plant.recorded import RecordedHistory
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.store import LiveHistory, StoreLimits
from twinswing.recording.plant_index import BATCHES
from twinswing.recording.plant_rows import Rows
from twinswing.recording.reader import RecordingReader
from twinswing.recording.schemas import PlantBatch
from twinswing.streams.observations import ItemKind, LinkState, LinkStatus, Observation

_S = 1_000_000_000
_ZERO = 1_700_000_000 * _S


@dataclass(frozen=True)
class IngestFound:
    """What came of sources at full rate for some time.

    sent, recorded : observations, and values of the recording when it was opened again.
    rate_hz        : observations a second that were really sent.
    cpu_share      : of one core, of the whole process: the sources that make the observations, the sorting in, the
                     recording. sources_share: of that, making the observations.
    growth_mb      : memory at the end beyond that at half time, when the live history was full.
    waited_s       : how long sources had to wait, all together.
    bytes_per_row  : size of the recording.
    """

    sent: int
    recorded: int
    rate_hz: float
    cpu_share: float
    sources_share: float
    growth_mb: float
    waited_s: float
    queue_peak: int
    bytes_per_row: float


@dataclass(frozen=True)
class DayFound:
    """How a day's recording answers; times in milliseconds.

    open_ms : to open it. at_*: to any moment. changes_ms: all of an item for an hour. trend_ms: a day's trend of an
    item. read_all_s: to read all rows instead.
    """

    rows: int
    megabytes: float
    write_s: float
    open_ms: float
    at_median_ms: float
    at_p99_ms: float
    at_worst_ms: float
    trend_ms: float
    changes_ms: float
    read_all_s: float


def large_plant(units: int, items: int, sources: int = 1) -> Plant:
    """Make a plant of equal units, whose items are numbered through and spread over sources "s0", "s1" ..."""
    made = []
    for number in range(units):
        source = f"s{number * sources // units}"
        path = f"hall/unit-{number:04d}"
        held = tuple(
            DataItem(f"{path}/item-{k}", f"item-{k}", ItemKind.SAMPLE, Role.OTHER, "1", source, f"{number}.{k}")
            for k in range(items)
        )
        place = (4.0 * (number % 40), 4.0 * (number // 40), 0.0)
        made.append(Unit(path, path[5:], path[5:], UnitKind.GENERIC, place, 0.0, (2.0, 2.0, 2.0), held))
    return Plant("bench", "Bench", "site", "enterprise", (160.0, 100.0, 8.0), (), tuple(made))


def bench_ingest(seconds: float, units: int = 1000, items: int = 10, rate_hz: float = 2.0) -> IngestFound:
    """Let ten sources on threads of their own tell each item at a rate, record, and count what the recording has."""
    sources = 10
    plant = large_plant(units, items, sources)
    # A third of the run's rows, so that the history is full, and lets go of its oldest, from a third of the run on.
    limits = StoreLimits(rows=round(units * items * rate_hz * seconds / 3))
    history = LiveHistory(plant, _ZERO, limits=limits)
    ticks = round(seconds * rate_hz)
    half = threading.Event()
    sent, busy = [0] * sources, [0.0] * sources

    def tell(number: int) -> None:
        name = f"s{number}"
        addresses = [item.address for item in plant.items if item.source == name]
        parts = np.array_split(np.array(addresses), 5)  # a few deliveries a tick, as sources make them
        history.linked(name, LinkStatus(LinkState.LIVE, "bench", _ZERO))
        start = time.monotonic()
        for tick in range(ticks):
            for k, part in enumerate(parts):
                due = start + (tick + k / len(parts)) / rate_hz
                time.sleep(max(due - time.monotonic(), 0.0))
                began = time.thread_time()
                t = _ZERO + round((tick + k / len(parts)) / rate_hz * _S)
                told = [Observation(a, t, float(tick % 97) + 0.1 * number) for a in part.tolist()]
                busy[number] += time.thread_time() - began
                history.observed(name, told)
                sent[number] += len(told)
            if tick == ticks // 2:
                half.set()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plant.mcap"
        recorder = PlantRecorder(history, path).start()
        wall, cpu = time.monotonic(), time.process_time()
        threads = [threading.Thread(target=tell, args=(n,), name=f"source {n}") for n in range(sources)]
        for thread in threads:
            thread.start()
        half.wait()
        memory = resident_mb()
        for thread in threads:
            thread.join()
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        growth = resident_mb() - memory
        recorder.close()
        stats = history.stats
        with RecordedHistory(path, plant) as kept:
            recorded = kept.rows
        return IngestFound(
            sent=sum(sent),
            recorded=recorded,
            rate_hz=sum(sent) / wall,
            cpu_share=cpu / wall,
            sources_share=sum(busy) / wall,
            growth_mb=growth,
            waited_s=stats.waited_s,
            queue_peak=stats.queue_peak,
            bytes_per_row=path.stat().st_size / max(recorded, 1),
        )


def bench_day(items: int, every_s: float = 2.0, hours: float = 24.0, moments: int = 200) -> DayFound:
    """Record a day, a chunk a second as a live plant does, and ask it for random moments, trends and changes."""
    plant = large_plant(items // 10, 10)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "day.mcap"
        start = time.perf_counter()
        _write_day(plant, path, every_s, hours)
        wrote = time.perf_counter() - start
        start = time.perf_counter()
        kept = RecordedHistory(path, plant)
        opened = time.perf_counter() - start
        with kept:
            end = kept.span_ns[1]
            rng = np.random.default_rng(1)
            at = _times(kept.at, [(int(t),) for t in rng.integers(0, end, moments)])
            chosen = rng.choice(items, min(items, 20), replace=False).tolist()
            trend = _times(kept.trend, [(item, 0, end, 1500) for item in chosen])
            hour = 3600 * _S
            starts = rng.integers(0, end, len(chosen)).tolist()
            changes = _times(kept.changes, [(i, s, s + hour) for i, s in zip(chosen, starts, strict=True)])
            rows = kept.rows
        start = time.perf_counter()
        assert _read_all(path) == rows
        return DayFound(
            rows=rows,
            megabytes=path.stat().st_size / 1e6,
            write_s=wrote,
            open_ms=opened * 1e3,
            at_median_ms=statistics.median(at),
            at_p99_ms=float(np.percentile(at, 99)),
            at_worst_ms=max(at),
            trend_ms=statistics.median(trend),
            changes_ms=statistics.median(changes),
            read_all_s=time.perf_counter() - start,
        )


def _write_day(plant: Plant, path: Path, every_s: float, hours: float) -> None:
    """Feed each item every so often, the items spread over that time, noisy as a sensor is."""
    n = len(plant.items)
    history = LiveHistory(plant, _ZERO, limits=StoreLimits(rows=200_000))
    rng = np.random.default_rng(0)
    per_second = max(round(n / every_s), 1)
    order = rng.permutation(n)
    with PlantRecorder(history, path) as recorder:
        for second in range(round(hours * 3600)):
            at = (second * per_second + np.arange(per_second)) % n
            t = second * _S + np.arange(per_second) * (_S // per_second)
            history.feed(order[at], t, 20.0 + np.sin(second / 3000.0 + at) + rng.normal(0.0, 0.1, per_second))
            recorder.step()


def _read_all(path: Path) -> int:
    with RecordingReader(path) as reader:
        rows = 0
        for message in reader.messages(BATCHES):
            batch = PlantBatch.FromString(message.data)
            rows += len(Rows.unpack(batch.rows, batch.count))
        return rows


def _times(call: object, calls: Sequence[tuple[int, ...]]) -> list[float]:
    out = []
    for arguments in calls:
        start = time.perf_counter()
        call(*arguments)  # type: ignore[operator]
        out.append((time.perf_counter() - start) * 1e3)
    return out


def resident_mb() -> float:
    """Return the process' memory, MB, where the system tells it in /proc; else NaN."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
