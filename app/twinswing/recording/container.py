"""An append-only MCAP file: what the writer, the extension of a recording and the recovery share.

The `mcap` package's own writer holds attachments whole in memory and cannot go on with a file that exists; records
themselves are encoded by that package. Every chunk repeats the schemas and channels that its messages use, so that a
damaged chunk never makes a later one unreadable.
"""

import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from struct import pack
from typing import BinaryIO

import zstandard
from mcap.data_stream import RecordBuilder
from mcap.opcode import Opcode
from mcap.records import (
    AttachmentIndex,
    Channel,
    Chunk,
    ChunkIndex,
    DataEnd,
    Footer,
    Header,
    McapRecord,
    Message,
    MessageIndex,
    Metadata,
    MetadataIndex,
    Schema,
    Statistics,
    SummaryOffset,
)

from twinswing.errors import InputError
from twinswing.recording.chunks import chunk_payload_size, scan_messages

MAGIC = b"\x89MCAP0\r\n"
COPY_BYTES = 1 << 20
# MCAP counts channels in 16 bits, from 1.
_CHANNELS_LIMIT = 65_535
_ChannelKey = tuple[str, int, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class ChunkLimits:
    """When a chunk is closed.

    size_bytes : before its contents would exceed this; small, because a seek reads whole chunks (a larger message
                 gets a chunk of its own).
    span_s     : before its messages would span more time than this: what a kill may cost of a steady stream.
    """

    size_bytes: int = 256 * 1024
    span_s: float = 1.0


DEFAULT_LIMITS = ChunkLimits()


class McapAppender:
    """Writes MCAP records to an unbuffered file, each with one call, and takes back a write that failed.

    Not thread-safe. The process may be killed at any time: what lies in the file then is every closed chunk, and at
    most one record cut off at the end.
    """

    def __init__(self, file: FileIO, path: Path, limits: ChunkLimits, *, fsync: bool = False) -> None:
        self._file = file
        self._path = path
        self._limits = limits
        self._span_ns = round(limits.span_s * 1e9)
        self._fsync = fsync
        # Level 1: video does not compress, and small batches gain little from more.
        self._zstd = zstandard.ZstdCompressor(level=1)
        self._end = 0
        self.schemas: dict[int, Schema] = {}
        self.channels: dict[int, Channel] = {}
        self._channel_ids: dict[_ChannelKey, int] = {}
        self._channels_known = 0
        self._last_channel = 0
        self.chunk_indexes: list[ChunkIndex] = []
        self.attachment_indexes: list[AttachmentIndex] = []
        self.metadata_indexes: list[MetadataIndex] = []
        self.message_counts: dict[int, int] = {}
        self._chunk_first = 0
        self._chunk_last = 0
        self._start_chunk()

    @property
    def end(self) -> int:
        """Bytes written so far."""
        return self._end

    @property
    def chunk_is_empty(self) -> bool:
        """Whether no message waits in the open chunk."""
        return not self._indexes

    def start(self, profile: str, library: str) -> None:
        """Write the magic and the header of a new file."""
        builder = RecordBuilder()
        Header(profile, library).write(builder)
        self._emit(MAGIC + _bytes(builder))

    def resume(self, end: int) -> None:
        """Go on in a file whose records end at a byte, dropping what follows; the caller has filled the indexes."""
        self._file.truncate(end)
        self._file.seek(end)
        self._end = end

    def add_schema(self, name: str, data: bytes) -> int:
        """Return the id of a protobuf schema, made if it was not there."""
        for schema in self.schemas.values():
            if schema.name == name and schema.data == data:
                return schema.id
        ident = max(self.schemas, default=0) + 1
        self.schemas[ident] = Schema(id=ident, name=name, encoding="protobuf", data=data)
        return ident

    def add_channel(self, topic: str, schema_id: int, metadata: Mapping[str, str]) -> int:
        """Return the id of a protobuf channel, made if it was not there."""
        if self._channels_known != len(self.channels):
            # The channels of a file that is gone on with were put in from outside.
            self._channel_ids = {_channel_key(c.topic, c.schema_id, c.metadata): i for i, c in self.channels.items()}
            self._last_channel = max(self.channels, default=0)
        key = _channel_key(topic, schema_id, metadata)
        ident = self._channel_ids.get(key, 0)
        if not ident:
            ident = self._last_channel + 1
            if ident > _CHANNELS_LIMIT:
                raise InputError(f"{self._path} can hold {_CHANNELS_LIMIT} topics, and {topic} is one more.")
            self._last_channel = self._channel_ids[key] = ident
            self.channels[ident] = Channel(ident, topic, "protobuf", dict(metadata), schema_id)
        self._channels_known = len(self.channels)
        return ident

    def add_message(self, channel_id: int, log_time: int, data: bytes, sequence: int) -> None:
        """Add a message to the open chunk, closing the one before if this would overfill it."""
        if self._indexes:
            span = max(self._chunk_last, log_time) - min(self._chunk_first, log_time)
            if self._builder.count + len(data) + 31 > self._limits.size_bytes or span > self._span_ns:
                self.flush()
        if channel_id not in self._indexes:
            self._describe(channel_id)
            self._indexes[channel_id] = MessageIndex(channel_id, [])
        self._chunk_first = min(self._chunk_first, log_time)
        self._chunk_last = max(self._chunk_last, log_time)
        self._indexes[channel_id].records.append((log_time, self._builder.count))
        Message(channel_id, log_time, data, log_time, sequence).write(self._builder)

    def add_metadata(self, name: str, data: Mapping[str, str]) -> None:
        """Write a metadata record straight to the file."""
        builder = RecordBuilder()
        Metadata(name, dict(data)).write(builder)
        record = _bytes(builder)
        offset = self._end
        self._emit(record)
        self.metadata_indexes.append(MetadataIndex(offset, len(record), name))

    def add_attachment(self, name: str, media_type: str, source: BinaryIO, size: int, log_time: int) -> None:
        """Copy size bytes of a stream into an attachment, a piece at a time.

        Raises InputError, and leaves the file as it was, if the stream has fewer.
        """
        start = self._end
        builder = RecordBuilder()
        builder.write8(log_time)
        builder.write8(0)  # when the file was made is not known
        builder.write_prefixed_string(name)
        builder.write_prefixed_string(media_type)
        builder.write8(size)
        head = _bytes(builder)
        length = len(head) + size + 4
        crc = zlib.crc32(head)
        try:
            self._emit(pack("<BQ", Opcode.ATTACHMENT, length) + head)
            for piece in _pieces(source, size, name):
                crc = zlib.crc32(piece, crc)
                self._emit(piece)
            self._emit(pack("<I", crc))
        except BaseException:
            self.resume(start)
            raise
        index = AttachmentIndex(start, 9 + length, log_time, 0, size, name, media_type)
        self.attachment_indexes.append(index)

    def flush(self) -> None:
        """Close the open chunk and hand it to the operating system (to the disk with fsync)."""
        if not self._indexes:
            return
        data = _bytes(self._builder)
        packed = self._zstd.compress(data)
        chunk = Chunk("zstd", packed, self._chunk_last, self._chunk_first, zlib.crc32(data), len(data))
        builder = RecordBuilder()
        chunk.write(builder)
        try:
            self._emit_chunk(_bytes(builder), self._indexes, (self._chunk_first, self._chunk_last), len(data))
        except InputError:
            self._builder.write(data)  # the chunk stays open, so that a later flush can still save it
            raise
        self._start_chunk()

    def add_chunk(self, record: bytes, data: bytes) -> None:
        """Write a chunk record of another recording as it is; `data` is its contents."""
        indexes: dict[int, MessageIndex] = {}
        for offset, ident, log_time, _ in scan_messages(data):
            indexes.setdefault(ident, MessageIndex(ident, [])).records.append((log_time, offset))
        times = [log_time for index in indexes.values() for log_time, _ in index.records]
        self._emit_chunk(record, indexes, (min(times, default=0), max(times, default=0)), len(data))

    def _emit_chunk(
        self, record: bytes, indexes: Mapping[int, MessageIndex], span: tuple[int, int], uncompressed_size: int
    ) -> None:
        builder = RecordBuilder()
        builder.write(record)
        offsets: dict[int, int] = {}
        for ident, index in indexes.items():
            offsets[ident] = self._end + builder.count
            index.write(builder)
        entry = ChunkIndex(
            chunk_length=len(record),
            chunk_start_offset=self._end,
            compression="zstd",
            compressed_size=chunk_payload_size(record),
            message_end_time=span[1],
            message_index_length=builder.count - len(record),
            message_index_offsets=offsets,
            message_start_time=span[0],
            uncompressed_size=uncompressed_size,
        )
        self._emit(_bytes(builder))
        self.chunk_indexes.append(entry)
        for ident, index in indexes.items():
            self.message_counts[ident] = self.message_counts.get(ident, 0) + len(index.records)
        if self._fsync:
            os.fsync(self._file.fileno())

    def finish(self) -> None:
        """Close the open chunk, write the summary and the footer, and put all of it on the disk."""
        self.flush()
        start = self._end
        builder = RecordBuilder()
        DataEnd(0).write(builder)
        summary_start = start + builder.count
        tail = RecordBuilder()
        offsets = RecordBuilder()
        groups: list[tuple[Opcode, list[McapRecord]]] = [
            (Opcode.SCHEMA, [*self.schemas.values()]),
            (Opcode.CHANNEL, [*self.channels.values()]),
            (Opcode.STATISTICS, [self._statistics()]),
            (Opcode.CHUNK_INDEX, [*self.chunk_indexes]),
            (Opcode.ATTACHMENT_INDEX, [*self.attachment_indexes]),
            (Opcode.METADATA_INDEX, [*self.metadata_indexes]),
        ]
        for opcode, records in groups:
            group_start = tail.count
            for record in records:
                record.write(tail)
            if records:
                SummaryOffset(opcode, summary_start + group_start, tail.count - group_start).write(offsets)
        offset_start = summary_start + tail.count
        summary = _bytes(tail) + _bytes(offsets)
        crc = zlib.crc32(pack("<BQQQ", Opcode.FOOTER, 20, summary_start, offset_start), zlib.crc32(summary))
        Footer(summary_start, offset_start, crc).write(tail)
        self._emit(_bytes(builder) + summary + _bytes(tail) + MAGIC)
        os.fsync(self._file.fileno())

    def _statistics(self) -> Statistics:
        return Statistics(
            attachment_count=len(self.attachment_indexes),
            channel_count=len(self.channels),
            channel_message_counts=dict(self.message_counts),
            chunk_count=len(self.chunk_indexes),
            message_count=sum(self.message_counts.values()),
            message_end_time=max((c.message_end_time for c in self.chunk_indexes), default=0),
            message_start_time=min((c.message_start_time for c in self.chunk_indexes), default=0),
            metadata_count=len(self.metadata_indexes),
            schema_count=len(self.schemas),
        )

    def _start_chunk(self) -> None:
        self._builder = RecordBuilder()
        self._indexes: dict[int, MessageIndex] = {}
        self._described: set[int] = set()
        self._chunk_first = 1 << 64
        self._chunk_last = 0

    def _describe(self, channel_id: int) -> None:
        channel = self.channels[channel_id]
        if channel.schema_id not in self._described and channel.schema_id in self.schemas:
            self.schemas[channel.schema_id].write(self._builder)
            self._described.add(channel.schema_id)
        channel.write(self._builder)

    def _emit(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError as error:
            self.resume(self._end)
            raise InputError(f"{self._path} could not be written: {error.strerror or error}.") from error
        self._end += len(data)


def _channel_key(topic: str, schema_id: int, metadata: Mapping[str, str]) -> _ChannelKey:
    return topic, schema_id, tuple(sorted(metadata.items()))


def _bytes(builder: RecordBuilder) -> bytes:
    """Take what a builder holds and leave it empty."""
    return bytes(builder.end())  # type: ignore[no-untyped-call]


def _pieces(source: BinaryIO, size: int, name: str) -> Iterator[bytes]:
    left = size
    while left:
        piece = source.read(min(left, COPY_BYTES))
        if not piece:
            raise InputError(f"{name} was to have {size} bytes but ended after {size - left}.")
        left -= len(piece)
        yield piece
