"""Frames of a headset against what OpenXR's specification and geometry say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.headset.frames import (
    ZUP_FROM_XR,
    Eye,
    Fov,
    about_up,
    covering_eye,
    forward_of,
    heading_of,
    pose_matrix,
    projection,
    rigid_inverse,
    rotation_from_xyzw,
    view_projection,
)

ANGLES = st.floats(0.3, 1.0)
UNIT = st.floats(-1.0, 1.0)


@st.composite
def two_eyes(draw: st.DrawFn) -> tuple[Eye, Eye]:
    """Make two eyes that look about the same way from about the same place, some canted outward, some of a giant."""
    scale = draw(st.sampled_from([1.0, 8.0]))
    quaternion = np.array([draw(UNIT), draw(UNIT), draw(UNIT), draw(UNIT) + 0.01])
    head = about_up(draw(st.floats(-3, 3))) @ ZUP_FROM_XR @ pose_matrix([draw(UNIT), 1.6, draw(UNIT)], quaternion)
    head[:3, :3] *= scale
    eyes = []
    for side in (-1.0, 1.0):
        cant = -side * draw(st.floats(0.0, 0.15))
        eye = pose_matrix([side * 0.032, 0, 0], [0, np.sin(cant / 2), 0, np.cos(cant / 2)])
        eyes.append(Eye(head @ eye, Fov(-draw(ANGLES), draw(ANGLES), draw(ANGLES), -draw(ANGLES))))
    return eyes[0], eyes[1]


def clip(matrix: np.ndarray, point: np.ndarray) -> np.ndarray:
    at = matrix @ np.append(point, 1.0)
    return at[:3] / at[3]


def test_forward_in_openxr_is_plus_y_and_up_is_z():
    pose = ZUP_FROM_XR @ pose_matrix([0.5, 1.7, -2.0], [0, 0, 0, 1])
    assert forward_of(pose) == pytest.approx([0, 1, 0])
    assert pose[:3, 3] == pytest.approx([0.5, 2.0, 1.7])
    assert heading_of(pose) == pytest.approx(np.pi / 2)


def test_a_turn_to_the_left_in_openxr_turns_left_in_the_world():
    left = pose_matrix([0, 0, 0], [0, np.sin(np.pi / 4), 0, np.cos(np.pi / 4)])
    assert forward_of(ZUP_FROM_XR @ left) == pytest.approx([-1, 0, 0])


@pytest.mark.parametrize("down", [True, False])
def test_the_heading_of_a_head_that_looks_down_is_the_way_its_top_points(down):
    pitch = -np.pi / 2 if down else np.pi / 2
    head = ZUP_FROM_XR @ pose_matrix([0, 1.6, 0], [np.sin(pitch / 2), 0, 0, np.cos(pitch / 2)])
    assert heading_of(head) == pytest.approx(np.pi / 2)


def test_the_edges_of_the_field_land_on_the_edges_of_the_picture():
    fov = Fov(-0.9, 0.7, 0.8, -0.6)
    matrix = projection(fov, 0.05, 100.0)
    left, right, up, down = fov.slopes
    assert clip(matrix, np.array([left, up, -1.0]))[:2] == pytest.approx([-1, 1])
    assert clip(matrix, np.array([right, down, -1.0]))[:2] == pytest.approx([1, -1])
    assert clip(matrix, np.array([0, 0, -0.05]))[2] == pytest.approx(-1)
    assert clip(matrix, np.array([0, 0, -100.0]))[2] == pytest.approx(1)


@given(st.tuples(UNIT, UNIT, UNIT, UNIT).filter(lambda q: np.linalg.norm(q) > 0.1))
def test_any_quaternion_gives_a_rotation(quaternion):
    turn = rotation_from_xyzw(quaternion)
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(turn) == pytest.approx(1.0)


@given(two_eyes())
def test_an_inverse_undoes_a_pose_and_its_scale(eyes):
    pose = eyes[0].world_from_eye
    assert rigid_inverse(pose) @ pose == pytest.approx(np.eye(4), abs=1e-9)


@given(two_eyes(), UNIT, UNIT, st.floats(0.06, 50.0), st.integers(0, 1))
def test_what_either_eye_sees_lies_in_the_frustum_that_is_culled_by(eyes, across, up, depth, side):
    eye = eyes[side]
    left, right, high, low = eye.fov.slopes
    x = depth * (left + (right - left) * (across + 1) / 2)
    y = depth * (low + (high - low) * (up + 1) / 2)
    world = (eye.world_from_eye @ np.array([x, y, -depth, 1.0]))[:3]
    cover, back = covering_eye(eyes)
    seen = clip(view_projection(cover, 0.05, 60.0 + back), world)
    assert np.abs(seen[:2]).max() <= 1.0 + 1e-9
    assert back < 0.3
