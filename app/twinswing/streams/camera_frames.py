"""Camera frames, the queues that hand them to consumers, and when they were taken."""

import threading
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

NS = 1_000_000_000


@dataclass(frozen=True, eq=False)
class CameraFrame:
    """One picture.

    index          : place among all frames that the camera gave, from 0; frames that a consumer lost leave holes.
    t_ns, sigma_ns : when it was taken on the session clock, and one standard deviation of that.
    image_bgr      : uint8, shape (height, width, 3), read-only, shared by all consumers.
    dropped_before : frames that this consumer lost just before this one.
    source_s       : the source's own presentation time, NaN where it has none.
    restarted      : the first frame after the camera was opened again.
    """

    index: int
    t_ns: int
    sigma_ns: int
    image_bgr: NDArray[np.uint8]
    dropped_before: int = 0
    source_s: float = float("nan")
    restarted: bool = False


class FrameQueue:
    """The newest frames for one consumer; putting never waits."""

    def __init__(self, capacity: int) -> None:
        self._frames: deque[CameraFrame] = deque()
        self._capacity = max(1, capacity)
        self._lost = 0
        self._news = threading.Condition()
        self.dropped = 0
        self._closed = False

    def put(self, frame: CameraFrame) -> None:
        """Add a frame; the oldest goes where there is no room, and the one after it is marked."""
        with self._news:
            self._frames.append(replace(frame, dropped_before=self._lost))
            self._lost = 0
            if len(self._frames) > self._capacity:
                gone = self._frames.popleft()
                self.dropped += 1
                lost = gone.dropped_before + 1
                if self._frames:
                    head = self._frames[0]
                    self._frames[0] = replace(head, dropped_before=head.dropped_before + lost)
                else:
                    self._lost = lost
            self._news.notify_all()

    def get(self, timeout_s: float | None = None) -> CameraFrame | None:
        """Return the oldest kept frame, waiting for one; None after the time-out or when the camera has ended."""
        with self._news:
            self._news.wait_for(lambda: bool(self._frames) or self._closed, timeout_s)
            return self._frames.popleft() if self._frames else None

    def latest(self) -> CameraFrame | None:
        """Return the newest frame and skip the others, None where there is none; never waits."""
        with self._news:
            if not self._frames:
                return None
            newest = self._frames.pop()
            skipped = len(self._frames) + sum(frame.dropped_before for frame in self._frames)
            self.dropped += len(self._frames)
            self._frames.clear()
            return replace(newest, dropped_before=newest.dropped_before + skipped)

    @property
    def ended(self) -> bool:
        """Whether no frame is left and none will come."""
        with self._news:
            return self._closed and not self._frames

    def close(self) -> None:
        """Wake whoever waits: nothing more comes."""
        with self._news:
            self._closed = True
            self._news.notify_all()


class FrameClock:
    """When a live frame was taken, from when it arrived.

    The arrival is what is known; the exposure lay before it by a delay that the camera does not tell. The standard
    deviation therefore is one frame period (a frame is seldom handed over later than the next is taken), or the
    arrivals' own jitter where that is larger.
    """

    def __init__(self, period_guess_s: float) -> None:
        self._guess_s = period_guess_s
        self._steps: deque[int] = deque(maxlen=60)  # two seconds at 30 Hz: a change of light changes the rate
        self._last_ns: int | None = None
        self._gap = False

    def stamp(self, arrival_ns: int) -> tuple[int, int]:
        """Return session time and standard deviation, nanoseconds."""
        if self._last_ns is not None:
            arrival_ns = max(arrival_ns, self._last_ns + 1)
            if not self._gap:
                self._steps.append(arrival_ns - self._last_ns)
        self._last_ns, self._gap = arrival_ns, False
        return arrival_ns, round(max(self.period_s, self._jitter_s()) * NS)

    def restart(self) -> None:
        """Take the gap before the next frame for a gap, not for the camera's period."""
        self._gap = True

    @property
    def period_s(self) -> float:
        """Median time between frames, seconds."""
        return float(np.median(self._steps)) / NS if len(self._steps) >= 5 else self._guess_s

    def _jitter_s(self) -> float:
        if len(self._steps) < 5:
            return self._guess_s
        steps = np.array(self._steps)
        return 1.4826 * float(np.median(np.abs(steps - np.median(steps)))) / NS
