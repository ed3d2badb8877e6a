"""Someone who is there: where they stand, what their hands point at, press, hold and move."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twinswing.headset.card import Card, Pin, before_head
from twinswing.headset.frames import FloatArray
from twinswing.headset.hands import SIDES, Hand
from twinswing.headset.locomotion import (
    Landing,
    PinchTeleport,
    Stick,
    dragged,
    dragged_by_two,
    snap_turned,
    teleport_arc,
    teleported,
)
from twinswing.headset.pointing import Hit, Latch, Press, Ray, Target, pointed_at
from twinswing.headset.standing import BeingSettings, Standing, table_rig
from twinswing.headset.visit import Visit

# Reach of a hand that takes hold of something: a fist's width around the point.
REACH_M = 0.12
_PIN_TO_HAND_M = 0.22  # a card let go so near to the other hand stays on it
_PALETTE_SCALE = 0.55  # of the pen's card on a hand, which is read from half an arm's length
TIP_M = 0.06  # of a pen, before the point that a controller points from
_SLOWEST = 1.0 / 16.0


@dataclass
class HandState:
    """What one hand is doing.

    holds: "" nothing, "world", "card:NAME" or what the visit calls it. over: what its ray meets, and where.
    """

    hand: Hand = field(default_factory=Hand)
    stick: Stick = field(default_factory=Stick)
    grip_latch: Latch = field(default_factory=Latch)
    trigger_latch: Latch = field(default_factory=Latch)
    press: Press = field(default_factory=Press)
    pinch: PinchTeleport = field(default_factory=PinchTeleport)
    holds: str = ""
    over: tuple[str, Hit] | None = None
    landing: Landing | None = None
    grip_before: FloatArray | None = None
    reach_before: FloatArray | None = None
    pressed: tuple[bool, bool, bool] = (False, False, False)


class Being(Standing):
    """Someone in a visit. `frame` takes what the headset says; `rig` says where its play space lies in the world.

    hum: lets a controller hum: (side, strength).
    """

    def __init__(
        self, visit: Visit, settings: BeingSettings | None = None,
        hum: Callable[[int, float], None] = lambda _side, _strength: None,
    ) -> None:  # fmt: skip
        super().__init__(visit, settings)
        self._hum = hum
        self.hands = (HandState(), HandState())
        self._dt_s = 0.0
        self.darkness = 0.0
        self._world_speed_mps = 0.0
        self._next_card = 0

    def grips(self) -> dict[str, FloatArray]:
        """Return the poses of tracked hands in the world."""
        return {
            side: self.rig.to_world(state.hand.grip)
            for side, state in zip(SIDES, self.hands, strict=True)
            if state.hand.grip is not None
        }

    # -- one frame -----------------------------------------------------------------------------------------------

    def frame(self, head_play: FloatArray, hands: tuple[Hand, Hand], dt_s: float) -> bool:
        """Take the head and the hands, poses in the play space; return whether nodes were added to the scene."""
        self.head_play, self._dt_s = head_play, dt_s
        if not self.placed:
            self.arrive()
        elif self.visit.seated != self.settings.seated:
            self._change_seat()
        self._world_speed_mps = 0.0
        for state, hand in zip(self.hands, hands, strict=True):
            state.hand = hand
        self._point()
        for side in (0, 1):
            self._buttons(side)
            self._move_by_stick(side)
            self._press(side)
        self._hold(dt_s)
        self.visit.look(self.head)
        added = self.visit.update(dt_s, self._slow(), self.grips())
        if self.visit.wants_model:
            self.visit.wants_model = False
            self.toggle_model()
        wish = self.visit.place_wish()
        if wish is not None:
            self.put_head(wish)
            self.bring_cards()
        for card in self.visit.cards:
            card.place(self.grips())
        self._paint()
        self.darkness = self.settings.comfort.next(self.darkness, self._world_speed_mps, dt_s)
        return added

    def _paint(self) -> None:
        """Paint at most one card a frame, in turn: two would cost as much as the rest of the frame."""
        cards = [card for card in self.visit.cards if card.wanted]
        for i in range(len(cards)):
            number = (self._next_card + i) % len(cards)
            if cards[number].paint():
                self._next_card = number + 1
                return

    def aim(self, side: int) -> FloatArray | None:
        """Return a hand's aim in the world."""
        pose = self.hands[side].hand.aim
        return None if pose is None else self.rig.to_world(pose)

    def _reach(self, side: int) -> FloatArray | None:
        point = self.hands[side].hand.reach_m
        return None if point is None else np.asarray((self.rig.world_from_play @ np.append(point, 1.0))[:3])

    def _point(self) -> None:
        targets = [Target(card.name, card.meet) for card in self.visit.cards]
        pointed: str | None = None
        for side, state in enumerate(self.hands):
            aim = self.aim(side)
            before = None if state.over is None else state.over[0]
            state.over = None if aim is None else self._met(Ray.of(aim), targets)
            now = None if state.over is None else state.over[0]
            if now is not None and now != before:
                self._hum(side, 0.1)
            if now is not None and self._card(now) is None:
                pointed = now
        self.visit.point(pointed)
        for card in self.visit.cards:
            hits = [s.over[1] for s in self.hands if s.over is not None and s.over[0] == card.name]
            card.glow(bool(hits))
            card.over = card.canvas.button_at(*hits[0].at) if hits else None

    def _met(self, ray: Ray, cards: Sequence[Target]) -> tuple[str, Hit] | None:
        """Return the nearest of the cards and what the visit has to be pointed at."""
        card, thing = pointed_at(ray, cards), self.visit.meet(ray)
        if card is None or (thing is not None and thing[1].distance_m < card[1].distance_m):
            return thing
        return card

    def _card(self, name: str) -> Card | None:
        return next((card for card in self.visit.cards if card.name == name), None)

    def _under(self, side: int) -> str | None:
        """Return what a press of this hand is on: a target, "CARD/BUTTON", or None."""
        over = self.hands[side].over
        if over is None:
            return None
        card = self._card(over[0])
        if card is None:
            return over[0]
        button = card.canvas.button_at(*over[1].at)
        return None if button is None else f"{card.name}/{button}"

    def _press(self, side: int) -> None:
        state = self.hands[side]
        state.trigger_latch = state.trigger_latch.next(state.hand.trigger)
        if self._draws(side):
            state.press = Press()
            return
        state.press, pressed, clicked = state.press.next(state.trigger_latch.closed, self._under(side))
        if pressed is not None:
            self._hum(side, 0.4)
        held = state.press.held
        if held is not None and held.endswith("/track"):
            self._slide(side, held)
        elif clicked is not None:
            self.visit.press(clicked)
            self._offer_palette(side)

    def _draws(self, side: int) -> bool:
        """Let a hand's pen draw; return whether the trigger is the pen's, as it is wherever no card is."""
        notes, state, tip = self.visit.notes, self.hands[side], self.tip(side)
        if notes is None or not notes.on:
            return False
        on_card = state.over is not None and self._card(state.over[0]) is not None
        aim = self.aim(side)
        if tip is None or state.press.down or (on_card and not notes.drawing(side)):
            notes.leave(side)
            return False
        ray = None if aim is None else Ray.of(aim)
        before = notes.aims.get(side)
        notes.hand(side, tip, ray, state.trigger_latch.closed, self.visit.head.t_s, self.rig.scale)
        now = notes.aims[side]
        if now.joint and (before is None or before.joint != now.joint):
            self._hum(side, 0.15)
        return True

    def tip(self, side: int) -> FloatArray | None:
        """Return where a hand's pen has its point, world metres: between the fingers, or before the controller."""
        aim, hand = self.aim(side), self.hands[side].hand
        if aim is None or hand.joints_m is not None:
            return self._reach(side)
        return np.asarray(aim[:3, 3] - TIP_M * aim[:3, 2])

    def _offer_palette(self, side: int) -> None:
        """Hang the pen's card on the other hand when the pen is taken, and away with it when it is laid down."""
        notes, card = self.visit.notes, self._card("notes")
        if notes is None or card is None or card.wanted == notes.on:
            return
        card.wanted = notes.on
        if self.hands[1 - side].hand.grip is not None:
            card.pin = Pin.on_hand(SIDES[1 - side], _PALETTE_SCALE)
        else:
            card.pin = Pin("world", before_head(self.head, -0.5, 0.25, 0.8))

    def toggle_pen(self) -> None:
        """Take the pen or lay it down, from the keyboard."""
        if self.visit.notes is not None:
            self.visit.notes.toggle()
            self._offer_palette(1)

    def _slide(self, side: int, held: str) -> None:
        """Follow a playhead that is dragged on its card, even past its ends."""
        card, state = self._card(held.partition("/")[0]), self.hands[side]
        if card is None or state.over is None or state.over[0] != card.name:
            return
        x0, _, x1, _ = card.canvas.buttons["track"]
        share = (state.over[1].at[0] * card.canvas.width - x0) / max(x1 - x0, 1)
        start, end = self.visit.head.span_s
        self.visit.head = self.visit.head.seek(start + (end - start) * float(np.clip(share, 0.0, 1.0)))

    def _slow(self) -> float:
        """Return how much slower time runs: a trigger that presses nothing holds it back."""
        if self.visit.notes is not None and self.visit.notes.on:
            return 1.0
        free = (s for s in self.hands if s.press.held is None and s.over is None and not s.pinch.on)
        pull = max((s.hand.trigger for s in free), default=0.0)
        return 1.0 - (1.0 - _SLOWEST) * float(np.clip(pull, 0.0, 1.0))

    def _buttons(self, side: int) -> None:
        state = self.hands[side]
        now = (state.hand.play, state.hand.cards, state.hand.model)
        play, cards, model = (is_down and not was for is_down, was in zip(now, state.pressed, strict=True))
        state.pressed = now
        if play:
            self.visit.head = self.visit.head.toggled()
        if cards:
            self.bring_cards()
        if model:
            self.toggle_model()

    def _move_by_stick(self, side: int) -> None:
        state, params = self.hands[side], self.settings.move
        state.stick, wish = replace(state.stick, params=params).moved(*state.hand.stick)
        aim = self.aim(side)
        if wish in ("left", "right"):
            self.rig = snap_turned(self.rig, self.head_play, wish == "right", params)
        elif wish == "teleport":
            self._teleport(side)
        aiming = state.stick.aiming and aim is not None
        state.landing = teleport_arc(aim, self.rig.scale, params) if aiming and aim is not None else None
        if state.hand.joints_m is not None:
            self._move_by_pinch(side, aim)

    def _move_by_pinch(self, side: int, aim: FloatArray | None) -> None:
        """Teleport by a pinch at the ground, where it presses nothing and draws nothing."""
        state = self.hands[side]
        free = state.over is None and state.press.held is None and not (self.visit.notes and self.visit.notes.on)
        pinched = state.trigger_latch.next(state.hand.trigger).closed
        before = state.pinch
        state.pinch, shows, go = before.next(pinched and (free or before.on), aim, self._dt_s)
        if aim is not None and (shows or go):
            state.landing = teleport_arc(aim, self.rig.scale, self.settings.move)
        if go:
            self._teleport(side)
            state.landing = None

    def _teleport(self, side: int) -> None:
        """Go where a hand's arc comes down, if one may."""
        landing = self.hands[side].landing
        if landing is not None and landing.allowed:
            self.rig = teleported(self.rig, self.head_play, landing.place_m)
            self.rig = self.rig.moved([0.0, 0.0, self._floor_m * self.rig.scale])
            self._hum(side, 0.6)

    # -- hands that hold -----------------------------------------------------------------------------------------

    def _hold(self, dt_s: float) -> None:
        for side, state in enumerate(self.hands):
            was = state.grip_latch.closed
            state.grip_latch = state.grip_latch.next(state.hand.squeeze)
            closed = state.grip_latch.closed and state.hand.grip is not None
            if closed and not was:
                state.holds = self._taken(side)
            elif not closed and state.holds:
                self._let_go(side)
        self._drag_world(dt_s)
        grips = self.grips()
        for side, state in enumerate(self.hands):
            grip, reach = grips.get(SIDES[side]), self._reach(side)
            if state.holds.startswith("card:") and grip is not None and state.grip_before is not None:
                card = self._card(state.holds.removeprefix("card:"))
                if card is not None:
                    card.carried(self.rig.to_world(state.grip_before), grip)
            elif state.holds not in ("", "world") and reach is not None:
                self.visit.held(state.holds, reach)
            state.grip_before, state.reach_before = state.hand.grip, state.hand.reach_m

    def _taken(self, side: int) -> str:
        state, reach = self.hands[side], self._reach(side)
        if state.over is not None and self._card(state.over[0]) is not None:
            self._hum(side, 0.3)
            return f"card:{state.over[0]}"
        name = None if reach is None else self.visit.grab(reach, REACH_M * self.rig.scale)
        if name is not None:
            self._hum(side, 0.5)
        return name or "world"

    def _let_go(self, side: int) -> None:
        state, other = self.hands[side], SIDES[1 - side]
        name, state.holds = state.holds, ""
        card, grips = self._card(name.removeprefix("card:")), self.grips()
        if not name.startswith("card:"):
            if name != "world":
                self.visit.release(name)
        elif card is not None and card.pose is not None:
            near = other in grips and float(np.linalg.norm(grips[other][:3, 3] - card.pose[:3, 3]))
            on_hand = near is not False and near < _PIN_TO_HAND_M * self.rig.scale
            card.pin_to(other if on_hand else "world", grips)

    def _drag_world(self, dt_s: float) -> None:
        pulling = [
            (s.reach_before, s.hand.reach_m)
            for s in self.hands
            if s.holds == "world" and s.reach_before is not None and s.hand.reach_m is not None
        ]
        before = self.rig
        if len(pulling) == 2:
            was, now = (np.stack([pair[i] for pair in pulling]) for i in (0, 1))
            self.rig = dragged_by_two(self.rig, was, now, self.settings.move)
        elif len(pulling) == 1:
            was, now = pulling[0]
            self.rig = dragged(self.rig, was, now)
        if pulling and dt_s > 0.0:
            moved = np.linalg.norm(np.subtract(self.rig.origin_m, before.origin_m)) / self.rig.scale
            self._world_speed_mps = float(moved) / dt_s


__all__ = ["REACH_M", "TIP_M", "Being", "BeingSettings", "HandState", "table_rig"]
