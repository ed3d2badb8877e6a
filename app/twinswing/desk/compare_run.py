"""From the command line to a window of several swings, or to a picture where there is no display."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from twinswing.desk.settings import load_settings, save_settings
from twinswing.platform import has_display, settings_dir
from twinswing.swing.session_io import load_session

if TYPE_CHECKING:
    from twinswing.desk.addons import Addon
    from twinswing.desk.compare_window import CompareDesk

_PICTURE_FRAMES = 12  # panels settle in three; the video threads deliver within these


def run_compare(
    paths: Sequence[Path],
    *,
    view: str | None = None,
    offscreen: bool = False,
    seconds: float | None = None,
    home: "Addon | None" = None,
) -> int:
    """Show two or more recordings on one timeline until the window is closed or `seconds` are over.

    view: a named view, by default the one that the first was filmed from. Without a display, or when told, one picture
    is rendered and its place printed. home: a tool that leads back to where they were opened from. Returns the exit
    status.
    """
    sessions = [load_session(path) for path in paths]
    from twinswing.desk.compare_window import CompareDesk  # noqa: PLC0415  (Panda3D loads here)

    offscreen = offscreen or not has_display()
    file = settings_dir() / "compare-desk.json"
    desk = CompareDesk(sessions, load_settings(file), offscreen=offscreen)
    if home is not None:
        desk.add(home)
    try:
        if view is not None:
            desk.do(f"view:{view}")
        end = None if seconds is None else time.monotonic() + seconds
        if offscreen:
            _picture(desk, paths)
        while (not offscreen or end is not None) and not desk.closed and (end is None or time.monotonic() < end):
            desk.step()
        if not offscreen:
            save_settings(file, desk.current_settings())
    finally:
        desk.shut()
    if desk.next_path is not None:
        from twinswing.desk.run import run_desk  # noqa: PLC0415

        return run_desk(desk.next_path, offscreen=offscreen, seconds=seconds, home=home)
    return 0


def _picture(desk: "CompareDesk", paths: Sequence[Path]) -> None:
    desk.settle(_PICTURE_FRAMES)
    impact = desk.swings[0].session.events.get("impact")
    if impact is not None:
        desk.playback.seek(impact.t_s)
        desk.settle(_PICTURE_FRAMES)
    out = Path.cwd() / f"{'-'.join(path.stem for path in paths)}.png"
    desk.save_picture(out)
    sys.stdout.write(f"No display: the picture lies at {out}\n")
