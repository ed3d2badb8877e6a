"""From the command line to the window of a plant, or to a picture where there is no display."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.desk.settings import load_settings, save_settings
from twinswing.errors import InputError
from twinswing.plant.connect import earliest_unix_ns, make_sources
from twinswing.plant.model import Plant
from twinswing.plant.recorded import RecordedHistory
from twinswing.plant.recorder import PlantRecorder
from twinswing.plant.store import LiveHistory
from twinswing.platform import has_display, settings_dir
from twinswing.streams.supervisor import Supervisor

if TYPE_CHECKING:
    from twinswing.desk.addons import Addon
    from twinswing.desk.open_review import OpenReview
    from twinswing.desk.plant_window import PlantDesk, PlantHistory

_PICTURE_FRAMES = 12  # panels settle in three; the worker's answers come within these
_FIRST_WORD_S = 10.0  # how long a picture without a display waits for a live plant to say something
# What is replayed or simulated has a time of its own; of all else a time ahead of the clock is a mistake.
_OWN_TIME = frozenset({"sim", "csv", "parquet", "recording", "shdr"})


@dataclass
class LivePlant:
    """A plant whose sources are connected: its history, and what keeps it going."""

    history: LiveHistory
    supervisor: Supervisor
    recorder: PlantRecorder | None = None
    trouble: str = field(default="")
    review: "OpenReview | None" = None  # what was annotated, until there is a finished recording to keep it in

    def check(self) -> None:
        """Raise what ended the sources' thread, if something did; note why a recording stopped."""
        if self.supervisor.failure is not None:
            raise self.supervisor.failure
        if self.recorder is not None and self.recorder.error is not None:
            self.trouble = f"The recording has stopped: {self.recorder.error}"


@contextmanager
def connected(
    plant: Plant, folder: Path, *, file: str, record: Path | None, speed: float | None
) -> Iterator[LivePlant]:
    """Connect a plant's sources, record them if wanted, and end all of it.

    folder: where relative paths of the plant's file start. Raises InputError where a source's setting is wrong or the
    recording cannot be written.
    """
    now = time.time_ns()
    sources = make_sources(plant, folder, file=file, speed=speed, start_unix_ns=now)
    if not sources:
        raise InputError(f"{file}: expected at least one source under [sources], found none")
    real = any(spec.kind not in _OWN_TIME for spec in plant.sources)
    zero = None if real else earliest_unix_ns(sources)
    if zero is None and any(spec.kind == "sim" for spec in plant.sources):
        zero = now
    history = LiveHistory(plant, zero, clock=time.time_ns if real else None)
    with ExitStack() as stack:
        recorder = None
        if record is not None:
            recorder = stack.enter_context(PlantRecorder(history, record)).start()
        supervisor = stack.enter_context(Supervisor(sources, history))
        yield LivePlant(history, supervisor, recorder)


def run_live(
    plant: Plant,
    folder: Path,
    *,
    file: str,
    record: Path | None = None,
    speed: float | None = None,
    offscreen: bool = False,
    seconds: float | None = None,
) -> int:
    """Show a plant live until the window is closed or `seconds` are over; return the exit status."""
    live: LivePlant | None = None
    try:
        with connected(plant, folder, file=file, record=record, speed=speed) as live:
            following = _show(
                live.history, plant.name, offscreen=offscreen, seconds=seconds, live=live, folder=Path.cwd()
            )
    finally:
        # Whatever ended it, an interrupt or a source's failure, the recording is finished by now.
        if record is not None and live is not None and live.review is not None:
            live.review.save_to(record)
    return _go_on(following, offscreen=offscreen, seconds=seconds)


def run_recording(
    path: Path, *, offscreen: bool = False, seconds: float | None = None, home: "Addon | None" = None
) -> int:
    """Replay a plant's recording until the window is closed or `seconds` are over; return the exit status.

    home: as for `run_desk`.
    """
    with RecordedHistory(path) as history:
        folder = path.resolve().parent
        following = _show(history, path.stem, offscreen=offscreen, seconds=seconds, folder=folder, home=home)
    return _go_on(following, offscreen=offscreen, seconds=seconds, home=home)


def _go_on(path: Path | None, *, offscreen: bool, seconds: float | None, home: "Addon | None" = None) -> int:
    """Open what was chosen in the window that closed."""
    if path is None:
        return 0
    from twinswing.desk.run import run_desk  # noqa: PLC0415  (the other window's parts load only when it is opened)

    return run_desk(path, offscreen=offscreen, seconds=seconds, home=home)


def _show(
    history: "PlantHistory",
    name: str,
    *,
    offscreen: bool,
    seconds: float | None,
    folder: Path,
    live: LivePlant | None = None,
    home: "Addon | None" = None,
) -> Path | None:
    """Show a history in a window or make a picture of it; return what is to be opened next."""
    from twinswing.desk.plant_window import PlantDesk  # noqa: PLC0415  (Panda3D loads here)
    from twinswing.desk.tools import carry_tools  # noqa: PLC0415

    offscreen = offscreen or not has_display()
    file = settings_dir() / "plant-desk.json"
    if offscreen and live is not None:
        _await_word(live)
    desk = PlantDesk(
        history,
        load_settings(file),
        offscreen=offscreen,
        folder=folder,
        name=name if live is None else "",
        act=live.history.act if live is not None else None,
    )
    review = carry_tools(desk)
    if live is not None and live.recorder is not None:
        live.review, desk.recording_to = review, live.recorder.path
    if home is not None:
        desk.add(home)
    try:
        if offscreen:
            _picture(desk, name, seconds, live)
        else:
            _run(desk, seconds, live)
            save_settings(file, desk.current_settings())
        return desk.next_path
    finally:
        desk.shut()


def _await_word(live: LivePlant) -> None:
    end = time.monotonic() + _FIRST_WORD_S
    while live.supervisor.running and live.history.span_ns == (0, 0) and time.monotonic() < end:
        live.check()
        time.sleep(0.02)


def _run(desk: "PlantDesk", seconds: float | None, live: LivePlant | None) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    while not desk.closed and (end is None or time.monotonic() < end):
        desk.step()
        if live is not None:
            live.check()
            desk.trouble = live.trouble


def _picture(desk: "PlantDesk", name: str, seconds: float | None, live: LivePlant | None) -> None:
    desk.settle(_PICTURE_FRAMES)
    if seconds:
        _run(desk, seconds, live)
        desk.settle(_PICTURE_FRAMES)
    out = Path.cwd() / f"{name}.png"
    desk.save_picture(out)
    sys.stdout.write(f"No display: the picture lies at {out}\n")
