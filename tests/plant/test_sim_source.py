"""A simulated plant lives by the loop's clock: at its speed, without gaps, and honest about falling behind."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from tests.plant import floor
from twinswing.errors import InputError
from twinswing.plant.sim_source import Pace, SimSource
from twinswing.plant.simulation_feed import SimulatedPlant
from twinswing.streams.observations import LinkState, LinkStatus, Observation
from twinswing.timeline.clock import NS_PER_S

START = 1_700_000_000 * NS_PER_S


class Heard:
    """A sink that keeps all it is given, and calls back."""

    def __init__(self) -> None:
        self.rows: list[Observation] = []
        self.deliveries = 0
        self.links: list[LinkStatus] = []
        self.more = asyncio.Event()

    def observed(self, source: str, observations: Sequence[Observation]) -> None:
        assert source == "sim"
        self.rows += observations
        self.deliveries += 1
        self.more.set()

    def linked(self, source: str, status: LinkStatus) -> None:
        assert source == "sim"
        self.links.append(status)
        self.more.set()

    async def until(self, condition: object) -> None:
        while not condition():
            self.more.clear()
            await asyncio.wait_for(self.more.wait(), 20.0)


async def test_an_hour_passes_in_a_second_with_every_change_in_it() -> None:
    heard = Heard()
    source = SimSource("sim", floor.line(), speed=3600.0, seed=4, start_unix_ns=START, duration_s=3600.0)
    began = time.monotonic()
    await source.run(heard)
    took_s = time.monotonic() - began
    assert 0.9 < took_s < 8.0
    assert [link.state for link in heard.links][0::99] == [LinkState.LIVE]
    assert heard.links[-1].state is LinkState.ENDED
    assert heard.deliveries >= 3
    assert all(a.t_ns <= b.t_ns for a, b in zip(heard.rows, heard.rows[1:], strict=False))
    # States and pieces are those of the same plant worked out at once: nothing is lost between deliveries.
    whole = SimulatedPlant(floor.line(), 4, start_unix_ns=START, source="sim").advance(3600.0)

    def changes(rows: list[Observation]) -> list[tuple[str, int, object]]:
        kinds = ("execution", "reason", "piece", "good", "scrap", "level", "condition", "tool_life")
        return [(row.item, row.t_ns, row.value) for row in rows if row.item.rsplit("/", 1)[1] in kinds]

    assert changes(heard.rows) == changes(whole)
    # Varying items are thinned to what a window can show, by the clock.
    assert len(heard.rows) < len(whole) / 3


async def test_it_goes_on_where_it_was_after_it_was_stopped() -> None:
    heard = Heard()
    source = SimSource("sim", floor.line(), speed=3600.0, seed=4, start_unix_ns=START, pace=Pace(batch_s=0.02))
    for least in (600.0, 1500.0):
        task = asyncio.create_task(source.run(heard))
        await heard.until(lambda least=least: source.time_s > least)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    whole = SimulatedPlant(floor.line(), 4, start_unix_ns=START, source="sim").advance(source.time_s)
    pieces = [(r.item, r.t_ns, r.value) for r in whole if r.item.endswith(("/piece", "/good"))]
    assert [(r.item, r.t_ns, r.value) for r in heard.rows if r.item.endswith(("/piece", "/good"))] == pieces


async def test_the_loop_stays_free_and_a_speed_can_be_changed_on_the_way() -> None:
    heard = Heard()
    source = SimSource("sim", floor.line(), speed=1.0, seed=4, pace=Pace(batch_s=0.02), warmup_s=3600.0)
    task = asyncio.create_task(source.run(heard))
    await heard.until(lambda: heard.deliveries >= 3)
    assert source.time_s < 5.0
    source.speed = 1800.0
    await heard.until(lambda: source.time_s > 300.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_falling_behind_is_said() -> None:
    heard = Heard()
    source = SimSource(
        "sim", floor.line(), speed=3600.0, seed=4, pace=Pace(batch_s=0.05, stretch_ticks=1, behind_s=0.2), warmup_s=60.0
    )
    # One tick's worth at a time: a machine that is too slow for the speed asked for.
    slow = source._plant.advance
    source._plant.advance = lambda to_s: (time.sleep(0.6), slow(to_s))[1]
    task = asyncio.create_task(source.run(heard))
    await heard.until(lambda: any("asked for" in link.message for link in heard.links))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert heard.links[-1].state is LinkState.LIVE


@pytest.mark.parametrize("speed", [0.0, -1.0, 1e5, float("nan")])
def test_a_speed_beyond_reason_is_refused(speed: float) -> None:
    with pytest.raises(InputError, match="speed"):
        SimSource("sim", floor.line(), speed=speed)
