"""One picture of a plant at one time, without a window."""

from collections.abc import Sequence
from pathlib import Path

from twinswing.errors import InputError
from twinswing.plant.alarms import AlarmLog, AlarmPicture
from twinswing.plant.model import Priority
from twinswing.plant.recorded import RecordedHistory
from twinswing.review.model import Annotation
from twinswing.stage.plant_snapshot import plant_snapshot
from twinswing.stage.snapshot import save_png


def moment_of(history: RecordedHistory, picture: AlarmPicture, at: str | None) -> int:
    """Return the session time, nanoseconds, of a number of seconds; of None the gravest alarm's, or else the end's.

    Raises InputError for what is no number or outside the recording.
    """
    start, end = history.span_ns
    if at is None:
        grave = next((o.raised_ns for o in picture.occurrences if o.priority is Priority.HIGH), None)
        return end if grave is None else grave
    try:
        t_ns = round(float(at) * 1e9)
    except (ValueError, OverflowError):
        raise InputError(f"--at: expected seconds into the recording, found {at!r}") from None
    # A tenth of a second forgives a rounded number at either end.
    if not start - 1e8 <= t_ns <= end + 1e8:
        raise InputError(f"--at: expected a time from {start / 1e9:.1f} to {end / 1e9:.1f} s, found {at}")
    return min(max(t_ns, start), end)


def save_plant_snapshot(
    history: RecordedHistory,
    path: Path,
    *,
    at: str | None = None,
    view: str = "overview",
    size: tuple[int, int] = (1280, 720),
    annotations: Sequence[Annotation] = (),
) -> None:
    """Draw a recorded plant at a time (s), with its alarms, and write it as PNG.

    view: overview, top, walk, or the path of an area, a line or a unit. size: pixels. annotations: those visible then.
    """
    picture = AlarmLog(history.plant).extend(history, history)
    t_s = moment_of(history, picture, at) * 1e-9
    save_png(path, plant_snapshot(history, t_s, view, size, picture=picture, annotations=annotations))
