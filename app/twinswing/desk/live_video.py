"""Pictures of a swing that was captured a moment ago, decoded from memory: its recording is still being written."""

from bisect import bisect_right

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext

from twinswing.desk.videofeed import RgbImage
from twinswing.recording.video import CodedPicture
from twinswing.timeline.clock import to_ns


class CodedVideo:
    """Frames by session time out of coded pictures without B-frames, the first of them a keyframe.

    size_px : width and height that the pictures had before they were coded, (0, 0) leaves them as they are.
    """

    def __init__(self, coded: tuple[CodedPicture, ...], size_px: tuple[int, int] = (0, 0)) -> None:
        self._coded = coded
        self._size = size_px
        self._times = [picture.t_ns for picture in coded]
        self._decoder: VideoCodecContext | None = None
        self._next = 0  # picture that the decoder gets next
        self._frame: tuple[int, RgbImage | None] = (-1, None)

    def frame_at(self, t_s: float) -> RgbImage | None:
        """Return the picture shown at a time, shape (h, w, 3), None before the first."""
        wanted = bisect_right(self._times, to_ns(t_s) + 1) - 1
        if wanted < 0:
            return None
        if wanted == self._frame[0]:
            return self._frame[1]
        key = max((i for i in range(wanted + 1) if self._coded[i].keyframe), default=0)
        if self._decoder is None or not key <= self._next <= wanted:
            self._decoder, self._next = _new_decoder(), key
        image = None
        while self._next <= wanted:
            packet = av.Packet(self._coded[self._next].data)
            self._next += 1
            for frame in self._decoder.decode(packet):
                image = frame
        if image is None:
            return self._frame[1]
        rgb = np.ascontiguousarray(image.to_ndarray(format="rgb24"), dtype=np.uint8)
        if self._size != (0, 0) and self._size != (rgb.shape[1], rgb.shape[0]):
            rgb = np.asarray(cv2.resize(rgb, self._size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
        self._frame = (wanted, rgb)
        return rgb

    def close(self) -> None:
        """Forget the decoder."""
        self._decoder = None


def _new_decoder() -> VideoCodecContext:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    # Without B-frames each picture can come out as soon as it goes in.
    decoder.flags |= av.codec.context.Flags.low_delay
    decoder.thread_count = 1
    return decoder
