"""One picture of a plant at one time, out of any history of it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.plant.alarm_rules import Occurrence
from twinswing.plant.alarms import STANDING, Alarm, AlarmLog, AlarmState
from twinswing.plant.history import History
from twinswing.plant.journal import Journal
from twinswing.plant.model import Plant, Role
from twinswing.plant.production import trace
from twinswing.plant.states import STATES, UnitState, unit_states
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.plant_cameras import plant_camera
from twinswing.stage.plant_pieces import PieceTracker, way_of
from twinswing.stage.plant_scene import PlantOptions, PlantScene
from twinswing.stage.plant_view import PlantView, role_heat
from twinswing.stage.snapshot import save_png

RgbImage = NDArray[np.uint8]
_WAY_NS = 12 * 3600 * 1_000_000_000  # how far back the way of an order is looked for: longer than a shift


def short_text(occurrence: Occurrence) -> str:
    """Return what a label says of an alarm: the machine's own words, or what is wrong without what to do about it."""
    if occurrence.item >= 0 and occurrence.name.startswith(("FAULT", "WARNING")):
        return occurrence.message or occurrence.name
    return occurrence.message.split(":")[0] or occurrence.name


def with_alarms(view: PlantView, plant: Plant, alarms: Iterable[Alarm]) -> PlantView:
    """Return a view with each unit's worst alarm that is to be shown; one that nobody has acknowledged comes first."""
    number = {unit.path: i for i, unit in enumerate(plant.units)}
    priorities = np.zeros(len(plant.units), dtype=np.int8)
    unseen = np.zeros(len(plant.units), dtype=bool)
    texts = [""] * len(plant.units)
    for alarm in alarms:
        i = number.get(alarm.occurrence.unit)
        if i is None or alarm.state not in STANDING:
            continue
        waits = alarm.state is not AlarmState.ACKNOWLEDGED
        if (alarm.rank, waits) > (priorities[i], bool(unseen[i])):
            priorities[i], unseen[i] = alarm.rank, waits
            texts[i] = short_text(alarm.occurrence)
    return replace(view, priorities=priorities, unacknowledged=unseen, alarm_texts=tuple(texts))


def view_at(history: History, t_ns: int, followed: str = "", alarms: Iterable[Alarm] = ()) -> PlantView:
    """Return what a history shows at a moment: states, buffers, pieces, alarms, and the way of a followed order."""
    plant, snapshot = history.plant, history.at(t_ns)
    view = PlantView.of(plant, snapshot, unit_states(history, snapshot))
    names = frozenset((followed,)) if followed else frozenset()
    view = replace(view, pieces=PieceTracker(history).at(snapshot, names))
    view = with_alarms(view, plant, alarms)
    if not followed:
        return view
    visits = trace(history, followed, max(history.span_ns[0], t_ns - _WAY_NS), t_ns)
    on = {visit.unit for visit in visits if not visit.ended}
    units = frozenset(i for i, unit in enumerate(plant.units) if unit.path in on)
    return replace(view, followed=units, way=way_of(plant, visits, t_ns))


def plant_snapshot(
    history: History, t_s: float, view: str = "overview", size: tuple[int, int] = (1280, 720), *, heat: str = "",
    followed: str = "", journal: Journal | None = None, options: PlantOptions | None = None,
) -> RgbImage:  # fmt: skip
    """Draw a plant at a session time (s), shape (height, width, 3), rgb.

    view: one of `plant_cameras.VIEWS`, or the path of an area, a line or a unit (which is then chosen). heat: a role's
    name, to colour units by it. followed: an order to stand out. journal: of the history (most
    histories are their own), for its alarms.
    Raises InputError for a time outside the history, an unknown view or role.
    """
    start, end = history.span_ns
    t_ns = round(t_s * 1e9)
    if not start - 5_000_000 <= t_ns <= end + 5_000_000:
        raise InputError(f"expected a time from {start * 1e-9:.3f} to {end * 1e-9:.3f} s, found {t_s:g} s")
    plant = history.plant
    camera = plant_camera(plant, view, *size).pinhole(*size)
    shown = view_at(history, t_ns, followed, () if journal is None else _alarms_at(history, journal, t_ns))
    if heat:
        if heat not in set(Role):
            raise InputError(f"expected a role out of {', '.join(Role)}, found {heat!r}")
        shown = replace(shown, heat=role_heat(plant, history.at(t_ns), Role(heat)))
    if view in plant.unit_by_path:
        shown = replace(shown, chosen=frozenset([list(plant.unit_by_path).index(view)]))
    scene = PlantScene(plant, options)
    scene.show(shown)
    scene.look_from(camera)
    with OffscreenStage(*size, quality=scene.options.quality) as stage:
        return stage.render(scene, camera)


def save_plant_snapshot(
    history: History, path: Path, t_s: float, view: str = "overview", size: tuple[int, int] = (1280, 720),
    journal: Journal | None = None,
) -> None:  # fmt: skip
    """Draw a plant as `plant_snapshot` does and write it as PNG."""
    save_png(path, plant_snapshot(history, t_s, view, size, journal=journal))


def _alarms_at(history: History, journal: Journal, t_ns: int) -> tuple[Alarm, ...]:
    snapshot = history.at(t_ns)
    resting = {UnitState.OFF, UnitState.MAINTENANCE}
    codes = unit_states(history, snapshot).tolist()
    off = {u.path for u, code in zip(history.plant.units, codes, strict=True) if STATES[code] in resting}
    return AlarmLog(history.plant).extend(history, journal, t_ns).at(t_ns, off)
