"""An exact swing and a session as an analysis would give it: no truth at hand, every number with its uncertainty."""

from dataclasses import replace

import numpy as np
import pytest

from twinswing.body.skeleton import BodyMotion
from twinswing.club.model import ClubMotion
from twinswing.swing.model import Measure, SwingSession
from twinswing.truth.build import make_swing
from twinswing.truth.session import session_of


def thinned(session: SwingSession, rate_hz: float = 60.0) -> SwingSession:
    """Return a truth session as a camera and a slower sensor would have it, with stated uncertainties."""
    body, club = session.body, session.club
    assert body is not None
    assert club is not None
    step = round(1.0 / rate_hz / (body.t_s[1] - body.t_s[0]))
    few = slice(None, None, step)
    some = slice(None, None, 4)
    n = len(body.t_s[few])
    return replace(
        session,
        body=BodyMotion(
            body.t_s[few], body.joints_m[few], np.full((n, 23), 0.021), body.handed, "video"
        ),
        club=ClubMotion(
            club.t_s[some], club.butt_m[some], club.quaternion[some], club.head_m[some],
            np.full(len(club.t_s[some]), 0.012), np.full(len(club.t_s[some]), 0.01), club.spec, "club+video",
        ),
        measures={
            "tempo_ratio": Measure(3.1, "1", 0.2, "club+video"),
            "head_speed_mps": Measure(38.0, "m/s", 0.9, "club+video"),
            "thorax_turn_top_rad": Measure(1.4, "rad", 0.55, "video"),
        },
        warnings=("3 frames <were> bridged & marked.",),
    )  # fmt: skip


@pytest.fixture(scope="session")
def exact() -> SwingSession:
    return session_of(make_swing())


@pytest.fixture(scope="session")
def session(exact: SwingSession) -> SwingSession:
    return thinned(exact)
