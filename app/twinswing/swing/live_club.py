"""The ball strike in a club's samples as they arrive: a shock in the middle of fast turning."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class ClubImpactParams:
    """What a strike is.

    turn_radps : a club turns at 20 to 45 rad/s at the ball, 15 in a pitch; a waggle reaches 5, a twirl 12 but
                 without a shock.
    turned_rad : angle that it has turned by within `sweep_s` before: half a downswing; a club that is dropped or
                 knocked against a shoe has not swept.
    sweep_s    : that span.
    shock_mps2 : change of specific force from sample to sample. A swing's own force grows by 4 m/s2 a millisecond at
                 the most; a strike at the grip by hundreds until the sensor clips.
    shock_share: the same as a share of the force itself, so that noise of a strained sensor is no shock.
    dead_s     : the shaft rings on after a strike.
    """

    turn_radps: float = 12.0
    turned_rad: float = 1.6
    sweep_s: float = 0.25
    shock_mps2: float = 40.0
    shock_share: float = 0.3
    dead_s: float = 1.0


@dataclass(frozen=True)
class ClubImpact:
    """A strike: session time (s), the shock (m/s2 from one sample to the next), the turning just before (rad/s)."""

    t_s: float
    shock_mps2: float
    turn_radps: float


class ClubImpactFinder:
    """Takes one club's samples batch by batch, in order of time; keeps only what the next one needs."""

    def __init__(self, params: ClubImpactParams | None = None) -> None:
        self._params = params or ClubImpactParams()
        self._t = np.empty(0)
        self._accel = np.empty((0, 3))
        self._turn = np.empty(0)
        self._dead_until = -np.inf

    def feed(self, t_s: FloatArray, accel_mps2: FloatArray, gyro_radps: FloatArray) -> list[ClubImpact]:
        """Take samples (times (n,) s, specific force and rate (n, 3)) and return the strikes among them.

        Samples at or before the last time are left out: they came late, or twice.
        """
        p = self._params
        later = t_s > (self._t[-1] if len(self._t) else -np.inf)
        kept = len(self._t)
        t = np.concatenate([self._t, t_s[later]])
        accel = np.concatenate([self._accel, accel_mps2[later]])
        turn = np.concatenate([self._turn, np.linalg.norm(gyro_radps[later], axis=1)])
        found: list[ClubImpact] = []
        if len(t) > 1:
            step = np.linalg.norm(np.diff(accel, axis=0), axis=1)
            force = np.linalg.norm(accel[:-1], axis=1)
            shocks = np.flatnonzero(step > np.maximum(p.shock_mps2, p.shock_share * force)) + 1
            for i in shocks[shocks >= max(kept, 1)].tolist():
                impact = self._judge(t, turn, i, float(step[i - 1]))
                if impact is not None:
                    found.append(impact)
                    self._dead_until = impact.t_s + p.dead_s
        recent = t > t[-1] - 2.0 * p.sweep_s if len(t) else np.empty(0, dtype=np.bool_)
        self._t, self._accel, self._turn = t[recent], accel[recent], turn[recent]
        return found

    def _judge(self, t: FloatArray, turn: FloatArray, i: int, shock: float) -> ClubImpact | None:
        p = self._params
        if t[i] < self._dead_until:
            return None
        sweep = (t > t[i] - p.sweep_s) & (t <= t[i])
        near = (t > t[i] - 0.03) & (t <= t[i])
        fastest = float(turn[near].max())
        if fastest < p.turn_radps or float(np.trapezoid(turn[sweep], t[sweep])) < p.turned_rad:
            return None
        return ClubImpact(float(t[i]), shock, fastest)
