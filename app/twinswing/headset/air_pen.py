"""A pen that draws in the air: what a hand's presses and moves become, without a runtime, a window or a clock.

A stroke of the hand is one annotation. Arrow, line and angle begin at a joint of the body when the hand is on one or
points at one, and are then pinned to joints; begun in the air, they stay in the air.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT_NAMES
from twinswing.headset.pointing import Ray
from twinswing.review.model import KINDS, PINNED_KINDS, Annotation, InWorld, OnJoint, Span

FloatArray = NDArray[np.float64]
Place = tuple[float, float, float]

TOOLS: tuple[str, ...] = ("freehand", "arrow", "line", "angle", "tag")
# Told apart by their lightness too, on grass, sky and a grey hall: amber (the document's own), white, cyan, magenta.
COLOURS: tuple[str, ...] = ("#ffb000", "#f4f6f7", "#35c8f0", "#e8489e")
# What a coach says most at a moment; a keyboard is no thing to hold in a headset.
TAGS: tuple[str, ...] = ("Good", "Watch this", "Too early", "Too late", "Steeper", "Flatter")


@dataclass(frozen=True)
class PenParams:
    """How a hand draws; lengths are the viewer's metres.

    near_m     : from the pen's tip, within which a joint is meant: a joint's centre lies 5 cm under the skin.
    ray_m      : off a joint's middle, within which a ray points at it: half an elbow's width and a trembling hand.
    nearer     : how far beside its ray, in metres, a joint may lie for each metre that it is nearer than another one: a
                 joint that is aimed at is meant although another's edge is before it; of two that are hit, the first.
    farthest_m : of a joint that is pointed at: across a bay of a range.
    step_m     : of a freehand line; hands tremble by 1 to 2 mm.
    bend_m     : how far a kept line may lie from the drawn one: less than its drawn width.
    apart_m    : two places nearer than this are one: a press without a drag.
    """

    near_m: float = 0.09
    ray_m: float = 0.07
    nearer: float = 0.05
    farthest_m: float = 6.0
    step_m: float = 0.004
    bend_m: float = 0.002
    apart_m: float = 0.02


@dataclass(frozen=True)
class Mark:
    """A place that a hand means: its pen's tip, and the joint that it is on or points at ("": none); metres, world."""

    tip_m: Place
    joint: str = ""
    joint_m: Place = (0.0, 0.0, 0.0)

    @property
    def point_m(self) -> Place:
        """Return the place itself: the joint's, or the tip's."""
        return self.joint_m if self.joint else self.tip_m


def mark_at(
    tip_m: FloatArray, ray: Ray | None, joints_m: FloatArray | None, scale: float = 1.0, params: PenParams | None = None
) -> Mark:
    """Return what a pen means: the joint at its tip, else the one that its ray points at, else its tip itself.

    tip_m: shape (3,), world. joints_m: shape (23, 3), world; None without a body. scale: metres of the world for one
    of the viewer's.
    """
    params = params or PenParams()
    tip = _place(tip_m)
    if joints_m is None:
        return Mark(tip)
    off = np.linalg.norm(joints_m - tip_m, axis=1)
    best = int(off.argmin())
    if off[best] > params.near_m * scale:
        if ray is None:
            return Mark(tip)
        from_start = joints_m - ray.start_m
        along = from_start @ ray.direction
        beside = np.linalg.norm(from_start - along[:, None] * ray.direction, axis=1)
        met = (beside <= params.ray_m * scale) & (along > 0.0) & (along <= params.farthest_m * scale)
        if not met.any():
            return Mark(tip)
        best = int(np.where(met, beside + params.nearer * along, np.inf).argmin())
    return Mark(tip, JOINT_NAMES[best], _place(joints_m[best]))


def _place(point_m: FloatArray) -> Place:
    x, y, z = np.asarray(point_m, dtype=float).tolist()
    return x, y, z


@dataclass(frozen=True)
class AirPen:
    """A pen: its tool, colour (#rrggbb) and tag, and what has been drawn since the last finished annotation.

    down: whether it is pressed. marks: places so far. began_ns: session time of the first of them.
    """

    tool: str = "freehand"
    colour: str = COLOURS[0]
    tag: str = TAGS[0]
    params: PenParams = field(default_factory=PenParams)
    down: bool = False
    marks: tuple[Mark, ...] = ()
    began_ns: int = 0

    def with_tool(self, tool: str) -> "AirPen":
        """Take another tool; what was begun is given up."""
        return replace(self, tool=tool, marks=(), down=False)

    def given_up(self) -> "AirPen":
        """Leave what was begun."""
        return replace(self, marks=(), down=False)

    def means(self, mark: Mark) -> Mark:
        """Return what a mark means for what has been begun: what began in the air does not catch on joints."""
        free = self.tool == "freehand" or (self.tool != "tag" and bool(self.marks) and not self.marks[0].joint)
        return replace(mark, joint="") if free else mark

    def next(self, down: bool, mark: Mark, t_ns: int, scale: float = 1.0) -> tuple["AirPen", tuple[Mark, ...] | None]:
        """Take the button and the place; return the pen and the marks of an annotation that is finished, or None.

        mark: as `mark_at` has it; scale: metres of the world for one of the viewer's.
        """
        pressed, let_go = down and not self.down, self.down and not down
        pen = replace(self, down=down)
        mark = pen.means(mark)
        if pressed:
            return pen._pressed(mark, t_ns, scale)
        if self.tool == "freehand":
            return pen._drawn(mark, let_go, scale)
        if let_go and self.marks and self.tool != "tag":
            return pen._added(mark, scale)
        return pen, None

    def _pressed(self, mark: Mark, t_ns: int, scale: float) -> tuple["AirPen", tuple[Mark, ...] | None]:
        if self.tool == "tag":
            return replace(self, marks=()), (mark,)
        if self.tool == "freehand" or not self.marks:
            return replace(self, marks=(mark,), began_ns=t_ns), None
        return self._added(mark, scale)

    def _added(self, mark: Mark, scale: float) -> tuple["AirPen", tuple[Mark, ...] | None]:
        """Add a place, unless it is where the last one is, or in the air while the others are on joints."""
        if self._is_no_other(mark, scale):
            return self, None
        marks = (*self.marks, mark)
        if len(marks) < KINDS[self.tool].least:
            return replace(self, marks=marks), None
        return replace(self, marks=()), marks

    def _is_no_other(self, mark: Mark, scale: float) -> bool:
        """Tell whether a place is the one before again, or none for what began on a joint."""
        last = self.marks[-1]
        if self.marks[0].joint:
            return mark.joint in ("", last.joint)
        return _apart(mark, last) < self.params.apart_m * scale

    def _drawn(self, mark: Mark, let_go: bool, scale: float) -> tuple["AirPen", tuple[Mark, ...] | None]:
        if not self.marks:
            return self, None
        far = _apart(mark, self.marks[-1]) >= self.params.step_m * scale
        marks = (*self.marks, mark) if far and (self.down or let_go) else self.marks
        if not let_go:
            return replace(self, marks=marks), None
        drawn = sum(_apart(a, b) for a, b in pairwise(marks))
        long_enough = len(marks) >= 2 and drawn >= self.params.apart_m * scale
        return replace(self, marks=()), marks if long_enough else None

    def draft(self, mark: Mark, scale: float = 1.0) -> tuple[Mark, ...]:
        """Return the marks as they would be if the pen pressed here."""
        mark = self.means(mark)
        if not self.marks or self.tool in ("tag", "freehand"):
            return self.marks
        return self.marks if self._is_no_other(mark, scale) else (*self.marks, mark)

    def annotation(self, ident: str, author: str, marks: Sequence[Mark], t_ns: int, scale: float = 1.0) -> Annotation:
        """Make the annotation of finished marks; it holds for the moment at which it was begun."""
        began = t_ns if self.tool == "tag" else self.began_ns
        common = {"ident": ident, "author": author, "time": Span.moment(began), "colour": self.colour}
        if self.tool == "tag":
            (mark,) = marks
            if mark.joint:  # beside the joint, so that it goes with it
                return Annotation(kind="tag", text=self.tag, anchor=OnJoint(mark.joint), points=((0.0, 0.0, 0.0),), **common)  # type: ignore[arg-type]  # fmt: skip  # noqa: E501
            return Annotation(kind="tag", text=self.tag, anchor=InWorld(), points=(mark.point_m,), **common)  # type: ignore[arg-type]  # fmt: skip
        if self.tool in PINNED_KINDS and all(mark.joint for mark in marks):
            return Annotation(kind=self.tool, pins=tuple(mark.joint for mark in marks), **common)  # type: ignore[arg-type]
        points = np.array([mark.point_m for mark in marks])
        if self.tool == "freehand":
            points = simplified(points, self.params.bend_m * scale, KINDS["freehand"].most)
        return Annotation(kind=self.tool, points=tuple(tuple(p) for p in points.tolist()), **common)  # type: ignore[arg-type]


def _apart(a: Mark, b: Mark) -> float:
    return float(np.linalg.norm(np.subtract(a.point_m, b.point_m)))


def simplified(points_m: FloatArray, bend_m: float, most: int) -> FloatArray:
    """Leave out points that lie within `bend_m` of the line through the others (Ramer 1972, Douglas and Peucker 1973).

    points_m: shape (n, 3). Returns at most `most` of them, the first and the last included. Nothing bends by less than
    no length: with 0 none is left out for it, and a stroke that is drawn anew each frame costs no search.
    """
    keep = np.full(len(points_m), bend_m <= 0.0)
    keep[[0, -1]] = True
    stretches = [(0, len(points_m) - 1)] if bend_m > 0.0 else []
    while stretches:
        first, last = stretches.pop()
        if last - first < 2:
            continue
        inner, along = points_m[first + 1 : last] - points_m[first], points_m[last] - points_m[first]
        length2 = max(float(along @ along), 1e-18)
        part = np.clip(inner @ along / length2, 0.0, 1.0)
        off = np.linalg.norm(inner - part[:, None] * along, axis=1)
        worst = int(off.argmax())
        if off[worst] > bend_m:
            middle = first + 1 + worst
            keep[middle] = True
            stretches += [(first, middle), (middle, last)]
    kept = np.flatnonzero(keep)
    if len(kept) > most:
        kept = kept[np.rint(np.linspace(0, len(kept) - 1, most)).astype(int)]
    return np.asarray(points_m[kept])
