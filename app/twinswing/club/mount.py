"""How the sensor sits in the club, where the club does not say: from gravity at address and from the swing.

At address the shaft makes its lie angle with the ground, so in the sensor's frame it lies on a cone about gravity.
Which line of that cone it is, the swing shows: most sensors are built in with one axis along the shaft; where none
fits, the shaft is the line that sweeps the thinnest plane through impact and comes back to where it started.
The face is taken to be square at address: its toe then points up in the vertical plane of the shaft.
"""

from dataclasses import dataclass

import numpy as np

from twinswing.club.impact import ImpactShock
from twinswing.club.model import ClubSpec, FloatArray, ImuSamples
from twinswing.club.orientation import between, from_rotation_vector, integrate, multiply, rotate
from twinswing.club.stillness import Still

UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class MountSettings:
    """How a mount is found.

    slope_sigma_rad : of the shaft's slope at address about the club's lie. Players hold the hands low: the shaft stands
                      3 to 11 degrees flatter than the lie, whose middle is taken.
    low_hands_rad   : that middle.
    axis_limit_rad  : an axis of the sensor within this of the cone is taken for the shaft.
    axis_sigma_rad  : how well an axis lies along the shaft: cut and glued by hand.
    face_sigma_rad  : about the shaft: a face is set a few degrees open or shut at address.
    search_sigma_rad: of a shaft found by its sweep; the worst of five synthetic swings and a captured one.
    window_s        : of the swing about its fastest turning in which the shaft sweeps nearly a plane, mid-downswing to
                      mid-follow-through. A shorter one lets other lines of the cone look as thin.
    plane_rad       : thickness of that plane; a captured tour swing's is 0.033 over this window.
    doubt           : an axis is not taken for the shaft when the best line of the cone fits better by this
                      (difference of chi-square).
    return_rad      : how closely the shaft comes back at impact to its direction at address: hands lean it forward by
                      up to 10 degrees more.
    return_unfelt_rad : the same for the fastest turning, where no blow tells the instant of impact: 10 ms at 40 rad/s.
    """

    slope_sigma_rad: float = 0.09
    low_hands_rad: float = 0.12
    axis_limit_rad: float = 0.26
    axis_sigma_rad: float = 0.02
    face_sigma_rad: float = 0.06
    search_sigma_rad: float = 0.1
    window_s: float = 0.1
    plane_rad: float = 0.04
    doubt: float = 4.0
    return_rad: float = 0.15
    return_unfelt_rad: float = 0.4


@dataclass(frozen=True)
class FoundMount:
    """The sensor's pose in the club frame; `sigma_rad` of the shaft's direction, `face_sigma_rad` about it.

    source : "stated", "an axis along the shaft" or "the shaft's sweep".
    """

    position_m: tuple[float, float, float]
    quaternion: FloatArray
    sigma_rad: float
    face_sigma_rad: float
    source: str
    warnings: tuple[str, ...] = ()

    def sensor_to(self, point_m: FloatArray) -> FloatArray:
        """Return the vector from the sensor to a point of the club, in the sensor's frame, metres, shape (3,)."""
        inverse = self.quaternion * np.array([1.0, -1.0, -1.0, -1.0])
        return rotate(inverse, np.asarray(point_m, dtype=np.float64) - np.asarray(self.position_m))


def find_mount(
    swing: ImuSamples,
    spec: ClubSpec,
    still: Still,
    *,
    takeaway: int,
    shock: ImpactShock | None = None,
    settings: MountSettings | None = None,
) -> FoundMount:
    """Return the mount that the club states, or find it.

    swing : samples from address on. still : the address. takeaway : the row at which it ends.
    shock : the blow, if one was felt.
    """
    settings = settings or MountSettings()
    if spec.mount is not None:
        return FoundMount(spec.mount.position_m, np.array(spec.mount.quaternion), 0.0, 0.0, "stated")
    up = still.accel_mps2 / np.linalg.norm(still.accel_mps2)
    sweep = _Sweep.of(swing, spec, still, takeaway, shock, settings)
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    axis = min(axes, key=sweep.cost)
    shaft = sweep.search()
    if sweep.off_cone(axis) < settings.axis_limit_rad and sweep.cost(axis) < sweep.cost(shaft) + settings.doubt:
        shaft, sigma, source = axis, settings.axis_sigma_rad, "an axis along the shaft"
        warnings: tuple[str, ...] = ()
    else:
        sigma, source = settings.search_sigma_rad, "the shaft's sweep"
        warnings = ("the sensor lies along no axis of the club; its mount was estimated and the path is less sure",)
    return FoundMount((0.0, 0.0, 0.02), _frame(shaft, up), sigma, settings.face_sigma_rad, source, warnings)


def _frame(shaft: FloatArray, up: FloatArray) -> FloatArray:
    """Return sensor to club from the shaft and "up" in the sensor's frame, face square: the toe points up."""
    toe = up - (up @ shaft) * shaft
    toe = toe / np.linalg.norm(toe)
    to_z = between(shaft, UP)
    moved = rotate(to_z, toe)
    angle = -float(np.arctan2(moved[1], moved[0]))
    about = np.array([np.cos(angle / 2.0), 0.0, 0.0, np.sin(angle / 2.0)])
    q = multiply(about, to_z)
    return np.asarray(q)


@dataclass(frozen=True)
class _Sweep:
    """What a swing says of a line in the sensor's frame being the shaft."""

    slope_rad: float
    up: FloatArray
    at_address: FloatArray
    at_impact: FloatArray
    return_rad: float
    around: FloatArray  # orientations about the fastest turning, (m, 4)
    settings: MountSettings

    @classmethod
    def of(
        cls,
        swing: ImuSamples,
        spec: ClubSpec,
        still: Still,
        takeaway: int,
        shock: ImpactShock | None,
        settings: MountSettings,
    ) -> "_Sweep":
        up = still.accel_mps2 / np.linalg.norm(still.accel_mps2)
        start = max(0, takeaway - 1)
        gyro = swing.gyro_radps[start:] - still.gyro_bias_radps
        t = swing.t_s[start:]
        q = integrate(between(up, UP), t, gyro)
        turn = np.linalg.norm(gyro, axis=1)
        peak = int(np.argmax(turn))
        rows = np.abs(t - t[peak]) <= settings.window_s
        slope = -(spec.lie_rad - settings.low_hands_rad)  # the shaft points down, against "up"
        if shock is None:
            return cls(slope, up, q[0], q[peak], settings.return_unfelt_rad, q[rows], settings)
        row = int(np.clip(np.searchsorted(t, shock.t_s) - 1, 0, len(t) - 1))
        at_impact = multiply(q[row], from_rotation_vector((shock.t_s - t[row]) * gyro[row]))
        closeness = float(np.hypot(settings.return_rad, turn[row] * shock.sigma_s))
        return cls(slope, up, q[0], at_impact, closeness, q[rows], settings)

    def off_cone(self, shaft: FloatArray) -> float:
        """Return how far a direction lies off the cone, rad."""
        return abs(float(np.arcsin(np.clip(shaft @ self.up, -1.0, 1.0))) - self.slope_rad)

    def cost(self, shaft: FloatArray) -> float:
        """Return chi-square of a direction: slope, thinness of the sweep, return at impact."""
        s = self.settings
        along = rotate(self.around, np.broadcast_to(shaft, (len(self.around), 3)))
        thickness = float(np.linalg.svd(along, compute_uv=False)[-1]) / np.sqrt(len(along))
        back = float(np.linalg.norm(rotate(self.at_impact, shaft) - rotate(self.at_address, shaft)))
        parts = (self.off_cone(shaft) / s.slope_sigma_rad, thickness / s.plane_rad, back / self.return_rad)
        return float(sum(part**2 for part in parts))

    def search(self) -> FloatArray:
        """Return the best direction on the cone and a little off it."""
        side = np.cross(self.up, [1.0, 0.0, 0.0] if abs(self.up[0]) < 0.9 else [0.0, 1.0, 0.0])
        side /= np.linalg.norm(side)
        front = np.cross(self.up, side)
        slopes = self.slope_rad + np.linspace(-2.0, 2.0, 7) * self.settings.slope_sigma_rad
        turns = np.linspace(-np.pi, np.pi, 90, endpoint=False)
        lines = [
            np.sin(slope) * self.up + np.cos(slope) * (np.cos(turn) * side + np.sin(turn) * front)
            for slope in slopes
            for turn in turns
        ]
        return np.asarray(min(lines, key=self.cost))
