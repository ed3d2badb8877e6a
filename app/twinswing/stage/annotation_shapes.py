"""What annotations look like, as plain shapes: from remarks and a time to lines, areas and words in their places.

Pure: a window's panel, a headset, a film and a page draw the same shapes. `annotation_parts` has what they are made of,
`annotation_forms` the geometry of each kind.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from twinswing.body.camera import PinholeCamera
from twinswing.review.measure import points_at
from twinswing.review.model import Annotation, InWorld, OnJoint, OnMachine, OnVideo
from twinswing.stage.annotation_forms import FORMS, caption_of, measured, read_text
from twinswing.stage.annotation_parts import (
    Around,
    Drawing,
    Fill,
    FloatArray,
    Head,
    Label,
    MachinePose,
    Rgb,
    Rim,
    Shapes,
    Stroke,
    aspects_of,
    colour_of,
    is_light,
    machine_poses,
    outline_of,
)
from twinswing.timeline.clock import NS_PER_S

__all__ = [
    "Around", "Drawing", "Fill", "Head", "Label", "Layout", "MachinePose", "Rgb", "Rim", "Shapes", "Stroke",
    "aspects_of", "colour_of", "follows_body", "grown", "is_light", "lay_out", "machine_poses", "measured",
    "on_picture", "outline_of", "place_of", "read_text", "shapes_at", "shows_at", "visible",
]  # fmt: skip

_WORDS_FROM, _HEAD_FROM = 0.5, 0.9  # of being drawn, from which words and an arrow's head are seen
_NEAR_M = 0.05  # what is nearer to a camera than this is not in its picture


def shows_at(annotation: Annotation, t_ns: int) -> bool:
    """Tell whether an annotation is to be seen at a session time: also at a pair's other moment in this recording."""
    if annotation.time.shows_at(t_ns):
        return True
    other = annotation.pair_ns
    if other is None or annotation.pair_recording:
        return False
    return other <= t_ns <= other + round(annotation.time.shown_s * NS_PER_S)


def visible(annotations: Iterable[Annotation], t_ns: int, hidden: Collection[str] = ()) -> list[Annotation]:
    """Return what is to be seen at a session time, nanoseconds; layers in `hidden` are left out."""
    return [a for a in annotations if a.layer not in hidden and shows_at(a, t_ns)]


def shapes_at(annotations: Iterable[Annotation], t_ns: int, around: Around | None = None) -> Shapes:
    """Lay out annotations that are visible (`visible`) as they are at a session time, nanoseconds.

    A kind that is not known, joints and machines that are not there, points that coincide give nothing, or less.
    """
    around = around or Around()
    drawings: list[Drawing] = []
    captions: list[tuple[Annotation, Label]] = []
    for annotation in annotations:
        found = lay_out(annotation, t_ns, around)
        if isinstance(found, Label):
            captions.append((annotation, found))
        elif found is not None:
            drawings.append(found)
    return Shapes(tuple(drawings), tuple(captions))


class Layout:
    """Lays annotations out again and again; what has not changed comes back as the same objects."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Annotation, Around, int, Drawing | Label | None]] = {}
        self._last = Shapes()

    def shapes(self, annotations: Iterable[Annotation], t_ns: int, around: Around | None = None) -> Shapes:
        """Return what `shapes_at` does; the very same value where nothing is to be drawn otherwise."""
        around = around or Around()
        held, self._held = self._held, {}
        drawings: list[Drawing] = []
        captions: list[tuple[Annotation, Label]] = []
        for annotation in annotations:
            before = held.get(annotation.ident)
            if before is None or not _still(annotation, t_ns, around, before):
                before = (annotation, around, t_ns, lay_out(annotation, t_ns, around))
            self._held[annotation.ident] = before
            found = before[3]
            if isinstance(found, Label):
                captions.append((annotation, found))
            elif found is not None:
                drawings.append(found)
        last = self._last
        same = [*map(id, last.drawings)] == [*map(id, drawings)] and [id(c) for _, c in last.captions] == [
            id(c) for _, c in captions
        ]
        if not same:
            self._last = Shapes(tuple(drawings), tuple(captions))
        return self._last


def _still(
    annotation: Annotation, t_ns: int, around: Around, before: tuple[Annotation, Around, int, Drawing | Label | None]
) -> bool:
    """Tell whether what was laid out before is what would be laid out now."""
    was, then, when_ns, _ = before
    if was is not annotation and was != annotation:
        return False
    if when_ns != t_ns and (follows_body(annotation) or annotation.pair_ns is not None):
        return False
    return then is around or (
        then.body is around.body
        and (then.machines is around.machines or then.machines == around.machines)
        and then.aspects == around.aspects
        and then.played_s.get(annotation.ident) == around.played_s.get(annotation.ident)
    )


def lay_out(annotation: Annotation, t_ns: int, around: Around) -> Drawing | Label | None:
    """Lay out one annotation: a drawing, a caption for what has no place, None for what cannot be drawn."""
    form = FORMS.get(annotation.kind)
    if form is None:
        return None
    placed = place_of(annotation, t_ns, around)
    if placed is None:
        placeless = not annotation.pins and not annotation.points and isinstance(annotation.anchor, (InWorld, OnVideo))
        return caption_of(annotation, t_ns, around) if placeless else None
    points, camera = placed
    if not np.isfinite(points).all():
        return None
    return form(annotation, points, camera, t_ns, around)


def place_of(annotation: Annotation, t_ns: int, around: Around) -> tuple[FloatArray, str | None] | None:
    """Return where an annotation's points are, shape (n, 2 or 3), and the camera whose picture they lie on, or None.

    What is said of a joint or a machine without a point stands at it (a machine: on its top). None where it has no
    place, or its joint or machine is not known.
    """
    a, anchor = annotation, annotation.anchor
    points = np.asarray(a.points, dtype=np.float64)
    if isinstance(anchor, OnVideo) and not a.pins:
        return (points, anchor.camera) if len(points) else None
    if isinstance(anchor, OnMachine) and not a.pins:
        pose = around.machines.get(anchor.path)
        if pose is None:
            return None
        return pose.to_world(points if len(points) else np.array([[0.0, 0.0, pose.height_m]])), None
    if isinstance(anchor, OnJoint) and not a.pins and not len(points):
        a = replace(a, points=((0.0, 0.0, 0.0),))
    found = points_at(a, t_ns, around.body)
    return None if found is None else (found, None)


def follows_body(annotation: Annotation) -> bool:
    """Tell whether an annotation's shapes change with the time, because it follows the body."""
    return bool(annotation.pins) or isinstance(annotation.anchor, OnJoint)


def grown(drawing: Drawing, part: float) -> Drawing:
    """Return a drawing as it is while it is being drawn: lines up to a part (0 to 1) of their length, then the rest."""
    lengths = [float(np.linalg.norm(np.diff(s.ring, axis=0), axis=1).sum()) for s in drawing.strokes]
    left = part * sum(lengths)
    strokes = []
    for stroke, length in zip(drawing.strokes, lengths, strict=True):
        if left >= length:
            strokes.append(stroke)
        elif left > 0.0:
            strokes.append(replace(stroke, points=_first(stroke.ring, left), closed=False))
        left -= length
    whole = part > _WORDS_FROM
    return replace(
        drawing,
        strokes=tuple(strokes),
        fills=tuple(replace(f, alpha=f.alpha * part) for f in drawing.fills),
        rims=drawing.rims if whole or drawing.strokes else (),
        heads=drawing.heads if part > _HEAD_FROM else (),
        labels=drawing.labels if whole or not (drawing.strokes or drawing.rims) else (),
    )


def _first(points: FloatArray, length: float) -> FloatArray:
    """Return a line's first part of this length."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    kept = points[along < length]
    end = np.array([np.interp(length, along, points[:, k]) for k in range(points.shape[1])])
    return np.concatenate([kept, end[None]])


def on_picture(drawing: Drawing, camera: PinholeCamera, name: str = "main") -> Drawing | None:
    """Project a drawing of the world into a camera's picture, 0 to 1 from its left and top edge.

    Lines are cut where they pass behind the camera; None where nothing is left before it. A drawing that lies on a
    picture comes back as it is.
    """
    if drawing.camera is not None:
        return drawing
    size = np.array([camera.width_px, camera.height_px], dtype=np.float64)
    strokes = [
        replace(stroke, points=camera.project(run) / size, closed=False)
        for stroke in drawing.strokes
        for run in _before(camera, stroke.ring)
    ]
    for rim in drawing.rims:
        depth = float(camera.to_camera(rim.middle)[2])
        if depth > _NEAR_M:
            turn = np.linspace(0.0, 2.0 * np.pi, 65)
            radius = rim.radius_m / depth * camera.focal_px
            ring = camera.project(rim.middle) + radius * np.stack([np.cos(turn), np.sin(turn)], 1)
            strokes.append(Stroke(ring / size, rim.rgb, rim.width))
    fills = [replace(f, points=camera.project(f.points) / size) for f in drawing.fills if _all_before(camera, f.points)]
    heads = []
    for head in drawing.heads:
        depth = float(camera.to_camera(head.back)[2])
        if _all_before(camera, np.stack([head.tip, head.back])):
            half = head.half_width / depth * camera.focal_px / camera.height_px
            heads.append(Head(camera.project(head.tip) / size, camera.project(head.back) / size, half, head.rgb))
    labels = [
        replace(label, place=camera.project(label.place) / size)
        for label in drawing.labels
        if _all_before(camera, label.place[None])
    ]
    if not (strokes or fills or heads or labels):
        return None
    return replace(
        drawing,
        camera=name,
        strokes=tuple(strokes),
        fills=tuple(fills),
        rims=(),
        heads=tuple(heads),
        labels=tuple(labels),
    )


def _all_before(camera: PinholeCamera, points_m: FloatArray) -> bool:
    return bool((camera.to_camera(points_m)[:, 2] > _NEAR_M).all())


def _before(camera: PinholeCamera, points_m: FloatArray) -> list[FloatArray]:
    """Return the runs of a line that lie before the camera, each cut at the nearest that it sees, shapes (k, 3)."""
    depth = camera.to_camera(points_m)[:, 2] - _NEAR_M
    if (depth > 0.0).all():
        return [points_m]
    runs: list[FloatArray] = []
    run: list[FloatArray] = []
    for i in range(len(points_m)):
        crosses = i > 0 and (depth[i] > 0.0) != (depth[i - 1] > 0.0)
        if crosses:
            part = depth[i - 1] / (depth[i - 1] - depth[i])
            run.append(points_m[i - 1] + part * (points_m[i] - points_m[i - 1]))
        if depth[i] > 0.0:
            run.append(points_m[i])
        elif run:
            runs.append(np.array(run))
            run = []
    if run:
        runs.append(np.array(run))
    return [r for r in runs if len(r) > 1]
