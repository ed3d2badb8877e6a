"""Clubs into a recording: every sample straight from the hub's thread to the file, the last ones kept for analysis."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.club.imports import with_serial
from twinswing.club.model import ImuSamples
from twinswing.club.wire import samples_from_batches
from twinswing.recording.writer import ImuBatch, RecordingWriter
from twinswing.streams.club_protocol import BatchArrived, BatteryRead, ClubJoined, ClubLeft, Fault, ImpactFelt
from twinswing.streams.club_wire import Batch, Hello
from twinswing.streams.hub import ClockUpdated, HubSettings, HubThread, SinkEvent
from twinswing.timeline.clock import NS_PER_S, ClockMap, to_ns

FloatArray = NDArray[np.float64]
SamplesHook = Callable[[str, FloatArray, FloatArray, FloatArray], None]
EventHook = Callable[[SinkEvent], None]

# Until pings have told more: the delay of a batch on a local network or BLE, which a first arrival cannot show.
_ARRIVAL_SIGMA_S = 0.05
# A swing and the rest before it, twice over; 1 kHz takes 1 MB.
_KEEP_S = 60.0
# A map is stored again when it got better by this factor, or after this long.
_BETTER, _STORE_EVERY_S = 0.5, 30.0


def club_record(name: str) -> str:
    """Return the name of the document about a club: what it said of itself, and its counters."""
    return f"club/{name}"


def clock_record(name: str) -> str:
    """Return the name of the versioned document with a club's clock map."""
    return f"clock/club/{name}"


@dataclass
class _Numbering:
    """Numbers samples from the batches' sequence, so that a hole keeps its room and what fills it later fits in."""

    next_sample: int = 0
    size: int = 0  # of the batches before
    holes: dict[int, int] = field(default_factory=dict)  # sequence of a missing batch: number of its first sample

    def number(self, arrived: BatchArrived) -> int:
        count = len(arrived.batch.t_ns)
        late = self.holes.pop(arrived.batch.sequence, None)
        if late is not None:
            return late
        if arrived.gap is not None:
            size = self.size or count
            for sequence in range(arrived.gap[0], arrived.gap[1] + 1):
                self.holes[sequence] = self.next_sample
                self.next_sample += size
        self.size = max(self.size, count)
        first, self.next_sample = self.next_sample, self.next_sample + count
        return first


@dataclass
class ClubLine:
    """One club since its power-on, as capture knows it.

    name : what its topics are called: the serial, with ":2", ":3" ... for later power-ons, whose clock is another.
    """

    name: str
    hello: Hello
    present: bool = True
    samples: int = 0
    batches: int = 0
    clock: ClockMap | None = None
    pings: int = 0
    battery: float | None = None
    last_arrival_ns: int = 0
    left: str = ""
    numbering: _Numbering = field(default_factory=_Numbering)
    recent: deque[tuple[float, Batch]] = field(default_factory=deque)  # session time of the first sample
    arrival_offset_s: float = float("inf")
    stored: tuple[float, float] = (float("inf"), -float("inf"))  # sigma and session time of the last stored map
    impacts: list[float] = field(default_factory=list)

    @property
    def lost_batches(self) -> int:
        """Batches that have not arrived."""
        return len(self.numbering.holes)

    def best_map(self) -> ClockMap:
        """Return the clock from pings, or before the first ones from the earliest arrival."""
        if self.clock is not None:
            return self.clock
        return ClockMap(self.arrival_offset_s, sigma_s=_ARRIVAL_SIGMA_S, source="arrival of the first batches")


class ClubRecorder:
    """A hub's sink that records; call `statuses` and `samples` from any thread.

    on_samples : if set, told (name, session times (n,), specific force, rate (n, 3)) of each new batch, on the
                 hub's thread: it must be quick.
    """

    def __init__(self, writer: RecordingWriter | None) -> None:
        self._writer = writer
        self.on_samples: SamplesHook | None = None
        self._lines: dict[tuple[str, int], ClubLine] = {}
        self._lock = threading.Lock()
        self.faults: deque[str] = deque(maxlen=50)
        self.joined = threading.Event()

    def __call__(self, event: SinkEvent) -> None:
        """Take one event of the hub; raises what the recording raises (a full disk)."""
        match event:
            case ClubJoined(hello=hello):
                self._join(hello)
            case BatchArrived():
                self._batch(event)
            case ClockUpdated(serial=serial, boot=boot, map=found, pings=pings):
                line = self._lines.get((serial, boot))
                if line is not None:
                    line.clock, line.pings = found, pings
                    self._store_clock(line)
            case BatteryRead(serial=serial, boot=boot, battery=battery):
                self._line(serial, boot).battery = battery.level
            case ImpactFelt(serial=serial, boot=boot, impact=impact):
                self._line(serial, boot).impacts.append(impact.t_ns / NS_PER_S)
            case ClubLeft(serial=serial, boot=boot, reason=reason) if (serial, boot) in self._lines:
                line = self._line(serial, boot)
                line.present, line.left = False, reason
                self._describe(line)
            case Fault(serial=serial, message=message):
                self.faults.append(f"{serial or 'a stranger'}: {message}")

    def lines(self) -> list[ClubLine]:
        """Return all clubs in the order of their coming."""
        with self._lock:
            return list(self._lines.values())

    def close(self) -> None:
        """Store each club's counters and last clock map."""
        for line in self.lines():
            self._store_clock(line, last=True)
            self._describe(line)

    def recent(self, line: ClubLine, first_s: float, last_s: float) -> list[tuple[float, Batch]]:
        """Return the batches between two session times, each with its first sample's."""
        with self._lock:
            return [(t, batch) for t, batch in line.recent if first_s <= t <= last_s]

    def samples(self, first_s: float, last_s: float, prefer: str = "") -> tuple[ImuSamples, ClockMap] | None:
        """Return the samples of the club that turned fastest between two session times, and its clock.

        prefer : the name of the club to take where it has samples then. None where no club has any.
        """
        best: tuple[float, ClubLine, list[Batch]] | None = None
        for line in self.lines():
            batches = [batch for _, batch in self.recent(line, first_s, last_s)]
            if sum(len(batch.t_ns) for batch in batches) < 2:
                continue
            turn = max(float(np.abs(batch.gyro_radps).max()) for batch in batches)
            score = np.inf if line.name == prefer else turn
            if best is None or score > best[0]:
                best = (score, line, batches)
        if best is None:
            return None
        _, line, batches = best
        samples = samples_from_batches(line.hello, batches)
        return with_serial(samples, line.name), line.best_map()

    # ------------------------------------------------------------------------------------------------------ inside
    def _line(self, serial: str, boot: int) -> ClubLine:
        return self._lines[serial, boot]

    def _join(self, hello: Hello) -> None:
        key = (hello.serial, hello.boot)
        with self._lock:
            line = self._lines.get(key)
            if line is None:
                before = sum(1 for serial, _ in self._lines if serial == hello.serial)
                line = ClubLine(hello.serial if not before else f"{hello.serial}:{before + 1}", hello)
                self._lines[key] = line
        line.hello, line.present, line.left = hello, True, ""
        self._describe(line)
        self.joined.set()

    def _batch(self, event: BatchArrived) -> None:
        batch = event.batch
        line = self._line(event.serial, event.boot)
        arrival_s = event.arrival_ns / NS_PER_S
        line.arrival_offset_s = min(line.arrival_offset_s, arrival_s - float(batch.t_ns[-1]) / NS_PER_S)
        times = line.best_map().to_session(batch.t_ns / NS_PER_S)
        if self._writer is not None:
            stored = ImuBatch(
                device_t_ns=batch.t_ns,
                values=batch.counts,
                accel_scale=batch.accel_scale_mps2,
                gyro_scale=batch.gyro_scale_radps,
                sequence=line.numbering.number(event),
                clip_count=batch.clip_count,
                clipped=batch.clipped,
            )
            self._writer.write_imu_batch(line.name, to_ns(float(times[0])), stored)
        with self._lock:
            line.samples += len(batch.t_ns)
            line.batches += 1
            line.last_arrival_ns = event.arrival_ns
            line.recent.append((float(times[0]), batch))
            while line.recent[0][0] < times[0] - _KEEP_S:
                line.recent.popleft()
        if self.on_samples is not None and event.verdict == "new":
            self.on_samples(line.name, times, batch.accel_mps2, batch.gyro_radps)

    def _store_clock(self, line: ClubLine, *, last: bool = False) -> None:
        """Store the map when it is new, clearly better, or old: an hour's capture holds some hundred versions."""
        if self._writer is None or not line.samples:
            return
        found = line.best_map()
        now_s = line.last_arrival_ns / NS_PER_S
        sigma, stored_s = line.stored
        if last or found.sigma_s < _BETTER * sigma or now_s > stored_s + _STORE_EVERY_S:
            line.stored = (found.sigma_s, now_s)
            self._writer.add_metadata(clock_record(line.name), {**asdict(found), "t_s": now_s, "pings": line.pings})

    def _describe(self, line: ClubLine) -> None:
        if self._writer is None:
            return
        hello = asdict(line.hello)
        hello.pop("token")
        document: dict[str, Any] = {
            "hello": hello,
            "samples": line.samples,
            "batches": line.batches,
            "lost_batches": line.lost_batches,
            "battery": line.battery,
            "impacts_device_s": line.impacts,
            "present": line.present,
            "left": line.left,
        }
        self._writer.add_metadata(club_record(line.name), document)


class Intake:
    """A new recording and the hub that fills it: open first, since clubs may wait for it already.

    out : the recording, which must not exist yet; None keeps nothing. hub : None where no clubs are wanted.
    told: given every event of the hub after it was recorded, on the hub's thread.
    """

    def __init__(
        self,
        out: Path | None,
        hub: HubSettings | None,
        clock_ns: Callable[[], int],
        zero_unix_ns: int,
        told: EventHook | None = None,
    ) -> None:
        self.clock_ns = clock_ns
        self._told = told
        self.writer = RecordingWriter(out, zero_unix_ns=zero_unix_ns, live=True) if out is not None else None
        self.clubs = ClubRecorder(self.writer)
        self.hub: HubThread | None = None
        try:
            if hub is not None:
                self.hub = HubThread(hub, self._sink, clock_ns).start()
        except BaseException:
            self.close()
            raise

    def _sink(self, event: SinkEvent) -> None:
        self.clubs(event)
        if self._told is not None:
            self._told(event)

    def hang_up(self) -> None:
        """Say bye to the clubs and take in what is on its way; raises what the recording of samples raised."""
        if self.hub is not None:
            self.hub.stop()

    def close(self, *, empty: bool = True) -> None:
        """End the hub and the recording, which is removed when no club sent anything and `empty` says the same."""
        try:
            self.hang_up()
        finally:
            if self.writer is not None:
                try:
                    self.clubs.close()
                finally:
                    self.writer.close()
                    if empty and not any(line.samples for line in self.clubs.lines()):
                        self.writer.path.unlink(missing_ok=True)
