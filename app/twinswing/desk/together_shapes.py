"""What others are seen by in the scene: a small frustum where each one's eye is, and what each one points at."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from twinswing.review.model import Annotation, Span
from twinswing.review.share_protocol import Person, Presence
from twinswing.stage.annotation_parts import Drawing, FloatArray, Label, Rgb, Shapes, Stroke, colour_of

_MARK = Span.moment(0)


@dataclass(frozen=True)
class PersonStyle:
    """How large somebody is drawn.

    depth, half_width, half_height : of the frustum, as parts of the distance from the eye to what it looks at, so
                                     that it reads as well in a hall as around a golfer.
    most_m  : no frustum is deeper.
    ray     : strength of the line from the eye to it: there, and not in the way.
    """

    depth: float = 0.09
    half_width: float = 0.055
    half_height: float = 0.035
    most_m: float = 2.0
    ray: float = 0.35


STYLE = PersonStyle()


def people_shapes(people: Iterable[tuple[Person, Presence]], style: PersonStyle = STYLE) -> Shapes:
    """Return what is to be seen of others; who told no camera, or points at nothing, is left out."""
    drawings: list[Drawing] = []
    for person, presence in people:
        mark = Annotation(f"person-{len(drawings)}", "text", person.name, _MARK, colour=person.colour)
        rgb = colour_of(mark)
        if len(presence.camera) == 6:
            drawings.append(_eye(mark, person.name, presence, rgb, style))
    return Shapes(tuple(drawings))


def _eye(mark: Annotation, name: str, presence: Presence, rgb: Rgb, style: PersonStyle) -> Drawing:
    eye, target = np.array(presence.camera[:3]), np.array(presence.camera[3:])
    away = float(np.linalg.norm(target - eye))
    corners = _corners(eye, target, away, style)
    strokes = [Stroke(np.stack([eye, corner]), rgb, 0.7) for corner in corners]
    strokes.append(Stroke(corners, rgb, 0.7, closed=True))
    # The middle of the upper edge stands out, so that one sees which way is up.
    top = (corners[0] + corners[1]) / 2
    strokes.append(Stroke(np.stack([corners[0], top + (top - corners.mean(0)) * 0.6, corners[1]]), rgb, 0.7))
    labels = [Label(eye, rgb, "text", name, dot=False)]
    if len(presence.pointer) == 3:
        at = np.array(presence.pointer)
        strokes.append(Stroke(np.stack([eye, at]), rgb, 0.5, alpha=style.ray))
        labels.append(Label(at, rgb, "text", name))
    return Drawing(mark, strokes=tuple(strokes), labels=tuple(labels))


def _corners(eye: FloatArray, target: FloatArray, away: float, style: PersonStyle) -> FloatArray:
    """Return the frustum's far corners in order, the upper two first, shape (4, 3), metres."""
    forward = (target - eye) / max(away, 1e-6)
    side = np.cross(forward, [0.0, 0.0, 1.0])
    if np.linalg.norm(side) < 1e-3:
        side = np.array([1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    up = np.cross(side, forward)
    size = min(away, style.most_m / style.depth)
    far = eye + forward * size * style.depth
    across, high = side * size * style.half_width, up * size * style.half_height
    return np.array([far - across + high, far + across + high, far + across - high, far - across - high])
