"""Energy and production: figures agree with the simulation's own account, and say what they do not know."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.plant import floor
from tests.plant.past import told
from twinswing.plant.energy import item_energy, plant_energy
from twinswing.plant.history import History
from twinswing.plant.load import find_plant, load_plant
from twinswing.plant.model import Role
from twinswing.plant.oee import plant_oee
from twinswing.plant.production import Visit, current, orders_seen, throughput, throughput_bins, trace
from twinswing.plant.recorded import RecordedHistory
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.simulation_feed import SimulatedPlant
from twinswing.plant.simulation_rows import Rates
from twinswing.plant.store import LiveHistory
from twinswing.timeline.clock import to_ns

PLANT = floor.plant(
    [floor.unit("x/l/a"), floor.unit("x/l/b"), floor.unit("y/l/c")],
    [],
    meters=(floor.meter("meters/all", "x", "y"), floor.meter("meters/x", "x")),
)


def test_power_is_integrated_as_it_held_and_gaps_are_not_filled() -> None:
    rows = [("x/l/a/power", 0.0, 100.0), ("x/l/a/power", 10.0, 400.0), ("x/l/a/power", 20.0, None)]
    history = told(PLANT, [*rows, ("x/l/a/power", 30.0, 50.0), ("y/l/c/load", 40.0, 1.0)])
    energy = item_energy(history, PLANT.units[0].items, to_ns(5.0), to_ns(40.0))
    assert energy.joules == pytest.approx(5 * 100 + 10 * 400 + 10 * 50)
    assert energy.coverage == pytest.approx(25 / 35)
    assert energy.source == "power"
    assert 0.0 < energy.sigma_j < 0.01 * energy.joules


def test_a_counter_is_believed_before_power_and_its_reset_costs_nothing() -> None:
    rows = [("x/l/a/power", 0.0, 1.0), ("x/l/a/energy", 0.0, 5e5), ("x/l/a/energy", 10.0, 5.002e5)]
    rows += [("x/l/a/energy", 20.0, 0.0), ("x/l/a/energy", 30.0, 300.0)]
    energy = item_energy(told(PLANT, rows), PLANT.units[0].items, 0, to_ns(30.0))
    assert energy.joules == pytest.approx(500.0)
    assert energy.source == "counter"


def test_what_no_unit_accounts_for_is_shown_as_the_difference() -> None:
    rows = [("x/l/a/power", 0.0, 100.0), ("x/l/b/power", 0.0, 200.0)]
    rows += [("meters/all/power", 0.0, 1000.0), ("meters/x/power", 0.0, 350.0), ("x/l/a/good", 0.0, 1.0)]
    history = told(PLANT, [*rows, ("x/l/a/good", 5.0, 3.0), ("x/l/a/load", 10.0, 1.0)])
    accounts = plant_energy(history, 0, to_ns(10.0))
    assert accounts["x"].missing_j == pytest.approx(500.0)
    assert accounts[""].own.joules == pytest.approx(3000.0)
    assert accounts[""].missing_j == pytest.approx(7000.0)
    assert accounts[""].missing_sigma_j > 0.0
    assert accounts[""].own.coverage == pytest.approx(2 / 3)
    assert accounts[""].own.source == "sum of 2 units, 1 not measured"
    assert accounts["x/l/a"].per_piece_j == pytest.approx(500.0)
    assert accounts["y"].own.source == "not measured"
    assert math.isnan(accounts["y"].own.joules)
    assert math.isnan(accounts["x/l/b"].per_piece_j)


@pytest.fixture(scope="module")
def shift() -> tuple[SimulatedPlant, LiveHistory]:
    """Return six hours of the bundled works."""
    plant = load_plant(find_plant("club_works"))
    fed = SimulatedPlant(plant, 4, rates=Rates(tick_s=60.0))
    history = LiveHistory(plant, zero_unix_ns=0)
    history.observed("sim", fed.advance(6 * 3600.0))
    return fed, history


def test_a_simulated_shift_uses_what_its_machines_used(shift: tuple[SimulatedPlant, LiveHistory]) -> None:
    fed, history = shift
    end = to_ns(6 * 3600.0)
    accounts = plant_energy(history, 0, end)
    truth = [fed.rows.energy_j(number, end) for number in range(len(history.plant.units))]
    for unit, joules in zip(history.plant.units, truth, strict=True):
        own = accounts[unit.path].own
        # The counter is told every ten ticks; the last of it may not have been told.
        assert own.joules == pytest.approx(joules, rel=0.03)
    whole = accounts[""]
    assert whole.own.joules == pytest.approx(math.fsum(accounts[unit.path].own.joules for unit in history.plant.units))
    assert whole.metered is not None
    # The sum and the meter were told alike: nothing is missing in a plant whose every unit has a meter.
    assert abs(whole.missing_j) < 3.0 * whole.missing_sigma_j
    assert whole.per_piece_j > 0.0


def test_a_piece_is_followed_through_the_plant(shift: tuple[SimulatedPlant, LiveHistory]) -> None:
    _, history = shift
    plant, end = history.plant, history.span_ns[1]
    by_step = {path: number for number, step in enumerate(plant.routes[-1].steps) for path in step.units}
    pieces = orders_seen(history, 0, end, Role.PIECE)
    assert len(pieces) > 40
    complete = 0
    for piece in pieces:
        visits = trace(history, piece, 0, end, Role.PIECE)
        assert visits
        steps = [by_step[visit.unit] for visit in visits]
        assert steps == sorted(set(steps)), "a piece goes each step once, in the order of its route"
        for a, b in pairwise(visits):
            # A unit that works on batches names all of a batch until the last of it has left.
            assert a.end_ns <= b.start_ns or plant.unit_by_path[a.unit].behaviour.batch > 1, "it is in one place"
        complete += len(steps) > 15
    assert complete > 5
    orders = orders_seen(history, 0, end)
    there = {visit.unit for visit in trace(history, orders[0], 0, end)}
    moment = history.at(end)
    for unit in plant.units:
        if orders[0] in current(history, moment, unit):
            assert unit.path in there


def test_a_stay_that_the_window_cuts_says_so() -> None:
    rows = [("x/l/a/order", 0.0, "A1, A2"), ("x/l/a/order", 10.0, "A2"), ("x/l/b/order", 12.0, "A1")]
    history = told(PLANT, [*rows, ("x/l/a/order", 15.0, None), ("x/l/b/load", 30.0, 1.0)])
    assert trace(history, "A1", to_ns(5.0), to_ns(20.0)) == (
        Visit("x/l/a", to_ns(5.0), to_ns(10.0), begun=False, ended=True),
        Visit("x/l/b", to_ns(12.0), to_ns(20.0), begun=True, ended=False),
    )
    assert trace(history, "A2", 0, to_ns(20.0)) == (Visit("x/l/a", 0, to_ns(15.0), begun=False, ended=True),)
    assert trace(history, "A", 0, to_ns(20.0)) == ()
    assert current(history, history.at(to_ns(5.0)), PLANT.units[0]) == ("A1", "A2")
    assert current(history, history.at(to_ns(16.0)), PLANT.units[0]) == ()


FIGURES: dict[str, Callable[[History, int, int], object]] = {
    "losses": plant_oee,
    "energy": plant_energy,
    "throughput": throughput,
    "throughput in bins": lambda history, start, end: [x.tolist() for x in throughput_bins(history, start, end, 7)],
    "orders": orders_seen,
    "ways": lambda history, start, end: [trace(history, o, start, end) for o in orders_seen(history, start, end)],
    "on the units": lambda history, _, end: [
        current(history, history.at(end), unit, role)
        for unit in history.plant.units
        for role in (Role.ORDER, Role.PIECE)
    ],
}


def test_a_recording_gives_every_figure_of_the_live_shift(
    shift: tuple[SimulatedPlant, LiveHistory], tmp_path: Path
) -> None:
    live = shift[1]
    with PlantRecorder(live, tmp_path / "shift.mcap"):
        pass  # all that is in memory already
    end = live.span_ns[1]
    with RecordedHistory(tmp_path / "shift.mcap") as replayed:
        for name, figure in FIGURES.items():
            for window in ((0, end), (end // 3, end // 2)):
                # As text: NaN (not measured) is the same as NaN there.
                assert repr(figure(replayed, *window)) == repr(figure(live, *window)), name
        assert throughput(replayed, 0, end).pieces > 20
