"""What to work at: at most three faults, those that cause others first, each with its reason, numbers and a drill.

And the next time: whether it helped, told by the same measures against the golfer's earlier swings.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import hypot, isfinite, sqrt
from pathlib import Path
from statistics import fmean, stdev

from pydantic import BaseModel, ConfigDict, Field

from twinswing.errors import InputError
from twinswing.resources import asset
from twinswing.swing.declared import read_toml, validated
from twinswing.swing.faults import LIKELY, UNKNOWN, Fault, Finding, depth_of, fault_rules
from twinswing.swing.measure_table import Range
from twinswing.swing.model import Measure
from twinswing.swing.positions import POSITIONS
from twinswing.swing.readable import label_of, shown_difference, told, with_spread

BETTER, WORSE, ALIKE = "better", "worse", "no difference that the numbers can show"
_ORDER = list(POSITIONS)


@dataclass(frozen=True)
class CoachingParams:
    """How much is said.

    most      : pieces of advice; nobody works at more than three things.
    sigmas    : of a difference beyond which it is one (wrong once in 22 times for swings that are alike).
    own_least : earlier swings from which a golfer's own range is told; fewer say little of a spread.
    own_sigmas: standard deviations to either side that the range has.
    """

    most: int = 3
    sigmas: float = 2.0
    own_least: int = 5
    own_sigmas: float = 2.0


class Drill(BaseModel):
    """An exercise: what to do, what to feel, what it is for and how often."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=3)
    steps: tuple[str, ...] = Field(min_length=2)
    feel: str = Field(min_length=10)
    faults: tuple[str, ...] = Field(min_length=1)
    often: str = Field(min_length=5)
    needs: str = ""


@dataclass(frozen=True)
class Earlier:
    """Measures of an earlier swing and when it was swung: seconds of the Unix epoch; the club's kind where known."""

    at_unix_s: float
    measures: Mapping[str, Measure]
    club: str | None = None


@dataclass(frozen=True)
class Progress:
    """A measure now against a golfer's earlier swings: difference, its sigma, verdict, and over how many swings."""

    measure: str
    difference: float
    sigma: float
    verdict: str
    swings: int
    since_unix_s: float
    said: str


@dataclass(frozen=True)
class Advice:
    """One thing to work at.

    why      : in plain words with the golfer's own numbers. leads_to : what else of this swing follows from it.
    at       : the position that shows it. drill : what to do, None where no drill is written.
    progress : against earlier swings, one for each of the fault's measures that both have.
    """

    finding: Finding
    why: str
    leads_to: tuple[str, ...]
    at: str
    drill: Drill | None
    progress: tuple[Progress, ...] = ()


@dataclass(frozen=True)
class Coaching:
    """At most three pieces of advice in the order to work at, and what could not be judged."""

    advice: tuple[Advice, ...]
    untold: tuple[Finding, ...]
    said: str


def read_drills(folder: Path, faults: Mapping[str, Fault]) -> tuple[Drill, ...]:
    """Read a folder of drills; raises InputError for a file that holds none, or one for a fault that is not known."""
    drills = []
    for path in sorted(folder.glob("*.toml")):
        drill = validated(Drill, read_toml(path, "a drill"), path.name)
        unknown = [name for name in drill.faults if name not in faults]
        if unknown:
            raise InputError(f"{path.name}: expected faults out of the rules, found {', '.join(unknown)}.")
        drills.append(drill)
    return tuple(drills)


@cache
def bundled_drills() -> tuple[Drill, ...]:
    """Return the drills that ship with the program."""
    return read_drills(asset("drills"), fault_rules())


def coach(
    findings: Mapping[str, Finding],
    measures: Mapping[str, Measure],
    earlier: Sequence[Earlier] = (),
    *,
    club: str | None = None,
    rules: Mapping[str, Fault] | None = None,
    drills: Sequence[Drill] | None = None,
    params: CoachingParams | None = None,
) -> Coaching:
    """Choose what to work at: of the likely faults those that most others follow from, at most three.

    Faults come in the order of cause: one that causes another stands before it. Nothing is advised of a fault that
    cannot be told. `earlier` are the golfer's swings before this one.
    """
    params = params or CoachingParams()
    rules = fault_rules() if rules is None else rules
    drills = bundled_drills() if drills is None else drills
    likely = {name for name, f in findings.items() if f.verdict == LIKELY}
    follows = depth_of(rules, likely)
    # A fault that causes another of these reaches all that the other does and the other itself: more means earlier.
    order = sorted(likely, key=lambda n: (-len(follows[n]), _ORDER.index(findings[n].at), -findings[n].low, n))
    before = [e for e in earlier if club is None or e.club in (None, club)]
    advice = tuple(
        Advice(
            finding=findings[name],
            why=_why(rules[name], measures),
            leads_to=tuple(_consequences(rules, name, follows[name])),
            at=findings[name].at,
            drill=_drill(name, follows[name], drills),
            progress=tuple(_progress_of(findings[name], measures, before, params)),
        )
        for name in order[: params.most]
    )
    untold = tuple(f for f in findings.values() if f.verdict == UNKNOWN)
    return Coaching(advice, untold, _summary(advice, len(likely), untold))


def _summary(advice: tuple[Advice, ...], likely: int, untold: tuple[Finding, ...]) -> str:
    if advice:
        more = likely - len(advice)
        rest = f" {more} more can wait: work at no more than three." if more else ""
        return f"Work at {'this' if len(advice) == 1 else f'these {len(advice)}, in this order'}.{rest}"
    if untold:
        return f"No fault is sure enough to advise on; {len(untold)} cannot be told from this recording."
    return "None of the twelve faults was seen."


def _why(fault: Fault, measures: Mapping[str, Measure]) -> str:
    """Fill the golfer's numbers into what the coach says; a clause whose number is not known is left out."""

    def number(match: re.Match[str]) -> str:
        return with_spread(*told(measures[match[1]], match[1]))

    sentence = fault.says
    for clause in re.split(r"(?<=[,:;]) ", fault.says):
        if any(name not in measures for name in re.findall(r"\{(\w+)\}", clause)):
            sentence = sentence.replace(clause, "").replace("  ", " ").strip()
    sentence = re.sub(r"\{(\w+)\}", number, sentence)
    sentence = re.sub(r"[,:;]?\s*$", "", sentence.rstrip("."))
    sentence = sentence or fault.definition.rstrip(".")
    return sentence[:1].upper() + sentence[1:] + "."


def _consequences(rules: Mapping[str, Fault], name: str, among: set[str]) -> list[str]:
    """Return how the other likely faults follow from this one, those directly behind it first."""
    return [f"{rules[f.fault].label}: {f.how}" for f in rules[name].leads_to if f.fault in among]


def _drill(name: str, following: set[str], drills: Sequence[Drill]) -> Drill | None:
    """Choose the drill for a fault that also works at most of what follows from it."""
    fitting = [d for d in drills if name in d.faults]
    if not fitting:
        return None
    return max(fitting, key=lambda d: (-d.faults.index(name), len(following & set(d.faults))))


def _progress_of(
    finding: Finding, measures: Mapping[str, Measure], earlier: Sequence[Earlier], params: CoachingParams
) -> list[Progress]:
    found = []
    for checked in finding.checked:
        name, condition = checked.condition.measure, checked.condition
        if name in measures:
            # Away from the limit is better, whichever side it lies on.
            sign = -1.0 if condition.above is not None else 1.0
            one = progress(name, measures[name], earlier, good_sign=sign, params=params)
            if one is not None:
                found.append(one)
    return found


def progress(
    name: str,
    now: Measure,
    earlier: Sequence[Earlier],
    *,
    good_sign: float,
    params: CoachingParams | None = None,
) -> Progress | None:
    """Tell whether a measure has got better since earlier swings; None where none of them has it.

    good_sign : +1 where larger is better, -1 where smaller is. The earlier swings count by their own sigmas; what the
    golfer varies from swing to swing is added to both sides where there are enough to see it.
    """
    params = params or CoachingParams()
    past = [(e.at_unix_s, e.measures[name]) for e in earlier if name in e.measures]
    past = [(t, m) for t, m in past if m.unit == now.unit and isfinite(m.value) and isfinite(m.sigma)]
    if not past or not isfinite(now.sigma):
        return None
    values = [m.value for _, m in past]
    # Same camera and same analysis: a mean's error does not fall below the smallest of them by counting alone.
    sigma_past = max(sqrt(fmean([m.sigma**2 for _, m in past]) / len(past)), min(m.sigma for _, m in past) / 2.0)
    own = stdev(values) if len(values) > 2 else 0.0
    change = now.value - fmean(values)
    sigma = hypot(now.sigma, sigma_past, own * sqrt(1.0 + 1.0 / len(values)))
    if abs(change) <= params.sigmas * sigma:
        verdict = ALIKE
    else:
        verdict = BETTER if change * good_sign > 0.0 else WORSE
    swings = f"{len(past)} earlier swing{'s' if len(past) > 1 else ''}"
    said = f"{label_of(name)}: {shown_difference(change, now.unit, sigma, name)} against {swings}, {verdict}."
    return Progress(name, change, sigma, verdict, len(past), min(t for t, _ in past), said)


def own_range(name: str, earlier: Sequence[Earlier], params: CoachingParams | None = None) -> Range | None:
    """Return the range that a golfer's own earlier swings have; None from too few."""
    params = params or CoachingParams()
    values = [e.measures[name].value for e in earlier if name in e.measures and isfinite(e.measures[name].value)]
    if len(values) < params.own_least:
        return None
    middle, reach = fmean(values), params.own_sigmas * stdev(values)
    return Range.model_validate(
        {"low": middle - reach, "high": middle + reach, "who": "own", "from": f"{len(values)} earlier swings"}
    )
