"""A golfer's earlier swings: only this golfer's, only before, only with that club, each capture once."""

from dataclasses import replace
from pathlib import Path

import pytest

from twinswing.review.library_earlier import MOST, earlier_of, earlier_swings
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import About, Entry, MeasureRow
from twinswing.review.library_people import new_golfer

DAY_NS = 86_400 * 10**9
START_NS = 1_700_000_000 * 10**9
ANNA = new_golfer("Anna")
BEN = new_golfer("Ben")


def entry(day: int, value: float, *, person: str = ANNA.ident, kind: str = "iron", mark: str = "") -> Entry:
    row = MeasureRow("pelvis_thrust_impact_m", value, "m", 0.01, "video")
    return replace(
        Entry("swing", fingerprint=mark or f"capture {day} {value}", recorded_unix_ns=START_NS + day * DAY_NS),
        about=About(person=person), club_kind=kind, measures=(row,), swings=1,
    )  # fmt: skip


@pytest.fixture
def index(tmp_path: Path):
    with LibraryIndex(tmp_path / "index.db") as opened:
        opened.put_people([ANNA, BEN])
        rows = (
            entry(1, 0.09), entry(2, 0.08), entry(3, 0.30, person=BEN.ident), entry(4, 0.40, kind="driver"),
            entry(5, 0.07, kind=""), entry(6, 0.06, mark="twice"), entry(7, 0.06, mark="twice"), entry(9, 0.01),
            entry(2, 0.50, person=""),
        )  # fmt: skip
        for k, one in enumerate(rows):
            opened.put(Path(f"/swings/{k}.mcap"), 1, 1, one)
        yield opened


def values(found: list) -> list[float]:
    return [e.measures["pelvis_thrust_impact_m"].value for e in found]


def test_only_this_golfers_swings_before_it_with_the_same_club_or_an_unnamed_one(index: LibraryIndex) -> None:
    found = earlier_swings(index, ANNA.ident, START_NS + 8 * DAY_NS, club_kind="iron")
    assert values(found) == [0.09, 0.08, 0.07, 0.06]
    assert [e.at_unix_s for e in found] == sorted(e.at_unix_s for e in found)
    assert found[0].club == "iron"
    assert found[2].club is None
    assert values(earlier_swings(index, ANNA.ident, START_NS + 8 * DAY_NS)) == [0.09, 0.08, 0.40, 0.07, 0.06]


def test_a_capture_is_not_earlier_than_itself(index: LibraryIndex) -> None:
    found = earlier_swings(index, ANNA.ident, START_NS + 8 * DAY_NS, club_kind="iron", skip_fingerprint="twice")
    assert values(found) == [0.09, 0.08, 0.07]


def test_nobodys_swings_are_nobodys(index: LibraryIndex) -> None:
    assert earlier_swings(index, "", START_NS + 8 * DAY_NS) == []
    assert earlier_swings(index, "somebody else", START_NS + 8 * DAY_NS) == []


def test_a_year_of_practice_is_the_latest_of_it(index: LibraryIndex) -> None:
    for k in range(MOST + 20):
        index.put(Path(f"/many/{k}.mcap"), 1, 1, entry(100 + k, 0.001 * k, mark=f"many {k}"))
    found = earlier_swings(index, ANNA.ident, START_NS + 1000 * DAY_NS, club_kind="iron")
    assert len(found) == MOST
    assert values(found)[-1] == pytest.approx(0.001 * (MOST + 19))


def test_no_library_or_no_file_is_no_earlier_swing(tmp_path: Path) -> None:
    assert earlier_of(tmp_path / "a.mcap", tmp_path / "index.db") == []
