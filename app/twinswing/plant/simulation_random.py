"""Random streams of the simulation: one generator for each unit and purpose, so that a what-if differs by its change.

The n-th cycle of a mill takes the same time in both runs of a comparison, whatever else happens in the plant ("common
random numbers": Law, Simulation Modeling and Analysis, 5th ed., section 11.2); a generator shared by units would give
every unit other numbers as soon as one of them drew once more.
"""

import math
import zlib
from collections.abc import Callable
from enum import IntEnum
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.plant.model import Spread
from twinswing.timeline.clock import NS_PER_S

Draw = Callable[[], int]
_T = TypeVar("_T")

LEAST_PART = 0.1
"""A normally spread duration is cut off at this part of its mean: time does not run backward."""

MOST_DEVIATION = 100.0  # times the mean: beyond it a draw is zero or absurd, and its moments overflow
LEAST_SHAPE = 0.1  # of weibull, for the same reason
MOST = 1e8  # seconds, three years: longer than any run, and within whole nanoseconds of 64 bits

_BLOCK = 128  # draws made at once: NumPy's cost is by the call


class Purpose(IntEnum):
    """What a stream is drawn for. The numbers seed the streams: never renumber."""

    CYCLE = 0
    SETUP = 1
    FAILURE = 2
    REPAIR = 3
    SCRAP = 4
    TOOL = 5
    ORDER_GAP = 6
    ORDER_SIZE = 7
    ORDER_PRODUCT = 8
    SIGNAL = 9


def generator(seed: int, name: str, purpose: Purpose) -> np.random.Generator:
    """Return the generator of one named thing and purpose; the same on every machine and in every process."""
    key = (zlib.crc32(name.encode()), int(purpose))
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def sample(spread: Spread, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw `count` values of a spread, in its own unit, shape (count,); none is negative.

    Lognormal is set by its moments, weibull by mean and shape, triangular is symmetric with that mean and sd (half its
    width is sd * sqrt(6)). Raises InputError for a kind that is not known or a mean that is not finite and >= 0.
    """
    mean, sd = spread.mean, spread.sd
    if not (math.isfinite(mean) and math.isfinite(sd)) or mean < 0 or sd < 0:
        raise InputError(f"A spread needs a finite mean and sd of zero or more; found mean {mean}, sd {sd}.")
    if mean == 0:
        return np.zeros(count)
    if sd > MOST_DEVIATION * mean:
        raise InputError(f"A spread's sd is at most {MOST_DEVIATION:g} times its mean; found mean {mean}, sd {sd}.")
    if spread.kind == "fixed" or (sd == 0 and spread.kind in ("normal", "lognormal", "triangular")):
        return np.full(count, mean)
    match spread.kind:
        case "normal":
            drawn = np.maximum(rng.normal(mean, sd, count), LEAST_PART * mean)
        case "lognormal":
            variance = math.log1p((sd / mean) ** 2)
            drawn = rng.lognormal(math.log(mean) - variance / 2, math.sqrt(variance), count)
        case "exponential":
            drawn = rng.exponential(mean, count)
        case "weibull" if spread.shape >= LEAST_SHAPE:
            drawn = rng.weibull(spread.shape, count) * (mean / math.gamma(1 + 1 / spread.shape))
        case "triangular":
            half = sd * math.sqrt(6)
            drawn = np.maximum(mean + half * rng.triangular(-1.0, 0.0, 1.0, count), 0.0)
        case _:
            raise InputError(
                "A spread is fixed, normal, lognormal, exponential, weibull (with a shape from 0.1 on) or triangular; "
                f"found {spread.kind!r} with shape {spread.shape}."
            )
    return np.minimum(drawn, MOST)


def durations(spread: Spread, rng: np.random.Generator) -> Draw:
    """Return a function that draws the next duration of a spread, in whole nanoseconds."""
    return _blocks(lambda: np.rint(sample(spread, rng, _BLOCK) * NS_PER_S).astype(np.int64).tolist())


def counts(spread: Spread, rng: np.random.Generator) -> Draw:
    """Return a function that draws the next count of a spread, a whole number of at least one."""
    return _blocks(lambda: np.maximum(np.rint(sample(spread, rng, _BLOCK)), 1).astype(np.int64).tolist())


def uniforms(rng: np.random.Generator) -> Callable[[], float]:
    """Return a function that draws the next number of [0, 1)."""
    return _blocks(lambda: rng.random(_BLOCK).tolist())


def _blocks(make: Callable[[], list[_T]]) -> Callable[[], _T]:
    block: list[_T] = []

    def draw() -> _T:
        if not block:
            block.extend(reversed(make()))
        return block.pop()

    return draw
