"""What is drawn of annotations in a headset: the stage's own lines and words, as large as can be read there."""

import numpy as np
import panda3d.core as p3d

from twinswing.body.camera import PinholeCamera
from twinswing.headset.frames import FloatArray, Fov
from twinswing.headset.notes import Notes
from twinswing.plant.model import Plant
from twinswing.review.model import Annotation
from twinswing.stage.annotation_scene import AnnotationScene, LineStyle
from twinswing.stage.annotation_shapes import Around, Shapes, follows_body, machine_poses, shapes_at

# A text pixel as a part of the distance: a remark's 15 are 18 mm at 1 m, a degree of the view: capitals of 14 pixels in
# a headset of 20 pixels a degree. Larger plates would cover the golfer of whom they speak.
_TEXT_SLOPE = 0.0012
# The picture in which words are kept off each other: 540 text pixels high, so that one is one pixel of it.
_PICTURE_PX = (900, 540)
_AGAIN_M = 0.3  # a head that has moved so far sees words elsewhere
_LINES = LineStyle(half_width_m=0.004)  # drawn at arm's length, where a desktop's line would be a sausage


class NotesView:
    """The annotations of a visit below its root."""

    def __init__(self, root: p3d.NodePath, plant: Plant | None = None) -> None:
        self._scene = AnnotationScene(root, _LINES)
        self.node = self._scene.node
        self._machines = {} if plant is None else machine_poses(plant)
        self._seen: tuple[Annotation, ...] = ()
        self._laid_out_s = 0.0
        self._shapes = Shapes()
        self._from_m: FloatArray | None = None
        self._slopes = (-1.0, 1.0, 1.0, -1.0)

    def fit(self, fov: Fov) -> None:
        """Keep words as large as they are, in a picture of this field."""
        if self._slopes != fov.slopes:
            self._slopes = fov.slopes
            self._size_text()

    def _size_text(self) -> None:
        left, right, up, down = self._slopes
        self._scene.set_text_scale(2.0 * _TEXT_SLOPE / (right - left), 2.0 * _TEXT_SLOPE / (up - down))

    def update(self, notes: Notes, t_s: float, head: FloatArray) -> None:
        """Show what is to be seen at a session time; head: its pose in the world, around which words find room."""
        seen = notes.visible(t_s)
        same = len(seen) == len(self._seen) and all(a is b for a, b in zip(seen, self._seen, strict=True))
        if same and (t_s == self._laid_out_s or not any(follows_body(a) for a in seen)):
            shapes = self._shapes
        else:
            around = Around(body=notes.body, machines=self._machines)
            shapes = shapes_at(seen, round(t_s * 1e9), around) if seen else Shapes()
        self._seen, self._laid_out_s = seen, t_s
        moved = self._from_m is None or float(np.linalg.norm(head[:3, 3] - self._from_m)) > _AGAIN_M
        if shapes is self._shapes and not (moved and seen):
            return
        self._shapes, self._from_m = shapes, head[:3, 3].copy()
        self._scene.show(shapes, _camera(head))
        self._size_text()


def _camera(head: FloatArray) -> PinholeCamera:
    axes = head[:3, :3] / np.linalg.norm(head[:3, 0])
    width, height = _PICTURE_PX
    turn = np.stack([axes[:, 0], -axes[:, 1], -axes[:, 2]])
    return PinholeCamera(width, height, 1.0 / _TEXT_SLOPE, (width / 2, height / 2), head[:3, 3], turn)
