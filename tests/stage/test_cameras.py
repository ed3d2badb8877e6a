"""Views show what they are named after, and an orbiting eye never gets lost."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError
from twinswing.stage.cameras import VIEWS, OrbitCamera, between, fitted, named_camera, orbit_for
from twinswing.swing.model import GolferInfo, SwingSession

SMALL = st.floats(-10, 10, allow_nan=False)


@pytest.mark.parametrize("view", ["face-on", "down-the-line", "oblique", "top"])
@pytest.mark.parametrize("size", [(1280, 720), (480, 640), (600, 600)])
def test_a_view_shows_the_whole_swing(kit, view, size):
    camera = named_camera(view, kit.session, *size)
    seen = camera.project(np.concatenate([kit.session.club.head_m, kit.session.body.joints_m[0], [[0, 0, 0]]]))
    assert (seen >= 0).all()
    assert (seen <= size).all()


def test_face_on_looks_along_y_and_down_the_line_along_x(kit):
    for view, axis in (("face-on", [0, 1, 0]), ("down-the-line", [1, 0, 0]), ("top", [0, 0, -1])):
        forward = named_camera(view, kit.session, 640, 480).rotation[2]
        assert forward @ axis > 0.99, view


def test_a_left_handed_golfer_is_seen_from_the_front(kit):
    session = replace(kit.session, golfer=GolferInfo(10, "left", "face-on"))
    assert named_camera("face-on", session, 640, 480).rotation[2] @ [0, -1, 0] > 0.99


def test_the_golfers_eyes_see_the_ball(kit):
    camera = named_camera("golfer", kit.session, 640, 480, t_s=0.0)
    head = kit.session.body.at(0.0)[JOINT["head"]]
    assert np.linalg.norm(camera.position_m - head) < 0.25
    u, v = camera.project([0.0, 0.0, 0.0])
    assert 0 < u < 640
    assert 0 < v < 480


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_without_its_data_is_refused_in_one_sentence(view):
    if view in {"golfer", "video"}:
        with pytest.raises(InputError, match=view):
            named_camera(view, SwingSession(), 64, 48)
    else:
        named_camera(view, SwingSession(), 64, 48)


def test_an_unknown_view_is_refused(kit):
    with pytest.raises(InputError, match="behind"):
        named_camera("behind", kit.session, 64, 48)
    with pytest.raises(InputError, match="golfer"):
        orbit_for("golfer", kit.session, 64, 48)


@given(SMALL, SMALL, SMALL, SMALL, st.floats(0.01, 100), st.floats(0.01, 100))
def test_any_handling_leaves_a_usable_camera(azimuth, elevation, right, up, dolly, zoom):
    camera = OrbitCamera().orbited(azimuth, elevation).panned(right, up).dollied(dolly).zoomed(zoom)
    camera = camera.orbited(-azimuth, elevation)
    made = camera.pinhole(64, 48)
    assert np.isfinite(made.rotation).all()
    assert np.allclose(made.rotation @ made.rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(made.rotation) > 0
    assert made.position_m[2] > 0.05


@given(st.floats(-0.5, 0.5), st.floats(-0.3, 0.3))
def test_panning_moves_the_picture_by_as_much(right, up):
    start = OrbitCamera()
    before = start.pinhole(640, 480)
    after = start.panned(right, up).pinhole(640, 480)
    moved = after.project(start.target_m) - before.project(start.target_m)
    per_m = before.focal_px / start.distance_m
    # Up and down the eye moves along its own axis, so depth changes a little with the tilt.
    assert np.allclose(moved, [-right * per_m, up * per_m], atol=0.02 * per_m * max(abs(right), abs(up)) + 1e-6)


def test_zooming_doubles_what_is_seen_and_keeps_the_eye():
    near, far = OrbitCamera().zoomed(2.0), OrbitCamera()
    assert near.pinhole(640, 480).focal_px == pytest.approx(2 * far.pinhole(640, 480).focal_px)
    assert np.array_equal(near.position_m, far.position_m)


@given(SMALL, SMALL, st.floats(0, 1))
def test_a_move_between_views_turns_the_shorter_way(a, b, amount):
    start, end = OrbitCamera().orbited(a, 0), OrbitCamera().orbited(b, 0)
    middle = between(start, end, amount)

    def apart(p, q):
        return abs((p.azimuth_rad - q.azimuth_rad + np.pi) % (2 * np.pi) - np.pi)

    assert apart(start, middle) <= apart(start, end) + 1e-9
    assert np.allclose(between(start, end, 0.0).position_m, start.position_m)
    assert np.allclose(between(start, end, 1.0).position_m, end.position_m)


@pytest.mark.parametrize("size", [(1280, 720), (480, 640), (300, 900)])
def test_the_video_camera_fits_any_picture(size):
    camera = PinholeCamera.look_at(
        position_m=(0.3, -4, 1.2), target_m=(0, 0.5, 1), width_px=720, height_px=1280, vertical_fov_rad=0.7
    )
    camera = replace(camera, centre_px=(350.0, 650.0))
    inside = fitted(camera, *size)
    points = np.array([[0, 0, 0], [0.5, 1, 2.0], [-0.6, 0.2, 0.4]])
    scale = min(size[0] / 720, size[1] / 1280)
    want = (camera.project(points) - [360, 640]) * scale + np.array(size) / 2
    assert np.allclose(inside.project(points), want)
