"""Saves what a broken recording still holds."""

import os
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from io import BytesIO, FileIO
from pathlib import Path
from struct import error, unpack_from
from typing import Any, BinaryIO

import numpy as np
import zstandard
from mcap.data_stream import ReadDataStream
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import AttachmentIndex, Channel, Metadata, Schema

from twinswing import __version__
from twinswing.errors import InputError
from twinswing.recording.chunks import CHUNK_LIMIT_BYTES, RECORD, scan_records, unpack_chunk
from twinswing.recording.container import COPY_BYTES, DEFAULT_LIMITS, MAGIC, McapAppender
from twinswing.recording.index import (
    METADATA_LIMIT_BYTES,
    PROFILE,
    RECORDING_RECORD,
    VERSION,
    check_kind,
    check_version,
    document_of,
    metadata_record,
)

_KEPT = (Opcode.CHUNK, Opcode.ATTACHMENT, Opcode.METADATA)
# Rebuilt, or written anew: passed over without counting as lost.
_REBUILT = frozenset({
    Opcode.HEADER, Opcode.MESSAGE_INDEX, Opcode.DATA_END, Opcode.FOOTER, Opcode.SCHEMA, Opcode.CHANNEL,
    Opcode.STATISTICS, Opcode.CHUNK_INDEX, Opcode.ATTACHMENT_INDEX, Opcode.METADATA_INDEX, Opcode.SUMMARY_OFFSET,
})  # fmt: skip
# What a whole record gives: the inside of a chunk, a document, or where an attachment's bytes lie.
_Found = bytes | Metadata | AttachmentIndex


@dataclass(frozen=True)
class RecoveryReport:
    """What was saved: messages, chunks, documents and attachments; and what was not, in bytes and damaged chunks."""

    messages: int
    chunks: int
    metadata: int
    attachments: tuple[str, ...]
    damaged_chunks: int
    damaged_attachments: int
    bytes_dropped: int

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return asdict(self)

    def __str__(self) -> str:
        saved = f"{self.messages} messages in {self.chunks} chunks, {self.metadata} documents"
        files = f"{len(self.attachments)} attached files"
        lost = f"{self.bytes_dropped} bytes ({self.damaged_chunks} chunks, {self.damaged_attachments} files damaged)"
        return f"Saved {saved} and {files}; dropped {lost}."


def recover(broken: str | Path, out: str | Path) -> RecoveryReport:
    """Copy every whole record of a recording, however it is damaged or cut off, into a new recording.

    A chunk or an attached file that fails its checksum is left out and counted; after bytes that are no record the
    next whole one is searched for. Memory stays within a chunk. The broken file is only read.
    Raises InputError if nothing of a recording is found, if it comes from a newer version, or if `out` exists.
    """
    broken, out = Path(broken), Path(out)
    try:
        with broken.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            check_kind(source, broken, size)
            first_pass = _Salvage(broken, source, size)
            zero = first_pass.find_zero()
            try:
                file = FileIO(out, "xb")
            except FileExistsError:
                raise InputError(f"{out} exists already and is not overwritten.") from None
            try:
                with file:
                    report = _Salvage(broken, source, size).write(McapAppender(file, out, DEFAULT_LIMITS), zero)
            except BaseException:
                out.unlink(missing_ok=True)
                raise
            return report
    except OSError as failure:
        raise InputError(f"{failure.filename or out} could not be used: {failure.strerror}.") from failure


@dataclass
class _Salvage:
    path: Path
    source: BinaryIO
    size: int
    dropped: int = 0
    damaged_chunks: int = 0
    damaged_attachments: int = 0
    attachments: list[str] = field(default_factory=list)
    _zstd: zstandard.ZstdDecompressor = field(default_factory=zstandard.ZstdDecompressor)

    def find_zero(self) -> int:
        """Return the Unix time of session time 0 from the first record that tells it."""
        for _, _, found in self._records():
            about: dict[str, Any] = {}
            if isinstance(found, Metadata) and found.name == RECORDING_RECORD:
                about = document_of(found)
            elif isinstance(found, bytes):
                about = _told_by_channels(found)
            if "zero_unix_ns" in about:
                check_version(self.path, str(about.get("version", "")))
                return int(about["zero_unix_ns"])
        raise InputError(f"{self.path} holds nothing that could be recovered.")

    def write(self, appender: McapAppender, zero_unix_ns: int) -> RecoveryReport:
        """Copy what is whole, in its order."""
        appender.start(PROFILE, f"twinswing {__version__}")
        about = {"version": VERSION, "zero_unix_ns": zero_unix_ns}
        appender.add_metadata(RECORDING_RECORD, metadata_record(about, 1))
        documents = 0
        for at, length, found in self._records():
            if isinstance(found, bytes):
                _learn(appender, found)
                appender.add_chunk(self._read(at, length), found)
            elif isinstance(found, AttachmentIndex):
                self._copy_attachment(appender, at, found)
            elif found.name != RECORDING_RECORD:
                appender.add_metadata(found.name, found.metadata)
                documents += 1
        appender.finish()
        return RecoveryReport(
            messages=sum(appender.message_counts.values()),
            chunks=len(appender.chunk_indexes),
            metadata=documents,
            attachments=tuple(self.attachments),
            damaged_chunks=self.damaged_chunks,
            damaged_attachments=self.damaged_attachments,
            bytes_dropped=self.dropped,
        )

    def _records(self) -> Iterator[tuple[int, int, _Found]]:
        """Yield (offset, length, contents) of each whole record that is kept.

        The length of a record that is not whole is not believed: every byte after its start is looked at.
        """
        at = len(MAGIC)
        while at + RECORD.size <= self.size:
            length, found = self._record(at)
            if found is None:
                after = self._next_whole(at + 1)
                self._account(at, after)
                at = after
            else:
                yield at, length, found
                at += length
        self.dropped += max(self.size - at, 0)

    def _account(self, at: int, end: int) -> None:
        """Count what lies between two whole records: records that are written anew, damaged ones, and loose bytes."""
        while at + RECORD.size <= end:
            opcode, body = RECORD.unpack(self._read(at, RECORD.size))
            length = RECORD.size + body
            if at + length > end or not (opcode in _KEPT or opcode in _REBUILT):
                break
            if opcode in _KEPT:
                self.dropped += length
                self.damaged_chunks += opcode == Opcode.CHUNK
                self.damaged_attachments += opcode == Opcode.ATTACHMENT
            at += length
            if opcode == Opcode.FOOTER and self._read(at, len(MAGIC)) == MAGIC:
                at += len(MAGIC)
        self.dropped += max(end - at, 0)

    def _next_whole(self, start: int) -> int:
        """Return where the next whole record that is kept starts, or the end of the file."""
        for base in range(start, self.size, COPY_BYTES):
            window = np.frombuffer(self._read(base, COPY_BYTES + RECORD.size - 1), dtype=np.uint8)
            count = len(window) - RECORD.size + 1
            if count <= 0:
                break
            # No record of ours has a length that needs more than five of its eight bytes.
            likely = np.isin(window[:count], _KEPT)
            for high in (6, 7, 8):
                likely &= window[high : high + count] == 0
            for offset in np.flatnonzero(likely).tolist():
                if self._record(base + offset)[1] is not None:
                    return base + offset
        return self.size

    def _record(self, at: int) -> tuple[int, _Found | None]:
        """Return the length and the contents of the record at a byte; None unless it is whole and kept."""
        opcode, body = RECORD.unpack(self._read(at, RECORD.size))
        length = RECORD.size + body
        if at + length > self.size:
            return length, None
        if opcode == Opcode.CHUNK:
            return length, self._chunk(at, length)
        if opcode == Opcode.METADATA:
            return length, self._metadata(at, length)
        return length, self._attachment_head(at, length) if opcode == Opcode.ATTACHMENT else None

    def _chunk(self, at: int, length: int) -> bytes | None:
        return unpack_chunk(self._read(at, length), self._zstd) if length <= CHUNK_LIMIT_BYTES else None

    def _metadata(self, at: int, length: int) -> Metadata | None:
        if length > METADATA_LIMIT_BYTES:
            return None
        try:
            stream = ReadDataStream(BytesIO(self._read(at, length)[RECORD.size :]))
            record: Metadata = Metadata.read(stream)
            document_of(record)
            if stream.count != length - RECORD.size:
                return None  # its length is wrong, and other records lie in what it claims
        except (McapError, ValueError, KeyError, error, MemoryError, OverflowError):
            return None
        return record

    def _attachment_head(self, at: int, length: int) -> AttachmentIndex | None:
        head = self._read(at, min(length, 1 << 16))
        try:
            log_time, create_time, name_length = unpack_from("<QQI", head, 9)
            name = head[29 : 29 + name_length].decode()
            (kind_length,) = unpack_from("<I", head, 29 + name_length)
            kind = head[33 + name_length : 33 + name_length + kind_length].decode()
            start = 33 + name_length + kind_length + 8
            (size,) = unpack_from("<Q", head, start - 8)
        except (error, UnicodeDecodeError):
            return None
        if start + size + 4 != length:
            return None
        return AttachmentIndex(at + start, length, log_time, create_time, size, name, kind)

    def _copy_attachment(self, appender: McapAppender, at: int, entry: AttachmentIndex) -> None:
        crc, left = 0, entry.length - 13
        self.source.seek(at + 9)
        while left > 0:
            piece = self.source.read(min(left, COPY_BYTES))
            crc, left = zlib.crc32(piece, crc), left - len(piece)
        if int.from_bytes(self.source.read(4), "little") not in (0, crc):
            self.damaged_attachments += 1
            self.dropped += entry.length
            return
        self.source.seek(entry.offset)
        appender.add_attachment(entry.name, entry.media_type, self.source, entry.data_size, entry.log_time)
        self.attachments.append(entry.name)

    def _read(self, at: int, count: int) -> bytes:
        self.source.seek(at)
        return self.source.read(count)


def _told_by_channels(data: bytes) -> dict[str, Any]:
    for opcode, body in scan_records(data):
        if opcode == Opcode.CHANNEL:
            return dict(Channel.read(ReadDataStream(BytesIO(body))).metadata)
    return {}


def _learn(appender: McapAppender, data: bytes) -> None:
    """Take the schemas and channels of a chunk into the summary."""
    for opcode, body in scan_records(data):
        if opcode == Opcode.SCHEMA:
            schema = Schema.read(ReadDataStream(BytesIO(body)))
            appender.schemas[schema.id] = schema
        elif opcode == Opcode.CHANNEL:
            channel = Channel.read(ReadDataStream(BytesIO(body)))
            appender.channels[channel.id] = channel
