"""What would happen if: today's plant and a changed one, simulated over and over beside the program that asks.

Both plants meet the same luck (common random numbers), so the difference is known far better than either figure. Each
outcome is a mean over replications with its 95 % confidence interval by Student's t.
"""

import math
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event as ProcessEvent

import numpy as np
from scipy.special import stdtrit

from twinswing.errors import InputError, TwinswingError
from twinswing.plant.model import Plant
from twinswing.plant.whatif_change import Change, changed
from twinswing.plant.whatif_run import Replication, replicate


@dataclass(frozen=True)
class Settings:
    """How a question is answered.

    replications: thirty, from which on the mean of any shift's figure is near enough normal for Student's t.
    duration_s: a shift. warmup_s: a day, thrown away, in which an empty plant fills even near its capacity.
    confidence: of the intervals.
    workers: two, of which each takes one core at low priority. seed: of the first replication; the others follow.
    """

    replications: int = 30
    duration_s: float = 8 * 3600.0
    warmup_s: float = 24 * 3600.0
    confidence: float = 0.95
    workers: int = 2
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with half the width of its confidence interval, over `count` replications; NaN where none gave a value."""

    mean: float
    half: float
    count: int

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.mean + self.half

    @property
    def clear(self) -> bool:
        """Whether zero lies outside the interval: of a difference, that there is one."""
        return bool(self.low > 0.0 or self.high < 0.0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure in both plants, and the paired difference (changed minus today)."""

    name: str
    label: str
    unit: str
    today: Estimate
    changed: Estimate
    difference: Estimate


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The station or crew that most replications name; share: of the replications, 0 to 1.

    occupied, starved, blocked: that station's means, parts of time; others: who else was named, and how often.
    """

    name: str
    share: float
    occupied: Estimate
    starved: float
    blocked: float
    others: dict[str, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer; backlog: pieces in the order book at the end. Few of them: it is the orders that limit the plant."""

    changes: tuple[Change, ...]
    settings: Settings
    figures: tuple[Comparison, ...]
    bottleneck_today: Bottleneck
    bottleneck_changed: Bottleneck
    backlog_today: Estimate
    backlog_changed: Estimate

    def figure(self, name: str) -> Comparison:
        """Return a figure by its name; KeyError where there is none."""
        for figure in self.figures:
            if figure.name == name:
                return figure
        raise KeyError(name)


Figure = tuple[str, str, str, Callable[[Replication], float | None]]
FIGURES: tuple[Figure, ...] = (
    ("throughput", "Good pieces", "1/h", lambda r: r.throughput_per_h),
    ("lead_time", "Lead time", "s", lambda r: r.lead_s),
    ("wip", "Pieces in process", "1", lambda r: r.wip),
    ("energy_per_piece", "Energy a piece", "J", lambda r: r.energy_per_piece_j),
    ("scrap", "Scrapped pieces", "1/h", lambda r: r.scrapped / r.hours),
)


def estimate(values: Sequence[float], confidence: float = 0.95) -> Estimate:
    """Return the mean of values with its two-sided confidence interval by Student's t; infinite for a single value."""
    sample = np.asarray(values, dtype=np.float64)
    count = len(sample)
    if count == 0:
        return Estimate(math.nan, math.nan, 0)
    if count == 1:
        return Estimate(float(sample[0]), math.inf, 1)
    t = float(stdtrit(count - 1, 0.5 + confidence / 2))
    return Estimate(float(sample.mean()), t * float(sample.std(ddof=1)) / math.sqrt(count), count)


def compare(
    today: Sequence[Replication], other: Sequence[Replication], changes: Sequence[Change], settings: Settings
) -> Outcome:
    """Return the answer from replications of both plants, paired by their order."""
    figures = []
    for name, label, unit, value in FIGURES:
        a, b = [value(r) for r in today], [value(r) for r in other]
        pairs = [y - x for x, y in zip(a, b, strict=True) if x is not None and y is not None]
        figures.append(
            Comparison(
                name,
                label,
                unit,
                estimate([x for x in a if x is not None], settings.confidence),
                estimate([y for y in b if y is not None], settings.confidence),
                estimate(pairs, settings.confidence),
            )
        )
    return Outcome(
        tuple(changes),
        settings,
        tuple(figures),
        bottleneck(today, settings.confidence),
        bottleneck(other, settings.confidence),
        estimate([float(r.waiting_orders) for r in today], settings.confidence),
        estimate([float(r.waiting_orders) for r in other], settings.confidence),
    )


def bottleneck(replications: Sequence[Replication], confidence: float = 0.95) -> Bottleneck:
    """Return who limits the plant by the votes of replications, each for what it kept occupied most."""
    votes = Counter(r.bottleneck for r in replications)
    (name, first), *rest = votes.most_common()
    count = len(replications)
    return Bottleneck(
        name,
        first / count,
        estimate([r.occupied.get(name, 0.0) for r in replications], confidence),
        float(np.mean([r.starved.get(name, 0.0) for r in replications])),
        float(np.mean([r.blocked.get(name, 0.0) for r in replications])),
        {other: number / count for other, number in rest},
    )


@dataclass
class WhatIfJob:
    """A question that is being worked on beside the window; `poll()` moves what arrived into the fields, never waits.

    state: "running", "done", "failed" or "cancelled"; `fraction` is 0 to 1; `error` a sentence; `outcome` when done.
    After `start()` poll it now and then (every frame is fine), and `close()` it at the end, whatever its state.
    """

    plant: Plant
    changes: tuple[Change, ...]
    settings: Settings = field(default_factory=Settings)
    fraction: float = 0.0
    state: str = "running"
    error: str = ""
    outcome: Outcome | None = None
    _pool: ProcessPoolExecutor | None = field(default=None, repr=False)
    _cancel: ProcessEvent | None = field(default=None, repr=False)
    _futures: list[Future[Replication | None]] = field(default_factory=list, repr=False)

    def start(self) -> "WhatIfJob":
        """Start the work and return self; a change that cannot be made fails at once, without a process."""
        settings = self.settings
        try:
            plants = _pair(self.plant, self.changes, settings)
        except TwinswingError as error:
            self.state, self.error = "failed", str(error)
            return self
        # spawn: a forked copy of a process with a GL context and threads is undefined.
        context = multiprocessing.get_context("spawn")
        self._cancel = context.Event()
        self._pool = ProcessPoolExecutor(
            settings.workers, mp_context=context, initializer=_prepare, initargs=(plants, self._cancel)
        )
        self._futures = [
            self._pool.submit(_replicate, which, settings.seed + k, settings.duration_s, settings.warmup_s)
            for k in range(settings.replications)
            for which in (0, 1)
        ]
        return self

    def poll(self) -> bool:
        """Take in what is done; return whether anything changed."""
        if self.state != "running":
            return False
        done = sum(future.done() for future in self._futures)
        fraction = done / len(self._futures)
        moved = fraction != self.fraction
        self.fraction = fraction
        failed = next((f for f in self._futures if f.done() and not f.cancelled() and f.exception()), None)
        if failed is not None:
            self._fail(failed.exception())
            return True
        if self._cancel is not None and self._cancel.is_set():
            self.state = "cancelled"
            return True
        if done == len(self._futures):
            results = [future.result() for future in self._futures]
            runs = [result for result in results if result is not None]
            self.outcome = compare(runs[0::2], runs[1::2], self.changes, self.settings)
            self.state = "done"
            if self._pool is not None:
                self._pool.shutdown(wait=False)  # a frame must not wait for processes to end; `close` does
        return moved

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait until something more is done, or the timeout; then poll."""
        wait([future for future in self._futures if not future.done()], timeout_s, FIRST_COMPLETED)

    def cancel(self) -> None:
        """Ask it to stop; the processes end at their next look, within a second or so."""
        if self._cancel is not None:
            self._cancel.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Cancel and wait for the processes to end."""
        if self.state == "running":
            self.cancel()
            self.state = "cancelled"
        self._shut()

    def _shut(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _fail(self, error: BaseException | None) -> None:
        self.state = "failed"
        if isinstance(error, BrokenProcessPool):
            self.error = "A simulation process ended without an answer; try it again."
        else:
            self.error = str(error)
        if self._cancel is not None:
            self._cancel.set()
        self._shut()


def what_if(
    plant: Plant,
    changes: Sequence[Change],
    settings: Settings | None = None,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Outcome | None:
    """Answer a question and wait for it; None where it was cancelled. Raises InputError for what cannot be done."""
    job = WhatIfJob(plant, tuple(changes), settings or Settings()).start()
    try:
        while job.state == "running":
            job.wait(0.25)
            if cancelled is not None and cancelled():
                job.cancel()
            if job.poll() and progress is not None:
                progress(job.fraction)
    finally:
        job.close()
    if job.state == "failed":
        raise InputError(job.error)
    return job.outcome


def _pair(plant: Plant, changes: Sequence[Change], settings: Settings) -> tuple[Plant, Plant]:
    if not plant.routes:
        raise InputError(f"{plant.name} has no routes in its file: there is nothing that could be simulated.")
    if settings.replications < 2:
        raise InputError(f"A confidence interval needs at least two replications; found {settings.replications}.")
    if settings.duration_s <= 0 or settings.warmup_s < 0:
        raise InputError("A replication needs a duration above zero and a warm-up of zero or more.")
    return plant, changed(plant, changes)


_given: "tuple[tuple[Plant, Plant], ProcessEvent] | None" = None


def _prepare(plants: tuple[Plant, Plant], cancel: ProcessEvent) -> None:
    """Begin a worker: the lowest of priorities, so that neither a frame nor a source waits for it."""
    global _given  # noqa: PLW0603  (a worker is handed its plants once, not with each replication)
    _given = (plants, cancel)
    if hasattr(os, "nice"):
        os.nice(10)


def _replicate(which: int, seed: int, duration_s: float, warmup_s: float) -> Replication | None:
    assert _given is not None
    plants, cancel = _given
    return None if cancel.is_set() else replicate(plants[which], seed, duration_s, warmup_s, cancel.is_set)
