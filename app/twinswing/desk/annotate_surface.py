"""What one draws on in a window, the scene and the camera's picture: where things lie there, and what is hit."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT
from twinswing.desk.addons import PictureRect
from twinswing.desk.annotate_board import Board
from twinswing.desk.annotate_canvas import Box, Placed, hit
from twinswing.desk.annotate_site import REACH, Spot, joints_at, nearest_joint, point
from twinswing.review.model import Anchor, Annotation, InWorld, OnVideo
from twinswing.stage.annotation_shapes import Around, Drawing, Shapes, on_picture, place_of

FloatArray = NDArray[np.float64]
Pixel = tuple[float, float]

# The name of the camera whose picture a window shows.
CAMERA = "main"


@dataclass
class Surface:
    """Where the scene (or the picture) lies in the window in this frame, and what of the annotations lies on it.

    area  : window pixels. camera: through which the world is seen in it; None where that is not known.
    placed: what was drawn, for the mouse to hit.
    """

    board: Board
    area: Box = (0.0, 0.0, 1.0, 1.0)
    camera: PinholeCamera | None = None
    placed: list[Placed] = field(default_factory=list)

    @property
    def is_picture(self) -> bool:
        """Whether drawings on the video lie on it."""
        return self.board.site.over_video

    def drawings(self, shapes: Shapes) -> list[Drawing]:
        """Return what of the annotations is seen on it, in parts of its width and height."""
        seen = [] if self.camera is None else [on_picture(d, self.camera, CAMERA) for d in shapes.world]
        own = list(shapes.picture(CAMERA)) if self.is_picture else []
        return own + [d for d in seen if d is not None]

    def to_part(self, at: Pixel) -> Pixel:
        """Map window pixels to parts of its width and height."""
        left, top, right, bottom = self.area
        return (at[0] - left) / max(right - left, 1.0), (at[1] - top) / max(bottom - top, 1.0)

    def to_px(self, parts: FloatArray) -> FloatArray:
        """Map parts of its width and height, shape (n, 2), to window pixels."""
        left, top, right, bottom = self.area
        return np.asarray(parts * [right - left, bottom - top] + [left, top])

    def world_px(self, points_m: FloatArray) -> FloatArray | None:
        """Map places in the world, shape (n, 3), to window pixels, shape (n, 2); NaN behind the eye."""
        if self.camera is None:
            return None
        return self.to_px(self.camera.project(points_m) / [self.camera.width_px, self.camera.height_px])

    def spot(self, at: Pixel, t_ns: int, like: Anchor | None) -> Spot | None:
        """Return the place at a point of the window."""
        x, y = at[0] - self.area[0], at[1] - self.area[1]
        return self.board.site.spot((x, y), t_ns, like, ground=self.board.ground)

    def second_spot(self, at: Pixel, first: Pixel, first_spot: Spot, t_ns: int) -> tuple[Spot | None, Spot | None]:
        """Return the second place of a drawing, and the first one again where the second tells what was meant."""
        if isinstance(first_spot.anchor, InWorld) and not self.board.ground:
            free = self.spot(at, t_ns, None)
            if free is not None and (
                begins := self.board.site.beside((first[0] - self.area[0], first[1] - self.area[1]), free)
            ):
                return free, begins
        return self.spot(at, t_ns, first_spot.anchor), None

    def hit(self, at: Pixel) -> str:
        """Return the id of the annotation at a point of the window."""
        return hit(self.placed, *at)

    def handles(self, annotation: Annotation, t_ns: int, around: Around) -> FloatArray | None:
        """Return where the points of an annotation lie in the window, shape (n, 2), pixels; None for nowhere."""
        if annotation.kind == "freehand" or not (annotation.points or annotation.pins):
            return None
        placed = place_of(annotation, t_ns, around)
        if placed is None:
            return None
        points, camera = placed
        if camera is None:
            return self.world_px(points)
        return self.to_px(points) if self.is_picture and camera == CAMERA else None

    def joint_px(self, joint: str, t_ns: int) -> Pixel | None:
        """Return where a joint lies in the window."""
        joints = joints_at(self.board.site.body, t_ns)
        pixels = None if joints is None else self.world_px(joints[JOINT[joint]][None])
        if pixels is None or not np.isfinite(pixels).all():
            return None
        return float(pixels[0, 0]), float(pixels[0, 1])


@dataclass
class PictureSurface(Surface):
    """The camera's picture in its panel: what is drawn there lies on the video."""

    @property
    def is_picture(self) -> bool:
        """It is."""
        return True

    def lie_at(self, rect: PictureRect) -> None:
        """Lie there in this frame."""
        self.area = (rect.left, rect.top, rect.left + rect.width, rect.top + rect.height)
        self.camera = self.board.site.picture_camera

    def spot(self, at: Pixel, t_ns: int, like: Anchor | None) -> Spot | None:
        """Return the place on the picture, and the joint that is seen there."""
        if like is not None and not isinstance(like, OnVideo):
            return None
        part = self.to_part(at)
        joints = joints_at(self.board.site.body, t_ns)
        pixels = None if joints is None else self.world_px(joints)
        joint = "" if pixels is None else nearest_joint(pixels, at, REACH.catch_px)
        world = None if joints is None or not joint else point(joints[JOINT[joint]])
        return Spot(like or OnVideo(CAMERA), part, joint, world)


@dataclass
class Grab:
    """What the mouse holds: a point of the chosen annotation by its number, or all of it (None)."""

    before: Annotation
    index: int | None
    start: Spot | None
    pressed: Pixel
    moved: bool = False


class Pointer:
    """The mouse over a surface: draws with the tool in hand, chooses, moves points and whole drawings."""

    handle_px = 10.0
    still_px = 3.0  # a press that moves less than this has not moved anything

    def __init__(self, board: Board) -> None:
        self._board = board
        self._grab: Grab | None = None
        self._on: Surface | None = None
        self._first: tuple[Pixel, Spot] = ((0.0, 0.0), Spot(InWorld(), ()))

    @property
    def holds(self) -> bool:
        """Whether a press was taken and not let go yet."""
        return self._on is not None

    def press(self, surface: Surface, at: Pixel, around: Around) -> bool:
        """Take a press of the left button; return whether it was taken."""
        board, t_ns = self._board, self._board.desk.t_ns
        if board.hand.tool:
            self._on = surface
            self._draw(surface, at, t_ns)
            return True
        found = self._grabbed(surface, at, t_ns, around)
        if found is not None:
            self._grab, self._on = found, surface
            return True
        board.selected = ""
        return False

    def _draw(self, surface: Surface, at: Pixel, t_ns: int) -> None:
        hand, board = self._board.hand, self._board
        spot = self._next(surface, at, t_ns)
        if spot is None or not board.may():
            return
        if not hand.spots:
            board.begun_ns = t_ns
            self._first = (at, spot)
        if board.writing is not None:
            board.writing.spots = [spot]
        elif hand.tool in ("rating", "voice", "pair"):
            hand.spots = [spot]
        else:
            hand.press(spot, at)

    def _grabbed(self, surface: Surface, at: Pixel, t_ns: int, around: Around) -> Grab | None:
        board = self._board
        chosen = board.chosen
        points = None if chosen is None else surface.handles(chosen, t_ns, around)
        if chosen is not None and points is not None:
            away = np.linalg.norm(points - at, axis=1)
            if np.isfinite(away).any() and np.nanmin(away) <= self.handle_px:
                return Grab(chosen, int(np.nanargmin(away)), surface.spot(at, t_ns, chosen.anchor), at)
        ident = surface.hit(at)
        annotation = board.review.document.get(ident)
        if annotation is None:
            return None
        board.choose(ident)
        return Grab(annotation, None, surface.spot(at, t_ns, annotation.anchor), at)

    def move(self, at: Pixel, around: Around) -> None:
        """Follow the mouse after a press that was taken."""
        surface, board = self._on, self._board
        if surface is None:
            return
        t_ns = board.desk.t_ns
        if self._grab is None:
            self.hover(surface, at)
            return
        x, y = self._grab.pressed
        if not self._grab.moved and np.hypot(at[0] - x, at[1] - y) < self.still_px:
            return
        if not self._grab.moved and not board.may():
            return
        self._grab.moved = True
        board.grabbed = moved(self._grab, surface, at, t_ns, around)

    def hover(self, surface: Surface, at: Pixel) -> None:
        """Follow the mouse while a tool is in hand."""
        hand = self._board.hand
        if not hand.tool:
            return
        spot = self._next(surface, at, self._board.desk.t_ns)
        if spot is None:
            hand.hover = None
        else:
            hand.move(spot, at)

    def release(self, at: Pixel) -> None:
        """End what the press began."""
        board, hand = self._board, self._board.hand
        surface, grab, self._on, self._grab = self._on, self._grab, None, None
        if grab is not None:
            changed, board.grabbed = board.grabbed, None
            if changed is not None:
                board.edit(changed.ident, anchor=changed.anchor, points=changed.points, pins=changed.pins)
            return
        if surface is None or not hand.tool or board.writing is not None:
            return
        if hand.release(self._next(surface, at, board.desk.t_ns), at):
            board.finish()

    def _next(self, surface: Surface, at: Pixel, t_ns: int) -> Spot | None:
        """Return the place that a press here would give to what is being drawn."""
        hand = self._board.hand
        if not hand.spots:
            return surface.spot(at, t_ns, None)
        if hand.tool == "circle":
            # Its rim is as near as its middle, whatever lies behind it.
            left, top = surface.area[:2]
            rim = self._board.site.beside((at[0] - left, at[1] - top), hand.spots[0])
            return rim or surface.spot(at, t_ns, hand.spots[0].anchor)
        if hand.tool not in ("arrow", "line"):
            return surface.spot(at, t_ns, hand.spots[0].anchor)
        spot, begins = surface.second_spot(at, *self._first, t_ns)
        hand.begin_at(begins or self._first[1])
        return spot


def moved(grab: Grab, surface: Surface, at: Pixel, t_ns: int, around: Around) -> Annotation:
    """Return the annotation as it is while the mouse holds it; as it was where it cannot go there.

    A pinned point goes to the joint that is caught; let go beside all joints it frees the drawing from the body.
    """
    was = grab.before
    if was.pins:
        return was if grab.index is None else _repinned(was, grab.index, surface, at, t_ns, around)
    spot = surface.spot(at, t_ns, was.anchor)
    if spot is None:
        return was
    if grab.index is not None:
        return replace(was, points=_with(was.points, grab.index, spot.point))
    if grab.start is None:
        return was
    shift = np.asarray(spot.point) - np.asarray(grab.start.point)
    return replace(was, points=tuple(point(np.asarray(p) + shift) for p in was.points))


def _repinned(was: Annotation, index: int, surface: Surface, at: Pixel, t_ns: int, around: Around) -> Annotation:
    spot = surface.spot(at, t_ns, None)
    if spot is None:
        return was
    if spot.joint:
        return replace(was, pins=_with(was.pins, index, spot.joint))
    placed = place_of(was, t_ns, around)
    if placed is None or spot.world_m is None:
        return was
    points = _with(tuple(point(p) for p in placed[0]), index, spot.world_m)
    return replace(was, anchor=InWorld(), pins=(), points=points)


def _with(values: Sequence, index: int, value: object) -> tuple:  # type: ignore[type-arg]
    return (*values[:index], value, *values[index + 1 :])
