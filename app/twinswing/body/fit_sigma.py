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

# Distance that 68 % of joints of a kind keep to the truth over the fit's own deviation, without and with a club: forty
# rendered swings, the series that offsets were measured on. Feet err more than their landmarks' scatter says, for the
# far one is guessed; hands on a sensed grip less, though a club that is not quite as stated takes some of that back.
_ALONE: dict[str, float] = {
    "pelvis": 0.5, "spine": 0.33, "neck": 0.62, "head": 0.37, "nose": 0.4, "shoulder": 0.72, "elbow": 0.8, "wrist": 1.0,
    "hand": 1.0, "hip": 0.53, "knee": 0.51, "ankle": 0.88, "heel": 1.04, "toe": 0.89,
}  # fmt: skip
_HELD: dict[str, float] = {
    "pelvis": 0.78, "spine": 0.58, "neck": 0.66, "head": 0.55, "nose": 0.60, "shoulder": 0.76, "elbow": 0.50,
    "wrist": 0.45, "hand": 0.45, "hip": 0.81, "knee": 0.79, "ankle": 1.13, "heel": 1.20, "toe": 1.00,
}  # fmt: skip
_HIDDEN = 0.35


def joint_sigma(problem: "FitProblem", found: "Solution", pose: PoseTrack) -> FloatArray:
    """Return one standard deviation of each joint's position, metres, shape (n, 23)."""
    # A hidden landmark is guessed, and worse than its weight says.
    hidden = np.max([1.0 - view.observed.weight for view in problem.views], axis=0)
    spread = found.sigma_m * (1.0 + _HIDDEN * hidden)
    factor = _ALONE if problem.grip is None else _HELD
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
        sigma[:, i] *= factor[name.rpartition("_")[2]]
    return sigma
