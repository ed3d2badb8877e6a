"""The library for real: a window on a display of its own, driven by keyboard, mouse and a dropped file."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.desk.window import write_recording
from tests.review.library import Shelf
from twinswing.desk.library_settings import LibrarySettings, save_library_settings
from twinswing.desk.settings import Settings, save_settings
from twinswing.recording.reader import RecordingReader
from twinswing.review.library_about import about_of, write_about
from twinswing.review.library_people import new_golfer, save_golfer
from twinswing.review.library_place import LibraryPlace

pytestmark = pytest.mark.window

SIZE = (980, 640)
NAME = "Ottoline Farquhar"


class LibraryWindow:
    """`twinswing` under an X server, on a library in a home of its own."""

    def __init__(self, home: Path, display: str) -> None:
        self.home = home
        config = home / ".config"
        save_library_settings(config / "twinswing" / "library.json", LibrarySettings(*SIZE, folder=str(home / "lib")))
        save_settings(config / "twinswing" / "desk.json", Settings(*SIZE))
        self.environment = dict(
            os.environ,
            DISPLAY=display,
            HOME=str(home),
            XDG_CONFIG_HOME=str(config),
            XDG_CACHE_HOME=str(home / ".cache"),
        )
        self.process = subprocess.Popen(
            [sys.executable, "-m", "twinswing.cli.main", "--seconds", "600"],
            env=self.environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.id = ""
        self.titled("Library")

    def titled(self, title: str, *keys: str) -> None:
        """Press keys until the window that is shown has this in its title, and give it the keyboard.

        Again and again, since a field lets go of the keyboard a frame after Return, and frames are slow here.
        """

        def there() -> bool:
            if self.id:
                self.key(*keys)
            end = time.monotonic() + (1.5 if keys else 0.0)
            while time.monotonic() < end and not shown():
                time.sleep(0.05)
            return shown()

        def shown() -> bool:
            assert self.process.poll() is None, self.process.stdout.read() if self.process.stdout else ""
            asked = ["xdotool", "search", "--onlyvisible", "--all", "--pid", str(self.process.pid), "--name", title]
            found = subprocess.run(asked, env=self.environment, capture_output=True, text=True, check=False).stdout
            self.id = (found.split() or [self.id])[-1]
            return bool(found)

        wait_until(there, 60.0, f"a window titled {title}")
        self.xdotool("windowfocus", "--sync", self.id)

    def xdotool(self, *words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout

    def key(self, *names: str) -> None:
        for name in names:
            self.xdotool("key", name)

    def type(self, text: str) -> None:
        """Type as a hand does: a key a frame, which a busy machine draws slowly."""
        self.xdotool("type", "--delay", "120", text)

    def search(self, text: str, title: str) -> None:
        """Type into the search until the title tells what it found: the first letters may come before the field."""

        def found() -> bool:
            self.key("Escape", "Escape", "slash")
            self.type(text)
            end = time.monotonic() + 3.0
            while time.monotonic() < end and title not in self.xdotool("getwindowname", self.id):
                time.sleep(0.05)
            return title in self.xdotool("getwindowname", self.id)

        wait_until(found, 60.0, f"{text} being found")

    def close(self) -> str:
        if self.process.poll() is None:
            self.process.terminate()
        out, _ = self.process.communicate(timeout=30)
        return out or ""


@pytest.fixture(scope="module")
def window(display: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryWindow]:
    home = tmp_path_factory.mktemp("home")
    (home / "lib").mkdir()
    first = write_recording(home / "lib" / "alpha.mcap")
    shutil.copy2(first, home / "lib" / "beta.mcap")
    golfer = new_golfer(NAME)
    save_golfer(home / "lib", golfer)
    write_about(home / "lib" / "beta.mcap", person=golfer.ident, rating=5, tags=("quokka",))
    shown = LibraryWindow(home, display)
    yield shown
    shown.close()


def test_search_open_and_back_by_keyboard_alone(window: LibraryWindow) -> None:
    window.search("quokka", "1 of 2")
    window.titled("beta.mcap", "Return")  # the first leaves the search, the second opens what it found
    window.titled("Library: 1 of 2", "Escape")  # as it was left
    window.key("BackSpace")
    window.titled(" and ", "ctrl+a", "c")  # both, compared
    window.titled("Library", "BackSpace")


def test_a_rating_by_key_is_in_the_file(window: LibraryWindow) -> None:
    def rated() -> bool:
        window.key("Home", "3")
        ratings = set()
        for name in ("alpha", "beta"):
            with RecordingReader(window.home / "lib" / f"{name}.mcap") as reader:
                ratings.add(about_of(reader).rating)
        return 3 in ratings

    wait_until(rated, 60, "the rating")


def test_a_file_dragged_onto_the_window_is_taken_in(window: LibraryWindow) -> None:
    if shutil.which("wish") is None:
        pytest.skip("a drag source needs Tk (apt install tk tkdnd)")
    outside = window.home / "gamma.mcap"
    shutil.copy2(window.home / "lib" / "alpha.mcap", outside)
    script = Path(__file__).parents[1] / "platform" / "drag_source.tcl"
    source = subprocess.Popen(
        ["wish", str(script), "--", str(outside)],
        env=window.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert source.stdout is not None
        if source.stdout.readline().strip() != "ready":
            pytest.skip("no drag source: tkdnd is not installed")
        # The source stands at the screen's left upper corner, above the library: drag to the window's middle.
        left, top = _place(window)
        target = (left + SIZE[0] // 2, top + SIZE[1] // 2)

        def dragged() -> bool:
            window.xdotool("mousemove", "60", "60", "mousedown", "1")
            for step in range(1, 13):
                x, y = (60 + (end - 60) * step // 12 for end in target)
                window.xdotool("mousemove", str(x), str(y), "sleep", "0.02")
            window.xdotool("mouseup", "1")
            end = time.monotonic() + 4.0
            while time.monotonic() < end and not (window.home / "lib" / "gamma.mcap").is_file():
                time.sleep(0.05)
            return (window.home / "lib" / "gamma.mcap").is_file()

        wait_until(dragged, 90, "the dropped recording")
    finally:
        source.kill()
        source.communicate()


def test_delete_asks_and_then_leaves_nothing(window: LibraryWindow) -> None:
    window.titled("Library")
    window.search("quokka", "1 of 3")
    target = window.home / "lib" / "beta.mcap"
    assert target.exists()

    def gone() -> bool:
        window.key("Delete")
        window.key("Return")
        return not target.exists()

    wait_until(gone, 60, "the deletion")
    place = LibraryPlace(window.home / "lib", *(window.home / part for part in (".cache", ".cache", ".config")))
    shelf = Shelf(place)
    wait_until(lambda: shelf.bytes_of("quokka") == {"quokka": []}, 30, "the tag being gone from every file")
    assert (window.home / "lib" / "alpha.mcap").exists()


def _place(window: LibraryWindow) -> tuple[int, int]:
    lines = window.xdotool("getwindowgeometry", "--shell", window.id).split()
    told = dict(line.split("=") for line in lines if "=" in line)
    return int(told["X"]), int(told["Y"])
