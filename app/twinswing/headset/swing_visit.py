"""A swing to stand beside: played, scrubbed by its playhead or by the club, seen from the golfer's place."""

from dataclasses import replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike

from twinswing.club.model import ClubMotion
from twinswing.errors import InputError
from twinswing.headset.frames import FloatArray
from twinswing.headset.pointing import Hit, Ray, nearest_on_segments
from twinswing.headset.stereo import panda_matrix
from twinswing.headset.swing_cards import make_cards
from twinswing.stage import shaders
from twinswing.stage.cameras import named_camera
from twinswing.stage.club_model import ClubNode
from twinswing.stage.material import Quality, blend
from twinswing.stage.offscreen import Scene
from twinswing.stage.pose import club_at, rotation_of
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.model import SwingSession
from twinswing.timeline.playhead import Playhead

_START_SPEED = 0.25  # of real time, which a swing is best watched at
_ASIDE_M = 2.3  # before the golfer: beyond the club's reach at any moment of the swing
_MODEL_RADIUS_M = 2.0
_SHAFT_PARTS = np.linspace(0.0, 1.0, 9)
_SCRUB_S = 0.25  # how far around the playhead a held club is looked for: its path crosses itself
_GHOST_RGBA = (0.35, 0.85, 1.0, 0.45)


class SwingVisit:
    """A session as a visit. offers_real_world: whether the headset can show the room behind the scene."""

    def __init__(self, session: SwingSession, quality: Quality | None = None) -> None:
        self.session = session
        self.scene = SwingScene(session, SceneOptions(quality=quality or Quality()))
        self.head = replace(Playhead.over(session.span_s()), speed=_START_SPEED)
        self.ghost, self.match = False, ""
        self.real_world, self.offers_real_world = False, False
        self.wants_model = False
        self._wish: FloatArray | None = None
        self._ghost_node: p3d.NodePath | None = None
        self._added = False
        self._held_part = 1.0
        self.cards = make_cards(self)
        for card in self.cards:
            card.node.reparent_to(self.scene.root)
        self.scene.set_time(self.head.t_s)

    @property
    def drawn(self) -> Scene:
        """What is drawn."""
        return self.scene

    @property
    def root(self) -> p3d.NodePath:
        """The node that cards and hands hang below."""
        return self.scene.root

    def start(self) -> tuple[ArrayLike, ArrayLike]:
        """Stand before the golfer, out of the club's way, and face them."""
        side = -1.0 if self.scene.handed == "left" else 1.0
        return (0.0, -_ASIDE_M * side, 0.0), (0.0, 0.6 * side, 0.0)

    def model(self) -> tuple[ArrayLike, float]:
        """The golfer and what the club reaches."""
        side = -1.0 if self.scene.handed == "left" else 1.0
        return (0.0, 0.4 * side, 0.0), _MODEL_RADIUS_M

    def meet(self, ray: Ray) -> tuple[str, Hit] | None:  # noqa: ARG002
        """Nothing of a swing is pressed from afar: its cards are."""
        return None

    def look(self, head: FloatArray) -> None:
        """A swing looks the same from everywhere."""

    def point(self, name: str | None) -> None:
        """Nothing lights up."""

    def press(self, name: str) -> None:
        """Carry out a card's button."""
        card, _, button = name.partition("/")
        if card != "time":
            return
        match button:
            case "play":
                self.head = self.head.toggled()
            case "slower":
                self.head = self.head.slower()
            case "faster":
                self.head = self.head.faster()
            case "model":
                self.wants_model = True
            case "eyes":
                self._wish = self._golfers_eyes()
            case "ghost":
                self._toggle_ghost()
            case "world":
                self.real_world = not self.real_world
                self.show_surroundings(not self.real_world)

    def _golfers_eyes(self) -> FloatArray | None:
        try:
            camera = named_camera("golfer", self.session, 2, 2, self.head.t_s)
        except InputError:
            return None
        right, down, forward = camera.rotation
        pose = np.eye(4)
        pose[:3, 0], pose[:3, 1], pose[:3, 2], pose[:3, 3] = right, -down, -forward, camera.position_m
        return pose

    # -- the club in the hand ------------------------------------------------------------------------------------

    def grab(self, point_m: FloatArray, reach_m: float) -> str | None:
        """Take hold of the club where the hand is on it."""
        motion = self.session.club
        if motion is None or not len(motion.t_s):
            return None
        butt, quaternion = club_at(motion, self.head.t_s)
        shaft = butt + _SHAFT_PARTS[:, None] * (rotation_of(quaternion)[:, 2] * motion.spec.length_m)
        at, off = nearest_on_segments(point_m, shaft)
        if off > reach_m:
            return None
        self._held_part = at / (len(_SHAFT_PARTS) - 1)
        self.head = self.head.pause()
        return "club"

    def held(self, name: str, point_m: FloatArray) -> None:
        """Move time to where the held point of the club is nearest to the hand."""
        motion = self.session.club
        if name == "club" and motion is not None:
            self.head = self.head.seek(time_of_club(motion, point_m, self._held_part, self.head.t_s))

    def release(self, name: str) -> None:
        """Leave time where it is."""

    # -- the ghost -----------------------------------------------------------------------------------------------

    def _toggle_ghost(self) -> None:
        self.ghost = not self.ghost
        if self.ghost and self._ghost_node is None and self.session.club is not None:
            club = ClubNode(self.session.club.spec, self.scene.handed)
            node = self.root.attach_new_node("ghost club")
            club.node.reparent_to(node)
            for path in (club.node, *club.node.find_all_matches("**")):
                path.set_shader(shaders.load("flat"), 1)
            node.set_shader_input("flat_color", p3d.LVecBase4f(*_GHOST_RGBA))
            blend(node, 45)
            self._ghost_node, self._added = node, True
        if self._ghost_node is not None and not self.ghost:
            self._ghost_node.hide()
        self.match = ""

    def _move_ghost(self, hands: dict[str, FloatArray]) -> None:
        motion, node = self.session.club, self._ghost_node
        # The trail hand is the lower one; a club is held in it as in a handshake, the shaft along the grip's -Z.
        grip = hands.get("left" if self.scene.handed == "left" else "right")
        if not self.ghost or node is None or motion is None or grip is None:
            if node is not None:
                node.hide()
            return
        node.show()
        axes = grip[:3, :3] / np.linalg.norm(grip[:3, 0])
        pose = np.eye(4)
        pose[:3, 2], pose[:3, 0] = -axes[:, 2], axes[:, 0]
        pose[:3, 1] = np.cross(pose[:3, 2], pose[:3, 0])
        pose[:3, 3] = grip[:3, 3] - 0.12 * pose[:3, 2]
        node.set_mat(panda_matrix(pose))
        butt, quaternion = club_at(motion, self.head.t_s)
        shaft = rotation_of(quaternion)[:, 2]
        angle = float(np.degrees(np.arctan2(np.linalg.norm(np.cross(shaft, pose[:3, 2])), shaft @ pose[:3, 2])))
        off_m = float(np.linalg.norm(pose[:3, 3] - butt))
        sigma = float(np.degrees(np.interp(self.head.t_s, motion.t_s, motion.sigma_rad)))
        self.match = f"Shaft {angle:.0f}° off (± {sigma:.0f}), hands {off_m * 100:.0f} cm"

    # -- time ----------------------------------------------------------------------------------------------------

    def update(self, dt_s: float, slow: float, hands: dict[str, FloatArray]) -> bool:
        """Let time pass and move everything to it."""
        self.head = self.head.advance(dt_s * slow)
        if self.head.t_s != self.scene.t_s:
            self.scene.set_time(self.head.t_s)
        self._move_ghost(hands)
        added, self._added = self._added, False
        return added

    def place_wish(self) -> FloatArray | None:
        """Return the golfer's eyes, once, when they were asked for."""
        wish, self._wish = self._wish, None
        return wish

    def show_surroundings(self, on: bool) -> None:
        """Show sky and ground, or leave the room to be seen there."""
        for part in ("sky", "ground"):
            self.scene.show(part, on)


def time_of_club(motion: ClubMotion, point_m: FloatArray, part: float, t_s: float) -> float:
    """Return the time, near `t_s`, at which the club's point at a part of its length (0 butt, 1 head) is nearest.

    Only the times within a quarter of a second count, so that a hand that follows the club stays on its way back or
    down where those cross.
    """
    near = slice(*np.searchsorted(motion.t_s, [t_s - _SCRUB_S, t_s + _SCRUB_S]).tolist())
    t = motion.t_s[near]
    if len(t) < 2:
        return t_s
    path = motion.butt_m[near] + part * (motion.head_m[near] - motion.butt_m[near])
    at, _ = nearest_on_segments(point_m, path)
    return float(np.interp(at, np.arange(len(t)), t))
