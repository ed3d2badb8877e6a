"""Shaft-level from motion on one side of the hands."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack
from twinswing.body.motion import PictureMotion
from twinswing.swing.clubside import club_side, level_by_side
from twinswing.swing.signals import swing_signals

TRUNK, CELL, SIZE = 60.0, 10.0, 480
SWEEP, LEVEL = 8.0, 20


def _pose(hands_x: float) -> PoseTrack:
    """Stand still with the hands before the hips."""
    px = np.full((40, 33, 2), [hands_x + TRUNK, 300.0], dtype=np.float32)
    for side, out in (("left", 15.0), ("right", -15.0)):
        px[:, LANDMARK[f"{side}_shoulder"]] += [out, -TRUNK]
        px[:, LANDMARK[f"{side}_wrist"], 0] = hands_x
    return PoseTrack(
        t_s=np.arange(40) / 30.0,
        image_px=px,
        world_m=np.zeros((40, 33, 3), dtype=np.float32),
        visibility=np.ones((40, 33), dtype=np.float32),
        state=np.full(40, FrameState.DETECTED, dtype=np.uint8),
        width_px=SIZE,
        height_px=SIZE,
        swapped=np.zeros(40, dtype=np.bool_),
    )


def _motion(hands_x: float, level: int = LEVEL) -> PictureMotion:
    """A club head turns about the hands by 12 degrees a frame and is level at a frame; the golfer's hips stir too."""
    n = round(SIZE / CELL)
    cells = np.zeros((40, n, n), dtype=np.float32)
    for k in range(1, 40):
        for at in (k - 1, k):
            angle = np.radians(12.0 * (at - level))
            x, y = hands_x - 1.5 * TRUNK * np.cos(angle), 300.0 - 1.5 * TRUNK * np.sin(angle)
            if abs(angle) < np.pi / 2 and x >= 0.0:
                cells[k, int(y / CELL), int(x / CELL)] += 900.0
        cells[k, int(310 / CELL), int((hands_x + TRUNK) / CELL)] += 300.0  # within a hand's breadth of the hips
    return PictureMotion(cells, CELL)


@pytest.mark.parametrize("level", [15, 20, 24])
@pytest.mark.parametrize("mirror", [False, True])
def test_the_shaft_is_level_where_its_motion_passes_the_hands(level: int, mirror: bool) -> None:
    pose, motion = _pose(240.0), _motion(240.0, level)
    if mirror:
        pose = replace(pose, image_px=(pose.image_px * [-1, 1] + [SIZE, 0]).astype(np.float32))
        motion = PictureMotion(np.ascontiguousarray(motion.cells[:, :, ::-1]), CELL)
    side = club_side(pose, motion, swing_signals(pose), 10, 28)
    at, sigma = level_by_side(side, 10, (19.0, 3.0), SWEEP)
    assert abs(at - level) < 1.0
    assert 0.3 < sigma < 1.5


def test_a_club_outside_the_picture_changes_nothing() -> None:
    pose = _pose(25.0)
    side = club_side(pose, _motion(25.0), swing_signals(pose), 10, 28)
    at, sigma = level_by_side(side, 10, (17.0, 2.0), SWEEP)
    assert at == pytest.approx(17.0, abs=0.1)
    assert sigma >= 2.0


def test_a_picture_without_motion_leaves_the_usual_place() -> None:
    pose = _pose(240.0)
    still = PictureMotion(np.zeros((40, 48, 48), dtype=np.float32), CELL)
    side = club_side(pose, still, swing_signals(pose), 0, 39)
    assert np.all(side == 0.0)
    assert level_by_side(side, 0, (19.0, 2.0), SWEEP)[0] == pytest.approx(19.0, abs=0.1)


def test_lost_landmarks_hide_no_club() -> None:
    pose = _pose(240.0)
    lost = pose.image_px.copy()
    lost[18:20] = np.nan
    lost[:, LANDMARK["nose"]] = np.nan
    known = swing_signals(pose)
    side = club_side(replace(pose, image_px=lost), _motion(240.0), known, 10, 28)
    assert np.isfinite(side).all()
    assert abs(level_by_side(side, 10, (18.0, 3.0), SWEEP)[0] - LEVEL) < 1.5
