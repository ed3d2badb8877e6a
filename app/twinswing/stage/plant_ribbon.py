"""Ribbons: the way of a followed order over the floor, and the measuring tape."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage import geom, shaders
from twinswing.stage.appearance import srgb
from twinswing.stage.material import after_solid, no_shadow
from twinswing.stage.plant_instances import over_all
from twinswing.stage.plant_view import Tape, Way

FloatArray = NDArray[np.float64]
_FLOOR_Z_M = 0.02
_WAY, _TAPE = srgb("#1f6feb"), srgb("#f4d21f")


class RibbonNode:
    """One ribbon, rebuilt when its way changes."""

    def __init__(
        self, parent: p3d.NodePath, name: str, half_width_m: float, least: float, order: int, over: bool = False
    ) -> None:
        self.node = parent.attach_new_node(p3d.GeomNode(name))
        self.node.set_shader(shaders.load("plant_ribbon"))
        self.node.set_shader_input("ribbon_width", p3d.LVecBase4f(half_width_m, least, 0, 0))
        self.node.set_two_sided(True)
        if over:
            over_all(self.node, order)
        else:
            self.node.set_transparency(p3d.TransparencyAttrib.M_alpha)
            self.node.set_depth_write(False)
            self.node.set_attrib(p3d.DepthOffsetAttrib.make(3))
            after_solid(self.node, 24)
            no_shadow(self.node)
        self.node.hide()
        self._points: FloatArray = np.zeros((0, 3))

    def show_way(self, way: Way | None) -> None:
        """Show the way of an order; None for none."""
        if way is None or len(way.points_m) < 2:
            self.node.hide()
            return
        points = np.concatenate([np.array(way.points_m, dtype=float), np.full((len(way.points_m), 1), _FLOOR_Z_M)], 1)
        self._build(points, flat=True)
        self.node.set_shader_inputs(
            ribbon_color=p3d.LVecBase4f(*_WAY, 0.85), ribbon_marks=p3d.LVecBase4f(1.0, way.done_m, 1.0, 0)
        )
        self.node.show()

    def show_tape(self, tape: Tape | None) -> None:
        """Show the measuring tape; None for none."""
        if tape is None or tape.length_m < 1e-6:
            self.node.hide()
            return
        self._build(np.array([tape.start_m, tape.end_m], dtype=float), flat=False)
        self.node.set_shader_inputs(
            ribbon_color=p3d.LVecBase4f(*_TAPE, 1.0), ribbon_marks=p3d.LVecBase4f(1.0, 1e9, 2.0, 0)
        )
        self.node.show()

    def _build(self, points: FloatArray, *, flat: bool) -> None:
        if self._points.shape == points.shape and np.array_equal(self._points, points):
            return
        self._points = points
        step = np.diff(points, axis=0)
        length = np.linalg.norm(step, axis=1)
        kept = length > 1e-6
        step, length, start = step[kept], length[kept], points[:-1][kept]
        along = np.concatenate([[0.0], np.cumsum(length)])
        heading = step / length[:, None]
        n = len(step)
        # Four vertices a leg, so that corners stay square.
        ends = np.stack([start, start, start + step, start + step], 1).reshape(-1, 3)
        ribbon = np.zeros((n, 4, 4))
        ribbon[:, :2, 0], ribbon[:, 2:, 0] = along[:-1, None], along[1:, None]
        ribbon[:, :, 1] = [1.0, -1.0, 1.0, -1.0]
        ribbon[:, :, 2] = 0.0 if flat else 1.0
        columns = {"vertex": ends, "tangent": np.repeat(heading, 4, 0), "ribbon": ribbon.reshape(-1, 4)}
        made = geom.triangles("ribbon", columns, geom.faces(4 * np.arange(n), ((0, 1, 2), (2, 1, 3))))
        node = self.node.node()
        node.remove_all_geoms()
        node.add_geoms_from(made)
        geom.never_cull(node)
