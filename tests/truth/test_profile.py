"""Breaks when a coordinate jumps, overshoots, or misses the value or the speed that it was asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.truth.profile import Coasting, Profile, Step, Surge, bump, downswing, peaked, top_speed


@given(st.floats(0.05, 0.95), st.floats(0.1, 2.0), st.floats(-5.0, 5.0))
def test_a_transition_peaks_where_it_is_asked_to(part: float, length: float, delta: float) -> None:
    step = peaked(1.0, 1.0 + part * length, 1.0 + length, delta)
    t = np.linspace(0.9, 1.1 + length, 20001)
    rate = np.gradient(step(t), t)
    assert step(np.array([0.9]))[0] == 0.0
    assert step(np.array([1.1 + length]))[0] == pytest.approx(delta)
    assert np.all(rate * np.sign(delta) >= -1e-6)
    if abs(delta) > 1e-3:
        assert t[np.argmax(np.abs(rate))] == pytest.approx(1.0 + part * length, abs=3e-3 * length)
        assert np.max(np.abs(rate)) == pytest.approx(top_speed(step), rel=1e-3)


def test_acceleration_has_no_jump_anywhere() -> None:
    q = Profile(0.3, (Step(0.2, 0.9, -1.2), *bump(0.5, 1.1, 0.4), *_arm()))
    for dt in (1e-3, 5e-4):
        t = np.arange(0.0, 3.0, dt)
        accel = np.diff(q(t), 2) / dt**2
        jump = np.abs(np.diff(accel)).max()
        # A continuous acceleration's steps shrink with the spacing; a jump's would not.
        if dt == 1e-3:
            coarse = jump
    assert jump < 0.6 * coarse


def _arm() -> tuple[Surge | Step, ...]:
    return downswing(
        at_top=-2.3,
        at_impact=0.05,
        at_finish=2.8,
        start_s=1.45,
        peak_s=1.68,
        impact_s=1.75,
        finish_s=2.5,
        peak_rate=18.0,
        coasting=Coasting(brake_s=0.1, fade=3.0),
    )


def test_a_downswing_meets_impact_and_peak_rate() -> None:
    steps = _arm()
    q = Profile(-2.3, steps)
    t = np.arange(1.4, 2.6, 1e-4)
    assert q(1.75) == pytest.approx(0.05, abs=1e-9)
    assert q(3.0) == pytest.approx(2.8)
    assert np.gradient(q(t), t).max() == pytest.approx(18.0, rel=0.05)


@given(
    st.floats(0.1, 1.6), st.floats(1.0, 6.0), st.floats(1.0, 40.0), st.floats(0.01, 0.15), st.floats(2.0, 6.0),
    st.floats(0.03, 0.2),
)  # fmt: skip
def test_a_downswing_is_at_the_ball_whatever_is_asked(
    turn: float, on: float, rate: float, late: float, fade: float, brake: float
) -> None:
    steps = downswing(
        at_top=-turn, at_impact=0.0, at_finish=on, start_s=1.0, peak_s=1.3 - late, impact_s=1.3, finish_s=2.0,
        peak_rate=rate, coasting=Coasting(brake, fade),
    )  # fmt: skip
    q = Profile(-turn, steps)
    assert q(0.9) == -turn
    assert q(1.3) == pytest.approx(0.0, abs=1e-9)
    t = np.linspace(0.9, 2.1, 4001)
    assert np.all(np.diff(q(t)) >= -1e-9)  # forward all the way
    assert float(q(2.1)) >= on - 1e-9


def test_speed_only_falls_after_the_peak() -> None:
    t = np.arange(1.68, 2.6, 1e-3)
    speed = np.gradient(Profile(-2.3, _arm())(t), t)
    assert np.all(np.diff(speed[1:-1]) < 1e-9)
