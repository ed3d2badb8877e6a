"""The club inferred from the arms alone: a wrist that cocks, holds and releases, and a head that starts at the ball."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter1d

from twinswing.align.club_frame import LEAD_GRIP_M, behind_ball_m, head_centre_m, motion_of, unit
from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.model import ClubMotion, ClubSpec

FloatArray = NDArray[np.float64]
DEG = np.pi / 180.0
ARM_M = 0.6  # shoulder to fist of an adult


@dataclass(frozen=True)
class HingeParams:
    """The usual wrist, angles between lead arm and shaft in the club's plane, radians.

    From a motion-captured tour iron swing (held at 102 degrees, released from 70 % of the downswing on) and full swings
    of other reaches (115 to 122 degrees). `release` is the share of the top's angle at tenths of the downswing; the
    last, at impact, follows from where the ball is.

    toe_up, mid_backswing, top : wrist angle at these events.
    mid_follow_through, finish : the same beyond impact, negative.
    roll_top       : turn of the face about the shaft at the top, against the plane.
    rate_hz        : the motion is given at this rate.
    sigma_top_rad  : one standard deviation of the shaft's direction between the anchors at address and impact.
    sigma_ball_rad : the same at the anchors.
    shaft_sigma_rad: of a shaft direction that was seen in the picture.
    """

    toe_up: float = 36.0 * DEG
    mid_backswing: float = 70.0 * DEG
    top: float = 110.0 * DEG
    release: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0, 1.0, 0.985, 0.955, 0.88, 0.73, 0.48)
    mid_follow_through: float = -70.0 * DEG
    finish: float = -140.0 * DEG
    roll_top: float = 78.0 * DEG
    rate_hz: float = 240.0
    sigma_top_rad: float = 0.28
    sigma_ball_rad: float = 0.10
    shaft_sigma_rad: float = 0.06


@dataclass(frozen=True)
class Plane:
    """The club's plane: `down` from the hands at address to the ball, `away` from the target in the plane, normal."""

    down: FloatArray
    away: FloatArray
    normal: FloatArray

    def angle(self, v: FloatArray) -> FloatArray:
        """Return the angle of vectors (n, 3) from `down` toward `away`, unwrapped, radians."""
        return np.asarray(np.unwrap(np.arctan2(v @ self.away, v @ self.down)))

    def direction(self, angle: FloatArray, lift: FloatArray) -> FloatArray:
        """Return unit vectors at angles in the plane, lifted off it toward the normal, shape (n, 3)."""
        flat = np.cos(angle)[:, None] * self.down + np.sin(angle)[:, None] * self.away
        return np.asarray(np.cos(lift)[:, None] * flat + np.sin(lift)[:, None] * self.normal)


def swing_times(body: BodyMotion, events: dict[str, float] | None) -> dict[str, float]:
    """Return address, top and impact (and whatever else is given): from events, else from the lead hand's own path."""
    found = dict(events or {})
    hand = _lead(body, "hand")
    width = max(0.02 / float(np.median(np.diff(body.t_s))), 0.5)
    smooth = gaussian_filter1d(hand, width, axis=0)
    speed = np.linalg.norm(np.gradient(smooth, body.t_s, axis=0), axis=1)
    if "impact" not in found:
        # Fastest hands, then their lowest place shortly after.
        fast = int(np.argmax(speed))
        after = (body.t_s >= body.t_s[fast]) & (body.t_s <= body.t_s[fast] + 0.15)
        found["impact"] = float(body.t_s[after][int(np.argmin(smooth[after, 2]))])
    if "top" not in found:
        before = (body.t_s < found["impact"] - 0.12) & (body.t_s > found["impact"] - 0.6)
        found["top"] = (
            float(body.t_s[before][int(np.argmax(smooth[before, 2]))]) if before.any() else found["impact"] - 0.26
        )
    if "address" not in found:
        still = (body.t_s < found["top"] - 0.4) & (speed < 0.25)
        found["address"] = float(body.t_s[still][-1]) if still.any() else max(float(body.t_s[0]), found["top"] - 0.85)
    return found


def club_from_body(
    body: BodyMotion,
    spec: ClubSpec,
    events: dict[str, float] | None,
    shaft: FloatArray | None = None,
    params: HingeParams | None = None,
) -> ClubMotion:
    """Infer the club's motion from the arms; the head lies at the ball (the world's origin) at address and impact.

    body   : joints in the world, at least the swing.
    events : times of the eight events that are known, session seconds.
    shaft  : shaft directions in the world that were seen, shape (n, 3) at `body.t_s`, NaN where not seen.
    """
    params = params or HingeParams()
    t = np.arange(body.t_s[0], body.t_s[-1], 1.0 / params.rate_hz)
    hand, arm = _arms(body, t)
    times = swing_times(body, events)
    at = {name: int(np.clip(np.searchsorted(t, when), 0, len(t) - 1)) for name, when in times.items()}
    head_in_club = head_centre_m(spec, body.handed)
    plane = _plane(hand[at["address"]])
    alpha = plane.angle(arm)
    alpha = alpha - 2.0 * np.pi * np.round(alpha[at["address"]] / (2.0 * np.pi))
    # Toward the ball, short of the head's own reach from the shaft's axis.
    to_ball = {k: unit(-hand[at[k]] + np.array([0.0, 0.0, 0.02])) for k in ("address", "impact")}
    wrist = _wrist(t, times, alpha, {k: float(plane.angle(v[None])[0]) for k, v in to_ball.items()}, at, params)
    phi = alpha + wrist
    lift = _lift(t, times, {k: float(np.arcsin(np.clip(v @ plane.normal, -1, 1))) for k, v in to_ball.items()})
    hands_sigma = np.interp(t, body.t_s, body.sigma_m[:, JOINT[_name(body, "hand")]])
    # A hand that is off by some centimetres turns the arm that the wrist hangs on.
    sigma = np.hypot(_sigma(t, times, params), hands_sigma / ARM_M)
    if shaft is not None:
        phi, sigma = _see(t, phi, sigma, body.t_s, shaft, plane, params)
    z = plane.direction(phi, lift)
    rotation = _roll(t, times, z, plane, phi, params)
    butt = hand - LEAD_GRIP_M * z
    butt = butt + _to_ball(t, times, at, butt, rotation @ head_in_club, behind_ball_m(spec))
    sigma_m = np.hypot(sigma * spec.length_m, hands_sigma)
    return motion_of(t, butt, rotation, head_in_club, sigma_m, sigma, spec, "video")


def _name(body: BodyMotion, part: str) -> str:
    return f"{'left' if body.handed == 'right' else 'right'}_{part}"


def _lead(body: BodyMotion, part: str) -> FloatArray:
    return body.joints_m[:, JOINT[_name(body, part)]]


def _arms(body: BodyMotion, t: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the lead hand (n, 3), the lead arm's direction (n, 3) on the fine times."""
    sampled = []
    for part in ("hand", "shoulder"):
        path = _lead(body, part)
        curve = PchipInterpolator(body.t_s, path, axis=0)
        sampled.append(gaussian_filter1d(curve(t), 0.006 / (t[1] - t[0]), axis=0))
    hand, shoulder = sampled
    return hand, unit(hand - shoulder)


def _plane(hand_at_address: FloatArray) -> Plane:
    down = unit(-hand_at_address)
    away = np.array([-1.0, 0.0, 0.0])
    away = unit(away - (away @ down) * down)
    return Plane(down, away, np.cross(down, away))


def _wrist(
    t: FloatArray, times: dict[str, float], alpha: FloatArray, ball: dict[str, float], at: dict[str, int],
    params: HingeParams,
) -> FloatArray:  # fmt: skip
    """Return the wrist angle over time, through the events that are known and the usual angles at the others."""
    address, top, impact = times["address"], times["top"], times["impact"]
    back, down = top - address, impact - top
    knots = {address - 10.0: ball["address"] - alpha[at["address"]], address: ball["address"] - alpha[at["address"]]}
    # The shaft is level at toe-up and at mid-follow-through by definition: where they are known they anchor it.
    toe_up = times.get("toe_up", address + 0.42 * back)
    if address < toe_up < top:
        seen = 0.5 * np.pi - alpha[int(np.clip(np.searchsorted(t, toe_up), 0, len(t) - 1))]
        knots[toe_up] = float(np.clip(seen, 0.0, 75.0 * DEG)) if "toe_up" in times else params.toe_up
    middle = times.get("mid_backswing", address + 0.62 * back)
    if toe_up < middle < top:
        knots[middle] = params.mid_backswing
    for i, share in enumerate(params.release):
        knots[top + 0.1 * i * down] = share * params.top
    knots[impact] = ball["impact"] - alpha[at["impact"]]
    through = times.get("mid_follow_through", impact + 0.22 * down)
    if through > impact:
        seen = -0.5 * np.pi - alpha[int(np.clip(np.searchsorted(t, through), 0, len(t) - 1))]
        known = "mid_follow_through" in times
        knots[through] = float(np.clip(seen, -110.0 * DEG, 0.0)) if known else params.mid_follow_through
    finish = times.get("finish", impact + 2.4 * down)
    if finish > through + 0.05:
        knots[finish] = params.finish
        knots[finish + 10.0] = params.finish
    when = np.array(sorted(knots))
    curve = PchipInterpolator(when, np.array([knots[k] for k in when]), extrapolate=True)
    return gaussian_filter1d(np.asarray(curve(t)), 0.006 / (t[1] - t[0]), mode="nearest")


def _bump(t: FloatArray, centre_s: float, before_s: float, after_s: float) -> FloatArray:
    """Return a smooth bump of height one at a time, zero beyond the spans before and after."""
    x = np.where(t < centre_s, (t - centre_s) / before_s, (t - centre_s) / after_s)
    return np.asarray(np.where(np.abs(x) < 1.0, np.cos(0.5 * np.pi * np.clip(x, -1, 1)) ** 2, 0.0))


def _anchors(t: FloatArray, times: dict[str, float]) -> tuple[FloatArray, FloatArray]:
    """Return how much address and impact bind, each (n,): address holds from before, impact lasts 0.1 s each way."""
    address = np.where(t <= times["address"], 1.0, _bump(t, times["address"], 1.0, 0.35))
    return address, _bump(t, times["impact"], 0.1, 0.1)


def _lift(t: FloatArray, times: dict[str, float], lift: dict[str, float]) -> FloatArray:
    address, impact = _anchors(t, times)
    return np.asarray(lift["address"] * address + lift["impact"] * impact)


def _sigma(t: FloatArray, times: dict[str, float], params: HingeParams) -> FloatArray:
    address, impact = _anchors(t, times)
    bound = np.clip(address + impact, 0.0, 1.0)
    return np.asarray(params.sigma_top_rad + (params.sigma_ball_rad - params.sigma_top_rad) * bound)


def _to_ball(
    t: FloatArray, times: dict[str, float], at: dict[str, int], butt: FloatArray, lever: FloatArray, where: FloatArray
) -> FloatArray:
    """Return the small shift, shape (n, 3), that takes the head to the ball at address and impact.

    The body's hands are wrong by centimetres; what exceeds 12 cm is not theirs and is left.
    """
    out = np.zeros_like(butt)
    for name, share in zip(("address", "impact"), _anchors(t, times), strict=True):
        miss = where - (butt[at[name]] + lever[at[name]])
        size = float(np.linalg.norm(miss))
        out += share[:, None] * miss * min(1.0, 0.12 / max(size, 1e-9))
    return out


def _see(
    t: FloatArray, phi: FloatArray, sigma: FloatArray, seen_t: FloatArray, shaft: FloatArray, plane: Plane,
    params: HingeParams,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Correct the angle in the plane by shaft directions that were seen, smoothly in between."""
    good = np.isfinite(shaft).all(1)
    if good.sum() < 3:
        return phi, sigma
    when = seen_t[good]
    angle = np.arctan2(shaft[good] @ plane.away, shaft[good] @ plane.down)
    miss = np.angle(np.exp(1j * (angle - np.interp(when, t, phi))))
    # A Gaussian process of 40 ms with the model's own deviation: near what was seen it follows, elsewhere it returns.
    prior = np.interp(when, t, sigma)
    near = np.exp(-0.5 * ((when[:, None] - when) / 0.04) ** 2) * prior[:, None] * prior
    gain = np.linalg.solve(near + params.shaft_sigma_rad**2 * np.eye(len(when)), np.eye(len(when)))
    cross = np.exp(-0.5 * ((t[:, None] - when) / 0.04) ** 2) * sigma[:, None] * prior
    usable = np.abs(miss) < 1.2
    correction = cross @ (gain @ np.where(usable, miss, 0.0))
    variance = sigma**2 - np.einsum("ij,jk,ik->i", cross, gain, cross)
    return phi + correction, np.sqrt(np.maximum(variance, 0.25 * params.shaft_sigma_rad**2))


def _roll(
    t: FloatArray, times: dict[str, float], z: FloatArray, plane: Plane, phi: FloatArray, params: HingeParams
) -> FloatArray:
    """Return club to world: the toe away from the golfer at address and impact, opened about the shaft at the top."""
    address, top, impact = times["address"], times["top"], times["impact"]
    down = impact - top
    knots = [address - 10.0, address, top, top + 0.45 * down, impact, impact + 0.25 * down, impact + 3.0 * down,
             impact + 20.0]  # fmt: skip
    values = np.array([0.0, 0.0, 1.0, 1.0, 0.0, -0.55, -1.0, -1.0]) * params.roll_top
    roll = gaussian_filter1d(np.asarray(PchipInterpolator(knots, values)(t)), 0.008 / (t[1] - t[0]), mode="nearest")
    tangent = -np.sin(phi)[:, None] * plane.down + np.cos(phi)[:, None] * plane.away
    # Away from the golfer, who stands on the side that the plane leans to.
    outward = unit(np.cross(z, tangent)) * (-1.0 if plane.down[1] < 0.0 else 1.0)
    x = np.cos(roll)[:, None] * outward + np.sin(roll)[:, None] * tangent
    return np.stack([x, np.cross(z, x), z], axis=-1)
