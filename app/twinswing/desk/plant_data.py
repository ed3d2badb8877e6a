"""What panels and scene are told of a plant at the playhead: states, alarms, ribbons; the worker does what is heavy."""

import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from twinswing.desk.panels.plant_context import FRESH_NS, PlantContext
from twinswing.desk.panels.plant_orders import on_at
from twinswing.desk.panels.plant_timeline import GRAVITY_OF, AlarmMark, Ribbon
from twinswing.desk.panels.plant_trends import Span
from twinswing.desk.plant_looks import first_alarms
from twinswing.plant.alarms import Alarm, AlarmLog, AlarmPicture, AlarmState, Interval
from twinswing.plant.health_log import HealthLog, UnitHealth
from twinswing.plant.history import History
from twinswing.plant.journal import Journal
from twinswing.plant.model import Plant, Unit
from twinswing.plant.production import Visit, current, trace
from twinswing.plant.states import ABNORMAL, STATES, UnitState, state_spans
from twinswing.stage.plant_view import Way

_SUPPRESSING = frozenset({UnitState.OFF, UnitState.MAINTENANCE})
_AT_MOST_NS = 200_000_000  # alarms are looked up again when the playhead has moved by this much


@dataclass
class PlantData:
    """One plant's derived facts; `update` once a frame, before the panels."""

    plant: Plant
    history: History
    journal: Journal
    picture: AlarmPicture = field(default_factory=AlarmPicture)
    alarms: tuple[Alarm, ...] = ()
    alarmed: dict[str, Alarm] = field(default_factory=dict)
    flood: Interval | None = None
    marks: tuple[AlarmMark, ...] = ()
    alarm_times_s: "np.ndarray[tuple[int], np.dtype[np.float64]]" = field(default_factory=lambda: np.empty(0))
    _looked: tuple[int, int, frozenset[str]] = (-1, -1, frozenset())

    def __post_init__(self) -> None:
        self._log = AlarmLog(self.plant)
        self._health = HealthLog(self.plant)

    def update(self, context: PlantContext) -> None:
        """Take in what the worker found, and look up what stands at the playhead."""
        end = context.span_ns[1]
        key = (end // FRESH_NS, len(self.journal.actions()))
        answer = context.worker.ask("alarms", key, lambda: self._log.extend(self.history, self.journal))
        if answer.value is not None and answer.value is not self.picture:
            self._take(answer.value)
        off = frozenset(
            unit.path for unit, state in zip(self.plant.units, context.states, strict=True) if state in _SUPPRESSING
        )
        looked = (id(self.picture), context.t_ns // _AT_MOST_NS, off)
        if looked != self._looked:
            self._looked = looked
            self.alarms = self.picture.at(context.t_ns, off)
            self.flood = self.picture.flood_at(context.t_ns)
            self.alarmed = first_alarms(self.alarms)

    def _take(self, picture: AlarmPicture) -> None:
        self.picture = picture
        self.marks = tuple(
            AlarmMark(o.raised_ns, o.priority, self._text(o.unit, o.message or o.name), o.key)
            for o in picture.occurrences
        )
        self.alarm_times_s = picture.raised_ns / 1e9

    def _text(self, path: str, message: str) -> str:
        unit = self.plant.unit_by_path.get(path)
        return f"{unit.label if unit else path}: {message}"

    def spans_of(self, unit: str) -> list[Span]:
        """Return when alarms of a unit's items stood, for its graphs."""
        items = self.plant.items
        return [
            Span(items[o.item].path, o.raised_ns, o.cleared_ns, o.priority)
            for o in self.picture.occurrences
            if o.unit == unit and o.item >= 0
        ]

    def ribbon_unit(self, context: PlantContext) -> Unit | None:
        """Return the unit whose states the timeline shows: the chosen one, else the worst of the plant."""
        if context.unit is not None:
            return context.unit
        return self.worst(context)

    def worst(self, context: PlantContext) -> Unit | None:
        """Return the unit that needs somebody most: what has failed, then by the alarm that stands, then by state."""

        def need(number: int) -> tuple[bool, int, int]:
            alarm, state = self.alarmed.get(self.plant.units[number].path), context.states[number]
            # An alarm whose cause is gone can wait for one that stands.
            rank = 0 if alarm is None else alarm.rank * 2 - (alarm.state is AlarmState.RETURNED)
            return (state in ABNORMAL, rank, GRAVITY_OF[state])

        if not context.states:
            return None
        return self.plant.units[max(range(len(context.states)), key=lambda n: (need(n), -n))]

    def ribbon(self, context: PlantContext) -> Ribbon | None:
        """Return the states over the whole history of the unit that the timeline shows, None until they are known."""
        unit = self.ribbon_unit(context)
        if unit is None:
            return None
        end = context.span_ns[1]
        answer = context.worker.ask(
            f"ribbon/{unit.path}", end // FRESH_NS, lambda: ribbon_of(self.history, unit, context.span_ns)
        )
        return answer.value

    def health(self, context: PlantContext, unit: Unit) -> UnitHealth | None:
        """Return a unit's health at the playhead, None until something was learnt."""
        key = context.span_ns[1] // self._health.bin_ns
        answer = context.worker.ask("health", key, self._learn)
        return self._health.at(unit.path, context.t_ns) if answer.value else None

    def _learn(self) -> bool:
        self._health.extend(self.history)
        return True

    def orders_now(self, context: PlantContext) -> list[tuple[str, str]]:
        """Return (order, unit's path) of what is on units at the playhead."""
        return [
            (order, unit.path) for unit in self.plant.units for order in current(self.history, context.snapshot, unit)
        ]

    def visits(self, context: PlantContext) -> tuple[Visit, ...] | None:
        """Return where the order that is followed has been in the whole history, None until that is known."""
        order = context.choices.order
        if not order:
            return None
        key = (order, context.span_ns[1] // FRESH_NS)
        answer = context.worker.ask(f"visits/{order}", key, lambda: trace(self.history, order, *context.span_ns))
        return answer.value

    def way(self, context: PlantContext) -> tuple[Way | None, frozenset[int]]:
        """Return the followed order's way over the floor up to the playhead, and the units that it is on."""
        visits = self.visits(context)
        if not visits:
            return None, frozenset()
        numbers = context.unit_number
        on = frozenset(numbers[v.unit] for v in visits if on_at(v, context.t_ns) and v.unit in numbers)
        places: list[tuple[float, float]] = []
        reached = 0
        for visit in visits:
            unit = self.plant.unit_by_path.get(visit.unit)
            if unit is None or (places and places[-1] == unit.position_m[:2]):
                continue
            places.append(unit.position_m[:2])
            if visit.start_ns <= context.t_ns:
                reached = len(places)
        if len(places) < 2:
            return None, on
        done = sum(math.dist(a, b) for a, b in pairwise(places[:reached]))
        return Way(tuple(places), done), on


def ribbon_of(history: History, unit: Unit, span_ns: tuple[int, int]) -> Ribbon:
    """Return a unit's states over a span (for the worker)."""
    times, codes = state_spans(history, unit, *span_ns)
    return Ribbon(unit.path, np.append(times, np.int64(span_ns[1])), _GRAVITY_OF_CODE[codes])


_GRAVITY_OF_CODE = np.array([GRAVITY_OF[state] for state in STATES], dtype=np.int64)
