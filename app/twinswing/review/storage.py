"""Annotations in a recording: added behind what was captured, which stays as it is byte for byte.

The document as a whole is one metadata record, replaced by a later one; each annotation that changed is also a message
on `/annotations`, for programs that do not know the document; a voice is an attached file named by its hash.
"""

import base64
import binascii
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from twinswing.errors import InputError
from twinswing.recording import topics
from twinswing.recording.exclusive import exclusive
from twinswing.recording.reader import RecordingReader
from twinswing.recording.writer import RecordingWriter
from twinswing.review.checks import LIMITS, to_fields
from twinswing.review.document import ReviewDocument
from twinswing.review.model import Annotation

DOCUMENT_RECORD = "review/annotations"
FORMAT = 1


def load_document(path: str | Path) -> ReviewDocument:
    """Read a recording's annotations: an empty document where it has none.

    Raises InputError if the file is no recording, or its annotations are damaged or a newer program's.
    """
    with RecordingReader(path) as reader:
        return document_in(reader)


def save_document(path: str | Path, document: ReviewDocument, voices: Mapping[str, bytes] | None = None) -> bool:
    """Add what a document has to a recording, and to the document what the recording had; tell if anything was new.

    voices : files of voice notes by SHA-256 in hexadecimal; those that no annotation names, or that the recording
             has already, are left out.
    Raises InputError if the file is no recording, cannot be written, or a voice is not what its hash says.
    """
    if not _holds_more(path, document, voices or {}):
        return False
    # Looked at again with nobody else adding to it: what another program kept meanwhile is not to be lost.
    with exclusive(path):
        return _save(path, document, voices or {})


def _holds_more(path: str | Path, document: ReviewDocument, voices: Mapping[str, bytes]) -> bool:
    """Take in what a recording has, and tell whether there is anything that it has not."""
    with RecordingReader(path) as reader:
        held, kept = document_in(reader), set(reader.attachments)
    document.merge(held)
    return held.update() != document.update() or bool(_fresh(document, voices, kept))


def _fresh(document: ReviewDocument, voices: Mapping[str, bytes], kept: set[str]) -> dict[str, bytes]:
    wanted = {a.media.sha256 for a in document.all() if a.media is not None}
    return {h: data for h, data in voices.items() if h in wanted and voice_name(h) not in kept}


def _save(path: str | Path, document: ReviewDocument, voices: Mapping[str, bytes]) -> bool:
    with RecordingReader(path) as reader:
        held, span_ns, kept = document_in(reader), reader.span_ns, set(reader.attachments)
    document.merge(held)
    fresh = _fresh(document, voices, kept)
    for digest, data in fresh.items():
        check_voice(digest, data)
    before = {a.ident: a for a in held.all()}
    after = {a.ident: a for a in document.all()}
    if held.update() == document.update() and not fresh:
        return False
    with RecordingWriter.extend(path) as writer:
        for digest, data in fresh.items():
            _attach(writer, voice_name(digest), data)
        for ident in sorted(before.keys() | after.keys()):
            old, new = before.get(ident), after.get(ident)
            if old != new:
                _write(writer, new or before[ident], span_ns, deleted=new is None)
        update = base64.b64encode(document.update()).decode()
        writer.add_metadata(DOCUMENT_RECORD, {"format": FORMAT, "update": update})
    return True


def merge_recordings(into: str | Path, other: str | Path) -> bool:
    """Add to a recording all annotations and voices of another copy of it; tell if there were any new ones.

    Raises InputError if the two did not capture the same.
    """
    with RecordingReader(into) as first, RecordingReader(other) as second:
        _check_same(first, second)
        document = document_in(second)
        missing = {a.media.sha256 for a in document.all() if a.media is not None}
        missing = {h for h in missing if voice_name(h) not in first.attachments}
    voices = {digest: voice for digest in sorted(missing) if (voice := load_voice(other, digest)) is not None}
    return save_document(into, document, voices)


def voice_name(sha256: str) -> str:
    """Return the name of the attached file that holds a voice."""
    return f"voice/{sha256}.ogg"


def check_voice(sha256: str, data: bytes) -> None:
    """Raise InputError unless a voice's file has this hash and a size that is allowed."""
    if not 0 < len(data) <= LIMITS.voice_bytes:
        raise InputError(f"A voice note has {len(data)} bytes; 1 to {LIMITS.voice_bytes} were expected.")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InputError(f"A voice note is not the one with the hash {sha256[:12]}...: it was changed or damaged.")


def load_voice(path: str | Path, sha256: str) -> bytes | None:
    """Read a voice note's file out of a recording, checked; None if it is not there; raises InputError if damaged."""
    with RecordingReader(path) as reader, tempfile.TemporaryDirectory() as folder:
        entry = reader.attachments.get(voice_name(sha256))
        if entry is None:
            return None
        if entry.data_size > LIMITS.voice_bytes:
            raise InputError(f"{path} is damaged: a voice note claims {entry.data_size} bytes.")
        data = reader.extract(voice_name(sha256), Path(folder) / "voice.ogg").read_bytes()
    check_voice(sha256, data)
    return data


def document_in(reader: RecordingReader) -> ReviewDocument:
    """Read the annotations of an open recording; raises InputError as `load_document` does."""
    record = reader.metadata(DOCUMENT_RECORD)
    if record is None:
        return ReviewDocument()
    if not isinstance(record, dict) or not isinstance(record.get("update"), str):
        raise InputError(f"{reader.path} is damaged: its annotations cannot be read.")
    if record.get("format") != FORMAT:
        raise InputError(f"{reader.path} has annotations of format {record.get('format')!r}, not {FORMAT}: update.")
    try:
        return ReviewDocument(base64.b64decode(record["update"], validate=True))
    except (InputError, binascii.Error) as error:
        raise InputError(f"{reader.path} is damaged: its annotations cannot be read ({error}).") from error


def _write(writer: RecordingWriter, annotation: Annotation, span_ns: tuple[int, int], *, deleted: bool) -> None:
    # A remark outside the recording must not lengthen its timeline; its own time is in its fields.
    t_ns = min(max(annotation.time.start_ns, span_ns[0]), span_ns[1])
    fields = to_fields(annotation)
    writer.write_annotation(t_ns, annotation.ident, annotation.kind, fields, author=annotation.author, deleted=deleted)


def _attach(writer: RecordingWriter, name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "voice.ogg"
        part.write_bytes(data)
        writer.attach_file(part, name=name, media_type="audio/ogg")


def _check_same(first: RecordingReader, second: RecordingReader) -> None:
    def captured(reader: RecordingReader) -> set[str]:
        return {t for t in reader.topics if not topics.is_result(t) and t != topics.ANNOTATIONS}

    names = captured(first)
    same = (
        first.index.zero_unix_ns == second.index.zero_unix_ns
        and names == captured(second)
        and all(np.array_equal(first.times_ns(t), second.times_ns(t)) for t in names)
    )
    if not same:
        raise InputError(f"{first.path} and {second.path} are not copies of one recording: they captured other things.")
