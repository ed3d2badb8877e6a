"""The hands that move Monado's remote headset: one packet sets everything (driver port 4242)."""

import math
import socket
import struct
from dataclasses import dataclass, field, replace

import numpy as np

Pose = tuple[float, float, float, float, float, float, float]  # x y z w, x y z: OpenXR's axes
WIDE_SLOPE = 0.9  # tangent of half the horizontal field
LEVEL: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)


def pose(x: float, y: float, z: float, turn: tuple[float, float, float, float] = LEVEL) -> Pose:
    return (*turn, x, y, z)


def pointing(start: np.ndarray, target: np.ndarray) -> Pose:
    """Return the pose at a place whose -Z points at another; OpenXR's axes."""
    forward = (target - start) / np.linalg.norm(target - start)
    # The shortest turn from -Z to the direction.
    axis = np.cross([0.0, 0.0, -1.0], forward)
    quaternion = np.array([*axis, 1.0 - forward[2]])
    x, y, z, w = (quaternion / np.linalg.norm(quaternion)).tolist()
    a, b, c = start.tolist()
    return (x, y, z, w, a, b, c)


@dataclass(frozen=True)
class Controller:
    at: Pose = (*LEVEL, 0.0, 1.0, -0.3)
    trigger: float = 0.0
    squeeze: float = 0.0
    stick: tuple[float, float] = (0.0, 0.0)
    a: bool = False
    b: bool = False
    stick_click: bool = False
    active: bool = True

    def packed(self) -> bytes:
        floats = (0.0,) * 3 + (0.0,) * 3 + (0.0,) * 5
        analogue = (self.trigger, self.squeeze, self.squeeze, *self.stick, 0.0, 0.0, 0.0)
        buttons = [False, self.active, False, False, self.a, self.a, self.b, self.b, self.trigger > 0.9,
                   self.trigger > 0, self.stick_click, False, False]  # fmt: skip
        return struct.pack("<7f", *self.at) + struct.pack("<11f", *floats) + struct.pack("<8f", *analogue) + bytes(
            buttons
        ) + b"\0\0\0"  # fmt: skip


@dataclass(frozen=True)
class Worn:
    """A headset with two controllers as they are at one moment."""

    head: Pose = (*LEVEL, 0.0, 1.65, 0.0)
    left: Controller = field(default_factory=lambda: Controller(pose(-0.25, 1.0, -0.3)))
    right: Controller = field(default_factory=lambda: Controller(pose(0.25, 1.0, -0.3)))

    def packed(self) -> bytes:
        return (
            b"mndrmt3\0" + self._view(-0.0315) + self._view(0.0315) + struct.pack("<7f", *self.head)
            + b"\1\0\0\0" + self.left.packed() + self.right.packed()
        )  # fmt: skip

    @staticmethod
    def _view(x_m: float) -> bytes:
        """An eye with square pixels in a picture of 4:3, as the stage's own camera has them."""
        wide, high = math.atan(WIDE_SLOPE), math.atan(WIDE_SLOPE * 0.75)
        return struct.pack("<4f", -wide, wide, high, -high) + struct.pack("<7f", *pose(x_m, 0, 0)) + b"\0\0\0\0"


class Remote:
    """A connection to the driver; what was sent last stays until the next packet."""

    def __init__(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", 4242), timeout=5.0)
        self.worn = Worn()

    def wear(self, **changes: object) -> None:
        self.worn = replace(self.worn, **changes)
        data = self.worn.packed()
        assert len(data) == 376
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()
