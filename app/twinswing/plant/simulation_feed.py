"""A simulated plant that is run forward and says what its machines would say."""

from twinswing.plant.model import Plant
from twinswing.plant.simulation import Simulation
from twinswing.plant.simulation_kinds import Incident
from twinswing.plant.simulation_rows import PlantRows, Rates
from twinswing.streams.observations import Observation
from twinswing.timeline.clock import to_ns

WARMUP_S = 24 * 3600.0
"""A day before the story begins: the floor has filled even near its capacity, and machines are warm from work."""


class SimulatedPlant:
    """Simulation and rows together; `advance` returns the observations of the stretch.

    The first call's observations begin with the whole state of the plant at time zero.
    """

    def __init__(
        self,
        plant: Plant,
        seed: int,
        *,
        start_unix_ns: int = 0,
        source: str | None = None,
        incident: Incident | None = None,
        rates: Rates | None = None,
        warmup_s: float = WARMUP_S,
    ) -> None:
        self.rows = PlantRows(plant, seed, start_unix_ns, source, rates)
        self.simulation = Simulation(plant, seed, warmup_s=warmup_s, incident=incident, watcher=self.rows)
        self._begun = False
        self._next_tick_ns = 0

    @property
    def tick_s(self) -> float:
        """How often varying items are told, seconds of the plant's time."""
        return self.rows.rates.tick_s

    @tick_s.setter
    def tick_s(self, value: float) -> None:
        self.rows.retime(value)

    def advance(self, to_s: float) -> list[Observation]:
        """Run to a moment of the plant's time and return what was said, in order of time."""
        to = to_ns(to_s)
        simulation, rows = self.simulation, self.rows
        if not self._begun:
            simulation.advance_ns(0)
            rows.begin(simulation.units, simulation.places, 0)
            self._begun = True
            self._next_tick_ns = to_ns(self.tick_s)
        while self._next_tick_ns <= to:
            simulation.advance_ns(self._next_tick_ns)
            rows.tick(self._next_tick_ns)
            self._next_tick_ns += to_ns(self.tick_s)
        simulation.advance_ns(to)
        return rows.drain()
