"""How much moves where in the picture, frame by frame: sees the club, which the pose model doesn't.

The club head leaves its place before any landmark does and comes to rest after all of them, so the first and the last
moment of a swing show here best.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.video import ByteImage

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class MotionParams:
    """How change is measured.

    long_side_px : pictures are brought down to this; a club head is still two pixels wide when the golfer fills a
                   third of the height, and grain is averaged away.
    cell_px      : change is summed over square cells of this side, so that a frame costs a few kilobytes.
    grain        : grey levels of change that are noise and coding, not motion.
    """

    long_side_px: int = 480
    cell_px: int = 12
    grain: float = 5.0


@dataclass(frozen=True)
class PictureMotion:
    """Change against the frame before in each cell: grey levels times pixels of the upright picture.

    cells   : shape (n, rows, columns); the first frame has none.
    cell_px : side of a cell in the upright picture's pixels.
    """

    cells: NDArray[np.float32]
    cell_px: float

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.cells)

    def within(self, x0: float, y0: float, x1: float, y1: float) -> FloatArray:
        """Return the change inside a box (pixels of the upright picture), shape (n,)."""
        rows, columns = self.cells.shape[1:]
        c0, c1 = (int(np.clip(round(v / self.cell_px), 0, columns)) for v in (x0, x1))
        r0, r1 = (int(np.clip(round(v / self.cell_px), 0, rows)) for v in (y0, y1))
        return np.asarray(self.cells[:, r0:r1, c0:c1].sum(axis=(1, 2)), dtype=np.float64)


class MotionMeter:
    """Takes pictures one by one; memory grows by one small grid a frame."""

    def __init__(self, params: MotionParams | None = None) -> None:
        self._params = params or MotionParams()
        self._last: NDArray[np.uint8] | None = None
        self._cells: list[NDArray[np.float32]] = []
        self._scale = 1.0

    def feed(self, rgb: ByteImage) -> None:
        """Look at the next upright picture, shape (height, width, 3); all of one size."""
        p = self._params
        height, width = rgb.shape[:2]
        self._scale = min(1.0, p.long_side_px / max(height, width))
        grey = self._small(rgb, max(round(width * self._scale), 1), max(round(height * self._scale), 1))
        below, right = -grey.shape[0] % p.cell_px, -grey.shape[1] % p.cell_px
        cells = np.zeros([(a + b) // p.cell_px for a, b in zip(grey.shape, (below, right), strict=True)], np.float32)
        if self._last is not None and self._last.shape == grey.shape:
            change = cv2.subtract(cv2.absdiff(grey, self._last), np.array([p.grain]))
            change = cv2.copyMakeBorder(change, 0, below, 0, right, cv2.BORDER_CONSTANT, value=0)
            # Sums over cells are differences of the sum over all that is above and to the left.
            corners = cv2.integral(change)[:: p.cell_px, :: p.cell_px]
            cells = np.diff(np.diff(corners, axis=0), axis=1)
        self._last = grey
        self._cells.append((cells / self._scale**2).astype(np.float32))

    @staticmethod
    def _small(rgb: ByteImage, width: int, height: int) -> NDArray[np.uint8]:
        """Return the picture in grey, brought down to a size and blurred.

        Halving and a linear step together average as an area filter does, once blurred, at a tenth of its cost.
        """
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        while grey.shape[0] >= 2 * height and grey.shape[1] >= 2 * width:
            grey = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
        if grey.shape != (height, width):
            grey = cv2.resize(grey, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.blur(grey, (3, 3)), dtype=np.uint8)

    def result(self) -> PictureMotion:
        """Return what was seen so far."""
        cells = np.stack(self._cells) if self._cells else np.zeros((0, 1, 1), dtype=np.float32)
        return PictureMotion(cells, self._params.cell_px / self._scale)
