"""Cameras by hand and by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.desk.viewport import CameraMotion, fitted_rect
from twinswing.swing.model import SwingSession


@given(st.integers(1, 4000), st.integers(1, 4000), st.floats(0.2, 5.0))
def test_a_fitted_rectangle_keeps_its_shape_and_stays_inside(width: int, height: int, aspect: float) -> None:
    left, top, wide, high = fitted_rect((10, 20, width, height), aspect)
    assert left >= 10
    assert top >= 20
    assert left + wide <= 10 + max(width, 1)
    assert top + high <= 20 + max(height, 1)
    assert abs(wide - high * aspect) <= max(1.0, aspect)


def test_a_change_of_view_travels_without_a_jump_and_arrives() -> None:
    session = SwingSession()
    motion = CameraMotion().to_view("face-on", session, (800, 600)).advanced(9.0)
    turned = motion.to_view("down-the-line", session, (800, 600))
    places = []
    for _ in range(40):
        places.append(turned.current().position_m)
        turned = turned.advanced(1 / 60)
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert np.allclose(places[0], motion.current().position_m)
    assert steps.max() < 0.12 * steps.sum()
    assert turned.start is None
    assert turned.current() == turned.orbit


def test_taking_the_camera_by_hand_leaves_the_named_view() -> None:
    motion = CameraMotion().to_view("top", SwingSession(), (800, 600))
    moved = motion.by_hand(motion.current().orbited(0.1, 0.0))
    assert moved.view == "free"
    assert moved.current().azimuth_rad == pytest.approx(motion.current().azimuth_rad + 0.1)
