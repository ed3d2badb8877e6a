"""Breaks when the pose model no longer finds the golfer that the stage draws: every figure of the bench rests on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import LANDMARK, FrameState
from twinswing.body.pose import extract_pose
from twinswing.body.skeleton import JOINT
from twinswing.errors import MissingPartError
from twinswing.truth.camera import FilmSpec
from twinswing.truth.generate import draw_scenario
from twinswing.truth.session import session_of
from twinswing.truth.swing import TruthSwing
from twinswing.truth.video import film_swing

FRAMES = 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "club", "handed"),
    [("face-on", "driver", "right"), ("down-the-line", "iron", "right"), ("oblique", "wedge", "left")],
)
def test_the_pose_model_finds_the_drawn_golfer(tmp_path: Path, view: str, club: str, handed: str) -> None:
    scene = draw_scenario(17, 0, film=FilmSpec(view, 360, 480, 30.0), club=club, handed=handed)
    swing = _from(scene.swing, scene.swing.events_s["address"])
    times = np.round(np.linspace(0.0, swing.events_s["finish"], FRAMES) * 90_000) / 90_000
    session = session_of(swing, camera=scene.camera, appearance=scene.appearance.to_dict())
    film_swing(tmp_path / "a.mp4", swing, session, scene.camera, scene.film, times, np.random.default_rng(0))
    try:
        _, track = extract_pose(tmp_path / "a.mp4")
    except MissingPartError as missing:
        pytest.skip(str(missing))
    assert np.mean(track.state == FrameState.DETECTED) >= 0.98
    assert track.visibility.mean() > 0.75
    # And finds it where it is: hips and shoulders within a few hundredths of the picture's height.
    assert _miss_px(track.image_px, scene.camera, swing.joints_at(times)) < 0.035 * scene.film.height_px


def _from(swing: TruthSwing, start_s: float) -> TruthSwing:
    """Return the swing on a clock that starts at `start_s`."""
    t = swing.t_s - start_s
    return replace(
        swing,
        t_s=t,
        body=replace(swing.body, t_s=t),
        club=replace(swing.club, t_s=t),
        events_s={name: at - start_s for name, at in swing.events_s.items()},
        _splines={},
    )


def _miss_px(image_px: np.ndarray, camera: PinholeCamera, joints_m: np.ndarray) -> float:
    names = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "shoulder", "knee", "ankle")]
    found = image_px[:, [LANDMARK[n] for n in names]]
    true = camera.project(joints_m[:, [JOINT[n] for n in names]])
    return float(np.nanmedian(np.linalg.norm(found - true, axis=-1)))
