"""Overall equipment effectiveness and the six big losses, per unit, line, area and plant, over any window.

After Nakajima, Introduction to TPM (1988), and ISO 22400-2: planned time less failures and set-ups is operating time;
less minor stops and reduced speed is net operating time; less defects and reduced yield is what was fully productive:
good pieces at their ideal cycle. All times are whole nanoseconds, so that losses and productive time add up exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from twinswing.plant.counters import Counted, counted
from twinswing.plant.history import History, Times
from twinswing.plant.model import Unit
from twinswing.plant.states import CODE_OF, STATES, StateCodes, UnitState, state_spans, time_in_states
from twinswing.timeline.clock import to_ns

_S = UnitState
PLANNED = (_S.RUNNING, _S.STARVED, _S.BLOCKED, _S.SETUP, _S.HELD, _S.WAITING, _S.FAILED)
"""When a unit was meant to work. IDLE has no order, MAINTENANCE and OFF are meant, of UNKNOWN nothing is known."""
MINOR_STOPS = (_S.HELD, _S.STARVED, _S.BLOCKED, _S.WAITING)
"""Nakajima's "idling and minor stoppages": the machine is well and set up, and makes nothing."""
_AFTER = tuple(CODE_OF[state] for state in (_S.SETUP, _S.FAILED, _S.MAINTENANCE, _S.OFF))


@dataclass(frozen=True, slots=True)
class OeeRules:
    """startup_pieces: how many pieces after a set-up, repair, maintenance or switching on are its start-up.

    Three: a first piece, its correction and the proof; scrap among them is reduced yield, later scrap is a defect.
    """

    startup_pieces: int = 3


RULES = OeeRules()


@dataclass(frozen=True, slots=True)
class Oee:
    """An account of a window, nanoseconds and pieces; of a group it is the sum of its units'.

    A group's OEE is therefore the mean of its units', each weighted by its planned time: the share of all planned
    machine time that made good pieces at the ideal cycle. It adds up, and names the losses, which an account by the
    bottleneck does not; but it is not the line's output over what its bottleneck could give: a unit that is faster
    than the bottleneck waits for it, and that waiting is its minor stops. For the line's output see `production`, and
    the bottleneck's own account is that of its unit.

    `planned_ns` = the six losses + `productive_ns`, exactly. `speed_ns` is below zero where pieces came faster than
    their ideal cycle, which says that the ideal is set too slow. `span_ns` = planned + not planned + unknown.
    good and scrap of a group are pieces through its units, not pieces that left it (see `production`).
    """

    span_ns: int = 0
    unplanned_ns: int = 0
    unknown_ns: int = 0
    planned_ns: int = 0
    failure_ns: int = 0
    setup_ns: int = 0
    minor_ns: int = 0
    speed_ns: int = 0
    defect_ns: int = 0
    yield_ns: int = 0
    productive_ns: int = 0
    good: int = 0
    scrap: int = 0
    edge_ns: int = 0  # the ideal time of the one piece that a window's edges may cut

    @property
    def total(self) -> int:
        """Pieces made."""
        return self.good + self.scrap

    @property
    def operating_ns(self) -> int:
        """Planned time less failures and set-ups."""
        return self.planned_ns - self.failure_ns - self.setup_ns

    @property
    def availability(self) -> float:
        """Operating time of planned time; NaN where nothing was planned."""
        return _ratio(self.operating_ns, self.planned_ns)

    @property
    def performance(self) -> float:
        """Ideal time of all pieces of operating time; NaN where it did not operate."""
        return _ratio(self.productive_ns + self.defect_ns + self.yield_ns, self.operating_ns)

    @property
    def quality(self) -> float:
        """Ideal time of good pieces of that of all pieces (of one unit: good of total); NaN where there are none."""
        return _ratio(self.productive_ns, self.productive_ns + self.defect_ns + self.yield_ns)

    @property
    def oee(self) -> float:
        """Fully productive time of planned time; NaN where nothing was planned."""
        return _ratio(self.productive_ns, self.planned_ns)

    @property
    def coverage(self) -> float:
        """The share of the window in which the units' states were known; NaN of an empty window."""
        return _ratio(self.span_ns - self.unknown_ns, self.span_ns)

    @property
    def oee_range(self) -> tuple[float, float]:
        """Return the least and greatest OEE that fit what is known.

        Unknown time may all have been planned and lost, or all productive, and a window's edge may cut a piece.
        """
        least = _ratio(max(self.productive_ns - self.edge_ns, 0), self.planned_ns + self.unknown_ns)
        most = _ratio(self.productive_ns + self.edge_ns + self.unknown_ns, self.planned_ns + self.unknown_ns)
        return least, most

    @property
    def waterfall(self) -> tuple[tuple[str, int], ...]:
        """Return the bars from planned to fully productive time: name and nanoseconds; losses are below zero."""
        return (
            ("planned", self.planned_ns),
            ("failure", -self.failure_ns),
            ("set-up and adjustment", -self.setup_ns),
            ("idling and minor stops", -self.minor_ns),
            ("reduced speed", -self.speed_ns),
            ("defects", -self.defect_ns),
            ("reduced yield", -self.yield_ns),
            ("fully productive", self.productive_ns),
        )


_FIELDS = tuple(field.name for field in fields(Oee))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole > 0 else float("nan")


def add_up(accounts: Iterable[Oee]) -> Oee:
    """Return the sum of accounts: of units over one window, or of one unit over windows that follow each other."""
    rows = [[getattr(account, name) for name in _FIELDS] for account in accounts]
    return Oee(*(sum(column) for column in zip(*rows, strict=True))) if rows else Oee()


def unit_oee(history: History, unit: Unit, start_ns: int, end_ns: int, rules: OeeRules = RULES) -> Oee:
    """Return a unit's account of a window; of a unit without an ideal cycle only its times and pieces."""
    if end_ns <= start_ns:
        return Oee()
    times, codes = state_spans(history, unit, start_ns, end_ns)
    spent = dict(zip(STATES, time_in_states(times, codes, end_ns).tolist(), strict=True))
    roles = {role.value: item for role, item in unit.by_role.items()}
    good = counted(history, roles.get("good"), start_ns, end_ns)
    scrap = counted(history, roles.get("scrap"), start_ns, end_ns)
    early = _startup_scrap(times, codes, good, scrap, rules.startup_pieces)
    pieces_good, pieces_scrap = round(good.total), round(scrap.total)
    ideal_ns = to_ns(unit.ideal_cycle_s)
    made_ns = ideal_ns * (pieces_good + pieces_scrap)
    counts_time = ideal_ns > 0
    running = spent[_S.RUNNING]
    return Oee(
        span_ns=end_ns - start_ns,
        unplanned_ns=spent[_S.IDLE] + spent[_S.MAINTENANCE] + spent[_S.OFF],
        unknown_ns=spent[_S.UNKNOWN],
        planned_ns=sum(spent[state] for state in PLANNED),
        failure_ns=spent[_S.FAILED],
        setup_ns=spent[_S.SETUP],
        minor_ns=sum(spent[state] for state in MINOR_STOPS),
        speed_ns=running - made_ns if counts_time else 0,
        defect_ns=ideal_ns * (pieces_scrap - early),
        yield_ns=ideal_ns * early,
        # Without an ideal cycle nothing is known of speed: running is taken for productive.
        productive_ns=ideal_ns * pieces_good if counts_time else running,
        good=pieces_good,
        scrap=pieces_scrap,
        edge_ns=ideal_ns,
    )


def _startup_scrap(times: Times, codes: StateCodes, good: Counted, scrap: Counted, pieces: int) -> int:
    """Return how many scrapped pieces are among the first ones after a stop that ended in the window."""
    if not len(scrap.t_ns) or pieces <= 0:
        return 0
    ends = times[1:][np.isin(codes[:-1], _AFTER) & ~np.isin(codes[1:], _AFTER)]
    if not len(ends):
        return 0
    made_t = np.concatenate([good.t_ns, scrap.t_ns])
    is_scrap = np.concatenate([np.zeros(len(good.t_ns), bool), np.ones(len(scrap.t_ns), bool)])
    steps = np.concatenate([good.step, scrap.step])
    order = np.argsort(made_t, kind="stable")
    made_t, is_scrap, steps = made_t[order], is_scrap[order], steps[order]
    before = np.concatenate([[0.0], np.cumsum(steps)])
    last = np.searchsorted(ends, made_t, side="right") - 1
    since = before[np.searchsorted(made_t, ends, side="left")]
    left = pieces - (before[:-1] - since[np.maximum(last, 0)])
    early = np.where(is_scrap & (last >= 0), np.clip(left, 0.0, steps), 0.0)
    return round(float(early.sum()))


def plant_oee(history: History, start_ns: int, end_ns: int, rules: OeeRules = RULES) -> dict[str, Oee]:
    """Return the accounts of every unit, line and area by path, and of the plant under the empty path.

    A group's account is the sum over its units that have an ideal cycle: one that makes no pieces has no OEE.
    """
    out: dict[str, Oee] = {}
    parts: dict[str, list[Oee]] = {"": []}
    for unit in history.plant.units:
        account = out[unit.path] = unit_oee(history, unit, start_ns, end_ns, rules)
        names = unit.path.split("/")
        for depth in range(len(names)):
            group = parts.setdefault("/".join(names[:depth]), [])
            if unit.ideal_cycle_s > 0.0:
                group.append(account)
    return out | {path: add_up(accounts) for path, accounts in parts.items()}
