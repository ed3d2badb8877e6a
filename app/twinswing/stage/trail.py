"""The path of the club head as a ribbon coloured by speed, and the plane that the head swung on."""

from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from twinswing.club.model import ClubMotion
from twinswing.stage import geom, shaders
from twinswing.stage.material import blend
from twinswing.swing.model import Event

FloatArray = NDArray[np.float64]

# From slow to fast: dark to light, so that it reads without colour vision too, and away from grass and sky.
_RAMP = ("#31236b", "#6a2c91", "#b5367a", "#ee5d4e", "#fb9d3c", "#fde97a")
_RATE_HZ = 600.0  # samples of the smooth ribbon: at 50 m/s one every 8 cm, bent by less than a pixel
_MAX_SAMPLES = 20_000  # of a ribbon, whatever the clip's length
_SWEEP_STAYS_S = 0.35  # of the swept surface: about the length of a downswing
_SHAFT_PART = 0.30  # how much of the shaft, from the head up, the swept surface shows


def _oklab(rgb: FloatArray) -> FloatArray:
    """Turn linear sRGB, shape (n, 3), into OKLab (Ottosson 2020)."""
    to_lms = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    return np.asarray(np.cbrt(rgb @ to_lms.T) @ _LAB.T)


_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_RGB_FROM_LMS = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def speed_color(fraction: FloatArray) -> FloatArray:
    """Return display rgb (0 to 1) for speeds as fractions of the scale, shape (n,) to (n, 3).

    Even steps in speed are about even steps to the eye: the ramp is interpolated in OKLab.
    """
    stops = np.array([[int(c[i : i + 2], 16) / 255 for i in (1, 3, 5)] for c in _RAMP])
    lab = _oklab(stops**2.2)
    x = np.clip(fraction, 0.0, 1.0) * (len(_RAMP) - 1)
    mixed = np.stack([np.interp(x, np.arange(len(_RAMP)), lab[:, i]) for i in range(3)], -1)
    lms = (mixed @ np.linalg.inv(_LAB).T) ** 3
    return np.asarray(np.clip(lms @ _RGB_FROM_LMS.T, 0.0, 1.0) ** (1 / 2.2))


@dataclass(frozen=True)
class HeadPath:
    """A smooth path of the head, n samples.

    t_s, head_m, speed_mps: times, places, speeds. tangent: unit directions. inner_m: the point up the shaft that the
    swept surface reaches to.
    """

    t_s: FloatArray
    head_m: FloatArray
    speed_mps: FloatArray
    tangent: FloatArray
    inner_m: FloatArray

    @classmethod
    def from_motion(cls, motion: ClubMotion) -> "HeadPath":
        """Resample a club's motion through a cubic spline; speeds are the spline's own derivative."""
        t = motion.t_s
        if len(t) < 4:
            speed = np.zeros(len(t))
            tangent = np.tile([1.0, 0.0, 0.0], (len(t), 1))
            return cls(t, motion.head_m, speed, tangent, motion.head_m)
        count = int(np.clip(round((t[-1] - t[0]) * _RATE_HZ), 4, _MAX_SAMPLES))
        dense = np.linspace(t[0], t[-1], count)
        spline = CubicSpline(t, motion.head_m)
        head = spline(dense)
        velocity = spline(dense, 1)
        speed = np.linalg.norm(velocity, axis=1)
        # Where the head rests its direction is that of its next clear movement.
        moving = np.flatnonzero(speed > 0.02)
        if len(moving):
            nearest = moving[np.clip(np.searchsorted(moving, np.arange(count)), 0, len(moving) - 1)]
            tangent = velocity[nearest] / speed[nearest, None]
        else:
            tangent = np.tile([1.0, 0.0, 0.0], (count, 1))
        butt = CubicSpline(t, motion.butt_m)(dense)
        return cls(dense, head, speed, tangent, head + _SHAFT_PART * (butt - head))

    def between(self, start_s: float, end_s: float) -> "HeadPath":
        """Return the part of the path between two times; all of it where nothing lies between."""
        part = slice(*np.searchsorted(self.t_s, [start_s, end_s]).tolist())
        if part.stop - part.start < 2:
            return self
        return HeadPath(self.t_s[part], self.head_m[part], self.speed_mps[part], self.tangent[part], self.inner_m[part])

    def scale_mps(self) -> float:
        """Return the speed at the top of the colour scale: the highest, at least 1 m/s."""
        return max(float(self.speed_mps.max(initial=0.0)), 1.0)


class Trail:
    """The ribbon and the swept surface behind the head, made once and revealed by a uniform."""

    def __init__(self, path: HeadPath, stays_s: float = 1e9, half_width_m: float = 0.012) -> None:
        self.path = path
        self.node = p3d.NodePath("trail")
        self._stays_s = stays_s
        self._start_s = float(path.t_s[0]) if len(path.t_s) else 0.0
        self._sweep: p3d.NodePath | None = None
        if len(path.t_s) >= 2:
            self._add_ribbon(half_width_m)
            self._add_sweep()
        self.set_time(-1e9)

    def _colors(self) -> FloatArray:
        return speed_color(self.path.speed_mps / self.path.scale_mps())

    def _add_ribbon(self, half_width_m: float) -> None:
        n = len(self.path.t_s)
        resting = np.clip(self.path.speed_mps / 0.6, 0.0, 1.0)[:, None]  # a resting head leaves no blot
        columns = {
            "vertex": np.repeat(self.path.head_m, 2, 0),
            "tangent": np.repeat(self.path.tangent, 2, 0),
            "trail_color": np.repeat(np.concatenate([self._colors(), resting], 1), 2, 0),
            "trail_param": np.stack([np.repeat(self.path.t_s - self._start_s, 2), np.tile([-1.0, 1.0], n)], 1),
        }
        ribbon = self.node.attach_new_node(geom.triangles("ribbon", columns, geom.strip_indices(n)))
        ribbon.set_shader(shaders.load("trail"))
        ribbon.set_shader_input("trail_width", p3d.LVecBase4f(half_width_m, 0.0024, 0, 0))
        ribbon.set_two_sided(True)
        blend(ribbon, 30)

    def _add_sweep(self) -> None:
        step = max(1, len(self.path.t_s) // 1500)
        t, n = self.path.t_s[::step] - self._start_s, len(self.path.t_s[::step])
        quick = np.clip(self.path.speed_mps[::step] / self.path.scale_mps() * 1.6 - 0.1, 0.0, 1.0)[:, None]
        vertex = np.empty((2 * n, 3))
        vertex[0::2], vertex[1::2] = self.path.inner_m[::step], self.path.head_m[::step]
        columns = {
            "vertex": vertex,
            "trail_color": np.repeat(np.concatenate([self._colors()[::step], quick], 1), 2, 0),
            "trail_param": np.stack([np.repeat(t, 2), np.tile([0.0, 1.0], n)], 1),
        }
        sweep = self.node.attach_new_node(geom.triangles("sweep", columns, geom.strip_indices(n)))
        sweep.set_shader(shaders.load("sweep"))
        sweep.set_two_sided(True)
        blend(sweep, 20)
        self._sweep = sweep

    def set_time(self, t_s: float) -> None:
        """Show the path up to this time."""
        # Shader times are single precision: they count from the path's start.
        now = float(np.clip(t_s - self._start_s, -1e6, 1e6))
        self.node.set_shader_input("playhead", p3d.LVecBase4f(now, self._stays_s, 1.0, 0.0))
        if self._sweep is not None:
            self._sweep.set_shader_input("playhead", p3d.LVecBase4f(now, _SWEEP_STAYS_S, 1.0, 0.0))


@dataclass(frozen=True)
class SwingPlane:
    """A plane fitted to the head's path: centre (m), unit normal, unit downhill axis, radius (m), residual (m rms)."""

    centre_m: FloatArray
    normal: FloatArray
    down: FloatArray
    radius_m: float
    residual_m: float


def fit_plane(path: HeadPath, events: dict[str, Event]) -> SwingPlane | None:
    """Fit the plane of the downswing by total least squares; None with too little movement.

    The span is top to mid-follow-through where those events are known, else where the head is faster than a third of
    its highest speed. Samples count by their speed, so that the plane is that of the strike.
    """
    start, end = events.get("top"), events.get("mid_follow_through")
    if start is not None and end is not None:
        use = (path.t_s >= start.t_s) & (path.t_s <= end.t_s)
    else:
        use = path.speed_mps > path.scale_mps() / 3
    if int(use.sum()) < 8 or path.scale_mps() < 3.0:
        return None
    points, weight = path.head_m[use], path.speed_mps[use]
    mean = np.average(points, axis=0, weights=weight)
    _, _, axes = np.linalg.svd((points - mean) * np.sqrt(weight / weight.sum())[:, None], full_matrices=False)
    normal = axes[2] if axes[2][2] >= 0 else -axes[2]
    off = (points - mean) @ normal
    down = np.array([0.0, 0.0, -1.0]) + normal[2] * normal
    if np.linalg.norm(down) < 1e-3:
        return None
    down /= np.linalg.norm(down)
    # The centre: that of the circle through the path within the plane (Kasa's algebraic fit).
    across = np.cross(normal, down)
    u, v = (points - mean) @ across, (points - mean) @ down
    a = np.stack([u, v, np.ones_like(u)], 1)
    (cu, cv, _), *_ = np.linalg.lstsq(a, -(u**2 + v**2), rcond=None)
    centre = mean - 0.5 * (cu * across + cv * down)
    radius = float(np.percentile(np.linalg.norm(points - centre, axis=1), 90)) + 0.05
    if not 0.5 < radius < 4.0:
        return None
    return SwingPlane(centre, normal, down, radius, float(np.sqrt(np.average(off**2, weights=weight))))


def make_plane(plane: SwingPlane, rgb: tuple[float, float, float] = (0.62, 0.82, 0.95)) -> p3d.NodePath:
    """Make the translucent disc of a swing plane."""
    corners = np.array([[-1.02, -1.02, 0], [1.02, -1.02, 0], [1.02, 1.02, 0], [-1.02, 1.02, 0]])
    node = p3d.NodePath(geom.triangles("plane", {"vertex": corners}, np.array([[0, 1, 2], [0, 2, 3]])))
    across = np.cross(plane.normal, plane.down)
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = across, plane.down, plane.normal
    matrix[:3, :3] *= plane.radius_m
    matrix[3, :3] = plane.centre_m
    node.set_mat(p3d.LMatrix4f(*matrix.ravel().tolist()))
    node.set_shader(shaders.load("plane"))
    node.set_shader_input("plane_color", p3d.LVecBase4f(*rgb, 0.13))
    node.set_two_sided(True)
    blend(node, 10)
    return node
