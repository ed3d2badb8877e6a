"""A camera into a recording: every frame that came is coded, measured and kept for some seconds."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from twinswing.body.motion import MotionMeter, PictureMotion
from twinswing.body.video import ByteImage
from twinswing.recording.video import CodedPicture, VideoEncoder
from twinswing.recording.writer import RecordingWriter
from twinswing.streams.cameras import CameraFrame, FrameQueue
from twinswing.timeline.clock import NS_PER_S

# Name of the document that marks lost frames and pauses.
GAPS_RECORD = "camera/main/gaps"

# A swing of the slowest golfer and the way there, and then as much again while it is being analysed.
KEEP_S = 30.0
_MOTION_BLOCK = 240  # pictures whose motion is measured by one meter, so that an hour's capture stays small
_STORE_EVERY_S = 2.0  # of the marks of lost frames, while frames are being lost


@dataclass(frozen=True, eq=False)
class Picture:
    """One upright picture on its way to the pose model: place in the recording, session time (ns), RGB."""

    index: int
    t_ns: int
    rgb: ByteImage


class Backlog:
    """Pictures that wait for the pose model: the newest `capacity`; putting never waits."""

    def __init__(self, capacity: int) -> None:
        self._pictures: deque[Picture] = deque(maxlen=capacity)
        self._news = threading.Condition()
        self._closed = False

    def put(self, picture: Picture) -> None:
        """Add a picture; the oldest goes where there is no room."""
        with self._news:
            self._pictures.append(picture)
            self._news.notify()

    def get(self) -> Picture | None:
        """Wait for the oldest kept picture; None when nothing more comes."""
        with self._news:
            self._news.wait_for(lambda: self._pictures or self._closed)
            return self._pictures.popleft() if self._pictures else None

    def close(self) -> None:
        """Say that nothing more comes."""
        with self._news:
            self._closed = True
            self._news.notify_all()

    def __len__(self) -> int:
        return len(self._pictures)


class _Motion:
    """What moved in the last seconds of pictures."""

    def __init__(self) -> None:
        self._meter = MotionMeter()
        self._overlap = 0  # pictures that the meter was given only to compare the next one with
        self._t_ns: list[int] = []
        self._fed = 0
        self._blocks: deque[tuple[list[int], PictureMotion]] = deque()
        self._lock = threading.Lock()

    def feed(self, rgb: ByteImage, t_ns: int) -> None:
        with self._lock:
            self._meter.feed(rgb)
            self._t_ns.append(t_ns)
            self._fed += 1
            if len(self._t_ns) == _MOTION_BLOCK:
                self._blocks.append(self._block())
                while self._blocks[0][0][-1] < t_ns - KEEP_S * NS_PER_S:
                    self._blocks.popleft()
                self._meter, self._t_ns, self._overlap = MotionMeter(), [], 1
                self._meter.feed(rgb)

    def _block(self) -> tuple[list[int], PictureMotion]:
        motion = self._meter.result()
        return list(self._t_ns), PictureMotion(motion.cells[self._overlap :], motion.cell_px)

    def between(self, first_ns: int, last_ns: int) -> tuple[NDArray[np.int64], int, PictureMotion]:
        """Return the times (ns) of the pictures of a span, the place of the first of them, and their motion."""
        with self._lock:
            blocks = [*self._blocks, self._block()] if self._t_ns else list(self._blocks)
            fed = self._fed
        if not blocks:
            return np.empty(0, dtype=np.int64), 0, self._meter.result()
        times = np.concatenate([np.array(t, dtype=np.int64) for t, _ in blocks])
        wanted = (times >= first_ns) & (times <= last_ns)
        cells = np.concatenate([motion.cells for _, motion in blocks])
        first = fed - len(times) + int(np.searchsorted(times, first_ns))
        return times[wanted], first, PictureMotion(cells[wanted], blocks[-1][1].cell_px)


@dataclass(frozen=True)
class CameraCounts:
    """Frames recorded, frames lost between camera and recording, and the times of the first and the last (ns)."""

    recorded: int = 0
    lost: int = 0
    first_ns: int = 0
    last_ns: int = 0


class CameraRecorder:
    """The thread between a camera and the recording.

    frames  : the camera's queue for it. A frame that came too fast to be coded is lost, counted and marked.
    backlog : gets every recorded picture; what the pose model is too slow for is analysed later from the recording.
    failed  : told what ended the thread, where something did.
    """

    def __init__(
        self, frames: FrameQueue, writer: RecordingWriter, backlog: Backlog, failed: Callable[[Exception], None]
    ) -> None:
        self._frames, self._writer, self._backlog, self._failed = frames, writer, backlog, failed
        self._encoder = VideoEncoder()
        self.motion = _Motion()
        self._coded: deque[CodedPicture] = deque()
        self._coded_lock = threading.Lock()
        self._size: tuple[int, int] | None = None
        self._marks: list[dict[str, float]] = []
        self._marked_ns = 0
        self._unstored = False
        self.paused = threading.Event()
        self._was_paused = False
        self.counts = CameraCounts()
        self._thread = threading.Thread(target=self._run, name="twinswing-camera-recorder", daemon=True)

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the recorded pictures before coding; (0, 0) before the first."""
        return self._size or (0, 0)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the camera's queue has ended and everything in it is recorded."""
        self._thread.join()

    def coded_since(self, first_ns: int, last_ns: int) -> list[CodedPicture]:
        """Return the coded pictures of a span, from the keyframe on that decoding has to start at."""
        with self._coded_lock:
            pictures = list(self._coded)
        keys = [i for i, picture in enumerate(pictures) if picture.keyframe and picture.t_ns <= first_ns]
        first = keys[-1] if keys else next((i for i, picture in enumerate(pictures) if picture.keyframe), 0)
        return [picture for picture in pictures[first:] if picture.t_ns <= last_ns]

    def _run(self) -> None:
        try:
            while not self._frames.ended:
                frame = self._frames.get(0.5)
                if frame is not None:
                    self._take(frame)
            for picture in self._encoder.flush():
                self._writer.write_video(picture.t_ns, picture.data, codec=self._encoder.codec)
            self._store_marks(last=True)
        except Exception as error:  # noqa: BLE001  carried to the capture, which ends with it
            self._failed(error)
        finally:
            self._backlog.close()

    def _take(self, frame: CameraFrame) -> None:
        if self.paused.is_set():
            self._was_paused = True
            return
        last_ns = self.counts.last_ns if self.counts.recorded else frame.t_ns - 1
        t_ns = max(frame.t_ns, last_ns + 1)
        if frame.dropped_before or frame.restarted or self._was_paused:
            self._mark(last_ns, t_ns, frame)
        self._was_paused = False
        rgb = self._upright(frame.image_bgr)
        for picture in self._encoder.encode(rgb, t_ns):
            self._writer.write_video(picture.t_ns, picture.data, codec=self._encoder.codec)
            with self._coded_lock:
                self._coded.append(picture)
                while self._coded[0].t_ns < t_ns - KEEP_S * NS_PER_S:
                    self._coded.popleft()
        self.motion.feed(rgb, t_ns)
        counts = self.counts
        self.counts = replace(
            counts,
            recorded=counts.recorded + 1,
            lost=counts.lost + frame.dropped_before,
            first_ns=counts.first_ns if counts.recorded else t_ns,
            last_ns=t_ns,
        )
        self._backlog.put(Picture(counts.recorded, t_ns, rgb))
        # The whole list is stored each time, so the longer it is the more seldom.
        if self._unstored and t_ns > self._marked_ns + max(_STORE_EVERY_S, 0.05 * len(self._marks)) * NS_PER_S:
            self._marked_ns = t_ns
            self._store_marks()

    def _upright(self, bgr: NDArray[np.uint8]) -> ByteImage:
        """Return RGB of the first picture's size: a stream that comes back may have another."""
        size = (bgr.shape[1], bgr.shape[0])
        self._size = self._size or size
        if size != self._size:
            bgr = np.asarray(cv2.resize(bgr, self._size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def _mark(self, after_ns: int, before_ns: int, frame: CameraFrame) -> None:
        """Note a gap before a frame, and why it is there."""
        mark = {
            "after_s": after_ns / NS_PER_S,
            "before_s": before_ns / NS_PER_S,
            "lost_frames": float(frame.dropped_before),
        }
        reasons = {"paused": self._was_paused, "camera_opened_again": frame.restarted}
        self._marks.append(mark | {name: 1.0 for name, holds in reasons.items() if holds})
        self._unstored = True

    def _store_marks(self, *, last: bool = False) -> None:
        if self._unstored or last:
            counts = self.counts
            self._writer.add_metadata(
                GAPS_RECORD,
                {"recorded_frames": counts.recorded, "lost_frames": counts.lost, "gaps": self._marks},
            )
            self._unstored = False
