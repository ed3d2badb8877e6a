"""Rays and cameras: what lies under a pixel, and views that show what they are named for."""

import numpy as np
import pytest

from tests.stage.plant_kit import small_plant
from twinswing.errors import InputError
from twinswing.stage import plant_cameras
from twinswing.stage.plant_pick import Picker

PLANT = small_plant()
PX = (320, 240)


def middle(thing) -> np.ndarray:
    return np.add(thing.position_m, (0, 0, thing.size_m[2] / 2))


def test_each_unit_and_buffer_is_met_from_above():
    picker = Picker(PLANT)
    for kind, things in (("unit", PLANT.units), ("buffer", PLANT.buffers)):
        for number, thing in enumerate(things):
            found = picker.pick(np.add(middle(thing), (0, 0, 20.0)), [0, 0, -1])
            assert (found.kind, found.number, found.path) == (kind, number, thing.path)
            assert found.point_m[2] == pytest.approx(thing.size_m[2])


def test_the_nearer_of_two_is_met():
    first, second = PLANT.units[0], PLANT.units[1]
    eye = middle(first) - np.array([10.0, 0, 0])
    found = Picker(PLANT).pick(eye, middle(second) * [1, 0, 0] + eye * [0, 1, 1] - eye)
    assert found.path == first.path


def test_a_turned_unit_is_met_by_its_turned_box():
    from dataclasses import replace

    turned = replace(PLANT.units[14], yaw_rad=np.pi / 2, position_m=(10.0, 10.0, 0.0))  # 5.0 by 0.7 m
    picker = Picker(replace(PLANT, units=(turned,), buffers=(), meters=()))
    assert picker.pick([10.0, 12.3, 5.0], [0, 0, -1]).kind == "unit"
    assert picker.pick([12.3, 10.0, 5.0], [0, 0, -1]).kind == "floor"


def test_the_floor_is_met_between_things_and_the_sky_is_nothing():
    picker = Picker(PLANT)
    found = picker.pick([18.0, 6.8, 4.0], [0.1, 0, -1])
    assert found.kind == "floor"
    assert found.point_m == pytest.approx((18.4, 6.8, 0.0))
    assert picker.pick([18.0, 6.8, 4.0], [0, 0, 1]) is None


def test_what_a_section_removes_is_not_met():
    rack = PLANT.units[15]
    picker = Picker(PLANT)
    origin, cut = np.add(middle(rack), (0, 0, 20.0)), (np.array([0.0, 0.0, 1.0]), 1.0)
    assert picker.pick(origin, [0, 0, -1]).point_m[2] == pytest.approx(rack.size_m[2])
    assert picker.pick(origin, [0, 0, -1], cut).point_m[2] == pytest.approx(1.0)


def inside_picture(camera, points) -> np.ndarray:
    px = camera.pinhole(*PX).project(points)
    return (px >= 0).all(-1) & (px <= np.array(PX)).all(-1)


def test_the_overview_and_the_plan_hold_the_whole_hall():
    length, width, _ = PLANT.hall_m
    corners = [(x, y, 0.0) for x in (0, length) for y in (0, width)]
    for view in ("overview", "top"):
        assert inside_picture(plant_cameras.plant_camera(PLANT, view, *PX), corners).all()


def test_an_area_and_a_unit_fill_their_own_views():
    for unit in PLANT.units:
        camera = plant_cameras.plant_camera(PLANT, unit.path, *PX)
        w, d, h = unit.size_m
        c, s = np.cos(unit.yaw_rad), np.sin(unit.yaw_rad)
        box = [(x, y, z) for x in (-w / 2, w / 2) for y in (-d / 2, d / 2) for z in (0, h)]
        world = np.array(box) @ [[c, s, 0], [-s, c, 0], [0, 0, 1]] + np.array(unit.position_m)
        assert inside_picture(camera, world).all()
        # From its front.
        front = np.array([np.sin(unit.yaw_rad), -np.cos(unit.yaw_rad)])
        assert (camera.position_m[:2] - np.array(unit.position_m)[:2]) @ front > 0
    inside = [middle(u) for u in PLANT.units if u.path.startswith("hot/")]
    assert inside_picture(plant_cameras.plant_camera(PLANT, "hot", *PX), inside).all()


def test_walking_is_at_the_height_of_eyes_and_along_the_aisle():
    camera = plant_cameras.walk(PLANT)
    eye = camera.position_m
    assert eye[2] == pytest.approx(plant_cameras.EYE_M, abs=0.02)
    ahead = np.array(camera.target_m) - eye
    assert ahead[0] > 5.0 * abs(ahead[1])


def test_home_views_are_those_of_the_hall_and_of_each_area():
    assert [v.name for v in plant_cameras.home_views(PLANT)] == [
        "overview",
        "top",
        "walk",
        "hot",
        "machining",
        "finish",
    ]


def test_an_unknown_view_is_answered_with_what_there_is():
    with pytest.raises(InputError, match=r"overview, top, walk.*'nowhere'"):
        plant_cameras.plant_camera(PLANT, "nowhere")
