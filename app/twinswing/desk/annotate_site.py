"""Where one points when one draws: from a pixel of the window to a place on the video, the body, the ground, a machine.

One site for each kind of window. It knows what lies under the mouse and what annotations are laid out by; it keeps
nothing.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT, JOINT_NAMES, BodyMotion
from twinswing.desk.panels.plant_context import clock
from twinswing.review.model import SHOWN_S, Anchor, InWorld, OnJoint, OnMachine, OnVideo, Point
from twinswing.stage.annotation_shapes import Around, MachinePose, aspects_of, machine_poses
from twinswing.timeline.clock import to_ns, to_s

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Reach:
    """How near is near, and how far is too far.

    catch_px : a joint this near to the mouse is caught: a fingertip's width on an ordinary screen.
    body_px  : beyond this from every joint one does not mean the body.
    ground_m : ground farther away than this is not meant: at the horizon a pixel is a hundred metres.
    down_rad : an eye that looks down more steeply than this looks at the ground.
    """

    catch_px: float = 18.0
    body_px: float = 90.0
    ground_m: float = 30.0
    down_rad: float = float(np.radians(50.0))


REACH = Reach()


@dataclass(frozen=True)
class Spot:
    """A place that was pointed at.

    anchor  : what it is measured from. point: in the anchor's own measure (see `review.model`).
    joint   : the joint that was caught; "" for none. world_m: the place in the world; None on a picture.
    """

    anchor: Anchor
    point: Point
    joint: str = ""
    world_m: Point | None = None


class Site(Protocol):
    """What is drawn on."""

    @property
    def pinhole(self) -> PinholeCamera | None:
        """Give the camera that the scene is seen through; None before the first frame."""

    @property
    def picture_camera(self) -> PinholeCamera | None:
        """Give the camera that the video was taken with, as far as it is known."""

    @property
    def over_video(self) -> bool:
        """Tell whether the scene lies over the video, so that one draws on the picture."""

    @property
    def body(self) -> BodyMotion | None:
        """Give the body that pins follow."""

    @property
    def span_ns(self) -> tuple[int, int]:
        """Give the first and last time that can be shown, nanoseconds."""

    @property
    def shown_s(self) -> float:
        """Give how long a remark made now is to be shown, seconds of session time."""

    @property
    def is_recorded(self) -> bool:
        """Tell whether what is annotated lies in a file, or will."""

    def around(self) -> Around:
        """Return what annotations are laid out by."""

    def spot(self, pixel: tuple[float, float], t_ns: int, like: Anchor | None, *, ground: bool) -> Spot | None:
        """Return the place at a pixel of the scene's picture, in the measure of `like` where that is given."""

    def beside(self, pixel: tuple[float, float], spot: Spot) -> Spot | None:
        """Return the place at a pixel as near to the viewer as another place, in its measure; None where it needs not.

        An arrow from the air to a machine begins beside the machine, not on the floor far behind it.
        """

    def clock_text(self, t_ns: int) -> str:
        """Write a session time as this window's timeline does."""


def joints_at(body: BodyMotion | None, t_ns: int) -> FloatArray | None:
    """Return the joints at a session time, metres, shape (23, 3)."""
    return None if body is None or not len(body.t_s) else body.at(to_s(t_ns))


def nearest_joint(pixels: FloatArray, pixel: tuple[float, float], within_px: float) -> str:
    """Return the joint whose pixel, shape (23, 2), is nearest, or "" beyond a distance."""
    away = np.linalg.norm(pixels - np.asarray(pixel), axis=-1)
    if not np.isfinite(away).any():
        return ""
    nearest = int(np.nanargmin(away))
    return JOINT_NAMES[nearest] if away[nearest] <= within_px else ""


def facing(camera: PinholeCamera, pixel: tuple[float, float], through_m: FloatArray) -> FloatArray | None:
    """Return where the ray through a pixel meets the plane through a point that faces the viewer, metres, shape (3,).

    None where the point lies behind the eye.
    """
    forward = camera.rotation[2]
    depth = float((through_m - camera.position_m) @ forward)
    ray = camera.ray(pixel)
    along = float(ray @ forward)
    return None if depth <= 1e-3 or along <= 1e-6 else camera.position_m + ray * (depth / along)


def on_ground(camera: PinholeCamera, pixel: tuple[float, float]) -> FloatArray | None:
    """Return where the ray through a pixel meets the ground (Z = 0), metres, shape (3,), or None."""
    ray = camera.ray(pixel)
    if ray[2] >= -1e-6:
        return None
    reach = -float(camera.position_m[2]) / float(ray[2])
    return camera.position_m + reach * ray if 0.0 < reach <= REACH.ground_m else None


def in_measure(
    world_m: FloatArray, anchor: Anchor, joints_m: FloatArray | None, machines: dict[str, MachinePose]
) -> Point | None:
    """Return a place of the world in the measure of an anchor; None where that is not in the world, or not known."""
    match anchor:
        case InWorld():
            return point(world_m)
        case OnJoint(joint):
            known = joints_m is not None and joint in JOINT
            return point(world_m - joints_m[JOINT[joint]]) if joints_m is not None and known else None
        case OnMachine(path):
            pose = machines.get(path)
            return None if pose is None else point(_into(pose, world_m))
    return None


def _into(pose: MachinePose, world_m: FloatArray) -> FloatArray:
    c, s = np.cos(pose.yaw_rad), np.sin(pose.yaw_rad)
    x, y, z = world_m - np.asarray(pose.position_m)
    return np.array([c * x + s * y, -s * x + c * y, z])


def point(values: FloatArray) -> Point:
    """Return coordinates as an annotation keeps them."""
    return tuple(float(x) for x in values)


class SwingSite:
    """A swing: the body, the ground that it stands on, and the video.

    What is not caught by a joint lies on the plane through the golfer that faces the viewer; where that is below the
    ground, or the eye looks down, on the ground.
    """

    def __init__(self, desk: Any) -> None:
        self._desk = desk

    @property
    def pinhole(self) -> PinholeCamera | None:
        """The camera that the scene is seen through."""
        return self._desk.viewport.pinhole  # type: ignore[no-any-return]

    @property
    def picture_camera(self) -> PinholeCamera | None:
        """The camera that the video was taken with."""
        return self._desk.session.camera  # type: ignore[no-any-return]

    @property
    def over_video(self) -> bool:
        """Whether the scene lies over the video."""
        return bool(self._desk.viewport.motion.view == "video")

    @property
    def body(self) -> BodyMotion | None:
        """The golfer."""
        return self._desk.session.body  # type: ignore[no-any-return]

    @property
    def span_ns(self) -> tuple[int, int]:
        """The swing's first and last time."""
        start, end = self._desk.playback.span_s
        return to_ns(start), to_ns(end)

    @property
    def shown_s(self) -> float:
        """As long as one reads a line at the speed that is watched."""
        return float(SHOWN_S * min(max(self._desk.playback.head.speed, 0.1), 2.0))

    @property
    def is_recorded(self) -> bool:
        """Whether there is a file."""
        return self._desk.path is not None

    def around(self) -> Around:
        """Return the body and the picture's shape."""
        return Around(self.body, {}, aspects_of(self._desk.session))

    def clock_text(self, t_ns: int) -> str:
        """Write a time from impact, or from the start where impact is not known."""
        impact = self._desk.session.events.get("impact")
        zero = impact.t_s if impact is not None else self._desk.playback.span_s[0]
        return f"{to_s(t_ns) - zero:+.3f} s"

    def spot(self, pixel: tuple[float, float], t_ns: int, like: Anchor | None, *, ground: bool) -> Spot | None:
        """Return the place at a pixel of the scene's picture."""
        camera = self.pinhole
        if camera is None:
            return None
        joints = joints_at(self.body, t_ns)
        joint = "" if joints is None else nearest_joint(camera.project(joints), pixel, REACH.catch_px)
        caught = None if joints is None or not joint else joints[JOINT[joint]]
        if isinstance(like, OnVideo) or (like is None and self.over_video):
            if not self.over_video:
                return None
            seen = (pixel[0] / camera.width_px, pixel[1] / camera.height_px)
            return Spot(like or OnVideo(), seen, joint, None if caught is None else point(caught))
        world = caught if caught is not None and not ground else self._world(camera, pixel, joints, ground=ground)
        if world is None:
            return None
        anchor = like or InWorld()
        place = in_measure(world, anchor, joints, {})
        return None if place is None else Spot(anchor, place, joint, point(world))

    def beside(self, pixel: tuple[float, float], spot: Spot) -> Spot | None:  # noqa: ARG002
        """Return None: all places of a drawing lie as near as the body."""
        return None

    def _world(
        self, camera: PinholeCamera, pixel: tuple[float, float], joints: FloatArray | None, *, ground: bool
    ) -> FloatArray | None:
        below = on_ground(camera, pixel)
        down = float(np.arcsin(np.clip(-camera.rotation[2][2], -1.0, 1.0))) > REACH.down_rad
        if below is not None and (ground or down or joints is None):
            return below
        if joints is None:
            return facing(camera, pixel, np.array([0.0, 0.0, 1.0]))
        near = nearest_joint(camera.project(joints), pixel, REACH.body_px)
        through = joints[JOINT[near]] if near else joints[JOINT["pelvis"]]
        found = facing(camera, pixel, through)
        return below if found is not None and found[2] < 0.0 and below is not None else found


class PlantSite:
    """A plant: a machine that is met, the floor, or what faces the viewer above it."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self._machines = machine_poses(desk.plant)

    picture_camera: PinholeCamera | None = None
    over_video = False
    body: BodyMotion | None = None

    @property
    def pinhole(self) -> PinholeCamera | None:
        """The camera that the hall is seen through."""
        return self._desk.viewport.pinhole  # type: ignore[no-any-return]

    @property
    def span_ns(self) -> tuple[int, int]:
        """The history's first and last time."""
        start, end = self._desk.history.span_ns
        return int(start), int(end)

    @property
    def shown_s(self) -> float:
        """As long as one reads a line at the speed that is watched; live, a minute."""
        playback = self._desk.playback
        return 60.0 if playback.pinned else float(min(max(SHOWN_S * playback.speed, SHOWN_S), 600.0))

    @property
    def is_recorded(self) -> bool:
        """Whether there is a file, or one is being written."""
        return self._desk.path is not None or self._desk.recording_to is not None

    def around(self) -> Around:
        """Return where the machines stand."""
        return Around(None, self._machines)

    def clock_text(self, t_ns: int) -> str:
        """Write the time of day."""
        return clock(t_ns, self._desk.history.zero_unix_ns)

    def spot(
        self,
        pixel: tuple[float, float],
        t_ns: int,  # noqa: ARG002  (machines stand still)
        like: Anchor | None,
        *,
        ground: bool,
    ) -> Spot | None:
        """Return the place at a pixel of the hall's picture."""
        camera = self.pinhole
        if camera is None or self._desk.scene is None or isinstance(like, OnVideo):
            return None
        picked = self._desk.scene.pick_pixel(camera, *pixel)
        if picked is None or ground:
            found = on_ground(camera, pixel) if ground else None
            through = np.asarray(self._desk.viewport.flight.current().target_m)
            world = found if found is not None else facing(camera, pixel, through)
        else:
            world = np.asarray(picked.point_m)
        if world is None:
            return None
        met = picked is not None and picked.kind == "unit" and not ground
        anchor = like or (OnMachine(picked.path) if picked is not None and met else InWorld())
        place = in_measure(world, anchor, None, self._machines)
        return None if place is None else Spot(anchor, place, "", point(world))

    def beside(self, pixel: tuple[float, float], spot: Spot) -> Spot | None:
        """Return the place at a pixel on the plane through a place of a machine that faces the viewer."""
        camera = self.pinhole
        if camera is None or spot.world_m is None or not isinstance(spot.anchor, OnMachine):
            return None
        world = facing(camera, pixel, np.asarray(spot.world_m))
        place = None if world is None else in_measure(world, spot.anchor, None, self._machines)
        return None if world is None or place is None else Spot(spot.anchor, place, "", point(world))


def site_of(desk: Any) -> Site:
    """Return the site of a window."""
    return PlantSite(desk) if hasattr(desk, "plant") else SwingSite(desk)
