"""Two swings against each other: one timeline for both, and which differences are larger than their uncertainty."""

from dataclasses import dataclass
from functools import cached_property
from math import hypot, isfinite, nan, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfinv

from twinswing.swing.model import EVENT_NAMES, Event, Measure, SwingSession

FloatArray = NDArray[np.float64]

DIFFERS, ALIKE, UNKNOWN = "differs", "cannot be told apart", "not known"
PHASES: tuple[tuple[str, str, str], ...] = (
    ("backswing", "address", "top"),
    ("downswing", "top", "impact"),
    ("follow-through", "impact", "finish"),
)
# Measures that are phases already.
_PHASE_MEASURES = {"backswing": "backswing_s", "downswing": "downswing_s"}


@dataclass(frozen=True)
class CompareParams:
    """When two numbers count as different.

    sigmas          : standard deviations of the difference beyond which it is called one; 2 is wrong once in 22 times
                      for swings that are alike.
    tolerance_share : an event's confidence is the chance that it lies within GolfDB's tolerance, this share of the
                      downswing (4.4 of which make a swing) to either side, one frame at least, and half a frame more.
    most_confident  : confidences are stored to three decimals, so that 1 means this at least.
    """

    sigmas: float = 2.0
    tolerance_share: float = 4.4 / 30.0
    most_confident: float = 0.9995


@dataclass(frozen=True)
class TimeWarp:
    """Where a moment of swing A lies in swing B: straight lines between common events, B's own pace outside them.

    names : the common events used; knots_a_s, knots_b_s : their session times, seconds, strictly increasing.
    """

    names: tuple[str, ...]
    knots_a_s: FloatArray
    knots_b_s: FloatArray

    def to_b(self, t_a_s: ArrayLike) -> FloatArray:
        """Map A's session times to B's, seconds; without common events both begin at the same time."""
        return _mapped(np.asarray(t_a_s, dtype=np.float64), self.knots_a_s, self.knots_b_s)

    def to_a(self, t_b_s: ArrayLike) -> FloatArray:
        """Map B's session times to A's, seconds."""
        return _mapped(np.asarray(t_b_s, dtype=np.float64), self.knots_b_s, self.knots_a_s)


@dataclass(frozen=True)
class Difference:
    """B minus A of one quantity: both values, the difference's standard deviation, and the verdict."""

    name: str
    a: Measure
    b: Measure
    difference: float
    sigma: float
    verdict: str

    @property
    def sigmas(self) -> float:
        """How many of its own standard deviations the difference has; -1 where that is not known."""
        return -1.0 if self.verdict == UNKNOWN else abs(self.difference) / max(self.sigma, 1e-12)


@dataclass(frozen=True)
class Comparison:
    """What sets two swings apart.

    warp     : A's time on B's. phases : durations in real seconds. measures : all that both have.
    only_a, only_b : measures that the other swing lacks. notes : what limits the comparison, sentences.
    """

    warp: TimeWarp
    phases: tuple[Difference, ...]
    measures: tuple[Difference, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    notes: tuple[str, ...]

    @cached_property
    def ordered(self) -> tuple[Difference, ...]:
        """All phases and measures: what differs by most standard deviations first, what is not known last."""
        return tuple(sorted((*self.phases, *self.measures), key=lambda d: -d.sigmas))


def _mapped(t: FloatArray, source: FloatArray, target: FloatArray) -> FloatArray:
    if not len(source):
        return t.copy()
    inside = np.interp(t, source, target)
    return np.asarray(inside + np.minimum(t - source[0], 0.0) + np.maximum(t - source[-1], 0.0))


def warp_between(a: dict[str, Event], b: dict[str, Event]) -> TimeWarp:
    """Return the warp through the events that both swings have; one that would stop or turn time is left out."""
    names: list[str] = []
    knots: list[tuple[float, float]] = []
    for name in EVENT_NAMES:
        if name not in a or name not in b:
            continue
        pair = (a[name].t_s, b[name].t_s)
        if not knots or (pair[0] > knots[-1][0] and pair[1] > knots[-1][1]):
            names.append(name)
            knots.append(pair)
    table = np.array(knots, dtype=np.float64).reshape(-1, 2)
    return TimeWarp(tuple(names), table[:, 0].copy(), table[:, 1].copy())


def event_sigma_s(session: SwingSession, name: str, params: CompareParams | None = None) -> float:
    """Return an event's standard deviation, seconds, from the confidence that it lies within GolfDB's tolerance.

    NaN where the session does not have what it takes: the event, the downswing and frames in it.
    """
    params = params or CompareParams()
    e = session.events
    if name not in e or "top" not in e or "impact" not in e:
        return nan
    frames = e["impact"].frame - e["top"].frame
    span = e["impact"].t_s - e["top"].t_s
    if frames <= 0 or span <= 0.0:
        return nan
    tolerance = (max(round(params.tolerance_share * frames), 1) + 0.5) * span / frames
    confidence = min(e[name].confidence, params.most_confident)
    return tolerance / (sqrt(2.0) * float(erfinv(confidence))) if confidence > 0.0 else nan


def difference(name: str, a: Measure, b: Measure, params: CompareParams | None = None) -> Difference:
    """Return B minus A with their errors taken as independent (of two clips from one side, some of them cancel)."""
    params = params or CompareParams()
    value, sigma = b.value - a.value, hypot(a.sigma, b.sigma)
    if a.unit != b.unit or not (isfinite(value) and isfinite(sigma)):
        return Difference(name, a, b, value if a.unit == b.unit else nan, sigma, UNKNOWN)
    return Difference(name, a, b, value, sigma, DIFFERS if abs(value) > params.sigmas * sigma else ALIKE)


def compare(a: SwingSession, b: SwingSession, params: CompareParams | None = None) -> Comparison:
    """Compare two swings; what only one of them has is named, not compared."""
    params = params or CompareParams()
    skip = set(_PHASE_MEASURES.values())
    slow = [s for s in (a, b) if "time_scale" in s.measures]
    names = [n for n in a.measures if n in b.measures and n not in skip and n != "time_scale"]
    return Comparison(
        warp=warp_between(a.events, b.events),
        phases=() if slow else tuple(_phases(a, b, params)),
        measures=tuple(difference(n, a.measures[n], b.measures[n], params) for n in names),
        only_a=tuple(n for n in a.measures if n not in b.measures),
        only_b=tuple(n for n in b.measures if n not in a.measures),
        notes=tuple(_notes(a, b, slow=bool(slow))),
    )


def _phases(a: SwingSession, b: SwingSession, params: CompareParams) -> list[Difference]:
    found = []
    for name, first, last in PHASES:
        if all(event in s.events for s in (a, b) for event in (first, last)):
            of_a, of_b = (_span(s, name, first, last, params) for s in (a, b))
            found.append(difference(name, of_a, of_b, params))
    return found


def _span(session: SwingSession, name: str, first: str, last: str, params: CompareParams) -> Measure:
    """Return a phase's duration, with the analysis's own uncertainty where it gave one."""
    measured = session.measures.get(_PHASE_MEASURES.get(name, ""))
    if measured is not None:
        return measured
    sigma = hypot(event_sigma_s(session, first, params), event_sigma_s(session, last, params))
    return Measure(session.events[last].t_s - session.events[first].t_s, "s", sigma, "events")


def _notes(a: SwingSession, b: SwingSession, *, slow: bool) -> list[str]:
    notes = []
    if slow:
        notes.append("A clip is in slow motion by an unknown factor, so that durations cannot be compared.")
    if a.golfer is not None and b.golfer is not None:
        if a.golfer.handed != b.golfer.handed:
            notes.append(f"A is {a.golfer.handed}-handed and B is {b.golfer.handed}-handed.")
        if a.golfer.view != b.golfer.view:
            notes.append(
                f"A was filmed {a.golfer.view} and B {b.golfer.view}: what a camera estimates has other errors."
            )
    common = [name for name in EVENT_NAMES if name in a.events and name in b.events]
    if not common:
        notes.append("The swings have no event in common, so that their timelines only begin together.")
    return notes


def document(a: SwingSession, b: SwingSession, found: Comparison) -> dict[str, Any]:
    """Return a comparison as plain JSON types; what is not known is None."""

    def row(d: Difference) -> dict[str, Any]:
        both = {
            k: {"value": _json(m.value), "sigma": _json(m.sigma), "source": m.source}
            for k, m in (("a", d.a), ("b", d.b))
        }
        return {
            **both,
            "unit": d.a.unit,
            "difference": _json(d.difference),
            "sigma": _json(d.sigma),
            "verdict": d.verdict,
        }

    return {
        "a": None if a.path is None else str(a.path),
        "b": None if b.path is None else str(b.path),
        "events": {
            name: {"a_t_s": ta, "b_t_s": tb}
            for name, ta, tb in zip(
                found.warp.names, found.warp.knots_a_s.tolist(), found.warp.knots_b_s.tolist(), strict=True
            )
        },
        "phases": {d.name: row(d) for d in found.phases},
        "measures": {d.name: row(d) for d in found.measures},
        "only_a": list(found.only_a),
        "only_b": list(found.only_b),
        "notes": list(found.notes),
    }


def _json(x: float) -> float | None:
    return float(x) if isfinite(x) else None
