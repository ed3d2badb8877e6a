"""Annotations in a recording, read back, merged, and seen by other programs."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader

from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError
from twinswing.recording import topics
from twinswing.recording.index import read_index
from twinswing.recording.reader import RecordingReader
from twinswing.recording.recover import recover
from twinswing.recording.writer import ImuBatch, RecordingWriter
from twinswing.resources import bundled_recording
from twinswing.review.document import ReviewDocument
from twinswing.review.measure import UNKNOWN_ANGLE_RAD, read_out
from twinswing.review.model import Annotation, Media, Span
from twinswing.review.storage import (
    DOCUMENT_RECORD,
    load_document,
    load_voice,
    merge_recordings,
    save_document,
    voice_name,
)
from twinswing.swing.session_io import load_session


@pytest.fixture
def recording(tmp_path) -> Path:
    path = tmp_path / "swing.mcap"
    write(path)
    return path


def write(path: Path, batches: int = 20) -> None:
    with RecordingWriter(path) as writer:
        for k in range(batches):
            t_ns = (np.arange(16, dtype=np.int64) + 16 * k) * 1_000_000
            values = np.full((16, 6), k, dtype=np.int16)
            writer.write_imu_batch("A1", int(t_ns[0]), ImuBatch(t_ns, values, 0.005, 0.001, sequence=16 * k))


def note(ident: str, text: str, t_ns: int = 0, author: str = "Ann") -> Annotation:
    return Annotation(ident, "text", author, Span.moment(t_ns), text=text)


def voice(data: bytes, ident: str = "v1") -> Annotation:
    media = Media(hashlib.sha256(data).hexdigest(), len(data), 2.0)
    return Annotation(ident, "voice", "Ann", Span.moment(0), media=media)


def data_end(path: Path) -> int:
    with path.open("rb") as file:
        return read_index(file, path).data_end


def test_what_was_captured_stays_byte_for_byte(recording) -> None:
    before, end = recording.read_bytes(), data_end(recording)
    document = load_document(recording)
    assert document.all() == ()
    document.add(note("n1", "stay low", 5_000_000))
    assert save_document(recording, document)
    after = recording.read_bytes()
    assert after[:end] == before[:end]
    assert load_document(recording).all() == document.all()
    assert not save_document(recording, document), "nothing new, nothing written"
    assert recording.read_bytes() == after


def test_other_programs_see_each_annotation_and_its_deletion(recording) -> None:
    document = load_document(recording)
    document.add(note("n1", "stay low", 5_000_000))
    document.add(note("far", "from the future", 10**18))
    save_document(recording, document)
    document.edit("n1", by="Ann", text="lower")
    document.delete("far", by="Ann")
    save_document(recording, document)
    with recording.open("rb") as file:
        found = [m.data for _, c, m in make_reader(file).iter_messages(topics=["/annotations"], log_time_order=False)]
    assert len(found) == 4
    with RecordingReader(recording) as reader:
        latest = {m.id: m for m in (message.decode() for message in reader.messages(topics.ANNOTATIONS))}
        assert (latest["n1"].kind, latest["n1"].author, latest["n1"].deleted) == ("text", "Ann", False)
        assert json.loads(json.loads(latest["n1"].document)["text"]) == "lower"
        assert latest["far"].deleted
        assert reader.span_ns == (0, 304_000_000), "a remark outside does not lengthen the timeline"


def test_two_copies_annotated_apart_merge_without_loss(recording, tmp_path) -> None:
    first = load_document(recording)
    first.add(note("n1", "stay low"))
    save_document(recording, first)
    copy = Path(shutil.copy(recording, tmp_path / "copy.mcap"))
    said = b"OggS not really"
    here, there = load_document(recording), load_document(copy)
    here.edit("n1", by="Ann", text="stay lower")
    here.add(note("n2", "hips"))
    there.edit("n1", by="Bob", colour="#00ff00")
    there.add(replace(voice(said), author="Bob"))
    save_document(recording, here)
    save_document(copy, there, {voice(said).media.sha256: said})
    assert merge_recordings(recording, copy)
    assert merge_recordings(copy, recording)
    merged = load_document(recording)
    assert merged.all() == load_document(copy).all()
    assert {a.ident for a in merged.all()} == {"n1", "n2", "v1"}
    assert (merged.get("n1").text, merged.get("n1").colour) == ("stay lower", "#00ff00")
    assert load_voice(recording, voice(said).media.sha256) == said
    assert not merge_recordings(recording, copy)


def test_saving_takes_in_what_another_program_wrote_meanwhile(recording) -> None:
    here, there = load_document(recording), load_document(recording)
    here.add(note("n1", "one"))
    there.add(note("n2", "two"))
    save_document(recording, here)
    save_document(recording, there)
    assert {a.ident for a in there.all()} == {a.ident for a in load_document(recording).all()} == {"n1", "n2"}


def test_recordings_of_different_things_are_not_merged(recording, tmp_path) -> None:
    other = tmp_path / "other.mcap"
    write(other, batches=21)
    before = recording.read_bytes()
    with pytest.raises(InputError, match="not copies"):
        merge_recordings(recording, other)
    assert recording.read_bytes() == before


def test_a_voice_that_is_not_what_its_hash_says_is_refused(recording) -> None:
    document = load_document(recording)
    document.add(voice(b"said"))
    before = recording.read_bytes()
    with pytest.raises(InputError, match="changed or damaged"):
        save_document(recording, document, {voice(b"said").media.sha256: b"other"})
    assert recording.read_bytes() == before
    save_document(recording, document, {voice(b"said").media.sha256: b"said", "ff" * 32: b"nobody's"})
    with RecordingReader(recording) as reader:
        assert list(reader.attachments) == [voice_name(voice(b"said").media.sha256)]
    assert load_voice(recording, "ff" * 32) is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ([], "damaged"),
        ({"format": 1}, "damaged"),
        ({"format": 2, "update": ""}, "format 2"),
        ({"format": 1, "update": "!!"}, "damaged"),
        ({"format": 1, "update": "AQID"}, "damaged"),
    ],
)
def test_damaged_annotations_are_told_in_a_sentence(recording, record, reason) -> None:
    with RecordingWriter.extend(recording) as writer:
        writer.add_metadata(DOCUMENT_RECORD, record)
    with pytest.raises(InputError, match=reason):
        load_document(recording)
    document = ReviewDocument()
    document.add(note("n1", "x"))
    before = recording.read_bytes()
    with pytest.raises(InputError):
        save_document(recording, document)
    assert recording.read_bytes() == before


def test_a_bundled_swing_with_a_pinned_angle_opens_as_before(tmp_path) -> None:
    path = Path(shutil.copy(bundled_recording("driver-face-on.mcap"), tmp_path / "swing.mcap"))
    before = load_session(path)
    top_ns = round(before.events["top"].t_s * 1e9)
    pins = ("left_shoulder", "left_elbow", "left_wrist")
    document = load_document(path)
    document.add(Annotation("a1", "angle", "Ann", Span.moment(top_ns), pins=pins))
    save_document(path, document)
    after = load_session(path)
    assert after.events == before.events
    assert np.array_equal(after.body.joints_m, before.body.joints_m)
    found = read_out(load_document(path).get("a1"), top_ns, after.body)
    shoulder, elbow, wrist = (before.body.at(before.events["top"].t_s)[JOINT[pin]] for pin in pins)
    u, v = shoulder - elbow, wrist - elbow
    assert np.cos(found.value) == pytest.approx(u @ v / np.linalg.norm(u) / np.linalg.norm(v), abs=1e-6)
    assert 0.0 < found.sigma <= UNKNOWN_ANGLE_RAD


def test_annotations_are_saved_from_a_recording_that_was_cut_off(recording, tmp_path) -> None:
    document = load_document(recording)
    document.add(note("n1", "stay low"))
    save_document(recording, document)
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(recording.read_bytes()[: data_end(recording)])
    recover(broken, tmp_path / "saved.mcap")
    assert load_document(tmp_path / "saved.mcap").all() == document.all()
