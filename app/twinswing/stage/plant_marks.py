"""Alarm markers: a sign over each unit with an alarm, before everything, or at the picture's edge with an arrow."""

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.stage import shaders
from twinswing.stage.plant_instances import buffer_texture, instanced, over_all, quad, write_texture
from twinswing.stage.plant_text import load_atlas

HALF_PX = 12.0  # half the size of a sign, text pixels: told apart at arm's length
LIFT_PX = 16.0  # of the sign's middle over its place
EDGE_SHARE = (0.93, 0.90)  # of half the field, where signs of what is out of sight stay


class Marks:
    """The markers of a plant."""

    def __init__(self, parent: p3d.NodePath, most: int) -> None:
        self.node = quad(parent, "alarm markers", -1.0, 1.0)
        self.node.set_shader(shaders.load("plant_mark", "INSTANCED"))
        over_all(self.node, 70)
        self._marks = buffer_texture("marks", 2 * most)
        atlas = load_atlas()
        digits = p3d.PTA_LVecBase4f.empty_array(3)
        for k, digit in enumerate("123"):
            digits.set_element(k, p3d.LVecBase4f(*atlas.cells[atlas.numbers[digit]].tolist()))
        self.node.set_shader_inputs(marks=self._marks, atlas=atlas.texture, digits=digits)
        self.set_edge(EDGE_SHARE)
        instanced(self.node, 1)
        self.node.hide()

    def set_edge(self, share: tuple[float, float]) -> None:
        """Keep signs of what is out of sight within this share of half the field, across and up."""
        self.node.set_shader_input("mark_edge", p3d.LVecBase4f(*share, HALF_PX, LIFT_PX))

    def set(
        self, places_m: NDArray[np.float64], priorities: NDArray[np.int8], unacknowledged: NDArray[np.bool_],
        strengths: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Show markers at these places, shape (n, 3); priorities 1 low to 3 high; strength 0 to 1."""
        count = len(places_m)
        if not count:
            self.node.hide()
            return
        order = np.argsort(priorities, kind="stable")  # the highest is drawn last, over the others
        rows = np.zeros((count, 8), dtype=np.float32)
        rows[:, :3] = places_m[order]
        rows[:, 3] = priorities[order]
        rows[:, 4] = unacknowledged[order]
        rows[:, 5] = strengths[order]
        write_texture(self._marks, rows)
        self.node.set_instance_count(count)
        self.node.show()
