"""The analysis of captured swings in a process of its own, so that its arithmetic never delays a frame or a sample."""

import multiprocessing
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from twinswing.body.detector import PoseDetector, Rows
from twinswing.body.landmarks import FrameState
from twinswing.body.motion import PictureMotion
from twinswing.body.pose import track_of
from twinswing.body.tracking import mend
from twinswing.club.model import ImuSamples
from twinswing.errors import InputError, TwinswingError
from twinswing.recording.video import CodedPicture
from twinswing.swing.model import SwingSession, VideoInfo
from twinswing.swing.study import study
from twinswing.timeline.clock import NS_PER_S, ClockMap


@dataclass(frozen=True, eq=False)
class SwingJob:
    """A part of a capture that may show a swing.

    t_ns    : session time of each recorded picture, shape (n,).
    rows    : landmarks of each, shape (n, 33, 6) (see body.detector.Rows), NaN where nobody was seen.
    looked  : the pose model has seen the picture, shape (n,); the others are looked at now, from `coded`.
    coded   : pictures from a keyframe on, where some have to be looked at.
    size_px : width and height that landmarks are given in.
    imu, clock : the samples around, and the club's clock from its socket.
    must_swing : raise InputError where no swing is found, rather than give what there is.
    """

    t_ns: NDArray[np.int64]
    rows: NDArray[np.float32]
    looked: NDArray[np.bool_]
    coded: tuple[CodedPicture, ...]
    size_px: tuple[int, int]
    camera_name: str
    motion: PictureMotion | None = None
    imu: ImuSamples | None = None
    clock: ClockMap | None = None
    warnings: tuple[str, ...] = ()
    must_swing: bool = True


@dataclass(frozen=True, eq=False)
class Studied:
    """What came of a job: seconds spent on landmarks and on the rest, and the session, or why there is none."""

    session: SwingSession | None
    refused: str
    pose_s: float
    study_s: float


def study_part(job: SwingJob, detector: PoseDetector | None = None) -> Studied:
    """Complete the landmarks and analyse; `detector` serves pictures that were not looked at (None makes one)."""
    started = time.perf_counter()
    rows = job.rows.copy()
    if not job.looked.all():
        _look(job, rows, detector)
    posed = time.perf_counter()
    known = [None if np.isnan(row[0, 0]) else row for row in rows]
    track = mend(track_of((job.t_ns / NS_PER_S).tolist(), known, job.size_px))
    video = _video_info(job)
    refused = ""
    session: SwingSession | None
    try:
        session = study(video, track, motion=job.motion, imu=job.imu, hint=job.clock, warnings=job.warnings)
    except InputError as error:
        refused = str(error)
        session = None
        if not job.must_swing:
            seen = bool(np.any(track.state != FrameState.MISSING))
            session = SwingSession(
                video=video, pose=track if seen else None, imu=job.imu, warnings=(*job.warnings, refused)
            )
    return Studied(session, refused, posed - started, time.perf_counter() - posed)


def _video_info(job: SwingJob) -> VideoInfo:
    steps = np.diff(job.t_ns) / NS_PER_S
    step = float(np.median(steps)) if len(steps) else 1.0 / 30.0
    return VideoInfo(
        name=job.camera_name,
        frames=len(job.t_ns),
        duration_s=float(job.t_ns[-1] - job.t_ns[0]) / NS_PER_S + step,
        rate_hz=1.0 / step,
        # A camera's arrivals jitter; half a period is more than jitter.
        variable_rate=bool(np.any(np.abs(steps - step) > 0.5 * step)),
        width_px=job.size_px[0],
        height_px=job.size_px[1],
    )


def _look(job: SwingJob, rows: NDArray[np.float32], detector: PoseDetector | None) -> None:
    """Fill the landmarks of the pictures that nobody has looked at, in order."""
    wanted = {int(t): i for i, t in enumerate(job.t_ns) if not job.looked[i]}
    own = detector is None
    detector = detector or PoseDetector()
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    try:
        for packet in [*_packets(job.coded), None]:
            for frame in decoder.decode(packet):
                i = wanted.get(job.coded[frame.pts or 0].t_ns)
                if i is None:
                    continue
                rgb = np.ascontiguousarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
                found = detector.detect(rgb)
                if found is not None:
                    rows[i] = _scaled(found, job.size_px[0] / frame.width, job.size_px[1] / frame.height)
    finally:
        if own:
            detector.close()


def _packets(coded: tuple[CodedPicture, ...]) -> Iterator["av.Packet[Any]"]:
    """Yield the pictures for a decoder, each numbered so that what comes out is known again."""
    for number, picture in enumerate(coded):
        packet = av.Packet(picture.data)
        packet.pts = packet.dts = number
        yield packet


def _scaled(rows: Rows, x: float, y: float) -> Rows:
    out = rows.copy()
    out[:, 0] *= x
    out[:, 1] *= y
    return out


def _serve(jobs: "Connection[Any, Any]") -> None:
    """Answer jobs until the other end is gone."""
    # Ctrl-C and a service's end go to the whole group; the capture decides when this process ends, by closing the
    # pipe (or by being killed, which closes it too).
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with PoseDetector() as detector:  # made before the first swing, which would wait for it
        try:
            while True:
                job: SwingJob = jobs.recv()
                try:
                    jobs.send(study_part(job, detector))
                except TwinswingError as error:
                    jobs.send(Studied(None, str(error), 0.0, 0.0))
        except (EOFError, OSError):
            pass  # the capture has ended


@dataclass
class StudyProcess:
    """The process; `run` is called from one thread at a time."""

    _process: BaseProcess | None = field(default=None, repr=False)
    _jobs: "Connection[Any, Any] | None" = field(default=None, repr=False)

    def start(self) -> "StudyProcess":
        """Start it; it loads its libraries while the capture begins."""
        # spawn, because a forked copy of a process with threads and a GL context is undefined.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._jobs = ours
        self._process = context.Process(target=_serve, args=(theirs,), name="twinswing-study", daemon=True)
        self._process.start()
        theirs.close()
        return self

    def run(self, job: SwingJob) -> Studied:
        """Analyse a part; a process that died is told as a refusal, and started anew for the next."""
        if self._jobs is None or self._process is None or not self._process.is_alive():
            self.start()
        assert self._jobs is not None
        try:
            self._jobs.send(job)
            answer = self._jobs.recv()
        except (EOFError, OSError) as error:
            self.close()
            return Studied(None, f"The analysis ended without an answer ({error or 'its process died'}).", 0.0, 0.0)
        assert isinstance(answer, Studied)
        return answer

    def close(self, timeout_s: float = 3.0) -> None:
        """End the process, by force after the timeout."""
        if self._jobs is not None:
            self._jobs.close()
            self._jobs = None
        if self._process is not None:
            self._process.join(timeout_s)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
            self._process = None
