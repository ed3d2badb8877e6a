"""A whole club as one mesh in the club frame: origin at the butt, Z down the shaft, X toward the toe."""

import numpy as np

from twinswing.club.model import ClubSpec
from twinswing.stage.club_model_geometry import head_axes
from twinswing.stage.club_model_head import DARK, HOSEL_TOP_M, STEEL, head_metal, head_painted
from twinswing.stage.mesh import Mesh, lathe, merge

GRIP_LENGTH_M = 0.268  # a standard rubber grip, 10.5 inches
_GRIP = (0.016, 0.016, 0.018)
_GRAPHITE = (0.045, 0.05, 0.06)
_FERRULE = (0.01, 0.01, 0.011)
_GRAPHITE_KINDS = ("driver", "wood", "hybrid")
_TOP, _TIP = 0.0073, 0.0047  # outer radii of a shaft below the grip and at the tip (0.580 and 0.370 inches across)


def grip_radius_m(z_m: float, spec: ClubSpec) -> float:
    """Return the grip's radius at a distance from the butt, metres: 13.4 mm at the butt, 8.3 mm at its mouth."""
    low, high = (0.0135, 0.0150) if spec.kind == "putter" else (0.0083, 0.0134)
    return float(np.interp(z_m, [0.0, GRIP_LENGTH_M], [high, low]))


def club_metal(spec: ClubSpec, handed: str = "right") -> Mesh:
    """Return the bare metal of a club: its head (without a painted crown) and a steel shaft."""
    head = _placed(head_metal(spec), spec, handed)
    return head if spec.kind in _GRAPHITE_KINDS else merge([head, _steel_shaft(spec)])


def club_dull(spec: ClubSpec, handed: str = "right") -> Mesh:
    """Return the rest of a club: grip with butt cap, sensor puck, ferrule, graphite shaft, painted crown, markings."""
    parts = [_grip(spec), _puck(), _ferrule(spec), _placed(head_painted(spec), spec, handed)]
    return merge([*parts, _graphite_shaft(spec)] if spec.kind in _GRAPHITE_KINDS else parts)


def _placed(head: Mesh, spec: ClubSpec, handed: str) -> Mesh:
    return head.moved(head_axes(spec, handed), (0.0, 0.0, spec.length_m))


def _grip(spec: ClubSpec) -> Mesh:
    """Return the grip: rubber with fine rings, and a rounded mouth."""
    z = np.concatenate([[0.0015], np.linspace(0.004, GRIP_LENGTH_M - 0.003, 41)])
    r = np.array([grip_radius_m(v, spec) for v in z])
    r[1:] += 0.00022 * np.where(np.arange(41) % 4 < 2, 1.0, -1.0)
    profile = [[0.0, 0.0], [r[0] - 0.002, 0.0], *np.stack([r, z], -1).tolist(), [0.0072, GRIP_LENGTH_M]]
    return lathe(profile, sides=14, crease_rad=1.0).painted(_GRIP, 0.85)


def _puck() -> Mesh:
    """Return the sensor on the butt: a small disc with a lit ring."""
    body = lathe([[0.0, -0.0105], [0.0100, -0.0105], [0.0122, -0.0085], [0.0126, -0.0035]], sides=24, crease_rad=1.0)
    ring = lathe([[0.0127, -0.0035], [0.0127, -0.0018]], sides=24)
    base = lathe([[0.0122, -0.0018], [0.0122, 0.0012]], sides=24)
    return merge(
        [body.painted((0.02, 0.02, 0.023), 0.35), ring.painted((0.02, 0.45, 0.75), 0.3), base.painted(DARK, 0.5)]
    )


def _shaft_end_m(spec: ClubSpec) -> float:
    """Return where the shaft goes into the hosel, from the butt, metres."""
    return spec.length_m - HOSEL_TOP_M[spec.kind]


def _graphite_shaft(spec: ClubSpec) -> Mesh:
    """Return a smooth, tapered, lacquered shaft."""
    z = np.linspace(GRIP_LENGTH_M - 0.004, _shaft_end_m(spec), 14)
    return lathe(np.stack([np.linspace(_TOP, _TIP - 0.0002, 14), z], -1), sides=16).painted(_GRAPHITE, 0.22)


def _steel_shaft(spec: ClubSpec) -> Mesh:
    """Return a shaft that is drawn down in steps."""
    start, end = GRIP_LENGTH_M - 0.004, _shaft_end_m(spec)
    steps = start + (end - start) * np.linspace(0.18, 0.72, 12)
    radii = np.linspace(_TOP, _TIP, len(steps) + 1)
    rows = [[radii[0], start]]
    for k, at in enumerate(steps):
        rows += [[radii[k], at - 0.0005], [radii[k + 1], at + 0.0005]]
    return lathe([*rows, [radii[-1], end]], sides=16, crease_rad=2.5).painted(STEEL, 0.2)


def _ferrule(spec: ClubSpec) -> Mesh:
    """Return the collar where the shaft meets the hosel."""
    end, long, wide = _shaft_end_m(spec), 0.022, 0.0067 if spec.kind in _GRAPHITE_KINDS else 0.0065
    slope = [[_TIP - 0.0003, end - long], [_TIP + 0.0008, end - 0.7 * long], [wide, end - 0.001]]
    return lathe([*slope, [wide, end + 0.002], [0.0, end + 0.002]], sides=18, crease_rad=1.0).painted(_FERRULE, 0.2)
