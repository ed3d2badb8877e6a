"""The heads of clubs as meshes, in the head frame of `club_model_geometry` (E toe, F face, U up; metres)."""

import functools

import numpy as np

from twinswing.club.model import ClubSpec
from twinswing.stage.club_model_geometry import HeadShape, head_shape
from twinswing.stage.mesh import FloatArray, Mesh, ellipsoid, merge, sheet, tube
from twinswing.stage.mesh_field import (
    Field,
    ball,
    blend,
    cut,
    either,
    grown,
    half_space,
    limb,
    onto_surface,
    opposite,
    surface,
    trim,
    within,
)

STEEL = (0.52, 0.53, 0.55)
DARK = (0.012, 0.013, 0.016)
TITANIUM = (0.30, 0.31, 0.33)
FACE = (0.42, 0.43, 0.45)
GROOVE = (0.03, 0.03, 0.035)
ACCENT = (0.55, 0.04, 0.03)
WHITE = (0.85, 0.85, 0.85)


# Where the shaft goes into the hosel, up the shaft from the sole.
HOSEL_TOP_M: dict[str, float] = {
    "driver": 0.078, "wood": 0.066, "hybrid": 0.066, "iron": 0.068, "wedge": 0.068, "putter": 0.052,
}  # fmt: skip


def head_metal(spec: ClubSpec) -> Mesh:
    """Return the bare metal of a head with its hosel."""
    shape = head_shape(spec)
    if spec.kind == "putter":
        return _putter(spec, shape)
    if spec.kind in {"iron", "wedge"}:
        return _blade(spec, shape)
    shell, behind, _ = _wood(spec, shape)
    body = trim(trim(shell, behind), opposite(_crown(shape)))
    return merge([body.painted(TITANIUM, 0.34), trim(shell, opposite(behind)).painted(FACE, 0.42)])


def head_painted(spec: ClubSpec) -> Mesh:
    """Return what of a head is not bare metal: a wood's crown, score lines, a sight line."""
    shape = head_shape(spec)
    if spec.kind == "putter":
        e, y = 0.5 * (shape.heel_m + shape.toe_m), shape.lead_m
        line = tube([[e, y - 0.018, 0.0128], [e, y - 0.033, 0.0128]], [[0.0009, 0.0004]] * 2, sides=4)
        return line.painted(WHITE, 0.6)
    if spec.kind in {"iron", "wedge"}:
        return merge(_face_lines(spec, shape, 0.52))
    shell, behind, field = _wood(spec, shape)
    crown = trim(trim(shell, behind), _crown(shape))
    return merge(
        [
            crown.painted(DARK, 0.16),
            _sight(field, spec, shape),
            *_face_lines(spec, shape, 0.30 if spec.kind == "driver" else 0.36),
        ]
    )


def _shaft_line(spec: ClubSpec) -> FloatArray:
    """Return the direction up the shaft in the head frame."""
    return np.array([-np.cos(spec.lie_rad), 0.0, np.sin(spec.lie_rad)])


def _face_plane(spec: ClubSpec, shape: HeadShape) -> Field:
    """Return the side behind the face."""
    normal = (0.0, np.cos(spec.loft_rad), np.sin(spec.loft_rad))
    return half_space((0.0, shape.lead_m, 0.0), normal)


def _crown(s: HeadShape) -> Field:
    """Return the part of a wood that is painted: above the skirt, which rises a little toward the face."""
    return half_space((0, 0, 0.40 * s.height_m), (0, 0.05, -1))


@functools.lru_cache(maxsize=16)
def _wood(spec: ClubSpec, s: HeadShape) -> tuple[Mesh, Field, Field]:
    """Return a driver, fairway wood or hybrid, the field of what lies behind its face, and its own field.

    A pear-shaped shell with crown, skirt, sole and a bulged face, and a hosel.
    """
    e, width, deep, high = 0.5 * (s.heel_m + s.toe_m), s.toe_m - s.heel_m, s.depth_m, s.height_m
    y = s.lead_m - 0.5 * deep
    shell = blend(
        0.02,
        ball((e + 0.02 * width, s.lead_m - 0.42 * deep, 0.47 * high), (0.47 * width, 0.56 * deep, 0.50 * high)),
        ball((e - 0.03 * width, s.lead_m - 0.60 * deep, 0.42 * high), (0.40 * width, 0.40 * deep, 0.40 * high)),
        ball((e + 0.10 * width, s.lead_m - 0.20 * deep, 0.50 * high), (0.36 * width, 0.30 * deep, 0.47 * high)),
        ball((e - 0.22 * width, s.lead_m - 0.18 * deep, 0.46 * high), (0.26 * width, 0.24 * deep, 0.40 * high)),
    )
    up = _shaft_line(spec)
    hosel = limb(up * 0.35 * high, up * HOSEL_TOP_M[spec.kind], 0.0085, 0.0070)
    field = blend(0.010, shell, hosel)
    # Bulge and roll: the face is part of a large sphere (about 12 inches on a driver) about the middle of the face.
    normal = np.array([0.0, np.cos(spec.loft_rad), np.sin(spec.loft_rad)])
    middle = np.array([e, s.lead_m - 0.5 * high * np.tan(spec.loft_rad), 0.5 * high])
    ahead = opposite(ball(middle - normal * 0.30, 0.30))
    clear = opposite(grown(hosel, 0.0025))
    field = cut(field, within(ahead, clear), 0.004)
    field = cut(field, half_space((0, 0, 0), (0, 0, 1)), 0.006)
    mesh = surface(
        field,
        (s.heel_m - 0.05, y - 0.62 * deep, -0.01),
        (s.toe_m + 0.02, s.lead_m + 0.02, max(high, 0.9 * HOSEL_TOP_M[spec.kind]) + 0.022),
        0.0064 if spec.kind == "driver" else 0.0052,
    )
    return mesh, either(ball(middle - normal * 0.30, 0.30 - 0.0011), opposite(clear)), field


def _sight(field: Field, spec: ClubSpec, s: HeadShape) -> Mesh:
    """Return the chevron on a wood's crown that a golfer puts behind the ball."""
    e = 0.5 * (s.heel_m + s.toe_m)
    t = np.linspace(-1.0, 1.0, 9)
    ahead = s.lead_m - s.height_m * np.tan(spec.loft_rad) - 0.006
    path = np.stack([e + 0.0075 * t, ahead - 0.0065 * np.abs(t), np.full(9, 0.98 * s.height_m)], -1)
    lying = onto_surface(field, path, reach=0.03)
    return tube(lying, np.full(9, 0.0009), sides=6, hint=(0, 0, 1)).painted(WHITE, 0.5)


def _face_lines(spec: ClubSpec, s: HeadShape, reach: float) -> list[Mesh]:
    """Return the score lines of a face as thin dark bars that stand out by a tenth of a millimetre."""
    out = []
    e = 0.5 * (s.heel_m + s.toe_m) + 0.006
    half = reach * 0.5 * (s.toe_m - s.heel_m)
    wood = spec.kind not in {"iron", "wedge"}
    heights = np.linspace(0.28, 0.66, 4) if wood else np.linspace(0.13, 0.62, 9)
    for u in heights * s.height_m:
        y = s.lead_m - u * np.tan(spec.loft_rad) + (0.0012 if wood else 0.00015)
        bar = [[e - half, y, u], [e + half, y, u]]
        out.append(tube(bar, [[0.0004, 0.0004]] * 2, sides=4, hint=(0, 0, 1)).painted(GROOVE, 0.6))
    return out


def _blade_outline(s: HeadShape) -> FloatArray:
    """Return an iron's outline seen on its face, from the heel of the sole round the toe: (E, height up the face)."""
    h, t = s.height_m, s.toe_m
    knots = np.array([
        [-0.0065, 0.0050], [0.0000, 0.0012], [0.0160, 0.0000], [0.0420, 0.0000], [0.0580, 0.0030], [t - 0.005, 0.0100],
        [t - 0.0005, 0.0220], [t, 0.0340], [t - 0.0030, h - 0.0080], [t - 0.0100, h - 0.0010], [t - 0.0200, h - 0.0015],
        [0.0300, 0.0400], [0.0130, 0.0300], [0.0030, 0.0250], [-0.0050, 0.0210], [-0.0085, 0.0130],
    ])  # fmt: skip
    # A closed Catmull-Rom curve rounds the corners.
    a, b, c, d = (np.roll(knots, k, axis=0)[:, None] for k in (1, 0, -1, -2))
    w = np.array([0.0, 0.5])[None, :, None]
    fine = 0.5 * (2 * b + (c - a) * w + (2 * a - 5 * b + 4 * c - d) * w**2 + (3 * b - a - 3 * c + d) * w**3)
    return np.asarray(fine.reshape(-1, 2))


def _blade(spec: ClubSpec, s: HeadShape) -> Mesh:
    """Return an iron or wedge: a flat lofted face, a sole that widens, a cavity back, and a hosel."""
    outline = _blade_outline(s)
    centre = outline.mean(0)
    loft = np.tan(spec.loft_rad)
    # Thickness seen level: a plate of 4.8 mm that leans takes more room, and the sole is as wide as the head is deep.
    low = np.clip(1.0 - outline[:, 1] / (0.46 * s.height_m), 0.0, 1.0)
    top = 0.0048 / np.cos(spec.loft_rad)
    thick = top + np.maximum(s.depth_m - top, 0.004) * low**1.4
    none = np.zeros(len(outline))

    def ring(size: float, back: FloatArray) -> FloatArray:
        flat = centre + (outline - centre) * size
        return np.stack([flat[:, 0], s.lead_m - flat[:, 1] * loft - back, flat[:, 1]], -1)

    rings = [
        ring(0.0, none), ring(0.985, none), ring(1.0, none + 0.0006), ring(1.0, thick - 0.0008), ring(0.965, thick),
        ring(0.84, 0.95 * thick), ring(0.78, np.minimum(0.6 * thick, 0.6 * top + 0.002)), ring(0.0, none + 0.6 * top),
    ]  # fmt: skip
    # Each band has normals of its own, so that the rim and the cavity keep their edges.
    shell = merge([sheet(np.stack(rings[i : i + 2]), wrap=True) for i in range(len(rings) - 1)])
    up = _shaft_line(spec)
    along = np.linspace(0.008, HOSEL_TOP_M[spec.kind], 8)
    # The hosel flares where it leaves the heel.
    radii = 0.0066 + 0.0012 * np.exp(-(((along - 0.012) / 0.012) ** 2))
    hosel = tube(up * along[:, None], radii, sides=18)
    heel = ellipsoid(up * 0.009 + [0.0015, -0.0005, 0.0], (0.0080, 0.0074, 0.0088), rows=10, sides=18)
    return merge([shell, hosel, heel]).painted(STEEL, 0.3)


def _putter(spec: ClubSpec, s: HeadShape) -> Mesh:
    """Return a heel-shafted blade putter with a flange and a sight line."""
    e, half = 0.5 * (s.heel_m + s.toe_m), 0.5 * (s.toe_m - s.heel_m)
    bar = ball((e, s.lead_m - 0.010, 0.0125), (half, 0.0135, 0.0150))
    flange = ball((e, s.lead_m - 0.022, 0.0055), (half * 0.93, 0.0120, 0.0060))
    up = _shaft_line(spec)
    neck = limb((0.0, 0.0, 0.012), up * 0.05, 0.0062, 0.0056)
    field = blend(0.006, blend(0.004, bar, flange), neck)
    face: Field = lambda p: np.where(p[:, 2] < 0.03, s.lead_m - p[:, 1], 1.0)  # noqa: E731
    field = cut(field, face, 0.0015)
    mesh = surface(field, (s.heel_m - 0.02, -0.035, -0.006), (s.toe_m + 0.012, 0.022, 0.062), 0.0034)
    return mesh.painted((0.16, 0.165, 0.175), 0.3)
