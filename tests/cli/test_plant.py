"""The commands of a plant, run as a user runs them."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.desk.plant import MILL_2, ZERO_UNIX_NS, hour, recorded_shop
from twinswing.cli.main import main
from twinswing.plant.recorded import RecordedHistory


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded_shop(tmp_path_factory.mktemp("plant") / "shop.mcap")


def twinswing(*words: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "twinswing.cli.main", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_info_says_what_plant_it_is_and_its_alarms(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(recording)]) == 0
    said = capsys.readouterr().out
    assert "Test shop" in said
    assert "3 units" in said
    assert "1 high" in said
    assert main(["info", "--json", str(recording)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["plant"]["units"] == 3
    assert found["plant"]["alarms"] == {"high": 1}
    assert found["plant"]["observations"] == len(hour())


def test_an_exported_table_holds_every_observation_as_it_was_said(recording: Path, tmp_path: Path) -> None:
    out = tmp_path / "shop.csv"
    assert main(["export", str(recording), "--to", "csv", "-o", str(out)]) == 0
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(hour())
    shaking = [row for row in rows if row["item"] == f"{MILL_2}/vibration" and float(row["t_s"]) >= 1200.0]
    assert len(shaking) == 41
    assert [float(row["value"]) for row in shaking] == pytest.approx([0.009] * 41)
    assert {row["unit"] for row in shaking} == {"m/s"}
    first = np.datetime64(rows[0]["time_utc"].removesuffix("Z"), "ns").astype(np.int64)
    assert int(first) == ZERO_UNIX_NS
    failed = [row for row in rows if row["item"] == f"{MILL_2}/execution"]
    assert [(float(row["t_s"]), row["text"], row["value"]) for row in failed] == [
        (0.0, "ACTIVE", ""), (1800.0, "STOPPED", ""),
    ]  # fmt: skip


def test_parquet_holds_the_same_and_the_plants_own_file(recording: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is an optional part")
    out = tmp_path / "shop.parquet"
    assert main(["export", str(recording), "--to", "parquet", "-o", str(out)]) == 0
    table = parquet.read_table(out)
    assert table.num_rows == len(hour())
    assert b"Test shop" in table.schema.metadata[b"twinswing.plant"]


def test_a_snapshot_shows_the_plant_at_its_time(recording: Path, tmp_path: Path) -> None:
    pictures = []
    for at in ("60", "3000"):
        out = tmp_path / f"{at}.png"
        command = ["snapshot", str(recording), "--at", at, "--size", "480x320", "-o", str(out)]
        assert main(command) == 0
        image = cv2.imread(str(out))
        assert image is not None
        assert image.shape == (320, 480, 3)
        pictures.append(image.astype(int))
    blue, green, red = (pictures[1][..., k] for k in range(3))
    assert ((red > 180) & (green < 90) & (blue < 90)).sum() > 30  # the failed mill
    blue, green, red = (pictures[0][..., k] for k in range(3))
    assert ((red > 180) & (green < 90) & (blue < 90)).sum() == 0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("snapshot", "FILE", "--at", "99999", "-o", "x.png"), 3, "expected a time from 0.0 to 3600.0 s"),
        (("snapshot", "FILE", "--at", "top", "-o", "x.png"), 3, "expected seconds"),
        (("snapshot", "FILE", "--view", "attic", "-o", "x.png"), 3, "attic"),
        (("export", "FILE", "--to", "bvh", "-o", "x.bvh"), 3, "csv or parquet"),
        (("plant", "nowhere.toml"), 3, "nowhere.toml"),
        (("plant", "club_works", "--speed", "-1"), 3, "--speed"),
        (("plant", "club_works", "--record", "no/such/folder/x.mcap"), 3, "folder"),
        (("plant", "http://127.0.0.1:9/"), 3, "expected an MTConnect agent"),
    ],
)
def test_what_cannot_be_is_answered_with_one_sentence(
    words: tuple[str, ...], status: int, said: str, recording: Path, capsys: pytest.CaptureFixture[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main([str(recording) if word == "FILE" else word for word in words]) == status
    error = capsys.readouterr().err.strip()
    assert said in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_command_line_is_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["plant"])
    assert left.value.code == 2
    assert "PLANT.toml" in capsys.readouterr().err


def test_a_plant_with_a_mistake_is_answered_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.toml"
    file.write_text('[plant]\nname = "x"\nhall = [10.0, "wide", 4.0]\n', encoding="utf-8")
    assert main(["plant", str(file), "--offscreen"]) == 3
    assert "line 3" in capsys.readouterr().err


@pytest.mark.slow
def test_the_bundled_plant_runs_live_without_a_display_records_and_is_opened_again(tmp_path: Path) -> None:
    done = twinswing(
        "plant", "club_works", "--speed", "600", "--seconds", "2", "--offscreen", "--record", "run.mcap",
        folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert cv2.imread(str(tmp_path / "club_works.png")) is not None
    with RecordedHistory(tmp_path / "run.mcap") as history:
        assert history.span_ns[1] > 60e9
        assert history.rows > 1000
    again = twinswing("open", "run.mcap", "--offscreen", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    assert cv2.imread(str(tmp_path / "run.png")) is not None
    twice = twinswing("plant", "club_works", "--offscreen", "--record", "run.mcap", folder=tmp_path)
    assert twice.returncode == 3
    assert "exists already" in twice.stderr


@pytest.mark.slow
def test_the_demonstration_of_a_plant_opens_without_a_display(tmp_path: Path) -> None:
    done = twinswing("demo", "--plant", "--offscreen", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    pictures = list(tmp_path.glob("*.png"))
    assert len(pictures) == 1
    assert cv2.imread(str(pictures[0])) is not None
