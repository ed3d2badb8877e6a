"""The index as a file: damaged, foreign, newer, shared; what is asked of it; profiles; trends."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.review.library import NOW_NS, SWING, Shelf
from twinswing.errors import InputError
from twinswing.review import library_query as asked
from twinswing.review.library_about import write_about
from twinswing.review.library_index import LibraryIndex
from twinswing.review.library_model import About, Consent, Entry, Golfer, MeasureRow
from twinswing.review.library_people import (
    PEOPLE_FOLDER,
    checked,
    load_golfers,
    new_golfer,
    profile_path,
    save_golfer,
)
from twinswing.review.library_query import NOBODY, Query
from twinswing.review.library_trends import Series, best_of, load_series, mean_between, summed

DAY_NS = 86_400 * 10**9


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf.at(tmp_path)


@pytest.mark.parametrize("damage", [b"no database at all" * 99, b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_made_again(shelf: Shelf, damage: bytes) -> None:
    shelf.small(1)
    shelf.scan()
    for ending in ("-wal", "-shm"):
        shelf.place.index.with_name(f"index.db{ending}").unlink(missing_ok=True)
    shelf.place.index.write_bytes(damage)
    with shelf.index() as index:
        assert bool(index.rebuilt) == bool(damage)
        if damage:
            assert "made again" in index.rebuilt
    shelf.scan()
    assert len(shelf.rows()) == 1


def test_an_index_with_a_spoiled_page_is_made_again(shelf: Shelf) -> None:
    for number in range(40):
        shelf.small(number)
    shelf.scan()
    data = bytearray(shelf.place.index.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    shelf.place.index.write_bytes(data)
    with shelf.index() as index:
        assert index.rebuilt
    shelf.scan()
    assert len(shelf.rows()) == 40


def test_another_programs_database_is_not_read_as_ours(shelf: Shelf) -> None:
    shelf.place.index.parent.mkdir(parents=True)
    with sqlite3.connect(shelf.place.index) as other:
        other.execute("CREATE TABLE recordings (id)")
    other.close()
    with shelf.index() as index:
        assert "another program" in index.rebuilt
        assert asked.count(index) == 0


def test_a_newer_programs_index_is_refused_with_a_sentence(shelf: Shelf) -> None:
    shelf.index().close()
    with sqlite3.connect(shelf.place.index) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = shelf.place.index.read_bytes()
    with pytest.raises(InputError, match=r"version 99.*update") as error:
        shelf.index()
    assert "\n" not in str(error.value)
    assert shelf.place.index.read_bytes() == before


def test_a_row_that_another_process_took_or_entered_meanwhile_stops_nothing(shelf: Shelf) -> None:
    moved, there = Path("/moved.mcap"), Path("/there.mcap")
    with shelf.index() as index:
        with index.writing():
            former = index.put(moved, 1, 1, Entry("swing", notes="first"))
            index.put(there, 1, 1, Entry("swing", notes="second"))
            # A file that was moved onto a path that has got a row of its own since it was looked at.
            assert index.put(there, 1, 1, Entry("swing", notes="third"), former) == former
        with index.writing():
            index.put(moved, 1, 1, Entry("swing", notes="fourth"))
        found = {word: len(asked.select(index, Query(text=word))) for word in ("first", "second", "third", "fourth")}
        assert found == {"first": 0, "second": 0, "third": 1, "fourth": 1}
        with index.writing():
            index.drop([former])
            ident = index.put(there, 1, 1, Entry("swing", notes="fifth", tags=("kept",)), former)
        assert asked.select(index, Query(text="fifth", tags=("kept",))) == [ident]


def _put_many(index: LibraryIndex) -> None:
    with index.writing():
        for number in range(2000):
            index.put(Path(f"/{number}.mcap"), 1, 1, Entry("swing", notes=f"word{number} " * 300))


def test_a_full_disk_is_a_sentence_and_changes_nothing(shelf: Shelf) -> None:
    with shelf.index() as index:
        index.db.execute("PRAGMA max_page_count = 60")
        with pytest.raises(InputError, match="full"):
            _put_many(index)
        with index.writing():
            index.put(Path("/one.mcap"), 1, 1, Entry("swing"))
        assert asked.count(index) == 1


def test_a_reader_sees_whole_commits_while_another_writes(shelf: Shelf) -> None:
    with shelf.index() as writer, shelf.index() as reader:
        before = reader.state
        with writer.writing():
            writer.put(shelf.folder / "a.mcap", 1, 1, Entry("swing"))
            assert asked.count(reader) == 0
        assert asked.count(reader) == 1
        assert reader.state != before
        with pytest.raises(sqlite3.IntegrityError), writer.writing():
            _put_and_fail(writer, shelf.folder / "b.mcap")
        assert asked.count(reader) == 1


def _put_and_fail(index: LibraryIndex, path: Path) -> None:
    index.put(path, 1, 1, Entry("swing"))
    index.db.execute("INSERT INTO facts VALUES ('x', NULL)")


def _library(shelf: Shelf) -> LibraryIndex:
    """An index with a few recordings that differ in everything that can be asked for."""
    index = shelf.index()
    index.put_people([Golfer("anna01", "Anna Bérg"), Golfer("tomas1", "Tomás")])
    entries = {
        "one": Entry("swing", about=_about("anna01"), club="driver", tags=("Wind", "range"), rating=4, annotations=2,
                     notes="Hüfte zuerst", recorded_unix_ns=NOW_NS,
                     measures=(MeasureRow("head_speed_mps", 45.0, "m/s", 0.5, "club"),)),
        "two": Entry("swing", about=_about("anna01"), club="7 iron", recorded_unix_ns=NOW_NS - 40 * DAY_NS,
                     measures=(MeasureRow("head_speed_mps", 38.0, "m/s", 0.5, "club"),)),
        "works": Entry("plant", plant="works", plant_label="Club works", recorded_unix_ns=NOW_NS - DAY_NS),
        "three": Entry("swing", about=_about("tomas1"), club="driver", recorded_unix_ns=NOW_NS - DAY_NS - 1),
        "four": Entry("swing", recorded_unix_ns=NOW_NS - 2 * DAY_NS),
        "bad": Entry("unreadable", reason="It was cut off."),
    }  # fmt: skip
    with index.writing():
        for name, entry in entries.items():
            index.put(shelf.folder / f"{name}.mcap", 1, 1, replace(entry, fingerprint=name))
    return index


def _about(person: str) -> object:
    from twinswing.review.library_model import About

    return About(person=person)


def _names(index: LibraryIndex, query: Query) -> list[str]:
    idents = asked.select(index, query)
    rows = asked.rows_of(index, idents)
    return [rows[ident].path.stem for ident in idents]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(), ["one", "works", "three", "four", "two", "bad"]),
        (Query(person="anna01"), ["one", "two"]),
        (Query(person=NOBODY), ["four"]),
        (Query(club="driver"), ["one", "three"]),
        (Query(kind="plant"), ["works"]),
        (Query(plant="works"), ["works"]),
        (Query(tags=("wind",)), ["one"]),
        (Query(tags=("wind", "range")), ["one"]),
        (Query(tags=("wind", "snow")), []),
        (Query(annotated=True), ["one"]),
        (Query(rating=4), ["one"]),
        (Query(measures={"head_speed_mps": (40.0, None)}), ["one"]),
        (Query(measures={"head_speed_mps": (None, 40.0)}), ["two"]),
        (Query(measures={"head_speed_mps": (None, None)}), ["one", "two"]),
        (Query(text="berg"), ["one", "two"]),
        (Query(text="huf wind"), ["one"]),
        (Query(text="anna iron"), ["two"]),
        (Query(text='") OR 1=1 --'), []),
        (Query(text="   "), ["one", "works", "three", "four", "two", "bad"]),
        (Query(sort="head_speed_mps"), ["one", "two", "works", "three", "four", "bad"]),
        (Query(sort="head_speed_mps", descending=False), ["two", "one", "works", "three", "four", "bad"]),
        (Query(sort="name", descending=False), ["bad", "four", "one", "three", "two", "works"]),
        (Query(sort="golfer", descending=False, kind="swing"), ["four", "one", "two", "three"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("full_text", [True, False])
def test_what_is_asked_for_is_found_in_its_order(
    shelf: Shelf, query: Query, expected: list[str], full_text: bool
) -> None:
    with _library(shelf) as index:
        if not full_text:
            # An SQLite without full-text search has a plain table instead.
            rows = index.db.execute("SELECT rowid, body FROM words").fetchall()
            index.db.execute("DROP TABLE words")
            index.db.execute("CREATE TABLE words (rowid INTEGER PRIMARY KEY, body TEXT NOT NULL)")
            index.db.executemany("INSERT INTO words (rowid, body) VALUES (?, ?)", rows)
            index.full_text = False
        assert _names(index, query) == expected


def test_days_bound_a_query_at_both_ends(shelf: Shelf) -> None:
    with _library(shelf) as index:
        days = {row.path.stem: row.day for row in asked.rows_of(index, asked.select(index, Query())).values()}
        assert _names(index, Query(days=(days["four"], days["works"]))) == ["works", "three", "four"]
        assert _names(index, Query(day=days["one"])) == ["one"]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryIndex]:
    with _library(Shelf.at(tmp_path_factory.mktemp("words"))) as index:
        yield index


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=30))
def test_no_words_that_are_searched_for_break_the_search(held: LibraryIndex, text: str) -> None:
    assert set(_names(held, Query(text=text))) <= {"one", "two", "works", "three", "four", "bad"}


def test_lists_to_choose_by_are_counted(shelf: Shelf) -> None:
    with _library(shelf) as index:
        assert [(c.label, c.count) for c in asked.people(index)] == [
            ("Anna Bérg", 2),
            ("Tomás", 1),
            ("No golfer named", 1),
        ]
        assert [(c.label, c.count) for c in asked.clubs(index)] == [("7 iron", 1), ("driver", 2)]
        assert [(c.label, c.count) for c in asked.plants(index)] == [("Club works", 1)]
        assert [(c.label, c.count) for c in asked.tags(index)] == [("range", 1), ("Wind", 1)]
        assert [(s.person_name, s.count) for s in asked.sessions(index)] == [
            ("Anna Bérg", 1),
            ("Tomás", 1),
            ("", 1),
            ("Anna Bérg", 1),
        ]


@pytest.mark.parametrize("typed", ["Anna-Lena", "lena", "O'Brien", "o\u2019brien", "anna-l", "brien anna"])
def test_a_name_of_several_parts_is_found_by_each_and_as_it_is_written(shelf: Shelf, typed: str) -> None:
    golfer = new_golfer("Anna-Lena O'Brien")
    with shelf.index() as index:
        index.put_people([golfer, new_golfer("Adrienne Lane")])
        with index.writing():
            theirs = index.put(Path("/a.mcap"), 1, 1, Entry("swing", about=About(person=golfer.ident)))
            index.put(Path("/b.mcap"), 1, 1, Entry("swing"))
        assert asked.select(index, Query(text=typed)) == [theirs]


# Profiles


def test_a_profile_is_kept_and_comes_back(shelf: Shelf) -> None:
    golfer = new_golfer(
        " Anna  Berg ", height_m=1.72, handed="left", consent=Consent("2026-05-01", ("share", "record")),
        clubs=("driver", "driver", " 7 iron "),
    )  # fmt: skip
    save_golfer(shelf.folder, golfer)
    (found,), problems = load_golfers(shelf.folder)
    assert not problems
    assert found == golfer
    assert (found.name, found.clubs) == ("Anna Berg", ("driver", "7 iron"))
    assert found.consent == Consent("2026-05-01", ("record", "share"))
    shelf.scan()
    with shelf.index() as index:
        assert asked.golfers(index) == [golfer]


def test_a_name_is_in_no_recording(shelf: Shelf) -> None:
    golfer = new_golfer("Zebulon Quist")
    save_golfer(shelf.folder, golfer)
    path = shelf.copy(SWING)
    write_about(path, person=golfer.ident)
    shelf.scan()
    assert [row.person_name for row in shelf.rows()] == ["Zebulon Quist"]
    assert b"Quist" not in path.read_bytes()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "name"),
        ({"height_m": 172.0}, "height"),
        ({"height_m": 5.8}, "height"),
        ({"handed": "both"}, "right"),
        ({"consent": Consent("yesterday", ("record",))}, "consent"),
        ({"consent": Consent("2026-05-01", ("everything",))}, "consent"),
        ({"ident": "../../etc/passwd"}, "id"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_with_a_sentence(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        checked(replace(Golfer("abcdef01", "Anna"), **wrong))  # type: ignore[arg-type]


def _stated(**fields: object) -> bytes:
    return json.dumps({"format": 1, "ident": "abcdef01", "name": "Berta", **fields}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b'{"format": 9}', b'{"format": 1}', b"\xff\xfe", b"[" * 100_000,
        _stated(changed_unix_ns=1 << 90), _stated(changed_unix_ns=float("inf")), _stated(height_m=float("nan")),
    ],
)  # fmt: skip
def test_a_damaged_profile_is_a_sentence_and_the_others_are_read(shelf: Shelf, data: bytes) -> None:
    save_golfer(shelf.folder, new_golfer("Anna"))
    (shelf.folder / PEOPLE_FOLDER / "broken.json").write_bytes(data)
    golfers, problems = load_golfers(shelf.folder)
    assert [g.name for g in golfers] == ["Anna"]
    assert len(problems) == 1
    assert "broken.json" in problems[0]


def test_of_two_copies_of_a_profile_the_later_one_holds(shelf: Shelf) -> None:
    golfer = Golfer("abcdef01", "Anna", changed_unix_ns=5)
    save_golfer(shelf.folder, golfer)
    profile_path(shelf.folder, "abcdef01").rename(shelf.folder / PEOPLE_FOLDER / "abcdef01 (copy).json")
    save_golfer(shelf.folder, replace(golfer, name="Anna B", changed_unix_ns=9))
    assert [g.name for g in load_golfers(shelf.folder)[0]] == ["Anna B"]


# Trends


def _trend_shelf(shelf: Shelf, values: list[tuple[float, float]], *, sigma: float = 0.5) -> LibraryIndex:
    """An index with head speeds: (days ago, m/s)."""
    index = shelf.index()
    index.put_people([Golfer("anna01", "Anna")])
    with index.writing():
        for number, (ago, value) in enumerate(values):
            entry = Entry(
                "swing", about=_about("anna01"), club="driver", fingerprint=f"f{number}",
                recorded_unix_ns=NOW_NS - int(ago * DAY_NS),
                measures=(MeasureRow("head_speed_mps", value, "m/s", sigma, "club"),),
            )  # fmt: skip
            index.put(shelf.folder / f"{number}.mcap", 1, 1, entry)
    return index


def test_a_months_gain_is_found_within_what_it_says_of_itself() -> None:
    rng = np.random.default_rng(3)
    ago = np.concatenate([np.linspace(59, 31, 12), np.linspace(29, 1, 12)])
    within, trials = 0, 400
    for _ in range(trials):
        value = np.where(ago > 30, 40.0, 42.0) + rng.normal(0, 0.8, len(ago))
        series = Series(
            "head_speed_mps", "m/s", "anna01", "Anna", "driver", np.arange(24), NOW_NS * 1e-9 - ago * 86_400.0, value,
            np.full(24, 0.1),
        )  # fmt: skip
        summary = summed(series, NOW_NS * 1e-9)
        assert summary.change is not None
        change, sigma = summary.change
        within += abs(change - 2.0) <= sigma
        assert summary.latest is not None
        assert summary.latest.count == 12
    assert 0.6 < within / trials < 0.76


def test_the_best_is_not_the_noisiest(shelf: Shelf) -> None:
    with _trend_shelf(shelf, [(3, 44.0), (2, 45.0), (1, 43.0)]) as index:
        with index.writing() as db:
            db.execute("UPDATE measures SET value = 60, sigma = 25 WHERE value = 43")
        (series,) = load_series(index, "head_speed_mps")
    best = best_of(series)
    assert best is not None
    assert series.value[best] == 45.0
    assert best_of(replace(series, measure="tempo_ratio")) is None
    assert best_of(replace(series, person="")) is None
    assert best_of(replace(series, sigma=np.full(3, np.nan))) is None


def test_a_sigma_that_is_stated_is_not_averaged_away(shelf: Shelf) -> None:
    with _trend_shelf(shelf, [(d / 10, 40.0) for d in range(50)], sigma=3.0) as index:
        (series,) = load_series(index, "head_speed_mps")
    mean = mean_between(series, 0.0, NOW_NS * 1e-9)
    assert mean is not None
    assert mean.sigma == pytest.approx(3.0)
    assert mean_between(series, 0.0, 1.0) is None


def test_copies_count_once_and_clubs_are_kept_apart(shelf: Shelf) -> None:
    with _trend_shelf(shelf, [(2, 40.0), (1, 41.0)]) as index:
        with index.writing() as db:
            db.execute("UPDATE recordings SET fingerprint = 'same'")
        assert [len(s.value) for s in load_series(index, "head_speed_mps")] == [1]
        with index.writing() as db:
            db.execute("UPDATE recordings SET fingerprint = id, club = id")
        found = load_series(index, "head_speed_mps")
        assert [len(s.value) for s in found] == [1, 1]
        assert len({s.club for s in found}) == 2
