"""Exact swings, built once for the whole room."""

import contextlib
from dataclasses import dataclass

import numpy as np
import pytest

from twinswing.club.model import ImuSamples
from twinswing.errors import InputError
from twinswing.truth.build import make_swing
from twinswing.truth.generate import random_mount
from twinswing.truth.golfer import club_of, random_golfer
from twinswing.truth.imu import SensorSpec, simulate
from twinswing.truth.swing import TruthSwing

SLOTS = (("driver", "right"), ("iron", "right"), ("wedge", "right"), ("iron", "left"), ("hybrid", "right"))


@dataclass(frozen=True)
class Swings:
    """Swings of several golfers, one of them left-handed."""

    swings: tuple[TruthSwing, ...]

    def samples(self, index: int, sensor: SensorSpec | None = None, seed: int = 0) -> ImuSamples:
        rng = np.random.default_rng(1000 * seed + index)
        return simulate(self.swings[index], sensor=sensor, rng=rng)


@pytest.fixture(scope="session")
def truth() -> Swings:
    made: list[TruthSwing] = []
    for seed in range(24):
        kind, handed = SLOTS[len(made)]
        rng = np.random.default_rng(seed)
        club = club_of(kind, serial=f"TS-{seed}", mount=random_mount(rng))
        with contextlib.suppress(InputError):  # now and then a drawn body cannot swing the drawn club
            made.append(make_swing(random_golfer(rng, kind, handed=handed), club))
        if len(made) == len(SLOTS):
            break
    return Swings(tuple(made))
