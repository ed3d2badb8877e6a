"""A club's clock from four-timestamp pings: the two-way convex hull.

A ping leaves the hub at t0 and reaches the club at t1 (club's clock); its answer leaves at t2 and arrives at t3. No
message arrives before it was sent, so with y = session - club the line of the clock lies above every (t1, t0 - t1) and
below every (t2, t3 - t2). The convex hulls of the two clouds hold all that this says; queueing delay, which spoils
averages, only moves points away from the hulls. A hull of one direction alone (Moon, Skelly and Towsley, INFOCOM 1999)
keeps that direction's least delay as a bias; the middle of both loses it as far as the two least delays are equal.
How far they differ cannot be seen from the two ends: it is at most half the shortest round trip.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinswing.timeline.clock import ClockMap

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SyncSettings:
    """How the hull is used.

    window_s     : pings older than this are left out: over two minutes a crystal's drift still looks constant
                   (it moves by parts per billion a second as it warms), over ten it does not.
    max_pings    : memory; two minutes at 10 Hz take 1200.
    max_drift    : no crystal is off by more than 200 ppm, so a line steeper than that is delay, not drift.
    groups       : interleaved parts whose scatter gives the uncertainty.
    min_grouped  : fewer pings than this cannot be parted; the room between the hulls stands in.
    """

    window_s: float = 120.0
    max_pings: int = 2048
    max_drift: float = 200e-6
    groups: int = 6
    min_grouped: int = 24


# The scatter S of fits on 1/K of the pings shrinks to S * K**-gamma for all of them. gamma is 1 where the delays'
# density is highest at the least delay and smaller where it rises slowly; it is read from how the smallest residuals
# grow (Hill's estimator), whose bias on finite samples GAMMA_GAIN and GAMMA_SHIFT take out. SIGMA_GAIN was set on
# simulated exponential, gamma and log-normal delays so that 68 % of errors lie within one sigma.
GAMMA_GAIN, GAMMA_SHIFT, SIGMA_GAIN = 1.7, -0.6, 0.93
GAMMA_LIMITS = (0.25, 1.0)


def _upper_hull(x: FloatArray, y: FloatArray) -> FloatArray:
    """Return the vertices of the upper convex hull, x ascending, shape (m, 2) (Andrew's monotone chain)."""
    order = np.lexsort((y, x))
    hull: list[tuple[float, float]] = []
    for px, py in zip(x[order].tolist(), y[order].tolist(), strict=True):
        while len(hull) > 1:
            (ax, ay), (bx, by) = hull[-2], hull[-1]
            if (bx - ax) * (py - ay) < (by - ay) * (px - ax):
                break
            hull.pop()
        if len(hull) == 1 and hull[0][0] == px:
            hull.pop()
        hull.append((px, py))
    return np.array(hull)


@dataclass(frozen=True)
class _Line:
    """A line at centred times, with what room the hulls leave it at the centre (negative: none fits)."""

    offset: float
    slope: float
    room: float
    slope_at_room: float

    def at(self, x: FloatArray) -> FloatArray:
        return self.offset + self.slope * x


def _edge(hull: FloatArray, limit: float) -> tuple[float, float]:
    """Return height and slope at x = 0 of the hull's tightest supporting line no steeper than `limit`."""
    if len(hull) < 2:
        return float(hull[0, 1]), 0.0
    index = int(np.clip(np.searchsorted(hull[:, 0], 0.0), 1, len(hull) - 1))
    slope = float((hull[index, 1] - hull[index - 1, 1]) / (hull[index, 0] - hull[index - 1, 0]))
    slope = float(np.clip(slope, -limit, limit))
    return float((hull[:, 1] - slope * hull[:, 0]).max()), slope


def _fit(x1: FloatArray, below: FloatArray, x2: FloatArray, above: FloatArray, limit: float) -> _Line:
    """Fit the clock's line between the two clouds.

    Two lines are averaged: the middle of the widest parallel corridor between the hulls (the maximum likelihood for
    exponential delays), and the mean of each hull's own tightest line (better where small delays are rare).
    """
    lower = _upper_hull(x1, below)
    upper = _upper_hull(x2, -above)
    slopes = [np.array([0.0, -limit, limit])]
    for hull, sign in ((lower, 1.0), (upper, -1.0)):
        if len(hull) > 1:
            slopes.append(sign * np.diff(hull[:, 1]) / np.diff(hull[:, 0]))
    slope = np.clip(np.concatenate(slopes), -limit, limit)[:, None]
    floor = (lower[:, 1] - slope * lower[:, 0]).max(axis=1)
    ceiling = (-upper[:, 1] - slope * upper[:, 0]).min(axis=1)
    best = int(np.argmax(ceiling - floor))
    room = float(ceiling[best] - floor[best])
    low, low_slope = _edge(lower, limit)
    high, high_slope = _edge(upper, limit)
    offset = ((ceiling[best] + floor[best]) / 2 + (low - high) / 2) / 2
    steep = (float(slope[best, 0]) + (low_slope - high_slope) / 2) / 2
    return _Line(float(offset), steep, room, float(slope[best, 0]))


def _hill(residual: FloatArray) -> float:
    """Return the growth exponent of the smallest residuals above the least one."""
    ordered = np.sort(residual)
    count = int(np.clip(len(ordered) // 8, 6, 40))
    smallest = (ordered - ordered[0])[2 : 2 + count]
    if smallest[0] <= 0:
        return 1.0
    return float(np.log(smallest[-1] / smallest[:-1]).mean())


def _sigma(
    line: _Line, x1: FloatArray, below: FloatArray, x2: FloatArray, above: FloatArray, settings: SyncSettings
) -> float:
    """Return one standard deviation of the line over the span, seconds."""
    # Any line within the room would do: a uniform spread's standard deviation.
    whole_room = max(line.room, 0.0) / np.sqrt(12.0)
    if len(x1) < settings.min_grouped:
        return float(whole_room)
    parts = settings.groups
    at = np.linspace(x1[0], x2[-1], 9)
    limit = settings.max_drift
    lines = [_fit(x1[k::parts], below[k::parts], x2[k::parts], above[k::parts], limit).at(at) for k in range(parts)]
    scatter = float(np.sqrt(np.mean((np.array(lines) - line.at(at)) ** 2)))
    slope = line.slope_at_room
    hill = (_hill(slope * x1 - below) + _hill(above - slope * x2)) / 2
    gamma = float(np.clip(GAMMA_GAIN * hill + GAMMA_SHIFT, *GAMMA_LIMITS))
    return float(min(SIGMA_GAIN * scatter * parts**-gamma, whole_room))


def two_way_hull(
    t0_s: ArrayLike, t1_s: ArrayLike, t2_s: ArrayLike, t3_s: ArrayLike, settings: SyncSettings | None = None
) -> ClockMap:
    """Fit the map from the club's clock to the session's.

    t0_s, t3_s : session seconds when each ping left and its answer came, shape (n,), n >= 1.
    t1_s, t2_s : club seconds when it came and the answer left, shape (n,).

    Where no straight line fits between the hulls (the club's clock stepped, or warmed quickly) the older half is left
    out until one does. `sigma_s` covers scatter; unequal least delays add up to half the shortest round trip, which
    `source` tells. Raises ValueError without a ping.
    """
    settings = settings or SyncSettings()
    t0, t1, t2, t3 = (np.asarray(each, dtype=np.float64) for each in (t0_s, t1_s, t2_s, t3_s))
    if not len(t0):
        raise ValueError("a clock map needs at least one ping, got none")
    while True:
        base = float(((t0 - t1) + (t3 - t2))[-1] / 2)
        centre = float((t1[0] + t2[-1]) / 2)
        x1, x2 = t1 - centre, t2 - centre
        below, above = (t0 - t1) - base, (t3 - t2) - base
        line = _fit(x1, below, x2, above, settings.max_drift)
        if line.room >= 0 or len(t0) < 2:
            break
        half = len(t0) // 2
        t0, t1, t2, t3 = t0[half:], t1[half:], t2[half:], t3[half:]
    sigma = _sigma(line, x1, below, x2, above, settings)
    shortest = float(((t3 - t0) - (t2 - t1)).min())
    return ClockMap(
        offset_s=base + line.offset - line.slope * centre,
        drift_ppm=line.slope * 1e6,
        sigma_s=sigma,
        source=f"two-way hull of {len(t0)} pings, shortest round trip {shortest * 1e3:.2f} ms",
    )


@dataclass
class TwoWayHull:
    """The same, ping by ping, in bounded memory."""

    settings: SyncSettings = field(default_factory=SyncSettings)
    pings: int = 0
    _kept: list[tuple[int, int, int, int]] = field(default_factory=list)

    def add(self, t0_ns: int, t1_ns: int, t2_ns: int, t3_ns: int) -> None:
        """Take one exchange, nanoseconds; one that would have travelled back in time is not counted."""
        if t3_ns - t0_ns < t2_ns - t1_ns or t2_ns < t1_ns:
            return
        self.pings += 1
        self._kept.append((t0_ns, t1_ns, t2_ns, t3_ns))
        if len(self._kept) > self.settings.max_pings:
            self._thin()

    def _thin(self) -> None:
        """Keep the quicker of each two neighbours: slow exchanges never touch a hull."""
        pairs = zip(self._kept[::2], self._kept[1::2], strict=False)
        self._kept = [min(pair, key=_round_trip) for pair in pairs]

    def estimate(self) -> ClockMap | None:
        """Return the map as known now, None before the first ping."""
        if not self._kept:
            return None
        newest = self._kept[-1][3]
        limit = self.settings.window_s * 1e9
        self._kept = [ping for ping in self._kept[:-1] if newest - ping[3] <= limit] + self._kept[-1:]
        # Nanoseconds since a machine's start fill a float's 53 bits after 104 days: subtract as integers first.
        first = self._kept[0]
        rows = [[t0 - first[0], t1 - first[1], t2 - first[1], t3 - first[0]] for t0, t1, t2, t3 in self._kept]
        t0_s, t1_s, t2_s, t3_s = np.array(rows).T * 1e-9
        found = two_way_hull(t0_s, t1_s, t2_s, t3_s, self.settings)
        shift = first[0] * 1e-9 - found.scale * (first[1] * 1e-9)
        return ClockMap(found.offset_s + shift, found.drift_ppm, found.sigma_s, found.source)


def _round_trip(ping: Sequence[int]) -> int:
    return (ping[3] - ping[0]) - (ping[2] - ping[1])
