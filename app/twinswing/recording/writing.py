"""A recording open for writing: its life, its chunks, documents and attached files; `writer` adds the messages."""

import os
import threading
from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from twinswing import __version__
from twinswing.errors import InputError
from twinswing.recording import schemas, topics
from twinswing.recording.container import DEFAULT_LIMITS, ChunkLimits, McapAppender
from twinswing.recording.exclusive import hold
from twinswing.recording.index import (
    PROFILE,
    RECORDING_RECORD,
    REVISION_RECORD,
    VERSION,
    RecordingIndex,
    metadata_record,
    read_index,
)

# Log time of session time 0 where the hour of the recording is not known: 2000-01-01T00:00:00Z. MCAP's times cannot
# be negative, and a session's can: a club that was switched on before the camera.
DEFAULT_ZERO_UNIX_NS = 946_684_800 * 10**9

_open_paths: set[Path] = set()
_open_paths_lock = threading.Lock()


class RecordingFile:
    """Writes one recording. Any thread may call any method; none of them keeps more than one chunk in memory.

    Times are session times in integer nanoseconds and may be negative. A chunk is closed, and handed to the operating
    system, when it is full or spans more than `limits.span_s`; with `live` also when that much real time has gone by.
    So a killed process loses at most the open chunk. A power cut may also cost what the system had not put on the
    disk yet: `fsync=True` rules that out at some milliseconds a chunk; `close` always waits for the disk.

    Every method raises InputError if the file cannot be written (a full disk); what was written before stays whole.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        zero_unix_ns: int = DEFAULT_ZERO_UNIX_NS,
        live: bool = False,
        overwrite: bool = False,
        fsync: bool = False,
        limits: ChunkLimits = DEFAULT_LIMITS,
    ) -> None:
        """Start a recording; `zero_unix_ns` is the hour, in Unix time, that session time 0 stands for.

        Raises InputError if the file exists, unless `overwrite`: then the old one stays until this one is closed.
        """
        self.path = Path(path)
        self._target = self.path if overwrite and self.path.exists() else None
        writes_to = self.path if self._target is None else self.path.with_name(self.path.name + ".part")
        self._claim(writes_to)
        try:
            try:
                file = FileIO(writes_to, "wb" if self._target else "xb")
            except FileExistsError:
                raise InputError(f"{self.path} exists already and is not overwritten.") from None
            except OSError as error:
                raise InputError(f"{self.path} could not be written: {error.strerror}.") from error
            # First of all, so that whatever goes wrong from here on closes the file.
            self._begin(file, writes_to, zero_unix_ns, limits, fsync=fsync)
            hold(file, writes_to)
            self._appender.start(PROFILE, f"twinswing {__version__}")
            self._put_json(RECORDING_RECORD, {"version": VERSION, "zero_unix_ns": zero_unix_ns}, 1)
        except BaseException:
            self._release()
            raise
        self._keep_flushed(live, limits)

    @classmethod
    def extend(
        cls, path: str | Path, *, live: bool = False, fsync: bool = False, limits: ChunkLimits = DEFAULT_LIMITS
    ) -> Self:
        """Open a finished recording to add to it.

        Nothing that it holds is rewritten: the new records start where the summary was, and a new summary is written
        by `close`. If the process is killed before that, `recover` gives everything back. Results written now form a
        new revision, which a reader shows instead of the one before once it is complete.
        """
        writer = cls.__new__(cls)
        writer.path = Path(path)
        writer._target = None
        writer._claim(writer.path)
        try:
            file = FileIO(writer.path, "rb+")
        except OSError as error:
            writer._release()
            raise InputError(f"{path} could not be opened for writing: {error.strerror}.") from error
        try:
            hold(file, writer.path)
            with writer.path.open("rb") as source:
                index = read_index(source, writer.path)
            writer._begin(file, writer.path, index.zero_unix_ns, limits, fsync=fsync)
            appender = writer._appender
            appender.schemas = dict(index.schemas)
            appender.channels = dict(index.channels)
            appender.chunk_indexes = index.chunk_indexes()
            appender.attachment_indexes = list(index.attachments)
            appender.metadata_indexes = list(index.metadata)
            appender.message_counts = dict(index.message_counts)
            writer._versions = index.metadata_versions()
            writer._revision = 1 + max((index.revision_of(c) for c in index.channels.values()), default=-1)
            appender.resume(index.data_end)
        except OSError as error:
            file.close()
            writer._release()
            raise InputError(f"{path} could not be opened for writing: {error.strerror}.") from error
        except BaseException:
            file.close()
            writer._release()
            raise
        writer._keep_flushed(live, limits)
        return writer

    def _begin(self, file: FileIO, path: Path, zero_unix_ns: int, limits: ChunkLimits, *, fsync: bool) -> None:
        self._file = file
        self._appender = McapAppender(file, path, limits, fsync=fsync)
        self._lock = threading.RLock()
        self._zero = zero_unix_ns
        self._revision = 0
        self._versions: dict[str, int] = {}
        self._channels: dict[str, tuple[int, str]] = {}
        self._sequence: dict[str, int] = {}
        self._closed = False
        self._stop = threading.Event()
        self._flusher: threading.Thread | None = None

    @property
    def revision(self) -> int:
        """Revision of the results written now: 0 in a new recording, one more each time it is extended."""
        return self._revision

    @property
    def zero_unix_ns(self) -> int:
        """Unix time of session time 0, nanoseconds."""
        return self._zero

    @property
    def open_chunk(self) -> int:
        """Place among the file's chunks that the open one, which holds the message written last, will have."""
        with self._lock:
            return len(self._appender.chunk_indexes)

    def has(self, topic: str) -> bool:
        """Tell whether a topic holds messages already: captured ones, or results of this revision."""
        with self._lock:
            return any(
                channel.topic == topic
                and RecordingIndex.revision_of(channel) == self._revision_of(topic)
                and (topic in self._channels or self._appender.message_counts.get(channel.id, 0) > 0)
                for channel in self._appender.channels.values()
            )

    def next_revision(self) -> int:
        """Begin a new revision of the results, which hides the one before once `commit_revision` is called."""
        with self._lock:
            self._revision += 1
            self._channels = {topic: known for topic, known in self._channels.items() if not topics.is_result(topic)}
            return self._revision

    # Messages

    def write(self, topic: str, message: Any, t_ns: int) -> None:
        """Write a protobuf message at a session time."""
        kind = message.DESCRIPTOR.full_name
        data = message.SerializeToString()
        with self._lock:
            self._check_open()
            known = self._channels.get(topic)
            if known is None:
                known = (self._open_channel(topic, message), kind)
                self._channels[topic] = known
            channel, expected = known
            if kind != expected:
                raise ValueError(f"topic {topic} carries {expected}, not {kind}")
            sequence = self._sequence.get(topic, 0)
            self._sequence[topic] = sequence + 1
            self._appender.add_message(channel, self.log_time(t_ns), data, sequence & 0xFFFFFFFF)

    # Metadata and attachments

    def add_metadata(self, name: str, document: Mapping[str, Any] | Sequence[Any]) -> int:
        """Write a JSON document under a name and return its version: 1, or one more than the last of that name."""
        with self._lock:
            self._check_open()
            version = self._versions.get(name, 0) + 1
            self._put_json(name, document, version)
            self._versions[name] = version
            return version

    def commit_revision(self) -> None:
        """Say that this revision's results are complete: from now on readers show them, and not the ones before."""
        with self._lock:
            self._check_open()
            self._appender.flush()
            self.add_metadata(REVISION_RECORD, {"revision": self._revision})

    def attach_file(self, path: str | Path, *, name: str | None = None, media_type: str = "", t_ns: int = 0) -> None:
        """Copy a file into the recording, a piece at a time; other writers wait meanwhile.

        Raises InputError, and leaves the recording as it was, if the file cannot be read.
        """
        source_path = Path(path)
        try:
            with source_path.open("rb") as source, self._lock:
                self._check_open()
                self._appender.flush()
                size = os.fstat(source.fileno()).st_size
                label = source_path.name if name is None else name
                self._appender.add_attachment(label, media_type, source, size, self.log_time(t_ns))
        except OSError as error:
            raise InputError(f"{source_path} could not be attached: {error.strerror}.") from error

    # Ending

    def flush(self) -> None:
        """Close the open chunk, so that a kill after this loses nothing written before it."""
        with self._lock:
            self._check_open()
            self._appender.flush()

    def close(self) -> None:
        """Write the summary, wait for the disk and close; closing twice does nothing."""
        self._stop.set()
        if self._flusher is not None and self._flusher is not threading.current_thread():
            self._flusher.join()
        with self._lock:
            if self._closed:
                return
            try:
                self._appender.finish()
            finally:
                self._closed = True
                self._release()
            if self._target is not None:
                self._target.with_name(self._target.name + ".part").replace(self._target)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_channel(self, topic: str, message: Any) -> int:
        schema = self._appender.add_schema(message.DESCRIPTOR.full_name, schemas.descriptor_set(type(message)))
        # Each chunk repeats this, so that any one of them can be read alone after damage.
        about = {"revision": str(self._revision_of(topic)), "version": VERSION, "zero_unix_ns": str(self._zero)}
        return self._appender.add_channel(topic, schema, about)

    def _revision_of(self, topic: str) -> int:
        return self._revision if topics.is_result(topic) else 0

    def _put_json(self, name: str, document: Any, version: int) -> None:
        self._appender.add_metadata(name, metadata_record(document, version))

    def log_time(self, t_ns: int) -> int:
        """Return the log time, Unix nanoseconds, of a session time; raises InputError if MCAP cannot hold it."""
        log_time = self._zero + int(t_ns)
        if not 0 <= log_time < 1 << 63:
            raise InputError(f"{self.path}: the time {t_ns / 1e9:.3f} s lies outside what a recording can hold.")
        return log_time

    def _keep_flushed(self, live: bool, limits: ChunkLimits) -> None:
        if live:
            args = (limits.span_s,)
            self._flusher = threading.Thread(target=self._flush_regularly, args=args, name="recording", daemon=True)
            self._flusher.start()

    def _flush_regularly(self, every_s: float) -> None:
        while not self._stop.wait(every_s):
            with self._lock:
                if self._closed:
                    return
                try:
                    self._appender.flush()
                except InputError:
                    # The chunk is kept, and the next call of `write` that closes it, or `close`, raises this again.
                    continue

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError(f"the recording {self.path} is closed")

    def _claim(self, path: Path) -> None:
        self._claimed = path.resolve()
        with _open_paths_lock:
            if self._claimed in _open_paths:
                raise InputError(f"{self.path} is being written already.")
            _open_paths.add(self._claimed)

    def _release(self) -> None:
        file = getattr(self, "_file", None)
        if file is not None:
            file.close()
        with _open_paths_lock:
            _open_paths.discard(self._claimed)
