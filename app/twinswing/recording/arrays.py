"""Whole topics as arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.errors import InputError
from twinswing.recording import topics
from twinswing.recording.reader import RecordingReader

FloatArray = NDArray[np.float64]
# A raw int16 within this of full scale has clipped, where the club only says how many did.
_FULL_SCALE_INT16 = 32_760


@dataclass(frozen=True)
class ImuColumns:
    """All samples of one club, by its own time, without repeats.

    device_t_ns : the club's clock, integer nanoseconds, strictly increasing, shape (n,).
    accel_mps2, gyro_radps : shape (n, 3).
    clipped     : shape (n,).
    missing     : samples that the sequence numbers say are not here.
    repeated    : samples that were here twice or earlier than the one before, and were left out.
    """

    device_t_ns: NDArray[np.int64]
    accel_mps2: FloatArray
    gyro_radps: FloatArray
    clipped: NDArray[np.bool_]
    missing: int
    repeated: int


@dataclass(frozen=True)
class PoseColumns:
    """All frames of a camera's pose topic; as `PoseTrack` has them, times in nanoseconds."""

    t_ns: NDArray[np.int64]
    image_px: NDArray[np.float32]
    world_m: NDArray[np.float32]
    visibility: NDArray[np.float32]
    state: NDArray[np.uint8]
    swapped: NDArray[np.bool_]
    width_px: int
    height_px: int


def imu_columns(reader: RecordingReader, serial: str) -> ImuColumns | None:
    """Read all samples of a club, or None if it sent none; raises InputError if a batch is damaged."""
    topic = topics.club(serial, "imu")
    times, values, clips = [], [], []
    sequence: list[tuple[int, int]] = []
    for message in reader.messages(topic):
        batch = message.decode()
        try:
            raw = np.frombuffer(batch.data, dtype=batch.dtype).reshape(batch.count, 6)
            offsets = np.fromiter(batch.offset_ns, dtype=np.int64, count=batch.count)
        except (ValueError, TypeError) as error:
            raise InputError(f"{reader.path}: a batch on {topic} is damaged ({error}).") from error
        times.append(offsets + batch.device_t_ns)
        values.append(raw * np.repeat([batch.accel_scale, batch.gyro_scale], 3))
        clips.append(_clipped(batch, raw))
        sequence.append((batch.sequence, batch.count))
    if not times:
        return None
    device = np.concatenate(times)
    table = np.concatenate(values)
    clip = np.concatenate(clips)
    order = np.argsort(device, kind="stable")
    device = device[order]
    fresh = np.concatenate([[True], np.diff(device) > 0])
    order = order[fresh]
    table = table[order]
    return ImuColumns(
        device_t_ns=device[fresh],
        accel_mps2=table[:, :3],
        gyro_radps=table[:, 3:],
        clipped=clip[order],
        missing=_missing(sequence),
        repeated=int(np.count_nonzero(~fresh)),
    )


def _clipped(batch: Any, raw: NDArray[Any]) -> NDArray[np.bool_]:
    if len(batch.clipped) == batch.count:
        return np.asarray(np.frombuffer(batch.clipped, dtype=np.uint8) != 0, dtype=np.bool_)
    if batch.clip_count and raw.dtype == np.int16:
        return np.asarray((np.abs(raw.astype(np.int32)) >= _FULL_SCALE_INT16).any(axis=1))
    return np.zeros(batch.count, dtype=np.bool_)


def _missing(batches: list[tuple[int, int]]) -> int:
    """Count the gaps between consecutive batches; a sequence that starts over (a club switched on again) has none."""
    gap = 0
    expected: int | None = None
    for first, count in batches:
        if expected is not None and first > expected:
            gap += first - expected
        expected = first + count
    return gap


def pose_columns(reader: RecordingReader, camera: str = "main") -> PoseColumns | None:
    """Read all frames of a camera's landmarks, or None if there are none; raises InputError if one is damaged."""
    topic = topics.camera(camera, "pose")
    frames = [message.decode() for message in reader.messages(topic)]
    if not frames:
        return None
    n = len(frames)
    try:
        return PoseColumns(
            t_ns=np.array([f.t_ns for f in frames], dtype=np.int64),
            image_px=np.array([f.image_px for f in frames], dtype=np.float32).reshape(n, -1, 2),
            world_m=np.array([f.world_m for f in frames], dtype=np.float32).reshape(n, -1, 3),
            visibility=np.array([f.visibility for f in frames], dtype=np.float32),
            state=np.array([f.state for f in frames], dtype=np.uint8),
            swapped=np.array([f.swapped for f in frames], dtype=np.bool_),
            width_px=frames[0].width_px,
            height_px=frames[0].height_px,
        )
    except ValueError as error:
        raise InputError(f"{reader.path}: {topic} has frames of different numbers of landmarks.") from error


def body_columns(reader: RecordingReader) -> tuple[NDArray[np.int64], FloatArray, FloatArray] | None:
    """Read the body's joints: times (ns), metres (n, joints, 3), one sigma (n, joints); None if there are none."""
    times: list[int] = []
    joints: list[list[tuple[float, float, float]]] = []
    for message in reader.messages(topics.BODY_POSE):
        times.append(message.t_ns)
        points = (pose.position for pose in message.decode().poses)
        joints.append([(p.x, p.y, p.z) for p in points])
    sigmas = [message.decode().sigma_m for message in reader.messages(topics.BODY_SIGMA)]
    if not times:
        return None
    try:
        table = np.array(joints, dtype=np.float64)
        sigma = np.array(sigmas, dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{reader.path}: {topics.BODY_POSE} has frames of different numbers of joints.") from error
    if sigma.shape != table.shape[:2]:
        raise InputError(f"{reader.path}: {topics.BODY_SIGMA} has {len(sigmas)} frames and the pose {len(times)}.")
    return np.array(times, dtype=np.int64), table, sigma


def club_columns(reader: RecordingReader, serial: str) -> tuple[NDArray[np.int64], FloatArray] | None:
    """Read a club's motion: times (ns) and rows of butt, quaternion (w, x, y, z), head, sigma_m, sigma_rad (n, 12)."""
    times: list[int] = []
    poses: list[tuple[float, ...]] = []
    for message in reader.messages(topics.club(serial, "pose")):
        pose = message.decode().pose
        p, q = pose.position, pose.orientation
        times.append(message.t_ns)
        poses.append((p.x, p.y, p.z, q.w, q.x, q.y, q.z))
    heads: list[tuple[float, ...]] = []
    for message in reader.messages(topics.club(serial, "head")):
        head = message.decode()
        heads.append((head.x_m, head.y_m, head.z_m, head.sigma_m, head.sigma_rad))
    if not times:
        return None
    if len(heads) != len(poses):
        raise InputError(f"{reader.path}: club {serial} has {len(poses)} poses and {len(heads)} head positions.")
    return np.array(times, dtype=np.int64), np.hstack([np.array(poses), np.array(heads)])
