"""Video to upright pictures with the times at which they are to be shown.

Times are the container's presentation times, never index / rate: phones film at a varying rate, editors leave gaps,
and a frame that is shown late was also exposed late. Where a container gives no usable time, it is mended and said so.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError

ByteImage = NDArray[np.uint8]
# By quarters counter-clockwise.
_TURN = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


@dataclass(frozen=True)
class DecodeLimits:
    """Bounds of what is decoded.

    thumbnail_px   : side of the square picture that cuts and repeats are found on; 32 averages noise and grain away
                     and costs 3 KiB a frame.
    thumbnail_rows : rows of the picture that it is averaged from, evenly spread: eight a pixel still average the
                     noise away, and all 1280 of a phone's would cost 1.2 ms a frame more.
    max_side_px    : longer pictures are scaled down to this on decode. The pose model looks at 256 pixels of the
                     golfer, who fills at least a seventh of a usable picture, so 1920 loses nothing and a 4K clip
                     decodes in a quarter of the time.
    variable_ratio : a clip whose frame gaps spread (5th to 95th percentile) beyond this much of their median has a
                     variable rate; whole-millisecond time stamps at 240 fps spread by 0.24 of it when rounded.
    uncounted      : frames by which the header's count may differ from what is shown: encoders count a last one or
                     two that never come.
    """

    thumbnail_px: int = 32
    thumbnail_rows: int = 256
    max_side_px: int = 1920
    variable_ratio: float = 0.3
    uncounted: int = 2


@dataclass(frozen=True)
class ClipInfo:
    """The clip as the container states it and as it decoded; times are presentation times in seconds.

    width_px, height_px : size of the upright picture.
    variable_rate       : index / rate_hz is not a frame's time: gaps between shown frames differ, or the container
                          counts frames that are not shown (an edit list cuts them off, or they are damaged).
    rotation_deg        : counter-clockwise turn that the container asks for; already done to every picture.
    reordered           : frames are stored out of order (B-frames).
    warnings            : what was mended or lost while decoding, a sentence each.
    cuts                : first frame of each scene after the first; empty unless looked for (see body.cuts).
    repeated            : frames that show the picture before them again, shape (frames,); empty unless looked for.
    """

    name: str
    frames: int
    duration_s: float
    rate_hz: float
    variable_rate: bool
    width_px: int
    height_px: int
    rotation_deg: int = 0
    codec: str = ""
    reordered: bool = False
    warnings: tuple[str, ...] = ()
    cuts: tuple[int, ...] = ()
    repeated: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_), repr=False)


@dataclass(frozen=True)
class VideoFrame:
    """One decoded frame.

    index : 0-based in decode (display) order.
    t_s   : presentation time, seconds, strictly increasing over a clip.
    rgb   : the upright picture, contiguous, shape (height, width, 3).
    thumb : the same, area-averaged to a small square, shape (thumbnail_px, thumbnail_px, 3).
    coded : the picture as it was decoded, for coding it again without a way through RGB: it must be turned
            counter-clockwise by `turns` quarters to be upright. None where `rgb` was also scaled, or is of another kind
            than 8-bit YUV 4:2:0.
    """

    index: int
    t_s: float
    rgb: ByteImage
    thumb: ByteImage
    coded: av.VideoFrame | None = field(default=None, repr=False)
    turns: int = 0


@dataclass
class TimeMender:
    """Makes presentation times strictly increasing, and counts what it had to invent.

    step_s : nominal time between frames, for frames that have no time of their own.
    """

    step_s: float
    missing: int = 0
    backward: int = 0
    _last_s: float | None = field(default=None, repr=False)

    def next(self, t_s: float | None) -> float:
        """Return a usable time for a frame whose container says `t_s` (None: says nothing), seconds."""
        last = self._last_s
        if t_s is None or not np.isfinite(t_s):
            self.missing += 1
            t_s = 0.0 if last is None else last + self.step_s
        elif last is not None and t_s <= last:
            # Two frames can't be shown at once. Half a step keeps the order and leaves room for the next true time.
            self.backward += 1
            t_s = last + 0.5 * self.step_s
        self._last_s = float(t_s)
        return self._last_s

    def warnings(self) -> list[str]:
        """Say what was mended."""
        said = []
        if self.missing:
            said.append(f"{self.missing} frames carry no presentation time; the frame rate was used for them.")
        if self.backward:
            said.append(f"{self.backward} frames carry a repeated or backward presentation time; they were moved on.")
        return said


class VideoReader:
    """Decodes one clip once, front to back; a context manager.

    Raises InputError when the path is no file, is empty, cannot be read as media, or holds no picture at all. A clip
    that breaks off gives the frames up to there and a warning.
    """

    def __init__(self, path: Path | str, *, limits: DecodeLimits | None = None) -> None:
        self.path = Path(path)
        self.limits = limits or DecodeLimits()
        self._container = _open(self.path)
        streams = [s for s in self._container.streams.video if not _is_cover_picture(s)]
        if not streams:
            kinds = ", ".join(sorted({s.type for s in self._container.streams})) or "nothing"
            self._container.close()
            raise InputError(f"Expected a video with pictures, found only {kinds} in {self.path}.")
        self._stream = streams[0]
        self._stream.thread_type = "AUTO"
        self.rate_hint_hz = _stated_rate(self._stream)
        self.frames_hint = _stated_frames(self._stream, self.rate_hint_hz)
        self.rotation_deg = 0
        self.width_px = 0
        self.height_px = 0
        self.t_s: list[float] = []
        self._mender = TimeMender(step_s=1.0 / self.rate_hint_hz)
        self._broken: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        self._container.close()

    def __iter__(self) -> Iterator[VideoFrame]:
        decoded = iter(self._container.decode(self._stream))
        while True:
            try:
                frame = next(decoded, None)
            except av.error.FFmpegError as e:
                self._broken = f"The video breaks off after {len(self.t_s)} frames ({e.strerror or e})."
                break
            if frame is None:
                break
            yield self._upright(frame)
        if not self.t_s:
            raise InputError(f"Expected a video with pictures, found no frame that can be decoded in {self.path}.")

    def _upright(self, frame: av.VideoFrame) -> VideoFrame:
        t_s = self._mender.next(None if frame.time is None else float(frame.time))
        if not self.t_s:
            self.rotation_deg = round(frame.rotation / 90.0) * 90
            self._size = _decoded_size(frame, self._stream, self.limits.max_side_px)
        width, height = self._size
        rgb = frame.to_ndarray(format="rgb24", width=width, height=height)
        turns = (self.rotation_deg // 90) % 4
        # MediaPipe reads the buffer as if rows were packed, so a padded array must be copied. (`rotate` returns a
        # packed one, in a tenth of the time that a copy of `rot90` takes.)
        upright = np.asarray(cv2.rotate(rgb, _TURN[turns])) if turns else rgb
        upright = np.ascontiguousarray(upright, dtype=np.uint8)
        self.height_px, self.width_px = upright.shape[:2]
        side = self.limits.thumbnail_px
        rows = upright[:: max(1, self.height_px // self.limits.thumbnail_rows)]
        thumb = np.asarray(cv2.resize(rows, (side, side), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        self.t_s.append(t_s)
        same = (width, height) == (frame.width, frame.height) and frame.format.name == "yuv420p"
        return VideoFrame(len(self.t_s) - 1, t_s, upright, thumb, frame if same else None, turns)

    def info(self) -> ClipInfo:
        """Describe what has been decoded so far; complete once the iteration has ended."""
        t = np.asarray(self.t_s)
        gaps = np.diff(t)
        step = float(np.median(gaps)) if len(gaps) else 1.0 / self.rate_hint_hz
        spread = float(np.ptp(np.percentile(gaps, [5, 95]))) if len(gaps) else 0.0
        widest = float(gaps.max()) if len(gaps) else 0.0
        warnings = self._mender.warnings() + ([self._broken] if self._broken else [])
        counted = self._stream.frames
        miscounted = not self._broken and bool(counted) and abs(counted - len(t)) > self.limits.uncounted
        if miscounted:
            warnings.append(f"The container counts {counted} frames; {len(t)} are shown.")
        return ClipInfo(
            name=self.path.name,
            frames=len(t),
            duration_s=float(t[-1] - t[0] + step) if len(t) else 0.0,
            rate_hz=1.0 / step,
            variable_rate=spread > self.limits.variable_ratio * step or widest > 1.75 * step or miscounted,
            width_px=self.width_px,
            height_px=self.height_px,
            rotation_deg=self.rotation_deg,
            codec=self._stream.codec_context.name,
            reordered=bool(self._stream.codec_context.has_b_frames),
            warnings=tuple(warnings),
        )


def probe(path: Path | str) -> ClipInfo:
    """Decode a whole clip for its times only and describe it; InputError as VideoReader."""
    with VideoReader(path, limits=DecodeLimits(max_side_px=64)) as reader:
        for _ in reader:
            pass
        return reader.info()


def _open(path: Path) -> "av.container.InputContainer":
    if not path.is_file():
        raise InputError(f"Expected a video file, found {'a folder' if path.is_dir() else 'nothing'} at {path}.")
    if path.stat().st_size == 0:
        raise InputError(f"Expected a video, found an empty file at {path}.")
    try:
        return av.open(str(path), mode="r", metadata_errors="ignore")
    except (av.error.FFmpegError, OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or e
        raise InputError(f"Expected a video, found a file that cannot be read as one ({reason}) at {path}.") from e


def _is_cover_picture(stream: "av.video.stream.VideoStream") -> bool:
    """Tell whether a video stream is the cover of a song rather than a film."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _stated_rate(stream: "av.video.stream.VideoStream") -> float:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0.5 < float(rate) < 10_000.0:
            return float(rate)
    return 30.0


def _stated_frames(stream: "av.video.stream.VideoStream", rate_hz: float) -> int | None:
    """Return how many frames the header promises; it may be wrong, so it serves progress bars only."""
    if stream.frames:
        return int(stream.frames)
    if stream.duration and stream.time_base:
        return max(1, round(float(stream.duration * stream.time_base) * rate_hz))
    return None


def _decoded_size(frame: av.VideoFrame, stream: "av.video.stream.VideoStream", max_side_px: int) -> tuple[int, int]:
    """Return the width and height to convert to, before turning: square pixels, no side above the limit."""
    aspect = stream.sample_aspect_ratio
    width = frame.width * (float(aspect) if aspect and 0.1 < float(aspect) < 10.0 else 1.0)
    scale = min(1.0, max_side_px / max(width, frame.height))
    return max(2, round(width * scale)), max(2, round(frame.height * scale))
