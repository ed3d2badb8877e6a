"""The command line's own promises: help, exit status, one sentence on stderr."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from twinswing import __version__
from twinswing.cli.main import build_parser


def run(*words: str, cwd: Path | None = None, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "twinswing.cli.main", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
        check=False,
        env={**{k: v for k, v in os.environ.items() if k != "DISPLAY"}, **environment},
    )


def test_version_and_help() -> None:
    assert run("--version").stdout.strip() == f"twinswing {__version__}"
    shown = run("--help").stdout
    for command in ("demo", "open", "analyze", "capture", "hub", "play-club", "truth", "snapshot", "render", "recover"):
        assert command in shown


def test_the_contract_of_the_command_line_parses() -> None:
    parse = build_parser().parse_args
    assert parse(["analyze", "v.mp4", "--club", "c.csv", "--clock-hint", "-1.5", "-o", "o.mcap", "--json"]).json
    assert parse(["capture", "--camera", "0", "--listen", "127.0.0.1:1", "-o", "o.mcap", "--seconds", "3"]).seconds == 3
    assert parse(["truth", "-o", "d", "--swings", "2", "--fps", "240", "--view", "oblique"]).fps == 240
    assert parse(["play-club", "f", "--to", "ws://h:1", "--rate", "2", "--jitter-ms", "5", "--drop", "0.1"]).rate == 2
    assert parse(["open", "f.mcap", "--offscreen"]).offscreen
    assert parse(["--seconds", "1"]).command is None


def test_a_wrong_command_line_is_2() -> None:
    assert run("analyse").returncode == 2
    assert run("snapshot", "x.mcap").returncode == 2


@pytest.mark.parametrize(
    "words",
    [
        ("open", "no.mcap"),
        ("analyze", "no.mp4", "-o", "x.mcap"),
        ("info", "no.mcap"),
        ("recover", "no.mcap", "-o", "x.mcap"),
        ("snapshot", "no.mcap", "-o", "x.png"),
        ("play-club", "no.csv", "--to", "ws://127.0.0.1:1"),
    ],
)
def test_a_missing_file_is_3_and_one_sentence(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("twinswing: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["empty.mp4", "sound.mp4", "text.mp4"])
def test_what_is_no_video_is_3_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    import wave

    path = tmp_path / name
    if name.startswith("sound"):
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(8000)
            sound.writeframes(bytes(16000))
    else:
        path.write_bytes(b"" if name.startswith("empty") else b"not a video at all\n" * 100)
    done = run("analyze", name, "-o", "out.mcap", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert name in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_folder_that_is_missing_is_3(tmp_path: Path) -> None:
    from tests.desk.window import write_recording

    recording = str(write_recording(tmp_path / "a.mcap"))
    for words in (("render", recording), ("snapshot", recording), ("recover", recording)):
        done = run(*words, "-o", str(tmp_path / "none" / "x"))
        assert done.returncode == 3
        assert "none" in done.stderr


def test_a_headset_is_4_and_one_sentence() -> None:
    done = run("demo", "--headset")
    assert done.returncode == 4
    assert "headset" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    from tests.desk.window import write_recording

    recording = write_recording(tmp_path / "a.mcap")
    line = f'"{sys.executable}" -m twinswing.cli.main info --json "{recording}" | head -1'
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
