"""Which of the twelve faults a swing has: rules from `assets/faults.toml`, with the probability that each holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import erf, isfinite, prod, sqrt
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from twinswing.errors import InputError
from twinswing.resources import asset
from twinswing.swing.declared import read_toml, validated
from twinswing.swing.measure_table import measure_table
from twinswing.swing.model import EVENT_NAMES, Measure
from twinswing.swing.positions import POSITIONS
from twinswing.swing.readable import label_of, told, with_spread

LIKELY, NOT_SEEN, UNKNOWN = "likely", "not seen", "cannot be told"


@dataclass(frozen=True)
class FaultParams:
    """When a fault is said to be there.

    sure : probability beyond which it is likely, and below whose complement it is not seen: 1 sigma from the limit on
           one side, so that of five such sayings at the very limit's edge four are right.
    """

    sure: float = 0.84


class Condition(BaseModel):
    """A measure against a limit (SI), and the reason for the limit. `club` gives other limits by kind of club."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: str
    above: float | None = None
    below: float | None = None
    club: dict[str, float] = Field(default_factory=dict)
    mirrored: bool = False
    why: str = Field(min_length=10)

    @model_validator(mode="after")
    def _is_a_rule(self) -> "Condition":
        if (self.above is None) == (self.below is None):
            raise ValueError("a condition has one limit, above or below")
        if self.measure not in measure_table():
            raise ValueError(f"no measure is called {self.measure}")
        return self

    def limit(self, club: str | None) -> float:
        """Return the limit for a kind of club, SI."""
        usual = self.above if self.above is not None else self.below
        return self.club.get(club or "", usual if usual is not None else 0.0)


class Consequence(BaseModel):
    """A fault that follows, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: str
    how: str = Field(min_length=10)


class Move(BaseModel):
    """How the position is put right: by a constant, or until a measure has a value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    move: Literal["pelvis", "trunk", "shoulders", "hands", "arm", "back"]
    axis: Literal["x", "y", "z", "forward", "side", "turn", ""] = ""
    by: float | None = None
    measure: str | None = None
    to: float | None = None

    @model_validator(mode="after")
    def _is_a_move(self) -> "Move":
        if (self.by is None) == (self.measure is None) or (self.measure is None) != (self.to is None):
            raise ValueError("a move goes by a constant, or until a measure has the value `to`")
        axes = {"pelvis": "xyz", "hands": "xyz", "trunk": ("forward", "side", "turn")}.get(self.move, ("",))
        if self.axis not in tuple(axes):
            raise ValueError(f"a move of the {self.move} has an axis out of {', '.join(a or 'none' for a in axes)}")
        if self.measure is not None and self.measure not in measure_table():
            raise ValueError(f"no measure is called {self.measure}")
        return self


class Fault(BaseModel):
    """One fault: see the comment at the head of `assets/faults.toml` for its fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    label: str
    definition: str
    at: str
    rule: Literal["any", "all"]
    says: str
    when: tuple[Condition, ...] = Field(min_length=1)
    leads_to: tuple[Consequence, ...] = ()
    ghost: tuple[Move, ...] = ()

    @model_validator(mode="after")
    def _at_is_known(self) -> "Fault":
        if self.at not in POSITIONS:
            raise ValueError(f"no position is called {self.at}")
        return self


@dataclass(frozen=True)
class Checked:
    """One condition on one swing: the measure, its limit (SI), and the probability that it is beyond; None without it.

    missing: why the measure cannot be told.
    """

    condition: Condition
    limit: float
    measure: Measure | None
    probability: float | None
    missing: str = ""


@dataclass(frozen=True)
class Finding:
    """One fault on one swing.

    verdict   : LIKELY, NOT_SEEN or UNKNOWN.
    low, high : the probability lies between them; they differ where a measure lacks.
    because   : what speaks for the verdict, one sentence for a golfer.
    """

    fault: Fault
    verdict: str
    low: float
    high: float
    because: str
    checked: tuple[Checked, ...]

    @property
    def at(self) -> str:
        """The position that shows it: the rule's, or where what was found lies if the rule's shows nothing.

        Only a measure of the same kind as the ghost's moves it, for there the ghost is right as well.
        """
        table = measure_table()
        keys = {table[move.measure].key for move in self.fault.ghost if move.measure is not None}
        seen = {
            table[c.condition.measure].position: c.probability
            for c in self.checked
            if c.probability is not None and c.probability > 0.5 and table[c.condition.measure].key in keys
        }
        shown = [position for position in seen if position in EVENT_NAMES]
        if self.fault.at in shown or not shown:
            return self.fault.at
        return max(shown, key=lambda position: seen[position])


def parse_faults(document: Mapping[str, Any], where: str) -> dict[str, Fault]:
    """Return faults by name; raises InputError for a rule that cannot be one, or causes that run in a circle."""
    faults: dict[str, Fault] = {}
    for name, values in document.items():
        named = {"name": name, **values} if isinstance(values, dict) else values
        faults[name] = validated(Fault, named, where, name)
    for fault in faults.values():
        for following in fault.leads_to:
            if following.fault not in faults:
                raise InputError(f"{where}: {fault.name} leads to {following.fault}, which is no fault there.")
    _refuse_circles(faults, where)
    return faults


def _refuse_circles(faults: Mapping[str, Fault], where: str) -> None:
    """Raise InputError where a fault causes itself: then there would be no first thing to work at."""
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise InputError(f"{where}: causes run in a circle: {' to '.join((*path[path.index(name) :], name))}.")
        if name not in done:
            for following in faults[name].leads_to:
                walk(following.fault, (*path, name))
            done.add(name)

    for name in faults:
        walk(name, ())


def read_faults(path: Path) -> dict[str, Fault]:
    """Read the rules; raises InputError where they are no TOML or no rules."""
    return parse_faults(read_toml(path, "rules of faults"), path.name)


@cache
def fault_rules() -> dict[str, Fault]:
    """Return the bundled rules by name."""
    return read_faults(asset("faults.toml"))


def find_faults(
    measures: Mapping[str, Measure],
    missing: Mapping[str, str],
    *,
    handed: str = "right",
    club: str | None = None,
    rules: Mapping[str, Fault] | None = None,
    params: FaultParams | None = None,
) -> dict[str, Finding]:
    """Judge every fault by a swing's measures.

    missing : why measures cannot be told. club : its kind, where known.
    """
    params = params or FaultParams()
    rules = fault_rules() if rules is None else rules
    return {name: _judge(fault, measures, missing, handed, club, params) for name, fault in rules.items()}


def _judge(
    fault: Fault,
    measures: Mapping[str, Measure],
    missing: Mapping[str, str],
    handed: str,
    club: str | None,
    params: FaultParams,
) -> Finding:
    checked = tuple(_check(c, measures, missing, handed, club) for c in fault.when)
    known = [c.probability for c in checked if c.probability is not None]
    lacking = len(known) < len(checked)
    # Errors of a fault's measures are taken as independent.
    if fault.rule == "all":
        high = prod(known)
        low = 0.0 if lacking else high
    else:
        low = 1.0 - prod(1.0 - p for p in known)
        high = 1.0 if lacking else low
    if low >= params.sure:
        verdict = LIKELY
    elif high <= 1.0 - params.sure:
        verdict = NOT_SEEN
    else:
        verdict = UNKNOWN
    return Finding(fault, verdict, low, high, _because(verdict, checked), checked)


def _check(
    condition: Condition, measures: Mapping[str, Measure], missing: Mapping[str, str], handed: str, club: str | None
) -> Checked:
    limit = condition.limit(club)
    measure = measures.get(condition.measure)
    if measure is None or not (isfinite(measure.value) and isfinite(measure.sigma)):
        why = missing.get(condition.measure, "it was not measured in this recording")
        return Checked(condition, limit, None, None, why)
    value = -measure.value if condition.mirrored and handed == "left" else measure.value
    beyond = value - limit if condition.above is not None else limit - value
    return Checked(condition, limit, measure, chance_above(beyond, measure.sigma))


def chance_above(value: float, sigma: float) -> float:
    """Return the probability that a value with a normal error is above zero."""
    if sigma <= 0.0:
        return 1.0 if value > 0.0 else 0.0
    return 0.5 * (1.0 + erf(value / (sqrt(2.0) * sigma)))


def _because(verdict: str, checked: tuple[Checked, ...]) -> str:
    """Say what speaks for a verdict: the measure that decides it against its limit, or what is lacking."""
    seen = [c for c in checked if c.measure is not None]
    lacking = [c for c in checked if c.measure is None]
    if verdict == UNKNOWN and (lacking and (not seen or all(_clear(c) for c in seen))):
        parts = [f"{_named(c)}: {c.missing}" for c in lacking]
        return "; ".join(dict.fromkeys(parts)) + "."
    told = [_against_limit(c) for c in seen if verdict != UNKNOWN or not _clear(c)]
    if verdict == LIKELY:
        told = [_against_limit(c) for c in seen if (c.probability or 0.0) > 0.5] or told
    words = "; ".join(told)
    if verdict == UNKNOWN:
        return f"{words}, which is too near to the limit for its uncertainty."
    return words + "."


def _clear(c: Checked) -> bool:
    return c.probability is not None and not 0.16 < c.probability < 0.84


def _named(c: Checked) -> str:
    return label_of(c.condition.measure)


def _against_limit(c: Checked) -> str:
    assert c.measure is not None
    name = c.condition.measure
    value = with_spread(*told(c.measure, name))
    limit = told(Measure(c.limit, c.measure.unit, 0.0, ""), name)[0]
    return f"{_named(c)}: {value}, the limit is {limit}"


def depth_of(rules: Mapping[str, Fault], names: set[str]) -> dict[str, set[str]]:
    """Return for each of these faults all of the others among them that follow from it, over any number of steps."""
    reach: dict[str, set[str]] = {}

    def walk(name: str) -> set[str]:
        if name not in reach:
            reach[name] = set()
            for following in rules[name].leads_to:
                reach[name] |= {following.fault} | walk(following.fault)
        return reach[name]

    return {name: walk(name) & names for name in names}
