"""A film file that phones play: H.264 and AAC in MP4, subtitles and chapters inside, its index at the front."""

import io
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.error import FFmpegError
from av.subtitles.codeccontext import SubtitleCodecContext
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.review.voice import decode_voice

RgbImage = NDArray[np.uint8]
Sound = NDArray[np.float32]

RATE_HZ = 48_000
_MS = Fraction(1, 1000)
_NEVER_S = 1e9
_SOUND_CHUNK = 1024  # samples that AAC takes at a time
# What the subtitle encoder wants to know of fonts, in Advanced SubStation's words; players use their own.
_STYLE = (
    "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, "
    "SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, "
    "BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\nStyle: Default,Arial,16,&Hffffff,"
    "&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n\n[Events]\nFormat: Layer, Start, End, Style, Name, "
    "MarginL, MarginR, MarginV, Effect, Text\n"
)


@dataclass(frozen=True)
class Cue:
    """Words and when they are shown, seconds; a chapter's name where it is one."""

    start_s: float
    end_s: float
    text: str


class Soundtrack:
    """Voices at their times, mixed as they are asked for: an hour of film is not held in memory.

    parts: where each sound starts and its samples, mono at `RATE_HZ`. length: of the whole, samples.
    """

    def __init__(self, parts: Iterable[tuple[int, Sound]], length: int) -> None:
        self._parts, self._length = list(parts), length

    def __len__(self) -> int:
        return self._length

    def at(self, start: int, count: int) -> Sound:
        """Return samples from one of its places on, shape (n,), fewer than `count` only at its end; -1 to 1."""
        out = np.zeros(max(min(count, self._length - start), 0), dtype=np.float32)
        for first, sound in self._parts:
            low, high = max(first, start), min(first + len(sound), start + len(out))
            if low < high:
                out[low - start : high - start] += sound[low - first : high - first]
        return np.clip(out, -1.0, 1.0, out=out)


def mixed(voices: Mapping[str, bytes], starts_s: Iterable[tuple[str, float]], duration_s: float) -> Soundtrack | None:
    """Return the sound of a film of this length: voices by hash at their times, None without any.

    Raises InputError if a voice cannot be decoded.
    """
    wanted = [(name, at) for name, at in starts_s if name in voices]
    if not wanted:
        return None
    decoded = {name: _resampled(*decode_voice(voices[name])) for name in {name for name, _ in wanted}}
    parts = [(max(round(at_s * RATE_HZ), 0), decoded[name]) for name, at_s in wanted]
    return Soundtrack(parts, max(round(duration_s * RATE_HZ), 1))


def voice_for_phones(data: bytes) -> bytes:
    """Return a voice note (Opus in Ogg) as AAC in MP4, which every phone's browser plays; InputError if it is none."""
    sound = _resampled(*decode_voice(data))
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"fflags": "+bitexact"}) as file:
        stream: Any = file.add_stream("aac", rate=RATE_HZ, layout="mono")
        stream.bit_rate = 64_000
        for start in range(0, len(sound), _SOUND_CHUNK):
            file.mux(stream.encode(_sound_frame(sound[start : start + _SOUND_CHUNK], start)))
        file.mux(stream.encode(None))
    return out.getvalue()


def _sound_frame(part: Sound, start: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part[np.newaxis]), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
    return frame


def _resampled(sound: Sound, rate_hz: int) -> Sound:
    if rate_hz == RATE_HZ or not len(sound):
        return sound
    frame = av.AudioFrame.from_ndarray(sound[np.newaxis], format="flt", layout="mono")
    frame.sample_rate = rate_hz
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    parts = [part.to_ndarray()[0] for part in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(parts).astype(np.float32)


class FilmFile:
    """Writes a film picture by picture; use as a context manager. Raises InputError if the file cannot be written.

    size : width and height, pixels, even. sound: of the whole film; None for a silent one.
    A film that is not finished is taken away.
    """

    def __init__(
        self, out: Path, size: tuple[int, int], fps: float, *, sound: Soundtrack | None = None,
        subtitles: Iterable[Cue] = (), chapters: Iterable[Cue] = (), title: str = "",
    ) -> None:  # fmt: skip
        self._out = out
        self._rate = Fraction(fps).limit_denominator(1001)
        self._pictures = 0
        self._sound, self._heard = sound, 0
        self._subtitles = sorted(subtitles, key=lambda cue: cue.start_s)
        try:
            out.write_bytes(b"")  # FFmpeg opens the file with the first picture only
            self._file = av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"})
        except (FFmpegError, OSError) as error:
            raise InputError(f"the film could not be written to {out}: {error.strerror}") from error
        if title:
            self._file.metadata["title"] = title
        self._video: Any = self._file.add_stream("libx264", rate=self._rate)
        self._video.width, self._video.height, self._video.pix_fmt = *size, "yuv420p"
        # Standing pictures cost next to nothing; a keyframe a second lets a phone jump to chapters.
        self._video.options = {"crf": "21", "preset": "veryfast", "g": str(max(round(fps), 1)), "profile": "high"}
        self._audio: Any = None
        if sound is not None:
            self._audio = self._file.add_stream("aac", rate=RATE_HZ, layout="mono")
            self._audio.bit_rate = 96_000
        self._words: Any = self._subtitle_stream() if self._subtitles else None
        self._file.set_chapters([_chapter(i, cue) for i, cue in enumerate(chapters)])

    def _subtitle_stream(self) -> Any:
        stream: Any = self._file.add_stream("mov_text")
        context = stream.codec_context
        assert isinstance(context, SubtitleCodecContext)
        context.subtitle_header = _STYLE.encode()
        context.time_base = _MS
        stream.time_base = _MS
        return stream

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._finish()
            except BaseException:
                self._take_away()
                raise
        else:
            self._take_away()

    def _take_away(self) -> None:
        with suppress(FFmpegError, OSError):  # what went wrong before is what is told
            self._file.close()
        self._out.unlink(missing_ok=True)

    def add(self, rgb: RgbImage) -> None:
        """Append a picture, shape (height, width, 3)."""
        self._speak((self._pictures + 1) / float(self._rate))
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame.pts, frame.time_base = self._pictures, 1 / self._rate
        self._pictures += 1
        self._mux(self._video.encode(frame))

    def _mux(self, packets: Any) -> None:
        try:
            self._file.mux(packets)
        except (FFmpegError, OSError) as error:
            raise InputError(f"the film could not be written to {self._out}: {error.strerror}") from error

    def _speak(self, until_s: float) -> None:
        """Write the sound and the subtitles up to a time, so that they lie beside their pictures in the file."""
        while self._audio is not None and self._sound is not None and self._heard < min(
            round(until_s * RATE_HZ), len(self._sound)
        ):  # fmt: skip
            frame = _sound_frame(self._sound.at(self._heard, _SOUND_CHUNK), self._heard)
            self._heard += frame.samples
            self._mux(self._audio.encode(frame))
        while self._subtitles and self._subtitles[0].start_s <= until_s:
            self._write(self._subtitles.pop(0))

    def _write(self, cue: Cue) -> None:
        # One subtitle at a time: the next one ends the one before.
        following = self._subtitles[0].start_s if self._subtitles else _NEVER_S
        text = cue.text.encode()
        packet = av.Packet(len(text).to_bytes(2, "big") + text)
        packet.stream, packet.time_base = self._words, _MS
        packet.pts = packet.dts = round(cue.start_s * 1000)
        packet.duration = max(round((min(cue.end_s, following) - cue.start_s) * 1000), 1)
        self._mux(packet)

    def _finish(self) -> None:
        self._speak(_NEVER_S)
        self._mux(self._video.encode(None))
        if self._audio is not None:
            self._mux(self._audio.encode(None))
        try:
            self._file.close()
        except (FFmpegError, OSError) as error:
            raise InputError(f"the film could not be written to {self._out}: {error.strerror}") from error


def _chapter(number: int, cue: Cue) -> Any:
    start = round(cue.start_s * 1000)
    end = max(round(cue.end_s * 1000), start)
    return {"id": number, "start": start, "end": end, "time_base": _MS, "metadata": {"title": cue.text}}
