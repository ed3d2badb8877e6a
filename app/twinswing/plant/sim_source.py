"""A simulated plant as a source: it lives by the loop's clock, at any speed, and says so when it cannot keep up."""

import asyncio
from dataclasses import dataclass

from twinswing.errors import InputError
from twinswing.plant.model import Plant
from twinswing.plant.simulation_feed import WARMUP_S, SimulatedPlant
from twinswing.plant.simulation_kinds import Incident
from twinswing.plant.simulation_rows import Rates
from twinswing.streams.observations import LinkState, LinkStatus, Observation, Sink
from twinswing.timeline.clock import to_ns

LEAST_SPEED, MOST_SPEED = 0.1, 3600.0


@dataclass(frozen=True)
class Pace:
    """How a live simulation is delivered.

    batch_s: four deliveries a second look alive and cost little. samples_per_s: of each varying item in real time; more
    than a window can show is not worth its bytes, so at high speeds the plant's own sampling gets longer. stretch_s:
    the most of the plant's time that is worked out at once, in ticks' worth, so that a slow machine still delivers.
    behind_s: real time by which it may lag before it says so and starts over from where it is.
    """

    batch_s: float = 0.25
    samples_per_s: float = 2.0
    stretch_ticks: int = 40
    behind_s: float = 2.0


class SimSource:
    """Drives a plant live. `speed` may be changed while it runs; the next delivery goes on at the new one.

    Observations carry the plant's time: start_unix_ns plus simulated time, which at a speed above one runs ahead of
    the wall clock. duration_s: ends after so much of the plant's time; None: never.
    """

    silence_s = 10.0

    def __init__(
        self,
        name: str,
        plant: Plant,
        speed: float = 1.0,
        seed: int = 1,
        start_unix_ns: int = 0,
        incident: Incident | None = None,
        *,
        warmup_s: float = WARMUP_S,
        duration_s: float | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.name = name
        self._start = start_unix_ns
        self._duration_s = duration_s
        self._pace = pace or Pace()
        self._plant = SimulatedPlant(
            plant,
            seed,
            start_unix_ns=start_unix_ns,
            source=name,
            incident=incident,
            rates=Rates(),
            warmup_s=warmup_s,
        )
        self._speed = 1.0
        self._done_s = 0.0  # of the plant's time, delivered
        self.speed = speed

    @property
    def speed(self) -> float:
        """Seconds of the plant in a second of the clock."""
        return self._speed

    @speed.setter
    def speed(self, value: float) -> None:
        if not LEAST_SPEED <= value <= MOST_SPEED:
            raise InputError(f"A simulation's speed is {LEAST_SPEED:g} to {MOST_SPEED:g}; found {value:g}.")
        self._speed = value

    @property
    def time_s(self) -> float:
        """How far the plant has been delivered, seconds of its own time."""
        return self._done_s

    async def run(self, sink: Sink) -> None:
        """Deliver until the duration is over or cancellation; a second call goes on where the first one was."""
        loop = asyncio.get_running_loop()
        pace = self._pace
        sink.linked(self.name, self._status(LinkState.LIVE, f"simulated at {self._speed:g} times real time"))
        anchor, base, speed = loop.time(), self._done_s, self._speed
        slow = False
        await self._deliver(sink, self._done_s)  # the whole state at once, not after the first wait
        while self._duration_s is None or self._done_s < self._duration_s:
            await asyncio.sleep(max(pace.batch_s - (loop.time() - anchor - (self._done_s - base) / speed), 0.0))
            if speed != self._speed:
                anchor, base, speed = loop.time(), self._done_s, self._speed
            wanted = base + (loop.time() - anchor) * speed
            stretch = max(1.0, self._speed / pace.samples_per_s) * pace.stretch_ticks
            await self._deliver(sink, min(wanted, self._done_s + stretch))
            lag_s = (base + (loop.time() - anchor) * speed - self._done_s) / speed
            if lag_s > pace.behind_s:
                reached = (self._done_s - base) / max(loop.time() - anchor, 1e-9)
                sink.linked(
                    self.name,
                    self._status(LinkState.LIVE, f"runs at {reached:.0f} of the {speed:g} times real time asked for"),
                )
                anchor, base, slow = loop.time(), self._done_s, True
            elif slow and loop.time() - anchor > 2 * pace.behind_s:
                slow = False
                sink.linked(self.name, self._status(LinkState.LIVE, f"keeps up at {speed:g} times real time again"))
        sink.linked(self.name, self._status(LinkState.ENDED, "the simulated time is over"))

    async def _deliver(self, sink: Sink, to_s: float) -> None:
        if self._duration_s is not None:
            to_s = min(to_s, self._duration_s)
        self._plant.tick_s = max(1.0, self._speed / self._pace.samples_per_s)
        # On a thread: the loop is shared with other sources, which the arithmetic must not hold up.
        work = asyncio.get_running_loop().run_in_executor(None, self._plant.advance, to_s)
        try:
            observations = await asyncio.shield(work)
        except asyncio.CancelledError:
            # What is worked out is delivered before it ends, or a second run would miss it.
            self._hand_over(sink, await work, to_s)
            raise
        self._hand_over(sink, observations, to_s)

    def _hand_over(self, sink: Sink, observations: list[Observation], to_s: float) -> None:
        self._done_s = max(self._done_s, to_s)
        sink.observed(self.name, observations)

    def _status(self, state: LinkState, what: str) -> LinkStatus:
        return LinkStatus(state, f"{self.name}: {what}", self._start + to_ns(self._done_s))
