"""Alarms come, wait for a person, and go as ISA-18.2 says."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.plant.alarm_rules import latched
from twinswing.plant.alarms import (
    AlarmLog,
    AlarmPicture,
    AlarmState,
    acknowledge,
    alarm_floods,
    service,
    shelve,
    unshelve,
)  # fmt: skip
from twinswing.plant.history import Changes
from twinswing.plant.journal import LinkEvent
from twinswing.plant.model import DataItem, Limit, Plant, Priority, Role, Unit, UnitKind
from twinswing.streams.observations import ItemKind, LinkState, Quality

S = 1_000_000_000
HOT = Limit("hot", high=80.0, priority=Priority.HIGH, deadband=5.0, delay_s=2.0, message="Cool it down.")
PRESSURE = Limit("pressure", low=4.0, high=8.0, priority=Priority.LOW)


def plant() -> Plant:
    def item(unit: str, name: str, kind: ItemKind, role: Role, *limits: Limit) -> DataItem:
        return DataItem(f"{unit}/{name}", name, kind, role, "K", "sim", f"{unit}/{name}", limits=limits)

    units = []
    for name in ("a/line/mill", "a/line/lathe", "a/other/saw"):
        items = (
            item(name, "temperature", ItemKind.SAMPLE, Role.TEMPERATURE, HOT),
            item(name, "pressure", ItemKind.SAMPLE, Role.PRESSURE, PRESSURE),
            item(name, "spindle", ItemKind.CONDITION, Role.CONDITION),
        )
        units.append(Unit(name, name, name, UnitKind.MILL, (0, 0, 0), 0.0, (1, 1, 1), items))
    return Plant("p", "P", "s", "e", (10, 10, 5), (), tuple(units))


class Told:
    """A history of exactly what a test says."""

    live = True
    zero_unix_ns = 0

    def __init__(self) -> None:
        self.plant = plant()
        self.texts: list[str] = []
        self.active: dict[tuple[str, str], str] = {}
        self.rows: dict[int, list[tuple]] = {}
        self.said: list = []
        self.events: list[LinkEvent] = []
        self.end = 0

    def number(self, item: str, t_s: float, value: float | None) -> None:
        row = (round(t_s * S), np.nan, -1, Quality.UNAVAILABLE, -1)
        if value is not None:
            row = (round(t_s * S), value, -1, Quality.GOOD, -1)
        self._add(item, row)

    def condition(self, item: str, t_s: float, level: str, code: str = "", message: str = "") -> None:
        if level == "NORMAL" and not code:
            self.active.clear()
        self.active[item, code] = level
        worst = max(self.active.values(), key=("NORMAL", "WARNING", "FAULT").index)
        self.texts += [worst, f"{level}\t{code}\t{message}"]
        self._add(item, (round(t_s * S), np.nan, len(self.texts) - 2, Quality.GOOD, len(self.texts) - 1))

    def _add(self, item: str, row: tuple) -> None:
        self.rows.setdefault(self.plant.item_number[item], []).append(row)
        self.end = max(self.end, row[0])

    @property
    def span_ns(self) -> tuple[int, int]:
        return 0, self.end

    def changes(self, item: int, start_ns: int, end_ns: int) -> Changes:
        rows = sorted(self.rows.get(item, []), key=lambda r: r[0])
        before = [r for r in rows if r[0] < start_ns][-1:]
        columns = list(zip(*(before + [r for r in rows if start_ns <= r[0] <= end_ns]), strict=True)) or [()] * 5
        kinds = (np.int64, np.float64, np.int32, np.uint8, np.int32)
        return Changes(*(np.array(c, dtype=k) for c, k in zip(columns, kinds, strict=True)))

    def actions(self, start_ns=None, end_ns=None):
        return tuple(self.said)

    def links(self, start_ns=None, end_ns=None):
        return tuple(e for e in self.events if end_ns is None or e.t_ns <= end_ns)


MILL = "a/line/mill"
HOT_KEY = f"{MILL}/temperature:hot"


def picture_of(told: Told, until_s: float | None = None) -> AlarmPicture:
    return AlarmLog(told.plant).extend(told, told, None if until_s is None else round(until_s * S))


def test_a_limit_has_a_delay_and_a_deadband():
    told = Told()
    for t, value in ((0, 70), (10, 81), (11, 79), (11.5, 74), (20, 90), (23, 78), (25, 76), (26, 75), (40, 70)):
        told.number(f"{MILL}/temperature", t, value)
    (one,) = picture_of(told).occurrences
    assert (one.raised_ns, one.cleared_ns) == (22 * S, 26 * S), "1.5 s is too short; 78 is in the band"
    assert one.value == 90.0
    assert one.message == "Cool it down."
    assert one.unit == MILL


def test_an_alarm_stands_until_its_cause_is_known_to_be_gone():
    told = Told()
    told.number(f"{MILL}/pressure", 1, 3.0)
    told.number(f"{MILL}/pressure", 2, None)
    told.number(f"{MILL}/pressure", 60, None)
    (one,) = picture_of(told).occurrences
    assert one.cleared_ns is None
    assert "below 4" in one.message


def test_states_follow_what_people_do():
    told = Told()
    told.number(f"{MILL}/temperature", 0, 90)
    told.number(f"{MILL}/temperature", 100, 60)
    told.number(f"{MILL}/temperature", 200, 95)
    told.number(f"{MILL}/temperature", 300, 60)
    told.number(f"{MILL}/temperature", 400, 60)

    def state(t_s: float, off=()) -> AlarmState | None:
        found = picture_of(told).at(round(t_s * S), off)
        assert len(found) <= 1
        return found[0].state if found else None

    assert state(1) is None
    assert state(50) is AlarmState.UNACKNOWLEDGED
    assert state(150) is AlarmState.RETURNED
    assert state(250) is AlarmState.UNACKNOWLEDGED
    assert state(50, {MILL}) is AlarmState.SUPPRESSED
    told.said = [acknowledge(210 * S, [HOT_KEY], "Ada", "seen")]
    assert state(205) is AlarmState.UNACKNOWLEDGED, "what is done later changes nothing before"
    assert state(250) is AlarmState.ACKNOWLEDGED
    assert state(350) is None, "gone and seen; and so is the one before it"
    told.said = [shelve(20 * S, HOT_KEY, "Ada", 60.0, "sensor is being changed")]
    assert [state(t) for t in (10, 30, 90)] == [
        AlarmState.UNACKNOWLEDGED, AlarmState.SHELVED, AlarmState.UNACKNOWLEDGED,
    ]  # fmt: skip
    told.said.append(unshelve(40 * S, HOT_KEY, "Bo"))
    assert state(50) is AlarmState.UNACKNOWLEDGED
    told.said = [
        service(20 * S, HOT_KEY, "Ada", out=True, note="broken"), service(220 * S, HOT_KEY, "Ada", out=False),
    ]  # fmt: skip
    assert [state(t) for t in (30, 210, 230)] == [
        AlarmState.OUT_OF_SERVICE, AlarmState.OUT_OF_SERVICE, AlarmState.UNACKNOWLEDGED,
    ]  # fmt: skip


def test_shelving_needs_a_reason_and_an_end():
    with pytest.raises(InputError, match="reason"):
        shelve(0, HOT_KEY, "Ada", 60.0, " ")
    with pytest.raises(InputError, match="up to 8 h"):
        shelve(0, HOT_KEY, "Ada", 9 * 3600.0, "never mind")


def test_each_code_of_a_condition_is_an_alarm_and_a_fault_another_one():
    told = Told()
    spindle = f"{MILL}/spindle"
    told.condition(spindle, 1, "WARNING", "210", "Bearing is warm")
    told.condition(spindle, 1, "WARNING", "77", "Coolant is low")
    told.condition(spindle, 5, "FAULT", "210", "Bearing is hot")
    told.condition(spindle, 8, "NORMAL", "77")
    told.condition(spindle, 9, "NORMAL")
    found = {(o.name, o.raised_ns // S, o.cleared_ns // S): o for o in picture_of(told).occurrences}
    assert set(found) == {("WARNING 210", 1, 5), ("WARNING 77", 1, 8), ("FAULT 210", 5, 9)}
    assert found["FAULT 210", 5, 9].priority is Priority.HIGH
    assert found["WARNING 77", 1, 8].message == "Coolant is low"


def test_a_condition_that_was_bad_when_listening_began_clears_with_its_code():
    told = Told()
    spindle = f"{MILL}/spindle"
    told.texts += ["FAULT", "NORMAL", "NORMAL\t210\t"]
    told._add(spindle, (0, np.nan, 0, Quality.GOOD, -1))
    told._add(spindle, (9 * S, np.nan, 1, Quality.GOOD, 2))
    (one,) = picture_of(told).occurrences
    assert (one.name, one.cleared_ns) == ("FAULT", 9 * S)


def test_a_lost_source_is_an_alarm():
    told = Told()
    told.end = 100 * S
    told.events = [
        LinkEvent(1 * S, "mill", LinkState.LIVE, "connected"), LinkEvent(5 * S, "mill", LinkState.STALE, "silent"),
        LinkEvent(9 * S, "mill", LinkState.DOWN, "lost"), LinkEvent(20 * S, "mill", LinkState.LIVE, "back"),
        LinkEvent(30 * S, "mill", LinkState.STALE, "one item", items=("x",)),
    ]  # fmt: skip
    (one,) = picture_of(told).occurrences
    assert (one.key, one.raised_ns, one.cleared_ns) == ("source:mill", 5 * S, 20 * S)


def test_the_first_of_a_line_is_told_from_those_that_follow():
    told = Told()
    told.number(f"{MILL}/pressure", 1, 9.0)
    told.number("a/line/lathe/pressure", 2, 9.0)
    told.number("a/other/saw/pressure", 3, 9.0)
    told.number(f"{MILL}/pressure", 10, 6.0)
    told.number("a/line/lathe/pressure", 12, 6.0)
    told.number("a/line/lathe/pressure", 20, 9.0)
    picture = picture_of(told)
    assert [(o.unit, first) for o, first in zip(picture.occurrences, picture.first_out.tolist(), strict=True)] == [
        (MILL, True), ("a/line/lathe", False), ("a/other/saw", True), ("a/line/lathe", True),
    ]  # fmt: skip


def test_the_list_puts_first_what_must_be_answered_first():
    told = Told()
    told.number(f"{MILL}/pressure", 1, 9.0)
    told.number("a/other/saw/temperature", 1, 90.0)
    told.number("a/line/lathe/pressure", 2, 9.0)
    told.number("a/line/lathe/pressure", 50, 9.0)
    told.said = [acknowledge(5 * S, [f"{MILL}/pressure:pressure"], "Ada")]
    found = picture_of(told).at(40 * S)
    assert [a.occurrence.unit for a in found] == ["a/other/saw", "a/line/lathe", MILL]


def test_a_flood_begins_above_ten_in_ten_minutes_and_ends_below_five():
    raised = np.array([i * 30 * S for i in range(12)], dtype=np.int64)
    (flood,) = alarm_floods(raised, 3600 * S)
    assert flood.start_ns == 10 * 30 * S, "the eleventh"
    assert flood.end_ns == 7 * 30 * S + 600 * S, "when the eighth has left the window four remain"
    assert alarm_floods(raised[:10], 3600 * S) == ()
    assert alarm_floods(raised, 400 * S)[0].end_ns is None
    assert alarm_floods(np.zeros(0, dtype=np.int64), 0) == ()


@given(st.lists(st.floats(-10, 110), max_size=60), st.booleans(), st.floats(0, 20))
@settings(max_examples=200)
def test_a_latch_is_what_a_person_would_follow_step_by_step(values, before, deadband):
    limit = replace(HOT, low=10.0, deadband=deadband)
    state, expected = before, []
    for value in values:
        if value > 80.0 or value < 10.0:
            state = True
        elif 10.0 + deadband <= value <= 80.0 - deadband:
            state = False
        expected.append(state)
    assert latched(np.array(values, dtype=float), limit, before).tolist() == expected


@given(
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from([60, 78, 81, 95, None]), st.integers(0, 2)), max_size=40),
    st.lists(st.integers(0, 300), max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_reading_as_it_grows_gives_what_reading_at_once_gives(rows, stops):
    units = (MILL, "a/line/lathe", "a/other/saw")
    whole = Told()
    rows = sorted({(t, unit): (t, value, unit) for t, value, unit in rows}.values(), key=lambda r: r[0])
    for t, value, unit in rows:
        whole.number(f"{units[unit]}/temperature", t, value)
    growing, told = AlarmLog(whole.plant), Told()
    for stop in [*sorted(stops), 301]:
        for t, value, unit in rows:
            name = f"{units[unit]}/temperature"
            if t <= stop and t * S not in {r[0] for r in told.rows.get(told.plant.item_number[name], [])}:
                told.number(name, t, value)
        growing.extend(told, told)
    assert growing.picture.occurrences == picture_of(whole).occurrences
