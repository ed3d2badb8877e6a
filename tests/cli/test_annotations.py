"""`twinswing annotations`: what two people said apart on copies of one recording comes together."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.test_main import run
from tests.desk.window import write_recording
from twinswing.review.document import ReviewDocument, new_ident
from twinswing.review.model import Annotation, OnJoint, Span
from twinswing.review.storage import load_document, save_document


def said(author: str, text: str, t_ns: int) -> ReviewDocument:
    document = ReviewDocument()
    place = OnJoint("head")
    document.add(Annotation(new_ident(), "text", author, Span.moment(t_ns), place, ((0.0, 0.0, 0.1),), text=text))
    return document


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("copies")
    first = write_recording(folder / "a.mcap")
    second = Path(shutil.copy(first, folder / "b.mcap"))
    save_document(first, said("Ana", "Head stays", 2_000_000_000))
    save_document(second, said("Ben", "Hips first", 1_000_000_000))
    return first, second


def test_copies_edited_apart_are_merged_and_listed(copies: tuple[Path, Path]) -> None:
    first, second = copies
    done = run("annotations", str(first), "--merge", str(second), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [(a["author"], a["text"], a["start_s"]) for a in told["annotations"]] == [
        ("Ben", "Hips first", 1.0),
        ("Ana", "Head stays", 2.0),
    ]
    assert told["annotations"][0]["place"] == "joint head"
    assert {a.text for a in load_document(first).all()} == {"Head stays", "Hips first"}
    assert {a.text for a in load_document(second).all()} == {"Hips first"}
    listed = run("annotations", str(first), "--search", "hips").stdout
    assert "Hips first" in listed
    assert "Head stays" not in listed
    assert "1 of 2 annotations" in listed


def test_another_recording_is_not_merged(copies: tuple[Path, Path], tmp_path: Path) -> None:
    from twinswing.recording.writer import RecordingWriter

    other = tmp_path / "other.mcap"
    with RecordingWriter(other):
        pass
    done = run("annotations", str(copies[0]), "--merge", str(other))
    assert done.returncode == 3
    assert "are not copies of one recording" in done.stderr
    assert run("annotations", str(tmp_path / "none.mcap")).returncode == 3
