"""A swing as every view sees it: what was recorded and what was found out about it."""

from dataclasses import dataclass, field
from pathlib import Path

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import PoseTrack
from twinswing.body.skeleton import BodyMotion
from twinswing.club.delivery import Delivery
from twinswing.club.model import ClubMotion, ImuSamples

# GolfDB's eight events in order.
EVENT_NAMES: tuple[str, ...] = (
    "address", "toe_up", "mid_backswing", "top", "mid_downswing", "impact", "mid_follow_through", "finish",
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One of the eight events: 0-based frame in decode order, session time (s), confidence 0 to 1."""

    frame: int
    t_s: float
    confidence: float


@dataclass(frozen=True)
class Measure:
    """A number with its unit, its one standard deviation, and what it was measured or estimated from."""

    value: float
    unit: str
    sigma: float
    source: str


@dataclass(frozen=True)
class Alignment:
    """Club time on video time: `t_video = t_club * (1 + drift_ppm * 1e-6) + offset_s`."""

    offset_s: float
    drift_ppm: float
    sigma_s: float
    confidence: float
    method: str


@dataclass(frozen=True)
class VideoInfo:
    """The clip as the container states it; times are presentation times in seconds."""

    name: str
    frames: int
    duration_s: float
    rate_hz: float
    variable_rate: bool
    width_px: int
    height_px: int


@dataclass(frozen=True)
class GolferInfo:
    """Who swings: frames with a pose, `handed` "right" or "left", `view` "face-on", "down-the-line" or "oblique"."""

    frames_with_pose: int
    handed: str
    view: str
    height_m: float | None = None


@dataclass(frozen=True)
class SecondView:
    """Another camera that saw the same swing.

    name, view : its clip, and where it stood ("face-on", "down-the-line", "oblique").
    camera     : as the fit placed it in the world.
    late_s     : what has to be added to its times to get the session's, with one sigma.
    """

    name: str
    view: str
    camera: PinholeCamera
    late_s: float
    sigma_s: float


@dataclass(frozen=True)
class SwingSession:
    """All that a recording says of one swing; a view is a function of this and a time.

    Parts that were not recorded or not found are None or empty. `path` is the recording, None when the session was
    never stored (truth renders straight from memory). `missing` says why a measure could not be given.
    """

    path: Path | None = None
    video: VideoInfo | None = None
    golfer: GolferInfo | None = None
    pose: PoseTrack | None = None
    camera: PinholeCamera | None = None
    body: BodyMotion | None = None
    imu: ImuSamples | None = None
    club: ClubMotion | None = None
    alignment: Alignment | None = None
    events: dict[str, Event] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    appearance: dict[str, str] = field(default_factory=dict)
    delivery: Delivery | None = None
    second: SecondView | None = None
    missing: dict[str, str] = field(default_factory=dict)

    def span_s(self) -> tuple[float, float]:
        """Return the first and last session time that anything was seen at, seconds; (0, 0) when empty."""
        spans = [part.t_s for part in (self.pose, self.body, self.club) if part is not None and len(part.t_s)]
        if not spans:
            return (0.0, 0.0)
        return (min(float(t[0]) for t in spans), max(float(t[-1]) for t in spans))
