"""A club's swing as its own sensor has it, in the world and on the session's clock: what joins body and club."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.align.club_frame import LEAD_GRIP_M, TRAIL_GRIP_M, behind_ball_m, head_centre_m, to_quaternion
from twinswing.align.extend import FreeTurn
from twinswing.body.fit import GripTrack
from twinswing.club.delivery import Delivery, DeliverySettings, find_delivery, square_heading
from twinswing.club.model import ClubMotion, ClubSpec, ImuSamples
from twinswing.club.motion import ClubSwing, SwingSettings, SwingSpan, find_motion, find_swings
from twinswing.errors import InputError
from twinswing.timeline.clock import ClockMap

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SensedClub:
    """One swing of a club's stream.

    swing   : on the club's clock, as its sensor has it.
    motion  : on the session's clock; X lies square to the leading edge at address, the head at the ball at impact (at
              address where no blow was felt).
    heading_sigma_rad : of that X against the target.
    delivery: at the ball, on the session's clock; None where nothing was struck.
    free    : how the club turns over its whole log.
    """

    swing: ClubSwing
    motion: ClubMotion
    heading_sigma_rad: float
    delivery: Delivery | None
    free: FreeTurn

    def grip(self, handed: str) -> GripTrack:
        """Return where the club puts the golfer's fists."""
        shaft = Rotation.from_quat(self.motion.quaternion, scalar_first=True).as_matrix()[:, :, 2]
        lead, trail = (self.motion.butt_m + at * shaft for at in (LEAD_GRIP_M, TRAIL_GRIP_M))
        hands = np.stack([lead, trail] if handed == "right" else [trail, lead], axis=1)
        return GripTrack(self.motion.t_s, hands, self.motion.sigma_m, self.heading_sigma_rad)


def swing_near(imu: ImuSamples, clock: ClockMap, times: dict[str, float]) -> SwingSpan | None:
    """Return the stream's swing that is the video's: its fastest moment within 0.2 s of impact; None without one."""
    near = [
        (abs(float(clock.to_session(imu.t_s[span.fastest])) - times["impact"]), k, span)
        for k, span in enumerate(find_swings(imu))
    ]
    best = min(near, default=None)
    return best[2] if best is not None and best[0] < 0.2 else None


def sense_club(
    imu: ImuSamples, clock: ClockMap, spec: ClubSpec, handed: str, times: dict[str, float]
) -> SensedClub | None:
    """Return the video's swing out of a club's stream; None where the stream does not cover it.

    times : of "top" and "impact" at least, session seconds.
    """
    span = swing_near(imu, clock, times)
    if span is None:
        return None
    head = head_centre_m(spec, handed)
    try:
        found = find_motion(
            imu, spec, handed=handed, span=span, head_m=head, settings=SwingSettings(heading_sigma_rad=0.0)
        )
    except InputError:
        return None
    t = np.asarray(clock.to_session(found.motion.t_s))
    if not (t[0] <= times["top"] and t[-1] >= times["impact"]):
        return None
    sigma = float(np.hypot(DeliverySettings().aim_sigma_rad, found.mount.face_sigma_rad))
    delivery = find_delivery(found, handed)
    if delivery is not None:
        delivery = delivery.at(float(clock.to_session(delivery.impact_s)))
    return SensedClub(found, _in_world(found, t, clock, handed), sigma, delivery, FreeTurn.of(imu, found.mount, clock))


def _in_world(found: ClubSwing, t_s: FloatArray, clock: ClockMap, handed: str) -> ClubMotion:
    motion = found.motion
    own = Rotation.from_quat(motion.quaternion, scalar_first=True)
    address = own[: max(found.still_rows, 1)].mean().as_matrix()
    turn = Rotation.from_euler("z", square_heading(address, handed))
    butt, head = turn.apply(motion.butt_m), turn.apply(motion.head_m)
    ball = behind_ball_m(motion.spec)
    if found.impact_s is None:
        shift = ball - head[: max(found.still_rows, 1)].mean(axis=0)
    else:
        at = float(clock.to_session(found.impact_s))
        shift = ball - np.array([np.interp(at, t_s, head[:, k]) for k in range(3)])
    shift[2] = 0.0  # the ground is where the head stood at address
    return replace(
        motion,
        t_s=t_s,
        butt_m=butt + shift,
        head_m=head + shift,
        quaternion=to_quaternion((turn * own).as_matrix()),
    )
