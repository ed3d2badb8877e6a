"""The club's motion in the world: its own sensor where there is one, hung in the video's body; else the arms alone."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from twinswing.align.club_frame import BEHIND_BALL_M, LEAD_GRIP_M, TRAIL_GRIP_M, head_centre_m, motion_of, unit
from twinswing.align.hinge import club_from_body, swing_times
from twinswing.align.result import AlignmentRefusedError
from twinswing.align.signals import SensorPath, SignalParams, sensor_path
from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.model import ClubMotion, ClubSpec, ImuSamples, Mount
from twinswing.timeline.clock import ClockMap

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FuseParams:
    """How sensor and body are weighed; one standard deviation each.

    across_m, depth_m : a hand of the body across and along the camera's ray.
    lever_m           : hands on the grip against the usual grip, with a stated mount.
    tilt_accel_mps2, jerk_mps3, start_mps, shock_mps, lost : as in FitParams.
    knot_s            : what is left between body and sensor is taken up by a curve with knots this far apart.
    follow_m          : the curve's own deviation; larger follows the body's hands more closely.
    ball_m            : head against the ball at address and impact.
    sigma_rad         : of the sensor's orientation: tilt at rest, bias over a swing, and the mount as stated.
    rate_hz           : of the motion that is returned.
    before_s, after_s : the sensor's span about impact that dead reckoning is trusted over.
    """

    across_m: float = 0.03
    depth_m: float = 0.12
    lever_m: float = 0.03
    tilt_accel_mps2: float = 0.3
    jerk_mps3: float = 0.3
    start_mps: float = 6.0
    shock_mps: float = 1.0
    lost: float = 0.4
    knot_s: float = 0.15
    follow_m: float = 0.04
    ball_m: float = 0.02
    ball_reach_m: float = 0.15
    sigma_rad: float = 0.03
    rate_hz: float = 400.0
    most_frames: int = 150
    before_s: float = 3.0
    after_s: float = 1.5


def fuse_club(
    body: BodyMotion,
    camera: PinholeCamera | None,
    imu: ImuSamples | None,
    clock: ClockMap | None,
    spec: ClubSpec | None = None,
    shaft: FloatArray | None = None,
    events: dict[str, float] | None = None,
    params: FuseParams | None = None,
) -> ClubMotion:
    """Return the club's motion in the world.

    body   : the golfer's joints from the video.
    camera : says which of the body's directions is the poorly seen depth; None weighs all alike.
    imu    : the club's samples, or None for a video alone. clock : the club's clock on the session's.
    spec   : the club; the stream's own, else a 7 iron, where None. Without a mount the sensor is taken to look down
             the shaft at the end of the grip.
    shaft  : shaft directions in the world seen in the video, shape (n, 3) at `body.t_s`, NaN where not.
    events : times of known events, session seconds.

    Falls back to the arms alone, with their larger deviation, where the stream does not cover the swing.
    """
    params = params or FuseParams()
    spec = spec or (imu.spec if imu is not None and imu.spec is not None else ClubSpec())
    arms = club_from_body(body, spec, events, shaft)
    if imu is None or clock is None:
        return arms
    times = swing_times(body, events)
    signals = SignalParams(before_s=params.before_s, after_s=params.after_s)
    try:
        path = sensor_path(imu, float(clock.to_source(times["impact"])), signals)
    except AlignmentRefusedError:
        return arms
    if not covers(path, clock, times):
        return arms
    return _hang(body, camera, path, clock, spec, times, arms, params)


def covers(path: SensorPath, clock: ClockMap, times: dict[str, float]) -> bool:
    """Tell whether the sensor saw the downswing."""
    first, last = (float(x) for x in clock.to_session(path.t_s[[0, -1]]))
    return first <= times["top"] and last >= times["impact"]


@dataclass(frozen=True)
class Hung:
    """The sensor in the world: heading, place over time, residual of the hands (m), on the path's own grid."""

    heading_rad: float
    sigma_heading_rad: float
    position_m: FloatArray
    rms_m: float


def solve_heading(
    body: BodyMotion, camera: PinholeCamera | None, path: SensorPath, clock: ClockMap, mount: Mount | None,
    params: FuseParams,
) -> Hung:  # fmt: skip
    """Turn and shift the dead-reckoned sensor so that its grip lies in the body's hands.

    For a heading all else is linear (start, tilt, shock, place, levers) and solved at once; the heading is searched on
    a grid and refined by a parabola through the three best.
    """
    t = np.asarray(clock.to_source(body.t_s))
    keep = (t > path.t_s[0]) & (t < path.t_s[-1]) & (t > path.centre_s - 1.8) & (t < path.centre_s + 0.5)
    if keep.sum() < 8:
        raise AlignmentRefusedError("expected the club's stream to cover the swing in the video, found it does not")
    t = t[keep]
    lead = "left" if body.handed == "right" else "right"
    trail = "right" if lead == "left" else "left"
    hands = np.stack([body.joints_m[keep, JOINT[f"{s}_hand"]] for s in (lead, trail)], axis=1)
    columns, prior = _columns(path, t, mount, params)
    weight = _weights(camera, hands, params)
    known = _sample(path.t_s, path.position_m, t)
    grid = np.arange(48) * (2 * np.pi / 48)
    costs = np.array([_at_heading(a, hands, known, columns, prior, weight)[0] for a in grid])
    best = float(grid[int(np.argmin(costs))])
    step = grid[1]
    for _ in range(4):
        step /= 3.0
        trial = best + step * np.arange(-3, 4)
        costs = np.array([_at_heading(a, hands, known, columns, prior, weight)[0] for a in trial])
        best = float(trial[int(np.argmin(costs))])
    cost, theta, rms = _at_heading(best, hands, known, columns, prior, weight)
    # The curvature over +-2 degrees gives the heading's deviation; frames of 80 ms err together.
    span = 2.0 * np.pi / 180.0
    sides = [_at_heading(best + s * span, hands, known, columns, prior, weight)[0] for s in (-1, 1)]
    curvature = max((sides[0] + sides[1] - 2.0 * cost) / span**2, 1e-6)
    together = max(0.08 * len(t) / max(float(np.ptp(t)), 0.1), 1.0)
    full, _ = _columns(path, path.t_s, mount, params)
    drift = full[:, 0, :, : _LEVERS - 3] @ theta[: _LEVERS - 3] + theta[_LEVERS - 3 : _LEVERS]
    level = path.position_m + drift
    turn = Rotation.from_euler("z", best).as_matrix()
    return Hung(best, float(np.sqrt(2.0 * together / curvature)), level @ turn.T, rms)


# Columns: speed, tilt, jerk, shock, lost, place, then a lever for each hand.
_LEVERS = 18


def _columns(
    path: SensorPath, t: FloatArray, mount: Mount | None, params: FuseParams
) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
    """Return the linear model of both hands in the level frame, shape (n, 2, 3, 24), and its prior (mean, sigma)."""
    d = t - path.centre_s
    shock_at = path.impact_s if np.isfinite(path.impact_s) else path.centre_s + 0.03
    eye = np.eye(3)
    out = np.zeros((len(t), 2, 3, _LEVERS + 6))
    shapes = (d, 0.5 * d**2, d**3 / 6.0, np.maximum(t - shock_at, 0.0))
    for k, shape in enumerate(shapes):
        out[..., 3 * k : 3 * k + 3] = shape[:, None, None, None] * eye
    out[..., 12:15] = np.swapaxes(_sample(path.t_s, path.lost_m, t), 1, 2)[:, None]
    out[..., 15:18] = eye
    rotation = _sample(path.t_s, path.rotation, t)
    out[:, 0, :, _LEVERS : _LEVERS + 3] = rotation
    out[:, 1, :, _LEVERS + 3 :] = rotation
    mean = np.zeros(_LEVERS + 6)
    sigma = np.concatenate([np.full(3, s) for s in (params.start_mps, params.tilt_accel_mps2, params.jerk_mps3,
                                                    params.shock_mps, params.lost, 10.0, 0.15, 0.15)])  # fmt: skip
    place = mount or Mount()
    to_sensor = Rotation.from_quat(place.quaternion, scalar_first=True).inv()
    for k, grip in enumerate((LEAD_GRIP_M, TRAIL_GRIP_M)):
        mean[_LEVERS + 3 * k : _LEVERS + 3 * k + 3] = to_sensor.apply([0.0, 0.0, grip] - np.asarray(place.position_m))
    if mount is not None:
        sigma[_LEVERS:] = params.lever_m
    return out, (mean, sigma)


def _weights(camera: PinholeCamera | None, hands: FloatArray, params: FuseParams) -> FloatArray:
    """Return the square root of each hand's information in the world, shape (n, 2, 3, 3): little along the ray."""
    if camera is None:
        return np.broadcast_to(np.eye(3) / (2.0 * params.across_m), (*hands.shape[:2], 3, 3))
    ray = unit(hands - camera.position_m)
    along = ray[..., :, None] * ray[..., None, :]
    return np.asarray((np.eye(3) - along) / params.across_m + along / params.depth_m)


def _at_heading(
    heading: float, hands: FloatArray, known: FloatArray, columns: FloatArray, prior: tuple[FloatArray, FloatArray],
    weight: FloatArray,
) -> tuple[float, FloatArray, float]:  # fmt: skip
    """Solve the linear part at one heading: cost, parameters, and the hands' RMS residual in metres."""
    turn = Rotation.from_euler("z", heading).as_matrix()
    mean, sigma = prior
    y = (hands - (known @ turn.T)[:, None, :])[..., None]
    design = weight @ (turn @ columns)
    target = (weight @ y)[..., 0]
    a = design.reshape(-1, design.shape[-1])
    b = target.reshape(-1)
    robust = np.ones(len(b))
    theta = np.asarray(mean, dtype=np.float64)
    for _ in range(3):
        aw = a * robust[:, None]
        normal = aw.T @ a + np.diag(1.0 / sigma**2)
        theta = np.asarray(np.linalg.solve(normal, aw.T @ b + mean / sigma**2), dtype=np.float64)
        r = b - a @ theta
        norm = np.repeat(np.linalg.norm(r.reshape(-1, 3), axis=1), 3)
        robust = np.where(norm <= 2.0, 1.0, 2.0 / np.maximum(norm, 1e-9))
    cost = float((robust * r**2).sum() + (((theta - mean) / sigma) ** 2).sum())
    miss = (y[..., 0] - (turn @ columns) @ theta).reshape(-1, 3)
    return cost, theta, float(np.sqrt(np.mean(miss**2)))


def _sample(t0: FloatArray, values: FloatArray, t: FloatArray) -> FloatArray:
    """Interpolate rows of any shape linearly."""
    rate = 1.0 / (t0[1] - t0[0])
    at = np.clip((t - t0[0]) * rate, 0.0, len(t0) - 1.001)
    i = at.astype(np.intp)
    w = (at - i).reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(values[i] + w * (values[i + 1] - values[i]))


def _hang(
    body: BodyMotion, camera: PinholeCamera | None, path: SensorPath, clock: ClockMap, spec: ClubSpec,
    times: dict[str, float], arms: ClubMotion, params: FuseParams,
) -> ClubMotion:  # fmt: skip
    """Put the sensor's motion into the body's hands and the head at the ball."""
    hung = solve_heading(body, camera, path, clock, spec.mount, params)
    mount = spec.mount or Mount()
    span = np.asarray(clock.to_session(path.t_s))
    lo, hi = max(float(span[0]), float(body.t_s[0])), min(float(span[-1]), float(body.t_s[-1]))
    t = np.arange(lo, hi, 1.0 / params.rate_hz)
    at_club = np.asarray(clock.to_source(t))
    turn = Rotation.from_euler("z", hung.heading_rad)
    sensor = Slerp(path.t_s, Rotation.from_matrix(path.rotation))(np.clip(at_club, path.t_s[0], path.t_s[-1]))
    club = (turn * sensor * Rotation.from_quat(mount.quaternion, scalar_first=True).inv()).as_matrix()
    butt = _sample(path.t_s, hung.position_m, at_club) - club @ np.asarray(mount.position_m)
    head_in_club = head_centre_m(spec, body.handed)
    shift, shift_sigma = _take_up(body, t, butt, club, head_in_club, times, params)
    butt = butt + shift
    sigma_rad = np.full(len(t), np.hypot(params.sigma_rad, min(hung.sigma_heading_rad, 0.5)))
    sigma_m = np.hypot(shift_sigma, sigma_rad * spec.length_m)
    inner = motion_of(t, butt, club, head_in_club, sigma_m, sigma_rad, spec, "club+video")
    return _extend(inner, arms)


def _take_up(
    body: BodyMotion, t: FloatArray, butt: FloatArray, club: FloatArray, head_in_club: FloatArray,
    times: dict[str, float], params: FuseParams,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return a smooth shift (n, 3) that takes the grip to the body's hands and the head to the ball, and its sigma."""
    lead = "left" if body.handed == "right" else "right"
    inside = np.flatnonzero((body.t_s >= t[0]) & (body.t_s <= t[-1]))
    inside = inside[:: max(len(inside) // params.most_frames, 1)]
    when = body.t_s[inside]
    at = np.clip(np.searchsorted(t, when), 0, len(t) - 1)
    miss = body.joints_m[inside, JOINT[f"{lead}_hand"]] - (butt[at] + LEAD_GRIP_M * club[at][:, :, 2])
    noise = np.maximum(body.sigma_m[inside, JOINT[f"{lead}_hand"]], params.across_m)
    # Neighbouring frames err alike, so that many frames are worth no more than one each 80 ms.
    noise = noise * np.sqrt(max(0.08 * len(when) / max(float(np.ptp(when)), 0.1), 1.0))
    for name in ("address", "impact"):
        if t[0] <= times[name] <= t[-1]:
            i = int(np.clip(np.searchsorted(t, times[name]), 0, len(t) - 1))
            to_ball = BEHIND_BALL_M - (butt[i] + club[i] @ head_in_club)
            if np.linalg.norm(to_ball - np.median(miss[: len(inside)], axis=0)) > params.ball_reach_m:
                continue  # the body does not stand where its ball is: the hands are what is seen
            when = np.append(when, times[name])
            miss = np.vstack([miss, to_ball])
            noise = np.append(noise, params.ball_m)

    # A steady part, and a part that comes and goes over knot_s: a Gaussian process seen at the frames.
    def kernel(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.asarray(0.05**2 + params.follow_m**2 * np.exp(-0.5 * ((a[:, None] - b) / params.knot_s) ** 2))

    cross = kernel(t, when)
    inverse = np.linalg.inv(kernel(when, when) + np.diag(noise**2))
    shift = cross @ (inverse @ miss)
    variance = 0.05**2 + params.follow_m**2 - np.einsum("ij,jk,ik->i", cross, inverse, cross)
    return shift, np.sqrt(np.maximum(variance, 1e-6))


def _extend(inner: ClubMotion, arms: ClubMotion) -> ClubMotion:
    """Lengthen a motion by the arms' own before and after it, turning over to them within 0.15 s."""
    before, after = arms.t_s < inner.t_s[0], arms.t_s > inner.t_s[-1]
    if not (before.any() or after.any()):
        return inner
    ramp = np.minimum.reduce([
        np.where(before.any(), (inner.t_s - inner.t_s[0]) / 0.15, 1.0),
        np.where(after.any(), (inner.t_s[-1] - inner.t_s) / 0.15, 1.0),
        np.ones(len(inner.t_s)),
    ])  # fmt: skip
    ramp = ramp * ramp * (3.0 - 2.0 * ramp)
    theirs = Slerp(arms.t_s, Rotation.from_quat(arms.quaternion, scalar_first=True))(
        np.clip(inner.t_s, arms.t_s[0], arms.t_s[-1])
    )
    ours = Rotation.from_quat(inner.quaternion, scalar_first=True)
    blended = theirs * Rotation.from_rotvec((theirs.inv() * ours).as_rotvec() * ramp[:, None])
    their_butt = np.stack([np.interp(inner.t_s, arms.t_s, arms.butt_m[:, k]) for k in range(3)], axis=-1)
    butt = their_butt + ramp[:, None] * (inner.butt_m - their_butt)
    t = np.concatenate([arms.t_s[before], inner.t_s, arms.t_s[after]])
    before_q, after_q = arms.quaternion[before], arms.quaternion[after]
    quaternion = np.concatenate([before_q, blended.as_quat(scalar_first=True), after_q])
    rotation = Rotation.from_quat(quaternion, scalar_first=True).as_matrix()
    head_in_club = ours[0].inv().apply(inner.head_m[0] - inner.butt_m[0])

    def join(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.concatenate([a[before], b, a[after]])

    return motion_of(t, join(arms.butt_m, butt), rotation, head_in_club, join(arms.sigma_m, inner.sigma_m),
                     join(arms.sigma_rad, inner.sigma_rad), inner.spec, inner.source)  # fmt: skip


def stand_at_ball(
    body: BodyMotion, camera: PinholeCamera, club: ClubMotion, impact_s: float
) -> tuple[BodyMotion, PinholeCamera, ClubMotion]:
    """Move the world's origin to where the club strikes, and everything with it.

    A body lifted from one camera guesses how far away its ball lies; a measured club knows. Only level shifts are made:
    the ground is seen better than the ball.
    """
    head = np.array([np.interp(impact_s, club.t_s, club.head_m[:, k]) for k in range(3)])
    shift = (BEHIND_BALL_M - head) * np.array([1.0, 1.0, 0.0])
    return (
        replace(body, joints_m=body.joints_m + shift),
        replace(camera, position_m=camera.position_m + shift),
        replace(club, butt_m=club.butt_m + shift, head_m=club.head_m + shift),
    )
