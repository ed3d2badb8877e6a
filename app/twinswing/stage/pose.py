"""Where the club is at a time: its motion interpolated."""

import numpy as np
from numpy.typing import NDArray

from twinswing.club.model import ClubMotion


def club_at(motion: ClubMotion, t_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the butt (m, shape (3,)) and the club-to-world quaternion (w, x, y, z) at a time, held at the ends.

    Samples lie close together, so normalised linear interpolation of the quaternion is within a hundredth of a degree
    of the great arc.
    """
    t = motion.t_s
    if len(t) == 1:
        return motion.butt_m[0], motion.quaternion[0]
    i = int(np.clip(np.searchsorted(t, t_s) - 1, 0, len(t) - 2))
    w = float(np.clip((t_s - t[i]) / (t[i + 1] - t[i]), 0.0, 1.0))
    butt = (1.0 - w) * motion.butt_m[i] + w * motion.butt_m[i + 1]
    a, b = motion.quaternion[i], motion.quaternion[i + 1]
    q = (1.0 - w) * a + w * (b if float(a @ b) >= 0.0 else -b)
    return butt, q / np.linalg.norm(q)


def rotation_of(quaternion: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the rotation to the world, shape (3, 3), of a unit quaternion (w, x, y, z)."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
