"""A second camera's film is laid beside the first one's by itself, used for the body, and kept in the session."""

from dataclasses import replace

import numpy as np
import pytest

from tests.body.synth import camera_for, synthetic_track
from twinswing.errors import InputError
from twinswing.recording.writer import RecordingWriter
from twinswing.swing.session_io import load_session, write_session
from twinswing.swing.study import study
from twinswing.truth.build import make_swing
from twinswing.truth.golfer import tour_golfer


def film(swing, view, handed, seed, late_s=0.0):
    t = np.arange(0.0, swing.duration_s, 1.0 / 60.0)
    track = synthetic_track(
        swing.joints_at(t), t, camera_for(view, handed), np.random.default_rng(seed), height_m=swing.golfer.height_m
    )
    return replace(track, t_s=t - late_s)


@pytest.fixture(scope="module")
def swing():
    return make_swing(tour_golfer("iron"))


def test_both_films_are_used_and_kept(swing, tmp_path):
    session = study(
        None, film(swing, "face-on", "right", 1), height_m=swing.golfer.height_m,
        second=film(swing, "down-the-line", "right", 2, late_s=0.7),
    )  # fmt: skip
    assert session.second.view == "down-the-line"
    assert session.second.late_s == pytest.approx(0.7, abs=0.015)
    away = session.second.camera.position_m - session.camera.position_m
    assert away[0] < -1.5  # behind the golfer, seen from the first camera's side
    path = tmp_path / "two.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, session, scene=False)
    kept = load_session(path).second
    assert kept.late_s == session.second.late_s
    np.testing.assert_array_equal(kept.camera.rotation, session.second.camera.rotation)


def test_films_of_two_golfers_are_refused(swing):
    other = make_swing(tour_golfer("iron", handed="left"))
    with pytest.raises(InputError, match="handed golfer in the first"):
        study(None, film(swing, "face-on", "right", 1), second=film(other, "face-on", "left", 2))
