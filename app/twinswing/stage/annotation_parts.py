"""The shapes that annotations are made of. They lie in the world (metres) or on a camera's picture (0 to 1 from its
left and top edge); what faces the viewer is kept as such (`Rim`, `Head`), so that nothing changes as the viewer moves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import BodyMotion
from twinswing.plant.model import Plant
from twinswing.review.model import Annotation
from twinswing.swing.model import SwingSession

FloatArray = NDArray[np.float64]
Rgb = tuple[float, float, float]

# A picture's shape where the camera's is not known: a phone held upright.
_PHONE_ASPECT = 9.0 / 16.0


@dataclass(frozen=True)
class MachinePose:
    """Where a unit of a plant stands: the middle of its footprint (metres, world), its yaw, its height."""

    position_m: tuple[float, float, float]
    yaw_rad: float = 0.0
    height_m: float = 0.0

    def to_world(self, points_m: FloatArray) -> FloatArray:
        """Turn points of the unit's own frame, shape (n, 3), into the world's."""
        c, s = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        return np.asarray(points_m @ turn.T + np.asarray(self.position_m))


@dataclass(frozen=True)
class Around:
    """What annotations are laid out by.

    body     : what pins and joints' anchors follow. machines: units by path (`machine_poses`).
    aspects  : width by height of each camera's picture, by its name; a phone's where one is not named.
    played_s : how far each voice note has been played, seconds, by id; for the mark on its waveform.
    """

    body: BodyMotion | None = None
    machines: Mapping[str, MachinePose] = field(default_factory=dict)
    aspects: Mapping[str, float] = field(default_factory=dict)
    played_s: Mapping[str, float] = field(default_factory=dict)

    def aspect(self, camera: str) -> float:
        """Return a picture's width by its height."""
        return self.aspects.get(camera) or _PHONE_ASPECT


@dataclass(frozen=True, eq=False)
class Stroke:
    """A line through points, shape (n, 2 or 3); `width` is in widths of an ordinary line, `alpha` 0 to 1."""

    points: FloatArray
    rgb: Rgb
    width: float = 1.0
    closed: bool = False
    alpha: float = 1.0

    @property
    def ring(self) -> FloatArray:
        """The points and, where it is closed, the first one again, shape (n + 1, 2 or 3)."""
        return np.concatenate([self.points, self.points[:1]]) if self.closed else self.points


@dataclass(frozen=True, eq=False)
class Fill:
    """A convex area, corners in order, shape (n, 2 or 3), seen through by `alpha`."""

    points: FloatArray
    rgb: Rgb
    alpha: float = 0.2


@dataclass(frozen=True, eq=False)
class Rim:
    """A circle in the world that faces the viewer: middle, shape (3,), and radius, metres."""

    middle: FloatArray
    radius_m: float
    rgb: Rgb
    width: float = 1.0


@dataclass(frozen=True, eq=False)
class Head:
    """An arrow's head, which faces the viewer: a triangle from `back` (twice `half_width` wide) to `tip`.

    Both of shape (2 or 3,); `half_width` in metres, or in heights of the picture.
    """

    tip: FloatArray
    back: FloatArray
    half_width: float
    rgb: Rgb


@dataclass(frozen=True, eq=False)
class Label:
    """Words at a place, shape (2 or 3,), always as large as text is.

    text    : the remark, its lines broken where its author did. read_out: what is measured, "52 ± 3°"; "" for none.
    detail  : where a measured value was found, the other moment of a pair: fainter. kind: the annotation's.
    dot     : whether a mark stands at the place itself. rating: stars of five, 0 for none.
    peaks   : of a voice's waveform, 0 to 1. played: share of it that has been heard, None while it is not played.
    """

    place: FloatArray
    rgb: Rgb
    kind: str
    text: str = ""
    read_out: str = ""
    detail: str = ""
    dot: bool = True
    rating: int = 0
    peaks: tuple[float, ...] = ()
    played: float | None = None

    @property
    def said(self) -> str:
        """All of its words on one line."""
        return " · ".join(part for part in (self.read_out, self.text, self.detail) if part)


@dataclass(frozen=True, eq=False)
class Drawing:
    """One annotation as shapes.

    camera : of the picture that it lies on; None in the world. near: it lies close before an eye, so that its lines'
             widths are parts of their distance alone.
    """

    annotation: Annotation
    camera: str | None = None
    near: bool = False
    strokes: tuple[Stroke, ...] = ()
    fills: tuple[Fill, ...] = ()
    rims: tuple[Rim, ...] = ()
    heads: tuple[Head, ...] = ()
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True, eq=False)
class Shapes:
    """What is to be seen: drawings in their places, and labels (without a meaning of their place) for a caption."""

    drawings: tuple[Drawing, ...] = ()
    captions: tuple[tuple[Annotation, Label], ...] = ()

    @property
    def world(self) -> tuple[Drawing, ...]:
        """The drawings that lie in the world."""
        return tuple(d for d in self.drawings if d.camera is None)

    def picture(self, camera: str = "main") -> tuple[Drawing, ...]:
        """Return the drawings that lie on a camera's picture."""
        return tuple(d for d in self.drawings if d.camera == camera)


def machine_poses(plant: Plant) -> dict[str, MachinePose]:
    """Return where every unit of a plant stands."""
    return {u.path: MachinePose(u.position_m, u.yaw_rad, u.size_m[2]) for u in plant.units}


def aspects_of(session: SwingSession) -> dict[str, float]:
    """Return the shape of the camera's picture, width by height, by its name; nothing where it is not known."""
    video = session.video
    if video is None or not video.width_px or not video.height_px:
        return {}
    return {"main": video.width_px / video.height_px}


def colour_of(annotation: Annotation) -> Rgb:
    """Return an annotation's colour, display rgb, 0 to 1."""
    text = annotation.colour
    return (int(text[1:3], 16) / 255.0, int(text[3:5], 16) / 255.0, int(text[5:7], 16) / 255.0)


def is_light(rgb: Rgb) -> bool:
    """Tell whether black stands out from a colour more than white does (relative luminance, WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179


def outline_of(rgb: Rgb) -> Rgb:
    """Return what a line of this colour is edged with, so that it is seen on any ground."""
    return (0.03, 0.04, 0.05) if is_light(rgb) else (0.96, 0.97, 0.98)
