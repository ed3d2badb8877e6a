"""A thousand units, of ten items each, in the plant's window: what a frame costs the processor."""

from dataclasses import replace

import numpy as np

from twinswing.desk.frame_bench import FrameCost
from twinswing.desk.plant_frame_bench import bench_plant_frame
from twinswing.plant.model import DataItem, Limit, Role, Unit
from twinswing.plant.store import LiveHistory
from twinswing.streams.observations import ItemKind
from twinswing.truth.bench_plant_frame import large_plant

_NUMBERS = (
    Role.LOAD, Role.SPEED, Role.TEMPERATURE, Role.VIBRATION, Role.POWER, Role.ENERGY, Role.PRESSURE, Role.TOOL_LIFE,
)  # fmt: skip
_EVERY_NS = 500_000_000


def bench_large_window(frames: int = 100, units: int = 1000) -> FrameCost:
    """Fill a minute at 2 Hz, a new state of every unit each ten seconds, alarms now and then, and replay it."""
    bare = large_plant(units)
    plant = replace(bare, units=tuple(_with_items(unit) for unit in bare.units))
    history = LiveHistory(plant, 1_700_000_000_000_000_000)
    random = np.random.default_rng(0)
    words = np.array([history.text_code(word) for word in ("ACTIVE", "READY", "INTERRUPTED")])
    states = np.flatnonzero([item.role is Role.EXECUTION for item in plant.items])
    numbers = np.flatnonzero([item.kind is ItemKind.SAMPLE for item in plant.items])
    for tick in range(120):
        t_ns = tick * _EVERY_NS
        history.feed(numbers, np.full(len(numbers), t_ns), random.random(len(numbers)))
        if tick % 20 == 0:
            history.feed(states, np.full(len(states), t_ns), texts=random.choice(words, len(states)))
    return bench_plant_frame(history, frames=frames)


def _with_items(unit: Unit) -> Unit:
    def item(role: Role, kind: ItemKind) -> DataItem:
        path = f"{unit.path}/{role.value}"
        limits = (Limit("rough", high=0.999),) if role is Role.VIBRATION else ()
        return DataItem(path, role.value, kind, role, "1", "s", path, limits=limits)

    texts = tuple(item(role, ItemKind.EVENT) for role in (Role.EXECUTION, Role.PROGRAM))
    return replace(unit, items=texts + tuple(item(role, ItemKind.SAMPLE) for role in _NUMBERS))
