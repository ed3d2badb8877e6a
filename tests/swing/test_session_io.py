"""A session comes out of a recording as it went in, and other tools read what was written."""

import time
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import SeekingReader
from mcap_protobuf.decoder import DecoderFactory

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import FrameState, PoseTrack
from twinswing.body.skeleton import JOINT, BodyMotion
from twinswing.club.model import ClubMotion, ClubSpec, ImuSamples, Mount
from twinswing.errors import InputError
from twinswing.recording.reader import RecordingReader
from twinswing.recording.writer import ImuBatch, RecordingWriter
from twinswing.swing.model import Alignment, Event, GolferInfo, Measure, SwingSession, VideoInfo
from twinswing.swing.session_io import load_session, open_video, write_session


def make_session(seed: int = 1, frames: int = 60, samples: int = 800) -> SwingSession:
    rng = np.random.default_rng(seed)
    t = np.cumsum(rng.uniform(0.01, 0.02, frames))
    t_club = -0.1 + np.arange(samples) * 1.2 / 800.0
    image = rng.normal(300, 100, (frames, 33, 2)).astype(np.float32)
    image[3] = np.nan
    state = np.full(frames, FrameState.DETECTED, np.uint8)
    state[3] = FrameState.MISSING
    quaternion = rng.normal(size=(samples, 4))
    quaternion /= np.linalg.norm(quaternion, axis=1, keepdims=True)
    spec = ClubSpec(kind="driver", name="Driver", length_m=1.14, serial="TW/7 #2", mount=Mount((0.0, 0.01, 0.02)))
    camera = PinholeCamera.look_at(
        position_m=(0.1, -4.0, 1.2), target_m=(0, 0, 0.9), width_px=720, height_px=1280, vertical_fov_rad=0.9
    )
    return SwingSession(
        video=VideoInfo("phone.mp4", frames, 1.0, 59.94, True, 720, 1280),
        golfer=GolferInfo(frames - 1, "left", "face-on", None),
        pose=PoseTrack(
            t, image, rng.normal(size=(frames, 33, 3)).astype(np.float32),
            rng.uniform(size=(frames, 33)).astype(np.float32), state, 720, 1280, rng.random(frames) < 0.1,
        ),
        camera=replace(camera, readout_s=0.02, source="estimated", distortion=(0.1, -0.02, 0.0, 0.0, 0.0)),
        body=BodyMotion(t, rng.normal(size=(frames, 23, 3)), rng.uniform(size=(frames, 23)), "left", "mocap"),
        imu=ImuSamples(
            t_club + 100.0, rng.normal(0, 50, (samples, 3)), rng.normal(0, 20, (samples, 3)),
            rng.random(samples) < 0.05, 156.9, float("nan"), "TW/7 #2", spec, ("2 lines were skipped.",),
        ),
        club=ClubMotion(
            t_club, rng.normal(size=(samples, 3)), quaternion, rng.normal(size=(samples, 3)),
            rng.uniform(size=samples), rng.uniform(size=samples), spec, "club+video",
        ),
        alignment=Alignment(-100.000123, 31.5, 0.0021, 0.93, "wrist"),
        events={"top": Event(30, float(t[30]), 0.8), "impact": Event(40, float(t[40]) + 1e-10, 0.99)},
        measures={
            "tempo_ratio": Measure(3.1, "1", 0.1, "video"),
            "head_speed": Measure(45.0, "m/s", float("nan"), "club"),
        },
        warnings=("The clip ends early.",),
        appearance={"shirt": "#224466"},
    )  # fmt: skip


def assert_same(found: object, expected: object, where: str = "session") -> None:
    if is_dataclass(expected):
        assert type(found) is type(expected), where
        for f in fields(expected):
            assert_same(getattr(found, f.name), getattr(expected, f.name), f"{where}.{f.name}")
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, item in expected.items():
            assert_same(found[key], item, f"{where}[{key}]")
    elif isinstance(expected, np.ndarray):
        assert found.dtype == expected.dtype, where
        assert found.shape == expected.shape, where
        if where.endswith("t_s"):
            assert np.abs(found - expected).max() <= 0.6e-9, where
        elif ".imu." in where:
            np.testing.assert_allclose(found, expected, rtol=6e-8, atol=0, err_msg=where)
        else:
            np.testing.assert_array_equal(found, expected, err_msg=where)
    elif isinstance(expected, float) and np.isnan(expected):
        assert np.isnan(found), where
    else:
        assert found == expected, where


def test_everything_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    session = make_session()
    with RecordingWriter(path) as writer:
        write_session(writer, session)
    assert_same(load_session(path), replace(session, path=path))


def test_an_empty_session_comes_back_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, SwingSession())
    assert_same(load_session(path), SwingSession(path=path))


def test_a_second_analysis_replaces_the_first_and_repeats_no_sample(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, make_session(1))
    captured = make_session(1).imu
    second = replace(make_session(2, frames=45), imu=captured)
    with RecordingWriter.extend(path) as writer:
        write_session(writer, second)
    assert_same(load_session(path), replace(second, path=path))


def test_an_analysis_that_finds_less_hides_what_the_first_found(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, make_session(1))
    less = replace(make_session(1), body=None, club=None, pose=None, events={})
    with RecordingWriter.extend(path) as writer:
        write_session(writer, less)
    assert_same(load_session(path), replace(less, path=path))


def test_an_analysis_that_did_not_finish_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    session = make_session(1)
    with RecordingWriter(path) as writer:
        write_session(writer, session)
    with RecordingWriter.extend(path) as writer:
        writer.write_event(0, "top", frame=0, confidence=1.0)
        writer.write_body(0, np.zeros((23, 3)), np.zeros(23))
    assert_same(load_session(path), replace(session, path=path))


def test_pose_written_live_is_replaced_by_the_mended_one_or_kept(tmp_path: Path) -> None:
    session = make_session()
    live = {"image_px": np.zeros((33, 2)), "world_m": np.zeros((33, 3)), "visibility": np.zeros(33), "state": 1}
    for written, frames in ((frozenset(), 60), (frozenset({"pose"}), 2)):
        path = tmp_path / f"{frames}.mcap"
        with RecordingWriter(path) as writer:
            for k in range(2):
                writer.write_pose_frame(k * 10**7, frame=k, width_px=720, height_px=1280, **live)
            write_session(writer, session, written=written)
        pose = load_session(path).pose
        assert pose is not None
        assert pose.frames == frames


def test_a_capture_that_was_never_analysed_gives_its_samples(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    raw = np.zeros((16, 6), np.int16)
    raw[:, 2] = 2048
    raw[4, 3] = 32767
    with RecordingWriter(path) as writer:
        for k in (0, 1, 3):  # one batch was lost on the way, and one comes twice
            batch = ImuBatch(
                np.arange(16) * 10**6 + k * 16 * 10**6, raw, 9.80665 / 2048, 0.001, sequence=16 * k, clip_count=1
            )
            writer.write_imu_batch("A1", k * 16 * 10**6, batch)
        writer.write_imu_batch("A1", 4 * 16 * 10**6, batch)
    session = load_session(path)
    assert session.imu is not None
    assert session.imu.serial == "A1"
    assert len(session.imu.t_s) == 48
    np.testing.assert_allclose(session.imu.accel_mps2[:, 2], 9.80665)
    assert session.imu.gyro_radps[4, 0] == pytest.approx(32.767)
    assert session.imu.clipped.nonzero()[0].tolist() == [4, 20, 36]
    assert "16 samples" in session.imu.warnings[0]
    assert session.body is None
    assert session.pose is None


def test_other_tools_decode_every_message_and_see_the_figure(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    session = make_session()
    with RecordingWriter(path) as writer:
        write_session(writer, session)
    seen: dict[str, str] = {}
    scenes = []
    with path.open("rb") as file:
        reader = SeekingReader(file, validate_crcs=True, decoder_factories=[DecoderFactory()])
        for schema, channel, _, message in reader.iter_decoded_messages():
            assert (schema.encoding, channel.message_encoding) == ("protobuf", "protobuf")
            seen[channel.topic] = schema.name
            if channel.topic == "/scene":
                scenes.append(message)
            if channel.topic == "/camera/main/calibration":
                assert (message.width, message.K[0]) == (720, session.camera.focal_px)
            if channel.topic == "/tf":
                assert message.translation.y == -4.0
    assert seen == {
        "/body/pose": "foxglove.PosesInFrame",
        "/body/sigma": "twinswing.BodySigma",
        "/camera/main/calibration": "foxglove.CameraCalibration",
        "/camera/main/pose": "twinswing.PoseFrame",
        "/club/TW_7_2/head": "twinswing.ClubHead",
        "/club/TW_7_2/imu": "twinswing.ImuBatch",
        "/club/TW_7_2/pose": "foxglove.PoseInFrame",
        "/events": "twinswing.Event",
        "/scene": "foxglove.SceneUpdate",
        "/tf": "foxglove.FrameTransform",
    }
    entities = [{entity.id: entity.lines[0] for entity in scene.entities} for scene in scenes]
    trail = next(e["trail"] for e in entities if "trail" in e)
    figures = [e for e in entities if "golfer" in e]
    spine = [[p.x, p.y, p.z] for p in figures[0]["golfer"].points[:2]]
    np.testing.assert_array_equal(spine, session.body.joints_m[0][[JOINT["pelvis"], JOINT["spine"]]])
    assert len(figures[0]["golfer"].points) == 2 * 24
    assert len(trail.points) == 800
    shafts = [e["club"].points for e in figures if "club" in e]
    assert len(shafts) == len(figures)
    assert all(np.abs(session.club.butt_m - [p[0].x, p[0].y, p[0].z]).sum(axis=1).min() == 0 for p in shafts)


def test_a_long_session_loads_in_half_a_second(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    session = make_session(frames=720, samples=4000)  # 3 s at 240 frames a second, and 5 s of a club
    with RecordingWriter(path) as writer:
        write_session(writer, session)
    load_session(path)
    start = time.process_time()
    load_session(path)
    assert time.process_time() - start < 0.5


def test_damage_and_strangers_get_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        writer.add_metadata("swing/session", {"events": {"top": {"frame": 1}}})
    with pytest.raises(InputError, match="session is damaged"):
        load_session(path)
    with pytest.raises(InputError, match="could not be opened"):
        load_session(tmp_path / "none.mcap")


def test_a_recording_without_video_has_none(tmp_path: Path) -> None:
    path = tmp_path / "a.mcap"
    with RecordingWriter(path) as writer:
        write_session(writer, make_session())
    assert open_video(path) is None
    with RecordingReader(path) as reader:
        assert reader.clubs() == ["TW_7_2"]
