"""The pinhole camera, in OpenCV's axes: x right, y down, z into the picture."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PinholeCamera:
    """A camera in the world frame (X toward the target, Y to its left, Z up, metres).

    width_px, height_px : size of the upright picture.
    focal_px            : focal length in pixels, the same in x and y (square pixels).
    centre_px           : principal point (x, y).
    position_m          : the camera's centre in the world, shape (3,).
    rotation            : world to camera, shape (3, 3): `x_cam = rotation @ (x_world - position_m)`.
    readout_s           : time between the exposure of the first and the last row (rolling shutter), seconds.
    source              : where it came from: "truth", "estimated" or "stated".
    """

    width_px: int
    height_px: int
    focal_px: float
    centre_px: tuple[float, float]
    position_m: FloatArray
    rotation: FloatArray
    readout_s: float = 0.0
    source: str = "stated"
    distortion: tuple[float, ...] = field(default=())

    @classmethod
    def look_at(
        cls,
        *,
        position_m: ArrayLike,
        target_m: ArrayLike,
        width_px: int,
        height_px: int,
        vertical_fov_rad: float,
        source: str = "stated",
        readout_s: float = 0.0,
    ) -> "PinholeCamera":
        """Place a camera that looks from one point at another with the world's Z up in the picture."""
        eye = np.asarray(position_m, dtype=np.float64)
        forward = np.asarray(target_m, dtype=np.float64) - eye
        forward /= np.linalg.norm(forward)
        up = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([1.0, 0.0, 0.0])
        right = np.cross(forward, up)
        right /= np.linalg.norm(right)
        down = np.cross(forward, right)
        focal = height_px / (2.0 * np.tan(vertical_fov_rad / 2.0))
        return cls(
            width_px=width_px,
            height_px=height_px,
            focal_px=float(focal),
            centre_px=(width_px / 2.0, height_px / 2.0),
            position_m=eye,
            rotation=np.stack([right, down, forward]),
            readout_s=readout_s,
            source=source,
        )

    @property
    def vertical_fov_rad(self) -> float:
        """Full vertical field of view, radians."""
        return float(2.0 * np.arctan(self.height_px / (2.0 * self.focal_px)))

    def to_camera(self, points_m: ArrayLike) -> FloatArray:
        """Turn world points, shape (..., 3), into the camera's axes, metres."""
        return (np.asarray(points_m, dtype=np.float64) - self.position_m) @ self.rotation.T

    def project(self, points_m: ArrayLike) -> FloatArray:
        """Project world points, shape (..., 3), to pixels, shape (..., 2); NaN behind the camera."""
        p = self.to_camera(points_m)
        z = np.where(p[..., 2:3] > 1e-6, p[..., 2:3], np.nan)
        return np.asarray(p[..., :2] / z * self.focal_px + np.asarray(self.centre_px))

    def ray(self, pixels: ArrayLike) -> FloatArray:
        """Return unit directions in the world, shape (..., 3), through pixels, shape (..., 2)."""
        px = np.asarray(pixels, dtype=np.float64)
        d = np.concatenate([(px - np.asarray(self.centre_px)) / self.focal_px, np.ones((*px.shape[:-1], 1))], -1)
        d = d @ self.rotation
        return np.asarray(d / np.linalg.norm(d, axis=-1, keepdims=True))
