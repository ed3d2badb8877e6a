"""Keeps any number of sources going on one thread of its own: connects, waits, tries again, says what is stale.

Each source is a task of one asyncio loop. What a source raises never reaches another; what the sink raises is a fault
of this program and ends the whole, to be raised by `close()`. Nothing here looks into what a source brings.
"""

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from twinswing.errors import TwinswingError
from twinswing.streams.hub_thread import new_event_loop
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Sink, Source

_LOG = logging.getLogger(__name__)
_LOG.addHandler(logging.NullHandler())

_HUSHED = frozenset({LinkState.STALE, LinkState.DOWN, LinkState.ENDED})


@dataclass(frozen=True)
class Backoff:
    """How long to wait before a lost peer is tried again.

    first_s: half a second bridges a restart of an agent or a broker; most_s: half a minute keeps a plant of a thousand
    dead peers at some thirty attempts a second; factor: doubling. Each wait is drawn from the upper half of its span,
    so that machines that were lost together do not come back together. good_s: a connection that lived this long was
    a good one, and the next loss starts from first_s again.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    factor: float = 2.0
    good_s: float = 10.0

    def wait_s(self, failures: int, draw: float) -> float:
        """Return the wait after the given count of failures in a row (1 or more); draw is in [0, 1)."""
        # The exponent is bounded: a float overflows after a thousand failures.
        span = min(self.most_s, self.first_s * self.factor ** min(failures - 1, 60))
        return span * (0.5 + 0.5 * draw)


class _SinkFailed(Exception):  # noqa: N818  it carries the sink's own error out through a source
    """The sink raised: no source's fault."""


class _Watch:
    """Stands between one source and the sink, and knows when the last word came."""

    def __init__(self, source: Source, sink: Sink, clock_ns: Callable[[], int]) -> None:
        self._name = source.name
        self._sink = sink
        self._clock_ns = clock_ns
        self.status = LinkStatus(LinkState.CONNECTING, f"{source.name}: not tried yet", clock_ns())
        self.word_s = time.monotonic()
        self._live_s: float | None = None  # since when
        self._spell_s = 0.0
        self.observations = 0

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        """Pass observations on; an empty sequence is a heartbeat, a word without news."""
        self.word_s = time.monotonic()
        if self.status.state is not LinkState.LIVE:
            again = "hears again from" if self.status.state is LinkState.STALE else "hears from"
            self.say(LinkState.LIVE, f"{again} its peer")
        if observations:
            self.observations += len(observations)
            try:
                self._sink.observed(source, observations)
            except Exception as error:
                raise _SinkFailed from error

    def linked(self, source: str, status: LinkStatus) -> None:
        """Pass a status on; one that is for some items only says nothing of the whole."""
        if not status.items:
            self.word_s = time.monotonic()
            self._spell()
            self._live_s = (self._live_s or self.word_s) if status.state is LinkState.LIVE else None
            self.status = status
        try:
            self._sink.linked(source, status)
        except Exception as error:
            raise _SinkFailed from error

    def take_spell_s(self) -> float:
        """Return how long it was live at a stretch, at the most, since this was last asked."""
        self._spell()
        spell_s, self._spell_s, self._live_s = self._spell_s, 0.0, None
        return spell_s

    def _spell(self) -> None:
        if self._live_s is not None:
            self._spell_s = max(self._spell_s, time.monotonic() - self._live_s)

    def say(self, state: LinkState, what: str) -> None:
        """Report of the source in our own words."""
        self.linked(self._name, LinkStatus(state, f"{self._name}: {what}", self._clock_ns()))


class Supervisor:
    """Runs sources on a thread of its own.

    The sink is called on that thread only. `clock_ns` is Unix time for the statuses; waiting uses the monotonic clock.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        sink: Sink,
        *,
        backoff: Backoff | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
        seed: int | None = None,
    ) -> None:
        self._sources = tuple(sources)
        names = [source.name for source in self._sources]
        if len(set(names)) != len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"two sources are called {twice!r}")
        self._backoff = backoff or Backoff()
        self._random = random.Random(seed)
        self._watches = {source.name: _Watch(source, sink, clock_ns) for source in self._sources}
        self._kicks: dict[str, asyncio.Event] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._closing = False
        self._started = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="twinswing-sources", daemon=True)

    def start(self) -> "Supervisor":
        """Begin; returns at once, the sink hears how each source fares."""
        self._thread.start()
        self._started.wait()
        return self

    def close(self, timeout_s: float = 5.0) -> None:
        """End all sources; raises what the sink raised, if it did, and TimeoutError where a source does not end."""
        self._closing = True
        if self._thread.is_alive() and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._cancel)
            except RuntimeError:  # the loop ended by itself between the two lines
                _LOG.debug("the sources had ended before they were told to")
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                raise TimeoutError(f"a source did not end within {timeout_s:g} s")
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def __enter__(self) -> "Supervisor":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def statuses(self) -> dict[str, LinkStatus]:
        """The last word about each source; safe from any thread."""
        return {name: watch.status for name, watch in self._watches.items()}

    @property
    def counts(self) -> dict[str, int]:
        """How many observations each source has brought; safe from any thread."""
        return {name: watch.observations for name, watch in self._watches.items()}

    @property
    def running(self) -> bool:
        """Whether any source may still bring something."""
        return self._thread.is_alive()

    @property
    def failure(self) -> BaseException | None:
        """What the sink raised, if it did."""
        return self._failure

    def retry(self, name: str) -> None:
        """Try a lost source now rather than when its wait is over; safe from any thread."""
        kick = self._kicks.get(name)
        if kick is not None and self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(kick.set)

    def _cancel(self) -> None:
        if self._main is not None:
            self._main.cancel()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=new_event_loop) as runner:
                runner.run(self._all())
        except asyncio.CancelledError:
            pass  # told to end
        except BaseException as error:  # noqa: BLE001  carried to close()
            self._failure = error
        finally:
            self._started.set()

    async def _all(self) -> None:
        self._main, self._loop = asyncio.current_task(), asyncio.get_running_loop()
        self._started.set()
        tasks = [asyncio.ensure_future(self._keep(source)) for source in self._sources]
        try:
            await asyncio.gather(*tasks)
        except _SinkFailed as failed:
            raise failed.__cause__ or failed from None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, source: Source) -> None:
        """Keep one source going until its end or ours."""
        watch = self._watches[source.name]
        kick = self._kicks[source.name] = asyncio.Event()
        failures = 0
        while True:
            watch.say(LinkState.CONNECTING, "connects" if not failures else "connects again")
            began_s = time.monotonic()
            lost = await self._once(source, watch)
            if lost is None:
                return
            failures = 1 if watch.take_spell_s() >= self._backoff.good_s else failures + 1
            wait_s = self._backoff.wait_s(failures, self._random.random())
            if lost.unexpected:
                wait_s = max(wait_s, self._backoff.most_s - (time.monotonic() - began_s))
            watch.say(LinkState.DOWN, f"{lost.text}; tries again in {wait_s:.2g} s")
            kick.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await kick.wait()
            except TimeoutError:
                continue

    async def _once(self, source: Source, watch: _Watch) -> "_Lost | None":
        """Run a source once; None when nothing more will come of it."""
        silence = asyncio.ensure_future(_mark_silence(source, watch))
        silence.add_done_callback(self._watch_ended)
        try:
            await source.run(watch)
        except _SinkFailed:
            raise
        except TwinswingError as error:
            watch.say(LinkState.DOWN, str(error))
            return None
        except OSError as error:
            return _Lost(_told(error))
        except asyncio.CancelledError:
            if self._closing or (task := asyncio.current_task()) is None or task.cancelling():
                raise
            return _Lost("gave itself up")  # a library's own cancellation that got out
        except Exception as error:  # noqa: BLE001  logged and told: one source's defect must not take the others along
            _LOG.exception("source %s failed", source.name)
            return _Lost(f"failed unexpectedly ({type(error).__name__}: {error})", unexpected=True)
        finally:
            silence.cancel()
        if watch.status.state is not LinkState.ENDED:
            watch.say(LinkState.ENDED, "is at its end")
        return None

    def _watch_ended(self, watch: "asyncio.Task[None]") -> None:
        """Let no failure of the watch over silence go unseen."""
        if not watch.cancelled() and (error := watch.exception()) is not None:
            self._failure = error.__cause__ if isinstance(error, _SinkFailed) else error
            self._cancel()


@dataclass(frozen=True, slots=True)
class _Lost:
    text: str
    unexpected: bool = False  # a defect: it will most likely show again, so the wait is the longest


async def _mark_silence(source: Source, watch: _Watch) -> None:
    """Say STALE whenever the source was silent for longer than it may be."""
    if source.silence_s <= 0 or source.silence_s == float("inf"):
        return
    while True:
        due_s = watch.word_s + source.silence_s
        if (left_s := due_s - time.monotonic()) > 0:
            await asyncio.sleep(left_s)
            continue
        # When the loop itself was held up, words lie in the sockets unread: read them before judging.
        for _ in range(3):
            await asyncio.sleep(0)
        if watch.word_s + source.silence_s <= time.monotonic() and watch.status.state not in _HUSHED:
            watch.say(LinkState.STALE, f"no word for {source.silence_s:g} s")
        watch.word_s = max(watch.word_s, time.monotonic())


def _told(error: OSError) -> str:
    """Return an OSError as a person reads it."""
    text = str(error).strip() or type(error).__name__
    return f"lost its peer ({text})"
