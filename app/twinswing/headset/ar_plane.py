"""Pictures laid on a marker's plane, and signs drawn over a camera's picture. Pixels' centres lie at halves."""

import functools
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.marker_track import TrackedPose
from twinswing.headset.canvas import INK, PANEL, Canvas, Rgb

FloatArray = NDArray[np.float64]
RgbImage = NDArray[np.uint8]
_HALF = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
_WHOLE = np.linalg.inv(_HALF)
_NEAR_M = 0.02  # nearer than this, and behind the camera, a corner has no place in the picture


@dataclass(frozen=True)
class Standing:
    """A marker that is followed: where it is, and how much of what stands on it is to be seen, 0 to 1."""

    number: int
    pose: TrackedPose
    opacity: float

    def camera(self, camera: PinholeCamera) -> PinholeCamera:
        """Return the camera with the marker's frame as its world."""
        r = self.pose.rotation
        return replace(camera, position_m=-r.T @ self.pose.position_m, rotation=r)


def plane_to_pixels(camera: PinholeCamera) -> FloatArray:
    """Return the homography from points (x, y) at z = 0 of the world, metres, to a camera's pixels, shape (3, 3)."""
    cx, cy = camera.centre_px
    K = np.array([[camera.focal_px, 0.0, cx], [0.0, camera.focal_px, cy], [0.0, 0.0, 1.0]])
    return np.asarray(K @ np.column_stack([camera.rotation[:, :2], -camera.rotation @ camera.position_m]))


def pixels_per_metre(camera: PinholeCamera, at_m: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
    """Return how many pixels a metre of the plane z = 0 takes at a point, along its most and its least stretched way.

    Both zero where the point is not before the camera.
    """
    H = plane_to_pixels(camera)
    u, v, w = H @ np.array([*at_m, 1.0])
    if w < _NEAR_M:
        return 0.0, 0.0
    jacobian = (H[:2, :2] - np.outer(np.array([u, v]) / w, H[2, :2])) / w
    low, high = np.sort(np.linalg.svd(jacobian, compute_uv=False))
    return float(high), float(low)


@dataclass(frozen=True)
class Rectangle:
    """An upright rectangle on a marker's plane: its middle and its size, metres."""

    x_m: float
    y_m: float
    width_m: float
    height_m: float

    def corners(self) -> FloatArray:
        """Return its corners from the upper left clockwise, shape (4, 3)."""
        x, y = self.width_m / 2, self.height_m / 2
        ends = np.array([[-x, y, 0.0], [x, y, 0.0], [x, -y, 0.0], [-x, -y, 0.0]])
        return np.asarray(ends + np.array([self.x_m, self.y_m, 0.0]))

    def seen(self, camera: PinholeCamera) -> float:
        """Return which share of it lies within the picture, 0 to 1; 0 where a part of it is behind the camera."""
        corners = self.corners()
        if (camera.to_camera(corners)[:, 2] < _NEAR_M).any():
            return 0.0
        shape = camera.project(corners).astype(np.float32)
        w, h = camera.width_px, camera.height_px
        whole = float(cv2.contourArea(shape))
        frame = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=np.float32)
        # One that is seen from behind goes the other way round, which OpenCV's clipping does not take.
        return float(cv2.intersectConvexConvex(frame, shape)[0]) / whole if whole > 1.0 else 0.0


@functools.lru_cache(maxsize=8)
def _mask(height: int, width: int, radius: int) -> NDArray[np.uint8]:
    """Return how much of each pixel a card with round corners covers."""
    out = np.zeros((height, width), dtype=np.uint8)
    cv2.rectangle(out, (radius, 0), (width - 1 - radius, height - 1), 255, cv2.FILLED)
    cv2.rectangle(out, (0, radius), (width - 1, height - 1 - radius), 255, cv2.FILLED)
    for x in (radius, width - 1 - radius):
        for y in (radius, height - 1 - radius):
            cv2.circle(out, (x, y), radius, 255, cv2.FILLED, cv2.LINE_AA)
    return out


def lay(picture: RgbImage, card: RgbImage, where: Rectangle, camera: PinholeCamera, opacity: float = 1.0) -> None:
    """Lay a card, rgb, on the plane z = 0 of the camera's world, into the picture itself."""
    corners = where.corners()
    if (camera.to_camera(corners)[:, 2] < _NEAR_M).any():
        return
    ends = camera.project(corners)
    low = np.clip(np.floor(ends.min(0)) - 1, 0, [camera.width_px, camera.height_px]).astype(int)
    high = np.clip(np.ceil(ends.max(0)) + 1, 0, [camera.width_px, camera.height_px]).astype(int)
    if (high <= low).any():
        return
    # Made smaller by averaging first: the warp looks at four pixels only, and thin strokes would flicker.
    shrink = pixels_per_metre(camera, (where.x_m, where.y_m))[0] * where.width_m / card.shape[1]
    mask = _mask(card.shape[0], card.shape[1], max(card.shape[1] // 40, 2))
    layer = np.dstack([card, mask])
    if 0.0 < shrink < 0.95:
        size = (max(round(card.shape[1] * shrink), 8), max(round(card.shape[0] * shrink), 8))
        layer = cv2.resize(layer, size, interpolation=cv2.INTER_AREA)
    h, w = layer.shape[:2]
    sx, sy = where.width_m / w, where.height_m / h
    from_card = np.array([[sx, 0, where.x_m - where.width_m / 2], [0, -sy, where.y_m + where.height_m / 2], [0, 0, 1]])
    M = _WHOLE @ plane_to_pixels(camera) @ from_card @ _HALF
    shift = np.array([[1.0, 0.0, -low[0]], [0.0, 1.0, -low[1]], [0.0, 0.0, 1.0]])
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    # The colours go on past the edge, so that none of nothing's is mixed in; the mask alone ends there.
    colour = cv2.warpPerspective(
        np.ascontiguousarray(layer[..., :3]), shift @ M, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    cover = cv2.warpPerspective(np.ascontiguousarray(layer[..., 3]), shift @ M, size, flags=cv2.INTER_LINEAR)
    part = picture[low[1] : high[1], low[0] : high[0]]
    share = cover.astype(np.float32)[..., None] * (opacity / 255.0)
    part[:] = (part + (colour.astype(np.float32) - part) * share + 0.5).astype(np.uint8)


def outline(picture: RgbImage, ends_px: FloatArray, rgb: Rgb, opacity: float, width_px: int = 2) -> None:
    """Draw a closed line through pixels, shape (n, 2), into the picture itself."""
    if not np.isfinite(ends_px).all() or (np.abs(ends_px) > 8 * max(picture.shape)).any():
        return
    low = np.clip(np.floor(ends_px.min(0)) - 4, 0, [picture.shape[1], picture.shape[0]]).astype(int)
    high = np.clip(np.ceil(ends_px.max(0)) + 4, 0, [picture.shape[1], picture.shape[0]]).astype(int)
    if (high <= low).any():
        return
    part = picture[low[1] : high[1], low[0] : high[0]]
    drawn = np.ascontiguousarray(part)
    fixed = np.rint((ends_px - low - 0.5) * 16).astype(np.int32)
    cv2.polylines(drawn, [fixed], True, PANEL, width_px + 2, cv2.LINE_AA, shift=4)
    cv2.polylines(drawn, [fixed], True, rgb, width_px, cv2.LINE_AA, shift=4)
    part[:] = cv2.addWeighted(drawn, opacity, part, 1.0 - opacity, 0.0)


@functools.lru_cache(maxsize=64)
def _line(text: str, em_px: int, rgb: Rgb) -> RgbImage:
    wide = Canvas(0.001 * (len(text) * em_px + 2 * em_px), 0.0015 * em_px)
    used = wide.text(text, 0.4 * em_px, 1.08 * em_px, em_px, rgb)
    return np.ascontiguousarray(wide.picture[:, : int(used + 0.8 * em_px)])


def caption(
    picture: RgbImage, text: str, x: float, y: float, *, rgb: Rgb = INK, em_px: int = 18, opacity: float = 1.0,
    align: float = 0.0,
) -> None:  # fmt: skip
    """Write a line on a dark strip into the picture itself; x, y: its upper edge's start, or its middle (align 0.5).

    A line that is longer than the picture is made smaller, and never leaves it.
    """
    strip = _line(text, em_px, rgb)
    most = picture.shape[1] - 8
    if strip.shape[1] > most:
        strip = cv2.resize(
            strip, (most, max(round(strip.shape[0] * most / strip.shape[1]), 1)), interpolation=cv2.INTER_AREA
        )
    high, wide = strip.shape[:2]
    left = round(np.clip(x - align * wide, 0, picture.shape[1] - wide))
    top = round(np.clip(y, 0, max(picture.shape[0] - high, 0)))
    part = picture[top : top + high, left : left + wide]
    share = 0.86 * opacity
    part[:] = cv2.addWeighted(strip[: part.shape[0]], share, part, 1.0 - share, 0.0)


__all__ = ["Rectangle", "Standing", "caption", "lay", "outline", "pixels_per_metre", "plane_to_pixels"]
