"""The desktop's window beside a headset: what the left eye sees, or the scene while no one wears it."""

from collections.abc import Sequence

import panda3d.core as p3d

from twinswing.headset.card import Card
from twinswing.headset.frames import Eye, FloatArray, Fov
from twinswing.headset.plain_window import PlainWindow, flat_card
from twinswing.headset.stereo import aim_camera
from twinswing.stage import shaders
from twinswing.stage.material import PICTURE_MASK

_SIZE_PX = (960, 720)
_NEAR_M, _FAR_M = 0.1, 500.0


class Mirror(PlainWindow):
    """Shows the left eye's picture, or a scene from the head."""

    def __init__(self, *, display: bool, size_px: tuple[int, int] = _SIZE_PX) -> None:
        # The headset sets the pace; waiting for the desktop's screen as well would halve it.
        super().__init__("Twinswing: headset", size_px, display=display, sync=False)
        # Cards that are layers of their own, seen where the picture above them is left open.
        self._cards_region = self.output.make_display_region()
        self._cards_region.set_sort(-1)
        self._cards_region.set_clear_color_active(True)
        self._cards_region.set_clear_depth_active(True)
        self._cards = p3d.NodePath("layers")
        self._copies: dict[str, p3d.NodePath] = {}
        self._cards_lens = p3d.MatrixLens()
        self._cards_camera = self._cards.attach_new_node(p3d.Camera("layers", self._cards_lens))
        self._cards_region.set_camera(self._cards_camera)
        self._picture_region = self.output.make_display_region()
        self._scene_region = self.output.make_display_region()
        self._scene_region.set_clear_depth_active(True)
        self._card, flat = flat_card("left eye", 0.5)  # the left half of both eyes' picture
        # Its colours are multiplied by its alpha already.
        over = p3d.ColorBlendAttrib
        self._card.set_attrib(over.make(over.M_add, over.O_one, over.O_one_minus_incoming_alpha))
        self._picture_region.set_camera(flat)
        node = p3d.Camera("mirror")
        node.set_camera_mask(PICTURE_MASK)
        self._lens = p3d.MatrixLens()
        node.set_lens(self._lens)
        self._camera = p3d.NodePath(node)
        self._scene_region.set_camera(self._camera)
        self._scene_region.set_active(False)
        self._cards_region.set_active(False)

    def show_picture(self, texture: p3d.Texture, cards: Sequence[Card] = (), eye: Eye | None = None) -> None:
        """Show the left half of a picture, and under it the cards that it is left open for. eye: the left one."""
        self._card.set_texture(texture)
        self._cards_region.set_active(bool(cards) and eye is not None)
        if cards and eye is not None:
            self._place(cards, eye)
        self._scene_region.set_active(False)
        self._picture_region.set_active(True)

    def _place(self, cards: Sequence[Card], eye: Eye) -> None:
        for copy in self._copies.values():
            copy.hide()
        for card in cards:
            copy = self._copies.get(card.name)
            if copy is None:
                copy = self._copies[card.name] = card.node.copy_to(self._cards)
                copy.set_shader(shaders.load("card"))
                copy.set_shader_input("card_glow", p3d.LVecBase4f(0))
            copy.show()
            copy.set_mat(card.node.get_mat())
        aim_camera(self._cards_camera, self._cards_lens, eye, _NEAR_M, _FAR_M)

    def show_scene(self, root: p3d.NodePath, world_from_eye: FloatArray) -> None:
        """Show a scene from a pose (OpenXR's axes) in the world."""
        if self._camera.get_parent() != root:
            self._camera.reparent_to(root)
            self._camera.node().set_scene(root)
        high = 0.6
        wide = high * self.output.get_x_size() / max(self.output.get_y_size(), 1)
        aim_camera(self._camera, self._lens, Eye(world_from_eye, Fov(-wide, wide, high, -high)), _NEAR_M, _FAR_M)
        self._picture_region.set_active(False)
        self._cards_region.set_active(False)
        self._scene_region.set_active(True)

    def close(self) -> None:
        """Close the window and give everything of the driver back."""
        self._camera.remove_node()
        super().close()
