"""Sound in and out of the desktop, through PortAudio: a voice note from the microphone, and its playback.

Both run on PortAudio's own threads; the window asks how far they are. A machine without microphone, loudspeaker or
PortAudio itself is told so in one sentence.
"""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import MissingPartError
from twinswing.review.checks import LIMITS

_RATE_HZ = 48_000  # Opus works at this rate, and every sound card offers it
_NO_PORTAUDIO = (
    "PortAudio was expected for recording and playing voice notes and is not installed (on Debian or Ubuntu: "
    "apt install libportaudio2); a sound file can be taken instead"
)
_NO_MICROPHONE = "No microphone was found; plug one in, or take a sound file instead"
_NO_LOUDSPEAKER = "No loudspeaker was found; the voice note cannot be heard on this machine"


def _library() -> Any:
    try:
        import sounddevice  # noqa: PLC0415  (it looks for PortAudio when it is imported)
    except (ImportError, OSError) as error:
        raise MissingPartError(_NO_PORTAUDIO) from error
    return sounddevice


def _default(library: Any, kind: str, missing: str) -> None:
    """Raise MissingPartError where there is no default device to record from or play to."""
    try:
        library.query_devices(kind=kind)
    except (library.PortAudioError, ValueError) as error:
        raise MissingPartError(missing) from error


class Microphone:
    """What is spoken, from `start` until `stop`; the longest that a voice note may be is kept.

    level: loudest amplitude of the last block, 0 to 1, for the sign that one is heard.
    """

    rate_hz = _RATE_HZ

    def __init__(self) -> None:
        self._blocks: list[NDArray[np.float32]] = []
        self._lock = threading.Lock()
        self._length = 0
        self._stream: Any = None
        self.level = 0.0

    def start(self) -> None:
        """Begin to record; raises MissingPartError where nothing can be recorded from."""
        library = _library()
        _default(library, "input", _NO_MICROPHONE)
        try:
            self._stream = library.InputStream(
                samplerate=_RATE_HZ, channels=1, dtype="float32", callback=self._take, blocksize=_RATE_HZ // 50
            )
            self._stream.start()
        except library.PortAudioError as error:
            self.stop()
            raise MissingPartError(f"The microphone cannot be used ({error}); take a sound file instead") from error

    def _take(self, block: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:  # noqa: ARG002
        with self._lock:
            if self._length < LIMITS.voice_s * _RATE_HZ:
                self._blocks.append(block[:, 0].copy())
                self._length += len(block)
        self.level = float(np.abs(block).max(initial=0.0))

    @property
    def duration_s(self) -> float:
        """Seconds recorded so far."""
        return self._length / _RATE_HZ

    @property
    def full(self) -> bool:
        """Whether the longest voice note is recorded."""
        return self.duration_s >= LIMITS.voice_s

    def recent(self, seconds: float) -> NDArray[np.float32]:
        """Return the sound of the last seconds, for the waveform that grows."""
        with self._lock:
            blocks = self._blocks[-max(round(seconds * 50), 1) :]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def drain(self) -> NDArray[np.float32]:
        """Return what came since the last call, shape (n,), and keep none of it: for listening without end."""
        with self._lock:
            blocks, self._blocks, self._length = self._blocks, [], 0
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    def stop(self) -> NDArray[np.float32]:
        """End recording; return all of it, shape (n,)."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.stop()
            stream.close()
        with self._lock:
            found = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)
        return found[: round(LIMITS.voice_s * _RATE_HZ)]


class Loudspeaker:
    """One voice at a time. ident: the annotation that is heard, "" for none."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._sound: NDArray[np.float32] = np.zeros(0, np.float32)
        self._rate_hz = _RATE_HZ
        self._at = 0
        self.ident = ""

    def play(self, ident: str, sound: NDArray[np.float32], rate_hz: int) -> None:
        """Play a voice; raises MissingPartError where there is nothing to hear it with."""
        self.stop()
        library = _library()
        _default(library, "output", _NO_LOUDSPEAKER)
        self._sound, self._rate_hz, self._at = sound, rate_hz, 0
        try:
            self._stream = library.OutputStream(
                samplerate=rate_hz, channels=1, dtype="float32", callback=self._give(library)
            )
            self._stream.start()
        except library.PortAudioError as error:
            self.stop()
            raise MissingPartError(f"The loudspeaker cannot be used ({error})") from error
        self.ident = ident

    def _give(self, library: Any) -> Any:
        def give(block: NDArray[np.float32], frames: int, time: Any, status: Any) -> None:  # noqa: ARG001
            part = self._sound[self._at : self._at + frames]
            block[: len(part), 0] = part
            block[len(part) :] = 0.0
            self._at += len(part)
            if len(part) < frames:
                raise library.CallbackStop

        return give

    @property
    def played_s(self) -> float:
        """How much of it was given to the loudspeaker, seconds."""
        return self._at / self._rate_hz

    def poll(self) -> None:
        """Note that a voice has ended."""
        if self._stream is not None and not self._stream.active:
            self.stop()

    def stop(self) -> None:
        """Fall silent."""
        stream, self._stream, self.ident = self._stream, None, ""
        if stream is not None:
            stream.stop()
            stream.close()
