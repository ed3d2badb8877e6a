"""Rays and hands against things: what is pointed at, what is pressed, what a hand holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Ray:
    """A ray in the world: where it begins (m) and its unit direction."""

    start_m: FloatArray
    direction: FloatArray

    @classmethod
    def of(cls, pose: FloatArray) -> "Ray":
        """Return the ray along a pose's forward, -Z."""
        forward = -pose[:3, 2]
        return cls(np.asarray(pose[:3, 3]), np.asarray(forward / np.linalg.norm(forward)))

    def at(self, distance_m: float) -> FloatArray:
        """Return the point this far along."""
        return np.asarray(self.start_m + distance_m * self.direction)


@dataclass(frozen=True)
class Hit:
    """Where a ray meets something: distance (m); on a card, parts of its width and height from its top left."""

    distance_m: float
    at: tuple[float, float] = (0.0, 0.0)


def meet_quad(ray: Ray, pose: FloatArray, width_m: float, height_m: float) -> Hit | None:
    """Return where a ray meets the front of a card: a rectangle about a pose's origin, x right, y up, facing its +z."""
    scale = float(np.linalg.norm(pose[:3, 0]))
    axes = pose[:3, :3] / scale
    facing = float(ray.direction @ axes[:, 2])
    if facing > -1e-6:
        return None
    distance = float((pose[:3, 3] - ray.start_m) @ axes[:, 2]) / facing
    if distance < 0.0:
        return None
    off = (ray.at(distance) - pose[:3, 3]) @ axes / scale
    across, down = 0.5 + off[0] / width_m, 0.5 - off[1] / height_m
    return Hit(distance, (float(across), float(down))) if 0 <= across <= 1 and 0 <= down <= 1 else None


def meet_sphere(ray: Ray, centre_m: ArrayLike, radius_m: float) -> Hit | None:
    """Return where a ray enters a ball; at once where it begins inside."""
    off = ray.start_m - np.asarray(centre_m, dtype=np.float64)
    b, c = float(off @ ray.direction), float(off @ off) - radius_m**2
    if c <= 0.0:
        return Hit(0.0)
    root = b * b - c
    if root < 0.0 or b > 0.0:
        return None
    return Hit(-b - float(np.sqrt(root)))


def meet_box(ray: Ray, low_m: ArrayLike, high_m: ArrayLike) -> Hit | None:
    """Return where a ray enters a box along the world's axes (slabs); at once where it begins inside."""
    direction = np.where(np.abs(ray.direction) < 1e-9, 1e-9, ray.direction)
    a = (np.asarray(low_m) - ray.start_m) / direction
    b = (np.asarray(high_m) - ray.start_m) / direction
    enter, leave = float(np.minimum(a, b).max()), float(np.maximum(a, b).min())
    return Hit(max(enter, 0.0)) if leave >= max(enter, 0.0) else None


def nearest_on_segments(point_m: ArrayLike, path_m: FloatArray) -> tuple[float, float]:
    """Return the place on a path (n points, m) that is nearest to a point, in samples, and its distance, metres."""
    point = np.asarray(point_m, dtype=np.float64)
    start, along = path_m[:-1], np.diff(path_m, axis=0)
    length2 = np.maximum((along**2).sum(1), 1e-12)
    part = np.clip(((point - start) * along).sum(1) / length2, 0.0, 1.0)
    off = np.linalg.norm(start + part[:, None] * along - point, axis=1)
    best = int(off.argmin())
    return best + float(part[best]), float(off[best])


@dataclass(frozen=True)
class Target:
    """Something that can be pointed at: its name, and where a ray meets it."""

    name: str
    meet: Callable[[Ray], Hit | None]


def pointed_at(ray: Ray, targets: Sequence[Target]) -> tuple[str, Hit] | None:
    """Return the nearest target that a ray meets, or None."""
    best: tuple[str, Hit] | None = None
    for target in targets:
        hit = target.meet(ray)
        if hit is not None and (best is None or hit.distance_m < best[1].distance_m):
            best = (target.name, hit)
    return best


@dataclass(frozen=True)
class PinchParams:
    """When thumb and finger are closed: apart, so that a hand that trembles does not press twice.

    closed_m, open_m: gaps between the tips. Skin is 8 mm from each tip's centre, and tracking is sure to 5 mm.
    """

    closed_m: float = 0.018
    open_m: float = 0.035


@dataclass(frozen=True)
class Latch:
    """An analogue value as a press with hysteresis: closed above `on`, open below `off`."""

    on: float = 0.7
    off: float = 0.4
    closed: bool = False

    def next(self, value: float) -> "Latch":
        """Take the value, 0 to 1."""
        return replace(self, closed=value > (self.off if self.closed else self.on))


def pinch_value(thumb_tip_m: ArrayLike, index_tip_m: ArrayLike, params: PinchParams | None = None) -> float:
    """Return how closed a pinch is: 1 at `closed_m` and nearer, 0 at `open_m` and farther."""
    params = params or PinchParams()
    gap = float(np.linalg.norm(np.asarray(thumb_tip_m, dtype=float) - np.asarray(index_tip_m, dtype=float)))
    return float(np.clip((params.open_m - gap) / (params.open_m - params.closed_m), 0.0, 1.0))


@dataclass(frozen=True)
class Press:
    """A pointer's press: what it began on is what it ends on, wherever the ray went in between."""

    held: str | None = None
    down: bool = False

    def next(self, down: bool, over: str | None) -> tuple["Press", str | None, str | None]:
        """Take the button; return the new state, what was just pressed, and what was clicked (let go on itself)."""
        if down and not self.down:
            return Press(over, True), over, None
        if not down and self.down:
            return Press(), None, self.held if self.held is not None and self.held == over else None
        return replace(self, down=down), None, None
