"""Windows' commands with `--headset`: a swing, two of them, a plant, recorded or live."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.errors import InputError

if TYPE_CHECKING:
    from twinswing.headset.run import HeadsetSettings
    from twinswing.plant.model import Plant


def settings_of(arguments: argparse.Namespace) -> "HeadsetSettings":
    """Return how the headset is used: seated or standing as the command line says, else as it was last."""
    from twinswing.headset.being import BeingSettings
    from twinswing.headset.run import HeadsetSettings
    from twinswing.headset.settings import Habits, load_habits, save_habits

    seated = load_habits().seated if arguments.seated is None else arguments.seated
    return HeadsetSettings(
        being=BeingSettings(seated=seated), remember=lambda seated: save_habits(Habits(seated=seated))
    )


def swing(path: Path | None, arguments: argparse.Namespace, other: Path | None = None) -> int:
    """Stand before a recorded swing, or before two."""
    from twinswing.headset.run import run_headset
    from twinswing.headset.swing_visit import SwingVisit
    from twinswing.plant.recorded import holds_plant
    from twinswing.swing.session_io import load_session

    if path is None:
        raise InputError("--headset: expected a recording to stand in, found none; add `demo` or `open FILE.mcap`")
    if other is not None:
        for each in (path, other):
            if holds_plant(each):
                raise InputError(f"--headset: expected two recordings of swings, found one of a plant at {each}")
    visit = SwingVisit(load_session(path), other=None if other is None else load_session(other))
    return run_headset(visit, settings_of(arguments), seconds=arguments.seconds)


def plant(path: Path, arguments: argparse.Namespace) -> int:
    """Walk through a plant's recording."""
    from twinswing.headset.notes import notes_of
    from twinswing.headset.plant_visit import PLANT_TAGS, PlantVisit
    from twinswing.headset.run import run_headset
    from twinswing.plant.recorded import RecordedHistory

    with RecordedHistory(path) as history:
        visit = PlantVisit(history, notes=notes_of(path, tags=PLANT_TAGS))
        return run_headset(visit, settings_of(arguments), seconds=arguments.seconds)


def live_plant(plant: "Plant", folder: Path, record: Path | None, arguments: argparse.Namespace) -> int:
    """Walk through a plant as it runs; remarks are kept in the recording, where one is made."""
    from twinswing.desk.plant_run import connected
    from twinswing.headset.notes import Notes
    from twinswing.headset.plant_visit import PLANT_TAGS, PlantVisit
    from twinswing.headset.run import run_headset
    from twinswing.review.storage import save_document

    notes = None if record is None else Notes(tags=PLANT_TAGS, later="kept with the recording")
    try:
        with connected(plant, folder, file=arguments.plant, record=record, speed=arguments.speed) as live:

            def check() -> str:
                live.check()
                return live.trouble

            visit = PlantVisit(live.history, notes=notes, act=live.history.act)
            return run_headset(visit, settings_of(arguments), seconds=arguments.seconds, check=check)
    finally:
        # Once the recording is closed, and whatever ended the visit: what was said is not said again.
        if notes is not None and record is not None and len(notes.document):
            save_document(record, notes.document)
