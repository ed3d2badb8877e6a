"""What all tests share: where real data lies, a display to open windows on, a swing to show."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real recordings, or skip."""
    if not SHARED.is_dir():
        pytest.skip("the real recordings are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """Serve an X display of our own; skip where Xvfb is missing. Gives its name, ":N"."""
    if shutil.which("Xvfb") is None or shutil.which("xdotool") is None:
        pytest.skip("Xvfb and xdotool are needed to drive a real window (apt install xvfb xdotool)")
    read, write = os.pipe()
    # Xvfb picks a free display and writes its number, so that runs beside each other do not meet.
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    if not number:
        server.wait()
        pytest.skip("Xvfb did not come up")
    environment = dict(os.environ, DISPLAY=f":{number}")

    def answers() -> bool:
        asked = ["xdotool", "getmouselocation"]
        return subprocess.run(asked, env=environment, capture_output=True, check=False).returncode == 0

    # The number is written before the server takes connections.
    wait_until(answers, 20.0, "the X server")
    yield f":{number}"
    server.terminate()
    server.wait()


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0, what: str = "a condition") -> None:
    """Poll a condition that another process fulfils, without a fixed sleep; fail the test after the timeout."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"{what} did not come true within {timeout_s} s")
        time.sleep(0.01)
