"""The figure's head: skull, face, ears, neck, hair and cap.

Head frame: metres of a golfer 1.78 m tall, origin at the head joint, X to the left, -Y ahead, Z up.
"""

import numpy as np

from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure_rest import Bone, Rest
from twinswing.stage.figure_sew import ring_band, seam
from twinswing.stage.figure_skin import hung, trunk_weights
from twinswing.stage.mesh import FloatArray, Mesh, ellipsoid, merge, sheet, tube, unit
from twinswing.stage.mesh_field import (
    Field,
    ball,
    blend,
    cut,
    gradient,
    grown,
    half_space,
    limb,
    mirrored,
    onto_surface,
    opposite,
    surface,
    trim,
    within,
)

_EYE = np.array([0.0315, -0.0755, 0.004])
_EYE_RADIUS = 0.0130
_NECK_BASE = (0.0, 0.040, -0.185)


def skull_field() -> Field:
    """Return the braincase alone, which hair and cap follow."""
    return blend(0.03, ball((0, 0.013, 0.030), (0.0765, 0.099, 0.093)), ball((0, -0.035, 0.035), (0.062, 0.055, 0.060)))


def bare_field() -> Field:
    """Return head and neck without ears, nose and lips."""
    face = blend(
        0.030,
        skull_field(),
        ball((0, -0.030, -0.030), (0.0595, 0.0605, 0.074)),
        limb((0.0435, 0.000, -0.056), (0.012, -0.069, -0.091), 0.016, 0.0160),
        ball((0, -0.074, -0.092), (0.019, 0.015, 0.014)),
    )
    face = blend(0.030, face, ball((0.0445, -0.056, -0.020), (0.018, 0.020, 0.016)))
    face = blend(0.012, face, limb((0.012, -0.087, 0.019), (0.046, -0.070, 0.020), 0.0065, 0.006))
    face = cut(face, ball((0.0315, -0.104, 0.003), (0.0185, 0.0175, 0.0115)), 0.012)
    neck = limb((0, 0.018, -0.050), _NECK_BASE, 0.0515, 0.0600)
    return mirrored(blend(0.028, face, neck))


def head_field() -> Field:
    """Return head and neck of bare skin."""
    nose = blend(
        0.006,
        limb((0, -0.084, 0.014), (0, -0.1045, -0.024), 0.0070, 0.0095),
        ball((0, -0.1065, -0.0255), (0.0100, 0.0105, 0.0092)),
        ball((0.0105, -0.0955, -0.0290), (0.0075, 0.0100, 0.0068)),
    )
    face = blend(0.010, bare_field(), mirrored(nose))
    lips = blend(
        0.004,
        limb((0, -0.0935, -0.0548), (0.0190, -0.0835, -0.0572), 0.0052, 0.0026),
        limb((0, -0.0925, -0.0645), (0.0165, -0.0835, -0.0612), 0.0058, 0.0026),
    )
    return blend(0.006, face, mirrored(lips))


def _ears(look: Appearance, cell: float) -> Mesh:
    """Return both ears, too thin for the facets of the face."""
    ear = cut(
        ball((0.0765, 0.014, -0.006), (0.0085, 0.0185, 0.0315), _lean(0.35)),
        ball((0.0875, 0.010, -0.003), (0.0070, 0.0105, 0.0190), _lean(0.35)),
        0.004,
    )
    mesh = surface(ear, (0.05, -0.02, -0.05), (0.10, 0.05, 0.04), 0.0052 * cell)
    skin = np.array(linear(look.skin)) * [1.02, 0.92, 0.90]
    return merge([mesh, mesh.moved(np.diag([-1.0, 1.0, 1.0]))]).painted(skin, 0.5)


def _lean(angle: float) -> FloatArray:
    """Return the axes of an ear: turned out from the head about Z."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])


def _eyeball() -> Mesh:
    """Return a left eyeball about its own centre: white, iris, pupil."""
    sides = 16
    polar = np.radians([0.0, 10.0, 13.0, 25.0, 28.0, 40.0, 55.0, 72.0, 90.0])
    pupil, iris, white = (0.004, 0.004, 0.004), (0.075, 0.045, 0.022), (0.74, 0.72, 0.70)
    angle = np.arange(sides) * (2 * np.pi / sides)
    rings = [
        np.stack([np.sin(a) * np.cos(angle), np.full(sides, -np.cos(a)), np.sin(a) * np.sin(angle)], -1) for a in polar
    ]
    tint = np.array([pupil, pupil, iris, iris, *[white] * 5])[::-1].repeat(sides, 0)
    return sheet(np.array(rings)[::-1] * _EYE_RADIUS, wrap=True).painted(tint, 0.12)


def _lid(*, upper: bool) -> Mesh:
    """Return an eyelid: the part of a slightly larger ball above (or below) an almond's edge."""
    turn = np.radians(np.linspace(-68.0, 68.0, 11))
    almond = np.cos(turn * 1.25)
    edge = np.radians(17.0) * almond - 0.03 if upper else np.radians(-15.0) * almond - 0.03
    t = np.linspace(0.0, 1.0, 4)[:, None]
    lift = edge * (1 - t) + (np.radians(78.0) if upper else np.radians(-70.0)) * t
    ball_points = np.stack([np.sin(turn) * np.cos(lift), -np.cos(turn) * np.cos(lift), np.sin(lift)], -1)
    # The edge is as thick as a lid: a first row goes back to the eyeball.
    rows = np.concatenate([ball_points[:1] * _EYE_RADIUS, ball_points * (_EYE_RADIUS + 0.0011)])
    return sheet(rows if upper else rows[:, ::-1])


def _eyes(look: Appearance) -> Mesh:
    """Return both eyes with their lids and lashes."""
    skin = np.array(linear(look.skin))
    turn = np.radians(np.linspace(-60.0, 64.0, 15))
    rise = np.radians(17.0) * np.cos(turn * 1.25) - 0.03
    edge = np.stack([np.sin(turn) * np.cos(rise), -np.cos(turn) * np.cos(rise), np.sin(rise)], -1)
    lash = tube(edge * (_EYE_RADIUS + 0.0010), 0.0006 + 0.0005 * np.cos(turn), sides=5, hint=(0, 0, 1))
    parts = [
        _eyeball(),
        _lid(upper=True).painted(skin * [0.86, 0.76, 0.72], 0.5),
        _lid(upper=False).painted(skin * [0.92, 0.82, 0.78], 0.5),
        lash.painted((0.010, 0.007, 0.006), 0.8),
    ]
    left = merge(parts)
    right = left.moved(np.diag([-1.0, 1.0, 1.0]))
    return merge([left.moved(np.eye(3), _EYE), right.moved(np.eye(3), _EYE * [-1.0, 1.0, 1.0])])


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
    t = np.linspace(-1, 1, 9)
    mouth = np.stack([0.0205 * t, -0.097 + 0.012 * t**2, -0.0598 + 0.0012 * t**2], -1)
    out.append(
        _stroke(field, mouth, np.stack([0 * t + 0.0011, 0.0013 * (1.1 - t**2)], -1), 0.0002, (0.06, 0.015, 0.012))
    )
    return out


def _skin_colours(p: FloatArray, look: Appearance) -> FloatArray:
    """Return the skin's colours: lips and a little warmth on cheeks, nose and ears."""
    skin = np.array(linear(look.skin))
    out = np.broadcast_to(skin, p.shape).copy()
    x, y, z = np.abs(p[:, 0]), p[:, 1], p[:, 2]
    warm = np.exp(-(((x - 0.045) / 0.02) ** 2 + ((z + 0.025) / 0.02) ** 2)) * (y < -0.03)
    warm += np.exp(-((x / 0.014) ** 2 + ((z + 0.026) / 0.013) ** 2)) * (y < -0.09) + 0.7 * (x > 0.079)
    out *= 1.0 + np.clip(warm, 0, 1)[:, None] * np.array([0.03, -0.08, -0.09])
    return out


def _lips(p: FloatArray) -> FloatArray:
    """Return the lips' outline as a field: a wide, flat lens with a bow above, on the front of the face."""
    x, z = np.abs(p[:, 0]), p[:, 2] + 0.0597
    bow = 0.0066 - 0.0010 * np.exp(-((x / 0.0035) ** 2))
    lens = np.clip(1.0 - (x / 0.0205) ** 2, -1.0, 1.0)
    rim = np.where(z > 0, z - bow * lens, -z - 0.0086 * lens)
    return np.asarray(np.maximum(rim, p[:, 1] + 0.075))


# The hairline: how low hair grows, against how far back (y, z): forehead, temple, sideburn, over the ear, nape.
_HAIRLINE = np.array([
    [-0.12, 0.074], [-0.085, 0.068], [-0.055, 0.050], [-0.036, 0.020], [-0.027, -0.020], [-0.010, -0.022],
    [-0.004, 0.018], [0.022, 0.024], [0.036, -0.010], [0.052, -0.052], [0.075, -0.072], [0.13, -0.078],
])  # fmt: skip


def _over_hairline(p: FloatArray) -> FloatArray:
    return np.asarray(p[:, 2] - np.interp(p[:, 1], _HAIRLINE[:, 0], _HAIRLINE[:, 1]))


def _hair(look: Appearance, cell: float) -> Mesh:
    """Return short hair that thins out into the skin at the hairline."""

    def thickness(p: FloatArray) -> FloatArray:
        above = _over_hairline(p)
        temple = np.exp(-(((np.abs(p[:, 0]) - 0.046) / 0.014) ** 2)) * np.clip((-0.030 - p[:, 1]) / 0.02, 0.0, 1.0)
        above -= 0.013 * temple
        strands = 0.0005 * np.sin(np.arctan2(p[:, 0], p[:, 1] - 0.02) * 46.0 + 60.0 * p[:, 2])
        crown = 0.004 * np.clip((p[:, 2] - 0.03) / 0.08, 0.0, 1.0)
        return np.asarray(np.clip(above / 0.014, -0.5, 1.0) * (0.0062 + strands + crown) - 0.0006)

    field = within(grown(bare_field(), thickness), half_space((0, 0, -0.10), (0, 0, -1)))
    mesh = surface(field, (-0.11, -0.13, -0.115), (0.11, 0.15, 0.16), 0.0135 * cell)
    mesh = trim(mesh, lambda p: -thickness(p) - 0.0012)
    # What a cap hides is left out.
    mesh = trim(mesh, lambda p: -_below_band(p) - 0.012) if look.cap else mesh
    return mesh.painted(linear(look.hair), 0.7)


def _cap(look: Appearance, cell: float) -> Mesh:
    """Return a cap: crown with its seams, band, button and a curved brim."""
    crown = blend(0.02, grown(skull_field(), 0.0145), ball((0, -0.040, 0.075), (0.060, 0.052, 0.062)))
    shell = trim(surface(crown, (-0.13, -0.15, -0.09), (0.13, 0.17, 0.18), 0.0155 * cell), _below_band)
    colour = np.array(linear(look.cap))
    parts = [shell.painted(colour, 0.85), _brim().painted(colour, 0.8)]
    up = np.linspace(0.0, 1.0, 13)
    for turn in np.radians([0.0, 60.0, 120.0, 180.0, 240.0, 300.0]):
        lift = (1.0 - up) * np.radians(-6.0) + up * np.radians(88.0)
        out = np.stack([np.sin(turn) * np.cos(lift), np.cos(turn) * np.cos(lift), np.sin(lift)], -1)
        path = np.array([0, 0.010, 0.045]) + out * 0.105
        cord = seam(crown, path, half_m=0.0008)
        parts.append(trim(cord, _below_band).painted(colour * 0.7, 0.9))
    band = ring_band(crown, np.array([0, 0.010, 0.0245]), np.array([0, 0.158, 0.987]), np.array([1.0, 0, 0]),
                     np.array([[0.0, -0.012], [0.0, 0.0012], [0.010, 0.0014], [0.011, 0.0]]), 0.14, 36)  # fmt: skip
    parts.append(band.painted(colour * 0.9, 0.9))
    top = onto_surface(crown, np.array([[0.0, 0.010, 0.150]]))[0]
    parts.append(ellipsoid(top, (0.007, 0.007, 0.0035), rows=6, sides=12).painted(colour, 0.8))
    return merge(parts)


def _brim() -> Mesh:
    """Return the brim: out from the front of the band, curved down at the sides, as thick as board."""
    t, s = np.linspace(-1.0, 1.0, 21), np.linspace(0.0, 1.0, 7)[:, None]
    angle = t * 1.12
    inner = np.stack([0.0875 * np.sin(angle), 0.008 - 0.119 * np.cos(angle), 0.0445 - 0.010 * t**2], -1)
    reach = 0.070 * np.sqrt(np.clip(1.0 - np.abs(t) ** 2.4, 0.002, 1.0))
    forward = np.stack([0.10 * t * reach, -reach, -0.20 * reach], -1)
    top = inner[None] + forward[None] * s[..., None]
    top[..., 2] += 0.05 * reach * np.sin(0.5 * np.pi * s) * (1.0 - t**2) - 0.10 * reach * s * t**2
    under = top - [0.0, 0.0, 0.0032]
    edge = 0.5 * (top[-1:] + under[-1:]) + unit(forward)[None] * 0.0014
    mesh = sheet(np.concatenate([top, edge, under[::-1]]))
    return mesh if mesh.normals[: 21 * 3, 2].sum() > 0 else sheet(np.concatenate([top, edge, under[::-1]])[:, ::-1])


def _below_band(p: FloatArray) -> FloatArray:
    """Return the crown's side of the cap's edge, which dips a little toward the back."""
    return np.asarray((0.0245 - p[:, 2] - 0.16 * (p[:, 1] - 0.010)) / 1.013)


def head(rest: Rest, look: Appearance) -> Mesh:
    """Return head, neck, hair and cap, placed and rigged."""
    field = head_field()
    skin = surface(field, (-0.11, -0.14, -0.2), (0.11, 0.14, 0.15), 0.0092 * rest.cell)
    # Skin well under the hair is left out.
    skin = trim(skin, lambda p: _over_hairline(p) - 0.028)
    face, lips = trim(skin, opposite(_lips)), trim(skin, _lips)
    face = face.painted(_skin_colours(face.positions, look), 0.5)
    lips = lips.painted(np.array(linear(look.skin)) * [0.80, 0.52, 0.50], 0.38)
    parts = [face, lips, _ears(look, rest.cell), _eyes(look), *_features(field, look)]
    if look.hair:
        parts.append(_hair(look, rest.cell))
    if look.cap:
        parts.append(_cap(look, rest.cell))
    scale = rest.height_m / 1.78
    mesh = merge(parts).moved(np.eye(3) * scale, rest.joint("head"))
    local = (mesh.positions - rest.joint("head")) / scale
    weights = trunk_weights(rest, mesh.positions)
    # The jaw belongs to the head even where it hangs lower than the top of the neck.
    held = np.clip((local[:, 2] - 1.15 * (local[:, 1] + 0.02) + 0.075) / 0.05 + 0.5, 0, 1)[:, None]
    weights *= 1 - held
    weights[:, int(Bone.HEAD)] += held[:, 0]
    return hung(mesh, weights)
