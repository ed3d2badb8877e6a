"""The colours of heat maps: a ramp that the colour-blind read as well, because it grows lighter all the way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.stage.appearance import linear
from twinswing.stage.plant_view import Heat

FloatArray = NDArray[np.float64]

# Cividis (Nunez, Anderton, Renslow 2018, doi:10.1371/journal.pone.0199239) at eighths: blue to yellow, evenly lighter,
# the same to eyes that lack red or green.
_STOPS = ("#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838")
NOT_KNOWN = "#ece6ea"


def ramp(shares: FloatArray) -> FloatArray:
    """Return linear rgb for places on the ramp (0 to 1), shape (n, 3); NaN is the colour of what is not known."""
    stops = np.array([linear(stop) for stop in _STOPS])
    at = np.nan_to_num(np.asarray(shares, dtype=float)).clip(0.0, 1.0) * (len(stops) - 1)
    out = np.stack([np.interp(at, np.arange(len(stops)), stops[:, k]) for k in range(3)], -1)
    out[~np.isfinite(np.asarray(shares, dtype=float))] = linear(NOT_KNOWN)
    return out


def display_ramp(count: int = 32) -> list[tuple[float, float, float]]:
    """Return the ramp as display rgb from low to high, for a legend."""
    colours = ramp(np.linspace(0.0, 1.0, count)) ** (1 / 2.2)
    return [(float(r), float(g), float(b)) for r, g, b in colours]


@dataclass(frozen=True)
class Legend:
    """What a person needs to read a heat map: its name, unit, ticks (value, place 0 to 1), colours low to high.

    unknown: units that the map has no value for.
    """

    label: str
    unit: str
    ticks: tuple[tuple[float, float], ...]
    colours: tuple[tuple[float, float, float], ...]
    unknown: int


def legend(heat: Heat, ticks: int = 5) -> Legend:
    """Return a heat map's legend, its ticks at round values within the range."""
    span = heat.high - heat.low
    raw = span / max(ticks - 1, 1)
    scale = 10.0 ** np.floor(np.log10(raw))
    step = scale * min((1.0, 2.0, 2.5, 5.0, 10.0), key=lambda m: abs(m * scale - raw))
    first = np.ceil(heat.low / step - 1e-9) * step
    values = np.arange(first, heat.high + step * 1e-6, step)
    marks = tuple((float(round(v, 10)), float((v - heat.low) / span)) for v in values)
    return Legend(heat.label, heat.unit, marks, tuple(display_ramp()), int((~np.isfinite(heat.values)).sum()))
