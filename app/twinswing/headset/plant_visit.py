"""A plant to walk through: a recorded shift at life size or on a table, its units pointed at, its alarms located."""

import getpass
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike

from twinswing.body.camera import PinholeCamera
from twinswing.headset.alarm_sound import Call, calling
from twinswing.headset.frames import FloatArray
from twinswing.headset.notes import Notes
from twinswing.headset.notes_card import make_notes_card
from twinswing.headset.notes_view import NotesView
from twinswing.headset.plant_cards import MOST_ALARMS, make_cards
from twinswing.headset.pointing import Hit, Ray
from twinswing.plant.alarms import SHOWN, Alarm, AlarmLog, AlarmPicture, acknowledge
from twinswing.plant.history import History
from twinswing.plant.journal import Action, Journal
from twinswing.plant.states import STATES, UnitState, unit_states
from twinswing.stage.material import Quality
from twinswing.stage.offscreen import Scene
from twinswing.stage.plant_alarm_view import with_alarms
from twinswing.stage.plant_cameras import walk
from twinswing.stage.plant_pieces import PieceTracker
from twinswing.stage.plant_scene import PlantOptions, PlantScene
from twinswing.stage.plant_view import PlantView
from twinswing.timeline.playhead import Playhead

_PACES = (1.0, 10.0, 60.0, 300.0)
_SNAPSHOT_S = 0.2  # of real time: states and values that change faster are not read
_ALARMS_S = 0.5  # of real time: between looks for alarms in what came in
PLANT_TAGS = ("Look here", "Check", "Wear", "Leak", "Noise", "Done")
_LABELS_EACH = 6  # frames: labels are chosen anew as the head moves
_OFF = frozenset({UnitState.OFF, UnitState.MAINTENANCE})
_TEXT_SCALE = 1.3  # a headset has fewer pixels a degree than a desktop


class PlantHistory(History, Journal, Protocol):
    """What is walked through: a history with its journal, live or recorded."""


@dataclass(frozen=True)
class PlantNotes:
    """A visit's notes as their card sees them."""

    visit: "PlantVisit"
    notes: Notes

    @property
    def head(self) -> Playhead:
        """Where on the timeline one is."""
        return self.visit.head


class PlantVisit:
    """A plant as a visit, recorded or live; whoever opened its history closes it.

    notes: its annotations, None where they could not be kept. act: takes what a person did; None for a recording, of
    which nothing can be done any more. author: who does it.
    """

    def __init__(
        self, history: PlantHistory, quality: Quality | None = None, notes: Notes | None = None,
        act: Callable[[Action], None] | None = None, author: str = "",
    ) -> None:  # fmt: skip
        self.history, self.plant = history, history.plant
        self.act, self.author = act, author or getpass.getuser()
        self.sound = True
        options = PlantOptions(quality=quality or Quality(shadow_px=2048), text_scale=_TEXT_SCALE)
        self.scene = PlantScene(self.plant, options)
        self.head = Playhead.over(self._span_s())
        if history.live:
            self.head = self.head.pin()
        self.pace = _PACES[0 if history.live else 2]
        self.chosen, self._hovered = -1, -1
        self.real_world, self.offers_real_world, self.wants_model, self.seated = False, False, False, False
        self.notes = notes
        self.marks = None if notes is None else NotesView(self.scene.root, self.plant)
        self.head_pose: FloatArray = np.eye(4)
        self._pieces = PieceTracker(history)
        self._log = AlarmLog(self.plant)
        self._picture = AlarmPicture() if history.live else self._log.extend(history, history)
        self._worker = ThreadPoolExecutor(1, "alarms") if history.live else None
        self._finding: Future[AlarmPicture] | None = None
        self._found_s = -_ALARMS_S
        self._since_s = 0.0
        self._frames = 0
        self._paths = {unit.path: i for i, unit in enumerate(self.plant.units)}
        self._shown_s: float | None = None
        self._look_up()
        self.cards = make_cards(self)
        if notes is not None:
            self.cards.append(make_notes_card(PlantNotes(self, notes)))
        for card in self.cards:
            card.node.reparent_to(self.scene.root)

    def _span_s(self) -> tuple[float, float]:
        start_ns, end_ns = self.history.span_ns
        return start_ns / 1e9, max(start_ns, end_ns) / 1e9

    @property
    def drawn(self) -> Scene:
        """What is drawn."""
        return self.scene

    @property
    def root(self) -> p3d.NodePath:
        """The node that cards and hands hang below."""
        return self.scene.root

    def start(self) -> tuple[ArrayLike, ArrayLike]:
        """Stand at the beginning of the longest aisle and look along it."""
        camera = walk(self.plant)
        return (*camera.position_m[:2].tolist(), 0.0), camera.target_m

    @property
    def clear_rad(self) -> float:
        """Nothing ahead needs more room than the low card leaves."""
        return 0.0

    def model(self) -> tuple[ArrayLike, float]:
        """The whole hall."""
        length, width = self.plant.hall_m[:2]
        return (length / 2, width / 2, 0.0), max(length, width) / 2

    def meet(self, ray: Ray) -> tuple[str, Hit] | None:
        """Return the unit that a ray meets first; what stands before it hides it."""
        picked = self.scene.pick(ray.start_m, ray.direction)
        if picked is None or picked.kind != "unit":
            return None
        return f"unit:{picked.path}", Hit(picked.distance_m)

    def point(self, name: str | None) -> None:
        """Light up the unit that is pointed at."""
        hovered = -1 if name is None else self._paths.get(name.removeprefix("unit:"), -1)
        if hovered != self._hovered:
            self._hovered = hovered
            self._show()

    def press(self, name: str) -> None:
        """Choose a unit, or carry out a card's button."""
        card, _, button = name.partition("/")
        if name.startswith("unit:"):
            self._choose(self._paths.get(name.removeprefix("unit:"), -1))
        elif card == "alarms" and button.startswith("alarm"):
            shown = [alarm for alarm in self.alarms if alarm.state in SHOWN][:MOST_ALARMS]
            number = int(button.removeprefix("alarm"))
            if number < len(shown):
                self._choose(self._paths.get(shown[number].occurrence.unit, -1))
        elif card == "alarms" and button.startswith("seen "):
            self._acknowledge(button.removeprefix("seen "))
        elif card == "notes" and self.notes is not None:
            self.notes.press(button)
        elif card == "time":
            self._press_time(button)

    def _press_time(self, button: str) -> None:
        at = _PACES.index(self.pace)
        match button:
            case "play":
                self.head = self.head.toggled()
            case "slower":
                self.pace = _PACES[max(at - 1, 0)]
            case "faster":
                self.pace = _PACES[min(at + 1, len(_PACES) - 1)]
            case "live" if self.history.live:
                self.head = self.head.pin()
            case "sound":
                self.sound = not self.sound
            case "seated":
                self.seated = not self.seated
            case "draw" if self.notes is not None:
                self.notes.toggle()
            case "model":
                self.wants_model = True
            case "world":
                self.real_world = not self.real_world
                self.show_surroundings(not self.real_world)

    def _acknowledge(self, key: str) -> None:
        """Say that an alarm was seen: it stands as before, and calls no more."""
        if self.act is not None:
            self.act(acknowledge(max(self.history.span_ns), [key], self.author))
            self._found_s = -_ALARMS_S  # at once

    def _choose(self, number: int) -> None:
        self.chosen = -1 if number == self.chosen else number
        self._show()

    def grab(self, point_m: FloatArray, reach_m: float) -> str | None:
        """Take hold of a drawing while the pen is in the hand; of nothing else: the world is."""
        if self.notes is None or not self.notes.on:
            return None
        return self.notes.grab(point_m, reach_m, self.head.t_s)

    def held(self, name: str, point_m: FloatArray) -> None:  # noqa: ARG002 - only drawings are
        """Carry a drawing."""
        if self.notes is not None:
            self.notes.held(point_m)

    def release(self, name: str) -> None:  # noqa: ARG002
        """Leave a drawing where it is."""
        if self.notes is not None:
            self.notes.release()

    def look(self, head: FloatArray) -> None:
        """Choose the labels for where the head is, every few frames."""
        self.head_pose = head
        self._frames += 1
        if self._frames % _LABELS_EACH == 1:
            self.scene.look_from(self._camera(head))

    def _camera(self, head: FloatArray) -> PinholeCamera:
        axes = head[:3, :3] / np.linalg.norm(head[:3, 0])
        width, height = self.scene._picture_px
        turn = np.stack([axes[:, 0], -axes[:, 1], -axes[:, 2]])
        return PinholeCamera(width, height, width / 2, (width / 2, height / 2), head[:3, 3], turn)

    def update(self, dt_s: float, slow: float, hands: dict[str, FloatArray]) -> bool:  # noqa: ARG002
        """Let the shift go on; what is known is looked up five times a second."""
        if self.history.live:
            self._follow(dt_s)
        self.head = self.head.advance(dt_s * slow * self.pace)
        self._since_s += dt_s
        if self.head.t_s != self._shown_s and self._since_s >= _SNAPSHOT_S:
            self._look_up()
        if self.marks is not None and self.notes is not None:
            self.marks.update(self.notes, self.head.t_s, self.head_pose)
        return False

    def _follow(self, dt_s: float) -> None:
        """Take what came in; alarms are found on another thread, for they are read out of all that was said."""
        span = self._span_s()
        if span != self.head.span_s:
            self.head = self.head.with_span(span)
        self._found_s += dt_s
        if self._finding is not None and self._finding.done():
            self._picture, self._finding = self._finding.result(), None
            self._shown_s = None
        if self._finding is None and self._found_s >= _ALARMS_S and self._worker is not None:
            self._found_s = 0.0
            self._finding = self._worker.submit(self._log.extend, self.history, self.history)

    def calls(self) -> tuple[Call, ...]:
        """Return the alarms that are to be heard; a recording that stands still is silent."""
        return calling(self.alarms, self.plant) if self.sound and (self.head.playing or self.head.pinned) else ()

    def close(self) -> None:
        """End what runs beside, and keep what was drawn."""
        if self._worker is not None:
            self._worker.shutdown(wait=True, cancel_futures=True)
        if self.notes is not None:
            self.notes.close()

    def _look_up(self) -> None:
        t_ns = round(self.head.t_s * 1e9)
        self._since_s, self._shown_s = 0.0, self.head.t_s
        self.snapshot = self.history.at(t_ns)
        self.states = tuple(STATES[code] for code in unit_states(self.history, self.snapshot).tolist())
        off = [unit.path for unit, state in zip(self.plant.units, self.states, strict=True) if state in _OFF]
        self.alarms: tuple[Alarm, ...] = self._picture.at(t_ns, off)
        view = replace(PlantView.of(self.plant, self.snapshot, self.states), pieces=self._pieces.at(self.snapshot))
        self._base = with_alarms(view, self.plant, self.alarms)
        self._show()

    def _show(self) -> None:
        chosen = frozenset() if self.chosen < 0 else frozenset({self.chosen})
        self.scene.show(replace(self._base, chosen=chosen, hovered=self._hovered))

    def place_wish(self) -> FloatArray | None:
        """No other place is asked for."""
        return None

    def show_surroundings(self, on: bool) -> None:
        """Show hall, floor and background, or leave the room to be seen there."""
        for name in ("background", "floor", "walls"):
            for node in self.root.find_all_matches(f"**/{name}"):
                if on:
                    node.show()
                else:
                    node.hide()
