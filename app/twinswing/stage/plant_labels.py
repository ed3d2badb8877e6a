"""Labels in the plant: which are shown from where, without overlap, and their glyphs in one draw call."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.stage import shaders
from twinswing.stage.plant_instances import buffer_texture, instanced, over_all, quad, write_texture
from twinswing.stage.plant_marks import HALF_PX, LIFT_PX
from twinswing.stage.plant_text import GLYPH, PLATE, Rows, load_atlas, shape_row, shortened

FloatArray = NDArray[np.float64]
_ALARMED = 100.0  # the least score of a label with an alarm, or that a person points at
Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class LabelStyle:
    """How labels look and when they are seen.

    near_m, far_m     : a label without anything to say is whole up to the nearer distance and gone at the farther: at
                        25 m a machine of 2 m is 4 degrees wide, about as wide as its name.
    most              : labels at once; more are not read but searched.
    gap_px            : between labels, text pixels.
    name_em_px, detail_em_px: sizes of the two lines, text pixels (as those of the panels).
    """

    near_m: float = 15.0
    far_m: float = 26.0
    most: int = 40
    gap_px: float = 4.0
    name_em_px: float = 14.5
    detail_em_px: float = 12.5
    pad_px: tuple[float, float] = (7.0, 4.0)
    lift_px: float = 8.0
    longest: int = 58
    ink: Rgb = (0.12, 0.14, 0.16)
    faint: Rgb = (0.33, 0.36, 0.39)


@dataclass(frozen=True)
class Said:
    """What a label says: name, a second line, a sign before it (see `plant_text`; GLYPH for none) and its colour.

    letter: inside the sign. rim: the plate's edge. lift_px: how much higher than others, for a marker below it.
    """

    name: str
    detail: str = ""
    sign: float = GLYPH
    sign_rgb: Rgb = (0.4, 0.4, 0.4)
    letter: str = ""
    rim: Rgb = (0.62, 0.65, 0.68)
    lift_px: float = 0.0


@dataclass(frozen=True, eq=False)
class Block:
    """A label laid out: glyph rows about its place and its box (left, bottom, right, top), text pixels."""

    rows: Rows
    box: FloatArray


def lay_out(said: Said, style: LabelStyle) -> Block:
    """Lay a label out, centred above its place."""
    atlas = load_atlas()
    name, detail = shortened(said.name, style.longest), shortened(said.detail, style.longest)
    pad_x, pad_y = style.pad_px
    sign_px = style.detail_em_px * 0.95 if said.sign != GLYPH else 0.0
    name_w = atlas.width(name, style.name_em_px)
    detail_w = atlas.width(detail, style.detail_em_px) + (sign_px + 5.0 if sign_px else 0.0)
    two = bool(detail) or bool(sign_px)
    width = max(name_w, detail_w) + 2 * pad_x
    height = style.name_em_px * 1.05 + (style.detail_em_px * 1.25 if two else 0.0) + 2 * pad_y
    bottom = style.lift_px + said.lift_px
    box = np.array([-width / 2, bottom, width / 2, bottom + height])
    parts = [shape_row(PLATE, (box[0], box[1]), (box[2], box[3]), said.rim)]
    first = box[3] - pad_y - style.name_em_px * 0.86
    parts.append(atlas.place(name, -name_w / 2, first, style.name_em_px, style.ink))
    second = box[1] + pad_y + style.detail_em_px * 0.22
    x = -detail_w / 2
    if sign_px:
        low = second - 0.12 * sign_px
        parts.append(shape_row(said.sign, (x, low), (x + sign_px, low + sign_px), said.sign_rgb))
        if said.letter:
            em = sign_px * 0.74
            inset = (sign_px - atlas.width(said.letter, em)) / 2
            parts.append(atlas.place(said.letter, x + inset, low + sign_px * 0.25, em, (1.0, 1.0, 1.0)))
        x += sign_px + 5.0
    if detail:
        parts.append(atlas.place(detail, x, second, style.detail_em_px, style.faint))
    return Block(np.concatenate(parts), box)


def choose(boxes_px: FloatArray, scores: FloatArray, most: int, gap_px: float = 0.0) -> NDArray[np.int64]:
    """Return which boxes (left, top, right, bottom; shape (n, 4)) to show so that none overlap, best score first."""
    order = np.argsort(-scores, kind="stable")[: 3 * most]
    taken = np.empty((most, 4))
    kept: list[int] = []
    for i in order.tolist():
        left, top, right, bottom = boxes_px[i]
        have = taken[: len(kept)]
        clash = (
            (have[:, 0] < right + gap_px) & (have[:, 2] > left - gap_px)
            & (have[:, 1] < bottom + gap_px) & (have[:, 3] > top - gap_px)
        )  # fmt: skip
        if clash.any():
            continue
        taken[len(kept)] = boxes_px[i]
        kept.append(i)
        if len(kept) == most:
            break
    return np.array(kept, dtype=np.int64)


class Labels:
    """The labels of a plant: say what each says, then place them for a camera."""

    def __init__(self, parent: p3d.NodePath, anchors_m: FloatArray, style: LabelStyle | None = None) -> None:
        self.style = style or LabelStyle()
        self.anchors_m = np.array(anchors_m, dtype=float).reshape(-1, 3)
        self.scores = np.zeros(len(self.anchors_m))
        self.reach_m = np.full(len(self.anchors_m), self.style.far_m)
        self.from_m = np.zeros(len(self.anchors_m))
        self._blocks: dict[Said, Block] = {}
        self._shown: tuple[tuple[int, Said], ...] = ()
        self.node = quad(parent, "labels", 0.0, 1.0)
        self.node.set_shader(shaders.load("plant_label", "INSTANCED"))
        over_all(self.node, 60)
        self._labels = buffer_texture("labels", self.style.most)
        self._glyphs = buffer_texture("glyphs", 4096)
        self.node.set_shader_inputs(
            labels=self._labels, glyphs=self._glyphs, atlas=load_atlas().texture,
            plate=p3d.LVecBase4f(0.97, 0.975, 0.98, 0.88),
        )  # fmt: skip
        instanced(self.node, 1)
        self.node.hide()

    def block(self, said: Said) -> Block:
        """Return a label laid out, from a bounded store."""
        found = self._blocks.get(said)
        if found is None:
            if len(self._blocks) > 4000:
                self._blocks.clear()
            found = self._blocks[said] = lay_out(said, self.style)
        return found

    def shown(self) -> tuple[int, ...]:
        """Return the numbers of the labels that are shown."""
        return tuple(number for number, _ in self._shown)

    def place(
        self, camera: PinholeCamera, pixel_scale: float, say: Callable[[int], Said | None],
        marks_m: FloatArray | None = None,
    ) -> None:  # fmt: skip
        """Choose and fade labels for a camera.

        pixel_scale: picture pixels a text pixel. say: tells what a label says, asked only of those that may be seen.
        marks_m: places of alarm markers, shape (k, 3), under which no label of what is in order may lie.
        """
        points = camera.to_camera(self.anchors_m)
        depth = points[:, 2]
        distance = np.linalg.norm(points, axis=1)
        near = self.reach_m * (self.style.near_m / self.style.far_m)
        alpha = np.clip((self.reach_m - distance) / np.maximum(self.reach_m - near, 1e-9), 0.0, 1.0)
        alpha = alpha * alpha * (3.0 - 2.0 * alpha)
        alpha *= np.clip((distance - self.from_m) / 4.0 + 1.0, 0.0, 1.0)
        px = points[:, :2] / np.maximum(depth, 0.05)[:, None] * camera.focal_px + np.asarray(camera.centre_px)
        inside = (
            (depth > 0.3) & (px[:, 0] > -60) & (px[:, 0] < camera.width_px + 60) & (px[:, 1] > -10)
            & (px[:, 1] < camera.height_px + 80)
        )  # fmt: skip
        candidates = np.flatnonzero((alpha > 0.02) & inside)
        # The nearer of two equals; what has something to say (a higher score) before any that has not.
        rank = self.scores[candidates] - distance[candidates] * 1e-3
        best = candidates[np.argsort(-rank, kind="stable")[: 3 * self.style.most]]
        found = {i: said for i in best.tolist() if (said := say(i)) is not None}
        best = np.array(list(found), dtype=np.int64)
        if not len(best):
            self._show((), alpha)
            return
        boxes = np.stack([self.block(said).box for said in found.values()]) * pixel_scale
        spot = px[best]
        on_picture = np.stack(
            [spot[:, 0] + boxes[:, 0], spot[:, 1] - boxes[:, 3], spot[:, 0] + boxes[:, 2], spot[:, 1] - boxes[:, 1]], 1
        )
        if marks_m is not None and len(marks_m):
            under = self._under(on_picture, camera, marks_m, pixel_scale) & (self.scores[best] < _ALARMED)
            best, on_picture = best[~under], on_picture[~under]
        kept = best[choose(on_picture, -np.arange(len(best), dtype=float), self.style.most, self.style.gap_px)]
        kept = kept[np.argsort(-distance[kept])]
        self._show(tuple((i, found[i]) for i in kept.tolist()), alpha)

    @staticmethod
    def _under(
        boxes_px: FloatArray, camera: PinholeCamera, marks_m: FloatArray, pixel_scale: float
    ) -> NDArray[np.bool_]:
        """Tell which boxes overlap the sign of any marker, shape (boxes,)."""
        spots = camera.project(marks_m) - [0.0, LIFT_PX * pixel_scale]
        reach = HALF_PX * 1.2 * pixel_scale
        left, top, right, bottom = boxes_px.T[:, :, None]
        with np.errstate(invalid="ignore"):
            x, y = spots[:, 0], spots[:, 1]
            hit = (x + reach > left) & (x - reach < right) & (y + reach > top) & (y - reach < bottom)
        return np.asarray(hit.any(1))

    def clear(self) -> None:
        """Show none."""
        self._show((), np.zeros(len(self.anchors_m)))

    def _show(self, shown: tuple[tuple[int, Said], ...], alpha: FloatArray) -> None:
        if not shown:
            self._shown = ()
            self.node.hide()
            return
        numbers = [number for number, _ in shown]
        places = np.concatenate([self.anchors_m[numbers], alpha[numbers][:, None]], 1).astype(np.float32)
        write_texture(self._labels, places)
        if shown == self._shown:
            return
        rows = []
        for slot, (_, said) in enumerate(shown):
            block = self.block(said).rows.copy()
            block[:, 12] = slot
            rows.append(block)
        glyphs = np.concatenate(rows)
        if glyphs.size > self._glyphs.get_x_size() * 4:
            self._glyphs = buffer_texture("glyphs", glyphs.size // 2)
            self.node.set_shader_input("glyphs", self._glyphs)
        write_texture(self._glyphs, glyphs)
        self.node.set_instance_count(len(glyphs))
        self.node.show()
        self._shown = shown
