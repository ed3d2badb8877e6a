"""A runtime that stops and comes back; what the validation layers say."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.headset.in_room.conftest import step_until
from twinswing.headset.lifecycle import BackOff
from twinswing.headset.link import LinkSettings
from twinswing.headset.run import Headset, HeadsetSettings
from twinswing.headset.swing_visit import SwingVisit
from twinswing.resources import bundled_recording
from twinswing.swing.session_io import load_session

SOCKET = Path("/run/xr/monado_comp_ipc")


def services() -> list[int]:
    """Return the Monado services that run in this root."""
    root, out = Path("/proc/self/root").stat(), []
    for entry in Path("/proc").iterdir():
        try:
            named = entry.name.isdigit() and (entry / "comm").read_text().strip() == "monado-service"
            there = (entry / "root").stat() if named else None
        except OSError:
            continue  # it ended meanwhile
        if there is not None and (there.st_dev, there.st_ino) == (root.st_dev, root.st_ino):
            out.append(int(entry.name))
    return out


@pytest.fixture
def restart() -> Iterator[object]:
    """Start Monado again after it was stopped; what was started is ended."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        environment = dict(os.environ, XRT_COMPOSITOR_NULL="1", P_OVERRIDE_ACTIVE_CONFIG="remote")
        started.append(
            subprocess.Popen(
                ["monado-service"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "layer", ["XR_APILAYER_LUNARG_core_validation", "XR_APILAYER_KHRONOS_best_practices_validation"]
)
def test_the_validation_layers_report_nothing(layer, tmp_path):
    report = tmp_path / "report.txt"
    environment = dict(
        os.environ, XR_ENABLE_API_LAYERS=layer, XR_CORE_VALIDATION_EXPORT_TYPE="text",
        XR_CORE_VALIDATION_FILE_NAME=str(report),
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "twinswing.cli.main", "demo", "--headset", "--seconds", "4"],
        env=environment, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr + (report.read_text() if report.is_file() else "")
    complaints = [
        line for line in said.splitlines()
        if ("VALID_" in line and "VALID_DEBUG" not in line and "VALID_INFO" not in line) or "BestPractices" in line
    ]  # fmt: skip
    assert complaints == []


def test_a_runtime_that_is_stopped_and_started_again_is_found_again(restart):
    visit = SwingVisit(load_session(bundled_recording("driver-face-on.mcap")))
    visit.head = visit.head.play()
    headset = Headset(visit, HeadsetSettings(LinkSettings(back_off=BackOff(first_s=0.2, longest_s=0.5))))
    try:
        step_until(headset, lambda: headset.frames > 10, "frames' being seen")
        running = services()
        assert len(running) == 1
        os.kill(running[0], 9)
        step_until(headset, lambda: headset.link.losses >= 1 and headset.link.session is None, "the loss")
        before = visit.head.t_s
        for _ in range(10):
            headset.step()
        assert visit.head.t_s > before  # the window goes on
        assert not headset.done
        SOCKET.unlink(missing_ok=True)
        restart()
        drawn = headset.frames
        for _ in range(900):
            headset.step()
            if headset.frames >= drawn + 10:
                break
        assert headset.frames >= drawn + 10
        assert headset.link.sessions == 2
    finally:
        headset.close()
