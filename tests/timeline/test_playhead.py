"""The playhead goes where the viewer wants, and never leaves the recording."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.timeline.playhead import FASTEST, SLOWEST, Playhead

SPAN = (-0.5, 3.0)
FRAMES = [0.0, 0.0334, 0.0667, 0.12, 0.1334]


def test_playing_runs_at_its_speed_and_stops_at_the_end() -> None:
    head = Playhead.over(SPAN)
    assert (head.t_s, head.playing) == (-0.5, False)
    assert head.advance(1.0) == head
    head = head.play().with_speed(0.25).advance(2.0)
    assert head.t_s == pytest.approx(0.0)
    head = head.with_speed(2.0).advance(60.0)
    assert (head.t_s, head.playing, head.fraction) == (3.0, False, 1.0)
    assert head.play().t_s == -0.5  # played again from the start
    assert head.seek(1.0).play().t_s == 1.0


def test_a_loop_goes_round_without_losing_time() -> None:
    head = Playhead.over(SPAN).loop(2.0, 1.0).play()
    assert head.t_s == 1.0
    assert head.advance(0.75).t_s == pytest.approx(1.75)
    assert head.advance(1.25).t_s == pytest.approx(1.25)
    assert head.advance(7.5).t_s == pytest.approx(1.5)
    assert head.seek(2.9).play().t_s == 1.0
    assert head.seek(0.0).play().t_s == 1.0
    assert head.unloop().seek(2.5).advance(0.25).t_s == pytest.approx(2.75)
    assert head.loop(1.5, 1.5).loop_s is None


def test_frames_are_stepped_by_their_own_times() -> None:
    head = Playhead.over((0.0, 0.2)).play()
    assert head.step(FRAMES).t_s == 0.0334
    assert not head.step(FRAMES).playing
    assert head.seek(0.1).step(FRAMES).t_s == 0.12
    assert head.seek(0.1).step(FRAMES, -1).t_s == 0.0667  # the frame that is shown at 0.1
    assert head.seek(0.0667).step(FRAMES, -1).t_s == 0.0334
    assert head.seek(0.0667).step(FRAMES, 10).t_s == 0.1334
    assert head.seek(0.0667).step(FRAMES, -10).t_s == 0.0
    assert head.step([]).t_s == 0.0
    late = Playhead(t_s=-0.2, span_s=(-0.5, 1.0))  # before the first picture
    assert late.step(FRAMES).t_s == 0.0
    assert late.step(FRAMES, -1).t_s == 0.0


@given(start=st.integers(0, 199), moves=st.lists(st.sampled_from([-3, -1, 1, 3]), max_size=30))
def test_stepping_is_exact_however_times_were_rounded(start: int, moves: list[int]) -> None:
    times = [round(k / 59.94 * 1e9) / 1e9 for k in range(200)]
    head = Playhead.over((0.0, times[-1])).seek(times[start])
    at = start
    for move in moves:
        at = min(max(at + move, 0), 199)
        head = head.step(times, move)
        assert head.t_s == times[at]


def test_pinned_it_follows_the_end_until_it_is_moved() -> None:
    head = Playhead.over((0.0, 1.0)).pin().with_span((0.0, 1.5))
    assert head.advance(0.1).t_s == 1.5
    paused = head.toggled().with_span((0.0, 2.0)).advance(1.0)
    assert (paused.t_s, paused.pinned) == (1.5, False)
    sought = head.seek(0.5).with_span((0.0, 4.0)).advance(0.25)
    assert (sought.t_s, sought.pinned, sought.playing) == (0.75, False, True)
    assert sought.pin().t_s == 4.0


def test_speeds_are_the_usual_ones_and_held_in_their_limits() -> None:
    head = Playhead.over(SPAN)
    assert head.faster().speed == 2.0
    assert head.faster().faster().speed == FASTEST
    slow = head
    for expected in (0.5, 0.25, 0.125, 0.0625, 0.0625):
        slow = slow.slower()
        assert slow.speed == expected
    assert head.with_speed(0.3).slower().speed == 0.25
    assert head.with_speed(0.3).faster().speed == 0.5
    assert head.with_speed(0.0).speed == SLOWEST
    with pytest.raises(ValueError, match="must not end before"):
        Playhead.over((1.0, 0.0))


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("advance"), st.floats(-1, 10)),
            st.tuples(st.just("seek"), st.floats(-100, 100)),
            st.tuples(st.just("with_speed"), st.floats(-5, 5)),
            st.tuples(st.just("loop"), st.floats(-2, 5), st.floats(-2, 5)),
            st.tuples(st.sampled_from(["play", "pause", "toggled", "pin", "unloop", "faster", "slower"])),
            st.tuples(st.just("with_span"), st.tuples(st.floats(-5, -1), st.floats(0, 9))),
        ),
        max_size=40,
    )
)
def test_no_wish_takes_it_out_of_the_recording(wishes: list[tuple[object, ...]]) -> None:
    head = Playhead.over(SPAN)
    for name, *arguments in wishes:
        before = head
        head = getattr(head, str(name))(*arguments)
        assert head.span_s[0] <= head.t_s <= head.span_s[1]
        assert SLOWEST <= head.speed <= FASTEST
        if head.loop_s is not None:
            assert head.span_s[0] <= head.loop_s[0] < head.loop_s[1] <= head.span_s[1]
        if name == "advance" and before.loop_s is None:
            assert head.t_s >= before.t_s
