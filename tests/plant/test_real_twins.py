"""A real lathe and a real mill from their own words to a recording and back: what was seen live is what is replayed."""

import itertools
import re
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.streams.agent import Agent
from twinswing.plant.alarms import AlarmLog
from twinswing.plant.connect import earliest_unix_ns, make_sources
from twinswing.plant.energy import plant_energy
from twinswing.plant.from_mtconnect import plant_of_agent, plant_of_device_file
from twinswing.plant.history import History
from twinswing.plant.machining import ToolStep, machining
from twinswing.plant.oee import plant_oee
from twinswing.plant.recorded import RecordedHistory
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.states import STATES, UnitState, state_spans, time_in_states
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import ItemKind
from twinswing.streams.stamps import iso_ns
from twinswing.streams.supervisor import Supervisor


@pytest.fixture(scope="module")
def lathe(shared_data: Path, tmp_path_factory: pytest.TempPathFactory):
    """The lathe through an agent, live and recorded: the two histories, and the lines that it said."""
    folder = shared_data / "plant"
    path = tmp_path_factory.mktemp("lathe") / "lathe.mcap"
    lines = (folder / "lathe_shdr.txt").read_text().splitlines()
    with Agent((folder / "lathe_devices.xml").read_bytes(), "OKUMA") as agent:
        agent.hear(lines)  # so that the plant knows all of the tools
        known = plant_of_agent(agent.url)
        agent.restart()
        plant = replace(known, sources=(replace(known.sources[0], settings={"url": agent.url, "interval_s": 0.002}),))
        live = LiveHistory(plant, iso_ns("2022-08-08T13:00:00Z"))
        (source,) = make_sources(plant, folder)
        with PlantRecorder(live, path), Supervisor([source], live):
            wait_until(lambda: source._place.begun)
            start = 0
            # An agent keeps an asset's latest document only: each is followed before the next is there.
            for end in [n + 1 for n, line in enumerate(lines) if line.startswith("--multiline")] + [len(lines)]:
                agent.hear(lines[start:end])
                start = end
                wait_until(lambda: source._place.next_sequence >= agent.sequence and not source._wanted)
    live.end()
    with RecordedHistory(path) as replayed:
        yield live, replayed, lines


@pytest.fixture(scope="module")
def mill(shared_data: Path, tmp_path_factory: pytest.TempPathFactory):
    """The mill's days from its file, as fast as they can be read, live and recorded; and the seconds that it took."""
    folder = shared_data / "plant"
    path = tmp_path_factory.mktemp("mill") / "mill.mcap"
    recorded = {"kind": "shdr", "path": str(folder / "mill_day_shdr.txt")}
    plant = plant_of_device_file(folder / "mill_devices.xml", "Mazak03", source=recorded)
    sources = make_sources(plant, folder)
    begin_s = time.perf_counter()
    live = LiveHistory(plant, earliest_unix_ns(sources))
    with PlantRecorder(live, path), Supervisor(sources, live) as supervisor:
        wait_until(lambda: not supervisor.running, 60.0, "the file's end")
    live.end()
    took_s = time.perf_counter() - begin_s
    with RecordedHistory(path) as replayed:
        yield live, replayed, took_s


def both(found: Callable[[History], object], live: History, replayed: History) -> object:
    """Return what a function finds in both histories, which must be the same."""
    first, second = found(live), found(replayed)
    np.testing.assert_equal(second, first)
    return first


def same_items(live: LiveHistory, replayed: RecordedHistory) -> None:
    assert replayed.plant.items == live.plant.items
    assert replayed.span_ns == live.span_ns
    assert replayed.zero_unix_ns == live.zero_unix_ns
    assert replayed.rows == live.stats.accepted
    start, end = live.span_ns
    for number in range(len(live.plant.items)):
        a, b = (history.changes(number, start, end) for history in (live, replayed))
        for name in ("t_ns", "number", "text", "quality"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=live.plant.items[number].path)
        assert live.conditions(number, end) == replayed.conditions(number, end)


def test_the_lathe_replays_as_it_was_seen(lathe):
    live, replayed, _ = lathe
    same_items(live, replayed)
    found = both(lambda history: machining(history, history.plant.units[0]), live, replayed)
    assert [run.program[:11] for run in found.programs] == ["IMTS-2022-1", "IMTS-2022-2", "IMTS-2022-3", "IMTS-2022-4"]
    assert len(found.changes) == 38
    assert sum(change.step is ToolStep.IN for change in found.changes) == 18
    assert sum(len(use.life) for use in found.tools) > 20


def test_the_lathes_13_changes_to_another_tool(lathe):
    live, replayed, lines = lathe
    said = sorted(
        (line.split("|")[0], re.search(r"\|p1CurrentTool\|([^|]*)", line)[1])
        for line in lines
        if "|p1CurrentTool|" in line
    )
    tools = [tool for _, tool in said if tool.strip()]
    others = sum(after != before for before, after in zip(["", *tools], tools, strict=False))
    found = both(lambda history: machining(history, history.plant.units[0]).changes, live, replayed)
    assert sum(change.change for change in found) == others == 13


@pytest.mark.parametrize("name", ["lathe", "mill"])
def test_states_losses_and_energy_add_up_live_and_replayed(name, request):
    live, replayed, _ = request.getfixturevalue(name)
    start, end = live.span_ns
    unit = live.plant.units[0]

    def spent(history: History) -> list[int]:
        times, codes = state_spans(history, unit, start, end)
        return time_in_states(times, codes, end).tolist()

    states = both(spent, live, replayed)
    assert sum(states) == end - start
    assert states[STATES.index(UnitState.RUNNING)] > 600 * 10**9
    accounts = both(lambda history: plant_oee(history, start, end), live, replayed)
    account = accounts[unit.path]
    assert account.span_ns == end - start == account.planned_ns + account.unplanned_ns + account.unknown_ns
    assert sum(ns for bar, ns in account.waterfall if bar != "fully productive") == account.productive_ns
    both(lambda history: repr(plant_energy(history, start, end)), live, replayed)  # as text, for NaN equals NaN there


@pytest.mark.parametrize("name", ["lathe", "mill"])
def test_alarms_are_the_conditions_that_the_machine_gave(name, request, shared_data):
    live, replayed, lines = request.getfixturevalue(name)

    def alarms(history: LiveHistory | RecordedHistory) -> list[tuple]:
        picture = AlarmLog(history.plant).extend(history, history)
        return [(o.key, o.raised_ns, o.cleared_ns, o.priority) for o in picture.occurrences]

    found = both(alarms, live, replayed)
    if name == "mill":
        lines = (shared_data / "plant" / "mill_day_shdr.txt").read_text().splitlines()
    conditions = {(item.address, item.name): item.path for item in live.plant.items if item.kind is ItemKind.CONDITION}
    keys = {key: path for pair, path in conditions.items() for key in pair}
    said = {
        (keys[fields[1]], iso_ns(fields[0]) - live.zero_unix_ns)
        for fields in (line.split("|") for line in lines)
        if len(fields) > 2 and fields[1] in keys and fields[2].upper() in ("WARNING", "FAULT")
    }
    raised = {(path, t_ns) for path in keys.values() for key, t_ns, *_ in found if key.startswith(path)}
    assert bool(raised) == (name == "mill")  # nothing was wrong with the lathe
    assert raised <= said  # a code that is said again while it is active is one alarm
    # Every first word of trouble on a condition is an alarm.
    for path in {path for path, _ in said}:
        assert (path, min(t for p, t in said if p == path)) in raised


def test_the_mills_days_are_read_in_seconds_and_replay_as_they_were(mill):
    live, replayed, took_s = mill
    same_items(live, replayed)
    stats = live.stats
    assert (stats.received, stats.unbound, stats.dropped_rows) == (88_802, 2, 0)  # a line each; two of no item
    assert stats.accepted == stats.received - stats.unbound
    assert took_s < 20.0  # one on an idle machine of two cores


async def test_a_long_day_needs_no_more_memory_than_a_short_one(shared_data: Path, tmp_path: Path):
    folder = shared_data / "plant"
    heard = [0]

    class Counts:
        def observed(self, _source, observations) -> None:
            heard[0] += len(observations)

        def linked(self, *_) -> None: ...

    async def peak_of(count: int) -> int:
        part = tmp_path / f"{count}.txt"
        with (folder / "mill_day_shdr.txt").open("rb") as whole:
            part.write_bytes(b"".join(itertools.islice(whole, count)))
        recorded = {"kind": "shdr", "path": str(part)}
        plant = plant_of_device_file(folder / "mill_devices.xml", "Mazak03", source=recorded)
        (source,) = make_sources(plant, folder)
        heard[0] = 0
        tracemalloc.start()
        try:
            await source.run(Counts())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert heard[0] == count
        return peak

    await peak_of(1_000)  # what is made once, such as patterns
    short, long = await peak_of(6_000), await peak_of(24_000)
    assert long < 1.5 * short  # it is read in slices
