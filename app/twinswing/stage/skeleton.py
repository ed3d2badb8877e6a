"""The joints as lines in space, over everything else."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, JOINT_NAMES
from twinswing.stage import geom, shaders
from twinswing.stage.material import blend

# Lead and trail as one sees them at a glance; the trunk is neutral. Display rgb.
LEAD_RGB = (0.26, 0.78, 0.92)
TRAIL_RGB = (0.98, 0.66, 0.26)
TRUNK_RGB = (0.95, 0.96, 0.97)

_SIDE_BONES = (
    ("neck", "{}_shoulder"), ("{}_shoulder", "{}_elbow"), ("{}_elbow", "{}_wrist"), ("{}_wrist", "{}_hand"),
    ("pelvis", "{}_hip"), ("{}_hip", "{}_knee"), ("{}_knee", "{}_ankle"), ("{}_ankle", "{}_heel"),
    ("{}_ankle", "{}_toe"), ("{}_heel", "{}_toe"),
)  # fmt: skip
_TRUNK_BONES = (("pelvis", "spine"), ("spine", "neck"), ("neck", "head"), ("head", "nose"))


def bones(handed: str) -> list[tuple[int, int, tuple[float, float, float]]]:
    """Return every bone as its two joints and its colour for a golfer who plays from this side."""
    lead = "left" if handed == "right" else "right"
    out = [(JOINT[a], JOINT[b], TRUNK_RGB) for a, b in _TRUNK_BONES]
    for side in ("left", "right"):
        color = LEAD_RGB if side == lead else TRAIL_RGB
        out += [(JOINT[a.format(side)], JOINT[b.format(side)], color) for a, b in _SIDE_BONES]
    return out


class SkeletonLines:
    """All bones in one draw call; the joints are a uniform."""

    def __init__(self, handed: str = "right", half_width_m: float = 0.008) -> None:
        rows = bones(handed)
        count = len(rows)
        ends = np.array([[a, b] for a, b, _ in rows], dtype=float)
        vertex = np.empty((count, 4, 4))
        for corner, (here, side) in enumerate(((0, -1.0), (0, 1.0), (1, -1.0), (1, 1.0))):
            vertex[:, corner] = np.stack(
                [ends[:, here], ends[:, 1 - here], np.full(count, side), np.full(count, 1.0 - 2.0 * here)], 1
            )
        color = np.repeat(np.array([[*rgb, 1.0] for _, _, rgb in rows]), 4, 0)
        indices = geom.faces(4 * np.arange(count), ((0, 1, 2), (2, 1, 3)))
        node = geom.triangles("bones", {"vertex": vertex.reshape(-1, 4), "bone_color": color}, indices)
        geom.never_cull(node)
        self.node = p3d.NodePath(node)
        self.node.set_shader(shaders.load("bones"))
        self.node.set_shader_input("bone_width", p3d.LVecBase4f(half_width_m, 0.0018, 0.0, 0.0))
        self.node.set_two_sided(True)
        self.node.set_depth_test(False)
        blend(self.node, 40)
        self._joints = p3d.PTA_LVecBase4f.empty_array(len(JOINT_NAMES) + 1)
        self.set_joints(np.zeros((len(JOINT_NAMES), 3)))

    def set_joints(self, joints_m: NDArray[np.float64]) -> None:
        """Move the joints, world metres, shape (23, 3)."""
        rows = np.zeros((len(JOINT_NAMES) + 1, 4), dtype=np.float32)
        rows[:-1, :3] = joints_m
        self._joints.set_data(rows.tobytes())
        self.node.set_shader_input("joints", self._joints)
