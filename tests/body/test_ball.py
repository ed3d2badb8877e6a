"""The ball's departure: pictures that are made up, a rendered swing's truth in miniature, and real clips."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from twinswing.body.ball import departure, find_ball, where_to_look
from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack

VIDEOS = Path(__file__).parents[3] / "shared" / "data" / "video"
BALL_PX = 9.0


def film(rng, *, rate_hz=60.0, leaves_s=1.007, ball=(235, 235, 230), shift_px=0.0, head=True):
    """Return pictures and times: grass, a ball until it leaves, a club's head that sweeps over it, a lifting foot."""
    t = np.arange(0.4, 1.6, 1 / rate_hz)
    ground = cv2.GaussianBlur(rng.normal(0, 40, (90, 160, 3)), (0, 0), 1.5) + np.array([70, 120, 60])
    out = []
    for when in t:
        p = ground.copy()
        if ball is not None and when < leaves_s:
            cv2.circle(p, (90, 60), round(BALL_PX / 2), ball, -1, cv2.LINE_AA)
        if head:
            cv2.circle(p, (round(90 + 3000 * (when - leaves_s)), 55), 8, (40, 40, 45), -1, cv2.LINE_AA)
        cv2.rectangle(p, (20, 40 - max(0, round(20 * (when - 1.1)))), (34, 50), (30, 30, 120), -1)
        p = np.roll(p, round(shift_px * (when - 0.4)), axis=1)
        out.append(np.clip(p + rng.normal(0, 3, p.shape), 0, 255).astype(np.uint8))
    return np.stack(out), t


@pytest.mark.parametrize("rate_hz", [30.0, 60.0, 240.0])
@pytest.mark.parametrize("ball", [(235, 235, 230), (230, 220, 60)])
def test_the_ball_leaves_between_two_pictures(rate_hz, ball):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        leaves = float(rng.uniform(0.95, 1.05))
        found = departure(*film(rng, rate_hz=rate_hz, leaves_s=leaves, ball=ball), impact_s=1.02, ball_px=BALL_PX)
        assert found is not None
        assert found.last_seen_s <= leaves <= found.first_gone_s
        assert found.first_gone_s - found.last_seen_s < 2.1 / rate_hz  # the head may hide it in one
        assert np.hypot(found.place_px[0] - 90, found.place_px[1] - 60) < 2
        assert found.size_px == pytest.approx(BALL_PX, rel=0.3)


def test_nothing_is_said_where_no_ball_leaves():
    rng = np.random.default_rng(1)
    assert departure(*film(rng, ball=None), impact_s=1.0, ball_px=BALL_PX) is None
    assert departure(*film(rng, leaves_s=9.0, head=False), impact_s=1.0, ball_px=BALL_PX) is None
    # A ball of the ground's own colour, a camera that turns, a ball that left long before, and too few pictures.
    assert departure(*film(rng, ball=(72, 122, 62)), impact_s=1.0, ball_px=BALL_PX) is None
    assert departure(*film(rng, shift_px=60.0), impact_s=1.0, ball_px=BALL_PX) is None
    assert departure(*film(rng, leaves_s=0.5), impact_s=1.0, ball_px=BALL_PX) is None
    pictures, t = film(rng)
    assert departure(pictures[30:40], t[30:40], impact_s=1.0, ball_px=BALL_PX) is None


def pose_of(t, px, width_px, height_px):
    n = len(t)
    nothing, seen = np.zeros((n, 33, 3), np.float32), np.ones((n, 33), np.float32)
    state = np.full(n, FrameState.DETECTED, np.uint8)
    return PoseTrack(t, px, nothing, seen, state, width_px, height_px, np.zeros(n, bool))


def track(height_px=480, width_px=360, size=1.0):
    t = np.arange(0, 2, 1 / 30)
    px = np.full((len(t), 33, 2), np.nan, np.float32)
    for side, x in (("left", 20), ("right", -20)):
        for name, y in (("hip", 240), ("ankle", 400), ("heel", 405), ("foot_index", 410)):
            px[:, LANDMARK[f"{side}_{name}"]] = (180 + x * size, y * size)
    return pose_of(t, px, width_px, height_px)


def test_it_looks_about_the_feet_and_not_for_balls_of_three_pixels():
    found = where_to_look(track(), 1.0)
    assert found is not None
    (x0, y0, x1, y1), ball_px = found
    assert (x0, x1, y1) == (0, 360, 480)
    assert 280 < y0 < 400
    assert 6 < ball_px < 12
    assert where_to_look(track(120, 90, 0.25), 1.0) is None
    assert where_to_look(track(), 9.0) is None


# Frames that the clips' own pictures show: the last with the ball on its place (seen by eye).
@pytest.mark.skipif(not VIDEOS.is_dir(), reason="the real clips are not here")
@pytest.mark.parametrize(
    ("name", "feet", "impact_s", "last"),
    [
        ("down_the_line_vfr.mp4", ((187, 438), (176, 470)), 1.43, 43),
        ("down_the_line_160px.mp4", ((60, 130), (75, 125)), 3.0, None),
    ],
)
def test_real_balls_are_seen_to_leave_or_nothing_is_said(name, feet, impact_s, last):
    from twinswing.body.video import VideoReader

    with VideoReader(VIDEOS / name) as reader:
        frames = [(f.t_s, f.rgb.shape[:2]) for f in reader]
    t, (height, width) = np.array([f[0] for f in frames]), frames[0][1]
    px = np.full((len(t), 33, 2), np.nan, np.float32)
    leg = 0.24 * height
    for side, (x, y) in zip(("left", "right"), feet, strict=True):
        for part in ("ankle", "heel", "foot_index"):
            px[:, LANDMARK[f"{side}_{part}"]] = (x, y)
        px[:, LANDMARK[f"{side}_hip"]] = (x, y - leg)
    found = find_ball(VIDEOS / name, pose_of(t, px, width, height), impact_s)
    if last is None:
        assert found is None
    else:
        assert found is not None
        assert int(np.argmin(np.abs(t - found.last_seen_s))) in (last, last - 1)
        assert found.first_gone_s - found.last_seen_s < 0.1
