"""Measures as people read them: their names, and their values in everyday units with the uncertainty beside them."""

from dataclasses import replace
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.swing.measures import MeasureParams
from twinswing.swing.model import Measure, SwingSession
from twinswing.swing.series import SpeedSeries, segment_speeds

# A lead arm that seems shorter than this share of its length points at the camera: depth alone says how it turns, and
# down the line that made 3,000 degrees a second. A bent elbow keeps shoulder and wrist three quarters apart.
_FORESHORTENED = 0.7

_LABELS = {
    "tempo_ratio": "Tempo",
    "backswing_s": "Backswing",
    "downswing_s": "Downswing",
    "head_speed_mps": "Head speed at impact",
    "head_speed": "Head speed at impact",
    "hand_speed_mps": "Hand speed, peak",
}

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


def label_of(name: str) -> str:
    """Return a measure's name as people say it."""
    if name in _LABELS:
        return _LABELS[name]
    words = name
    for unit in ("_radps", "_rad", "_mps", "_deg", "_m", "_s"):
        words = words.removesuffix(unit)
    words = words.replace("_", " ")
    return words[:1].upper() + words[1:]


def event_label(name: str) -> str:
    """Return an event's name as people write it: "Mid-backswing"."""
    words = name.replace("mid_", "mid-").replace("toe_up", "toe-up").replace("_", "-")
    return words[:1].upper() + words[1:]


def shown(measure: Measure) -> tuple[str, str]:
    """Return a measure's value and uncertainty in the units that people read."""
    factor, value, sigma = _READ.get(measure.unit, (1.0, "{:.4g} " + measure.unit, "± {:.2g}"))
    spread = sigma.format(measure.sigma * factor) if isfinite(measure.sigma) else "± not known"
    return value.format(measure.value * factor), spread


def shown_difference(difference: float, unit: str, sigma: float) -> str:
    """Return a difference with its sign and uncertainty in the units that people read: "+2.4 mph ± 3.1"."""
    value, spread = shown(Measure(abs(difference), unit, sigma, ""))
    return f"{'-' if difference < 0.0 else '+'}{value.removesuffix(' : 1')} {spread}"


def readable_speeds(session: SwingSession, params: MeasureParams | None = None) -> dict[str, SpeedSeries]:
    """Return the angular speeds (deg/s) of pelvis, thorax, lead arm and club that one camera's body allows to be shown.

    What `measures` leaves out as a turn is left out as a speed as well; where the lead arm points at the camera its
    speed is NaN. A body from elsewhere than one camera (truth, motion capture) is shown whole.
    """
    params = params or MeasureParams()
    found = segment_speeds(session.body, session.club)
    if session.body is None or session.golfer is None or "video" not in session.body.source:
        return found
    if dict(params.turn_sigma_rad).get(session.golfer.view, 0.0) > params.turn_worth_rad:
        found.pop("pelvis", None)
        found.pop("thorax", None)
    if "lead arm" in found:
        arm = found["lead arm"]
        found["lead arm"] = replace(arm, value=np.where(_arm_is_seen(session.body), arm.value, np.nan))
    return found


def _arm_is_seen(body: BodyMotion) -> NDArray[np.bool_]:
    lead = "left" if body.handed == "right" else "right"
    arm_m = body.joints_m[:, JOINT[f"{lead}_wrist"]] - body.joints_m[:, JOINT[f"{lead}_shoulder"]]
    length_m = np.linalg.norm(arm_m, axis=1)
    return np.asarray(length_m >= _FORESHORTENED * np.percentile(length_m, 90))
