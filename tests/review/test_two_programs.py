"""Two programs that keep remarks in one recording at once: both have all of them, and the recording is whole."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from twinswing.errors import InputError
from twinswing.recording.exclusive import exclusive
from twinswing.recording.writer import RecordingWriter
from twinswing.review.storage import load_document

_EACH = 12
_PROGRAM = textwrap.dedent(
    """
    import sys
    from twinswing.errors import InputError
    from twinswing.review.document import ReviewDocument, new_ident
    from twinswing.review.model import Annotation, Span
    from twinswing.review.storage import save_document

    path, who, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    document = ReviewDocument()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(count):
        document.add(Annotation(new_ident(), "text", who, Span.moment(number), text=f"{who} {number}"))
        while True:
            try:
                save_document(path, document)
                break
            except InputError:
                continue  # the other one was in the middle of it: try again, as a window does
    """
)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        writer.add_metadata("nothing", {"much": 1})
    return path


def test_two_programs_lose_nothing_of_each_other(recording: Path) -> None:
    """Both begin at once and save after every remark."""
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(recording), who, str(_EACH)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for who in ("Ana", "Bo")
    ]  # fmt: skip
    try:
        for program in programs:
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
        for program in programs:
            assert program.stdin is not None
            program.stdin.write("go\n")
            program.stdin.flush()
        assert [program.wait(60) for program in programs] == [0, 0]
    finally:
        for program in programs:
            program.kill()
            program.wait()
            for pipe in (program.stdin, program.stdout):
                assert pipe is not None
                pipe.close()
    found = {a.text for a in load_document(recording).all()}
    assert found == {f"{who} {number}" for who in ("Ana", "Bo") for number in range(_EACH)}


def test_a_recording_that_another_program_keeps_is_not_written(
    recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second is told so, and what lies there stays as it is."""
    monkeypatch.setattr("twinswing.recording.exclusive.WAIT_S", 0.1)
    keep = (
        "import sys; from twinswing.recording.exclusive import exclusive\n"
        "with exclusive(sys.argv[1]):\n    print('kept', flush=True); sys.stdin.readline()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", keep, str(recording)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "kept\n"
        before = recording.read_bytes()
        with pytest.raises(InputError, match="another program"):
            RecordingWriter.extend(recording)
        assert recording.read_bytes() == before
    finally:
        other.communicate("\n", timeout=20)
    with RecordingWriter.extend(recording) as writer:  # it ended, and with it the lock
        writer.add_metadata("more", {})


def test_who_has_a_recording_to_himself_may_write_to_it(recording: Path) -> None:
    """Within the same thread, and again within that; afterwards it is free."""
    with exclusive(recording), exclusive(recording), RecordingWriter.extend(recording) as writer:
        writer.add_metadata("more", {})
    with RecordingWriter.extend(recording) as writer:
        writer.add_metadata("still more", {})
