"""Reads a recording: opens at once whatever its size, and keeps a few chunks in memory at most."""

import heapq
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from struct import unpack_from
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
import zstandard
from google.protobuf.message import DecodeError
from mcap.exceptions import McapError
from mcap.opcode import Opcode
from mcap.records import AttachmentIndex
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.recording import schemas
from twinswing.recording.chunks import CHUNK_LIMIT_BYTES, MESSAGE, RECORD, scan_messages, unpack_chunk
from twinswing.recording.container import COPY_BYTES
from twinswing.recording.index import ChunkEntry, RecordingIndex, read_index, read_metadata

# Decompressed chunks kept: enough for the neighbours of a video frame and of the results at the same time.
_CHUNKS_KEPT = 8


@dataclass(frozen=True)
class Message:
    """A message as it was written: its topic, session time (ns), schema name and bytes."""

    topic: str
    t_ns: int
    schema: str
    data: bytes = field(repr=False)

    def decode(self) -> Any:
        """Return the protobuf message; raises InputError if it cannot be read."""
        kind = schemas.BY_NAME.get(self.schema)
        if kind is None:
            raise InputError(f"{self.topic} holds messages of kind {self.schema}, which this program does not know.")
        message = kind()
        try:
            message.ParseFromString(self.data)
        except DecodeError as error:
            raise InputError(f"A {self.schema} on {self.topic} at {self.t_ns / 1e9:.3f} s is damaged.") from error
        return message


class TopicIndex(NamedTuple):
    """Where each message of a topic lies, in order of time."""

    t_ns: NDArray[np.int64]
    chunk: NDArray[np.int32]
    offset: NDArray[np.int64]


class RecordingReader:
    """A recording opened for reading; any thread may call any method.

    Opening reads the summary only. Of results, only the latest complete revision is seen.
    Raises InputError if the file is not a recording, was cut off, is damaged or comes from a newer version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = self.path.open("rb")
        except OSError as error:
            raise InputError(f"{path} could not be opened: {error.strerror}.") from error
        try:
            self.index: RecordingIndex = read_index(self._file, self.path)
        except BaseException:
            self._file.close()
            raise
        self._lock = threading.RLock()
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._zstd = zstandard.ZstdDecompressor()
        self._topic_indexes: dict[str, TopicIndex] = {}

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What is inside

    @cached_property
    def _channels(self) -> dict[str, int]:
        """The channel shown of each topic: captured ones have one, results have the latest complete revision."""
        newest = max(self.index.revision or 0, 0)
        shown: dict[str, tuple[int, int]] = {}
        for channel in self.index.channels.values():
            revision = self.index.revision_of(channel)
            if revision <= newest and (channel.topic not in shown or revision >= shown[channel.topic][0]):
                shown[channel.topic] = (revision, channel.id)
        return {topic: ident for topic, (_, ident) in sorted(shown.items())}

    @property
    def topics(self) -> dict[str, int]:
        """Each topic with the number of its messages."""
        return {topic: self.index.message_counts.get(ident, 0) for topic, ident in self._channels.items()}

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last session time of any message, nanoseconds; (0, 0) when there is none."""
        chunks = self.index.chunks
        if not chunks:
            return (0, 0)
        zero = self.index.zero_unix_ns
        return (min(c.first for c in chunks) - zero, max(c.last for c in chunks) - zero)

    @property
    def attachments(self) -> dict[str, AttachmentIndex]:
        """The attached files by name, the last one of each name."""
        return {entry.name: entry for entry in self.index.attachments}

    def metadata(self, name: str) -> Any:
        """Return the latest JSON document under a name, or None."""
        with self._lock:
            try:
                return read_metadata(self._file, self.index.metadata, name)
            except (McapError, ValueError, KeyError, UnicodeDecodeError) as error:
                raise InputError(f"{self.path} is damaged: {error}.") from error

    def schema_of(self, topic: str) -> str:
        """Return the name of the messages' schema on a topic; raises KeyError if there is no such topic."""
        return self._wanted(topic)[self._channels[topic]][1]

    def clubs(self) -> list[str]:
        """Return the serial numbers (as topics spell them) of the clubs with any data."""
        return sorted({topic.split("/")[2] for topic in self._channels if topic.startswith("/club/")})

    def cameras(self) -> list[str]:
        """Return the names of the cameras with any data."""
        return sorted({topic.split("/")[2] for topic in self._channels if topic.startswith("/camera/")})

    # Messages

    def messages(
        self, topics: Iterable[str] | str | None = None, start_ns: int | None = None, end_ns: int | None = None
    ) -> Iterator[Message]:
        """Yield messages in order of time (of writing, for equal times), `start_ns <= t_ns <= end_ns`.

        Only chunks that can hold one are read, each once, and only those that overlap in time are in memory together.
        """
        wanted = self._wanted(topics)
        zero = self.index.zero_unix_ns
        low = 0 if start_ns is None else start_ns + zero
        high = 1 << 64 if end_ns is None else end_ns + zero
        ids = np.fromiter(wanted, dtype=np.uint16, count=len(wanted))
        waiting = [
            (chunk.first, number)
            for number, chunk in enumerate(self.index.chunks)
            if chunk.last >= low and chunk.first <= high and np.isin(chunk.offsets["channel"], ids).any()
        ]
        heapq.heapify(waiting)
        ready: list[tuple[int, int, int, int, bytes]] = []
        while waiting or ready:
            while waiting and (not ready or waiting[0][0] <= ready[0][0]):
                number = heapq.heappop(waiting)[1]
                for at, ident, log_time, data in scan_messages(self._chunk(number, keep=False)):
                    if ident in wanted and low <= log_time <= high:
                        heapq.heappush(ready, (log_time, number, at, ident, data))
            if ready:
                log_time, _, _, ident, data = heapq.heappop(ready)
                topic, schema = wanted[ident]
                yield Message(topic, log_time - zero, schema, data)

    def topic_index(self, topic: str) -> TopicIndex:
        """Return where each message of a topic lies, in order of time; reads message indexes only, once."""
        with self._lock:
            known = self._topic_indexes.get(topic)
            if known is None:
                known = self._topic_indexes[topic] = self._build_topic_index(topic)
            return known

    def times_ns(self, topic: str) -> NDArray[np.int64]:
        """Return the session times of a topic's messages, nanoseconds, ascending; empty if there is no such topic."""
        return self.topic_index(topic).t_ns

    def message(self, topic: str, number: int) -> Message:
        """Return a topic's message by its place in order of time, 0-based; raises IndexError."""
        index = self.topic_index(topic)
        if not 0 <= number < len(index.t_ns):
            raise IndexError(f"{topic} has {len(index.t_ns)} messages, not {number + 1}")
        offset = int(index.offset[number])
        chunk = self._chunk(int(index.chunk[number]))
        try:
            opcode, length = RECORD.unpack_from(chunk, offset)
        except struct.error as error:
            raise InputError(f"{self.path} is damaged: an index of {topic} points outside its chunk.") from error
        if opcode != Opcode.MESSAGE:
            raise InputError(f"{self.path} is damaged: an index of {topic} points to no message.")
        data = chunk[offset + 9 + MESSAGE.size : offset + 9 + length]
        return Message(topic, int(index.t_ns[number]), self.schema_of(topic), data)

    def latest_before(self, topic: str, t_ns: int) -> Message | None:
        """Return the last message of a topic at or before a session time, or None."""
        number = int(np.searchsorted(self.times_ns(topic), t_ns, side="right")) - 1
        return self.message(topic, number) if number >= 0 else None

    # By chunk, for who keeps an index of its own

    def channel_of(self, topic: str) -> int | None:
        """Return the channel that a topic is shown from, or None."""
        return self._channels.get(topic)

    def chunk(self, number: int) -> bytes:
        """Return the records of a chunk, by its place in the file; raises InputError if it is damaged or not there."""
        if not 0 <= number < len(self.index.chunks):
            raise InputError(f"{self.path} is damaged: it has {len(self.index.chunks)} chunks, not {number + 1}.")
        return self._chunk(number)

    def in_chunk(self, number: int, topic: str) -> Iterator[bytes]:
        """Yield the bytes of a topic's messages in a chunk, as they were written."""
        wanted = self._channels.get(topic)
        return (data for _, ident, _, data in scan_messages(self.chunk(number)) if ident == wanted)

    # Attachments

    def extract(self, name: str, out: str | Path) -> Path:
        """Copy an attached file out, a piece at a time, checking it; raises InputError if it is not there or damaged.

        The file appears under its name only when it is whole.
        """
        entry = self.attachments.get(name)
        if entry is None:
            held = ", ".join(self.attachments) or "none"
            raise InputError(f"{self.path} has no attachment {name}; it has {held}.")
        out = Path(out)
        part = out.with_name(out.name + ".part")
        try:
            with part.open("wb") as target, self.path.open("rb") as source:
                crc = 0
                source.seek(entry.offset + 9)
                left = entry.length - 9 - 4
                skip = left - entry.data_size
                while left > 0:
                    piece = source.read(skip or min(left, COPY_BYTES))
                    if not piece:
                        raise InputError(f"{self.path} is damaged: attachment {name} is cut off.")
                    crc = zlib.crc32(piece, crc)
                    left -= len(piece)
                    target.write(b"" if skip else piece)
                    skip = 0
                stored = int.from_bytes(source.read(4), "little")
            if stored and crc != stored:
                raise InputError(f"{self.path} is damaged: attachment {name} fails its checksum.")
            part.replace(out)
        except OSError as error:
            raise InputError(f"{out} could not be written: {error.strerror}.") from error
        finally:
            part.unlink(missing_ok=True)
        return out

    def _wanted(self, topics: Iterable[str] | str | None) -> dict[int, tuple[str, str]]:
        names = self._channels if topics is None else [topics] if isinstance(topics, str) else topics
        wanted: dict[int, tuple[str, str]] = {}
        for topic in names:
            ident = self._channels.get(topic)
            if ident is not None:
                schema = self.index.schemas.get(self.index.channels[ident].schema_id)
                wanted[ident] = (topic, schema.name if schema else "")
        return wanted

    def _build_topic_index(self, topic: str) -> TopicIndex:
        ident = self._channels.get(topic, -1)
        parts: list[NDArray[np.uint64]] = []
        chunks: list[NDArray[np.int32]] = []
        for number, chunk in enumerate(self.index.chunks):
            where = chunk.offsets["offset"][chunk.offsets["channel"] == ident]
            if len(where):
                pairs = self._message_index(chunk, int(where[0]))
                parts.append(pairs)
                chunks.append(np.full(len(pairs), number, dtype=np.int32))
        if not parts:
            return TopicIndex(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int64))
        pairs = np.concatenate(parts).astype(np.int64)
        numbers = np.concatenate(chunks)
        order = np.argsort(pairs[:, 0], kind="stable")
        return TopicIndex(pairs[order, 0] - self.index.zero_unix_ns, numbers[order], pairs[order, 1])

    def _message_index(self, chunk: ChunkEntry, at: int) -> NDArray[np.uint64]:
        """Return the (log time, offset in the chunk) pairs of one channel, shape (n, 2)."""
        end = chunk.start + chunk.length + chunk.index_length
        if chunk.start + chunk.length <= at <= end - 15:
            self._file.seek(at)
            record = self._file.read(end - at)
            if len(record) >= 15 and record[0] == Opcode.MESSAGE_INDEX:
                count = int(unpack_from("<I", record, 11)[0]) // 16
                if 15 + 16 * count <= len(record):
                    return np.frombuffer(record, "<u8", 2 * count, 15).reshape(count, 2)
        raise InputError(f"{self.path} is damaged: the index of the chunk at byte {chunk.start} cannot be read.")

    def _chunk(self, number: int, *, keep: bool = True) -> bytes:
        with self._lock:
            kept = self._kept.get(number)
            if kept is not None:
                self._kept.move_to_end(number)
                return kept
            entry = self.index.chunks[number]
            if entry.length > CHUNK_LIMIT_BYTES:
                raise InputError(f"{self.path} is damaged: a chunk claims {entry.length} bytes.")
            self._file.seek(entry.start)
            data = unpack_chunk(self._file.read(entry.length), self._zstd)
            if data is None:
                raise InputError(
                    f"{self.path} is damaged: the chunk at byte {entry.start} cannot be read; try `twinswing recover`."
                )
            if keep:
                self._kept[number] = data
                while len(self._kept) > _CHUNKS_KEPT:
                    self._kept.popitem(last=False)
            return data
