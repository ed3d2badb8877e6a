"""A club's clock from four-timestamp pings."""

from dataclasses import dataclass, field

from twinswing.timeline.clock import ClockMap


@dataclass
class TwoWayHull:
    """Keeps the exchange with the shortest round trip."""

    pings: int = 0
    _best: tuple[int, int] = field(default=(1 << 62, 0))

    def add(self, t0_ns: int, t1_ns: int, t2_ns: int, t3_ns: int) -> None:
        """Take one exchange."""
        self.pings += 1
        rtt = (t3_ns - t0_ns) - (t2_ns - t1_ns)
        self._best = min(self._best, (rtt, (t0_ns + t3_ns) // 2 - (t1_ns + t2_ns) // 2))

    def estimate(self) -> ClockMap | None:
        """Return the map."""
        if not self.pings:
            return None
        return ClockMap(self._best[1] * 1e-9, 0.0, self._best[0] * 0.5e-9, "minimum round trip")
