"""What a coach says about a recording: a note, a drawing, a voice, at a time and in a place.

An annotation is a value. `checks` reads one from what another person's program sent, and refuses what could do harm;
`document` keeps many of them so that copies edited apart merge.
"""

from dataclasses import dataclass
from typing import TypeAlias

from twinswing.timeline.clock import NS_PER_S

Point: TypeAlias = tuple[float, ...]

# How long a remark about a moment stays visible where its author did not say: long enough to read a line.
SHOWN_S = 2.0


@dataclass(frozen=True)
class PointCount:
    """How many points a kind of annotation has, least and most."""

    least: int
    most: int


# A remark needs no place; a drawing needs all of its points, unless it is pinned to joints.
KINDS: dict[str, PointCount] = {
    "text": PointCount(0, 1),
    "arrow": PointCount(2, 2),  # tail, tip
    "line": PointCount(2, 2),
    "angle": PointCount(3, 3),  # one arm, the vertex, the other arm
    "circle": PointCount(2, 2),  # centre, a point of the rim (in the world: the circle faces the viewer)
    "freehand": PointCount(2, 4000),
    "plane": PointCount(3, 3),  # three of its points
    "pair": PointCount(0, 1),  # before and after: `pair_ns` is the other moment
    "voice": PointCount(0, 1),
    "tag": PointCount(0, 1),
    "rating": PointCount(0, 1),
    "drill": PointCount(0, 1),
}
# Kinds whose points may be joints of the body instead, and then follow it.
PINNED_KINDS = ("arrow", "line", "angle")


@dataclass(frozen=True)
class Span:
    """When an annotation holds, in session nanoseconds; a moment starts and ends at the same time.

    shown_s : how long a moment stays visible from its start, seconds; a span is visible while it lasts.
    """

    start_ns: int
    end_ns: int
    shown_s: float = SHOWN_S

    @classmethod
    def moment(cls, t_ns: int, shown_s: float = SHOWN_S) -> "Span":
        """Make one that starts and ends at a time."""
        return cls(t_ns, t_ns, shown_s)

    @property
    def is_moment(self) -> bool:
        """Whether it has no length."""
        return self.end_ns == self.start_ns

    @property
    def last_ns(self) -> int:
        """Last session time at which it is visible, nanoseconds."""
        return self.start_ns + round(self.shown_s * NS_PER_S) if self.is_moment else self.end_ns

    def shows_at(self, t_ns: int) -> bool:
        """Tell whether it is visible at a session time."""
        return self.start_ns <= t_ns <= self.last_ns


@dataclass(frozen=True)
class OnVideo:
    """On a camera's picture: points are (x, y), 0 to 1 from its left and top edge, so that they survive scaling."""

    camera: str = "main"


@dataclass(frozen=True)
class InWorld:
    """In the world: points are (x, y, z), metres, in the world frame."""


@dataclass(frozen=True)
class OnJoint:
    """On a part of the body: points are (x, y, z), metres from the joint along the world's axes."""

    joint: str


@dataclass(frozen=True)
class OnMachine:
    """On a unit of a plant: points are (x, y, z), metres, in the unit's own frame."""

    path: str


Anchor: TypeAlias = OnVideo | InWorld | OnJoint | OnMachine


@dataclass(frozen=True)
class Media:
    """A recorded voice: which file, how long, and what its waveform looks like.

    sha256     : of the file's bytes, in hexadecimal; the file is kept under this name.
    size_bytes : of the file.
    duration_s : seconds.
    peaks      : largest amplitude in each of as many equal parts of the duration, 0 to 1.
    spoken     : what was said, where speech recognition is at hand; "" else.
    """

    sha256: str
    size_bytes: int
    duration_s: float
    peaks: tuple[float, ...] = ()
    spoken: str = ""


@dataclass(frozen=True)
class Annotation:
    """One remark or drawing.

    ident   : unique among all annotations ever made (`document.new_ident`).
    kind    : one of `KINDS`; one from a newer program is kept and passed on, and not drawn.
    author  : the name of who made it; also the layer that it lies on.
    time    : when it holds.
    anchor  : what its points are measured from.
    points  : as `KINDS` and `anchor` say.
    pins    : names of joints, as many as the kind has points, that the points follow; () where it has points.
    text    : the note, the tag, the drill's name; a caption of anything else.
    colour  : "#rrggbb".
    rating  : 1 to 5, of a rating; 0 else.
    pair_ns : session time of a pair's other moment, nanoseconds; None else.
    pair_recording : file name of the recording which that moment lies in; "" for the same one.
    media   : the voice of a voice note; None else.
    """

    ident: str
    kind: str
    author: str
    time: Span
    anchor: Anchor = InWorld()
    points: tuple[Point, ...] = ()
    pins: tuple[str, ...] = ()
    text: str = ""
    colour: str = "#ffb000"
    rating: int = 0
    pair_ns: int | None = None
    pair_recording: str = ""
    media: Media | None = None

    @property
    def layer(self) -> str:
        """The layer that it lies on: its author's."""
        return self.author

    @property
    def drawable(self) -> bool:
        """Whether this program knows what it looks like."""
        return self.kind in KINDS
