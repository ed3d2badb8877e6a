"""How well a club's clock is found, against the usual ways, over simulated radios whose truth is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.streams.clock_sync import two_way_hull

FloatArray = NDArray[np.float64]
Stamps = tuple[FloatArray, FloatArray, FloatArray, FloatArray]
Line = tuple[float, float]

# What the least delays of a radio may look like, seconds: common (exponential), seldom (gamma), rare (log-normal).
FLOORS: dict[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "exponential": lambda rng, n: 0.8e-3 + rng.exponential(0.6e-3, n),
    "gamma": lambda rng, n: 0.8e-3 + rng.gamma(2.0, 0.6e-3, n),
    "log-normal": lambda rng, n: 0.5e-3 + rng.lognormal(np.log(1e-3), 0.6, n),
}


def simulate_pings(seed: int, floor: str, *, pings: int = 600, rate_hz: float = 10.0) -> tuple[Stamps, float, float]:
    """Return four timestamps (s) of pings over a Wi-Fi-like radio, the true offset (s) and the true drift (1).

    A sixth of the messages queue for about 8 ms on top; drift is within 50 ppm, offset within 5 s.
    """
    rng = np.random.default_rng(seed)
    drift, offset = float(rng.uniform(-50e-6, 50e-6)), float(rng.uniform(-5.0, 5.0))
    sent = np.arange(pings) / rate_hz + rng.uniform(0.0, 0.01, pings)

    def delay() -> FloatArray:
        d = FLOORS[floor](rng, pings)
        slow = rng.random(pings) < 0.15
        d[slow] += rng.exponential(8e-3, int(slow.sum()))
        return d

    there, back, work = delay(), delay(), rng.uniform(0.05e-3, 0.2e-3, pings)
    came, left = sent + there, sent + there + work
    return (sent, (came - offset) / (1 + drift), (left - offset) / (1 + drift), left + back), offset, drift


def least_squares(t0: FloatArray, t1: FloatArray, t2: FloatArray, t3: FloatArray) -> Line:
    """Return offset and drift of a straight line through the middles of all exchanges."""
    slope, offset = np.polyfit((t1 + t2) / 2, ((t0 - t1) + (t3 - t2)) / 2, 1)
    return float(offset), float(slope)


def least_round_trip_huber(t0: FloatArray, t1: FloatArray, t2: FloatArray, t3: FloatArray) -> Line:
    """Return offset and drift as the Lab Streaming Layer finds them: each second's quickest exchange, a robust line."""
    trip, y, x = (t3 - t0) - (t2 - t1), ((t0 - t1) + (t3 - t2)) / 2, (t1 + t2) / 2
    second = np.floor(x - x[0])
    pick = np.array([np.flatnonzero(second == s)[np.argmin(trip[second == s])] for s in np.unique(second)])
    x, y = x[pick], y[pick]
    weight = np.ones_like(x)
    slope = offset = 0.0
    for _ in range(20):
        slope, offset = np.polyfit(x, y, 1, w=np.sqrt(weight))
        residual = y - offset - slope * x
        scale = 1.4826 * np.median(np.abs(residual)) + 1e-12
        weight = np.minimum(1.0, 1.345 * scale / np.maximum(np.abs(residual), 1e-12))
    return float(offset), float(slope)


def hull(t0: FloatArray, t1: FloatArray, t2: FloatArray, t3: FloatArray) -> Line:
    """Return offset and drift by the two-way hull."""
    found = two_way_hull(t0, t1, t2, t3)
    return found.offset_s, found.drift_ppm * 1e-6


ESTIMATORS: dict[str, Callable[[FloatArray, FloatArray, FloatArray, FloatArray], Line]] = {
    "two-way hull": hull,
    "least round trip + Huber": least_round_trip_huber,
    "least squares": least_squares,
}


@dataclass(frozen=True)
class ClockRow:
    """One estimator over many sessions: median and 95th percentile of the RMS error over a session, ms."""

    floor: str
    estimator: str
    sessions: int
    median_ms: float
    p95_ms: float


def bench_clock(*, sessions: int = 100, pings: int = 600) -> list[ClockRow]:
    """Compare the estimators: sessions of `pings` at 10 Hz, drift within 50 ppm."""
    rows = []
    for floor in FLOORS:
        errors: dict[str, list[float]] = {name: [] for name in ESTIMATORS}
        for seed in range(sessions):
            stamps, offset, drift = simulate_pings(seed, floor, pings=pings)
            for name, estimate in ESTIMATORS.items():
                a, b = estimate(*stamps)
                miss = (a - offset) + (b - drift) * stamps[1]
                errors[name].append(float(np.sqrt(np.mean(miss**2))) * 1e3)
        rows += [
            ClockRow(floor, name, sessions, float(np.median(found)), float(np.quantile(found, 0.95)))
            for name, found in errors.items()
        ]
    return rows
