"""Where the camera stood: from the golfer's size, the ground under the feet, balance, and the stated view."""

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.lift_model import BONES, POINT, LiftPriors, bone_map
from twinswing.body.lift_observe import Observed

FloatArray = NDArray[np.float64]

# Share of the body's mass about each pair of points (Winter 2009, table 4.1, lumped).
MASS: dict[str, float] = {"head": 0.08, "shoulder": 0.30, "hip": 0.32, "knee": 0.20, "wrist": 0.05, "ankle": 0.05}


def focal_px(width_px: int, height_px: int, diagonal_fov_rad: float) -> float:
    """Return the focal length in pixels for a full diagonal field of view."""
    return float(0.5 * np.hypot(width_px, height_px) / np.tan(0.5 * diagonal_fov_rad))


def body_in_camera(seen: Observed, focal: float, centre_px: FloatArray, height_m: float) -> FloatArray:
    """Place the pose model's body, scaled to a stature, in camera axes at each knot, metres, shape (K, 20, 3).

    Each knot's shift is the least-squares one that puts the points on their pixels' rays.
    """
    maps = bone_map()
    want = np.array([b.fraction for b in BONES]) * height_m
    lengths = np.linalg.norm(np.einsum("bp,kpc->kbc", maps, seen.depth_m), axis=-1)
    large = want > 0.2 * height_m  # thighs, shanks, trunk, shoulders: small bones are mostly noise
    scale = float(np.median(lengths[:, large] / want[large]))
    body = seen.depth_m / max(scale, 1e-3)
    ray = (seen.image_px - centre_px) / focal
    # x + tx = (z + tz) u, y + ty = (z + tz) v: linear in t.
    w = seen.weight * (seen.weight > 0.3) + 1e-6
    u, v = ray[..., 0], ray[..., 1]
    A = np.zeros((len(body), 3, 3))
    b = np.zeros((len(body), 3))
    for axis, slope in ((0, u), (1, v)):
        row = np.stack([np.full_like(u, axis == 0), np.full_like(u, axis == 1), -slope], -1)
        rhs = slope * body[..., 2] - body[..., axis]
        A += np.einsum("kp,kpi,kpj->kij", w, row, row)
        b += np.einsum("kp,kpi,kp->ki", w, row, rhs)
    shift = np.linalg.solve(A + 1e-9 * np.eye(3), b[..., None])[..., 0]
    depth = np.clip(shift[:, 2], 0.3, 200.0)
    # A golfer stays at one distance, so most of its scatter is the landmarks'.
    depth = 0.2 * depth + 0.8 * np.median(depth)
    # Given the depth, the sideways shift is the weighted mean over the points.
    z = body[..., 2] + depth[:, None]
    share = w / w.sum(1, keepdims=True)
    tx = (share * (u * z - body[..., 0])).sum(1)
    ty = (share * (v * z - body[..., 1])).sum(1)
    return np.asarray(body + np.stack([tx, ty, depth], -1)[:, None, :])


def _up(pitch_rad: FloatArray) -> FloatArray:
    """Return the world's up in the axes of a level-rolled camera that looks down by `pitch_rad`."""
    return np.stack([np.zeros_like(pitch_rad), -np.cos(pitch_rad), -np.sin(pitch_rad)], -1)


def estimate_pitch(address: FloatArray, priors: LiftPriors, height_m: float) -> float:
    """Return how far the camera looks down, radians, from one body in camera axes, shape (20, 3).

    Weighs the camera's likely height against the body's mass standing above its feet.
    """
    pitch = np.deg2rad(np.arange(-20.0, 50.0, 0.25))
    up = _up(pitch)
    ahead = np.stack([np.zeros_like(pitch), -np.sin(pitch), np.cos(pitch)], -1)
    feet = address[[POINT[f"{s}_{p}"] for s in ("left", "right") for p in ("ankle", "toe")]].mean(0)
    ankles = address[[POINT["left_ankle"], POINT["right_ankle"]]].mean(0)
    camera_height = -(up @ ankles) + 0.042 * height_m
    mass = np.zeros(3)
    for name, share in MASS.items():
        at = [i for n, i in POINT.items() if n == name or n.endswith(f"_{name}")]
        mass += share * address[at].mean(0)
    lean = (mass - feet) @ ahead.T
    cost = ((camera_height - priors.camera_height_m) / priors.camera_height_sigma_m) ** 2
    cost = cost + (lean / priors.balance_sigma_m) ** 2 + 1e4 * (camera_height < 0.1)
    return float(pitch[int(np.argmin(cost))])


def _facing_yaw(address: FloatArray, pitch_rad: float) -> float:
    """Return the golfer's facing against the camera's, about up, radians: 0 is facing away, pi facing the camera."""
    up = _up(np.asarray(pitch_rad))
    right = np.array([1.0, 0.0, 0.0])
    ahead = np.cross(up, right)
    across = np.zeros(3)
    for name, share in (("shoulder", 1.0), ("hip", 1.0), ("ankle", 0.5)):
        across += share * (address[POINT[f"right_{name}"]] - address[POINT[f"left_{name}"]])
    facing = np.cross(up, across)  # up x right-hand side points to the front
    return float(np.arctan2(facing @ right, facing @ ahead))


def estimate_camera(
    seen: Observed,
    *,
    width_px: int,
    height_px: int,
    view: str,
    handed: str,
    height_m: float,
    diagonal_fov_rad: float,
    priors: LiftPriors,
) -> tuple[PinholeCamera, FloatArray]:
    """Estimate the camera in the world frame, and return it with the body's first placing there, shape (K, 20, 3)."""
    focal = focal_px(width_px, height_px, diagonal_fov_rad)
    centre = np.array([width_px / 2.0, height_px / 2.0])
    body = body_in_camera(seen, focal, centre, height_m)
    address = body[seen.still].mean(0)
    pitch = estimate_pitch(address, priors, height_m)
    side = 1.0 if handed == "right" else -1.0
    # Heading of the camera in the world, from X toward Y.
    if view == "face-on":
        heading = side * np.pi / 2.0
    elif view == "down-the-line":
        heading = 0.0
    else:  # the golfer faces -Y (right-handed), so the camera's heading follows from the facing in its own axes
        heading = -side * np.pi / 2.0 + _facing_yaw(address, pitch)
    ahead = np.array([np.cos(heading), np.sin(heading), 0.0])
    forward = np.cos(pitch) * ahead + np.array([0.0, 0.0, -np.sin(pitch)])
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    rotation = np.stack([right, np.cross(forward, right), forward])
    ankles = address[[POINT["left_ankle"], POINT["right_ankle"]]].mean(0)
    stands = np.array([0.0, side, 0.042 * height_m])  # about; `lift` puts the origin at the ball once feet are known
    position = stands - rotation.T @ ankles
    camera = PinholeCamera(
        width_px=width_px,
        height_px=height_px,
        focal_px=focal,
        centre_px=(float(centre[0]), float(centre[1])),
        position_m=position,
        rotation=rotation,
        source="estimated",
    )
    return camera, body @ rotation + position
