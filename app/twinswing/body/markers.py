"""Where printed markers are before a camera: ArUco and AprilTag squares, found and placed by OpenCV.

Marker frame: right-handed, metres, origin in the middle of the black square, X to the right and Y up on the sheet as
it is read, Z out of the paper toward the one who reads it.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]

# Families as people name them; the first is what sheets are printed with: few bits are read from far away, and 50
# markers are enough for a hall, with the greatest distance between their codes.
FAMILIES: dict[str, int] = {
    "aruco-4x4-50": cv2.aruco.DICT_4X4_50,
    "aruco-5x5-100": cv2.aruco.DICT_5X5_100,
    "aruco-6x6-250": cv2.aruco.DICT_6X6_250,
    "apriltag-36h11": cv2.aruco.DICT_APRILTAG_36h11,
    "apriltag-25h9": cv2.aruco.DICT_APRILTAG_25H9,
}


@dataclass(frozen=True, slots=True)
class MarkerParams:
    """How markers are looked for and placed.

    corner_px     : error of a corner, 1 sigma, where the residuals say less: noise, print and paper.
    ambiguous     : where the second way to lay the square into the picture fits nearly as well (ratio of errors
                    below this), which of both it is cannot be told from one picture.
    least_side_px : a smaller square's code is guessed rather than read.
    """

    corner_px: float = 0.1
    ambiguous: float = 1.5
    least_side_px: float = 12.0


@dataclass(frozen=True)
class MarkerPose:
    """A marker in one picture: `x_cam = rotation @ x_marker + position_m`, in OpenCV's camera axes.

    sigma_m along the worst direction, sigma_rad about the worst axis, 1 sigma; corners_px from the upper left of the
    sheet clockwise, shape (4, 2), in pixels whose centres lie at halves; ambiguous: it may be tilted the other way.
    """

    number: int
    rotation: FloatArray
    position_m: FloatArray
    sigma_m: float
    sigma_rad: float
    corners_px: FloatArray
    ambiguous: bool = False

    def camera(self, camera: PinholeCamera) -> PinholeCamera:
        """Return the camera with the marker's frame as its world, so that what stands there can be drawn."""
        return replace(camera, position_m=-self.rotation.T @ self.position_m, rotation=self.rotation)


def family(name: str) -> cv2.aruco.Dictionary:
    """Return a marker family; raises InputError for a name that is none."""
    if name not in FAMILIES:
        raise InputError(f"expected a marker family out of {', '.join(FAMILIES)}, found {name!r}")
    return cv2.aruco.getPredefinedDictionary(FAMILIES[name])


def camera_matrix(camera: PinholeCamera) -> FloatArray:
    """Return OpenCV's camera matrix: its pixels' centres lie at whole numbers, a half less than ours."""
    cx, cy = camera.centre_px
    return np.array([[camera.focal_px, 0.0, cx - 0.5], [0.0, camera.focal_px, cy - 0.5], [0.0, 0.0, 1.0]])


def square(size_m: float) -> FloatArray:
    """Return a marker's corners in its frame, from the upper left clockwise, shape (4, 3), metres."""
    h = size_m / 2.0
    return np.array([[-h, h, 0.0], [h, h, 0.0], [h, -h, 0.0], [-h, -h, 0.0]])


@dataclass
class MarkerFinder:
    """Finds the markers of one family and size; keeps the detector, so make one for a stream.

    Use another for each thread.
    """

    size_m: float
    family_name: str = "aruco-4x4-50"
    params: MarkerParams = field(default_factory=MarkerParams)

    def __post_init__(self) -> None:
        if not 0.005 <= self.size_m <= 5.0:
            raise InputError(f"expected a marker's side between 5 mm and 5 m, found {self.size_m:g} m")
        settings = cv2.aruco.DetectorParameters()
        settings.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE  # see sharpened
        self._detector = cv2.aruco.ArucoDetector(family(self.family_name), settings)

    def find(self, picture: NDArray[np.uint8], camera: PinholeCamera) -> list[MarkerPose]:
        """Find and place the markers in a picture, shape (h, w) or (h, w, 3), of the camera's size, by number.

        A number that is seen twice (a copied sheet, a mirror) is left out: which of both is meant cannot be known.
        """
        if picture.shape[:2] != (camera.height_px, camera.width_px):
            raise InputError(
                f"expected a picture of {camera.width_px}x{camera.height_px} pixels as the camera was calibrated for, "
                f"found {picture.shape[1]}x{picture.shape[0]}"
            )
        grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        found, numbers, _ = self._detector.detectMarkers(np.ascontiguousarray(grey))
        if numbers is None:
            return []
        seen = numbers.ravel().tolist()
        poses = [
            self.place(number, sharpened(grey, corners.reshape(4, 2).astype(float)) + 0.5, camera)
            for number, corners in zip(seen, found, strict=True)
            if seen.count(number) == 1
        ]
        return sorted((p for p in poses if p is not None), key=lambda p: p.number)

    def place(self, number: int, corners_px: FloatArray, camera: PinholeCamera) -> MarkerPose | None:
        """Place a marker by its corners; None for one that is too small or cannot lie so."""
        sides = np.linalg.norm(corners_px - np.roll(corners_px, 1, axis=0), axis=1)
        if sides.min() < self.params.least_side_px:
            return None
        K, bent = camera_matrix(camera), np.array(camera.distortion or np.zeros(5))
        corners = square(self.size_m)
        count, turns, shifts, errors = cv2.solvePnPGeneric(
            corners, corners_px - 0.5, K, bent, flags=cv2.SOLVEPNP_IPPE_SQUARE
        )
        if not count:
            return None
        turn, shift = cv2.solvePnPRefineLM(corners, corners_px - 0.5, K, bent, turns[0], shifts[0])
        ends, jacobian = cv2.projectPoints(corners, turn, shift, K, bent)
        residual = float(np.sqrt(np.mean((ends.reshape(4, 2) - (corners_px - 0.5)) ** 2)))
        if not np.isfinite(residual) or shift[2, 0] <= 0.0:
            return None
        # Eight coordinates fix six numbers: two are left to tell the corners' error, which is little to go by.
        error_px = max(self.params.corner_px, residual * np.sqrt(8.0 / 2.0))
        J = jacobian[:, :6]
        covariance = np.linalg.pinv(J.T @ J) * error_px**2
        rotation = cv2.Rodrigues(turn)[0]
        unsure = count > 1 and float(errors[1, 0]) < self.params.ambiguous * max(float(errors[0, 0]), 1e-3)
        return MarkerPose(
            number, rotation, shift.ravel(), _worst(covariance[3:, 3:]), _worst(covariance[:3, :3]), corners_px, unsure
        )


def sharpened(grey: NDArray[np.uint8], corners: FloatArray) -> FloatArray:
    """Return a dark square's corners where the lines along its edges meet, shape (4, 2), centres at whole numbers.

    A corner that is looked for as a corner is drawn inward by blur, 0.1 to 0.2 pixels, which is 1 to 3 mm at 1 m;
    an edge is not. Along each edge the place of steepest change is found across it, and a line laid through.
    """
    lines = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        length = float(np.linalg.norm(end - start))
        along = (end - start) / length
        # Clockwise on the picture, so the left hand points out of the square.
        out = np.array([along[1], -along[0]])
        reach = min(_EDGE_SHARE * length, _EDGE_PX)
        s = np.linspace(_EDGE_MARGIN * length, (1.0 - _EDGE_MARGIN) * length, max(int(length / 2), 8))
        d = np.linspace(-reach, reach, 2 * int(np.ceil(2 * reach)) + 1)
        at = start + s[:, None, None] * along + d[None, :, None] * out
        seen = cv2.remap(grey, at[..., 0].astype(np.float32), at[..., 1].astype(np.float32), cv2.INTER_LINEAR)
        rise = np.maximum(np.diff(seen.astype(float), axis=1), 0.0)
        weight = rise.sum(1)
        place = (rise * (0.5 * (d[1:] + d[:-1]))).sum(1) / np.maximum(weight, 1e-9)
        clear = weight > 0.5 * np.median(weight)
        if clear.sum() < 4:
            return corners
        slope, offset = np.polyfit(s[clear], place[clear], 1, w=np.sqrt(weight[clear]))
        lines.append((start + offset * out, along + slope * out))
    return np.array([_meet(lines[i - 1], lines[i]) for i in range(4)])


# How far across an edge is looked: less than half of the black frame's width (a sixth to a tenth of the side), and no
# farther than blur reaches; and how much at its ends is left out, where the other edges are.
_EDGE_SHARE, _EDGE_PX, _EDGE_MARGIN = 0.045, 5.0, 0.06


def _meet(a: tuple[FloatArray, FloatArray], b: tuple[FloatArray, FloatArray]) -> FloatArray:
    along = np.linalg.solve(np.stack([a[1], -b[1]], 1), b[0] - a[0])
    return np.asarray(a[0] + along[0] * a[1])


def _worst(covariance: FloatArray) -> float:
    return float(np.sqrt(max(np.linalg.eigvalsh(covariance)[-1], 0.0)))
