"""A swing as Foxglove's SceneUpdate, so that other viewers show the figure, the club and its trail in 3D."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinswing.body.skeleton import JOINT
from twinswing.recording import schemas, topics
from twinswing.recording.writer import RecordingWriter
from twinswing.swing.model import SwingSession
from twinswing.timeline.clock import NS_PER_S

_BONES: tuple[tuple[str, str], ...] = (
    ("pelvis", "spine"), ("spine", "neck"), ("neck", "head"), ("head", "nose"),
    *((f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (
        ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "hand"),
        ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "toe"), ("ankle", "toe"))),
    ("neck", "left_shoulder"), ("neck", "right_shoulder"), ("pelvis", "left_hip"), ("pelvis", "right_hip"),
)  # fmt: skip
_BONE_ENDS = np.array([[JOINT[a], JOINT[b]] for a, b in _BONES]).ravel()
# Faster than a viewer draws is waste.
_RATE_HZ = 60.0
_GOLFER = (0.95, 0.95, 0.98, 1.0)
_CLUB = (0.75, 0.78, 0.82, 1.0)
_TRAIL = (1.0, 0.55, 0.1, 1.0)


def write_scene(writer: RecordingWriter, session: SwingSession) -> None:
    """Write figure and club at up to 60 a second, and the head's whole trail once."""
    club, body = session.club, session.body
    if club is not None and len(club.t_s):
        t_ns = round(float(club.t_s[0]) * NS_PER_S)
        scene = schemas.SceneUpdate()
        _line(_entity(scene, writer, "trail", t_ns), club.head_m, _TRAIL, 0.01, strip=True)
        writer.write(topics.SCENE, scene, t_ns)
    source = body if body is not None else club
    if source is None:
        return
    for t in _thinned(source.t_s):
        t_ns = round(float(t) * NS_PER_S)
        scene = schemas.SceneUpdate()
        if body is not None:
            points = body.at(float(t))[_BONE_ENDS]
            _line(_entity(scene, writer, "golfer", t_ns), points, _GOLFER, 0.03, strip=False)
        if club is not None and club.t_s[0] <= t <= club.t_s[-1]:
            i = int(np.clip(np.searchsorted(club.t_s, t), 0, len(club.t_s) - 1))
            ends = np.stack([club.butt_m[i], club.head_m[i]])
            _line(_entity(scene, writer, "club", t_ns), ends, _CLUB, 0.015, strip=False)
        writer.write(topics.SCENE, scene, t_ns)


def _thinned(t_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the first time of each sixtieth of a second (times a hair apart from a step of it stay apart)."""
    if not len(t_s):
        return t_s
    slots = np.floor((t_s - t_s[0]) * _RATE_HZ + 1e-6)
    return np.asarray(t_s[np.unique(slots, return_index=True)[1]])


def _entity(scene: Any, writer: RecordingWriter, ident: str, t_ns: int) -> Any:
    entity = scene.entities.add(frame_id="world", id=ident)
    entity.timestamp.FromNanoseconds(writer.zero_unix_ns + t_ns)
    return entity


def _line(
    entity: Any,
    points_m: NDArray[np.float64],
    colour: tuple[float, float, float, float],
    thickness_m: float,
    *,
    strip: bool,
) -> None:
    kinds = schemas.LinePrimitive
    line = entity.lines.add(type=kinds.LINE_STRIP if strip else kinds.LINE_LIST, thickness=thickness_m)
    line.pose.orientation.w = 1.0
    line.color.r, line.color.g, line.color.b, line.color.a = colour
    for x, y, z in points_m.tolist():
        line.points.add(x=x, y=y, z=z)
