"""Strapdown navigation of a club through one swing, with what is known put in: still, the ball, still.

The nominal path integrates the rates and the forces from the address on. Its errors stay small within a swing, so they
obey linear equations; a Kalman filter with a Rauch-Tung-Striebel smoother finds the errors that agree best with the
club being still at address and at the finish and with the head coming back to the ball, each within its own
uncertainty. What the smoother leaves is the honest standard deviation.

Error state (18): orientation (world, rad), velocity (m/s), position (m), gyro bias (rad/s), gyro scale (1),
accelerometer bias (m/s2). J. Farrell, Aided Navigation, McGraw-Hill 2008, chapters 11 and 5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.club.model import FloatArray, ImuSamples
from twinswing.club.orientation import from_rotation_vector, integrate, multiply, rotate

G_MPS2 = 9.80665
UP = np.array([0.0, 0.0, 1.0])
ROT, VEL, POS, GBIAS, GSCALE, ABIAS = (slice(3 * k, 3 * k + 3) for k in range(6))
STATES = 18


@dataclass(frozen=True)
class NavigationSettings:
    """How well everything is known; one sigma each.

    gyro_bias_radps  : left after the address's mean was taken off; a hand's drift over half a second.
    gyro_scale       : data sheets of common parts state 0.5 to 1 %.
    accel_bias_mps2  : 20 mg, as data sheets of common parts state for zero-g offset over temperature.
    tilt_rad         : direction of gravity from the still address, beyond what the bias explains: a hand's tremor.
    gyro_noise_radps, accel_noise_mps2 : least noise per sample; the still address shows the rest.
    accel_share      : error of a sample as a part of its size: scale, cross-axis and timing together.
    still_mps        : a held club's velocity; finish_mps: a finish is held less firmly.
    still_accel_mps2 : gravity as the still sensor reads it.
    clipped_accel_share, clipped_gyro_share : what a clipped sample is short by, as a part of full scale.
    shock_s, shock_mps : for so long after the blow the sensor rings, and the velocity that this may add.
    return_m         : how near the head's centre comes to its place at address when it meets the ball. A ball on a tee
                       lies higher than the club's address; a face meets the ball a few centimetres off. Along its path
                       an uncertain instant adds speed times that.
    finish_turn_m    : a club that still turns at the finish moves at its rate times this: the body under it turns too.
    reach_m, reach_every_s : the grip stays in the hands, so within arms' reach of where it was at address; counted this
                       seldom, because a pull toward the address is right only as far as nothing better is known.
    every_s          : still samples are counted once in so long: tremor is not independent from sample to sample.
    """

    gyro_bias_radps: float = 0.006
    gyro_scale: float = 0.005
    accel_bias_mps2: float = 0.2
    tilt_rad: float = 0.005
    gyro_noise_radps: float = 0.002
    accel_noise_mps2: float = 0.05
    accel_share: float = 0.01
    still_mps: float = 0.02
    finish_mps: float = 0.08
    still_accel_mps2: float = 0.08
    clipped_accel_share: float = 0.4
    clipped_gyro_share: float = 0.15
    shock_s: float = 0.008
    shock_mps: float = 1.0
    return_m: float = 0.03
    finish_turn_m: float = 1.0
    reach_m: float = 0.8
    reach_every_s: float = 0.4
    every_s: float = 0.05


@dataclass(frozen=True)
class Navigation:
    """The sensor's smoothed motion in a level frame whose heading is the nominal start's.

    quaternion (n, 4) sensor to frame; velocity_mps, position_m (n, 3), from the first sample's place;
    covariance (n, 9, 9) of orientation (rad), velocity and position; gyro_radps (n, 3) corrected rates;
    misfit : root mean square of the constraints' residuals in sigmas, about 1 where the model holds.
    """

    t_s: FloatArray
    quaternion: FloatArray
    velocity_mps: FloatArray
    position_m: FloatArray
    covariance: FloatArray
    gyro_radps: FloatArray
    misfit: float


@dataclass(frozen=True)
class Known:
    """What is known along the rows.

    address, finish : rows at which the club is still, boolean (n,).
    impact_row      : where it meets the ball, or None; head_m: sensor to head's centre, sensor frame, or None.
    impact_s, impact_sigma_s : the blow's time.
    """

    address: NDArray[np.bool_]
    finish: NDArray[np.bool_]
    impact_row: int | None = None
    impact_s: float | None = None
    impact_sigma_s: float = 0.0
    head_m: FloatArray | None = None


def skew(v: FloatArray) -> FloatArray:
    """Return the cross-product matrices of vectors, shape (..., 3) to (..., 3, 3)."""
    x, y, z = np.moveaxis(v, -1, 0)
    o = np.zeros_like(x)
    return np.stack([np.stack([o, -z, y], -1), np.stack([z, o, -x], -1), np.stack([-y, x, o], -1)], -2)


def matrices(q: FloatArray) -> FloatArray:
    """Return rotation matrices of unit quaternions, shape (n, 4) to (n, 3, 3)."""
    eye = np.eye(3)
    return np.stack([rotate(q, np.broadcast_to(eye[k], (len(q), 3))) for k in range(3)], axis=-1)


def nominal(start: FloatArray, t_s: FloatArray, gyro: FloatArray, accel: FloatArray) -> tuple[FloatArray, ...]:
    """Integrate: orientation (n, 4), specific force in the frame (n, 3), velocity (n, 3), position (n, 3)."""
    q = integrate(start, t_s, gyro)
    force = rotate(q, accel)
    dt = np.diff(t_s)[:, None]
    net = force - G_MPS2 * UP
    velocity = np.concatenate([np.zeros((1, 3)), np.cumsum(0.5 * (net[1:] + net[:-1]) * dt, axis=0)])
    move = 0.5 * (velocity[1:] + velocity[:-1]) * dt
    position = np.concatenate([np.zeros((1, 3)), np.cumsum(move, axis=0)])
    return q, force, velocity, position


def navigate(
    samples: ImuSamples,
    start: FloatArray,
    bias: FloatArray,
    known: Known,
    *,
    noise: tuple[float, float] = (0.0, 0.0),
    settings: NavigationSettings | None = None,
) -> Navigation:
    """Smooth one swing.

    samples : from address to finish. start : orientation at the first sample (w, x, y, z). bias : gyro bias, (3,).
    noise   : per-sample noise of gyro and accelerometer as the still address showed it.
    """
    settings = settings or NavigationSettings()
    t, gyro = samples.t_s, samples.gyro_radps - bias
    q, force, velocity, position = nominal(start, t, gyro, samples.accel_mps2)
    R = matrices(q)
    transition = _transitions(t, R, force, gyro)
    growth = _process_noise(samples, known, noise, settings)
    updates = _updates(t, R, gyro, force, velocity, position, known, settings)
    error, covariance, misfit = _smooth(transition, growth, updates, settings)
    fixed = multiply(from_rotation_vector(error[:, ROT]), q)
    rate = gyro * (1.0 - error[:, GSCALE]) - error[:, GBIAS]
    return Navigation(t, fixed, velocity + error[:, VEL], position + error[:, POS], covariance[:, :9, :9], rate, misfit)


def _transitions(t: FloatArray, R: FloatArray, force: FloatArray, gyro: FloatArray) -> FloatArray:
    """Return the error's step from each sample to the next, shape (n - 1, 18, 18)."""
    dt = np.diff(t)[:, None, None]
    F = np.tile(np.eye(STATES), (len(t) - 1, 1, 1))
    F[:, ROT, GBIAS] = -R[:-1] * dt
    F[:, ROT, GSCALE] = -R[:-1] * gyro[:-1, None, :] * dt
    F[:, VEL, ROT] = -skew(0.5 * (force[:-1] + force[1:])) * dt
    F[:, VEL, ABIAS] = -R[:-1] * dt
    F[:, POS, VEL] = np.eye(3) * dt
    F[:, POS, ROT] = 0.5 * F[:, VEL, ROT] * dt
    F[:, POS, ABIAS] = 0.5 * F[:, VEL, ABIAS] * dt
    return F


def _process_noise(
    samples: ImuSamples, known: Known, noise: tuple[float, float], settings: NavigationSettings
) -> FloatArray:
    """Return the variance that each step adds to orientation and to velocity per axis, shape (n - 1, 2)."""
    t = samples.t_s
    dt = np.diff(t)
    gyro_range = _or_largest(samples.gyro_range_radps, samples.gyro_radps)
    accel_range = _or_largest(samples.accel_range_mps2, samples.accel_mps2)
    gyro_clip = (np.abs(samples.gyro_radps) >= 0.995 * gyro_range).any(axis=1) & samples.clipped
    accel_clip = (np.abs(samples.accel_mps2) >= 0.995 * accel_range).any(axis=1) & samples.clipped
    turn = np.hypot(settings.gyro_noise_radps, noise[0]) * dt
    turn = np.hypot(turn, np.where(gyro_clip[1:] | gyro_clip[:-1], settings.clipped_gyro_share * gyro_range, 0.0) * dt)
    size = np.linalg.norm(samples.accel_mps2, axis=1)[1:]
    push = np.sqrt(settings.accel_noise_mps2**2 + noise[1] ** 2 + (settings.accel_share * size) ** 2) * dt
    # Errors of neighbouring clipped samples add up, they don't average: each run counts as one error.
    clip = accel_clip[1:] | accel_clip[:-1]
    runs = np.sqrt(_run_lengths(clip))
    push = np.hypot(push, np.where(clip, settings.clipped_accel_share * accel_range * runs, 0.0) * dt)
    # A hole was bridged by straight lines between its ends.
    hole = dt > 3.0 * np.median(dt)
    turn = np.hypot(turn, np.where(hole, 0.3 * np.linalg.norm(samples.gyro_radps, axis=1)[1:] * dt + 0.02, 0.0))
    push = np.hypot(push, np.where(hole, (0.5 * size + 2.0) * dt, 0.0))
    if known.impact_s is not None:
        ringing = (t[1:] >= known.impact_s - dt) & (t[:-1] <= known.impact_s + settings.shock_s)
        push = np.hypot(push, np.where(ringing, settings.shock_mps / np.sqrt(max(1, int(ringing.sum()))), 0.0))
    return np.stack([turn**2, push**2], axis=1)


def _or_largest(full: float, values: FloatArray) -> float:
    return full if np.isfinite(full) else float(np.abs(values).max())


def _run_lengths(mask: NDArray[np.bool_]) -> FloatArray:
    """Return for each row the length of the run of True that holds it, 1 outside of runs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))).reshape(-1, 2)
    out = np.ones(len(mask))
    for first, stop in edges:
        out[first:stop] = stop - first
    return out


Update = tuple[FloatArray, FloatArray, FloatArray]


def _updates(
    t: FloatArray,
    R: FloatArray,
    gyro: FloatArray,
    force: FloatArray,
    velocity: FloatArray,
    position: FloatArray,
    known: Known,
    settings: NavigationSettings,
) -> dict[int, list[Update]]:
    """Return by row the constraints: matrix H (m, 18), residual (m,), sigma (m,); residual = H error + noise."""
    out: dict[int, list[Update]] = {}
    last = -np.inf
    H_v = np.zeros((3, STATES))
    H_v[:, VEL] = np.eye(3)
    H_p = np.zeros((3, STATES))
    H_p[:, POS] = np.eye(3)
    for row in np.flatnonzero(known.address | known.finish).tolist():
        if t[row] - last < settings.every_s:
            continue
        last = t[row]
        H_g = np.zeros((3, STATES))
        H_g[:, ROT] = -skew(force[row])
        H_g[:, ABIAS] = -R[row]
        address = bool(known.address[row])
        turning = settings.finish_turn_m * float(np.linalg.norm(gyro[row]))
        slow = settings.still_mps if address else float(np.hypot(settings.finish_mps, turning))
        level = settings.still_accel_mps2 * (1.0 if address else 2.0)
        out[row] = [
            (H_v, -velocity[row], np.full(3, slow)),
            (H_g, G_MPS2 * UP - force[row], np.full(3, level)),
        ]
        if address:
            out[row].append((H_p, -position[row], np.full(3, 0.005)))
    last = t[0] if not known.finish.any() else np.inf  # a still finish says more than arms' reach does
    for row in np.flatnonzero(~known.address).tolist():
        if t[row] - last >= settings.reach_every_s:
            last = t[row]
            out.setdefault(row, []).append((H_p, -position[row], np.full(3, settings.reach_m)))
    if known.impact_row is not None and known.impact_s is not None and known.head_m is not None:
        row = known.impact_row
        out.setdefault(row, []).append(
            _return(known.impact_s - t[row], R[row], gyro[row], velocity[row], position[row] - R[0] @ known.head_m,
                    known.head_m, known.impact_sigma_s, settings)
        )  # fmt: skip
    return out


def _return(
    ahead_s: float,
    R: FloatArray,
    gyro: FloatArray,
    velocity: FloatArray,
    away: FloatArray,
    head_m: FloatArray,
    sigma_s: float,
    settings: NavigationSettings,
) -> Update:
    """Return the constraint that the head meets the ball `ahead_s` after a row, at its place at address.

    away : the sensor's place less that of the head at address, (3,). The head is carried on by its velocity: between
    two samples at 200 Hz it moves by 20 cm. Axes of the constraint: along its path, where the blow's instant is as
    uncertain as `sigma_s` times its speed, and across.
    """
    arm = R @ head_m
    moving = velocity + R @ np.cross(gyro, head_m)
    carried = arm + R @ np.cross(gyro, head_m) * ahead_s
    H = np.zeros((3, STATES))
    H[:, POS] = np.eye(3)
    H[:, VEL] = np.eye(3) * ahead_s
    H[:, ROT] = -skew(carried)
    speed = float(np.linalg.norm(moving))
    path = moving / max(1e-9, speed)
    axes = np.linalg.svd(path[None])[2]  # the first row is the path's direction
    sigma = np.array([np.hypot(settings.return_m, speed * sigma_s), settings.return_m, settings.return_m])
    return axes @ H, -axes @ (away + arm + moving * ahead_s), sigma


def _smooth(
    F: FloatArray, growth: FloatArray, updates: dict[int, list[Update]], settings: NavigationSettings
) -> tuple[FloatArray, FloatArray, float]:
    """Filter forward and smooth back; return errors (n, 18), covariances (n, 18, 18) and the misfit in sigmas."""
    n = len(F) + 1
    x, P = np.zeros(STATES), _prior(settings)
    xs, Ps = np.zeros((n, STATES)), np.zeros((n, STATES, STATES))
    ahead, Pahead = np.zeros((n, STATES)), np.zeros((n, STATES, STATES))
    squares, count = 0.0, 0
    for k in range(n):
        if k:
            x, P = F[k - 1] @ x, F[k - 1] @ P @ F[k - 1].T
            P[range(3), range(3)] += growth[k - 1, 0]
            P[range(3, 6), range(3, 6)] += growth[k - 1, 1]
        ahead[k], Pahead[k] = x, P
        for H, residual, sigma in updates.get(k, ()):
            S = H @ P @ H.T + np.diag(sigma**2)
            gain = np.linalg.solve(S, H @ P).T
            innovation = residual - H @ x
            squares += float(innovation @ np.linalg.solve(S, innovation))
            count += len(innovation)
            x = x + gain @ innovation
            P = P - gain @ H @ P
            P = 0.5 * (P + P.T)
        xs[k], Ps[k] = x, P
    for k in range(n - 2, -1, -1):
        gain = np.linalg.solve(Pahead[k + 1], F[k] @ Ps[k]).T
        xs[k] += gain @ (xs[k + 1] - ahead[k + 1])
        Ps[k] += gain @ (Ps[k + 1] - Pahead[k + 1]) @ gain.T
    return xs, Ps, float(np.sqrt(squares / max(1, count)))


def _prior(settings: NavigationSettings) -> FloatArray:
    """Return the covariance at the first sample; heading and place define the frame, so they are known."""
    tilt = float(np.hypot(settings.tilt_rad, settings.accel_bias_mps2 / G_MPS2))
    sigma = np.concatenate([
        [tilt, tilt, 1e-4],
        np.full(3, settings.still_mps),
        np.full(3, 1e-3),
        np.full(3, settings.gyro_bias_radps),
        np.full(3, settings.gyro_scale),
        np.full(3, settings.accel_bias_mps2),
    ])  # fmt: skip
    return np.diag(sigma**2)
