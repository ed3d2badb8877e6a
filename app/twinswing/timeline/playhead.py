"""The playhead: where on the timeline the viewer is, as a value that time and wishes turn into the next one."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# Sixteenths show a ball leaving the face frame by frame; twice is as fast as an eye follows a swing.
SLOWEST = 1.0 / 16.0
FASTEST = 2.0
SPEEDS: tuple[float, ...] = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0)
# Frame times are kept to a nanosecond, and half of one is the same moment.
_SAME_S = 0.5e-9


@dataclass(frozen=True)
class Playhead:
    """A position on a timeline, and how it moves.

    t_s     : session time shown, seconds.
    span_s  : first and last time of the recording; the end grows while it is being recorded.
    playing : whether time runs.
    speed   : session seconds per real second, 1/16 to 2.
    loop_s  : the two times between which it plays in a loop, or None.
    pinned  : whether it stays at the end, as a live view does; anything that moves it away unpins it.
    """

    t_s: float = 0.0
    span_s: tuple[float, float] = (0.0, 0.0)
    playing: bool = False
    speed: float = 1.0
    loop_s: tuple[float, float] | None = None
    pinned: bool = False

    @classmethod
    def over(cls, span_s: tuple[float, float]) -> "Playhead":
        """Make one that stands at the start of a span."""
        if not span_s[0] <= span_s[1]:
            raise ValueError(f"a span must not end before it starts, as {span_s} does")
        return cls(t_s=span_s[0], span_s=span_s)

    @property
    def fraction(self) -> float:
        """How far along the span it is, 0 to 1."""
        start, end = self.span_s
        return (self.t_s - start) / (end - start) if end > start else 0.0

    def advance(self, dt_s: float) -> "Playhead":
        """Let real time go by: pinned, it stays at the end; in a loop it goes round; at the end it stops."""
        if self.pinned:
            return replace(self, t_s=self.span_s[1])
        if not self.playing or dt_s <= 0.0:
            return self
        t = self.t_s + dt_s * self.speed
        if self.loop_s is not None:
            start, end = self.loop_s
            if t >= end:
                t = start + (t - start) % (end - start) if end > start else start
            return replace(self, t_s=t)
        end = self.span_s[1]
        return replace(self, t_s=end, playing=False) if t >= end else replace(self, t_s=t)

    def play(self) -> "Playhead":
        """Start; from the beginning (of the loop) if it stands at the end."""
        start, end = self.loop_s or self.span_s
        outside = self.loop_s is not None and not start <= self.t_s < end
        return replace(self, playing=True, pinned=False, t_s=start if outside or self.t_s >= end else self.t_s)

    def pause(self) -> "Playhead":
        """Stop where it is; a pinned one stays there while the recording goes on."""
        return replace(self, playing=False, pinned=False)

    def toggled(self) -> "Playhead":
        """Pause if it moves, else play."""
        return self.pause() if self.playing or self.pinned else self.play()

    def seek(self, t_s: float) -> "Playhead":
        """Go to a time, held within the span; goes on playing if it did."""
        return replace(self, t_s=_held(t_s, self.span_s), pinned=False)

    def with_speed(self, speed: float) -> "Playhead":
        """Set the speed, held within 1/16 and 2."""
        return replace(self, speed=_held(speed, (SLOWEST, FASTEST)))

    def faster(self) -> "Playhead":
        """Go to the next higher of the usual speeds."""
        return self.with_speed(SPEEDS[min(bisect_right(SPEEDS, self.speed), len(SPEEDS) - 1)])

    def slower(self) -> "Playhead":
        """Go to the next lower of the usual speeds."""
        return self.with_speed(SPEEDS[max(bisect_left(SPEEDS, self.speed) - 1, 0)])

    def loop(self, a_s: float, b_s: float) -> "Playhead":
        """Play between two times, in either order, held within the span; equal times end the loop."""
        start, end = sorted((_held(a_s, self.span_s), _held(b_s, self.span_s)))
        if not end > start:
            return self.unloop()
        t = self.t_s if start <= self.t_s <= end else start
        return replace(self, loop_s=(start, end), t_s=t, pinned=False)

    def unloop(self) -> "Playhead":
        """Play on to the end."""
        return replace(self, loop_s=None)

    def pin(self) -> "Playhead":
        """Stay at the end from now on, as a live view does."""
        return replace(self, pinned=True, playing=True, loop_s=None, t_s=self.span_s[1])

    def with_span(self, span_s: tuple[float, float]) -> "Playhead":
        """Take a new span, as a recording grows; pinned, it follows the end."""
        if not span_s[0] <= span_s[1]:
            raise ValueError(f"a span must not end before it starts, as {span_s} does")
        t = span_s[1] if self.pinned else _held(self.t_s, span_s)
        grown = replace(self, span_s=span_s, t_s=t)
        return grown if self.loop_s is None else grown.loop(*self.loop_s)

    def step(self, frame_times_s: Sequence[float] | NDArray[np.float64], frames: int = 1) -> "Playhead":
        """Pause on a frame: that many frames after (negative: before) the one shown; the ends hold.

        frame_times_s: presentation times, ascending. Between frames, the one shown is the one before, and one frame
        back from there is that frame itself.
        """
        times = np.asarray(frame_times_s, dtype=np.float64)
        if not len(times) or frames == 0:
            return self.pause()
        shown = int(np.searchsorted(times, self.t_s + _SAME_S, side="right")) - 1
        between = shown >= 0 and self.t_s - times[shown] > _SAME_S
        target = shown + frames + (1 if frames < 0 and between else 0)
        return replace(self.pause(), t_s=float(times[min(max(target, 0), len(times) - 1)]))


def _held(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
