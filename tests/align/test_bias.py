"""Landmarks that err with the hands' place do not move the time; a fit that knows no such errors is pulled along."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from twinswing.align.bias import BiasParams
from twinswing.align.offset import AlignParams, align_club
from twinswing.align.signals import HAND_LANDMARKS
from twinswing.body.landmarks import LANDMARK

_spec = importlib.util.spec_from_file_location("align_synth", Path(__file__).with_name("synth.py"))
assert _spec is not None
assert _spec.loader is not None
synth = importlib.util.module_from_spec(_spec)
sys.modules["align_synth"] = synth
_spec.loader.exec_module(synth)

# Errors too small to matter: the fit as it would be without them.
NONE = AlignParams(bias=BiasParams(own_m=1e-4, common_m=1e-4), min_odds=-1e9)


def biased(track, camera, rng, size_m=0.02):
    """Shift each hand's landmarks by a wave over the hands' place in the picture, the two hands apart."""
    per_m = camera.focal_px / 4.0
    px = track.image_px.astype(np.float64).copy()
    hands = np.nanmean(px[:, [LANDMARK["left_wrist"], LANDMARK["right_wrist"]]], axis=1) / per_m
    turn = rng.uniform(0, 2 * np.pi, 2)
    wave = np.stack([np.sin(hands @ [4.0, 3.0] + turn[0]), np.sin(hands @ [-3.0, 4.0] + turn[1])], axis=-1)
    for name in HAND_LANDMARKS:
        px[:, LANDMARK[name]] += size_m * per_m * wave * (1.0 if name.startswith("left") else -0.6)
    return replace(track, image_px=px.astype(np.float32))


def test_errors_that_follow_the_place_do_not_move_the_time():
    with_bias, without = [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        swing = synth.make_swing(rng)
        camera = synth.camera_of(rng, rng.uniform(0, np.pi / 2))
        track = biased(synth.track_of(swing, camera, rng, rate_hz=60.0, noise_m=0.008), camera, rng)
        imu = synth.imu_of(swing, rng)
        for errors, params in ((with_bias, AlignParams()), (without, NONE)):
            result = align_club(track, imu, params=params)
            error = float(result.clock_map().to_session(swing.impact_s)) - swing.impact_s
            errors.append(error * 1e3)
            if params is not NONE:
                assert abs(error) < 4.0 * result.sigma_s
                assert result.diagnostics["bias_m"] > 0.008
    assert np.sqrt(np.mean(np.square(with_bias))) < 0.8 * np.sqrt(np.mean(np.square(without)))
    assert np.median(np.abs(with_bias)) < 2.5
