"""A swing session in a recording and out of it.

Times are kept to the nanosecond and the club's raw samples as float32 (a relative error of 6e-8, a hundredth of a
16-bit sensor's step); all else comes back exactly as it was.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from math import isfinite, nan
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from twinswing.body.camera import PinholeCamera
from twinswing.body.landmarks import PoseTrack
from twinswing.body.skeleton import BodyMotion
from twinswing.club.delivery import Delivery
from twinswing.club.model import ClubMotion, ClubSpec, ImuSamples, Mount
from twinswing.errors import InputError
from twinswing.recording import topics
from twinswing.recording.arrays import body_columns, club_columns, imu_columns, pose_columns
from twinswing.recording.reader import RecordingReader
from twinswing.recording.video import VideoSource
from twinswing.recording.writer import ImuBatch, RecordingWriter
from twinswing.swing.model import Alignment, Event, GolferInfo, Measure, SecondView, SwingSession, VideoInfo
from twinswing.swing.session_scene import write_scene
from twinswing.timeline.clock import NS_PER_S

__all__ = ["VideoSource", "load_session", "open_video", "write_session"]

# Name of the document with all that is no time series.
SESSION_RECORD = "swing/session"
# Samples in one IMU message: at 1 kHz 32 ms, so that a batch is small against a chunk and large against its frame.
_BATCH = 32

T = TypeVar("T")


def write_session(
    writer: RecordingWriter,
    session: SwingSession,
    *,
    camera: str = "main",
    written: frozenset[str] = frozenset(),
    scene: bool = True,
) -> None:
    """Write what is known of a swing as one revision of results, and make it the one that readers show.

    written : parts that the caller has written as they came, of {"pose"}. A club's samples are never written twice.
    scene   : also write figure, club and trail for viewers of Foxglove's kind.
    The video itself is not part of a session: see `recording.video`.
    """
    if any(writer.has(topic) for topic in _result_topics(session, camera, written)):
        writer.next_revision()
    if session.pose is not None and "pose" not in written:
        _write_pose(writer, session.pose, camera)
    if session.camera is not None:
        _write_camera(writer, session.camera, session.span_s()[0], camera)
    if session.body is not None:
        body = session.body
        for t, joints, sigma in zip(_ns(body.t_s).tolist(), body.joints_m, body.sigma_m, strict=True):
            writer.write_body(t, joints, sigma)
    if session.imu is not None and not writer.has(topics.club(_serial(session), "imu")):
        _write_imu(writer, _serial(session), session.imu, session.alignment)
    if session.club is not None:
        _write_club(writer, _serial(session), session.club)
    for name, event in session.events.items():
        writer.write_event(
            round(event.t_s * NS_PER_S), name, frame=event.frame, confidence=event.confidence, source="analysis"
        )
    if scene:
        write_scene(writer, session)
    writer.add_metadata(SESSION_RECORD, _document(session, camera))
    writer.commit_revision()


def load_session(path: str | Path) -> SwingSession:
    """Read a swing; its video stays in the recording (`open_video`).

    A recording that was never analysed, or was saved from a crash, gives what was captured.
    Raises InputError if the file is no recording or is damaged.
    """
    with RecordingReader(path) as reader:
        document = reader.metadata(SESSION_RECORD) or {}
        try:
            return _session(reader, document)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(f"{path}: its session is damaged or of another version ({error}).") from error


def open_video(path: str | Path, camera: str = "main") -> VideoSource | None:
    """Open the video of a recording for reading pictures by time; None if it has none."""
    return VideoSource.open(path, camera)


def _ns(t_s: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(np.asarray(t_s, dtype=np.float64) * NS_PER_S).astype(np.int64)


def _serial(session: SwingSession) -> str:
    """The name that a session's club goes by in topics."""
    imu, club = session.imu, session.club
    return (imu.serial if imu else "") or (club.spec.serial if club else "") or "club"


def _result_topics(session: SwingSession, camera: str, written: frozenset[str]) -> list[str]:
    club = _serial(session)
    names = [topics.BODY_POSE, topics.EVENTS, topics.SCENE, topics.club(club, "pose")]
    names.append(topics.camera(camera, "calibration"))
    return names if "pose" in written or session.pose is None else [*names, topics.camera(camera, "pose")]


def _write_pose(writer: RecordingWriter, pose: PoseTrack, camera: str) -> None:
    for frame, t in enumerate(_ns(pose.t_s).tolist()):
        writer.write_pose_frame(
            t,
            frame=frame,
            image_px=pose.image_px[frame],
            world_m=pose.world_m[frame],
            visibility=pose.visibility[frame],
            state=int(pose.state[frame]),
            width_px=pose.width_px,
            height_px=pose.height_px,
            swapped=bool(pose.swapped[frame]),
            camera=camera,
        )


def _write_camera(writer: RecordingWriter, model: PinholeCamera, t_s: float, camera: str) -> None:
    x, y, z, w = Rotation.from_matrix(model.rotation.T).as_quat()
    f, (cx, cy) = model.focal_px, model.centre_px
    writer.write_camera(
        round(t_s * NS_PER_S),
        width_px=model.width_px,
        height_px=model.height_px,
        matrix=np.array([[f, 0.0, cx], [0.0, f, cy], [0.0, 0.0, 1.0]]),
        position_m=model.position_m,
        quaternion=(w, x, y, z),
        distortion=model.distortion,
        camera=camera,
    )


def _write_imu(writer: RecordingWriter, serial: str, imu: ImuSamples, alignment: Alignment | None) -> None:
    device = _ns(imu.t_s)
    scale, offset = (1.0 + alignment.drift_ppm * 1e-6, alignment.offset_s) if alignment else (1.0, 0.0)
    session_t = _ns(imu.t_s * scale + offset)
    values = np.hstack([imu.accel_mps2, imu.gyro_radps]).astype(np.float32)
    clipped = np.asarray(imu.clipped, dtype=np.bool_)
    for start in range(0, len(device), _BATCH):
        part = slice(start, start + _BATCH)
        batch = ImuBatch(
            device_t_ns=device[part],
            values=values[part],
            sequence=start,
            clip_count=int(np.count_nonzero(clipped[part])),
            clipped=clipped[part],
        )
        writer.write_imu_batch(serial, int(session_t[start]), batch)


def _write_club(writer: RecordingWriter, serial: str, club: ClubMotion) -> None:
    for i, t in enumerate(_ns(club.t_s).tolist()):
        writer.write_club(
            serial,
            t,
            butt_m=club.butt_m[i],
            quaternion=club.quaternion[i],
            head_m=club.head_m[i],
            sigma_m=float(club.sigma_m[i]),
            sigma_rad=float(club.sigma_rad[i]),
        )


# The document: JSON has no NaN, so a number that is not known is null there.


def _document(session: SwingSession, camera: str) -> dict[str, Any]:
    imu, club, body = session.imu, session.club, session.body
    model = session.camera
    document: dict[str, Any] = {
        "camera_name": camera,
        "club_serial": _serial(session),
        "video": asdict(session.video) if session.video else None,
        "golfer": asdict(session.golfer) if session.golfer else None,
        "camera": None,
        "pose": session.pose is not None,
        "body": {"handed": body.handed, "source": body.source} if body else None,
        "imu": None,
        "club": {"spec": asdict(club.spec), "source": club.source} if club else None,
        "alignment": asdict(session.alignment) if session.alignment else None,
        "events": {name: asdict(event) for name, event in session.events.items()},
        "measures": {name: asdict(measure) for name, measure in session.measures.items()},
        "warnings": list(session.warnings),
        "appearance": dict(session.appearance),
        "delivery": asdict(session.delivery) if session.delivery else None,
        "missing": dict(session.missing),
    }
    if model:
        document["camera"] = _camera_document(model)
    if session.second:
        other = session.second
        document["second"] = {
            "name": other.name, "view": other.view, "late_s": other.late_s, "sigma_s": other.sigma_s,
            "camera": _camera_document(other.camera),
        }  # fmt: skip
    if imu:
        document["imu"] = {
            "accel_range_mps2": imu.accel_range_mps2,
            "gyro_range_radps": imu.gyro_range_radps,
            "serial": imu.serial,
            "spec": asdict(imu.spec) if imu.spec else None,
            "warnings": list(imu.warnings),
        }
    cleaned: dict[str, Any] = _finite(document)
    return cleaned


def _camera_document(model: PinholeCamera) -> dict[str, Any]:
    arrays = {"position_m": model.position_m.tolist(), "rotation": model.rotation.tolist()}
    return {f.name: getattr(model, f.name) for f in fields(model)} | arrays


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        return _finite(value.item())
    return None if isinstance(value, float) and not isfinite(value) else value


def _build(kind: type[T], document: Mapping[str, Any] | None, numbers: tuple[str, ...] = ()) -> T | None:
    """Make a dataclass of the fields that it knows; `numbers` are those whose null means NaN."""
    if document is None:
        return None
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    values = {key: value for key, value in document.items() if key in known}
    values |= {key: nan for key in numbers if key in values and values[key] is None}
    return kind(**values)


def _session(reader: RecordingReader, document: Mapping[str, Any]) -> SwingSession:
    cameras = reader.cameras()
    camera = document.get("camera_name", "main" if "main" in cameras or not cameras else cameras[0])
    clubs = reader.clubs()
    serial = document.get("club_serial", clubs[0] if clubs else "club")
    # An analysis that found no body hides the body of the one before; without any document all that is there counts.
    has = {part: not document or bool(document.get(part)) for part in ("pose", "body", "club")}
    pose = pose_columns(reader, camera) if has["pose"] else None
    events = document.get("events")
    measures = {name: _build(Measure, m, ("value", "sigma")) for name, m in document.get("measures", {}).items()}
    return SwingSession(
        path=reader.path,
        video=_build(VideoInfo, document.get("video"), ("duration_s", "rate_hz")) or _video_info(reader, camera),
        golfer=_build(GolferInfo, document.get("golfer")),
        pose=None if pose is None else _pose_track(pose),
        camera=_camera(document.get("camera")),
        body=_body(reader, document.get("body")) if has["body"] else None,
        imu=_imu(reader, serial, document.get("imu")),
        club=_club(reader, serial, document.get("club")) if has["club"] else None,
        alignment=_build(Alignment, document.get("alignment"), ("drift_ppm", "sigma_s", "confidence")),
        events=_events(reader) if events is None else {n: Event(**e) for n, e in events.items()},
        measures={name: measure for name, measure in measures.items() if measure is not None},
        warnings=tuple(document.get("warnings", ())),
        appearance=dict(document.get("appearance", {})),
        second=_second(document.get("second")),
        delivery=Delivery.from_dict(document["delivery"]) if document.get("delivery") else None,
        missing=dict(document.get("missing", {})),
    )


def _pose_track(columns: Any) -> PoseTrack:
    return PoseTrack(
        t_s=columns.t_ns / NS_PER_S,
        image_px=columns.image_px,
        world_m=columns.world_m,
        visibility=columns.visibility,
        state=columns.state,
        width_px=columns.width_px,
        height_px=columns.height_px,
        swapped=columns.swapped,
    )


def _camera(document: Mapping[str, Any] | None) -> PinholeCamera | None:
    if document is None:
        return None
    arrays = {
        "position_m": np.array(document["position_m"], dtype=np.float64),
        "rotation": np.array(document["rotation"], dtype=np.float64).reshape(3, 3),
        "centre_px": (document["centre_px"][0], document["centre_px"][1]),
        "distortion": tuple(document.get("distortion", ())),
    }
    return _build(PinholeCamera, {**document, **arrays})


def _second(document: Mapping[str, Any] | None) -> SecondView | None:
    if document is None:
        return None
    camera = _camera(document["camera"])
    assert camera is not None
    return SecondView(document["name"], document["view"], camera, document["late_s"], document["sigma_s"])


def _spec(document: Mapping[str, Any] | None) -> ClubSpec | None:
    if document is None:
        return None
    mount = document.get("mount")
    built = None if mount is None else Mount(tuple(mount["position_m"]), tuple(mount["quaternion"]))
    return _build(ClubSpec, {**document, "mount": built})


def _body(reader: RecordingReader, document: Mapping[str, Any] | None) -> BodyMotion | None:
    columns = body_columns(reader)
    if columns is None:
        return None
    t_ns, joints, sigma = columns
    about = document or {}
    return BodyMotion(
        t_ns / NS_PER_S, joints, sigma, handed=about.get("handed", "right"), source=about.get("source", "video")
    )


def _imu(reader: RecordingReader, serial: str, document: Mapping[str, Any] | None) -> ImuSamples | None:
    columns = imu_columns(reader, serial)
    if columns is None:
        return None
    about = document or {}
    warnings = list(about.get("warnings", ()))
    if columns.missing and document is None:
        warnings.append(f"{columns.missing} samples of club {serial} never arrived.")
    ranges = [about.get(name) for name in ("accel_range_mps2", "gyro_range_radps")]
    return ImuSamples(
        t_s=columns.device_t_ns / NS_PER_S,
        accel_mps2=columns.accel_mps2,
        gyro_radps=columns.gyro_radps,
        clipped=columns.clipped,
        accel_range_mps2=nan if ranges[0] is None else ranges[0],
        gyro_range_radps=nan if ranges[1] is None else ranges[1],
        serial=about.get("serial", serial),
        spec=_spec(about.get("spec")),
        warnings=tuple(warnings),
    )


def _club(reader: RecordingReader, serial: str, document: Mapping[str, Any] | None) -> ClubMotion | None:
    columns = club_columns(reader, serial)
    if columns is None:
        return None
    t_ns, rows = columns
    about = document or {}
    return ClubMotion(
        t_s=t_ns / NS_PER_S,
        butt_m=rows[:, 0:3],
        quaternion=rows[:, 3:7],
        head_m=rows[:, 7:10],
        sigma_m=rows[:, 10],
        sigma_rad=rows[:, 11],
        spec=_spec(about.get("spec")) or ClubSpec(),
        source=about.get("source", "video"),
    )


def _events(reader: RecordingReader) -> dict[str, Event]:
    found = [message.decode() for message in reader.messages(topics.EVENTS)]
    return {e.name: Event(e.frame, e.t_ns / NS_PER_S, e.confidence) for e in found}


def _video_info(reader: RecordingReader, camera: str) -> VideoInfo | None:
    """Describe a video that nobody has analysed by what was recorded of it."""
    times = reader.times_ns(topics.camera(camera, "video")) / NS_PER_S
    if len(times) < 2:
        return None
    first = VideoSource(reader, camera).frame(0)
    height, width = (0, 0) if first is None else first.shape[:2]
    steps = np.diff(times)
    step = float(np.median(steps))
    return VideoInfo(
        name=camera,
        frames=len(times),
        duration_s=float(times[-1] - times[0]) + step,
        rate_hz=1.0 / step,
        variable_rate=bool(np.any(np.abs(steps - step) > 0.2 * step)),
        width_px=width,
        height_px=height,
    )
