"""The parts of a capture: breaks when a queue waits, a lost frame goes unmarked, or a swing's part is put together
wrongly.
"""

import importlib.util
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinswing.body.motion import MotionMeter
from twinswing.desk.live_video import CodedVideo
from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.recording.writer import RecordingWriter
from twinswing.streams.cameras import CameraFrame, FrameQueue
from twinswing.streams.club_protocol import BatchArrived, ClubJoined, ClubLeft
from twinswing.streams.club_wire import Batch, Hello
from twinswing.streams.hub import ClockUpdated, HubSettings
from twinswing.swing.capture_camera import Backlog, CameraRecorder, Picture
from twinswing.swing.capture_clubs import ClubRecorder, Intake
from twinswing.swing.capture_study import StudyProcess, SwingJob, study_part
from twinswing.swing.session_io import load_session
from twinswing.timeline.clock import ClockMap
from twinswing.truth.imu import simulate

NS = 1_000_000_000

_spec = importlib.util.spec_from_file_location("swing_synth", Path(__file__).with_name("synth.py"))
assert _spec is not None
assert _spec.loader is not None
synth = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(synth)


def picture(i: int, size: tuple[int, int] = (96, 64)) -> np.ndarray:
    image = np.full((size[1], size[0], 3), 40, dtype=np.uint8)
    image[10:30, i % 60 : i % 60 + 20] = (200, 120, 40)
    return image


def frame(i: int, *, dropped: int = 0, size: tuple[int, int] = (96, 64)) -> CameraFrame:
    return CameraFrame(i, i * NS // 30, 0, picture(i, size), dropped)


def fail(error: Exception) -> None:
    raise AssertionError from error


class Given(FrameQueue):
    """A camera's queue that has lost what the frames in it say."""

    def __init__(self, frames: list[CameraFrame]) -> None:
        super().__init__(len(frames) + 1)
        for each in frames:
            self.put(each)
        self._frames = type(self._frames)(frames)
        self.close()


def record(out: Path, frames: list[CameraFrame], backlog: int = 600) -> tuple[CameraRecorder, list[Picture]]:
    waiting = Given(frames)
    pictures = Backlog(backlog)
    with RecordingWriter(out) as writer:
        recorder = CameraRecorder(waiting, writer, pictures, fail)
        recorder.start()
        recorder.join()
    left = []
    while (each := pictures.get()) is not None:
        left.append(each)
    return recorder, left


# ---------------------------------------------------------------------------------------------------------- the camera
def test_backlog_keeps_the_newest_and_never_waits() -> None:
    backlog = Backlog(3)
    for i in range(10):
        backlog.put(Picture(i, i, picture(i)))
    assert [backlog.get().index for _ in range(3)] == [7, 8, 9]  # type: ignore[union-attr]
    woken = []
    reader = threading.Thread(target=lambda: woken.append(backlog.get()))
    reader.start()
    backlog.close()
    reader.join(10.0)
    assert woken == [None]


def test_lost_frames_are_counted_and_marked_where_they_are_missing(tmp_path: Path) -> None:
    frames = [frame(0), frame(1), frame(5, dropped=3), frame(6), frame(8, dropped=1)]
    recorder, seen = record(tmp_path / "x.mcap", frames)
    assert (recorder.counts.recorded, recorder.counts.lost) == (5, 4)
    assert [each.t_ns for each in seen] == [each.t_ns for each in frames]
    with RecordingReader(tmp_path / "x.mcap") as reader:
        marks = reader.metadata("camera/main/gaps")
        assert reader.topics["/camera/main/video"] == 5
    assert marks["lost_frames"] == 4
    assert [(m["lost_frames"], round(m["after_s"] * 30), round(m["before_s"] * 30)) for m in marks["gaps"]] == [
        (3, 1, 5),
        (1, 6, 8),
    ]


def test_a_stream_that_comes_back_in_another_size_is_still_one_video(tmp_path: Path) -> None:
    recorder, seen = record(tmp_path / "x.mcap", [frame(0), frame(1), frame(2, size=(192, 128)), frame(3)])
    assert recorder.counts.recorded == 4
    assert {each.rgb.shape for each in seen} == {(64, 96, 3)}


def test_motion_over_many_blocks_equals_one_meter(tmp_path: Path) -> None:
    # A block's first picture is compared with the last one of the block before: nothing is lost at the seams.
    frames = [frame(i) for i in range(500)]
    recorder, _ = record(tmp_path / "x.mcap", frames)
    times, first, motion = recorder.motion.between(100 * NS // 30, 499 * NS // 30)
    meter = MotionMeter()
    for each in frames:
        meter.feed(np.ascontiguousarray(each.image_bgr[..., ::-1]))
    assert first == 100
    assert len(times) == 400
    np.testing.assert_array_equal(motion.cells, meter.result().cells[100:])


def test_a_swings_pictures_come_out_of_memory_by_time(tmp_path: Path) -> None:
    recorder, _ = record(tmp_path / "x.mcap", [frame(i) for i in range(60)])
    coded = tuple(recorder.coded_since(31 * NS // 30, 50 * NS // 30))
    assert coded[0].keyframe
    assert coded[0].t_ns <= 31 * NS // 30 < coded[-1].t_ns == 50 * NS // 30
    video = CodedVideo(coded)
    for i in (40, 33, 50, 34):  # forward, back, and over keyframes
        shown = video.frame_at(i / 30 + 0.01)
        assert shown is not None
        assert np.abs(shown.astype(float) - picture(i)[..., ::-1]).mean() < 6.0
    assert video.frame_at(-1.0) is None


# ----------------------------------------------------------------------------------------------------------- the clubs
HELLO = Hello("SN7", 11, "test 1", 1000.0, 156.9, 34.9)


def batch(sequence: int, count: int = 16, start: int | None = None) -> Batch:
    first = sequence * 16 if start is None else start
    t_ns = (np.arange(count) + first).astype(np.int64) * 1_000_000
    counts = np.tile(np.array([0, 0, 2048, 100, 0, 0], dtype=np.int16), (count, 1))
    counts[:, 0] = (first + np.arange(count)) % 30000
    return Batch(sequence, t_ns, counts, 156.9 / 32767, 34.9 / 32767)


def arrived(each: Batch, boot: int = 11, verdict: str = "new", gap: tuple[int, int] | None = None) -> BatchArrived:
    return BatchArrived("SN7", boot, each, 5 * NS + int(each.t_ns[-1]), verdict, gap)  # type: ignore[arg-type]


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(list(range(12))))
def test_samples_in_whatever_order_are_all_recorded_once(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    out = tmp_path_factory.mktemp("order") / "x.mcap"
    with RecordingWriter(out) as writer:
        clubs = ClubRecorder(writer)
        clubs(ClubJoined(HELLO, resumed=False))
        newest = -1
        for sequence in order:
            gap = (newest + 1, sequence - 1) if sequence > newest + 1 else None
            clubs(arrived(batch(sequence), verdict="new" if sequence > newest else "late", gap=gap))
            newest = max(newest, sequence)
        (line,) = clubs.lines()
        assert (line.samples, line.lost_batches) == (192, 0)
        clubs.close()
    imu = load_session(out).imu
    assert imu is not None
    np.testing.assert_allclose(imu.t_s, np.arange(192) * 1e-3, atol=1e-12)
    np.testing.assert_allclose(imu.accel_mps2[:, 0], np.arange(192) * 156.9 / 32767, rtol=1e-9)
    assert not any("never arrived" in warning for warning in imu.warnings)


def test_a_hole_that_is_never_filled_is_told(tmp_path: Path) -> None:
    out = tmp_path / "x.mcap"
    with RecordingWriter(out) as writer:
        clubs = ClubRecorder(writer)
        clubs(ClubJoined(HELLO, resumed=False))
        clubs(arrived(batch(0)))
        clubs(arrived(batch(3), gap=(1, 2)))
        clubs(ClubLeft("SN7", 11, "lost"))
        clubs.close()
    assert load_session(out).imu.warnings == ("32 samples of club SN7 never arrived.",)  # type: ignore[union-attr]
    with RecordingReader(out) as reader:
        about = reader.metadata("club/SN7")
    assert (about["samples"], about["lost_batches"], about["left"]) == (32, 2, "lost")


def test_each_power_on_is_a_line_of_its_own(tmp_path: Path) -> None:
    out = tmp_path / "x.mcap"
    with RecordingWriter(out) as writer:
        clubs = ClubRecorder(writer)
        for boot in (11, 12):
            clubs(ClubJoined(Hello("SN7", boot, "test 1", 1000.0, 156.9, 34.9), resumed=False))
            clubs(arrived(batch(0), boot=boot))
        clubs(ClubJoined(HELLO, resumed=True))  # the first one is back
        clubs(arrived(batch(1)))
        assert [(line.name, line.samples) for line in clubs.lines()] == [("SN7", 32), ("SN7:2", 16)]
    with RecordingReader(out) as reader:
        assert reader.clubs() == ["SN7", "SN7:2"]


def test_clock_maps_are_kept_as_versions_when_they_got_better(tmp_path: Path) -> None:
    out = tmp_path / "x.mcap"
    with RecordingWriter(out) as writer:
        clubs = ClubRecorder(writer)
        clubs(ClubJoined(HELLO, resumed=False))
        clubs(arrived(batch(0)))
        for sigma in (1e-2, 0.99e-2, 1e-3, 0.9e-3):
            clubs(ClockUpdated("SN7", 11, ClockMap(4.0, 3.0, sigma, "pings"), 9))
        clubs.close()
    with RecordingReader(out) as reader:
        stored = reader.metadata("clock/club/SN7")
        versions = sum(entry.name == "clock/club/SN7" for entry in reader.index.metadata)
    # The two that halved sigma, and the last one.
    assert versions == 3
    assert (stored["offset_s"], stored["sigma_s"], stored["pings"]) == (4.0, 0.9e-3, 9)


def test_samples_around_a_swing_come_from_the_club_that_moved(tmp_path: Path) -> None:
    clubs = ClubRecorder(None)
    for serial, rate in (("A", 50), ("B", 5000)):
        clubs(ClubJoined(Hello(serial, 1, "t", 1000.0, 156.9, 34.9), resumed=False))
        clubs(ClockUpdated(serial, 1, ClockMap(10.0, 0.0, 1e-4), 5))
        for sequence in range(40):
            each = batch(sequence)
            each.counts[:, 3] = rate
            clubs(BatchArrived(serial, 1, each, 11 * NS, "new"))
    found = clubs.samples(10.1, 10.3)
    assert found is not None
    samples, clock = found
    assert samples.serial == "B"
    assert clock.offset_s == 10.0
    assert 10.05 < samples.t_s[0] + 10.0 < samples.t_s[-1] + 10.0 < 10.35
    assert clubs.samples(10.1, 10.3, "A")[0].serial == "A"  # type: ignore[index]
    assert clubs.samples(50.0, 60.0) is None


def test_a_taken_address_leaves_no_recording_behind(tmp_path: Path) -> None:
    first = Intake(tmp_path / "a.mcap", HubSettings(), lambda: 0, 0)
    assert first.hub is not None
    with pytest.raises(InputError, match="cannot listen"):
        Intake(tmp_path / "b.mcap", HubSettings(port=first.hub.port), lambda: 0, 0)
    first.close()
    assert list(tmp_path.iterdir()) == []


# -------------------------------------------------------------------------------------------------------- the analysis
def job(**changes: object) -> SwingJob:
    n = 60
    parts: dict[str, object] = {
        "t_ns": np.arange(n, dtype=np.int64) * NS // 30,
        "rows": np.full((n, 33, 6), np.nan, dtype=np.float32),
        "looked": np.ones(n, dtype=np.bool_),
        "coded": (),
        "size_px": (96, 64),
        "camera_name": "test",
    }
    return SwingJob(**(parts | changes))  # type: ignore[arg-type]


def test_a_part_without_a_golfer_is_refused_or_kept_as_it_is() -> None:
    refused = study_part(job())
    assert refused.session is None
    assert "golf swing" in refused.refused
    kept = study_part(job(must_swing=False))
    assert kept.session is not None
    assert kept.session.pose is None
    assert kept.session.video is not None
    assert kept.session.video.frames == 60
    assert kept.session.warnings


@pytest.mark.parametrize("seed", [0, 1])
def test_a_swing_and_its_club_meet_by_the_sockets_clock(seed: int) -> None:
    swing = synth.swing(seed)
    pose, _ = synth.filmed(swing, rate_hz=30.0, seed=seed)
    true = ClockMap(12.5, 20.0)
    answer = study_part(
        job(
            t_ns=np.rint(pose.t_s * NS).astype(np.int64),
            rows=np.concatenate([pose.image_px, pose.world_m, pose.visibility[..., None]], -1).astype(np.float32),
            looked=np.ones(pose.frames, dtype=np.bool_),
            size_px=(pose.width_px, pose.height_px),
            imu=simulate(swing, clock=true, rng=np.random.default_rng(seed)),
            clock=ClockMap(12.5004, 20.0, 1e-3),
        )
    )
    session = answer.session
    assert session is not None, answer.refused
    assert session.alignment is not None, session.warnings
    at = float(true.to_source(swing.events_s["impact"]))
    found = ClockMap(session.alignment.offset_s, session.alignment.drift_ppm).to_session(at)
    # A third of a frame at 30 a second.
    assert float(found) == pytest.approx(swing.events_s["impact"], abs=0.01)
    assert session.club is not None
    assert session.body is not None


def test_pictures_that_nobody_looked_at_are_looked_at_by_number(tmp_path: Path) -> None:
    recorder, _ = record(tmp_path / "x.mcap", [frame(i) for i in range(60)])
    looked = np.ones(60, dtype=np.bool_)
    looked[[20, 33, 50]] = False

    class Detector:
        """Tells where the box is, in the coded picture's own pixels."""

        def detect(self, rgb: np.ndarray) -> np.ndarray:
            rows = np.zeros((33, 6), dtype=np.float32)
            rows[:, 0] = float(np.argmax(rgb[20, :, 2] > 120))
            return rows

    seen: list[float] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("twinswing.swing.capture_study.mend", lambda track: seen.extend(track.image_px[:, 0, 0]) or track)
        study_part(
            job(looked=looked, coded=tuple(recorder.coded_since(0, 59 * NS // 30)), size_px=(192, 128)),
            Detector(),  # type: ignore[arg-type]
        )
    got = np.array(seen)
    assert set(np.flatnonzero(np.isfinite(got))) == {20, 33, 50}
    # Landmarks are given in the camera's pixels, twice the coded picture's here.
    np.testing.assert_allclose(got[[20, 33, 50]], 2.0 * np.array([20, 33, 50]), atol=2.5)


def test_a_study_process_that_died_is_told_and_replaced() -> None:
    study = StudyProcess().start()
    try:
        assert "golf swing" in study.run(job()).refused
        assert study._process is not None
        study._process.kill()
        study._process.join()
        assert "golf swing" in study.run(job()).refused
    finally:
        study.close()
