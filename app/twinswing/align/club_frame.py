"""Where hands and head lie on a club, for motions that are put together from parts."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.club.model import ClubMotion, ClubSpec

FloatArray = NDArray[np.float64]

# Middle of the lead and the trail fist from the butt along the shaft, for a full grip with the butt just showing.
LEAD_GRIP_M = 0.06
TRAIL_GRIP_M = 0.138

# Middle of the head from the end of the shaft's axis: toward the toe, and behind the face's side (metres, to 1 cm).
_WOODS = (0.052, 0.037)
_IRONS = (0.042, 0.017)


def head_centre_m(spec: ClubSpec, handed: str = "right") -> FloatArray:
    """Return the head's geometric centre in the club frame, metres, shape (3,), to about 1 cm."""
    toe, back = _WOODS if spec.kind in {"driver", "wood", "hybrid"} else _IRONS
    # The face of a right-handed club looks along -Y.
    return np.array([toe, back if handed == "right" else -back, spec.length_m - 0.006])


def behind_ball_m(spec: ClubSpec) -> FloatArray:
    """Return the head's centre when its face meets the ball, which rests at the world's origin, metres, shape (3,)."""
    deep = spec.kind in {"driver", "wood", "hybrid"}
    return np.array([-0.075, 0.0, 0.035]) if deep else np.array([-0.03, 0.0, 0.03])


def unit(v: FloatArray) -> FloatArray:
    """Return vectors scaled to length one along the last axis."""
    return np.asarray(v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12))


def to_quaternion(rotation: FloatArray) -> FloatArray:
    """Turn matrices, shape (n, 3, 3), into sign-continuous quaternions (w, x, y, z), shape (n, 4)."""
    q = Rotation.from_matrix(rotation).as_quat(scalar_first=True)
    flips = np.cumsum(np.concatenate([[0], (np.sum(q[1:] * q[:-1], axis=1) < 0.0).astype(np.int64)]))
    return np.asarray(np.where(flips[:, None] % 2 == 1, -q, q))


def motion_of(
    t_s: FloatArray,
    butt_m: FloatArray,
    rotation: FloatArray,
    head_in_club_m: FloatArray,
    sigma_m: FloatArray,
    sigma_rad: FloatArray,
    spec: ClubSpec,
    source: str,
) -> ClubMotion:
    """Put a motion together from butt (n, 3) and club to world (n, 3, 3)."""
    head = butt_m + rotation @ head_in_club_m
    return ClubMotion(t_s, butt_m, to_quaternion(rotation), head, sigma_m, sigma_rad, spec, source)


def head_speed(motion: ClubMotion, t_s: float, half_span_s: float = 0.004) -> tuple[float, float]:
    """Return the head's speed at a time and its standard deviation, m/s.

    The slope of a line through the head's path over +-`half_span_s`, or over three samples where they are sparser. The
    deviation is that of the orientation, turned through the club's length, and of the place, over the span that the
    motion is smooth on (30 ms).
    """
    near = np.abs(motion.t_s - t_s) <= half_span_s
    if near.sum() < 3:
        i = int(np.clip(np.searchsorted(motion.t_s, t_s), 1, len(motion.t_s) - 2))
        near = np.zeros(len(motion.t_s), dtype=bool)
        near[i - 1 : i + 2] = True
    t = motion.t_s[near] - t_s
    # A parabola over the span: the path is an arc, and a line would cut the corner.
    slope = np.polyfit(t, motion.head_m[near], 2 if near.sum() > 3 else 1)[-2]
    speed = float(np.linalg.norm(slope))
    at = int(np.argmin(np.abs(motion.t_s - t_s)))
    radius = motion.spec.length_m + 0.15
    turn = speed / radius
    share = float(motion.sigma_rad[at])
    return speed, float(np.hypot(turn * radius * share, 0.3 * motion.sigma_m[at] / 0.03))
