"""Coded video in a recording: made cheaply, found by time, decoded near where it is wanted.

A picture on a video topic is Annex B, in order of presentation, without B-frames, and never far from a keyframe
(Foxglove's CompressedVideo asks for the first three). A clip that is like that already is copied; any other is coded
again.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.bitstream import BitStreamFilterContext
from av.codec.context import Flags
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.recording import topics
from twinswing.recording.reader import RecordingReader

RgbArray = NDArray[np.uint8]
# By quarters counter-clockwise.
_TURN = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True)
class CodingSettings:
    """How a clip is coded for looking at; the original goes into the recording as an attachment.

    gop           : pictures from one keyframe to the next: a seek decodes at most this many (12: 22 ms at 1080p).
    quality_crf   : x264's constant quality; 26 shows no blocks at the size of a panel and costs a fifth less than 23.
    long_side_px  : larger pictures are scaled to this: a 1080p picture would cost 2.3 times one of 720p to code.
    copy_gop      : a clip is copied if it has a keyframe at least this often.
    """

    gop: int = 12
    quality_crf: int = 26
    long_side_px: int = 1280
    copy_gop: int = 60


DEFAULT_SETTINGS = CodingSettings()


@dataclass(frozen=True)
class CodedPicture:
    """One picture as it goes into a recording: session time (ns), Annex B bytes, whether decoding can start here."""

    t_ns: int
    data: bytes
    keyframe: bool


class VideoEncoder:
    """Codes upright pictures to H.264 for `RecordingWriter.write_video`, each as soon as it comes. Not thread-safe.

    Frames must be of one size and in order of time. A frame that belongs to someone else is only read, save for its
    picture type, which is cleared.
    """

    codec = "h264"

    def __init__(self, settings: CodingSettings = DEFAULT_SETTINGS) -> None:
        self._settings = settings
        self._context: VideoCodecContext | None = None
        self._size = (0, 0)
        self._times: deque[int] = deque()
        self._last_pts = -1

    def encode(self, picture: av.VideoFrame | RgbArray, t_ns: int, *, turns: int = 0) -> list[CodedPicture]:
        """Code a picture (a decoded frame, or RGB of shape (h, w, 3)) shown at a time; return what is ready.

        turns : quarters counter-clockwise by which a decoded frame, of 8-bit YUV 4:2:0, is to be turned first.
        """
        if isinstance(picture, av.VideoFrame) and turns % 4:
            frame, owned = _turned(picture, turns), True
        elif isinstance(picture, av.VideoFrame):
            frame, owned = picture, False
        else:
            frame, owned = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24"), True
        if self._context is None:
            self._context = self._open(frame)
        if (frame.width, frame.height, frame.format.name) != (*self._size, "yuv420p"):
            frame = frame.reformat(*self._size, "yuv420p", interpolation="FAST_BILINEAR")
            owned = True
        if owned or frame.pts is None or frame.time_base != self._context.time_base or frame.pts <= self._last_pts:
            frame.pts = self._last_pts + 1
            frame.time_base = self._context.time_base
        self._last_pts = frame.pts or 0
        frame.pict_type = av.video.frame.PictureType.NONE
        self._times.append(t_ns)
        return self._take(self._context.encode(frame))

    def flush(self) -> list[CodedPicture]:
        """Return what is left at the end of the clip."""
        return [] if self._context is None else self._take(self._context.encode(None))

    def _open(self, frame: av.VideoFrame) -> VideoCodecContext:
        scale = min(1.0, self._settings.long_side_px / max(frame.width, frame.height))
        # 4:2:0 needs even sides.
        self._size = (max(2, round(frame.width * scale) & ~1), max(2, round(frame.height * scale) & ~1))
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = self._size
        context.pix_fmt = "yuv420p"
        context.time_base = frame.time_base or Fraction(1, 1000)
        context.gop_size = self._settings.gop
        context.max_b_frames = 0
        context.thread_count = 1
        context.color_range, context.colorspace = frame.color_range, frame.colorspace
        context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(self._settings.quality_crf)}
        return context

    def _take(self, packets: list[Any]) -> list[CodedPicture]:
        return [CodedPicture(self._times.popleft(), bytes(p), bool(p.is_keyframe)) for p in packets]


def _turned(frame: av.VideoFrame, turns: int) -> av.VideoFrame:
    """Return a copy of a 4:2:0 picture, turned counter-clockwise by quarters; its planes turn one by one."""
    if frame.format.name != "yuv420p":
        raise ValueError(f"only yuv420p can be turned, not {frame.format.name}")
    size = (frame.width, frame.height) if turns % 2 == 0 else (frame.height, frame.width)
    out = av.VideoFrame(*size, "yuv420p")
    for source, target in zip(frame.planes, out.planes, strict=True):
        pixels, into = (
            np.asarray(memoryview(p)).reshape(-1, p.line_size)[: p.height, : p.width] for p in (source, target)
        )
        into[:] = cv2.rotate(np.ascontiguousarray(pixels), _TURN[turns % 4])
    if frame.time_base is not None:  # which a frame that was never in a file lacks
        out.time_base, out.pts = frame.time_base, frame.pts
    out.color_range, out.colorspace = frame.color_range, frame.colorspace
    return out


def copyable_codec(path: str | Path, settings: CodingSettings = DEFAULT_SETTINGS) -> str | None:
    """Return "h264" or "h265" if a clip's pictures can go into a recording as they are, or None.

    They can if they lie in order of presentation, with keyframes close together, and upright. Nothing is decoded but
    the first picture. Raises InputError if the file is no video.
    """
    with _open_clip(path) as container:
        stream = container.streams.video[0]
        codec = {"h264": "h264", "hevc": "h265"}.get(stream.codec_context.name)
        if codec is None or stream.codec_context.pix_fmt != "yuv420p":
            return None
        last, since_key = None, settings.copy_gop
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            since_key = 0 if packet.is_keyframe else since_key + 1
            if since_key >= settings.copy_gop or (last is not None and packet.pts <= last):
                return None
            last = packet.pts
        if last is None:
            return None
    with _open_clip(path) as container:
        first = next(iter(container.decode(video=0)), None)
        return codec if first is not None and first.rotation == 0 else None


def copied_pictures(path: str | Path) -> Iterator[tuple[float, CodedPicture]]:
    """Yield (presentation time in seconds, picture) of a clip that `copyable_codec` accepts; `t_ns` is that time."""
    with _open_clip(path) as container:
        stream = container.streams.video[0]
        name = "h264_mp4toannexb" if stream.codec_context.name == "h264" else "hevc_mp4toannexb"
        to_annex_b = BitStreamFilterContext(name, stream)
        for packet in container.demux(stream):
            for out in to_annex_b.filter(packet):
                if out.pts is not None and out.size:
                    time = out.pts * (out.time_base or stream.time_base or Fraction(1))
                    yield float(time), CodedPicture(round(time * 10**9), bytes(out), bool(out.is_keyframe))


def _open_clip(path: str | Path) -> av.container.InputContainer:
    try:
        container = av.open(str(path))
    except (FFmpegError, OSError) as error:
        raise InputError(f"{path} could not be opened as a video: {error.strerror}.") from error
    if not container.streams.video:
        container.close()
        raise InputError(f"{path} has no video in it.")
    return container


def starts_decoding(data: bytes, codec: str = "h264") -> bool:
    """Tell whether an Annex B picture is a keyframe: one with an H.264 IDR slice or an H.265 random access slice."""
    at = data.find(b"\0\0\1")
    while 0 <= at < len(data) - 3:
        header = data[at + 3]
        if codec == "h264":
            kind = header & 0x1F
            if kind in (1, 5):  # the first slice decides: all slices of a picture are of one of these kinds
                return kind == 5
        else:
            kind = header >> 1 & 0x3F
            if kind < 32:
                return 16 <= kind <= 23
        at = data.find(b"\0\0\1", at + 3)
    return False


class VideoSource:
    """A recorded camera's pictures by time. Any thread may ask; they are served one at a time.

    A picture wanted soon after the one before is decoded onward; any other from the keyframe before it. Decoded
    pictures are kept up to `kept_bytes`, so that stepping backward is fast.
    """

    def __init__(self, reader: RecordingReader, camera: str = "main", *, kept_bytes: int = 96 * 1024 * 1024) -> None:
        self._reader = reader
        self._topic = topics.camera(camera, "video")
        self._times = reader.times_ns(self._topic)
        self._lock = threading.Lock()
        self._decoder: VideoCodecContext | None = None
        self._codec = ""
        self._next = 0  # the picture that the decoder takes next
        self._frames: OrderedDict[int, av.VideoFrame] = OrderedDict()
        self._kept_bytes = kept_bytes
        self._rgb: tuple[int, RgbArray] | None = None
        self.damaged = 0

    @classmethod
    def open(cls, path: str | Path, camera: str = "main") -> "VideoSource | None":
        """Open a recording's camera, or return None if it has no picture; `close` closes the file."""
        reader = RecordingReader(path)
        source = cls(reader, camera)
        if len(source):
            return source
        reader.close()
        return None

    def close(self) -> None:
        """Close the recording and forget what was decoded."""
        with self._lock:
            self._frames.clear()
            self._decoder = self._rgb = None
            self._reader.close()

    def __len__(self) -> int:
        return len(self._times)

    @property
    def times_s(self) -> NDArray[np.float64]:
        """Session time at which each picture is shown first, seconds, ascending."""
        return self._times / 1e9

    def index_at(self, t_s: float) -> int | None:
        """Return which picture is shown at a session time: the last one not after it (to half a nanosecond)."""
        number = int(np.searchsorted(self._times, round(t_s * 1e9), side="right")) - 1
        return number if number >= 0 else None

    def frame_at(self, t_s: float) -> RgbArray | None:
        """Return the picture shown at a session time, RGB, contiguous, shape (h, w, 3); None before the first.

        After the last one it stays. A picture that is damaged is replaced by the one decoded before it.
        """
        number = self.index_at(t_s)
        return None if number is None else self.frame(number)

    def frame(self, number: int) -> RgbArray | None:
        """Return a picture by number, as `frame_at`; the array is shared and must not be written to."""
        with self._lock:
            if self._rgb is not None and self._rgb[0] == number:
                return self._rgb[1]
            frame = self._frames.get(number)
            if frame is None:
                frame = self._decode(number)
            else:
                self._frames.move_to_end(number)
            if frame is None:
                return None
            # A width that is no multiple of the row alignment gives an array with gaps between its rows.
            rgb: RgbArray = np.ascontiguousarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
            rgb.flags.writeable = False
            self._rgb = (number, rgb)
            return rgb

    def _picture(self, number: int) -> tuple[bytes, bool]:
        message = self._reader.message(self._topic, number).decode()
        self._codec = message.format
        data: bytes = message.data
        return data, starts_decoding(data, self._codec)

    def _decode(self, number: int) -> av.VideoFrame | None:
        key = number
        pictures = [self._picture(key)]
        # Going on with the open decoder beats starting from a keyframe if there is none in between.
        while not pictures[-1][1] and key > 0 and not (self._decoder is not None and key == self._next):
            key -= 1
            pictures.append(self._picture(key))
        if self._decoder is None or key != self._next:
            self._decoder = self._open_decoder()
        self._next = key
        last: av.VideoFrame | None = None
        for place, (data, _) in zip(range(key, number + 1), reversed(pictures), strict=True):
            frames = self._feed(place, data)
            last = frames or last
        if self._decoder is not None and number not in self._frames:
            last = self._drain() or last
        if number in self._frames:
            return self._frames[number]
        before = max((kept for kept in self._frames if kept < number), default=None)
        return last if before is None else self._frames[before]

    def _feed(self, place: int, data: bytes) -> av.VideoFrame | None:
        assert self._decoder is not None
        self._next = place + 1
        packet = av.Packet(data)
        packet.pts = packet.dts = place
        try:
            return self._keep(self._decoder.decode(packet))
        except FFmpegError:
            self.damaged += 1
            return None

    def _drain(self) -> av.VideoFrame | None:
        """Take out what a decoder that reorders holds back; it cannot go on after this."""
        assert self._decoder is not None
        decoder, self._decoder = self._decoder, None
        try:
            return self._keep(decoder.decode(None))
        except FFmpegError:
            self.damaged += 1
            return None

    def _keep(self, frames: list[av.VideoFrame]) -> av.VideoFrame | None:
        for frame in frames:
            self._frames[frame.pts or 0] = frame
            size = frame.width * frame.height * 3 // 2
            while len(self._frames) > max(2, self._kept_bytes // max(size, 1)):
                self._frames.popitem(last=False)
        return frames[-1] if frames else None

    def _open_decoder(self) -> VideoCodecContext:
        decoder = av.CodecContext.create("hevc" if self._codec == "h265" else "h264", "r")
        assert isinstance(decoder, VideoCodecContext)
        # Without B-frames each picture can come out as soon as it goes in.
        decoder.flags |= Flags.low_delay
        decoder.thread_count = 1
        return decoder
