"""Commands of a plant: live, as the bundled demonstration, and what the commands of a recording do with a plant's."""

import argparse
import json
import sys
from pathlib import Path

from twinswing.cli import headset
from twinswing.cli.replay import existing, parse_size, writable
from twinswing.errors import InputError, MissingPartError
from twinswing.resources import asset, bundled_recording

DEMO = "club-works-shift.mcap"
BUNDLED = "club_works.toml"
_LIVE_DEMO_SPEED = 60.0


def plant(arguments: argparse.Namespace) -> int:
    """`twinswing plant PLANT.toml`: a plant's twin, live or simulated."""
    from twinswing.desk.plant_run import run_live
    from twinswing.plant.load import find_plant, load_plant

    if arguments.speed is not None and arguments.speed <= 0:
        raise InputError(f"--speed: expected a number above zero, found {arguments.speed:g}")
    record = writable(arguments.record) if arguments.record else None
    if "://" in arguments.plant:
        from twinswing.plant.from_mtconnect import plant_of_agent

        found, folder = plant_of_agent(arguments.plant), Path.cwd()
    else:
        path = find_plant(arguments.plant)
        found, folder = load_plant(path), path.resolve().parent
    if arguments.order and not any(spec.kind == "sim" for spec in found.sources):
        raise InputError(f"{arguments.plant}: --order needs a simulated plant, and none of its sources is of kind sim")
    for order in arguments.order:
        from twinswing.club.order_file import read_order
        from twinswing.plant.work_orders import with_order

        found = with_order(found, read_order(existing(order, "a club order (.toml)")))
    if arguments.headset:
        return headset.live_plant(found, folder, record, arguments)
    return run_live(
        found,
        folder,
        file=arguments.plant,
        record=record,
        speed=arguments.speed,
        offscreen=arguments.offscreen,
        seconds=arguments.seconds,
    )


def demo(arguments: argparse.Namespace) -> int:
    """`twinswing demo --plant`: the bundled shift; the bundled plant simulated where the shift is not there."""
    from twinswing.desk.plant_run import run_live, run_recording
    from twinswing.plant.load import load_plant

    shift = bundled_recording(DEMO)
    if arguments.headset:
        return headset.plant(existing(str(shift), "the bundled shift"), arguments)
    if shift.is_file():
        return run_recording(shift, offscreen=arguments.offscreen, seconds=arguments.seconds)
    path = asset("plants", BUNDLED)
    if not path.is_file():
        raise MissingPartError(f"the bundled plant was expected at {path} and is not there; install Twinswing again")
    return run_live(
        load_plant(path),
        path.parent,
        file=path.name,
        speed=_LIVE_DEMO_SPEED,
        offscreen=arguments.offscreen,
        seconds=arguments.seconds,
    )


def is_plant(path: Path) -> bool:
    """Tell whether a recording is one of a plant."""
    from twinswing.plant.recorded import holds_plant

    return holds_plant(path)


def open_plant(path: Path, arguments: argparse.Namespace) -> int:
    """`twinswing open FILE.mcap` of a plant's recording."""
    from twinswing.desk.plant_run import run_recording

    if arguments.headset:
        return headset.plant(path, arguments)
    return run_recording(path, offscreen=arguments.offscreen, seconds=arguments.seconds)


def snapshot(arguments: argparse.Namespace) -> int:
    """`twinswing snapshot FILE.mcap` of a plant's recording: the plant at SECONDS, by default at its gravest alarm."""
    from twinswing.desk.plant_snapshot import save_plant_snapshot
    from twinswing.plant.recorded import RecordedHistory
    from twinswing.review.storage import load_document

    size = parse_size(arguments.size)
    path = existing(arguments.file, "a recording (.mcap)")
    notes = () if arguments.no_annotations else load_document(path).all()
    with RecordedHistory(path) as history:
        # The options' defaults are a swing's.
        at = None if arguments.at == "impact" else arguments.at
        view = "overview" if arguments.view == "face-on" else arguments.view
        save_plant_snapshot(history, writable(arguments.out, path), at=at, view=view, size=size, annotations=notes)
    return 0


def info(arguments: argparse.Namespace) -> int:
    """`twinswing info FILE.mcap` of a plant's recording: what it is of, how long, how much, and its alarms."""
    from twinswing.plant.recorded import RecordedHistory
    from twinswing.recording.info import recording_info
    from twinswing.report.plant_info import plant_info

    path = existing(arguments.file, "a recording (.mcap)")
    with RecordedHistory(path) as history:
        found = plant_info(history)
    if arguments.json:
        print(json.dumps({**recording_info(path).to_dict(), "plant": found.to_dict()}, indent=1))
    else:
        print(found.text(path))
    return 0


def export(arguments: argparse.Namespace) -> int:
    """`twinswing export FILE.mcap --to csv|parquet` of a plant's recording: every observation as a row."""
    from twinswing.cli.progress import progress_bar
    from twinswing.plant.recorded import RecordedHistory
    from twinswing.report.export_plant import export_plant

    path = existing(arguments.file, "a recording (.mcap)")
    out = writable(arguments.out, path)
    with RecordedHistory(path) as history, progress_bar() as progress:
        rows = export_plant(history, arguments.to, out, progress=progress)
    print(f"{rows} observations in {out}", file=sys.stderr)
    return 0
