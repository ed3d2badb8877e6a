"""A plant's alarms in its view: the one mark and the few words that a unit carries in the hall."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from twinswing.plant.alarm_rules import Occurrence
from twinswing.plant.alarms import STANDING, Alarm, AlarmState
from twinswing.plant.model import Plant
from twinswing.stage.plant_view import PlantView


def short_text(occurrence: Occurrence) -> str:
    """Return what a label says of an alarm: the machine's own words, or what is wrong without what to do about it."""
    if occurrence.item >= 0 and occurrence.name.startswith(("FAULT", "WARNING")):
        return occurrence.message or occurrence.name
    return occurrence.message.split(":")[0] or occurrence.name


def with_alarms(view: PlantView, plant: Plant, alarms: Iterable[Alarm]) -> PlantView:
    """Return a view with each unit's worst alarm that is to be shown; one that nobody has acknowledged comes first."""
    number = {unit.path: i for i, unit in enumerate(plant.units)}
    priorities = np.zeros(len(plant.units), dtype=np.int8)
    unseen = np.zeros(len(plant.units), dtype=bool)
    texts = [""] * len(plant.units)
    for alarm in alarms:
        i = number.get(alarm.occurrence.unit)
        if i is None or alarm.state not in STANDING:
            continue
        waits = alarm.state is not AlarmState.ACKNOWLEDGED
        if (alarm.rank, waits) > (priorities[i], bool(unseen[i])):
            priorities[i], unseen[i] = alarm.rank, waits
            texts[i] = short_text(alarm.occurrence)
    return replace(view, priorities=priorities, unacknowledged=unseen, alarm_texts=tuple(texts))
