"""Commands that are said to a window: heard out of synthesised speech, and done."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.desk.window import write_recording
from twinswing.desk.settings import Settings
from twinswing.desk.voice import PLANT, SWING, Voice
from twinswing.desk.voice_ear import Recogniser, for_recogniser, speech_s
from twinswing.desk.window import Desk
from twinswing.review.voice_commands import PHRASES, WAKE, decide, decide_awake


def spoken(text: str, folder: Path, voice: str = "en-us") -> tuple[np.ndarray, int]:
    """Return a phrase as espeak-ng says it, with wind behind it, 20 dB below; skip where it is missing."""
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed (apt install espeak-ng)")
    file = folder / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(file), text], check=True)
    import av

    with av.open(str(file)) as container:
        rate = container.streams.audio[0].rate
        parts = [f.to_ndarray()[0] for f in container.decode(audio=0)]
    sound = np.concatenate(parts).astype(np.float32) / 32768.0
    sound = np.pad(sound, round(0.35 * rate))
    loud = float(np.sqrt((sound[np.abs(sound) > 0.01] ** 2).mean()))
    wind = np.random.default_rng(1).normal(0.0, loud * 0.1, len(sound))
    return (sound + wind).astype(np.float32), rate


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    pytest.importorskip("pocketsphinx")
    return Recogniser()


@pytest.mark.parametrize("command", PHRASES)
def test_a_phrase_in_the_wind_is_understood(command, recogniser, tmp_path: Path) -> None:
    sound, rate = spoken(PHRASES[command][0], tmp_path)
    assert decide(recogniser.hear(for_recogniser(sound, rate))) == command


def test_talk_noise_and_silence_are_not_obeyed(recogniser, tmp_path: Path) -> None:
    sound, rate = spoken("The wind has picked up since this morning and the flag is blowing to the left.", tmp_path)
    assert decide(recogniser.hear(for_recogniser(sound, rate))) == ""
    for quiet in (np.zeros(0, np.float32), np.zeros(16000, np.float32)):
        assert decide(recogniser.hear(for_recogniser(quiet, 16000))) == ""


def test_only_what_follows_the_wake_phrase_is_obeyed(recogniser, tmp_path: Path) -> None:
    for said, command in ((f"{WAKE}, go to the finish", "finish"), ("go to the finish", ""), ("nobody told me", "")):
        sound, rate = spoken(said, tmp_path)
        assert decide_awake(recogniser.hear_awake(for_recogniser(sound, rate))) == command


def test_listening_goes_on_until_it_is_left_off(tmp_path: Path) -> None:
    """The microphone's sound is given by hand; the rest is the window's own."""
    pytest.importorskip("pocketsphinx")
    desk = Desk(Settings(640, 480), offscreen=True, folder=tmp_path)
    voice = Voice()
    try:
        desk.add(voice)
        desk.open_or_raise(write_recording(tmp_path / "a.mcap"))
        voice.listen_to(
            FedMicrophone([spoken(text, tmp_path) for text in ("show me impact", f"{WAKE}, go to the top")])
        )
        assert voice.listening
        wait_until(lambda: (desk.step(), "go to the top" in desk.notice)[1], 30.0)
        assert desk.t_ns == pytest.approx(desk.session.events["top"].t_s * 1e9, abs=1e6)
        voice.do("voice:awake")
        assert not voice.listening
        voice.obey("tempo")
        assert "Tempo" in desk.notice
    finally:
        desk.shut()


class FedMicrophone:
    """Gives what was said a tenth of a second at a time, with wind between."""

    def __init__(self, said) -> None:
        from scipy.signal import resample_poly

        wind = np.random.default_rng(5).normal(0.0, 0.005, 48_000).astype(np.float32)
        self.level = 0.5
        sound = [wind]
        for samples, rate in said:
            sound += [resample_poly(samples, 48_000 // 50, rate // 50).astype(np.float32), wind]
        self._sound, self._at = np.concatenate(sound), 0

    def drain(self) -> np.ndarray:
        self._at += 4800
        return self._sound[self._at - 4800 : self._at]

    def stop(self) -> np.ndarray:
        return np.zeros(0, np.float32)


def test_the_length_of_speech_is_measured(tmp_path: Path) -> None:
    tone = np.sin(np.arange(16000) * 0.3).astype(np.float32)
    quiet = np.random.default_rng(0).normal(0.0, 1e-3, 16000).astype(np.float32)
    assert speech_s(for_recogniser(np.concatenate([quiet, tone, quiet]), 16000)) == pytest.approx(1.0, abs=0.05)


def test_what_is_said_is_done_and_the_microphone_is_off_unless_asked(tmp_path: Path) -> None:
    desk = Desk(Settings(640, 480), offscreen=True, folder=tmp_path)
    voice = Voice()
    try:
        desk.add(voice)
        desk.open_or_raise(write_recording(tmp_path / "a.mcap"))
        assert not voice.listening
        voice.obey("impact")
        assert desk.t_ns == pytest.approx(desk.session.events["impact"].t_s * 1e9, abs=1e6)
        voice.obey("play")
        voice.obey("play")
        assert desk.playing
        voice.obey("stop")
        assert not desk.playing
        before = desk.t_ns
        voice.obey("")
        assert desk.t_ns == before
        assert "Not understood" in desk.notice
        desk.settle(2)
        # A machine without a microphone is told so, and nothing listens.
        voice.do("voice:listen")
        assert voice.listening or "was" in desk.notice or "cannot" in desk.notice
        assert set(SWING) | {"play", "stop"} == set(PHRASES)
        assert set(PLANT) <= set(PHRASES)
    finally:
        desk.shut()
    assert not voice.listening
