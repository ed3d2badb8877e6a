"""A whole club as one mesh in the club frame: origin at the butt, Z down the shaft, X toward the toe."""

import numpy as np

from twinswing.club.model import ClubSpec
from twinswing.stage.club_model_geometry import head_axes
from twinswing.stage.club_model_head import DARK, STEEL, head_mesh
from twinswing.stage.mesh import Mesh, lathe, merge

GRIP_LENGTH_M = 0.268  # a standard rubber grip, 10.5 inches
_GRIP = (0.016, 0.016, 0.018)
_GRAPHITE = (0.045, 0.05, 0.06)
_FERRULE = (0.01, 0.01, 0.011)


def grip_radius_m(z_m: float, spec: ClubSpec) -> float:
    """Return the grip's radius at a distance from the butt, metres: 13.4 mm at the butt, 8.3 mm at its mouth."""
    low, high = (0.0135, 0.0150) if spec.kind == "putter" else (0.0083, 0.0134)
    return float(np.interp(z_m, [0.0, GRIP_LENGTH_M], [high, low]))


def club_mesh(spec: ClubSpec, handed: str = "right") -> Mesh:
    """Return a club: grip with butt cap, sensor puck, shaft, ferrule and head."""
    head = head_mesh(spec).moved(head_axes(spec, handed), (0.0, 0.0, spec.length_m))
    return merge([_grip(spec), _puck(), _shaft(spec), head])


def _grip(spec: ClubSpec) -> Mesh:
    """Return the grip: rubber with fine rings, and a rounded mouth."""
    z = np.concatenate([[0.0015], np.linspace(0.004, GRIP_LENGTH_M - 0.003, 67)])
    r = np.array([grip_radius_m(v, spec) for v in z])
    r[1:] += 0.00022 * np.where(np.arange(67) % 4 < 2, 1.0, -1.0)
    profile = [[0.0, 0.0], [r[0] - 0.002, 0.0], *np.stack([r, z], -1).tolist(), [0.0072, GRIP_LENGTH_M]]
    return lathe(profile, sides=18, crease_rad=1.0).painted(_GRIP, 0.85)


def _puck() -> Mesh:
    """Return the sensor on the butt: a small disc with a lit ring."""
    body = lathe([[0.0, -0.0105], [0.0100, -0.0105], [0.0122, -0.0085], [0.0126, -0.0035]], sides=24, crease_rad=1.0)
    ring = lathe([[0.0127, -0.0035], [0.0127, -0.0018]], sides=24)
    base = lathe([[0.0122, -0.0018], [0.0122, 0.0012]], sides=24)
    return merge(
        [body.painted((0.02, 0.02, 0.023), 0.35), ring.painted((0.02, 0.45, 0.75), 0.3), base.painted(DARK, 0.5)]
    )


def _shaft(spec: ClubSpec) -> Mesh:
    """Return the shaft: stepped steel for irons, wedges and putters, smooth graphite for the rest."""
    end = spec.length_m - (0.052 if spec.kind in {"iron", "wedge"} else 0.045)
    start, top, tip = GRIP_LENGTH_M - 0.004, 0.0073, 0.0047
    if spec.kind in {"driver", "wood", "hybrid"}:
        z = np.linspace(start, end, 14)
        profile = np.stack([np.linspace(top, tip - 0.0004, 14), z], -1)
        body = lathe(profile, sides=16).painted(_GRAPHITE, 0.25)
    else:
        steps = np.linspace(start + 0.10, end - 0.20, 12) if end - start > 0.34 else np.linspace(start, end, 3)[1:2]
        radii = np.linspace(top, tip, len(steps) + 1)
        rows = [[radii[0], start]]
        for k, at in enumerate(steps):
            rows += [[radii[k], at - 0.0005], [radii[k + 1], at + 0.0005]]
        rows.append([radii[-1], end])
        body = lathe(rows, sides=16, crease_rad=2.5).painted(STEEL, 0.16)
    long = 0.024
    ferrule = lathe(
        [
            [tip, end - long],
            [tip + 0.0008, end - 0.7 * long],
            [0.0066, end - 0.001],
            [0.0066, end + 0.002],
            [0.0, end + 0.002],
        ],
        sides=18,
        crease_rad=1.0,
    ).painted(_FERRULE, 0.2)
    return merge([body, ferrule])
