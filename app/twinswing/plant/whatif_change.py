"""What can be tried in a plant: each change makes another plant of the one that it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from twinswing.errors import InputError
from twinswing.plant.model import Plant, Spread, Unit, UnitBehaviour


@dataclass(frozen=True, slots=True)
class CycleChange:
    """A unit's cycles take `factor` times as long."""

    unit: str
    factor: float

    def apply(self, plant: Plant) -> Plant:
        """Return the plant with the change."""
        _positive("A cycle's factor", self.factor)
        return _behave(plant, self.unit, lambda b: replace(b, cycle_s=_scaled(b.cycle_s, self.factor)))


@dataclass(frozen=True, slots=True)
class BufferChange:
    """A buffer holds `capacity` pieces."""

    buffer: str
    capacity: int

    def apply(self, plant: Plant) -> Plant:
        """Return the plant with the change."""
        if self.capacity < 0:
            raise InputError(f"A buffer's capacity is zero or more; found {self.capacity}.")
        if all(buffer.path != self.buffer for buffer in plant.buffers):
            raise InputError(f"{plant.name} has no buffer {self.buffer!r}.")
        buffers = (replace(b, capacity=self.capacity) if b.path == self.buffer else b for b in plant.buffers)
        return replace(plant, buffers=tuple(buffers))


@dataclass(frozen=True, slots=True)
class CrewChange:
    """A crew has so many `people`."""

    crew: str
    people: int

    def apply(self, plant: Plant) -> Plant:
        """Return the plant with the change."""
        if self.crew not in plant.crews:
            raise InputError(f"{plant.name} has no crew {self.crew!r}; it has {', '.join(plant.crews) or 'none'}.")
        needs = [u.behaviour.operators for u in plant.units if u.behaviour.crew == self.crew]
        if self.people < max([1, *needs]):
            raise InputError(
                f"Crew {self.crew} needs at least {max([1, *needs])} for one of its units to work; found {self.people}."
            )
        return replace(plant, crews={**plant.crews, self.crew: self.people})


@dataclass(frozen=True, slots=True)
class AddMachine:
    """One more machine like `unit` does whatever that one does."""

    unit: str

    def apply(self, plant: Plant) -> Plant:
        """Return the plant with the change."""
        twin = _unit(plant, self.unit)
        number = 2
        while f"{self.unit}+{number}" in plant.unit_by_path:
            number += 1
        path = f"{self.unit}+{number}"
        added = replace(twin, path=path, name=f"{twin.name}+{number}", label=f"{twin.label} +{number}", items=())
        return _staff(replace(plant, units=(*plant.units, added)), lambda units: _beside(units, self.unit, path))


@dataclass(frozen=True, slots=True)
class RemoveMachine:
    """A machine is taken out of every step; each of its steps must have another that does it."""

    unit: str

    def apply(self, plant: Plant) -> Plant:
        """Return the plant with the change."""
        _unit(plant, self.unit)
        for route in plant.routes:
            for step in route.steps:
                if step.units == (self.unit,):
                    raise InputError(f"Without {self.unit} nothing could do step {step.name} of {route.product}.")
        left = tuple(unit for unit in plant.units if unit.path != self.unit)
        return _staff(replace(plant, units=left), lambda units: tuple(u for u in units if u != self.unit))


@dataclass(frozen=True, slots=True)
class FailureChange:
    """A unit's time between failures and its repairs take so many times as long as today."""

    unit: str
    between_factor: float = 1.0
    repair_factor: float = 1.0

    def apply(self, plant: Plant) -> Plant:
        """Return the plant with the change."""
        _positive("The factor of the time between failures", self.between_factor)
        _positive("The factor of a repair", self.repair_factor)

        def change(behaviour: UnitBehaviour) -> UnitBehaviour:
            between = behaviour.between_failures_s
            if between is None:
                raise InputError(f"{self.unit} never fails in this plant's file: nothing to change.")
            return replace(
                behaviour,
                between_failures_s=_scaled(between, self.between_factor),
                repair_s=_scaled(behaviour.repair_s, self.repair_factor),
            )

        return _behave(plant, self.unit, change)


@dataclass(frozen=True, slots=True)
class OrdersChange:
    """Orders come `rate_factor` times as often."""

    rate_factor: float

    def apply(self, plant: Plant) -> Plant:
        """Return the plant with the change."""
        _positive("The factor of the orders' rate", self.rate_factor)
        return replace(plant, order_every_s=_scaled(plant.order_every_s, 1.0 / self.rate_factor))


Change = CycleChange | BufferChange | CrewChange | AddMachine | RemoveMachine | FailureChange | OrdersChange


def changed(plant: Plant, changes: Sequence[Change]) -> Plant:
    """Return the plant with all changes, in their order; raises InputError for one that cannot be made."""
    for change in changes:
        plant = change.apply(plant)
    return plant


def _positive(what: str, value: float) -> None:
    if not 0.0 < value < 1e6:
        raise InputError(f"{what} is above zero; found {value:g}.")


def _scaled(spread: Spread, factor: float) -> Spread:
    return replace(spread, mean=spread.mean * factor, sd=spread.sd * factor)


def _unit(plant: Plant, path: str) -> Unit:
    unit = plant.unit_by_path.get(path)
    if unit is None:
        raise InputError(f"{plant.name} has no unit {path!r}.")
    return unit


def _behave(plant: Plant, path: str, change: Callable[[UnitBehaviour], UnitBehaviour]) -> Plant:
    new = replace(_unit(plant, path), behaviour=change(_unit(plant, path).behaviour))
    return replace(plant, units=tuple(new if unit.path == path else unit for unit in plant.units))


def _staff(plant: Plant, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Plant:
    routes = (
        replace(route, steps=tuple(replace(step, units=change(step.units)) for step in route.steps))
        for route in plant.routes
    )
    return replace(plant, routes=tuple(routes))


def _beside(units: tuple[str, ...], path: str, added: str) -> tuple[str, ...]:
    return (*units, added) if path in units else units
