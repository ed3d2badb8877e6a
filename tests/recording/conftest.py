"""A recording as a capture writes it, for tests to read and to break."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from twinswing.recording.container import ChunkLimits
from twinswing.recording.writer import ImuBatch, RecordingWriter

SMALL = ChunkLimits(size_bytes=4096, span_s=1.0)


def batch(number: int, size: int = 16) -> ImuBatch:
    times = (np.arange(size, dtype=np.int64) + number * size) * 1_000_000
    values = np.random.default_rng(number).integers(-32768, 32767, (size, 6)).astype(np.int16)
    return ImuBatch(times, values, 0.005, 0.001, sequence=number * size)


def write_capture(path: Path, batches: int = 120, attachment: bytes = b"") -> None:
    """Write numbered video messages, events and IMU batches in small chunks, documents, and maybe an attachment."""
    with RecordingWriter(path, limits=SMALL) as writer:
        fill(writer, batches, path.parent, attachment)


def fill(writer: RecordingWriter, batches: int, folder: Path, attachment: bytes = b"") -> None:
    noise = np.random.default_rng(0)
    writer.add_metadata("clock/A1", {"offset_s": 0.25})
    for k in range(batches):
        t = k * 16_000_000 - 500_000_000
        writer.write_imu_batch("A1", t, batch(k))
        writer.write_video(t, k.to_bytes(4, "big") + noise.bytes(300))
        if k == batches // 2 and attachment:
            source = folder / "original.bin"
            source.write_bytes(attachment)
            writer.attach_file(source)
        if k % 40 == 20:
            writer.write_event(t, f"event {k}", frame=k, confidence=0.5)
    writer.add_metadata("clock/A1", {"offset_s": 0.5})


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    return SimpleNamespace(SMALL=SMALL, batch=batch, capture=write_capture, fill=fill)
