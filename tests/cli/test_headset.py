"""Commands with `--headset`: what they show, what they refuse, what is kept of a live plant."""

import pytest

from twinswing.cli.main import main
from twinswing.headset import run as headset_run
from twinswing.headset.air_pen import Mark
from twinswing.headset.plant_visit import PlantVisit
from twinswing.headset.run import HeadsetSettings
from twinswing.headset.settings import Habits, load_habits
from twinswing.headset.swing_visit import SwingVisit
from twinswing.resources import bundled_recording
from twinswing.review.storage import load_document

SWING, IRON, SHIFT = (
    str(bundled_recording(f"{name}.mcap")) for name in ("driver-face-on", "iron-down-the-line", "club-works-shift")
)


@pytest.fixture
def worn(monkeypatch, tmp_path) -> list:
    """Stand in a visit without a runtime: what would be shown, and how."""
    seen: list = []

    def run(visit, settings=None, *, seconds=None, check=lambda: ""):
        seen.append((visit, settings, seconds, check()))
        if visit.notes is not None and isinstance(visit, PlantVisit):
            tag = visit.notes.pen.with_tool("tag")
            visit.notes.document.add(tag.annotation("leak", "Ann", [Mark((1.0, 2.0, 1.0))], 0))
        visit.close()
        return 0

    monkeypatch.setattr("twinswing.headset.run.run_headset", run)
    monkeypatch.setattr("twinswing.headset.settings.settings_dir", lambda: tmp_path)
    return seen


@pytest.mark.parametrize(
    "words", [["open", SWING, "--beside", IRON, "--headset"], ["compare", SWING, IRON, "--headset"]]
)
def test_two_swings_are_stood_before(worn, words):
    assert main([*words, "--headset", "--seconds", "1"]) == 0
    ((visit, _, seconds, _),) = worn
    assert isinstance(visit, SwingVisit)
    assert seconds == 1.0
    assert visit.session.path.name == "driver-face-on.mcap"
    assert float(visit.pair.warp.to_b(visit.session.events["impact"].t_s)) > 0.0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["demo", "--headset", "--offscreen"], 2, "not allowed with"),
        (["plant", "club_works", "--headset", "--offscreen"], 2, "not allowed with"),
        (["open", SWING, "--beside", IRON], 3, "--headset"),
        (["open", SWING, "--beside", SHIFT, "--headset"], 3, "plant"),
        (["open", SWING, "--beside", "none.mcap", "--headset"], 3, "none.mcap"),
        (["compare", SWING, IRON, SWING, "--headset"], 3, "found 3"),
        (["compare", SWING, SHIFT, "--headset"], 3, "club-works-shift"),
        (["--headset"], 3, "demo"),
        (["capture", "--headset", "-o", "x.mcap"], 4, "desktop"),
    ],
    ids=lambda value: " ".join(value[:1]) if isinstance(value, list) else str(value),
)
def test_what_does_not_go_together_is_said_in_one_sentence(worn, capsys, words, status, said):
    try:
        got = main(words)
    except SystemExit as leaving:
        got = leaving.code
    assert got == status
    err = capsys.readouterr().err.strip()
    assert said in err.splitlines()[-1]
    assert worn == []


def test_what_is_said_of_a_live_plant_is_kept_with_its_recording(worn, tmp_path):
    out = tmp_path / "shift.mcap"
    words = ["plant", "club_works", "--headset", "--speed", "600", "--record", str(out)]
    assert main(words) == 0
    ((visit, _, _, trouble),) = worn
    assert visit.history.live
    assert visit.act is not None
    assert trouble == ""
    assert [note.text for note in load_document(out).all()] == ["Look here"]


def test_what_is_said_of_a_live_plant_is_kept_when_the_headset_fails(worn, monkeypatch, tmp_path):
    stood = headset_run.run_headset

    def fail(*args, **options):
        stood(*args, **options)
        raise RuntimeError("the driver is gone")

    monkeypatch.setattr("twinswing.headset.run.run_headset", fail)
    out = tmp_path / "shift.mcap"
    with pytest.raises(RuntimeError, match="driver"):
        main(["plant", "club_works", "--headset", "--speed", "600", "--record", str(out)])
    assert [note.text for note in load_document(out).all()] == ["Look here"]


def test_a_live_plant_that_is_not_recorded_has_no_pen(worn):
    assert main(["plant", "club_works", "--headset", "--speed", "600"]) == 0
    assert worn[0][0].notes is None


def test_a_plants_recording_is_walked_with_its_annotations(worn):
    assert main(["open", SHIFT, "--headset"]) == 0
    assert worn[0][0].notes.path is None  # the bundled one stays as it is
    assert worn[0][0].act is None


def test_whether_one_sits_is_asked_for_or_remembered(worn):
    for words, seated in ((["--seated"], True), ([], False), (["--no-seated"], False)):
        assert main(["demo", "--headset", *words]) == 0
        settings: HeadsetSettings = worn[-1][1]
        assert settings.being.seated is seated
    worn[-1][1].remember(True)
    assert load_habits() == Habits(seated=True)
    assert main(["demo", "--headset"]) == 0
    assert worn[-1][1].being.seated
