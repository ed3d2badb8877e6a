"""Annotations in a scene: lines that face every eye, faint where something hides them, and words over everything.

One node draws all lines (three times: edge, body, and what is hidden), one all words. Nothing is built in a frame in
which nothing has changed, and no node is added after the first.
"""

import operator
from dataclasses import dataclass, replace

import numpy as np
import panda3d.core as p3d

from twinswing.body.camera import PinholeCamera
from twinswing.body.skeleton import JOINT
from twinswing.review.model import Annotation
from twinswing.stage import geom, shaders
from twinswing.stage.annotation_mesh import mesh_of
from twinswing.stage.annotation_parts import Drawing, FloatArray, Head, Label, Shapes
from twinswing.stage.annotation_words import STYLE, WordStyle, arranged, mark_rows, set_label, text_px
from twinswing.stage.material import blend
from twinswing.stage.plant_instances import buffer_texture, instanced, over_all, quad, write_texture
from twinswing.stage.plant_labels import Block
from twinswing.stage.plant_text import load_atlas

_HEAD_M = 0.14  # half a head's height, and a little
_MOST_CAPTIONS = 4  # at once at a picture's foot
_MOST_ANGLES = 8  # whose arms are kept free of words
_MOST_BLOCKS = 500  # words that are kept set
# What lies on a picture is drawn this far before the camera that took it: nearer than anything else.
_PICTURE_M = 0.25


@dataclass(frozen=True)
class LineStyle:
    """How lines are drawn.

    half_width_m, least : half of a line's width, metres, and its least as a part of the distance: two pixels of a
                          picture 1000 pixels high and 30 degrees wide are 0.0011.
    edge                : how far the edge reaches beyond a line, in its half widths. hidden: strength of what something
                          hides: seen, and not taken for what lies before it.
    """

    half_width_m: float = 0.005
    least: float = 0.0017
    edge: float = 0.75
    hidden: float = 0.30


# Beside machines of two metres a golfer's line would be a hair.
PLANT_LINES = LineStyle(half_width_m=0.015)
# As large as the plant's own labels.
PLANT_WORDS = replace(STYLE, scale=0.8)


@dataclass(frozen=True)
class Picture:
    """A camera's picture that fills a view: the camera's name, and its width by its height."""

    camera: str
    aspect: float


class AnnotationScene:
    """The annotations below `parent`, in whose frame they lie."""

    def __init__(
        self, parent: p3d.NodePath, lines: LineStyle | None = None, words: WordStyle = STYLE, most_labels: int = 64
    ) -> None:
        self.lines, self.words = lines or LineStyle(), words
        self.node = parent.attach_new_node("annotations")
        self._geom = p3d.GeomNode("drawings")
        self._drawn: list[p3d.NodePath] = []
        for order, edge, alpha, test in (
            (50, 0.0, self.lines.hidden, p3d.RenderAttrib.M_greater),
            (51, 1.0, 0.85, p3d.RenderAttrib.M_less_equal),
            (52, 0.0, 1.0, p3d.RenderAttrib.M_less_equal),
        ):
            self._add_pass(order, edge, alpha, test)
        self._most = most_labels
        self._labels = buffer_texture("annotations' places", most_labels)
        self._glyphs = buffer_texture("annotations' glyphs", 2048)
        self._text = quad(self.node, "annotations' words", 0.0, 1.0)
        self._text.set_shader(shaders.load("plant_label", "INSTANCED"))
        over_all(self._text, 62)
        self._atlas, self._wide = load_atlas(), False
        self._text.set_shader_inputs(
            labels=self._labels, glyphs=self._glyphs, atlas=self._atlas.texture, plate=p3d.LVecBase4f(*words.plate)
        )
        instanced(self._text, 1)
        self._text.hide()
        self._shapes = Shapes()
        self._camera: PinholeCamera | None = None
        self._wanted: tuple[Picture | None, bool] = (None, False)
        self._corner: Label | None = None
        self._free: FloatArray = np.zeros((0, 4))
        self._mesh_of: tuple[Drawing, ...] = ()
        self._written: tuple[list[Block], bytes] | None = None
        self._blocks: dict[object, Block] = {}
        self._laid: dict[str, tuple[Drawing, PinholeCamera, Picture, Drawing]] = {}
        self.set_text_scale(2.0 / 960.0, 2.0 / 540.0)

    def _add_pass(self, order: int, edge: float, alpha: float, test: int) -> None:
        node = self.node.attach_new_node(self._geom if not self._drawn else self._geom.make_copy())
        node.set_shader(shaders.load("annotation"))
        node.set_shader_inputs(
            line_width=p3d.LVecBase4f(self.lines.half_width_m, self.lines.least, self.lines.edge, 0.0),
            line_pass=p3d.LVecBase4f(edge, alpha, 0.0, 0.0),
        )
        node.set_two_sided(True)
        blend(node, order)
        node.set_attrib(p3d.DepthTestAttrib.make(test))
        node.hide()
        self._drawn.append(node)

    def set_text_scale(self, across: float, up: float) -> None:
        """Set how large a text pixel is in clip space (2 is the whole picture), for whoever draws without a camera."""
        self._text.set_shader_input("text_scale", p3d.LVecBase4f(across, up, 0.0, 0.0))

    def show(
        self, shapes: Shapes, camera: PinholeCamera | None = None, *, picture: Picture | None = None,
        captions: bool = False, corner: Label | None = None, free_px: FloatArray | None = None,
    ) -> bool:  # fmt: skip
        """Take what is shown from now on; tell if anything was changed.

        camera : of the next frame: keeps words in the picture and off each other; None leaves them over their places.
        picture : which camera's picture fills the view, whose drawings are then drawn on it; else they are left out.
        captions : also write what has no place, at the foot of the picture; needs a camera.
        corner : words for the picture's top left corner; needs a camera.
        free_px : rectangles (left, top, right, bottom), pixels, that no words may cover, such as a face: shape (n, 4).
        """
        free = np.zeros((0, 4)) if free_px is None else free_px
        same = camera is self._camera and (picture, captions) == self._wanted and corner is self._corner
        if shapes is self._shapes and same and np.array_equal(free, self._free):
            return False
        self._shapes, self._camera, self._wanted, self._corner = shapes, camera, (picture, captions), corner
        self._free = free
        drawings = [d for d in shapes.drawings if d.camera is None]
        if camera is not None and picture is not None:
            drawings += [self._laid_before(d, camera, picture) for d in shapes.picture(picture.camera)]
        changed = self._show_lines(tuple(drawings))
        labels = [label for d in drawings for label in d.labels]
        if camera is not None:
            free = np.concatenate([free, _arms_px(drawings, camera, self.words)])
        return self._show_words(labels, shapes.captions if captions else (), camera, free) or changed

    def clear(self) -> None:
        """Show none."""
        self.show(Shapes())

    def _laid_before(self, drawing: Drawing, camera: PinholeCamera, picture: Picture) -> Drawing:
        held = self._laid.get(drawing.annotation.ident)
        if held is None or held[0] is not drawing or held[1] is not camera or held[2] != picture:
            if len(self._laid) > 4 * self._most:
                self._laid.clear()
            held = (drawing, camera, picture, laid_before(drawing, camera, picture))
            self._laid[drawing.annotation.ident] = held
        return held[3]

    def _show_lines(self, drawings: tuple[Drawing, ...]) -> bool:
        held = self._mesh_of
        if len(held) == len(drawings) and all(a is b for a, b in zip(held, drawings, strict=True)):
            return False
        self._mesh_of = drawings
        columns, indices = mesh_of(drawings)
        made = geom.triangles("drawings", columns, indices) if len(indices) else None
        for path in self._drawn:
            node = path.node()
            node.remove_all_geoms()
            if made is None:
                path.hide()
            else:
                node.add_geoms_from(made)
                geom.never_cull(node)
                path.show()
        return True

    def _show_words(
        self, labels: list[Label], captions: tuple[tuple[Annotation, Label], ...], camera: PinholeCamera | None,
        free_px: FloatArray,
    ) -> bool:  # fmt: skip
        captions = captions[:_MOST_CAPTIONS] if camera is not None else ()
        corner = self._corner if camera is not None else None
        labels = labels[: self._most - len(captions) - 1]
        self._take_scripts([label.text for label in labels], captions)
        blocks = [self._block(label) for label in labels]
        blocks += [self._block(label, caption=True, who=a.author) for a, label in captions]
        blocks += [self._block(corner, caption=True)] if corner is not None else []
        if not blocks:
            changed, self._written = self._written is not None, None
            self._text.hide()
            return changed
        places = np.ones((len(blocks), 4), dtype=np.float32)
        places[: len(labels), :3] = np.array([label.place for label in labels]).reshape(-1, 3)
        moves = np.zeros((len(blocks), 2))
        if camera is not None:
            scale = self.words.scale * text_px(camera.width_px, camera.height_px)
            self.set_text_scale(2.0 * scale / camera.width_px, 2.0 * scale / camera.height_px)
            fixed = blocks[len(labels) :]
            feet, taken = _stack(fixed, camera, scale, self.words, corner=corner is not None)
            places[len(labels) :, :3] = feet
            taken = np.concatenate([taken, free_px])
            moves[: len(labels)] = _moves(labels, blocks[: len(labels)], camera, scale, self.words, taken)
        write_texture(self._labels, places)
        # The blocks themselves: the number of one that is gone may be the next one's.
        held, at = self._written or ([], b""), moves.round(1).tobytes()
        if held[1] != at or len(held[0]) != len(blocks) or any(map(operator.is_not, held[0], blocks)):
            self._written = (blocks, at)
            self._write(labels, blocks, moves)
        return True

    def _write(self, labels: list[Label], blocks: list[Block], moves: FloatArray) -> None:
        marks, plates = [], []
        for slot, (block, move) in enumerate(zip(blocks, moves, strict=True)):
            if slot < len(labels) and labels[slot].dot:
                marks.append(mark_rows(labels[slot], block.box + np.tile(move, 2), self.words))
                marks[-1][:, 12] = slot
            part = block.rows.copy()
            part[:, [0, 2]] += move[0]
            part[:, [1, 3]] += move[1]
            part[:, 12] = slot
            plates.append(part)
        # No mark may lie over another's words.
        glyphs = np.concatenate(marks + plates)
        if glyphs.size > self._glyphs.get_x_size() * 4:
            self._glyphs = buffer_texture("annotations' glyphs", glyphs.size // 2)
            self._text.set_shader_input("glyphs", self._glyphs)
        write_texture(self._glyphs, glyphs)
        self._text.set_instance_count(len(glyphs))
        self._text.show()

    def _take_scripts(self, texts: list[str], captions: tuple[tuple[Annotation, Label], ...]) -> None:
        """Change to the glyphs of more scripts when a text needs them."""
        if self._wide or all(map(self._atlas.has, [*texts, *(a.author + label.text for a, label in captions)])):
            return
        self._wide = True
        self._atlas = load_atlas(wide=True)
        self._blocks.clear()
        self._text.set_shader_input("atlas", self._atlas.texture)

    def _block(self, label: Label, *, caption: bool = False, who: str = "") -> Block:
        """Return a label's words as they were set before, as long as they say the same; the store is bounded."""
        heard = None if label.played is None else round(label.played * self.words.bars)
        words = (label.read_out, label.text, label.detail)
        key = (words, label.kind, label.rgb, label.rating, label.peaks, heard, caption, who)
        found = self._blocks.get(key)
        if found is None:
            if len(self._blocks) > _MOST_BLOCKS:
                self._blocks.clear()
            found = self._blocks[key] = set_label(label, caption=caption, who=who, style=self.words, atlas=self._atlas)
        return found


def _arms_px(drawings: list[Drawing], camera: PinholeCamera, style: WordStyle) -> FloatArray:
    """Return small squares along the arms of angles, pixels, shape (n, 4): no words may cover what they tell."""
    angles = [d for d in drawings if d.annotation.kind == "angle" and d.strokes][:_MOST_ANGLES]
    if not angles:
        return np.zeros((0, 4))
    parts = np.linspace(0.0, 2.0, 9)
    arms = [d.strokes[0].points for d in angles]
    points = np.concatenate([
        np.stack([np.interp(parts, np.arange(len(arm)), arm[:, k]) for k in range(3)], 1) for arm in arms
    ])  # fmt: skip
    spots = camera.project(points)
    spots = spots[np.isfinite(spots).all(1)]
    half = 4.0 * style.scale * text_px(camera.width_px, camera.height_px)
    return np.concatenate([spots - half, spots + half], 1)


def head_px(joints_m: FloatArray, camera: PinholeCamera) -> FloatArray:
    """Return the rectangle of the golfer's head in a picture, shape (1, 4); none where it is not before the camera.

    joints_m: of the body, world metres, shape (23, 3).
    """
    head = joints_m[JOINT["head"]]
    depth = float(camera.to_camera(head)[2])
    if depth < _PICTURE_M:
        return np.zeros((0, 4))
    x, y = camera.project(head)
    half = _HEAD_M / depth * camera.focal_px
    return np.array([[x - half, y - half, x + half, y + half]])


def _moves(
    labels: list[Label], blocks: list[Block], camera: PinholeCamera, scale: float, style: WordStyle, taken: FloatArray
) -> FloatArray:
    """Return how far plates are moved so that none covers another; what is out of sight stays as it is."""
    moves = np.zeros((len(labels), 2))
    if not labels:
        return moves
    spots = np.nan_to_num(camera.project(np.stack([label.place for label in labels])), nan=-1.0)
    size = (camera.width_px, camera.height_px)
    inside = (spots >= 0.0).all(1) & (spots <= size).all(1)
    boxes = np.stack([block.box for block in blocks])
    moves[inside] = arranged(spots[inside], boxes[inside], size, scale, style, taken)
    return moves


def _stack(
    captions: list[Block], camera: PinholeCamera, scale: float, style: WordStyle, *, corner: bool
) -> tuple[FloatArray, FloatArray]:
    """Return where captions stand, one above the other at the picture's foot, the last one in its corner if `corner`.

    World places, shape (n, 3), and the rectangles that they take (left, top, right, bottom), pixels, shape (n, 4).
    """
    spots, taken = np.zeros((len(captions), 2)), np.zeros((len(captions), 4))
    edge = 3.0 * style.gap_px * scale
    y = camera.height_px - edge
    for i, block in enumerate(captions):
        left, bottom, right, top = block.box * scale
        # In a wide picture beside the golfer's feet and the ball, which matter.
        wide = camera.width_px > 1.2 * camera.height_px
        middle = edge - left if wide else camera.width_px / 2
        if corner and i == len(captions) - 1:
            middle, y = edge - left, edge + top - bottom
        spots[i] = middle, y
        taken[i] = middle + left, y - (top - bottom), middle + right, y
        y -= top - bottom + style.gap_px * scale
    return _unprojected(spots, camera), taken


def _unprojected(pixels: FloatArray, camera: PinholeCamera) -> FloatArray:
    """Return world points at `_PICTURE_M` before a camera that lie under pixels, shape (n, 3)."""
    flat = (pixels - np.asarray(camera.centre_px)) / camera.focal_px
    return np.asarray(
        camera.position_m + _PICTURE_M * np.concatenate([flat, np.ones((len(flat), 1))], 1) @ camera.rotation
    )


def laid_before(drawing: Drawing, camera: PinholeCamera, picture: Picture) -> Drawing:
    """Put a drawing on a picture into the world, close before a camera whose view that picture fills (`fitted`)."""
    width, height = camera.width_px, camera.height_px
    high = min(height, width / picture.aspect)
    size = np.array([high * picture.aspect, high])
    corner = (np.array([width, height]) - size) / 2

    def at(points: FloatArray) -> FloatArray:
        return _unprojected(np.atleast_2d(points) * size + corner, camera)

    metres = high / camera.focal_px * _PICTURE_M  # one height of the picture
    return replace(
        drawing,
        camera=None,
        near=True,
        strokes=tuple(replace(s, points=at(s.points)) for s in drawing.strokes),
        fills=tuple(replace(f, points=at(f.points)) for f in drawing.fills),
        heads=tuple(Head(at(h.tip)[0], at(h.back)[0], h.half_width * metres, h.rgb) for h in drawing.heads),
        labels=tuple(replace(label, place=at(label.place)[0]) for label in drawing.labels),
    )
