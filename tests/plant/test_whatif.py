"""What would happen if: known answers are found, both plants meet the same luck, and it can be stopped."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.plant import floor
from twinswing.errors import InputError
from twinswing.plant.model import Route, Spread, Step
from twinswing.plant.whatif import Settings, WhatIfJob, estimate, what_if
from twinswing.plant.whatif_change import (
    AddMachine,
    BufferChange,
    CrewChange,
    CycleChange,
    FailureChange,
    OrdersChange,
    RemoveMachine,
    changed,
)
from twinswing.plant.whatif_run import replicate, stations

SHORT = Settings(replications=8, duration_s=4 * 3600.0, warmup_s=2 * 3600.0)


def test_intervals_hold_the_true_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    holds = sum(e.low < 5.0 < e.high for e in (estimate(list(rng.normal(5.0, 2.0, 6))) for _ in range(4000)))
    assert holds / 4000 == pytest.approx(0.95, abs=0.012)
    assert math.isinf(estimate([1.0]).half)
    assert math.isnan(estimate([]).mean)


def test_a_bigger_buffer_gains_what_the_formula_says() -> None:
    # Two exponential machines: throughput (N + 2) / (N + 3) a cycle, N 1 -> 7: 0.75 -> 0.9.
    long = Settings(replications=10, duration_s=40_000.0, warmup_s=2_000.0, confidence=0.999)
    seen: list[float] = []
    outcome = what_if(floor.pair(1), [BufferChange("between", 7)], long, progress=seen.append)
    assert outcome is not None
    gain = outcome.figure("throughput").difference
    assert gain.low < 360 * 0.15 < gain.high
    assert gain.clear
    today = outcome.figure("throughput").today
    assert today.low < 360 * 0.75 < today.high
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_the_same_luck_makes_a_difference_surer_than_either_figure() -> None:
    plant = floor.line()
    other = changed(plant, [CycleChange("q/check", 1.1)])  # which is not the bottleneck
    a = [replicate(plant, seed, 4 * 3600.0, 3600.0) for seed in range(8)]
    b = [replicate(other, seed, 4 * 3600.0, 3600.0) for seed in range(8)]
    each = estimate([r.throughput_per_h for r in a])
    paired = estimate([y.throughput_per_h - x.throughput_per_h for x, y in zip(a, b, strict=True)])
    assert paired.half < 0.5 * each.half


def test_no_change_is_no_difference() -> None:
    outcome = what_if(floor.line(), [], replace(SHORT, replications=2))
    assert outcome is not None
    assert all(figure.difference.mean == 0.0 for figure in outcome.figures)


def test_more_mills_move_the_bottleneck_and_the_answer_says_how_surely() -> None:
    outcome = what_if(floor.line(), [*[AddMachine("m/mill_2")] * 3, CrewChange("floor", 6), OrdersChange(2.0)], SHORT)
    assert outcome is not None
    assert (outcome.bottleneck_today.name, outcome.bottleneck_today.share) == ("mill", 1.0)
    assert outcome.bottleneck_changed.name != "mill"
    assert 0.0 < outcome.bottleneck_changed.share <= 1.0
    assert sum(outcome.bottleneck_changed.others.values()) + outcome.bottleneck_changed.share == pytest.approx(1.0)
    throughput = outcome.figure("throughput")
    assert throughput.difference.low > 0.0
    assert throughput.difference.mean == pytest.approx(throughput.changed.mean - throughput.today.mean)


def test_each_change_does_what_it_is_named_after_and_nothing_else() -> None:
    plant = floor.line()
    assert changed(plant, [CycleChange("q/check", 2.0)]).unit_by_path["q/check"].behaviour.cycle_s == Spread(
        100.0, 10.0, "triangular"
    )
    failing = changed(plant, [FailureChange("m/mill_1", 2.0, 0.5)]).unit_by_path["m/mill_1"].behaviour
    assert failing.between_failures_s == Spread(6000.0, 0.0, "exponential")
    assert failing.repair_s == Spread(210.0, 100.0, "lognormal")
    assert changed(plant, [OrdersChange(2.0)]).order_every_s.mean == 190.0
    more = changed(plant, [AddMachine("m/mill_1"), AddMachine("m/mill_1")])
    assert more.routes[0].steps[1].units == ("m/mill_1", "m/mill_2", "m/mill_1+2", "m/mill_1+3")
    fewer = changed(plant, [RemoveMachine("m/mill_1")])
    assert [unit.path for unit in fewer.units] == ["f/furnace", "m/mill_2", "q/check"]
    assert plant == floor.line()


@pytest.mark.parametrize(
    "change",
    [
        CycleChange("nobody", 1.0),
        CycleChange("q/check", 0.0),
        CycleChange("q/check", math.nan),
        BufferChange("nowhere", 3),
        BufferChange("store", -1),
        CrewChange("ghosts", 2),
        CrewChange("floor", 0),
        AddMachine("nobody"),
        RemoveMachine("q/check"),
        FailureChange("q/check", 2.0),
        OrdersChange(-1.0),
    ],
)
def test_a_change_that_cannot_be_made_is_said_at_once(change: object) -> None:
    job = WhatIfJob(floor.line(), (change,)).start()
    assert job.state == "failed"
    assert job.error
    job.close()
    with pytest.raises(InputError):
        what_if(floor.line(), [change])


def test_a_question_can_be_dropped() -> None:
    job = WhatIfJob(floor.line(), (), Settings(replications=400)).start()
    wait_until(lambda: job.poll() or job.fraction > 0.0, what="a first replication")
    assert job.state == "running"
    job.cancel()
    wait_until(lambda: job.poll() or job.state == "cancelled", 5.0, "the end of the question")
    job.close()
    assert job.outcome is None
    job.close()


def test_stations_are_the_units_that_can_stand_in_for_each_other() -> None:
    units = [floor.unit(name) for name in "abcd"]
    routes = [
        Route("one", (Step("turn", ("a", "b")), Step("drill", ("d",)))),
        Route("two", (Step("mill", ("b", "c")), Step("drill", ("d",)))),
    ]
    assert sorted(stations(floor.plant(units, routes)).values()) == [("a", "b", "c"), ("d",)]


def test_a_plant_without_routes_is_refused() -> None:
    with pytest.raises(InputError, match="routes"):
        what_if(replace(floor.line(), routes=()), [])
