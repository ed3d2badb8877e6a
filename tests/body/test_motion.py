"""Motion in pictures: where it is, when it begins, and what it costs to remember."""

import numpy as np
import pytest

from twinswing.body.motion import MotionMeter


def _meter(pictures) -> MotionMeter:
    meter = MotionMeter()
    for picture in pictures:
        meter.feed(picture)
    return meter


def _scene(width: int, height: int, at: tuple[int, int] | None, noise: float = 0.0, seed: int = 0):
    rng = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 90.0)
    if at is not None:
        x, y = at
        picture[y - 8 : y + 8, x - 8 : x + 8] = 230.0
    return np.clip(picture + rng.normal(0.0, noise, picture.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("width", "height"), [(160, 160), (354, 492), (1280, 720), (101, 203)])
def test_motion_is_seen_where_it_is_and_when_it_is(width: int, height: int) -> None:
    x, y = width // 4, height // 4
    places = [(x, y), (x, y), (x + 10, y), (x + 10, y)]
    motion = _meter(_scene(width, height, p) for p in places).result()
    assert motion.frames == 4
    here = motion.within(0, 0, width / 2, height / 2)
    there = motion.within(width / 2, height / 2, width, height)
    np.testing.assert_array_equal(here[[0, 1, 3]], 0.0)
    assert here[2] > 10.0 * (there.max() + 1.0)


def test_grain_is_no_motion() -> None:
    quiet = _meter(_scene(640, 480, (200, 200), noise=3.0, seed=i) for i in range(5)).result()
    moved = _meter(_scene(640, 480, (200 + 4 * i, 200), noise=3.0, seed=i) for i in range(5)).result()
    box = (0, 0, 640, 480)
    assert quiet.within(*box)[1:].max() < 0.02 * moved.within(*box)[1:].min()


def test_the_amount_does_not_depend_on_the_picture_s_size() -> None:
    def total(scale: int) -> float:
        pictures = [np.kron(_scene(160, 160, (60 + 4 * i, 60)), np.ones((scale, scale, 1), np.uint8)) for i in range(2)]
        motion = _meter(pictures).result()
        return float(motion.within(0, 0, 160 * scale, 160 * scale)[1]) / scale**2

    assert total(8) == pytest.approx(total(1), rel=0.35)


def test_memory_is_a_small_grid_a_frame_however_large_the_picture() -> None:
    motion = _meter(np.zeros((2160, 3840, 3), np.uint8) for _ in range(3)).result()
    assert motion.cells.nbytes / motion.frames < 8192


def test_nothing_seen_is_no_motion() -> None:
    assert MotionMeter().result().frames == 0


def test_a_box_outside_the_picture_holds_nothing() -> None:
    motion = _meter(_scene(160, 160, (40 + i, 40)) for i in range(3)).result()
    np.testing.assert_array_equal(motion.within(500, 500, 900, 900), 0.0)
    np.testing.assert_array_equal(motion.within(-300, -300, -100, -100), 0.0)
