"""The picture is the pinhole camera's, the shadow lies where the sun says, and several stages live at once."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import panda3d.core as p3d
import pytest

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError, MissingPartError
from twinswing.stage import geom, offscreen
from twinswing.stage.cameras import named_camera
from twinswing.stage.material import Light, Material, Quality, apply_material
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SwingScene
from twinswing.truth.build import make_swing
from twinswing.truth.session import session_of

POINTS_M = np.array([[0.0, 0.0, 0.0], [0.5, 0.4, 0.2], [-0.6, 0.9, 1.3], [0.4, 1.5, 2.0], [-0.3, -0.5, 0.9]])


class Dots:
    """Small glowing balls on black."""

    def __init__(self, points_m, radius_m=0.03):
        self.root = p3d.NodePath("dots")
        Light().apply(self.root)
        self.points = [self.root.attach_new_node(geom.sphere("dot", radius_m, rings=16)) for _ in points_m]
        for node, point in zip(self.points, points_m, strict=True):
            node.set_pos(*point)
            apply_material(node, Material((1.0, 1.0, 1.0), 1.0, emission=50.0))
        texture = p3d.Texture()
        texture.setup_2d_texture(1, 1, p3d.Texture.T_float, p3d.Texture.F_depth_component)
        self.root.set_shader_inputs(
            shadow_map=texture, shadow_matrix=p3d.LMatrix4f.ident_mat(), shadow_params=p3d.LVecBase4f(0)
        )

    def set_time(self, t_s):
        self.points[0].set_x(t_s)

    def fit_picture(self, width_px, height_px):
        """Dots have no backdrop."""

    def bind_shadows(self, shadows):
        """Dots cast none."""


def cameras():
    base = PinholeCamera.look_at(
        position_m=(0.7, -4.2, 1.5), target_m=(0.0, 0.5, 0.9), width_px=240, height_px=320,
        vertical_fov_rad=np.radians(40.0),
    )  # fmt: skip
    roll = np.array([[np.cos(0.2), -np.sin(0.2), 0], [np.sin(0.2), np.cos(0.2), 0], [0, 0, 1]])
    return {
        "centred": base,
        "off-centre": replace(base, centre_px=(90.5, 171.0)),
        "rolled": replace(base, rotation=roll @ base.rotation, centre_px=(130.0, 140.0)),
        "narrow": replace(base, focal_px=base.focal_px * 1.1),
    }


@pytest.mark.parametrize("name", cameras())
def test_world_points_land_where_the_pinhole_camera_says(stage, name):
    camera = cameras()[name]
    want = camera.project(POINTS_M)
    for point, (u, v) in zip(POINTS_M, want, strict=True):
        image = stage.render(Dots([point]), camera).astype(float).mean(2) - 73.0
        weight = np.clip(image, 0, None)
        rows, columns = np.mgrid[0:320, 0:240] + 0.5
        got = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
        # A sphere's picture is an ellipse whose middle lies off its centre by a few hundredths of a pixel here.
        assert np.abs(got - [u, v]).max() < 0.5, (point, got, (u, v))
        assert np.abs(got - [u, v]).max() < 0.25


def test_a_camera_of_another_size_is_refused(stage, kit):
    with pytest.raises(InputError, match="240x320"):
        stage.render(kit.scene(), replace(kit.face_on, width_px=100))


@pytest.mark.parametrize("size", [(0, 10), (10, -1), (10_000, 10)])
def test_an_impossible_size_is_refused(size):
    with pytest.raises(InputError, match="expected a picture"):
        OffscreenStage(*size)


def test_two_stages_and_two_scenes_do_not_disturb_one_another(stage, kit):
    one, two = kit.scene(), kit.scene(trail=False)
    one.set_time(1.4)
    alone = stage.render(one, kit.face_on)
    with OffscreenStage(240, 320, quality=Quality(msaa=0)) as other:
        other.render(one, kit.face_on)
        stage.render(two, kit.face_on)
        other.render(two, kit.face_on)
        assert np.array_equal(stage.render(one, kit.face_on), alone)
    assert np.array_equal(stage.render(one, kit.face_on), alone)
    one.set_time(0.2)
    assert not np.array_equal(stage.render(one, kit.face_on), alone), "still draws after the other closed"


def test_the_next_scene_is_shaded_the_same_after_other_stages_came_and_went(kit):
    def picture(drawn_by, t_s):
        scene = kit.scene()
        scene.set_time(t_s)
        return drawn_by.render(scene, kit.face_on)

    filmed = session_of(make_swing())  # with a golfer and a club of many textures, unlike the stand-ins
    with OffscreenStage(240, 320) as stage:
        before = picture(stage, 1.2)
        for _ in range(2):
            with OffscreenStage(240, 320) as other:
                other.render(SwingScene(filmed), named_camera("face-on", filmed, 240, 320))
            assert np.array_equal(picture(stage, 1.2), before)


def test_pictures_outlive_the_next_frame(stage, kit):
    scene = kit.scene()
    first = stage.render(scene, kit.face_on)
    kept = first.copy()
    scene.set_time(1.4)
    second = stage.render(scene, kit.face_on)
    assert np.array_equal(first, kept)
    assert not np.array_equal(first, second)


BESIDE_A_WINDOW = """
import sys
import numpy as np
import panda3d.core as p3d
p3d.load_prc_file_data("test", "load-display p3headlessgl\\ngl-version 3 2\\naudio-library-name null")
from direct.showbase.ShowBase import ShowBase
from twinswing.stage.cameras import named_camera
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SwingScene
from twinswing.swing.model import SwingSession

base = ShowBase(windowType="offscreen")
scene = SwingScene(SwingSession())
camera = named_camera("face-on", scene.session, 96, 64)
pictures = []
for beside in (None, base.win):
    with OffscreenStage(96, 64, beside=beside) as stage:
        base.graphicsEngine.render_frame()
        pictures.append(stage.render(scene, camera).astype(int))
        base.graphicsEngine.render_frame()
assert pictures[0].std() > 5
assert np.abs(pictures[0] - pictures[1]).max() <= 1
base.graphicsEngine.render_frame()
print("both drew")
"""


def test_a_stage_lives_beside_a_window_on_its_own_engine_or_on_the_windows():
    # ShowBase puts itself into builtins, so it gets a process of its own.
    done = subprocess.run(
        [sys.executable, "-c", BESIDE_A_WINDOW], check=False, capture_output=True, text=True, timeout=120
    )
    assert "both drew" in done.stdout, done.stderr[-2000:]


def test_without_a_driver_the_packages_are_named(monkeypatch):
    class Selection:
        @staticmethod
        def get_global_ptr():
            return SimpleNamespace(make_module_pipe=lambda module: None)

    fake = SimpleNamespace(GraphicsPipeSelection=Selection, load_prc_file_data=lambda name, text: None)
    monkeypatch.setattr(offscreen, "p3d", fake)
    monkeypatch.setattr(offscreen, "pipe_of", offscreen.pipe_of.__wrapped__)
    with pytest.raises(MissingPartError, match=r"libegl1 libgl1 libglib2\.0-0"):
        offscreen._pipe.__wrapped__()


def test_edges_are_smooth_with_samples_and_hard_without(kit):
    """A dark limb over bright sky has in-between pixels only where the driver really takes several samples."""
    scene = kit.scene(ground=False, sky=False, figure=False, club=False, ball=True, trail=False)
    near = PinholeCamera.look_at(
        position_m=(0, -0.15, 0.05), target_m=(0, 0, 0.02), width_px=120, height_px=120, vertical_fov_rad=0.5
    )
    between = []
    for msaa in (0, 4):
        with OffscreenStage(120, 120, quality=Quality(msaa=msaa, shadow_px=0)) as stage:
            image = stage.render(scene, near).astype(float).mean(2)
        ball, ground = image[60, 60], image[0, 0]
        edge = (image > ground + 0.15 * (ball - ground)) & (image < ground + 0.35 * (ball - ground))
        between.append(int(edge.sum()))
    assert between[1] > between[0] + 30
