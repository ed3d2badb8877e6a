"""The plant as pictures: kept ones on Mesa's software renderer, and what must hold on any driver.

A picture that has changed on purpose is looked at and then kept anew: set TWINSWING_KEEP_PICTURES=1 and run this file.
"""

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.stage.plant_kit import small_plant
from twinswing.plant.states import CODE_OF, UnitState
from twinswing.stage import plant_cameras
from twinswing.stage.material import Quality
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.plant_scene import PlantOptions, PlantScene
from twinswing.stage.plant_view import Heat, Pieces, PlantView, Section, Tape, Way
from twinswing.stage.snapshot import save_png

KEPT = Path(__file__).parent / "pictures"
RMS_LEVELS = 2.5
PX = (360, 240)
PLANT = small_plant()
MILL, INSERT, CALIBRATE = 2, 5, 8


def quiet() -> PlantView:
    """All runs."""
    view = PlantView.blank(PLANT)
    running = np.full(len(PLANT.units), CODE_OF[UnitState.RUNNING], dtype=np.uint8)
    return replace(view, states=running, fill=np.array([13.0, 12.0]))


def troubled() -> PlantView:
    """A mill has failed, an inserter is held, a calibrator has a low alarm; one unit is not heard of."""
    view = quiet()
    states = view.states.copy()
    states[[MILL, INSERT, 7]] = [CODE_OF[s] for s in (UnitState.FAILED, UnitState.HELD, UnitState.UNKNOWN)]
    priorities = view.priorities.copy()
    priorities[[MILL, INSERT, CALIBRATE]] = [3, 2, 1]
    unseen = view.unacknowledged.copy()
    unseen[MILL] = True
    texts = list(view.alarm_texts)
    texts[MILL] = "Spindle bearing shakes"
    return replace(view, states=states, priorities=priorities, unacknowledged=unseen, alarm_texts=tuple(texts))


@pytest.fixture(scope="module")
def scene():
    return PlantScene(PLANT, PlantOptions(quality=Quality(msaa=4, shadow_px=1024)))


@pytest.fixture(scope="module")
def picture(scene):
    with OffscreenStage(*PX, quality=scene.options.quality) as stage:

        def draw(view: PlantView, camera, keep: str = "") -> np.ndarray:
            scene.show(view)
            pinhole = camera.pinhole(*PX)
            scene.look_from(pinhole)
            out = stage.render(scene, pinhole).copy()
            if keep and "llvmpipe" not in stage.driver:
                pytest.skip(f"kept pictures are those of llvmpipe, and this machine draws with {stage.driver}")
            return out

        yield draw


def hued(picture: np.ndarray, red: bool = False) -> np.ndarray:
    """Which pixels have a strong hue (or a red one)."""
    levels = picture.astype(int)
    if red:
        return (levels[..., 0] > 150) & (levels[..., 1] < 90) & (levels[..., 2] < 90)
    return np.ptp(levels, axis=-1) > 60


CASES = {
    "plant-overview": (troubled, "overview", {}),
    "plant-unit": (troubled, PLANT.units[MILL].path, {"chosen": frozenset([MILL])}),
    "plant-walk": (troubled, "walk", {"pieces": Pieces(np.array([[9.0, 12.0, 0, 0.3]]), np.array([True]))}),
    "plant-heat": (quiet, "overview", {"heat": Heat(np.linspace(290.0, 380.0, 18), 290.0, 380.0, "temperature", "K")}),
    "plant-xray": (
        troubled, "overview",
        {"xray": True, "followed": frozenset([MILL, 4]), "way": Way(((14.6, 5.4), (20.0, 6.8), (25.8, 4.6)), 5.0)},
    ),
    "plant-section": (
        troubled, "hot", {"section": Section.above(1.4), "tape": Tape((10.0, 1.0, 0.02), (20.0, 1.0, 0.02))},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_picture_is_as_it_was_kept(picture, tmp_path, name):
    make, view, changes = CASES[name]
    actual = picture(replace(make(), **changes), plant_cameras.plant_camera(PLANT, view, *PX), keep=name)
    path = KEPT / f"{name}.png"
    if os.environ.get("TWINSWING_KEEP_PICTURES"):
        save_png(path, actual)
    expected = cv2.imread(str(path))[..., ::-1]
    difference = actual.astype(float) - expected
    rms = float(np.sqrt((difference**2).mean()))
    if rms > RMS_LEVELS:
        save_png(tmp_path / "expected.png", expected)
        save_png(tmp_path / "actual.png", actual)
        save_png(tmp_path / "difference.png", np.clip(128 + difference, 0, 255).astype(np.uint8))
    assert rms <= RMS_LEVELS, f"{name} differs by {rms:.1f} levels; see {tmp_path}"


def test_a_plant_in_order_is_grey_all_over(picture):
    shown = picture(replace(quiet(), labels=False), plant_cameras.overview(PLANT, *PX))
    assert hued(shown).mean() < 0.001


def test_what_failed_is_red_where_it_stands(picture):
    camera = plant_cameras.overview(PLANT, *PX)
    shown = picture(replace(troubled(), labels=False), camera)
    rows, columns = np.nonzero(hued(shown, red=True))
    spot = camera.pinhole(*PX).project(np.add(PLANT.units[MILL].position_m, (0, 0, 1.5)))
    assert len(rows) > 30
    assert abs(columns - spot[0]).max() < 45
    assert abs(rows - spot[1]).max() < 45


def test_a_view_leaves_nothing_behind(picture):
    camera = plant_cameras.overview(PLANT, *PX)
    first = picture(quiet(), camera)
    for changes in (CASES["plant-xray"][2], CASES["plant-section"][2], CASES["plant-heat"][2]):
        picture(replace(troubled(), hovered=3, hovered_buffer=1, dimmed=np.ones(18, dtype=bool), **changes), camera)
    assert np.array_equal(picture(quiet(), camera), first)


def test_a_marker_is_seen_through_what_stands_before_it(picture):
    # The mill's marker, from behind the furnace and the press.
    eye = plant_cameras.standing((0.4, 3.2, 1.2), 0.0)
    shown = picture(replace(troubled(), labels=False), eye)
    assert hued(shown, red=True).sum() > 60


@pytest.mark.parametrize("heading", [0.0, 1.3, 2.6, -2.6, -1.3])
def test_a_marker_out_of_sight_waits_at_the_edge_on_its_side(picture, heading):
    view = replace(quiet(), labels=False, priorities=troubled().priorities * (np.arange(18) == MILL))
    view = replace(view, unacknowledged=view.priorities > 0)
    at = np.array(PLANT.units[MILL].position_m)
    # Standing 12 m away, looking past the mill by 100 degrees or more to either side.
    eye = (float(at[0]) + 1.0, 14.0, 1.65)
    toward = np.arctan2(at[1] - eye[1], at[0] - eye[0])
    camera = plant_cameras.standing(eye, float(toward + heading))
    shown = picture(view, camera)
    rows, columns = np.nonzero(hued(shown, red=True))
    assert len(rows) > 40, "the marker is not in the picture"
    assert columns.min() > 0
    assert columns.max() < PX[0] - 1
    if abs(heading) > 1.0:  # the mill is to the right where one looks to its left, and the other way round
        side = columns.mean() - PX[0] / 2
        assert side * heading > 0
        assert abs(side) > 0.3 * PX[0]


def test_acknowledged_is_told_by_shape(picture):
    camera = plant_cameras.approach(PLANT.units[MILL], *PX)
    view = replace(troubled(), labels=False)
    filled = hued(picture(view, camera), red=True).sum()
    hollow = hued(picture(replace(view, unacknowledged=np.zeros(18, dtype=bool)), camera), red=True).sum()
    assert hollow < filled


def test_a_fuller_buffer_shows_more(picture, scene):
    def crates(level: float) -> int:
        scene.show(replace(quiet(), fill=np.array([level, np.nan])))
        rows = scene.copies.buffer.rows[scene.copies.standing : scene.copies.standing + 24]
        return int((rows[:, 14] >= 0).sum())

    assert [crates(level) for level in (0, 1, 12, 23, 24, 99)] == [0, 1, 12, 23, 24, 24]
    assert crates(np.nan) == 0


def test_labels_come_near_and_alarms_are_read_from_afar(scene):
    def names(view: PlantView, camera) -> set[str]:
        scene.show(view)
        scene.look_from(camera.pinhole(*PX))
        return {said.name for _, said in scene.labels._shown}

    far = plant_cameras.overview(PLANT, *PX)
    assert "Press 1" not in names(quiet(), far)
    assert "Mill 1" in names(troubled(), far)
    assert "Press 1" in names(quiet(), plant_cameras.approach(PLANT.units[0], *PX))
    assert names(replace(quiet(), labels=False), far) == set()
    assert "10.00 m" in names(replace(quiet(), tape=CASES["plant-section"][2]["tape"]), far)


def test_no_label_of_a_unit_in_order_lies_under_a_marker(scene):
    camera = plant_cameras.approach(PLANT.units[MILL], 640, 480).pinhole(640, 480)
    scene.show(troubled())
    scene.look_from(camera)
    alarmed = {PLANT.units[k].label for k in (MILL, INSERT, CALIBRATE)}
    marks = camera.project(scene.copies.tops_m[[MILL, INSERT, CALIBRATE]]) - [0, 16]
    others = 0
    for number, said in scene.labels._shown:
        if said.name in alarmed:
            continue
        others += 1
        x, y = camera.project(scene.labels.anchors_m[number])
        left, bottom, right, top = scene.labels.block(said).box
        clear = (
            (marks[:, 0] < x + left) | (marks[:, 0] > x + right) | (marks[:, 1] < y - top) | (marks[:, 1] > y - bottom)
        )
        assert clear.all(), said
    assert others > 1


def test_a_pixel_picks_the_unit_that_is_seen_there(scene):
    camera = plant_cameras.overview(PLANT, *PX).pinhole(*PX)
    for number in (0, MILL, 15):
        unit = PLANT.units[number]
        x, y = camera.project(np.add(unit.position_m, (0, 0, unit.size_m[2] * 0.6)))
        assert scene.pick_pixel(camera, x, y).path == unit.path


def test_an_empty_plant_is_a_hall(picture):
    empty = replace(PLANT, units=(), buffers=(), meters=(), aisles=(), groups=())
    bare = PlantScene(empty, PlantOptions(quality=Quality(msaa=0, shadow_px=0)))
    camera = plant_cameras.overview(empty, *PX).pinhole(*PX)
    bare.look_from(camera)
    with OffscreenStage(*PX, quality=bare.options.quality) as stage:
        assert stage.render(bare, camera).std() > 1.0
