"""The pose on a frame, and the swing over the video through the estimated camera."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack
from twinswing.errors import InputError
from twinswing.stage.overlay import ar_options, draw_pose
from twinswing.stage.scene import SwingScene
from twinswing.stage.skeleton import LEAD_RGB, TRAIL_RGB


def track(**changes) -> PoseTrack:
    """A person who stands upright in a 200 x 400 picture, three frames."""
    points = np.full((33, 2), 100.0, dtype=np.float32)
    height = {"nose": 60, "ear": 55, "shoulder": 100, "elbow": 150, "wrist": 200, "hip": 220, "knee": 290, "ankle": 360,
              "heel": 370, "foot_index": 372}  # fmt: skip
    for name, i in LANDMARK.items():
        side, _, part = name.partition("_")
        out = 60 if part in {"elbow", "wrist"} else 40
        points[i] = (100 + {"left": out, "right": -out}.get(side, 0), height.get(part if part else name, 60))
    values = {
        "t_s": np.arange(3) / 30, "image_px": np.repeat(points[None], 3, 0),
        "world_m": np.zeros((3, 33, 3), np.float32), "visibility": np.ones((3, 33), np.float32),
        "state": np.array([FrameState.DETECTED, FrameState.BRIDGED, FrameState.MISSING], np.uint8),
        "width_px": 200, "height_px": 400, "swapped": np.zeros(3, bool),
    }  # fmt: skip
    return PoseTrack(**{**values, **changes})


GREY = np.full((400, 200, 3), 90, np.uint8)


def test_limbs_carry_the_colour_of_their_side():
    out = draw_pose(GREY, track(), 0, handed="right")
    for side, rgb in (("left", LEAD_RGB), ("right", TRAIL_RGB)):
        x = 160 if side == "left" else 40
        assert np.abs(out[175, x] / 255 - rgb).max() < 0.12, side
    other = draw_pose(GREY, track(), 0, handed="left")
    assert np.abs(other[175, 160] / 255 - TRAIL_RGB).max() < 0.12
    assert np.array_equal(out[:20], GREY[:20])
    assert (GREY == 90).all(), "the frame that was given stays as it was"


def test_a_bridged_frame_is_fainter_and_a_missing_one_is_left_alone():
    change = [np.abs(draw_pose(GREY, track(), i).astype(int) - 90).sum() for i in range(3)]
    assert 0.2 * change[0] < change[1] < 0.6 * change[0]
    assert change[2] == 0


def test_a_picture_of_another_size_is_drawn_in_its_own_pixels():
    big = draw_pose(np.full((800, 400, 3), 90, np.uint8), track(), 0)
    assert np.abs(big[350, 320] / 255 - LEAD_RGB).max() < 0.12


def test_what_was_not_seen_is_not_drawn():
    seen = track().visibility.copy()
    seen[:, LANDMARK["left_wrist"]] = 0.05
    out = draw_pose(GREY, track(visibility=seen), 0)
    assert (out[185, 160] == 90).all()
    places = track().image_px.copy()
    places[:, LANDMARK["left_wrist"]] = np.nan
    assert (draw_pose(GREY, track(image_px=places), 0)[185, 160] == 90).all()


@pytest.mark.parametrize("far", [-50.0, 450.0, 1e9, -1e9, np.inf])
def test_a_landmark_outside_the_picture_does_no_harm(far):
    places = track().image_px.copy()
    places[:, LANDMARK["left_wrist"]] = far
    out = draw_pose(GREY, track(image_px=places), 0)
    assert out.shape == GREY.shape
    assert np.abs(out[175, 40] / 255 - TRAIL_RGB).max() < 0.12


def test_nobody_in_the_picture_is_the_picture():
    away = track(image_px=track().image_px + 5000)
    assert np.array_equal(draw_pose(GREY, away, 0), GREY)
    nobody = track(image_px=np.full((3, 33, 2), np.nan, np.float32))
    assert np.array_equal(draw_pose(GREY, nobody, 0), GREY)


@pytest.mark.parametrize("frame", [-1, 3])
def test_a_frame_that_is_not_there_is_refused(frame):
    with pytest.raises(InputError, match="0 to 2"):
        draw_pose(GREY, track(), frame)


def test_what_is_no_picture_is_refused():
    with pytest.raises(InputError, match="picture"):
        draw_pose(np.zeros((4, 4)), track(), 0)


def ar_scene(kit, **changes):
    scene = SwingScene(kit.session, replace(ar_options(kit.options()), **changes))
    scene.set_video_frame(np.full((320, 240, 3), 60, np.uint8))
    scene.set_time(1.5)
    return scene


def test_the_trail_lies_on_the_head_in_the_video(stage, kit):
    image = stage.render(ar_scene(kit, plane=False, skeleton=False, holdout=False, figure=False), kit.session.camera)
    assert (image[5, 5] == 60).all(), "the video is seen where nothing lies over it"
    path = kit.session.club.head_m[280:350:5]
    u, v = (kit.session.camera.project(path) - 0.5).round().astype(int).T
    inside = (u >= 0) & (u < 240) & (v >= 0) & (v < 320)
    assert inside.sum() > 5
    assert (np.abs(image[v[inside], u[inside]].astype(int) - 60).max(1) > 40).all()


def test_the_golfer_in_the_video_hides_what_lies_behind(stage, kit):
    behind = PinholeCamera.look_at(
        position_m=(0.4, 4.5, 1.6), target_m=(0, 0.4, 0.9), width_px=240, height_px=320, vertical_fov_rad=0.75
    )
    with_mask = stage.render(ar_scene(kit, skeleton=False), behind)
    without = stage.render(ar_scene(kit, skeleton=False, holdout=False, figure=False), behind)
    hidden = np.abs(with_mask.astype(int) - without).max(2) > 4
    assert 20 < hidden.sum() < 0.2 * hidden.size
    assert (np.abs(with_mask[hidden].astype(int) - 60).max(1) <= 1).mean() > 0.5, "the video itself is seen there"


def test_the_backdrop_keeps_its_shape_in_a_wide_picture(stage, kit):
    from twinswing.stage.cameras import named_camera
    from twinswing.stage.offscreen import OffscreenStage

    scene = ar_scene(kit, plane=False, skeleton=False, holdout=False, figure=False, trail=False)
    with OffscreenStage(400, 200, msaa=0) as wide:
        image = wide.render(scene, named_camera("video", kit.session, 400, 200))
    video = (np.abs(image.astype(int) - 60).max(2) <= 1)[100]
    assert video.sum() == pytest.approx(150, abs=2)  # 200 px high at 240:320
    assert video[200]
    assert not video[10]
    assert (stage.render(scene, kit.session.camera) == 60).all(), "and fills the picture of the video's own shape"
