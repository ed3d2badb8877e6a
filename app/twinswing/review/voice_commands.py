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
}


@dataclass(frozen=True)
class Hearing:
    """When what was heard is obeyed.

    least_s, most_s : of the speech: a click is no command, and who talks for longer than the longest phrase takes means
                      somebody else. By the grammar alone every sentence sounds like one phrase or another.
    least_words     : of a phrase whose end was not heard, where no other command begins so.
    """

    least_s: float = 0.3
    most_s: float = 1.7
    least_words: int = 2


HEARING = Hearing()


@dataclass(frozen=True)
class Heard:
    """What a recogniser made of one utterance.

    words      : the phrase, or its beginning, by the grammar; "" for nothing.
    duration_s : of the speech, seconds.
    """

    words: str
    duration_s: float


def grammar(phrases: Mapping[str, tuple[str, ...]] = PHRASES) -> str:
    """Return the grammar in JSGF (Java Speech Grammar Format 1.0): one of the phrases, and nothing else."""
    said = " | ".join(phrase for several in phrases.values() for phrase in several)
    return f"#JSGF V1.0; grammar commands; public <command> = {said};"


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
    return found.pop()
