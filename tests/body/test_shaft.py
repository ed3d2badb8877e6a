"""The shaft is found where it was drawn, still and smeared; arms, shadows and grain are not taken for it."""

import cv2
import numpy as np
import pytest

from twinswing.body.shaft import ShaftParams, shaft_lines

PER_M = 130.0
SIZE = (420, 420)
HAND = np.array([210.0, 215.0])


def scene(rng, angle_rad, *, fan_rad=0.0, dark=True, aside_px=0.0, shaft=True):
    """A picture of a body, two arms and a shaft from the hands, smeared over a fan; all but it a little uneven."""
    height, width = SIZE
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    ground = 120.0 + 30.0 * np.sin(x / 23.0) * np.cos(y / 31.0) + 0.1 * y
    picture = np.repeat(ground[..., None], 3, axis=2) * [0.8, 1.0, 0.7]
    cv2.ellipse(picture, (215, 190), (28, 80), 0.0, 0.0, 360.0, (60, 60, 90), -1)
    for shoulder in ((195, 130), (240, 130)):
        cv2.line(picture, shoulder, (210, 212), (200, 170, 150), 9, cv2.LINE_AA)
    if shaft:
        total = np.zeros_like(picture)
        for turn in np.linspace(-0.5, 0.5, 9 if fan_rad else 1) * fan_rad:
            part = picture.copy()
            way = np.array([np.cos(angle_rad + turn), np.sin(angle_rad + turn)])
            side = np.array([-np.sin(angle_rad), np.cos(angle_rad)])
            ends = [np.round((HAND + aside_px * side + way * r * PER_M) * 16).astype(int) for r in (0.0, 0.9)]
            colour = (25, 25, 25) if dark else (240, 240, 245)
            cv2.line(part, tuple(ends[0]), tuple(ends[1]), colour, 2, cv2.LINE_AA, 4)
            total += part
        picture = total / (9 if fan_rad else 1)
    return np.clip(picture + rng.normal(0.0, 2.0, picture.shape), 0, 255).astype(np.uint8)


def film(rng, angles, **kwargs):
    """Pictures at some angles, and the hands and arms that a pose model would give, off by a pixel."""
    pictures = [scene(rng, a, **kwargs) for a in angles]
    hands = HAND + rng.normal(0.0, 1.0, (len(angles), 2)) + np.linspace(0.0, 1e-3, len(angles))[:, None]
    return pictures, hands, [np.array([-1.75, -1.25])] * len(angles)


@pytest.mark.parametrize("fan_rad", [0.0, 0.09, 0.18])
@pytest.mark.parametrize("dark", [True, False])
def test_the_clearest_line_is_the_shaft(fan_rad, dark):
    rng = np.random.default_rng(3)
    angles = np.linspace(0.1, 2.9, 24)
    pictures, hands, arms = film(rng, angles, fan_rad=fan_rad, dark=dark, aside_px=2.0)
    points, widths, seen = shaft_lines(pictures, hands, arms, PER_M)
    way = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    side = np.stack([-way[:, 1], way[:, 0]], axis=-1)
    off = np.einsum("mkj,mj->mk", points[:, 0] - HAND, side) - 2.0
    along = np.einsum("mkj,mj->mk", points[:, 0] - HAND, way) / PER_M
    found = np.nanmax(np.abs(off), axis=1) < 2.5
    assert found.mean() > 0.9
    assert np.nanmedian(np.abs(off[found])) < 0.6
    assert (np.nanmax(along[found], axis=1) > 0.5).mean() > 0.9
    assert (seen[found, 0] > 0.2).all()
    if fan_rad:
        assert np.nanmedian(widths[found, 0, -1]) > 0.15 * fan_rad * 0.7 * PER_M


def test_no_club_is_no_long_line():
    rng = np.random.default_rng(4)
    pictures, hands, arms = film(rng, np.linspace(0.1, 2.9, 16), shaft=False)
    seen = shaft_lines(pictures, hands, arms, PER_M)[2]
    assert (seen[:, 0] > 0.15).mean() < 0.1


def test_lines_are_apart_and_the_clearest_comes_first():
    rng = np.random.default_rng(5)
    angles = np.linspace(0.1, 2.9, 16)
    pictures, hands, arms = film(rng, angles)
    for i, picture in enumerate(pictures):  # a second thin thing from the hands, shorter and fainter
        end = HAND + 0.5 * PER_M * np.array([np.cos(angles[i] + 1.2), np.sin(angles[i] + 1.2)])
        cv2.line(picture, tuple(HAND.astype(int)), tuple(end.astype(int)), (90, 90, 90), 1, cv2.LINE_AA)
    points, _, seen = shaft_lines(pictures, hands, arms, PER_M)
    assert (np.diff(seen, axis=1) <= 0.1).all()
    least = ShaftParams().apart_rad
    for i in range(len(pictures)):
        ways = [p[np.isfinite(p[:, 0])] for p in points[i] if np.isfinite(p[:, 0]).sum() > 1]
        turns = [np.arctan2(*(w[-1] - w[0])[::-1]) for w in ways]
        for a, one in enumerate(turns):
            for other in turns[a + 1 :]:
                assert abs(np.angle(np.exp(1j * (one - other)))) > 0.5 * least
