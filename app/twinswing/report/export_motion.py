"""A swing's motion on even times, which most motion formats ask for, and the axes that other programs use."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT_NAMES, BodyMotion
from twinswing.club.model import ClubMotion
from twinswing.errors import InputError
from twinswing.swing.model import EVENT_NAMES, SwingSession
from twinswing.timeline.resample import continuous, linear, slerp

FloatArray = NDArray[np.float64]

CLUB_POINTS: tuple[str, ...] = ("club_butt", "club_head")
# Beyond these a file would be of no use to anyone; 2 kHz is twice what any club sends.
_LEAST_RATE_HZ, _MOST_RATE_HZ, _MOST_FRAMES = 1.0, 2000.0, 200_000


@dataclass(frozen=True)
class EvenMotion:
    """Body and club at even times, in the world frame (metres; X toward the target, Y to its left, Z up).

    t_s        : session time, seconds, evenly spaced, shape (n,).
    joints_m   : shape (n, 23, 3), or None without a body; sigma_m: one standard deviation, shape (n, 23).
    club_m     : butt and head, shape (n, 2, 3), or None without a club; NaN outside the club's own span.
    quaternion : club to world (w, x, y, z), sign-continuous, shape (n, 4), or None.
    club_sigma_m : of the head's place, shape (n,), or None.
    events_s   : events by name, in order, session time in seconds.
    """

    t_s: FloatArray
    rate_hz: float
    joints_m: FloatArray | None
    sigma_m: FloatArray | None
    club_m: FloatArray | None
    quaternion: FloatArray | None
    club_sigma_m: FloatArray | None
    events_s: dict[str, float]
    handed: str

    def points(self) -> tuple[list[str], FloatArray, FloatArray]:
        """Return the names, places, shape (n, points, 3), and sigmas, shape (n, points), of club and joints.

        The club comes first: TRC readers drop what is blank at the end of a line, and only a club has blanks.
        """
        names: list[str] = []
        places: list[FloatArray] = []
        sigmas: list[FloatArray] = []
        if self.club_m is not None and self.club_sigma_m is not None:
            names += CLUB_POINTS
            places.append(self.club_m)
            sigmas.append(np.repeat(self.club_sigma_m[:, None], 2, axis=1))
        if self.joints_m is not None and self.sigma_m is not None:
            names += JOINT_NAMES
            places.append(self.joints_m)
            sigmas.append(self.sigma_m)
        return names, np.concatenate(places, axis=1), np.concatenate(sigmas, axis=1)


def body_of(session: SwingSession, what: str) -> BodyMotion:
    """Return the session's body; InputError where it has none, or less than two moments of it."""
    if session.body is None or len(session.body.t_s) < 2:
        raise InputError(f"expected a golfer's body for {what}, found none in {_name(session)}")
    return session.body


def club_of(session: SwingSession) -> ClubMotion | None:
    """Return the session's club where it has at least two moments."""
    return session.club if session.club is not None and len(session.club.t_s) > 1 else None


def require_motion(session: SwingSession, what: str) -> None:
    """Raise InputError for a session with neither body nor club."""
    if club_of(session) is None and (session.body is None or len(session.body.t_s) < 2):
        raise InputError(f"expected a golfer's body or a club for {what}, found neither in {_name(session)}")


def _name(session: SwingSession) -> str:
    return "this session" if session.path is None else str(session.path)


def even_motion(session: SwingSession, what: str, rate_hz: float | None = None) -> EvenMotion:
    """Return body and club at even times over the body's span (the club's without a body).

    rate_hz: samples a second; by default the body's own (the median of its steps). Straight lines between samples, so
    that nothing is added; quaternions at a constant rate. Raises InputError for a rate or length that is out of range
    and for a session without motion.
    """
    require_motion(session, what)
    club = club_of(session)
    body = session.body if session.body is not None and len(session.body.t_s) > 1 else None
    source = body.t_s if body is not None else club.t_s if club is not None else np.zeros(0)
    rate, times = _grid(source, rate_hz)
    joints = sigma = None
    if body is not None:
        inside = np.clip(times, body.t_s[0], body.t_s[-1])  # a rounding error outside is inside
        joints, sigma = linear(body.t_s, body.joints_m, inside), linear(body.t_s, body.sigma_m, inside)
    points = quaternion = club_sigma = None
    if club is not None:
        ends = np.stack([club.butt_m, club.head_m], axis=1)
        points = linear(club.t_s, ends, times)
        quaternion = continuous(slerp(club.t_s, club.quaternion, times))
        club_sigma = linear(club.t_s, club.sigma_m, times)
    events = {name: session.events[name].t_s for name in EVENT_NAMES if name in session.events}
    handed = body.handed if body is not None else session.golfer.handed if session.golfer is not None else "right"
    return EvenMotion(times, rate, joints, sigma, points, quaternion, club_sigma, events, handed)


def _grid(t_s: FloatArray, rate_hz: float | None) -> tuple[float, FloatArray]:
    """Return the rate (Hz) and the even times over a span; a source that is even already keeps its own times."""
    steps = np.diff(t_s)
    span = float(t_s[-1] - t_s[0])
    median = float(np.median(steps))
    if rate_hz is None:
        even = float(np.max(np.abs(steps - median))) < 0.02 * median
        rate_hz = (len(t_s) - 1) / span if even else 1.0 / median
    if not _LEAST_RATE_HZ <= rate_hz <= _MOST_RATE_HZ:
        raise InputError(f"expected --rate from {_LEAST_RATE_HZ:g} to {_MOST_RATE_HZ:g} Hz, found {rate_hz:g}")
    count = int(np.floor(span * rate_hz + 1e-6)) + 1
    if not 2 <= count <= _MOST_FRAMES:
        raise InputError(
            f"expected 2 to {_MOST_FRAMES} frames to export, found {count} ({span:.3f} s at {rate_hz:g} Hz)"
        )
    return rate_hz, t_s[0] + np.arange(count) / rate_hz


def y_up(points_m: FloatArray) -> FloatArray:
    """Turn world axes into those of Y-up programs, shape (..., 3): X toward the target, Y up, Z to its right.

    A right-handed golfer faces +Z then, as figures in BVH and glTF do, and OpenSim's ground has the same up.
    """
    return np.stack([points_m[..., 0], points_m[..., 2], -points_m[..., 1]], axis=-1)


def write_bytes(out: Path, data: bytes) -> None:
    """Write a file in one go; InputError where that cannot be."""
    try:
        out.write_bytes(data)
    except OSError as error:
        raise InputError(f"the file could not be written to {out}: {error.strerror}") from error
