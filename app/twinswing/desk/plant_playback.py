"""The plant window's playhead: hours instead of seconds, speeds to match, and the live pin."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twinswing.timeline.playhead import Playhead

# Plant seconds a second: real time, then what makes an hour last a minute, ten seconds.
SPEEDS: tuple[float, ...] = (0.25, 1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
STEP_S = 10.0  # about a machine's shortest cycle
LONG_STEP_S = 300.0
# From an alarm, "before" goes to the one before it only when the playhead stands on it.
_SAME_S = 0.5


@dataclass
class PlantPlayback:
    """Where on the plant's timeline the viewer is.

    The playhead's own speed stays 1 and `speed` multiplies the viewer's time, since a swing's playhead goes up to 2.
    """

    head: Playhead = field(default_factory=Playhead)
    speed: float = 1.0

    @classmethod
    def of(cls, span_ns: tuple[int, int], *, live: bool) -> "PlantPlayback":
        """Start at the end and stay there when live; a recording starts at its beginning, an hour a minute."""
        head = Playhead.over((span_ns[0] / 1e9, max(span_ns) / 1e9))
        return cls(head.pin()) if live else cls(head, 60.0)

    @property
    def t_s(self) -> float:
        """Where the playhead is, seconds of session time."""
        return self.head.t_s

    @property
    def t_ns(self) -> int:
        """Where the playhead is, nanoseconds of session time."""
        return round(self.head.t_s * 1e9)

    @property
    def pinned(self) -> bool:
        """Whether it stays at the newest."""
        return self.head.pinned

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        return self.head.playing

    def advance(self, dt_s: float, span_ns: tuple[int, int]) -> None:
        """Let the viewer's time pass, over a history that may have grown."""
        span_s = (span_ns[0] / 1e9, max(span_ns) / 1e9)
        if span_s != self.head.span_s:
            self.head = self.head.with_span(span_s)
        self.head = self.head.advance(dt_s * self.speed)

    def seek(self, t_s: float) -> None:
        """Move to a time; playing goes on from there."""
        self.head = self.head.seek(t_s)

    def do(self, action: str, alarms_s: NDArray[np.float64], *, live: bool) -> bool:
        """Carry out one action of the group Time; return whether it was one.

        alarms_s: when alarms began, ascending, seconds. live: whether there is something to be live with.
        """
        head = self.head
        match action:
            case "play_pause":
                self.head = head.toggled()
            case "live":
                self.head = head.pin() if live else head.pause().seek(head.span_s[1])
            case "back" | "forward" | "back_long" | "forward_long":
                step = LONG_STEP_S if action.endswith("long") else STEP_S
                self.head = head.seek(head.t_s + (step if action.startswith("forward") else -step))
            case "slower":
                self.speed = SPEEDS[max(bisect_left(SPEEDS, self.speed) - 1, 0)]
            case "faster":
                self.speed = SPEEDS[min(bisect_right(SPEEDS, self.speed), len(SPEEDS) - 1)]
            case "previous_alarm" | "next_alarm":
                self._to_alarm(alarms_s, 1 if action == "next_alarm" else -1)
            case "go_start":
                self.head = head.seek(head.span_s[0])
            case "go_end":
                self.head = replace(head.pause(), t_s=head.span_s[1])
            case _:
                return False
        return True

    def _to_alarm(self, alarms_s: NDArray[np.float64], direction: int) -> None:
        if direction > 0:
            later = alarms_s[alarms_s > self.t_s + _SAME_S]
            if len(later):
                self.head = self.head.pause().seek(float(later[0]))
            return
        earlier = alarms_s[alarms_s < self.t_s - _SAME_S]
        if len(earlier):
            self.head = self.head.pause().seek(float(earlier[-1]))
