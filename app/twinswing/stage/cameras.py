"""Where one looks from: named views, an orbiting camera, and the change from the pinhole camera to Panda3D's lens."""

from dataclasses import dataclass, replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT
from twinswing.errors import InputError
from twinswing.swing.model import SwingSession

FloatArray = NDArray[np.float64]

VIEWS: tuple[str, ...] = ("face-on", "down-the-line", "top", "golfer", "oblique", "video")
_NEAR_M, _FAR_M = 0.08, 400.0
_MIN_ELEVATION_RAD, _MAX_ELEVATION_RAD = np.radians(-4.0), np.radians(89.0)
_MIN_DISTANCE_M, _MAX_DISTANCE_M = 0.4, 60.0
_MIN_HEIGHT_M = 0.08  # the eye stays above the grass


@dataclass(frozen=True)
class OrbitCamera:
    """An eye on a sphere around a point.

    target_m: the point, world. azimuth_rad: of the eye seen from the target, 0 at +X, growing toward +Y.
    elevation_rad: of the eye above the horizontal. distance_m: from target to eye. vertical_fov_rad: full angle.
    """

    target_m: tuple[float, float, float] = (0.0, 0.45, 0.95)
    azimuth_rad: float = float(np.radians(-90.0))
    elevation_rad: float = float(np.radians(6.0))
    distance_m: float = 5.0
    vertical_fov_rad: float = float(np.radians(34.0))

    @property
    def position_m(self) -> FloatArray:
        """The eye in the world, metres, shape (3,)."""
        c = np.cos(self.elevation_rad)
        away = np.array([np.cos(self.azimuth_rad) * c, np.sin(self.azimuth_rad) * c, np.sin(self.elevation_rad)])
        position = np.asarray(self.target_m) + self.distance_m * away
        position[2] = max(position[2], _MIN_HEIGHT_M)
        return position

    def pinhole(self, width_px: int, height_px: int) -> PinholeCamera:
        """Return the camera for a picture of this size."""
        return PinholeCamera.look_at(
            position_m=self.position_m, target_m=self.target_m, width_px=width_px, height_px=height_px,
            vertical_fov_rad=self.vertical_fov_rad,
        )  # fmt: skip

    def orbited(self, azimuth_rad: float, elevation_rad: float) -> "OrbitCamera":
        """Turn around the target by these angles; the eye stays above ground and off the pole."""
        elevation = np.clip(self.elevation_rad + elevation_rad, _MIN_ELEVATION_RAD, _MAX_ELEVATION_RAD)
        azimuth = (self.azimuth_rad + azimuth_rad + np.pi) % (2 * np.pi) - np.pi
        return replace(self, azimuth_rad=float(azimuth), elevation_rad=float(elevation))

    def panned(self, right_m: float, up_m: float) -> "OrbitCamera":
        """Move target and eye together across the picture."""
        rotation = self.pinhole(2, 2).rotation
        moved = np.asarray(self.target_m) + right_m * rotation[0] - up_m * rotation[1]
        moved[2] = np.clip(moved[2], 0.0, 4.0)
        return replace(self, target_m=(float(moved[0]), float(moved[1]), float(moved[2])))

    def dollied(self, factor: float) -> "OrbitCamera":
        """Multiply the distance, within reason."""
        return replace(self, distance_m=float(np.clip(self.distance_m * factor, _MIN_DISTANCE_M, _MAX_DISTANCE_M)))

    def zoomed(self, factor: float) -> "OrbitCamera":
        """Multiply the size of what is seen by changing the lens, from 8 to 90 degrees."""
        half = np.arctan(np.tan(self.vertical_fov_rad / 2) / factor)
        return replace(self, vertical_fov_rad=float(np.clip(2 * half, np.radians(8), np.radians(90))))


def between(start: OrbitCamera, end: OrbitCamera, amount: float) -> OrbitCamera:
    """Return the camera `amount` (0 to 1) of the way, easing in and out, turning the shorter way."""
    x = float(np.clip(amount, 0.0, 1.0))
    w = x * x * (3.0 - 2.0 * x)
    turn = (end.azimuth_rad - start.azimuth_rad + np.pi) % (2 * np.pi) - np.pi
    target = (1 - w) * np.asarray(start.target_m) + w * np.asarray(end.target_m)
    return OrbitCamera(
        target_m=(float(target[0]), float(target[1]), float(target[2])),
        azimuth_rad=float(start.azimuth_rad + w * turn),
        elevation_rad=(1 - w) * start.elevation_rad + w * end.elevation_rad,
        distance_m=float(np.exp((1 - w) * np.log(start.distance_m) + w * np.log(end.distance_m))),
        vertical_fov_rad=(1 - w) * start.vertical_fov_rad + w * end.vertical_fov_rad,
    )


def orbit_for(view: str, session: SwingSession, width_px: int, height_px: int) -> OrbitCamera:
    """Return the orbit camera that stands for a named view and shows the whole swing."""
    side = -1.0 if session.golfer is not None and session.golfer.handed == "left" else 1.0
    angles = {
        "face-on": (-90.0 * side, 4.0),
        "down-the-line": (180.0, 5.0),
        "top": (-90.0 * side, 88.0),
        "oblique": (-128.0 * side, 13.0),
    }
    if view not in angles:
        raise InputError(f"expected a view out of {', '.join(angles)}, found {view!r}")
    azimuth, elevation = np.radians(angles[view])
    points = _swing_points(session, side)
    middle = (points.min(0) + points.max(0)) / 2
    start = OrbitCamera((float(middle[0]), float(middle[1]), float(middle[2])), float(azimuth), float(elevation),
                        vertical_fov_rad=float(np.radians(30.0)))  # fmt: skip
    return _framing(start, points, width_px, height_px)


def _swing_points(session: SwingSession, side: float) -> FloatArray:
    """Return points that a view of the whole swing must hold, shape (n, 3), metres."""
    parts = [np.array([[0.0, 0.0, 0.0]])]
    if session.body is not None:
        parts.append(session.body.joints_m[:: max(len(session.body.t_s) // 20, 1)].reshape(-1, 3))
    if session.club is not None and len(session.club.t_s):
        parts.append(session.club.head_m[:: max(len(session.club.t_s) // 300, 1)])
    if len(parts) < 3:
        # What a swing of a golfer of 1.8 m fills.
        low, high = np.array([-1.3, -0.2, 0.0]), np.array([1.3, 1.3, 2.5])
        parts.append(np.stack(np.meshgrid(*zip(low, high, strict=True)), -1).reshape(-1, 3) * [1.0, side, 1.0])
    points = np.concatenate(parts)
    # A wild estimate must not push the camera away.
    return np.asarray(np.clip(points[np.isfinite(points).all(1)], [-3.0, -3.0, 0.0], [3.0, 3.0, 3.2]))


def _framing(camera: OrbitCamera, points: FloatArray, width_px: int, height_px: int) -> OrbitCamera:
    """Move along the line of sight until every point lies inside the picture with a margin."""
    margin = 0.90
    right, down, forward = camera.pinhole(width_px, height_px).rotation
    off = points - np.asarray(camera.target_m)
    tan_y = np.tan(camera.vertical_fov_rad / 2) * margin
    tan_x = tan_y * width_px / height_px
    depth = off @ forward
    need = np.maximum(np.abs(off @ right) / tan_x, np.abs(off @ down) / tan_y) - depth
    return replace(camera, distance_m=float(np.clip(need.max(), 2.0, _MAX_DISTANCE_M)))


def named_camera(view: str, session: SwingSession, width_px: int, height_px: int, t_s: float = 0.0) -> PinholeCamera:
    """Return the camera of a named view for a picture of this size.

    "golfer" is the golfer's own eyes at `t_s`; "video" is the estimated camera, scaled to fit inside the picture.
    Raises InputError for an unknown view or one that the session has no data for.
    """
    if view == "golfer":
        return _golfer_camera(session, width_px, height_px, t_s)
    if view == "video":
        if session.camera is None:
            raise InputError("the view 'video' needs the camera's estimated pose, and the session has none")
        return fitted(session.camera, width_px, height_px)
    if view not in VIEWS:
        raise InputError(f"expected a view out of {', '.join(VIEWS)}, found {view!r}")
    return orbit_for(view, session, width_px, height_px).pinhole(width_px, height_px)


def _golfer_camera(session: SwingSession, width_px: int, height_px: int, t_s: float) -> PinholeCamera:
    if session.body is None:
        raise InputError("the view 'golfer' needs the golfer's body, and the session has none")
    joints = session.body.at(t_s)
    head, nose = joints[JOINT["head"]], joints[JOINT["nose"]]
    forward = nose - head
    forward /= max(float(np.linalg.norm(forward)), 1e-6)
    eye = nose + 0.06 * forward + np.array([0.0, 0.0, 0.03])
    # Eyes look where attention is: between straight ahead and the ball.
    to_ball = -eye / max(float(np.linalg.norm(eye)), 1e-6)
    gaze = forward + 1.5 * to_ball if float(forward @ to_ball) > 0.0 else forward
    return PinholeCamera.look_at(
        position_m=eye, target_m=eye + gaze, width_px=width_px, height_px=height_px,
        vertical_fov_rad=float(np.radians(72.0)),
    )  # fmt: skip


def fitted(camera: PinholeCamera, width_px: int, height_px: int) -> PinholeCamera:
    """Scale a camera's picture so that the whole of it lies in the middle of a picture of another size."""
    scale = min(width_px / camera.width_px, height_px / camera.height_px)
    centre = (
        (camera.centre_px[0] - camera.width_px / 2) * scale + width_px / 2,
        (camera.centre_px[1] - camera.height_px / 2) * scale + height_px / 2,
    )
    return replace(camera, width_px=width_px, height_px=height_px, focal_px=camera.focal_px * scale, centre_px=centre)


def camera_matrix(camera: PinholeCamera) -> p3d.LMatrix4f:
    """Return Panda3D's transform (rows: right, forward, up, position) of a pinhole camera."""
    right, down, forward = camera.rotation
    rows = np.eye(4)
    rows[0, :3], rows[1, :3], rows[2, :3], rows[3, :3] = right, forward, -down, camera.position_m
    return p3d.LMatrix4f(*rows.ravel().tolist())


def apply_to_lens(lens: p3d.Lens, camera: PinholeCamera, shift_px: tuple[float, float] = (0.0, 0.0)) -> None:
    """Give a perspective lens the camera's field and principal point; `shift_px` moves the picture right and down."""
    lens.set_film_size(camera.width_px, camera.height_px)
    lens.set_focal_length(camera.focal_px)
    lens.set_film_offset(
        camera.width_px / 2 - camera.centre_px[0] - shift_px[0],
        camera.centre_px[1] + shift_px[1] - camera.height_px / 2,
    )
    lens.set_near_far(_NEAR_M, _FAR_M)
