"""What a viewer sees of themselves: hands, rays, the teleport's arc; before the eyes the lenses' mask and a ring."""

from collections.abc import Sequence

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.headset.being import Being
from twinswing.headset.frames import FloatArray, Fov
from twinswing.headset.hands import SIDES
from twinswing.headset.notes_card import rgb_of
from twinswing.headset.stereo import StereoPicture, panda_matrix
from twinswing.stage import geom, shaders
from twinswing.stage.material import Material, apply_material, blend, no_shadow

_RAY_M = 5.0
_ARC_POINTS = 24
_OVER_CARDS = 110  # of the order of drawing: a ray before a card is seen on it
_RAY_RGBA, _HIT_RGBA = (0.75, 0.85, 0.9, 0.45), (0.28, 0.80, 0.67, 0.9)
_GO_RGBA, _NO_RGBA = (0.28, 0.80, 0.67, 0.85), (0.93, 0.38, 0.33, 0.7)


def _rod(name: str, sides: int = 6) -> p3d.GeomNode:
    """Make a rod of radius 1 from the origin to -Z 1."""
    angle = np.linspace(0.0, 2 * np.pi, sides + 1)[:-1]
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(sides)], 1)
    vertex = np.concatenate([ring, ring - [0.0, 0.0, 1.0]])
    i, j = np.arange(sides), (np.arange(sides) + 1) % sides
    triangles = np.concatenate([np.stack([i, i + sides, j], 1), np.stack([j, i + sides, j + sides], 1)])
    return geom.triangles(name, {"vertex": vertex}, triangles)


def _controller() -> p3d.NodePath:
    """Make what stands for a controller: a handle along the grip's Z with a head that points."""
    body = p3d.NodePath("controller")
    handle = body.attach_new_node(geom.sphere("handle", 1.0, 8))
    handle.set_scale(0.019, 0.019, 0.055)
    front = body.attach_new_node(geom.sphere("front", 1.0, 8))
    front.set_scale(0.024, 0.024, 0.030)
    front.set_pos(0.0, 0.0, -0.055)
    for part, grey in ((handle, 0.06), (front, 0.12)):
        # Their normals are those of a sphere of the same scale; at this size no one sees the difference.
        apply_material(part, Material((grey, grey, grey * 1.1), 0.45))
    no_shadow(body)
    return body


class Viewer:
    """The nodes of one being below its visit's root."""

    def __init__(self, being: Being) -> None:
        self._being = being
        self.node = being.visit.root.attach_new_node("viewer")
        self._hands, self._rays, self._arcs, self._rings = [], [], [], []
        for side in SIDES:
            hand = _controller()
            hand.reparent_to(self.node)
            ray = self.node.attach_new_node(_rod(f"{side} ray"))
            ring = self.node.attach_new_node(_disc())
            for flat in (ray, ring):
                flat.set_shader(shaders.load("flat"))
                flat.set_two_sided(True)
                blend(flat, _OVER_CARDS)
            arc = self.node.attach_new_node(f"{side} arc")
            for _ in range(_ARC_POINTS - 1):
                arc.attach_new_node(_rod("part", 4))
            arc.set_shader(shaders.load("flat"))
            blend(arc, _OVER_CARDS)
            for node in (hand, ray, ring, arc):
                node.set_shader_input("flat_color", p3d.LVecBase4f(*_RAY_RGBA))
                node.hide()
            self._hands.append(hand)
            self._rays.append(ray)
            self._arcs.append(arc)
            self._rings.append(ring)
        self._tips, self._joints = ([self._dot(name) for _ in SIDES] for name in ("pen's tip", "joint"))
        self._quad: list[p3d.NodePath] = []

    def _dot(self, name: str) -> p3d.NodePath:
        dot = self.node.attach_new_node(geom.sphere(name, 1.0, 8))
        dot.set_shader(shaders.load("flat"))
        dot.set_shader_input("flat_color", p3d.LVecBase4f(*_HIT_RGBA))
        blend(dot, _OVER_CARDS + 1)
        dot.set_depth_test(name != "joint")  # a joint lies in the body
        dot.hide()
        return dot

    def fit(self, fov: Fov) -> None:
        """Learn the field of the eyes, by which words keep their size."""
        if self._being.visit.marks is not None:
            self._being.visit.marks.fit(fov)

    def update(self) -> None:
        """Move everything to where the being's hands are."""
        grips = self._being.grips()
        for side, name in enumerate(SIDES):
            grip = grips.get(name)
            _show(self._hands[side], grip is not None)
            if grip is not None:
                self._hands[side].set_mat(panda_matrix(grip))
            self._update_ray(side)
            self._update_arc(side)
            self._update_pen(side)
        for quad in self._quad:
            comfort = self._being.settings.comfort
            quad.set_shader_input("vignette", p3d.LVecBase4f(comfort.begins, comfort.full, self._being.darkness, 0.0))
            _show(quad, self._being.darkness > 0.01)

    def _update_ray(self, side: int) -> None:
        state, aim, ray = self._being.hands[side], self._being.aim(side), self._rays[side]
        carries = any(card.pose is not None and card.pin.to == SIDES[side] for card in self._being.visit.cards)
        shown = aim is not None and state.landing is None and state.holds == "" and not carries
        _show(ray, shown)
        if aim is None or not shown:
            return
        scale = self._being.rig.scale
        length = _RAY_M * scale if state.over is None else state.over[1].distance_m
        pose = aim.copy()
        pose[:3, :2] *= 0.0018
        pose[:3, 2] *= length / scale
        ray.set_mat(panda_matrix(pose))
        ray.set_shader_input("flat_color", p3d.LVecBase4f(*(_RAY_RGBA if state.over is None else _HIT_RGBA)))

    def _update_pen(self, side: int) -> None:
        """Show a pen's tip, or the joint that it means."""
        notes = self._being.visit.notes
        mark = None if notes is None or not notes.on else notes.aims.get(side)
        scale = self._being.rig.scale
        for dot, shown, radius_m, alpha in (
            (self._tips[side], mark is not None, 0.006, 1.0),
            (self._joints[side], mark is not None and bool(mark.joint), 0.028, 0.75),
        ):
            _show(dot, shown)
            if mark is None or notes is None or not shown:
                continue
            place = mark.joint_m if dot is self._joints[side] else mark.tip_m
            dot.set_pos_hpr_scale(p3d.LVecBase3f(*place), p3d.LVecBase3f(0), p3d.LVecBase3f(radius_m * scale))
            r, g, b = rgb_of(notes.pen.colour)
            dot.set_shader_input("flat_color", p3d.LVecBase4f(r / 255, g / 255, b / 255, alpha))

    def _update_arc(self, side: int) -> None:
        landing, arc, ring = self._being.hands[side].landing, self._arcs[side], self._rings[side]
        _show(arc, landing is not None)
        _show(ring, landing is not None)
        if landing is None:
            return
        rgba = p3d.LVecBase4f(*(_GO_RGBA if landing.allowed else _NO_RGBA))
        arc.set_shader_input("flat_color", rgba)
        ring.set_shader_input("flat_color", rgba)
        scale = self._being.rig.scale
        for part, start, end in zip(arc.get_children(), landing.arc_m[:-1], landing.arc_m[1:], strict=True):
            part.set_mat(panda_matrix(_between(start, end, 0.006 * scale)))
        place = np.diag([0.22 * scale, 0.22 * scale, 1.0, 1.0])
        place[:3, 3] = landing.place_m + np.array([0.0, 0.0, 0.01 * scale])
        ring.set_mat(panda_matrix(place))

    def before_eyes(self, picture: StereoPicture, hidden: Sequence[tuple[FloatArray, NDArray[np.uint32]]]) -> None:
        """Give a picture the lenses' mask (points at z = -1 and triangles for each eye) and the comfort ring."""
        if any(len(triangles) for _, triangles in hidden):
            picture.add_layer(*(_mask(eye, *mesh) for eye, mesh in enumerate(hidden)), sort=-1)  # type: ignore[misc]
        quads = [_full_quad() for _ in range(2)]
        self._quad = quads if not picture.single_pass else quads[:1]
        empty = p3d.NodePath("empty")
        picture.add_layer(quads[0], quads[1] if not picture.single_pass else empty, sort=1)


def _mask(eye: int, points: FloatArray, triangles: NDArray[np.uint32]) -> p3d.NodePath:
    root = p3d.NodePath("mask")
    if len(triangles):
        vertex = np.concatenate([points, np.full((len(points), 1), -1.0)], 1)
        node = geom.triangles("mask", {"vertex": vertex}, triangles.astype(np.int64))
        geom.never_cull(node)
        mask = root.attach_new_node(node)
        mask.set_shader(shaders.load("mask"))
        mask.set_shader_input("mask_eye", eye)
        mask.set_two_sided(True)
        mask.set_attrib(p3d.DepthTestAttrib.make(p3d.RenderAttrib.M_always))
    return root


def _full_quad() -> p3d.NodePath:
    corners = np.array([[-1.0, -1.0, 0.0], [1.0, -1.0, 0.0], [1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])
    node = geom.triangles("ring", {"vertex": corners}, np.array([[0, 1, 2], [0, 2, 3]]))
    geom.never_cull(node)
    root = p3d.NodePath("ring")
    quad = root.attach_new_node(node)
    quad.set_shader(shaders.load("vignette"))
    root.set_shader_input("vignette", p3d.LVecBase4f(0.5, 0.8, 0.0, 0.0))
    quad.set_depth_test(False)
    blend(quad, 0)
    root.hide()
    return root


def _disc(sides: int = 24) -> p3d.GeomNode:
    angle = np.linspace(0.0, 2 * np.pi, sides + 1)
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(sides + 1)], 1)
    vertex = np.empty((2 * (sides + 1), 3))
    vertex[0::2], vertex[1::2] = ring, ring * 0.72
    return geom.triangles("landing", {"vertex": vertex}, geom.strip_indices(sides + 1))


def _between(start: FloatArray, end: FloatArray, radius: float) -> FloatArray:
    """Return the matrix that lays a rod from one point to another."""
    along = start - end  # a rod runs to -Z
    length = max(float(np.linalg.norm(along)), 1e-9)
    z = along / length
    x = np.cross([0.0, 0.0, 1.0] if abs(z[2]) < 0.9 else [1.0, 0.0, 0.0], z)
    x /= np.linalg.norm(x)
    out = np.eye(4)
    out[:3, 0], out[:3, 1], out[:3, 2], out[:3, 3] = x * radius, np.cross(z, x) * radius, along, start
    return out


def _show(node: p3d.NodePath, on: bool) -> None:
    if on:
        node.show()
    else:
        node.hide()
