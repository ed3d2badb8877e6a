"""From the command line to the library's window, and from there to a recording and back."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import panda3d.core as p3d

from twinswing.desk.actions import Action
from twinswing.desk.addons import Addon
from twinswing.desk.library_runner import ImportRunner
from twinswing.desk.library_settings import (
    library_folder,
    library_settings_file,
    load_library_settings,
    save_library_settings,
)
from twinswing.desk.library_worker import LibraryWorker
from twinswing.errors import TwinswingError
from twinswing.platform import has_display
from twinswing.review.library_place import LibraryPlace

if TYPE_CHECKING:
    from twinswing.desk.base import BaseDesk
    from twinswing.desk.library_window import LibraryDesk

_PICTURE_FRAMES = 12


class BackToLibrary(Addon):
    """Lets a window that was opened from the library lead back to it: Escape, when nothing else is open."""

    actions = (Action("back_to_library", ("backspace",), "Back to the library (or Esc)", "Window"),)

    def __init__(self) -> None:
        self.went = False
        self._desk: BaseDesk | None = None

    def attached(self, desk: "BaseDesk") -> None:
        """Take the window."""
        self._desk = desk

    def do(self, name: str) -> bool:
        """Go back if that was asked for."""
        return name == "back_to_library" and self.escape()

    def escape(self) -> bool:
        """Close the window and go back; a window that fills the screen becomes an ordinary one first."""
        assert self._desk is not None
        if isinstance(self._desk.win, p3d.GraphicsWindow) and self._desk.win.is_fullscreen():
            return False
        self.went = self._desk.closed = True
        return True


def run_library(folder: Path | None = None, *, offscreen: bool = False, seconds: float | None = None) -> int:
    """Show the library, and what is opened from it, until a window is closed or `seconds` are over.

    Without a display, or when told, one picture is rendered and its place printed.
    """
    from twinswing.desk.library_window import LibraryDesk  # noqa: PLC0415  (Panda3D loads here)

    offscreen = offscreen or not has_display()
    file = library_settings_file()
    place = LibraryPlace.of(library_folder(folder))
    worker = LibraryWorker(place).start()
    # A picture is no session: nothing is begun for it.
    runner = None if offscreen else ImportRunner(place).start()
    former: LibraryDesk | None = None
    problem = ""
    try:
        while True:
            desk = LibraryDesk(place, worker, load_library_settings(file), runner=runner, offscreen=offscreen)
            try:
                if former is not None:
                    desk.resume(former)
                if problem:
                    desk.notify_user(problem)
                if offscreen:
                    _picture(desk, seconds)
                    return 0
                _run(desk, seconds)
                save_library_settings(file, desk.library_settings())
            finally:
                desk.shut()
            opened = desk.compared or ((desk.next_path,) if desk.next_path is not None else ())
            if not opened:
                return 0
            went, problem = _visit(opened, seconds)
            if not went:
                return 0
            former = desk
            worker.rescan()
    finally:
        if runner is not None:
            runner.close()
        worker.close()


def _visit(paths: tuple[Path, ...], seconds: float | None) -> tuple[bool, str]:
    """Show the recording that was opened, or those that are compared.

    Return whether to go on with the library: its window led back, or could not be opened, and then why.
    """
    from twinswing.desk.compare_run import run_compare  # noqa: PLC0415
    from twinswing.desk.run import run_desk  # noqa: PLC0415

    back = BackToLibrary()
    try:
        if len(paths) > 1:
            run_compare(paths, seconds=seconds, home=back)
        else:
            run_desk(paths[0], seconds=seconds, home=back)
    except TwinswingError as error:
        return True, str(error)
    return back.went, ""


def _run(desk: "LibraryDesk", seconds: float | None) -> None:
    end = None if seconds is None else time.monotonic() + seconds
    while not desk.closed and (end is None or time.monotonic() < end):
        desk.step()


def _picture(desk: "LibraryDesk", seconds: float | None) -> None:
    desk.settle(_PICTURE_FRAMES)
    if seconds:
        _run(desk, seconds)
    out = Path.cwd() / "twinswing.png"
    desk.save_picture(out)
    sys.stdout.write(f"No display: the picture lies at {out}\n")
