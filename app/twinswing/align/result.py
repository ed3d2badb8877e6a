"""What an alignment answers with, and how it refuses."""

from dataclasses import dataclass, field

from twinswing.errors import InputError
from twinswing.timeline.clock import ClockMap


class AlignmentRefusedError(InputError):
    """The club's stream and the video cannot be shown to be the same swing."""


@dataclass(frozen=True)
class AlignmentResult:
    """Club time on video time: `t_video = t_club * (1 + drift_ppm * 1e-6) + offset_s`.

    offset_s    : seconds added after scaling.
    drift_ppm   : taken from the hint or from the crystal's prior; one swing is too short to measure it.
    sigma_s     : one standard deviation of the map at the swing, seconds.
    confidence  : 0 to 1, that the stream belongs to this swing at all.
    method      : what it was found from, for a person to read.
    impact_s    : session time of the impact shock in the club's stream, NaN where there is none.
    diagnostics : figures behind the verdict, in SI units.
    notes       : sentences about what lowers the confidence.
    """

    offset_s: float
    drift_ppm: float
    sigma_s: float
    confidence: float
    method: str
    impact_s: float = float("nan")
    diagnostics: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def clock_map(self) -> ClockMap:
        """Return the same map as the timeline's type."""
        return ClockMap(self.offset_s, self.drift_ppm, self.sigma_s, self.method)
