"""When what a file holds is due, by the file's own times."""

import time

# How far behind it may fall and still catch up: a longer hold-up is let pass, not made good in a rush.
_CATCH_UP_S = 1.0


class Pacing:
    """Gives the wait before each moment of a replay.

    speed: 1 is as it was, 60 a minute a second; 0 as fast as possible. Times that run backwards are not waited for, and
    a pause in the file is cut to `longest_wait_s`. Waits are against the time when a word is due, not from word to
    word: a thousand short sleeps would add up to a lag.
    """

    def __init__(self, speed: float, longest_wait_s: float) -> None:
        self.speed = speed
        self._longest_wait_s = longest_wait_s
        self._at_ns: int | None = None
        self._due_s = 0.0

    def wait_s(self, t_ns: int) -> float:
        """Return how long to wait before what was said at `t_ns`."""
        if self.speed <= 0:
            return 0.0
        now_s = time.monotonic()
        if self._at_ns is None:
            self._due_s = now_s
        else:
            step_s = (t_ns - self._at_ns) * 1e-9 / self.speed
            self._due_s = max(self._due_s, now_s - _CATCH_UP_S) + min(max(step_s, 0.0), self._longest_wait_s)
        self._at_ns = t_ns
        return max(0.0, self._due_s - now_s)
