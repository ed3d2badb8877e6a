"""Speaking to a window, hands full of club: a key starts listening, a phrase is said, the window does it.

Off until a key is pressed. One key listens to one phrase and is off again; another listens until it is pressed again,
and what is said then must begin with the wake phrase. While the microphone is on, a red sign says so.
"""

import time
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray

from twinswing.desk import theme
from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon
from twinswing.desk.annotate_voice import Microphone
from twinswing.desk.voice_ear import Ear
from twinswing.desk.voice_mouth import Mouth
from twinswing.errors import TwinswingError
from twinswing.review.utterances import Utterances
from twinswing.review.voice_answers import ANSWERS, answer
from twinswing.review.voice_commands import PHRASES, WAKE, Heard, decide, decide_awake

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
    "tempo": "voice:tempo",
    "speed": "voice:speed",
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


class Source(Protocol):
    """What sound comes from: a `Microphone`."""

    level: float

    def drain(self) -> NDArray[np.float32]:
        """Return what came since the last call, shape (n,)."""

    def stop(self) -> NDArray[np.float32]:
        """End; return what was kept, shape (n,)."""


class Voice(Addon):
    """The tool."""

    actions = (
        Action("voice:listen", ("f8",), "Say a command (again: done)", "Voice"),
        Action("voice:awake", ("shift-f8",), f'Keep listening for "{WAKE}" (again: off)', "Voice"),
    )

    def __init__(self) -> None:
        self._desk: BaseDesk | None = None
        self._ear: Ear | None = None
        self._microphone: Source | None = None
        self._since_s = 0.0
        self._heard: Future[Heard] | None = None
        self._utterances: Utterances | None = None  # while listening goes on until the key is pressed again
        self._waiting: deque[Future[Heard]] = deque()
        self._mouth = Mouth()

    @property
    def listening(self) -> bool:
        """Whether the microphone is on."""
        return self._microphone is not None

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window."""
        self._desk = desk

    def do(self, name: str) -> bool:
        """Begin to listen, or take what was said; answer a question."""
        if name.removeprefix("voice:") in ANSWERS:
            self._answer(name.removeprefix("voice:"))
            return True
        if name not in ("voice:listen", "voice:awake"):
            return False
        awake = self._utterances is not None
        if awake:
            self.escape()
        if name == "voice:awake":
            if not awake:
                self._keep_listening()
        elif self.listening:
            self._take()
        elif self._heard is None:
            self._listen()
        return True

    def escape(self) -> bool:
        """Leave off listening; nothing that was said is looked at."""
        microphone, self._microphone, self._utterances = self._microphone, None, None
        for heard in self._waiting:
            heard.cancel()
        self._waiting.clear()
        if microphone is None:
            return False
        microphone.stop()
        return True

    def _keep_listening(self) -> None:
        if self.listening:
            self.escape()
        self._listen()
        if self._microphone is not None:
            self.listen_to(self._microphone)

    def listen_to(self, microphone: Source) -> None:
        """Go on listening to one that is on, until the key is pressed again or Escape."""
        self._microphone, self._utterances = microphone, Utterances(Microphone.rate_hz)

    def _answer(self, command: str) -> None:
        """Show a number of the swing, and say it where there is a synthesiser."""
        assert self._desk is not None
        said = answer(command, getattr(self._desk, "session", None))
        self._desk.notify_user(said)
        self._mouth.say(said)

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
        if self._utterances is not None:
            self._hear_utterances()
        elif self.listening and time.monotonic() - self._since_s > _LONGEST_S:
            self._take()
        if self._heard is None or not self._heard.done():
            return
        heard, self._heard = self._heard, None
        assert self._desk is not None
        try:
            self.obey(decide(heard.result()))
        except TwinswingError as error:
            self._desk.notify_user(f"{error}.")

    def hear(self, sound: NDArray[np.float32]) -> None:
        """Take the microphone's next sound, shape (n,), while listening goes on: utterances go to the recogniser."""
        assert self._utterances is not None
        if self._ear is None:
            self._ear = Ear()
        for utterance in self._utterances.feed(sound):
            self._waiting.append(self._ear.hear_awake(utterance, Microphone.rate_hz))

    def _hear_utterances(self) -> None:
        assert self._desk is not None
        assert self._microphone is not None
        sound = self._microphone.drain()
        if not self._mouth.speaking:  # its own answers are not for it
            self.hear(sound)
        while self._waiting and self._waiting[0].done():
            try:
                command = decide_awake(self._waiting.popleft().result())
            except TwinswingError as error:
                self.escape()
                self._desk.notify_user(f"{error}.")
                return
            if command:
                self.obey(command)

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
        if command not in ANSWERS:
            desk.notify_user(f'Heard: "{PHRASES[command][0]}"')

    def draw_panels(self) -> None:
        """Show that the microphone is on, and how loud it is; or that what was said is looked at."""
        if not self.listening and self._heard is None:
            return
        assert self._desk is not None
        left, top, width, _ = self._desk.viewport.rect  # the window's notices lie above it
        imgui.set_next_window_pos(
            imgui.ImVec2(left + width / 2, top + 60), imgui.Cond_.always, imgui.ImVec2(0.5, 0.0)
        )  # fmt: skip
        imgui.begin("Microphone", None, _FLAGS)
        if self._microphone is not None:
            awake = f'Microphone on: "{WAKE}" and a command; Shift+F8 turns it off'
            words = "Microphone on: say a command, then F8" if self._utterances is None else awake
            imgui.text_colored(theme.colour(theme.ALARM), words)
            imgui.progress_bar(min(self._microphone.level, 1.0), imgui.ImVec2(-1, 4), "")
        else:
            imgui.text_disabled("Microphone off: understanding what was said")
        imgui.end()

    def closed(self) -> None:
        """Turn the microphone off and end the thread."""
        self.escape()
        self._mouth.close()
        if self._ear is not None:
            self._ear.close()
