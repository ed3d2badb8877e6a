"""Pictures against kept ones, on Mesa's software renderer only, where they are the same on every machine.

A picture that has changed on purpose is looked at and then kept anew: set TWINSWING_KEEP_PICTURES=1 and run this file.
"""

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from twinswing.stage.cameras import named_camera
from twinswing.stage.overlay import ar_options
from twinswing.stage.scene import SwingScene
from twinswing.stage.snapshot import save_png

KEPT = Path(__file__).parent / "pictures"
# Versions of the software renderer round a few edge pixels differently; a shader that is wrong moves whole areas.
RMS_LEVELS = 2.5


def video_frame() -> np.ndarray:
    rows, columns = np.mgrid[0:320, 0:240]
    return np.stack([rows * 0.5, 80 + columns * 0.3, 160 - rows * 0.3], -1).astype(np.uint8)


CASES = {
    "face-on": ("face-on", 1.2, {"plane": True}),
    "down-the-line": ("down-the-line", 0.1, {"skeleton": True}),
    "top": ("top", 1.5, {}),
    "oblique-screen": ("oblique", 0.9, {"screen": True, "trail_stays_s": 0.5}),
    "over-the-video": ("video", 1.4, None),
}


@pytest.mark.parametrize("name", CASES)
def test_a_picture_is_as_it_was_kept(stage, kit, tmp_path, name):
    view, t_s, changes = CASES[name]
    options = ar_options(kit.options()) if changes is None else replace(kit.options(), **changes)
    scene = SwingScene(kit.session, options)
    scene.set_video_frame(video_frame())
    scene.set_time(t_s)
    actual = stage.render(scene, named_camera(view, kit.session, 240, 320))
    if "llvmpipe" not in stage.driver:
        pytest.skip(f"kept pictures are those of llvmpipe, and this machine draws with {stage.driver}")
    path = KEPT / f"{name}.png"
    if os.environ.get("TWINSWING_KEEP_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        save_png(path, actual)
    expected = cv2.imread(str(path))[..., ::-1]
    difference = actual.astype(float) - expected
    rms = float(np.sqrt((difference**2).mean()))
    if rms > RMS_LEVELS:
        save_png(tmp_path / "expected.png", expected)
        save_png(tmp_path / "actual.png", actual)
        save_png(tmp_path / "difference.png", np.clip(128 + difference, 0, 255).astype(np.uint8))
    assert rms <= RMS_LEVELS, f"{name} differs by {rms:.1f} levels; see {tmp_path}"
