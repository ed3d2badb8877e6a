"""Where someone is in a visit: their play space in the world, their size, the cards around them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twinswing.headset.card import Card, Pin, before_head
from twinswing.headset.frames import Eye, FloatArray, View, forward_of
from twinswing.headset.locomotion import Comfort, MoveParams, Rig, standing_at
from twinswing.headset.visit import Visit

# How far down a low card of 0.27 m hangs: under the golfer's hands and over their feet, and over one's own hands that
# hang at the hips and point ahead. A taller one hangs higher, so that its lower edge is where that one's is.
_LOW_RAD, _LOW_M, _LOW_PER_M = 0.62, 0.27, 0.7
_EYE_HEIGHT_M = 1.6
# The table model: 1.1 m across, a forearm ahead, at the height of a kitchen table for someone who stands.
_TABLE_RADIUS_M, _TABLE_AHEAD_M, _TABLE_PART = 0.55, 0.8, 0.52


@dataclass(frozen=True)
class BeingSettings:
    """How someone is there. seated: eyes as high as someone's who stands, whatever they sit on."""

    seated: bool = False
    move: MoveParams = field(default_factory=MoveParams)
    comfort: Comfort = field(default_factory=Comfort)


class Standing:
    """Someone's place in a visit. `rig` says where their play space lies in the world.

    head_play: the head's pose in the play space. life_size: where one stood before the table model.
    """

    def __init__(self, visit: Visit, settings: BeingSettings | None = None) -> None:
        self.visit, self.settings = visit, settings or BeingSettings()
        visit.seated = self.settings.seated
        self.rig = Rig()
        self.placed = False
        self.knows_floor = True
        self.head_play: FloatArray = np.eye(4)
        self.life_size: Rig | None = None
        self._floor_m = 0.0

    @property
    def head(self) -> FloatArray:
        """The head's pose in the world."""
        return self.rig.to_world(self.head_play)

    def eyes(self, views: Sequence[View]) -> list[Eye]:
        """Return the eyes in the world."""
        return [Eye(self.rig.to_world(view.play_from_eye), view.fov) for view in views]

    def arrive(self) -> None:
        """Stand where the visit begins, with the cards around."""
        self.settings = replace(self.settings, seated=self.visit.seated)
        self._floor_m = self._lift_m()
        self.rig = standing_at(self.head_play, *self.visit.start(), floor_m=self._floor_m)
        self.life_size, self.placed = None, True
        for card in self.visit.cards:
            card.paint()
        self.bring_cards()

    def _lift_m(self) -> float:
        """Return how high the play space's floor is, so that the eyes are as high as those of someone who stands."""
        if self.settings.seated or not self.knows_floor:
            return _EYE_HEIGHT_M - float(self.head_play[1, 3])
        return 0.0

    def _change_seat(self) -> None:
        """Sit down or stand up where one is: the user said so, so that nothing moves but by their wish."""
        self.settings = replace(self.settings, seated=self.visit.seated)
        lift_m = self._lift_m()
        up_m, self._floor_m = lift_m - self._floor_m, lift_m
        self.rig = self.rig.moved([0.0, 0.0, up_m * self.rig.scale])
        if self.life_size is not None:
            self.life_size = self.life_size.moved([0.0, 0.0, up_m * self.life_size.scale])
        self.bring_cards()

    def bring_cards(self) -> None:
        """Hang the cards around the head: low ones before it, a little down, the others to both sides."""
        cards = [card for card in self.visit.cards if card.wanted and not card.fixed and card.pin.to == "world"]
        low = [(card, _width_rad(card)) for card in cards if card.low]
        others = [(card, _width_rad(card)) for card in cards if not card.low]
        at = -sum(width for _, width in low) / 2
        clear = max(-at, self.visit.clear_rad)
        for card, width in low:
            down = _LOW_RAD - _LOW_PER_M * (card.height_m - _LOW_M)
            card.pin = Pin("world", before_head(self.head, at + width / 2, down, 1.0))
            at += width
        half = (len(others) + 1) // 2
        for sign, side in ((-1.0, others[:half][::-1]), (1.0, others[half:])):
            at = clear
            for card, width in side:
                card.pin = Pin("world", before_head(self.head, sign * (at + width / 2), 0.10, 1.0))
                at += width

    def toggle_model(self) -> None:
        """Go from life size to a table model, or back to where one stood."""
        if self.life_size is not None:
            self.rig, self.life_size = self.life_size, None
        else:
            self.life_size = self.rig
            centre, radius_m = self.visit.model()
            self.rig = table_rig(self.rig, self.head_play, np.asarray(centre, dtype=float), radius_m, self._floor_m)
        self.bring_cards()

    def put_head(self, pose: FloatArray) -> None:
        """Stand so that the head is at a pose of the world, level, life size: the golfer's place."""
        place = pose[:3, 3]
        rig = standing_at(self.head_play, place, place + forward_of(pose))
        head = rig.to_world(self.head_play)[:3, 3]
        self.rig, self.life_size = rig.moved([0.0, 0.0, place[2] - head[2]]), None


def _width_rad(card: Card) -> float:
    """Return how wide a card is from a metre away, with a gap."""
    return 2.0 * float(np.arctan(card.width_m / 2)) + 0.06


def table_rig(rig: Rig, head_play: FloatArray, centre_m: FloatArray, radius_m: float, floor_m: float = 0.0) -> Rig:
    """Return the rig from which a disc of the ground lies on a table before the head.

    The viewer keeps facing the way they face.
    """
    scale = max(radius_m / _TABLE_RADIUS_M, 1e-3)
    giant = Rig(rig.origin_m, rig.turn_rad, scale)
    head = giant.to_world(head_play)
    ahead = forward_of(head)[:2]
    ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-6)
    table_m = (float(head_play[1, 3]) + floor_m) * _TABLE_PART
    there = head[:2, 3] + ahead * _TABLE_AHEAD_M * scale
    return giant.moved([*(centre_m[:2] - there), centre_m[2] - giant.origin_m[2] - (table_m - floor_m) * scale])
