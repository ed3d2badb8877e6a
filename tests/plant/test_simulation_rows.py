"""What simulated machines say: it agrees with what happened, energy is the integral of power, and an incident shows."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.plant import floor
from twinswing.plant.model import Limit, Plant, Role
from twinswing.plant.simulation_feed import SimulatedPlant
from twinswing.plant.simulation_kinds import Incident
from twinswing.plant.simulation_rows import BEARING_CODE, Rates
from twinswing.plant.states import UnitState
from twinswing.streams.observations import Observation, Quality
from twinswing.timeline.clock import NS_PER_S

SHIFT_S = 6 * 3600.0
BAD = Incident("m/mill_1", start_s=1800.0)


def by_item(rows: list[Observation]) -> dict[str, list[Observation]]:
    """Sort rows by item."""
    out: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        out[row.item].append(row)
    return out


@pytest.fixture(scope="module")
def shift() -> tuple[SimulatedPlant, list[Observation]]:
    """Return a shift in which a mill's bearing fails, and all that was said."""
    fed = SimulatedPlant(floor.line(), 3, incident=BAD, rates=Rates(tick_s=10.0))
    return fed, fed.advance(SHIFT_S)


def held(rows: list[Observation], until_ns: int) -> float:
    """Integrate a number that holds until the next, by seconds."""
    times = np.array([*(row.t_ns for row in rows), until_ns], dtype=np.int64)
    values = np.array([row.value for row in rows], dtype=np.float64)
    return float((values * np.diff(times)).sum() / NS_PER_S)


def test_every_item_speaks_from_the_first_moment_and_time_never_goes_back(
    shift: tuple[SimulatedPlant, list[Observation]],
) -> None:
    fed, rows = shift
    first = {row.item for row in rows if row.t_ns == 0}
    silent = {item.address for item in fed.simulation.plant.items} - first
    assert {path.rsplit("/", 1)[1] for path in silent} <= {"tool_life"}  # of units whose tools do not wear
    assert all(a.t_ns <= b.t_ns for a, b in pairwise(rows))
    assert rows[-1].t_ns <= SHIFT_S * NS_PER_S


def test_states_told_add_up_to_what_the_simulation_counted(shift: tuple[SimulatedPlant, list[Observation]]) -> None:
    fed, rows = shift
    said = by_item(rows)
    before = SimulatedPlant(floor.line(), 3, incident=BAD)
    before.simulation.advance_ns(0)
    end = round(SHIFT_S * NS_PER_S)
    for run, earlier in zip(fed.simulation.units, before.simulation.units, strict=True):
        told: dict[str, int] = defaultdict(int)
        reasons = said[f"{run.unit.path}/reason"]
        for row, following in zip(reasons, [*reasons[1:], replace(reasons[-1], t_ns=end)], strict=True):
            told[str(row.value) or "running"] += following.t_ns - row.t_ns
        spent, start = run.time_in(end), earlier.time_in(0)
        assert {state.value: spent[state] - start[state] for state in UnitState if spent[state] > start[state]} == {
            name: ns for name, ns in told.items() if ns
        }
        running = sum(row.value == "ACTIVE" for row in said[f"{run.unit.path}/execution"])
        assert running == sum(row.value == "" for row in reasons)
        assert said[f"{run.unit.path}/good"][-1].value == run.good - earlier.good
        assert said[f"{run.unit.path}/scrap"][-1].value == run.scrap - earlier.scrap


def test_energy_is_the_integral_of_the_power_that_was_told(shift: tuple[SimulatedPlant, list[Observation]]) -> None:
    fed, rows = shift
    said = by_item(rows)
    total: dict[int, float] = defaultdict(float)
    for unit in fed.simulation.plant.units:
        power = said[f"{unit.path}/power"]
        for row in said[f"{unit.path}/energy"]:
            until = [p for p in power if p.t_ns <= row.t_ns]
            assert row.value == pytest.approx(held(until, row.t_ns), abs=0.51)  # told in whole joules
        end = round(SHIFT_S * NS_PER_S)
        total[0] += held(power, end)
        runs = sum(row.value == "ACTIVE" for row in said[f"{unit.path}/execution"])
        assert runs > 0
        behaviour = unit.behaviour
        assert min(row.value for row in power) == behaviour.power_idle_w
        assert max(row.value for row in power) > behaviour.power_run_w
    assert said["meter/all/energy"][-1].value == pytest.approx(total[0], abs=3.0)


def test_a_buffer_tells_its_level_and_never_more_than_it_holds(shift: tuple[SimulatedPlant, list[Observation]]) -> None:
    fed, rows = shift
    said = by_item(rows)
    for place in fed.simulation.places:
        if place.buffer is None:
            continue
        levels = [row.value for row in said[f"{place.buffer.path}/level"]]
        assert levels[-1] == len(place.queue)
        assert 0 <= min(levels) <= max(levels) <= place.capacity
    assert len({row.value for row in said["before_check/level"]}) > 1


def test_a_bearing_warns_fails_and_is_exchanged(shift: tuple[SimulatedPlant, list[Observation]]) -> None:
    _, rows = shift
    said = by_item(rows)
    bearing = [(row.t_ns / NS_PER_S, row.value) for row in said["m/mill_1/condition"] if row.code == BEARING_CODE]
    assert [level for _, level in bearing] == ["WARNING", "FAULT", "NORMAL"]
    warned, failed, repaired = (t for t, _ in bearing)
    assert BAD.start_s + 2400 < warned < failed - 1800
    assert repaired - failed >= BAD.repair_s - 1e-6

    def mean(path: str, start: float, end: float) -> float:
        return float(np.mean([row.value for row in said[path] if start <= row.t_ns / NS_PER_S < end and row.value > 0]))

    def worked(path: str, start: float, end: float) -> np.ndarray:
        values = [row.value for row in said[path] if start <= row.t_ns / NS_PER_S < end]
        return np.array([value for value in values if value > 5e-4])

    healthy, late = worked("m/mill_1/vibration", 0, 1800), worked("m/mill_1/vibration", failed - 600, failed)
    assert late.mean() > 6 * healthy.mean()
    assert mean("m/mill_1/load", failed - 600, failed) > 1.15 * mean("m/mill_1/load", 0, 1800)
    assert mean("m/mill_1/temperature", failed - 300, failed) > mean("m/mill_1/temperature", 0, 1800) + 8
    # While it stands still, its neighbour feels nothing of the kind.
    assert worked("m/mill_2/vibration", failed, repaired).max() < 2 * healthy.mean()
    stopped = [row for row in said["m/mill_1/execution"] if failed <= row.t_ns / NS_PER_S < repaired - 1]
    assert [row.value for row in stopped] == ["STOPPED"]
    after = worked("m/mill_1/vibration", repaired, SHIFT_S)
    assert after.mean() == pytest.approx(healthy.mean(), rel=0.1)


def test_a_slow_sampling_sees_the_same_machine_as_a_fast_one() -> None:
    means = []
    for tick_s in (2.0, 40.0):
        fed = SimulatedPlant(floor.line(), 3, rates=Rates(tick_s=tick_s))
        said = by_item(fed.advance(SHIFT_S))
        rows = said["m/mill_2/temperature"]
        means.append((held(rows, round(SHIFT_S * NS_PER_S)) / SHIFT_S, fed.rows.energy_j(2, round(SHIFT_S * NS_PER_S))))
    assert means[0][0] == pytest.approx(means[1][0], abs=0.5)
    assert means[0][1] == pytest.approx(means[1][1], rel=0.01)


def test_the_days_of_a_plant_with_and_without_watching_are_one() -> None:
    from twinswing.plant.simulation import Simulation

    fed = SimulatedPlant(floor.line(), 8, warmup_s=3600.0)
    fed.advance(9000.0)
    alone = Simulation(floor.line(), 8, warmup_s=3600.0)
    alone.advance(9000.0)
    assert fed.simulation.counts == alone.counts


def test_a_value_goes_out_in_the_source_s_unit_and_a_sound_machine_raises_no_alarm() -> None:
    plant = floor.line()

    def other(plant: Plant) -> Plant:
        units = []
        for unit in plant.units:
            items = []
            for item in unit.items:
                if item.role is Role.TEMPERATURE:
                    item = replace(item, factor=1.0, offset=273.15, limits=(Limit("hot", high=318.0),))  # noqa: PLW2901
                if item.role is Role.VIBRATION:
                    item = replace(item, factor=1e-3, limits=(Limit("shakes", high=1.1e-3),))  # noqa: PLW2901
                items.append(item)
            units.append(replace(unit, items=tuple(items)))
        return replace(plant, units=tuple(units))

    said = by_item(SimulatedPlant(other(plant), 3, rates=Rates(tick_s=20.0)).advance(7200.0))
    temperatures = [row.value for row in said["m/mill_2/temperature"]]
    assert 20.0 < min(temperatures) < max(temperatures) < 318.0 - 273.15
    vibrations = [row.value for row in said["m/mill_2/vibration"]]
    assert 0.3 < max(vibrations) < 1.1  # mm/s


def test_only_the_source_s_own_items_speak_and_what_is_not_known_is_said() -> None:
    plant = floor.line()
    strange = floor.item("m/mill_1", Role.OTHER)
    mills = tuple(
        replace(unit, items=(*(replace(i, source="real") for i in unit.items), strange))
        if unit.name == "mill_1"
        else unit
        for unit in plant.units
    )
    rows = SimulatedPlant(replace(plant, units=mills), 3, source="sim").advance(600.0)
    mine = [row for row in rows if row.item.startswith("m/mill_1/")]
    assert [(row.item, row.value, row.quality) for row in mine] == [(strange.address, None, Quality.UNAVAILABLE)]
    assert any(row.item.startswith("m/mill_2/") for row in rows)
