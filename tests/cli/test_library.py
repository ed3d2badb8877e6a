"""The library on the command line: its list without a window, and its picture without a display."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.review.library import Shelf
from twinswing.cli.main import main
from twinswing.review.library_people import save_golfer
from twinswing.truth.library_demo import MEMBERS


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    shelf = Shelf.at(tmp_path)
    for number in range(6):
        shelf.small(number)
    for member in MEMBERS:
        save_golfer(shelf.folder, member.golfer)
    (shelf.folder / "broken.mcap").write_bytes(b"RIFF....AVI ")
    return shelf


def _json(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    assert main(["library", *words, "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)["recordings"]
    return found


def test_the_list_says_what_is_there_and_what_cannot_be_read(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    found = _json(capsys, str(shelf.folder))
    assert len(found) == 7
    (bad,) = [r for r in found if r["kind"] == "unreadable"]
    assert "AVI" in str(bad["reason"])
    speed = next(r for r in found if r["name"] == "small-0")["measures"]["head_speed_mps"]  # type: ignore[index]
    assert speed["unit"] == "m/s"
    assert speed["sigma"] == 0.5
    assert main(["library", str(shelf.folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert any("broken.mcap" in line and "AVI" in line for line in lines)


def test_words_golfers_tags_clubs_and_order_choose(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(shelf.folder)
    assert {r["golfer"] for r in _json(capsys, folder, "--golfer", "anna berg")} == {"Anna Berg"}
    assert [r["name"] for r in _json(capsys, folder, "--search", "wedge anna")] == []
    assert len(_json(capsys, folder, "--search", "mei")) == 2
    assert [r["tags"] for r in _json(capsys, folder, "--tag", "LESSON")] == [["lesson"]]
    speeds = [
        r["measures"]["head_speed_mps"]["value"]  # type: ignore[index]
        for r in _json(capsys, folder, "--sort", "head_speed_mps", "--kind", "swing")
    ]
    assert speeds == sorted(speeds, reverse=True)
    assert main(["library", folder, "--golfer", "Nobody"]) == 3
    assert "Anna Berg" in capsys.readouterr().err
    assert main(["library", str(shelf.folder / "nowhere")]) == 3
    assert "nowhere" in capsys.readouterr().err


def test_without_a_display_the_library_is_a_picture(shelf: Shelf, tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-m", "twinswing.cli.main"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "twinswing.png" in done.stdout
    picture = cv2.imread(str(tmp_path / "twinswing.png"))
    assert picture is not None
    assert picture.std() > 5
