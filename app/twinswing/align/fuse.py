"""The club's motion in the world: by its own sensor where there is one, else from the arms alone."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation, Slerp

from twinswing.align.club_frame import head_centre_m, motion_of
from twinswing.align.extend import extend
from twinswing.align.hinge import club_from_body, swing_times
from twinswing.align.sense import SensedClub
from twinswing.body.skeleton import BodyMotion
from twinswing.club.model import ClubMotion, ClubSpec

FloatArray = NDArray[np.float64]


# Of the motion that is returned.
RATE_HZ = 400.0


def fuse_club(
    body: BodyMotion,
    spec: ClubSpec | None = None,
    sensed: SensedClub | None = None,
    *,
    shaft: FloatArray | None = None,
    events: dict[str, float] | None = None,
) -> ClubMotion:
    """Return the club's motion in the world.

    body   : the golfer's joints, fitted to the sensed club where there is one.
    spec   : the club; a 7 iron where None.
    sensed : the club's own swing, whose place is taken as it is; None for a video alone.
    shaft  : shaft directions in the world seen in the video, shape (n, 3) at `body.t_s`, NaN where not.
    events : times of known events, session seconds.

    Without a sensed club it is guessed from the arms alone, with their larger deviation.
    """
    arms = club_from_body(body, spec or ClubSpec(), swing_times(body, events), shaft)
    return arms if sensed is None else extend(_placed(sensed, body), arms, sensed.free)


def _placed(sensed: SensedClub, body: BodyMotion) -> ClubMotion:
    """Return a sensed club at the rate that motions are given at, with what its aim adds to its uncertainty."""
    own = sensed.motion
    t = np.arange(max(own.t_s[0], body.t_s[0]), min(own.t_s[-1], body.t_s[-1]), 1.0 / RATE_HZ)
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


def _rows(t: FloatArray, t0: FloatArray, values: FloatArray) -> FloatArray:
    """Interpolate each column linearly, shape (n, k)."""
    return np.stack([np.interp(t, t0, values[:, k]) for k in range(values.shape[1])], axis=-1)
