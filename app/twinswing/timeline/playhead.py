"""The playhead: where on the timeline one looks, as a value. No clock is read here; time comes as an argument."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# Halves down to a sixteenth, in which a 60 Hz clip still shows four pictures a second, and double speed.
SPEEDS: tuple[float, ...] = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0)
# Two times of one frame differ by rounding only below this; the fastest cameras have frames of 1 ms.
_SAME_S = 1e-6


@dataclass(frozen=True)
class Playhead:
    """A time on a span, and how it moves.

    t_s            : where it is, seconds of session time, within the span.
    start_s, end_s : the span, seconds.
    speed          : session seconds a second while playing, one of SPEEDS.
    loop           : (from, to) that playing goes round in, seconds, or None.
    live           : pinned to the end of the span, which grows.
    """

    t_s: float = 0.0
    start_s: float = 0.0
    end_s: float = 0.0
    playing: bool = False
    speed: float = 1.0
    loop: tuple[float, float] | None = None
    live: bool = False

    def advanced(self, dt_s: float) -> "Playhead":
        """Return the playhead after `dt_s` seconds of the viewer's time; it stops at the end, a loop goes round."""
        if self.live:
            return replace(self, t_s=self.end_s)
        if not self.playing or dt_s <= 0.0:
            return self
        t_s = self.t_s + dt_s * self.speed
        if self.loop is not None:
            first, last = self.loop
            if t_s > last or self.t_s < first:
                length = last - first
                # A long stall may be worth several rounds; the remainder is where it would have come to.
                t_s = first if self.t_s < first or length <= 0 else first + (t_s - first) % length
            return replace(self, t_s=t_s)
        if t_s >= self.end_s:
            return replace(self, t_s=self.end_s, playing=False)
        return replace(self, t_s=t_s)

    def toggled(self) -> "Playhead":
        """Play or pause; playing from the end starts again from the beginning."""
        if self.playing:
            return replace(self, playing=False)
        at_end = self.loop is None and self.t_s >= self.end_s - _SAME_S
        return replace(self, playing=True, live=False, t_s=self.start_s if at_end else self.t_s)

    def at(self, t_s: float) -> "Playhead":
        """Move to a time, held within the span, and leave the live end."""
        return replace(self, t_s=min(max(t_s, self.start_s), self.end_s), live=False)

    def paused_at(self, t_s: float) -> "Playhead":
        """Move to a time and stop there."""
        return replace(self.at(t_s), playing=False)

    def faster(self, steps: int) -> "Playhead":
        """Take the speed that many steps further along SPEEDS (negative: slower), within its ends."""
        nearest = min(range(len(SPEEDS)), key=lambda i: abs(SPEEDS[i] - self.speed))
        return replace(self, speed=SPEEDS[min(max(nearest + steps, 0), len(SPEEDS) - 1)])

    def stepped(self, times_s: NDArray[np.float64], steps: int) -> "Playhead":
        """Move by whole frames, given all frames' times (ascending), and pause.

        Between frames, one step back goes to the frame being shown and one step forward to the next.
        """
        if not len(times_s) or steps == 0:
            return replace(self, playing=False)
        if steps > 0:
            index = int(np.searchsorted(times_s, self.t_s + _SAME_S, side="right")) + steps - 1
        else:
            index = int(np.searchsorted(times_s, self.t_s - _SAME_S, side="left")) + steps
        return self.paused_at(float(times_s[min(max(index, 0), len(times_s) - 1)]))

    def looping(self, loop: tuple[float, float] | None) -> "Playhead":
        """Loop between two times, or no more; the playhead enters the loop if it was outside."""
        if loop is None:
            return replace(self, loop=None)
        first, last = sorted(loop)
        inside = first <= self.t_s <= last
        return replace(self, loop=(first, last), live=False, t_s=self.t_s if inside else first)

    def grown(self, end_s: float) -> "Playhead":
        """Take a later end of the span; a live playhead goes with it."""
        end_s = max(end_s, self.end_s)
        return replace(self, end_s=end_s, t_s=end_s if self.live else self.t_s)

    def pinned(self) -> "Playhead":
        """Go to the live end and stay there."""
        return replace(self, live=True, playing=False, loop=None, t_s=self.end_s)
