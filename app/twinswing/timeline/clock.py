"""Clock maps: how one source's time lies on the session's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class ClockMap:
    """A source's clock on the session clock: `t_session = t_source * (1 + drift_ppm * 1e-6) + offset_s`.

    offset_s  : seconds added after scaling.
    drift_ppm : parts per million by which the source's second is longer than the session's.
    sigma_s   : one standard deviation of `t_session` over the span that the map was fitted on, seconds.
    source    : what the map was found from, for a person to read.
    """

    offset_s: float = 0.0
    drift_ppm: float = 0.0
    sigma_s: float = 0.0
    source: str = "identity"

    @property
    def scale(self) -> float:
        """Session seconds per source second."""
        return 1.0 + self.drift_ppm * 1e-6

    def to_session(self, t_source_s: ArrayLike) -> NDArray[np.float64]:
        """Map source seconds to session seconds."""
        return np.asarray(t_source_s, dtype=np.float64) * self.scale + self.offset_s

    def to_source(self, t_session_s: ArrayLike) -> NDArray[np.float64]:
        """Map session seconds to source seconds."""
        return (np.asarray(t_session_s, dtype=np.float64) - self.offset_s) / self.scale

    def inverse(self) -> "ClockMap":
        """Return the map from the session clock to the source's; its sigma is in the source's seconds."""
        return ClockMap(
            offset_s=-self.offset_s / self.scale,
            drift_ppm=(1.0 / self.scale - 1.0) * 1e6,
            sigma_s=self.sigma_s / abs(self.scale),
            source=f"inverse of {self.source}",
        )

    def then(self, outer: "ClockMap") -> "ClockMap":
        """Return the map that applies this one first and another to its result (errors taken as independent)."""
        return ClockMap(
            offset_s=self.offset_s * outer.scale + outer.offset_s,
            drift_ppm=self.drift_ppm + outer.drift_ppm + self.drift_ppm * outer.drift_ppm * 1e-6,
            sigma_s=float(np.hypot(self.sigma_s * outer.scale, outer.sigma_s)),
            source=f"{self.source}, then {outer.source}",
        )


def to_ns(t_s: float) -> int:
    """Round seconds to integer nanoseconds, the unit of every stored time."""
    return round(t_s * NS_PER_S)


def to_s(t_ns: int) -> float:
    """Turn integer nanoseconds into seconds."""
    return t_ns / NS_PER_S
