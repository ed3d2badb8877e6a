"""Coaching in the window: what is understood, the ghost at its moment, keys that show and hide them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.window import RealWindow, write_recording
from twinswing.desk.coaching import Coach
from twinswing.desk.panels.measures import position_at
from twinswing.desk.settings import Settings
from twinswing.desk.window import Desk
from twinswing.recording.writer import RecordingWriter
from twinswing.swing.coaching import Earlier
from twinswing.swing.measure_table import Range
from twinswing.swing.measures import measured_session
from twinswing.swing.model import Measure
from twinswing.swing.session_io import load_session, write_session
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import tour_golfer
from twinswing.truth.session import session_of


@pytest.fixture(scope="module")
def swaying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a golfer who sways, as an analysis would have left it."""
    session = session_of(make_swing(tour_golfer("iron", faults={"sway": 1.0})))
    found = measured_session(session)
    path = tmp_path_factory.mktemp("coach") / "sway.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, replace(session, measures=found.measures, missing=found.missing))
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Desk, Coach]]:
    shown, coach = Desk(Settings(960, 640), offscreen=True, folder=tmp_path), Coach()
    try:
        shown.add(coach)
        yield shown, coach
    finally:
        shown.shut()


def understood(desk: Desk, coach: Coach) -> None:
    end = time.monotonic() + 30.0
    while coach.busy and time.monotonic() < end:
        desk.step()
    assert coach.found is not None


def picture(desk: Desk, path: Path) -> np.ndarray:
    desk.settle(6)
    assert desk.save_picture(path)
    image = cv2.imread(str(path))
    assert image is not None
    return np.asarray(image[60:380, 10:720], dtype=float)


def test_a_recording_keeps_what_could_not_be_told(swaying: Path) -> None:
    session = load_session(swaying)
    assert session.missing == measured_session(session).missing
    assert session.missing["tempo_ratio"]


def test_the_ghost_stands_at_its_moment_until_it_is_sent_away(
    desk: tuple[Desk, Coach], swaying: Path, tmp_path: Path
) -> None:
    shown, coach = desk
    shown.open_or_raise(swaying)
    understood(shown, coach)
    assert coach.found is not None
    assert [a.finding.fault.name for a in coach.found.coaching.advice] == ["sway"]
    event = shown.session.events["mid_backswing"]
    shown.playback.seek(event.t_s)
    plain = picture(shown, tmp_path / "plain.png")
    shown.playback.seek(event.t_s + 0.3)
    shown.do("coach:ghost")
    assert shown.playback.t_s == pytest.approx(event.t_s)
    assert coach.ghost is not None
    ghostly = picture(shown, tmp_path / "ghost.png")
    changed = np.abs(ghostly - plain).max(axis=2) > 12.0
    assert 300 < changed.sum() < 0.2 * changed.size, "a body's width beside the golfer, and nothing else"
    assert coach.escape()
    assert np.abs(picture(shown, tmp_path / "again.png") - plain).mean() < 1.0
    shown.do("coach:ghost")
    shown.do("coach:ghost")  # after the last there is none
    assert coach.ghost is None


def test_a_clean_swing_has_no_ghost_and_says_so(desk: tuple[Desk, Coach], tmp_path: Path) -> None:
    shown, coach = desk
    shown.open_or_raise(write_recording(tmp_path / "clean.mcap"))
    understood(shown, coach)
    shown.do("coach:ghost")
    assert coach.ghost is None
    assert "No fault is likely" in shown.notice


def test_another_recording_has_its_own_advice(desk: tuple[Desk, Coach], swaying: Path, tmp_path: Path) -> None:
    shown, coach = desk
    shown.open_or_raise(swaying)
    understood(shown, coach)
    shown.do("coach:ghost")
    shown.open_or_raise(write_recording(tmp_path / "clean.mcap"))
    assert coach.ghost is None
    understood(shown, coach)
    assert coach.found is not None
    assert coach.found.coaching.advice == ()
    shown.settle(3)  # nothing of the first one is drawn any more


def test_the_measures_shown_are_those_of_the_position_at_the_playhead(swaying: Path) -> None:
    session = load_session(swaying)
    assert position_at(session, session.events["top"].t_s + 0.01) == "top"
    assert position_at(session, -1.0) == "address"
    assert position_at(replace(session, events={}), 0.0) is None


@pytest.mark.window
def test_keys_show_the_ghost_in_a_real_window(
    swaying: Path, display: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    events = load_session(swaying).events
    window = RealWindow(swaying, display, tmp_path_factory.mktemp("home"), wait_until)
    try:
        window.key("6")
        _, before_s = window.picture()
        assert before_s == pytest.approx(events["impact"].t_s, abs=1e-3)
        # The swing is understood within a moment; until then the key says so and does nothing.
        wait_until(lambda: (window.key("F7"), window.picture()[1])[1] < before_s - 0.1, 30.0, "the ghost")
        ghost, t_s = window.picture()
        assert t_s == pytest.approx(events["mid_backswing"].t_s, abs=1e-3)
        window.key("Escape")
        plain, _ = window.picture()
        scene = np.s_[60:380, 10:720]
        assert np.abs(ghost[scene].astype(int) - plain[scene]).max() > 30
    finally:
        assert "Traceback" not in window.close()


def test_a_golfers_own_range_stands_beside_the_measure(
    desk: tuple[Desk, Coach], swaying: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the library's earlier swings of the same golfer, where there are enough."""
    sway = Measure(-0.03, "m", 0.01, "video")
    earlier = [Earlier(1.7e9 + k, {"pelvis_sway_top_m": replace(sway, value=-0.03 - 0.002 * k)}) for k in range(6)]
    monkeypatch.setattr("twinswing.desk.coaching.earlier_of", lambda _path, _index: earlier)
    held: dict[str, Range] = {}
    shown, coach = desk
    monkeypatch.setattr(shown, "hold_against", held.update)
    shown.open_or_raise(swaying)
    understood(shown, coach)
    assert set(held) == {"pelvis_sway_top_m"}
    assert held["pelvis_sway_top_m"].source == "6 earlier swings"
    assert coach.found is not None
    (said,) = (p.said for p in coach.found.coaching.advice[0].progress)
    assert "against 6 earlier swings" in said
