"""From a club's samples to the club's motion: orientation, path of the head, speed, each with its uncertainty.

The frame is the world's up to two things that a club alone cannot know: which way the target lies (a heading, given by
the video, or taken from the address: the shaft points away from the golfer) and where the ball is (the head's place at
address is put there).
"""

from dataclasses import dataclass, field, replace

import numpy as np

from twinswing.club.clipping import mend_clipped
from twinswing.club.impact import ImpactShock, find_impacts, swing_peaks
from twinswing.club.model import ClubMotion, ClubSpec, FloatArray, ImuSamples, Mount
from twinswing.club.mount import FoundMount, find_mount
from twinswing.club.orientation import between, continuous, heading_turn, multiply, rotate
from twinswing.club.smoother import Known, Navigation, NavigationSettings, matrices, navigate, skew
from twinswing.club.stillness import Still, find_still
from twinswing.errors import InputError

UP = np.array([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class SwingSettings:
    """Where one swing lies in a log.

    before_s  : address ends at most this long before the fastest turning: a slow backswing takes 1.5 s, plus a pause.
    after_s   : a finish is reached within this.
    address_s : how much of the address is used: its end, since players waggle before.
    finish_s  : how much of the finish: its calmest part, since the body settles slowly and the club turns with it.
    calm_radps, calm_mps2: a rate and a spread of the force that disturb what is known of a finish about equally, as a
                settling body's do: half of what NavigationSettings allows a finish.
    calm_share: of these, within which another part is as calm as the calmest; the earliest such part is taken, for what
                is integrated longer drifts more.
    clipped_share : a clipped rate is short by about this share (2000 deg/s clips up to a fifth off a fast swing).
    unstruck_share: the largest speed exceeds that at the ball by about this share: the head slows as the wrists pass.
    approach_s    : before the ball, over which the speed is carried on to the instant of impact.
    heading_sigma_rad : of "the shaft points straight away from the golfer" when no heading is given.
    """

    before_s: float = 3.0
    after_s: float = 3.0
    address_s: float = 0.6
    finish_s: float = 0.4
    calm_radps: float = 0.04
    calm_mps2: float = 0.08
    calm_share: float = 0.05
    heading_sigma_rad: float = 0.09
    approach_s: float = 0.012
    clipped_share: float = 0.08
    unstruck_share: float = 0.03


@dataclass(frozen=True)
class SwingSpan:
    """Rows of one swing: the still address [first, takeaway), the fastest turning, the still finish [settled, stop).

    settled is None where the log ends or the club is never still afterwards.
    """

    first: int
    takeaway: int
    fastest: int
    settled: int | None
    stop: int
    still: Still
    shock: ImpactShock | None


@dataclass(frozen=True)
class ClubSwing:
    """One swing as the club's sensor tells it.

    motion          : on the club's clock.
    speed_mps, speed_sigma_mps : of the head's centre, shape (n,).
    impact_s        : when it met the ball (shock), or None. head_speed_mps, head_speed_sigma_mps : just before it, or
                      the largest speed where nothing was struck.
    mount           : as stated or found. shock : the blow.
    misfit          : how well still, ball and still agree with the samples, in sigmas; above 3 the path is doubtful.
    velocity_mps, velocity_covariance : of the head's centre in the motion's frame, shapes (n, 3) and (n, 3, 3).
    still_rows      : so many rows of the motion, from its first, are the still address.
    heading_sigma_rad : the part of the motion's sigma that is its heading's, which nothing within the swing changes.
    """

    motion: ClubMotion
    speed_mps: FloatArray
    speed_sigma_mps: FloatArray
    impact_s: float | None
    head_speed_mps: float
    head_speed_sigma_mps: float
    mount: FoundMount
    shock: ImpactShock | None
    misfit: float
    warnings: tuple[str, ...] = ()
    velocity_mps: FloatArray = field(default_factory=lambda: np.zeros((0, 3)))
    velocity_covariance: FloatArray = field(default_factory=lambda: np.zeros((0, 3, 3)))
    still_rows: int = 0
    heading_sigma_rad: float = 0.0


def default_head_m(spec: ClubSpec) -> FloatArray:
    """Return about where the head's centre lies in the club frame: 4 cm toward the toe, just above the sole."""
    return np.array([0.04, 0.0, spec.length_m - 0.005])


def find_swings(samples: ImuSamples, settings: SwingSettings | None = None) -> list[SwingSpan]:
    """Return the swings in a log that start from a still club, in order of time."""
    settings = settings or SwingSettings()
    still = find_still(samples)
    shocks = find_impacts(samples)
    spans = []
    for peak in swing_peaks(samples):
        t = samples.t_s
        before = [run for run in still if run.stop <= peak and t[peak] - t[run.stop - 1] <= settings.before_s]
        if not before:
            continue
        address = before[-1]
        after = [run for run in still if run.first > peak and t[run.first] - t[peak] <= settings.after_s]
        first = max(address.first, int(np.searchsorted(t, t[address.stop - 1] - settings.address_s)))
        if after:
            settled, stop = _calmest(samples, address, after[0], t[peak] + settings.after_s, settings)
        else:
            settled, stop = None, int(np.searchsorted(t, t[peak] + settings.after_s))
        shock = next((each for each in shocks if abs(each.t_s - t[peak]) < 0.1), None)
        spans.append(SwingSpan(first, address.stop, peak, settled, stop, address, shock))
    return spans


def _calmest(
    samples: ImuSamples, address: Still, finish: Still, latest_s: float, settings: SwingSettings
) -> tuple[int, int]:
    """Return the rows [first, stop) of a still finish's calmest part that begins by `latest_s`."""
    rows = slice(finish.first, finish.stop)
    t = samples.t_s[rows]
    begins = np.flatnonzero((t <= latest_s) & (t + settings.finish_s <= t[-1]))
    if not len(begins):
        return finish.first, finish.stop  # shorter than that: all of it
    stops = np.searchsorted(t, t[begins] + settings.finish_s)
    count = stops - begins

    def mean(values: FloatArray) -> FloatArray:
        total = np.concatenate([np.zeros((1, 3)), np.cumsum(values, axis=0)])
        return np.asarray((total[stops] - total[begins]) / count[:, None])

    rate = samples.gyro_radps[rows] - address.gyro_bias_radps
    force = samples.accel_mps2[rows] - finish.accel_mps2
    turning = np.sqrt(mean(rate**2).sum(axis=1))
    shaking = np.sqrt(np.maximum((mean(force**2) - mean(force) ** 2).sum(axis=1), 0.0))
    restless = np.hypot(turning / settings.calm_radps, shaking / settings.calm_mps2)
    k = int(np.argmax(restless <= restless.min() + settings.calm_share))
    return finish.first + int(begins[k]), finish.first + int(stops[k])


def part(samples: ImuSamples, first: int, stop: int) -> ImuSamples:
    """Return the rows [first, stop)."""
    rows = slice(first, stop)
    return replace(
        samples,
        t_s=samples.t_s[rows],
        accel_mps2=samples.accel_mps2[rows],
        gyro_radps=samples.gyro_radps[rows],
        clipped=samples.clipped[rows],
        mag=None if samples.mag is None else samples.mag[rows],
    )


def find_motion(
    samples: ImuSamples,
    spec: ClubSpec | None = None,
    *,
    handed: str = "right",
    heading_rad: float | None = None,
    head_m: FloatArray | None = None,
    span: SwingSpan | None = None,
    settings: SwingSettings | None = None,
    navigation: NavigationSettings | None = None,
) -> ClubSwing:
    """Return one swing's motion: `span`, or the fastest swing in the log.

    handed      : "right" or "left": which way "away from the golfer" is.
    heading_rad : turn about the vertical of the shaft's horizontal direction at address, from "away from the golfer",
                  counter-clockwise seen from above; None takes 0 and says so in the uncertainty.
    head_m      : the head's centre in the club frame, metres, (3,).

    Raises InputError where the log holds no swing that starts from a still club.
    """
    settings = settings or SwingSettings()
    spec = spec or samples.spec or ClubSpec(serial=samples.serial)
    if span is None:
        spans = find_swings(samples, settings)
        if not spans:
            raise InputError(
                "a swing needs a still address of 0.15 s and then a movement of 5 rad/s or more, and the club's log "
                f"of {samples.t_s[-1] - samples.t_s[0]:.1f} s holds none"
            )
        span = max(spans, key=lambda each: float(np.linalg.norm(samples.gyro_radps[each.fastest])))
    swing = part(samples, span.first, span.stop)
    mended = mend_clipped(swing, span.shock.t_s if span.shock is not None else None)
    mount = find_mount(mended, spec, span.still, takeaway=span.takeaway - span.first, shock=span.shock)
    found = _navigate(mended, span, mount, spec, head_m, navigation)
    return _place(found, swing, span, mount, spec, handed, heading_rad, head_m, settings)


def _navigate(
    swing: ImuSamples,
    span: SwingSpan,
    mount: FoundMount,
    spec: ClubSpec,
    head_m: FloatArray | None,
    settings: NavigationSettings | None,
) -> Navigation:
    n = len(swing.t_s)
    rows = np.arange(n)
    address = rows < span.takeaway - span.first
    finish = np.zeros(n, dtype=np.bool_) if span.settled is None else rows >= span.settled - span.first
    row, at, at_sigma = None, None, 0.0
    if span.shock is not None:
        at, at_sigma = span.shock.t_s, span.shock.sigma_s
        row = int(np.clip(np.searchsorted(swing.t_s, at) - 1, 0, n - 1))
    start = between(swing.accel_mps2[address].mean(axis=0), UP)
    arm = mount.sensor_to(default_head_m(spec) if head_m is None else head_m)
    known = Known(address, finish, row, at, at_sigma, arm)
    noise = (span.still.gyro_noise_radps, span.still.accel_noise_mps2)
    return navigate(swing, start, span.still.gyro_bias_radps, known, noise=noise, settings=settings)


def _place(
    found: Navigation,
    swing: ImuSamples,
    span: SwingSpan,
    mount: FoundMount,
    spec: ClubSpec,
    handed: str,
    heading_rad: float | None,
    head_m: FloatArray | None,
    settings: SwingSettings,
) -> ClubSwing:
    """Turn the navigation's frame into the world's and the sensor's motion into the club's."""
    head = default_head_m(spec) if head_m is None else np.asarray(head_m, dtype=np.float64)
    to_club = mount.quaternion
    inverse = to_club * np.array([1.0, -1.0, -1.0, -1.0])
    club = multiply(found.quaternion, np.broadcast_to(inverse, found.quaternion.shape))
    shaft = rotate(club[0], UP)
    away = -np.pi / 2.0 if handed == "right" else np.pi / 2.0
    turn = away - float(np.arctan2(shaft[1], shaft[0])) + (heading_rad or 0.0)
    world = heading_turn(turn)
    q = continuous(multiply(np.broadcast_to(world, club.shape), club))
    position, velocity = rotate(world, found.position_m), rotate(world, found.velocity_mps)
    mount_m = np.asarray(mount.position_m)
    butt = position - rotate(q, np.broadcast_to(mount_m, position.shape))
    centre = butt + rotate(q, np.broadcast_to(head, position.shape))
    # The head stands at the ball at address; its centre is about as high above the ground as it lies above the sole.
    origin = centre[0] - np.array([0.0, 0.0, 0.03])
    arm = mount.sensor_to(head)
    rate = rotate(multiply(np.broadcast_to(world, club.shape), found.quaternion), found.gyro_radps)
    lever = rotate(multiply(np.broadcast_to(world, club.shape), found.quaternion), np.broadcast_to(arm, rate.shape))
    head_velocity = velocity + np.cross(rate, lever)
    speed = np.linalg.norm(head_velocity, axis=1)
    sigma_m, sigma_rad, sigma_mps = _sigmas(found, mount, rate, lever, head_velocity)
    full = swing.gyro_range_radps
    if np.isfinite(full):
        clipped = (np.abs(swing.gyro_radps) >= 0.995 * full).any(axis=1)
        short = np.where(clipped, settings.clipped_share, 0.0)
        sigma_mps = np.hypot(sigma_mps, short * np.linalg.norm(np.cross(rate, lever), axis=1))
    heading_sigma = settings.heading_sigma_rad if heading_rad is None else 0.0
    moved = np.linalg.norm((centre - centre[0])[:, :2], axis=1)
    motion = ClubMotion(
        t_s=found.t_s,
        butt_m=butt - origin,
        quaternion=q,
        head_m=centre - origin,
        sigma_m=np.hypot(sigma_m, heading_sigma * moved),
        sigma_rad=np.hypot(sigma_rad, heading_sigma),
        spec=replace(spec, mount=Mount(mount.position_m, (to_club[0], to_club[1], to_club[2], to_club[3]))),
        source="club",
    )
    return replace(
        _summary(motion, speed, sigma_mps, span, mount, found.misfit, settings),
        velocity_mps=head_velocity,
        velocity_covariance=_velocity_covariance(found, matrices(world[None])[0], head_velocity - velocity),
        still_rows=span.takeaway - span.first,
        heading_sigma_rad=heading_sigma,
    )


def _sigmas(
    found: Navigation, mount: FoundMount, rate: FloatArray, lever: FloatArray, velocity: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the standard deviations of the head's place (m), the orientation (rad) and the head's speed (m/s)."""
    P = found.covariance
    n = len(rate)
    # Place of the head: position error - lever x orientation error.
    J = np.zeros((n, 3, 9))
    J[:, :, 0:3] = -skew(lever)
    J[:, :, 6:9] = np.eye(3)
    place = np.einsum("nij,njk,nik->n", J, P, J)
    tilt = np.trace(P[:, 0:3, 0:3], axis1=1, axis2=2)
    # Speed: along the velocity's direction; a turn of everything about the sensor changes direction, not size.
    size = np.linalg.norm(velocity, axis=1)
    along = velocity / np.maximum(size, 1e-6)[:, None]
    own = np.einsum("ni,nij,nj->n", along, P[:, 3:6, 3:6], along)
    turning = np.linalg.norm(np.cross(rate, lever), axis=1)
    # Length and lever: a club's stated length is good to half an inch, a found mount to its angle.
    swing = turning * np.hypot(0.013 / max(1e-6, float(np.linalg.norm(lever[0]))), 0.5 * mount.sigma_rad)
    swing = np.hypot(swing, turning * 0.005)
    mount_m = np.linalg.norm(lever, axis=1) * mount.sigma_rad
    return (
        np.sqrt(np.maximum(place, 0.0) + mount_m**2),
        np.hypot(np.sqrt(np.maximum(tilt, 0.0) / 3.0), mount.sigma_rad),
        np.sqrt(np.maximum(own, 0.0) + swing**2),
    )


def _velocity_covariance(found: Navigation, world: FloatArray, turning: FloatArray) -> FloatArray:
    """Return the covariance of the head's velocity in the world, shape (n, 3, 3), (m/s)^2.

    world   : navigation frame to world, shape (3, 3). turning: the head's velocity about the sensor, world, (n, 3).
    """
    P = found.covariance
    J = np.concatenate([-skew(turning @ world), np.tile(np.eye(3), (len(P), 1, 1))], axis=2)
    own = J @ P[:, :6, :6] @ np.swapaxes(J, 1, 2)
    return np.asarray(world @ own @ world.T)


def _summary(
    motion: ClubMotion,
    speed: FloatArray,
    sigma: FloatArray,
    span: SwingSpan,
    mount: FoundMount,
    misfit: float,
    settings: SwingSettings,
) -> ClubSwing:
    warnings = list(mount.warnings)
    if span.settled is None:
        warnings.append("the club was not still after the swing, so its path after impact is less sure")
    if misfit > 3.0:
        warnings.append(f"still, ball and samples disagree by {misfit:.1f} sigmas: the path is doubtful")
    if span.shock is not None:
        impact_s: float | None = span.shock.t_s
        row = int(np.clip(np.searchsorted(motion.t_s, span.shock.t_s) - 1, 0, len(speed) - 1))
        # The last samples before the blow, carried on to it: the blow itself rings through the next one.
        since = motion.t_s - span.shock.t_s
        rows = (since <= 0.0) & (since >= -settings.approach_s)
        rows[max(0, row - 3) : row + 1] = True
        curve = np.polyfit(since[rows], speed[rows], 2)
        at_ball = float(np.clip(curve[2], 0.97 * speed[row], 1.03 * speed[row]))
        # A wrong instant takes the speed of another one.
        at_sigma = float(np.hypot(sigma[row], curve[1] * span.shock.sigma_s))
    else:
        impact_s = None
        row = int(np.argmax(speed))
        at_ball = float(speed[row])
        at_sigma = float(np.hypot(sigma[row], settings.unstruck_share * at_ball))
        warnings.append("no blow was felt, so the head's speed is its largest")
    return ClubSwing(motion, speed, sigma, impact_s, at_ball, at_sigma, mount, span.shock, misfit, tuple(warnings))
