"""What a ray meets: units, buffers and meters as boxes, all at once in NumPy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinswing.plant.model import Plant

FloatArray = NDArray[np.float64]
METER_SIZE_M = (0.6, 0.35, 1.7)


@dataclass(frozen=True)
class Picked:
    """What was met first: "unit", "buffer", "meter" or "floor", its number in the plant and path, and where."""

    kind: str
    number: int
    path: str
    distance_m: float
    point_m: tuple[float, float, float]


class Picker:
    """The boxes of a plant."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        things = [("unit", i, u.path, u.position_m, u.yaw_rad, u.size_m) for i, u in enumerate(plant.units)]
        things += [("buffer", i, b.path, b.position_m, b.yaw_rad, b.size_m) for i, b in enumerate(plant.buffers)]
        things += [("meter", i, m.path, m.position_m, 0.0, METER_SIZE_M) for i, m in enumerate(plant.meters)]
        self._names = [(kind, number, path) for kind, number, path, *_ in things]
        self._place = np.array([t[3] for t in things], dtype=float).reshape(-1, 3)
        self._yaw = np.array([t[4] for t in things], dtype=float)
        size = np.array([t[5] for t in things], dtype=float).reshape(-1, 3)
        self._low = np.stack([-size[:, 0] / 2, -size[:, 1] / 2, np.zeros(len(size))], -1)
        self._high = np.stack([size[:, 0] / 2, size[:, 1] / 2, size[:, 2]], -1)

    def boxes_m(self) -> tuple[FloatArray, FloatArray]:
        """Return the low and high corners in the plant's frame that hold each turned box, shape (n, 3) each."""
        c, s = np.abs(np.cos(self._yaw)), np.abs(np.sin(self._yaw))
        half = self._high[:, :2]
        reach = np.stack([c * half[:, 0] + s * half[:, 1], s * half[:, 0] + c * half[:, 1]], -1)
        low = self._place + np.concatenate([-reach, self._low[:, 2:]], 1)
        return low, self._place + np.concatenate([reach, self._high[:, 2:]], 1)

    def pick(
        self, origin_m: ArrayLike, direction: ArrayLike, cut: tuple[ArrayLike, float] | None = None
    ) -> Picked | None:
        """Return what a ray meets first; the floor where it meets nothing else, None where it goes to the sky.

        cut: a section (normal, distance): what lies beyond it is not met.
        """
        origin = np.asarray(origin_m, dtype=float)
        ray = np.asarray(direction, dtype=float)
        ray = ray / np.linalg.norm(ray)
        start, end = self._span_within(origin, ray, cut)
        best: Picked | None = None
        if len(self._names):
            near, far = self._slabs(origin, ray)
            near, far = np.maximum(near, start), np.minimum(far, end)
            hit = near <= far
            if hit.any():
                number = int(np.argmin(np.where(hit, near, np.inf)))
                best = self._picked(*self._names[number], float(near[number]), origin, ray)
        if ray[2] < -1e-9:
            t = -origin[2] / ray[2]
            if start <= t <= end and (best is None or t < best.distance_m):
                return self._picked("floor", -1, "", float(t), origin, ray)
        return best

    def _slabs(self, origin: FloatArray, ray: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return where the ray enters and leaves each box (Kay and Kajiya's slabs), in each box's own axes."""
        c, s = np.cos(self._yaw), np.sin(self._yaw)
        off = origin - self._place
        local = np.stack([c * off[:, 0] + s * off[:, 1], -s * off[:, 0] + c * off[:, 1], off[:, 2]], -1)
        along = np.stack([c * ray[0] + s * ray[1], -s * ray[0] + c * ray[1], np.full(len(c), ray[2])], -1)
        along = np.where(np.abs(along) < 1e-12, 1e-12, along)
        a, b = (self._low - local) / along, (self._high - local) / along
        return np.minimum(a, b).max(1), np.maximum(a, b).min(1)

    @staticmethod
    def _span_within(origin: FloatArray, ray: FloatArray, cut: tuple[ArrayLike, float] | None) -> tuple[float, float]:
        if cut is None:
            return 0.0, np.inf
        normal = np.asarray(cut[0], dtype=float)
        rate, over = float(normal @ ray), float(normal @ origin) - cut[1]
        if abs(rate) < 1e-12:
            return (0.0, np.inf) if over <= 0 else (np.inf, -np.inf)
        t = -over / rate
        return (0.0, t) if rate > 0 else (max(t, 0.0), np.inf)

    @staticmethod
    def _picked(kind: str, number: int, path: str, t: float, origin: FloatArray, ray: FloatArray) -> Picked:
        point = origin + t * ray
        return Picked(kind, number, path, t, (float(point[0]), float(point[1]), float(point[2])))
