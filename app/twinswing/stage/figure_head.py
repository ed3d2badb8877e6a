"""The figure's head: skull, face, ears, neck, hair and cap.

Head frame: metres of a golfer 1.78 m tall, origin at the head joint, X to the left, -Y ahead, Z up.
"""

import numpy as np

from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure_rest import Bone, Rest
from twinswing.stage.figure_skin import hung, trunk_weights
from twinswing.stage.mesh import FloatArray, Mesh, merge, sheet, tube, unit
from twinswing.stage.mesh_field import (
    Field,
    ball,
    blend,
    cut,
    gradient,
    grown,
    limb,
    mirrored,
    onto_surface,
    surface,
)

_EYE = np.array([0.0315, -0.0765, 0.004])
_NECK_BASE = (0.0, 0.040, -0.185)


def skull_field() -> Field:
    """Return the braincase alone, which hair and cap follow."""
    return blend(0.03, ball((0, 0.013, 0.030), (0.0765, 0.099, 0.093)), ball((0, -0.035, 0.035), (0.062, 0.055, 0.060)))


def head_field() -> Field:
    """Return head and neck of bare skin."""
    face = blend(
        0.030,
        skull_field(),
        ball((0, -0.030, -0.030), (0.058, 0.060, 0.074)),
        limb((0.047, 0.000, -0.056), (0.014, -0.070, -0.091), 0.016, 0.0165),
        ball((0, -0.074, -0.092), (0.019, 0.015, 0.014)),
    )
    face = blend(0.022, face, ball((0.046, -0.058, -0.020), (0.018, 0.020, 0.015)))
    face = blend(0.012, face, limb((0.012, -0.087, 0.019), (0.046, -0.070, 0.020), 0.0065, 0.006))
    face = cut(face, ball((0.0315, -0.104, 0.003), (0.0185, 0.0175, 0.0115)), 0.012)
    nose = blend(
        0.006,
        limb((0, -0.084, 0.014), (0, -0.1045, -0.024), 0.0070, 0.0095),
        ball((0, -0.1065, -0.0255), (0.0100, 0.0105, 0.0092)),
        ball((0.0105, -0.0955, -0.0290), (0.0075, 0.0100, 0.0068)),
    )
    face = blend(0.010, face, nose)
    lips = blend(
        0.004,
        limb((0, -0.0965, -0.0545), (0.0190, -0.0860, -0.0570), 0.0058, 0.0030),
        limb((0, -0.0950, -0.0645), (0.0165, -0.0860, -0.0610), 0.0064, 0.0030),
    )
    face = blend(0.006, face, lips)
    ear = cut(
        ball((0.0765, 0.014, -0.006), (0.0085, 0.0185, 0.0315), _lean(0.35)),
        ball((0.0875, 0.010, -0.003), (0.0070, 0.0105, 0.0190), _lean(0.35)),
        0.004,
    )
    face = blend(0.006, face, ear)
    neck = limb((0, 0.018, -0.050), _NECK_BASE, 0.0545, 0.0610)
    return mirrored(blend(0.028, face, neck))


def _lean(angle: float) -> FloatArray:
    """Return the axes of an ear: turned out from the head about Z."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def _eyes() -> Mesh:
    """Return both eyeballs: white, iris, pupil, and a lash line above."""
    sides = 20
    polar = np.radians([0.0, 9.0, 12.0, 24.0, 27.0, 40.0, 55.0, 72.0, 90.0])
    colours = [(0.005,) * 3, (0.005,) * 3, (0.09, 0.045, 0.02), (0.09, 0.045, 0.02), (0.82,) * 3]
    angle = np.arange(sides) * (2 * np.pi / sides)
    rings = [
        np.stack([np.sin(a) * np.cos(angle), np.full(sides, -np.cos(a)), np.sin(a) * np.sin(angle)], -1) * 0.0135
        for a in polar
    ]
    ball_mesh = sheet(np.array(rings)[::-1], wrap=True)
    tint = np.array([colours[min(i, 4)] for i in range(len(polar))][::-1]).repeat(sides, 0)
    eye = ball_mesh.painted(tint, 0.15)
    return merge([eye.moved(np.eye(3), _EYE * [sign, 1, 1]) for sign in (1.0, -1.0)])


def _stroke(field: Field, points: FloatArray, widths: FloatArray, above_m: float, colour: tuple[float, ...]) -> Mesh:
    """Return a thin tube that lies on a field through points near it, shape (n, 3)."""
    p = onto_surface(field, points)
    p = p + unit(gradient(field, p)) * above_m
    return tube(p, widths, sides=6, hint=(0.0, -1.0, 0.0)).painted(colour, 0.8)


def _features(field: Field, look: Appearance) -> list[Mesh]:
    """Return brows, lash lines and the line of the mouth."""
    hair = tuple(0.6 * c for c in linear(look.hair))
    out = []
    for sign in (1.0, -1.0):
        flip = np.array([sign, 1.0, 1.0])
        t = np.linspace(0, 1, 7)
        brow = np.stack([0.014 + 0.036 * t, -0.095 + 0.028 * t, 0.0215 + 0.006 * np.sin(np.pi * (0.25 + 0.6 * t))], -1)
        width = np.stack([0.0016 + 0 * t, 0.0038 * (1 - 0.65 * t**2)], -1)
        out.append(_stroke(field, brow * flip, width, 0.0004, hair))
        lash = np.stack(
            [0.0195 + 0.025 * t, -0.0925 + 0.012 * t, 0.0055 + 0.0062 * np.sin(np.pi * (0.08 + 0.84 * t))], -1
        )
        out.append(_lash(lash * flip))
    t = np.linspace(-1, 1, 9)
    mouth = np.stack([0.0205 * t, -0.100 + 0.012 * t**2, -0.0598 + 0.0012 * t**2], -1)
    out.append(
        _stroke(field, mouth, np.stack([0 * t + 0.0011, 0.0013 * (1.1 - t**2)], -1), 0.0002, (0.06, 0.015, 0.012))
    )
    return out


def _lash(points: FloatArray) -> Mesh:
    """Return the upper lid's dark edge along the eyeball."""
    centre = _EYE * [np.sign(points[3, 0]), 1.0, 1.0]
    p = centre + unit(points - centre) * 0.0140
    return tube(p, np.full(len(p), 0.0013), sides=5, hint=(0, 0, 1)).painted((0.012, 0.008, 0.006), 0.8)


def _skin_colours(p: FloatArray, look: Appearance) -> FloatArray:
    """Return the skin's colours: lips and a little warmth on cheeks, nose and ears."""
    skin = np.array(linear(look.skin))
    out = np.broadcast_to(skin, p.shape).copy()
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    lip = np.exp(-(((x / 0.020) ** 2 + ((z + 0.0595) / 0.0085) ** 2) ** 2)) * (y < -0.078)
    warm = np.exp(-(((x - 0.045) / 0.02) ** 2 + ((z + 0.025) / 0.02) ** 2)) * (y < -0.03)
    warm += np.exp(-((x / 0.014) ** 2 + ((z + 0.026) / 0.013) ** 2)) * (y < -0.09) + 0.7 * (x > 0.079)
    out *= 1.0 + np.clip(warm, 0, 1)[:, None] * np.array([0.04, -0.14, -0.16])
    lips = skin * np.array([0.80, 0.46, 0.46])
    return np.asarray(out * (1 - lip[:, None]) + lips * lip[:, None])


def _hair(look: Appearance) -> Mesh:
    """Return short hair: all of the scalp, ending at the hairline, over the ears and in the nape."""
    shell = grown(skull_field(), 0.008)
    nape = ball((0, 0.040, -0.045), (0.060, 0.062, 0.060))
    field = blend(0.02, shell, nape)
    field = cut(field, ball((0, -0.115, -0.005), (0.070, 0.075, 0.070)), 0.010)
    field = cut(field, mirrored(ball((0.095, -0.010, -0.035), (0.040, 0.052, 0.050))), 0.008)
    field = cut(field, lambda p: -p[:, 2] - 0.082 + 0.15 * (0.1 - p[:, 1]), 0.008)
    mesh = surface(field, (-0.11, -0.13, -0.12), (0.11, 0.15, 0.15), 0.0095)
    return mesh.painted(linear(look.hair), 0.75)


def _cap(look: Appearance) -> Mesh:
    """Return a cap: crown, band and a curved brim."""
    crown = grown(skull_field(), 0.0145)
    field = cut(crown, _below, 0.003)
    mesh = surface(field, (-0.12, -0.14, -0.03), (0.12, 0.16, 0.17), 0.0105)
    # The brim: out from the front of the band, curved across, thin.
    t = np.linspace(-1, 1, 17)
    s = np.linspace(0, 1, 6)
    angle = t * 1.02
    inner = np.stack([0.086 * np.sin(angle), 0.010 - 0.116 * np.cos(angle), 0.046 - 0.004 * t**2], -1)
    reach = 0.074 * (1 - np.abs(t) ** 2.6)
    outer = inner + np.stack([0.004 * t, -reach, -0.016 - 0.010 * t**2], -1)
    top = inner[None] * (1 - s[:, None, None]) + outer[None] * s[:, None, None]
    top[..., 2] += 0.006 * np.sin(np.pi * s)[:, None] * (1 - t**2)
    under = top - [0, 0, 0.0035]
    brim = np.concatenate([top, under[::-1], top[:1]])
    sheet_mesh = sheet(brim[::-1])
    colour = linear(look.cap)
    button = tube([(0, 0.012, 0.136), (0, 0.012, 0.1405)], [0.007, 0.004], sides=10)
    return merge([mesh, sheet_mesh, button]).painted(colour, 0.8)


def _below(p: FloatArray) -> FloatArray:
    """Return the side under the cap's band, which dips a little toward the back."""
    return np.asarray((p[:, 2] - 0.040 + 0.16 * (p[:, 1] + 0.09)) / 1.013)


def head(rest: Rest, look: Appearance) -> Mesh:
    """Return head, neck, hair and cap, placed and rigged."""
    field = head_field()
    skin = surface(field, (-0.11, -0.14, -0.2), (0.11, 0.14, 0.15), 0.0072)
    skin = skin.painted(_skin_colours(skin.positions, look), 0.5)
    parts = [skin, _eyes(), *_features(field, look)]
    if look.hair:
        parts.append(_hair(look))
    if look.cap:
        parts.append(_cap(look))
    scale = rest.height_m / 1.78
    mesh = merge(parts).moved(np.eye(3) * scale, rest.joint("head"))
    local = (mesh.positions - rest.joint("head")) / scale
    weights = trunk_weights(rest, mesh.positions)
    # The jaw belongs to the head even where it hangs lower than the top of the neck.
    face = np.clip((local[:, 2] - 1.15 * (local[:, 1] + 0.02) + 0.075) / 0.05 + 0.5, 0, 1)[:, None]
    weights *= 1 - face
    weights[:, int(Bone.HEAD)] += face[:, 0]
    return hung(mesh, weights)
