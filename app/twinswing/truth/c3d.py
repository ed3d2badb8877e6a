"""Reading motion capture: markers by name from a C3D file, without gaps, smoothed, in our world's axes."""

from dataclasses import dataclass
from pathlib import Path

import ezc3d
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline, make_interp_spline
from scipy.signal import butter, filtfilt

from twinswing.errors import InputError

FloatArray = NDArray[np.float64]

# Zero-lag Butterworth low-pass, hertz: bodies move below 20 Hz; a club at impact needs more.
BODY_CUTOFF_HZ = 20.0
CLUB_CUTOFF_HZ = 50.0
# The pose at either end is held this long, so that the clip has an address and a finish to look at.
HOLD_S = 0.5

_UNITS_M = {"m": 1.0, "mm": 1e-3, "cm": 1e-2}
HEAD_MARKERS = ("Marker_2:2:1", "Marker_2:2:2", "Marker_2:2:3")
SHAFT_MARKERS = ("Marker_3:3:1", "Marker_3:3:2", "Marker_3:3:3")
CLUB_MARKERS = HEAD_MARKERS + SHAFT_MARKERS
BODY_MARKERS = (
    "WaistLeft", "WaistRight", "WaistLBack", "WaistRBack", "BackTop", "BackLeft", "BackRight", "HeadTop", "HeadFront",
    "HeadSide", "LShoulderBack", "RShoulderBack", "LElbowOut", "RElbowOut", "LWristTop", "RWristTop", "LKneeOut",
    "RKneeOut", "LToeIn", "LToeOut", "RToeIn", "RToeOut", "LAnkleOut", "RAnkleOut",
)  # fmt: skip


@dataclass(frozen=True)
class Markers:
    """Marker paths by name in a lab's own axes, metres, each shape (n, 3), at even times."""

    rate_hz: float
    paths: dict[str, FloatArray]


def read_c3d(path: Path) -> Markers:
    """Read a golf swing's markers from a C3D file; raises InputError for a file that does not have them."""
    if not path.is_file():
        raise InputError(f"expected a motion-capture file (.c3d), found nothing at {path}")
    with path.open("rb") as file:
        head = file.read(2)
    if len(head) < 2 or head[1] != 0x50:  # every C3D file's second byte, by its specification
        raise InputError(f"expected a motion-capture file (.c3d), found something else in {path.name}")
    try:
        data = ezc3d.c3d(str(path))
        point = data["parameters"]["POINT"]
        names = [str(name) for name in point["LABELS"]["value"]]
        unit = str(point["UNITS"]["value"][0]).strip().lower()
        rate = float(point["RATE"]["value"][0])
        xyz = np.asarray(data["data"]["points"][:3], dtype=np.float64)
    except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        raise InputError(
            f"expected markers in the motion-capture file {path.name}, could not read it: {error}"
        ) from error
    if unit not in _UNITS_M:
        raise InputError(f"expected marker positions in m, cm or mm, found {unit!r} in {path.name}")
    missing = [name for name in (*BODY_MARKERS, *CLUB_MARKERS) if name not in names]
    if missing:
        raise InputError(
            f"expected the markers of a golfer and a club, found no {', '.join(missing[:4])}"
            f"{' ...' if len(missing) > 4 else ''} in {path.name}"
        )
    if xyz.shape[2] < 60 or not rate > 20.0:
        raise InputError(f"expected a swing's length of frames, found {xyz.shape[2]} at {rate:g} Hz in {path.name}")
    paths = {name: _filled(xyz[:, names.index(name)].T * _UNITS_M[unit], name, path.name)
             for name in (*BODY_MARKERS, *CLUB_MARKERS)}  # fmt: skip
    return Markers(rate, paths)


def _filled(path: FloatArray, name: str, file: str) -> FloatArray:
    """Bridge gaps by a cubic spline, held at the ends."""
    seen = np.isfinite(path).all(axis=1)
    if seen.mean() < 0.8:
        raise InputError(f"expected the marker {name} in most frames, found it in {seen.mean():.0%} in {file}")
    if seen.all():
        return path
    t = np.flatnonzero(seen)
    return np.asarray(CubicSpline(t, path[seen])(np.clip(np.arange(len(path)), t[0], t[-1])))


def resampled(markers: Markers, rate_hz: float) -> tuple[FloatArray, dict[str, FloatArray], float]:
    """Return even times (s), every marker's path at them, and the time of impact.

    Ends are held, paths smoothed and interpolated by a quintic spline. The ball slows the head within a frame, so the
    head is smoothed up to the blow and from it apart; else the blow would leak into the downswing.
    """
    hold = round(HOLD_S * markers.rate_hz)
    impact = hold + impact_frame(np.mean([markers.paths[name] for name in HEAD_MARKERS], axis=0))
    n = len(markers.paths[HEAD_MARKERS[0]]) + 2 * hold
    t_in = np.arange(n) / markers.rate_hz
    t = np.arange(int(t_in[-1] * rate_hz) + 1) / rate_hz
    split = int(impact) + 1
    out = {}
    for name, path in markers.paths.items():
        cutoff = CLUB_CUTOFF_HZ if name in CLUB_MARKERS else BODY_CUTOFF_HZ
        b, a = butter(2, cutoff / (0.5 * markers.rate_hz))
        padded = np.concatenate([np.repeat(path[:1], hold, 0), path, np.repeat(path[-1:], hold, 0)])
        if name not in HEAD_MARKERS:
            out[name] = np.asarray(make_interp_spline(t_in, filtfilt(b, a, padded, axis=0), k=5)(t))
            continue
        before = make_interp_spline(t_in[:split], filtfilt(b, a, padded[:split], axis=0), k=5)
        after = make_interp_spline(t_in[split:], filtfilt(b, a, padded[split:], axis=0), k=5)
        first = int(np.searchsorted(t, impact / markers.rate_hz))
        out[name] = np.concatenate([before(t[:first]), after(t[first:])])
    return t, out, impact / markers.rate_hz


def impact_frame(head: FloatArray) -> float:
    """Return the frame, with its fraction, in which a head's path, shape (n, 3), is slowed by the ball.

    The step before the blow is the longest; the next is part old speed, part new, and tells when in it the blow fell.
    """
    step = np.linalg.norm(np.diff(head, axis=0), axis=1)
    i = int(np.clip(np.argmax(step), 0, len(step) - 3))
    lost = step[i] - step[i + 2]
    part = (step[i + 1] - step[i + 2]) / lost if lost > 0.0 else 0.5
    return i + 1 + float(np.clip(part, 0.0, 1.0))


def to_world(paths: dict[str, FloatArray], rate_hz: float) -> dict[str, FloatArray]:
    """Turn markers into the world: Z up, X along the club head's level direction at its fastest, floor at zero.

    Up is the lab axis along which the head is highest over the toes. The floor is the lab's own where the toes' markers
    lie within 0.12 m of it, and otherwise 0.04 m below the lowest of them.
    """
    body = paths["HeadTop"][0] - paths["LToeIn"][0]
    up = np.zeros(3)
    up[int(np.argmax(np.abs(body)))] = np.sign(body[int(np.argmax(np.abs(body)))])
    head = np.mean([paths[name] for name in HEAD_MARKERS], axis=0)
    velocity = np.gradient(head, 1.0 / rate_hz, axis=0)
    ahead = velocity[int(np.argmax(np.linalg.norm(velocity, axis=1)))]
    ahead = ahead - (ahead @ up) * up
    # The nearest lab axis: captures are laid out along the target line, and a path of a few degrees is the golfer's.
    nearest = int(np.argmax(np.abs(ahead)))
    x = np.zeros(3)
    x[nearest] = np.sign(ahead[nearest])
    R = np.stack([x, np.cross(up, x), up])
    world = {name: path @ R.T for name, path in paths.items()}
    lowest = min(float(world[n][:, 2].min()) for n in ("LToeIn", "LToeOut", "RToeIn", "RToeOut"))
    floor = 0.0 if 0.0 <= lowest <= 0.12 else lowest - 0.04
    return {name: path - np.array([0.0, 0.0, floor]) for name, path in world.items()}
