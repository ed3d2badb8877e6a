"""One capture: a camera and clubs into a recording, swings found and analysed while it goes on.

    camera thread ─ queue ─ recorder thread ─ backlog ─ pose thread ─┐
                              │ coded pictures                       ├─ swing finder ─ analysis thread ─ study process
    hub thread ───────────────┼──────────────────────────────────────┘                   │
                              ▼ every frame, every sample                                ▼ each swing's results
                          the recording ◄────────────────────────────────────────────────┘

No arrow waits: queues of pictures keep the newest, samples go straight to the file, and what the pose model was too
slow for is looked at after the swing, from the coded pictures.

`open` shows the last swing that was analysed (its results are the recording's newest revision); the document
`capture/swings` lists every swing with its span, events and how it was found, and each swing's own session stays in the
recording as a version of `swing/session`.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.body.detector import PoseDetector, Rows
from twinswing.streams.cameras import CameraSettings, CameraState, CameraStatus, CameraThread, shown_name
from twinswing.swing.capture_camera import Backlog, CameraCounts, CameraRecorder, Picture
from twinswing.swing.capture_clubs import ClubLine, Intake
from twinswing.swing.capture_study import StudyProcess
from twinswing.swing.capture_swings import CapturedSwing, Landmarks, SwingAnalyst
from twinswing.swing.live import LiveParams, SwingFinder
from twinswing.timeline.clock import NS_PER_S, to_ns

CAPTURE_RECORD = "capture/about"

# Frames on their way to the file: four seconds at 30 per second (750 MB of 1080p at the very most), for a disk or a
# processor that is busy with something else.
_RECORD_QUEUE = 120
# Frames on their way to the pose model: a third of a second, so that the picture with the skeleton stays live.
_POSE_QUEUE = 10
_CLUB_IDLE_S = 3.0  # after a file's last frame, a club that sends nothing for this long has nothing more to send


@dataclass(frozen=True)
class CaptureSettings:
    """What is captured and for how long.

    camera      : a device's number, an rtsp:// or http:// URL, or a file (see streams.cameras).
    seconds     : from the camera's start; None goes on until the camera ends or `stop` is called.
    wait_club_s : wait up to this long for a club before the camera starts.
    """

    camera: str
    seconds: float | None = None
    wait_club_s: float = 0.0
    live: LiveParams = field(default_factory=LiveParams)
    reading: CameraSettings = field(default_factory=CameraSettings)


@dataclass(frozen=True, eq=False)
class CaptureView:
    """What a window or a progress line shows of this moment.

    state : "opening", "waiting for a club", "waiting for a swing", "swing found", "analysing", "paused",
            "waiting for the clubs" (the camera has ended, a club still sends), "ending", "ended".
    """

    state: str
    t_s: float
    camera: CameraStatus | None
    counts: CameraCounts
    posed: int
    clubs: tuple[ClubLine, ...]
    swings: tuple[CapturedSwing, ...]
    trouble: str = ""

    @property
    def shown(self) -> CapturedSwing | None:
        """The last swing that is in 3D."""
        return next((s for s in reversed(self.swings) if s.session is not None), None)


class CaptureSession:
    """Runs one capture on threads of its own.

    intake : the recording and the hub, which this session closes at its end; its clock is the session's.
    """

    def __init__(self, settings: CaptureSettings, intake: Intake) -> None:
        if intake.writer is None:
            raise ValueError("a capture needs a recording to write to")
        self.settings = settings
        self._intake = intake
        self._writer = intake.writer
        self.clubs = intake.clubs
        self._clock_ns = intake.clock_ns
        self._stop = threading.Event()
        self._wake = threading.Event()
        self.finished = threading.Event()
        self._failure: Exception | None = None
        self._state = "opening"
        self._trouble = ""
        self._finder = SwingFinder(settings.live)
        self._finder_lock = threading.Lock()
        self._felt: queue.SimpleQueue[tuple[str, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = (
            queue.SimpleQueue()
        )
        self._landmarks = Landmarks()
        self._analyst: SwingAnalyst | None = None
        self._latest: tuple[Picture, Rows | None] | None = None
        self._posed = 0
        self._study = StudyProcess()
        self._backlog = Backlog(_POSE_QUEUE)
        self._detector: PoseDetector | None = None
        self._camera: CameraThread | None = None
        self._recorder: CameraRecorder | None = None
        self._threads: list[threading.Thread] = []

    # ---------------------------------------------------------------------------------------------- start and end
    def start(self) -> "CaptureSession":
        """Begin to record; returns when the camera gives pictures, or when a club is waited for.

        Raises InputError (file or URL unusable) or MissingPartError (no camera, no pose model) and leaves an empty
        recording to nobody then.
        """
        try:
            self._detector = PoseDetector()
            self._study.start()
            self.clubs.on_samples = self._club_samples
            if self.settings.wait_club_s <= 0.0:
                self._open_camera()
        except BaseException:
            self._close()
            raise
        self._thread("twinswing-capture", self._direct)
        return self

    def stop(self) -> None:
        """Ask for the end; what was captured is analysed and kept."""
        self._stop.set()
        self._wake.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; raise what ended the capture, if something did. Return whether it has ended."""
        if not self.finished.wait(timeout_s):
            return False
        if self._failure is not None:
            raise self._failure
        return True

    def pause(self, *, paused: bool) -> None:
        """Stop or go on recording pictures; clubs are recorded all the time."""
        if self._recorder is not None:
            (self._recorder.paused.set if paused else self._recorder.paused.clear)()

    @property
    def out(self) -> Path:
        """The recording."""
        return self._writer.path

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the camera's pictures, (0, 0) before the first."""
        return self._recorder.size_px if self._recorder is not None else (0, 0)

    @property
    def paused(self) -> bool:
        """Whether pictures are not recorded at the moment."""
        return self._recorder is not None and self._recorder.paused.is_set()

    # ------------------------------------------------------------------------------------------------- what is seen
    def view(self) -> CaptureView:
        """Return the state of this moment; safe from any thread, and quick."""
        state = self._state
        if state == "capturing":
            swinging = self._finder.swinging is not None
            busy = self._analyst is not None and self._analyst.busy
            state = "swing found" if swinging else "analysing" if busy else "waiting for a swing"
            state = "paused" if self.paused else state
        return CaptureView(
            state=state,
            t_s=self._clock_ns() / NS_PER_S,
            camera=self._camera.status() if self._camera else None,
            counts=self._recorder.counts if self._recorder else CameraCounts(),
            posed=self._posed,
            clubs=tuple(self.clubs.lines()),
            swings=tuple(self._analyst.swings) if self._analyst else (),
            trouble=str(self._failure or self._trouble),
        )

    def latest(self) -> tuple[Picture, Rows | None] | None:
        """Return the newest picture that the pose model has seen, and the landmarks in it."""
        return self._latest

    # --------------------------------------------------------------------------------------------------- the threads
    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._wake.set()

    def _open_camera(self) -> None:
        camera = CameraThread(self.settings.camera, self._clock_ns, self.settings.reading)
        recorder = CameraRecorder(camera.subscribe(_RECORD_QUEUE), self._writer, self._backlog, self._fail)
        camera.start()
        self._camera, self._recorder = camera, recorder
        recorder.start()
        self._started_ns = self._clock_ns()
        self._analyst = SwingAnalyst(
            shown_name(self.settings.camera), recorder, self._landmarks, self.clubs, self._writer, self._study,
            self._clock_ns, self._fail,
        )  # fmt: skip
        self._analyst.start()
        self._pose_thread = self._thread("twinswing-pose", self._follow)
        self._state = "capturing"

    def _direct(self) -> None:
        """See a capture through to its end."""
        try:
            if self._camera is None and not self._wait_for_club():
                return
            self._wait_for_end()
            self._state = "ending"
            self._wind_up()
        except Exception as error:  # noqa: BLE001  carried to wait(), which raises it
            self._fail(error)
        finally:
            try:
                self._close()
            except Exception as error:  # noqa: BLE001  the same
                self._fail(error)
            self._state = "ended"
            self.finished.set()

    def _wait_for_club(self) -> bool:
        """Wait for the first club, then open the camera; False when the capture was stopped before."""
        self._state = "waiting for a club"
        end_ns = self._clock_ns() + to_ns(self.settings.wait_club_s)
        while not self._stop.is_set() and not self.clubs.joined.wait(0.05) and self._clock_ns() < end_ns:
            pass
        if self._stop.is_set():
            return False
        self._open_camera()
        return True

    def _wait_for_end(self) -> None:
        assert self._camera is not None
        limit_s = self.settings.seconds
        end_ns = None if limit_s is None else self._started_ns + to_ns(limit_s)
        while not self._over(end_ns):
            if self._camera.status().state in (CameraState.ENDED, CameraState.FAILED):
                if not self._clubs_busy():
                    return
                self._state = "waiting for the clubs"
            self._feed()
            self._wake.wait(0.05)

    def _over(self, end_ns: int | None) -> bool:
        if self._stop.is_set() or self._failure is not None:
            return True
        if self._intake.hub is not None and not self._intake.hub.running:
            return True  # its failure comes out when the intake is closed
        return end_ns is not None and self._clock_ns() >= end_ns

    def _clubs_busy(self) -> bool:
        """Tell whether a club that is here has sent something a moment ago."""
        now = self._clock_ns()
        return any(c.present and now - c.last_arrival_ns < _CLUB_IDLE_S * NS_PER_S for c in self.clubs.lines())

    def _wind_up(self) -> None:
        """Take in all that is on its way, and analyse it; the hub goes on meanwhile."""
        assert self._camera is not None
        assert self._recorder is not None
        self._camera.stop()
        self._recorder.join()
        self._pose_thread.join()
        self._feed()
        with self._finder_lock:
            self._finder.finish()
        self._hand_over()
        assert self._analyst is not None
        self._analyst.finish()
        if self._failure is None and self._recorder.counts.recorded and self._analyst.shown is None:
            self._state = "analysing"
            self._trouble = self._analyst.analyse_rest()

    def _close(self) -> None:
        frames = self._recorder.counts.recorded if self._recorder else 0
        try:
            if self._camera is not None:
                self._camera.stop()
            self._study.close()
            if self._detector is not None:
                self._detector.close()
            self._intake.hang_up()
            self._about()
        finally:
            self._intake.close(empty=not frames)

    # ---------------------------------------------------------------------------------------------------------- pose
    def _follow(self) -> None:
        """Look at pictures, newest first where there are too many, until the recorder has ended."""
        try:
            while (picture := self._backlog.get()) is not None:
                assert self._detector is not None
                rows = self._detector.detect(picture.rgb)
                self._landmarks.add(picture.t_ns, rows)
                self._latest = (picture, rows)
                self._posed += 1
                self._feed(picture.t_ns / NS_PER_S, rows)
        except Exception as error:  # noqa: BLE001  carried to the director
            self._fail(error)

    def _club_samples(
        self, name: str, t_s: NDArray[np.float64], accel: NDArray[np.float64], gyro: NDArray[np.float64]
    ) -> None:
        # On the hub's thread, which waits for nobody: a look for a swing may hold the finder for milliseconds.
        self._felt.put((name, t_s, accel, gyro))

    def _feed(self, t_s: float | None = None, rows: Rows | None = None) -> None:
        """Give the finder what clubs have sent, and a picture's landmarks, and hand over what it found."""
        with self._finder_lock:
            with contextlib.suppress(queue.Empty):
                while True:
                    self._finder.feed_club(*self._felt.get_nowait())
            if t_s is not None:
                self._finder.feed_hands(t_s, rows)
        self._hand_over()

    def _hand_over(self) -> None:
        with self._finder_lock:
            done = self._finder.take()
        for swing in done:
            assert self._analyst is not None
            self._analyst.take(swing)

    def _about(self) -> None:
        counts = self._recorder.counts if self._recorder else CameraCounts()
        self._writer.add_metadata(
            CAPTURE_RECORD,
            {
                "camera": shown_name(self.settings.camera),
                "recorded_frames": counts.recorded,
                "lost_frames": counts.lost,
                "frames_with_live_pose": self._posed,
                "clubs": [line.name for line in self.clubs.lines()],
                "swings": len(self._analyst.swings) if self._analyst else 0,
            },
        )
