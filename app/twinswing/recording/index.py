"""What a recording says of itself at its end: read in a few reads, however long the recording is."""

import json
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from struct import Struct, unpack
from typing import Any, BinaryIO

import numpy as np
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import AttachmentIndex, Channel, ChunkIndex, Metadata, MetadataIndex, Schema
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.recording.container import MAGIC

PROFILE = "twinswing"
RECORDING_RECORD = "twinswing/recording"
REVISION_RECORD = "twinswing/revision"
# Major part: an older program cannot read a newer one's recordings. Minor: it can, and misses something.
VERSION = "1.0"

_RECORD = Struct("<BQ")
_CHUNK_HEAD = Struct("<QQQQI")
_FOOTER_BYTES = 9 + 20 + len(MAGIC)
_DATA_END_BYTES = 9 + 4
_CHUNK_OFFSETS = np.dtype([("channel", "<u2"), ("offset", "<u8")])
# A metadata record above this is not read: nothing that this program writes comes near it.
METADATA_LIMIT_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class ChunkEntry:
    """Where a chunk lies, its first and last log time, and where the message index of each of its channels lies."""

    first: int
    last: int
    start: int
    length: int
    index_length: int
    offsets: NDArray[np.void]
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class RecordingIndex:
    """The summary of a recording; `data_end` is the byte at which its records end and the summary begins."""

    path: Path
    size: int
    data_end: int
    version: str
    zero_unix_ns: int
    revision: int | None
    schemas: dict[int, Schema]
    channels: dict[int, Channel]
    chunks: list[ChunkEntry]
    attachments: list[AttachmentIndex]
    metadata: list[MetadataIndex]
    message_counts: dict[int, int]

    def chunk_indexes(self) -> list[ChunkIndex]:
        """Return the chunks as the records of the `mcap` package."""
        return [ChunkIndex.read(ReadDataStream(BytesIO(chunk.raw))) for chunk in self.chunks]

    def metadata_versions(self) -> dict[str, int]:
        """Return how many documents there are under each name."""
        counts: dict[str, int] = {}
        for entry in self.metadata:
            counts[entry.name] = counts.get(entry.name, 0) + 1
        return counts

    @staticmethod
    def revision_of(channel: Channel) -> int:
        """Return the revision that a channel's results belong to; captured channels have 0."""
        text = channel.metadata.get("revision", "0")
        return int(text) if text.isdecimal() else 0


def read_index(file: BinaryIO, path: Path) -> RecordingIndex:
    """Read the summary of a recording from its end.

    Raises InputError if the file is something else, was cut off, or comes from a newer version.
    """
    size = file.seek(0, 2)
    check_kind(file, path, size)
    file.seek(max(size - _FOOTER_BYTES, 0))
    tail = file.read(_FOOTER_BYTES)
    if not tail.endswith(MAGIC) or tail[0] != Opcode.FOOTER or size < 2 * len(MAGIC) + _FOOTER_BYTES:
        raise InputError(_cut_off(path))
    summary_start, _, crc = unpack("<QQI", tail[9:29])
    if not len(MAGIC) < summary_start <= size - _FOOTER_BYTES:
        raise InputError(f"{path} has no summary; `twinswing recover` can rebuild one.")
    file.seek(summary_start - _DATA_END_BYTES)
    if file.read(1) != bytes([Opcode.DATA_END]):
        raise InputError(f"{path} is damaged: its summary does not follow its data; try `twinswing recover`.")
    file.seek(summary_start)
    summary = file.read(size - _FOOTER_BYTES - summary_start)
    if crc and zlib.crc32(tail[:25], zlib.crc32(summary)) != crc:
        raise InputError(f"{path} is damaged: its summary fails its checksum; `twinswing recover` can rebuild one.")
    try:
        return _parse(file, path, size, summary_start - _DATA_END_BYTES, summary)
    except (McapError, ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is damaged: its summary cannot be read ({error}); try `twinswing recover`."
        ) from error


def _parse(file: BinaryIO, path: Path, size: int, data_end: int, summary: bytes) -> RecordingIndex:
    schemas: dict[int, Schema] = {}
    channels: dict[int, Channel] = {}
    chunks: list[ChunkEntry] = []
    attachments: list[AttachmentIndex] = []
    metadata: list[MetadataIndex] = []
    counts: dict[int, int] = {}
    at = 0
    while at < len(summary):
        opcode, length = _RECORD.unpack_from(summary, at)
        at += _RECORD.size
        body = summary[at : at + length]
        at += length
        if opcode == Opcode.CHUNK_INDEX:
            chunks.append(_chunk_entry(body))
        elif opcode == Opcode.SCHEMA:
            schema = Schema.read(ReadDataStream(BytesIO(body)))
            schemas[schema.id] = schema
        elif opcode == Opcode.CHANNEL:
            channel = Channel.read(ReadDataStream(BytesIO(body)))
            channels[channel.id] = channel
        elif opcode == Opcode.ATTACHMENT_INDEX:
            attachments.append(AttachmentIndex.read(ReadDataStream(BytesIO(body))))
        elif opcode == Opcode.METADATA_INDEX:
            metadata.append(MetadataIndex.read(ReadDataStream(BytesIO(body))))
        elif opcode == Opcode.STATISTICS:
            pairs = np.frombuffer(body, dtype=_CHUNK_OFFSETS, offset=46)
            counts = dict(zip(pairs["channel"].tolist(), pairs["offset"].tolist(), strict=True))
    about = _about(file, path, metadata)
    zero = about.get("zero_unix_ns")
    if not isinstance(zero, int):
        raise InputError(f"{path} is damaged: it does not say when its session began.")
    committed = read_metadata(file, metadata, REVISION_RECORD)
    return RecordingIndex(
        path=path,
        size=size,
        data_end=data_end,
        version=str(about["version"]),
        zero_unix_ns=zero,
        revision=committed["revision"] if isinstance(committed, dict) else None,
        schemas=schemas,
        channels=channels,
        chunks=chunks,
        attachments=attachments,
        metadata=metadata,
        message_counts=counts,
    )


def read_metadata(file: BinaryIO, entries: list[MetadataIndex], name: str) -> Any:
    """Return the latest JSON document under a name, or None."""
    for entry in reversed(entries):
        if entry.name == name:
            return document_of(read_metadata_record(file, entry))
    return None


def metadata_record(document: object, version: int) -> dict[str, str]:
    """Return the fields of a metadata record that holds a JSON document; MCAP itself keeps no checksum of it."""
    text = json.dumps(document, allow_nan=True)
    return {"version": str(version), "json": text, "crc32": f"{zlib.crc32(text.encode()):08x}"}


def document_of(record: Metadata) -> Any:
    """Return the JSON document of a metadata record; raises ValueError or KeyError if it is damaged."""
    text = record.metadata["json"]
    if f"{zlib.crc32(text.encode()):08x}" != record.metadata["crc32"]:
        raise ValueError(f"metadata {record.name} fails its checksum")
    return json.loads(text)


def read_metadata_record(file: BinaryIO, entry: MetadataIndex) -> Metadata:
    """Read the metadata record that an index entry points to."""
    if entry.length > METADATA_LIMIT_BYTES:
        raise ValueError(f"metadata {entry.name} claims {entry.length} bytes")
    file.seek(entry.offset)
    record = file.read(entry.length)
    if len(record) < entry.length or record[0] != Opcode.METADATA:
        raise ValueError(f"metadata {entry.name} is not where the summary says")
    found: Metadata = Metadata.read(ReadDataStream(BytesIO(record[9:])))
    return found


def _about(file: BinaryIO, path: Path, metadata: list[MetadataIndex]) -> dict[str, object]:
    about = read_metadata(file, metadata, RECORDING_RECORD)
    if not isinstance(about, dict):
        raise InputError(f"{path} is an MCAP file, but not a recording of Twinswing's.")
    check_version(path, str(about.get("version", "")))
    return about


def check_version(path: Path, version: str) -> None:
    """Raise InputError if a recording of this version cannot be read by this program."""
    major = version.split(".", 1)[0]
    if not major.isdecimal():
        raise InputError(f"{path} is damaged: its format version reads {version!r}.")
    if int(major) > int(VERSION.split(".", 1)[0]):
        raise InputError(f"{path} has format version {version}, and this program reads up to {VERSION}: update it.")


def _chunk_entry(body: bytes) -> ChunkEntry:
    first, last, start, length, offsets_bytes = _CHUNK_HEAD.unpack_from(body)
    offsets = np.frombuffer(body, _CHUNK_OFFSETS, offsets_bytes // _CHUNK_OFFSETS.itemsize, _CHUNK_HEAD.size)
    index_length = int.from_bytes(body[_CHUNK_HEAD.size + offsets_bytes :][:8], "little")
    return ChunkEntry(first, last, start, length, index_length, offsets, body)


_KINDS = {
    b"RIFF": "an AVI or WAVE file",
    b"ID3": "an MP3 audio file",
    b"\xff\xfb": "an MP3 audio file",
    b"OggS": "an Ogg file",
    b"fLaC": "a FLAC audio file",
    b"\x1aE\xdf\xa3": "a Matroska or WebM video",
    b"PK": "a ZIP archive",
    b"\x1f\x8b": "a gzip archive",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document",
    b"SQLite": "an SQLite database",
    b"#ROSBAG": "a ROS 1 bag",
}


def check_kind(file: BinaryIO, path: Path, size: int) -> None:
    """Raise InputError that names what was found if a file does not start as a recording does."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(MAGIC):
        return
    if not size:
        raise InputError(f"{path} is empty; a recording (.mcap) was expected.")
    if MAGIC.startswith(head):
        raise InputError(_cut_off(path))
    if head[:5] == MAGIC[:5]:
        raise InputError(f"{path} is an MCAP file of another version than 0, which this program does not read.")
    kind = next((what for start, what in _KINDS.items() if head.startswith(start)), None)
    if head[4:8] == b"ftyp":
        kind = "an MP4 or QuickTime file"
    if kind is None:
        kind = "a text file" if all(32 <= b < 127 or b in b"\t\r\n" for b in head) else "of an unknown kind"
    raise InputError(f"{path} is {kind}; a recording (.mcap) was expected.")


def _cut_off(path: Path) -> str:
    return f"{path} was cut off before its end; `twinswing recover {path} -o OUT.mcap` saves what it holds."
