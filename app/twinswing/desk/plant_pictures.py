"""The pictures of a plant's documentation: `python -m twinswing.desk.plant_pictures OUT SHIFT.mcap` makes them."""

import sys
from collections.abc import Callable
from pathlib import Path

from twinswing.desk.plant_window import PlantDesk
from twinswing.desk.settings import Settings
from twinswing.plant.model import Priority, Role
from twinswing.plant.recorded import RecordedHistory
from twinswing.plant.whatif import Settings as Question
from twinswing.plant.whatif import WhatIfJob
from twinswing.plant.whatif_change import AddMachine

_FLIGHT_FRAMES = 70


def _trouble(desk: PlantDesk) -> tuple[str, float]:
    """Return the unit of the first high alarm on a number, and a time at which it stands, seconds."""
    found = next(
        (o for o in desk.data.picture.occurrences if o.priority is Priority.HIGH and o.value == o.value),
        next(iter(desk.data.picture.occurrences)),
    )
    return found.unit, found.raised_ns / 1e9 + 60.0


def _overview(desk: PlantDesk) -> None:
    desk.playback.seek(_trouble(desk)[1])
    desk.do("view:overview")


def _unit(desk: PlantDesk) -> None:
    desk.choices.window_s = 4 * 3600.0
    desk.do(f"unit:{_trouble(desk)[0]}")


def _heat(desk: PlantDesk) -> None:
    desk.choices.heat = Role.VIBRATION
    desk.do("view:overview")


def _oee(desk: PlantDesk) -> None:
    desk.choices.heat, desk.choices.front, desk.choices.window_s = None, "OEE", 0.0


def _whatif(desk: PlantDesk) -> None:
    unit = _trouble(desk)[0]
    kind = desk.plant.unit_by_path[unit].kind
    desk.ui.whatif.job = job = WhatIfJob(desk.plant, (AddMachine(unit),), Question(replications=30)).start()
    while job.state == "running":
        job.wait(1.0)
        job.poll()
    desk.choices.front = "What-if"
    desk.choices.filters = type(desk.choices.filters)(kind=kind)


def _xray(desk: PlantDesk) -> None:
    desk.choices.filters = type(desk.choices.filters)()
    desk.choices.front = "Unit"
    desk.do("toggle:xray")
    desk.do(f"unit:{_trouble(desk)[0]}")


# Name of the picture, what is done in the window before it is taken; each goes on from the one before.
STATES: tuple[tuple[str, Callable[[PlantDesk], None]], ...] = (
    ("overview", _overview),
    ("unit", _unit),
    ("heat", _heat),
    ("oee", _oee),
    ("what-if", _whatif),
    ("x-ray", _xray),
)


def take(out: Path, recording: Path) -> list[Path]:
    """Show a shift in every state and save the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    with RecordedHistory(recording) as history:
        desk = PlantDesk(history, Settings(), offscreen=True, folder=recording.parent, name=recording.stem)
        try:
            desk.settle(10, 60.0)
            for name, act in STATES:
                act(desk)
                for _ in range(_FLIGHT_FRAMES):
                    desk.step()
                desk.settle(10, 60.0)
                taken.append(out / f"plant-{name}.png")
                desk.save_picture(taken[-1])
        finally:
            desk.shut()
    return taken


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m twinswing.desk.plant_pictures OUT SHIFT.mcap")
    for picture in take(Path(sys.argv[1]), Path(sys.argv[2])):
        sys.stdout.write(f"{picture}\n")
