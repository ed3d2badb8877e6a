"""The desktop's window beside a headset: what the left eye sees, or the scene while no one wears it."""

import panda3d.core as p3d

from twinswing.headset.frames import Eye, FloatArray, Fov
from twinswing.headset.plain_window import PlainWindow, flat_card
from twinswing.headset.stereo import aim_camera
from twinswing.stage.material import PICTURE_MASK

_SIZE_PX = (960, 720)
_NEAR_M, _FAR_M = 0.1, 500.0


class Mirror(PlainWindow):
    """Shows the left eye's picture, or a scene from the head."""

    def __init__(self, *, display: bool, size_px: tuple[int, int] = _SIZE_PX) -> None:
        # The headset sets the pace; waiting for the desktop's screen as well would halve it.
        super().__init__("Twinswing: headset", size_px, display=display, sync=False)
        self._picture_region = self.output.make_display_region()
        self._scene_region = self.output.make_display_region()
        self._scene_region.set_clear_depth_active(True)
        self._card, flat = flat_card("left eye", 0.5)  # the left half of both eyes' picture
        self._picture_region.set_camera(flat)
        node = p3d.Camera("mirror")
        node.set_camera_mask(PICTURE_MASK)
        self._lens = p3d.MatrixLens()
        node.set_lens(self._lens)
        self._camera = p3d.NodePath(node)
        self._scene_region.set_camera(self._camera)
        self._scene_region.set_active(False)

    def show_picture(self, texture: p3d.Texture) -> None:
        """Show the left half of a picture."""
        self._card.set_texture(texture)
        self._scene_region.set_active(False)
        self._picture_region.set_active(True)

    def show_scene(self, root: p3d.NodePath, world_from_eye: FloatArray) -> None:
        """Show a scene from a pose (OpenXR's axes) in the world."""
        if self._camera.get_parent() != root:
            self._camera.reparent_to(root)
            self._camera.node().set_scene(root)
        high = 0.6
        wide = high * self.output.get_x_size() / max(self.output.get_y_size(), 1)
        aim_camera(self._camera, self._lens, Eye(world_from_eye, Fov(-wide, wide, high, -high)), _NEAR_M, _FAR_M)
        self._picture_region.set_active(False)
        self._scene_region.set_active(True)

    def close(self) -> None:
        """Close the window and give everything of the driver back."""
        self._camera.remove_node()
        super().close()
