"""The plant for two eyes: a single pass draws what two passes draw, labels and markers included."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import panda3d.core as p3d
import pytest

from tests.headset.conftest import eyes_at
from tests.stage.plant_kit import small_plant
from twinswing.body.camera import PinholeCamera
from twinswing.headset.frames import Fov
from twinswing.headset.stereo import StereoPicture, StereoSettings, can_single_pass
from twinswing.plant.states import CODE_OF, UnitState
from twinswing.stage import offscreen
from twinswing.stage.material import Quality
from twinswing.stage.plant_scene import PlantOptions, PlantScene
from twinswing.stage.plant_view import PlantView

EYE_PX = (320, 320)
# An eye's field as headsets have it: wider outward than toward the nose.
FOVS = (Fov(-0.85, 0.75, 0.75, -0.85), Fov(-0.75, 0.85, 0.75, -0.85))


@pytest.fixture(scope="module")
def host() -> p3d.GraphicsOutput:
    context = offscreen._context()
    context.engine.render_frame()
    return context.host


@pytest.fixture
def pictures(host) -> Iterator[list[StereoPicture]]:
    if not can_single_pass(host.gsg):
        pytest.skip("this driver lacks GL_ARB_shader_viewport_layer_array")
    made = [
        StereoPicture(host, EYE_PX, StereoSettings(Quality(shadow_px=0), 0.08, 400.0, single_pass=single))
        for single in (True, False)
    ]
    yield made
    for picture in made:
        picture.close()


def shown(position, heading_rad: float, pictures: list[StereoPicture]) -> list[tuple[np.ndarray, np.ndarray]]:
    plant = small_plant()
    scene = PlantScene(plant, PlantOptions(quality=Quality(shadow_px=0), mark_edge=(0.7, 0.7)))
    states = np.full(len(plant.units), CODE_OF[UnitState.RUNNING], dtype=np.uint8)
    priorities = np.where(np.arange(len(plant.units)) == 2, 3, 0).astype(np.int8)
    view = replace(PlantView.blank(plant), states=states, priorities=priorities, unacknowledged=priorities > 0)
    scene.show(view)
    ahead = np.array([-np.sin(heading_rad), np.cos(heading_rad), 0.0])
    centre = PinholeCamera.look_at(
        position_m=position, target_m=np.array(position) + ahead, width_px=EYE_PX[0], height_px=EYE_PX[1],
        vertical_fov_rad=1.5,
    )  # fmt: skip
    scene.look_from(centre)
    eyes = eyes_at(position, heading_rad, fovs=FOVS)
    out = []
    for picture in pictures:
        picture.show(scene)
        picture.draw(scene, eyes)
        out.append(picture.read())
    return out


def red(picture: np.ndarray) -> np.ndarray:
    levels = picture.astype(int)
    return np.argwhere((levels[..., 0] > 150) & (levels[..., 1] < 90) & (levels[..., 2] < 90))


def test_a_single_pass_shows_what_two_passes_show(pictures):
    single, double = shown((14.0, -4.0, 1.6), 0.0, pictures)
    for one, two in zip(single, double, strict=True):
        assert (np.abs(one.astype(int) - two).max(-1) > 8).mean() < 2e-3
        assert len(red(one)) > 100


def test_both_eyes_see_a_marker_out_of_sight_in_one_direction(pictures):
    """At the edge it lies in the same direction from each eye, as far things do: eyes need not squint."""
    _, (left, right) = shown((14.0, -4.0, 1.6), 2.2, pictures)
    tangents = []
    for picture, fov in zip((left, right), FOVS, strict=True):
        spots = red(picture)
        assert len(spots) > 20
        share = (spots[:, 1].mean() + 0.5) / EYE_PX[0]
        tangents.append(np.tan(fov.left_rad) + share * (np.tan(fov.right_rad) - np.tan(fov.left_rad)))
    assert abs(tangents[0] - tangents[1]) < 0.012
