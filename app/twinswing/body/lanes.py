"""Frames through several consumers at once, each on a thread of its own, in order, with bounded queues.

The decoder, the pose model and the encoder all leave Python's lock while they work, so threads do overlap.
"""

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
_DEPTH = 8  # frames waiting a queue: enough to ride out a slow frame, 50 MB at 1080p


class _End:
    """Put last: all is done, or the error that ended it."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Lane(Generic[T]):
    """A thread that hands items to one consumer and keeps its first failure."""

    def __init__(self, work: Callable[[T], None]) -> None:
        self._queue: queue.Queue[T | _End] = queue.Queue(_DEPTH)
        self._work = work
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="twinswing lane", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not isinstance(item := self._queue.get(), _End):
            if self.error is None:  # after a failure: keep emptying, so that nobody waits for room
                try:
                    self._work(item)
                except BaseException as e:  # noqa: BLE001 - raised again in the caller's thread by `side_by_side`
                    self.error = e

    def put(self, item: T) -> None:
        self._queue.put(item)

    def end(self) -> None:
        self._queue.put(_End())
        self._thread.join()


def side_by_side(items: Iterable[T], consumers: Sequence[Callable[[T], None]] = ()) -> Iterator[T]:
    """Yield items while the next are made on another thread and every consumer gets each of them on its own.

    The first failure, of the maker or of a consumer, is raised here after all threads have ended. Leaving early ends
    them too; consumers then have had every item that was yielded, and perhaps a few more.
    """
    ready: queue.Queue[T | _End] = queue.Queue(_DEPTH)
    stop = threading.Event()
    lanes = [_Lane(work) for work in consumers]

    def make() -> None:
        end = _End()
        try:
            for item in items:
                for lane in lanes:
                    lane.put(item)
                ready.put(item)
                if stop.is_set():
                    break
        except BaseException as e:  # noqa: BLE001 - raised again below
            end = _End(e)
        ready.put(end)

    maker = threading.Thread(target=make, name="twinswing decode", daemon=True)
    maker.start()
    item: T | _End | None = None
    try:
        while not isinstance(item := ready.get(), _End):
            if any(lane.error is not None for lane in lanes):
                break
            yield item
    finally:
        stop.set()
        while not isinstance(item, _End):  # left early: let the maker out of a full queue
            item = ready.get()
        maker.join()
        for lane in lanes:
            lane.end()
    for error in (item.error, *(lane.error for lane in lanes)):
        if error is not None:
            raise error
