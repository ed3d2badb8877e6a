"""The reader on the format's page works as it stands there, with no help from this program."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT
from twinswing.recording import schemas
from twinswing.recording.index import VERSION
from twinswing.recording.writer import RecordingWriter

PAGE = ROOT / "docs" / "recording.md"
FRAMES = 40
STEP_NS = 10_000_000
FIRST_NS = -50_000_000  # a session may begin before its zero


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    script = tmp_path_factory.mktemp("example") / "example.py"
    script.write_text(blocks[0], "utf-8")
    return script


def joints(frame: int, shift_m: float) -> np.ndarray:
    return np.arange(69.0).reshape(23, 3) / 10.0 + frame / 1000.0 + shift_m


def write(writer: RecordingWriter, shift_m: float, sigma_m: float) -> None:
    for frame in range(FRAMES):
        writer.write_body(FIRST_NS + frame * STEP_NS, joints(frame, shift_m), np.full(23, sigma_m))


def record(path: Path) -> None:
    """Write a first analysis, a better one, and one that was never finished."""
    with RecordingWriter(path) as writer:
        write(writer, shift_m=7.0, sigma_m=0.5)
        writer.commit_revision()
    with RecordingWriter.extend(path) as writer:
        write(writer, shift_m=0.0, sigma_m=0.02)
        writer.commit_revision()
    with RecordingWriter.extend(path) as writer:
        write(writer, shift_m=9.0, sigma_m=0.9)


def test_it_reads_the_newest_complete_joints(example: Path, tmp_path: Path) -> None:
    path = tmp_path / "swing.mcap"
    record(path)
    space: dict[str, object] = {"__name__": "example"}
    exec(compile(example.read_text("utf-8"), str(example), "exec"), space)
    rows = list(space["read_joints"](path))
    assert [round(t_s * 1e9) for t_s, _, _ in rows] == [FIRST_NS + k * STEP_NS for k in range(FRAMES)]
    np.testing.assert_array_equal([row[1] for row in rows], [joints(k, 0.0) for k in range(FRAMES)])
    np.testing.assert_array_equal([row[2] for row in rows], np.full((FRAMES, 23), 0.02))


def test_it_runs_as_a_script(example: Path, tmp_path: Path) -> None:
    path = tmp_path / "swing.mcap"
    record(path)
    done = subprocess.run([sys.executable, str(example), str(path)], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == FRAMES
    assert lines[0] == "-0.0500 s: pelvis at (0.000, 0.100, 0.200) m +- 0.020 m"


def test_it_imports_nothing_of_ours(example: Path) -> None:
    assert "twinswing." not in re.sub(r'"[^"]*"', "", example.read_text("utf-8"))
    assert not re.search(r"^\s*(from|import)\s+twinswing", example.read_text("utf-8"), re.MULTILINE)


def test_the_page_lists_every_field_of_our_messages() -> None:
    page = PAGE.read_text("utf-8")
    ours = [kind.DESCRIPTOR for kind in schemas.BY_NAME.values() if kind.DESCRIPTOR.full_name.startswith("twinswing.")]
    missing = [f"{kind.name}.{field.name}" for kind in ours for field in kind.fields if f"`{field.name}`" not in page]
    assert missing == []
    assert [kind for kind in schemas.BY_NAME if kind not in page] == []


def test_the_page_is_about_the_version_that_is_written() -> None:
    assert f"# The recording, format {VERSION}\n" in PAGE.read_text("utf-8")
