"""The playhead: playing, looping, stepping and staying inside its span."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.timeline.playhead import SPEEDS, Playhead

HEAD = Playhead(t_s=1.0, start_s=1.0, end_s=4.0, playing=True, speed=0.5)


def test_playing_moves_by_speed_and_stops_at_the_end() -> None:
    assert HEAD.advanced(2.0).t_s == pytest.approx(2.0)
    ended = HEAD.advanced(100.0)
    assert (ended.t_s, ended.playing) == (4.0, False)
    again = ended.toggled()
    assert (again.t_s, again.playing) == (1.0, True)


def test_a_loop_goes_round_and_takes_the_playhead_in() -> None:
    looped = HEAD.looping((3.0, 2.0))
    assert looped.t_s == 2.0
    assert looped.advanced(2.2).t_s == pytest.approx(2.1)
    assert looped.looping(None).advanced(2.2).t_s == pytest.approx(3.1)


def test_stepping_stops_at_frames_of_a_variable_rate() -> None:
    frames = np.array([1.0, 1.033, 1.1, 1.9])
    head = HEAD.stepped(frames, 1)
    assert (head.t_s, head.playing) == (1.033, False)
    assert head.stepped(frames, 1).t_s == 1.1
    assert head.stepped(frames, -1).t_s == 1.0
    assert head.at(1.5).stepped(frames, -1).t_s == 1.1
    assert head.at(1.5).stepped(frames, 1).t_s == 1.9
    assert head.at(4.0).stepped(frames, 1).t_s == 1.9


def test_speeds_stay_within_a_sixteenth_and_double() -> None:
    head = HEAD
    seen = [head.speed]
    for _ in range(9):
        head = head.faster(-1)
        seen.append(head.speed)
    assert seen[:4] == [0.5, 0.25, 0.125, 0.0625]
    assert head.speed == SPEEDS[0]
    assert head.faster(99).speed == 2.0


def test_live_follows_a_growing_end_until_one_looks_back() -> None:
    head = Playhead(end_s=1.0).pinned().grown(2.0)
    assert (head.t_s, head.live) == (2.0, True)
    back = head.at(0.5).grown(3.0)
    assert (back.t_s, back.live, back.end_s) == (0.5, False, 3.0)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("advance"), st.floats(0, 20)),
            st.tuples(st.just("seek"), st.floats(-10, 10)),
            st.tuples(st.just("loop"), st.floats(1, 4)),
            st.tuples(st.just("toggle"), st.just(0.0)),
            st.tuples(st.just("step"), st.floats(-3, 3)),
        ),
        max_size=30,
    )
)
def test_whatever_is_done_it_stays_in_its_span(steps: list[tuple[str, float]]) -> None:
    head, frames = HEAD, np.linspace(1.0, 4.0, 31)
    for what, value in steps:
        match what:
            case "advance":
                head = head.advanced(value)
            case "seek":
                head = head.at(value)
            case "loop":
                head = head.looping((value, 4.0))
            case "toggle":
                head = head.toggled()
            case "step":
                head = head.stepped(frames, int(value))
        assert 1.0 <= head.t_s <= 4.0
