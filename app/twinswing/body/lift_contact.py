"""What a lift finds out before it moves a joint: which feet stand when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.lift_model import POINT, POINTS
from twinswing.body.lift_observe import Observed

FloatArray = NDArray[np.float64]
FEET = {
    "left": [POINT["left_ankle"], POINT["left_heel"], POINT["left_toe"]],
    "right": [POINT["right_ankle"], POINT["right_heel"], POINT["right_toe"]],
}
# Heights of foot points on the ground as fractions of stature: joint centres and landmarks lie inside the shoe.
FOOT_HEIGHT = (0.042, 0.015, 0.012)


@dataclass(frozen=True)
class Ground:
    """How firmly each foot point is on the ground and at rest, per knot.

    down : weight 0 to 1 of the point's height being its planted height, shape (K, 20).
    hold : weight 0 to 1 of the point not moving to the next knot, shape (K - 1, 20).
    """

    down: FloatArray
    hold: FloatArray


def find_contacts(seen: Observed) -> Ground:
    """Find when each foot point is planted: it neither moves nor is lifted against where it stands at address."""
    K = len(seen.t_s)
    down, hold = np.zeros((K, POINTS)), np.zeros((max(K - 1, 0), POINTS))
    unit = seen.image_px / seen.height_px
    for feet in FEET.values():
        for p in feet:
            home = np.median(unit[seen.still, p], axis=0)
            lift = home[1] - unit[:, p, 1]  # positive is up in the picture
            down[:, p] = 1.0 / (1.0 + (np.maximum(lift, 0.0) / 0.02) ** 4)
            step = np.linalg.norm(np.diff(unit[:, p], axis=0), axis=-1)
            hold[:, p] = 1.0 / (1.0 + (step / 0.012) ** 4)
    return Ground(down, hold)
