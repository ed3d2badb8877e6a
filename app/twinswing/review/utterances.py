"""Sound without end cut into utterances by its loudness: where somebody begins and leaves off. Pure.

The level of the quiet is followed, so that wind or a fan is no speech.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

# Wind and handling lie below most of a voice's power: levels are taken without them, Hz.
_ABOVE_HZ = 250.0


def voice_band(rate_hz: int) -> NDArray[np.float64]:
    """Return the filter, second-order sections of shape (1, 6), that levels of speech are taken after."""
    return np.asarray(butter(2, _ABOVE_HZ, "highpass", fs=rate_hz, output="sos"), dtype=np.float64)


@dataclass(frozen=True)
class UtteranceParams:
    """When sound is speech.

    frame_s       : length of what a level is taken of, seconds: two periods of a low voice.
    over_floor    : how many times louder than the quiet speech is; 10 dB above noise it is 3.3 times louder.
    quiet_share   : the quiet is this quantile of the last `floor_s`: who talks pauses for more than a tenth of it.
    floor_s       : seconds.
    start_frames  : loud ones in as many and two more, that begin an utterance; a click has fewer.
    end_s         : of quiet, seconds, ends it: longer than the pause between a name and what it is told.
    around_s      : of quiet that is kept before and after, seconds: soft consonants lie in it.
    longest_s     : what lasts longer is somebody's talk, and is dropped.
    """

    frame_s: float = 0.02
    over_floor: float = 1.8
    quiet_share: float = 0.1
    floor_s: float = 4.0
    start_frames: int = 4
    end_s: float = 0.7
    around_s: float = 0.3
    longest_s: float = 4.5


class Utterances:
    """Cuts one microphone's sound. No more of it is kept than the longest utterance."""

    def __init__(self, rate_hz: int, params: UtteranceParams | None = None) -> None:
        self.params = params or UtteranceParams()
        self._size = round(self.params.frame_s * rate_hz)
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._band, self._memory = voice_band(rate_hz), np.zeros((1, 2))
        self._levels: list[float] = []
        self._frames: list[NDArray[np.float32]] = []
        self._loud: list[bool] = []
        self._speaking = self._dropped = False

    def feed(self, sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Take the next sound, shape (n,), -1 to 1; return the utterances that have ended, each of shape (m,)."""
        sound = np.concatenate([self._rest, sound])
        count = len(sound) // self._size
        frames = sound[: count * self._size].reshape(count, self._size)
        self._rest = sound[count * self._size :]
        if not count:
            return []
        heard, self._memory = sosfilt(self._band, frames.ravel(), zi=self._memory)
        levels = np.sqrt((heard.reshape(frames.shape) ** 2).mean(1)).tolist()
        ended = (self._step(frame, level) for frame, level in zip(frames, levels, strict=True))
        return [utterance for utterance in ended if utterance is not None]

    def _step(self, frame: NDArray[np.float32], level: float) -> NDArray[np.float32] | None:
        p = self.params
        self._levels.append(level)
        del self._levels[: -round(p.floor_s / p.frame_s)]
        quiet = sorted(self._levels)[int(p.quiet_share * len(self._levels))]
        self._frames.append(frame)
        self._loud.append(level > p.over_floor * quiet and level > 1e-4)
        around = round(p.around_s / p.frame_s)
        if not self._speaking:
            if sum(self._loud[-p.start_frames - 2 :]) >= p.start_frames:
                self._speaking, self._dropped = True, False
            keep = around + p.start_frames + 2
            del self._frames[:-keep], self._loud[:-keep]
            return None
        tail = round(p.end_s / p.frame_s)
        if any(self._loud[-tail:]):
            if len(self._frames) > round(p.longest_s / p.frame_s):
                self._dropped = True
                del self._frames[:-tail], self._loud[:-tail]
            return None
        found = None if self._dropped else np.concatenate(self._frames[: len(self._frames) - tail + around])
        self._speaking = False
        self._frames, self._loud = self._frames[-around:], self._loud[-around:]
        return found
