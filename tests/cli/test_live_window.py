"""The window of a capture, driven by real keys: breaks when it shows nothing, or a key does not reach the capture."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from twinswing.desk.settings import Settings, save_settings
from twinswing.recording.reader import RecordingReader

Wait = Callable[..., None]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Return a minute of a bright box on grey at 10 frames a second."""
    path = tmp_path / "box.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for i in range(600):
            image = np.full((120, 160, 3), 60, dtype=np.uint8)
            image[40:60, 2 * i % 140 : 2 * i % 140 + 20] = (230, 60, 40)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.window
@pytest.mark.timeout(300)
def test_keys_stop_go_on_and_end_and_the_picture_is_shown(film: Path, tmp_path: Path, display: str) -> None:
    home, out = tmp_path / "home", tmp_path / "out.mcap"
    # Small, because the software renderer's time goes with the area.
    save_settings(home / "twinswing" / "desk.json", Settings(800, 600))
    environment = dict(os.environ, DISPLAY=display, XDG_CONFIG_HOME=str(home))
    words = ["capture", "--camera", str(film), "--listen", "127.0.0.1:0", "-o", str(out)]
    process = subprocess.Popen(
        [sys.executable, "-m", "twinswing.cli.main", *words],
        env=environment,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    heard = threading.Condition()

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            with heard:
                said.append(line.rstrip())
                heard.notify_all()

    threading.Thread(target=read, daemon=True).start()
    at = 0

    def until(text: str) -> None:
        nonlocal at
        with heard:
            found = heard.wait_for(lambda: any(text in line for line in said[at:]), 90.0)
            assert found, f"nobody said {text!r}: {said}"
            at = next(i for i, line in enumerate(said) if i >= at and text in line) + 1

    def xdotool(*parts: str) -> str:
        done = subprocess.run(["xdotool", *parts], env=environment, capture_output=True, text=True, check=False)
        return done.stdout

    try:
        until("waiting for a swing")
        until("waiting for a swing")  # said again two seconds later, from the window's own loop
        ident = xdotool("search", "--sync", "--onlyvisible", "--pid", str(process.pid)).split()[-1]
        xdotool("windowfocus", "--sync", ident)
        xdotool("key", "space")
        until("paused")
        xdotool("key", "F12")
        pictures: list[np.ndarray] = []
        end = threading.Event()
        while not pictures and not end.wait(0.05):
            pictures = [p for path in tmp_path.glob("*.png") if (p := cv2.imread(str(path))) is not None]
            assert process.poll() is None
        xdotool("key", "space")
        until("waiting for a swing")
        xdotool("key", "Escape")
        assert process.wait(90) == 0, said
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    # Below the header, whose dot is red while the capture stands.
    blue, green, red = (pictures[0][60:, :, i].astype(int) for i in range(3))
    box = (red > 180) & (green < 110) & (blue < 110)
    # The box has 20 by 20 of the camera's 160 by 120 pixels, drawn some times larger.
    assert np.count_nonzero(box) > 1000
    rows, columns = np.nonzero(box)
    assert np.ptp(rows) == pytest.approx(np.ptp(columns), rel=0.25)
    with RecordingReader(out) as reader:
        gaps = reader.metadata("camera/main/gaps")
        times = reader.times_ns("/camera/main/video") * 1e-9
    (pause,) = [gap for gap in gaps["gaps"] if gap.get("paused")]
    assert pause["lost_frames"] == 0
    # Nothing was recorded while it stood still, and then it went on.
    assert not ((times > pause["after_s"] + 1e-6) & (times < pause["before_s"] - 1e-6)).any()
    assert (times >= pause["before_s"] - 1e-6).any()
    assert len(times) < 600
