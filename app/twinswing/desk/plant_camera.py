"""The plant's camera: orbits, flights between them, and rays under the mouse."""

import math
from dataclasses import dataclass, field, replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.desk.viewport import SceneRegion, metres_per_pixel, turned
from twinswing.plant.model import Plant
from twinswing.stage import plant_cameras
from twinswing.stage.cameras import OrbitCamera, between

FloatArray = NDArray[np.float64]

_FLIGHT_S = 0.8  # across a hall: long enough to keep one's bearings
_WHEEL_FACTOR = 0.88
_NEAREST_M, _FARTHEST_M = 1.2, 400.0
_LEAST_ELEVATION_RAD, _GREATEST_ELEVATION_RAD = math.radians(2.0), math.radians(89.0)
VIEWS = ("overview", "top", "floor")


@dataclass(frozen=True)
class Flight:
    """Which camera is on, and a running flight to it."""

    orbit: OrbitCamera = field(default_factory=OrbitCamera)
    start: OrbitCamera | None = None
    elapsed_s: float = 0.0

    def advanced(self, dt_s: float) -> "Flight":
        """Return the flight after some time."""
        if self.start is None:
            return self
        elapsed = self.elapsed_s + dt_s
        return Flight(self.orbit) if elapsed >= _FLIGHT_S else replace(self, elapsed_s=elapsed)

    def current(self) -> OrbitCamera:
        """Return the camera of this moment; long flights rise on the way, so that one sees where one goes."""
        if self.start is None:
            return self.orbit
        share = self.elapsed_s / _FLIGHT_S
        here = between(self.start, self.orbit, share)
        across = math.dist(self.start.target_m, self.orbit.target_m)
        lift = 0.35 * across * 4.0 * share * (1.0 - share)
        return replace(here, distance_m=here.distance_m + lift)

    def to(self, orbit: OrbitCamera) -> "Flight":
        """Fly to a camera."""
        return Flight(orbit, self.current())


def view_of(view: str, plant: Plant, size: tuple[int, int]) -> OrbitCamera:
    """Return the camera of a named view of the whole plant, for a picture of this size; "floor" is a person's."""
    if view == "floor":
        return plant_cameras.walk(plant)
    return plant_cameras.top(plant, *size) if view == "top" else plant_cameras.overview(plant, *size)


class PlantRegion(SceneRegion):
    """The region of a plant."""

    def __init__(self, window: p3d.GraphicsOutput, engine: p3d.GraphicsEngine, msaa: int = 4) -> None:
        super().__init__(window, engine, msaa)
        self.flight = Flight()

    def aim(self, dt_s: float) -> None:
        """Move the camera for this frame."""
        self.flight = self.flight.advanced(dt_s)
        orbit = self.flight.current()
        # Depth is split between near and far: a near plane that is farther than need be keeps floors from flickering.
        near = min(max(orbit.distance_m * 0.02, 0.1), 1.0)
        self.look(orbit.pinhole(*self.size), (near, orbit.distance_m * 2 + 400.0))

    def pixel(self, x_px: float, y_px: float) -> tuple[float, float]:
        """Return the picture's pixel at a point of the window."""
        return x_px - self.rect[0], y_px - self.rect[1]

    def dragged(self, button: int, dx_px: float, dy_px: float) -> None:
        """Turn (button 1) or move over the floor (2, 3) by a mouse drag."""
        orbit = self.flight.current()
        if button == 1:
            orbit = turned(orbit, dx_px, dy_px)
            held = min(max(orbit.elevation_rad, _LEAST_ELEVATION_RAD), _GREATEST_ELEVATION_RAD)
            orbit = replace(orbit, elevation_rad=held)
        else:
            per_px = metres_per_pixel(orbit, self.size[1])
            # The floor goes with the mouse: up in the picture is ahead over the floor.
            ahead = np.array([-math.cos(orbit.azimuth_rad), -math.sin(orbit.azimuth_rad)])
            right = np.array([ahead[1], -ahead[0]])
            steep = max(math.sin(orbit.elevation_rad), 0.25)
            moved = np.asarray(orbit.target_m[:2]) - dx_px * per_px * right + dy_px * per_px / steep * ahead
            orbit = replace(orbit, target_m=(float(moved[0]), float(moved[1]), orbit.target_m[2]))
        self.flight = Flight(orbit)

    def wheeled(self, clicks: float) -> None:
        """Go nearer (positive) or farther."""
        orbit = self.flight.current()
        distance = min(max(orbit.distance_m * _WHEEL_FACTOR**clicks, _NEAREST_M), _FARTHEST_M)
        self.flight = Flight(replace(orbit, distance_m=distance))
