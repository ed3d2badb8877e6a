"""Times on one clock are found on another, and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.timeline.clock import ClockMap, to_ns, to_s

MAPS = st.builds(
    ClockMap,
    offset_s=st.floats(-1e4, 1e4),
    drift_ppm=st.floats(-500, 500),
    sigma_s=st.floats(0, 0.1),
    source=st.just("x"),
)
TIMES = st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=5).map(np.array)


@given(MAPS, TIMES)
def test_there_and_back_is_the_same_time(clock: ClockMap, t: np.ndarray) -> None:
    np.testing.assert_allclose(clock.to_source(clock.to_session(t)), t, atol=1e-9)
    np.testing.assert_allclose(clock.inverse().to_session(clock.to_session(t)), t, atol=1e-9)


@given(MAPS, MAPS, TIMES)
def test_a_chain_of_two_maps_is_one_map(inner: ClockMap, outer: ClockMap, t: np.ndarray) -> None:
    np.testing.assert_allclose(inner.then(outer).to_session(t), outer.to_session(inner.to_session(t)), atol=1e-9)


def test_uncertainty_adds_as_independent_errors_do() -> None:
    chain = ClockMap(1.0, 10.0, 0.003, "pings").then(ClockMap(0.0, 0.0, 0.004, "swing"))
    assert chain.sigma_s == pytest.approx(0.005, rel=1e-4)
    assert chain.source == "pings, then swing"
    rng = np.random.default_rng(0)
    errors = rng.normal(0, 0.003, 20_000) + rng.normal(0, 0.004, 20_000)
    assert errors.std() == pytest.approx(chain.sigma_s, rel=0.03)


def test_a_fast_clock_gains_what_its_drift_says() -> None:
    # A source whose second is 50 ppm short counts 3600.18 of its seconds in an hour.
    assert ClockMap(drift_ppm=-50.0).to_source(3600.0) == pytest.approx(3600.18, abs=1e-4)


@given(st.integers(-(10**15), 10**15))
def test_nanoseconds_survive_seconds_for_a_session_of_days(t_ns: int) -> None:
    assert abs(to_ns(to_s(t_ns)) - t_ns) <= 64  # a double has 53 bits
    assert abs(t_ns) > 10**14 or abs(to_ns(to_s(t_ns)) - t_ns) <= 8
