"""The pose model's own errors, told from a shift in time: they go with where the hands are, not with how fast they are.

A landmark of a hand is off by centimetres, and off alike whenever the picture looks alike: backswing and downswing take
the hands through the same places, in opposite directions and at very different speeds, while a wrong time moves the
hands along their way by their speed. So each landmark gets an error that is a smooth function of the hands' place in
the picture (a Gaussian process, as a handful of basis functions), solved together with everything else. On rendered
swings, whose truth is known, that takes the error of the time from 3.5 to 2.3 ms (root mean square).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.align.fit import (
    DEPTH,
    LEVERS,
    SHIFT,
    Fit,
    FitParams,
    Prior,
    Problem,
    evaluate,
    huber,
    landmark_count,
    priors,
)
from twinswing.align.shaft import EXTRA, ShaftMisses, ShaftModel

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class BiasParams:
    """How the landmarks err; one standard deviation each, metres at the golfer.

    own_m        : a landmark's error apart from the others': MediaPipe draws the two hands apart or together.
    common_m     : the error that all share, which looks most like a shift in time.
    reach_m      : how far the hands have to move for the error to become another.
    noise_m      : what changes from frame to frame, with blur and with the model's frame.
    huber        : noise beyond this many sigmas counts linearly; a blurred hand jumps.
    frames_hz    : beyond this rate frames share even their noise, and weigh less each.
    after_weight : of frames after impact, where the shock has shaken the sensor.
    apart        : basis functions lie about this many reaches apart: closer ones say the same.
    """

    own_m: float = 0.035
    common_m: float = 0.01
    reach_m: float = 0.2
    noise_m: float = 0.03
    huber: float = 1.0
    frames_hz: float = 60.0
    after_weight: float = 0.7
    apart: float = 0.7
    iterations: int = 25


@dataclass(frozen=True)
class Refined:
    """The shift with the landmarks' own errors taken out.

    shift_s : correction to the candidate's offset, seconds. sigma_s: one standard deviation of it, from the curvature.
    bias_m  : root mean square of the errors that were taken out. noise_m: robust (MAD) spread of what is left.
    prior_cost : squared priors of the golfer, camera and sensor: how far the physics had to be bent.
    bias_cost  : squared sizes of the landmarks' errors.
    loss       : summed robust loss of what is left, in the noise's squares.
    rows       : landmarks that were used, counted by their weight.
    theta      : the parameters, then the shaft's axis's where it was seen. shaft: what its lines leave.
    """

    shift_s: float
    sigma_s: float
    bias_m: float
    noise_m: float
    prior_cost: float
    bias_cost: float
    loss: float
    rows: float
    theta: FloatArray
    shaft: ShaftMisses | None


def refine(
    pb: Problem, fit: Fit, rate_hz: float, params: FitParams | None = None, bias: BiasParams | None = None,
    shaft: ShaftModel | None = None,
) -> Refined:  # fmt: skip
    """Solve a fit again with the landmarks' own errors, from the solution without them, and with the shaft's lines."""
    params, bias = params or FitParams(), bias or BiasParams()
    after = pb.t_s > (pb.path.impact_s if np.isfinite(pb.path.impact_s) else pb.path.centre_s + 0.05)
    weight = np.where(after, bias.after_weight, 1.0) * min(1.0, bias.frames_hz / rate_hz) / bias.noise_m**2
    system = _System(
        pb, _basis(pb, fit.theta, bias), weight, bias.huber, priors(pb, params, landmark_count(fit.theta), 10.0),
        np.zeros(0) if shaft is None else shaft.prior_rows(),
    )  # fmt: skip
    theta = np.concatenate([fit.theta, np.zeros(len(system.beside))])
    size = np.zeros((system.basis.shape[1], 2))
    # Lines of other things are left behind step by step.
    stages = () if shaft is None else tuple(replace(shaft, wider=wider) for wider in shaft.params.coarse)
    normal = np.eye(len(theta))
    for model in (*stages, shaft):
        theta, size, normal = system.descend(theta, size, model, bias.iterations)
    total, miss, _robust = system.cost(theta, size, shaft)
    taken = system.basis @ size
    left = 1.4826 * float(np.median(np.abs(miss - taken)))
    sigma = float(np.sqrt(np.linalg.inv(normal)[SHIFT, SHIFT]))
    bent, sized = system.bent(theta), float((size**2).sum())
    rows = float(weight.sum() * bias.noise_m**2)
    count = len(fit.theta)
    last = None if shaft is None else shaft.misses(theta[:count], theta[count:], pb, False)
    return Refined(
        float(theta[SHIFT]), sigma, float(np.sqrt(np.mean(taken**2))), left, bent, sized,
        total - bent - sized - (0.0 if last is None else last.loss), rows, theta, last,
    )  # fmt: skip


@dataclass(frozen=True)
class _System:
    """All that is solved together: landmarks with their weights and errors' basis, priors, and the shaft's lines.

    basis (j, b); weight (j,); limit: of the robust loss, in sigmas; beside: 1 / sigma of the axis's parameters, which
    follow the fit's own, shape (0,) or (EXTRA,).
    """

    pb: Problem
    basis: FloatArray
    weight: FloatArray
    limit: float
    prior: Prior
    beside: FloatArray

    def bent(self, theta: FloatArray) -> float:
        """Return the squared priors."""
        count = len(theta) - len(self.beside)
        return self.prior.cost(theta[:count]) + float(((self.beside * theta[count:]) ** 2).sum())

    def cost(
        self, theta: FloatArray, size: FloatArray, model: ShaftModel | None
    ) -> tuple[float, FloatArray, FloatArray]:
        """Return what is minimised, the landmarks' misses (j, 2) and their robust weights (j,)."""
        count = len(theta) - len(self.beside)
        miss = self.pb.uv_m - evaluate(theta[:count], self.pb, False)[0]
        loss, robust = huber((miss - self.basis @ size) * np.sqrt(self.weight)[:, None], self.limit)
        if model is not None:
            loss += model.misses(theta[:count], theta[count:], self.pb, False).loss
        return loss + self.bent(theta) + float((size**2).sum()), miss, robust

    def equations(
        self, theta: FloatArray, miss: FloatArray, robust: FloatArray, model: ShaftModel | None
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return the normal equations and how the errors' sizes follow (see `_eliminate`)."""
        count = len(theta) - len(self.beside)
        jac = evaluate(theta[:count], self.pb, True)[1]
        assert jac is not None
        jac = np.concatenate([jac, np.zeros((*jac.shape[:2], len(self.beside)))], axis=-1)
        info = np.zeros((len(theta), len(theta)))
        info[:count, :count] = self.prior.rows.T @ self.prior.rows
        info[count:, count:] = np.diag(self.beside**2)
        normal, pull, own, per_step = _eliminate(jac, miss, self.basis, self.weight * robust, info)
        pull[:count] -= self.prior.rows.T @ (self.prior.rows @ theta[:count] - self.prior.target)
        pull[count:] -= self.beside**2 * theta[count:]
        if model is not None:
            seen = model.misses(theta[:count], theta[count:], self.pb, True)
            assert seen.gradient is not None
            slot = np.concatenate([np.arange(LEVERS), np.arange(count, count + EXTRA)])
            held = seen.gradient * seen.weight[:, None]
            normal[np.ix_(slot, slot)] += held.T @ seen.gradient
            pull[slot] += held.T @ seen.miss_m
        return normal, pull, own, per_step

    def descend(
        self, theta: FloatArray, size: FloatArray, model: ShaftModel | None, iterations: int
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Minimise by Levenberg and Marquardt's way; return parameters, errors' sizes and the normal matrix."""
        total, miss, robust = self.cost(theta, size, model)
        damping, normal = 1e-3, np.eye(len(theta))
        for _ in range(iterations):
            normal, pull, own, per_step = self.equations(theta, miss, robust, model)
            gain = -1.0
            for _try in range(6):
                step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), pull)
                step[SHIFT] = np.clip(step[SHIFT], -0.02, 0.02)
                trial, trial_size = theta + step, own - per_step @ step
                trial[DEPTH] = max(trial[DEPTH], 0.02)
                found = self.cost(trial, trial_size.T, model)
                gain = total - found[0]
                if gain > 0.0:
                    theta, size, (total, miss, robust) = trial, trial_size.T, found
                    damping = max(damping / 6.0, 1e-7)
                    break
                damping *= 6.0
            if gain < 1e-5 * (1.0 + total):
                break
        return theta, size, normal


def _eliminate(
    jac: FloatArray, miss: FloatArray, basis: FloatArray, weight: FloatArray, info: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the normal equations without the errors' sizes (Schur's complement), and the sizes as they follow.

    jac (j, 2, p), miss (j, 2), basis (j, b), weight (j,): the matrix (p, p) and right side (p,), the sizes (2, b) where
    nothing else moves, and what they lose for each parameter's step (2, b, p). Both axes share the basis.
    """
    weighed = basis * weight[:, None]
    inner = basis.T @ weighed + np.eye(basis.shape[1])
    normal, pull = info.copy(), np.zeros(len(info))
    own, per_step = [], []
    for axis in range(2):
        cross, reach = weighed.T @ jac[:, axis], weighed.T @ miss[:, axis]
        solved = np.linalg.solve(inner, np.column_stack([cross, reach]))
        scaled = jac[:, axis] * weight[:, None]
        normal += scaled.T @ jac[:, axis] - cross.T @ solved[:, :-1]
        pull += scaled.T @ miss[:, axis] - cross.T @ solved[:, -1]
        own.append(solved[:, -1])
        per_step.append(solved[:, :-1])
    return normal, pull, np.stack(own), np.stack(per_step)


def _basis(pb: Problem, theta: FloatArray, bias: BiasParams) -> FloatArray:
    """Return each row's basis functions, shape (j, (1 + K) * m): the common ones, then each landmark's own.

    Their sizes are standard normal: m functions stand for a Gaussian process over the hands' place in the picture
    (Nystroem's way, with centres spread over the places that are met).
    """
    count = landmark_count(theta)
    place = _hands(pb, theta, count) / bias.reach_m
    centres = [0]
    nearest = np.linalg.norm(place - place[0], axis=1)
    while nearest.max() > bias.apart:
        centres.append(int(np.argmax(nearest)))
        nearest = np.minimum(nearest, np.linalg.norm(place - place[centres[-1]], axis=1))
    chosen = place[centres]
    half = np.linalg.cholesky(_kernel(chosen, chosen) + 1e-6 * np.eye(len(chosen)))
    smooth = np.linalg.solve(half, _kernel(chosen, place)).T
    own = np.zeros((len(place), count, smooth.shape[1]))
    own[np.arange(len(place)), pb.landmark] = bias.own_m * smooth
    return np.concatenate([bias.common_m * smooth, own.reshape(len(place), -1)], axis=1)


def _kernel(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-0.5 * ((a[:, None] - b) ** 2).sum(-1)))


def _hands(pb: Problem, theta: FloatArray, count: int) -> FloatArray:
    """Return where the middle of all landmarks should be at each row's frame, seen or not, shape (j, 2), metres."""
    _frames, slot = np.unique(pb.frame, return_inverse=True)
    t = np.bincount(slot, pb.t_s) / np.bincount(slot)
    forearm = np.stack([np.bincount(slot, pb.forearm[:, i]) for i in range(2)], axis=-1) / np.bincount(slot)[:, None]
    every = Problem(
        np.repeat(t, count), np.zeros((len(t) * count, 2)), np.tile(np.arange(count), len(t)),
        np.repeat(np.arange(len(t)), count), np.ones(len(t) * count), np.repeat(forearm, count, axis=0),
        pb.path, pb.pitch0, pb.depth0, pb.names,
    )  # fmt: skip
    return np.asarray(evaluate(theta, every, False)[0].reshape(len(t), count, 2).mean(1)[slot])
