"""The window's playhead: the timeline's, with the session's frames, events and loops."""

from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twinswing.swing.model import EVENT_NAMES, SwingSession
from twinswing.timeline.playhead import Playhead

_FALLBACK_STEP_S = 1 / 60  # a frame's step in a session without video


@dataclass
class Playback:
    """The playhead and what it stops at; `do` carries out the actions of the groups Time and Events."""

    head: Playhead = field(default_factory=Playhead)
    frames_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    loop_name: str = "off"

    @classmethod
    def of(cls, session: SwingSession, speed: float = 0.25) -> "Playback":
        """Start at a session's beginning, at a quarter of real time, which a swing is best watched at."""
        start, end = session.span_s()
        frames = session.pose.t_s if session.pose is not None else np.arange(start, end, _FALLBACK_STEP_S)
        return cls(replace(Playhead.over((start, end)), speed=speed), frames)

    @property
    def t_s(self) -> float:
        """Where the playhead is, seconds of session time."""
        return self.head.t_s

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last time, seconds."""
        return self.head.span_s

    def advance(self, dt_s: float) -> None:
        """Let the viewer's time pass."""
        self.head = self.head.advance(dt_s)

    def seek(self, t_s: float) -> None:
        """Move to a time; playing goes on from there."""
        self.head = self.head.seek(t_s)

    def do(self, action: str, session: SwingSession) -> None:
        """Carry out one action by its name; unknown names do nothing."""
        head = self.head
        name, _, event = action.partition(":")
        match name:
            case "play_pause":
                self.head = head.toggled()
            case "step_back":
                self.head = head.step(self.frames_s, -1)
            case "step_forward":
                self.head = head.step(self.frames_s, 1)
            case "slower":
                self.head = head.slower()
            case "faster":
                self.head = head.faster()
            case "go_start":
                self.head = head.seek(head.span_s[0])
            case "go_end":
                self.head = head.pause().seek(head.span_s[1])
            case "previous_event" | "next_event":
                self._to_neighbour(session, 1 if name == "next_event" else -1)
            case "event":
                if event in session.events:
                    self.head = head.pause().seek(session.events[event].t_s)
            case "loop":
                self._next_loop(session)

    def _to_neighbour(self, session: SwingSession, direction: int) -> None:
        times = np.array([session.events[n].t_s for n in EVENT_NAMES if n in session.events])
        if len(times):
            self.head = self.head.step(np.sort(times), direction)

    def _next_loop(self, session: SwingSession) -> None:
        """Go through: off, whole swing, downswing, the phase that the playhead is in; what is not known is left out."""
        events = session.events
        choices: list[tuple[str, tuple[float, float] | None]] = [("off", None)]
        for name, first, last in (("swing", "address", "finish"), ("downswing", "top", "impact")):
            if first in events and last in events and events[last].t_s > events[first].t_s:
                choices.append((name, (events[first].t_s, events[last].t_s)))
        phase = self._phase(session)
        if phase is not None:
            choices.append(("phase", phase))
        names = [name for name, _ in choices]
        current = names.index(self.loop_name) if self.loop_name in names else 0
        self.loop_name, loop = choices[(current + 1) % len(choices)]
        self.head = self.head.unloop() if loop is None else self.head.loop(*loop)

    def _phase(self, session: SwingSession) -> tuple[float, float] | None:
        """Return the two neighbouring events around the playhead, seconds, or None outside the swing."""
        times = sorted(event.t_s for event in session.events.values())
        for first, last in pairwise(times):
            if first <= self.t_s < last:
                return first, last
        return None
