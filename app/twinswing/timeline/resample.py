"""Signals at other times than those they were sampled at.

All functions take sample times, strictly increasing, shape (n,), values of shape (n, ...), and the times wanted, of
shape (m,); they return shape (m, ...). Gaps stay gaps: a value is NaN outside the samples, where a neighbour is NaN,
and, with `max_gap_s`, between samples further apart than that. A time that falls on a sample gets that sample.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
# Two quaternions closer than this are interpolated straight: the sine in slerp's weights would lose all digits, and
# the error of the straight line, of the order of angle^3, is below 1e-12.
_SMALL_ANGLE_RAD = 1e-4


def linear(t_s: ArrayLike, values: ArrayLike, at_s: ArrayLike, *, max_gap_s: float = np.inf) -> FloatArray:
    """Interpolate on straight lines between samples."""
    t, x, at = _checked(t_s, values, at_s)
    i, w = _place(t, at, max_gap_s)
    weight = _broadcast(w, x)
    return np.asarray(_mix(x[i], x[i + 1], 1.0 - weight, weight)) if len(t) > 1 else _single(t, x, at)


def cubic(t_s: ArrayLike, values: ArrayLike, at_s: ArrayLike, *, max_gap_s: float = np.inf) -> FloatArray:
    """Interpolate on cubics whose slope at each sample is that of the parabola through it and its neighbours.

    Local (Catmull-Rom for uneven times; Hermite form of any textbook): exact for parabolas, no wider than four
    samples, so a NaN or a gap spoils nothing beyond its neighbourhood: next to one the slope is one-sided.
    """
    t, x, at = _checked(t_s, values, at_s)
    if len(t) < 2:
        return _single(t, x, at)
    i, w = _place(t, at, max_gap_s)
    slope = _slopes(t, x, max_gap_s)
    h = _broadcast((t[i + 1] - t[i]), x)
    s = _broadcast(w, x)
    a, b = x[i], x[i + 1]
    curve = (
        (1.0 + 2.0 * s) * (1.0 - s) ** 2 * a
        + s * (1.0 - s) ** 2 * h * slope[i]
        + s**2 * (3.0 - 2.0 * s) * b
        + s**2 * (s - 1.0) * h * slope[i + 1]
    )
    curve = np.where(s == 0.0, a, curve)
    return np.asarray(np.where(s == 1.0, b, curve))


def slerp(t_s: ArrayLike, quaternions: ArrayLike, at_s: ArrayLike, *, max_gap_s: float = np.inf) -> FloatArray:
    """Interpolate unit quaternions (w, x, y, z), shape (n, 4), at a constant rate the short way round.

    Shoemake, "Animating rotation with quaternion curves", 1985. Signs need not be continuous.
    """
    t, q, at = _checked(t_s, quaternions, at_s)
    if q.ndim != 2 or q.shape[1] != 4:
        raise ValueError(f"quaternions must have shape (n, 4), not {q.shape}")
    if len(t) < 2:
        return _single(t, q, at)
    i, w = _place(t, at, max_gap_s)
    a, b = q[i], q[i + 1]
    dot = np.sum(a * b, axis=1)
    b = np.where(dot[:, None] < 0.0, -b, b)
    # The half-angle from chord and sum keeps its digits where an arc cosine of nearly 1 would not.
    angle = 2.0 * np.arctan2(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1))
    small = angle < _SMALL_ANGLE_RAD
    sine = np.sin(np.where(small, 1.0, angle))
    first = np.where(small, 1.0 - w, np.sin((1.0 - w) * angle) / sine)
    second = np.where(small, w, np.sin(w * angle) / sine)
    # On a sample the other one does not count, even if it is NaN.
    first = np.where(w == 0.0, 1.0, np.where(w == 1.0, 0.0, first))
    second = np.where(w == 0.0, 0.0, np.where(w == 1.0, 1.0, second))
    mixed = _mix(a, b, first[:, None], second[:, None])
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))


def continuous(quaternions: ArrayLike) -> FloatArray:
    """Choose the sign of each quaternion, shape (n, 4), so that it lies next to the one before it that is not NaN."""
    q = np.array(quaternions, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(q).any(axis=1))
    if len(known) > 1:
        dots = np.sum(q[known[1:]] * q[known[:-1]], axis=1)
        q[known[1:]] *= np.cumprod(np.where(dots < 0.0, -1.0, 1.0))[:, None]
    return q


def _checked(t_s: ArrayLike, values: ArrayLike, at_s: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    t = np.asarray(t_s, dtype=np.float64)
    x = np.asarray(values, dtype=np.float64)
    at = np.asarray(at_s, dtype=np.float64)
    if t.ndim != 1 or x.shape[:1] != t.shape or at.ndim != 1:
        raise ValueError(f"times {t.shape}, values {x.shape} and wanted times {at.shape} do not belong together")
    if not np.all(np.diff(t) > 0.0):
        raise ValueError("sample times must increase strictly")
    return t, x, at


def _single(t: FloatArray, x: FloatArray, at: FloatArray) -> FloatArray:
    """Answer for no sample or one, which is known at its own time only."""
    out = np.full((len(at), *x.shape[1:]), np.nan)
    if len(t):
        out[at == t[0]] = x[0]
    return out


def _place(t: FloatArray, at: FloatArray, max_gap_s: float) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the sample before each time and how far on to the next it lies, 0 to 1; NaN in gaps and outside."""
    if len(t) < 2:
        return np.zeros(len(at), dtype=np.intp), np.full(len(at), np.nan)
    i = np.clip(np.searchsorted(t, at, side="right") - 1, 0, len(t) - 2)
    gap = t[i + 1] - t[i]
    w = (at - t[i]) / gap
    inside = (w >= 0.0) & (w <= 1.0) & ((gap <= max_gap_s) | (w == 0.0) | (w == 1.0))
    return i, np.where(inside, w, np.nan)


def _broadcast(w: FloatArray, x: FloatArray) -> FloatArray:
    return w.reshape(len(w), *([1] * (x.ndim - 1)))


def _mix(a: FloatArray, b: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Weigh two samples; one of weight zero does not count, even if it is NaN."""
    return np.where(first == 0.0, 0.0, first * a) + np.where(second == 0.0, 0.0, second * b)


def _slopes(t: FloatArray, x: FloatArray, max_gap_s: float) -> FloatArray:
    """Return the slope at each sample, one-sided next to a gap, zero where neither side is known."""
    h = np.diff(t)
    secant = np.diff(x, axis=0) / _broadcast(h, x)
    secant[h > max_gap_s] = np.nan
    none = np.full((1, *x.shape[1:]), np.nan)
    left, right = np.concatenate([none, secant]), np.concatenate([secant, none])
    h_left, h_right = _broadcast(np.append(1.0, h), x), _broadcast(np.append(h, 1.0), x)
    central = (left * h_right + right * h_left) / (h_left + h_right)
    one_sided = np.where(np.isnan(left), right, left)
    slope = np.where(np.isnan(central), one_sided, central)
    return np.asarray(np.where(np.isnan(slope), 0.0, slope))
