"""Where one looks at a plant from: the whole of it, an area, a unit as one walks up to it, and at walking height."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.plant.model import Plant, Unit
from twinswing.stage.cameras import OrbitCamera
from twinswing.stage.plant_pick import Picker

FloatArray = NDArray[np.float64]

VIEWS: tuple[str, ...] = ("overview", "top", "walk")
EYE_M = 1.65  # of a person who stands
_FOV_RAD = math.radians(42.0)
_WALK_FOV_RAD = math.radians(62.0)
_MARGIN = 0.94
# Ways to approach a unit, best first: degrees from straight before it, degrees above.
_APPROACHES_DEG = ((24, 17), (-24, 17), (24, 28), (-24, 28), (0, 28), (50, 28), (-50, 28), (24, 42), (-24, 42), (0, 60))


@dataclass(frozen=True)
class View:
    """A place to look from that a person may choose: its name for scripts, its label, and the camera."""

    name: str
    label: str
    camera: OrbitCamera


def framing(camera: OrbitCamera, points_m: FloatArray, width_px: int, height_px: int) -> OrbitCamera:
    """Move a camera, its angles kept, so that points, shape (n, 3), just fill the picture, centred."""
    for _ in range(3):  # centring shifts what limits the distance, and comes to rest at once
        right, down, forward = camera.pinhole(width_px, height_px).rotation
        off = points_m - np.asarray(camera.target_m)
        tan_y = math.tan(camera.vertical_fov_rad / 2) * _MARGIN
        tan_x = tan_y * width_px / height_px
        x, y, z = off @ right, off @ down, off @ forward
        distance = float(max((np.abs(x) / tan_x - z).max(), (np.abs(y) / tan_y - z).max(), 1.0))
        depth = np.maximum(z + distance, 0.1)
        u, v = x / depth, y / depth
        shift_x, shift_y = (u.max() + u.min()) / 2 * distance, (v.max() + v.min()) / 2 * distance
        target = np.asarray(camera.target_m) + right * shift_x + down * shift_y
        # Keep the target on the floor's height: only where the line of sight meets it moves.
        camera = replace(camera, target_m=_point(target), distance_m=distance)
    return camera


def _point(values: FloatArray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _corners(low: FloatArray, high: FloatArray) -> FloatArray:
    return np.array(np.meshgrid(*zip(low, high, strict=True), indexing="ij")).reshape(3, -1).T


def _box_of(units: tuple[Unit, ...]) -> tuple[FloatArray, FloatArray]:
    place = np.array([u.position_m for u in units])
    reach = np.array([math.hypot(u.size_m[0], u.size_m[1]) / 2 for u in units])[:, None]
    low = np.concatenate([place[:, :2] - reach, place[:, 2:]], 1)
    high = np.concatenate([place[:, :2] + reach, place[:, 2:] + np.array([[u.size_m[2]] for u in units])], 1)
    return low.min(0), high.max(0)


def overview(plant: Plant, width_px: int = 1280, height_px: int = 720) -> OrbitCamera:
    """Return the view of the whole hall from its front, high up."""
    length, width = plant.hall_m[:2]
    start = OrbitCamera((length / 2, width / 2, 0.0), math.radians(-90.0 + 14.0), math.radians(40.0), 50.0, _FOV_RAD)
    return framing(start, _corners(np.zeros(3), np.array([length, width, 1.5])), width_px, height_px)


def top(plant: Plant, width_px: int = 1280, height_px: int = 720) -> OrbitCamera:
    """Return the view from straight above, as on the plan."""
    length, width = plant.hall_m[:2]
    start = OrbitCamera((length / 2, width / 2, 0.0), math.radians(-90.0), math.radians(89.0), 50.0, math.radians(30.0))
    return framing(start, _corners(np.zeros(3), np.array([length, width, 0.5])), width_px, height_px)


def walk(plant: Plant) -> OrbitCamera:
    """Return the view of a person who stands at the start of the first aisle and looks along it."""
    length, width = plant.hall_m[:2]
    start, toward = np.array([1.5, width / 2]), np.array([length, width / 2])
    ways = [a for a in plant.aisles if len(a.points_m) > 1]
    if ways:
        longest = max(
            ways, key=lambda a: sum(math.dist(p, q) for p, q in zip(a.points_m, a.points_m[1:], strict=False))
        )
        start, toward = np.array(longest.points_m[0]), np.array(longest.points_m[1])
    heading = (toward - start) / max(float(np.linalg.norm(toward - start)), 1e-9)
    return standing(_point(np.append(start + heading * 1.0, EYE_M)), math.atan2(heading[1], heading[0]))


def standing(eye_m: tuple[float, float, float], heading_rad: float, ahead_m: float = 6.0) -> OrbitCamera:
    """Return the camera of an eye that looks along a heading (0 at +X, toward +Y), slightly down."""
    down = math.radians(4.0)
    target = np.array(eye_m) + ahead_m * np.array(
        [math.cos(heading_rad) * math.cos(down), math.sin(heading_rad) * math.cos(down), -math.sin(down)]
    )
    turned = (heading_rad + math.pi + math.pi) % (2 * math.pi) - math.pi
    return OrbitCamera(_point(target), turned, down, ahead_m, _WALK_FOV_RAD)


def area(plant: Plant, path: str, width_px: int = 1280, height_px: int = 720) -> OrbitCamera:
    """Return the view of all that stands in an area or a line. Raises InputError where that holds no unit."""
    inside = tuple(u for u in plant.units if u.path.startswith(path + "/"))
    if not inside:
        known = ", ".join(g.path for g in plant.groups if any(u.path.startswith(g.path + "/") for u in plant.units))
        raise InputError(f"expected an area or line out of {known}, found {path!r}")
    low, high = _box_of(inside)
    start = OrbitCamera(_point((low + high) / 2), math.radians(-90.0 + 20.0), math.radians(30.0), 20.0, _FOV_RAD)
    return framing(start, _corners(low - 0.6, high + 0.6), width_px, height_px)


def approach(unit: Unit, width_px: int = 1280, height_px: int = 720, plant: Plant | None = None) -> OrbitCamera:
    """Return the view of a unit as a person sees it who has walked up to its front, a little from the side.

    plant: what stands around it; the side and the height are then chosen so that as little as may be lies before it.
    """
    w, d, h = unit.size_m
    front = unit.yaw_rad - math.pi / 2
    middle = np.array(unit.position_m) + np.array([0.0, 0.0, h * 0.5])
    c, s = math.cos(unit.yaw_rad), math.sin(unit.yaw_rad)
    turn = np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
    box = _corners(np.array([-w / 2 - 0.5, -d / 2 - 0.5, 0.0]), np.array([w / 2 + 0.5, d / 2 + 0.5, h + 0.9]))
    world = box @ turn + np.array(unit.position_m)
    face = np.array([[x * w, -d / 2 - 0.02, z * h] for x in (-0.4, -0.15, 0.15, 0.4) for z in (0.15, 0.5, 0.85)])
    seen = face @ turn + np.array(unit.position_m)
    picker = None if plant is None else Picker(plant)
    best, least = None, math.inf
    for aside, above in _APPROACHES_DEG:
        start = OrbitCamera(_point(middle), front + math.radians(aside), math.radians(above), 5.0, _FOV_RAD)
        camera = framing(start, world, width_px, height_px)
        hidden = 0 if picker is None else _hidden(picker, camera.position_m, seen)
        if hidden < least:
            best, least = camera, hidden
        if least == 0:
            break
    assert best is not None  # there is at least one way to approach
    return best


def _hidden(picker: Picker, eye_m: FloatArray, points_m: FloatArray) -> int:
    """Return before how many of the points something stands, seen from an eye."""
    out = 0
    for point in points_m:
        away = float(np.linalg.norm(point - eye_m))
        met = picker.pick(eye_m, point - eye_m)
        out += met is not None and met.distance_m < away - 0.05
    return out


def home_views(plant: Plant, width_px: int = 1280, height_px: int = 720) -> list[View]:
    """Return the views that every plant has: overview, from above, walking, and each area."""
    out = [
        View("overview", "Overview", overview(plant, width_px, height_px)),
        View("top", "From above", top(plant, width_px, height_px)),
        View("walk", "Walk", walk(plant)),
    ]
    groups = [g for g in plant.groups if g.level in ("area", "line")]
    filled = [g for g in groups if any(u.path.startswith(g.path + "/") for u in plant.units)]
    return out + [View(g.path, g.label, area(plant, g.path, width_px, height_px)) for g in filled]


def plant_camera(plant: Plant, view: str, width_px: int = 1280, height_px: int = 720) -> OrbitCamera:
    """Return the camera of a named view: overview, top, walk, or the path of an area, a line or a unit.

    Raises InputError for any other name.
    """
    if view == "overview":
        return overview(plant, width_px, height_px)
    if view == "top":
        return top(plant, width_px, height_px)
    if view == "walk":
        return walk(plant)
    if view in plant.unit_by_path:
        return approach(plant.unit_by_path[view], width_px, height_px, plant)
    if any(unit.path.startswith(view + "/") for unit in plant.units):
        return area(plant, view, width_px, height_px)
    raise InputError(
        f"expected a view out of {', '.join(VIEWS)}, or the path of an area, a line or a unit, found {view!r}"
    )
