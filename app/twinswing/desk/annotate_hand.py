"""The tool in hand: clicks and drags become an annotation, seen as it grows. Pure: no window, no clock."""

from dataclasses import dataclass, field, replace

import numpy as np

from twinswing.desk.annotate_site import Spot
from twinswing.review.model import KINDS, PINNED_KINDS, Annotation, OnJoint, OnVideo, Point, Span

# A drag shorter than this is a click: a hand trembles while it presses.
CLICK_PX = 6.0
# The mouse draws a new point of a freehand line this far from the last.
FREEHAND_PX = 3.0
# Kinds that are drawn; of the others one says something at a place, or at none.
DRAWN = ("arrow", "line", "angle", "circle", "freehand", "plane")


@dataclass
class Hand:
    """What is being drawn.

    tool   : a kind of annotation, "" for choosing. spots: the places that were pressed, in order.
    hover  : the place under the mouse. pin: whether joints are caught and followed.
    """

    tool: str = ""
    pin: bool = False
    spots: list[Spot] = field(default_factory=list)
    hover: Spot | None = None
    _pressed_px: tuple[float, float] | None = None
    _last_px: tuple[float, float] = (0.0, 0.0)

    @property
    def drawing(self) -> bool:
        """Whether something is begun."""
        return bool(self.spots)

    @property
    def wants(self) -> int:
        """How many more places are to be pressed."""
        return max(KINDS[self.tool].least - len(self.spots), 0) if self.tool in DRAWN else 0

    def take(self, tool: str) -> None:
        """Take another tool; what was begun is dropped."""
        self.tool = tool
        self.drop()

    def drop(self) -> None:
        """Drop what was begun."""
        self.spots, self.hover, self._pressed_px = [], None, None

    def press(self, spot: Spot, pixel: tuple[float, float]) -> None:
        """Press at a place."""
        self._pressed_px = self._last_px = pixel
        self.spots.append(spot)
        self.hover = None

    def begin_at(self, spot: Spot) -> None:
        """Move the first place that was pressed: what is meant is known only with the second one."""
        self.spots[0] = spot

    def move(self, spot: Spot, pixel: tuple[float, float]) -> None:
        """Move to a place, with the button held or not."""
        self.hover = spot
        if self._pressed_px is None:
            return
        if self.tool == "freehand":
            if _apart(pixel, self._last_px) >= FREEHAND_PX and len(self.spots) < KINDS["freehand"].most:
                self.spots.append(spot)
                self._last_px = pixel
        elif len(self.spots) > 1 and _apart(pixel, self._pressed_px) > CLICK_PX:
            # The last place goes with the hand until the button is released.
            self.spots[-1] = spot

    def release(self, spot: Spot | None, pixel: tuple[float, float]) -> bool:
        """Let the button go; return whether all that the tool needs is there."""
        pressed, self._pressed_px = self._pressed_px, None
        if pressed is None or not self.spots:
            return False
        dragged = _apart(pixel, pressed) > CLICK_PX
        if self.tool == "freehand":
            if len(self.spots) < KINDS["freehand"].least:
                self.drop()
            return len(self.spots) >= KINDS["freehand"].least
        if dragged and spot is not None and len(self.spots) == 1 and self.tool in DRAWN:
            self.spots.append(spot)
        self.hover = None
        return not self._degenerate() and self.wants == 0

    def _degenerate(self) -> bool:
        """Drop the last place where it is the one before: a double click is no line."""
        if len(self.spots) > 1 and self.spots[-1].point == self.spots[-2].point:
            self.spots.pop()
            return True
        return False

    def draft(self, template: Annotation) -> Annotation | None:
        """Return what is drawn so far with the place under the mouse, as it is to be seen; None for nothing.

        template: the id, author, time, colour that it is to have.
        """
        spots = list(self.spots)
        if self.hover is not None and spots and self.tool != "freehand" and self.wants:
            spots.append(self.hover)
        if len(spots) < 2:
            return None
        kind = self.tool
        if kind in ("angle", "plane") and len(spots) < KINDS[kind].least:
            kind = "line"
        return made(kind, spots, template, pin=self.pin)


def made(kind: str, spots: list[Spot], template: Annotation, *, pin: bool) -> Annotation:
    """Return the annotation of a kind at places.

    With `pin`, one that can be pinned is pinned to the joints where all its places caught one; any other goes with the
    joint that its first place caught. Else its points are measured from the first place's anchor.
    """
    if not spots:
        return replace(template, kind=kind)
    joints = [spot.joint for spot in spots]
    if pin and kind in PINNED_KINDS and all(joints):
        return replace(template, kind=kind, pins=tuple(joints), points=())
    first = spots[0]
    if pin and first.joint and first.world_m is not None and (kind not in DRAWN or not _on_video(first)):
        return _with_joint(kind, spots, template)
    points: list[Point] = [s.point for s in spots if s.anchor == first.anchor]
    return replace(template, kind=kind, anchor=first.anchor, points=tuple(points))


def _with_joint(kind: str, spots: list[Spot], template: Annotation) -> Annotation:
    origin = np.asarray(spots[0].world_m)
    offsets = [np.asarray(s.world_m) - origin for s in spots if s.world_m is not None]
    points = tuple(tuple(float(x) for x in offset) for offset in offsets)
    return replace(template, kind=kind, anchor=OnJoint(spots[0].joint), points=points)


def _on_video(spot: Spot) -> bool:
    return isinstance(spot.anchor, OnVideo)


def _apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def default_time(annotation: Annotation, t_ns: int, span_ns: tuple[int, int], shown_s: float) -> Span:
    """Return when a new annotation is shown: what is pinned to the body as long as there is one, else at its moment."""
    if annotation.pins and span_ns[1] > span_ns[0]:
        return Span(span_ns[0], span_ns[1])
    return Span.moment(t_ns, shown_s)
