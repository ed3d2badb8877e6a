"""Ten thousand recordings: how soon the library is there, how fast they are read, how smoothly they scroll."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twinswing.desk.library_settings import LibrarySettings
from twinswing.desk.library_state import LibraryState
from twinswing.desk.library_window import LibraryDesk
from twinswing.desk.library_worker import LibraryWorker
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_place import LibraryPlace
from twinswing.review.library_query import Query
from twinswing.review.library_scan import scan
from twinswing.truth.library_demo import write_library

_NOW_NS = 1_780_000_000 * 10**9
_PAGE = 60  # cards of a large window


@dataclass(frozen=True)
class LibraryCost:
    """What a library costs.

    open_s: until the index, the lists at the left and the first page of cards are read. window_s: until the window has
    drawn them, Panda3D's start included. scan_rate_hz: recordings read a second, the first time. again_s: looking
    through the folder when nothing has changed. search_ms: a word typed. frame_ms, frame_p99_ms: processor part of a
    frame while scrolling from end to end, and the 99th percentile.
    """

    recordings: int
    open_s: float
    window_s: float
    scan_rate_hz: float
    again_s: float
    search_ms: float
    frame_ms: float
    frame_p99_ms: float


def bench_library(recordings: int, frames: int = 200, told: Callable[[str], None] = lambda _: None) -> LibraryCost:
    """Write small real recordings (a session, measures, tags; no video), scan them, and open the library."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        place = LibraryPlace(base / "lib", base / "cache" / "index.db", base / "cache" / "thumbs", base / "queue.db")
        told(f"writing {recordings} recordings")
        write_library(place.folder, 0, recordings, end_unix_ns=_NOW_NS)
        told("scanning")
        with LibraryIndex(place.index) as index:
            start = time.process_time()
            scan(index, place.folder)
            scanned = time.process_time() - start
            start = time.perf_counter()
            scan(index, place.folder)
            again = time.perf_counter() - start
        opened = min(_open(place) for _ in range(3))
        with LibraryIndex(place.index) as index:
            state = LibraryState(index)
            start = time.perf_counter()
            for word in ("w", "we", "wed", "wedge"):
                state.ask(Query(text=word))
                state.rows(0, _PAGE)
            search = (time.perf_counter() - start) / 4
        window, costs = _scroll(place, frames)
    return LibraryCost(
        recordings, opened, window, recordings / scanned, again, search * 1e3, float(np.median(costs)),
        float(np.quantile(costs, 0.99)),
    )  # fmt: skip


def _open(place: LibraryPlace) -> float:
    start = time.perf_counter()
    with LibraryIndex(place.index) as index:
        LibraryState(index).rows(0, _PAGE)
        return time.perf_counter() - start


def _scroll(place: LibraryPlace, frames: int) -> tuple[float, list[float]]:
    """Open the window and walk from the first card to the last; return seconds until it was drawn, and ms a frame."""
    start = time.perf_counter()
    # The helper is not started: it would take its share of the processor, and nothing is new.
    desk = LibraryDesk(place, LibraryWorker(place), LibrarySettings(1280, 800), offscreen=True)
    try:
        desk.step()
        desk.step()
        window = time.perf_counter() - start
        count, costs = len(desk.state.idents), []
        for frame in range(frames):
            desk.state.put_cursor(frame * (count - 1) // max(frames - 1, 1))
            began = time.thread_time()
            desk.step()
            costs.append((time.thread_time() - began) * 1e3)
        return window, costs
    finally:
        desk.shut()
