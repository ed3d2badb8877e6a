"""All equipment as copies of few meshes: units, buffer stands and their goods, meters, work pieces."""

from collections.abc import Sequence

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.plant.model import Buffer, Plant, Unit
from twinswing.plant.states import STATES, UnitState
from twinswing.stage import plant_models_moving as moving
from twinswing.stage.plant_heat import ramp
from twinswing.stage.plant_instances import (
    FADED,
    GHOST,
    HEAT,
    HEAT_STRENGTH,
    HIDDEN,
    HIGHLIGHT,
    LAMP,
    PAD,
    PLACE,
    SCALE,
    SEEN_THROUGH,
    SIZE,
    SOLID,
    YAW,
    CopyBuffer,
    Drawn,
    draw_copies,
)
from twinswing.stage.plant_mesh import FlexMesh, flex
from twinswing.stage.plant_models import ModelKey, key_of, least_size_m, mesh_of
from twinswing.stage.plant_pick import METER_SIZE_M
from twinswing.stage.plant_view import PlantView

FloatArray = NDArray[np.float64]

# Which lamp a state lights (see shaders/plant.frag): white runs, white amid is set up, amber waits for a person, red
# failed, all faintly magenta not known. Starved, blocked, idle and off light none: nothing is wrong with the unit.
_LAMPS = {
    UnitState.RUNNING: 1.0, UnitState.HELD: 2.0, UnitState.WAITING: 2.0, UnitState.FAILED: 3.0, UnitState.UNKNOWN: 4.0,
    UnitState.SETUP: 5.0, UnitState.MAINTENANCE: 5.0,
}  # fmt: skip
_LAMP_OF = np.array([_LAMPS.get(state, 0.0) for state in STATES], dtype=np.float32)
_FAILED, _UNKNOWN = STATES.index(UnitState.FAILED), STATES.index(UnitState.UNKNOWN)
_HEAT_STRENGTH = 0.92
MOST_CRATES = 24  # of one buffer; a larger buffer shows its share of them
PIECE_SIZE_M = (0.42, 0.34, 0.95)
_FLOOR_PAD_M = 0.6  # what hangs higher has no pad


class PlantCopies:
    """The rows of all copies, and the nodes that draw them.

    The first `standing` rows are units, buffer stands and meters (which have pads on the floor), then the goods.
    """

    def __init__(self, parent: p3d.NodePath, plant: Plant) -> None:
        self.plant = plant
        units, buffers, meters = plant.units, plant.buffers, plant.meters
        keys = [key_of(unit) for unit in units]
        # Copies of one mesh lie side by side, so that one draw call has them all.
        self._order = sorted(
            range(len(units)), key=lambda i: (keys[i].kind, keys[i].bays, keys[i].path, keys[i].size_m)
        )
        self._row = np.empty(len(units), dtype=np.int64)
        self._row[self._order] = np.arange(len(units))
        self._buffer_row = len(units) + np.arange(len(buffers))
        self._meter_row = len(units) + len(buffers) + np.arange(len(meters))
        self.standing = len(units) + len(buffers) + len(meters)
        goods = [_crates(buffer) for buffer in buffers]
        self._slots = [len(places) for places, _ in goods]
        total = self.standing + sum(self._slots)
        self.buffer = CopyBuffer("plant copies", total)
        self.parent = parent.attach_new_node("equipment")
        self._place_standing(keys)
        self._place_goods(goods)
        self.drawn = self._draw(keys)
        self._pieces = CopyBuffer("work pieces", 64)
        self._piece_nodes = self._draw_pieces()
        self.tops_m = self._tops(units)

    def _place_standing(self, keys: Sequence[ModelKey]) -> None:
        rows = self.buffer.rows
        for i, unit in enumerate(self.plant.units):
            row = rows[self._row[i]]
            least = np.maximum(least_size_m(keys[i]), 1e-6)
            shrink = float(min(1.0, (np.array(unit.size_m) / least).min()))
            row[PLACE], row[YAW] = unit.position_m, unit.yaw_rad
            row[SIZE], row[SCALE] = np.array(unit.size_m) / shrink, shrink
        for i, buffer in enumerate(self.plant.buffers):
            row = rows[self._buffer_row[i]]
            row[PLACE], row[YAW], row[SIZE] = buffer.position_m, buffer.yaw_rad, buffer.size_m
        for i, meter in enumerate(self.plant.meters):
            row = rows[self._meter_row[i]]
            row[PLACE], row[SIZE] = meter.position_m, METER_SIZE_M

    def _place_goods(self, goods: Sequence[tuple[FloatArray, FloatArray]]) -> None:
        start = self.standing
        self._goods: list[slice] = []
        for (places, size), buffer in zip(goods, self.plant.buffers, strict=True):
            rows = slice(start, start + len(places))
            c, s = np.cos(buffer.yaw_rad), np.sin(buffer.yaw_rad)
            turned = places @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
            self.buffer.rows[rows, PLACE] = turned + np.array(buffer.position_m)
            self.buffer.rows[rows, YAW], self.buffer.rows[rows, SIZE] = buffer.yaw_rad, size
            self._goods.append(rows)
            start += len(places)
        self._total = start

    def _draw(self, keys: Sequence[ModelKey]) -> list[Drawn]:
        drawn = []
        ordered = [keys[i] for i in self._order]
        first = 0
        while first < len(ordered):
            key = ordered[first]
            count = sum(1 for other in ordered[first:] if other == key)
            drawn.append(self._add(str(key.kind), mesh_of(key), first, count))
            first += count
        for name, builder, rows in (
            ("buffer", moving.buffer_stand, self._buffer_row), ("meter", moving.meter, self._meter_row),
        ):  # fmt: skip
            if len(rows):
                drawn.append(self._add(name, flex(builder), int(rows[0]), len(rows)))
        if self._total > self.standing:
            drawn.append(self._add("goods", flex(moving.crate), self.standing, self._total - self.standing))
        return drawn

    def _add(self, name: str, mesh: FlexMesh, first: int, count: int) -> Drawn:
        return draw_copies(self.parent, name, mesh, self.buffer, first, count)

    def _draw_pieces(self) -> Drawn:
        return draw_copies(self.parent, "work pieces", flex(moving.piece), self._pieces, 0, 0)

    def _tops(self, units: Sequence[Unit]) -> FloatArray:
        tops = np.array([unit.position_m for unit in units], dtype=float).reshape(-1, 3)
        tops[:, 2] += [unit.size_m[2] + 0.25 for unit in units]
        return tops

    def show(self, view: PlantView) -> None:
        """Write how every copy looks, in one go."""
        rows = self.buffer.rows
        unit = self._row
        states = view.states
        rows[unit, LAMP] = _LAMP_OF[states]
        rows[unit, PAD] = np.where(view.priorities > 0, view.priorities, 0)
        rows[unit, PAD] = np.where((states == _FAILED) & (rows[unit, PAD] < 3), 3, rows[unit, PAD])
        rows[unit, PAD] = np.where((states == _UNKNOWN) & (rows[unit, PAD] == 0), 4, rows[unit, PAD])
        rows[unit, HIGHLIGHT] = _highlights(view)
        rows[unit, GHOST] = np.where(view.dimmed, FADED, SOLID)
        rows[self.standing :, GHOST] = SOLID
        rows[self._buffer_row, GHOST] = rows[self._meter_row, GHOST] = SOLID
        if view.xray:
            rows[: self.standing, GHOST] = SEEN_THROUGH
            rows[self.standing : self._total, GHOST] = SEEN_THROUGH
            kept = unit[[*view.chosen, *view.followed, *([view.hovered] if view.hovered >= 0 else [])]]
            rows[kept, GHOST] = SOLID
        rows[self._buffer_row, HIGHLIGHT] = np.arange(len(self._buffer_row)) == view.hovered_buffer
        if view.heat is None:
            rows[unit, HEAT_STRENGTH] = 0.0
        else:
            rows[unit, HEAT] = ramp(view.heat.shares())
            rows[unit, HEAT_STRENGTH] = np.where(np.isfinite(view.heat.values), _HEAT_STRENGTH, 0.25)
        self._fill(view.fill)
        self.buffer.send()
        self._show_pieces(view)
        for drawn in self.drawn:
            drawn.through.show() if view.xray else drawn.through.hide()

    def _fill(self, fill: FloatArray) -> None:
        for i, (rows, buffer) in enumerate(zip(self._goods, self.plant.buffers, strict=True)):
            slots = rows.stop - rows.start
            level = fill[i] if np.isfinite(fill[i]) else 0.0
            share = level / max(buffer.capacity, 1)
            # Any piece shows, and only a full buffer looks full.
            seen = int(np.clip(np.ceil(share * slots - 1e-9), 0, slots))
            if share < 1.0 and seen == slots and slots > 1:
                seen = slots - 1
            part = self.buffer.rows[rows, GHOST]
            part[seen:] = HIDDEN
            self.buffer.rows[rows, GHOST] = part

    def _show_pieces(self, view: PlantView) -> None:
        count = len(view.pieces.places)
        if count > len(self._pieces.rows):
            for node in (self._piece_nodes.solid, self._piece_nodes.through):
                node.remove_node()
            self._pieces = CopyBuffer("work pieces", 2 * count)
            self._piece_nodes = self._draw_pieces()
        if count:
            rows = self._pieces.rows
            rows[:count, PLACE] = view.pieces.places[:, :3]
            rows[:count, YAW] = view.pieces.places[:, 3]
            rows[:count, SIZE] = PIECE_SIZE_M
            rows[:count, HIGHLIGHT] = np.where(view.pieces.followed, 3.0, 0.0)
            self._pieces.send()
        self._piece_nodes.set_count(count)
        self._piece_nodes.through.hide()

    def set_two_sided(self, on: bool) -> None:
        """Draw insides as well, which a section opens."""
        for drawn in (*self.drawn, self._piece_nodes):
            drawn.solid.set_two_sided(on)


def _highlights(view: PlantView) -> NDArray[np.float32]:
    out = np.zeros(len(view.states), dtype=np.float32)
    if view.followed:
        out[list(view.followed)] = 2.0
    if view.hovered >= 0:
        out[view.hovered] = 1.0
    if view.chosen:
        out[list(view.chosen)] = 3.0
    return out


def _crates(buffer: Buffer) -> tuple[FloatArray, FloatArray]:
    """Return where a buffer's goods stand, in its own axes, lowest and backmost first, shape (n, 3), and their size."""
    slots = max(1, min(buffer.capacity, MOST_CRATES))
    w, d, h = buffer.size_m
    room = np.array([max(w - 0.1, 0.1), max(d - 0.1, 0.1), max(h - 0.16, 0.1)])
    # As near to cubes as the room lets them be, in whole rows.
    side = (room.prod() / slots) ** (1 / 3)
    nx = int(np.clip(round(room[0] / side), 1, slots))
    ny = int(np.clip(round(room[1] / side), 1, -(-slots // nx)))
    nz = -(-slots // (nx * ny))
    pitch = room / [nx, ny, nz]
    k = np.arange(slots)
    x, y, z = k % nx, (k // nx) % ny, k // (nx * ny)
    places = np.stack(
        [-room[0] / 2 + (x + 0.5) * pitch[0], room[1] / 2 - (y + 0.5) * pitch[1], 0.13 + z * pitch[2]], -1
    )
    return places, pitch - [0.05, 0.05, 0.03]


__all__ = ["MOST_CRATES", "PIECE_SIZE_M", "PlantCopies"]
