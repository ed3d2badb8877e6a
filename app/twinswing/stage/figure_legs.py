"""The figure's lower body: trousers or shorts, belt, bare legs and socks, in the rest pose."""

import numpy as np

from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure_rest import Rest
from twinswing.stage.figure_sew import girth, ring_band, seam, sections
from twinswing.stage.figure_skin import SIDES, hung, leg_weights, share, trunk_weights
from twinswing.stage.mesh import FloatArray, Mesh, merge, tube
from twinswing.stage.mesh_field import Field, ball, blend, chain, either, grown, half_space, loft, surface, trim

# Rows: z, half width, depth in front, depth behind, centre y (fractions of height), exponent.
_PELVIS = np.array([
    [0.452, 0.0700, 0.0480, 0.0560, 0.006, 2.2],
    [0.470, 0.0900, 0.0590, 0.0690, 0.007, 2.4],
    [0.500, 0.0970, 0.0640, 0.0730, 0.007, 2.4],
    [0.530, 0.0965, 0.0650, 0.0710, 0.006, 2.4],
    [0.560, 0.0930, 0.0655, 0.0670, 0.006, 2.3],
    [0.590, 0.0895, 0.0645, 0.0620, 0.006, 2.3],
])  # fmt: skip


_WAIST = 0.5825  # where trousers end upward, and the middle of the belt below it
_BELT = 0.5745


def hips_field(rest: Rest) -> Field:
    """Return the clothed pelvis with the seat."""
    h = rest.height_m
    seat = [ball((s * 0.041 * h, 0.034 * h, 0.488 * h), np.array([0.049, 0.042, 0.056]) * h) for s in (1, -1)]
    return blend(0.05, loft(sections(_PELVIS, rest.build, h)), *seat)


def _trouser_leg(rest: Rest, side: int, *, shorts: bool) -> Field:
    h, (_, limbs) = rest.height_m, girth(rest.build)
    hip, knee, ankle = (rest.joint(f"{SIDES[side]}_{n}") for n in ("hip", "knee", "ankle"))
    top = hip + np.array([0.0, 0.002 * h, -0.03 * h])
    calf = knee + 0.35 * (ankle - knee) + np.array([0.0, 0.004 * h, 0.0])
    end = ankle - np.array([0, -0.004, 0.04 * h])
    wide = np.array([0.0512 * limbs, 0.0475 * limbs, 0.0405, 0.0382 * limbs, 0.0345])
    if shorts:
        wide = np.array([0.0512 * limbs, 0.0500 * limbs, 0.0490, 0.0480, 0.0470])
    return chain([top, hip + 0.4 * (knee - hip), knee, calf, end], (wide * h).tolist(), 0.03)


def _folds(rest: Rest) -> Field:
    """Return how far the trousers' cloth stands off, metres: creases at the groin, behind the knees, over the shoes."""
    h = rest.height_m

    def field(p: FloatArray) -> FloatArray:
        x, y, z = np.abs(p[:, 0]) / h, p[:, 1] / h, p[:, 2] / h
        groin = np.exp(-(((z - 0.480) / 0.030) ** 2)) * (y < 0.0)
        knee = np.exp(-(((z - 0.285) / 0.040) ** 2))
        hem = np.exp(-(((z - 0.085) / 0.035) ** 2))
        slant = np.sin(210.0 * z + 130.0 * (x - 0.06))
        break_ = np.sin(260.0 * z - 120.0 * y + 60.0 * x)
        return np.asarray(0.0013 * groin * slant + 0.0016 * knee * np.sin(170.0 * z + 90.0 * y) + 0.0030 * hem * break_)

    return field


def trousers(rest: Rest, look: Appearance) -> Mesh:
    """Return trousers or shorts with their seams."""
    h = rest.height_m
    hips = hips_field(rest)
    both = either(*(_trouser_leg(rest, s, shorts=look.shorts) for s in (0, 1)))
    plain = blend(0.035, hips, both)
    mesh = surface(grown(plain, _folds(rest)), (-0.27, -0.22, -0.05 * h), (0.27, 0.26, 0.62 * h), 0.0255 * rest.cell)
    hem = 0.318 if look.shorts else 0.046
    mesh = trim(mesh, half_space((0, 0, hem * h), (0, 0.10 if look.shorts else 0.12, -1)))
    mesh = trim(mesh, half_space((0, 0, _WAIST * h), (0, 0, 1)))
    colour = np.array(linear(look.trousers))
    parts = [mesh.painted(colour, 0.85)]
    parts += [m.painted(colour * 0.55, 0.9) for m in _seams(rest, plain)]
    parts += [_hem(rest, s, hem, shorts=look.shorts).painted(colour * 0.9, 0.85) for s in (0, 1)]
    whole = merge(parts)
    return hung(whole, _weights(rest, whole.positions, hips(whole.positions), both(whole.positions)))


def _weights(rest: Rest, p: FloatArray, to_hips: FloatArray, to_legs: FloatArray) -> FloatArray:
    legs = share(to_hips, to_legs, 0.07)
    left = np.clip(0.5 + p[:, :1] / 0.03, 0.0, 1.0)
    each = leg_weights(rest, p, 0) * left + leg_weights(rest, p, 1) * (1.0 - left)
    return np.asarray(trunk_weights(rest, p) * (1 - legs) + legs * each)


def _hem(rest: Rest, side: int, hem: float, *, shorts: bool) -> Mesh:
    """Return the turned edge of a trouser leg, which closes it toward the leg inside."""
    h = rest.height_m
    knee, ankle = rest.joint(f"{SIDES[side]}_knee"), rest.joint(f"{SIDES[side]}_ankle")
    t = (hem * h - knee[2]) / (ankle[2] - knee[2])
    centre = knee + t * (ankle - knee)
    if shorts:
        hip = rest.joint(f"{SIDES[side]}_hip")
        centre = knee + (hem * h - knee[2]) / (hip[2] - knee[2]) * (hip - knee)
    profile = np.array([[-0.001, -0.022], [-0.001, 0.0012], [0.016, 0.0014], [0.017, -0.001]])
    axis = np.array([0.0, -0.10 if shorts else -0.12, 1.0])
    field = _trouser_leg(rest, side, shorts=shorts)
    return ring_band(field, centre, axis, np.array([1.0, 0, 0]), profile, 0.14, 22)


def _seams(rest: Rest, field: Field) -> list[Mesh]:
    """Return the seams that make trousers of a shape: fly, slanted front pockets, back pockets."""
    h = rest.height_m
    t = np.linspace(0.0, 1.0, 9)
    fly = np.stack([0.006 * h * (1 - t**3), np.full(9, -0.12), (0.560 - 0.062 * t) * h], -1)
    out = [seam(field, fly)]
    for x in (1.0, -1.0):
        front = np.stack([x * (0.058 + 0.030 * t**1.3) * h, -0.10 + 0.07 * t, (0.562 - 0.052 * t) * h], -1)
        s = np.linspace(-1.0, 1.0, 9)
        back = np.stack([x * (0.048 + 0.019 * s) * h, np.full(9, 0.13), (0.538 - 0.002 * s) * h], -1)
        out += [seam(field, front), seam(field, back, half_m=0.0011)]
    return out


def belt(rest: Rest, look: Appearance) -> Mesh:
    """Return the belt with its buckle."""
    h = rest.height_m
    half = 0.0165
    profile = np.array(
        [[-half, -0.008], [-half, 0.0030], [-0.8 * half, 0.0042], [0.8 * half, 0.0042], [half, 0.0030], [half, -0.012]]
    )
    centre = np.array([0.0, 0.006 * h, _BELT * h])
    up, left = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
    band = ring_band(hips_field(rest), centre, up, left, profile, 0.12, 40).painted(linear(look.belt), 0.42)
    front = float(band.positions[:, 1].min())
    corner = np.array([[1, -1], [1, 1], [-1, 1], [-1, -1], [1, -1.0]]) * [0.019, 0.0165]
    bars = [np.stack([p[:, 0], 0 * p[:, 0] + front - 0.001, p[:, 1] + _BELT * h], -1) for p in _pairs(corner)]
    bars.append(np.array([[-0.002, front - 0.0015, _BELT * h], [0.021, front - 0.0015, _BELT * h]]))
    buckle = [tube(bar, np.full(2, 0.0023), sides=8, hint=(0, 1, 0)).painted((0.55, 0.54, 0.50), 0.25) for bar in bars]
    whole = merge([band, *buckle])
    return hung(whole, trunk_weights(rest, whole.positions))


def _pairs(points: FloatArray) -> list[FloatArray]:
    """Return the legs of a line, each (2, k)."""
    return [points[i : i + 2] for i in range(len(points) - 1)]


def _bare_leg(rest: Rest, side: int) -> Field:
    h, (_, limbs) = rest.height_m, girth(rest.build)
    hip, knee, ankle = (rest.joint(f"{SIDES[side]}_{n}") for n in ("hip", "knee", "ankle"))
    calf = knee + 0.30 * (ankle - knee) + np.array([0.0, 0.009 * h, 0.0])
    points = [hip + 0.55 * (knee - hip), knee + np.array([0, -0.003 * h, 0]), calf, knee + 0.72 * (ankle - knee), ankle]
    return chain(points, (np.array([0.043, 0.0315, 0.0325, 0.0225, 0.0215]) * h * limbs).tolist(), 0.03)


def legs(rest: Rest, look: Appearance) -> Mesh:
    """Return what shows between trousers and shoes: bare legs with short socks under shorts, else socks alone."""
    h = rest.height_m
    out = []
    for side in (0, 1):
        field = _bare_leg(rest, side)
        top, x = (0.40 if look.shorts else 0.10) * h, float(rest.joint(f"{SIDES[side]}_ankle")[0])
        mesh = surface(field, (x - 0.11, -0.12, 0.0), (x + 0.11, 0.14, top), 0.019 * rest.cell)
        sock = half_space((0, 0, (0.085 if look.shorts else 1.0) * h), (0, 0, 1))
        cloth = trim(mesh, sock).painted(linear(look.shoes if look.shorts else "#1d1f24"), 0.9)
        parts = [cloth, trim(mesh, lambda p, f=sock: -f(p)).painted(linear(look.skin), 0.5)]  # type: ignore[misc]
        whole = merge([m for m in parts if len(m.positions)])
        out.append(hung(whole, leg_weights(rest, whole.positions, side)))
    return merge(out)
