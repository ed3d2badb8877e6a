"""From 23 joint centres to the matrices that move the figure's skin.

A pose is a function of its own joints alone, continuous in them: each bone's roll comes from its neighbours (the
hinge of the elbow or knee, the club's grip, the foot), and where a limb is nearly straight and the hinge means
nothing, a carried rest direction takes over by degrees instead of by a switch.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinswing.body.skeleton import JOINT
from twinswing.stage.figure_rest import BONE_COUNT, Bone, Rest
from twinswing.stage.mesh import FloatArray


@dataclass(frozen=True)
class PoseLimits:
    """How far joints may bend the figure.

    stretch_low, stretch_high : bounds of a bone's length over its rest length; an estimate from one camera varies
        a limb by a few per cent, and more than a third is an outlier that should not distort the body.
    straight : weight of the carried hinge against the sine of the bend; 0.2 is about 12 degrees of bend.
    hands_apart_m, hands_together_m : between these distances the line from hand to hand gains its say as the grip.
    """

    stretch_low: float = 0.7
    stretch_high: float = 1.4
    straight: float = 0.2
    hands_together_m: float = 0.16
    hands_apart_m: float = 0.26


LIMITS = PoseLimits()

_ROOT = [JOINT[n] for n in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")]
_MID = [JOINT[n] for n in ("left_elbow", "right_elbow", "left_knee", "right_knee")]
_END = [JOINT[n] for n in ("left_wrist", "right_wrist", "left_ankle", "right_ankle")]
_HANDS = [JOINT["left_hand"], JOINT["right_hand"]]
_HEELS = [JOINT["left_heel"], JOINT["right_heel"]]
_TOES = [JOINT["left_toe"], JOINT["right_toe"]]
_LEFT_GIRDLE = [JOINT["left_hip"], JOINT["left_shoulder"]]
_RIGHT_GIRDLE = [JOINT["right_hip"], JOINT["right_shoulder"]]
_GIRDLE_BASE = [JOINT["pelvis"], JOINT["spine"]]
_GIRDLE_TOP = [JOINT["spine"], JOINT["neck"]]
_PARENTS = [Bone.THORAX, Bone.THORAX, Bone.PELVIS, Bone.PELVIS]
_EYE = np.eye(3)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("...i,...i->...", a, b)[..., None])


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    out = np.empty(np.broadcast_shapes(a.shape, b.shape))
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    out[..., 0] = ay * bz - az * by
    out[..., 1] = az * bx - ax * bz
    out[..., 2] = ax * by - ay * bx
    return out


def _length(v: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.einsum("...i,...i->...", v, v))[..., None])


def _unit(v: FloatArray) -> FloatArray:
    """Unit vectors; a null vector stays null."""
    return np.asarray(v / np.maximum(_length(v), 1e-9))


def _frame(primary: FloatArray, secondary: FloatArray) -> FloatArray:
    """Return right-handed frames (..., 3, 3): column 2 along primary, column 0 as near as can be to secondary.

    Where secondary is (nearly) parallel to primary a fixed perpendicular stands in, so there is never a null axis.
    """
    z = _unit(primary)
    x = secondary - z * _dot(secondary, z)
    weak = _dot(x, x) < 1e-12
    if weak.any():
        spare = np.roll(z, 1, -1) * [1.0, -1.0, 1.0] + [1e-3, 0.0, 0.0]
        x = np.where(weak, spare - z * _dot(spare, z), x)
    x = _unit(x)
    out = np.empty((*z.shape, 3))
    out[..., 0] = x
    out[..., 1] = _cross(z, x)
    out[..., 2] = z
    return out


def _between(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the least rotation that takes unit a to unit b, shape (..., 3, 3); bounded near opposite directions."""
    c = _cross(a, b)
    f = 1.0 / np.maximum(1.0 + _dot(a, b), 0.02)[..., None]
    skew = np.zeros((*c.shape, 3))
    skew[..., 0, 1], skew[..., 0, 2], skew[..., 1, 2] = -c[..., 2], c[..., 1], -c[..., 0]
    skew[..., 1, 0], skew[..., 2, 0], skew[..., 2, 1] = c[..., 2], -c[..., 1], c[..., 0]
    return np.asarray(_EYE + skew + (skew @ skew) * f)


def _turn(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray((matrix @ vector[..., None])[..., 0])


def _ramp(x: FloatArray | float) -> FloatArray:
    t = np.minimum(np.maximum(x, 0.0), 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


class FigurePose:
    """Poses one figure; made once for a rest pose, then called for every frame."""

    def __init__(self, rest: Rest, limits: PoseLimits = LIMITS) -> None:
        self._limits = limits
        self._lead = 0 if rest.handed == "right" else 1
        joints = rest.joints
        # What limbs fall back on, in their parents' rest frames: left and right arm, left and right leg.
        self._along = _unit(joints[_MID] - joints[_ROOT])
        lower = _unit(joints[_END] - joints[_MID])
        self._hinge = _unit(_cross(self._along, lower))
        parents = self._girdles(joints)[[1, 1, 0, 0]]
        self._parents_t = np.swapaxes(parents, -1, -2).copy()
        # The grip as each forearm carries it when nothing says where the club is.
        forearm_t = np.swapaxes(_frame(lower, self._hinge)[:2], -1, -2)
        self._grip_in_forearm = _turn(forearm_t, rest.grip)
        frames, origins, lengths = self._bones(joints, rest.grip)
        self._rest_frames_t = np.swapaxes(frames, -1, -2).copy()
        self._rest_origins = origins
        self._rest_lengths = lengths

    def matrices(self, joints: ArrayLike, grip: ArrayLike | None = None) -> NDArray[np.float32]:
        """Return the skinning matrices, shape (30, 4, 4), for column vectors: `world = M @ (x, y, z, 1)`.

        joints : joint centres in the world, metres, shape (23, 3), finite.
        grip   : where it is known, the club's rotation to the world, shape (3, 3), or only its direction from butt to
                 head, shape (3,). Else the line from the lead hand to the trail hand stands in for it while the hands
                 are together.
        """
        frames, origins, lengths = self._bones(np.asarray(joints, dtype=np.float64), grip)
        stretch = np.clip(lengths / self._rest_lengths, self._limits.stretch_low, self._limits.stretch_high)
        frames[..., 2] *= stretch
        linear = frames @ self._rest_frames_t
        out = np.zeros((BONE_COUNT, 4, 4), dtype=np.float32)
        out[:, :3, :3] = linear
        out[:, :3, 3] = origins - (linear @ self._rest_origins[..., None])[..., 0]
        out[:, 3, 3] = 1.0
        return out

    @staticmethod
    def _girdles(j: FloatArray) -> FloatArray:
        """Return the frames of pelvis (true to the hips) and thorax (true to the spine), shape (2, 3, 3)."""
        across = j[_LEFT_GIRDLE] - j[_RIGHT_GIRDLE]
        up = j[_GIRDLE_TOP] - j[_GIRDLE_BASE]
        level = _unit(across[:1])
        up[:1] -= level * _dot(up[:1], level)
        return _frame(up, across)

    def _bones(self, j: FloatArray, grip: ArrayLike | None) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return every bone's frame (30, 3, 3), origin (30, 3) and length (30, 1)."""
        frames = np.empty((BONE_COUNT, 3, 3))
        origins = np.empty((BONE_COUNT, 3))
        lengths = np.ones((BONE_COUNT, 1))
        self._trunk(j, frames, origins, lengths)
        self._limbs(j, grip, frames, origins, lengths)
        return frames, origins, lengths

    def _trunk(self, j: FloatArray, frames: FloatArray, origins: FloatArray, lengths: FloatArray) -> None:
        pelvis, spine, neck, head, nose = j[:5]
        f_pelvis, f_thorax = self._girdles(j)
        low, high, nape = spine - pelvis, neck - spine, head - neck
        x_p, x_t = f_pelvis[:, 0], f_thorax[:, 0]
        face = _unit(nose - head)
        crown = _unit(nape) + 0.3 * f_thorax[:, 2]
        # The face looks along -Y: the skull's across axis is right-handed to both.
        across = _cross(crown, face)
        primary = np.stack([low, _unit(low) + _unit(high), nape, crown - face * _dot(crown, face)])
        x_b = _unit(0.65 * x_p + 0.35 * x_t), _unit(0.3 * x_p + 0.7 * x_t)
        x_n = _unit(_unit(across) + x_t + 0.01 * x_p)
        mids = _frame(primary, np.stack([x_b[0], x_b[1], x_n, across]))
        frames[0], frames[1], frames[2], frames[3] = f_pelvis, mids[0], mids[1], f_thorax
        frames[4], frames[5] = mids[2], mids[3]
        origins[:6] = pelvis, pelvis + 0.5 * low, spine, neck, neck, head
        lengths[[0, 1]] = _length(low)
        lengths[[2, 3]] = _length(high)
        lengths[4] = _length(nape)

    def _limbs(
        self, j: FloatArray, grip: ArrayLike | None, frames: FloatArray, origins: FloatArray, lengths: FloatArray
    ) -> None:
        root, mid, end = j[_ROOT], j[_MID], j[_END]
        span = np.stack([mid - root, end - mid])
        size = _length(span)
        upper, lower = span / np.maximum(size, 1e-9)
        parents = frames[_PARENTS]
        parent = parents @ self._parents_t
        hang = _turn(parent, self._along)
        turned = _between(np.concatenate([hang, hang]), np.concatenate([upper, _unit(hang + upper)]))
        swing, half = turned[:4] @ parent, turned[4:] @ parent
        hinge_swing = _turn(swing, self._hinge)
        palm, certain, away = self._grip(j, grip)
        heel, toe, ankle = j[_HEELS], j[_TOES], end[2:]
        foot = _frame(toe - heel, _cross(ankle - heel, toe - heel))
        spare = 0.5 * hinge_swing
        spare[:2] += 0.5 * (certain * _cross(lower[:2], palm) + (1.0 - certain) * hinge_swing[:2])
        spare[2:] += 0.5 * foot[..., 0]
        hinge = _cross(upper, lower) + self._limits.straight * spare
        primary = np.concatenate([upper, upper + lower, lower, upper[:2]])
        built = _frame(primary, np.concatenate([hinge, hinge, hinge, hinge_swing[:2]]))
        frames[6:10] = half
        frames[10:12], frames[12:24] = built[12:], built[:12]
        origins[6:10], origins[10:12], origins[12:16] = root, root[:2], root
        origins[16:20], origins[20:24] = mid, mid
        lengths[10:12], lengths[12:16], lengths[20:24] = size[0, :2], size[0], size[1]
        self._hands(j, hinge[:2], frames, origins, palm, certain, away)
        frames[28:30], origins[28:30], lengths[28:30] = foot, heel, _length(toe - heel)

    def _grip(self, j: FloatArray, grip: ArrayLike | None) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Return how the fists lie on a grip.

        The directions of the tunnels through both (2, 3); how sure they are (1,), 0 to 1; and, where the club's own
        turn is known, the direction away from its toe (3,).
        """
        if grip is not None:
            club = np.asarray(grip, dtype=np.float64)
            if club.shape == (3, 3):
                return np.stack([club[:, 2], club[:, 2]]), np.ones(1), -club[:, 0]
            return np.broadcast_to(club, (2, 3)), np.ones(1), None
        hands = j[_HANDS]
        apart = hands[1 - self._lead] - hands[self._lead]
        distance = _length(apart)
        reach = self._limits.hands_apart_m - self._limits.hands_together_m
        near = _ramp((self._limits.hands_apart_m - distance) / reach) * _ramp(distance / 0.06)
        return np.stack([apart, apart]) / np.maximum(distance, 1e-9), near, None

    def _hands(
        self,
        j: FloatArray,
        hinge: FloatArray,
        frames: FloatArray,
        origins: FloatArray,
        palm: FloatArray,
        certain: FloatArray,
        away: FloatArray | None,
    ) -> None:
        forearm = frames[20:22]
        wrist, hand = j[_END[:2]], j[_HANDS]
        carried = _turn(forearm, self._grip_in_forearm)
        tunnel = _unit(certain * palm + (1.0 - certain) * carried)
        bend = _unit(hinge)
        # The wrist tells how a fist is turned on the grip, but not where the club passes in line with the forearm, as
        # at impact. There a hold that does not turn on the grip decides (fingers point away from the club's toe), or,
        # with no club, the elbow's hinge.
        distal = _unit(hand - wrist)
        off = distal - tunnel * _dot(distal, tunnel)
        hold = 0.9 * _cross(tunnel, bend) if away is None else (1.3 - _length(off)) * away
        fist = _frame(tunnel, off + hold)
        # The back of the fist tells how far the forearm is twisted; skin shares that between elbow and wrist.
        frames[24:26] = _frame(forearm[..., 2], 0.35 * bend - 0.65 * fist[..., 1])
        frames[26:28] = fist
        origins[24:26], origins[26:28] = wrist, hand
