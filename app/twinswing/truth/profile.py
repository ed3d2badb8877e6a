"""Smooth functions of time that a swing's generalised coordinates are made of.

A coordinate is a resting value plus a few transitions. A transition is the regularised incomplete beta function, so it
rises without overshoot, its speed peaks where its mode is put, and with both shape parameters above 3 its position,
velocity and acceleration start and end at zero without a jump (C2).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betainc, betaln

FloatArray = NDArray[np.float64]

# Shape of the gentler side of a transition. Above 3 the jerk is finite at the ends.
_END_SHAPE = 3.3


@dataclass(frozen=True)
class Step:
    """One transition: `delta` (the coordinate's unit) between two times (s), beta shape parameters `a`, `b`."""

    start_s: float
    end_s: float
    delta: float
    a: float = _END_SHAPE
    b: float = _END_SHAPE

    def __call__(self, t_s: FloatArray) -> FloatArray:
        """Return the transition's value at the times, 0 before and `delta` after."""
        x = np.clip((t_s - self.start_s) / (self.end_s - self.start_s), 0.0, 1.0)
        return np.asarray(self.delta * betainc(self.a, self.b, x))


@dataclass(frozen=True)
class Profile:
    """A coordinate over time: its value at rest and the transitions that follow."""

    base: float
    steps: tuple[Step, ...] = ()

    def __call__(self, t_s: ArrayLike) -> FloatArray:
        """Return the coordinate at times (s), the same shape as the times."""
        t = np.asarray(t_s, dtype=np.float64)
        value = np.full(t.shape, self.base)
        for step in self.steps:
            value += step(t)
        return value

    def plus(self, *steps: Step) -> "Profile":
        """Return the profile with further transitions added on top."""
        return Profile(self.base, self.steps + steps)


def peaked(start_s: float, peak_s: float, end_s: float, delta: float) -> Step:
    """Return a transition whose speed is greatest at `peak_s`, as broad as its smooth ends allow."""
    m = (peak_s - start_s) / (end_s - start_s)
    k = (_END_SHAPE - 1.0) / min(m, 1.0 - m)
    return Step(start_s, end_s, delta, 1.0 + m * k, 1.0 + (1.0 - m) * k)


def top_speed(step: Step) -> float:
    """Return the greatest rate of a transition, its unit per second."""
    a, b = step.a, step.b
    m = (a - 1.0) / (a + b - 2.0)
    density = np.exp((a - 1.0) * np.log(m) + (b - 1.0) * np.log1p(-m) - betaln(a, b))
    return float(abs(step.delta) * density / (step.end_s - step.start_s))


def bump(start_s: float, end_s: float, height: float, *, peak_s: float | None = None) -> tuple[Step, Step]:
    """Return two transitions that go to `height` and back."""
    middle = 0.5 * (start_s + end_s) if peak_s is None else peak_s
    return Step(start_s, middle, height), Step(middle, end_s, -height)


def downswing(
    *,
    at_top: float,
    at_impact: float,
    at_finish: float,
    start_s: float,
    peak_s: float,
    impact_s: float,
    finish_s: float,
    peak_rate: float,
) -> tuple[Step, Step]:
    """Return the transitions of a coordinate from the top through impact to the finish.

    The first carries the peak of the kinematic sequence: `peak_rate` (units/s) at `peak_s`. Its length is found so
    that the coordinate is `at_impact` at impact; the second, slower one goes on to `at_finish`. Where no length gives
    both, the peak rate yields, because the position at impact is what the ball needs.
    """

    def steps(end_s: float, rate: float) -> tuple[Step, Step]:
        unit = peaked(start_s, peak_s, end_s, 1.0)
        first = Step(start_s, end_s, rate / top_speed(unit), unit.a, unit.b)
        slow_start = peak_s + 0.02
        return first, Step(slow_start, finish_s, at_finish - at_top - first.delta)

    def miss(end_s: float, rate: float) -> float:
        first, second = steps(end_s, rate)
        t = np.array([impact_s])
        return float(at_top + first(t)[0] + second(t)[0] - at_impact)

    low, high = peak_s + 0.035, peak_s + 0.8
    if miss(low, peak_rate) * miss(high, peak_rate) < 0.0:
        return steps(float(brentq(miss, low, high, args=(peak_rate,), xtol=1e-12)), peak_rate)
    end = low if miss(low, peak_rate) > 0.0 else high
    base = miss(end, 0.0)
    return steps(end, peak_rate * base / (base - miss(end, peak_rate)))
