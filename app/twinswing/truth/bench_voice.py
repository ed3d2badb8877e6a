"""Spoken commands: how many are understood, and how much talk is taken for one.

All speech is synthesised (espeak-ng, flite), with white or pink noise. Phrases, thresholds and the recogniser's beams
were chosen on the voices en-us, en-us+f3, en-gb+m3 (espeak-ng), slt and kal16 (flite) and on other sentences; what is
measured here is said by `VOICES`, none of which was used for that, and the talk is `TALK`, which was not either; only
the need for a filter against low noise and for wider beams became known here.
Synthetic voices pronounce better than people do, and noise that stays the same is kinder than wind: real figures are
worse.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.desk.voice_ear import RATE_HZ, Recogniser, for_recogniser
from twinswing.errors import MissingPartError
from twinswing.review.utterances import Utterances
from twinswing.review.voice import decode_sound_file
from twinswing.review.voice_commands import PHRASES, WAKE, decide, decide_awake

Sound = NDArray[np.float32]


@dataclass(frozen=True)
class SyntheticVoice:
    """A voice: the program, its name there, words a minute and pitch (espeak-ng's 0 to 99; flite has neither)."""

    program: str
    name: str
    words_per_min: int = 150
    pitch: int = 50


VOICES = (
    SyntheticVoice("espeak-ng", "en-gb", 165),
    SyntheticVoice("flite", "rms"),
    SyntheticVoice("espeak-ng", "en-gb-scotland", 150, 40),
    SyntheticVoice("flite", "awb"),
    SyntheticVoice("espeak-ng", "en-us+f5", 175),
    SyntheticVoice("espeak-ng", "en-us+m7", 140, 60),
)
# Talk about golf, work and the weather, with words of the commands among it.
TALK = (
    "Okay, that one felt better than the last.",
    "What did you have on the seventh?",
    "The greens are slower than they were in the spring.",
    "Okay Kate, it is your turn to go first.",
    "I always play the same ball.",
    "He stopped right there and looked at me.",
    "We slowed down because of the group in front of us.",
    "Show me how you hold it again.",
    "The address is on the back of the card.",
    "She climbed to the top of the tower.",
    "That was a good impact, you could hear it.",
    "We will finish before it gets dark.",
    "Who is next on the tee?",
    "The previous owner left it in the garage.",
    "You can not compare the two of them.",
    "I made a note of it somewhere.",
    "How fast can you get here?",
    "The tempo of the music was all wrong.",
    "My caddie told me to lay up.",
    "Okay, caddies wait by the gate in the morning.",
    "There is a bunker on the right that you can not see from here.",
    "Try to let the club do the work for you.",
    "It rained all night, so the ball will not roll very far.",
    "Put your weight on the front foot and turn your chest.",
    "The lathe needs a new belt before Monday.",
    "Nobody answers the telephone in that office.",
    "I would rather walk than take the cart.",
    "Did anyone find a blue head cover?",
    "The second shift starts at two and ends at ten.",
    "Take your time, nobody is behind us.",
    "His daughter wants to become an engineer.",
    "We lost three balls in the water and one in the trees.",
    "You are looking up too early again.",
    "Could I have a glass of water and the bill?",
    "Please, one more and then we go home.",
    "The robot puts the shafts into the heads all day long.",
    "That putt was never going in.",
    "Hold the finish and count to three.",
    "It is down to the wire this time.",
    "Good shot!",
)


@dataclass(frozen=True)
class VoiceFigures:
    """What was understood.

    voices          : how many said it.
    right           : share of commands that were obeyed rightly, by mode ("key", "wake") and decibels above the noise.
    wrong           : share for which another command was obeyed.
    talk_s          : seconds of talk.
    false_per_10min : by mode: commands obeyed in ten minutes of that talk. In mode "key" each sentence is presented as
                      if the key had been pressed for it.
    """

    voices: int
    right: dict[tuple[str, int], float]
    wrong: dict[tuple[str, int], float]
    talk_s: float
    false_per_10min: dict[str, float]


def bench_voice(voices: int = len(VOICES)) -> VoiceFigures:
    """Say every command and the talk in some voices; raises MissingPartError where no synthesiser is installed."""
    there = [voice for voice in VOICES if shutil.which(voice.program)][:voices]
    if not there:
        raise MissingPartError("espeak-ng or flite was expected to say commands and neither is installed; apt install")
    recogniser = Recogniser()
    right: dict[tuple[str, int], list[bool]] = {}
    wrong: dict[tuple[str, int], list[bool]] = {}
    obeyed, talk_s = {"key": 0, "wake": 0}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, voice in enumerate(there):
            for decibels in (20, 10):
                for command, several in PHRASES.items():
                    for mode, text in (("key", several[0]), ("wake", f"{WAKE}, {several[0]}")):
                        sound = with_noise(say(text, voice, Path(folder)), decibels, number)
                        found = _by_key(recogniser, sound) if mode == "key" else _by_wake(recogniser, sound)
                        right.setdefault((mode, decibels), []).append(found == [command])
                        wrong.setdefault((mode, decibels), []).append(bool(found) and found != [command])
            sentences = [with_noise(say(text, voice, Path(folder)), 20, number) for text in TALK]
            talk_s += sum(len(sentence) for sentence in sentences) / RATE_HZ
            obeyed["key"] += sum(len(_by_key(recogniser, sentence)) for sentence in sentences)
            obeyed["wake"] += len(_by_wake(recogniser, np.concatenate(sentences)))
    return VoiceFigures(
        len(there),
        {key: float(np.mean(values)) for key, values in right.items()},
        {key: float(np.mean(values)) for key, values in wrong.items()},
        talk_s,
        {mode: count * 600.0 / talk_s for mode, count in obeyed.items()},
    )


def _by_key(recogniser: Recogniser, sound: Sound) -> list[str]:
    found = decide(recogniser.hear(for_recogniser(sound, RATE_HZ)))
    return [found] if found else []


def _by_wake(recogniser: Recogniser, sound: Sound) -> list[str]:
    """Return the commands that are obeyed in sound as the window hears it: cut into utterances first."""
    utterances = Utterances(RATE_HZ).feed(sound)
    found = (decide_awake(recogniser.hear_awake(for_recogniser(each, RATE_HZ))) for each in utterances)
    return [command for command in found if command]


def say(text: str, voice: SyntheticVoice, folder: Path) -> Sound:
    """Return a text as a voice says it, -1 to 1, at the recogniser's rate, shape (n,)."""
    file = folder / "said.wav"
    if voice.program == "flite":
        command = ["flite", "-voice", voice.name, "-t", text, "-o", str(file)]
    else:
        how = ["-v", voice.name, "-s", str(voice.words_per_min), "-p", str(voice.pitch)]
        command = ["espeak-ng", *how, "-w", str(file), "--", text]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sound, rate_hz = decode_sound_file(file)
    return for_recogniser(sound, rate_hz).astype(np.float32) / 32768.0


def with_noise(sound: Sound, decibels: float, seed: int, quiet_s: float = 0.8) -> Sound:
    """Return speech with quiet before and after and noise under all of it: white where the seed is even, else pink.

    decibels: power of the speech, its pauses left out, above the noise's.
    """
    rng = np.random.default_rng(seed)
    padded = np.pad(sound, round(quiet_s * RATE_HZ))
    noise = rng.standard_normal(len(padded))
    if seed % 2:
        spectrum = np.fft.rfft(noise)
        # Pink: power goes with one over the frequency; below 20 Hz nobody hears it.
        spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(len(noise), 1.0 / RATE_HZ), 20.0))
        noise = np.fft.irfft(spectrum, len(noise))
    loud = float(np.sqrt(np.mean(sound[np.abs(sound) > 0.01] ** 2)))
    return np.asarray(padded + noise / noise.std() * loud * 10.0 ** (-decibels / 20.0), dtype=np.float32)
