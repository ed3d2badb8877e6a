"""What headset tests share: the bundled swing as a scene, eyes that look at it."""

import numpy as np
import pytest

from twinswing.headset.frames import ZUP_FROM_XR, Eye, Fov, about_up, pose_matrix
from twinswing.resources import bundled_recording
from twinswing.stage.scene import SwingScene
from twinswing.swing.model import SwingSession
from twinswing.swing.session_io import load_session

WIDE = Fov(-0.72, 0.72, 0.72, -0.72)


@pytest.fixture(scope="session")
def swing() -> SwingSession:
    return load_session(bundled_recording("driver-face-on.mcap"))


@pytest.fixture
def scene(swing: SwingSession) -> SwingScene:
    made = SwingScene(swing)
    made.set_time(swing.events["impact"].t_s)
    return made


def eyes_at(
    position_m: tuple[float, float, float] = (0.0, -2.2, 1.6), heading_rad: float = 0.0, apart_m: float = 0.063,
    fovs: tuple[Fov, Fov] = (WIDE, WIDE),
) -> tuple[Eye, Eye]:  # fmt: skip
    """Return two eyes at a place, level; heading 0 looks along +Y."""
    head = about_up(heading_rad) @ ZUP_FROM_XR
    head[:3, 3] = position_m
    left, right = (
        Eye(head @ pose_matrix([side * apart_m / 2, 0, 0], [0, 0, 0, 1]), fov)
        for side, fov in zip((-1, 1), fovs, strict=True)
    )
    return left, right


def looking_from(eye: Eye) -> tuple[np.ndarray, np.ndarray]:
    """Return an eye's position and a point before it."""
    position = eye.world_from_eye[:3, 3]
    return position, position - eye.world_from_eye[:3, 2]
