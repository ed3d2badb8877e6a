"""A camera's pictures made straight, once a frame, by maps that are worked out once."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.calibration import Calibration
from twinswing.body.camera import PinholeCamera
from twinswing.body.markers import camera_matrix

RgbImage = NDArray[np.uint8]

# What is taken for a camera that nobody calibrated. Makers state 55 to 90 degrees across the diagonal for webcams and
# laptops' cameras, which is 48 to 78 across a wide picture: 60, give or take 8.
GUESS_RAD, GUESS_SIGMA_RAD = float(np.radians(60.0)), float(np.radians(8.0))


@dataclass(frozen=True, eq=False)
class Lens:
    """A camera without its distortion, and the maps that take that out of a picture.

    camera: straight, at the world's origin. calibrated: whether its numbers were measured. focal_share: 1 sigma of the
    focal length as a share of it; every distance is as unsure.
    """

    camera: PinholeCamera
    calibrated: bool
    focal_share: float
    maps: tuple[NDArray[np.int16], NDArray[np.uint16]] | None = None

    @classmethod
    def of(cls, calibration: Calibration | None, width_px: int, height_px: int) -> "Lens":
        """Return the lens for pictures of a size; raises InputError where it was calibrated for another shape."""
        if calibration is None:
            focal = width_px / 2.0 / np.tan(GUESS_RAD / 2.0)
            camera = PinholeCamera(
                width_px, height_px, float(focal), (width_px / 2.0, height_px / 2.0), np.zeros(3), np.eye(3),
                source="guessed",
            )  # fmt: skip
            return cls(camera, False, GUESS_SIGMA_RAD / float(np.sin(GUESS_RAD)))
        bent = calibration.camera(width_px, height_px)
        share = calibration.sigma_focal_px / calibration.focal_px
        straight = replace(bent, distortion=())
        if not any(bent.distortion):
            return cls(straight, True, share)
        K = camera_matrix(bent)
        maps = cv2.initUndistortRectifyMap(
            K, np.array(bent.distortion), None, K, (width_px, height_px), cv2.CV_16SC2
        )  # fmt: skip
        return cls(straight, True, share, maps)

    def straight(self, rgb: RgbImage) -> RgbImage:
        """Return a picture without the lens' distortion; the same one where there is none."""
        if self.maps is None:
            return rgb
        return np.asarray(cv2.remap(rgb, *self.maps, cv2.INTER_LINEAR), dtype=np.uint8)

    def told(self) -> str:
        """Say how sure the camera's numbers are, for the picture's edge."""
        if self.calibrated:
            return f"Calibrated camera, focal length {self.camera.focal_px:.0f} px ± {100 * self.focal_share:.2g} %"
        return (
            f"Camera not calibrated: {np.degrees(GUESS_RAD):.0f}° across is a guess (± "
            f"{np.degrees(GUESS_SIGMA_RAD):.0f}°), distances ± {100 * self.focal_share:.0f} %"
        )
