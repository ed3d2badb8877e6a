"""Many copies of few meshes: where each copy stands and how it looks lies in a buffer that one NumPy copy updates."""

from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage import geom, shaders
from twinswing.stage.material import PICTURE_MASK, SHADOW_TAG, blend, no_shadow
from twinswing.stage.plant_mesh import FlexMesh

Rows = NDArray[np.float32]
TEXELS = 4  # of four floats, a copy

# Columns of a copy's row, as shaders/plant_instance.glsl reads them.
PLACE, YAW, SIZE, SCALE = slice(0, 3), 3, slice(4, 7), 7
HEAT, HEAT_STRENGTH = slice(8, 11), 11
LAMP, HIGHLIGHT, GHOST, PAD = 12, 13, 14, 15

HIDDEN, SOLID, SEEN_THROUGH, FADED = -1.0, 0.0, 1.0, 2.0
SHADOW_STATE = "plant"


def buffer_texture(name: str, texels: int) -> p3d.Texture:
    """Make a buffer texture of so many texels of four floats."""
    texture = p3d.Texture(name)
    texture.setup_buffer_texture(max(texels, 1), p3d.Texture.T_float, p3d.Texture.F_rgba32, p3d.GeomEnums.UH_dynamic)
    texture.make_ram_image()
    return texture


def write_texture(texture: p3d.Texture, rows: Rows, start_float: int = 0) -> None:
    """Copy floats into a buffer texture from one of its floats on."""
    flat = np.frombuffer(memoryview(texture.modify_ram_image()), dtype=np.float32)
    flat[start_float : start_float + rows.size] = rows.ravel()


class CopyBuffer:
    """The rows of many copies, shape (n, 16): fill `rows`, then `send` them in one go."""

    def __init__(self, name: str, count: int) -> None:
        self.rows: Rows = np.zeros((max(count, 1), 4 * TEXELS), dtype=np.float32)
        self.rows[:, SCALE] = 1.0
        self.texture = buffer_texture(name, len(self.rows) * TEXELS)

    def send(self) -> None:
        """Give the rows to the driver with the next frame."""
        write_texture(self.texture, self.rows)


@dataclass(frozen=True)
class Drawn:
    """The nodes that draw some rows of a buffer with one mesh: solid, and seen through."""

    solid: p3d.NodePath
    through: p3d.NodePath

    def set_count(self, count: int) -> None:
        """Draw so many copies."""
        for node in (self.solid, self.through):
            node.set_instance_count(max(count, 1))
            node.show() if count else node.hide()


def instanced(node: p3d.NodePath, count: int, first: int = 0) -> None:
    """Draw a node so many times, anywhere, its copies starting at a row of the buffer that it is given."""
    node.set_shader_input("instance_first", p3d.LVecBase4f(first, 0, 0, 0))
    node.set_instance_count(max(count, 1))
    geom.never_cull(node.node())


def draw_copies(parent: p3d.NodePath, name: str, mesh: FlexMesh, copies: CopyBuffer, first: int, count: int) -> Drawn:
    """Draw rows `first` to `first + count` of a buffer with a mesh below a node."""
    columns = {
        "vertex": mesh.base, "stretch": mesh.stretch, "normal": mesh.normals, "color": mesh.surface,
        "part": mesh.part,
    }  # fmt: skip
    made = geom.triangles(name, columns, mesh.triangles)
    solid = parent.attach_new_node(made)
    solid.set_shader(shaders.load("plant", "INSTANCED"))
    solid.set_tag(SHADOW_TAG, SHADOW_STATE)
    through = parent.attach_new_node(made.make_copy())
    through.set_shader(shaders.load("plant", "INSTANCED", "GHOST"))
    blend(through, 5)
    for node in (solid, through):
        node.set_shader_input("instances", copies.texture)
        instanced(node, count, first)
    drawn = Drawn(solid, through)
    drawn.set_count(count)
    return drawn


def quad(parent: p3d.NodePath, name: str, low: float, high: float) -> p3d.NodePath:
    """Add a square from `low` to `high` whose shader places it."""
    corners = np.array([[low, low, 0.0], [high, low, 0.0], [high, high, 0.0], [low, high, 0.0]])
    return parent.attach_new_node(geom.triangles(name, {"vertex": corners}, np.array([[0, 1, 2], [0, 2, 3]])))


def over_all(node: p3d.NodePath, order: int) -> None:
    """Draw a node over everything, whatever lies before it."""
    blend(node, order)
    node.set_depth_test(False)


__all__ = [
    "FADED", "GHOST", "HEAT", "HEAT_STRENGTH", "HIDDEN", "HIGHLIGHT", "LAMP", "PAD", "PICTURE_MASK", "PLACE", "SCALE",
    "SEEN_THROUGH", "SIZE", "SOLID", "YAW", "CopyBuffer", "Drawn", "draw_copies", "instanced", "no_shadow", "over_all",
    "quad", "write_texture",
]  # fmt: skip
