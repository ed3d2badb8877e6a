"""What the plant's window is made of, without a window: time, search, the worker, the ribbon, the keys."""

import threading
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import wait_until
from tests.desk.plant import LATHE, MILL_1, MILL_2, MINUTE_NS, live_shop, shop
from twinswing.desk import plant_theme
from twinswing.desk.panels.plant_context import clock, duration, quantity, tick_step_s
from twinswing.desk.panels.plant_timeline import GRAVITY, GRAVITY_OF, visible_runs
from twinswing.desk.panels.plant_whatif import KINDS, WhatIfChoices, change_text
from twinswing.desk.plant_actions import ACTIONS, KEY_TO_ACTION
from twinswing.desk.plant_choices import Filters, PlantChoices, matching, quantised
from twinswing.desk.plant_data import ribbon_of
from twinswing.desk.plant_playback import PlantPlayback
from twinswing.desk.plant_work import Worker
from twinswing.errors import InputError
from twinswing.plant.load import find_plant, load_plant
from twinswing.plant.model import Priority, Role, UnitKind
from twinswing.plant.states import UnitState
from twinswing.plant.whatif_change import changed

HOUR_NS = 60 * MINUTE_NS


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def test_live_stays_at_the_end_until_one_scrubs_and_comes_back() -> None:
    playback = PlantPlayback.of((0, HOUR_NS), live=True)
    playback.advance(0.1, (0, 2 * HOUR_NS))
    assert playback.t_ns == 2 * HOUR_NS
    playback.seek(60.0)
    playback.advance(0.0, (0, 3 * HOUR_NS))
    assert playback.t_s == 60.0
    assert not playback.pinned
    playback.do("live", np.empty(0), live=True)
    playback.advance(0.1, (0, 4 * HOUR_NS))
    assert playback.t_ns == 4 * HOUR_NS


def test_a_replay_runs_at_the_speed_that_is_shown() -> None:
    playback = PlantPlayback.of((0, HOUR_NS), live=False)
    playback.do("play_pause", np.empty(0), live=False)
    assert playback.speed == 60.0
    playback.advance(0.5, (0, HOUR_NS))
    assert playback.t_s == pytest.approx(30.0)
    playback.do("faster", np.empty(0), live=False)
    playback.advance(0.5, (0, HOUR_NS))
    assert playback.t_s == pytest.approx(30.0 + 0.5 * playback.speed)


def test_alarms_are_gone_through_one_by_one_in_both_directions() -> None:
    playback = PlantPlayback.of((0, HOUR_NS), live=False)
    alarms = np.array([100.0, 200.0, 300.0])
    seen = []
    for _ in range(4):
        playback.do("next_alarm", alarms, live=False)
        seen.append(playback.t_s)
    for _ in range(3):
        playback.do("previous_alarm", alarms, live=False)
        seen.append(playback.t_s)
    assert seen == [100.0, 200.0, 300.0, 300.0, 200.0, 100.0, 100.0]


def test_search_and_filters_find_what_their_words_say() -> None:
    plant = shop()
    states = (UnitState.RUNNING, UnitState.FAILED, UnitState.STARVED)

    def found(**choice: object) -> list[str]:
        numbers = matching(plant, states, lambda path: path == MILL_2, Filters(**choice))  # type: ignore[arg-type]
        return [plant.units[n].path for n in numbers]

    assert found() == [MILL_1, MILL_2, LATHE]
    assert found(text="MILL") == [MILL_1, MILL_2]
    assert found(text="mill 2") == [MILL_2]
    assert found(text="nothing like it") == []
    assert found(state=UnitState.STARVED) == [LATHE]
    assert found(kind=UnitKind.LATHE) == [LATHE]
    assert found(alarm_only=True) == [MILL_2]
    assert found(area="shop/cel") == []
    assert found(area="shop/cell", text="lathe") == [LATHE]


def test_heat_maps_are_gone_through_and_end_with_none() -> None:
    choices = PlantChoices()
    seen = []
    for _ in range(3):
        choices.next_heat([Role.POWER, Role.VIBRATION])
        seen.append(choices.heat)
    assert seen == [Role.POWER, Role.VIBRATION, None]


@given(st.integers(0, 10**15), st.integers(1, 10**14), st.integers(1, 1000))
def test_a_widened_window_holds_the_window_and_asks_anew_only_from_bin_to_bin(start: int, length: int, n: int) -> None:
    window = (start, start + length)
    wide = quantised(window, n)
    assert wide[0] <= window[0]
    assert wide[1] >= window[1]
    grain = wide[0] & -wide[0] or 1
    assert wide[1] - wide[0] <= length + 4 * max(length // n, 1) + 4
    assert grain > 0
    assert quantised((wide[0], wide[0] + length), n)[0] == wide[0]


def test_the_worker_answers_in_turn_keeps_the_last_answer_and_skips_what_was_passed_by(worker: Worker) -> None:
    go = threading.Event()
    done: list[int] = []

    def work(n: int) -> int:
        go.wait(10)
        done.append(n)
        return n

    assert worker.ask("place", 1, lambda: work(1)).value is None
    wait_until(lambda: worker.busy, 5, "the worker taking it up")
    for n in (2, 3, 4):
        worker.ask("place", n, lambda n=n: work(n))
    go.set()
    assert worker.settle(10)
    assert worker.ask("place", 4, lambda: work(4)).value == 4
    assert set(done) <= {1, 4} | {2}  # the first may have been passed by before it was begun
    assert 3 not in done
    # A new question is shown the answer that the place had, until its own is there.
    held = worker.ask("place", 9, lambda: 9)
    assert held.value in (4, 9)
    worker.settle(10)
    assert worker.ask("place", 9, lambda: 9).fresh


def test_one_place_that_asks_anew_each_frame_does_not_starve_another(worker: Worker) -> None:
    def frame(n: int) -> None:
        worker.ask("hungry", n, lambda: n)
        worker.ask("patient", "once", lambda: "done")

    count = iter(range(10**6))

    def answered() -> bool:
        frame(next(count))
        return worker.ask("patient", "once", lambda: "done").value == "done"

    wait_until(answered, 10, "the other place's answer")


def test_a_question_that_fails_says_so_and_the_worker_goes_on(worker: Worker) -> None:
    def fails() -> int:
        raise InputError("expected a plant, found a hen house")

    worker.ask("bad", 1, fails)
    worker.settle(10)
    assert "hen house" in worker.ask("bad", 1, fails).error
    worker.ask("good", 1, lambda: 5)
    worker.settle(10)
    assert worker.ask("good", 1, lambda: 5).value == 5


def test_the_ribbon_is_what_the_machine_did() -> None:
    history = live_shop()
    ribbon = ribbon_of(history, history.plant.unit_by_path[MILL_2], history.span_ns)
    states = [GRAVITY[g] for g in ribbon.gravity]
    assert states == [UnitState.RUNNING, UnitState.FAILED]
    assert ribbon.edge_ns.tolist() == [0, 30 * MINUTE_NS, 60 * MINUTE_NS]


@given(st.lists(st.tuples(st.floats(0.001, 50), st.sampled_from(range(len(GRAVITY)))), min_size=1, max_size=60))
def test_a_drawn_ribbon_covers_its_length_without_overlap_and_never_loses_a_failure(
    parts: list[tuple[float, int]],
) -> None:
    edges = np.cumsum([10.0, *(length for length, _ in parts)])
    gravity = np.array([g for _, g in parts], dtype=np.int64)
    runs = visible_runs(edges, gravity)
    assert runs[0][0] == 10.0
    assert all(a[1] == b[0] for a, b in pairwise(runs))
    assert runs[-1][1] >= edges[-1] - 1e-6
    failed = GRAVITY_OF[UnitState.FAILED]
    if failed in gravity:
        assert any(state is UnitState.FAILED for *_, state in runs)


def test_every_key_does_one_thing_and_nothing_is_told_by_colour_alone() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys)) == len(KEY_TO_ACTION)
    assert {KEY_TO_ACTION[k] for k in ("space", "l", "/", "f", "h", "x", "a", "1", "9", "escape")} == {
        "play_pause", "live", "search", "follow", "heat", "toggle:xray", "acknowledge", "bookmark:1", "bookmark:9",
        "escape",
    }  # fmt: skip
    assert set(plant_theme.STATES) == set(UnitState)
    assert set(plant_theme.PRIORITIES) == set(Priority)
    words = [sign.word for sign in plant_theme.STATES.values()]
    letters = [sign.letter for sign in plant_theme.STATES.values()]
    shapes = [sign.shape for sign in plant_theme.PRIORITIES.values()]
    assert len(set(words)) == len(set(letters)) == len(UnitState)
    assert len(set(shapes)) == len(Priority)


def test_figures_are_said_as_people_read_them() -> None:
    assert quantity(373.15, "K") == "100 °C"
    assert quantity(2 * np.pi, "rad/s") == "60 rpm"
    assert quantity(3.6e6, "J") == "1.00 kWh"
    assert quantity(float("nan"), "W") == "-"
    assert duration(42) == "42 s"
    assert duration(185) == "3 min 05 s"
    assert duration(2 * 3600 + 14 * 60) == "2 h 14 min"
    assert clock(0, 86_399_000_000_000) == "23:59:59"
    assert tick_step_s(3600.0, 6) == 600


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_change_can_be_made_of_the_bundled_plant_and_is_said_in_words(kind: str) -> None:
    plant = load_plant(find_plant("club_works"))
    mill = next(unit.path for unit in plant.units if unit.kind is UnitKind.MILL)
    change = WhatIfChoices(kind=kind, unit=mill).made(plant)
    assert changed(plant, [change]) != plant
    assert not change_text(plant, change).startswith(type(change).__name__)


def test_a_change_of_what_is_not_there_is_refused_with_a_sentence() -> None:
    with pytest.raises(InputError, match="nowhere"):
        WhatIfChoices(kind="Cycle time", unit="nowhere/at/all").made(shop())
