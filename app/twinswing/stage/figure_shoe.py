"""The figure's shoes, in metres of a golfer 1.78 m tall: origin on the ground under the ankle, -Y ahead."""

import numpy as np

from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure_rest import Bone, Rest
from twinswing.stage.figure_sew import seam
from twinswing.stage.mesh import FloatArray, Mesh, merge, sheet
from twinswing.stage.mesh_field import Field, ball, blend, cut, either, half_space, limb, opposite, surface, trim

REFERENCE_HEIGHT_M = 1.78


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


def _upper_field() -> Field:
    """Return the upper of a left shoe, closed at the sole and open to the leg."""
    upper = blend(
        0.03,
        limb((0, 0.046, 0.042), (0.001, -0.01, 0.058), 0.036, 0.036),
        limb((0.001, -0.01, 0.050), (0.006, -0.115, 0.026), 0.041, 0.038),
        ball((0.008, -0.135, 0.026), (0.042, 0.054, 0.030)),
        limb((0, 0.024, 0.06), (0, 0.022, 0.10), 0.037, 0.036),
    )
    return cut(upper, half_space((0, 0, 0.014), (0, 0, 1)), 0.004)


def _saddle(p: FloatArray) -> FloatArray:
    """Return the saddle that the laces close: a slanted belt of leather over the instep."""
    along = p[:, 1] + 0.35 * (p[:, 2] - 0.05)
    return np.asarray(np.abs(along + 0.040) - 0.034)


def _heel_counter(p: FloatArray) -> FloatArray:
    return np.asarray(0.055 + 0.25 * (p[:, 2] - 0.04) - p[:, 1])


def _laces(field: Field) -> list[Mesh]:
    """Return five laces across the instep."""
    out = []
    for y in np.linspace(-0.068, -0.018, 5):
        x = np.linspace(-0.016, 0.020, 6)
        path = np.stack([x, np.full(6, y) + 0.004 * np.sin(x * 90.0), np.full(6, 0.11 + 0.5 * (y + 0.02))], -1)
        out.append(seam(field, path, half_m=0.0021, above_m=0.0008))
    return out


def _left_shoe(look: Appearance, cell: float) -> Mesh:
    field = _upper_field()
    mesh = surface(field, (-0.08, -0.23, 0.0), (0.09, 0.13, 0.16), 0.0135 * cell)
    mesh = trim(mesh, half_space((0, 0.02, 0.090), (0, 0.25, 1)))
    colour = np.array(linear(look.shoes))
    contrast = colour * 0.30 if colour.mean() > 0.15 else colour + 0.16
    plain = either(_saddle, _heel_counter)
    parts = [
        trim(mesh, opposite(plain)).painted(colour, 0.42),
        trim(mesh, plain).painted(contrast, 0.42),
        *(lace.painted((0.78, 0.78, 0.76), 0.8) for lace in _laces(field)),
        *_sole(),
    ]
    return merge(parts)


def _sole() -> list[Mesh]:
    """Return midsole and outsole: the outline swept up, with a little toe spring."""
    outline = _shoe_outline(17)[::-1]
    lift = 0.010 * np.clip((-outline[:, 1] - 0.12) / 0.07, 0.0, 1.0) ** 2
    middle = np.array([0.004, -0.05])

    def ring(z: float, size: float) -> FloatArray:
        spread = (outline - middle) * size + middle
        return np.column_stack([spread, z + lift * min(size * 2.0, 1.0)])

    under = np.array([ring(0.0, 0.02), ring(0.0, 0.96), ring(0.002, 1.0), ring(0.008, 1.02)])
    edge = np.array([ring(0.008, 1.03), ring(0.014, 1.045), ring(0.025, 1.03), ring(0.029, 0.98), ring(0.029, 0.85)])
    return [
        sheet(under, wrap=True).painted((0.10, 0.10, 0.11), 0.7),
        sheet(edge, wrap=True).painted((0.66, 0.66, 0.64), 0.6),
    ]


def shoes(rest: Rest, look: Appearance) -> Mesh:
    """Return both shoes."""
    base = rest.joint("left_ankle") * [1.0, 0.0, 0.0]
    left = _left_shoe(look, rest.cell).moved(np.eye(3) * (rest.height_m / REFERENCE_HEIGHT_M), base)
    right = left.moved(np.diag([-1.0, 1.0, 1.0]))
    return merge([left.bound_to(Bone.L_FOOT), right.bound_to(Bone.R_FOOT)])
