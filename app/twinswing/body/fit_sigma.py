"""How sure a fit is of each joint: the posterior of the least squares, scaled to what it comes to against the truth."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twinswing.body.landmarks import PoseTrack
from twinswing.body.lift_model import POINT
from twinswing.body.skeleton import JOINT, JOINT_NAMES

if TYPE_CHECKING:
    from twinswing.body.fit_solve import FitProblem, Solution

FloatArray = NDArray[np.float64]

# Distance that 68 % of joints of a kind keep to the truth over the fit's own deviation.
_FACTOR: dict[str, float] = {}
_HIDDEN = 0.25


def joint_sigma(problem: "FitProblem", found: "Solution", pose: PoseTrack) -> FloatArray:
    """Return one standard deviation of each joint's position, metres, shape (n, 23)."""
    # A hidden landmark is guessed, and worse than its weight says.
    hidden = np.max([1.0 - view.observed.weight for view in problem.views], axis=0)
    spread = found.parts["sigma_m"] * (1.0 + _HIDDEN * hidden)
    knots = problem.t_s
    at = np.stack([np.interp(pose.t_s, knots, spread[:, p]) for p in range(spread.shape[1])], axis=1)
    sigma = np.empty((pose.frames, len(JOINT_NAMES)))
    hips, shoulders = (
        at[:, [POINT["left_hip"], POINT["right_hip"]]],
        at[:, [POINT["left_shoulder"], POINT["right_shoulder"]]],
    )
    for name, i in JOINT.items():
        if name in POINT:
            sigma[:, i] = at[:, POINT[name]]
        elif name == "neck":
            sigma[:, i] = shoulders.mean(1)
        elif name == "spine":
            sigma[:, i] = 0.5 * (hips.mean(1) + shoulders.mean(1))
        else:
            sigma[:, i] = hips.mean(1)
        sigma[:, i] *= _FACTOR.get(name.rpartition("_")[2], 1.0)
    return sigma
