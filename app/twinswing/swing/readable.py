"""Measures as people read them: their names, and their values in everyday units with the uncertainty beside them."""

from dataclasses import replace
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.swing.measure_table import Range, measure_table
from twinswing.swing.model import Measure, SwingSession
from twinswing.swing.positions import times_of_session
from twinswing.swing.sequence import SequenceParams, kinematic_sequence
from twinswing.swing.series import SpeedSeries, segment_speeds

# A lead arm that seems shorter than this share of its length points at the camera: depth alone says how it turns, and
# down the line that made 3,000 degrees a second. A bent elbow keeps shoulder and wrist three quarters apart.
_FORESHORTENED = 0.7

# A line whose fastest turn is less sure than this, one sigma, rad/s, shows noise and no shape: good downswings peak at
# 8 (pelvis) and 12 rad/s (thorax).
_SPEED_WORTH_RADPS = 6.0

# SI unit of a measure: (factor, format of the value, format of the uncertainty) that people read.
_READ: dict[str, tuple[float, str, str]] = {
    "m/s": (2.23694, "{:.1f} mph", "± {:.1f}"),
    "rad": (57.29578, "{:.0f}°", "± {:.0f}"),
    "rad/s": (57.29578, "{:.0f} °/s", "± {:.0f}"),
    "deg": (1.0, "{:.0f}°", "± {:.0f}"),
    "deg/s": (1.0, "{:.0f} °/s", "± {:.0f}"),
    "s": (1.0, "{:.2f} s", "± {:.2f}"),
    "m": (100.0, "{:.0f} cm", "± {:.0f}"),
    "1": (1.0, "{:.1f} : 1", "± {:.1f}"),
}
# The same where the table says that people read a measure another way.
_SHOWN: dict[str, tuple[float, str, str]] = {
    "ratio": (1.0, "{:.1f} : 1", "± {:.1f}"),
    "times": (1.0, "{:.2f} times", "± {:.2f}"),
    "tenths": (57.29578, "{:.1f}°", "± {:.1f}"),
    "metres": (1.0, "{:.2f} m", "± {:.2f}"),
    "yards": (1.09361, "{:.0f} yd", "± {:.0f}"),
    "ms": (1e3, "{:.0f} ms", "± {:.0f}"),
    "rpm": (9.549297, "{:.0f} rpm", "± {:.0f}"),
}


def label_of(name: str) -> str:
    """Return a measure's name as people say it: the table's, else its own words."""
    if name in measure_table():
        return measure_table()[name].label
    words = name
    for unit in ("_radps", "_rad", "_mps", "_deg", "_m", "_s"):
        words = words.removesuffix(unit)
    words = words.replace("_", " ")
    return words[:1].upper() + words[1:]


def event_label(name: str) -> str:
    """Return an event's name as people write it: "Mid-backswing"."""
    words = name.replace("mid_", "mid-").replace("toe_up", "toe-up").replace("_", "-")
    return words[:1].upper() + words[1:]


def _reading(unit: str, name: str) -> tuple[float, str, str]:
    listed = measure_table().get(name)
    if listed is not None and listed.spec.show:
        return _SHOWN[listed.spec.show]
    return _READ.get(unit, (1.0, "{:.4g} " + unit, "± {:.2g}"))


def shown(measure: Measure, name: str = "") -> tuple[str, str]:
    """Return a measure's value and uncertainty in the units that people read; `name` decides where a unit has two."""
    factor, value, sigma = _reading(measure.unit, name)
    spread = sigma.format(measure.sigma * factor) if isfinite(measure.sigma) else "± not known"
    text = value.format(measure.value * factor)
    if text.startswith("-") and not any(digit in text for digit in "123456789"):
        text = text[1:]  # nothing is less than nothing
    return text, spread


def axis_of(unit: str, name: str = "") -> tuple[float, str]:
    """Return by what an SI value is multiplied for a plot that people read, and the unit that the axis then has."""
    factor, value, _ = _reading(unit, name)
    return factor, value[value.index("}") + 1 :].strip()


def told(measure: Measure, name: str) -> tuple[str, str]:
    """Return a measure's value and uncertainty as a golfer says it: "36° open to the target" and "± 5".

    A measure without words of direction keeps its sign.
    """
    listed = measure_table().get(name)
    words = listed.spec.words if listed is not None else None
    if words is None:
        return shown(measure, name)
    value, spread = shown(replace(measure, value=abs(measure.value)), name)
    zero = not any(digit in value for digit in "123456789")
    return (value if zero else f"{value} {words[0] if measure.value > 0.0 else words[1]}"), spread


def with_spread(value: str, spread: str) -> str:
    """Put an uncertainty behind its number: "6 cm away" and "± 2" to "6 ± 2 cm away"."""
    digits = value[: len(value) - len(value.lstrip("-0123456789.,"))]
    return f"{digits} {spread}{value.removeprefix(digits)}" if digits else f"{value} {spread}"


def told_range(found: Range, unit: str, name: str) -> str:
    """Return what a measure is held against in the units that people read: "tour 650 °/s to 750 °/s"."""

    def one(value: float) -> str:
        return told(Measure(value, unit, 0.0, ""), name)[0]

    if found.average is not None:
        return f"{found.who} {one(found.average)}"
    if found.low is None or found.high is None:
        bound = found.low if found.high is None else found.high
        return f"{found.who} {'at least' if found.high is None else 'at most'} {one(bound or 0.0)}"
    factor, pattern, _ = _reading(unit, name)
    low = pattern.format(found.low * factor)
    digits = low[: len(low) - len(low.lstrip("-0123456789.,"))] or low
    return f"{found.who} {digits} to {one(found.high)}"


def shown_difference(difference: float, unit: str, sigma: float, name: str = "") -> str:
    """Return a difference with its sign and uncertainty in the units that people read: "+2.4 mph ± 3.1"."""
    value, spread = shown(Measure(abs(difference), unit, sigma, ""), name)
    return f"{'-' if difference < 0.0 else '+'}{value.removesuffix(' : 1')} {spread}"


def readable_speeds(session: SwingSession) -> dict[str, SpeedSeries]:
    """Return the angular speeds (deg/s) of pelvis, thorax, lead arm and club that one camera's body allows to be shown.

    A line whose turn is mostly noise is left out; where the lead arm points at the camera its speed is NaN. A body from
    elsewhere than one camera (truth, motion capture) is shown whole.
    """
    found = segment_speeds(session.body, session.club)
    if session.body is None or session.golfer is None or "video" not in session.body.source:
        return found
    # However few pictures there are: what is asked here is whether the curve is noise.
    params = SequenceParams(most_step_s=inf)
    peaks = kinematic_sequence(times_of_session(session), session.body, None, params=params).peaks
    for name in ("pelvis", "thorax"):
        if name in peaks and peaks[name].rate_sigma_radps > _SPEED_WORTH_RADPS:
            found.pop(name, None)
    if "lead arm" in found:
        arm = found["lead arm"]
        found["lead arm"] = replace(arm, value=np.where(_arm_is_seen(session.body), arm.value, np.nan))
    return found


def _arm_is_seen(body: BodyMotion) -> NDArray[np.bool_]:
    lead = "left" if body.handed == "right" else "right"
    arm_m = body.joints_m[:, JOINT[f"{lead}_wrist"]] - body.joints_m[:, JOINT[f"{lead}_shoulder"]]
    length_m = np.linalg.norm(arm_m, axis=1)
    return np.asarray(length_m >= _FORESHORTENED * np.percentile(length_m, 90))
