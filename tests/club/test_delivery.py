"""Path, face and loft at the ball come from the club's sensor alone, as a launch monitor would have them."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from twinswing.club.delivery import Delivery, find_delivery, square_heading
from twinswing.club.motion import find_motion
from twinswing.timeline.clock import ClockMap
from twinswing.truth.build import make_swing
from twinswing.truth.delivery import head_offset
from twinswing.truth.golfer import DEG, club_of, tour_golfer
from twinswing.truth.imu import SensorSpec, simulate

# Without noise, bias and limits, yet with a real part's bandwidth, through which it feels the ball.
CLEAN = SensorSpec(1000.0, 0.0, 1e9, 1e9, 0.0, 0.0, 0.0, 0.0)
ANGLES = ("attack_rad", "path_rad", "face_rad", "dynamic_loft_rad", "shaft_lean_rad", "lie_rad")


def swung(kind="iron", sensor=None, seed=0, **changes):
    swing = make_swing(tour_golfer(kind, **changes), club_of(kind))
    imu = simulate(swing, sensor=sensor, clock=ClockMap(), rng=np.random.default_rng(seed))
    club = find_motion(imu, swing.spec, handed=swing.handed, head_m=head_offset(swing.spec, swing.handed))
    return swing, club


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("iron", {}),
        ("iron", {"path_rad": 5.0 * DEG, "face_rad": -3.0 * DEG}),
        ("driver", {"path_rad": -4.0 * DEG, "face_rad": 2.0 * DEG}),
        ("wedge", {"handed": "left", "path_rad": 3.0 * DEG}),
    ],
)
def test_a_clean_sensor_gives_the_delivery(kind, changes):
    swing, club = swung(kind, CLEAN, **changes)
    found = find_delivery(club, swing.handed)
    for name in ANGLES:
        # Half a sample period before or after the true instant is a degree of the shaft's turn.
        assert getattr(found, name).value == pytest.approx(getattr(swing.delivery, name), abs=1.6 * DEG), name
    assert found.head_speed_mps.value == pytest.approx(swing.delivery.head_speed_mps, rel=0.01)


def test_common_sensors_give_face_and_path_within_two_degrees_and_say_how_sure_they_are():
    off, inside = [], []
    for seed in range(8):
        swing, club = swung("iron" if seed % 2 else "driver", SensorSpec(rate_hz=500.0), seed)
        found = find_delivery(club, swing.handed)
        for name in ("path_rad", "face_rad"):
            error = abs(getattr(found, name).value - getattr(swing.delivery, name))
            off.append(error)
            inside.append(error < getattr(found, name).sigma)
    assert np.median(off) < 1.0 * DEG
    assert np.percentile(off, 90) < 2.0 * DEG
    assert np.mean(inside) > 0.58


def test_where_nothing_was_struck_there_is_no_delivery():
    swing, club = swung("iron", SensorSpec(shock_mps2=0.0))
    assert find_delivery(replace(club, impact_s=None, shock=None), swing.handed) is None


def test_a_heading_is_found_from_the_toe():
    for turn in (-2.0, 0.3, 1.5):
        c, s = np.cos(turn), np.sin(turn)
        # A club whose leading edge is square, turned away by a heading.
        square = np.array([[0.0, -1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
        R = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ square
        assert square_heading(R, "right") == pytest.approx(-turn)


def test_a_delivery_survives_its_document():
    swing, club = swung()
    found = find_delivery(club, swing.handed)
    assert Delivery.from_dict(asdict(found)) == found
    lacking = asdict(found)
    lacking["closure_radps"]["sigma"] = None  # as JSON has NaN
    assert np.isnan(Delivery.from_dict(lacking).closure_radps.sigma)
    with pytest.raises(KeyError):
        Delivery.from_dict({})
    with pytest.raises((TypeError, ValueError)):
        Delivery.from_dict(asdict(found) | {"face_rad": {"value": "open", "sigma": 0.1}})
    with pytest.raises(TypeError):
        Delivery.from_dict(asdict(found) | {"face_rad": 0.1})
