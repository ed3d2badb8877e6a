"""The geometry of each kind of annotation: from its points, in the world or on a picture, to shapes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twinswing.review.measure import UNKNOWN_ANGLE_RAD, ReadOut, read_out
from twinswing.review.model import Annotation, OnVideo
from twinswing.stage.annotation_parts import (
    Around,
    Drawing,
    Fill,
    FloatArray,
    Head,
    Label,
    Rim,
    Stroke,
    colour_of,
)
from twinswing.timeline.clock import to_s


@dataclass(frozen=True)
class FormStyle:
    """Proportions of drawings; those on a picture are parts of its height.

    head_m, head_picture : length of an arrow's head: a fist's width, and 1/30 of a picture, which is seen at a glance;
                           never more than `head_share` of the arrow.
    head_slim            : half of its width by its length.
    arc_share            : radius of an angle's arc by its shorter arm; at most arc_m, arc_picture, so that the arc of
                           a long club does not cover the golfer.
    arc_step_rad         : of the arc's corners: less than a pixel from a true arc of 200 pixels.
    plane_margin         : how far a plane reaches beyond its three points, by its size.
    ring_steps           : corners of a circle on a picture.
    """

    head_m: float = 0.085
    head_picture: float = 0.033
    head_share: float = 0.45
    head_slim: float = 0.42
    arc_share: float = 0.42
    arc_m: float = 0.20
    arc_picture: float = 0.10
    arc_step_rad: float = float(np.radians(4.0))
    plane_margin: float = 0.12
    ring_steps: int = 72


STYLE = FormStyle()
# Metres, or parts of a picture's height; below this two points are one.
_SHORTEST = 1e-4
NOT_KNOWN = "angle not known"
Form = Callable[[Annotation, FloatArray, str | None, int, Around], Drawing | None]


def measured(annotation: Annotation, t_ns: int, around: Around) -> tuple[str, str]:
    """Return what a drawing measures as people read it, "52 ± 3°", and where it was found; ("", "") for nothing."""
    if annotation.kind == "arrow":  # it points; how long it was drawn says nothing
        return "", ""
    aspect = around.aspect(annotation.anchor.camera) if isinstance(annotation.anchor, OnVideo) else None
    found = read_out(annotation, t_ns, around.body, aspect=aspect)
    if found is None:
        return "", ""
    return read_text(found), found.source


def read_text(found: ReadOut) -> str:
    """Write a measured angle in degrees, a length in metres or centimetres, to the digits that its sigma allows.

    An angle with the sigma of any angle at all is not known.
    """
    if found.unit == "rad" and found.sigma >= UNKNOWN_ANGLE_RAD:
        return NOT_KNOWN
    if found.unit == "rad":
        value, sigma, unit = np.degrees(found.value), np.degrees(found.sigma), "°"
        digits = 1 if sigma < 0.95 else 0
    else:
        metres = found.value >= 1.0
        scale, unit = (1.0, " m") if metres else (100.0, " cm")
        value, sigma = found.value * scale, found.sigma * scale
        digits = (2 if sigma < 0.095 else 1) if metres else (1 if sigma < 0.95 else 0)
    # A sigma that rounds to nothing would claim too much.
    sigma = max(float(sigma), 10.0**-digits)
    return f"{value:.{digits}f} ± {sigma:.{digits}f}{unit}"


def caption_of(a: Annotation, t_ns: int, around: Around) -> Label:
    """Return what an annotation without a place says."""
    return _label(a, np.zeros(2), t_ns, around, dot=False)


def _label(a: Annotation, place: FloatArray, t_ns: int, around: Around, *, dot: bool) -> Label:
    value, source = measured(a, t_ns, around)
    detail = "in the picture" if value and source.startswith("picture") else ""
    if value == NOT_KNOWN:
        detail = "the joints are seen too badly"
    if a.pair_ns is not None:
        detail = _pair_words(a, t_ns)
    played: float | None = None
    if a.media is not None and a.ident in around.played_s:
        played = float(np.clip(around.played_s[a.ident] / max(a.media.duration_s, 1e-6), 0.0, 1.0))
    words = a.text or (a.media.spoken if a.media is not None else "")
    return Label(
        place=place,
        rgb=colour_of(a),
        kind=a.kind,
        text=words.strip(),
        read_out=value,
        detail=detail,
        dot=dot,
        rating=a.rating if a.kind == "rating" else 0,
        peaks=() if a.media is None else a.media.peaks,
        played=played,
    )


def _pair_words(a: Annotation, t_ns: int) -> str:
    """Say which of a pair's moments this is and where the other one lies."""
    assert a.pair_ns is not None
    at = f"{to_s(a.pair_ns):.2f} s"
    if a.pair_recording:
        return f"beside {a.pair_recording} at {at}"
    first = min(a.time.start_ns, a.pair_ns)
    here_is_other = not a.time.shows_at(t_ns)
    here = a.pair_ns if here_is_other else a.time.start_ns
    other = a.time.start_ns if here_is_other else a.pair_ns
    return f"before, and after at {to_s(other):.2f} s" if here == first else f"after, and before at {to_s(other):.2f} s"


def _metric(points: FloatArray, camera: str | None, around: Around) -> tuple[FloatArray, FloatArray]:
    """Return points in a space where all directions are alike, and what turns them back: heights of the picture."""
    scale = np.ones(3) if camera is None else np.array([around.aspect(camera), 1.0])
    return points * scale, scale


def _mark(a: Annotation, points: FloatArray, camera: str | None, t_ns: int, around: Around) -> Drawing | None:
    """Words at a point."""
    if not len(points):
        return None
    return Drawing(a, camera, labels=(_label(a, points[0], t_ns, around, dot=True),))


def _line(a: Annotation, points: FloatArray, camera: str | None, t_ns: int, around: Around) -> Drawing | None:
    ends, _ = _metric(points, camera, around)
    if np.linalg.norm(ends[1] - ends[0]) < _SHORTEST:
        return None
    stroke = Stroke(points, colour_of(a))
    return Drawing(a, camera, strokes=(stroke,), labels=_words_at(a, points.mean(0), t_ns, around))


def _arrow(a: Annotation, points: FloatArray, camera: str | None, t_ns: int, around: Around) -> Drawing | None:
    (tail, tip), scale = _metric(points, camera, around)
    length = float(np.linalg.norm(tip - tail))
    if length < _SHORTEST:
        return None
    head = min(STYLE.head_m if camera is None else STYLE.head_picture, STYLE.head_share * length)
    back = tip - (head / length) * (tip - tail)
    rgb = colour_of(a)
    # The line ends inside the head, so that neither its end shows nor a gap.
    line = np.stack([tail, back + 0.25 * (tip - back)]) / scale
    arrow_head = Head(tip / scale, back / scale, STYLE.head_slim * head, rgb)
    return Drawing(
        a, camera, strokes=(Stroke(line, rgb),), heads=(arrow_head,), labels=_words_at(a, points[0], t_ns, around)
    )


def _angle(a: Annotation, points: FloatArray, camera: str | None, t_ns: int, around: Around) -> Drawing | None:
    (one, vertex, other), scale = _metric(points, camera, around)
    u, v = one - vertex, other - vertex
    lengths = np.array([np.linalg.norm(u), np.linalg.norm(v)])
    rgb = colour_of(a)
    arms = Stroke(points, rgb)
    if lengths.min() < _SHORTEST:
        return Drawing(a, camera, strokes=(arms,)) if lengths.max() >= _SHORTEST else None
    u, v = u / lengths[0], v / lengths[1]
    radius = min(STYLE.arc_share * float(lengths.min()), STYLE.arc_m if camera is None else STYLE.arc_picture)
    turn = 2.0 * float(np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v)))
    bow = _between(u, v, turn)
    arc = (vertex + radius * bow) / scale
    strokes = (arms, Stroke(arc, rgb, 0.7))
    # A sector of more than half a turn is none: the angle of two arms is at most half a turn.
    sector = Fill(np.concatenate([vertex[None] / scale, arc]), rgb, 0.22)
    middle = (vertex + 1.35 * radius * bow[len(bow) // 2]) / scale
    return Drawing(a, camera, strokes=strokes, fills=(sector,), labels=_words_at(a, middle, t_ns, around))


def _between(u: FloatArray, v: FloatArray, turn_rad: float) -> FloatArray:
    """Return unit vectors from one to another in even steps, shape (n, 2 or 3)."""
    across = v - (v @ u) * u
    size = float(np.linalg.norm(across))
    if size < 1e-9:
        # Straight, or folded onto itself: any direction at right angles will do.
        least = np.eye(len(u))[int(np.argmin(np.abs(u)))]
        across = least - (least @ u) * u
        size = float(np.linalg.norm(across))
    steps = np.linspace(0.0, turn_rad, max(int(np.ceil(turn_rad / STYLE.arc_step_rad)), 2) + 1)[:, None]
    return np.asarray(np.cos(steps) * u + np.sin(steps) * (across / size))


def _circle(a: Annotation, points: FloatArray, camera: str | None, t_ns: int, around: Around) -> Drawing | None:
    (middle, rim), scale = _metric(points, camera, around)
    radius = float(np.linalg.norm(rim - middle))
    if radius < _SHORTEST:
        return None
    rgb = colour_of(a)
    if camera is None:
        labels = _words_at(a, middle + np.array([0.0, 0.0, radius]), t_ns, around)
        return Drawing(a, None, rims=(Rim(middle, radius, rgb),), labels=labels)
    turn = np.linspace(0.0, 2.0 * np.pi, STYLE.ring_steps, endpoint=False)
    ring = (middle + radius * np.stack([np.cos(turn), np.sin(turn)], 1)) / scale
    labels = _words_at(a, (middle - np.array([0.0, radius])) / scale, t_ns, around)
    return Drawing(a, camera, strokes=(Stroke(ring, rgb, closed=True),), labels=labels)


def _freehand(a: Annotation, points: FloatArray, camera: str | None, t_ns: int, around: Around) -> Drawing | None:
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    kept = points[np.concatenate([[True], steps > 0.0])]
    if len(kept) < 2:
        return None
    return Drawing(a, camera, strokes=(Stroke(kept, colour_of(a)),), labels=_words_at(a, kept[0], t_ns, around))


def _plane(a: Annotation, points: FloatArray, camera: str | None, t_ns: int, around: Around) -> Drawing | None:
    """A rectangle in the plane of three points, with the first side along the first two, that holds all three."""
    corners, scale = _metric(points, camera, around)
    u, w = corners[1] - corners[0], corners[2] - corners[0]
    size = float(np.linalg.norm(u))
    if size < _SHORTEST:
        return None
    u = u / size
    v = w - (w @ u) * u
    across = float(np.linalg.norm(v))
    if across < _SHORTEST:  # on one line: no plane
        return None
    v = v / across
    flat = (corners - corners[0]) @ np.stack([u, v], 1)
    low, high = flat.min(0), flat.max(0)
    margin = STYLE.plane_margin * float((high - low).max())
    low, high = low - margin, high + margin
    rgb = colour_of(a)

    def at(x: float, y: float) -> FloatArray:
        return np.asarray((corners[0] + x * u + y * v) / scale)

    outline = np.stack([at(low[0], low[1]), at(high[0], low[1]), at(high[0], high[1]), at(low[0], high[1])])
    strokes = [Stroke(outline, rgb, 0.8, closed=True)]
    # A grid tells how a plane lies in space.
    for part in (0.25, 0.5, 0.75):
        x, y = low + part * (high - low)
        strokes.append(Stroke(np.stack([at(x, low[1]), at(x, high[1])]), rgb, 0.35, alpha=0.45))
        strokes.append(Stroke(np.stack([at(low[0], y), at(high[0], y)]), rgb, 0.35, alpha=0.45))
    top = outline[np.argmax(outline[:, 2])] if camera is None else outline[np.argmin(outline[:, 1])]
    return Drawing(
        a, camera, strokes=tuple(strokes), fills=(Fill(outline, rgb, 0.16),), labels=_words_at(a, top, t_ns, around)
    )


def _words_at(a: Annotation, place: FloatArray, t_ns: int, around: Around) -> tuple[Label, ...]:
    """Return a drawing's words, where it has any or measures something."""
    label = _label(a, np.asarray(place, dtype=np.float64), t_ns, around, dot=False)
    return (label,) if label.said else ()


FORMS: dict[str, Form] = {
    "text": _mark, "tag": _mark, "drill": _mark, "rating": _mark, "voice": _mark, "pair": _mark,
    "line": _line, "arrow": _arrow, "angle": _angle, "circle": _circle, "freehand": _freehand, "plane": _plane,
}  # fmt: skip
