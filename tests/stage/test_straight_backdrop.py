"""A film through a bent lens is shown straight behind what is drawn over it."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession, VideoInfo

WIDTH, HEIGHT = 240, 320
LENS = PinholeCamera(
    WIDTH, HEIGHT, 260.0, (128.0, 152.0), np.array([0.0, -4.0, 1.0]),
    np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]), distortion=(-0.25, 0.08, 0.002, -0.001, 0.01),
)  # fmt: skip
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def stage() -> Iterator[OffscreenStage]:
    with OffscreenStage(WIDTH, HEIGHT) as opened:
        yield opened


def _chart() -> Picture:
    """Smooth blobs on grey: what a remap by another library leaves unchanged to a few grey levels."""
    rng = np.random.default_rng(4)
    noise = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 7)
    return np.asarray(np.clip((noise - noise.mean()) * 8 + 128, 0, 255), dtype=np.uint8)


def _shown(stage: OffscreenStage, camera: PinholeCamera, picture: Picture) -> Picture:
    session = SwingSession(camera=camera, video=VideoInfo("a", 1, 1.0, 30.0, False, WIDTH, HEIGHT))
    scene = SwingScene(session, SceneOptions(ground=False, sky=False, ball=False, backdrop=True, shadows=False))
    scene.set_video_frame(picture)
    scene.fit_picture(WIDTH, HEIGHT)
    return stage.render(scene, camera)


def test_a_bent_picture_is_shown_as_opencv_straightens_it(stage: OffscreenStage) -> None:
    """Pixel by pixel, where the straight picture has any."""
    picture = _chart()
    K = np.array([[LENS.focal_px, 0, LENS.centre_px[0]], [0, LENS.focal_px, LENS.centre_px[1]], [0, 0, 1.0]])
    wanted = cv2.undistort(picture, K, np.array(LENS.distortion))
    whole = cv2.undistort(np.full_like(picture, 255), K, np.array(LENS.distortion))[..., 0] == 255
    inside = cv2.erode(whole.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    shown = _shown(stage, LENS, picture)
    assert np.abs(shown.astype(int) - wanted)[inside].mean() < 2.0
    assert np.abs(picture.astype(int) - wanted)[inside].mean() > 10.0  # it was bent enough to tell


def test_a_straight_lens_shows_the_picture_as_it_is(stage: OffscreenStage) -> None:
    """Without distortion nothing moves, wherever the centre lies."""
    from dataclasses import replace

    picture = _chart()
    shown = _shown(stage, replace(LENS, distortion=()), picture)
    assert np.abs(shown.astype(int) - picture).mean() < 1.0
