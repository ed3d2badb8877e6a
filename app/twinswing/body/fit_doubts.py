"""What a fit could not bring together: landmarks that no body of this golfer's can have, hands that are not the club's.

A robust fit leaves such things out, which keeps the rest right; that it did so has to be said.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twinswing.body.lift_model import POINT, POINT_NAMES
from twinswing.body.lift_observe import Observed

if TYPE_CHECKING:
    from twinswing.body.fit_solve import FitProblem, Solution

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class DoubtRule:
    """When something is said.

    far_sigmas : a landmark further than this from where the fit has it was left out.
    clear      : one that was seen less surely than this is expected to be off.
    share      : of the swing's knots in which a point is left out. Matched swings stay under a quarter of it.
    hand_m     : the club's fists from the ones seen, median over the swing. Matched rendered swings have up to 7 cm.
    pair_share : a pair lies the other way round in the picture than the fit has it, in this share of knots.
    pair_apart : where its two are seen at least this far apart, in heights of the golfer.
    """

    far_sigmas: float = 4.0
    clear: float = 0.5
    share: float = 0.3
    hand_m: float = 0.075
    pair_share: float = 0.08
    pair_apart: float = 0.06


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
        said += _exchanged(px, seen, clear, rule)
        out = clear & (off > rule.far_sigmas * problem.sigma_px[i])
        share = out.sum(0) / np.maximum(clear.sum(0), 1)
        bad = [POINT_NAMES[p] for p in np.flatnonzero((share > rule.share) & (clear.sum(0) > 3))]
        if bad:
            names = ", ".join(name.replace("_", " ") for name in bad)
            said.append(
                f"The pose model's {names} cannot be where it was seen in {100.0 * share.max():.0f} % of the swing;"
                " the body is less sure there."
            )
        if problem.grip is not None:
            known = np.isfinite(problem.grip.sigma_m)
            fists = problem.grip.hands_m + found.shift_m
            at = camera.project(fists)
            hands = [POINT["left_hand"], POINT["right_hand"]]
            apart = np.linalg.norm(at - seen.image_px[:, hands], axis=-1) * problem.height_m / seen.height_px
            misses.append(apart[known])
    miss = float(np.median(np.concatenate(misses))) if misses else float("nan")
    if misses and not miss <= rule.hand_m:  # NaN: the club lies behind the camera
        far = f"{100.0 * miss:.0f} cm from" if np.isfinite(miss) else "nowhere near"
        said.append(
            f"The hands in the video are {far} where the club's sensor has them (median); the sensor may be of another"
            " swing, or its mount another."
        )
    return tuple(said), miss


def _exchanged(px: FloatArray, seen: Observed, clear: NDArray[np.bool_], rule: DoubtRule) -> list[str]:
    """Say which pairs the pose model took for each other: seen the other way round than any body of this golfer's."""
    said = []
    for name in ("shoulder", "hip", "knee", "ankle"):
        a, b = POINT[f"left_{name}"], POINT[f"right_{name}"]
        own, theirs = px[:, a] - px[:, b], seen.image_px[:, a] - seen.image_px[:, b]
        wide = np.linalg.norm(theirs, axis=-1) > rule.pair_apart * seen.height_px
        share = float(np.mean((np.sum(own * theirs, axis=-1) < 0.0) & wide & clear[:, a] & clear[:, b]))
        if share > rule.pair_share:
            said.append(
                f"The pose model exchanged the left and right {name} in {100.0 * share:.0f} % of the swing; the body is"
                " less sure there."
            )
    return said
