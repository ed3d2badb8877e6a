"""One picture of a plant at one time, out of any history of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.plant.alarms import Alarm, AlarmPicture
from twinswing.plant.history import History
from twinswing.plant.model import Role
from twinswing.plant.production import trace
from twinswing.plant.states import STATES, UnitState, unit_states
from twinswing.review.model import Annotation
from twinswing.stage.annotation_scene import PLANT_LINES, PLANT_WORDS, AnnotationScene
from twinswing.stage.annotation_shapes import Around, machine_poses, shapes_at, visible
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.plant_alarm_view import with_alarms
from twinswing.stage.plant_cameras import plant_camera
from twinswing.stage.plant_pieces import PieceTracker, way_of
from twinswing.stage.plant_scene import PlantOptions, PlantScene
from twinswing.stage.plant_view import PlantView, role_heat

RgbImage = NDArray[np.uint8]
_WAY_NS = 12 * 3600 * 1_000_000_000  # how far back the way of an order is looked for: longer than a shift


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
    followed: str = "", picture: AlarmPicture | None = None, options: PlantOptions | None = None,
    annotations: Sequence[Annotation] = (),
) -> RgbImage:  # fmt: skip
    """Draw a plant at a session time (s), shape (height, width, 3), rgb.

    view: one of `plant_cameras.VIEWS`, or the path of an area, a line or a unit (which is then chosen). heat: a role's
    name, to colour units by it. followed: an order to stand out. picture: the history's alarms, none are shown without.
    annotations: those that are visible at that time are drawn.
    Raises InputError for a time outside the history, an unknown view or role.
    """
    start, end = history.span_ns
    t_ns = round(t_s * 1e9)
    if not start - 5_000_000 <= t_ns <= end + 5_000_000:
        raise InputError(f"expected a time from {start * 1e-9:.3f} to {end * 1e-9:.3f} s, found {t_s:g} s")
    plant = history.plant
    camera = plant_camera(plant, view, *size).pinhole(*size)
    shown = view_at(history, t_ns, followed, () if picture is None else alarms_at(history, picture, t_ns))
    if heat:
        if heat not in set(Role):
            raise InputError(f"expected a role out of {', '.join(Role)}, found {heat!r}")
        shown = replace(shown, heat=role_heat(plant, history.at(t_ns), Role(heat)))
    if view in plant.unit_by_path:
        shown = replace(shown, chosen=frozenset([list(plant.unit_by_path).index(view)]))
    scene = PlantScene(plant, options)
    scene.show(shown)
    scene.look_from(camera)
    shapes = shapes_at(visible(annotations, t_ns), t_ns, Around(machines=machine_poses(plant)))
    if shapes.drawings or shapes.captions:
        AnnotationScene(scene.root, PLANT_LINES, PLANT_WORDS).show(shapes, camera, captions=True)
    with OffscreenStage(*size, quality=scene.options.quality) as stage:
        return stage.render(scene, camera)


def alarms_at(history: History, picture: AlarmPicture, t_ns: int) -> tuple[Alarm, ...]:
    """Return the alarms that are shown at a moment, nanoseconds; none of units that are off or in maintenance."""
    snapshot = history.at(t_ns)
    resting = {UnitState.OFF, UnitState.MAINTENANCE}
    codes = unit_states(history, snapshot).tolist()
    off = {u.path for u, code in zip(history.plant.units, codes, strict=True) if STATES[code] in resting}
    return picture.at(t_ns, off)
