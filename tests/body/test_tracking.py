"""A shoulder swap at the top or a lost frame must not become a turn, a speed or an event."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.landmarks import LANDMARK, FrameState
from twinswing.body.tracking import MendRule, mend
from twinswing.truth.build import make_swing

from .synth import camera_for, synthetic_track

FPS = 60
PAIRS = {
    "whole": ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index", "pinky", "index", "thumb"),
    "shoulder": ("shoulder",),
    "hip": ("hip",),
    "arm": ("elbow", "wrist", "pinky", "index", "thumb"),
}


@pytest.fixture(scope="module")
def swing():
    return make_swing()


def track_of(swing, view, fps=FPS, seed=0, noise=0.003):
    t = np.arange(0.0, swing.duration_s, 1.0 / fps)
    rng = np.random.default_rng(seed)
    return synthetic_track(
        swing.joints_at(t), t, camera_for(view), rng, height_m=swing.golfer.height_m, bias=0.004, noise=noise
    )


def exchange(track, names, frames):
    image, world, sure = track.image_px.copy(), track.world_m.copy(), track.visibility.copy()
    left, right = ([LANDMARK[f"{s}_{n}"] for n in names] for s in ("left", "right"))
    for values in (image, world, sure):
        values[frames, left + right] = values[frames, right + left]
    return replace(track, image_px=image, world_m=world, visibility=sure)


@pytest.mark.parametrize("view", ["face-on", "down-the-line", "oblique"])
@pytest.mark.parametrize("fps", [30, 60, 240])
def test_a_true_swing_is_left_as_it_is(swing, view, fps):
    track = track_of(swing, view, fps)
    mended = mend(track)
    assert not mended.swapped.any()
    np.testing.assert_array_equal(mended.image_px, track.image_px)
    np.testing.assert_array_equal(mended.visibility, track.visibility)


@pytest.mark.parametrize("names", PAIRS.values(), ids=PAIRS)
@pytest.mark.parametrize("length", [1, 2, 5])
def test_swaps_at_the_top_are_undone_and_flagged(swing, names, length):
    track = track_of(swing, "face-on")
    at = int(swing.events_s["address"] * FPS) + 5
    frames = np.arange(at, at + length)[:, None]
    mended = mend(exchange(track, names, frames))
    np.testing.assert_array_equal(mended.image_px, track.image_px)
    np.testing.assert_array_equal(mended.world_m, track.world_m)
    assert np.flatnonzero(mended.swapped).tolist() == frames.ravel().tolist()


def test_single_frame_spikes_are_pulled_back_and_marked(swing):
    track = track_of(swing, "face-on")
    image = track.image_px.copy()
    i, p = 40, LANDMARK["left_wrist"]
    image[i, p] += (150.0, -80.0)
    mended = mend(replace(track, image_px=image))
    assert np.linalg.norm(mended.image_px[i, p] - track.image_px[i, p]) < 12.0
    assert mended.visibility[i, p] < 0.2
    untouched = np.ones(image.shape[:2], dtype=bool)
    untouched[i, p] = False
    np.testing.assert_array_equal(mended.image_px[untouched], track.image_px[untouched])


def lose(track, frames):
    image, world, sure, state = (x.copy() for x in (track.image_px, track.world_m, track.visibility, track.state))
    image[frames], world[frames], sure[frames], state[frames] = np.nan, np.nan, 0.0, FrameState.MISSING
    return replace(track, image_px=image, world_m=world, visibility=sure, state=state)


@pytest.mark.parametrize("fps", [30, 60, 240])
def test_short_gaps_are_bridged_and_long_ones_stay_missing(swing, fps):
    track = track_of(swing, "face-on", fps)
    short = np.arange(5, 5 + int(0.15 * fps))
    long = np.arange(int(1.0 * fps), int(1.0 * fps) + int(0.3 * fps))
    mended = mend(lose(track, np.concatenate([short, long])))
    assert (mended.state[short] == FrameState.BRIDGED).all()
    assert (mended.state[long] == FrameState.MISSING).all()
    assert np.isnan(mended.image_px[long]).all()
    assert (mended.visibility[short] <= MendRule().bridge_trust).all()
    off = np.linalg.norm(mended.image_px[short] - track.image_px[short], axis=-1)
    assert np.median(off) < 10.0


def test_gaps_at_the_ends_are_never_invented(swing):
    track = track_of(swing, "face-on")
    n = track.frames
    mended = mend(lose(track, np.r_[0:3, n - 2 : n]))
    assert (mended.state[[0, 1, 2, n - 2, n - 1]] == FrameState.MISSING).all()


def test_nobody_at_all_is_no_error(swing):
    track = track_of(swing, "face-on")
    empty = lose(track, np.arange(track.frames))
    assert (mend(empty).state == FrameState.MISSING).all()
