"""A small double-pendulum golfer, independent of the product's own truth: joints, IMU and landmarks with exact time."""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack
from twinswing.club.model import ImuSamples

FINE_HZ = 4000.0


@dataclass(frozen=True)
class Synth:
    """One swing: fine time, club rotation, sensor path, body points, impact time."""

    t_s: np.ndarray
    rotation: Rotation
    sensor_m: np.ndarray
    points_m: dict[str, np.ndarray]
    impact_s: float


def make_swing(rng: np.random.Generator, *, backswing_s=None, downswing_s=None, lead_s=1.2, size=1.0) -> Synth:
    back = backswing_s or rng.uniform(0.7, 1.0)
    down = downswing_s or rng.uniform(0.22, 0.32)
    pause = lead_s
    knots = np.array(
        [
            -pause,
            0.0,
            back * 0.5,
            back,
            back + 0.45 * down,
            back + down,
            back + down + 0.15,
            back + down + 0.5,
            back + down + 1.2,
        ]
    )
    top_arm, top_cock = rng.uniform(2.0, 2.5), rng.uniform(1.3, 1.75)
    held = rng.uniform(0.8, 1.0)
    arm = np.array([0, 0, top_arm * 0.52, top_arm, top_arm * 0.55, -0.08, -1.2, -2.1, -2.1]) * 1.0
    cock = np.array([0, 0, top_cock * 0.6, top_cock, top_cock * held, 0.0, -0.5, -1.2, -1.2])
    roll = np.array([0, 0, 0.7, 1.4, 1.1, 0.05, -0.9, -1.5, -1.5])
    t = np.arange(-pause, knots[-1], 1 / FINE_HZ)
    width = 0.018 * FINE_HZ
    th, wr, ro = (gaussian_filter1d(PchipInterpolator(knots, v)(t), width) for v in (arm, cock, roll))
    tilt = rng.uniform(0.75, 1.0)  # plane against the ground
    # Plane axes: away from the target and down the slope; a right-handed golfer stands at +Y and faces -Y.
    along = np.array([-1.0, 0.0, 0.0])
    slope = np.array([0.0, -np.cos(tilt), -np.sin(tilt)])
    normal = np.cross(along, slope)

    def direction(angle):
        return np.cos(angle)[:, None] * slope + np.sin(angle)[:, None] * along

    sway = gaussian_filter1d(
        PchipInterpolator(knots, np.array([0, 0, 0.02, 0.05, 0.0, -0.06, -0.1, -0.1, -0.1]))(t), 80
    )
    lead_arm = size * rng.uniform(0.54, 0.62)
    pivot = np.array([0.05, 0.62, 1.38 * size]) + sway[:, None] * along
    arm_dir, shaft = direction(th), direction(th + wr)
    hand_dir = direction(th + 0.6 * wr)
    wrist = pivot + lead_arm * arm_dir
    grip = wrist + 0.08 * hand_dir
    butt = grip - 0.07 * shaft
    z = shaft
    x0 = np.cross(normal[None], z)
    y0 = np.cross(z, x0)
    x = np.cos(ro)[:, None] * x0 + np.sin(ro)[:, None] * y0
    rot = Rotation.from_matrix(np.stack([x, np.cross(z, x), z], axis=-1))
    trail_wrist = wrist + 0.10 * shaft + 0.04 * np.cross(shaft, normal)
    still = np.ones((len(t), 1))
    points = {
        "left_wrist": wrist,
        "right_wrist": trail_wrist,
        "left_elbow": pivot + 0.5 * lead_arm * arm_dir,
        "right_elbow": trail_wrist + still * np.array([-0.1, 0.2, 0.15]),
        "left_shoulder": pivot + 0.02 * sway[:, None],
        "right_shoulder": pivot + np.array([-0.35, 0.05, -0.05]),
        "left_hip": still * np.array([0.12, 0.75, 0.9 * size]),
        "right_hip": still * np.array([-0.12, 0.75, 0.9 * size]),
        "left_knee": still * np.array([0.18, 0.6, 0.48 * size]),
        "right_knee": still * np.array([-0.18, 0.6, 0.48 * size]),
        "left_ankle": still * np.array([0.22, 0.72, 0.08]),
        "right_ankle": still * np.array([-0.22, 0.72, 0.08]),
        "nose": still * np.array([0.0, 0.5, 1.55 * size]),
    }
    for side, lever in (("left", 0.0), ("right", 0.1)):
        for name, off in (("pinky", 0.02), ("index", 0.07), ("thumb", 0.05)):
            points[f"{side}_{name}"] = grip + (off + lever - 0.03) * shaft + 0.02 * np.cross(shaft, normal)
    return Synth(t, rot, butt + 0.02 * z, points, float(back + down))


def imu_of(s: Synth, rng, *, rate_hz=800.0, mount=None, shock=True, accel_range=156.9, gyro_range=34.9) -> ImuSamples:
    """The stream of a sensor with bias, noise, clipping and an impact shock, on the swing's own clock."""
    mount = mount or Rotation.random(random_state=int(rng.integers(1 << 31)))
    dt = 1 / FINE_HZ
    rel = s.rotation[:-1].inv() * s.rotation[1:]
    gyro_club = np.vstack([rel.as_rotvec() / dt, np.zeros(3)])
    acc = np.gradient(np.gradient(s.sensor_m, dt, axis=0), dt, axis=0) + np.array([0, 0, 9.80665])
    gyro = mount.inv().apply(gyro_club)
    force = mount.inv().apply(s.rotation.inv().apply(acc))
    if shock:
        k = int(np.searchsorted(s.t_s, s.impact_s))
        ring = np.arange(160) * dt
        pulse = 300 * np.exp(-ring / 0.004) * np.cos(2 * np.pi * 250 * ring)
        force[k : k + 160] += pulse[:, None] * mount.inv().apply([0.3, 1.0, 0.5])
        gyro[k : k + 160] += 0.02 * pulse[:, None] * mount.inv().apply([1.0, 0.2, 0.5])
    step = FINE_HZ / rate_hz
    pick = np.arange(0, len(s.t_s) - 2, step)
    t = np.interp(pick, np.arange(len(s.t_s)), s.t_s)
    g = np.stack([np.interp(pick, np.arange(len(s.t_s)), gyro[:, i]) for i in range(3)], -1)
    f = np.stack([np.interp(pick, np.arange(len(s.t_s)), force[:, i]) for i in range(3)], -1)
    g += rng.normal(0, 0.005, 3) + rng.normal(0, 0.004, g.shape)
    f += rng.normal(0, 0.15, 3) + rng.normal(0, 0.08, f.shape)
    clipped = (np.abs(g) >= gyro_range).any(1) | (np.abs(f) >= accel_range).any(1)
    return ImuSamples(
        t, np.clip(f, -accel_range, accel_range), np.clip(g, -gyro_range, gyro_range), clipped, accel_range, gyro_range
    )


def shift_clock(imu: ImuSamples, offset_s: float, drift_ppm: float) -> ImuSamples:
    """Put a stream on a club's clock, so that `t_video = t_club * (1 + drift) + offset`."""
    from dataclasses import replace

    return replace(imu, t_s=(imu.t_s - offset_s) / (1 + drift_ppm * 1e-6))


def camera_of(rng, view_rad: float, *, readout_s=0.0) -> PinholeCamera:
    """A phone on a tripod; view 0 is face-on, pi/2 down the line."""
    d = rng.uniform(3.2, 4.5)
    eye = np.array([-np.sin(view_rad) * d, -np.cos(view_rad) * d + 0.6, rng.uniform(0.9, 1.4)])
    return PinholeCamera.look_at(
        position_m=eye,
        target_m=[0.0, 0.5, rng.uniform(0.85, 1.05)],
        width_px=480,
        height_px=640,
        vertical_fov_rad=rng.uniform(0.85, 1.05),
        readout_s=readout_s,
    )


def track_of(
    s: Synth, camera: PinholeCamera, rng, *, rate_hz=30.0, noise_m=0.018, exposure_s=0.0, outliers=True
) -> PoseTrack:
    """Landmarks with noise that is correlated over time, a steady bias each, and outliers at the blurred hands."""
    t = np.arange(s.t_s[0] + rng.uniform(0, 1 / rate_hz), s.t_s[-1] - 0.02, 1 / rate_hz)
    n = len(t)
    px = np.full((n, 33, 2), np.nan)
    world = np.full((n, 33, 3), np.nan)
    hips_fine = 0.5 * (s.points_m["left_hip"] + s.points_m["right_hip"])
    scale = camera.focal_px / np.linalg.norm(camera.position_m - hips_fine[0])
    rho = np.exp(-1 / rate_hz / 0.04)
    for name, path in s.points_m.items():
        image_fine = camera.project(path)
        at = t.copy()
        for _ in range(3):
            row = np.interp(at, s.t_s, image_fine[:, 1])
            at = t + row / camera.height_px * camera.readout_s
        uv = np.stack([np.interp(at, s.t_s, image_fine[:, i]) for i in range(2)], -1)
        white = rng.normal(size=(n, 2))
        walk = np.empty((n, 2))
        walk[0] = white[0]
        for i in range(1, n):
            walk[i] = rho * walk[i - 1] + np.sqrt(1 - rho**2) * white[i]
        uv += noise_m * scale * (0.7 * walk + 0.5 * rng.normal(size=(n, 2))) + rng.normal(0, 0.01 * scale, 2)
        if outliers and ("wrist" in name or "index" in name or "pinky" in name or "thumb" in name):
            bad = (rng.random(n) < 0.25) & (np.abs(t - s.impact_s) < 0.1)
            uv[bad] += rng.normal(0, 0.08 * scale, (int(bad.sum()), 2))
        px[:, LANDMARK[name]] = uv
        rel = np.stack([np.interp(at, s.t_s, (path - hips_fine)[:, i]) for i in range(3)], -1)
        world[:, LANDMARK[name]] = rel @ camera.rotation.T
    return PoseTrack(
        t,
        px.astype(np.float32),
        (world * rng.uniform(0.92, 1.08)).astype(np.float32),
        np.where(np.isfinite(px[..., 0]), 0.95, 0.0).astype(np.float32),
        np.full(n, FrameState.DETECTED, np.uint8),
        camera.width_px,
        camera.height_px,
        np.zeros(n, bool),
    )
