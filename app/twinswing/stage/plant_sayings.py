"""What each label of a plant says, and how much it matters: units first, then buffers, meters, areas and the tape."""

import math

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.model import Plant
from twinswing.plant.states import UnitState
from twinswing.stage.appearance import srgb
from twinswing.stage.plant_labels import Said
from twinswing.stage.plant_marks import HALF_PX, LIFT_PX
from twinswing.stage.plant_text import DIAMOND, DISC, DOWNWARD, GLYPH, RING, SQUARE, TRIANGLE
from twinswing.stage.plant_view import STATE_WORDS, STATES, PlantView

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


def _areas(plant: Plant) -> list[tuple[str, FloatArray]]:
    """Return each area's label and a place amid its units, above them."""
    out = []
    for group in plant.groups:
        if group.level != "area":
            continue
        inside = [u for u in plant.units if u.path.startswith(group.path + "/")]
        if inside:
            places = np.array([u.position_m for u in inside])
            middle = (places.min(0) + places.max(0)) / 2
            middle[2] = max(u.position_m[2] + u.size_m[2] for u in inside) + 0.6
            out.append((group.label, middle))
    return out


def label_anchors(plant: Plant) -> FloatArray:
    """Return where each label hangs, metres, shape (labels, 3)."""
    rows = [(*u.position_m[:2], u.position_m[2] + u.size_m[2] + 0.25) for u in plant.units]
    rows += [(*b.position_m[:2], b.position_m[2] + b.size_m[2] + 0.1) for b in plant.buffers]
    rows += [(*m.position_m[:2], m.position_m[2] + 1.8) for m in plant.meters]
    rows += [tuple(place) for _, place in _areas(plant)]
    return np.array([*rows, (0.0, 0.0, 0.0)], dtype=float)


def sayings(plant: Plant, view: PlantView) -> list[Said | None]:
    """Return what each label says, in the order of `label_anchors`."""
    out: list[Said | None] = [_unit(plant, view, i) for i in range(len(plant.units))]
    for buffer, level in zip(plant.buffers, view.fill.tolist(), strict=True):
        held = f"{level:.0f} of {buffer.capacity}" if math.isfinite(level) else "not known"
        out.append(Said(buffer.label, held))
    out += [Said(m.name, t) for m, t in zip(plant.meters, view.meter_texts, strict=True)]
    out += [Said(label) for label, _ in _areas(plant)]
    out.append(None if view.tape is None else Said(f"{view.tape.length_m:.2f} m"))
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


def scores_of(plant: Plant, view: PlantView, far_m: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return how much each label matters, from how far and from how near it is seen, metres; each (labels,)."""
    units, buffers, meters = len(plant.units), len(plant.buffers), len(plant.meters)
    areas = len(_areas(plant))
    scores = np.zeros(units + buffers + meters + areas + 1)
    reach = np.full(len(scores), far_m)
    unit = slice(0, units)
    scores[unit] = np.array(view.priorities, dtype=float) * 100.0
    failed = np.isin(view.states, [STATES.index(UnitState.FAILED)])
    scores[unit] += failed * 350.0
    reach[unit] = np.where((view.priorities >= 2) | failed, _ALWAYS_M, np.where(view.priorities == 1, 2 * far_m, far_m))
    scores[unit] -= view.dimmed * 5000.0
    reach[unit] = np.where(view.dimmed, 0.25 * far_m, reach[unit])
    for number in view.followed:
        scores[number] += 500.0
        reach[number] = max(reach[number], 2 * far_m)
    for number in view.chosen:
        scores[number] += 2000.0
        reach[number] = _ALWAYS_M
    if view.hovered >= 0:
        scores[view.hovered] += 3000.0
        reach[view.hovered] = _ALWAYS_M
    if view.hovered_buffer >= 0:
        scores[units + view.hovered_buffer] += 3000.0
        reach[units + view.hovered_buffer] = _ALWAYS_M
    scores[units : units + buffers] -= 10.0
    reach[units : units + buffers + meters] = np.where(
        reach[units : units + buffers + meters] > far_m, reach[units : units + buffers + meters], 0.7 * far_m
    )
    first_area = units + buffers + meters
    scores[first_area : first_area + areas] = 20.0
    reach[first_area : first_area + areas] = _AREA_TO_M
    scores[-1], reach[-1] = 9000.0, _ALWAYS_M
    nearest = np.zeros(len(scores))
    nearest[first_area : first_area + areas] = _AREA_FROM_M
    return scores, reach, nearest


__all__ = ["GLYPH", "label_anchors", "sayings", "scores_of"]
