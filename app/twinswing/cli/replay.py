"""Commands that show or describe a recording."""

import argparse
import json
import sys
from pathlib import Path

from twinswing.errors import InputError, MissingPartError
from twinswing.resources import resource_root

DEMO = "driver-face-on.mcap"


def parse_size(text: str) -> tuple[int, int]:
    """Turn "1280x720" into (1280, 720); InputError otherwise."""
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 0 < int(width) <= 8192 and 0 < int(height) <= 8192):
        raise InputError(f"--size: expected WIDTHxHEIGHT between 1x1 and 8192x8192, found {text!r}")
    return int(width), int(height)


def existing(name: str, what: str) -> Path:
    """Return the path of a file that is there; InputError otherwise."""
    path = Path(name)
    if not path.is_file():
        raise InputError(f"expected {what}, found no file at {path}")
    return path


def writable(name: str, *read: Path) -> Path:
    """Return the path of a file that can be made: its folder is there; InputError otherwise.

    read: files that the command reads, and must not write over.
    """
    path = Path(name)
    if path.is_dir():
        raise InputError(f"-o: expected a file to write, found a folder at {path}")
    if not path.parent.is_dir():
        raise InputError(f"-o: expected a folder to write {path.name} into, found none at {path.parent}")
    if path.exists() and any(path.samefile(each) for each in read):
        raise InputError(f"-o: expected another file than the one that is read, found {path} for both")
    return path


def library(arguments: argparse.Namespace) -> int:
    """`twinswing`: open the window with the file list."""
    return _open(None, arguments)


def demo(arguments: argparse.Namespace) -> int:
    """`twinswing demo`: open the bundled swing."""
    if arguments.plant:
        from twinswing.cli.plant import demo as plant_demo

        return plant_demo(arguments)
    path = resource_root() / "recordings" / DEMO
    if not path.is_file():
        raise MissingPartError(f"the bundled swing was expected at {path} and is not there; install Twinswing again")
    return _open(path, arguments)


def open_recording(arguments: argparse.Namespace) -> int:
    """`twinswing open FILE`: replay a recording."""
    from twinswing.cli.plant import is_plant, open_plant

    path = existing(arguments.file, "a recording (.mcap)")
    other = None if arguments.beside is None else existing(arguments.beside, "a recording (.mcap)")
    if other is not None:
        from twinswing.cli import headset

        if not arguments.headset:
            raise InputError("--beside: expected --headset with it; on the desktop `compare` shows two swings")
        return headset.swing(path, arguments, other)
    return open_plant(path, arguments) if is_plant(path) else _open(path, arguments)


def _open(path: Path | None, arguments: argparse.Namespace) -> int:
    if arguments.headset:
        from twinswing.cli import headset

        return headset.swing(path, arguments)
    from twinswing.desk.run import run_desk

    return run_desk(path, offscreen=arguments.offscreen, seconds=arguments.seconds)


def snapshot(arguments: argparse.Namespace) -> int:
    """`twinswing snapshot`: one offscreen picture."""
    from twinswing.cli.plant import is_plant
    from twinswing.cli.plant import snapshot as plant_snapshot
    from twinswing.review.storage import load_document
    from twinswing.stage.snapshot import save_snapshot
    from twinswing.swing.session_io import load_session

    path = existing(arguments.file, "a recording (.mcap)")
    if is_plant(path):
        return plant_snapshot(arguments)
    size = parse_size(arguments.size)
    session = load_session(path)
    notes = () if arguments.no_annotations else load_document(path).all()
    save_snapshot(
        session, writable(arguments.out, path), at=arguments.at, view=arguments.view, size=size, annotations=notes,
        blur_face=arguments.blur_face,
    )  # fmt: skip
    return 0


def render(arguments: argparse.Namespace) -> int:
    """`twinswing render`: the recording as a film, with its annotations and their voices."""
    from twinswing.cli.film import render_film

    return render_film(arguments)


def info(arguments: argparse.Namespace) -> int:
    """`twinswing info`: what is inside a recording."""
    from twinswing.cli.plant import info as plant_info
    from twinswing.cli.plant import is_plant
    from twinswing.recording.info import recording_info

    path = existing(arguments.file, "a recording (.mcap)")
    if is_plant(path):
        return plant_info(arguments)
    found = recording_info(path)
    print(json.dumps(found.to_dict(), indent=1) if arguments.json else found.text())
    return 0


def recover(arguments: argparse.Namespace) -> int:
    """`twinswing recover`: save what can be saved."""
    from twinswing.recording.recover import recover as recover_recording

    report = recover_recording(existing(arguments.file, "a broken recording (.mcap)"), writable(arguments.out))
    print(report, file=sys.stderr)
    return 0
