"""From the command line to a window, or to a picture where there is no display."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.desk.settings import load_settings, save_settings
from twinswing.plant.recorded import holds_plant
from twinswing.platform import has_display, settings_dir

if TYPE_CHECKING:
    from twinswing.desk.addons import Addon
    from twinswing.desk.window import Desk

_PICTURE_FRAMES = 12  # panels settle in three; the video thread delivers within these


def run_desk(
    path: Path | None, *, offscreen: bool = False, seconds: float | None = None, home: "Addon | None" = None
) -> int:
    """Show a recording (or the library) until the window is closed or `seconds` are over; return the exit status.

    Without a display, or when told, one picture is rendered and its place printed. home: a tool that leads back to
    where the recording was opened from.
    """
    if path is None:
        from twinswing.desk.library_run import run_library  # noqa: PLC0415

        return run_library(offscreen=offscreen, seconds=seconds)
    from twinswing.desk.tools import carry_tools  # noqa: PLC0415  (Panda3D loads here)
    from twinswing.desk.window import Desk  # noqa: PLC0415

    if path.suffix.lower() == ".mcap" and holds_plant(path):
        from twinswing.desk.plant_run import run_recording  # noqa: PLC0415  (the other kind of window)

        return run_recording(path, offscreen=offscreen, seconds=seconds, home=home)
    offscreen = offscreen or not has_display()
    file = settings_dir() / "desk.json"
    settings = load_settings(file)
    desk = Desk(settings, offscreen=offscreen, folder=Path.cwd())
    carry_tools(desk)
    if home is not None:
        desk.add(home)
    try:
        desk.open_or_raise(path)
        if offscreen:
            _picture(desk, path, seconds)
        else:
            _run(desk, seconds)
            save_settings(file, desk.current_settings())
    finally:
        desk.shut()
    if desk.next_path is not None:
        from twinswing.desk.plant_run import run_recording  # noqa: PLC0415

        return run_recording(desk.next_path, offscreen=offscreen, seconds=seconds, home=home)
    return 0


def _run(desk: "Desk", seconds: float | None) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    while not desk.closed and (end is None or time.monotonic() < end):
        desk.step()


def _picture(desk: "Desk", path: Path, seconds: float | None) -> None:
    desk.settle(_PICTURE_FRAMES)
    if not seconds and desk.session is not None and "impact" in desk.session.events:
        # Where a replay begins the golfer only stands there; at impact the trail, body and speed are all to be seen.
        desk.playback.seek(desk.session.events["impact"].t_s)
        desk.settle(_PICTURE_FRAMES)
    if seconds:
        _run(desk, seconds)
    out = Path.cwd() / f"{path.stem}.png"
    desk.save_picture(out)
    sys.stdout.write(f"No display: the picture lies at {out}\n")
