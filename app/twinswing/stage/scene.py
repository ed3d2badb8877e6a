"""A swing as a scene: everything in it is a function of the session and a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import panda3d.core as p3d
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT
from twinswing.club.model import ClubSpec
from twinswing.errors import InputError
from twinswing.stage import environment
from twinswing.stage.appearance import Appearance
from twinswing.stage.club_model import ClubNode
from twinswing.stage.detail import with_details
from twinswing.stage.figure import GolferFigure
from twinswing.stage.material import Light, Quality
from twinswing.stage.pose import club_at, rotation_of
from twinswing.stage.screen import VideoScreen, VideoTexture, make_backdrop
from twinswing.stage.shadow import ShadowMap
from twinswing.stage.skeleton import SkeletonLines
from twinswing.stage.trail import HeadPath, SwingPlane, Trail, fit_plane, make_plane
from twinswing.swing.model import SwingSession

FloatArray = NDArray[np.float64]


class Figure(Protocol):
    """A body that takes joints."""

    node: p3d.NodePath

    def set_joints(self, joints: FloatArray, grip: FloatArray | None = None) -> None:
        """Take the pose of these joints, world metres, shape (23, 3); `grip` is the club's rotation to the world."""


class Club(Protocol):
    """A club that takes a pose."""

    node: p3d.NodePath

    def set_pose(self, butt_m: FloatArray, quaternion: FloatArray) -> None:
        """Take this pose: the butt, world metres, and club to world (w, x, y, z)."""


def appearance_of(session: SwingSession) -> Appearance:
    """Return what the golfer looks like: as recorded, with the side and the height that were found."""
    known = dict(session.appearance)
    if session.body is not None:
        known.setdefault("handed", session.body.handed)
    if session.golfer is not None and session.golfer.height_m is not None:
        known.setdefault("height_m", str(float(np.clip(session.golfer.height_m, 1.2, 2.3))))
    return Appearance.from_dict(known)


def bounds_of(session: SwingSession) -> tuple[FloatArray, FloatArray]:
    """Return the box that a golfer and a club keep within over a session: low and high corner, metres."""
    low, high = np.array([-0.6, -0.3, 0.0]), np.array([0.6, 1.4, 1.9])
    if session.body is not None:
        joints = session.body.joints_m.reshape(-1, 3)
        low, high = np.minimum(low, joints.min(0) - 0.2), np.maximum(high, joints.max(0) + 0.2)
    if session.club is not None and len(session.club.t_s):
        head = session.club.head_m
        low, high = np.minimum(low, head.min(0) - 0.1), np.maximum(high, head.max(0) + 0.1)
    limit = np.array([4.0, 4.0, 4.0])
    return np.maximum(np.maximum(low, -limit), [-4, -4, 0.0]), np.minimum(high, limit)


def _golfer(session: SwingSession) -> Figure:
    return GolferFigure(appearance_of(session))


@dataclass(frozen=True)
class SceneOptions:
    """What a scene shows at first, and how.

    holdout: the figure only hides what lies behind it and is not seen itself (over the real video).
    trail_stays_s: how long the head's trail stays behind the playhead. make_figure, make_club: what builds them.
    """

    trail: bool = True
    plane: bool = False
    screen: bool = False
    skeleton: bool = False
    ground: bool = True
    sky: bool = True
    figure: bool = True
    club: bool = True
    shadows: bool = True
    ball: bool = True
    backdrop: bool = False
    holdout: bool = False
    trail_stays_s: float = 1e9
    light: Light = field(default_factory=Light)
    quality: Quality = field(default_factory=Quality)
    make_figure: Callable[[SwingSession], Figure] = _golfer
    make_club: Callable[[ClubSpec, str], Club] = ClubNode


# What `SwingScene.show` can turn on and off.
PARTS: tuple[str, ...] = (
    "trail", "plane", "screen", "skeleton", "ground", "sky", "figure", "club", "shadows", "ball", "backdrop",
    "holdout",
)  # fmt: skip


class SwingScene:
    """A golfer, a club and a range below `root`.

    Lights and shadows count in world coordinates, so `root` stays where it is and cameras move.
    """

    def __init__(self, session: SwingSession, options: SceneOptions | None = None) -> None:
        self.session = session
        self.options = options or SceneOptions()
        self.root = p3d.NodePath("swing scene")
        self.handed = "right" if session.body is None else session.body.handed
        self.light = self.options.light.for_side(self.handed)
        self.light.apply(self.root)
        self.root.set_antialias(p3d.AntialiasAttrib.M_multisample)  # else Panda3D turns the samples off
        self._no_shadows = p3d.Texture("no shadow")
        self._no_shadows.setup_2d_texture(1, 1, p3d.Texture.T_float, p3d.Texture.F_depth_component)
        self._no_shadows.set_minfilter(p3d.SamplerState.FT_shadow)
        self._no_shadows.set_magfilter(p3d.SamplerState.FT_shadow)
        self._nodes: dict[str, p3d.NodePath] = {}
        self._shown = {part: bool(getattr(self.options, part)) for part in PARTS}
        self._picture_px = (0, 0)
        self.video = VideoTexture()
        self.figure: Figure | None = None
        self.club: Club | None = None
        self.skeleton: SkeletonLines | None = None
        self.trail: Trail | None = None
        self.plane: SwingPlane | None = None
        self._shadows: ShadowMap | None = None
        self._build_range()
        self._build_golfer()
        self._build_club()
        self._build_screen()
        self.t_s = session.span_s()[0]
        for part in PARTS:
            self._apply(part, self._shown[part])
        self.bind_shadows(None)
        self.set_time(self.t_s)

    def _add(self, part: str, node: p3d.NodePath) -> None:
        node.reparent_to(self.root)
        self._nodes[part] = node

    def _build_range(self) -> None:
        quality = self.options.quality
        ground = environment.make_ground(quality)
        self._add("ground", ground)
        self._contacts = environment.Contacts()
        self._contacts.node.reparent_to(ground)
        sky = p3d.NodePath("sky and trees")
        environment.make_sky().reparent_to(sky)
        if quality.detailed_ground:
            environment.make_trees().reparent_to(sky)
        self._add("sky", sky)
        self._add("ball", environment.make_ball())

    def _build_golfer(self) -> None:
        body = self.session.body
        if body is None:
            self._contacts.node.hide()
            return
        self.figure = self.options.make_figure(self.session)
        self._add("figure", with_details(self.figure.node, self.options.quality.light_figure))
        self.skeleton = SkeletonLines(body.handed)
        self._add("skeleton", self.skeleton.node)

    def _build_club(self) -> None:
        motion = self.session.club
        if motion is None or not len(motion.t_s):
            return
        self.club = self.options.make_club(motion.spec, self.handed)
        self._add("club", self.club.node)
        path = HeadPath.from_motion(motion)
        events = self.session.events
        if "address" in events and "finish" in events:
            # Waggles before the swing and what comes after it would only cover it.
            path = path.between(events["address"].t_s - _BEFORE_S, events["finish"].t_s + _AFTER_S)
        self.trail = Trail(path, self.options.trail_stays_s)
        self._add("trail", self.trail.node)
        self.plane = fit_plane(path, self.session.events)
        if self.plane is not None:
            self._add("plane", make_plane(self.plane))

    def _build_screen(self) -> None:
        video = self.session.video
        if video is None:
            aspect = 9 / 16
        else:
            aspect = video.width_px / max(video.height_px, 1)
        screen = VideoScreen(self.video, aspect)
        side = -1.0 if self.handed == "left" else 1.0
        # Beyond the ball toward the target, turned so that face-on and down-the-line both can read it.
        screen.place(2.05, 2.4 * side, (-2.2, -4.5 * side))
        self._add("screen", screen.node)
        self._backdrop = make_backdrop(self.video, self.session.camera)
        self._add("backdrop", self._backdrop)

    def show(self, part: str, on: bool) -> None:
        """Turn a part on or off; a part that the session has no data for stays absent."""
        if part not in PARTS:
            raise InputError(f"expected a part out of {', '.join(PARTS)}, found {part!r}")
        if self._shown[part] != on:
            self._shown[part] = on
            self._apply(part, on)
            self.set_time(self.t_s)  # what is hidden is not moved

    def _apply(self, part: str, on: bool) -> None:
        if part == "shadows":
            self.bind_shadows(self._shadows, again=True)
        elif part == "holdout" and self.figure is not None:
            mask = p3d.ColorWriteAttrib.C_off if on else p3d.ColorWriteAttrib.C_all
            self._nodes["figure"].set_attrib(p3d.ColorWriteAttrib.make(mask))
        elif part in self._nodes:
            if part == "figure" and not on:
                self._contacts.node.hide()
            elif part == "figure":
                self._contacts.node.show()
            if on:
                self._nodes[part].show()
            else:
                self._nodes[part].hide()

    def shown(self, part: str) -> bool:
        """Tell whether a part is turned on and there."""
        return self._shown[part] and (part in {"shadows", "holdout"} or part in self._nodes)

    def set_time(self, t_s: float) -> None:
        """Move everything to a session time, seconds."""
        self.t_s = t_s
        body, motion = self.session.body, self.session.club
        grip: FloatArray | None = None
        if motion is not None and self.club is not None:
            butt, quaternion = club_at(motion, t_s)
            self.club.set_pose(butt, quaternion)
            grip = rotation_of(quaternion)
        if body is not None and self.figure is not None and self.skeleton is not None:
            joints = body.at(t_s)
            if self._shown["figure"]:
                self.figure.set_joints(joints, grip)
                self._contacts.set_soles(joints[_SOLES].reshape(2, 2, 3))
            if self._shown["skeleton"]:
                self.skeleton.set_joints(joints)
        if self.trail is not None:
            self.trail.set_time(t_s)
        self._show_ball()

    def _show_ball(self) -> None:
        """The ball lies still until it is struck, and then it is gone."""
        impact = self.session.events.get("impact")
        if self._shown["ball"] and (impact is None or self.t_s <= impact.t_s):
            self._nodes["ball"].show()
        else:
            self._nodes["ball"].hide()

    def set_video_frame(self, rgb: NDArray[np.uint8]) -> None:
        """Show a frame of the camera's video, shape (h, w, 3), rgb, on the screen and the backdrop."""
        self.video.set_frame(rgb)

    def fit_picture(self, width_px: int, height_px: int) -> None:
        """Keep the backdrop's shape in a picture of this size, as `cameras.fitted` does for what is before it."""
        if self._picture_px == (width_px, height_px):
            return
        self._picture_px = (width_px, height_px)
        camera = self.session.camera
        size = (width_px, height_px) if camera is None else (camera.width_px, camera.height_px)
        scale = min(width_px / size[0], height_px / size[1])
        self._backdrop.set_shader_input(
            "backdrop_size", p3d.LVecBase2f(size[0] * scale / width_px, size[1] * scale / height_px)
        )

    def bounds_m(self) -> tuple[FloatArray, FloatArray]:
        """Return the box that the golfer and the club keep within over the session: low and high corner, metres."""
        return bounds_of(self.session)

    def bind_shadows(self, shadows: ShadowMap | None, again: bool = False) -> None:
        """Take the shadow map of the output that draws this scene next."""
        if shadows is not None and not again and shadows.bound == self.root and self._shadows is shadows:
            return
        self._shadows = shadows
        if shadows is None:
            self.root.set_shader_inputs(
                shadow_map=self._no_shadows, shadow_matrix=p3d.LMatrix4f.ident_mat(), shadow_params=p3d.LVecBase4f(0)
            )
            return
        low, high = self.bounds_m()
        sun = np.asarray(self.light.sun_direction, dtype=float)
        shadows.bind(self.root, sun, low, high, 1.0 if self._shown["shadows"] else 0.0)


_BEFORE_S, _AFTER_S = 0.1, 0.3
_SOLES = [JOINT[name] for name in ("left_heel", "left_toe", "right_heel", "right_toe")]
