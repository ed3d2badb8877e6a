"""Frames and matrices of a headset: OpenXR's axes, the world's, eyes, projections, the frustum that holds both eyes.

OpenXR: X right, Y up, -Z forward, metres, quaternions (x, y, z, w). The world: Z up (see docs/frames-and-units.md).
A pose is a 4x4 matrix that takes points of its own frame, kept in OpenXR's axes, to another frame: columns are right,
up, backward and position. Matrices here multiply columns; Panda3D's multiply rows, so they are transposed at its edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

# OpenXR's play space, turned so that up is Z and forward is +Y.
ZUP_FROM_XR: FloatArray = np.array(
    [[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
)


@dataclass(frozen=True)
class Fov:
    """What an eye sees, as OpenXR says it: signed angles from straight ahead, rad; left and down are negative."""

    left_rad: float
    right_rad: float
    up_rad: float
    down_rad: float

    @property
    def slopes(self) -> tuple[float, float, float, float]:
        """Return the tangents: left, right, up, down."""
        left, right, up, down = np.tan([self.left_rad, self.right_rad, self.up_rad, self.down_rad]).tolist()
        return left, right, up, down


@dataclass(frozen=True)
class Eye:
    """An eye: its pose in the world (4x4; a uniform scale above 1 makes the viewer a giant), and its field."""

    world_from_eye: FloatArray
    fov: Fov


@dataclass(frozen=True)
class View:
    """An eye as the runtime has it at a time: its pose in the play space (OpenXR's axes), its field, its own words."""

    play_from_eye: FloatArray
    fov: Fov
    raw: Any = None


def head_of(views: Sequence[View]) -> FloatArray:
    """Return the head's pose in the play space: midway between the eyes, turned as the first of them."""
    out = views[0].play_from_eye.copy()
    out[:3, 3] = np.mean([view.play_from_eye[:3, 3] for view in views], axis=0)
    return out


def rotation_from_xyzw(quaternion: ArrayLike) -> FloatArray:
    """Return the rotation matrix, shape (3, 3), of a quaternion in OpenXR's order (x, y, z, w); it is normalised."""
    x, y, z, w = np.asarray(quaternion, dtype=np.float64) / max(float(np.linalg.norm(quaternion)), 1e-12)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def xyzw_from_rotation(rotation: FloatArray) -> tuple[float, float, float, float]:
    """Return the unit quaternion in OpenXR's order (x, y, z, w), w >= 0, of a rotation matrix, shape (3, 3).

    The largest of the four is found first, so that none is divided by what rounding left (Shepperd 1978).
    """
    m = np.asarray(rotation, dtype=np.float64)
    squares = np.array([1 + m[0, 0] - m[1, 1] - m[2, 2], 1 - m[0, 0] + m[1, 1] - m[2, 2],
                        1 - m[0, 0] - m[1, 1] + m[2, 2], 1 + np.trace(m)])  # fmt: skip
    i = int(squares.argmax())
    rows = np.array(
        [
            [squares[0], m[0, 1] + m[1, 0], m[0, 2] + m[2, 0], m[2, 1] - m[1, 2]],
            [m[0, 1] + m[1, 0], squares[1], m[1, 2] + m[2, 1], m[0, 2] - m[2, 0]],
            [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], squares[2], m[1, 0] - m[0, 1]],
            [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], squares[3]],
        ]
    )
    x, y, z, w = (rows[i] / np.linalg.norm(rows[i]) * (-1.0 if rows[i, 3] < 0.0 else 1.0)).tolist()
    return x, y, z, w


def pose_matrix(position_m: ArrayLike, quaternion_xyzw: ArrayLike) -> FloatArray:
    """Return a pose of OpenXR as a matrix, shape (4, 4)."""
    out = np.eye(4)
    out[:3, :3] = rotation_from_xyzw(quaternion_xyzw)
    out[:3, 3] = position_m
    return out


def pose_toward(place_m: FloatArray, along: FloatArray) -> FloatArray:
    """Return the pose at a place whose -Z points along a direction, Y as far up as can be."""
    forward = along / max(float(np.linalg.norm(along)), 1e-9)
    up = np.array([0.0, 1.0, 0.0]) if abs(forward[1]) < 0.99 else np.array([0.0, 0.0, 1.0])
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    out = np.eye(4)
    out[:3, 0], out[:3, 1], out[:3, 2], out[:3, 3] = right, np.cross(right, forward), -forward, place_m
    return out


def about_up(angle_rad: float) -> FloatArray:
    """Return the turn about the world's up axis, counter-clockwise from above, shape (4, 4)."""
    c, s = float(np.cos(angle_rad)), float(np.sin(angle_rad))
    out = np.eye(4)
    out[:2, :2] = [[c, -s], [s, c]]
    return out


def forward_of(pose: FloatArray) -> FloatArray:
    """Return the unit direction that a pose looks or points in, shape (3,)."""
    forward = -pose[:3, 2]
    return np.asarray(forward / np.linalg.norm(forward))


def heading_of(pose: FloatArray) -> float:
    """Return the direction on the ground that a pose faces, rad from +X toward +Y.

    Of a head that looks straight down or up, the top of the head or the chin says it.
    """
    forward = -pose[:3, 2] / np.linalg.norm(pose[:3, 2])
    if float(np.hypot(forward[0], forward[1])) < 0.2:
        forward = pose[:3, 1] * (-1.0 if forward[2] > 0.0 else 1.0)
    return float(np.arctan2(forward[1], forward[0]))


def rigid_inverse(pose: FloatArray) -> FloatArray:
    """Return the inverse of a pose, which may carry a uniform scale."""
    out = np.eye(4)
    scale2 = float(pose[:3, 0] @ pose[:3, 0])
    out[:3, :3] = pose[:3, :3].T / scale2
    out[:3, 3] = -out[:3, :3] @ pose[:3, 3]
    return out


def projection(fov: Fov, near_m: float, far_m: float) -> FloatArray:
    """Return OpenGL's projection of an off-centre field, shape (4, 4): x right, y up, looking along -z."""
    left, right, up, down = fov.slopes
    out = np.zeros((4, 4))
    out[0, 0], out[0, 2] = 2.0 / (right - left), (right + left) / (right - left)
    out[1, 1], out[1, 2] = 2.0 / (up - down), (up + down) / (up - down)
    out[2, 2], out[2, 3] = -(far_m + near_m) / (far_m - near_m), -2.0 * far_m * near_m / (far_m - near_m)
    out[3, 2] = -1.0
    return out


def view_projection(eye: Eye, near_m: float, far_m: float) -> FloatArray:
    """Return the matrix from the world to an eye's clip space, shape (4, 4)."""
    return np.asarray(projection(eye.fov, near_m, far_m) @ rigid_inverse(eye.world_from_eye))


def covering_eye(eyes: Sequence[Eye], margin: float = 0.02) -> tuple[Eye, float]:
    """Return one eye that sees all that the given eyes see, and how far it stands behind them, metres of its own.

    It looks the way of the eyes' mean direction. A cone that holds each eye's point and each eye's rays holds all that
    lies on those rays. `margin` widens the field (tangents), since heads turn between culling and drawing. The eyes
    must see less than 180 degrees together.
    """
    first = eyes[0].world_from_eye
    scale = float(np.linalg.norm(first[:3, 0]))
    axes = np.mean([e.world_from_eye[:3, :3] for e in eyes], axis=0)
    u, _, vt = np.linalg.svd(axes)
    turn = u @ vt
    slopes = []
    for eye in eyes:
        left, right, up, down = eye.fov.slopes
        corners = np.array([[left, up, -1], [right, up, -1], [left, down, -1], [right, down, -1]])
        seen = corners @ (turn.T @ eye.world_from_eye[:3, :3] / scale).T
        slopes.append(seen[:, :2] / -seen[:, 2:])
    low = np.min(np.concatenate(slopes), axis=0) - margin
    high = np.max(np.concatenate(slopes), axis=0) + margin
    place = np.stack([e.world_from_eye[:3, 3] for e in eyes])
    middle = place.mean(0)
    # Each eye's own point, seen from the middle in metres of the viewer, must come inside the cone.
    off = (place - middle) @ turn / scale
    need = np.concatenate([off[:, :2] / high, off[:, :2] / low]).max() + float(off[:, 2].max())
    back = max(float(need), 0.0) + 1e-4
    pose = np.eye(4)
    pose[:3, :3] = turn * scale
    pose[:3, 3] = middle + turn[:, 2] * (back * scale)
    left, right, up, down = np.arctan([low[0], high[0], high[1], low[1]]).tolist()
    return Eye(pose, Fov(left, right, up, down)), back
