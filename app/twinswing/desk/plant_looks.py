"""What the scene of a plant shows at a moment: states, alarms, what is dimmed, heat, the line under each name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from twinswing.desk.panels.plant_context import quantity, unit_numbers
from twinswing.desk.plant_choices import PlantChoices, heat_label, matching
from twinswing.plant.alarms import STANDING, Alarm
from twinswing.plant.history import Snapshot
from twinswing.plant.model import Plant, Role
from twinswing.plant.states import UnitState
from twinswing.stage.plant_alarm_view import with_alarms
from twinswing.stage.plant_view import Pieces, PlantView, Section, role_heat


def first_alarms(alarms: Sequence[Alarm]) -> dict[str, Alarm]:
    """Return the alarm of each unit that is to be answered first, out of those at a moment, by the unit's path."""
    out: dict[str, Alarm] = {}
    for alarm in alarms:
        if alarm.state in STANDING:
            out.setdefault(alarm.occurrence.unit, alarm)
    return out


def looks(
    plant: Plant,
    snapshot: Snapshot,
    states: Sequence[UnitState],
    texts: Sequence[str],
    alarmed: Mapping[str, Alarm],
    choices: PlantChoices,
    pieces: Pieces,
) -> PlantView:
    """Return what the scene shows of a snapshot with what the user has chosen."""
    numbers = unit_numbers(plant)
    units = len(plant.units)
    dimmed = np.zeros(units, dtype=bool)
    if choices.filters.active:
        dimmed[:] = True
        dimmed[matching(plant, states, alarmed.__contains__, choices.filters)] = False
    chosen = numbers.get(choices.unit, -1)
    heat = None if choices.heat is None else role_heat(plant, snapshot, choices.heat, heat_label(choices.heat))
    return replace(
        with_alarms(PlantView.of(plant, snapshot, states), plant, alarmed.values()),
        details=details_of(plant, snapshot, texts, choices.heat or Role.ORDER),
        pieces=pieces,
        dimmed=dimmed,
        heat=heat,
        chosen=frozenset({chosen} if chosen >= 0 else ()),
        hovered=numbers.get(choices.hovered, -1),
        xray=choices.xray,
        section=Section.above(choices.section_m) if choices.section else None,
        labels=choices.labels,
    )


def details_of(plant: Plant, snapshot: Snapshot, texts: Sequence[str], role: Role) -> tuple[str, ...]:
    """Return what each unit's item of a role says, for the line under its name; nothing where that is not known."""
    out = []
    for unit in plant.units:
        item = unit.by_role.get(role)
        if item is None:
            out.append("")
            continue
        number = plant.item_number[item.path]
        value, code = float(snapshot.number[number]), int(snapshot.text[number])
        if np.isfinite(value):
            out.append(quantity(value, item.unit))
        else:
            out.append(texts[code] if 0 <= code < len(texts) else "")
    return tuple(out)
