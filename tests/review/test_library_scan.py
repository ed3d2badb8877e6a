"""The index says what lies in the folder, whatever happened to the files meanwhile."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.review.library import IRON, NOW_NS, PLANT, SWING, Shelf
from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.review.document import ReviewDocument, new_ident
from twinswing.review.library_about import about_of, write_about
from twinswing.review.library_query import Query, detail_of
from twinswing.review.library_read import SWINGS_RECORD, describe
from twinswing.review.library_scan import refresh
from twinswing.review.model import Annotation, Span
from twinswing.review.storage import save_document
from twinswing.swing.session_io import load_session


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf.at(tmp_path)


def test_real_recordings_are_described_by_what_is_in_them(shelf: Shelf) -> None:
    for path in (SWING, IRON, PLANT):
        shelf.copy(path)
    result = shelf.scan()
    assert (result.found, result.read, result.unreadable) == (3, 3, 0)
    works, driver, iron = shelf.rows()
    assert (driver.kind, driver.club, driver.view, driver.has_video) == ("swing", "driver", "face-on", True)
    assert (iron.club, iron.club_kind, iron.view) == ("7 iron", "iron", "down-the-line")
    assert (works.kind, works.plant, works.plant_label) == ("plant", "club_works", "Club works")
    assert works.duration_s == pytest.approx(8 * 3600)
    assert works.day == "2025-03-11"
    with shelf.index() as index:
        detail = detail_of(index, driver.ident)
    session = load_session(SWING)
    assert detail is not None
    assert {m.name: (m.value, m.sigma, m.source) for m in detail.measures} == {
        name: (m.value, m.sigma, m.source) for name, m in session.measures.items()
    }


def test_the_name_of_a_captures_list_of_swings_is_the_captures_own() -> None:
    from twinswing.swing import capture_swings

    assert SWINGS_RECORD == capture_swings.SWINGS_RECORD


def test_only_what_changed_is_read_again(shelf: Shelf) -> None:
    first, second = shelf.small(1), shelf.small(2)
    assert shelf.scan().read == 2
    assert shelf.scan().read == 0
    write_about(first, tags=("wind",))
    again = shelf.scan()
    assert (again.read, again.dropped) == (1, 0)
    assert {row.path: row.tags for row in shelf.rows()} == {first: ("wind",), second: ("course",)}


def test_what_is_said_is_kept_in_the_recording_and_what_was_captured_stays_as_it_is(shelf: Shelf) -> None:
    path = shelf.copy(SWING)
    with RecordingReader(path) as reader:
        end = reader.index.data_end
    before = path.read_bytes()[:end]
    said = write_about(path, tags=("#Wind", "wind", " new  grip "), rating=4, title="A good one", person="p1")
    assert said.tags == ("new grip", "Wind")
    assert path.read_bytes()[:end] == before
    assert write_about(path, rating=4) == said
    size = path.stat().st_size
    write_about(path, rating=4)
    assert path.stat().st_size == size, "saying the same again writes nothing"
    with RecordingReader(path) as reader:
        assert about_of(reader) == said
    # The index is lost; the recordings still say all of it.
    shelf.scan()
    shelf.place.index.unlink()
    shelf.scan()
    (row,) = shelf.rows()
    assert (row.title, row.tags, row.rating, row.person) == ("A good one", ("new grip", "Wind"), 4, "p1")


def test_remarks_tags_and_ratings_of_annotations_are_found(shelf: Shelf) -> None:
    path = shelf.small(1)
    document = ReviewDocument()
    document.add(Annotation(new_ident(), "text", "Coach", Span.moment(0), text="Schulter bleibt zurück"))
    document.add(Annotation(new_ident(), "tag", "Coach", Span.moment(0), text="chicken wing"))
    document.add(Annotation(new_ident(), "rating", "Coach", Span.moment(0), rating=5))
    write_about(path, rating=0)
    save_document(path, document)
    shelf.scan()
    (row,) = shelf.rows(Query(text="zuruck"))
    assert row.annotations == 3
    assert "chicken wing" in row.tags
    assert row.rating == 5
    assert shelf.rows(Query(annotated=False)) == []


def test_a_moved_and_a_renamed_file_keep_their_row_and_a_deleted_one_goes(shelf: Shelf) -> None:
    paths = [shelf.small(n) for n in range(3)]
    shelf.scan()
    idents = {row.path: row.ident for row in shelf.rows()}
    (shelf.folder / "2026").mkdir()
    paths[0].rename(shelf.folder / "2026" / "moved.mcap")
    paths[1].rename(shelf.folder / "renamed.mcap")
    paths[2].unlink()
    result = shelf.scan()
    assert (result.moved, result.dropped) == (2, 1)
    assert {row.path.name: row.ident for row in shelf.rows()} == {
        "moved.mcap": idents[paths[0]],
        "renamed.mcap": idents[paths[1]],
    }


def test_copies_are_told_even_when_one_was_annotated_since(shelf: Shelf) -> None:
    path = shelf.small(1)
    copy = shelf.copy(path, "copy.mcap")
    write_about(copy, title="the copy")
    shelf.small(2)
    shelf.scan()
    assert {row.path.name: row.copies for row in shelf.rows()} == {"small-1.mcap": 2, "copy.mcap": 2, "small-2.mcap": 1}
    with shelf.index() as index:
        detail = detail_of(index, next(r.ident for r in shelf.rows() if r.path == copy))
    assert detail is not None
    assert detail.copies == (path,)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"RIFF....AVI ", "AVI"),
        (b"just some words, no recording", "text"),
        (b"\x89MCAP0\r\n" + b"\0" * 400, "cut off"),
        (b"\x89MCAP0\r\n", "cut off"),
    ],
)
def test_a_file_that_cannot_be_read_is_listed_with_the_reason(shelf: Shelf, data: bytes, said: str) -> None:
    (shelf.folder / "bad.mcap").write_bytes(data)
    shelf.small(1)
    assert shelf.scan().unreadable == 1
    (row,) = shelf.rows(Query(kind="unreadable"))
    assert said in row.reason
    assert "\n" not in row.reason
    # Once it is whole it is read.
    shelf.small(2, "bad.mcap")
    shelf.scan()
    assert shelf.rows(Query(kind="unreadable")) == []


def test_a_recording_cut_off_anywhere_is_no_more_than_a_reason(shelf: Shelf) -> None:
    whole = shelf.small(3).read_bytes()
    path = shelf.folder / "cut.mcap"
    for end in range(0, len(whole), max(len(whole) // 40, 1)):
        path.write_bytes(whole[:end])
        entry = describe(path, NOW_NS)
        assert entry.kind == "unreadable"
        assert entry.reason


def test_documents_of_another_shape_are_a_reason_and_not_a_crash(shelf: Shelf) -> None:
    from twinswing.recording.writer import RecordingWriter
    from twinswing.review.library_about import ABOUT_RECORD
    from twinswing.swing.session_io import SESSION_RECORD

    wrong = [
        (SESSION_RECORD, ["a", "list"]),
        (SESSION_RECORD, {"measures": ["no", "measures"], "golfer": 3}),
        (SESSION_RECORD, {"measures": {"x": 1}}),
        (ABOUT_RECORD, ["x"]),
        (ABOUT_RECORD, {"format": 99}),
        ("twinswing/plant", {"nothing": 1}),
        (SWINGS_RECORD, "swings"),
    ]
    for number, (name, document) in enumerate(wrong):
        path = shelf.folder / f"{number}.mcap"
        with RecordingWriter(path) as writer:
            writer.add_metadata(name, document)
        entry = describe(path, NOW_NS)
        assert entry.kind == "unreadable", (name, document, entry)
        assert str(path) in entry.reason


def test_texts_that_are_no_unicode_and_times_beyond_the_calendar_stop_no_scan(shelf: Shelf) -> None:
    from twinswing.recording.writer import RecordingWriter
    from twinswing.review.library_about import ABOUT_RECORD
    from twinswing.review.library_people import PEOPLE_FOLDER
    from twinswing.swing.session_io import SESSION_RECORD

    half = "\ud800"
    session = {
        "golfer": {"handed": half, "view": half},
        "measures": {half: {"value": 1.0, "unit": half, "sigma": 0.1, "source": half}},
        "warnings": [half],
    }
    about = {"format": 1, "person": half, "title": half, "tags": [half], "club": half, "club_kind": half}
    with RecordingWriter(shelf.folder / "texts.mcap") as writer:
        writer.add_metadata(SESSION_RECORD, session)
        writer.add_metadata(ABOUT_RECORD, about)
    with RecordingWriter(shelf.folder / "time.mcap", zero_unix_ns=1 << 80):
        pass
    profile = {"format": 1, "ident": "abcdef01", "name": "Anna", "note": half}
    (shelf.folder / PEOPLE_FOLDER).mkdir()
    (shelf.folder / PEOPLE_FOLDER / "abcdef01.json").write_text(json.dumps(profile))
    result = shelf.scan()
    assert (result.read, result.unreadable) == (2, 1)
    (broken,) = shelf.rows(Query(kind="unreadable"))
    assert "time" in broken.reason


HOSTILE = [
    "'; DROP TABLE recordings; --.mcap",
    "line\nbreak.mcap",
    "%s%n{}.mcap",
    "\u202egnp.mcap",
    "ü" * 100 + ".mcap",
    "😀.mcap",
]


def test_hostile_names_are_names(shelf: Shelf) -> None:
    for number, name in enumerate(HOSTILE):
        shelf.small(number, name)
    if sys.platform == "linux":
        raw = os.fsencode(shelf.folder) + b"/\xff\xfe.mcap"
        Path(os.fsdecode(raw)).write_bytes(shelf.small(50).read_bytes())
    shelf.scan()
    rows = shelf.rows()
    assert {row.path for row in rows} == set(shelf.folder.iterdir())
    for row in rows:
        row.name.encode("utf-8")
        assert "\n" not in row.name
    assert shelf.scan().read == 0


def test_a_folder_that_cannot_be_reached_keeps_its_recordings_as_not_here(shelf: Shelf, tmp_path: Path) -> None:
    shelf.small(1)
    shelf.scan()
    away = tmp_path / "away"
    shelf.folder.rename(away)
    result = shelf.scan()
    assert any("not there" in problem for problem in result.problems)
    assert [row.here for row in shelf.rows()] == [False]
    away.rename(shelf.folder)
    assert shelf.scan().read == 0
    assert [row.here for row in shelf.rows()] == [True]


def test_loops_and_other_files_are_left_alone(shelf: Shelf) -> None:
    shelf.small(1)
    (shelf.folder / "loop").symlink_to(shelf.folder)
    (shelf.folder / ".hidden").mkdir()
    shelf.small(2, ".hidden/no.mcap")
    (shelf.folder / "notes.txt").write_text("x")
    os.mkfifo(shelf.folder / "pipe.mcap")
    assert shelf.scan().found == 1


def test_two_processes_scan_at_once_and_agree(shelf: Shelf) -> None:
    for number in range(60):
        shelf.small(number)
    program = (
        "import sys; from pathlib import Path; from tests.review.library import Shelf; "
        "s = Shelf.at(Path(sys.argv[1])); [s.scan() for _ in range(2)]; print(len(s.rows()))"
    )
    root = Path(__file__).resolve().parents[2]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(shelf.folder.parent)],
            cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in running:
        out, error = process.communicate(timeout=100)
        assert (process.returncode, out.strip()) == (0, "60"), error
    assert len({row.path for row in shelf.rows()}) == 60


def test_a_newer_programs_words_on_a_recording_are_refused_and_not_lost(shelf: Shelf) -> None:
    from twinswing.recording.writer import RecordingWriter
    from twinswing.review.library_about import ABOUT_RECORD

    path = shelf.small(1)
    with RecordingWriter.extend(path) as writer:
        writer.add_metadata(ABOUT_RECORD, {"format": 2, "person": "x"})
    with pytest.raises(InputError, match="format 2"):
        write_about(path, rating=1)


class _Model:
    """Files as a person handles them; what the index has to say afterwards is read from the files afresh."""

    def __init__(self, shelf: Shelf, originals: list[bytes]) -> None:
        self.shelf, self.originals = shelf, originals

    def do(self, step: tuple[str, int, int]) -> None:
        what, a, b = step
        first, second = (self.shelf.folder / f"{n}.mcap" for n in (a, b))
        if what == "put":
            first.write_bytes(self.originals[b % len(self.originals)])
        elif what == "spoil":
            first.write_bytes(self.originals[b % len(self.originals)][: 100 + b])
        elif what == "scan":
            self.shelf.scan()
        elif not first.exists():
            return
        elif what == "move":
            first.replace(second)
        elif what == "copy":
            second.write_bytes(first.read_bytes())
        elif what == "delete":
            first.unlink()
        elif what == "tag":
            try:
                write_about(first, tags=(f"t{b}",))
            except InputError:
                return  # one that was spoiled
        elif what == "refresh":
            with self.shelf.index() as index:
                refresh(index, first)


_STEP = st.tuples(
    st.sampled_from(["put", "put", "spoil", "scan", "move", "copy", "delete", "tag", "refresh"]),
    st.integers(0, 4),
    st.integers(0, 4),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEP, max_size=14))
def test_after_any_handling_of_the_files_a_scan_says_what_a_new_index_says(
    tmp_path_factory: pytest.TempPathFactory, originals: list[bytes], steps: list[tuple[str, int, int]]
) -> None:
    shelf = Shelf.at(tmp_path_factory.mktemp("model"))
    model = _Model(shelf, originals)
    for step in steps:
        model.do(step)
    # Within one step of a file system's clock two states of a file look alike; a person is not that fast.
    for path in shelf.folder.glob("*.mcap"):
        os.utime(path, ns=(NOW_NS, path.stat().st_mtime_ns + 1_000_000))
    shelf.scan()
    held = _facts(shelf)
    for ending in ("", "-wal", "-shm"):
        shelf.place.index.with_name(f"index.db{ending}").unlink(missing_ok=True)
    shelf.scan()
    assert held == _facts(shelf)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    shelf = Shelf.at(tmp_path_factory.mktemp("originals"))
    return [shelf.small(number).read_bytes() for number in range(3)]


def _facts(shelf: Shelf) -> set[tuple[object, ...]]:
    return {(r.path, r.kind, r.tags, r.fingerprint, r.copies, r.here, r.measures) for r in shelf.rows()}
