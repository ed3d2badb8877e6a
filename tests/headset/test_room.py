"""All of in_room/ in a room with a real OpenXR runtime (headset-room), where such a room can be made."""

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
_OUTCOME = re.compile(r"^(tests/\S+::\S.*?) (PASSED|FAILED|ERROR|SKIPPED)", re.MULTILINE)
NOT_MADE = 3  # headset-room's own status


def run_room() -> subprocess.CompletedProcess[str]:
    command = [
        str(HERE / "headset-room"), ".venv/bin/python", "-m", "pytest", "tests/headset/in_room", "-vv", "--timeout=120",
    ]  # fmt: skip
    # One room at a time: the driver that moves the headset has one port.
    with Path("/var/tmp/headset-room.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=540, check=False)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_that_is_tried_on_a_real_runtime_passes():
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a room with an OpenXR runtime needs Linux and root")
    if not (ROOT / ".venv" / "bin" / "python").exists():
        pytest.skip("a room with an OpenXR runtime uses the environment in .venv, and there is none")
    done = run_room()
    if done.returncode == NOT_MADE:
        pytest.skip(f"a room with an OpenXR runtime could not be made: {done.stderr.strip().splitlines()[0]}")
    outcomes = dict(_OUTCOME.findall(done.stdout))
    failed = [name for name, outcome in outcomes.items() if outcome != "PASSED"]
    assert not failed, f"{failed}\n{done.stdout[-6000:]}\n{done.stderr[-1500:]}"
    assert len(outcomes) >= 34, done.stdout[-3000:] + done.stderr[-3000:]
    assert done.returncode == 0, done.stdout[-3000:]
