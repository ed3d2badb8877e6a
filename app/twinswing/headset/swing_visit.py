"""A swing to stand beside: played, scrubbed by its playhead or by the club, seen from the golfer's place."""

from dataclasses import dataclass, replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike

from twinswing.club.model import ClubMotion
from twinswing.errors import InputError
from twinswing.headset.alarm_sound import Call
from twinswing.headset.card import Card
from twinswing.headset.frames import FloatArray
from twinswing.headset.notes import Notes, notes_of
from twinswing.headset.notes_card import make_notes_card
from twinswing.headset.notes_view import NotesView
from twinswing.headset.pair_cards import make_pair_cards, make_signs, turn_signs
from twinswing.headset.pointing import Hit, Ray, nearest_on_segments
from twinswing.headset.stereo import panda_matrix
from twinswing.headset.swing_cards import make_cards
from twinswing.stage import shaders
from twinswing.stage.cameras import named_camera
from twinswing.stage.club_model import ClubNode
from twinswing.stage.material import Quality, blend
from twinswing.stage.offscreen import Scene
from twinswing.stage.pair_scene import PairScene
from twinswing.stage.pose import club_at, rotation_of
from twinswing.stage.scene import SceneOptions, SwingScene
from twinswing.swing.compare import compare
from twinswing.swing.model import SwingSession
from twinswing.timeline.playhead import Playhead

_START_SPEED = 0.25  # of real time, which a swing is best watched at
_ASIDE_M = 2.3  # before the golfer: beyond the club's reach at any moment of the swing
_BACK_FOR_TWO = 0.6  # of half their distance: both are then within 75 degrees
_MODEL_RADIUS_M = 2.0
_SHAFT_PARTS = np.linspace(0.0, 1.0, 9)
_SCRUB_S = 0.25  # how far around the playhead a held club is looked for: its path crosses itself
_GHOST_RGBA = (0.35, 0.85, 1.0, 0.45)


@dataclass(frozen=True)
class PairView:
    """A visit of two swings as its cards see it."""

    visit: "SwingVisit"
    scene: PairScene

    @property
    def session(self) -> SwingSession:
        """Swing A."""
        return self.visit.session

    @property
    def head(self) -> Playhead:
        """Where on A's timeline one is."""
        return self.visit.head


class SwingVisit:
    """A session as a visit.

    offers_real_world: whether the headset can show the room behind the scene. notes: the recording's annotations; by
    default those of the session's file, kept there where it may be written to. other: a swing that stands beside, on
    this one's timeline.
    """

    def __init__(
        self, session: SwingSession, quality: Quality | None = None, notes: Notes | None = None,
        other: SwingSession | None = None,
    ) -> None:  # fmt: skip
        self.session = session
        self.notes: Notes = notes or notes_of(session.path, session.body)
        self.seated = False
        options = SceneOptions(quality=quality or Quality())
        pair = None if other is None else PairScene(session, other, options)
        self.scene: SwingScene = pair or SwingScene(session, options)
        self.pair = pair
        self.head = replace(Playhead.over(session.span_s()), speed=_START_SPEED)
        self.ghost, self.match = False, ""
        self.real_world, self.offers_real_world = False, False
        self.wants_model = False
        self._wish: FloatArray | None = None
        self._ghost_node: p3d.NodePath | None = None
        self._added = False
        self._head_pose: FloatArray = np.eye(4)
        self._held_part = 1.0
        self.signs: list[Card] = []
        self.cards = [*make_cards(self), make_notes_card(self)]
        if pair is not None and other is not None:
            self._set_beside(pair, other)
        self.marks: NotesView | None = NotesView(self.scene.root)
        for card in self.cards:
            card.node.reparent_to(self.scene.root)
        self.scene.set_time(self.head.t_s)

    def _set_beside(self, pair: PairScene, other: SwingSession) -> None:
        """Hang a sign over each golfer, and say what sets them apart instead of what one measures."""
        state = PairView(self, pair)
        compared, speeds = make_pair_cards(state, other, compare(self.session, other))
        kept = [card for card in self.cards if card.name not in ("measures", "speed")]
        self.signs = make_signs(state, other)
        self.cards = [compared, *kept[:1], *([] if speeds is None else [speeds]), *kept[1:], *self.signs]

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
        x, back = self._middle_m()
        return (x, -(_ASIDE_M + back) * side, 0.0), (x, 0.6 * side, 0.0)

    def _middle_m(self) -> tuple[float, float]:
        """Return how far toward the target the middle of what is shown is, and how far farther off to see it all."""
        if self.pair is None:
            return 0.0, 0.0
        middle = float(self.pair.offset_m[0]) / 2
        return middle, _BACK_FOR_TWO * middle

    @property
    def clear_rad(self) -> float:
        """How far to each side of straight ahead no card hangs but low ones: both golfers are to be seen."""
        x, back = self._middle_m()
        return float(np.arctan((x + 0.8) / (_ASIDE_M + back + 0.6))) if self.pair is not None else 0.0

    def model(self) -> tuple[ArrayLike, float]:
        """The golfer and what the club reaches."""
        side = -1.0 if self.scene.handed == "left" else 1.0
        x, _ = self._middle_m()
        return (x, 0.4 * side, 0.0), _MODEL_RADIUS_M + x

    def meet(self, ray: Ray) -> tuple[str, Hit] | None:  # noqa: ARG002
        """Nothing of a swing is pressed from afar: its cards are."""
        return None

    def look(self, head: FloatArray) -> None:
        """Turn the signs to who reads them; all else looks the same from everywhere."""
        self._head_pose = head
        turn_signs(self.signs, head)

    def point(self, name: str | None) -> None:
        """Nothing lights up."""

    def press(self, name: str) -> None:
        """Carry out a card's button."""
        card, _, button = name.partition("/")
        if card == "notes":
            self.notes.press(button)
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
            case "draw":
                self.notes.toggle()
            case "seated":
                self.seated = not self.seated
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
        """Take hold of a drawing while the pen is in the hand, else of the club where the hand is on it."""
        note = self.notes.grab(point_m, reach_m, self.head.t_s) if self.notes.on else None
        if note is not None:
            return note
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
        if name.startswith("note:"):
            self.notes.held(point_m)
        if name == "club" and motion is not None:
            self.head = self.head.seek(time_of_club(motion, point_m, self._held_part, self.head.t_s))

    def release(self, name: str) -> None:
        """Leave time, or a drawing, where it is."""
        if name.startswith("note:"):
            self.notes.release()

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
        if self.marks is not None:
            self.marks.update(self.notes, self.head.t_s, self._head_pose)
        added, self._added = self._added, False
        return added

    def place_wish(self) -> FloatArray | None:
        """Return the golfer's eyes, once, when they were asked for."""
        wish, self._wish = self._wish, None
        return wish

    def calls(self) -> tuple[Call, ...]:
        """A swing raises no alarm."""
        return ()

    def close(self) -> None:
        """Keep what was drawn."""
        self.notes.close()

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
