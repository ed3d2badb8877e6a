"""The two signals that are laid on each other: the hands in the picture, and the sensor's path in space."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline
from scipy.ndimage import gaussian_filter1d, maximum_filter1d
from scipy.spatial.transform import Rotation

from twinswing.align.result import AlignmentRefusedError
from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import LANDMARK, FrameState, PoseTrack
from twinswing.club.impact import find_impacts
from twinswing.club.model import ImuSamples

FloatArray = NDArray[np.float64]

GRAVITY_MPS2 = 9.80665
# Elbow to wrist of a 1.75 m adult (Drillis and Contini: 0.146 of the stature).
FOREARM_M = 0.255
# All that the grip holds rigidly: as the hands do not slip on the grip, each of these is a fixed point of the club.
HAND_LANDMARKS: tuple[str, ...] = (
    "left_wrist", "right_wrist", "left_index", "right_index", "left_pinky", "right_pinky", "left_thumb", "right_thumb",
)  # fmt: skip
# Landmarks that give the picture's scale; hands and face are too small or too noisy for it.
_SCALE_LANDMARKS = [
    LANDMARK[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "hip", "knee", "ankle")
]


@dataclass(frozen=True)
class SignalParams:
    """How the signals are prepared.

    grid_hz         : the sensor's path is integrated on this grid; a club turning at 45 rad/s moves 2.6 degrees a
                      step, so that linear interpolation between steps is exact to 0.02 degrees.
    before_s, after_s : span kept around the fastest moment: a slow backswing and downswing last 1.5 s together; what
                      follows impact is disturbed by the shock, and the hands are hidden or crossed soon after.
    still_s         : span that gravity and gyro bias are averaged over before the swing.
    still_gyro_radps: a waggling club turns faster than this.
    shock_after_s   : a shaft rings for about this long after the ball.
    gravity_share   : error of gravity at rest beyond which the accelerometer's scale is not to be trusted.
    min_visibility  : below it MediaPipe is guessing.
    """

    grid_hz: float = 1000.0
    before_s: float = 1.7
    after_s: float = 0.3
    still_s: float = 0.25
    still_gyro_radps: float = 0.35
    shock_after_s: float = 0.015
    gravity_share: float = 0.15
    min_visibility: float = 0.2


@dataclass(frozen=True)
class HandTrack:
    """The hand landmarks over n frames, K a frame.

    t_s      : time of each landmark: its frame's, plus the delay of its row; shape (n, K).
    frame_t_s: presentation time of each frame, shape (n,).
    uv_m     : picture position about the centre, x right, y down, in metres at the golfer's distance, shape (n, K, 2).
    valid    : landmark is usable, shape (n, K).
    forearm  : that side's elbow-to-wrist direction as seen, 1 at full length, shape (n, K, 2).
    px_per_m : the picture's scale at the golfer.
    rate_hz  : median frame rate.
    names    : what the K landmarks are.
    """

    t_s: FloatArray
    frame_t_s: FloatArray
    uv_m: FloatArray
    valid: NDArray[np.bool_]
    forearm: FloatArray
    px_per_m: float
    rate_hz: float
    names: tuple[str, ...] = HAND_LANDMARKS


@dataclass(frozen=True)
class SensorPath:
    """The sensor's motion around one moment, dead-reckoned on an even grid.

    t_s       : the club's clock, shape (m,).
    rotation  : sensor to level frame (Z up, heading unknown), shape (m, 3, 3).
    position_m: twice integrated acceleration, zero in place and speed at `centre_s`, shape (m, 3).
    velocity_mps, gyro_radps : first integral, level frame, and rate, sensor frame; shape (m, 3).
    lost_m    : what bridging each accelerometer axis beyond its range added to the place, shape (m, 3 axes, 3).
    centre_s  : the fastest moment.
    impact_s  : the shock's time, NaN where there is none.
    clipped, gyro_clipped : share of samples in the downswing that touched any range limit, and the gyro's.
    still     : gravity was seen at rest before the swing, at `still_s`.
    """

    t_s: FloatArray
    rotation: FloatArray
    position_m: FloatArray
    velocity_mps: FloatArray
    gyro_radps: FloatArray
    lost_m: FloatArray
    centre_s: float
    impact_s: float
    clipped: float
    gyro_clipped: float
    still: bool
    still_s: float


def picture_scale(pose: PoseTrack) -> float:
    """Return pixels per metre at the golfer, from MediaPipe's metric world landmarks against the picture.

    A weak-perspective fit of each frame's trunk and legs; the median over frames. MediaPipe's world landmarks assume
    an adult of average build, so this is good to about 10 %.
    """
    px = pose.image_px[:, _SCALE_LANDMARKS].astype(np.float64)
    world = pose.world_m[:, _SCALE_LANDMARKS, :2].astype(np.float64)
    good = np.isfinite(px).all((1, 2)) & np.isfinite(world).all((1, 2)) & (pose.state == FrameState.DETECTED)
    if not good.any():
        raise AlignmentRefusedError("expected a golfer in the video to align the club with, found no frame with a pose")
    px, world = px[good], world[good]
    px = px - px.mean(1, keepdims=True)
    world = world - world.mean(1, keepdims=True)
    return float(np.median((px * world).sum((1, 2)) / np.maximum((world**2).sum((1, 2)), 1e-9)))


def hand_track(pose: PoseTrack, camera: PinholeCamera | None, params: SignalParams) -> HandTrack:
    """Gather the hands' landmarks with their row's own shutter time."""
    index = [LANDMARK[name] for name in HAND_LANDMARKS]
    px = pose.image_px[:, index].astype(np.float64)
    scale = picture_scale(pose)
    readout = camera.readout_s if camera is not None else 0.0
    centre = np.array(camera.centre_px if camera is not None else (pose.width_px / 2, pose.height_px / 2))
    valid = (
        np.isfinite(px).all(-1)
        & (pose.visibility[:, index] >= params.min_visibility)
        & (pose.state == FrameState.DETECTED)[:, None]
    )
    t = pose.t_s[:, None] + np.where(valid, px[..., 1], 0.0) / pose.height_px * readout
    rate = float(1.0 / np.median(np.diff(pose.t_s))) if pose.frames > 1 else float("nan")
    uv = (np.nan_to_num(px) - centre) / scale
    return HandTrack(t, pose.t_s, uv, valid, _forearms(pose) / scale, scale, rate)


def _forearms(pose: PoseTrack) -> FloatArray:
    """Return each hand landmark's own forearm in the picture over an adult's forearm length, shape (n, K, 2)."""
    out = np.zeros((pose.frames, len(HAND_LANDMARKS), 2))
    for side in ("left", "right"):
        vector = pose.point(f"{side}_wrist") - pose.point(f"{side}_elbow")
        seen = np.flatnonzero(np.isfinite(vector).all(1))
        if len(seen) == 0:
            continue
        frames = np.arange(pose.frames)
        bridged = np.stack([np.interp(frames, seen, vector[seen, i]) for i in range(2)], axis=-1)
        for k, name in enumerate(HAND_LANDMARKS):
            if name.startswith(side):
                out[:, k] = bridged / FOREARM_M
    return out


def hand_speed(hands: HandTrack) -> tuple[FloatArray, FloatArray]:
    """Return times and the hands' speed in the picture, m/s, between consecutive usable frames; shape (j,) each."""
    seen = hands.valid.sum(1) >= 2
    if seen.sum() < 3:
        return np.zeros(0), np.zeros(0)
    uv = np.where(hands.valid[..., None], hands.uv_m, np.nan)[seen]
    t = hands.frame_t_s[seen]
    # The median step of all landmarks: no single one that jumps moves it.
    steps = np.diff(uv, axis=0)
    steps[~np.isfinite(steps).all(2).any(1)] = 0.0
    step = np.nanmedian(steps, axis=1)
    speed = np.linalg.norm(np.nan_to_num(step), axis=-1) / np.diff(t)
    return 0.5 * (t[1:] + t[:-1]), speed


def find_shock(imu: ImuSamples, near_s: float, within_s: float = 0.12) -> float:
    """Return the time of the impact shock near a moment on the club's clock, or NaN."""
    near = [shock for shock in find_impacts(imu) if abs(shock.t_s - near_s) < within_s]
    return max(near, key=lambda shock: shock.confidence).t_s if near else float("nan")


def sensor_path(imu: ImuSamples, centre_s: float, params: SignalParams) -> SensorPath:
    """Dead-reckon the sensor around one moment of the club's clock.

    Orientation is integrated from the rate with its bias at rest taken off, levelled by gravity at rest; the heading
    is arbitrary. Acceleration is rotated, freed of gravity and integrated twice from the centre outwards, so that
    drift is least where the swing is fastest. The shock and what a range limit cut off are bridged (see `bridge`).
    """
    lo, hi = centre_s - params.before_s, centre_s + params.after_s
    keep = (imu.t_s >= lo - 0.6) & (imu.t_s <= hi + 0.05)
    if keep.sum() < 32:
        raise AlignmentRefusedError(
            "expected a swing in the club's stream, found too few samples around its fastest moment"
        )
    t0 = imu.t_s[keep]
    impact = find_shock(imu, centre_s)
    shock = np.zeros(len(t0), dtype=bool)
    if np.isfinite(impact):
        shock = (t0 >= impact - 0.0015) & (t0 <= impact + params.shock_after_s)
    accel_cut = at_limit(imu.accel_mps2[keep], imu.accel_range_mps2, imu.clipped[keep])
    gyro_cut = at_limit(imu.gyro_radps[keep], imu.gyro_range_radps, imu.clipped[keep] & ~accel_cut.any(1))
    accel0, missing0 = bridge(t0, imu.accel_mps2[keep], accel_cut, shock)
    gyro0, _ = bridge(t0, imu.gyro_radps[keep], gyro_cut, shock)
    dt = 1.0 / params.grid_hz
    t = np.arange(t0[0], t0[-1], dt)
    accel, gyro, missing = (_resample(t, t0, values) for values in (accel0, gyro0, missing0))
    up, bias, anchor, still = _rest(t, accel, gyro, centre_s, params)
    weight = float(np.linalg.norm(up)) / GRAVITY_MPS2
    if still and abs(weight - 1.0) > params.gravity_share:
        raise AlignmentRefusedError(
            f"expected the club's accelerometer to read 1 g at rest, found {weight:.2f} g: its path cannot be reckoned"
        )
    rotation = _integrate_rotation(gyro - bias, dt, up, anchor)
    level = np.einsum("nij,nj->ni", rotation, accel) - np.array([0.0, 0.0, GRAVITY_MPS2])
    centre = int(np.clip(np.searchsorted(t, centre_s), 0, len(t) - 1))
    velocity = _accumulate(level, dt, centre)
    position = _accumulate(velocity, dt, centre)
    lost = np.stack([rotation[:, :, j] * missing[:, j : j + 1] for j in range(3)], axis=1)
    lost = _accumulate(_accumulate(lost, dt, centre), dt, centre)
    down = (np.abs(t0 - centre_s) < 0.25) & ~shock
    cut = np.asarray((accel_cut | gyro_cut).any(1))
    clipped = float(cut[down].mean()) if down.any() else 0.0
    gyro_clipped = float(np.asarray(gyro_cut.any(1))[down].mean()) if down.any() else 0.0
    return SensorPath(
        t, rotation, position, velocity, gyro - bias, lost, centre_s, impact, clipped, gyro_clipped, still,
        float(t[anchor]),
    )  # fmt: skip


def at_limit(values: FloatArray, limit: float, flagged: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which components lie at a range limit, shape (n, 3).

    Where the limit is not known, the flagged samples' largest component is what touched it.
    """
    size = np.abs(values)
    if np.isfinite(limit):
        return np.asarray(size >= 0.995 * limit)
    return np.asarray(flagged[:, None] & (size >= 0.995 * size.max(axis=1, keepdims=True)))


def bridge(
    t_s: FloatArray, values: FloatArray, cut: NDArray[np.bool_], shock: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray]:
    """Fill what a shock spoilt or a range limit cut off, each shape (n, 3): the filled values, and what was added.

    Every gap gets the cubic whose ends have the values and slopes of the 6 ms (3 samples at least) beside it. What it
    adds beyond a range limit is returned too: its size is a guess that the fit may correct.
    """
    out = values.copy()
    added = np.zeros_like(values)
    for axis in range(values.shape[1]):
        bad = cut[:, axis] | shock
        edges = np.flatnonzero(np.diff(np.concatenate([[False], bad, [False]]).astype(np.int8)))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            out[start:stop, axis] = _gap(t_s, values[:, axis], bad, int(start), int(stop))
        here = cut[:, axis]
        sign = np.sign(values[here, axis])
        filled = sign * np.maximum(sign * out[here, axis], np.abs(values[here, axis]))
        keep = ~shock[here]
        added[np.flatnonzero(here)[keep], axis] = (filled - values[here, axis])[keep]
        out[np.flatnonzero(here)[keep], axis] = filled[keep]
    return out, added


def _gap(t: FloatArray, v: FloatArray, bad: NDArray[np.bool_], start: int, stop: int) -> FloatArray:
    """Return the cubic over one gap [start, stop) of one component."""
    ends = []
    reach = max(0.006, 2.2 * float(np.median(np.diff(t))))
    for edge, side in ((start - 1, -1), (stop, 1)):
        if not 0 <= edge < len(t):
            continue
        near = (np.abs(t - t[edge]) <= reach) & ~bad & ((np.arange(len(t)) - edge) * side >= 0)
        value, slope = float(v[near].mean()), 0.0
        if near.sum() >= 3:
            slope, at_edge = np.polyfit(t[near] - t[edge], v[near], 1)
            value = float(at_edge)
        ends.append((float(t[edge]), value, float(slope)))
    if not ends:
        return v[start:stop]
    if len(ends) == 1:
        return np.full(stop - start, ends[0][1])
    (t0, v0, s0), (t1, v1, s1) = ends
    curve = CubicHermiteSpline([t0, t1], [v0, v1], [s0, s1])
    return np.asarray(curve(t[start:stop]))


def _accumulate(values: FloatArray, dt: float, zero_at: int) -> FloatArray:
    """Integrate along the first axis by trapezoids, zero at one row, shape kept."""
    out = np.zeros_like(values)
    np.cumsum(0.5 * dt * (values[1:] + values[:-1]), axis=0, out=out[1:])
    out -= out[zero_at].copy()
    return out


def _resample(t: FloatArray, t0: FloatArray, values: FloatArray) -> FloatArray:
    return np.stack([np.interp(t, t0, values[:, i]) for i in range(3)], axis=-1)


def _rest(
    t: FloatArray, accel: FloatArray, gyro: FloatArray, centre_s: float, params: SignalParams
) -> tuple[FloatArray, FloatArray, int, bool]:
    """Find the stillest span before the swing: its mean gravity, gyro bias, grid index, and whether it was still."""
    width = max(int(params.still_s * params.grid_hz), 2)
    before = int(np.searchsorted(t, centre_s - 0.35))
    if before <= width:
        before = min(len(t), width + 1)
    rate = np.linalg.norm(gyro, axis=1)
    unrest = maximum_filter1d(gaussian_filter1d(rate, width / 8), width)[
        width // 2 : max(before - width // 2, width // 2 + 1)
    ]
    anchor = int(np.argmin(unrest)) + width // 2
    still = bool(unrest.min() < params.still_gyro_radps)
    span = slice(max(anchor - width // 2, 0), anchor + width // 2)
    bias = gyro[span].mean(0) if still and unrest.min() < 0.12 else np.zeros(3)
    return accel[span].mean(0), bias, anchor, still


def _integrate_rotation(gyro: FloatArray, dt: float, up_sensor: FloatArray, anchor: int) -> FloatArray:
    """Integrate rates into sensor-to-level matrices that are level at the anchor, shape (m, 3, 3)."""
    steps = Rotation.from_rotvec(0.5 * (gyro[1:] + gyro[:-1]) * dt).as_matrix()
    out = np.empty((len(gyro), 3, 3))
    up = up_sensor / max(float(np.linalg.norm(up_sensor)), 1e-9)
    side = np.cross(up, np.eye(3)[int(np.argmin(np.abs(up)))])
    side /= np.linalg.norm(side)
    out[anchor] = np.stack([side, np.cross(up, side), up])
    for i in range(anchor, len(gyro) - 1):
        out[i + 1] = out[i] @ steps[i]
    for i in range(anchor, 0, -1):
        out[i - 1] = out[i] @ steps[i - 1].T
    return out
