"""Delete really deletes: the bytes on the disk are looked through afterwards."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.review.library import Shelf
from twinswing.desk.library_deeds import forget_recent
from twinswing.desk.library_thumbs import thumb_path
from twinswing.desk.settings import Settings, load_settings, save_settings
from twinswing.review.document import ReviewDocument, new_ident
from twinswing.review.library_about import write_about
from twinswing.review.library_delete import delete_golfer, delete_recordings, originals_of
from twinswing.review.library_imports import DONE, ImportQueue
from twinswing.review.library_model import Row
from twinswing.review.library_people import load_golfers, new_golfer, profile_path, save_golfer
from twinswing.review.library_plan import Dropped, Planned
from twinswing.review.library_query import Query, count
from twinswing.review.model import Annotation, Span
from twinswing.review.storage import save_document

NAME, TAG, REMARK = "Wilhelmina-Xanthippe", "quetzalcoatlus", "brachistochrone"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """A library of one golfer with a tagged, remarked, imported recording among many others' with thumbnails."""
    shelf = Shelf.at(tmp_path)
    golfer = new_golfer(NAME, note=REMARK)
    save_golfer(shelf.folder, golfer)
    save_golfer(shelf.folder, new_golfer("Somebody else"))
    for number in range(30):
        shelf.small(number)
    theirs = shelf.small(99, f"{NAME}-1.mcap")
    document = ReviewDocument()
    document.add(Annotation(new_ident(), "text", "Coach", Span.moment(0), text=REMARK))
    write_about(theirs, person=golfer.ident, tags=(TAG,), title=f"{NAME} at the range")
    save_document(theirs, document)
    shelf.scan()
    for row in shelf.rows():
        out = _thumbs(shelf, row)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(row.name.encode())
    video = tmp_path / f"{NAME}.mp4"
    video.write_bytes(b"a film of " + NAME.encode())
    with ImportQueue(shelf.place.imports) as queue:
        about = video.stat()
        queue.add([Planned(Dropped(video, about.st_mtime_ns, about.st_size))], person=golfer.ident)
        assert queue.claim()
        item = queue.take()
        assert item is not None
        queue.finish(item.ident, DONE, out=theirs)
    return shelf


def _thumbs(shelf: Shelf, row: Row) -> Path:
    return thumb_path(shelf.place.thumbs, row.fingerprint, has_video=row.has_video)


def _theirs(shelf: Shelf) -> list[Row]:
    return shelf.rows(Query(tags=(TAG,)))


def test_a_deleted_recording_leaves_no_byte_behind(shelf: Shelf) -> None:
    assert shelf.bytes_of(TAG)[TAG], "the test looks for something that is there before"
    with shelf.index() as index, ImportQueue(shelf.place.imports) as queue:
        done = delete_recordings(index, _theirs(shelf), thumbs_of=lambda row: _thumbs(shelf, row), queue=queue)
        assert done.wiped
        assert not done.problems
        assert count(index) == 30
        # While everything is still open, and not only once it has been closed in order.
        assert shelf.bytes_of(TAG) == {TAG: []}
    # The profile and the original are the golfer's; nobody asked to delete them.
    left = shelf.bytes_of(NAME, REMARK)
    assert set(left[NAME]) == {f"{NAME}.mp4", f"{load_golfers(shelf.folder)[0][1].ident}.json", "index.db"}
    assert "q.db" not in left[NAME]
    assert not any(path.read_bytes() == NAME.encode() for path in shelf.place.thumbs.rglob("*.webp"))


def test_a_deleted_golfer_is_nowhere_any_more(shelf: Shelf) -> None:
    golfer = next(g for g in load_golfers(shelf.folder)[0] if g.name == NAME)
    assert all(shelf.bytes_of(NAME, TAG, REMARK).values())
    with shelf.index() as index, ImportQueue(shelf.place.imports) as queue:
        done = delete_golfer(
            index, shelf.folder, golfer.ident, thumbs_of=lambda row: _thumbs(shelf, row), queue=queue, originals=True
        )
        assert not done.problems
        assert done.wiped
        assert shelf.bytes_of(NAME, TAG, REMARK, golfer.ident) == {NAME: [], TAG: [], REMARK: [], golfer.ident: []}
    assert not list(shelf.folder.parent.glob("*.mp4"))
    assert [g.name for g in load_golfers(shelf.folder)[0]] == ["Somebody else"]
    assert len(shelf.rows()) == 30
    shelf.scan()
    assert shelf.bytes_of(NAME, TAG, REMARK) == {NAME: [], TAG: [], REMARK: []}


def test_copies_of_a_profile_do_not_bring_a_deleted_golfer_back(shelf: Shelf) -> None:
    golfer = next(g for g in load_golfers(shelf.folder)[0] if g.name == NAME)
    profile = profile_path(shelf.folder, golfer.ident)
    # As programs that keep a folder on two machines name them, and as a writing that was cut off leaves it.
    shutil.copy(profile, profile.with_name("conflicted copy.json"))
    shutil.copy(profile, profile.with_name(profile.name + ".part"))
    with shelf.index() as index:
        done = delete_golfer(index, shelf.folder, golfer.ident, thumbs_of=lambda row: _thumbs(shelf, row))
        assert not done.problems
    shelf.scan()
    assert [g.name for g in load_golfers(shelf.folder)[0]] == ["Somebody else"]
    assert not [path for path in profile.parent.iterdir() if NAME.encode() in path.read_bytes()]


def test_originals_go_only_if_asked_and_only_if_they_are_still_the_same(shelf: Shelf) -> None:
    with ImportQueue(shelf.place.imports) as queue:
        (paths,) = originals_of(queue, _theirs(shelf)).values()
        assert [path.name for path in paths] == [f"{NAME}.mp4"]
        paths[0].write_bytes(b"another film under the same name")
        assert originals_of(queue, _theirs(shelf)) == {_theirs(shelf)[0].path: []}
    with shelf.index() as index, ImportQueue(shelf.place.imports) as queue:
        delete_recordings(index, _theirs(shelf), thumbs_of=lambda row: _thumbs(shelf, row), queue=queue, originals=True)
    assert paths[0].exists()


def test_a_reader_elsewhere_delays_the_wiping_to_the_next_opening(shelf: Shelf) -> None:
    other = sqlite3.connect(shelf.place.index)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM recordings").fetchone()
    with shelf.index() as index:
        index.db.execute("PRAGMA busy_timeout = 50")
        done = delete_recordings(index, _theirs(shelf), thumbs_of=lambda row: _thumbs(shelf, row))
        assert not done.wiped
    other.close()
    shelf.index().close()
    assert shelf.bytes_of(TAG) == {TAG: []}


def test_what_cannot_be_deleted_is_said_and_stays(shelf: Shelf) -> None:
    row = _theirs(shelf)[0]
    row.path.unlink()
    row.path.mkdir()  # no one, not even root, can unlink this
    with shelf.index() as index:
        done = delete_recordings(index, [row], thumbs_of=lambda row: _thumbs(shelf, row))
    assert len(done.problems) == 1
    assert row.path.name in done.problems[0]
    assert len(_theirs(shelf)) == 1


@pytest.mark.parametrize("noticed", [True, False])
def test_a_recording_that_is_out_of_reach_is_not_called_deleted(shelf: Shelf, tmp_path: Path, noticed: bool) -> None:
    golfer = next(g for g in load_golfers(shelf.folder)[0] if g.name == NAME)
    shelf.folder.rename(tmp_path / "away")
    if noticed:
        shelf.scan()
    with shelf.index() as index:
        done = delete_golfer(index, shelf.folder, golfer.ident, thumbs_of=lambda row: _thumbs(shelf, row))
        assert "not within reach" in done.problems[0]
        assert not done.files
    assert len(_theirs(shelf)) == 1


def test_a_copy_keeps_its_thumbnails(shelf: Shelf) -> None:
    row = _theirs(shelf)[0]
    shelf.copy(row.path, "copy.mcap")
    shelf.scan()
    with shelf.index() as index:
        delete_recordings(index, [row], thumbs_of=lambda row: _thumbs(shelf, row))
    assert _thumbs(shelf, row).exists()


def test_windows_forget_what_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinswing.desk.library_deeds.settings_dir", lambda: tmp_path)
    save_settings(tmp_path / "desk.json", Settings(recent=(str(tmp_path / "a.mcap"), str(tmp_path / "b.mcap"))))
    (tmp_path / "plant-desk.json").write_text("damaged")
    forget_recent([tmp_path / "a.mcap"])
    assert load_settings(tmp_path / "desk.json").recent == (str(tmp_path / "b.mcap"),)


def test_a_window_that_cannot_be_made_to_forget_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twinswing.desk.library_deeds.settings_dir", lambda: tmp_path)
    save_settings(tmp_path / "desk.json", Settings(recent=(str(tmp_path / "a.mcap"),)))
    (tmp_path / "desk.new").mkdir()  # nothing can be written there
    (problem,) = forget_recent([tmp_path / "a.mcap"])
    assert "desk.json" in problem
