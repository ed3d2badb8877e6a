"""The library's window without a display: cards, keys, what is said of recordings, adding, deleting."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.plant import recorded_shop
from tests.desk.window import write_recording
from tests.review.library import IRON, SWING, Shelf
from twinswing.desk.library_runner import ImportRunner, workers_for
from twinswing.desk.library_settings import LibrarySettings, load_library_settings, save_library_settings
from twinswing.desk.library_thumbs import SPEC, loop_times, make_thumb, read_thumb, thumb_path, trim_cache
from twinswing.desk.library_window import LibraryDesk
from twinswing.desk.library_worker import LibraryWorker, ThumbWish
from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.review.library_about import about_of
from twinswing.review.library_people import save_golfer
from twinswing.review.library_plan import Dropped, Planned
from twinswing.review.library_query import Query
from twinswing.truth.library_demo import MEMBERS


@dataclass
class Open:
    """A window on a library of its own."""

    shelf: Shelf
    desk: LibraryDesk
    worker: LibraryWorker
    runner: ImportRunner

    def until(self, condition: Callable[[], bool], timeout_s: float = 60.0, what: str = "a condition") -> None:
        def drawn() -> bool:
            self.desk.step()
            return condition()

        wait_until(drawn, timeout_s, what)

    def names(self) -> list[str]:
        rows = self.desk.state.rows(0, len(self.desk.state.idents))
        return [row.path.stem for row in rows if row is not None]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """One window for the module: Panda3D allows one ShowBase a process."""
    shelf = Shelf.at(tmp_path_factory.mktemp("window"))
    for path in (SWING, IRON):
        shelf.copy(path)
    for number in range(12):
        shelf.small(number)
    for member in MEMBERS:
        save_golfer(shelf.folder, member.golfer)
    (shelf.folder / "broken.mcap").write_bytes(b"\x89MCAP0\r\n")
    shelf.scan()
    worker = LibraryWorker(shelf.place).start()
    runner = ImportRunner(shelf.place, workers=1).start()
    desk = LibraryDesk(shelf.place, worker, LibrarySettings(1100, 720), runner=runner, offscreen=True)
    yield Open(shelf, desk, worker, runner)
    desk.shut()
    runner.close()
    worker.close()


@pytest.fixture
def fresh(opened: Open) -> Open:
    """The window with nothing asked for and nothing open."""
    desk = opened.desk
    desk.ui.dialog = None
    desk.ui.trends.open = False
    desk._context.queue_open = False
    desk.state.ask(Query())
    desk.do("first")
    desk.step()
    return opened


def test_cards_of_real_recordings_get_pictures_that_move(fresh: Open) -> None:
    desk = fresh.desk
    for path in (SWING, IRON):
        assert desk.state.find(fresh.shelf.folder / path.name)
        row = desk.state.current
        assert row is not None
        fresh.until(lambda row=row: desk._thumb(row) is not None, 90, "the thumbnails")  # type: ignore[misc]
        tiles = read_thumb(thumb_path(fresh.shelf.place.thumbs, row.fingerprint, has_video=row.has_video))
        assert tiles is not None
        first, later = _tile(tiles, 1), _tile(tiles, 8)
        assert np.abs(first.astype(float) - later).mean() > 3.0, "the loop moves"


def _tile(tiles: np.ndarray, number: int) -> np.ndarray:
    row, column = divmod(number, SPEC.grid)
    side = SPEC.side_px
    return tiles[row * side : (row + 1) * side, column * side : (column + 1) * side]


def test_only_rows_in_sight_are_asked_for_and_drawn(fresh: Open) -> None:
    first, last = fresh.desk._context.visible
    assert first == 0
    assert 0 < last - first < len(fresh.desk.state.idents)
    fresh.desk.do("last")
    fresh.desk.step()
    fresh.desk.step()
    assert fresh.desk._context.visible[1] == len(fresh.desk.state.idents)
    assert fresh.desk._context.visible[0] > 0


def test_thumbnails_of_the_next_pages_are_asked_for_once(
    fresh: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = fresh.desk
    ready = tmp_path / "ready.webp"
    make_thumb(write_recording(tmp_path / "any.mcap"), "swing", ready)
    rows = desk.state.rows(0, len(desk.state.idents))
    fresh.until(lambda: not desk._waits(), 60, "what has been asked for before")
    for row in rows:
        if row is not None and row.fingerprint:
            out = desk.deeds.thumbs_of(row)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(ready.read_bytes())
    fresh.worker.failed.clear()
    assert desk._context.visible[1] < len(rows), "some lie below"
    fresh.until(lambda: not desk._waits(), 10, "the thumbnails")
    sent: list[object] = []
    monkeypatch.setattr(fresh.worker, "_send", sent.append)
    for _ in range(20):
        desk.step()
    assert sent == []
    assert not desk._waits()


def test_keys_walk_the_cards_choose_and_open(fresh: Open) -> None:
    desk = fresh.desk
    columns = desk._context.columns
    desk.do("right")
    desk.do("down")
    assert desk.state.cursor == 1 + columns
    desk.do("extend_right")
    assert len(desk.state.chosen) == 2
    desk.do("mark")
    assert len(desk.state.chosen) == 1
    desk.do("all")
    assert len(desk.state.chosen) == len(desk.state.idents)
    desk.do("first")
    desk.do("left")
    assert desk.state.cursor == 0
    desk.state.find(fresh.shelf.folder / SWING.name)
    desk.do("open")
    assert desk.next_path == fresh.shelf.folder / SWING.name
    assert desk.closed
    desk.next_path, desk.closed = None, False


def test_a_file_that_cannot_be_read_says_why_instead_of_opening(fresh: Open) -> None:
    assert fresh.desk.state.find(fresh.shelf.folder / "broken.mcap")
    fresh.desk.do("open")
    assert fresh.desk.next_path is None
    assert "cut off" in fresh.desk.notice


def test_what_is_said_of_chosen_recordings_is_in_the_files_at_once(fresh: Open) -> None:
    desk = fresh.desk
    paths = [fresh.shelf.folder / f"small-{n}.mcap" for n in (3, 4)]
    desk.state.ask(Query(text="small"))
    desk.state.choose_none()
    for path in paths:
        desk.state.put_cursor([r.path for r in desk.state.rows(0, 99) if r].index(path), toggle=True)
    desk.do("tag:windy day")
    desk.do(f"person:{MEMBERS[1].golfer.ident}")
    desk.do("rate:3")
    desk.do("club:5 iron")
    fresh.until(lambda: not desk._edits, 20, "what is said being written")
    for path in paths:
        with RecordingReader(path) as reader:
            about = about_of(reader)
        assert "windy day" in about.tags
        assert (about.person, about.rating, about.club) == (MEMBERS[1].golfer.ident, 3, "5 iron")
    desk.state.ask(Query(tags=("Windy day",)))
    assert sorted(fresh.names()) == ["small-3", "small-4"]
    desk.do("all")
    desk.do("untag:windy day")
    fresh.until(lambda: not desk._edits and not desk.state.idents, 20, "the tag being gone")


def test_a_date_that_only_the_file_knew_survives_a_tag(fresh: Open) -> None:
    desk = fresh.desk
    desk.state.find(fresh.shelf.folder / IRON.name)
    row = desk.state.current
    assert row is not None
    assert row.recorded_source == "file"
    desk.do("title:A quiet seven iron")
    fresh.until(lambda: not desk._edits, 20, "the title")
    after = desk.state.current
    assert after is not None
    assert (after.name, after.recorded_unix_ns, after.recorded_source) == (
        "A quiet seven iron", row.recorded_unix_ns, "file",
    )  # fmt: skip


def test_escape_closes_one_thing_after_the_other(fresh: Open) -> None:
    desk = fresh.desk
    desk.state.ask(Query(club="driver"))
    desk.do("filters")
    desk.step()
    desk.do("right")
    assert desk.state.cursor == 0, "a dialog keeps the keys from the cards"
    desk.do("escape")
    assert desk.ui.dialog is None
    assert desk.state.query.club == "driver"
    desk.do("escape")
    assert desk.state.query == Query()
    assert not desk.closed


def test_every_panel_and_dialog_can_be_drawn_in_small_and_large_windows(fresh: Open) -> None:
    desk = fresh.desk
    for action in (
        "trends",
        "imports",
        "help",
        "help",
        "filters",
        "escape",
        "new_golfer",
        "escape",
        "delete",
        "escape",
    ):
        desk.do(action)
        for size in ((640, 480), (1920, 1080), (1100, 720)):
            desk.ui.fixed_size = size
            desk.ui.resize()
            for _ in range(3):
                desk.step()
    desk.ui.fixed_size = None
    desk.ui.resize()
    desk.do(f"golfer:{MEMBERS[0].golfer.ident}")
    desk.step()
    desk.do("escape")


def test_a_profile_is_saved_and_found_at_the_left(fresh: Open) -> None:
    desk = fresh.desk
    desk.do("new_golfer")
    dialog = desk.ui.dialog
    assert dialog is not None
    dialog.name, dialog.height_cm, dialog.handed = "Ove Ås", "18 8", "left"  # type: ignore[attr-defined]
    assert not dialog._save()  # type: ignore[attr-defined]
    assert "centimetres" in dialog.error  # type: ignore[attr-defined]
    dialog.height_cm, dialog.covers, dialog.consent_day = "188", {"record"}, "2026-05-01"  # type: ignore[attr-defined]
    assert dialog._save()  # type: ignore[attr-defined]
    desk.ui.dialog = None
    desk.step()
    (golfer,) = [g for g in desk.state.choices.golfers if g.name == "Ove Ås"]
    assert (golfer.height_m, golfer.handed) == (1.88, "left")
    assert golfer.consent is not None


def test_deleting_asks_first_and_takes_the_file(fresh: Open) -> None:
    desk = fresh.desk
    path = fresh.shelf.small(77, "to go.mcap")
    fresh.worker.rescan()
    fresh.until(lambda: desk.state.find(path), 60, "the new file")
    desk.do("delete")
    desk.step()
    assert path.exists()
    dialog = desk.ui.dialog
    assert dialog is not None
    assert "to go" in dialog.title  # type: ignore[attr-defined]
    dialog.carry_out(False)  # type: ignore[attr-defined]
    desk.ui.dialog = None
    desk.step()
    assert not path.exists()
    assert not desk.state.find(path)


def test_a_dropped_recording_is_copied_in_and_a_bad_file_says_why(fresh: Open, tmp_path: Path) -> None:
    desk = fresh.desk
    outside = write_recording(tmp_path / "from a friend.mcap")
    stamp = outside.stat().st_mtime_ns
    bad = tmp_path / "noise.mcap"
    bad.write_bytes(b"RIFF....AVI ")
    for path in (outside, bad, tmp_path / "letter.pdf"):
        path.touch(exist_ok=True) if path.suffix == ".pdf" else None
        desk.open_path(path)
    desk.step()
    assert "letter.pdf" in desk.notice
    fresh.until(lambda: desk.state.find(fresh.shelf.folder / "from a friend.mcap"), 60, "the copy")
    copy = fresh.shelf.folder / "from a friend.mcap"
    assert copy.read_bytes() == outside.read_bytes()
    assert copy.stat().st_mtime_ns == stamp
    fresh.until(lambda: any(item.state == "failed" for item in fresh.runner.shown), 30, "the refusal")
    (failed,) = [item for item in fresh.runner.shown if item.state == "failed"]
    assert failed.name == "noise.mcap"
    assert "AVI" in failed.error
    # Dropped once more: it is there already.
    desk.open_path(outside)
    fresh.until(lambda: sum(item.state == "failed" for item in fresh.runner.shown) == 2, 30, "the second refusal")
    assert any("already" in item.error for item in fresh.runner.shown)
    desk.do("clear_imports")
    fresh.until(lambda: not fresh.runner.shown, 20, "the queue being cleared")


def test_what_waits_when_the_window_closes_is_done_by_the_next(tmp_path: Path) -> None:
    shelf = Shelf.at(tmp_path)
    outside = write_recording(tmp_path / "later.mcap")
    about = outside.stat()
    idle = ImportRunner(shelf.place, workers=0)
    idle.workers = 0
    idle.start()
    idle.add([Planned(Dropped(outside, about.st_mtime_ns, about.st_size))], person="nobody01")
    wait_until(lambda: bool(idle.shown), 20, "the queue")
    idle.close()
    assert list(shelf.folder.iterdir()) == []
    runner = ImportRunner(shelf.place, workers=1).start()
    wait_until(lambda: runner.finished == 1, 60, "the copy")
    runner.close()
    with RecordingReader(shelf.folder / "later.mcap") as reader:
        assert about_of(reader).person == "nobody01"


@pytest.mark.slow
def test_a_dropped_video_is_analysed_for_the_golfer_that_is_chosen(fresh: Open, tmp_path: Path) -> None:
    from twinswing.swing.session_io import load_session
    from twinswing.truth.generate import write_truth

    desk = fresh.desk
    golfer = MEMBERS[0].golfer
    video = write_truth(tmp_path, fps=24.0, size=(240, 320), club="iron", seed=3)[0] / "video.mp4"
    desk.state.ask(Query(person=golfer.ident))
    desk.open_path(video)
    desk.step()
    stages: set[str] = set()

    def done() -> bool:
        stages.update(item.stage for item in fresh.runner.shown)
        return fresh.desk.state.find(fresh.shelf.folder / "video.mcap")

    fresh.until(done, 200, "the analysis")
    row = desk.state.current
    assert row is not None
    assert (row.person_name, row.recorded_source) == (golfer.name, "file")
    assert "Following the golfer" in stages
    session = load_session(row.path)
    assert session.golfer is not None
    assert session.golfer.height_m == golfer.height_m
    assert session.imu is not None, "the club's log beside the video goes with it"
    assert not list(fresh.shelf.folder.glob("*.analysis"))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read as Linux tells it")
def test_a_window_that_stands_open_takes_no_more_memory(fresh: Open) -> None:
    def resident_mb() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

    for _ in range(40):
        fresh.desk.step()
    before = resident_mb()
    for _ in range(80):
        fresh.desk.step()
    assert resident_mb() - before < 20.0


# Thumbnails by themselves


def test_a_swing_without_a_video_is_drawn(tmp_path: Path) -> None:
    from twinswing.recording.writer import RecordingWriter
    from twinswing.swing.session_io import write_session
    from twinswing.truth.build import make_swing
    from twinswing.truth.session import session_of

    path = tmp_path / "drawn.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, session_of(make_swing()), scene=False)
    make_thumb(path, "swing", tmp_path / "t" / "drawn.webp")
    tiles = read_thumb(tmp_path / "t" / "drawn.webp")
    assert tiles is not None
    assert np.abs(_tile(tiles, 1).astype(float) - _tile(tiles, 9)).mean() > 2.0


def test_a_plants_thumbnails_show_that_something_happened(tmp_path: Path) -> None:
    path = recorded_shop(tmp_path / "shop.mcap")
    asked: list[None] = []
    make_thumb(path, "plant", tmp_path / "shop.webp", lambda: asked.append(None))
    tiles = read_thumb(tmp_path / "shop.webp")
    assert tiles is not None
    assert np.abs(_tile(tiles, 1).astype(float) - _tile(tiles, SPEC.frames)).max() > 40, "a machine changed its colour"
    assert len(asked) > 3


def test_a_recording_with_nothing_to_show_is_refused(tmp_path: Path) -> None:
    shelf = Shelf.at(tmp_path)
    with pytest.raises(InputError, match="neither"):
        make_thumb(shelf.small(1), "swing", tmp_path / "x.webp")
    assert not (tmp_path / "x.webp").exists()
    (tmp_path / "y.webp").write_bytes(b"RIFF")
    assert read_thumb(tmp_path / "y.webp") is None


def test_damaged_thumbnails_are_made_again(tmp_path: Path) -> None:
    shelf = Shelf.at(tmp_path)
    wish = ThumbWish(write_recording(tmp_path / "any.mcap"), "swing", "mark", has_video=False)
    out = thumb_path(shelf.place.thumbs, wish.fingerprint, has_video=wish.has_video)
    out.parent.mkdir(parents=True)
    out.write_bytes(b"RIFF")
    worker = LibraryWorker(shelf.place).start()
    try:
        worker.wish([wish])

        def answered() -> bool:
            worker.poll()
            return not worker.waiting

        wait_until(answered, 60, "the thumbnails")
    finally:
        worker.close()
    assert worker.made == [out]
    assert read_thumb(out) is not None


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="a process is halted as POSIX does it")
def test_scrolling_is_not_held_up_by_a_helper_that_is_busy(tmp_path: Path) -> None:
    shelf = Shelf.at(tmp_path)
    worker = LibraryWorker(shelf.place).start()
    try:
        wait_until(lambda: worker.poll() and not worker.scanning, 60, "the helper")
        assert worker._process is not None
        assert worker._process.pid is not None
        os.kill(worker._process.pid, signal.SIGSTOP)

        def scroll() -> None:
            for frame in range(400):
                worker.wish(
                    [ThumbWish(tmp_path / f"{frame}-{n}.mcap", "swing", f"{frame} {n}", True) for n in range(60)]
                )

        hand = threading.Thread(target=scroll, daemon=True)
        hand.start()
        hand.join(20.0)
        stuck = hand.is_alive()
        os.kill(worker._process.pid, signal.SIGCONT)
        hand.join(20.0)
        assert not stuck
    finally:
        worker.close()


def test_the_loop_runs_from_address_to_finish_and_stands_still_at_impact() -> None:
    still, loop = loop_times({"address": 1.0, "top": 2.0, "impact": 2.4, "finish": 3.0}, (0.0, 9.0))
    assert still == 2.4
    assert (loop[0], loop[-1], len(loop)) == (1.0, 3.0, SPEC.frames)
    assert loop_times({"address": 0.0, "top": 8.0, "finish": 9.0}, (0.0, 9.0))[1][0] == pytest.approx(6.8)
    still, loop = loop_times({}, (0.0, 4.0))
    assert (still, loop[0], loop[-1]) == (2.0, 0.0, 4.0)


def test_the_cache_of_thumbnails_keeps_to_its_size(tmp_path: Path) -> None:
    for number in range(10):
        path = tmp_path / f"{number:02d}" / "x.webp"
        path.parent.mkdir()
        path.write_bytes(b"x" * 100)
        os.utime(path, ns=(number, number))
    assert trim_cache(tmp_path, 450) == 6
    assert sorted(p.parent.name for p in tmp_path.rglob("*.webp")) == ["06", "07", "08", "09"]


def test_settings_come_back_and_damaged_ones_are_the_usual(tmp_path: Path) -> None:
    file = tmp_path / "library.json"
    held = LibrarySettings(1000, 700, folder="/x", card_px=240, plays=True, details=False)
    save_library_settings(file, held)
    assert load_library_settings(file) == held
    for damaged in ("", "[]", '{"width_px": "wide", "card_px": 9999, "plays": 1}'):
        file.write_text(damaged)
        found = load_library_settings(file)
        assert found.width_px == LibrarySettings().width_px
        assert found.card_px <= 420
    assert workers_for(2) == 1
    assert workers_for(64) == 3
