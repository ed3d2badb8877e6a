"""Which club suits a golfer: length, lie, flex and grip by charts of the trade, each with how sure the choice is.

The charts are data (`assets/clubs/fitting.toml`). A measured length or speed has an error, and so has a chart's border;
what is said of a choice is the probability of each class, the measured value being normal about what was measured with
both errors in it. A static fitting is where a fitter begins; ball flight and impact marks decide.
"""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from twinswing.club.catalogue import standard_club
from twinswing.club.model import ClubSpec
from twinswing.errors import InputError
from twinswing.resources import asset

M_PER_IN = 0.0254
MPS_PER_MPH = 0.44704
_SCALE = {"in": M_PER_IN, "mph": MPS_PER_MPH}
FITTED_KINDS: tuple[str, ...] = ("driver", "wood", "hybrid", "iron", "wedge")
# Between these a grown golfer's measures lie; what lies outside is a mistyped unit, and no chart has it.
_LIMITS = {
    "height_m": (1.0, 2.4),
    "wrist_to_floor_m": (0.4, 1.3),
    "hand_m": (0.1, 0.3),
    "head_speed_mps": (5.0, 90.0),
}


@dataclass(frozen=True)
class Known:
    """A measured value with one standard deviation, SI units, and where it is from."""

    value: float
    sigma: float
    source: str = "stated"


@dataclass(frozen=True)
class GolferFacts:
    """What is known of a golfer for a fitting; None is not known.

    height_m         : barefoot.
    wrist_to_floor_m : standing upright, arms hanging, from the wrist's crease.
    hand_m           : wrist's crease to the tip of the middle finger.
    head_speed_mps   : club-head speed at impact with a club of `speed_kind`.
    """

    height_m: Known | None = None
    wrist_to_floor_m: Known | None = None
    hand_m: Known | None = None
    head_speed_mps: Known | None = None
    speed_kind: str = "driver"
    handed: str = "right"

    def __post_init__(self) -> None:
        for name, (least, most) in _LIMITS.items():
            known: Known | None = getattr(self, name)
            if known is not None and not (least <= known.value <= most and 0.0 <= known.sigma < math.inf):
                raise InputError(
                    f"{name}: expected {least:g} to {most:g} with a standard deviation, "
                    f"found {known.value:g} ± {known.sigma:g}"
                )


@dataclass(frozen=True)
class Choice:
    """One choice of a fitting.

    give   : what the club gets: a number in `unit` beside the standard club, or a word.
    chance : probability that the chart's class is this one.
    others : the other classes with more than one in twenty, most likely first.
    sigma  : one standard deviation of a number; NaN of a word.
    rule   : in words, with what was measured; missing : why there is no choice ("" where there is one).
    """

    name: str
    give: float | str | None
    unit: str
    chance: float
    others: tuple[tuple[float | str, float], ...]
    sigma: float
    rule: str
    missing: str = ""


@dataclass(frozen=True)
class FittedClub:
    """A club for one golfer: what it is, and why."""

    kind: str
    spec: ClubSpec
    choices: tuple[Choice, ...]
    notes: tuple[str, ...] = field(default=())

    def choice(self, name: str) -> Choice:
        """Return one of "length", "lie", "flex", "grip"."""
        return next(c for c in self.choices if c.name == name)


def fit_club(kind: str, facts: GolferFacts) -> FittedClub:
    """Fit a club of a kind out of FITTED_KINDS; raises InputError for another kind.

    What is not known leaves the standard club's value, and the choice says what is missing.
    """
    if kind not in FITTED_KINDS:
        raise InputError(f"expected a club out of {', '.join(FITTED_KINDS)} to be fitted, found {kind!r}")
    standard = standard_club(kind)
    length = _choose("length", facts.height_m, "the golfer's height")
    lie = _choose("lie", facts.wrist_to_floor_m, "wrist to floor", height=facts.height_m)
    flex = _flex(kind, facts)
    grip = _choose("grip", facts.hand_m, "wrist crease to middle fingertip")
    spec = ClubSpec(
        kind=kind,
        name=standard.name,
        length_m=standard.length_m + _number(length) * M_PER_IN,
        lie_rad=standard.lie_rad + math.radians(_number(lie)),
        loft_rad=standard.loft_rad,
    )
    notes: tuple[str, ...] = ()
    if _number(length) and _number(lie):
        # The longer a shaft, the more upright its head comes to sit for the same hands.
        notes = ("Length and lie are chosen apart; check the lie at impact with the length that was built.",)
    return FittedClub(kind, spec, (length, lie, flex, grip), notes)


@cache
def _rules() -> dict[str, Any]:
    with asset("clubs", "fitting.toml").open("rb") as file:
        return tomllib.load(file)


def _number(choice: Choice) -> float:
    return choice.give if isinstance(choice.give, float) else 0.0


def _flex(kind: str, facts: GolferFacts) -> Choice:
    """Choose by the chart of the driver or of the 7 iron; another club's speed is brought to the driver's first."""
    speed = facts.head_speed_mps
    if speed is None:
        return _choose("flex_driver", None, "a swing's head speed", name="flex")
    ratio = _rules()["speed_ratio"]
    if facts.speed_kind not in ratio or facts.speed_kind == "sigma":
        missing = f"a swing with one of {', '.join(FITTED_KINDS)} (found one with a {facts.speed_kind})"
        return _choose("flex_driver", None, missing, name="flex")
    if kind == facts.speed_kind == "iron":
        return _choose("flex_iron", speed, "head speed with a 7 iron", name="flex")
    of_driver = speed
    what = "the driver's head speed"
    if facts.speed_kind != "driver":
        share = float(ratio[facts.speed_kind])
        value = speed.value / share
        of_driver = Known(value, math.hypot(speed.sigma / share, value * float(ratio["sigma"])), speed.source)
        what = f"the driver's head speed, taken from the {facts.speed_kind}'s"
    return _choose("flex_driver", of_driver, what, name="flex")


def _choose(rule_name: str, known: Known | None, what: str, *, name: str = "", height: Known | None = None) -> Choice:
    rule = _rules()[rule_name]
    name = name or rule_name
    unit = str(rule.get("give_unit", ""))

    def absent(why: str) -> Choice:
        return Choice(name, None, unit, 0.0, (), math.nan, str(rule["source"]), why)

    if known is None:
        return absent(f"{what} is not known")
    scale = _SCALE[rule["unit"]]
    value, sigma = known.value / scale, math.hypot(known.sigma / scale, float(rule["chart_sigma"]))
    said = f"{what} {value:.1f} ± {known.sigma / scale:.1f} {rule['unit']} ({known.source})"
    if "height_from" in rule:
        if height is None:
            return absent("the golfer's height is not known, and the chart holds for a range of heights")
        if not rule["height_from"] <= height.value / M_PER_IN <= rule["height_to"]:
            return absent(f"the chart holds for 5 ft 6 in to 6 ft 2 in, and the golfer is {height.value:.2f} m tall")
    borders = [float(c["from"]) for c in rule["classes"]]
    if value < borders[0]:
        return absent(f"{said}: {rule['below']}")
    if value > float(rule.get("to", math.inf)):
        return absent(f"{said}: the chart ends at {rule['to']:g} {rule['unit']}")
    chances = _chances(borders, value, sigma)
    return _chosen(name, rule, chances, said, unit)


def _chances(borders: Sequence[float], value: float, sigma: float) -> NDArray[np.float64]:
    """Return the probability of each class, (n,), of a normal value; the outermost classes go on without end."""
    inner = np.asarray(borders[1:], dtype=np.float64)
    below = np.concatenate([[0.0], ndtr((inner - value) / max(sigma, 1e-9)), [1.0]])
    return np.asarray(np.diff(below))


def _chosen(name: str, rule: Mapping[str, Any], chances: NDArray[np.float64], said: str, unit: str) -> Choice:
    gives = [c["give"] for c in rule["classes"]]
    best = int(np.argmax(chances))
    order = [int(i) for i in np.argsort(-chances, kind="stable") if i != best and chances[i] > 0.05]
    sigma = math.nan
    if unit:
        numbers = np.asarray(gives, dtype=np.float64)
        sigma = float(np.sqrt(chances @ (numbers - numbers[best]) ** 2))
    return Choice(
        name, gives[best], unit, float(chances[best]), tuple((gives[i], float(chances[i])) for i in order), sigma,
        f"{said}; {rule['source']}",
    )  # fmt: skip
