"""Swings that several tests look at, built once."""

import functools
from pathlib import Path

from twinswing.truth.build import make_swing
from twinswing.truth.golfer import club_of, tour_golfer
from twinswing.truth.swing import TruthSwing

MOCAP = Path(__file__).resolve().parents[3] / "shared" / "data" / "mocap" / "tour_average_iron.c3d"


@functools.cache
def tour_swing(kind: str = "iron", handed: str = "right") -> TruthSwing:
    return make_swing(tour_golfer(kind, handed=handed), club_of(kind))
