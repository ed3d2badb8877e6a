"""Voice notes: sound to Opus in Ogg (RFC 7845) and back, and the waveform that a timeline shows."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.error import FFmpegError
from numpy.typing import ArrayLike, NDArray

from twinswing.errors import InputError
from twinswing.review.checks import LIMITS
from twinswing.review.model import Media


@dataclass(frozen=True)
class VoiceSettings:
    """How a voice is coded.

    bit_rate : of Opus: 24 kbit/s is transparent for speech of one person (RFC 6716, 2.1.1 names 16 to 20 for
               fullband speech); ten minutes are 1.8 MB.
    peaks    : of the waveform: as many as a timeline is wide in half pixels.
    """

    bit_rate: int = 24_000
    peaks: int = 400


DEFAULT_VOICE = VoiceSettings()
# Opus works at this rate inside, whatever the microphone's.
_RATE_HZ = 48_000


@dataclass(frozen=True)
class VoiceNote:
    """A coded voice: the file, and what an annotation says of it."""

    data: bytes
    media: Media


def encode_voice(samples: ArrayLike, rate_hz: int, settings: VoiceSettings = DEFAULT_VOICE) -> VoiceNote:
    """Code sound as Opus in Ogg.

    samples : int16, or float of -1 to 1, shape (n,) or (n, channels); channels are averaged.
    Raises InputError if there is no sound, it is not finite, or it is longer than a voice note may be.
    """
    sound = _mono(samples)
    if not 8000 <= rate_hz <= 192_000:
        raise InputError(f"A voice note needs 8000 to 192000 samples a second, not {rate_hz}.")
    duration_s = len(sound) / rate_hz
    if not len(sound) or duration_s > LIMITS.voice_s:
        raise InputError(f"A voice note must last up to {LIMITS.voice_s:g} s, not {duration_s:.1f} s.")
    frame = av.AudioFrame.from_ndarray(sound[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = rate_hz
    frame.pts = 0
    out = io.BytesIO()
    # "bitexact" keeps the writer's version and a random stream number out: the same sound has the same hash.
    with av.open(out, "w", format="ogg", options={"fflags": "+bitexact", "serial_offset": "1"}) as file:
        stream = file.add_stream("libopus", rate=_RATE_HZ, layout="mono")
        stream.bit_rate = settings.bit_rate
        resampler = AudioResampler(format="flt", layout="mono", rate=_RATE_HZ)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    data = out.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    return VoiceNote(data, Media(digest, len(data), round(duration_s, 6), peaks(sound, settings.peaks)))


def encode_voice_file(path: str | Path, settings: VoiceSettings = DEFAULT_VOICE) -> VoiceNote:
    """Code a sound file (WAV, or whatever FFmpeg reads) as a voice note; raises InputError if it is none."""
    return encode_voice(*decode_sound_file(path), settings)


def decode_sound_file(path: str | Path) -> tuple[NDArray[np.float32], int]:
    """Return a sound file's samples, -1 to 1, shape (n,), and their rate in Hz; raises InputError if it is none."""
    try:
        with av.open(str(path), "r") as file:
            return _read(file, str(path))
    except FFmpegError as error:
        raise InputError(f"{path} is no sound file that can be read: {error.strerror}.") from error


def decode_voice(data: bytes) -> tuple[NDArray[np.float32], int]:
    """Return a voice note's samples, -1 to 1, shape (n,), and their rate in Hz; raises InputError if it is none.

    The bytes may come from anyone: only Ogg with Opus is opened, and no more than a voice note may hold is decoded.
    """
    if not data.startswith(b"OggS") or len(data) > LIMITS.voice_bytes:
        raise InputError(f"A voice note must be an Ogg file of at most {LIMITS.voice_bytes} bytes.")
    try:
        with av.open(io.BytesIO(data), "r", format="ogg") as file:
            if not file.streams.audio or file.streams.audio[0].codec_context.name not in ("opus", "libopus"):
                raise InputError("A voice note must be Opus; this Ogg file holds something else.")
            return _read(file, "A voice note")
    except FFmpegError as error:
        raise InputError(f"A voice note cannot be decoded: {error.strerror}.") from error


def peaks(sound: NDArray[np.float32], count: int) -> tuple[float, ...]:
    """Return the largest amplitude in each of as many equal parts of a sound, 0 to 1, to three digits."""
    count = min(count, len(sound))
    if not count:
        return ()
    starts = np.arange(count) * len(sound) // count
    highest = np.minimum(np.maximum.reduceat(np.abs(sound), starts), 1.0)
    return tuple(np.round(highest.astype(np.float64), 3).tolist())


def _read(file: av.container.InputContainer, what: str) -> tuple[NDArray[np.float32], int]:
    if not file.streams.audio:
        raise InputError(f"{what} holds no sound.")
    stream: AudioStream = file.streams.audio[0]
    rate_hz = int(stream.codec_context.sample_rate)
    # Planar float of the file's own channels: FFmpeg's way to mono makes two like channels louder by 3 dB.
    resampler = AudioResampler(format="fltp", rate=rate_hz)
    parts: list[NDArray[np.float32]] = []
    length = 0
    for frame in file.decode(stream):
        length += frame.samples
        if length > LIMITS.voice_s * rate_hz * 1.01:
            raise InputError(f"{what} lasts longer than {LIMITS.voice_s:g} s, the most that a voice note may.")
        parts += [part.to_ndarray().mean(axis=0) for part in resampler.resample(frame)]
    parts += [part.to_ndarray().mean(axis=0) for part in resampler.resample(None)]
    return (np.concatenate(parts) if parts else np.zeros(0, np.float32)), rate_hz


def _mono(samples: ArrayLike) -> NDArray[np.float32]:
    sound = np.asarray(samples)
    if sound.ndim not in (1, 2) or not (np.issubdtype(sound.dtype, np.floating) or sound.dtype == np.int16):
        raise InputError(f"A voice note must be int16 or float of one or two axes, not {sound.dtype} {sound.shape}.")
    scaled = sound.astype(np.float32) / (32768.0 if sound.dtype == np.int16 else 1.0)
    mono = scaled if scaled.ndim == 1 else scaled.mean(axis=1)
    if not np.isfinite(mono).all():
        raise InputError("A voice note must have finite samples; some are not.")
    return np.ascontiguousarray(np.clip(mono, -1.0, 1.0), dtype=np.float32)
