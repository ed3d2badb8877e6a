"""What was written is read: in order, at once, and in little memory; what is no recording is named."""

import json
import time
import tracemalloc
import wave
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.errors import InputError
from twinswing.recording.arrays import imu_columns
from twinswing.recording.container import ChunkLimits
from twinswing.recording.index import read_index
from twinswing.recording.info import recording_info
from twinswing.recording.reader import RecordingReader
from twinswing.recording.writer import RecordingWriter

VIDEO = "/camera/main/video"


def numbers(messages: Any) -> list[int]:
    return [int.from_bytes(m.decode().data[:4], "big") for m in messages]


def test_messages_come_in_order_of_time_from_any_range(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"
    make.capture(path)
    with RecordingReader(path) as reader:
        assert reader.topics == {VIDEO: 120, "/club/A1/imu": 120, "/events": 3}
        assert reader.span_ns == (-500_000_000, 119 * 16_000_000 - 500_000_000)
        times = [m.t_ns for m in reader.messages()]
        assert len(times) == 243
        assert times == sorted(times)
        t = [k * 16_000_000 - 500_000_000 for k in range(120)]
        assert numbers(reader.messages(VIDEO, t[7], t[31])) == list(range(7, 32))
        assert numbers(reader.messages([VIDEO, "/none"], t[119] + 1)) == []
        assert numbers(reader.messages(VIDEO, None, t[0])) == [0]


@settings(max_examples=25, deadline=None)
@given(
    times=st.lists(st.tuples(st.integers(0, 2), st.integers(-5_000_000_000, 5_000_000_000)), max_size=80),
    probe=st.integers(-6_000_000_000, 6_000_000_000),
)
def test_any_order_of_writing_is_read_in_order_of_time(
    tmp_path_factory: pytest.TempPathFactory, times: list[tuple[int, int]], probe: int
) -> None:
    path = tmp_path_factory.mktemp("order") / "a.mcap"
    with RecordingWriter(path, limits=ChunkLimits(size_bytes=500, span_s=0.5)) as writer:
        for number, (camera, t) in enumerate(times):
            writer.write_video(t, number.to_bytes(4, "big"), camera=str(camera))
    with RecordingReader(path) as reader:
        found = [(m.t_ns, n) for m, n in ((m, numbers([m])[0]) for m in reader.messages())]
        assert found == sorted(((t, n) for n, (_, t) in enumerate(times)), key=lambda pair: pair)
        for camera in range(3):
            topic = f"/camera/{camera}/video"
            mine = sorted((t, n) for n, (c, t) in enumerate(times) if c == camera)
            assert reader.times_ns(topic).tolist() == [t for t, _ in mine]
            before = [pair for pair in mine if pair[0] <= probe]
            latest = reader.latest_before(topic, probe)
            assert (latest and (latest.t_ns, numbers([latest])[0])) == (before[-1] if before else None)


def test_samples_come_back_to_the_last_bit(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"
    make.capture(path)
    with RecordingReader(path) as reader:
        columns = imu_columns(reader, "A1")
    assert columns is not None
    raw = np.concatenate([make.batch(k).values for k in range(120)])
    np.testing.assert_array_equal(columns.accel_mps2, raw[:, :3] * 0.005)
    np.testing.assert_array_equal(columns.gyro_radps, raw[:, 3:] * 0.001)
    np.testing.assert_array_equal(columns.device_t_ns, np.arange(120 * 16) * 1_000_000)
    assert (columns.missing, columns.repeated) == (0, 0)


def test_the_latest_version_of_a_document_wins(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"
    make.capture(path)
    with RecordingReader(path) as reader:
        assert reader.metadata("clock/A1") == {"offset_s": 0.5}
        assert reader.metadata("nothing") is None


def test_an_attachment_comes_out_whole_or_not_at_all(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"
    original = np.random.default_rng(3).bytes(3_000_001)
    make.capture(path, attachment=original)
    with RecordingReader(path) as reader:
        assert reader.extract("original.bin", tmp_path / "out.bin").read_bytes() == original
        with pytest.raises(InputError, match=r"no attachment x; it has original\.bin"):
            reader.extract("x", tmp_path / "x")
        entry = reader.attachments["original.bin"]
    data = bytearray(path.read_bytes())
    data[entry.offset + 1_000_000] ^= 1
    path.write_bytes(data)
    with RecordingReader(path) as reader, pytest.raises(InputError, match="fails its checksum"):
        reader.extract("original.bin", tmp_path / "out2.bin")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mcap", "original.bin", "out.bin"]


class CountingFile:
    """A file that adds up what is read from it."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("rb")
        self.read_bytes = 0

    def seek(self, *args: int) -> int:
        return self.file.seek(*args)

    def read(self, count: int = -1) -> bytes:
        data = self.file.read(count)
        self.read_bytes += len(data)
        return data


def test_a_large_recording_opens_at_once_and_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.mcap"
    hole = tmp_path / "hole.bin"
    with hole.open("wb") as file:
        file.truncate(300_000_000)
    noise = np.random.default_rng(0)
    with RecordingWriter(path) as writer:
        for k in range(1200):  # 72 MB in chunks, and an attachment of 300 MB that is never read
            writer.write_video(k * 10_000_000, k.to_bytes(4, "big") + noise.bytes(60_000))
        tracemalloc.start()
        writer.attach_file(hole)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
        tracemalloc.stop()
    hole.unlink()
    assert path.stat().st_size > 370_000_000

    file = CountingFile(path)
    index = read_index(file, path)  # type: ignore[arg-type]
    assert index.message_counts == {1: 1200}
    assert file.read_bytes < 200_000
    file.file.close()

    start = time.process_time()
    with RecordingReader(path) as reader:
        assert time.process_time() - start < 0.5
        latest = reader.latest_before(VIDEO, 7_005_000_000)
        assert latest is not None
        assert numbers([latest]) == [700]
        tracemalloc.start()
        assert sum(1 for _ in reader.messages(VIDEO)) == 1200
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
        tracemalloc.stop()
    path.unlink()


def test_opening_is_quick_with_very_many_chunks(tmp_path: Path) -> None:
    path = tmp_path / "many.mcap"
    with RecordingWriter(path, limits=ChunkLimits(size_bytes=64)) as writer:
        for k in range(20_000):  # as many chunks as 5 GB of video would have
            writer.write_annotation(k, "a", "note", {})
    start = time.process_time()
    with RecordingReader(path) as reader:
        assert time.process_time() - start < 0.5
        assert len(reader.index.chunks) == 20_000


def test_info_says_what_is_inside(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"
    make.capture(path, attachment=b"12345")
    info = recording_info(path)
    found = json.loads(json.dumps(info.to_dict()))
    assert found["topics"][0] == {"topic": VIDEO, "schema": "foxglove.CompressedVideo", "messages": 120}
    assert found["documents"] == {"twinswing/recording": 1, "clock/A1": 2}
    assert found["attachments"] == {"original.bin": 5}
    assert found["first_s"] == -0.5
    assert "/club/A1/imu" in info.text()


# Bad input


def write_wave(path: Path) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(1000))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; a recording"),
        (b"\x89MCA", "was cut off"),
        (b"\x89MCAP0\r\n", "was cut off"),
        (b"t_s,ax,ay,az\n0,1,2,3\n", "is a text file"),
        (b"\0\0\0\x20ftypisom0000", "is an MP4 or QuickTime file"),
        (b"ID3\x04\0\0", "is an MP3 audio file"),
        (b"\x89MCAP9\r\n" + bytes(100), "another version than 0"),
        (bytes(1000), "of an unknown kind"),
    ],
)
def test_what_is_no_recording_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.mcap"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as raised:
        RecordingReader(path)
    assert raised.value.exit_status == 3
    assert str(raised.value).count("\n") == 0


def test_an_audio_file_and_a_folder_are_named(tmp_path: Path) -> None:
    write_wave(tmp_path / "a.wav")
    with pytest.raises(InputError, match="AVI or WAVE"):
        RecordingReader(tmp_path / "a.wav")
    with pytest.raises(InputError, match="could not be opened"):
        RecordingReader(tmp_path)


def test_a_cut_off_recording_says_how_to_save_it(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"
    make.capture(path)
    data = path.read_bytes()
    for cut in (len(data) - 1, len(data) - 30, len(data) // 2, 60):
        path.write_bytes(data[:cut])
        with pytest.raises(InputError, match="twinswing recover"):
            RecordingReader(path)


def test_a_recording_of_a_newer_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.mcap"
    with monkeypatch.context() as newer:
        newer.setattr("twinswing.recording.writing.VERSION", "2.0")
        RecordingWriter(path).close()
    with pytest.raises(InputError, match=r"format version 2\.0, and this program reads up to 1\.0"):
        RecordingReader(path)


def test_an_mcap_file_of_another_program_is_refused(tmp_path: Path) -> None:
    from mcap.writer import Writer

    path = tmp_path / "a.mcap"
    with path.open("wb") as file:
        other = Writer(file)
        other.start(profile="ros2")
        other.finish()
    with pytest.raises(InputError, match="not a recording of Twinswing's"):
        RecordingReader(path)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), flips=st.integers(1, 12))
def test_damage_anywhere_gives_an_input_error_or_true_messages(
    tmp_path_factory: pytest.TempPathFactory, make: SimpleNamespace, seed: int, flips: int
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    path = folder / "a.mcap"
    make.capture(path, batches=20)
    with RecordingReader(path) as reader:
        truth = [(m.topic, m.t_ns, m.data) for m in reader.messages()]
    rng = np.random.default_rng(seed)
    data = bytearray(path.read_bytes())
    for at in rng.integers(0, len(data), flips):
        data[at] ^= int(rng.integers(1, 256))
    path.write_bytes(data)
    try:
        with RecordingReader(path) as reader:
            assert [(m.topic, m.t_ns, m.data) for m in reader.messages()] == truth
            assert reader.metadata("clock/A1") == {"offset_s": 0.5}
            for topic in reader.topics:
                reader.times_ns(topic)
    except InputError:
        pass
