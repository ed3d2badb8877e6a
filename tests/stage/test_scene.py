"""What is seen is what the session says: shadow, trail, plane, video, toggles."""

from dataclasses import replace

import numpy as np
import panda3d.core as p3d
import pytest

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError
from twinswing.stage.cameras import named_camera
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import PARTS, SwingScene
from twinswing.stage.trail import HeadPath, fit_plane, speed_color
from twinswing.swing.model import Event, SwingSession

PLAIN = {"ground": True, "sky": False, "trail": False, "ball": False}


def level(image):
    return image.astype(float).mean(2)


def test_the_shadow_falls_away_from_the_sun(stage, kit):
    above = PinholeCamera.look_at(
        position_m=(0, 0.8, 9.0), target_m=(0, 0.8, 0), width_px=240, height_px=320, vertical_fov_rad=0.7
    )
    scene = kit.scene(**PLAIN, figure=True, club=False)
    lit = stage.render(scene, above)
    scene.show("shadows", False)
    flat = stage.render(scene, above)
    darker = level(flat) - level(lit) > 20
    assert darker.sum() > 300
    assert (level(lit) - level(flat)).max() < 3, "a shadow never brightens"
    rows, columns = np.nonzero(darker)
    rays = above.ray(np.stack([columns + 0.5, rows + 0.5], 1))
    ground = above.position_m + rays * (-above.position_m[2] / rays[:, 2:3])
    feet = np.array([0.0, 0.75])
    off = ground[:, :2].mean(0) - feet
    sun = np.array(scene.light.sun_direction)
    away = -sun[:2] / np.linalg.norm(sun[:2])
    assert off @ away / np.linalg.norm(off) > 0.9
    # The shadow ends where the head's centre, followed along the light, meets the ground.
    head = kit.session.body.joints_m[0, JOINT["head"]]
    tip = (head[:2] - feet) @ away + head[2] * np.linalg.norm(sun[:2]) / sun[2]
    assert np.percentile((ground[:, :2] - feet) @ away, 99) == pytest.approx(tip, abs=0.15)


@pytest.fixture(scope="module")
def large():
    with OffscreenStage(720, 960, msaa=4) as made:
        yield made


def test_a_left_handed_golfer_is_lit_from_the_front_too(kit):
    mirrored = replace(kit.session.body, joints_m=kit.session.body.joints_m * [1, -1, 1], handed="left")
    sun = SwingScene(replace(kit.session, body=mirrored), kit.options()).light.sun_direction
    assert sun[1] > 0 > kit.scene().light.sun_direction[1]


def trail_pixels(kit, stage, t_s, at_s):
    """The picture's colours where the trail is at some times, with the playhead at `t_s`."""
    camera = replace(
        kit.face_on, width_px=720, height_px=960, centre_px=(360.0, 450.0), focal_px=kit.face_on.focal_px * 2.25
    )
    scene = kit.scene(ground=False, sky=False, figure=False, club=False, ball=False)
    scene.set_time(t_s)
    image = stage.render(scene, camera)
    path = scene.trail.path
    i = np.searchsorted(path.t_s, at_s)
    u, v = (camera.project(path.head_m[i]) - 0.5).round().astype(int).T
    return image[v, u].astype(float) / 255, path.speed_mps[i], path


def test_the_trail_takes_the_colour_of_its_speed(large, kit):
    back, back_speed, path = trail_pixels(kit, large, 0.95, np.array([0.5, 0.8]))
    down, down_speed, _ = trail_pixels(kit, large, 1.5, np.array([1.08, 1.15, 1.2, 1.4]))
    got, speed = np.concatenate([back, down]), np.concatenate([back_speed, down_speed])
    fraction = speed / path.scale_mps()
    assert fraction.min() < 0.35
    assert fraction.max() > 0.9
    want = speed_color(fraction)
    # The ribbon's middle is lightened toward white by up to 28 %, and the swept surface tints it.
    lightened = want + 0.28 * (1 - want)
    assert np.abs(got - lightened).max() < 0.16
    fastest = got[fraction.argmax()]
    assert fastest.mean() > got[fraction.argmin()].mean() + 0.15


def test_the_trail_is_hidden_past_the_playhead(large, kit):
    # Down and back swing lie on one circle; the follow-through is alone on its side.
    at = np.array([0.6, 1.35, 1.5])
    for t_s, seen in ((0.3, [0, 0, 0]), (1.0, [1, 0, 0]), (1.4, [1, 1, 0]), (1.58, [1, 1, 1])):
        got, _, _ = trail_pixels(kit, large, t_s, at)
        assert (got.mean(1) > 0.12).astype(int).tolist() == seen, t_s


def test_a_session_that_starts_late_has_a_trail_too(stage, kit):
    late = 1.7e5
    club = replace(kit.session.club, t_s=kit.session.club.t_s + late)
    body = replace(kit.session.body, t_s=kit.session.body.t_s + late)
    later = SwingScene(replace(kit.session, club=club, body=body, events={}), kit.options())
    scene = kit.scene()
    scene.set_time(1.2)
    later.set_time(late + 1.2)
    a, b = stage.render(scene, kit.face_on).astype(int), stage.render(later, kit.face_on).astype(int)
    assert np.abs(a - b).mean() < 0.2


def test_speed_colours_get_lighter_with_speed():
    light = speed_color(np.linspace(0, 1, 50)) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) > 0).all()


def test_the_path_has_the_speed_of_the_motion(kit):
    path = HeadPath.from_motion(kit.session.club)
    radius = np.linalg.norm([0.0, 0.55, 1.35])
    down = (path.t_s > 1.05) & (path.t_s < 1.2)
    assert np.allclose(path.speed_mps[down], np.radians(200) / 0.25 * radius, rtol=0.02)


def test_the_trail_is_that_of_the_swing_where_its_ends_are_known(kit):
    events = {**kit.session.events, "address": Event(48, 0.25, 1.0), "finish": Event(336, 1.2, 1.0)}
    path = SwingScene(replace(kit.session, events=events), kit.options()).trail.path
    assert path.t_s[0] == pytest.approx(0.15, abs=0.01)
    assert path.t_s[-1] == pytest.approx(1.5, abs=0.01)
    odd = {"address": Event(0, 9.0, 1.0), "finish": Event(0, 8.0, 1.0)}
    assert len(SwingScene(replace(kit.session, events=odd), kit.options()).trail.path.t_s) > 100


def test_the_fitted_plane_is_the_plane_of_the_circle(kit):
    plane = fit_plane(HeadPath.from_motion(kit.session.club), kit.session.events)
    hub = np.array([0.0, 0.55, 1.35])
    normal = np.cross(hub, [1.0, 0.0, 0.0])
    normal /= np.linalg.norm(normal)
    assert abs(plane.normal @ normal) > np.cos(np.radians(0.5))
    assert np.allclose(plane.centre_m, hub, atol=0.03)
    assert plane.residual_m < 0.005


def test_too_little_movement_has_no_plane(kit):
    club = kit.session.club
    still = replace(club, head_m=np.repeat(club.head_m[:1], len(club.t_s), 0))
    assert fit_plane(HeadPath.from_motion(still), {}) is None
    SwingScene(replace(kit.session, club=still), kit.options())


@pytest.mark.parametrize("samples", [1, 2, 3, 5])
def test_a_motion_of_a_few_samples_is_drawn(stage, kit, samples):
    club = kit.session.club
    names = ("t_s", "butt_m", "quaternion", "head_m", "sigma_m", "sigma_rad")
    cut = replace(club, **{name: getattr(club, name)[:samples] for name in names})
    scene = SwingScene(replace(kit.session, club=cut), kit.options(plane=True))
    scene.set_time(0.0)
    stage.render(scene, kit.face_on)


@pytest.mark.parametrize("width", [101, 102, 64])
def test_a_video_frame_keeps_its_colours_and_its_way_up(stage, kit, width):
    frame = np.zeros((60, width, 3), dtype=np.uint8)
    frame[:30, : width // 2] = (250, 10, 20)
    frame[:30, width // 2 :] = (10, 240, 30)
    frame[30:] = (20, 30, 230)
    scene = SwingScene(SwingSession(), kit.options(backdrop=True, ground=False, sky=False, ball=False))
    scene.set_video_frame(frame)
    image = stage.render(scene, kit.face_on)
    assert np.abs(image[40, 30].astype(int) - (250, 10, 20)).max() <= 2
    assert np.abs(image[40, 210].astype(int) - (10, 240, 30)).max() <= 2
    assert np.abs(image[290, 120].astype(int) - (20, 30, 230)).max() <= 2


def test_the_screen_in_the_scene_shows_the_video(stage, kit):
    scene = kit.scene(screen=True)
    scene.set_video_frame(np.full((64, 36, 3), (240, 20, 200), dtype=np.uint8))
    image = stage.render(scene, named_camera("face-on", kit.session, 240, 320)).astype(int)
    assert (np.abs(image - (240, 20, 200)).max(2) < 4).sum() > 500


@pytest.mark.parametrize("frame", [np.zeros((4, 4)), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_video_frame_is_refused(kit, frame):
    with pytest.raises(InputError, match="video frame"):
        kit.scene().set_video_frame(frame)


def test_the_ball_is_gone_once_it_is_struck(stage, kit):
    scene = kit.scene(ground=False, sky=False, figure=False, club=False, trail=False)
    lit = []
    for t_s in (1.2, 1.3, 1.2):
        scene.set_time(t_s)
        lit.append(int((level(stage.render(scene, kit.face_on)) > 100).sum()))
    assert lit[0] > 3
    assert lit[1] == 0
    assert lit[2] == lit[0]


@pytest.mark.parametrize("part", [p for p in PARTS if p not in {"holdout", "shadows", "backdrop"}])
def test_every_part_can_be_turned_off_and_on(stage, kit, part):
    scene = kit.scene(plane=True, skeleton=True, screen=True)
    scene.set_time(1.2)
    camera = named_camera("face-on", kit.session, 240, 320)
    scene.show(part, True)
    on = stage.render(scene, camera)
    scene.show(part, False)
    off = stage.render(scene, camera)
    scene.show(part, True)
    assert not np.array_equal(on, off)
    assert np.array_equal(stage.render(scene, camera), on)


def test_a_part_that_is_hidden_while_time_passes_is_in_its_place_when_shown(stage, kit):
    scene, hidden = kit.scene(skeleton=True), kit.scene(skeleton=True)
    for part in ("figure", "skeleton", "club"):
        hidden.show(part, False)
    for made in (scene, hidden):
        made.set_time(1.3)
    for part in ("figure", "skeleton", "club"):
        hidden.show(part, True)
    assert np.array_equal(stage.render(scene, kit.face_on), stage.render(hidden, kit.face_on))


def test_the_same_time_gives_the_same_picture_whatever_came_before(stage, kit):
    scene = kit.scene(plane=True, skeleton=True)
    scene.set_time(1.3)
    first = stage.render(scene, kit.face_on)
    for t_s in (0.0, 1.6, -5.0, 99.0, 0.7):
        scene.set_time(t_s)
        stage.render(scene, kit.face_on)
    scene.set_time(1.3)
    assert np.array_equal(stage.render(scene, kit.face_on), first)


def test_the_real_golfer_and_club_follow_the_motion(stage, kit):
    joints = kit.session.body.joints_m.copy()
    joints[200:, :, 0] += 0.5
    session = replace(kit.session, body=replace(kit.session.body, joints_m=joints))
    scene = SwingScene(session, replace(kit.options(), **_real(), ground=False, sky=False, trail=False, ball=False))
    middles = []
    for t_s in (0.1, 1.0):
        scene.set_time(t_s)
        scene.show("club", False)
        image = level(stage.render(scene, kit.face_on))
        middles.append(np.nonzero(image > 25)[1].mean())
    per_m = kit.face_on.focal_px / 4.8
    assert middles[1] - middles[0] == pytest.approx(0.5 * per_m, abs=0.12 * per_m)


def _real():
    from twinswing.stage.scene import SceneOptions

    return {"make_figure": SceneOptions().make_figure, "make_club": SceneOptions().make_club}


def test_nothing_recorded_still_gives_a_range(stage, kit):
    scene = SwingScene(SwingSession(), kit.options())
    scene.set_time(0.0)
    assert stage.render(scene, kit.face_on).std() > 10
    assert not scene.shown("figure")
    scene.show("trail", True)
    assert not scene.shown("trail")


def test_an_unknown_part_is_refused(kit):
    with pytest.raises(InputError, match="clouds"):
        kit.scene().show("clouds", True)


def test_motion_blur_is_the_mean_in_linear_light(kit):
    """A bar that is lit in half of the sub-frames shows half of the light, not half of the pixel value."""
    scene = kit.scene(ground=False, sky=False, figure=False, club=False, ball=False, trail=False, backdrop=True)

    class Flicker(SwingScene):
        def set_time(self, t_s):
            value = 255 if t_s > 0.5 else 0
            self.video.set_frame(np.full((8, 8, 3), value, dtype=np.uint8))

    flicker = Flicker(SwingSession(camera=kit.face_on), scene.options)
    with OffscreenStage(240, 320, msaa=0) as stage:
        for count in (2, 8, 40):
            image = stage.render_accumulated(flicker, kit.face_on, [i % 2 for i in range(count)])
            assert np.abs(image.astype(int) - round(255 * 0.5 ** (1 / 2.2))).max() <= 1


def test_motion_blur_smears_the_fast_head_and_keeps_the_still_ground(kit):
    scene = kit.scene(trail=False)
    with OffscreenStage(240, 320, msaa=0) as stage:
        scene.set_time(1.15)
        sharp = stage.render(scene, kit.face_on).astype(int)
        blurred = stage.render_accumulated(scene, kit.face_on, np.linspace(1.145, 1.155, 8)).astype(int)
        once = stage.render_accumulated(scene, kit.face_on, [1.15]).astype(int)
    assert np.abs(once - sharp).max() <= 1
    still = np.abs(blurred - sharp).mean(2)[280:, :]
    assert still.mean() < 4
    assert np.abs(blurred - sharp).max() > 40


def test_moving_a_scene_in_time_is_quick(kit):
    """The CPU part of a frame is set_time and Panda3D's cull; both must leave room within 4 ms."""
    scene = kit.scene(plane=True, skeleton=True)
    clock = p3d.TrueClock.get_global_ptr()
    spent = []
    for i in range(60):
        start = clock.get_short_time()
        scene.set_time(i * 0.025)
        spent.append(clock.get_short_time() - start)
    assert min(spent) < 0.004
