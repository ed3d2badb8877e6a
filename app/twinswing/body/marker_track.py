"""A marker through time: steadied, carried over short gaps, let go after long ones. Time is an argument."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.body.markers import MarkerPose

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TrackParams:
    """How a marker is followed.

    still_mps, still_radps : motion that a held camera has from frame to frame; slower is steadied.
    hold_s                 : a hand that passes before it is shorter than this, and what is drawn stays.
    jump_sigmas            : farther than this from where it was expected, the track begins anew there.
    """

    still_mps: float = 0.05
    still_radps: float = 0.1
    hold_s: float = 0.4
    jump_sigmas: float = 8.0


@dataclass(frozen=True)
class TrackedPose:
    """Where a marker is taken to be, as `MarkerPose` puts it; age_s since it was seen."""

    rotation: FloatArray
    position_m: FloatArray
    sigma_m: float
    sigma_rad: float
    age_s: float


@dataclass
class MarkerTrack:
    """One marker's track: each sighting weighs by its uncertainty, and what was known before fades as things move.

    A Kalman filter with a random walk for the pose, one variance for place and one for turn.
    """

    params: TrackParams = field(default_factory=TrackParams)
    _pose: TrackedPose | None = None
    _seen_s: float = -np.inf

    def update(self, t_s: float, seen: MarkerPose | None) -> TrackedPose | None:
        """Take what a frame shows at a time (ascending) and return where the marker is, None where that is unknown."""
        p = self.params
        before, gap_s = self._pose, t_s - self._seen_s
        if seen is None:
            if before is None or gap_s > p.hold_s:
                self._pose = None
                return None
            return TrackedPose(
                before.rotation, before.position_m,
                float(np.hypot(before.sigma_m, p.still_mps * gap_s)),
                float(np.hypot(before.sigma_rad, p.still_radps * gap_s)), gap_s,
            )  # fmt: skip
        if before is None or gap_s > p.hold_s:
            self._pose = TrackedPose(seen.rotation, seen.position_m, seen.sigma_m, seen.sigma_rad, 0.0)
        else:
            self._pose = self._merged(before, seen, gap_s)
        self._seen_s = t_s
        return self._pose

    def _merged(self, before: TrackedPose, seen: MarkerPose, gap_s: float) -> TrackedPose:
        p = self.params
        was_m = float(np.hypot(before.sigma_m, p.still_mps * gap_s))
        was_rad = float(np.hypot(before.sigma_rad, p.still_radps * gap_s))
        step_m = seen.position_m - before.position_m
        turned = Rotation.from_matrix(before.rotation)
        step_rad = (Rotation.from_matrix(seen.rotation) * turned.inv()).as_rotvec()
        far_m = float(np.linalg.norm(step_m)) > p.jump_sigmas * np.hypot(was_m, seen.sigma_m)
        far_rad = float(np.linalg.norm(step_rad)) > p.jump_sigmas * np.hypot(was_rad, seen.sigma_rad)
        if far_rad and not far_m and seen.ambiguous:
            # The square's other way to lie: the place is good, the turn is the one that was known.
            step_rad, far_rad = np.zeros(3), False
        if far_m or far_rad:
            return TrackedPose(seen.rotation, seen.position_m, seen.sigma_m, seen.sigma_rad, 0.0)
        gain_m, gain_rad = was_m**2 / (was_m**2 + seen.sigma_m**2), was_rad**2 / (was_rad**2 + seen.sigma_rad**2)
        return TrackedPose(
            (Rotation.from_rotvec(gain_rad * step_rad) * turned).as_matrix(),
            before.position_m + gain_m * step_m,
            float(np.sqrt(gain_m) * seen.sigma_m), float(np.sqrt(gain_rad) * seen.sigma_rad), 0.0,
        )  # fmt: skip
