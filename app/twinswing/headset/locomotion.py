"""Where the viewer's room lies in the world, and how the viewer moves it: teleport, drag, turn, scale.

Nothing here moves by itself: each change comes from a hand.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from twinswing.headset.frames import ZUP_FROM_XR, FloatArray, about_up, heading_of


@dataclass(frozen=True)
class MoveParams:
    """How moving feels.

    snap_rad       : of one turn; 30 degrees keep one's bearings, and twelve of them go round.
    stick_on, stick_off: how far a stick is pushed to begin and to end a gesture; apart, so that it begins once.
    arc_speed_mps  : of the teleport's thrown point: 7 m/s reach 6 m ahead from the hip, 10 m with the arm raised.
    farthest_m     : of a teleport, so that no one is thrown off the range.
    smallest, largest: of the scale. A plant of 40 m at 1:20 is a table of 2 m; nothing is to be seen from inside.
    """

    snap_rad: float = float(np.radians(30.0))
    stick_on: float = 0.7
    stick_off: float = 0.4
    arc_speed_mps: float = 7.0
    gravity_mps2: float = 9.81
    farthest_m: float = 15.0
    smallest: float = 0.5
    largest: float = 40.0


@dataclass(frozen=True)
class Rig:
    """The play space in the world: its origin (m), its turn about up (rad), metres of the world for one of the viewer.

    heading_rad 0: the play space's forward (-Z of OpenXR) is +Y of the world.
    """

    origin_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    turn_rad: float = 0.0
    scale: float = 1.0

    @property
    def world_from_play(self) -> FloatArray:
        """Return the matrix from OpenXR's play space to the world, shape (4, 4), with the scale in it."""
        out = about_up(self.turn_rad) @ ZUP_FROM_XR
        out[:3, :3] *= self.scale
        out[:3, 3] = self.origin_m
        return out

    def to_world(self, play_pose: FloatArray) -> FloatArray:
        """Return a pose of the play space in the world, shape (4, 4)."""
        return np.asarray(self.world_from_play @ play_pose)

    def moved(self, by_m: ArrayLike) -> "Rig":
        """Move the viewer in the world."""
        x, y, z = (np.asarray(self.origin_m) + np.asarray(by_m, dtype=np.float64)).tolist()
        return replace(self, origin_m=(x, y, z))

    def turned_about(self, point_m: ArrayLike, angle_rad: float) -> "Rig":
        """Turn the viewer about an upright axis through a point of the world."""
        point = np.asarray(point_m, dtype=np.float64)
        off = np.asarray(self.origin_m) - point
        x, y, z = (point + about_up(angle_rad)[:3, :3] @ off).tolist()
        return replace(self, origin_m=(x, y, z), turn_rad=_wrapped(self.turn_rad + angle_rad))

    def scaled_about(self, point_m: ArrayLike, scale: float) -> "Rig":
        """Take another scale; a point of the world stays where the viewer has it."""
        point = np.asarray(point_m, dtype=np.float64)
        x, y, z = (point + (np.asarray(self.origin_m) - point) * (scale / self.scale)).tolist()
        return replace(self, origin_m=(x, y, z), scale=scale)


def _wrapped(angle_rad: float) -> float:
    return float((angle_rad + np.pi) % (2 * np.pi) - np.pi)


def standing_at(head_play: FloatArray, place_m: ArrayLike, facing_m: ArrayLike, floor_m: float = 0.0) -> Rig:
    """Return the life-size rig that puts the head over a place on the ground and faces it toward another.

    head_play: the head's pose in the play space. place_m, facing_m: points of the world, their heights don't count.
    floor_m: the world's height of the play space's floor.
    """
    place, facing = np.asarray(place_m, dtype=np.float64), np.asarray(facing_m, dtype=np.float64)
    wanted = float(np.arctan2(facing[1] - place[1], facing[0] - place[0]))
    rig = Rig()
    rig = replace(rig, turn_rad=_wrapped(wanted - heading_of(rig.to_world(head_play))))
    head = rig.to_world(head_play)[:3, 3]
    return rig.moved([place[0] - head[0], place[1] - head[1], floor_m])


def teleported(rig: Rig, head_play: FloatArray, place_m: ArrayLike) -> Rig:
    """Put the head over a place on the ground; the way that the viewer faces stays."""
    head = rig.to_world(head_play)[:3, 3]
    place = np.asarray(place_m, dtype=np.float64)
    return rig.moved([place[0] - head[0], place[1] - head[1], place[2] - rig.origin_m[2]])


def snap_turned(rig: Rig, head_play: FloatArray, right: bool, params: MoveParams) -> Rig:
    """Turn by one step about the head, which stays where it is."""
    head = rig.to_world(head_play)[:3, 3]
    return rig.turned_about(head, -params.snap_rad if right else params.snap_rad)


def dragged(rig: Rig, before_play: FloatArray, now_play: FloatArray) -> Rig:
    """Move the world with one hand: the point that was under the hand stays under it. Points of the play space."""
    turn = rig.world_from_play[:3, :3]
    return rig.moved(turn @ (np.asarray(before_play) - np.asarray(now_play)))


def dragged_by_two(rig: Rig, before_play: FloatArray, now_play: FloatArray, params: MoveParams) -> Rig:
    """Move, turn and scale the world with both hands, points of the play space, shape (2, 3), left first.

    What was between the hands stays between them; the world stays upright.
    """
    before, now = np.asarray(before_play, dtype=np.float64), np.asarray(now_play, dtype=np.float64)
    held = (rig.world_from_play @ np.append(before.mean(0), 1.0))[:3]
    apart = np.linalg.norm(before[1] - before[0]), np.linalg.norm(now[1] - now[0])
    if min(apart) > 0.05:
        scale = float(np.clip(rig.scale * apart[0] / apart[1], params.smallest, params.largest))
        rig = rig.scaled_about(held, scale)
        a, b = (before[1] - before[0]), (now[1] - now[0])
        if min(np.hypot(a[0], a[2]), np.hypot(b[0], b[2])) > 0.05:
            # OpenXR's ground is x and z; a turn to the left there is one to the left in the world.
            angle = np.arctan2(-b[2], b[0]) - np.arctan2(-a[2], a[0])
            rig = rig.turned_about(held, _wrapped(-float(angle)))
    at = (rig.world_from_play @ np.append(now.mean(0), 1.0))[:3]
    return rig.moved(held - at)


@dataclass(frozen=True)
class Landing:
    """Where a teleport's arc comes down: its points (m, shape (n, 3)) and whether one may go there."""

    arc_m: FloatArray
    allowed: bool

    @property
    def place_m(self) -> FloatArray:
        """Return where it comes down, metres."""
        return np.asarray(self.arc_m[-1])


def teleport_arc(aim: FloatArray, scale: float, params: MoveParams, samples: int = 24) -> Landing:
    """Throw a point from a hand along its aim (a pose in the world) until it meets the ground at height 0.

    A giant throws as much farther as it is larger.
    """
    start, forward = aim[:3, 3], -aim[:3, 2] / np.linalg.norm(aim[:3, 2])
    speed, pull = params.arc_speed_mps * np.sqrt(scale), params.gravity_mps2
    rise = speed * forward[2]
    height = max(float(start[2]), 0.0)
    length_s = (rise + np.sqrt(rise**2 + 2.0 * pull * height)) / pull
    t = np.linspace(0.0, max(length_s, 1e-3), samples)[:, None]
    arc = start + speed * forward * t
    arc[:, 2] -= 0.5 * pull * t[:, 0] ** 2
    arc[-1, 2] = 0.0
    off = float(np.hypot(*(arc[-1, :2] - start[:2])))
    return Landing(arc, 0.15 * scale < off <= params.farthest_m * scale)


@dataclass(frozen=True)
class Stick:
    """A stick's gestures, each of which happens once a push: turns to the sides, forward to aim a teleport.

    aiming: pushed forward and not yet let go.
    """

    turned: bool = False
    aiming: bool = False
    params: MoveParams = field(default_factory=MoveParams)

    def moved(self, x: float, y: float) -> tuple["Stick", str]:
        """Take the stick's position, -1 to 1; return what it asks for: "", "left", "right" or "teleport"."""
        on, off = self.params.stick_on, self.params.stick_off
        if self.aiming:
            if np.hypot(x, y) < off:
                return replace(self, aiming=False), "teleport"
            return self, ""
        if self.turned:
            return replace(self, turned=abs(x) >= off), ""
        if y > on and abs(x) < y:
            return replace(self, aiming=True), ""
        if abs(x) > on:
            return replace(self, turned=True), "right" if x > 0 else "left"
        return self, ""


@dataclass(frozen=True)
class PinchTeleport:
    """Teleport by bare hands, which have no stick: pinch while pointing at the ground, let go to be there.

    steep_rad : a hand that points at least this far below the horizon means the ground; a pinch that points higher
                slows time down. held_s: a shorter pinch is none, since fingers touch by chance.
    lasted_s, on: how long this pinch has lasted, and whether it began at the ground. down: whether it is one.
    """

    steep_rad: float = float(np.radians(12.0))
    held_s: float = 0.25
    lasted_s: float = 0.0
    on: bool = False
    down: bool = False

    def next(self, down: bool, aim: FloatArray | None, dt_s: float) -> tuple["PinchTeleport", bool, bool]:
        """Take the pinch and where the hand points in the world; return the state, whether an arc shows, and "go".

        A pinch whose hand was raised above the horizon, or lost, before it opened goes nowhere.
        """
        low = aim is not None and float(-aim[2, 2] / np.linalg.norm(aim[:3, 2])) < -np.sin(self.steep_rad)
        level = aim is not None and float(-aim[2, 2]) < 0.0
        if not down:
            go = self.on and self.down and level and self.lasted_s >= self.held_s
            return replace(self, on=False, down=False, lasted_s=0.0), False, go
        on = low if not self.down else self.on and level
        lasted_s = self.lasted_s + dt_s if on else 0.0
        return replace(self, on=on, down=True, lasted_s=lasted_s), on and lasted_s >= self.held_s, False


@dataclass(frozen=True)
class Comfort:
    """The ring around the view while the world moves against the head.

    speed_mps      : of the world under the viewer (in the viewer's metres) at which the ring is full. Walking is 1.4.
    begins, full   : slopes (tangents) between which it darkens: 26 to 38 degrees from straight ahead.
    rises_s, falls_s: it comes fast, since what is to be hidden has begun, and goes softly.
    """

    speed_mps: float = 1.0
    begins: float = 0.49
    full: float = 0.78
    rises_s: float = 0.08
    falls_s: float = 0.35

    def next(self, darkness: float, speed_mps: float, dt_s: float) -> float:
        """Return the ring's darkness (0 to 1) after a frame in which the world moved at this speed."""
        wanted = float(np.clip(speed_mps / self.speed_mps, 0.0, 1.0))
        lasts = self.rises_s if wanted > darkness else self.falls_s
        return float(darkness + (wanted - darkness) * (1.0 - np.exp(-max(dt_s, 0.0) / lasts)))
