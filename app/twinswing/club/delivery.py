"""The club at the ball, from its own sensor: speed, path, face and loft, each with its uncertainty.

Definitions are TrackMan's ("What we track", trackman.com): club path and attack angle are the horizontal and vertical
direction of the head's geometric centre at impact; face angle and dynamic loft those of the face; the swing plane is
the plane of the head's path about impact against the horizon, and the swing direction its base line against the target.
Directions are positive to the target's right, whichever way the golfer plays.

A sensor does not see the target. Players set the leading edge square to the target line, so its direction at address,
seen from above, stands for the target: everything is turned by the swing alone, and `aim_sigma_rad` says how well a
person aims.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from twinswing.club.model import ClubSpec, FloatArray
from twinswing.club.motion import ClubSwing


@dataclass(frozen=True)
class Reading:
    """A number and its one standard deviation, in the unit that the field's name says."""

    value: float
    sigma: float


@dataclass(frozen=True)
class Delivery:
    """What the club did at the ball.

    impact_s            : session time of impact, seconds.
    head_speed_mps      : speed of the head's geometric centre just before the ball.
    attack_rad          : its vertical direction, positive upward.
    path_rad            : its horizontal direction against the target line.
    face_rad            : horizontal direction of the face against the target line.
    dynamic_loft_rad    : vertical direction of the face.
    spin_loft_rad       : angle between the face's and the path's direction in space.
    shaft_lean_rad      : the shaft's lean toward the target, hands ahead, seen face-on.
    lie_rad             : the shaft against the ground, seen down the line.
    plane_rad           : the head's plane about impact against the horizon.
    plane_direction_rad : that plane's base line against the target line.
    closure_radps       : how fast the face turns shut about the vertical, positive as it closes.
    aim_sigma_rad       : one sigma of the target's direction, which path, face, plane direction and lean contain.
    source              : what it was measured with.
    """

    impact_s: float
    head_speed_mps: Reading
    attack_rad: Reading
    path_rad: Reading
    face_rad: Reading
    dynamic_loft_rad: Reading
    spin_loft_rad: Reading
    shaft_lean_rad: Reading
    lie_rad: Reading
    plane_rad: Reading
    plane_direction_rad: Reading
    closure_radps: Reading
    aim_sigma_rad: float
    source: str = "club"

    def at(self, impact_s: float) -> "Delivery":
        """Return the same delivery with impact on another clock."""
        return replace(self, impact_s=impact_s)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Delivery":
        """Make one of what `dataclasses.asdict` gave, with null for NaN.

        Raises TypeError, ValueError or KeyError where a part is lacking or no number.
        """

        def number(value: Any) -> float:
            return float("nan") if value is None else float(value)

        values: dict[str, Any] = {name: number(document[name]) for name in ("impact_s", "aim_sigma_rad")}
        values["source"] = str(document["source"])
        for name in (f.name for f in fields(cls) if f.name not in values):
            values[name] = Reading(number(document[name]["value"]), number(document[name]["sigma"]))
        return cls(**values)


@dataclass(frozen=True)
class DeliverySettings:
    """How a delivery is read off.

    before_s         : the part of the approach that is carried on to the instant of impact; a head's path is an arc
                       that a parabola follows this far.
    least_rows       : of that approach.
    aim_sigma_rad    : how squarely people set the leading edge.
    made_sigma_rad   : loft and lie of a club of its kind against the catalogue's, where nobody measured it.
    instant_share    : the blow's instant errs by so much of what the shock states, which has to cover streams that show
                       little of it; forty drawn swings at 400 to 1000 Hz.
    plane_s          : the plane is that of the last so long before the ball.
    """

    before_s: float = 0.012
    least_rows: int = 5
    aim_sigma_rad: float = np.deg2rad(2.0)
    made_sigma_rad: float = np.deg2rad(0.5)
    instant_share: float = 0.65
    plane_s: float = 0.03


def face_normal(spec: ClubSpec, handed: str) -> FloatArray:
    """Return the face's outward unit normal in the club frame, shape (3,): level at no loft, tilted up by it."""
    out = -1.0 if handed == "right" else 1.0
    sole_up = np.array([np.cos(spec.lie_rad), 0.0, -np.sin(spec.lie_rad)])
    return np.asarray(np.cos(spec.loft_rad) * np.array([0.0, out, 0.0]) + np.sin(spec.loft_rad) * sole_up)


def square_heading(rotation: FloatArray, handed: str) -> float:
    """Return the turn about the vertical that makes a club's leading edge square to X, radians.

    rotation : club to a level frame at address, shape (3, 3). The toe points away from the golfer, who stands at +Y.
    """
    toe = rotation[:, 0]
    away = -np.pi / 2.0 if handed == "right" else np.pi / 2.0
    turn = away - float(np.arctan2(toe[1], toe[0]))
    return float((turn + np.pi) % (2.0 * np.pi) - np.pi)


def find_delivery(swing: ClubSwing, handed: str, settings: DeliverySettings | None = None) -> Delivery | None:
    """Return the delivery of a swing on the club's clock; None where no blow was felt or too little came before it."""
    settings = settings or DeliverySettings()
    if swing.impact_s is None or swing.shock is None:
        return None
    approach = _Approach.of(swing, handed, settings)
    if approach is None:
        return None
    return _read(swing, handed, approach, settings)


@dataclass(frozen=True)
class _Approach:
    """The club at impact in a frame whose X is the target, with its rates there.

    velocity (3,) m/s, rotation (3, 3), turn (3,) rad/s in that frame, and their standard deviations: of the velocity's
    two directions (across, up), of the orientation, and of the instant.
    """

    velocity: FloatArray
    bend: FloatArray  # the velocity's rate of change, m/s2, (3,)
    rotation: FloatArray
    turn: FloatArray
    across_sigma: float
    up_sigma: float
    turn_sigma: float
    instant_s: float
    plane_normal: FloatArray = field(default_factory=lambda: np.array([0.0, 0.0, 1.0]))

    @classmethod
    def of(cls, swing: ClubSwing, handed: str, settings: DeliverySettings) -> "_Approach | None":
        motion = swing.motion
        assert swing.impact_s is not None
        since = motion.t_s - swing.impact_s
        last = int(np.searchsorted(since, 0.0)) - 1
        rows = np.flatnonzero((since >= -settings.before_s) & (since <= 0.0))
        if len(rows) < settings.least_rows:
            rows = np.arange(max(last - settings.least_rows + 1, 0), last + 1)
        if len(rows) < 3 or last < 3:
            return None
        address = Rotation.from_quat(motion.quaternion[: max(swing.still_rows, 1)], scalar_first=True).mean()
        heading = Rotation.from_euler("z", square_heading(address.as_matrix(), handed))
        club = heading * Rotation.from_quat(motion.quaternion[rows], scalar_first=True)
        velocity = heading.apply(swing.velocity_mps[rows])
        # Carried on to the instant: the orientation through its turn from the last sample, the velocity by a parabola.
        step = (club[1:] * club[:-1].inv()).as_rotvec() / np.diff(motion.t_s[rows])[:, None]
        turn = _at_zero(0.5 * (since[rows[1:]] + since[rows[:-1]]), step, 1)[0]
        rotation = (Rotation.from_rotvec(-since[rows[-1]] * turn) * club[-1]).as_matrix()
        at, bend = _at_zero(since[rows], velocity, 2)
        P = swing.velocity_covariance[rows[-1]]
        frame = heading.as_matrix()
        P = frame @ P @ frame.T
        speed = float(np.linalg.norm(at))
        level = np.hypot(at[0], at[1])
        across = np.array([-at[1], at[0], 0.0]) / max(level, 1e-9)
        upward = np.cross(at / max(speed, 1e-9), across)
        near = (since >= -settings.plane_s) & (since <= 0.0)
        path = heading.apply(swing.velocity_mps[near])
        normal = np.linalg.svd(path)[2][-1]
        return cls(
            at, bend, rotation, turn,
            float(np.sqrt(across @ P @ across) / max(level, 1e-9)),
            float(np.sqrt(upward @ P @ upward) / max(speed, 1e-9)),
            float(np.sqrt(max(motion.sigma_rad[rows[-1]] ** 2 - swing.heading_sigma_rad**2, 0.0))),
            swing.shock.sigma_s if swing.shock is not None else 0.0,
            normal if normal[2] >= 0.0 else -normal,
        )  # fmt: skip


def _at_zero(t: FloatArray, values: FloatArray, degree: int) -> tuple[FloatArray, FloatArray]:
    """Return value and slope at t = 0 of polynomials through columns, shape (n, k) to (k,) each."""
    fit = np.polyfit(t, values, min(degree, len(t) - 1))
    return np.asarray(fit[-1]), np.asarray(fit[-2])


def _angles(velocity: FloatArray, R: FloatArray, spec: ClubSpec, handed: str) -> dict[str, float]:
    normal, shaft = R @ face_normal(spec, handed), R[:, 2]
    along = velocity / np.linalg.norm(velocity)
    return {
        "attack_rad": float(np.arctan2(velocity[2], np.hypot(velocity[0], velocity[1]))),
        "path_rad": float(np.arctan2(-velocity[1], velocity[0])),
        "face_rad": float(np.arctan2(-normal[1], normal[0])),
        "dynamic_loft_rad": float(np.arcsin(np.clip(normal[2], -1.0, 1.0))),
        "spin_loft_rad": float(np.arccos(np.clip(along @ normal, -1.0, 1.0))),
        "shaft_lean_rad": float(np.arctan2(-shaft[0], -shaft[2])),
        "lie_rad": float(np.arctan2(-shaft[2], abs(shaft[1]))),
    }


def _read(swing: ClubSwing, handed: str, at: _Approach, settings: DeliverySettings) -> Delivery:
    spec = swing.motion.spec
    now = _angles(at.velocity, at.rotation, spec, handed)
    # What another instant would have shown: the whole club turns on by its rate.
    dt = max(settings.instant_share * at.instant_s, 1e-6)
    later = _angles(
        at.velocity + dt * at.bend, Rotation.from_rotvec(dt * at.turn).as_matrix() @ at.rotation, spec, handed
    )
    timing = {name: abs(later[name] - now[name]) for name in now}
    made = settings.made_sigma_rad
    about = float(np.hypot(swing.mount.face_sigma_rad, made))
    own = {
        "attack_rad": at.up_sigma,
        "path_rad": at.across_sigma,
        "face_rad": float(np.hypot(at.turn_sigma, about)),
        "dynamic_loft_rad": float(np.hypot(at.turn_sigma, about)),
        "spin_loft_rad": float(np.sqrt(at.turn_sigma**2 + about**2 + at.up_sigma**2)),
        "shaft_lean_rad": at.turn_sigma,
        "lie_rad": at.turn_sigma,
    }
    aim = settings.aim_sigma_rad
    aimed = {"path_rad", "face_rad", "shaft_lean_rad"}
    readings = {
        name: Reading(value, float(np.sqrt(own[name] ** 2 + timing[name] ** 2 + (aim**2 if name in aimed else 0.0))))
        for name, value in now.items()
    }
    plane = float(np.arccos(np.clip(at.plane_normal[2], -1.0, 1.0)))
    base = np.cross(at.plane_normal, np.array([0.0, 0.0, 1.0]))
    base = base if base[0] >= 0.0 else -base
    side = 1.0 if handed == "right" else -1.0
    plane_sigma = float(np.hypot(at.up_sigma, at.across_sigma))
    return Delivery(
        impact_s=float(swing.impact_s or 0.0),
        head_speed_mps=Reading(swing.head_speed_mps, swing.head_speed_sigma_mps),
        plane_rad=Reading(plane, plane_sigma),
        plane_direction_rad=Reading(float(np.arctan2(-base[1], base[0])), float(np.hypot(plane_sigma, aim))),
        # A right-handed face shuts as it turns counter-clockwise seen from above. Its rate is good to the sensor's
        # scale and, as it changes within the blow, to a few per cent.
        closure_radps=Reading(side * float(at.turn[2]), float(0.03 * np.linalg.norm(at.turn))),
        aim_sigma_rad=aim,
        **readings,  # type: ignore[arg-type]
    )  # fmt: skip
