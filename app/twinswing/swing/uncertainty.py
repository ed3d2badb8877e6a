"""How a body's and a club's uncertainty becomes that of what is computed from them: a fixed set of disturbed swings.

Every measure is computed once on what was found, and once on each of these; the spread is its sigma. The draws come
from a fixed seed, so that the same recording gives the same number each time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.body.skeleton import BodyMotion
from twinswing.swing.positions import SwingTimes

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ErrorParams:
    """How errors of joints hang together. A `BodyMotion` states each joint's own sigma and no more.

    The shares are those with which the measures of twelve filmed exact swings, six face-on and six down the line, keep
    to their sigmas; what they leave is in `BEYOND`. `truth/bench_measures.py` measures it on others.

    draws        : of each swing; 400 give a sigma to 4 %.
    common_share : part of the variance that all joints of a moment share, as when the whole body stands too far away.
    lasting_share: part of both that stays from one moment to the next, as a distance or a bone that is misjudged.
    flat_share   : of a joint's sigma, in the two directions that one camera sees; the rest is depth, along its ray,
                   which gets the whole. A body from elsewhere than one camera errs alike in all directions.
    smooth_s     : errors of a joint come and go over this.
    seed         : of the draws.
    """

    draws: int = 400
    common_share: float = 0.5
    lasting_share: float = 0.75
    flat_share: float = 0.25
    smooth_s: float = 0.12
    seed: int = 20


def ray_of(view: str) -> FloatArray:
    """Return the direction in which a camera at a view sees no more than depth, shape (3,), for either golfer."""
    if view == "face-on":
        return np.array([0.0, 1.0, 0.0])
    return np.array([1.0, 0.0, 0.0]) if view == "down-the-line" else np.array([0.0, 0.0, 0.0])


def _spread(body: BodyMotion, view: str, params: ErrorParams) -> FloatArray:
    """Return the matrix, shape (3, 3), that turns unit errors into a joint's by its sigma."""
    ray = ray_of(view)
    if "video" not in body.source or not ray.any():
        return np.eye(3)
    along = np.outer(ray, ray)
    return np.asarray(along + params.flat_share * (np.eye(3) - along))


# What one camera gets wrong beyond what its joints' sigmas say, one sigma (SI) face-on and down the line, by measure:
# errors that go one way through a whole swing, as a trunk that leans along the camera's ray, or hands that lose the
# part of their way that goes along it. From the same twelve swings. An oblique camera has the larger.
BEYOND: dict[str, tuple[float, float]] = {
    "pelvis_turn": (0.14, 0.0),
    "thorax_turn": (0.30, 0.41),
    "thorax_tilt": (0.38, 0.30),
    "thorax_sway": (0.03, 0.05),
    "thorax_lift": (0.025, 0.01),
    "spine_tilt": (0.22, 0.05),
    "spine_forward": (0.15, 0.08),
    "spine_side": (0.085, 0.0),
    "posture_change": (0.31, 0.09),
    "shoulder_plane": (0.06, 0.0),
    "lead_elbow": (0.0, 0.60),
    "hand_height": (0.03, 0.11),
    "neck_past_ankle": (0.045, 0.0),
    "hand_path_backswing": (0.30, 0.48),
    "hand_path_downswing": (0.35, 0.43),
    "hand_path_plane": (0.28, 0.0),
    "sequence_peak_arm": (4.2, 0.0),
    "sequence_gain_thorax": (1.8, 0.0),
    "sequence_gain_club": (0.80, 0.50),
}


def beyond(key: str, body: BodyMotion, view: str) -> float:
    """Return what is to be added (as root of squares) to a measure's sigma for a body seen by one camera."""
    if "video" not in body.source or key not in BEYOND:
        return 0.0
    face_on, down = BEYOND[key]
    return face_on if view == "face-on" else down if view == "down-the-line" else max(face_on, down)


@dataclass(frozen=True)
class Draws:
    """Disturbed bodies at the positions of a swing.

    names    : positions, in order. exact : what was found, (positions, 23, 3). drawn : (draws, positions, 23, 3).
    times_s  : of the draws, (draws, positions).
    """

    names: tuple[str, ...]
    exact: FloatArray
    drawn: FloatArray
    times_s: FloatArray

    def index(self, name: str) -> int:
        """Return a position's place along the second axis."""
        return self.names.index(name)


def at_times(t_s: FloatArray, values: FloatArray, when_s: FloatArray) -> FloatArray:
    """Interpolate values (n, ...) linearly to times of any shape, held at the ends."""
    if len(t_s) == 1:
        return np.broadcast_to(values[0], (*when_s.shape, *values.shape[1:]))
    i = np.clip(np.searchsorted(t_s, when_s) - 1, 0, len(t_s) - 2)
    w = np.clip((when_s - t_s[i]) / (t_s[i + 1] - t_s[i]), 0.0, 1.0)
    w = w.reshape(*when_s.shape, *([1] * (values.ndim - 1)))
    return np.asarray((1.0 - w) * values[i] + w * values[i + 1])


def draw_bodies(body: BodyMotion, times: SwingTimes, params: ErrorParams | None = None) -> Draws:
    """Disturb a body at a swing's positions by its joints' sigmas and by the positions' own times."""
    params = params or ErrorParams()
    rng = np.random.default_rng(params.seed)
    names = tuple(n for n in times.at_s if np.isfinite(times.sigma_s[n]))
    when = np.array([times.at_s[n] for n in names])
    late = rng.standard_normal((params.draws, len(names))) * np.array([times.sigma_s[n] for n in names])
    exact = at_times(body.t_s, body.joints_m, when)
    sigma = at_times(body.t_s, body.sigma_m, when)
    joints = body.joints_m.shape[1]
    c, k = params.common_share, params.lasting_share

    def errors(count: int) -> FloatArray:
        stays = rng.standard_normal((params.draws, 1, count, 3))
        comes = rng.standard_normal((params.draws, len(names), count, 3))
        return np.asarray(np.sqrt(k) * stays + np.sqrt(1.0 - k) * comes)

    unit = np.sqrt(c) * errors(1) + np.sqrt(1.0 - c) * errors(joints)
    error = (unit @ _spread(body, times.view, params)) * sigma[..., None]
    moved = at_times(body.t_s, body.joints_m, when + late)
    return Draws(names, exact, moved + error, when + late)


def draw_paths(
    body: BodyMotion, view: str, first_s: float, last_s: float, joints: list[int], params: ErrorParams | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return a body's rows in a span as times (n,) and disturbed joints, shape (draws, n, k, 3); the first is exact.

    The errors are smooth over `smooth_s`, as a pose model's and a smoothed fit's are.
    """
    params = params or ErrorParams()
    rng = np.random.default_rng(params.seed + 1)
    rows = np.flatnonzero((body.t_s >= first_s) & (body.t_s <= last_s))
    rows = np.arange(max(rows[0] - 1, 0), min(rows[-1] + 2, len(body.t_s))) if len(rows) else rows
    t = body.t_s[rows]
    paths = body.joints_m[rows][:, joints]
    if not len(rows) or not body.sigma_m[rows].any():
        return t, paths[None]
    knots = np.arange(t[0] - 2.0 * params.smooth_s, t[-1] + 2.5 * params.smooth_s, 0.5 * params.smooth_s)
    blend = np.exp(-0.5 * ((t[:, None] - knots) / (params.smooth_s / np.sqrt(2.0))) ** 2)
    blend /= np.linalg.norm(blend, axis=1, keepdims=True)
    draws = params.draws // 2
    own = np.einsum("nk,dkjc->dnjc", blend, rng.standard_normal((draws, len(knots), len(joints), 3)))
    error = np.sqrt(1.0 - params.common_share) * own @ _spread(body, view, params)
    error *= body.sigma_m[rows][:, joints][None, :, :, None]
    error[0] = 0.0
    return t, paths + error


def turns(sigma_rad: float, draws: int, seed: int) -> FloatArray:
    """Return random small rotations about any axis, each component with this sigma, shape (draws, 3, 3)."""
    rng = np.random.default_rng(seed)
    return np.asarray(Rotation.from_rotvec(sigma_rad * rng.standard_normal((draws, 3))).as_matrix())


def spread(values: FloatArray, *, angle: bool = False) -> float:
    """Return the standard deviation of draws about their own centre; `angle` wraps at half a turn."""
    if angle:
        centre = np.angle(np.mean(np.exp(1j * values)))
        values = np.angle(np.exp(1j * (values - centre)))
    return float(np.sqrt(np.mean((values - np.mean(values)) ** 2)))
