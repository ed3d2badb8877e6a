"""Two players joined by a cut are not one swing; a swing under a changing sky or a shaky hand is."""

import numpy as np
import pytest

from twinswing.body.cuts import find_cuts, find_repeats
from twinswing.body.video import VideoReader

from .clips import DATA


def scene(seed, n, *, drift=0.0):
    """Thumbnails of a landscape in which a figure moves."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(20, 230, (12, 12, 3))
    big = np.kron(coarse, np.ones((8, 8, 1)))
    out = np.empty((n, 32, 32, 3))
    for i in range(n):
        x = 20 + round(drift * i)
        out[i] = big[20:52, x : x + 32]
        left = 13 + round(3 * np.sin(0.5 * i))
        out[i, 8:28, left : left + 6] = (60, 40, 30)
    return np.clip(out + rng.normal(0, 1.0, out.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_a_cut_is_found_at_its_frame(seed):
    thumbs = np.concatenate([scene(seed, 30), scene(seed + 100, 25)])
    assert find_cuts(thumbs) == (30,)


@pytest.mark.parametrize("seed", range(4))
def test_a_cut_near_the_start_or_end_is_found(seed):
    assert find_cuts(np.concatenate([scene(seed, 3), scene(seed + 50, 40)])) == (3,)
    assert find_cuts(np.concatenate([scene(seed, 40), scene(seed + 50, 4)])) == (40,)


@pytest.mark.parametrize("seed", range(4))
def test_exposure_shake_pan_and_flash_are_no_cuts(seed):
    rng = np.random.default_rng(seed)
    still = scene(seed, 40).astype(float)
    brighter = np.clip(still * np.linspace(0.6, 1.5, 40)[:, None, None, None], 0, 255).astype(np.uint8)
    assert find_cuts(brighter) == ()
    jump = still.copy()
    jump[20:] *= 1.35
    assert find_cuts(np.clip(jump, 0, 255).astype(np.uint8)) == ()
    shaken = np.stack([np.roll(f, rng.integers(-1, 2, 2), (0, 1)) for f in still]).astype(np.uint8)
    assert find_cuts(shaken) == ()
    assert find_cuts(scene(seed, 30, drift=1.0)) == ()
    flash = still.copy()
    flash[15] = 250.0
    assert find_cuts(flash.astype(np.uint8)) == ()


@pytest.mark.parametrize("n", [0, 1, 2])
def test_tiny_clips_have_neither(n):
    thumbs = scene(0, 2)[:n]
    assert find_cuts(thumbs) == ()
    assert len(find_repeats(thumbs)) == n


def test_repeated_frames_are_flagged_and_a_still_golfer_is_not():
    moving = scene(3, 20)
    doubled = np.repeat(moving, 2, axis=0)
    assert find_repeats(doubled).tolist() == [i % 2 == 1 for i in range(40)]
    still = np.repeat(scene(4, 1), 30, axis=0).astype(int)
    still = np.clip(still + np.random.default_rng(0).integers(-1, 2, still.shape), 0, 255).astype(np.uint8)
    assert not find_repeats(still).any()
    assert not find_repeats(moving).any()


@pytest.mark.skipif(not DATA.is_dir(), reason="the real clips are not on this machine")
def test_real_clips():
    for path in sorted((DATA / "video").glob("*.mp4")):
        with VideoReader(path) as reader:
            thumbs = np.stack([f.thumb for f in reader])
        assert bool(find_cuts(thumbs)) == ("cut" in path.name), path.name
