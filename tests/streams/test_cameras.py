"""Cameras: files in their own time, and a real MJPEG server on loopback that stalls and breaks."""

import http.server
import threading
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from twinswing.errors import InputError, MissingPartError
from twinswing.streams.cameras import (
    CameraFrame,
    CameraSettings,
    CameraState,
    CameraThread,
    FrameClock,
    FrameQueue,
    shown_name,
)

NS = 1_000_000_000
SIZE = 96


def picture(number: int) -> np.ndarray:
    """Return a picture that carries its number as eight black or white bars, so that any codec keeps it."""
    bits = [(number >> bit) & 1 for bit in range(8)]
    bars = np.repeat(np.array(bits, dtype=np.uint8) * 255, SIZE // 8)
    return np.repeat(np.broadcast_to(bars, (SIZE, SIZE))[:, :, None], 3, axis=2).copy()


def number_of(image: np.ndarray) -> int:
    middle = image[SIZE // 2, SIZE // 16 :: SIZE // 8, 0][:8]
    return sum(1 << bit for bit, value in enumerate(middle) if value > 127)


@pytest.fixture(scope="module")
def variable_rate_file(tmp_path_factory) -> tuple[Path, list[float]]:
    """A clip whose frames are 10 to 40 ms apart."""
    path = tmp_path_factory.mktemp("video") / "variable.mp4"
    times_ms = np.cumsum([0, 33, 10, 40, 20, 33, 12, 40, 25, 15, 33, 33]).tolist()
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=30)
        stream.width = stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, at in enumerate(times_ms):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path, [at / 1000 for at in times_ms]


def drained(queue: FrameQueue, timeout_s: float = 10.0) -> list[CameraFrame]:
    frames = []
    while (frame := queue.get(timeout_s)) is not None:
        frames.append(frame)
    return frames


# -------------------------------------------------------------------------------------------------------------- files
def test_file_plays_in_its_own_time(variable_rate_file) -> None:
    path, times = variable_rate_file
    camera = CameraThread(str(path))
    queue = camera.subscribe(100)
    started = time.monotonic()
    with camera:
        frames = drained(queue)
    assert time.monotonic() - started >= times[-1]
    assert [number_of(frame.image_bgr) for frame in frames] == list(range(len(times)))
    taken = np.array([frame.t_ns for frame in frames]) / NS
    np.testing.assert_allclose(taken - taken[0], times, atol=1e-6)
    assert camera.status().state is CameraState.ENDED
    assert queue.ended


def test_slow_consumer_loses_frames_and_knows_which(variable_rate_file) -> None:
    path, times = variable_rate_file
    camera = CameraThread(str(path))
    slow, fast = camera.subscribe(2), camera.subscribe(100)
    with camera:
        assert len(drained(fast)) == len(times)
    frames = drained(slow)
    assert [frame.index for frame in frames] == [len(times) - 2, len(times) - 1]
    assert frames[0].dropped_before == slow.dropped == len(times) - 2
    assert fast.dropped == 0


def test_frames_cannot_be_spoiled_by_a_consumer(variable_rate_file) -> None:
    camera = CameraThread(str(variable_rate_file[0]))
    queue = camera.subscribe()
    with camera:
        frame = queue.get(5.0)
    assert frame is not None
    with pytest.raises(ValueError, match="read-only"):
        frame.image_bgr[0, 0] = 0


@pytest.mark.parametrize("content", [b"", b"not a video" * 100])
def test_file_without_pictures_is_one_sentence(tmp_path, content) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.mp4"):
        CameraThread(str(path)).start()


def test_missing_file_is_one_sentence(tmp_path) -> None:
    with pytest.raises(InputError, match=r"nothing\.mp4"):
        CameraThread(str(tmp_path / "nothing.mp4")).start()


def test_missing_device_names_the_remedy() -> None:
    with pytest.raises(MissingPartError, match="plug one in"):
        CameraThread("63").start()


def test_stop_ends_a_playing_file_at_once(variable_rate_file) -> None:
    camera = CameraThread(str(variable_rate_file[0]))
    queue = camera.subscribe(100)
    camera.start()
    assert queue.get(5.0) is not None
    camera.stop()
    assert len(drained(queue)) < len(variable_rate_file[1]) - 1


# ------------------------------------------------------------------------------------------------------------- queues
def test_queue_counts_and_marks() -> None:
    queue = FrameQueue(3)
    image = picture(0)
    for index in range(10):
        queue.put(CameraFrame(index, index, 0, image))
    first = queue.get(0)
    assert first is not None
    assert (first.index, first.dropped_before) == (7, 7)
    second = queue.get(0)
    assert second is not None
    assert (second.index, second.dropped_before) == (8, 0)
    for index in range(10, 13):
        queue.put(CameraFrame(index, index, 0, image))
    newest = queue.latest()
    assert newest is not None
    assert newest.index == 12
    assert newest.dropped_before == 3  # 9, 10 and 11
    assert queue.dropped == 7 + 1 + 2
    assert queue.latest() is None
    assert queue.get(0) is None


def test_stamps_increase_and_state_at_least_a_frame() -> None:
    clock = FrameClock(1 / 30)
    rng = np.random.default_rng(2)
    arrivals = np.cumsum(rng.normal(1 / 60, 0.002, 200)) * NS
    stamps = [clock.stamp(int(at)) for at in arrivals]
    times = [at for at, _ in stamps]
    assert (np.diff(times) > 0).all()
    assert stamps[-1][1] / NS == pytest.approx(1 / 60, rel=0.1)
    assert clock.stamp(times[-1] - 5)[0] > times[-1]  # a session clock that stands still cannot turn frames round


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("rtsp://me:secret@cam.local:554/live", "rtsp://cam.local:554/live"),
        ("0", "0"),
        ("http://h/x?y", "http://h/x?y"),
    ],
)
def test_password_is_not_shown(source: str, shown: str) -> None:
    assert shown_name(source) == shown


# -------------------------------------------------------------------------------------------------- a real HTTP camera
class MjpegServer:
    """Serves numbered pictures; each connection follows the next script: how many pictures, then "close" or "stall"."""

    def __init__(self, *scripts: tuple[int, str]) -> None:
        self.scripts = list(scripts)
        self.connections = 0
        self.sent = 0
        self.released = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)

    def serve(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.end_headers()
        try:
            for _ in range(script[0]):
                data = cv2.imencode(".jpg", picture(self.sent % 256))[1].tobytes()
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                handler.wfile.write(head + data + b"\r\n")
                self.sent += 1
                time.sleep(0.01)  # a camera's own pace
            if script[1] == "stall":
                self.released.wait(20.0)
        except OSError:
            pass  # the camera thread hung up

    def __enter__(self) -> "MjpegServer":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/live.mjpg"


QUICK = CameraSettings(open_timeout_s=3.0, read_timeout_s=1.0, backoff_s=0.05, backoff_max_s=0.2)


def test_http_camera_is_read_frame_by_frame() -> None:
    with MjpegServer((100, "stall")) as server:
        camera = CameraThread(server.url, settings=QUICK)
        queue = camera.subscribe(200)
        with camera:
            frames = [queue.get(10.0) for _ in range(60)]
        numbers = [number_of(frame.image_bgr) for frame in frames if frame]
    assert len(numbers) == 60
    assert (np.diff(numbers) == 1).all()
    times = np.array([frame.t_ns for frame in frames if frame])
    assert (np.diff(times) > 0).all()
    assert all(frame.sigma_ns > 0 for frame in frames if frame)


@pytest.mark.parametrize("trouble", ["close", "stall"])
def test_http_camera_that_breaks_is_opened_again(trouble: str) -> None:
    with MjpegServer((40, trouble), (10_000, "close")) as server:
        camera = CameraThread(server.url, settings=QUICK)
        queue = camera.subscribe(1000)
        with camera:
            frames: list[CameraFrame] = []
            while not (frames and frames[-1].restarted):
                frame = queue.get(15.0)
                assert frame is not None
                frames.append(frame)
            assert camera.status().restarts == 1
            assert camera.status().state is CameraState.LIVE
    assert server.connections >= 2
    assert (np.diff([frame.t_ns for frame in frames]) > 0).all()
    assert [frame.index for frame in frames] == list(range(len(frames)))


def test_camera_that_stays_away_ends_and_says_so() -> None:
    with MjpegServer((30, "close"), (0, "close")) as server:
        settings = CameraSettings(3.0, 1.0, 0.05, 0.1, give_up_after_s=0.3)
        camera = CameraThread(server.url, settings=settings)
        queue = camera.subscribe(1000)
        with camera:
            assert len(drained(queue, 20.0)) >= 20
            assert camera.status().state is CameraState.ENDED
            assert "no picture" in camera.status().trouble


def test_unreachable_stream_is_one_sentence() -> None:
    with MjpegServer((1, "close")) as server:
        url = server.url
    with pytest.raises(InputError, match="check the address"):
        CameraThread(url, settings=QUICK).start()
