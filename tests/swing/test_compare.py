"""Two swings on one timeline, and when a difference is one."""

import json
from dataclasses import replace
from math import erf, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.swing.compare import (
    ALIKE,
    DIFFERS,
    UNKNOWN,
    compare,
    difference,
    document,
    event_sigma_s,
    warp_between,
)
from twinswing.swing.model import EVENT_NAMES, Event, GolferInfo, Measure, SwingSession


def events(*times: float, names: tuple[str, ...] = EVENT_NAMES) -> dict[str, Event]:
    return {name: Event(round(60 * t), t, 0.9) for name, t in zip(names, times, strict=True)}


A = events(1.0, 1.4, 1.6, 1.9, 2.05, 2.2, 2.3, 2.9)
B = events(3.0, 3.5, 3.8, 4.2, 4.3, 4.4, 4.55, 5.0)
ascending = st.lists(st.floats(0.01, 2.0), min_size=8, max_size=8).map(lambda steps: np.cumsum(steps).tolist())


def test_events_meet_and_time_between_them_is_shared_out() -> None:
    warp = warp_between(A, B)
    assert warp.names == EVENT_NAMES
    for name in EVENT_NAMES:
        assert warp.to_b(A[name].t_s) == pytest.approx(B[name].t_s)
    assert warp.to_b(0.5 * (A["top"].t_s + A["mid_downswing"].t_s)) == pytest.approx(4.25)


def test_outside_the_swing_time_runs_at_its_own_pace() -> None:
    warp = warp_between(A, B)
    np.testing.assert_allclose(warp.to_b([0.4, 3.5]), [3.0 - 0.6, 5.0 + 0.6])
    alone = warp_between(events(2.0, names=("impact",)), events(5.0, names=("impact",)))
    np.testing.assert_allclose(alone.to_b([0.0, 2.0, 4.0]), [3.0, 5.0, 7.0])
    np.testing.assert_array_equal(warp_between({}, B).to_b([1.0, 2.0]), [1.0, 2.0])


def test_only_common_events_in_order_are_used() -> None:
    tangled = {**B, "mid_downswing": Event(1, B["top"].t_s, 0.2)}  # at once with the top
    del tangled["finish"]
    warp = warp_between(A, tangled)
    assert warp.names == ("address", "toe_up", "mid_backswing", "top", "impact", "mid_follow_through")
    assert (np.diff(warp.knots_b_s) > 0.0).all()


@given(ascending, ascending, st.lists(st.floats(-5.0, 25.0), min_size=2, max_size=20))
def test_the_warp_keeps_order_and_undoes_itself(a: list[float], b: list[float], t: list[float]) -> None:
    warp = warp_between(events(*a), events(*b))
    ordered = np.sort(t)
    there = warp.to_b(ordered)
    assert (np.diff(there) >= -1e-9).all()
    np.testing.assert_allclose(warp.to_a(there), ordered, atol=1e-6)


def test_a_difference_needs_two_sigmas() -> None:
    a = Measure(3.0, "1", 0.3, "video")
    assert difference("tempo_ratio", a, Measure(4.1, "1", 0.4, "video")).verdict == DIFFERS  # 1.1 of 0.5
    found = difference("tempo_ratio", a, Measure(3.9, "1", 0.4, "video"))
    assert found.verdict == ALIKE
    assert found.difference == pytest.approx(0.9)
    assert found.sigma == pytest.approx(0.5)
    assert difference("tempo_ratio", a, Measure(9.0, "1", nan, "video")).verdict == UNKNOWN
    assert difference("tempo_ratio", a, Measure(9.0, "s", 0.1, "video")).verdict == UNKNOWN


def test_swings_that_are_alike_are_rarely_called_different() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.normal(3.0, 0.2, (4000, 2))
    called = [
        difference("x", Measure(a, "1", 0.2, ""), Measure(b, "1", 0.2, "")).verdict == DIFFERS
        for a, b in drawn.tolist()
    ]
    assert np.mean(called) == pytest.approx(1.0 - erf(sqrt(2.0)), abs=0.01)


def test_an_events_sigma_gives_its_confidence_back() -> None:
    session = SwingSession(events={n: replace(e, confidence=0.8) for n, e in A.items()})
    sigma = event_sigma_s(session, "address")
    frames = A["impact"].frame - A["top"].frame
    tolerance = (max(round(4.4 * frames / 30), 1) + 0.5) * (A["impact"].t_s - A["top"].t_s) / frames
    assert erf(tolerance / sigma / sqrt(2.0)) == pytest.approx(0.8)
    assert np.isnan(event_sigma_s(replace(session, events={}), "address"))
    unsure = {**session.events, "finish": replace(A["finish"], confidence=0.0)}
    assert np.isnan(event_sigma_s(replace(session, events=unsure), "finish"))


def test_phases_and_measures_of_two_swings() -> None:
    measures = {"tempo_ratio": Measure(3.0, "1", 0.1, "video"), "backswing_s": Measure(0.9, "s", 0.03, "video")}
    a = SwingSession(events=A, measures={**measures, "head_speed_mps": Measure(40.0, "m/s", 1.0, "club+video")})
    b = SwingSession(events=B, measures={"tempo_ratio": Measure(6.0, "1", 0.1, "video")})
    found = compare(a, b)
    phases = {d.name: d for d in found.phases}
    assert set(phases) == {"backswing", "downswing", "follow-through"}
    assert phases["backswing"].a.sigma == 0.03
    assert phases["backswing"].difference == pytest.approx(1.2 - 0.9)
    assert phases["downswing"].b.value == pytest.approx(0.2)
    assert [(d.name, d.verdict) for d in found.measures] == [("tempo_ratio", DIFFERS)]
    assert found.only_a == ("backswing_s", "head_speed_mps")
    text = json.dumps(document(a, b, found), allow_nan=False)
    assert json.loads(text)["measures"]["tempo_ratio"]["verdict"] == "differs"


def test_slow_motion_sides_and_views_are_said() -> None:
    slow = SwingSession(
        events=A, measures={"time_scale": Measure(8.0, "1", 1.4, "video")}, golfer=GolferInfo(9, "left", "face-on")
    )
    usual = SwingSession(events=B, golfer=GolferInfo(9, "right", "down-the-line"))
    found = compare(slow, usual)
    assert found.phases == ()
    assert len(found.notes) == 3
    assert "no event in common" in compare(SwingSession(), usual).notes[0]
    json.dumps(document(slow, usual, found), allow_nan=False)
