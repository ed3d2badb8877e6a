"""The live commands as users run them: breaks when a frame or a sample is lost, or an end loses what was recorded."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from twinswing.recording.reader import RecordingReader
from twinswing.swing.session_io import load_session, open_video

FRAMES = 75  # at 30 a second: long enough for a club to come and go


class Command:
    """A `twinswing` command of its own process, its stderr read line by line."""

    def __init__(self, *words: object) -> None:
        # No display: the window has tests of its own.
        environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "twinswing.cli.main", *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.put(line.rstrip())
        self._lines.put(None)

    def until(self, words: str, timeout_s: float = 60.0) -> str:
        """Wait for a line with these words."""
        while True:
            line = self._lines.get(timeout=timeout_s)
            assert line is not None, f"ended without saying {words!r}: {self.said}"
            self.said.append(line)
            if words in line:
                return line

    def end(self, timeout_s: float = 90.0) -> int:
        """Wait for the end; return the exit status."""
        status = self.process.wait(timeout_s)
        while (line := self._lines.get(timeout=timeout_s)) is not None:
            self.said.append(line)
        return status

    def port(self) -> int:
        return int(self.until("Listening").rpartition(":")[2])

    def __enter__(self) -> "Command":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def run(*words: object) -> tuple[int, str, str]:
    with Command(*words) as command:
        status = command.end()
        assert command.process.stdout is not None
        return status, command.process.stdout.read(), "\n".join(command.said)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small clip in which a box moves and nobody swings."""
    path = tmp_path_factory.mktemp("film") / "box.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for i in range(FRAMES):
            image = np.full((120, 160, 3), 60, dtype=np.uint8)
            image[40:60, 2 * i % 140 : 2 * i % 140 + 20] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a club's log of 1.5 s at 500 Hz."""
    path = tmp_path_factory.mktemp("club") / "putter.csv"
    t = np.arange(750) / 500.0
    rng = np.random.default_rng(0)
    rows = np.column_stack([t, rng.normal(0, 1, (750, 2)), rng.normal(9.81, 1, 750), rng.normal(0, 2, (750, 3))])
    np.savetxt(path, rows, fmt="%.6f", delimiter=",", header="t_s,ax,ay,az,gx,gy,gz", comments="")
    return path


def test_every_frame_and_sample_of_a_capture_is_in_the_recording(film: Path, log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    with Command("capture", "--camera", film, "--listen", "127.0.0.1:0", "--wait-club", 60, "-o", out) as capture:
        url = f"ws://127.0.0.1:{capture.port()}"
        status, said, trouble = run("play-club", log, "--to", url)
        assert status == 0, trouble
        assert "750 samples in 47 batches" in said
        assert capture.end() == 0, capture.said
    assert f"{FRAMES} frames (0 lost), putter: 750 samples (0 batches lost)" in capture.said[-1]
    session = load_session(out)
    assert session.imu is not None
    assert session.video is not None
    assert session.video.frames == FRAMES
    sent = np.loadtxt(log, delimiter=",", skiprows=1)
    np.testing.assert_allclose(session.imu.t_s, sent[:, 0], atol=1e-6)
    scale = np.abs(sent[:, 1:4]).max() / 32767 * 4
    np.testing.assert_allclose(session.imu.accel_mps2, sent[:, 1:4], atol=max(scale, 0.01))
    video = open_video(out)
    assert video is not None
    last = video.frame_at(1e9)
    video.close()
    assert last is not None
    assert last.shape == (120, 160, 3)
    with RecordingReader(out) as reader:
        assert reader.topics["/camera/main/video"] == FRAMES
        assert reader.metadata("clock/club/putter")["pings"] > 0
        assert reader.metadata("club/putter")["lost_batches"] == 0
        assert reader.metadata("camera/main/gaps")["lost_frames"] == 0
        # The clip has 2.5 s and was played in its own time.
        times = reader.times_ns("/camera/main/video")
        np.testing.assert_allclose(np.diff(times) * 1e-9, 1 / 30, atol=1e-3)


def test_interrupting_ends_cleanly_and_keeps_everything(film: Path, log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    with Command("capture", "--camera", film, "--listen", "127.0.0.1:0", "-o", out) as capture:
        port = capture.port()
        with Command("play-club", log, "--to", f"ws://127.0.0.1:{port}", "--rate", 0.1) as club:
            capture.until("putter:")
            capture.process.send_signal(signal.SIGINT)
            assert capture.end() == 0, capture.said
            # The hub said bye in the middle of the log: the club says so in one sentence.
            assert club.end() == 3
            assert club.said[-1].startswith("twinswing: the hub at")
    with RecordingReader(out) as reader:
        about = reader.metadata("capture/about")
        assert reader.topics["/camera/main/video"] == about["recorded_frames"] > 0
    session = load_session(out)
    assert session.imu is not None
    assert len(session.imu.t_s) == int(capture.said[-1].rpartition("putter: ")[2].split()[0]) > 0


def test_a_kill_loses_at_most_the_open_chunk(film: Path, log: Path, tmp_path: Path) -> None:
    out, saved = tmp_path / "out.mcap", tmp_path / "saved.mcap"
    with Command("capture", "--camera", film, "--listen", "127.0.0.1:0", "-o", out) as capture:
        port = capture.port()
        with Command("play-club", log, "--to", f"ws://127.0.0.1:{port}", "--rate", 0.2) as club:
            first = int(capture.until("putter:").rpartition("putter: ")[2].split()[0])
            # Two more lines later, two seconds each, what was told above lies in closed chunks.
            capture.until("putter:")
            capture.until("putter:")
            capture.process.kill()
            capture.end()
            club.process.kill()
    status, _, trouble = run("recover", out, "-o", saved)
    assert status == 0, trouble
    session = load_session(saved)
    assert session.imu is not None
    assert len(session.imu.t_s) >= first
    sent = np.loadtxt(log, delimiter=",", skiprows=1)[: len(session.imu.t_s)]
    np.testing.assert_allclose(session.imu.t_s, sent[:, 0], atol=1e-6)


def test_the_hub_alone_records_clubs(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "clubs.mcap"
    with Command("hub", "--listen", "127.0.0.1:0", "--token", "green", "-o", out) as hub:
        url = f"ws://127.0.0.1:{hub.port()}"
        status, _, trouble = run("play-club", log, "--to", url, "--token", "red")
        assert status == 3
        assert len(trouble.splitlines()) == 1
        assert "token" in trouble
        # Twice: the second power-on's clock starts over and must not hide the first's samples.
        for _ in range(2):
            assert run("play-club", log, "--to", url, "--token", "green", "--rate", 0)[0] == 0
        hub.until("putter left: bye")
        hub.process.send_signal(signal.SIGINT)
        assert hub.end() == 0
    with RecordingReader(out) as reader:
        assert reader.clubs() == ["putter", "putter:2"]
        for name in reader.clubs():
            assert reader.metadata(f"club/{name}")["samples"] == 750
            assert "token" not in json.dumps(reader.metadata(f"club/{name}"))
    assert len(load_session(out).imu.t_s) == 750  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["capture", "--camera", "63", "-o", "{tmp}/x.mcap"], 4, "camera 63 cannot be opened"),
        (["capture", "--camera", "{tmp}/none.mp4", "-o", "{tmp}/x.mcap"], 3, "none.mp4"),
        (["capture", "--camera", "{log}", "-o", "{tmp}/x.mcap"], 3, "video"),
        (["capture", "--camera", "http://127.0.0.1:9/", "-o", "{tmp}/x.mcap"], 3, "cannot be opened"),
        (["capture", "--camera", "{log}", "-o", "{log}"], 3, "exists already"),
        (["capture", "--listen", "0.0.0.0:0", "-o", "{tmp}/x.mcap"], 3, "token"),
        (["capture", "--listen", "127.0.0.1:99999", "-o", "{tmp}/x.mcap"], 3, "--listen"),
        (["capture", "--token", "t", "-o", "{tmp}/x.mcap"], 3, "--listen"),
        (["play-club", "{tmp}/none.csv", "--to", "ws://127.0.0.1:9"], 3, "none.csv"),
        (["play-club", "{log}", "--to", "http://127.0.0.1:9"], 3, "ws://"),
        (["play-club", "{log}", "--to", "ws://127.0.0.1:9"], 3, "no hub answers"),
        (["play-club", "{log}", "--to", "ws://127.0.0.1:9", "--drop", "2"], 3, "--drop"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(
    words: list[str], status: int, says: str, log: Path, tmp_path: Path
) -> None:
    got, out, trouble = run(*(word.format(tmp=tmp_path, log=log) for word in words))
    assert got == status, trouble
    assert says in trouble.splitlines()[-1]
    told = [line for line in trouble.splitlines() if not line.startswith("Listening")]
    assert len(told) == 1
    assert not out
    assert not (tmp_path / "x.mcap").exists()


@pytest.mark.slow
def test_a_real_golfer_and_a_real_club_end_in_one_recording(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mcap"
    film, log = shared_data / "video" / "face_on_phone.mp4", shared_data / "imu" / "club_800hz.csv"
    with Command("capture", "--camera", film, "--listen", "127.0.0.1:0", "-o", out) as capture:
        status, said, trouble = run("play-club", log, "--to", f"ws://127.0.0.1:{capture.port()}")
        assert status == 0, trouble
        assert capture.end(150) == 0, capture.said
    sent = int(said.split(": ")[1].split()[0])
    session = load_session(out)
    assert session.imu is not None
    assert len(session.imu.t_s) == sent
    assert session.body is not None
    assert len(session.events) == 8
    with RecordingReader(out) as reader:
        record = reader.metadata("capture/swings")
        about = reader.metadata("capture/about")
        video = reader.topics["/camera/main/video"]
        first_ns = reader.times_ns("/camera/main/video")[0]
    (swing,) = [s for s in record["swings"] if s["events"]]
    assert record["shown"] == swing["number"]
    assert video == about["recorded_frames"]
    assert video + about["lost_frames"] == 281
    # Impact is on frame 160.5 of this clip, seen by eye; the frames are 30 a second.
    assert swing["events"]["impact"]["t_s"] - first_ns * 1e-9 == pytest.approx(160.5 / 30, abs=0.07)
    if swing["found_by"] != "clip":
        # Three seconds from the finish to 3D beyond pose time, on a machine that is not doing something else too.
        share = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        finish = swing["events"]["finish"]["t_s"]
        assert swing["after_s"] + swing["end_s"] - finish < 3.0 * share


@pytest.mark.slow
def test_two_swings_in_one_capture_are_both_kept_and_the_last_is_shown(shared_data: Path, tmp_path: Path) -> None:
    clip, film, out = shared_data / "video" / "down_the_line_160px.mp4", tmp_path / "twice.mp4", tmp_path / "out.mcap"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"crf": "16"})
        stream.width, stream.height, stream.pix_fmt = 160, 160, "yuv420p"
        for _ in range(2):
            with av.open(str(clip)) as source:
                for picture in source.decode(video=0):
                    rgb = picture.to_ndarray(format="rgb24")
                    container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        container.mux(stream.encode())
    status, _, said = run("capture", "--camera", film, "-o", out)
    assert status == 0, said
    assert "2 swings in 3D" in said.splitlines()[-1]
    with RecordingReader(out) as reader:
        record = reader.metadata("capture/swings")
        start_s = reader.times_ns("/camera/main/video")[0] * 1e-9
        sessions = sum(entry.name == "swing/session" for entry in reader.index.metadata)
    assert record["shown"] == 2
    assert sessions == 2
    for number, swing in enumerate(record["swings"]):
        # Impact is published as frame 90 of the clip, which has 138.
        assert swing["events"]["impact"]["frame"] == pytest.approx(90 + 138 * number, abs=1.5)
        assert swing["events"]["impact"]["t_s"] - start_s == pytest.approx((90 + 138 * number) / 30, abs=0.07)
    shown = load_session(out)
    assert shown.events["impact"].t_s == record["swings"][1]["events"]["impact"]["t_s"]
    assert shown.body is not None
    # Its frames are counted within its own part of the capture, as its pose is.
    assert shown.pose is not None
    assert shown.pose.t_s[shown.events["impact"].frame] == pytest.approx(shown.events["impact"].t_s, abs=0.02)
