"""The club's clock found from the swing itself, against a simulator that shares no code with the product."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from twinswing.align.offset import align_club
from twinswing.align.result import AlignmentRefusedError

_spec = importlib.util.spec_from_file_location("align_synth", Path(__file__).with_name("synth.py"))
assert _spec is not None
assert _spec.loader is not None
synth = importlib.util.module_from_spec(_spec)
sys.modules["align_synth"] = synth
_spec.loader.exec_module(synth)


def pair(seed, rate_hz=30.0, view=None, readout_s=0.0, **kw):
    rng = np.random.default_rng(seed)
    swing = synth.make_swing(rng)
    camera = synth.camera_of(rng, rng.uniform(0, np.pi / 2) if view is None else view, readout_s=readout_s)
    track = synth.track_of(swing, camera, rng, rate_hz=rate_hz, **kw)
    offset, drift = rng.uniform(-5, 5), rng.uniform(-50, 50)
    imu = synth.shift_clock(synth.imu_of(swing, rng), offset, drift)
    return swing, camera, track, imu, (swing.impact_s - offset) / (1 + drift * 1e-6)


@pytest.mark.parametrize(("rate_hz", "median_ms", "worst_ms"), [(30.0, 4.0, 10.0), (60.0, 2.0, 5.0), (240.0, 1.0, 3.0)])
def test_offset_is_found_within_its_own_sigma(rate_hz, median_ms, worst_ms):
    errors = []
    for seed in range(8):
        swing, _camera, track, imu, impact_club = pair(seed, rate_hz)
        result = align_club(track, imu)
        error = float(result.clock_map().to_session(impact_club)) - swing.impact_s
        assert abs(error) < 4.5 * result.sigma_s
        errors.append(abs(error) * 1e3)
    assert np.median(errors) <= median_ms
    assert max(errors) <= worst_ms


def test_an_unknown_clock_origin_is_no_obstacle():
    swing, _camera, track, imu, impact_club = pair(3)
    from dataclasses import replace

    late = replace(imu, t_s=imu.t_s + 86_400.0)
    result = align_club(track, late)
    error = float(result.clock_map().to_session(impact_club + 86_400.0)) - swing.impact_s
    assert abs(error) < 0.006


def test_rolling_shutter_is_timed_by_row():
    swing, camera, track, imu, impact_club = pair(5, 60.0, readout_s=0.025)
    with_rows = align_club(track, imu, camera)
    error = float(with_rows.clock_map().to_session(impact_club)) - swing.impact_s
    from dataclasses import replace

    without = align_club(track, imu, replace(camera, readout_s=0.0))
    naive = float(without.clock_map().to_session(impact_club)) - swing.impact_s
    assert abs(error) < 0.004
    assert abs(naive) > 0.008  # the hands lie half-way down the picture: about 12 ms


def test_still_or_noisy_streams_are_refused():
    _swing, _camera, track, imu, _ = pair(7)
    from dataclasses import replace

    rng = np.random.default_rng(0)
    still = replace(imu, gyro_radps=rng.normal(0, 0.01, imu.gyro_radps.shape),
                    accel_mps2=np.array([0, 0, 9.8]) + rng.normal(0, 0.05, imu.gyro_radps.shape))  # fmt: skip
    with pytest.raises(AlignmentRefusedError, match="no turn faster"):
        align_club(track, still)
    noise = replace(imu, gyro_radps=rng.normal(0, 8, imu.gyro_radps.shape),
                    accel_mps2=rng.normal(0, 30, imu.gyro_radps.shape))  # fmt: skip
    with pytest.raises(AlignmentRefusedError):
        align_club(track, noise)
    with pytest.raises(AlignmentRefusedError, match="finite"):
        align_club(track, replace(imu, gyro_radps=np.full_like(imu.gyro_radps, np.nan)))


def test_a_swing_of_another_tempo_is_refused():
    rng = np.random.default_rng(11)
    filmed = synth.make_swing(rng, backswing_s=0.75, downswing_s=0.22)
    other = synth.make_swing(rng, backswing_s=1.0, downswing_s=0.34)
    track = synth.track_of(filmed, synth.camera_of(rng, 0.3), rng)
    with pytest.raises(AlignmentRefusedError):
        align_club(track, synth.imu_of(other, rng))


def test_a_stream_that_starts_within_the_swing_is_refused():
    from dataclasses import replace

    _swing, _camera, track, imu, impact = pair(3)
    keep = np.abs(imu.t_s - impact) < 0.5
    cut = replace(imu, t_s=imu.t_s[keep], accel_mps2=imu.accel_mps2[keep], gyro_radps=imu.gyro_radps[keep],
                  clipped=imu.clipped[keep])  # fmt: skip
    with pytest.raises(AlignmentRefusedError):
        align_club(track, cut)


def test_whole_frame_correlation_finds_the_swing_within_frames():
    from twinswing.align.baseline import whole_frame_offset

    errors = []
    for seed in range(4):
        swing, _camera, track, imu, impact_club = pair(seed, 60.0)
        errors.append(abs(whole_frame_offset(track, imu) + impact_club - swing.impact_s))
    assert np.median(errors) < 0.02
