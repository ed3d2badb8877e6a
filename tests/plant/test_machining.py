"""The real lathe and mill through their real paths: programs, tool changes, tool lives, and a day that adds up."""

import itertools
import re
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.streams.agent import Agent
from twinswing.plant.connect import earliest_unix_ns, make_sources
from twinswing.plant.from_mtconnect import plant_of_agent, plant_of_device_file
from twinswing.plant.history import Changes
from twinswing.plant.machining import (
    ProgramEnd,
    ToolStep,
    durations_s,
    machining,
    program_runs,
    text_spans,
    tool_changes,
    tool_uses,
)
from twinswing.plant.model import Role, UnitKind
from twinswing.plant.states import STATES, UnitState, state_spans, time_in_states
from twinswing.plant.store import LiveHistory
from twinswing.streams.stamps import iso_ns
from twinswing.streams.supervisor import Supervisor


@pytest.fixture(scope="module")
def lathe(shared_data: Path):
    """The lathe's whole recording through an agent into a history, an asset at a time."""
    folder = shared_data / "plant"
    lines = (folder / "lathe_shdr.txt").read_text().splitlines()
    with Agent((folder / "lathe_devices.xml").read_bytes(), "OKUMA") as agent:
        agent.hear(lines)  # so that the plant knows all of the tools
        known = plant_of_agent(agent.url)
        agent.restart()
        plant = replace(known, sources=(replace(known.sources[0], settings={"url": agent.url, "interval_s": 0.002}),))
        history = LiveHistory(plant, iso_ns("2022-08-08T13:00:00Z"))
        (source,) = make_sources(plant, folder)
        with Supervisor([source], history):
            wait_until(lambda: source._place.begun)
            start = 0
            # An agent keeps an asset's latest document only: each is followed before the next is there.
            for end in [n + 1 for n, line in enumerate(lines) if line.startswith("--multiline")] + [len(lines)]:
                agent.hear(lines[start:end])
                start = end
                wait_until(lambda: source._place.next_sequence >= agent.sequence and not source._wanted)
        history.end()
    return history, lines


def stretch(history: LiveHistory) -> tuple[int, int]:
    return 0, iso_ns("2022-08-08T14:31:00Z") - history.zero_unix_ns


def test_the_lathes_twin_has_its_roles_kinds_and_units(lathe):
    history, _ = lathe
    (unit,) = history.plant.units
    assert unit.kind is UnitKind.LATHE
    assert unit.manufacturer == "OKUMA"
    named = {role: item.name for role, item in unit.by_role.items()}
    assert named[Role.EXECUTION] == "pexecution"
    assert named[Role.PROGRAM] == "pprogram"
    assert named[Role.TOOL] == "p1CurrentTool"
    assert named[Role.LOAD] == "S1load"
    assert unit.by_role[Role.SPEED].unit == "rad/s"
    assert unit.by_role[Role.TOOL_LIFE].unit == "s"
    names = {item.name for item in unit.items}
    assert {"X1load", "Z1load", "Z4load", "B1load", "YS1load", "CoolantSystem1_cond"} <= names


def test_the_lathes_four_programs_ran_to_completion(lathe):
    history, lines = lathe
    found = machining(history, history.plant.units[0], *stretch(history))
    assert [(run.program, run.end) for run in found.programs] == [
        ("IMTS-2022-1E-mm.MIN", ProgramEnd.COMPLETED),
        ("IMTS-2022-2-HOB.MIN", ProgramEnd.COMPLETED),
        ("IMTS-2022-3-TRAN.MIN", ProgramEnd.COMPLETED),
        ("IMTS-2022-4B-mm.MIN", ProgramEnd.COMPLETED),
    ]
    said = sorted(
        (line.split("|")[0], re.search(r"\|pexecution\|(\w+)", line)[1]) for line in lines if "|pexecution|" in line
    )
    begun = [iso_ns(t) - history.zero_unix_ns for t, state in said if state == "ACTIVE"]
    ended = [iso_ns(t) - history.zero_unix_ns for t, state in said if state == "PROGRAM_COMPLETED"]
    assert [run.start_ns for run in found.programs] == begun
    assert [run.end_ns for run in found.programs] == ended


def test_the_lathes_38_words_about_its_tool_and_what_each_meant(lathe):
    history, lines = lathe
    found = machining(history, history.plant.units[0], *stretch(history))
    said = sorted(
        (iso_ns(line.split("|")[0]) - history.zero_unix_ns, re.search(r"\|p1CurrentTool\|([^|]*)", line)[1])
        for line in lines
        if "|p1CurrentTool|" in line
    )
    assert len(found.changes) == 38
    assert [(change.t_ns, change.tool) for change in found.changes] == said
    steps = [change.step for change in found.changes]
    # 17 times the holder was emptied, 18 times filled; three words are the first look at a session's start.
    assert (steps.count(ToolStep.OUT), steps.count(ToolStep.IN), steps.count(ToolStep.FOUND)) == (17, 18, 3)


def test_the_lives_of_the_lathes_tools_come_out_as_its_assets_say(lathe):
    history, lines = lathe
    expected: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for head, body in itertools.pairwise(lines):
        if "|@ASSET@|" in head:
            minutes = float(re.search(r'type="MINUTES"[^>]*>(\d+)<', body)[1])
            expected[head.split("|")[2]].append((iso_ns(head.split("|")[0]) - history.zero_unix_ns, minutes * 60.0))
    assert sum(map(len, expected.values())) == 118
    first, last = -(10**15), stretch(history)[1]
    checked = 0
    for tool, lives in expected.items():
        path = next((i for i in history.plant.items if i.address == f"{tool}#MINUTES"), None)
        if path is None:
            continue  # removed again in the last session: the agent no longer told of it when the plant was made
        got = history.changes(history.plant.item_number[path.path], first, last)
        known = {(int(t), float(x)) for t, x in zip(got.t_ns, got.number, strict=True) if not np.isnan(x)}
        assert set(lives) <= known, tool
        checked += len(lives)
    assert checked > 60
    uses = {use.tool: use for use in machining(history, history.plant.units[0], *stretch(history)).tools}
    # The longest cut: tool 2201 in the fourth program, in which its documents count seven minutes.
    fourth_ns = iso_ns("2022-08-08T14:21:00Z") - history.zero_unix_ns
    in_fourth = [value for t_ns, value in expected["123456.2201"] if t_ns > fourth_ns]
    counted = max(in_fourth) - min(in_fourth)
    assert counted == 7 * 60.0
    assert uses["2201"].life[-1] - uses["2201"].life[2] == pytest.approx(counted)
    assert uses["2201"].active_s == pytest.approx(496.8, abs=0.5)
    assert all(use.active_s <= use.in_use_s for use in uses.values())


async def test_the_mills_day_adds_up(shared_data: Path):
    folder = shared_data / "plant"
    recorded = {"kind": "shdr", "path": str(folder / "mill_day_shdr.txt")}
    plant = plant_of_device_file(folder / "mill_devices.xml", "Mazak03", source=recorded)
    (source,) = make_sources(plant, folder)
    zero = earliest_unix_ns([source])
    assert zero == iso_ns("2018-08-15T07:00:48.659593Z")
    history = LiveHistory(plant, zero)
    await source.run(history)
    history.end()
    start_ns, end_ns = iso_ns("2018-08-16T04:00:00Z") - zero, iso_ns("2018-08-16T20:00:00Z") - zero
    found = machining(history, plant.units[0], start_ns, end_ns)
    assert sum(found.execution_s.values()) == pytest.approx(16 * 3600.0, abs=1e-6)
    # The same, read off the file's own lines by hand.
    said = sorted(
        (iso_ns(fields[0]) - zero, number, fields[2])
        for number, fields in enumerate(line.split("|") for line in _lines(folder / "mill_day_shdr.txt"))
        if fields[1] == "execution"
    )
    expected: dict[str, float] = defaultdict(float)
    at, state = start_ns, ""
    for t_ns, _, text in [*said, (end_ns, 0, "")]:
        expected[state] += (t_ns - at) * 1e-9
        at, state = t_ns, "" if text == "UNAVAILABLE" else text
    assert dict(found.execution_s) == pytest.approx(dict(expected), abs=1e-6)
    assert found.execution_s["ACTIVE"] > 600
    times, codes = state_spans(history, plant.units[0], start_ns, end_ns)
    in_states = dict(zip(STATES, time_in_states(times, codes, end_ns), strict=True))
    assert sum(int(ns) for ns in in_states.values()) == end_ns - start_ns  # to the nanosecond
    assert in_states[UnitState.RUNNING] * 1e-9 == pytest.approx(expected["ACTIVE"], abs=1e-6)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


# The arithmetic, on histories written by hand.

TEXTS = ["ACTIVE", "READY", "PROGRAM_COMPLETED", "FEED_HOLD", "A", "B", "", "STOPPED"]


def changes(*said: tuple[int, str | float | None]) -> Changes:
    known = [value for _, value in said]
    return Changes(
        np.array([t * 10**9 for t, _ in said], np.int64),
        np.array([v if isinstance(v, float) else np.nan for v in known]),
        np.array([TEXTS.index(v) if isinstance(v, str) else -1 for v in known], np.int32),
        np.array([0 if v is not None else 1 for v in known], np.uint8),
    )


def spans(*said: tuple[int, str | float | None], end: int = 100) -> list[tuple[int, int, str]]:
    return text_spans(changes(*said), TEXTS, 0, end * 10**9)


def test_spans_cover_all_time_whatever_was_said_when():
    found = spans((-5, "READY"), (10, "ACTIVE"), (10, "FEED_HOLD"), (30, None), (50, 31.0))
    assert [(a // 10**9, b // 10**9, text) for a, b, text in found] == [
        (0, 10, "READY"),
        (10, 30, "FEED_HOLD"),
        (30, 50, ""),
        (50, 100, "31"),
    ]
    assert sum(durations_s(found).values()) == 100.0


def test_a_run_ends_by_completion_stop_change_or_loss():
    execution = spans(
        (0, "READY"), (5, "ACTIVE"), (10, "FEED_HOLD"), (15, "ACTIVE"), (20, "PROGRAM_COMPLETED"),
        (30, "ACTIVE"), (35, "STOPPED"), (40, "ACTIVE"), (60, None), (70, "ACTIVE"),
    )  # fmt: skip
    program = spans((0, "A"), (50, "B"))
    runs = program_runs(execution, program)
    assert [(r.program, r.end, round(r.duration_s, 6), round(r.active_s, 6)) for r in runs] == [
        ("A", ProgramEnd.COMPLETED, 15.0, 10.0),
        ("A", ProgramEnd.STOPPED, 5.0, 5.0),
        ("A", ProgramEnd.CHANGED, 10.0, 10.0),
        ("B", ProgramEnd.LOST, 10.0, 10.0),
        ("B", ProgramEnd.RUNNING, 30.0, 30.0),
    ]


def test_tools_out_and_in_and_named_again():
    said = changes((-1, "A"), (10, ""), (20, "B"), (30, ""), (40, "B"), (50, None), (60, "B"))
    found = tool_changes(said, TEXTS, 0, 100 * 10**9)
    assert [(c.tool, c.step, c.change) for c in found] == [
        ("", ToolStep.OUT, False),
        ("B", ToolStep.IN, True),
        ("", ToolStep.OUT, False),
        ("B", ToolStep.IN, False),
        ("B", ToolStep.FOUND, False),
    ]
    uses = tool_uses(spans((-1, "A"), (10, ""), (20, "B"), (30, ""), (40, "B")), spans((25, "ACTIVE"), (50, "READY")))
    assert [(u.tool, u.times, round(u.in_use_s, 6), round(u.active_s, 6)) for u in uses] == [
        ("A", 1, 10.0, 0.0),
        ("B", 2, 70.0, 15.0),
    ]
    assert np.isnan(uses[0].life_used)
