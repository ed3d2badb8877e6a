"""A hub on a thread of its own, on the fastest event loop there is."""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from twinswing.streams.hub_server import Hub
from twinswing.streams.hub_settings import (
    ClubStatus,
    HubSettings,
    Sink,
    SinkEvent,
)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return a uvloop loop where there is one, else asyncio's own."""
    try:
        import uvloop  # noqa: PLC0415  absent on Windows
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def run_async(main: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine to its end on the fastest loop there is."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)


class HubThread:
    """A hub on a thread of its own, for a window or a capture.

    `sink` (called on the hub's thread) gets everything; `drain()` gives a consumer that may be slow the newest events,
    at most `backlog` of them, and counts in `skipped` what it was too slow for.
    """

    def __init__(
        self,
        settings: HubSettings,
        sink: Sink,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        backlog: int = 4096,
    ) -> None:
        self._settings = settings
        self._user_sink = sink
        self._clock_ns = clock_ns
        self._news: deque[SinkEvent] = deque(maxlen=backlog)
        self.skipped = 0
        self.port = 0
        self._hub: Hub | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="twinswing-hub", daemon=True)

    def start(self) -> "HubThread":
        """Listen; returns when clubs can connect, raises InputError when they cannot."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def stop(self) -> None:
        """Say bye to the clubs, wait for the last event, and raise what the sink raised, if it did."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop ended by itself between the two lines
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def __enter__(self) -> "HubThread":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether clubs can still connect."""
        return self._thread.is_alive() and self._ready.is_set()

    @property
    def failure(self) -> BaseException | None:
        """What ended the hub, if something did."""
        return self._failure

    def statuses(self) -> tuple[ClubStatus, ...]:
        """Return every known club's state; safe from any thread."""
        hub, loop = self._hub, self._loop
        if hub is None or loop is None or not self._thread.is_alive() or threading.current_thread() is self._thread:
            return hub.statuses() if hub else ()
        try:
            return asyncio.run_coroutine_threadsafe(_ask(hub), loop).result(timeout=2.0)
        except (RuntimeError, TimeoutError):  # the loop is closing
            return ()

    def drain(self) -> list[SinkEvent]:
        """Return the events since the last call, oldest first; safe from any thread."""
        out = []
        with contextlib.suppress(IndexError):
            while True:
                out.append(self._news.popleft())
        return out

    def _sink(self, event: SinkEvent) -> None:
        self._user_sink(event)
        if len(self._news) == self._news.maxlen:
            self.skipped += 1
        self._news.append(event)

    def _run(self) -> None:
        try:
            run_async(self._main())
        except BaseException as error:  # noqa: BLE001  carried to start() or stop(), whichever is waiting
            self._failure = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._hub = Hub(self._settings, self._sink, self._clock_ns)
        await self._hub.start()
        self._loop = asyncio.get_running_loop()
        self.port = self._hub.port
        self._ready.set()
        waits = [asyncio.ensure_future(self._stop.wait()), asyncio.ensure_future(self._hub.failed.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        await self._hub.stop()
        if self._hub.error is not None:
            raise self._hub.error


async def _ask(hub: Hub) -> tuple[ClubStatus, ...]:
    return hub.statuses()
