"""The camera that films a truth swing: where it stands, when its rows are exposed, what it does to the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]

VIEWS: tuple[str, ...] = ("face-on", "down-the-line", "oblique")

# Azimuth of the camera about the golfer, degrees from +X toward +Y, for a right-handed golfer, and the point it looks
# at: between the golfer and the ball, at belt height, so that club and feet stay in the picture.
_AZIMUTH_DEG = {"face-on": -90.0, "down-the-line": 180.0, "oblique": -125.0}
_TARGET_M = {"face-on": (-0.05, 0.6, 1.0), "down-the-line": (0.0, 0.55, 1.0), "oblique": (0.0, 0.55, 1.0)}


@dataclass(frozen=True)
class FilmSpec:
    """How a swing is filmed.

    Time convention: a frame's presentation time is the middle of the exposure of its first row. Row r of h is exposed
    about `pts + r / h * readout_s`, for `shutter_s`. A global shutter has `readout_s` 0.

    rate_hz       : frames a second; with `variable_rate`, on the average.
    shutter_s     : exposure time of each row.
    noise         : standard deviation of the sensor's noise, of 255.
    crf           : x264's constant rate factor: lower is better and larger.
    most_parts    : the most sub-frames that a frame's exposure is summed from.
    part_px       : the most that anything may move in the picture from one sub-frame to the next, until most_parts.
    quick         : draw what thousands of small pictures need (see stage.material.Quality), for benches.
    """

    view: str = "face-on"
    width_px: int = 480
    height_px: int = 640
    rate_hz: float = 60.0
    shutter_s: float = 1.0 / 500.0
    readout_s: float = 0.0
    variable_rate: bool = False
    noise: float = 2.0
    crf: int = 20
    msaa: int = 4
    most_parts: int = 16
    part_px: float = 3.0
    quick: bool = False

    def __post_init__(self) -> None:
        if self.view not in VIEWS:
            raise InputError(f'expected a view out of {", ".join(VIEWS)}, found "{self.view}"')
        if not 1.0 <= self.rate_hz <= 1000.0:
            raise InputError(f"expected a frame rate from 1 to 1000 fps, found {self.rate_hz:g}")
        if (
            not (64 <= self.width_px <= 4096 and 64 <= self.height_px <= 4096)
            or self.width_px % 2
            or self.height_px % 2
        ):
            raise InputError(
                f"expected a picture of even sides from 64 to 4096 pixels, found {self.width_px}x{self.height_px}"
            )
        if not 0.0 <= self.readout_s <= 1.0 / self.rate_hz:
            raise InputError(
                f"expected a readout time from 0 to {1.0 / self.rate_hz:.4f} s at {self.rate_hz:g} fps,"
                f" found {self.readout_s:g} s"
            )


def frame_times(film: FilmSpec, duration_s: float, rng: np.random.Generator) -> FloatArray:
    """Return the presentation times of a clip's frames, seconds, the first at 0.

    With a variable rate each frame comes early or late by up to a fifth of a period, and one in forty is lost, as
    phones do in poor light. Times are whole ticks of 1/90000 s, as the container keeps them.
    """
    n = int(duration_s * film.rate_hz)
    t = np.arange(n) / film.rate_hz
    if film.variable_rate:
        t[1:] += rng.uniform(-0.2, 0.2, n - 1) / film.rate_hz
        keep = rng.random(n) > 0.025
        keep[0] = True
        t = t[keep]
    return np.asarray(np.round(t * 90_000.0) / 90_000.0, dtype=np.float64)


def place_camera(film: FilmSpec, handed: str, rng: np.random.Generator | None) -> PinholeCamera:
    """Return the camera of a view, with a person's carelessness about where it stands when `rng` is given.

    The distance is such that the golfer and the top of the swing fit: a box of 2.5 m height and 2.2 m width.
    """
    jitter = rng.uniform(-1.0, 1.0, 6) if rng is not None else np.zeros(6)
    fov = np.deg2rad(42.0 + 10.0 * jitter[0])
    tall = np.tan(fov / 2.0)
    distance = max(1.28 / tall, 1.1 / (tall * film.width_px / film.height_px)) * (1.06 + 0.06 * jitter[1])
    azimuth = np.deg2rad(_AZIMUTH_DEG[film.view] + 7.0 * jitter[2])
    target = np.array(_TARGET_M[film.view]) + np.array([0.06, 0.06, 0.0]) * jitter[3]
    target[2] += 0.08
    eye = target + distance * np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    eye[2] = 1.15 + 0.30 * jitter[4]
    if handed == "left":
        eye, target = eye * [1.0, -1.0, 1.0], target * [1.0, -1.0, 1.0]
    return PinholeCamera.look_at(
        position_m=eye,
        target_m=target,
        width_px=film.width_px,
        height_px=film.height_px,
        vertical_fov_rad=float(fov),
        source="truth",
        readout_s=film.readout_s,
    )
