"""The hands that move Monado's remote headset: one packet sets everything (driver port 4242)."""

import socket
import struct
from dataclasses import dataclass, field, replace

Pose = tuple[float, float, float, float, float, float, float]  # x y z w, x y z: OpenXR's axes
LEVEL: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 1.0)


def pose(x: float, y: float, z: float, turn: tuple[float, float, float, float] = LEVEL) -> Pose:
    return (*turn, x, y, z)


@dataclass(frozen=True)
class Controller:
    at: Pose = pose(0.0, 1.0, -0.3)
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

    head: Pose = pose(0.0, 1.65, 0.0)
    left: Controller = field(default_factory=lambda: Controller(pose(-0.25, 1.0, -0.3)))
    right: Controller = field(default_factory=lambda: Controller(pose(0.25, 1.0, -0.3)))

    def packed(self) -> bytes:
        # Per-view data is not given (flag false): the driver keeps its own eyes.
        view = struct.pack("<4f", -0.785, 0.785, 0.785, -0.785) + struct.pack("<7f", *pose(0, 0, 0)) + b"\0\0\0\0"
        return (
            b"mndrmt3\0" + view * 2 + struct.pack("<7f", *self.head) + b"\0\0\0\0"
            + self.left.packed() + self.right.packed()
        )  # fmt: skip


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
