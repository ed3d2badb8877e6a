"""A plant to walk through: a recorded shift at life size or on a table, its units pointed at, its alarms located."""

from dataclasses import replace

import numpy as np
import panda3d.core as p3d
from numpy.typing import ArrayLike

from twinswing.body.camera import PinholeCamera
from twinswing.headset.frames import FloatArray
from twinswing.headset.notes import Notes
from twinswing.headset.notes_view import NotesView
from twinswing.headset.plant_cards import MOST_ALARMS, make_cards
from twinswing.headset.pointing import Hit, Ray
from twinswing.plant.alarms import SHOWN, Alarm, AlarmLog
from twinswing.plant.recorded import RecordedHistory
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
_LABELS_EACH = 6  # frames: labels are chosen anew as the head moves
_OFF = frozenset({UnitState.OFF, UnitState.MAINTENANCE})
_TEXT_SCALE = 1.3  # a headset has fewer pixels a degree than a desktop


class PlantVisit:
    """A plant's recording as a visit; whoever opened the recording closes it."""

    def __init__(self, history: RecordedHistory, quality: Quality | None = None) -> None:
        self.history, self.plant = history, history.plant
        options = PlantOptions(quality=quality or Quality(shadow_px=2048), text_scale=_TEXT_SCALE)
        self.scene = PlantScene(self.plant, options)
        start_ns, end_ns = history.span_ns
        self.head = Playhead.over((start_ns / 1e9, end_ns / 1e9))
        self.pace = _PACES[2]
        self.chosen, self._hovered = -1, -1
        self.real_world, self.offers_real_world, self.wants_model, self.seated = False, False, False, False
        self.notes: Notes | None = None
        self.marks: NotesView | None = None
        self.head_pose: FloatArray = np.eye(4)
        self._pieces = PieceTracker(history)
        self._picture = AlarmLog(self.plant).extend(history, history)
        self._since_s = 0.0
        self._frames = 0
        self._paths = {unit.path: i for i, unit in enumerate(self.plant.units)}
        self._shown_s: float | None = None
        self._look_up()
        self.cards = make_cards(self)
        for card in self.cards:
            card.node.reparent_to(self.scene.root)

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
            case "model":
                self.wants_model = True
            case "world":
                self.real_world = not self.real_world
                self.show_surroundings(not self.real_world)

    def _choose(self, number: int) -> None:
        self.chosen = -1 if number == self.chosen else number
        self._show()

    def grab(self, point_m: FloatArray, reach_m: float) -> str | None:  # noqa: ARG002
        """Nothing of a plant is taken hold of: the world is."""
        return None

    def held(self, name: str, point_m: FloatArray) -> None:
        """Nothing is held."""

    def release(self, name: str) -> None:
        """Nothing is let go."""

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
        self.head = self.head.advance(dt_s * slow * self.pace)
        self._since_s += dt_s
        if self.head.t_s != self._shown_s and self._since_s >= _SNAPSHOT_S:
            self._look_up()
        return False

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
