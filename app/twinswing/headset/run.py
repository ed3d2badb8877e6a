"""From the command line into a headset, with a window beside it that goes on when the runtime does not."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from twinswing.headset.alarm_voice import AlarmVoice
from twinswing.headset.being import Being, BeingSettings
from twinswing.headset.card import Card
from twinswing.headset.frames import Eye, FloatArray, head_of
from twinswing.headset.link import Link, LinkSettings
from twinswing.headset.mirror import Mirror
from twinswing.headset.stereo import StereoPicture, collect_states
from twinswing.headset.viewer import Viewer
from twinswing.headset.visit import Visit
from twinswing.headset.xr_instance import Instance
from twinswing.platform import has_display

_WINDOW_RATE_HZ = 60.0  # of the window while no headset sets the pace
_LONGEST_STEP_S = 0.1  # a frame that took longer (a stall) must not make the playhead jump


@dataclass(frozen=True)
class HeadsetSettings:
    """How a headset is used. display: whether to open a window; None opens one where there is a display.

    remember: is told when the user says that they sit, or stand.
    """

    link: LinkSettings = field(default_factory=LinkSettings)
    being: BeingSettings = field(default_factory=BeingSettings)
    display: bool | None = None
    remember: Callable[[bool], None] = lambda _seated: None


class Headset:
    """A visit in a headset: `step` draws a frame, for the headset where there is one, else for the window alone.

    Raises MissingPartError without an OpenXR runtime, a headset or a graphics driver.
    """

    def __init__(self, visit: Visit, settings: HeadsetSettings | None = None) -> None:
        self.settings = settings or HeadsetSettings()
        self.visit = visit
        instance = Instance.open(self.settings.link.layers)  # before a window: without a runtime none is opened
        display = has_display() if self.settings.display is None else self.settings.display
        try:
            self.mirror = Mirror(display=display)
        except BaseException:
            instance.close()
            raise
        self.link = Link(self.mirror.output, self.settings.link)
        self.being = Being(visit, self.settings.being, self.link.hum)
        self._seated = visit.seated
        self.viewer = Viewer(self.being)
        self.frames = 0
        self._dressed: StereoPicture | None = None
        self._layers: list[Card] = []
        self.voice: AlarmVoice | None = None
        self._sessions = 0
        self._last_s = time.perf_counter()
        try:
            self.link.open(instance)
            self._new_session()
        except BaseException:
            self.close()
            raise

    def _new_session(self) -> None:
        """Dress the picture of a session that has just been made."""
        link = self.link
        assert link.picture is not None
        assert link.session is not None
        self._sessions = link.sessions
        if self._dressed is not link.picture:
            link.picture.show(self.visit.drawn)
            self.viewer.before_eyes(link.picture, [link.session.hidden_mesh(eye) for eye in (0, 1)])
            self._dressed = link.picture
        self.being.knows_floor = link.session.knows_floor
        self.being.placed = False
        self.visit.offers_real_world = link.passthrough is not None and link.passthrough.offered

    @property
    def done(self) -> bool:
        """Tell whether the user ended it: in the headset, or by closing the window."""
        return self.link.leaving or self.mirror.closed

    def step(self) -> None:
        """Draw one frame."""
        now_s = time.perf_counter()
        for key in self.mirror.take_keys():
            self._key(key)
        if self.visit.notes is not None:
            self.visit.notes.update(now_s)
        self._sound(now_s)
        if self.visit.seated != self._seated:
            self._seated = self.visit.seated
            self.settings.remember(self._seated)
        running = self.link.poll(now_s)
        if self.link.session is not None and self.link.sessions != self._sessions:
            self._new_session()
        frame = self.link.begin(now_s) if running else None
        dt_s = min(time.perf_counter() - self._last_s, _LONGEST_STEP_S)
        self._last_s = time.perf_counter()
        if frame is None:
            self._window_frame(dt_s)
            return
        drawn = self._headset_frame(now_s, dt_s) if frame.visible else False
        if not frame.visible:
            self.visit.update(dt_s, 1.0, {})
            self._draw_window_alone()
        self.link.end(now_s, drawn=drawn, cards=self._layers, world_from_play=self.being.rig.world_from_play)
        self.frames += drawn

    def _sound(self, now_s: float) -> None:
        """Let alarms be heard from where they are; the sound device is opened with the first of them."""
        calls = self.visit.calls()
        if self.voice is None and calls:
            self.voice = AlarmVoice()
        if self.voice is not None:
            self.voice.update(calls, self.being.head, now_s)

    def _headset_frame(self, now_s: float, dt_s: float) -> bool:
        link, being = self.link, self.being
        picture = link.picture
        assert picture is not None
        views = link.views(now_s)
        hands = link.hands(now_s)
        if not views or link.session is None:
            return False
        if link.session.floor_changed:
            link.session.floor_changed, being.placed = False, False
        if being.frame(head_of(views), hands, dt_s) and picture.tags is not None:
            picture.tags.adopt(self.visit.root)
        self.viewer.fit(views[0].fov)
        self.viewer.update()
        self._follow_real_world()
        self._choose_layers(picture)

        def latch() -> list[Eye] | None:
            return being.eyes(link.views(now_s)) if link.session is not None else None

        picture.latch = latch
        self.mirror.show_picture(picture.texture, self._layers, being.eyes(views)[0])
        picture.draw(self.visit.drawn, latch() or being.eyes(views))
        return link.session is not None

    def _choose_layers(self, picture: StereoPicture) -> None:
        panels = self.link.panels
        if panels is None:
            return
        self._layers, changed = panels.choose(self.visit.cards, self.being.head[:3, 3])
        for card in changed if picture.tags is not None else ():
            picture.tags.adopt(card.node)  # type: ignore[union-attr]

    def _follow_real_world(self) -> None:
        passthrough = self.link.passthrough
        if passthrough is not None and passthrough.on != self.visit.real_world and passthrough.offered:
            passthrough.show(self.visit.real_world)

    def _window_frame(self, dt_s: float) -> None:
        """Go on without a headset: the window shows the scene from where the viewer was."""
        self.visit.update(dt_s, 1.0, {})
        self._draw_window_alone()
        left_s = 1.0 / _WINDOW_RATE_HZ - (time.perf_counter() - self._last_s)
        if left_s > 0.0:
            time.sleep(left_s)

    def _draw_window_alone(self) -> None:
        for card in self.visit.cards:
            card.open_hole(False)
        self.visit.drawn.bind_shadows(None)
        self.mirror.show_scene(self.visit.root, self._bystander())
        self.mirror.engine.render_frame()
        collect_states()

    def _bystander(self) -> FloatArray:
        if self.being.placed:
            return self.being.head
        place, facing = (np.asarray(p, dtype=float) for p in self.visit.start())
        pose = np.eye(4)
        away = (facing - place) / np.linalg.norm(facing - place)
        pose[:3, 0], pose[:3, 1], pose[:3, 2] = np.cross(away, [0, 0, 1.0]), [0, 0, 1.0], -away
        pose[:3, 3] = place + np.array([0.0, 0.0, 1.6])
        return pose

    def _key(self, key: str) -> None:
        if key == "space":
            self.visit.head = self.visit.head.toggled()
        elif key == "m":
            self.being.toggle_model()
        elif key == "c":
            self.being.bring_cards()
        elif key == "d":
            self.being.toggle_pen()
        elif key == "s":
            self.visit.seated = not self.visit.seated
        elif key == "home":
            self.being.placed = False

    def close(self) -> None:
        """Leave the headset, keep what was drawn, and close the window."""
        try:
            self.link.close()
        finally:
            if self.voice is not None:
                self.voice.close()
            self.visit.close()
            self.mirror.close()


def run_headset(
    visit: Visit, settings: HeadsetSettings | None = None, *, seconds: float | None = None,
    check: Callable[[], str] = lambda: "",
) -> int:  # fmt: skip
    """Stay in a visit until the user ends it or `seconds` are over; return the exit status.

    check: asked each frame what went wrong beside (a recording that stopped); said once on stderr.
    """
    headset = Headset(visit, settings)
    end_s = None if seconds is None else time.monotonic() + seconds
    trouble = ""
    try:
        while not headset.done and (end_s is None or time.monotonic() < end_s):
            headset.step()
            trouble, before = check(), trouble
            if trouble and trouble != before:
                sys.stderr.write(f"twinswing: {trouble}\n")
    finally:
        headset.close()
    return 0
