"""The desktop's window beside a headset shows what the left eye sees."""

import subprocess
import sys

import numpy as np
import panda3d.core as p3d

from twinswing.headset.mirror import Mirror

# The first display of a process, which is what another test may have opened already: in a process of its own.
PROGRAM = """
import gc
import numpy as np
from twinswing.headset.mirror import Mirror
from twinswing.stage.cameras import named_camera
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.scene import SwingScene
from twinswing.swing.model import SwingSession

mirror = Mirror(display=False, size_px=(64, 48))
mirror.engine.render_frame()
camera, scene = named_camera("face-on", SwingSession(), 64, 48), SwingScene(SwingSession())
with OffscreenStage(64, 48) as stage:
    before = stage.render(scene, camera)
    mirror.close()
    del mirror
    gc.collect()
    print("same", np.array_equal(stage.render(scene, camera), before), before.std() > 5)
"""


def test_a_mirror_that_closes_leaves_other_pictures_alone():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=100, check=False)
    assert "same True True" in done.stdout, done.stderr[-2000:]
    assert "EGL_BAD" not in done.stderr


def test_the_left_half_of_the_picture_fills_the_mirror():
    mirror = Mirror(display=False, size_px=(64, 48))
    try:
        both = p3d.Texture("both eyes")
        both.setup_2d_texture(64, 32, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb)
        eyes = np.zeros((32, 64, 3), np.uint8)
        eyes[:, :32], eyes[:, 32:] = (0, 200, 0), (0, 0, 200)  # green for the left eye; Panda3D keeps blue first
        both.set_ram_image(eyes.tobytes())
        mirror.show_picture(both)
        seen = p3d.Texture("seen")
        mirror.output.add_render_texture(seen, p3d.GraphicsOutput.RTM_copy_ram)
        mirror.engine.render_frame()
        mirror.engine.render_frame()
        shown = np.frombuffer(seen.get_ram_image_as("RGB"), np.uint8).reshape(48, 64, 3)
        inner = shown[:, 2:-2]  # at its edges a texture wraps round
        assert inner[..., 1].min() > 190
        assert inner[..., 0].max() < 10
        assert inner[..., 2].max() < 10
    finally:
        mirror.close()
