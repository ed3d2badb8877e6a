"""A camera's focal length, centre and distortion from pictures of a ChArUco board, with how sure they are."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.markers import family
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]
_FILE_VERSION = 1
_FILE_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Board:
    """A chessboard with markers in its white squares, `columns` by `rows` squares, as `markers --board` prints it.

    The defaults fill an A4 page held upright; sizes in metres as measured on the print.
    """

    columns: int = 5
    rows: int = 7
    square_m: float = 0.036
    marker_m: float = 0.027
    family_name: str = "aruco-4x4-50"

    def made(self) -> cv2.aruco.CharucoBoard:
        """Return OpenCV's board."""
        size = (self.columns, self.rows)
        return cv2.aruco.CharucoBoard(size, self.square_m, self.marker_m, family(self.family_name))


@dataclass(frozen=True, slots=True)
class CalibrationParams:
    """What a calibration needs.

    least_corners : of a board in a picture, of its 24: fewer leave its tilt open.
    least_views   : eight views of a plane fix a camera's numbers several times over.
    most_views    : more add time, not certainty.
    apart_px      : how far a view's corners must have moved, as a share of the picture's width, to be another view.
    worst_px      : RMS beyond which something is wrong (a bent sheet, blur, another board), not merely unsure.
    """

    least_corners: int = 12
    least_views: int = 8
    most_views: int = 40
    apart_px: float = 0.03
    worst_px: float = 2.0


@dataclass(frozen=True)
class Calibration:
    """A calibrated camera: one focal length for both directions, Brown's distortion (k1 k2 p1 p2 k3).

    rms_px: of the corners; sigma_focal_px, sigma_centre_px: 1 sigma; views: how many pictures it rests on.
    """

    width_px: int
    height_px: int
    focal_px: float
    centre_px: tuple[float, float]
    distortion: tuple[float, ...]
    rms_px: float
    sigma_focal_px: float
    sigma_centre_px: tuple[float, float]
    views: int

    def camera(self, width_px: int = 0, height_px: int = 0) -> PinholeCamera:
        """Return the camera at the world's origin, for pictures of its size or scaled in both directions alike."""
        width_px, height_px = width_px or self.width_px, height_px or self.height_px
        scale = width_px / self.width_px
        if abs(height_px - self.height_px * scale) > 1.0:
            raise InputError(
                f"expected pictures of the shape that was calibrated, {self.width_px}x{self.height_px}, "
                f"found {width_px}x{height_px}"
            )
        centre = (self.centre_px[0] * scale, self.centre_px[1] * scale)
        return PinholeCamera(
            width_px, height_px, self.focal_px * scale, centre, np.zeros(3), np.eye(3), source="calibrated",
            distortion=self.distortion,
        )  # fmt: skip

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        document = {"twinswing": "camera", "version": _FILE_VERSION} | {k: getattr(self, k) for k in _FIELDS}
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


_FIELDS = tuple(Calibration.__dataclass_fields__)


def load_calibration(path: Path) -> Calibration:
    """Read a camera's file; raises InputError for one that is none, is newer, or holds what cannot be."""
    wanted = "a camera file as `twinswing calibrate` writes it"
    try:
        if path.stat().st_size > _FILE_BYTES:
            raise InputError(f"expected {wanted}, found {path.stat().st_size} bytes in {path}")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"expected {wanted}, found none at {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"expected {wanted}, found something else in {path}: {error}") from error
    if not isinstance(document, dict) or document.get("twinswing") != "camera":
        raise InputError(f"expected {wanted}, found other JSON in {path}")
    if document.get("version") != _FILE_VERSION:
        raise InputError(
            f"expected version {_FILE_VERSION} of a camera file, found {document.get('version')!r} in {path}"
        )
    try:
        numbers = {k: _number(document[k]) for k in _FIELDS if k not in ("centre_px", "distortion", "sigma_centre_px")}
        pairs = {k: tuple(_number(x) for x in document[k]) for k in ("centre_px", "distortion", "sigma_centre_px")}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"expected {wanted}, found a wrong or missing value in {path}: {error}") from error
    out = Calibration(
        int(numbers["width_px"]), int(numbers["height_px"]), numbers["focal_px"],
        (pairs["centre_px"][0], pairs["centre_px"][1]), pairs["distortion"], numbers["rms_px"],
        numbers["sigma_focal_px"], (pairs["sigma_centre_px"][0], pairs["sigma_centre_px"][1]), int(numbers["views"]),
    )  # fmt: skip
    if out.width_px <= 0 or out.height_px <= 0 or out.focal_px <= 0.0 or len(out.distortion) not in (0, 4, 5):
        raise InputError(
            f"expected a camera with a size, a focal length and 4 or 5 distortions, found others in {path}"
        )
    return out


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValueError(f"expected a number, found {value!r}")
    return float(value)


@dataclass
class Calibrator:
    """Collects views of a board and calibrates from them."""

    board: Board = field(default_factory=Board)
    params: CalibrationParams = field(default_factory=CalibrationParams)
    size: tuple[int, int] | None = None
    views: list[tuple[FloatArray, FloatArray]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._board = self.board.made()
        self._detector = cv2.aruco.CharucoDetector(self._board)
        self._corners = np.asarray(self._board.getChessboardCorners(), dtype=np.float64)
        self._spread: list[FloatArray] = []

    def offer(self, picture: NDArray[np.uint8]) -> str:
        """Look at a picture, shape (h, w) or (h, w, 3); return "taken", or why not, in a few words for a person."""
        height, width = picture.shape[:2]
        if self.size not in (None, (width, height)):
            raise InputError(f"expected pictures of one size, {self.size}, found {width}x{height}")
        self.size = (width, height)
        if len(self.views) >= self.params.most_views:
            return "enough"
        grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        corners, numbers, _, _ = self._detector.detectBoard(np.ascontiguousarray(grey))
        if numbers is None or len(numbers) < self.params.least_corners:
            return "no board, or too little of it"
        where = np.full((len(self._corners), 2), np.nan)
        where[numbers.ravel()] = corners.reshape(-1, 2)
        for other in self._spread:
            moved = np.linalg.norm(where - other, axis=1)
            if np.isfinite(moved).sum() >= 6 and np.nanmedian(moved) < self.params.apart_px * width:
                return "hold it elsewhere or tilt it"
        self._spread.append(where)
        self.views.append((self._corners[numbers.ravel()], corners.reshape(-1, 2).astype(np.float64)))
        return "taken"

    def solve(self) -> Calibration:
        """Calibrate; raises InputError where there are too few views, or they contradict one another."""
        if self.size is None or len(self.views) < self.params.least_views:
            raise InputError(
                f"expected at least {self.params.least_views} different views of the board, found {len(self.views)}; "
                "hold it near and far, tilted to all sides, and into the picture's corners"
            )
        start = np.array([[max(self.size), 0, self.size[0] / 2], [0, max(self.size), self.size[1] / 2], [0, 0, 1.0]])
        # The sixth power of the radius only follows noise where no corner of a board reached the picture's own.
        flags = cv2.CALIB_FIX_ASPECT_RATIO | cv2.CALIB_USE_INTRINSIC_GUESS | cv2.CALIB_FIX_K3
        rms, K, bent, _, _, sigma, _, _ = cv2.calibrateCameraExtended(
            [o.astype(np.float32) for o, _ in self.views], [p.astype(np.float32) for _, p in self.views], self.size,
            start, np.zeros(5), flags=flags,
        )  # fmt: skip
        if not np.isfinite(rms) or rms > self.params.worst_px:
            raise InputError(
                f"expected the board's corners within {self.params.worst_px:g} pixels of a flat board's, found "
                f"{rms:.1f}: is the sheet flat, sharp, and the board the one that was named?"
            )
        spread = np.asarray(sigma).ravel()
        return Calibration(
            *self.size, float(K[1, 1]), (float(K[0, 2]) + 0.5, float(K[1, 2]) + 0.5),
            tuple(float(d) for d in np.ravel(bent)[:5]), float(rms), float(spread[1]),
            (float(spread[2]), float(spread[3])), len(self.views),
        )  # fmt: skip
