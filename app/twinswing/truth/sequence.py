"""The kinematic sequence of a swing: how fast each segment turns, and when it is fastest."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT
from twinswing.truth.swing import TruthSwing

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Peak:
    """The greatest angular speed of a segment between top and just after impact, rad/s, and its time, s."""

    rate_radps: float
    t_s: float


def segment_rates(swing: TruthSwing) -> dict[str, FloatArray]:
    """Return the angular speed (rad/s) of pelvis, thorax, lead arm and club at each sample, each shape (n,).

    Pelvis and thorax are rigid segments, whose whole angular velocity counts; lead arm and club are directions, elbow
    to wrist and butt to head: the definitions under which a tour capture gives the field's usual figures.
    """
    J = swing.body.joints_m
    side = "left" if swing.handed == "right" else "right"

    def at(name: str) -> FloatArray:
        return np.asarray(J[:, JOINT[name]])

    dt = float(swing.t_s[1] - swing.t_s[0])
    club = swing.club.head_m - swing.club.butt_m
    return {
        "pelvis": _turn(swing.segments["pelvis"], dt),
        "thorax": _turn(swing.segments["thorax"], dt),
        "arm": _swing(at(f"{side}_wrist") - at(f"{side}_elbow"), dt),
        "club": _swing(club, dt),
    }


def kinematic_sequence(swing: TruthSwing) -> dict[str, Peak]:
    """Return each segment's peak in the downswing."""
    window = (swing.t_s >= swing.events_s["top"] - 0.02) & (swing.t_s <= swing.events_s["impact"] + 0.005)
    t = swing.t_s[window]
    peaks = {}
    for name, rate in segment_rates(swing).items():
        part = rate[window]
        peaks[name] = Peak(float(part.max()), float(t[int(np.argmax(part))]))
    return peaks


def _turn(R: FloatArray, dt: float) -> FloatArray:
    """Return the size of the angular velocity: the change of a rotation has twice its square as its own square."""
    change = np.gradient(R, dt, axis=0)
    return np.asarray(np.sqrt(0.5 * np.sum(change**2, axis=(1, 2))))


def _swing(v: FloatArray, dt: float) -> FloatArray:
    u = v / np.linalg.norm(v, axis=1, keepdims=True)
    return np.asarray(np.linalg.norm(np.gradient(u, dt, axis=0), axis=1))
