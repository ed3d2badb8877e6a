"""Pictures of flat printed things with exact truth: warped at four times the resolution, blurred, with noise."""

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from twinswing.body.camera import PinholeCamera
from twinswing.body.markers import family

SS = 4
HALF = np.array([[1.0, 0, 0.5], [0, 1.0, 0.5], [0, 0, 1.0]])


def camera(width: int = 1280, height: int = 720, focal: float = 1000.0, **changes) -> PinholeCamera:
    return PinholeCamera(width, height, focal, (width / 2, height / 2), np.zeros(3), np.eye(3), **changes)


def facing(tilt_deg: float, toward_deg: float, turned_deg: float = 0.0) -> np.ndarray:
    """Marker to camera: it looks at the camera, tilted."""
    toward = np.radians(toward_deg)
    tilt = Rotation.from_rotvec(np.radians(tilt_deg) * np.array([np.cos(toward), np.sin(toward), 0.0]))
    flat = Rotation.from_euler("x", 180, degrees=True) * Rotation.from_euler("z", turned_deg, degrees=True)
    return (tilt * flat).as_matrix()


def film(sheet, px_per_m, origin_px, cam, rotation, position, rng, noise=2.0, blur=0.6, onto=None):
    """Draw a flat sheet: `origin_px` of it lies at the frame's origin, x right, y up, z to the reader."""
    s = 1.0 / px_per_m
    plane = np.array([[s, 0, -origin_px[0] * s], [0, -s, origin_px[1] * s], [0, 0, 1.0]])
    K = np.array([[cam.focal_px, 0, cam.centre_px[0]], [0, cam.focal_px, cam.centre_px[1]], [0, 0, 1.0]])
    H = K @ np.c_[rotation[:, :2], position] @ plane
    size = (cam.width_px * SS, cam.height_px * SS)
    whole = np.linalg.inv(HALF) @ np.diag([SS, SS, 1.0]) @ H @ HALF
    fine = cv2.warpPerspective(sheet, whole, size, flags=cv2.INTER_AREA, borderValue=140)
    picture = cv2.resize(fine, (cam.width_px, cam.height_px), interpolation=cv2.INTER_AREA).astype(float)
    if any(cam.distortion):
        picture = bent(picture, cam)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    return np.clip(0.75 * picture + 25 + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


def bent(picture: np.ndarray, cam: PinholeCamera) -> np.ndarray:
    """Bend a straight picture as the camera's lens does: for each pixel, where it would be without the lens."""
    k1, k2, p1, p2, k3 = cam.distortion
    columns, rows = np.meshgrid(np.arange(cam.width_px) + 0.5, np.arange(cam.height_px) + 0.5)
    seen = (np.stack([columns, rows], -1) - cam.centre_px) / cam.focal_px
    x, y = seen[..., 0].copy(), seen[..., 1].copy()
    for _ in range(30):  # the lens' formula, solved backwards by going on until it holds
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        x, y = (
            (seen[..., 0] - 2 * p1 * x * y - p2 * (r2 + 2 * x * x)) / radial,
            (seen[..., 1] - p1 * (r2 + 2 * y * y) - 2 * p2 * x * y) / radial,
        )
    source = np.stack([x, y], -1) * cam.focal_px + cam.centre_px - 0.5
    return cv2.remap(picture, source.astype(np.float32), None, cv2.INTER_LINEAR, borderValue=140)


def marker_sheet(number: int, name: str = "aruco-4x4-50", px: int = 600) -> np.ndarray:
    square = cv2.aruco.generateImageMarker(family(name), number, px)
    return cv2.copyMakeBorder(square, px // 6, px // 6, px // 6, px // 6, cv2.BORDER_CONSTANT, value=255)


def marker(number, size_m, cam, rotation, position, rng, name="aruco-4x4-50", **changes):
    """A picture of one marker."""
    px = 600
    middle = (px / 2 + px // 6, px / 2 + px // 6)
    return film(
        marker_sheet(number, name, px), px / size_m, middle, cam, rotation, np.asarray(position), rng, **changes
    )
