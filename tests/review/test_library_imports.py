"""Dropped files are matched, queued, and the queue outlives whoever works on it."""

import os
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.review.library_imports import (
    CANCELLED,
    DONE,
    FAILED,
    RUNNING,
    WAITING,
    ImportQueue,
    free_name,
)
from twinswing.review.library_plan import Dropped, Planned, gather, logs_beside, plan
from twinswing.review.library_video import filmed_unix_ns

T0 = 1_780_000_000 * 10**9
S = 10**9


def _file(name: str, after_s: float = 0.0, size: int = 10) -> Dropped:
    return Dropped(Path("/films") / name, T0 + round(after_s * S), size)


def _pairs(files: list[Dropped], beside: list[Dropped] | None = None) -> dict[str, str]:
    made = plan(files, beside or [])
    return {p.source.path.name: p.club.path.name if p.club else "" for p in made.imports}


def test_logs_go_with_the_video_of_their_name() -> None:
    files = [_file("Swing 1.MP4"), _file("swing 1-club.csv", 900), _file("swing 2.mov"), _file("imu_swing 2.txt", 900)]
    assert _pairs(files) == {"Swing 1.MP4": "swing 1-club.csv", "swing 2.mov": "imu_swing 2.txt"}


def test_a_log_of_another_name_goes_with_the_only_video_of_its_time() -> None:
    films = [_file("a.mp4"), _file("b.mp4", 120)]
    assert _pairs([*films, _file("log17.csv", 125), _file("log16.csv", 3)]) == {
        "a.mp4": "log16.csv",
        "b.mp4": "log17.csv",
    }
    # Two logs at one video's time: nobody knows which, so neither.
    made = plan([_file("a.mp4"), _file("x.csv", 5), _file("y.csv", 6)])
    assert made.imports[0].club is None
    assert len(made.refused) == 2


def test_a_folder_of_each_swings_own_is_understood() -> None:
    files = [_file(f"{n}/{name}", n * 1000) for n in range(3) for name in ("video.mp4", "club.csv")]
    made = plan(files)
    assert [(p.source.path.parent, p.club and p.club.path.parent) for p in made.imports] == [
        (Path(f"/films/{n}"), Path(f"/films/{n}")) for n in range(3)
    ]
    assert not made.refused


def test_a_log_that_lies_beside_is_taken_by_name_only() -> None:
    beside = [_file("a.csv", 5000), _file("other.csv", 1)]
    assert _pairs([_file("a.mp4")], beside) == {"a.mp4": "a.csv"}
    assert not plan([_file("a.mp4")], beside).refused


def test_what_is_no_swing_is_said() -> None:
    made = plan([_file("letter.pdf"), _file("empty.mp4", size=0), _file("lonely.csv"), _file("old.mcap")])
    assert [p.source.path.name for p in made.imports] == ["old.mcap"]
    assert made.imports[0].is_recording
    assert [said.split(" ")[0].rstrip(":") for said in made.refused] == ["letter.pdf", "empty.mp4", "lonely.csv"]


_NAME = st.sampled_from(["a", "b", "a-club", "b_imu", "club", "video"])
_FILES = st.lists(
    st.builds(
        lambda folder, name, ending, after: _file(f"{folder}/{name}{ending}", after),
        st.integers(0, 2), _NAME, st.sampled_from([".mp4", ".csv", ".mcap", ".pdf", ".mov"]), st.integers(0, 60),
    ),
    max_size=10, unique_by=lambda file: file.path,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(_FILES)
def test_every_file_is_used_once_or_refused_and_no_log_serves_two(files: list[Dropped]) -> None:
    made = plan(files)
    used = [p.source.path for p in made.imports] + [p.club.path for p in made.imports if p.club is not None]
    assert len(used) == len(set(used))
    assert len(used) + len(made.refused) == len(files)
    assert plan(list(reversed(files))) == made, "the order of dropping says nothing"


def test_dropped_folders_are_looked_through_and_their_other_files_left_alone(tmp_path: Path) -> None:
    (tmp_path / "day" / "1").mkdir(parents=True)
    (tmp_path / "day" / "1" / "video.mp4").write_bytes(b"x")
    (tmp_path / "day" / "readme.md").write_bytes(b"x")
    (tmp_path / "day" / "loop").symlink_to(tmp_path / "day")
    files, problems = gather([tmp_path / "day", tmp_path / "gone.mp4"])
    assert [file.path.name for file in files] == ["video.mp4"]
    assert len(problems) == 1
    assert "gone.mp4" in problems[0]
    (tmp_path / "day" / "1" / "video.csv").write_bytes(b"x")
    assert [log.path.name for log in logs_beside(files)] == ["video.csv"]


def _planned(*names: str) -> list[Planned]:
    return [Planned(_file(name)) for name in names]


def test_the_queue_is_remembered_in_its_order(tmp_path: Path) -> None:
    with ImportQueue(tmp_path / "q.db") as queue:
        assert queue.add(_planned("a.mp4", "b.mp4"), person="anna01", club_kind="driver") == 2
        assert queue.add(_planned("b.mp4", "c.mp4")) == 1, "what waits already is not put in twice"
    with ImportQueue(tmp_path / "q.db") as queue:
        assert [(i.name, i.state, i.person) for i in queue.all()] == [
            ("a.mp4", WAITING, "anna01"),
            ("b.mp4", WAITING, "anna01"),
            ("c.mp4", WAITING, ""),
        ]
        assert queue.claim()
        first = queue.take()
        assert first is not None
        queue.finish(first.ident, FAILED, error="It was\ntoo dark.")
        assert [i.state for i in queue.all()] == [FAILED, WAITING, WAITING]
        assert "\n" not in queue.all()[0].error
        queue.cancel(queue.all()[2].ident)
        queue.retry(first.ident)
        assert [i.state for i in queue.all()] == [WAITING, WAITING, CANCELLED]
        assert queue.all()[0].error == ""
        queue.clear()
        assert len(queue.all()) == 2


def test_one_works_on_it_and_a_killed_ones_work_waits_again(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    with ImportQueue(path) as queue:
        queue.add(_planned("a.mp4"))
    program = (
        "import sys, time; from pathlib import Path; from twinswing.review.library_imports import ImportQueue; "
        "q = ImportQueue(Path(sys.argv[1])); assert q.claim(); q.take(); print('at work', flush=True); time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "at work\n"
        with ImportQueue(path) as queue:
            assert not queue.claim()
            assert queue.all()[0].state == RUNNING
            assert queue.add(_planned("b.mp4")) == 1, "anybody may add"
            other.kill()
            other.wait()
            assert queue.claim()
            assert [item.state for item in queue.all()] == [WAITING, WAITING]
    finally:
        other.kill()
        other.wait()


def test_a_damaged_queue_is_begun_anew_and_a_newer_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "q.db"
    path.write_bytes(b"nonsense" * 1000)
    with ImportQueue(path) as queue:
        assert "damaged" in queue.started_afresh
        queue.db.execute("PRAGMA user_version = 7")
    with pytest.raises(InputError, match="version 7"):
        ImportQueue(path)


def test_a_queue_that_cannot_be_opened_now_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "queue.db"
    with ImportQueue(path) as queue:
        queue.add([Planned(Dropped(tmp_path / "a.mp4", 1, 1))])
    connect = sqlite3.connect

    def nowhere(_path: Path, **settings: Any) -> sqlite3.Connection:
        """Fail as SQLite does where the system has no more files to open."""
        return connect(tmp_path / "missing" / "queue.db", **settings)

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", nowhere)
        with pytest.raises(InputError, match="could not be opened"):
            ImportQueue(path)
    with ImportQueue(path) as queue:
        assert [item.name for item in queue.all()] == ["a.mp4"]
        assert not queue.started_afresh


def test_names_do_not_collide(tmp_path: Path) -> None:
    first = free_name(tmp_path, "swing")
    first.touch()
    second = free_name(tmp_path, "swing")
    third = free_name(tmp_path, "swing", [second])
    assert [p.name for p in (first, second, third)] == ["swing.mcap", "swing-2.mcap", "swing-3.mcap"]


def test_originals_are_those_of_what_was_done_and_are_unchanged(tmp_path: Path) -> None:
    video, out = tmp_path / "a.mp4", tmp_path / "a.mcap"
    video.write_bytes(b"film")
    about = video.stat()
    with ImportQueue(tmp_path / "q.db") as queue:
        queue.add([Planned(Dropped(video, about.st_mtime_ns, about.st_size))])
        queue.claim()
        item = queue.take()
        assert item is not None
        queue.start(item.ident, out)
        assert queue.originals() == {}
        queue.finish(item.ident, DONE, out=out)
        assert queue.originals() == {out: [video]}
        os.utime(video, ns=(1, 1))
        assert queue.originals() == {out: []}
        queue.forget([out])
        assert queue.all() == []


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"creation_time": "2026-05-01T10:00:00.000000Z"}, datetime(2026, 5, 1, 10, tzinfo=UTC)),
        ({}, None),
        ({"creation_time": "1970-01-01T00:00:00Z"}, None),
        ({"creation_time": "2030-01-01T00:00:00Z"}, None),
    ],
)
def test_a_videos_own_date_is_taken_if_it_can_be(
    tmp_path: Path, tags: dict[str, str], expected: datetime | None
) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as container:
        container.metadata.update(tags)
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    now = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1e9)
    found = filmed_unix_ns(path, now)
    assert found == (None if expected is None else int(expected.timestamp() * 1e9))
    (tmp_path / "no.mp4").write_bytes(b"no film")
    assert filmed_unix_ns(tmp_path / "no.mp4", now) is None
    assert filmed_unix_ns(tmp_path / "gone.mp4", time.time_ns()) is None
