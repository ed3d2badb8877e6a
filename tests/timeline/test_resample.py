"""Resampled signals lie where the motion was, and gaps stay gaps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from twinswing.timeline.resample import continuous, cubic, linear, slerp


def uneven(seed: int, n: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).uniform(0.001, 0.05, n)) - 0.3


def wxyz(rotation: Rotation) -> np.ndarray:
    return np.roll(rotation.as_quat(), 1, axis=-1)


@pytest.mark.parametrize("method", [linear, cubic])
@pytest.mark.parametrize("shape", [(), (3,), (4, 2)])
def test_straight_lines_come_back_exactly_and_samples_to_the_bit(method, shape) -> None:
    t = uneven(1, 40)
    slope = np.random.default_rng(2).normal(size=shape)
    at = np.random.default_rng(3).uniform(t[0], t[-1], 200)
    truth = at.reshape(-1, *[1] * len(shape)) * slope
    values = t.reshape(-1, *[1] * len(shape)) * slope
    np.testing.assert_allclose(method(t, values, at), truth, atol=1e-12)
    np.testing.assert_array_equal(method(t, values, t), values)


def test_cubic_is_exact_for_parabolas_and_close_to_smooth_motion() -> None:
    t = uneven(1, 40)
    at = np.random.default_rng(3).uniform(t[1], t[-2], 500)
    np.testing.assert_allclose(cubic(t, 3 * t**2 - t, at), 3 * at**2 - at, atol=1e-12)
    t = np.arange(100) / 100
    at = np.linspace(t[1], t[-2], 777)
    error = np.abs(cubic(t, np.sin(20 * t), at) - np.sin(20 * at)).max()
    assert error < np.abs(linear(t, np.sin(20 * t), at) - np.sin(20 * at)).max() / 8


@pytest.mark.parametrize("method", [linear, cubic])
def test_gaps_ends_and_missing_values_stay_unknown(method) -> None:
    t = np.array([0.0, 1.0, 2.0, 5.0, 6.0])
    x = np.array([0.0, 10.0, 20.0, np.nan, 60.0])
    at = np.array([-0.1, 0.5, 2.0, 3.0, 5.0, 5.5, 6.0, 6.1])
    known = ~np.isnan(method(t, x, at, max_gap_s=1.5))
    assert known.tolist() == [False, True, True, False, False, False, True, False]
    whole = np.array([0.0, 10.0, 20.0, 50.0, 60.0])
    assert np.isnan(method(t, whole, [3.0], max_gap_s=1.5)).all()
    np.testing.assert_allclose(method(t, whole, [1.5, 3.0, 5.5]), [15.0, 30.0, 55.0])


@pytest.mark.parametrize("method", [linear, cubic])
def test_one_missing_column_spoils_no_other(method) -> None:
    t = np.arange(6.0)
    x = np.stack([t, t], axis=1)
    x[3, 0] = np.nan
    found = method(t, x, [2.5])
    assert np.isnan(found[0, 0])
    assert found[0, 1] == pytest.approx(2.5)


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 20))
def test_slerp_agrees_with_scipy_whatever_the_signs(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.uniform(0.001, 0.1, n))
    rotations = Rotation.random(n, random_state=rng)
    q = wxyz(rotations) * rng.choice([-1.0, 1.0], (n, 1))
    at = rng.uniform(t[0], t[-1], 50)
    found = slerp(t, q, at)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-12)
    truth = wxyz(Slerp(t, rotations)(at))
    agreement = np.abs(np.sum(found * truth, axis=1))
    # Half a turn has two short ways; next to it rounding decides which.
    angles = (rotations[1:] * rotations[:-1].inv()).magnitude()
    clear = angles[np.clip(np.searchsorted(t, at, side="right") - 1, 0, n - 2)] < np.pi - 1e-6
    np.testing.assert_allclose(agreement[clear], 1.0, atol=1e-9)


@pytest.mark.parametrize("rate", [1e-9, 1e-6, 1e-4, 2e-4, 1e-2, 1.0, 3.0])
def test_slerp_turns_at_a_constant_rate_even_when_nearly_still(rate: float) -> None:
    t = np.array([0.0, 1.0, 2.0])
    q = wxyz(Rotation.from_rotvec(np.outer(t * rate, [0.0, 0.6, 0.8])))
    at = np.linspace(0, 2, 101)
    found = Rotation.from_quat(np.roll(slerp(t, q, at), -1, axis=1)).as_rotvec()
    expected = Rotation.from_rotvec(np.outer(at * rate, [0.0, 0.6, 0.8])).as_rotvec()
    np.testing.assert_allclose(found, expected, atol=1e-12 + 1e-9 * rate)


def test_slerp_keeps_gaps_and_meets_samples() -> None:
    t = np.array([0.0, 1.0, 5.0])
    q = wxyz(Rotation.random(3, random_state=np.random.default_rng(1)))
    found = slerp(t, q, [-1.0, 0.0, 0.5, 2.0, 5.0], max_gap_s=2.0)
    assert np.isnan(found).any(axis=1).tolist() == [True, False, False, True, False]
    np.testing.assert_allclose(np.abs(np.sum(found[[1, 4]] * q[[0, 2]], axis=1)), 1.0)
    q[1] = np.nan
    assert np.isnan(slerp(t, q, [0.5, 1.0])).all()
    assert not np.isnan(slerp(t, q, [0.0])).any()


def test_signs_are_made_continuous_over_what_is_missing() -> None:
    t = np.linspace(0, 20, 400)
    q = wxyz(Rotation.from_rotvec(np.outer(t, [0, 0, 1.0])))
    mixed = q * np.random.default_rng(0).choice([-1.0, 1.0], (400, 1))
    mixed[100:103] = np.nan
    fixed = continuous(mixed)
    known = ~np.isnan(fixed).any(axis=1)
    assert known.sum() == 397
    assert (np.sum(fixed[known][1:] * fixed[known][:-1], axis=1) > 0.9).all()
    np.testing.assert_allclose(np.abs(np.sum(fixed[known] * q[known], axis=1)), 1.0)


def test_few_samples_and_bad_ones() -> None:
    assert np.isnan(linear([], np.zeros((0, 3)), [0.0])).all()
    np.testing.assert_array_equal(linear([1.0], [[2.0, 3.0]], [0.0, 1.0]), [[np.nan] * 2, [2.0, 3.0]])
    assert linear([0.0, 1.0], [0.0, 1.0], []).shape == (0,)
    with pytest.raises(ValueError, match="increase strictly"):
        cubic([0.0, 0.0], [1.0, 2.0], [0.0])
    with pytest.raises(ValueError, match="do not belong together"):
        linear([0.0, 1.0], [1.0], [0.0])
    with pytest.raises(ValueError, match="shape"):
        slerp([0.0, 1.0], np.zeros((2, 3)), [0.0])
