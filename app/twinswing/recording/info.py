"""What a recording holds, for a person and for a program to read."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twinswing.recording.reader import RecordingReader


@dataclass(frozen=True)
class TopicInfo:
    """A topic, the kind of its messages and how many there are."""

    topic: str
    schema: str
    messages: int


@dataclass(frozen=True)
class RecordingInfo:
    """A recording at a glance; `documents` counts the versions under each name, `attachments` are sizes in bytes."""

    path: str
    size_bytes: int
    version: str
    start_unix_ns: int
    first_s: float
    last_s: float
    chunks: int
    revision: int | None
    topics: tuple[TopicInfo, ...]
    documents: dict[str, int]
    attachments: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return this as JSON's types."""
        return asdict(self)

    def text(self) -> str:
        """Return this for a person to read, a line a topic."""
        width = max((len(t.topic) for t in self.topics), default=0)
        lines = [
            f"{self.path}: {self.size_bytes / 1e6:.1f} MB, format {self.version}, {self.chunks} chunks",
            f"from {self.first_s:.3f} s to {self.last_s:.3f} s",
            *(f"  {t.topic:<{width}}  {t.messages:>7}  {t.schema}" for t in self.topics),
            *(f"  document {name} (version {count})" for name, count in self.documents.items()),
            *(f"  file {name} ({size / 1e6:.1f} MB)" for name, size in self.attachments.items()),
        ]
        return "\n".join(lines)


def recording_info(path: str | Path) -> RecordingInfo:
    """Describe a recording from its summary alone; raises InputError as `RecordingReader` does."""
    with RecordingReader(path) as reader:
        index = reader.index
        first, last = reader.span_ns
        return RecordingInfo(
            path=str(path),
            size_bytes=index.size,
            version=index.version,
            start_unix_ns=index.zero_unix_ns + first,
            first_s=first / 1e9,
            last_s=last / 1e9,
            chunks=len(index.chunks),
            revision=index.revision,
            topics=tuple(TopicInfo(t, reader.schema_of(t), count) for t, count in reader.topics.items()),
            documents=index.metadata_versions(),
            attachments={name: entry.data_size for name, entry in reader.attachments.items()},
        )
