"""OEE: time and pieces are conserved exactly, whatever the machine did; the losses are those that happened."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plant import floor
from tests.plant.past import told
from twinswing.plant.counters import counted, increases
from twinswing.plant.load import find_plant, load_plant
from twinswing.plant.model import Role
from twinswing.plant.oee import Oee, add_up, plant_oee, unit_oee
from twinswing.plant.production import throughput, throughput_bins
from twinswing.plant.simulation_feed import SimulatedPlant
from twinswing.plant.simulation_rows import Rates
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import Quality
from twinswing.timeline.clock import to_ns

UNIT = replace(floor.unit("a"), ideal_cycle_s=10.0)
PLANT = floor.plant([UNIT, replace(floor.unit("b"), ideal_cycle_s=5.0)], [])


def conserves(account: Oee) -> None:
    """Check what must hold of every account."""
    assert account.span_ns == account.planned_ns + account.unplanned_ns + account.unknown_ns
    bars = dict(account.waterfall)
    productive = bars.pop("fully productive")
    assert sum(bars.values()) == productive == account.productive_ns
    assert account.total == account.good + account.scrap


def test_a_shift_by_hand() -> None:
    """The account that a person with a stopwatch would write."""
    rows = [
        ("a/execution", 0.0, "INTERRUPTED"),
        ("a/reason", 0.0, "setup"),
        ("a/good", 0.0, 100.0),
        ("a/scrap", 0.0, 7.0),
        ("a/execution", 60.0, "ACTIVE"),
        ("a/scrap", 75.0, 8.0),  # the first piece after the set-up: reduced yield
        ("a/good", 90.0, 101.0),
        ("a/good", 105.0, 102.0),
        ("a/good", 120.0, 103.0),
        ("a/scrap", 135.0, 9.0),  # a defect
        ("a/execution", 140.0, "READY"),
        ("a/reason", 140.0, "starved"),
        ("a/execution", 170.0, "STOPPED"),
        ("a/reason", 170.0, "failed"),
        ("a/reason", 200.0, "idle"),
        ("a/execution", 200.0, "READY"),
        ("a/execution", 240.0, None),
        ("b/power", 300.0, 1.0),
    ]
    account = unit_oee(told(PLANT, rows), UNIT, 0, to_ns(300.0))
    conserves(account)
    seconds = {name: ns / 1e9 for name, ns in account.waterfall}
    assert seconds == {
        "planned": 200.0,
        "failure": -30.0,
        "set-up and adjustment": -60.0,
        "idling and minor stops": -30.0,
        "reduced speed": -30.0,
        "defects": -10.0,
        "reduced yield": -10.0,
        "fully productive": 30.0,
    }
    assert (account.good, account.scrap, account.unplanned_ns, account.unknown_ns) == (3, 2, to_ns(40.0), to_ns(60.0))
    assert account.availability == pytest.approx(110 / 200)
    assert account.performance == pytest.approx(50 / 110)
    assert account.quality == pytest.approx(3 / 5)
    assert account.oee == pytest.approx(account.availability * account.performance * account.quality)
    assert account.coverage == pytest.approx(0.8)
    least, most = account.oee_range
    assert least == pytest.approx(20 / 260)
    assert most == pytest.approx(100 / 260)


TIMES = st.integers(0, 100)
STATES = st.sampled_from(["ACTIVE", "READY", "FEED_HOLD", None])
REASONS = st.sampled_from(["", "starved", "setup", "failed", "idle"])
COUNTS = st.dictionaries(TIMES, st.one_of(st.none(), st.integers(0, 70_000)))


@given(st.dictionaries(TIMES, STATES), st.dictionaries(TIMES, REASONS), COUNTS, COUNTS, TIMES)
def test_time_and_pieces_are_conserved_whatever_is_said(states, reasons, good, scrap, cut) -> None:  # type: ignore[no-untyped-def]
    rows = [("a/execution", float(t), v) for t, v in states.items()]
    rows += [("a/reason", float(t), v) for t, v in reasons.items()]
    rows += [("a/good", float(t), v if v is None else float(v)) for t, v in good.items()]
    rows += [("a/scrap", float(t), v if v is None else float(v)) for t, v in scrap.items()]
    history = told(PLANT, [*rows, ("b/power", 0.0, 1.0), ("b/power", 100.0, 2.0)])
    whole = unit_oee(history, UNIT, 0, to_ns(100.0))
    conserves(whole)
    assert min(whole.good, whole.scrap, whole.yield_ns, whole.defect_ns) >= 0
    middle = to_ns(float(cut))
    parts = add_up(unit_oee(history, UNIT, a, b) for a, b in ((0, middle), (middle, to_ns(100.0))))
    conserves(parts)
    same = ("span_ns", "planned_ns", "unknown_ns", "failure_ns", "setup_ns", "minor_ns", "speed_ns", "good", "scrap")
    assert {name: getattr(parts, name) for name in same} == {name: getattr(whole, name) for name in same}


@given(st.integers(1, 3000), st.integers(0, 65_535), st.sampled_from([2**16, 10_000]), st.integers(1, 90))
def test_a_counter_that_turns_over_loses_no_piece(pieces: int, start: int, turn: int, most: int) -> None:
    steps = np.diff(np.append(np.arange(0, pieces, most), pieces))
    values = (start % turn + np.concatenate([[0], np.cumsum(steps)])) % turn
    assert increases(values.astype(float)).sum() == pieces


def test_a_counter_that_is_reset_begins_from_zero() -> None:
    assert increases(np.array([500.0, 501.0, 0.0, 1.0, 4.0])).tolist() == [1.0, 0.0, 1.0, 3.0]
    assert increases(np.array([500.0, 3.0])).tolist() == [3.0]


def test_pieces_made_while_it_was_not_heard_are_counted_once_when_it_is_heard_again() -> None:
    rows = [("a/good", 0.0, 10.0), ("a/good", 20.0, None), ("a/good", 60.0, 16.0), ("b/power", 100.0, 1.0)]
    for quality in (Quality.STALE, Quality.UNAVAILABLE):
        history = told(PLANT, rows, quality)
        item = UNIT.by_role[Role.GOOD]
        first, second = (counted(history, item, to_ns(a), to_ns(b)) for a, b in ((0, 40), (40, 100)))
        assert (first.total, second.total) == (0.0, 6.0)
        assert (first.known_ns, second.known_ns) == (to_ns(20.0), to_ns(40.0))


def test_a_simulated_shift_counts_what_its_machines_counted() -> None:
    plant = load_plant(find_plant("club_works"))
    fed = SimulatedPlant(plant, 8, rates=Rates(tick_s=60.0))
    history = LiveHistory(plant, zero_unix_ns=0)
    history.observed("sim", fed.advance(0.0))
    before = [(run.good, run.scrap) for run in fed.simulation.units]
    done = len(fed.simulation.finished)
    end = 4 * 3600.0
    history.observed("sim", fed.advance(end))
    accounts = plant_oee(history, 0, to_ns(end))
    for run, (good, scrap) in zip(fed.simulation.units, before, strict=True):
        account = accounts[run.unit.path]
        conserves(account)
        assert (account.good, account.scrap) == (run.good - good, run.scrap - scrap)
    for path, account in accounts.items():
        conserves(account)
        if path.count("/") < 2:
            under = [accounts[u.path] for u in plant.units if u.path.startswith(f"{path}/") or not path]
            assert account == add_up(under)
    left = throughput(history, 0, to_ns(end))
    assert left.pieces == len(fed.simulation.finished) - done > 50
    edges, bins = throughput_bins(history, 0, to_ns(end), 7)
    assert bins.sum() == left.pieces
    assert (edges[0], edges[-1]) == (0, to_ns(end))
    assert 0.0 < accounts[""].oee < 1.0


def test_nothing_heard_claims_nothing() -> None:
    account = unit_oee(told(PLANT, [("b/power", 0.0, 1.0), ("b/power", 9.0, 2.0)]), UNIT, 0, to_ns(9.0))
    conserves(account)
    assert np.isnan(account.oee)
    assert account.coverage == 0.0
    assert account.oee_range[0] == 0.0
