"""The swings of one capture: their analysis on a thread of its own, and what the recording says of them."""

import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinswing.body.detector import Rows
from twinswing.recording.video import CodedPicture
from twinswing.recording.writer import RecordingWriter
from twinswing.swing.capture_camera import KEEP_S, CameraRecorder
from twinswing.swing.capture_clubs import ClubRecorder
from twinswing.swing.capture_study import StudyProcess, SwingJob
from twinswing.swing.live import LiveSwing
from twinswing.swing.model import SwingSession
from twinswing.swing.session_io import write_session
from twinswing.timeline.clock import NS_PER_S, to_ns

SWINGS_RECORD = "capture/swings"

_CLUB_BEFORE_S, _CLUB_AFTER_S = 8.0, 1.0  # samples around a swing's part: the rest before it levels the sensor
_MIN_PICTURES = 8  # fewer cannot show a swing (swing.signals)


@dataclass(frozen=True, eq=False)
class CapturedSwing:
    """A swing and what became of it.

    session : None while it is analysed and where `refused` says why there is none.
    coded   : the coded pictures of its part, to be shown beside the 3D.
    pose_s  : what landmarks cost beyond the end: lag of the pose thread plus pictures looked at afterwards.
    after_s : from its end to its results in the recording, without `pose_s`.
    """

    swing: LiveSwing
    session: SwingSession | None = None
    refused: str = ""
    coded: tuple[CodedPicture, ...] = ()
    first_frame: int = 0
    pose_s: float = 0.0
    after_s: float = float("nan")


class Landmarks:
    """What the pose model said of the last seconds of pictures; safe from any thread."""

    def __init__(self) -> None:
        self._seen: deque[tuple[int, Rows | None]] = deque()
        self._lock = threading.Lock()

    def add(self, t_ns: int, rows: Rows | None) -> None:
        """Keep a picture's landmarks, None where nobody was seen."""
        with self._lock:
            self._seen.append((t_ns, rows))
            while self._seen[0][0] < t_ns - KEEP_S * NS_PER_S:
                self._seen.popleft()

    def between(self, first_ns: int, last_ns: int) -> dict[int, Rows | None]:
        """Return the landmarks of a span by their pictures' times."""
        with self._lock:
            return {t: rows for t, rows in self._seen if first_ns <= t <= last_ns}


class SwingAnalyst:
    """Analyses swings one after the other and writes what it finds into the recording.

    failed : told what ended its thread, where something did.
    """

    def __init__(
        self,
        camera_name: str,
        recorder: CameraRecorder,
        landmarks: Landmarks,
        clubs: ClubRecorder,
        writer: RecordingWriter,
        study: StudyProcess,
        clock_ns: Callable[[], int],
        failed: Callable[[Exception], None],
    ) -> None:
        self._camera_name = camera_name
        self._recorder, self._landmarks, self._clubs = recorder, landmarks, clubs
        self._writer, self._study = writer, study
        self._clock_ns, self._failed = clock_ns, failed
        self._found: queue.SimpleQueue[tuple[LiveSwing, int] | None] = queue.SimpleQueue()
        self.swings: list[CapturedSwing] = []
        self._thread = threading.Thread(target=self._run, name="twinswing-analysis", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def take(self, swing: LiveSwing) -> None:
        """Take a swing that has ended; never waits."""
        self.swings.append(CapturedSwing(swing))
        self._found.put((swing, self._clock_ns()))

    def finish(self) -> None:
        """Analyse what was taken, and end."""
        self._found.put(None)
        self._thread.join()

    @property
    def shown(self) -> CapturedSwing | None:
        """The last swing that is in 3D."""
        return next((s for s in reversed(self.swings) if s.session is not None), None)

    @property
    def busy(self) -> bool:
        """Whether a swing is being analysed or waits for it."""
        return any(s.session is None and not s.refused for s in self.swings)

    def analyse_rest(self) -> str:
        """Look at the whole capture (or its last part) as a clip, for where no swing was found while it happened.

        What was captured is described in the recording even without a swing; returns why it is not, or "".
        """
        last_s = self._recorder.counts.last_ns / NS_PER_S
        job, first_frame = self._job(last_s - KEEP_S, last_s, "", must_swing=False)
        if len(job.t_ns) < 2:
            return ""
        answer = self._study.run(job)
        session = answer.session
        if session is None:
            return answer.refused
        write_session(self._writer, session)
        if "impact" in session.events or "top" in session.events:
            times = [event.t_s for event in session.events.values()]
            impact = session.events.get("impact")
            swing = LiveSwing(
                len(self.swings) + 1,
                impact.t_s if impact else float("nan"),
                float(job.t_ns[0]) / NS_PER_S,
                max(times),
                found_by="clip",
            )
            self.swings.append(CapturedSwing(swing, session, first_frame=first_frame))
        self._store_swings()
        return ""

    # ------------------------------------------------------------------------------------------------------ inside
    def _run(self) -> None:
        try:
            while (found := self._found.get()) is not None:
                self._analyse(*found)
        except Exception as error:  # noqa: BLE001  carried to the capture, which ends with it
            self._failed(error)

    def _analyse(self, swing: LiveSwing, found_ns: int) -> None:
        job, first_frame = self._job(swing.start_s, swing.end_s, swing.club)
        if len(job.t_ns) < _MIN_PICTURES:
            self._replace(replace(self._of(swing), refused="The camera gave no pictures of it."))
            return
        lag_s = max(found_ns / NS_PER_S - swing.end_s, 0.0)
        answer = self._study.run(job)
        if answer.session is not None:
            write_session(self._writer, answer.session)
        shown_s = self._clock_ns() / NS_PER_S
        pose_s = lag_s + answer.pose_s
        self._replace(
            replace(
                self._of(swing),
                session=answer.session,
                refused=answer.refused,
                coded=tuple(self._recorder.coded_since(int(job.t_ns[0]), int(job.t_ns[-1]))),
                first_frame=first_frame,
                pose_s=pose_s,
                after_s=shown_s - swing.end_s - pose_s,
            )
        )

    def _job(self, first_s: float, last_s: float, club: str, *, must_swing: bool = True) -> tuple[SwingJob, int]:
        """Gather what was captured between two session times."""
        first_ns, last_ns = to_ns(first_s), to_ns(last_s)
        t_ns, first_frame, motion = self._recorder.motion.between(first_ns, last_ns)
        seen = self._landmarks.between(first_ns, last_ns)
        rows = np.full((len(t_ns), 33, 6), np.nan, dtype=np.float32)
        looked = np.zeros(len(t_ns), dtype=np.bool_)
        for i, t in enumerate(t_ns.tolist()):
            if t in seen:
                looked[i] = True
                found = seen[t]
                if found is not None:
                    rows[i] = found
        coded = () if looked.all() else tuple(self._recorder.coded_since(first_ns, last_ns))
        around = self._clubs.samples(first_s - _CLUB_BEFORE_S, last_s + _CLUB_AFTER_S, club)
        warnings: tuple[str, ...] = ()
        if around is None and self._clubs.lines():
            around = self._clubs.samples(-np.inf, np.inf, club)
            warnings = ("No club sent samples while this was filmed.",)
        imu, clock = around if around is not None else (None, None)
        return SwingJob(
            t_ns=t_ns,
            rows=rows,
            looked=looked,
            coded=coded,
            size_px=self._recorder.size_px,
            camera_name=self._camera_name,
            motion=motion,
            imu=imu,
            clock=clock,
            warnings=warnings,
            must_swing=must_swing,
        ), first_frame

    def _of(self, swing: LiveSwing) -> CapturedSwing:
        return next(s for s in self.swings if s.swing.number == swing.number)

    def _replace(self, changed: CapturedSwing) -> None:
        for i, each in enumerate(self.swings):
            if each.swing.number == changed.swing.number:
                self.swings[i] = changed
            elif changed.session is not None and each.session is not None:
                # It is in the recording: an hour of practice would fill the memory with the swings before.
                light = replace(each.session, pose=None, body=None, imu=None, club=None)
                self.swings[i] = replace(each, session=light, coded=())
        self._store_swings()

    def _store_swings(self) -> None:
        swings = [_swing_document(s) for s in self.swings]
        shown = self.shown
        self._writer.add_metadata(SWINGS_RECORD, {"swings": swings, "shown": shown.swing.number if shown else None})


def _swing_document(captured: CapturedSwing) -> dict[str, Any]:
    """Describe a swing; an event's `frame` is its place in the recorded video."""
    swing, session = captured.swing, captured.session
    events = session.events if session is not None else {}
    alignment = session.alignment if session is not None else None
    return {
        "number": swing.number,
        "start_s": swing.start_s,
        "end_s": swing.end_s,
        "impact_s": swing.impact_s if np.isfinite(swing.impact_s) else None,
        "found_by": swing.found_by,
        "club": swing.club,
        "first_frame": captured.first_frame,
        "events": {n: {"t_s": e.t_s, "frame": e.frame + captured.first_frame} for n, e in events.items()},
        "alignment": None if alignment is None else {"offset_s": alignment.offset_s, "sigma_s": alignment.sigma_s},
        "refused": captured.refused,
        "pose_s": captured.pose_s,
        "after_s": captured.after_s if np.isfinite(captured.after_s) else None,
    }
