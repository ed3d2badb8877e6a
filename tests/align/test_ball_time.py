"""The ball's departure bounds the blow that the club felt, and speaks up where the two do not agree."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.align.ball_time import with_ball
from twinswing.align.result import AlignmentRefusedError, AlignmentResult
from twinswing.body.ball import BallDeparture
from twinswing.body.camera import PinholeCamera
from twinswing.club.model import ImuSamples

T = np.arange(0, 2, 1 / 800)
IMU = ImuSamples(T, np.zeros((len(T), 3)), np.zeros((len(T), 3)), np.zeros(len(T), bool))


def aligned(error_s=0.0, sigma_s=0.0025):
    """An alignment whose blow, in truth at 1 s, is put off by an error."""
    return AlignmentResult(5.0 + error_s, 0.0, sigma_s, 0.8, "hands", impact_s=1.0 + error_s)


def ball(first_s, last_s, confidence=0.95):
    return BallDeparture(first_s, last_s, (100.0, 400.0), 9.0, confidence)


@pytest.mark.parametrize(("rate_hz", "gain"), [(30.0, 1.0), (60.0, 1.0), (240.0, 0.7)])
def test_pictures_closer_together_bind_more(rate_hz, gain):
    rng = np.random.default_rng(0)
    before, after, within = [], [], []
    for _ in range(400):
        error = rng.normal(0, 0.0025)
        first = 1.0 - rng.uniform(0, 1 / rate_hz)
        result = with_ball(aligned(error), ball(first, first + 1 / rate_hz), IMU, 480)
        assert result.offset_s - 5.0 == pytest.approx(result.impact_s - 1.0)
        before.append(error)
        after.append(result.impact_s - 1.0)
        within.append(abs(after[-1]) < result.sigma_s)
    assert np.std(after) < gain * np.std(before)
    assert np.mean(within) == pytest.approx(0.68, abs=0.1)


def test_a_row_is_shown_later_than_the_first():
    camera = PinholeCamera.look_at(position_m=(0, -4, 1.2), target_m=(0, 0.5, 1), width_px=360, height_px=480,
                                   vertical_fov_rad=0.8, readout_s=0.012)  # fmt: skip
    plain = with_ball(aligned(), ball(0.988, 0.992), IMU, 480)
    rolled = with_ball(aligned(), ball(0.988, 0.992), IMU, 480, camera)
    assert rolled.diagnostics["ball_first_s"] - plain.diagnostics["ball_first_s"] == pytest.approx(0.010)
    assert abs(rolled.impact_s - 1.0) < 0.001
    assert plain.impact_s < 0.996


def test_disagreement_is_told_and_too_much_of_it_refused():
    odd = with_ball(aligned(), ball(1.010, 1.015), IMU, 480)
    assert odd.confidence < 0.5
    assert odd.sigma_s >= 0.005
    assert any("10 ms" in note for note in odd.notes)
    with pytest.raises(AlignmentRefusedError, match="ball leaves"):
        with_ball(aligned(), ball(1.2, 1.22), IMU, 480)
    # A club that felt no blow has nothing to compare.
    free = replace(aligned(), impact_s=float("nan"))
    assert with_ball(free, ball(1.2, 1.22), IMU, 480) is free
