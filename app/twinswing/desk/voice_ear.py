"""Listening for spoken commands: sound to words by pocketsphinx, on a thread of its own."""

from concurrent.futures import Future, ThreadPoolExecutor
from math import gcd
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly, sosfilt

from twinswing.errors import MissingPartError
from twinswing.review.utterances import voice_band
from twinswing.review.voice_commands import PARTS, WAKE, Heard, grammar

RATE_HZ = 16_000  # what the recogniser's model was made for
# Paths this much less likely than the best are given up. The defaults (1e-48) lose the ends of phrases in noise; a
# grammar of some phrases is cheap enough to look wider.
_WIDE = {"beam": 1e-80, "pbeam": 1e-80, "wbeam": 1e-56}
# Quieter than this part of the loudest tenth is no speech.
_SPEECH = 0.1
_FRAME_S = 0.02
# Scores are kept as small integers that end at about this likelihood against the loop of all sounds: every detection is
# reported, and `voice_commands.Hearing` says which of them count.
_THRESHOLD = 1e-60
_DECODED_HZ = 100  # frames of the recogniser a second


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
    start_s, end_s = speech_bounds_s(sound)
    return end_s - start_s


def speech_bounds_s(sound: NDArray[np.int16]) -> tuple[float, float]:
    """Return when the speech in a sound begins and ends, seconds; (0, 0) where there is none."""
    size = round(_FRAME_S * RATE_HZ)
    if len(sound) < size:
        return (0.0, 0.0)
    heard = sosfilt(voice_band(RATE_HZ), sound[: len(sound) // size * size].astype(np.float64))
    level = np.sqrt((heard.reshape(-1, size) ** 2).mean(1))
    loud = np.flatnonzero(level > max(_SPEECH * np.percentile(level, 90), 1.5 * np.percentile(level, 5)))
    return (0.0, 0.0) if not len(loud) else (float(loud[0]) * _FRAME_S, float(loud[-1] + 1) * _FRAME_S)


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
        self._by_grammar.add_jsgf_string("awake", grammar(wake=WAKE))
        # The recogniser takes key phrases out of a file alone.
        self._by_phrase: Any = pocketsphinx.Decoder(**common, lm=None, **_WIDE)
        with TemporaryDirectory() as folder:
            phrases = Path(folder) / "phrases.txt"
            lines = [f"{phrase} /{_THRESHOLD}/\n" for phrase in (WAKE, *PARTS.values())]
            phrases.write_text("".join(lines), encoding="utf-8")
            self._by_phrase.add_kws("phrases", str(phrases))
        self._by_phrase.activate_search("phrases")

    def hear(self, sound: NDArray[np.int16]) -> Heard:
        """Return what was said in one utterance, at `RATE_HZ`."""
        start_s, end_s = speech_bounds_s(sound)
        found = self._found(sound, start_s)
        self._by_grammar.activate_search("commands")
        return Heard(_decoded(self._by_grammar, sound), end_s - start_s, found)

    def hear_awake(self, sound: NDArray[np.int16]) -> Heard:
        """Return what was said in one utterance that a wake phrase must begin; words are given only where it is there.

        Looking for phrases costs a fortieth of the time that the sound lasts; the grammar is asked where the wake
        phrase was found.
        """
        start_s, end_s = speech_bounds_s(sound)
        found = self._found(sound, start_s)
        self._by_grammar.activate_search("awake")
        words = _decoded(self._by_grammar, sound) if WAKE in found else ""
        return Heard(words, end_s - start_s, found)

    def _found(self, sound: NDArray[np.int16], start_s: float) -> dict[str, tuple[float, float]]:
        """Return the phrases in a sound: best score, and when, from the start of the speech."""
        _decoded(self._by_phrase, sound)
        found: dict[str, tuple[float, float]] = {}
        for part in self._by_phrase.seg() or ():
            hit = (float(part.prob), max(part.start_frame / _DECODED_HZ - start_s, 0.0))
            name = part.word.strip()
            found[name] = max(found.get(name, hit), hit)
        return found


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
        return self._worker.submit(self._hear, sound, rate_hz, awake=False)

    def hear_awake(self, sound: NDArray[np.float32], rate_hz: int) -> "Future[Heard]":
        """Return what is said after a wake phrase, as `hear` does."""
        return self._worker.submit(self._hear, sound, rate_hz, awake=True)

    def _hear(self, sound: NDArray[np.float32], rate_hz: int, *, awake: bool) -> Heard:
        if self._recogniser is None:
            self._recogniser = Recogniser()
        ready = for_recogniser(sound, rate_hz)
        return self._recogniser.hear_awake(ready) if awake else self._recogniser.hear(ready)

    def close(self) -> None:
        """End the thread."""
        self._worker.shutdown(cancel_futures=True)
