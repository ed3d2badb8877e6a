"""A camera as seven numbers that a fit may move: yaw, pitch, roll, place, and the logarithm of its focal length."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera

FloatArray = NDArray[np.float64]
# yaw: of the optical axis from X toward Y; pitch: how far it looks down; roll: clockwise in the picture.
YAW, PITCH, ROLL, PLACE, FOCAL = 0, 1, 2, slice(3, 6), 6
SIZE = 7


def rotation_of(yaw: float, pitch: float, roll: float) -> FloatArray:
    """Return world to camera, shape (3, 3)."""
    ahead = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    forward = np.cos(pitch) * ahead - np.array([0.0, 0.0, np.sin(pitch)])
    right = np.array([np.sin(yaw), -np.cos(yaw), 0.0])
    level = np.stack([right, np.cross(forward, right), forward])
    c, s = np.cos(roll), np.sin(roll)
    return np.asarray(np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]) @ level)


def parameters_of(camera: PinholeCamera) -> FloatArray:
    """Return a camera's seven parameters."""
    forward = camera.rotation[2]
    yaw, pitch = np.arctan2(forward[1], forward[0]), np.arcsin(np.clip(-forward[2], -1.0, 1.0))
    level = rotation_of(yaw, pitch, 0.0)
    turned = camera.rotation @ level.T
    roll = np.arctan2(turned[1, 0], turned[0, 0])
    return np.array([yaw, pitch, roll, *camera.position_m, np.log(camera.focal_px)])


def camera_of(base: PinholeCamera, p: FloatArray) -> PinholeCamera:
    """Return a camera with other parameters."""
    return replace(
        base,
        position_m=np.array(p[PLACE]),
        rotation=rotation_of(p[YAW], p[PITCH], p[ROLL]),
        focal_px=float(np.exp(p[FOCAL])),
        source="estimated",
    )


def project(
    base: PinholeCamera, p: FloatArray, points: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Project world points, shape (..., 3).

    Returns pixels (..., 2), their slopes along the point (..., 2, 3) and along the parameters (..., 2, 7), and the
    points in camera axes (..., 3). Depths under 0.2 m are held there.
    """
    R = rotation_of(p[YAW], p[PITCH], p[ROLL])
    focal = np.exp(p[FOCAL])
    off = points - p[PLACE]
    cam = off @ R.T
    z = np.maximum(cam[..., 2:], 0.2)
    ratio = cam[..., :2] / z
    px = ratio * focal + np.asarray(base.centre_px)
    # d pixel / d camera point
    along = np.zeros((*cam.shape[:-1], 2, 3))
    along[..., 0, 0] = along[..., 1, 1] = 1.0
    along[..., 2] = -ratio
    along *= (focal / z)[..., None]
    slope = along @ R
    turn = np.empty((*cam.shape, 7))
    turn[..., YAW] = -np.cross([0.0, 0.0, 1.0], off) @ R.T
    turn[..., PITCH] = np.cross([np.cos(p[ROLL]), np.sin(p[ROLL]), 0.0], cam)
    turn[..., ROLL] = np.cross([0.0, 0.0, 1.0], cam)
    turn[..., PLACE] = -R
    turn[..., FOCAL] = 0.0
    moved = along @ turn
    moved[..., FOCAL] = ratio * focal
    return px, slope, moved, cam
