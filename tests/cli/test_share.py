"""Export, report and compare as users run them."""

import json
from pathlib import Path

import pytest

from twinswing.cli.main import main
from twinswing.recording.writer import RecordingWriter
from twinswing.swing.session_io import write_session
from twinswing.truth.build import make_swing
from twinswing.truth.session import session_of


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("share") / "swing.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, session_of(make_swing()), scene=False)
    return path


def test_export_writes_what_was_asked(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "swing.trc"
    assert main(["export", str(recording), "--to", "trc", "--rate", "100", "-o", str(out)]) == 0
    assert out.read_text("utf-8").startswith("PathFileType\t4")


def test_export_of_no_recording_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "none.mcap"), "--to", "trc", "-o", str(tmp_path / "x.trc")]) == 3
    assert capsys.readouterr().err.count("\n") == 1
    with pytest.raises(SystemExit) as caught:
        main(["export", str(tmp_path / "none.mcap"), "--to", "fbx", "-o", "x"])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("render", "-o", "{0}"),
        ("render", "-o", "{0}.mp4", "--subtitles", "{0}"),
        ("report", "-o", "{0}"),
        ("snapshot", "-o", "{0}"),
        ("export", "--to", "csv", "-o", "{0}"),
        ("export", "--to", "vtt", "-o", "{0}"),
    ],
)
def test_a_recording_is_not_written_over_by_what_is_made_of_it(
    words: tuple[str, ...], recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = recording.read_bytes()
    command, *options = (word.format(recording) for word in words)
    assert main([command, str(recording), *options]) == 3
    assert "another file" in capsys.readouterr().err
    assert recording.read_bytes() == before


def test_report_is_one_page(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "swing.html"
    assert main(["report", str(recording), "-o", str(out)]) == 0
    text = out.read_text("utf-8")
    assert text.count("data:image/jpeg") == 10  # P1 to P10
    assert "swing.mcap" in text


def test_compare_prints_and_writes(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "both.html"
    assert main(["compare", str(recording), str(recording), "--json", "-o", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document["events"]) == 8
    assert {phase["verdict"] for phase in document["phases"].values()} == {"cannot be told apart"}
    assert out.read_text("utf-8").count("data:image/jpeg") == 16
    assert main(["compare", str(recording), str(recording)]) == 0
    assert "Backswing" in capsys.readouterr().out


def test_compare_into_an_unknown_kind_of_file_is_refused(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(recording), str(recording), "-o", str(tmp_path / "both.gif")]) == 3
    assert ".png, .mp4 or .html" in capsys.readouterr().err
    assert main(["compare", str(recording), str(recording), "--view", "moon", "-o", str(tmp_path / "b.png")]) == 3
    assert "moon" in capsys.readouterr().err
