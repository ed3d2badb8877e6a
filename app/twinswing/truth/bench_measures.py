"""How true measures and verdicts are, on filmed exact swings as they are analysed, and on exact swings with faults."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.swing.faults import LIKELY, UNKNOWN
from twinswing.swing.measure_parts import measure_parts
from twinswing.swing.model import Measure
from twinswing.swing.positions import times_of_session
from twinswing.swing.study import study
from twinswing.swing.understanding import understand
from twinswing.truth.build import make_swing
from twinswing.truth.fit_clips import load_swing
from twinswing.truth.golfer import FAULTS, club_of, random_golfer
from twinswing.truth.session import session_of

FloatArray = NDArray[np.float64]
# A series of its own: no rule and no sigma was set by looking at it.
_SEED = 6011
_KINDS = ("driver", "iron", "wedge")


@dataclass(frozen=True)
class MeasureFigures:
    """What measures of filmed swings come to against the truth.

    swings      : filmed, each analysed with its club and without.
    given       : measures that an analysis with a club gives, median.
    within_one, within_two : share of given measures within one and two of their sigmas.
    misjudged   : share of verdicts "likely" and "not seen" on filmed clean swings that say "likely".
    told        : share of verdicts on filmed swings that are not "cannot be told".
    """

    swings: int
    given: float
    within_one: float
    within_two: float
    misjudged: float
    told: float


@dataclass(frozen=True)
class FaultFigures:
    """Rules on exact swings: share of made faults that are found, share of verdicts on clean swings that are faults."""

    swings: int
    found: float
    false: float


def bench_measured(swings: int) -> MeasureFigures:
    """Measure filmed swings of the fit's series, whose landmarks are kept on disk."""
    off: list[float] = []
    given: list[int] = []
    verdicts: list[str] = []
    for index in range(swings):
        clip = load_swing(index)
        exact = session_of(clip.scene.swing)
        truth = measure_parts(times_of_session(exact), exact.body, exact.club).measures
        for imu in (clip.scene.imu, None):
            session = study(None, clip.pose, imu=imu, club=clip.scene.swing.spec)
            off += _off(session.measures, truth)
            verdicts += [f.verdict for f in understand(session).findings.values()]
            if imu is not None:
                given.append(len(session.measures))
    away = np.array(off)
    told = [v for v in verdicts if v != UNKNOWN]
    return MeasureFigures(
        swings,
        float(np.median(given)),
        float(np.mean(away < 1.0)),
        float(np.mean(away < 2.0)),
        float(np.mean([v == LIKELY for v in told])) if told else 0.0,
        len(told) / max(len(verdicts), 1),
    )


def _off(measures: dict[str, Measure], truth: dict[str, Measure]) -> list[float]:
    """Return how many sigmas each measure that the truth has is off."""
    found = []
    for name, m in measures.items():
        if name in truth and m.sigma > 0.0:
            error = m.value - truth[name].value
            if m.unit == "rad":
                error = float(np.angle(np.exp(1j * error)))
            found.append(abs(error) / m.sigma)
    return found


def bench_faults(each: int) -> FaultFigures:
    """Judge exact swings made with each of the twelve faults, and as many clean ones."""
    found, clean = [], []
    for number, fault in enumerate((*FAULTS, *[""] * len(FAULTS))):
        for k in range(each):
            likely = _likely(fault, (_SEED, number, k), _KINDS[(number + k) % 3], "left" if k % 2 else "right")
            if fault:
                found.append(fault in likely)
            else:
                clean += [name in likely for name in FAULTS]
    return FaultFigures(len(found) + each * len(FAULTS), float(np.mean(found)), float(np.mean(clean)))


def _likely(fault: str, seed: tuple[int, int, int], kind: str, handed: str) -> set[str]:
    rng = np.random.default_rng(seed)
    for _ in range(20):  # not every drawn body can meet the ball as drawn
        golfer = random_golfer(rng, kind, handed=handed, faults={fault: 1.0} if fault else {})
        try:
            swing = make_swing(golfer, club_of(kind))
        except InputError:
            continue
        return {n for n, f in understand(session_of(swing)).findings.items() if f.verdict == LIKELY}
    raise InputError(f"expected a golfer with {fault or 'no fault'} who meets the ball, found none in 20")
