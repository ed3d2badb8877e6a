"""The club in the scene: grip, sensor, shaft and head in the exact club frame."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike

from twinswing.club.model import ClubSpec
from twinswing.stage.club_model_mesh import club_dull, club_metal
from twinswing.stage.figure import mesh_node
from twinswing.stage.material import Material, apply_material


class ClubNode:
    """A club that is drawn at a pose. `node` is the club frame: its origin is the butt, its Z runs down the shaft."""

    def __init__(self, spec: ClubSpec, handed: str = "right") -> None:
        self.spec = spec
        self.node = p3d.NodePath("club")
        for name, mesh, metallic in (("metal", club_metal(spec, handed), 1.0), ("grip", club_dull(spec, handed), 0.0)):
            part = self.node.attach_new_node(mesh_node(name, mesh, skinned=False))
            apply_material(part, Material(base_color=(1.0, 1.0, 1.0), metallic=metallic), vertex_color=True)

    def set_pose(self, butt_m: ArrayLike, quaternion: ArrayLike) -> None:
        """Take this pose: the butt in the world, metres, shape (3,), and club to world (w, x, y, z)."""
        self.node.set_pos(*np.asarray(butt_m, dtype=float).tolist())
        self.node.set_quat(p3d.LQuaternionf(*np.asarray(quaternion, dtype=float).tolist()))
