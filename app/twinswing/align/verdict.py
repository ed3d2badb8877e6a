"""How likely it is that a stream is of the video's swing: from the hands, and from the shaft where it was seen."""

from dataclasses import dataclass

import numpy as np

from twinswing.align.bias import Refined
from twinswing.align.fit import Fit


@dataclass(frozen=True)
class ShaftEvidence:
    """What the shaft's lines say of a pair.

    pictures : with lines, in which the shaft does not point at the camera.
    left     : share of their robust misses that the club's turning leaves, 0 (all lines explained) to 1 (none).
    bent     : squared priors of golfer, camera, sensor and axis: how far the physics had to be bent.
    """

    pictures: int
    left: float
    bent: float


def shaft_evidence(seen: Refined, odd: float) -> ShaftEvidence | None:
    """Weigh the lines of a solution with the shaft; None where it has none."""
    if seen.shaft is None:
        return None
    usable = seen.shaft.usable
    squared = seen.shaft.squared[usable]
    if len(squared) == 0:
        return ShaftEvidence(0, 1.0, seen.prior_cost)
    return ShaftEvidence(int(usable.sum()), float(np.mean(squared / (odd + squared))), seen.prior_cost)


def match_odds(fit: Fit, found: Refined) -> float:
    """Return the natural log of the odds that a stream is of the video's swing, where both are equally likely at first.

    A logistic regression on rendered pairs of 14 golfers (28 matched, 168 not): how far golfer, camera and sensor had
    to be bent, with the landmarks' own errors and without. What is left over says less: it goes with the picture.
    """
    return float(1.9 - 2.5 * np.log(max(fit.prior_cost, 1.0) / 18.4) - 2.1 * np.log(max(found.prior_cost, 1.0) / 9.8))


def shaft_odds(shaft: ShaftEvidence) -> float:
    """Return the natural log of the odds where the shaft was seen, from what it leaves and how far things were bent."""
    return float(-5.0 * np.log(max(shaft.left, 0.03) * max(shaft.bent, 2.0) / 0.75))
