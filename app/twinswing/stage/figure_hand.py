"""The figure's hands: fists that close round a grip, in metres of a golfer 1.78 m tall.

A fist's own frame: origin in the middle of the tunnel, Z along the tunnel toward the thumb, X toward the knuckles,
Y out of the back of a left hand; a right hand is its mirror image in Y.
"""

import numpy as np

from twinswing.stage.appearance import Appearance, linear
from twinswing.stage.figure_rest import Bone, Rest
from twinswing.stage.figure_sew import ring_band, strip
from twinswing.stage.figure_skin import SIDES, hats, hung
from twinswing.stage.mesh import FloatArray, Mesh, merge, unit
from twinswing.stage.mesh_field import Field, ball, blend, chain, half_space, limb, opposite, surface, trim

# A finger's path round the tunnel: knuckle, two joints, last joint, tip (x, y).
_CURL = np.array([[-0.004, 0.0265], [0.025, 0.0185], [0.0275, -0.012], [0.006, -0.0255], [-0.0115, -0.020]])
_FINGERS = ((0.0300, 1.00, 0.0093), (0.0105, 1.06, 0.0095), (-0.0090, 1.02, 0.0090), (-0.0275, 0.90, 0.0080))


def fist_field() -> Field:
    """Return a left fist in its own frame, wrist included."""
    palm, fingers = [], []
    for z, size, radius in _FINGERS:
        knuckle = np.array([_CURL[0, 0], _CURL[0, 1], z])
        palm.append(limb((-0.074, 0.010, 0.55 * z - 0.012), knuckle, 0.0135, radius + 0.0025))
        fingers.append(
            chain(
                [(x * size, y, z) for x, y in _CURL],
                [radius + 0.001, radius + 0.0005, radius, radius, radius * 0.92],
                0.003,
            )
        )
    palm.append(ball((-0.047, -0.003, 0.014), (0.033, 0.016, 0.020)))
    palm.append(ball((-0.045, -0.002, -0.026), (0.034, 0.015, 0.015)))
    wrist = limb((-0.112, 0.0, -0.0215), (-0.066, 0.004, -0.012), 0.0290, 0.0272, flat=0.80, flat_axis=(0, 1, 0))
    thumb = chain([(-0.060, -0.002, 0.016), (-0.032, -0.010, 0.040), (-0.022, -0.008, 0.064), (-0.012, -0.012, 0.082)],
                  [0.0150, 0.0125, 0.0108, 0.0095], 0.006)  # fmt: skip
    hand = blend(0.016, *palm, wrist)
    return blend(0.006, hand, *fingers, blend(0.010, thumb))


def fist_frame(rest: Rest, side: int) -> FloatArray:
    """Return the axes (columns X, Y, Z) of a fist at rest; Y mirrored for the right hand."""
    name = SIDES[side]
    z = rest.grip[side]
    d = rest.joint(f"{name}_hand") - rest.joint(f"{name}_wrist")
    x = unit(d - z * (d @ z))
    return np.stack([x, np.cross(z, x) * (1 - 2 * side), z], -1)


def hands(rest: Rest, look: Appearance) -> Mesh:
    """Return both hands; the lead one wears the glove where there is one."""
    field = fist_field()
    left = surface(field, (-0.15, -0.055, -0.075), (0.055, 0.055, 0.11), 0.0084 * rest.cell)
    lead = 0 if look.handed == "right" else 1
    scale = rest.height_m / 1.78
    wrist = half_space((-0.101, 0.0, 0.0), (-1.0, 0.0, 0.0))
    out = []
    for side in (0, 1):
        parts = [left.painted(linear(look.skin), 0.55)]
        if side == lead and look.glove:
            parts = [
                trim(left, wrist).painted(linear(look.glove), 0.6),
                trim(left, opposite(wrist)).painted(linear(look.skin), 0.55),
            ]
            parts += _glove_band(field, np.array(linear(look.glove)))
        mesh = merge(parts)
        weights = hats(mesh.positions[:, 0], [(-0.094, Bone(Bone.L_WRIST + side)), (-0.045, Bone(Bone.L_HAND + side))])
        out.append(hung(mesh, weights).moved(fist_frame(rest, side) * scale, rest.joint(f"{SIDES[side]}_hand")))
    return merge(out)


def _glove_band(field: Field, colour: FloatArray) -> list[Mesh]:
    """Return the glove's cuff and its closing tab on the back of the hand."""
    profile = np.array([[-0.0005, -0.006], [-0.0005, 0.0014], [0.009, 0.0016], [0.010, -0.001]])
    centre, axis = np.array([-0.101, 0.0005, -0.0195]), np.array([1.0, 0.0, 0.0])
    cuff = ring_band(field, centre, axis, np.array([0.0, 1.0, 0.0]), profile, 0.06, 20)
    tab = np.stack([np.linspace(-0.074, -0.055, 5), np.full(5, 0.03), np.full(5, -0.010)], -1)
    closing = strip(field, tab, across=np.array([0.0, 0.0, 1.0]), half_m=0.011, above_m=0.0014)
    return [cuff.painted(colour * 0.82, 0.7), closing.painted(colour * 0.72, 0.6)]
