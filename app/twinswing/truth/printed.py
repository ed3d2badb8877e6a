"""Pictures of flat printed things with exact truth: warped at four times the resolution, blurred, with noise.

Places are in OpenCV's camera axes, metres; pixels' centres lie at halves. A sheet's frame: X to its right, Y up, Z to
the one who reads it.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from twinswing.body.camera import PinholeCamera
from twinswing.body.markers import MarkerFinder, family

FloatArray = NDArray[np.float64]
Grey = NDArray[np.uint8]

_FINER = 4
# From pixels whose centres lie at whole numbers, OpenCV's, to ours.
_HALF = np.array([[1.0, 0, 0.5], [0, 1.0, 0.5], [0, 0, 1.0]])
_PAPER_GREY = 140  # of what lies around the sheet
_MARKER_PX = 600


def camera(
    width: int = 1280, height: int = 720, focal: float = 1000.0, distortion: tuple[float, ...] = ()
) -> PinholeCamera:
    """Return a camera at the origin."""
    centre = (width / 2, height / 2)
    return PinholeCamera(width, height, focal, centre, np.zeros(3), np.eye(3), distortion=distortion)


def facing(tilt_deg: float, toward_deg: float, turned_deg: float = 0.0) -> FloatArray:
    """Return a sheet's rotation to the camera, shape (3, 3): it looks at the camera, tilted, turned in its plane."""
    toward = np.radians(toward_deg)
    tilt = Rotation.from_rotvec(np.radians(tilt_deg) * np.array([np.cos(toward), np.sin(toward), 0.0]))
    flat = Rotation.from_euler("x", 180, degrees=True) * Rotation.from_euler("z", turned_deg, degrees=True)
    return np.asarray((tilt * flat).as_matrix())


def film(
    sheet: Grey, px_per_m: float, origin_px: tuple[float, float], cam: PinholeCamera, rotation: FloatArray,
    position: ArrayLike, rng: np.random.Generator, noise: float = 2.0, blur: float = 0.6,
) -> Grey:  # fmt: skip
    """Draw a sheet, shape (h, w), whose frame's origin lies at `origin_px` of it. noise: grey levels; blur: pixels."""
    s = 1.0 / px_per_m
    plane = np.array([[s, 0, -origin_px[0] * s], [0, -s, origin_px[1] * s], [0, 0, 1.0]])
    K = np.array([[cam.focal_px, 0, cam.centre_px[0]], [0, cam.focal_px, cam.centre_px[1]], [0, 0, 1.0]])
    H = K @ np.c_[rotation[:, :2], np.asarray(position, dtype=float)] @ plane
    size = (cam.width_px * _FINER, cam.height_px * _FINER)
    whole = np.linalg.inv(_HALF) @ np.diag([_FINER, _FINER, 1.0]) @ H @ _HALF
    fine = cv2.warpPerspective(sheet, whole, size, flags=cv2.INTER_AREA, borderValue=_PAPER_GREY)
    picture = cv2.resize(fine, (cam.width_px, cam.height_px), interpolation=cv2.INTER_AREA).astype(float)
    if any(cam.distortion):
        picture = bent(picture, cam)
    if blur:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    lit = 0.75 * picture + 25 + rng.normal(0, noise, picture.shape)
    return np.asarray(np.clip(lit, 0, 255), dtype=np.uint8)


def bent(picture: FloatArray, cam: PinholeCamera) -> FloatArray:
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
    out = cv2.remap(picture, source.astype(np.float32), None, cv2.INTER_LINEAR, borderValue=_PAPER_GREY)
    return np.asarray(out, dtype=np.float64)


def marker_sheet(number: int, name: str = "aruco-4x4-50", px: int = _MARKER_PX) -> Grey:
    """Return a marker of so many pixels a side in its white frame."""
    square = cv2.aruco.generateImageMarker(family(name), number, px)
    framed = cv2.copyMakeBorder(square, px // 6, px // 6, px // 6, px // 6, cv2.BORDER_CONSTANT, value=255)
    return np.asarray(framed, dtype=np.uint8)


def marker(
    number: int, size_m: float, cam: PinholeCamera, rotation: FloatArray, position: ArrayLike,
    rng: np.random.Generator, name: str = "aruco-4x4-50", noise: float = 2.0, blur: float = 0.6,
) -> Grey:  # fmt: skip
    """Return a picture of one marker, its middle at a position."""
    middle = _MARKER_PX / 2 + _MARKER_PX // 6
    sheet = marker_sheet(number, name)
    return film(sheet, _MARKER_PX / size_m, (middle, middle), cam, rotation, position, rng, noise, blur)


def bench_markers(views: int) -> tuple[float, float]:
    """Return the median errors of a 150 mm marker at 1 m, tilted by up to 60 degrees: metres, radians."""
    rng, cam, finder = np.random.default_rng(0), camera(), MarkerFinder(0.15)
    places, turns = [], []
    for _ in range(views):
        rotation = facing(rng.uniform(0, 60), rng.uniform(0, 360), rng.uniform(0, 360))
        position = np.array([rng.uniform(-0.25, 0.25), rng.uniform(-0.1, 0.1), 1.0])
        (found,) = finder.find(marker(7, 0.15, cam, rotation, position, rng, blur=rng.uniform(0, 1.2)), cam)
        places.append(float(np.linalg.norm(found.position_m - position)))
        turn = Rotation.from_matrix(found.rotation) * Rotation.from_matrix(rotation).inv()
        turns.append(float(np.linalg.norm(turn.as_rotvec())))
    return float(np.median(places)), float(np.median(turns))
