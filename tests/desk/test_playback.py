"""The window's playhead: events, loops and frames of a session."""

import numpy as np
import pytest

from twinswing.body.landmarks import PoseTrack
from twinswing.desk.playback import Playback
from twinswing.swing.model import Event, SwingSession

FRAMES = np.array([2.0, 2.03, 2.1, 2.5, 3.0, 4.0])


def _session(**times: float) -> SwingSession:
    n = len(FRAMES)
    pose = PoseTrack(
        FRAMES,
        np.zeros((n, 33, 2), np.float32),
        np.zeros((n, 33, 3), np.float32),
        np.ones((n, 33), np.float32),
        np.ones(n, np.uint8),
        100,
        100,
        np.zeros(n, np.bool_),
    )
    return SwingSession(pose=pose, events={name: Event(0, t, 1.0) for name, t in times.items()})


WHOLE = _session(address=2.03, top=2.5, impact=3.0, finish=4.0)


def test_numbers_jump_to_events_and_stop_there() -> None:
    playback = Playback.of(WHOLE)
    playback.do("play_pause", WHOLE)
    playback.do("event:impact", WHOLE)
    assert (playback.t_s, playback.head.playing) == (3.0, False)


def test_an_event_that_was_not_found_moves_nothing() -> None:
    session = _session(top=2.5)
    playback = Playback.of(session)
    playback.do("event:finish", session)
    assert playback.t_s == 2.0


def test_neighbouring_events() -> None:
    playback = Playback.of(WHOLE)
    seen = []
    for _ in range(5):
        playback.do("next_event", WHOLE)
        seen.append(playback.t_s)
    assert seen == [2.03, 2.5, 3.0, 4.0, 4.0]
    playback.do("previous_event", WHOLE)
    assert playback.t_s == 3.0


def test_frames_are_the_containers_own_times() -> None:
    playback = Playback.of(WHOLE)
    playback.do("step_forward", WHOLE)
    playback.do("step_forward", WHOLE)
    assert playback.t_s == pytest.approx(2.1)


def test_loops_go_through_swing_downswing_and_the_phase_at_the_playhead() -> None:
    playback, names, loops = Playback.of(WHOLE), [], []
    playback.seek(2.7)
    for _ in range(4):
        playback.do("loop", WHOLE)
        names.append(playback.loop_name)
        loops.append(playback.head.loop_s)
    assert names == ["swing", "downswing", "phase", "off"]
    assert loops == [(2.03, 4.0), (2.5, 3.0), (2.5, 3.0), None]


def test_without_events_there_is_nothing_to_loop() -> None:
    session = _session()
    playback = Playback.of(session)
    playback.do("loop", session)
    assert playback.loop_name == "off"


def test_an_empty_session_is_played_without_error() -> None:
    playback = Playback.of(SwingSession())
    for action in ("play_pause", "step_forward", "next_event", "loop", "go_end", "nonsense"):
        playback.do(action, SwingSession())
    assert playback.t_s == 0.0
