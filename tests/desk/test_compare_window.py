"""Several swings in one window: each at its own matching moment, side by side or as ghosts, by keys as by clicks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.window import RealWindow, write_recording
from twinswing.desk.compare_view import cell_of
from twinswing.desk.compare_window import CompareDesk
from twinswing.desk.settings import Settings
from twinswing.errors import InputError
from twinswing.swing.model import Event, SwingSession
from twinswing.truth.build import make_swing


def _session(pace: float = 1.0, name: str = "a") -> SwingSession:
    swing = make_swing()
    body = replace(swing.body, t_s=swing.body.t_s * pace)
    club = replace(swing.club, t_s=swing.club.t_s * pace)
    events = {n: Event(round(t * pace * 60), t * pace, 1.0) for n, t in swing.events_s.items()}
    return SwingSession(path=Path(f"{name}.mcap"), body=body, club=club, events=events)


@pytest.fixture(scope="module")
def desk() -> Iterator[CompareDesk]:
    made = CompareDesk([_session(), _session(1.5, "b"), _session(0.8, "c")], Settings(720, 480), offscreen=True)
    made.settle(6)
    yield made
    made.shut()


def test_each_swing_stands_at_its_own_moment_of_the_same_event(desk: CompareDesk) -> None:
    """At A's top every golfer is at the top of his own swing, and they look alike, since the swing is the same."""
    desk.do("events_on")
    desk.do("event:top")
    desk.settle(4)
    top = make_swing().events_s["top"]
    assert [s.t_s for s in desk.swings] == pytest.approx([top, 1.5 * top, 0.8 * top], abs=1e-6)
    pictures = [s.region.rect for s in desk.swings]
    assert pictures[0][0] + pictures[0][2] <= pictures[1][0]
    assert pictures[1][0] + pictures[1][2] <= pictures[2][0]


def test_in_real_time_they_meet_at_impact_and_nowhere_else(desk: CompareDesk) -> None:
    """A tenth of a second before A's impact everyone is a tenth of a second before his own."""
    desk.do("clock_on")
    impact = make_swing().events_s["impact"]
    desk.playback.seek(impact - 0.1)
    desk.settle(2)
    assert [s.t_s for s in desk.swings] == pytest.approx(
        [impact - 0.1, 1.5 * impact - 0.1, 0.8 * impact - 0.1], abs=1e-6
    )
    desk.do("events_on")


def test_ghosts_take_the_whole_picture_and_gaps_are_told_where_they_are_sure(desk: CompareDesk) -> None:
    """Laid event on event the same swing has no gap; by the clock it has, and the key goes where it is widest."""
    desk.do("ghosts_on")
    desk.do("event:top")
    desk.settle(4)
    assert desk.swings[0].region.rect[2] > 0.6 * 720
    assert max(gap.gap_m for gap in desk._context.gaps) < 1e-3
    desk.do("clock_on")
    desk.settle(2)
    desk.do("next_gap")
    desk.settle(2)
    assert desk._context.gaps[0].gap_m > 0.2
    desk.do("events_on")
    desk.do("split_on")


def test_tab_goes_through_the_others(desk: CompareDesk) -> None:
    """B, C, B again."""
    assert desk._context.other.letter == "B"
    desk.do("next_other")
    assert desk._context.other.letter == "C"
    desk.do("next_other")
    assert desk._context.other.letter == "B"


def test_too_few_and_nothing_to_draw_are_refused() -> None:
    """Before any window is opened."""
    with pytest.raises(InputError, match="found 1"):
        CompareDesk([_session()], Settings(640, 480), offscreen=True)
    with pytest.raises(InputError, match="neither in B"):
        CompareDesk([_session(), SwingSession()], Settings(640, 480), offscreen=True)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_parts_share_the_picture_without_overlap(count: int) -> None:
    """All of it but the gaps, each pixel to one."""
    seen = np.zeros((301, 401), int)
    for number in range(count):
        x, y, width, height = cell_of((7, 5, 390, 290), number, count)
        seen[y : y + height, x : x + width] += 1
    assert seen.max() == 1
    assert seen[5:295, 7:397].mean() > 0.98
    assert seen.sum() == seen[5:295, 7:397].sum()


def test_a_real_window_is_driven_by_keys(tmp_path: Path, display: str) -> None:
    """Numbers jump, X lays the swings on each other, and the pictures show it."""
    first, second = write_recording(tmp_path / "a.mcap"), write_recording(tmp_path / "b.mcap")
    home = tmp_path / "home"
    home.mkdir()
    window = RealWindow(
        first, display, home, wait_until, command="compare", settings="compare-desk.json", others=(str(second),)
    )
    try:
        window.key("4")
        split, at_top = window.picture()
        assert at_top == pytest.approx(make_swing().events_s["top"], abs=0.02)
        window.key("x")
        ghosts, still = window.picture()
        assert still == at_top
        left, right = slice(60, 300), slice(330, 560)
        assert np.abs(split[100:300, left].astype(int) - ghosts[100:300, left]).mean() > 3
        assert np.abs(split[100:300, right].astype(int) - ghosts[100:300, right]).mean() > 3
    finally:
        printed = window.close()
    assert "Traceback" not in printed
