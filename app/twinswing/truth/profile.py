"""Smooth functions of time that a swing's generalised coordinates are made of.

A coordinate is a resting value plus a few transitions. A transition is the regularised incomplete beta function, so it
rises without overshoot, its speed peaks where its mode is put, and with both shape parameters above 3 its position,
velocity and acceleration start and end at zero without a jump (C2). A downswing and its follow-through are made of
surges, which share one peak of speed and run out from it as a damped body does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
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
class Surge:
    """Half of a transition: its speed is `rate` (units/s) at `peak_s` and runs out smoothly until `rest_s`.

    With y the part of the time that is left, the speed is rate * y^n * (1 + n (1 - y)): that of a critically damped
    body, brought to rest in a finite time. It leaves the peak level and, with `n` of 2 or more, comes to rest without a
    jump of acceleration or an infinite jerk. A `rest_s` before the peak makes it the way up to the peak.
    """

    peak_s: float
    rest_s: float
    rate: float
    n: float

    def __call__(self, t_s: FloatArray) -> FloatArray:
        """Return the value at the times: 0 before the first of the two instants, the whole change after the last."""
        length = self.rest_s - self.peak_s
        y = np.clip((self.rest_s - t_s) / length, 0.0, 1.0)
        return np.asarray(self.rate * (abs(length) * _area(self.n) * (length > 0.0) - length * _left(y, self.n)))


def _area(n: float) -> float:
    """Return what a surge of unit rate and length changes altogether."""
    return 1.0 - n / (n + 2.0)  # written as _left has it, so that the two cancel exactly before the peak


def _left(y: FloatArray, n: float) -> FloatArray:
    """Return what a surge of unit rate and length has yet to change when the part `y` of its time is left."""
    return np.asarray(y ** (n + 1.0) * (1.0 - n / (n + 2.0) * y))


@dataclass(frozen=True)
class Profile:
    """A coordinate over time: its value at rest and the transitions that follow."""

    base: float
    steps: tuple[Step | Surge, ...] = ()

    def __call__(self, t_s: ArrayLike) -> FloatArray:
        """Return the coordinate at times (s), the same shape as the times."""
        t = np.asarray(t_s, dtype=np.float64)
        value = np.full(t.shape, self.base)
        for step in self.steps:
            value += step(t)
        return value

    def plus(self, *steps: Step | Surge) -> "Profile":
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


# How suddenly a downswing may gather speed: the surge's n. Below 2 its jerk would be infinite; above the upper one the
# limb would be struck rather than swung.
_RISE_N = (2.0, 16.0)


@dataclass(frozen=True)
class Coasting:
    """What becomes of a coordinate's peak speed.

    brake_s : within this time a part of it is gone, as when a segment hands its speed on to the next one.
    fade    : how the rest runs out until the finish, Surge's n; the lower, the more evenly.
    most    : how much of the peak speed may run on through the follow-through.
    """

    brake_s: float
    fade: float
    most: float = 0.95


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
    coasting: Coasting,
) -> tuple[Surge, Surge, Surge, Step]:
    """Return the transitions of a coordinate from the top through impact to the finish.

    The first surge gathers speed from `start_s` to `peak_rate` (units/s) at `peak_s`. From there the speed falls: one
    surge is braked, the other runs out until `finish_s`. How the peak divides into the two follows from the way left at
    impact, and how late the speed is gathered from the way before it. What is left where less may run on than that asks
    for is a slow step from impact to the finish. Where no rise gives both, the peak rate yields, because the position
    at impact is what the ball needs; where the braked part alone would carry past `at_finish`, the finish yields.
    """
    after, before = at_finish - at_impact, at_impact - at_top
    brake_s, rest_s, rise_s = coasting.brake_s, finish_s - peak_s, peak_s - start_s
    since = impact_s - peak_s
    braked_left = brake_s * float(_left(np.clip(np.array(1.0 - since / brake_s), 0.0, 1.0), 2.0))
    braked_done = brake_s * _area(2.0) - braked_left
    left = rest_s * float(_left(np.array(1.0 - since / rest_s), coasting.fade))
    done = rest_s * _area(coasting.fade) - left

    def carried_of(rate: float) -> float:
        return float(np.clip((after - rate * braked_left) / (left - braked_left), 0.0, coasting.most * rate))

    carried = carried_of(peak_rate)
    way = before - (peak_rate - carried) * braked_done - carried * done
    want = 2.0 * peak_rate * rise_s / way - 2.0 if way > 0.0 else np.inf
    rise_n = float(np.clip(want, *_RISE_N))
    if rise_n != want:  # what is turned by impact is linear in the peak rate and in the part of it that is carried
        gather = rise_s * _area(rise_n) + braked_done
        gain = np.array([[braked_left, left - braked_left], [gather, done - braked_done]])
        peak_rate, carried = (float(x) for x in np.linalg.solve(gain, [after, before]))
        if not 0.0 <= carried <= coasting.most * peak_rate:
            part = coasting.most if carried > 0.0 else 0.0
            peak_rate = before / (gather + part * (done - braked_done))
            carried = part * peak_rate
    slow = max(after - peak_rate * braked_left - carried * (left - braked_left), 0.0)
    return (
        Surge(peak_s, start_s, peak_rate, rise_n),
        Surge(peak_s, peak_s + brake_s, peak_rate - carried, 2.0),
        Surge(peak_s, finish_s, carried, coasting.fade),
        Step(impact_s, finish_s, slow),
    )
