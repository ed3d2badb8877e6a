"""How a machine is, told from its numbers: how unusual they are, which of them, and how long until one is too high.

Both are learned as the data comes, in bounded memory, with river. What is usual is an item's own past: the mean of its
last hour (of bins, see `HealthParams`) against the mean and spread that such means have had. Remaining life is the
time until an item that drifts toward an alarm limit crosses it, as a Bayesian line through its recent past says.
"""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from river import linear_model, stats, utils
from scipy.special import ndtr

from twinswing.plant.model import DataItem, Limit

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HealthParams:
    """What the judgement rests on.

    smooth_bins   : an hour of five-minute bins: a machine's load changes within minutes, its health does not.
    memory_bins   : half-life of what is usual, two weeks of five-minute bins: longer than any habit of a week.
    learn_bins    : before so many nothing is judged: a mean's spread is known to a tenth after fifty independent ones.
    raise_sigma   : Shewhart's three: one mean in 370 of a healthy machine lies beyond.
    clear_sigma   : back below this, and the next excursion is a new one.
    trend_bins    : the past that remaining life is drawn from.
    trend_sigma   : a drift is one when its slope over the past stands out of its noise by as much.
    longest_bins  : life beyond this is "not to be seen from here".
    """

    smooth_bins: int = 12
    memory_bins: int = 4032
    learn_bins: int = 96
    raise_sigma: float = 3.0
    clear_sigma: float = 2.0
    trend_bins: int = 120
    trend_sigma: float = 4.0
    longest_bins: int = 4032


@dataclass(frozen=True, slots=True)
class Life:
    """Bins until a limit is crossed: the middle, and where the chance that it has been is 16 and 84 % (one sigma).

    late_bins is infinite where the drift may be none at all; source says from what, over_bins of how long a past.
    """

    item: str
    limit: str
    bins: float
    early_bins: float
    late_bins: float
    source: str
    over_bins: int = 0


class UsualLevel:
    """What is usual of one number, and how far it is from it now."""

    def __init__(self, params: HealthParams) -> None:
        self._params = params
        self._recent = utils.Rolling(stats.Mean, window_size=params.smooth_bins)
        fading = 1.0 - 0.5 ** (1.0 / params.memory_bins)
        self._mean, self._spread = stats.EWMean(fading), stats.EWVar(fading)
        # Until as much has been seen as is remembered, all of it counts alike.
        self._first_mean, self._first_spread = stats.Mean(), stats.Var()
        self.seen = 0
        self.unusual = False

    def update(self, value: float) -> float:
        """Take a bin's mean and return how many spreads the recent level lies from the usual, zero while learning.

        `unusual` then says whether that is an excursion; it has hysteresis. A number that is not finite is skipped.
        """
        if not math.isfinite(value):
            return 0.0
        p = self._params
        self._recent.update(value)
        level = self._recent.get()
        z = 0.0
        if self.seen >= p.learn_bins:
            learning = self.seen < p.memory_bins
            mean = self._first_mean.get() if learning else self._mean.get()
            variance = self._first_spread.get() if learning else self._spread.get()
            # A number that never changed has no spread: the least step of a double-precision reading stands for it.
            spread = max(math.sqrt(max(variance, 0.0)), 1e-9 * max(abs(mean), 1.0))
            z = (level - mean) / spread
            self.unusual = abs(z) > (p.clear_sigma if self.unusual else p.raise_sigma)
        if self.seen < p.memory_bins:
            self._first_mean.update(level)
            self._first_spread.update(level)
        self._mean.update(level)
        self._spread.update(level)
        self.seen += 1
        return z


@dataclass
class Drift:
    """Whether a number drifts toward a limit, and when it gets there.

    A straight line and an exponential (wear that feeds itself: a bearing's vibration) are both followed; the one
    that foretold the past better is believed.
    """

    item: DataItem
    limit: Limit
    params: HealthParams
    _past: deque[tuple[int, float]] = field(default_factory=deque)

    def update(self, at_bin: int, value: float) -> None:
        """Take a bin's mean, bins numbered by running time."""
        if math.isfinite(value):
            self._past.append((at_bin, value))
            if len(self._past) > self.params.trend_bins:
                self._past.popleft()

    def life(self) -> Life | None:
        """Return the remaining life, or None where nothing drifts toward the limit or too little is known."""
        bound = self.limit.high if self.limit.high is not None else self.limit.low
        if bound is None or len(self._past) < self.params.learn_bins // 2:
            return None
        t, x = np.array(self._past, dtype=float).T
        found = [_Line.through(t, x, bound, "straight line")]
        if bound > 0.0 and x.min() > 0.0:
            # An error of the logarithm is one of the value, divided by the value.
            found.append(_Line.through(t, np.log(x), math.log(bound), "exponential", float(np.exp(np.log(x).mean()))))
        best = min(found, key=lambda line: line.noise * line.scale)
        if best.drift_sigmas < self.params.trend_sigma or not best.heads_for_bound:
            return None
        best.learn()
        early, middle, late = (best.crossing(chance, self.params.longest_bins) for chance in (0.16, 0.5, 0.84))
        if not math.isfinite(middle):
            return None
        return Life(self.item.path, self.limit.name, middle, early, late, best.name, int(t[-1] - t[0]) + 1)


@dataclass
class _Line:
    """A Bayesian line through a past, in units of its own spread and length, from the past's end."""

    u: FloatArray
    y: FloatArray
    length: float
    bound: float
    noise: float  # RMS of the residuals, in units of what was fitted
    scale: float  # of what was fitted, in the value's units
    independent: float
    drift_sigmas: float
    heads_for_bound: bool
    name: str

    @classmethod
    def through(cls, t: FloatArray, x: FloatArray, bound: float, name: str, scale: float = 1.0) -> "_Line":
        length = max(float(t[-1] - t[0]), 1.0)
        u = (t - t[-1]) / length
        slope, at_end = np.polyfit(u, x, 1)
        residual = x - (at_end + slope * u)
        noise = max(float(np.std(residual)), 1e-12 * max(abs(float(at_end)), 1.0))
        # Neighbouring bins are alike: there are fewer independent ones than bins (first-order autocorrelation).
        r = float(np.corrcoef(residual[:-1], residual[1:])[0, 1]) if np.ptp(residual) > 0.0 else 0.0
        independent = max(len(x) * (1.0 - r) / (1.0 + r), 3.0) if math.isfinite(r) else float(len(x))
        error = noise / (math.sqrt(independent) * max(float(np.std(u)), 1e-9))
        return cls(
            u, (x - at_end) / noise, length, (bound - at_end) / noise, noise, scale, min(independent, len(x)),
            abs(slope) / error, (bound - at_end) * slope > 0.0, name,
        )  # fmt: skip

    def learn(self) -> None:
        """Learn the line; few and alike observations weigh less: beta is the weight of one, one over its variance."""
        self.model = linear_model.BayesianLinearRegression(alpha=1e-6, beta=self.independent / len(self.u))
        for u, y in zip(self.u.tolist(), self.y.tolist(), strict=True):
            self.model.learn_one({"one": 1.0, "u": u}, y)

    def crossing(self, chance: float, longest: float) -> float:
        """Return the bins after the past's end at which the line has crossed the bound with a chance."""
        toward = math.copysign(1.0, self.bound)

        def crossed(bins: float) -> float:
            told = self.model.predict_one({"one": 1.0, "u": bins / self.length}, with_dist=True)
            # The predictive spread holds one observation's noise as well; the level itself is what crosses.
            own = 1.0 / self.model.beta
            spread = math.sqrt(max(told.sigma**2 - own, 1e-12))
            return float(ndtr(toward * (told.mu - self.bound) / spread))

        if crossed(0.0) >= chance:
            return 0.0
        if crossed(longest) < chance:
            return math.inf
        low, high = 0.0, float(longest)
        while high - low > 0.01 * high + 0.01:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if crossed(middle) >= chance else (middle, high)
        return 0.5 * (low + high)
