"""The angles of a golfer that coaches look at, as annotations pinned to the joints: drawn and read out as those are."""

from twinswing.body.skeleton import BodyMotion
from twinswing.review.model import Annotation, Span
from twinswing.timeline.clock import to_ns

_COLOUR = "#d7f5ee"
# Name: the joints of one arm of the angle, its vertex, its other arm; lead and trail as the golfer plays.
_ANGLES: dict[str, tuple[str, str, str]] = {
    "lead arm": ("lead_shoulder", "lead_elbow", "lead_wrist"),
    "trail arm": ("trail_shoulder", "trail_elbow", "trail_wrist"),
    "lead knee": ("lead_hip", "lead_knee", "lead_ankle"),
    "trail knee": ("trail_hip", "trail_knee", "trail_ankle"),
    "hip hinge": ("neck", "pelvis", "trail_knee"),
}


def joint_angles(body: BodyMotion) -> tuple[Annotation, ...]:
    """Return an angle for each of the places that coaches look at, over the whole motion."""
    sides = ("left", "right") if body.handed == "right" else ("right", "left")
    span = Span(to_ns(float(body.t_s[0])), to_ns(float(body.t_s[-1])))
    return tuple(
        Annotation(
            ident=f"angle-{name.replace(' ', '-')}",
            kind="angle",
            author="",
            time=span,
            pins=tuple(pin.replace("lead_", f"{sides[0]}_").replace("trail_", f"{sides[1]}_") for pin in pins),
            text=name,
            colour=_COLOUR,
        )
        for name, pins in _ANGLES.items()
    )
