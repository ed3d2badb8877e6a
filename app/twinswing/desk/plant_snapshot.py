"""One picture of a plant at one time, without a window."""

from pathlib import Path

from twinswing.desk.plant_choices import PlantChoices
from twinswing.desk.plant_looks import first_alarms, looks
from twinswing.errors import InputError
from twinswing.plant.alarms import AlarmLog, AlarmPicture
from twinswing.plant.model import Priority
from twinswing.plant.recorded import RecordedHistory
from twinswing.plant.states import STATES, UnitState, unit_states
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.plant_cameras import plant_camera
from twinswing.stage.plant_scene import PlantOptions, PlantScene
from twinswing.stage.snapshot import save_png

_OFF = frozenset({UnitState.OFF, UnitState.MAINTENANCE})


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
) -> None:
    """Draw a recorded plant at a time (s), with its alarms, and write it as PNG.

    view: overview, top, walk, or the path of an area, a line or a unit. size: pixels.
    """
    plant = history.plant
    picture = AlarmLog(plant).extend(history, history)
    t_ns = moment_of(history, picture, at)
    camera = plant_camera(plant, view, *size).pinhole(*size)
    snapshot = history.at(t_ns)
    states = tuple(STATES[code] for code in unit_states(history, snapshot).tolist())
    off = {unit.path for unit, state in zip(plant.units, states, strict=True) if state in _OFF}
    alarmed = first_alarms(picture.at(t_ns, off))
    choices = PlantChoices(unit=view if view in plant.unit_by_path else "")
    options = PlantOptions()
    with OffscreenStage(*size, quality=options.quality) as stage:
        scene = PlantScene(plant, options)
        scene.show(looks(plant, snapshot, states, history.texts, alarmed, choices))
        scene.look_from(camera)
        save_png(path, stage.render(scene, camera))
