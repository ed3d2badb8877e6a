"""Curves over time as inline SVG, which a page carries by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Axis = Callable[[FloatArray | float], FloatArray]

_WIDTH, _HEIGHT = 960.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 16.0, 30.0, 30.0
_MOST_POINTS = 700  # one a pixel and more
_LEAST_GAP = 46.0  # pixels between the names of two events
_DASHES = {"solid": "", "dashed": "7 4", "dotted": "2 3"}


@dataclass(frozen=True)
class Curve:
    """One line: seconds, values, the name of its colour in the page's style, its dash, and +- as a share of itself."""

    name: str
    t_s: FloatArray
    value: FloatArray
    colour: str
    dash: str = "solid"
    share: float | None = None


def plot(
    title: str,
    unit: str,
    curves: list[Curve],
    marks: list[tuple[float, str]],
    span_s: tuple[float, float],
    zero_s: float,
) -> str:
    """Return curves between two times as an SVG; times are written from `zero_s` on, marks stand at (time, name)."""
    low, high = span_s
    shown = [_within(c, low, high) for c in curves]
    top = _nice_top(max((float(np.max(c.value * (1.0 + (c.share or 0.0)))) for c in shown if len(c.t_s)), default=1.0))
    step = _nice_step(top / 4.0)

    def x(t: FloatArray | float) -> FloatArray:
        return np.asarray(_LEFT + (np.asarray(t) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT))

    def y(v: FloatArray | float) -> FloatArray:
        return np.asarray(_HEIGHT - _BOTTOM - np.asarray(v) / top * (_HEIGHT - _TOP - _BOTTOM))

    parts = [
        f'<svg viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
    ]
    for value in np.arange(0.0, top + step / 2, step):
        at = float(y(value))
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{value:g}</text>')
    parts.append(f'<text x="{_LEFT - 8}" y="{_TOP - 14:.0f}" text-anchor="end">{escape(unit)}</text>')
    parts += _time_axis(low, high, zero_s, x)
    parts += _marks(marks, low, high, x)
    for curve in shown:
        parts += _curve(curve, x(curve.t_s), y, curve.value)
    parts.append("</svg>")
    return "\n".join(parts) + _legend(shown)


def _within(curve: Curve, low: float, high: float) -> Curve:
    """Return the part between two times, with no more points than can be seen; the largest of each run stays."""
    inside = (curve.t_s >= low) & (curve.t_s <= high) & np.isfinite(curve.value)
    t, value = curve.t_s[inside], curve.value[inside]
    run = -(-len(t) // _MOST_POINTS)
    if run > 1:
        starts = np.arange(0, len(t), run)
        keep = np.array([i + int(np.argmax(value[i : i + run])) for i in starts])
        t, value = t[keep], value[keep]
    return Curve(curve.name, t, value, curve.colour, curve.dash, curve.share)


def _curve(curve: Curve, xs: FloatArray, y: Axis, value: FloatArray) -> list[str]:
    if len(xs) < 2:
        return []
    parts = []
    if curve.share:
        upper, lower = y(value * (1.0 + curve.share)), y(value * (1.0 - curve.share))
        outline = _points(np.concatenate([xs, xs[::-1]]), np.concatenate([upper, lower[::-1]]))
        parts.append(f'<polygon class="band" style="fill:var(--{curve.colour})" points="{outline}"/>')
    dash = f' stroke-dasharray="{_DASHES[curve.dash]}"' if _DASHES[curve.dash] else ""
    steps = np.diff(curve.t_s)
    ends = np.flatnonzero(steps > 4.0 * np.median(steps)) + 1  # where nothing is known no line is drawn
    style = f'<polyline class="curve" style="stroke:var(--{curve.colour})"{dash}'
    pieces = np.split(np.arange(len(xs)), ends)
    return parts + [f'{style} points="{_points(xs[piece], y(value[piece]))}"/>' for piece in pieces]


def _points(xs: FloatArray, ys: FloatArray) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(xs.tolist(), ys.tolist(), strict=True))


def _time_axis(low: float, high: float, zero_s: float, x: Axis) -> list[str]:
    step = _nice_step((high - low) / 8.0)
    parts = []
    for k in range(int(np.ceil((low - zero_s) / step)), int(np.floor((high - zero_s) / step)) + 1):
        at = float(x(zero_s + k * step))
        if at > _WIDTH - 60.0:  # the unit stands there
            continue
        parts.append(f'<text x="{at:.1f}" y="{_HEIGHT - 8:.0f}" text-anchor="middle">{_signed(k * step)}</text>')
    parts.append(f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8:.0f}" text-anchor="end">s</text>')
    return parts


def _signed(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"0", "-0"} else text.replace("-", "\u2212")


def _marks(marks: list[tuple[float, str]], low: float, high: float, x: Axis) -> list[str]:
    """Return the events' lines, and the names of those that stand far enough apart."""
    parts: list[str] = []
    named = -np.inf
    for t, name in marks:
        if not low <= t <= high:
            continue
        at = float(x(t))
        parts.append(f'<line class="event" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>')
        if name and at - named >= _LEAST_GAP:
            parts.append(f'<text x="{at:.1f}" y="{_TOP - 14:.0f}" text-anchor="middle">{escape(name)}</text>')
            named = at
    return parts


def _legend(curves: list[Curve]) -> str:
    """Return the names of the curves with a piece of each."""
    items = []
    for c in curves:
        dash = f' stroke-dasharray="{_DASHES[c.dash]}"' if _DASHES[c.dash] else ""
        line = f'<line class="curve" x1="0" x2="26" y1="5" y2="5" style="stroke:var(--{c.colour})"{dash}/>'
        items.append(f'<li><svg viewBox="0 0 26 10" aria-hidden="true">{line}</svg>{escape(c.name)}</li>')
    return f'<ul class="legend">{"".join(items)}</ul>'


def _nice_step(rough: float) -> float:
    """Return the 1, 2 or 5 times a power of ten at or above a number."""
    power = 10.0 ** np.floor(np.log10(max(rough, 1e-9)))
    return float(next(power * m for m in (1.0, 2.0, 5.0, 10.0) if power * m >= rough * (1.0 - 1e-9)))


def _nice_top(greatest: float) -> float:
    step = _nice_step(max(greatest, 1e-9) / 4.0)
    return float(step * np.ceil(max(greatest, 1e-9) / step))
