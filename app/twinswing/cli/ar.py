"""Commands over the real world: markers to print, a camera to calibrate, and what stands on markers before it."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.cli.replay import existing, writable
from twinswing.errors import InputError

if TYPE_CHECKING:
    from twinswing.body.calibration import Calibration, Calibrator
    from twinswing.desk.plant_run import LivePlant
    from twinswing.headset.ar_run import ArSettings, MakeContent
    from twinswing.plant.model import Plant

_MOST_NUMBERS = 1000
_FIRST_WORD_S = 10.0  # how long a picture waits for a live plant to say something
_EVERY_S = 0.25  # between looks at a live camera: a hand cannot hold a board elsewhere sooner
_LONGEST_S = 180.0  # of calibrating, unless it is said how long


def markers(arguments: argparse.Namespace) -> int:
    """`twinswing markers`: sheets to print."""
    from twinswing.body.calibration import Board
    from twinswing.report.marker_sheet import Sheet, write_board, write_markers

    out = writable(arguments.out)
    if arguments.board:
        if arguments.plant or arguments.numbers:
            raise InputError("--board: expected neither --plant nor --numbers with it, found one")
        # Letter paper is lower: squares of 34 mm fit it. A camera's numbers do not depend on the board's size.
        board = Board() if arguments.paper == "a4" else Board(square_m=0.034, marker_m=0.0255)
        write_board(out, board, arguments.paper)
        print(f"{out}: the calibration board; print it at 100 % and keep it flat")
        return 0
    size_m = _size_m(arguments)
    if arguments.plant:
        from twinswing.headset.ar_plant import family_for, unit_names

        plant = _plant_of(arguments.plant)
        family = arguments.family or family_for(len(plant.units))
        wanted = None if arguments.numbers is None else set(parse_numbers(arguments.numbers))
        sheets = [
            Sheet(number, label, path)
            for number, label, path in unit_names(plant)
            if wanted is None or number in wanted
        ]
        if wanted is not None and (gone := wanted - {sheet.number for sheet in sheets}):
            raise InputError(
                f"--numbers: expected numbers of the {len(plant.units)} units of {arguments.plant}, found {min(gone)}"
            )
    else:
        family = arguments.family or "aruco-4x4-50"
        sheets = [Sheet(number, f"Marker {number}") for number in parse_numbers(arguments.numbers or "0-3")]
    write_markers(out, sheets, size_m, family, arguments.paper)
    count = f"{len(sheets)} marker{'s' if len(sheets) != 1 else ''}"
    print(f"{out}: {count} of {family}, {arguments.size_mm:g} mm; print at 100 %")
    return 0


def parse_numbers(text: str) -> list[int]:
    """Turn "0-5" or "0,3,7-9" into numbers in their order, each once; InputError otherwise."""
    out: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not (first.isascii() and first.isdigit() and len(first) < 7) or (
            dash and not (last.isascii() and last.isdigit() and len(last) < 7)
        ):
            raise InputError(f"--numbers: expected numbers such as 0-5 or 0,3,7, found {text!r}")
        start, end = int(first), int(last) if dash else int(first)
        if end < start or end - start >= _MOST_NUMBERS:
            raise InputError(f"--numbers: expected a range of up to {_MOST_NUMBERS}, found {part.strip()!r}")
        out |= dict.fromkeys(range(start, end + 1))
    return list(out)


def _size_m(arguments: argparse.Namespace) -> float:
    size_m = float(arguments.size_mm) / 1e3
    if not 0.005 <= size_m <= 5.0:
        raise InputError(f"--size-mm: expected a marker's side from 5 to 5000 mm, found {arguments.size_mm:g}")
    return size_m


def _plant_of(name: str) -> "Plant":
    """Return the plant of a file, a recording or a bundled plant's name."""
    from twinswing.plant.load import find_plant, load_plant

    if name.lower().endswith(".mcap"):
        from twinswing.plant.recorded import RecordedHistory

        with RecordedHistory(existing(name, "a plant's recording (.mcap)")) as history:
            return history.plant
    return load_plant(find_plant(name))


def calibrate(arguments: argparse.Namespace) -> int:
    """`twinswing calibrate`: look at the board through a camera, and write what was found."""
    from twinswing.body.calibration import Calibrator
    from twinswing.headset.ar_run import is_file

    _quiet()
    out = writable(arguments.out)
    _check_seconds(arguments.seconds)
    calibrator = Calibrator()
    seconds = arguments.seconds
    if seconds is None and not is_file(arguments.camera):
        seconds = _LONGEST_S
    _look(calibrator, arguments.camera, seconds, say=lambda text: print(text, file=sys.stderr, flush=True))
    found = calibrator.solve()
    found.save(out)
    print(told(found, out))
    return 0


def _look(calibrator: "Calibrator", source: str, seconds: float | None, say: Callable[[str], None]) -> None:
    """Offer a camera's frames until there are enough views or it ends, and tell how it goes."""
    from twinswing.headset.ar_run import frames, is_file

    every_s = 0.0 if is_file(source) else _EVERY_S
    last_s, last_word, size = -1e9, "", (0, 0)
    try:
        for t_s, rgb in frames(source, seconds):
            if not size[0]:
                size = (rgb.shape[1], rgb.shape[0])
                say(f"Pictures of {size[0]}x{size[1]}: hold the board near and far, tilted, and into the corners")
            if t_s - last_s < every_s:
                continue
            last_s = t_s
            word = calibrator.offer(rgb)
            if word == "enough":
                break
            line = f"View {len(calibrator.views)} of {calibrator.params.most_views} taken" if word == "taken" else word
            if line != last_word:
                last_word = line
                say(line if word == "taken" else f"Waiting: {word}")
    except KeyboardInterrupt:
        say("Stopped; working out what was seen")


def told(found: "Calibration", out: Path) -> str:
    """Say what a calibration found, one line."""
    return (
        f"{out}: focal length {found.focal_px:.1f} ± {found.sigma_focal_px:.1f} px for {found.width_px}x"
        f"{found.height_px} pictures, RMS {found.rms_px:.2f} px, out of {found.views} views"
    )


def ar(arguments: argparse.Namespace) -> int:
    """`twinswing ar`: a swing or a plant's cards on printed markers."""
    from twinswing.body.calibration import load_calibration
    from twinswing.headset.ar_run import ArSettings
    from twinswing.platform import has_display

    _quiet()
    _check_seconds(arguments.seconds)
    size_m = _size_m(arguments)
    offscreen = arguments.offscreen or not has_display()
    if arguments.out and not offscreen:
        raise InputError("-o: expected --offscreen with it; in the window, S saves a picture")
    out = writable(arguments.out or f"{Path(arguments.file).stem}-ar.png") if offscreen else None
    if out is not None and out.suffix.lower() not in {".png", ".mp4"}:
        raise InputError(f"-o: expected a file that ends in .png or .mp4, found {out.name}")
    found = load_calibration(Path(arguments.calibration)) if arguments.calibration else None
    with _content(arguments, size_m, offscreen=offscreen) as (make, family, live):
        settings = ArSettings(arguments.camera, size_m, arguments.family or family, found, arguments.seconds)
        return _show(settings, make, out, live)


def _show(settings: "ArSettings", make: "MakeContent", out: Path | None, live: "LivePlant | None") -> int:
    """Show it in a window, or write it."""
    from twinswing.headset.ar_run import run_window, save_film, save_picture

    if out is None:
        saved = run_window(settings, make, live.check if live is not None else lambda: None)
        if saved is not None:
            print(f"The last picture that was saved lies at {saved}")
    elif out.suffix.lower() == ".mp4":
        shown = save_film(settings, make, out)
        print(f"{out}: a marker is seen in {shown} pictures")
    else:
        seen = save_picture(settings, make, out)
        print(f"{out}: {'the last picture with a marker' if seen else 'no marker was seen'}")
    return 0


@contextmanager
def _content(
    arguments: argparse.Namespace, size_m: float, *, offscreen: bool
) -> "Iterator[tuple[MakeContent, str, LivePlant | None]]":
    """Make ready what is to be shown; give what makes the content, the markers' family, and the live plant if it is."""
    from twinswing.headset.ar_plant import PlantCards, family_for
    from twinswing.headset.ar_swing import SwingOnFloor, swing_span
    from twinswing.plant.recorded import RecordedHistory, holds_plant

    with ExitStack() as stack:
        if not arguments.file.lower().endswith(".mcap"):
            live = stack.enter_context(_live(arguments.file))
            if offscreen:
                _await_word(live)
            yield (
                lambda _w, _h, _beside: PlantCards(live.history, size_m, arguments.file, wait=offscreen),
                family_for(len(live.history.plant.units)),
                live,
            )
            return
        path = existing(arguments.file, "a recording (.mcap)")
        if holds_plant(path):
            past = stack.enter_context(RecordedHistory(path))
            yield (
                lambda _w, _h, _beside: PlantCards(past, size_m, path.name, wait=offscreen),
                family_for(len(past.plant.units)),
                None,
            )
            return
        from twinswing.swing.session_io import load_session

        session = load_session(path)
        swing_span(session)  # nothing to show is told before a camera is opened
        yield (lambda w, h, beside: SwingOnFloor(session, w, h, beside), "aruco-4x4-50", None)


@contextmanager
def _live(name: str) -> "Iterator[LivePlant]":
    """Connect the sources of a plant's file."""
    from twinswing.desk.plant_run import connected
    from twinswing.plant.load import find_plant, load_plant

    path = find_plant(name)
    with connected(load_plant(path), path.resolve().parent, file=name, record=None, speed=None) as live:
        yield live


def _await_word(live: "LivePlant") -> None:
    end = time.monotonic() + _FIRST_WORD_S
    while live.supervisor.running and live.history.span_ns == (0, 0) and time.monotonic() < end:
        live.check()
        time.sleep(0.02)


def _check_seconds(seconds: float | None) -> None:
    if seconds is not None and not seconds > 0.0:
        raise InputError(f"--seconds: expected more than 0, found {seconds:g}")


def _quiet() -> None:
    # One sentence of ours says why a camera cannot be opened; OpenCV and FFmpeg would put ten before it.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
