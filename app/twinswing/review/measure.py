"""What a drawing measures: the angle of three points and the length of two, with 1 sigma and where they come from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.review.model import Annotation, OnJoint, OnMachine, OnVideo
from twinswing.timeline.clock import to_s

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class DrawnPrecision:
    """How well a person places a point, 1 sigma; pointing devices, not measured for each person.

    picture : on a picture, as a part of its height: three pixels of 1080.
    world_m : in the world, metres: half a marker's size as it is drawn.
    """

    picture: float = 0.003
    world_m: float = 0.01


# Standard deviation of an angle that may be anything from 0 to pi.
UNKNOWN_ANGLE_RAD = float(np.pi / np.sqrt(12.0))
DRAWN = DrawnPrecision()
# Metres, or parts of a picture's height; below this two points are one.
_SHORTEST_ARM = 1e-3


@dataclass(frozen=True)
class ReadOut:
    """A measured value: rad or m, one standard deviation of it, and where it was found: in the world or the picture."""

    value: float
    sigma: float
    unit: str
    source: str


def read_out(
    annotation: Annotation,
    t_ns: int,
    body: BodyMotion | None = None,
    *,
    aspect: float | None = None,
    precision: DrawnPrecision = DRAWN,
) -> ReadOut | None:
    """Measure an angle (rad), or the length (m) of a line or arrow, at a session time.

    body   : what pins and a joint's anchor follow. aspect: width by height of the camera's picture.
    Returns None where there is nothing to measure: another kind, a joint that is not known, a length on a picture,
    a picture of unknown shape, an angle with an arm shorter than a millimetre (it has no direction).
    """
    placed = _placed(annotation, t_ns, body, aspect, precision)
    if placed is None:
        return None
    points, sigma, source = placed
    if annotation.kind == "angle" and len(points) == 3:
        return _angle(points, sigma, source)
    if annotation.kind in ("line", "arrow") and len(points) == 2 and not source.startswith("picture"):
        return _length(points, sigma, source)
    return None


def points_at(annotation: Annotation, t_ns: int, body: BodyMotion | None = None) -> FloatArray | None:
    """Return where in the world an annotation's points are at a session time, metres, shape (n, 3).

    None where its place is not in the world (on a picture, or in a machine's own frame) or its joints are not known.
    """
    if isinstance(annotation.anchor, OnVideo) and not annotation.pins:
        return None
    placed = _placed(annotation, t_ns, body, None, DRAWN)
    return None if placed is None or placed[2].startswith("machine") else placed[0]


def _placed(
    a: Annotation, t_ns: int, body: BodyMotion | None, aspect: float | None, precision: DrawnPrecision
) -> tuple[FloatArray, FloatArray, str] | None:
    """Return points, shape (n, 2 or 3), the sigma of each, shape (n,), and the source of both."""
    if a.pins:
        return None if body is None else _pinned(a.pins, t_ns, body)
    points = np.asarray(a.points, dtype=np.float64)
    if not len(points):
        return None
    drawn = np.full(len(points), precision.world_m)
    match a.anchor:
        case OnVideo(camera):
            scale = np.array([aspect or np.nan, 1.0])
            spread = np.full(len(points), precision.picture)
            return (points * scale, spread, f"picture ({camera})") if scale[0] > 0.0 else None
        case OnJoint(joint):
            # The joint's own error moves all points together and changes neither an angle nor a length.
            carried = None if body is None else _pinned((joint,), t_ns, body)
            return None if carried is None else (points + carried[0], drawn, f"drawn at the {joint}")
        case OnMachine():
            return points, drawn, "machine's frame"
    return points, drawn, "drawn in the world"


def _pinned(pins: tuple[str, ...], t_ns: int, body: BodyMotion) -> tuple[FloatArray, FloatArray, str] | None:
    if not len(body.t_s) or any(pin not in JOINT for pin in pins):
        return None
    joints = [JOINT[pin] for pin in pins]
    return body.at(to_s(t_ns))[joints], _sigma_at(body, t_ns)[joints], f"body ({body.source})"


def _sigma_at(body: BodyMotion, t_ns: int) -> FloatArray:
    """Sigma of the joints at the nearest instant that was estimated, shape (23,): between two it is not smaller."""
    return np.asarray(body.sigma_m[int(np.argmin(np.abs(body.t_s - to_s(t_ns))))])


def _angle(points: FloatArray, sigma: FloatArray, source: str) -> ReadOut | None:
    """Angle at the middle point, with first-order propagation of independent, isotropic errors of the three points.

    Joints found by one camera share much of their error in depth, so for them this is an upper bound. A sigma larger
    than that of an angle of which nothing is known (uniform over 0 to pi) says nothing more, and is held to it.
    """
    u, v = points[0] - points[1], points[2] - points[1]
    lengths = np.array([np.linalg.norm(u), np.linalg.norm(v)])
    if not lengths.min() > _SHORTEST_ARM:
        return None
    u, v = u / lengths[0], v / lengths[1]
    cosine = float(np.clip(u @ v, -1.0, 1.0))
    # atan2 of the difference and the sum keeps its digits near 0 and pi, where arccos loses half of them (Kahan).
    angle = 2.0 * float(np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))
    # |grad| by each end is 1 / arm; the vertex moves both arms at once: |grad|^2 = 1/a^2 + 1/b^2 - 2 cos / (a b).
    a, b = lengths
    variance = (
        (sigma[0] / a) ** 2 + (sigma[2] / b) ** 2 + sigma[1] ** 2 * (1.0 / a**2 + 1.0 / b**2 - 2.0 * cosine / (a * b))
    )
    return ReadOut(angle, min(float(np.sqrt(variance)), UNKNOWN_ANGLE_RAD), "rad", source)


def _length(points: FloatArray, sigma: FloatArray, source: str) -> ReadOut:
    return ReadOut(float(np.linalg.norm(points[1] - points[0])), float(np.hypot(sigma[0], sigma[1])), "m", source)
