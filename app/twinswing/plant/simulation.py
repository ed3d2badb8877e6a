"""Discrete-event simulation of any plant: pieces go their routes through units, buffers and crews, and things fail.

A pure function of (plant, seed, incident): two runs agree in every event. Time is whole nanoseconds; zero is the end of
the warm-up. What it does and what it leaves out:

- Orders arrive into an order book without bound; a piece enters the plant when the first step has room. A scrapped
  piece is made again, so an order is done when all of its pieces are good.
- A step's pieces wait in its buffer; without one a unit holds its piece until a unit of the next step takes it. A unit
  takes the piece that waited longest. A full buffer blocks, an empty one starves.
- A batch unit loads until it is full, or until its first piece has waited one mean cycle.
- A change of product costs a set-up (the first product none). Operators are held during set-up, tool change and cycle.
- Failures come by running time; a cycle goes on where it stopped. A repair takes one of the crew "maintenance" if the
  plant has one, and as many at once as there are failures if it has none.
- Transport takes no time, and there are no breaks and no shifts.
"""

from collections.abc import Generator
from itertools import pairwise
from typing import Any, cast

import numpy as np
import simpy

from twinswing.errors import InputError
from twinswing.plant.model import Buffer, Plant, Route, Unit
from twinswing.plant.simulation_floor import Bearing, Crew, Draws, Order, Piece, Place, StepRun, UnitRun
from twinswing.plant.simulation_kinds import Counts, Finished, Incident, Watcher
from twinswing.plant.simulation_random import Purpose, counts, durations, generator, uniforms
from twinswing.plant.states import UnitState
from twinswing.timeline.clock import NS_PER_S, to_ns

MAINTENANCE = "maintenance"
"""The name of the crew that repairs."""

LEAST_CYCLE_NS = NS_PER_S // 1000  # no endless work within one moment
LEAST_RUN_NS = NS_PER_S  # of running time between two failures, for the same reason

Flow = Generator[simpy.events.Event, Any, None]


class Simulation:
    """One run. `advance` it as far as wanted; look at `units`, `places`, `crews`, `counts` and `finished` between."""

    def __init__(
        self,
        plant: Plant,
        seed: int,
        *,
        warmup_s: float = 0.0,
        incident: Incident | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        self.plant = plant
        self.seed = seed
        self.watcher = watcher
        self.env = simpy.Environment(initial_time=-to_ns(warmup_s))
        self.counts = Counts()
        self.finished: list[Finished] = []
        self.orders_done: list[tuple[int, int]] = []  # when an order was done, and how long it took, nanoseconds
        self.wip_ns = 0  # piece-nanoseconds in process
        self._wip_since = self.now_ns
        self._arrivals = 0
        self.crews = {name: Crew(self.env, name, size) for name, size in plant.crews.items()}
        self.units = [self._unit(i, unit) for i, unit in enumerate(plant.units)]
        self.by_path = {run.unit.path: run for run in self.units}
        self.places: list[Place] = []
        self.steps: list[list[StepRun]] = []
        self._lay_routes()
        for run in self.units:
            if run.steps:
                self.env.process(self._work(run))
        if plant.routes:
            self.env.process(self._order())
        if plant.work_orders:
            self.env.process(self._take_work_orders())
        if incident is not None:
            self.env.process(self._degrade(incident))

    @property
    def now_ns(self) -> int:
        """Simulated time, nanoseconds."""
        return int(self.env.now)

    def advance(self, to_s: float) -> None:
        """Run to a moment; what happens at that very moment is left for the next call."""
        self.advance_ns(to_ns(to_s))

    def advance_ns(self, to: int) -> None:
        """Run to a moment, nanoseconds."""
        env = self.env
        if to <= env.now:
            return
        if self.watcher is not None:
            while (at := env.peek()) < to:
                if at > env.now:
                    self.watcher.moment_over()
                env.step()
            self.watcher.moment_over()
        env.run(until=to)

    def wip_integral_ns(self) -> int:
        """Return piece-nanoseconds in process up to now."""
        return self.wip_ns + self.counts.in_process * (self.now_ns - self._wip_since)

    # Building

    def _unit(self, number: int, unit: Unit) -> UnitRun:
        behaviour = unit.behaviour

        def rng(purpose: Purpose) -> np.random.Generator:
            return generator(self.seed, unit.path, purpose)

        if behaviour.operators and behaviour.crew not in self.crews:
            raise InputError(
                f"Unit {unit.path} (line {unit.line}) works with crew {behaviour.crew!r}; "
                f"the plant's crews are {', '.join(self.crews) or 'none'}."
            )
        failures = behaviour.between_failures_s
        draws = Draws(
            cycle=durations(behaviour.cycle_s, rng(Purpose.CYCLE)),
            setup=durations(behaviour.setup_s, rng(Purpose.SETUP)),
            failure=None if failures is None else durations(failures, rng(Purpose.FAILURE)),
            repair=durations(behaviour.repair_s, rng(Purpose.REPAIR)),
            tool=durations(behaviour.tool_change_s, rng(Purpose.TOOL)),
            scrap=uniforms(rng(Purpose.SCRAP)),
        )
        run = UnitRun(
            number=number,
            unit=unit,
            env=self.env,
            draws=draws,
            crew=self.crews[behaviour.crew] if behaviour.operators else None,
            batch=max(behaviour.batch, 1),
            mean_cycle_ns=to_ns(behaviour.cycle_s.mean),
            since_ns=self.now_ns,
            tool_left=behaviour.tool_life_pieces,
        )
        self._next_failure(run)
        return run

    def _lay_routes(self) -> None:
        buffers = {buffer.path: buffer for buffer in self.plant.buffers}
        shared: dict[str, Place] = {}
        for buffer in self.plant.buffers:
            shared[buffer.path] = self._place(buffer.path, buffers)
        for route in self.plant.routes:
            steps = [self._step(route, k) for k in range(len(route.steps))]
            for k, step in enumerate(steps):
                path = route.steps[k].buffer
                if path and path not in shared:
                    raise InputError(f"Step {step.name} of {route.product} waits in {path!r}, which is no buffer.")
                step.place = shared[path] if path else self._place("", buffers)
                step.later = steps[k:]
                for run in step.units:
                    run.steps.append(step)
                    if step.place not in run.places:
                        run.places.append(step.place)
            for step, following in pairwise(steps):
                step.following = following
            self.steps.append(steps)

    def _place(self, path: str, buffers: dict[str, Buffer]) -> Place:
        place = Place(len(self.places), buffers.get(path), self._release)
        if self.watcher is not None and place.buffer is not None:
            place.touch = self._touch_place
        self.places.append(place)
        return place

    def _step(self, route: Route, k: int) -> StepRun:
        step = route.steps[k]
        try:
            units = [self.by_path[path] for path in step.units]
        except KeyError as error:
            raise InputError(f"Step {step.name} of {route.product} names {error}, which is no unit.") from None
        if not units:
            raise InputError(f"Step {step.name} of {route.product} names no unit that could do it.")
        return StepRun(route, step.name, step.cycle_factor, f"{route.product}/{step.name}", units)

    # Orders

    def _order(self) -> Flow:
        plant = self.plant
        gap = durations(plant.order_every_s, generator(self.seed, "orders", Purpose.ORDER_GAP))
        size = counts(plant.order_pieces, generator(self.seed, "orders", Purpose.ORDER_SIZE))
        choose = uniforms(generator(self.seed, "orders", Purpose.ORDER_PRODUCT))
        shares = np.cumsum([max(route.share, 0.0) for route in plant.routes])
        if shares[-1] <= 0:
            raise InputError("At least one route needs a share of the orders above zero; all are zero.")
        number = 0
        while True:
            number += 1
            route = int(np.searchsorted(shares, choose() * shares[-1], side="right"))
            order = Order(f"A{number:05d}", route, size(), self.now_ns)
            for _ in range(order.pieces):
                self._book(order)
            yield self.env.timeout(max(gap(), LEAST_CYCLE_NS))

    def _take_work_orders(self) -> Flow:
        """Book the orders that somebody gave, at time zero."""
        numbers = {route.product: number for number, route in enumerate(self.plant.routes)}
        for given in self.plant.work_orders:
            if given.product not in numbers:
                raise InputError(
                    f"The order {given.name} asks for {given.product!r}; "
                    f"{self.plant.name} makes {', '.join(numbers) or 'nothing'}."
                )
        yield self.env.timeout(max(-self.now_ns, 0))
        for given in self.plant.work_orders:
            order = Order(given.name, numbers[given.product], given.pieces, self.now_ns)
            for _ in range(order.pieces):
                self._book(order)

    def _book(self, order: Order) -> None:
        steps = self.steps[order.route]
        order.made += 1
        self.counts.ordered += 1
        for step in steps:
            step.ahead += 1
            if step.ahead == 1:
                for run in step.units:
                    if run.state is UnitState.IDLE:
                        self._set(run, UnitState.STARVED)
        piece = Piece(f"{order.name}-{order.made:03d}", order, steps[0].route.product, steps[0])
        self._offer(piece, None)

    def _offer(self, piece: Piece, accepted: simpy.Event | None) -> bool:
        self._arrivals += 1
        piece.entered = self._arrivals
        return piece.step.place.offer(piece, accepted)

    def _release(self, piece: Piece) -> None:
        piece.released_ns = self.now_ns
        self._flow(released=1)

    def _flow(self, released: int = 0, finished: int = 0, scrapped: int = 0) -> None:
        now = self.now_ns
        self.wip_ns += self.counts.in_process * (now - self._wip_since)
        self._wip_since = now
        self.counts.released += released
        self.counts.finished += finished
        self.counts.scrapped += scrapped

    # A unit at work

    def _work(self, run: UnitRun) -> Flow:
        behaviour = run.unit.behaviour
        while True:
            piece = run.take()
            if piece is None:
                self._set(run, UnitState.STARVED if _expects(run) else UnitState.IDLE)
                piece = yield run.wait()
            run.inside.append(piece)
            self._touch(run)
            if run.batch > 1:
                yield from self._gather(run)
            first = run.inside[0]
            run.program = first.step.program
            self._touch(run)
            if first.product != run.product:
                setup = run.draws.setup() if run.product else 0
                run.product = first.product
                if setup > 0:
                    yield from self._attended(run, UnitState.SETUP, setup)
            cycle = max(round(run.draws.cycle() * first.step.cycle_factor), LEAST_CYCLE_NS)
            yield from self._cycle(run, cycle)
            yield from self._unload(run)
            if behaviour.tool_life_pieces and run.tool_left <= 0:
                yield from self._attended(run, UnitState.SETUP, run.draws.tool())
                run.tool_left = behaviour.tool_life_pieces
                run.tool_number += 1
                self._touch(run)

    def _gather(self, run: UnitRun) -> Flow:
        """Load until the batch is full, one mean cycle has gone, or nothing more can come."""
        run.lot = run.inside[0].product if run.unit.behaviour.setup_s.mean > 0 else ""
        patience = self.env.timeout(run.mean_cycle_ns)
        while len(run.inside) < run.batch and not patience.processed:
            piece = run.take()
            if piece is None:
                if sum(step.ahead for step in run.steps) <= len(run.inside):
                    break
                self._set(run, UnitState.STARVED)
                wake = run.wait()
                yield wake | patience
                if not wake.triggered:
                    run.leave()
                    break
                piece = cast(Piece, wake.value)
            run.inside.append(piece)
            self._touch(run)
        run.lot = ""

    def _attended(self, run: UnitRun, state: UnitState, duration_ns: int) -> Flow:
        yield from self._call_operators(run)
        self._set(run, state)
        yield self.env.timeout(duration_ns)
        self._free_operators(run)

    def _call_operators(self, run: UnitRun) -> Flow:
        if run.crew is not None:
            granted = run.crew.ask(run.unit.behaviour.operators)
            if granted is not None:
                self._set(run, UnitState.WAITING)
                yield granted

    def _free_operators(self, run: UnitRun) -> None:
        if run.crew is not None:
            run.crew.give_back(run.unit.behaviour.operators)

    def _cycle(self, run: UnitRun, left_ns: int) -> Flow:
        yield from self._call_operators(run)
        while True:
            self._set(run, UnitState.RUNNING)
            self._touch(run)
            stretch = left_ns
            if 0 <= run.to_failure_ns < stretch:
                stretch = run.to_failure_ns
            if run.bearing is not None and run.bearing.left_ns < stretch:
                stretch = max(run.bearing.left_ns, 0)
            yield self.env.timeout(stretch)
            left_ns -= stretch
            run.to_failure_ns -= stretch if run.to_failure_ns >= 0 else 0
            bearing = run.bearing  # it may have begun to wear in between
            if bearing is not None:
                bearing.left_ns -= stretch
            if left_ns <= 0:
                break
            self._free_operators(run)
            if bearing is not None and bearing.left_ns <= 0:
                yield from self._repair(run, "bearing", bearing.repair_ns)
                run.bearing = None
            else:
                yield from self._repair(run, "stop", run.draws.repair())
                self._next_failure(run)
            yield from self._call_operators(run)
        self._free_operators(run)

    def _repair(self, run: UnitRun, fault: str, duration_ns: int) -> Flow:
        run.fault = fault
        self._set(run, UnitState.FAILED)
        crew = self.crews.get(MAINTENANCE)
        if crew is not None:
            granted = crew.ask(1)
            if granted is not None:
                yield granted
        yield self.env.timeout(duration_ns)
        if crew is not None:
            crew.give_back(1)
        run.fault = ""
        self._touch(run)

    def _next_failure(self, run: UnitRun) -> None:
        draw = run.draws.failure
        run.to_failure_ns = -1 if draw is None else max(draw(), LEAST_RUN_NS)

    def _unload(self, run: UnitRun) -> Flow:
        pieces = run.inside
        self._set(run, UnitState.BLOCKED)  # for no time at all where there is room
        chance = run.unit.behaviour.scrap_fraction
        if run.bearing is not None:
            chance += run.bearing.extra_scrap * run.wear(self.now_ns) ** 2
        bad = [run.draws.scrap() < chance for _ in pieces]
        run.scrap += sum(bad)
        run.good += len(pieces) - sum(bad)
        run.tool_left -= len(pieces)
        self._touch(run)
        while pieces:
            piece = pieces[0]
            step = piece.step
            self._passed(step)
            if bad.pop(0):
                for later in step.later[1:]:
                    self._passed(later)
                self._flow(scrapped=1)
                self._book(piece.order)
            elif step.following is None:
                self._finish(piece)
            else:
                piece.step = step.following
                accepted = simpy.Event(self.env)
                if not self._offer(piece, accepted):
                    yield accepted
            pieces.pop(0)
            self._touch(run)

    def _finish(self, piece: Piece) -> None:
        now = self.now_ns
        self._flow(finished=1)
        self.finished.append(Finished(now, now - piece.released_ns, piece.product))
        order = piece.order
        order.finished += 1
        if order.finished == order.pieces:
            self.orders_done.append((now, now - order.ordered_ns))

    def _passed(self, step: StepRun) -> None:
        step.ahead -= 1
        if step.ahead == 0:
            for run in step.units:
                if run.state is UnitState.STARVED and not run.inside and not _expects(run):
                    self._set(run, UnitState.IDLE)

    def _degrade(self, incident: Incident) -> Flow:
        try:
            run = self.by_path[incident.unit]
        except KeyError:
            raise InputError(f"The incident names {incident.unit!r}, which is no unit of {self.plant.name}.") from None
        yield self.env.timeout(to_ns(incident.start_s) - self.now_ns)
        life = to_ns(incident.life_run_s)
        run.bearing = Bearing(life, life, to_ns(incident.repair_s), incident.extra_scrap)

    # Telling

    def _set(self, run: UnitRun, state: UnitState) -> None:
        if run.state is not state:
            now = self.now_ns
            run.time_ns[run.state] += now - run.since_ns
            run.since_ns = now
            run.state = state
            self._touch(run)

    def _touch(self, run: UnitRun) -> None:
        if self.watcher is not None:
            self.watcher.touch_unit(run, self.now_ns)

    def _touch_place(self, place: Place) -> None:
        if self.watcher is not None:
            self.watcher.touch_place(place, self.now_ns)


def _expects(run: UnitRun) -> bool:
    return any(step.ahead for step in run.steps)
