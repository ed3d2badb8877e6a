"""Voice notes through the real codec."""

import hashlib
import io
import wave

import av
import numpy as np
import pytest

from twinswing.errors import InputError
from twinswing.review.checks import LIMITS, from_fields, to_fields
from twinswing.review.model import Annotation, Span
from twinswing.review.voice import decode_voice, encode_voice, encode_voice_file, peaks

RATE = 16_000


def speech(seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    """Bursts of a buzzing 150 Hz, louder in the second half: as coarse as a voice, and exactly known."""
    t = np.arange(round(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 12)) / 2.5
    return (buzz * np.where(t < seconds / 2, 0.2, 0.8) * (np.sin(2 * np.pi * 3 * t) > 0)).astype(np.float32)


@pytest.mark.parametrize("rate", [8000, 16_000, 44_100, 48_000])
def test_a_voice_comes_back_as_it_sounded(rate) -> None:
    sound = speech(rate=rate)
    note = encode_voice(sound, rate)
    back, back_rate = decode_voice(note.data)
    assert note.media.duration_s == pytest.approx(2.0)
    assert len(back) / back_rate == pytest.approx(2.0, abs=0.03)
    assert note.media.sha256 == hashlib.sha256(note.data).hexdigest()
    assert note.media.size_bytes == len(note.data) < 12_000, "two seconds at 24 kbit/s are 6 kB"
    # The loudness over time is kept: compared in 50 ms parts, as a codec for voices keeps no waveform.
    parts = [np.sqrt([np.mean(p**2) for p in np.array_split(s, 40)]) for s in (sound, back)]
    assert np.corrcoef(parts[0], parts[1])[0, 1] > 0.97


def test_other_programs_read_it_as_opus() -> None:
    with av.open(io.BytesIO(encode_voice(speech(), RATE).data)) as file:
        stream = file.streams.audio[0]
        assert (file.format.name, stream.codec_context.name, stream.channels) == ("ogg", "opus", 1)


def test_the_same_voice_has_the_same_hash() -> None:
    assert encode_voice(speech(), RATE) == encode_voice(speech(), RATE)


def test_a_wav_file_in_stereo(tmp_path) -> None:
    path = tmp_path / "note.wav"
    sound = (np.stack([speech(), speech()], axis=1) * 32767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(sound.tobytes())
    from_file, from_array = encode_voice_file(path), encode_voice(sound, RATE)
    assert from_file.media.duration_s == from_array.media.duration_s
    assert from_file.media.peaks == pytest.approx(from_array.media.peaks, abs=0.02)


def test_the_waveform_shows_where_it_is_loud() -> None:
    note = encode_voice(speech(), RATE)
    shown = np.array(note.media.peaks)
    assert len(shown) == 400
    assert 3.0 < shown[200:].max() / shown[:200].max() < 5.0
    ramp = np.linspace(-1.0, 0.0, 1000, dtype=np.float32)
    assert peaks(ramp, 4) == pytest.approx((1.0, 0.75, 0.5, 0.25), abs=2e-3)
    assert peaks(ramp[:3], 10) == pytest.approx((1.0, 0.999, 0.998))
    annotation = Annotation("v", "voice", "Ann", Span.moment(0), media=note.media)
    assert from_fields("v", to_fields(annotation)) == annotation


@pytest.mark.parametrize(
    ("samples", "rate", "reason"),
    [
        (np.zeros(0, np.float32), RATE, "up to"),
        (np.full(100, np.nan), RATE, "finite"),
        (np.zeros(100, np.int64), RATE, "int16"),
        (np.zeros((2, 2, 2), np.float32), RATE, "axes"),
        (np.zeros(100, np.float32), 0, "samples a second"),
        (np.zeros(8000 * 601, np.int16), 8000, "up to 600 s"),
    ],
)
def test_what_is_no_voice_is_refused(samples, rate, reason) -> None:
    with pytest.raises(InputError, match=reason):
        encode_voice(samples, rate)


def test_hostile_files_are_refused(tmp_path) -> None:
    good = encode_voice(speech(), RATE).data
    flac = io.BytesIO()
    with av.open(flac, "w", format="ogg") as out:
        stream = out.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        out.mux(stream.encode(frame))
    strangers = (
        b"",
        b"RIFF1234WAVE",
        b"OggS",
        b"OggS" + bytes(100),
        good[:40],
        flac.getvalue(),
        good + bytes(5_000_000),
    )
    for data in strangers:
        with pytest.raises(InputError):
            decode_voice(data)
    chance = np.random.default_rng(0)
    for _ in range(60):
        data = np.frombuffer(good, np.uint8).copy()
        data[chance.integers(0, len(data), 20)] = chance.integers(0, 256, 20)
        try:
            sound, rate = decode_voice(data.tobytes())
        except InputError:
            continue
        assert len(sound) <= LIMITS.voice_s * rate * 1.02
    (tmp_path / "no.wav").write_bytes(b"not sound")
    for path in (tmp_path / "no.wav", tmp_path / "absent.wav"):
        with pytest.raises(InputError, match="no sound file"):
            encode_voice_file(path)
