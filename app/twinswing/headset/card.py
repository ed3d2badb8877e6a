"""A card: a panel in the air that is painted when what it says changes, pointed at, pressed, carried and pinned."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

import numpy as np
import panda3d.core as p3d

from twinswing.headset.canvas import Canvas
from twinswing.headset.frames import FloatArray, heading_of
from twinswing.headset.pointing import Hit, Ray, meet_quad
from twinswing.headset.stereo import panda_matrix
from twinswing.stage import geom, shaders
from twinswing.stage.material import no_shadow

# Where a card hangs on a hand: ahead of it along the handle (a grip's -Z), which one holds up and ahead, its face
# toward the grip's +Y, which is then back and up: turned to the eyes. Its lower edge is a thumb's width off the hand.
_ON_HAND = np.array([[1.0, 0, 0, 0], [0, 0.34, 0.94, 0.10], [0, -0.94, 0.34, -0.19], [0, 0, 0, 1.0]])
_GLOW = (0.28, 0.80, 0.67)


@dataclass(frozen=True)
class Pin:
    """Where a card is: a pose in the world ("world"), or one in a hand's grip ("left", "right")."""

    to: str
    pose: FloatArray

    def in_world(self, grips: dict[str, FloatArray]) -> FloatArray | None:
        """Return the card's pose in the world, with the viewer's scale; None while its hand is not tracked."""
        if self.to == "world":
            return self.pose
        grip = grips.get(self.to)
        return None if grip is None else np.asarray(grip @ self.pose)

    @classmethod
    def on_hand(cls, side: str, scale: float = 1.0) -> "Pin":
        """Pin a card above a hand, as a palette; `scale` of its size, since it is read from half as far."""
        pose = _ON_HAND.copy()
        pose[:3, :3] *= scale
        return cls(side, pose)


def before_head(head: FloatArray, across_rad: float, down_rad: float, distance_m: float) -> FloatArray:
    """Return the pose of a card before a head: so far to the right and down, upright, facing the head.

    head: the head's pose in the world; its scale is that of the card, and distances are the viewer's.
    """
    scale = float(np.linalg.norm(head[:3, 0]))
    heading = heading_of(head) - across_rad
    away = np.array([np.cos(heading) * np.cos(down_rad), np.sin(heading) * np.cos(down_rad), -np.sin(down_rad)])
    out = np.eye(4)
    right = np.array([np.sin(heading), -np.cos(heading), 0.0])
    out[:3, 0], out[:3, 2] = right * scale, -away * scale
    out[:3, 1] = np.cross(-away, right) * scale
    out[:3, 3] = head[:3, 3] + away * (distance_m * scale)
    return out


class Card:
    """A card of a size in the viewer's metres.

    paint: paints it onto a canvas; `over` is the button that is pointed at. key: what it is painted of; the card is
    painted again when that changes. wanted: whether it is there at all. fixed: it belongs to a place of the scene, and
    is not brought along. low: it hangs below what is to be seen. painted: how often it was. hole: whether the picture
    is left open where it is.
    """

    def __init__(
        self, name: str, width_m: float, height_m: float, key: Callable[[], Hashable],
        paint: Callable[[Canvas, str | None], None],
    ) -> None:  # fmt: skip
        self.name, self.width_m, self.height_m = name, width_m, height_m
        self._key, self._paint = key, paint
        self._painted: Hashable = None
        self.canvas = Canvas(width_m, height_m)
        self.pin = Pin("world", np.eye(4))
        self.pose: FloatArray | None = None
        self.over: str | None = None
        self.pointed = False
        self.painted, self.hole = 0, False
        self.wanted, self.fixed, self.low = True, False, False
        self.texture = p3d.Texture(name)
        self.texture.setup_2d_texture(
            self.canvas.width, self.canvas.height, p3d.Texture.T_unsigned_byte, p3d.Texture.F_rgb
        )
        self.texture.set_auto_texture_scale(p3d.ATS_none)
        self.texture.set_minfilter(p3d.SamplerState.FT_linear_mipmap_linear)
        self.texture.set_magfilter(p3d.SamplerState.FT_linear)
        self.texture.set_anisotropic_degree(8)
        self.texture.set_wrap_u(p3d.SamplerState.WM_clamp)
        self.texture.set_wrap_v(p3d.SamplerState.WM_clamp)
        x, y = width_m / 2, height_m / 2
        vertex = np.array([[-x, -y, 0.0], [x, -y, 0.0], [x, y, 0.0], [-x, y, 0.0]])
        uv = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        self.node = p3d.NodePath(
            geom.triangles(name, {"vertex": vertex, "texcoord": uv}, np.array([[0, 1, 2], [0, 2, 3]]))
        )
        self.node.set_shader(shaders.load("card"))
        self.node.set_shader_inputs(card=self.texture, card_glow=p3d.LVecBase4f(*_GLOW, 0.0))
        no_shadow(self.node)
        self.node.set_bin("fixed", 100)  # over a scene's labels, which are drawn over everything solid
        self.node.hide()

    def paint(self) -> bool:
        """Paint it if what it says has changed; return whether it was painted."""
        key = (self._key(), self.over)
        if key == self._painted:
            return False
        self._painted = key
        self.painted += 1
        self.canvas = Canvas(self.width_m, self.height_m)
        self._paint(self.canvas, self.over)
        # Panda3D keeps the bottom row first and blue first.
        self.texture.set_ram_image(np.ascontiguousarray(self.canvas.picture[::-1, :, ::-1]).data.cast("B"))
        return True

    def place(self, grips: dict[str, FloatArray]) -> None:
        """Take its place for this frame; hands' grips are poses in the world."""
        self.pose = self.pin.in_world(grips) if self.wanted else None
        if self.pose is None:
            self.node.hide()
            return
        self.node.show()
        self.node.set_mat(panda_matrix(self.pose))

    def open_hole(self, on: bool) -> bool:
        """Leave the picture open where the card is seen, for a layer below it to show; return whether that changed."""
        if self.hole == on:
            return False
        self.hole = on
        self.node.set_shader(shaders.load("card", "HOLE") if on else shaders.load("card"))
        return True

    def glow(self, on: bool) -> None:
        """Show that it is pointed at."""
        if self.pointed != on:
            self.pointed = on
            self.node.set_shader_input("card_glow", p3d.LVecBase4f(*_GLOW, 1.0 if on else 0.0))

    def meet(self, ray: Ray) -> Hit | None:
        """Return where a ray meets it."""
        return None if self.pose is None else meet_quad(ray, self.pose, self.width_m, self.height_m)

    def carried(self, before: FloatArray, now: FloatArray) -> None:
        """Move with a hand: its grip in the world before and now."""
        if self.pose is not None:
            self.pin = Pin("world", np.asarray(now @ np.linalg.inv(before) @ self.pose))

    def pin_to(self, to: str, grips: dict[str, FloatArray]) -> None:
        """Pin it where it is now: to the world, or to a hand."""
        if self.pose is None:
            return
        if to == "world":
            pose = self.pose.copy()
            for grip in grips.values():  # off the hand it has its whole size again: the hands' scale is the viewer's
                pose[:3, :3] *= np.linalg.norm(grip[:3, 0]) / np.linalg.norm(pose[:3, 0])
                break
            self.pin = replace(self.pin, to=to, pose=pose)
        elif to in grips:
            self.pin = Pin(to, np.asarray(np.linalg.inv(grips[to]) @ self.pose))
