"""What can be visited in a headset: a scene with a playhead, cards, and things to point at and to take hold of."""

from collections.abc import Sequence
from typing import Protocol

import panda3d.core as p3d
from numpy.typing import ArrayLike

from twinswing.headset.alarm_sound import Call
from twinswing.headset.card import Card
from twinswing.headset.frames import FloatArray
from twinswing.headset.notes import Notes
from twinswing.headset.notes_view import NotesView
from twinswing.headset.pointing import Hit, Ray
from twinswing.stage.offscreen import Scene
from twinswing.timeline.playhead import Playhead


class Visit(Protocol):
    """A scene as someone who stands in it meets it. Poses and places are in the world, metres.

    wants_model: set when the change between life size and table model was asked for; taken back by who does it.
    real_world: whether the room behind the scene is to be seen. offers_real_world: whether it can be. seated:
    whether the user said that they sit.
    """

    head: Playhead
    wants_model: bool
    real_world: bool
    offers_real_world: bool
    seated: bool

    @property
    def notes(self) -> Notes | None:
        """Its annotations, where it can have any."""

    @property
    def marks(self) -> NotesView | None:
        """How they are drawn."""

    @property
    def clear_rad(self) -> float:
        """How far to each side of straight ahead no card hangs but low ones."""

    @property
    def cards(self) -> Sequence[Card]:
        """The cards, from left to right."""

    @property
    def drawn(self) -> Scene:
        """What is drawn."""

    @property
    def root(self) -> p3d.NodePath:
        """The node that cards and hands hang below."""

    def start(self) -> tuple[ArrayLike, ArrayLike]:
        """Return where one stands at first, and what one faces."""

    def model(self) -> tuple[ArrayLike, float]:
        """Return the middle on the ground and the radius of what a table model shows, metres."""

    def meet(self, ray: Ray) -> tuple[str, Hit] | None:
        """Return what a ray meets first besides cards, that can be pressed, and where."""

    def look(self, head: FloatArray) -> None:
        """Learn where the head is, a pose in the world, once a frame."""

    def point(self, name: str | None) -> None:
        """Learn what is pointed at now."""

    def press(self, name: str) -> None:
        """Carry out what a press on a target or a card's button means."""

    def grab(self, point_m: FloatArray, reach_m: float) -> str | None:
        """Return what a hand takes hold of at a point, or None for the world itself."""

    def held(self, name: str, point_m: FloatArray) -> None:
        """Follow a hand that holds something."""

    def release(self, name: str) -> None:
        """Let go of it."""

    def update(self, dt_s: float, slow: float, hands: dict[str, FloatArray]) -> bool:
        """Let time pass, slowed down by a factor; grips of the hands that are there; tell whether nodes were added."""

    def place_wish(self) -> FloatArray | None:
        """Return, once, a head's pose that the user asked to be put to, or None."""

    def show_surroundings(self, on: bool) -> None:
        """Show sky and ground, or leave the real world to be seen there."""

    def calls(self) -> Sequence[Call]:
        """Return the alarms that are to be heard now."""

    def close(self) -> None:
        """End what runs beside, and keep what was drawn."""
