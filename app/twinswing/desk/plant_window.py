"""The plant's window: the hall in 3D, panels around it, everything at the playhead."""

import getpass
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import panda3d.core as p3d

from twinswing.desk.base import BaseDesk
from twinswing.desk.panels.plant_context import PlantContext
from twinswing.desk.panels.plant_toolbar import roles_in
from twinswing.desk.plant_actions import KEY_TO_ACTION, REPEATING
from twinswing.desk.plant_camera import PlantRegion, view_of
from twinswing.desk.plant_choices import Bookmark, PlantChoices
from twinswing.desk.plant_data import PlantData
from twinswing.desk.plant_looks import looks
from twinswing.desk.plant_playback import PlantPlayback
from twinswing.desk.plant_ui import PlantInterface
from twinswing.desk.plant_work import Worker
from twinswing.desk.settings import Settings
from twinswing.errors import InputError
from twinswing.plant.alarms import SHOWN, Alarm, AlarmState, acknowledge, service, shelve, unshelve
from twinswing.plant.history import History
from twinswing.plant.journal import Action, Journal
from twinswing.plant.model import Role
from twinswing.plant.states import STATES, unit_states
from twinswing.stage import plant_cameras
from twinswing.stage.plant_heat import legend
from twinswing.stage.plant_pick import Picked
from twinswing.stage.plant_pieces import PieceTracker
from twinswing.stage.plant_scene import PlantScene
from twinswing.stage.plant_view import PlantView, Tape
from twinswing.streams.observations import LinkStatus

_FOCUS_FRAMES = 4  # Dear ImGui gives a field the keyboard in the second frame after it was asked
_DOUBLE_S = 0.4  # two clicks within this are one double click


class PlantHistory(History, Journal, Protocol):
    """What the window looks at: a history with its journal, live or recorded."""


class PlantDesk(BaseDesk):
    """The window of one plant.

    act: takes what a person did (acknowledge, shelve ...); None for a recording, of which nothing can be done any more.
    links: how each source stands now.
    """

    def __init__(
        self,
        history: PlantHistory,
        settings: Settings,
        *,
        offscreen: bool = False,
        folder: Path | None = None,
        name: str = "",
        act: Callable[[Action], None] | None = None,
    ) -> None:
        super().__init__(settings, offscreen=offscreen)
        self.history = history
        self.plant = history.plant
        self.name = name or self.plant.label or self.plant.name
        self.folder = folder or Path.cwd()
        self._act = act
        self.worker = Worker()
        self.choices = PlantChoices()
        for number, place in settings.places.get(self.plant.name, {}).items():
            self.choices.bookmarks[number] = Bookmark.of(place)
        if self.plant.work_orders:
            # Whoever gave an order wants to see it made.
            self.choices.order, self.choices.front = self.plant.work_orders[0].name, "Orders"
        self.data = PlantData(self.plant, history, history)
        self.playback = PlantPlayback.of(history.span_ns, live=history.live)
        self.viewport: PlantRegion = PlantRegion(self.win, self.graphicsEngine)
        self.ui: PlantInterface = PlantInterface(self, settings.layout, folder)
        self.scene: PlantScene | None = PlantScene(self.plant)
        self.scene.bind_shadows(self.shadows)
        self.viewport.draw(self.scene.root)
        self._snapshot = history.at(self.playback.t_ns)
        self._pieces = PieceTracker(history)
        self._looked: tuple[int, tuple[int, int]] | None = None
        self._context = PlantContext(self.plant, history, self.choices, self.worker, self._snapshot)
        self._last_click = (0.0, "")
        self._tape: list[tuple[float, float, float]] = []
        self._pointed: tuple[float, float] | None = None
        self._placed = False
        self._focusing = 0  # frames in which the search box may not have the keyboard yet
        self.trouble = ""  # what keeps going wrong, said until it does not
        self.set_title(self.name)
        self._bind(KEY_TO_ACTION, REPEATING)
        self.accept("enter", self._on_enter)  # also while one types

    # -- one frame -----------------------------------------------------------------------------------------------

    def settle(self, frames: int, timeout_s: float = 20.0) -> None:
        """Draw frames until the panels have found their places and the worker has answered what they ask."""
        end = time.perf_counter() + timeout_s
        while True:
            for _ in range(max(frames, 1)):
                self.step()
            if not self.worker.busy or time.perf_counter() > end:
                self.step()
                return
            self.worker.settle(1.0)
            frames = 2

    def advance(self, dt_s: float) -> None:
        """Let time pass, and look up what was known at the playhead."""
        span = self.history.span_ns
        self.playback.advance(dt_s, span)
        self._focusing -= 1
        self.ui.whatif.poll()
        looked = (self.playback.t_ns, span)
        if looked != self._looked:
            self._looked = looked
            self._snapshot = self.history.at(self.playback.t_ns)
            self._context.states = tuple(STATES[code] for code in unit_states(self.history, self._snapshot).tolist())
        context, head = self._context, self.playback.head
        context.snapshot, context.t_ns, context.span_ns = self._snapshot, self.playback.t_ns, span
        context.live, context.pinned = self.history.live, head.pinned
        context.playing, context.speed = head.playing, self.playback.speed
        context.links = self._links()
        self.data.update(context)
        self._hover()

    def _links(self) -> Mapping[str, LinkStatus]:
        return {
            name: LinkStatus(event.state, event.message, event.t_ns, event.items, event.lost)
            for name, event in self.history.links_at(self.playback.t_ns).items()
        }

    def _draw_panels(self) -> None:
        context = self._context
        context.recent, context.notice = self.settings.recent, self.trouble or self.notice
        context.do, context.seek, context.open_path = self.do, self.playback.seek, self.open_path
        context.more_actions, context.draw_on_timeline = self.addon_actions, self._draw_on_timeline
        context.toolbar_px, context.draw_on_toolbar = self._toolbar_px, self._draw_on_toolbar
        heat = None if self.scene is None else self.scene.view.heat
        rect = self.ui.plant_frame(context, self.data, None if heat is None else legend(heat))
        self.viewport.place((*rect[:2], *self.fixed_scene_px) if self.fixed_scene_px else rect)
        if not self._placed and rect[2] > 50:
            # The first look is of the whole plant, as soon as the picture's shape is known.
            self._placed = True
            self.viewport.flight = type(self.viewport.flight)(view_of("overview", self.plant, self.viewport.size))

    def _draw_scene(self) -> None:
        if self.scene is None:
            return
        self.viewport.aim(self._dt)
        self.scene.show(self.view())
        if self.viewport.pinhole is not None:
            self.scene.look_from(self.viewport.pinhole)

    def view(self) -> PlantView:
        """Return what the scene shows in this frame."""
        context = self._context
        pieces = self._pieces.at(self._snapshot, frozenset({self.choices.order} - {""}))
        shown = looks(
            self.plant, self._snapshot, context.states, self.history.texts, self.data.alarmed, self.choices, pieces
        )
        way, followed = self.data.way(context) if self.choices.order else (None, frozenset())
        tape = Tape(self._tape[0], self._tape[1]) if len(self._tape) == 2 else None
        return replace(shown, way=way, followed=followed, tape=tape)

    def _on_key(self, action: str, always: bool, key: str) -> None:
        # Letters that come before the search box has the keyboard are no actions.
        if always or self._focusing <= 0:
            super()._on_key(action, always, key)

    def _on_enter(self) -> None:
        self.choices.entered = self.ui.wants_keys

    # -- mouse ---------------------------------------------------------------------------------------------------

    def _hover(self) -> None:
        """Note what lies under the mouse; looked up when it moved only."""
        pointer = self._pointer()
        if pointer == self._pointed:
            return
        self._pointed = pointer
        self.choices.hovered = ""
        if self._drag is None and self.viewport.contains(*pointer) and not self.ui.wants_mouse:
            picked = self._picked(*pointer)
            if picked is not None and picked.kind == "unit":
                self.choices.hovered = picked.path

    def _picked(self, x_px: float, y_px: float) -> Picked | None:
        if self.viewport.pinhole is None or self.scene is None:
            return None
        return self.scene.pick_pixel(self.viewport.pinhole, *self.viewport.pixel(x_px, y_px))

    def clicked(self, button: int, x_px: float, y_px: float) -> None:
        """Choose what was clicked; a second click soon after goes there. With the tape, note a point."""
        picked = self._picked(x_px, y_px)
        if button != 1 or picked is None:
            return
        if self.choices.tape:
            self._tape = [*self._tape, picked.point_m] if len(self._tape) == 1 else [picked.point_m]
            if len(self._tape) == 2:
                length = Tape(self._tape[0], self._tape[1]).length_m
                self.notify_user(f"{length:.2f} m between the two points (on the machines' boxes, not their shapes)")
            return
        if picked.kind != "unit":
            return
        now = time.perf_counter()
        twice = self._last_click[1] == picked.path and now - self._last_click[0] < _DOUBLE_S
        self._last_click = (now, picked.path)
        self._choose(picked.path, fly=twice)

    def _choose(self, path: str, *, fly: bool) -> None:
        unit = self.plant.unit_by_path.get(path)
        if unit is None:
            return
        self.choices.unit, self.choices.front = path, "Unit"
        if fly:
            view = plant_cameras.approach(unit, *self.viewport.size, self.plant)
            self.viewport.flight = self.viewport.flight.to(view)

    # -- actions -------------------------------------------------------------------------------------------------

    def do(self, name: str) -> None:
        """Do one of the actions of plant_actions.py, or "unit:PATH"."""
        head, _, rest = name.partition(":")
        simple: dict[str, Callable[[], object]] = {
            "files": self.toggle_files,
            "help": self.toggle_help,
            "reset_layout": self.ui.reset_layout,
            "fullscreen": self.toggle_fullscreen,
            "screenshot": self._save_picture,
            "escape": self._escape,
            "search": self._search,
            "go_to": lambda: self._choose(self.choices.unit, fly=True),
            "worst": self._go_to_worst,
            "heat": lambda: self.choices.next_heat(roles_in(self._context)),
            "follow": self._follow,
        }
        with_rest: dict[str, Callable[[str], object]] = {
            "unit": lambda path: self._choose(path, fly=True),
            "view": self._go_to_view,
            "toggle": self._toggle,
            "bookmark": lambda n: self._to_bookmark(int(n)),
            "keep": lambda n: self._keep(int(n)),
        }
        if head in with_rest and rest:
            with_rest[head](rest)
        elif name in simple:
            simple[name]()
        elif not self.playback.do(name, self.data.alarm_times_s, live=self.history.live) and not self._addon_does(name):
            self._answer(name)

    def _search(self) -> None:
        self.choices.focus_search, self._focusing = True, _FOCUS_FRAMES

    def _go_to_worst(self) -> None:
        unit = self.data.worst(self._context)
        if unit is not None:
            self._choose(unit.path, fly=True)

    def _go_to_view(self, view: str) -> None:
        self.viewport.flight = self.viewport.flight.to(view_of(view, self.plant, self.viewport.size))

    def _toggle(self, part: str) -> None:
        setattr(self.choices, part, not getattr(self.choices, part))
        if part == "tape":
            self._tape = []
            if self.choices.tape:
                self.notify_user("Tape: click two points.")

    def _to_bookmark(self, number: int) -> None:
        kept = self.choices.bookmarks.get(number)
        if kept is None:
            self.notify_user(f"No bookmark {number} yet: Ctrl+{number} keeps this view.")
        else:
            self.viewport.flight = self.viewport.flight.to(kept.camera)

    def _keep(self, number: int) -> None:
        unit = self._context.unit
        self.choices.bookmarks[number] = Bookmark(
            unit.label if unit else f"View {number}", self.viewport.flight.current()
        )
        self.notify_user(f"Kept: {number} comes back here.")

    def _follow(self) -> None:
        """Follow the order of the unit chosen, or leave off."""
        if self.choices.order:
            self.choices.order = ""
            return
        unit = self._context.unit
        value = self._context.of_role(unit, Role.ORDER) if unit is not None else None
        if value is None or not value[0]:
            self.notify_user("Choose a unit that works on an order first.")
            return
        self.choices.order, self.choices.front = value[0], "Orders"

    def _escape(self) -> None:
        choices = self.choices
        if self.ui.alarms.what:
            self.ui.alarms.what = ""
        elif self.escape():
            return
        elif choices.tape:
            self._toggle("tape")
        elif choices.filters.active:
            choices.filters = type(choices.filters)()
        elif choices.order:
            choices.order = ""
        else:
            choices.unit = ""

    def _save_picture(self) -> None:
        path = self.folder / f"{self.plant.name}-{self.playback.t_s:.3f}s.png"
        self.notify_user(f"Saved {path.name}" if self.save_picture(path) else f"{path} cannot be written")

    # -- alarms --------------------------------------------------------------------------------------------------

    def _answer(self, name: str) -> None:
        """Acknowledge, shelve, take out of service, put back: what people do about alarms."""
        if name not in ("acknowledge", "acknowledge_all", "shelve", "out_of_service", "restore", "confirm_alarm"):
            return
        if self._act is None:
            self.notify_user("A recording: its alarms were answered then, and cannot be now.")
            return
        chosen = next((a for a in self.data.alarms if a.occurrence.key == self.choices.alarm), None)
        try:
            self._answered(name, chosen, self._act)
        except InputError as error:
            self.notify_user(str(error))

    def _answered(self, name: str, chosen: Alarm | None, act: Callable[[Action], None]) -> None:
        now, who, dialog = self.history.span_ns[1], getpass.getuser(), self.ui.alarms
        new = [a for a in self.data.alarms if a.state in SHOWN and a.state is not AlarmState.ACKNOWLEDGED]
        match name:
            case "acknowledge":
                found = chosen if chosen in new else next(iter(new), None)
                if found is not None:
                    act(acknowledge(now, [found.occurrence.key], who))
            case "acknowledge_all":
                if new:
                    act(acknowledge(now, [a.occurrence.key for a in new], who))
            case "restore" if chosen is not None:
                key = chosen.occurrence.key
                out = chosen.state is AlarmState.OUT_OF_SERVICE
                act(service(now, key, who, out=False) if out else unshelve(now, key, who))
            case "shelve" | "out_of_service":
                if chosen is None:
                    self.notify_user("Choose an alarm in the list first.")
                    return
                dialog.what, dialog.key, dialog.reason, dialog.appearing = name, chosen.occurrence.key, "", True
            case "confirm_alarm":
                if dialog.what == "shelve":
                    act(shelve(now, dialog.key, who, dialog.for_s, dialog.reason))
                elif dialog.what:
                    act(service(now, dialog.key, who, out=True, note=dialog.reason))
                dialog.what = ""

    @property
    def path(self) -> Path | None:
        """The recording that is shown; None of a live plant."""
        return getattr(self.history, "path", None)

    @property
    def t_ns(self) -> int:
        """Where the playhead is, nanoseconds of session time."""
        return self.playback.t_ns

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        return self.playback.playing

    def seek_ns(self, t_ns: int) -> None:
        """Move the playhead to a session time, nanoseconds."""
        self.playback.seek(t_ns / 1e9)

    @property
    def scene_root(self) -> p3d.NodePath | None:
        """What the hall's scene hangs on."""
        return None if self.scene is None else self.scene.root

    # -- files, end ----------------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open another recording, in the window that it needs."""
        self.ui.files_open = False
        if path.suffix.lower() != ".mcap":
            self.notify_user(f"{path.name}: expected a recording (.mcap)")
            return
        self.next_path, self.closed = path, True

    def current_settings(self) -> Settings:
        """Return what is to be remembered."""
        kept = {number: bookmark.kept() for number, bookmark in self.choices.bookmarks.items()}
        places = {name: views for name, views in self.settings.places.items() if name != self.plant.name}
        if kept:
            places[self.plant.name] = kept
        return replace(super().current_settings(), layout=self.ui.layout_text(), places=places)

    def shut(self) -> None:
        """End the threads and processes that belong to the window and close it."""
        self.ui.whatif.close()
        self.worker.close()
        super().shut()

    def _remove_scene(self) -> None:
        if self.scene is not None:
            self.scene.root.remove_node()
            self.scene = None
