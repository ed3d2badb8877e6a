"""What is said and what is obeyed, without a microphone."""

import pytest

from twinswing.review.voice_commands import PHRASES, Heard, decide, grammar


@pytest.mark.parametrize("command", PHRASES)
def test_every_phrase_is_its_command_and_no_other(command) -> None:
    for phrase in PHRASES[command]:
        assert decide(Heard(phrase, 1.2)) == command
        assert f"{phrase}" in grammar()


def test_a_beginning_that_only_one_command_has_is_enough() -> None:
    assert decide(Heard("show me", 0.9)) == "impact"
    assert decide(Heard("go to", 0.9)) == ""
    assert decide(Heard("go to the", 0.9)) == ""
    assert decide(Heard("make", 0.9)) == ""


@pytest.mark.parametrize(
    "heard",
    [
        Heard("", 1.0),
        Heard("play the swing", 0.1),
        Heard("play the swing", 6.0),
        Heard("sing the play", 1.0),
        Heard("show me impact", 2.3),
    ],
)
def test_clicks_talk_and_rubbish_are_no_commands(heard) -> None:
    assert decide(heard) == ""
