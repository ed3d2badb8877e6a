"""The golfer in the scene: one skinned node that follows 23 joints."""

from typing import Any

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike

from twinswing.stage.appearance import Appearance
from twinswing.stage.figure_mesh import figure_mesh
from twinswing.stage.figure_pose import FigurePose
from twinswing.stage.figure_rest import Rest, rest_pose
from twinswing.stage.geom import triangles
from twinswing.stage.material import Material, apply_material
from twinswing.stage.mesh import Mesh

BONE_SLOTS = 32  # length of `mat4 bone_matrices[]` in the shaders


def mesh_node(name: str, mesh: Mesh, *, skinned: bool) -> p3d.GeomNode:
    """Return a static node of a mesh.

    Columns: vertex, normal, color (linear RGB, alpha is roughness), and where `skinned` bone_index and bone_weight,
    four floats each.
    """
    columns = {
        "vertex": mesh.positions,
        "normal": mesh.normals,
        "color": np.column_stack([mesh.colours, mesh.roughness]),
    }
    if skinned:
        columns |= {"bone_index": mesh.bone_index.astype(np.float64), "bone_weight": mesh.bone_weight}
    return triangles(name, columns, mesh.triangles.astype(np.int64))


class GolferFigure:
    """A golfer that is drawn where its joints are.

    node : one GeomNode under a NodePath; its geometry is static, and the shader input `bone_matrices` (mat4[32])
    moves it. The node itself stays at the world's origin.
    cell : size of the skin's facets against the usual ones: 0.7 for pictures from near by, 1.4 for a crowd.
    """

    def __init__(self, appearance: Appearance | None = None, cell: float = 1.0) -> None:
        self.appearance = appearance or Appearance()
        self.rest: Rest = rest_pose(self.appearance, cell)
        self._pose = FigurePose(self.rest)
        self.node = p3d.NodePath(mesh_node("golfer", figure_mesh(self.rest, self.appearance), skinned=True))
        apply_material(self.node, Material(base_color=(1.0, 1.0, 1.0)), skinned=True, vertex_color=True)
        self._matrices: Any = p3d.PTA_LMatrix4f.empty_array(BONE_SLOTS)
        self.node.set_shader_input("bone_matrices", self._matrices)
        self.set_joints(self.rest.joints, self.rest.grip)

    def set_joints(self, joints: ArrayLike, grip: ArrayLike | None = None) -> None:
        """Pose the figure.

        joints : joint centres in the world, metres, shape (23, 3), finite.
        grip   : where it is known, the club's rotation to the world, shape (3, 3), or its direction from butt to head,
                 shape (3,); the fists close round it.
        """
        matrices = self._pose.matrices(joints, grip)
        # Panda3D stores matrices for row vectors; GLSL reads the same memory as columns.
        flat = np.ascontiguousarray(np.swapaxes(matrices, -1, -2))
        memoryview(self._matrices).cast("B")[: flat.nbytes] = flat.data.cast("B")
