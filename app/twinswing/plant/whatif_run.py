"""One replication of a what-if: simulate, throw the warm-up away, and count. Plain numbers, to cross processes."""

from collections.abc import Callable
from dataclasses import dataclass

from twinswing.plant.model import Plant
from twinswing.plant.simulation import Simulation
from twinswing.plant.states import UnitState
from twinswing.timeline.clock import NS_PER_S

_AWAY = (UnitState.STARVED, UnitState.BLOCKED, UnitState.IDLE, UnitState.WAITING)


@dataclass(frozen=True, slots=True)
class Replication:
    """What one replication gave after its warm-up.

    lead_s: mean time of a finished piece in the plant, from its release on (None: none was finished); energy_j of all
    units; occupied: how much of its time a station was neither without a piece, nor without room, nor without people,
    or a crew was at work, 0 to 1; starved and blocked likewise; waiting_orders: pieces in the order book at the end.
    """

    seed: int
    hours: float
    finished: int
    scrapped: int
    lead_s: float | None
    wip: float
    energy_j: float
    occupied: dict[str, float]
    starved: dict[str, float]
    blocked: dict[str, float]
    waiting_orders: int

    @property
    def throughput_per_h(self) -> float:
        """Good pieces an hour."""
        return self.finished / self.hours

    @property
    def energy_per_piece_j(self) -> float | None:
        """All units' energy by good pieces."""
        return self.energy_j / self.finished if self.finished else None

    @property
    def bottleneck(self) -> str:
        """The station or crew that is occupied most: a minute lost there is a minute of the plant's."""
        return max(self.occupied, key=lambda name: self.occupied[name], default="")


def stations(plant: Plant) -> dict[str, tuple[str, ...]]:
    """Return the plant's stations: units that share steps, under the step's name or the only unit's path.

    The bottleneck is sought among stations, for one of three equal mills is none by itself.
    """
    groups: list[tuple[set[str], str]] = []
    for route in plant.routes:
        for step in route.steps:
            mine, name = set(step.units), step.name
            rest = []
            for units, other in groups:
                if units & mine:
                    mine, name = mine | units, other
                else:
                    rest.append((units, other))
            groups = [*rest, (mine, name)]
    out: dict[str, tuple[str, ...]] = {}
    for units, name in groups:
        ordered = tuple(unit.path for unit in plant.units if unit.path in units)
        out[ordered[0] if name in out else name] = ordered
    return out


def replicate(
    plant: Plant,
    seed: int,
    duration_s: float,
    warmup_s: float,
    cancelled: Callable[[], bool] = lambda: False,
) -> Replication | None:
    """Run one replication of `duration_s` after a warm-up; None where it was cancelled."""
    simulation = Simulation(plant, seed, warmup_s=warmup_s)
    slices = 8  # looks this often whether to go on
    for k in range(1, slices + 1):
        simulation.advance(-warmup_s + warmup_s * k / slices)
        if cancelled():
            return None
    before = _Account(simulation)
    for k in range(1, slices + 1):
        simulation.advance(duration_s * k / slices)
        if cancelled():
            return None
    return _difference(simulation, before, seed, duration_s)


class _Account:
    """The running sums at a moment."""

    def __init__(self, simulation: Simulation) -> None:
        now = simulation.now_ns
        self.times = {run.unit.path: run.time_in(now) for run in simulation.units}
        self.worked = {name: crew.worked_ns(now) for name, crew in simulation.crews.items()}
        self.wip_ns = simulation.wip_integral_ns()
        self.finished = len(simulation.finished)
        self.scrapped = simulation.counts.scrapped


def _difference(simulation: Simulation, before: _Account, seed: int, duration_s: float) -> Replication:
    after = _Account(simulation)
    whole = duration_s * NS_PER_S
    part: dict[str, dict[UnitState, float]] = {
        path: {state: (ns - before.times[path][state]) / whole for state, ns in times.items()}
        for path, times in after.times.items()
    }
    energy = 0.0
    for run in simulation.units:
        behaviour = run.unit.behaviour
        runs = part[run.unit.path][UnitState.RUNNING]
        energy += duration_s * (runs * behaviour.power_run_w + (1.0 - runs) * behaviour.power_idle_w)

    occupied: dict[str, float] = {}
    starved: dict[str, float] = {}
    blocked: dict[str, float] = {}
    for name, paths in stations(simulation.plant).items():
        mine = [part[path] for path in paths]
        occupied[name] = 1.0 - sum(times[state] for times in mine for state in _AWAY) / len(mine)
        starved[name] = sum(times[UnitState.STARVED] + times[UnitState.IDLE] for times in mine) / len(mine)
        blocked[name] = sum(times[UnitState.BLOCKED] for times in mine) / len(mine)
    for name, crew in simulation.crews.items():
        if crew.size:
            occupied[f"crew {name}"] = (after.worked[name] - before.worked[name]) / (whole * crew.size)
    done = simulation.finished[before.finished :]
    counts = simulation.counts
    return Replication(
        seed=seed,
        hours=duration_s / 3600.0,
        finished=len(done),
        scrapped=after.scrapped - before.scrapped,
        lead_s=sum(piece.lead_ns for piece in done) / len(done) / NS_PER_S if done else None,
        wip=(after.wip_ns - before.wip_ns) / whole,
        energy_j=energy,
        occupied=occupied,
        starved=starved,
        blocked=blocked,
        waiting_orders=counts.ordered - counts.released,
    )
