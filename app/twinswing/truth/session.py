"""An exact swing as the session that every view and every analysis takes, and as the files that `truth` writes."""

import numpy as np
from numpy.typing import NDArray

from twinswing.body.camera import PinholeCamera
from twinswing.club.model import ImuSamples
from twinswing.swing.model import Alignment, Event, GolferInfo, SwingSession
from twinswing.timeline.clock import ClockMap
from twinswing.truth.swing import TruthSwing

FloatArray = NDArray[np.float64]


def session_of(
    swing: TruthSwing,
    *,
    imu: ImuSamples | None = None,
    clock: ClockMap | None = None,
    camera: PinholeCamera | None = None,
    frame_times_s: FloatArray | None = None,
    view: str = "face-on",
    appearance: dict[str, str] | None = None,
) -> SwingSession:
    """Return a swing as a session on the video's clock, everything of it from the truth.

    `frame_times_s` are the video's presentation times; without a video, events carry the frame at 60 fps.
    """
    times = np.arange(swing.t_s[0], swing.t_s[-1], 1.0 / 60.0) if frame_times_s is None else frame_times_s
    events = {
        name: Event(int(np.argmin(np.abs(times - t))), t, 1.0)
        for name, t in swing.events_s.items()
        if times[0] - 0.02 <= t <= times[-1] + 0.02
    }
    alignment = None
    if imu is not None:
        clock = clock or ClockMap()
        alignment = Alignment(clock.offset_s, clock.drift_ppm, 0.0, 1.0, "truth")
    return SwingSession(
        golfer=GolferInfo(len(times), swing.handed, view, swing.golfer.height_m if swing.golfer else None),
        camera=camera,
        body=swing.body,
        imu=imu,
        club=swing.club,
        alignment=alignment,
        events=events,
        appearance=appearance or {},
    )
