"""The shaft's lines tell the time where the hands err, a foreign club where the hands agree, and nothing where junk."""

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twinswing.align.fit import FitParams, make_problem
from twinswing.align.offset import align_club
from twinswing.align.result import AlignmentRefusedError
from twinswing.align.shaft import ShaftFitParams, ShaftModel, first_axis, shaft_rows
from twinswing.align.signals import SignalParams, hand_track, sensor_path
from twinswing.body.landmarks import LANDMARK
from twinswing.body.shaft import ShaftTrack

_spec = importlib.util.spec_from_file_location("align_synth", Path(__file__).with_name("synth.py"))
assert _spec is not None
assert _spec.loader is not None
synth = importlib.util.module_from_spec(_spec)
sys.modules["align_synth"] = synth
_spec.loader.exec_module(synth)

PARTS_M = (0.28, 0.42, 0.56, 0.7)  # from the sensor


def lines_of(swing, camera, track, rng, *, error_px=0.7, junk=0.25, clear_m=0.5):
    """Lines as they are seen: the shaft's own in most pictures, and one of something else in as many as `junk` says."""
    keep = (track.t_s > swing.impact_s - 1.3) & (track.t_s < swing.impact_s + 0.3)
    t = track.t_s[keep]
    points = np.full((len(t), 2, 4, 2), np.nan)
    for k, reach in enumerate(PARTS_M):
        axis = swing.sensor_m + reach * swing.rotation.apply([0.0, 0.0, 1.0])
        px = camera.project(axis)
        at = t.copy()
        for _ in range(3):
            at = t + np.interp(at, swing.t_s, px[:, 1]) / camera.height_px * camera.readout_s
        points[:, 0, k] = np.stack([np.interp(at, swing.t_s, px[:, i]) for i in range(2)], axis=-1)
    way = points[:, 0, -1] - points[:, 0, 0]
    side = np.stack([-way[:, 1], way[:, 0]], axis=-1) / np.linalg.norm(way, axis=1, keepdims=True)
    points[:, 0] += rng.normal(0.0, error_px, (len(t), 4, 1)) * side[:, None]
    per_m = camera.focal_px / 4.0
    hand = points[:, 0, 0]
    turn = rng.uniform(0.0, 2.0 * np.pi, len(t))
    other = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    other = hand[:, None] + per_m * np.linspace(0.1, 0.4, 4)[:, None] * other[:, None]
    alone = rng.random(len(t)) < junk
    points[alone, 0] = other[alone]
    points[~alone, 1] = other[~alone]
    seen = np.where(alone[:, None], [0.28, 0.0], [clear_m, 0.15])
    return ShaftTrack(t, points, np.full(points.shape[:3], 1.2), seen, per_m)


def case(seed, *, rate_hz=60.0, readout_s=0.0, view=None):
    rng = np.random.default_rng(seed)
    swing = synth.make_swing(rng)
    camera = synth.camera_of(rng, rng.uniform(0.0, np.pi / 2) if view is None else view, readout_s=readout_s)
    track = synth.track_of(swing, camera, rng, rate_hz=rate_hz)
    return swing, camera, track, synth.imu_of(swing, rng), lines_of(swing, camera, track, rng)


def late_hands(track, swing, late_s=0.006):
    """Hands that lag behind during the downswing, as a model that smooths would give them."""
    px = track.image_px.astype(np.float64).copy()
    near = np.abs(track.t_s - swing.impact_s) < 0.3
    for name, index in LANDMARK.items():
        if name.split("_")[-1] in {"wrist", "index", "pinky", "thumb"}:
            for i in range(2):
                px[near, index, i] = np.interp(track.t_s[near] - late_s, track.t_s, px[:, index, i])
    return replace(track, image_px=px.astype(np.float32))


@pytest.mark.parametrize("rate_hz", [30.0, 60.0])
def test_the_shaft_tells_the_time_where_the_hands_lag(rate_hz):
    errors, by_hands = [], []
    for seed in range(2):
        swing, _camera, track, imu, lines = case(seed, rate_hz=rate_hz)
        late = late_hands(track, swing)
        result = align_club(late, imu, shaft=lines)
        error = float(result.clock_map().to_session(swing.impact_s)) - swing.impact_s
        assert abs(error) < 4.0 * result.sigma_s
        assert "shaft" in result.method
        errors.append(abs(error))
        hands = align_club(late, imu)
        by_hands.append(abs(float(hands.clock_map().to_session(swing.impact_s)) - swing.impact_s))
    assert np.median(errors) < 0.001
    assert max(errors) < 0.0025
    assert np.median(errors) < 0.5 * np.median(by_hands)


def test_a_rolling_shutter_bends_the_shaft():
    swing, camera, track, imu, lines = case(5, readout_s=0.02)
    result = align_club(track, imu, camera, shaft=lines)
    assert abs(float(result.clock_map().to_session(swing.impact_s)) - swing.impact_s) < 0.0015
    blind = align_club(track, imu, replace(camera, readout_s=0.0), shaft=lines)
    assert abs(float(blind.clock_map().to_session(swing.impact_s)) - swing.impact_s) > 0.003


def test_another_golfers_club_is_refused_where_its_shaft_would_be_elsewhere():
    accepted = 0
    pairs = 0
    cases = [case(seed, view=0.2) for seed in (0, 1, 2)]
    for i, (_, _, track, _, lines) in enumerate(cases):
        for j, (_, _, _, imu, _) in enumerate(cases):
            if i == j:
                align_club(track, imu, shaft=lines)
                continue
            pairs += 1
            try:
                align_club(track, imu, shaft=lines)
                accepted += 1
            except AlignmentRefusedError:
                pass
    assert accepted <= pairs // 6


def test_short_lines_of_other_things_refuse_nothing():
    swing, _camera, track, imu, lines = case(2)
    rng = np.random.default_rng(9)
    hand = lines.points_px[:, :1, :1]
    turn = rng.uniform(0.0, 2.0 * np.pi, (len(lines.t_s), 2, 1))
    way = np.stack([np.cos(turn), np.sin(turn)], axis=-1) * np.linspace(0.1, 0.35, 4)[:, None] * lines.px_per_m
    junk = replace(lines, points_px=hand + way, seen_m=np.full(lines.seen_m.shape, 0.2))
    result = align_club(track, imu, shaft=junk)
    assert "shaft" not in result.method
    alone = align_club(track, imu)
    assert result.offset_s == alone.offset_s
    empty = replace(lines, points_px=np.full(lines.points_px.shape, np.nan), seen_m=np.zeros(lines.seen_m.shape))
    assert align_club(track, imu, shaft=empty).offset_s == alone.offset_s
    assert abs(float(result.clock_map().to_session(swing.impact_s)) - swing.impact_s) < 0.008


def test_the_misses_gradient_is_their_derivative():
    swing, camera, track, imu, lines = case(1)
    hands = hand_track(track, camera, SignalParams())
    pb = make_problem(hands, sensor_path(imu, swing.impact_s - 0.03, SignalParams()), 0.0, 0.0, FitParams())
    params = ShaftFitParams()
    rows = shaft_rows(lines, hands, pb, 0.0, 0.0, track.height_px, track.width_px, camera, params)
    assert rows is not None
    rng = np.random.default_rng(0)
    from twinswing.align.fit import LEVERS, priors

    theta = priors(pb, FitParams(), 8, 10.0).start
    theta[:LEVERS] += rng.normal(0.0, 0.05, LEVERS)
    model = ShaftModel(rows, first_axis(rows, pb, theta, params), params)
    extra = rng.normal(0.0, 0.02, 5)
    here = model.misses(theta, extra, pb, True)
    assert here.gradient is not None
    tried = 0
    for slot in range(LEVERS + 5):
        ahead, behind = (np.concatenate([theta, extra]) for _ in range(2))
        at = slot if slot < LEVERS else len(theta) + slot - LEVERS
        ahead[at] += 1e-6
        behind[at] -= 1e-6
        one, two = (model.misses(v[: len(theta)], v[len(theta) :], pb, False) for v in (ahead, behind))
        if len(one.miss_m) != len(here.miss_m) or len(two.miss_m) != len(here.miss_m):
            continue
        tried += 1
        numeric = (two.miss_m - one.miss_m) / 2e-6  # the gradient is of the axis, the miss is of the line against it
        near = np.abs(numeric - here.gradient[:, slot]) < 0.02 * (1.0 + np.abs(numeric))
        assert near.mean() > 0.97, slot
    assert tried > LEVERS  # another line is chosen for a few of them
