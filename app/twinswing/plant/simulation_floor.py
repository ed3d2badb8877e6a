"""What stands on the simulated floor: pieces, the places where they wait, crews, and a unit's running account.

Times are whole nanoseconds, so that a unit's times in its states add up to all time exactly.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import simpy

from twinswing.plant.model import Buffer, Route, Unit
from twinswing.plant.simulation_random import Draw
from twinswing.plant.states import UnitState

Event = simpy.events.Event


@dataclass(slots=True, eq=False)
class Order:
    """An order as it goes through the plant."""

    name: str
    route: int
    pieces: int
    ordered_ns: int
    made: int = 0  # serial numbers given out, those of remade pieces included
    finished: int = 0


@dataclass(slots=True, eq=False)
class Piece:
    """A work piece; `step` is where on its route it waits or is worked on."""

    serial: str
    order: Order
    product: str
    step: "StepRun"
    released_ns: int = -1  # when it left the order book
    entered: int = 0  # number of its arrival where it waits, so that the oldest goes first


@dataclass(slots=True, eq=False)
class StepRun:
    """One step of one route, tied to its units and to the place where pieces wait for it."""

    route: Route
    name: str
    cycle_factor: float
    program: str
    units: list["UnitRun"] = field(default_factory=list)
    place: "Place" = field(init=False)
    following: "StepRun | None" = None
    later: list["StepRun"] = field(default_factory=list)  # this and all that follow
    ahead: int = 0  # ordered pieces that have yet to pass it


@dataclass(slots=True, eq=False)
class Offer:
    """A piece that has no room yet: in a blocked unit, or in the order book (unit None)."""

    piece: Piece
    accepted: Event | None


class Place:
    """Where pieces wait for steps: a buffer, or a mere hand-over (capacity zero) where none stands.

    Invariant: while a unit is among `takers`, nothing here can be taken by it.
    """

    __slots__ = ("buffer", "capacity", "number", "offers", "queue", "released", "takers", "touch")

    def __init__(self, number: int, buffer: Buffer | None, released: Callable[[Piece], None]) -> None:
        self.number = number
        self.buffer = buffer
        self.capacity = max(buffer.capacity, 0) if buffer is not None else 0
        self.queue: list[Piece] = []
        self.offers: deque[Offer] = deque()
        self.takers: list[UnitRun] = []
        self.released = released
        self.touch: Callable[[Place], None] | None = None

    def offer(self, piece: Piece, accepted: Event | None) -> bool:
        """Give a piece to a waiting unit or into the buffer; False: no room, `accepted` will be triggered."""
        taker = self._taker(piece)
        if taker is not None:
            if accepted is None:
                self.released(piece)
            taker.hand(piece)
            return True
        if len(self.queue) < self.capacity:
            if accepted is None:
                self.released(piece)
            self._keep(piece)
            return True
        self.offers.append(Offer(piece, accepted))
        return False

    def oldest(self, unit: "UnitRun") -> int:
        """Return the position of the first piece that the unit can take: in the queue, below zero (~i) in offers.

        Raises LookupError when there is none.
        """
        for i, piece in enumerate(self.queue):
            if unit.accepts(piece):
                return i
        if self.capacity == 0:
            for i, offer in enumerate(self.offers):
                if unit.accepts(offer.piece):
                    return ~i
        raise LookupError

    def peek(self, position: int) -> Piece:
        """Return the piece at a position of `oldest`."""
        return self.queue[position] if position >= 0 else self.offers[~position].piece

    def take(self, position: int) -> Piece:
        """Remove the piece at a position of `oldest`, and let in whom it kept out."""
        if position < 0:
            offer = self.offers[~position]
            del self.offers[~position]
            self._accept(offer)
            return offer.piece
        piece = self.queue.pop(position)
        while self.offers and len(self.queue) < self.capacity:
            offer = self.offers.popleft()
            self._accept(offer)
            taker = self._taker(offer.piece)
            if taker is not None:
                taker.hand(offer.piece)
            else:
                self._keep(offer.piece)
        if self.touch is not None:
            self.touch(self)
        return piece

    def _taker(self, piece: Piece) -> "UnitRun | None":
        first = None
        for unit in self.takers:
            if unit.accepts(piece):
                if unit.product == piece.product:  # spares a set-up
                    return unit
                first = first or unit
        return first

    def _keep(self, piece: Piece) -> None:
        self.queue.append(piece)
        if self.touch is not None:
            self.touch(self)

    def _accept(self, offer: Offer) -> None:
        if offer.accepted is None:
            self.released(offer.piece)
        else:
            offer.accepted.succeed()


class Crew:
    """People who are shared by units, served in the order in which they are asked for."""

    __slots__ = ("_since", "_waiting", "busy_ns", "env", "free", "name", "size")

    def __init__(self, env: simpy.Environment, name: str, size: int) -> None:
        self.env = env
        self.name = name
        self.size = size
        self.free = size
        self.busy_ns = 0  # person-nanoseconds of work
        self._since = int(env.now)
        self._waiting: deque[tuple[int, Event]] = deque()

    def ask(self, people: int) -> Event | None:
        """Take people at once (None) or wait for the event that is returned."""
        if not self._waiting and people <= self.free:
            self._change(-people)
            return None
        event = Event(self.env)
        self._waiting.append((people, event))
        return event

    def give_back(self, people: int) -> None:
        """Return people, and serve who waits."""
        self._change(people)
        while self._waiting and self._waiting[0][0] <= self.free:
            wanted, event = self._waiting.popleft()
            self._change(-wanted)
            event.succeed()

    def worked_ns(self, now_ns: int) -> int:
        """Return the person-nanoseconds of work up to now."""
        return self.busy_ns + (self.size - self.free) * (now_ns - self._since)

    def _change(self, people: int) -> None:
        now = int(self.env.now)
        self.busy_ns += (self.size - self.free) * (now - self._since)
        self._since = now
        self.free += people


@dataclass(slots=True, eq=False)
class Draws:
    """A unit's random streams, each its own."""

    cycle: Draw
    setup: Draw
    failure: Draw | None
    repair: Draw
    tool: Draw
    scrap: Callable[[], float]


@dataclass(slots=True, eq=False)
class Bearing:
    """A bearing that wears while its spindle turns; `left_ns` of running time until it seizes."""

    life_ns: int
    left_ns: int
    repair_ns: int
    extra_scrap: float


@dataclass(slots=True, eq=False)
class UnitRun:
    """A unit while it is simulated: its state, its account, what is inside."""

    number: int
    unit: Unit
    env: simpy.Environment
    draws: Draws
    crew: Crew | None
    batch: int
    mean_cycle_ns: int
    steps: list[StepRun] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    state: UnitState = UnitState.IDLE
    since_ns: int = 0
    time_ns: dict[UnitState, int] = field(default_factory=lambda: dict.fromkeys(UnitState, 0))
    inside: list[Piece] = field(default_factory=list)
    product: str = ""
    program: str = ""
    lot: str = ""  # while a batch is gathered that may hold one product only
    good: int = 0
    scrap: int = 0
    to_failure_ns: int = -1  # running time left; below zero: never fails
    tool_left: int = 0
    tool_number: int = 1
    fault: str = ""  # code of what has failed
    bearing: Bearing | None = None
    _wake: Any = None

    def accepts(self, piece: Piece) -> bool:
        """Whether it does the step that the piece waits for, and the piece may join what is being gathered."""
        return piece.step in self.steps and (not self.lot or piece.product == self.lot)

    def take(self) -> Piece | None:
        """Take the piece that has waited longest for this unit, if any waits."""
        best: tuple[int, int, Place] | None = None
        for place in self.places:
            try:
                position = place.oldest(self)
            except LookupError:
                continue
            if len(self.places) == 1:
                return place.take(position)
            entered = place.peek(position).entered
            if best is None or entered < best[0]:
                best = (entered, position, place)
        return None if best is None else best[2].take(best[1])

    def wait(self) -> Event:
        """Queue for the next piece; the event's value is the piece."""
        wake: Event = Event(self.env)
        self._wake = wake
        for place in self.places:
            place.takers.append(self)
        return wake

    def leave(self) -> None:
        """Wait no longer."""
        for place in self.places:
            place.takers.remove(self)
        self._wake = None

    def hand(self, piece: Piece) -> None:
        """Wake the unit with a piece."""
        wake = self._wake
        self.leave()
        wake.succeed(piece)

    def time_in(self, now_ns: int) -> dict[UnitState, int]:
        """Return the nanoseconds spent in each state up to now; they add up to all time."""
        out = dict(self.time_ns)
        out[self.state] += now_ns - self.since_ns
        return out

    def ran_ns(self, now_ns: int) -> int:
        """Return the running time up to now."""
        extra = now_ns - self.since_ns if self.state is UnitState.RUNNING else 0
        return self.time_ns[UnitState.RUNNING] + extra

    def wear(self, now_ns: int) -> float:
        """Return how far a worn bearing has gone, 0 (sound) to 1 (seized)."""
        if self.bearing is None:
            return 0.0
        left = self.bearing.left_ns - (now_ns - self.since_ns if self.state is UnitState.RUNNING else 0)
        return min(max(1.0 - left / self.bearing.life_ns, 0.0), 1.0)
