"""Where the fine fit starts: a grid of headings and shifts, a short run from each, and what a fit has to beat."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twinswing.align.fit import (
    DEPTH,
    HEADING,
    SHIFT,
    Fit,
    FitParams,
    Problem,
    evaluate,
    huber,
    landmark_count,
    priors,
    solve,
)

FloatArray = NDArray[np.float64]


def multistart(
    pb: Problem, params: FitParams, landmarks: int, *, headings: int = 12, shifts_s: FloatArray, shift_sigma_s: float
) -> list[Fit]:
    """Solve from a grid of headings and shifts: a short run from each, the best of them run to the end."""
    mean = priors(pb, params, landmarks, shift_sigma_s).start
    rough = []
    light = _thin(pb)
    for shift in shifts_s:
        for heading in np.arange(headings) * (2 * np.pi / headings):
            start = mean.copy()
            start[SHIFT], start[HEADING] = shift, heading
            rough.append(_linear_start(light, start, params))
    rough.sort(key=lambda f: f[0])
    best: list[Fit] = []
    for _cost, start in rough[:6]:
        fit = solve(light, start, params, shift_sigma_s=shift_sigma_s, iterations=12)
        best.append(fit)
    best.sort(key=lambda f: f.cost)
    return best


def _thin(pb: Problem) -> Problem:
    """Keep at most about 60 frames for the rough search."""
    frames = np.unique(pb.frame)
    stride = max(len(frames) // 60, 1)
    if stride == 1:
        return pb
    keep = np.isin(pb.frame, frames[::stride])
    return replace(
        pb, t_s=pb.t_s[keep], uv_m=pb.uv_m[keep], landmark=pb.landmark[keep], frame=pb.frame[keep],
        weight=pb.weight[keep], forearm=pb.forearm[keep],
    )  # fmt: skip


def _linear_start(pb: Problem, start: FloatArray, params: FitParams) -> tuple[float, FloatArray]:
    """One robust linear step in the nuisances at a fixed heading and shift."""
    landmarks = landmark_count(start)
    free = np.ones(len(start), dtype=bool)
    free[[SHIFT, HEADING]] = False
    prior = priors(pb, params, landmarks, 10.0)
    info = prior.rows[:, free].T @ prior.rows[:, free]
    theta = start.copy()
    root = np.sqrt(pb.weight)[:, None] / params.noise_m
    for _ in range(2):
        uv, jac = evaluate(theta, pb, True)
        assert jac is not None
        r = (pb.uv_m - uv) * root
        _loss, weight = huber(r, params.huber)
        ja = (jac[:, :, free] * root[:, :, None]).reshape(-1, int(free.sum()))
        wj = ja * np.repeat(weight, 2)[:, None]
        pull = prior.rows[:, free].T @ (prior.rows @ theta - prior.target)
        theta[free] += np.linalg.solve(ja.T @ wj + info, wj.T @ r.reshape(-1) - pull)
        theta[DEPTH] = max(theta[DEPTH], 0.05)
    uv, _ = evaluate(theta, pb, False)
    loss, _w = huber((pb.uv_m - uv) * root, params.huber)
    return loss + prior.cost(theta), theta


def null_cost(pb: Problem, params: FitParams) -> float:
    """Cost of hands that do not move at all: what a fit has to beat."""
    root = np.sqrt(pb.weight)[:, None] / params.noise_m
    total = 0.0
    for k in np.unique(pb.landmark):
        own = pb.landmark == k
        total += huber((pb.uv_m[own] - np.median(pb.uv_m[own], axis=0)) * root[own], params.huber)[0]
    return total
