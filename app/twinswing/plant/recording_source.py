"""A recording of a plant as a source of another: what was, told again, at any speed."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from twinswing.errors import InputError
from twinswing.plant.recorded import RecordedHistory
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Quality, Sink

# So much of a recording is read at a time: some megabytes for a thousand units at two values a second.
_WINDOW_NS = 60 * 1_000_000_000
_TICK_S = 0.1  # how often what is due is delivered, when it is paced


class RecordingSource:
    """Tells a recording's values under their items' paths, at the times when they were observed.

    items: the paths that are wanted; empty for all. speed: 1 as it was, 0 as fast as possible. A condition is told by
    its level: the codes behind it stay in the recording.
    """

    silence_s = math.inf

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        items: Iterable[str] = (),
        speed: float = 1.0,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.name = name
        self._path = path
        self._wanted = tuple(items)
        self._speed = speed
        self._clock_ns = clock_ns

    async def run(self, sink: Sink) -> None:
        """Deliver the whole recording."""
        history = await asyncio.to_thread(RecordedHistory, self._path)
        try:
            await self._tell(history, sink)
        finally:
            history.close()
        self._say(sink, LinkState.ENDED, f"{self._path.name} is at its end")

    async def _tell(self, history: RecordedHistory, sink: Sink) -> None:
        numbers = history.plant.item_number
        missing = [path for path in self._wanted if path not in numbers]
        if missing:
            raise InputError(f"expected {missing[0]!r} among the items of {self._path}, found no such item")
        items = [numbers[path] for path in self._wanted] if self._wanted else list(range(len(history.plant.items)))
        self._say(sink, LinkState.LIVE, f"tells {self._path.name} again")
        start_ns, last_ns = history.span_ns
        begin_s = time.monotonic()
        first_ns, at_ns = start_ns, start_ns
        while at_ns <= last_ns:
            until_ns = min(at_ns + _WINDOW_NS, last_ns + 1)
            told = await asyncio.to_thread(_window, history, items, at_ns, until_ns, at_ns == start_ns)
            done = 0
            while done < len(told):
                due = len(told)
                if self._speed > 0:
                    due_ns = first_ns + int((time.monotonic() - begin_s) * self._speed * 1e9) + history.zero_unix_ns
                    due = done
                    while due < len(told) and told[due].t_ns <= due_ns:
                        due += 1
                if due > done:
                    sink.observed(self.name, told[done:due])
                    done = due
                await asyncio.sleep(_TICK_S if done < len(told) else 0)
            at_ns = until_ns

    def _say(self, sink: Sink, state: LinkState, what: str) -> None:
        sink.linked(self.name, LinkStatus(state, f"{self.name}: {what}", self._clock_ns()))


def _window(history: RecordedHistory, items: list[int], start_ns: int, end_ns: int, first: bool) -> list[Observation]:
    """Return what the items said in [start, end), in order of time; in the first window what held before, too."""
    out: list[Observation] = []
    zero = history.zero_unix_ns
    for item in items:
        path = history.plant.items[item].path
        said = history.changes(item, start_ns, end_ns - 1)
        for number in range(len(said.t_ns)):
            t_ns = int(said.t_ns[number])
            if (t_ns < start_ns and not first) or t_ns >= end_ns:
                continue
            quality = Quality(int(said.quality[number]))
            value: float | str | None = float(said.number[number])
            if said.text[number] >= 0:
                value = history.texts[said.text[number]]
            elif np.isnan(said.number[number]) or quality in (Quality.UNAVAILABLE, Quality.STALE):
                value = None
            out.append(Observation(path, t_ns + zero, value, quality))
    out.sort(key=lambda observation: observation.t_ns)
    return out
