"""A real lens bends what a pinhole camera would show: pixels made straight, by Brown's model as OpenCV has it."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import PoseTrack
from twinswing.body.shaft import ShaftTrack

FloatArray = NDArray[np.float64]


def straight_pixels(lens: PinholeCamera, pixels: ArrayLike) -> FloatArray:
    """Return where pixels would lie without the lens' distortion, shape (..., 2); NaN stays NaN."""
    px = np.asarray(pixels, dtype=np.float64)
    if not any(lens.distortion):
        return px.copy()
    K = np.array([[lens.focal_px, 0.0, lens.centre_px[0]], [0.0, lens.focal_px, lens.centre_px[1]], [0.0, 0.0, 1.0]])
    # The default of five rounds leaves half a pixel at the corners of a wide lens.
    rounds = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 40, 1e-7)
    flat = cv2.undistortPoints(px.reshape(-1, 1, 2), K, np.array(lens.distortion), None, None, K, rounds)
    return np.asarray(flat, dtype=np.float64).reshape(px.shape)


def straight_track(pose: PoseTrack, lens: PinholeCamera) -> PoseTrack:
    """Return the landmarks as a pinhole camera with its centre in the middle of the picture would have seen them."""
    middle = np.array([lens.width_px / 2.0, lens.height_px / 2.0]) - np.asarray(lens.centre_px)
    straight = straight_pixels(lens, pose.image_px) + middle
    return replace(pose, image_px=straight.astype(pose.image_px.dtype))


def straight_shaft(shaft: ShaftTrack, lens: PinholeCamera) -> ShaftTrack:
    """Return the shaft's lines as `straight_track` returns landmarks."""
    middle = np.array([lens.width_px / 2.0, lens.height_px / 2.0]) - np.asarray(lens.centre_px)
    return replace(shaft, points_px=straight_pixels(lens, shaft.points_px) + middle)


def diagonal_fov_rad(lens: PinholeCamera) -> float:
    """Return the full diagonal field of view of the lens without its distortion, radians."""
    return float(2.0 * np.arctan(0.5 * np.hypot(lens.width_px, lens.height_px) / lens.focal_px))


def through_lens(camera: PinholeCamera, lens: PinholeCamera) -> PinholeCamera:
    """Give a camera that was estimated from `straight_track` the lens' own centre and distortion."""
    return replace(camera, centre_px=lens.centre_px, distortion=lens.distortion, source="calibrated")
