"""How likely it is that a stream is of the video's swing: from the hands, and from the shaft where it was seen."""

from dataclasses import dataclass

import numpy as np

from twinswing.align.bias import Refined
from twinswing.align.fit import LEVERS, Fit, FitParams, Problem, landmark_count, priors
from twinswing.align.shaft import EXTRA, ShaftModel

# Lengths over which a line has to be clear to count, nothing and fully: a crease or a cuff reaches 0.25 m, a shaft 0.5.
_CLEAR_M = (0.2, 0.45)


@dataclass(frozen=True)
class ShaftEvidence:
    """What the shaft's lines say of a pair.

    pictures : with a clear line, in which the shaft does not point at the camera; a half clear one counts by half.
    left     : share of their robust misses that the club's turning leaves, 0 (all lines explained) to 1 (none).
    bent     : squared priors of camera, sensor and axis: how far the physics had to be bent. Where the landmarks lie on
               the hands is not among them: that goes with the pose model.
    """

    pictures: float
    left: float
    bent: float


def shaft_evidence(seen: Refined, model: ShaftModel, pb: Problem, params: FitParams) -> ShaftEvidence:
    """Weigh the lines of a solution with the shaft."""
    assert seen.shaft is not None
    usable = seen.shaft.usable
    low, high = _CLEAR_M
    weight = np.clip((model.rows.seen_m.max(axis=1)[usable] - low) / (high - low), 0.0, 1.0)
    squared = seen.shaft.squared[usable]
    left = float(weight @ (squared / (model.params.odd + squared)) / max(float(weight.sum()), 1e-9))
    theta = seen.theta[: len(seen.theta) - EXTRA]
    prior = priors(pb, params, landmark_count(theta), 10.0)
    missed = (prior.rows @ theta - prior.target) ** 2
    on_hands = float(missed[LEVERS : LEVERS + 4 * landmark_count(theta) + 3].sum())
    return ShaftEvidence(float(weight.sum()), left, seen.prior_cost - on_hands)


def match_odds(fit: Fit, found: Refined) -> float:
    """Return the natural log of the odds that a stream is of the video's swing, where both are equally likely at first.

    A logistic regression on rendered pairs of 14 golfers (28 matched, 168 not): how far golfer, camera and sensor had
    to be bent, with the landmarks' own errors and without. What is left over says less: it goes with the picture.
    """
    return float(1.9 - 2.5 * np.log(max(fit.prior_cost, 1.0) / 18.4) - 2.1 * np.log(max(found.prior_cost, 1.0) / 9.8))


def shaft_odds(shaft: ShaftEvidence) -> float:
    """Return the natural log of the odds where the shaft was seen, from what it leaves and how far things were bent.

    A logistic regression on rendered pairs of 23 golfers at 30, 60 and 240 fps: 68 matched, 182 not.
    """
    return float(0.51 - 2.73 * np.log(max(shaft.left, 0.03) * (1.0 + max(shaft.bent, 0.0))))
