"""What a fit could not bring together: landmarks that no body of this golfer's can have, hands that are not the club's.

A robust fit leaves such things out, which keeps the rest right; that it did so has to be said.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinswing.body.lift_model import POINT, POINT_NAMES

if TYPE_CHECKING:
    from twinswing.body.fit_solve import FitProblem, Solution


@dataclass(frozen=True)
class DoubtRule:
    """When something is said.

    far_sigmas : a landmark further than this from where the fit has it was left out.
    clear      : one that was seen less surely than this is expected to be off.
    share      : of the swing's knots in which a point is left out. Matched swings stay under a quarter of it.
    hand_m     : the club's fists from the ones seen, median over the swing.
    """

    far_sigmas: float = 4.0
    clear: float = 0.5
    share: float = 0.3
    hand_m: float = 0.12


def find_doubts(
    problem: "FitProblem", found: "Solution", rule: DoubtRule | None = None
) -> tuple[tuple[str, ...], float]:
    """Return sentences, and the median miss of the club's hands in metres (NaN without a club)."""
    rule = rule or DoubtRule()
    said: list[str] = []
    misses = []
    for i, view in enumerate(problem.views):
        camera, seen = found.cameras[i], view.observed
        px = camera.project(problem.M @ found.points)
        off = np.linalg.norm(px - seen.image_px, axis=-1)
        clear = seen.weight > rule.clear
        out = clear & (off > rule.far_sigmas * problem.sigma_px[i])
        share = out.sum(0) / np.maximum(clear.sum(0), 1)
        bad = [POINT_NAMES[p] for p in np.flatnonzero((share > rule.share) & (clear.sum(0) > 3))]
        if bad:
            names = ", ".join(name.replace("_", " ") for name in bad)
            said.append(
                f"The pose model's {names} cannot be where it was seen in {100.0 * share.max():.0f} % of the swing;"
                " left and right may be exchanged, and the body is less sure there."
            )
        if problem.grip is not None:
            known = np.isfinite(problem.grip.sigma_m)
            fists = problem.grip.hands_m + found.shift_m
            at = camera.project(fists)
            hands = [POINT["left_hand"], POINT["right_hand"]]
            apart = np.linalg.norm(at - seen.image_px[:, hands], axis=-1) * problem.height_m / seen.height_px
            misses.append(apart[known])
    miss = float(np.median(np.concatenate(misses))) if misses else float("nan")
    if misses and miss > rule.hand_m:
        said.append(
            f"The hands in the video are {100.0 * miss:.0f} cm from where the club's sensor has them (median); the"
            " sensor may be of another swing, or its mount another."
        )
    return tuple(said), miss
