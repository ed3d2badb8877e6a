"""Whatever breaks a recording, all that was whole comes back."""

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mcap.reader import NonSeekingReader, SeekingReader
from mcap_protobuf.decoder import DecoderFactory

from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.recording.recover import recover
from twinswing.recording.writer import RecordingWriter

ATTACHMENT = np.random.default_rng(9).bytes(20_000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, make: SimpleNamespace) -> Path:
    path = tmp_path_factory.mktemp("whole") / "a.mcap"
    make.capture(path, attachment=ATTACHMENT)
    return path


def contents(path: Path) -> list[tuple[str, int, bytes]]:
    with RecordingReader(path) as reader:
        return [(m.topic, m.t_ns, m.data) for m in reader.messages()]


def chunks_of(path: Path) -> list[tuple[int, int, int]]:
    """Return (start, end, messages) of each chunk, from the mcap package."""
    with path.open("rb") as file:
        summary = SeekingReader(file).get_summary()
    assert summary is not None
    counts = []
    with RecordingReader(path) as reader:
        for number, chunk in enumerate(summary.chunk_indexes):
            from twinswing.recording.chunks import scan_messages

            messages = sum(1 for _ in scan_messages(reader._chunk(number)))
            counts.append((chunk.chunk_start_offset, chunk.chunk_start_offset + chunk.chunk_length, messages))
    return counts


def expect_valid(path: Path) -> None:
    """The mcap package's own readers accept the file, with every checksum."""
    with path.open("rb") as file:
        seeking = [m.data for _, _, m in SeekingReader(file, validate_crcs=True).iter_messages()]
    with path.open("rb") as file:
        linear = NonSeekingReader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        assert len(seeking) == sum(1 for _ in linear.iter_decoded_messages())


@settings(max_examples=60, deadline=None)
@given(where=st.floats(0, 1))
def test_a_cut_at_any_byte_loses_the_open_chunk_at_most(
    tmp_path_factory: pytest.TempPathFactory, whole: Path, where: float
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    data = whole.read_bytes()
    cut = round(where * len(data))
    broken, out = folder / "broken.mcap", folder / "out.mcap"
    broken.write_bytes(data[:cut])
    closed = [chunk for chunk in chunks_of(whole) if chunk[1] <= cut]
    report = None
    with contextlib.suppress(InputError):
        report = recover(broken, out)
    if report is None:
        assert not closed
        assert not out.exists()
        return
    assert report.messages == sum(count for _, _, count in closed)
    assert report.chunks == len(closed)
    assert report.damaged_chunks == 0
    found = contents(out)
    truth = contents(whole)
    assert len(found) == report.messages
    assert set(found) <= set(truth)
    with RecordingReader(whole) as reader:
        entry = reader.attachments["original.bin"]
    if entry.offset + entry.length <= cut:
        with RecordingReader(out) as reader:
            assert reader.extract("original.bin", folder / "o").read_bytes() == ATTACHMENT
    expect_valid(out)


@settings(max_examples=60, deadline=None)
@example(seed=498, flips=6)  # a document whose length was wrong hid the chunks after it
@example(seed=207978777, flips=2)  # and so did a message index
@given(seed=st.integers(0, 2**32), flips=st.integers(1, 6))
def test_flipped_bytes_cost_only_the_chunks_that_they_hit(
    tmp_path_factory: pytest.TempPathFactory, whole: Path, seed: int, flips: int
) -> None:
    folder = tmp_path_factory.mktemp("flip")
    data = bytearray(whole.read_bytes())
    rng = np.random.default_rng(seed)
    hits = rng.integers(8, len(data), flips)
    for at in hits:
        data[at] ^= int(rng.integers(1, 256))
    broken, out = folder / "broken.mcap", folder / "out.mcap"
    broken.write_bytes(data)
    report = recover(broken, out)
    # A byte that was hit twice may be as it was; then that chunk is whole too.
    clean = [count for start, end, count in chunks_of(whole) if not ((hits >= start) & (hits < end)).any()]
    assert report.messages >= sum(clean)
    assert set(contents(out)) <= set(contents(whole))
    expect_valid(out)


def test_damage_is_counted(tmp_path: Path, whole: Path) -> None:
    data = bytearray(whole.read_bytes())
    start, end, count = chunks_of(whole)[2]
    data[(start + end) // 2] ^= 0x55
    with RecordingReader(whole) as reader:
        total = sum(reader.topics.values())
        data[reader.attachments["original.bin"].offset + 500] ^= 0x55
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(data)
    report = recover(broken, tmp_path / "out.mcap")
    assert (report.damaged_chunks, report.damaged_attachments, report.attachments) == (1, 1, ())
    assert report.messages == total - count
    assert report.bytes_dropped == (end - start) + 20_000 + 9 + 8 + 8 + 4 + len("original.bin") + 4 + 8 + 4


def test_a_lost_beginning_is_made_up_for_by_any_chunk(tmp_path: Path, whole: Path) -> None:
    data = bytearray(whole.read_bytes())
    data[8:200] = bytes(192)  # the header and the record that says when the session began
    broken, out = tmp_path / "broken.mcap", tmp_path / "out.mcap"
    broken.write_bytes(data)
    recover(broken, out)
    times = [t for _, t, _ in contents(whole)]
    assert [t for _, t, _ in contents(out)][-50:] == times[-50:]


def test_recovering_a_whole_recording_gives_the_same(tmp_path: Path, whole: Path) -> None:
    out = tmp_path / "out.mcap"
    report = recover(whole, out)
    assert contents(out) == contents(whole)
    assert (report.bytes_dropped, report.metadata, report.attachments) == (0, 2, ("original.bin",))
    with pytest.raises(InputError, match="exists already"):
        recover(whole, out)


def test_what_holds_nothing_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "a.mcap"
    broken.write_bytes(b"\x89MCAP0\r\n" + np.random.default_rng(0).bytes(100_000))
    with pytest.raises(InputError, match="nothing that could be recovered"):
        recover(broken, tmp_path / "out.mcap")
    broken.write_text("hello")
    with pytest.raises(InputError, match="text file"):
        recover(broken, tmp_path / "out.mcap")
    with pytest.raises(InputError, match=r"none\.mcap could not be used"):
        recover(tmp_path / "none.mcap", tmp_path / "out.mcap")
    assert not (tmp_path / "out.mcap").exists()


def _write_forever(path: Path) -> None:
    writer = RecordingWriter(path, live=True)
    k = 0
    while True:
        writer.write_annotation(k, str(k), "note", {"text": "x" * 200})
        k += 1
        if k % 500 == 0:
            writer.flush()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a process that can be killed outright")
def test_a_killed_writer_leaves_its_closed_chunks(tmp_path: Path) -> None:
    path, out = tmp_path / "a.mcap", tmp_path / "out.mcap"
    process = multiprocessing.get_context("spawn").Process(target=_write_forever, args=(path,))
    process.start()
    try:
        deadline = time.monotonic() + 60
        while (not path.exists() or path.stat().st_size < 20_000) and time.monotonic() < deadline:
            time.sleep(0.01)
    finally:
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    report = recover(path, out)
    assert report.messages >= 500
    ids = [int(m.decode().id) for m in RecordingReader(out).messages("/annotations")]
    assert ids == list(range(len(ids)))


def test_an_extension_killed_at_any_byte_loses_nothing_that_was_recorded(
    tmp_path: Path, make: SimpleNamespace, whole: Path
) -> None:
    data = whole.read_bytes()
    path = tmp_path / "a.mcap"
    path.write_bytes(data)
    before = contents(whole)
    states: list[bytes] = []
    writer = RecordingWriter.extend(path)
    states.append(path.read_bytes())
    for k in range(3):
        writer.write_event(k, "late", frame=k, confidence=1.0)
        writer.write_annotation(k, str(k), "note", {})
        writer.flush()
        states.append(path.read_bytes())
    writer.add_metadata("results", {"done": True})
    writer.commit_revision()
    states.append(path.read_bytes())
    writer.close()
    states.append(path.read_bytes())
    assert states[0] == data[: len(states[0])]
    for older, newer in itertools.pairwise(states):
        assert newer.startswith(older)  # so nothing is ever rewritten, and any kill is a cut of the last state
    captured = [m for m in before if m[0] != "/events"]
    for number, cut in enumerate(np.linspace(len(states[0]), len(states[-1]), 12).astype(int)):
        broken, out = tmp_path / "broken.mcap", tmp_path / f"out{number}.mcap"
        broken.write_bytes(states[-1][:cut])
        recover(broken, out)
        assert [m for m in contents(out) if m[0] not in ("/events", "/annotations")] == captured
    expect_valid(path)
    assert [m for m in contents(path) if m[0] == "/events"] != [m for m in before if m[0] == "/events"]


def test_many_threads_write_one_recording(tmp_path: Path, make: SimpleNamespace) -> None:
    path = tmp_path / "a.mcap"

    def work(writer: RecordingWriter, name: str) -> None:
        for k in range(100):
            writer.write_imu_batch(name, k * 1000, make.batch(k))
            if k % 25 == 0:
                writer.add_metadata(f"clock/{name}", {"k": k})

    with RecordingWriter(path, limits=make.SMALL, live=True) as writer:
        threads = [threading.Thread(target=work, args=(writer, f"C{n}")) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with RecordingReader(path) as reader:
        assert reader.topics == {f"/club/C{n}/imu": 100 for n in range(6)}
        for n in range(6):
            sequence = [m.decode().sequence for m in reader.messages(f"/club/C{n}/imu")]
            assert sequence == [16 * k for k in range(100)]
            assert reader.metadata(f"clock/C{n}") == {"k": 75}
    expect_valid(path)
