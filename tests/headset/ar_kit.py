"""A camera of the tests, what it sees of printed markers, and plants and swings to stand on them."""

import functools

import numpy as np

from tests.conftest import ROOT
from twinswing.body.camera import PinholeCamera
from twinswing.body.markers import MarkerFinder
from twinswing.headset.ar_lens import Lens
from twinswing.headset.ar_view import ArView
from twinswing.swing.session_io import load_session
from twinswing.truth.printed import camera, marker

SIZE = 0.15
CAM = camera(960, 540, 760.0)


class Still:
    """Content that draws nothing and uses every marker."""

    hint = "no marker"

    def told(self):
        return ""

    def draw(self, picture, camera, standing):
        return picture, {s.number for s in standing}


def rgb(grey: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.repeat(grey[..., None], 3, axis=2))


def seen(number, rotation, position, rng, cam=CAM, size=SIZE, noise=2.0, **changes) -> np.ndarray:
    return rgb(marker(number, size, cam, rotation, position, rng, noise=noise, **changes))


def view_of(content, cam=CAM, size=SIZE, **changes) -> ArView:
    return ArView(Lens(cam, True, 0.002), MarkerFinder(size), content, **changes)


def standing_eye(position=(-0.5, -3.0, 1.5), target=(0.0, 0.35, 0.85), cam=CAM) -> PinholeCamera:
    """Return a camera in the marker's frame that looks at a golfer on a marker on the floor."""
    fov = cam.vertical_fov_rad
    return PinholeCamera.look_at(
        position_m=position, target_m=target, width_px=cam.width_px, height_px=cam.height_px, vertical_fov_rad=fov
    )


def pose_of(eye: PinholeCamera):
    """Return the marker's rotation and place before a camera that stands in its frame."""
    return eye.rotation, -eye.rotation @ eye.position_m


@functools.cache
def swing():
    return load_session(ROOT / "recordings" / "driver-face-on.mcap")
