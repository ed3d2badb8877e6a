"""A plant's recording is read by other programs, and survives being cut off anywhere."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory

from twinswing.errors import InputError
from twinswing.recording.plant import PLANT_CHUNKS, PlantWriter, PlantWriterSettings
from twinswing.recording.plant_index import BATCHES
from twinswing.recording.plant_levels import Minutes, joined_minutes, minutes_of
from twinswing.recording.plant_reader import PlantReader
from twinswing.recording.plant_rows import PlantState, Rows, joined, rows_of
from twinswing.recording.reader import RecordingReader
from twinswing.recording.recover import recover
from twinswing.recording.writing import RecordingFile

S = 1_000_000_000
ITEMS = [(f"hall/unit {n}/load", "%") for n in range(5)]
# Small, so that a short recording has several of everything.
SMALL = PlantWriterSettings(batch_rows=40, keyframe_rows=80, keyframe_share=1, series_rows=16, settle_rows=300)


def some_rows(seed: int, count: int, texts: int = 3) -> Rows:
    rng = np.random.default_rng(seed)
    worded = rng.random(count) < 0.3
    return rows_of(
        rng.integers(0, len(ITEMS), count),
        np.sort(rng.integers(0, 60 * S, count)) + seed * 60 * S,
        np.where(worded, np.nan, rng.normal(size=count)),
        np.where(worded, rng.integers(0, texts, count), -1),
        rng.integers(0, 4, count).astype(np.uint8),
    )


def write(path: Path, minutes: int = 12) -> list[Rows]:
    texts = ["ACTIVE", "READY", "STOPPED"]
    written = []
    with RecordingFile(path, limits=PLANT_CHUNKS) as file:
        writer = PlantWriter(file, ITEMS, texts, name="p", text="# a plant", settings=SMALL)
        for minute in range(minutes):
            rows = some_rows(minute, 90)
            writer.add(rows)
            writer.commit()
            written.append(rows)
        writer.add_link(0, "m", "live", "a word", ["a0"], 0)
        writer.add_action(5, "shelve", "Ann", '{"minutes": 30}')
        writer.close()
    return written


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plant") / "a.mcap"
    write(path)
    return path


def test_other_tools_decode_each_items_series_by_the_schemas_in_the_file(whole: Path) -> None:
    truth = joined([some_rows(minute, 90) for minute in range(12)])
    texts = ["ACTIVE", "READY", "STOPPED"]
    with whole.open("rb") as file:
        reader = make_reader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        summary = reader.get_summary()
        assert summary is not None
        seen: dict[int, list[tuple[int, float, str, int]]] = {}
        everything = set()
        for _, channel, _, message in reader.iter_decoded_messages():
            everything.add(channel.topic)
            if channel.topic.startswith("/plant/hall/"):
                assert channel.topic == f"/plant/hall/unit_{message.item}/load"
                assert message.unit == "%"
                n = len(message.offset_ns)
                words = [message.texts[k] if k >= 0 else "" for k in message.text] or [""] * n
                marks = list(message.quality) or [0] * n
                numbers = list(message.number) or [float("nan")] * n
                times = [message.t_ns + offset for offset in message.offset_ns]
                seen.setdefault(message.item, []).extend(zip(times, numbers, words, marks, strict=True))
    assert {
        BATCHES,
        "/plant/keyframes",
        "/plant/minutes",
        "/plant/index",
        "/plant/links",
        "/plant/actions",
    } < everything
    for item in range(len(ITEMS)):
        rows = truth.take(truth.item == item)
        words = [texts[k] if k >= 0 else "" for k in rows.text.tolist()]
        wanted = list(zip(rows.t_ns.tolist(), rows.number.tolist(), words, rows.quality.tolist(), strict=True))
        # As text, a NaN equals itself.
        assert list(map(repr, seen[item])) == list(map(repr, wanted))


def batches_of(path: Path) -> Rows:
    from twinswing.recording.schemas import PlantBatch

    with RecordingReader(path) as reader:
        found = [PlantBatch.FromString(m.data) for m in reader.messages(BATCHES)]
    found.sort(key=lambda m: m.sequence)
    return joined([Rows.unpack(m.rows, m.count) for m in found])


@settings(max_examples=40, deadline=None)
@given(where=st.floats(0, 1))
def test_cut_off_anywhere_the_closed_chunks_open_as_a_history(
    tmp_path_factory: pytest.TempPathFactory, whole: Path, where: float
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    data = whole.read_bytes()
    (folder / "broken.mcap").write_bytes(data[: round(where * len(data))])
    try:
        recover(folder / "broken.mcap", folder / "out.mcap")
    except InputError:
        assert where < 0.1
        return
    with RecordingReader(folder / "out.mcap") as file:
        chunks = len(file.index.chunks)
        rows = batches_of(folder / "out.mcap")
        if not chunks:
            return
        reader = PlantReader(file)
        assert reader.rows == len(rows)
        for item in range(len(ITEMS)):
            mine = rows.take(rows.item == item)
            got = reader.rows_of(item, 0, 1 << 60)
            np.testing.assert_array_equal(got.t_ns, mine.in_time_order().t_ns)
            np.testing.assert_array_equal(got.number, mine.in_time_order().number)
            np.testing.assert_array_equal(got.text, mine.in_time_order().text)
            total = reader.minutes_of(item, 0, 1 << 40).count.sum()
            assert total == minutes_of(mine).count.sum()
        middle = int(rows.t_ns[len(rows) // 2]) if len(rows) else 0
        state, truth = reader.state_at(middle), PlantState.unheard(len(ITEMS))
        truth.apply(rows, middle)
        np.testing.assert_array_equal(state.number, truth.number)
        np.testing.assert_array_equal(state.since_ns, truth.since_ns)


# Ends as a process that is killed does: nothing is closed, flushed or unwound.
_KILLED = """
import os, signal, sys
from twinswing.recording.plant import PLANT_CHUNKS, PlantWriter
from twinswing.recording.plant_rows import rows_of
from twinswing.recording.writing import RecordingFile

writer = PlantWriter(RecordingFile(sys.argv[1], limits=PLANT_CHUNKS), [("u/a", "1"), ("u/b", "1")], [])
for second in range(6):
    writer.add(rows_of([0, 1] * 45, [second * 10**9 + k for k in range(90)], [float(second)] * 90))
    writer.commit()
writer.add(rows_of([0], [6 * 10**9], [6.0]))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a process that can be killed outright")
def test_a_killed_process_loses_only_what_was_not_committed(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(tmp_path / "a.mcap")], check=False)
    assert ended.returncode == -signal.SIGKILL
    recover(tmp_path / "a.mcap", tmp_path / "b.mcap")
    with RecordingReader(tmp_path / "b.mcap") as file:
        reader = PlantReader(file)
        assert reader.rows == 6 * 90
        assert reader.state_at(1 << 60).number.tolist() == [5.0, 5.0]


def test_a_lost_chunk_costs_its_rows_and_the_rest_is_found_again(tmp_path: Path, whole: Path) -> None:
    data = bytearray(whole.read_bytes())
    with RecordingReader(whole) as file:
        entry = file.index.chunks[3]
    data[entry.start + entry.length // 2] ^= 0x55
    (tmp_path / "a.mcap").write_bytes(data)
    assert recover(tmp_path / "a.mcap", tmp_path / "b.mcap").damaged_chunks == 1
    with RecordingReader(tmp_path / "b.mcap") as file:
        reader = PlantReader(file)
        last = joined([some_rows(minute, 90) for minute in range(12)])
        truth = PlantState.unheard(len(ITEMS))
        truth.apply(last)
        np.testing.assert_array_equal(reader.state_at(1 << 60).number, truth.number)
        assert 0 < reader.rows <= 12 * 90


def test_rows_of_wrong_sizes_are_refused() -> None:
    for kind in (Rows, Minutes):
        with pytest.raises(InputError, match="bytes"):
            kind.unpack(b"abc", 1)
        with pytest.raises(InputError, match="bytes"):
            kind.unpack(b"", -1)
    with pytest.raises(InputError, match="bytes"):
        PlantState.unpack(b"", 2)


_rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(-400, 400), st.floats(-5, 5) | st.just(float("nan")), st.integers(0, 3)),
    max_size=40,
).map(lambda r: rows_of([a for a, *_ in r], [b * S for _, b, *_ in r], [c for *_, c, _ in r], None, [d for *_, d in r]))


@given(parts=st.lists(_rows, min_size=1, max_size=4), until=st.integers(-400, 400))
def test_a_state_is_the_same_by_whatever_parts_it_is_reached(parts: list[Rows], until: int) -> None:
    whole, stepwise = PlantState.unheard(3), PlantState.unheard(3)
    whole.apply(joined(parts), until * S)
    for part in parts:
        stepwise.apply(part, until * S)
    rows = joined(parts)
    for item in range(3):
        mine = [k for k in range(len(rows)) if rows.item[k] == item and rows.t_ns[k] <= until * S]
        newest = max(mine, key=lambda k: (rows.t_ns[k], k), default=None)
        for state in (whole, stepwise):
            if newest is None:
                assert state.quality[item] == 1
                continue
            assert (state.t_ns[item], state.quality[item]) == (rows.t_ns[newest], rows.quality[newest])
            np.testing.assert_array_equal(state.number[item], rows.number[newest])
            heard = [int(rows.t_ns[k]) for k in mine if rows.quality[k] != 2]
            assert state.since_ns[item] == max(heard, default=-(1 << 62))


@given(parts=st.lists(_rows, min_size=1, max_size=4))
def test_minutes_join_to_the_minutes_of_all(parts: list[Rows]) -> None:
    at_once, joint = minutes_of(joined(parts)), joined_minutes([minutes_of(part) for part in parts])
    for name in ("item", "minute", "count", "least", "greatest", "last", "last_t_ns"):
        np.testing.assert_array_equal(getattr(at_once, name), getattr(joint, name))
    np.testing.assert_allclose(at_once.total, joint.total, atol=1e-12)
    back = Minutes.unpack(joint.pack(), len(joint))
    np.testing.assert_array_equal(back.total, joint.total)


@given(rows=_rows)
def test_rows_come_back_as_they_were_packed(rows: Rows) -> None:
    back = Rows.unpack(rows.pack(), len(rows))
    for name in ("item", "t_ns", "number", "text", "quality", "detail"):
        np.testing.assert_array_equal(getattr(back, name), getattr(rows, name))
