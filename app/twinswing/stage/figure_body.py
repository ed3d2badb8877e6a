"""Shirt, trousers, arms and shoes of the figure, in metres of a golfer 1.78 m tall in the rest pose."""

import numpy as np

from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure_rest import Bone, Rest
from twinswing.stage.figure_skin import SIDES, arm_weights, hung, leg_weights, share, trunk_weights
from twinswing.stage.mesh import FloatArray, Mesh, merge, sheet, unit
from twinswing.stage.mesh_field import (
    Field,
    ball,
    blend,
    chain,
    cut,
    either,
    half_space,
    limb,
    loft,
    opposite,
    surface,
    within,
)

REFERENCE_HEIGHT_M = 1.78

# Rows: z, half width, depth in front, depth behind, centre y (fractions of height), exponent.
_SHIRT = np.array([
    [0.545, 0.0915, 0.0640, 0.0650, 0.006, 2.3],
    [0.580, 0.0880, 0.0630, 0.0600, 0.006, 2.3],
    [0.615, 0.0860, 0.0630, 0.0570, 0.007, 2.3],
    [0.650, 0.0880, 0.0640, 0.0590, 0.010, 2.3],
    [0.690, 0.0950, 0.0680, 0.0660, 0.012, 2.3],
    [0.735, 0.1010, 0.0710, 0.0710, 0.012, 2.4],
    [0.775, 0.1000, 0.0640, 0.0720, 0.013, 2.4],
    [0.805, 0.0890, 0.0500, 0.0640, 0.015, 2.3],
    [0.826, 0.0640, 0.0390, 0.0500, 0.018, 2.2],
    [0.842, 0.0430, 0.0340, 0.0390, 0.018, 2.0],
    [0.856, 0.0360, 0.0330, 0.0330, 0.014, 2.0],
])  # fmt: skip
_PELVIS = np.array([
    [0.440, 0.0700, 0.0480, 0.0560, 0.006, 2.2],
    [0.470, 0.0900, 0.0590, 0.0690, 0.007, 2.4],
    [0.500, 0.0970, 0.0640, 0.0730, 0.007, 2.4],
    [0.530, 0.0965, 0.0650, 0.0710, 0.006, 2.4],
    [0.560, 0.0930, 0.0655, 0.0670, 0.006, 2.3],
    [0.590, 0.0895, 0.0645, 0.0620, 0.006, 2.3],
])  # fmt: skip


def girth(build: float) -> tuple[float, float]:
    """Return how much wider than average the trunk and the limbs are at a build of 0 to 1."""
    return 0.90 + 0.26 * build, 0.92 + 0.19 * build


def _sections(table: FloatArray, build: float, height: float) -> FloatArray:
    trunk, _ = girth(build)
    out = table.copy()
    # Fat sits at the waist and in front; shoulders and neck stay nearly as they are.
    z = table[:, 0]
    waist = np.exp(-(((z - 0.60) / 0.085) ** 2))
    wide = 1.0 + (trunk - 1.0) * (0.35 + 0.65 * waist)
    belly = 1.0 + (trunk - 1.0) * (0.35 + 1.15 * waist) + max(build - 0.55, 0.0) * 0.30 * waist
    out[:, 1] *= wide
    out[:, 2] *= belly
    out[:, 3] *= 1.0 + (trunk - 1.0) * 0.5
    out[:, :5] *= height
    return out


def torso_field(rest: Rest) -> Field:
    """Return the clothed trunk without arms."""
    h = rest.height_m
    body = loft(_sections(_SHIRT, rest.build, h))
    parts = [body]
    for sign in (1.0, -1.0):
        parts.append(
            limb(
                (sign * 0.024 * h, 0.022 * h, 0.843 * h), (sign * 0.082 * h, 0.016 * h, 0.812 * h), 0.020 * h, 0.028 * h
            )
        )
        parts.append(ball((sign * 0.045 * h, -0.040 * h, 0.752 * h), np.array([0.046, 0.026, 0.034]) * h))
        parts.append(ball((sign * 0.045 * h, 0.062 * h, 0.760 * h), np.array([0.044, 0.026, 0.050]) * h))
    return blend(0.035, *parts)


def sleeve_field(rest: Rest, side: int) -> Field:
    """Return one sleeve from the shoulder to past its cuff."""
    h, (_, limbs) = rest.height_m, girth(rest.build)
    a, b = rest.joint(f"{SIDES[side]}_shoulder"), rest.joint(f"{SIDES[side]}_elbow")
    inner = a - np.array([np.sign(a[0]) * 0.012 * h, 0.0, 0.0])
    return chain([inner, a + 0.25 * (b - a), b], [0.0375 * h * limbs, 0.0365 * h * limbs, 0.0345 * h * limbs], 0.02)


def shirt(rest: Rest, look: Appearance) -> Mesh:
    """Return the polo shirt with its sleeves."""
    h = rest.height_m
    trunk, sleeves = torso_field(rest), [sleeve_field(rest, s) for s in (0, 1)]
    field = blend(0.05, trunk, *sleeves)
    for side in (0, 1):
        a, b = rest.joint(f"{SIDES[side]}_shoulder"), rest.joint(f"{SIDES[side]}_elbow")
        cuff = half_space(a + 0.60 * (b - a), b - a)
        far = half_space((0.10 * h * (1 - 2 * side), 0, 0), (-1.0 + 2 * side, 0, 0))
        field = cut(field, within(opposite(cuff), far), 0.004)
    reach = float(np.abs(rest.joint("left_elbow")[0])) + 0.06
    mesh = surface(field, (-reach, -0.24, 0.54 * h), (reach, 0.22, 0.88 * h), 0.0185)
    p = mesh.positions
    weights = trunk_weights(rest, p)
    for side in (0, 1):
        own = np.where(p[:, :1] * (1 - 2 * side) > 0, share(trunk(p), sleeves[side](p), 0.06), 0.0)
        weights = weights * (1.0 - own) + arm_weights(rest, p, side) * own
    return hung(mesh.painted(linear(look.shirt), 0.85), weights)


def _leg_field(rest: Rest, side: int) -> Field:
    h, (_, limbs) = rest.height_m, girth(rest.build)
    hip, knee, ankle = (rest.joint(f"{SIDES[side]}_{n}") for n in ("hip", "knee", "ankle"))
    top = hip + np.array([0.0, 0.002 * h, -0.03 * h])
    calf = knee + 0.30 * (ankle - knee) + np.array([0.0, 0.006 * h, 0.0])
    radii = np.array([0.0510 * limbs, 0.0465 * limbs, 0.0375, 0.0365 * limbs, 0.0330]) * h
    return chain([top, hip + 0.4 * (knee - hip), knee, calf, ankle - np.array([0, 0, 0.02 * h])], radii.tolist(), 0.03)


def trousers(rest: Rest, look: Appearance) -> Mesh:
    """Return the trousers."""
    h = rest.height_m
    pelvis = loft(_sections(_PELVIS, rest.build, h))
    seat = [ball((s * 0.042 * h, 0.040 * h, 0.488 * h), np.array([0.048, 0.042, 0.050]) * h) for s in (1, -1)]
    hips = blend(0.04, pelvis, *seat)
    legs = [_leg_field(rest, s) for s in (0, 1)]
    both = either(*legs)
    field = cut(blend(0.035, hips, both), half_space((0, 0, 0.050 * h), (0, 0, 1)), 0.004)
    mesh = surface(field, (-0.26, -0.2, 0.03 * h), (0.26, 0.24, 0.60 * h), 0.0185)
    p = mesh.positions
    weights = trunk_weights(rest, p)
    legness = share(hips(p), both(p), 0.07)
    left = np.clip(0.5 + p[:, :1] / 0.03, 0.0, 1.0)
    weights = weights * (1 - legness) + legness * (
        leg_weights(rest, p, 0) * left + leg_weights(rest, p, 1) * (1.0 - left)
    )
    return hung(mesh.painted(linear(look.trousers), 0.85), weights)


def ring_band(
    field: Field,
    centre: FloatArray,
    axis: FloatArray,
    hint: FloatArray,
    profile: FloatArray,
    start_m: float,
    sides: int,
) -> Mesh:
    """Return a band that lies on a field: profile rows (along the axis, above the surface), metres."""
    a = unit(axis)
    first = unit(hint - a * (hint @ a))
    second = np.cross(a, first)
    angle = np.arange(sides) * (2 * np.pi / sides)
    around = np.cos(angle)[:, None] * first + np.sin(angle)[:, None] * second
    rows = []
    for along, above in profile:
        ray = np.full(sides, start_m)
        origin = centre + along * a
        for _ in range(12):
            ray -= 0.9 * field(origin + around * ray[:, None])
        rows.append(origin + around * (ray + above)[:, None])
    return sheet(np.array(rows), wrap=True)


def belt(rest: Rest, look: Appearance) -> Mesh:
    """Return the belt with its buckle."""
    h = rest.height_m
    waist = loft(_sections(_PELVIS, rest.build, h))
    profile = np.array(
        [[-0.019, -0.006], [-0.018, 0.004], [-0.010, 0.0055], [0.012, 0.0055], [0.018, 0.004], [0.019, -0.012]]
    )
    band = ring_band(
        waist, np.array([0.0, 0.006 * h, 0.574 * h]), np.array([0, 0, 1.0]), np.array([1.0, 0, 0]), profile, 0.1, 56
    ).painted(linear(look.belt), 0.45)
    return hung(band, trunk_weights(rest, band.positions))


def arm_field(rest: Rest, side: int) -> Field:
    """Return one bare arm from the middle of the upper arm to the wrist."""
    h, (_, limbs) = rest.height_m, girth(rest.build)
    a, b, c = (rest.joint(f"{SIDES[side]}_{n}") for n in ("shoulder", "elbow", "wrist"))
    points = [a + 0.3 * (b - a), a + 0.6 * (b - a), b, b + 0.25 * (c - b), b + 0.65 * (c - b), c + 0.05 * (c - b)]
    radii = np.array([0.0265, 0.0275, 0.0235, 0.0262, 0.0195, 0.0158]) * h * limbs
    return chain(points, radii.tolist(), 0.02)


def arms(rest: Rest, look: Appearance) -> Mesh:
    """Return both bare arms."""
    out = []
    for side in (0, 1):
        field = arm_field(rest, side)
        spots = np.array([rest.joint(f"{SIDES[side]}_{n}") for n in ("shoulder", "elbow", "wrist")])
        low, high = spots.min(0) - 0.07, spots.max(0) + 0.07
        mesh = surface(field, low, high, 0.014)
        out.append(hung(mesh.painted(linear(look.skin), 0.55), arm_weights(rest, mesh.positions, side)))
    return merge(out)


def _shoe_outline(n: int) -> FloatArray:
    """Return the sole's outline of a left shoe: (x, y) with y ahead negative, metres, anticlockwise from above."""
    # Half widths outward and inward of the line heel to toe, against the distance from the heel.
    t = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, n))
    along = 0.083 - 0.275 * t
    body = np.sqrt(np.clip(1 - (2 * t - 1) ** 6, 0, 1))
    outer = body * (0.034 + 0.016 * np.exp(-(((t - 0.66) / 0.24) ** 2)))
    inner = body * (0.033 + 0.011 * np.exp(-(((t - 0.72) / 0.20) ** 2)) - 0.006 * np.exp(-(((t - 0.40) / 0.12) ** 2)))
    lean = 0.010 * t
    right = np.stack([lean + outer, along], -1)
    left = np.stack([lean - inner, along], -1)[::-1]
    return np.concatenate([right, left[1:-1]])


def shoes(rest: Rest, look: Appearance) -> Mesh:
    """Return both shoes: upper and sole."""
    h = rest.height_m
    base = rest.joint("left_ankle") * [1.0, 0.0, 0.0]
    upper = blend(
        0.03,
        limb((0, 0.046, 0.042), (0.001, -0.01, 0.058), 0.036, 0.036),
        limb((0.001, -0.01, 0.050), (0.006, -0.115, 0.026), 0.041, 0.038),
        ball((0.008, -0.135, 0.026), (0.043, 0.056, 0.030)),
        limb((0, 0.024, 0.06), (0, 0.022, 0.10), 0.037, 0.036),
    )
    field = cut(upper, half_space((0, 0, 0.014), (0, 0, 1)), 0.004)
    field = cut(field, lambda p: 0.088 - p[:, 2], 0.006)
    mesh = surface(field, (-0.08, -0.23, 0.0), (0.09, 0.13, 0.12), 0.011).painted(linear(look.shoes), 0.5)
    outline = _shoe_outline(22)[::-1]
    lift = 0.010 * np.clip((-outline[:, 1] - 0.12) / 0.07, 0, 1) ** 2
    rows = []
    for z, grow in ((0.0, -0.5), (0.0, -0.006), (0.002, -0.001), (0.010, 0.0), (0.024, -0.001), (0.028, -0.006)):
        inset = np.clip(1.0 + grow / 0.045, 0.0, 2.0) if grow > -0.4 else 0.02
        ring = (outline - [0.004, -0.05]) * inset + [0.004, -0.05]
        rows.append(np.column_stack([ring, z + lift * (1.0 if grow > -0.4 else 0.0)]))
    sole = sheet(np.array(rows), wrap=True).painted(linear("#d8d8d4"), 0.6)
    left = merge([mesh, sole]).moved(np.eye(3) * (h / REFERENCE_HEIGHT_M), base)
    out = []
    for side in (0, 1):
        shoe = left if side == 0 else left.moved(np.diag([-1.0, 1.0, 1.0]))
        out.append(shoe.bound_to(Bone(Bone.L_FOOT + side)))
    return merge(out)
