"""The film of a plant: a shift in a minute, standing still at every remark and going up to the machine it is about."""

from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from twinswing.plant.alarms import AlarmLog, AlarmPicture
from twinswing.plant.recorded import RecordedHistory
from twinswing.report.film import FilmSize, Moment, Progress, corner_label, write_film
from twinswing.report.film_plan import FilmPlan, FilmSettings, plan_film
from twinswing.report.notes import Notes
from twinswing.report.video import part_of
from twinswing.review.model import Annotation, OnMachine
from twinswing.stage.annotation_scene import PLANT_LINES, PLANT_WORDS, AnnotationScene
from twinswing.stage.annotation_shapes import Around, Label, Shapes, machine_poses
from twinswing.stage.annotation_words import STYLE
from twinswing.stage.cameras import OrbitCamera, between
from twinswing.stage.offscreen import OffscreenStage
from twinswing.stage.plant_cameras import plant_camera
from twinswing.stage.plant_scene import PlantScene
from twinswing.stage.plant_snapshot import alarms_at, view_at

RgbImage = NDArray[np.uint8]

_USUAL_S = 60.0  # of film for a whole recording


@dataclass(frozen=True)
class PlantLook:
    """What a plant's film shows.

    view: overview, top, walk, or the path of an area, a line or a unit. speed: of the recording, by default such that
    it takes a minute. part_s: from and to, session seconds, open where None. text_scale: of words.
    """

    view: str = "overview"
    size: tuple[int, int] = (1280, 720)
    numbers: bool = True
    fps: float = 30.0
    speed: float | None = None
    part_s: tuple[float | None, float | None] = (None, None)
    text_scale: float = PLANT_WORDS.scale


def film_plant(
    history: RecordedHistory, out: Path, look: PlantLook | None = None, notes: Notes | None = None, *,
    progress: Progress = lambda _stage, _fraction: None,
) -> FilmPlan:  # fmt: skip
    """Film a plant's recording with its annotations; return what the film shows when.

    Raises InputError for a view or a span that is not there, or a file that cannot be written; MissingPartError where
    there is no OpenGL.
    """
    look, notes = look or PlantLook(), notes or Notes()
    whole = (history.span_ns[0] * 1e-9, history.span_ns[1] * 1e-9)
    span = part_of(whole, whole, look.part_s)
    speed = look.speed if look.speed is not None else max((span[1] - span[0]) / _USUAL_S, 1.0)
    plan = plan_film(span, notes.annotations, settings=FilmSettings(fps=look.fps, speed=speed))
    size = FilmSize.of(look.size)
    with PlantShot(history, look, size) as shot:
        write_film(plan, shot, out, size, notes, title=history.plant.label or history.plant.name, progress=progress)
    return plan


class PlantShot:
    """A camera on a plant; use as a context manager."""

    def __init__(self, history: RecordedHistory, look: PlantLook, size: FilmSize) -> None:
        self.history, self.look = history, look
        self._size = size
        self.around = Around(machines=machine_poses(history.plant))
        self._picture: AlarmPicture = AlarmLog(history.plant).extend(history, history)
        self._orbit = plant_camera(history.plant, look.view, size.width, size.height)
        self._near: dict[str, OrbitCamera] = {}
        self._scene = PlantScene(history.plant)
        self._notes = AnnotationScene(self._scene.root, PLANT_LINES, replace(STYLE, scale=look.text_scale))
        self._stage = OffscreenStage(size.width, size.height, quality=self._scene.options.quality)
        self._shown_s, self._alarms = float("nan"), 0
        self._corner: tuple[tuple[str, str, str], Label] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stage.close()

    def same(self, moment: Moment, before: Moment) -> bool:
        """Tell whether the picture without annotations is that of a moment before."""
        return (moment.t_s, moment.speed) == (before.t_s, before.speed) and (
            self._machine(moment.about) == "" or moment.nearness == before.nearness
        )

    def draw(self, moment: Moment, shapes: Shapes) -> RgbImage:
        """Return the picture of a moment with these annotations."""
        t_ns = round(moment.t_s * 1e9)
        if moment.t_s != self._shown_s:
            self._shown_s = moment.t_s
            alarms = alarms_at(self.history, self._picture, t_ns)
            self._alarms = len(alarms)
            self._scene.show(view_at(self.history, t_ns, alarms=alarms))
        camera = self._camera(moment).pinhole(self._size.width, self._size.height)
        self._scene.look_from(camera)
        corner = self._words(moment) if self.look.numbers else None
        self._notes.show(shapes, camera, captions=True, corner=corner)
        return self._stage.render(self._scene, camera)

    def _machine(self, about: Annotation | None) -> str:
        """Return the path of the unit that a remark is about, or nothing."""
        if about is None or not isinstance(about.anchor, OnMachine):
            return ""
        return about.anchor.path if about.anchor.path in self.history.plant.unit_by_path else ""

    def _camera(self, moment: Moment) -> OrbitCamera:
        path = self._machine(moment.about)
        if not path or not moment.nearness:
            return self._orbit
        if path not in self._near:
            self._near[path] = plant_camera(self.history.plant, path, self._size.width, self._size.height)
        return between(self._orbit, self._near[path], moment.nearness)

    def _words(self, moment: Moment) -> Label:
        alarms = self._alarms
        hours, rest = divmod(round(moment.t_s - self.history.span_ns[0] * 1e-9), 3600)
        pace = "stopped" if moment.speed == 0.0 else f"{moment.speed:.0f} × speed"
        told = f"{alarms} alarm{'' if alarms == 1 else 's'}" if alarms else "no alarm"
        lines = (f"{hours}:{rest // 60:02d}:{rest % 60:02d}", pace, told)
        if self._corner is None or self._corner[0] != lines:
            self._corner = (lines, corner_label(lines))
        return self._corner[1]
