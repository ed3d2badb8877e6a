"""What goes into a simulation besides the plant, and what comes out of it."""

from dataclasses import dataclass
from typing import Protocol

from twinswing.plant.simulation_floor import Place, UnitRun


@dataclass(frozen=True, slots=True)
class Incident:
    """A bearing that degrades from `start_s` on (zero is the end of the warm-up) and seizes after `life_run_s`.

    life_run_s: running time from the first damage to the failure. Two and a half hours let a person who looks every
        hour see it coming; real bearings take days to weeks from the first spall.
    repair_s: an exchange of a spindle bearing with its run-in; far longer than usual repairs.
    extra_scrap: share of pieces that a bearing about to seize spoils, besides the usual ones.
    """

    unit: str
    start_s: float
    life_run_s: float = 9000.0
    repair_s: float = 5400.0
    extra_scrap: float = 0.25
    kind: str = "spindle bearing"


class Watcher(Protocol):
    """Who is told what happens; called in the order of time, after each change."""

    def touch_unit(self, unit: UnitRun, t_ns: int) -> None:
        """A unit's state, pieces, counts, tool or fault are other than before."""

    def touch_place(self, place: Place, t_ns: int) -> None:
        """A buffer's level is other than before."""

    def moment_over(self) -> None:
        """All that happens at the moment of the last touches has happened: time goes on."""


@dataclass(slots=True)
class Counts:
    """Pieces since the plant began, warm-up included; released = finished + scrapped + in process, always."""

    ordered: int = 0
    released: int = 0
    finished: int = 0
    scrapped: int = 0

    @property
    def in_process(self) -> int:
        """Pieces between the order book and the door."""
        return self.released - self.finished - self.scrapped


@dataclass(frozen=True, slots=True)
class Finished:
    """One good piece that left the plant."""

    t_ns: int
    lead_ns: int  # since it left the order book
    product: str
