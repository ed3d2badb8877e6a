"""A plant's history while it is being made: takes what sources say, from any thread, and answers what was known when.

Nothing that arrives is dropped silently: `stats` counts what was put where and why. When more arrives than can be
sorted in, the sources wait (`waited_s` says for how long in all); the queue never grows beyond its limit.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from twinswing.plant.blocks import RowBlocks
from twinswing.plant.history import Changes, Snapshot, Trend
from twinswing.plant.intake import ActiveCode, Intake, TextTable, active_codes
from twinswing.plant.journal import Action, LinkEvent, standing, within
from twinswing.plant.model import Plant
from twinswing.plant.sifting import filled_stale, not_among, revived, still_said, without_twins
from twinswing.plant.tap import Tap
from twinswing.plant.trend import bins_for, raw_trend, trend_of_rows
from twinswing.plant.views import EMPTY_TREND, changes_of, held_number, held_row, snapshot_of
from twinswing.recording.plant_rows import NEVER_NS, NO_ROWS, NO_TEXT, STALE, PlantState, Rows, joined, rows_of
from twinswing.streams.observations import LinkState, LinkStatus, Observation


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """What a live history may hold.

    rows      : rows kept in memory, 37 bytes each: 300 MB, eleven hours of 200 updates a second. Older ones are let
                go, and the span begins later; a recording has them.
    queue     : observations that wait to be sorted in before the sources have to wait.
    drain     : of these, how many are sorted in at a time: a few milliseconds' work.
    pending   : rows that wait for a recorder before the sources have to wait.
    future_s  : how far ahead of the clock a time may be before it is brought back to the clock: more than any two
                machines' clocks differ that are set by the network.
    journal   : links' changes and people's actions kept.
    """

    rows: int = 8_000_000
    queue: int = 200_000
    drain: int = 4_096
    pending: int = 2_000_000
    future_s: float = 60.0
    journal: int = 100_000


DEFAULT_LIMITS = StoreLimits()


@dataclass(frozen=True, slots=True)
class IngestStats:
    """What became of what arrived, counted since the start.

    received  : observations of the sources and rows fed; accepted: rows put into the history, stale marks included.
    repeated  : said before with the same time and value, and not kept twice.
    late      : older than what their item had already; they went into its past.
    future    : further ahead than the limit; they were given the clock's time instead.
    unbound   : belong to no item of the plant. refused: a time before 1970, an unknown level, an infinite number.
    queue_peak: most observations that ever waited; waited_s: how long sources had to wait, all together.
    dropped_rows: let go out of memory, being the oldest (a recording has them).
    """

    received: int = 0
    accepted: int = 0
    repeated: int = 0
    late: int = 0
    future: int = 0
    unbound: int = 0
    refused: int = 0
    queue_peak: int = 0
    waited_s: float = 0.0
    dropped_rows: int = 0


_Entry = tuple[str, tuple[Observation, ...] | LinkStatus]


class LiveHistory:
    """A `History`, a `Journal` and a `Sink`: any thread may call any method.

    plant        : its items, and which source's address feeds them.
    zero_unix_ns : Unix time of session time zero; None: the time of the first thing heard.
    clock        : Unix nanoseconds now, to know times that lie in the future (`time.time_ns` for real machines; None
                   where time does not run with the clock, as in a file or a simulation).

    `at`, `trend` and `changes` answer for the moment when they are called, everything received before it included.
    A STALE or DOWN link turns its items STALE, at once and until they are heard again. What a peer then tells again
    with its old time, the newest it has, takes the mark back from where it was set: the value did hold. Only when the
    link says that something was lost does the mark stay, up to the moment when the link said so.
    """

    def __init__(
        self,
        plant: Plant,
        zero_unix_ns: int | None = None,
        *,
        clock: Callable[[], int] | None = None,
        limits: StoreLimits = DEFAULT_LIMITS,
    ) -> None:
        self.plant = plant
        self.live = True
        self._zero = zero_unix_ns
        self._clock = clock
        self._limits = limits
        self._table = TextTable()
        self.texts = self._table.texts
        self._intake = Intake(plant, self._table)
        self._blocks = RowBlocks(len(plant.items), limits.rows)
        self._detail = np.full(len(plant.items), NO_TEXT, np.int32)
        # Where a stale mark of an item ends when the item is heard again with an old time; NEVER_NS: where it began.
        self._resume_ns = np.full(len(plant.items), NEVER_NS, np.int64)
        self._lock = threading.RLock()
        self._gate = threading.Lock()
        self._queue: deque[_Entry] = deque()
        self._queued = 0
        self._received = 0
        self._peak = 0
        self._waited_ns = 0
        self._repeated = self._late = self._future = 0
        self._actions: deque[Action] = deque(maxlen=limits.journal)
        self._links: deque[LinkEvent] = deque(maxlen=limits.journal)
        self._said_ns: dict[str, int] = {}  # when each source's link was last said to have changed
        self._early: list[tuple[str, LinkStatus]] = []
        self._taps: list[Tap] = []
        self._state: tuple[tuple[int, int], PlantState] | None = None

    # What arrives

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        """Take observations of a source (see `Sink`)."""
        self._put((source, tuple(observations)), len(observations))

    def linked(self, source: str, status: LinkStatus) -> None:
        """Take a change of a source's link (see `Sink`)."""
        self._put((source, status), 1)

    def feed(
        self,
        items: ArrayLike,
        t_ns: ArrayLike,
        numbers: ArrayLike | None = None,
        *,
        texts: ArrayLike | None = None,
        qualities: ArrayLike | None = None,
    ) -> None:
        """Take many values at once, already as the plant's items, in the plant's units: arrays of one length.

        items: numbers in `Plant.items`' order; t_ns: session times (zero is that of this history, which must have been
        given); numbers: float64; texts: codes that `text_code` gave; qualities: `observations.Quality`.
        Conditions are taken as their level's text, without codes. Raises ValueError if the arrays do not fit.
        """
        rows = rows_of(
            np.asarray(items, np.int32),
            np.asarray(t_ns, np.int64),
            None if numbers is None else np.asarray(numbers, np.float64),
            None if texts is None else np.asarray(texts, np.int32),
            None if qualities is None else np.asarray(qualities, np.uint8),
        )
        self._check(rows)
        self._await_taps()
        with self._lock:
            self._received += len(rows)
            if self._zero is None:
                raise ValueError("a history that is fed arrays must know its zero")
            self._drain()
            self._accept(rows)

    def text_code(self, text: str) -> int:
        """Return the code of a text for `feed`, making one if it is new."""
        with self._lock:
            return self._table.code(text)

    def act(self, action: Action) -> None:
        """Take what a person did; raises ValueError or TypeError if its document is not of JSON's types."""
        action.to_json()
        with self._lock:
            self._actions.append(action)
            for tap in self._taps:
                tap.put(action)

    def end(self) -> None:
        """Say that nothing more will come: the history stays and is no longer live."""
        with self._lock:
            self._drain()
            self.live = False

    # What was known

    @property
    def zero_unix_ns(self) -> int:
        """Unix time of session time zero; 0 while nothing has been heard and none was given."""
        with self._lock:
            self._drain()
            return self._zero or 0

    @property
    def zero_is_known(self) -> bool:
        """Whether session time has a beginning yet."""
        with self._lock:
            self._drain()
            return self._zero is not None

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last session time. What was true before zero already (a first look at a machine) starts nothing."""
        with self._lock:
            self._drain()
            if not self._blocks.total:
                return (0, 0)
            end = self._blocks.newest_ns
            start = 0 if end >= 0 and not self._blocks.dropped else self._blocks.reaches_back_ns
            return (min(start, end), end)

    @property
    def stats(self) -> IngestStats:
        """What became of what arrived so far."""
        with self._lock:
            self._drain()
            return IngestStats(
                received=self._received,
                accepted=self._blocks.total,
                repeated=self._repeated + self._intake.repeated,
                late=self._late,
                future=self._future,
                unbound=self._intake.unbound,
                refused=self._intake.refused,
                queue_peak=self._peak,
                waited_s=self._waited_ns / 1e9,
                dropped_rows=self._blocks.dropped,
            )

    def at(self, t_ns: int) -> Snapshot:
        """Return what was known at a moment."""
        with self._lock:
            start, end = self.span_ns
            state = self._state_at(min(max(t_ns, start), end)).copy()
        return snapshot_of(t_ns, state)

    def trend(self, item: int, start_ns: int, end_ns: int, points: int) -> Trend:
        """Return a number's course: raw if at most `points` values, else bins (of whole minutes if that wide)."""
        with self._lock:
            first, last = self.span_ns
            start_ns, end_ns = max(start_ns, first), min(end_ns, last)
            if end_ns < start_ns or not self._blocks.total:
                return EMPTY_TREND
            rows = self._blocks.of(item, start_ns + 1, end_ns)
            if len(rows) < max(points, 2):
                return raw_trend(rows, held_number(self._state_at(start_ns), item), start_ns)
            bins = bins_for(start_ns, end_ns, points)
            rows = self._blocks.of(item, bins.start_ns, bins.end_ns)
            return trend_of_rows(rows, held_number(self._state_at(bins.start_ns - 1), item), bins)

    def changes(self, item: int, start_ns: int, end_ns: int) -> Changes:
        """Return all that was said of an item in a span (both ends count), after what held at its start."""
        with self._lock:
            self._drain()
            held = held_row(self._state_at(start_ns), item)
            return changes_of(held, self._blocks.of(item, start_ns + 1, end_ns))

    def conditions(self, item: int, t_ns: int) -> tuple[ActiveCode, ...]:
        """Return which codes of a condition were active at a moment, each with its level and message."""
        with self._lock:
            self._drain()
            return active_codes(self._blocks.of(item, NEVER_NS, t_ns), self.texts)

    def actions(self, start_ns: int | None = None, end_ns: int | None = None) -> tuple[Action, ...]:
        """Return what people did in a span (see `Journal`)."""
        with self._lock:
            return within(list(self._actions), start_ns, end_ns)

    def links(self, start_ns: int | None = None, end_ns: int | None = None) -> tuple[LinkEvent, ...]:
        """Return the changes of all links in a span (see `Journal`)."""
        with self._lock:
            self._drain()
            return within(list(self._links), start_ns, end_ns)

    def links_at(self, t_ns: int) -> dict[str, LinkEvent]:
        """Return how each source stood at a moment (see `Journal`)."""
        with self._lock:
            self._drain()
            return standing(list(self._links), t_ns)

    # For a recorder

    def tap(self) -> Tap:
        """Open a tap on everything that is accepted from now on, after all that is in memory already."""
        with self._lock:
            self._drain()
            made = Tap(self._limits.pending, self.settle)
            for rows, _, _ in self._blocks.pieces():
                made.put(rows)
            for event in self._links:
                made.put(event)
            for action in self._actions:
                made.put(action)
            self._taps.append(made)
            return made

    def untap(self, tap: Tap) -> None:
        """Forget a tap."""
        with self._lock:
            self._taps = [known for known in self._taps if known is not tap]

    def settle(self) -> None:
        """Sort in all that has been received; returns when it is in the history."""
        with self._lock:
            self._drain()

    # Inside

    def _state_at(self, t_ns: int) -> PlantState:
        """Return the state at a moment, not to be changed; kept, as many items are asked for at one moment."""
        key = (t_ns, self._blocks.total)
        if self._state is None or self._state[0] != key:
            self._state = (key, self._blocks.state_at(t_ns))
        return self._state[1]

    def _put(self, entry: _Entry, count: int) -> None:
        self._await_taps()
        with self._gate:
            self._queue.append(entry)
            self._queued += count
            self._received += count if isinstance(entry[1], tuple) else 0
            self._peak = max(self._peak, self._queued)
            queued = self._queued
        if queued < self._limits.drain:
            return
        if self._lock.acquire(blocking=False):
            try:
                self._drain()
            finally:
                self._lock.release()
        elif queued >= self._limits.queue:
            start = time.perf_counter_ns()
            with self._lock:
                self._waited_ns += time.perf_counter_ns() - start
                self._drain()

    def _await_taps(self) -> None:
        for tap in tuple(self._taps):
            waited = tap.await_room()
            if waited:
                with self._gate:
                    self._waited_ns += waited

    def _drain(self) -> None:
        """Sort in what waits; the lock is held."""
        while self._queue:
            with self._gate:
                source, what = self._queue.popleft()
                self._queued -= 1 if isinstance(what, LinkStatus) else len(what)
            if isinstance(what, LinkStatus):
                self._link(source, what)
            elif what:
                if self._zero is None:
                    self._begin(what[0].t_ns)
                assert self._zero is not None
                self._accept(self._intake.rows(source, what, self._zero))

    def _begin(self, zero_unix_ns: int) -> None:
        self._zero = zero_unix_ns
        for source, status in self._early:
            self._link(source, status)
        self._early.clear()

    def _check(self, rows: Rows) -> None:
        if not len(rows):
            return
        if int(rows.item.min()) < 0 or int(rows.item.max()) >= len(self.plant.items):
            raise ValueError(f"the plant has items 0 to {len(self.plant.items) - 1}; another was fed")
        if int(rows.text.max()) >= len(self.texts) or int(rows.quality.max()) > 3:
            raise ValueError("a text's code or a quality was fed that does not exist")

    def _accept(self, rows: Rows) -> None:
        if not len(rows):
            return
        state = self._blocks.state
        rows = filled_stale(self._not_future(rows), state)
        came = len(rows)
        # A peer that is polled says the same again and again: that needs no search in the past.
        rows = rows.take(~still_said(rows, state, self._detail))
        behind = rows.t_ns <= state.t_ns[rows.item]
        marks = NO_ROWS
        if behind.any():
            marks = revived(rows, behind, state, self._resume_ns)
            rows = not_among(rows, behind, self._blocks.same_moments(rows.take(behind)))
            self._late += int(np.count_nonzero(rows.t_ns < state.t_ns[rows.item]))
        if len(rows) > 1:
            rows = without_twins(rows)
        self._repeated += came - len(rows)
        self._append(joined([rows, marks]) if len(marks) else rows)

    def _append(self, rows: Rows) -> None:
        if len(rows):
            self._blocks.append(rows)
            newest = rows.take(rows.t_ns == self._blocks.state.t_ns[rows.item])
            self._detail[newest.item] = newest.detail
            for tap in self._taps:
                tap.put(rows)

    def _not_future(self, rows: Rows) -> Rows:
        if self._clock is None or self._zero is None:
            return rows
        now = self._clock() - self._zero
        ahead = rows.t_ns > now + round(self._limits.future_s * 1e9)
        if not ahead.any():
            return rows
        self._future += int(np.count_nonzero(ahead))
        return replace(rows, t_ns=np.where(ahead, now, rows.t_ns))

    def _link(self, source: str, status: LinkStatus) -> None:
        if self._zero is None:
            # Of a file from years ago, the first word of its link is no beginning.
            self._early.append((source, status))
            return
        event = LinkEvent.of(source, status, self._zero)
        if not event.items:
            # Its words come in order, but those of a simulation carry the plant's time and ours about it the clock's:
            # by time alone a later word could be overruled by an earlier one.
            event = replace(event, t_ns=max(event.t_ns, self._said_ns.get(source, event.t_ns)))
            self._said_ns[source] = event.t_ns
        self._links.append(event)
        for tap in self._taps:
            tap.put(event)
        bound = self._intake.by_source.get(source, {})
        addresses = bound if not status.items else [a for a in status.items if a in bound]
        items = np.array(sorted({n for a in addresses for n in bound[a]}), np.int32)
        state = self._blocks.state
        if status.lost:
            self._resume_ns[items] = event.t_ns
        if status.state in (LinkState.STALE, LinkState.DOWN) and len(items):
            items = items[(state.quality[items] != STALE) & (state.t_ns[items] > NEVER_NS)]
            if not status.lost:
                self._resume_ns[items] = NEVER_NS
            # A peer's clock may run ahead of ours: the mark comes after what it marks all the same.
            t = np.maximum(state.t_ns[items], event.t_ns)
            quality = np.full(len(items), STALE, np.uint8)
            self._append(rows_of(items, t, state.number[items], state.text[items], quality))


def counts_of(stats: IngestStats) -> Mapping[str, float]:
    """Return the counts that are not zero, for a log or a panel."""
    return {name: value for name in IngestStats.__slots__ if (value := getattr(stats, name))}
