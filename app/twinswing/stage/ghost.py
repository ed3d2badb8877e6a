"""Figures and clubs as ghosts: seen through, in one colour, casting no shadow."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike, NDArray

from twinswing.club.model import ClubSpec
from twinswing.stage import shaders
from twinswing.stage.appearance import Appearance
from twinswing.stage.club_model import ClubNode
from twinswing.stage.figure import GolferFigure
from twinswing.stage.material import after_solid, no_shadow

FloatArray = NDArray[np.float64]
Rgba = tuple[float, float, float, float]

GHOST_RGBA: Rgba = (0.35, 0.85, 1.0, 0.75)
# Over the ground's own overlays and under labels; its depth comes first, so that it hides its own far side only.
_DEPTH_ORDER, _LOOK_ORDER = 60, 30


def ghostly(node: p3d.NodePath, rgba: Rgba = GHOST_RGBA, *, skinned: bool) -> p3d.NodePath:
    """Return a node that draws another one's shape as a ghost; the other one is taken into it.

    rgba: display colours and the opacity at the outline. skinned: as `material.apply_material` was told.
    """
    ghost = p3d.NodePath("ghost")
    depth = ghost.attach_new_node("depth")
    look = ghost.attach_new_node("look")
    node.copy_to(depth)
    node.reparent_to(look)
    for part in (depth, look):
        part.set_shader(shaders.load("ghost", *(("SKINNED",) if skinned else ())), 1)
        part.set_shader_input("ghost_color", p3d.LVecBase4f(*rgba), 1)
    depth.set_attrib(p3d.ColorWriteAttrib.make(p3d.ColorWriteAttrib.C_off), 1)
    after_solid(depth, _DEPTH_ORDER)
    look.set_transparency(p3d.TransparencyAttrib.M_alpha, 1)
    look.set_depth_write(False, 1)
    look.set_attrib(p3d.DepthTestAttrib.make(p3d.RenderAttrib.M_less_equal), 1)
    look.set_bin("fixed", _LOOK_ORDER, 1)
    no_shadow(ghost)
    return ghost


class GhostFigure:
    """A golfer as a ghost; posed as `GolferFigure` is."""

    def __init__(self, appearance: Appearance | None = None, rgba: Rgba = GHOST_RGBA) -> None:
        self._figure = GolferFigure(appearance)
        self.node = ghostly(self._figure.node, rgba, skinned=True)

    def set_joints(self, joints: ArrayLike, grip: ArrayLike | None = None) -> None:
        """Take the pose of these joints, world metres, shape (23, 3); grip as `GolferFigure.set_joints` takes it."""
        self._figure.set_joints(joints, grip)


class GhostClub:
    """A club as a ghost; `node` holds it, its pose is set as a `ClubNode`'s is."""

    def __init__(self, spec: ClubSpec, handed: str = "right", rgba: Rgba = GHOST_RGBA) -> None:
        club = ClubNode(spec, handed)
        self.node = p3d.NodePath("ghost club")
        self._parts = ghostly(club.node, rgba, skinned=False)
        self._parts.reparent_to(self.node)

    def set_pose(self, butt_m: ArrayLike, quaternion: ArrayLike) -> None:
        """Take this pose: the butt in the world, metres, shape (3,), and club to world (w, x, y, z)."""
        self.node.set_pos(*np.asarray(butt_m, dtype=float).tolist())
        self.node.set_quat(p3d.LQuaternionf(*np.asarray(quaternion, dtype=float).tolist()))


class Ghost:
    """A golfer's ghost that stands still at one position; `node` is hidden until it is given joints."""

    def __init__(self, appearance: Appearance | None = None, rgba: Rgba = GHOST_RGBA) -> None:
        self._figure = GhostFigure(appearance, rgba)
        self.node: p3d.NodePath = self._figure.node
        self.node.hide()

    def show(self, joints_m: NDArray[np.float64] | None) -> None:
        """Stand at these joints, world metres, shape (23, 3); None hides it."""
        if joints_m is None:
            self.node.hide()
            return
        self._figure.set_joints(joints_m)
        self.node.show()
