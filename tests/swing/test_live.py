"""Swings found while they happen: breaks when `capture` misses a swing, invents one, or cuts off its finish."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.body.landmarks import FrameState, PoseTrack
from twinswing.swing.live import LiveSwing, SwingFinder
from twinswing.swing.live_club import ClubImpactFinder
from twinswing.truth.imu import simulate


def sibling(name: str) -> ModuleType:
    """Load a helper that lies beside this test."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"swing_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.get(spec.name) or importlib.util.module_from_spec(spec)
    if spec.name not in sys.modules:
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return module


synth = sibling("synth")
real = sibling("real")


def rows_of(pose: PoseTrack) -> np.ndarray:
    return np.concatenate([pose.image_px, pose.world_m, pose.visibility[..., None]], axis=-1)


def run(pose: PoseTrack, finder: SwingFinder | None = None, shift_s: float = 0.0) -> list[LiveSwing]:
    finder = finder or SwingFinder()
    for t, row, state in zip(pose.t_s, rows_of(pose), pose.state, strict=True):
        finder.feed_hands(float(t) + shift_s, row if state == FrameState.DETECTED else None)
    finder.finish()
    return finder.take()


def without_swing(pose: PoseTrack, path_xy: np.ndarray) -> PoseTrack:
    """Let the golfer of a track's first frame stand there with both hands on a path, trunk lengths from the hips."""
    n = len(path_xy)
    still = np.repeat(pose.image_px[:1].astype(np.float64), n, axis=0)
    hips, shoulders = still[:, [23, 24]].mean(1), still[:, [11, 12]].mean(1)
    trunk = float(np.linalg.norm(shoulders[0] - hips[0]))
    hands = hips + path_xy * np.array([1.0, -1.0]) * trunk
    for joint in range(15, 23):
        still[:, joint] = hands + (0.06 * trunk if joint % 2 else -0.06 * trunk)
    rng = np.random.default_rng(0)
    still += rng.normal(0.0, 0.03 * trunk, still.shape)
    return PoseTrack(
        t_s=np.arange(n) / 30.0,
        image_px=still.astype(np.float32),
        world_m=np.repeat(pose.world_m[:1], n, axis=0),
        visibility=np.repeat(pose.visibility[:1], n, axis=0),
        state=np.full(n, FrameState.DETECTED, dtype=np.uint8),
        width_px=pose.width_px,
        height_px=pose.height_px,
        swapped=np.zeros(n, dtype=np.bool_),
    )


@pytest.mark.parametrize("view", ["face-on", "down-the-line", "oblique"])
@pytest.mark.parametrize("rate_hz", [15.0, 30.0, 60.0])
def test_finds_exact_swings_once_and_whole(view: str, rate_hz: float) -> None:
    for seed in range(3):
        swing = synth.swing(seed)
        pose, _ = synth.filmed(swing, view=view, rate_hz=rate_hz, seed=seed)
        (found,) = run(pose, shift_s=100.0)
        true = swing.events_s
        assert found.impact_s - 100.0 == pytest.approx(true["impact"], abs=1.5 / rate_hz + 0.02)
        assert found.start_s - 100.0 <= true["address"]
        assert found.end_s - 100.0 >= min(true["finish"], float(pose.t_s[-1]))
        assert found.found_by == "hands"


def test_end_comes_soon_after_the_finish() -> None:
    # The swing has to be in 3D within three seconds of its end, and knowing the end is part of that.
    for seed in range(3):
        swing = synth.swing(seed)
        pose, _ = synth.filmed(swing, rate_hz=30.0, seed=seed)
        (found,) = run(pose)
        assert found.end_s <= swing.events_s["impact"] + 1.9


def test_two_swings_in_one_capture_are_two() -> None:
    finder = SwingFinder()
    a, _ = synth.filmed(synth.swing(0), seed=0)
    b, _ = synth.filmed(synth.swing(1), seed=1)
    # In between the golfer lowers the club and takes the address again, in 1.3 s.
    blend = np.linspace(0.0, 1.0, 40)[:, None, None]
    between = rows_of(a)[-1] * (1.0 - blend) + rows_of(b)[0] * blend
    rows = np.concatenate([rows_of(a), between, rows_of(b)])
    for i, row in enumerate(rows):
        finder.feed_hands(i / 30.0, row)
    finder.finish()
    found = finder.take()
    assert [s.number for s in found] == [1, 2]
    assert found[1].start_s >= found[0].end_s


def test_a_swing_is_found_when_every_second_picture_was_skipped_and_some_show_nobody() -> None:
    swing = synth.swing(2)
    pose, _ = synth.filmed(swing, rate_hz=30.0, seed=2)
    finder = SwingFinder()
    rng = np.random.default_rng(1)
    for t, row in zip(pose.t_s[::2], rows_of(pose)[::2], strict=True):
        finder.feed_hands(float(t), None if rng.random() < 0.1 else row)
    finder.finish()
    (found,) = finder.take()
    assert found.impact_s == pytest.approx(swing.events_s["impact"], abs=0.1)


@settings(max_examples=25, deadline=None)
@given(
    reach=st.floats(0.05, 0.45),
    rate_hz=st.floats(0.5, 3.0),
    low=st.floats(-0.2, 0.2),
    sideways=st.floats(0.0, 0.8),
)
def test_waggles_are_no_swings(reach: float, rate_hz: float, low: float, sideways: float) -> None:
    pose, _ = synth.filmed(synth.swing(0), end_s=1.0)
    t = np.arange(240) / 30.0
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * rate_hz * t)
    path = np.stack([sideways * wave, low + reach * wave], axis=1)
    assert run(without_swing(pose, path)) == []


@settings(max_examples=15, deadline=None)
@given(height=st.floats(0.6, 1.8), down_s=st.floats(0.7, 2.0), up_s=st.floats(0.5, 2.0))
def test_arms_raised_and_lowered_are_no_swing(height: float, down_s: float, up_s: float) -> None:
    pose, _ = synth.filmed(synth.swing(0), end_s=1.0)
    knots = np.cumsum([0.0, 1.0, up_s, 0.5, down_s, up_s, 1.0])
    t = np.arange(0.0, knots[-1], 1 / 30.0)
    up = np.interp(t, knots, [0.0, 0.0, height, height, 0.0, height, height])
    assert run(without_swing(pose, np.stack([0 * t, up], axis=1))) == []


def test_truth_waggles_before_a_swing_are_not_swings() -> None:
    swing = synth.swing(4, waggles=2)
    pose, _ = synth.filmed(swing, rate_hz=30.0)
    assert len(run(pose)) == 1


def test_nothing_and_nobody() -> None:
    finder = SwingFinder()
    finder.finish()
    assert finder.take() == []
    for i in range(200):
        finder.feed_hands(i / 30.0, None)
    finder.finish()
    assert finder.take() == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["down_the_line_160px.mp4", "face_on_phone.mp4"])
def test_real_swings_are_found_where_a_person_sees_them(name: str) -> None:
    # The second golfer waggles before the swing and walks off after it.
    pose, _ = real.real_clip(name)
    (found,) = run(pose)
    frames = real.LABELS[name]
    assert abs(found.impact_s - float(np.interp(frames[5], np.arange(pose.frames), pose.t_s))) < 0.07
    assert found.start_s <= pose.t_s[int(frames[0])]
    assert found.end_s >= pose.t_s[int(frames[7])] - 0.1


# ------------------------------------------------------------------------------------------------------------ the club
def club(seed: int = 0):
    swing = synth.swing(seed)
    return swing, simulate(swing, rng=np.random.default_rng(seed))


def test_the_clubs_shock_is_the_strike() -> None:
    for seed in range(4):
        swing, imu = club(seed)
        (impact,) = ClubImpactFinder().feed(imu.t_s, imu.accel_mps2, imu.gyro_radps)
        assert impact.t_s == pytest.approx(swing.events_s["impact"], abs=0.003)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 64), min_size=1, max_size=8), repeat=st.booleans())
def test_batches_of_any_size_find_the_same_strike(cuts: list[int], repeat: bool) -> None:
    _, imu = club(1)
    whole = ClubImpactFinder().feed(imu.t_s, imu.accel_mps2, imu.gyro_radps)
    finder, found, at = ClubImpactFinder(), [], 0
    while at < len(imu.t_s):
        part = slice(at, at + cuts[at % len(cuts)])
        found += finder.feed(imu.t_s[part], imu.accel_mps2[part], imu.gyro_radps[part])
        if repeat:  # a batch that is sent again must not be felt again
            found += finder.feed(imu.t_s[part], imu.accel_mps2[part], imu.gyro_radps[part])
        at = part.stop
    assert found == whole


def test_a_knock_or_a_twirl_or_a_waggle_is_no_strike() -> None:
    t = np.arange(3000) / 1000.0
    rest = np.tile([0.0, 0.0, 9.81], (len(t), 1))
    knock = rest.copy()
    knock[1500] += [300.0, 0.0, 0.0]
    still = np.zeros((len(t), 3))
    assert ClubImpactFinder().feed(t, knock, still) == []
    twirl = np.tile([0.0, 0.0, 14.0], (len(t), 1))
    assert ClubImpactFinder().feed(t, rest, twirl) == []
    waggle = np.stack([5.0 * np.sin(2 * np.pi * 1.5 * t), 0 * t, 0 * t], axis=1)
    assert ClubImpactFinder().feed(t, knock, waggle) == []


def test_hands_and_club_are_one_swing() -> None:
    swing, imu = club(3)
    pose, _ = synth.filmed(swing, rate_hz=30.0, seed=3)
    finder, at = SwingFinder(), 0
    # The pictures come 0.4 s late, as from a slow pose model.
    for t, row in zip(pose.t_s, rows_of(pose), strict=True):
        upto = int(np.searchsorted(imu.t_s, t + 0.4))
        if upto > at:
            finder.feed_club("SN1", imu.t_s[at:upto], imu.accel_mps2[at:upto], imu.gyro_radps[at:upto])
        at = max(at, upto)
        finder.feed_hands(float(t), row)
    finder.finish()
    (found,) = finder.take()
    assert "club" in found.found_by
    assert found.club == "SN1"
    assert found.impact_s == pytest.approx(swing.events_s["impact"], abs=0.04)


def test_a_club_alone_ends_its_swing_by_its_own_time() -> None:
    swing, imu = club(0)
    finder = SwingFinder()
    for at in range(0, len(imu.t_s), 16):
        part = slice(at, at + 16)
        finder.feed_club("SN1", imu.t_s[part], imu.accel_mps2[part], imu.gyro_radps[part])
    finder.finish()
    (found,) = finder.take()
    assert found.found_by == "club"
    assert found.ended
    assert found.impact_s == pytest.approx(swing.events_s["impact"], abs=0.005)
