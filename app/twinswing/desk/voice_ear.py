"""Listening for spoken commands: sound to words by pocketsphinx, on a thread of its own."""

from concurrent.futures import Future, ThreadPoolExecutor
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from twinswing.errors import MissingPartError
from twinswing.review.voice_commands import Heard, grammar

RATE_HZ = 16_000  # what the recogniser's model was made for
# Paths this much less likely than the best are given up. The defaults (1e-48) lose the ends of phrases in noise; a
# grammar of some phrases is cheap enough to look wider.
_WIDE = {"beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-56}
# Quieter than this part of the loudest tenth is no speech.
_SPEECH = 0.1
_FRAME_S = 0.02


def for_recogniser(sound: NDArray[np.float32], rate_hz: int) -> NDArray[np.int16]:
    """Return sound, shape (n,), -1 to 1, at the recogniser's rate and as loud as it expects, shape (m,)."""
    if rate_hz != RATE_HZ:
        common = gcd(rate_hz, RATE_HZ)
        sound = resample_poly(sound, RATE_HZ // common, rate_hz // common)
    loudest = float(np.abs(sound).max(initial=0.0))
    scaled = sound * (0.6 / loudest) if loudest > 0.0 else sound
    return np.asarray(scaled * 32767.0, dtype=np.int16)


def speech_s(sound: NDArray[np.int16]) -> float:
    """Return how long the speech in a sound is, from its first to its last loud moment, seconds."""
    size = round(_FRAME_S * RATE_HZ)
    frames = sound[: len(sound) // size * size].reshape(-1, size).astype(np.float64)
    if not len(frames):
        return 0.0
    level = np.sqrt((frames**2).mean(1))
    loud = np.flatnonzero(level > max(_SPEECH * np.percentile(level, 90), 1.5 * np.percentile(level, 5)))
    return 0.0 if not len(loud) else float(loud[-1] - loud[0] + 1) * _FRAME_S


class Recogniser:
    """Words out of an utterance. Raises MissingPartError where pocketsphinx is not installed."""

    def __init__(self) -> None:
        try:
            import pocketsphinx  # noqa: PLC0415  (38 MB that only who speaks to the window needs)
        except ImportError as error:
            raise MissingPartError(
                "pocketsphinx was expected for spoken commands and is not installed; pip install pocketsphinx"
            ) from error
        model = pocketsphinx.get_model_path("en-us")
        common = {"hmm": f"{model}/en-us", "dict": f"{model}/cmudict-en-us.dict", "loglevel": "FATAL"}
        self._by_grammar: Any = pocketsphinx.Decoder(**common, lm=None, **_WIDE)
        self._by_grammar.add_jsgf_string("commands", grammar())
        self._by_grammar.activate_search("commands")

    def hear(self, sound: NDArray[np.int16]) -> Heard:
        """Return what was said in one utterance, at `RATE_HZ`."""
        return Heard(_decoded(self._by_grammar, sound), speech_s(sound))


def _decoded(decoder: Any, sound: NDArray[np.int16]) -> str:
    if not len(sound):
        return ""
    decoder.start_utt()
    decoder.process_raw(sound.tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return str(found.hypstr) if found is not None else ""


class Ear:
    """A recogniser on a thread of its own; it is loaded when something is first to be heard."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="spoken commands")
        self._recogniser: Recogniser | None = None

    def hear(self, sound: NDArray[np.float32], rate_hz: int) -> "Future[Heard]":
        """Return what is said, when it is known; the future raises MissingPartError as `Recogniser` does."""
        return self._worker.submit(self._hear, sound, rate_hz)

    def _hear(self, sound: NDArray[np.float32], rate_hz: int) -> Heard:
        if self._recogniser is None:
            self._recogniser = Recogniser()
        return self._recogniser.hear(for_recogniser(sound, rate_hz))

    def close(self) -> None:
        """End the thread."""
        self._worker.shutdown(cancel_futures=True)
