"""The figure's upper body: polo shirt and bare arms, in the rest pose."""

import numpy as np

from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure_rest import Rest
from twinswing.stage.figure_sew import girth, ring_band, sections, strip
from twinswing.stage.figure_skin import SIDES, arm_weights, hung, share, trunk_weights
from twinswing.stage.mesh import FloatArray, Mesh, ellipsoid, merge, sheet, unit
from twinswing.stage.mesh_field import (
    Field,
    ball,
    blend,
    chain,
    either,
    gradient,
    grown,
    half_space,
    limb,
    loft,
    onto_surface,
    opposite,
    surface,
    trim,
    within,
)

# Rows: z, half width, depth in front, depth behind, centre y (fractions of height), exponent.
_SHIRT = np.array([
    [0.545, 0.0850, 0.0610, 0.0590, 0.006, 2.3],
    [0.578, 0.0860, 0.0620, 0.0585, 0.006, 2.3],
    [0.598, 0.0905, 0.0665, 0.0605, 0.006, 2.3],
    [0.620, 0.0890, 0.0660, 0.0590, 0.007, 2.3],
    [0.650, 0.0890, 0.0660, 0.0600, 0.010, 2.3],
    [0.690, 0.0950, 0.0690, 0.0670, 0.012, 2.3],
    [0.735, 0.1000, 0.0710, 0.0710, 0.012, 2.4],
    [0.775, 0.0990, 0.0640, 0.0710, 0.013, 2.4],
    [0.805, 0.0890, 0.0510, 0.0640, 0.015, 2.3],
    [0.826, 0.0640, 0.0400, 0.0510, 0.018, 2.2],
    [0.842, 0.0440, 0.0350, 0.0400, 0.018, 2.0],
    [0.870, 0.0370, 0.0340, 0.0340, 0.014, 2.0],
])  # fmt: skip
_CUFF = 0.60  # where the sleeve ends, along the upper arm


def torso_field(rest: Rest) -> Field:
    """Return the clothed trunk without arms."""
    h = rest.height_m
    parts = [loft(sections(_SHIRT, rest.build, h))]
    for x in (1.0, -1.0):
        neck, shoulder = (x * 0.024 * h, 0.022 * h, 0.843 * h), (x * 0.082 * h, 0.016 * h, 0.812 * h)
        parts.append(limb(neck, shoulder, 0.020 * h, 0.028 * h))
        parts.append(ball((x * 0.042 * h, -0.033 * h, 0.752 * h), np.array([0.052, 0.026, 0.042]) * h))
        parts.append(ball((x * 0.045 * h, 0.060 * h, 0.762 * h), np.array([0.046, 0.026, 0.054]) * h))
    return blend(0.045, *parts)


def sleeve_field(rest: Rest, side: int) -> Field:
    """Return one sleeve from the shoulder to past its cuff."""
    h, (_, limbs) = rest.height_m, girth(rest.build)
    a, b = rest.joint(f"{SIDES[side]}_shoulder"), rest.joint(f"{SIDES[side]}_elbow")
    inner = a - np.array([np.sign(a[0]) * 0.012 * h, 0.0, 0.0])
    radii = np.array([0.0370, 0.0362, 0.0355]) * h * limbs
    return chain([inner, a + 0.25 * (b - a), b], radii.tolist(), 0.02)


def _folds(rest: Rest) -> Field:
    """Return how far the shirt's cloth stands off, metres: creases that gather at the waist and run to the arms."""
    h = rest.height_m

    def field(p: FloatArray) -> FloatArray:
        x, y, z = p[:, 0], p[:, 1], p[:, 2] / h
        around = np.arctan2(x, -y)
        waist = np.exp(-(((z - 0.630) / 0.024) ** 2))
        pleats = np.sin(9.0 * around + 40.0 * (z - 0.6)) * 0.6 + np.sin(14.0 * around - 55.0 * (z - 0.6) + 1.3) * 0.5
        side = np.exp(-(((np.abs(x) / h - 0.088) / 0.03) ** 2)) * np.exp(-(((z - 0.70) / 0.05) ** 2))
        drape = np.sin((z * 95.0) + np.abs(x) * 30.0 / h * 1.78)
        return np.asarray(0.0026 * waist * pleats + 0.0018 * side * drape)

    return field


def shirt_field(rest: Rest) -> Field:
    """Return the whole shirt, sleeves and all."""
    return blend(0.05, torso_field(rest), *(sleeve_field(rest, s) for s in (0, 1)))


def shirt(rest: Rest, look: Appearance) -> Mesh:
    """Return the polo shirt with its sleeves, cuffs, collar and placket."""
    h = rest.height_m
    field = shirt_field(rest)
    reach = float(np.abs(rest.joint("left_elbow")[0])) + 0.07
    mesh = surface(grown(field, _folds(rest)), (-reach, -0.27, 0.53 * h), (reach, 0.23, 0.90 * h), 0.0255 * rest.cell)
    for side in (0, 1):
        beyond = within(opposite(_cuff_plane(rest, side)), grown(sleeve_field(rest, side), 0.03))
        mesh = trim(mesh, opposite(beyond))
    opening = half_space((0, 0.012 * h, 0.852 * h), (0, -0.5, 1.0))
    away = opposite(limb((0, 0.012 * h, 0.80 * h), (0, 0.008 * h, 0.95 * h), 0.050 * h, 0.050 * h))
    mesh = trim(mesh, either(opening, away))
    colour = np.array(linear(look.shirt))
    parts = [mesh.painted(colour, 0.85), *(_cuff(rest, s).painted(colour * 0.86, 0.85) for s in (0, 1))]
    parts += [_collar(rest, field).painted(colour * 0.93, 0.85), *_placket(rest, field, colour)]
    whole = merge(parts)
    return hung(whole, _weights(rest, whole.positions))


def _weights(rest: Rest, p: FloatArray) -> FloatArray:
    trunk = torso_field(rest)(p)
    weights = trunk_weights(rest, p)
    for side in (0, 1):
        arm = share(trunk, sleeve_field(rest, side)(p), 0.06)
        own = np.where(p[:, :1] * (1 - 2 * side) > 0, arm, 0.0)
        weights = weights * (1.0 - own) + arm_weights(rest, p, side) * own
    return weights


def _cuff_plane(rest: Rest, side: int) -> Field:
    a, b = rest.joint(f"{SIDES[side]}_shoulder"), rest.joint(f"{SIDES[side]}_elbow")
    return half_space(a + _CUFF * (b - a), b - a)


def _cuff(rest: Rest, side: int) -> Mesh:
    """Return the ribbed band at the end of a sleeve."""
    a, b = rest.joint(f"{SIDES[side]}_shoulder"), rest.joint(f"{SIDES[side]}_elbow")
    profile = np.array([[-0.021, -0.002], [-0.020, 0.0016], [-0.003, 0.0022], [0.001, 0.0012], [0.001, -0.014]])
    return ring_band(sleeve_field(rest, side), a + _CUFF * (b - a), b - a, np.array([0, 1.0, 0]), profile, 0.12, 24)


def _collar(rest: Rest, field: Field) -> Mesh:
    """Return the folded collar, open in front: inside up the neck, over the fold, and down onto the shirt."""
    h = rest.height_m
    angle = np.radians(np.linspace(-168.0, 168.0, 33))
    ahead = (1.0 - np.cos(angle)) / 2.0  # 0 in the nape, 1 at the throat
    out = np.stack([np.sin(angle), np.cos(angle), 0.0 * angle], -1)
    middle = np.stack([0.0 * angle, 0.0135 * h - 0.004 * h * ahead, (0.8640 - 0.0235 * ahead) * h], -1)
    fold = middle + out * np.array([0.0375, 0.0385, 0.0]) * h
    tip = np.clip((np.abs(np.degrees(angle)) - 110.0) / 58.0, 0.0, 1.0) ** 2
    fall = (0.0185 + 0.011 * tip)[:, None] * h
    edge = fold + unit(out + np.array([0.0, 0.0, -0.95]) - np.array([0.0, 0.55, 0.0]) * tip[:, None]) * fall
    edge = onto_surface(field, edge, reach=0.05)
    lift = unit(gradient(field, edge))
    inside = fold - out * 0.004 - [0.0, 0.0, 0.020 * h]
    t = np.linspace(0.0, 1.0, 5)[:, None, None]
    flap = fold * (1 - t) + (edge + lift * 0.0045) * t + lift * 0.006 * np.sin(np.pi * t)
    rows = [inside, fold - out * 0.003 + [0, 0, 0.001], *flap, edge - lift * 0.004]
    mesh = sheet(np.array(rows))
    toward = np.einsum("ij,ij->i", mesh.normals[len(angle) * 3 : len(angle) * 6], np.tile(lift, (3, 1))).sum()
    return mesh if toward > 0 else sheet(np.array(rows)[:, ::-1])


def _placket(rest: Rest, field: Field, colour: FloatArray) -> list[Mesh]:
    """Return the buttoned strip below the collar."""
    h = rest.height_m
    down = np.linspace(0.8345, 0.757, 9) * h
    path = np.stack([0.0 * down, np.full(9, -0.10), down], -1)
    band = strip(field, path, across=np.array([1.0, 0.0, 0.0]), half_m=0.0155, above_m=0.0022)
    out = [band.painted(colour * 0.90, 0.85)]
    for z in (0.812, 0.788, 0.765):
        at = onto_surface(field, np.array([[0.0, -0.10, z * h]]), reach=0.1)[0]
        out.append(
            ellipsoid(at - [0, 0.0030, 0], (0.0052, 0.0018, 0.0052), rows=6, sides=10).painted((0.75, 0.74, 0.70), 0.3)
        )
    return out


def arm_field(rest: Rest, side: int) -> Field:
    """Return one bare arm from the middle of the upper arm to the wrist."""
    h, (_, limbs) = rest.height_m, girth(rest.build)
    a, b, c = (rest.joint(f"{SIDES[side]}_{n}") for n in ("shoulder", "elbow", "wrist"))
    points = [a + 0.3 * (b - a), a + 0.6 * (b - a), b, b + 0.25 * (c - b), b + 0.65 * (c - b), c - 0.10 * (c - b)]
    radii = np.array([0.0265, 0.0275, 0.0235, 0.0262, 0.0186, 0.0142]) * h * limbs
    return chain(points, radii.tolist(), 0.02)


def arms(rest: Rest, look: Appearance) -> Mesh:
    """Return both bare arms."""
    out = []
    for side in (0, 1):
        field = arm_field(rest, side)
        spots = np.array([rest.joint(f"{SIDES[side]}_{n}") for n in ("shoulder", "elbow", "wrist")])
        low, high = spots.min(0) - 0.07, spots.max(0) + 0.07
        # Skin starts a little inside the sleeve, so that it never shows through the shoulder.
        a, b = spots[0], spots[1]
        mesh = trim(surface(field, low, high, 0.019 * rest.cell), half_space(a + (_CUFF - 0.13) * (b - a), a - b))
        out.append(hung(mesh.painted(linear(look.skin), 0.55), arm_weights(rest, mesh.positions, side)))
    return merge(out)
