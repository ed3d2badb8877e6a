"""Both eyes' pictures: a single pass against two, and each against the stage's own picture from the same pose."""

import shutil
from collections.abc import Iterator

import numpy as np
import panda3d.core as p3d
import pytest

from tests.headset.conftest import WIDE, eyes_at, looking_from
from twinswing.body.camera import PinholeCamera
from twinswing.headset.frames import Eye, Fov
from twinswing.headset.stereo import StereoPicture, StereoSettings
from twinswing.stage import geom, offscreen, shaders
from twinswing.stage.material import Material, Quality, apply_material
from twinswing.stage.scene import SwingScene
from twinswing.stage.stereo_source import stereo_fragment, stereo_vertex

EYE_PX = (320, 320)
# The two passes and the single one are different programs: a rounding of the last bit moves an edge's coverage.
CLOSE = 8


@pytest.fixture(scope="module")
def host() -> p3d.GraphicsOutput:
    context = offscreen._context()
    context.engine.render_frame()
    return context.host


@pytest.fixture
def pictures(host: p3d.GraphicsOutput) -> Iterator[tuple[StereoPicture, StereoPicture]]:
    """A picture drawn in a single pass, and one in two."""
    # The stage's own near and far, so that its depth buffer rounds as this one does.
    made = [
        StereoPicture(host, EYE_PX, StereoSettings(Quality(), 0.08, 400.0, single_pass=single))
        for single in (True, False)
    ]
    yield made[0], made[1]
    for picture in made:
        picture.close()


def drawn(picture: StereoPicture, scene: SwingScene, eyes: tuple[Eye, Eye]) -> tuple[np.ndarray, np.ndarray]:
    picture.show(scene)
    picture.draw(scene, eyes)
    return picture.read()


def assert_same(a: np.ndarray, b: np.ndarray, close: int = CLOSE, share: float = 1e-3) -> None:
    off = np.abs(a.astype(int) - b).max(-1)
    assert (off > close).mean() <= share
    assert off.mean() < 0.05


@pytest.mark.parametrize("program", [(name, *defines) for name, defines in shaders.variants()], ids=" ".join)
def test_every_variant_compiles_for_both_eyes(host, program):
    assert offscreen.driver_accepts(shaders.load_stereo(*program))


@pytest.mark.skipif(shutil.which("glslangValidator") is None, reason="apt install glslang-tools")
@pytest.mark.parametrize("variant", [("lit", ("INSTANCED",)), ("sky", ()), ("plane", ())], ids=str)
def test_the_reference_compiler_takes_the_source_for_both_eyes(variant, tmp_path):
    import subprocess

    vertex, fragment = shaders.sources(*variant)
    (tmp_path / "s.vert").write_text(stereo_vertex(vertex.text))
    (tmp_path / "s.frag").write_text(stereo_fragment(fragment.text))
    tool = ["glslangValidator", "-l", str(tmp_path / "s.vert"), str(tmp_path / "s.frag")]
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_single_pass_shows_what_two_passes_show(pictures, scene):
    for part in ("plane", "skeleton", "screen"):
        scene.show(part, True)
    eyes = eyes_at(fovs=(Fov(-0.8, 0.7, 0.7, -0.75), Fov(-0.7, 0.8, 0.7, -0.75)))
    single, two = (drawn(picture, scene, eyes) for picture in pictures)
    for a, b in zip(single, two, strict=True):
        assert_same(a, b)
    # The golfer stands 2.7 m away: the eyes' pictures differ by much more than the two ways do.
    assert np.abs(single[0].astype(int) - single[1]).mean() > 1.0


def test_each_eye_shows_what_the_stage_shows_from_there(pictures, scene):
    eyes = eyes_at((0.3, -2.0, 1.5), heading_rad=0.1)
    focal = EYE_PX[0] / (2 * np.tan(WIDE.right_rad))
    with offscreen.OffscreenStage(*EYE_PX) as stage:
        expected = []
        for eye in eyes:
            position, target = looking_from(eye)
            camera = PinholeCamera.look_at(
                position_m=position, target_m=target, width_px=EYE_PX[0], height_px=EYE_PX[1],
                vertical_fov_rad=float(2 * np.arctan(EYE_PX[1] / 2 / focal)),
            )  # fmt: skip
            expected.append(stage.render(scene, camera))
    for picture in pictures:
        for got, wanted in zip(drawn(picture, scene, eyes), expected, strict=True):
            assert_same(got, wanted)


def test_instanced_things_stand_in_both_eyes_and_follow_their_count(pictures, scene):
    box = p3d.NodePath(geom.sphere("many", 0.1))
    apply_material(box, Material((0.9, 0.1, 0.1)), instanced=True)
    count = 6
    rows = np.zeros((count, 4, 4), dtype=np.float32)
    rows[:, :3, :3] = np.eye(3)
    rows[:, 0, 3], rows[:, 1, 3], rows[:, 2, 3] = np.linspace(-1, 1, count), 0.0, 1.9
    rows[:, 3] = [0.8, 0.1, 0.1, 0.6]
    texture = p3d.Texture("instances")
    texture.setup_buffer_texture(4 * count, p3d.Texture.T_float, p3d.Texture.F_rgba32, p3d.GeomEnums.UH_static)
    # Panda3D keeps blue first.
    texture.set_ram_image(np.ascontiguousarray(rows[..., [2, 1, 0, 3]]).tobytes())
    box.set_shader_input("instances", texture)
    box.set_instance_count(2)
    box.reparent_to(scene.root)
    eyes = eyes_at()
    few = [drawn(picture, scene, eyes) for picture in pictures]
    box.set_instance_count(count)
    many = []
    for picture in pictures:
        picture.draw(scene, eyes)
        many.append(picture.read())
    for pair in (few, many):
        for a, b in zip(*pair, strict=True):
            assert_same(a, b)
    assert all(np.abs(a.astype(int) - b).mean() > 0.3 for a, b in zip(few[0], many[0], strict=True))


def test_the_head_is_asked_for_once_more_after_culling(pictures, scene):
    single = pictures[0]
    before, after = eyes_at((0.0, -2.2, 1.6)), eyes_at((0.02, -2.2, 1.61))
    expected = drawn(single, scene, after)
    asked = []

    def latch() -> tuple[Eye, Eye]:
        asked.append(1)
        return after

    single.latch = latch
    single.draw(scene, before)
    assert asked == [1]
    for got, wanted in zip(single.read(), expected, strict=True):
        assert_same(got, wanted, close=0)


def test_nothing_drawn_leaves_the_real_world_to_be_seen(pictures, scene):
    for part in ("ground", "sky"):
        scene.show(part, False)
    for picture in pictures:
        picture.show(scene)
        picture.draw(scene, eyes_at())
        picture._engine.extract_texture_data(picture.texture, picture.host.gsg)
        raw = np.frombuffer(memoryview(picture.texture.get_ram_image()), dtype=np.uint8)
        alpha = raw.reshape(EYE_PX[1], 2 * EYE_PX[0], 4)[..., 3]
        assert alpha[0].max() == 0
        assert alpha.max() == 255
