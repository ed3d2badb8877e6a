"""Angles and lengths against geometry, and their sigma against many drawn errors."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.skeleton import JOINT, JOINT_NAMES, BodyMotion
from twinswing.review.measure import DRAWN, points_at, read_out
from twinswing.review.model import Annotation, OnJoint, OnMachine, OnVideo, Span

ARM = ("left_shoulder", "left_elbow", "left_wrist")
PINNED = Annotation("a", "angle", "Ann", Span(0, 10**9), pins=ARM)


def body(sigma_m: float = 0.02, spread: np.ndarray | None = None) -> BodyMotion:
    """An arm that opens from 90 to 180 degrees in a second, in 101 steps, forearm 0.3 m, upper arm 0.4 m."""
    t_s = np.linspace(0.0, 1.0, 101)
    joints = np.zeros((101, len(JOINT_NAMES), 3))
    joints[:, JOINT["left_elbow"]] = (0.0, 1.0, 1.0)
    joints[:, JOINT["left_shoulder"]] = (0.0, 1.0, 1.4)
    opening = np.pi / 2 * (1.0 + t_s)
    joints[:, JOINT["left_wrist"], 0] = 0.3 * np.sin(opening)
    joints[:, JOINT["left_wrist"], 1] = 1.0
    joints[:, JOINT["left_wrist"], 2] = 1.0 + 0.3 * np.cos(opening)
    if spread is not None:
        joints = joints + spread
    return BodyMotion(t_s, joints, np.full((101, len(JOINT_NAMES)), sigma_m), source="test")


@pytest.mark.parametrize(("t_ns", "degrees"), [(0, 90.0), (500_000_000, 135.0), (10**9, 180.0), (9 * 10**9, 180.0)])
def test_a_pinned_angle_follows_the_body(t_ns, degrees) -> None:
    found = read_out(PINNED, t_ns, body())
    assert np.rad2deg(found.value) == pytest.approx(degrees, abs=1e-6)
    assert (found.unit, found.source) == ("rad", "body (test)")


@pytest.mark.parametrize("t_ns", [0, 500_000_000])
def test_the_angles_sigma_is_that_of_many_bodies_with_such_errors(t_ns) -> None:
    chance = np.random.default_rng(3)
    sigma_m = 0.01
    values = [
        read_out(PINNED, t_ns, body(spread=chance.normal(0.0, sigma_m, (1, len(JOINT_NAMES), 3)))).value
        for _ in range(2000)
    ]
    # The standard deviation of 2000 draws is known to 1.6 %.
    assert read_out(PINNED, t_ns, body(sigma_m)).sigma == pytest.approx(np.std(values), rel=0.06)


def test_an_angle_of_which_nothing_is_known_says_so() -> None:
    assert np.rad2deg(read_out(PINNED, 0, body(sigma_m=0.5)).sigma) == pytest.approx(51.96, abs=0.01)
    folded = replace(PINNED, pins=(), points=((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)))
    assert read_out(folded, 0) is None, "an arm without length has no direction"


def test_what_cannot_be_measured_says_nothing() -> None:
    assert read_out(PINNED, 0) is None
    assert read_out(replace(PINNED, pins=("tail", "left_elbow", "left_wrist")), 0, body()) is None
    assert read_out(replace(PINNED, kind="text", pins=()), 0, body()) is None
    on_picture = replace(PINNED, pins=(), anchor=OnVideo("main"), points=((0.5, 0.1), (0.5, 0.5), (0.9, 0.5)))
    assert read_out(on_picture, 0) is None, "without the picture's shape an angle in it is not known"
    line = replace(on_picture, kind="line", points=on_picture.points[:2])
    assert read_out(line, 0, aspect=16 / 9) is None, "a picture has no metres"


def test_an_angle_in_the_picture_depends_on_its_shape() -> None:
    points = ((0.5, 0.25), (0.5, 0.5), (0.75, 0.75))
    drawn = replace(PINNED, pins=(), anchor=OnVideo("main"), points=points)
    found = read_out(drawn, 0, aspect=16 / 9)
    assert found.value == pytest.approx(np.pi - np.arctan2(16 / 9, 1.0))
    assert found.source == "picture (main)"


def test_a_length_in_the_world_and_at_a_joint() -> None:
    line = Annotation("l", "line", "Ann", Span(0, 1), points=((0.0, 0.0, 0.0), (0.0, 0.3, 0.4)))
    found = read_out(line, 0)
    assert found.value == pytest.approx(0.5)
    assert found.sigma == pytest.approx(np.sqrt(2) * DRAWN.world_m)
    carried = replace(line, anchor=OnJoint("left_elbow"))
    assert read_out(carried, 0, body()).value == pytest.approx(0.5)
    assert points_at(carried, 0, body()).tolist() == [[0.0, 1.0, 1.0], [0.0, 1.3, 1.4]]
    assert points_at(replace(line, anchor=OnMachine("shop/lathe")), 0) is None
    assert points_at(replace(PINNED), 0, body()).shape == (3, 3)
