"""What is said and what is obeyed, without a microphone."""

from dataclasses import replace
from math import nan

import numpy as np
import pytest

from twinswing.review.utterances import Utterances
from twinswing.review.voice_answers import ANSWERS, answer
from twinswing.review.voice_commands import HEARING, PARTS, PHRASES, WAKE, Heard, decide, decide_awake, grammar
from twinswing.swing.model import Measure, SwingSession


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


@pytest.mark.parametrize("command", PHRASES)
def test_the_wake_phrase_and_a_command_both_heard_twice_are_obeyed(command) -> None:
    words = f"{WAKE} {PHRASES[command][0]}"
    sure = {WAKE: (0.8, 0.1), PARTS[command]: (0.8, 1.0)}
    assert PHRASES[command][0] in grammar(wake=WAKE)
    assert decide_awake(Heard(words, 2.4, sure)) == command
    assert decide_awake(Heard(PHRASES[command][0], 1.4, sure)) == ""
    assert decide_awake(Heard(words, 2.4, None)) == ""
    assert decide_awake(Heard(words, 2.4, {WAKE: (0.8, 0.1)})) == ""
    assert decide_awake(Heard(words, 2.4, {PARTS[command]: (0.8, 1.0)})) == ""
    assert decide_awake(Heard(words, 2.4, sure | {WAKE: (0.8, 1.5)})) == ""
    assert decide_awake(Heard(words, 5.0, sure)) == ""
    assert decide_awake(Heard(words.rsplit(" ", 1)[0], 2.4, sure)) == ""


def test_a_phrase_that_the_second_hearing_does_not_find_is_not_obeyed() -> None:
    low = HEARING.least_score - 0.001
    assert decide(Heard("go to the top", 1.2, {PARTS["top"]: (0.8, 0.1)})) == "top"
    assert decide(Heard("go to the top", 1.2, {PARTS["top"]: (low, 0.1)})) == ""
    assert decide(Heard("go to the top", 1.2, {})) == ""


def test_sound_is_cut_into_utterances_however_it_comes() -> None:
    rng = np.random.default_rng(3)
    sound = rng.normal(0.0, 0.01, 16000 * 16).astype(np.float32)
    for start, end in ((2.0, 3.5), (6.0, 12.0), (13.5, 14.2)):  # the one in the middle is too long for a command
        at = slice(int(start * 16000), int(end * 16000))
        sound[at] += 0.2 * np.sin(np.arange(at.stop - at.start) * 0.2).astype(np.float32)
    sound[5 * 16000 : 5 * 16000 + 160] = 0.9  # a club set down
    whole = Utterances(16000).feed(sound)
    assert [round(len(u) / 16000, 1) for u in whole] == pytest.approx([2.1, 1.3], abs=0.15)
    parts, cut, at = Utterances(16000), [], 0
    while at < len(sound):
        size = int(rng.integers(0, 3000))
        cut += parts.feed(sound[at : at + size])
        at += size
    assert len(cut) == len(whole)
    assert all(np.array_equal(a, b) for a, b in zip(cut, whole, strict=True))


def test_wind_alone_and_silence_are_no_utterances() -> None:
    wind = np.random.default_rng(0).normal(0.0, 0.1, 16000 * 10).astype(np.float32)
    assert Utterances(16000).feed(wind) == []
    assert Utterances(16000).feed(np.zeros(16000 * 5, np.float32)) == []


def test_an_answer_has_its_uncertainty_and_source_or_says_why_there_is_none() -> None:
    session = SwingSession(
        measures={"tempo_ratio": Measure(3.04, "1", 0.235, "club+video")}, missing={"head_speed_mps": "no club"}
    )  # fmt: skip
    assert answer("tempo", session) == "Tempo 3.0 to 1, plus or minus 0.2, from club and video."
    assert answer("speed", session) == "Club head speed is not known: no club."
    assert "no swing" in answer("speed", None)
    vague = replace(session, measures={"tempo_ratio": Measure(3.04, "1", nan, "video")})
    assert answer("tempo", vague) == "Tempo 3 to 1, how sure is not known, from video."
    unknown = replace(session, measures={"tempo_ratio": Measure(nan, "1", nan, "video")})
    assert "not known" in answer("tempo", unknown)
    assert "nan" not in answer("tempo", unknown)
    assert set(ANSWERS) <= set(PHRASES)
