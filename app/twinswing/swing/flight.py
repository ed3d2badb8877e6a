"""What the ball does after a strike: its launch from the club's delivery, its flight from its launch.

Launch. A ball leaves between the face's normal and the head's direction; it is pressed along the normal and rolled
along the face (A. Cochran and J. Stobbs, The Search for the Perfect Swing, 1968; D-plane: T. Jorgensen, The Physics of
Golf, 1994). Speed along the normal is v (1 + e) / (1 + m / M) cos(spin loft), spin is that of a ball that rolls by the
time that it leaves, times a factor for the kind of head. Factors are set so that TrackMan's tour averages come out; a
strike in the middle of the face is assumed, and its error is part of every sigma.

Flight. Drag and lift are opengolfcoach's (Open Launch Labs, Apache-2.0), at 25 C at sea level without wind: from the
strikes of TrackMan's tour averages their carries come out within 6.5 %.
"""

import json
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from twinswing.swing.delivery import ClubDelivery, direction
from twinswing.swing.uncertainty import spread

FloatArray = NDArray[np.float64]
_BALL_KG, _BALL_RADIUS_M = 0.0459, 0.02135


@dataclass(frozen=True)
class Impact:
    """How a kind of head strikes.

    head_kg    : of the head. bounce : effective coefficient of restitution, shaft and face's roll included.
    face_share : part of the launch's direction that the face gives, the rest is the path's (TrackMan: about 85 % with a
                 driver, 75 % with irons).
    roll_share : spin against that of a ball that rolls on the face: a driver's bulging face and deep head take some.
    """

    head_kg: float
    bounce: float
    face_share: float
    roll_share: float


@dataclass(frozen=True)
class FlightParams:
    """Kinds of heads, and what their model leaves open (one sigma).

    speed_share : amateurs' strikes lie 1 cm off the middle, which costs 3 % (Cochran and Stobbs).
    spin_share  : gear effect and lies.  direction_rad : of the launch, by where on a bulged face the ball lies.
    carry_share : of the flight model against the tour's averages.
    draws       : flights that are flown for the uncertainty.
    """

    kinds: dict[str, Impact] = field(
        default_factory=lambda: {
            "driver": Impact(0.20, 0.88, 0.85, 0.67),
            "wood": Impact(0.21, 0.86, 0.83, 0.95),
            "hybrid": Impact(0.24, 0.82, 0.80, 1.06),
            "iron": Impact(0.27, 0.76, 0.73, 1.17),
            "wedge": Impact(0.30, 0.87, 0.72, 1.22),
        }
    )
    speed_share: float = 0.03
    spin_share: float = 0.15
    direction_rad: float = 0.017
    carry_share: float = 0.05
    draws: int = 48


@dataclass(frozen=True)
class BallFlight:
    """A shot: values and one sigma by measure name (ball_speed_mps, launch_angle_rad, launch_direction_rad,
    spin_rate_radps, spin_axis_rad, carry_m, carry_side_m, apex_m), SI; sideways positive to the right of the target."""

    value: dict[str, float]
    sigma: dict[str, float]
    source: str


def ball_flight(delivery: ClubDelivery, kind: str, params: FlightParams | None = None) -> BallFlight | str:
    """Return the shot that a strike with a kind of club gives, or why it cannot be said."""
    params = params or FlightParams()
    library = _library()
    if library is None:
        return "the package opengolfcoach, which flies the ball, is not installed"
    if kind not in params.kinds:
        return f"no ball flight is known for a {kind}"
    launch = launch_of(delivery.drawn, params.kinds[kind])
    rng = np.random.default_rng(41)
    n = len(launch["ball_speed_mps"])
    for name, share in (("ball_speed_mps", params.speed_share), ("spin_rate_radps", params.spin_share)):
        factor = 1.0 + share * rng.standard_normal(n)
        factor[0] = 1.0
        launch[name] = launch[name] * factor
    for name in ("launch_angle_rad", "launch_direction_rad"):
        off = params.direction_rad * rng.standard_normal(n)
        off[0] = 0.0
        launch[name] = launch[name] + off
    flown = np.array([_fly(library, launch, i) for i in range(min(params.draws, n))])
    value = {name: float(draws[0]) for name, draws in launch.items()}
    sigma = {name: spread(draws, angle=name.endswith("_rad")) for name, draws in launch.items()}
    for k, name in enumerate(("carry_m", "carry_side_m", "apex_m")):
        value[name] = float(flown[0, k])
        model = params.carry_share * abs(value[name])
        sigma[name] = float(np.hypot(spread(flown[:, k]), model))
    return BallFlight(value, sigma, f"{delivery.source} (a strike in the middle of the face is assumed)")


def launch_of(drawn: dict[str, FloatArray], head: Impact) -> dict[str, FloatArray]:
    """Return the ball's speed, direction, spin and spin axis from deliveries, each shape (draws,)."""
    speed, loft, attack = drawn["head_speed_mps"], drawn["dynamic_loft_rad"], drawn["attack_angle_rad"]
    normal = direction(drawn["face_angle_rad"], loft)
    path = direction(drawn["club_path_rad"], attack)
    spin_loft = drawn["spin_loft_rad"]
    along = head.face_share * normal + (1.0 - head.face_share) * path
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    ball = speed * (1.0 + head.bounce) / (1.0 + _BALL_KG / head.head_kg) * np.cos(spin_loft)
    spin = head.roll_share * (5.0 / 7.0) * speed * np.sin(spin_loft) / _BALL_RADIUS_M
    # The ball rolls about the line that is square to path and normal; level is pure backspin.
    axis = np.cross(path, normal)
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    return {
        "ball_speed_mps": ball,
        "launch_angle_rad": np.arcsin(along[:, 2]),
        "launch_direction_rad": np.arctan2(-along[:, 1], along[:, 0]),
        "spin_rate_radps": spin,
        "spin_axis_rad": -np.arctan2(axis[:, 2], np.hypot(axis[:, 0], axis[:, 1])),
    }


def _fly(library: ModuleType, launch: dict[str, FloatArray], i: int) -> tuple[float, float, float]:
    """Fly one ball: carry along the target line, off line and greatest height, metres."""
    shot = {
        "ball_speed_meters_per_second": float(launch["ball_speed_mps"][i]),
        "vertical_launch_angle_degrees": float(np.degrees(launch["launch_angle_rad"][i])),
        "horizontal_launch_angle_degrees": float(np.degrees(launch["launch_direction_rad"][i])),
        "total_spin_rpm": float(launch["spin_rate_radps"][i]) * 60.0 / (2.0 * np.pi),
        "spin_axis_degrees": float(np.degrees(launch["spin_axis_rad"][i])),
    }
    found = json.loads(library.calculate_derived_values(json.dumps(shot)))["open_golf_coach"]
    return (
        float(found["carry_distance_meters"]),
        float(found["offline_distance_meters"]),
        float(found["peak_height_meters"]),
    )


def _library() -> ModuleType | None:
    try:
        return import_module("opengolfcoach")  # only a strike that was sensed needs it
    except ImportError:
        return None
