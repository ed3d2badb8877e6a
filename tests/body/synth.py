"""Landmarks as a pose model would see an exact swing: projected, biased, noisy, its depth worse than its picture."""

import numpy as np

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import LANDMARK, LANDMARK_NAMES, FrameState, PoseTrack
from twinswing.body.skeleton import JOINT

VIEWS = {"face-on": (0.0, -3.6), "down-the-line": (-3.8, 0.5), "oblique": (-2.6, -2.6)}


def camera_for(view, handed="right", height_m=1.1, width_px=720, height_px=1280, fov_deg=62.0):
    """Look at the golfer from a view."""
    side = 1.0 if handed == "right" else -1.0
    x, y = VIEWS[view]
    return PinholeCamera.look_at(
        position_m=(x, side * y, height_m),
        target_m=(0.0, side * 0.6, 0.9),
        width_px=width_px,
        height_px=height_px,
        vertical_fov_rad=np.deg2rad(fov_deg),
        source="truth",
    )


def landmarks_m(joints):
    """Return 33 landmarks, shape (n, 33, 3), from 23 joints."""

    def at(name):
        return joints[:, JOINT[name]]

    def unit(v):
        return v / np.linalg.norm(v, axis=-1, keepdims=True)

    front = unit(at("nose") - at("head"))
    right = unit(np.cross(front, at("head") - at("neck")))
    out = np.empty((len(joints), 33, 3))
    for name in LANDMARK_NAMES:
        side = name.split("_")[0] if name.startswith(("left_", "right_")) else ""
        sign = {"left": -1.0, "right": 1.0, "": 0.0}[side]
        kind = name.removeprefix("left_").removeprefix("right_")
        if name in JOINT:
            p = at(name)
        elif kind in ("pinky", "index", "thumb"):
            p = at(f"{side}_hand")
        elif kind == "foot_index":
            p = at(f"{side}_toe")
        elif kind == "ear":
            p = at("head") + 0.075 * sign * right
        else:  # eyes and mouth
            p = at("nose") + 0.03 * sign * right
        out[:, LANDMARK[name]] = p
    return out


def synthetic_track(joints, t_s, camera, rng, *, height_m, bias=0.008, noise=0.004, depth_noise=0.07):
    """Project landmarks; `bias` (slow) and `noise` (white) are fractions of stature, depth noise is metres."""
    points = landmarks_m(joints)
    n = len(t_s)
    cam = camera.to_camera(points)
    px_per_m = camera.focal_px / np.median(cam[..., 2])
    slow = _slow(rng, n, t_s, (33, 2))
    px = camera.project(points) + px_per_m * height_m * (bias * slow + noise * rng.normal(size=(n, 33, 2)))
    hips = cam[:, [LANDMARK["left_hip"], LANDMARK["right_hip"]]].mean(1, keepdims=True)
    world = cam - hips
    world[..., 2] = 0.9 * world[..., 2] + depth_noise * _slow(rng, n, t_s, (33,))
    world[..., :2] += 0.015 * _slow(rng, n, t_s, (33, 2))
    world *= rng.uniform(0.85, 1.1)
    return PoseTrack(
        t_s=np.asarray(t_s, dtype=np.float64),
        image_px=px.astype(np.float32),
        world_m=world.astype(np.float32),
        visibility=np.full((n, 33), 0.95, dtype=np.float32),
        state=np.full(n, FrameState.DETECTED, dtype=np.uint8),
        width_px=camera.width_px,
        height_px=camera.height_px,
        swapped=np.zeros(n, dtype=np.bool_),
    )


def _slow(rng, n, t_s, shape):
    """Unit-variance noise that wanders over about a fifth of a second."""
    step = max((t_s[-1] - t_s[0]) / max(n - 1, 1), 1e-6)
    keep = np.exp(-step / 0.2)
    out = np.empty((n, *shape))
    out[0] = rng.normal(size=shape)
    for i in range(1, n):
        out[i] = keep * out[i - 1] + np.sqrt(1.0 - keep**2) * rng.normal(size=shape)
    return out
