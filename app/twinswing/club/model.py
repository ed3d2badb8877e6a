"""A club, its sensor, and its motion.

Club frame: origin at the butt of the grip, Z from butt to head along the shaft, X along the leading edge toward the
toe, Y = Z x X. The frame is right-handed for every club, so the face of a right-handed club looks along -Y and that of
a left-handed club along +Y. Quaternions are (w, x, y, z).
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Mount:
    """Where the sensor sits: its origin (metres) and orientation (sensor to club) in the club frame."""

    position_m: tuple[float, float, float] = (0.0, 0.0, 0.02)
    quaternion: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class ClubSpec:
    """What a club is: lengths in metres, angles in radians.

    kind     : "driver", "wood", "hybrid", "iron", "wedge" or "putter".
    length_m : butt to sole along the shaft.
    lie_rad  : shaft against the ground at address, sole flat.
    loft_rad : face against the shaft's plane.
    mount    : the sensor's pose, or None where it is not known.
    """

    kind: str = "iron"
    name: str = "7 iron"
    length_m: float = 0.94
    lie_rad: float = 1.091
    loft_rad: float = 0.576
    mount: Mount | None = None
    serial: str = ""


@dataclass(frozen=True)
class ImuSamples:
    """A sensor's samples in its own frame and on its own clock.

    t_s         : the club's clock, seconds, strictly increasing, shape (n,).
    accel_mps2  : specific force (gravity reads +g upward at rest), m/s2, shape (n, 3).
    gyro_radps  : angular rate, rad/s, shape (n, 3).
    clipped     : the sample touched a range limit, shape (n,).
    accel_range_mps2, gyro_range_radps : full scale, or NaN where it is not known.
    serial      : the club's.
    mag         : magnetometer in any unit, shape (n, 3), or None.
    warnings    : what the importer had to mend, sentences.
    """

    t_s: FloatArray
    accel_mps2: FloatArray
    gyro_radps: FloatArray
    clipped: NDArray[np.bool_]
    accel_range_mps2: float = float("nan")
    gyro_range_radps: float = float("nan")
    serial: str = ""
    spec: ClubSpec | None = None
    warnings: tuple[str, ...] = field(default=())
    mag: FloatArray | None = None

    @property
    def rate_hz(self) -> float:
        """Median sample rate, hertz; NaN with fewer than two samples."""
        return float(1.0 / np.median(np.diff(self.t_s))) if len(self.t_s) > 1 else float("nan")


@dataclass(frozen=True)
class ClubMotion:
    """A club's pose over time in the world frame.

    t_s        : session time, seconds, strictly increasing, shape (n,).
    butt_m     : the club frame's origin, metres, shape (n, 3).
    quaternion : club to world (w, x, y, z), shape (n, 4), sign-continuous.
    head_m     : the head's geometric centre, metres, shape (n, 3).
    sigma_m    : one standard deviation of the head's position, metres, shape (n,).
    sigma_rad  : one standard deviation of the orientation, radians, shape (n,).
    source     : "truth", "club+video", "video" ...
    """

    t_s: FloatArray
    butt_m: FloatArray
    quaternion: FloatArray
    head_m: FloatArray
    sigma_m: FloatArray
    sigma_rad: FloatArray
    spec: ClubSpec
    source: str = "video"
