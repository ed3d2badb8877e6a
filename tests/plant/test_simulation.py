"""The simulation against conservation laws on any plant, and against queueing theory where it has an answer."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plant import floor
from twinswing.errors import InputError
from twinswing.plant.model import Plant, Route, Spread, Step
from twinswing.plant.simulation import Simulation
from twinswing.plant.simulation_feed import SimulatedPlant
from twinswing.plant.simulation_kinds import Incident
from twinswing.plant.simulation_random import Purpose, generator, sample
from twinswing.plant.simulation_rows import Rates
from twinswing.plant.states import UnitState
from twinswing.plant.whatif import estimate
from twinswing.timeline.clock import NS_PER_S


def spreads(least: float = 0.0) -> st.SearchStrategy[Spread]:
    """Any spread whose mean is at least so many seconds."""
    kinds = st.sampled_from(["fixed", "normal", "lognormal", "exponential", "weibull", "triangular"])
    return st.builds(
        lambda mean, part, kind, shape: Spread(mean, part * mean, kind, shape),
        st.floats(least, 200.0),
        st.floats(0.0, 1.5),
        kinds,
        st.floats(0.5, 4.0),
    )


@st.composite
def plants(draw: st.DrawFn) -> Plant:
    """Any small plant: shared units and buffers, batches, crews, failures, re-entrant routes."""
    names = [f"u{i}" for i in range(draw(st.integers(1, 5)))]
    units = [
        floor.unit(
            name,
            cycle_s=draw(spreads(5.0)),
            setup_s=draw(spreads()),
            between_failures_s=draw(st.none() | spreads(1.0)),
            repair_s=draw(spreads()),
            scrap_fraction=draw(st.floats(0.0, 1.0)),
            operators=draw(st.integers(0, 2)),
            crew="floor",
            batch=draw(st.integers(1, 4)),
            tool_life_pieces=draw(st.integers(0, 5)),
            tool_change_s=draw(spreads()),
        )
        for name in names
    ]
    buffers = [floor.buffer(f"b{i}", draw(st.integers(1, 4))) for i in range(draw(st.integers(0, 3)))]
    paths = st.sampled_from(["", *(buffer.path for buffer in buffers)])
    groups = st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(tuple)
    routes = [
        Route(
            f"product {r}",
            tuple(
                Step(f"step {k}", draw(groups), draw(paths), draw(st.floats(0.1, 3.0)))
                for k in range(draw(st.integers(1, 4)))
            ),
            draw(st.floats(0.1, 5.0)),
        )
        for r in range(draw(st.integers(1, 3)))
    ]
    return floor.plant(
        units,
        routes,
        buffers,
        crews={"floor": draw(st.integers(2, 4)), **({"maintenance": 1} if draw(st.booleans()) else {})},
        order_pieces=draw(st.builds(Spread, st.floats(1.0, 9.0))),
        order_every_s=draw(st.builds(Spread, st.floats(20.0, 500.0), st.just(0.0), st.just("exponential"))),
    )


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plants(), st.integers(0, 2**32), st.integers(0, 3000))
def test_no_piece_and_no_second_is_lost_in_any_plant(plant: Plant, seed: int, warmup_s: int) -> None:
    simulation = Simulation(plant, seed, warmup_s=warmup_s)
    for moment in (7.3, 1000.0, 4000.0):
        simulation.advance(moment)
        inside = sum(len(run.inside) for run in simulation.units)
        waiting = sum(len(place.queue) for place in simulation.places)
        book = sum(offer.accepted is None for place in simulation.places for offer in place.offers)
        counts = simulation.counts
        assert counts.released == counts.finished + counts.scrapped + inside + waiting
        assert counts.ordered == counts.released + book
        for place in simulation.places:
            assert len(place.queue) <= place.capacity
        for run in simulation.units:
            spent = run.time_in(simulation.now_ns)
            assert sum(spent.values()) == simulation.now_ns + warmup_s * NS_PER_S
            assert min(spent.values()) >= 0
        for crew in simulation.crews.values():
            assert 0 <= crew.free <= crew.size
        for step in (step for steps in simulation.steps for step in steps):
            assert step.ahead >= 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plants(), st.integers(0, 2**32), st.sampled_from([1.0, 17.0, 300.0]))
def test_what_any_plant_says_last_is_how_it_stands(plant: Plant, seed: int, tick_s: float) -> None:
    fed = SimulatedPlant(plant, seed, warmup_s=500.0, rates=Rates(tick_s=tick_s))
    rows = [row for moment in (3.0, 400.0, 1500.0) for row in fed.advance(moment)]
    assert all(a.t_ns <= b.t_ns for a, b in pairwise(rows))
    assert rows[-1].t_ns <= 1500 * NS_PER_S
    last = {row.item: row.value for row in rows}
    for run in fed.simulation.units:
        assert last[f"{run.unit.path}/reason"] == ("" if run.state is UnitState.RUNNING else run.state.value)
        assert last[f"{run.unit.path}/piece"] == ",".join(piece.serial for piece in run.inside)
    for place in fed.simulation.places:
        if place.buffer is not None:
            assert last[f"{place.buffer.path}/level"] == len(place.queue)


def test_one_machine_waits_as_long_as_the_queueing_formula_says() -> None:
    # M/M/1 at 70 %: a piece is in the system for 1 / (mu - lambda) in the mean.
    service, every = 7.0, 10.0
    times = []
    for seed in range(12):
        simulation = Simulation(floor.queue(service, every), seed, warmup_s=5_000)
        simulation.advance(60_000)
        after = [took for at, took in simulation.orders_done if at > 0]
        times.append(sum(after) / len(after) / NS_PER_S)
    found = estimate(times, 0.999)
    assert found.low < 1 / (1 / service - 1 / every) < found.high
    assert found.half < 4.0


@pytest.mark.parametrize("capacity", [0, 1, 5])
def test_two_machines_and_a_buffer_give_the_closed_formula_s_throughput(capacity: int) -> None:
    # Exponential machines of one rate: a birth-death chain of capacity + 3 equally likely states (Hunt 1956), so that
    # the second works (capacity + 2) / (capacity + 3) of the time.
    plant = floor.pair(max(capacity, 1))
    if capacity == 0:
        first, second = plant.routes[0].steps
        plant = replace(plant, routes=(Route("club", (first, replace(second, buffer=""))),))
    rates = []
    for seed in range(10):
        simulation = Simulation(plant, seed, warmup_s=2_000)
        simulation.advance(40_000)
        rates.append(sum(piece.t_ns > 0 for piece in simulation.finished) / 40_000 * 10.0)
    found = estimate(rates, 0.999)
    assert found.low < (capacity + 2) / (capacity + 3) < found.high
    assert found.half < 0.03


def test_work_in_process_is_throughput_times_lead_time() -> None:
    simulation = Simulation(floor.line(), 5)
    simulation.advance(400_000)
    done = simulation.finished
    lead_s = sum(piece.lead_ns for piece in done) / len(done) / NS_PER_S
    # Scrapped pieces stay too: all that were released and are gone take part, at their own, slightly shorter time.
    rate = (simulation.counts.finished + simulation.counts.scrapped) / 400_000
    wip = simulation.wip_integral_ns() / simulation.now_ns
    assert wip == pytest.approx(rate * lead_s, rel=0.02)


def test_a_machine_is_available_as_its_failures_and_repairs_say() -> None:
    # Failures by running time: running / (running + failed) = MTBF / (MTBF + MTTR).
    unit = floor.unit(
        "a",
        cycle_s=Spread(30.0),
        between_failures_s=Spread(900.0, 0.0, "exponential"),
        repair_s=Spread(300.0, 150.0, "lognormal"),
    )
    plant = floor.plant([unit], [Route("club", (Step("cut", ("a",)),))], order_every_s=Spread(10.0))
    shares = []
    for seed in range(10):
        simulation = Simulation(plant, seed)
        simulation.advance(100_000)
        spent = simulation.units[0].time_in(simulation.now_ns)
        shares.append(spent[UnitState.RUNNING] / (spent[UnitState.RUNNING] + spent[UnitState.FAILED]))
    found = estimate(shares, 0.999)
    assert found.low < 0.75 < found.high


def test_a_furnace_waits_for_a_full_batch_but_not_for_ever() -> None:
    furnace = floor.unit("f", cycle_s=Spread(100.0), batch=4)
    plant = floor.plant(
        [furnace], [Route("club", (Step("heat", ("f",)),))], order_pieces=Spread(6.0), order_every_s=Spread(10_000.0)
    )
    simulation = Simulation(plant, 1)
    simulation.advance(100.5)
    assert len(simulation.finished) == 4
    simulation.advance(9_999.0)
    # Nothing more can come, so the last two do not wait at all.
    assert [piece.t_ns / NS_PER_S for piece in simulation.finished] == [100.0] * 4 + [200.0] * 2
    assert simulation.units[0].state is UnitState.IDLE


def test_a_missing_operator_is_waited_for_and_a_change_of_product_costs_its_set_up() -> None:
    units = [
        floor.unit(name, cycle_s=Spread(50.0), setup_s=Spread(200.0), operators=1, crew="floor") for name in ("a", "b")
    ]
    routes = [Route(product, (Step("cut", ("a",)), Step("drill", ("b",)))) for product in ("iron", "wood")]
    plant = floor.plant(units, routes, order_every_s=Spread(40.0), crews={"floor": 1})
    simulation = Simulation(plant, 2)
    simulation.advance(20_000)
    spent = [run.time_in(simulation.now_ns) for run in simulation.units]
    assert all(times[UnitState.WAITING] > 1000 * NS_PER_S for times in spent)
    busy = sum(times[UnitState.RUNNING] + times[UnitState.SETUP] for times in spent)
    assert busy <= 20_000 * NS_PER_S  # one person, one place at a time
    assert all(times[UnitState.SETUP] > 0 for times in spent)


def test_a_change_elsewhere_leaves_a_machine_its_own_luck() -> None:
    plant = floor.line()
    slow = replace(
        plant,
        units=tuple(
            replace(u, behaviour=replace(u.behaviour, cycle_s=Spread(75.0))) if u.name == "check" else u
            for u in plant.units
        ),
    )
    draws = [
        [run.draws.cycle() for _ in range(50)] for run in (Simulation(p, 9).by_path["m/mill_1"] for p in (plant, slow))
    ]
    assert draws[0] == draws[1]


def test_a_run_is_the_same_every_time_and_another_seed_is_another_day() -> None:
    def story(seed: int, stops: int) -> list[tuple[int, int]]:
        simulation = Simulation(floor.line(), seed)
        for k in range(1, stops + 1):
            simulation.advance(20_000 * k / stops)
        return [(piece.t_ns, piece.lead_ns) for piece in simulation.finished]

    assert story(3, 1) == story(3, 7)  # nor does it matter how often one looks
    assert story(3, 1) != story(4, 1)


@pytest.mark.parametrize("kind", ["fixed", "normal", "lognormal", "exponential", "weibull", "triangular"])
def test_spreads_have_their_mean_and_deviation(kind: str) -> None:
    values = sample(Spread(40.0, 8.0, kind, 2.0), generator(1, "x", Purpose.CYCLE), 200_000)
    sd = {"fixed": 0.0, "exponential": 40.0, "weibull": 40.0 * math.sqrt(4 / math.pi - 1)}.get(kind, 8.0)
    assert values.mean() == pytest.approx(40.0, rel=0.01)
    assert values.std() == pytest.approx(sd, rel=0.02, abs=1e-9)
    assert values.min() >= 0


@pytest.mark.parametrize(
    "spread", [Spread(-1.0), Spread(math.nan), Spread(1.0, math.inf, "normal"), Spread(1.0, 1.0, "odd")]
)
def test_a_spread_that_cannot_be_drawn_is_named(spread: Spread) -> None:
    with pytest.raises(InputError):
        sample(spread, generator(1, "x", Purpose.CYCLE), 1)


def test_what_does_not_fit_together_is_said() -> None:
    plant = floor.line()
    with pytest.raises(InputError, match="no unit"):
        Simulation(plant, 1, incident=Incident("m/mill_9", 10.0)).advance(1.0)
    with pytest.raises(InputError, match="crew"):
        Simulation(replace(plant, crews={}), 1)
    with pytest.raises(InputError, match="no buffer"):
        Simulation(replace(plant, buffers=()), 1)
