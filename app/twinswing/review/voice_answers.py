"""What is answered to a spoken question about a swing: the number, how sure it is, and where it is from. Pure."""

from dataclasses import dataclass
from math import isfinite

from twinswing.swing.model import SwingSession


@dataclass(frozen=True)
class Asked:
    """A measure as it is said: its name in a session, the sentence's subject, and the unit in words."""

    measure: str
    subject: str
    unit: str


# The commands of `voice_commands.PHRASES` that are questions.
ANSWERS = {
    "tempo": Asked("tempo_ratio", "Tempo", "to 1"),
    "speed": Asked("head_speed_mps", "Club head speed", "metres per second"),
}


def answer(command: str, session: SwingSession | None) -> str:
    """Return the sentence that answers a question; it says why where the number is not known."""
    asked = ANSWERS[command]
    measure = session.measures.get(asked.measure) if session is not None else None
    if session is None or measure is None or not isfinite(measure.value):
        why = session.missing.get(asked.measure, "it was not measured") if session is not None else "no swing is open"
        return f"{asked.subject} is not known: {why}."
    source = measure.source.replace("+", " and ")
    if not isfinite(measure.sigma):
        return f"{asked.subject} {measure.value:.0f} {asked.unit}, how sure is not known, from {source}."
    digits = 1 if measure.sigma < 1.0 else 0
    number, sure = f"{measure.value:.{digits}f}", f"{measure.sigma:.{digits}f}"
    return f"{asked.subject} {number} {asked.unit}, plus or minus {sure}, from {source}."
