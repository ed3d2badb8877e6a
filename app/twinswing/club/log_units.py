"""Which units a log is in: as stated, as its header says, or as physics allows.

At rest an accelerometer reads one gravity, and a gyro's integral turns the gravity direction exactly as the
accelerometer sees it turn: the first gives the accelerometer's unit, the second the gyro's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.club.orientation import integrate, rotate
from twinswing.errors import InputError

FloatArray = NDArray[np.float64]

G_MPS2 = 9.80665
DEG = np.pi / 180.0

TIME_UNITS = {"s": 1.0, "sec": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
ACCEL_UNITS = {
    "g": G_MPS2, "mg": G_MPS2 * 1e-3, "m/s2": 1.0, "m/s^2": 1.0, "mps2": 1.0, "ms2": 1.0, "m_s2": 1.0, "m_s^2": 1.0,
    "m/s/s": 1.0,
}  # fmt: skip
GYRO_UNITS = {
    "deg/s": DEG, "dps": DEG, "degps": DEG, "deg_s": DEG, "deg": DEG, "mdps": DEG * 1e-3,
    "rad/s": 1.0, "radps": 1.0, "rad_s": 1.0, "rads": 1.0, "rad": 1.0,
}  # fmt: skip

ACCEL_RANGES_G = (2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 100.0, 200.0, 400.0)
GYRO_RANGES_DPS = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0)
COUNTS = 32768.0

# No hand turns a club faster than this (60 rad/s is 3400 deg/s), and every swing turns it faster than 1 rad/s.
FASTEST_RADPS = 70.0
SLOWEST_RATE_HZ, FASTEST_RATE_HZ = 8.0, 8000.0  # one factor of 1000: exactly one time unit fits
# How far from one gravity a resting accelerometer may read and still be taken for that unit: g and m/s2 lie a factor
# of 9.8 apart, and cheap parts are off by tens of percent. Beyond REST_SOUND it is told.
REST_TOLERANCE = 2.5
REST_SOUND = 0.15


@dataclass(frozen=True)
class Units:
    """SI value of one of the log's units, and how each was found. A range is full scale in SI, NaN where unknown."""

    time_s: float
    accel_mps2: float
    gyro_radps: float
    accel_range_mps2: float = float("nan")
    gyro_range_radps: float = float("nan")
    notes: tuple[str, ...] = ()


def parse_units(text: str) -> dict[str, str]:
    """Parse what a person states of a log, parts with commas between.

    time=ms, accel=g, gyro=deg/s; raw counts: accel=counts:16 (full scale in g), gyro=counts:2000 (in deg/s); for a
    MATLAB file rate=100 (hertz) and sensor=NAME.
    """
    out: dict[str, str] = {}
    for part in filter(None, (each.strip() for each in text.lower().split(","))):
        key, mark, value = part.partition("=")
        if not mark or key not in ("time", "accel", "gyro", "rate", "sensor"):
            raise InputError(f"units are given as time=..., accel=..., gyro=..., rate=..., sensor=..., got {part!r}")
        if not value.strip():
            raise InputError(f"units are given as time=..., accel=..., gyro=..., rate=..., sensor=..., got {part!r}")
        out[key] = value.strip()
    return out


def _stated(kind: str, unit: str) -> tuple[float, float]:
    """Return the SI scale and full scale of a unit that a person stated."""
    table = {"time": TIME_UNITS, "accel": ACCEL_UNITS, "gyro": GYRO_UNITS}[kind]
    if unit in table:
        return table[unit], float("nan")
    head, _, full = unit.partition(":")
    if head in ("counts", "raw") and kind != "time":
        try:
            full_scale = float(full) * (G_MPS2 if kind == "accel" else DEG)
        except ValueError:
            full_scale = float("nan")
        if full_scale > 0:
            return full_scale / COUNTS, full_scale
    more = "" if kind == "time" else ", or counts:FULL_SCALE"
    raise InputError(f"the {kind} unit must be one of {', '.join(table)}{more}, got {unit!r}")


def quiet_rows(accel: FloatArray, gyro: FloatArray, share: float = 0.15) -> NDArray[np.bool_]:
    """Mark the rows where a sensor moves least, at least `share` of them; unit-free."""
    turn = np.linalg.norm(gyro - np.median(gyro, axis=0), axis=1)
    jerk = np.linalg.norm(np.gradient(accel, axis=0), axis=1)
    width = max(1, len(turn) // 50)
    kernel = np.ones(width) / width
    ranks = [np.convolve(values, kernel, mode="same").argsort().argsort() for values in (turn, jerk)]
    rank = np.maximum(*ranks)
    return np.asarray(rank <= np.quantile(rank, share), dtype=np.bool_)


def turning_scale(t_s: FloatArray, accel: FloatArray, gyro: FloatArray) -> tuple[float, float]:
    """Find the factor that makes the gyro's turning of gravity match the accelerometer's; with its relative sigma.

    Windows of about 0.25 s in which |a| stays near its resting value: the direction's change is regressed on the
    integral of -w x direction. Returns (nan, inf) where the sensor never turned slowly enough to tell.
    """
    dt = float(np.median(np.diff(t_s)))
    size = max(3, round(0.25 / dt))
    count = len(t_s) // size
    if count < 4:
        return float("nan"), float("inf")
    norm = np.linalg.norm(accel, axis=1)
    rest = float(np.median(norm[quiet_rows(accel, gyro)]))
    gyro = gyro - np.median(gyro[quiet_rows(accel, gyro)], axis=0)
    direction = accel / np.maximum(norm, 1e-9)[:, None]
    rate = -np.cross(gyro, direction)
    calm = np.abs(norm / max(rest, 1e-9) - 1.0) < 0.25
    seen, predicted = [], []
    edge = max(1, size // 8)
    for first in range(0, count * size - size, max(1, size // 2)):
        part = slice(first, first + size)
        if calm[part].mean() < 0.9 or np.diff(t_s[part]).max() > 5 * dt:
            continue
        head, tail = direction[first : first + edge].mean(0), direction[first + size - edge : first + size].mean(0)
        span = (size - edge) * dt
        seen.append(tail - head)
        predicted.append(rate[part].mean(0) * span)
    if len(seen) < 4:
        return float("nan"), float("inf")
    return _robust_ratio(np.array(seen), np.array(predicted))


def _robust_ratio(seen: FloatArray, predicted: FloatArray) -> tuple[float, float]:
    weight = np.linalg.norm(predicted, axis=1)
    keep = weight > np.quantile(weight, 0.5)  # windows that turned: the others only hold noise
    if not keep.any():
        return float("nan"), float("inf")
    seen, predicted = seen[keep], predicted[keep]
    scale = float((seen * predicted).sum() / max((predicted**2).sum(), 1e-30))
    residual = np.linalg.norm(seen - scale * predicted, axis=1)
    good = residual <= 2.0 * np.median(residual) + 1e-12
    seen, predicted = seen[good], predicted[good]
    power = float((predicted**2).sum())
    if power <= 0 or len(seen) < 3:
        return float("nan"), float("inf")
    scale = float((seen * predicted).sum() / power)
    noise = float(((seen - scale * predicted) ** 2).sum() / (3 * len(seen)))
    return scale, float(np.sqrt(noise / power) / max(abs(scale), 1e-30))


def _tilted_more_than(t_s: FloatArray, accel: FloatArray, gyro: FloatArray, scale: float) -> bool:
    """Tell whether gravity turned further in the sensor than the gyro, times `scale`, could have turned it at all."""
    quiet = quiet_rows(accel, gyro, share=0.3)
    turn = np.linalg.norm(gyro - np.median(gyro[quiet], axis=0), axis=1)
    most = scale * float((turn[1:] * np.diff(t_s)).sum())
    direction = accel[quiet] / np.maximum(np.linalg.norm(accel[quiet], axis=1), 1e-9)[:, None]
    edge = max(1, len(direction) // 10)
    first, last = np.median(direction[:edge], axis=0), np.median(direction[-edge:], axis=0)
    cosine = float(first @ last / max(1e-9, np.linalg.norm(first) * np.linalg.norm(last)))
    return float(np.arccos(np.clip(cosine, -1.0, 1.0))) > max(3.0 * most, 0.05)


# A right scale carries gravity from one rest to the next within this; wrong ones must miss by the other.
CARRIED_RAD, MISSED_RAD = 0.15, 0.45


def _carried_from_rest_to_rest(
    t_s: FloatArray, accel: FloatArray, gyro: FloatArray, choices: dict[str, float]
) -> str | None:
    """Return the one unit whose integral turns gravity at the first rest into gravity at the last, or None."""
    quiet = quiet_rows(accel, gyro, share=0.3)
    rows = np.flatnonzero(quiet)
    breaks = np.flatnonzero(np.diff(rows) > 1)
    if not len(breaks):
        return None
    first, last = rows[: breaks[0] + 1], rows[breaks[-1] + 1 :]
    if min(len(first), len(last)) < 4 or np.diff(t_s).max() > 20 * float(np.median(np.diff(t_s))):
        return None
    rate = gyro - np.median(gyro[quiet], axis=0)
    begin, end = np.median(accel[first], axis=0), np.median(accel[last], axis=0)
    begin, end = begin / np.linalg.norm(begin), end / np.linalg.norm(end)
    span = slice(int(np.median(first)), int(np.median(last)) + 1)
    away = {}
    for name, scale in choices.items():
        turn = integrate(np.array([1.0, 0.0, 0.0, 0.0]), t_s[span], rate[span] * scale)[-1]
        moved = rotate(turn * np.array([1.0, -1.0, -1.0, -1.0]), begin)
        away[name] = float(np.arccos(np.clip(moved @ end, -1.0, 1.0)))
    best, *others = sorted(away, key=away.__getitem__)
    return best if away[best] < CARRIED_RAD and all(away[each] > MISSED_RAD for each in others) else None


def find_time(t: FloatArray, header: str, stated: str | None, name: str) -> tuple[float, str]:
    """Return seconds per unit of the time column."""
    if stated:
        return _stated("time", stated)[0], ""
    if header in TIME_UNITS:
        return TIME_UNITS[header], ""
    step = float(np.median(np.diff(t)))
    for unit in ("s", "ms", "us", "ns"):
        if step > 0 and SLOWEST_RATE_HZ <= 1.0 / (step * TIME_UNITS[unit]) < FASTEST_RATE_HZ:
            return TIME_UNITS[unit], f"time was taken to be in {unit}"
    raise InputError(
        f"the unit of the time column of {name} is not clear (its median step is {step:g}): give time=s, ms or us"
    )


def find_accel(
    accel: FloatArray, gyro: FloatArray, header: str, stated: str | None, name: str
) -> tuple[float, float, list[str]]:
    """Return SI per unit, full scale and notes of the accelerometer."""
    norm = np.linalg.norm(accel, axis=1)
    rest = float(np.median(norm[quiet_rows(accel, gyro)]))
    whole = bool((accel == np.rint(accel)).all()) and float(np.abs(accel).max()) > 512
    scale, full, how = float("nan"), float("nan"), ""
    if stated:
        scale, full = _stated("accel", stated)
    elif header in ACCEL_UNITS:
        scale = ACCEL_UNITS[header]
    elif whole:
        full_g = next((each for each in ACCEL_RANGES_G if abs(np.log(rest * each / COUNTS)) < np.log(1.3)), None)
        if full_g is not None:
            full = full_g * G_MPS2
            scale, how = full / COUNTS, f"the accelerometer's counts were taken as {full_g:g} g full scale"
    else:
        for unit, one in (("g", 1.0), ("m/s2", G_MPS2)):
            if max(rest, 1e-9) / one < REST_TOLERANCE and one / max(rest, 1e-9) < 2 * REST_TOLERANCE:
                scale, how = ACCEL_UNITS[unit], f"acceleration was taken to be in {unit}"
                break
    if not np.isfinite(scale):
        raise InputError(
            f"the accelerometer's unit in {name} is not clear (it reads {rest:g} when quiet): "
            "give accel=g, accel=m/s2 or accel=counts:FULL_SCALE_G"
        )
    notes = [how] if how else []
    if abs(rest * scale / G_MPS2 - 1.0) > REST_SOUND:
        notes.append(
            f"the accelerometer reads {rest * scale / G_MPS2:.2f} g when quiet, where 1 g is expected: "
            "its scale or bias is off, so inclination from it is not to be trusted"
        )
    return scale, full, notes


def find_gyro(
    t_s: FloatArray, accel: FloatArray, gyro: FloatArray, header: str, stated: str | None, name: str
) -> tuple[float, float, list[str]]:
    """Return SI per unit, full scale and notes of the gyro."""
    if stated:
        return *_stated("gyro", stated), []
    if header in GYRO_UNITS:
        return GYRO_UNITS[header], float("nan"), []
    peak = float(np.abs(gyro).max())
    whole = bool((gyro == np.rint(gyro)).all()) and peak > 512
    ratio, sigma = turning_scale(t_s, accel, gyro)
    if whole:
        choices = {f"counts of {full:g} deg/s full scale": full * DEG / COUNTS for full in GYRO_RANGES_DPS}
        fulls = {f"counts of {full:g} deg/s full scale": full * DEG for full in GYRO_RANGES_DPS}
        nearest = 1.41
    else:
        choices, fulls, nearest = {"deg/s": DEG, "rad/s": 1.0}, {}, 4.0
        if peak > FASTEST_RADPS:
            return DEG, float("nan"), ["angular rate was taken to be in deg/s"]
    if ratio > 0 and sigma < 0.3:
        unit = min(choices, key=lambda each: abs(np.log(ratio / choices[each])))
        if abs(np.log(ratio / choices[unit])) < np.log(nearest):
            return choices[unit], fulls.get(unit, float("nan")), [f"angular rate was taken to be in {unit}"]
    sure = _carried_from_rest_to_rest(t_s, accel, gyro, choices)
    if sure is not None:
        return choices[sure], fulls.get(sure, float("nan")), [f"angular rate was taken to be in {sure}"]
    if not whole and _tilted_more_than(t_s, accel, gyro, DEG):
        return 1.0, float("nan"), ["angular rate was taken to be in rad/s"]
    raise InputError(
        f"the gyro's unit in {name} is not clear (its peak is {peak:g}, and it never turned slowly enough to compare "
        "with gravity): give gyro=deg/s, gyro=rad/s or gyro=counts:FULL_SCALE_DPS"
    )
