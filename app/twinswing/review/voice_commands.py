"""Spoken commands: what can be said, the grammar that a recogniser is given, and when what it heard is obeyed. Pure.

Words that sound alike cannot be told apart by a recogniser of 8 kHz bandwidth in the wind ("stop" and "top" share all
but one sound), so each command is a short phrase that shares as little as may be with the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Every phrase is of words that the recogniser's dictionary holds; the first one is what the help says.
PHRASES: Mapping[str, tuple[str, ...]] = {
    "play": ("play the swing",),
    "stop": ("stop right there",),
    "slower": ("slow it down",),
    "address": ("go to address",),
    "top": ("go to the top",),
    "impact": ("show me impact",),
    "finish": ("go to the finish",),
    "next": ("next one please",),
    "previous": ("previous one please",),
    "compare": ("compare the swings",),
    "note": ("make a note",),
    "tempo": ("tell me the tempo",),
    "speed": ("how fast was the club",),
}
# Said before a command where the microphone stays on. Of the pairs that were tried it alone was found in all voices
# ("computer" was lost in one), and talk on a course has "caddie", but seldom "okay" before it.
WAKE = "okay caddie"
# The part of each phrase that is looked for a second time, against a loop of all sounds: long enough to be rare, short
# enough that its score stays within the recogniser's range.
PARTS: Mapping[str, str] = {
    "play": "the swing",
    "stop": "right there",
    "slower": "slow it",
    "address": "address",
    "top": "the top",
    "impact": "show me impact",
    "finish": "the finish",
    "next": "next one please",
    "previous": "previous one",
    "compare": "compare the",
    "note": "make a note",
    "tempo": "tell me the",
    "speed": "how fast",
}


@dataclass(frozen=True)
class Hearing:
    """When what was heard is obeyed.

    least_s, most_s : of the speech: a click is no command, and who talks for longer than the longest phrase takes means
                      somebody else. By the grammar alone every sentence sounds like one phrase or another.
    least_words     : of a phrase whose end was not heard, where no other command begins so.
    wake_most_s     : of the speech with the wake phrase (up to 1.1 s) and a pause (up to 0.8 s) before the command.
    wake_within_s   : of the utterance's start the wake phrase must begin: elsewhere it is spoken of, not to the window.
    least_score     : of a command's part against a loop of all sounds, in the recogniser's own scale. Half of the talk
                      that the grammar takes for a command has less.
    wake_least_score : of the wake phrase; in four of five voices 20 dB above noise it had this or more.
    """

    least_s: float = 0.3
    most_s: float = 1.7
    least_words: int = 2
    wake_most_s: float = 3.6
    wake_within_s: float = 0.6
    least_score: float = 0.778
    wake_least_score: float = 0.770


HEARING = Hearing()


@dataclass(frozen=True)
class Heard:
    """What a recogniser made of one utterance.

    words      : the phrase, or its beginning, by the grammar; "" for nothing.
    duration_s : of the speech, seconds.
    found      : of the wake phrase and `PARTS` those that were heard against a loop of all sounds: score, and seconds
                 from the start of the speech; None where nobody has looked.
    """

    words: str
    duration_s: float
    found: Mapping[str, tuple[float, float]] | None = None

    def score(self, phrase: str) -> float:
        """Return how sure a phrase is against all sounds: 0 where it was not heard."""
        return (self.found or {}).get(phrase, (0.0, 0.0))[0]


def grammar(phrases: Mapping[str, tuple[str, ...]] = PHRASES, *, wake: str = "") -> str:
    """Return the grammar in JSGF (Java Speech Grammar Format 1.0): the wake phrase, one of the phrases, no more."""
    said = " | ".join(phrase for several in phrases.values() for phrase in several)
    return f"#JSGF V1.0; grammar commands; public <command> = {wake} ( {said} );"


def decide(heard: Heard, phrases: Mapping[str, tuple[str, ...]] = PHRASES, hearing: Hearing = HEARING) -> str:
    """Return the command that was said, or "" where it is none, or not sure enough."""
    words = heard.words.split()
    if not hearing.least_s <= heard.duration_s <= hearing.most_s or not words:
        return ""
    found = {
        name
        for name, several in phrases.items()
        for phrase in several
        if phrase.split() == words
        or (len(words) >= hearing.least_words and phrase.split()[: len(words)] == words)
    }  # fmt: skip
    if len(found) != 1:
        return ""
    name = found.pop()
    return name if heard.found is None or heard.score(PARTS[name]) >= hearing.least_score else ""


def decide_awake(heard: Heard, phrases: Mapping[str, tuple[str, ...]] = PHRASES, hearing: Hearing = HEARING) -> str:
    """Return the command that was said after the wake phrase, or "": both ways of hearing them must agree.

    A command whose end was not heard is none here: nobody has pressed a key for it.
    """
    _, at_s = (heard.found or {}).get(WAKE, (0.0, 0.0))
    called = heard.score(WAKE) >= hearing.wake_least_score and at_s <= hearing.wake_within_s
    if not called or not hearing.least_s <= heard.duration_s <= hearing.wake_most_s:
        return ""
    before, _, words = heard.words.partition(WAKE + " ")
    name = "" if before else next((name for name, several in phrases.items() if words in several), "")
    return name if name and heard.score(PARTS[name]) >= hearing.least_score else ""
