"""The club at the ball, by TrackMan's definitions, from a club's motion; with what each number is sure to.

Attack angle and club path are the vertical and horizontal direction of the head's geometric centre as it meets the
ball, face angle and dynamic loft those of the face, spin loft the angle between the two, swing plane and swing
direction those of the plane that the head moves in (TrackMan, "Understanding the data": see docs/frames-and-units.md).
Directions are positive to the right of the target, for either golfer.

This is the one place that the rest of `swing/` gets a delivery from: from what the club's own sensor read at the ball
(`club.delivery`), where a recording holds that, else from the club's motion in the world.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.club.delivery import Delivery, face_normal
from twinswing.club.model import ClubMotion
from twinswing.swing.series import is_sensed
from twinswing.swing.uncertainty import spread, turns

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class DeliveryParams:
    """How a delivery is read off a club's motion.

    before_s   : over so long before the ball the motion is carried on to it: less holds too few samples, more bends.
    plane_s    : the head's arc from so long before the ball to so long after: from about knee height to knee height,
                 which is what TrackMan lays its plane through.
    struck_s   : a sensed impact is known to this, the sample of a blow; one that only the picture knows is not used
                 beyond `picture_s`, for a face closes by two degrees a millisecond.
    place_share, smooth_s : part of the head's place's sigma that comes and goes over smooth_s, and so is speed.
    length_m   : a club's stated length is good to half an inch.
    draws      : of the uncertainty.
    """

    before_s: float = 0.012
    plane_s: tuple[float, float] = (0.06, 0.03)
    struck_s: float = 0.001
    picture_s: float = 0.006
    place_share: float = 0.3
    smooth_s: float = 0.03
    length_m: float = 0.013
    draws: int = 400


@dataclass(frozen=True)
class ClubDelivery:
    """A strike: values and one standard deviation of each by name, SI, and where it comes from.

    Names: head_speed_mps, attack_angle_rad, club_path_rad, face_angle_rad, dynamic_loft_rad, spin_loft_rad,
    face_to_path_rad, shaft_lean_rad, lie_angle_rad, swing_plane_rad, swing_direction_rad, closure_rate_radps.
    drawn: the same of every draw, shape (draws,), for what is computed on from them.
    """

    value: dict[str, float]
    sigma: dict[str, float]
    source: str
    drawn: dict[str, FloatArray] = field(default_factory=dict, repr=False, compare=False)


# What `club.delivery` calls what is measured here.
_READ = {
    "head_speed_mps": "head_speed_mps", "attack_angle_rad": "attack_rad", "club_path_rad": "path_rad",
    "face_angle_rad": "face_rad", "dynamic_loft_rad": "dynamic_loft_rad", "spin_loft_rad": "spin_loft_rad",
    "shaft_lean_rad": "shaft_lean_rad", "lie_angle_rad": "lie_rad", "swing_plane_rad": "plane_rad",
    "swing_direction_rad": "plane_direction_rad", "closure_rate_radps": "closure_radps",
}  # fmt: skip
_AIMED = ("club_path_rad", "face_angle_rad", "shaft_lean_rad", "swing_direction_rad")


def delivery_as_read(read: Delivery, params: DeliveryParams | None = None) -> ClubDelivery:
    """Return what a club's sensor read at the ball.

    Errors are drawn apart from each other but for the aim, which turns face and path alike, so that the angle between
    the two does not contain it; the spin loft of each draw is that of its directions.
    """
    params = params or DeliveryParams()
    rng = np.random.default_rng(33)
    aim = read.aim_sigma_rad * rng.standard_normal(params.draws)
    aim[0] = 0.0
    value, sigma, drawn = {}, {}, {}
    for name, theirs in _READ.items():
        reading = getattr(read, theirs)
        value[name], sigma[name] = float(reading.value), float(reading.sigma)
        shared = read.aim_sigma_rad if name in _AIMED else 0.0
        own = np.sqrt(max(sigma[name] ** 2 - shared**2, 0.0)) * rng.standard_normal(params.draws)
        own[0] = 0.0
        drawn[name] = value[name] + own + (aim if shared else 0.0)
    normal = direction(drawn["face_angle_rad"], drawn["dynamic_loft_rad"])
    path = direction(drawn["club_path_rad"], drawn["attack_angle_rad"])
    drawn["spin_loft_rad"] = np.arccos(np.clip(np.sum(normal * path, axis=1), -1.0, 1.0))
    drawn["face_to_path_rad"] = np.angle(np.exp(1j * (drawn["face_angle_rad"] - drawn["club_path_rad"])))
    value["face_to_path_rad"] = float(drawn["face_to_path_rad"][0])
    sigma["face_to_path_rad"] = spread(drawn["face_to_path_rad"], angle=True)
    return ClubDelivery(value, sigma, read.source, drawn)


def direction(right_rad: FloatArray, up_rad: FloatArray) -> FloatArray:
    """Return unit vectors from angles to the right of the target and upward, shape (n, 3)."""
    c = np.cos(up_rad)
    return np.stack([c * np.cos(right_rad), -c * np.sin(right_rad), np.sin(up_rad)], axis=1)


def delivery_of(
    club: ClubMotion | None,
    impact_s: float | None,
    impact_sigma_s: float,
    handed: str,
    read: Delivery | None = None,
    params: DeliveryParams | None = None,
) -> ClubDelivery | str:
    """Return how the club met the ball, or why that cannot be said.

    impact_s, impact_sigma_s : when the ball was struck, session time, and one sigma, seconds.
    read : what the club's own sensor read at the ball; it comes before what the motion in the world shows.
    """
    params = params or DeliveryParams()
    if read is not None:
        return delivery_as_read(read, params)
    if club is None or not is_sensed(club):
        return "no club sensor was recorded"
    if impact_s is None:
        return "impact was not found"
    exact = club.source == "truth"
    if not exact and impact_sigma_s > params.picture_s:
        return f"impact is known to {1e3 * impact_sigma_s:.0f} ms only, and a face closes by 2 degrees in one"
    t = club.t_s
    step = float(np.median(np.diff(t))) if len(t) > 1 else np.inf
    near = np.flatnonzero((t <= impact_s + 0.25 * step) & (t >= impact_s - max(params.before_s, 4.5 * step)))
    if len(near) < 4 or t[-1] < impact_s - step:
        return "the club's samples do not reach the ball"
    late = 0.0 if exact else min(impact_sigma_s, params.struck_s)
    rng = np.random.default_rng(31)
    when = impact_s + late * np.concatenate([[0.0], rng.standard_normal(params.draws - 1)])
    return _drawn(club, near, when, impact_s, handed, params, rng)


def _drawn(
    club: ClubMotion, near: NDArray[np.intp], when: FloatArray, impact_s: float, handed: str, params: DeliveryParams,
    rng: np.random.Generator,
) -> ClubDelivery:  # fmt: skip
    """Return the delivery at every drawn instant, in draws of the club's own error; the first draw is undisturbed."""
    at = int(near[-1])
    velocity, R, spin = _approach(club, near, when)
    sigma_rad, sigma_m = float(club.sigma_rad[at]), float(club.sigma_m[at])
    turn = turns(sigma_rad, params.draws, 32)
    own = params.place_share * sigma_m / params.smooth_s * rng.standard_normal((params.draws, 3))
    scale = 1.0 + params.length_m / club.spec.length_m * rng.standard_normal((params.draws, 1)) * (sigma_m > 0.0)
    turn[0], own[0], scale[0] = np.eye(3), 0.0, 1.0
    velocity = np.einsum("dij,dj->di", turn, velocity) * scale + own
    R = turn @ R
    normal = R @ face_normal(club.spec, handed)
    shaft = R[:, :, 2]
    plane, base = _plane(club, impact_s, turn, params)
    face = np.arctan2(-normal[:, 1], normal[:, 0])
    path = np.arctan2(-velocity[:, 1], velocity[:, 0])
    along = velocity / np.linalg.norm(velocity, axis=1, keepdims=True)
    turning = np.cross(np.einsum("dij,dj->di", turn, spin), normal)
    level = normal[:, 0] ** 2 + normal[:, 1] ** 2
    # Azimuth's rate, counter-clockwise from above: a right-handed face closes to the left.
    closing = (normal[:, 0] * turning[:, 1] - normal[:, 1] * turning[:, 0]) / level
    drawn = {
        "head_speed_mps": np.linalg.norm(velocity, axis=1),
        "attack_angle_rad": np.arctan2(velocity[:, 2], np.hypot(velocity[:, 0], velocity[:, 1])),
        "club_path_rad": path,
        "face_angle_rad": face,
        "face_to_path_rad": np.angle(np.exp(1j * (face - path))),
        "dynamic_loft_rad": np.arcsin(np.clip(normal[:, 2], -1.0, 1.0)),
        "spin_loft_rad": np.arccos(np.clip(np.sum(normal * along, axis=1), -1.0, 1.0)),
        "shaft_lean_rad": np.arctan2(-shaft[:, 0], -shaft[:, 2]),
        "lie_angle_rad": np.arctan2(-shaft[:, 2], np.abs(shaft[:, 1])),
        "swing_plane_rad": plane,
        "swing_direction_rad": base,
        "closure_rate_radps": closing if handed == "right" else -closing,
    }
    value = {name: float(values[0]) for name, values in drawn.items()}
    sigma = {name: spread(values, angle=name.endswith("_rad")) for name, values in drawn.items()}
    sigma["closure_rate_radps"] = float(np.hypot(sigma["closure_rate_radps"], 0.02 * abs(value["closure_rate_radps"])))
    return ClubDelivery(value, sigma, club.source, drawn)


def _approach(club: ClubMotion, near: NDArray[np.intp], when: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Carry the last samples before the ball on to it: velocity (m/s), club to world and turn (rad/s) at each instant.

    Polynomials of the head's place (third degree) and of the rotation vector from the last sample (second): the blow
    itself rings through the samples after it and is left out.
    """
    t0 = float(when[0])
    t = club.t_s[near] - t0
    degree = 3 if len(near) > 5 else 2
    place = np.polynomial.polynomial.polyfit(t, club.head_m[near], degree)
    slope = np.arange(1, degree + 1)[:, None] * place[1:]
    late = when - t0
    velocity = np.polynomial.polynomial.polyval(late, slope).T
    own = Rotation.from_quat(club.quaternion[near], scalar_first=True)
    last = own[-1]
    turned = (own * last.inv()).as_rotvec()
    bend = np.polynomial.polynomial.polyfit(t, turned, 2)
    at = np.polynomial.polynomial.polyval(late, bend).T
    rate = np.polynomial.polynomial.polyval(late, np.arange(1, 3)[:, None] * bend[1:]).T
    R = (Rotation.from_rotvec(at) * last).as_matrix()
    return np.asarray(velocity), np.asarray(R), np.asarray(rate)


def _plane(
    club: ClubMotion, impact_s: float, turn: FloatArray, params: DeliveryParams
) -> tuple[FloatArray, FloatArray]:
    """Return the swing plane's slope and its base line's direction (rad) for each draw; NaN where the arc is too short.

    Total least squares: the plane's normal is the direction in which the arc's points spread least.
    """
    before, after = params.plane_s
    arc = club.head_m[(club.t_s >= impact_s - before) & (club.t_s <= impact_s + after)]
    if len(arc) < 8:
        return np.full(len(turn), np.nan), np.full(len(turn), np.nan)
    normal = np.linalg.svd(arc - arc.mean(axis=0), full_matrices=False)[2][-1]
    normal = normal * np.sign(normal[2] or 1.0)
    n = turn @ normal
    slope = np.arctan2(np.hypot(n[:, 0], n[:, 1]), n[:, 2])
    # The base line is level and lies in the plane, toward the target.
    line = np.stack([n[:, 1], -n[:, 0]], axis=1)
    line = line * np.sign(line[:, :1])
    return slope, np.arctan2(-line[:, 1], line[:, 0])
