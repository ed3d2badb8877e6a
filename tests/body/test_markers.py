"""A printed marker's place is the exact one, as sure as it says, and survives hands, blur and copies."""

import time

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from twinswing.body.marker_track import MarkerTrack
from twinswing.body.markers import FAMILIES, MarkerFinder, MarkerPose
from twinswing.errors import InputError
from twinswing.truth.printed import camera, facing, marker

SIZE = 0.15


def apart(a, b) -> float:
    return float(np.degrees(np.linalg.norm((Rotation.from_matrix(a) * Rotation.from_matrix(b).inv()).as_rotvec())))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_marker_at_a_metre_is_placed_within_5_mm_and_half_a_degree(name):
    rng = np.random.default_rng(4)
    cam, finder = camera(), MarkerFinder(SIZE, name)
    places, turns = [], []
    for tilt in (0, 15, 30, 45, 60):
        rotation = facing(tilt, rng.uniform(0, 360), rng.uniform(0, 360))
        position = np.array([rng.uniform(-0.25, 0.25), rng.uniform(-0.1, 0.1), 1.0])
        (found,) = finder.find(marker(7, SIZE, cam, rotation, position, rng, name, blur=rng.uniform(0, 1.2)), cam)
        assert found.number == 7
        places.append(np.linalg.norm(found.position_m - position))
        turns.append(apart(found.rotation, rotation))
    assert max(places) < 0.005
    assert max(turns) < 0.5
    assert np.median(places) < 0.001


def test_the_uncertainty_is_neither_boast_nor_excuse():
    rng = np.random.default_rng(8)
    cam, finder = camera(), MarkerFinder(SIZE)
    ratios = []
    for _ in range(30):
        rotation, distance = facing(rng.uniform(5, 60), rng.uniform(0, 360)), rng.uniform(0.6, 2.5)
        position = np.array([rng.uniform(-0.2, 0.2), rng.uniform(-0.1, 0.1), 1.0]) * distance
        (found,) = finder.find(marker(3, SIZE, cam, rotation, position, rng, noise=4.0, blur=1.0), cam)
        ratios.append(np.linalg.norm(found.position_m - position) / found.sigma_m)
    assert np.mean(np.array(ratios) < 2.0) > 0.85
    assert np.median(ratios) > 0.1


def test_a_bent_lens_is_reckoned_with():
    rng = np.random.default_rng(2)
    cam = camera(distortion=(-0.25, 0.08, 0.001, -0.001, 0.0))
    rotation, position = facing(25, 70), np.array([0.35, 0.18, 1.0])
    (found,) = MarkerFinder(SIZE).find(marker(3, SIZE, cam, rotation, position, rng), cam)
    assert np.linalg.norm(found.position_m - position) < 0.005
    assert apart(found.rotation, rotation) < 0.5


def test_what_stands_on_the_marker_is_drawn_where_it_is():
    rng = np.random.default_rng(2)
    cam, rotation, position = camera(), facing(35, 20), np.array([0.1, 0.0, 1.2])
    (found,) = MarkerFinder(SIZE).find(marker(3, SIZE, cam, rotation, position, rng), cam)
    point = np.array([0.05, -0.03, 0.4])
    seen = found.camera(cam).project(point)
    assert seen == pytest.approx(cam.project(rotation @ point + position), abs=2.0)


def test_a_copied_sheet_says_nothing_and_two_sheets_say_both():
    rng = np.random.default_rng(2)
    cam, finder = camera(), MarkerFinder(SIZE)
    left = marker(3, SIZE, cam, facing(0, 0), [-0.25, 0, 1.0], rng)
    same = marker(3, SIZE, cam, facing(0, 0), [0.25, 0, 1.0], rng)
    other = marker(4, SIZE, cam, facing(0, 0), [0.25, 0, 1.0], rng)
    half = cam.width_px // 2
    assert finder.find(np.hstack([left[:, :half], same[:, half:]]), cam) == []
    assert [p.number for p in finder.find(np.hstack([left[:, :half], other[:, half:]]), cam)] == [3, 4]


def test_bad_input_is_refused_or_empty():
    cam, finder = camera(), MarkerFinder(SIZE)
    rng = np.random.default_rng(1)
    assert finder.find(np.zeros((720, 1280), np.uint8), cam) == []
    assert finder.find(rng.integers(0, 255, (720, 1280, 3), dtype=np.uint8), cam) == []
    assert finder.find(marker(3, SIZE, cam, facing(0, 0), [0, 0, 20.0], rng), cam) == [], "too small to be read"
    with pytest.raises(InputError, match="1280x720"):
        finder.find(np.zeros((480, 640), np.uint8), cam)
    with pytest.raises(InputError, match="family"):
        MarkerFinder(SIZE, "qr")
    with pytest.raises(InputError, match="side"):
        MarkerFinder(0.0)


def test_looking_costs_less_than_a_frame():
    rng = np.random.default_rng(1)
    cam, finder = camera(), MarkerFinder(SIZE)
    picture = marker(3, SIZE, cam, facing(20, 0), [0, 0, 1.0], rng)
    start = time.process_time()
    for _ in range(10):
        finder.find(picture, cam)
    per_look = (time.process_time() - start) / 10
    start = time.process_time()
    for _ in range(10):
        cv2.GaussianBlur(picture, (0, 0), 5.0)
    blur = (time.process_time() - start) / 10
    assert per_look < 10 * blur, "as dear as a few filters over the picture"


def sighting(position, rotation=None, sigma_m=0.001, sigma_rad=0.004, ambiguous=False) -> MarkerPose:
    turned = np.eye(3) if rotation is None else rotation
    return MarkerPose(1, turned, np.asarray(position, float), sigma_m, sigma_rad, np.zeros((4, 2)), ambiguous)


def test_a_still_marker_is_steadied():
    rng = np.random.default_rng(6)
    track, raw, steady = MarkerTrack(), [], []
    for k in range(300):
        place = np.array([0.1, 0.0, 1.0]) + rng.normal(0, 0.001, 3)
        turn = Rotation.from_rotvec(rng.normal(0, 0.004, 3)).as_matrix()
        pose = track.update(k / 30, sighting(place, turn))
        if k > 30:
            raw.append(place)
            steady.append(pose.position_m)
    jitter = np.std(np.diff(steady, axis=0)) / np.std(np.diff(raw, axis=0))
    assert jitter < 0.8, f"frame to frame {jitter:.2f} of the raw jitter"
    assert np.linalg.norm(np.mean(steady, axis=0) - [0.1, 0, 1.0]) < 0.0003


def test_a_moving_marker_is_not_left_behind():
    track = MarkerTrack()
    for k in range(60):
        at = np.array([0.5 * k / 30, 0.0, 1.0])
        pose = track.update(k / 30, sighting(at))
    assert np.linalg.norm(pose.position_m - at) < 0.01


def test_a_marker_is_carried_over_a_gap_let_go_and_found_again():
    track = MarkerTrack()
    track.update(0.0, sighting([0, 0, 1.0]))
    held = track.update(0.2, None)
    assert held is not None
    assert held.age_s == pytest.approx(0.2)
    assert held.sigma_m > 0.001
    assert track.update(0.5, None) is None
    assert track.update(0.6, None) is None
    again = track.update(0.7, sighting([0.5, 0, 2.0]))
    assert again.position_m.tolist() == [0.5, 0, 2.0]
    assert again.age_s == 0.0


def test_a_square_that_may_lie_either_way_does_not_flip():
    track = MarkerTrack()
    one, other = facing(12, 0), facing(-12, 0)
    for k in range(10):
        track.update(k / 30, sighting([0, 0, 1.0], one))
    pose = track.update(10 / 30, sighting([0, 0, 1.0], other, ambiguous=True))
    assert apart(pose.rotation, one) < 1.0
    pose = track.update(11 / 30, sighting([0, 0, 1.0], other))
    assert apart(pose.rotation, other) < 1.0, "unless it is sure"
