"""Speaking to a window, hands full of club: a key starts listening, a phrase is said, the window does it.

Off until the key is pressed, and off again when the phrase is over; while it listens, a red sign says so.
"""

import time
from concurrent.futures import Future
from typing import TYPE_CHECKING

import numpy as np
from imgui_bundle import imgui

from twinswing.desk import theme
from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon
from twinswing.desk.annotate_voice import Microphone
from twinswing.desk.voice_ear import Ear
from twinswing.errors import TwinswingError
from twinswing.review.voice_commands import PHRASES, Heard, decide

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk

# What each command does in the window of a swing, and in that of a plant.
SWING = {
    "slower": "slower",
    "address": "event:address",
    "top": "event:top",
    "impact": "event:impact",
    "finish": "event:finish",
    "next": "next_event",
    "previous": "previous_event",
    "compare": "annotate:flip",
    "note": "annotate:note",
}
PLANT = {
    "slower": "slower",
    "address": "go_start",
    "top": "view:top",
    "impact": "worst",
    "finish": "go_end",
    "next": "next_alarm",
    "previous": "previous_alarm",
    "note": "annotate:note",
}
# Listening ends by itself after this long without the key: nobody is listened to unaware.
_LONGEST_S = 4.0
_FLAGS = (
    imgui.WindowFlags_.no_decoration
    | imgui.WindowFlags_.no_inputs
    | imgui.WindowFlags_.no_saved_settings
    | imgui.WindowFlags_.no_docking
    | imgui.WindowFlags_.no_focus_on_appearing
    | imgui.WindowFlags_.always_auto_resize
)


class Voice(Addon):
    """The tool."""

    actions = (Action("voice:listen", ("f8",), "Say a command (again: done)", "Voice"),)

    def __init__(self) -> None:
        self._desk: BaseDesk | None = None
        self._ear: Ear | None = None
        self._microphone: Microphone | None = None
        self._since_s = 0.0
        self._heard: Future[Heard] | None = None

    @property
    def listening(self) -> bool:
        """Whether the microphone is on."""
        return self._microphone is not None

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window."""
        self._desk = desk

    def do(self, name: str) -> bool:
        """Begin to listen, or take what was said."""
        if name != "voice:listen":
            return False
        if self.listening:
            self._take()
        elif self._heard is None:
            self._listen()
        return True

    def escape(self) -> bool:
        """Leave off listening; nothing that was said is looked at."""
        microphone, self._microphone = self._microphone, None
        if microphone is None:
            return False
        microphone.stop()
        return True

    def _listen(self) -> None:
        assert self._desk is not None
        microphone = Microphone()
        try:
            microphone.start()
        except TwinswingError as error:
            self._desk.notify_user(f"{error}.")
            return
        self._microphone, self._since_s = microphone, time.monotonic()

    def _take(self) -> None:
        microphone, self._microphone = self._microphone, None
        if microphone is None:
            return
        sound = microphone.stop()
        if self._ear is None:
            self._ear = Ear()
        self._heard = self._ear.hear(np.asarray(sound, dtype=np.float32), Microphone.rate_hz)

    def advance(self, dt_s: float) -> None:  # noqa: ARG002
        """End listening that lasts too long, and do what was said."""
        if self.listening and time.monotonic() - self._since_s > _LONGEST_S:
            self._take()
        if self._heard is None or not self._heard.done():
            return
        heard, self._heard = self._heard, None
        assert self._desk is not None
        try:
            self.obey(decide(heard.result()))
        except TwinswingError as error:
            self._desk.notify_user(f"{error}.")

    def obey(self, command: str) -> None:
        """Do a command by its name; say what was understood, or that nothing was."""
        desk = self._desk
        assert desk is not None
        if not command:
            desk.notify_user('Not understood. Say, for example: "' + PHRASES["impact"][0] + '".')
            return
        if command in ("play", "stop"):
            if desk.playing is (command == "stop"):
                desk.do("play_pause")
        else:
            action = (PLANT if hasattr(desk, "plant") else SWING).get(command)
            if action is None:
                desk.notify_user(f'"{PHRASES[command][0]}" does nothing in this window.')
                return
            desk.do(action)
        desk.notify_user(f'Heard: "{PHRASES[command][0]}"')

    def draw_panels(self) -> None:
        """Show that the microphone is on, and how loud it is; or that what was said is looked at."""
        if not self.listening and self._heard is None:
            return
        assert self._desk is not None
        left, top, width, _ = self._desk.viewport.rect
        imgui.set_next_window_pos(
            imgui.ImVec2(left + width / 2, top + 12), imgui.Cond_.always, imgui.ImVec2(0.5, 0.0)
        )  # fmt: skip
        imgui.begin("Microphone", None, _FLAGS)
        if self._microphone is not None:
            imgui.text_colored(theme.colour(theme.ALARM), "Microphone on: say a command, then F8")
            imgui.progress_bar(min(self._microphone.level, 1.0), imgui.ImVec2(-1, 4), "")
        else:
            imgui.text_disabled("Microphone off: understanding what was said")
        imgui.end()

    def closed(self) -> None:
        """Turn the microphone off and end the thread."""
        self.escape()
        if self._ear is not None:
            self._ear.close()
