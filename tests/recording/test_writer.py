"""A writer keeps what was there, says what went wrong, and closes its chunks in time."""

import errno
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mcap.reader import SeekingReader

from twinswing.errors import InputError
from twinswing.recording import schemas, topics
from twinswing.recording.chunks import scan_records
from twinswing.recording.container import ChunkLimits
from twinswing.recording.reader import RecordingReader
from twinswing.recording.recover import recover
from twinswing.recording.writer import ImuBatch, RecordingWriter


def test_an_existing_file_is_kept_unless_told_and_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    path.write_text("precious")
    with pytest.raises(InputError, match="exists already and is not overwritten"):
        RecordingWriter(path)
    writer = RecordingWriter(path, overwrite=True)
    writer.write_event(0, "top", frame=1, confidence=1.0)
    writer.flush()
    assert path.read_text() == "precious"
    writer.close()
    with RecordingReader(path) as reader:
        assert reader.topics == {"/events": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.mcap"]


def test_two_writers_of_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    RecordingWriter(path).close()
    with RecordingWriter.extend(path), pytest.raises(InputError, match="being written already"):
        RecordingWriter.extend(path)
    RecordingWriter.extend(path).close()  # the claim ends with the writer


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.mcap could not be written: No such file"):
        RecordingWriter(tmp_path / "none" / "a.mcap")
    with pytest.raises(InputError, match="could not be opened"):
        RecordingWriter.extend(tmp_path / "a.mcap")
    (tmp_path / "b.mcap").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        RecordingWriter.extend(tmp_path / "b.mcap")


def test_chunks_stay_small_in_bytes_and_in_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        for k in range(400):
            size = 700_000 if k == 200 else 5_000
            writer.write_video(k * 20_000_000, np.random.default_rng(k).bytes(size))
    with path.open("rb") as file:
        chunks = SeekingReader(file).get_summary().chunk_indexes
    sizes = sorted(c.uncompressed_size for c in chunks)
    assert sizes[-2] <= 256 * 1024 < 700_000 < sizes[-1] < 705_000  # one message is larger than a chunk may be
    assert max(c.message_end_time - c.message_start_time for c in chunks) <= 1_000_000_000
    assert len(chunks) < 20


def test_every_chunk_describes_its_own_messages(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"
    make.capture(path)
    with RecordingReader(path) as reader:
        for number, chunk in enumerate(reader.index.chunks):
            inside = [opcode for opcode, _ in scan_records(reader._chunk(number))]
            assert inside.count(4) == len(chunk.offsets)  # a channel record for each channel that has messages


def test_a_live_recording_closes_its_chunk_by_itself(tmp_path: Path) -> None:
    path, copy, out = (tmp_path / name for name in ("a.mcap", "copy.mcap", "out.mcap"))
    with RecordingWriter(path, live=True, limits=ChunkLimits(span_s=0.02)) as writer:
        start = path.stat().st_size
        writer.write_event(0, "top", frame=1, confidence=1.0)
        deadline = time.monotonic() + 30
        while path.stat().st_size == start and time.monotonic() < deadline:
            time.sleep(0.005)
        copy.write_bytes(path.read_bytes())
    assert recover(copy, out).messages == 1


def test_a_full_disk_is_said_and_costs_nothing_that_was_written(
    tmp_path: Path, make: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mcap"
    writer = RecordingWriter(path)
    for k in range(10):
        writer.write_imu_batch("A1", k * 1000, make.batch(k))
    real = writer._appender._file

    class Full:
        """A disk with room for 100 more bytes."""

        room = 100

        def write(self, data: memoryview) -> int:
            if not self.room:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = real.write(data[: self.room])
            self.room -= written
            return written

        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

    writer._appender._file = Full()  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"a\.mcap could not be written: No space left on device"):
        writer.flush()
    with pytest.raises(InputError, match="No space left"):
        writer.add_metadata("x", {"text": "y" * 500})
    source = tmp_path / "big.bin"
    source.write_bytes(bytes(3000))
    with pytest.raises(InputError, match="No space left"):
        writer.attach_file(source)
    writer._appender._file = real  # room was made
    writer.add_metadata("x", {"a": 1})
    writer.close()
    with RecordingReader(path) as reader:
        assert [m.decode().sequence for m in reader.messages()] == [16 * k for k in range(10)]
        assert reader.metadata("x") == {"a": 1}
        assert reader.attachments == {}


def test_a_file_that_cannot_be_attached_leaves_the_recording_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        writer.write_event(0, "top", frame=1, confidence=1.0)
        with pytest.raises(InputError, match="could not be attached"):
            writer.attach_file(tmp_path / "none.mp4")
        writer.write_event(1, "impact", frame=2, confidence=1.0)
    with RecordingReader(path) as reader:
        assert reader.topics == {"/events": 2}


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "a.mcap")
    writer.write_event(0, "top", frame=1, confidence=1.0)
    with pytest.raises(ValueError, match=r"carries twinswing\.Event"):
        writer.write(topics.EVENTS, schemas.BodySigma(), 0)
    with pytest.raises(ValueError, match="int16 or float32"):
        writer.write_imu_batch("A", 0, ImuBatch(np.zeros(1, np.int64), np.zeros((1, 6))))
    with pytest.raises(ValueError, match="came with"):
        writer.write_imu_batch("A", 0, ImuBatch(np.zeros(2, np.int64), np.zeros((1, 6), np.int16)))
    with pytest.raises(InputError, match="outside what a recording can hold"):
        writer.write_event(-2 * 10**18, "top", frame=1, confidence=1.0)
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="is closed"):
        writer.flush()


def test_names_from_outside_make_safe_topics(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        for serial in ("../../etc", "A/B", "", "Ünï #1"):
            writer.write_imu_batch(serial, 0, ImuBatch(np.zeros(1, np.int64), np.zeros((1, 6), np.int16)))
        writer.write_plant_sample(0, "site/line 1/press", "spindle speed", 12.5, unit="Hz")
        writer.write_plant_sample(1, "site/line 1/press", "state", "running")
    with RecordingReader(path) as reader:
        assert list(reader.topics) == [
            "/club/.._.._etc/imu", "/club/A_B/imu", "/club/unnamed/imu", "/club/Ünï_1/imu",
            "/plant/site/line_1/press/spindle_speed", "/plant/site/line_1/press/state",
        ]  # fmt: skip


def test_extensions_add_results_and_never_hide_annotations(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path, zero_unix_ns=1_700_000_000 * 10**9) as writer:
        writer.write_event(0, "top", frame=1, confidence=0.1)
        writer.write_annotation(0, "a", "note", {"text": "first"}, author="coach")
    for k in (1, 2):
        with RecordingWriter.extend(path) as writer:
            assert writer.zero_unix_ns == 1_700_000_000 * 10**9
            writer.write_event(0, "top", frame=1 + k, confidence=0.5)
            writer.write_annotation(k, f"a{k}", "note", {"text": "more"})
            assert writer.add_metadata("results", {"k": k}) == k
            writer.commit_revision()
    with RecordingReader(path) as reader:
        assert [m.decode().frame for m in reader.messages("/events")] == [3]
        assert [m.decode().id for m in reader.messages("/annotations")] == ["a", "a1", "a2"]
        assert reader.metadata("results") == {"k": 2}
    with path.open("rb") as file:  # and another program sees all of it
        assert sum(1 for _ in SeekingReader(file, validate_crcs=True).iter_messages("/events")) == 3
