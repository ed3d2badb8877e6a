"""The strike against launch-monitor definitions on exact swings, and the ball's flight against the tour's averages."""

import math
from dataclasses import asdict, fields, replace
from functools import cache

import numpy as np
import pytest

from twinswing.club.catalogue import standard_club
from twinswing.club.delivery import Delivery, Reading
from twinswing.errors import InputError
from twinswing.swing import flight
from twinswing.swing.delivery import ClubDelivery, delivery_of, direction
from twinswing.swing.flight import FlightParams, ball_flight, launch_of
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import club_of, random_golfer
from twinswing.truth.swing import TruthSwing

DEG, MPH, YARD = math.pi / 180.0, 0.44704, 0.9144


@cache
def swing(seed: int, kind: str, handed: str) -> TruthSwing:
    rng = np.random.default_rng(seed)
    for _ in range(20):
        try:
            return make_swing(random_golfer(rng, kind, handed=handed), club_of(kind))
        except InputError:
            continue
    raise AssertionError("no golfer could be drawn")


CASES = [(3, "driver", "right"), (4, "iron", "right"), (3, "iron", "left"), (5, "wedge", "left")]


def of(s: TruthSwing, **changes) -> ClubDelivery:
    found = delivery_of(replace(s.club, **changes), s.events_s["impact"], 0.0005, s.handed)
    assert isinstance(found, ClubDelivery)
    return found


@pytest.mark.parametrize(("seed", "kind", "handed"), CASES)
def test_the_strike_is_the_one_that_was_asked_for(seed: int, kind: str, handed: str) -> None:
    """The generator solves the swing for its golfer's attack angle, path, face and head speed."""
    s = swing(seed, kind, handed)
    value = of(s).value
    golfer = s.golfer
    assert golfer is not None
    assert value["attack_angle_rad"] == pytest.approx(golfer.attack_rad, abs=0.2 * DEG)
    assert value["club_path_rad"] == pytest.approx(golfer.path_rad, abs=0.2 * DEG)
    assert value["face_angle_rad"] == pytest.approx(golfer.face_rad, abs=0.2 * DEG)
    assert value["head_speed_mps"] == pytest.approx(golfer.head_speed_mps, rel=0.005)
    assert value["face_to_path_rad"] == pytest.approx(golfer.face_rad - golfer.path_rad, abs=0.3 * DEG)
    exact = s.delivery
    assert value["dynamic_loft_rad"] == pytest.approx(exact.dynamic_loft_rad, abs=0.1 * DEG)
    assert value["shaft_lean_rad"] == pytest.approx(exact.shaft_lean_rad, abs=0.1 * DEG)
    assert value["lie_angle_rad"] == pytest.approx(exact.lie_rad, abs=0.1 * DEG)


@pytest.mark.parametrize(("seed", "kind", "handed"), CASES)
def test_plane_direction_attack_and_path_belong_together(seed: int, kind: str, handed: str) -> None:
    """A path that lies in an inclined plane turns from its base line by what its attack angle asks for.

    tan(attack) = tan(plane) sin(direction - path) for a right-handed golfer: geometry alone, whatever the swing.
    """
    value = of(swing(seed, kind, handed)).value
    side = 1.0 if handed == "right" else -1.0
    expected = value["swing_direction_rad"] - side * math.asin(
        math.tan(value["attack_angle_rad"]) / math.tan(value["swing_plane_rad"])
    )
    assert value["club_path_rad"] == pytest.approx(expected, abs=0.5 * DEG)
    assert 40.0 * DEG < value["swing_plane_rad"] < 70.0 * DEG


@pytest.mark.parametrize(("seed", "kind", "handed"), CASES)
def test_the_closure_rate_is_how_fast_the_face_angle_falls(seed: int, kind: str, handed: str) -> None:
    s = swing(seed, kind, handed)
    impact, dt = s.events_s["impact"], 0.002
    shut = 1.0 if handed == "right" else -1.0

    def face(t: float) -> float:
        # Loft is fixed in the club, so the face's direction is that of any vector that leaves through it.
        lie, loft = s.spec.lie_rad, s.spec.loft_rad
        up = math.sin(loft)
        normal = np.array([up * math.cos(lie), -shut * math.cos(loft), -up * math.sin(lie)])
        x, y, _ = s.club_at(t)[1] @ normal
        return math.atan2(-y, x)

    rate = shut * (face(impact - 2 * dt) - face(impact - dt)) / dt
    assert of(s).value["closure_rate_radps"] == pytest.approx(rate, rel=0.15)
    assert rate > 0.0


def test_uncertainty_follows_what_the_club_is_unsure_of() -> None:
    s = swing(3, "driver", "right")
    n = len(s.club.t_s)
    sure = of(s, source="club", sigma_rad=np.full(n, 0.01), sigma_m=np.full(n, 0.005))
    unsure = of(s, source="club", sigma_rad=np.full(n, 0.05), sigma_m=np.full(n, 0.005))
    assert unsure.sigma["face_angle_rad"] > 3.0 * sure.sigma["face_angle_rad"]
    # The whole club turned is no other angle between face and path (but for a lofted face that rolls).
    assert unsure.sigma["face_to_path_rad"] < 0.5 * unsure.sigma["face_angle_rad"]
    # A face closes by two degrees a millisecond, and so the instant alone leaves that much open.
    assert of(s, source="club").sigma["face_angle_rad"] > 0.5 * DEG


def test_what_cannot_be_told_says_why() -> None:
    s = swing(4, "iron", "right")
    assert "no club" in str(delivery_of(None, 1.0, 0.0, "right"))
    assert "no club" in str(delivery_of(replace(s.club, source="video"), 1.0, 0.0, "right"))
    assert "not found" in str(delivery_of(s.club, None, 0.0, "right"))
    sensed = replace(s.club, source="club")
    assert "ms only" in str(delivery_of(sensed, s.events_s["impact"], 0.02, "right"))
    assert "do not reach" in str(delivery_of(sensed, float(s.t_s[-1]) + 5.0, 0.0, "right"))
    early = slice(None, 40)
    part = replace(sensed, t_s=s.club.t_s[early], head_m=s.club.head_m[early], quaternion=s.club.quaternion[early])
    assert "do not reach" in str(delivery_of(part, s.events_s["impact"], 0.0, "right"))


def test_what_the_clubs_sensor_read_comes_first() -> None:
    s = swing(4, "iron", "right")
    values = {f.name: Reading(0.1, 0.03) for f in fields(Delivery) if f.name.endswith(("_rad", "_mps", "_radps"))}
    read = Delivery(impact_s=1.0, **{**values, "head_speed_mps": Reading(40.0, 0.5), "aim_sigma_rad": 0.029})  # type: ignore[arg-type]
    found = delivery_of(s.club, None, 9.0, "right", read)
    assert isinstance(found, ClubDelivery)
    assert found.value["club_path_rad"] == asdict(read)["path_rad"]["value"]
    assert found.sigma["club_path_rad"] == 0.03
    # Nearly all of both sigmas is the aim, which the two share.
    assert found.sigma["face_to_path_rad"] < 0.02


# -- the ball: TrackMan's tour averages (head mph, attack deg, smash, launch deg, spin rpm, carry yd) -----------------

TOUR = {
    "driver": (113, -1.3, 1.48, 10.9, 2686, 275),
    "wood": (107, -2.9, 1.48, 9.2, 3655, 243),
    "hybrid": (100, -3.5, 1.46, 10.2, 4437, 225),
    "iron": (90, -4.3, 1.33, 16.3, 7097, 172),
    "wedge": (83, -5.0, 1.23, 24.2, 9304, 136),
}


def strike(kind: str, *, face_deg: float = 0.0, path_deg: float = 0.0, draws: int = 1) -> ClubDelivery:
    """The tour's average strike; TrackMan does not give its dynamic loft, which the launch tells."""
    speed, attack, _, launch, _, _ = TOUR[kind]
    share = FlightParams().kinds[kind].face_share
    loft = (launch - (1.0 - share) * attack) / share * DEG
    one = {
        "head_speed_mps": speed * MPH, "attack_angle_rad": attack * DEG, "dynamic_loft_rad": loft,
        "face_angle_rad": face_deg * DEG, "club_path_rad": path_deg * DEG,
    }  # fmt: skip
    drawn = {name: np.full(draws, value) for name, value in one.items()}
    normal = direction(drawn["face_angle_rad"], drawn["dynamic_loft_rad"])
    path = direction(drawn["club_path_rad"], drawn["attack_angle_rad"])
    drawn["spin_loft_rad"] = np.arccos(np.sum(normal * path, axis=1))
    return ClubDelivery(one, dict.fromkeys(one, 0.0), "club", drawn)


@pytest.mark.parametrize("kind", list(TOUR))
def test_the_tours_average_strikes_give_the_tours_average_shots(kind: str) -> None:
    speed, _, smash, launch, spin, carry = TOUR[kind]
    shot = ball_flight(strike(kind, draws=64), kind)
    assert not isinstance(shot, str)
    assert shot.value["ball_speed_mps"] == pytest.approx(smash * speed * MPH, rel=0.02)
    assert shot.value["launch_angle_rad"] == pytest.approx(launch * DEG, abs=0.5 * DEG)
    assert shot.value["spin_rate_radps"] * 30.0 / math.pi == pytest.approx(spin, rel=0.05)
    assert shot.value["carry_m"] / YARD == pytest.approx(carry, rel=0.065)
    # A strike in the middle of the face is assumed, which is not known.
    assert abs(shot.value["carry_m"] / YARD - carry) < 1.5 * shot.sigma["carry_m"] / YARD
    assert "middle of the face" in shot.source


def test_a_ball_starts_near_the_face_and_bends_away_from_the_path() -> None:
    push_slice = ball_flight(strike("driver", face_deg=2.0, path_deg=-3.0), "driver")
    hook = ball_flight(strike("driver", face_deg=-2.0, path_deg=3.0), "driver")
    straight = ball_flight(strike("driver"), "driver")
    assert not any(isinstance(shot, str) for shot in (push_slice, hook, straight))
    assert 0.0 < push_slice.value["launch_direction_rad"] < 2.0 * DEG
    assert push_slice.value["spin_axis_rad"] > 5.0 * DEG
    assert push_slice.value["carry_side_m"] > 10.0
    assert hook.value["carry_side_m"] == pytest.approx(-push_slice.value["carry_side_m"], rel=0.01)
    assert abs(straight.value["carry_side_m"]) < 0.5
    lifted = launch_of({**strike("iron").drawn, "dynamic_loft_rad": np.array([0.6])}, FlightParams().kinds["iron"])
    assert lifted["launch_angle_rad"][0] > 20.0 * DEG


def test_no_flight_without_the_library_or_for_a_putter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "putter" in str(ball_flight(strike("iron"), "putter"))
    monkeypatch.setattr(flight, "_library", lambda: None)
    assert "not installed" in str(ball_flight(strike("iron"), "iron"))
    assert standard_club("putter").kind == "putter"
