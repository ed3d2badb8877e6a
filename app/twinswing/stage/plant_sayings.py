"""What each label of a plant says, and how much it matters: units first, then buffers, meters, areas and the tape."""

import math

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.model import Plant
from twinswing.plant.states import CODE_OF, STATES, UnitState
from twinswing.stage.appearance import srgb
from twinswing.stage.plant_labels import Said
from twinswing.stage.plant_marks import HALF_PX, LIFT_PX
from twinswing.stage.plant_text import DIAMOND, DISC, DOWNWARD, RING, SQUARE, TRIANGLE
from twinswing.stage.plant_view import STATE_WORDS, PlantView

FloatArray = NDArray[np.float64]

_GREY, _DARK = srgb("#6b7278"), srgb("#454b51")
# The sign before a state's word, told apart by shape and letter; hue only for what is not normal.
_SIGNS: dict[UnitState, tuple[float, tuple[float, float, float], str]] = {
    UnitState.RUNNING: (DISC, _GREY, "R"),
    UnitState.IDLE: (RING, _GREY, ""),
    UnitState.STARVED: (DOWNWARD, _DARK, ""),
    UnitState.BLOCKED: (SQUARE, _DARK, "B"),
    UnitState.SETUP: (DIAMOND, _GREY, ""),
    UnitState.HELD: (TRIANGLE, srgb("#c07f00"), ""),
    UnitState.WAITING: (TRIANGLE, srgb("#c07f00"), ""),
    UnitState.FAILED: (SQUARE, srgb("#d6201f"), "F"),
    UnitState.MAINTENANCE: (DIAMOND, _DARK, ""),
    UnitState.OFF: (RING, _DARK, ""),
    UnitState.UNKNOWN: (RING, srgb("#b03fc0"), ""),
}
_RIM = srgb("#9ea4a9")
_RIMS = {1: srgb("#b03fc0"), 2: srgb("#e09800"), 3: srgb("#d6201f")}
_CHOSEN = srgb("#1f6feb")
_MARK_PX = LIFT_PX + HALF_PX  # what a marker takes of the room above a unit
_ALWAYS_M = 1e9
_AREA_TO_M, _AREA_FROM_M = 400.0, 24.0


class Sayings:
    """The labels of one plant: where they hang, what they say of a view, and how much they matter."""

    def __init__(self, plant: Plant) -> None:
        self.plant = plant
        self._areas = _areas(plant)
        rows = [(*u.position_m[:2], u.position_m[2] + u.size_m[2] + 0.25) for u in plant.units]
        rows += [(*b.position_m[:2], b.position_m[2] + b.size_m[2] + 0.1) for b in plant.buffers]
        rows += [(*m.position_m[:2], m.position_m[2] + 1.8) for m in plant.meters]
        rows += [tuple(place) for _, place in self._areas]
        self.anchors_m: FloatArray = np.array([*rows, (0.0, 0.0, 0.0)], dtype=float)
        counts = (len(plant.units), len(plant.buffers), len(plant.meters), len(self._areas))
        self._buffers, self._meters, self._first_area, self.tape = np.cumsum(counts).tolist()

    def say(self, view: PlantView, number: int) -> Said | None:
        """Return what a label says of a view; None for nothing."""
        plant = self.plant
        if number < self._buffers:
            return _unit(plant, view, number)
        if number < self._meters:
            k = number - self._buffers
            buffer, level = plant.buffers[k], float(view.fill[k])
            return Said(buffer.label, f"{level:.0f} of {buffer.capacity}" if math.isfinite(level) else "not known")
        if number < self._first_area:
            k = number - self._meters
            return Said(plant.meters[k].name, view.meter_texts[k]) if view.meter_texts[k] else None
        if number < self.tape:
            return Said(self._areas[number - self._first_area][0])
        return None if view.tape is None else Said(f"{view.tape.length_m:.2f} m")

    def scores(self, view: PlantView, far_m: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return how much each label matters, from how far and from how near it is seen, metres; each (labels,)."""
        count = len(self.anchors_m)
        scores, reach, nearest = np.zeros(count), np.full(count, far_m), np.zeros(count)
        unit = slice(0, self._buffers)
        failed = view.states == CODE_OF[UnitState.FAILED]
        scores[unit] = view.priorities * 100.0 + failed * 350.0 - view.dimmed * 5000.0
        near = np.where(view.priorities == 1, 2 * far_m, far_m)
        reach[unit] = np.where((view.priorities >= 2) | failed, _ALWAYS_M, near)
        reach[unit] = np.where(view.dimmed, 0.25 * far_m, reach[unit])
        scores[self._buffers : self._first_area] -= 10.0
        reach[self._buffers : self._first_area] = 0.7 * far_m
        area = slice(self._first_area, self.tape)
        scores[area], reach[area], nearest[area] = 20.0, _AREA_TO_M, _AREA_FROM_M
        for number in view.followed:
            scores[number] += 500.0
            reach[number] = max(reach[number], 2 * far_m)
        pointed = [(number, 2000.0) for number in view.chosen]
        pointed += [(view.hovered, 3000.0)] if view.hovered >= 0 else []
        pointed += [(self._buffers + view.hovered_buffer, 3000.0)] if view.hovered_buffer >= 0 else []
        for number, more in pointed:
            scores[number] += more
            reach[number] = _ALWAYS_M
        scores[self.tape], reach[self.tape] = 9000.0, _ALWAYS_M
        return scores, reach, nearest


def _areas(plant: Plant) -> list[tuple[str, FloatArray]]:
    """Return each area's label and where it hangs."""
    out = []
    for group in plant.groups:
        if group.level != "area":
            continue
        inside = [u for u in plant.units if u.path.startswith(group.path + "/")]
        if inside:
            places = np.array([u.position_m for u in inside])
            # At its left end, where no unit's label is.
            left = min(u.position_m[0] - max(u.size_m[:2]) / 2 for u in inside)
            out.append((group.label, np.array([left, (places[:, 1].min() + places[:, 1].max()) / 2, 0.4])))
    return out


def _unit(plant: Plant, view: PlantView, i: int) -> Said:
    state = STATES[view.states[i]]
    sign, rgb, letter = _SIGNS[state]
    priority = int(view.priorities[i])
    said = [STATE_WORDS[state], view.alarm_texts[i] or view.details[i]]
    rim = _CHOSEN if i in view.chosen else _RIMS.get(priority, _RIM)
    return Said(
        plant.units[i].label, " · ".join(part for part in said if part), sign, rgb, letter, rim,
        _MARK_PX if priority else 0.0,
    )  # fmt: skip
