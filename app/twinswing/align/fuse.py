"""The club's motion in the world: its own sensor where there is one, hung in the video's body; else the arms alone."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from twinswing.align.club_frame import (
    LEAD_GRIP_M,
    TRAIL_GRIP_M,
    behind_ball_m,
    head_centre_m,
    motion_of,
    unit,
)
from twinswing.align.extend import FreeTurn, extend
from twinswing.align.hinge import club_from_body, swing_times
from twinswing.align.sense import SensedClub, sense_club
from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.model import ClubMotion, ClubSpec, ImuSamples
from twinswing.errors import InputError
from twinswing.timeline.clock import ClockMap

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class FuseParams:
    """How sensor and body are weighed; one standard deviation each.

    across_m, depth_m : a hand of the body across and along the camera's ray.
    knot_s            : what is left between body and sensor is taken up by a curve that comes and goes over this.
    follow_m, steady_m: the curve's own deviation, and that of its steady part; larger follows the body more closely.
    ball_m            : head against the ball at address and impact.
    ball_reach_m      : a body whose grip puts the head further than this from the ball is not pulled to it.
    address_rad       : the shaft at address against the line away from the golfer.
    path_rad          : what the sensor's own path, off by centimetres over a metre, adds to the heading.
    together_s        : landmarks err alike over this long.
    rate_hz           : of the motion that is returned.
    most_frames       : of the body that the curve is laid through; more say nothing new.
    """

    across_m: float = 0.03
    depth_m: float = 0.12
    knot_s: float = 0.12
    follow_m: float = 0.06
    steady_m: float = 0.10
    ball_m: float = 0.02
    ball_reach_m: float = 0.15
    address_rad: float = 0.09
    path_rad: float = 0.06
    together_s: float = 0.08
    rate_hz: float = 400.0
    most_frames: int = 150


def fuse_club(
    body: BodyMotion,
    camera: PinholeCamera | None,
    imu: ImuSamples | None,
    clock: ClockMap | None,
    spec: ClubSpec | None = None,
    shaft: FloatArray | None = None,
    events: dict[str, float] | None = None,
    params: FuseParams | None = None,
    sensed: SensedClub | None = None,
) -> ClubMotion:
    """Return the club's motion in the world.

    body   : the golfer's joints from the video.
    camera : says which of the body's directions is the poorly seen depth; None weighs all alike.
    imu    : the club's samples, or None for a video alone. clock : the club's clock on the session's.
    spec   : the club; the stream's own, else a 7 iron, where None. A mount that it does not state is found.
    shaft  : shaft directions in the world seen in the video, shape (n, 3) at `body.t_s`, NaN where not.
    events : times of known events, session seconds.
    sensed : the club's swing that the body was fitted to: its place is then taken as it is.

    Falls back to the arms alone, with their larger deviation, where the stream does not cover the swing.
    """
    params = params or FuseParams()
    spec = spec or (imu.spec if imu is not None and imu.spec is not None else ClubSpec())
    times = swing_times(body, events)
    arms = club_from_body(body, spec, times, shaft)
    if imu is None or clock is None:
        return arms
    if sensed is not None:
        return extend(_placed(sensed, body, params), arms, FreeTurn.of(imu, sensed.swing.mount, clock))
    sensed = sense_club(imu, clock, spec, body.handed, times)
    if sensed is None:
        return arms
    return _hang(body, camera, sensed, times, arms, FreeTurn.of(imu, sensed.swing.mount, clock), params)


def _placed(sensed: SensedClub, body: BodyMotion, params: FuseParams) -> ClubMotion:
    """Return a sensed club at the rate that motions are given at, with what its aim adds to its uncertainty."""
    own = sensed.motion
    t = np.arange(max(own.t_s[0], body.t_s[0]), min(own.t_s[-1], body.t_s[-1]), 1.0 / params.rate_hz)
    club = Slerp(own.t_s, Rotation.from_quat(own.quaternion, scalar_first=True))(t).as_matrix()
    inner = motion_of(
        t, _rows(t, own.t_s, own.butt_m), club, head_centre_m(own.spec, body.handed),
        np.interp(t, own.t_s, own.sigma_m), np.interp(t, own.t_s, own.sigma_rad), own.spec, "club+video",
    )  # fmt: skip
    away = np.linalg.norm(inner.head_m[:, :2], axis=1)
    return replace(
        inner,
        sigma_m=np.hypot(inner.sigma_m, sensed.heading_sigma_rad * away),
        sigma_rad=np.hypot(inner.sigma_rad, sensed.heading_sigma_rad),
    )


@dataclass(frozen=True)
class Hung:
    """A club turned and shifted into the body's hands: heading (rad) and shift (m), with one sigma of the heading."""

    heading_rad: float
    sigma_heading_rad: float
    shift_m: FloatArray
    rms_m: float


def solve_heading(
    body: BodyMotion,
    camera: PinholeCamera | None,
    club: ClubMotion,
    times: dict[str, float],
    params: FuseParams | None = None,
) -> Hung:
    """Find the turn about the vertical and the shift that put a club's grip into the body's hands.

    The turn is searched on a grid and refined, with the club's own guess at address (its shaft points away from the
    golfer) as a prior; the shift is a robust mean, weighed by what the camera sees well.
    """
    params = params or FuseParams()
    # Up to impact only: the last of the downswing clips a common accelerometer, and the blow shakes what follows.
    keep = (body.t_s >= max(club.t_s[0], times["address"] - 0.2)) & (body.t_s <= min(club.t_s[-1], times["impact"]))
    if keep.sum() < 4:
        raise InputError(
            f"expected the club's stream to cover the video's swing, found {int(keep.sum())} common frames"
        )
    lead = "left" if body.handed == "right" else "right"
    trail = "right" if lead == "left" else "left"
    hands = np.stack([body.joints_m[keep, JOINT[f"{side}_hand"]] for side in (lead, trail)], axis=1)
    at = np.clip(np.searchsorted(club.t_s, body.t_s[keep]), 0, len(club.t_s) - 1)
    shaft = Rotation.from_quat(club.quaternion[at], scalar_first=True).as_matrix()[:, :, 2]
    grips = np.stack([club.butt_m[at] + grip * shaft for grip in (LEAD_GRIP_M, TRAIL_GRIP_M)], axis=1)
    weight = _weights(camera, hands, params)
    frames = max(params.together_s * len(at) / max(float(np.ptp(body.t_s[keep])), 0.1), 1.0)

    def cost_at(heading: float) -> float:
        off = float(np.angle(np.exp(1j * heading))) / params.address_rad
        return _shift_at(heading, hands, grips, weight)[0] / frames + off**2

    best, step = 0.0, 2.0 * np.pi / 48.0
    for trial in (step * np.arange(48), *[step * 3.0**-k * np.arange(-3, 4) for k in range(1, 6)]):
        costs = [cost_at(best + turn) for turn in trial]
        best = best + float(trial[int(np.argmin(costs))])
    _cost, shift, rms = _shift_at(best, hands, grips, weight)
    # The curvature over +-2 degrees gives the heading's deviation.
    reach = np.deg2rad(2.0)
    curvature = max((cost_at(best - reach) + cost_at(best + reach) - 2.0 * cost_at(best)) / reach**2, 1e-6)
    return Hung(best, float(np.hypot(np.sqrt(2.0 / curvature), params.path_rad)), shift, rms)


def _weights(camera: PinholeCamera | None, hands: FloatArray, params: FuseParams) -> FloatArray:
    """Return the square root of each hand's information in the world, shape (n, 2, 3, 3): little along the ray."""
    if camera is None:
        return np.broadcast_to(np.eye(3) / (2.0 * params.across_m), (*hands.shape[:2], 3, 3))
    ray = unit(hands - camera.position_m)
    along = ray[..., :, None] * ray[..., None, :]
    return np.asarray((np.eye(3) - along) / params.across_m + along / params.depth_m)


def _shift_at(
    heading: float, hands: FloatArray, grips: FloatArray, weight: FloatArray
) -> tuple[float, FloatArray, float]:
    """Return the robust cost, the best shift and the RMS residual (m) at one heading."""
    turn = Rotation.from_euler("z", heading).as_matrix()
    miss = (hands - grips @ turn.T).reshape(-1, 3)
    root = weight.reshape(-1, 3, 3)
    info = np.swapaxes(root, 1, 2) @ root
    robust = np.ones(len(miss))
    shift = np.zeros(3)
    norm = robust
    for _ in range(3):
        total = (info * robust[:, None, None]).sum(0)
        shift = np.asarray(np.linalg.solve(total, (robust[:, None] * (info @ miss[..., None])[..., 0]).sum(0)))
        norm = np.linalg.norm((root @ (miss - shift)[..., None])[..., 0], axis=1)
        robust = np.where(norm <= 2.0, 1.0, 2.0 / np.maximum(norm, 1e-9))
    cost = float(np.where(norm <= 2.0, norm**2, 4.0 * norm - 4.0).sum())
    return cost, shift, float(np.sqrt(np.mean((miss - shift) ** 2)))


def _hang(
    body: BodyMotion, camera: PinholeCamera | None, sensed: SensedClub, times: dict[str, float], arms: ClubMotion,
    free: FreeTurn, params: FuseParams,
) -> ClubMotion:  # fmt: skip
    """Put the sensor's motion into the body's hands and the head at the ball."""
    own = sensed.motion
    hung = solve_heading(body, camera, own, times, replace(params, address_rad=sensed.heading_sigma_rad, path_rad=0.0))
    t = np.arange(max(own.t_s[0], body.t_s[0]), min(own.t_s[-1], body.t_s[-1]), 1.0 / params.rate_hz)
    turn = Rotation.from_euler("z", hung.heading_rad)
    club = (turn * Slerp(own.t_s, Rotation.from_quat(own.quaternion, scalar_first=True))(t)).as_matrix()
    butt = turn.apply(_rows(t, own.t_s, own.butt_m)) + hung.shift_m
    head_in_club = head_centre_m(own.spec, body.handed)
    shift, shift_sigma = _take_up(body, own.spec, t, butt, club, times, params)
    sigma_rad = np.hypot(np.interp(t, own.t_s, own.sigma_rad), min(hung.sigma_heading_rad, 0.5))
    sigma_m = np.hypot(np.interp(t, own.t_s, own.sigma_m), np.hypot(shift_sigma, sigma_rad * own.spec.length_m))
    inner = motion_of(t, butt + shift, club, head_in_club, sigma_m, sigma_rad, own.spec, "club+video")
    return extend(inner, arms, free)


def _rows(t: FloatArray, t0: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate each column linearly, shape (n, k)."""
    return np.stack([np.interp(t, t0, values[:, k]) for k in range(values.shape[1])], axis=-1)


def _take_up(
    body: BodyMotion, spec: ClubSpec, t: FloatArray, butt: FloatArray, club: FloatArray,
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
    noise = noise * np.sqrt(max(params.together_s * len(when) / max(float(np.ptp(when)), 0.1), 1.0))
    for name in ("address", "impact"):
        if t[0] <= times[name] <= t[-1]:
            i = int(np.clip(np.searchsorted(t, times[name]), 0, len(t) - 1))
            to_ball = behind_ball_m(spec) - (butt[i] + club[i] @ head_centre_m(spec, body.handed))
            if np.linalg.norm(to_ball - np.median(miss[: len(inside)], axis=0)) > params.ball_reach_m:
                continue  # the body does not stand where its ball is: the hands are what is seen
            when = np.append(when, times[name])
            miss = np.vstack([miss, to_ball])
            noise = np.append(noise, params.ball_m)

    # A steady part, and a part that comes and goes over knot_s: a Gaussian process seen at the frames.
    def kernel(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.asarray(
            params.steady_m**2 + params.follow_m**2 * np.exp(-0.5 * ((a[:, None] - b) / params.knot_s) ** 2)
        )

    cross = kernel(t, when)
    inverse = np.linalg.inv(kernel(when, when) + np.diag(noise**2))
    shift = cross @ (inverse @ miss)
    variance = params.steady_m**2 + params.follow_m**2 - np.einsum("ij,jk,ik->i", cross, inverse, cross)
    return shift, np.sqrt(np.maximum(variance, 1e-6))


def stand_at_ball(
    body: BodyMotion, camera: PinholeCamera, club: ClubMotion, impact_s: float
) -> tuple[BodyMotion, PinholeCamera, ClubMotion]:
    """Move the world's origin to where the club strikes, and everything with it.

    A body lifted from one camera guesses how far away its ball lies; a measured club knows. Only level shifts are made:
    the ground is seen better than the ball.
    """
    head = np.array([np.interp(impact_s, club.t_s, club.head_m[:, k]) for k in range(3)])
    shift = (behind_ball_m(club.spec) - head) * np.array([1.0, 1.0, 0.0])
    return (
        replace(body, joints_m=body.joints_m + shift),
        replace(camera, position_m=camera.position_m + shift),
        replace(club, butt_m=club.butt_m + shift, head_m=club.head_m + shift),
    )
