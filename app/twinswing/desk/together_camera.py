"""Where somebody looks from, as others are told it: an eye and what it looks at. And looking from there oneself."""

import math
from typing import Any

import numpy as np

from twinswing.desk.plant_camera import Flight, PlantRegion
from twinswing.desk.viewport import SceneRegion, Viewport
from twinswing.stage.cameras import OrbitCamera

# A camera that turns around nothing is told to look at something this far away.
_AHEAD_M = 3.0


def look_of(region: SceneRegion) -> tuple[float, ...]:
    """Return the eye and what it looks at, x y z x y z in world metres; () before the first frame."""
    camera = region.pinhole
    if camera is None:
        return ()
    eye = camera.position_m
    orbit = orbit_of(region)
    away_m = _AHEAD_M if orbit is None else orbit.distance_m
    target = eye + away_m * camera.rotation[2]
    return tuple(float(x) for x in np.round([*eye, *target], 4))


def orbit_of(region: SceneRegion) -> OrbitCamera | None:
    """Return the user's orbit; None where the camera is another one's: the golfer's eyes, the video's."""
    if isinstance(region, PlantRegion):
        return region.flight.orbit
    if isinstance(region, Viewport) and region.motion.view not in ("golfer", "video"):
        return region.motion.orbit
    return None


def look_from(region: SceneRegion, look: tuple[float, ...]) -> OrbitCamera | None:
    """Look from an eye at a place; return the orbit that does so, None where the two are one point."""
    away = np.subtract(look[:3], look[3:])
    distance = float(np.linalg.norm(away))
    if distance < 1e-3:
        return None
    region_now: Any = region.flight if isinstance(region, PlantRegion) else getattr(region, "motion", None)
    if region_now is None:
        return None
    orbit = OrbitCamera(
        target_m=(look[3], look[4], look[5]),
        azimuth_rad=math.atan2(away[1], away[0]),
        elevation_rad=math.asin(min(max(away[2] / distance, -1.0), 1.0)),
        distance_m=distance,
        vertical_fov_rad=region_now.orbit.vertical_fov_rad,
    )
    if isinstance(region, PlantRegion):
        region.flight = Flight(orbit)
    elif isinstance(region, Viewport):
        region.motion = region.motion.by_hand(orbit)
    return orbit
