"""States are told as the standards' words mean them, and time in them adds up to all time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plant import floor
from tests.plant.past import told
from twinswing.plant.load import find_plant, load_plant
from twinswing.plant.model import Plant
from twinswing.plant.simulation_feed import SimulatedPlant
from twinswing.plant.simulation_rows import Rates
from twinswing.plant.states import STATES, UnitState, state_spans, time_in_states, unit_states
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import Quality
from twinswing.timeline.clock import to_ns

S = UnitState
PLANT: Plant = floor.plant([floor.unit("a"), floor.unit("b")], [])


def state_of(rows: dict[str, str | None], quality: Quality = Quality.STALE) -> UnitState:
    """Return the state of unit "a" that has said this."""
    history = told(PLANT, [(f"a/{name}", 1.0, value) for name, value in rows.items()], quality)
    codes = unit_states(history, history.at(to_ns(1.0)))
    assert STATES[codes[1]] is S.UNKNOWN  # the other has said nothing
    return STATES[codes[0]]


@pytest.mark.parametrize(
    ("rows", "state"),
    [
        ({"execution": "ACTIVE"}, S.RUNNING),
        ({"execution": "READY"}, S.IDLE),
        ({"execution": "FEED_HOLD"}, S.HELD),
        ({"execution": "INTERRUPTED"}, S.HELD),
        ({"execution": "PROGRAM_COMPLETED"}, S.IDLE),
        ({"execution": "Running"}, S.RUNNING),  # OPC UA 40501-1
        ({"execution": "NotExecuting"}, S.IDLE),
        ({"execution": "OutOfService"}, S.MAINTENANCE),
        ({"execution": "READY", "reason": "starved"}, S.STARVED),
        ({"execution": "READY", "reason": "blocked"}, S.BLOCKED),
        ({"execution": "WAIT", "reason": "waiting"}, S.WAITING),
        ({"execution": "STOPPED", "reason": "failed"}, S.FAILED),
        ({"execution": "READY", "reason": "somebody's birthday"}, S.IDLE),
        ({"execution": "ACTIVE", "reason": "starved"}, S.RUNNING),  # what runs has no reason not to
        ({"execution": "READY", "mode": "Setup"}, S.SETUP),
        ({"execution": "ACTIVE", "mode": "Setup"}, S.RUNNING),
        ({"execution": "ACTIVE", "condition": "FAULT"}, S.FAILED),
        ({"execution": "ACTIVE", "condition": "WARNING"}, S.RUNNING),
        ({"execution": "ACTIVE", "availability": "UNAVAILABLE"}, S.OFF),
        ({"execution": "READY", "availability": "AVAILABLE"}, S.IDLE),
        ({"execution": "no standard's word"}, S.UNKNOWN),
        ({"execution": None, "reason": "starved"}, S.UNKNOWN),
        ({"power": None}, S.UNKNOWN),
    ],
)
def test_words_mean_what_their_standards_say(rows: dict[str, str | None], state: UnitState) -> None:
    assert state_of(rows) is state


def test_what_the_peer_does_not_know_is_off_and_what_is_stale_is_not_known() -> None:
    assert state_of({"execution": None}, Quality.UNAVAILABLE) is S.OFF
    assert state_of({"execution": None}, Quality.STALE) is S.UNKNOWN


TIMES = st.integers(0, 60)
WORDS = st.sampled_from(["ACTIVE", "READY", "FEED_HOLD", None, "STOPPED"])


@given(st.lists(st.tuples(TIMES, WORDS)), st.lists(st.tuples(TIMES, st.sampled_from(["", "starved", "setup"]))), TIMES)
def test_spans_agree_with_snapshots_and_add_up(execution, reason, cut) -> None:  # type: ignore[no-untyped-def]
    rows = [("a/execution", float(t), word) for t, word in dict(execution).items()]
    rows += [("a/reason", float(t), word) for t, word in dict(reason).items()]
    history = told(PLANT, [*rows, ("b/power", 0.0, 1.0), ("b/power", 60.0, 2.0)])
    start, end = 0, to_ns(60.0)
    unit = PLANT.units[0]
    times, codes = state_spans(history, unit, start, end)
    assert times[0] == start
    assert (np.diff(times) > 0).all()
    spent = time_in_states(times, codes, end)
    assert spent.sum() == end - start
    middle = to_ns(float(cut))
    halves = [time_in_states(*state_spans(history, unit, a, b), b) for a, b in ((start, middle), (middle, end))]
    assert (halves[0] + halves[1] == spent).all()
    for second in range(60):
        at = to_ns(second + 0.5)
        here = codes[np.searchsorted(times, at, side="right") - 1]
        assert here == unit_states(history, history.at(at))[0]


def test_a_simulated_shift_spends_the_time_that_its_machines_spent() -> None:
    plant = load_plant(find_plant("club_works"))
    fed = SimulatedPlant(plant, 5, rates=Rates(tick_s=60.0))
    history = LiveHistory(plant, zero_unix_ns=0)
    history.observed("sim", fed.advance(0.0))
    before = [run.time_in(0) for run in fed.simulation.units]
    hours = to_ns(3 * 3600.0)
    history.observed("sim", fed.advance(3 * 3600.0))
    tail = hours - history.span_ns[1]
    assert 0 <= tail < to_ns(60.0)
    seen = set()
    for run, then in zip(fed.simulation.units, before, strict=True):
        truth = run.time_in(hours)
        found = time_in_states(*state_spans(history, run.unit, 0, hours), hours)
        off = sum(abs(int(found[i]) - (truth[s] - then[s])) for i, s in enumerate(STATES) if s is not S.UNKNOWN)
        assert off <= tail
        assert found[STATES.index(S.UNKNOWN)] == tail
        seen.update(s for i, s in enumerate(STATES) if found[i])
    assert {S.RUNNING, S.STARVED, S.BLOCKED, S.SETUP, S.FAILED} <= seen


def test_nothing_outside_the_past_is_claimed() -> None:
    history = told(PLANT, [("a/execution", 1.0, "ACTIVE"), ("a/execution", 5.0, "READY")])
    times, codes = state_spans(history, PLANT.units[0], to_ns(-5.0), to_ns(20.0))
    assert STATES[codes[0]] is S.UNKNOWN
    assert STATES[codes[-1]] is S.UNKNOWN
    assert times[-1] == to_ns(5.0)
    assert len(state_spans(history, PLANT.units[0], 5, 5)[0]) == 0
