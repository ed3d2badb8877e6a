"""Files dropped on the window, by a real drag source (Tk's tkdnd) with a real mouse."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import wait_until
from twinswing.platform.filedrop import paths_of_uri_list

HERE = Path(__file__).parent


def test_a_uri_list_gives_its_local_files() -> None:
    text = "# two\r\nfile:///home/a/my%20swing.mcap\r\nhttp://example.org/b.mcap\r\nfile://host/c.mp4\r\n\0"
    assert paths_of_uri_list(text) == [Path("/home/a/my swing.mcap"), Path("/c.mp4")]


@given(st.text())
def test_any_text_is_taken_without_error(text: str) -> None:
    assert all(isinstance(path, Path) for path in paths_of_uri_list(text))


@pytest.fixture
def drag_source(display: str, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    if shutil.which("wish") is None:
        pytest.skip("a drag source needs Tk (apt install tk tkdnd)")
    dropped = tmp_path / "my swing.txt"
    dropped.write_text("no swing")
    source = subprocess.Popen(
        ["wish", str(HERE / "drag_source.tcl"), "--", str(dropped)],
        env=dict(os.environ, DISPLAY=display),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert source.stdout is not None
    if source.stdout.readline().strip() != "ready":
        source.wait()
        pytest.skip(f"no drag source: {source.stderr.read() if source.stderr else ''}")
    yield source, dropped
    source.terminate()
    source.communicate()


@pytest.mark.window
def test_a_file_dragged_onto_the_window_is_heard_of(
    drag_source: tuple["subprocess.Popen[str]", Path], display: str
) -> None:
    program = (
        "import sys, time, panda3d.core as p3d\n"
        "p3d.load_prc_file_data('', 'win-size 400 300\\nwin-origin 400 200\\naudio-library-name null')\n"
        "from direct.showbase.ShowBase import ShowBase\n"
        "from twinswing.platform.filedrop import watch_file_drops\n"
        "base = ShowBase()\n"
        "drops = watch_file_drops(base.win.get_window_handle().get_int_handle())\n"
        "print('ready', flush=True)\n"
        "end = time.monotonic() + 40\n"
        "while time.monotonic() < end:\n"
        "    base.task_mgr.step()\n"
        "    found = drops.poll()\n"
        "    if found:\n"
        "        print(found[0], flush=True)\n"
        "        break\n"
    )
    import sys

    environment = dict(os.environ, DISPLAY=display)
    window = subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert window.stdout is not None

    def mouse(*words: str) -> None:
        subprocess.run(["xdotool", *words], env=environment, check=True, capture_output=True)

    try:
        wait_until(lambda: window.stdout.readline().strip() == "ready", 40, "the window")  # type: ignore[union-attr]
        mouse("mousemove", "100", "100", "mousedown", "1")
        for x in range(110, 600, 15):
            mouse("mousemove", str(x), str(100 + x // 3))
        mouse("mouseup", "1")
        assert window.stdout.readline().strip() == str(drag_source[1])
    finally:
        window.terminate()
        window.communicate()
