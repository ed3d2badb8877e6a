"""Writes a recording while it happens, and adds results to one that exists."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinswing.recording import schemas, topics
from twinswing.recording.writing import RecordingFile


@dataclass(frozen=True)
class ImuBatch:
    """Samples of a club's sensor as they arrived.

    device_t_ns : time of each sample on the club's own clock, integer nanoseconds, shape (n,).
    values      : ax ay az gx gy gz, int16 (raw) or float32, shape (n, 6).
    accel_scale, gyro_scale : what one unit of `values` is in m/s2 and in rad/s.
    sequence    : number of the first sample since the club was switched on.
    clip_count  : samples of this batch that touched a range limit.
    clipped     : which of them, shape (n,), or None where the club only counts them.
    """

    device_t_ns: NDArray[np.int64]
    values: NDArray[Any]
    accel_scale: float = 1.0
    gyro_scale: float = 1.0
    sequence: int = 0
    clip_count: int = 0
    clipped: NDArray[np.bool_] | None = field(default=None)


class RecordingWriter(RecordingFile):
    """Writes the messages of a recording; see `RecordingFile` for opening, documents, attached files and closing."""

    def write_video(self, t_ns: int, data: bytes, *, camera: str = "main", codec: str = "h264") -> None:
        """Write one coded picture (Annex B, in order of presentation) shown at a time; codec "h264" or "h265"."""
        message = schemas.CompressedVideo(frame_id=f"camera/{camera}", data=data, format=codec)
        message.timestamp.FromNanoseconds(self.log_time(t_ns))
        self.write(topics.camera(camera, "video"), message, t_ns)

    def write_pose_frame(
        self,
        t_ns: int,
        *,
        frame: int,
        image_px: ArrayLike,
        world_m: ArrayLike,
        visibility: ArrayLike,
        state: int,
        width_px: int,
        height_px: int,
        swapped: bool = False,
        camera: str = "main",
    ) -> None:
        """Write one frame's landmarks: float32 pixels (33, 2), metres (33, 3) and visibility (33,); NaN if missing."""
        message = schemas.PoseFrame(
            t_ns=t_ns,
            frame=frame,
            state=int(state),
            swapped=bool(swapped),
            width_px=width_px,
            height_px=height_px,
            image_px=_floats(image_px),
            world_m=_floats(world_m),
            visibility=_floats(visibility),
        )
        self.write(topics.camera(camera, "pose"), message, t_ns)

    def write_imu_batch(self, serial: str, t_ns: int, batch: ImuBatch) -> None:
        """Write a club's samples; `t_ns` is the session time of the first, as well as it is known on arrival."""
        values = np.ascontiguousarray(batch.values)
        if values.dtype not in (np.int16, np.float32) or values.ndim != 2 or values.shape[1] != 6:
            raise ValueError(f"IMU values must be int16 or float32 of shape (n, 6), not {values.dtype} {values.shape}")
        device = np.asarray(batch.device_t_ns, dtype=np.int64)
        if device.shape != (len(values),) or not len(values):
            raise ValueError(f"{len(values)} IMU samples came with {device.shape} times")
        message = schemas.ImuBatch(
            device_t_ns=int(device[0]),
            sequence=batch.sequence,
            count=len(values),
            offset_ns=(device - device[0]).tolist(),
            dtype=values.dtype.newbyteorder("<").str,
            data=values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes(),
            accel_scale=batch.accel_scale,
            gyro_scale=batch.gyro_scale,
            clip_count=batch.clip_count,
            clipped=b"" if batch.clipped is None else np.asarray(batch.clipped, dtype=np.uint8).tobytes(),
        )
        self.write(topics.club(serial, "imu"), message, t_ns)

    def write_body(self, t_ns: int, joints_m: NDArray[np.float64], sigma_m: NDArray[np.float64]) -> None:
        """Write the body's joints in the world, metres, shape (23, 3), and their standard deviation, shape (23,)."""
        message = schemas.PosesInFrame(frame_id="world")
        message.timestamp.FromNanoseconds(self.log_time(t_ns))
        for x, y, z in joints_m.tolist():
            pose = message.poses.add()
            pose.position.x, pose.position.y, pose.position.z = x, y, z
            pose.orientation.w = 1.0
        self.write(topics.BODY_POSE, message, t_ns)
        self.write(topics.BODY_SIGMA, schemas.BodySigma(t_ns=t_ns, sigma_m=sigma_m.tolist()), t_ns)

    def write_club(
        self,
        serial: str,
        t_ns: int,
        *,
        butt_m: ArrayLike,
        quaternion: ArrayLike,
        head_m: ArrayLike,
        sigma_m: float,
        sigma_rad: float,
    ) -> None:
        """Write a club's pose in the world: butt (m), club-to-world quaternion (w, x, y, z), head (m), 1 sigma."""
        message = schemas.PoseInFrame(frame_id="world")
        message.timestamp.FromNanoseconds(self.log_time(t_ns))
        at, turn = message.pose.position, message.pose.orientation
        at.x, at.y, at.z = np.asarray(butt_m, dtype=np.float64).tolist()
        turn.w, turn.x, turn.y, turn.z = np.asarray(quaternion, dtype=np.float64).tolist()
        self.write(topics.club(serial, "pose"), message, t_ns)
        x, y, z = np.asarray(head_m, dtype=np.float64).tolist()
        head = schemas.ClubHead(t_ns=t_ns, x_m=x, y_m=y, z_m=z, sigma_m=sigma_m, sigma_rad=sigma_rad)
        self.write(topics.club(serial, "head"), head, t_ns)

    def write_camera(
        self,
        t_ns: int,
        *,
        width_px: int,
        height_px: int,
        matrix: NDArray[np.float64],
        position_m: ArrayLike,
        quaternion: ArrayLike,
        distortion: Sequence[float] = (),
        camera: str = "main",
    ) -> None:
        """Write a camera's 3x3 matrix (pixels), its place in the world and its camera-to-world (w, x, y, z)."""
        frame = f"camera/{camera}"
        flat = matrix.ravel().tolist()
        projection = np.hstack([matrix, np.zeros((3, 1))]).ravel().tolist()
        calibration = schemas.CameraCalibration(
            frame_id=frame,
            width=width_px,
            height=height_px,
            distortion_model="plumb_bob",
            D=distortion,
            K=flat,
            R=np.eye(3).ravel().tolist(),
            P=projection,
        )
        calibration.timestamp.FromNanoseconds(self.log_time(t_ns))
        self.write(topics.camera(camera, "calibration"), calibration, t_ns)
        pose = schemas.FrameTransform(parent_frame_id="world", child_frame_id=frame)
        pose.timestamp.FromNanoseconds(self.log_time(t_ns))
        at, turn = pose.translation, pose.rotation
        at.x, at.y, at.z = np.asarray(position_m, dtype=np.float64).tolist()
        turn.w, turn.x, turn.y, turn.z = np.asarray(quaternion, dtype=np.float64).tolist()
        self.write(topics.TRANSFORMS, pose, t_ns)

    def write_event(self, t_ns: int, name: str, *, frame: int, confidence: float, source: str = "") -> None:
        """Write an event of the swing: its 0-based frame (-1 where it has none) and confidence 0 to 1."""
        message = schemas.Event(t_ns=t_ns, name=name, frame=frame, confidence=confidence, source=source)
        self.write(topics.EVENTS, message, t_ns)

    def write_annotation(
        self, t_ns: int, ident: str, kind: str, document: Mapping[str, Any], *, author: str = "", deleted: bool = False
    ) -> None:
        """Write an annotation; a later one of the same id replaces it, or takes it away if `deleted`."""
        message = schemas.Annotation(
            t_ns=t_ns, id=ident, kind=kind, author=author, deleted=deleted, document=json.dumps(document)
        )
        self.write(topics.ANNOTATIONS, message, t_ns)

    def write_plant_sample(
        self, t_ns: int, path: str, item: str, value: float | str, *, unit: str = "", quality: int = 0
    ) -> None:
        """Write a value of a data item of a piece of equipment; quality is an OPC UA status code, 0 good."""
        message = schemas.PlantSample(t_ns=t_ns, unit=unit, quality=quality)
        if isinstance(value, str):
            message.text = value
        else:
            message.number = value
        self.write(topics.plant(path, item), message, t_ns)


def _floats(values: ArrayLike) -> list[float]:
    return np.asarray(values, dtype=np.float32).ravel().tolist()
