"""Takeaway, pause and rest from motion of known course."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.swing.anchors import Anchors
from twinswing.swing.stillness import find_onset, find_pause, find_rest

SWEEP = 8.0
ADDRESS, TOP, IMPACT = 40, 74, 82
ANCHORS = Anchors(top=float(TOP), impact=float(IMPACT), start=0, stop=140, sweep=SWEEP)


def _course(floor: float = 0.01, seed: int = 0) -> np.ndarray:
    """Motion of a swing as pictures have it: none, growing by half each frame, a dip at the top, a peak, dying away."""
    rng = np.random.default_rng(seed)
    n = np.arange(140.0)
    change = np.full(140, floor) * rng.uniform(0.5, 1.5, 140)
    grown = 0.1 * 1.6 ** (n - ADDRESS)
    back = np.minimum(grown, 20.0) * np.clip(np.abs(n - (TOP - 0.5)) / 6.0, 0.08, 1.0)
    change = np.where((n > ADDRESS) & (n < IMPACT), np.maximum(change, back), change)
    after = np.clip((n - TOP) / SWEEP, 0.0, 1.0) * 60.0 * np.exp(-np.clip(n - IMPACT, 0, None) / 7.0)
    return np.where(n > TOP, np.maximum(after, change), change)


@pytest.mark.parametrize("seed", range(5))
def test_the_onset_is_the_last_still_frame(seed: int) -> None:
    at, sigma = find_onset(_course(seed=seed), ANCHORS, 20, 58)
    # The motion doubles every frame and a half from a thirtieth of what counts as seen.
    assert ADDRESS <= at <= ADDRESS + 3
    assert 0.5 < sigma < 4.0


def test_a_waggle_before_is_not_the_onset() -> None:
    change = _course()
    change[22:28] += 6.0
    at, _ = find_onset(change, ANCHORS, 10, 58)
    assert ADDRESS <= at <= ADDRESS + 3


def test_a_shaken_picture_gives_a_later_but_corrected_onset_or_none() -> None:
    calm = find_onset(_course(), ANCHORS, 20, 58)[0]
    shaken = find_onset(_course(floor=1.5), ANCHORS, 20, 58)
    assert shaken is not None
    assert abs(shaken[0] - calm) < 4.0
    assert shaken[1] > 1.2
    assert find_onset(_course(floor=30.0), ANCHORS, 20, 58) is None


def test_a_clip_that_moves_from_its_first_frame_has_no_onset() -> None:
    assert find_onset(_course(), ANCHORS, ADDRESS + 8, 58) is None


def test_the_pause_is_where_the_club_turns_back() -> None:
    for hands in (TOP, TOP + 2, TOP - 1):
        assert find_pause(_course(), float(hands), SWEEP) == pytest.approx(TOP, abs=1.0)


def test_motion_without_a_dip_has_no_pause() -> None:
    assert find_pause(np.linspace(5.0, 40.0, 140), float(TOP), SWEEP) is None


def test_rest_is_found_in_the_clip_or_not_at_all() -> None:
    change = _course()
    rest = find_rest(change, ANCHORS)
    # 35 % of the strongest motion from half a downswing after impact on, at a decay of seven frames.
    assert IMPACT + 4 + 5 <= rest <= IMPACT + 4 + 10
    assert find_rest(change[: IMPACT + 7], replace(ANCHORS, stop=IMPACT + 7)) is None
